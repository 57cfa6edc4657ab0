//! Immutable pictures of all usage, and the pure analytics over them.
//!
//! Invariant: nothing here does IO or looks at the clock. The same rows always give the same figures. polars lives
//! here (and in ingest for reading Parquet) and no frame crosses this border: plain rows come out.

mod build;
mod dictionary;
mod draft;
mod entry;
mod fact;
mod figures;
mod frame;
mod health;
mod history;
mod hour;
mod outlook;
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
mod snapshot;
mod sums;
mod why;

pub use draft::Draft;
pub use history::{BandChange, DayScore};
pub use outlook::{Direction, Risk};
pub use replay::{Course, Decline, Replay, Replayed};
pub use results::{
    BandCounts, Breakdown, Dimension, Mover, Portfolio, PortfolioAccount, Receipt, ReceiptRow, SeriesData,
    SourceMark,
};
pub use rules::{FactorRules, HealthRules, RulesHistory};
pub use snapshot::{Engine, Snapshot};
pub use why::{Split, Why};
