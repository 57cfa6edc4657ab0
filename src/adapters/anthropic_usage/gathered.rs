//! What both kinds of reports come to: figures by time and holder, joined and given to accounts.
//!
//! Invariant: figures are added only over different statements of the far side; one that comes twice is refused.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::adapters::anthropic::Fault;
use crate::config::AnthropicSource;
use crate::config::EndpointBy;
use crate::config::Holder;
use crate::domain::AccountId;
use crate::domain::Endpoint;
use crate::domain::Metered;
use crate::domain::Model;
use crate::domain::TokenSplit;
use crate::domain::Unmapped;
use crate::domain::UsageRow;
use crate::domain::Used;
use crate::domain::Window;
use crate::ingest::Pulled;

use super::figure::money;
use super::workspaces::Workspaces;

/// What has neither a product nor another name, as the running of code.
const OTHER: &str = "other";

/// Which statement: when, whose, of what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) at: Timestamp,
    pub(super) holder: Holder,
    pub(super) product: Option<String>,
    pub(super) model: Option<String>,
}

/// Tokens and calls of a statement.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) requests: u64,
    pub(super) total: u64,
    pub(super) uncached: u64,
    pub(super) cache_read: u64,
    pub(super) cache_write_short: u64,
    pub(super) cache_write_long: u64,
    pub(super) output: u64,
    pub(super) searches: u64,
}

/// Cents of a statement.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cents {
    pub(super) billed: Decimal,
    pub(super) list: Option<Decimal>,
}

/// All statements of a window.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    counts: BTreeMap<Group, Counts>,
    cents: BTreeMap<Group, Cents>,
}

/// One row in the making.
#[derive(Default)]
struct Sum {
    counts: Counts,
    billed: Decimal,
    list: Decimal,
    has_list: bool,
}

impl Gathered {
    /// Takes a statement of usage.
    pub(super) fn counts(&mut self, window: Window, group: Group, counts: Counts) -> Result<(), Fault> {
        within(window, &group)?;
        fresh(self.counts.insert(group, counts).is_none())
    }

    /// Takes a statement of cost.
    pub(super) fn cents(&mut self, window: Window, group: Group, cents: Cents) -> Result<(), Fault> {
        within(window, &group)?;
        fresh(self.cents.insert(group, cents).is_none())
    }

    /// Takes a part of the cost of a statement, as one of its kinds of tokens.
    pub(super) fn add_cents(&mut self, window: Window, group: Group, billed: Decimal) -> Result<(), Fault> {
        within(window, &group)?;
        self.cents.entry(group).or_default().billed += billed;
        Ok(())
    }

    /// Rows by account, each key once.
    pub(super) fn close(
        self,
        source: &AnthropicSource,
        workspaces: &Workspaces,
        complete_until: Timestamp,
    ) -> Result<Pulled, Fault> {
        let mut sums: BTreeMap<(AccountId, Timestamp, Endpoint, Option<Model>), Sum> = BTreeMap::new();
        let mut mapping = Mapping { source, workspaces, unmapped: BTreeSet::new() };
        for (group, counts) in &self.counts {
            sums.entry(mapping.key(group)?).or_default().counts.add(counts);
        }
        for (group, cents) in &self.cents {
            let sum = sums.entry(mapping.key(group)?).or_default();
            sum.billed += cents.billed;
            sum.list += cents.list.unwrap_or_default();
            sum.has_list |= cents.list.is_some();
        }
        let unmapped: Vec<Unmapped> = mapping.unmapped.into_iter().collect();
        let named = |one: &Unmapped| {
            let name = one.name.clone().unwrap_or_else(|| one.holder.clone());
            (one.account.clone(), format!("{name} (not mapped)").chars().take(200).collect())
        };
        let rows = sums.into_iter().map(|(key, sum)| sum.row(source, key)).collect::<Result<_, Fault>>()?;
        let names = unmapped.iter().map(named).collect();
        Ok(Pulled { rows, names, complete_until, unmapped, calls: 0, note: None })
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        let sum = |one: &mut u64, two: u64| *one = one.saturating_add(two);
        sum(&mut self.requests, other.requests);
        sum(&mut self.total, other.total);
        sum(&mut self.uncached, other.uncached);
        sum(&mut self.cache_read, other.cache_read);
        sum(&mut self.cache_write_short, other.cache_write_short);
        sum(&mut self.cache_write_long, other.cache_write_long);
        sum(&mut self.output, other.output);
        sum(&mut self.searches, other.searches);
    }
}

impl Sum {
    fn row(
        self,
        source: &AnthropicSource,
        (account, at, endpoint, model): (AccountId, Timestamp, Endpoint, Option<Model>),
    ) -> Result<(UsageRow, Metered), Fault> {
        let counts = self.counts;
        // What is written to a cache was read first.
        let read = [counts.cache_write_short, counts.cache_write_long];
        let input = read.into_iter().fold(counts.uncached, u64::saturating_add);
        let row = UsageRow {
            source: source.name.clone(),
            at,
            account,
            endpoint,
            model,
            event: None,
            used: Used {
                api_calls: counts.requests,
                errors: None,
                tokens: counts.total,
                cost: money(self.billed)?,
            },
            tokens: TokenSplit {
                input: Some(input),
                output: Some(counts.output),
                cached: Some(counts.cache_read),
            },
        };
        let metered = Metered {
            cache_write_short: counts.cache_write_short,
            cache_write_long: counts.cache_write_long,
            searches: counts.searches,
            list: self.has_list.then(|| money(self.list)).transpose()?,
        };
        Ok((row, metered))
    }
}

/// Gives statements to accounts.
struct Mapping<'a> {
    source: &'a AnthropicSource,
    workspaces: &'a Workspaces,
    unmapped: BTreeSet<Unmapped>,
}

impl Mapping<'_> {
    fn key(&mut self, group: &Group) -> Result<(AccountId, Timestamp, Endpoint, Option<Model>), Fault> {
        const ODD: Fault = Fault::Garbled("a name is none that can be shown");
        let holder = self.workspaces.described(&group.holder);
        let account = match self.source.account_of(&holder) {
            Some(account) => account,
            None => self.own(&holder)?,
        };
        let endpoint = match self.source.endpoint {
            EndpointBy::Product => group.product.as_deref(),
            EndpointBy::Model => group.model.as_deref(),
        };
        let endpoint = Endpoint::new(endpoint.unwrap_or(OTHER)).map_err(|_odd| ODD)?;
        let model = group.model.as_deref().map(Model::new).transpose().map_err(|_odd| ODD)?;
        Ok((account, group.at, endpoint, model))
    }

    /// The account of its own under which usage of a holder is kept that no rule names.
    fn own(&mut self, holder: &Holder) -> Result<AccountId, Fault> {
        let (what, id) = match (&holder.workspace, &holder.user_profile, &holder.organization) {
            (Some(id), _, _) => ("workspace", id.as_str()),
            (None, Some(id), _) => ("user profile", id.as_str()),
            (None, None, Some(id)) => ("organization", id.as_str()),
            (None, None, None) => ("no workspace", "none"),
        };
        let account = AccountId::discovered(&format!("{}:{id}", self.source.name));
        let account = account.map_err(|_odd| Fault::Garbled("an id is none that can be shown"))?;
        let holder_words = if id == "none" { what.to_owned() } else { format!("{what} {id}") };
        let name = holder.workspace_name.clone();
        self.unmapped.insert(Unmapped { holder: holder_words, name, account: account.clone() });
        Ok(account)
    }
}

fn within(window: Window, group: &Group) -> Result<(), Fault> {
    if window.contains(group.at) {
        Ok(())
    } else {
        Err(Fault::Garbled("it tells of a time that was not asked for"))
    }
}

/// Pages overlap when something is added to an old hour between two of them; the next round sees it whole.
fn fresh(is_new: bool) -> Result<(), Fault> {
    if is_new { Ok(()) } else { Err(Fault::Garbled("it told one statement twice while its pages were read")) }
}
