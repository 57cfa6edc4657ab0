//! The JSON form of an answer, for scripts and outside checks: every figure exact, every name plain.
//!
//! Invariant: the wire types live here alone; nothing in `domain`, `engine` or `reply` is serialised.

mod answer;
mod chart;
mod fact;

use serde_json::Value;
use serde_json::json;

use crate::problem::Problem;
use crate::reply::Answer;

/// An answer as one JSON object; links are complete when `public_url` is given.
#[must_use]
pub fn answer(answer: &Answer, public_url: Option<&str>) -> Value {
    let wire = answer::WireAnswer::new(answer, public_url);
    serde_json::to_value(wire).expect("the wire types have string keys and finite numbers")
}

/// A problem as `{"error": {"code", "message"}}`.
#[must_use]
pub fn problem(problem: &Problem) -> Value {
    json!({ "error": { "code": problem.code(), "message": problem.to_string() } })
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_usage_answer_has_every_figure() {
        let value = answer(&samples::usage(), Some("https://etsm.example"));
        insta::assert_json_snapshot!(value);
    }

    #[test]
    fn a_health_answer_has_its_factors() {
        insta::assert_json_snapshot!(answer(&samples::health(), None));
    }

    #[test]
    fn charts_over_a_course_say_what_they_draw() {
        let chart = |given: &Answer, list: &str| {
            let mut chart = answer(given, None)["chart"].clone();
            // The first ones show the form.
            if let Some(Value::Array(items)) = chart.pointer_mut(list) {
                items.truncate(2);
            }
            chart
        };
        let mut forecast = chart(&samples::forecast(), "/line/points");
        forecast["band"].as_array_mut().unwrap().truncate(1);
        insta::assert_json_snapshot!("forecast", forecast);
        insta::assert_json_snapshot!("why", chart(&samples::why(), "/steps"));
        insta::assert_json_snapshot!("scores", chart(&samples::scores(), "/days"));
    }

    #[test]
    fn a_problem_has_its_code() {
        insta::assert_json_snapshot!(problem(&samples::problem()), @r#"
        {
          "error": {
            "code": "unknown_account",
            "message": "I know no account called “acmee”. The closest one is “acme”."
          }
        }
        "#);
    }
}
