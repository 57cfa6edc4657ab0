//! The questions of the catalogue as tools that the AI may call: those that only look.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::answers::AlertAsked;
use crate::answers::Callable;
use crate::answers::DigestAsked;
use crate::answers::Invocation;
use crate::answers::OptionEntry;
use crate::answers::OptionKind;
use crate::answers::Question;
use crate::answers::looks;
use crate::problem::Problem;
use crate::writer::Tool;

/// All tools, in the order of the catalogue.
pub(super) fn tools() -> Vec<Tool> {
    offered().map(|one| tool(&one)).collect()
}

/// The question that a call of a tool asks; values may still be what the AI calls things by.
pub(super) fn question(
    tool: &str,
    input: &Value,
    meant: impl Fn(&str, &str) -> String,
) -> Result<Question, Problem> {
    let called = offered()
        .find(|one| tool_name(one) == tool)
        .ok_or_else(|| Problem::UnknownCommand { given: tool.to_owned(), nearest: None })?;
    let mut options = Vec::new();
    for (name, value) in input.as_object().into_iter().flatten() {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => meant(name, text),
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            Value::Array(_) | Value::Object(_) => {
                return Err(Problem::option(name, format!("Write a text as {name}.")));
            }
        };
        options.push((name.clone(), text));
    }
    Question::understand(&Invocation::new(&called.name(), options)?)
}

fn offered() -> impl Iterator<Item = Callable> {
    looks().filter(|one| Question::parse(one.example).is_ok_and(|question| is_for_the_ai(&question)))
}

/// Whether a question tells of figures and changes nothing. Whatever comes into the catalogue has to be decided on here:
/// the answer to `login`, for one, is a secret.
fn is_for_the_ai(question: &Question) -> bool {
    match question {
        Question::Portfolio { .. }
        | Question::Health { .. }
        | Question::Why { .. }
        | Question::History { .. }
        | Question::Usage { .. }
        | Question::Movers { .. }
        | Question::Anomalies { .. }
        | Question::Forecast { .. }
        | Question::Churn { .. }
        | Question::InitiativeList { .. }
        | Question::InitiativeShow { .. }
        | Question::Status => true,
        Question::Digest(asked) => matches!(asked, DigestAsked::List),
        Question::Alert(asked) => matches!(asked, AlertAsked::List { .. }),
        Question::OverrideSet(_)
        | Question::OverrideClear { .. }
        | Question::Note { .. }
        | Question::InitiativeAdd(_)
        | Question::InitiativeUpdate(_)
        | Question::InitiativeClose { .. }
        | Question::Ask { .. }
        | Question::Login
        | Question::Help { .. } => false,
    }
}

/// Blanks may not stand in a tool's name.
fn tool_name(one: &Callable) -> String {
    one.name().replace(' ', "_")
}

fn tool(one: &Callable) -> Tool {
    let properties: Map<String, Value> =
        one.options.iter().map(|option| (option.name.to_owned(), property(option))).collect();
    let required: Vec<&str> =
        one.options.iter().filter(|option| option.required).map(|option| option.name).collect();
    let input = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    });
    Tool { name: tool_name(one), about: format!("{}.", one.about), input }
}

fn property(option: &OptionEntry) -> Value {
    let mut property = json!({"type": "string", "description": option.about});
    if let OptionKind::OneOf(words) = option.kind {
        property["enum"] = json!(words);
    }
    property
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_looks_is_a_tool() {
        let names: Vec<String> = tools().into_iter().map(|tool| tool.name).collect();
        assert_eq!(
            names.join(" "),
            "portfolio health why history usage movers anomalies forecast churn initiative_list initiative_show \
             alert_list digest_list status"
        );
        for tool in
            ["note", "initiative_add", "override_set", "ask", "login", "digest_run", "initiative list", ""]
        {
            assert!(question(tool, &json!({}), |_, text| text.to_owned()).is_err(), "{tool}");
        }
    }

    #[test]
    fn a_call_is_a_question_of_the_same_grammar() {
        let asks = |tool: &str, input: Value| {
            question(tool, &input, |_, text| text.replace("a1", "acme"))
                .map_or_else(|problem| problem.to_string(), |question| question.line())
        };
        assert_eq!(
            asks("usage", json!({"account": "a1", "range": "90d", "by": null})),
            "usage acme range:90d"
        );
        assert_eq!(asks("initiative_list", json!({})), "initiative list");
        assert_eq!(
            asks("usage", json!({"range": "soon"})),
            "“soon” is not a range; use 7d, 30d, 12w, mtd, qtd, ytd or 2026-01-01..2026-01-31."
        );
        assert!(asks("usage", json!({"accounts": ["a1"]})).contains("accounts"));
    }

    proptest! {
        #[test]
        fn whatever_is_called_with_whatever_asks_for_figures_or_is_refused(
            tool in "[a-z_]{0,12}|portfolio|usage|initiative_(list|show|add)|digest_(list|run)|login",
            inputs in proptest::collection::btree_map("[a-z]{0,8}|account|range|metric|id", "\\PC{0,12}|30d|cost|a1", 0..4),
        ) {
            if let Ok(question) = question(&tool, &json!(inputs), |_, text| text.to_owned()) {
                prop_assert!(is_for_the_ai(&question) && !question.writes(), "{question:?}");
            }
        }
    }
}
