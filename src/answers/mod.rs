//! Questions and their answers: one grammar, one catalogue, one desk.

mod catalog;
mod desk;
mod invocation;
mod question;
mod spell;
mod understand;
mod words;

pub use catalog::{CATALOG, CommandEntry, OptionEntry, OptionKind, SubcommandEntry};
pub use desk::{Choice, Desk};
pub use invocation::Invocation;
pub use question::{InitiativeEdit, NewInitiative, PortfolioSort, Question};
