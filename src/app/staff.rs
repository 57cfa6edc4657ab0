//! Who answers what the desk does not answer itself: the same departments behind every surface.

use std::sync::Arc;

use crate::alerts::Alerts;
use crate::answers::Departments;
use crate::answers::Desk;
use crate::config::Settings;
use crate::deliver::Outbox;

/// Those behind the desk who also work by themselves.
pub(super) struct Staff {
    /// Look after the rules.
    pub(super) alerts: Arc<Alerts>,
}

/// The desk with its departments.
pub(super) fn staffed(desk: Desk, settings: &Settings, outbox: &Outbox) -> (Desk, Staff) {
    let (rules, people) = (settings.alert_rules.clone(), settings.members.people.clone());
    let (store, clock) = (desk.store().clone(), Arc::clone(desk.clock()));
    let alerts = Arc::new(Alerts::new(rules, people, store, clock, outbox.clone()));
    let departments = Departments { digests: None, alerts: Some(Arc::clone(&alerts) as _), ask: None };
    (desk.staffed(departments), Staff { alerts })
}
