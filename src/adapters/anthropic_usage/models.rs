//! Until when models answer.

use serde_json::Value;

use crate::adapters::anthropic::Fault;
use crate::config::AnthropicSource;
use crate::domain::Model;
use crate::domain::ModelLife;
use crate::domain::utc_date;

use super::figure::{instant, rows, text};
use super::line::{Line, List};

const PATH: &str = "/v1/models";
const ROWS: u32 = 1_000;

/// All models of which an end is known or told.
pub(super) async fn read(line: &Line, source: &AnthropicSource) -> Result<Vec<ModelLife>, Fault> {
    let mut lives = Vec::new();
    let list = List {
        path: PATH,
        version: &source.version,
        beta: None,
        query: vec![("limit", ROWS.to_string())],
        cursor: ("after_id", "last_id"),
    };
    line.pages(&list, |page| {
        for row in rows(page)? {
            lives.extend(life(row)?);
        }
        Ok(())
    })
    .await?;
    Ok(lives)
}

fn life(row: &Value) -> Result<Option<ModelLife>, Fault> {
    let name = text(&row["id"]).ok_or(Fault::Garbled("a model has no id"))?;
    let model =
        Model::new(&name).map_err(|_odd| Fault::Garbled("a model has a name that cannot be shown"))?;
    let retires = &row["retires_at"];
    let retires = if retires.is_null() { None } else { Some(utc_date(instant(retires)?)) };
    let is_ending = matches!(row["lifecycle"].as_str(), Some("deprecated" | "retired"));
    Ok((is_ending || retires.is_some()).then_some(ModelLife { model, retires, replacement: None }))
}
