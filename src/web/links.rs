//! Addresses inside the dashboard: pills that change one option, and the files of a chart.

use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

use crate::answers::CATALOG;
use crate::answers::Invocation;
use crate::answers::OptionKind;
use crate::answers::Question;
use crate::domain::Grain;
use crate::domain::Horizon;
use crate::domain::Range;
use crate::render::html::ChartLinks;

/// Letters that need no escape in a query besides the alphanumeric ones.
const ESCAPED: &percent_encoding::AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b':');

/// Text for a part of a path or a query.
pub(super) fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// `path?name=value&…`, or the path alone.
pub(super) fn with_query<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let query: Vec<String> = pairs
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// Links that choose one value of an option and keep the others.
pub(super) struct Pills {
    /// `Range`.
    pub(super) label: &'static str,
    /// In the order they are offered.
    pub(super) items: Vec<Pill>,
}

/// One choice.
pub(super) struct Pill {
    pub(super) label: String,
    pub(super) title: String,
    pub(super) href: String,
    pub(super) current: bool,
}

/// A page as pills see it: its path, and the options that its query holds.
pub(super) struct Here<'a> {
    pub(super) path: &'a str,
    /// The canonical call: what is meant when left out is left out.
    pub(super) call: &'a Invocation,
    /// An option that stands in the path and not in the query.
    pub(super) in_path: Option<&'a str>,
}

impl Here<'_> {
    /// The same page with one option changed; an empty value leaves it out.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let kept = self.call.options.iter().map(|(key, text)| (key.as_str(), text.as_str()));
        // A grain suits a range; another range has its own.
        let gone =
            |key: &str| key == name || Some(key) == self.in_path || (name == "range" && key == "grain");
        with_query(self.path, kept.filter(|(key, _)| !gone(key)).chain([(name, value)]))
    }

    /// The choices that a question about figures over time offers: its range or horizon, its metric, and how it is split
    /// and compared.
    pub(super) fn of(&self, question: &Question) -> Vec<Pills> {
        let metric = || self.words("Metric", "metric", "calls");
        match question {
            Question::Usage { account, range, grain, .. } => {
                let mut split = self.words("Split", "by", "none");
                // One account is not split by account.
                split.items.retain(|pill| account.is_none() || pill.label != "account");
                let grains = self.grains(*range, *grain);
                vec![
                    self.ranges(*range),
                    grains,
                    metric(),
                    split,
                    self.words("Compare", "compare", "previous"),
                ]
            }
            Question::Movers { range, .. } | Question::Anomalies { range, .. } => {
                vec![self.ranges(*range), metric()]
            }
            Question::Forecast { horizon, .. } => vec![self.horizons(*horizon), metric()],
            _ => Vec::new(),
        }
    }

    /// The ranges that are offered; one of another length is shown as the present one.
    pub(super) fn ranges(&self, now: Range) -> Pills {
        let mut ranges = Range::OFFERED.to_vec();
        if !ranges.contains(&now) {
            ranges.push(now);
        }
        let pill = |range: Range| Pill {
            label: range.to_string(),
            title: range.words(),
            href: self
                .with("range", &if range == Range::DEFAULT { String::new() } else { range.to_string() }),
            current: range == now,
        };
        Pills { label: "Range", items: ranges.into_iter().map(pill).collect() }
    }

    /// The grains that suit a range; another one is shown as the present one.
    fn grains(&self, range: Range, asked: Option<Grain>) -> Pills {
        let now = asked.unwrap_or(range.grain());
        let pill = |grain: Grain| Pill {
            label: grain.word().to_owned(),
            title: format!("Per {}", grain.word()),
            href: self.with("grain", if grain == range.grain() { "" } else { grain.word() }),
            current: grain == now,
        };
        let shown =
            Grain::ALL.into_iter().filter(|one| *one == now || range.grains().any(|grain| grain == *one));
        Pills { label: "Grain", items: shown.map(pill).collect() }
    }

    /// The horizons that are offered; another one is shown as the present one.
    pub(super) fn horizons(&self, now: Horizon) -> Pills {
        let mut horizons = Horizon::OFFERED.to_vec();
        if !horizons.contains(&now) {
            horizons.push(now);
        }
        let value = |one: Horizon| if one == Horizon::DEFAULT { String::new() } else { one.to_string() };
        let pill = |one: Horizon| Pill {
            label: one.to_string(),
            title: one.words(),
            href: self.with("horizon", &value(one)),
            current: one == now,
        };
        Pills { label: "Ahead", items: horizons.into_iter().map(pill).collect() }
    }

    /// Each word of an option, the first one standing for leaving it out when `none` names it.
    pub(super) fn words(&self, label: &'static str, option: &str, default: &str) -> Pills {
        let words = words_of(&self.call.command, option);
        let now = self.call.option(option).unwrap_or(default);
        let pill = |word: &str| Pill {
            label: word.replace('_', " "),
            title: format!("{label}: {}", word.replace('_', " ")),
            href: self.with(option, if word == default { "" } else { word }),
            current: word == now,
        };
        let lone = (!words.contains(&default)).then_some(default);
        Pills { label, items: lone.into_iter().chain(words.iter().copied()).map(pill).collect() }
    }
}

/// The words that an option of the catalogue takes; empty when it takes any text.
pub(super) fn words_of(command: &str, option: &str) -> &'static [&'static str] {
    let (name, sub) = command.split_once(' ').unwrap_or((command, ""));
    let entry = CATALOG.iter().find(|entry| entry.name == name);
    let options = entry.and_then(|entry| {
        if sub.is_empty() {
            Some(entry.options)
        } else {
            entry.subcommands.iter().find(|one| one.name == sub).map(|one| one.options)
        }
    });
    match options.unwrap_or_default().iter().find(|entry| entry.name == option).map(|entry| entry.kind) {
        Some(OptionKind::OneOf(words)) => words,
        _ => &[],
    }
}

/// The command behind `/chart/{kind}`, and back.
const CHARTS: &[(&str, &str)] = &[
    ("usage", "usage"),
    ("health", "health"),
    ("why", "why"),
    ("history", "history"),
    ("portfolio", "portfolio"),
    ("movers", "movers"),
    ("anomalies", "anomalies"),
    ("forecast", "forecast"),
    ("churn", "churn"),
    ("initiatives", "initiative list"),
    ("initiative", "initiative show"),
];

/// The kind of chart that a command draws.
pub(super) fn chart_kind(command: &str) -> Option<&'static str> {
    CHARTS.iter().find(|(_, own)| *own == command).map(|(kind, _)| *kind)
}

/// The command that draws a kind of chart.
pub(super) fn chart_command(kind: &str) -> Option<&'static str> {
    CHARTS.iter().find(|(word, _)| *word == kind).map(|(_, command)| *command)
}

/// Where the chart of a call is served as a file; `None` for calls that draw none.
pub(super) fn chart_links(call: &Invocation) -> Option<ChartLinks> {
    let kind = chart_kind(&call.command)?;
    let query: Vec<String> =
        call.options.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let file = |ending: &str| format!("/chart/{kind}.{ending}?{}", query.join("&"));
    let share = format!("/share?line={}", escape(&call.line()));
    Some(ChartLinks { svg: file("svg"), png: file("png"), csv: file("csv"), share })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pill_changes_one_option_and_keeps_the_rest() {
        let call = Invocation::parse("usage acme range:7d by:endpoint endpoint:\"/v1/chat large\"").unwrap();
        let here = Here { path: "/accounts/acme/usage", call: &call, in_path: Some("account") };
        let ranges = here.ranges(Range::Days(7));
        assert_eq!(ranges.items[1].href, "/accounts/acme/usage?by=endpoint&endpoint=%2Fv1%2Fchat%20large");
        assert_eq!(
            ranges.items[2].href,
            "/accounts/acme/usage?by=endpoint&endpoint=%2Fv1%2Fchat%20large&range=90d"
        );
        assert!(ranges.items[0].current && !ranges.items[1].current);
        let by = here.words("Split", "by", "none");
        assert_eq!(
            by.items.iter().map(|pill| pill.label.as_str()).collect::<Vec<_>>(),
            ["none", "endpoint", "model", "account"]
        );
    }

    #[test]
    fn the_files_of_a_chart_ask_the_same() {
        let call = Invocation::parse("initiative list acme").unwrap();
        assert_eq!(chart_links(&call).unwrap().svg, "/chart/initiatives.svg?account=acme");
        assert_eq!(chart_links(&Invocation::parse("status").unwrap()), None);
        assert!(CHARTS.iter().all(|(kind, command)| chart_command(kind) == Some(*command)));
    }
}
