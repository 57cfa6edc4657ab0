//! `health`: how an account is and why, and what moved it since a day.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::Band;
use crate::domain::Factor;
use crate::domain::FactorKind;
use crate::domain::Health;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Range;
use crate::domain::Role;
use crate::domain::UsageFilter;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::FactorBar;
use crate::reply::HealthCard;
use crate::reply::Prose;
use crate::reply::Table;

use super::compared::Then;
use super::follow_ups::{self, action};
use super::forms;
use super::notes;
use super::question::{Question, Since};
use super::reading::{Reading, capital, day_words, instant_words, list_words};
use super::retirement;
use super::why::{self, override_words};

/// Factors named in words; the table below has them all.
const NAMED_MAX: usize = 3;

pub(super) fn answer(
    reading: &Reading<'_>,
    account: &AccountId,
    since: Option<Since>,
) -> Result<Answer, Problem> {
    let as_of = reading.as_of()?;
    let since = since.map(|since| since.day(as_of));
    let question = Question::Health { account: account.to_string(), since: since.map(Since::Day) };
    let name = reading.name(account);
    let mut answer = reading.answer(format!("{name} — health"), &question);
    answer.actions = actions(reading, account, since, as_of);
    let Some(health) = reading.snapshot.health(account) else {
        answer.blocks.push(Block::Text(Prose::plain(
            "No usage of this account has arrived yet, so its health cannot be judged.",
        )));
        answer.blocks.extend(reading.late_caveats(Some(account)));
        return Ok(answer);
    };
    let then = since.map(|day| Then::of(reading, account, Since::Day(day), "since")).transpose()?;

    answer.blocks.push(Block::Facts(headlines(reading, account, health, then.as_ref())?));
    answer.blocks.extend(verdict(reading, account, health));
    let exposures = retirement::exposures(reading, account);
    answer.blocks.extend(exposures.iter().map(|one| one.block(reading.today())));
    // First of all: where there is room for a few buttons only, what has a date goes over what can be asked any time.
    answer.actions.splice(0..0, exposures.first().and_then(|one| one.action(reading, account)));
    if let Some(then) = &then {
        answer.blocks.push(Block::Text(why::gist(reading, account, then)?));
    }
    answer.blocks.push(Block::Table(factor_table(reading, account, health, then.as_ref())?));
    let subtitle = format!("as of {}", instant_words(as_of));
    let card = card(reading, account, health, format!("{name} — health"), subtitle)?;
    answer.blocks.push(Block::Chart(ChartSpec::Health(card)));
    answer.blocks.extend(left_out(reading, account, health, then.as_ref()));
    answer.blocks.extend(reading.late_caveats(Some(account)));
    Ok(answer)
}

fn headlines(
    reading: &Reading<'_>,
    account: &AccountId,
    health: &Health,
    then: Option<&Then>,
) -> Result<Vec<FactLine>, Problem> {
    let filter = UsageFilter::of(account.clone());
    let window = reading.state()?;
    let mut lines = Vec::new();
    lines.extend(reading.line("Health score", Measure::HealthScore, &filter, window));
    if health.overridden.is_some() {
        lines.extend(reading.line("Computed score", Measure::ComputedScore, &filter, window));
    }
    if let Some(then) = then {
        let label = format!("Score on {}", day_words(then.day));
        lines.extend(reading.line(&label, Measure::HealthScore, &filter, Reading::state_at(then.at)));
    }
    lines.extend(
        reading
            .sum_line(Metric::ApiCalls, &filter, window, true)
            .map(|line| FactLine { label: format!("{}, {}", line.label, Range::DEFAULT.words()), ..line }),
    );
    lines.extend(reading.line("Silent within 90 days", Measure::ChurnProbability, &filter, window));
    lines.extend(reading.line("Open initiatives", Measure::InitiativesOpen, &filter, window));
    Ok(lines)
}

/// The band, and what pulls the score down, the most important first.
fn verdict(reading: &Reading<'_>, account: &AccountId, health: &Health) -> Vec<Block> {
    let Some(band) = health.band else {
        return vec![Block::Text(Prose::plain("There is too little data to judge this account yet."))];
    };
    let head = match band {
        Band::Healthy => "Healthy.",
        Band::Watch => "Watch: keep an eye on it.",
        Band::AtRisk => "At risk: it needs help now.",
    };
    let mut prose = Prose::plain(format!("{head}{}", near_limit(reading, health)));
    let risks = reading.snapshot.risks(account);
    if risks.is_empty() {
        prose = prose.and(" No factor stands out.");
    } else {
        prose = prose.and(" What pulls it down: ");
        for (index, risk) in risks.into_iter().take(NAMED_MAX).enumerate() {
            if index > 0 {
                prose = prose.and(" ");
            }
            prose.0.extend(risk.said.0);
        }
    }
    let mut blocks: Vec<Block> =
        health.overridden.iter().map(|set| Block::Text(override_words(set))).collect();
    blocks.push(Block::Text(prose));
    blocks
}

/// Says so when the band is not that of the score alone.
fn near_limit(reading: &Reading<'_>, health: &Health) -> &'static str {
    let rules = reading.snapshot.rules();
    let alone = health.score.map(|score| match score {
        score if score >= rules.healthy_from => Band::Healthy,
        score if score >= rules.watch_from => Band::Watch,
        _ => Band::AtRisk,
    });
    match (health.band, alone) {
        (Some(band), Some(alone)) if band > alone => {
            " Its score lies below the limit of this band, but not far or not long enough yet to leave it."
        }
        (Some(band), Some(alone)) if band < alone => {
            " Its score lies above the limit of this band, but not far or not long enough yet to leave it."
        }
        _ => "",
    }
}

fn factor_table(
    reading: &Reading<'_>,
    account: &AccountId,
    health: &Health,
    then: Option<&Then>,
) -> Result<Table, Problem> {
    let filter = UsageFilter::of(account.clone());
    let window = reading.state()?;
    let mut columns = vec![Column::words("Factor"), Column::figures("Score")];
    if let Some(then) = then {
        columns.push(Column::figures(&format!("On {}", day_words(then.day))));
    }
    columns.extend([Column::figures("Weight"), Column::figures("Measured"), Column::words("Why")]);
    let row = |factor: &Factor| {
        let kind = factor.kind;
        let mut cells = vec![Cell::Text(capital(kind.word()))];
        cells.push(reading.cell(Measure::FactorScore(kind), &filter, window));
        if let Some(then) = then {
            cells.push(reading.cell(Measure::FactorScore(kind), &filter, Reading::state_at(then.at)));
        }
        if factor.judged.is_some() {
            cells.push(reading.cell(Measure::FactorWeight(kind), &filter, window));
            cells.push(reading.cell(Measure::FactorMeasured(kind), &filter, window));
        } else {
            cells.extend([Cell::Nothing, Cell::Nothing]);
        }
        cells.push(Cell::Text(factor.words.clone()));
        cells
    };
    Ok(Table {
        title: "Factors".into(),
        columns,
        rows: worst_first(health).into_iter().map(row).collect(),
        more: 0,
    })
}

/// The judged factors from the worst, then those without data.
fn worst_first(health: &Health) -> Vec<&Factor> {
    let mut factors: Vec<&Factor> = health.factors.iter().collect();
    let score = |factor: &Factor| factor.judged.map_or(f64::INFINITY, |judged| judged.score);
    factors.sort_by(|one, two| score(one).total_cmp(&score(two)));
    factors
}

fn card(
    reading: &Reading<'_>,
    account: &AccountId,
    health: &Health,
    title: String,
    subtitle: String,
) -> Result<HealthCard, Problem> {
    let filter = UsageFilter::of(account.clone());
    let window = reading.state()?;
    let bar = |factor: &Factor| {
        let known = |measure| {
            let judged = factor.judged.is_some();
            judged.then(|| reading.fact_of(measure, &filter, window)).flatten()
        };
        FactorBar {
            kind: factor.kind,
            weight: known(Measure::FactorWeight(factor.kind)),
            score: known(Measure::FactorScore(factor.kind)),
            measured: known(Measure::FactorMeasured(factor.kind)),
            words: factor.words.clone(),
        }
    };
    let score = reading.fact_of(Measure::HealthScore, &filter, window);
    let mut description = match (&score, health.band) {
        (Some(score), Some(band)) => format!("{title}: {}, {band}.", score.value.short()),
        _ => format!("{title}: cannot be judged yet."),
    };
    if let Some(worst) = worst_first(health).first().filter(|one| one.judged.is_some()) {
        description.push_str(&format!(" The lowest factor is {}.", worst.kind));
    }
    Ok(HealthCard {
        title,
        subtitle,
        description,
        score,
        band: health.band,
        factors: health.factors.iter().map(bar).collect(),
    })
}

/// What the scores leave out; that of then only when it differs.
fn left_out(reading: &Reading<'_>, account: &AccountId, health: &Health, then: Option<&Then>) -> Vec<Block> {
    let now = LeftOut::of(reading, account, health);
    let mut said = if health.score.is_some() { now.caveats(None) } else { Vec::new() };
    if let Some(then) = then.filter(|then| then.health.score.is_some()) {
        let before = LeftOut::of(reading, account, &then.health);
        if before != now {
            said.extend(before.caveats(Some(then.day)));
        }
    }
    said
}

/// What was left out of a score, and why.
#[derive(PartialEq)]
struct LeftOut {
    /// For lack of data.
    unknown: Vec<String>,
    /// No initiative is open.
    no_initiative: bool,
    /// No commitment is agreed.
    no_commitment: bool,
}

impl LeftOut {
    fn of(reading: &Reading<'_>, account: &AccountId, health: &Health) -> Self {
        let contract = reading.snapshot.account(account).and_then(|account| account.contract.as_ref());
        let has_commitment = contract.is_some_and(|contract| contract.commit.micros > 0);
        let is_missing = |kind| health.missing().any(|one| one.kind == kind);
        let no_initiative = is_missing(FactorKind::Initiatives);
        let no_commitment = is_missing(FactorKind::Commitment) && !has_commitment;
        let unknown = health.missing().map(|one| one.kind).filter(|kind| match kind {
            FactorKind::Initiatives => !no_initiative,
            FactorKind::Commitment => !no_commitment,
            _ => true,
        });
        Self { unknown: unknown.map(|kind| kind.word().to_owned()).collect(), no_initiative, no_commitment }
    }

    /// In words; `then` is the day when it is not about now.
    fn caveats(&self, then: Option<Date>) -> Vec<Block> {
        let on = then.map(|day| format!(" on {}", day_words(day))).unwrap_or_default();
        let mut said = Vec::new();
        if !self.unknown.is_empty() {
            let their = if self.unknown.len() == 1 { "Its" } else { "Their" };
            said.push(format!(
                "Not judged{on} for lack of data: {}. {their} weight went to the other factors.",
                list_words(&self.unknown)
            ));
        }
        let (is, are) = if then.is_some() { ("was", "were") } else { ("is", "are") };
        let none = match (self.no_initiative, self.no_commitment) {
            (true, true) => format!(
                "No initiative {is} open{on} and no commitment is agreed, so these {are} left out; their weight"
            ),
            (true, false) => {
                format!("No initiative {is} open{on}, so initiatives {are} left out; their weight")
            }
            (false, true) => format!("No commitment is agreed, so it {is} left out{on}; its weight"),
            (false, false) => String::new(),
        };
        if !none.is_empty() {
            said.push(format!("{none} went to the other factors."));
        }
        said.into_iter().map(|words| Block::Caveat(Prose::plain(words))).collect()
    }
}

fn actions(reading: &Reading<'_>, account: &AccountId, since: Option<Date>, as_of: Timestamp) -> Vec<Action> {
    let id = account.as_str();
    let mut actions = Vec::new();
    for (label, days) in [("Since last week", 7), ("Since last month", 30), ("Since last quarter", 91)] {
        let day = Range::Days(days).window(as_of).first_day();
        let question = Question::Health { account: id.into(), since: Some(Since::Day(day)) };
        actions.push(action(label, &question, since == Some(day)));
    }
    actions.push(follow_ups::why(id, since.map_or(Since::DEFAULT, Since::Day)));
    actions.push(follow_ups::history(id));
    actions.push(follow_ups::usage(id));
    actions.push(follow_ups::forecast(id, Metric::ApiCalls));
    actions.push(follow_ups::initiatives(Some(id)));
    actions.extend(notes::button(reading, account));
    if reading.role >= Role::Manager {
        actions.push(forms::button("Set score…", "override set", ("account", id)));
    }
    actions
}
