//! Messages in Discord's JSON: what the printer made, with the picture beside it.

use serde_json::Value;
use serde_json::json;
use tracing::error;

use crate::answers::Choice;
use crate::problem::Problem;
use crate::render;
use crate::render::chart::Palette;
use crate::render::discord::Modal;
use crate::render::discord::Picture;
use crate::render::discord::Reply;
use crate::render::discord::Seal;
use crate::render::discord::View;
use crate::reply::Answer;
use crate::reply::Form;

use super::press::Draft;
use super::rest::Body;

/// Flag of a message that only the asker sees.
const EPHEMERAL: u32 = 64;
/// 1,200 pixels wide: twice what Discord shows in a column.
pub(super) const PICTURE_SCALE: f32 = 1.0;
/// Longest text of a choice and of its value.
const CHOICE_CHARS_MAX: usize = 100;
/// Most choices that may be offered.
const CHOICES_MAX: usize = 25;

/// Ways to take on an interaction.
pub(super) fn defer(ephemeral: bool) -> Body {
    let flags = if ephemeral { EPHEMERAL } else { 0 };
    Body { json: json!({"type": 5, "data": {"flags": flags}}), picture: None }
}

/// Takes on the press of a button whose message will change.
pub(super) fn defer_update() -> Body {
    Body { json: json!({"type": 6}), picture: None }
}

/// Answers at once with a message that only the asker sees.
pub(super) fn tell(message: &Message) -> Body {
    Body { json: json!({"type": 4, "data": private(&message.body).json}), picture: None }
}

/// Offers completions.
pub(super) fn choices(choices: &[Choice]) -> Body {
    let choice = |choice: &Choice| {
        // A value that is cut would mean something else.
        let fits = (1..=CHOICE_CHARS_MAX).contains(&choice.value.chars().count());
        let label = render::discord::label(&choice.label, CHOICE_CHARS_MAX).filter(|_| fits)?;
        Some(json!({"name": label, "value": choice.value}))
    };
    let list: Vec<Value> = choices.iter().filter_map(choice).take(CHOICES_MAX).collect();
    Body { json: json!({"type": 8, "data": {"choices": list}}), picture: None }
}

/// Opens a form, with the lines to keep for it.
pub(super) fn open(form: &Form, seal: &Seal, aloud: bool) -> Message {
    let Modal { modal, kept } = render::discord::form(form, seal, aloud);
    Message { body: Body { json: json!({"type": 9, "data": modal}), picture: None }, kept }
}

/// A problem as a message.
pub(super) fn said(problem: &Problem) -> Message {
    Message::plain(render::discord::problem(problem))
}

/// A mistake in a form as a message, from which the form can be opened again with all that was typed.
pub(super) fn mistake(problem: &Problem, draft: &Draft, seal: &Seal) -> Message {
    let option = match problem {
        Problem::BadOption { option, .. } => option.as_deref(),
        Problem::UnknownAccount { .. } | Problem::AmbiguousAccount { .. } => Some("account"),
        Problem::UnknownCommand { .. }
        | Problem::Unknown { .. }
        | Problem::NotAllowed { .. }
        | Problem::NoData
        | Problem::Busy
        | Problem::StorageFull(_)
        | Problem::Internal { .. } => None,
    };
    let field = option.and_then(|option| draft.call.field_label(option));
    Message::plain(render::discord::mistake(problem, field, &draft.call.line(), draft.aloud, seal))
}

/// The same message for the asker only.
pub(super) fn private(body: &Body) -> Body {
    let mut body = body.clone();
    body.json["flags"] = json!(EPHEMERAL);
    body
}

/// How much of an answer goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plainness {
    /// All of it.
    Full,
    /// Without anything that leads to the dashboard.
    WithoutLinks,
    /// Words and figures: no link, no picture, no buttons.
    Words,
}

/// An answer as a message, with its picture. Drawing takes tens of milliseconds, so it happens beside the runtime.
pub(super) async fn answer(answer: &Answer, view: View<'_>, plainness: Plainness) -> Message {
    let public_url = view.public_url.filter(|_| plainness == Plainness::Full);
    let reply = render::discord::answer(answer, View { public_url, ..view });
    if plainness == Plainness::Words {
        let json = message(&reply.without_picture().embeds, &[(); 0]);
        return Message { body: Body { json, picture: None }, kept: Vec::new() };
    }
    let Some(picture) = reply.picture.clone() else { return Message::plain(reply) };
    let spec = picture.spec.clone();
    // Most of Discord is dark; a white picture would glare there.
    let drawn = tokio::task::spawn_blocking(move || render::chart::png(&spec, Palette::Dark, PICTURE_SCALE));
    let failure = match drawn.await {
        Ok(Ok(bytes)) => {
            return Message { body: pictured(&reply, picture, bytes), kept: reply.kept };
        }
        Ok(Err(failed)) => failed.to_string(),
        Err(broken) => broken.to_string(),
    };
    // The figures are right without it.
    error!(cause = failure, "Could not draw a chart; the reply goes out without it");
    Message::plain(reply.without_picture())
}

/// A message to send, and the lines to keep for what can be pressed below it.
pub(super) struct Message {
    pub(super) body: Body,
    pub(super) kept: Vec<(String, String)>,
}

impl Message {
    fn plain(reply: Reply) -> Self {
        Self { body: plain(&reply), kept: reply.kept }
    }
}

/// What was printed, without a picture.
pub(super) fn plain(reply: &Reply) -> Body {
    Body { json: message(&reply.embeds, &reply.components), picture: None }
}

/// The same with its picture.
pub(super) fn pictured(reply: &Reply, picture: Picture, bytes: Vec<u8>) -> Body {
    let mut body = plain(reply);
    body.json["attachments"] =
        json!([{"id": "0", "filename": picture.file_name, "description": picture.alt}]);
    body.picture = Some((picture.file_name, bytes));
    body
}

/// A message that pings nobody, without attachments, so that an edit takes an earlier picture away.
fn message(embeds: &impl serde::Serialize, components: &impl serde::Serialize) -> Value {
    json!({
        "embeds": embeds, "components": components, "attachments": [], "allowed_mentions": {"parse": []},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_keep_to_the_limits() {
        let long = Choice { label: "x".repeat(120), value: "acme".into() };
        let lost = Choice { label: "too long a value".into(), value: "y".repeat(101) };
        let many = vec![Choice { label: "b".into(), value: "b".into() }; 30];
        let body = choices(&[vec![long, lost], many].concat());
        let list = body.json["data"]["choices"].as_array().unwrap();
        assert_eq!(list.len(), 25);
        assert_eq!(list[0]["name"].as_str().unwrap().chars().count(), 98, "two are kept for marks");
        assert_eq!(list[1]["name"], "b");
    }
}
