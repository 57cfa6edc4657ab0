//! What was done and how long it took: spans of requests, interactions and jobs, for whoever exports them.
//!
//! Invariant: a span tells of its own fields those of [`TOLD`] alone, so that no name, word or secret leaves by this way; and
//! nobody waits for whoever exports.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tracing::Event;
use tracing::Level;
use tracing::Metadata;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing::span::Attributes;
use tracing::span::Id;
use tracing::span::Record;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::domain::Clock;

use super::logs::BoxedLayer;

/// Fields that are told: ids of our own, and words of which there are few.
pub const TOLD: &[&str] = &[
    "request.id",
    "request.method",
    "request.route",
    "interaction.id",
    "interaction.kind",
    "job.id",
    "source.id",
    "command",
    "role",
];
/// Fields by which logs and the audit know what is done; the trace is called the same.
const IDS: &[&str] = &["request.id", "interaction.id"];
/// Spans that wait to be exported. Beyond them they are dropped: work goes on.
const WAITING_MAX: usize = 4_096;

/// A span that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Of all that belongs to one request, interaction or job.
    pub trace: u128,
    /// Of this one.
    pub id: u64,
    /// Of the one around it.
    pub parent: Option<u64>,
    /// `request`, `interaction`, `digest`, `ask` and so on.
    pub name: &'static str,
    /// When it began.
    pub begun: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// What is told of it.
    pub facts: Vec<(&'static str, String)>,
    /// Whether an error was logged in it.
    pub failed: bool,
}

/// Spans on their way to whoever exports them.
pub type Spans = mpsc::Receiver<Span>;

/// A layer that takes spans down, and where they come out.
#[must_use]
pub fn spans<S>(clock: Arc<dyn Clock>) -> (BoxedLayer<S>, Spans)
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let own = |about: &Metadata<'_>| {
        about.target().starts_with("etsm")
            && *about.level() <= if about.is_span() { Level::INFO } else { Level::ERROR }
    };
    (Taker { sender, clock }.with_filter(filter_fn(own)).boxed(), receiver)
}

struct Taker {
    sender: mpsc::Sender<Span>,
    clock: Arc<dyn Clock>,
}

impl<S> Layer<S> for Taker
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut facts = Facts(Vec::new());
        attributes.record(&mut facts);
        let around = span.parent();
        let around = around.and_then(|one| one.extensions().get::<Span>().map(|one| (one.trace, one.id)));
        let own = || {
            let known = facts.0.iter().find(|(name, _)| IDS.contains(name));
            known.and_then(|(_, id)| trace_of(id)).unwrap_or_else(rand::random)
        };
        let now = self.clock.now();
        let open = Span {
            trace: around.map_or_else(own, |(trace, _)| trace),
            id: rand::random::<u64>().max(1),
            parent: around.map(|(_, id)| id),
            name: span.metadata().name(),
            begun: now,
            ended: now,
            facts: facts.0,
            failed: false,
        };
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut facts = Facts(Vec::new());
        values.record(&mut facts);
        if let Some(open) = span.extensions_mut().get_mut::<Span>() {
            open.facts.extend(facts.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Span>() {
            open.failed = true;
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(mut open) = span.extensions_mut().remove::<Span>() else { return };
        open.ended = self.clock.now().max(open.begun);
        if self.sender.try_send(open).is_err() {
            metrics::counter!("etsm_spans_total", "outcome" => "dropped").increment(1);
        }
    }
}

/// The trace of an id: what a proxy drew as a trace, and otherwise our own number.
fn trace_of(id: &str) -> Option<u128> {
    let number = match id.len() {
        16 | 32 if id.bytes().all(|byte| byte.is_ascii_hexdigit()) => u128::from_str_radix(id, 16).ok(),
        _ => id.parse().ok(),
    };
    number.filter(|number| *number != 0)
}

/// The fields that are told.
struct Facts(Vec<(&'static str, String)>);

impl Facts {
    fn note(&mut self, field: &Field, value: String) {
        if let Some(name) = TOLD.iter().find(|name| **name == field.name()) {
            self.0.push((name, value));
        }
    }
}

impl Visit for Facts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.note(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.note(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::domain::SystemClock;

    #[test]
    fn what_is_inside_belongs_to_what_is_around_it_and_tells_only_what_may_be_told() {
        let (layer, mut ended) = spans(Arc::new(SystemClock));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let id = "4bf92f3577b34da6a3ce929d0e0e4736";
            let around = tracing::info_span!("request", request.id = %id, account = "acme");
            let _inside = around.enter();
            tracing::info_span!("ask", command = "usage", person = "dana").in_scope(|| {
                tracing::error!("It broke");
                tracing::debug_span!("detail").in_scope(|| ());
            });
        });
        let (inner, outer) = (ended.try_recv().unwrap(), ended.try_recv().unwrap());
        assert!(ended.try_recv().is_err(), "details are not told");
        assert_eq!((outer.name, outer.parent, outer.failed), ("request", None, false));
        assert_eq!((inner.name, inner.parent, inner.failed), ("ask", Some(outer.id), true));
        assert_eq!((outer.trace, inner.trace), (0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, outer.trace));
        assert_eq!(outer.facts, [("request.id", "4bf92f3577b34da6a3ce929d0e0e4736".to_owned())]);
        assert_eq!(inner.facts, [("command", "usage".to_owned())]);
    }

    #[test]
    fn an_id_is_a_trace_where_it_can_be_one() {
        assert_eq!(trace_of("00000000000000ff"), Some(255));
        assert_eq!(trace_of("1400000000000000000"), Some(1_400_000_000_000_000_000));
        for none in ["0000000000000000", "a-b_c-d_1", ""] {
            assert_eq!(trace_of(none), None, "{none}");
        }
    }
}
