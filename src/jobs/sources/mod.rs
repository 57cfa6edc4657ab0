//! Sources that are asked for usage, round by round.
//!
//! Invariant: after a round, what is kept of a source in the asked window is what it told just now: added to, replaced,
//! or set to nothing. A piece that fails half way changes nothing.

mod memory;
mod round;
mod runner;

pub use runner::{Pace, Pulling};
