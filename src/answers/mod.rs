//! Questions and their answers: one grammar, one catalogue, one desk.

mod anomalies;
mod callable;
mod catalog;
mod checkpoint;
mod churn;
mod compared;
mod completion;
mod desk;
mod dispatch;
mod forecast;
mod health;
mod help;
mod history;
mod initiatives;
mod invocation;
mod lookup;
mod manual;
mod movers;
mod orders;
mod portfolio;
#[cfg(test)]
mod properties;
mod publisher;
mod question;
mod reading;
mod replay;
mod rulebook;
mod spell;
mod status;
mod subject;
mod understand;
mod usage;
mod usage_chart;
mod why;
mod words;

pub use catalog::{CATALOG, CommandEntry, OptionEntry, OptionKind, SubcommandEntry};
pub use desk::{Choice, Desk};
pub use invocation::Invocation;
pub use manual::manual;
pub use question::{Anew, InitiativeEdit, NewInitiative, NewOverride, PortfolioSort, Question, Since};
pub use replay::ReplayReport;
pub use rulebook::RulesRefused;
