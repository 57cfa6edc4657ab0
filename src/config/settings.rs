//! The settings as the program uses them.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::Annotation;
use crate::domain::Currency;
use crate::domain::ModelLife;
use crate::domain::PriceList;
use crate::domain::Role;

use super::ai::{self, AiSettings};
use super::alert_rule::AlertRule;
use super::digests::DigestSettings;
use super::drop_folder::{self, DropSource};
use super::environment::Environment;
use super::gather::{Gathered, suspicious};
use super::health::HealthRules;
use super::members::{MemberRules, snowflake};
use super::mistake::Mistake;
use super::operations::{self, LogFormat, OtlpSettings};
use super::retention::{self, RetentionSettings};
use super::server::{self, ServerSettings};
use super::sources::{self, AnthropicSource};
use super::trust::{self, Trust};

/// Shortest secret key: 32 characters of a random text hold more than 128 bits.
const SECRET_KEY_CHARS_MIN: usize = 32;
/// Keys that stand in manuals and so protect nothing.
const WELL_KNOWN_KEYS: &[&str] = &["change-me", "changeme", "secret", "0123456789abcdef"];

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the dashboard listens.
    pub bind: SocketAddr,
    /// How links in chat begin, without a slash at the end: `https://etsm.example.com`.
    pub public_url: String,
    /// How the server meets clients.
    pub server: ServerSettings,
    /// Where the database lives.
    pub data_dir: PathBuf,
    /// Address of the database; `None` is a file in `data_dir`.
    pub database_url: Option<String>,
    /// Signs links and custom ids. `None` only for the demo and one-shot commands.
    pub secret_key: Option<SecretString>,
    /// Bytes that the database may grow to; `None` is as many as there are.
    pub size_max: Option<u64>,
    /// Filter of the log, as `info` or `etsm=debug`.
    pub log: String,
    /// The form of the log.
    pub log_format: LogFormat,
    /// Whether etsm counts how it is used itself.
    pub own_use: bool,
    /// Where spans go; `None` is nowhere.
    pub otlp: Option<OtlpSettings>,
    /// Currency of all costs.
    pub currency: Currency,
    /// How health is judged.
    pub health: Arc<HealthRules>,
    /// The text that the health rules were read from.
    pub health_text: String,
    /// Discord; `None` is off.
    pub discord: Option<DiscordSettings>,
    /// Chat on all surfaces.
    pub chat: ChatSettings,
    /// Who the members of the chat server are.
    pub members: MemberRules,
    /// The rules of alerts; those that are compiled in where none is set up.
    pub alert_rules: Vec<AlertRule>,
    /// The AI; `None` is off.
    pub ai: Option<AiSettings>,
    /// Digests on schedule.
    pub digests: Vec<DigestSettings>,
    /// Usage and cost of an organisation at Anthropic; `None` is off.
    pub anthropic_source: Option<AnthropicSource>,
    /// A folder whose files are imported; `None` is off.
    pub drop_source: Option<DropSource>,
    /// What usage costs.
    pub prices: PriceList,
    /// Models that come to an end, beside those that a source tells of.
    pub models: Vec<ModelLife>,
    /// What happened, for charts to say.
    pub annotations: Vec<Annotation>,
    /// How long each kind of data is kept.
    pub retention: RetentionSettings,
}

/// How etsm reaches Discord.
#[derive(Debug, Clone)]
pub struct DiscordSettings {
    /// The bot's token.
    pub token: SecretString,
    /// The application; asked of Discord when `None`.
    pub application_id: Option<u64>,
    /// Commands are registered here; everywhere when `None`.
    pub guild_id: Option<u64>,
    /// Replaces `https://discord.com`, without a slash at the end.
    pub api_base: Option<String>,
    /// What Discord signs interactions with when it sends them over HTTP; `None` takes none there.
    pub public_key: Option<[u8; 32]>,
    /// The application as a login; asked of Discord when `None`.
    pub client_id: Option<u64>,
    /// With it, members of the server log in to the dashboard.
    pub client_secret: Option<SecretString>,
    /// Whether interactions come over a connection of our own.
    pub gateway: bool,
    /// Whom calls trust.
    pub trust: Trust,
}

/// Chat on all surfaces.
#[derive(Debug, Clone)]
pub struct ChatSettings {
    /// Role of whoever asks in chat.
    pub role: Role,
    /// Whether the browser chat is served at `/chat`; on loopback only.
    pub browser: bool,
}

impl Settings {
    /// Reads all settings, or reports every mistake in them.
    pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Self, Vec<Mistake>> {
        let named = environment.get("ETSM_CONFIG").map(PathBuf::from);
        let file = file.map(Path::to_path_buf).or(named);
        let mut all = Gathered::read(file.as_deref(), environment);
        let bind = parsed(&mut all, "server.bind", SocketAddr::from(([127, 0, 0, 1], 8080)), |text| {
            text.parse().or(Err("must be an address with a port, such as 127.0.0.1:8080".to_owned()))
        });
        let public_url = parsed(&mut all, "server.public_url", String::new(), web_address);
        let (health, health_text) = health(&mut all);
        let trust = trust::read(&mut all);
        let server = server::read(&mut all);
        let scheme = if server.tls.is_some() { "https" } else { "http" };
        let settings = Self {
            bind,
            public_url: if public_url.is_empty() { format!("{scheme}://{bind}") } else { public_url },
            server,
            data_dir: PathBuf::from(all.get("data.dir").text),
            database_url: Some(all.get("data.database_url").text).filter(|url| !url.is_empty()),
            secret_key: parsed(&mut all, "security.secret_key", None, secret_key),
            size_max: parsed(&mut all, "data.size_max", None, operations::size),
            log: all.get("log.filter").text,
            log_format: parsed(&mut all, "log.format", LogFormat::Auto, LogFormat::from_str),
            own_use: parsed(&mut all, "telemetry.own_use", true, flag),
            otlp: operations::otlp(&mut all, &trust),
            currency: parsed(&mut all, "data.currency", Currency::USD, Currency::from_str),
            health,
            health_text,
            chat: ChatSettings {
                role: parsed(&mut all, "chat.role", Role::Viewer, Role::from_str),
                browser: parsed(&mut all, "chat.browser", false, flag),
            },
            discord: discord(&mut all, &trust),
            members: members(&mut all),
            alert_rules: all.alert_rules.take().unwrap_or_else(AlertRule::defaults),
            ai: ai::read(&mut all, &trust),
            digests: all.digests.take().unwrap_or_default(),
            anthropic_source: sources::read(&mut all, &trust),
            drop_source: drop_folder::read(&mut all),
            prices: all.prices.take().unwrap_or_default(),
            models: all.models.take().unwrap_or_default(),
            annotations: all.annotations.take().unwrap_or_default(),
            retention: retention::read(&mut all),
        };
        if settings.server.tls.is_some() && !settings.public_url.starts_with("https://") {
            let place = all.get("server.public_url").place;
            all.wrong(place, "must begin with https:// where server.tls has a certificate");
        }
        if settings.data_dir.as_os_str().is_empty() {
            all.wrong(all.get("data.dir").place, "must name a folder");
        }
        if all.mistakes.is_empty() { Ok(settings) } else { Err(all.mistakes) }
    }

    /// What looks odd in the environment but is no mistake.
    #[must_use]
    pub fn hints(environment: &Environment) -> Vec<String> {
        suspicious(environment)
    }

    /// What `serve` needs beyond what other commands need.
    pub fn check_for_serving(&self) -> Result<(), Vec<Mistake>> {
        let mut mistakes = Vec::new();
        if self.secret_key.is_none() {
            mistakes.push(Mistake {
                place: "ETSM_SECRET_KEY".into(),
                message: format!(
                    "is needed to serve: {SECRET_KEY_CHARS_MIN} characters or more; make one with `openssl rand -hex 32`"
                ),
            });
        }
        if !self.bind.ip().is_loopback() {
            self.check_for_others(&mut mistakes);
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }
}

impl Settings {
    /// Whether people log in, instead of whoever is at this machine.
    #[must_use]
    pub fn has_login(&self) -> bool {
        self.discord.as_ref().is_some_and(|discord| discord.client_secret.is_some())
    }

    /// What a dashboard needs that others can reach.
    fn check_for_others(&self, mistakes: &mut Vec<Mistake>) {
        let port = self.bind.port();
        if !self.has_login() {
            let message = format!(
                "{} would be open to others without a login; set discord.token and discord.client_secret \
                 (ETSM_DISCORD_TOKEN, ETSM_DISCORD_CLIENT_SECRET), or use 127.0.0.1:{port}",
                self.bind
            );
            mistakes.push(Mistake { place: "server.bind (ETSM_BIND)".into(), message });
        }
        if !self.public_url.starts_with("https://") {
            let message = format!(
                "must be https beyond this machine, for a session must not be read on its way; set server.tls, or \
                 put a proxy with TLS in front and name its address, or bind to 127.0.0.1:{port}"
            );
            mistakes.push(Mistake { place: "server.public_url (ETSM_PUBLIC_URL)".into(), message });
        }
    }
}

/// Reads one key with `read`; a mistake is noted and `otherwise` stands in, so that all mistakes are found at once.
pub(super) fn parsed<T>(
    all: &mut Gathered,
    key: &str,
    otherwise: T,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> T {
    let given = all.get(key);
    match read(&given.text) {
        Ok(value) => value,
        Err(message) => {
            all.wrong(given.place, message);
            otherwise
        }
    }
}

pub(super) fn web_address(text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    let rest = trimmed.strip_prefix("http://").or_else(|| trimmed.strip_prefix("https://"));
    match rest {
        _ if trimmed.is_empty() => Ok(String::new()),
        Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => Ok(trimmed.to_owned()),
        _ => Err("must be a web address, such as https://etsm.example.com".into()),
    }
}

fn secret_key(text: &str) -> Result<Option<SecretString>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() < SECRET_KEY_CHARS_MIN {
        return Err(format!(
            "is too short: {SECRET_KEY_CHARS_MIN} characters or more; make one with `openssl rand -hex 32`"
        ));
    }
    let lower = text.to_ascii_lowercase();
    let first = lower.chars().next();
    let repeated = lower.chars().all(|c| Some(c) == first);
    if repeated || WELL_KNOWN_KEYS.iter().any(|known| lower.starts_with(known)) {
        return Err("is a well-known text; make one of your own with `openssl rand -hex 32`".into());
    }
    Ok(Some(SecretString::from(text.to_owned())))
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    text.parse().or(Err(format!("“{text}” must be true or false")))
}

fn members(all: &mut Gathered) -> MemberRules {
    let unlisted = all.get("chat.role").text.parse().ok();
    let others = parsed(all, "access.others", None, |text| match text {
        "" => Ok(unlisted),
        "none" => Ok(None),
        _ => text.parse().map(Some).map_err(|bad: String| format!("{bad} or none")),
    });
    MemberRules {
        roles: all.lists.roles.take().unwrap_or_default(),
        others,
        administrators: parsed(all, "access.administrators", false, flag),
        people: all.lists.people.take().unwrap_or_default(),
    }
}

fn discord(all: &mut Gathered, trust: &Trust) -> Option<DiscordSettings> {
    let id = |text: &str| if text.is_empty() { Ok(None) } else { snowflake(text).map(Some) };
    let application_id = parsed(all, "discord.application_id", None, id);
    let guild_id = parsed(all, "discord.guild_id", None, id);
    let client_id = parsed(all, "discord.client_id", None, id).or(application_id);
    let client_secret = SecretString::from(all.get("discord.client_secret").text);
    let client_secret = Some(client_secret).filter(|secret| !secret.expose_secret().is_empty());
    if client_secret.is_some() && guild_id.is_none() {
        let place = all.get("discord.guild_id").place;
        all.wrong(place, "is needed for the login: whose members are let in");
    }
    let public_key = parsed(all, "discord.public_key", None, public_key);
    let gateway = parsed(all, "discord.gateway", true, flag);
    if !gateway && public_key.is_none() {
        let place = all.get("discord.gateway").place;
        all.wrong(
            place,
            "without the gateway, Discord needs discord.public_key to send interactions over HTTP",
        );
    }
    let roles = all.lists.roles.as_deref().unwrap_or_default();
    if guild_id.is_some_and(|guild| roles.iter().any(|role| role.id == guild)) {
        let place = all.get("discord.guild_id").place;
        all.wrong(
            place,
            "is listed in access.roles, but it is everyone; say with access.others what everyone may do",
        );
    }
    let api_base = parsed(all, "discord.api_base", String::new(), web_address);
    let token = SecretString::from(all.get("discord.token").text);
    (!token.expose_secret().is_empty()).then(|| DiscordSettings {
        token,
        application_id,
        guild_id,
        api_base: Some(api_base).filter(|base| !base.is_empty()),
        public_key,
        client_id,
        client_secret,
        gateway,
        trust: trust.clone(),
    })
}

fn public_key(text: &str) -> Result<Option<[u8; 32]>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = |at: usize| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok();
    let bytes: Vec<u8> = (0..32).filter_map(byte).collect();
    let key = bytes.try_into().ok().filter(|_| is_hex);
    key.map(Some)
        .ok_or_else(|| "must be the 64 hexadecimal digits of “Public Key” on the application's page".into())
}

/// The health rules and their text; the compiled-in ones stand in when there are mistakes.
fn health(all: &mut Gathered) -> (Arc<HealthRules>, String) {
    let given = all.get("health.file");
    let compiled_in = || (Arc::new(HealthRules::default_rules()), HealthRules::DEFAULT_TEXT.to_owned());
    if given.text.is_empty() {
        return compiled_in();
    }
    let rules = fs::read_to_string(&given.text)
        .map_err(|error| {
            vec![Mistake {
                place: given.place, message: format!("cannot read “{}”: {error}", given.text)
            }]
        })
        .and_then(|text| Ok((HealthRules::parse(&text)?, text)));
    match rules {
        Ok((rules, text)) => (Arc::new(rules), text),
        Err(mistakes) => {
            all.mistakes.extend(mistakes);
            compiled_in()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("etsm.toml");
        fs::write(&path, file).unwrap();
        let place = path.display().to_string();
        Settings::load(Some(&path), &Environment::of(variables.iter().copied())).map_err(|mistakes| {
            let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            lines.join("\n").replace(&place, "etsm.toml")
        })
    }

    #[test]
    fn nothing_configured_works() {
        let settings = load("", &[]).unwrap();
        assert_eq!(settings.public_url, "http://127.0.0.1:8080");
        assert!(settings.discord.is_none() && settings.database_url.is_none());
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let settings = load("[server]\nbind = \"127.0.0.1:1\"", &[("ETSM_BIND", "127.0.0.1:2")]).unwrap();
        assert_eq!(settings.bind.port(), 2);
    }

    #[test]
    fn all_mistakes_are_reported_at_once_with_their_places() {
        let wrong = load(
            "[server]\nbind = \"nowhere\"\n[discord]\nguild = 1\n[chat]\nrole = \"boss\"\n",
            &[("ETSM_SECRET_KEY", "short"), ("ETSM_PUBLIC_URL", "etsm.example.com")],
        );
        insta::assert_snapshot!(wrong.unwrap_err(), @r"
        etsm.toml:4 discord.guild: is not a setting; did you mean “discord.guild_id”?
        etsm.toml:2 server.bind: must be an address with a port, such as 127.0.0.1:8080
        ETSM_PUBLIC_URL: must be a web address, such as https://etsm.example.com
        ETSM_SECRET_KEY: is too short: 32 characters or more; make one with `openssl rand -hex 32`
        etsm.toml:6 chat.role: “boss” is not a role; use viewer, manager, admin
        ");
    }

    #[test]
    fn a_secret_may_come_from_a_file_and_never_prints() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "very-secret-token\n").unwrap();
        let settings = load("", &[("ETSM_DISCORD_TOKEN_FILE", path.to_str().unwrap())]).unwrap();
        let discord = settings.discord.clone().unwrap();
        assert_eq!(discord.token.expose_secret(), "very-secret-token");
        assert!(!format!("{settings:?}").contains("very-secret"));
    }

    #[test]
    fn serving_needs_a_key_and_loopback() {
        let key = "9f86d081884c7d659a2feaa0c55ad015";
        assert!(load("", &[("ETSM_SECRET_KEY", key)]).unwrap().check_for_serving().is_ok());
        assert!(load("", &[]).unwrap().check_for_serving().is_err());
        let open = load("", &[("ETSM_SECRET_KEY", key), ("ETSM_BIND", "0.0.0.0:80")]).unwrap();
        let wrong = open.check_for_serving().unwrap_err();
        assert!(wrong[0].message.contains("without a login") && wrong[1].message.contains("https"));
        let doors = [
            ("ETSM_SECRET_KEY", key),
            ("ETSM_BIND", "0.0.0.0:80"),
            ("ETSM_PUBLIC_URL", "https://etsm.example.com"),
            ("ETSM_DISCORD_TOKEN", "t"),
            ("ETSM_DISCORD_CLIENT_SECRET", "s"),
            ("ETSM_DISCORD_GUILD_ID", "5"),
        ];
        assert!(load("", &doors).unwrap().check_for_serving().is_ok());
        assert!(load("", &doors[..5]).unwrap_err().contains("is needed for the login"));
        assert!(load("", &[("ETSM_SECRET_KEY", &"a".repeat(40))]).is_err());
    }

    #[test]
    fn members_without_a_listed_role_have_the_role_of_chat_unless_it_is_said() {
        let others = |file: &str| load(file, &[]).unwrap().members.others;
        assert_eq!(others("[chat]\nrole = \"viewer\""), Some(Role::Viewer));
        assert_eq!(others("[access]\nothers = \"none\""), None);
        assert_eq!(others("[access]\nothers = \"admin\""), Some(Role::Admin));
    }

    #[test]
    fn the_ways_to_discord_are_checked_together() {
        let key = "0f".repeat(32);
        let with_key = load("[discord]\ngateway = false", &[("ETSM_DISCORD_PUBLIC_KEY", &key)]).unwrap();
        assert!(with_key.discord.is_none(), "a key alone is no token");
        let wrong = load(
            "[access]\nothers = \"nobody\"\n[[access.roles]]\nid = 5\nrole = \"viewer\"\n\
             [discord]\ngateway = false\nguild_id = 5\n",
            &[("ETSM_DISCORD_TOKEN", "t")],
        );
        insta::assert_snapshot!(wrong.unwrap_err(), @r"
        etsm.toml:7 discord.gateway: without the gateway, Discord needs discord.public_key to send interactions over HTTP
        etsm.toml:8 discord.guild_id: is listed in access.roles, but it is everyone; say with access.others what everyone may do
        etsm.toml:2 access.others: “nobody” is not a role; use viewer, manager, admin or none
        ");
        let odd = load("[discord]\npublic_key = \"abc\"", &[]);
        assert!(odd.unwrap_err().contains("64 hexadecimal digits"));
    }

    #[test]
    fn a_slip_in_a_variable_is_noticed() {
        let hints = Settings::hints(&Environment::of([("ETSM_BNID", "x"), ("ETSM_EVAL_DATA", "y")]));
        assert_eq!(hints, ["ETSM_BNID is not a setting; did you mean ETSM_BIND?"]);
    }

    #[test]
    fn every_setting_has_a_default() {
        let defaults = Gathered::read(None, &Environment::default());
        assert!(defaults.mistakes.is_empty(), "{:?}", defaults.mistakes);
        for (key, _) in super::super::gather::KEYS {
            assert!(defaults.get(key).place.contains("config/etsm.toml:"), "{key}");
        }
    }
}
