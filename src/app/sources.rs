//! The sources that usage comes from by itself, as the settings have them.

use std::sync::Arc;

use anyhow::Context;

use crate::adapters::AnthropicUsage;
use crate::config::Settings;
use crate::domain::Clock;
use crate::jobs::drop::{Folder, Watch};
use crate::jobs::sources::{Pace, Pulling};
use crate::store::Store;

/// Anthropic's usage and cost, when there is a key for them.
pub(super) async fn pulling(
    settings: &Settings,
    store: &Store,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Option<Pulling>> {
    let Some(source) = settings.anthropic_source.clone() else { return Ok(None) };
    let pace = Pace {
        every: source.every.length(),
        history_days: source.history.whole_days(),
        overlap_days: source.overlap.whole_days(),
    };
    let courses = store.source_courses().await.context("looking how it went with the sources")?;
    let course = courses.iter().find(|course| course.source == source.name);
    let had_analytics = course.is_some_and(|course| course.succeeded.is_some() && course.note.is_none());
    let usage = AnthropicUsage::new(source, settings.currency, clock, had_analytics)?;
    Ok(Some(Pulling::new(Arc::new(usage), pace)))
}

/// The folder whose files are imported, when there is one.
pub(super) fn watching(settings: &Settings) -> Option<Watch> {
    let source = settings.drop_source.clone()?;
    let folder = Folder::new(source.folder, source.holds);
    Some(Watch::new(folder, source.name, source.every, settings.currency))
}
