//! Money as a whole number of micro-units: sums are exact and never drift.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// An amount in millionths of the portfolio's currency unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money {
    /// Millionths of one unit; 1_230_000 is 1.23.
    pub micros: i64,
}

/// Why a number is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMoney {
    /// Not a decimal number.
    #[error("it is not a number")]
    NotANumber,
    /// Beyond ±9.2 trillion units.
    #[error("it is too large to be an amount")]
    TooLarge,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self { micros: 0 };

    /// An amount of `micros` millionths.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// The nearest micro-unit to `value`, half to even.
    pub fn from_decimal(value: Decimal) -> Result<Self, BadMoney> {
        let scaled = value.checked_mul(Decimal::from(1_000_000)).ok_or(BadMoney::TooLarge)?;
        scaled.round().to_i64().map(Self::from_micros).ok_or(BadMoney::TooLarge)
    }

    /// In whole units, for charts and ratios only; sums stay in micro-units.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.micros as f64 / 1e6
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { micros: self.micros.saturating_add(other.micros) }
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { micros: self.micros.saturating_sub(other.micros) }
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self { micros: self.micros.saturating_neg() }
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// Exact decimal text without a currency: `1.23`, `-0.000001`, `5`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Decimal::new(self.micros, 6).normalize())
    }
}

impl FromStr for Money {
    type Err = BadMoney;
    fn from_str(text: &str) -> Result<Self, BadMoney> {
        let text = text.trim();
        let value = Decimal::from_str(text)
            .or_else(|_plain| Decimal::from_scientific(text))
            .or(Err(BadMoney::NotANumber))?;
        Self::from_decimal(value)
    }
}

/// ISO 4217 code of the one currency a portfolio is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// United States dollar, the default.
    pub const USD: Self = Self(*b"USD");

    /// The code, as `USD`.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// What stands before an amount: `$`, `€`, `£`, `¥`, or the code and a blank.
    #[must_use]
    pub fn prefix(&self) -> String {
        match &self.0 {
            b"USD" => "$".into(),
            b"EUR" => "€".into(),
            b"GBP" => "£".into(),
            b"JPY" => "¥".into(),
            _ => format!("{} ", self.code()),
        }
    }
}

impl FromStr for Currency {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let upper = text.trim().to_ascii_uppercase();
        match upper.as_bytes() {
            [a, b, c] if upper.bytes().all(|byte| byte.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(format!("“{text}” is not a currency code of three letters, such as USD")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, micros: i64) {
        assert_eq!(text.parse::<Money>(), Ok(Money::from_micros(micros)), "{text}");
    }

    #[test]
    fn amounts_are_exact_to_the_millionth() {
        check("1.23", 1_230_000);
        check("0.0000005", 0); // half to even
        check("0.0000015", 2);
        check("1e-5", 10);
        check("-0", 0);
        assert_eq!("12,5".parse::<Money>(), Err(BadMoney::NotANumber));
        assert_eq!("99999999999999999".parse::<Money>(), Err(BadMoney::TooLarge));
    }

    #[test]
    fn an_amount_prints_what_it_holds() {
        assert_eq!(Money::from_micros(1_230_000).to_string(), "1.23");
        assert_eq!(Money::from_micros(-1).to_string(), "-0.000001");
        assert_eq!(Money::from_micros(5_000_000).to_string(), "5");
    }
}
