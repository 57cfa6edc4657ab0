//! A mistake in a configuration: where, what, and what would be right.

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct Mistake {
    /// `etsm.toml:12 discord.guild` or `ETSM_BIND`.
    pub place: String,
    /// What is wrong and what would be right.
    pub message: String,
}
