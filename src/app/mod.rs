//! Wires everything; `main` parses the command line and calls it.

mod cli;
mod commands;
mod demo;
mod parts;
mod run;
mod sources;
mod staff;

pub use commands::main;
pub use run::{Outside, run, run_with};
