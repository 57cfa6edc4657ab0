//! Question after question, until `exit`, Ctrl-D or the end of the input.

use std::io;
use std::io::{BufRead, IsTerminal, Write};

use anyhow::Context;

use crate::answers::Desk;
use crate::domain::Asker;
use crate::render::console::Style;
use crate::render::words;

use super::line_editor::{LineEditor, Typed};
use super::{reader_left, reply, screen};

const GREETING: &str =
    "Ask as in the team's chat. `help` lists what there is, Tab completes, `exit` or Ctrl-D leaves.";

/// Talks with whoever sits at the terminal; without a terminal, answers the lines of standard input.
pub async fn converse(desk: &Desk, asker: &Asker, public_url: Option<String>) -> anyhow::Result<()> {
    let mut out = io::stdout();
    if !(io::stdin().is_terminal() && out.is_terminal()) {
        let style = screen(public_url);
        return talk(desk, asker, &mut io::stdin().lock(), &mut out, &style).await;
    }
    let mut editor = LineEditor::new(desk.clone(), asker.clone())?;
    writeln!(out, "{GREETING}")?;
    loop {
        match editor.read()? {
            Typed::Line(line) if leaves(&line) => return Ok(()),
            Typed::Line(line) if line.trim().is_empty() => {}
            // The screen may have become another size since the last question.
            Typed::Line(line) => {
                let said = reply(desk, asker, &line, &screen(public_url.clone())).await;
                writeln!(out, "\n{said}")?;
            }
            Typed::Interrupt => writeln!(out, "`exit` or Ctrl-D leaves.")?,
            Typed::End => return Ok(()),
        }
    }
}

/// Answers each line of `input`; empty lines and lines that begin with `#` are passed over.
pub async fn talk(
    desk: &Desk,
    asker: &Asker,
    input: &mut impl BufRead,
    output: &mut impl Write,
    style: &Style,
) -> anyhow::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        // Bytes, since one line that is not UTF-8 must not end the conversation.
        if input.read_until(b'\n', &mut line).context("reading the next question")? == 0 {
            return Ok(());
        }
        let asked = String::from_utf8_lossy(&line);
        let asked = asked.trim();
        if leaves(asked) {
            return Ok(());
        }
        if asked.is_empty() || asked.starts_with('#') {
            continue;
        }
        let said = reply(desk, asker, asked, style).await;
        let heading = words::harmless(asked);
        let written = writeln!(output, "> {heading}\n\n{said}").and_then(|()| output.flush());
        if reader_left(&written) {
            return Ok(());
        }
        written.context("writing the answer")?;
    }
}

fn leaves(line: &str) -> bool {
    let word = line.trim();
    matches!(word.strip_prefix('/').unwrap_or(word), "exit" | "quit")
}
