//! What the handlers hold.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;

use crate::alerts::Alerts;
use crate::answers::Desk;
use crate::config::RetentionSettings;
use crate::domain::Asker;

use super::doors::Doors;
use super::intake::UsageIntake;
use super::interactions::SignedDoor;
use super::limits::Limits;
use super::live::Live;
use super::ready::Readiness;
use super::recent::Recent;

/// What the handlers hold; cheap to clone.
#[derive(Clone)]
pub struct WebState {
    /// Answers the questions.
    pub desk: Desk,
    /// The alerts behind the desk, for programs that want them whole.
    pub alerts: Arc<Alerts>,
    /// Who is let in.
    pub entry: Entry,
    /// How links to here begin, without a slash at the end; its host may be asked for.
    pub public_url: String,
    /// Whether `/chat` is served.
    pub browser_chat: bool,
    /// Answers `/discord/interactions`; `None` serves nothing there.
    pub interactions: Option<Arc<dyn SignedDoor>>,
    /// Where usage that is sent goes.
    pub usage: UsageIntake,
    /// What `/metrics` prints; `None` answers 404 there.
    pub metrics: Option<PrometheusHandle>,
    /// Which parts are up; pages wait for it.
    pub ready: Readiness,
    /// How long each kind of data is kept.
    pub retention: RetentionSettings,
    /// How much clients may ask for.
    pub limits: Limits,
    /// Who is told of newer figures.
    pub live: Live,
    /// What was answered a moment ago.
    pub recent: Recent,
}

/// Who is let in.
#[derive(Clone)]
pub struct Entry {
    /// Who shows something that they know.
    pub doors: Arc<Doors>,
    /// Whoever shows nothing, where nobody but whoever is at this machine can come.
    pub everyone: Option<Arc<Asker>>,
}
