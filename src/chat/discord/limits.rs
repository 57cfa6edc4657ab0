//! When calls may be made again: Discord's rate limits, as its responses tell them.
//!
//! The library's own limiter is not used: it remembers each interaction for ever, makes all replies wait for one
//! another, and ignores another address.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

/// Longest pause that is believed.
pub(super) const PAUSE_MAX: Duration = Duration::from_hours(24);

/// How far a limit reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// This call, by us or by everyone who shares the channel.
    Call,
    /// All calls of this application.
    Global,
}

/// Pauses that Discord asked for.
#[derive(Debug, Default)]
pub(super) struct Limits {
    paused: Mutex<Paused>,
}

#[derive(Debug, Default)]
struct Paused {
    all: Option<Instant>,
    by_path: HashMap<String, Instant>,
}

impl Limits {
    /// Until when a call has to wait.
    pub(super) fn until(&self, path: &str) -> Option<Instant> {
        let paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        let all = paused.all.filter(|_| counts_globally(path));
        paused.by_path.get(path).copied().max(all).filter(|until| *until > Instant::now())
    }

    /// No such call for so long.
    pub(super) fn pause(&self, path: &str, scope: Scope, time: Duration) {
        let (now, time) = (Instant::now(), time.min(PAUSE_MAX));
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        if scope == Scope::Global && counts_globally(path) {
            paused.all = paused.all.max(Some(now + time));
            return;
        }
        paused.by_path.retain(|_, until| *until > now);
        paused.by_path.insert(path.to_owned(), now + time);
    }
}

/// Discord counts answers to interactions by themselves.
fn counts_globally(path: &str) -> bool {
    !path.contains("/interactions/") && !path.contains("/webhooks/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: &str = "https://discord.com/api/v10/applications/1/commands";
    const CHANNEL: &str = "https://discord.com/api/v10/channels/1/messages";
    const REPLY: &str = "https://discord.com/api/v10/webhooks/1/token/messages/@original";

    #[tokio::test]
    async fn a_limit_of_one_call_holds_back_no_other() {
        let limits = Limits::default();
        limits.pause(CHANNEL, Scope::Call, Duration::from_secs(60));
        assert!(limits.until(CHANNEL).is_some());
        assert!(limits.until(COMMANDS).is_none() && limits.until(REPLY).is_none());
    }

    #[tokio::test]
    async fn the_global_limit_holds_back_all_but_answers_to_interactions() {
        let limits = Limits::default();
        limits.pause(CHANNEL, Scope::Global, Duration::from_secs(60));
        assert!(limits.until(CHANNEL).is_some() && limits.until(COMMANDS).is_some());
        assert!(limits.until(REPLY).is_none());
    }

    #[tokio::test]
    async fn pauses_that_are_over_are_forgotten() {
        let limits = Limits::default();
        for reply in 0..100 {
            limits.pause(&format!("{REPLY}{reply}"), Scope::Call, Duration::ZERO);
        }
        assert!(limits.paused.lock().unwrap().by_path.len() <= 1);
    }
}
