//! Streaming detection of the unusual, in one series of numbers at a time.
//!
//! Invariant: pure and causal. Nothing here knows accounts, reads a clock or looks ahead; a row is judged from
//! itself and the rows before it, and the same rows always give the same readings.
//!
//! A row is looked at in four ways: is its *value* new, is the *shape* of the last rows new, is it far from what its
//! hour and weekday usually bring (*season*), and has the series become restless (*unrest*)? Each way gives a
//! distance; its rank among the distances of its own past makes it nats of surprise; their sum is the strength
//! of the reading.

mod baseline;
mod calendar;
mod detector;
mod episodes;
mod gate;
mod leaders;
#[cfg(test)]
mod properties;
mod settings;
mod shift;
#[cfg(test)]
mod simulation;
mod spread;
mod tail;
mod unrest;

pub(crate) use detector::{Detector, Reading, Verdict};
pub(crate) use episodes::{Episode, watch};
pub(crate) use settings::{Directions, Settings};
