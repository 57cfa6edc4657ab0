//! Collects each setting's text from the places it may come from, and keeps the place for the message.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::domain::Annotation;
use crate::domain::ModelLife;
use crate::domain::PriceList;

use super::alert_rule::AlertRule;
use super::alerts;
use super::annotations;
use super::digests::{self, DigestSettings};
use super::environment::Environment;
use super::members::{self, Lists};
use super::mistake::Mistake;
use super::prices;
use super::sources::{self, AccountRule};

/// The defaults, which are also the manual.
pub(super) const DEFAULTS: &str = include_str!("../../config/etsm.toml");

/// Keys of the file with their variables. A setting that is not here does not exist.
pub(super) const KEYS: &[(&str, Option<&str>)] = &[
    ("server.bind", Some("ETSM_BIND")),
    ("server.public_url", Some("ETSM_PUBLIC_URL")),
    ("server.extra_ca_file", Some("ETSM_EXTRA_CA_FILE")),
    ("server.trusted_proxies", Some("ETSM_TRUSTED_PROXIES")),
    ("server.client_header", None),
    ("server.tls.certificate", Some("ETSM_TLS_CERTIFICATE")),
    ("server.tls.key", Some("ETSM_TLS_KEY")),
    ("server.tls.redirect", Some("ETSM_TLS_REDIRECT")),
    ("limits.connections", None),
    ("limits.connections_per_address", None),
    ("limits.streams", None),
    ("limits.at_once", None),
    ("limits.logins_a_minute", None),
    ("limits.reads_a_minute", None),
    ("limits.writes_a_minute", None),
    ("limits.pushes_a_minute", None),
    ("limits.pictures_a_minute", None),
    ("data.dir", Some("ETSM_DATA_DIR")),
    ("data.database_url", Some("ETSM_DATABASE_URL")),
    ("data.size_max", None),
    ("data.currency", None),
    ("security.secret_key", Some("ETSM_SECRET_KEY")),
    ("log.filter", Some("ETSM_LOG")),
    ("log.format", Some("ETSM_LOG_FORMAT")),
    ("telemetry.own_use", None),
    ("telemetry.otlp", Some("ETSM_OTLP_ENDPOINT")),
    ("health.file", None),
    ("chat.role", None),
    ("chat.browser", None),
    ("access.others", None),
    ("access.administrators", None),
    ("discord.token", Some("ETSM_DISCORD_TOKEN")),
    ("discord.application_id", Some("ETSM_DISCORD_APPLICATION_ID")),
    ("discord.guild_id", Some("ETSM_DISCORD_GUILD_ID")),
    ("discord.public_key", Some("ETSM_DISCORD_PUBLIC_KEY")),
    ("discord.client_secret", Some("ETSM_DISCORD_CLIENT_SECRET")),
    ("discord.client_id", Some("ETSM_DISCORD_CLIENT_ID")),
    ("discord.gateway", None),
    ("discord.api_base", Some("ETSM_DISCORD_API_BASE")),
    ("ai.api_key", Some("ETSM_ANTHROPIC_API_KEY")),
    ("ai.base_url", Some("ETSM_ANTHROPIC_BASE_URL")),
    ("ai.model", Some("ETSM_ANTHROPIC_MODEL")),
    ("ai.version", None),
    ("ai.effort", None),
    ("ai.names", None),
    ("ai.silence_seconds", None),
    ("ai.tokens_a_day", None),
    ("ai.money_a_day", None),
    ("ai.input_price", None),
    ("ai.output_price", None),
    ("sources.anthropic.admin_key", Some("ETSM_ANTHROPIC_ADMIN_KEY")),
    ("sources.anthropic.name", None),
    ("sources.anthropic.every", None),
    ("sources.anthropic.history", None),
    ("sources.anthropic.overlap", None),
    ("sources.anthropic.reports", None),
    ("sources.anthropic.endpoint", None),
    ("sources.anthropic.account_tag", None),
    ("sources.drop.folder", Some("ETSM_DROP_FOLDER")),
    ("sources.drop.name", None),
    ("sources.drop.every_seconds", None),
    ("sources.drop.holds", None),
    ("retention.usage_days", None),
    ("retention.digests_days", None),
    ("retention.messages_days", None),
    ("retention.alerts_days", None),
    ("retention.security_days", None),
    ("retention.audit_days", None),
];

/// Keys whose value may stand in a file of its own, named by `VARIABLE_FILE`.
pub(super) const SECRETS: &[&str] = &[
    "data.database_url",
    "security.secret_key",
    "discord.token",
    "discord.client_secret",
    "ai.api_key",
    "sources.anthropic.admin_key",
];

/// How unlike a known name a wrong one may be and still be taken for a slip of the pen.
const SLIP: f64 = 0.75;

/// A setting's text and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) text: String,
    pub(super) place: String,
}

/// All settings as text.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    given: BTreeMap<&'static str, Given>,
    pub(super) lists: Lists,
    pub(super) alert_rules: Option<Vec<AlertRule>>,
    pub(super) digests: Option<Vec<DigestSettings>>,
    pub(super) account_rules: Option<Vec<AccountRule>>,
    pub(super) prices: Option<PriceList>,
    pub(super) models: Option<Vec<ModelLife>>,
    pub(super) annotations: Option<Vec<Annotation>>,
    pub(super) mistakes: Vec<Mistake>,
}

impl Gathered {
    /// Defaults ← file ← environment.
    pub(super) fn read(file: Option<&Path>, environment: &Environment) -> Self {
        let mut all = Self::default();
        all.take_file("config/etsm.toml", DEFAULTS);
        if let Some(path) = file {
            match fs::read_to_string(path) {
                Ok(text) => all.take_file(&path.display().to_string(), &text),
                Err(error) => all.wrong(path.display().to_string(), format!("cannot be read: {error}")),
            }
        }
        all.take_environment(environment);
        all
    }

    /// The text of a key; every key has a default.
    pub(super) fn get(&self, key: &str) -> Given {
        self.given.get(key).cloned().unwrap_or_else(|| Given { text: String::new(), place: key.to_owned() })
    }

    /// Notes a mistake.
    pub(super) fn wrong(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.mistakes.push(Mistake { place: place.into(), message: message.into() });
    }

    fn take_file(&mut self, name: &str, text: &str) {
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(text, span.start));
                self.wrong(format!("{name}:{line}"), format!("is not TOML: {}", error.message()));
                return;
            }
        };
        let lists = members::read(name, text, table.get_ref(), &mut self.mistakes);
        self.lists.roles = lists.roles.or(self.lists.roles.take());
        self.lists.people = lists.people.or(self.lists.people.take());
        let rules = alerts::read(name, text, table.get_ref(), &mut self.mistakes);
        self.alert_rules = rules.or(self.alert_rules.take());
        self.digests = digests::read(name, text, table.get_ref(), &mut self.mistakes).or(self.digests.take());
        let rules = sources::read_rules(name, text, table.get_ref(), &mut self.mistakes);
        self.account_rules = rules.or(self.account_rules.take());
        let prices = prices::read_prices(name, text, table.get_ref(), &mut self.mistakes);
        self.prices = prices.or(self.prices.take());
        let models = prices::read_models(name, text, table.get_ref(), &mut self.mistakes);
        self.models = models.or(self.models.take());
        let annotations = annotations::read(name, text, table.get_ref(), &mut self.mistakes);
        self.annotations = annotations.or(self.annotations.take());
        let mut found = Vec::new();
        flatten("", table.get_ref(), &mut found);
        for (key, at, value) in found {
            let place = format!("{name}:{} {key}", line_of(text, at));
            let Some((known, _)) = KEYS.iter().find(|(known, _)| *known == key) else {
                self.wrong(
                    place,
                    format!("is not a setting{}", nearest(&key, KEYS.iter().map(|(known, _)| *known))),
                );
                continue;
            };
            match value {
                Some(text) => _ = self.given.insert(known, Given { text, place }),
                None => self.wrong(place, "must be a text, a whole number, true or false"),
            }
        }
    }

    fn take_environment(&mut self, environment: &Environment) {
        for (key, variable) in KEYS {
            let Some(variable) = variable else { continue };
            if let Some(text) = environment.get(variable) {
                let given = Given { text: text.to_owned(), place: (*variable).to_owned() };
                self.given.insert(key, given);
                continue;
            }
            let by_file = format!("{variable}_FILE");
            if let Some(path) = environment.get(&by_file).filter(|_| SECRETS.contains(key)) {
                match fs::read_to_string(path) {
                    Ok(text) => {
                        _ = self.given.insert(key, Given { text: text.trim().to_owned(), place: by_file })
                    }
                    Err(error) => self.wrong(by_file, format!("cannot read “{path}”: {error}")),
                }
            }
        }
    }
}

/// Variables that look like a misspelt setting, with what may be meant; for `etsm check` alone, because other programs
/// may use the prefix too.
pub(super) fn suspicious(environment: &Environment) -> Vec<String> {
    let known: Vec<&str> = KEYS.iter().filter_map(|(_, variable)| *variable).collect();
    environment
        .names("ETSM_")
        .filter(|name| !known.contains(&name.trim_end_matches("_FILE")))
        .filter_map(|name| {
            let near = known.iter().find(|other| strsim::damerau_levenshtein(name, other) <= 2)?;
            Some(format!("{name} is not a setting; did you mean {near}?"))
        })
        .collect()
}

/// ` (did you mean “discord.guild_id”?)`, or what there is.
pub(super) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .filter(|(likeness, _)| *likeness >= SLIP)
        .map_or_else(
            || "; config/etsm.toml lists them all".into(),
            |(_, name)| format!("; did you mean “{name}”?"),
        )
}

/// Line of a byte offset, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn flatten(prefix: &str, table: &DeTable<'_>, found: &mut Vec<(String, usize, Option<String>)>) {
    for (key, value) in table {
        let name =
            if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        let lists = [
            members::LISTS,
            alerts::LISTS,
            &[digests::LIST, sources::LIST, annotations::LIST],
            prices::LISTS,
        ]
        .concat();
        if lists.contains(&name.as_str()) {
            continue;
        }
        let text = match value.get_ref() {
            DeValue::Table(inner) => {
                flatten(&name, inner, found);
                continue;
            }
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Boolean(yes) => Some(yes.to_string()),
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) => None,
        };
        found.push((name, key.span().start, text));
    }
}
