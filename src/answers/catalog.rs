//! The catalogue of commands: help, registration in chat, completion and the manual all come from it.

use super::alerts;
use super::digests;
use super::entry::{CommandEntry, OptionEntry, OptionKind, SubcommandEntry};

const BANDS: OptionKind = OptionKind::OneOf(&["at_risk", "watch", "healthy"]);
const METRICS: OptionKind = OptionKind::OneOf(&["calls", "tokens", "cost", "errors"]);
const SORTS: OptionKind = OptionKind::OneOf(&["health", "calls", "cost", "change", "name"]);
const DIMENSIONS: OptionKind = OptionKind::OneOf(&["endpoint", "model", "account"]);
const GRAINS: OptionKind = OptionKind::OneOf(&["hour", "day", "week", "month"]);
const COMPARISONS: OptionKind = OptionKind::OneOf(&["previous", "none"]);
const PRIORITIES: OptionKind = OptionKind::OneOf(&["low", "medium", "high", "critical"]);
const STATUSES: OptionKind = OptionKind::OneOf(&["planned", "active", "blocked", "done", "cancelled"]);
const OPEN_STATUSES: OptionKind = OptionKind::OneOf(&["planned", "active", "blocked"]);
const ENDS: OptionKind = OptionKind::OneOf(&["done", "cancelled"]);

const RANGE: OptionEntry = OptionEntry::may(
    "range",
    OptionKind::Range,
    "How far back: 48h, 7d, 30d, 12w, mtd, qtd, ytd or 2026-01-01..2026-01-31; 30d if left out",
);
const METRIC: OptionEntry =
    OptionEntry::may("metric", METRICS, "What is counted: calls (if left out), tokens, cost or errors");
const ACCOUNT: OptionEntry = OptionEntry::must("account", OptionKind::Account, "The account, by name or id");
const INITIATIVE: OptionEntry =
    OptionEntry::must("id", OptionKind::Initiative, "The initiative, by id or title");

/// All commands, in the order they are offered.
pub const CATALOG: &[CommandEntry] = &[
    CommandEntry {
        name: "portfolio",
        about: "All accounts at a glance, those at risk first",
        example: "portfolio owner:me range:30d",
        options: &[
            OptionEntry::may("band", BANDS, "Only accounts in this health band"),
            OptionEntry::may("owner", OptionKind::Owner, "Only accounts of this owner; me for your own"),
            OptionEntry::may("sort", SORTS, "Order of the accounts: worst health first if left out"),
            RANGE,
        ],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "health",
        about: "How an account is and why: score, band and factors",
        example: "health acme",
        options: &[
            ACCOUNT,
            OptionEntry::may(
                "since",
                OptionKind::Since,
                "Compare with that day, as 2026-01-31, or so long before, as 7d",
            ),
        ],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "why",
        about: "Why the health score moved: the exact split of the change between two days",
        example: "why acme since:30d",
        options: &[
            ACCOUNT,
            OptionEntry::must(
                "since",
                OptionKind::Since,
                "From that day, as 2026-01-31, or so long before, as 30d",
            ),
            OptionEntry::may("until", OptionKind::Since, "To that day; to the newest data if left out"),
        ],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "history",
        about: "The health score of an account day by day, and when its band changed",
        example: "history acme range:90d",
        options: &[
            ACCOUNT,
            OptionEntry::may("range", OptionKind::Range, "How far back, as 30d or 12w; 90d if left out"),
        ],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "usage",
        about: "What is used and what it costs, over time and by part",
        example: "usage acme range:30d by:endpoint",
        options: &[
            OptionEntry::may(
                "account",
                OptionKind::Account,
                "The account, by name or id; the portfolio if left out",
            ),
            OptionEntry::may("endpoint", OptionKind::Endpoint, "Only this endpoint"),
            RANGE,
            OptionEntry::may("grain", GRAINS, "A point for each hour, day, week or month"),
            OptionEntry::may("by", DIMENSIONS, "Split by endpoint, model or account"),
            METRIC,
            OptionEntry::may("compare", COMPARISONS, "Beside the period before (if left out), or none"),
        ],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "movers",
        about: "The largest rises and falls against the period before",
        example: "movers range:7d metric:cost",
        options: &[RANGE, METRIC],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "anomalies",
        about: "What is unusual against the account's own rhythm, and by how much",
        example: "anomalies acme range:30d",
        options: &[
            OptionEntry::may("account", OptionKind::Account, "The account, by name or id; all if left out"),
            RANGE,
            METRIC,
        ],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "forecast",
        about: "What comes next: expected use or cost, month end, and when a commitment is reached",
        example: "forecast acme metric:cost",
        options: &[
            OptionEntry::may(
                "account",
                OptionKind::Account,
                "The account, by name or id; the portfolio if left out",
            ),
            METRIC,
            OptionEntry::may(
                "horizon",
                OptionKind::Horizon,
                "How far ahead: 1d to 90d, or weeks as 4w; 30d if left out",
            ),
        ],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "churn",
        about: "Which accounts may fall silent within 90 days, and how well that is known",
        example: "churn owner:me",
        options: &[OptionEntry::may(
            "owner",
            OptionKind::Owner,
            "Only accounts of this owner; me for your own",
        )],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "initiative",
        about: "What we do together with accounts, by when",
        example: "initiative list acme",
        options: &[],
        subcommands: INITIATIVE_SUBCOMMANDS,
        writes: false,
    },
    CommandEntry {
        name: "note",
        about: "Write a note on an account; it stands on the account’s page",
        example: "note acme \"Their new team lead wants weekly numbers\"",
        options: &[ACCOUNT, OptionEntry::must_in_form("text", OptionKind::Text, "What to remember")],
        subcommands: &[],
        writes: true,
    },
    CommandEntry {
        name: "override",
        about: "Set a health score by hand for a while, or take that back",
        example: "override set acme 55 \"Their sponsor left\" 2026-12-15",
        options: &[],
        subcommands: OVERRIDE_SUBCOMMANDS,
        writes: false,
    },
    CommandEntry {
        name: "alert",
        about: "What needs someone now: list alerts, look after them, keep them quiet",
        example: "alert list",
        options: &[],
        subcommands: alerts::SUBCOMMANDS,
        writes: false,
    },
    CommandEntry {
        name: "digest",
        about: "Regular summaries: list, preview, schedule, pause and run them",
        example: "digest list",
        options: &[],
        subcommands: digests::SUBCOMMANDS,
        writes: false,
    },
    CommandEntry {
        name: "ask",
        about: "Ask in your own words; the answer is made of the same figures",
        example: "ask \"Which of my accounts fell the most this month, and why?\"",
        options: &[OptionEntry::must("question", OptionKind::Text, "What you want to know")],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "login",
        about: "A link to the dashboard that is yours alone",
        example: "login",
        options: &[],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "status",
        about: "How fresh the figures are, source by source",
        example: "status",
        options: &[],
        subcommands: &[],
        writes: false,
    },
    CommandEntry {
        name: "help",
        about: "What can be asked; or one command in detail",
        example: "help usage",
        options: &[OptionEntry::may("command", OptionKind::Command, "The command to explain, as usage")],
        subcommands: &[],
        writes: false,
    },
];

const OVERRIDE_SUBCOMMANDS: &[SubcommandEntry] = &[
    SubcommandEntry {
        name: "set",
        about: "Show another score than the computed one, with a reason and a last day",
        example: "override set acme 55 \"Their sponsor left\" 2026-12-15",
        options: &[
            ACCOUNT,
            OptionEntry::must_in_form("score", OptionKind::Text, "The score to show, 0 to 100"),
            OptionEntry::must_in_form("reason", OptionKind::Text, "Why; everyone who sees the score sees it"),
            OptionEntry::must_in_form(
                "until",
                OptionKind::Due,
                "The last day on which it is shown, as 2026-01-31",
            ),
        ],
        writes: true,
    },
    SubcommandEntry {
        name: "clear",
        about: "Show the computed score again",
        example: "override clear acme",
        options: &[ACCOUNT, OptionEntry::may("reason", OptionKind::Text, "Why it is taken back")],
        writes: true,
    },
];

const INITIATIVE_SUBCOMMANDS: &[SubcommandEntry] = &[
    SubcommandEntry {
        name: "list",
        about: "Initiatives, those that need something first",
        example: "initiative list acme",
        options: &[
            OptionEntry::may("account", OptionKind::Account, "Only of this account, by name or id"),
            OptionEntry::may("status", STATUSES, "Only in this status; the open ones if left out"),
            OptionEntry::may("owner", OptionKind::Owner, "Only of this owner; me for your own"),
        ],
        writes: false,
    },
    SubcommandEntry {
        name: "show",
        about: "One initiative with its log",
        example: "initiative show ini-3",
        options: &[INITIATIVE],
        writes: false,
    },
    SubcommandEntry {
        name: "add",
        about: "Write a new initiative down",
        example: "initiative add acme \"New pilot\" due:2026-12-15 revenue:24k",
        options: &[
            ACCOUNT,
            OptionEntry::must_in_form("title", OptionKind::Text, "What it is, in a few words"),
            OptionEntry::may("priority", PRIORITIES, "How much it matters; medium if left out"),
            OptionEntry::may("status", OPEN_STATUSES, "How it stands; planned if left out"),
            OptionEntry::may("owner", OptionKind::Owner, "Who drives it; you if left out"),
            OptionEntry::may("revenue", OptionKind::Money, "Expected revenue per year, as 24000 or 24k"),
            OptionEntry::may("due", OptionKind::Due, "Day it should be done by, as 2026-01-31"),
            OptionEntry::may("text", OptionKind::Text, "First line of its log"),
        ],
        writes: true,
    },
    SubcommandEntry {
        name: "update",
        about: "Change an initiative, or add to its log",
        example: "initiative update ini-3 status:active text:\"Kick-off held\"",
        options: &[
            INITIATIVE,
            OptionEntry::may("text", OptionKind::Text, "A line for its log"),
            OptionEntry::may("status", OPEN_STATUSES, "How it stands now; use initiative close to end it"),
            OptionEntry::may("priority", PRIORITIES, "How much it matters now"),
            OptionEntry::may("owner", OptionKind::Owner, "Who drives it now; none for nobody"),
            OptionEntry::may(
                "due",
                OptionKind::Due,
                "New day it should be done by, as 2026-01-31; none to leave it open",
            ),
            OptionEntry::may(
                "revenue",
                OptionKind::Money,
                "Expected revenue per year, as 24000 or 24k; none to clear it",
            ),
            OptionEntry::may("title", OptionKind::Text, "A new title"),
        ],
        writes: true,
    },
    SubcommandEntry {
        name: "close",
        about: "End an initiative, with what came out of it",
        example: "initiative close ini-3 text:\"Batch runs every night now\"",
        options: &[
            INITIATIVE,
            OptionEntry::may("status", ENDS, "done (if left out) or cancelled"),
            OptionEntry::may("text", OptionKind::Text, "What came out of it; it stays with the initiative"),
        ],
        writes: true,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Question;
    use crate::answers::callable::callables;
    use crate::domain::Band;
    use crate::domain::InitiativeStatus;
    use crate::domain::Metric;
    use crate::domain::Priority;

    /// Discord's limits for slash commands.
    #[test]
    fn the_catalogue_keeps_to_what_chat_allows() {
        let fits = |name: &str, about: &str| {
            let plain = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            assert!((1..=32).contains(&name.len()) && plain, "{name}");
            assert!((1..=100).contains(&about.chars().count()), "{name}: {about}");
        };
        assert!(CATALOG.len() <= 100);
        for entry in CATALOG {
            fits(entry.name, entry.about);
            assert!(entry.subcommands.len() <= 25);
            assert!(entry.options.is_empty() || entry.subcommands.is_empty(), "{}", entry.name);
        }
        for one in callables() {
            fits(one.subcommand.unwrap_or(one.command), one.about);
            assert!(one.options.len() <= 25);
            assert!(
                one.options.is_sorted_by_key(|option| !option.required),
                "{}: required first",
                one.name()
            );
            for option in one.options {
                fits(option.name, option.about);
                if let OptionKind::OneOf(words) = option.kind {
                    assert!((1..=25).contains(&words.len()));
                }
            }
        }
    }

    #[test]
    fn every_example_can_be_typed() {
        for one in callables() {
            let question = Question::parse(one.example);
            assert!(question.is_ok(), "{}: {question:?}", one.example);
        }
    }

    #[test]
    fn the_words_offered_are_the_words_understood() {
        let all = |kind: OptionKind, words: Vec<&str>| match kind {
            OptionKind::OneOf(offered) => assert_eq!(offered, words),
            other => panic!("{other:?}"),
        };
        all(BANDS, Band::ALL.iter().map(|one| one.key()).collect());
        all(METRICS, Metric::ALL.iter().map(|one| one.word()).collect());
        all(PRIORITIES, Priority::ALL.iter().map(|one| one.word()).collect());
        all(STATUSES, InitiativeStatus::ALL.iter().map(|one| one.word()).collect());
    }
}
