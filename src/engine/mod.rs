//! Immutable pictures of all usage, and the pure analytics over them.
//!
//! Invariant: nothing here does IO or looks at the clock. The same rows always give the same figures. polars lives
//! here (and in ingest for reading Parquet) and no frame crosses this border: plain rows come out.

mod build;
mod continued;
mod cube;
mod dictionary;
mod draft;
mod entry;
mod fact;
mod figures;
mod frame;
mod health;
mod hour;
mod packed;
mod portfolio;
#[cfg(test)]
mod properties;
mod query;
mod receipt;
mod results;
mod rules;
mod snapshot;
mod sums;

pub use draft::Draft;
pub use packed::{BadPacked, PACKED_FORMAT, Unpacked};
pub use results::{
    BandCounts, Breakdown, Dimension, Mover, Portfolio, PortfolioAccount, Receipt, ReceiptRow, SeriesData,
    SourceMark,
};
pub use rules::{FactorRules, HealthRules};
pub use snapshot::{Engine, Snapshot};
