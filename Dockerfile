# syntax=docker/dockerfile:1
# Builds the one binary, then ships it alone: no compiler, no shell tools needed, not root.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
# The libraries are built before the source is there, so that a change of ours does not build them again.
RUN mkdir -p src benches && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && for bench in publishing standing_questions start store; do echo 'fn main() {}' > benches/$bench.rs; done \
    && cargo build --release --locked --bin etsm && rm -rf src benches
COPY . .
RUN touch src/main.rs src/lib.rs && cargo build --release --locked --bin etsm

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/etsm --create-home etsm
COPY --from=build /src/target/release/etsm /usr/local/bin/etsm
USER etsm
WORKDIR /var/lib/etsm
ENV ETSM_DATA_DIR=/var/lib/etsm/data
VOLUME /var/lib/etsm/data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["etsm", "probe"]
ENTRYPOINT ["etsm"]
CMD ["serve"]
