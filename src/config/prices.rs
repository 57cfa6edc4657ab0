//! What usage costs, and which models come to an end: the lists `[[prices]]` and `[[models]]`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use toml::de::DeTable;

use crate::domain::Endpoint;
use crate::domain::Model;
use crate::domain::ModelLife;
use crate::domain::Money;
use crate::domain::Price;
use crate::domain::PriceList;
use crate::domain::Rates;

use super::list_reader::{ListReader, Texts, day};
use super::mistake::Mistake;

/// The lists; they are no plain settings.
pub(super) const LISTS: &[&str] = &[PRICES, MODELS];
const PRICES: &str = "prices";
const MODELS: &str = "models";
const PRICE_KEYS: &[&str] = &[
    "endpoint",
    "model",
    "from",
    "input",
    "output",
    "cached",
    "cache_write",
    "cache_write_1h",
    "tokens",
    "call",
    "search",
];
const MODEL_KEYS: &[&str] = &["model", "retires", "replacement"];
/// What reading from a cache and writing to it costs where nothing is said, against the price of reading.
const CACHED: Decimal = Decimal::from_parts(1, 0, 0, false, 1);
const WRITE: Decimal = Decimal::from_parts(125, 0, 0, false, 2);
const WRITE_LONG: Decimal = Decimal::TWO;

/// Reads the prices of a file, each mistake with its line; `None` when the file has none.
pub(super) fn read_prices(
    file: &str,
    text: &str,
    root: &DeTable<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<PriceList> {
    let mut reader = ListReader { file, text, mistakes };
    let items = reader.tables(root.get(PRICES)?, PRICES, PRICE_KEYS);
    Some(PriceList::new(items.into_iter().filter_map(|(at, texts)| reader.price(at, texts)).collect()))
}

/// Reads the models of a file, likewise.
pub(super) fn read_models(
    file: &str,
    text: &str,
    root: &DeTable<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Vec<ModelLife>> {
    let mut reader = ListReader { file, text, mistakes };
    let items = reader.tables(root.get(MODELS)?, MODELS, MODEL_KEYS);
    Some(items.into_iter().filter_map(|(at, texts)| reader.model(at, texts)).collect())
}

impl ListReader<'_> {
    fn price(&mut self, at: usize, mut texts: Texts) -> Option<Price> {
        let before = self.mistakes.len();
        let endpoint = self.one(&mut texts, PRICES, "endpoint", |text| {
            Endpoint::new(text).map_err(|bad| format!("is not an endpoint: {bad}"))
        });
        let from = self.one(&mut texts, PRICES, "from", day);
        if from.is_none() && self.mistakes.len() == before {
            self.wrong(at, "prices.from", "is missing; name the first day, as 2026-01-01");
        }
        let model = self.one(&mut texts, PRICES, "model", |text| Ok(text.to_owned()));
        let mut rates: BTreeMap<&str, Money> = BTreeMap::new();
        for key in ["input", "output", "cached", "cache_write", "cache_write_1h", "tokens", "call", "search"]
        {
            rates.extend(self.one(&mut texts, PRICES, key, amount).map(|rate| (key, rate)));
        }
        if rates.is_empty() && self.mistakes.len() == before {
            self.wrong(at, PRICES, "charges for nothing; give input and output, tokens or call");
        }
        if rates.contains_key("input") != rates.contains_key("output") {
            self.wrong(at, PRICES, "needs input and output together; \"0\" is a price, too");
        }
        let input = rates.get("input").copied().unwrap_or_default();
        let part = |times: Decimal| {
            let exact = Decimal::new(input.micros, 6) * times;
            Money::from_decimal(exact).unwrap_or(input)
        };
        let rate = |key: &str| rates.get(key).copied();
        let rates = Rates {
            input,
            output: rate("output").unwrap_or_default(),
            cached: rate("cached").unwrap_or_else(|| part(CACHED)),
            cache_write_short: rate("cache_write").unwrap_or_else(|| part(WRITE)),
            cache_write_long: rate("cache_write_1h").unwrap_or_else(|| part(WRITE_LONG)),
            tokens: rate("tokens").unwrap_or_default(),
            call: rate("call").unwrap_or_default(),
            search: rate("search").unwrap_or_default(),
        };
        (self.mistakes.len() == before).then_some(Price { endpoint, model, from: from?, rates })
    }

    fn model(&mut self, at: usize, mut texts: Texts) -> Option<ModelLife> {
        let name = |text: &str| Model::new(text).map_err(|bad| format!("is not a model: {bad}"));
        if !texts.contains_key("model") {
            self.wrong(at, "models.model", "is missing; name the model");
        }
        let model = self.one(&mut texts, MODELS, "model", name);
        let retires = self.one(&mut texts, MODELS, "retires", day);
        let replacement = self.one(&mut texts, MODELS, "replacement", name);
        Some(ModelLife { model: model?, retires, replacement })
    }
}

fn amount(text: &str) -> Result<Money, String> {
    let amount = text.parse::<Money>().ok().filter(|amount| *amount >= Money::ZERO);
    amount.ok_or_else(|| format!("“{text}” must be an amount in quotes, such as \"2.50\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Option<PriceList>, Option<Vec<ModelLife>>, String) {
        let (mut mistakes, root) = (Vec::new(), DeTable::parse(text).unwrap());
        let prices = read_prices("etsm.toml", text, root.get_ref(), &mut mistakes);
        let models = read_models("etsm.toml", text, root.get_ref(), &mut mistakes);
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        (prices, models, lines.join("\n"))
    }

    #[test]
    fn a_cache_costs_what_is_usual_when_nothing_is_said() {
        let (prices, models, mistakes) = told(
            "[[prices]]\nmodel = \"claude-sonnet-*\"\nfrom = \"2026-01-01\"\ninput = \"3\"\noutput = \"15.00\"\n\
             [[models]]\nmodel = \"claude-sonnet-4-5\"\nretires = \"2026-11-30\"\nreplacement = \"claude-sonnet-5-5\"\n",
        );
        assert_eq!(mistakes, "");
        let (prices, chat) = (prices.unwrap(), "chat".parse().unwrap());
        let model = "claude-sonnet-5".parse().unwrap();
        let rates = prices.at(&chat, Some(&model), "2026-05-01".parse().unwrap()).unwrap().rates;
        let usd = |text: &str| text.parse::<Money>().unwrap();
        assert_eq!(
            (rates.cached, rates.cache_write_short, rates.cache_write_long),
            (usd("0.30"), usd("3.75"), usd("6"))
        );
        assert_eq!(models.unwrap()[0].retires, Some("2026-11-30".parse().unwrap()));
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        let (_, _, mistakes) = told(
            "[[prices]]\ninput = \"3\"\n[[prices]]\nfrom = \"soon\"\ninput = \"-1\"\noutput = \"2\"\n\
             [[prices]]\nfrom = \"2026-01-01\"\n[[prices]]\nfrom = \"2026-01-01\"\ninputs = \"1\"\ncall = 3\n\
             [[models]]\nretires = \"2026-11\"\n",
        );
        insta::assert_snapshot!(mistakes);
    }
}
