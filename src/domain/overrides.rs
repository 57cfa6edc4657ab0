//! Overrides: a person sets a score for a while, and says why.
//!
//! Invariant: an override always has a reason and an end.

use jiff::Timestamp;

use super::ids::{AccountId, Person};
use super::score::Score;

/// A score that a person set in place of the computed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Whose score.
    pub account: AccountId,
    /// The score that is shown while it is in force.
    pub score: Score,
    /// Why; hostile text until escaped for where it goes.
    pub reason: String,
    /// Who set it.
    pub by: Person,
    /// In force from here.
    pub at: Timestamp,
    /// In force up to, and without, this instant.
    pub expires: Timestamp,
    /// When it was taken back before its end.
    pub cleared: Option<Cleared>,
}

/// How an override was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    /// Who did.
    pub by: Person,
    /// When.
    pub at: Timestamp,
    /// Why, when it was said; hostile text.
    pub reason: Option<String>,
}

impl Override {
    /// Whether it is in force at an instant, as far as no later one took its place.
    #[must_use]
    pub fn holds_at(&self, at: Timestamp) -> bool {
        let end = self.cleared.as_ref().map_or(self.expires, |cleared| cleared.at.min(self.expires));
        self.at <= at && at < end
    }

    /// The one in force at an instant, of those of one account in the order in which they were set: the last one that
    /// was set by then, unless it has ended. A later one takes the place of an earlier one for good.
    pub fn in_force<T: AsRef<Self>>(all: &[T], at: Timestamp) -> Option<&T> {
        all.iter().rfind(|one| one.as_ref().at <= at).filter(|one| one.as_ref().holds_at(at))
    }
}

impl AsRef<Self> for Override {
    fn as_ref(&self) -> &Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(at: i64) -> Timestamp {
        Timestamp::from_second(at).unwrap()
    }

    fn set(score: f64, at: i64, expires: i64, cleared: Option<i64>) -> Override {
        let by: Person = "dana".parse().unwrap();
        let cleared = cleared.map(|at| Cleared { by: by.clone(), at: second(at), reason: None });
        Override {
            account: "acme".parse().unwrap(),
            score: Score::of(score),
            reason: "outage".into(),
            by,
            at: second(at),
            expires: second(expires),
            cleared,
        }
    }

    #[test]
    fn the_last_one_set_holds_until_it_ends_or_is_taken_back() {
        let all = [set(10.0, 0, 100, None), set(20.0, 50, 60, None), set(30.0, 80, 200, Some(90))];
        let at = |at| Override::in_force(&all, second(at)).map(|one| one.score.points());
        assert_eq!(
            [-1, 0, 49, 50, 59, 60, 79, 80, 89, 90, 300].map(at),
            [
                None,
                Some(10.0),
                Some(10.0),
                Some(20.0),
                Some(20.0),
                None,
                None,
                Some(30.0),
                Some(30.0),
                None,
                None
            ]
        );
    }
}
