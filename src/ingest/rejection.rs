//! Why a record or a whole file was refused.
//!
//! Invariant: a message says what is wrong and what would be right, and holds no control character from outside.

use std::fmt;

/// One refused record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Which data record, from 1; the header, comments and blank lines are not counted.
    pub row: u64,
    /// The column that is at fault, by its own name, when it is one.
    pub column: Option<String>,
    /// What kind of fault.
    pub reason: Reason,
    /// What is wrong, and the remedy.
    pub message: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "row {}, {column}: {}", self.row, self.message),
            None => write!(f, "row {}: {}", self.row, self.message),
        }
    }
}

/// What kind of fault a record has. Only the first fault of a record is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Missing, impossible, ambiguous or far too early.
    BadTimestamp,
    /// Not a number, not a whole one where one is counted, or too large.
    BadNumber,
    /// Below zero.
    NegativeValue,
    /// No account.
    MissingAccount,
    /// A required field is empty, or the record has too few fields.
    MissingField,
    /// More fields than the header names.
    TooManyFields,
    /// Not a number, or infinite.
    NonFinite,
    /// Longer than a name may be.
    FieldTooLong,
    /// Bytes that are no text in the file's encoding, or control characters.
    BadEncoding,
    /// A quoted field that never ends.
    UnclosedQuote,
    /// More than a day ahead of the clock.
    FutureTimestampFar,
    /// A word that is not one of those allowed, or a record that cannot be read.
    BadValue,
    /// An amount in another currency than the portfolio's.
    OtherCurrency,
}

impl Reason {
    /// The stable word for machines.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BadTimestamp => "bad_timestamp",
            Self::BadNumber => "bad_number",
            Self::NegativeValue => "negative_value",
            Self::MissingAccount => "missing_account",
            Self::MissingField => "missing_field",
            Self::TooManyFields => "too_many_fields",
            Self::NonFinite => "non_finite",
            Self::FieldTooLong => "field_too_long",
            Self::BadEncoding => "bad_encoding",
            Self::UnclosedQuote => "unclosed_quote",
            Self::FutureTimestampFar => "future_timestamp_far",
            Self::BadValue => "bad_value",
            Self::OtherCurrency => "other_currency",
        }
    }
}

/// Why a whole file was refused; nothing of it was taken, unless it broke off while it was read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A required column is not there.
    #[error("{message}")]
    MissingColumn {
        /// The column's name.
        column: String,
        /// What was found instead.
        message: String,
    },
    /// Two columns mean the same.
    #[error("{message}")]
    DuplicateColumn {
        /// The column's name.
        column: String,
        /// Which two.
        message: String,
    },
    /// Neither text nor Parquet.
    #[error("{message}")]
    NotText {
        /// What it looks like, and what to do.
        message: String,
    },
    /// No bytes, or nothing but blanks.
    #[error("the file is empty; it should begin with a line that names the columns")]
    Empty,
    /// The bytes could not be read to the end.
    #[error("the file could not be read: {0}")]
    Unreadable(#[from] std::io::Error),
}

impl FileError {
    /// The stable word for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingColumn { .. } => "missing_column",
            Self::DuplicateColumn { .. } => "duplicate_column",
            Self::NotText { .. } => "not_text",
            Self::Empty => "empty_file",
            Self::Unreadable(_) => "unreadable",
        }
    }

    pub(super) fn not_text(message: impl Into<String>) -> Self {
        Self::NotText { message: message.into() }
    }
}

/// What is wrong with one value, before it is known where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    /// What kind of fault.
    pub(super) reason: Reason,
    /// What is wrong, and the remedy.
    pub(super) message: String,
}

impl Flaw {
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

/// Longest piece of foreign text in a message, in characters.
const SHOWN_CHARS_MAX: usize = 40;

/// Foreign text as it may stand in a message: short, without line breaks, control or direction characters.
pub(super) fn shown(text: &str) -> String {
    let tame = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns { '\u{fffd}' } else { c }
    };
    let mut short: String = text.chars().take(SHOWN_CHARS_MAX).map(tame).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        short.push('…');
    }
    format!("“{short}”")
}
