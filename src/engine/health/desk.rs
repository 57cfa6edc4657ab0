//! What the desk knows: initiatives and the commitment.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::Contract;
use crate::domain::Initiative;
use crate::domain::InitiativeStatus;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::utc_date;
use crate::domain::utc_midnight;

use super::super::frame::AccountFrame;
use super::super::hour::{hour_from, hour_start};
use super::verdict::Verdict;

/// Before this part of a period has passed, the period before is judged: one day says little about a quarter.
const PERIOD_PART_MIN: f64 = 0.2;

/// The part of the open initiatives that is blocked or overdue.
pub(super) fn initiatives(all: &[Arc<Initiative>], today: Date) -> Verdict {
    let open: Vec<_> = all.iter().filter(|one| one.is_open()).collect();
    if open.is_empty() {
        return Verdict::Missing("no initiative is open");
    }
    let blocked = open.iter().filter(|one| one.status == InitiativeStatus::Blocked).count();
    let overdue = open.iter().filter(|one| one.is_overdue(today)).count();
    let stuck =
        open.iter().filter(|one| one.status == InitiativeStatus::Blocked || one.is_overdue(today)).count();
    let share = stuck as f64 / open.len() as f64;
    let words = match (blocked > 0, overdue > 0) {
        (false, false) => "all open initiatives are on their way",
        (true, false) => "open initiatives are blocked",
        (false, true) => "open initiatives are overdue",
        (true, true) => "open initiatives are blocked or overdue",
    };
    Verdict::Found { on_curve: share, measured: Quantity::Share(share), words }
}

/// Costs against the part of the commitment that is due before the hour `until`.
pub(super) fn commitment(contract: Option<&Contract>, frame: &AccountFrame, until: u32) -> Verdict {
    let Some(contract) = contract.filter(|contract| contract.commit.micros > 0) else {
        return Verdict::Missing("no commitment is agreed");
    };
    let Some(first) = frame.first_hour().filter(|first| *first < until) else {
        return Verdict::Missing("too little data: no usage has come in yet");
    };
    let (start, end) = contract.period.around(utc_date(hour_start(until.saturating_sub(1))));
    let (start_hour, end_hour) = (hour_from(utc_midnight(start)), hour_from(utc_midnight(end)));
    let passed = |from: u32, to: u32| f64::from(to - from) / f64::from(end_hour - start_hour);
    // Who began within the period owes only from then on.
    let from = start_hour.max(first);
    let young = passed(start_hour, until) < PERIOD_PART_MIN;
    let (from, to, due) = if !young {
        (from, until, passed(from, until))
    } else {
        let before = contract.period.around(start.saturating_sub(1.day())).0;
        let before = hour_from(utc_midnight(before));
        if first > before {
            return Verdict::Missing("too little data: the period of the commitment has just begun");
        }
        (before, start_hour, 1.0)
    };
    if due < PERIOD_PART_MIN {
        return Verdict::Missing("too little data: it was in use for a small part of the period only");
    }
    let cost = frame.upto_of(to, Metric::Cost).wrapping_sub(frame.upto_of(from, Metric::Cost));
    let share = cost as f64 / (contract.commit.micros as f64 * due);
    let words = match (share, young) {
        (..0.9, false) => "costs run behind the commitment",
        (..1.1, false) => "costs run close to the commitment",
        (_, false) => "costs run ahead of the commitment",
        (..0.9, true) => "costs stayed behind the commitment of the period that has ended",
        (..1.1, true) => "costs came close to the commitment of the period that has ended",
        (_, true) => "costs went beyond the commitment of the period that has ended",
    };
    Verdict::Found { on_curve: share, measured: Quantity::Share(share), words }
}
