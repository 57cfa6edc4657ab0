//! A change split into its causes, as bars that begin where the one above ended.

use unicode_width::UnicodeWidthStr;

use crate::render::waterfall::{Row, Waterfall};
use crate::render::words;
use crate::reply::StepsChart;
use crate::reply::Tone;

use super::Page;
use super::bars::{BAR_WIDTH_MAX, names};
use super::paint::wrapped_text;

/// Causes that are listed; the smallest ones become one line.
const STEPS_MAX: usize = 12;

pub(super) fn lines(chart: &StepsChart, page: Page) -> Vec<String> {
    let fall = Waterfall::of(chart, STEPS_MAX);
    let names = names(fall.rows.iter().map(|row| row.name.as_str()), page);
    let figures: Vec<String> = fall.rows.iter().map(figure).collect();
    let name_width = names.first().map_or(0, |name| name.width());
    let figure_width = figures.iter().map(|figure| figure.width()).max().unwrap_or(0);
    let room = page.width.saturating_sub(name_width + figure_width + 4).clamp(4, BAR_WIDTH_MAX);
    let line = |((row, name), figure): ((&Row, &String), &String)| {
        let (from, to) = fall.extent(row);
        let cell = |part: f64| (part * room as f64).round() as usize;
        let begin = cell(from).min(room - 1);
        let size = cell(to).saturating_sub(begin).max(1);
        let blocks = if row.is_end { "█" } else { "▓" }.repeat(size);
        let drawn = format!("{:<room$}", format!("{}{blocks}", " ".repeat(begin)));
        let (drawn, figure) = (page.paint.tone(&drawn, row.tone()), words::pad(figure, figure_width, true));
        let figure = if row.is_end { page.paint.bold(&figure) } else { figure };
        format!("{name}  {drawn}  {figure}")
    };
    let mut lines: Vec<String> = fall.rows.iter().zip(&names).zip(&figures).map(line).collect();
    if fall.scale_from > 0.0 {
        let note = format!("The bars begin at {:.0}.", fall.scale_from);
        lines.extend(wrapped_text(&note, page.prose_width()).iter().map(|line| page.paint.dim(line)));
    }
    lines
}

fn figure(row: &Row) -> String {
    match row.tone() {
        Tone::Good => format!("▲ {}", row.figure),
        Tone::Bad => format!("▼ {}", row.figure),
        Tone::Neutral => row.figure.clone(),
    }
}
