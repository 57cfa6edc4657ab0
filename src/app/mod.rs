//! Wires everything; `main` parses the command line and calls it.

mod cli;
mod commands;
mod demo;
mod descriptors;
mod doctor;
mod entrances;
mod keeping;
mod parts;
mod records;
mod run;
mod sources;
mod staff;

pub use commands::main;
pub use run::{Outside, run, run_with};
