//! The AI: its key, its model, what it may cost and what it may know.

use std::time::Duration;

use secrecy::ExposeSecret;
use secrecy::SecretString;

use crate::domain::Money;

use super::gather::Gathered;
use super::settings::{flag, parsed, web_address};
use super::trust::Trust;

/// Longest silence that may be asked for: a digest is waited for two minutes, all tries together.
const SILENCE_SECONDS_MAX: u64 = 120;
/// Longest name of a model or version; they stand in a body and in a header.
const NAME_CHARS_MAX: usize = 100;
const EFFORTS: &[&str] = &["low", "medium", "high", "xhigh", "max"];

/// How the AI is reached, and what it may cost.
#[derive(Debug, Clone)]
pub struct AiSettings {
    /// The key of the Anthropic API.
    pub key: SecretString,
    /// Where the API is, without a slash at the end.
    pub base_url: String,
    /// Value of the header `anthropic-version`.
    pub version: String,
    /// Which model writes.
    pub model: String,
    /// How hard it thinks; the model's own measure when `None`.
    pub effort: Option<String>,
    /// Whether it may be told people's names.
    pub names: bool,
    /// How long nothing may come before a try is given up.
    pub silence_max: Duration,
    /// What may be spent.
    pub budget: AiBudget,
    /// Whom calls trust.
    pub trust: Trust,
}

/// What may be spent on the AI in a day (UTC), and what tokens cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AiBudget {
    /// Tokens of all kinds.
    pub tokens_a_day: u64,
    /// Money, in the currency of the prices.
    pub money_a_day: Money,
    /// Price of a million tokens that are read.
    pub input_price: Money,
    /// Price of a million tokens that are written.
    pub output_price: Money,
}

/// The AI, when there is a key for it.
pub(super) fn read(all: &mut Gathered, trust: &Trust) -> Option<AiSettings> {
    let settings = AiSettings {
        trust: trust.clone(),
        key: SecretString::from(all.get("ai.api_key").text),
        base_url: parsed(all, "ai.base_url", String::new(), |text| match web_address(text)? {
            address if address.is_empty() => Err("must be a web address".into()),
            address => Ok(address),
        }),
        version: parsed(all, "ai.version", String::new(), name),
        model: parsed(all, "ai.model", String::new(), name),
        effort: parsed(all, "ai.effort", None, effort),
        names: parsed(all, "ai.names", false, flag),
        silence_max: parsed(all, "ai.silence_seconds", Duration::ZERO, seconds),
        budget: AiBudget {
            tokens_a_day: parsed(all, "ai.tokens_a_day", 0, |text| {
                text.parse().or(Err(format!("“{text}” must be a whole number of tokens")))
            }),
            money_a_day: parsed(all, "ai.money_a_day", Money::ZERO, amount),
            input_price: parsed(all, "ai.input_price", Money::ZERO, amount),
            output_price: parsed(all, "ai.output_price", Money::ZERO, amount),
        },
    };
    let key = settings.key.expose_secret();
    check_key(all, "ai.api_key", key);
    (!key.is_empty()).then_some(settings)
}

/// Notes a mistake when a key cannot be one.
pub(super) fn check_key(all: &mut Gathered, setting: &str, key: &str) {
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let place = all.get(setting).place;
        all.wrong(place, "holds a character that no key has; copy the key again");
    }
}

/// A name as it may stand in a header.
fn name(text: &str) -> Result<String, String> {
    let fits = (1..=NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(text.to_owned()) } else { Err("must be a name without blanks".into()) }
}

fn effort(text: &str) -> Result<Option<String>, String> {
    match text {
        "" => Ok(None),
        _ if EFFORTS.contains(&text) => Ok(Some(text.to_owned())),
        _ => Err(format!("“{text}” is not an effort; use {}, or leave it empty", EFFORTS.join(", "))),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let count = text.parse().ok().filter(|count| (1..=SILENCE_SECONDS_MAX).contains(count));
    count
        .map(Duration::from_secs)
        .ok_or_else(|| format!("“{text}” must be a whole number of seconds from 1 to {SILENCE_SECONDS_MAX}"))
}

fn amount(text: &str) -> Result<Money, String> {
    let amount = text.parse::<Money>().ok().filter(|amount| *amount >= Money::ZERO);
    amount.ok_or_else(|| format!("“{text}” must be an amount in quotes, such as \"2.50\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;
    use crate::config::Settings;

    fn load(file: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("etsm.toml");
        std::fs::write(&path, file).unwrap();
        let place = path.display().to_string();
        Settings::load(Some(&path), &Environment::of(variables.iter().copied())).map_err(|mistakes| {
            let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            lines.join("\n").replace(&place, "etsm.toml")
        })
    }

    #[test]
    fn without_a_key_there_is_no_ai() {
        assert!(load("[ai]\nmodel = \"claude-haiku-5-5\"", &[]).unwrap().ai.is_none());
    }

    #[test]
    fn a_key_alone_is_enough_and_never_prints() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "sk-ant-very-secret\n").unwrap();
        let settings = load("", &[("ETSM_ANTHROPIC_API_KEY_FILE", path.to_str().unwrap())]).unwrap();
        let ai = settings.ai.clone().unwrap();
        assert_eq!(ai.key.expose_secret(), "sk-ant-very-secret");
        assert_eq!((ai.base_url.as_str(), ai.version.as_str()), ("https://api.anthropic.com", "2026-10-21"));
        assert!(!ai.names && ai.budget.tokens_a_day > 0 && ai.budget.money_a_day > Money::ZERO);
        assert!(!format!("{settings:?}").contains("very-secret"));
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        let wrong = load(
            "[ai]\neffort = \"hard\"\nmoney_a_day = \"-1\"\nsilence_seconds = 0\ntokens_a_day = \"many\"\nmodel = \"a b\"\n",
            &[("ETSM_ANTHROPIC_BASE_URL", "api.anthropic.com"), ("ETSM_ANTHROPIC_API_KEY", "sk ant")],
        );
        insta::assert_snapshot!(wrong.unwrap_err(), @r#"
        ETSM_ANTHROPIC_BASE_URL: must be a web address, such as https://etsm.example.com
        etsm.toml:6 ai.model: must be a name without blanks
        etsm.toml:2 ai.effort: “hard” is not an effort; use low, medium, high, xhigh, max, or leave it empty
        etsm.toml:4 ai.silence_seconds: “0” must be a whole number of seconds from 1 to 120
        etsm.toml:5 ai.tokens_a_day: “many” must be a whole number of tokens
        etsm.toml:3 ai.money_a_day: “-1” must be an amount in quotes, such as "2.50"
        ETSM_ANTHROPIC_API_KEY: holds a character that no key has; copy the key again
        "#);
    }
}
