//! One reading of a snapshot: what all answers share, as windows, facts, caveats and dates in words.
//!
//! Invariant: an answer that is read from here holds no number of its own; each is a fact of the snapshot.

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::AccountId;
use crate::domain::Annotation;
use crate::domain::Fact;
use crate::domain::Grain;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::domain::Range;
use crate::domain::Role;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::domain::utc_midnight;
use crate::engine::Snapshot;
use crate::engine::SourceMark;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartLevel;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::Tone;
use crate::store::Feeds;

use super::question::Question;

/// Data older than this are told to be late: hourly sources come within two hours when all is well.
pub(super) const LATE_AFTER: SignedDuration = SignedDuration::from_hours(3);
/// Rows of a table in an answer; the page behind it has them all.
pub(super) const ROWS_MAX: usize = 15;
/// Rows of a list whose page is the answer itself: the page shows them all, chat as many as it has room for.
pub(super) const LIST_ROWS_MAX: usize = 500;

/// One snapshot, read by one asker at one instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    /// The figures.
    pub(super) snapshot: &'a Snapshot,
    /// When it is asked.
    pub(super) now: Timestamp,
    /// What the asker may do.
    pub(super) role: Role,
    /// How usage comes in, for a question about that; `None` when the database did not answer.
    pub(super) feeds: Option<&'a Feeds>,
    /// Whether what is written down has room, for the same question.
    pub(super) has_room: bool,
    /// Whether there are prices that bills are held against.
    pub(super) has_prices: bool,
    /// What happened, for charts to say.
    pub(super) annotations: &'a [Annotation],
}

impl<'a> Reading<'a> {
    /// End of the data; without any there is nothing to answer.
    pub(super) fn as_of(&self) -> Result<Timestamp, Problem> {
        self.snapshot.as_of().ok_or(Problem::NoData)
    }

    /// The instants of a range, as far as there are data: what is not in yet is never compared as a decline.
    pub(super) fn window(&self, range: Range) -> Result<Window, Problem> {
        let as_of = self.as_of()?;
        let asked = range.window(as_of);
        Window::new(asked.from(), asked.to().min(as_of)).ok_or_else(|| {
            let message = format!(
                "{range} begins after the newest data, which are of {}. Ask for an earlier range.",
                instant_words(as_of)
            );
            Problem::option("range", message)
        })
    }

    /// The window of a state, as a score, at the end of the data.
    pub(super) fn state(&self) -> Result<Window, Problem> {
        self.window(Range::DEFAULT)
    }

    /// The window of a state at another instant.
    pub(super) fn state_at(at: Timestamp) -> Window {
        Range::DEFAULT.window(at)
    }

    /// The day that due days are held against.
    pub(super) fn today(&self) -> Date {
        utc_date(self.snapshot.built_at())
    }

    /// A fact about everything.
    pub(super) fn fact(&self, measure: Measure, window: Window) -> Option<Fact> {
        self.snapshot.fact(measure, &UsageFilter::default(), window)
    }

    /// A fact about some usage.
    pub(super) fn fact_of(&self, measure: Measure, filter: &UsageFilter, window: Window) -> Option<Fact> {
        self.snapshot.fact(measure, filter, window)
    }

    /// A figure as a field of a table.
    pub(super) fn cell(&self, measure: Measure, filter: &UsageFilter, window: Window) -> Cell {
        self.fact_of(measure, filter, window).map_or(Cell::Nothing, Cell::Fact)
    }

    /// A change as a field of a table.
    pub(super) fn change_cell(&self, metric: Metric, filter: &UsageFilter, window: Window) -> Cell {
        let change = self.fact_of(Measure::Change(metric), filter, window);
        change.map_or(Cell::Nothing, |fact| {
            let tone = tone(&fact, more_is_good(metric));
            Cell::Change(fact, tone)
        })
    }

    /// The sum of a metric as a headline, with its change when `compare`.
    pub(super) fn sum_line(
        &self,
        metric: Metric,
        filter: &UsageFilter,
        window: Window,
        compare: bool,
    ) -> Option<FactLine> {
        let fact = self.fact_of(Measure::Sum(metric), filter, window)?;
        let change = if compare { self.fact_of(Measure::Change(metric), filter, window) } else { None };
        // Where there was nothing before, there is nothing to compare with; a caveat says since when there is.
        let change = change.filter(|fact| fact.value != Quantity::Change(None));
        Some(FactLine { label: metric.title().into(), fact, change, more_is_good: more_is_good(metric) })
    }

    /// What the commitment of an account comes to in the bucket at an instant, spread evenly over its period.
    pub(super) fn commitment_level(
        &self,
        account: &AccountId,
        grain: Grain,
        at: Timestamp,
    ) -> Option<ChartLevel> {
        let contract = self.snapshot.account(account)?.contract.filter(|one| one.commit.micros > 0)?;
        let (start, end) = contract.period.around(utc_date(at));
        let period = Window::new(utc_midnight(start), utc_midnight(end))?;
        let part = grain.around(at).length().as_secs_f64() / period.length().as_secs_f64();
        let amount = Money::from_micros((contract.commit.micros as f64 * part).round() as i64);
        let value = Quantity::Money(amount, self.snapshot.currency());
        Some(ChartLevel { name: format!("commitment per {}", grain.word()), value })
    }

    /// A figure as a headline without a change.
    pub(super) fn line(
        &self,
        label: &str,
        measure: Measure,
        filter: &UsageFilter,
        window: Window,
    ) -> Option<FactLine> {
        let fact = self.fact_of(measure, filter, window)?;
        Some(FactLine { label: label.into(), fact, change: None, more_is_good: None })
    }

    /// What people call an account; its id when it is not known.
    pub(super) fn name<'b>(&'b self, id: &'b AccountId) -> &'b str {
        self.snapshot.account(id).map_or(id.as_str(), |account| account.name.as_str())
    }

    /// An account of a resolved question.
    pub(super) fn account(&self, id: &str) -> Result<AccountId, Problem> {
        super::lookup::find_account(self.snapshot, id)
    }

    /// An answer without blocks yet, with its page.
    pub(super) fn answer(&self, title: impl Into<String>, question: &Question) -> Answer {
        Answer {
            title: title.into(),
            blocks: Vec::new(),
            as_of: AsOf { data_until: self.snapshot.as_of(), version: self.snapshot.version() },
            path: question.path(),
            actions: Vec::new(),
            picks: Vec::new(),
            private: false,
        }
    }

    /// What the reader must know about data that are not in yet; of an account only what concerns its own sources.
    pub(super) fn late_caveats(&self, account: Option<&AccountId>) -> Vec<Block> {
        let Some(as_of) = self.snapshot.as_of() else { return Vec::new() };
        let mut caveats = Vec::new();
        if self.now.duration_since(as_of) > LATE_AFTER {
            let words =
                format!("The newest data are of {}; what came after is not in yet.", instant_words(as_of));
            caveats.push(Block::Caveat(Prose::plain(words)));
        }
        let behind = |mark: &&SourceMark| as_of.duration_since(mark.watermark) > LATE_AFTER;
        let marks: Vec<&SourceMark> = match account {
            None => self.snapshot.watermarks().iter().collect(),
            Some(account) => self.snapshot.watermarks_of(account).collect(),
        };
        for mark in marks.into_iter().filter(behind) {
            let until = instant_words(mark.watermark);
            let words = Prose::plain("The source ").outside(mark.source.as_str());
            caveats.push(Block::Caveat(
                words.and(format!(" has delivered only up to {until}; figures after that are not complete.")),
            ));
        }
        caveats
    }

    /// Tells that a range goes on after the data do.
    pub(super) fn clipped_caveat(&self, range: Range) -> Option<Block> {
        let as_of = self.snapshot.as_of()?;
        let last = range.window(as_of).last_day();
        (utc_date(as_of) < last).then(|| {
            let (last, until) = (day_words(last), instant_words(as_of));
            Block::Caveat(Prose::plain(format!("The range ends on {last}; the newest data are of {until}.")))
        })
    }
}

/// Whether more of a metric is good news.
pub(super) fn more_is_good(metric: Metric) -> Option<bool> {
    match metric {
        Metric::ApiCalls | Metric::Tokens => Some(true),
        Metric::Cost => None,
        Metric::Errors => Some(false),
    }
}

/// What a change means to the reader.
pub(super) fn tone(change: &Fact, more_is_good: Option<bool>) -> Tone {
    let up = match change.value {
        Quantity::Change(Some(change)) if change > 0.0 => true,
        Quantity::Change(Some(change)) if change < 0.0 => false,
        _ => return Tone::Neutral,
    };
    match more_is_good {
        None => Tone::Neutral,
        Some(good) if good == up => Tone::Good,
        Some(_) => Tone::Bad,
    }
}

/// `22 Nov 2026 14:00 UTC`.
pub(super) fn instant_words(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y %H:%M UTC").to_string()
}

/// How many times as high as all values a level may lie and still be drawn: the values would lie flat below it.
const LEVEL_TIMES_MAX: f64 = 4.0;

/// Whether a level can be drawn together with values up to `highest`.
pub(super) fn is_in_sight(level: &ChartLevel, highest: f64) -> bool {
    level.value.as_f64().is_some_and(|value| value <= highest * LEVEL_TIMES_MAX)
}

/// `22 Nov 2026`.
pub(super) fn day_words(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// `last 30 days, to 22 Nov 2026 14:00 UTC`; dates that were given say their end themselves.
pub(super) fn window_words(range: Range, window: Window) -> String {
    if matches!(range, Range::Between(..)) && range.window(window.to()) == window {
        return range.words();
    }
    format!("{}, to {}", range.words(), instant_words(window.to()))
}

/// Whether a bucket is a whole one of its grain.
pub(super) fn is_whole(grain: Grain, bucket: Window) -> bool {
    grain.floor(bucket.from()) == bucket.from() && grain.next(bucket.from()) == bucket.to()
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list_words(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// With a capital at its beginning, as a label or a sentence.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
