//! A turn as server-sent events.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::Value;
use serde_json::json;

use super::play::Turn;

/// Letters in one delta; a letter of several bytes may well be cut on the way.
const DELTA_CHARS: usize = 7;

/// All of it, with what a client must pass over in between.
pub fn whole(turn: &Turn, usage: &Value) -> Body {
    Body::from(events(turn, usage).concat())
}

/// With a pause before each event.
pub fn dripping(turn: &Turn, usage: &Value, pause: Duration) -> Body {
    let slow = stream::iter(events(turn, usage)).then(move |event| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(event)
    });
    Body::from_stream(slow)
}

/// So many events, and a good end.
pub fn stopped(turn: &Turn, usage: &Value, count: usize) -> Body {
    Body::from(events(turn, usage)[..count].concat())
}

/// So many events, and a broken line.
pub fn torn(turn: &Turn, usage: &Value, count: usize) -> Body {
    let some = events(turn, usage).into_iter().take(count).map(Ok);
    let broken = Err(io::Error::from(io::ErrorKind::ConnectionReset));
    Body::from_stream(stream::iter(some.chain(std::iter::once(broken)).collect::<Vec<_>>()))
}

/// A good beginning, and then an error.
pub fn erring(usage: &Value, kind: &str) -> Body {
    let error = json!({"type": "error", "error": {"type": kind, "message": "SECRET words of the far side"}});
    let turn = Turn::text("Well then");
    Body::from(format!("{}{}", events(&turn, usage)[..4].concat(), event(&error)))
}

fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap())
}

fn events(turn: &Turn, usage: &Value) -> Vec<String> {
    let mut started = usage.clone();
    started["output_tokens"] = json!(1);
    let mut message = turn.message(&started);
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    let mut all = vec![
        json!({"type": "message_start", "message": message}),
        json!({"type": "ping"}),
        json!({"type": "weather_report", "sky": "blue"}),
    ];
    for (index, block) in turn.blocks.iter().enumerate() {
        let (start, deltas) = parts(block);
        all.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        let delta = |delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
        all.extend(deltas.into_iter().map(delta));
        all.push(json!({"type": "content_block_stop", "index": index}));
    }
    let delta =
        json!({"stop_reason": turn.stop, "stop_sequence": null, "stop_details": null, "container": null});
    let output = json!({"output_tokens": usage["output_tokens"]});
    all.push(json!({"type": "message_delta", "delta": delta, "usage": output}));
    all.push(json!({"type": "message_stop"}));
    all.iter().map(event).collect()
}

/// How a block begins, and what is added to it.
fn parts(block: &Value) -> (Value, Vec<Value>) {
    let cut = |kind: &str, name: &str, text: &str| -> Vec<Value> {
        let letters: Vec<char> = text.chars().collect();
        let piece = |piece: &[char]| json!({"type": kind, name: piece.iter().collect::<String>()});
        letters.chunks(DELTA_CHARS).map(piece).collect()
    };
    let mut start = block.clone();
    let text = |name: &str| block[name].as_str().unwrap_or_default();
    match block["type"].as_str().unwrap() {
        "text" => {
            start["text"] = json!("");
            (start, cut("text_delta", "text", text("text")))
        }
        "thinking" => {
            start["thinking"] = json!("");
            start["signature"] = json!("");
            let mut deltas = cut("thinking_delta", "thinking", text("thinking"));
            deltas.push(json!({"type": "signature_delta", "signature": block["signature"]}));
            (start, deltas)
        }
        "tool_use" => {
            start["input"] = json!({});
            (start, cut("input_json_delta", "partial_json", &block["input"].to_string()))
        }
        _ => (start, Vec::new()),
    }
}
