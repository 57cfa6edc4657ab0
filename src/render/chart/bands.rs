//! A portfolio at a glance: how many accounts are in each band, and the ones with the lowest scores.

use crate::reply::{BandSlice, BandsChart, Bar};

use super::font::Weight;
use super::legend;
use super::scene::{Anchor, Label, Scene};
use super::signs;

/// Apart from its neighbours, in units.
const GAP: f64 = 5.0;

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, chart: &BandsChart) {
    let frame = scene.frame;
    let top = legend::heading(scene, &chart.title, &chart.subtitle, None) + 14.0;
    let height = if frame.is_wide() { 34.0 } else { 44.0 };
    segments(scene, &chart.bands, top, height);
    let below = tiles(scene, &chart.bands, top + height);
    if frame.is_wide() {
        if !frame.headed {
            let rows = 38.0 * chart.worst.len() as f64;
            scene.stretch(if rows > 0.0 { below + 62.0 + frame.small * 0.9 + rows } else { below + 12.0 });
        }
        list(scene, &chart.worst, below + 40.0, scene.frame.height - 22.0);
    } else {
        let step = frame.body * 2.9;
        let top = below + 66.0;
        scene.frame.height = top + frame.small * 1.2 + step * chart.worst.len() as f64 + 10.0;
        list(scene, &chart.worst, top, scene.frame.height);
    }
}

fn count(slice: &BandSlice) -> f64 {
    slice.accounts.value.as_f64().filter(|count| count.is_finite()).map_or(0.0, |count| count.max(0.0))
}

/// One bar of all accounts, cut by band; a band with any account can be seen.
fn segments(scene: &mut Scene, bands: &[BandSlice], y: f64, height: f64) {
    let frame = scene.frame;
    let total: f64 = bands.iter().map(count).sum();
    let shown = bands.iter().filter(|slice| count(slice) > 0.0).count();
    if shown == 0 {
        scene.outline(frame.margin, y, frame.inner(), height, "c-hollow");
        let label = Label::new(
            frame.width / 2.0,
            y + height / 2.0 + frame.small * 0.36,
            frame.small,
            "No accounts are judged yet",
        );
        scene.label(label.anchor(Anchor::Middle));
        return;
    }
    let least = height * 0.5;
    // What the smallest need beyond their share is taken from the room that is shared out.
    let room = frame.inner() - GAP * (shown - 1) as f64 - least * shown as f64;
    let mut x = frame.margin;
    for slice in bands.iter().filter(|slice| count(slice) > 0.0) {
        let width = least + room * count(slice) / total;
        scene.bar(x, y, width, height, signs::band_fill(slice.band));
        x += width + GAP;
    }
}

/// Count, sign and word of each band side by side; gives the height of their lower end.
fn tiles(scene: &mut Scene, bands: &[BandSlice], top: f64) -> f64 {
    let frame = scene.frame;
    let y = top + frame.title * 1.55;
    let step = frame.inner() / bands.len().max(1) as f64;
    for (index, slice) in bands.iter().enumerate() {
        let x = frame.margin + step * index as f64;
        let radius = frame.body * 0.46;
        signs::band(scene, slice.band, x + radius * 1.2, y - frame.title * 0.36, radius);
        let number = slice.accounts.value.short();
        let after = x + radius * 2.4 + frame.body * 0.5;
        let label = Label::new(after, y, frame.title, &number).class("c-text").weight(Weight::SemiBold);
        let room = x + step - after - 8.0;
        let label = label.within(room);
        let end = after + label.width() + frame.body * 0.4;
        scene.label(label);
        let word = Label::new(end, y, frame.body, slice.band.word()).class(signs::band_text(slice.band));
        scene.label(word.weight(Weight::Medium).within(x + step - end - 8.0));
    }
    if bands.is_empty() { top } else { y }
}

/// The accounts with the lowest scores, as many as there is room for.
fn list(scene: &mut Scene, worst: &[Bar], top: f64, bottom: f64) {
    let frame = scene.frame;
    if worst.is_empty() {
        return;
    }
    scene.label(Label::new(frame.margin, top, frame.small, "Lowest scores").weight(Weight::Medium));
    if worst.iter().any(|bar| bar.aside.is_some()) {
        let label = Label::new(frame.right(), top, frame.small, "change of calls").anchor(Anchor::End);
        scene.label(label.within(frame.inner() / 2.0));
    }
    let top = top + frame.small * 0.9;
    let least = if frame.is_wide() { 36.0 } else { frame.body * 2.9 };
    let fits = ((bottom - top) / least).floor().max(1.0) as usize;
    let shown = worst.len().min(fits);
    let step = ((bottom - top) / shown as f64).min(least * 1.2);
    let full = worst.iter().map(|bar| bar.length).filter(|length| length.is_finite()).fold(100.0, f64::max);
    let change_width =
        |bar: &Bar| bar.aside.as_ref().map_or(0.0, |change| legend::marked_change_width(change, frame.small));
    let aside = worst.iter().map(change_width).fold(0.0, f64::max);
    let shown_to = if worst.len() > shown { shown - 1 } else { shown };
    for (index, bar) in worst.iter().take(shown_to).enumerate() {
        let y = top + step * (index as f64 + 0.5);
        if frame.is_wide() { row(scene, bar, y, full) } else { tall_row(scene, bar, y, full, aside) }
    }
    if worst.len() > shown_to {
        let words = format!("+ {} more", worst.len() - shown_to);
        let y = top + step * (shown_to as f64 + 0.5) + frame.small * 0.36;
        scene.label(Label::new(frame.margin, y, frame.small, &words));
    }
}

fn part(bar: &Bar, full: f64) -> f64 {
    if bar.length.is_finite() { (bar.length / full).clamp(0.0, 1.0) } else { 0.0 }
}

fn row(scene: &mut Scene, bar: &Bar, y: f64, full: f64) {
    let frame = scene.frame;
    let base = y + frame.body * 0.36;
    let mut left = frame.margin;
    if let Some(band) = bar.band {
        signs::band(scene, band, left + 9.0, y, 7.5);
    }
    left += 28.0;
    let bar_left = 460.0;
    let bar_width = frame.right() - bar_left - 260.0;
    scene.label(Label::new(left, base, frame.body, &bar.name).class("c-text").within(bar_left - left - 24.0));
    scale(scene, bar, bar_left, y - 6.0, bar_width, 12.0, full);
    let after = bar_left + bar_width + 18.0;
    let score = Label::new(after, base, frame.body, &bar.fact.value.short());
    scene.label(score.class("c-text").weight(Weight::SemiBold).within(80.0));
    change(scene, bar, base);
}

fn tall_row(scene: &mut Scene, bar: &Bar, y: f64, full: f64, aside: f64) {
    let frame = scene.frame;
    let base = y - 4.0;
    let mut left = frame.margin;
    if let Some(band) = bar.band {
        signs::band(scene, band, left + 12.0, base - frame.body * 0.36, 11.0);
    }
    left += 38.0;
    change(scene, bar, base);
    let score = Label::new(frame.right() - aside - 24.0, base, frame.body, &bar.fact.value.short());
    let score = score.class("c-text").weight(Weight::SemiBold).anchor(Anchor::End).within(110.0);
    let room = score.extent().0 - left - 16.0;
    scene.label(score);
    scene.label(Label::new(left, base, frame.body, &bar.name).class("c-text").within(room));
    scale(scene, bar, left, base + 12.0, frame.right() - left, 12.0, full);
}

fn scale(scene: &mut Scene, bar: &Bar, x: f64, y: f64, width: f64, height: f64, full: f64) {
    scene.bar(x, y, width, height, "c-track");
    let part = part(bar, full);
    if part > 0.0 {
        let class = bar.band.map_or("c-series-1", signs::band_fill);
        scene.bar(x, y, (width * part).max(height), height, class);
    }
}

/// The change of calls at the right edge.
fn change(scene: &mut Scene, bar: &Bar, base: f64) {
    let frame = scene.frame;
    let Some(change) = &bar.aside else { return };
    let x = frame.right() - legend::marked_change_width(change, frame.small);
    legend::marked_change(scene, x, base, frame.small, change, legend::tone(change, Some(true)));
}
