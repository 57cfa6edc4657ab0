//! Forms: which options of an order are asked for in fields, what stands in them already, and the call that they make.
//!
//! Invariant: a form that is sent makes the same call as a line; there is no second way to write something down.

use crate::access;
use crate::domain::Account;
use crate::domain::Asker;
use crate::domain::Initiative;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::FIELDS_MAX;
use crate::reply::Field;
use crate::reply::Form;

use super::alerts::COMMENT_CHARS_MAX;
use super::callable::callable;
use super::invocation::Invocation;
use super::lookup::{find_account, find_initiative};
use super::understand::{REASON_CHARS_MAX, TEXT_CHARS_MAX, TITLE_CHARS_MAX};

/// Room for a date, an amount, a word.
const SHORT_CHARS_MAX: usize = 60;

/// The form of an order.
struct FormEntry {
    /// `initiative add`.
    command: &'static str,
    /// What it is for.
    title: &'static str,
    /// The most important first: what does not fit is left to the command's options.
    fields: &'static [FieldEntry],
    /// Whether a call without any field opens it though nothing is needed.
    opens_blank: bool,
}

/// A field that fills an option.
struct FieldEntry {
    option: &'static str,
    label: &'static str,
    hint: &'static str,
    long: bool,
    chars_max: usize,
    /// Whether an emptied field takes a value away that was there.
    clears: bool,
}

impl FieldEntry {
    const fn short(option: &'static str, label: &'static str, hint: &'static str) -> Self {
        Self { option, label, hint, long: false, chars_max: SHORT_CHARS_MAX, clears: false }
    }

    const fn line(option: &'static str, label: &'static str, hint: &'static str, chars_max: usize) -> Self {
        Self { option, label, hint, long: false, chars_max, clears: false }
    }

    const fn long(option: &'static str, label: &'static str, hint: &'static str, chars_max: usize) -> Self {
        Self { option, label, hint, long: true, chars_max, clears: false }
    }

    const fn clearing(self) -> Self {
        Self { clears: true, ..self }
    }
}

/// Asked for where no account is known yet.
const ACCOUNT: FieldEntry = FieldEntry::line("account", "Account", "Its name or id", 200);
const DUE: FieldEntry = FieldEntry::short("due", "Due", "Day it should be done by, as 2026-01-31");
const REVENUE: FieldEntry =
    FieldEntry::short("revenue", "Expected revenue per year", "As 24000, 24k or 1.5M");
const PRIORITY: FieldEntry = FieldEntry::short("priority", "Priority", "low, medium, high or critical");

const FORMS: &[FormEntry] = &[
    FormEntry {
        command: "note",
        title: "Note",
        fields: &[FieldEntry::long("text", "Note", "What to remember", TEXT_CHARS_MAX)],
        opens_blank: false,
    },
    FormEntry {
        command: "initiative add",
        title: "New initiative",
        fields: &[
            FieldEntry::line("title", "Title", "What it is, in a few words", TITLE_CHARS_MAX),
            DUE,
            REVENUE,
            FieldEntry::long("text", "First line of its log", "Why, and what comes first", TEXT_CHARS_MAX),
            PRIORITY,
        ],
        opens_blank: false,
    },
    FormEntry {
        command: "initiative update",
        title: "Update",
        fields: &[
            FieldEntry::long("text", "A line for its log", "What happened", TEXT_CHARS_MAX),
            FieldEntry::short("status", "Status", "planned, active or blocked"),
            PRIORITY,
            DUE.clearing(),
            REVENUE.clearing(),
        ],
        opens_blank: true,
    },
    FormEntry {
        command: "initiative close",
        title: "Close",
        fields: &[
            FieldEntry::long("text", "What came out of it", "It stays with the initiative", TEXT_CHARS_MAX),
            FieldEntry::short("status", "How it ended", "done (if left empty) or cancelled"),
        ],
        opens_blank: false,
    },
    FormEntry {
        command: "alert ack",
        title: "Look after",
        fields: &[FieldEntry::long(
            "text",
            "What is being done",
            "Everyone who sees the alert sees it; it may be left empty",
            COMMENT_CHARS_MAX,
        )],
        opens_blank: true,
    },
    FormEntry {
        command: "override set",
        title: "Set the score",
        fields: &[
            FieldEntry::short("score", "Score", "0 to 100"),
            FieldEntry::long("reason", "Reason", "Everyone who sees the score sees it", REASON_CHARS_MAX),
            FieldEntry::short("until", "Last day", "The last day on which it is shown, as 2026-01-31"),
        ],
        opens_blank: false,
    },
];

fn entry(command: &str) -> Option<&'static FormEntry> {
    FORMS.iter().find(|form| form.command == command)
}

fn is_needed(command: &str, option: &str) -> bool {
    callable(command).and_then(|called| called.option(option)).is_some_and(|option| option.required)
}

/// A button that opens the form of `command`.
pub(super) fn button(label: &str, command: &str, (option, value): (&str, &str)) -> Action {
    let call = Invocation { command: command.into(), options: vec![(option.into(), value.into())] };
    Action { label: label.into(), line: call.line(), current: false, form: true }
}

impl Invocation {
    /// Whether there is a form for it.
    #[must_use]
    pub fn has_form(&self) -> bool {
        entry(&self.command).is_some()
    }

    /// Whether it leaves out what a form can ask for.
    #[must_use]
    pub fn wants_form(&self) -> bool {
        let Some((form, called)) = entry(&self.command).zip(callable(&self.command)) else { return false };
        // Which initiative is meant is chosen before, for the form shows how it stands.
        let asked = called.options.iter().filter(|option| option.required && option.name != "id");
        let misses = asked.into_iter().any(|option| self.option(option.name).is_none());
        misses || (form.opens_blank && self.options.len() == 1)
    }

    /// The call that a form makes: what was typed, beside what was fixed. This call is the form's line: what was not
    /// changed in a field says nothing, so that it does not undo what somebody else changed meanwhile.
    pub fn filled(&self, typed: Vec<(String, String)>) -> Result<Self, Problem> {
        let field = |name: &str| {
            entry(&self.command).and_then(|form| form.fields.iter().find(|field| field.option == name))
        };
        let fixed = self.options.iter().filter(|(name, _)| field(name).is_none());
        let mut options: Vec<(String, String)> = fixed.cloned().collect();
        for (name, text) in typed {
            let text = text.replace("\r\n", "\n").trim().to_owned();
            let before = self.option(&name);
            let clears = field(&name).is_some_and(|field| field.clears);
            match before {
                Some(before) if before == text => {}
                Some(_) if text.is_empty() && clears => options.push((name, "none".into())),
                Some(_) | None => options.push((name, text)),
            }
        }
        Self::new(&self.command, options)
    }

    /// How the form's field for an option is called.
    #[must_use]
    pub fn field_label(&self, option: &str) -> Option<&'static str> {
        let fields = entry(&self.command)?.fields.iter().chain([&ACCOUNT]);
        fields.into_iter().find(|field| field.option == option).map(|field| field.label)
    }
}

/// The form for a call, of what the asker may know of and change. Options that the call has stand in their fields; an account or initiative that is known stands
/// fast.
pub(super) fn form(view: &Snapshot, asker: &Asker, call: &Invocation) -> Result<Form, Problem> {
    let entry = entry(&call.command).ok_or_else(|| {
        Problem::internal(anyhow::anyhow!("a form was asked for {}, which has none", call.command))
    })?;
    let mut line = Invocation { command: call.command.clone(), options: Vec::new() };
    let mut title = entry.title.to_owned();
    let mut fields: Vec<&FieldEntry> = Vec::new();
    if let (Some(given), "alert ack") = (call.option("id"), entry.command) {
        // Whether there is one, and whether the asker may, is for the department to say.
        title = format!("{title} {given}");
        line.options.push(("id".into(), given.into()));
    } else if let Some(given) = call.option("id") {
        let one = find_initiative(view.initiatives(), given)?;
        if let Some(account) = view.account(&one.account) {
            access::may_change(asker, account)?;
        }
        title = format!("{title} {} — {}", one.id, one.title);
        line.options.push(("id".into(), one.id.to_string()));
        if entry.opens_blank {
            line.options.extend(standing(one));
        }
    } else {
        let account = call.option("account").and_then(|given| find_account(view, given).ok());
        match account.and_then(|id| view.account(&id)) {
            Some(account) => {
                access::may_change(asker, account)?;
                let Account { id, name, .. } = account;
                title = format!("{title} — {name}");
                line.options.push(("account".into(), id.to_string()));
            }
            None => fields.push(&ACCOUNT),
        }
    }
    fields.extend(entry.fields);
    let field = |field: &&FieldEntry| Field {
        option: field.option.into(),
        label: field.label.into(),
        hint: field.hint.into(),
        value: call.option(field.option).or(line.option(field.option)).unwrap_or_default().into(),
        long: field.long,
        needed: is_needed(entry.command, field.option),
        chars_max: field.chars_max,
    };
    Ok(Form { title, fields: fields.iter().take(FIELDS_MAX).map(field).collect(), line: line.line() })
}

/// How an initiative stands, as options of its update.
fn standing(one: &Initiative) -> Vec<(String, String)> {
    let mut options = vec![
        ("status".to_owned(), one.status.word().to_owned()),
        ("priority".to_owned(), one.priority.word().to_owned()),
    ];
    options.extend(one.due.map(|due| ("due".to_owned(), due.to_string())));
    options.extend(one.expected_revenue.map(|revenue| ("revenue".to_owned(), revenue.to_string())));
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(line: &str, typed: &[(&str, &str)]) -> String {
        let typed = typed.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        match Invocation::parse(line).unwrap().filled(typed) {
            Ok(call) => call.line(),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn a_form_makes_the_call_that_a_line_would() {
        assert_eq!(filled("note acme", &[("text", " Call them\r\nsoon ")]), "note acme \"Call them\nsoon\"");
        assert_eq!(
            filled("initiative add acme", &[("title", "Pilot"), ("due", ""), ("revenue", "24k")]),
            "initiative add acme Pilot revenue:24k"
        );
        assert_eq!(filled("note", &[("account", "acme"), ("text", "x")]), "note acme x");
    }

    #[test]
    fn a_field_that_was_not_touched_changes_nothing_and_an_emptied_one_clears() {
        let line = "initiative update ini-1 status:active priority:high due:2026-05-01 revenue:12000";
        let standing =
            [("status", "active"), ("priority", "high"), ("due", "2026-05-01"), ("revenue", "12000")];
        let with = |change: &[(&'static str, &'static str)]| {
            let typed = standing
                .iter()
                .map(|field| *change.iter().find(|(name, _)| *name == field.0).unwrap_or(field));
            filled(line, &typed.collect::<Vec<_>>())
        };
        assert_eq!(with(&[]), "initiative update ini-1");
        assert_eq!(
            with(&[("due", ""), ("status", "blocked")]),
            "initiative update ini-1 status:blocked due:none"
        );
        assert_eq!(with(&[("priority", "")]), "initiative update ini-1");
    }

    #[test]
    fn a_form_opens_for_what_is_left_out() {
        let wants = |line: &str| Invocation::parse(line).unwrap().wants_form();
        for line in [
            "note acme",
            "note",
            "note text:x",
            "initiative add acme",
            "initiative update ini-1",
            "override set acme 50",
        ] {
            assert!(wants(line), "{line}");
        }
        for line in
            ["note acme x", "initiative close ini-1", "initiative update ini-1 due:none", "usage acme"]
        {
            assert!(!wants(line), "{line}");
        }
    }

    #[test]
    fn each_field_fills_an_option_of_its_command() {
        for form in FORMS {
            let called = callable(form.command).unwrap_or_else(|| panic!("{} is no command", form.command));
            assert!(called.writes && form.fields.len() <= FIELDS_MAX, "{}", form.command);
            for field in form.fields {
                assert!(called.option(field.option).is_some(), "{} {}", form.command, field.option);
            }
        }
    }
}
