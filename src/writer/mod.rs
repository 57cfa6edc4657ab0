//! Sentences about facts: the port to whoever writes them, what a writer is told, and the check of what comes back.

mod brief;
mod check;
mod claims;
mod comparison;
mod conversation;
mod draft;
mod lexicon;
mod naming;
mod objection;
mod period;
mod prompt;
mod reading;
mod sentence;
pub mod trial;
mod writing;

pub use brief::{Brief, Direction, Numbered, State, Subject, Task};
pub use check::{Checked, Section, check};
pub use conversation::{Conversation, Message, Piece, Said, SaidBy, Spent, Stop, Tool, Unwritten, Writer};
pub use draft::{Draft, DraftSection, DraftSentence};
pub use naming::label;
pub use objection::{Forbidden, Objection, Reason};
pub use period::Period;
pub use prompt::{People, data, draft_wanted, handed_back, instructions};
pub use writing::{NotWritten, Written, judged, write};
