//! Whether another host can be reached, and what time it is there.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use secrecy::ExposeSecret;

use crate::config::AiSettings;
use crate::config::OtlpSettings;
use crate::config::Trust;
use crate::outward;

/// Longest wait for one host: whoever sets up a machine looks at it meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a host said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The status of its answer.
    pub status: u16,
    /// The time there, where it tells.
    pub date: Option<Timestamp>,
}

/// Asks Discord at `https://discord.com` or at `base` for something that everyone may know.
pub async fn reach_discord(trust: &Trust, base: Option<&str>) -> anyhow::Result<Reached> {
    let base = base.unwrap_or("https://discord.com");
    ask(client(trust)?.get(format!("{base}/api/v10/gateway"))).await
}

/// Asks the Anthropic API which models there are, with the key; that costs nothing.
pub async fn reach_anthropic(trust: &Trust, ai: &AiSettings) -> anyhow::Result<Reached> {
    let asked = client(trust)?
        .get(format!("{}/v1/models?limit=1", ai.base_url))
        .header("x-api-key", ai.key.expose_secret())
        .header("anthropic-version", &ai.version);
    ask(asked).await
}

/// Sends a collector of spans none at all.
pub async fn reach_collector(to: &OtlpSettings) -> anyhow::Result<Reached> {
    let asked = client(&to.trust)?.post(format!("{}/v1/traces", to.endpoint));
    ask(asked.header("content-type", "application/json").body(r#"{"resourceSpans":[]}"#)).await
}

fn client(trust: &Trust) -> anyhow::Result<reqwest::Client> {
    outward::client(trust)?.timeout(PATIENCE).build().context("preparing the call")
}

async fn ask(request: reqwest::RequestBuilder) -> anyhow::Result<Reached> {
    let response = request.send().await?;
    let date = response.headers().get("date").and_then(|value| value.to_str().ok());
    let date = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()).map(|at| at.timestamp());
    Ok(Reached { status: response.status().as_u16(), date })
}
