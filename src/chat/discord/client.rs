//! What answering in Discord and posting there have in common: one way to its API, with one view of its rate limits.

use std::sync::Arc;

use anyhow::Context;

use crate::access::PassSeal;
use crate::config::DiscordSettings;
use crate::config::MemberRules;
use crate::deliver::Messenger;
use crate::render::discord::Seal;

use super::messenger::DiscordMessenger;
use super::patience::Patience;
use super::readers::ReadersDesk;
use super::rest::Rest;

/// A way to Discord's API, for whoever answers there and whoever posts there.
#[derive(Clone)]
pub struct Client {
    pub(super) rest: Arc<Rest>,
    pub(super) readers: Arc<ReadersDesk>,
    pub(super) seal: Arc<Seal>,
    pub(super) members: Arc<MemberRules>,
    pub(super) settings: DiscordSettings,
    /// Signs links that are the asker's alone, where people have to log in.
    pub(super) passes: Option<PassSeal>,
    /// How links begin.
    pub(super) public_url: String,
    pub(super) patience: Patience,
}

impl Client {
    /// Nothing is called yet. An error is of this machine, as when its certificates cannot be read.
    pub fn new(
        settings: DiscordSettings,
        members: MemberRules,
        seal: Seal,
        passes: Option<PassSeal>,
        public_url: String,
        patience: Patience,
    ) -> anyhow::Result<Self> {
        let rest = Rest::new(&settings, patience).context("preparing to call Discord")?;
        Ok(Self {
            rest: Arc::new(rest),
            readers: Arc::default(),
            seal: Arc::new(seal),
            members: Arc::new(members),
            settings,
            passes,
            public_url,
            patience,
        })
    }

    /// Whoever posts by this way.
    #[must_use]
    pub fn messenger(&self) -> Arc<dyn Messenger> {
        Arc::new(DiscordMessenger::new(self.clone()))
    }
}
