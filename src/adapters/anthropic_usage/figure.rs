//! Figures as the far side writes them: whole numbers, and decimal cents in texts.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::adapters::anthropic::Fault;
use crate::domain::Money;

/// A count; nothing is zero, because what did not occur is not always told.
pub(super) fn count(value: &Value) -> Result<u64, Fault> {
    match value {
        Value::Null => Ok(0),
        value => value.as_u64().ok_or(Fault::Garbled("a count is no whole number")),
    }
}

/// An amount in cents: a decimal number in a text, never a floating one.
pub(super) fn cents(value: &Value) -> Result<Decimal, Fault> {
    const ODD: Fault = Fault::Garbled("an amount is no decimal number");
    let text = value.as_str().ok_or(ODD)?;
    Decimal::from_str_exact(text).or_else(|_long| text.parse()).map_err(|_odd| ODD)
}

/// Cents as money, to the nearest micro-unit.
pub(super) fn money(cents: Decimal) -> Result<Money, Fault> {
    let units = cents.checked_div(Decimal::ONE_HUNDRED).ok_or(Fault::Garbled("an amount is too large"))?;
    Money::from_decimal(units).map_err(|_large| Fault::Garbled("an amount is too large"))
}

/// An instant.
pub(super) fn instant(value: &Value) -> Result<Timestamp, Fault> {
    const ODD: Fault = Fault::Garbled("a time is missing or none");
    value.as_str().and_then(|text| text.parse().ok()).ok_or(ODD)
}

/// A text that may be missing.
pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The rows of a page.
pub(super) fn rows(page: &Value) -> Result<&Vec<Value>, Fault> {
    page["data"].as_array().ok_or(Fault::Garbled("its answer holds no list"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, micros: i64) {
        assert_eq!(money(cents(&json!(text)).unwrap()), Ok(Money::from_micros(micros)), "{text}");
    }

    #[test]
    fn cents_are_exact_to_the_millionth() {
        check("12345.678", 123_456_780);
        check("123.78912", 1_237_891);
        check("-0.0001", -1);
        check("0.00005", 0); // half to even
        check("0.00015", 2);
        check("0.1000000000000000000000000000000001", 1_000);
        for odd in [json!(12.5), json!("12,5"), json!(""), json!(null), json!("1e400")] {
            assert!(cents(&odd).is_err(), "{odd}");
        }
        assert!(money(cents(&json!("9999999999999999999")).unwrap()).is_err());
    }

    #[test]
    fn a_count_is_whole_and_never_below_zero() {
        assert_eq!(count(&json!(null)), Ok(0));
        assert_eq!(count(&json!(7)), Ok(7));
        for odd in [json!(-1), json!(1.5), json!("7")] {
            assert!(count(&odd).is_err(), "{odd}");
        }
    }
}
