//! What was spent on the AI, day by day.
//!
//! Invariant: what is reserved stays counted until it is settled, so that a crash in between never gives anything back.

use jiff::civil::Date;
use sqlx::AnyConnection;

use crate::domain::Money;
use crate::domain::utc_midnight;

use super::error::Doing;
use super::error::StoreError;
use super::open::Store;

/// Tokens and money, spent or to be spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outlay {
    /// Tokens of all kinds.
    pub tokens: u64,
    /// Money.
    pub money: Money,
}

impl Store {
    /// What a day has come to so far, with what is reserved.
    pub async fn outlay(&self, day: Date) -> Result<Outlay, StoreError> {
        let mut reading = self.read().await?;
        of_day(&mut reading, day).await
    }

    /// Counts `wanted` as spent on a day, unless the day would then come to more than `most`; tells whether it did.
    pub async fn reserve_outlay(&self, day: Date, wanted: Outlay, most: Outlay) -> Result<bool, StoreError> {
        let mut writing = self.write().await?;
        let spent = of_day(&mut writing, day).await?;
        let (tokens, money) = (spent.tokens.saturating_add(wanted.tokens), spent.money + wanted.money);
        if tokens > most.tokens || money > most.money {
            return Ok(false);
        }
        put(&mut writing, day, Outlay { tokens, money }).await?;
        writing.commit().await.doing("reserving an outlay")?;
        Ok(true)
    }

    /// Counts what was really spent in place of what was reserved; what the day has come to now.
    pub async fn settle_outlay(
        &self,
        day: Date,
        reserved: Outlay,
        spent: Outlay,
    ) -> Result<Outlay, StoreError> {
        let mut writing = self.write().await?;
        let sum = of_day(&mut writing, day).await?;
        let tokens = sum.tokens.saturating_add(spent.tokens).saturating_sub(reserved.tokens);
        let money = (sum.money + spent.money - reserved.money).max(Money::ZERO);
        let sum = Outlay { tokens, money };
        put(&mut writing, day, sum).await?;
        writing.commit().await.doing("settling an outlay")?;
        Ok(sum)
    }
}

async fn of_day(connection: &mut AnyConnection, day: Date) -> Result<Outlay, StoreError> {
    let row: Option<(i64, i64)> = sqlx::query_as("SELECT tokens, micros FROM outlay WHERE day_ms = $1")
        .bind(utc_midnight(day).as_millisecond())
        .fetch_optional(connection)
        .await
        .doing("reading an outlay")?;
    let (tokens, micros) = row.unwrap_or_default();
    Ok(Outlay { tokens: tokens.unsigned_abs(), money: Money::from_micros(micros) })
}

async fn put(connection: &mut AnyConnection, day: Date, sum: Outlay) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO outlay (day_ms, tokens, micros) VALUES ($1, $2, $3) \
         ON CONFLICT (day_ms) DO UPDATE SET tokens = excluded.tokens, micros = excluded.micros",
    )
    .bind(utc_midnight(day).as_millisecond())
    .bind(i64::try_from(sum.tokens).unwrap_or(i64::MAX))
    .bind(sum.money.micros)
    .execute(connection)
    .await
    .doing("keeping an outlay")
    .map(|_done| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn outlay(tokens: u64, micros: i64) -> Outlay {
        Outlay { tokens, money: Money::from_micros(micros) }
    }

    #[tokio::test]
    async fn a_day_never_comes_to_more_than_it_may_and_the_next_is_free() {
        let store = Store::in_memory().await.unwrap();
        let (today, tomorrow, most) = (date(2026, 3, 31), date(2026, 4, 1), outlay(1_000, 500));
        assert!(store.reserve_outlay(today, outlay(600, 100), most).await.unwrap());
        assert!(!store.reserve_outlay(today, outlay(600, 100), most).await.unwrap(), "too many tokens");
        assert!(!store.reserve_outlay(today, outlay(1, 401), most).await.unwrap(), "too much money");
        assert!(store.reserve_outlay(tomorrow, outlay(600, 100), most).await.unwrap());
        let sum = store.settle_outlay(today, outlay(600, 100), outlay(50, 7)).await.unwrap();
        assert_eq!(sum, outlay(50, 7));
        assert_eq!(store.outlay(today).await.unwrap(), sum);
    }

    #[tokio::test]
    async fn many_that_reserve_at_once_never_pass_the_limit_together() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_dir(folder.path()).await.unwrap();
        let (today, most) = (date(2026, 3, 31), outlay(1_000, 1_000));
        let all = (0..20).map(|_| store.reserve_outlay(today, outlay(100, 1), most));
        let done = futures_util::future::join_all(all).await;
        assert_eq!(done.into_iter().filter(|done| *done.as_ref().unwrap()).count(), 10);
        store.close().await;
    }
}
