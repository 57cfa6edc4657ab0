//! Surfaces that talk: Discord, the terminal, the browser.

pub mod discord;
