//! The department of `alert`: lists, shows, acknowledges and keeps quiet, and looks after the rules.

use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;

use crate::answers::AlertAsked;
use crate::answers::Choice;
use crate::answers::Department;
use crate::answers::Desk;
use crate::answers::Question;
use crate::answers::RuleAsked;
use crate::answers::SnoozeUntil;
use crate::config::AlertRule;
use crate::domain::Act;
use crate::domain::AlertId;
use crate::domain::AlertState;
use crate::domain::Asker;
use crate::domain::AuditKind;
use crate::domain::Role;
use crate::domain::Scope;
use crate::domain::utc_midnight;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Prose;
use crate::reply::Table;

use super::episode::Episode;
use super::headline;
use super::judge::SNOOZE_MAX;
use super::keeper::Alerts;
use super::list::{self, Asked};
use super::message::{self, Shown};
use super::rules::RuleAtHand;
use super::subject::Subject;
use super::trial;
use super::words::explained;

#[async_trait::async_trait]
impl Department for Alerts {
    async fn answer(&self, desk: &Desk, asker: &Asker, question: &Question) -> Result<Answer, Problem> {
        let Question::Alert(asked) = question else {
            return Err(Problem::internal(anyhow::anyhow!("{} reached the alerts", question.command())));
        };
        match asked {
            AlertAsked::List { account, status } => self.list(desk, asker, account.as_deref(), *status).await,
            AlertAsked::Show { id } => self.show(desk, asker, *id).await,
            AlertAsked::Ack { id, text } => {
                let now = self.clock.now();
                let ack = |one: &mut Episode| one.acknowledge(&asker.person, text.clone(), now);
                let order = Order {
                    kind: AuditKind::AlertAcknowledge,
                    act: asker.act(now),
                    done: "You look after it now.",
                };
                self.order(desk, asker, *id, order, ack).await
            }
            AlertAsked::Snooze { id, until } => {
                let now = self.clock.now();
                let until = end_of(*until, now)?;
                let done = format!("It is kept quiet until {}.", headline::instant(until));
                let order = Order { kind: AuditKind::AlertSnooze, act: asker.act(now), done: &done };
                self.order(desk, asker, *id, order, |one| one.snooze(&asker.person, until, now)).await
            }
            AlertAsked::Rule(asked) => self.rule(desk, asker, asked).await,
        }
    }

    fn names(&self, desk: &Desk, asker: &Asker) -> Vec<Choice> {
        let Ok(view) = desk.view(asker) else { return Vec::new() };
        let snapshot = desk.snapshot();
        self.known(|known| {
            let visible = known.iter().filter_map(|one| seen(&view, &snapshot, asker, one));
            let mut choices: Vec<Choice> = visible
                .map(|one| Choice {
                    label: format!("{} — {}", one.id, headline::title(&view, &one))
                        .chars()
                        .take(100)
                        .collect(),
                    value: one.id.to_string(),
                })
                .collect();
            choices.reverse();
            choices
        })
    }
}

/// What is done to an alert, by whom, and how that is told.
struct Order<'a> {
    kind: AuditKind,
    act: Act,
    done: &'a str,
}

impl Alerts {
    /// Alerts that an asker may know of: those that are not over, or in one state; of one account, where one is named.
    pub async fn listed(
        &self,
        desk: &Desk,
        asker: &Asker,
        account: Option<&str>,
        status: Option<AlertState>,
    ) -> Result<Vec<Episode>, Problem> {
        let view = desk.view(asker)?;
        let account = account.map(|given| desk.find_account(asker, given)).transpose()?;
        let all = match status {
            Some(AlertState::Recovered) => self.past().await,
            _ => self.open().await,
        };
        let mut all = all.map_err(Problem::internal)?;
        all.retain(|one| status.is_none_or(|status| one.state == status));
        all.retain(|one| account.as_ref().is_none_or(|id| one.accounts().any(|own| own == id)));
        let snapshot = desk.snapshot();
        Ok(all.iter().filter_map(|one| seen(&view, &snapshot, asker, one)).collect())
    }

    /// An alert that an asker may know of.
    pub async fn found(&self, desk: &Desk, asker: &Asker, id: AlertId) -> Result<Episode, Problem> {
        let view = desk.view(asker)?;
        let one = self.one(id).await.map_err(Problem::internal)?;
        one.and_then(|one| seen(&view, &desk.snapshot(), asker, &one)).ok_or_else(|| Problem::Unknown {
            what: "alert",
            given: id.to_string(),
            remedy: "Write alert list to see them with their ids.".into(),
        })
    }

    async fn list(
        &self,
        desk: &Desk,
        asker: &Asker,
        account: Option<&str>,
        status: Option<AlertState>,
    ) -> Result<Answer, Problem> {
        let view = desk.view(asker)?;
        let id = account.map(|given| desk.find_account(asker, given)).transpose()?;
        let listed = self.listed(desk, asker, account, status).await?;
        let name = id.as_ref().and_then(|id| view.account(id)).map(|account| account.name.as_str());
        let question = AlertAsked::List { account: id.as_ref().map(ToString::to_string), status };
        let asked = Asked { question, account: name, status };
        Ok(list::list(&view, &asked, listed, &self.at_hand(asker).await?))
    }

    /// The rules that an asker may know of: their words name people and accounts.
    async fn at_hand(&self, asker: &Asker) -> Result<Vec<RuleAtHand>, Problem> {
        let mut rules = self.rules().await.map_err(could_not)?;
        rules.retain(|_| asker.sees == Scope::All);
        Ok(rules)
    }

    async fn show(&self, desk: &Desk, asker: &Asker, id: AlertId) -> Result<Answer, Problem> {
        let episode = self.found(desk, asker, id).await?;
        let view = desk.view(asker)?;
        let shown = Shown { buttons: asker.role >= Role::Manager, ..Shown::PAGE };
        let mut answer = message::card(&view, &episode, shown, self.clock.now());
        let mut told = Vec::new();
        for place in &episode.places {
            if let Some(state) = self.delivery(&episode, place).await {
                told.push(format!("{} {state}", place.to));
            }
        }
        if !told.is_empty() {
            answer.blocks.push(Block::Text(Prose::plain(format!("Its message: {}.", told.join(", ")))));
        }
        Ok(answer)
    }

    /// Changes an alert with the asker's rights, and shows it.
    async fn order(
        &self,
        desk: &Desk,
        asker: &Asker,
        id: AlertId,
        order: Order<'_>,
        change: impl Fn(&mut Episode),
    ) -> Result<Answer, Problem> {
        let before = self.found(desk, asker, id).await?;
        if before.is_over() {
            let message = format!("{id} is over already, so nothing is left to do about it.");
            return Err(Problem::option("id", message));
        }
        let view = desk.view(asker)?;
        self.may_change(desk, asker, id).await?;
        let snapshot = desk.snapshot();
        let changed = self.change(id, (order.kind, &order.act), |one| {
            // It may have ended since it was looked at; then it stays over.
            if !one.is_over() {
                change(one);
            }
        });
        let after = changed.await.map_err(Problem::internal)?.unwrap_or(before);
        let after = seen(&view, &snapshot, asker, &after).unwrap_or(after);
        let mut answer = message::card(&view, &after, Shown::MESSAGE, self.clock.now());
        answer.blocks.insert(0, Block::Text(Prose::plain(order.done)));
        answer.private = true;
        Ok(answer)
    }

    /// Refuses to change an alert that is about anything that the asker may not change.
    async fn may_change(&self, desk: &Desk, asker: &Asker, id: AlertId) -> Result<(), Problem> {
        let whole = self.one(id).await.map_err(Problem::internal)?;
        let snapshot = desk.snapshot();
        let may = |subject: &Subject| match subject.account() {
            Some(id) => snapshot.account(id).is_none_or(|account| asker.changes.holds(account)),
            None => asker.changes == Scope::All,
        };
        if whole.iter().flat_map(|one| &one.members).all(|member| may(&member.subject)) {
            return Ok(());
        }
        let message = "You may look at this alert, but it is about accounts that you may not change. Ask an admin of \
                       etsm for it.";
        Err(Problem::NotAllowed { message: message.into() })
    }

    async fn rule(&self, desk: &Desk, asker: &Asker, asked: &RuleAsked) -> Result<Answer, Problem> {
        let view = desk.view(asker)?;
        let rules = self.rules().await.map_err(could_not)?;
        let named = |name: &str| {
            rules.iter().find(|one| one.rule.name == name).ok_or_else(|| Problem::Unknown {
                what: "rule of alerts",
                given: name.to_owned(),
                remedy: "Write alert rule list to see them.".into(),
            })
        };
        match asked {
            RuleAsked::List => {
                Ok(answer(&view, "Rules of alerts", vec![Block::Table(list::watched(&rules))]))
            }
            RuleAsked::Show { name } => Ok(shown(&view, named(name)?, None)),
            RuleAsked::Set { name, parts } => {
                let rule = read(name, parts, rules.iter().find(|one| one.rule.name == *name))?;
                self.set_rule((name, Some(&rule)), &asker.act(self.clock.now())).await.map_err(could_not)?;
                let one = RuleAtHand { rule, by: Some(asker.person.to_string()) };
                Ok(shown(&view, &one, Some("The rule is set.")))
            }
            RuleAsked::Remove { name } => {
                named(name)?;
                self.set_rule((name, None), &asker.act(self.clock.now())).await.map_err(could_not)?;
                let words =
                    "The rule is taken away, and what it told of is over. Set it again to have it back.";
                Ok(answer(&view, name, vec![Block::Text(Prose::plain(words))]))
            }
            RuleAsked::Test { name, parts, days } => {
                let rule = read(name, parts, rules.iter().find(|one| one.rule.name == *name))?;
                let days = *days;
                let view = Arc::clone(&view);
                let work = tokio::task::spawn_blocking(move || trial::tried(&view, &rule, days));
                work.await.context("testing a rule of alerts").map_err(Problem::internal)?
            }
        }
    }
}

fn could_not(failed: crate::store::StoreError) -> Problem {
    Problem::internal(anyhow::Error::new(failed).context("keeping rules of alerts"))
}

/// A rule from what was typed, over the one that is there.
fn read(name: &str, parts: &[(String, String)], base: Option<&RuleAtHand>) -> Result<AlertRule, Problem> {
    let known = base.map(|one| one.rule.parts()).unwrap_or_default();
    let part = |key: &str| {
        let typed = parts.iter().find(|(name, _)| name == key).map(|(_, text)| text.clone());
        typed.or_else(|| known.iter().find(|(name, _)| *name == key).map(|(_, text)| text.clone()))
    };
    AlertRule::read(name, part).map_err(|wrong| {
        let words: Vec<String> = wrong.iter().map(|one| format!("{}: {}.", one.key, one.message)).collect();
        let option = wrong.first().map_or("when", |one| one.key);
        Problem::option(option, words.join(" "))
    })
}

fn shown(view: &Snapshot, one: &RuleAtHand, done: Option<&str>) -> Answer {
    let row = |(key, text): (&str, String)| vec![Cell::Text(key.to_owned()), Cell::Text(text)];
    let mut blocks: Vec<Block> = done.map(|done| Block::Text(Prose::plain(done))).into_iter().collect();
    blocks.push(Block::Text(Prose::default().outside(explained(&one.rule))));
    blocks.push(Block::Table(Table {
        title: "Its parts".into(),
        columns: ["Part", "As typed"].map(Column::words).into(),
        rows: one.rule.parts().into_iter().map(row).collect(),
        more: 0,
    }));
    blocks.push(Block::Text(match &one.by {
        Some(by) => Prose::plain("Set by ").outside(by).and("."),
        None => Prose::plain("It stands in the settings."),
    }));
    let test = format!("alert rule test name:{}", one.rule.name);
    blocks.push(Block::Text(Prose::plain("See what it would have told of with ").code(test).and(".")));
    answer(view, &one.rule.name, blocks)
}

pub(super) fn answer(view: &Snapshot, title: &str, blocks: Vec<Block>) -> Answer {
    Answer {
        title: title.to_owned(),
        blocks,
        as_of: AsOf { data_until: view.as_of(), version: view.version() },
        path: None,
        actions: Vec::new(),
        picks: Vec::new(),
        private: false,
    }
}

fn end_of(until: SnoozeUntil, now: Timestamp) -> Result<Timestamp, Problem> {
    let end = match until {
        SnoozeUntil::For(stretch) => now.saturating_add(stretch.length()).unwrap_or(Timestamp::MAX),
        SnoozeUntil::Day(day) => utc_midnight(day),
    };
    if end <= now {
        return Err(Problem::option("until", "That has passed already. Give a day to come."));
    }
    if end.duration_since(now) > SNOOZE_MAX {
        let message =
            "An alert is kept quiet for 90 days at most; what is true for longer needs another rule.";
        return Err(Problem::option("until", message));
    }
    Ok(end)
}

/// An alert cut to what a view holds of it; `None` when that is nothing. What was written about it may tell of the
/// others, so of an alert that is cut nothing of that is shown.
fn seen(view: &Snapshot, whole: &Snapshot, asker: &Asker, one: &Episode) -> Option<Episode> {
    let is_seen = |subject: &Subject| match subject.account() {
        // An account that is gone for all is no secret to those who see all.
        Some(id) => view.account(id).is_some() || (asker.sees == Scope::All && whole.account(id).is_none()),
        None => asker.sees == Scope::All,
    };
    let mut cut = one.clone();
    cut.members.retain(|member| is_seen(&member.subject));
    if cut.members.len() < one.members.len() {
        cut.log.clear();
    }
    (!cut.members.is_empty()).then_some(cut)
}
