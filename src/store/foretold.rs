//! Forecasts as they were made: kept once for each window, never changed.

use crate::domain::Foretold;
use crate::domain::Window;

use super::error::Doing;
use super::error::StoreError;
use super::error::corrupt;
use super::error::instant;
use super::error::read_back;
use super::open::Store;

type Row = (String, String, i64, i64, i64, i64, i64, i64);

impl Store {
    /// Keeps a forecast; tells whether it is the first one of its window. A later one of the same window is made from
    /// more data, and would flatter what is told of the first.
    pub async fn keep_foretold(&self, one: &Foretold) -> Result<bool, StoreError> {
        let mut writing = self.write().await?;
        let done = sqlx::query(
            "INSERT INTO foretold (account_id, metric, made_ms, from_ms, to_ms, middle, low, high) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        )
        .bind(one.account.as_ref().map_or("", |id| id.as_str()))
        .bind(one.metric.word())
        .bind(one.made.as_millisecond())
        .bind(one.window.from().as_millisecond())
        .bind(one.window.to().as_millisecond())
        .bind(one.middle)
        .bind(one.low)
        .bind(one.high)
        .execute(&mut *writing)
        .await
        .doing("keeping a forecast")?;
        writing.commit().await.doing("keeping a forecast")?;
        Ok(done.rows_affected() > 0)
    }

    /// All kept forecasts, by account and metric, oldest first.
    pub async fn foretold(&self) -> Result<Vec<Foretold>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT account_id, metric, made_ms, from_ms, to_ms, middle, low, high \
             FROM foretold ORDER BY account_id, metric, from_ms, to_ms",
        )
        .fetch_all(&mut *reading)
        .await
        .doing("reading kept forecasts")?;
        rows.into_iter().map(read_row).collect()
    }
}

fn read_row((account, metric, made, from, to, middle, low, high): Row) -> Result<Foretold, StoreError> {
    let window = Window::new(instant(from, "foretold.from_ms")?, instant(to, "foretold.to_ms")?);
    Ok(Foretold {
        account: if account.is_empty() { None } else { Some(read_back(&account, "foretold.account_id")?) },
        metric: read_back(&metric, "foretold.metric")?,
        made: instant(made, "foretold.made_ms")?,
        window: window.ok_or_else(|| corrupt("foretold.to_ms", format!("{to} is not after {from}")))?,
        middle,
        low,
        high,
    })
}
