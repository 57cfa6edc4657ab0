//! A rule of alerts explained back in one plain sentence.

use crate::config::AlertRule;
use crate::config::AlertScope;
use crate::config::AlertWhen;
use crate::config::Budget;
use crate::config::UnusualSide;
use crate::domain::Band;
use crate::domain::Destination;
use crate::domain::Metric;
use crate::domain::Stretch;

/// The rule in words. The names in it were chosen by whoever set it up, and are hostile text.
#[must_use]
pub fn explained(rule: &AlertRule) -> String {
    let mut words = format!("{} when {} {}", tell(&rule.tell), whom(rule), what(&rule.when));
    if rule.dwell != Stretch::NONE {
        words.push_str(&format!(" and stays so for {}", rule.dwell.words()));
    }
    if let Some(quiet) = &rule.quiet {
        words.push_str(&format!("; quiet {}", quiet.words()));
    }
    if !rule.off.is_empty() {
        words.push_str(&format!("; not {}", rule.off.words()));
    }
    if let Some(every) = rule.remind {
        words.push_str(&format!("; again every {} until someone looks after it", every.words()));
    }
    if rule.mention {
        words.push_str("; calling the owner");
    }
    words.push('.');
    words
}

fn tell(places: &[Destination]) -> String {
    let name = |place: &Destination| match place {
        Destination::Page => "this page".to_owned(),
        Destination::Discord(_) => place.to_string(),
    };
    match places {
        [Destination::Page] => "Show it".into(),
        places => format!("Tell {}", listed(&places.iter().map(name).collect::<Vec<_>>())),
    }
}

fn whom(rule: &AlertRule) -> String {
    if matches!(rule.when, AlertWhen::Silent(_)) {
        return "a source".into();
    }
    match &rule.scope {
        AlertScope::All => "an account".into(),
        AlertScope::Owner(person) => format!("an account of {person}"),
        AlertScope::Tag(tag) => format!("an account tagged {tag}"),
        AlertScope::Account(id) => id.to_string(),
    }
}

fn what(when: &AlertWhen) -> String {
    match when {
        AlertWhen::Band(Band::Watch) => "falls to watch or below".into(),
        AlertWhen::Band(band) => format!("falls to {band}"),
        AlertWhen::Score(score) => format!("has a health score below {score}"),
        AlertWhen::Drop { points, within } => {
            format!("loses {points} points of its health score within {}", within.words())
        }
        AlertWhen::Unusual { metric, side, least } => {
            let noun = match metric {
                Metric::ApiCalls => "calls",
                Metric::Tokens => "tokens",
                Metric::Cost => "costs",
                Metric::Errors => "errors",
            };
            match side {
                UnusualSide::Below => format!("has {noun} that are below what is usual by {least} or more"),
                UnusualSide::Above => format!("has {noun} that are above what is usual by {least} or more"),
                UnusualSide::Off => format!("has {noun} that are off what is usual by {least} or more"),
            }
        }
        AlertWhen::Spend { steps, budget } => {
            let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
            format!("has spent {} of {}", listed(&steps), budget_words(*budget))
        }
        AlertWhen::Forecast { above, budget } => {
            let side = if *above { "above" } else { "below" };
            format!("is expected to spend {side} {}", budget_words(*budget))
        }
        AlertWhen::Idle(stretch) => {
            format!("has an open initiative about which nothing was written for {}", stretch.words())
        }
        AlertWhen::Overdue => "has an initiative that is overdue".into(),
        AlertWhen::Silent(stretch) => format!("has not delivered for {}", stretch.words()),
        AlertWhen::Churn(above) => format!("may fall silent with a probability above {above}"),
    }
}

fn budget_words(budget: Budget) -> String {
    match budget {
        Budget::Commitment => "its commitment".into(),
        Budget::Monthly(amount) => format!("{amount} in a month"),
    }
}

fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(parts: &[(&str, &str)], told: &str) {
        let part =
            |key: &str| parts.iter().find(|(known, _)| *known == key).map(|(_, value)| (*value).to_owned());
        assert_eq!(explained(&AlertRule::read("mine", part).unwrap()), told);
    }

    #[test]
    fn a_rule_is_explained_in_one_sentence() {
        check(
            &[
                ("when", "band at risk"),
                ("scope", "owner:dana"),
                ("tell", "discord:11"),
                ("for", "2d"),
                ("quiet", "20:00-07:00 Europe/Zurich"),
            ],
            "Tell discord:11 when an account of dana falls to at risk and stays so for 2 days; quiet from 20:00 to \
             07:00 Europe/Zurich.",
        );
        check(
            &[
                ("when", "spend at 50% 80% 100% of commitment"),
                ("tell", "page discord:11"),
                ("off", "sat sun"),
                ("remind", "24h"),
                ("mention", "yes"),
            ],
            "Tell this page and discord:11 when an account has spent 50%, 80% and 100% of its commitment; not on \
             Saturdays and on Sundays; again every 1 day until someone looks after it; calling the owner.",
        );
        check(&[("when", "source silent 6h")], "Show it when a source has not delivered for 6 hours.");
        check(
            &[("when", "calls below usual by 50%"), ("scope", "tag:emea"), ("for", "0h")],
            "Show it when an account tagged emea has calls that are below what is usual by 50% or more.",
        );
        check(
            &[("when", "forecast above 5000"), ("scope", "account:acme")],
            "Show it when acme is expected to spend above 5000 in a month and stays so for 1 day.",
        );
    }
}
