//! Every series of `/metrics`, described once: Prometheus' help, the manual and the tests read it from here.

use metrics::Unit;

/// What a series does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows while the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How values are distributed.
    Histogram,
}

/// A series.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// What it is called.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// Its labels, each with what bounds its values.
    pub labels: &'static [(&'static str, &'static str)],
    /// What it says.
    pub help: &'static str,
}

const fn counter(name: &'static str, labels: Labels, help: &'static str) -> Described {
    Described { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: Labels, help: &'static str) -> Described {
    Described { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: Labels, help: &'static str) -> Described {
    Described { name, kind: Kind::Histogram, labels, help }
}

type Labels = &'static [(&'static str, &'static str)];

const ROUTE: (&str, &str) = ("route", "the routes of admin/access.md, or none");
const COMMAND: (&str, &str) = ("command", "the commands of docs/commands.md");
const STATE: (&str, &str) = ("state", "a fixed list");
const OUTCOME: (&str, &str) = ("outcome", "a fixed list");
const SOURCE: (&str, &str) = ("kind", "import, push, drop, anthropic, simulated, other");

/// All series. None has a label whose values come from outside, and none says anything of an account or a person.
pub const METRICS: &[Described] = &[
    // The process and its disk
    gauge("etsm_build_info", &[("version", "one")], "1, with the version that runs."),
    gauge("etsm_uptime_seconds", &[], "Seconds since the service began."),
    counter("process_cpu_seconds_total", &[], "Processor seconds used."),
    gauge("process_resident_memory_bytes", &[], "Bytes of memory held."),
    gauge("process_threads", &[], "Threads."),
    gauge("process_open_fds", &[], "Open files and sockets."),
    gauge("process_max_fds", &[], "Files and sockets that may be open."),
    gauge("etsm_disk_free_bytes", &[], "Bytes free on the disk of the data folder."),
    gauge("etsm_disk_size_bytes", &[], "Bytes of the disk of the data folder."),
    gauge("etsm_database_bytes", &[("part", "data, log, checkpoint")], "Bytes of the database's files."),
    // The store
    gauge("etsm_store_up", &[], "1 while the database answers."),
    gauge("etsm_store_room", &[], "1 while what is written has room; 0 on a full disk."),
    counter("etsm_store_full_total", &[], "Writes refused for want of room."),
    counter(
        "etsm_ingest_rows_total",
        &[("outcome", "accepted, replaced, duplicate, rejected")],
        "Usage rows taken in.",
    ),
    histogram("etsm_push_commit_seconds", &[], "How long a group of pushes took to be durable."),
    counter(
        "etsm_push_parcels_total",
        &[],
        "Pushes that were made durable; by commits, how many went together.",
    ),
    counter(
        "etsm_source_rounds_total",
        &[("source", "sources that are set up"), OUTCOME],
        "Rounds of sources that are asked.",
    ),
    histogram(
        "etsm_source_round_seconds",
        &[("source", "sources that are set up")],
        "How long a round took.",
    ),
    counter(
        "etsm_source_retries_total",
        &[("reason", "a fixed list")],
        "Calls of sources that were tried again.",
    ),
    counter(
        "etsm_drop_files_total",
        &[("outcome", "done, rejected, failed")],
        "Files taken from the drop folder; failed are looks that broke off.",
    ),
    gauge("etsm_drop_waiting", &[], "Files that lay in the drop folder at the last look."),
    gauge(
        "etsm_freshness_seconds",
        &[SOURCE],
        "Seconds since the watermark of the source of a kind that is furthest behind.",
    ),
    // The figures
    histogram("etsm_snapshot_build_seconds", &[], "How long a snapshot took to build."),
    gauge("etsm_snapshot_rows", &[], "Hourly rows in the snapshot."),
    gauge("etsm_snapshot_accounts", &[], "Accounts in the snapshot."),
    gauge("etsm_snapshot_version", &[], "Version of the data that is shown."),
    histogram("etsm_watch_seconds", &[], "How long a look for the unusual took."),
    histogram("etsm_question_seconds", &[COMMAND], "How long an answer took."),
    counter("etsm_questions_total", &[COMMAND, OUTCOME], "Questions answered, or why not."),
    counter("etsm_errors_total", &[], "Failures of our own, each with a reference in the log."),
    // The web
    counter("etsm_http_requests_total", &[ROUTE, ("status", "HTTP's")], "Requests answered."),
    histogram("etsm_http_seconds", &[ROUTE], "How long a request took until its answer began."),
    counter("etsm_turned_away_total", &[("why", "a fixed list")], "Requests by who may not."),
    counter("etsm_logins_total", &[OUTCOME], "Logins."),
    counter("etsm_sessions_begun_total", &[], "Sessions begun."),
    gauge("etsm_sessions", &[], "Sessions that are open."),
    counter("etsm_links_refused_total", &[], "Links that let nobody in: forged, spent or too old."),
    gauge("etsm_live_streams", &[], "Pages that wait for newer figures."),
    counter("etsm_live_refused_total", &[], "Pages that could not wait, for too many did."),
    counter("etsm_http_recalled_total", &[], "Answers that were given a moment before, and given again."),
    counter("etsm_http_limited_total", &[], "Requests beyond the budget of their address or key."),
    counter("etsm_http_shed_total", &[], "Requests turned away because too much was asked at once."),
    counter("etsm_connections_refused_total", &[("why", "all, address")], "Connections without a place."),
    counter("etsm_connections_dropped_total", &[("why", "slow_reader")], "Connections that let answers lie."),
    gauge("etsm_tls_certificate_ends_seconds", &[], "When the certificate ends, in seconds since 1970."),
    counter("etsm_spans_total", &[("outcome", "sent, dropped")], "Spans on their way to the collector."),
    counter(
        "etsm_own_use_total",
        &[
            ("surface", "discord, page, api, terminal"),
            ("role", "viewer, manager, admin"),
            ("operation", "commands and routes"),
        ],
        "How etsm is used itself.",
    ),
    // Discord
    gauge("etsm_discord_connected", &[], "1 while the connection to Discord stands."),
    histogram(
        "etsm_discord_ack_seconds",
        &[],
        "How long until Discord had a first response to an interaction.",
    ),
    counter(
        "etsm_discord_interactions_total",
        &[("kind", "a fixed list"), OUTCOME],
        "Interactions, and how they ended.",
    ),
    counter("etsm_discord_calls_total", &[OUTCOME], "Calls of Discord's API."),
    counter("etsm_discord_retries_total", &[], "Calls of Discord's API that were tried again."),
    counter(
        "etsm_discord_refused_total",
        &[("status", "HTTP's, or none")],
        "Calls that Discord refused or left unanswered.",
    ),
    counter(
        "etsm_discord_signatures_refused_total",
        &[],
        "Interactions over HTTP whose signature was not Discord's.",
    ),
    gauge("etsm_messages", &[STATE], "Messages to Discord by how they stand."),
    counter("etsm_message_attempts_total", &[STATE], "Tries to bring a message, by how they ended."),
    // Digests and alerts
    counter(
        "etsm_digests_total",
        &[OUTCOME, ("by", "ai, plain, nobody"), ("late", "yes, no")],
        "Digests that are over.",
    ),
    histogram("etsm_digest_lateness_seconds", &[], "How long after its slot a digest was there."),
    gauge("etsm_alerts", &[("kind", "kinds of rules"), STATE], "Alerts by how they stand."),
    counter("etsm_alerts_begun_total", &[("kind", "kinds of rules")], "Alerts that began."),
    histogram("etsm_alert_look_seconds", &[], "How long a look at the rules of alerts took."),
    // The AI
    counter("etsm_ask_total", &[OUTCOME], "Questions in words, by how they were answered."),
    counter("etsm_ai_calls_total", &[OUTCOME], "Calls of the Anthropic API."),
    histogram("etsm_ai_call_seconds", &[OUTCOME], "How long a call of the Anthropic API took."),
    counter(
        "etsm_ai_retries_total",
        &[("reason", "a fixed list")],
        "Calls of the Anthropic API that were tried again.",
    ),
    counter("etsm_ai_tokens_total", &[("kind", "a fixed list")], "Tokens that the AI read and wrote."),
    counter("etsm_ai_spent_micros_total", &[], "Millionths of the currency spent on the AI."),
    gauge("etsm_ai_budget_left_tokens", &[], "Tokens left of the day's budget."),
    gauge("etsm_ai_budget_left_money", &[], "Money left of the day's budget."),
];

/// Tells the recorder what each series says.
pub(super) fn describe_all() {
    for one in METRICS {
        let unit = one.unit();
        match (one.kind, unit) {
            (Kind::Counter, None) => metrics::describe_counter!(one.name, one.help),
            (Kind::Counter, Some(unit)) => metrics::describe_counter!(one.name, unit, one.help),
            (Kind::Gauge, None) => metrics::describe_gauge!(one.name, one.help),
            (Kind::Gauge, Some(unit)) => metrics::describe_gauge!(one.name, unit, one.help),
            (Kind::Histogram, None) => metrics::describe_histogram!(one.name, one.help),
            (Kind::Histogram, Some(unit)) => metrics::describe_histogram!(one.name, unit, one.help),
        }
    }
}

impl Described {
    /// The unit that its name ends in.
    #[must_use]
    pub fn unit(&self) -> Option<Unit> {
        let bare = self.name.trim_end_matches("_total");
        if bare.ends_with("_seconds") {
            Some(Unit::Seconds)
        } else if bare.ends_with("_bytes") {
            Some(Unit::Bytes)
        } else {
            None
        }
    }
}

/// The table of the manual.
#[must_use]
pub fn manual() -> String {
    let mut lines =
        vec!["| Series | Kind | Labels | What it says |".to_owned(), "| --- | --- | --- | --- |".to_owned()];
    for one in METRICS {
        let kind = match one.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels = one.labels.iter().map(|(label, values)| format!("`{label}`: {values}"));
        let labels = labels.collect::<Vec<_>>().join("; ");
        lines.push(format!("| `{}` | {kind} | {labels} | {} |", one.name, one.help));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_series_is_described_once_and_named_by_the_rules() {
        let mut names: Vec<&str> = METRICS.iter().map(|one| one.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "one is there twice");
        for one in METRICS {
            assert_eq!(one.name.ends_with("_total"), one.kind == Kind::Counter, "{}", one.name);
            assert!(one.kind != Kind::Histogram || one.unit().is_some(), "{} has no unit", one.name);
            assert!(one.help.ends_with('.') && one.labels.len() <= 3, "{}", one.name);
        }
    }
}
