//! From a question back to words: the call, the console line, and the page of the dashboard that shows the same.

use std::fmt::Display;

use crate::domain::Grain;
use crate::domain::Horizon;
use crate::domain::InitiativeStatus;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Priority;
use crate::domain::Range;
use crate::engine::Dimension;

use super::invocation::Invocation;
use super::question::{HISTORY_RANGE, InitiativeEdit, NewInitiative, NewOverride, PortfolioSort, Question};

impl Question {
    /// The call that asks this; what is meant when left out is left out.
    #[must_use]
    pub fn call(&self) -> Invocation {
        let mut said = Said(Vec::new());
        match self {
            Self::Portfolio { band, owner, sort, range } => {
                said.may("band", band.map(|band| band.key()));
                said.may("owner", owner.as_ref());
                said.may("sort", (*sort != PortfolioSort::default()).then_some(sort.word()));
                said.range(*range);
            }
            Self::Health { account, since } => said.account(account, "since", *since),
            Self::Why { account, since, until } => {
                said.may("account", Some(account));
                said.may("since", Some(since));
                said.may("until", *until);
            }
            Self::History { account, range } => {
                said.account(account, "range", (*range != HISTORY_RANGE).then_some(range));
            }
            Self::OverrideSet(new) => said.new_override(new),
            Self::OverrideClear { account, reason } => said.account(account, "reason", reason.as_ref()),
            Self::Usage { account, endpoint, range, grain, by, metric, compare } => {
                said.may("account", account.as_ref());
                said.may("endpoint", endpoint.as_ref());
                said.range(*range);
                said.may("grain", grain.map(Grain::word));
                said.may("by", by.map(Dimension::word));
                said.metric(*metric);
                said.may("compare", (!compare).then_some("none"));
            }
            Self::Movers { range, metric } => {
                said.range(*range);
                said.metric(*metric);
            }
            Self::Anomalies { account, range, metric } => {
                said.may("account", account.as_ref());
                said.range(*range);
                said.metric(*metric);
            }
            Self::Forecast { account, metric, horizon } => {
                said.may("account", account.as_ref());
                said.metric(*metric);
                said.may("horizon", (*horizon != Horizon::DEFAULT).then_some(horizon));
            }
            Self::Churn { owner } => said.may("owner", owner.as_ref()),
            Self::Note { account, text } => said.account(account, "text", Some(text)),
            Self::InitiativeList { account, status, owner } => {
                said.may("account", account.as_ref());
                said.may("status", *status);
                said.may("owner", owner.as_ref());
            }
            Self::InitiativeShow { id } => said.may("id", Some(id)),
            Self::InitiativeAdd(new) => said.new_initiative(new),
            Self::InitiativeUpdate(edit) => said.edit(edit),
            Self::InitiativeClose { id, status, text } => {
                said.may("id", Some(id));
                said.may("status", (*status != InitiativeStatus::Done).then_some(status));
                said.may("text", text.as_ref());
            }
            Self::Digest(asked) => asked.say(&mut said),
            Self::Alert(asked) => asked.say(&mut said),
            Self::Ask { question } => said.may("question", Some(question)),
            Self::Login | Self::Status => {}
            Self::Help { command } => said.may("command", command.as_ref()),
        }
        Invocation { command: self.command().into(), options: said.0 }
    }

    /// The console line that asks this.
    #[must_use]
    pub fn line(&self) -> String {
        self.call().line()
    }

    /// The page of the dashboard that shows the same, with query; `account` given by id is taken as it is.
    /// `/` · `/usage?…` · `/accounts/{id}/usage?…` · `/accounts/{id}/health`, `…/why`, `…/history` · `/movers?…` ·
    /// `/anomalies?…` · `/accounts/{id}/anomalies?…` · `/forecast?…` · `/accounts/{id}/forecast?…` · `/churn?…` ·
    /// `/initiatives?…` · `/initiatives/{id}` · `/status` · `/help`; `None` for what changes something.
    #[must_use]
    pub fn path(&self) -> Option<String> {
        let (page, in_page) = match self {
            Self::Portfolio { .. } => ("/".into(), ""),
            Self::Health { account, .. } => (format!("/accounts/{}/health", escape(account)), "account"),
            Self::Why { account, .. } => (format!("/accounts/{}/why", escape(account)), "account"),
            Self::History { account, .. } => (format!("/accounts/{}/history", escape(account)), "account"),
            Self::Usage { account: Some(account), .. } => {
                (format!("/accounts/{}/usage", escape(account)), "account")
            }
            Self::Usage { account: None, .. } => ("/usage".into(), ""),
            Self::Movers { .. } => ("/movers".into(), ""),
            Self::Anomalies { account: Some(account), .. } => {
                (format!("/accounts/{}/anomalies", escape(account)), "account")
            }
            Self::Anomalies { account: None, .. } => ("/anomalies".into(), ""),
            Self::Forecast { account: Some(account), .. } => {
                (format!("/accounts/{}/forecast", escape(account)), "account")
            }
            Self::Forecast { account: None, .. } => ("/forecast".into(), ""),
            Self::Churn { .. } => ("/churn".into(), ""),
            Self::InitiativeList { .. } => ("/initiatives".into(), ""),
            Self::InitiativeShow { id } => (format!("/initiatives/{}", escape(id.as_str())), "id"),
            Self::InitiativeAdd(_)
            | Self::InitiativeUpdate(_)
            | Self::InitiativeClose { .. }
            | Self::Note { .. }
            | Self::OverrideSet(_)
            | Self::OverrideClear { .. }
            | Self::Ask { .. } => return None,
            Self::Digest(asked) => asked.page()?,
            Self::Alert(asked) => asked.page()?,
            Self::Login => ("/".into(), ""),
            Self::Status => ("/status".into(), ""),
            Self::Help { .. } => ("/help".into(), ""),
        };
        let options = self.call().options;
        let asked = options.iter().filter(|(name, _)| name != in_page);
        let query: Vec<String> = asked.map(|(name, value)| format!("{name}={}", escape(value))).collect();
        Some(if query.is_empty() { page } else { format!("{page}?{}", query.join("&")) })
    }
}

/// Path of an account's first page.
pub(super) fn account_path(account: &str) -> String {
    format!("/accounts/{}", escape(account))
}

/// Options in the making.
pub(super) struct Said(Vec<(String, String)>);

impl Said {
    pub(super) fn may(&mut self, name: &str, value: Option<impl Display>) {
        self.0.extend(value.map(|value| (name.to_owned(), value.to_string())));
    }

    /// An account, and one more option.
    fn account(&mut self, account: &str, name: &str, value: Option<impl Display>) {
        self.may("account", Some(account));
        self.may(name, value);
    }

    fn range(&mut self, range: Range) {
        self.may("range", (range != Range::DEFAULT).then_some(range));
    }

    fn metric(&mut self, metric: Metric) {
        self.may("metric", (metric != Metric::ApiCalls).then_some(metric));
    }

    fn revenue(&mut self, revenue: Option<Money>) {
        self.may("revenue", revenue);
    }

    fn new_override(&mut self, new: &NewOverride) {
        self.may("account", Some(&new.account));
        self.may("score", Some(new.score));
        self.may("reason", Some(&new.reason));
        self.may("until", Some(new.until));
    }

    fn new_initiative(&mut self, new: &NewInitiative) {
        self.may("account", Some(&new.account));
        self.may("title", Some(&new.title));
        self.may("priority", (new.priority != Priority::Medium).then_some(new.priority));
        self.may("status", (new.status != InitiativeStatus::Planned).then_some(new.status));
        self.may("owner", new.owner.as_ref());
        self.revenue(new.revenue);
        self.may("due", new.due);
        self.may("text", new.text.as_ref());
    }

    fn edit(&mut self, edit: &InitiativeEdit) {
        self.may("id", Some(&edit.id));
        self.may("title", edit.title.as_ref());
        self.may("priority", edit.priority);
        self.may("status", edit.status);
        self.may("owner", edit.owner.as_ref());
        self.may("revenue", edit.revenue.as_ref());
        self.may("due", edit.due.as_ref());
        self.may("text", edit.text.as_ref());
    }
}

/// Everything but what may stand as it is in a path segment and in a query.
const ESCAPED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

pub(super) fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Since;
    use proptest::prelude::*;

    fn any_name() -> impl Strategy<Value = String> {
        "[a-z]{1,8}|[a-z]{1,4}:[a-z]{1,4}|\\PC{1,24}|[\"\\\\ “”a:]{1,8}"
            .prop_map(|text| text.trim().to_owned())
            .prop_filter("not empty", |text| !text.is_empty())
    }

    fn any_range() -> impl Strategy<Value = Range> {
        prop_oneof![
            (1_u16..2_000).prop_map(Range::Days),
            (1_u16..200).prop_map(Range::Hours),
            (1_u16..100).prop_map(Range::Weeks),
            Just(Range::MonthToDate),
            Just(Range::Between(jiff::civil::date(2026, 1, 1), jiff::civil::date(2026, 1, 31))),
        ]
    }

    fn any_question() -> impl Strategy<Value = Question> {
        let of = proptest::option::of::<BoxedStrategy<String>>;
        let name = || any_name().boxed();
        let day = jiff::civil::date(2026, 12, 15);
        prop_oneof![
            (of(name()), any_range()).prop_map(|(owner, range)| Question::Portfolio {
                band: Some(crate::domain::Band::AtRisk),
                owner,
                sort: PortfolioSort::Cost,
                range
            }),
            (name(), any::<bool>()).prop_map(move |(account, since)| Question::Health {
                account,
                since: since.then_some(Since::Day(day))
            }),
            (name(), any_range(), any::<bool>()).prop_map(move |(account, range, until)| Question::Why {
                account,
                since: if matches!(range, Range::Between(..)) {
                    Since::Day(day)
                } else {
                    Since::Range(range)
                },
                until: until.then_some(Since::Day(day))
            }),
            (name(), any_range()).prop_map(|(account, range)| Question::History { account, range }),
            (name(), name(), 0.0..100.0_f64).prop_map(move |(account, reason, score)| {
                let score = crate::domain::Score::of(score);
                Question::OverrideSet(crate::answers::NewOverride { account, score, reason, until: day })
            }),
            (name(), name()).prop_map(|(account, text)| Question::Note { account, text }),
            (name(), of(name())).prop_map(|(account, reason)| Question::OverrideClear { account, reason }),
            (of(name()), name(), any_range(), any::<bool>()).prop_map(
                |(account, endpoint, range, compare)| {
                    let grain = compare.then_some(Grain::Week);
                    let endpoint = endpoint.parse().ok();
                    let by = Some(Dimension::Model);
                    Question::Usage { account, endpoint, range, grain, by, metric: Metric::Cost, compare }
                }
            ),
            (name(), name(), of(name()), 0_i64..i64::MAX).prop_map(move |(account, title, text, micros)| {
                Question::InitiativeAdd(NewInitiative {
                    account,
                    title,
                    priority: Priority::High,
                    status: InitiativeStatus::Blocked,
                    owner: "mei".parse().ok(),
                    revenue: Some(Money::from_micros(micros)),
                    due: Some(day),
                    text,
                })
            }),
            (of(name()), name()).prop_map(|(text, title)| Question::InitiativeUpdate(InitiativeEdit {
                id: "ini-3".into(),
                title: Some(title),
                priority: None,
                status: Some(InitiativeStatus::Active),
                owner: None,
                revenue: None,
                due: None,
                text,
            })),
            Just(Question::Help { command: Some("initiative add".into()) }),
        ]
    }

    proptest! {
        #[test]
        fn a_question_reads_back_as_it_is_spelled(question in any_question()) {
            let line = question.line();
            prop_assert_eq!(Question::parse(&line).unwrap(), question.clone(), "{}", line);
            prop_assert_eq!(Question::parse(&format!("/{line}")).unwrap(), question, "{}", line);
        }
    }

    #[track_caller]
    fn check(line: &str, path: &str) {
        let shown = Question::parse(line).unwrap().path();
        assert_eq!(shown.as_deref().unwrap_or("none"), path, "{line}");
    }

    #[test]
    fn a_question_has_a_page() {
        check("portfolio", "/");
        check("portfolio band:at_risk owner:\"Dana K\" range:90d", "/?band=at_risk&owner=Dana%20K&range=90d");
        check("health acme", "/accounts/acme/health");
        check("health acme since:2026-01-31", "/accounts/acme/health?since=2026-01-31");
        check("why acme since:7d", "/accounts/acme/why?since=7d");
        check("history acme range:12w", "/accounts/acme/history?range=12w");
        check("override clear acme", "none");
        check("usage", "/usage");
        check("usage acme range:7d by:endpoint", "/accounts/acme/usage?range=7d&by=endpoint");
        check("usage endpoint:/v1/chat metric:cost", "/usage?endpoint=%2Fv1%2Fchat&metric=cost");
        check("usage acme range:30d metric:calls compare:none", "/accounts/acme/usage?compare=none");
        check("movers range:7d", "/movers?range=7d");
        check("initiative list acme", "/initiatives?account=acme");
        check("initiative show ini-3", "/initiatives/ini-3");
        check("initiative close ini-3", "none");
        check("alert list acme status:open", "/alerts?account=acme&status=open");
        check("alert show alert-12", "/alerts/alert-12");
        check("alert ack alert-12", "none");
        check("help usage", "/help?command=usage");
    }
}
