//! Digests on schedule: the list `[[digests]]`.

use std::str::FromStr;

use jiff::Timestamp;
use toml::de::{DeTable, DeValue};

use crate::domain::Destination;
use crate::domain::DigestName;
use crate::domain::LatePolicy;
use crate::domain::Stretch;
use crate::domain::Timing;

use super::gather::nearest;
use super::list_reader::{ListReader, Value};
use super::members::snowflake;
use super::mistake::Mistake;

/// The list; it is no plain setting.
pub(super) const LIST: &str = "digests";
const KEYS: &[&str] = &["name", "cron", "zone", "scope", "channel", "catch_up", "policy"];

/// A digest as the configuration names it.
#[derive(Debug, Clone, PartialEq)]
pub struct DigestSettings {
    /// What it is called.
    pub name: DigestName,
    /// When it comes.
    pub timing: Timing,
    /// What it tells of, as it is written: `portfolio`, `owner:dana`, `tag:emea` or an account.
    pub scope: String,
    /// Where it is read.
    pub to: Destination,
    /// How late it may still go out.
    pub catch_up: Stretch,
    /// What becomes of a late one.
    pub policy: LatePolicy,
    /// File and line, to tell what is wrong with it.
    pub place: String,
}

impl DigestSettings {
    /// How late a digest may go out when nothing is said.
    pub const CATCH_UP: Stretch = Stretch::hours(12);
}

/// Reads the list of a file, each mistake with its line; `None` when the file has none.
pub(super) fn read(
    file: &str,
    text: &str,
    root: &DeTable<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Vec<DigestSettings>> {
    let given = root.get(LIST)?;
    let mut reader = ListReader { file, text, mistakes };
    let Some(list) = given.get_ref().as_array() else {
        reader.wrong(given.span().start, LIST, "must be a list; write each digest under [[digests]]");
        return Some(Vec::new());
    };
    let mut digests: Vec<DigestSettings> = Vec::new();
    for item in list.iter() {
        let at = item.span().start;
        let Some(digest) = reader.digest(item) else { continue };
        if digests.iter().any(|other| other.name == digest.name) {
            reader.wrong(
                at,
                "digests.name",
                format!("stands here twice with {}; give each its own", digest.name),
            );
        }
        digests.push(digest);
    }
    Some(digests)
}

/// A destination of a digest as it is written: `page`, or a channel by its id.
fn destination(text: &str) -> Result<Destination, String> {
    if let Ok(known) = text.parse() {
        return Ok(known);
    }
    snowflake(text).map(Destination::Discord).map_err(|_odd| {
        format!("“{text}” is no place to post; write page, or the id of a channel of Discord: digits only")
    })
}

impl ListReader<'_> {
    fn digest(&mut self, item: &Value<'_>) -> Option<DigestSettings> {
        let at = item.span().start;
        let Some(table) = item.get_ref().as_table() else {
            self.wrong(at, LIST, "must be a table; write each digest under [[digests]]");
            return None;
        };
        for (key, _) in table {
            if !KEYS.contains(&key.get_ref().as_ref()) {
                let message = format!("is not a setting{}", nearest(key.get_ref(), KEYS.iter().copied()));
                self.wrong(key.span().start, &format!("digests.{}", key.get_ref()), message);
            }
        }
        let name = self.read(table, "name", None, |text| {
            DigestName::new(text).map_err(|bad| format!("is not a name: {bad}"))
        });
        if !table.contains_key("name") {
            self.wrong(at, "digests.name", "is missing; give the digest a name, as monday");
        }
        let zone = self.read(table, "zone", Some("UTC"), |text| Ok(text.to_owned()));
        let timing = zone.and_then(|zone| {
            // Whether it has come already is not asked here: without a clock, it is looked at from the first day on.
            self.read(table, "cron", None, |text| {
                Timing::new(text, &zone, Timestamp::UNIX_EPOCH).map_err(|bad| bad.to_string())
            })
        });
        if !table.contains_key("cron") {
            self.wrong(at, "digests.cron", "is missing; say when it comes, as 0 8 * * MON");
        }
        let scope = self.read(table, "scope", Some("portfolio"), |text| Ok(text.to_owned()));
        let to = self.read(table, "channel", Some("page"), destination);
        let default = DigestSettings::CATCH_UP.to_string();
        let catch_up = self.read(table, "catch_up", Some(&default), Stretch::from_str);
        let policy = self.read(table, "policy", Some("send_late"), LatePolicy::from_str);
        Some(DigestSettings {
            name: name?,
            timing: timing?,
            scope: scope?,
            to: to?,
            catch_up: catch_up?,
            policy: policy?,
            place: self.place(at, LIST),
        })
    }

    /// A text, or a whole number taken as one; what is left out is `otherwise`.
    fn read<T>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        otherwise: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let name = format!("digests.{key}");
        let Some(value) = table.get(key) else { return parse(otherwise?).ok() };
        let at = value.span().start;
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                self.wrong(at, &name, "must be a text");
                return None;
            }
        };
        parse(&text).map_err(|message| self.wrong(at, &name, message)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<DigestSettings>, Vec<String>) {
        let mut mistakes = Vec::new();
        let digests = super::read("etsm.toml", text, DeTable::parse(text).unwrap().get_ref(), &mut mistakes);
        (digests.unwrap(), mistakes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_digest_needs_a_name_and_a_time_and_knows_the_rest() {
        let (digests, mistakes) = read(
            "[[digests]]\nname = \"monday\"\ncron = \"0 8 * * MON\"\n\
             [[digests]]\nname = \"emea\"\ncron = \"30 7 * * 1-5\"\nzone = \"Europe/Zurich\"\nscope = \"tag:emea\"\n\
             channel = \"1100000000000000004\"\ncatch_up = \"2h\"\npolicy = \"skip\"\n",
        );
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let told = |one: &DigestSettings| {
            format!(
                "{} {} | {} {} {} {} | {}",
                one.name, one.timing, one.scope, one.to, one.catch_up, one.policy, one.place
            )
        };
        assert_eq!(
            digests.iter().map(told).collect::<Vec<_>>(),
            [
                "monday every Monday at 08:00, UTC | portfolio page 12h send_late | etsm.toml:1 digests",
                "emea every weekday at 07:30, Europe/Zurich | tag:emea discord:1100000000000000004 2h skip | \
                 etsm.toml:4 digests",
            ]
        );
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let (_, mistakes) = read(
            "[[digests]]\ncron = \"* * * * *\"\nzones = \"UTC\"\n\
             [[digests]]\nname = \"two words\"\nzone = \"Mars\"\ncron = \"0 8 * * *\"\nchannel = \"#general\"\n\
             [[digests]]\nname = \"a\"\ncatch_up = \"soon\"\npolicy = \"never\"\n\
             [[digests]]\nname = \"b\"\ncron = \"0 8 * * *\"\n[[digests]]\nname = \"b\"\ncron = \"0 9 * * *\"\n",
        );
        insta::assert_snapshot!(mistakes.join("\n"), @r#"
        etsm.toml:3 digests.zones: is not a setting; did you mean “zone”?
        etsm.toml:1 digests.name: is missing; give the digest a name, as monday
        etsm.toml:2 digests.cron: “* * * * *” comes more often than every 15 minutes; give the minute one number, as in 0 8 * * *
        etsm.toml:5 digests.name: is not a name: “ ” may not stand in it; use letters, digits and . _ : -
        etsm.toml:7 digests.cron: “Mars” is no time zone; write one as Europe/Zurich, America/New_York or UTC
        etsm.toml:8 digests.channel: “#general” is no place to post; write page, or the id of a channel of Discord: digits only
        etsm.toml:9 digests.cron: is missing; say when it comes, as 0 8 * * MON
        etsm.toml:11 digests.catch_up: “soon” is not a length of time; write 30m, 4h, 2d or 1w
        etsm.toml:12 digests.policy: “never” is not a policy; use send_late, skip
        etsm.toml:16 digests.name: stands here twice with b; give each its own
        "#);
    }
}
