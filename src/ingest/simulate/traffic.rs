//! Hour by hour, what a customer used.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Binomial;
use rand_distr::Poisson;
use rand_distr::StandardNormal;

use crate::domain::DAY_MS;
use crate::domain::Endpoint;
use crate::domain::HOUR_MS;
use crate::domain::Model;
use crate::domain::SourceId;
use crate::domain::TokenSplit;
use crate::domain::UsageRow;
use crate::domain::Used;

use super::customer::Customer;
use super::customer::Use;
use super::incidents;
use super::incidents::Incident;
use super::prices::Hours;
use super::prices::OFFERS;
use super::rhythm::NIGHT_CHANCE;
use super::rhythm::Rhythm;
use super::rhythm::SPORADIC_CHANCE;
use super::rhythm::SPORADIC_HOURS;

/// What all rows have in common.
#[derive(Debug)]
pub(super) struct Traffic {
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
    /// End of what the late source has delivered.
    pub(super) late_until_ms: i64,
    pub(super) source: SourceId,
    pub(super) late_source: SourceId,
    pub(super) incidents: Vec<Incident>,
    /// Endpoint and model of each offer.
    names: Vec<(Endpoint, Option<Model>)>,
}

/// For how long a random number holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Hour,
    Day,
    Week,
}

/// What holds for a whole local day.
struct Day {
    date: Date,
    factor: f64,
    /// The hours in which a sporadic account works.
    session: std::ops::Range<i8>,
}

impl Traffic {
    pub(super) fn new(
        span: (i64, i64, i64),
        sources: (SourceId, SourceId),
        incidents: Vec<Incident>,
    ) -> Self {
        let names = OFFERS
            .iter()
            .map(|offer| {
                let model = offer.model.map(|name| Model::new(name).expect("models have short names"));
                (Endpoint::new(offer.endpoint).expect("endpoints have short names"), model)
            })
            .collect();
        let (from_ms, late_until_ms, until_ms) = span;
        let (source, late_source) = sources;
        Self { from_ms, until_ms, late_until_ms, source, late_source, incidents, names }
    }

    /// All rows of a customer in time order.
    pub(super) fn rows(&self, customer: &Customer, mut rng: ChaCha8Rng) -> Vec<UsageRow> {
        let rng = &mut rng;
        let zone = TimeZone::get(customer.region.zone()).unwrap_or(TimeZone::UTC);
        let mut rows = Vec::new();
        // Weeks hang together: a good one is followed by a good one.
        let mut week = 0.0;
        let mut day = Day { date: Date::MIN, factor: 1.0, session: 0..0 };
        let mut hour_ms = self.from_ms;
        while hour_ms < self.until_ms {
            let at =
                Timestamp::from_millisecond(hour_ms).expect("the span lies within what a timestamp can hold");
            let local = zone.to_datetime(at);
            if local.date() != day.date {
                if local.weekday() == Weekday::Monday {
                    week = 0.85 * week + 0.05 * normal(rng);
                }
                day = Day::draw(customer, local, week, rng);
            }
            rows.extend(self.of_hour(customer, &day, (at, local), rng));
            hour_ms += HOUR_MS;
        }
        // What the late source has not delivered yet.
        rows.retain(|row| row.source != self.late_source || row.at.as_millisecond() < self.late_until_ms);
        rows
    }

    /// The rows of a customer in an hour after the end. They hang on nothing but the hour, so that each can be had alone
    /// and again: `draw` gives the random numbers of a week, of a day and of an hour.
    pub(super) fn rows_after(
        &self,
        customer: &Customer,
        at: Timestamp,
        draw: impl Fn(Held, i64) -> ChaCha8Rng,
    ) -> Vec<UsageRow> {
        let zone = TimeZone::get(customer.region.zone()).unwrap_or(TimeZone::UTC);
        let local = zone.to_datetime(at);
        let days = local.date().duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
        // As unlike each other as weeks of the history are in the long run.
        let week = 0.095 * normal(&mut draw(Held::Week, (days + 3).div_euclid(7)));
        let day = Day::draw(customer, local, week, &mut draw(Held::Day, days));
        let mut rng = draw(Held::Hour, at.as_millisecond() / HOUR_MS);
        self.of_hour(customer, &day, (at, local), &mut rng)
    }

    fn of_hour(
        &self,
        customer: &Customer,
        day: &Day,
        (at, local): (Timestamp, DateTime),
        rng: &mut ChaCha8Rng,
    ) -> Vec<UsageRow> {
        let hour_ms = at.as_millisecond();
        let ago = (self.until_ms - hour_ms) as f64 / DAY_MS as f64;
        let level = customer.course.level(ago, local.day()) * day.factor;
        let failing = incidents::rate(&self.incidents, customer.rank, hour_ms);
        let mut rows = Vec::new();
        if level > 0.0 {
            for one in &customer.uses {
                let open = day.weight(customer.rhythm, one, local, rng);
                let mean = one.calls * level * open * (0.1 * normal(rng)).exp() * (1.0 - 0.6 * failing);
                // What did not end before the end goes on after it.
                let goes_on = ago > one.ended || one.ended == 0.0;
                if ago <= one.began && goes_on && mean > 0.0 {
                    rows.extend(self.row(customer, one, (at, ago), (mean, failing), rng));
                }
            }
        }
        rows
    }

    fn row(
        &self,
        customer: &Customer,
        one: &Use,
        (at, ago): (Timestamp, f64),
        (mean, failing): (f64, f64),
        rng: &mut ChaCha8Rng,
    ) -> Option<UsageRow> {
        let offer = &OFFERS[one.offer];
        let calls = rng.sample(Poisson::new(mean).expect("the mean is above zero")) as u64;
        let failed = (customer.errors + failing).min(1.0);
        let errors = rng.sample(Binomial::new(calls, failed).expect("a rate lies between 0 and 1"));
        let answered = (calls - errors) as f64;
        // Many calls are close to the typical one in the mean, few are not.
        let spread = 0.03 + 0.35 / answered.max(1.0).sqrt();
        let read = answered * offer.reads * (spread * normal(rng)).exp();
        let wrote = answered * offer.writes * (spread * normal(rng)).exp();
        let from_cache = match (offer.price.cached, customer.cached) {
            (Some(_), (part, began)) if ago <= began => (read * part) as u64,
            _ => 0,
        };
        let known = |count: f64, typical: f64| (typical > 0.0).then_some(count as u64);
        let tokens = TokenSplit {
            input: known(read, offer.reads).map(|read| read - from_cache),
            output: known(wrote, offer.writes),
            cached: offer.price.cached.map(|_price| from_cache),
        };
        let kinds = [tokens.input, tokens.output, tokens.cached];
        let used = Used {
            api_calls: calls,
            errors: (!offer.late).then_some(errors),
            tokens: kinds.into_iter().flatten().sum(),
            cost: offer.price.cost(calls, tokens),
        };
        let (endpoint, model) = self.names[one.offer].clone();
        let source = if offer.late { &self.late_source } else { &self.source };
        (calls > 0).then(|| UsageRow {
            source: source.clone(),
            at,
            account: customer.account.id.clone(),
            endpoint,
            model,
            event: None,
            used,
            tokens,
        })
    }
}

impl Day {
    fn draw(customer: &Customer, local: DateTime, week: f64, rng: &mut ChaCha8Rng) -> Self {
        let date = local.date();
        let works = match customer.rhythm {
            Rhythm::Global => (0.9, 0.92),
            Rhythm::Consumer => (1.15, 1.1),
            Rhythm::Business | Rhythm::Sporadic => (0.1, 0.4),
        };
        let closed = if customer.region.is_holiday(date) {
            works.0
        } else if customer.region.is_quiet(date) {
            works.1
        } else {
            1.0
        };
        let factor = closed * (week + 0.06 * normal(rng)).exp();
        let (least, most) = SPORADIC_HOURS;
        let length = rng.random_range(least..=most);
        let start = rng.random_range(9..=18 - length);
        let works_today = rng.random_bool(SPORADIC_CHANCE);
        Self { date, factor, session: if works_today { start..start + length } else { 0..0 } }
    }

    /// How much of an offer is called in this hour; zero when nobody is there.
    fn weight(&self, rhythm: Rhythm, one: &Use, local: DateTime, rng: &mut ChaCha8Rng) -> f64 {
        let hours = OFFERS[one.offer].hours;
        let weight = rhythm.weight(local, hours);
        let there = match (rhythm, hours) {
            (Rhythm::Sporadic, Hours::Any) => self.session.contains(&local.hour()),
            (Rhythm::Sporadic, Hours::Night) => !self.session.is_empty(),
            (Rhythm::Global | Rhythm::Consumer | Rhythm::Business, _) => {
                !rhythm.is_night(weight) || rng.random_bool(NIGHT_CHANCE)
            }
        };
        if there { weight } else { 0.0 }
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}
