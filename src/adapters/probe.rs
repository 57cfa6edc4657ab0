//! Asks a running etsm whether it is alive; a container's health check calls it, so the image needs no curl.

use std::time::Duration;

use anyhow::{Context, bail};

/// Longest wait; container engines give up after some seconds of their own.
const PATIENCE: Duration = Duration::from_secs(3);

/// How well whoever is asked must prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// As a browser wants it.
    Certificate,
    /// Not at all: the process on this machine is asked by its address, which no certificate names.
    None,
}

/// Answers when `{url}/healthz` says that it is well.
pub async fn probe(url: &str, proof: Proof) -> anyhow::Result<()> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        // The process asked stands on this machine: a proxy could only answer wrongly.
        .no_proxy()
        .danger_accept_invalid_certs(proof == Proof::None)
        .build()
        .context("preparing the call")?;
    let address = format!("{}/healthz", url.trim_end_matches('/'));
    let status = client.get(&address).send().await.with_context(|| format!("asking {address}"))?.status();
    if !status.is_success() {
        bail!("{address} answered {status}");
    }
    Ok(())
}
