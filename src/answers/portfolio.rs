//! `portfolio`: all accounts at a glance, those at risk first.

use std::cmp::Ordering;

use crate::domain::Account;
use crate::domain::Band;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Range;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::engine::Portfolio;
use crate::engine::PortfolioAccount;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::BandSlice;
use crate::reply::BandsChart;
use crate::reply::Bar;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::Pick;
use crate::reply::Prose;
use crate::reply::Table;

use super::follow_ups::{self, action};
use super::question::{PortfolioSort, Question};
use super::reading::{LIST_ROWS_MAX, Reading, capital, window_words};
use super::spell::account_path;

/// Accounts drawn beside the bands.
const WORST_MAX: usize = 8;

/// A resolved question about the portfolio.
#[derive(Debug, Clone)]
pub(super) struct PortfolioAsked {
    pub(super) band: Option<Band>,
    pub(super) owner: Option<String>,
    pub(super) sort: PortfolioSort,
    pub(super) range: Range,
}

/// The window of sums, and that of states: health is always that of now, as the bands are.
#[derive(Debug, Clone, Copy)]
struct Over {
    window: Window,
    state: Window,
}

impl PortfolioAsked {
    /// The same, but for a change.
    fn with(&self, change: &dyn Fn(&mut Self)) -> Question {
        let mut next = self.clone();
        change(&mut next);
        next.question()
    }

    fn question(&self) -> Question {
        Question::Portfolio { band: self.band, owner: self.owner.clone(), sort: self.sort, range: self.range }
    }
}

pub(super) fn answer(reading: &Reading<'_>, asked: &PortfolioAsked) -> Result<Answer, Problem> {
    let over = Over { window: reading.window(asked.range)?, state: reading.state()? };
    let portfolio = reading.snapshot.portfolio(over.window);
    let mut answer = reading.answer(format!("Portfolio — {}", asked.range.words()), &asked.question());
    answer.actions = actions(asked);
    answer.picks = picks(asked);
    let mut listed: Vec<&PortfolioAccount> =
        portfolio.accounts.iter().filter(|row| is_asked_for(reading, asked, row)).collect();
    if listed.is_empty() && asked.owner.is_some() {
        check_owner(reading, asked.owner.as_deref().unwrap_or_default())?;
    }
    listed.sort_by(|one, two| order(reading, asked.sort, one, two));

    answer.blocks.push(Block::Facts(headlines(reading, over)));
    if asked.band.is_some() || asked.owner.is_some() {
        answer.blocks.push(Block::Text(scope_words(asked, listed.is_empty())));
    }
    if !listed.is_empty() {
        answer.blocks.push(Block::Table(account_table(reading, asked, over, &listed)));
    }
    let chart = bands_chart(reading, asked, over, &portfolio);
    answer.blocks.push(Block::Chart(ChartSpec::Bands(chart)));
    if portfolio.bands.unknown > 0 {
        let words = "Some accounts are in no band: there is too little usage to judge them yet.";
        answer.blocks.push(Block::Caveat(Prose::plain(words)));
    }
    answer.blocks.extend(reading.late_caveats(None));
    Ok(answer)
}

fn headlines(reading: &Reading<'_>, over: Over) -> Vec<FactLine> {
    let all = UsageFilter::default();
    let mut lines = Vec::new();
    lines.extend(reading.line("Accounts", Measure::Accounts, &all, over.window));
    lines.extend(reading.line("Active accounts", Measure::ActiveAccounts, &all, over.window));
    for metric in [Metric::ApiCalls, Metric::Tokens, Metric::Cost] {
        lines.extend(reading.sum_line(metric, &all, over.window, true));
    }
    for band in Band::ALL {
        lines.extend(reading.line(&capital(band.word()), Measure::InBand(*band), &all, over.state));
    }
    lines
}

fn is_asked_for(reading: &Reading<'_>, asked: &PortfolioAsked, row: &PortfolioAccount) -> bool {
    let owned = asked.owner.as_ref().is_none_or(|owner| {
        let account = reading.snapshot.account(&row.account);
        account.is_some_and(|account| is_owned_by(account, owner))
    });
    owned && asked.band.is_none_or(|band| row.band == Some(band))
}

fn is_owned_by(account: &Account, owner: &str) -> bool {
    account.owner.as_ref().is_some_and(|person| person.as_str().to_lowercase() == owner.to_lowercase())
}

/// An owner without accounts is most often a slip of the pen.
fn check_owner(reading: &Reading<'_>, owner: &str) -> Result<(), Problem> {
    if reading.snapshot.accounts().any(|account| is_owned_by(account, owner)) {
        return Ok(());
    }
    let mut owners = reading.snapshot.accounts().filter_map(|account| account.owner.as_ref()).peekable();
    if owners.peek().is_none() {
        let message = "No account has an owner yet. Import the accounts with a column `owner`.";
        return Err(Problem::option("owner", message));
    }
    let nearest = super::callable::nearest(owner, owners.map(crate::domain::Person::as_str));
    let hint = nearest.map(|name| format!(" The closest owner is “{name}”.")).unwrap_or_default();
    Err(Problem::option("owner", format!("No account belongs to “{owner}”.{hint}")))
}

fn order(
    reading: &Reading<'_>,
    sort: PortfolioSort,
    one: &PortfolioAccount,
    two: &PortfolioAccount,
) -> Ordering {
    let score = |row: &PortfolioAccount| row.score.unwrap_or(f64::INFINITY);
    let calls = |row: &PortfolioAccount| row.now.api_calls;
    let change = |row: &PortfolioAccount| i128::from(row.now.api_calls) - i128::from(row.before.api_calls);
    let name = |row: &PortfolioAccount| {
        reading.snapshot.account(&row.account).map(|account| account.name.to_lowercase())
    };
    let ordered = match sort {
        // A band holds on to an account for a while, so it can differ from the score's.
        PortfolioSort::Health => {
            let band = |row: &PortfolioAccount| (row.band.is_none(), row.band);
            band(one).cmp(&band(two)).then(score(one).total_cmp(&score(two)))
        }
        PortfolioSort::Calls => calls(two).cmp(&calls(one)),
        PortfolioSort::Cost => two.now.cost.cmp(&one.now.cost),
        PortfolioSort::Change => change(one).cmp(&change(two)),
        PortfolioSort::Name => name(one).cmp(&name(two)),
    };
    // Among equals the larger one matters more.
    ordered.then_with(|| calls(two).cmp(&calls(one))).then_with(|| one.account.cmp(&two.account))
}

fn scope_words(asked: &PortfolioAsked, is_empty: bool) -> Prose {
    let of_band = asked.band.map(|band| format!(" in the band {band}")).unwrap_or_default();
    let head = if is_empty { "There are no accounts" } else { "The list shows the accounts" };
    let mut words = Prose::plain(format!("{head}{of_band}"));
    if let Some(owner) = &asked.owner {
        words = words.and(" of ").outside(owner);
    }
    words.and(if is_empty { "." } else { "; the totals above are of the whole portfolio." })
}

fn account_table(
    reading: &Reading<'_>,
    asked: &PortfolioAsked,
    over: Over,
    listed: &[&PortfolioAccount],
) -> Table {
    let title = match asked.sort {
        PortfolioSort::Health => "At risk first",
        PortfolioSort::Calls => "Most calls first",
        PortfolioSort::Cost => "Highest cost first",
        PortfolioSort::Change => "Largest fall of calls first",
        PortfolioSort::Name => "By name",
    };
    let columns = vec![
        Column::words("Account"),
        Column::words("Band"),
        Column::figures("Score"),
        Column::figures("Calls"),
        Column::figures("Change"),
        Column::figures("Cost"),
        Column::words("12 weeks"),
        Column::words("Owner"),
    ];
    let row = |row: &&PortfolioAccount| {
        let id = &row.account;
        let filter = UsageFilter::of(id.clone());
        let account = reading.snapshot.account(id);
        let owner = account.and_then(|account| account.owner.as_ref());
        vec![
            Cell::Link { text: reading.name(id).to_owned(), path: account_path(id.as_str()) },
            row.band.map_or(Cell::Nothing, Cell::Band),
            reading.cell(Measure::HealthScore, &filter, over.state),
            reading.cell(Measure::Sum(Metric::ApiCalls), &filter, over.window),
            reading.change_cell(Metric::ApiCalls, &filter, over.window),
            reading.cell(Measure::Sum(Metric::Cost), &filter, over.window),
            Cell::Spark(row.weeks.iter().map(|calls| *calls as f64).collect()),
            owner.map_or(Cell::Nothing, |person| Cell::Text(person.to_string())),
        ]
    };
    Table {
        title: title.into(),
        columns,
        rows: listed.iter().take(LIST_ROWS_MAX).map(row).collect(),
        more: listed.len().saturating_sub(LIST_ROWS_MAX),
    }
}

fn bands_chart(
    reading: &Reading<'_>,
    asked: &PortfolioAsked,
    over: Over,
    portfolio: &Portfolio,
) -> BandsChart {
    let mut worst: Vec<&PortfolioAccount> =
        portfolio.accounts.iter().filter(|row| row.score.is_some()).collect();
    worst.sort_by(|one, two| order(reading, PortfolioSort::Health, one, two));
    let bar = |row: &&PortfolioAccount| {
        let filter = UsageFilter::of(row.account.clone());
        Some(Bar {
            name: reading.name(&row.account).to_owned(),
            length: row.score?,
            fact: reading.fact_of(Measure::HealthScore, &filter, over.state)?,
            aside: reading.fact_of(Measure::Change(Metric::ApiCalls), &filter, over.window),
            band: row.band,
        })
    };
    let slice = |band: &Band| {
        Some(BandSlice { band: *band, accounts: reading.fact(Measure::InBand(*band), over.state)? })
    };
    let bands: Vec<BandSlice> = Band::ALL.iter().filter_map(slice).collect();
    let counts: Vec<String> =
        bands.iter().map(|one| format!("{} {}", one.accounts.value.short(), one.band)).collect();
    BandsChart {
        title: "Portfolio — health bands".into(),
        subtitle: window_words(asked.range, over.window),
        description: format!("Accounts by health band: {}.", counts.join(", ")),
        bands,
        worst: worst.iter().take(WORST_MAX).filter_map(bar).collect(),
    }
}

fn actions(asked: &PortfolioAsked) -> Vec<Action> {
    let with = |change: &dyn Fn(&mut PortfolioAsked)| asked.with(change);
    let mut actions = follow_ups::ranges(asked.range, |range| with(&|next| next.range = range));
    let owner = with(&|next| next.owner = Some("me".into()));
    actions.push(action("My accounts", &owner, asked.owner.as_deref() == Some("me")));
    let movers = Question::Movers { range: asked.range, metric: Metric::ApiCalls };
    actions.push(action("Movers", &movers, false));
    actions.push(follow_ups::initiatives(None));
    actions
}

/// Selects of the band and of the order.
fn picks(asked: &PortfolioAsked) -> Vec<Pick> {
    let all = action("All bands", &asked.with(&|next| next.band = None), asked.band.is_none());
    let band = |band: &Band| {
        let question = asked.with(&|next| next.band = Some(*band));
        action(&capital(band.word()), &question, asked.band == Some(*band))
    };
    let order = |sort: PortfolioSort| {
        let question = asked.with(&|next| next.sort = sort);
        action(&format!("By {}", sort.word()), &question, asked.sort == sort)
    };
    vec![
        Pick { label: "Band".into(), options: [all].into_iter().chain(Band::ALL.iter().map(band)).collect() },
        Pick { label: "Order".into(), options: PortfolioSort::ALL.into_iter().map(order).collect() },
    ]
}
