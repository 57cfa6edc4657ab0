//! Colours of a terminal, and sentences wrapped to its width.
//!
//! Invariant: text keeps its meaning without colour, and its width on the screen is counted before it is painted.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use crate::domain::Band;
use crate::render::words;
use crate::reply::Prose;
use crate::reply::Span;
use crate::reply::Tone;

/// Paints, or does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    /// Whether the reader's terminal shows colours.
    pub(super) color: bool,
}

impl Paint {
    fn with(self, text: &str, style: Style) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with(text, Style::new().bold())
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.with(text, Style::new().dimmed())
    }

    pub(super) fn code(self, text: &str) -> String {
        self.with(text, AnsiColor::Cyan.on_default())
    }

    pub(super) fn warning(self, text: &str) -> String {
        self.with(text, AnsiColor::Yellow.on_default())
    }

    pub(super) fn tone(self, text: &str, tone: Tone) -> String {
        match tone {
            Tone::Good => self.with(text, AnsiColor::Green.on_default()),
            Tone::Neutral => text.to_owned(),
            Tone::Bad => self.with(text, AnsiColor::Red.on_default()),
        }
    }

    pub(super) fn band(self, text: &str, band: Band) -> String {
        match band {
            Band::AtRisk => self.tone(text, Tone::Bad),
            Band::Watch => self.warning(text),
            Band::Healthy => self.tone(text, Tone::Good),
        }
    }
}

/// A word, which may be of several parts, with its width on the screen.
#[derive(Default)]
struct Word {
    painted: String,
    width: usize,
}

/// Prose in lines of at most `width` columns.
pub(super) fn wrapped(prose: &Prose, width: usize, paint: Paint) -> Vec<String> {
    let mut found = vec![Word::default()];
    for span in &prose.0 {
        let (text, style): (String, fn(Paint, &str) -> String) = match span {
            Span::Plain(text) => (words::tamed(text), |_, part| part.to_owned()),
            Span::Outside(text) | Span::Person { name: text, .. } => {
                (words::isolated(text), |_, part| part.to_owned())
            }
            Span::Code(text) => (format!("`{}`", words::harmless(text)), Paint::code),
            Span::Fact(fact) => (fact.value.short(), Paint::bold),
        };
        // Isolated text is one word: its marks must stay on one line.
        let parts: Vec<&str> =
            if text.contains('\u{2068}') { vec![&text] } else { text.split(' ').collect() };
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                found.push(Word::default());
            }
            let last = found.last_mut().expect("there is one from the start");
            let fitting = words::cut(part, width);
            last.width += fitting.width();
            last.painted.push_str(&style(paint, &fitting));
        }
    }
    lines(found.into_iter().filter(|word| word.width > 0), width)
}

fn lines(found: impl Iterator<Item = Word>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = width;
    for word in found {
        if used + 1 + word.width > width || lines.is_empty() {
            lines.push(word.painted);
            used = word.width;
        } else if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(&word.painted);
            used += 1 + word.width;
        }
    }
    lines
}

/// Our own or outside text in lines of at most `width` columns.
pub(super) fn wrapped_text(text: &str, width: usize) -> Vec<String> {
    wrapped(&Prose::default().outside(text), width, Paint { color: false })
}
