//! What became of the records of a file, for programs and for people.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::domain::Money;
use crate::domain::Used;
use crate::domain::grouped;
use crate::ingest::Rejection;

/// Rejections that are listed; the rest is counted. A file of nothing but bad rows must not fill the memory.
const LISTED_MAX: usize = 10_000;
/// Accepted times that a dry run lists.
const TIMES_MAX: usize = 100_000;
/// Rejections that are shown to a person at once.
const SHOWN_MAX: usize = 10;

/// Sums over the rows that an import added or restated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Calls to the API.
    pub api_calls: u64,
    /// Tokens of all kinds.
    pub tokens_used: u64,
    /// What it cost.
    pub cost: Money,
}

impl Totals {
    pub(super) fn add(&mut self, used: Used) {
        self.api_calls = self.api_calls.saturating_add(used.api_calls);
        self.tokens_used = self.tokens_used.saturating_add(used.tokens);
        self.cost += used.cost;
    }

    pub(super) fn take_back(&mut self, used: Used) {
        self.api_calls = self.api_calls.saturating_sub(used.api_calls);
        self.tokens_used = self.tokens_used.saturating_sub(used.tokens);
        self.cost = self.cost - used.cost;
    }

    fn json(&self) -> Value {
        json!({ "api_calls": self.api_calls, "tokens_used": self.tokens_used, "cost": self.cost.as_f64() })
    }
}

/// Why a file was refused or broke off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The stable word for machines.
    pub code: &'static str,
    /// What is wrong, and the remedy.
    pub message: String,
}

/// What became of the records of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// New records.
    pub accepted: u64,
    /// Records that were there already, equal in all figures.
    pub duplicates: u64,
    /// Records that replaced an earlier statement.
    pub replaced: u64,
    /// Records that were refused.
    pub rejected: u64,
    /// The first 10,000 of them.
    pub rejections: Vec<Rejection>,
    /// Good rows that came without a cost, which was computed from prices.
    pub priced: u64,
    /// Sums over the usage that was added or restated; a row that the same file restates counts once.
    pub totals: Totals,
    /// The times of the first 100,000 accepted rows, in file order; on a dry run only.
    pub times: Option<Vec<Timestamp>>,
    /// Why the file was refused or broke off.
    pub file_error: Option<FileFault>,
    /// Up to when the source's data are now said to be complete.
    pub watermark: Option<Timestamp>,
}

impl ImportReport {
    /// Adds rejections, in file order.
    pub(in crate::jobs) fn reject(&mut self, rejections: impl IntoIterator<Item = Rejection>) {
        for rejection in rejections {
            self.rejected += 1;
            if self.rejections.len() < LISTED_MAX {
                self.rejections.push(rejection);
            }
        }
    }

    /// Notes the time of an accepted row on a dry run.
    pub(super) fn note_time(&mut self, at: Timestamp) {
        if let Some(times) = self.times.as_mut().filter(|times| times.len() < TIMES_MAX) {
            times.push(at);
        }
    }

    /// Counts a good record by what was known before it; tells whether it has to be written.
    pub(super) fn counts<T: PartialEq>(&mut self, before: Option<&T>, after: &T) -> bool {
        let count = match before {
            None => &mut self.accepted,
            Some(before) if before == after => &mut self.duplicates,
            Some(_) => &mut self.replaced,
        };
        *count += 1;
        before != Some(after)
    }

    /// Records that were read.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.accepted + self.duplicates + self.replaced + self.rejected
    }

    /// 0 when all was good, 1 when some records were refused, 2 when the file was.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match (&self.file_error, self.rejected) {
            (Some(_), _) => 2,
            (None, 0) => 0,
            (None, _) => 1,
        }
    }

    /// The object of the contract. When more records were refused than are listed, `rejected_unlisted` says how many.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut object = json!({
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "replaced": self.replaced,
            "rejected": self.rejections.iter().map(rejection_json).collect::<Vec<_>>(),
            "totals": self.totals.json(),
        });
        let unlisted = self.unlisted();
        if unlisted > 0 {
            object["rejected_unlisted"] = unlisted.into();
        }
        if self.priced > 0 {
            object["priced"] = self.priced.into();
        }
        if let Some(times) = &self.times {
            object["utc"] = times.iter().map(Timestamp::to_string).collect();
        }
        object["file_error"] = self.file_error.as_ref().map(|fault| fault.code).into();
        if let Some(fault) = &self.file_error {
            object["message"] = fault.message.as_str().into();
        }
        object
    }

    fn unlisted(&self) -> u64 {
        self.rejected - self.rejections.len() as u64
    }

    /// For a person: counts, sums, and the first rejections.
    #[must_use]
    pub fn text(&self, what: &str) -> String {
        let mut text = String::new();
        if let Some(fault) = &self.file_error {
            let _ = writeln!(text, "{what}: refused, {}.", fault.message.trim_end_matches('.'));
            if self.records() == 0 {
                return text;
            }
        }
        let count = |n: u64| grouped(i128::from(n));
        let _ = writeln!(
            text,
            "{what}: {} accepted, {} duplicates, {} replaced, {} rejected.",
            count(self.accepted),
            count(self.duplicates),
            count(self.replaced),
            count(self.rejected),
        );
        if self.totals != Totals::default() {
            let Totals { api_calls, tokens_used, cost } = self.totals;
            let _ = writeln!(
                text,
                "  Added: {} API calls, {} tokens, cost {cost}.",
                count(api_calls),
                count(tokens_used)
            );
        }
        if self.priced > 0 {
            let _ = writeln!(
                text,
                "  {} came without a cost, which was computed from prices.",
                count(self.priced)
            );
        }
        for rejection in self.rejections.iter().take(SHOWN_MAX) {
            let _ = writeln!(text, "  {rejection} ({})", rejection.reason.code());
        }
        if self.rejected > SHOWN_MAX as u64 {
            let more = count(self.rejected - SHOWN_MAX as u64);
            let _ =
                writeln!(text, "  … and {more} more; --json lists the first {}.", count(LISTED_MAX as u64));
        }
        text
    }
}

fn rejection_json(rejection: &Rejection) -> Value {
    json!({
        "row": rejection.row,
        "column": rejection.column,
        "reason": rejection.reason.code(),
        "message": rejection.message,
    })
}

/// The reports of all files of one import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReports {
    /// Each file as it was named, with its report, in order.
    pub files: Vec<(String, ImportReport)>,
    /// Whether nothing was kept.
    pub dry_run: bool,
}

impl ImportReports {
    pub(super) fn push(&mut self, file: &Path, report: ImportReport) {
        let name: String = file.display().to_string().chars().filter(|c| !c.is_control()).collect();
        self.files.push((name, report));
    }

    /// The highest status of the files.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        self.files.iter().map(|(_, report)| report.exit_status()).max().unwrap_or(0)
    }

    /// The object of the contract. For several files it holds their sums, each rejection names its `file`, and
    /// `files` holds the object of each.
    #[must_use]
    pub fn json(&self) -> Value {
        if let [(_, report)] = self.files.as_slice() {
            return report.json();
        }
        let sum = |figure: fn(&ImportReport) -> u64| {
            self.files.iter().map(|(_, report)| figure(report)).sum::<u64>()
        };
        let mut totals = Totals::default();
        for (_, report) in &self.files {
            let Totals { api_calls, tokens_used, cost } = report.totals;
            totals.add(Used { api_calls, errors: None, tokens: tokens_used, cost });
        }
        let (mut rejected, mut files) = (Vec::new(), Vec::new());
        for (name, report) in &self.files {
            rejected.extend(report.rejections.iter().map(|one| with_file(name, rejection_json(one))));
            files.push(with_file(name, report.json()));
        }
        let file_error =
            self.files.iter().find_map(|(_, report)| report.file_error.as_ref()).map(|fault| fault.code);
        let mut object = json!({
            "accepted": sum(|report| report.accepted),
            "duplicates": sum(|report| report.duplicates),
            "replaced": sum(|report| report.replaced),
            "rejected": rejected,
            "totals": totals.json(),
            "file_error": file_error,
            "files": files,
        });
        let priced = sum(|report| report.priced);
        if priced > 0 {
            object["priced"] = priced.into();
        }
        object
    }

    /// For a person.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text: String = self.files.iter().map(|(name, report)| report.text(name)).collect();
        if self.dry_run {
            text.push_str("Nothing was kept: this was a dry run.\n");
        }
        text
    }
}

fn with_file(name: &str, object: Value) -> Value {
    let mut named = json!({ "file": name });
    if let (Value::Object(named), Value::Object(object)) = (&mut named, object) {
        named.extend(object);
    }
    named
}
