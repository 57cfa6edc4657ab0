//! What a call comes to.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

/// What a call comes to.
pub enum Play {
    /// This turn, streamed if it was asked for so.
    Says(Turn),
    /// This turn in one piece, whatever was asked for, as a gateway on the way may do.
    Whole(Turn),
    /// This turn, with a pause before each event.
    Drips(Turn, Duration),
    /// So many events of this turn; then the stream ends in good order.
    Stops(Turn, usize),
    /// So many events of this turn; then the line breaks.
    Tears(Turn, usize),
    /// It begins as if all were well; then comes an error of this type.
    ErrsInside(&'static str),
    /// An error in the API's own form.
    Fails {
        status: u16,
        kind: &'static str,
        code: Option<&'static str>,
        headers: Vec<(&'static str, String)>,
    },
    /// An error of something in front of the API.
    Edge { status: u16, body: &'static str, headers: Vec<(&'static str, String)> },
    /// Taken, and never answered.
    Hangs,
    /// As the call has it.
    By(Box<dyn FnOnce(&Value) -> Play + Send>),
}

impl Play {
    /// These words.
    pub fn says(text: &str) -> Self {
        Self::Says(Turn::text(text))
    }

    /// An error in the API's own form.
    pub fn fails(status: u16, kind: &'static str) -> Self {
        Self::Fails { status, kind, code: None, headers: Vec::new() }
    }

    /// The same with its error code.
    pub fn code(mut self, given: &'static str) -> Self {
        if let Self::Fails { code, .. } = &mut self {
            *code = Some(given);
        }
        self
    }

    /// The same with a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Fails { headers, .. } | Self::Edge { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    /// What the call asks for decides.
    pub fn by(decide: impl FnOnce(&Value) -> Play + Send + 'static) -> Self {
        Self::By(Box::new(decide))
    }
}

impl fmt::Debug for Play {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Says(turn) | Self::Whole(turn) => write!(f, "{turn:?}"),
            Self::Drips(..) => f.write_str("a slow turn"),
            Self::Stops(..) | Self::Tears(..) => f.write_str("a cut stream"),
            Self::ErrsInside(kind) => write!(f, "{kind} inside a stream"),
            Self::Fails { status, kind, .. } => write!(f, "{status} {kind}"),
            Self::Edge { status, .. } => write!(f, "{status} of an edge"),
            Self::Hangs => f.write_str("silence"),
            Self::By(_) => f.write_str("as the call has it"),
        }
    }
}

/// The model's turn.
#[derive(Debug, Clone)]
pub struct Turn {
    pub(super) blocks: Vec<Value>,
    pub(super) stop: &'static str,
}

impl Turn {
    /// Words alone.
    pub fn text(text: &str) -> Self {
        Self { blocks: vec![json!({"type": "text", "text": text, "citations": null})], stop: "end_turn" }
    }

    /// Calls of tools, after a thought.
    pub fn calls(calls: &[(&str, Value)]) -> Self {
        let thought = json!({"type": "thinking", "thinking": "Which one?", "signature": "c2lnbmVk"});
        let call = |(number, (tool, input)): (usize, &(&str, Value))| {
            let id = format!("toolu_{:08x}{number:02}", rand::random::<u32>());
            json!({"type": "tool_use", "id": id, "name": tool, "input": input})
        };
        let calls = calls.iter().enumerate().map(call);
        Self { blocks: std::iter::once(thought).chain(calls).collect(), stop: "tool_use" }
    }

    /// The same with another reason to stop.
    pub fn stop(self, stop: &'static str) -> Self {
        Self { stop, ..self }
    }

    /// The same with one more block, before the others.
    pub fn led_by(mut self, block: Value) -> Self {
        self.blocks.insert(0, block);
        self
    }

    /// As one message.
    pub(super) fn message(&self, usage: &Value) -> Value {
        let details = (self.stop == "refusal")
            .then(|| json!({"type": "refusal", "category": "general_harms", "explanation": "SECRET"}));
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5",
            "content": self.blocks, "stop_reason": self.stop, "stop_sequence": null, "stop_details": details,
            "container": null, "diagnostics": null, "usage": usage,
        })
    }
}
