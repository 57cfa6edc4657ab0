//! Who answers what the desk does not answer itself: the same departments behind every surface.

use crate::answers::Departments;
use crate::answers::Desk;
use crate::config::Settings;
use crate::deliver::Outbox;

/// The desk with its departments.
pub(super) fn staffed(desk: Desk, _settings: &Settings, _outbox: &Outbox) -> Desk {
    desk.staffed(Departments { digests: None, alerts: None, ask: None })
}
