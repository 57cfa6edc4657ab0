//! `etsm analyze`: the models behind the figures, in the open.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use crate::config::Environment;
use crate::config::Settings;
use crate::engine::Snapshot;

use super::super::cli::Analyze;

pub(super) async fn analyze(
    settings: Settings,
    environment: &Environment,
    what: Analyze,
) -> anyhow::Result<ExitCode> {
    let Analyze::Churn { fit, forget, json } = what;
    let desk = super::desk(&settings).await?;
    let act = super::terminal_act(environment)?;
    if fit {
        desk.fit_churn(&act).await.context("keeping the churn model")?;
    } else if forget {
        desk.keep_churn(None, &act).await.context("forgetting the kept churn model")?;
    }
    let text = if json { as_json(&desk.snapshot()) } else { in_words(&desk.snapshot()) };
    let done = match (fit, forget) {
        (true, _) if !json => "Kept. Accounts are judged by it until it is fitted again.\n",
        (_, true) if !json => "Forgotten. A model is fitted to the data each time.\n",
        _ => "",
    };
    write!(anstream::stdout(), "{text}{done}").context("writing")?;
    desk.store().close().await;
    Ok(ExitCode::SUCCESS)
}

fn in_words(snapshot: &Snapshot) -> String {
    let model = snapshot.churn_model();
    let mut text = format!("{}\n\nFrom {} accounts.\n\n{}", model.how, model.accounts, snapshot.kept_churn());
    if let (Some(error), Some(auc), Some(groups)) = (model.error, model.auc, &model.reliability) {
        text.push_str(&format!(
            "\nHeld against the 90 days that have just passed: ranks {:.1} % of pairs right, off by {:.1} % on average.\n\n",
            auc * 100.0,
            error * 100.0
        ));
        text.push_str("predicted  fell silent  accounts\n");
        for group in groups {
            text.push_str(&format!(
                "{:>7.1} %  {:>9.1} %  {:>8}\n",
                group.predicted * 100.0,
                group.observed * 100.0,
                group.accounts
            ));
        }
    }
    text.push('\n');
    text
}

fn as_json(snapshot: &Snapshot) -> String {
    let model = snapshot.churn_model();
    let numbers: serde_json::Map<String, serde_json::Value> = snapshot
        .kept_churn()
        .to_string()
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value.parse::<f64>().ok()?))))
        .collect();
    let groups = model.reliability.unwrap_or_default();
    let groups: Vec<_> = groups
        .iter()
        .map(|one| json!({"predicted": one.predicted, "observed": one.observed, "accounts": one.accounts}))
        .collect();
    let report = json!({
        "how": model.how,
        "accounts": model.accounts,
        "coefficients": numbers,
        "reliability": groups,
        "calibration_error": model.error,
        "auc": model.auc,
    });
    format!("{report:#}\n")
}
