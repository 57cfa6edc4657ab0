//! Durable state. All SQL lives here; times are milliseconds, money is micro-units.
//!
//! Invariant: a method that returns `Ok` has committed; the figures it returned are in the file.

mod accounts;
mod address;
mod alerts;
mod api_keys;
mod backup;
mod checkpoint;
mod counters;
mod digests;
mod error;
mod foretold;
mod hold;
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
mod own_use;
mod packed;
mod recorded;
mod room;
mod rules;
mod schedules;
mod sessions;
mod soundness;
mod stated;
mod statements;
mod sums;
mod view;
mod watermarks;
mod writer;

pub use alerts::{AlertRecord, AlertRuleRecord, AlertsKept, PendingRecord};
pub use api_keys::{ApiKey, KeyScope};
pub use backup::{Copied, Restored};
pub use checkpoint::{Block, Checkpoint, CheckpointFile};
pub use digests::{ComposedRow, Occurrence};
pub use error::StoreError;
pub use logins::Login;
pub use open::{Store, StoreCounts};
pub use outbox::{OutboxMessage, OutboxPart, PartContent, PartProgress};
pub use outlay::Outlay;
pub use own_use::OwnUseRow;
pub use recorded::{Outcome, Recorded};
pub use rules::RulesRecord;
pub use schedules::{DigestCourse, DigestRow};
pub use sessions::Session;
pub use view::{Stamp, UsageState, UsageView};
pub use writer::{Keep, UsageWriter};
