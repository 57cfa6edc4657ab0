//! Work that runs beside the surfaces: imports, pushes, and digests on schedule.

pub mod digests;
pub mod import;
pub mod push;
pub mod retention;
