//! `why`: the exact split of a change of the health score.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::domain::AccountId;
use crate::domain::Band;
use crate::domain::Cause;
use crate::domain::Fact;
use crate::domain::FactorKind;
use crate::domain::Health;
use crate::domain::Measure;
use crate::domain::Override;
use crate::domain::Quantity;
use crate::domain::Range;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::engine::Split;
use crate::engine::Why;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::Step;
use crate::reply::StepsChart;
use crate::reply::Table;
use crate::reply::Tone;

use super::compared::Then;
use super::follow_ups::{self, action};
use super::question::{Question, Since};
use super::reading::{Reading, capital, day_words, instant_words, list_words};

/// Causes named in a sentence; the table has them all.
const NAMED_MAX: usize = 3;

/// What is asked, on one reading.
struct Asked<'a> {
    reading: &'a Reading<'a>,
    filter: UsageFilter,
    then: &'a Then,
    /// The day at the end; `None` is the newest data.
    until: Option<&'a Then>,
    window: Window,
    why: &'a Why,
}

pub(super) fn answer(
    reading: &Reading<'_>,
    account: &AccountId,
    since: Since,
    until: Option<Since>,
) -> Result<Answer, Problem> {
    let as_of = reading.as_of()?;
    let then = Then::of(reading, account, since, "since")?;
    let until = until.map(|until| Then::of(reading, account, until, "until")).transpose()?;
    let to = until.as_ref().map_or(as_of, |until| until.at);
    let window = Window::new(then.at, to).ok_or_else(|| {
        Problem::option(
            "until",
            format!("until must be a day after {}; write the earlier day as since.", then.day),
        )
    })?;
    let question = Question::Why {
        account: account.to_string(),
        since: Since::Day(then.day),
        until: until.as_ref().map(|until| Since::Day(until.day)),
    };
    let name = reading.name(account);
    let mut answer = reading.answer(format!("{name} — why the score moved"), &question);
    answer.actions = actions(account, &then, as_of);
    let why = reading.snapshot.why(account, window.from(), window.to()).ok_or(Problem::NoData)?;
    let filter = UsageFilter::of(account.clone());
    let asked = Asked { reading, filter, then: &then, until: until.as_ref(), window, why: &why };
    answer.blocks.push(Block::Facts(asked.headlines()));
    match &why.split {
        None => answer.blocks.push(Block::Text(asked.not_comparable())),
        Some(split) => {
            answer.blocks.push(Block::Text(asked.summary(split)));
            answer.blocks.push(Block::Table(asked.causes(split)));
            answer.blocks.extend(asked.steps(split, name).map(|chart| Block::Chart(ChartSpec::Steps(chart))));
            answer.blocks.extend(asked.unchanged(split));
        }
    }
    answer.blocks.extend(overridden(&why));
    answer.blocks.extend(reading.late_caveats(Some(account)));
    Ok(answer)
}

/// What moved the score since a day, in a sentence: for the answer about health.
pub(super) fn gist(reading: &Reading<'_>, account: &AccountId, then: &Then) -> Result<Prose, Problem> {
    let as_of = reading.as_of()?;
    let (Some(why), Some(window)) =
        (reading.snapshot.why(account, then.at, as_of), Window::new(then.at, as_of))
    else {
        return Ok(Prose::default());
    };
    let filter = UsageFilter::of(account.clone());
    let asked = Asked { reading, filter, then, until: None, window, why: &why };
    Ok(match &why.split {
        None => asked.not_comparable(),
        Some(split) => asked.summary(split),
    })
}

impl Asked<'_> {
    /// The window of the state at the end.
    fn end_state(&self) -> Window {
        self.until.map_or_else(|| Reading::state_at(self.window.to()), Then::state)
    }

    fn headlines(&self) -> Vec<FactLine> {
        let reading = self.reading;
        let score = |label: &str, window| reading.line(label, Measure::HealthScore, &self.filter, window);
        let mut lines = Vec::new();
        lines.extend(reading.line("Change of the score", Measure::ScoreChange, &self.filter, self.window));
        lines.extend(score(&format!("Score on {}", self.then.words()), self.then.state()));
        let end =
            self.until.map_or_else(|| "Score now".to_owned(), |until| format!("Score on {}", until.words()));
        lines.extend(score(&end, self.end_state()));
        lines
    }

    /// The number first: `−12.4 points since 27 Oct 2026: 71.2 → 58.8. Down by growth and trend.`
    fn summary(&self, split: &Split) -> Prose {
        let fact = |measure, window| self.reading.fact_of(measure, &self.filter, window);
        let change = fact(Measure::ScoreChange, self.window);
        let before = fact(Measure::HealthScore, self.then.state());
        let after = fact(Measure::HealthScore, self.end_state());
        let (Some(change), Some(before), Some(after)) = (change, before, after) else {
            return self.not_comparable();
        };
        let until = self.until.map(|until| format!(" until {}", until.words())).unwrap_or_default();
        let mut prose = Prose::default()
            .fact(change)
            .and(format!(" points since {}{until}: ", self.then.words()))
            .fact(before)
            .and(" → ")
            .fact(after)
            .and(".");
        let parts = split.largest_first();
        let of_sign = |up: bool| -> Vec<String> {
            let same = parts.iter().filter(|(_, tenths)| (*tenths > 0) == up);
            same.take(NAMED_MAX).map(|(cause, _)| cause.to_string()).collect()
        };
        for (words, names) in [(" Down by ", of_sign(false)), (" Up by ", of_sign(true))] {
            if !names.is_empty() {
                prose = prose.and(format!("{words}{}.", list_words(&names)));
            }
        }
        prose.and(band_words(self.why.before.band, self.why.after.band))
    }

    fn not_comparable(&self) -> Prose {
        let first = self.filter.account.as_ref().and_then(|id| self.reading.snapshot.first_use(id));
        if let Some(first) = first.filter(|first| *first >= self.then.at) {
            return Prose::plain(format!(
                "This account was first used on {}, so there is no score of {} to compare with.",
                day_words(utc_date(first)),
                self.then.words()
            ));
        }
        let end = self.until.map_or_else(|| "now".to_owned(), Then::words);
        Prose::plain(format!(
            "The score of {} and that of {end} cannot be compared: too little could be judged at one of the two.",
            self.then.words()
        ))
    }

    /// Each cause with what it measured then and now, the largest first, and the sum.
    fn causes(&self, split: &Split) -> Table {
        let cell = |measure, window| self.reading.cell(measure, &self.filter, window);
        let points = |measure| {
            let fact = self.reading.fact_of(measure, &self.filter, self.window);
            fact.map_or(Cell::Nothing, coloured)
        };
        let row = |(cause, _): (Cause, i32)| {
            let measured = |window| match cause {
                Cause::Factor(kind) => cell(Measure::FactorMeasured(kind), window),
                Cause::MissingData | Cause::Configuration | Cause::Override => Cell::Nothing,
            };
            vec![
                Cell::Text(capital(&cause.to_string())),
                points(Measure::ScoreCause(cause)),
                measured(self.then.state()),
                measured(self.end_state()),
                Cell::Text(self.words(cause)),
            ]
        };
        let mut rows: Vec<Vec<Cell>> = split.largest_first().into_iter().map(row).collect();
        rows.push(vec![
            Cell::Text("All together".into()),
            points(Measure::ScoreChange),
            Cell::Nothing,
            Cell::Nothing,
            Cell::Text("the sum of the above".into()),
        ]);
        Table {
            title: "Causes".into(),
            columns: vec![
                Column::words("Cause"),
                Column::figures("Points"),
                Column::figures("Measured then"),
                Column::figures("Measured now"),
                Column::words("Why"),
            ],
            rows,
            more: 0,
        }
    }

    /// A cause in plain words.
    fn words(&self, cause: Cause) -> String {
        let (before, after) = (&self.why.before, &self.why.after);
        match cause {
            Cause::Factor(kind) => {
                let found = after.factors.iter().find(|one| one.kind == kind);
                found.map(|one| one.words.clone()).unwrap_or_default()
            }
            Cause::MissingData => missing_words(before, after),
            Cause::Configuration => format!(
                "the health rules changed from version {} to {}",
                before.rules_version, after.rules_version
            ),
            Cause::Override => match (&before.overridden, &after.overridden) {
                (None, Some(_)) => "the score was set by hand".into(),
                (Some(_), None) => "the score is no longer set by hand".into(),
                _ => "the score was set by hand otherwise".into(),
            },
        }
    }

    fn unchanged(&self, split: &Split) -> Option<Block> {
        let same = |(cause, tenths): &(Cause, i32)| match cause {
            Cause::Factor(kind) if *tenths == 0 => Some(kind.word().to_owned()),
            _ => None,
        };
        let names: Vec<String> = split.parts.iter().filter_map(same).collect();
        (!names.is_empty()).then(|| Block::Text(Prose::plain(format!("Unchanged: {}.", list_words(&names)))))
    }

    fn steps(&self, split: &Split, name: &str) -> Option<StepsChart> {
        let fact = |measure, window| self.reading.fact_of(measure, &self.filter, window);
        let end = |name: String, window| Some(Step { name, fact: fact(Measure::HealthScore, window)? });
        let step = |(cause, _): (Cause, i32)| {
            let fact = fact(Measure::ScoreCause(cause), self.window)?;
            Some(Step { name: capital(&cause.to_string()), fact })
        };
        let change = fact(Measure::ScoreChange, self.window)?;
        let title = format!("{name} — why the score moved");
        let until = self.until.map_or_else(|| instant_words(self.window.to()), Then::words);
        Some(StepsChart {
            description: format!("{title}: {} points since {}.", change.value.short(), self.then.words()),
            title,
            subtitle: format!("{} to {until}", self.then.words()),
            from: end(self.then.words(), self.then.state())?,
            steps: split.largest_first().into_iter().filter_map(step).collect(),
            to: end(self.until.map_or_else(|| "Now".to_owned(), Then::words), self.end_state())?,
        })
    }
}

/// Which factors were judged at one time alone.
fn missing_words(before: &Health, after: &Health) -> String {
    let judged = |health: &Health, kind: FactorKind| {
        health.factors.iter().any(|one| one.kind == kind && one.judged.is_some())
    };
    let only = |here: &Health, there: &Health| -> Vec<String> {
        let kinds = FactorKind::ALL.iter().copied();
        let kinds = kinds.filter(|kind| judged(here, *kind) && !judged(there, *kind));
        kinds.map(|kind| kind.word().to_owned()).collect()
    };
    let mut said = Vec::new();
    for (when, names) in [("then", only(before, after)), ("now", only(after, before))] {
        if !names.is_empty() {
            said.push(format!("only {when} judged: {}", list_words(&names)));
        }
    }
    if said.is_empty() { "weight went from one factor to others".into() } else { said.join("; ") }
}

fn band_words(before: Option<Band>, after: Option<Band>) -> String {
    match (before, after) {
        (Some(before), Some(after)) if before == after => format!(" It stayed {after}."),
        (Some(before), Some(after)) => format!(" It went from {before} to {after}."),
        _ => String::new(),
    }
}

/// The overrides at both ends, each once.
fn overridden(why: &Why) -> Vec<Block> {
    let mut sets: Vec<&Override> = Vec::new();
    for set in [&why.before.overridden, &why.after.overridden].into_iter().flatten() {
        if !sets.contains(&set.as_ref()) {
            sets.push(set);
        }
    }
    sets.into_iter().map(|set| Block::Text(override_words(set))).collect()
}

/// Who set a score by hand, until when, and why.
pub(super) fn override_words(set: &Override) -> Prose {
    let last = utc_date(set.expires - SignedDuration::from_millis(1));
    Prose::plain("Set by hand by ")
        .outside(set.by.as_str())
        .and(format!(" on {}, until {}: ", day_words(utc_date(set.at)), day_words(last)))
        .outside(set.reason.as_str())
}

fn actions(account: &AccountId, then: &Then, as_of: Timestamp) -> Vec<Action> {
    let id = account.as_str();
    let mut actions = Vec::new();
    for (label, days) in [("Since last week", 7), ("Since last month", 30), ("Since last quarter", 91)] {
        let since = Since::Range(Range::Days(days));
        let question = Question::Why { account: id.into(), since, until: None };
        actions.push(action(label, &question, then.day == since.day(as_of)));
    }
    actions.push(follow_ups::health(id));
    actions.push(follow_ups::history(id));
    actions
}

/// What a cause gave, coloured by whether it is good.
pub(super) fn points_cell(reading: &Reading<'_>, cause: Cause, filter: &UsageFilter, window: Window) -> Cell {
    let fact = reading.fact_of(Measure::ScoreCause(cause), filter, window);
    fact.map_or(Cell::Nothing, coloured)
}

/// Points, coloured by their sign.
fn coloured(fact: Fact) -> Cell {
    let tone = match fact.value {
        Quantity::Points(points) if points > 0.0 => Tone::Good,
        Quantity::Points(points) if points < 0.0 => Tone::Bad,
        _ => Tone::Neutral,
    };
    Cell::Change(fact, tone)
}
