//! Custom ids: what a button, an option of a select or a form stands for, signed, so that it works after a restart and
//! on every replica.
//!
//! Invariant: nothing reads back that was not written with the same key. The line stands in the id itself, or, when it
//! is too long or not plain, under a key that the id names.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;

use super::limits::CUSTOM_ID_CHARS_MAX;

/// What every id begins with. Another version is told to ask again.
const VERSION: &str = "v1";
/// Bytes of a signature. A guess needs 2⁷² presses.
const TAG_BYTES: usize = 9;
/// Letters of a signature.
const TAG_CHARS: usize = TAG_BYTES / 3 * 4;
/// Bytes of a key of the store: enough that two lines never share one.
const KEY_BYTES: usize = 18;
/// Stands before a line …
const WHOLE: char = ':';
/// … or before the key of one.
const KEPT: char = '#';

/// What a press does with its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Asks it.
    Ask,
    /// Asks it and shows another page of its table; the page stands before the line: `2 portfolio`.
    Turn,
    /// Opens a form for what it leaves out. `aloud` when the channel is to see the outcome even if the button stands in
    /// a message that it does not see.
    Open {
        /// Whether the outcome is for the channel.
        aloud: bool,
    },
    /// Nothing by itself: the chosen option says what.
    Choose,
    /// Completes it by the fields of a form and does it.
    Submit {
        /// Whether the outcome is for the channel.
        aloud: bool,
    },
}

impl Press {
    const ALL: [Self; 7] = [
        Self::Ask,
        Self::Turn,
        Self::Open { aloud: false },
        Self::Open { aloud: true },
        Self::Choose,
        Self::Submit { aloud: false },
        Self::Submit { aloud: true },
    ];

    fn letter(self) -> char {
        match self {
            Self::Ask => 'a',
            Self::Turn => 't',
            Self::Open { aloud: false } => 'f',
            Self::Open { aloud: true } => 'F',
            Self::Choose => 'c',
            Self::Submit { aloud: false } => 's',
            Self::Submit { aloud: true } => 'S',
        }
    }
}

/// An id to write into a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomId {
    /// At most 100 characters.
    pub id: String,
    /// Key and line to keep in the store, when the line does not stand in the id.
    pub kept: Option<(String, String)>,
}

/// What an id says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What to do.
    pub press: Press,
    /// With which line.
    pub line: Line,
}

/// A line, or where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// As it is.
    Whole(String),
    /// Under this key in the store.
    Kept(String),
}

/// Signs custom ids and knows its own again.
#[derive(Debug, Clone)]
pub struct Seal {
    key: hmac::Key,
}

impl Seal {
    /// With a key that is derived from the program's secret, so that a signature here is worth nothing elsewhere.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let own = hmac::sign(&secret, b"etsm custom ids of Discord, version 1");
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()) }
    }

    /// The id of a component.
    #[must_use]
    pub fn write(&self, press: Press, line: &str) -> CustomId {
        let plain = line.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        let room = CUSTOM_ID_CHARS_MAX - VERSION.len() - 2 - TAG_CHARS;
        if plain && line.len() <= room {
            return CustomId { id: self.signed(press, WHOLE, line), kept: None };
        }
        let key = self.digest(&format!("line {line}"), KEY_BYTES);
        CustomId { id: self.signed(press, KEPT, &key), kept: Some((key, line.to_owned())) }
    }

    /// What an id says; `None` when it is of another version, of another etsm, or was tampered with.
    #[must_use]
    pub fn read(&self, id: &str) -> Option<Said> {
        let mut letters = id.strip_prefix(VERSION)?.chars();
        let letter = letters.next()?;
        let press = Press::ALL.into_iter().find(|press| press.letter() == letter)?;
        let form = letters.next()?;
        let line = letters.as_str().get(TAG_CHARS..)?;
        if !same(&self.signed(press, form, line), id) {
            return None;
        }
        let line = match form {
            WHOLE => Line::Whole(line.to_owned()),
            KEPT => Line::Kept(line.to_owned()),
            _ => return None,
        };
        Some(Said { press, line })
    }

    fn signed(&self, press: Press, form: char, line: &str) -> String {
        let head = format!("{VERSION}{}{form}", press.letter());
        let tag = self.digest(&format!("{head}{line}"), TAG_BYTES);
        format!("{head}{tag}{line}")
    }

    fn digest(&self, text: &str, bytes: usize) -> String {
        let whole = hmac::sign(&self.key, text.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(&whole.as_ref()[..bytes])
    }
}

/// Compares without telling by its time where two texts differ.
fn same(one: &str, other: &str) -> bool {
    let differing = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seal() -> Seal {
        Seal::new(b"a secret of the tests")
    }

    #[test]
    fn a_short_line_stands_in_the_id_and_a_long_one_in_the_store() {
        let short = seal().write(Press::Ask, "usage acme range:7d");
        assert!(short.id.starts_with("v1a:") && short.id.ends_with("usage acme range:7d"), "{short:?}");
        assert_eq!(short.kept, None);
        let fits = "x".repeat(CUSTOM_ID_CHARS_MAX - 16);
        assert_eq!(seal().write(Press::Ask, &fits).id.len(), CUSTOM_ID_CHARS_MAX);
        for line in [format!("{fits}x"), "health Ünal".into(), "note acme \"a\nb\"".into()] {
            let kept = seal().write(Press::Ask, &line);
            assert_eq!(kept.kept.as_ref().map(|(_, line)| line), Some(&line));
            assert_eq!(kept, seal().write(Press::Ask, &line), "the same line has the same key");
        }
    }

    #[test]
    fn foreign_and_older_ids_say_nothing() {
        let foreign = Seal::new(b"another secret").write(Press::Ask, "portfolio").id;
        for id in [foreign.as_str(), "q1:portfolio", "v2a:AAAAAAAAAAAAportfolio", "v1", "v1a", "", "v1a:ü"] {
            assert_eq!(seal().read(id), None, "{id}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_and_nothing_else(
            line in "\\PC{0,120}", which in 0..Press::ALL.len(), at in 0_usize..100, other in "[ -~é]",
        ) {
            let press = Press::ALL[which];
            let CustomId { id, kept } = seal().write(press, &line);
            prop_assert!(id.chars().count() <= CUSTOM_ID_CHARS_MAX && id.is_ascii());
            let said = seal().read(&id).unwrap();
            prop_assert_eq!(said.press, press);
            match (said.line, kept) {
                (Line::Whole(read), None) => prop_assert_eq!(read, line),
                (Line::Kept(key), Some((kept, whole))) => prop_assert_eq!((key, whole), (kept, line)),
                odd => prop_assert!(false, "{:?}", odd),
            }
            let mut letters: Vec<char> = id.chars().collect();
            let at = at % letters.len();
            letters[at] = other.chars().next().unwrap();
            let tampered: String = letters.into_iter().collect();
            prop_assert_eq!(seal().read(&tampered).is_some(), tampered == id);
        }
    }
}
