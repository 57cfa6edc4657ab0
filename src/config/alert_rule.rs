//! A rule of alerts: when it speaks, of which accounts, to whom, and when it rather stays silent.
//!
//! Invariant: a rule that is typed in chat and one that stands in the settings go through the same reader.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Claim;
use crate::domain::Destination;
use crate::domain::Person;
use crate::domain::Scope;
use crate::domain::Stretch;

use super::alert_when::AlertWhen;
use super::quiet::{DaysOff, QuietHours, is_quiet};

/// Longest name of a rule: it stands in tables and before a colon.
const NAME_CHARS_MAX: usize = 32;
/// Destinations of one rule.
const TELL_MAX: usize = 5;
/// Reminders come at most so often.
const REMIND_MIN: Stretch = Stretch::hours(1);

/// The parts of a rule, as they are typed.
pub const ALERT_RULE_KEYS: &[&str] =
    &["when", "scope", "tell", "for", "clear", "margin", "volume", "quiet", "off", "remind", "mention"];

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRule {
    /// Lower-case letters, digits and dashes.
    pub name: String,
    /// What it watches for.
    pub when: AlertWhen,
    /// Of whom.
    pub scope: AlertScope,
    /// Where it is told; at least one.
    pub tell: Vec<Destination>,
    /// For how long it must be so before it is told, by the time of the data.
    pub dwell: Stretch,
    /// For how long it must be well again before it is over.
    pub clear: Stretch,
    /// How far back on the good side it must come to be well again: points of a score, or percents.
    pub margin: u16,
    /// Accounts that never made so many calls in one of the last twelve weeks are too small to tell of.
    pub volume: u64,
    /// When nothing is told.
    pub quiet: Option<QuietHours>,
    /// On which days nothing is told.
    pub off: DaysOff,
    /// How often it is told again while nobody looks after it.
    pub remind: Option<Stretch>,
    /// Whether the owner of the account is called by name where that is possible.
    pub mention: bool,
}

/// Which accounts a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertScope {
    /// All.
    All,
    /// Those of a person.
    Owner(Person),
    /// Those with a tag.
    Tag(String),
    /// One.
    Account(AccountId),
}

impl AlertScope {
    /// Whether an account is among them.
    #[must_use]
    pub fn holds(&self, account: &Account) -> bool {
        let of = |claim: Claim| Scope::Of([claim].into()).holds(account);
        match self {
            Self::All => true,
            Self::Owner(person) => of(Claim::owner(person)),
            Self::Tag(tag) => of(Claim::tag(tag)),
            Self::Account(id) => account.id == *id,
        }
    }
}

/// `all`, `owner:dana`, `tag:emea`, `account:acme`.
impl fmt::Display for AlertScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Owner(person) => write!(f, "owner:{person}"),
            Self::Tag(tag) => write!(f, "tag:{tag}"),
            Self::Account(id) => write!(f, "account:{id}"),
        }
    }
}

impl FromStr for AlertScope {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let odd = || format!("“{text}” is no scope; write all, owner:dana, tag:emea or account:acme");
        match text.split_once(':') {
            None if text.eq_ignore_ascii_case("all") => Ok(Self::All),
            Some(("owner", name)) => name.parse().map(Self::Owner).map_err(|_odd| odd()),
            Some(("tag", tag)) if !tag.trim().is_empty() => Ok(Self::Tag(tag.trim().to_lowercase())),
            Some(("account", id)) => id.parse().map(Self::Account).map_err(|_odd| odd()),
            _ => Err(odd()),
        }
    }
}

/// A part of a rule that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadAlertRule {
    /// Which part, as `when`.
    pub key: &'static str,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl AlertRule {
    /// Reads a rule from its parts as typed; all that is wrong at once.
    pub fn read(name: &str, part: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<BadAlertRule>> {
        let mut reader = Reader { part: &part, wrong: Vec::new() };
        let name = checked_name(name).map_err(|message| reader.note("name", message)).ok();
        let when: Option<AlertWhen> = reader.needed("when", "what it watches for, as “band at risk”");
        let scope = reader.parsed("scope").unwrap_or(AlertScope::All);
        let tell = reader.with("tell", destinations).unwrap_or_else(|| vec![Destination::Page]);
        let defaults = when.as_ref().map(Defaults::of).unwrap_or_default();
        let rule = Self {
            name: name.unwrap_or_default(),
            scope,
            tell,
            dwell: reader.parsed("for").unwrap_or(defaults.dwell),
            clear: reader.parsed("clear").unwrap_or(defaults.clear),
            margin: reader.with("margin", margin).unwrap_or(defaults.margin),
            volume: reader.with("volume", volume).unwrap_or(defaults.volume),
            quiet: reader.with("quiet", |text| unless_none(text, QuietHours::from_str)).flatten(),
            off: reader
                .with("off", |text| unless_none(text, DaysOff::from_str))
                .flatten()
                .unwrap_or_default(),
            remind: reader.with("remind", |text| unless_none(text, remind)).flatten(),
            mention: reader.with("mention", yes).unwrap_or(false),
            when: when.unwrap_or(AlertWhen::Overdue),
        };
        if matches!(rule.when, AlertWhen::Silent(_)) && rule.scope != AlertScope::All {
            reader.note("scope", "a source delivers for many accounts; leave the scope out".into());
        }
        if reader.wrong.is_empty() { Ok(rule) } else { Err(reader.wrong) }
    }

    /// The parts that make this rule again, in the order of [`ALERT_RULE_KEYS`].
    #[must_use]
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let tell: Vec<String> = self.tell.iter().map(ToString::to_string).collect();
        let mut parts = vec![
            ("when", self.when.to_string()),
            ("scope", self.scope.to_string()),
            ("tell", tell.join(" ")),
            ("for", self.dwell.to_string()),
            ("clear", self.clear.to_string()),
            ("margin", self.margin.to_string()),
            ("volume", self.volume.to_string()),
        ];
        parts.extend(self.quiet.as_ref().map(|quiet| ("quiet", quiet.to_string())));
        parts.extend((!self.off.is_empty()).then(|| ("off", self.off.to_string())));
        parts.extend(self.remind.map(|every| ("remind", every.to_string())));
        parts.push(("mention", if self.mention { "yes" } else { "no" }.into()));
        parts
    }

    /// Whether nothing is told at an instant.
    #[must_use]
    pub fn is_quiet(&self, at: Timestamp) -> bool {
        is_quiet(self.quiet.as_ref(), &self.off, at)
    }

    /// The rules that hold where none is set up: few, and on the page alone.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let rule = |name: &str, parts: &[(&str, &str)]| {
            let part = |key: &str| {
                parts.iter().find(|(known, _)| *known == key).map(|(_, value)| (*value).to_owned())
            };
            Self::read(name, part).expect("the rules that are compiled in are right; a test reads them")
        };
        vec![
            rule("at-risk", &[("when", "band at risk")]),
            rule("falling", &[("when", "score drops 15 within 7d")]),
            rule("unusual-drop", &[("when", "calls below usual by 50%")]),
            rule("commitment", &[("when", "spend at 80% 100% of commitment")]),
            rule("overdue", &[("when", "initiative overdue")]),
            rule("silent-source", &[("when", "source silent 24h")]),
        ]
    }
}

/// What is meant by what is left out; it depends on what is watched.
#[derive(Default)]
struct Defaults {
    dwell: Stretch,
    clear: Stretch,
    margin: u16,
    volume: u64,
}

impl Defaults {
    fn of(when: &AlertWhen) -> Self {
        let (dwell, clear, margin, volume) = match when {
            // The band itself waits for two days and three points before it changes.
            AlertWhen::Band(_) => (Stretch::NONE, Stretch::hours(1), 0, 100),
            AlertWhen::Score(_) | AlertWhen::Drop { .. } => (Stretch::hours(6), Stretch::hours(24), 3, 100),
            AlertWhen::Unusual { .. } => (Stretch::hours(2), Stretch::hours(6), 10, 500),
            AlertWhen::Spend { .. } => (Stretch::NONE, Stretch::NONE, 2, 0),
            AlertWhen::Forecast { .. } => (Stretch::hours(24), Stretch::hours(24), 5, 0),
            AlertWhen::Idle(_) | AlertWhen::Overdue | AlertWhen::Silent(_) => {
                (Stretch::NONE, Stretch::NONE, 0, 0)
            }
            AlertWhen::Churn(_) => (Stretch::hours(24), Stretch::hours(24), 5, 100),
        };
        Self { dwell, clear, margin, volume }
    }
}

struct Reader<'p> {
    part: &'p dyn Fn(&str) -> Option<String>,
    wrong: Vec<BadAlertRule>,
}

impl Reader<'_> {
    fn note(&mut self, key: &'static str, message: String) {
        self.wrong.push(BadAlertRule { key, message });
    }

    fn with<T>(&mut self, key: &'static str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = (self.part)(key).filter(|text| !text.trim().is_empty())?;
        read(text.trim()).map_err(|message| self.note(key, message)).ok()
    }

    fn parsed<T: FromStr<Err = String>>(&mut self, key: &'static str) -> Option<T> {
        self.with(key, str::parse)
    }

    fn needed<T: FromStr<Err = String>>(&mut self, key: &'static str, what: &str) -> Option<T> {
        if (self.part)(key).is_none_or(|text| text.trim().is_empty()) {
            self.note(key, format!("is missing; give {what}"));
            return None;
        }
        self.parsed(key)
    }
}

fn checked_name(name: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(fits) {
        return Err(format!(
            "“{name}” cannot be the name of a rule; use lower-case letters, digits and dashes, {NAME_CHARS_MAX} at most"
        ));
    }
    Ok(name.to_owned())
}

fn destinations(text: &str) -> Result<Vec<Destination>, String> {
    let words = text.split([',', ' ']).filter(|word| !word.is_empty());
    let mut tell: Vec<Destination> =
        words.map(|word| word.parse()).collect::<Result<_, _>>().map_err(|bad| format!("{bad}"))?;
    tell.sort_unstable();
    tell.dedup();
    if tell.is_empty() || tell.len() > TELL_MAX {
        return Err(format!("give one destination or several, {TELL_MAX} at most, as page or discord:11"));
    }
    Ok(tell)
}

fn margin(text: &str) -> Result<u16, String> {
    let number = text.trim_end_matches('%').trim_end().parse().ok().filter(|number| *number <= 50);
    number.ok_or_else(|| format!("“{text}” is no margin; give whole points or percents, 50 at most"))
}

fn volume(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_odd| format!("“{text}” is no volume; give calls in a week, as 500"))
}

fn remind(text: &str) -> Result<Stretch, String> {
    let every: Stretch = text.parse()?;
    if every < REMIND_MIN {
        return Err(format!("reminders come {} apart at least", REMIND_MIN.words()));
    }
    Ok(every)
}

fn yes(text: &str) -> Result<bool, String> {
    match text {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(format!("“{text}” must be yes or no")),
    }
}

fn unless_none<T>(text: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.eq_ignore_ascii_case("none") { Ok(None) } else { read(text).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &[(&str, &str)]) -> Result<AlertRule, String> {
        let part =
            |key: &str| parts.iter().find(|(known, _)| *known == key).map(|(_, value)| (*value).to_owned());
        AlertRule::read("mine", part).map_err(|wrong| {
            let lines: Vec<String> =
                wrong.iter().map(|one| format!("{}: {}", one.key, one.message)).collect();
            lines.join("\n")
        })
    }

    #[test]
    fn the_parts_of_a_rule_make_it_again() {
        let mut rules = AlertRule::defaults();
        rules.push(
            read(&[
                ("when", "score below 50"),
                ("scope", "owner:Dana"),
                ("tell", "page, discord:11"),
                ("for", "2d"),
                ("quiet", "20:00-07:00 Europe/Zurich"),
                ("off", "sat sun 2026-12-25"),
                ("remind", "24h"),
                ("mention", "yes"),
            ])
            .unwrap(),
        );
        for rule in rules {
            let parts = rule.parts();
            let part =
                |key: &str| parts.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone());
            assert_eq!(AlertRule::read(&rule.name, part), Ok(rule));
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let wrong = read(&[
            ("when", "source silent 24h"),
            ("scope", "tag:emea"),
            ("tell", "carrier pigeon"),
            ("for", "long"),
            ("margin", "90"),
            ("volume", "many"),
            ("quiet", "at night"),
            ("off", "someday"),
            ("remind", "1m"),
            ("mention", "perhaps"),
        ]);
        insta::assert_snapshot!(wrong.unwrap_err(), @r"
        tell: “carrier” is no destination; write page, or discord: and the id of a channel
        for: “long” is not a length of time; write 30m, 4h, 2d or 1w
        margin: “90” is no margin; give whole points or percents, 50 at most
        volume: “many” is no volume; give calls in a week, as 500
        quiet: “at night” are no hours; write 20:00-07:00 Europe/Zurich
        off: “someday” is no day off; write sat, sun or a date such as 2026-12-25
        remind: reminders come 1 hour apart at least
        mention: “perhaps” must be yes or no
        scope: a source delivers for many accounts; leave the scope out
        ");
        assert_eq!(read(&[]).unwrap_err(), "when: is missing; give what it watches for, as “band at risk”");
    }
}
