//! The probability that a customer falls silent in the days to come, and what it rests on.
//!
//! Invariant: nothing here does IO or looks at the clock; the same customers give the same model, bit by bit.

mod activity;
mod calibration;
mod coefficients;
mod correction;
mod dropout;
mod logistic;
mod minimise;
mod model;
#[cfg(test)]
mod simulation;

pub(crate) use activity::{History, Past};
pub(crate) use calibration::Bin;
pub(crate) use model::{Chosen, Fit, Model, fit};
