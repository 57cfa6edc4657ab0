//! Small values kept under a name, for the program itself.

use serde_json::json;
use sqlx::AnyConnection;

use crate::domain::Act;
use crate::domain::AuditKind;

use super::audit;
use super::audit::Entry;
use super::error::Doing;
use super::error::StoreError;
use super::open::Store;

impl Store {
    /// A small value kept under a name, as the hash of the commands last registered with Discord.
    pub async fn kept(&self, key: &str) -> Result<Option<String>, StoreError> {
        let mut reading = self.read().await?;
        value(&mut reading, key).await
    }

    /// Keeps a small value under a name.
    pub async fn keep(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        put(&mut writing, key, value).await?;
        writing.commit().await.doing("keeping a value")
    }

    /// Keeps a model of churn under a name; empty text forgets it.
    pub async fn keep_churn_model(&self, key: &str, text: &str, act: &Act) -> Result<(), StoreError> {
        const DOING: &str = "keeping a churn model";
        let mut writing = self.write().await?;
        let before = value(&mut writing, key).await?.unwrap_or_default();
        if before == text {
            return Ok(());
        }
        put(&mut writing, key, text).await?;
        let told = |text: &str| (!text.is_empty()).then(|| json!(text));
        let entry = Entry::new(act, AuditKind::ChurnModel, "churn model").changed(told(&before), told(text));
        audit::append(&mut writing, &[entry]).await?;
        writing.commit().await.doing(DOING)
    }

    /// Keeps a small value under a name, unless it holds one already.
    pub async fn keep_first(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        sqlx::query("INSERT INTO kept (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
            .bind(key)
            .bind(value)
            .execute(&mut *writing)
            .await
            .doing("keeping a first value")?;
        writing.commit().await.doing("keeping a first value")
    }
}

async fn value(connection: &mut AnyConnection, key: &str) -> Result<Option<String>, StoreError> {
    sqlx::query_scalar("SELECT value FROM kept WHERE name = $1")
        .bind(key)
        .fetch_optional(connection)
        .await
        .doing("reading a kept value")
}

async fn put(writing: &mut AnyConnection, key: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO kept (name, value) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    let put = sqlx::query(sql).bind(key).bind(value);
    put.execute(writing).await.doing("keeping a value").map(|_done| ())
}
