//! The one table of colours and classes; the style blocks of pictures and the page's style sheet come from it.

use std::fmt::Write as _;

/// Where a picture will be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Palette {
    /// On white, with a style block of its own.
    Light,
    /// On dark, with a style block of its own.
    Dark,
    /// Inside a page: no style block, no style attributes; the page's style sheet colours it.
    Page,
}

/// Name, on light ground, on dark ground. Names that end in `-text` and `ink` reach 4.5 : 1 on `ground`.
const COLOURS: &[(&str, &str, &str)] = &[
    ("ground", "#ffffff", "#12151c"),
    ("ink", "#191d2b", "#e9ebf1"),
    ("muted-text", "#5a6376", "#9ba4b6"),
    ("accent-text", "#3b5bdb", "#8da0fa"),
    ("good-text", "#0a7350", "#41dba8"),
    ("watch-text", "#8a5600", "#ffc078"),
    ("bad-text", "#c92a2a", "#ff9090"),
    ("good", "#12a373", "#35d09b"),
    ("watch", "#f0a020", "#ffb74d"),
    ("bad", "#e03131", "#ff7b7b"),
    ("grid", "#e8eaf0", "#252a36"),
    ("axis", "#bcc2d0", "#414959"),
    ("track", "#eceef4", "#2a2f3c"),
    ("before", "#8a93a6", "#737d92"),
    ("series-1", "#3b5bdb", "#7f95f7"),
    ("series-2", "#22b8cf", "#3bc9db"),
    ("series-3", "#9775fa", "#b197fc"),
    ("series-4", "#e07fb0", "#f0a0c8"),
    ("series-5", "#74b9f5", "#74c0fc"),
    ("series-6", "#9aa2b1", "#8a93a6"),
];

/// Class, then its declarations; `@name` stands for a colour.
const RULES: &[(&str, &str)] = &[
    ("c-ground", "fill:@ground"),
    ("c-text", "fill:@ink"),
    ("c-muted", "fill:@muted-text"),
    ("c-accent-text", "fill:@accent-text"),
    ("c-good-text", "fill:@good-text"),
    ("c-watch-text", "fill:@watch-text"),
    ("c-bad-text", "fill:@bad-text"),
    ("c-on-ink", "fill:@ground"),
    // Clears the lines that run behind a text.
    ("c-halo", "stroke:@ground;stroke-width:5px;stroke-linejoin:round;paint-order:stroke"),
    ("c-medium", "font-weight:500"),
    ("c-semibold", "font-weight:600"),
    ("c-good", "fill:@good"),
    ("c-watch", "fill:@watch"),
    ("c-bad", "fill:@bad"),
    ("c-ink", "fill:@ink"),
    ("c-quiet", "fill:@before"),
    ("c-track", "fill:@track"),
    ("c-hollow", "fill:none;stroke:@before;stroke-dasharray:4 4"),
    ("c-planned", "fill:@ground;stroke:@series-1"),
    ("c-grid", "fill:none;stroke:@grid"),
    ("c-axis", "fill:none;stroke:@axis"),
    ("c-ink-line", "fill:none;stroke:@ink"),
    ("c-sign-line", "fill:none;stroke:@ground;stroke-linecap:round;stroke-linejoin:round"),
    ("c-good-line", "fill:none;stroke:@good;stroke-linecap:round"),
    ("c-watch-line", "fill:none;stroke:@watch;stroke-linecap:round"),
    ("c-bad-line", "fill:none;stroke:@bad;stroke-linecap:round"),
    ("c-track-line", "fill:none;stroke:@track;stroke-linecap:round"),
    ("c-overdue", "fill:none;stroke:@bad;stroke-dasharray:3 5;stroke-linecap:round"),
    ("c-before", "fill:none;stroke:@before;stroke-dasharray:7 6;stroke-linejoin:round"),
    // Over coloured parts grey would drown.
    ("c-before-over", "fill:none;stroke:@ink;stroke-dasharray:7 6;stroke-linejoin:round"),
    ("c-line", "fill:none;stroke:@series-1;stroke-linejoin:round;stroke-linecap:round"),
    (
        "c-line-partial",
        "fill:none;stroke:@series-1;stroke-opacity:.7;stroke-dasharray:2 7;stroke-linejoin:round;stroke-linecap:round",
    ),
    ("c-expected", "fill:none;stroke:@series-1;stroke-dasharray:7 6;stroke-linejoin:round"),
    ("c-band-inner", "fill:@series-1;fill-opacity:.24"),
    ("c-band-outer", "fill:@series-1;fill-opacity:.13"),
    ("c-usual", "fill:@before;fill-opacity:.24"),
    ("c-flag", "fill:none;stroke:@muted-text;stroke-dasharray:3 4"),
    ("c-ring", "fill:@ground;stroke:@ink"),
    ("c-ring-good", "fill:@ground;stroke:@good"),
    ("c-ring-bad", "fill:@ground;stroke:@bad"),
    ("c-by-hand", "fill:none;stroke:@series-1;stroke-dasharray:6 6;stroke-linejoin:round"),
    ("c-level", "fill:none;stroke:@ink;stroke-dasharray:1 6;stroke-linecap:round"),
    ("c-zone-healthy", "fill:@good;fill-opacity:.09"),
    ("c-zone-watch", "fill:@watch;fill-opacity:.09"),
    ("c-zone-at-risk", "fill:@bad;fill-opacity:.09"),
    ("c-dot", "fill:@series-1;stroke:@ground"),
    ("c-dot-partial", "fill:@ground;stroke:@series-1"),
    ("c-fade-top", "stop-color:@series-1;stop-opacity:.24"),
    ("c-fade-end", "stop-color:@series-1;stop-opacity:.02"),
    ("c-faint", "opacity:.4"),
    ("c-series-1", "fill:@series-1"),
    ("c-series-2", "fill:@series-2"),
    ("c-series-3", "fill:@series-3"),
    ("c-series-4", "fill:@series-4"),
    ("c-series-5", "fill:@series-5"),
    ("c-series-6", "fill:@series-6"),
    ("c-seam", "fill:none;stroke:@ground;stroke-linejoin:round"),
    ("c-hit", "fill:transparent"),
    ("c-spark", "fill:none;stroke:@series-1;stroke-linejoin:round;stroke-linecap:round"),
    ("c-spark-dot", "fill:@series-1"),
];

/// Fills of the parts of a stack, first the largest; the last one is for all the rest.
pub(super) const PART_CLASSES: [&str; 6] =
    ["c-series-1", "c-series-2", "c-series-3", "c-series-4", "c-series-5", "c-series-6"];

/// The style block of a picture that brings its own colours; `None` for a page.
pub(super) fn style_block(palette: Palette) -> Option<String> {
    let concrete = |name: &str| {
        let (_, light, dark) = colour(name);
        match palette {
            Palette::Light => Some(light.to_owned()),
            Palette::Dark => Some(dark.to_owned()),
            Palette::Page => None,
        }
    };
    concrete("ground")?;
    let mut css = String::from(".c-chart{font-family:Inter}");
    for (class, rule) in RULES {
        let _ =
            write!(css, "\n.{class}{{{}}}", with_colours(rule, |name| concrete(name).unwrap_or_default()));
    }
    Some(css)
}

/// The style sheet for charts inside pages: `assets/css/charts.css` holds exactly this.
#[must_use]
pub fn page_css() -> String {
    let variables = |pick: fn(&(&str, &str, &str)) -> String, indent: &str| {
        COLOURS
            .iter()
            .fold(String::new(), |css, row| css + indent + "--c-" + row.0 + ": " + &pick(row) + ";\n")
    };
    let light = variables(|row| row.1.to_owned(), "  ");
    let dark = |indent: &str| variables(|row| row.2.to_owned(), indent);
    let mut css = format!(
        "/* Made from src/render/chart/colours.rs, whose test prints it anew; do not edit by hand. */\n\
         :root {{\n{light}}}\n\
         @media screen and (prefers-color-scheme: dark) {{\n  :root:not([data-theme=\"light\"]) {{\n{}  }}\n}}\n\
         @media screen {{\n  [data-theme=\"dark\"] {{\n{}  }}\n}}\n\
         .c-chart {{ display: block; width: 100%; height: auto; font-family: Inter, system-ui, sans-serif; \
         font-variant-numeric: tabular-nums; }}\n\
         .c-tile, .c-compact {{ display: none; }}\n\
         @container (max-width: 52rem) {{ .c-wide {{ display: none; }} .c-tile {{ display: block; }} }}\n\
         @container (max-width: 27rem) {{ .c-tile {{ display: none; }} .c-compact {{ display: block; }} }}\n\
         .c-sparkline {{ display: inline-block; vertical-align: middle; }}\n",
        dark("    "),
        dark("    "),
    );
    for (class, rule) in RULES {
        let rule = with_colours(rule, |name| format!("var(--c-{name})"));
        let _ = writeln!(css, ".{class} {{ {}; }}", rule.replace(';', "; "));
    }
    css
}

fn colour(name: &str) -> (&'static str, &'static str, &'static str) {
    *COLOURS.iter().find(|row| row.0 == name).expect("a rule names a colour of the table, as a test checks")
}

/// `rule` with each `@name` replaced.
fn with_colours(rule: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = rule.split('@');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(';').unwrap_or(part.len());
        out.push_str(&value(&part[..end]));
        out.push_str(&part[end..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(hex: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_can_be_read_on_both_grounds() {
        let ground = colour("ground");
        for row in COLOURS.iter().filter(|row| row.0.ends_with("-text") || row.0 == "ink") {
            assert!(contrast(row.1, ground.1) >= 4.5, "{} on light: {}", row.0, contrast(row.1, ground.1));
            assert!(contrast(row.2, ground.2) >= 4.5, "{} on dark: {}", row.0, contrast(row.2, ground.2));
        }
    }

    #[test]
    fn the_style_sheet_of_the_pages_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/css/charts.css");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == page_css(),
            "write it anew with `cargo run --example charts -- --css > assets/css/charts.css`"
        );
    }

    #[test]
    fn style_blocks_have_colours_and_the_page_has_none() {
        assert!(style_block(Palette::Light).unwrap().contains("\n.c-text{fill:#191d2b}"));
        assert!(style_block(Palette::Dark).unwrap().contains("\n.c-text{fill:#e9ebf1}"));
        assert_eq!(style_block(Palette::Page), None);
    }
}
