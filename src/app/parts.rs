//! The parts that run side by side: the first to end stops the rest, for half a service is worse than none.

use std::future::Future;
use std::time::Duration;

use anyhow::Context;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Longest wait for a part to finish what it does; container engines kill after 10 s.
const DRAIN: Duration = Duration::from_secs(8);

/// Parts under way.
pub(super) struct Parts {
    stop: CancellationToken,
    set: JoinSet<anyhow::Result<()>>,
    names: Vec<(Id, &'static str)>,
}

impl Parts {
    /// No parts yet; all that come are asked to finish by `stop`.
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self { stop, set: JoinSet::new(), names: Vec::new() }
    }

    /// Starts a part.
    pub(super) fn start(
        &mut self,
        name: &'static str,
        part: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let handle = self.set.spawn(part);
        self.names.push((handle.id(), name));
    }

    /// Waits for the first part to end, asks the rest to finish, and gives them [`DRAIN`] for it.
    pub(super) async fn wait(mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        if let Some(ended) = self.set.join_next_with_id().await {
            outcome = self.closed(ended);
        }
        self.stop.cancel();
        let drain = async {
            while let Some(ended) = self.set.join_next_with_id().await {
                let closed = self.closed(ended);
                if outcome.is_ok() {
                    outcome = closed;
                }
            }
        };
        if tokio::time::timeout(DRAIN, drain).await.is_err() {
            for (_, name) in &self.names {
                warn!(part = name, "The part {name} did not finish in time and is dropped");
            }
            self.set.abort_all();
        }
        outcome
    }

    fn closed(
        &mut self,
        ended: Result<(Id, anyhow::Result<()>), tokio::task::JoinError>,
    ) -> anyhow::Result<()> {
        let id = ended.as_ref().map_or_else(tokio::task::JoinError::id, |(id, _)| *id);
        let place = self.names.iter().position(|(known, _)| *known == id);
        let name = place.map_or("unknown", |place| self.names.swap_remove(place).1);
        let result = ended.with_context(|| format!("the part {name} broke"))?.1;
        if result.is_ok() && !self.stop.is_cancelled() {
            info!(part = name, "The part {name} ended");
        }
        result.with_context(|| format!("running the part {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_part_to_fail_stops_the_rest_and_names_itself() {
        let stop = CancellationToken::new();
        let mut parts = Parts::new(stop.clone());
        let other = stop.clone();
        parts.start("steady", async move {
            other.cancelled().await;
            Ok(())
        });
        parts.start("broken", async { anyhow::bail!("no luck") });
        let error = parts.wait().await.unwrap_err();
        assert_eq!(format!("{error:#}"), "running the part broken: no luck");
        assert!(stop.is_cancelled());
    }
}
