//! Logs to standard error, metrics for Prometheus, spans for a collector, and counts of how etsm itself is used. Never secrets, bodies, people's
//! words or names.

mod catalog;
mod logs;
mod own_use;
mod process;
mod spans;

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

pub use catalog::{Described, Kind, METRICS, manual};
pub use logs::{BoxedLayer, LogForm, log_layer, start_logs};
pub use own_use::{OwnUse, Surface, Use};
pub use process::{disk_space, measure_disk, measure_process};
pub use spans::{Span, Spans, TOLD, spans};

/// Bounds of all `…_seconds` histograms: from a cached answer to a remote that hangs.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

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
                .inspect(|_handle| catalog::describe_all())
                .expect("the bounds are not empty and nobody else installs a recorder")
        })
        .clone()
}
