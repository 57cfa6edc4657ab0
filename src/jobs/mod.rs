//! Work that runs beside the surfaces: imports, pushes, digests on schedule, and sources that are asked for usage.

pub mod digests;
pub mod import;
pub mod push;
pub mod retention;
pub mod sources;
