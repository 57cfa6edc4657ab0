//! What sources tell beyond the figures of usage: how tokens are charged, cost before discounts, and whose usage no rule
//! gives to an account.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::AccountId;
use crate::domain::Charged;
use crate::domain::DAY_MS;
use crate::domain::Endpoint;
use crate::domain::Metered;
use crate::domain::MeteredDay;
use crate::domain::Model;
use crate::domain::Money;
use crate::domain::SourceId;
use crate::domain::TokenSplit;
use crate::domain::Unmapped;
use crate::domain::UsageRow;
use crate::domain::Window;
use crate::domain::utc_date;

use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::open::Store;
use super::writer::Known;

/// Which row of usage of a source: all of its key but the source; rows of events have none of these.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketKey {
    /// Whose.
    pub account: AccountId,
    /// Begin of the bucket.
    pub at: Timestamp,
    /// Which endpoint.
    pub endpoint: Endpoint,
    /// Which model.
    pub model: Option<Model>,
}

impl BucketKey {
    /// The key of a row.
    #[must_use]
    pub fn of(row: &UsageRow) -> Self {
        let (account, endpoint, model) = (row.account.clone(), row.endpoint.clone(), row.model.clone());
        Self { account, at: row.at, endpoint, model }
    }
}

impl Store {
    /// The buckets of a source in a window that are not zero, in order.
    pub async fn buckets_of(
        &self,
        source: &SourceId,
        window: Window,
    ) -> Result<BTreeSet<BucketKey>, StoreError> {
        let mut reading = self.read().await?;
        // Account by account, because usage lies in the order of accounts: else all of it would be read.
        let rows: Vec<(String, i64, String, Option<String>)> = sqlx::query_as(
            "SELECT a.account_id, u.at_ms, e.name, m.name FROM account a CROSS JOIN usage u \
             JOIN source s ON s.id = u.source JOIN endpoint e ON e.id = u.endpoint \
             LEFT JOIN model m ON m.id = u.model \
             WHERE u.account = a.id AND u.at_ms >= $2 AND u.at_ms < $3 AND s.name = $1 AND u.event = '' \
             AND (u.api_calls <> 0 OR u.tokens <> 0 OR u.cost <> 0)",
        )
        .bind(source.as_str())
        .bind(window.from().as_millisecond())
        .bind(window.to().as_millisecond())
        .fetch_all(&mut *reading)
        .await
        .doing("reading what a source told before")?;
        let key = |(account, at, endpoint, model): (String, i64, String, Option<String>)| {
            Ok(BucketKey {
                account: read_back(&account, "account.account_id")?,
                at: instant(at, "usage.at_ms")?,
                endpoint: read_back(&endpoint, "endpoint.name")?,
                model: model.map(|name| read_back(&name, "model.name")).transpose()?,
            })
        };
        rows.into_iter().map(key).collect()
    }

    /// Keeps what a source tells of a window, row by row of `rows`, in the place of all that it told of it before.
    pub async fn put_metered(
        &self,
        source: &SourceId,
        window: Window,
        rows: &[UsageRow],
        metered: &[Metered],
    ) -> Result<(), StoreError> {
        const DOING: &str = "keeping how usage is charged";
        let mut writing = self.write().await?;
        let mut known = Known::default();
        known.learn(&mut writing, rows, &[]).await?;
        sqlx::query(
            "DELETE FROM metered WHERE source IN (SELECT id FROM source WHERE name = $1) \
             AND at_ms >= $2 AND at_ms < $3",
        )
        .bind(source.as_str())
        .bind(window.from().as_millisecond())
        .bind(window.to().as_millisecond())
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
        let told = rows.iter().zip(metered).filter(|(_, metered)| **metered != Metered::default());
        for (row, metered) in told {
            let (key, count) = (known.key(row), |value: u64| i64::try_from(value).unwrap_or(i64::MAX));
            sqlx::query(
                "INSERT INTO metered (source, at_ms, account, endpoint, model, cache_write_short, \
                 cache_write_long, searches, list) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(key.source)
            .bind(key.at_ms)
            .bind(key.account)
            .bind(key.endpoint)
            .bind(key.model)
            .bind(count(metered.cache_write_short))
            .bind(count(metered.cache_write_long))
            .bind(count(metered.searches))
            .bind(metered.list.map(|list| list.micros))
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        }
        writing.commit().await.doing(DOING)
    }

    /// What an account used in a window by day, endpoint and model, as it is charged for.
    pub async fn metered_days(
        &self,
        account: &AccountId,
        window: Window,
    ) -> Result<Vec<MeteredDay>, StoreError> {
        const DOING: &str = "reading how usage is charged";
        let mut reading = self.read().await?;
        let rows = sqlx::query(
            "SELECT e.name AS endpoint, md.name AS model, u.at_ms / 86400000 AS day, \
             CASE WHEN p.cost IS NULL THEN 0 ELSE 1 END AS is_computed, \
             CAST(SUM(u.api_calls) AS BIGINT) AS calls, CAST(SUM(u.tokens) AS BIGINT) AS tokens, \
             CAST(SUM(COALESCE(u.input, 0)) AS BIGINT) AS input, \
             CAST(SUM(COALESCE(u.output, 0)) AS BIGINT) AS output, \
             CAST(SUM(COALESCE(u.cached, 0)) AS BIGINT) AS cached, \
             CAST(SUM(COALESCE(m.cache_write_short, 0)) AS BIGINT) AS write_short, \
             CAST(SUM(COALESCE(m.cache_write_long, 0)) AS BIGINT) AS write_long, \
             CAST(SUM(COALESCE(m.searches, 0)) AS BIGINT) AS searches, \
             CAST(SUM(u.cost) AS BIGINT) AS cost, CAST(SUM(COALESCE(m.list, u.cost)) AS BIGINT) AS list \
             FROM account a JOIN usage u ON u.account = a.id JOIN endpoint e ON e.id = u.endpoint \
             LEFT JOIN model md ON md.id = u.model \
             LEFT JOIN metered m ON m.source = u.source AND m.at_ms = u.at_ms AND m.account = u.account \
             AND m.endpoint = u.endpoint AND m.model = u.model AND u.event = '' \
             LEFT JOIN priced p ON p.account = u.account AND p.at_ms = u.at_ms AND p.endpoint = u.endpoint \
             AND p.model = u.model AND p.source = u.source AND p.event = u.event AND p.cost = u.cost \
             WHERE a.account_id = $1 AND u.at_ms >= $2 AND u.at_ms < $3 \
             GROUP BY e.name, md.name, u.at_ms / 86400000, CASE WHEN p.cost IS NULL THEN 0 ELSE 1 END \
             ORDER BY e.name, md.name, u.at_ms / 86400000",
        )
        .bind(account.as_str())
        .bind(window.from().as_millisecond())
        .bind(window.to().as_millisecond())
        .fetch_all(&mut *reading)
        .await
        .doing(DOING)?;
        rows.iter().map(read_day).collect()
    }

    /// Keeps whose usage of a source no rule gives to an account, in the place of those of before.
    pub async fn put_unmapped(&self, source: &SourceId, all: &[Unmapped]) -> Result<(), StoreError> {
        const DOING: &str = "keeping what is not mapped";
        let mut writing = self.write().await?;
        sqlx::query("DELETE FROM unmapped WHERE source = $1")
            .bind(source.as_str())
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        for one in all {
            sqlx::query("INSERT INTO unmapped (source, holder, name, account_id) VALUES ($1, $2, $3, $4)")
                .bind(source.as_str())
                .bind(one.holder.as_str())
                .bind(one.name.clone())
                .bind(one.account.as_str())
                .execute(&mut *writing)
                .await
                .doing(DOING)?;
        }
        writing.commit().await.doing(DOING)
    }

    /// Whose usage no rule gives to an account, by source and holder.
    pub async fn unmapped(&self) -> Result<Vec<(SourceId, Unmapped)>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<(String, String, Option<String>, String)> =
            sqlx::query_as("SELECT source, holder, name, account_id FROM unmapped ORDER BY source, holder")
                .fetch_all(&mut *reading)
                .await
                .doing("reading what is not mapped")?;
        rows.into_iter()
            .map(|(source, holder, name, account)| {
                let account = read_back(&account, "unmapped.account_id")?;
                Ok((read_back(&source, "unmapped.source")?, Unmapped { holder, name, account }))
            })
            .collect()
    }
}

fn read_day(row: &AnyRow) -> Result<MeteredDay, StoreError> {
    const DOING: &str = "reading how usage is charged";
    let whole = |column: &str| row.try_get::<i64, _>(column).doing(DOING);
    let count = |column: &str| whole(column).map(i64::unsigned_abs);
    let name: String = row.try_get("endpoint").doing(DOING)?;
    let model: Option<String> = row.try_get("model").doing(DOING)?;
    let day = instant(whole("day")?.saturating_mul(DAY_MS), "usage.at_ms")?;
    let split = TokenSplit {
        input: Some(count("input")?),
        output: Some(count("output")?),
        cached: Some(count("cached")?),
    };
    let (write_short, write_long) = (count("write_short")?, count("write_long")?);
    let told = Charged::of(count("calls")?, count("tokens")?, split);
    let charged = Charged {
        // What is written to a cache was read, and is charged as what is written.
        input: told.input.saturating_sub(write_short.saturating_add(write_long)),
        cache_write_short: write_short,
        cache_write_long: write_long,
        searches: count("searches")?,
        ..told
    };
    Ok(MeteredDay {
        endpoint: read_back(&name, "endpoint.name")?,
        model: model.map(|name| read_back(&name, "model.name")).transpose()?,
        day: utc_date(day),
        charged,
        billed: Money::from_micros(whole("cost")?),
        list: Money::from_micros(whole("list")?),
        is_computed: whole("is_computed")? != 0,
    })
}
