//! No slot is missed and none doubled, in any zone and year: compared with all minutes of the civil calendar.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::Timing;

/// Zones that change their clocks in odd ways: by half an hour, at midnight, in both hemispheres, with Ramadan, not at
/// all, and by a whole day.
const ZONES: &[&str] = &[
    "UTC",
    "Europe/Zurich",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Tehran",
    "Pacific/Apia",
    "Pacific/Chatham",
    "America/Scoresbysund",
    "Antarctica/Troll",
];

/// The instants of a civil calendar between two days, each minute mapped by itself.
fn expected(minute: i8, hours: &[i8], zone: &TimeZone, from: Date, days: i64) -> Vec<Timestamp> {
    let day = |at: i64| from.checked_add(at.days()).unwrap();
    let slots = (0..days).map(day).flat_map(|day| {
        hours
            .iter()
            .map(move |hour| zone.to_ambiguous_timestamp(day.at(*hour, minute, 0, 0)).compatible().unwrap())
    });
    slots.collect::<BTreeSet<_>>().into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn slots_are_those_of_the_civil_calendar(
        zone in proptest::sample::select(ZONES),
        minute in 0_i8..60,
        hours in proptest::collection::btree_set(0_i8..24, 1..6),
        year in 1_985_i16..2_060,
        day_of_year in 1_i16..365,
    ) {
        let hours: Vec<i8> = hours.into_iter().collect();
        let list: Vec<String> = hours.iter().map(i8::to_string).collect();
        let cron = format!("{minute} {} * * *", list.join(","));
        let from = Date::new(year, 1, 1).unwrap().checked_add(i64::from(day_of_year).days()).unwrap();
        let tz = TimeZone::get(zone).unwrap();
        let (days, begin) = (40, from.checked_sub(3.days()).unwrap().to_zoned(tz.clone()).unwrap().timestamp());
        let timing = Timing::new(&cron, zone, begin).unwrap();
        // The days around the window are walked as well, since a gap may move a slot out of its day.
        let all = expected(minute, &hours, &tz, from.checked_sub(6.days()).unwrap(), days + 12);
        let end = from.checked_add(days.days()).unwrap().to_zoned(tz).unwrap().timestamp();
        let wanted: Vec<Timestamp> = all.into_iter().filter(|at| *at > begin && *at <= end).collect();
        let slots: Vec<Timestamp> = timing.slots(begin).take_while(|at| *at <= end).collect();
        prop_assert_eq!(&slots, &wanted);
        prop_assert!(slots.windows(2).all(|pair| pair[0] < pair[1]));
        // Backwards, the same slots are found.
        let last = timing.last(begin, end);
        prop_assert_eq!(last, slots.last().copied());
    }
}
