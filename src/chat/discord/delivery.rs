//! Brings an answer to where it is read, also when Discord does not take it as it is, or not there any more.

use tracing::warn;

use crate::problem::Problem;
use crate::render::discord::View;
use crate::reply::Answer;

use super::flow::Flow;
use super::flow::Outcome;
use super::flow::Place;
use super::inbound::Inbound;
use super::message;
use super::message::Message;
use super::message::Plainness;
use super::press::Draft;
use super::refused::Refused;
use super::rest::Body;

/// The way of one answer.
pub(super) struct Delivery<'a> {
    pub(super) flow: &'a Flow,
    pub(super) inbound: &'a Inbound,
    /// Where it was promised.
    pub(super) place: Place,
    /// How it is shown.
    pub(super) view: View<'a>,
    /// The form that asked for it.
    pub(super) draft: Option<&'a Draft>,
}

impl Delivery<'_> {
    /// Puts what came of a question where its first response stands.
    pub(super) async fn of(&self, asked: Result<Answer, Problem>) -> Result<Outcome, Refused> {
        let private = asked.as_ref().map_or(true, |answer| answer.private);
        // As long as a deferred response stands, a follow-up would take its place and become public.
        if private && self.place == Place::Channel {
            self.flow.rest.delete(self.inbound.application, &self.inbound.token).await?;
        }
        match asked {
            Ok(answer) => self.plainer_and_plainer(&answer).await,
            Err(problem) => {
                self.put(&self.flow.said(&problem, self.draft), true).await.map(|_| Outcome::Refused)
            }
        }
    }

    /// Leaves out what Discord finds fault with, until it takes the answer.
    async fn plainer_and_plainer(&self, answer: &Answer) -> Result<Outcome, Refused> {
        let mut told = false;
        for plainness in [Plainness::Full, Plainness::WithoutLinks] {
            match self.put(&message::answer(answer, self.view, plainness).await, answer.private).await {
                Err(refused) if refused.is_invalid() => {
                    if !std::mem::replace(&mut told, true) {
                        warn!(%refused, "Discord does not take the reply; it goes out in a plainer form: {refused}");
                    }
                }
                put => return put,
            }
        }
        self.put(&message::answer(answer, self.view, Plainness::Words).await, answer.private).await
    }

    async fn put(&self, message: &Message, private: bool) -> Result<Outcome, Refused> {
        self.flow.keeping(&message.kept, self.send(&message.body, private)).await
    }

    async fn send(&self, body: &Body, private: bool) -> Result<Outcome, Refused> {
        let rest = &self.flow.rest;
        let (application, token) = (self.inbound.application, &self.inbound.token);
        let put = match self.place {
            Place::Channel | Place::SameMessage if private => {
                rest.follow_up(application, token, &message::private(body)).await
            }
            Place::Channel | Place::Private | Place::SameMessage => rest.edit(application, token, body).await,
        };
        match put {
            // Who asked still wants to know.
            Err(refused) if refused.is_deleted() && !private => {
                rest.follow_up(application, token, &message::private(body)).await?;
            }
            Err(refused) if refused.is_expired() && self.may_post(private) => {
                rest.post(self.inbound.channel, body).await?;
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
