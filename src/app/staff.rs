//! Who answers what the desk does not answer itself: the same departments behind every surface.

use std::sync::Arc;

use crate::adapters::Anthropic;
use crate::alerts::Alerts;
use crate::answers::Department;
use crate::answers::Departments;
use crate::answers::Desk;
use crate::ask::Asking;
use crate::config::Settings;
use crate::deliver::Outbox;
use crate::jobs::digests::Digests;
use crate::writer::{People, Writer};

/// A desk with its departments, and those of them that work by themselves.
pub(super) struct Staff {
    pub(super) desk: Desk,
    pub(super) digests: Arc<Digests>,
    pub(super) alerts: Arc<Alerts>,
}

/// The desk with its departments.
pub(super) fn staffed(desk: Desk, settings: &Settings, outbox: &Outbox) -> anyhow::Result<Staff> {
    let writer = writer(&desk, settings)?;
    let people = people(settings);
    let digests = Arc::new(Digests::new(&settings.digests, outbox.clone(), writer.clone(), people)?);
    let (rules, known) = (settings.alert_rules.clone(), settings.members.people.clone());
    let (store, clock) = (desk.store().clone(), Arc::clone(desk.clock()));
    let alerts = Arc::new(Alerts::new(rules, known, store, clock, outbox.clone()));
    let departments = Departments {
        digests: Some(Arc::clone(&digests) as Arc<dyn Department>),
        alerts: Some(Arc::clone(&alerts) as Arc<dyn Department>),
        ask: Some(Arc::new(Asking::new(writer, people))),
    };
    let desk = desk.staffed(departments).priced(settings.prices.clone());
    let desk = desk.annotated(settings.annotations.clone());
    Ok(Staff { desk, digests, alerts })
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
