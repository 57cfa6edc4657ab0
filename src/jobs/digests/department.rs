//! What is asked about digests: the list, one that was sent, and what one would say now.

use std::sync::PoisonError;

use jiff::SignedDuration;
use jiff::Timestamp;
use tracing::warn;

use crate::answers::Choice;
use crate::answers::Department;
use crate::answers::Desk;
use crate::answers::DigestAsked;
use crate::answers::Question;
use crate::digest;
use crate::digest::DigestScope;
use crate::domain::Asker;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Prose;
use crate::store::Occurrence;

use super::Digests;
use super::broken;
use super::making::Order;
use super::told;

/// Digests of the past in a list.
const LISTED_MAX: u32 = 20;
/// Longest time for the writer of a preview: someone waits for it.
const PREVIEW_MAX: SignedDuration = SignedDuration::from_secs(20);

#[async_trait::async_trait]
impl Department for Digests {
    async fn answer(&self, desk: &Desk, asker: &Asker, question: &Question) -> Result<Answer, Problem> {
        let Question::Digest(asked) = question else {
            return Err(Problem::internal(anyhow::anyhow!("{} is not about digests", question.command())));
        };
        let mut answer = match asked {
            DigestAsked::List => self.list(desk, asker).await,
            DigestAsked::Show { id } => self.show(desk, asker, id).await,
            DigestAsked::Preview { name, at } => self.preview(desk, asker, name, at.as_deref()).await,
            DigestAsked::Subscribe(new) => self.subscribe(desk, asker, new).await,
            DigestAsked::Pause { name } => self.pause(desk, asker, name).await,
            DigestAsked::Resume { name } => self.resume(desk, asker, name).await,
            DigestAsked::Run { name, at } => self.run_now(desk, asker, name, at.as_deref()).await,
        }?;
        answer.path = question.path().or(answer.path);
        Ok(answer)
    }

    fn names(&self, _desk: &Desk, _asker: &Asker) -> Vec<Choice> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().map(|name| Choice { label: name.to_string(), value: name.to_string() }).collect()
    }
}

impl Digests {
    async fn list(&self, desk: &Desk, asker: &Asker) -> Result<Answer, Problem> {
        let (store, now) = (desk.store(), desk.clock().now());
        let mut listed = Vec::new();
        for schedule in self.schedules(store).await.map_err(broken)? {
            let course =
                store.digest_course(&schedule.name, &schedule.course_key(), now).await.map_err(broken)?;
            let last = store.newest_digest(&schedule.name).await.map_err(broken)?;
            listed.push(told::Listed {
                schedule,
                course,
                last: last.filter(|one| may_see(desk, asker, one)),
            });
        }
        let lately = store.newest_digests(LISTED_MAX).await.map_err(broken)?;
        let lately: Vec<Occurrence> = lately.into_iter().filter(|one| may_see(desk, asker, one)).collect();
        Ok(told::list(&desk.snapshot(), &listed, &lately, now))
    }

    /// A digest as it was sent, beside the figures of now; as far as the asker may know of all that it told.
    async fn show(&self, desk: &Desk, asker: &Asker, given: &str) -> Result<Answer, Problem> {
        let id: u64 = given.trim().trim_start_matches('#').parse().map_err(|_odd| told::unknown(given))?;
        let found = desk.store().digest(id).await.map_err(broken)?;
        let (one, kept) =
            found.filter(|(one, _)| may_see(desk, asker, one)).ok_or_else(|| told::unknown(given))?;
        let view = desk.view(asker)?;
        let view = one.scope.parse::<DigestScope>().map_or(view.clone(), |scope| scope.cut(&view));
        let kept = kept.and_then(|text| {
            let read = serde_json::from_str(&text);
            read.inspect_err(|odd| warn!(id, %odd, "A kept digest does not read back")).ok()
        });
        let mut answer = match &kept {
            Some(kept) => digest::as_kept(kept, &view),
            None => told::bare(&view, &one),
        };
        answer.blocks.insert(0, Block::Text(told::course_of(&one)));
        answer.blocks.extend(told::remedy(&one).map(Block::Caveat));
        Ok(answer)
    }

    async fn preview(
        &self,
        desk: &Desk,
        asker: &Asker,
        name: &str,
        at: Option<&str>,
    ) -> Result<Answer, Problem> {
        let schedule = self.schedule(desk.store(), name).await?;
        let now = instant(at)?.unwrap_or_else(|| desk.clock().now());
        let to = schedule.to.to_string();
        let order = Order {
            name: schedule.name.as_str(),
            scope: &schedule.scope,
            to: &to,
            now,
            deadline: PREVIEW_MAX,
        };
        let view = schedule.scope.cut(&desk.view(asker)?);
        let mut answer = self.compose(desk, &order, view).await?.answer;
        answer.path = Some("/digests".into());
        answer.blocks.push(Block::Caveat(Prose::plain(format!(
            "This is a preview; nothing was posted. It comes {}.",
            schedule.timing
        ))));
        Ok(answer)
    }
}

/// Whether someone may know of all that a digest is about.
fn may_see(desk: &Desk, asker: &Asker, one: &Occurrence) -> bool {
    let scope = one.scope.parse::<DigestScope>();
    scope.is_ok_and(|scope| scope.is_within(&desk.snapshot(), &asker.sees))
}

/// An instant as it is typed.
pub(super) fn instant(at: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let read = |text: &str| {
        text.trim().parse().map_err(|_odd| {
            let message =
                format!("“{text}” is not a time; write it as 2026-03-30T08:00Z or 2026-03-30T08:00+02:00.");
            Problem::option("at", message)
        })
    };
    at.map(read).transpose()
}
