//! Answers as Discord messages: an embed, buttons, and what to draw as the picture.
//!
//! Invariant: whatever an answer holds, the reply keeps all limits of the platform, and nothing from outside formats,
//! links or pings.

mod buttons;
mod embed;
pub mod limits;
mod markdown;
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

pub use buttons::CUSTOM_ID_PREFIX;

/// A message, but for the pixels of its picture.
#[derive(Debug, Clone)]
pub struct Reply {
    /// What is said.
    pub embeds: Vec<CreateEmbed>,
    /// The dashboard's link and what may be asked next.
    pub components: Vec<CreateActionRow>,
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

/// An answer as a message. Links are there when `public_url` begins with `http://` or `https://`; Discord refuses others.
#[must_use]
pub fn answer(answer: &Answer, public_url: Option<&str>) -> Reply {
    let picture = answer.chart().map(Picture::of);
    let embed = embed::answer(answer, public_url, picture.as_ref());
    Reply { embeds: vec![embed], components: buttons::rows(answer, public_url), picture }
}

/// Amber: something needs another try, nothing is on fire.
const PROBLEM_COLOUR: Colour = Colour::new(0x00d9_8e04);

/// A problem as a message.
#[must_use]
pub fn problem(problem: &Problem) -> Reply {
    let message = problem.to_string();
    let text = match problem {
        // Our own words alone, with code in them.
        Problem::NoData | Problem::Busy | Problem::Internal { .. } => message,
        Problem::UnknownCommand { .. }
        | Problem::BadOption { .. }
        | Problem::UnknownAccount { .. }
        | Problem::AmbiguousAccount { .. }
        | Problem::Unknown { .. }
        | Problem::NotAllowed { .. } => {
            // Half the room, since each character may need a sign of escape before it.
            let short = words::clip(&words::harmless(&message), limits::DESCRIPTION_CHARS_MAX / 2 - 2);
            markdown::escape(&words::isolated(&short))
        }
    };
    let embed = CreateEmbed::new().description(text).colour(PROBLEM_COLOUR);
    Reply { embeds: vec![embed], components: Vec::new(), picture: None }
}

#[cfg(test)]
mod property;

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use serde_json::json;

    fn shown(reply: &Reply) -> serde_json::Value {
        json!({
            "embeds": reply.embeds,
            "components": reply.components,
            "picture": reply.picture.as_ref().map(|picture| [&picture.file_name, &picture.alt]),
        })
    }

    #[track_caller]
    fn check(name: &str, given: &Answer) {
        insta::assert_json_snapshot!(name, shown(&answer(given, Some(samples::URL))));
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
            let text = shown(&answer(&samples::usage(), url)).to_string();
            assert!(!text.contains("http") && !text.contains("ftp"), "{text}");
        }
    }

    #[test]
    fn a_reply_without_its_picture_names_none() {
        let reply = answer(&samples::usage(), None).without_picture();
        assert!(!shown(&reply).to_string().contains("attachment://"));
    }
}
