//! Work that runs beside the surfaces: imports, digests on schedule, and sources that are asked for usage.

pub mod digests;
pub mod import;
pub mod retention;
pub mod sources;
