//! Usage records.

use std::collections::HashMap;
use std::collections::HashSet;
use std::hash::Hash;
use std::str::FromStr;

use jiff::Timestamp;

use crate::domain::AccountId;
use crate::domain::BadName;
use crate::domain::Charged;
use crate::domain::Currency;
use crate::domain::Endpoint;
use crate::domain::Model;
use crate::domain::Money;
use crate::domain::TokenSplit;
use crate::domain::UsageRow;
use crate::domain::Used;
use crate::domain::utc_date;

use super::columns::Column;
use super::columns::optional;
use super::columns::required;
use super::moment;
use super::number;
use super::number::DecimalSign;
use super::parts::Parts;
use super::record::Cell;
use super::record::Context;
use super::record::Kind;
use super::record::account_of;
use super::record::bad_name;
use super::record::missing_field;
use super::record::optional_name;
use super::rejection::Flaw;
use super::rejection::Reason;
use super::rejection::shown;

const TIMESTAMP: usize = 0;
const ACCOUNT: usize = 1;
const API_CALLS: usize = 2;
const TOKENS_USED: usize = 3;
const COST: usize = 4;
const ENDPOINT: usize = 5;
const MODEL: usize = 6;
const ERRORS: usize = 7;
const INPUT: usize = 8;
const OUTPUT: usize = 9;
const CACHED: usize = 10;
const EVENT: usize = 11;
const CURRENCY: usize = 12;

/// In the order in which faults are looked for.
const COLUMNS: [Column; 13] = [
    required(
        "timestamp",
        &["time", "date", "datetime", "ts", "hour", "timestamputc", "timeutc", "starttime", "bucket"],
    ),
    required(
        "account_id",
        &["account", "accountname", "customer", "customerid", "client", "clientid", "tenant", "tenantid"],
    ),
    required("api_calls", &["calls", "requests", "apirequests", "requestcount", "callcount", "numcalls"])
        .numeric(),
    required("tokens_used", &["tokens", "totaltokens", "tokencount", "tokenstotal"]).numeric(),
    required("cost", &["spend", "amount", "totalcost"]).numeric(),
    required("endpoint", &["path", "route", "api", "apiendpoint"]),
    optional("model", &["modelname", "modelid"]),
    optional("errors", &["error", "errorcount", "failed", "failures", "failedcalls"]).numeric(),
    optional("input_tokens", &["prompttokens", "tokensinput", "tokensin"]).numeric(),
    optional("output_tokens", &["completiontokens", "tokensoutput", "tokensout"]).numeric(),
    optional("cached_tokens", &["tokenscached", "cachedinputtokens", "cachereadtokens"]).numeric(),
    optional("event_id", &["event", "requestid"]),
    optional("currency", &["currencycode", "ccy"]),
];

/// The same where there are prices: what a cost is missing for comes to what they say.
const PRICED_COLUMNS: [Column; 13] = {
    let mut columns = COLUMNS;
    columns[COST].required = false;
    columns
};

/// Names that are remembered: accounts, endpoints and models come again and again.
const REMEMBERED_MAX: usize = 100_000;

/// Makes usage rows.
pub(super) struct Usage<'c> {
    context: &'c Context,
    accounts: HashMap<String, AccountId>,
    /// Accounts whose names were told in the present batch.
    told: HashSet<AccountId>,
    endpoints: HashMap<String, Endpoint>,
    models: HashMap<String, Model>,
    /// Rows mostly come in the order of time: the last text and what it meant.
    last_time: (String, Timestamp),
    parts: Parts,
    /// Whether the cost of the last row was computed from prices.
    is_priced: bool,
}

impl<'c> Usage<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        Self {
            context,
            accounts: HashMap::new(),
            told: HashSet::new(),
            endpoints: HashMap::new(),
            models: HashMap::new(),
            last_time: (String::new(), Timestamp::UNIX_EPOCH),
            parts: Parts::default(),
            is_priced: false,
        }
    }

    fn time(&mut self, cell: &Cell<'_>) -> Result<Timestamp, Flaw> {
        if let Cell::Instant(at) = cell {
            return moment::within(*at, self.context.now);
        }
        let text = cell.text()?.unwrap_or_default();
        if !text.is_empty() && text == self.last_time.0 {
            return Ok(self.last_time.1);
        }
        let at = moment::instant(&text, self.context.now)?;
        self.last_time = (text.into_owned(), at);
        Ok(at)
    }

    fn account(&mut self, cell: &Cell<'_>) -> Result<AccountId, Flaw> {
        if let Cell::Text(text) = cell
            && let Some(id) = self.accounts.get(text.as_ref())
        {
            return Ok(id.clone());
        }
        let (id, derived) = account_of(cell)?;
        let text = derived.unwrap_or_else(|| id.as_str().to_owned());
        remember(&mut self.accounts, text, id.clone());
        Ok(id)
    }

    /// Tells the name of an account whose id was derived from it, once in each batch with rows of it.
    fn tell_name(&mut self, account: &AccountId, cell: &Cell<'_>, names: &mut Vec<(AccountId, String)>) {
        if names.is_empty() {
            self.told.clear();
        }
        if let Ok(Some(text)) = cell.text()
            && text != account.as_str()
            && self.told.insert(account.clone())
        {
            names.push((account.clone(), text.into_owned()));
        }
    }

    /// The cost that a row tells; `None` when it tells none and prices may say it.
    fn cost(&self, cells: &[Cell<'_>], sign: DecimalSign) -> Result<Option<Money>, (usize, Flaw)> {
        if cells[COST] == Cell::Missing && !self.context.prices.is_empty() {
            return Ok(None);
        }
        let currency = optional_currency(&cells[CURRENCY]).map_err(|flaw| (CURRENCY, flaw))?;
        if let Some(other) = currency.filter(|currency| *currency != self.context.currency) {
            let message = format!(
                "the amount is in {} and this portfolio is kept in {}; convert it first",
                other.code(),
                self.context.currency.code()
            );
            return Err((CURRENCY, Flaw::new(Reason::OtherCurrency, message)));
        }
        let text = cells[COST].text().map_err(|flaw| (COST, flaw))?;
        let text = text.ok_or_else(|| {
            let message = "cost is empty; fill it in, or set prices under [[prices]] in the configuration";
            (COST, Flaw::new(Reason::MissingField, message))
        })?;
        let cost = number::money(&text, sign_for(&cells[COST], sign), self.context.currency);
        cost.map(Some).map_err(|flaw| (COST, flaw))
    }

    /// What a row comes to at the price of its day.
    fn price(&self, row: &UsageRow) -> Result<Money, Flaw> {
        let day = utc_date(row.at);
        let Some(price) = self.context.prices.at(&row.endpoint, row.model.as_ref(), day) else {
            let what = row.model.as_ref().map_or_else(
                || format!("the endpoint {}, without a model,", shown(row.endpoint.as_str())),
                |model| format!("the model {}", shown(model.as_str())),
            );
            let message = format!(
                "cost is empty, and no price holds for {what} on {day}; fill it in, or add a price under [[prices]] \
                 in the configuration"
            );
            return Err(Flaw::new(Reason::MissingField, message));
        };
        let charged = Charged::of(row.used.api_calls, row.used.tokens, row.tokens);
        let charge = price.rates.charge(&charged).map(|charge| charge.total());
        charge.ok_or_else(|| {
            let message = "at its price the usage comes to more than can be kept; see to its counts";
            Flaw::new(Reason::BadNumber, message)
        })
    }
}

impl Kind for Usage<'_> {
    type Row = UsageRow;

    fn columns(&self) -> &[Column] {
        if self.context.prices.is_empty() { &COLUMNS } else { &PRICED_COLUMNS }
    }

    fn anchor(&self) -> usize {
        TIMESTAMP
    }

    fn is_anchor(&self, text: &str) -> bool {
        moment::parse(text).is_some()
    }

    fn row(
        &mut self,
        cells: &[Cell<'_>],
        sign: DecimalSign,
        names: &mut Vec<(AccountId, String)>,
    ) -> Result<UsageRow, (usize, Flaw)> {
        let at = self.time(&cells[TIMESTAMP]).map_err(|flaw| (TIMESTAMP, flaw))?;
        let account = self.account(&cells[ACCOUNT]).map_err(|flaw| (ACCOUNT, flaw))?;
        let needed = |slot: usize| {
            let count = optional_count(&cells[slot], sign).map_err(|flaw| (slot, flaw))?;
            count.ok_or_else(|| (slot, missing_field(COLUMNS[slot].name)))
        };
        let maybe = |slot: usize| optional_count(&cells[slot], sign).map_err(|flaw| (slot, flaw));
        let (api_calls, tokens) = (needed(API_CALLS)?, needed(TOKENS_USED)?);
        let told = self.cost(cells, sign)?;
        self.is_priced = told.is_none();
        let endpoint = remembered(&mut self.endpoints, "endpoint", &cells[ENDPOINT])
            .and_then(|endpoint| endpoint.ok_or_else(|| missing_field("endpoint")))
            .map_err(|flaw| (ENDPOINT, flaw))?;
        let model = remembered(&mut self.models, "model", &cells[MODEL]).map_err(|flaw| (MODEL, flaw))?;
        let mut row = UsageRow {
            source: self.context.source.clone(),
            at,
            account,
            endpoint,
            model,
            event: optional_name("event_id", &cells[EVENT]).map_err(|flaw| (EVENT, flaw))?,
            used: Used { api_calls, errors: maybe(ERRORS)?, tokens, cost: told.unwrap_or_default() },
            tokens: TokenSplit { input: maybe(INPUT)?, output: maybe(OUTPUT)?, cached: maybe(CACHED)? },
        };
        if told.is_none() {
            row.used.cost = self.price(&row).map_err(|flaw| (COST, flaw))?;
        }
        if row.event.is_none() && is_bare_date(&cells[TIMESTAMP]) {
            self.parts.tell_apart(&mut row);
        }
        self.tell_name(&row.account, &cells[ACCOUNT], names);
        Ok(row)
    }

    fn is_priced(&self) -> bool {
        self.is_priced
    }
}

/// Whether the time names a day and nothing finer; all other forms have more digits.
fn is_bare_date(cell: &Cell<'_>) -> bool {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    match cell {
        Cell::Text(text) => digits(text) <= 8,
        Cell::Whole(number) => digits(&number.to_string()) <= 8,
        Cell::Missing | Cell::Real(_) | Cell::Instant(_) | Cell::Damaged(_) => false,
    }
}

/// A number that came as one is written with a point, whatever the file's texts use.
fn sign_for(cell: &Cell<'_>, sign: DecimalSign) -> DecimalSign {
    match cell {
        Cell::Whole(_) | Cell::Real(_) => DecimalSign::Point,
        Cell::Missing | Cell::Text(_) | Cell::Instant(_) | Cell::Damaged(_) => sign,
    }
}

fn optional_count(cell: &Cell<'_>, sign: DecimalSign) -> Result<Option<u64>, Flaw> {
    let Some(text) = cell.text()? else { return Ok(None) };
    number::count(&text, sign_for(cell, sign)).map(Some)
}

fn optional_currency(cell: &Cell<'_>) -> Result<Option<Currency>, Flaw> {
    super::record::optional_word(cell)
}

/// A name in an optional column, shared with the rows before that have the same.
fn remembered<T: Clone + Eq + Hash + FromStr<Err = BadName>>(
    known: &mut HashMap<String, T>,
    name: &str,
    cell: &Cell<'_>,
) -> Result<Option<T>, Flaw> {
    let Some(text) = cell.text()? else { return Ok(None) };
    if let Some(found) = known.get(text.as_ref()) {
        return Ok(Some(found.clone()));
    }
    let new: T = text.parse().map_err(|problem| bad_name(name, &text, &problem))?;
    remember(known, text.into_owned(), new.clone());
    Ok(Some(new))
}

fn remember<T>(known: &mut HashMap<String, T>, text: String, value: T) {
    if known.len() >= REMEMBERED_MAX {
        known.clear();
    }
    known.insert(text, value);
}
