//! A score as a gauge, and the factors behind it as bars; a factor without data is hollow and says why.

use crate::domain::Band;
use crate::domain::Fact;
use crate::domain::Quantity;
use crate::reply::{FactorBar, HealthCard};

use super::font;
use super::font::Weight;
use super::legend;
use super::scene::{Anchor, Label, Scene, Short};
use super::signs;

/// A factor's score at or above is drawn as good; only the colour, the number stands beside it.
const STRONG_FROM: f64 = 70.0;
/// A factor's score below is drawn as bad.
const WEAK_BELOW: f64 = 40.0;

/// The gauge begins at eight o'clock and ends at four.
const GAUGE_FROM: f64 = 150.0;
const GAUGE_DEGREES: f64 = 240.0;

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, card: &HealthCard) {
    let frame = scene.frame;
    let top = legend::heading(scene, &card.title, &card.subtitle, None);
    if frame.is_wide() {
        let (top, bottom) = (top + 18.0, frame.height - 28.0);
        gauge(scene, card, 195.0, f64::midpoint(top, bottom) - 16.0, 132.0);
        let left = 430.0;
        let step = ((bottom - top) / card.factors.len().max(1) as f64).min(80.0);
        // Few factors stand in the middle, beside the gauge.
        let used = step * card.factors.len() as f64;
        let first = top + (bottom - top - used) / 2.0;
        for (index, factor) in card.factors.iter().enumerate() {
            row(scene, factor, left, first + step * index as f64, step);
        }
    } else {
        let radius = 132.0;
        gauge(scene, card, frame.width / 2.0, top + 30.0 + radius, radius);
        let first = top + radius * 2.0 + 64.0;
        let step = 128.0;
        for (index, factor) in card.factors.iter().enumerate() {
            tall_row(scene, factor, first + step * index as f64);
        }
        scene.frame.height = first + step * card.factors.len() as f64 + 8.0;
    }
    if card.factors.is_empty() {
        let x = if frame.is_wide() { 800.0 } else { frame.width / 2.0 };
        let y = if frame.is_wide() { frame.height / 2.0 } else { scene.frame.height - 30.0 };
        scene.label(Label::new(x, y, frame.body, "No factors are configured").anchor(Anchor::Middle));
    }
}

fn gauge(scene: &mut Scene, card: &HealthCard, x: f64, y: f64, radius: f64) {
    let stroke = radius * 0.17;
    scene.path(arc(x, y, radius, GAUGE_DEGREES), "c-track-line", stroke);
    let score = card.score.as_ref().and_then(|score| Some((score, part_of_100(score)?)));
    if let Some((score, part)) = score {
        if part > 0.0 {
            let class = card.band.map_or("c-line", signs::band_line);
            scene.path(arc(x, y, radius, GAUGE_DEGREES * part), class, stroke);
        }
        scene.label(
            Label::new(x, y + radius * 0.14, radius * 0.58, &score.value.short())
                .class("c-text")
                .weight(Weight::SemiBold)
                .anchor(Anchor::Middle)
                .within(radius * 1.6),
        );
        scene.label(
            Label::new(x, y + radius * 0.45, scene.frame.body, "of 100")
                .anchor(Anchor::Middle)
                .within(radius * 1.5),
        );
    } else {
        scene.label(
            Label::new(x, y + radius * 0.14, radius * 0.58, "–")
                .weight(Weight::SemiBold)
                .anchor(Anchor::Middle),
        );
    }
    verdict(scene, card.band.filter(|_| score.is_some()), x, y + radius * 0.86);
}

/// The band's sign and word below the gauge.
fn verdict(scene: &mut Scene, band: Option<Band>, x: f64, y: f64) {
    let px = scene.frame.body * 1.15;
    let Some(band) = band else {
        scene.label(
            Label::new(x, y, px, "cannot be judged yet").anchor(Anchor::Middle).weight(Weight::Medium),
        );
        return;
    };
    let width = font::width(band.word(), px, Weight::SemiBold);
    let (radius, gap) = (px * 0.44, px * 0.42);
    let left = x - (width + 2.0 * radius + gap) / 2.0;
    signs::band(scene, band, left + radius, y - px * 0.36, radius);
    scene.label(
        Label::new(left + 2.0 * radius + gap, y, px, band.word())
            .class(signs::band_text(band))
            .weight(Weight::SemiBold),
    );
}

/// A part of the gauge from its begin on.
fn arc(x: f64, y: f64, radius: f64, degrees: f64) -> String {
    let at = |degrees: f64| {
        let angle = degrees.to_radians();
        (Short(x + radius * angle.cos()), Short(y + radius * angle.sin()))
    };
    let (from, to) = (at(GAUGE_FROM), at(GAUGE_FROM + degrees));
    let large = u8::from(degrees > 180.0);
    let r = Short(radius);
    format!("M{} {}A{r} {r} 0 {large} 1 {} {}", from.0, from.1, to.0, to.1)
}

fn part_of_100(score: &Fact) -> Option<f64> {
    score.value.as_f64().filter(|score| score.is_finite()).map(|score| (score / 100.0).clamp(0.0, 1.0))
}

/// Name, bar, score and measurement on one line, the words below.
fn row(scene: &mut Scene, factor: &FactorBar, left: f64, top: f64, step: f64) {
    let frame = scene.frame;
    let right = frame.right();
    let y = top + step / 2.0 - 5.0;
    let bar_left = left + 150.0;
    let bar_width = right - bar_left - 210.0;
    let name = capital(factor.kind.word());
    scene.label(Label::new(left, y, frame.body, &name).class("c-text").weight(Weight::Medium).within(140.0));
    bar(scene, factor, bar_left, y - frame.body * 0.36 - 6.5, bar_width, 13.0);
    let after = bar_left + bar_width + 18.0;
    if let Some(score) = &factor.score {
        scene.label(score_label(after, y, frame.body, score).within(46.0));
        if let Some(measured) = &factor.measured {
            let at = after + 54.0;
            scene.label(Label::new(at, y, frame.small, &worded(measured.value)).within(right - at));
        }
    } else {
        scene.label(Label::new(after, y, frame.small, "left out").within(right - after));
    }
    let below = y + frame.small * 1.45;
    scene.label(Label::new(left, below, frame.small - 1.0, &words_of(factor)).within(right - left));
}

/// For narrow pictures: name and score, the bar below them, then the words.
fn tall_row(scene: &mut Scene, factor: &FactorBar, top: f64) {
    let frame = scene.frame;
    let (left, right) = (frame.margin, frame.right());
    let y = top + frame.body;
    let name = capital(factor.kind.word());
    let half = frame.inner() * 0.45;
    scene.label(Label::new(left, y, frame.body, &name).class("c-text").weight(Weight::Medium).within(half));
    if let Some(score) = &factor.score {
        let score = score_label(right, y, frame.body, score).anchor(Anchor::End).within(80.0);
        let end = right - score.width() - 20.0;
        scene.label(score);
        if let Some(measured) = &factor.measured {
            let label = Label::new(end, y, frame.small, &worded(measured.value)).anchor(Anchor::End);
            scene.label(label.within(end - left - half - 10.0));
        }
    } else {
        scene.label(Label::new(right, y, frame.small, "left out").anchor(Anchor::End).within(half));
    }
    bar(scene, factor, left, y + 13.0, frame.inner(), 16.0);
    let below = y + 29.0 + frame.small * 1.3;
    scene.label(Label::new(left, below, frame.small, &words_of(factor)).within(frame.inner()));
}

fn bar(scene: &mut Scene, factor: &FactorBar, x: f64, y: f64, width: f64, height: f64) {
    let Some(score) = &factor.score else {
        scene.outline(x, y, width, height, "c-hollow");
        return;
    };
    scene.bar(x, y, width, height, "c-track");
    let part = part_of_100(score).unwrap_or(0.0);
    let class = match score.value.as_f64().unwrap_or(0.0) {
        score if score >= STRONG_FROM => "c-good",
        score if score < WEAK_BELOW => "c-bad",
        _ => "c-watch",
    };
    if part > 0.0 {
        // Never shorter than round, so that a score of one still shows.
        scene.bar(x, y, (width * part).max(height), height, class);
    }
}

fn score_label(x: f64, y: f64, px: f64, score: &Fact) -> Label {
    Label::new(x, y, px, &score.value.short()).class("c-text").weight(Weight::SemiBold)
}

/// `weight 30 % · calls fell on most days`.
fn words_of(factor: &FactorBar) -> String {
    let weight = factor.weight.as_ref().filter(|_| factor.score.is_some());
    let weight = weight.map(|weight| format!("weight {}", weight.value.short()));
    let words = Some(factor.words.clone()).filter(|words| !words.trim().is_empty());
    weight.into_iter().chain(words).collect::<Vec<_>>().join(" · ")
}

/// A measurement with its unit, where the short form has none.
fn worded(value: Quantity) -> String {
    match value {
        Quantity::Days(_) | Quantity::Accounts(_) | Quantity::Initiatives(_) => value.exact(),
        Quantity::Calls(_) => format!("{} calls", value.short()),
        Quantity::Errors(_) => format!("{} errors", value.short()),
        Quantity::Tokens(_) => format!("{} tokens", value.short()),
        Quantity::Points(_) => format!("{} points", value.short()),
        Quantity::Money(..)
        | Quantity::Share(_)
        | Quantity::Change(_)
        | Quantity::Score(_)
        | Quantity::Number(_) => value.short(),
    }
}

/// With a capital first letter.
pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
