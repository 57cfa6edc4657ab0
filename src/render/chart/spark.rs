//! A line of values as small as a word, for the cells of tables.

use std::fmt::Write as _;

use super::scene::Short;

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 24.0;
/// Room for the stroke and the dot at the end.
const MARGIN: f64 = 3.0;

/// The values as a tiny SVG of classes, oldest first, from zero up; hidden from screen readers, for the figures stand
/// beside it. What is not a finite number is left out; empty text without any.
#[must_use]
pub fn spark(values: &[f64]) -> String {
    let values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let Some(last) = values.last() else { return String::new() };
    let top = values.iter().copied().fold(0.0, f64::max);
    let bottom = values.iter().copied().fold(0.0, f64::min);
    // Halved before they are subtracted, so that the largest numbers do not overflow.
    let span = (top / 2.0 - bottom / 2.0).max(f64::MIN_POSITIVE);
    let x = |index: usize| {
        let steps = values.len().saturating_sub(1).max(1) as f64;
        let part = if values.len() == 1 { 1.0 } else { index as f64 / steps };
        MARGIN + part * (WIDTH - 2.0 * MARGIN)
    };
    let y = |value: f64| HEIGHT - MARGIN - (value / 2.0 - bottom / 2.0) / span * (HEIGHT - 2.0 * MARGIN);
    let mut points = String::new();
    for (index, value) in values.iter().enumerate() {
        let _ =
            write!(points, "{}{},{}", if index == 0 { "" } else { " " }, Short(x(index)), Short(y(*value)));
    }
    format!(
        "<svg class=\"c-sparkline\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         aria-hidden=\"true\" focusable=\"false\"><polyline class=\"c-spark\" stroke-width=\"1.5\" points=\"{points}\"/>\
         <circle class=\"c-spark-dot\" cx=\"{}\" cy=\"{}\" r=\"2.2\"/></svg>",
        Short(x(values.len() - 1)),
        Short(y(*last)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spark_is_small_and_whole() {
        insta::assert_snapshot!(spark(&[0.0, 2.0, 1.0, 4.0]), @r##"<svg class="c-sparkline" viewBox="0 0 96 24" width="96" height="24" aria-hidden="true" focusable="false"><polyline class="c-spark" stroke-width="1.5" points="3,21 33,12 63,16.5 93,3"/><circle class="c-spark-dot" cx="93" cy="3" r="2.2"/></svg>"##);
        assert_eq!(spark(&[]), "");
        assert_eq!(spark(&[f64::NAN]), "");
        for odd in [&[5.0][..], &[0.0, 0.0], &[-1.0, 1.0], &[f64::MAX, f64::MIN], &[1.0, f64::INFINITY]] {
            let svg = spark(odd);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
