//! `/admin/rules`: what is watched for, and how often each rule began an alert.

use askama::Template;
use axum::response::Response;
use jiff::SignedDuration;

use crate::alerts::Begun;
use crate::alerts::RuleAtHand;
use crate::alerts::explained;
use crate::problem::Problem;
use crate::render::words;

use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

/// A rule that tells too often shows itself within a quarter.
const COUNTED: SignedDuration = SignedDuration::from_hours(24 * 90);

/// A rule, in words.
struct RuleRow {
    name: String,
    words: String,
    /// Who set it, when not the settings; may be hostile text.
    by: Option<String>,
    begun: Begun,
}

impl RuleRow {
    fn new(at_hand: RuleAtHand, begun: Begun) -> Self {
        let words = explained(&at_hand.rule);
        Self { name: at_hand.rule.name, words, by: at_hand.by, begun }
    }

    fn last(&self) -> String {
        self.begun.last.map_or_else(|| "never".into(), words::instant)
    }
}

#[derive(Template)]
#[template(path = "pages/admin_rules.html")]
struct RulesPage {
    frame: Frame,
    rules: Vec<RuleRow>,
}

pub(crate) async fn show(state: Seat) -> Result<Response, Failure> {
    let since = state.desk.clock().now() - COUNTED;
    let (rules, begun) = tokio::join!(state.alerts.rules(), state.alerts.begun_since(since));
    let rules =
        rules.map_err(|failed| Problem::internal(anyhow::Error::new(failed).context("reading rules")))?;
    let mut begun = begun.map_err(Problem::internal)?;
    let row = |one: RuleAtHand| {
        let counted = begun.remove(&one.rule.name).unwrap_or_default();
        RuleRow::new(one, counted)
    };
    let frame = Frame::new(&state, Place::Admin, "Rules of alerts");
    Ok(page(&RulesPage { frame, rules: rules.into_iter().map(row).collect() }))
}
