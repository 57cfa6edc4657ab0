//! Models that come to an end.

use jiff::civil::Date;

use super::ids::Model;

/// A model that comes to an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelLife {
    /// The model.
    pub model: Model,
    /// The day from which on it need not answer any more; `None` while none is set.
    pub retires: Option<Date>,
    /// What to use in its place, where somebody said so.
    pub replacement: Option<Model>,
}
