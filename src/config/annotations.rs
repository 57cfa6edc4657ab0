//! What happened, for charts to say: the list `[[annotations]]`.

use toml::de::DeTable;

use crate::domain::AccountId;
use crate::domain::Annotation;

use super::list_reader::{ListReader, Texts, day};
use super::mistake::Mistake;

/// The list; it is no plain setting.
pub(super) const LIST: &str = "annotations";
const KEYS: &[&str] = &["day", "kind", "title", "account"];
/// Longer words would hide the chart.
const TITLE_MAX: usize = 60;

/// Reads the annotations of a file, each mistake with its line; `None` when the file has none.
pub(super) fn read(
    file: &str,
    text: &str,
    root: &DeTable<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Vec<Annotation>> {
    let mut reader = ListReader { file, text, mistakes };
    let items = reader.tables(root.get(LIST)?, LIST, KEYS);
    Some(items.into_iter().filter_map(|(at, texts)| reader.annotation(at, texts)).collect())
}

impl ListReader<'_> {
    fn annotation(&mut self, at: usize, mut texts: Texts) -> Option<Annotation> {
        for (key, remedy) in [
            ("day", "is missing; name the day, as 2026-01-01"),
            ("kind", "is missing; it is incident or release"),
            ("title", "is missing; say what happened in a few words"),
        ] {
            if !texts.contains_key(key) {
                self.wrong(at, &format!("{LIST}.{key}"), remedy);
            }
        }
        let day = self.one(&mut texts, LIST, "day", day);
        let kind = self.one(&mut texts, LIST, "kind", str::parse);
        let title = self.one(&mut texts, LIST, "title", title);
        let account = texts.contains_key("account");
        let named = self.one(&mut texts, LIST, "account", |text| {
            AccountId::new(text).map_err(|bad| format!("is not an account: {bad}"))
        });
        if account && named.is_none() {
            return None;
        }
        Some(Annotation { day: day?, kind: kind?, title: title?, account: named })
    }
}

fn title(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TITLE_MAX || text.chars().any(char::is_control) {
        return Err(format!("must be 1 to {TITLE_MAX} characters on one line"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;

    fn told(text: &str) -> (Vec<Annotation>, Vec<String>) {
        let root = DeTable::parse(text).unwrap();
        let mut mistakes = Vec::new();
        let read = read("etsm.toml", text, root.get_ref(), &mut mistakes);
        (
            read.unwrap_or_default(),
            mistakes.iter().map(|one| format!("{} {}", one.place, one.message)).collect(),
        )
    }

    #[test]
    fn what_happened_is_read_with_its_day() {
        let (read, mistakes) = told(
            "[[annotations]]\nday = \"2026-03-01\"\nkind = \"incident\"\ntitle = \"Slow answers in Europe\"\n\
             [[annotations]]\nday = \"2026-03-05\"\nkind = \"release\"\ntitle = \"Streaming\"\naccount = \"acme\"\n",
        );
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let (acme, globex) = ("acme".parse().unwrap(), "globex".parse().unwrap());
        assert!(read[0].concerns(Some(&acme)) && read[0].concerns(None));
        assert!(read[1].concerns(Some(&acme)) && !read[1].concerns(Some(&globex)) && !read[1].concerns(None));
    }

    #[test]
    fn each_mistake_names_its_line_and_what_would_be_right() {
        let long = "x".repeat(TITLE_MAX + 1);
        let (read, mistakes) = told(&format!(
            "[[annotations]]\nkind = \"party\"\ntitle = \"{long}\"\n[[annotations]]\nday = \"soon\"\nkind = \"release\"\n\
             title = \"Streaming\"\naccount = \"not an id\"\n",
        ));
        assert!(read.is_empty());
        let all = mistakes.join("\n");
        for said in [
            "etsm.toml:1 annotations.day is missing",
            "“party” is neither incident nor release",
            "must be 1 to 60 characters",
            "“soon” is not a day",
            "is not an account",
        ] {
            assert!(all.contains(said), "{said}: {all}");
        }
    }
}
