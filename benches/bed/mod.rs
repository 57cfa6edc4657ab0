//! The rows that all benches of the engine are about.
//!
//! 2,000 accounts over 420 days, six endpoints and three models; the data end at 16:00, so that no window begins at
//! midnight.

use etsm::domain::{AccountId, Endpoint, Model, Money, Range, SourceId, TokenSplit, UsageRow, Used, Window};
use jiff::Timestamp;

pub(crate) const ACCOUNTS: usize = 2_000;
const DAYS: usize = 420;
const ENDPOINTS: u32 = 6;
/// 2025-01-01, in hours since 1970.
const FIRST_HOUR: u32 = 482_136;
/// The last day ends at 16:00.
const HOURS: usize = DAYS * 24 - 8;

/// A small, well-mixed sequence (SplitMix64), so that the rows are the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// One row of an account.
#[derive(Clone, Copy)]
pub(crate) struct Made {
    pub(crate) hour: u32,
    pub(crate) endpoint: u32,
    pub(crate) calls: u32,
    pub(crate) tokens: u32,
    pub(crate) cost: u32,
}

impl Made {
    pub(crate) fn model(self) -> u32 {
        self.endpoint / 2
    }
}

/// The rows of the `n`th of `accounts`, rising in time.
pub(crate) fn made(n: usize, rows: usize, accounts: usize) -> impl Iterator<Item = Made> {
    let mut dice = Dice(n as u64);
    let own = rows / accounts;
    (0..own).map(move |row| {
        let hour = FIRST_HOUR + (row * HOURS / own) as u32;
        let calls = 1 + dice.roll(2_000) as u32;
        let endpoint = dice.roll(u64::from(ENDPOINTS)) as u32;
        Made { hour, endpoint, calls, tokens: calls * 900, cost: calls * 1_300 }
    })
}

pub(crate) fn account(n: usize) -> AccountId {
    format!("account-{n:05}").parse().unwrap()
}

pub(crate) fn endpoint(n: u32) -> Endpoint {
    format!("/v1/endpoint-{n}").parse().unwrap()
}

pub(crate) fn model(n: u32) -> Model {
    format!("model-{n}").parse().unwrap()
}

pub(crate) fn source() -> SourceId {
    "import".parse().unwrap()
}

fn hour_start(hour: u32) -> Timestamp {
    Timestamp::from_second(i64::from(hour) * 3_600).unwrap()
}

/// The end of the data.
pub(crate) fn as_of() -> Timestamp {
    hour_start(FIRST_HOUR + HOURS as u32)
}

pub(crate) fn window(days: u16) -> Window {
    Range::Days(days).window(as_of())
}

/// The same rows as a source delivers them.
pub(crate) fn usage(n: usize, rows: usize, accounts: usize) -> impl Iterator<Item = UsageRow> {
    let endpoints: Vec<Endpoint> = (0..ENDPOINTS).map(endpoint).collect();
    let models: Vec<Model> = (0..ENDPOINTS / 2).map(model).collect();
    let (source, account) = (source(), account(n));
    made(n, rows, accounts).map(move |row| UsageRow {
        source: source.clone(),
        at: hour_start(row.hour),
        account: account.clone(),
        endpoint: endpoints[row.endpoint as usize].clone(),
        model: Some(models[row.model() as usize].clone()),
        event: None,
        used: Used {
            api_calls: u64::from(row.calls),
            errors: None,
            tokens: u64::from(row.tokens),
            cost: Money::from_micros(i64::from(row.cost)),
        },
        tokens: TokenSplit::default(),
    })
}
