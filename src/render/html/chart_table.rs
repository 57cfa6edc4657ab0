//! The figures of a chart as rows: for "View as table" and for CSV files.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::Fact;
use crate::domain::Grain;
use crate::domain::Quantity;
use crate::domain::utc_date;
use crate::reply::BandsChart;
use crate::reply::Bar;
use crate::reply::BarsChart;
use crate::reply::ChartMark;
use crate::reply::ChartSpec;
use crate::reply::CorridorChart;
use crate::reply::CorridorPoint;
use crate::reply::HealthCard;
use crate::reply::ScoresChart;
use crate::reply::SeriesChart;
use crate::reply::SeriesPoint;
use crate::reply::StepsChart;
use crate::reply::TimelineChart;

/// The figures of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartTable {
    /// Names of the columns.
    pub head: Vec<String>,
    /// Each as long as `head`.
    pub rows: Vec<Vec<ChartCell>>,
}

impl ChartTable {
    /// Which columns hold words; they stand at the left.
    pub(super) fn of_words(&self) -> Vec<bool> {
        let is_text = |cell: &ChartCell| !cell.words.is_empty() && cell.words == cell.plain;
        (0..self.head.len()).map(|at| self.rows.iter().any(|row| row.get(at).is_some_and(is_text))).collect()
    }
}

/// One field, for people and for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartCell {
    /// With all digits and its unit.
    pub words: String,
    /// A plain number or text.
    pub plain: String,
}

impl ChartCell {
    fn text(text: impl Into<String>) -> Self {
        let words = text.into();
        Self { plain: words.clone(), words }
    }

    fn quantity(value: Quantity) -> Self {
        Self { words: value.exact(), plain: plain(value) }
    }

    fn nothing() -> Self {
        Self { words: "–".into(), plain: String::new() }
    }

    fn maybe(value: Option<Quantity>) -> Self {
        value.map_or_else(Self::nothing, Self::quantity)
    }

    fn fact(fact: Option<&Fact>) -> Self {
        Self::maybe(fact.map(|fact| fact.value))
    }
}

/// A number without unit and grouping; money in whole units with all its digits.
fn plain(value: Quantity) -> String {
    match value {
        Quantity::Calls(n)
        | Quantity::Errors(n)
        | Quantity::Tokens(n)
        | Quantity::Accounts(n)
        | Quantity::Initiatives(n) => n.to_string(),
        Quantity::Money(amount, _) => amount.to_string(),
        Quantity::Days(n) => n.to_string(),
        Quantity::Share(value)
        | Quantity::Score(value)
        | Quantity::Points(value)
        | Quantity::Number(value) => value.to_string(),
        Quantity::Change(change) => change.map(|value| value.to_string()).unwrap_or_default(),
    }
}

/// The figures that a chart draws.
#[must_use]
pub fn chart_table(spec: &ChartSpec) -> ChartTable {
    match spec {
        ChartSpec::Series(chart) => series(chart),
        ChartSpec::Health(card) => health(card),
        ChartSpec::Bands(chart) => bands(chart),
        ChartSpec::Bars(chart) => bars(chart),
        ChartSpec::Timeline(chart) => timeline(chart),
        ChartSpec::Corridor(chart) => corridor(chart),
        ChartSpec::Steps(chart) => steps(chart),
        ChartSpec::Scores(chart) => scores(chart),
    }
}

/// The same as CSV (RFC 4180), with plain numbers and cells that no spreadsheet takes for a formula.
#[must_use]
pub fn chart_csv(spec: &ChartSpec) -> String {
    let table = chart_table(spec);
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells: Vec<String> = cells.map(csv_cell).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    };
    line(&mut table.head.iter().map(String::as_str));
    for row in &table.rows {
        line(&mut row.iter().map(|cell| cell.plain.as_str()));
    }
    out
}

/// A field of a CSV file. A text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV
/// Injection"); a negative number stays a number.
#[must_use]
pub fn csv_cell(text: &str) -> String {
    let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && text.parse::<f64>().is_err();
    let safe = if runs { format!("'{text}") } else { text.to_owned() };
    if safe.contains([',', '"', '\n', '\r', ';', '\t']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

fn time_cell(at: Timestamp, grain: Grain) -> ChartCell {
    let zoned = at.to_zoned(TimeZone::UTC);
    let words = match grain {
        Grain::Hour => zoned.strftime("%Y-%m-%d %H:%M").to_string(),
        Grain::Day | Grain::Week => zoned.date().to_string(),
        Grain::Month => zoned.strftime("%Y-%m").to_string(),
    };
    ChartCell { words, plain: at.to_string() }
}

fn series(chart: &SeriesChart) -> ChartTable {
    let lines: Vec<_> = chart.series.iter().chain(&chart.previous).collect();
    let mut head = vec![format!("{} (UTC)", first_upper(chart.grain.word()))];
    head.extend(lines.iter().map(|line| line.name.clone()));
    head.extend(chart.level.as_ref().map(|level| first_upper(&level.name)));
    head.push("Complete".into());
    let first = lines.first().map(|line| line.points.as_slice()).unwrap_or_default();
    let rows = first
        .iter()
        .enumerate()
        .map(|(index, point)| {
            let mut row = vec![time_cell(point.at, chart.grain)];
            row.extend(
                lines.iter().map(|line| ChartCell::maybe(line.points.get(index).map(|point| point.value))),
            );
            row.extend(chart.level.as_ref().map(|level| ChartCell::maybe(Some(level.value))));
            row.push(ChartCell::text(if point.complete { "yes" } else { "no" }));
            row
        })
        .collect();
    ChartTable { head, rows }
}

fn health(card: &HealthCard) -> ChartTable {
    let head = ["Factor", "Score", "Weight", "Measured", "Why"].map(String::from).to_vec();
    let mut rows: Vec<Vec<ChartCell>> = card
        .factors
        .iter()
        .map(|factor| {
            vec![
                ChartCell::text(first_upper(factor.kind.word())),
                ChartCell::fact(factor.score.as_ref()),
                ChartCell::fact(factor.weight.as_ref()),
                ChartCell::fact(factor.measured.as_ref()),
                ChartCell::text(factor.words.clone()),
            ]
        })
        .collect();
    let band = card.band.map_or("not judged", |band| band.word());
    let blank = || ChartCell::text("");
    rows.push(vec![
        ChartCell::text("All"),
        ChartCell::fact(card.score.as_ref()),
        blank(),
        blank(),
        ChartCell::text(band),
    ]);
    ChartTable { head, rows }
}

fn bands(chart: &BandsChart) -> ChartTable {
    let head = ["Name", "Value", "Beside it"].map(String::from).to_vec();
    let slices = chart.bands.iter().map(|slice| {
        vec![
            ChartCell::text(first_upper(slice.band.word())),
            ChartCell::fact(Some(&slice.accounts)),
            ChartCell::text(""),
        ]
    });
    ChartTable { head, rows: slices.chain(chart.worst.iter().map(bar_row)).collect() }
}

fn bars(chart: &BarsChart) -> ChartTable {
    let head = ["Name", "Value", "Beside it"].map(String::from).to_vec();
    ChartTable { head, rows: chart.bars.iter().map(bar_row).collect() }
}

fn bar_row(bar: &Bar) -> Vec<ChartCell> {
    vec![
        ChartCell::text(bar.name.clone()),
        ChartCell::fact(Some(&bar.fact)),
        ChartCell::fact(bar.aside.as_ref()),
    ]
}

fn timeline(chart: &TimelineChart) -> ChartTable {
    let head = ["Initiative", "Note", "Start", "Due", "Status"].map(String::from).to_vec();
    let day = |day: Option<jiff::civil::Date>| {
        day.map_or_else(ChartCell::nothing, |day| ChartCell::text(day.to_string()))
    };
    let rows = chart
        .rows
        .iter()
        .map(|row| {
            let status =
                if row.overdue { format!("{}, overdue", row.status) } else { row.status.to_string() };
            vec![
                ChartCell::text(row.title.clone()),
                ChartCell::text(row.note.clone()),
                day(row.start),
                day(row.due),
                ChartCell::text(status),
            ]
        })
        .collect();
    ChartTable { head, rows }
}

/// What is known of one bucket of a corridor.
#[derive(Default)]
struct Bucket<'a> {
    measured: Option<&'a SeriesPoint>,
    band: Option<&'a CorridorPoint>,
    notes: Vec<&'a str>,
}

/// One row for each bucket, measured or not; the inner range has columns where there is one.
fn corridor(chart: &CorridorChart) -> ChartTable {
    let mut buckets: BTreeMap<Timestamp, Bucket<'_>> = BTreeMap::new();
    for point in &chart.line.points {
        let bucket = buckets.entry(point.at).or_default();
        bucket.measured = Some(point);
        bucket.notes.extend((!point.complete).then_some("not complete"));
    }
    for point in &chart.band {
        buckets.entry(point.at).or_default().band = Some(point);
    }
    for mark in &chart.marks {
        buckets.entry(mark.at).or_default().notes.push(&mark.label);
    }
    let inner = chart.band.iter().any(|point| point.inner.is_some());
    let noted = buckets.values().any(|bucket| !bucket.notes.is_empty());
    let middle = first_upper(&chart.band_name);
    let mut head = vec![format!("{} (UTC)", first_upper(chart.grain.word())), "Measured".into()];
    if inner {
        head.extend(["Low 95 %", "Low 80 %", &middle, "High 80 %", "High 95 %"].map(String::from));
    } else {
        head.extend(["Low", &middle, "High"].map(String::from));
    }
    head.extend(chart.level.as_ref().map(|level| first_upper(&level.name)));
    head.extend(noted.then(|| "Note".to_owned()));
    let row = |(at, bucket): (&Timestamp, &Bucket<'_>)| {
        let end = |range: Option<Option<(Quantity, Quantity)>>, high: bool| {
            ChartCell::maybe(range.flatten().map(|(low, top)| if high { top } else { low }))
        };
        let outer = |high| end(bucket.band.map(|point| point.outer), high);
        let mut row = vec![
            time_cell(*at, chart.grain),
            ChartCell::maybe(bucket.measured.map(|point| point.value)),
            outer(false),
        ];
        row.extend(inner.then(|| end(bucket.band.map(|point| point.inner), false)));
        row.push(ChartCell::maybe(bucket.band.map(|point| point.middle)));
        row.extend(inner.then(|| end(bucket.band.map(|point| point.inner), true)));
        row.push(outer(true));
        row.extend(chart.level.as_ref().map(|level| ChartCell::maybe(Some(level.value))));
        row.extend(noted.then(|| ChartCell::text(bucket.notes.join("; "))));
        row
    };
    ChartTable { head, rows: buckets.iter().map(row).collect() }
}

fn steps(chart: &StepsChart) -> ChartTable {
    let head = ["Step", "Value"].map(String::from).to_vec();
    let all = std::iter::once(&chart.from).chain(&chart.steps).chain([&chart.to]);
    let rows = all.map(|step| vec![ChartCell::text(step.name.clone()), ChartCell::fact(Some(&step.fact))]);
    ChartTable { head, rows: rows.collect() }
}

fn scores(chart: &ScoresChart) -> ChartTable {
    let mut head = ["Day (UTC)", "Score", "Band"].map(String::from).to_vec();
    let overridden = chart.days.iter().any(|day| day.overridden);
    head.extend(overridden.then(|| "Set by hand".to_owned()));
    let noted = !chart.marks.is_empty();
    head.extend(noted.then(|| "Note".to_owned()));
    let rows = chart.days.iter().map(|day| {
        let mut row = vec![
            ChartCell::text(day.day.to_string()),
            ChartCell::maybe(day.score.map(Quantity::Score)),
            day.band.map_or_else(ChartCell::nothing, |band| ChartCell::text(band.word())),
        ];
        row.extend(overridden.then(|| ChartCell::text(if day.overridden { "yes" } else { "no" })));
        let notes = |mark: &&ChartMark| utc_date(mark.at) == day.day;
        let notes: Vec<&str> = chart.marks.iter().filter(notes).map(|mark| mark.label.as_str()).collect();
        row.extend(noted.then(|| ChartCell::text(notes.join("; "))));
        row
    });
    ChartTable { head, rows: rows.collect() }
}

fn first_upper(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::chart::samples;

    /// The head and the first, a middle and the last row of a CSV file.
    #[track_caller]
    fn check_csv(name: &str, middle: usize, wanted: &[&str]) {
        let csv = chart_csv(&samples::named(name));
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!([0, 1, middle, lines.len() - 1].map(|index| lines[index]), wanted);
    }

    #[test]
    fn a_course_is_a_table_too() {
        check_csv(
            "corridor",
            64,
            &[
                "Day (UTC),Measured,Low 95 %,Low 80 %,Expected,High 80 %,High 95 %,Commitment per day,Note",
                "2026-09-20T00:00:00Z,40920,,,,,,48000,",
                "2026-11-22T00:00:00Z,,44200,45760,48360,50960,52780,48000,",
                "2026-12-19T00:00:00Z,,17905,26159,39917,53675,63306,48000,",
            ],
        );
        check_csv(
            "corridor-usual",
            24,
            &[
                "Day (UTC),Measured,Low,Usual,High,Note",
                "2026-09-13T00:00:00Z,37200,32800,40000,48000,",
                "2026-10-06T00:00:00Z,4100,32800,40000,48000,\"−90 %, an outage\"",
                "2026-11-21T00:00:00Z,7451,19024,23200,27840,not complete",
            ],
        );
        check_csv("steps", 2, &["Step,Value", "23 Oct 2026,75.2", "Trend,-6.2", "22 Nov 2026,67.2"]);
        check_csv(
            "scores",
            100,
            &[
                "Day (UTC),Score,Band,Set by hand,Note",
                "2026-05-27,66,watch,no,",
                "2026-09-03,74,healthy,yes,",
                "2026-11-22,43.8,watch,no,",
            ],
        );
    }

    #[test]
    fn no_cell_runs_as_a_formula() {
        assert_eq!(csv_cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(csv_cell("@SUM(1,2)"), "\"'@SUM(1,2)\"");
        assert_eq!(csv_cell("-12.5"), "-12.5");
        assert_eq!(csv_cell("-1+1"), "'-1+1");
        assert_eq!(csv_cell("say \"hi\", all"), "\"say \"\"hi\"\", all\"");
    }
}
