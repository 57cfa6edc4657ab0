//! The outside world behind the ports of the layers below.

mod probe;

pub use probe::probe;
