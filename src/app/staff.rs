//! Who answers what the desk does not answer itself: the same departments behind every surface.

use std::sync::Arc;

use crate::alerts::Alerts;
use crate::answers::Department;
use crate::answers::Departments;
use crate::answers::Desk;
use crate::config::Settings;
use crate::deliver::Outbox;
use crate::jobs::digests::Digests;
use crate::writer::People;

/// A desk with its departments, and those of them that work by themselves.
pub(super) struct Staff {
    pub(super) desk: Desk,
    pub(super) digests: Arc<Digests>,
    pub(super) alerts: Arc<Alerts>,
}

/// The desk with its departments.
pub(super) fn staffed(desk: Desk, settings: &Settings, outbox: &Outbox) -> anyhow::Result<Staff> {
    let digests = Arc::new(Digests::new(&settings.digests, outbox.clone(), None, People::Hidden)?);
    let (rules, people) = (settings.alert_rules.clone(), settings.members.people.clone());
    let (store, clock) = (desk.store().clone(), Arc::clone(desk.clock()));
    let alerts = Arc::new(Alerts::new(rules, people, store, clock, outbox.clone()));
    let departments = Departments {
        digests: Some(Arc::clone(&digests) as Arc<dyn Department>),
        alerts: Some(Arc::clone(&alerts) as Arc<dyn Department>),
        ask: None,
    };
    Ok(Staff { desk: desk.staffed(departments), digests, alerts })
}
