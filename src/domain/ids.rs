//! Names of things: short, checked once, cheap to copy.
//!
//! Invariant: whoever holds one of these need not look at its text again.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest id, in characters; ids stand in URLs, custom ids of chat buttons and file names.
pub const ID_CHARS_MAX: usize = 64;
/// Longest name or label, in characters.
pub const NAME_CHARS_MAX: usize = 200;

/// Why a text is not an id or a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Nothing, or only blanks.
    #[error("it is empty")]
    Empty,
    /// More characters than allowed.
    #[error("it has {given} characters, and at most {max} are allowed")]
    TooLong {
        /// How many characters came.
        given: usize,
        /// How many are allowed.
        max: usize,
    },
    /// A character that may not stand here.
    #[error("“{0}” may not stand in it; use letters, digits and . _ : -")]
    BadCharacter(char),
    /// A control character, which would break tables and terminals.
    #[error("it holds a control character")]
    Control,
}

macro_rules! shared_text {
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `text` and keeps it trimmed.
            pub fn new(text: &str) -> Result<Self, BadName> {
                $check(text.trim()).map(|checked| Self(Arc::from(checked)))
            }

            /// The text as it was given, trimmed.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

shared_text!(
    /// Id of an account: 1–64 of `A–Z a–z 0–9 . _ : -`.
    AccountId,
    checked_id
);
shared_text!(
    /// Id of an initiative, as `ini-42`.
    InitiativeId,
    checked_id
);
shared_text!(
    /// Name of a source of usage, as `import` or `push`.
    SourceId,
    checked_id
);
shared_text!(
    /// Name of a digest, as `monday`.
    DigestName,
    checked_id
);
shared_text!(
    /// An endpoint of the API, as `/v1/chat/large`: any text up to 200 characters.
    Endpoint,
    checked_name
);
shared_text!(
    /// A model behind an endpoint: any text up to 200 characters.
    Model,
    checked_name
);
shared_text!(
    /// Id of a single usage event inside a bucket: any text up to 200 characters.
    EventId,
    checked_name
);
shared_text!(
    /// A person: an owner of accounts or initiatives, or an author. Any text up to 200 characters.
    Person,
    checked_name
);

impl AccountId {
    /// The id for an account that a usage file names by `text`, which may be any text.
    ///
    /// A text that is an id is that id. Any other becomes a readable slug with a hash of the text, so that two
    /// texts never share an id; the caller keeps the text as the account's name.
    pub fn discovered(text: &str) -> Result<Self, BadName> {
        let text = checked_name(text.trim())?;
        if let Ok(id) = Self::new(text) {
            return Ok(id);
        }
        let slug: String = text
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect::<String>()
            .split('-')
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("-");
        let slug: String = slug.chars().take(40).collect();
        let stem = if slug.is_empty() { "account" } else { &slug };
        Self::new(&format!("{stem}-{:012x}", fnv64(text) & 0xffff_ffff_ffff))
    }
}

fn checked_id(text: &str) -> Result<&str, BadName> {
    if text.is_empty() {
        return Err(BadName::Empty);
    }
    if let Some(bad) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || "._:-".contains(*c))) {
        return Err(BadName::BadCharacter(bad));
    }
    if text.len() > ID_CHARS_MAX {
        return Err(BadName::TooLong { given: text.len(), max: ID_CHARS_MAX });
    }
    Ok(text)
}

fn checked_name(text: &str) -> Result<&str, BadName> {
    if text.is_empty() {
        return Err(BadName::Empty);
    }
    let given = text.chars().count();
    if given > NAME_CHARS_MAX {
        return Err(BadName::TooLong { given, max: NAME_CHARS_MAX });
    }
    // A line break inside a quoted field is odd but harmless once escaped; the rest would break a terminal.
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(BadName::Control);
    }
    Ok(text)
}

/// FNV-1a, 64 bits (Fowler, Noll and Vo): stable across versions, which the standard hasher does not promise.
fn fnv64(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_to_its_alphabet() {
        assert_eq!(AccountId::new(" acme.eu-1:x_y ").unwrap().as_str(), "acme.eu-1:x_y");
        assert_eq!(AccountId::new("a/b"), Err(BadName::BadCharacter('/')));
        assert_eq!(AccountId::new(" "), Err(BadName::Empty));
        assert!(matches!(AccountId::new(&"x".repeat(65)), Err(BadName::TooLong { given: 65, max: 64 })));
    }

    #[test]
    fn any_text_can_name_a_discovered_account() {
        assert_eq!(AccountId::discovered("acme").unwrap().as_str(), "acme");
        let markup = AccountId::discovered("<script>alert(1)</script>").unwrap();
        assert!(markup.as_str().starts_with("script-alert-1-script-"), "{markup}");
        assert_ne!(AccountId::discovered("café").unwrap(), AccountId::discovered("cafè").unwrap());
        assert!(AccountId::discovered("a\u{0}b").is_err());
    }
}
