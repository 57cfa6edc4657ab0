//! Answers as Discord messages: an embed, buttons, and what to draw as the picture.
//!
//! Invariant: whatever an answer holds, the reply keeps all limits of the platform, and nothing from outside formats,
//! links or pings.

mod components;
mod custom_id;
mod embed;
mod form;
pub mod limits;
mod markdown;
mod posts;
mod room;

use serenity::all::Colour;
use serenity::builder::CreateActionRow;
use serenity::builder::CreateAttachment;
use serenity::builder::CreateEmbed;

use crate::problem::Problem;
use crate::render::chart;
use crate::render::words;
use crate::reply::Answer;
use crate::reply::ChartSpec;

pub use components::label;
pub use custom_id::{CustomId, Line, Press, Said, Seal};
pub use form::{Modal, form};
pub use posts::posts;

use components::Components;

/// A message, but for the pixels of its picture.
#[derive(Debug, Clone)]
pub struct Reply {
    /// What is said.
    pub embeds: Vec<CreateEmbed>,
    /// The dashboard's link and what may be asked next.
    pub components: Vec<CreateActionRow>,
    /// Lines behind the components to keep in the store before it is sent, by their keys.
    pub kept: Vec<(String, String)>,
    /// The picture that the embed refers to; without its file, drop the embed's image with [`Reply::without_picture`].
    pub picture: Option<Picture>,
}

/// A picture to draw and attach.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// `chart.png`, as the embed names it.
    pub file_name: String,
    /// The picture in words.
    pub alt: String,
    /// What it shows.
    pub spec: ChartSpec,
}

/// How the embed names the picture.
const PICTURE_FILE_NAME: &str = "chart.png";

impl Picture {
    fn of(spec: &ChartSpec) -> Self {
        Self { file_name: PICTURE_FILE_NAME.into(), alt: chart::alt(spec), spec: spec.clone() }
    }

    /// The drawn picture as a file with its alternative text.
    pub fn attachment(&self, png: Vec<u8>) -> CreateAttachment {
        let file = CreateAttachment::bytes(png, self.file_name.as_str());
        if self.alt.is_empty() { file } else { file.description(self.alt.as_str()) }
    }
}

impl Reply {
    /// The same message when its picture could not be drawn.
    #[must_use]
    pub fn without_picture(mut self) -> Self {
        if let (Some(_), Some(first)) = (self.picture.take(), self.embeds.first_mut()) {
            *first = embed::without_image(first);
        }
        self
    }
}

/// How an answer is shown.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Links are there when it begins with `http://` or `https://`; Discord refuses others.
    pub public_url: Option<&'a str>,
    /// Where the button to the dashboard leads, if not to the answer's own page: a pass that is the asker's alone.
    pub pass: Option<&'a str>,
    /// Signs what can be pressed.
    pub seal: &'a Seal,
    /// What was asked, to turn pages with.
    pub line: &'a str,
    /// Page of the first table that does not fit, from 1; behind the last one, it is the last one.
    pub page: usize,
}

/// An answer as a message.
#[must_use]
pub fn answer(answer: &Answer, view: View<'_>) -> Reply {
    let picture = answer.chart().map(Picture::of);
    let embed = embed::answer(answer, view.public_url, view.page, picture.as_ref(), None);
    let turn = embed::turn(answer, view.page);
    let (components, kept) = Components::new(view.seal).below(answer, view, turn).done();
    Reply { embeds: vec![embed], components, kept, picture }
}

/// Amber: something needs another try, nothing is on fire.
const PROBLEM_COLOUR: Colour = Colour::new(0x00d9_8e04);

/// A problem as a message.
#[must_use]
pub fn problem(problem: &Problem) -> Reply {
    told(said(problem))
}

/// A mistake in a form: which field, what is wrong, and a button that opens the form again with all that was typed.
#[must_use]
pub fn mistake(problem: &Problem, field: Option<&str>, draft: &str, aloud: bool, seal: &Seal) -> Reply {
    let field = field.map(|name| format!("**{}**\n", markdown::outside(name))).unwrap_or_default();
    let text = format!("{field}{}\nWhat you typed is kept.", said(problem));
    let (components, kept) = Components::new(seal).open_again(draft, aloud).done();
    Reply { components, kept, ..told(text) }
}

fn told(text: String) -> Reply {
    let embed = CreateEmbed::new().description(text).colour(PROBLEM_COLOUR);
    Reply { embeds: vec![embed], components: Vec::new(), kept: Vec::new(), picture: None }
}

fn said(problem: &Problem) -> String {
    let message = problem.to_string();
    match problem {
        // Our own words alone, with code in them.
        Problem::NoData | Problem::Busy | Problem::StorageFull(_) | Problem::Internal { .. } => message,
        Problem::UnknownCommand { .. }
        | Problem::BadOption { .. }
        | Problem::UnknownAccount { .. }
        | Problem::AmbiguousAccount { .. }
        | Problem::Unknown { .. }
        | Problem::NotAllowed { .. } => {
            // Half the room less some for a field's name, since each character may need a sign of escape before it.
            let short = words::clip(&words::harmless(&message), limits::DESCRIPTION_CHARS_MAX / 2 - 200);
            markdown::escape(&words::isolated(&short))
        }
    }
}

#[cfg(test)]
mod property;

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use serde_json::json;

    fn shown_at(given: &Answer, public_url: Option<&str>) -> Reply {
        let seal = Seal::new(b"a secret of the tests");
        answer(given, View { public_url, pass: None, seal: &seal, line: "usage acme", page: 1 })
    }

    fn shown(reply: &Reply) -> serde_json::Value {
        json!({
            "embeds": reply.embeds,
            "components": reply.components,
            "picture": reply.picture.as_ref().map(|picture| [&picture.file_name, &picture.alt]),
        })
    }

    #[track_caller]
    fn check(name: &str, given: &Answer) {
        insta::assert_json_snapshot!(name, shown(&shown_at(given, Some(samples::URL))));
    }

    #[test]
    fn each_answer_reads_well() {
        check("health", &samples::health());
        check("usage", &samples::usage());
        check("portfolio", &samples::portfolio());
        check("movers", &samples::movers());
        check("initiatives", &samples::initiatives());
        check("help", &samples::help());
        check("forecast", &samples::forecast());
        check("why", &samples::why());
    }

    #[test]
    fn a_problem_is_one_embed_without_buttons() {
        insta::assert_json_snapshot!("problem", shown(&problem(&samples::problem())));
        insta::assert_json_snapshot!("no_data", shown(&problem(&Problem::NoData)));
    }

    #[test]
    fn without_a_web_address_there_are_no_links() {
        for url in [None, Some("ftp://etsm.example"), Some("")] {
            let text = shown(&shown_at(&samples::usage(), url)).to_string();
            assert!(!text.contains("http") && !text.contains("ftp"), "{text}");
        }
    }

    #[test]
    fn a_reply_without_its_picture_names_none() {
        let reply = shown_at(&samples::usage(), None).without_picture();
        assert!(!shown(&reply).to_string().contains("attachment://"));
    }
}
