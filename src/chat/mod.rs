//! Surfaces that talk: Discord, the terminal, the browser.

pub mod console;
pub mod discord;
