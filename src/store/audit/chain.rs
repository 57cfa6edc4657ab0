//! How entries of the audit log are chained: what is hashed, and in which order.
//!
//! Invariant: two entries that differ in anything never give the same bytes, since each field says how long it is.

use ring::digest;
use ring::digest::Context;
use ring::digest::SHA256;

/// What the first entry has before it.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Bytes of a salt: nobody tries 2¹²⁸ of them to find out what was erased.
const SALT_BYTES: usize = 16;

/// What an entry tells of people and accounts.
pub(in crate::store) struct Personal<'a> {
    pub(in crate::store) who: &'a str,
    pub(in crate::store) subject: &'a str,
    pub(in crate::store) account: &'a str,
    pub(in crate::store) before: Option<&'a str>,
    pub(in crate::store) after: Option<&'a str>,
}

/// The rest of an entry, which nothing replaces.
pub(super) struct Bare<'a> {
    pub(super) number: i64,
    pub(super) at_ms: i64,
    pub(super) kind: &'a str,
    pub(super) how: &'a str,
    pub(super) request: Option<&'a str>,
    pub(super) who_kind: &'a str,
    pub(super) facts: Option<&'a str>,
    pub(super) seal: &'a str,
}

pub(in crate::store) fn salt() -> String {
    hex(&rand::random::<[u8; SALT_BYTES]>())
}

/// Stands for the personal part in the chain; without the salt it tells nothing.
pub(in crate::store) fn seal(salt: &str, personal: &Personal<'_>) -> String {
    let mut hashed = Hashed::of("etsm audit seal 1");
    hashed.text(salt);
    hashed.text(personal.who);
    hashed.text(personal.subject);
    hashed.text(personal.account);
    hashed.maybe(personal.before);
    hashed.maybe(personal.after);
    hashed.done()
}

/// The link to the next entry.
pub(super) fn hash(before: &str, bare: &Bare<'_>) -> String {
    let mut hashed = Hashed::of("etsm audit 1");
    hashed.text(before);
    hashed.number(bare.number);
    hashed.number(bare.at_ms);
    hashed.text(bare.kind);
    hashed.text(bare.how);
    hashed.maybe(bare.request);
    hashed.text(bare.who_kind);
    hashed.maybe(bare.facts);
    hashed.text(bare.seal);
    hashed.done()
}

/// All seals that an erasure made, in the order of their entries.
pub(in crate::store) struct Seals(Hashed);

impl Seals {
    pub(in crate::store) fn new() -> Self {
        Self(Hashed::of("etsm audit erasure 1"))
    }

    pub(in crate::store) fn add(&mut self, number: i64, seal: &str) {
        self.0.number(number);
        self.0.text(seal);
    }

    pub(in crate::store) fn done(self) -> String {
        self.0.done()
    }
}

struct Hashed(Context);

impl Hashed {
    /// The purpose keeps hashes of different things apart.
    fn of(purpose: &str) -> Self {
        let mut hashed = Self(Context::new(&SHA256));
        hashed.text(purpose);
        hashed
    }

    fn number(&mut self, number: i64) {
        self.0.update(&number.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.0.update(&(text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.0.update(&[u8::from(text.is_some())]);
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn done(self) -> String {
        let digest: digest::Digest = self.0.finish();
        hex(digest.as_ref())
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits =
        bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    digits.map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn personal<'a>(who: &'a str, subject: &'a str, before: Option<&'a str>) -> String {
        seal("s", &Personal { who, subject, account: "", before, after: None })
    }

    #[test]
    fn where_one_field_ends_and_whether_it_is_there_counts() {
        let all = [
            personal("ab", "c", None),
            personal("a", "bc", None),
            personal("a", "bc", Some("")),
            personal("a", "", Some("bc")),
        ];
        let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|one| one.len() == GENESIS.len()));
    }

    #[test]
    fn the_hash_of_an_entry_stays_what_it_was() {
        // The form is kept by databases of years: a change of it would make all of them look forged.
        let bare = Bare {
            number: 1,
            at_ms: 1_700_000_000_000,
            kind: "note.add",
            how: "web",
            request: Some("r-1"),
            who_kind: "person",
            facts: None,
            seal: "00ff",
        };
        assert_eq!(hash(GENESIS, &bare), "8362e11804945f7d07240b8549c6825b5b0881e01d9e60dd0e7273ba1f84927c");
    }
}
