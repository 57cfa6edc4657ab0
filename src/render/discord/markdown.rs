//! Text for Discord's Markdown: nothing that comes from outside can format, link, ping or hide.
//!
//! Invariant: each function returns a piece that may stand anywhere and must not be cut.

use crate::domain::Fact;
use crate::reply::Prose;
use crate::reply::Span;

use crate::render::words;

use super::limits::LINK_CHARS_MAX;
use super::room::chars;

/// Longest text from outside inside a sentence; a longer one ends with `…` and is whole in the dashboard.
const OUTSIDE_CHARS_MAX: usize = 300;
/// Invisible, and enough to keep `@` from being a mention and backticks from being a fence.
const NOTHING: char = '\u{200b}';

/// Text from outside: harmless, isolated, escaped, and not too long.
pub(super) fn outside(text: &str) -> String {
    escape(&words::isolated(&words::clip(&words::harmless(text), OUTSIDE_CHARS_MAX)))
}

/// Text whose every character is shown as it is.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut last = None;
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let special = match c {
            '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' | '<' => true,
            '(' => last == Some(']'),
            ':' => rest.starts_with('/') || begins_emoji(rest),
            // What stands before may end in a colon.
            '/' => last.is_none() && rest.starts_with('/'),
            // Headings, lists, quotes and small print are such only where a line begins.
            '#' | '>' => text[..at].trim().is_empty(),
            '-' | '+' => text[..at].trim().is_empty() && ends_mark(rest),
            '.' | ')' => is_number(text[..at].trim()) && ends_mark(rest),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
        if c == '@' {
            out.push(NOTHING);
        }
        last = Some(c);
    }
    out
}

/// Whether `rest`, after a colon, goes on as the code of an emoji: `smile:`.
fn begins_emoji(rest: &str) -> bool {
    let word: &str = &rest[..rest.find(':').unwrap_or(0)];
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_+-".contains(c))
}

/// Whether what is before `rest` may be the mark of a list or of small print.
fn ends_mark(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([' ', '#', '\u{a0}'])
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Something to type, in the letters of code.
pub(super) fn code(text: &str) -> String {
    let text = words::harmless(text).replace('`', "ʼ").replace('@', "@\u{200b}");
    if text.is_empty() { text } else { format!("`{text}`") }
}

/// Lines in the letters of code, as they are aligned.
pub(super) fn fence(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| unfenced(line)).collect();
    format!("```\n{}\n```", lines.join("\n"))
}

/// A line that cannot end a fence or ping; as wide as before, since what is put in has no width.
pub(super) fn unfenced(line: &str) -> String {
    line.trim_end().replace('`', "`\u{200b}").replace('@', "@\u{200b}")
}

/// A figure in bold; it leads to its receipt when `receipts` says where the dashboard is.
pub(super) fn figure(fact: &Fact, receipts: Option<&str>) -> String {
    let bold = format!("**{}**", escape(&fact.value.short()));
    linked(bold, fact, receipts)
}

/// A change with its arrow.
pub(super) fn change(fact: &Fact, receipts: Option<&str>) -> String {
    let text = format!("{} {}", words::arrow(&fact.value), escape(&fact.value.short()));
    linked(text, fact, receipts)
}

/// A link to the receipt; without one when its address would fill the message, as with very long endpoint names.
fn linked(text: String, fact: &Fact, receipts: Option<&str>) -> String {
    match words::link(receipts, &fact.key.path()) {
        Some(url) if chars(&url) <= LINK_CHARS_MAX => format!("[{text}]({url})"),
        _ => text,
    }
}

/// Prose as pieces that must not be cut; each but the first begins with the blank before it, if there is one.
pub(super) fn pieces(prose: &Prose, receipts: Option<&str>) -> Vec<String> {
    let mut pieces = Vec::new();
    for span in &prose.0 {
        match span {
            Span::Plain(text) => pieces.extend(plain_words(text)),
            Span::Outside(text) | Span::Person { name: text, .. } => pieces.push(outside(text)),
            Span::Code(text) => pieces.push(code(text)),
            Span::Fact(fact) => pieces.push(figure(fact, receipts)),
        }
    }
    pieces
}

/// Our own words, one by one, with the blank before each; nothing that looks like Markdown is taken for it.
fn plain_words(text: &str) -> Vec<String> {
    let escaped = escape(&words::tamed(text));
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, _) in escaped.match_indices(' ') {
        if at > start {
            pieces.push(escaped[start..at].to_owned());
            start = at;
        }
    }
    pieces.push(escaped[start..].to_owned());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, shown: &str) {
        assert_eq!(outside(text), shown);
    }

    #[test]
    fn outside_text_is_shown_as_it_is() {
        check("Acme (EU) Ltd. – 50 % off, 14:00", "Acme (EU) Ltd. – 50 % off, 14:00");
        check("m-large-000", "m-large-000");
        check("snake_case *bold* ~~gone~~ ||spoiler||", r"snake\_case \*bold\* \~\~gone\~\~ \|\|spoiler\|\|");
        check("@everyone <@1> <#2> </a:1>", "@\u{200b}everyone \\<@\u{200b}1> \\<#2> \\</a:1>");
        check("[x](https://evil.example)", r"\[x\]\(https\://evil.example)");
        check("see https://evil.example", r"see https\://evil.example");
        check("//evil.example", r"\//evil.example");
        check(":smile: <a:b:1> 1:2", r"\:smile: \<a\:b:1> 1:2");
        check("# big", r"\# big");
        check("-# small", r"\-# small");
        check("> said", r"\> said");
        check("1. one", r"1\. one");
        check("12.4 k", "12.4 k");
        check("-5", "-5");
        check("``` x", r"\`\`\` x");
        check(r"a\*b", r"a\\\*b");
        check("two\nlines\u{0}", "two lines");
        check("شركة", "\u{2068}شركة\u{2069}");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code("a`b @here"), "`aʼb @\u{200b}here`");
        assert_eq!(code(""), "");
        assert_eq!(fence(&["a ``` b  ".into(), "c".into()]), "```\na `\u{200b}`\u{200b}`\u{200b} b\nc\n```");
    }

    #[test]
    fn pieces_join_to_the_sentence() {
        let prose = Prose::plain("Calls of ").outside("a b").and(", more. ").code("x y").and(".");
        assert_eq!(pieces(&prose, None), ["Calls", " of", " ", "a b", ",", " more.", " ", "`x y`", "."]);
    }
}
