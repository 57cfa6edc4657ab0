//! Passes: signed texts that let their bearer in once, for a short time, as links in chat carry them.
//!
//! Invariant: nothing reads back that was not signed with the same key, and nothing that is over.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use jiff::Timestamp;
use ring::hmac;
use serde::Deserialize;
use serde::Serialize;

use crate::domain::Bearer;
use crate::domain::Person;

use super::secret::{Fingerprint, Token};

/// Keeps the key apart from others that are made of the same secret.
const PURPOSE: &[u8] = b"etsm pass 1";
/// Longest text of a pass; a longer one was not made here.
const CHARS_MAX: usize = 2_048;

/// What lets its bearer in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Whose rights it gives: those that the person has when it is used.
    pub bearer: Bearer,
    /// Where it leads: a path of our own with its query.
    pub path: String,
    /// When it is over.
    pub ends: Timestamp,
    /// Tells it from all others, so that it is used once.
    pub number: String,
}

impl Pass {
    /// How long a pass holds unless another time is asked for.
    pub const HOLDS: SignedDuration = SignedDuration::from_mins(10);

    /// A new one that leads to `path`.
    #[must_use]
    pub fn new(bearer: Bearer, path: impl Into<String>, now: Timestamp, holds: SignedDuration) -> Self {
        // Whole seconds, as it is written.
        let ends = Timestamp::from_second((now + holds).as_second()).unwrap_or(now);
        Self { bearer, path: path.into(), ends, number: Token::random().reveal()[..22].to_owned() }
    }

    fn written(&self) -> Written<'_> {
        let (user, reader) = match &self.bearer {
            Bearer::Member(user) => (Some(*user), None),
            Bearer::Reader(person) => (None, Some(person.as_str())),
        };
        let (path, number) = (self.path.as_str().into(), self.number.as_str().into());
        Written { user, reader: reader.map(Into::into), path, ends: self.ends.as_second(), number }
    }

    /// What the store knows it by once it is used.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.number)
    }
}

/// A pass as its text holds it.
#[derive(Serialize, Deserialize)]
struct Written<'a> {
    user: Option<u64>,
    reader: Option<Cow<'a, str>>,
    path: Cow<'a, str>,
    ends: i64,
    number: Cow<'a, str>,
}

impl Written<'_> {
    fn pass(self) -> Option<Pass> {
        let bearer = match (self.user, self.reader) {
            (Some(user), None) => Bearer::Member(user),
            (None, Some(name)) => Bearer::Reader(Person::new(&name).ok()?),
            _ => return None,
        };
        let ends = Timestamp::from_second(self.ends).ok()?;
        Some(Pass { bearer, path: self.path.into_owned(), ends, number: self.number.into_owned() })
    }
}

/// Why a text is no pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPass {
    /// It was not made here, or was changed on its way.
    #[error("this link is not one of ours, or was cut on its way; ask for a new one in chat")]
    NotOurs,
    /// It is over.
    #[error("this link has run out; ask for a new one in chat")]
    Over,
}

/// Signs passes and knows its own again.
#[derive(Clone)]
pub struct PassSeal {
    key: hmac::Key,
}

impl std::fmt::Debug for PassSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PassSeal(…)")
    }
}

impl PassSeal {
    /// With a key of its own, made of the settings' secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let whole = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let own = hmac::sign(&whole, PURPOSE);
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()) }
    }

    /// The text of a pass, for an address.
    #[must_use]
    pub fn sign(&self, pass: &Pass) -> String {
        // A pass is made of texts and numbers, which always print.
        let body = serde_json::to_vec(&pass.written()).unwrap_or_default();
        let tag = hmac::sign(&self.key, &body);
        format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(&body), BASE64_URL_SAFE_NO_PAD.encode(tag))
    }

    /// The pass that a text is.
    pub fn read(&self, text: &str, now: Timestamp) -> Result<Pass, BadPass> {
        let (body, tag) = text.split_once('.').filter(|_| text.len() <= CHARS_MAX).ok_or(BadPass::NotOurs)?;
        let bytes = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).or(Err(BadPass::NotOurs));
        let (body, tag) = (bytes(body)?, bytes(tag)?);
        hmac::verify(&self.key, &body, &tag).or(Err(BadPass::NotOurs))?;
        let written: Written<'_> = serde_json::from_slice(&body).or(Err(BadPass::NotOurs))?;
        let pass = written.pass().ok_or(BadPass::NotOurs)?;
        if now >= pass.ends { Err(BadPass::Over) } else { Ok(pass) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-26T08:00:00Z".parse().unwrap()
    }

    fn pass() -> Pass {
        Pass::new(Bearer::Member(7), "/accounts/acme/usage?range=30d", now(), Pass::HOLDS)
    }

    #[test]
    fn a_pass_reads_back_until_it_is_over() {
        let (seal, pass) = (PassSeal::new(b"secret"), pass());
        let text = seal.sign(&pass);
        assert_eq!(seal.read(&text, now()), Ok(pass.clone()));
        let last = pass.ends - SignedDuration::from_millis(1);
        assert_eq!(seal.read(&text, last), Ok(pass.clone()));
        assert_eq!(seal.read(&text, pass.ends), Err(BadPass::Over));
        assert_eq!(PassSeal::new(b"other").read(&text, now()), Err(BadPass::NotOurs));
        let named = Pass { bearer: Bearer::Reader("dana".parse().unwrap()), ..pass };
        assert_eq!(seal.read(&seal.sign(&named), now()), Ok(named));
    }

    proptest! {
        #[test]
        fn a_changed_pass_is_none(at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_.-]") {
            let seal = PassSeal::new(b"secret");
            let text = seal.sign(&pass());
            let at = at.index(text.len());
            let mut changed = text.clone();
            changed.replace_range(at..=at, &letter);
            // The last letter of a part may hold bits that mean nothing; all others count.
            prop_assume!(changed != text);
            if let Ok(read) = seal.read(&changed, now()) {
                let signed = seal.sign(&read);
                prop_assert_eq!(signed.split_once('.').unwrap().0, text.split_once('.').unwrap().0);
            }
        }

        #[test]
        fn any_text_is_refused(text in ".{0,300}") {
            prop_assert_eq!(PassSeal::new(b"secret").read(&text, now()), Err(BadPass::NotOurs));
        }
    }
}
