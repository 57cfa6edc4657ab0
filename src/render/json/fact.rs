//! Facts on the wire.

use serde::Serialize;
use serde_json::Number;
use serde_json::Value;

use crate::domain::Fact;
use crate::domain::Quantity;
use crate::render::words;
use crate::reply::FactLine;

/// A figure with all that is needed to check it.
#[derive(Debug, Serialize)]
pub(super) struct WireFact {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(flatten)]
    value: WireQuantity,
    measure: String,
    account: Option<String>,
    endpoint: Option<String>,
    model: Option<String>,
    from: String,
    to: String,
    data_version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Box<WireFact>>,
}

impl WireFact {
    pub(super) fn new(fact: &Fact, public_url: Option<&str>) -> Self {
        let filter = &fact.key.filter;
        let text = |part: Option<&str>| part.map(str::to_owned);
        Self {
            id: fact.key.to_string(),
            label: None,
            value: WireQuantity::new(&fact.value),
            measure: fact.key.measure.to_string(),
            account: text(filter.account.as_ref().map(AsRef::as_ref)),
            endpoint: text(filter.endpoint.as_ref().map(AsRef::as_ref)),
            model: text(filter.model.as_ref().map(AsRef::as_ref)),
            from: fact.key.window.from().to_string(),
            to: fact.key.window.to().to_string(),
            data_version: fact.key.version,
            receipt: words::link(public_url, &fact.key.path()),
            change: None,
        }
    }

    pub(super) fn line(line: &FactLine, public_url: Option<&str>) -> Self {
        Self {
            label: Some(line.label.clone()),
            change: line.change.as_ref().map(|change| Box::new(Self::new(change, public_url))),
            ..Self::new(&line.fact, public_url)
        }
    }
}

/// A value with its unit, in three forms: for machines, for the record, for the eye.
#[derive(Debug, Serialize)]
pub(super) struct WireQuantity {
    value: Value,
    /// Money alone: exact however large.
    #[serde(skip_serializing_if = "Option::is_none")]
    micros: Option<i64>,
    unit: String,
    exact: String,
    short: String,
}

impl WireQuantity {
    pub(super) fn new(quantity: &Quantity) -> Self {
        let micros = match quantity {
            Quantity::Money(amount, _) => Some(amount.micros),
            Quantity::Calls(_)
            | Quantity::Errors(_)
            | Quantity::Tokens(_)
            | Quantity::Accounts(_)
            | Quantity::Initiatives(_)
            | Quantity::Share(_)
            | Quantity::Change(_)
            | Quantity::Score(_)
            | Quantity::Points(_)
            | Quantity::Days(_)
            | Quantity::Number(_) => None,
        };
        Self {
            value: number(quantity),
            micros,
            unit: quantity.unit().to_owned(),
            exact: quantity.exact(),
            short: quantity.short(),
        }
    }
}

/// The plain number: whole numbers as integers, money in whole units with up to six decimals.
///
/// Money prints exactly up to 8.5 billion units, where one micro-unit is still wider than the gap between two doubles.
pub(super) fn number(quantity: &Quantity) -> Value {
    match quantity {
        Quantity::Calls(n)
        | Quantity::Errors(n)
        | Quantity::Tokens(n)
        | Quantity::Accounts(n)
        | Quantity::Initiatives(n) => (*n).into(),
        Quantity::Days(n) => (*n).into(),
        Quantity::Money(amount, _) if amount.micros % 1_000_000 == 0 => (amount.micros / 1_000_000).into(),
        Quantity::Money(amount, _) => float(amount.as_f64()),
        Quantity::Share(value)
        | Quantity::Score(value)
        | Quantity::Points(value)
        | Quantity::Number(value) => float(*value),
        Quantity::Change(value) => value.map_or(Value::Null, float),
    }
}

/// `null` for what JSON cannot say.
pub(super) fn float(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;
    use crate::domain::Money;

    #[track_caller]
    fn check_money(micros: i64, text: &str) {
        assert_eq!(number(&Quantity::Money(Money::from_micros(micros), Currency::USD)).to_string(), text);
    }

    #[test]
    fn money_is_exact_to_the_millionth() {
        check_money(0, "0");
        check_money(1, "1e-6");
        check_money(-1_230_000, "-1.23");
        check_money(123_456_789, "123.456789");
        check_money(5_000_000, "5");
        check_money(8_500_000_000_000_001, "8500000000.000001");
        check_money(-8_499_999_999_999_999, "-8499999999.999999");
    }

    #[test]
    fn counts_are_whole_and_unknown_is_null() {
        assert_eq!(number(&Quantity::Tokens(u64::MAX)).to_string(), "18446744073709551615");
        assert_eq!(number(&Quantity::Change(None)), Value::Null);
        assert_eq!(number(&Quantity::Share(f64::NAN)), Value::Null);
        assert_eq!(number(&Quantity::Share(0.25)).to_string(), "0.25");
    }

    proptest::proptest! {
        #[test]
        fn any_amount_of_sane_size_reads_back_as_itself(micros in -8_500_000_000_000_000_i64..8_500_000_000_000_000) {
            let text = number(&Quantity::Money(Money::from_micros(micros), Currency::USD)).to_string();
            proptest::prop_assert_eq!(text.parse::<Money>(), Ok(Money::from_micros(micros)));
        }
    }
}
