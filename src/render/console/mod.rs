//! Answers for a terminal: aligned, as wide as the screen, colour only where it is shown.
//!
//! Invariant: no line is wider than the screen, and no text from outside can steer the terminal.

mod bars;
mod blocks;
mod corridor;
mod paint;
mod scores;
mod series;
mod steps;

use crate::problem::Problem;
use crate::render::words;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::ChartSpec;

use paint::Paint;

/// How the reader's terminal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are shown.
    pub color: bool,
    /// Columns of the screen.
    pub width: usize,
    /// How links begin; without it there are none.
    pub public_url: Option<String>,
}

/// Narrower screens are treated as this wide: nothing readable fits into less.
const WIDTH_MIN: usize = 32;
/// Longest line of a sentence; longer ones are hard to read.
const PROSE_WIDTH_MAX: usize = 100;
/// Longest line of tables and charts.
const WIDTH_MAX: usize = 160;

/// What the blocks of one answer are written with.
#[derive(Debug, Clone, Copy)]
struct Page {
    paint: Paint,
    width: usize,
    /// Whether there is a page in the dashboard to look for more.
    dashboard: bool,
}

impl Page {
    fn prose_width(self) -> usize {
        self.width.min(PROSE_WIDTH_MAX)
    }
}

/// An answer as lines, each ended by a line break.
#[must_use]
pub fn answer(answer: &Answer, style: &Style) -> String {
    let link = answer.path.as_deref().and_then(|path| words::link(style.public_url.as_deref(), path));
    let page = Page {
        paint: Paint { color: style.color },
        width: style.width.clamp(WIDTH_MIN, WIDTH_MAX),
        dashboard: link.is_some(),
    };
    let title = words::isolated(&words::cut(&words::harmless(&answer.title), page.width));
    let mut parts = vec![vec![page.paint.bold(&title)]];
    for (at, block) in answer.blocks.iter().enumerate() {
        let lines = match block {
            Block::Text(prose) => paint::wrapped(prose, page.prose_width(), page.paint),
            Block::Facts(lines) => blocks::facts(lines, page),
            Block::Table(table) => blocks::table(table, page),
            Block::Chart(spec) => chart(spec, &answer.title, page),
            Block::Caveat(prose) => blocks::caveat(prose, page),
        };
        // Caveats in a row stand together.
        let together =
            at > 0 && [&answer.blocks[at - 1], block].iter().all(|one| matches!(one, Block::Caveat(_)));
        match parts.last_mut().filter(|_| together) {
            Some(last) => last.extend(lines),
            None => parts.push(lines),
        }
    }
    parts.push(end(answer, link, page));
    parts.push(blocks::next_questions(answer, page));
    parts.retain(|lines| !lines.is_empty());
    let parts: Vec<String> = parts.iter().map(|lines| lines.join("\n")).collect();
    format!("{}\n", parts.join("\n\n"))
}

/// A problem as lines, each ended by a line break.
#[must_use]
pub fn problem(problem: &Problem, style: &Style) -> String {
    let paint = Paint { color: style.color };
    let width = style.width.clamp(WIDTH_MIN, PROSE_WIDTH_MAX);
    let mut out = String::new();
    for (at, line) in paint::wrapped_text(&problem.to_string(), width - 2).iter().enumerate() {
        let sign = if at == 0 { paint.warning("!") } else { " ".into() };
        out.push_str(&format!("{sign} {line}\n"));
    }
    out
}

fn chart(spec: &ChartSpec, above: &str, page: Page) -> Vec<String> {
    let (subtitle, body) = match spec {
        ChartSpec::Series(chart) => (&chart.subtitle, series::lines(chart, page)),
        ChartSpec::Health(chart) => (&chart.subtitle, bars::health(chart, page)),
        ChartSpec::Bands(chart) => (&chart.subtitle, bars::bands(chart, page)),
        ChartSpec::Bars(chart) => (&chart.subtitle, bars::diverging(chart, page)),
        ChartSpec::Timeline(chart) => (&chart.subtitle, bars::timeline(chart, page)),
        ChartSpec::Corridor(chart) => (&chart.subtitle, corridor::lines(chart, page)),
        ChartSpec::Steps(chart) => (&chart.subtitle, steps::lines(chart, page)),
        ChartSpec::Scores(chart) => (&chart.subtitle, scores::lines(chart, page)),
    };
    if body.is_empty() {
        return body;
    }
    let cut = |text: &str| words::isolated(&words::cut(&words::harmless(text), page.width));
    let mut lines = Vec::new();
    // A title that stands above everything already is not said again.
    if spec.title() != above {
        lines.push(page.paint.bold(&cut(spec.title())));
    }
    if !subtitle.is_empty() {
        lines.push(page.paint.dim(&cut(subtitle)));
    }
    lines.extend(body);
    lines
}

/// How fresh it is and where the same figures are; the link is never cut, so that it can be opened.
fn end(answer: &Answer, link: Option<String>, page: Page) -> Vec<String> {
    let mut lines: Vec<String> = paint::wrapped_text(&words::as_of(answer.as_of), page.width);
    for line in &mut lines {
        *line = page.paint.dim(line);
    }
    lines.extend(link);
    lines
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::reply::Prose;
    use crate::reply::Span;
    use unicode_width::UnicodeWidthStr;

    fn shown(given: &Answer, width: usize) -> String {
        answer(given, &Style { color: false, width, public_url: Some(samples::URL.into()) })
    }

    #[track_caller]
    fn check(name: &str, given: &Answer) {
        insta::assert_snapshot!(name, shown(given, 80));
    }

    #[test]
    fn each_answer_reads_well() {
        check("health", &samples::health());
        check("usage", &samples::usage());
        check("portfolio", &samples::portfolio());
        check("movers", &samples::movers());
        check("initiatives", &samples::initiatives());
        check("help", &samples::help());
        check("forecast", &samples::forecast());
        check("anomalies", &samples::anomalies());
        check("why", &samples::why());
        check("scores", &samples::scores());
    }

    #[test]
    fn colours_are_only_added() {
        for given in [
            samples::usage(),
            samples::health(),
            samples::portfolio(),
            samples::initiatives(),
            samples::why(),
            samples::scores(),
        ] {
            let style = Style { color: true, width: 80, public_url: None };
            let painted = answer(&given, &style);
            assert!(painted.contains("\u{1b}["));
            let plain = answer(&given, &Style { color: false, ..style });
            assert_eq!(anstream::adapter::strip_str(&painted).to_string(), plain);
        }
    }

    #[test]
    fn no_line_is_wider_than_the_screen_but_a_link() {
        let mut all = vec![
            samples::usage(),
            samples::health(),
            samples::portfolio(),
            samples::movers(),
            samples::initiatives(),
            samples::help(),
        ];
        all.extend(samples::courses());
        for (given, width) in
            all.iter().flat_map(|given| [24, 40, 57, 80, 120, 500].map(|width| (given, width)))
        {
            for line in shown(given, width).lines().filter(|line| !line.starts_with("https://")) {
                assert!(line.width() <= width.max(WIDTH_MIN), "{width}: {line}");
            }
        }
    }

    #[test]
    fn outside_text_cannot_steer_the_terminal() {
        let evil = "\u{1b}]0;title\u{7}\u{1b}[2Jname\r\n\u{202e}x";
        let mut given = samples::usage();
        given.title = evil.into();
        given.blocks.push(Block::Text(Prose(vec![
            Span::Outside(evil.into()),
            Span::Plain(evil.into()),
            Span::Code(evil.into()),
        ])));
        let text = shown(&given, 80);
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text}");
        assert!(text.starts_with("name x\n"), "{text}");
    }

    #[test]
    fn a_problem_says_what_to_do() {
        let style = Style { color: false, width: 40, public_url: None };
        insta::assert_snapshot!(problem(&samples::problem(), &style), @r"
        ! I know no account called “acmee”. The
          closest one is “acme”.
        ");
    }
}
