//! The port, over whichever reports the organisation has.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::date;

use crate::adapters::anthropic::Fault;
use crate::config::AnthropicSource;
use crate::config::Reports;
use crate::domain::Clock;
use crate::domain::Currency;
use crate::domain::Grain;
use crate::domain::ModelLife;
use crate::domain::SourceId;
use crate::domain::Window;
use crate::domain::utc_midnight;
use crate::ingest::Pulled;
use crate::ingest::Source;
use crate::ingest::SourceFault;

use super::analytics;
use super::gathered::Gathered;
use super::line::{self, Line};
use super::models;
use super::older;
use super::workspaces::Workspaces;

/// The longest time that can be asked for at once.
const PIECE_DAYS: i64 = 30;
/// The far side knows the last 365 days; one of them is room for the way there.
const REACH_DAYS: i64 = 364;

/// Usage and cost of an organisation at Anthropic.
pub struct AnthropicUsage {
    source: AnthropicSource,
    currency: Currency,
    line: Line,
    clock: Arc<dyn Clock>,
    /// Whether the analytics ever came: then the older reports, which tell no calls, would look like silence.
    has_analytics: Mutex<bool>,
}

/// Which reports told it.
enum Told {
    Analytics(Gathered, Timestamp),
    Older(Gathered, Timestamp),
}

impl AnthropicUsage {
    /// As the settings have it. `had_analytics` says whether the analytics came before.
    pub fn new(
        source: AnthropicSource,
        currency: Currency,
        clock: Arc<dyn Clock>,
        had_analytics: bool,
    ) -> anyhow::Result<Self> {
        let line = Line::new(&source, Arc::clone(&clock))?;
        Ok(Self { source, currency, line, clock, has_analytics: Mutex::new(had_analytics) })
    }

    async fn told(&self, window: Window) -> Result<Told, Fault> {
        let had_analytics = *self.has_analytics.lock().unwrap_or_else(PoisonError::into_inner);
        if self.source.reports != Reports::Older {
            match analytics::read(&self.line, &self.source, self.currency, window).await {
                Ok((gathered, until)) => {
                    *self.has_analytics.lock().unwrap_or_else(PoisonError::into_inner) = true;
                    return Ok(Told::Analytics(gathered, until));
                }
                Err(fault) => {
                    let may_fall_back = self.source.reports == Reports::Auto && !had_analytics;
                    if !(may_fall_back && line::is_not_there(&fault)) {
                        return Err(fault);
                    }
                }
            }
        }
        let now = self.clock.now();
        let (gathered, until) = older::read(&self.line, &self.source, self.currency, window, now).await?;
        Ok(Told::Older(gathered, until))
    }

    async fn piece(&self, window: Window) -> Result<Pulled, Fault> {
        let workspaces = if self.source.reads_workspaces() {
            Workspaces::read(&self.line, &self.source).await?
        } else {
            Workspaces::default()
        };
        match self.told(window).await? {
            Told::Analytics(gathered, until) => {
                gathered.close(&self.source, &workspaces, Grain::Hour.floor(until))
            }
            Told::Older(gathered, until) => {
                let pulled = gathered.close(&self.source, &workspaces, until)?;
                Ok(Pulled { note: Some(older::NOTE), ..pulled })
            }
        }
    }
}

#[async_trait::async_trait]
impl Source for AnthropicUsage {
    fn id(&self) -> &SourceId {
        &self.source.name
    }

    fn fingerprint(&self) -> String {
        let AnthropicSource { accounts, account_tag, endpoint, .. } = &self.source;
        format!("{accounts:?} {account_tag:?} {endpoint:?}")
    }

    fn pieces(&self, window: Window, now: Timestamp) -> Vec<Window> {
        let since = utc_midnight(date(2026, 1, 1)).max(now - SignedDuration::from_hours(24 * REACH_DAYS));
        let (mut from, to) = (Grain::Day.floor(window.from().max(since)), Grain::Hour.floor(window.to()));
        let mut pieces = Vec::new();
        while let Some(rest) = Window::new(from, to) {
            let end = (from + SignedDuration::from_hours(24 * PIECE_DAYS)).min(to);
            pieces.extend(Window::new(rest.from(), end));
            from = end;
        }
        pieces
    }

    async fn pull(&self, piece: Window) -> Result<Pulled, SourceFault> {
        let pulled = self.piece(piece).await;
        let calls = self.line.take_calls();
        match pulled {
            Ok(pulled) => Ok(Pulled { calls, ..pulled }),
            Err(fault) => Err(line::told(&fault, calls)),
        }
    }

    async fn model_lives(&self) -> Result<Vec<ModelLife>, SourceFault> {
        let lives = models::read(&self.line, &self.source).await;
        let calls = self.line.take_calls();
        lives.map_err(|fault| line::told(&fault, calls))
    }
}
