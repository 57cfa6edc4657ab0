//! `/help`: the catalogue of commands.

use askama::Template;
use axum::response::Response;

use crate::answers::CATALOG;
use crate::answers::OptionEntry;
use crate::answers::OptionKind;
use crate::answers::Question;

use crate::web::links::escape;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

struct Command {
    name: String,
    about: &'static str,
    example: &'static str,
    options: &'static [OptionEntry],
    /// The page that answers the command as it stands; the examples name accounts that may not exist here.
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/help.html")]
struct HelpPage {
    frame: Frame,
    commands: Vec<Command>,
    chat: bool,
}

impl HelpPage {
    fn words(&self, option: &OptionEntry) -> Option<String> {
        match option.kind {
            OptionKind::OneOf(words) => Some(words.join(" · ")),
            _ => None,
        }
    }

    fn try_it(&self, command: &Command) -> String {
        format!("/chat?line={}", escape(command.example))
    }
}

pub(crate) async fn show(state: Seat) -> Result<Response, Failure> {
    let command = |name: String, about, example, options| Command {
        page: Question::parse(&name).ok().and_then(|question| question.path()),
        name,
        about,
        example,
        options,
    };
    let commands = CATALOG.iter().flat_map(|entry| {
        let own = entry
            .subcommands
            .is_empty()
            .then(|| command(entry.name.to_owned(), entry.about, entry.example, entry.options));
        let subs = entry.subcommands.iter().map(move |sub| {
            command(format!("{} {}", entry.name, sub.name), sub.about, sub.example, sub.options)
        });
        own.into_iter().chain(subs)
    });
    Ok(page(&HelpPage {
        frame: Frame::new(&state, Place::Help, "Help"),
        commands: commands.collect(),
        chat: state.browser_chat,
    }))
}
