//! The pages: a struct, its template and its handler stand together.

mod account;
mod accounts;
mod admin;
mod admin_rules;
mod admin_schedules;
mod alerts;
mod anomalies;
mod answer;
mod audit;
mod board;
mod chat;
mod churn;
mod cost;
mod digests;
mod fact;
mod forecast;
mod help;
mod initiatives;
mod movers;
mod order;
mod own_use;
mod portfolio;
mod privacy;
mod replay;
mod search;
mod share;
mod status;
mod tab;
mod usage;

pub(super) use account::overview as account_overview;
pub(super) use accounts::{file as accounts_file, show as accounts};
pub(super) use admin::{end_session as admin_end_session, revoke_key as admin_revoke_key, show as admin};
pub(super) use admin_rules::show as admin_rules;
pub(super) use admin_schedules::show as admin_schedules;
pub(super) use alerts::{ack as alert_ack, list as alerts, show as alert, snooze as alert_snooze};
pub(super) use anomalies::show as anomalies;
pub(super) use audit::show as audit;
pub(super) use board::moved as initiative_move;
pub(super) use chat::{ask as chat_ask, complete as chat_complete, show as chat};
pub(super) use churn::show as churn;
pub(super) use cost::show as account_cost;
pub(super) use digests::{list as digests, show as digest};
pub(super) use fact::show as fact;
pub(super) use forecast::show as forecast;
pub(super) use help::show as help;
pub(super) use initiatives::{list as initiatives, show as initiative};
pub(super) use movers::show as movers;
pub(super) use order::{done as order_done, show as order};
pub(super) use own_use::show as own_use;
pub(super) use portfolio::show as portfolio;
pub(super) use privacy::show as privacy;
pub(super) use replay::{run as replay_run, show as replay};
pub(super) use search::show as search;
pub(super) use share::show as share;
pub(super) use status::show as status;
pub(super) use tab::{
    anomalies as account_anomalies, forecast as account_forecast, health as account_health,
    history as account_history, usage as account_usage, why as account_why,
};
pub(super) use usage::show as usage;

use crate::problem::Problem;
use crate::web::page::Failure;

/// The grammar gave another question than its command asks; a page cannot go on from there.
fn mismatch() -> Failure {
    Failure(Problem::internal(anyhow::anyhow!("a command was understood as another question")))
}
