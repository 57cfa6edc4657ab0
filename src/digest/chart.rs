//! The picture of a digest: the bands of a portfolio, or who of some accounts moved.

use crate::domain::Band;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::reply::BandSlice;
use crate::reply::BandsChart;
use crate::reply::Bar;
use crate::reply::BarsChart;
use crate::reply::Block;
use crate::reply::ChartSpec;

use super::group::Group;
use super::plain;
use super::scope::DigestScope;
use super::survey::{Survey, day_words};

/// Accounts beside the bands.
const WORST_MAX: usize = 8;

/// The chart that helps; `None` for a single account, whose figures say it all.
pub(super) fn chart(survey: &Survey<'_>, scope: &DigestScope, full: &[Group]) -> Option<Block> {
    match scope {
        DigestScope::Portfolio => bands(survey).map(ChartSpec::Bands),
        DigestScope::Owner(_) | DigestScope::Tag(_) => moves(survey, full).map(ChartSpec::Bars),
        DigestScope::Account(_) => None,
    }
    .map(Block::Chart)
}

fn bands(survey: &Survey<'_>) -> Option<BandsChart> {
    let state = survey.state();
    let slice = |band: &Band| {
        let accounts = survey.snapshot.fact(Measure::InBand(*band), &UsageFilter::default(), state)?;
        Some(BandSlice { band: *band, accounts })
    };
    let bands: Vec<BandSlice> = Band::ALL.iter().filter_map(slice).collect();
    let mut worst = survey.snapshot.portfolio(survey.window).accounts;
    worst.retain(|row| row.score.is_some() && survey.holds(&row.account));
    worst.sort_by(|one, two| {
        one.band.cmp(&two.band).then(one.score.unwrap_or(0.0).total_cmp(&two.score.unwrap_or(0.0)))
    });
    let bar = |row: &crate::engine::PortfolioAccount| {
        Some(Bar {
            name: plain::name(survey, &row.account).to_owned(),
            length: row.score?,
            fact: survey.fact(Measure::HealthScore, &row.account, state)?,
            aside: survey.fact(Measure::Change(Metric::ApiCalls), &row.account, survey.window),
            band: row.band,
        })
    };
    let counts: Vec<String> =
        bands.iter().map(|one| format!("{} {}", one.accounts.value.short(), one.band)).collect();
    let worst: Vec<Bar> = worst.iter().take(WORST_MAX).filter_map(bar).collect();
    (!worst.is_empty()).then(|| BandsChart {
        title: "Health bands".into(),
        subtitle: subtitle(survey),
        description: format!("Accounts by health band: {}.", counts.join(", ")),
        bands,
        worst,
    })
}

fn moves(survey: &Survey<'_>, full: &[Group]) -> Option<BarsChart> {
    let bar = |group: &Group| {
        let id = &group.account;
        if survey.is_late(id) {
            return None;
        }
        let change = survey.fact(Measure::Change(Metric::ApiCalls), id, survey.window)?;
        let calls = survey.fact(Measure::Sum(Metric::ApiCalls), id, survey.window)?;
        let name = plain::name(survey, id).to_owned();
        Some(Bar { name, length: change.value.as_f64()?, fact: change, aside: Some(calls), band: None })
    };
    let mut bars: Vec<Bar> = full.iter().filter_map(bar).collect();
    bars.sort_by(|one, two| two.length.total_cmp(&one.length));
    (bars.len() > 1).then(|| BarsChart {
        title: "Change of calls".into(),
        subtitle: subtitle(survey),
        description: "Change of calls of the accounts that are told, against the same length before.".into(),
        bars,
    })
}

fn subtitle(survey: &Survey<'_>) -> String {
    format!("{} – {}", day_words(survey.window.first_day()), day_words(survey.window.last_day()))
}
