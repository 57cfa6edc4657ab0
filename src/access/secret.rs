//! Secrets that are handed out once and afterwards only recognised.

use std::fmt;
use std::io;
use std::io::Read;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest;

/// Bytes of a token: nobody guesses 2²⁵⁶ of them.
const TOKEN_BYTES: usize = 32;

/// A random text that lets its bearer in. It never prints; the store keeps its [`Fingerprint`] alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; TOKEN_BYTES]>()))
    }

    /// One that came back from outside; any other text is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == TOKEN_BYTES).then(|| Self(text.to_owned()))
    }

    /// The text itself, to hand it out.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What it is known by.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The SHA-256 of a secret, in base64 for addresses. From a random secret of 256 bits nothing slower is needed, and
/// looking one up by it tells nothing by the time it takes: a guess decides the fingerprint, not how far it matches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of any text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes())))
    }

    /// Of several parts, each with its length: where one ends and the next begins makes a difference.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hashed = digest::Context::new(&digest::SHA256);
        for part in parts {
            hashed.update(&(part.len() as u64).to_be_bytes());
            hashed.update(part);
        }
        Self(BASE64_URL_SAFE_NO_PAD.encode(hashed.finish()))
    }

    /// As it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The SHA-256 of all that a reader gives, in hexadecimal digits, as `sha256sum` prints it.
pub fn sha256(mut reader: impl Read) -> io::Result<String> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut piece = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut piece)? {
            0 => break,
            read => context.update(&piece[..read]),
        }
    }
    Ok(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_read_back_and_do_not_print() {
        let (one, other) = (Token::random(), Token::random());
        assert_ne!(one, other);
        assert_eq!(Token::read(one.reveal()), Some(one.clone()));
        assert_eq!(format!("{one:?}"), "Token(…)");
        assert_ne!(one.fingerprint(), other.fingerprint());
        for odd in ["", "abc", "ä", &"A".repeat(44)] {
            assert_eq!(Token::read(odd), None, "{odd}");
        }
    }

    #[test]
    fn where_one_part_ends_makes_a_difference() {
        assert_ne!(Fingerprint::of_parts(&[b"ab", b"c"]), Fingerprint::of_parts(&[b"a", b"bc"]));
        assert_eq!(Fingerprint::of_parts(&[b"ab", b"c"]), Fingerprint::of_parts(&[b"ab", b"c"]));
    }

    #[test]
    fn a_fingerprint_is_the_sha_256_that_rfc_7636_shows() {
        let challenge = Fingerprint::of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
