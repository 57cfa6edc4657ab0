//! What was billed, held against what was metered.
//!
//! Invariant: the parts of each line, and so of all lines together, sum to what was billed, to the last micro-unit. What was
//! computed from prices is no bill, and is held against nothing.

use jiff::civil::Date;

use super::ids::{Endpoint, Model};
use super::money::Money;
use super::price::{Charged, PriceList};

/// A day of one endpoint and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeteredDay {
    /// Which endpoint.
    pub endpoint: Endpoint,
    /// Which model.
    pub model: Option<Model>,
    /// The day (UTC).
    pub day: Date,
    /// What is charged for.
    pub charged: Charged,
    /// What was billed.
    pub billed: Money,
    /// What it came to before discounts; what was billed, where no more is told.
    pub list: Money,
    /// Whether its source told no cost, so that `billed` is what it came to at prices.
    pub is_computed: bool,
}

/// What a bill is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BillParts {
    /// What was metered, at its prices, as if there were no cache.
    pub metered: Money,
    /// What the cache adds to that; below zero when it saves.
    pub cache: Money,
    /// What came off (below zero), as the source tells it.
    pub discount: Money,
    /// Usage for which no price is set.
    pub unpriced: Money,
    /// What none of these explains.
    pub rest: Money,
    /// Beside the bill: what usage whose source told no cost came to at its prices.
    pub computed: Money,
}

/// A bill of one endpoint and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLine {
    /// Which endpoint.
    pub endpoint: Endpoint,
    /// Which model.
    pub model: Option<Model>,
    /// What is charged for.
    pub charged: Charged,
    /// What it is made of.
    pub parts: BillParts,
}

impl BillParts {
    /// What was billed.
    #[must_use]
    pub fn billed(&self) -> Money {
        self.metered + self.cache + self.discount + self.unpriced + self.rest
    }

    /// What was billed, and what was computed where nothing was.
    #[must_use]
    pub fn cost(&self) -> Money {
        self.billed() + self.computed
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            metered: self.metered + other.metered,
            cache: self.cache + other.cache,
            discount: self.discount + other.discount,
            unpriced: self.unpriced + other.unpriced,
            rest: self.rest + other.rest,
            computed: self.computed + other.computed,
        }
    }

    fn of(used: &MeteredDay, prices: &PriceList) -> Self {
        if used.is_computed {
            return Self { computed: used.billed, ..Self::default() };
        }
        let discount = used.billed - used.list;
        let price = prices.at(&used.endpoint, used.model.as_ref(), used.day);
        match price.and_then(|price| price.rates.charge(&used.charged)) {
            None => Self { discount, unpriced: used.list, ..Self::default() },
            Some(charge) => Self {
                metered: charge.without_cache,
                cache: charge.by_cache,
                discount,
                unpriced: Money::ZERO,
                rest: used.list - charge.total(),
                computed: Money::ZERO,
            },
        }
    }
}

/// A line for each endpoint and model, by name; each day at the price that held on it.
#[must_use]
pub fn reconcile(days: &[MeteredDay], prices: &PriceList) -> Vec<BillLine> {
    let mut lines: Vec<BillLine> = Vec::new();
    for day in days {
        let parts = BillParts::of(day, prices);
        match lines.iter_mut().find(|line| line.endpoint == day.endpoint && line.model == day.model) {
            Some(line) => {
                line.parts = line.parts.with(parts);
                line.charged = line.charged.with(day.charged);
            }
            None => {
                let (endpoint, model) = (day.endpoint.clone(), day.model.clone());
                lines.push(BillLine { endpoint, model, charged: day.charged, parts });
            }
        }
    }
    lines.sort_by(|one, two| (&one.endpoint, &one.model).cmp(&(&two.endpoint, &two.model)));
    lines
}

#[cfg(test)]
mod tests {
    use super::super::price::{Price, Rates};
    use super::*;
    use proptest::prelude::*;

    fn usd(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn price(from: &str, input: &str) -> Price {
        let (input, output) = (usd(input), usd("10"));
        let rates = Rates { input, output, cached: usd("0.2"), ..Rates::default() };
        Price { endpoint: None, model: Some("m".into()), from: from.parse().unwrap(), rates }
    }

    fn day(model: &str, day: &str, input: u64, billed: &str, list: &str) -> MeteredDay {
        MeteredDay {
            endpoint: "chat".parse().unwrap(),
            model: Some(model.parse().unwrap()),
            day: day.parse().unwrap(),
            charged: Charged { input, cached: input, ..Charged::default() },
            billed: usd(billed),
            list: usd(list),
            is_computed: false,
        }
    }

    #[test]
    fn each_day_is_held_against_its_own_price_and_each_part_has_its_name() {
        let prices = PriceList::new(vec![price("2026-03-01", "2"), price("2026-03-15", "3")]);
        let days = [
            day("m", "2026-03-14", 1_000_000, "2.00", "2.20"),
            day("m", "2026-03-15", 1_000_000, "3.00", "3.25"),
            day("other", "2026-03-15", 5, "0.90", "1.00"),
        ];
        let lines = reconcile(&days, &prices);
        let parts = BillParts {
            metered: usd("10"), // two million read at 2, and two at 3
            cache: usd("-4.6"), // a million from the cache at 1.80 less, and one at 2.80 less
            discount: usd("-0.45"),
            unpriced: Money::ZERO,
            rest: usd("0.05"),
            computed: Money::ZERO,
        };
        assert_eq!((lines[0].parts, lines[0].parts.billed()), (parts, usd("5")));
        let unpriced = BillParts { discount: usd("-0.1"), unpriced: usd("1"), ..BillParts::default() };
        assert_eq!((lines[1].parts, lines[1].charged.input), (unpriced, 5));
    }

    #[test]
    fn what_was_computed_stands_beside_the_bill() {
        let prices = PriceList::new(vec![price("2026-03-01", "2")]);
        let billed = day("m", "2026-03-14", 1_000_000, "2.20", "2.20");
        let computed = MeteredDay { is_computed: true, ..day("m", "2026-03-14", 1_000_000, "2.20", "2.20") };
        let alone = reconcile(std::slice::from_ref(&billed), &prices)[0].parts;
        let both = reconcile(&[billed, computed], &prices)[0].parts;
        assert_eq!(both, BillParts { computed: usd("2.2"), ..alone });
        assert_eq!((both.billed(), both.cost()), (usd("2.2"), usd("4.4")));
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_what_was_billed(
            drawn in proptest::collection::vec(
                (0_usize..4, 1_i8..28, 0_u64..1 << 44, 0_u64..1 << 44, -1_000_000_000_000_i64..1_000_000_000_000, 0_i64..1_000_000_000),
                0..40,
            )
        ) {
            let names = ["m", "other", "a", "b"];
            let prices = PriceList::new(vec![price("2026-03-01", "2.123457"), price("2026-03-15", "3")]);
            let days: Vec<MeteredDay> = drawn
                .iter()
                .map(|(name, date, input, output, billed, off)| {
                    let billed = Money::from_micros(*billed);
                    let list = billed + Money::from_micros(*off);
                    let mut one = day(names[*name], &format!("2026-03-{date:02}"), *input, "0", "0");
                    one.charged.output = *output;
                    MeteredDay { billed, list, ..one }
                })
                .collect();
            let lines = reconcile(&days, &prices);
            let all = lines.iter().fold(BillParts::default(), |sum, line| sum.with(line.parts));
            let billed: Money = days.iter().map(|day| day.billed).sum();
            prop_assert_eq!(all.billed(), billed);
            let discount: Money = days.iter().map(|day| day.billed - day.list).sum();
            prop_assert_eq!(all.discount, discount);
            let unpriced: Money =
                days.iter().filter(|day| day.model.as_ref().unwrap().as_str() != "m").map(|day| day.list).sum();
            prop_assert_eq!(all.unpriced, unpriced);
        }
    }
}
