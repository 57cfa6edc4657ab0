//! Whether an answer may stand where others read it.

use std::time::Duration;

use tracing::warn;

use crate::answers::Question;
use crate::deliver::Readers;
use crate::domain::Asker;

use super::flow::Flow;
use super::flow::Place;
use super::inbound::Inbound;

/// How long a question waits to learn who reads along; it must be acknowledged within a second.
const READERS_MAX: Duration = Duration::from_millis(700);
/// Why an answer is for the asker alone.
const NOT_FOR_ALL: &str = "Only you see this: not everyone who can read this channel may see these figures.";
const NOT_KNOWN: &str = "Only you see this: I could not find out who can read this channel.";

impl Flow {
    /// Why an answer must not stand where others read it; `None` when it may.
    pub(super) async fn hushed(
        &self,
        inbound: &Inbound,
        asker: &Asker,
        question: &Question,
        place: Place,
    ) -> Option<&'static str> {
        if place == Place::Private || (place == Place::SameMessage && inbound.unseen) {
            return None;
        }
        let Some(guild) = inbound.guild else { return Some(NOT_KNOWN) };
        let look = self.readers.of(&self.rest, &self.members, guild, inbound.channel);
        match tokio::time::timeout(READERS_MAX, look).await {
            Ok(Ok(readers)) => match readers.as_ref() {
                Readers::Scopes(scopes) if self.desk.may_be_read(asker, question, scopes) => None,
                Readers::Scopes(_) | Readers::Uncertain => Some(NOT_FOR_ALL),
            },
            Ok(Err(refused)) => {
                warn!(%refused, channel = inbound.channel, "Discord did not tell who reads a channel: {refused}");
                Some(NOT_KNOWN)
            }
            Err(_late) => Some(NOT_KNOWN),
        }
    }
}
