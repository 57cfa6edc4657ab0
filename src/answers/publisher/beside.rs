//! What is kept beside the data: the churn model, forecasts to be held against what comes, and the lives of models.

use crate::domain::Act;
use crate::domain::Foretold;
use crate::domain::ModelLife;
use crate::engine::KeptChurn;
use crate::store::StoreError;

use super::Publisher;

/// The name under which the store keeps a churn model.
const KEPT_CHURN: &str = "churn_model";

impl Publisher {
    /// The churn model that was kept, if there is one that can be read.
    pub(super) async fn kept_churn(&self) -> Result<Option<KeptChurn>, StoreError> {
        let Some(text) = self.store.kept(KEPT_CHURN).await? else { return Ok(None) };
        if text.is_empty() {
            return Ok(None);
        }
        let read = text.parse::<KeptChurn>();
        if let Err(mistake) = &read {
            tracing::warn!(%mistake, "The kept churn model cannot be read; one is fitted to the data instead");
        }
        Ok(read.ok())
    }

    /// Has accounts judged by this churn model from now on; `None` fits one to the data each time.
    pub(in crate::answers) async fn keep_churn(
        &self,
        kept: Option<KeptChurn>,
        act: &Act,
    ) -> Result<(), StoreError> {
        let _alone = self.writing.lock().await;
        let text = kept.as_ref().map(ToString::to_string).unwrap_or_default();
        self.store.keep_churn_model(KEPT_CHURN, &text, act).await?;
        let base = self.engine.snapshot();
        let mut draft = base.draft();
        draft.kept_churn(kept);
        self.finish(draft, base.version()).await;
        Ok(())
    }

    /// Fits a churn model to the data, and not to what was kept before, and keeps it.
    pub(in crate::answers) async fn fit_churn(&self, act: &Act) -> Result<(), StoreError> {
        let alone = self.writing.lock().await;
        let base = self.engine.snapshot();
        let mut draft = base.draft();
        draft.kept_churn(None);
        self.finish(draft, base.version()).await;
        let fitted = self.engine.snapshot().kept_churn();
        drop(alone);
        self.keep_churn(Some(fitted), act).await
    }

    /// Keeps a forecast to be held against what comes, the first one of its window. It changes no figure that is known
    /// already, so the version stays.
    pub(in crate::answers) async fn keep_foretold(&self, one: &Foretold) -> Result<(), StoreError> {
        let is_known = |known: &Foretold| {
            (&known.account, known.metric, known.window) == (&one.account, one.metric, one.window)
        };
        if self.engine.snapshot().all_foretold().iter().any(is_known) {
            return Ok(());
        }
        let _alone = self.writing.lock().await;
        if self.store.keep_foretold(one).await? {
            let base = self.engine.snapshot();
            let mut draft = base.draft();
            draft.foretold(self.store.foretold().await?);
            self.finish(draft, base.version()).await;
        }
        Ok(())
    }

    /// Keeps which models come to an end. It changes no figure, so the version stays.
    pub(in crate::answers) async fn keep_model_lives(
        &self,
        told_by: &str,
        lives: &[ModelLife],
    ) -> Result<(), StoreError> {
        let _alone = self.writing.lock().await;
        if self.store.put_model_lives(told_by, lives).await? {
            let base = self.engine.snapshot();
            let mut draft = base.draft();
            draft.model_lives(self.store.model_lives().await?);
            self.finish(draft, base.version()).await;
        }
        Ok(())
    }
}
