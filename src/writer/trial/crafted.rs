//! Lies that look at the figures, so that they are wrong for sure.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::domain::Band;

use super::super::brief::{Brief, Direction, Numbered, State};
use super::super::lexicon::{self, Sense};
use super::honest::{fact, filled, pick};
use super::lies::Lie;

/// Whose figures are bent.
struct Craft<'a> {
    brief: &'a Brief,
    account: usize,
    /// The next account.
    other: usize,
}

/// A wrong sentence about an account; `None` where it cannot be made of what is known.
#[expect(clippy::too_many_lines, reason = "one arm for each lie, so that all can be read at once")]
pub(super) fn wrong(brief: &Brief, account: usize, lie: Lie, rng: &mut ChaCha8Rng) -> Option<String> {
    let craft = Craft { brief, account, other: (account + 1) % brief.accounts.len() };
    let (shapes, word): (&[&str], String) = match lie {
        Lie::OwnNumber => (
            &[
                "Calls of {A} fell by #.",
                "{A} made # calls.",
                "{A} spent $# of {cost}.",
                "Calls of {A} changed by {dcalls}, or #.",
            ],
            rng.random_range(1..9_999).to_string(),
        ),
        Lie::Unknown => (&["Calls of {A} changed by #.", "{A} made # calls."], craft.no_fact(rng)),
        Lie::Flipped => (
            &[
                "Calls of {A} # by {dcalls}.",
                "Calls of {A}: # {dcalls}.",
                "{A} # its calls by {dcalls} to {calls}.",
                "Calls of {A} changed by {dcalls} and # to {calls}.",
            ],
            craft.against(rng, Sense::Down, Sense::Up)?,
        ),
        Lie::Evaluated => {
            (&["Calls of {A} # by {dcalls}."], craft.against(rng, Sense::Worse, Sense::Better)?)
        }
        Lie::Undirected => (
            &[
                "{A} # this week.",
                "Calls of {A} # to {calls}.",
                "The cost of {A} #.",
                "Use at {A} will # soon.",
            ],
            pick(&[lexicon::words_of(Sense::Up), lexicon::words_of(Sense::Down)].concat(), rng).to_owned(),
        ),
        Lie::OtherAccount => (
            &["Calls of {A} changed by #.", "This week {A} made {calls} calls, a change of #."],
            craft.number(Some(craft.other), "dcalls")?,
        ),
        Lie::OtherName => {
            (&["Calls of # changed by {dcalls}.", "# changed calls of {A} by {dcalls}."], craft.other_name())
        }
        Lie::PortfolioAsAccount => {
            (&["Calls of {A} changed by #.", "Its calls changed by #."], craft.number(None, "pdcalls")?)
        }
        Lie::Dangling => (
            &[
                "Calls and tokens of {A} changed by {dcalls}.",
                "Calls, cost and errors of {A} changed by {dcost}.",
                "{A} and #, calls changed by {dcalls}.",
                "Calls of {A} and # changed by {dcalls}.",
            ],
            craft.other_name(),
        ),
        Lie::Reversed => (
            &[
                "Calls of {A} # from {calls} to {before}.",
                "Calls of {A} went from {calls} to {before}, so they #.",
            ],
            craft.reversed()?,
        ),
        Lie::Compared => return craft.compared(rng),
        Lie::OtherBand => (
            &[
                "{A} is #.",
                "{A} is in the band #.",
                "{A} moved from # to {band}.",
                "{A} fell to #.",
                "{A}, which is #, has a score of {score}.",
            ],
            craft.other_band(rng)?,
        ),
        Lie::OtherState => (
            &["{A} is #.", "The work with {A} is #.", "{A} has been # since this week."],
            craft.other_state(rng)?,
        ),
        _ => return None,
    };
    filled(brief, Some(account), pick(shapes, rng), rng).map(|text| text.replace('#', &word))
}

impl Craft<'_> {
    fn fact(&self, account: usize, slot: &str) -> Option<(usize, &Numbered)> {
        fact(self.brief, Some(account), slot)
    }

    fn number(&self, account: Option<usize>, slot: &str) -> Option<String> {
        fact(self.brief, account, slot).map(|(at, _)| format!("[f{}]", at + 1))
    }

    fn other_name(&self) -> String {
        format!("[a{}]", self.other + 1)
    }

    /// What looks like a fact and is none.
    fn no_fact(&self, rng: &mut ChaCha8Rng) -> String {
        let beyond = format!("[f{}]", self.brief.facts.len() + rng.random_range(1..50));
        let odd =
            [beyond.as_str(), "[f0]", "[F1]", "[f01]", "[f1x]", "[f-1]", "[]", "[f1", "[f1,f2]", "[ f1 ]"];
        pick(&odd, rng).to_owned()
    }

    /// A word against the sign of the change of calls.
    fn against(&self, rng: &mut ChaCha8Rng, of_rise: Sense, of_fall: Sense) -> Option<String> {
        let wrong = match self.fact(self.account, "dcalls")?.1.direction? {
            Direction::Up => lexicon::words_of(of_rise),
            Direction::Down => lexicon::words_of(of_fall),
            Direction::Level | Direction::Unknown => return None,
        };
        Some(pick(&wrong, rng).to_owned())
    }

    /// The verb that would fit if calls went from now to before.
    fn reversed(&self) -> Option<String> {
        match self.fact(self.account, "dcalls")?.1.direction? {
            Direction::Up => Some("fell".into()),
            Direction::Down => Some("rose".into()),
            Direction::Level | Direction::Unknown => None,
        }
    }

    fn compared(&self, rng: &mut ChaCha8Rng) -> Option<String> {
        let (mine, theirs) = (self.fact(self.account, "calls")?, self.fact(self.other, "calls")?);
        let is_more = mine.1.fact.value.as_f64()? > theirs.1.fact.value.as_f64()?;
        let word = pick(if is_more { &["fewer", "less"] } else { &["more"] }, rng);
        let shapes = [
            "{A} made # calls than $: ! against ?.",
            "{A} made ! calls, # than $ with ? calls.",
            "{A} made # calls than $.",
            "Calls of {A}, !, are # than the ? calls of $.",
        ];
        let text = filled(self.brief, Some(self.account), pick(&shapes, rng), rng)?;
        let number = |at: usize| format!("[f{}]", at + 1);
        let text = text.replace('#', word).replace('$', &self.other_name());
        Some(text.replace('!', &number(mine.0)).replace('?', &number(theirs.0)))
    }

    /// A band that the account is not in and was not in.
    fn other_band(&self, rng: &mut ChaCha8Rng) -> Option<String> {
        let subject = &self.brief.accounts[self.account];
        let wrong =
            Band::ALL.iter().filter(|one| subject.band != Some(**one) && subject.band_before != Some(**one));
        let wrong: Vec<&str> = wrong.map(|band| band.word()).collect();
        (!wrong.is_empty()).then(|| pick(&wrong, rng).to_owned())
    }

    /// A state that does not hold of the account.
    fn other_state(&self, rng: &mut ChaCha8Rng) -> Option<String> {
        let states = [
            ("silent", State::Silent),
            ("overdue", State::Overdue),
            ("blocked", State::Blocked),
            ("late", State::LateData),
            ("unusual", State::Unusual),
        ];
        let holds = &self.brief.accounts[self.account].holds;
        let wrong: Vec<&str> =
            states.iter().filter(|(_, state)| !holds.contains(state)).map(|(word, _)| *word).collect();
        Some(pick(&wrong, rng).to_owned())
    }
}
