//! Durable state. All SQL lives here; times are milliseconds, money is micro-units.
//!
//! Invariant: a method that returns `Ok` has committed; the figures it returned are in the file.

mod accounts;
mod counters;
mod error;
mod foretold;
mod initiatives;
mod kept;
mod load;
mod notes;
mod numbering;
mod open;
mod overrides;
mod packed;
mod recorded;
mod rules;
mod stated;
mod statements;
mod watermarks;
mod writer;

pub use error::StoreError;
pub use open::{Store, StoreCounts};
pub use recorded::{Outcome, Recorded};
pub use rules::RulesRecord;
pub use writer::{Keep, UsageWriter};
