//! One attempt to bring a part of a message further, and what follows from how it ended.
//!
//! Invariant: a part whose last attempt ended in doubt is posted again only under the nonce of that attempt while the
//! platform still knows it, or after the channel was read and the part was not there.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::domain::DeliveryState;
use crate::domain::Destination;
use crate::store::OutboxPart;
use crate::store::PartProgress;

use super::messenger::{Messenger, Nonce, Parcel, Posted, Undelivered};

/// How long a nonce is surely known: Discord says “in the past few minutes”.
const NONCE_LIVES: SignedDuration = SignedDuration::from_secs(120);
/// How much earlier than by our clock the far side may have noted a post.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(1);
/// Longest wait between two tries.
pub(super) const PAUSE_MAX: SignedDuration = SignedDuration::from_mins(5);
/// Whoever refuses for longer has a reason that waiting does not mend.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// How long it is tried to find out what became of an attempt.
const WONDER_MAX: SignedDuration = SignedDuration::from_hours(1);

/// What is to be done about a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Post it, under its nonce.
    Post,
    /// Look whether it stands there.
    Find {
        /// Begin of the attempt whose end is not known.
        since: Timestamp,
    },
    /// Put newer words in its place.
    Edit(Posted),
}

/// What is to be done next about a part that is due. `doubted_for` is how long ago the doubt began by a clock that nobody
/// sets; `None` when another process was in doubt, for what the machine's clock did meanwhile is not known.
pub(super) fn step(progress: &PartProgress, now: Timestamp, doubted_for: Option<Duration>) -> Step {
    if let Some(id) = &progress.posted {
        return Step::Edit(Posted { id: id.clone() });
    }
    match progress.doubt_since {
        None => Step::Post,
        Some(since) => {
            let fresh = doubted_for.is_some_and(|length| length <= NONCE_LIVES.unsigned_abs());
            let moved_little = now >= since && now.duration_since(since) <= NONCE_LIVES;
            if fresh && moved_little { Step::Post } else { Step::Find { since } }
        }
    }
}

/// The progress to keep before the step is taken: it tells a later start what may have happened.
pub(super) fn begun(part: &OutboxPart, step: &Step, now: Timestamp) -> PartProgress {
    let mut progress = part.progress.clone();
    progress.tries = progress.tries.saturating_add(1);
    match step {
        Step::Post => {
            // Of several attempts in doubt the first may have gone through, with what it said.
            if progress.doubt_since.is_none() {
                progress.tried = part.revision;
            }
            progress.doubt_since = progress.doubt_since.or(Some(now));
        }
        Step::Find { .. } => {}
        Step::Edit(_) => progress.tried = part.revision,
    }
    progress
}

/// Takes the step, and returns the progress after it. `doubted` tells whether an earlier attempt had ended in doubt.
pub(super) async fn take(
    messenger: &dyn Messenger,
    (part, to): (&OutboxPart, &Destination),
    step: Step,
    mut progress: PartProgress,
    now: Timestamp,
) -> PartProgress {
    let doubted = part.progress.doubt_since.is_some();
    let parcel =
        || Parcel { json: part.content.body.clone(), files: part.content.files.clone(), lines: Vec::new() };
    match step {
        Step::Post => match messenger.post(to, &parcel(), &Nonce(part.content.nonce.clone())).await {
            Ok(posted) => stands(&mut progress, posted, now),
            Err(Undelivered::Unknown { why }) => put_off(&mut progress, why, None, now),
            Err(Undelivered::Later { why, after }) => {
                if !doubted {
                    progress.doubt_since = None;
                }
                put_off(&mut progress, why, after, now);
                if now.duration_since(part.made) > GIVE_UP_AFTER {
                    ends(&mut progress, None, doubted);
                }
            }
            Err(Undelivered::Refused { why } | Undelivered::Deleted { why }) => {
                ends(&mut progress, Some(why), doubted);
            }
        },
        Step::Find { since } => {
            let from = since.checked_sub(CLOCKS_DIFFER).unwrap_or(Timestamp::MIN);
            match messenger.find(to, &part.content.marker, from).await {
                Ok(Some(posted)) => stands(&mut progress, posted, now),
                Ok(None) => {
                    progress.doubt_since = None;
                    put_off(&mut progress, String::new(), Some(Duration::ZERO), now);
                    progress.why = None;
                }
                Err(Undelivered::Later { why, after })
                    if now >= since && now.duration_since(since) < WONDER_MAX =>
                {
                    put_off(&mut progress, why, after, now);
                }
                Err(
                    Undelivered::Refused { why }
                    | Undelivered::Deleted { why }
                    | Undelivered::Unknown { why }
                    | Undelivered::Later { why, .. },
                ) => ends(&mut progress, Some(why), true),
            }
        }
        Step::Edit(at) => match messenger.edit(to, &at, &parcel()).await {
            Ok(()) => {
                progress.shown = part.revision;
                stands(&mut progress, at, now);
            }
            // An edit may be done twice, so it does not matter whether it was.
            Err(Undelivered::Unknown { why }) => put_off(&mut progress, why, None, now),
            Err(Undelivered::Later { why, after }) => put_off(&mut progress, why, after, now),
            Err(Undelivered::Deleted { why }) => {
                progress.state = DeliveryState::Deleted;
                progress.why = Some(why);
            }
            Err(Undelivered::Refused { why }) => ends(&mut progress, Some(why), false),
        },
    }
    progress
}

fn stands(progress: &mut PartProgress, posted: Posted, now: Timestamp) {
    progress.state = DeliveryState::Sent;
    progress.posted = Some(posted.id);
    progress.shown = progress.tried;
    progress.tries = 0;
    progress.next_try = now;
    progress.doubt_since = None;
    progress.why = None;
}

/// Waits twice as long after each try, from a second on.
fn put_off(progress: &mut PartProgress, why: String, after: Option<Duration>, now: Timestamp) {
    let doubled = SignedDuration::from_secs(1_i64 << progress.tries.saturating_sub(1).min(8));
    let asked = after.map(|after| SignedDuration::try_from(after).unwrap_or(PAUSE_MAX));
    let pause = asked.unwrap_or(doubled).min(PAUSE_MAX);
    progress.next_try = now.checked_add(pause).unwrap_or(now);
    progress.why = Some(why);
}

fn ends(progress: &mut PartProgress, why: Option<String>, doubted: bool) {
    progress.state = if doubted { DeliveryState::Uncertain } else { DeliveryState::Failed };
    progress.why = why.or(progress.why.take());
    progress.doubt_since = progress.doubt_since.filter(|_| doubted);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(doubt_since: Option<&str>, now: &str, doubted_for: Option<u64>, expected: &Step) {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let progress = PartProgress { doubt_since: doubt_since.map(at), ..PartProgress::new(at(now)) };
        assert_eq!(step(&progress, at(now), doubted_for.map(Duration::from_secs)), *expected);
    }

    #[test]
    fn in_doubt_the_nonce_is_used_while_it_lives_and_then_the_channel_is_read() {
        let begun = "2026-03-30T06:00:00Z";
        let find = Step::Find { since: begun.parse().unwrap() };
        check(None, begun, None, &Step::Post);
        check(Some(begun), "2026-03-30T06:02:00Z", Some(120), &Step::Post);
        check(Some(begun), "2026-03-30T06:02:00.001Z", Some(120), &find);
        // The clock was set back, so that it seems less long ago than it is, or not to have been yet.
        check(Some(begun), "2026-03-30T06:00:05Z", Some(600), &find);
        check(Some(begun), "2026-03-30T05:59:59Z", Some(5), &find);
        // Another process was in doubt; its clock may have been any.
        check(Some(begun), "2026-03-30T06:00:05Z", None, &find);
    }

    #[test]
    fn pauses_double_up_to_five_minutes_and_never_end_a_clock() {
        let now = Timestamp::MAX;
        let mut progress = PartProgress { tries: 90, ..PartProgress::new(now) };
        put_off(&mut progress, "busy".into(), None, now);
        assert_eq!(progress.next_try, now, "there is no later");
        let now = Timestamp::UNIX_EPOCH;
        let pauses = [1, 2, 3, 9, 90].map(|tries| {
            progress.tries = tries;
            put_off(&mut progress, "busy".into(), None, now);
            progress.next_try.as_second()
        });
        assert_eq!(pauses, [1, 2, 4, 256, 256]);
        put_off(&mut progress, "busy".into(), Some(Duration::from_hours(9)), now);
        assert_eq!(progress.next_try.as_second(), 300);
    }
}
