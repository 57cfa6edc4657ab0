//! One question, one answer, and an exit status that a script can read.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::answers::Desk;
use crate::domain::Asker;
use crate::problem::Problem;
use crate::render::chart;
use crate::render::chart::Palette;
use crate::render::console;
use crate::render::console::Style;
use crate::render::json;
use crate::reply::Answer;
use crate::reply::ChartSpec;

use super::reader_left;

/// In which form the answer is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// One JSON object instead of text.
    pub json: bool,
    /// How text is shown, and how links begin.
    pub style: Style,
    /// Where to write the picture.
    pub png: Option<PathBuf>,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Answered.
    Answered,
    /// Understood, but there is no answer; the output says why.
    Problem,
    /// Not understood; the output says what would be right.
    BadCall,
}

impl Outcome {
    /// Exit status of the program: 0 answered, 1 no answer, 2 not understood.
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            Self::Answered => 0,
            Self::Problem => 1,
            Self::BadCall => 2,
        }
    }

    fn of(problem: &Problem) -> Self {
        match problem {
            Problem::UnknownCommand { .. } | Problem::BadOption { .. } => Self::BadCall,
            Problem::UnknownAccount { .. }
            | Problem::AmbiguousAccount { .. }
            | Problem::Unknown { .. }
            | Problem::NotAllowed { .. }
            | Problem::NoData
            | Problem::Busy
            | Problem::StorageFull(_)
            | Problem::Internal { .. } => Self::Problem,
        }
    }
}

/// Twice the size of the picture in chat, so that it may be printed.
const PNG_SCALE: f32 = 2.0;

/// Asks `line` and writes the answer, or what is wrong, to `output`.
pub async fn ask_once(
    desk: &Desk,
    asker: &Asker,
    line: &str,
    output: &mut impl Write,
    form: &Form,
) -> anyhow::Result<Outcome> {
    let (text, outcome) = match desk.ask_line(asker, line).await {
        Ok(answer) => (answered(&answer, form).await?, Outcome::Answered),
        Err(problem) if form.json => (pretty(&json::problem(&problem)), Outcome::of(&problem)),
        Err(problem) => (console::problem(&problem, &form.style), Outcome::of(&problem)),
    };
    let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    if !reader_left(&written) {
        written.context("writing the answer")?;
    }
    Ok(outcome)
}

async fn answered(answer: &Answer, form: &Form) -> anyhow::Result<String> {
    let spec = answer.chart();
    if let (Some(spec), Some(path)) = (spec, &form.png) {
        write_picture(spec.clone(), path).await?;
    }
    if form.json {
        let mut value = json::answer(answer, form.style.public_url.as_deref());
        if let Some(path) = &form.png {
            value["picture"] = spec.map(|_| path.display().to_string()).into();
        }
        return Ok(pretty(&value));
    }
    let picture = match (&form.png, spec) {
        (None, _) => String::new(),
        (Some(path), Some(_)) => format!("\nThe picture is in {}.\n", path.display()),
        (Some(path), None) => {
            format!("\nThis answer has no picture, so {} was not written.\n", path.display())
        }
    };
    Ok(console::answer(answer, &form.style) + &picture)
}

async fn write_picture(spec: ChartSpec, path: &Path) -> anyhow::Result<()> {
    let drawn = tokio::task::spawn_blocking(move || chart::png(&spec, Palette::Light, PNG_SCALE));
    let png = drawn.await.context("drawing the picture")?.context("drawing the picture")?;
    tokio::fs::write(path, png).await.with_context(|| format!("writing {}", path.display()))
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
