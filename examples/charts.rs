//! Draws a sample of each kind of chart, to look at: `cargo run --example charts -- OUTDIR`.
//! Serve that folder, as with `python3 -m http.server`, and `page.html` shows them as the dashboard does, with its
//! styles, script and content policy; add `?theme=dark` for the dark one.
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
use etsm::render::html;
use etsm::reply;
use etsm::reply::{Answer, AsOf, Block, ChartSpec};

#[path = "../src/render/chart/samples/mod.rs"]
mod samples;

/// The dashboard's own files that the page needs, from the folder of assets.
const ASSETS: [&str; 6] = [
    "css/base.css",
    "css/parts.css",
    "js/charts.js",
    "fonts/Inter-Regular.woff2",
    "fonts/Inter-Medium.woff2",
    "fonts/Inter-SemiBold.woff2",
];

/// With the dashboard's policy for scripts and styles, so that a chart which breaks it is seen here.
const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8>\
    <meta name=viewport content='width=device-width, initial-scale=1'><title>Charts</title>\
    <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; script-src 'self'; style-src 'self'; \
    font-src 'self'; img-src 'self' data:\"><link rel=stylesheet href=assets/charts.css>\
    <link rel=stylesheet href=assets/base.css><link rel=stylesheet href=assets/parts.css>\
    <script src=assets/theme.js></script><script defer src=assets/charts.js></script><body>";

const THEME: &str = "const theme = new URLSearchParams(location.search).get('theme');\n\
    if (theme) document.documentElement.dataset.theme = theme;\n";

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "charts".to_owned());
    if folder == "--css" {
        std::io::stdout().write_all(chart::page_css().as_bytes()).unwrap();
        return;
    }
    let folder = Path::new(&folder);
    let served = folder.join("assets");
    fs::create_dir_all(&served).unwrap();
    let mut page = HEAD.to_owned();
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
        page.push_str(&format!("<section class=card id={name}>{}</section>", figure(spec)));
    }
    fs::write(folder.join("page.html"), page).unwrap();
    fs::write(served.join("charts.css"), chart::page_css()).unwrap();
    fs::write(served.join("theme.js"), THEME).unwrap();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    for file in ASSETS {
        let name = Path::new(file).file_name().unwrap();
        fs::copy(assets.join(file), served.join(name)).unwrap();
    }
}

/// The chart as a page has it.
fn figure(spec: ChartSpec) -> String {
    let answer = Answer {
        title: spec.title().to_owned(),
        blocks: vec![Block::Chart(spec)],
        as_of: AsOf { data_until: None, version: 0 },
        path: None,
        actions: Vec::new(),
        picks: Vec::new(),
        private: false,
    };
    html::answer_body(&answer, None)
}
