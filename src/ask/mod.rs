//! `ask`: questions in words, answered through the desk's own questions.
//!
//! Invariant: whatever is said here was asked of the desk with the asker's rights; nobody learns more by asking in words.

mod compose;
mod department;
mod enquiry;
mod matching;
mod pseudonyms;
mod states;
mod told;
mod tools;
mod topics;
mod when;

pub use department::Asking;
