//! Draws a sample of each kind of chart, to look at: `cargo run --example charts -- OUTDIR`.
//! With `--css` it prints the style sheet of charts in pages instead.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a tool for people at work; it fails by panicking"
)]

use std::fs;
use std::io::Write as _;
use std::path::Path;

use etsm::domain;
use etsm::render::chart::{self, Palette, Size};
use etsm::reply;

#[path = "../src/render/chart/samples.rs"]
mod samples;

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "charts".to_owned());
    if folder == "--css" {
        std::io::stdout().write_all(chart::page_css().as_bytes()).unwrap();
        return;
    }
    let folder = Path::new(&folder);
    fs::create_dir_all(folder).unwrap();
    let mut page = String::from("<!doctype html><meta charset=utf-8><link rel=stylesheet href=charts.css>");
    for (name, spec) in samples::all() {
        for (shade, palette) in [("light", Palette::Light), ("dark", Palette::Dark)] {
            let began = std::time::Instant::now();
            let png = chart::png(&spec, palette, 1.0).unwrap();
            let took = began.elapsed().as_millis();
            eprintln!("{name}-{shade}: {took} ms, {} kB", png.len() / 1_000);
            fs::write(folder.join(format!("{name}-{shade}.png")), png).unwrap();
        }
        fs::write(folder.join(format!("{name}.svg")), chart::svg(&spec, Palette::Light)).unwrap();
        let compact = chart::png_sized(&spec, Palette::Light, Size::Compact, 1.0).unwrap();
        fs::write(folder.join(format!("{name}-compact.png")), compact).unwrap();
        page.push_str(&chart::page(&spec));
    }
    fs::write(folder.join("page.html"), page).unwrap();
    fs::write(folder.join("charts.css"), chart::page_css()).unwrap();
}
