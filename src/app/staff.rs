//! Who answers what the desk does not answer itself: the same departments behind every surface.

use std::sync::Arc;

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
}

/// The desk with its departments.
pub(super) fn staffed(desk: Desk, settings: &Settings, outbox: &Outbox) -> anyhow::Result<Staff> {
    let digests = Arc::new(Digests::new(&settings.digests, outbox.clone(), None, People::Hidden)?);
    let departments =
        Departments { digests: Some(Arc::clone(&digests) as Arc<dyn Department>), alerts: None, ask: None };
    Ok(Staff { desk: desk.staffed(departments), digests })
}
