//! The way out: every call to another host trusts the same authorities and follows no redirect.

use std::sync::Arc;

use anyhow::Context;
use reqwest::Certificate;
use reqwest::ClientBuilder;
use reqwest::redirect::Policy;
use rustls_websocket::ClientConfig;
use rustls_websocket::RootCertStore;
use rustls_websocket::pki_types::CertificateDer;
use rustls_websocket::pki_types::pem::PemObject as _;
use tokio_tungstenite::Connector;

use crate::config::Trust;

/// A client to be: authorities of the system and of the house, `HTTPS_PROXY` honoured, and no redirect followed, which
/// would take a key to another host.
pub fn client(trust: &Trust) -> anyhow::Result<ClientBuilder> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("etsm/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none());
    if let Some(pem) = trust.pem() {
        for certificate in Certificate::from_pem_bundle(pem).context("reading ETSM_EXTRA_CA_FILE")? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    Ok(builder)
}

/// The same trust for a WebSocket.
pub fn websocket(trust: &Trust) -> anyhow::Result<Connector> {
    let mut roots = RootCertStore::empty();
    // One that cannot be read spoils no other; without any, the call says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(trust.pem().unwrap_or_default()) {
        let certificate = certificate.context("reading ETSM_EXTRA_CA_FILE")?;
        roots.add(certificate).context("taking a certificate of ETSM_EXTRA_CA_FILE for an authority")?;
    }
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(Connector::Rustls(Arc::new(client)))
}
