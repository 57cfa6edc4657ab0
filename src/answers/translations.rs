//! Names and descriptions of the catalogue in other languages. The words that are typed stay the same everywhere; a
//! translation is what Discord shows to people of that language. English is the catalogue itself.

#[cfg(test)]
use super::catalog::CATALOG;

/// An entry of the catalogue in another language.
#[derive(Debug, Clone, Copy)]
pub struct Translation {
    /// Which entry: `["usage"]`, `["initiative", "add"]`, `["usage", "range"]`.
    pub path: &'static [&'static str],
    /// Discord's name of the language, as `de`.
    pub locale: &'static str,
    /// The name: at most 32 letters, lower case, without blanks.
    pub name: &'static str,
    /// One sentence, at most 100 characters.
    pub about: &'static str,
}

/// All translations; none are shipped yet.
const TRANSLATIONS: &[Translation] = &[];

/// The translations of one entry.
pub fn translations(path: &[&str]) -> impl Iterator<Item = &'static Translation> {
    let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
    TRANSLATIONS.iter().filter(move |one| one.path.iter().eq(path.iter()))
}

/// Whether the catalogue has an entry at this path.
#[cfg(test)]
fn is_entry(path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    let Some(entry) = CATALOG.iter().find(|entry| entry.name == *first) else { return false };
    let has = |options: &[super::OptionEntry], name: &str| options.iter().any(|option| option.name == name);
    match rest {
        [] => true,
        [name] => has(entry.options, name) || entry.subcommands.iter().any(|sub| sub.name == *name),
        [sub, name] => entry.subcommands.iter().any(|one| one.name == *sub && has(one.options, name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_translation_is_of_an_entry_and_keeps_to_what_chat_allows() {
        assert!(is_entry(&["usage", "range"]) && is_entry(&["initiative", "add", "due"]));
        assert!(!is_entry(&["usage", "rang"]));
        for one in TRANSLATIONS {
            assert!(is_entry(one.path), "{:?}", one.path);
            assert!((1..=32).contains(&one.name.chars().count()) && one.name == one.name.to_lowercase());
            assert!(
                (1..=100).contains(&one.about.chars().count()) && !one.name.contains(' '),
                "{}",
                one.about
            );
        }
    }
}
