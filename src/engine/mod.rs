//! Immutable pictures of all usage, and the pure analytics over them.
//!
//! Invariant: nothing here does IO or looks at the clock. The same rows always give the same figures. polars lives
//! here (and in ingest for reading Parquet) and no frame crosses this border: plain rows come out.

mod results;
mod rules;
mod snapshot;

pub use results::{
    BandCounts, Breakdown, Dimension, Mover, Portfolio, PortfolioAccount, Receipt, ReceiptRow, SeriesData,
    SourceMark,
};
pub use rules::{FactorRules, HealthRules};
pub use snapshot::{Draft, Engine, Snapshot};
