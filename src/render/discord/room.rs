//! Fits paragraphs into a limited number of characters without breaking a word, a link or an escape.

/// How many characters Discord counts.
pub(super) fn chars(text: &str) -> usize {
    text.chars().count()
}

/// Where the rest is when not all fits: `…and 12 more in the dashboard`.
pub(super) fn rest(count: usize, has_dashboard: bool) -> String {
    let place = if has_dashboard { " in the dashboard" } else { "" };
    format!("…and {count} more{place}")
}

/// Paragraphs of pieces, as many as fit into `max` characters; a last line says how many are missing.
pub(super) fn fit(paragraphs: &[Vec<String>], max: usize, has_dashboard: bool) -> String {
    let whole: Vec<String> = paragraphs.iter().map(|pieces| pieces.concat()).collect();
    let joined = whole.join("\n");
    if chars(&joined) <= max {
        return joined;
    }
    if let [only] = paragraphs {
        return cut(only, max);
    }
    // The number of missing paragraphs has at most as many digits as their count.
    let room = max.saturating_sub(chars(&rest(paragraphs.len(), has_dashboard)) + 1);
    let mut out = String::new();
    for (at, paragraph) in whole.iter().enumerate() {
        let glue = if out.is_empty() { "" } else { "\n" };
        if chars(&out) + chars(glue) + chars(paragraph) > room {
            let missing = if out.is_empty() {
                out = cut(&paragraphs[at], room);
                whole.len() - at - 1
            } else {
                whole.len() - at
            };
            if missing > 0 {
                let glue = if out.is_empty() { "" } else { "\n" };
                out = format!("{out}{glue}{}", rest(missing, has_dashboard));
            }
            break;
        }
        out = format!("{out}{glue}{paragraph}");
    }
    out
}

/// The first pieces of one paragraph, with `…` for the rest.
fn cut(pieces: &[String], max: usize) -> String {
    let mut out = String::new();
    let mut used = 1; // the dots
    let mut good = 0;
    for piece in pieces {
        // A cut is good where the next piece begins with a blank: elsewhere it would part a word from its full stop.
        if piece.starts_with(' ') {
            good = out.len();
        }
        used += chars(piece);
        if used > max {
            out.truncate(good);
            return format!("{}…", out.trim_end());
        }
        out.push_str(piece);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[track_caller]
    fn check(paragraphs: &[&[&str]], max: usize, shown: &str) {
        let paragraphs: Vec<Vec<String>> = paragraphs.iter().map(|words| paragraph(words)).collect();
        let fitted = fit(&paragraphs, max, false);
        assert_eq!(fitted, shown);
        assert!(chars(&fitted) <= max);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let long: &[&[&str]] = &[&["one"], &["two", " three", "."], &["four"], &["five"]];
        check(long, 40, "one\ntwo three.\nfour\nfive");
        check(long, 22, "one\n…and 3 more");
        check(&[&["a", " [link](x)", " c", "."]], 10, "a…");
        check(&[&["a", " [link](x)", " c", "."], &["bbbbbbbbbbbbbbbbb"]], 25, "a [link](x)…\n…and 1 more");
    }
}
