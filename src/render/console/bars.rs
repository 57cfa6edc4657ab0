//! Scores, bands, rises and falls, and initiatives as bars of blocks.

use jiff::civil::Date;
use unicode_width::UnicodeWidthStr;

use crate::domain::Band;
use crate::domain::InitiativeStatus;
use crate::render::words;
use crate::reply::BandsChart;
use crate::reply::Bar;
use crate::reply::BarsChart;
use crate::reply::FactorBar;
use crate::reply::HealthCard;
use crate::reply::TimelineChart;
use crate::reply::TimelineRow;
use crate::reply::Tone;

use super::Page;
use super::paint::wrapped_text;

/// Widest name beside a bar.
const NAME_WIDTH_MAX: usize = 28;
/// Widest bar of a score or of the bands.
pub(super) const BAR_WIDTH_MAX: usize = 50;

/// `size` cells of `full` filled, the rest light.
fn gauge(part: f64, width: usize) -> String {
    let filled = (part.clamp(0.0, 1.0) * width as f64).round() as usize;
    format!("{}{}", "█".repeat(filled), "░".repeat(width - filled))
}

/// Names cut and padded to one width.
pub(super) fn names<'a>(texts: impl Iterator<Item = &'a str>, page: Page) -> Vec<String> {
    let texts: Vec<String> = texts.map(words::harmless).collect();
    let longest = texts.iter().map(|text| text.width()).max().unwrap_or(0);
    let width = longest.min(NAME_WIDTH_MAX).min(page.width / 3);
    texts.iter().map(|text| words::pad(text, width, false)).collect()
}

/// One bar for each factor, its score at the end.
pub(super) fn health(card: &HealthCard, page: Page) -> Vec<String> {
    let names = names(card.factors.iter().map(|factor| factor.kind.word()), page);
    let width =
        page.width.saturating_sub(names.first().map_or(0, |name| name.width()) + 20).clamp(4, BAR_WIDTH_MAX);
    let line = |(name, factor): (&String, &FactorBar)| {
        let Some(score) = &factor.score else {
            return page.paint.dim(format!("{name}  {} left out", "·".repeat(width)).as_str());
        };
        let bar = gauge(score.value.as_f64().unwrap_or(0.0) / 100.0, width);
        let weight = factor.weight.as_ref().map(|weight| format!("  × {}", weight.value.short()));
        format!("{name}  {bar} {:>3}{}", score.value.short(), page.paint.dim(&weight.unwrap_or_default()))
    };
    names.iter().zip(&card.factors).map(line).collect()
}

/// All accounts as one bar in proportion, each band with a fill of its own, and what each fill means.
pub(super) fn bands(chart: &BandsChart, page: Page) -> Vec<String> {
    let count = |at: usize| chart.bands[at].accounts.value.as_f64().unwrap_or(0.0);
    let total: f64 = (0..chart.bands.len()).map(count).sum();
    if total <= 0.0 {
        return Vec::new();
    }
    let width = page.width.min(BAR_WIDTH_MAX);
    let fill = |band: Band| match band {
        Band::AtRisk => "█",
        Band::Watch => "▒",
        Band::Healthy => "░",
    };
    let mut bar = String::new();
    let (mut sum, mut drawn) = (0.0, 0);
    for (at, slice) in chart.bands.iter().enumerate() {
        sum += count(at);
        // Ends are rounded, not widths, so that the parts always fill the bar; who is there is seen.
        let end = ((sum / total * width as f64).round() as usize).clamp(drawn, width);
        let end = if count(at) > 0.0 { end.max(drawn + 1).min(width) } else { end };
        bar.push_str(&page.paint.band(&fill(slice.band).repeat(end - drawn), slice.band));
        drawn = end;
    }
    let mut lines = vec![bar];
    lines.extend(chart.bands.iter().map(|slice| {
        let number = words::pad(&slice.accounts.value.short(), 6, true);
        let name = words::band(slice.band);
        format!(
            "{} {number}  {}",
            page.paint.band(fill(slice.band), slice.band),
            page.paint.band(&name, slice.band)
        )
    }));
    lines
}

/// Bars from a common middle line: falls to the left, rises to the right.
pub(super) fn diverging(chart: &BarsChart, page: Page) -> Vec<String> {
    let names = names(chart.bars.iter().map(|bar| bar.name.as_str()), page);
    let name_width = names.first().map_or(0, |name| name.width());
    let ends_of = |aside: bool| -> (Vec<String>, usize) {
        let ends = figures(&chart.bars, aside);
        let width = ends.iter().map(|end| end.width()).max().unwrap_or(0);
        (ends, page.width.saturating_sub(name_width + width + 5))
    };
    // On a narrow screen the bars are worth more than the second figure.
    let (ends, room) = Some(ends_of(true)).filter(|(_, room)| *room >= 8).unwrap_or_else(|| ends_of(false));
    let most = chart.bars.iter().map(|bar| bar.length.abs()).fold(0.0, f64::max);
    let falls = chart.bars.iter().any(|bar| bar.length < 0.0);
    let rises = chart.bars.iter().any(|bar| bar.length >= 0.0);
    let half = if falls && rises { room / 2 } else { room }.clamp(1, BAR_WIDTH_MAX / 2);
    let line = |at: usize| {
        let bar = &chart.bars[at];
        let size = if most > 0.0 { (bar.length.abs() / most * half as f64).round() as usize } else { 0 };
        let size = size.max(usize::from(bar.length != 0.0)).min(half);
        let blocks = "█".repeat(size);
        let left = if bar.length < 0.0 { blocks.as_str() } else { "" };
        let right = if bar.length < 0.0 { "" } else { blocks.as_str() };
        let left = if falls { words::pad(left, half, true) } else { String::new() };
        let right = if rises { words::pad(right, half, false) } else { String::new() };
        let drawn = bar.band.map_or_else(
            || format!("{}│{}", page.paint.tone(&left, Tone::Bad), page.paint.tone(&right, Tone::Good)),
            |band| format!("{}│{}", page.paint.band(&left, band), page.paint.band(&right, band)),
        );
        format!("{}  {drawn}  {}", names[at], ends[at])
    };
    (0..chart.bars.len()).map(line).collect()
}

/// What is written at the end of each bar, aligned.
fn figures(bars: &[Bar], with_aside: bool) -> Vec<String> {
    let column = |texts: Vec<String>| {
        let width = texts.iter().map(|text| text.width()).max().unwrap_or(0);
        texts.into_iter().map(move |text| words::pad(&text, width, true))
    };
    let main = column(bars.iter().map(|bar| words::figure(&bar.fact.value)).collect());
    let aside = |bar: &Bar| bar.aside.as_ref().map(|fact| words::figure(&fact.value)).unwrap_or_default();
    if !with_aside || bars.iter().all(|bar| bar.aside.is_none()) {
        return main.collect();
    }
    let asides = column(bars.iter().map(aside).collect());
    main.zip(asides).map(|(main, aside)| format!("{main}  {aside}")).collect()
}

/// Initiatives against the calendar, today as a line.
pub(super) fn timeline(chart: &TimelineChart, page: Page) -> Vec<String> {
    let days = chart.rows.iter().flat_map(|row| [row.start, row.due]).flatten().chain([chart.today]);
    let (first, last) =
        days.fold((chart.today, chart.today), |(first, last), day| (first.min(day), last.max(day)));
    let names = names(chart.rows.iter().map(|row| row.title.as_str()), page);
    let name_width = names.first().map_or(0, |name| name.width());
    // Name, two blanks, calendar, two blanks, sign and status with its overdue mark.
    let room =
        page.width.saturating_sub(name_width + 2 + 2 + "× cancelled!".width()).clamp(4, 2 * BAR_WIDTH_MAX);
    let span = f64::from((last - first).get_days()).max(1.0);
    let column = |day: Date| {
        let part = f64::from((day - first).get_days()) / span;
        (part * (room - 1) as f64).round() as usize
    };
    let today = column(chart.today);
    let line = |(name, row): (&String, &TimelineRow)| {
        let drawn = calendar(row, room, today, column);
        let overdue = if row.overdue { "!" } else { "" };
        let status = format!("{}{overdue}", words::status(row.status));
        let tone =
            if row.overdue || row.status == InitiativeStatus::Blocked { Tone::Bad } else { Tone::Neutral };
        format!("{name}  {drawn}  {}", page.paint.tone(&status, tone))
    };
    let mut lines: Vec<String> = names.iter().zip(&chart.rows).map(line).collect();
    if lines.is_empty() {
        return lines;
    }
    let (from, to) = (words::day(first), words::day(last));
    let gap = " ".repeat(room.saturating_sub(from.width() + to.width()).max(1));
    lines.push(
        page.paint.dim(&words::cut(&format!("{}  {from}{gap}{to}", " ".repeat(name_width)), page.width)),
    );
    let mut note = format!("│ is today, {}.", words::day(chart.today));
    if chart.rows.iter().any(|row| row.overdue) {
        note.push_str(" ! is past its due day.");
    }
    if chart.rows.iter().any(|row| row.start.is_none() && row.due.is_none()) {
        note.push_str(" · has no dates.");
    }
    lines.extend(wrapped_text(&note, page.width).iter().map(|line| page.paint.dim(line)));
    lines
}

/// One row of the calendar; an open end is drawn up to today.
fn calendar(row: &TimelineRow, room: usize, today: usize, column: impl Fn(Date) -> usize) -> String {
    let ends = match (row.start, row.due) {
        (None, None) => None,
        (start, due) => {
            let (from, to) = (start.map_or(today, &column), due.map_or(today, &column));
            Some((from.min(to), from.max(to)))
        }
    };
    let fill = match row.status {
        InitiativeStatus::Planned => '░',
        InitiativeStatus::Active => '▓',
        InitiativeStatus::Blocked | InitiativeStatus::Done => '█',
        InitiativeStatus::Cancelled => '▁',
    };
    let mark = |at: usize| match ends {
        _ if at == today => '│',
        Some((from, to)) if (from..=to).contains(&at) => fill,
        None if at.is_multiple_of(4) => '·',
        Some(_) | None => ' ',
    };
    (0..room).map(mark).collect()
}
