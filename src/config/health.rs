//! The health configuration: weights, windows and curves of `config/health.toml`.
//!
//! Invariant: rules that were parsed can judge: weights above zero, curves that rise in what they measure, whole
//! weeks where weekdays are compared. All mistakes are told at once, each with its line.

use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::domain::FactorKind;

use super::mistake::Mistake;

const ROOT_KEYS: &[&str] = &["version", "score", "factor"];
const SCORE_KEYS: &[&str] = &["healthy_from", "watch_from", "hysteresis", "dwell_days", "judged_min"];
const FACTOR_KEYS: &[&str] = &["kind", "weight", "window_days", "curve"];
const WEEK_DAYS: u16 = 7;
/// Longest window, in days: two years are more than any factor can use.
const WINDOW_DAYS_MAX: u16 = 730;
/// Longest dwell of a band, in days: who waits longer is told too late.
const DWELL_DAYS_MAX: f64 = 14.0;
/// A misspelt key is taken for the nearest one when they are this alike (Jaro–Winkler, 0 to 1).
const ALIKE_MIN: f64 = 0.75;

/// How health is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthRules {
    /// Grows with every change, so that a score says which rules made it.
    pub version: u32,
    /// A score at or above is healthy.
    pub healthy_from: f64,
    /// A score at or above (and below healthy) is watch; the rest is at risk.
    pub watch_from: f64,
    /// How many points beyond a limit a score must lie before the band changes.
    pub hysteresis: f64,
    /// On how many successive days it must lie there; at least one.
    pub dwell_days: usize,
    /// The least part of all weight, 0 to 1, that must be judged before a score is given.
    pub judged_min: f64,
    /// The factors, in the order they are shown.
    pub factors: Vec<FactorRules>,
}

/// How one factor is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorRules {
    /// Which.
    pub kind: FactorKind,
    /// Its part in the score, relative to the other weights; above zero.
    pub weight: f64,
    /// Days looked back; zero for factors that look at what is open or due.
    pub window_days: u16,
    /// From measured value to score, 0–100: corner points with rising measured values, straight in between, flat outside.
    pub curve: Vec<(f64, f64)>,
}

impl HealthRules {
    /// The file that is compiled in and holds when no other is given.
    pub const DEFAULT_TEXT: &str = include_str!("../../config/health.toml");

    /// The rules that are compiled in.
    #[must_use]
    pub fn default_rules() -> Self {
        Self::parse(Self::DEFAULT_TEXT).expect("a test parses the compiled-in file")
    }

    /// Reads the text of a `health.toml`. Unknown keys are mistakes; all mistakes are told at once.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader { text, mistakes: Vec::new() };
        let rules = match DeTable::parse(text) {
            Ok(table) => reader.rules(table.get_ref()),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                reader.wrong(at, "", error.message());
                None
            }
        };
        match rules {
            Some(rules) if reader.mistakes.is_empty() => Ok(rules),
            _ => Err(reader.mistakes),
        }
    }
}

type Value<'t> = Spanned<DeValue<'t>>;

struct Reader<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: usize, key: &str, message: impl Into<String>) {
        let line = self.text[..at.min(self.text.len())].matches('\n').count() + 1;
        let place = format!("health.toml:{line} {key}").trim_end().to_owned();
        self.mistakes.push(Mistake { place, message: message.into() });
    }

    fn rules(&mut self, table: &DeTable<'_>) -> Option<HealthRules> {
        self.known(table, ROOT_KEYS, "");
        let version = self.number(table, 0, "", "version", 1.0, f64::from(u32::MAX));
        if version.is_some_and(|version| version.fract() != 0.0) {
            self.wrong(0, "version", "must be a whole number");
        }
        let score = self.score(table);
        let mut factors: Vec<FactorRules> = Vec::new();
        match table.get("factor").map(|value| (value.span().start, value.get_ref().as_array())) {
            Some((_, Some(list))) if !list.is_empty() => {
                for item in list.iter() {
                    let at = item.span().start;
                    let Some(factor) = self.factor(item) else { continue };
                    if factors.iter().any(|other| other.kind == factor.kind) {
                        self.wrong(
                            at,
                            &format!("factor.{}", factor.kind),
                            "stands here twice; keep one of them",
                        );
                    }
                    factors.push(factor);
                }
            }
            other => {
                let at = other.map_or(0, |(at, _)| at);
                self.wrong(at, "factor", "at least one [[factor]] must be given");
            }
        }
        Some(HealthRules { version: version? as u32, factors, ..score? })
    }

    /// What stands in `[score]`; version and factors stand elsewhere.
    fn score(&mut self, table: &DeTable<'_>) -> Option<HealthRules> {
        let Some(value) = table.get("score") else {
            self.wrong(0, "score", format!("is missing; give {} in [score]", SCORE_KEYS.join(", ")));
            return None;
        };
        let at = value.span().start;
        let Some(score) = value.get_ref().as_table() else {
            self.wrong(at, "score", "must be a table: [score]");
            return None;
        };
        self.known(score, SCORE_KEYS, "score.");
        let healthy = self.number(score, at, "score.", "healthy_from", 0.0, 100.0);
        let watch = self.number(score, at, "score.", "watch_from", 0.0, 100.0);
        let hysteresis = self.number(score, at, "score.", "hysteresis", 0.0, 20.0);
        let dwell_days = self.number(score, at, "score.", "dwell_days", 1.0, DWELL_DAYS_MAX);
        if dwell_days.is_some_and(|days| days.fract() != 0.0) {
            self.wrong(at, "score.dwell_days", "must be a whole number");
        }
        let judged_min = self.number(score, at, "score.", "judged_min", 0.0, 1.0);
        if let (Some(healthy), Some(watch)) = (healthy, watch)
            && watch >= healthy
        {
            self.wrong(at, "score.watch_from", "must be below healthy_from");
        }
        Some(HealthRules {
            version: 0,
            healthy_from: healthy?,
            watch_from: watch?,
            hysteresis: hysteresis?,
            dwell_days: dwell_days? as usize,
            judged_min: judged_min?,
            factors: Vec::new(),
        })
    }

    fn factor(&mut self, item: &Value<'_>) -> Option<FactorRules> {
        let at = item.span().start;
        let Some(table) = item.get_ref().as_table() else {
            self.wrong(at, "factor", "must be a table: [[factor]]");
            return None;
        };
        let kind = self.kind(table, at);
        let place = kind.map_or_else(|| "factor.".to_owned(), |kind| format!("factor.{kind}."));
        self.known(table, FACTOR_KEYS, &place);
        let weight = self.number(table, at, &place, "weight", 0.0, 1e6);
        if weight == Some(0.0) {
            self.wrong(
                at,
                &format!("{place}weight"),
                "must be above zero; remove the factor to switch it off",
            );
        }
        let window_days = kind.and_then(|kind| self.window_days(table, at, &place, kind));
        let curve = self.curve(table, at, &place);
        Some(FactorRules { kind: kind?, weight: weight?, window_days: window_days?, curve: curve? })
    }

    fn kind(&mut self, table: &DeTable<'_>, at: usize) -> Option<FactorKind> {
        let Some(value) = table.get("kind") else {
            self.wrong(at, "factor.kind", "is missing");
            return None;
        };
        let parsed = value.get_ref().as_str().unwrap_or_default().parse::<FactorKind>();
        parsed.map_err(|message| self.wrong(value.span().start, "factor.kind", message)).ok()
    }

    /// Only factors that look back have a window; growth compares weekdays, so its window is whole weeks.
    fn window_days(&mut self, table: &DeTable<'_>, at: usize, place: &str, kind: FactorKind) -> Option<u16> {
        const KEY: &str = "window_days";
        if matches!(kind, FactorKind::Initiatives | FactorKind::Commitment) {
            if let Some(value) = table.get(KEY) {
                let message = "is not used here: this factor looks at what is open or due; remove it";
                self.wrong(value.span().start, &format!("{place}{KEY}"), message);
            }
            return Some(0);
        }
        let least = f64::from(WEEK_DAYS);
        let days = self.number(table, at, place, KEY, least, f64::from(WINDOW_DAYS_MAX))?;
        let whole_weeks = days % least == 0.0;
        if days.fract() != 0.0 || (kind == FactorKind::Growth && !whole_weeks) {
            let message = match kind {
                FactorKind::Growth => "must be a multiple of 7, so that each weekday occurs equally often",
                _ => "must be a whole number",
            };
            self.wrong(at, &format!("{place}{KEY}"), message);
        }
        Some(days as u16)
    }

    fn curve(&mut self, table: &DeTable<'_>, at: usize, place: &str) -> Option<Vec<(f64, f64)>> {
        let key = format!("{place}curve");
        let Some(value) = table.get("curve") else {
            self.wrong(at, &key, "is missing");
            return None;
        };
        let at = value.span().start;
        let corner = |corner: &Value<'_>| match corner
            .get_ref()
            .as_array()
            .map(|pair| pair.iter().collect::<Vec<_>>())
        {
            Some(pair) if pair.len() == 2 => Some((number(pair[0])?, number(pair[1])?)),
            _ => None,
        };
        let corners: Option<Vec<(f64, f64)>> =
            value.get_ref().as_array().and_then(|list| list.iter().map(corner).collect());
        let Some(corners) = corners.filter(|corners| corners.len() >= 2) else {
            self.wrong(at, &key, "must be a list of at least two corners, as [[0, 100], [1, 0]]");
            return None;
        };
        if corners.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            self.wrong(at, &key, "must rise in the measured value, the first number of each corner");
        }
        if corners.iter().any(|(_, score)| !(0.0..=100.0).contains(score)) {
            self.wrong(
                at,
                &key,
                "must stay between 0 and 100 in the score, the second number of each corner",
            );
        }
        Some(corners)
    }

    fn number(
        &mut self,
        table: &DeTable<'_>,
        at: usize,
        place: &str,
        key: &str,
        least: f64,
        most: f64,
    ) -> Option<f64> {
        let place = format!("{place}{key}");
        let Some(value) = table.get(key) else {
            self.wrong(at, &place, "is missing");
            return None;
        };
        let found = number(value).filter(|found| (least..=most).contains(found));
        if found.is_none() {
            self.wrong(value.span().start, &place, format!("must be a number from {least} to {most}"));
        }
        found
    }

    fn known(&mut self, table: &DeTable<'_>, keys: &[&str], place: &str) {
        for key in table.keys().filter(|key| !keys.contains(&key.get_ref().as_ref())) {
            let alike = |known: &&str| strsim::jaro_winkler(key.get_ref(), known);
            let nearest = keys.iter().max_by(|a, b| alike(a).total_cmp(&alike(b)));
            let hint = nearest.filter(|known| alike(known) >= ALIKE_MIN).map_or_else(
                || format!("use one of {}", keys.join(", ")),
                |known| format!("did you mean “{known}”?"),
            );
            let name = format!("{place}{}", key.get_ref());
            self.wrong(key.span().start, &name, format!("is not a key that is known here; {hint}"));
        }
    }
}

/// A finite number.
fn number(value: &Value<'_>) -> Option<f64> {
    let parsed = match value.get_ref() {
        DeValue::Integer(whole) => i64::from_str_radix(whole.as_str(), whole.radix()).ok().map(|n| n as f64),
        DeValue::Float(float) => float.as_str().parse().ok(),
        DeValue::String(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    };
    parsed.filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The compiled-in file with one text replaced must be refused with exactly these mistakes.
    #[track_caller]
    fn check(from: &str, to: &str, expected: &[&str]) {
        assert!(HealthRules::DEFAULT_TEXT.contains(from), "{from}");
        let mistakes = HealthRules::parse(&HealthRules::DEFAULT_TEXT.replacen(from, to, 1)).unwrap_err();
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        // Lines move with every comment; what counts is that they are there.
        let bare: Vec<String> = told
            .iter()
            .map(|text| {
                let rest = text.strip_prefix("health.toml:").unwrap();
                rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().to_owned()
            })
            .collect();
        assert_eq!(bare, expected, "{told:?}");
    }

    #[test]
    fn the_compiled_in_rules_judge() {
        let rules = HealthRules::default_rules();
        assert_eq!(rules.factors.len(), FactorKind::ALL.len());
        assert_eq!((rules.healthy_from, rules.watch_from), (70.0, 40.0));
        assert_eq!((rules.hysteresis, rules.dwell_days), (3.0, 2));
        assert_eq!(rules.factors[0].curve[0], (1.0, 100.0));
    }

    #[test]
    fn mistakes_say_where_and_what_would_be_right() {
        check(
            "healthy_from",
            "healty_from",
            &[
                "score.healty_from: is not a key that is known here; did you mean “healthy_from”?",
                "score.healthy_from: is missing",
            ],
        );
        check(
            "weight = 15",
            "weight = 0",
            &["factor.recency.weight: must be above zero; remove the factor to switch it off"],
        );
        check("weight = 15", "weight = -1", &["factor.recency.weight: must be a number from 0 to 1000000"]);
        check(
            "[[1, 100], [2, 75]",
            "[[2, 100], [1, 75]",
            &["factor.recency.curve: must rise in the measured value, the first number of each corner"],
        );
        check(
            "[[1, 100]",
            "[[1, 101]",
            &[
                "factor.recency.curve: must stay between 0 and 100 in the score, the second number of each corner",
            ],
        );
        check(
            "window_days = 28",
            "window_days = 30",
            &[
                "factor.growth.window_days: must be a multiple of 7, so that each weekday occurs equally often",
            ],
        );
        check(
            "kind = \"trend\"",
            "kind = \"growth\"",
            &["factor.growth: stands here twice; keep one of them"],
        );
        check("watch_from = 40", "watch_from = 70", &["score.watch_from: must be below healthy_from"]);
        check(
            "kind = \"initiatives\"",
            "kind = \"initiatives\"\nwindow_days = 7",
            &[
                "factor.initiatives.window_days: is not used here: this factor looks at what is open or due; remove it",
            ],
        );
        check("dwell_days = 2", "dwell_days = 1.5", &["score.dwell_days: must be a whole number"]);
        check("hysteresis = 3", "hysteresis = 30", &["score.hysteresis: must be a number from 0 to 20"]);
        check("version = 2", "version = nan", &["version: must be a number from 1 to 4294967295"]);
    }

    #[test]
    fn a_mistake_names_its_line() {
        let mistakes = HealthRules::parse("version = 1\n\n[score]\nhealthy = 3\n").unwrap_err();
        assert_eq!(mistakes[0].place, "health.toml:4 score.healthy");
        assert_eq!(HealthRules::parse("version = ").unwrap_err()[0].place, "health.toml:1");
    }
}
