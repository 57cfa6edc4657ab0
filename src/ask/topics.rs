//! What words are about: which of them speak for which question of the catalogue.

/// A question of the catalogue, before it is known of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Why,
    Forecast,
    Anomalies,
    Churn,
    Initiatives,
    AtRisk,
    Alerts,
    Digests,
    History,
    Movers,
    Cost,
    Usage,
    Health,
    Status,
    Help,
    Portfolio,
}

/// How much one of its words says for a topic, and its words. A star stands for any end. The more telling ones stand
/// first: of two that fit as well, the first is meant.
const TOPICS: &[(Topic, u32, &str)] = &[
    (Topic::Why, 4, "why reason* cause* explain* happened"),
    (Topic::Forecast, 3, "forecast* predict* expect* outlook project* will next coming tomorrow"),
    (Topic::Anomalies, 3, "unusual* anomal* strange odd weird spike* outage* normal"),
    (Topic::Churn, 3, "churn* leave leaving silent lose losing quit"),
    (Topic::Initiatives, 3, "initiative* overdue task* todo milestone* plans"),
    (Topic::AtRisk, 3, "risk* trouble danger* unhealthy worst worr* attention struggling"),
    (Topic::Alerts, 3, "alert* alarm* incident*"),
    (Topic::Digests, 3, "digest* summar* schedule*"),
    (Topic::History, 3, "history timeline"),
    (
        Topic::Movers,
        2,
        "mover* move* moving rise* rose rising grew grow* fell fall* drop* declin* increas* decreas* shrink* shrank \
         biggest largest most lost gained changed",
    ),
    (Topic::Cost, 2, "cost* spend* spent bill* money price* expens* paid pay"),
    (
        Topic::Usage,
        2,
        "usage use used uses using calls requests traffic volume token* endpoint* model* consum* errors",
    ),
    (Topic::Health, 2, "health* score* doing condition well fine"),
    (Topic::Status, 2, "fresh* status data import* source* stale"),
    (Topic::Help, 2, "help commands"),
    (Topic::Portfolio, 1, "portfolio accounts customers clients overview everyone everything all"),
];

/// How well each topic fits words in small letters, the best first; those that do not fit are left out.
pub(super) fn fitting(words: &[&str]) -> Vec<(Topic, u32)> {
    let fit = |(topic, weight, list): &(Topic, u32, &str)| {
        let said = words.iter().filter(|word| list.split_whitespace().any(|pattern| matches(pattern, word)));
        let count = u32::try_from(said.count()).unwrap_or(u32::MAX);
        (count > 0).then(|| (*topic, weight.saturating_mul(count)))
    };
    let mut all: Vec<(Topic, u32)> = TOPICS.iter().filter_map(fit).collect();
    all.sort_by_key(|(_, fit)| std::cmp::Reverse(*fit));
    all
}

fn matches(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == word, |beginning| word.starts_with(beginning))
}
