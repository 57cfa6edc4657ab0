//! The health configuration: weights, windows and curves of `config/health.toml`.

use crate::domain::FactorKind;

/// How health is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthRules {
    /// Grows with every change, so that a score says which rules made it.
    pub version: u32,
    /// A score at or above is healthy.
    pub healthy_from: f64,
    /// A score at or above (and below healthy) is watch; the rest is at risk.
    pub watch_from: f64,
    /// The factors, in the order they are shown.
    pub factors: Vec<FactorRules>,
}

/// How one factor is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorRules {
    /// Which.
    pub kind: FactorKind,
    /// Its part in the score, relative to the other weights; above zero.
    pub weight: f64,
    /// Days looked back.
    pub window_days: u16,
    /// From measured value to score, 0–100: corner points with rising measured values, straight in between, flat outside.
    pub curve: Vec<(f64, f64)>,
}
