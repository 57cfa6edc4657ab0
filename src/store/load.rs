//! Reading usage back, account by account.
//!
//! One text carries all rows of an account: a driver that hands over single values costs more than reading them.

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

/// Nulls are empty. Rows come in the order of the key's tree, which is that of time; it is checked below.
const ROWS_OF_ACCOUNT: &str = "SELECT string_agg(concat(at_ms, ',', endpoint, ',', model, ',', source, ',', api_calls, ',', \
     errors, ',', tokens, ',', cost, ',', input, ',', output, ',', cached, ',', event), '\u{1e}') \
     FROM usage WHERE account = $1";
/// Shortest row that is usual, in bytes: bounds how much is reserved for an account.
const ROW_BYTES: usize = 40;

impl Store {
    /// All usage of the accounts given (all accounts when `None`), grouped by account in the order of their ids and in
    /// time order, handed over in runs of one account each, so that memory holds one account at a time. Accounts
    /// without usage are left out. All of it is one view: what is written meanwhile is not in it.
    pub async fn each_account_usage(
        &self,
        accounts: Option<&[AccountId]>,
        mut take: impl FnMut(AccountId, Vec<UsageRow>) + Send,
    ) -> Result<(), StoreError> {
        let mut reading = self.read().await?;
        let wanted = wanted(&mut reading, accounts).await?;
        let texts = Texts {
            sources: by_number(&mut reading, &SOURCES).await?,
            endpoints: by_number(&mut reading, &ENDPOINTS).await?,
            models: by_number(&mut reading, &MODELS).await?,
        };
        for (account, number) in wanted {
            let packed: Option<String> = sqlx::query_scalar(ROWS_OF_ACCOUNT)
                .bind(number)
                .fetch_one(&mut *reading)
                .await
                .doing("reading usage")?;
            if let Some(packed) = packed {
                let rows = texts.unpack(&account, packed.as_bytes())?;
                take(account, rows);
            }
        }
        Ok(())
    }
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
    fn unpack(&self, account: &AccountId, packed: &[u8]) -> Result<Vec<UsageRow>, StoreError> {
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
