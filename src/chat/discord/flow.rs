//! From an interaction to its reply: take it on, ask the desk, answer.
//!
//! Invariant: each interaction is acknowledged within Discord's 3 s, however long the desk takes; and what goes wrong
//! is shown to the asker alone.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tracing::debug;
use tracing::warn;

use crate::access;
use crate::access::Pass;
use crate::access::PassSeal;
use crate::answers::Desk;
use crate::answers::Invocation;
use crate::answers::Question;
use crate::config::MemberRules;
use crate::domain::Asker;
use crate::domain::Audience;
use crate::domain::Bearer;
use crate::domain::Destination;
use crate::domain::How;
use crate::domain::RequestId;
use crate::domain::Way;
use crate::problem::Problem;
use crate::render::discord::Seal;
use crate::render::discord::View;
use crate::reply::Block;
use crate::reply::Prose;
use crate::telemetry::Surface;

use super::delivery::Delivery;
use super::inbound::Call;
use super::inbound::Inbound;
use super::inbound::Wish;
use super::message;
use super::message::Message;
use super::press;
use super::press::Draft;
use super::press::Pressed;
use super::press::outdated;
use super::readers::ReadersDesk;
use super::refused::Refused;
use super::rest::Body;
use super::rest::Rest;

/// How long a question may take before it is acknowledged without knowing what will come of it. Once taken on in
/// public, a mistake can only be taken back, not told in private at once.
const GRACE: Duration = Duration::from_millis(300);
/// How long what is sent waits for its lines to be kept.
const KEEP_MAX: Duration = Duration::from_millis(400);
/// Longest time for an answer; the token would live for 15 minutes, but nobody waits for that.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// How an interaction ended; the metric's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With an answer.
    Answered,
    /// With an answer in the channel, for the interaction's time was over.
    Posted,
    /// With a problem that the asker can solve.
    Refused,
    /// Discord had given it up, or someone else had answered it.
    Late,
    /// The message or the channel of the answer is gone, or shut to us.
    Gone,
    /// The reply did not reach Discord.
    Failed,
}

impl Outcome {
    /// As the metric's label.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Posted => "posted",
            Self::Refused => "refused",
            Self::Late => "late",
            Self::Gone => "gone",
            Self::Failed => "failed",
        }
    }
}

/// Where the answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A new message in the channel.
    Channel,
    /// A new message that only the asker sees.
    Private,
    /// The message under whose button was pressed.
    SameMessage,
}

/// What is to be done.
enum Plan {
    /// A question is answered.
    Answer(Asked),
    /// A form is opened for what a call leaves out.
    Open { call: Invocation, aloud: bool },
    /// A form that was sent is carried out.
    Carry(Draft),
}

/// What is asked, and how it is answered.
struct Asked {
    question: Question,
    place: Place,
    /// Which page of a long table is shown, from 1.
    page: usize,
    /// The form that it comes from.
    draft: Option<Draft>,
}

impl Asked {
    fn new(question: Question, place: Place) -> Self {
        Self { question, place, page: 1, draft: None }
    }
}

/// Answers interactions; holds no state of its own.
pub(super) struct Flow {
    pub(super) desk: Desk,
    pub(super) rest: Arc<Rest>,
    /// Signs what can be pressed.
    pub(super) seal: Arc<Seal>,
    /// What members of the server may do.
    pub(super) members: Arc<MemberRules>,
    /// Who reads along.
    pub(super) readers: Arc<ReadersDesk>,
    /// How links begin.
    pub(super) public_url: String,
    /// Signs links that are the asker's alone, where people have to log in.
    pub(super) passes: Option<PassSeal>,
    /// Only this server is answered, when one is named.
    pub(super) guild: Option<u64>,
}

impl Flow {
    /// Answers one interaction.
    pub(super) async fn handle(&self, inbound: Inbound) -> Outcome {
        if let Wish::Complete { call, option, typed } = &inbound.wish {
            return self.complete(&inbound, call, option, typed).await;
        }
        match self.understood(&inbound).await {
            Ok(Plan::Answer(asked)) => self.answer(&inbound, asked).await,
            Ok(Plan::Open { call, aloud }) => self.open(&inbound, &call, aloud).await,
            Ok(Plan::Carry(draft)) => self.carry(&inbound, draft).await,
            Err(problem) => self.tell(&inbound, &problem, None).await,
        }
    }

    /// What is to be done.
    async fn understood(&self, inbound: &Inbound) -> Result<Plan, Problem> {
        self.welcome(inbound)?;
        match &inbound.wish {
            Wish::Command(Call { command, options }) => {
                let call = Invocation::new(command, options.iter().cloned())?;
                if call.wants_form() {
                    return Ok(Plan::Open { call, aloud: true });
                }
                let here = Destination::Discord(inbound.channel);
                let question = Question::understand(&call)?.asked_in(&here);
                Ok(Plan::Answer(Asked::new(question, Place::Channel)))
            }
            Wish::Press { custom_id, own } => {
                let place = if *own { Place::SameMessage } else { Place::Private };
                match press::read(&self.desk, &self.seal, custom_id).await? {
                    Pressed::Ask(question, page) => {
                        Ok(Plan::Answer(Asked { page, ..Asked::new(question, place) }))
                    }
                    Pressed::Open { call, aloud } => Ok(Plan::Open { call, aloud: aloud || !inbound.unseen }),
                    Pressed::Submit { .. } => Err(outdated()),
                }
            }
            Wish::Submit { custom_id, fields } => {
                match press::read(&self.desk, &self.seal, custom_id).await? {
                    Pressed::Submit { call, aloud } => {
                        Ok(Plan::Carry(Draft { call: call.filled(fields.clone())?, aloud }))
                    }
                    Pressed::Ask(..) | Pressed::Open { .. } => Err(outdated()),
                }
            }
            Wish::Complete { .. } => Err(outdated()),
        }
    }

    /// Whether this place is answered at all: everyone who can write there may read the portfolio.
    fn welcome(&self, inbound: &Inbound) -> Result<(), Problem> {
        let message = match (inbound.guild, self.guild) {
            (None, _) => "I answer in the channels of a server only, not in direct messages.",
            (Some(here), Some(home)) if here != home => {
                "I belong to another server and do not answer here. Whoever runs me can set the server's id in \
                 ETSM_DISCORD_GUILD_ID."
            }
            (Some(_), _) => return Ok(()),
        };
        Err(Problem::NotAllowed { message: message.into() })
    }

    async fn complete(&self, inbound: &Inbound, call: &Call, option: &str, typed: &str) -> Outcome {
        let asker = self.welcome(inbound).and_then(|()| self.asker(inbound, Place::Private));
        let complete = |asker| self.desk.complete(&asker, &call.command, &call.options, (option, typed));
        let choices = asker.map_or_else(|_refused| Vec::new(), complete);
        // Whoever types on does not wait for the last completion: a refusal is no news.
        match self.acknowledge(inbound, &message::choices(&choices)).await {
            Ok(()) => Outcome::Answered,
            Err(refused) if refused.is_over() => Outcome::Late,
            Err(refused) => {
                debug!(%refused, "Discord did not take completions");
                Outcome::Failed
            }
        }
    }

    /// Opens a form. It is the first response, so nothing may take long before.
    async fn open(&self, inbound: &Inbound, call: &Invocation, aloud: bool) -> Outcome {
        let asked = self.asker(inbound, Place::Private).and_then(|asker| self.desk.form(&asker, call));
        let form = match asked {
            Ok(form) => form,
            Err(problem) => return self.tell(inbound, &problem, None).await,
        };
        let opened = message::open(&form, &self.seal, aloud);
        match self.keeping(&opened.kept, self.acknowledge(inbound, &opened.body)).await {
            Ok(()) => Outcome::Answered,
            Err(refused) => lost(inbound, &refused),
        }
    }

    /// Does what a form says.
    async fn carry(&self, inbound: &Inbound, draft: Draft) -> Outcome {
        match Question::understand(&draft.call) {
            Ok(question) => {
                let is_told = draft.aloud && !question.shows_itself();
                let place = if is_told { Place::Channel } else { Place::Private };
                let question = question.asked_in(&Destination::Discord(inbound.channel));
                self.answer(inbound, Asked { draft: Some(draft), ..Asked::new(question, place) }).await
            }
            Err(problem) => self.tell(inbound, &problem, Some(&draft)).await,
        }
    }

    async fn answer(&self, inbound: &Inbound, asked: Asked) -> Outcome {
        let Asked { question, place, page, draft } = asked;
        let line = question.line();
        let asker = match self.asker(inbound, place) {
            Ok(asker) => asker,
            Err(problem) => return self.tell(inbound, &problem, draft.as_ref()).await,
        };
        let writes = question.writes();
        self.desk.used(Surface::Discord, asker.role, question.command());
        let mut asking = Box::pin(tokio::time::timeout(ANSWER_MAX, self.desk.ask(&asker, question.clone())));
        // What is written down must have been taken on before: otherwise the asker reads of a failure and does it again.
        let first = async { if writes { None } else { tokio::time::timeout(GRACE, &mut asking).await.ok() } };
        let (known, hushed) = tokio::join!(first, self.hushed(inbound, &asker, &question, place));
        let mut place = if hushed.is_some() { Place::Private } else { place };
        let known = known.map(|asked| asked.unwrap_or(Err(Problem::Busy)));
        match &known {
            Some(Err(problem)) => return self.tell(inbound, problem, draft.as_ref()).await,
            Some(Ok(answer)) if answer.private && place == Place::Channel => place = Place::Private,
            Some(Ok(_)) | None => {}
        }
        let taken_on = match place {
            Place::Channel => message::defer(false),
            Place::Private => message::defer(true),
            Place::SameMessage => message::defer_update(),
        };
        if let Err(refused) = self.acknowledge(inbound, &taken_on).await {
            return lost(inbound, &refused);
        }
        let asked = match known {
            Some(asked) => asked,
            None => asking.await.unwrap_or(Err(Problem::Busy)),
        };
        let asked = asked.map(|mut answer| {
            answer.blocks.extend(hushed.map(|why| Block::Caveat(Prose::plain(why))));
            answer
        });
        let alone = place == Place::Private || (place == Place::SameMessage && inbound.unseen);
        let path = asked.as_ref().ok().and_then(|answer| answer.path.as_deref()).filter(|_| alone);
        let pass = path.and_then(|path| self.pass(inbound, path));
        let view = View {
            public_url: Some(&self.public_url),
            pass: pass.as_deref(),
            seal: &self.seal,
            line: &line,
            page,
        };
        let delivery = Delivery { flow: self, inbound, place, view, draft: draft.as_ref() };
        match delivery.of(asked).await {
            Ok(outcome) => outcome,
            Err(refused) => lost(inbound, &refused),
        }
    }

    /// The address of a page that lets the asker in, once and not for long.
    fn pass(&self, inbound: &Inbound, path: &str) -> Option<String> {
        let bearer = Bearer::Member(inbound.member.user);
        let pass = Pass::new(bearer, path, self.desk.clock().now(), Pass::HOLDS);
        self.passes.as_ref().map(|seal| format!("{}/l/{}", self.public_url, seal.sign(&pass)))
    }

    async fn tell(&self, inbound: &Inbound, problem: &Problem, draft: Option<&Draft>) -> Outcome {
        let said = self.said(problem, draft);
        let told = message::tell(&said);
        match self.keeping(&said.kept, self.acknowledge(inbound, &told)).await {
            Ok(()) => Outcome::Refused,
            Err(refused) => lost(inbound, &refused),
        }
    }

    /// A problem in words; what was typed into a form is never lost, unless nothing would help.
    pub(super) fn said(&self, problem: &Problem, draft: Option<&Draft>) -> Message {
        match draft {
            Some(draft) if !matches!(problem, Problem::NotAllowed { .. }) => {
                message::mistake(problem, draft, &self.seal)
            }
            _ => message::said(problem),
        }
    }

    /// Keeps the lines behind what is sent, and sends it. A busy store does not hold the sending up for long; then the
    /// lines follow, for whoever presses needs a while, too.
    pub(super) async fn keeping<T>(&self, lines: &[(String, String)], sending: impl Future<Output = T>) -> T {
        if lines.is_empty() {
            return sending.await;
        }
        let mut keeping = pin!(self.desk.store().keep_lines(lines, self.desk.clock().now()));
        let kept = tokio::time::timeout(KEEP_MAX, &mut keeping).await.ok();
        let sent = sending.await;
        let kept = match kept {
            Some(kept) => kept,
            None => keeping.await,
        };
        if let Err(error) = kept {
            warn!(%error, "Could not keep what stands behind some buttons; they will ask to ask again");
        }
        sent
    }

    async fn acknowledge(&self, inbound: &Inbound, body: &Body) -> Result<(), Refused> {
        let done = match &inbound.responder {
            Some(responder) => responder.give(body),
            None => self.rest.acknowledge(inbound.id, &inbound.token, body).await,
        };
        metrics::histogram!("etsm_discord_ack_seconds").record(inbound.received.elapsed().as_secs_f64());
        done
    }

    fn asker(&self, inbound: &Inbound, place: Place) -> Result<Asker, Problem> {
        let audience = match place {
            Place::Channel | Place::SameMessage => Audience::Channel,
            Place::Private => Audience::AskerOnly,
        };
        let request = inbound.id.to_string().parse::<RequestId>().ok();
        let way = Way { how: How::Discord, request };
        access::admit(&self.members, &inbound.member, audience, way)
    }
}

fn lost(inbound: &Inbound, refused: &Refused) -> Outcome {
    let waited_ms = inbound.received.elapsed().as_millis();
    warn!(%refused, waited_ms, "A reply did not reach Discord: {refused}");
    if refused.is_over() {
        Outcome::Late
    } else if refused.is_deleted() || refused.is_shut() {
        Outcome::Gone
    } else {
        Outcome::Failed
    }
}
