//! Messages in Discord's JSON: what the printer made, with the picture beside it.

use serde_json::Value;
use serde_json::json;
use tracing::error;

use crate::answers::Choice;
use crate::problem::Problem;
use crate::render;
use crate::render::chart::Palette;
use crate::reply::Answer;

use super::rest::Body;

/// Flag of a message that only the asker sees.
const EPHEMERAL: u32 = 64;
/// 1,200 pixels wide: twice what Discord shows in a column.
const PICTURE_SCALE: f32 = 1.0;
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
pub(super) fn tell(problem: &Problem) -> Body {
    Body { json: json!({"type": 4, "data": private(&said(problem)).json}), picture: None }
}

/// Offers completions.
pub(super) fn choices(choices: &[Choice]) -> Body {
    let choice = |choice: &Choice| json!({"name": cut(&choice.label), "value": choice.value});
    // A value that is cut would mean something else.
    let fits = |choice: &&Choice| {
        !choice.label.is_empty() && (1..=CHOICE_CHARS_MAX).contains(&choice.value.chars().count())
    };
    let list: Vec<Value> = choices.iter().filter(fits).take(CHOICES_MAX).map(choice).collect();
    Body { json: json!({"type": 8, "data": {"choices": list}}), picture: None }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= CHOICE_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(CHOICE_CHARS_MAX - 1).chain(['…']).collect()
}

/// A problem as a message.
pub(super) fn said(problem: &Problem) -> Body {
    let reply = render::discord::problem(problem);
    Body { json: message(&reply.embeds, &reply.components), picture: None }
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
pub(super) async fn answer(answer: &Answer, public_url: &str, plainness: Plainness) -> Body {
    let reply = render::discord::answer(answer, Some(public_url).filter(|_| plainness == Plainness::Full));
    if plainness == Plainness::Words {
        return Body { json: message(&reply.without_picture().embeds, &[(); 0]), picture: None };
    }
    let Some(picture) = reply.picture.clone() else {
        return Body { json: message(&reply.embeds, &reply.components), picture: None };
    };
    let spec = picture.spec;
    // Most of Discord is dark; a white picture would glare there.
    let drawn = tokio::task::spawn_blocking(move || render::chart::png(&spec, Palette::Dark, PICTURE_SCALE));
    let failure = match drawn.await {
        Ok(Ok(bytes)) => {
            let mut json = message(&reply.embeds, &reply.components);
            json["attachments"] =
                json!([{"id": "0", "filename": picture.file_name, "description": picture.alt}]);
            return Body { json, picture: Some((picture.file_name, bytes)) };
        }
        Ok(Err(failed)) => failed.to_string(),
        Err(broken) => broken.to_string(),
    };
    // The figures are right without it.
    error!(cause = failure, "Could not draw a chart; the reply goes out without it");
    let reply = reply.without_picture();
    Body { json: message(&reply.embeds, &reply.components), picture: None }
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
        assert_eq!(list[0]["name"].as_str().unwrap().chars().count(), 100);
        assert_eq!(list[1]["name"], "b");
    }
}
