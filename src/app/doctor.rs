//! The doctor's findings: what was looked at, how it is, and what to do.

use std::io;
use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;
use serde_json::json;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// As it should be.
    Ok,
    /// etsm runs, but not as well as it could.
    Warn,
    /// Something does not work.
    Fail,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    /// Exit status of the program. A warning is none of failure: whatever runs the doctor before a start would not start.
    pub(super) fn status(self) -> ExitCode {
        match self {
            Self::Ok | Self::Warn => ExitCode::SUCCESS,
            Self::Fail => ExitCode::FAILURE,
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    part: &'static str,
    verdict: Verdict,
    said: String,
    remedy: Option<String>,
}

/// All that was found, in the order of looking.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn ok(&mut self, part: &'static str, said: impl Into<String>) {
        self.0.push(Finding { part, verdict: Verdict::Ok, said: said.into(), remedy: None });
    }

    pub(super) fn warn(&mut self, part: &'static str, said: impl Into<String>, remedy: impl Into<String>) {
        self.not_ok(part, Verdict::Warn, said.into(), remedy.into());
    }

    pub(super) fn fail(&mut self, part: &'static str, said: impl Into<String>, remedy: impl Into<String>) {
        self.not_ok(part, Verdict::Fail, said.into(), remedy.into());
    }

    fn not_ok(&mut self, part: &'static str, verdict: Verdict, said: String, remedy: String) {
        self.0.push(Finding { part, verdict, said, remedy: Some(remedy) });
    }

    /// The worst of all.
    pub(super) fn verdict(&self) -> Verdict {
        self.0.iter().map(|one| one.verdict).max().unwrap_or(Verdict::Ok)
    }

    /// Lines for people.
    pub(super) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        for Finding { part, verdict, said, remedy } in &self.0 {
            writeln!(out, "{:<5} {part:<10} {said}", verdict.word())?;
            if let Some(remedy) = remedy {
                writeln!(out, "{:<16} → {remedy}", "")?;
            }
        }
        Ok(())
    }

    /// One object for programs.
    pub(super) fn json(&self) -> Value {
        let one = |one: &Finding| json!({ "part": one.part, "verdict": one.verdict.word(), "said": one.said, "remedy": one.remedy });
        json!({ "verdict": self.verdict().word(), "findings": self.0.iter().map(one).collect::<Vec<_>>() })
    }
}
