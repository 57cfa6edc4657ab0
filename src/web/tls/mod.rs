//! TLS of our own: the certificate that is shown, and how it is changed while connections go on.
//!
//! Invariant: what is shown was good when it was read. A new file that is not good changes nothing.

mod certificate;
mod validity;

use std::hash::DefaultHasher;
use std::hash::Hash as _;
use std::hash::Hasher as _;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::SignedDuration;
use jiff::Timestamp;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring as provider;
use tokio_rustls::rustls::server::ClientHello;
use tokio_rustls::rustls::server::ResolvesServerCert;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;

use crate::config::TlsSettings;
use crate::domain::Clock;

pub use certificate::BadCertificate;

use certificate::Certificate;

/// A certificate that ends so soon should have been renewed already.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The server's side of TLS.
pub struct Tls {
    files: TlsSettings,
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
    /// What the files held when they were read last, good or not.
    seen: Mutex<u64>,
}

/// What came of a look at the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// They are as they were.
    Same,
    /// They are new, and shown from now on.
    Renewed,
}

impl Tls {
    /// Reads the files; `now` tells whether the certificate holds.
    pub fn open(files: &TlsSettings, now: Timestamp) -> Result<Self, BadCertificate> {
        let (pem, key) = read(files)?;
        let first = Certificate::of(files, &pem, &key, now)?;
        let shown = Arc::new(Shown(ArcSwap::from_pointee(first)));
        let provider = Arc::new(provider::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("ring speaks TLS 1.2 and 1.3").with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::clone(&shown) as _);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { files: files.clone(), acceptor, shown, seen: Mutex::new(told_apart(&pem, &key)) })
    }

    /// What turns a connection into one that nobody else can read.
    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// When the certificate that is shown ends.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        self.shown.0.load().ends
    }

    /// Whether the certificate should have been renewed by now.
    #[must_use]
    pub fn ends_soon(&self, now: Timestamp) -> bool {
        self.ends().duration_since(now) < RENEW_BEFORE
    }

    /// Reads the files again and shows what is new in them. A bad one is told once and changes nothing.
    pub fn look(&self, now: Timestamp) -> Result<Looked, BadCertificate> {
        let (pem, key) = read(&self.files)?;
        let found = told_apart(&pem, &key);
        let seen = std::mem::replace(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner), found);
        if seen == found {
            return Ok(Looked::Same);
        }
        let next = Certificate::of(&self.files, &pem, &key, now)?;
        self.shown.0.store(Arc::new(next));
        Ok(Looked::Renewed)
    }

    /// Looks again and again until `stop` fires, and warns before the certificate ends.
    pub async fn watch(
        self: Arc<Self>,
        clock: Arc<dyn Clock>,
        every: Duration,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut told, mut told_of_end) = (None, None);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = ticks.tick() => {}
            }
            let now = clock.now();
            match self.look(now) {
                Ok(Looked::Same) => {}
                Ok(Looked::Renewed) => {
                    told = None;
                    tracing::info!(ends = %self.ends(), "Read the new certificate; it is shown from now on");
                }
                Err(bad) => {
                    let bad = bad.to_string();
                    if told.as_ref() != Some(&bad) {
                        tracing::warn!(
                            error = bad,
                            "Kept the certificate that is shown, for the new one is not good"
                        );
                        told = Some(bad);
                    }
                }
            }
            let ends = self.ends();
            metrics::gauge!("etsm_tls_certificate_ends_seconds").set(ends.as_second() as f64);
            if self.ends_soon(now) && told_of_end != Some(ends) {
                tracing::warn!(%ends, "The certificate ends soon; renew {}", self.files.certificate.display());
                told_of_end = Some(ends);
            }
        }
    }
}

/// The certificate of the moment.
#[derive(Debug)]
struct Shown(ArcSwap<Certificate>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load().key))
    }
}

fn read(files: &TlsSettings) -> Result<(Vec<u8>, Vec<u8>), BadCertificate> {
    let one = |path: &std::path::Path| {
        std::fs::read(path)
            .map_err(|source| BadCertificate::Unreadable { path: path.display().to_string(), source })
    };
    Ok((one(&files.certificate)?, one(&files.key)?))
}

fn told_apart(certificate: &[u8], key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (certificate, key).hash(&mut hasher);
    hasher.finish()
}
