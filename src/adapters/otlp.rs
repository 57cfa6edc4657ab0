//! Spans to a collector, as OTLP over HTTP in JSON (OpenTelemetry protocol 1.x, `POST /v1/traces`).
//!
//! The form is written here: the usual libraries bring a second HTTP client and a dozen crates for it.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::config::OtlpSettings;
use crate::outward;
use crate::telemetry::Span;
use crate::telemetry::Spans;

/// Spans that go out together.
const TOGETHER_MAX: usize = 512;
/// For so long spans are gathered.
const GATHER: Duration = Duration::from_secs(2);
/// A collector that takes longer is given up, with what it was sent.
const PATIENCE: Duration = Duration::from_secs(5);
/// Who serves a request or an interaction, by the numbers of OTLP; a job is internal.
const SERVER: u8 = 2;
const INTERNAL: u8 = 1;
/// The number of OTLP for a span in which something failed.
const FAILED: u8 = 2;

/// Sends spans on, batch by batch. What cannot be sent is dropped and counted: a collector that is gone costs nothing but
/// its own view.
pub struct Otlp {
    http: reqwest::Client,
    url: String,
    spans: Spans,
}

impl Otlp {
    /// To the collector of the settings.
    pub fn new(settings: &OtlpSettings, spans: Spans) -> anyhow::Result<Self> {
        let http = outward::client(&settings.trust)?.timeout(PATIENCE).build();
        let url = format!("{}/v1/traces", settings.endpoint);
        Ok(Self { http: http.context("preparing the way to the collector")?, url, spans })
    }

    /// Sends until `stop` fires, and then what is left.
    pub async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let (mut batch, mut is_down) = (Vec::new(), false);
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(GATHER) => {}
            }
            while self.take(&mut batch) {
                let sent = self.send(&batch).await;
                let outcome = if sent.is_ok() { "sent" } else { "dropped" };
                metrics::counter!("etsm_spans_total", "outcome" => outcome).increment(batch.len() as u64);
                match sent {
                    Ok(()) => is_down = false,
                    // Once is enough: the counter tells of the rest.
                    Err(error) if !is_down => {
                        is_down = true;
                        tracing::warn!(error = %error, "The collector of spans does not take them");
                    }
                    Err(_again) => {}
                }
            }
        }
        Ok(())
    }

    /// Takes what waits; tells whether that is anything.
    fn take(&mut self, batch: &mut Vec<Span>) -> bool {
        batch.clear();
        while batch.len() < TOGETHER_MAX
            && let Ok(one) = self.spans.try_recv()
        {
            batch.push(one);
        }
        !batch.is_empty()
    }

    async fn send(&self, batch: &[Span]) -> anyhow::Result<()> {
        let body = document(batch).to_string();
        let request = self.http.post(&self.url).header("content-type", "application/json").body(body);
        let answer = request.send().await.map_err(reqwest::Error::without_url)?;
        anyhow::ensure!(answer.status().is_success(), "it answers with status {}", answer.status());
        Ok(())
    }
}

fn document(batch: &[Span]) -> Value {
    let service = [("service.name", "etsm"), ("service.version", env!("CARGO_PKG_VERSION"))];
    json!({"resourceSpans": [{
        "resource": {"attributes": service.map(|(key, value)| attribute(key, value))},
        "scopeSpans": [{"scope": {"name": "etsm"}, "spans": batch.iter().map(written).collect::<Vec<_>>()}],
    }]})
}

fn written(span: &Span) -> Value {
    let nanos = |at: Timestamp| at.as_nanosecond().to_string();
    let facts: Vec<Value> = span.facts.iter().map(|(key, value)| attribute(key, value)).collect();
    let is_served = span.parent.is_none() && matches!(span.name, "request" | "interaction");
    let mut object = json!({
        "traceId": format!("{:032x}", span.trace), "spanId": format!("{:016x}", span.id), "name": span.name,
        "kind": if is_served { SERVER } else { INTERNAL },
        "startTimeUnixNano": nanos(span.begun), "endTimeUnixNano": nanos(span.ended), "attributes": facts,
    });
    if let Some(parent) = span.parent {
        object["parentSpanId"] = format!("{parent:016x}").into();
    }
    if span.failed {
        object["status"] = json!({"code": FAILED});
    }
    object
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}
