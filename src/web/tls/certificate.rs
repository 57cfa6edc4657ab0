//! A certificate with its key, and what can be wrong with the two.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_rustls::rustls;
use tokio_rustls::rustls::crypto::ring as provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::config::TlsSettings;

use super::validity::Validity;

/// A certificate that holds, with its key.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) ends: Timestamp,
}

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum BadCertificate {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// There is none in the file, or it is damaged.
    #[error("{path} holds no certificate; it must be PEM and begin with -----BEGIN CERTIFICATE-----")]
    None {
        /// In which file.
        path: String,
    },
    /// There is no key in the file, or none that can be used.
    #[error(
        "{path} holds no private key that can be used; it must be PEM without a passphrase, of RSA, ECDSA or Ed25519"
    )]
    NoKey {
        /// In which file.
        path: String,
    },
    /// The two do not belong together.
    #[error(
        "the key in {key} is not that of the certificate in {certificate}; the server's own certificate must be the first there"
    )]
    OtherKey {
        /// The certificate's file.
        certificate: String,
        /// The key's file.
        key: String,
    },
    /// It held once.
    #[error("the certificate in {path} ended on {ends}; put a new one there")]
    Ended {
        /// In which file.
        path: String,
        /// When.
        ends: Timestamp,
    },
    /// It will hold.
    #[error("the certificate in {path} holds from {begins} on; is the clock of this machine right?")]
    NotYet {
        /// In which file.
        path: String,
        /// From when.
        begins: Timestamp,
    },
}

impl BadCertificate {
    /// What an operator does about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "see to server.tls.certificate and server.tls.key, and to who may read the two files"
            }
            Self::None { .. } => {
                "point server.tls.certificate to the chain, the server's own certificate first"
            }
            Self::NoKey { .. } => "point server.tls.key to the key without a passphrase",
            Self::OtherKey { .. } => "take both from the same renewal",
            Self::Ended { .. } => "renew the certificate",
            Self::NotYet { .. } => "set the clock by NTP, or wait",
        }
    }
}

impl Certificate {
    pub(super) fn of(
        files: &TlsSettings,
        pem: &[u8],
        key: &[u8],
        now: Timestamp,
    ) -> Result<Self, BadCertificate> {
        let shown = |path: &Path| path.display().to_string();
        let none = || BadCertificate::None { path: shown(&files.certificate) };
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_odd| none())?;
        let validity = chain.first().and_then(|own| Validity::of(own)).ok_or_else(none)?;
        let no_key = || BadCertificate::NoKey { path: shown(&files.key) };
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_odd| no_key())?;
        let key = CertifiedKey::from_der(chain, key, &provider::default_provider());
        let key = key.map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                BadCertificate::OtherKey { certificate: shown(&files.certificate), key: shown(&files.key) }
            }
            rustls::Error::InvalidCertificate(_) => none(),
            _ => no_key(),
        })?;
        let Validity { begins, ends } = validity;
        if now > ends {
            return Err(BadCertificate::Ended { path: shown(&files.certificate), ends });
        }
        if now < begins {
            return Err(BadCertificate::NotYet { path: shown(&files.certificate), begins });
        }
        Ok(Self { key: Arc::new(key), ends })
    }
}
