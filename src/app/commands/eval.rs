//! `etsm eval`: the analytics of the desk on series and histories from files, and the truth check on trial.
//!
//! Invariant: nothing is computed here; the engine's own detector, churn model and forecaster, and the writer's own
//! check, are called as the desk calls them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use jiff::civil::Date;

use crate::engine::trial;
use crate::ingest;
use crate::writer;
use crate::writer::trial::Rate;

use super::super::cli::{Eval, EvalFiles};

pub(super) async fn eval(what: &Eval) -> anyhow::Result<ExitCode> {
    match what {
        Eval::Detect { files } => detect(files),
        Eval::Health { files, as_of, horizon } => health(files, *as_of, *horizon),
        Eval::Forecast { files, horizon, season } => forecast(files, *horizon, *season),
        Eval::Writer { tries, seed } => return writer(*tries, *seed).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

/// Prints how many lies came through; it fails when any did.
async fn writer(tries: u32, seed: u64) -> anyhow::Result<ExitCode> {
    let outcome = writer::trial::run(tries as usize, seed).await;
    let mut text =
        format!("{:<38}  {:>8}  {:>8}  {:>8}\n", "Drafts with one lie", "tried", "refused", "passed");
    let mut line = |what: &str, rate: &Rate| {
        let Rate { tried, passed } = *rate;
        text.push_str(&format!("{what:<38}  {tried:>8}  {:>8}  {passed:>8}\n", tried - passed));
    };
    let mut all = Rate::default();
    for (lie, rate) in &outcome.lies {
        line(lie.words(), rate);
        all = Rate { tried: all.tried + rate.tried, passed: all.passed + rate.passed };
    }
    line("all lies", &all);
    line("true drafts, phrasings known here", &outcome.honest);
    line("true sentences in other phrasings", &outcome.otherwise);
    for lie in &outcome.passed {
        text.push_str(&format!("passed: {lie}\n"));
    }
    write!(anstream::stdout(), "{text}").context("writing")?;
    Ok(if all.passed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn detect(files: &EvalFiles) -> anyhow::Result<()> {
    let points = ingest::read_points(open(&files.input)?).with_context(|| read_failed(&files.input))?;
    let series: Vec<_> = points.iter().map(|one| (one.at, one.value)).collect();
    let judged = trial::detect(&series);
    let rows = points.iter().zip(judged).map(|(point, (score, is_alert))| {
        [point.text.clone(), score.to_string(), u8::from(is_alert).to_string()]
    });
    write_table(&files.output, ["timestamp", "anomaly_score", "is_alert"], rows)
}

fn health(files: &EvalFiles, as_of: Date, horizon: u16) -> anyhow::Result<()> {
    let events =
        ingest::read_customer_events(open(&files.input)?).with_context(|| read_failed(&files.input))?;
    let mut customers: BTreeMap<String, Vec<(Date, f64)>> = BTreeMap::new();
    for event in events {
        customers.entry(event.customer).or_default().push((event.day, event.amount));
    }
    let histories: Vec<&[(Date, f64)]> = customers.values().map(Vec::as_slice).collect();
    let judged = trial::health(&histories, as_of, horizon);
    let rows = customers
        .keys()
        .zip(judged)
        .map(|(customer, (health, churn))| [customer.clone(), health.to_string(), churn.to_string()]);
    write_table(&files.output, ["customer_id", "health", "churn_probability"], rows)
}

fn forecast(files: &EvalFiles, horizon: u16, season: u16) -> anyhow::Result<()> {
    let points = ingest::read_points(open(&files.input)?).with_context(|| read_failed(&files.input))?;
    let history: Vec<f64> = points.iter().map(|one| one.value).collect();
    let steps = trial::forecast(&history, usize::from(season), usize::from(horizon));
    let rows = steps.into_iter().enumerate().map(|(step, [mean, lo80, hi80, lo95, hi95])| {
        [(step + 1) as f64, mean, lo80, hi80, lo95, hi95].map(|value| value.to_string())
    });
    write_table(&files.output, ["step", "mean", "lo80", "hi80", "lo95", "hi95"], rows)
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| read_failed(path))
}

fn read_failed(path: &Path) -> String {
    format!("reading {}", path.display())
}

fn write_table<const N: usize>(
    path: &Path,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> anyhow::Result<()> {
    let doing = || format!("writing {}", path.display());
    let mut table = csv::Writer::from_path(path).with_context(doing)?;
    table.write_record(head).with_context(doing)?;
    for row in rows {
        table.write_record(&row).with_context(doing)?;
    }
    table.flush().with_context(doing)
}
