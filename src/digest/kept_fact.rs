//! A fact as it is kept: its id and the value it had.

use serde::{Deserialize, Serialize};

use crate::domain::Currency;
use crate::domain::Fact;
use crate::domain::Money;
use crate::domain::Quantity;

/// `{"id": "change.calls~acme~…", "unit": "change", "value": -0.5}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptFact {
    id: String,
    #[serde(flatten)]
    value: KeptValue,
}

/// A quantity; money in millionths of its currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "unit", content = "value", rename_all = "snake_case")]
enum KeptValue {
    Calls(u64),
    Errors(u64),
    Tokens(u64),
    Money { micros: i64, currency: String },
    Accounts(u64),
    Initiatives(u64),
    Share(f64),
    Change(Option<f64>),
    Score(f64),
    Points(f64),
    Days(i64),
    Number(f64),
}

impl KeptFact {
    pub(super) fn of(fact: &Fact) -> Self {
        let value = match fact.value {
            Quantity::Calls(count) => KeptValue::Calls(count),
            Quantity::Errors(count) => KeptValue::Errors(count),
            Quantity::Tokens(count) => KeptValue::Tokens(count),
            Quantity::Money(amount, currency) => {
                KeptValue::Money { micros: amount.micros, currency: currency.code().to_owned() }
            }
            Quantity::Accounts(count) => KeptValue::Accounts(count),
            Quantity::Initiatives(count) => KeptValue::Initiatives(count),
            Quantity::Share(part) => KeptValue::Share(part),
            Quantity::Change(change) => KeptValue::Change(change),
            Quantity::Score(score) => KeptValue::Score(score),
            Quantity::Points(points) => KeptValue::Points(points),
            Quantity::Days(days) => KeptValue::Days(days),
            Quantity::Number(number) => KeptValue::Number(number),
        };
        Self { id: fact.key.to_string(), value }
    }

    /// The fact with the value it had; `None` when it was kept by a version that knows other facts.
    pub(super) fn fact(&self) -> Option<Fact> {
        let value = match &self.value {
            KeptValue::Calls(count) => Quantity::Calls(*count),
            KeptValue::Errors(count) => Quantity::Errors(*count),
            KeptValue::Tokens(count) => Quantity::Tokens(*count),
            KeptValue::Money { micros, currency } => {
                Quantity::Money(Money::from_micros(*micros), currency.parse::<Currency>().ok()?)
            }
            KeptValue::Accounts(count) => Quantity::Accounts(*count),
            KeptValue::Initiatives(count) => Quantity::Initiatives(*count),
            KeptValue::Share(part) => Quantity::Share(*part),
            KeptValue::Change(change) => Quantity::Change(*change),
            KeptValue::Score(score) => Quantity::Score(*score),
            KeptValue::Points(points) => Quantity::Points(*points),
            KeptValue::Days(days) => Quantity::Days(*days),
            KeptValue::Number(number) => Quantity::Number(*number),
        };
        Some(Fact { key: self.id.parse().ok()?, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_fact_is_the_fact_it_was() {
        let key = "change.calls~acme~~~1735689600000~1738368000000~12";
        for value in [
            Quantity::Calls(u64::MAX),
            Quantity::Money(Money::from_micros(-1_234_567), Currency::USD),
            Quantity::Share(0.1 + 0.2),
            Quantity::Change(None),
            Quantity::Change(Some(-0.123_456_789)),
            Quantity::Points(-12.4),
            Quantity::Days(-3),
        ] {
            let fact = Fact { key: key.parse().unwrap(), value };
            let text = serde_json::to_string(&KeptFact::of(&fact)).unwrap();
            let read: KeptFact = serde_json::from_str(&text).unwrap();
            assert_eq!(read.fact(), Some(fact), "{text}");
        }
    }
}
