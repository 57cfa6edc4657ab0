//! Departments: work that stands above the figures, as digests, alerts and the AI; the desk passes on what is theirs.

use std::sync::Arc;

use crate::domain::Asker;
use crate::problem::Problem;
use crate::reply::Answer;

use super::desk::{Choice, Desk};
use super::question::Question;

/// Answers the questions of one kind. Whether the asker's role allows them was checked by the desk.
#[async_trait::async_trait]
pub trait Department: Send + Sync {
    /// Answers a question, or does what it orders, with the asker's rights.
    async fn answer(&self, desk: &Desk, asker: &Asker, question: &Question) -> Result<Answer, Problem>;

    /// What completes the names that its commands take, as far as the asker may know of them.
    fn names(&self, _desk: &Desk, _asker: &Asker) -> Vec<Choice> {
        Vec::new()
    }
}

/// Who answers what the desk itself does not.
#[derive(Clone, Default)]
pub struct Departments {
    /// `digest …`
    pub digests: Option<Arc<dyn Department>>,
    /// `alert …`
    pub alerts: Option<Arc<dyn Department>>,
    /// `ask …`
    pub ask: Option<Arc<dyn Department>>,
}

impl Departments {
    /// The one whose question it is; `Ok(None)` when it is the desk's own.
    pub(super) fn of(&self, question: &Question) -> Result<Option<&dyn Department>, Problem> {
        let own = match question {
            Question::Digest(_) => &self.digests,
            Question::Alert(_) => &self.alerts,
            Question::Ask { .. } => &self.ask,
            _ => return Ok(None),
        };
        let missing = || Problem::internal(anyhow::anyhow!("no department answers {}", question.command()));
        own.as_deref().map(Some).ok_or_else(missing)
    }
}
