//! From a call to a question: every option is read once, here; a mistake names the option and what would be right.

use std::fmt::Display;
use std::str::FromStr;

use jiff::civil::Date;

use crate::domain::Endpoint;
use crate::domain::Grain;
use crate::domain::Horizon;
use crate::domain::InitiativeStatus;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::Range;
use crate::domain::Score;
use crate::engine::Dimension;
use crate::problem::Problem;

use super::alerts;
use super::callable::nearest;
use super::digests;
use super::invocation::Invocation;
use super::question::{
    Anew, HISTORY_RANGE, InitiativeEdit, NewInitiative, NewOverride, PortfolioSort, Question, Since,
};

/// Longest reason of an override, in characters: it stands beside the score wherever that is shown.
pub(super) const REASON_CHARS_MAX: usize = 300;
/// Longest title of an initiative, in characters: it must stand on one line of a table.
pub(super) const TITLE_CHARS_MAX: usize = 200;
/// Longest question in words, in characters.
pub(super) const QUESTION_CHARS_MAX: usize = 1_000;
/// Longest line of a log, in characters; Discord's longest text input.
pub(super) const TEXT_CHARS_MAX: usize = 4_000;

impl Question {
    /// Understands the options of a call; a mistake names the option and what would be right.
    pub fn understand(call: &Invocation) -> Result<Self, Problem> {
        let range = || Ok(read::<Range>(call, "range")?.unwrap_or(Range::DEFAULT));
        let metric = || Ok(read::<Metric>(call, "metric")?.unwrap_or(Metric::ApiCalls));
        let text = |name: &str| call.option(name).map(str::to_owned);
        match call.command.as_str() {
            "portfolio" => Ok(Self::Portfolio {
                band: read(call, "band")?,
                owner: text("owner"),
                sort: one_of(call, "sort", &PortfolioSort::ALL, PortfolioSort::word)?.unwrap_or_default(),
                range: range()?,
            }),
            "health" => Ok(Self::Health {
                account: needed(call, "account")?.to_owned(),
                since: read::<Since>(call, "since")?,
            }),
            "why" => Ok(Self::Why {
                account: needed(call, "account")?.to_owned(),
                // Asked for by its form, but whoever forgets it most often means this.
                since: read::<Since>(call, "since")?.unwrap_or(Since::DEFAULT),
                until: read::<Since>(call, "until")?,
            }),
            "history" => Ok(Self::History {
                account: needed(call, "account")?.to_owned(),
                range: read::<Range>(call, "range")?.unwrap_or(HISTORY_RANGE),
            }),
            "override set" => override_set(call).map(Self::OverrideSet),
            "override clear" => Ok(Self::OverrideClear {
                account: needed(call, "account")?.to_owned(),
                reason: long_text(call, "reason", REASON_CHARS_MAX)?,
            }),
            "usage" => usage(call, range()?, metric()?),
            "movers" => Ok(Self::Movers { range: range()?, metric: metric()? }),
            "anomalies" => {
                Ok(Self::Anomalies { account: text("account"), range: range()?, metric: metric()? })
            }
            "forecast" => Ok(Self::Forecast {
                account: text("account"),
                metric: metric()?,
                horizon: read::<Horizon>(call, "horizon")?.unwrap_or(Horizon::DEFAULT),
            }),
            "churn" => Ok(Self::Churn { owner: text("owner") }),
            "note" => {
                needed(call, "text")?;
                let account = needed(call, "account")?.to_owned();
                Ok(Self::Note { account, text: long_text(call, "text", TEXT_CHARS_MAX)?.unwrap_or_default() })
            }
            "ask" => {
                needed(call, "question")?;
                let question = long_text(call, "question", QUESTION_CHARS_MAX)?.unwrap_or_default();
                Ok(Self::Ask { question })
            }
            "login" => Ok(Self::Login),
            "status" => Ok(Self::Status),
            "help" => Ok(Self::Help { command: text("command") }),
            other => match other.split_once(' ') {
                Some(("initiative", part)) => initiative(part, call),
                Some(("digest", part)) => digests::understand(part, call).map(Self::Digest),
                Some(("alert", part)) => alerts::understand(part, call).map(Self::Alert),
                _ => Err(Problem::UnknownCommand { given: other.to_owned(), nearest: None }),
            },
        }
    }
}

fn initiative(part: &str, call: &Invocation) -> Result<Question, Problem> {
    let text = |name: &str| call.option(name).map(str::to_owned);
    match part {
        "list" => Ok(Question::InitiativeList {
            account: text("account"),
            status: read(call, "status")?,
            owner: text("owner"),
        }),
        "show" => Ok(Question::InitiativeShow { id: needed(call, "id")?.to_owned() }),
        "add" => add(call).map(Question::InitiativeAdd),
        "update" => update(call).map(Question::InitiativeUpdate),
        "close" => Ok(Question::InitiativeClose {
            id: needed(call, "id")?.to_owned(),
            status: end_of(call)?,
            text: long_text(call, "text", TEXT_CHARS_MAX)?,
        }),
        _ => Err(Problem::UnknownCommand { given: call.command.clone(), nearest: None }),
    }
}

fn usage(call: &Invocation, range: Range, metric: Metric) -> Result<Question, Problem> {
    let account = call.option("account").map(str::to_owned);
    let by = one_of(call, "by", &Dimension::ALL, Dimension::word)?;
    if by == Some(Dimension::Account) && account.is_some() {
        let message =
            "by:account splits the whole portfolio. Leave the account out, or use by:endpoint or by:model.";
        return Err(Problem::option("by", message));
    }
    let compare = one_of(call, "compare", &[true, false], |on| if on { "previous" } else { "none" })?;
    Ok(Question::Usage {
        account,
        endpoint: read::<Endpoint>(call, "endpoint")?,
        range,
        grain: read::<Grain>(call, "grain")?,
        by,
        metric,
        compare: compare.unwrap_or(true),
    })
}

fn override_set(call: &Invocation) -> Result<NewOverride, Problem> {
    let account = needed(call, "account")?.to_owned();
    let score = read::<Score>(call, "score")?;
    let reason = long_text(call, "reason", REASON_CHARS_MAX)?;
    let until = date(call, "until")?;
    let (Some(score), Some(reason), Some(until)) = (score, reason, until) else {
        let message = "An override needs a score, a reason and a last day, as in \
                       override set acme 55 \"Their sponsor left\" 2026-12-15.";
        return Err(Problem::BadOption { option: None, message: message.into() });
    };
    Ok(NewOverride { account, score, reason, until })
}

fn add(call: &Invocation) -> Result<NewInitiative, Problem> {
    needed(call, "account")?;
    needed(call, "title")?;
    let status = read(call, "status")?.unwrap_or(InitiativeStatus::Planned);
    if matches!(status, InitiativeStatus::Done | InitiativeStatus::Cancelled) {
        let message = "A new initiative is planned, active or blocked. End it later with initiative close.";
        return Err(Problem::option("status", message));
    }
    Ok(NewInitiative {
        account: needed(call, "account")?.to_owned(),
        title: long_text(call, "title", TITLE_CHARS_MAX)?.unwrap_or_default(),
        priority: read(call, "priority")?.unwrap_or(Priority::Medium),
        status,
        owner: read::<Person>(call, "owner")?,
        revenue: money(call, "revenue")?,
        due: date(call, "due")?,
        text: long_text(call, "text", TEXT_CHARS_MAX)?,
    })
}

fn update(call: &Invocation) -> Result<InitiativeEdit, Problem> {
    let clears = |name: &str| call.option(name).is_some_and(|given| given.eq_ignore_ascii_case("none"));
    let edit = InitiativeEdit {
        id: needed(call, "id")?.to_owned(),
        title: long_text(call, "title", TITLE_CHARS_MAX)?,
        priority: read(call, "priority")?,
        status: read(call, "status")?,
        owner: if clears("owner") {
            Some(Anew::Cleared)
        } else {
            read::<Person>(call, "owner")?.map(Anew::Set)
        },
        revenue: if clears("revenue") { Some(Anew::Cleared) } else { money(call, "revenue")?.map(Anew::Set) },
        due: if clears("due") { Some(Anew::Cleared) } else { date(call, "due")?.map(Anew::Set) },
        text: long_text(call, "text", TEXT_CHARS_MAX)?,
    };
    if matches!(edit.status, Some(InitiativeStatus::Done | InitiativeStatus::Cancelled)) {
        let close = Question::InitiativeClose { id: edit.id, status: InitiativeStatus::Done, text: None };
        let message = format!("To end it, write {}, with what came out of it as text.", close.line());
        return Err(Problem::option("status", message));
    }
    if call.options.len() < 2 {
        let message = "Say what changes: text, status, priority, owner, due, revenue or title.";
        return Err(Problem::BadOption { option: None, message: message.into() });
    }
    Ok(edit)
}

fn end_of(call: &Invocation) -> Result<InitiativeStatus, Problem> {
    let ends = [InitiativeStatus::Done, InitiativeStatus::Cancelled];
    Ok(one_of(call, "status", &ends, InitiativeStatus::word)?.unwrap_or(InitiativeStatus::Done))
}

pub(super) fn needed<'a>(call: &'a Invocation, name: &str) -> Result<&'a str, Problem> {
    call.option(name).ok_or_else(|| missing(call, name))
}

fn missing(call: &Invocation, name: &str) -> Problem {
    let example = super::callable::callable(&call.command).map_or("help", |called| called.example);
    let what = match name {
        "id" if call.command.starts_with("alert") => "which alert",
        "id" => "which initiative",
        "do" => "what to do",
        "until" if call.command.starts_with("alert") => "for how long",
        "text" => "what to write down",
        "title" => "what it is",
        other => &format!("which {other}"),
    };
    Problem::option(name, format!("Say {what}, as in {example}."))
}

/// An option that reads itself; its own words tell what is wrong.
pub(super) fn read<T: FromStr>(call: &Invocation, name: &str) -> Result<Option<T>, Problem>
where
    T::Err: Display,
{
    let Some(given) = call.option(name) else { return Ok(None) };
    given.parse().map(Some).map_err(|wrong: T::Err| {
        let wrong = wrong.to_string();
        // Names say only what is wrong with “it”; the others quote what was given.
        if wrong.starts_with('“') && wrong.contains(given) {
            return Problem::option(name, format!("{wrong}."));
        }
        Problem::option(name, format!("“{given}” cannot be the {name}: {wrong}."))
    })
}

/// One of our own words.
pub(super) fn one_of<T: Copy>(
    call: &Invocation,
    name: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<Option<T>, Problem> {
    let Some(given) = call.option(name) else { return Ok(None) };
    if let Some(found) = all.iter().find(|one| word(**one).eq_ignore_ascii_case(given)) {
        return Ok(Some(*found));
    }
    let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
    let hint = nearest(given, words.iter().copied()).map(|near| format!(" The closest one is “{near}”."));
    let message =
        format!("“{given}” does not fit {name}; use {}.{}", words.join(", "), hint.unwrap_or_default());
    Err(Problem::option(name, message))
}

fn date(call: &Invocation, name: &str) -> Result<Option<Date>, Problem> {
    let Some(given) = call.option(name) else { return Ok(None) };
    let day = given.parse::<Date>().map_err(|_odd| {
        Problem::option(name, format!("“{given}” is not a date; write it as 2026-01-31, the year first."))
    })?;
    Ok(Some(day))
}

/// `24000`, `$24,000`, `24k`, `1.5M`: an amount that is not negative.
fn money(call: &Invocation, name: &str) -> Result<Option<Money>, Problem> {
    let Some(given) = call.option(name) else { return Ok(None) };
    let odd =
        || Problem::option(name, format!("“{given}” is not an amount; write it as 24000, 24k or 1.5M."));
    let bare: String = given.chars().filter(|c| !c.is_whitespace() && !"$€£¥,_".contains(*c)).collect();
    let (digits, factor) = match bare.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (&bare[..at], 1_000),
        Some((at, 'm' | 'M')) => (&bare[..at], 1_000_000),
        _ => (bare.as_str(), 1),
    };
    let one: Money = digits.parse().map_err(|_bad| odd())?;
    if one.micros < 0 {
        return Err(Problem::option(name, format!("“{given}” is below zero; expected revenue is not.")));
    }
    one.micros.checked_mul(factor).map(|micros| Some(Money::from_micros(micros))).ok_or_else(odd)
}

pub(super) fn long_text(call: &Invocation, name: &str, chars_max: usize) -> Result<Option<String>, Problem> {
    let Some(given) = call.option(name) else { return Ok(None) };
    let count = given.chars().count();
    if count > chars_max {
        let message =
            format!("The {name} has {count} characters; at most {chars_max} are kept. Please shorten it.");
        return Err(Problem::option(name, message));
    }
    if given.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Problem::option(
            name,
            format!("The {name} holds a control character. Please remove it."),
        ));
    }
    Ok(Some(given.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line comes to: the line with everything spelled out that was understood, or what is said to it.
    #[track_caller]
    fn check(line: &str, expected: &str) {
        let said = match Question::parse(line) {
            Ok(question) => question.line(),
            Err(problem) => problem.to_string(),
        };
        assert_eq!(said, expected, "{line}");
    }

    #[test]
    fn lines_are_understood() {
        check("portfolio", "portfolio");
        check("/usage acme range:30d", "usage acme");
        check("usage acme range:14d by:endpoint compare:previous", "usage acme range:14d by:endpoint");
        check("USAGE Range:48H acme METRIC:Spend", "usage acme range:48h metric:cost");
        check("usage account:\"Acme Corp\"", "usage \"Acme Corp\"");
        check("usage \"acme:eu\"", "usage \"acme:eu\"");
        check("health acme since:2026-01-31", "health acme since:2026-01-31");
        check("health acme since:7D", "health acme since:7d");
        check("why acme", "why acme 30d");
        check("why acme 2026-01-31 until:2026-02-28", "why acme 2026-01-31 until:2026-02-28");
        check("history acme range:90d", "history acme");
        check(
            "override set acme 58.44 \"Sponsor left\" 2026-12-15",
            "override set acme 58.4 \"Sponsor left\" 2026-12-15",
        );
        check("override clear acme", "override clear acme");
        check("note acme \"Call them\"", "note acme \"Call them\"");
        check("note acme text:\"a\nb\"", "note acme \"a\nb\"");
        check("initiative list", "initiative list");
        check("initiative list acme status:blocked", "initiative list acme status:blocked");
        check("initiative show ini-3", "initiative show ini-3");
        check("initiative show \"New pilot\"", "initiative show \"New pilot\"");
        check("initiative add acme \"New pilot\"", "initiative add acme \"New pilot\"");
        check(
            "initiative add acme \"New pilot\" revenue:$24k due:2026-12-15 priority:High",
            "initiative add acme \"New pilot\" priority:high revenue:24000 due:2026-12-15",
        );
        check(
            "initiative update ini-3 due:none owner:None revenue:none",
            "initiative update ini-3 owner:none revenue:none due:none",
        );
        check("initiative close ini-3 status:cancelled", "initiative close ini-3 status:cancelled");
        check("help initiative add", "help \"initiative add\"");
        check("portfolio band:at-risk sort:cost", "portfolio band:at_risk sort:cost");
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        check("", "Nothing is asked yet. Write help to see what can be asked.");
        check("usge acme", "I know no command called “usge”. The closest one is “usage”.");
        check("xyzzy", "I know no command called “xyzzy”. Write help to see what can be asked.");
        check(
            "initiative",
            "Say what to do: initiative list, show, add, update, close, as in initiative list acme.",
        );
        check(
            "initiative lst",
            "I know no command called “initiative lst”. The closest one is “initiative list”.",
        );
        check("health", "Say which account, as in health acme.");
        check("override set acme 101 x 2026-12-15", "“101” is not a score; write a number from 0 to 100.");
        check(
            "override set acme 50",
            "An override needs a score, a reason and a last day, as in override set acme 55 \"Their sponsor left\" 2026-12-15.",
        );
        check(
            "note acme",
            "Say what to write down, as in note acme \"Their new team lead wants weekly numbers\".",
        );
        check("initiative show", "Say which initiative, as in initiative show ini-3.");
        check(
            "usage acme rang:7d",
            "usage has no option “rang”. The closest one is “range”. If “rang:” is part of a name, put the name in quotes.",
        );
        check("usage acme 7d", "I do not know what to do with “7d” in usage. Did you mean range:7d?");
        check(
            "health Acme Corp",
            "I do not know what to do with “Corp” in health. Put quotes around a name with blanks.",
        );
        check("status now", "I do not know what to do with “now” in status. It takes no options.");
        check(
            "usage acme by:modle",
            "“modle” does not fit by; use endpoint, model, account. The closest one is “model”.",
        );
        check(
            "usage acme by:account",
            "by:account splits the whole portfolio. Leave the account out, or use by:endpoint or by:model.",
        );
        check(
            "usage acme range:soon",
            "“soon” is not a range; use 7d, 30d, 12w, mtd, qtd, ytd or 2026-01-01..2026-01-31.",
        );
        check("usage acme range:7d range:8d", "“range” is given twice. Give each option of usage once.");
        check("usage acme range:", "Write something after “range:”, or leave it out.");
        check("health \"Acme", "A quote is opened but not closed. Write a \" where the text in quotes ends.");
        check(
            "health acme since:31.1.2026",
            "“31.1.2026” is not a date; write it as 2026-01-31, the year first, or as 7d.",
        );
        check(
            "initiative add acme Pilot revenue:lots",
            "“lots” is not an amount; write it as 24000, 24k or 1.5M.",
        );
        check(
            "initiative update ini-3",
            "Say what changes: text, status, priority, owner, due, revenue or title.",
        );
        check(
            "initiative update ini-3 status:done",
            "To end it, write initiative close ini-3, with what came out of it as text.",
        );
        check(
            "initiative update \"New pilot\" status:done",
            "To end it, write initiative close \"New pilot\", with what came out of it as text.",
        );
    }

    #[test]
    fn a_form_may_leave_fields_empty() {
        let form = [("account", "acme"), ("endpoint", " "), ("by", "")];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let call = Invocation::new("usage", form).unwrap();
        assert_eq!(Question::understand(&call).unwrap().line(), "usage acme");
        assert!(Invocation::new("usage", [("acount".to_owned(), String::new())]).is_err());
        assert!(Invocation::new("usage acme", []).is_err());
    }
}
