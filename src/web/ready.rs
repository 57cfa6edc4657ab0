//! Which parts of the program are up, for `/readyz` and whoever routes traffic here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

/// How a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartState {
    /// Not there yet.
    Starting,
    /// Works.
    Up,
    /// Not configured, and not missed.
    Off,
    /// Broken, and why in a few words; shown to whoever may reach the port, so without secrets.
    Down(String),
}

impl PartState {
    /// One word for machines.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Up => "up",
            Self::Off => "off",
            Self::Down(_) => "down",
        }
    }
}

/// A board on which parts say how they are; cheap to clone, all clones are one board.
///
/// It begins with the part `engine` starting, so that nothing is served before the snapshot was loaded.
#[derive(Debug, Clone)]
pub struct Readiness {
    parts: Arc<RwLock<BTreeMap<String, (bool, PartState)>>>,
}

impl Default for Readiness {
    fn default() -> Self {
        let engine = ("engine".to_owned(), (true, PartState::Starting));
        Self { parts: Arc::new(RwLock::new(BTreeMap::from([engine]))) }
    }
}

impl Readiness {
    /// Says how a part is without which nothing can be answered, as `engine` or `store`.
    pub fn needs(&self, part: &str, state: PartState) {
        self.write(part, true, state);
    }

    /// Says how a part is that may be missing, as `discord`; it never holds back readiness.
    pub fn tells(&self, part: &str, state: PartState) {
        self.write(part, false, state);
    }

    /// Whether all needed parts are up.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.parts().iter().all(|(_, needed, state)| !needed || *state == PartState::Up)
    }

    /// Name, whether it is needed, and state of each part, by name.
    #[must_use]
    pub fn parts(&self) -> Vec<(String, bool, PartState)> {
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner);
        parts.iter().map(|(name, (needed, state))| (name.clone(), *needed, state.clone())).collect()
    }

    fn write(&self, part: &str, needed: bool, state: PartState) {
        let mut parts = self.parts.write().unwrap_or_else(PoisonError::into_inner);
        parts.insert(part.to_owned(), (needed, state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_needed_parts_hold_back_readiness() {
        let ready = Readiness::default();
        assert!(!ready.is_ready());
        ready.needs("engine", PartState::Up);
        ready.tells("discord", PartState::Down("reconnecting".into()));
        assert!(ready.is_ready());
        ready.clone().needs("store", PartState::Down("the file is gone".into()));
        assert!(!ready.is_ready());
    }
}
