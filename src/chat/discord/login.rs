//! Login with Discord (OAuth 2.0 code with PKCE), and what its server says of a member.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::Response;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use crate::access::IdentityProvider;
use crate::access::LoginFailed;
use crate::access::Member;
use crate::config::Trust;
use crate::outward;

use super::intake::Intake;
use super::readers::member_of;
use super::refused::Refused;

/// Longest time for one call: the visitor waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer that is read: a token and a user are small.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const DISCORD: &str = "https://discord.com";

/// Discord as the one that knows people.
pub struct Identities {
    intake: Arc<Intake>,
    client: Client,
    base: String,
    application_id: OnceCell<u64>,
    secret: SecretString,
    guild: u64,
    /// Where Discord sends visitors back to; must stand in the application's list to the letter.
    back: String,
}

impl Identities {
    pub(super) fn new(
        intake: Arc<Intake>,
        base: Option<&str>,
        application_id: Option<u64>,
        secret: SecretString,
        guild: u64,
        public_url: &str,
        trust: &Trust,
    ) -> anyhow::Result<Self> {
        let client = outward::client(trust)?.timeout(PATIENCE).build()?;
        Ok(Self {
            intake,
            client,
            base: base.unwrap_or(DISCORD).to_owned(),
            application_id: OnceCell::new_with(application_id),
            secret,
            guild,
            back: format!("{public_url}/auth/callback"),
        })
    }

    async fn application(&self) -> Result<u64, LoginFailed> {
        let ask = || self.intake.flow().rest.application();
        self.application_id.get_or_try_init(ask).await.copied().map_err(unavailable)
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
}

#[derive(Deserialize)]
struct User {
    id: String,
}

#[async_trait::async_trait]
impl IdentityProvider for Identities {
    async fn login_page(&self, state: &str, challenge: &str) -> Result<String, LoginFailed> {
        let id = self.application().await?.to_string();
        let query = [
            ("client_id", id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", &self.back),
            ("scope", "identify"),
            ("state", state),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("prompt", "none"),
        ];
        let page = reqwest::Url::parse_with_params(&format!("{}/oauth2/authorize", self.base), query);
        page.map(String::from).map_err(|odd| LoginFailed::Unavailable(format!("its address is odd: {odd}")))
    }

    async fn identify(&self, code: &str, verifier: &str) -> Result<u64, LoginFailed> {
        let id = self.application().await?.to_string();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", id.as_str()),
            ("client_secret", self.secret.expose_secret()),
            ("code", code),
            ("redirect_uri", &self.back),
            ("code_verifier", verifier),
        ];
        let asked = self.client.post(format!("{}/api/v10/oauth2/token", self.base)).form(&form).send();
        let granted: Granted = read(asked.await).await?;
        if !granted.token_type.eq_ignore_ascii_case("bearer") {
            return Err(LoginFailed::Unavailable("it gave another kind of token than was asked for".into()));
        }
        let asked = self.client.get(format!("{}/api/v10/users/@me", self.base));
        let user: User = read(asked.bearer_auth(granted.access_token).send().await).await?;
        user.id.parse().map_err(|_odd| LoginFailed::Unavailable("it named a user without an id".into()))
    }

    async fn member(&self, user: u64) -> Result<Option<Member>, LoginFailed> {
        member_of(&self.intake.flow().rest, self.guild, user).await.map_err(unavailable)
    }
}

fn unavailable(refused: Refused) -> LoginFailed {
    LoginFailed::Unavailable(refused.to_string())
}

/// Reads an answer. What its sender did wrong is refused; all else is nobody's fault here.
async fn read<T: DeserializeOwned>(asked: reqwest::Result<Response>) -> Result<T, LoginFailed> {
    // An error's address could hold a code.
    let silent = |error: reqwest::Error| LoginFailed::Unavailable(error.without_url().to_string());
    let mut response = asked.map_err(silent)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(silent)? {
        body.extend_from_slice(&piece);
        if body.len() > ANSWER_BYTES_MAX {
            return Err(LoginFailed::Unavailable("its answer does not end".into()));
        }
    }
    match status.as_u16() {
        200..300 => serde_json::from_slice(&body)
            .map_err(|_odd| LoginFailed::Unavailable("its answer is not what it documents".into())),
        400 | 401 => Err(LoginFailed::Refused(format!("Discord answered {status}"))),
        _ => Err(LoginFailed::Unavailable(format!("it answered {status}"))),
    }
}
