//! What holds for each picture, whatever is drawn: it is whole, safe, and nothing leaves it.

use std::collections::BTreeSet;

use resvg::usvg::Tree;

use crate::reply::TimelineChart;

use super::*;

const SIZES: [Size; 2] = [Size::Wide, Size::Compact];

/// No text leaves the canvas; and, where `apart`, none covers another.
fn check_boxes(scene: &Scene, apart: bool) -> Result<(), String> {
    let boxes = scene.text_boxes();
    let (width, height) = (scene.frame.width + 0.01, scene.frame.height + 0.01);
    for (index, ([left, top, right, bottom], text)) in boxes.iter().enumerate() {
        if !(*left >= -0.01 && *top >= -0.01 && *right <= width && *bottom <= height) {
            return Err(format!("“{text}” leaves the canvas: {left} {top} {right} {bottom}"));
        }
        for ([l, t, r, b], other) in &boxes[index + 1..] {
            if apart && !(right <= l || r <= left || bottom <= t || b <= top) {
                return Err(format!("“{text}” covers “{other}”"));
            }
        }
    }
    Ok(())
}

/// Each class of a picture.
fn classes(svg: &str) -> BTreeSet<&str> {
    let lists = svg.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next());
    lists.flat_map(str::split_whitespace).collect()
}

/// What holds for any spec.
pub(super) fn check(spec: &ChartSpec) -> Result<(), String> {
    let css = page_css();
    for frame in [Frame::of_page(), Frame::of_tile(), Frame::of_phone()] {
        check_boxes(&lay_out(spec, frame), true).map_err(|wrong| format!("{}: {wrong}", frame.class))?;
    }
    for size in SIZES {
        let scene = lay_out(spec, Frame::of(size));
        check_boxes(&scene, true)?;
        if let (ChartSpec::Timeline(_) | ChartSpec::Steps(_), [first, ..]) =
            (spec, scene.texts_over_bars().as_slice())
        {
            return Err(format!("{size:?}: “{first}” lies over a bar"));
        }
        for palette in [Palette::Light, Palette::Dark, Palette::Page] {
            let svg = svg_sized(spec, palette, size);
            Tree::from_str(&svg, &resvg::usvg::Options::default())
                .map_err(|error| format!("{palette:?} {size:?}: {error}\n{svg}"))?;
            if palette == Palette::Page && (svg.contains("<style") || svg.contains("style=")) {
                return Err("the page's content policy forbids styles inside".into());
            }
            for class in classes(&svg) {
                if !css.contains(&format!("\n.{class} {{")) && !css.contains(&format!(" .{class} {{")) {
                    return Err(format!("the page's style sheet has no class {class}"));
                }
            }
        }
    }
    let alt = alt(spec);
    if alt.encode_utf16().count() > ALT_CHARS_MAX || alt.chars().any(char::is_control) {
        return Err(format!("odd alternative text: {alt}"));
    }
    Ok(())
}

#[test]
fn the_samples_are_whole_and_no_text_covers_another() {
    for (name, spec) in samples::all() {
        check(&spec).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    }
}

#[test]
fn a_picture_has_the_pixels_that_were_asked_for() {
    let spec = ChartSpec::Timeline(samples::timeline(3));
    for (palette, scale, wanted) in [
        (Palette::Light, 1.0, (1200, 630)),
        (Palette::Dark, 0.5, (600, 315)),
        (Palette::Page, f32::NAN, (1200, 630)),
    ] {
        let png = png(&spec, palette, scale).unwrap();
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
        let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert_eq!((side(16), side(20)), wanted);
    }
}

#[test]
fn a_page_cuts_a_wide_timeline_below_its_rows() {
    let spec = ChartSpec::Timeline(samples::timeline(1));
    assert!(svg(&spec, Palette::Page).contains("viewBox=\"0 0 1200 630\""));
    let page = page(&spec);
    let wide = page.split("</svg>").next().unwrap();
    let height = wide.split("viewBox=\"0 0 1280 ").nth(1).unwrap().split('"').next().unwrap();
    assert!((80.0..200.0).contains(&height.parse::<f64>().unwrap()), "{height}");
}

#[test]
fn light_and_dark_differ_and_letters_are_drawn() {
    let named = |title: &str| {
        let chart = TimelineChart { title: title.into(), ..samples::timeline(0) };
        png(&ChartSpec::Timeline(chart), Palette::Light, 0.5).unwrap()
    };
    // A name without any glyph still leaves its mark.
    let (latin, kanji, nothing) = (named("Acme"), named("株式会社"), named(""));
    assert!(latin != nothing && kanji != nothing && latin != kanji);
    let spec = ChartSpec::Timeline(samples::timeline(2));
    assert_ne!(png(&spec, Palette::Light, 0.5).unwrap(), png(&spec, Palette::Dark, 0.5).unwrap());
}

#[test]
fn hostile_words_stay_words() {
    let hostile = "</text><script>alert(1)</script>\u{0}\u{1b}[31m\u{202e}\u{ffff}\"'& ]]>";
    let chart = TimelineChart { title: hostile.into(), description: hostile.into(), ..samples::timeline(1) };
    let svg = page(&ChartSpec::Timeline(chart));
    assert!(!svg.contains("<script") && !svg.contains('\u{202e}') && !svg.contains('\u{1b}'), "{svg}");
    assert!(svg.contains("&#60;script&#62;alert(1)&#60;/script&#62; [31m"), "{svg}");
}

/// The sample of that name for a page.
fn page_sample(name: &str) -> String {
    svg(&samples::named(name), Palette::Page)
}

#[test]
fn each_kind_looks_as_it_did() {
    for name in [
        "series",
        "series-parts",
        "health",
        "bands",
        "bars",
        "timeline",
        "corridor",
        "corridor-usual",
        "steps",
        "scores",
    ] {
        insta::assert_snapshot!(name, page_sample(name));
    }
}

#[test]
fn bars_of_any_length_share_the_room() {
    for length in [5e-324, f64::MIN_POSITIVE, 1e-300, 0.0, f64::MAX] {
        let mut chart = samples::movers();
        for (bar, sign) in chart.bars.iter_mut().zip([1.0, -1.0, 0.5].into_iter().cycle()) {
            bar.length = length * sign;
        }
        assert_eq!(check(&ChartSpec::Bars(chart)), Ok(()), "{length}");
    }
}

#[test]
fn two_thousand_points_become_as_many_as_can_be_seen() {
    assert!(page_sample("series-extreme").len() < 80_000);
}

#[test]
fn a_mark_between_two_points_belongs_to_the_bucket_it_lies_in() {
    let ChartSpec::Corridor(chart) = samples::named("corridor-usual") else { panic!("a corridor") };
    let at = |text: &str| chart.measured_at(text.parse().unwrap()).map(|point| point.at.to_string());
    assert_eq!(at("2026-10-06T17:30:00Z").as_deref(), Some("2026-10-06T00:00:00Z"));
    assert_eq!(at("2026-11-21T23:59:59Z").as_deref(), Some("2026-11-21T00:00:00Z"));
    assert_eq!(at("2026-11-22T00:00:00Z"), None);
    assert_eq!(at("2026-09-12T23:59:59Z"), None);
}

#[test]
fn a_forecast_begins_where_the_line_ends() {
    let svg = page_sample("corridor");
    assert!(svg.contains(">now<") && svg.contains(">commitment reached<") && svg.contains("c-expected"));
    let svg = page_sample("corridor-usual");
    assert!(!svg.contains(">now<") && svg.contains("c-usual") && !svg.contains("c-expected"));
    assert_eq!(svg.matches("c-ring").count(), 6, "five points and their key");
}

#[test]
fn a_score_leaves_gaps_where_there_is_none() {
    let svg = page_sample("scores");
    let lines = svg.matches("\"c-line\"").count();
    assert_eq!((lines, svg.matches("\"c-by-hand\"").count()), (4, 2), "{svg}");
    assert!(page_sample("scores-unjudged").contains("No score could be given yet"));
}
