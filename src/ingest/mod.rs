//! Raw records from outside become rows or rejections; here is where text stops being text.
//!
//! Invariant: nothing here writes; a rejection names row, column, reason and remedy.

pub mod simulate;
