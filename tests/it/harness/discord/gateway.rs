//! The fake's gateway: HELLO, heartbeats, IDENTIFY and RESUME, events with sequence numbers, close codes.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use futures_util::SinkExt;
use futures_util::StreamExt;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::server::Request;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::state::APPLICATION;
use super::state::BOT;
use super::state::CHANNEL;
use super::state::GUILD;
use super::state::Out;
use super::state::State;
use super::state::TOKEN;
use super::state::User;

/// Often enough that a test sees some.
const HEARTBEAT_MS: u64 = 200;
/// Only one session may begin in this time; Discord's is 5 s.
pub const IDENTIFY_EVERY: Duration = Duration::from_millis(300);
/// The only intent that is needed.
const GUILDS: u64 = 1;

pub async fn serve(listener: TcpListener, address: String, state: Arc<State>) {
    let mut lines = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        lines.spawn(line(stream, address.clone(), Arc::clone(&state)));
    }
}

async fn line(stream: TcpStream, address: String, state: Arc<State>) {
    let mut query = String::new();
    #[expect(clippy::result_large_err, reason = "the library wants it so")]
    let look = |request: &Request, response| {
        query = request.uri().query().unwrap_or_default().to_owned();
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, look).await else { return };
    if !query.split('&').any(|part| part == "v=10") {
        state.change(|inner| inner.wrong(format!("the gateway was called with “{query}”")));
    }
    let (sender, mut outgoing) = mpsc::unbounded_channel();
    let hello = json!({"op": 10, "d": {"heartbeat_interval": HEARTBEAT_MS}, "s": null, "t": null});
    let _closed = socket.send(Frame::Text(hello.to_string())).await;
    loop {
        tokio::select! {
            out = outgoing.recv() => match out {
                Some(Out::Frame(frame)) => if socket.send(Frame::Text(frame)).await.is_err() { break },
                Some(Out::Close(code)) => {
                    let frame = CloseFrame { code: code.into(), reason: "".into() };
                    let _closed = socket.close(Some(frame)).await;
                    // Whoever hangs up on what is still unread resets the line, and the code may be lost with it.
                    while socket.next().await.is_some_and(|come| come.is_ok()) {}
                    break;
                }
                Some(Out::Cut) | None => {
                    // No close frame, no goodbye: the peer sees a reset.
                    let _left = socket.get_ref().set_zero_linger();
                    break;
                }
            },
            come = socket.next() => match come {
                Some(Ok(Frame::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    take(&state, &address, &frame, &sender);
                }
                Some(Ok(Frame::Close(close))) => {
                    // This code ends the session; after others it waits for a resume.
                    if close.is_some_and(|close| close.code == CloseCode::Normal) {
                        state.change(|inner| {
                            inner.said_goodbye = true;
                            inner.session.id.clear();
                        });
                    }
                    let _closed = socket.close(None).await;
                    while socket.next().await.is_some_and(|come| come.is_ok()) {}
                    break;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
        }
    }
    state.change(|inner| {
        if inner.session.line.as_ref().is_some_and(|line| line.same_channel(&sender)) {
            inner.session.line = None;
        }
    });
}

fn take(state: &State, address: &str, frame: &Value, sender: &mpsc::UnboundedSender<Out>) {
    let say = |json: Value| {
        let _closed = sender.send(Out::Frame(json.to_string()));
    };
    match frame["op"].as_u64() {
        Some(1) if state.lock().is_silent => {}
        Some(1) => say(json!({"op": 11, "d": null, "s": null, "t": null})),
        Some(2) => identify(state, address, &frame["d"], sender),
        Some(3) => {}
        Some(6) => resume(state, &frame["d"], sender),
        _ => state.change(|inner| inner.wrong(format!("the gateway was told {frame}"))),
    }
}

fn identify(state: &State, address: &str, given: &Value, sender: &mpsc::UnboundedSender<Out>) {
    state.change(|inner| {
        if given["token"] != format!("Bot {TOKEN}") && given["token"] != TOKEN {
            let _closed = sender.send(Out::Close(4004));
            return;
        }
        if given["intents"] != GUILDS {
            inner.wrong(format!("the intents are {}", given["intents"]));
        }
        let now = Instant::now();
        inner.is_silent = false;
        match &mut inner.session_budget {
            Some((0, until)) if *until > now => inner.wrong("a session began after the last one that was allowed"),
            Some((left, until)) if *until > now => *left -= 1,
            _ => {}
        }
        let resume_address = if inner.resume_address_is_stale { "ws://127.0.0.1:1" } else { address };
        if inner.identified.last().is_some_and(|last| now.duration_since(*last) < IDENTIFY_EVERY) && !inner.said_goodbye {
            inner.wrong("two sessions began at once");
        }
        inner.identified.push(now);
        inner.said_goodbye = false;
        inner.session.id = format!("session-{}", inner.identified.len());
        inner.session.seq = 0;
        inner.session.log.clear();
        inner.session.line = Some(sender.clone());
        let me = User { id: BOT, name: "etsm".into() };
        let ready = json!({
            "v": 10, "user": {"bot": true, "id": me.id.to_string(), "username": me.name, "global_name": null,
                "discriminator": "0001", "avatar": null, "mfa_enabled": true, "verified": true, "email": null, "flags": 0},
            "guilds": [{"id": GUILD.to_string(), "unavailable": true}], "session_id": inner.session.id,
            "resume_gateway_url": resume_address, "shard": [0, 1], "session_type": "normal",
            "application": {"id": APPLICATION.to_string(), "flags": 0},
        });
        inner.dispatch("READY", &ready);
        inner.dispatch("GUILD_CREATE", &guild());
    });
}

fn resume(state: &State, given: &Value, sender: &mpsc::UnboundedSender<Out>) {
    state.change(|inner| {
        inner.is_silent = false;
        let session = &mut inner.session;
        if given["session_id"] != session.id || session.id.is_empty() {
            let _closed =
                sender.send(Out::Frame(json!({"op": 9, "d": false, "s": null, "t": null}).to_string()));
            return;
        }
        session.line = Some(sender.clone());
        // The first event of a session is its own.
        let seen =
            if std::mem::take(&mut session.repeats) { 1 } else { given["seq"].as_u64().unwrap_or_default() };
        for (_, frame) in session.log.iter().filter(|(seq, _)| *seq > seen) {
            let _closed = sender.send(Out::Frame(frame.clone()));
        }
        inner.resumed += 1;
        inner.dispatch("RESUMED", &json!({"_trace": []}));
    });
}

/// The server as the gateway describes it; its ids are those of [`GUILD`], [`CHANNEL`] and [`BOT`].
pub fn guild() -> Value {
    let guild: Value = serde_json::from_str(include_str!("../../../data/discord/guild-create.json")).unwrap();
    let ids = [&guild["id"], &guild["channels"][0]["id"], &guild["owner_id"]];
    assert_eq!(
        ids.map(Value::as_str),
        [GUILD, CHANNEL, BOT].map(|id| id.to_string()).each_ref().map(|id| Some(id.as_str()))
    );
    guild
}
