//! How long the connection to Discord waits for what.

use std::time::Duration;

/// Waits of the connection. A test that owns the world outside is less patient.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Up to this long before the first try to connect again; it doubles.
    pub again_min: Duration,
    /// Longest wait before a try to connect again.
    pub again_max: Duration,
    /// Least time between two new sessions.
    pub identify_every: Duration,
    /// Longest wait for one attempt of a call, and for the gateway's greeting.
    pub attempt: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            // Within it a question that was asked meanwhile can still be acknowledged.
            again_min: Duration::from_secs(1),
            again_max: Duration::from_secs(60),
            // Discord starts one session in 5 s and cancels what comes sooner.
            identify_every: Duration::from_millis(5_500),
            // Discord answers within a second or not at all.
            attempt: Duration::from_secs(10),
        }
    }
}

impl Patience {
    /// Half of a wait up to all of it, so that many that were cut off at once do not come back at once.
    pub(super) fn jittered(wait: Duration) -> Duration {
        wait.mul_f64(0.5 + 0.5 * rand::random::<f64>())
    }
}
