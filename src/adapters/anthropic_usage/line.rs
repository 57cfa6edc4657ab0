//! The line to the far side: one call with its tries, and pages until there are no more.
//!
//! Invariant: whatever comes, a list ends: a page that was named before, too many pages and too much are refused.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;
use tokio::time::Instant;

use crate::adapters::anthropic::{Fault, Remedies, Wait, client};
use crate::config::AnthropicSource;
use crate::domain::Clock;
use crate::ingest::Again;
use crate::ingest::SourceFault;

/// Tries of one call, as the maker's own clients have it.
const TRIES_MAX: u32 = 3;
/// Longest wait before another try; for a longer one the round ends and comes back later.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// Longest a call may take; its answers are small and made while it waits.
const CALL_MAX: Duration = Duration::from_secs(90);
/// Longest silence on the line.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// A page of a thousand rows has about half a megabyte.
const PAGE_BYTES_MAX: usize = 32 << 20;
/// Pages of one list: five million rows, more than an organisation has in a month.
const PAGES_MAX: usize = 5_000;

/// What helps when the far side says no.
const READING: Remedies = Remedies {
    unknown_key: "it does not know the key; ETSM_ANTHROPIC_ADMIN_KEY must be an Admin API key (sk-ant-admin…)",
    forbidden: "the key may not read usage and cost; ETSM_ANTHROPIC_ADMIN_KEY must be an Admin API key, or one with \
                the scope read:analytics",
    not_found: "it has no such report for this organisation, or ETSM_ANTHROPIC_BASE_URL is wrong",
};
/// Codes by which it says that it has no analytics for this organisation.
const NOT_FOR_YOU: &[&str] = &["organization_not_enrolled_in_beta", "organization_type_not_supported"];

/// The line.
pub(super) struct Line {
    client: reqwest::Client,
    base: String,
    clock: Arc<dyn Clock>,
    calls: AtomicU32,
}

/// A list of the far side, before its page.
pub(super) struct List<'a> {
    pub(super) path: &'a str,
    pub(super) version: &'a str,
    pub(super) beta: Option<&'a str>,
    pub(super) query: Vec<(&'static str, String)>,
    /// What the next page is called in the query, and where an answer tells it.
    pub(super) cursor: (&'static str, &'static str),
}

impl Line {
    pub(super) fn new(source: &AnthropicSource, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let client = client(&source.key, &source.trust)?;
        Ok(Self { client, base: source.base_url.clone(), clock, calls: AtomicU32::new(0) })
    }

    /// Calls since the last look.
    pub(super) fn take_calls(&self) -> u32 {
        self.calls.swap(0, Ordering::Relaxed)
    }

    /// All pages of a list, one after the other; `take` reads each.
    pub(super) async fn pages(
        &self,
        list: &List<'_>,
        mut take: impl FnMut(&Value) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (name, place) = list.cursor;
        let mut seen = HashSet::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let page = self.page(list, cursor.as_deref().map(|cursor| (name, cursor))).await?;
            take(&page)?;
            let next = page[place].as_str().filter(|_| page["has_more"].as_bool() == Some(true));
            let Some(next) = next else { return Ok(()) };
            if !seen.insert(next.to_owned()) {
                return Err(Fault::Garbled("its pages go round in a circle"));
            }
            cursor = Some(next.to_owned());
        }
        Err(Fault::Garbled("its pages do not end"))
    }

    async fn page(&self, list: &List<'_>, cursor: Option<(&str, &str)>) -> Result<Value, Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            let fault = match self.attempt(list, cursor).await {
                Ok(page) => return Ok(page),
                Err(fault) => fault,
            };
            let wait = fault.again_after(tries, rand::random());
            let Some(wait) = wait.filter(|wait| tries < TRIES_MAX && *wait <= WAIT_MAX) else {
                return Err(fault);
            };
            metrics::counter!("etsm_source_retries_total", "reason" => fault.word()).increment(1);
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, list: &List<'_>, cursor: Option<(&str, &str)>) -> Result<Value, Fault> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let call = self.client.get(format!("{}{}", self.base, list.path)).query(&list.query);
        let mut call = call.query(cursor.as_slice()).header("anthropic-version", list.version);
        if let Some(beta) = list.beta {
            call = call.header("anthropic-beta", beta);
        }
        let wait = Wait { deadline: Instant::now() + CALL_MAX, silence_max: SILENCE_MAX };
        let mut response = wait.send(call).await.map_err(|unsent| unsent.fault)?;
        if !response.status().is_success() {
            return Err(Fault::Said(wait.refusal(response, self.clock.now()).await));
        }
        let body = wait.body(&mut response, PAGE_BYTES_MAX).await?;
        serde_json::from_slice(&body).map_err(|_odd| Fault::Garbled("its answer is not JSON"))
    }
}

/// Whether a report is not to be had by this organisation, whatever the key.
pub(super) fn is_not_there(fault: &Fault) -> bool {
    matches!(fault, Fault::Said(refusal) if refusal.status == 404) || is_not_for_you(fault)
}

fn is_not_for_you(fault: &Fault) -> bool {
    let Fault::Said(refusal) = fault else { return false };
    refusal.code.as_deref().is_some_and(|code| NOT_FOR_YOU.contains(&code))
}

/// What is told of a fault, and when another try is of use.
pub(super) fn told(fault: &Fault, calls: u32) -> SourceFault {
    let again = match fault.again_after(TRIES_MAX, 0.0) {
        Some(wait) if wait > WAIT_MAX => Again::After(SignedDuration::try_from(wait).unwrap_or_default()),
        Some(_) => Again::Soon,
        // What came made no sense; it may the next time.
        None if matches!(fault, Fault::Garbled(_)) => Again::Soon,
        None => Again::Person,
    };
    let mut words = fault.words(&READING);
    if is_not_for_you(fault) {
        words = format!("it has no analytics for this organisation; see sources.anthropic.reports. {words}");
    }
    SourceFault { words, again, calls }
}
