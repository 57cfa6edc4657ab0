//! Signing of texts that go out and come back.
//!
//! Invariant: what was signed for one purpose is nothing to another.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use jiff::Timestamp;
use ring::hmac;

/// How far the clocks of two machines that sign and read may be apart.
const CLOCKS_DIFFER_MAX: SignedDuration = SignedDuration::from_mins(5);
/// Longest text that is read; a longer one was not made here.
const CHARS_MAX: usize = 2_048;

/// Whether what ends then and never holds for longer than `longest` holds now. What would hold for longer was signed while a
/// clock was ahead, and nobody knows when.
pub(super) fn holds(ends: Timestamp, longest: SignedDuration, now: Timestamp) -> bool {
    let left = ends.duration_since(now);
    left > SignedDuration::ZERO && left <= longest + CLOCKS_DIFFER_MAX
}

/// Signs what is sent out for one purpose, and knows its own again.
#[derive(Clone)]
pub(super) struct Seal {
    key: hmac::Key,
}

impl Seal {
    /// With a key of its own for this purpose, made of the settings' secret.
    pub(super) fn new(secret: &[u8], purpose: &[u8]) -> Self {
        let whole = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let own = hmac::sign(&whole, purpose);
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()) }
    }

    /// Content and signature, as a text for an address. Everyone can read the content.
    pub(super) fn sign(&self, body: &[u8]) -> String {
        let tag = hmac::sign(&self.key, body);
        format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(body), BASE64_URL_SAFE_NO_PAD.encode(tag))
    }

    /// The content of a text that was signed here for this purpose.
    pub(super) fn open(&self, text: &str) -> Option<Vec<u8>> {
        let (body, tag) = text.split_once('.').filter(|_| text.len() <= CHARS_MAX)?;
        let bytes = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        let (body, tag) = (bytes(body)?, bytes(tag)?);
        hmac::verify(&self.key, &body, &tag).ok()?;
        Some(body)
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}
