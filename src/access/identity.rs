//! The port to whoever knows people: a login elsewhere, and what its server says of a member now.

use super::members::Member;

/// Where people log in.
#[async_trait::async_trait]
pub trait IdentityProvider: Send + Sync {
    /// The page that asks its visitor to log in and sends them back with a code. `state` comes back unchanged,
    /// `challenge` is the fingerprint of what [`IdentityProvider::identify`] will show (RFC 7636, S256).
    async fn login_page(&self, state: &str, challenge: &str) -> Result<String, LoginFailed>;

    /// The user whom a code stands for.
    async fn identify(&self, code: &str, verifier: &str) -> Result<u64, LoginFailed>;

    /// What the server says of a user now; `None` when the user is no member.
    async fn member(&self, user: u64) -> Result<Option<Member>, LoginFailed>;
}

/// Why it is not known who someone is: neither a yes nor a no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginFailed {
    /// The code is wrong, old or was used before.
    #[error("this login was refused: {0}")]
    Refused(String),
    /// The other side does not answer as it should.
    #[error("Discord cannot be asked just now: {0}")]
    Unavailable(String),
}
