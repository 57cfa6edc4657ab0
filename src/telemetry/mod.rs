//! Logs to standard error, and metrics for Prometheus. Never secrets, bodies or people's words.

use std::io::IsTerminal;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Bounds of all `…_seconds` histograms: from a cached answer to a remote that hangs.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Sends the log to standard error, filtered as `info` or `info,etsm=debug`. A second call changes nothing.
pub fn start_logs(filter: &str) -> Result<(), String> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| format!("“{filter}” is not a log filter: {error}"))?;
    let ansi = std::io::stderr().is_terminal();
    let subscriber =
        fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).compact().finish();
    // A test may have set its own before; then that one stays.
    let _kept = tracing::subscriber::set_global_default(subscriber);
    Ok(())
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
