//! Models that come to an end, by who told of them.

use jiff::civil::Date;

use crate::domain::ModelLife;

use super::error::Doing;
use super::error::StoreError;
use super::error::read_back;
use super::open::Store;

/// Who tells of models in the settings; it goes over what sources tell.
pub const TOLD_BY_SETTINGS: &str = "settings";

impl Store {
    /// Keeps what somebody tells of models, in the place of all that they told before; tells whether that is another.
    pub async fn put_model_lives(&self, told_by: &str, lives: &[ModelLife]) -> Result<bool, StoreError> {
        const DOING: &str = "keeping which models come to an end";
        let before = self.model_lives().await?;
        let mut writing = self.write().await?;
        sqlx::query("DELETE FROM model_life WHERE told_by = $1")
            .bind(told_by)
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        for life in lives {
            sqlx::query(
                "INSERT INTO model_life (told_by, name, retires_day, replacement) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(told_by)
            .bind(life.model.as_str())
            .bind(life.retires.map(|day| day.to_string()))
            .bind(life.replacement.as_ref().map(|model| model.as_str().to_owned()))
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        }
        writing.commit().await.doing(DOING)?;
        Ok(self.model_lives().await? != before)
    }

    /// Models that come to an end, each once, by name; what the settings say of one goes over what sources tell.
    pub async fn model_lives(&self) -> Result<Vec<ModelLife>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<(String, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT name, retires_day, replacement FROM model_life \
             ORDER BY name, CASE WHEN told_by = $1 THEN 0 ELSE 1 END, told_by",
        )
        .bind(TOLD_BY_SETTINGS)
        .fetch_all(&mut *reading)
        .await
        .doing("reading which models come to an end")?;
        let mut lives = Vec::with_capacity(rows.len());
        for (name, retires, replacement) in rows {
            let day = retires.map(|day| read_back::<Date>(&day, "model_life.retires_day")).transpose()?;
            let replacement =
                replacement.map(|name| read_back(&name, "model_life.replacement")).transpose()?;
            let model = read_back(&name, "model_life.name")?;
            lives.push(ModelLife { model, retires: day, replacement });
        }
        lives.dedup_by(|next, kept| next.model == kept.model);
        Ok(lives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(model: &str, day: &str) -> ModelLife {
        ModelLife { model: model.parse().unwrap(), retires: Some(day.parse().unwrap()), replacement: None }
    }

    #[tokio::test]
    async fn the_settings_go_over_what_sources_tell() {
        let store = Store::in_memory().await.unwrap();
        let told = [life("a", "2026-04-01"), life("b", "2026-05-01")];
        assert!(store.put_model_lives("anthropic", &told).await.unwrap());
        assert!(!store.put_model_lives("anthropic", &told).await.unwrap());
        let set = [life("b", "2026-06-01")];
        assert!(store.put_model_lives(TOLD_BY_SETTINGS, &set).await.unwrap());
        let both = [life("a", "2026-04-01"), life("b", "2026-06-01")];
        assert_eq!(store.model_lives().await.unwrap(), both);
        assert!(!store.put_model_lives("anthropic", &told[..1]).await.unwrap());
        assert!(store.put_model_lives(TOLD_BY_SETTINGS, &[]).await.unwrap());
        assert_eq!(store.model_lives().await.unwrap(), told[..1]);
    }
}
