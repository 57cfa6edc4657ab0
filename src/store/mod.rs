//! Durable state. All SQL lives here; times are milliseconds, money is micro-units.
//!
//! Invariant: a method that returns `Ok` has committed; the figures it returned are in the file.

mod accounts;
mod alerts;
mod api_keys;
mod checkpoint;
mod counters;
mod digests;
mod error;
mod foretold;
mod initiatives;
mod kept;
mod lines;
mod load;
mod logins;
mod notes;
mod numbering;
mod open;
mod outbox;
mod outlay;
mod overrides;
mod packed;
mod pushed;
mod recorded;
mod rules;
mod schedules;
mod sessions;
mod sources;
mod stated;
mod statements;
mod view;
mod watermarks;
mod writer;

pub use alerts::{AlertRecord, AlertRuleRecord, AlertsKept, PendingRecord};
pub use api_keys::{ApiKey, KeyScope};
pub use checkpoint::{Block, Checkpoint, CheckpointFile};
pub use digests::{ComposedRow, Occurrence};
pub use error::StoreError;
pub use logins::Login;
pub use open::{Store, StoreCounts};
pub use outbox::{OutboxMessage, OutboxPart, PartContent, PartProgress};
pub use outlay::Outlay;
pub use pushed::{Committed, PushAnswer, PushGroup, PushWriter};
pub use recorded::{Outcome, Recorded};
pub use rules::RulesRecord;
pub use schedules::{DigestCourse, DigestRow};
pub use sessions::Session;
pub use sources::{SourceCourse, SourceTry};
pub use view::{Stamp, UsageState, UsageView};
pub use writer::{Keep, UsageWriter};
