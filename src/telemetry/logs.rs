//! The log: lines for people on a terminal, an object on each line elsewhere.

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::Registry;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

/// What comes before the operator's own filter, which may say otherwise. The Discord library keeps whole events and
/// requests in its spans, and prints a payload that it cannot read: people's words, and tokens that answer for us.
const KEPT_QUIET: &str = "serenity=warn,serenity::gateway::ws=error";

/// A part of what hears of all that happens.
pub type BoxedLayer<S> = Box<dyn Layer<S> + Send + Sync>;

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogForm {
    /// Lines for people.
    Text,
    /// An object on each line, with the fields of the spans around it.
    Json,
}

impl LogForm {
    /// The form for whoever reads standard error.
    #[must_use]
    pub fn of_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// Sends the log to standard error, filtered as `info` or `info,etsm=debug`, and spans to where they are wanted. A second
/// call changes nothing.
pub fn start_logs(filter: &str, form: LogForm, spans: Option<BoxedLayer<Registry>>) -> Result<(), String> {
    let layers: Vec<BoxedLayer<Registry>> =
        spans.into_iter().chain([log_layer(filter, form, std::io::stderr)?]).collect();
    // A test may have set its own before; then that one stays.
    let _kept = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layers));
    Ok(())
}

/// Writes what the filter lets through, in this form.
pub fn log_layer<S, W>(filter: &str, form: LogForm, writer: W) -> Result<BoxedLayer<S>, String>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let (layer, filter) = (fmt::layer().with_writer(writer), filtered(filter)?);
    Ok(match form {
        LogForm::Text => {
            layer.with_ansi(std::io::stderr().is_terminal()).compact().with_filter(filter).boxed()
        }
        LogForm::Json => {
            layer.json().flatten_event(true).with_current_span(false).with_filter(filter).boxed()
        }
    })
}

fn filtered(filter: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(format!("{KEPT_QUIET},{filter}"))
        .map_err(|error| format!("“{filter}” is not a log filter: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether an event and a span of the Discord library are kept under a filter.
    fn kept(filter: &str) -> (bool, bool) {
        let subscriber = fmt().with_env_filter(filtered(filter).unwrap()).with_writer(std::io::sink).finish();
        tracing::subscriber::with_default(subscriber, || {
            let event = tracing::enabled!(target: "serenity::gateway::ws", tracing::Level::WARN);
            let span =
                tracing::info_span!(target: "serenity::http::client", "request", body = "people's words");
            (event, !span.is_disabled())
        })
    }

    #[test]
    fn what_people_write_in_discord_is_not_logged() {
        assert_eq!(kept("info"), (false, false));
        assert_eq!(kept("etsm=debug,info"), (false, false));
        assert_eq!(
            kept("serenity=info,serenity::gateway::ws=warn"),
            (true, true),
            "unless an operator asks for it"
        );
    }
}
