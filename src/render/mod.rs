//! Answers become words and pictures for a surface; pure, and each platform's limits are constants here.
pub mod chart;
pub mod html;

pub mod console;
pub mod discord;
pub mod json;
#[cfg(test)]
mod samples;
mod waterfall;
pub mod words;
