//! One next step for each account that is named, which can become an initiative with one button.

use jiff::ToSpan;

use crate::answers::Invocation;
use crate::domain::AccountId;
use crate::domain::Priority;
use crate::reply::Action;
use crate::reply::Prose;

use super::finding::Kind;
use super::group::Group;
use super::survey::Survey;

/// What to do about an account.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NextStep {
    pub(super) account: AccountId,
    /// In a sentence, without the account's name.
    pub(super) said: Prose,
    /// What the initiative would be called; `None` while one of that name is open.
    title: Option<&'static str>,
    /// Days until it should be done.
    days: i32,
    priority: Priority,
}

impl NextStep {
    /// The step that the first finding of an account asks for: the most urgent one that is new.
    pub(super) fn of(survey: &Survey<'_>, group: &Group) -> Option<Self> {
        let finding = &group.first()?.finding;
        let (title, days, priority) = step(finding.kind);
        let mut open =
            survey.snapshot.initiatives().filter(|one| one.is_open() && one.account == group.account);
        let under_way = open.find(|one| one.title == title);
        let said = match under_way {
            Some(one) => Prose::plain("Go on with ").outside(&one.title).and("."),
            None => Prose::plain(format!("{title}.")),
        };
        let title = under_way.is_none().then_some(title);
        Some(Self { account: group.account.clone(), said, title, days, priority })
    }

    /// The button that opens the form of the initiative, filled in.
    pub(super) fn action(&self, survey: &Survey<'_>) -> Option<Action> {
        let title = self.title?;
        let due = survey.today().saturating_add(self.days.days());
        let options = [
            ("account", self.account.to_string()),
            ("title", title.to_owned()),
            ("priority", self.priority.to_string()),
            ("due", due.to_string()),
        ];
        let options = options.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let call = Invocation::new("initiative add", options).ok()?;
        let name = survey.snapshot.account(&self.account).map_or(self.account.as_str(), |one| &one.name);
        let name: String = name.chars().take(NAME_CHARS_MAX).collect();
        Some(Action { label: format!("Plan for {name}…"), line: call.line(), current: false, form: true })
    }
}

/// Longest name on a button.
const NAME_CHARS_MAX: usize = 40;

/// What to do, by when, and how much it matters.
fn step(kind: Kind) -> (&'static str, i32, Priority) {
    match kind {
        Kind::AtRisk => ("Find out why use falls and agree on a plan", 7, Priority::High),
        Kind::Silent => ("Ask whether the integration still runs", 3, Priority::High),
        Kind::Renewal => ("Prepare the renewal with a plan for better health", 14, Priority::High),
        Kind::Overdue(priority) => ("Agree on a new date for what is overdue", 7, priority),
        Kind::Dip => ("Ask what is behind the drop in use", 3, Priority::High),
        Kind::Blocked => ("Clear what blocks our initiative", 7, Priority::High),
        Kind::Fall => ("Ask what is behind the drop in calls", 7, Priority::Medium),
        Kind::Errors => ("Go through the errors with their engineers", 3, Priority::High),
        Kind::UnderCommitment => ("Show how to put the commitment to use", 14, Priority::Medium),
        Kind::Slipped => ("Talk about what changed in their use", 14, Priority::Medium),
        Kind::Spike => ("Ask what is behind the rise, and whether it will last", 7, Priority::Medium),
        Kind::OverCommitment => ("Offer a commitment that fits their use", 14, Priority::Medium),
        Kind::Due => ("Bring what is due to an end", 7, Priority::Medium),
        Kind::Rise => ("Ask what drives the growth and what it needs next", 14, Priority::Medium),
        Kind::Recovered => ("Thank them and keep what helped", 14, Priority::Low),
        Kind::Done => ("Measure what the initiative brought", 14, Priority::Low),
    }
}
