//! Work that runs beside the surfaces: imports, pushes, digests on schedule, a folder that is watched, sources that are
//! asked for usage, and one that is made up.

pub mod digests;
pub mod drop;
pub mod import;
pub mod push;
pub mod retention;
pub mod simulated;
pub mod sources;
