//! Catches what the program warns of, so that a test can fail on what it does not expect.

use std::fmt::Debug;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::Mutex;

use etsm::domain::SystemClock;
use etsm::telemetry::{LogForm, Spans, log_layer, spans};
use tokio::sync::Notify;
use tracing::Event;
use tracing::Level;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

/// Warnings and errors of this thread, which is where a test with its own runtime does all its work, and how
/// interactions ended.
#[derive(Clone, Default)]
pub struct Log {
    heard: Arc<Mutex<Heard>>,
    changed: Arc<Notify>,
    /// All that an operator would read, in the form for programs.
    written: Written,
}

/// A log that is kept.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Default)]
pub struct Heard {
    /// Warnings and errors.
    pub lines: Vec<String>,
    /// How interactions ended, in the words of the metric; what came twice is not counted.
    pub ended: Vec<String>,
}

impl Log {
    /// Listens until the guard is dropped; where spans come out, too.
    pub fn listen() -> (Self, Spans, DefaultGuard) {
        let log = Self::default();
        let written = log.written.clone();
        let layer = log_layer("info,etsm=debug", LogForm::Json, move || written.clone()).unwrap();
        let (taker, spans) = spans(Arc::new(SystemClock));
        let subscriber = tracing_subscriber::registry().with(layer).with(taker).with(log.clone());
        (log, spans, tracing::subscriber::set_default(subscriber))
    }

    /// All lines so far, each an object.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.written.0.lock().unwrap()).into_owned()
    }

    /// The warnings so far, and forgets them.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap().lines)
    }

    /// Forgets some warnings.
    pub fn forgets(&self, which: impl Fn(&str) -> bool) {
        self.heard.lock().unwrap().lines.retain(|line| !which(line));
    }

    /// Waits until something was heard.
    pub async fn wait<T>(&self, find: impl Fn(&mut Heard) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            if let Some(found) = find(&mut self.heard.lock().unwrap()) {
                return found;
            }
            changed.await;
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() <= Level::WARN {
            let mut line = Line(format!("{} {}:", metadata.level(), metadata.target()));
            event.record(&mut line);
            self.heard.lock().unwrap().lines.push(line.0);
        } else if metadata.fields().field("outcome").is_some() {
            let mut ending = Ending(String::new());
            event.record(&mut ending);
            if ending.0 != "duplicate" {
                self.heard.lock().unwrap().ended.push(ending.0);
            }
        } else {
            return;
        }
        self.changed.notify_waiters();
    }
}

/// The field `outcome` of an event.
struct Ending(String);

impl Visit for Ending {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "outcome" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn Debug) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => write!(self.0, " {value:?}").unwrap(),
            name => write!(self.0, " {name}={value:?}").unwrap(),
        }
    }
}
