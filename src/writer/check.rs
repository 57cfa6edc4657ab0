//! The truth check: lets through only what the facts say.
//!
//! Invariant: whoever holds a [`Section`] holds sentences in which every number is a fact, every fact stands where it
//! belongs, and every direction, comparison and state is borne out by the facts of its clause. When in doubt it refuses.

use std::collections::BTreeSet;

use crate::domain::AccountId;
use crate::reply::Prose;
use crate::reply::Span;

use super::brief::Brief;
use super::draft::{Draft, DraftSection};
use super::lexicon;
use super::objection::{Objection, Reason};
use super::reading::Reading;
use super::sentence::{self, Kind, Names, Piece};

/// Most sections of a draft.
const SECTIONS_MAX: usize = 12;
/// Most sentences of a section.
const SENTENCES_MAX: usize = 8;
/// Longest sentence, in characters as written.
const SENTENCE_CHARS_MAX: usize = 320;
/// Longest title.
const TITLE_CHARS_MAX: usize = 60;
/// Longest draft, all texts together: it has to fit into one post.
const DRAFT_CHARS_MAX: usize = 3_500;

/// Sentences that may be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its heading.
    pub title: Prose,
    /// What it says.
    pub sentences: Vec<Checked>,
}

/// A sentence that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The accounts that it is about or names.
    pub accounts: BTreeSet<AccountId>,
    /// The sentence, its figures and names filled in.
    pub prose: Prose,
}

/// Checks a draft. Objections come in the order of the text.
pub fn check(brief: &Brief, draft: &Draft) -> Result<Vec<Section>, Vec<Objection>> {
    let names = Names::of(brief);
    let mut wrong = shape(draft);
    let mut sections = Vec::new();
    for section in &draft.sections {
        match of_section(brief, &names, section) {
            Ok(section) => sections.push(section),
            Err(objections) => wrong.extend(objections),
        }
    }
    if wrong.is_empty() { Ok(sections) } else { Err(wrong) }
}

/// What is wrong with the draft as a whole.
fn shape(draft: &Draft) -> Vec<Objection> {
    let mut wrong = Vec::new();
    let mut object = |reason| wrong.push(Objection { text: "the whole draft".into(), reason });
    let sentences = || draft.sections.iter().flat_map(|section| &section.sentences);
    if draft.sections.is_empty() || draft.sections.iter().any(|section| section.sentences.is_empty()) {
        object(Reason::Empty);
    }
    if draft.sections.len() > SECTIONS_MAX {
        object(Reason::TooLong(format!("{SECTIONS_MAX} sections")));
    }
    if draft.sections.iter().any(|section| section.sentences.len() > SENTENCES_MAX) {
        object(Reason::TooLong(format!("{SENTENCES_MAX} sentences in a section")));
    }
    let chars: usize = sentences().map(|one| one.text.chars().count()).sum();
    if chars > DRAFT_CHARS_MAX {
        object(Reason::TooLong(format!("{DRAFT_CHARS_MAX} characters in all")));
    }
    wrong
}

fn of_section(brief: &Brief, names: &Names<'_>, section: &DraftSection) -> Result<Section, Vec<Objection>> {
    let mut wrong = Vec::new();
    let mut object = |text: &str, reasons: Vec<Reason>| {
        let text: String = text.chars().take(SENTENCE_CHARS_MAX).collect();
        wrong.extend(reasons.into_iter().map(|reason| Objection { text: text.clone(), reason }));
    };
    let about: Vec<Result<Option<usize>, Reason>> =
        section.sentences.iter().map(|one| about(brief, one.about.as_deref())).collect();
    let known: Vec<Option<usize>> = about.iter().map(|one| *one.as_ref().unwrap_or(&None)).collect();
    let title = title(brief, names, &section.title, &known);
    let headed = title.as_ref().ok().and_then(|(_, account)| *account);
    let title = title.map(|(prose, _)| prose).map_err(|reasons| object(&section.title, reasons)).ok();
    let mut sentences = Vec::new();
    let mut told = headed;
    for (draft, about) in section.sentences.iter().zip(about) {
        let place = |about| Place { about, headed, told };
        match about
            .map_err(|reason| vec![reason])
            .and_then(|about| of_sentence(brief, names, &draft.text, place(about)))
        {
            Ok((checked, about)) => {
                told = about;
                sentences.push(checked);
            }
            Err(reasons) => object(&draft.text, reasons),
        }
    }
    match title {
        Some(title) if wrong.is_empty() => Ok(Section { title, sentences }),
        _ => Err(wrong),
    }
}

/// Where a sentence stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The account it says it is about.
    about: Option<usize>,
    /// The account that the title names.
    headed: Option<usize>,
    /// The account that the reader has in mind: that of the sentence before, else of the title.
    told: Option<usize>,
}

/// The account of `about`.
fn about(brief: &Brief, given: Option<&str>) -> Result<Option<usize>, Reason> {
    let Some(given) = given.map(|text| text.trim().trim_matches(['[', ']'])).filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    let number = given.strip_prefix('a').and_then(|number| number.parse::<usize>().ok());
    let known = number.filter(|number| (1..=brief.accounts.len()).contains(number));
    known
        .map(|number| Some(number - 1))
        .ok_or_else(|| Reason::UnknownNumber(given.chars().take(20).collect()))
}

/// A title, and the account it names. It claims a band or a state only for sections whose accounts are all so.
fn title(
    brief: &Brief,
    names: &Names<'_>,
    text: &str,
    about: &[Option<usize>],
) -> Result<(Prose, Option<usize>), Vec<Reason>> {
    if text.trim().is_empty() {
        return Err(vec![Reason::Empty]);
    }
    if text.chars().count() > TITLE_CHARS_MAX {
        return Err(vec![Reason::TooLong(format!("{TITLE_CHARS_MAX} characters in a title"))]);
    }
    let pieces = sentence::read(brief, names, text)?;
    let mut wrong = Vec::new();
    if let Some(at) = pieces.iter().find_map(Piece::fact) {
        wrong.push(Reason::Put {
            fact: format!("f{}", at + 1),
            word: text.into(),
            remedy: "a title has no figures",
        });
    }
    let own = Reading::of(brief, &pieces, None).names();
    let account = own.first().copied();
    if own.len() > 1 || (account.is_some() && about.iter().any(|one| *one != account)) {
        wrong.push(Reason::Unclear);
    }
    let words: Vec<&str> = pieces.iter().filter_map(Piece::word).collect();
    let [first, second] = [0, 1].map(|at| words.get(at).copied().unwrap_or_default());
    if !lexicon::begins_advice(first, second) {
        let told = words.iter().filter(|word| lexicon::is_advice(word));
        wrong.extend(told.map(|word| Reason::AdviceWord((*word).to_owned())));
    }
    let accounts: Vec<usize> = about.iter().copied().flatten().collect();
    for word in pieces.iter().filter_map(Piece::word) {
        let holds = |at: &usize| {
            let subject = &brief.accounts[*at];
            lexicon::state(word).is_none_or(|state| subject.holds.contains(&state))
                && lexicon::band(word).is_none_or(|band| subject.band == Some(band))
        };
        let claims = lexicon::state(word).is_some() || lexicon::band(word).is_some();
        if claims && (accounts.is_empty() || !accounts.iter().all(holds)) {
            wrong.push(Reason::Untrue { word: word.to_owned(), of: "each account of the section".into() });
        }
        if lexicon::sense(word).is_some() || lexicon::negates(word) || lexicon::gives_reason(word) {
            wrong.push(Reason::Unsupported(word.to_owned()));
        }
    }
    if wrong.is_empty() { Ok((filled(brief, text, &pieces), account)) } else { Err(wrong) }
}

/// Checks a sentence; tells whom the reader has in mind after it.
fn of_sentence(
    brief: &Brief,
    names: &Names<'_>,
    text: &str,
    place: Place,
) -> Result<(Checked, Option<usize>), Vec<Reason>> {
    if text.trim().is_empty() {
        return Err(vec![Reason::Empty]);
    }
    if text.chars().count() > SENTENCE_CHARS_MAX {
        return Err(vec![Reason::TooLong(format!("{SENTENCE_CHARS_MAX} characters in a sentence"))]);
    }
    let pieces = sentence::read(brief, names, text)?;
    let mut wrong = Vec::new();
    if !text.trim_end().ends_with(['.', '?', ')']) {
        wrong.push(Reason::CutOff);
    }
    let reading = Reading::of(brief, &pieces, place.about);
    wrong.extend(reading.misplaced());
    wrong.extend(reading.unsupported());
    let own = reading.names();
    let about = if own.len() == 1 { own.first().copied() } else { place.about };
    // Whoever reads on takes “calls fell” for the account that was told before.
    let is_told = own.len() > 1 || about.is_none_or(|about| own.contains(&about)) || about == place.told;
    let is_headed =
        place.headed.is_none_or(|headed| own.iter().all(|one| *one == headed) && about == Some(headed));
    // And a total, told right after an account, for that account's.
    let says_all = |word: &str| matches!(word, "portfolio" | "accounts" | "total" | "overall");
    let is_total = about.is_none() && own.is_empty() && reading.has_facts();
    let is_of_all = pieces.iter().filter_map(Piece::word).any(says_all);
    if is_total && place.told.is_some() && !is_of_all {
        wrong.push(Reason::Unclear);
    }
    if !is_told || !is_headed {
        wrong.push(about.map_or(Reason::Unclear, |about| Reason::AboutOther(format!("a{}", about + 1))));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let accounts = own.into_iter().chain(about).map(|at| brief.accounts[at].id.clone()).collect();
    Ok((Checked { accounts, prose: filled(brief, text, &pieces) }, about))
}

/// The text with figures and names in their places. A change brings its sign, so “fell by [f1]” and “down [f1]” are set
/// as “fell (−12 %)”.
fn filled(brief: &Brief, text: &str, pieces: &[Piece]) -> Prose {
    let mut spans: Vec<Span> = Vec::new();
    let mut from = 0;
    for (at, piece) in pieces.iter().enumerate() {
        let span = match piece.kind {
            Kind::Fact(number) => Span::Fact(brief.facts[number].fact.clone()),
            Kind::Account(number) => Span::Outside(brief.accounts[number].name.clone()),
            Kind::Initiative(number) => Span::Outside(brief.initiatives[number].title.clone()),
            Kind::Part(number) => Span::Outside(brief.parts[number].clone()),
            Kind::Word(_) | Kind::Break | Kind::Mark(_) => continue,
        };
        let signed = piece.fact().is_some_and(|number| brief.facts[number].direction.is_some());
        let word = at.checked_sub(1).and_then(|at| pieces[at].word()).unwrap_or_default();
        let before = at.checked_sub(2).and_then(|at| pieces[at].word()).unwrap_or_default();
        let is_by = matches!(word, "by" | "of") && lexicon::sense(before).is_some();
        let is_aside = signed && (is_by || lexicon::sense(word).is_some());
        let end = if is_aside && is_by { pieces[at - 1].at.start } else { piece.at.start };
        spans.push(Span::Plain(format!("{}{}", &text[from..end], if is_aside { "(" } else { "" })));
        spans.push(span);
        if is_aside {
            spans.push(Span::Plain(")".into()));
        }
        from = piece.at.end;
    }
    spans.push(Span::Plain(text[from..].trim_end().to_owned()));
    spans.retain(|span| *span != Span::Plain(String::new()));
    Prose(merged(spans))
}

/// Neighbouring words of ours as one piece.
fn merged(spans: Vec<Span>) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match (out.last_mut(), span) {
            (Some(Span::Plain(words)), Span::Plain(more)) => words.push_str(&more),
            (_, span) => out.push(span),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::*;
    use crate::engine::HealthRules;
    use crate::engine::Snapshot;
    use crate::engine::SourceMark;
    use crate::writer::DraftSentence;
    use crate::writer::State;

    fn row(day: i8, account: &str, calls: u64) -> UsageRow {
        UsageRow {
            source: "import".parse().unwrap(),
            at: jiff::civil::date(2026, 3, day).at(10, 0, 0, 0).in_tz("UTC").unwrap().timestamp(),
            account: account.parse().unwrap(),
            endpoint: "/a".parse().unwrap(),
            model: None,
            event: None,
            used: Used {
                api_calls: calls,
                errors: None,
                tokens: 10,
                cost: Money::from_micros(calls as i64 * 1_000),
            },
            tokens: TokenSplit::default(),
        }
    }

    /// Two weeks of two accounts: Acme (a1) falls, Beta (a2) rises.
    fn brief() -> Brief {
        let empty = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD);
        let mut draft = empty.draft();
        draft.usage(
            &"acme".parse().unwrap(),
            (1..=14).map(|day| row(day, "acme", if day <= 7 { 200 } else { 100 })),
        );
        draft.usage(
            &"beta".parse().unwrap(),
            (1..=14).map(|day| row(day, "beta", if day <= 7 { 10 } else { 20 })),
        );
        draft.accounts([
            Account::discovered("acme".parse().unwrap(), "Acme Corp"),
            Account::discovered("beta".parse().unwrap(), "More"),
        ]);
        let watermark = "2026-03-15T00:00:00Z".parse().unwrap();
        draft.watermarks(vec![SourceMark { source: "import".parse().unwrap(), watermark }]);
        let snapshot = draft.finish(3, watermark);
        let week = Window::ending(watermark, jiff::SignedDuration::from_hours(168));
        let mut brief = Brief::default();
        let calls = Metric::ApiCalls;
        for (account, measure, window) in [
            (Some("acme"), Measure::Sum(calls), week),
            (Some("acme"), Measure::Change(calls), week),
            (Some("acme"), Measure::Sum(calls), week.previous()),
            (Some("acme"), Measure::Change(Metric::Cost), week),
            (Some("beta"), Measure::Change(calls), week),
            (Some("beta"), Measure::Sum(calls), week),
            (None, Measure::Change(calls), week),
            (None, Measure::Accounts, week),
        ] {
            let account = account.map(|id| id.parse().unwrap());
            let filter = UsageFilter { account, ..UsageFilter::default() };
            brief.add(&snapshot, &snapshot.fact(measure, &filter, window).unwrap()).unwrap();
        }
        brief.accounts[0].band = Some(Band::AtRisk);
        brief.accounts[0].band_before = Some(Band::Watch);
        brief.accounts[0].holds.insert(State::Silent);
        brief
    }

    fn outcome(about: Option<&str>, text: &str) -> String {
        let sentence = DraftSentence { about: about.map(str::to_owned), text: text.into() };
        let section = DraftSection { title: "This week".into(), sentences: vec![sentence] };
        match check(&brief(), &Draft { sections: vec![section] }) {
            Ok(sections) => {
                let piece = |span: &Span| match span {
                    Span::Plain(words) | Span::Outside(words) | Span::Code(words) => words.clone(),
                    Span::Fact(fact) => fact.value.short(),
                };
                sections[0].sentences[0].prose.0.iter().map(piece).collect()
            }
            Err(objections) => format!("refused: {}", objections[0].reason),
        }
    }

    #[track_caller]
    fn passes(about: Option<&str>, text: &str, shown: &str) {
        assert_eq!(outcome(about, text), shown, "{text}");
    }

    #[track_caller]
    fn refuses(about: Option<&str>, text: &str, why: &str) {
        let outcome = outcome(about, text);
        assert!(outcome.starts_with("refused: ") && outcome.contains(why), "{text}: {outcome}");
    }

    const A: Option<&str> = Some("a1");

    #[test]
    fn true_sentences_pass_with_their_figures_filled_in() {
        passes(A, "Calls of [a1] fell by [f2].", "Calls of Acme Corp fell (−50 %).");
        passes(A, "Acme Corp's calls fell by [f2] to [f1].", "Acme Corp's calls fell (−50 %) to 700.");
        passes(
            A,
            "Calls of [a1] fell from [f3] to [f1] this week.",
            "Calls of Acme Corp fell from 1.4 k to 700 this week.",
        );
        passes(
            A,
            "Calls of [a1] changed by [f2], and the cost fell by [f4].",
            "Calls of Acme Corp changed by −50 %, and the cost fell (−50 %).",
        );
        passes(
            None,
            "Across the portfolio, calls are down [f7].",
            "Across the portfolio, calls are down (−42.9 %).",
        );
        passes(A, "[a1] moved from watch to at risk.", "Acme Corp moved from watch to at risk.");
        passes(A, "[a1] is silent.", "Acme Corp is silent.");
        passes(A, "Ask [a1] whether this was planned.", "Ask Acme Corp whether this was planned.");
        passes(
            None,
            "[a1] made [f1] calls, while [a2] made [f6] calls.",
            "Acme Corp made 700 calls, while More made 140 calls.",
        );
    }

    #[test]
    fn numbers_of_its_own_are_refused() {
        for number in ["42", "٤", "½", "²", "Ⅳ", "①", "４"] {
            refuses(A, &format!("Calls of [a1] fell by {number}."), "digit");
        }
        for word in [
            "seven", "half", "twice", "dozen", "percent", "third", "first", "zero", "thousand", "XII",
            "doubled",
        ] {
            refuses(A, &format!("Calls of [a1] changed by {word}."), "number of its own");
        }
        refuses(A, "Calls of [a1] fell by [f2] %.", "signs and units");
        refuses(A, "Calls of [a1] fell by about [f2].", "exact");
        refuses(A, "Many calls of [a1] changed by [f2].", "counts");
        refuses(A, "Calls of [a1] fell sharply by [f2].", "how much");
    }

    #[test]
    fn figures_stand_only_where_they_belong() {
        refuses(A, "Calls of [a1] fell by [f99].", "names nothing");
        refuses(A, "Calls of [a1] changed by [f5].", "is of [a2]");
        refuses(Some("a2"), "Calls of [a1] changed by [f2].", "`about` is a2");
        refuses(None, "Calls changed by [f2].", "is of [a1]");
        refuses(A, "Calls of [a1] changed by [f7].", "is of the portfolio");
        refuses(None, "[a1] and [a2] changed their calls by [f5].", "which account");
        refuses(A, "Tokens of [a1] fell by [f2].", "something else");
        refuses(A, "[a1] fell by [f2].", "does not say what");
        refuses(A, "Calls and cost of [a1] fell by [f4].", "without a figure");
        refuses(A, "Calls of [a1] fell by [f2] this month.", "not the time");
        refuses(A, "Calls of [a1] fell to [f2].", "write “by”");
        refuses(A, "Calls of [a1] fell by [f1] ([f2]).", "level");
        refuses(A, "Calls of [a1] are [f3].", "period before");
    }

    #[test]
    fn a_figure_of_all_is_not_told_as_that_of_the_account_before() {
        let sentence = |about: Option<&str>, text: &str| DraftSentence {
            about: about.map(str::to_owned),
            text: text.into(),
        };
        let draft = |total: &str| Draft {
            sections: vec![DraftSection {
                title: "This week".into(),
                sentences: vec![sentence(A, "[a1] is silent."), sentence(None, total)],
            }],
        };
        assert!(check(&brief(), &draft("Calls changed by [f7].")).is_err());
        assert!(check(&brief(), &draft("Across the portfolio, calls changed by [f7].")).is_ok());
    }

    #[test]
    fn directions_and_comparisons_need_their_figures() {
        refuses(A, "Calls of [a1] rose by [f2].", "not what [f2] says");
        refuses(A, "Calls of [a1] improved by [f2].", "not what [f2] says");
        refuses(A, "Calls of [a1] fell.", "without a figure");
        refuses(A, "Calls of [a1] did not fall by [f2].", "turns a statement round");
        refuses(A, "Calls of [a1] rose from [f3] to [f1].", "comparison");
        refuses(A, "Calls of [a1] fell from [f1] to [f3].", "comparison");
        refuses(A, "[a1] made the most calls, [f1].", "ranks");
        refuses(A, "Calls of [a1] evaporated by [f2].", "list of words");
        refuses(A, "Calls of [a1] fell by [f2] because of its plan.", "without a figure");
        refuses(A, "[a1] is healthy.", "not known");
        refuses(A, "[a1] moved from healthy to at risk.", "not known");
        refuses(Some("a2"), "[a2] is silent.", "not known");
    }

    #[test]
    fn markup_links_and_mentions_are_refused() {
        for text in [
            "See https://evil.example for [a1].",
            "Ask @everyone about [a1].",
            "**Calls** of [a1].",
            "Calls `of` [a1].",
            "See [this](x) of [a1].",
            "Call \u{202e}[a1].",
            "Call\n[a1].",
            "Ask <script> of [a1].",
            "Асk [a1].",
        ] {
            refuses(A, text, "");
        }
        refuses(A, "Ask [a1] whether this", "cut off");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn whatever_passes_has_no_digit_of_its_own_and_each_figure_in_its_place(
            pieces in prop::collection::vec(prop::sample::select(FRAGMENTS.to_vec()), 1..14),
            odd in any::<char>(),
            place in 0_usize..14,
            about in prop::sample::select(vec![None, Some("a1"), Some("a2")]),
        ) {
            let brief = brief();
            let mut text: String = pieces.concat();
            if place < pieces.len() {
                let at = pieces[..place].concat().len();
                text.insert(at, odd);
            }
            let sentences = vec![DraftSentence { about: about.map(str::to_owned), text: text + "." }];
            let section = DraftSection { title: "This week".into(), sentences };
            let Ok(sections) = check(&brief, &Draft { sections: vec![section] }) else { return Ok(()) };
            let checked = &sections[0].sentences[0];
            let mut falls = true;
            for span in &checked.prose.0 {
                match span {
                    Span::Plain(words) => {
                        prop_assert!(words.chars().all(|c| !c.is_numeric() && !c.is_control()), "{}", words);
                    }
                    Span::Fact(fact) => {
                        let owner = fact.key.filter.account.iter().cloned().collect::<BTreeSet<_>>();
                        prop_assert!(owner.is_subset(&checked.accounts));
                        prop_assert!(!owner.is_empty() || checked.accounts.is_empty());
                        falls &= !matches!(fact.value, Quantity::Change(Some(change)) if change > 0.0);
                    }
                    Span::Outside(_) | Span::Code(_) => {}
                }
            }
            let words: String = checked.prose.0.iter().map(|span| if let Span::Plain(words) = span { words } else { "" }).collect();
            prop_assert!(!words.contains("fell") || falls, "{}", words);
        }
    }

    const FRAGMENTS: [&str; 22] = [
        "Calls of ",
        "calls ",
        "the cost ",
        "tokens ",
        "[a1] ",
        "[a2] ",
        "Acme Corp ",
        "fell ",
        "rose ",
        "by ",
        "to ",
        "from ",
        "[f1] ",
        "[f2] ",
        "[f3] ",
        "[f4] ",
        "[f5] ",
        "[f7] ",
        ", ",
        "and ",
        "this week ",
        "changed ",
    ];
}
