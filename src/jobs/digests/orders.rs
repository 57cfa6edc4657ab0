//! What is ordered about digests: subscribe, pause, resume, run now.

use std::str::FromStr;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::answers::Desk;
use crate::answers::NewDigest;
use crate::config::DigestSettings;
use crate::digest::DigestScope;
use crate::domain::Asker;
use crate::domain::BadTiming;
use crate::domain::Destination;
use crate::domain::DigestName;
use crate::domain::LatePolicy;
use crate::domain::OccurrenceState;
use crate::domain::Stretch;
use crate::domain::Timing;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::store::DigestCourse;
use crate::store::DigestRow;
use crate::store::Occurrence;

use super::Digests;
use super::audience::Barred;
use super::audience::may_be_told;
use super::broken;
use super::department::instant;
use super::schedule::Origin;
use super::schedule::Schedule;
use super::told;

impl Digests {
    /// A new schedule, or another one for a name that is subscribed to.
    pub(super) async fn subscribe(
        &self,
        desk: &Desk,
        asker: &Asker,
        new: &NewDigest,
    ) -> Result<Answer, Problem> {
        let (store, now) = (desk.store(), desk.clock().now());
        let schedule = read(new, now)?;
        let same = |one: &&Schedule| one.name == schedule.name;
        if let Some(Schedule { origin: Origin::Configuration(place), .. }) =
            self.schedules(store).await.map_err(broken)?.iter().find(same)
        {
            let message =
                format!("{} stands in the configuration ({place}); change it there.", schedule.name);
            return Err(Problem::option("name", message));
        }
        self.admitted(desk, &schedule.to, &schedule.scope).await?;
        let row = DigestRow {
            name: schedule.name.clone(),
            cron: schedule.timing.cron().to_owned(),
            zone: schedule.timing.zone_name().to_owned(),
            scope: schedule.scope.to_string(),
            destination: schedule.to.to_string(),
            catch_up: schedule.catch_up,
            policy: schedule.policy,
            author: asker.person.clone(),
            made: now,
        };
        store.put_digest(&row, &asker.act(now)).await.map_err(broken)?;
        let course =
            store.digest_course(&schedule.name, &schedule.course_key(), now).await.map_err(broken)?;
        self.schedules(store).await.map_err(broken)?;
        Ok(told::subscribed(&desk.snapshot(), &schedule, &course, now))
    }

    /// No more posts until it is resumed.
    pub(super) async fn pause(&self, desk: &Desk, asker: &Asker, name: &str) -> Result<Answer, Problem> {
        let (schedule, course) = self.course(desk, name).await?;
        let now = desk.clock().now();
        let paused = course.paused.clone().or_else(|| Some((now, asker.person.clone())));
        let course = DigestCourse { paused, ..course };
        desk.store().turn_digest(&schedule.name, &course, &asker.act(now)).await.map_err(broken)?;
        Ok(told::paused(&desk.snapshot(), &schedule))
    }

    /// Posts again from now on; what it missed while it was paused stays missed.
    pub(super) async fn resume(&self, desk: &Desk, asker: &Asker, name: &str) -> Result<Answer, Problem> {
        let (schedule, course) = self.course(desk, name).await?;
        let now = desk.clock().now();
        let since = if course.paused.is_some() { now } else { course.since };
        let course = DigestCourse { paused: None, since, ..course };
        desk.store().turn_digest(&schedule.name, &course, &asker.act(now)).await.map_err(broken)?;
        Ok(told::subscribed(&desk.snapshot(), &schedule, &course, now))
    }

    /// A digest beside the schedule, or of a slot that was never taken; the service makes it.
    pub(super) async fn run_now(
        &self,
        desk: &Desk,
        asker: &Asker,
        name: &str,
        at: Option<&str>,
    ) -> Result<Answer, Problem> {
        let (store, now) = (desk.store(), desk.clock().now());
        let schedule = self.schedule(store, name).await?;
        self.admitted(desk, &schedule.to, &schedule.scope).await?;
        let slot = instant(at)?.unwrap_or(now);
        if slot > now {
            return Err(Problem::option(
                "at",
                "That is still to come; give a time that is over, or leave it out.",
            ));
        }
        let order = Occurrence {
            id: 0,
            name: schedule.name.clone(),
            slot,
            destination: schedule.to.to_string(),
            scope: schedule.scope.to_string(),
            asked_by: Some(asker.person.clone()),
            state: OccurrenceState::Pending,
            late: false,
            claimed: now,
            ended: None,
            written: None,
            why: None,
        };
        let taken = store.order_digest(&order, &asker.act(now)).await.map_err(broken)?;
        self.wake.notify_one();
        let Some(id) = taken else {
            let message = format!(
                "{} of {} was taken already; digest list tells what became of it. Leave the time out for a new one.",
                told::instant(slot),
                schedule.name
            );
            return Err(Problem::option("at", message));
        };
        Ok(told::ordered(&desk.snapshot(), &schedule, id))
    }

    async fn course(&self, desk: &Desk, name: &str) -> Result<(Schedule, DigestCourse), Problem> {
        let schedule = self.schedule(desk.store(), name).await?;
        let now = desk.clock().now();
        let course = desk.store().digest_course(&schedule.name, &schedule.course_key(), now).await;
        Ok((schedule, course.map_err(broken)?))
    }

    /// Refuses what would be refused at its time anyway.
    async fn admitted(&self, desk: &Desk, to: &Destination, scope: &DigestScope) -> Result<(), Problem> {
        if let DigestScope::Account(id) = scope
            && desk.snapshot().account(id).is_none()
        {
            return Err(Problem::UnknownAccount { given: id.to_string(), nearest: None });
        }
        match may_be_told(&self.outbox, to, scope, &desk.snapshot()).await {
            Ok(()) => Ok(()),
            Err(Barred::Refused(why) | Barred::NotNow(why)) => {
                Err(Problem::option("channel", format!("It cannot be posted there: {why}.")))
            }
        }
    }
}

/// What was typed, as a schedule.
fn read(new: &NewDigest, now: Timestamp) -> Result<Schedule, Problem> {
    let name = DigestName::from_str(&new.name)
        .map_err(|bad| Problem::option("name", format!("“{}” cannot be the name: {bad}.", new.name)))?;
    let zone = new.zone.as_deref().unwrap_or("UTC");
    let timing = Timing::new(&new.cron, zone, now).map_err(|bad| {
        let option = if matches!(bad, BadTiming::Zone { .. }) { "zone" } else { "cron" };
        Problem::option(option, format!("{bad}."))
    })?;
    let scope = new.scope.as_deref().unwrap_or("portfolio");
    let scope = scope.parse().map_err(|wrong: String| Problem::option("scope", format!("{wrong}.")))?;
    let channel = new.channel.as_deref().unwrap_or("page").trim();
    let bare: String = channel.chars().filter(|c| c.is_ascii_digit()).collect();
    // A channel may be given as Discord writes a mention of it.
    let to = if channel == format!("<#{bare}>") || channel == bare {
        format!("discord:{bare}")
    } else {
        channel.to_owned()
    };
    let to = Destination::from_str(&to).map_err(|_bad| {
        Problem::option(
            "channel",
            format!("“{channel}” is no place to post; write page, or the id of a channel."),
        )
    })?;
    let catch_up = match new.catch_up.as_deref() {
        None => DigestSettings::CATCH_UP.length(),
        Some(text) => Stretch::from_str(text)
            .map_err(|wrong| Problem::option("catch_up", format!("{wrong}.")))?
            .length()
            .max(SignedDuration::ZERO),
    };
    let policy = new.policy.unwrap_or(LatePolicy::SendLate);
    Ok(Schedule { name, timing, scope, to, catch_up, policy, origin: Origin::Command })
}
