//! What a source tells of usage beyond a row's own figures.

use super::ids::AccountId;
use super::money::Money;

/// Tokens by how they are charged, and the cost before discounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metered {
    /// Tokens written to a cache that holds for minutes; part of those read.
    pub cache_write_short: u64,
    /// Tokens written to a cache that holds for an hour; part of those read.
    pub cache_write_long: u64,
    /// Searches of the web.
    pub searches: u64,
    /// What it costs before discounts, where that is told.
    pub list: Option<Money>,
}

/// Usage that no rule gives to an account; it is kept under an account of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmapped {
    /// What the far side calls whose it is, as `workspace wrkspc_01`.
    pub holder: String,
    /// What people call it there; hostile text.
    pub name: Option<String>,
    /// The account under which it is kept.
    pub account: AccountId,
}
