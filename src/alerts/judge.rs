//! From readings to alerts: pure. The same readings make the same alerts, in whatever order they come, and whether or
//! not the program was started again between two looks.
//!
//! Invariant: of a rule and a subject there is at most one alert that is not over.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::config::AlertRule;
use crate::config::AlertWhen;
use crate::domain::AlertId;
use crate::domain::AlertState;

use super::episode::{Episode, Member, Place};
use super::measure::{Reading, Verdict};
use super::subject::Subject;

/// From so many at once on, those that begin are one alert: nobody reads fifty messages.
const TOGETHER_MIN: usize = 4;
/// An alert about several takes in what follows within this time: one cause may reach accounts one after the other.
const JOIN_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// An alert is kept quiet for so long at most; what is true for longer needs another rule.
pub(super) const SNOOZE_MAX: SignedDuration = SignedDuration::from_hours(24 * 90);

/// All alerts that are not over, and what may become one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Ledger {
    /// By number; those that ended in this look are among them.
    pub open: Vec<Episode>,
    /// What holds already, and since when by the time of its data.
    pub pending: BTreeMap<(String, Subject), Timestamp>,
    /// The highest number so far.
    pub last_id: u64,
}

/// Where a rule may tell of a subject; `None` while that cannot be found out, so that it has to wait.
pub(super) type Places<'a> = dyn Fn(&AlertRule, &Subject) -> Option<Vec<Place>> + 'a;

/// What begins.
struct Newcomer {
    member: Member,
    places: Vec<Place>,
}

/// Takes one look: what every rule says of the present, held against what was. `places` tells where a rule may tell of
/// a subject.
pub(super) fn advance(
    ledger: &mut Ledger,
    looks: &[(&AlertRule, Vec<Reading>)],
    places: &Places<'_>,
    now: Timestamp,
) {
    let before: Vec<Episode> = ledger.open.clone();
    for episode in &mut ledger.open {
        let rule = looks.iter().find(|(rule, _)| rule.name == episode.rule).map(|(rule, _)| rule);
        match rule {
            None => episode.recover(now, "Over: its rule was taken away."),
            Some(rule) if rule.when != episode.when => episode.recover(now, "Over: its rule was changed."),
            Some(_) => {}
        }
    }
    let mut looks: Vec<&(&AlertRule, Vec<Reading>)> = looks.iter().collect();
    looks.sort_by(|one, two| one.0.name.cmp(&two.0.name));
    for (rule, readings) in &looks {
        let newcomers = ledger.follow(rule, readings, now, places);
        ledger.begin(rule, newcomers, now);
    }
    let known: BTreeSet<&str> = looks.iter().map(|(rule, _)| rule.name.as_str()).collect();
    ledger.pending.retain(|(rule, _), _| known.contains(rule.as_str()));
    for episode in ledger.open.iter_mut().filter(|one| !one.is_over()) {
        if let Some((rule, _)) = looks.iter().find(|(rule, _)| rule.name == episode.rule) {
            settle(episode, rule, now);
        }
    }
    for episode in &mut ledger.open {
        let was = before.iter().find(|was| was.id == episode.id);
        if was.is_some_and(|was| was != &*episode) {
            episode.revision += 1;
        }
    }
}

impl Ledger {
    /// Follows what a rule says of each subject; what holds long enough and is told of nowhere yet comes back.
    fn follow(
        &mut self,
        rule: &AlertRule,
        readings: &[Reading],
        now: Timestamp,
        places: &Places<'_>,
    ) -> Vec<Newcomer> {
        let mut readings: Vec<&Reading> = readings.iter().collect();
        readings.sort_by(|one, two| one.subject.cmp(&two.subject));
        let seen: BTreeSet<&Subject> = readings.iter().map(|reading| &reading.subject).collect();
        // What is not looked at any more, as an initiative that was closed, is over.
        self.pending.retain(|(name, subject), _| *name != rule.name || seen.contains(subject));
        for episode in self.open.iter_mut().filter(|one| one.rule == rule.name && !one.is_over()) {
            for member in episode.members.iter_mut().filter(|member| !seen.contains(&member.subject)) {
                member.ended = member.ended.or(Some(now));
            }
        }
        let mut newcomers = Vec::new();
        for reading in readings {
            if self.follow_member(rule, reading, now) {
                continue;
            }
            let key = (rule.name.clone(), reading.subject.clone());
            match reading.verdict {
                Verdict::Holds => {
                    let since = earliest(self.pending.entry(key.clone()).or_insert(reading.at), reading.at);
                    let lasts = reading.at.duration_since(since) >= rule.dwell.length();
                    if lasts
                        && !reading.is_small
                        && let Some(places) = places(rule, &reading.subject)
                    {
                        self.pending.remove(&key);
                        let (subject, level) = (reading.subject.clone(), reading.level);
                        let member = Member { subject, since, clear_since: None, ended: None, level };
                        newcomers.push(Newcomer { member, places });
                    }
                }
                Verdict::Clear => _ = self.pending.remove(&key),
                Verdict::Between | Verdict::Unknown => {}
            }
        }
        newcomers
    }

    /// Follows a subject that an alert is about already; tells whether there is one.
    fn follow_member(&mut self, rule: &AlertRule, reading: &Reading, now: Timestamp) -> bool {
        let mut open = self.open.iter_mut().filter(|one| one.rule == rule.name && !one.is_over());
        let found = open.find_map(|episode| {
            let at = episode.members.iter().position(|member| member.subject == reading.subject)?;
            Some((episode, at))
        });
        let Some((episode, at)) = found else { return false };
        let member = &mut episode.members[at];
        match reading.verdict {
            Verdict::Holds => {
                (member.clear_since, member.ended) = (None, None);
                if reading.level > member.level {
                    member.level = reading.level;
                    episode.pressing = true;
                    let what = format!("Reached {} percent.", reading.level);
                    episode.note(now, None, what, None);
                }
            }
            Verdict::Between => member.clear_since = None,
            Verdict::Clear => {
                let since = earliest(member.clear_since.get_or_insert(reading.at), reading.at);
                if member.ended.is_none() && reading.at.duration_since(since) >= rule.clear.length() {
                    member.ended = Some(since);
                }
            }
            Verdict::Unknown => {}
        }
        true
    }

    /// Begins alerts for what is told of nowhere yet.
    fn begin(&mut self, rule: &AlertRule, newcomers: Vec<Newcomer>, now: Timestamp) {
        let mut left: Vec<Newcomer> = Vec::new();
        for new in newcomers {
            match self.host(rule, &new, now) {
                Some(host) => host.members.push(new.member),
                None => left.push(new),
            }
        }
        while let Some(first) = left.first() {
            // Only what may be told in the same places can be told together.
            let places = first.places.clone();
            let (alike, others): (Vec<Newcomer>, Vec<Newcomer>) =
                left.into_iter().partition(|new| new.places == places);
            left = others;
            let members: Vec<Member> = alike.into_iter().map(|new| new.member).collect();
            if members.len() >= TOGETHER_MIN || rule.is_quiet(now) {
                self.open_one(rule, members, places, now);
            } else {
                for member in members {
                    self.open_one(rule, vec![member], places.clone(), now);
                }
            }
        }
    }

    /// An alert of the same rule that takes in a newcomer: one that quiet hours hold back, or one about several that has
    /// just begun.
    fn host(&mut self, rule: &AlertRule, new: &Newcomer, now: Timestamp) -> Option<&mut Episode> {
        let takes_in = |one: &&mut Episode| {
            let is_held = one.told.is_none();
            let is_fresh =
                one.members.len() >= TOGETHER_MIN && now.duration_since(one.opened).abs() <= JOIN_WITHIN;
            one.rule == rule.name && !one.is_over() && one.places == new.places && (is_held || is_fresh)
        };
        self.open.iter_mut().find(takes_in)
    }

    fn open_one(&mut self, rule: &AlertRule, members: Vec<Member>, places: Vec<Place>, now: Timestamp) {
        self.last_id += 1;
        self.open.push(Episode {
            id: AlertId(self.last_id),
            rule: rule.name.clone(),
            when: rule.when.clone(),
            state: AlertState::Open,
            members,
            places,
            opened: now,
            told: None,
            reminded: None,
            reminders: 0,
            pressing: false,
            keeper: None,
            snoozed_until: None,
            ended: None,
            log: Vec::new(),
            revision: 1,
        });
    }
}

/// Since when something is so. What began after the data end was seen by a clock that was ahead: it begins now.
fn earliest(since: &mut Timestamp, now: Timestamp) -> Timestamp {
    *since = now.min(*since);
    *since
}

/// Lets time do its part: what is well again is over, a rest ends, what was held back is told, and told again.
fn settle(episode: &mut Episode, rule: &AlertRule, now: Timestamp) {
    if episode.going_on().next().is_none() {
        let why = match episode.when {
            // After a while, another level is the usual one.
            AlertWhen::Unusual { .. } => "Over: what is measured is usual now.",
            _ => "Over: it is well again.",
        };
        episode.recover(now, why);
        return;
    }
    // A rest that ends later than any may was ordered while a clock was ahead.
    let rests = |until: Timestamp| until > now && until.duration_since(now) <= SNOOZE_MAX;
    if episode.snoozed_until.is_some_and(|until| !rests(until)) {
        episode.state = AlertState::Open;
        episode.snoozed_until = None;
        episode.pressing = true;
        episode.note(now, None, "Its rest is over, and it goes on.".into(), None);
    }
    if rule.is_quiet(now) {
        return;
    }
    let Some(told) = episode.told else {
        episode.told = Some(now);
        episode.pressing = false;
        return;
    };
    let last = episode.reminded.unwrap_or(told);
    let is_due = rule.remind.is_some_and(|every| now.duration_since(last).abs() >= every.length());
    if episode.state == AlertState::Open && (is_due || episode.pressing) {
        episode.reminders += 1;
        episode.reminded = Some(now);
        episode.pressing = false;
    }
}
