//! Times as files write them, turned into UTC.
//!
//! Invariant: a date that could be read in two ways, as 03/04/2025, is refused; a time without a zone is UTC.

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;
use jiff::tz::Offset;

use super::rejection::Flaw;
use super::rejection::Reason;
use super::rejection::shown;

/// No usage of an API is older; what is, comes from an empty or broken clock.
const EARLIEST: Timestamp = Timestamp::constant(946_684_800, 0);
/// How far ahead of our clock a source's clock may be.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Zones reach from −12:00 to +14:00.
const OFFSET_MINUTES_MAX: i32 = 14 * 60;

/// An instant, to the millisecond, between the year 2000 and a day from `now`.
pub(super) fn instant(text: &str, now: Timestamp) -> Result<Timestamp, Flaw> {
    if text.is_empty() {
        return Err(Flaw::new(
            Reason::BadTimestamp,
            "the time is missing; write it like 2025-03-03T10:00:00Z",
        ));
    }
    let Some(at) = parse(text) else { return Err(Flaw::new(Reason::BadTimestamp, why_not(text))) };
    within(at, now)
}

/// Checks the bounds of an instant that came as a number, and cuts it to the millisecond.
pub(super) fn within(at: Timestamp, now: Timestamp) -> Result<Timestamp, Flaw> {
    if at < EARLIEST {
        let message = format!("{at} is too early to be right; times begin with the year 2000");
        return Err(Flaw::new(Reason::BadTimestamp, message));
    }
    if now.checked_add(AHEAD_MAX).is_ok_and(|latest| at > latest) {
        let message = format!("{at} is more than a day ahead of the clock here; check the date");
        return Err(Flaw::new(Reason::FutureTimestampFar, message));
    }
    Timestamp::from_millisecond(at.as_millisecond())
        .map_err(|_far| Flaw::new(Reason::BadTimestamp, why_not("")))
}

/// A day, for renewals and due dates: any instant's form, without bounds.
pub(super) fn day(text: &str) -> Result<Date, Flaw> {
    parse(text).map(crate::domain::utc_date).ok_or_else(|| {
        Flaw::new(Reason::BadTimestamp, format!("{} is not a date; write it like 2026-01-31", shown(text)))
    })
}

/// Says what is wrong with a time that did not parse.
fn why_not(text: &str) -> String {
    let given = shown(text);
    if text.contains('/') {
        return format!("{given} can be read in two ways or is no date; write it like 2025-03-03T10:00:00Z");
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits == 5 || (text.contains('.') && text.find('.') == Some(5)) {
        return format!(
            "{given} looks like a spreadsheet's day number; format the column as 2025-03-03T10:00:00Z"
        );
    }
    format!("{given} is not a time; write it like 2025-03-03T10:00:00Z")
}

/// Reads any of the accepted forms.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if !bytes.first()?.is_ascii_digit() {
        return named_month(text);
    }
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits >= 8 {
        return compact(text, digits);
    }
    let (date, rest) = match (digits, *bytes.get(digits)?) {
        (4, separator @ (b'-' | b'/' | b'.')) => year_first(text, separator)?,
        (1 | 2, b'.') => day_first(text)?,
        _ => return named_month(text),
    };
    with_clock(date, rest)
}

/// `Mon, 03 Mar 2025 10:00:00 GMT`, as mail and HTTP write it.
fn named_month(text: &str) -> Option<Timestamp> {
    static PARSER: jiff::fmt::rfc2822::DateTimeParser = jiff::fmt::rfc2822::DateTimeParser::new();
    PARSER.parse_timestamp(text).ok()
}

/// `2025-03-03`, `2025/3/3`, `2025.03.03` and what follows.
fn year_first(text: &str, separator: u8) -> Option<(Date, &str)> {
    let (year, rest) = text.split_at(4);
    let (month, rest) = short_number(rest.strip_prefix(char::from(separator))?)?;
    let (day, rest) = short_number(rest.strip_prefix(char::from(separator))?)?;
    Some((Date::new(year.parse().ok()?, month, day).ok()?, rest))
}

/// `03.03.2025`: with points, the day stands first wherever it is written so.
fn day_first(text: &str) -> Option<(Date, &str)> {
    let (day, rest) = short_number(text)?;
    let (month, rest) = short_number(rest.strip_prefix('.')?)?;
    let rest = rest.strip_prefix('.')?;
    let (year, rest) = rest.split_at_checked(4)?;
    let year = year.bytes().all(|b| b.is_ascii_digit()).then(|| year.parse().ok())??;
    Some((Date::new(year, month, day).ok()?, rest))
}

/// One or two digits, and what follows.
fn short_number(text: &str) -> Option<(i8, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok()?, rest))
}

/// Seconds, milliseconds, micro- or nanoseconds since 1970, or `20250303`, `20250303T100000Z`, `20250303100000`.
fn compact(text: &str, digits: usize) -> Option<Timestamp> {
    let (number, rest) = text.split_at(digits);
    match digits {
        8 => with_clock(compact_date(number)?, rest),
        14 => with_clock(compact_date(&number[..8])?, &format!("T{}{rest}", &number[8..])),
        10 => {
            let seconds = Timestamp::from_second(number.parse().ok()?).ok()?;
            let millis =
                if rest.is_empty() { 0 } else { fraction_ms(rest).filter(|(_, rest)| rest.is_empty())?.0 };
            seconds.checked_add(SignedDuration::from_millis(millis)).ok()
        }
        13 if rest.is_empty() || fraction_ms(rest).is_some_and(|(_, rest)| rest.is_empty()) => {
            Timestamp::from_millisecond(number.parse().ok()?).ok()
        }
        16 if rest.is_empty() => Timestamp::from_microsecond(number.parse().ok()?).ok(),
        19 if rest.is_empty() => Timestamp::from_nanosecond(number.parse().ok()?).ok(),
        _ => None,
    }
}

fn compact_date(digits: &str) -> Option<Date> {
    Date::new(digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..8].parse().ok()?).ok()
}

/// Puts a clock time and a zone to a date; without a clock time it is midnight, without a zone UTC.
fn with_clock(date: Date, rest: &str) -> Option<Timestamp> {
    let (time, rest) = match rest.strip_prefix(['T', 't']) {
        Some(clock) => clock_time(clock)?,
        None => match rest.strip_prefix(' ').map(str::trim_start) {
            Some(clock) if clock.starts_with(|c: char| c.is_ascii_digit()) => clock_time(clock)?,
            _ => (Time::midnight(), rest),
        },
    };
    let minutes = offset_minutes(rest.trim_start())?;
    let offset = Offset::from_seconds(minutes * 60).ok()?;
    let at = offset.to_timestamp(date.to_datetime(time)).ok();
    // The last two days of the year 9999 have no instant here; they are far ahead all the same.
    at.or((date.year() == 9999).then_some(Timestamp::MAX))
}

/// `10`, `10:00`, `10:00:00`, `10:00:00.123`, `1000`, `100000`, and what follows.
fn clock_time(text: &str) -> Option<(Time, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let pair = |from: usize| text.get(from..from + 2)?.parse::<i8>().ok();
    let (hour, minute, second, mut rest) = match digits {
        1 | 2 => {
            let (hour, rest) = short_number(text)?;
            match rest.strip_prefix(':') {
                None => return Some((Time::new(hour, 0, 0, 0).ok()?, rest)),
                Some(rest) => {
                    let (minute, rest) = two_digits(rest)?;
                    match rest.strip_prefix(':') {
                        None => (hour, minute, 0, rest),
                        Some(rest) => two_digits(rest).map(|(second, rest)| (hour, minute, second, rest))?,
                    }
                }
            }
        }
        4 => (pair(0)?, pair(2)?, 0, &text[4..]),
        6 => (pair(0)?, pair(2)?, pair(4)?, &text[6..]),
        _ => return None,
    };
    let mut millis = 0;
    if rest.starts_with(['.', ',']) {
        (millis, rest) = fraction_ms(rest)?;
    }
    // A leap second has no instant of its own in UTC milliseconds: it counts to the second before it.
    let second = if second == 60 && minute == 59 { 59 } else { second };
    let time = Time::new(hour, minute, second, i32::try_from(millis).ok()? * 1_000_000).ok()?;
    Some((time, rest))
}

fn two_digits(text: &str) -> Option<(i8, &str)> {
    let (number, rest) = text.split_at_checked(2)?;
    number.bytes().all(|b| b.is_ascii_digit()).then(|| Some((number.parse().ok()?, rest)))?
}

/// Milliseconds of `.123456`, cut, and what follows.
fn fraction_ms(text: &str) -> Option<(i64, &str)> {
    let text = text.strip_prefix(['.', ','])?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, rest) = text.split_at(digits);
    if fraction.is_empty() {
        return None;
    }
    let millis = fraction.bytes().chain(*b"00").take(3).fold(0, |sum, b| sum * 10 + i64::from(b - b'0'));
    Some((millis, rest))
}

/// Minutes east of UTC: nothing, `Z`, `UTC`, `GMT`, `+01:00`, `+0100`, `+01`.
fn offset_minutes(text: &str) -> Option<i32> {
    if text.is_empty() || ["z", "utc", "gmt"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(0);
    }
    let (east, digits) = match text.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, text.strip_prefix(['-', '\u{2212}'])?),
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':').filter(|(hours, _)| hours.len() == 2)?,
        _ => return None,
    };
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i32>().ok())?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= OFFSET_MINUTES_MAX).then_some(east * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let got = match instant(text, now) {
            Ok(at) => at.to_string(),
            Err(flaw) => flaw.reason.code().to_owned(),
        };
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn instants_are_turned_into_utc() {
        for (text, expected) in [
            ("2025-03-03T10:00:00Z", "2025-03-03T10:00:00Z"),
            ("2025-03-03t10:00:00z", "2025-03-03T10:00:00Z"),
            ("2025-03-03 10:00:00Z", "2025-03-03T10:00:00Z"),
            ("2025-03-03 10:00:00 UTC", "2025-03-03T10:00:00Z"),
            ("2025-03-03 10:00:00+00:00", "2025-03-03T10:00:00Z"),
            ("2025-03-03T11:00:00+01:00", "2025-03-03T10:00:00Z"),
            ("2025-03-03T11:00:00 +0100", "2025-03-03T10:00:00Z"),
            ("2025-03-03T11:00+01", "2025-03-03T10:00:00Z"),
            ("2025-03-04T14:30:00+05:30", "2025-03-04T09:00:00Z"),
            ("2025-03-03T23:30:00-01:00", "2025-03-04T00:30:00Z"),
            ("2025-03-03T10:00:00-00:00", "2025-03-03T10:00:00Z"),
            ("2025-03-03 10:00", "2025-03-03T10:00:00Z"),
            ("2025-03-03 9:05", "2025-03-03T09:05:00Z"),
            ("2025-03-03T10Z", "2025-03-03T10:00:00Z"),
            ("2025-03-03T10", "2025-03-03T10:00:00Z"),
            ("2025-03-03", "2025-03-03T00:00:00Z"),
            ("2025-03-03Z", "2025-03-03T00:00:00Z"),
            ("2025/03/03 10:00", "2025-03-03T10:00:00Z"),
            ("2025.3.3", "2025-03-03T00:00:00Z"),
            ("03.04.2025 10:00", "2025-04-03T10:00:00Z"),
            ("20250303", "2025-03-03T00:00:00Z"),
            ("20250303T100000Z", "2025-03-03T10:00:00Z"),
            ("20250303T1000Z", "2025-03-03T10:00:00Z"),
            ("20250303100000", "2025-03-03T10:00:00Z"),
            ("2025-03-03T10:00:00.5Z", "2025-03-03T10:00:00.5Z"),
            ("2025-03-03T10:00:00,123456789Z", "2025-03-03T10:00:00.123Z"),
            ("2025-03-03T10:00:00.999999", "2025-03-03T10:00:00.999Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("1740996000", "2025-03-03T10:00:00Z"),
            ("1740996000.25", "2025-03-03T10:00:00.25Z"),
            ("1740996000000", "2025-03-03T10:00:00Z"),
            ("1740996000000000", "2025-03-03T10:00:00Z"),
            ("1740996000000000000", "2025-03-03T10:00:00Z"),
            ("Mon, 03 Mar 2025 10:00:00 GMT", "2025-03-03T10:00:00Z"),
            ("2026-01-01T23:59:00Z", "2026-01-01T23:59:00Z"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "yesterday",
            "2025-02-30T10:00:00Z",
            "2025-02-29",
            "2025-03-03T25:00:00Z",
            "2025-03-03T24:00:00Z",
            "2025-03-03T10:60:00Z",
            "2025-03-03T10:00:61Z",
            "2025-03-03T10:00:60Z",
            "2025-13-01",
            "2025-00-10",
            "2025-3",
            "2025",
            "03/04/2025",
            "03/04/2025 10:00",
            "13/03/2025",
            "3/13/25",
            "45719",
            "45719.41667",
            "0",
            "-1",
            "1e9",
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "1999-12-31T23:59:59Z",
            "2025-03-03T",
            "2025-03-03T10:",
            "2025-03-03T10:0:00Z",
            "2025-03-03T10:00:00X",
            "2025-03-03T10:00:00+25:00",
            "2025-03-03T10:00:00+01:99",
            "2025-03-03T10:00:00 CET",
            "2025-03-03T10:00:00.",
            "2025-03-03 10:00 AM",
            "2025-W10-1",
            "10:00:00",
            "174099600",
            "17409960000",
            "Zé",
            "２０２５-03-03",
            "2025-03-03T10:00:00ZZ",
            "03.13.2025",
            "2025-03/03",
        ] {
            check(text, "bad_timestamp");
        }
        check("2026-01-02T00:00:01Z", "future_timestamp_far");
        check("2099-01-01", "future_timestamp_far");
        check("9999-12-31T23:59:59Z", "future_timestamp_far");
        check("4070908800", "future_timestamp_far");
    }
}
