//! What was computed on a snapshot once and may be asked for again.
//!
//! Invariant: a snapshot never changes, so what is kept here never grows stale; it goes with the snapshot.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Results kept at once; when there are more, all are dropped and made again as they are asked for.
/// One may take a hundred kilobytes.
const KEPT_MAX: usize = 256;

/// Results by what they answer.
#[derive(Debug)]
pub(super) struct Memo<K, V>(Mutex<HashMap<K, Arc<V>>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Memo<K, V> {
    /// The kept result, or that of `make`. The lock is not held meanwhile: two who ask at once may both make it.
    pub(super) fn get_or(&self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        // A panic elsewhere cannot have left a half-written result: they go in whole.
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept().get(&key) {
            return Arc::clone(found);
        }
        let made = Arc::new(make());
        let mut kept = kept();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        Arc::clone(kept.entry(key).or_insert(made))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_made_once_and_the_store_stays_bounded() {
        let memo = Memo::default();
        let mut made = 0;
        for _ in 0..2 {
            assert_eq!(
                *memo.get_or(1, || {
                    made += 1;
                    made
                }),
                1
            );
        }
        for key in 0..2 * KEPT_MAX {
            memo.get_or(key, || 0);
        }
        assert!(memo.0.lock().unwrap().len() <= KEPT_MAX);
    }
}
