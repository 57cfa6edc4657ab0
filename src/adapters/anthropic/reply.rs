//! The writer's turn, put together from the events of a stream.
//!
//! Blocks and events of kinds that are not known here are no mistake: the former are kept as they came, the latter
//! passed over.

use serde_json::Map;
use serde_json::Value;

use crate::writer::{Piece, Said, Spent, Stop};

use super::fault::{Fault, Refusal};

/// Bytes of text that make a token, at least; used for what was written before a stream broke off.
pub(super) const BYTES_A_TOKEN: u64 = 3;
/// Blocks in a turn; each of them takes a call of some kind.
const BLOCKS_MAX: usize = 1_000;

/// A turn in the making.
#[derive(Debug, Default)]
pub(super) struct Reply {
    begun: bool,
    blocks: Vec<Open>,
    stop: Option<String>,
    spent: Spent,
    heard_bytes: u64,
    ended: bool,
}

/// A block in the making.
#[derive(Debug, Default)]
struct Open {
    block: Map<String, Value>,
    /// The input of a call so far, as JSON that is not complete.
    input: String,
}

impl Reply {
    /// Takes the data of an event in.
    pub(super) fn hear(&mut self, data: &str) -> Result<(), Fault> {
        let event: Value =
            serde_json::from_str(data).map_err(|_odd| Fault::Garbled("an event is not JSON"))?;
        match event["type"].as_str() {
            Some("message_start") => {
                self.begun = true;
                self.count(&event["message"]["usage"]);
            }
            Some("content_block_start") => self.open(&event)?,
            Some("content_block_delta") => self.add(&event)?,
            Some("message_delta") => {
                if let Some(stop) = event["delta"]["stop_reason"].as_str() {
                    self.stop = Some(stop.to_owned());
                }
                self.count(&event["usage"]);
            }
            Some("message_stop") => self.ended = true,
            Some("error") => return Err(Fault::Said(Refusal::in_stream(&event))),
            _ => {}
        }
        Ok(())
    }

    /// Whether it is complete.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// A message that came whole, from something on the way that does not stream.
    pub(super) fn whole(message: &Value) -> Result<Said, Fault> {
        let Some(blocks) = message["content"].as_array() else {
            return Err(Fault::Garbled("the answer is not a message"));
        };
        let mut reply = Self { begun: true, ended: true, ..Self::default() };
        reply.count(&message["usage"]);
        reply.stop = message["stop_reason"].as_str().map(str::to_owned);
        for block in blocks {
            let block = block.as_object().cloned().ok_or(Fault::Garbled("a block is not an object"))?;
            reply.blocks.push(Open { block, input: String::new() });
        }
        reply.finish()
    }

    /// What it used so far; when it broke off, what it wrote is reckoned from what was heard.
    pub(super) fn spent(&self) -> Spent {
        let heard = if self.ended { 0 } else { self.heard_bytes / BYTES_A_TOKEN };
        Spent { output: self.spent.output.max(heard), ..self.spent }
    }

    /// The turn.
    pub(super) fn finish(self) -> Result<Said, Fault> {
        if !self.begun || !self.ended {
            return Err(Fault::Broken("its answer broke off"));
        }
        let stop = match self.stop.as_deref() {
            Some("end_turn" | "stop_sequence") => Stop::Done,
            Some("tool_use") => Stop::Calls,
            Some("max_tokens" | "model_context_window_exceeded") => Stop::CutOff,
            Some("refusal") => Stop::Refused,
            Some(other) => Stop::Other(other.to_owned()),
            None => return Err(Fault::Garbled("the answer does not say why it ends")),
        };
        let spent = self.spent();
        let last = self.blocks.len().saturating_sub(1);
        let mut pieces = Vec::with_capacity(self.blocks.len());
        for (at, open) in self.blocks.into_iter().enumerate() {
            let is_cut = stop == Stop::CutOff && at == last;
            match open.piece() {
                // A half of a call or of a thought is nothing that could be handed back.
                Err(_) | Ok(Piece::Call { .. } | Piece::Opaque(_)) if is_cut => {}
                piece => pieces.push(piece?),
            }
        }
        Ok(Said { pieces, stop, spent })
    }

    /// Counts are of the whole turn so far; one that is left out has not changed.
    fn count(&mut self, usage: &Value) {
        let set = |count: &mut u64, name: &str| *count = usage[name].as_u64().unwrap_or(*count);
        set(&mut self.spent.input, "input_tokens");
        set(&mut self.spent.cached_write, "cache_creation_input_tokens");
        set(&mut self.spent.cached_read, "cache_read_input_tokens");
        set(&mut self.spent.output, "output_tokens");
    }

    fn open(&mut self, event: &Value) -> Result<(), Fault> {
        let expected = event["index"].as_u64().and_then(|index| usize::try_from(index).ok());
        let block = event["content_block"].as_object();
        match block {
            Some(block) if expected == Some(self.blocks.len()) && self.blocks.len() < BLOCKS_MAX => {
                self.blocks.push(Open { block: block.clone(), input: String::new() });
                Ok(())
            }
            _ => Err(Fault::Garbled("a block does not follow the one before it")),
        }
    }

    fn add(&mut self, event: &Value) -> Result<(), Fault> {
        let index = event["index"].as_u64().and_then(|index| usize::try_from(index).ok());
        let open = index.and_then(|index| self.blocks.get_mut(index));
        let open = open.ok_or(Fault::Garbled("a block goes on that was not begun"))?;
        for (name, value) in event["delta"].as_object().into_iter().flatten() {
            self.heard_bytes += value.as_str().map_or(0, |text| text.len() as u64);
            open.add(name, value);
        }
        Ok(())
    }
}

impl Open {
    /// Takes one field of a delta in: texts are joined, whatever they are called, so that a block of a kind not known
    /// here is complete too.
    fn add(&mut self, name: &str, value: &Value) {
        match (name, value) {
            ("type", _) => {}
            ("partial_json", Value::String(text)) => self.input.push_str(text),
            ("citation", citation) => {
                let citations = self.block.entry("citations").or_insert(Value::Null);
                match citations {
                    Value::Array(all) => all.push(citation.clone()),
                    _ => *citations = Value::Array(vec![citation.clone()]),
                }
            }
            (_, Value::String(text)) => match self.block.get_mut(name) {
                Some(Value::String(so_far)) => so_far.push_str(text),
                _ => _ = self.block.insert(name.to_owned(), value.clone()),
            },
            _ => {}
        }
    }

    fn piece(mut self) -> Result<Piece, Fault> {
        if !self.input.is_empty() {
            let input = serde_json::from_str(&self.input)
                .map_err(|_odd| Fault::Garbled("the input of a call is not JSON"))?;
            self.block.insert("input".into(), input);
        }
        let text = |name: &str| self.block.get(name).and_then(Value::as_str).map(str::to_owned);
        match text("type").as_deref() {
            Some("text") => Ok(Piece::Text(text("text").unwrap_or_default())),
            Some("tool_use") => match (text("id"), text("name"), self.block.get("input")) {
                (Some(id), Some(tool), Some(input)) => Ok(Piece::Call { id, tool, input: input.clone() }),
                _ => Err(Fault::Garbled("a call does not say what is called")),
            },
            Some(_) => Ok(Piece::Opaque(Value::Object(self.block))),
            None => Err(Fault::Garbled("a block does not say what it is")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::Events;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn stream(events: &[Value]) -> String {
        let event = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
        events.iter().map(event).collect()
    }

    fn heard<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Said, Fault> {
        let (mut events, mut reply) = (Events::default(), Reply::default());
        for piece in pieces {
            for data in events.take(piece).unwrap() {
                reply.hear(&data)?;
            }
        }
        reply.finish()
    }

    /// A turn with everything in it: thinking, text in two languages, a call, a kind of block that is not known.
    fn turn() -> Vec<Value> {
        let delta =
            |index: u64, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
        let start = |index: u64, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
        let stop = |index: u64| json!({"type": "content_block_stop", "index": index});
        vec![
            json!({"type": "message_start", "message": {"content": [], "usage": {
                "input_tokens": 10, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 7, "output_tokens": 1}}}),
            json!({"type": "ping"}),
            start(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
            delta(0, json!({"type": "thinking_delta", "thinking": "Let me "})),
            delta(0, json!({"type": "thinking_delta", "thinking": "see"})),
            delta(0, json!({"type": "signature_delta", "signature": "c2ln"})),
            stop(0),
            start(1, json!({"type": "text", "text": "", "citations": null})),
            delta(1, json!({"type": "text_delta", "text": "Grüße, "})),
            json!({"type": "something_new", "index": 1}),
            delta(1, json!({"type": "text_delta", "text": "世界\n\n"})),
            stop(1),
            start(2, json!({"type": "tool_use", "id": "toolu_1", "name": "health", "input": {}})),
            delta(2, json!({"type": "input_json_delta", "partial_json": ""})),
            delta(2, json!({"type": "input_json_delta", "partial_json": "{\"account\": \"ac"})),
            delta(2, json!({"type": "input_json_delta", "partial_json": "me\"}"})),
            stop(2),
            start(3, json!({"type": "hologram", "light": ""})),
            delta(3, json!({"type": "light_delta", "light": "blue"})),
            stop(3),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 42}}),
            json!({"type": "message_stop"}),
        ]
    }

    #[test]
    fn a_turn_is_put_together_with_what_is_not_known_in_it() {
        let said = heard([stream(&turn()).as_bytes()]).unwrap();
        assert_eq!(
            said.pieces,
            [
                Piece::Opaque(json!({"type": "thinking", "thinking": "Let me see", "signature": "c2ln"})),
                Piece::Text("Grüße, 世界\n\n".into()),
                Piece::Call {
                    id: "toolu_1".into(),
                    tool: "health".into(),
                    input: json!({"account": "acme"})
                },
                Piece::Opaque(json!({"type": "hologram", "light": "blue"})),
            ]
        );
        assert_eq!(said.stop, Stop::Calls);
        assert_eq!(said.spent, Spent { input: 10, cached_write: 7, cached_read: 100, output: 42 });
    }

    #[test]
    fn a_stream_without_its_end_is_a_failure_that_was_paid_for() {
        let events = turn();
        let cut = stream(&events[..events.len() - 1]);
        assert_eq!(heard([cut.as_bytes()]), Err(Fault::Broken("its answer broke off")));
        let mut reply = Reply::default();
        for event in &events[..12] {
            reply.hear(&event.to_string()).unwrap();
        }
        assert!(reply.spent().output > 5 && reply.spent().input == 10, "{:?}", reply.spent());
    }

    #[test]
    fn a_call_that_was_cut_off_is_left_out() {
        let mut events = turn();
        events.remove(15);
        assert_eq!(
            heard([stream(&events).as_bytes()]),
            Err(Fault::Garbled("the input of a call is not JSON"))
        );
        // The call is the last block, and its input is not complete.
        let cut = events.iter().position(|event| event["index"] == 3).unwrap();
        events.drain(cut..events.len() - 2);
        let at = events.iter().position(|event| event["type"] == "message_delta").unwrap();
        events[at]["delta"]["stop_reason"] = json!("max_tokens");
        let said = heard([stream(&events).as_bytes()]).unwrap();
        assert_eq!((said.stop, said.pieces.len()), (Stop::CutOff, 2));
    }

    #[test]
    fn reasons_to_stop_are_an_open_set() {
        let stop = |reason: Value| {
            let mut events = turn();
            let at = events.iter().position(|event| event["type"] == "message_delta").unwrap();
            events[at]["delta"]["stop_reason"] = reason;
            heard([stream(&events).as_bytes()]).map(|said| said.stop)
        };
        assert_eq!(stop(json!("end_turn")), Ok(Stop::Done));
        assert_eq!(stop(json!("refusal")), Ok(Stop::Refused));
        assert_eq!(stop(json!("pause_turn")), Ok(Stop::Other("pause_turn".into())));
        assert!(matches!(stop(Value::Null), Err(Fault::Garbled(_))));
    }

    #[test]
    fn a_message_that_comes_whole_is_the_same_turn() {
        let message = json!({
            "content": [{"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "t", "name": "n", "input": {"a": 1}}],
            "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 2},
        });
        let said = Reply::whole(&message).unwrap();
        assert_eq!((said.text().as_str(), said.pieces.len(), said.spent.output), ("Hi", 2, 2));
        assert!(Reply::whole(&json!({"hello": "world"})).is_err());
    }

    proptest! {
        #[test]
        fn any_split_of_the_bytes_gives_the_same_turn(cuts in proptest::collection::vec(0_usize..4_000, 0..40)) {
            let stream = stream(&turn()).replace('\n', "\r\n");
            let bytes = stream.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&bytes[from..cut]);
                from = cut;
            }
            pieces.push(&bytes[from..]);
            prop_assert_eq!(heard(pieces), heard([bytes]));
        }

        #[test]
        fn no_stream_of_bytes_breaks_it(bytes in "(data: |event: |\\{\"type\":\"(content_block_(start|delta)|message_(start|delta|stop)|error)\"(,\"index\":[0-2])?\\}|\n|.){0,40}") {
            let _whatever = heard([bytes.as_bytes()]);
        }
    }
}
