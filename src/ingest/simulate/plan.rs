//! What is asked for, and the portfolio that comes of it.

use jiff::SignedDuration;
use jiff::Timestamp;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::DAY_MS;
use crate::domain::Grain;
use crate::domain::HOUR_MS;
use crate::domain::Initiative;
use crate::domain::Note;
use crate::domain::SourceId;
use crate::domain::UsageRow;
use crate::domain::utc_date;

use super::course;
use super::course::CourseKind;
use super::customer::Customer;
use super::customer::Market;
use super::desk;
use super::incidents;
use super::traffic::Held;
use super::traffic::Traffic;

/// Counts most usage and is complete up to the end.
const SOURCE: &str = "gateway";
/// Counts batches and files, tells no errors, and arrives late.
const LATE_SOURCE: &str = "batch-export";
/// How far the late source is behind.
const LATE_HOURS: i64 = 9;
/// Streams of random numbers: one for what all share, one for the desk, then two for each account.
const SHARED: u64 = 0;
const DESK: u64 = 1;
const FIRST_ACCOUNT: u64 = 2;
/// Set in the streams of what comes after the end; below it stand for how long a number holds, of which account, and of
/// which hour, day or week since 1970.
const AFTER: u64 = 1 << 63;

/// How large the simulated portfolio is, and where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulationPlan {
    /// How many accounts.
    pub accounts: u16,
    /// How many days of usage.
    pub days: u16,
    /// Another seed gives another portfolio.
    pub seed: u64,
    /// End of the data, floored to the hour.
    pub until: Timestamp,
}

impl SimulationPlan {
    /// The portfolio that `etsm demo` shows: 60 accounts over 420 days.
    #[must_use]
    pub fn ending(until: Timestamp) -> Self {
        Self { accounts: 60, days: 420, seed: 7, until }
    }
}

/// A portfolio; its usage is drawn account by account when it is asked for, so that memory stays small.
#[derive(Debug)]
pub struct Simulated {
    /// The accounts, the largest first.
    pub accounts: Vec<Account>,
    /// Initiatives in every state.
    pub initiatives: Vec<Initiative>,
    /// Notes, oldest first.
    pub notes: Vec<Note>,
    /// Up to when each source has delivered; one of them is some hours late.
    pub watermarks: Vec<(SourceId, Timestamp)>,
    seed: u64,
    customers: Vec<Customer>,
    traffic: Traffic,
}

impl Simulated {
    /// Draws the portfolio of a plan, without its usage.
    #[must_use]
    pub fn new(plan: &SimulationPlan) -> Self {
        let until = Grain::Hour.floor(plan.until);
        let until_ms = until.as_millisecond();
        let days = i64::from(plan.days);
        let count = usize::from(plan.accounts);
        let late_until_ms = until_ms - LATE_HOURS * HOUR_MS;
        let late_until = Timestamp::from_millisecond(late_until_ms).unwrap_or(until);
        let source = SourceId::new(SOURCE).expect("the name is an id");
        let late_source = SourceId::new(LATE_SOURCE).expect("the name is an id");

        let mut shared = stream(plan.seed, SHARED);
        let mut kinds: Vec<CourseKind> = course::MIX.into_iter().cycle().take(count).collect();
        // Shuffled in blocks, so that each course has large and small accounts.
        for block in kinds.chunks_mut(course::MIX.len()) {
            block.shuffle(&mut shared);
        }
        let incidents = incidents::draw(count, days, until_ms, &mut shared);
        let market = Market { accounts: count, days: f64::from(plan.days), today: utc_date(until) };
        let customers: Vec<Customer> = kinds
            .iter()
            .enumerate()
            .map(|(rank, kind)| {
                let nth = kinds[..rank].iter().filter(|other| *other == kind).count();
                let rng = stream(plan.seed, FIRST_ACCOUNT + 2 * rank as u64);
                Customer::draw(market, rank, (*kind, nth), rng)
            })
            .collect();
        let mut desk = stream(plan.seed, DESK);
        let initiatives = desk::initiatives(&customers, until, &mut desk);
        let notes = desk::notes(&customers, until, &mut desk);
        let span = (until_ms - days * DAY_MS, late_until_ms, until_ms);
        Self {
            accounts: customers.iter().map(|customer| customer.account.clone()).collect(),
            initiatives,
            notes,
            watermarks: vec![(source.clone(), until), (late_source.clone(), late_until)],
            seed: plan.seed,
            customers,
            traffic: Traffic::new(span, (source, late_source), incidents),
        }
    }

    /// The usage of one account after the other, each in time order.
    pub fn usage(&self) -> impl Iterator<Item = (&AccountId, Vec<UsageRow>)> {
        self.customers.iter().map(|customer| {
            let rng = stream(self.seed, FIRST_ACCOUNT + 2 * customer.rank as u64 + 1);
            (&customer.account.id, self.traffic.rows(customer, rng))
        })
    }

    /// The usage of all accounts in an hour from the end on, as it is once all of it has come: each hour can be had alone,
    /// and again.
    #[must_use]
    pub fn hour(&self, at: Timestamp) -> Vec<UsageRow> {
        let at = Grain::Hour.floor(at);
        let of_one = |customer: &Customer| {
            let draw = |held: Held, number: i64| {
                stream(self.seed, AFTER | (held as u64) << 56 | (customer.rank as u64) << 40 | number as u64)
            };
            self.traffic.rows_after(customer, at, draw)
        };
        self.customers.iter().flat_map(of_one).collect()
    }

    /// The source that delivers at once, and the one that is late, with how late it is.
    #[must_use]
    pub fn sources(&self) -> (&SourceId, (&SourceId, SignedDuration)) {
        let late = SignedDuration::from_hours(LATE_HOURS);
        (&self.traffic.source, (&self.traffic.late_source, late))
    }
}

/// Random numbers of their own for each purpose, so that a change in one place does not move the others.
fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::collections::BTreeSet;

    use crate::domain::AccountStatus;
    use crate::domain::InitiativeStatus;

    use super::super::course::CourseKind;
    use super::super::prices::OFFERS;
    use super::*;

    fn until() -> Timestamp {
        "2026-06-17T14:35:12Z".parse().unwrap()
    }

    fn small(seed: u64) -> SimulationPlan {
        SimulationPlan { accounts: 30, days: 120, seed, until: until() }
    }

    fn all_rows(simulated: &Simulated) -> Vec<UsageRow> {
        simulated.usage().flat_map(|(_account, rows)| rows).collect()
    }

    #[test]
    fn the_same_plan_gives_the_same_portfolio() {
        let (one, other) = (Simulated::new(&small(7)), Simulated::new(&small(7)));
        assert_eq!(one.accounts, other.accounts);
        assert_eq!(one.initiatives, other.initiatives);
        assert_eq!(one.notes, other.notes);
        assert_eq!(one.watermarks, other.watermarks);
        let rows = all_rows(&one);
        assert_eq!(rows, all_rows(&other));
        assert_ne!(rows, all_rows(&Simulated::new(&small(8))));
    }

    #[test]
    fn it_ends_at_the_hour_and_the_late_source_before() {
        let simulated = Simulated::new(&small(7));
        let (rows, end) = (all_rows(&simulated), Grain::Hour.floor(until()));
        assert_eq!(simulated.watermarks[0].1, end);
        assert!(simulated.watermarks[1].1 < end);
        for (source, watermark) in &simulated.watermarks {
            let newest = rows.iter().filter(|row| row.source == *source).map(|row| row.at).max().unwrap();
            assert!(newest < *watermark, "{source} {newest}");
        }
        let newest = rows.iter().map(|row| row.at).max().unwrap();
        assert_eq!(newest.as_millisecond(), end.as_millisecond() - HOUR_MS);
        let oldest = rows.iter().map(|row| row.at).min().unwrap();
        assert_eq!(oldest.as_millisecond(), end.as_millisecond() - 120 * DAY_MS);
        assert!(simulated.notes.iter().all(|note| note.at < end));
        assert!(simulated.initiatives.iter().flat_map(|one| &one.updates).all(|update| update.at < end));
    }

    #[test]
    fn an_hour_after_the_end_is_the_same_each_time_and_goes_on_as_it_went() {
        let simulated = Simulated::new(&small(7));
        let end = Grain::Hour.floor(until());
        let hour = |after: i64| end + SignedDuration::from_hours(after);
        assert_eq!(simulated.hour(hour(30)), Simulated::new(&small(7)).hour(hour(30)));
        assert_ne!(simulated.hour(hour(30)), Simulated::new(&small(8)).hour(hour(30)));
        let after: Vec<UsageRow> = (0..24 * 14).flat_map(|after| simulated.hour(hour(after))).collect();
        let sources: BTreeSet<&str> = after.iter().map(|row| row.source.as_str()).collect();
        assert_eq!(sources, BTreeSet::from([SOURCE, LATE_SOURCE]));
        let before: Vec<UsageRow> =
            all_rows(&simulated).into_iter().filter(|row| row.at >= hour(-24 * 14)).collect();
        let cost = |rows: &[UsageRow]| rows.iter().map(|row| row.used.cost.as_f64()).sum::<f64>();
        let grown = cost(&after) / cost(&before);
        assert!((0.8..1.25).contains(&grown), "two weeks after the end against two before: {grown}");
        let silent = |row: &UsageRow| !before.iter().any(|other| other.account == row.account);
        let account = |row: &UsageRow| row.account.clone();
        let woken: BTreeSet<AccountId> = after.iter().filter(|row| silent(row)).map(account).collect();
        assert!(woken.len() <= 2, "who fell silent stays silent, but for sleepers: {woken:?}");
    }

    #[test]
    fn figures_of_a_row_agree() {
        let simulated = Simulated::new(&small(7));
        let mut keys = BTreeSet::new();
        for (account, rows) in simulated.usage() {
            assert!(rows.is_sorted_by_key(|row| row.at));
            for row in rows {
                assert_eq!(row.account, *account);
                let split = row.tokens;
                let sum: u64 = [split.input, split.output, split.cached].into_iter().flatten().sum();
                assert_eq!(row.used.tokens, sum, "{row:?}");
                let model = row.model.as_ref().map(|model| model.as_str());
                let offer = OFFERS
                    .iter()
                    .find(|offer| offer.endpoint == row.endpoint.as_str() && offer.model == model)
                    .unwrap();
                assert_eq!(row.used.cost, offer.price.cost(row.used.api_calls, split), "{row:?}");
                assert!(row.used.api_calls > 0);
                assert!(row.used.errors.is_none_or(|errors| errors <= row.used.api_calls), "{row:?}");
                let key =
                    (row.account, row.at, row.endpoint.to_string(), row.model.map(|one| one.to_string()));
                assert!(keys.insert(key), "a key twice");
            }
        }
    }

    #[test]
    fn everything_that_can_occur_occurs() {
        let simulated = Simulated::new(&SimulationPlan::ending(until()));
        let kinds: BTreeSet<CourseKind> =
            simulated.customers.iter().map(|customer| customer.course.kind()).collect();
        assert_eq!(kinds.len(), 7, "{kinds:?}");
        for status in InitiativeStatus::ALL {
            assert!(simulated.initiatives.iter().any(|one| one.status == *status), "{status}");
        }
        for status in AccountStatus::ALL {
            assert!(simulated.accounts.iter().any(|one| one.status == *status), "{status}");
        }
        let today = utc_date(until());
        assert!(simulated.initiatives.iter().any(|one| one.is_overdue(today)));
        assert!(simulated.accounts.iter().any(|one| one.owner.is_none()));
        assert!(simulated.accounts.iter().any(|one| one.contract.is_none()));
        let blocked = simulated.initiatives.iter().filter(|one| one.status == InitiativeStatus::Blocked);
        for one in blocked {
            assert!(one.updates.last().is_some_and(|update| update.text.starts_with("Blocked")), "{one:?}");
        }
        let owners: BTreeSet<_> = simulated.accounts.iter().filter_map(|one| one.owner.as_ref()).collect();
        assert_eq!(owners.len(), 5);
        assert_eq!(simulated.initiatives.len(), 40);
        assert!((76..=80).contains(&simulated.notes.len()), "{}", simulated.notes.len());
    }

    #[test]
    fn an_account_takes_the_course_it_was_given() {
        let simulated = Simulated::new(&SimulationPlan { days: 200, ..SimulationPlan::ending(until()) });
        let end = Grain::Hour.floor(until()).as_millisecond();
        let mut seen: BTreeMap<CourseKind, u32> = BTreeMap::new();
        for (customer, (_account, rows)) in simulated.customers.iter().zip(simulated.usage()) {
            let cost = |from: i64, to: i64| -> f64 {
                let span = end - from * DAY_MS..end - to * DAY_MS;
                let within = rows.iter().filter(|row| span.contains(&row.at.as_millisecond()));
                within.map(|row| row.used.cost.as_f64()).sum()
            };
            let (then, now) = (cost(196, 168), cost(28, 0));
            let ok = match customer.course.kind() {
                CourseKind::Growing => now > then,
                CourseKind::Shrinking => now < 0.8 * then,
                CourseKind::Churning => then > 0.0 && cost(10, 0) == 0.0,
                CourseKind::New => then == 0.0 && now > 0.0,
                CourseKind::Stable => now > 0.4 * then && then > 0.4 * now,
                CourseKind::Spiking => now > 0.0 && then > 0.0,
                CourseKind::Sleeping => !rows.is_empty(),
            };
            assert!(ok, "{} {:?}: {then} then, {now} now", customer.account.id, customer.course);
            *seen.entry(customer.course.kind()).or_default() += 1;
        }
        assert!(seen[&CourseKind::Stable] >= 20, "most are stable: {seen:?}");
    }
}
