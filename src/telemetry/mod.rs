//! Logs to standard error, and metrics for Prometheus. Never secrets, bodies or people's words.

use std::io::IsTerminal;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Bounds of all `…_seconds` histograms: from a cached answer to a remote that hangs.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What comes before the operator's own filter, which may say otherwise. The Discord library keeps whole events and
/// requests in its spans, and prints a payload that it cannot read: people's words, and tokens that answer for us.
const KEPT_QUIET: &str = "serenity=warn,serenity::gateway::ws=error";

/// Sends the log to standard error, filtered as `info` or `info,etsm=debug`. A second call changes nothing.
pub fn start_logs(filter: &str) -> Result<(), String> {
    let filter = filtered(filter)?;
    let ansi = std::io::stderr().is_terminal();
    let subscriber =
        fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).compact().finish();
    // A test may have set its own before; then that one stays.
    let _kept = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

fn filtered(filter: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(format!("{KEPT_QUIET},{filter}"))
        .map_err(|error| format!("“{filter}” is not a log filter: {error}"))
}

/// The one recorder of this process; `/metrics` renders it.
///
/// # Panics
/// When another recorder was installed by other code, which nothing here does.
#[must_use]
pub fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)
                .and_then(PrometheusBuilder::install_recorder)
                .expect("the bounds are not empty and nobody else installs a recorder")
        })
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether an event and a span of the Discord library are kept under a filter.
    fn kept(filter: &str) -> (bool, bool) {
        let subscriber = fmt().with_env_filter(filtered(filter).unwrap()).with_writer(std::io::sink).finish();
        tracing::subscriber::with_default(subscriber, || {
            let event = tracing::enabled!(target: "serenity::gateway::ws", tracing::Level::WARN);
            let span =
                tracing::info_span!(target: "serenity::http::client", "request", body = "people's words");
            (event, !span.is_disabled())
        })
    }

    #[test]
    fn what_people_write_in_discord_is_not_logged() {
        assert_eq!(kept("info"), (false, false));
        assert_eq!(kept("etsm=debug,info"), (false, false));
        assert_eq!(
            kept("serenity=info,serenity::gateway::ws=warn"),
            (true, true),
            "unless an operator asks for it"
        );
    }
}
