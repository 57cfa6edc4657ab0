//! Names of files: which are not looked at, and what one is called once it was taken.
//!
//! Invariant: a name that was made here is text without control or direction characters, begins with neither a dot nor a
//! hyphen, and leaves room for a number and for the ending of its report within what a file's name may hold.

use std::ffi::OsStr;
use std::path::Path;

/// Endings that programs give to what they are still writing.
const UNFINISHED: [&str; 5] = ["tmp", "part", "partial", "filepart", "crdownload"];
/// Bytes of a name; file systems take 255, and a report adds to it.
const NAME_BYTES_MAX: usize = 200;
/// Bytes of an ending that is kept when a name is cut.
const ENDING_BYTES_MAX: usize = 20;

/// Whether whoever lays it in is not done with it, or hides it.
pub(super) fn is_passed_over(name: &OsStr) -> bool {
    let text = name.to_string_lossy();
    let ending = Path::new(text.as_ref()).extension().and_then(OsStr::to_str).unwrap_or_default();
    text.starts_with('.') || UNFINISHED.iter().any(|one| ending.eq_ignore_ascii_case(one))
}

/// The name as it can stand in a terminal, a log and a folder.
pub(super) fn tamed(name: &OsStr) -> String {
    let tame = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let odd = c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffd}' | '/' | '\\');
        if odd { '_' } else { c }
    };
    let mut text: String = name.to_string_lossy().chars().map(tame).collect();
    if text.starts_with(['.', '-']) {
        text.insert(0, '_');
    }
    if text.len() <= NAME_BYTES_MAX {
        return text;
    }
    let (stem, ending) = parts(&text);
    let ending = if ending.len() <= ENDING_BYTES_MAX { ending } else { "" };
    format!("{}{ending}", &stem[..stem.floor_char_boundary(NAME_BYTES_MAX - ending.len())])
}

/// The name with a number before its ending: `usage.2.csv`. The first has none.
pub(super) fn numbered(name: &str, number: u32) -> String {
    let (stem, ending) = parts(name);
    if number == 1 { name.to_owned() } else { format!("{stem}.{number}{ending}") }
}

/// `usage` and `.csv`.
fn parts(name: &str) -> (&str, &str) {
    name.rfind('.').filter(|at| *at > 0).map_or((name, ""), |at| name.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn what_is_hidden_or_unfinished_is_passed_over() {
        for name in [".usage.csv", "usage.csv.tmp", "usage.PART", "a.filepart", "b.crdownload", "."] {
            assert!(is_passed_over(OsStr::new(name)), "{name}");
        }
        for name in ["usage.csv", "part", "tmp", "a.tmp.csv", "usage"] {
            assert!(!is_passed_over(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_hostile_name_becomes_harmless_and_a_harmless_one_stays() {
        let tame = |bytes: &[u8]| tamed(OsStr::from_bytes(bytes));
        assert_eq!(tame("März 2026 (neu).csv".as_bytes()), "März 2026 (neu).csv");
        assert_eq!(tame(b"a\nb\x1b[31m.csv"), "a_b_[31m.csv");
        assert_eq!(tame("\u{202e}vsc.exe".as_bytes()), "_vsc.exe");
        assert_eq!(tame(b"\xff\xfe.csv"), "__.csv");
        assert_eq!(tame(b"-rf.csv"), "_-rf.csv");
        let long = tame("ä".repeat(127).as_bytes());
        assert!(long.len() <= NAME_BYTES_MAX && long.starts_with('ä'));
        assert!(tame(format!("{}.csv", "x".repeat(250)).as_bytes()).ends_with("x.csv"));
        assert_eq!(tame(format!("a.{}", "x".repeat(250)).as_bytes()), "a");
    }

    #[test]
    fn a_number_stands_before_the_ending() {
        assert_eq!(numbered("usage.csv", 1), "usage.csv");
        assert_eq!(numbered("usage.csv", 2), "usage.2.csv");
        assert_eq!(numbered("usage", 3), "usage.3");
    }
}
