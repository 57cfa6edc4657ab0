//! The rules at hand: those of the settings, and over them those that were set by command.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::config::AlertRule;
use crate::domain::Act;
use crate::store::AlertRuleRecord;
use crate::store::Store;
use crate::store::StoreError;

/// A rule, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleAtHand {
    /// The rule.
    pub rule: AlertRule,
    /// Who set it by command; `None` for the settings.
    pub by: Option<String>,
}

/// How often a rule began an alert.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Begun {
    /// Since the instant asked for.
    pub times: u32,
    /// Those that are not over.
    pub open: u32,
    /// When it began one last, among the newest alerts.
    pub last: Option<Timestamp>,
}

/// Lays what was set by command over the rules of the settings; by name.
pub(super) fn at_hand(settings: &[AlertRule], set: &[AlertRuleRecord]) -> Vec<RuleAtHand> {
    let own = settings.iter().map(|rule| (rule.name.clone(), RuleAtHand { rule: rule.clone(), by: None }));
    let mut all: BTreeMap<String, RuleAtHand> = own.collect();
    for record in set {
        match record.text.as_deref().map(|text| read(&record.name, text)) {
            None => _ = all.remove(&record.name),
            Some(Some(rule)) => {
                all.insert(record.name.clone(), RuleAtHand { rule, by: Some(record.by.clone()) });
            }
            // Of a newer program; the rule of the settings stands in, if there is one.
            Some(None) => {
                tracing::warn!(rule = record.name, "A kept rule of alerts cannot be read and is left out")
            }
        }
    }
    all.into_values().collect()
}

/// Keeps a rule, or that there is none of this name.
pub(super) async fn keep(
    store: &Store,
    (name, rule): (&str, Option<&AlertRule>),
    act: &Act,
) -> Result<(), StoreError> {
    let text = rule.map(|rule| {
        let parts: BTreeMap<&str, String> = rule.parts().into_iter().collect();
        serde_json::to_string(&parts).expect("texts are JSON")
    });
    let by = act.who.name().to_owned();
    store.put_alert_rule(&AlertRuleRecord { name: name.into(), text, by, at: act.at }, act).await
}

fn read(name: &str, text: &str) -> Option<AlertRule> {
    let parts: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    AlertRule::read(name, |key| parts.get(key).cloned()).ok()
}
