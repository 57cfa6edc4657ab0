//! One WebSocket to Discord's gateway: frames in, frames out, and how it ended.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::Context;
use futures_util::SinkExt;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::Connector;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::connect_async_tls_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tracing::warn;

/// Heartbeats that make sense; Discord's are 41 s apart.
const BEAT_MS: RangeInclusive<u64> = 50..=600_000;
/// Longest wait for a close frame to go out; a dead line takes none.
const LEAVE_MAX: Duration = Duration::from_secs(1);

/// What Discord sends.
#[derive(Debug, Deserialize)]
pub(super) struct Frame {
    /// What it is.
    pub(super) op: u8,
    /// Its content.
    #[serde(default)]
    pub(super) d: Value,
    /// Its number, for an event.
    pub(super) s: Option<u64>,
    /// Name of an event.
    pub(super) t: Option<String>,
}

/// What came over the line.
pub(super) enum Came {
    /// A frame.
    Frame(Frame),
    /// The end, with Discord's code when it gave one.
    End(Option<u16>),
}

/// A connection that was greeted.
pub(super) struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// How often Discord wants to hear of us.
    pub(super) beat_every: Duration,
}

impl Line {
    /// Connects and waits for the greeting.
    pub(super) async fn open(
        address: &str,
        connector: Connector,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let address = format!("{}/?v=10&encoding=json", address.trim_end_matches('/'));
        let greeted = async {
            let (socket, _) = connect_async_tls_with_config(address, None, false, Some(connector)).await?;
            let mut line = Self { socket, beat_every: Duration::MAX };
            let Came::Frame(Frame { op: 10, d, .. }) = line.next().await else {
                anyhow::bail!("the gateway did not greet");
            };
            let beat_ms = d["heartbeat_interval"].as_u64().filter(|ms| BEAT_MS.contains(ms));
            line.beat_every =
                Duration::from_millis(beat_ms.context("the greeting names no heartbeat that makes sense")?);
            Ok(line)
        };
        timeout(patience, greeted).await.context("the gateway does not answer")?
    }

    /// The next frame, or the end. May be cancelled: nothing is lost then.
    pub(super) async fn next(&mut self) -> Came {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(frame) => return Came::Frame(frame),
                    // Its cause may quote what people wrote, so it is left out.
                    Err(_odd) => warn!(
                        bytes = text.len(),
                        "Discord sent something that is no frame; it is passed over"
                    ),
                },
                Some(Ok(Message::Close(close))) => return Came::End(close.map(|close| close.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Came::End(None),
            }
        }
    }

    /// Sends a frame; a line that is broken says so to whoever reads next.
    pub(super) async fn say(&mut self, op: u8, d: Value) {
        let text = json!({"op": op, "d": d}).to_string();
        let _broken = timeout(LEAVE_MAX, self.socket.send(Message::Text(text))).await;
    }

    /// Leaves. Discord ends the session at the code 1000 and keeps it for a resume at others.
    pub(super) async fn leave(mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        let _broken = timeout(LEAVE_MAX, self.socket.close(Some(frame))).await;
    }
}
