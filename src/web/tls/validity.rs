//! From when to when a certificate holds; read here because the TLS library tells it of other parties' certificates only.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// Tags of DER (X.690) as certificates use them.
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
/// Two digits of a year from here on are of the last century (RFC 5280 §4.1.2.5.1).
const CENTURY_TURNS: i16 = 50;

/// From when to when, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) begins: Timestamp,
    pub(super) ends: Timestamp,
}

impl Validity {
    /// What a certificate in DER says; `None` when it is none.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let (whole, _) = inside(certificate, SEQUENCE)?;
        let (told, _) = inside(whole, SEQUENCE)?;
        let rest = inside(told, VERSION).map_or(told, |(_, rest)| rest);
        let (_serial, rest) = inside(rest, INTEGER)?;
        let (_algorithm, rest) = inside(rest, SEQUENCE)?;
        let (_issuer, rest) = inside(rest, SEQUENCE)?;
        let (validity, _) = inside(rest, SEQUENCE)?;
        let (begins, rest) = time(validity)?;
        let (ends, _) = time(rest)?;
        Some(Self { begins, ends })
    }
}

/// The content of the element at the beginning, when it has this tag, and what follows it.
fn inside(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let fits = (1..=4).contains(&length.len());
        (fits.then(|| length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))?, rest)
    };
    let parts = rest.split_at_checked(length)?;
    (found == tag).then_some(parts)
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let ((text, rest), short) = match inside(bytes, UTC_TIME) {
        Some(found) => (found, true),
        None => (inside(bytes, GENERALIZED_TIME)?, false),
    };
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, day_and_time) = digits.split_at_checked(if short { 2 } else { 4 })?;
    let year: i16 = year.parse().ok()?;
    let year = match year {
        year if !short => year,
        CENTURY_TURNS.. => 1_900 + year,
        _ => 2_000 + year,
    };
    if day_and_time.len() != 10 {
        return None;
    }
    let pair = |at: usize| day_and_time.get(2 * at..2 * at + 2)?.parse::<i8>().ok();
    let date = Date::new(year, pair(0)?, pair(1)?).ok()?;
    let at = date.to_datetime(Time::new(pair(2)?, pair(3)?, pair(4)?, 0).ok()?);
    Some((at.to_zoned(TimeZone::UTC).ok()?.timestamp(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag, u8::try_from(content.len()).unwrap()];
        bytes.extend(content);
        bytes
    }

    fn certificate(version: &[u8], times: &[Vec<u8>]) -> Vec<u8> {
        let parts = [
            version.to_vec(),
            element(INTEGER, &[1]),
            element(SEQUENCE, b"algorithm"),
            element(SEQUENCE, b"issuer"),
            element(SEQUENCE, &times.concat()),
        ];
        element(SEQUENCE, &element(SEQUENCE, &parts.concat()))
    }

    #[track_caller]
    fn check(times: &[Vec<u8>], told: Option<(&str, &str)>) {
        let told = told
            .map(|(begins, ends)| Validity { begins: begins.parse().unwrap(), ends: ends.parse().unwrap() });
        assert_eq!(Validity::of(&certificate(&element(VERSION, &[2]), times)), told);
        assert_eq!(Validity::of(&certificate(&[], times)), told);
    }

    #[test]
    fn both_ways_to_write_a_time_are_read() {
        let times = [element(UTC_TIME, b"991231235959Z"), element(GENERALIZED_TIME, b"20990101000000Z")];
        check(&times, Some(("1999-12-31T23:59:59Z", "2099-01-01T00:00:00Z")));
        let times = [element(UTC_TIME, b"260101000000Z"), element(UTC_TIME, b"490101000000Z")];
        check(&times, Some(("2026-01-01T00:00:00Z", "2049-01-01T00:00:00Z")));
    }

    #[test]
    fn what_is_no_time_is_no_certificate() {
        let good = element(UTC_TIME, b"260101000000Z");
        for odd in [&b"261301000000Z"[..], b"2601010000Z", b"260101000000+0100", b"26010100000xZ", b"", b"Z"]
        {
            check(&[good.clone(), element(UTC_TIME, odd)], None);
        }
        check(&[good], None);
    }

    #[test]
    fn every_cut_and_every_byte_turned_is_survived() {
        let times = [element(UTC_TIME, b"260101000000Z"), element(GENERALIZED_TIME, b"20990101000000Z")];
        let whole = certificate(&element(VERSION, &[2]), &times);
        for at in 0..whole.len() {
            assert_eq!(Validity::of(&whole[..at]), None, "cut at {at}");
            for turned in [0x00, 0x7f, 0x80, 0x84, 0xff] {
                let mut odd = whole.clone();
                odd[at] = turned;
                let _any = Validity::of(&odd);
            }
        }
    }
}
