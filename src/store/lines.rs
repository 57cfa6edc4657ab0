//! Lines behind buttons of chat that are too long to stand in the button itself.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::error::Doing;
use super::error::StoreError;
use super::open::Store;

/// How long a line is kept after it was shown last: who scrolls back further asks again.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 180);

impl Store {
    /// Keeps lines under their keys, as shown just now, and forgets those that were not shown for long.
    pub async fn keep_lines(&self, lines: &[(String, String)], now: Timestamp) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        sqlx::query("DELETE FROM line WHERE shown_ms < $1")
            .bind((now - KEPT_FOR).as_millisecond())
            .execute(&mut *writing)
            .await
            .doing("forgetting old lines")?;
        for (key, text) in lines {
            sqlx::query(
                "INSERT INTO line (line_key, text, shown_ms) VALUES ($1, $2, $3) \
                 ON CONFLICT (line_key) DO UPDATE SET shown_ms = excluded.shown_ms",
            )
            .bind(key)
            .bind(text)
            .bind(now.as_millisecond())
            .execute(&mut *writing)
            .await
            .doing("keeping a line")?;
        }
        writing.commit().await.doing("keeping lines")
    }

    /// The line that is kept under a key.
    pub async fn kept_line(&self, key: &str) -> Result<Option<String>, StoreError> {
        let mut reading = self.read().await?;
        sqlx::query_scalar("SELECT text FROM line WHERE line_key = $1")
            .bind(key)
            .fetch_optional(&mut *reading)
            .await
            .doing("reading a kept line")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_is_kept_until_it_was_not_shown_for_long() {
        let store = Store::in_memory().await.unwrap();
        let day = |days: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days);
        let line = |key: &str| (key.to_owned(), format!("usage {key}"));
        store.keep_lines(&[line("a"), line("b")], day(0)).await.unwrap();
        store.keep_lines(&[line("a")], day(100)).await.unwrap();
        store.keep_lines(&[line("c")], day(200)).await.unwrap();
        assert_eq!(store.kept_line("a").await.unwrap().as_deref(), Some("usage a"));
        assert_eq!(store.kept_line("b").await.unwrap(), None);
        assert_eq!(store.kept_line("c").await.unwrap().as_deref(), Some("usage c"));
    }
}
