//! Who answers what the desk does not answer itself: the same departments behind every surface.

use std::sync::Arc;

use crate::adapters::Anthropic;
use crate::answers::Departments;
use crate::answers::Desk;
use crate::ask::Asking;
use crate::config::Settings;
use crate::writer::{People, Writer};

/// The desk with its departments.
pub(super) fn staffed(desk: Desk, settings: &Settings) -> anyhow::Result<Desk> {
    let writer = writer(&desk, settings)?;
    let ask = Asking::new(writer, people(settings));
    Ok(desk.staffed(Departments { digests: None, alerts: None, ask: Some(Arc::new(ask)) }))
}

/// The AI, when there is a key for it.
fn writer(desk: &Desk, settings: &Settings) -> anyhow::Result<Option<Arc<dyn Writer>>> {
    let Some(ai) = settings.ai.clone() else { return Ok(None) };
    let writer = Anthropic::new(ai, desk.store().clone(), Arc::clone(desk.clock()))?;
    Ok(Some(Arc::new(writer)))
}

/// Whether the AI may be told people's names.
fn people(settings: &Settings) -> People {
    if settings.ai.as_ref().is_some_and(|ai| ai.names) { People::Shown } else { People::Hidden }
}
