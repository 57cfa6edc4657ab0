//! Starts the whole program in memory and drives it in the user's words.
