//! Prices with the days from which they hold, and what usage comes to at them.
//!
//! Invariant: amounts are whole micro-units; each part is rounded once, half to even, and nothing is a floating number.

use std::cmp::Reverse;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::ids::{Endpoint, Model};
use super::money::Money;
use super::usage::TokenSplit;

/// Prices are told for so many tokens.
const TOKENS: u64 = 1_000_000;

/// What one kind of usage costs from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Of one endpoint only.
    pub endpoint: Option<Endpoint>,
    /// Of one model only; a `*` at the end stands for anything.
    pub model: Option<String>,
    /// The first day (UTC) on which it holds; the day before, the earlier one still does.
    pub from: Date,
    /// What is charged for.
    pub rates: Rates,
}

/// Prices of a million tokens by kind, of a call and of a search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Tokens read.
    pub input: Money,
    /// Tokens written.
    pub output: Money,
    /// Tokens read from a cache.
    pub cached: Money,
    /// Tokens written to a cache that holds for minutes.
    pub cache_write_short: Money,
    /// Tokens written to a cache that holds for an hour.
    pub cache_write_long: Money,
    /// Tokens whose kind is not told.
    pub tokens: Money,
    /// A call.
    pub call: Money,
    /// A search of the web.
    pub search: Money,
}

/// Usage by how it is charged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Charged {
    /// Tokens read that no cache has to do with.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
    /// Tokens read from a cache.
    pub cached: u64,
    /// Tokens written to a cache that holds for minutes.
    pub cache_write_short: u64,
    /// Tokens written to a cache that holds for an hour.
    pub cache_write_long: u64,
    /// Tokens whose kind is not told.
    pub tokens: u64,
    /// Calls.
    pub calls: u64,
    /// Searches of the web.
    pub searches: u64,
}

impl Charged {
    /// A row's usage by how it is charged, as far as the row tells.
    #[must_use]
    pub fn of(calls: u64, tokens: u64, split: TokenSplit) -> Self {
        let (input, output) = (split.input.unwrap_or(0), split.output.unwrap_or(0));
        let cached = split.cached.unwrap_or(0);
        let both = input.saturating_add(output);
        // Some sources count what came from a cache among what was read: then the kinds come to more than all tokens.
        let twice = both <= tokens && both.saturating_add(cached) > tokens;
        let input = if twice { input.saturating_sub(cached) } else { input };
        let told = input.saturating_add(output).saturating_add(cached);
        Self { input, output, cached, tokens: tokens.saturating_sub(told), calls, ..Self::default() }
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cached: self.cached.saturating_add(other.cached),
            cache_write_short: self.cache_write_short.saturating_add(other.cache_write_short),
            cache_write_long: self.cache_write_long.saturating_add(other.cache_write_long),
            tokens: self.tokens.saturating_add(other.tokens),
            calls: self.calls.saturating_add(other.calls),
            searches: self.searches.saturating_add(other.searches),
        }
    }
}

/// What usage comes to at a price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Charge {
    /// As if there were no cache: all that was read at the price of reading.
    pub without_cache: Money,
    /// What the cache adds; below zero when it saves.
    pub by_cache: Money,
}

impl Charge {
    /// Both together.
    #[must_use]
    pub fn total(self) -> Money {
        self.without_cache + self.by_cache
    }
}

impl Rates {
    /// What usage comes to; `None` when it is too much to be an amount.
    #[must_use]
    pub fn charge(&self, used: &Charged) -> Option<Charge> {
        let read = [used.cached, used.cache_write_short, used.cache_write_long];
        let read = read.into_iter().fold(used.input, u64::saturating_add);
        let million = Decimal::from(TOKENS);
        let of = |count: u64, rate: Money| Decimal::from(count).checked_mul(Decimal::new(rate.micros, 6));
        let tokens = [(read, self.input), (used.output, self.output), (used.tokens, self.tokens)];
        let things = [(used.calls, self.call), (used.searches, self.search)];
        let cache = [
            (used.cached, self.cached - self.input),
            (used.cache_write_short, self.cache_write_short - self.input),
            (used.cache_write_long, self.cache_write_long - self.input),
        ];
        let sum = |parts: &[(u64, Money)]| {
            parts.iter().try_fold(Decimal::ZERO, |sum, (count, rate)| sum.checked_add(of(*count, *rate)?))
        };
        let money = |amount: Decimal| Money::from_decimal(amount).ok();
        let tokens = sum(&tokens)?.checked_div(million)?;
        Some(Charge {
            without_cache: money(tokens.checked_add(sum(&things)?)?)?,
            by_cache: money(sum(&cache)?.checked_div(million)?)?,
        })
    }
}

/// All prices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceList(Vec<Price>);

impl PriceList {
    /// Prices in any order.
    #[must_use]
    pub fn new(mut prices: Vec<Price>) -> Self {
        prices.sort_by_key(|one| Reverse(one.from));
        Self(prices)
    }

    /// Whether there is no price at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The price that holds on a day: the one that says most about what it is for, and of those the newest.
    #[must_use]
    pub fn at(&self, endpoint: &Endpoint, model: Option<&Model>, day: Date) -> Option<&Price> {
        let fits = |price: &&Price| {
            price.from <= day
                && price.endpoint.as_ref().is_none_or(|wanted| wanted == endpoint)
                && price.model.as_deref().is_none_or(|wanted| model.is_some_and(|model| names(wanted, model)))
        };
        // The list begins with the newest; of equals the first one wins.
        self.0.iter().filter(fits).fold(None, |best: Option<&Price>, next| match best {
            Some(best) if best.says() >= next.says() => Some(best),
            _ => Some(next),
        })
    }
}

impl Price {
    /// How much it says about what it is for: an exact model most, then the beginning of one by its length, then the
    /// endpoint.
    fn says(&self) -> (usize, bool) {
        let model = self.model.as_deref().map_or(0, |wanted| match wanted.strip_suffix('*') {
            Some(beginning) => 1 + beginning.len(),
            None => usize::MAX,
        });
        (model, self.endpoint.is_some())
    }
}

fn names(wanted: &str, model: &Model) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => model.as_str().starts_with(beginning),
        None => model.as_str() == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn rates() -> Rates {
        Rates {
            input: usd("3"),
            output: usd("15"),
            cached: usd("0.30"),
            cache_write_short: usd("3.75"),
            cache_write_long: usd("6"),
            tokens: usd("5"),
            call: usd("0.001"),
            search: usd("0.01"),
        }
    }

    #[test]
    fn usage_comes_to_its_price_with_the_part_of_the_cache_apart() {
        let used = Charged {
            input: 1_000_000,
            output: 200_000,
            cached: 2_000_000,
            cache_write_short: 100_000,
            cache_write_long: 50_000,
            tokens: 0,
            calls: 1_000,
            searches: 3,
        };
        let charge = rates().charge(&used).unwrap();
        // 3.15 million read at 3, 0.2 million written at 15, 1,000 calls, 3 searches.
        assert_eq!(charge.without_cache, usd("13.48"));
        // Two million at 2.70 less, 0.1 million at 0.75 more, 0.05 million at 3 more.
        assert_eq!(charge.by_cache, usd("-5.175"));
        assert_eq!(charge.total(), usd("8.305"));
        assert_eq!(
            Rates { input: Money::from_micros(i64::MAX), ..rates() }
                .charge(&Charged { input: u64::MAX / 8, ..used }),
            None
        );
    }

    #[test]
    fn what_came_from_a_cache_is_charged_once_whether_or_not_it_was_counted_as_read() {
        let split = |input, output, cached| TokenSplit { input: Some(input), output: Some(output), cached };
        let charged = |tokens, split| {
            let Charged { input, output, cached, tokens, .. } = Charged::of(1, tokens, split);
            (input, output, cached, tokens)
        };
        assert_eq!(charged(150, split(100, 20, Some(30))), (100, 20, 30, 0));
        assert_eq!(charged(120, split(100, 20, Some(30))), (70, 20, 30, 0));
        assert_eq!(charged(150, TokenSplit::default()), (0, 0, 0, 150));
        assert_eq!(charged(150, split(100, 20, None)), (100, 20, 0, 30));
    }

    fn price(endpoint: Option<&str>, model: Option<&str>, from: &str, input: &str) -> Price {
        Price {
            endpoint: endpoint.map(|name| name.parse().unwrap()),
            model: model.map(str::to_owned),
            from: from.parse().unwrap(),
            rates: Rates { input: usd(input), ..Rates::default() },
        }
    }

    #[test]
    fn the_price_that_says_most_holds_and_of_those_the_newest() {
        let list = PriceList::new(vec![
            price(None, None, "2026-01-01", "1"),
            price(None, Some("claude-sonnet-*"), "2026-01-01", "2"),
            price(None, Some("claude-sonnet-5-5"), "2026-02-01", "3"),
            price(None, Some("claude-sonnet-5-5"), "2026-03-01", "4"),
            price(Some("batch"), Some("claude-sonnet-5-5"), "2026-02-01", "5"),
            price(Some("batch"), None, "2026-01-01", "6"),
        ]);
        let check = |endpoint: &str, model: Option<&str>, day: &str, expected: Option<&str>| {
            let model = model.map(|name| name.parse().unwrap());
            let found = list.at(&endpoint.parse().unwrap(), model.as_ref(), day.parse().unwrap());
            assert_eq!(found.map(|price| price.rates.input), expected.map(usd), "{endpoint} {model:?} {day}");
        };
        check("chat", Some("claude-sonnet-5-5"), "2026-02-28", Some("3"));
        check("chat", Some("claude-sonnet-5-5"), "2026-03-01", Some("4"));
        check("chat", Some("claude-sonnet-5-5"), "2026-01-31", Some("2"));
        check("batch", Some("claude-sonnet-5-5"), "2026-03-05", Some("5"));
        check("batch", None, "2026-03-05", Some("6"));
        check("chat", Some("claude-haiku"), "2026-03-05", Some("1"));
        check("chat", None, "2025-12-31", None);
    }

    proptest! {
        #[test]
        fn a_charge_is_off_by_rounding_alone(input in 0_u64..1 << 40, output in 0_u64..1 << 40, cached in 0_u64..1 << 40, calls in 0_u64..1 << 30) {
            let used = Charged { input, output, cached, calls, ..Charged::default() };
            let total = rates().charge(&used).unwrap().total();
            // In millionths of a micro-unit, so that nothing is rounded.
            let exact = i128::from(input) * 3_000_000 + i128::from(output) * 15_000_000 + i128::from(cached) * 300_000
                + i128::from(calls) * 1_000 * 1_000_000;
            let off = i128::from(total.micros) * 1_000_000 - exact;
            prop_assert!(off.abs() <= 1_000_000, "{off}");
        }
    }
}
