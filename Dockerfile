# syntax=docker/dockerfile:1
# Builds the one binary, then ships it alone: no shell, no package manager, not root, and nothing written outside of the
# data folder, so that the root may be read-only.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY benches ./benches
# The libraries are built before the source is there, so that a change of ours does not build them again.
RUN mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --release --locked --bin etsm && rm -rf src
COPY . .
RUN touch src/main.rs src/lib.rs && cargo build --release --locked --bin etsm && mkdir /data

# Holds glibc, certificates of authorities and time zones. Its user `nonroot` is 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="etsm" \
      org.opencontainers.image.description="The account desk of a technical success manager, inside the team's chat" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /src/target/release/etsm /usr/local/bin/etsm
COPY --from=build --chown=65532:65532 /data /var/lib/etsm
ENV ETSM_DATA_DIR=/var/lib/etsm
WORKDIR /var/lib/etsm
VOLUME /var/lib/etsm
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/etsm", "probe"]
ENTRYPOINT ["/usr/local/bin/etsm"]
CMD ["serve"]
