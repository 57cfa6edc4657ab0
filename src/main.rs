//! The command line of etsm.

fn main() {}
