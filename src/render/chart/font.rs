//! The embedded Inter: how wide a text will be, and how much of it fits.
//!
//! Invariant: what is measured here is never narrower than what is drawn, so a text that fits here fits there.

use std::collections::HashMap;
use std::sync::OnceLock;

use unicode_width::UnicodeWidthChar;

/// The files, lightest first; resvg tells them apart by the weight they carry.
pub(super) const FILES: [&[u8]; 3] = [
    include_bytes!("../../../assets/fonts/Inter-Regular.ttf"),
    include_bytes!("../../../assets/fonts/Inter-Medium.ttf"),
    include_bytes!("../../../assets/fonts/Inter-SemiBold.ttf"),
];

/// How heavy a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Medium,
    SemiBold,
}

/// Part of an em that a character takes which Inter lacks: the box that is drawn for it, with room.
const MISSING_EM: f64 = 0.68;
/// The same for a wide one (East Asian, emoji), which browsers draw with another font.
const MISSING_WIDE_EM: f64 = 1.05;

/// Advance widths in ems of the characters of one file.
struct Face(HashMap<char, f64>);

fn face(weight: Weight) -> &'static Face {
    static FACES: OnceLock<[Face; 3]> = OnceLock::new();
    let faces = FACES.get_or_init(|| {
        FILES.map(|file| Face(advances(file).expect("the embedded fonts are whole, as a test checks")))
    });
    match weight {
        Weight::Regular => &faces[0],
        Weight::Medium => &faces[1],
        Weight::SemiBold => &faces[2],
    }
}

/// Width of `text` at a size of `px`, without kerning (which only ever makes it narrower by a hair).
pub(super) fn width(text: &str, px: f64, weight: Weight) -> f64 {
    let face = face(weight);
    text.chars().map(|c| advance(face, c)).sum::<f64>() * px
}

fn advance(face: &Face, c: char) -> f64 {
    face.0.get(&c).copied().unwrap_or(if c.width() == Some(2) { MISSING_WIDE_EM } else { MISSING_EM })
}

/// As much of `text` as fits into `room`, with an ellipsis for the rest; empty when not even that fits.
pub(super) fn fit(text: &str, px: f64, weight: Weight, room: f64) -> String {
    if width(text, px, weight) <= room {
        return text.to_owned();
    }
    let face = face(weight);
    let mut left = room / px - advance(face, '…');
    if left < 0.0 {
        return String::new();
    }
    let mut kept = String::new();
    for c in text.chars() {
        left -= advance(face, c);
        if left < 0.0 {
            break;
        }
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// Reads the character map (format 4) and the horizontal metrics of a TrueType file; `None` when it is not whole.
fn advances(file: &[u8]) -> Option<HashMap<char, f64>> {
    let head = table(file, b"head")?;
    let em = f64::from(word(head, 18)?);
    let metrics = table(file, b"hmtx")?;
    let metrics_count = usize::from(word(table(file, b"hhea")?, 34)?);
    let map = characters(table(file, b"cmap")?)?;
    let mut widths = HashMap::with_capacity(map.len());
    for (c, glyph) in map {
        let row = usize::from(glyph).min(metrics_count.checked_sub(1)?);
        widths.insert(c, f64::from(word(metrics, row * 4)?) / em);
    }
    Some(widths)
}

fn word(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

fn long(data: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?)).ok()
}

fn table<'a>(file: &'a [u8], tag: &[u8; 4]) -> Option<&'a [u8]> {
    let count = usize::from(word(file, 4)?);
    let record = (0..count).map(|index| 12 + 16 * index).find(|at| file.get(*at..at + 4) == Some(tag))?;
    let offset = long(file, record + 8)?;
    file.get(offset..offset.checked_add(long(file, record + 12)?)?)
}

/// Pairs of character and glyph of the first map of format 4.
fn characters(cmap: &[u8]) -> Option<Vec<(char, u16)>> {
    let tables = usize::from(word(cmap, 2)?);
    let map = (0..tables)
        .filter_map(|index| cmap.get(long(cmap, 4 + 8 * index + 4)?..))
        .find(|map| word(map, 0) == Some(4))?;
    let doubled = usize::from(word(map, 6)?);
    let (ends, starts) = (14, 16 + doubled);
    let (deltas, offsets) = (starts + doubled, starts + 2 * doubled);
    let mut pairs = Vec::new();
    for at in (0..doubled).step_by(2) {
        let (start, end) = (word(map, starts + at)?, word(map, ends + at)?);
        let (delta, offset) = (word(map, deltas + at)?, word(map, offsets + at)?);
        for code in start..=end {
            let Some(c) = char::from_u32(u32::from(code)).filter(|_| code != 0xffff) else { continue };
            let glyph = if offset == 0 {
                code.wrapping_add(delta)
            } else {
                let place = offsets + at + usize::from(offset) + 2 * usize::from(code - start);
                match word(map, place)? {
                    0 => 0,
                    glyph => glyph.wrapping_add(delta),
                }
            };
            if glyph != 0 {
                pairs.push((c, glyph));
            }
        }
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_fonts_are_whole_and_small() {
        for file in FILES {
            let widths = advances(file).unwrap();
            assert!(widths.len() > 550, "{}", widths.len());
            for c in "Aa0 ~ÄßŁőΩжЄ—…−€₽▲▼→✓".chars() {
                assert!(widths.contains_key(&c), "{c}");
            }
            assert!(file.len() <= 150_000);
            assert!(advances(&file[..300]).is_none());
        }
    }

    #[test]
    fn digits_are_tabular() {
        for weight in [Weight::Regular, Weight::Medium, Weight::SemiBold] {
            assert_eq!(width("1111", 20.0, weight), width("0888", 20.0, weight));
        }
        assert!(width("Wide", 20.0, Weight::SemiBold) > width("Wide", 20.0, Weight::Regular));
    }

    #[test]
    fn a_long_name_ends_in_an_ellipsis_and_fits() {
        let name = "Österreichische Gesellschaft für Überlange Namen";
        let short = fit(name, 18.0, Weight::Medium, 200.0);
        assert!(short.ends_with('…') && width(&short, 18.0, Weight::Medium) <= 200.0, "{short}");
        assert_eq!(fit("Acme", 18.0, Weight::Medium, 200.0), "Acme");
        assert_eq!(fit("株式会社長い名前", 18.0, Weight::Regular, 80.0), "株式会…");
        assert_eq!(fit("Acme", 18.0, Weight::Medium, 3.0), "");
    }
}
