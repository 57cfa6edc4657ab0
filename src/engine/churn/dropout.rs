//! The label-free model: customers come back at their own rate until, after some event, they leave for good.
//!
//! It is the MBG/NBD model (Batislam, Denizel & Filiztekin 2007), the BG/NBD of Fader, Hardie & Lee (2005) with one
//! change: a customer may also leave after the first event. In BG/NBD a customer with a single event is alive for
//! certain, which is wrong most of the time. The assumptions:
//!
//! - While alive, events come at random with a rate λ; over the customers λ is Gamma(r, α) distributed.
//! - After each event the customer leaves with probability p; over the customers p is Beta(a, b) distributed.
//!
//! With x repeat events, the last at age tₓ, and age T, all in days:
//!
//! ```text
//! likelihood    Γ(r+x)αʳ/Γ(r) · B(a, b+x+1)/B(a, b) · [ (α+T)^−(r+x) + a/(b+x) · (α+tₓ)^−(r+x) ]
//! P(alive)      1 / (1 + a/(b+x) · ((α+T)/(α+tₓ))^(r+x))
//! P(silent, H)  1 − P(alive) · (1 − ((α+T)/(α+T+H))^(r+x))
//! ```
//!
//! The last line is exact: of a customer alive at T, λ is Gamma(r+x, α+T), and no event in H has probability E[e^−λH].
//!
//! What holds for every customer and any parameters, and is tested: as days pass without an event the probability
//! never falls; an earlier last event, all else equal, never lowers it; more events never raise it as long as the
//! silence is no longer than (α+tₓ)/(b+x). Beyond that they may, and should: who came daily and then did not for a
//! month is likelier gone than who came monthly.
//!
//! Invariant: every probability lies in 0..=1, for any customer; the sums are taken in logarithms.

use super::activity::Activity;
use super::minimise::{Point, minimise};

/// Repeat events that count in a fit; more than fifty years of days. It bounds the tables of rising sums.
const REPEATS_MAX: u32 = 20_000;
/// Strength of the prior, as the standard deviation of each parameter's logarithm around the prior's: two, a factor
/// of seven either way, which counts about as much as one customer does. It only keeps a parameter that the data say
/// nothing about (all in use daily, all seen once) from running off to zero or infinity.
const PRIOR_SPREAD: f64 = 2.0;

/// Parameters of the model; time is in days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dropout {
    /// Shape of the rates: the smaller, the more customers differ.
    pub r: f64,
    /// Scale of the rates, in days; r/α is the mean number of events a day.
    pub alpha: f64,
    /// Leaving: a/(a+b) is the mean probability of leaving after an event.
    pub a: f64,
    /// Staying.
    pub b: f64,
}

impl Dropout {
    /// What is assumed before there are data: one event in twenty days with wide differences, and one in eleven
    /// events the last. An assumption, not a measurement, chosen between published cohorts of shoppers (one event
    /// in months, one in three the last) and accounts in use on workdays.
    pub(crate) const PRIOR: Self = Self { r: 0.5, alpha: 10.0, a: 0.5, b: 5.0 };

    /// The probability that nothing happens in the `horizon` days after the cut.
    pub(crate) fn silent(&self, customer: &Activity, cut: u32, horizon: u32) -> f64 {
        let events = self.r + f64::from(customer.repeats());
        let watched = self.alpha + f64::from(customer.age(cut));
        let returns = -(-events * (f64::from(horizon) / watched).ln_1p()).exp_m1();
        (1.0 - self.alive(customer, cut) * returns).clamp(0.0, 1.0)
    }

    /// The probability that the customer has not left for good.
    pub(crate) fn alive(&self, customer: &Activity, cut: u32) -> f64 {
        1.0 / (1.0 + self.log_odds_left(customer, cut).exp())
    }

    fn log_odds_left(&self, customer: &Activity, cut: u32) -> f64 {
        let repeats = f64::from(customer.repeats());
        let (span, age) = (f64::from(customer.span()), f64::from(customer.age(cut)));
        // As a logarithm of one plus the silence: with thousands of days the difference of two would lose digits.
        let quiet = ((age - span) / (self.alpha + span)).ln_1p();
        (self.a / (self.b + repeats)).ln() + (self.r + repeats) * quiet
    }

    /// The parameters under which these customers are likeliest, given the prior (maximum a posteriori).
    pub(super) fn fit(customers: &[Activity], cut: u32) -> Self {
        let groups = grouped(customers, cut);
        if groups.is_empty() {
            return Self::PRIOR;
        }
        let logarithms = minimise(Self::PRIOR.logarithms(), |at| loss(&groups, at));
        Self::from_logarithms(&logarithms)
    }

    fn logarithms(self) -> Point {
        [self.r, self.alpha, self.a, self.b].map(f64::ln)
    }

    fn from_logarithms(at: &Point) -> Self {
        let [r, alpha, a, b] = at.map(f64::exp);
        Self { r, alpha, a, b }
    }
}

/// Customers with the same x, tₓ and T: the likelihood sees no other difference.
struct Group {
    repeats: usize,
    span: f64,
    age: f64,
    customers: f64,
}

fn grouped(customers: &[Activity], cut: u32) -> Vec<Group> {
    let mut keys: Vec<_> =
        customers.iter().map(|of| (of.repeats().min(REPEATS_MAX), of.span(), of.age(cut))).collect();
    keys.sort_unstable();
    keys.chunk_by(PartialEq::eq)
        .map(|same| Group {
            repeats: same[0].0 as usize,
            span: f64::from(same[0].1),
            age: f64::from(same[0].2),
            customers: same.len() as f64,
        })
        .collect()
}

/// The mean negative log-likelihood with the prior, and its gradient, at logarithms of the parameters.
fn loss(groups: &[Group], at: &Point) -> (f64, Point) {
    let Dropout { r, alpha, a, b } = Dropout::from_logarithms(at);
    let repeats_max = groups.iter().map(|group| group.repeats).max().unwrap_or(0);
    let rates = Rising::new(r, repeats_max);
    let stays = Rising::new(b, repeats_max + 1);
    let chances = Rising::new(a + b, repeats_max + 1);
    let (mut total, mut sum, mut slope) = (0.0, 0.0, [0.0; 4]);
    for group in groups {
        let (x, repeats) = (group.repeats, group.repeats as f64);
        let events = r + repeats;
        let (watched, until_last) = (alpha + group.age, alpha + group.span);
        let (ln_watched, ln_until_last) = (watched.ln(), until_last.ln());
        let log_odds = (a / (b + repeats)).ln() + events * (ln_watched - ln_until_last);
        let left = 1.0 / (1.0 + (-log_odds).exp());
        let stayed = 1.0 - left;
        let either = log_odds.max(0.0) + (-log_odds.abs()).exp().ln_1p();
        let likelihood =
            rates.ln[x] + r * at[1] + stays.ln[x + 1] - chances.ln[x + 1] - events * ln_watched + either;
        let by = [
            rates.slope[x] + at[1] - stayed * ln_watched - left * ln_until_last,
            r / alpha - events * (stayed / watched + left / until_last),
            left / a - chances.slope[x + 1],
            stays.slope[x + 1] - chances.slope[x + 1] - left / (b + repeats),
        ];
        total += group.customers;
        sum -= group.customers * likelihood;
        for (slope, by) in slope.iter_mut().zip(by) {
            *slope -= group.customers * by;
        }
    }
    let natural = [r, alpha, a, b];
    let prior = Dropout::PRIOR.logarithms();
    let away: Point = std::array::from_fn(|i| (at[i] - prior[i]) / PRIOR_SPREAD);
    let held: f64 = away.iter().map(|away| away * away / 2.0).sum();
    ((sum + held) / total, std::array::from_fn(|i| (slope[i] * natural[i] + away[i] / PRIOR_SPREAD) / total))
}

/// ln Γ(z+n) − ln Γ(z) and its derivative for n up to a bound. Between whole steps it is a plain sum, exact for any z
/// and without a gamma function.
struct Rising {
    ln: Vec<f64>,
    slope: Vec<f64>,
}

impl Rising {
    fn new(z: f64, steps: usize) -> Self {
        let (mut ln, mut slope) = (vec![0.0; steps + 1], vec![0.0; steps + 1]);
        for step in 0..steps {
            let factor = z + step as f64;
            ln[step + 1] = ln[step] + factor.ln();
            slope[step + 1] = slope[step] + 1.0 / factor;
        }
        Self { ln, slope }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::simulation::{Chance, customers};
    use super::*;

    fn customer(days: u32, span: u32) -> Activity {
        Activity { first_day: 0, days, last_day: span, recent: [0; 2], amount: 1.0 }
    }

    #[test]
    fn the_slope_is_the_slope_of_the_loss() {
        let some: Vec<_> = (1..60).map(|i| customer(i, if i == 1 { 0 } else { 3 * i })).collect();
        let groups = grouped(&some, 200);
        let at = [-0.3, 1.9, -0.8, 1.1];
        let (_, slope) = loss(&groups, &at);
        for i in 0..4 {
            let nudged = |by: f64| {
                let mut near = at;
                near[i] += by;
                loss(&groups, &near).0
            };
            let measured = (nudged(1e-5) - nudged(-1e-5)) / 2e-5;
            assert!((slope[i] - measured).abs() < 1e-6, "{i}: {} {measured}", slope[i]);
        }
    }

    #[test]
    fn parameters_that_made_the_customers_are_found_and_foretell_their_silence() {
        let truth = Dropout { r: 0.8, alpha: 40.0, a: 0.7, b: 2.5 };
        let everyone = customers(&truth, 12_000, 1_000, &mut Chance(7));
        let known: Vec<_> = everyone.iter().filter_map(|days| Activity::until(900, days)).collect();
        let found = Dropout::fit(&known, 900);
        // Events of one day are one, so that the rate found is a little below the one that made them.
        let close = |found: f64, truth: f64| (found / truth).ln().abs() < 0.2;
        assert!(close(found.r, truth.r) && close(found.alpha, truth.alpha), "{found:?}");
        assert!(close(found.a, truth.a) && close(found.b, truth.b), "{found:?}");
        let (mut predicted, mut observed, mut in_bin) = ([0.0; 5], [0.0; 5], [0.0_f64; 5]);
        for days in &everyone {
            let Some(known) = Activity::until(900, days) else { continue };
            let silent = found.silent(&known, 900, 90);
            let bin = (silent * 4.999) as usize;
            predicted[bin] += silent;
            observed[bin] += f64::from(u8::from(days.iter().all(|(day, _)| !(901..=990).contains(day))));
            in_bin[bin] += 1.0;
        }
        for bin in 0..5 {
            let off = (predicted[bin] - observed[bin]) / in_bin[bin].max(1.0);
            let chance = 3.0 * (0.25 / in_bin[bin].max(1.0)).sqrt();
            assert!(off.abs() < 0.02 + chance, "bin {bin}: off by {off}");
        }
    }

    #[test]
    fn customers_that_tell_nothing_give_usable_parameters() {
        let daily: Vec<_> = (0..500).map(|_| customer(2_001, 2_000)).collect();
        let once: Vec<_> = (0..500).map(|_| customer(1, 0)).collect();
        let one = vec![customer(9, 80)];
        for (customers, cut) in [(&daily, 2_000), (&once, 2_000), (&once, 0), (&one, 90)] {
            let found = Dropout::fit(customers, cut);
            let Dropout { r, alpha, a, b } = found;
            assert!([r, alpha, a, b].iter().all(|p| p.is_finite() && *p > 0.0), "{found:?}");
            let silent = found.silent(&customers[0], cut, 90);
            assert!((0.0..=1.0).contains(&silent), "{found:?}: {silent}");
        }
        assert_eq!(Dropout::fit(&[], 9), Dropout::PRIOR);
        assert!(Dropout::fit(&daily, 2_000).silent(&daily[0], 2_000, 90) < 0.02);
        assert!(Dropout::fit(&once, 2_000).silent(&once[0], 2_000, 90) > 0.95);
    }

    fn parameters() -> impl Strategy<Value = Dropout> {
        let any = || (-5.0..5.0_f64).prop_map(f64::exp);
        (any(), any(), any(), any()).prop_map(|(r, alpha, a, b)| Dropout { r, alpha, a, b })
    }

    proptest! {
        #[test]
        fn days_that_pass_without_an_event_never_lower_it(
            model in parameters(), days in 1..400_u32, rest in 0..400_u32, now in 0..900_u32, horizon in 1..400_u32,
        ) {
            let known = customer(days, if days == 1 { 0 } else { days + rest });
            let cut = known.last_day + now;
            let (today, tomorrow) = (model.silent(&known, cut, horizon), model.silent(&known, cut + 1, horizon));
            prop_assert!((0.0..=1.0).contains(&today));
            prop_assert!(tomorrow >= today - 1e-12, "{today} {tomorrow}");
        }

        #[test]
        fn an_earlier_last_event_never_lowers_it(
            model in parameters(), days in 2..400_u32, rest in 1..400_u32, now in 0..900_u32, horizon in 1..400_u32,
        ) {
            let (late, early) = (customer(days, days + rest), customer(days, days + rest - 1));
            let cut = late.last_day + now;
            prop_assert!(model.silent(&early, cut, horizon) >= model.silent(&late, cut, horizon) - 1e-12);
        }

        #[test]
        fn more_events_never_raise_it_while_the_silence_fits_the_rhythm(
            model in parameters(), days in 2..400_u32, rest in 1..400_u32, part in 0.0..1.0_f64, horizon in 1..400_u32,
        ) {
            let (few, more) = (customer(days, days + rest), customer(days + 1, days + rest));
            let pause = (model.alpha + f64::from(few.span())) / (model.b + f64::from(few.repeats()));
            let cut = few.last_day + (part * pause).min(4e9) as u32;
            prop_assert!(model.silent(&more, cut, horizon) <= model.silent(&few, cut, horizon) + 1e-12);
        }
    }
}
