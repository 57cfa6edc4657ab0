//! The chart in words, for those who do not see it.

use crate::reply::ChartSpec;

use super::scene::clean;

/// Longest description of an attachment on Discord, in UTF-16 units to be safe.
pub const ALT_CHARS_MAX: usize = 1_024;

/// Title and description as one text of at most [`ALT_CHARS_MAX`] characters, without controls or line breaks.
#[must_use]
pub fn alt(spec: &ChartSpec) -> String {
    let (title, description) = (clean(spec.title()), clean(spec.description()));
    let stop = if title.is_empty() || title.ends_with(['.', '?', '!', '…']) { "" } else { "." };
    let whole = format!("{title}{stop} {description}");
    cut(whole.trim(), ALT_CHARS_MAX)
}

fn cut(text: &str, max: usize) -> String {
    if text.encode_utf16().count() <= max {
        return text.to_owned();
    }
    let mut left = max - 1;
    let mut kept = String::new();
    for c in text.chars() {
        if c.len_utf16() > left {
            break;
        }
        left -= c.len_utf16();
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_fits_the_platform() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("a little longer", 10), "a little…");
        let long = cut(&"🙂".repeat(2_000), ALT_CHARS_MAX);
        assert!(long.encode_utf16().count() <= ALT_CHARS_MAX && long.ends_with("🙂…"));
    }
}
