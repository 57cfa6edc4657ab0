//! What a sentence claims beyond its figures: directions, comparisons, states, bands and lengths of time.

use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Quantity;

use super::brief::{Direction, Numbered, State};
use super::lexicon::{self, Sense};
use super::naming;
use super::objection::Reason;
use super::period::Period;
use super::reading::{Clause, Reading};
use super::sentence::{Kind, Piece};

/// A change below this is none worth a word.
const FLAT_BELOW: f64 = 0.02;
/// The same for points of a score.
const FLAT_POINTS: f64 = 0.5;

impl Reading<'_> {
    /// What is wrong with what it claims.
    pub(super) fn unsupported(&self) -> Vec<Reason> {
        let mut wrong = Vec::new();
        for clause in &self.clauses {
            let pair = if clause.has_facts { self.pair(clause) } else { Ok(None) };
            match pair {
                Ok(pair) => {
                    wrong.extend(self.misdirected(clause, pair));
                    wrong.extend(self.misput(clause, pair.is_some()));
                }
                Err(reason) => wrong.push(reason),
            }
            wrong.extend(self.untrue(clause));
            wrong.extend(self.mistimed(clause));
        }
        wrong.extend(self.negated());
        wrong.extend(self.reasoned());
        wrong.extend(self.made_up());
        wrong
    }

    /// Words of a statement that could tell an event which nobody knows of.
    fn made_up(&self) -> Vec<Reason> {
        let mut wrong = Vec::new();
        let mut advises = false;
        for clause in &self.clauses {
            // What follows a piece of advice belongs to it.
            let words: Vec<&str> = self
                .words_of(clause)
                .skip_while(|word| matches!(*word, "please" | "also" | "then"))
                .collect();
            let [first, second] = [0, 1].map(|at| words.get(at).copied().unwrap_or_default());
            advises |= lexicon::begins_advice(first, second);
            let told = words.into_iter().filter(|word| !advises && lexicon::is_advice(word));
            wrong.extend(told.map(|word| Reason::AdviceWord(word.to_owned())));
        }
        wrong
    }

    /// Direction words that their clause does not bear out.
    fn misdirected(&self, clause: &Clause, pair: Option<Direction>) -> Vec<Reason> {
        let facts = self.facts_of(clause);
        let signed: Vec<(usize, &Numbered)> =
            facts.iter().copied().filter(|(_, one)| one.direction.is_some()).collect();
        let bands = self.band_move(clause);
        let mut wrong = Vec::new();
        for at in clause.at.clone() {
            let Some(word) = self.word_at(at).filter(|_| !self.is_particle(clause, at)) else { continue };
            let Some(sense) = lexicon::sense(word) else {
                // “Against [f3] in the week before” stands for itself.
                let is_past = !facts.is_empty() && facts.iter().all(|(_, one)| one.is_past);
                let is_bare = signed.is_empty() && pair.is_none() && clause.has_facts && !is_past;
                if lexicon::compares(word) && is_bare {
                    wrong.push(Reason::Compared(format!("“{word}”")));
                }
                continue;
            };
            if naming::is_topic(word) && self.is_called_for(clause, word) {
                continue;
            }
            if signed.is_empty() && pair.is_none() && bands.is_none() {
                wrong.push(Reason::Unsupported(word.to_owned()));
            }
            for (at, one) in &signed {
                if !agrees(sense, one) {
                    wrong.push(Reason::Direction { word: word.to_owned(), fact: format!("f{}", at + 1) });
                }
            }
            for way in [pair, bands].into_iter().flatten() {
                if !points(sense, way) {
                    wrong.push(Reason::Compared(format!("“{word}”")));
                }
            }
        }
        wrong
    }

    /// The `up` of `follow up` and `set up`, in a clause without figures.
    fn is_particle(&self, clause: &Clause, at: usize) -> bool {
        let verb = at.checked_sub(1).and_then(|at| self.word_at(at)).unwrap_or_default();
        let takes_up = ["follow", "set", "bring", "catch", "wrap", "sign", "look"]
            .iter()
            .any(|one| verb.starts_with(one));
        self.word_at(at) == Some("up") && takes_up && !clause.has_facts
    }

    /// Figures that stand where their kind makes no sense: a change as a level, a level as a change, a past one as now.
    fn misput(&self, clause: &Clause, is_pair: bool) -> Vec<Reason> {
        let mut wrong = Vec::new();
        let facts = self.facts_of(clause);
        let says_before = self.words_of(clause).find(|word| lexicon::before(word));
        let has_signed = facts.iter().any(|(_, one)| one.direction.is_some());
        for at in clause.at.clone() {
            let Some((number, one)) = self.fact_at(at) else { continue };
            let before = at.checked_sub(1).and_then(|at| self.word_at(at)).unwrap_or_default();
            let after = self.word_at(at + 1).unwrap_or_default();
            let put = |word: &str, remedy| Reason::Put {
                fact: format!("f{}", number + 1),
                word: word.into(),
                remedy,
            };
            let is_bound = matches!(before, "than" | "above" | "below") && !is_pair;
            if lexicon::hedges(before) || is_bound {
                wrong.push(put(before, "figures are exact, leave the word out"));
            }
            if one.direction.is_some() {
                if matches!(before, "to" | "at" | "from") {
                    wrong.push(put(before, "it is a change, write “by”"));
                }
            } else {
                wrong.extend(self.level_as_change(at).map(|word| put(word, "it is a level, not a change")));
                if one.is_past && says_before.is_none() && before != "from" {
                    wrong.push(put("", "it is of the period before, say so"));
                }
                let is_now = matches!(one.fact.key.measure, Measure::Sum(_)) && !one.is_past;
                let has_past = facts.iter().any(|(_, other)| other.is_past);
                if let Some(word) = says_before.filter(|_| is_now && !has_past && !has_signed) {
                    wrong.push(put(word, "it is of now"));
                }
                if before == "from" && !self.begins_a_change(clause, one) {
                    wrong.push(put(before, "no figure beside it begins there"));
                }
            }
            let is_points = matches!(one.fact.value, Quantity::Points(_) | Quantity::Score(_));
            let is_span = self.word_at(at + 2).is_some_and(|word| matches!(word, "over" | "on"));
            if (Period::named(after).is_some() && !is_span)
                || matches!(after, "days")
                || (after.starts_with("point") && !is_points)
            {
                wrong.push(put(after, "it has another unit"));
            }
        }
        wrong
    }

    /// A level right beside a word of direction, as in “fell by [f1]”, which only a change can bear.
    fn level_as_change(&self, at: usize) -> Option<&str> {
        let back = |steps: usize| at.checked_sub(steps).and_then(|at| self.word_at(at));
        let is_way = |word: &&str| lexicon::sense(word).is_some() && !naming::is_topic(word);
        let compared =
            |at: usize| self.word_at(at).is_some_and(|word| lexicon::compares(word) || word == "the");
        match back(1) {
            Some("by") => Some("by"),
            Some("of") => (2..=3).filter_map(back).find(is_way),
            Some(word) if is_way(&word) && !matches!(word, "above" | "below") => Some(word),
            _ => self.word_at(at + 1).filter(is_way).filter(|word| {
                let is_compared = compared(at + 2) || matches!(*word, "above" | "below");
                !is_compared
                    || self.fact_at(at + 3).or(self.fact_at(at + 4)).or(self.fact_at(at + 2)).is_none()
            }),
        }
    }

    /// Whether a change or a later level beside it begins at this level.
    fn begins_a_change(&self, clause: &Clause, start: &Numbered) -> bool {
        self.facts_of(clause).iter().any(|(_, one)| {
            let is_same = one.account == start.account && one.part == start.part;
            let begins = match (one.fact.key.measure, start.fact.key.measure) {
                (Measure::Change(metric), Measure::Sum(other)) => {
                    metric == other && one.fact.key.window.previous() == start.fact.key.window
                }
                (Measure::ScoreChange, Measure::HealthScore) => {
                    one.fact.key.window.from() == start.fact.key.window.to()
                }
                _ => one.direction.is_none() && one.fact.key.window.to() > start.fact.key.window.to(),
            };
            is_same && begins
        })
    }

    /// States and bands that do not hold of whom they are said.
    fn untrue(&self, clause: &Clause) -> Vec<Reason> {
        let mut wrong = Vec::new();
        let pieces = self.pieces_of(clause);
        let moves = self.band_move(clause).is_some();
        let mut bands = 0;
        for (at, piece) in pieces.iter().enumerate() {
            let Some(word) = piece.word() else { continue };
            if self.is_called_for(clause, word) {
                continue;
            }
            let before = at.checked_sub(1).and_then(|at| pieces[at].word()).unwrap_or_default();
            // “A new date” says nothing of the account.
            let is_of_noun = pieces.get(at + 1).and_then(Piece::word).is_some_and(lexicon::claims_nothing);
            if word == "new" && is_of_noun {
                continue;
            }
            let (state, band) = (lexicon::state(word), lexicon::band(word));
            if state.is_none() && band.is_none() {
                continue;
            }
            let concerned: Vec<usize> = match self.whose(clause) {
                Ok(whose) => whose.into_iter().collect(),
                Err(_unclear) => clause.names.iter().copied().collect(),
            };
            let was = before == "from" || (moves && bands == 0);
            let holds = |account: &usize| {
                let subject = &self.brief.accounts[*account];
                let is_state = state.is_none_or(|state| self.holds(clause, *account, state));
                is_state
                    && band
                        .is_none_or(|band| Some(band) == if was { subject.band_before } else { subject.band })
            };
            bands += usize::from(band.is_some());
            if concerned.is_empty() || !concerned.iter().all(holds) {
                let of = |at: &usize| format!("[a{}]", at + 1);
                let of = concerned.first().map_or_else(|| "all accounts".into(), of);
                wrong.push(Reason::Untrue { word: word.to_owned(), of });
            }
        }
        wrong
    }

    /// Whether a state holds of an account, or, where the clause names an initiative, of that initiative.
    fn holds(&self, clause: &Clause, account: usize, state: State) -> bool {
        let named = self.pieces_of(clause).iter().filter_map(|piece| match piece.kind {
            Kind::Initiative(at) => Some(&self.brief.initiatives[at]),
            _ => None,
        });
        let of_initiatives = [State::Overdue, State::Blocked, State::Due, State::Done].contains(&state);
        let mut named = named.filter(|_| of_initiatives).peekable();
        if named.peek().is_some() {
            return named.all(|one| one.holds.contains(&state));
        }
        self.brief.accounts[account].holds.contains(&state)
    }

    /// Lengths of time that the figures do not have.
    fn mistimed(&self, clause: &Clause) -> Vec<Reason> {
        if !self.has_facts() {
            return Vec::new();
        }
        let of_clause = self.facts_of(clause);
        let of_all: Vec<(usize, &Numbered)> =
            self.clauses.iter().flat_map(|one| self.facts_of(one)).collect();
        let mut wrong = Vec::new();
        for at in clause.at.clone() {
            let Some(word) = self.word_at(at) else { continue };
            let Some(period) = Period::named(word) else { continue };
            let fits = if clause.has_facts {
                of_clause.iter().any(|(_, one)| one.period == Some(period))
            } else {
                of_all.iter().all(|(_, one)| one.period == Some(period))
            };
            let before = at.checked_sub(1).and_then(|at| self.word_at(at)).unwrap_or_default();
            let is_moved = before == "next"
                || (before == "last" && period != Period::Week && period != Period::Day)
                || matches!(word, "yesterday" | "tomorrow");
            if !fits || is_moved {
                wrong.push(Reason::Period(word.to_owned()));
            }
        }
        wrong
    }

    /// A word that turns round what the sentence claims.
    fn negated(&self) -> Option<Reason> {
        let mut words = self.pieces.iter().filter_map(Piece::word);
        let claims = self.has_facts()
            || self.pieces.iter().filter_map(Piece::word).any(|word| {
                lexicon::sense(word).is_some()
                    || lexicon::state(word).is_some()
                    || lexicon::band(word).is_some()
                    || naming::is_topic(word)
                    || naming::is_telling(word)
            });
        let word = words.find(|word| lexicon::negates(word))?;
        claims.then(|| Reason::Negated(word.to_owned()))
    }

    /// A reason that nothing gives, and an expectation without a figure.
    fn reasoned(&self) -> Option<Reason> {
        let words = || self.pieces.iter().filter_map(Piece::word);
        let gives = |at: usize| matches!(self.brief.facts[at].fact.key.measure, Measure::ScoreCause(_));
        if let Some(word) = words().find(|word| lexicon::gives_reason(word))
            && !self.pieces.iter().filter_map(Piece::fact).any(gives)
        {
            return Some(Reason::Unsupported(word.to_owned()));
        }
        // “Ask whether this is expected” claims nothing.
        let asks = words().any(|word| word == "whether");
        let claims = |word: &&str| {
            naming::is_telling(word)
                && lexicon::state(word).is_none()
                && !matches!(*word, "will" | "should" | "range" | "active" | "planned" | "share")
        };
        let claim = words().find(claims).filter(|_| !asks && !self.has_facts())?;
        Some(Reason::Unsupported(claim.to_owned()))
    }
}

/// Whether a word says which way two levels point; whether that is better nobody knows.
fn points(sense: Sense, way: Direction) -> bool {
    matches!(
        (sense, way),
        (Sense::Up, Direction::Up) | (Sense::Down, Direction::Down) | (Sense::Flat, Direction::Level)
    )
}

/// Whether a word says of a change what its sign does.
fn agrees(sense: Sense, one: &Numbered) -> bool {
    let Some(direction) = one.direction else { return false };
    let is_small = match one.fact.value {
        Quantity::Change(Some(size)) => size.abs() < FLAT_BELOW,
        Quantity::Points(points) => points.abs() < FLAT_POINTS,
        _ => false,
    };
    match sense {
        Sense::Up => direction == Direction::Up,
        Sense::Down => direction == Direction::Down,
        Sense::Flat => is_small,
        Sense::Better => more_is_good(one)
            .is_some_and(|good| points(if good { Sense::Up } else { Sense::Down }, direction)),
        Sense::Worse => more_is_good(one)
            .is_some_and(|good| points(if good { Sense::Down } else { Sense::Up }, direction)),
    }
}

/// Whether more of it is good news.
fn more_is_good(one: &Numbered) -> Option<bool> {
    match one.fact.key.measure {
        Measure::ScoreChange | Measure::ScoreCause(_) => Some(true),
        Measure::Change(metric) | Measure::ExpectedChange(metric) | Measure::Unusual(metric) => {
            match metric {
                Metric::ApiCalls | Metric::Tokens => Some(true),
                Metric::Errors => Some(false),
                Metric::Cost => None,
            }
        }
        _ => None,
    }
}
