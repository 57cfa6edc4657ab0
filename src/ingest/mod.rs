//! Raw records from outside become rows or rejections; here is where text stops being text.
//!
//! Invariant: nothing here writes; a rejection names row, column, reason and remedy; memory holds one batch.

pub mod simulate;

mod accounts;
mod cloud_event;
mod columns;
mod delimited;
mod encoding;
mod initiatives;
mod json;
mod lines;
mod moment;
mod number;
mod parcel;
mod parquet;
mod parts;
mod read;
mod record;
mod rejection;
mod series;
mod source;
mod split;
mod usage;

pub use accounts::AccountRecord;
pub use initiatives::InitiativeRecord;
pub use parcel::{Form, NotTaken, Parcel, Taken};
pub use read::{Format, Input, Summary, read_accounts, read_cloud_events, read_initiatives, read_usage};
pub use record::{Batch, Context, Take};
pub use rejection::{FileError, Reason, Rejection};
pub use series::{CustomerEvent, Point, SeriesError, read_customer_events, read_points};
pub use source::{Again, Pulled, Source, SourceFault};
