//! A simulated portfolio that feels real: seeded, repeatable, and ending at the hour it is asked for; hour by hour it can
//! go on from there.
//!
//! Invariant: the same plan always gives the same accounts, rows and texts; nothing here looks at the clock.

mod calendar;
mod companies;
mod course;
mod customer;
mod desk;
mod incidents;
mod plan;
mod plays;
mod prices;
mod rhythm;
mod traffic;

pub use plan::{Simulated, SimulationPlan};
