//! `etsm eval`: the analytics of the desk on series and histories from files.
//!
//! Invariant: nothing is computed here; the engine's own detector, churn model and forecaster are called as the desk
//! calls them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::Context;
use jiff::civil::Date;

use crate::engine::trial;
use crate::ingest;

use super::super::cli::{Eval, EvalFiles};

pub(super) fn eval(what: &Eval) -> anyhow::Result<()> {
    match what {
        Eval::Detect { files } => detect(files),
        Eval::Health { files, as_of, horizon } => health(files, *as_of, *horizon),
        Eval::Forecast { files, horizon, season } => forecast(files, *horizon, *season),
    }
}

fn detect(files: &EvalFiles) -> anyhow::Result<()> {
    let points = ingest::read_points(open(&files.input)?).with_context(|| read_failed(&files.input))?;
    let series: Vec<_> = points.iter().map(|one| (one.at, one.value)).collect();
    let judged = trial::detect(&series);
    let rows = points.iter().zip(judged).map(|(point, (score, is_alert))| {
        [point.text.clone(), score.to_string(), u8::from(is_alert).to_string()]
    });
    write(&files.output, ["timestamp", "anomaly_score", "is_alert"], rows)
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
    write(&files.output, ["customer_id", "health", "churn_probability"], rows)
}

fn forecast(files: &EvalFiles, horizon: u16, season: u16) -> anyhow::Result<()> {
    let points = ingest::read_points(open(&files.input)?).with_context(|| read_failed(&files.input))?;
    let history: Vec<f64> = points.iter().map(|one| one.value).collect();
    let steps = trial::forecast(&history, usize::from(season), usize::from(horizon));
    let rows = steps.into_iter().enumerate().map(|(step, [mean, lo80, hi80, lo95, hi95])| {
        [(step + 1) as f64, mean, lo80, hi80, lo95, hi95].map(|value| value.to_string())
    });
    write(&files.output, ["step", "mean", "lo80", "hi80", "lo95", "hi95"], rows)
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| read_failed(path))
}

fn read_failed(path: &Path) -> String {
    format!("reading {}", path.display())
}

fn write<const N: usize>(
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
