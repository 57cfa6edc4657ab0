//! A failure that a person will read: what is wrong, and what would be right.

use crate::domain::AccountId;

/// Something that could not be answered or done.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// No such command.
    #[error("I know no command called “{given}”. {}", nearest_words(.nearest.as_deref(), "Write help to see what can be asked."))]
    UnknownCommand {
        /// As typed.
        given: String,
        /// The closest one that exists.
        nearest: Option<String>,
    },
    /// A command was called in a way it does not understand.
    #[error("{message}")]
    BadOption {
        /// Which option, when one is meant.
        option: Option<String>,
        /// What is wrong and what would be right; ends with a full stop.
        message: String,
    },
    /// No account of that name, or none that the asker may see.
    #[error("I know no account called “{given}”. {}", nearest_words(.nearest.as_deref(), "Write its id or a part of its name."))]
    UnknownAccount {
        /// As typed; hostile text.
        given: String,
        /// The closest name.
        nearest: Option<String>,
    },
    /// Several accounts could be meant.
    #[error("“{given}” could be {}. Write one of these ids.", list(.candidates))]
    AmbiguousAccount {
        /// As typed; hostile text.
        given: String,
        /// Some that fit.
        candidates: Vec<AccountId>,
    },
    /// Something else that does not exist.
    #[error("I know no {what} called “{given}”. {remedy}")]
    Unknown {
        /// `initiative`, `fact`, `page`.
        what: &'static str,
        /// As typed; hostile text.
        given: String,
        /// What to do.
        remedy: String,
    },
    /// Not for this person.
    #[error("{message}")]
    NotAllowed {
        /// What is missing and whom to ask.
        message: String,
    },
    /// There are no data yet.
    #[error(
        "There are no data yet. Import some with `etsm import usage FILE`, or look around with `etsm demo`."
    )]
    NoData,
    /// It would be answered, but not now.
    #[error("That takes too long just now. Please try again in a minute.")]
    Busy,
    /// What was to be written down has no room.
    #[error("{0}")]
    StorageFull(NoRoom),
    /// Our own fault. The cause is logged under the reference and never shown.
    #[error("Something broke on our side. Please quote {reference} to an operator.")]
    Internal {
        /// Stands in the log beside the cause.
        reference: String,
        /// What happened; for the log alone.
        #[source]
        source: anyhow::Error,
    },
}

impl Problem {
    /// A wrong option, in words that end with a full stop.
    #[must_use]
    pub fn option(option: &str, message: impl Into<String>) -> Self {
        Self::BadOption { option: Some(option.to_owned()), message: message.into() }
    }

    /// Our own fault: logs the cause once, and gives the person a reference to quote. A full disk is nobody's fault, and
    /// says so itself.
    #[must_use]
    pub fn internal(source: anyhow::Error) -> Self {
        if let Some(no_room) = source.chain().find_map(|cause| cause.downcast_ref::<NoRoom>()) {
            return Self::StorageFull(*no_room);
        }
        metrics::counter!("etsm_errors_total").increment(1);
        // A short reference is enough: it is searched for within a day or two.
        let reference = format!("E-{:06X}", rand::random::<u32>() & 0x00ff_ffff);
        tracing::error!(
            reference,
            cause = format!("{source:#}"),
            "Could not answer; the asker was given {reference}"
        );
        Self::Internal { reference, source }
    }

    /// What a person quotes to an operator; it stands in the log beside the cause.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Internal { reference, .. } => Some(reference),
            Self::UnknownCommand { .. }
            | Self::BadOption { .. }
            | Self::UnknownAccount { .. }
            | Self::AmbiguousAccount { .. }
            | Self::Unknown { .. }
            | Self::NotAllowed { .. }
            | Self::NoData
            | Self::Busy
            | Self::StorageFull(_) => None,
        }
    }

    /// A stable word for machines, as in the API's error documents.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCommand { .. } => "unknown_command",
            Self::BadOption { .. } => "bad_option",
            Self::UnknownAccount { .. } => "unknown_account",
            Self::AmbiguousAccount { .. } => "ambiguous_account",
            Self::Unknown { .. } => "not_found",
            Self::NotAllowed { .. } => "not_allowed",
            Self::NoData => "no_data",
            Self::Busy => "busy",
            Self::StorageFull(_) => "storage_full",
            Self::Internal { .. } => "internal",
        }
    }
}

/// There is no room for what was to be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "There is no room to write that down: the disk is full, or the database has the size that it may have. Nothing that was \
     confirmed is lost, and everything can be read. Please tell an operator; it works again as soon as there is room."
)]
pub struct NoRoom;

/// The closest name, or else what to do.
fn nearest_words(nearest: Option<&str>, remedy: &str) -> String {
    nearest.map_or_else(|| remedy.to_owned(), |name| format!("The closest one is “{name}”."))
}

fn list(candidates: &[AccountId]) -> String {
    candidates.iter().map(AccountId::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_whatever_it_kept_from_being_done() {
        let failed = anyhow::Error::new(NoRoom).context("committing").context("writing something down");
        let problem = Problem::internal(failed);
        assert_eq!((problem.code(), problem.reference()), ("storage_full", None));
        let other = Problem::internal(anyhow::anyhow!("no luck"));
        assert!(other.to_string().contains(other.reference().unwrap()));
    }
}
