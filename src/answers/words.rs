//! The words of a console line: quotes hold blanks together, `key:` names an option.

/// One word of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// What stands before an unquoted colon, when it could be the name of an option.
    pub(super) key: Option<String>,
    /// The rest, without the quotes.
    pub(super) text: String,
    /// Where it begins in the line, in bytes.
    pub(super) start: usize,
    /// Whether a quote in it is not closed.
    pub(super) open: bool,
}

impl Word {
    /// As typed, without the quotes.
    pub(super) fn whole(&self) -> String {
        match &self.key {
            Some(key) => format!("{key}:{}", self.text),
            None => self.text.clone(),
        }
    }
}

/// Splits a line at blanks outside quotes. `"` and the typographic “ ” (which phones write) quote; inside them `\"` is a
/// quote and `\\` a backslash.
pub(super) fn split(line: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quoted_once = false;
    let mut letters = line.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let open = word.as_ref().is_some_and(|word| word.open);
        if letter.is_whitespace() && !open {
            words.extend(word.take());
            quoted_once = false;
            continue;
        }
        let word = word.get_or_insert_with(|| Word { start: at, ..Word::default() });
        match letter {
            _ if is_quote(letter) => {
                word.open = !word.open;
                quoted_once = true;
            }
            '\\' if open => match letters.next_if(|(_, next)| is_quote(*next) || *next == '\\') {
                Some((_, escaped)) => word.text.push(escaped),
                None => word.text.push('\\'),
            },
            ':' if !quoted_once && word.key.is_none() && could_be_key(&word.text) => {
                word.key = Some(std::mem::take(&mut word.text));
            }
            _ => word.text.push(letter),
        }
    }
    words.extend(word);
    words
}

/// `value` as a bare word: quoted when it would not read back as it stands.
pub(super) fn bare(value: &str) -> String {
    let looks_keyed = value.split_once(':').is_some_and(|(key, _)| could_be_key(key));
    if looks_keyed { quoted(value) } else { after_colon(value) }
}

/// `name:value`, the value quoted where needed.
pub(super) fn keyed(name: &str, value: &str) -> String {
    format!("{name}:{}", after_colon(value))
}

fn after_colon(value: &str) -> String {
    let plain = !value.is_empty() && !value.chars().any(|c| c.is_whitespace() || is_quote(c));
    if plain { value.into() } else { quoted(value) }
}

fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for letter in value.chars() {
        if is_quote(letter) || letter == '\\' {
            text.push('\\');
        }
        text.push(letter);
    }
    text.push('"');
    text
}

fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '“' | '”' | '„')
}

fn could_be_key(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(line: &str, expected: &[(Option<&str>, &str)]) {
        let words = split(line);
        let words: Vec<_> = words.iter().map(|word| (word.key.as_deref(), word.text.as_str())).collect();
        assert_eq!(words, expected, "{line}");
    }

    #[test]
    fn blanks_part_words_and_quotes_hold_them_together() {
        check("  usage   acme ", &[(None, "usage"), (None, "acme")]);
        check("health \"Acme Corp\"", &[(None, "health"), (None, "Acme Corp")]);
        check("health “Acme Corp”", &[(None, "health"), (None, "Acme Corp")]);
        check(r#"text:"he said \"no\" \\ yes""#, &[(Some("text"), r#"he said "no" \ yes"#)]);
        check("range:7d", &[(Some("range"), "7d")]);
        check("\"acme:eu\" m-large:2 /v1/x:y", &[(None, "acme:eu"), (None, "m-large:2"), (None, "/v1/x:y")]);
        check("by:a:b", &[(Some("by"), "a:b")]);
        check(r"C:\dir", &[(Some("C"), r"\dir")]);
        check("", &[]);
        assert!(split("health \"Acme").last().unwrap().open);
    }

    proptest! {
        #[test]
        fn a_written_word_reads_back(value in "\\PC{0,20}|[a-z:\"\\\\ “”\n]{0,8}") {
            let words = split(&format!("{} {}", bare(&value), keyed("key", &value)));
            let [one, two] = &words[..] else { panic!("{words:?}") };
            prop_assert_eq!((one.key.as_deref(), one.text.as_str()), (None, value.as_str()));
            prop_assert_eq!((two.key.as_deref(), two.text.as_str()), (Some("key"), value.as_str()));
        }
    }
}
