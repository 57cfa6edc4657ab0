//! The words of the command line about what is kept: export, erase, audit.

use clap::{Args, Subcommand};

use crate::domain::AccountId;
use crate::domain::AuditKind;
use crate::domain::How;

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// Usage, row by row; what is written imports again
    Rows {
        #[command(flatten)]
        form: ExportForm,
    },
    /// All of an account: usage, initiatives, notes, scores set by hand, alerts, audit entries
    Account {
        /// Its id
        id: String,
        #[command(flatten)]
        form: ExportForm,
    },
    /// All of a person: sessions, keys made, what the person wrote and did
    Person {
        /// The name, or the id of the user in the chat server
        id: String,
        #[command(flatten)]
        form: ExportForm,
    },
}

#[derive(Debug, Args)]
pub(super) struct ExportForm {
    /// As what
    #[arg(long, value_enum, default_value_t = ExportFormat::Json)]
    pub(super) format: ExportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ExportFormat {
    /// A table that no spreadsheet takes for formulas
    Csv,
    /// One object; of rows, one a line
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Erase {
    /// All of an account
    Account {
        /// Its id
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// All of a person; what the person wrote stays under a pseudonym
    Person {
        /// The name, or the id of the user in the chat server
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Find any entry that was edited, removed or moved; status 1 when there is one
    Verify {
        /// A head that was told earlier: finds also a log that was cut or written anew
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
    /// Entries, the newest first
    List {
        /// Only by this person or key
        #[arg(long, value_name = "NAME")]
        who: Option<String>,
        /// Only of this kind, as initiative.change
        #[arg(long, value_name = "KIND")]
        kind: Option<AuditKind>,
        /// Only by this way, as discord
        #[arg(long, value_name = "WAY")]
        how: Option<How>,
        /// Only about this account
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u32,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
}
