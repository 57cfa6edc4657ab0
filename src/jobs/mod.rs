//! Work that runs beside the surfaces: imports, and digests on schedule.

pub mod digests;
pub mod import;
pub mod retention;
