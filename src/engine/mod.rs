//! Immutable pictures of all usage, and the pure analytics over them.
//!
//! Invariant: nothing here does IO or looks at the clock. The same rows always give the same figures. polars lives
//! here (and in ingest for reading Parquet) and no frame crosses this border: plain rows come out.

mod anomaly;
mod build;
mod churn;
mod continued;
mod cube;
mod dictionary;
mod direction;
mod draft;
mod entry;
mod fact;
mod figures;
mod forecast;
mod frame;
mod health;
mod history;
mod hour;
mod memo;
mod method;
mod outlook;
mod packed;
mod portfolio;
#[cfg(test)]
mod properties;
mod query;
mod receipt;
mod replay;
mod results;
mod rules;
#[cfg(test)]
mod score_trials;
mod silence;
mod snapshot;
mod sums;
pub mod trial;
mod view;
mod watch;
mod why;

pub use direction::{Direction, Risk};
pub use draft::Draft;
pub use history::{BandChange, DayScore};
pub use packed::{BadPacked, PACKED_FORMAT, Unpacked};
pub use replay::{Course, Decline, Replay, Replayed};
pub use results::{
    BandCounts, Breakdown, ChurnModel, Dimension, ExpectedDay, Mover, Portfolio, PortfolioAccount, Reached,
    Receipt, ReceiptRow, Reliability, SeriesData, SourceMark, TooLittle, Usual, Watched, WatchedPoint,
};
pub use rules::{FactorRules, HealthRules, RulesHistory};
pub use silence::KeptChurn;
pub use snapshot::{Engine, Snapshot};
pub use watch::watched_by;
pub use why::{Split, Why};
