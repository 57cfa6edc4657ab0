//! The command line of etsm; everything else is in the library.

use std::process::ExitCode;

/// polars keeps freed memory with the system's allocator; this one gives it back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    etsm::app::main()
}
