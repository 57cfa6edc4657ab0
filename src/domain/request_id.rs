//! What a request is called in the log, in the audit and towards whoever sent it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Fewest characters of an id that we take over: fewer would be the same too often.
const CHARS_MIN: usize = 8;
/// Most characters; those of a UUID and of a trace fit.
const CHARS_MAX: usize = 64;

/// The id of a request, an interaction or a run: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// An id of our own, made of a number that nobody drew before.
    #[must_use]
    pub fn drawn(number: u64) -> Self {
        Self(format!("{number:016x}").into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (CHARS_MIN..=CHARS_MAX).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            Ok(Self(text.into()))
        } else {
            Err("it has 8 to 64 letters, digits, - and _")
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_text_is_taken_over() {
        let taken = |text: &str| text.parse::<RequestId>().is_ok();
        assert!(taken("4bf92f3577b34da6a3ce929d0e0e4736") && taken("a-b_c-d_1"));
        assert!(taken(RequestId::drawn(7).as_str()));
        for odd in ["", "short", "with space", "new\nline-here", "umläute-here", &"x".repeat(65)] {
            assert!(!taken(odd), "{odd:?}");
        }
    }
}
