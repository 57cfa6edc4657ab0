//! A conversation as the body of `POST /v1/messages`.
//!
//! What stays the same from call to call stands first and is marked for the cache: tools, then instructions. Sampling
//! parameters are never sent: the API refuses them.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::config::AiSettings;
use crate::writer::{Conversation, Message, Piece, SaidBy, Tool};

/// Added to the most tokens of an answer, because what the model thinks counts there too.
const THINKING_TOKENS: u32 = 2_000;

/// The body.
pub(super) fn body(ai: &AiSettings, conversation: &Conversation) -> Value {
    let mut body = json!({
        "model": ai.model,
        "max_tokens": tokens_max(conversation),
        "stream": true,
    });
    let mut output = Map::new();
    if let Some(effort) = &ai.effort {
        output.insert("effort".into(), json!(effort));
    }
    if let Some(shape) = &conversation.shape {
        output.insert("format".into(), json!({"type": "json_schema", "schema": shape}));
    }
    if !output.is_empty() {
        body["output_config"] = Value::Object(output);
    }
    if !conversation.tools.is_empty() {
        body["tools"] = conversation.tools.iter().map(tool).collect();
    }
    body["system"] = json!([{"type": "text", "text": conversation.instructions, "cache_control": cached()}]);
    let mut messages: Vec<Value> = conversation.messages.iter().filter_map(message).collect();
    // A conversation with tools goes on: its next call repeats all that was said so far.
    if !conversation.tools.is_empty() {
        mark_last(&mut messages);
    }
    body["messages"] = Value::Array(messages);
    body
}

/// Most tokens that a call may write.
pub(super) fn tokens_max(conversation: &Conversation) -> u32 {
    conversation.tokens_max.saturating_add(THINKING_TOKENS)
}

fn cached() -> Value {
    json!({"type": "ephemeral"})
}

fn tool(tool: &Tool) -> Value {
    json!({"name": tool.name, "description": tool.about, "input_schema": tool.input})
}

/// A turn; `None` when nothing is left of it, since an empty text is refused.
fn message(message: &Message) -> Option<Value> {
    let role = match message.by {
        SaidBy::Us => "user",
        SaidBy::Writer => "assistant",
    };
    let blocks: Vec<Value> = message.pieces.iter().filter_map(block).collect();
    (!blocks.is_empty()).then(|| json!({"role": role, "content": blocks}))
}

fn block(piece: &Piece) -> Option<Value> {
    Some(match piece {
        Piece::Text(text) if text.trim().is_empty() => return None,
        Piece::Text(text) => json!({"type": "text", "text": text}),
        Piece::Call { id, tool, input } => {
            json!({"type": "tool_use", "id": id, "name": tool, "input": input})
        }
        Piece::Result { id, text, failed } => {
            json!({"type": "tool_result", "tool_use_id": id, "content": text, "is_error": failed})
        }
        Piece::Opaque(value) => value.clone(),
    })
}

fn mark_last(messages: &mut [Value]) {
    let last = messages.last_mut().and_then(|message| message["content"].as_array_mut()?.last_mut());
    if let Some(block) = last.filter(|block| matches!(block["type"].as_str(), Some("text" | "tool_result"))) {
        block["cache_control"] = cached();
    }
}
