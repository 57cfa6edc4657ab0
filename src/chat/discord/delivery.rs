//! Brings an answer to where it is read, also when Discord does not take it as it is, or not there any more.

use tracing::warn;

use crate::problem::Problem;
use crate::reply::Answer;

use super::flow::Outcome;
use super::flow::Place;
use super::inbound::Inbound;
use super::message;
use super::message::Plainness;
use super::refused::Refused;
use super::rest::Body;
use super::rest::Rest;

/// The way of one answer.
pub(super) struct Delivery<'a> {
    pub(super) rest: &'a Rest,
    pub(super) inbound: &'a Inbound,
    /// Where it was promised.
    pub(super) place: Place,
    /// How links begin.
    pub(super) public_url: &'a str,
}

impl Delivery<'_> {
    /// Puts what came of a question where its first response stands.
    pub(super) async fn of(&self, asked: Result<Answer, Problem>) -> Result<Outcome, Refused> {
        let private = asked.as_ref().map_or(true, |answer| answer.private);
        // As long as a deferred response stands, a follow-up would take its place and become public.
        if private && self.place == Place::Channel {
            self.rest.delete(self.inbound.application, &self.inbound.token).await?;
        }
        match asked {
            Ok(answer) => self.plainer_and_plainer(&answer).await,
            Err(problem) => self.put(&message::said(&problem), true).await.map(|_| Outcome::Refused),
        }
    }

    /// Leaves out what Discord finds fault with, until it takes the answer.
    async fn plainer_and_plainer(&self, answer: &Answer) -> Result<Outcome, Refused> {
        let mut told = false;
        for plainness in [Plainness::Full, Plainness::WithoutLinks] {
            match self.put(&message::answer(answer, self.public_url, plainness).await, answer.private).await {
                Err(refused) if refused.is_invalid() => {
                    if !std::mem::replace(&mut told, true) {
                        warn!(%refused, "Discord does not take the reply; it goes out in a plainer form: {refused}");
                    }
                }
                put => return put,
            }
        }
        self.put(&message::answer(answer, self.public_url, Plainness::Words).await, answer.private).await
    }

    async fn put(&self, body: &Body, private: bool) -> Result<Outcome, Refused> {
        let (application, token) = (self.inbound.application, &self.inbound.token);
        let put = match self.place {
            Place::Channel | Place::SameMessage if private => {
                self.rest.follow_up(application, token, &message::private(body)).await
            }
            Place::Channel | Place::Private | Place::SameMessage => {
                self.rest.edit(application, token, body).await
            }
        };
        match put {
            // Who asked still wants to know.
            Err(refused) if refused.is_deleted() && !private => {
                self.rest.follow_up(application, token, &message::private(body)).await?;
            }
            Err(refused) if refused.is_expired() && self.may_post(private) => {
                self.rest.post(self.inbound.channel, body).await?;
                return Ok(Outcome::Posted);
            }
            put => put?,
        }
        Ok(Outcome::Answered)
    }

    /// Whether the answer was meant for the channel, and we may write there.
    fn may_post(&self, private: bool) -> bool {
        self.place == Place::Channel && !private && self.inbound.may_post
    }
}
