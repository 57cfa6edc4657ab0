//! What is refused at the doors.

use std::fmt;
use std::str::FromStr;

use super::account::words;

/// A kind of refusal that may be an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecurityKind {
    /// A login that did not come to its end.
    LoginFailed,
    /// A link from chat that was changed, used up or over.
    LinkRefused,
    /// A key that is unknown or revoked.
    KeyRefused,
    /// A request in Discord's name without its signature.
    BadSignature,
}

words!(
    SecurityKind,
    "a kind of refusal",
    LoginFailed => "login_failed",
    LinkRefused => "link_refused",
    KeyRefused => "key_refused",
    BadSignature => "bad_signature",
);
