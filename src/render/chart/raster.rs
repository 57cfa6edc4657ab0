//! SVG text becomes a PNG, with the embedded fonts only: the same picture on each machine.

use std::sync::Arc;
use std::sync::OnceLock;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use crate::reply::ChartSpec;

use super::Size;
use super::colours::Palette;
use super::font;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureFailed {
    /// Our own markup could not be read back.
    #[error("the chart's markup could not be read")]
    Markup(#[from] resvg::usvg::Error),
    /// There is no room for the pixels.
    #[error("a picture of {0} × {1} pixels cannot be made")]
    Size(u32, u32),
    /// The pixels could not be written as PNG.
    #[error("the picture could not be encoded: {0}")]
    Encoding(String),
}

/// Scales that make sense: a thumbnail, and print.
const SCALES: std::ops::RangeInclusive<f32> = 0.25..=4.0;

/// The chart as PNG of 1200 × 630 pixels times `scale`; [`Palette::Page`] has no colours of its own and counts as light.
pub fn png(spec: &ChartSpec, palette: Palette, scale: f32) -> Result<Vec<u8>, PictureFailed> {
    png_sized(spec, palette, Size::Wide, scale)
}

/// The chart as PNG in the shape of `size`; else as [`png`].
pub fn png_sized(
    spec: &ChartSpec,
    palette: Palette,
    size: Size,
    scale: f32,
) -> Result<Vec<u8>, PictureFailed> {
    let palette = match palette {
        Palette::Light | Palette::Page => Palette::Light,
        Palette::Dark => Palette::Dark,
    };
    paint(&super::svg_sized(spec, palette, size), scale)
}

/// The pixels of a picture with a style block of its own.
pub(super) fn paint(svg: &str, scale: f32) -> Result<Vec<u8>, PictureFailed> {
    let scale = if scale.is_finite() { scale.clamp(*SCALES.start(), *SCALES.end()) } else { 1.0 };
    let tree = Tree::from_str(svg, &options())?;
    let size = tree.size().to_int_size();
    let pixels = |units: u32| (units as f32 * scale).round().max(1.0) as u32;
    let (width, height) = (pixels(size.width()), pixels(size.height()));
    let mut pixmap = Pixmap::new(width, height).ok_or(PictureFailed::Size(width, height))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| PictureFailed::Encoding(error.to_string()))
}

fn options() -> Options<'static> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let fontdb = FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        for file in font::FILES {
            fonts.load_font_data(file.to_vec());
        }
        // Whatever family is asked for, Inter is what there is.
        fonts.set_serif_family("Inter");
        fonts.set_sans_serif_family("Inter");
        Arc::new(fonts)
    });
    Options { fontdb: Arc::clone(fontdb), font_family: "Inter".into(), ..Options::default() }
}
