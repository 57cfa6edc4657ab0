//! Why a draft is refused, said so that the writer can do better.

use std::fmt;

/// Something in a draft that cannot stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The sentence or title, as it was written.
    pub text: String,
    /// What is wrong with it.
    pub reason: Reason,
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "In “{}”: {}", self.text, self.reason)
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A digit.
    #[error("it has “{0}”, a digit of its own; a number may stand there as [f1] only")]
    Digit(char),
    /// A word that gives, counts, ranks or weighs.
    #[error("“{word}” {}", forbidden_words(*.kind))]
    Word {
        /// The word.
        word: String,
        /// What it does.
        kind: Forbidden,
    },
    /// A word outside of the list.
    #[error("“{0}” is not in the list of words; say it in plainer words")]
    UnknownWord(String),
    /// A word of advice in a statement.
    #[error(
        "“{0}” may stand in advice alone, which begins with its verb; a statement says what the data say"
    )]
    AdviceWord(String),
    /// A character that may not stand in a sentence.
    #[error("it has {0}, which may not stand in a sentence")]
    Character(String),
    /// A reference to nothing.
    #[error("{0} names nothing in the data")]
    UnknownNumber(String),
    /// A figure of another account.
    #[error("[{fact}] is of {of}, and does not belong there; it may stand in a sentence about {of} only")]
    Misplaced {
        /// The figure.
        fact: String,
        /// Whose it is.
        of: String,
    },
    /// The reader cannot tell who is meant.
    #[error(
        "it is not clear which account it is about; name one account, and in each part with figures only one"
    )]
    Unclear,
    /// The sentence says another account than it names.
    #[error("`about` is {0}, which the sentence or its section does not name")]
    AboutOther(String),
    /// A figure that is called something else.
    #[error("[{fact}] is “{label}”, and “{word}” is something else")]
    WrongTopic {
        /// The figure.
        fact: String,
        /// What it is.
        label: String,
        /// What it is called.
        word: String,
    },
    /// A figure that is not called anything.
    #[error("it does not say what [{fact}] is; write one of: {words}")]
    Unnamed {
        /// The figure.
        fact: String,
        /// What it may be called.
        words: String,
    },
    /// A word that needs a figure beside it.
    #[error("“{0}” stands there without a figure that it is true of")]
    Unsupported(String),
    /// A direction word against the sign.
    #[error("“{word}” is not what [{fact}] says")]
    Direction {
        /// The word.
        word: String,
        /// The figure.
        fact: String,
    },
    /// A statement turned round.
    #[error("“{0}” turns a statement round, which cannot be checked; say what is so, not what is not")]
    Negated(String),
    /// A comparison of what cannot be compared, or the wrong way round.
    #[error(
        "the comparison of {0} is not supported by these figures; write them as “from [before] to [now]”, or apart"
    )]
    Compared(String),
    /// A figure put as something else.
    #[error("[{fact}] cannot stand after or before “{word}”; {remedy}")]
    Put {
        /// The figure.
        fact: String,
        /// The word beside it.
        word: String,
        /// What to write.
        remedy: &'static str,
    },
    /// A length of time that no figure has.
    #[error("“{0}” is not the time of the figures beside it")]
    Period(String),
    /// Something that does not hold.
    #[error("“{word}” is not known of {of}")]
    Untrue {
        /// The word.
        word: String,
        /// Of whom it is said.
        of: String,
    },
    /// It does not end as a sentence does.
    #[error("it is cut off; end with a full stop")]
    CutOff,
    /// Too much.
    #[error("it is too long: at most {0}")]
    TooLong(String),
    /// Nothing there.
    #[error("there is nothing in it")]
    Empty,
    /// The draft cannot be read.
    #[error("the draft is not JSON of the shape that was asked for: {0}")]
    Unreadable(String),
}

impl Reason {
    /// One word for tables and metrics.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Digit(_) => "digit",
            Self::Word { .. } => "word",
            Self::UnknownWord(_) | Self::AdviceWord(_) => "unknown word",
            Self::Character(_) => "character",
            Self::UnknownNumber(_) => "unknown fact",
            Self::Misplaced { .. } | Self::Unclear | Self::AboutOther(_) => "misplaced",
            Self::WrongTopic { .. } | Self::Unnamed { .. } | Self::Put { .. } => "naming",
            Self::Unsupported(_) => "unsupported",
            Self::Direction { .. } => "direction",
            Self::Negated(_) => "negation",
            Self::Compared(_) => "comparison",
            Self::Period(_) => "period",
            Self::Untrue { .. } => "untrue",
            Self::CutOff | Self::TooLong(_) | Self::Empty | Self::Unreadable(_) => "shape",
        }
    }
}

/// Why a word is never allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Forbidden {
    /// It is a number.
    Number,
    /// It counts vaguely, as `many`.
    Count,
    /// It ranks, as `highest`.
    Rank,
    /// It says how much without a figure, as `sharply`.
    Degree,
}

fn forbidden_words(kind: Forbidden) -> &'static str {
    match kind {
        Forbidden::Number => "is a number of its own; only figures of the data may be given, as [f1]",
        Forbidden::Count => "counts without a figure; leave it out",
        Forbidden::Rank => "ranks, which the figures do not show; leave it out",
        Forbidden::Degree => "says how much without a figure; leave it out",
    }
}
