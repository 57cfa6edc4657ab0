//! A change split into its causes, before it is drawn: from which level to which each row goes, and its words.

use crate::domain::Fact;
use crate::domain::Quantity;
use crate::render::words;
use crate::reply::StepsChart;
use crate::reply::Tone;

/// One bar of a waterfall.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// May be hostile text.
    pub(super) name: String,
    /// What is written beside it: `67.2`, `−3.2`.
    pub(super) figure: String,
    pub(super) from: f64,
    pub(super) to: f64,
    /// The score at the begin or the end, drawn from the begin of the scale on.
    pub(super) is_end: bool,
}

impl Row {
    /// A rise of a score is good news.
    pub(super) fn tone(&self) -> Tone {
        match self.to - self.from {
            _ if self.is_end => Tone::Neutral,
            rise if rise > 0.0 => Tone::Good,
            fall if fall < 0.0 => Tone::Bad,
            _ => Tone::Neutral,
        }
    }
}

/// All bars, top to bottom, and the scale they share.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Waterfall {
    pub(super) rows: Vec<Row>,
    pub(super) scale_from: f64,
    pub(super) scale_to: f64,
}

/// Nothing that is a score or a part of one is larger; what is would only break the drawing.
const SIZE_MAX: f64 = 1_000.0;
/// The least a scale leaves out at its begin; less is not worth a cut.
const CUT_MIN: f64 = 20.0;

impl Waterfall {
    /// The rows of a chart with at most `steps_max` causes; the smallest ones become one, so that the sum still holds.
    pub(super) fn of(chart: &StepsChart, steps_max: usize) -> Self {
        let end = |name: &str, fact: &Fact| {
            let to = size(fact);
            Row { name: name.to_owned(), figure: figure(fact), from: 0.0, to, is_end: true }
        };
        let mut rows = vec![end(&chart.from.name, &chart.from.fact)];
        let mut level = size(&chart.from.fact);
        let mut causes: Vec<(String, String, f64)> = chart
            .steps
            .iter()
            .map(|step| (step.name.clone(), figure(&step.fact), size(&step.fact)))
            .filter(|(_, _, size)| *size != 0.0)
            .collect();
        merge_smallest(&mut causes, steps_max);
        for (name, figure, size) in causes {
            rows.push(Row { name, figure, from: level, to: level + size, is_end: false });
            level += size;
        }
        rows.push(end(&chart.to.name, &chart.to.fact));
        let (low, high) = rows.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), row| {
            (low.min(if row.is_end { row.to } else { row.from.min(row.to) }), high.max(row.from).max(row.to))
        });
        let scale_from = scale_from(low, high);
        Self { rows, scale_from, scale_to: if high > scale_from { high } else { scale_from + 1.0 } }
    }

    /// Where a level lies on the scale, 0 to 1.
    pub(super) fn part(&self, level: f64) -> f64 {
        ((level - self.scale_from) / (self.scale_to - self.scale_from)).clamp(0.0, 1.0)
    }

    /// Begin and end of a row on the scale, the lesser first.
    pub(super) fn extent(&self, row: &Row) -> (f64, f64) {
        let (from, to) = (self.part(if row.is_end { self.scale_from } else { row.from }), self.part(row.to));
        (from.min(to), from.max(to))
    }
}

/// A scale begins at zero, or at a round value well below the lowest level: small steps between high scores would
/// vanish.
fn scale_from(low: f64, high: f64) -> f64 {
    if low < 0.0 {
        return low;
    }
    let round = ((low - 0.6 * (high - low).max(5.0)) / 10.0).floor() * 10.0;
    if round >= CUT_MIN { round } else { 0.0 }
}

fn merge_smallest(causes: &mut Vec<(String, String, f64)>, most: usize) {
    if causes.len() <= most {
        return;
    }
    let mut order: Vec<usize> = (0..causes.len()).collect();
    order.sort_by(|a, b| causes[*b].2.abs().total_cmp(&causes[*a].2.abs()));
    let merged = order.split_off(most.saturating_sub(1));
    let sum: f64 = merged.iter().map(|index| causes[*index].2).sum();
    let mut index = 0;
    causes.retain(|_| {
        index += 1;
        !merged.contains(&(index - 1))
    });
    causes.push((format!("{} others", merged.len()), words::signed_tenths(sum), sum));
}

fn size(fact: &Fact) -> f64 {
    let size = fact.value.as_f64().filter(|size| size.is_finite()).unwrap_or(0.0);
    size.clamp(-SIZE_MAX, SIZE_MAX)
}

fn figure(fact: &Fact) -> String {
    match fact.value {
        Quantity::Score(score) => words::tenths(score),
        Quantity::Points(points) => words::signed_tenths(points),
        Quantity::Calls(_)
        | Quantity::Errors(_)
        | Quantity::Tokens(_)
        | Quantity::Money(..)
        | Quantity::Accounts(_)
        | Quantity::Initiatives(_)
        | Quantity::Share(_)
        | Quantity::Change(_)
        | Quantity::Days(_)
        | Quantity::Number(_) => fact.value.short(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Measure;
    use crate::render::samples;
    use crate::reply::Step;

    fn chart(from: f64, steps: &[f64], to: f64) -> StepsChart {
        let step = |value: Quantity| Step {
            name: "x".into(),
            fact: samples::fact(Measure::HealthScore, Some("acme"), None, value),
        };
        StepsChart {
            title: String::new(),
            subtitle: String::new(),
            description: String::new(),
            from: step(Quantity::Score(from)),
            steps: steps.iter().map(|points| step(Quantity::Points(*points))).collect(),
            to: step(Quantity::Score(to)),
        }
    }

    #[test]
    fn steps_lead_from_score_to_score() {
        let fall = Waterfall::of(&chart(71.4, &[-6.0, 0.0, 1.8], 67.2), 12);
        let rows: Vec<(&str, f64)> = fall.rows.iter().map(|row| (row.figure.as_str(), row.to)).collect();
        assert_eq!(rows, [("71.4", 71.4), ("−6.0", 65.4), ("+1.8", 67.2), ("67.2", 67.2)]);
        assert!((fall.scale_from - 60.0).abs() < 1e-9, "{}", fall.scale_from);
    }

    #[test]
    fn the_smallest_causes_become_one_and_the_sum_holds() {
        let fall = Waterfall::of(&chart(50.0, &[1.0, -8.0, 2.0, 0.5, -4.0], 41.5), 3);
        let names: Vec<(&str, &str)> =
            fall.rows.iter().map(|row| (row.name.as_str(), row.figure.as_str())).collect();
        assert_eq!(names[1..4], [("x", "−8.0"), ("x", "−4.0"), ("3 others", "+3.5")]);
        assert!((fall.rows[3].to - 41.5).abs() < 1e-9);
    }

    #[test]
    fn a_scale_is_cut_only_where_much_lies_below() {
        assert!(scale_from(20.0, 70.0) == 0.0 && scale_from(0.0, 0.0) == 0.0);
        assert!(scale_from(67.0, 67.0) == 60.0 && scale_from(-5.0, 3.0) == -5.0);
    }
}
