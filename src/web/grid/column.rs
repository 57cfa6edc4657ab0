//! The columns of the grid: what each is called, what it holds, and how a row looks in it.

use crate::domain::Band;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::render::words;
use crate::reply::Cell;
use crate::web::links::escape;

use super::row::GridRow;

/// A column; the first one is always shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Column {
    Name,
    Band,
    Health,
    Owner,
    Segment,
    Plan,
    Tag,
    Status,
    Calls,
    Change,
    Errors,
    Tokens,
    Cost,
    Initiatives,
    Renewal,
    Weeks,
}

/// What a column holds, which decides what it can be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Kind {
    /// Compared as a whole.
    Word,
    /// Found by a part of it.
    Text,
    /// Several words.
    Words,
    Number,
    Percent,
    Day,
    /// A picture; it is compared with nothing.
    Picture,
}

/// What a row holds in a column.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::web) enum Held {
    Nothing,
    Number(f64),
    /// Lower case; days are written so that they sort.
    Words(Vec<String>),
}

impl Column {
    /// All, in the order in which they stand.
    pub(in crate::web) const ALL: [Self; 16] = [
        Self::Name,
        Self::Band,
        Self::Health,
        Self::Owner,
        Self::Segment,
        Self::Plan,
        Self::Tag,
        Self::Status,
        Self::Calls,
        Self::Change,
        Self::Errors,
        Self::Tokens,
        Self::Cost,
        Self::Initiatives,
        Self::Renewal,
        Self::Weeks,
    ];
    /// Those that are shown when nobody chose.
    pub(in crate::web) const USUAL: [Self; 8] = [
        Self::Name,
        Self::Band,
        Self::Health,
        Self::Owner,
        Self::Calls,
        Self::Change,
        Self::Cost,
        Self::Weeks,
    ];

    /// As it stands in addresses and filters.
    pub(in crate::web) fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Band => "band",
            Self::Health => "health",
            Self::Owner => "owner",
            Self::Segment => "segment",
            Self::Plan => "plan",
            Self::Tag => "tag",
            Self::Status => "status",
            Self::Calls => "calls",
            Self::Change => "change",
            Self::Errors => "errors",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::Initiatives => "initiatives",
            Self::Renewal => "renewal",
            Self::Weeks => "weeks",
        }
    }

    /// As it stands above the column.
    pub(in crate::web) fn title(self) -> &'static str {
        match self {
            Self::Name => "Account",
            Self::Band => "Band",
            Self::Health => "Score",
            Self::Owner => "Owner",
            Self::Segment => "Segment",
            Self::Plan => "Plan",
            Self::Tag => "Tags",
            Self::Status => "Status",
            Self::Calls => "API calls",
            Self::Change => "Change",
            Self::Errors => "Errors",
            Self::Tokens => "Tokens",
            Self::Cost => "Cost",
            Self::Initiatives => "Open initiatives",
            Self::Renewal => "Renewal",
            Self::Weeks => "12 weeks",
        }
    }

    pub(in crate::web) fn kind(self) -> Kind {
        match self {
            Self::Name | Self::Plan | Self::Segment => Kind::Text,
            Self::Band | Self::Owner | Self::Status => Kind::Word,
            Self::Tag => Kind::Words,
            Self::Health | Self::Calls | Self::Errors | Self::Tokens | Self::Cost | Self::Initiatives => {
                Kind::Number
            }
            Self::Change => Kind::Percent,
            Self::Renewal => Kind::Day,
            Self::Weeks => Kind::Picture,
        }
    }

    /// Whether figures stand in it, at the right.
    pub(in crate::web) fn is_numeric(self) -> bool {
        matches!(self.kind(), Kind::Number | Kind::Percent)
    }

    /// Whether its natural order begins with the largest: one looks for much usage, and for little health.
    pub(in crate::web) fn begins_large(self) -> bool {
        match self {
            Self::Calls | Self::Errors | Self::Tokens | Self::Cost | Self::Initiatives => true,
            Self::Name
            | Self::Band
            | Self::Health
            | Self::Owner
            | Self::Segment
            | Self::Plan
            | Self::Tag
            | Self::Status
            | Self::Change
            | Self::Renewal
            | Self::Weeks => false,
        }
    }

    /// What a row holds in it.
    pub(in crate::web) fn of(self, row: &GridRow<'_>) -> Held {
        let account = row.account;
        let number = |value: Option<f64>| value.map_or(Held::Nothing, Held::Number);
        let word = |text: Option<&str>| text.map_or(Held::Nothing, |text| Held::Words(vec![fold(text)]));
        match self {
            Self::Name => Held::Words(vec![fold(&account.name), fold(account.id.as_str())]),
            Self::Band => Held::Words(vec![row.sums.band.map_or("unknown", Band::key).to_owned()]),
            Self::Health => number(row.sums.score),
            Self::Owner => word(account.owner.as_ref().map(|owner| owner.as_str())),
            Self::Segment => word(account.segment.as_deref()),
            Self::Plan => word(account.plan.as_deref()),
            Self::Tag if account.tags.is_empty() => Held::Nothing,
            Self::Tag => Held::Words(account.tags.iter().map(|tag| fold(tag)).collect()),
            Self::Status => word(Some(account.status.word())),
            Self::Calls => Held::Number(row.sums.now.api_calls as f64),
            Self::Change => number(row.change()),
            Self::Errors => number(row.sums.now.errors.map(|errors| errors as f64)),
            Self::Tokens => Held::Number(row.sums.now.tokens as f64),
            Self::Cost => Held::Number(row.sums.now.cost.as_f64()),
            Self::Initiatives => Held::Number(row.open as f64),
            Self::Renewal => word(renewal(row).as_deref()),
            Self::Weeks => number(row.sums.weeks.last().map(|calls| *calls as f64)),
        }
    }

    /// How a row looks in it.
    pub(in crate::web) fn cell(self, snapshot: &Snapshot, window: Window, row: &GridRow<'_>) -> Cell {
        let filter = UsageFilter::of(row.account.id.clone());
        let figure = |measure| snapshot.fact(measure, &filter, window).map_or(Cell::Nothing, Cell::Fact);
        let text = |text: Option<String>| text.map_or(Cell::Nothing, Cell::Text);
        match self {
            Self::Name => Cell::Link {
                text: row.account.name.clone(),
                path: format!("/accounts/{}", escape(row.account.id.as_str())),
            },
            Self::Band => row.sums.band.map_or(Cell::Nothing, Cell::Band),
            Self::Owner => text(row.account.owner.as_ref().map(ToString::to_string)),
            Self::Segment => text(row.account.segment.clone()),
            Self::Plan => text(row.account.plan.clone()),
            Self::Tag => text((!row.account.tags.is_empty()).then(|| row.account.tags.join(", "))),
            Self::Status => Cell::Text(row.account.status.to_string()),
            Self::Renewal => text(row.account.contract.and_then(|contract| contract.renewal).map(words::day)),
            Self::Weeks => Cell::Spark(row.sums.weeks.iter().map(|calls| *calls as f64).collect()),
            Self::Health => figure(Measure::HealthScore),
            Self::Calls => figure(Measure::Sum(Metric::ApiCalls)),
            Self::Errors => figure(Measure::Sum(Metric::Errors)),
            Self::Tokens => figure(Measure::Sum(Metric::Tokens)),
            Self::Cost => figure(Measure::Sum(Metric::Cost)),
            Self::Initiatives => figure(Measure::InitiativesOpen),
            Self::Change => snapshot.fact(Measure::Change(Metric::ApiCalls), &filter, window).map_or(
                Cell::Nothing,
                |change| {
                    let tone = words::tone(&change, Some(true));
                    Cell::Change(change, tone)
                },
            ),
        }
    }

    /// The column of a word.
    pub(in crate::web) fn parse(option: &str, word: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|column| column.word() == word);
        found.ok_or_else(|| {
            let all = Self::ALL.map(Self::word).join(", ");
            Problem::option(option, format!("“{word}” is no column; there are {all}."))
        })
    }
}

/// Day of the renewal, as `2026-05-01`.
pub(super) fn renewal(row: &GridRow<'_>) -> Option<String> {
    row.account.contract?.renewal.map(|day| day.to_string())
}

/// Words as they are compared: case and the ways to join them do not count.
pub(super) fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}
