//! Which interactions were taken on already: after a resume Discord may deliver one twice.

use std::collections::HashSet;
use std::collections::VecDeque;

/// How many ids are remembered; a token lives 15 minutes, and no team asks thousands of questions in that time.
const REMEMBERED: usize = 4_096;

/// The newest ids, each once.
#[derive(Debug, Default)]
pub(super) struct Seen {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    /// Whether `id` comes for the first time; remembers it.
    pub(super) fn first(&mut self, id: u64) -> bool {
        if !self.known.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_first_once_and_memory_is_bounded() {
        let mut seen = Seen::default();
        assert!(seen.first(1));
        assert!(!seen.first(1));
        for id in 2..=REMEMBERED as u64 + 1 {
            assert!(seen.first(id));
        }
        assert_eq!(seen.order.len(), REMEMBERED);
        assert_eq!(seen.known.len(), REMEMBERED);
        assert!(seen.first(1), "the oldest is forgotten");
    }
}
