//! The desk's orders: each is checked, written down durably, published, and answered with what stands then.

use crate::access;
use crate::access::Deed;
use crate::domain::AccountId;
use crate::domain::Asker;
use crate::domain::Cleared;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::Note;
use crate::domain::Override;
use crate::domain::Scope;
use crate::domain::utc_date;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Prose;
use crate::store::Entered;
use crate::store::StoreError;

use super::desk::Desk;
use super::initiatives;
use super::lookup::{changeable, find_initiative};
use super::notes;
use super::orders;
use super::publisher::{Change, Turn};
use super::question::{NewInitiative, NewOverride, Question};
use super::reading::Reading;

impl Desk {
    /// Does what an order says. Whether the asker may was checked before.
    pub(super) async fn carry_out(&self, asker: &Asker, order: Question) -> Result<Answer, Problem> {
        match order {
            Question::InitiativeAdd(_) | Question::InitiativeUpdate(_) | Question::InitiativeClose { .. } => {
                let id = self.write_initiative(asker, &order).await?;
                let done = match &order {
                    Question::InitiativeUpdate(_) => "The initiative is changed.".to_owned(),
                    Question::InitiativeClose { status, .. } => format!("The initiative is {status}."),
                    _ => format!("Written down as {id}."),
                };
                self.show_written(asker, &id, &done)
            }
            Question::OverrideSet(new) => self.set_override(asker, &new).await,
            Question::OverrideClear { account, reason } => self.clear_override(asker, &account, reason).await,
            Question::Note { account, text } => self.add_note(asker, &account, text).await,
            question => self.read(asker, question).await,
        }
    }

    /// Does what an order about an initiative says; tells which one it is.
    pub async fn order_initiative(&self, asker: &Asker, order: &Question) -> Result<InitiativeId, Problem> {
        access::may(asker, Deed::of(order.command(), order.writes()))?;
        self.publisher.keep_today().await;
        self.write_initiative(asker, order).await
    }

    async fn write_initiative(&self, asker: &Asker, order: &Question) -> Result<InitiativeId, Problem> {
        let now = self.clock.now();
        match order {
            Question::InitiativeAdd(new) => self.add_initiative(asker, new).await,
            Question::InitiativeUpdate(edit) => {
                self.change_initiative(asker, &edit.id, |one| orders::changed(one, edit, asker, now)).await
            }
            Question::InitiativeClose { id, status, text } => {
                let close = |one: &Initiative| orders::closed(one, *status, text.as_deref(), asker, now);
                self.change_initiative(asker, id, close).await
            }
            other => {
                Err(Problem::internal(anyhow::anyhow!("{} is no order about an initiative", other.command())))
            }
        }
    }

    async fn add_initiative(&self, asker: &Asker, new: &NewInitiative) -> Result<InitiativeId, Problem> {
        let now = self.clock.now();
        orders::check_due(new.due, utc_date(now))?;
        let view = self.view(asker)?;
        let account = changeable(&view, asker, &new.account)?;
        let id = self.store.next_initiative_id().await.map_err(could_not_write)?;
        let one = orders::added(new, id.clone(), account, asker, now);
        self.record_initiatives(&[one], &asker.act(now)).await.map_err(could_not_write)?;
        Ok(id)
    }

    async fn change_initiative(
        &self,
        asker: &Asker,
        given: &str,
        change: impl FnOnce(&Initiative) -> Result<Initiative, Problem>,
    ) -> Result<InitiativeId, Problem> {
        // Read and written in one turn, so that of two changes at once none is lost.
        let turn = self.publisher.turn().await.map_err(could_not_write)?;
        let view = self.view(asker)?;
        let mut known = self.store.initiatives().await.map_err(could_not_write)?;
        known.retain(|one| asker.changes == Scope::All || view.account(&one.account).is_some());
        let before = find_initiative(&known, given)?;
        if let Some(account) = view.account(&before.account) {
            access::may_change(asker, account)?;
        }
        let after = [change(before)?];
        let act = asker.act(self.clock.now());
        self.store.put_initiatives(&after, Entered::Each(&act)).await.map_err(could_not_write)?;
        let written = Change { initiatives: &after, ..Change::default() };
        self.publisher.publish(&turn, written).await.map_err(could_not_write)?;
        Ok(before.id.clone())
    }

    async fn set_override(&self, asker: &Asker, new: &NewOverride) -> Result<Answer, Problem> {
        let turn = self.publisher.turn().await.map_err(could_not_write)?;
        let view = self.view(asker)?;
        let account = changeable(&view, asker, &new.account)?.id.clone();
        let set = orders::overridden(new, account.clone(), asker, self.clock.now())?;
        self.store.add_override(&set, &asker.act(set.at)).await.map_err(could_not_write)?;
        self.publish_override(asker, &turn, &account, "The score is set by hand.").await
    }

    async fn clear_override(
        &self,
        asker: &Asker,
        given: &str,
        reason: Option<String>,
    ) -> Result<Answer, Problem> {
        let turn = self.publisher.turn().await.map_err(could_not_write)?;
        let view = self.view(asker)?;
        let account = changeable(&view, asker, given)?.id.clone();
        let now = self.clock.now();
        if Override::in_force(view.overrides(&account), now).is_none() {
            let message = "The score of this account is not set by hand, so there is nothing to take back.";
            return Err(Problem::BadOption { option: None, message: message.into() });
        }
        let cleared = Cleared { by: asker.person.clone(), at: now, reason };
        self.store.clear_override(&account, &cleared, &asker.act(now)).await.map_err(could_not_write)?;
        self.publish_override(asker, &turn, &account, "The computed score is shown again.").await
    }

    /// Publishes that the override of an account changed, and shows the account's health.
    async fn publish_override(
        &self,
        asker: &Asker,
        turn: &Turn<'_>,
        account: &AccountId,
        done: &str,
    ) -> Result<Answer, Problem> {
        let change = Change { overridden: Some(account), ..Change::default() };
        self.publisher.publish(turn, change).await.map_err(could_not_write)?;
        let shown = Question::Health { account: account.to_string(), since: None };
        let mut answer = self.read(asker, shown).await?;
        answer.blocks.insert(0, Block::Text(Prose::plain(done)));
        Ok(answer)
    }

    fn show_written(&self, asker: &Asker, id: &InitiativeId, done: &str) -> Result<Answer, Problem> {
        let snapshot = self.view(asker)?;
        let (now, role) = (self.clock.now(), asker.role);
        let reading = Reading {
            snapshot: &snapshot,
            now,
            role,
            feeds: None,
            has_room: true,
            has_prices: false,
            annotations: &[],
        };
        let one = find_initiative(snapshot.initiatives(), id.as_str())?;
        Ok(initiatives::show(&reading, one, Some(done)))
    }

    async fn add_note(&self, asker: &Asker, given: &str, text: String) -> Result<Answer, Problem> {
        let account = changeable(&*self.view(asker)?, asker, given)?.id.clone();
        let note = Note { account, at: self.clock.now(), author: asker.person.clone(), text };
        self.record_notes(std::slice::from_ref(&note), &asker.act(note.at)).await.map_err(could_not_write)?;
        let snapshot = self.view(asker)?;
        let reading = Reading {
            snapshot: &snapshot,
            now: note.at,
            role: asker.role,
            feeds: None,
            has_room: true,
            has_prices: false,
            annotations: &[],
        };
        Ok(notes::written(&reading, &note))
    }
}

fn could_not_write(failed: StoreError) -> Problem {
    Problem::internal(anyhow::Error::new(failed).context("writing something down"))
}
