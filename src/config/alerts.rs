//! The rules of alerts in the settings: `[[alerts.rules]]`.

use toml::de::{DeTable, DeValue};

use super::alert_rule::{ALERT_RULE_KEYS, AlertRule};
use super::gather::nearest;
use super::list_reader::{ListReader, Value};
use super::mistake::Mistake;

/// The part of `[alerts]` that is read here; it is no plain setting.
pub(super) const LISTS: &[&str] = &["alerts.rules"];

/// Reads the rules of a file; `None` where it has none. Each mistake with its line.
pub(super) fn read(
    file: &str,
    text: &str,
    root: &DeTable<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Vec<AlertRule>> {
    let given = root.get("alerts")?.get_ref().as_table()?.get("rules")?;
    let mut reader = ListReader { file, text, mistakes };
    let Some(list) = given.get_ref().as_array() else {
        reader.wrong(
            given.span().start,
            "alerts.rules",
            "must be a list; write each rule under [[alerts.rules]]",
        );
        return None;
    };
    let mut rules: Vec<AlertRule> = Vec::new();
    for item in list.iter() {
        let Some(rule) = reader.rule(item) else { continue };
        if rules.iter().any(|other| other.name == rule.name) {
            let message = format!("stands here twice as “{}”; give each rule a name of its own", rule.name);
            reader.wrong(item.span().start, "alerts.rules.name", message);
        }
        rules.push(rule);
    }
    Some(rules)
}

impl ListReader<'_> {
    fn rule(&mut self, item: &Value<'_>) -> Option<AlertRule> {
        let at = item.span().start;
        let Some(table) = item.get_ref().as_table() else {
            self.wrong(at, "alerts.rules", "must be a table; write each rule under [[alerts.rules]]");
            return None;
        };
        let mut parts: Vec<(String, String)> = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let place = format!("alerts.rules.{name}");
            if name != "name" && !ALERT_RULE_KEYS.contains(&name) {
                let known = ALERT_RULE_KEYS.iter().copied().chain(["name"]);
                self.wrong(key.span().start, &place, format!("is not a setting{}", nearest(name, known)));
            }
            match text_of(value.get_ref()) {
                Some(text) => parts.push((name.to_owned(), text)),
                None => self.wrong(value.span().start, &place, "must be a text, or a list of texts"),
            }
        }
        let part = |key: &str| parts.iter().find(|(name, _)| name == key).map(|(_, text)| text.clone());
        let rule = AlertRule::read(&part("name").unwrap_or_default(), part);
        rule.map_err(|wrong| {
            for one in wrong {
                let place = table.get(one.key).map_or(at, |value| value.span().start);
                self.wrong(place, &format!("alerts.rules.{}", one.key), one.message);
            }
        })
        .ok()
    }
}

/// A text; a number, yes or no, or a list of texts taken as one.
fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Boolean(yes) => Some(yes.to_string()),
        DeValue::Array(list) => {
            let texts: Option<Vec<String>> = list.iter().map(|one| text_of(one.get_ref())).collect();
            texts.map(|texts| texts.join(" "))
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<AlertRule>, String) {
        let mut mistakes = Vec::new();
        let rules = super::read("etsm.toml", text, DeTable::parse(text).unwrap().get_ref(), &mut mistakes);
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        (rules.unwrap_or_default(), lines.join("\n"))
    }

    #[test]
    fn rules_are_read_from_their_list() {
        let (rules, mistakes) = read(
            "[[alerts.rules]]\nname = \"mine\"\nwhen = \"band at risk\"\nscope = \"owner:dana\"\n\
             tell = [\"page\", \"discord:11\"]\nfor = \"2d\"\nmention = true\nvolume = 200\n\
             [[alerts.rules]]\nname = \"late\"\nwhen = \"source silent 6h\"\n",
        );
        assert_eq!(mistakes, "");
        let shown: Vec<String> = rules.iter().map(|rule| format!("{} {}", rule.name, rule.when)).collect();
        assert_eq!(shown, ["mine band at risk", "late source silent 6h"]);
        assert!(rules[0].mention && rules[0].tell.len() == 2 && rules[0].volume == 200);
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let (_, mistakes) = read(
            "[[alerts.rules]]\nname = \"My rule\"\nwhen = \"sometimes\"\ntells = \"page\"\n\
             [[alerts.rules]]\nname = \"a\"\nwhen = \"initiative overdue\"\nremind = 1.5\n\
             [[alerts.rules]]\nname = \"a\"\nwhen = \"initiative overdue\"\n",
        );
        insta::assert_snapshot!(mistakes, @r#"
        etsm.toml:4 alerts.rules.tells: is not a setting; did you mean “tell”?
        etsm.toml:2 alerts.rules.name: “My rule” cannot be the name of a rule; use lower-case letters, digits and dashes, 32 at most
        etsm.toml:3 alerts.rules.when: “sometimes” is no condition. Write it as one of: band at risk; score below 50; score drops 15 within 7d; calls below usual by 50%; spend at 80% 100% of commitment; forecast above 5000; initiative idle 14d; initiative overdue; source silent 24h; churn above 60%
        etsm.toml:8 alerts.rules.remind: must be a text, or a list of texts
        etsm.toml:9 alerts.rules.name: stands here twice as “a”; give each rule a name of its own
        "#);
    }
}
