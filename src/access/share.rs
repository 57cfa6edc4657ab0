//! Shares: signed texts that show one chart to whoever holds them, for a while, as previews of links in chat do.
//!
//! Invariant: a share holds no figure. It names a question and whose rights its chart is drawn with, and both are asked
//! anew each time it is looked at.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::domain::Bearer;
use crate::domain::Person;

use super::seal::Seal;
use super::seal::holds;

/// Keeps the key apart from others that are made of the same secret.
const PURPOSE: &[u8] = b"etsm share 1";

/// One chart, shown to whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// With whose rights it is drawn: those that the person has when it is looked at.
    pub bearer: Bearer,
    /// The question behind it, as `usage acme range:7d`.
    pub line: String,
    /// Until when it shows anything.
    pub ends: Timestamp,
}

impl Share {
    /// How long a share shows its chart. Chat programs fetch a picture when a link is posted, and some again whenever it
    /// is scrolled past.
    pub const SHOWS: SignedDuration = SignedDuration::from_hours(24);

    /// Whether it still shows its chart. One that would for longer than any was made by a clock that was ahead.
    #[must_use]
    pub fn shows(&self, now: Timestamp) -> bool {
        holds(self.ends, Self::SHOWS, now)
    }
}

/// A share as its text holds it.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(flatten)]
    bearer: WrittenBearer,
    line: String,
    ends: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenBearer {
    User(u64),
    Reader(String),
}

/// Signs shares and knows its own again.
#[derive(Debug, Clone)]
pub struct ShareSeal(Seal);

impl ShareSeal {
    /// With a key of its own, made of the settings' secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(Seal::new(secret, PURPOSE))
    }

    /// The text of a share, for an address.
    #[must_use]
    pub fn sign(&self, share: &Share) -> String {
        let bearer = match &share.bearer {
            Bearer::Member(user) => WrittenBearer::User(*user),
            Bearer::Reader(person) => WrittenBearer::Reader(person.to_string()),
        };
        let written = Written { bearer, line: share.line.clone(), ends: share.ends.as_second() };
        // A share is made of texts and numbers, which always print.
        self.0.sign(&serde_json::to_vec(&written).unwrap_or_default())
    }

    /// The share that a text is, also one that is over: it still says where it leads.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Share> {
        let Written { bearer, line, ends } = serde_json::from_slice(&self.0.open(text)?).ok()?;
        let bearer = match bearer {
            WrittenBearer::User(user) => Bearer::Member(user),
            WrittenBearer::Reader(name) => Bearer::Reader(Person::new(&name).ok()?),
        };
        Some(Share { bearer, line, ends: Timestamp::from_second(ends).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Pass;
    use crate::access::PassSeal;

    fn now() -> Timestamp {
        "2026-11-26T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_share_reads_back_and_shows_until_it_is_over() {
        let seal = ShareSeal::new(b"secret");
        for bearer in [Bearer::Member(u64::MAX), Bearer::Reader("dana".parse().unwrap())] {
            let share =
                Share {
                    bearer, line: "usage \"Ünï \u{202e}\" range:7d".into(), ends: now() + Share::SHOWS
                };
            let text = seal.sign(&share);
            assert_eq!(seal.read(&text), Some(share.clone()));
            assert!(share.shows(now()) && !share.shows(share.ends));
            assert!(!share.shows(now() - SignedDuration::from_mins(6)));
            assert_eq!(ShareSeal::new(b"other").read(&text), None);
            for end in 1..text.len() {
                assert_eq!(seal.read(&text[..end]), None, "{end}");
            }
        }
    }

    #[test]
    fn neither_passes_nor_shares_stand_for_the_other() {
        let (shares, passes) = (ShareSeal::new(b"secret"), PassSeal::new(b"secret"));
        let share =
            Share { bearer: Bearer::Member(7), line: "usage acme".into(), ends: now() + Share::SHOWS };
        assert!(passes.read(&shares.sign(&share), now()).is_err());
        let pass = Pass::new(Bearer::Member(7), "/usage", now(), Pass::HOLDS);
        assert_eq!(shares.read(&passes.sign(&pass)), None);
    }
}
