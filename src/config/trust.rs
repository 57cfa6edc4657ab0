//! Whom calls to outside trust, beyond the authorities that the system trusts.

use std::fs;
use std::sync::Arc;

use super::gather::Gathered;

/// Authorities of the house, as PEM; empty trusts those of the system alone.
#[derive(Debug, Clone, Default)]
pub struct Trust(Option<Arc<[u8]>>);

impl Trust {
    /// The certificates, as they stood in the file.
    #[must_use]
    pub fn pem(&self) -> Option<&[u8]> {
        self.0.as_deref()
    }
}

pub(super) fn read(all: &mut Gathered) -> Trust {
    let given = all.get("server.extra_ca_file");
    if given.text.is_empty() {
        return Trust::default();
    }
    match fs::read(&given.text) {
        Ok(pem) if is_certificate(&pem) => Trust(Some(pem.into())),
        Ok(_) => {
            all.wrong(given.place, format!("“{}” holds no certificate in PEM form", given.text));
            Trust::default()
        }
        Err(error) => {
            all.wrong(given.place, format!("“{}” cannot be read: {error}", given.text));
            Trust::default()
        }
    }
}

fn is_certificate(pem: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    pem.windows(BEGIN.len()).any(|bytes| bytes == BEGIN)
}
