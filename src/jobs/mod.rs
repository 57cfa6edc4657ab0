//! Work that runs beside the surfaces: imports.

pub mod import;
