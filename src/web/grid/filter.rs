//! The filter that is typed into one field: `calls>1000 cost<=50 owner:me band:at_risk -tag:trial "acme"`.
//!
//! Terms stand beside each other and all of them hold. A term is words that the name, the id or a tag contain, or a
//! column with a comparison; a minus in front turns it round. What cannot be read is named with its place.

use crate::domain::AccountStatus;

use super::column::{Column, Held, Kind, fold};
use super::row::GridRow;

/// Closest words that are still offered for a wrong one.
const ALIKE_MIN: f64 = 0.72;

/// A filter that was understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::web) struct Filter(Vec<Term>);

#[derive(Debug, Clone, PartialEq)]
struct Term {
    holds: Holds,
    turned: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Holds {
    /// The name, the id or a tag has this in it.
    Has(String),
    /// Unlike words, a figure that is not known is neither more nor less than any number.
    Number(Column, Sign, f64),
    Day(Column, Sign, String),
    /// One of its words is this one.
    Is(Column, String),
    /// Its text has this in it.
    Contains(Column, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Equal,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Why a filter cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Misread {
    /// First character that is meant, counted from 0.
    pub(in crate::web) from: usize,
    /// The one after the last.
    pub(in crate::web) to: usize,
    /// What is wrong, and what would be right.
    pub(in crate::web) message: String,
}

/// A term as it was typed.
struct Typed {
    from: usize,
    to: usize,
    turned: bool,
    /// The text before the sign.
    column: Option<(String, Sign, bool)>,
    value: String,
    value_from: usize,
}

impl Filter {
    /// Reads a filter; `me` is who `owner:me` means.
    pub(in crate::web) fn parse(text: &str, me: &str) -> Result<Self, Misread> {
        let characters: Vec<char> = text.chars().collect();
        let mut terms = Vec::new();
        let mut at = 0;
        while at < characters.len() {
            if characters[at].is_whitespace() {
                at += 1;
                continue;
            }
            let typed = typed(&characters, at)?;
            at = typed.to;
            terms.push(term(&typed, me)?);
        }
        Ok(Self(terms))
    }

    /// Whether a row is let through.
    pub(in crate::web) fn holds(&self, row: &GridRow<'_>) -> bool {
        self.0.iter().all(|term| term.holds.hold(row) != term.turned)
    }
}

/// Cuts one term out of the text.
fn typed(all: &[char], from: usize) -> Result<Typed, Misread> {
    let turned = all[from] == '-' && all.get(from + 1).is_some_and(|next| !next.is_whitespace());
    let mut at = from + usize::from(turned);
    let word: String = all[at..].iter().take_while(|one| one.is_alphabetic() || **one == '_').collect();
    let after = at + word.chars().count();
    let column = (!word.is_empty()).then(|| sign(&all[after.min(all.len())..])).flatten();
    let column = column.map(|(sign, length, negated)| {
        at = after + length;
        (word, sign, negated)
    });
    let value_from = at;
    let mut value = String::new();
    if all.get(at) == Some(&'"') {
        let Some(length) = all[at + 1..].iter().position(|one| *one == '"') else {
            let message = "This quote is not closed. Add a \" after the words that belong together.".into();
            return Err(Misread { from: at, to: all.len(), message });
        };
        value.extend(&all[at + 1..at + 1 + length]);
        at += length + 2;
    } else {
        let rest = all[at..].iter().take_while(|one| !one.is_whitespace());
        value.extend(rest);
        at += value.chars().count();
    }
    Ok(Typed { from, to: at, turned, column, value, value_from })
}

/// The sign at the beginning of a text: what it is, how long, and whether it means the opposite.
fn sign(rest: &[char]) -> Option<(Sign, usize, bool)> {
    let two: String = rest.iter().take(2).collect();
    match two.as_str() {
        ">=" => return Some((Sign::AtLeast, 2, false)),
        "<=" => return Some((Sign::AtMost, 2, false)),
        "!=" => return Some((Sign::Equal, 2, true)),
        _ => {}
    }
    match rest.first()? {
        '>' => Some((Sign::More, 1, false)),
        '<' => Some((Sign::Less, 1, false)),
        ':' | '=' => Some((Sign::Equal, 1, false)),
        '≥' => Some((Sign::AtLeast, 1, false)),
        '≤' => Some((Sign::AtMost, 1, false)),
        _ => None,
    }
}

fn term(typed: &Typed, me: &str) -> Result<Term, Misread> {
    let Some((word, sign, negated)) = &typed.column else {
        return Ok(Term { holds: Holds::Has(fold(&typed.value)), turned: typed.turned });
    };
    let column = column(typed, word)?;
    let wrong = |message: String| Misread { from: typed.value_from, to: typed.to, message };
    if typed.value.is_empty() {
        return Err(Misread {
            from: typed.from, to: typed.to, message: format!("What should “{word}” be?")
        });
    }
    let holds = match column.kind() {
        Kind::Number | Kind::Percent => Holds::Number(
            column,
            *sign,
            number(&typed.value).ok_or_else(|| {
                wrong(format!(
                    "“{}” is not a number; write {word} as in {word}>1000, 1.5k or 2M.",
                    typed.value
                ))
            })?,
        ),
        Kind::Day => {
            let day: jiff::civil::Date = typed.value.parse().map_err(|_odd| {
                wrong(format!("“{}” is not a day; write it as 2026-01-31, the year first.", typed.value))
            })?;
            Holds::Day(column, *sign, day.to_string())
        }
        Kind::Picture => return Err(wrong(format!("“{word}” is a picture and cannot be compared."))),
        Kind::Text | Kind::Word | Kind::Words if *sign != Sign::Equal => {
            return Err(wrong(format!("“{word}” holds words, so it takes a colon: {word}:{}", typed.value)));
        }
        Kind::Text => Holds::Contains(column, fold(&typed.value)),
        Kind::Word | Kind::Words => Holds::Is(column, known_word(column, typed, me).map_err(wrong)?),
    };
    Ok(Term { holds, turned: typed.turned != *negated })
}

fn column(typed: &Typed, word: &str) -> Result<Column, Misread> {
    let given = word.to_lowercase();
    let comparable = || Column::ALL.into_iter().filter(|column| column.kind() != Kind::Picture);
    let alias = match given.as_str() {
        "account" => Some(Column::Name),
        "score" => Some(Column::Health),
        "tags" => Some(Column::Tag),
        _ => None,
    };
    if let Some(column) = alias.or_else(|| comparable().find(|column| column.word() == given)) {
        return Ok(column);
    }
    let near = comparable()
        .map(|column| (strsim::jaro_winkler(&given, column.word()), column.word()))
        .filter(|(alike, _)| *alike >= ALIKE_MIN)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let from = typed.from + usize::from(typed.turned);
    let advice = match near {
        Some((_, near)) => format!("The closest one is “{near}”; a name stands in quotes."),
        None => "A name stands in quotes.".to_owned(),
    };
    let message = format!("There is no column “{word}”. {advice}");
    Err(Misread { from, to: from + word.chars().count(), message })
}

/// A word that a column can hold.
fn known_word(column: Column, typed: &Typed, me: &str) -> Result<String, String> {
    let value = fold(&typed.value);
    let joined = value.replace([' ', '-'], "_");
    let among = |known: &[&str]| {
        let found = known.iter().find(|word| **word == joined).map(|word| (*word).to_owned());
        found.ok_or_else(|| {
            format!("“{}” is no {}; there are {}.", typed.value, column.word(), known.join(", "))
        })
    };
    match column {
        Column::Band => among(&["at_risk", "watch", "healthy", "unknown"]),
        Column::Status => among(&AccountStatus::ALL.iter().map(|status| status.word()).collect::<Vec<_>>()),
        Column::Owner if value == "me" => Ok(fold(me)),
        _ => Ok(value),
    }
}

/// A number as people write it: `1000`, `1.5k`, `$2M`, `-20%`.
fn number(text: &str) -> Option<f64> {
    let text = text.replace('−', "-");
    let text = text.trim_end_matches('%');
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let text = text.trim_start_matches(['$', '€', '£']);
    let factor = match text.chars().last()? {
        'k' | 'K' => 1e3,
        'm' | 'M' => 1e6,
        'g' | 'G' | 'b' | 'B' => 1e9,
        't' | 'T' => 1e12,
        _ => 1.0,
    };
    let digits = if factor > 1.0 { &text[..text.len() - 1] } else { text };
    if !digits.chars().all(|one| one.is_ascii_digit() || one == '.') {
        return None;
    }
    let value = digits.parse::<f64>().ok()? * factor;
    Some(if negative { -value } else { value })
}

impl Sign {
    fn fits<T: PartialOrd + ?Sized>(self, one: &T, other: &T) -> bool {
        match self {
            Self::Equal => one == other,
            Self::Less => one < other,
            Self::AtMost => one <= other,
            Self::More => one > other,
            Self::AtLeast => one >= other,
        }
    }
}

impl Holds {
    fn hold(&self, row: &GridRow<'_>) -> bool {
        let words = |column: Column, fits: &dyn Fn(&str) -> bool| match column.of(row) {
            Held::Words(words) => words.iter().any(|word| fits(word)),
            Held::Nothing | Held::Number(_) => false,
        };
        match self {
            Self::Has(part) => {
                let fits = |word: &str| word.contains(part.as_str());
                words(Column::Name, &fits) || words(Column::Tag, &fits)
            }
            Self::Number(column, sign, wanted) => match column.of(row) {
                Held::Number(value) => sign.fits(&value, wanted),
                Held::Nothing | Held::Words(_) => false,
            },
            Self::Day(column, sign, day) => words(*column, &|word| sign.fits(word, day.as_str())),
            Self::Is(column, wanted) => words(*column, &|word| word == wanted),
            Self::Contains(column, part) => words(*column, &|word| word.contains(part.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Account;
    use crate::domain::Band;
    use crate::domain::Money;
    use crate::domain::Used;
    use crate::engine::PortfolioAccount;

    /// Whether a filter lets through Acme: 1,500 calls after 2,000, cost 50, score 38.5, owner Dana, tags EMEA and Big Fish.
    #[track_caller]
    fn check(filter: &str, through: bool) {
        let mut account = Account::discovered("acme-1".parse().unwrap(), "Acme Corp");
        account.owner = Some("Dana".parse().unwrap());
        account.tags = vec!["EMEA".into(), "Big Fish".into()];
        let used =
            |api_calls| Used { api_calls, errors: None, tokens: 9, cost: Money::from_micros(50_000_000) };
        let sums = PortfolioAccount {
            account: account.id.clone(),
            score: Some(38.5),
            band: Some(Band::AtRisk),
            now: used(1_500),
            before: used(2_000),
            weeks: Vec::new(),
        };
        let row = GridRow { account: &account, sums, open: 2 };
        assert_eq!(Filter::parse(filter, "dana").unwrap().holds(&row), through, "{filter}");
    }

    #[test]
    fn all_terms_hold() {
        check("", true);
        check("calls>1000 cost<=50 owner:me band:at_risk tag:emea health<40 \"acme\"", true);
        check("calls>1000 cost<50", false);
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        check("calls>=1.5k", true);
        check("calls>1.5k", false);
        check("cost=$50", true);
        check("change<-20%", true);
        check("change<-25", false);
        check("initiatives:2", true);
        check("initiatives!=2", false);
        check("errors<5", false);
        check("-errors<5", true);
    }

    #[test]
    fn words_are_found_whatever_their_case() {
        check("ACME", true);
        check("acme-1", true);
        check("fish", true);
        check("tag:\"big fish\"", true);
        check("tag:big", false);
        check("name:corp", true);
        check("band:\"At Risk\"", true);
        check("-band:at_risk", false);
        check("-owner:mei", true);
        check("segment:enterprise", false);
        check("status:active", true);
        check("renewal<2030-01-01", false);
    }

    #[track_caller]
    fn check_misread(filter: &str, place: &str, message: &str) {
        let misread = Filter::parse(filter, "dana").unwrap_err();
        let meant: String = filter.chars().skip(misread.from).take(misread.to - misread.from).collect();
        assert_eq!((meant.as_str(), misread.message.as_str()), (place, message), "{filter}");
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        check_misread(
            "ä -cals>10",
            "cals",
            "There is no column “cals”. The closest one is “calls”; a name stands in quotes.",
        );
        check_misread(
            "acme:eu",
            "acme",
            "There is no column “acme”. The closest one is “name”; a name stands in quotes.",
        );
        check_misread(
            "calls>many cost<5",
            "many",
            "“many” is not a number; write calls as in calls>1000, 1.5k or 2M.",
        );
        check_misread(
            "tag:a band:bad",
            "bad",
            "“bad” is no band; there are at_risk, watch, healthy, unknown.",
        );
        check_misread("owner>me", "me", "“owner” holds words, so it takes a colon: owner:me");
        check_misread("cost<", "cost<", "What should “cost” be?");
        check_misread(
            "a \"b c",
            "\"b c",
            "This quote is not closed. Add a \" after the words that belong together.",
        );
        check_misread("renewal<soon", "soon", "“soon” is not a day; write it as 2026-01-31, the year first.");
        check_misread("weeks>1", "weeks", "There is no column “weeks”. A name stands in quotes.");
    }
}
