//! Passes: signed texts that let their bearer in once, for a short time, as links in chat carry them.
//!
//! Invariant: nothing reads back that was not signed with the same key, and nothing that is over.

use std::borrow::Cow;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::domain::Bearer;
use crate::domain::Person;

use super::seal::Seal;
use super::seal::holds;
use super::secret::{Fingerprint, Token};

/// Keeps the key apart from others that are made of the same secret.
const PURPOSE: &[u8] = b"etsm pass 1";

/// What lets its bearer in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Whose rights it gives: those that the person has when it is used.
    pub bearer: Bearer,
    /// Where it leads: a path of our own with its query.
    pub path: String,
    /// The call whose chart previews of the link show, as `usage acme`; none unless whoever made it said so.
    pub pictured: Option<String>,
    /// When it is over.
    pub ends: Timestamp,
    /// Tells it from all others, so that it is used once.
    pub number: String,
}

impl Pass {
    /// How long a pass holds unless another time is asked for.
    pub const HOLDS: SignedDuration = SignedDuration::from_mins(10);
    /// How long any pass holds at most.
    pub const HOLDS_MAX: SignedDuration = SignedDuration::from_hours(24);

    /// A new one that leads to `path`.
    #[must_use]
    pub fn new(bearer: Bearer, path: impl Into<String>, now: Timestamp, holds: SignedDuration) -> Self {
        // Whole seconds, as it is written.
        let ends = Timestamp::from_second((now + holds.min(Self::HOLDS_MAX)).as_second()).unwrap_or(now);
        let number = Token::random().reveal()[..22].to_owned();
        Self { bearer, path: path.into(), pictured: None, ends, number }
    }

    fn written(&self) -> Written<'_> {
        let (user, reader) = match &self.bearer {
            Bearer::Member(user) => (Some(*user), None),
            Bearer::Reader(person) => (None, Some(person.as_str())),
        };
        Written {
            user,
            reader: reader.map(Into::into),
            path: self.path.as_str().into(),
            pictured: self.pictured.as_deref().map(Into::into),
            ends: self.ends.as_second(),
            number: self.number.as_str().into(),
        }
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pictured: Option<Cow<'a, str>>,
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
        let pictured = self.pictured.map(Cow::into_owned);
        Some(Pass { bearer, path: self.path.into_owned(), pictured, ends, number: self.number.into_owned() })
    }
}

/// Why a text is no pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPass {
    /// It was not made here, or was changed on its way.
    #[error("this link is not one of ours, or was cut on its way; ask for a new one in chat")]
    NotOurs,
    /// It is over, or was made by a clock that was ahead: then nobody knows whether it is.
    #[error("this link has run out; ask for a new one in chat")]
    Over,
}

/// Signs passes and knows its own again.
#[derive(Debug, Clone)]
pub struct PassSeal(Seal);

impl PassSeal {
    /// With a key of its own, made of the settings' secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(Seal::new(secret, PURPOSE))
    }

    /// The text of a pass, for an address.
    #[must_use]
    pub fn sign(&self, pass: &Pass) -> String {
        // A pass is made of texts and numbers, which always print.
        self.0.sign(&serde_json::to_vec(&pass.written()).unwrap_or_default())
    }

    /// The pass that a text is.
    pub fn read(&self, text: &str, now: Timestamp) -> Result<Pass, BadPass> {
        let body = self.0.open(text).ok_or(BadPass::NotOurs)?;
        let written: Written<'_> = serde_json::from_slice(&body).or(Err(BadPass::NotOurs))?;
        let pass = written.pass().ok_or(BadPass::NotOurs)?;
        if holds(pass.ends, Pass::HOLDS_MAX, now) { Ok(pass) } else { Err(BadPass::Over) }
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
        let clock_was_ahead = pass.ends - Pass::HOLDS_MAX - SignedDuration::from_mins(6);
        assert_eq!(seal.read(&text, clock_was_ahead), Err(BadPass::Over));
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
