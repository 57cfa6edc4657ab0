//! Answers that list: accounts, movers, initiatives, commands.

use crate::domain::Band;
use crate::domain::Currency;
use crate::domain::InitiativeStatus;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::BandSlice;
use crate::reply::BandsChart;
use crate::reply::Bar;
use crate::reply::BarsChart;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::Prose;
use crate::reply::Table;
use crate::reply::TimelineChart;
use crate::reply::TimelineRow;
use crate::reply::Tone;
use jiff::civil::date;

use super::{action, answer, calls, change, fact, line, link};

pub(in crate::render) fn portfolio() -> Answer {
    let in_band = |band, n| fact(Measure::InBand(band), None, None, Quantity::Accounts(n));
    let health = |id: &str, score| fact(Measure::HealthScore, Some(id), None, Quantity::Score(score));
    let row = |name: &str, id: &str, band, score, n, size, tone| {
        vec![
            link(name, &format!("/accounts/{id}")),
            Cell::Band(band),
            Cell::Fact(health(id, score)),
            Cell::Fact(calls(Some(id), None, n)),
            Cell::Change(change(Metric::ApiCalls, Some(id), None, Some(size)), tone),
            Cell::Spark(vec![5.0, 4.0, 4.0, 3.0, 2.0, 1.0]),
        ]
    };
    let rows = vec![
        row("Globex", "globex", Band::AtRisk, 12.0, 340, -0.83, Tone::Bad),
        row("شركة الاتصالات", "arabic", Band::AtRisk, 31.0, 99_000, -0.4, Tone::Bad),
        row(
            "A name that is far too long for a row of a phone in anyone's hand",
            "long",
            Band::Watch,
            55.0,
            1_234_567,
            0.02,
            Tone::Good,
        ),
        row("日本電気通信", "nippon", Band::Healthy, 91.0, 18_493_831, 0.3, Tone::Good),
    ];
    let table = Table {
        title: "Accounts, worst first".into(),
        columns: vec![
            Column::words("Account"),
            Column::words("Band"),
            Column::figures("Score"),
            Column::figures("Calls"),
            Column::figures("Change"),
            Column::words("12 weeks"),
        ],
        rows,
        more: 56,
    };
    let bar = |name: &str, id: &str, score, band| Bar {
        name: name.into(),
        length: score,
        fact: health(id, score),
        aside: Some(change(Metric::ApiCalls, Some(id), None, Some(-0.4))),
        band: Some(band),
    };
    let chart = BandsChart {
        title: "Portfolio — health".into(),
        subtitle: "22 Nov 2026 14:00 UTC".into(),
        description: "Of the accounts, 7 are at risk, 14 to watch and 39 healthy.".into(),
        bands: [(Band::AtRisk, 7), (Band::Watch, 14), (Band::Healthy, 39)]
            .map(|(band, n)| BandSlice { band, accounts: in_band(band, n) })
            .into(),
        worst: vec![
            bar("Globex", "globex", 12.0, Band::AtRisk),
            bar("Initech", "initech", 31.0, Band::Watch),
        ],
    };
    let blocks = vec![
        Block::Facts(vec![
            line("Accounts", fact(Measure::Accounts, None, None, Quantity::Accounts(60)), None, None),
            line("At risk", in_band(Band::AtRisk, 7), None, Some(false)),
            line(
                "API calls",
                calls(None, None, 23_400_000),
                Some(change(Metric::ApiCalls, None, None, Some(0.031))),
                Some(true),
            ),
        ]),
        Block::Table(table),
        Block::Chart(ChartSpec::Bands(chart)),
    ];
    let actions = vec![action("At risk only", "portfolio band:at_risk", false)];
    answer("Portfolio", "/?range=30d", blocks, actions)
}

pub(in crate::render) fn movers() -> Answer {
    let bar = |name: &str, id: &str, moved: i64, now: u64, size| Bar {
        name: name.into(),
        length: moved as f64,
        fact: calls(Some(id), None, now),
        aside: Some(change(Metric::ApiCalls, Some(id), None, size)),
        band: None,
    };
    let chart = BarsChart {
        title: "Movers — API calls".into(),
        subtitle: "last 30 days against the 30 before".into(),
        description: "Initech rose most, Globex fell most.".into(),
        bars: vec![
            bar("Initech", "initech", 41_000, 102_000, Some(0.67)),
            bar("[click](https://evil.example)", "evil", 900, 900, None),
            bar("Globex", "globex", -22_000, 340, Some(-0.98)),
        ],
    };
    let blocks = vec![
        Block::Text(
            Prose::plain("Most was gained by ")
                .outside("Initech")
                .and(", most lost by ")
                .outside("Globex")
                .and("."),
        ),
        Block::Chart(ChartSpec::Bars(chart)),
    ];
    answer(
        "Movers — API calls",
        "/movers?range=30d",
        blocks,
        vec![action("Cost", "movers metric:cost", false)],
    )
}

pub(in crate::render) fn initiatives() -> Answer {
    let row = |id: &str, title: &str, status, due: Option<&str>, revenue: Option<i64>| {
        let revenue = revenue.map(|micros| {
            let amount = Quantity::Money(Money::from_micros(micros), Currency::USD);
            Cell::Fact(fact(Measure::RevenueExpected, Some("acme"), None, amount))
        });
        vec![
            link(id, &format!("/initiatives/{id}")),
            Cell::Text(title.into()),
            Cell::Status(status),
            due.map_or(Cell::Nothing, |due| Cell::Text(due.into())),
            revenue.unwrap_or(Cell::Nothing),
        ]
    };
    let table = Table {
        title: "Initiatives".into(),
        columns: vec![
            Column::words("Id"),
            Column::words("Title"),
            Column::words("Status"),
            Column::words("Due"),
            Column::figures("Revenue"),
        ],
        rows: vec![
            row(
                "ini-1",
                "Move batch jobs to the large model",
                InitiativeStatus::Blocked,
                Some("14 Nov 2026"),
                Some(120_000_000_000),
            ),
            row("ini-2", "Second region", InitiativeStatus::Active, Some("31 Jan 2027"), None),
            row("ini-3", "<@123> # Pilot", InitiativeStatus::Planned, None, Some(40_000_000_000)),
        ],
        more: 0,
    };
    let day = |month, day| Some(date(if month < 6 { 2027 } else { 2026 }, month, day));
    let item = |title: &str, note: &str, start, due, status, overdue| TimelineRow {
        title: title.into(),
        note: note.into(),
        start,
        due,
        status,
        overdue,
    };
    let chart = TimelineChart {
        title: "Initiatives".into(),
        subtitle: "with Acme".into(),
        description: "Three are open, one of them past its due day.".into(),
        today: date(2026, 11, 22),
        rows: vec![
            item(
                "Move batch jobs to the large model",
                "dana · blocked",
                day(9, 1),
                day(11, 14),
                InitiativeStatus::Blocked,
                true,
            ),
            item("Second region", "mei · active", day(11, 2), day(1, 31), InitiativeStatus::Active, false),
            item("Pilot", "dana · planned", None, None, InitiativeStatus::Planned, false),
        ],
    };
    let open = fact(Measure::InitiativesOpen, None, None, Quantity::Initiatives(3));
    let overdue = fact(Measure::InitiativesOverdue, None, None, Quantity::Initiatives(1));
    let blocks = vec![
        Block::Facts(vec![line("Open", open, None, None), line("Overdue", overdue, None, Some(false))]),
        Block::Table(table),
        Block::Chart(ChartSpec::Timeline(chart)),
    ];
    answer("Initiatives", "/initiatives?status=open", blocks, vec![])
}

pub(in crate::render) fn help() -> Answer {
    let row = |name: &str, about: &str| vec![Cell::Text(name.into()), Cell::Text(about.into())];
    let table = Table {
        title: "Commands".into(),
        columns: vec![Column::words("Command"), Column::words("What it answers")],
        rows: vec![
            row("portfolio", "All accounts: totals, bands, those at risk first."),
            row("health", "Score, band and factors of one account, and what moved them."),
            row("usage", "Calls, tokens or cost over time, split and compared."),
        ],
        more: 0,
    };
    let blocks = vec![
        Block::Text(
            Prose::plain("Try ")
                .code("usage acme range:30d by:endpoint")
                .and(", or ")
                .code("help usage")
                .and("."),
        ),
        Block::Table(table),
    ];
    Answer {
        private: true,
        as_of: AsOf { data_until: None, version: 0 },
        ..answer("What etsm answers", "/help", blocks, vec![action("Portfolio", "portfolio", false)])
    }
}

pub(in crate::render) fn problem() -> Problem {
    Problem::UnknownAccount { given: "acmee".into(), nearest: Some("acme".into()) }
}
