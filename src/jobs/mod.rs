//! Work that runs beside the surfaces: imports.
