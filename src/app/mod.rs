//! Wires everything; `main` parses the command line and calls it.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::domain::Clock;

/// What a test wants to own: the port and the time.
pub struct Outside {
    /// Where the dashboard answers.
    pub listener: TcpListener,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Runs until `stop` fires or a part dies; either way every part is asked to finish first.
#[expect(clippy::todo, unused_variables, clippy::unused_async, reason = "the wiring is being written")]
pub async fn run(settings: Settings, outside: Outside, stop: CancellationToken) -> anyhow::Result<()> {
    todo!()
}
