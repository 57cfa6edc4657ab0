//! What must hold of the ways around reading all rows: the cube, packed usage, and replaced ends.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_cube_answers_as_the_rows_do(
        rows in rows(),
        window in windows(),
        filter in filters(),
        metric in metrics(),
        steps in prop::collection::vec((0_u8..4, any::<prop::sample::Index>()), 0..6),
    ) {
        let filter = UsageFilter { account: None, ..filter };
        let groups = by_account(&rows);
        let mut snapshot = built(&rows);
        // Accounts lose and regain some of their rows, old and new ones, so that the cube is added to and taken from.
        for (n, cut) in steps {
            let Some(rows) = groups.get(&n) else { continue };
            let cut = cut.index(rows.len());
            let mut draft = snapshot.draft();
            draft.usage(&account(n), [&rows[cut..], &rows[..cut / 2]].concat());
            snapshot = draft.finish(8, instant(50 * 1_440));
        }
        let ask = |snapshot: &Snapshot| {
            let splits = [Dimension::Endpoint, Dimension::Model].map(|by| {
                let split = snapshot.split_series(&filter, metric, window, Grain::Hour, by);
                (snapshot.breakdown(&filter, metric, window, by), split)
            });
            let series = Grain::ALL.map(|grain| snapshot.series(&filter, metric, window, grain));
            format!("{:?} {series:?} {splits:?}", snapshot.totals(&filter, window))
        };
        prop_assert!(snapshot.cube.cube().is_some());
        let with_cube = ask(&snapshot);
        snapshot.cube = cube::Kept::TooLarge { rows: usize::MAX };
        prop_assert_eq!(with_cube, ask(&snapshot));
    }

    #[test]
    fn a_replaced_end_is_as_good_as_the_whole(
        before in rows(),
        after in rows(),
        since in 0_u32..45 * 1_440,
        window in windows(),
    ) {
        let is_head = |row: &&Row| Grain::Hour.floor(instant(row.minute)) < Grain::Hour.floor(instant(since));
        let tail: Vec<Row> = after.iter().filter(|row| !is_head(row)).cloned().collect();
        let whole: Vec<Row> = before.iter().filter(is_head).chain(&tail).cloned().collect();
        let mut draft = built(&before).draft();
        for n in by_account(&before).keys().chain(by_account(&tail).keys()) {
            draft.usage_since(&account(*n), instant(since), by_account(&tail).remove(n).unwrap_or_default());
        }
        let continued = draft.finish(7, instant(50 * 1_440));
        // Accounts that lost all their rows are known nevertheless.
        let mut draft = empty().draft();
        draft.accounts(continued.accounts().cloned());
        for (n, rows) in by_account(&whole) {
            draft.usage(&account(n), rows);
        }
        draft.watermarks(marks(AS_OF));
        let at_once = draft.finish(7, instant(50 * 1_440));
        prop_assert_eq!(read(&continued, window), read(&at_once, window));
        for one in at_once.accounts().filter(|one| at_once.rows_of(&one.id) > 0) {
            prop_assert_eq!(continued.packed_usage(&one.id), at_once.packed_usage(&one.id));
        }
    }

    #[test]
    fn usage_that_was_packed_is_the_same_usage(rows in rows(), window in windows()) {
        let first = built(&rows);
        let mut draft = empty().draft();
        for one in first.accounts() {
            draft.restore(&one.id, Unpacked::read(&first.packed_usage(&one.id)).unwrap());
        }
        draft.watermarks(marks(AS_OF));
        let second = draft.finish(7, instant(50 * 1_440));
        prop_assert_eq!(read(&second, window), read(&first, window));
        for one in first.accounts() {
            prop_assert_eq!(second.packed_usage(&one.id), first.packed_usage(&one.id));
            let key = first.fact(Measure::Sum(Metric::Errors), &UsageFilter::of(one.id.clone()), window);
            let receipt = |snapshot: &Snapshot| key.as_ref().map(|fact| snapshot.receipt(&fact.key, 500));
            prop_assert_eq!(receipt(&second), receipt(&first));
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_sound(
        rows in rows(),
        window in windows(),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let snapshot = built(&rows);
        for one in snapshot.accounts() {
            let mut bytes = snapshot.packed_usage(&one.id);
            for (at, byte) in &hits {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
            // A checksum keeps such bytes away; without one they may be wrong, but never break anything.
            let Ok(usage) = Unpacked::read(&bytes) else { continue };
            let mut draft = empty().draft();
            draft.restore(&one.id, usage);
            let odd = draft.finish(1, instant(50 * 1_440));
            read(&odd, window);
        }
    }
}
