//! The truth check on trial: an honest writer and one that lies in every way it can think of, for `etsm eval writer`.
//!
//! Invariant: the check is called as digests call it, through the port and the loop that hands objections back.

mod crafted;
mod honest;
mod lies;
mod material;

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::brief::Brief;
use super::conversation::{Conversation, Piece, Said, Spent, Stop, Unwritten, Writer};
use super::draft::Draft;
use super::prompt::{People, draft_wanted};
use super::writing::{NotWritten, write};

pub use lies::Lie;

/// How a kind of draft fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    /// Drafts that were handed in.
    pub tried: usize,
    /// Those that came through.
    pub passed: usize,
}

/// What came of a trial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Drafts with one lie in them, by its kind.
    pub lies: BTreeMap<Lie, Rate>,
    /// Drafts that are true.
    pub honest: Rate,
    /// True sentences in phrasings that the check was never adapted to.
    pub otherwise: Rate,
    /// Lies that came through, as they were written.
    pub passed: Vec<String>,
    /// Why true sentences were refused, and how often.
    pub objections: BTreeMap<String, usize>,
}

/// Hands in `tries` drafts of each kind of lie, and as many true ones for each, about simulated portfolios.
pub async fn run(tries: usize, seed: u64) -> Outcome {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let briefs = material::briefs(seed);
    let mut outcome = Outcome::default();
    for _ in 0..tries {
        let brief = &briefs[rng.random_range(0..briefs.len())];
        for lie in Lie::ALL {
            let Some(draft) = lies::draft(brief, lie, &mut rng) else { continue };
            let rate = outcome.lies.entry(lie).or_default();
            rate.tried += 1;
            let pen = Pen { draft: draft.clone(), is_cut: lie == Lie::CutOff };
            if passes(brief, &pen).await.is_ok() {
                rate.passed += 1;
                let texts = draft.sections.iter().flat_map(|one| &one.sentences).map(|one| one.text.as_str());
                outcome.passed.push(format!("{}: {}", lie.words(), texts.collect::<Vec<_>>().join(" ")));
            }
            honest(brief, &mut rng, &mut outcome).await;
        }
    }
    outcome
}

/// Hands in one true draft, and a true sentence in another phrasing.
async fn honest(brief: &Brief, rng: &mut ChaCha8Rng, outcome: &mut Outcome) {
    let draft = honest::draft(brief, rng);
    outcome.honest.tried += 1;
    let pen = Pen { draft: draft.clone(), is_cut: false };
    outcome.honest.passed += usize::from(passes(brief, &pen).await.is_ok());
    let Some(alone) = honest::otherwise(brief, rng) else { return };
    outcome.otherwise.tried += 1;
    match super::check::check(brief, &alone) {
        Ok(_) => outcome.otherwise.passed += 1,
        Err(objections) => {
            for one in objections {
                *outcome.objections.entry(one.reason.to_string()).or_default() += 1;
            }
        }
    }
}

async fn passes(brief: &Brief, pen: &Pen) -> Result<(), NotWritten> {
    let conversation = draft_wanted("", brief, People::Hidden);
    write(pen, conversation, brief, Duration::from_secs(60)).await.map(|_written| ())
}

/// A writer that hands in the same draft whatever is objected.
struct Pen {
    draft: Draft,
    /// Whether its JSON ends in the middle, though it says that it is done.
    is_cut: bool,
}

#[async_trait::async_trait]
impl Writer for Pen {
    async fn say(&self, _conversation: &Conversation) -> Result<Said, Unwritten> {
        let mut text =
            serde_json::to_string(&self.draft).map_err(|odd| Unwritten::Garbled(odd.to_string()))?;
        if self.is_cut {
            let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(half);
        }
        Ok(Said { pieces: vec![Piece::Text(text)], stop: Stop::Done, spent: Spent::default() })
    }

    fn name(&self) -> &str {
        "trial"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_lie_passes_and_most_honest_drafts_do() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcome = runtime.block_on(run(20, 7));
        assert_eq!(outcome.passed, [""; 0]);
        assert!(outcome.honest.passed * 10 >= outcome.honest.tried * 8, "{:?}", outcome.honest);
    }
}
