//! The settings as the program uses them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use crate::domain::Currency;
use crate::domain::Role;

use super::health::HealthRules;

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the dashboard listens.
    pub bind: SocketAddr,
    /// How links in chat begin, without a slash at the end: `https://etsm.example.com`.
    pub public_url: String,
    /// Where the database and the drop folder live.
    pub data_dir: PathBuf,
    /// Address of the database; `None` is a file in `data_dir`.
    pub database_url: Option<String>,
    /// Signs links and custom ids. `None` only for the demo and one-shot commands.
    pub secret_key: Option<SecretString>,
    /// Filter of the log, as `info` or `etsm=debug`.
    pub log: String,
    /// Currency of all costs.
    pub currency: Currency,
    /// How health is judged.
    pub health: Arc<HealthRules>,
    /// Discord; `None` is off.
    pub discord: Option<DiscordSettings>,
    /// Chat on all surfaces.
    pub chat: ChatSettings,
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
}

/// Chat on all surfaces.
#[derive(Debug, Clone)]
pub struct ChatSettings {
    /// Role of whoever asks in chat.
    pub role: Role,
    /// Whether the browser chat is served at `/chat`; on loopback only.
    pub browser: bool,
}

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct Mistake {
    /// `etsm.toml:12 discord.guild` or `ETSM_BIND`.
    pub place: String,
    /// What is wrong and what would be right.
    pub message: String,
}
