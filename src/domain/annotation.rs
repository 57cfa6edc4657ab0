//! What happened on a day, for charts to say beside what usage did.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::ids::AccountId;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// When (UTC).
    pub day: Date,
    /// What kind of thing it was.
    pub kind: AnnotationKind,
    /// A few words.
    pub title: String,
    /// Whom it concerned; `None` is everyone.
    pub account: Option<AccountId>,
}

impl Annotation {
    /// Whether a chart of this account says it; one of the whole portfolio, `None`, says what concerned everyone.
    #[must_use]
    pub fn concerns(&self, account: Option<&AccountId>) -> bool {
        self.account.is_none() || self.account.as_ref() == account
    }
}

/// Kinds of what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationKind {
    /// Something did not work.
    Incident,
    /// Something new came out.
    Release,
}

impl AnnotationKind {
    /// The word for it, in settings and beside charts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Release => "release",
        }
    }
}

impl fmt::Display for AnnotationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for AnnotationKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "incident" => Ok(Self::Incident),
            "release" => Ok(Self::Release),
            _ => Err(format!("“{text}” is neither incident nor release")),
        }
    }
}
