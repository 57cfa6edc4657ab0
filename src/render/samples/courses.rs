//! Answers about what comes, what was unusual, and what moved a score.

use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::render::chart::samples;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::ChartSpec;

use super::{action, answer, calls, change, fact, line};

/// All charts over a course, with their odd states, each in an answer of its own.
pub(in crate::render) fn courses() -> Vec<Answer> {
    let of_course = |spec: &ChartSpec| match spec {
        ChartSpec::Corridor(_) | ChartSpec::Steps(_) | ChartSpec::Scores(_) => true,
        ChartSpec::Series(_)
        | ChartSpec::Health(_)
        | ChartSpec::Bands(_)
        | ChartSpec::Bars(_)
        | ChartSpec::Timeline(_) => false,
    };
    let all = samples::all().into_iter().map(|(_, spec)| spec).filter(of_course);
    all.map(|spec| answer(spec.title(), "/", vec![Block::Chart(spec.clone())], vec![])).collect()
}

fn drawn(name: &str) -> Block {
    Block::Chart(samples::named(name))
}

pub(in crate::render) fn forecast() -> Answer {
    let acme = Some("acme");
    let growth = change(Metric::ApiCalls, acme, None, Some(0.031));
    let facts = Block::Facts(vec![line("Expected calls", calls(acme, None, 1_402_118), Some(growth), None)]);
    let actions = vec![action("Usage", "usage acme range:90d", false)];
    answer("Acme — forecast", "/accounts/acme/forecast", vec![facts, drawn("corridor")], actions)
}

pub(in crate::render) fn anomalies() -> Answer {
    answer("Acme — anomalies", "/accounts/acme/anomalies", vec![drawn("corridor-usual")], vec![])
}

pub(in crate::render) fn why() -> Answer {
    let points = fact(Measure::HealthScore, Some("acme"), None, Quantity::Points(-8.0));
    let facts = Block::Facts(vec![line("Change of the score", points, None, Some(true))]);
    answer("Acme — why", "/accounts/acme/why", vec![facts, drawn("steps")], vec![])
}

pub(in crate::render) fn scores() -> Answer {
    answer("Acme — health over time", "/accounts/acme/health", vec![drawn("scores")], vec![])
}
