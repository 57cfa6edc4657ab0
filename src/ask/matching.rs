//! Without an AI: which questions of the catalogue fit the words of a person.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::answers::AlertAsked;
use crate::answers::DigestAsked;
use crate::answers::PortfolioSort;
use crate::answers::Question;
use crate::answers::Since;
use crate::domain::Account;
use crate::domain::Band;
use crate::domain::Horizon;
use crate::domain::Metric;
use crate::domain::Range;
use crate::engine::Dimension;
use crate::engine::Snapshot;

use super::topics::{Topic, fitting};
use super::when;

/// Questions that are offered when none fits.
const OFFERED: usize = 3;
/// From here on a topic is meant; less is said of it by chance.
const FIT_MIN: u32 = 2;
/// A shorter first word of a name stands for too much.
const FIRST_WORD_CHARS_MIN: usize = 4;

/// What words come to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Matched {
    /// The question that is meant, when one fits.
    pub(super) best: Option<Question>,
    /// The questions that come closest beside it.
    pub(super) close: Vec<Question>,
}

/// What is known of the words beside their topic.
struct Said<'a> {
    words: Vec<&'a str>,
    accounts: Vec<String>,
    range: Option<Range>,
    mine: bool,
}

/// Matches words with the catalogue; `view` is what the asker may know.
pub(super) fn matched(question: &str, view: &Snapshot) -> Matched {
    let lower = question.to_lowercase();
    let (accounts, rest) = accounts_in(&lower, view);
    let words: Vec<&str> = rest
        .split(|c: char| !c.is_alphanumeric() && c != '.' && c != '-')
        .filter(|word| !word.is_empty())
        .collect();
    let as_of = view.as_of().unwrap_or(Timestamp::UNIX_EPOCH);
    let range = when::range(&words, as_of);
    let mine = words.iter().any(|word| matches!(*word, "my" | "mine"));
    let said = Said { words, accounts, range, mine };
    let mut topics = fitting(&said.words);
    let fits =
        topics.first().is_some_and(|(_, fit)| *fit >= FIT_MIN) || !said.accounts.is_empty() || said.mine;
    topics.push((if said.accounts.is_empty() { Topic::Portfolio } else { Topic::Health }, 0));
    topics.extend([(Topic::Movers, 0), (Topic::Anomalies, 0), (Topic::Usage, 0)]);
    let mut close: Vec<Question> = Vec::new();
    for (topic, _) in topics {
        let question = said.question(topic);
        if !close.contains(&question) {
            close.push(question);
        }
    }
    let best = fits.then(|| close.remove(0));
    close.truncate(OFFERED);
    Matched { best, close }
}

impl Said<'_> {
    fn has(&self, beginning: &str) -> bool {
        self.words.iter().any(|word| word.starts_with(beginning))
    }

    fn metric(&self) -> Metric {
        let costs = ["cost", "spend", "spent", "bill", "money", "price", "expens", "pay", "paid"];
        match () {
            () if costs.iter().any(|word| self.has(word)) => Metric::Cost,
            () if self.has("token") => Metric::Tokens,
            () if self.has("error") || self.has("fail") => Metric::Errors,
            () => Metric::ApiCalls,
        }
    }

    fn owner(&self) -> Option<String> {
        self.mine.then(|| "me".to_owned())
    }

    fn portfolio(&self, band: Option<Band>) -> Question {
        let sort = match () {
            () if self.metric() == Metric::Cost => PortfolioSort::Cost,
            () if ["fell", "drop", "declin"].iter().any(|word| self.has(word)) => PortfolioSort::Change,
            () => PortfolioSort::default(),
        };
        Question::Portfolio { band, owner: self.owner(), sort, range: self.range.unwrap_or(Range::DEFAULT) }
    }

    fn usage(&self) -> Question {
        let several = self.accounts.len() > 1;
        let by = match () {
            () if several => Some(Dimension::Account),
            () if self.has("endpoint") => Some(Dimension::Endpoint),
            () if self.has("model") => Some(Dimension::Model),
            () => None,
        };
        Question::Usage {
            account: self.account().filter(|_| !several),
            endpoint: None,
            range: self.range.unwrap_or(Range::DEFAULT),
            grain: None,
            by,
            metric: self.metric(),
            compare: true,
        }
    }

    fn account(&self) -> Option<String> {
        self.accounts.first().cloned()
    }

    fn question(&self, topic: Topic) -> Question {
        let range = self.range.unwrap_or(Range::DEFAULT);
        let metric = self.metric();
        match (topic, self.account()) {
            (Topic::Why, Some(account)) => Question::Why { account, since: self.since(), until: None },
            (Topic::History, Some(account)) => {
                Question::History { account, range: self.range.unwrap_or(Range::Days(90)) }
            }
            (Topic::Health | Topic::AtRisk | Topic::Portfolio, Some(_)) if self.accounts.len() > 1 => {
                self.usage()
            }
            (Topic::Health | Topic::AtRisk | Topic::Portfolio | Topic::Churn, Some(account)) => {
                Question::Health { account, since: None }
            }
            (Topic::Movers | Topic::Usage | Topic::Cost, Some(_)) | (Topic::Usage, None) => self.usage(),
            (Topic::Cost, None) if !self.mine => self.usage(),
            (Topic::Cost | Topic::Health | Topic::History | Topic::Portfolio, None) => self.portfolio(None),
            (Topic::AtRisk, None) => self.portfolio(Some(Band::AtRisk)),
            (Topic::Why | Topic::Movers, None) if self.mine => self.portfolio(None),
            (Topic::Why | Topic::Movers, None) => Question::Movers { range, metric },
            (Topic::Forecast, account) => Question::Forecast {
                account,
                metric,
                horizon: when::horizon(&self.words).unwrap_or(Horizon::DEFAULT),
            },
            (Topic::Anomalies, account) => Question::Anomalies { account, range, metric },
            (Topic::Churn, None) => Question::Churn { owner: self.owner() },
            (Topic::Initiatives, account) => {
                Question::InitiativeList { account, status: None, owner: self.owner() }
            }
            (Topic::Alerts, account) => Question::Alert(AlertAsked::List { account, status: None }),
            (Topic::Digests, _) => Question::Digest(DigestAsked::List),
            (Topic::Status, _) => Question::Status,
            (Topic::Help, _) => Question::Help { command: None },
        }
    }

    /// `why` looks back to a day, not over a range that has ended.
    fn since(&self) -> Since {
        match self.range {
            Some(Range::Between(first, _)) => Since::Day(first),
            Some(range) => Since::Range(range),
            None => Since::DEFAULT,
        }
    }
}

/// The accounts that a text in small letters names, in the order of the text, and the text without them.
fn accounts_in(text: &str, view: &Snapshot) -> (Vec<String>, String) {
    let mut rest = text.to_owned();
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut names: Vec<(String, &Account)> = view
        .accounts()
        .flat_map(|one| [(one.name.to_lowercase(), one), (one.id.as_str().to_lowercase(), one)])
        .filter(|(name, _)| !name.trim().is_empty())
        .collect();
    // “Acme Labs” is no “Acme”.
    names.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    let mut take = |rest: &mut String, name: &str, id: &str| {
        if let Some(at) = word_at(rest, name) {
            // Blanks keep the places of what is left.
            rest.replace_range(at..at + name.len(), &" ".repeat(name.len()));
            found.push((at, id.to_owned()));
        }
    };
    for (name, account) in &names {
        take(&mut rest, name, account.id.as_str());
    }
    let firsts: Vec<(String, &Account)> = view.accounts().map(|one| (first_word(&one.name), one)).collect();
    let mut alike: HashMap<&str, usize> = HashMap::new();
    for (first, _) in &firsts {
        *alike.entry(first).or_default() += 1;
    }
    for (first, account) in &firsts {
        let telling = first.chars().count() >= FIRST_WORD_CHARS_MIN && fitting(&[first]).is_empty();
        if telling && alike.get(first.as_str()) == Some(&1) {
            take(&mut rest, first, account.id.as_str());
        }
    }
    found.sort();
    let mut ids: Vec<String> = Vec::new();
    for (_, id) in found {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    (ids, rest)
}

fn first_word(name: &str) -> String {
    name.to_lowercase().split_whitespace().next().unwrap_or_default().to_owned()
}

/// Where a word or several stand in a text, not inside of other words.
fn word_at(text: &str, word: &str) -> Option<usize> {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let stands = |at: &usize| {
        is_edge(text[..*at].chars().next_back()) && is_edge(text[*at + word.len()..].chars().next())
    };
    text.match_indices(word).map(|(at, _)| at).find(stands)
}
