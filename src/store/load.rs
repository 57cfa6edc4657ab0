//! Reading usage back, account by account.
//!
//! One text carries all rows of an account: a driver that hands over single values costs more than reading them.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::AnyConnection;

use crate::domain::AccountId;
use crate::domain::Endpoint;
use crate::domain::Model;
use crate::domain::Money;
use crate::domain::SourceId;
use crate::domain::TokenSplit;
use crate::domain::UsageRow;
use crate::domain::Used;

use super::error::Doing;
use super::error::StoreError;
use super::error::corrupt;
use super::numbering::ACCOUNTS;
use super::numbering::ENDPOINTS;
use super::numbering::MODELS;
use super::numbering::Numbering;
use super::numbering::SOURCES;
use super::numbering::by_number;
use super::open::Store;
use super::packed::Fields;
use super::sums;
use super::sums::Adding;
use super::view::UsageView;

/// Nulls are empty. Rows come in the order of the key's tree, which is that of time; it is checked below.
macro_rules! packed_rows {
    () => {
        "string_agg(concat(at_ms, ',', endpoint, ',', model, ',', source, ',', api_calls, ',', errors, ',', tokens, \
         ',', cost, ',', input, ',', output, ',', cached, ',', event), '\u{1e}') FROM usage WHERE account = $1"
    };
}
const ROWS_OF_ACCOUNT: &str =
    concat!("SELECT (SELECT usage_sum FROM account WHERE id = $1), ", packed_rows!(), " AND at_ms >= $2");
const ROWS_BEFORE: &str = concat!("SELECT ", packed_rows!(), " AND at_ms < $2");
/// Shortest row that is usual, in bytes: bounds how much is reserved for an account.
const ROW_BYTES: usize = 40;

impl Store {
    /// All usage of the accounts given (all accounts when `None`) in a view of its own; see [`UsageView::each_account`].
    pub async fn each_account_usage(
        &self,
        accounts: Option<&[AccountId]>,
        take: impl FnMut(AccountId, Vec<UsageRow>) + Send,
    ) -> Result<(), StoreError> {
        self.usage_view().await?.each_account(accounts, Timestamp::MIN, take).await
    }
}

impl UsageView {
    /// All usage from `since` on of the accounts given (all accounts when `None`), grouped by account in the order of
    /// their ids and in time order, handed over in runs of one account each, so that memory holds two accounts at a
    /// time. Accounts without such usage are left out.
    pub async fn each_account(
        &mut self,
        accounts: Option<&[AccountId]>,
        since: Timestamp,
        mut take: impl FnMut(AccountId, Vec<UsageRow>) + Send,
    ) -> Result<(), StoreError> {
        let reading = &mut self.reading;
        let wanted = wanted(reading, accounts).await?;
        if wanted.is_empty() {
            return Ok(());
        }
        let texts = Arc::new(Texts {
            sources: by_number(reading, &SOURCES).await?,
            endpoints: by_number(reading, &ENDPOINTS).await?,
            models: by_number(reading, &MODELS).await?,
        });
        // The database reads the next account while this one is unpacked.
        let mut before: Option<(AccountId, Packed)> = None;
        for (account, number) in wanted {
            let (next, unpacked) = tokio::join!(fetch(reading, number, since), texts.unpack(before.take()));
            if let Some((account, rows)) = unpacked? {
                take(account, rows);
            }
            before = Some((account, next?));
        }
        if let Some((account, rows)) = texts.unpack(before).await? {
            take(account, rows);
        }
        Ok(())
    }
}

/// The rows of an account in one text.
struct Packed {
    rows: Option<String>,
    /// What their checksums must add up to, where that is known and all of them are here.
    sum: Option<i64>,
}

async fn fetch(connection: &mut AnyConnection, account: i64, since: Timestamp) -> Result<Packed, StoreError> {
    let (sum, rows) = sqlx::query_as(ROWS_OF_ACCOUNT)
        .bind(account)
        .bind(since.as_millisecond())
        .fetch_one(connection)
        .await
        .doing("reading usage")?;
    let is_whole = since == Timestamp::MIN;
    Ok(Packed { rows, sum: if is_whole { sum } else { None } })
}

/// What the rows of an account before a time add to its sum.
pub(super) async fn sum_before(
    connection: &mut AnyConnection,
    account: &AccountId,
    number: i64,
    before: Timestamp,
) -> Result<i64, StoreError> {
    let rows: Option<String> = sqlx::query_scalar(ROWS_BEFORE)
        .bind(number)
        .bind(before.as_millisecond())
        .fetch_one(connection)
        .await
        .doing("reading usage")?;
    Ok(rows.map_or(0, |rows| Adding::of(account).packed(rows.as_bytes())))
}

/// The accounts asked for that exist, in the order of their ids.
async fn wanted(
    connection: &mut AnyConnection,
    accounts: Option<&[AccountId]>,
) -> Result<Vec<(AccountId, i64)>, StoreError> {
    let mut wanted: Vec<(AccountId, i64)> = match accounts {
        None => {
            let all: Vec<Option<AccountId>> = by_number(connection, &ACCOUNTS).await?;
            all.into_iter().zip(0..).filter_map(|(account, number)| Some((account?, number))).collect()
        }
        Some(some) => {
            let mut numbering = Numbering::new(&ACCOUNTS);
            numbering.find(connection, some).await?;
            some.iter().filter_map(|id| Some((id.clone(), numbering.known(id)?))).collect()
        }
    };
    wanted.sort_unstable();
    wanted.dedup();
    Ok(wanted)
}

/// The texts that numbers stand for; cloning one is cheap.
struct Texts {
    sources: Vec<Option<SourceId>>,
    endpoints: Vec<Option<Endpoint>>,
    models: Vec<Option<Model>>,
}

impl Texts {
    /// Unpacks beside the runtime: a large account takes milliseconds.
    async fn unpack(
        self: &Arc<Self>,
        packed: Option<(AccountId, Packed)>,
    ) -> Result<Option<(AccountId, Vec<UsageRow>)>, StoreError> {
        let Some((account, Packed { rows, sum })) = packed else { return Ok(None) };
        let Some(packed) = rows else {
            return sums::check(&account, &[], sum).map(|()| None);
        };
        let texts = Arc::clone(self);
        let work = move || {
            let rows = texts.rows(&account, packed.as_bytes())?;
            sums::check(&account, packed.as_bytes(), sum)?;
            Ok(Some((account, rows)))
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|stopped| {
            Err(corrupt("usage", format!("its rows could not be unpacked: {stopped}")))
        })
    }

    fn rows(&self, account: &AccountId, packed: &[u8]) -> Result<Vec<UsageRow>, StoreError> {
        let mut rows = Vec::with_capacity(packed.len() / ROW_BYTES + 1);
        let mut fields = Fields::of(packed);
        while !fields.is_empty() {
            rows.push(self.row(account, &mut fields)?);
        }
        if !rows.is_sorted_by_key(|row| row.at) {
            rows.sort_by_key(|row| row.at);
        }
        Ok(rows)
    }

    fn row(&self, account: &AccountId, fields: &mut Fields<'_>) -> Result<UsageRow, StoreError> {
        let at = fields.instant("usage.at_ms")?;
        let endpoint = text(&self.endpoints, fields.number("usage.endpoint")?, "usage.endpoint")?;
        let model = match fields.number("usage.model")? {
            0 => None,
            number => Some(text(&self.models, number, "usage.model")?),
        };
        let source = text(&self.sources, fields.number("usage.source")?, "usage.source")?;
        let api_calls = fields.count("usage.api_calls")?;
        let errors = fields.known("usage.errors")?;
        let tokens = fields.count("usage.tokens")?;
        let cost = Money::from_micros(fields.number("usage.cost")?);
        let split = TokenSplit {
            input: fields.known("usage.input")?,
            output: fields.known("usage.output")?,
            cached: fields.known("usage.cached")?,
        };
        let event = match fields.last() {
            "" => None,
            id => Some(id.parse().map_err(|bad| corrupt("usage.event", format!("“{id}”: {bad}")))?),
        };
        let used = Used { api_calls, errors, tokens, cost };
        Ok(UsageRow { source, at, account: account.clone(), endpoint, model, event, used, tokens: split })
    }
}

fn text<T: Clone>(texts: &[Option<T>], number: i64, place: &'static str) -> Result<T, StoreError> {
    let found = usize::try_from(number).ok().and_then(|number| texts.get(number)?.clone());
    found.ok_or_else(|| corrupt(place, format!("nothing has the number {number}")))
}
