//! Names and tags of workspaces, by which usage is given to accounts.

use std::collections::BTreeMap;
use std::collections::HashMap;

use serde_json::Value;

use crate::adapters::anthropic::Fault;
use crate::config::AnthropicSource;
use crate::config::Holder;

use super::figure::{rows, text};
use super::line::{Line, List};

const PATH: &str = "/v1/organizations/workspaces";
const ROWS: u32 = 1_000;

/// What is known of workspaces, by id.
#[derive(Debug, Default)]
pub(super) struct Workspaces(HashMap<String, Workspace>);

#[derive(Debug)]
struct Workspace {
    name: Option<String>,
    tags: BTreeMap<String, String>,
}

impl Workspaces {
    /// All of them, also those that are archived: they may have been in use before.
    pub(super) async fn read(line: &Line, source: &AnthropicSource) -> Result<Self, Fault> {
        let mut known = HashMap::new();
        let list = List {
            path: PATH,
            version: &source.version,
            beta: None,
            query: vec![
                ("limit", ROWS.to_string()),
                ("include_archived", "true".to_owned()),
                ("include_default", "true".to_owned()),
            ],
            cursor: ("after_id", "last_id"),
        };
        line.pages(&list, |page| {
            for row in rows(page)? {
                let id = text(&row["id"]).ok_or(Fault::Garbled("a workspace has no id"))?;
                known.insert(id, Workspace { name: text(&row["name"]), tags: tags(&row["tags"]) });
            }
            Ok(())
        })
        .await?;
        Ok(Self(known))
    }

    /// A holder with the name and the tags of its workspace.
    pub(super) fn described(&self, holder: &Holder) -> Holder {
        let mut holder = holder.clone();
        if let Some(workspace) = holder.workspace.as_ref().and_then(|id| self.0.get(id)) {
            holder.workspace_name.clone_from(&workspace.name);
            holder.tags.clone_from(&workspace.tags);
        }
        holder
    }
}

/// Tags are texts by name; others are none that we could read.
fn tags(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}
