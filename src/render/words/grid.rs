//! Tables as aligned text of a limited width.
//!
//! Invariant: every line of a grid is equally wide on a screen with fixed-width letters, whatever stands in the cells.

use unicode_width::UnicodeWidthStr;

use crate::reply::Cell;
use crate::reply::Table;

use super::{arrow, band, harmless, isolated, spark, status};

/// Blanks between two columns.
pub(in crate::render) const GAP: &str = "  ";
/// A column of words is not made narrower than this; below it, columns are left out instead.
const WORDS_WIDTH_MIN: usize = 10;
/// The same for the first column, which tells what a row is about.
const FIRST_WIDTH_MIN: usize = 18;

/// A table laid out: cells are cut and padded, ready to be joined by [`GAP`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) struct Grid {
    /// Heads of the columns that are shown.
    pub(in crate::render) head: Vec<String>,
    /// The cells of each row, for the columns that are shown.
    pub(in crate::render) rows: Vec<Vec<String>>,
    /// Which columns of the table are shown, in order.
    pub(in crate::render) shown: Vec<usize>,
    /// Titles of the columns that had no room.
    pub(in crate::render) left_out: Vec<String>,
}

impl Grid {
    /// Lays `table` out in `width` columns: words are cut with `…`, figures never; what still has no room is left out,
    /// pictures first, but never the first column.
    pub(in crate::render) fn new(table: &Table, width: usize) -> Self {
        let texts: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        let heads: Vec<String> = table.columns.iter().map(|column| harmless(&column.title)).collect();
        let natural = |index: usize| {
            let cells = texts.iter().filter_map(|row| row.get(index)).map(|text| text.width());
            cells.chain([heads[index].width()]).max().unwrap_or(0)
        };
        let mut shown: Vec<usize> = (0..heads.len()).collect();
        let mut widths: Vec<usize> = shown.iter().map(|index| natural(*index)).collect();
        while !shrink(&mut widths, &shown, table, width) && shown.len() > 1 {
            // A picture says least without room; then what stands last.
            let picture = shown.iter().rposition(|index| is_picture(table, *index) && *index > 0);
            shown.remove(picture.unwrap_or(shown.len() - 1));
            widths = shown.iter().map(|index| natural(*index)).collect();
        }
        let fit = |text: &str, at: usize| pad(text, widths[at], table.columns[shown[at]].numeric);
        let line = |texts: &[String]| {
            let cells = shown.iter().enumerate();
            cells.map(|(at, index)| fit(texts.get(*index).map_or("", String::as_str), at)).collect()
        };
        let left_out = (0..heads.len()).filter(|index| !shown.contains(index));
        let left_out = left_out.map(|index| heads[index].clone()).collect();
        Self { head: line(&heads), rows: texts.iter().map(|row| line(row)).collect(), shown, left_out }
    }
}

/// Makes the widest columns of words narrower until all fit into `width`; whether they do.
fn shrink(widths: &mut [usize], shown: &[usize], table: &Table, width: usize) -> bool {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    let only = widths.len() == 1;
    let least = |at: usize| if at == 0 { FIRST_WIDTH_MIN } else { WORDS_WIDTH_MIN };
    while widths.iter().sum::<usize>() + gaps > width {
        let may_shrink = |at: usize, size: usize| {
            let column = shown[at];
            let words = !table.columns[column].numeric && !is_picture(table, column);
            (only && size > 1) || (words && size > least(at))
        };
        let words = widths.iter().enumerate().filter(|(at, size)| may_shrink(*at, **size));
        let Some((widest, _)) = words.max_by_key(|(_, size)| **size) else { return false };
        widths[widest] -= 1;
    }
    true
}

/// Whether a column holds sparklines: a part of one would be another picture.
fn is_picture(table: &Table, column: usize) -> bool {
    table.rows.iter().any(|row| matches!(row.get(column), Some(Cell::Spark(_))))
}

/// Whether a table is a list of terms and words about them, as of commands: two columns, or more than fit into `width`.
/// In columns its sentences would be cut.
pub(in crate::render) fn is_list(table: &Table, width: usize) -> bool {
    let wordy = |cell: &Cell| match cell {
        Cell::Text(_) | Cell::Nothing | Cell::Link { .. } => true,
        Cell::Fact(_) | Cell::Change(..) | Cell::Band(_) | Cell::Status(_) | Cell::Spark(_) => false,
    };
    let natural = |row: &Vec<Cell>| row.iter().map(|one| cell(one).width() + GAP.len()).sum::<usize>();
    let wide = || table.rows.iter().map(natural).max().unwrap_or(0) > width.saturating_add(GAP.len());
    let wordy = table.rows.iter().all(|row| row.iter().all(wordy));
    wordy && (table.columns.len() == 2 || (table.columns.len() > 2 && wide()))
}

/// A cell as plain text.
pub(in crate::render) fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => "–".into(),
        Cell::Text(text) | Cell::Link { text, .. } => harmless(text),
        Cell::Fact(fact) => fact.value.short(),
        Cell::Change(fact, _) => format!("{} {}", arrow(&fact.value), fact.value.short()),
        Cell::Band(one) => band(*one),
        Cell::Status(one) => status(*one),
        Cell::Spark(values) => spark(values),
    }
}

/// `text` in exactly `width` columns: cut or padded; figures stand at the right.
pub(in crate::render) fn pad(text: &str, width: usize, right: bool) -> String {
    let cut = cut(text, width);
    let blanks = " ".repeat(width.saturating_sub(cut.width()));
    let text = isolated(&cut);
    if right { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
}

/// `text` in at most `width` columns, with `…` where something is missing.
pub(in crate::render) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if kept.width() + 1 > width {
            kept.pop();
            break;
        }
    }
    let kept = kept.trim_end();
    if width == 0 { String::new() } else { format!("{kept}…") }
}

/// `text` in at most `chars` characters, cut between words where there are any, with `…` where something is missing.
pub fn clip(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars.saturating_sub(1)).collect();
    let whole = if text[kept.len()..].starts_with(' ') {
        kept.as_str()
    } else {
        kept.rsplit_once(' ').map_or("", |(words, _)| words)
    };
    // A single word longer than all the room there is can only be broken.
    let whole = if whole.trim().is_empty() { kept.as_str() } else { whole };
    format!("{}…", whole.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Column;

    fn table(rows: &[[&str; 3]]) -> Table {
        Table {
            title: "t".into(),
            columns: vec![Column::words("Name"), Column::figures("Calls"), Column::words("Note")],
            rows: rows
                .iter()
                .map(|row| row.iter().map(|text| Cell::Text((*text).into())).collect())
                .collect(),
            more: 0,
        }
    }

    #[track_caller]
    fn check(rows: &[[&str; 3]], width: usize, shown: &[&str]) {
        let grid = Grid::new(&table(rows), width);
        let lines: Vec<String> =
            std::iter::once(&grid.head).chain(&grid.rows).map(|cells| cells.join(GAP)).collect();
        assert_eq!(lines, shown);
        assert!(lines.iter().all(|line| line.width() <= width && line.width() == lines[0].width()));
    }

    #[test]
    fn figures_stand_at_the_right_and_wide_letters_count_twice() {
        check(
            &[["日本", "7", "x"], ["ab", "1,000", "y"]],
            40,
            &["Name  Calls  Note", "日本      7  x   ", "ab    1,000  y   "],
        );
    }

    #[test]
    fn words_are_cut_before_columns_are_left_out() {
        let rows = [["a name of some length", "123", "and a note beside it"]];
        check(
            &rows,
            40,
            &["Name                Calls  Note         ", "a name of some le…    123  and a note b…"],
        );
        check(&rows, 25, &["Name                Calls", "a name of some le…    123"]);
        check(&rows, 6, &["Name  ", "a nam…"]);
    }

    #[test]
    fn text_is_cut_between_words() {
        assert_eq!(clip("one two three", 13), "one two three");
        assert_eq!(clip("one two three", 10), "one two…");
        assert_eq!(clip("one two three", 8), "one two…");
        assert_eq!(clip("onetwothree", 8), "onetwot…");
        assert_eq!(cut("日本電気", 5), "日本…");
        assert_eq!(cut("ab", 0), "");
    }
}
