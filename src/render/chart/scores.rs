//! A score day by day, before zones of what it means.

use crate::domain::Band;
use crate::domain::DAY_MS;
use crate::domain::Grain;
use crate::domain::Quantity;
use crate::domain::utc_date;
use crate::domain::utc_midnight;
use crate::reply::{ScoreDay, ScoresChart};

use super::axis;
use super::font;
use super::font::Weight;
use super::legend;
use super::legend::{Key, Swatch};
use super::marks;
use super::marks::Mark;
use super::plot;
use super::plot::Plot;
use super::scene::Scene;
use super::signs;
use super::values::Values;

/// The best score there is.
const SCORE_MAX: f64 = 100.0;

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, chart: &ScoresChart) {
    let top = legend::heading(scene, &chart.title, &chart.subtitle, None);
    let top = top + legend::keys_in_rows(scene, &keys(chart), top);
    let marked = |room: f64| if chart.marks.is_empty() { 0.0 } else { room };
    let plot = field(scene, chart, top + marked(marks::flag_room(scene) - scene.frame.small));
    zones(scene, &plot, chart);
    if !chart.days.is_empty() {
        plot.dates(scene, Grain::Day);
    }
    let runs: Vec<Values> = runs(&chart.days).into_iter().map(|run| run.thinned(plot.columns())).collect();
    if runs.is_empty() {
        plot.says(scene, "No score could be given yet");
    }
    for (index, run) in runs.iter().enumerate() {
        plot.line(scene, run, "c-by-hand");
        if run.at.len() == 1 || index + 1 == runs.len() {
            plot.end_dot(scene, run);
        }
    }
    let shown = |at: i64| (plot.from_ms..=plot.to_ms).contains(&at);
    let flags: Vec<Mark<'_>> = chart
        .marks
        .iter()
        .map(|mark| (utc_midnight(utc_date(mark.at)), mark))
        .filter(|(day, _)| shown(day.as_millisecond()))
        .map(|(day, mark)| Mark { x: plot.x(day), words: &mark.label, tone: mark.tone })
        .collect();
    marks::flags(scene, &plot, &flags);
    let last = chart.days.last().and_then(|day| Some((utc_midnight(day.day), score(day)?)));
    if let Some((at, score)) = last {
        plot.end_label(scene, at, score, &Quantity::Score(score).short(), "c-text");
    }
    let told: Vec<_> = chart.days.iter().map(|day| (utc_midnight(day.day), told(chart, day))).collect();
    plot.hits(scene, &told);
}

/// The score of a day as it is drawn.
fn score(day: &ScoreDay) -> Option<f64> {
    day.score.filter(|score| score.is_finite()).map(|score| score.clamp(0.0, SCORE_MAX))
}

/// Least scores of a healthy account and of one to watch, made sane.
fn limits(chart: &ScoresChart) -> (f64, f64) {
    let sane = |limit: f64| if limit.is_finite() { limit.clamp(0.0, SCORE_MAX) } else { 0.0 };
    let healthy = sane(chart.healthy_from);
    (healthy, sane(chart.watch_from).min(healthy))
}

fn keys(chart: &ScoresChart) -> Vec<Key> {
    let key = |class, words: &str| Key { swatch: Swatch::Line(class), words: words.into() };
    if chart.days.iter().any(|day| day.overridden && score(day).is_some()) {
        vec![key("c-line", "score"), key("c-by-hand", "set by hand")]
    } else {
        Vec::new()
    }
}

fn field(scene: &Scene, chart: &ScoresChart, top: f64) -> Plot {
    let frame = scene.frame;
    let words = Band::ALL.iter().map(|band| band.word());
    let widest = words.map(|word| font::width(word, frame.small, Weight::Regular)).fold(0.0, f64::max);
    let ms = |day: Option<&ScoreDay>| day.map_or(0, |day| utc_midnight(day.day).as_millisecond());
    Plot {
        left: frame.margin + widest + frame.small * 0.8,
        right: frame.right() - plot::end_room(scene, "100"),
        top: top + frame.small * 1.2,
        bottom: Plot::bottom_of(scene),
        value_top: SCORE_MAX,
        from_ms: ms(chart.days.first()),
        to_ms: ms(chart.days.last()),
    }
}

/// What scores mean, as faint grounds with their names at the left, and the scores between them.
fn zones(scene: &mut Scene, plot: &Plot, chart: &ScoresChart) {
    let px = scene.frame.small;
    let (healthy, watch) = limits(chart);
    for (band, from, to) in
        [(Band::AtRisk, 0.0, watch), (Band::Watch, watch, healthy), (Band::Healthy, healthy, SCORE_MAX)]
    {
        let (top, bottom) = (plot.y(to), plot.y(from));
        if bottom > top {
            scene.ground(plot.left, top, plot.right - plot.left, bottom - top, zone_class(band));
        }
        // Between two numbers, so only where there is room for a line of its own.
        if bottom - top > px * 2.6 {
            plot.beside(scene, f64::midpoint(top, bottom), band.word(), signs::band_text(band));
        }
    }
    let mut taken = f64::INFINITY;
    for limit in [0.0, watch, healthy, SCORE_MAX] {
        let y = plot.y(limit);
        let class = if limit == 0.0 { "c-axis" } else { "c-grid" };
        scene.line((plot.left, y), (plot.right, y), class, if scene.frame.is_wide() { 1.2 } else { 1.8 });
        if y < taken - px * 1.1 {
            plot.beside(scene, y, &Quantity::Score(limit).short(), "c-muted");
            taken = y;
        }
    }
}

fn zone_class(band: Band) -> &'static str {
    match band {
        Band::Healthy => "c-zone-healthy",
        Band::Watch => "c-zone-watch",
        Band::AtRisk => "c-zone-at-risk",
    }
}

/// Stretches of days in a row that have a score; what is set by hand counts as not complete.
fn runs(days: &[ScoreDay]) -> Vec<Values> {
    let mut runs: Vec<Vec<(jiff::Timestamp, f64, bool)>> = vec![Vec::new()];
    for day in days {
        let at = utc_midnight(day.day);
        let last = runs.last().and_then(|run| run.last());
        let follows = last.is_none_or(|last| at.as_millisecond() - last.0.as_millisecond() <= DAY_MS);
        let Some(score) = score(day) else { continue };
        if !follows {
            runs.push(Vec::new());
        }
        runs.last_mut().expect("there is one from the start").push((at, score, !day.overridden));
    }
    runs.retain(|run| !run.is_empty());
    runs.into_iter().map(|run| Values::alone(run.into_iter())).collect()
}

/// All that is known of a day, for hovering.
fn told(chart: &ScoresChart, day: &ScoreDay) -> String {
    let mut parts = vec![axis::full_day_label(day.day)];
    parts.push(day.score.map_or_else(|| "no score".into(), |score| Quantity::Score(score).exact()));
    parts.extend(day.band.map(|band| band.word().to_owned()));
    parts.extend(day.overridden.then(|| "set by hand".to_owned()));
    parts.extend(
        chart.marks.iter().filter(|mark| utc_date(mark.at) == day.day).map(|mark| mark.label.clone()),
    );
    parts.join(" · ")
}
