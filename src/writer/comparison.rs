//! Figures and bands beside each other: which way they point.

use crate::domain::Band;
use crate::domain::Measure;

use super::brief::{Direction, Numbered};
use super::lexicon;
use super::objection::Reason;
use super::reading::{Clause, Reading, naming_of};
use super::sentence::Piece;

/// Windows whose lengths differ by no more are as long as each other: months are.
const ALIKE_HOURS: i64 = 72;

/// Two levels of a clause, with where they stand.
struct Pair<'a> {
    first: (usize, &'a Numbered),
    second: (usize, &'a Numbered),
}

impl Reading<'_> {
    /// Which way two levels of a clause point that stand beside each other, `from` one `to` another or one above another.
    /// Levels of the same thing that stand otherwise cannot be told apart, and are refused.
    pub(super) fn pair(&self, clause: &Clause) -> Result<Option<Direction>, Reason> {
        let is_level = |at: &usize| self.fact_at(*at).is_some_and(|(_, one)| one.direction.is_none());
        let places: Vec<usize> = clause.at.clone().filter(is_level).collect();
        let levels = places.iter().filter_map(|at| Some((*at, self.fact_at(*at)?.1)));
        let levels: Vec<(usize, &Numbered)> = levels.collect();
        if let [first, second] = levels[..]
            && are_alike(first.1, second.1)
        {
            return self.way_of(&Pair { first, second });
        }
        let has_twins = levels.iter().enumerate().any(|(at, (_, one))| {
            let mut others = levels[at + 1..].iter();
            others.any(|(_, two)| are_alike(one, two))
        });
        let compared = self.words_of(clause).find(|word| lexicon::compares(word) || *word == "between");
        match compared.filter(|_| levels.len() > 1) {
            _ if has_twins => Err(Reason::Compared("several figures of the same thing".into())),
            Some(word) => Err(Reason::Compared(format!("“{word}”"))),
            None => Ok(None),
        }
    }

    fn way_of(&self, pair: &Pair<'_>) -> Result<Option<Direction>, Reason> {
        let ((first, one), (second, two)) = (pair.first, pair.second);
        let number = |at: usize| self.pieces[at].fact().map_or(0, |number| number + 1);
        let refused = || Reason::Compared(format!("[f{}] and [f{}]", number(first), number(second)));
        let (Some(a), Some(b)) = (one.fact.value.as_f64(), two.fact.value.as_f64()) else {
            return Err(refused());
        };
        let before = |at: usize| at.checked_sub(1).and_then(|at| self.word_at(at));
        let (left, right) = (one.fact.key.window, two.fact.key.window);
        let way = match (before(first), before(second)) {
            (Some("between"), Some("and")) => (a <= b && left == right).then_some(None),
            (Some("from"), Some("to")) => {
                let follows = one.fact.key.measure == two.fact.key.measure || is_outlook(one, two);
                let apart = (left.length() - right.length()).as_hours().abs();
                let is_later = left.to() < right.to() && apart <= ALIKE_HOURS;
                (follows && is_later).then_some(Some(way(b - a)))
            }
            // As in “[f1] calls, below the usual [f2]”.
            _ => {
                let mut between = (first + 1..second).filter_map(|at| self.word_at(at));
                let is_compared = between.any(|word| lexicon::sense(word).is_some());
                (is_compared && (left == right || two.is_past)).then_some(Some(way(a - b)))
            }
        };
        way.ok_or_else(refused)
    }

    /// From one band to another, in words; which way that goes.
    pub(super) fn band_move(&self, clause: &Clause) -> Option<Direction> {
        let pieces = self.pieces_of(clause);
        let bands: Vec<Band> = pieces.iter().filter_map(Piece::word).filter_map(lexicon::band).collect();
        let [one, two] = bands[..] else { return None };
        Some(match one.cmp(&two) {
            std::cmp::Ordering::Less => Direction::Up,
            std::cmp::Ordering::Greater => Direction::Down,
            std::cmp::Ordering::Equal => Direction::Level,
        })
    }
}

/// Whether two levels are of the same thing of the same account.
fn are_alike(one: &Numbered, two: &Numbered) -> bool {
    one.account == two.account
        && one.part == two.part
        && one.fact.value.unit() == two.fact.value.unit()
        && naming_of(one).map(|one| one.topic) == naming_of(two).map(|two| two.topic)
}

/// Whether the second is what is expected after the first.
fn is_outlook(one: &Numbered, two: &Numbered) -> bool {
    match (one.fact.key.measure, two.fact.key.measure) {
        (Measure::Sum(was), Measure::Expected(will, _)) => was == will,
        _ => false,
    }
}

fn way(size: f64) -> Direction {
    match size {
        size if size > 0.0 => Direction::Up,
        size if size < 0.0 => Direction::Down,
        _ => Direction::Level,
    }
}
