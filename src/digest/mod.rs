//! Digests: what is worth telling of a portfolio since the last time, in sentences whose every number is a fact.

mod briefing;
mod chart;
mod compose;
mod find;
mod finding;
mod group;
mod kept;
mod kept_fact;
mod next_step;
mod plain;
mod remembered;
mod scope;
mod survey;
#[cfg(test)]
mod tests;

pub use compose::{Commission, Composed, compose};
pub use kept::{KeptDigest, WrittenBy, as_kept};
pub use remembered::Remembered;
pub use scope::DigestScope;
