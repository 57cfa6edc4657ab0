//! The words of the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::SourceId;
use crate::store::KeyScope;

use super::records::{Audit, Erase, Export};

/// The account desk of a technical success manager, inside the team's chat.
#[derive(Debug, Parser)]
#[command(name = "etsm", version, about, propagate_version = true, max_term_width = 100)]
pub(super) struct Cli {
    /// Settings over the built-in ones [env: ETSM_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Where the database lives [env: ETSM_DATA_DIR] [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,

    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Look around in a simulated portfolio: dashboard at /, chat at /chat; no tokens, this machine only
    Demo(Demo),
    /// Run the bot and the dashboard
    Serve,
    /// Bring usage, accounts or initiatives in from files
    Import(Import),
    /// Ask one thing in the terminal, as `etsm ask "health acme"`
    Ask(Ask),
    /// The same as a conversation
    Chat(Chat),
    /// Say what a digest would say, or post one beside its schedule
    Digest {
        /// Which of the two
        #[command(subcommand)]
        what: Digest,
    },
    /// Make a link to a page of the dashboard that lets its reader in, once and for some minutes
    Link(Link),
    /// Make, list and revoke keys that let programs use the API
    Key {
        /// What is done
        #[command(subcommand)]
        what: Key,
    },
    /// End sessions of the dashboard
    Session {
        /// What is done
        #[command(subcommand)]
        what: Session,
    },
    /// Write usage, or all of an account or a person, to the standard output
    Export {
        /// What is written
        #[command(subcommand)]
        what: Export,
    },
    /// Erase all of an account or a person, down to the pages of the file; asks first
    Erase {
        /// What is erased
        #[command(subcommand)]
        what: Erase,
    },
    /// Prove that the audit log is whole, or read it
    Audit {
        /// Which of the two
        #[command(subcommand)]
        what: Audit,
    },
    /// Show the models behind the figures, and fit them anew
    Analyze {
        /// Which model
        #[command(subcommand)]
        what: Analyze,
    },
    /// Judge the analytics on series and histories of your own, by the code that serves the desk
    Eval {
        /// What is judged
        #[command(subcommand)]
        what: Eval,
    },
    /// Try changed rules on the stored history: which bands flip, and how long before known declines
    Replay(Replay),
    /// Copy the database to a file, also while the service runs; the copy is read back and proven
    Backup {
        /// Where to; it must not be there yet
        file: PathBuf,
        /// Replace a file that is there
        #[arg(long)]
        force: bool,
    },
    /// Put a backup in the place of the database, which is kept beside it; the service must be stopped
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Look at everything that etsm needs, and say what to do: settings, database, clock, certificate, Discord, AI; status 1
    /// when something must be mended, 0 when there are warnings at most
    Check(Check),
    /// Ask a running etsm whether it is well (for a container's health check)
    Probe(Probe),
    /// Print the description of the API (OpenAPI 3.1)
    Openapi,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages (etsm.1, etsm-import.1 and so on) into a folder
    Man {
        /// Where they go; it must be there
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// One JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
    /// Ask nothing of the network
    #[arg(long)]
    pub(super) offline: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Digest {
    /// What it would say; nothing is posted
    Preview(DigestOf),
    /// Order one beside its schedule; the running service makes and posts it
    Run(DigestOf),
}

#[derive(Debug, Args)]
pub(super) struct DigestOf {
    /// What the digest is called
    pub(super) name: String,
    /// As of when, as 2026-03-30T08:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where the dashboard listens; loopback only
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(super) bind: SocketAddr,
    /// Accounts in the portfolio
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=2_000), value_name = "N")]
    pub(super) accounts: u16,
    /// Days of history
    #[arg(long, default_value_t = 420, value_parser = clap::value_parser!(u16).range(30..=1_500), value_name = "N")]
    pub(super) days: u16,
    /// The same seed makes the same portfolio
    #[arg(long, default_value_t = 7, value_name = "N")]
    pub(super) seed: u64,
}

#[derive(Debug, Args)]
pub(super) struct Link {
    /// The command whose page it opens, as "usage acme range:30d"
    #[arg(required = true, value_name = "COMMAND")]
    pub(super) words: Vec<String>,
    /// For whom: a name of [access.people] opens it with that member's rights, any other one may read everything
    #[arg(long = "as", value_name = "NAME")]
    pub(super) person: String,
    /// For how many minutes it holds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1_440), value_name = "N")]
    pub(super) minutes: u16,
    /// Let previews of the link show the chart to whoever sees it
    #[arg(long)]
    pub(super) picture: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key; it is shown once
    Add {
        /// What it is called; each name once
        name: String,
        /// What it opens: ingest, read, admin
        #[arg(long = "scope", required = true, value_delimiter = ',', value_name = "SCOPE")]
        scopes: Vec<KeyScope>,
        /// The one source that it may send usage of [default: any; its own name where a push names none]
        #[arg(long, value_name = "NAME")]
        source: Option<SourceId>,
    },
    /// All keys, and when they were used last
    List,
    /// Take a key back
    Revoke {
        /// What it is called
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Session {
    /// All sessions, and when they were used last
    List,
    /// End one session, by the first letters of its id as listed, or all
    End {
        /// The first letters of its id, or `all`
        which: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// What the files hold
    #[arg(value_enum)]
    pub(super) kind: ImportKind,
    /// CSV, NDJSON, a JSON array or Parquet, told by content
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Name of the source; the same rows from another source are other rows
    #[arg(long, default_value = "import", value_name = "NAME")]
    pub(super) source: String,
    /// Count and report, and keep nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// The data are complete up to here [default: end of the newest hour]
    #[arg(long, value_name = "TIME")]
    pub(super) watermark: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum ImportKind {
    /// Calls, tokens and cost by time, account and endpoint
    Usage,
    /// Names, owners, contracts
    Accounts,
    /// What is done together, by when
    Initiatives,
}

#[derive(Debug, Subcommand)]
pub(super) enum Analyze {
    /// The probability that an account falls silent: its numbers, and how well it told before
    Churn {
        /// Fit it to the history known now, and judge by it until it is fitted again
        #[arg(long)]
        fit: bool,
        /// Forget the kept one; fit to the data each time
        #[arg(long, conflicts_with = "fit")]
        forget: bool,
        /// Report as one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Eval {
    /// timestamp,value → timestamp,anomaly_score,is_alert; each row from the rows up to it only
    Detect {
        #[command(flatten)]
        files: EvalFiles,
    },
    /// customer_id,date,amount → customer_id,health,churn_probability
    Health {
        #[command(flatten)]
        files: EvalFiles,
        /// The last day that is known
        #[arg(long, value_name = "DATE")]
        as_of: jiff::civil::Date,
        /// Days ahead
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3_650), value_name = "DAYS")]
        horizon: u16,
    },
    /// timestamp,value → step,mean,lo80,hi80,lo95,hi95
    Forecast {
        #[command(flatten)]
        files: EvalFiles,
        /// Steps ahead
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=10_000), value_name = "STEPS")]
        horizon: u16,
        /// Steps after which the rhythm repeats, as 7 for days of a week
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=10_000), value_name = "STEPS")]
        season: u16,
    },
    /// Put the truth check on trial: which lies of a writer come through, and how many true drafts
    Writer {
        /// Drafts of each kind of lie, and as many true ones
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "N")]
        tries: u32,
        /// The same seed makes the same drafts
        #[arg(long, default_value_t = 7, value_name = "N")]
        seed: u64,
    },
}

#[derive(Debug, Args)]
pub(super) struct EvalFiles {
    /// CSV to read
    #[arg(long, value_name = "FILE")]
    pub(super) input: PathBuf,
    /// CSV to write
    #[arg(long, value_name = "FILE")]
    pub(super) output: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Ask {
    /// A chat command, as "usage acme range:30d"
    #[arg(required = true, value_name = "COMMAND")]
    pub(super) words: Vec<String>,
    /// Who asks [default: your login]
    #[arg(long = "as", value_name = "NAME")]
    pub(super) person: Option<String>,
    /// Answer as one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// Write the answer's picture here
    #[arg(long, value_name = "FILE")]
    pub(super) png: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// What is tried
    #[arg(value_enum)]
    pub(super) kind: ReplayKind,
    /// A changed health.toml; nothing is changed by trying it
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// First day [default: ninety days before the last]
    #[arg(long, value_name = "DATE")]
    pub(super) from: Option<Date>,
    /// Last day [default: that of the newest data]
    #[arg(long, value_name = "DATE")]
    pub(super) to: Option<Date>,
    /// Report as one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum ReplayKind {
    /// The rules of the health score
    Health,
}

#[derive(Debug, Args)]
pub(super) struct Chat {
    /// Who asks [default: your login]
    #[arg(long = "as", value_name = "NAME")]
    pub(super) person: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Probe {
    /// Where it listens [default: the address in the settings]
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
}
