//! Numbers as people and programs write them: thousands separators, decimal comma, exponents.
//!
//! Invariant: a text that could mean two numbers is refused, never guessed.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::domain::Currency;
use crate::domain::Money;

use super::rejection::Flaw;
use super::rejection::Reason;
use super::rejection::shown;

/// Largest count in one row, and largest cost in micro-units (ten billion units): beyond any real bucket, and small
/// enough that hundreds of such rows still add up without overflow.
const FIGURE_MAX: u64 = 10_000_000_000_000_000;
/// Digits that a decimal holds for certain.
const DIGITS_MAX: usize = 28;

/// Which sign parts the whole from the fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DecimalSign {
    /// `1,234.50`
    Point,
    /// `1.234,50`
    Comma,
    /// Not known: only what can be read in one way is taken.
    Either,
}

/// A count: whole, not negative.
pub(super) fn count(text: &str, sign: DecimalSign) -> Result<u64, Flaw> {
    if let Some(plain) = plain_count(text) {
        return within(plain, text);
    }
    let value = not_negative(decimal(text, sign)?, text)?;
    if !value.fract().is_zero() {
        return Err(Flaw::new(
            Reason::BadNumber,
            format!("{} is not a whole number; write a count without a fraction", shown(text)),
        ));
    }
    within(value.abs().to_u64().unwrap_or(u64::MAX), text)
}

/// An amount in the portfolio's currency: not negative; its currency sign may stand before it.
pub(super) fn money(text: &str, sign: DecimalSign, currency: Currency) -> Result<Money, Flaw> {
    let bare = without_currency(text, currency)?;
    let value = not_negative(decimal(bare.as_deref().unwrap_or(text), sign)?, text)?;
    let money = Money::from_decimal(value).map_err(|_bad| too_large(text))?;
    within(money.micros.unsigned_abs(), text).map(|_fits| money)
}

/// Takes `$` off `$0.05` and `-$0.05` when it is the portfolio's; `None` when there was none.
fn without_currency(text: &str, currency: Currency) -> Result<Option<String>, Flaw> {
    let Some((at, symbol)) = text.char_indices().find(|(_, c)| "$€£¥".contains(*c)) else {
        return Ok(text.strip_suffix(currency.code()).map(|rest| rest.trim_end().to_owned()));
    };
    if currency.prefix() != symbol.to_string() {
        let message = format!("{} is not in {}; convert it first", shown(text), currency.code());
        return Err(Flaw::new(Reason::OtherCurrency, message));
    }
    let (before, after) = (&text[..at], &text[at + symbol.len_utf8()..]);
    Ok(Some(format!("{}{}", before.trim_end(), after.trim_start())))
}

fn plain_count(text: &str) -> Option<u64> {
    let digits = (1..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.bytes().fold(0, |sum, b| sum * 10 + u64::from(b - b'0')))
}

fn within(value: u64, text: &str) -> Result<u64, Flaw> {
    if value > FIGURE_MAX { Err(too_large(text)) } else { Ok(value) }
}

fn not_negative(value: Decimal, text: &str) -> Result<Decimal, Flaw> {
    if value.is_sign_negative() && !value.is_zero() {
        let message =
            format!("{} is negative; usage cannot be below zero, leave corrections out", shown(text));
        return Err(Flaw::new(Reason::NegativeValue, message));
    }
    Ok(value)
}

fn too_large(text: &str) -> Flaw {
    Flaw::new(Reason::BadNumber, format!("{} is too large to be right; check the figure", shown(text)))
}

fn bad(text: &str) -> Flaw {
    Flaw::new(Reason::BadNumber, format!("{} is not a number; write it like 1234.5", shown(text)))
}

/// Any finite number.
pub(super) fn decimal(text: &str, sign: DecimalSign) -> Result<Decimal, Flaw> {
    let (negative, body) = signed(text);
    if is_non_finite(body) {
        let message = format!("{} is not a finite number; leave the row out or write 0", shown(text));
        return Err(Flaw::new(Reason::NonFinite, message));
    }
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent).ok_or_else(|| bad(text))?),
        None => (body, 0),
    };
    let (whole, fraction) = split_whole(mantissa, sign, text)?;
    let value = assemble(&whole, fraction, exponent, text)?;
    Ok(if negative { -value } else { value })
}

/// `-5`, `+5`, `−5` and the book-keeper's `(5)`.
fn signed(text: &str) -> (bool, &str) {
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return (true, inner.trim());
    }
    if let Some(rest) = text.strip_prefix(['-', '\u{2212}']) {
        return (true, rest);
    }
    (false, text.strip_prefix('+').unwrap_or(text))
}

fn is_non_finite(body: &str) -> bool {
    let words = ["nan", "inf", "infinity", "∞", "1.#inf", "1.#ind", "1.#qnan"];
    words.iter().any(|word| body.eq_ignore_ascii_case(word))
}

fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(i64::from(i32::MAX)).min(i64::from(i32::MAX));
    Some(if text.starts_with('-') { -size } else { size })
}

/// Signs that part groups of thousands besides point and comma.
fn is_group_sign(c: char) -> bool {
    matches!(c, '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// The digits before and after the decimal sign, groups taken out.
fn split_whole<'a>(body: &'a str, sign: DecimalSign, text: &str) -> Result<(String, &'a str), Flaw> {
    let grouped = body.contains(|c: char| c == ',' || is_group_sign(c));
    if !grouped && (sign == DecimalSign::Point || !body.contains('.')) {
        let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
        return Ok((whole.to_owned(), fraction));
    }
    let decimal = match sign {
        DecimalSign::Point => '.',
        DecimalSign::Comma => ',',
        DecimalSign::Either => decimal_sign_of(body).ok_or_else(|| {
            let message = format!(
                "{} can be read in two ways; write it without thousands separators and with a decimal point",
                shown(text)
            );
            Flaw::new(Reason::BadNumber, message)
        })?,
    };
    let (grouped, fraction) = body.rsplit_once(decimal).unwrap_or((body, ""));
    let whole = ungrouped(grouped, decimal).ok_or_else(|| {
        let message = format!(
            "{} is not a number here: the decimal sign is “{decimal}” and thousands come in groups of three; \
             write it like 1234{decimal}5",
            shown(text)
        );
        Flaw::new(Reason::BadNumber, message)
    })?;
    Ok((whole, fraction))
}

/// The decimal sign that a number shows by itself; `None` when it may be either.
pub(super) fn decimal_sign_of(body: &str) -> Option<char> {
    let (point, comma) = (body.rfind('.'), body.rfind(','));
    let (at, own, other) = match (point, comma) {
        (Some(point), Some(comma)) => return Some(if point > comma { '.' } else { ',' }),
        (Some(at), None) => (at, '.', ','),
        (None, Some(at)) => (at, ',', '.'),
        (None, None) => return Some('.'),
    };
    if body.matches(own).count() > 1 {
        return Some(other); // 1.234.567 can only be groups
    }
    let before = &body[..at];
    let group_like = body.len() - at - 1 == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0');
    if group_like { None } else { Some(own) }
}

/// Digits of `1,234,567` or `1 234 567`; `None` when the groups are wrong or mixed.
fn ungrouped(text: &str, decimal: char) -> Option<String> {
    let is_sign = |c: char| c != decimal && (c == ',' || c == '.' || is_group_sign(c));
    let Some(sign) = text.chars().find(|c| is_sign(*c)) else { return Some(text.to_owned()) };
    let mut groups = text.split(sign);
    let first = groups.next()?;
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let good_first = (1..=3).contains(&first.len()) && digits(first) && !first.starts_with('0');
    let good = good_first && groups.all(|group| group.len() == 3 && digits(group));
    good.then(|| text.chars().filter(|c| *c != sign).collect())
}

/// Puts digits and exponent together.
fn assemble(whole: &str, fraction: &str, exponent: i64, text: &str) -> Result<Decimal, Flaw> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return Err(bad(text));
    }
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(Decimal::ZERO);
    }
    let length = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    // Where the decimal sign stands, counted from the first significant digit.
    let point = length(significant.len()) - length(fraction.len()) + exponent;
    // 10³⁰⁸ is where other programs' numbers become infinite.
    if point > 309 {
        let message = format!("{} is beyond all bounds; check the figure", shown(text));
        return Err(Flaw::new(Reason::NonFinite, message));
    }
    if point > length(DIGITS_MAX) {
        return Err(too_large(text));
    }
    // Digits beyond what a decimal holds are worth less than 10⁻¹⁰ of the last one that counts.
    let kept = &significant[..significant.len().min(DIGITS_MAX)];
    let mantissa: i128 = kept.parse().map_err(|_odd| bad(text))?;
    let scale = length(kept.len()) - point;
    let value = match u32::try_from(scale) {
        Ok(scale) if scale <= 28 => Decimal::try_from_i128_with_scale(mantissa, scale),
        Ok(_tiny) => Ok(Decimal::new(1, 28)), // smaller than anything we count, but not nothing
        Err(_negative) => {
            let power = u32::try_from(-scale).unwrap_or(u32::MAX);
            let scaled = 10_i128.checked_pow(power).and_then(|tens| mantissa.checked_mul(tens));
            Decimal::try_from_i128_with_scale(scaled.ok_or_else(|| too_large(text))?, 0)
        }
    };
    value.map_err(|_large| too_large(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, sign: DecimalSign, expected: &str) {
        let got = match decimal(text, sign) {
            Ok(value) => value.normalize().to_string(),
            Err(flaw) => flaw.reason.code().to_owned(),
        };
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn point_files() {
        for (text, expected) in [
            ("0", "0"),
            ("007", "7"),
            ("1234", "1234"),
            ("1234.50", "1234.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("+5", "5"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("−3", "-3"),
            ("(12.50)", "-12.5"),
            ("1,234", "1234"),
            ("1,234,567.8", "1234567.8"),
            ("1 234", "1234"),
            ("1'234.5", "1234.5"),
            ("1\u{202f}234", "1234"),
            ("1.2e3", "1200"),
            ("1E+3", "1000"),
            ("12e-1", "1.2"),
            ("1e-40", "0.0000000000000000000000000001"),
            ("0e999", "0"),
            ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231"),
            ("9007199254740993", "9007199254740993"),
            ("1e20", "100000000000000000000"),
        ] {
            check(text, DecimalSign::Point, expected);
        }
        for text in [
            "",
            "-",
            ".",
            ",",
            "e5",
            "1e",
            "1e1.5",
            "12O",
            "n/a",
            "0,90",
            "1,23",
            "12,34,567",
            "1,234,56",
            "1.234,50",
            "1.2.3",
            "0,123",
            "1_000",
            "0x10",
            "1,",
            ",5",
            "--5",
            "5-",
            "٣",
            "½",
            "true",
            "99999999999999999999999999999",
            "#N/A",
            "1,234 567",
        ] {
            check(text, DecimalSign::Point, "bad_number");
        }
        for text in ["NaN", "inf", "-inf", "+Infinity", "1e999", "1e99999999999999999999", "1.#INF", "∞"] {
            check(text, DecimalSign::Point, "non_finite");
        }
    }

    #[test]
    fn comma_files() {
        for (text, expected) in [
            ("0,90", "0.9"),
            ("1.234,50", "1234.5"),
            ("1.234", "1234"),
            ("1.234.567", "1234567"),
            ("12", "12"),
            ("1 234,5", "1234.5"),
        ] {
            check(text, DecimalSign::Comma, expected);
        }
        for text in ["0.90", "1,234.50", "1,2,3", "1.23"] {
            check(text, DecimalSign::Comma, "bad_number");
        }
    }

    #[test]
    fn undecided_files_take_only_what_is_plain() {
        for (text, expected) in [
            ("0,90", "0.9"),
            ("0.90", "0.9"),
            ("1.234,5", "1234.5"),
            ("1,234.5", "1234.5"),
            ("1.234.567", "1234567"),
            ("0.125", "0.125"),
            ("1234,567", "1234.567"),
            ("12", "12"),
        ] {
            check(text, DecimalSign::Either, expected);
        }
        for text in ["1.234", "1,234", "45.000"] {
            check(text, DecimalSign::Either, "bad_number");
        }
    }

    #[track_caller]
    fn check_count(text: &str, expected: Result<u64, &str>) {
        assert_eq!(count(text, DecimalSign::Point).map_err(|flaw| flaw.reason.code()), expected, "{text}");
    }

    #[test]
    fn counts_are_whole_and_bounded() {
        check_count("12.0", Ok(12));
        check_count("1.2e3", Ok(1200));
        check_count("-0", Ok(0));
        check_count("12.5", Err("bad_number"));
        check_count("1e-40", Err("bad_number"));
        check_count("-1", Err("negative_value"));
        check_count("-0.5", Err("negative_value"));
        check_count("10000000000000000", Ok(10_000_000_000_000_000));
        check_count("10000000000000001", Err("bad_number"));
        check_count("9223372036854775808", Err("bad_number"));
        check_count("99999999999999999999999999", Err("bad_number"));
    }

    #[track_caller]
    fn check_money(text: &str, expected: Result<i64, &str>) {
        let got = money(text, DecimalSign::Point, Currency::USD);
        assert_eq!(got.map(|m| m.micros).map_err(|flaw| flaw.reason.code()), expected, "{text}");
    }

    #[test]
    fn amounts_are_exact_and_in_one_currency() {
        check_money("0.90", Ok(900_000));
        check_money("1.0000005", Ok(1_000_000));
        check_money("$0.05", Ok(50_000));
        check_money("$ 1,234.50", Ok(1_234_500_000));
        check_money("0.05 USD", Ok(50_000));
        check_money("-$0.05", Err("negative_value"));
        check_money("€0.05", Err("other_currency"));
        check_money("0.05 EUR", Err("bad_number"));
        check_money("20000000000", Err("bad_number"));
        check_money("1e-9", Ok(0));
    }
}
