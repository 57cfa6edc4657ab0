//! Initiatives against the calendar: from first day to due day, with today across them.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::DAY_MS;
use crate::domain::InitiativeStatus;
use crate::domain::utc_midnight;
use crate::reply::{TimelineChart, TimelineRow};

use super::axis;
use super::font;
use super::font::Weight;
use super::legend;
use super::scene::{Anchor, Label, Scene};
use super::signs;

/// Days before and after today beyond which a date is cut off: one odd date must not squeeze the rest.
const REACH_DAYS: i64 = 550;
/// Least days shown, so that a short plan still has a calendar around it.
const SPAN_DAYS_MIN: i64 = 28;

/// Where the days lie.
struct Calendar {
    left: f64,
    right: f64,
    first: Date,
    last: Date,
}

impl Calendar {
    fn of(chart: &TimelineChart, left: f64, right: f64) -> Self {
        let today = chart.today;
        let (low, high) = (today.saturating_sub(REACH_DAYS.days()), today.saturating_add(REACH_DAYS.days()));
        let days = chart.rows.iter().flat_map(|row| [row.start, row.due]).flatten();
        let (mut first, mut last) = (today, today);
        for day in days {
            first = first.min(day.max(low));
            last = last.max(day.min(high));
        }
        let span = days_between(first, last);
        let around = (span / 20).max((SPAN_DAYS_MIN - span) / 2).max(2);
        // The end also has room for the word beside the last bar.
        Self {
            left,
            right,
            first: first.saturating_sub(around.days()),
            last: last.saturating_add((around + span / 8).days()),
        }
    }

    fn x(&self, day: Date) -> f64 {
        let span = days_between(self.first, self.last).max(1) as f64;
        let x = self.left + days_between(self.first, day) as f64 / span * (self.right - self.left);
        x.clamp(self.left, self.right)
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    (utc_midnight(to).as_millisecond() - utc_midnight(from).as_millisecond()) / DAY_MS
}

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, chart: &TimelineChart) {
    let frame = scene.frame;
    let top = legend::heading(scene, &chart.title, &chart.subtitle, None);
    if chart.rows.is_empty() {
        let label = Label::new(frame.width / 2.0, frame.height / 2.0, frame.body, "No initiatives to show");
        scene.label(label.anchor(Anchor::Middle).weight(Weight::Medium));
        return;
    }
    let least = if frame.is_wide() { 48.0 } else { 122.0 };
    let head = top + frame.small * 2.6;
    if !frame.is_wide() {
        scene.frame.height = head + least * (chart.rows.len().min(ROWS_MAX_PAGE) as f64 + 0.5) + 10.0;
    } else if !frame.headed {
        let more = if chart.rows.len() > ROWS_MAX_PAGE { 30.0 } else { 0.0 };
        scene.stretch(head + least * chart.rows.len().min(ROWS_MAX_PAGE) as f64 + more + 24.0);
    }
    let bottom = scene.frame.height - 24.0;
    let fits = ((bottom - head) / least).floor().max(1.0) as usize;
    let shown = if chart.rows.len() > fits { fits - 1 } else { chart.rows.len() }.max(1);
    let more = chart.rows.len() - shown;
    let step = ((bottom - head - if more > 0 { 30.0 } else { 0.0 }) / shown as f64).min(least * 1.4);
    let left = if frame.is_wide() { frame.margin + NAME_ROOM + 24.0 } else { frame.margin };
    let calendar = Calendar::of(chart, left, frame.right());
    let end = head + step * shown as f64;
    if frame.is_wide() && more == 0 {
        scene.frame.used = end + 24.0;
    }
    grid(scene, &calendar, chart.today, head, end);
    for (index, row) in chart.rows.iter().take(shown).enumerate() {
        draw_row(scene, &calendar, chart.today, row, head + step * index as f64, step);
    }
    if more > 0 {
        let label = Label::new(frame.margin, end + frame.small * 1.3, frame.small, &format!("+ {more} more"));
        scene.label(label);
    }
}

/// Room for titles, left of the bars.
const NAME_ROOM: f64 = 380.0;
/// Rows of a picture that is as high as it needs; more would only be scrolled past.
const ROWS_MAX_PAGE: usize = 12;

/// Month lines with their names, and today.
fn grid(scene: &mut Scene, calendar: &Calendar, today: Date, head: f64, bottom: f64) {
    let frame = scene.frame;
    let px = frame.small;
    let y = head - px * 0.8;
    let pill = font::width("today", px, Weight::Medium) + px * 1.2;
    let at = calendar.x(today);
    let middle = at.clamp(calendar.left.max(pill / 2.0), frame.width - pill / 2.0 - 1.0);
    let most = ((calendar.right - calendar.left) / (px * 4.5)) as usize;
    let mut taken = f64::NEG_INFINITY;
    for tick in axis::dates(utc_midnight(calendar.first), utc_midnight(calendar.last), most, DAY_MS) {
        let x = calendar.x(crate::domain::utc_date(tick.at));
        scene.line((x, head - px * 0.2), (x, bottom), "c-grid", 1.2);
        let label = Label::new(x, y, px, &tick.label).anchor(Anchor::Middle);
        let half = label.width() / 2.0;
        let label = label.at(x.clamp(half, frame.width - half));
        let (left, right) = label.extent();
        // Today's word goes before the month's.
        let hidden = left < middle + pill / 2.0 + 4.0 && right > middle - pill / 2.0 - 4.0;
        if hidden || left < taken + px * 0.6 {
            continue;
        }
        taken = right;
        scene.label(if tick.begins { label.class("c-text").weight(Weight::Medium) } else { label });
    }
    scene.line((at, head - px * 0.4), (at, bottom), "c-ink-line", 1.6);
    scene.bar(middle - pill / 2.0, y - px * 1.1, pill, px * 1.5, "c-ink");
    scene.label(
        Label::new(middle, y, px, "today").class("c-on-ink").weight(Weight::Medium).anchor(Anchor::Middle),
    );
}

fn draw_row(scene: &mut Scene, calendar: &Calendar, today: Date, row: &TimelineRow, top: f64, step: f64) {
    let frame = scene.frame;
    let radius = frame.small * 0.48;
    let left = frame.margin + radius * 2.0 + frame.small * 0.6;
    let room = if frame.is_wide() { calendar.left - 24.0 - left } else { frame.right() - left };
    let name_y = if frame.is_wide() { top + step / 2.0 - 3.0 } else { top + frame.body };
    let note_y = name_y + frame.small * 1.32;
    signs::status(scene, row.status, frame.margin + radius, name_y - frame.body * 0.34, radius);
    let class = if row.status == InitiativeStatus::Cancelled { "c-muted" } else { "c-text" };
    scene.label(
        Label::new(left, name_y, frame.body, &row.title)
            .class(class)
            .weight(Weight::Medium)
            .halo()
            .within(room),
    );
    scene.label(Label::new(left, note_y, frame.small - 1.0, &note(row)).halo().within(room));
    let (y, height) =
        if frame.is_wide() { (top + step / 2.0, 24.0) } else { (note_y + frame.small * 1.05, 22.0) };
    span(scene, calendar, today, row, y, height);
}

/// The row's own note, with the status and `overdue` where it does not say so itself.
fn note(row: &TimelineRow) -> String {
    let mut note = row.note.clone();
    if !note.contains(row.status.word()) {
        note = if note.trim().is_empty() {
            row.status.word().into()
        } else {
            format!("{note} · {}", row.status)
        };
    }
    note
}

/// The bar of a row, from start to due day; an end that is not known fades into dashes.
fn span(scene: &mut Scene, calendar: &Calendar, today: Date, row: &TimelineRow, y: f64, height: f64) {
    let px = scene.frame.small;
    let base = y + px * 0.36;
    if row.start.is_none() && row.due.is_none() {
        let at = calendar.left + px * 0.3;
        scene.label(Label::new(at, base, px, "no dates yet").halo().within(calendar.right - at));
        return;
    }
    let known_from = row.start.filter(|day| *day >= calendar.first);
    // The due day itself still belongs to the bar.
    let from = known_from.map_or(calendar.left, |day| calendar.x(day));
    let open = || calendar.x(today.max(row.start.unwrap_or(today)).saturating_add(14.days()));
    let to = row.due.map_or_else(open, |day| calendar.x(day.saturating_add(1.day())));
    let (from, to) = (from.min(to), to.max(from));
    let width = (to - from).max(height * 0.5);
    let (mut x, mut width) = (from.min(calendar.right - width), width);
    let y = y - height / 2.0;
    let (begin, mut end) = (x, x + width);
    if known_from.is_none() && width > OPEN_WIDTH * 2.0 {
        open_end(scene, row.status, x, y, height);
        (x, width) = (x + OPEN_WIDTH, width - OPEN_WIDTH);
    }
    if row.due.is_none() && width > OPEN_WIDTH * 2.0 {
        width -= OPEN_WIDTH;
        open_end(scene, row.status, x + width + 5.0, y, height);
    }
    match row.status {
        InitiativeStatus::Planned => scene.outline(x, y, width, height, "c-planned"),
        InitiativeStatus::Active => scene.bar(x, y, width, height, "c-series-1"),
        InitiativeStatus::Blocked => scene.bar(x, y, width, height, "c-bad"),
        InitiativeStatus::Done => scene.bar(x, y, width, height, "c-good"),
        InitiativeStatus::Cancelled => scene.outline(x, y, width, height, "c-hollow"),
    }
    if row.overdue && calendar.x(today) > end {
        let middle = y + height / 2.0;
        scene.line((end + 4.0, middle), (calendar.x(today), middle), "c-overdue", 3.0);
        end = calendar.x(today);
    }
    end_words(scene, calendar, row, (begin, end), base, y + height);
}

/// Room for an end that is not known.
const OPEN_WIDTH: f64 = 27.0;

/// An end that dissolves: it began earlier or goes on, nobody said until when.
fn open_end(scene: &mut Scene, status: InitiativeStatus, x: f64, y: f64, height: f64) {
    let class = match status {
        InitiativeStatus::Planned | InitiativeStatus::Active => "c-series-1 c-faint",
        InitiativeStatus::Blocked => "c-bad c-faint",
        InitiativeStatus::Done => "c-good c-faint",
        InitiativeStatus::Cancelled => "c-quiet c-faint",
    };
    scene.dissolve(x, y, height, class);
}

/// When it is due: behind the bar where there is room, else before it, else beneath it.
fn end_words(
    scene: &mut Scene,
    calendar: &Calendar,
    row: &TimelineRow,
    bar: (f64, f64),
    base: f64,
    under: f64,
) {
    let px = scene.frame.small;
    let words = match (row.due, row.overdue) {
        (Some(due), true) => format!("overdue, {}", axis::day_label(due)),
        (Some(due), false) => axis::day_label(due),
        (None, _) => "no due day".to_owned(),
    };
    let class = if row.overdue { "c-bad-text" } else { "c-muted" };
    let weight = if row.overdue { Weight::Medium } else { Weight::Regular };
    let (gap, most) = (px * 0.6, scene.frame.width - px * 0.4);
    let label = |x, y| Label::new(x, y, px, &words).class(class).weight(weight).halo();
    let behind = label(bar.1 + gap, base);
    let before = label(bar.0 - gap, base).anchor(Anchor::End);
    let label = if behind.extent().1 <= most {
        behind
    } else if before.extent().0 >= calendar.left {
        before
    } else {
        let room = most - calendar.left;
        // Clear of the line of today, where an overdue bar ends.
        let right = (bar.1 - px * 0.35).clamp(calendar.left + before.width().min(room), most);
        label(right, under + px * 0.95).anchor(Anchor::End).within(room)
    };
    scene.label(label);
}
