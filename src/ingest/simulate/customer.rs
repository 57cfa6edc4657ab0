//! One customer: who it is, how large, when it works, what it calls, and what it committed to.

use jiff::ToSpan;
use jiff::civil::Date;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::LogNormal;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::AccountStatus;
use crate::domain::CommitPeriod;
use crate::domain::Contract;
use crate::domain::Money;
use crate::domain::Person;

use super::calendar::Region;
use super::companies::Trade;
use super::companies::company;
use super::companies::slug;
use super::course::Course;
use super::course::CourseKind;
use super::prices::BATCH;
use super::prices::EMBEDDINGS;
use super::prices::FILES;
use super::prices::MAX;
use super::prices::MINI;
use super::prices::OFFERS;
use super::prices::RERANK;
use super::prices::STANDARD;
use super::rhythm::Rhythm;

/// The technical success managers.
pub(super) const OWNERS: [&str; 5] = ["dana", "mei", "ivan", "omar", "lea"];
/// What the largest account spends a month, in units, and how fast the others fall off with their rank.
const LARGEST_MONTH: f64 = 90_000.0;
const FALL_OFF: f64 = 1.15;
const HOURS_OF_MONTH: f64 = 730.0;

/// A customer with all that its usage is drawn from.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) account: Account,
    pub(super) rank: usize,
    pub(super) region: Region,
    pub(super) rhythm: Rhythm,
    pub(super) course: Course,
    pub(super) uses: Vec<Use>,
    /// Part of the calls that fail on a usual day.
    pub(super) errors: f64,
    /// Part of the tokens read that come from the cache, and how many days ago caching began.
    pub(super) cached: (f64, f64),
    /// What it spends a year at its better level, that of today or that of its signing, in units.
    pub(super) year: f64,
}

/// An offer that a customer calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    /// Place in the catalogue.
    pub(super) offer: usize,
    /// Calls in an hour of weight 1, on a day of level 1.
    pub(super) calls: f64,
    /// Days before the end on which it began and ended.
    pub(super) began: f64,
    pub(super) ended: f64,
}

/// How large an account is among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Enterprise,
    MidMarket,
    Startup,
}

/// What the customers have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Market {
    pub(super) accounts: usize,
    pub(super) days: f64,
    pub(super) today: Date,
}

impl Customer {
    /// Draws the customer of a rank, the largest being 0; `nth` counts the ones of its course.
    pub(super) fn draw(
        market: Market,
        rank: usize,
        (kind, nth): (CourseKind, usize),
        mut rng: ChaCha8Rng,
    ) -> Self {
        let rng = &mut rng;
        let (name, industry, trade) = company(rank);
        let part = rank as f64 / market.accounts as f64;
        let segment = match part {
            ..0.18 => Segment::Enterprise,
            ..0.58 => Segment::MidMarket,
            _ => Segment::Startup,
        };
        let spread = LogNormal::new(0.0, 0.25).expect("the spread is above zero");
        let month = LARGEST_MONTH * (rank as f64 + 1.0).powf(-FALL_OFF) * rng.sample(spread);
        let region = *Region::MIX.choose(rng).expect("there are regions");
        let rhythm = rhythm(segment, trade, part, rng);
        let course = Course::draw(kind, nth, market.days, rng);
        let uses = uses(trade, segment, kind, month, rhythm, rng);
        let id = AccountId::new(&slug(&name)).expect("a slug is an id");
        let mut account = Account::discovered(id, &name);
        // A few have nobody yet, as in every real portfolio.
        account.owner = (rank % 23 != 17).then(|| person(OWNERS.choose(rng).expect("there are owners")));
        account.tags = vec![industry.to_owned(), region.tag().to_owned()];
        account.tags.extend(rng.random_bool(0.12).then(|| "reference".to_owned()));
        account.tags.extend(rng.random_bool(0.12).then(|| "beta".to_owned()));
        account.segment = Some(segment.word().to_owned());
        account.plan = Some(segment.plan(rng).to_owned());
        account.status = match (kind, nth) {
            (CourseKind::Churning, 1) => AccountStatus::Closed,
            (CourseKind::Sleeping, 1) => AccountStatus::Paused,
            _ => AccountStatus::Active,
        };
        if account.status != AccountStatus::Closed {
            account.contract = contract(segment, month * course.level_at_signing(), kind, market.today, rng);
        }
        let cached = if rng.random_bool(0.5) {
            (rng.random_range(0.2..0.6), rng.random_range(20.0..400.0))
        } else {
            (0.0, 0.0)
        };
        let year = month * 12.0 * course.level(1.0, 1).max(course.level_at_signing());
        let errors = rng.random_range(0.001..0.009);
        Self { account, rank, region, rhythm, course, uses, errors, cached, year }
    }
}

impl Segment {
    fn word(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::MidMarket => "mid-market",
            Self::Startup => "startup",
        }
    }

    fn plan(self, rng: &mut ChaCha8Rng) -> &'static str {
        let plans: &[&str] = match self {
            Self::Enterprise => &["enterprise", "enterprise", "scale"],
            Self::MidMarket => &["scale", "scale", "team"],
            Self::Startup => &["team", "pay as you go", "pay as you go"],
        };
        plans.choose(rng).expect("each segment has plans")
    }
}

fn rhythm(segment: Segment, trade: Trade, part: f64, rng: &mut ChaCha8Rng) -> Rhythm {
    let faces_people = matches!(trade, Trade::Assistant | Trade::Search);
    if part < 0.08 {
        Rhythm::Global
    } else if faces_people && rng.random_bool(0.25) {
        Rhythm::Consumer
    } else if segment == Segment::Startup && rng.random_bool(0.6) {
        Rhythm::Sporadic
    } else {
        Rhythm::Business
    }
}

/// What is called, by part of the spend; smaller accounts keep to the first few.
fn uses(
    trade: Trade,
    segment: Segment,
    kind: CourseKind,
    month: f64,
    rhythm: Rhythm,
    rng: &mut ChaCha8Rng,
) -> Vec<Use> {
    let mix: &[(usize, f64)] = match trade {
        Trade::Assistant => &[(STANDARD, 0.55), (MINI, 0.25), (EMBEDDINGS, 0.08), (BATCH, 0.12)],
        Trade::Search => &[(MINI, 0.45), (EMBEDDINGS, 0.2), (STANDARD, 0.2), (RERANK, 0.15)],
        Trade::Documents => &[(BATCH, 0.45), (STANDARD, 0.43), (FILES, 0.12)],
        Trade::Agents => &[(STANDARD, 0.6), (MAX, 0.28), (MINI, 0.12)],
    };
    let most = match segment {
        Segment::Enterprise => 4,
        Segment::MidMarket => 3,
        Segment::Startup if rhythm == Rhythm::Consumer => 1,
        Segment::Startup => rng.random_range(1..3),
    };
    let mix = &mix[..mix.len().min(most)];
    let whole: f64 = mix.iter().map(|(_, part)| part).sum();
    let mut uses: Vec<Use> = mix
        .iter()
        .map(|(offer, part)| {
            let hourly = month * part / whole / HOURS_OF_MONTH / OFFERS[*offer].typical_cost();
            let calls = hourly / rhythm.mean_weight(OFFERS[*offer].hours);
            Use { offer: *offer, calls, began: f64::INFINITY, ended: 0.0 }
        })
        .collect();
    if let [_first, .., last] = uses.as_mut_slice() {
        match kind {
            // Who shrinks often gives one thing up first.
            CourseKind::Shrinking if rng.random_bool(0.7) => last.ended = rng.random_range(15.0..50.0),
            CourseKind::Growing | CourseKind::Stable if rng.random_bool(0.4) => {
                last.began = rng.random_range(30.0..300.0);
            }
            CourseKind::Stable
            | CourseKind::Growing
            | CourseKind::Shrinking
            | CourseKind::Churning
            | CourseKind::Spiking
            | CourseKind::New
            | CourseKind::Sleeping => {}
        }
    }
    uses
}

/// A commitment near the usage of the day it was signed; the smallest accounts often have none.
fn contract(
    segment: Segment,
    month: f64,
    kind: CourseKind,
    today: Date,
    rng: &mut ChaCha8Rng,
) -> Option<Contract> {
    let (has_one, periods): (f64, &[CommitPeriod]) = match segment {
        Segment::Enterprise => (1.0, &[CommitPeriod::Year, CommitPeriod::Year, CommitPeriod::Quarter]),
        Segment::MidMarket => (0.85, &[CommitPeriod::Month, CommitPeriod::Month, CommitPeriod::Quarter]),
        Segment::Startup => (0.3, &[CommitPeriod::Month]),
    };
    let period = *periods.choose(rng).expect("each segment has periods");
    let months = match period {
        CommitPeriod::Month => 1.0,
        CommitPeriod::Quarter => 3.0,
        CommitPeriod::Year => 12.0,
    };
    let commit = round(month * months * rng.random_range(0.72..1.15));
    // Who began lately signed for a year lately.
    let soonest = if kind == CourseKind::New { 305 } else { 6 };
    let renewal = today.saturating_add(rng.random_range(soonest..345).days());
    rng.random_bool(has_one).then_some(Contract { commit, period, renewal: Some(renewal) })
}

/// An amount as people agree on it: two digits and zeros.
pub(super) fn round(amount: f64) -> Money {
    let unit = 10_f64.powf(amount.max(10.0).log10().floor() - 1.0);
    Money::from_micros(((amount / unit).round() * unit) as i64 * 1_000_000)
}

pub(super) fn person(name: &str) -> Person {
    Person::new(name).expect("the names of the owners are short words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreed_amount_has_two_digits() {
        assert_eq!(round(123_456.0).to_string(), "120000");
        assert_eq!(round(87.4).to_string(), "87");
        assert_eq!(round(3.0).to_string(), "3");
    }
}
