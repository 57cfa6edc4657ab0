//! The port behind which a far side is asked for usage.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::domain::AccountId;
use crate::domain::Metered;
use crate::domain::ModelLife;
use crate::domain::SourceId;
use crate::domain::Unmapped;
use crate::domain::UsageRow;
use crate::domain::Window;

/// A far side that is asked for usage.
#[async_trait::async_trait]
pub trait Source: Send + Sync {
    /// What its usage is called.
    fn id(&self) -> &SourceId;

    /// What rows come out the same for: another text means that all has to be asked for anew.
    fn fingerprint(&self) -> String;

    /// The part of a window that can be asked for, cut into pieces that can be asked for at once, oldest first.
    fn pieces(&self, window: Window, now: Timestamp) -> Vec<Window>;

    /// All usage of such a piece as it stands now. What was told of it before and is not told any more was restated to
    /// nothing.
    async fn pull(&self, piece: Window) -> Result<Pulled, SourceFault>;

    /// Models that come to an end, as far as the far side tells.
    async fn model_lives(&self) -> Result<Vec<ModelLife>, SourceFault>;
}

/// The usage of a window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pulled {
    /// Each key once.
    pub rows: Vec<(UsageRow, Metered)>,
    /// What accounts are called that nobody named.
    pub names: Vec<(AccountId, String)>,
    /// Up to when the far side knows all.
    pub complete_until: Timestamp,
    /// Whose usage no rule gives to an account.
    pub unmapped: Vec<Unmapped>,
    /// Calls that it took.
    pub calls: u32,
    /// What must be known about these figures, as that they hold no calls.
    pub note: Option<&'static str>,
}

/// Why nothing came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct SourceFault {
    /// What is in the way and what would help, without secrets and without words of the far side.
    pub words: String,
    /// When another try is of use.
    pub again: Again,
    /// Calls that it took.
    pub calls: u32,
}

/// When another try is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Soon, and later the more often it failed.
    Soon,
    /// After so long, by the word of the far side.
    After(SignedDuration),
    /// When a person has done something about it; until then seldom.
    Person,
}
