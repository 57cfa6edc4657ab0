//! What the Messages API takes, and the words in which it refuses the rest.

use std::collections::HashSet;

use axum::http::HeaderMap;
use axum::http::Method;
use serde_json::Value;
use serde_json::json;

use super::KEY;
use super::play::Turn;

const VERSIONS: &[&str] = &["2023-06-01", "2026-10-21"];
const MODELS: &[&str] = &["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"];
const FIELDS: &[&str] = &[
    "model",
    "max_tokens",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "stop_sequences",
    "stream",
    "metadata",
    "output_config",
    "thinking",
    "cache_control",
    "service_tier",
    "speed",
    "inference_geo",
    "container",
    "diagnostics",
];
const EFFORTS: &[&str] = &["low", "medium", "high", "xhigh", "max"];
const TOOL_FIELDS: &[&str] = &[
    "name",
    "description",
    "input_schema",
    "strict",
    "cache_control",
    "input_examples",
    "eager_input_streaming",
    "defer_loading",
];
/// Words of JSON schema that structured output takes; what else is said there is not enforced, and refused.
const SCHEMA_WORDS: &[&str] = &[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "anyOf",
    "allOf",
    "$defs",
    "$ref",
    "format",
    "description",
    "title",
    "default",
];
const BREAKPOINTS_MAX: usize = 4;

/// Status, type and message.
pub type Refusal = (u16, &'static str, String);

/// What this API remembers of its clients.
#[derive(Default)]
pub struct Known {
    /// Prefixes that are in the cache.
    cached: HashSet<String>,
    /// Blocks that it sent and that must come back as they are.
    sealed: Vec<Value>,
}

fn invalid(message: impl Into<String>) -> Refusal {
    (400, "invalid_request_error", message.into())
}

fn needs(holds: bool, message: impl Into<String>) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(invalid(message)) }
}

impl Known {
    /// The body of a call that is in order.
    pub fn check(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Value, Refusal> {
        if (method.as_str(), path) != ("POST", "/v1/messages") {
            return Err((404, "not_found_error", format!("{method} {path}")));
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let bearer = header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        if header("x-api-key") != KEY && bearer != KEY {
            return Err((401, "authentication_error", "invalid x-api-key".into()));
        }
        needs(!header("anthropic-version").is_empty(), "anthropic-version: header is required")?;
        needs(VERSIONS.contains(&header("anthropic-version")), "anthropic-version: is not a valid version")?;
        needs(header("content-type") == "application/json", "content-type: must be application/json")?;
        needs(header("user-agent").starts_with("etsm/"), "user-agent: integrations say who they are")?;
        let body: Value = serde_json::from_slice(body).map_err(|error| invalid(error.to_string()))?;
        fields(&body)?;
        tools(&body)?;
        output(&body["output_config"])?;
        self.messages(&body)?;
        let marks = body.to_string().matches("\"cache_control\":{").count();
        needs(marks <= BREAKPOINTS_MAX, "cache_control: at most 4 blocks")?;
        Ok(body)
    }

    /// What a call uses, the cache included.
    pub fn usage(&mut self, body: &Value) -> Value {
        let tokens = |value: &Value| value.to_string().len() as u64 / 4;
        let prefix = format!("{}{}{}", body["model"], body["tools"], body["system"]);
        let length = tokens(&body["tools"]) + tokens(&body["system"]);
        let marked = body["system"].to_string().contains("cache_control");
        let (write, read) = match marked {
            true if self.cached.insert(prefix) => (length, 0),
            true => (0, length),
            false => (0, 0),
        };
        let input = tokens(&body["messages"]) + if marked { 0 } else { length };
        json!({
            "input_tokens": input, "output_tokens": 200, "cache_creation_input_tokens": write,
            "cache_read_input_tokens": read, "server_tool_use": null, "service_tier": "standard",
            "output_tokens_details": {"thinking_tokens": 20},
        })
    }

    /// Remembers what must come back unchanged.
    pub fn sent(&mut self, turn: &Turn) {
        self.sealed.extend(turn.blocks.iter().filter(|block| block["type"] != "text").cloned());
    }

    fn messages(&self, body: &Value) -> Result<(), Refusal> {
        let messages = body["messages"].as_array().filter(|all| !all.is_empty());
        let messages = messages.ok_or_else(|| invalid("messages: at least one message is required"))?;
        let mut open: Vec<&str> = Vec::new();
        let mut before = "assistant";
        for (number, message) in messages.iter().enumerate() {
            let place = format!("messages.{number}");
            let role = message["role"].as_str().unwrap_or_default();
            needs(matches!(role, "user" | "assistant"), format!("{place}.role: must be user or assistant"))?;
            needs(number > 0 || role == "user", "messages.0.role: the first message is the user's")?;
            needs(role != before, format!("{place}: roles take turns"))?;
            before = role;
            let blocks = match &message["content"] {
                Value::String(text) => vec![json!({"type": "text", "text": text})],
                Value::Array(blocks) => blocks.clone(),
                _ => return Err(invalid(format!("{place}.content: is required"))),
            };
            needs(!blocks.is_empty(), format!("{place}.content: is empty"))?;
            for (at, block) in blocks.iter().enumerate() {
                self.block(role, block)
                    .map_err(|message| invalid(format!("{place}.content.{at}: {message}")))?;
            }
            if role == "user" {
                let ids = |block: &Value| block["tool_use_id"].as_str().map(str::to_owned);
                let answered: Vec<String> = blocks.iter().filter_map(ids).collect();
                let leads = blocks.iter().take(answered.len()).all(|block| block["type"] == "tool_result");
                let all = open.iter().all(|id| answered.iter().any(|answered| answered == id));
                let only = answered.iter().all(|id| open.contains(&id.as_str()));
                needs(
                    leads && all && only,
                    format!("{place}: each tool_use needs its tool_result, at the start"),
                )?;
                open.clear();
            } else {
                let calls = message["content"].as_array().into_iter().flatten();
                open.extend(
                    calls
                        .filter(|block| block["type"] == "tool_use")
                        .filter_map(|block| block["id"].as_str()),
                );
                needs(
                    open.is_empty() || body["tools"].is_array(),
                    "tools: must be given when tools were used",
                )?;
            }
        }
        needs(before == "user", "messages: this model does not support assistant message prefill")
    }

    fn block(&self, role: &str, block: &Value) -> Result<(), String> {
        let text = |name: &str| block[name].as_str().is_some_and(|text| !text.trim().is_empty());
        match (role, block["type"].as_str().unwrap_or_default()) {
            (_, "text") if !text("text") => Err("text content blocks must be non-empty".into()),
            ("user", "text") if block.get("citations").is_some_and(|all| !all.is_null()) => {
                Err("citations are not allowed in user text".into())
            }
            (_, "text") => Ok(()),
            ("user", "tool_result") if text("tool_use_id") && text("content") => Ok(()),
            ("assistant", "document") => Err("document blocks are not allowed here".into()),
            ("assistant", _) => {
                let mut bare = block.clone();
                bare.as_object_mut().expect("a block is an object").remove("cache_control");
                let known = self.sealed.contains(&bare);
                if known { Ok(()) } else { Err("the block is not as it was sent".into()) }
            }
            (_, other) => Err(format!("{other} is not allowed in a message of the {role}")),
        }
    }
}

fn fields(body: &Value) -> Result<(), Refusal> {
    let all = body.as_object().ok_or_else(|| invalid("the body must be an object"))?;
    for name in all.keys() {
        let sampling = matches!(name.as_str(), "temperature" | "top_p" | "top_k");
        needs(!sampling, format!("{name}: sampling parameters are not supported"))?;
        needs(FIELDS.contains(&name.as_str()), format!("{name}: extra inputs are not permitted"))?;
    }
    let model = body["model"].as_str().ok_or_else(|| invalid("model: field required"))?;
    if !MODELS.contains(&model) {
        return Err((404, "not_found_error", format!("model: {model}")));
    }
    needs(body["max_tokens"].as_u64().is_some_and(|count| count > 0), "max_tokens: field required")?;
    let stream = &body["stream"];
    needs(stream.is_null() || stream.is_boolean(), "stream: must be a boolean")?;
    match &body["system"] {
        Value::Null | Value::String(_) => Ok(()),
        Value::Array(blocks) => {
            let fits = |block: &Value| {
                block["type"] == "text" && block["text"].as_str().is_some_and(|text| !text.is_empty())
            };
            needs(blocks.iter().all(fits), "system: text blocks with text")
        }
        _ => Err(invalid("system: must be a text or blocks")),
    }
}

fn tools(body: &Value) -> Result<(), Refusal> {
    let mut names = HashSet::new();
    for (number, tool) in body["tools"].as_array().into_iter().flatten().enumerate() {
        let place = format!("tools.{number}");
        let name = tool["name"].as_str().unwrap_or_default();
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        needs(
            plain && (1..=64).contains(&name.len()),
            format!("{place}.name: must match ^[a-zA-Z0-9_-]{{1,64}}$"),
        )?;
        needs(names.insert(name), format!("{place}.name: tool names must be unique"))?;
        needs(
            tool["input_schema"]["type"] == "object",
            format!("{place}.input_schema.type: must be object"),
        )?;
        for field in tool.as_object().into_iter().flat_map(|all| all.keys()) {
            needs(
                TOOL_FIELDS.contains(&field.as_str()),
                format!("{place}.{field}: extra inputs are not permitted"),
            )?;
        }
    }
    Ok(())
}

fn output(config: &Value) -> Result<(), Refusal> {
    for (name, value) in config.as_object().into_iter().flatten() {
        match name.as_str() {
            "effort" => {
                let known = value.as_str().is_some_and(|effort| EFFORTS.contains(&effort));
                needs(known, "output_config.effort: is not an effort")?;
            }
            "format" => {
                needs(value["type"] == "json_schema", "output_config.format.type: must be json_schema")?;
                needs(value["schema"].is_object(), "output_config.format.schema: field required")?;
                schema(&value["schema"])?;
            }
            other => return Err(invalid(format!("output_config.{other}: extra inputs are not permitted"))),
        }
    }
    Ok(())
}

fn schema(one: &Value) -> Result<(), Refusal> {
    let Some(words) = one.as_object() else { return Ok(()) };
    for word in words.keys() {
        needs(
            SCHEMA_WORDS.contains(&word.as_str()),
            format!("output_config.format.schema: {word} is not supported"),
        )?;
    }
    if one["type"] == "object" {
        let closed = one["additionalProperties"] == json!(false);
        needs(closed, "output_config.format.schema: for 'object' type, additionalProperties must be false")?;
    }
    for name in ["properties", "$defs"] {
        one[name].as_object().into_iter().flatten().try_for_each(|(_, inner)| schema(inner))?;
    }
    for name in ["anyOf", "allOf"] {
        one[name].as_array().into_iter().flatten().try_for_each(schema)?;
    }
    schema(&one["items"])
}
