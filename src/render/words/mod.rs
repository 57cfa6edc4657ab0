//! Words that all printers share: dates, arrows, signs, links, and outside text made harmless to show.

mod grid;

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::Band;
use crate::domain::Fact;
use crate::domain::Grain;
use crate::domain::InitiativeStatus;
use crate::domain::Quantity;
use crate::reply::AsOf;
use crate::reply::Prose;
use crate::reply::Span;
use crate::reply::Tone;

pub use grid::clip;
pub(super) use grid::{GAP, Grid, cell, cut, is_list, pad};

/// `22 Nov 2026 14:00 UTC`.
#[must_use]
pub fn instant(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y %H:%M UTC").to_string()
}

/// `22 Nov 2026`.
#[must_use]
pub fn day(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// The begin of a bucket as an axis shows it: `22 Nov`, `22 Nov 14:00`, `Nov 2026`.
#[must_use]
pub fn bucket(at: Timestamp, grain: Grain) -> String {
    let form = match grain {
        Grain::Hour => "%-d %b %H:%M",
        Grain::Day | Grain::Week => "%-d %b",
        Grain::Month => "%b %Y",
    };
    at.to_zoned(TimeZone::UTC).strftime(form).to_string()
}

/// `as of 22 Nov 2026 14:00 UTC · data version 12`, or `no data yet`.
#[must_use]
pub fn as_of(as_of: AsOf) -> String {
    match as_of.data_until {
        Some(until) => format!("as of {} · data version {}", instant(until), as_of.version),
        None => "no data yet".into(),
    }
}

/// Prose as text without any markup; figures in their short form, outside text as it is.
#[must_use]
pub fn plain(prose: &Prose) -> String {
    let piece = |span: &Span| match span {
        Span::Plain(words) | Span::Outside(words) | Span::Code(words) | Span::Person { name: words, .. } => {
            words.clone()
        }
        Span::Fact(fact) => fact.value.short(),
    };
    prose.0.iter().map(piece).collect()
}

/// ▲ for more, ▼ for less, • for the same or nothing to compare with.
#[must_use]
pub fn arrow(change: &Quantity) -> &'static str {
    match direction(change) {
        Ordering::Greater => "▲",
        Ordering::Less => "▼",
        Ordering::Equal => "•",
    }
}

/// Whether a difference is one to more or to less; what reads as zero is neither.
#[must_use]
pub fn direction(change: &Quantity) -> Ordering {
    let least = match change {
        Quantity::Change(_) => 0.000_5,
        Quantity::Points(_) => 0.05,
        Quantity::Calls(_)
        | Quantity::Errors(_)
        | Quantity::Tokens(_)
        | Quantity::Money(..)
        | Quantity::Accounts(_)
        | Quantity::Initiatives(_)
        | Quantity::Share(_)
        | Quantity::Score(_)
        | Quantity::Days(_)
        | Quantity::Number(_) => 0.0,
    };
    match change.as_f64() {
        Some(size) if size.abs() >= least => size.partial_cmp(&0.0).unwrap_or(Ordering::Equal),
        _ => Ordering::Equal,
    }
}

/// A figure as it stands at the end of a bar or in a line: a difference carries its arrow.
#[must_use]
pub fn figure(value: &Quantity) -> String {
    match value {
        Quantity::Change(_) | Quantity::Points(_) => format!("{} {}", arrow(value), value.short()),
        Quantity::Calls(_)
        | Quantity::Errors(_)
        | Quantity::Tokens(_)
        | Quantity::Money(..)
        | Quantity::Accounts(_)
        | Quantity::Initiatives(_)
        | Quantity::Share(_)
        | Quantity::Score(_)
        | Quantity::Days(_)
        | Quantity::Number(_) => value.short(),
    }
}

/// Whether a change is what one hopes for.
#[must_use]
pub fn tone(change: &Fact, more_is_good: Option<bool>) -> Tone {
    match (more_is_good, direction(&change.value)) {
        (None, _) | (_, Ordering::Equal) => Tone::Neutral,
        (Some(good), way) if good == way.is_gt() => Tone::Good,
        (Some(_), _) => Tone::Bad,
    }
}

/// What a tone is called on the wire and in style sheets.
#[must_use]
pub fn tone_word(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Neutral => "neutral",
        Tone::Bad => "bad",
    }
}

/// A score or a part of one with one decimal, so that the parts of a change can be added up: `67.2`, `−3.2`.
#[must_use]
pub fn tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    if text == "-0.0" { "0.0".into() } else { text.replace('-', "−") }
}

/// A difference of scores with its sign: `+1.8`, `−3.2`, `0.0`.
#[must_use]
pub fn signed_tenths(value: f64) -> String {
    let text = tenths(value);
    if text == "0.0" || text.starts_with('−') { text } else { format!("+{text}") }
}

/// A band with a sign that can be told apart without colour: `● healthy`, `◆ watch`, `▼ at risk`.
#[must_use]
pub fn band(band: Band) -> String {
    let sign = match band {
        Band::Healthy => "●",
        Band::Watch => "◆",
        Band::AtRisk => "▼",
    };
    format!("{sign} {band}")
}

/// A status with its sign: `▶ active`.
#[must_use]
pub fn status(status: InitiativeStatus) -> String {
    let sign = match status {
        InitiativeStatus::Planned => "○",
        InitiativeStatus::Active => "▶",
        InitiativeStatus::Blocked => "■",
        InitiativeStatus::Done => "✓",
        InitiativeStatus::Cancelled => "×",
    };
    format!("{sign} {status}")
}

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A line of blocks, one for each value, from zero (or the lowest, when that is below zero) to the highest.
/// What is not a number is a blank.
#[must_use]
pub fn spark(values: &[f64]) -> String {
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let low = known().fold(0.0, f64::min);
    let high = known().fold(low, f64::max);
    let level = |value: f64| {
        if !value.is_finite() {
            return ' ';
        }
        let part = if high > low { (value - low) / (high - low) } else { 0.0 };
        // From 0 to 7: the part lies in 0..=1.
        LEVELS[(part * 7.0).round() as usize]
    };
    values.iter().map(|value| level(*value)).collect()
}

/// Outside text on one line: without escape sequences, control characters, and characters that reorder or hide text.
#[must_use]
pub fn harmless(text: &str) -> String {
    tamed(text).trim().to_owned()
}

/// As [`harmless`], with a blank at either end if there was one: for a piece of a sentence.
pub(super) fn tamed(text: &str) -> String {
    let without_escapes = anstream::adapter::strip_str(text).to_string();
    let mut out = String::with_capacity(without_escapes.len());
    for c in without_escapes.chars() {
        if c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}') {
            // Many blanks in a row would push what follows out of sight.
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !(c.is_control() || hides(c)) {
            out.push(c);
        }
    }
    out
}

/// Format characters that reorder (bidi) or hide text; joiners stay, since scripts and emoji need them.
fn hides(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Harmless text, fenced off so that its direction of writing does not reorder what stands around it.
///
/// Only text that has a right-to-left letter gets the invisible marks: elsewhere they change nothing but what a
/// reader copies.
#[must_use]
pub fn isolated(text: &str) -> String {
    let text = harmless(text);
    if text.chars().any(right_to_left) { format!("\u{2068}{text}\u{2069}") } else { text }
}

/// The blocks that Unicode keeps for scripts written from right to left.
fn right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

/// Everything that may end a link early in a sentence, in Markdown or in a terminal.
const NOT_IN_LINKS: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b']')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'*');

/// The address of a page of the dashboard; `None` when there is no public URL, or one that chat would refuse.
#[must_use]
pub fn link(public_url: Option<&str>, path: &str) -> Option<String> {
    let base = public_url?.trim_end_matches('/');
    let known = base.starts_with("https://") || base.starts_with("http://");
    let odd = base.chars().any(|c| c.is_whitespace() || c.is_control());
    if !known || odd || !path.starts_with('/') {
        return None;
    }
    Some(format!("{base}{}", percent_encoding::utf8_percent_encode(path, NOT_IN_LINKS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        let at: Timestamp = "2026-11-02T14:05:00Z".parse().unwrap();
        assert_eq!(instant(at), "2 Nov 2026 14:05 UTC");
        assert_eq!(day(jiff::civil::date(2026, 3, 9)), "9 Mar 2026");
        assert_eq!(bucket(at, Grain::Hour), "2 Nov 14:05");
        assert_eq!(
            as_of(AsOf { data_until: Some(at), version: 12 }),
            "as of 2 Nov 2026 14:05 UTC · data version 12"
        );
        assert_eq!(as_of(AsOf { data_until: None, version: 0 }), "no data yet");
    }

    #[test]
    fn parts_of_a_score_have_one_decimal_and_a_sign() {
        assert_eq!([-3.24, 1.75, 0.0, -0.04].map(signed_tenths), ["−3.2", "+1.8", "0.0", "0.0"]);
        assert_eq!(tenths(67.0), "67.0");
    }

    #[test]
    fn a_spark_starts_at_zero_and_leaves_gaps() {
        assert_eq!(spark(&[0.0, 7.0, 3.5]), "▁█▅");
        assert_eq!(spark(&[f64::NAN, 1.0]), " █");
        assert_eq!(spark(&[0.0, 0.0]), "▁▁");
        assert_eq!(spark(&[-1.0, 0.0, 1.0]), "▁▅█");
        assert_eq!(spark(&[]), "");
    }

    #[track_caller]
    fn check_harmless(text: &str, shown: &str) {
        assert_eq!(isolated(text), shown);
    }

    #[test]
    fn outside_text_cannot_steer_a_terminal_or_reorder_a_line() {
        check_harmless("Acme", "Acme");
        check_harmless("\u{1b}[31mred\u{1b}[0m\u{7}", "red");
        check_harmless("a\r\n\tb", "a b");
        check_harmless("evil\u{202e}gnp.exe\u{2069}", "evilgnp.exe");
        check_harmless("عربي", "\u{2068}عربي\u{2069}");
        check_harmless("👩‍💻", "👩‍💻");
        check_harmless("  ", "");
    }

    #[test]
    fn links_are_http_and_end_where_they_should() {
        assert_eq!(
            link(Some("https://etsm.example/"), "/a?b=(c d)").as_deref(),
            Some("https://etsm.example/a?b=%28c%20d%29")
        );
        assert_eq!(link(Some("http://localhost:8080"), "/").as_deref(), Some("http://localhost:8080/"));
        assert_eq!(link(Some("javascript:alert(1)"), "/a"), None);
        assert_eq!(
            link(Some("https://etsm.example"), "//evil.example").as_deref(),
            Some("https://etsm.example//evil.example")
        );
        assert_eq!(link(Some("https://etsm.example"), "@evil.example"), None);
        assert_eq!(link(None, "/a"), None);
    }
}
