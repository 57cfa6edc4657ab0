//! A number with its unit: exact inside, humane outside.

use super::money::{Currency, Money};
use super::usage::Metric;

/// A value that may be shown to a person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// Calls to the API.
    Calls(u64),
    /// Calls that failed.
    Errors(u64),
    /// Tokens.
    Tokens(u64),
    /// An amount of money.
    Money(Money, Currency),
    /// A count of accounts.
    Accounts(u64),
    /// A count of initiatives.
    Initiatives(u64),
    /// A part of a whole, 0 to 1.
    Share(f64),
    /// A relative change, 0.12 for 12 % more; `None` when there was nothing before.
    Change(Option<f64>),
    /// A score, 0 to 100.
    Score(f64),
    /// A difference between two scores.
    Points(f64),
    /// A count of days.
    Days(i64),
    /// A number without a unit, as a coefficient.
    Number(f64),
}

impl Quantity {
    /// The quantity that a sum of `metric` is, from the raw column value (micro-units for cost).
    #[must_use]
    pub fn of(metric: Metric, raw: i64, currency: Currency) -> Self {
        let count = u64::try_from(raw).unwrap_or(0);
        match metric {
            Metric::ApiCalls => Self::Calls(count),
            Metric::Errors => Self::Errors(count),
            Metric::Tokens => Self::Tokens(count),
            Metric::Cost => Self::Money(Money::from_micros(raw), currency),
        }
    }

    /// Rounded for reading, with its unit where the unit is part of the number: `12.4 k`, `$1.23 M`, `+12.4 %`,
    /// `67.3`.
    #[must_use]
    pub fn short(&self) -> String {
        match self {
            Self::Calls(n) | Self::Errors(n) | Self::Tokens(n) | Self::Accounts(n) | Self::Initiatives(n) => {
                short_number(*n as f64)
            }
            Self::Money(amount, currency) => short_money(*amount, *currency),
            Self::Share(part) if *part > 0.0 && *part < 0.000_5 => "<0.1 %".into(),
            Self::Share(part) => format!("{} %", decimals(part * 100.0, 1)),
            Self::Change(None) => "new".into(),
            Self::Change(Some(change)) if change * 100.0 >= 9_999.5 => "over +9,999 %".into(),
            Self::Change(Some(change)) => {
                let places = if change.abs() >= 1.0 { 0 } else { 1 };
                signed(change * 100.0, places) + " %"
            }
            Self::Score(score) => decimals(*score, 1),
            Self::Points(points) => signed(*points, 1),
            Self::Days(n) => format!("{} d", grouped(i128::from(*n))),
            Self::Number(value) => decimals(*value, 3),
        }
    }

    /// All its digits, with the unit in words: `12,431 API calls`, `$1,234.567891`.
    #[must_use]
    pub fn exact(&self) -> String {
        let counted = |n: u64, one: &str, many: &str| {
            format!("{} {}", grouped(i128::from(n)), if n == 1 { one } else { many })
        };
        match self {
            Self::Calls(n) => counted(*n, "API call", "API calls"),
            Self::Errors(n) => counted(*n, "error", "errors"),
            Self::Tokens(n) => counted(*n, "token", "tokens"),
            Self::Accounts(n) => counted(*n, "account", "accounts"),
            Self::Initiatives(n) => counted(*n, "initiative", "initiatives"),
            Self::Money(amount, currency) => exact_money(*amount, *currency),
            Self::Share(part) => format!("{} %", decimals(part * 100.0, 4)),
            Self::Change(None) => "nothing before, so no change can be given".into(),
            Self::Change(Some(change)) => signed(change * 100.0, 4) + " %",
            Self::Score(score) => format!("{} of 100", decimals(*score, 4)),
            Self::Points(points) => format!("{} points", signed(*points, 4)),
            Self::Days(1) => "1 day".into(),
            Self::Days(n) => format!("{} days", grouped(i128::from(*n))),
            Self::Number(value) => value.to_string(),
        }
    }

    /// The plain number that a machine reads; money in whole units.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Calls(n) | Self::Errors(n) | Self::Tokens(n) | Self::Accounts(n) | Self::Initiatives(n) => {
                Some(*n as f64)
            }
            Self::Money(amount, _) => Some(amount.as_f64()),
            Self::Share(value) | Self::Score(value) | Self::Points(value) | Self::Number(value) => {
                Some(*value)
            }
            Self::Change(change) => *change,
            Self::Days(n) => Some(*n as f64),
        }
    }

    /// Name of the unit for machines: `api_calls`, `tokens`, `USD`, `share` …
    #[must_use]
    pub fn unit(&self) -> &str {
        match self {
            Self::Calls(_) => "api_calls",
            Self::Errors(_) => "errors",
            Self::Tokens(_) => "tokens",
            Self::Money(_, currency) => currency.code(),
            Self::Accounts(_) => "accounts",
            Self::Initiatives(_) => "initiatives",
            Self::Share(_) => "share",
            Self::Change(_) => "change",
            Self::Score(_) => "score",
            Self::Points(_) => "points",
            Self::Days(_) => "days",
            Self::Number(_) => "number",
        }
    }
}

/// `12`, `999`, `12.4 k`, `1.23 M`, `3.4 G`, `1.1 T`; small fractions keep two digits.
#[must_use]
pub fn short_number(value: f64) -> String {
    let (scaled, suffix) = scale(value);
    match suffix {
        "" if value.fract() == 0.0 => format!("{value:.0}"),
        "" => decimals(value, 2),
        _ => format!("{} {suffix}", three_digits(scaled)),
    }
}

fn short_money(amount: Money, currency: Currency) -> String {
    let value = amount.as_f64();
    let sign = if value < 0.0 { "−" } else { "" };
    let size = value.abs();
    let (scaled, suffix) = scale(size);
    let digits = match suffix {
        "" if size == 0.0 => "0".into(),
        "" if size < 0.01 => return format!("{sign}<{}0.01", currency.prefix()),
        "" => format!("{size:.2}"),
        _ => format!("{} {suffix}", three_digits(scaled)),
    };
    format!("{sign}{}{digits}", currency.prefix())
}

fn exact_money(amount: Money, currency: Currency) -> String {
    let whole = amount.micros.unsigned_abs() / 1_000_000;
    let micros = amount.micros.unsigned_abs() % 1_000_000;
    let fraction = format!("{micros:06}");
    let kept = fraction.trim_end_matches('0').len().max(2);
    let sign = if amount.micros < 0 { "−" } else { "" };
    format!("{sign}{}{}.{}", currency.prefix(), grouped(i128::from(whole)), &fraction[..kept])
}

fn scale(value: f64) -> (f64, &'static str) {
    // A value that would round to 1000 of one unit is shown as 1 of the next.
    for (limit, factor, suffix) in
        [(999.5, 1.0, ""), (999.5e3, 1e3, "k"), (999.5e6, 1e6, "M"), (999.5e9, 1e9, "G")]
    {
        if value.abs() < limit {
            return (value / factor, suffix);
        }
    }
    (value / 1e12, "T")
}

/// Three significant digits, without a needless tail: `1.23`, `12.4`, `124`, `3.4`.
fn three_digits(value: f64) -> String {
    let places = match value.abs() {
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    decimals(value, places)
}

/// With `places` decimals at most, zeros at the end dropped, and never `-0`.
fn decimals(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let text = if text == "-0" { "0" } else { text };
    text.replace('-', "−")
}

fn signed(value: f64, places: usize) -> String {
    let text = if places == 0 { grouped(value.round() as i128) } else { decimals(value, places) };
    if text == "0" || text.starts_with('−') { text } else { format!("+{text}") }
}

/// Thousands apart by commas.
#[must_use]
pub fn grouped(value: i128) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        out.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(quantity: Quantity, short: &str, exact: &str) {
        assert_eq!(quantity.short(), short);
        assert_eq!(quantity.exact(), exact);
    }

    #[test]
    fn counts_round_for_reading_and_keep_their_digits() {
        check(Quantity::Calls(1), "1", "1 API call");
        check(Quantity::Calls(999), "999", "999 API calls");
        check(Quantity::Calls(12_431), "12.4 k", "12,431 API calls");
        check(Quantity::Tokens(999_700), "1 M", "999,700 tokens");
        check(Quantity::Tokens(18_493_831_000_000), "18.5 T", "18,493,831,000,000 tokens");
    }

    #[test]
    fn money_shows_cents_and_keeps_millionths() {
        let usd = |micros| Quantity::Money(Money::from_micros(micros), Currency::USD);
        check(usd(0), "$0", "$0.00");
        check(usd(1_234_567_891), "$1.23 k", "$1,234.567891");
        check(usd(52_940_000), "$52.94", "$52.94");
        check(usd(500), "<$0.01", "$0.0005");
        check(usd(-1_230_000), "−$1.23", "−$1.23");
    }

    #[test]
    fn a_small_part_is_not_called_nothing() {
        check(Quantity::Share(0.000_018), "<0.1 %", "0.0018 %");
        check(Quantity::Share(0.0), "0 %", "0 %");
        check(Quantity::Days(28), "28 d", "28 days");
    }

    #[test]
    fn scores_show_the_tenths_in_which_they_add_up() {
        check(Quantity::Score(67.3), "67.3", "67.3 of 100");
        check(Quantity::Score(70.0), "70", "70 of 100");
        check(Quantity::Points(-12.4), "−12.4", "−12.4 points");
        check(Quantity::Points(0.3), "+0.3", "+0.3 points");
        check(Quantity::Points(0.0), "0", "0 points");
    }

    #[test]
    fn changes_carry_a_sign() {
        check(Quantity::Change(Some(0.1244)), "+12.4 %", "+12.44 %");
        check(Quantity::Change(Some(-0.5)), "−50 %", "−50 %");
        check(Quantity::Change(Some(-0.000_01)), "0 %", "−0.001 %");
        check(Quantity::Change(Some(3.456)), "+346 %", "+345.6 %");
        check(Quantity::Change(None), "new", "nothing before, so no change can be given");
    }
}
