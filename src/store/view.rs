//! One view of all usage that does not move while it is read, and the stamps that tell whether it must be read at all.

use std::collections::HashMap;

use sqlx::Any;
use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;
use sqlx::Row;
use sqlx::Transaction;

use crate::domain::AccountId;

use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::read_back;
use super::open::Store;

/// The name of this database, by which a file beside it knows that it belongs to it.
const DATABASE_NAME: &str = "database";
/// Accounts stamped in one statement; SQLite finds a named placeholder by walking a list.
const STAMPED_AT_ONCE: usize = 100;

/// Which state an account's usage is in. Two equal stamps in one database mean equal usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(pub(super) i64);

/// The state that a view shows.
#[derive(Debug, Clone, Default)]
pub struct UsageState {
    /// The data version.
    pub version: u64,
    /// The state of the usage of each account, also of those without any.
    pub stamps: HashMap<AccountId, Stamp>,
}

/// Usage as it was at one instant; what is written meanwhile is not in it. It holds a connection until it is dropped.
#[derive(Debug)]
pub struct UsageView {
    pub(super) reading: Transaction<'static, Any>,
}

impl Store {
    /// Opens a view of all usage.
    pub async fn usage_view(&self) -> Result<UsageView, StoreError> {
        Ok(UsageView { reading: self.read().await? })
    }

    /// The name of this database, once it has one. A copy keeps it.
    pub async fn database_name(&self) -> Result<Option<String>, StoreError> {
        self.kept(DATABASE_NAME).await
    }

    /// The name of this database, drawn when it has none yet.
    pub async fn name_database(&self) -> Result<String, StoreError> {
        if let Some(name) = self.database_name().await? {
            return Ok(name);
        }
        let drawn = format!("{:032x}", rand::random::<u128>());
        self.keep_first(DATABASE_NAME, &drawn).await?;
        // Another process may have been first.
        Ok(self.database_name().await?.unwrap_or(drawn))
    }
}

impl UsageView {
    /// The version and the stamps of the accounts given, of all when `None`.
    pub async fn state(&mut self, accounts: Option<&[AccountId]>) -> Result<UsageState, StoreError> {
        const DOING: &str = "reading the state of usage";
        let version = counters::value(&mut self.reading, "version").await?;
        let mut rows = Vec::new();
        match accounts {
            None => {
                let all = sqlx::query("SELECT account_id, usage_stamp FROM account");
                rows = all.fetch_all(&mut *self.reading).await.doing(DOING)?;
            }
            Some(accounts) => {
                for some in accounts.chunks(STAMPED_AT_ONCE) {
                    let places = places(1, some.len());
                    let sql =
                        format!("SELECT account_id, usage_stamp FROM account WHERE account_id IN ({places})");
                    let query = some
                        .iter()
                        .fold(sqlx::query(AssertSqlSafe(sql)), |query, account| query.bind(account.as_str()));
                    rows.extend(query.fetch_all(&mut *self.reading).await.doing(DOING)?);
                }
            }
        }
        let stamp = |row: &sqlx::any::AnyRow| {
            let account: String = row.try_get(0).doing(DOING)?;
            let stamp: i64 = row.try_get(1).doing(DOING)?;
            Ok((read_back(&account, "account.account_id")?, Stamp(stamp)))
        };
        let stamps = rows.iter().map(stamp).collect::<Result<_, StoreError>>()?;
        Ok(UsageState { version, stamps })
    }
}

/// Says that the usage of these accounts, given by their numbers, has changed, and by how much the sums of their rows did.
pub(super) async fn stamp(
    connection: &mut AnyConnection,
    accounts: impl IntoIterator<Item = (i64, i64)>,
) -> Result<(), StoreError> {
    // Zero stands for what was never stamped.
    let drawn = rand::random::<i64>() | 1;
    let accounts: Vec<(i64, i64)> = accounts.into_iter().collect();
    for some in accounts.chunks(STAMPED_AT_ONCE) {
        let cases = (0..some.len()).map(|one| format!("WHEN ${} THEN ${}", 2 * one + 2, 2 * one + 3));
        let cases = cases.collect::<Vec<_>>().join(" ");
        let sql = format!(
            "UPDATE account SET usage_stamp = $1, usage_sum = usage_sum + CASE id {cases} END WHERE id IN ({})",
            places(2 + 2 * some.len(), some.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(drawn);
        for (account, added) in some {
            query = query.bind(*account).bind(*added);
        }
        for (account, _added) in some {
            query = query.bind(*account);
        }
        query.execute(&mut *connection).await.doing("stamping accounts")?;
    }
    Ok(())
}

/// `$2, $3`: so many placeholders from a number on.
fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}
