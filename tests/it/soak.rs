//! Many interactions in a rough sea: each is answered or reported, and memory does not grow.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::harness::Harness;
use crate::harness::discord::Fault;
use crate::harness::discord::Limit;
use crate::harness::discord::On;

/// Interactions at once.
const WAVE: usize = 20;
/// Warnings that rough weather brings.
const WEATHER: [&str; 3] = [
    "A reply did not reach Discord",
    "it goes out in a plainer form",
    "Discord is out of reach; trying again",
];
/// How much more memory 10,000 interactions may hold than 2,000: some noise of the allocator.
const GROWTH_KB_MAX: u64 = 24 * 1_024;

/// Sends so many interactions through seeded faults; says how they ended. `tell` hears after each wave how many there
/// were.
async fn soak(interactions: usize, mut tell: impl FnMut(usize)) -> BTreeMap<String, usize> {
    let app = Harness::start().await;
    let mut dice = ChaCha8Rng::seed_from_u64(4);
    let mut ended: BTreeMap<String, usize> = BTreeMap::new();
    let mut sent = 0;
    while sent < interactions {
        app.discord().ready().await;
        weather(&app, &mut dice);
        let tokens: Vec<String> = (0..WAVE).map(|number| someone_asks(&app, &mut dice, number)).collect();
        sent += tokens.len();
        let outcomes = app.endings(tokens.len()).await;
        let reached = outcomes.iter().filter(|one| ["answered", "refused"].contains(&one.as_str())).count();
        // What is said to be answered was, and what was not is said.
        assert_eq!(app.discord().forgets(&tokens), reached, "{outcomes:?}");
        for outcome in outcomes {
            *ended.entry(outcome).or_default() += 1;
        }
        app.forgives(&WEATHER);
        tell(sent);
    }
    app.finish().await;
    ended
}

/// Something may happen to the connection, and some calls meet a fault.
fn weather(app: &Harness, dice: &mut ChaCha8Rng) {
    let discord = app.discord();
    match dice.random_range(0..12) {
        0 => discord.cuts_the_line(),
        1 => discord.asks_to_reconnect(),
        2 => discord.doubts_the_session(),
        3 => discord.closes(4_000),
        4 => discord.delivers_twice(),
        5 => discord.goes_silent(),
        6 => discord.loses_an_answer(),
        _ => {}
    }
    for _ in 0..dice.random_range(0..4) {
        let on = if dice.random_bool(0.5) { On::Acknowledge } else { On::Edit };
        let limit = if dice.random_bool(0.5) { Limit::User } else { Limit::Global };
        let fault = match dice.random_range(0..8) {
            0 => Fault::Code(500, 0),
            1 => Fault::Html(502),
            2 => Fault::Reset,
            3 => Fault::Limited(limit, Duration::from_millis(200)),
            4 => Fault::Code(404, 10_062),
            5 => Fault::Code(403, 50_001),
            6 => Fault::Code(400, 50_035),
            _ if dice.random_bool(0.1) => Fault::Silence,
            _ => Fault::Code(503, 0),
        };
        discord.fails(on, fault);
    }
}

fn someone_asks(app: &Harness, dice: &mut ChaCha8Rng, number: usize) -> String {
    let user = app.discord().user(&format!("user{number}"));
    match dice.random_range(0..20) {
        0 => user.sends("/usage account:acme range:30d"),
        1..4 => user.sends("/health account:nobody"),
        4..10 => user.begins("/health account:ac"),
        _ => user.sends("/status"),
    }
}

#[tokio::test]
async fn five_hundred_interactions_in_rough_weather_are_all_answered_or_reported() {
    let ended = soak(500, |_sent| {}).await;
    assert_eq!(ended.values().sum::<usize>(), 500, "{ended:?}");
    assert!(ended["answered"] > 400, "{ended:?}");
}

#[tokio::test]
#[ignore = "takes minutes; run it by its name as docs/discord.md says"]
#[expect(clippy::print_stderr, reason = "whoever runs it wants to see how it goes")]
async fn ten_thousand_interactions_leave_no_memory_behind() {
    let (mut early, mut last) = (0, 0);
    let begun = std::time::Instant::now();
    let ended = soak(10_000, |sent| {
        last = resident_kb();
        if sent == 2_000 {
            early = last;
        }
        if sent % 1_000 == 0 {
            eprintln!("{sent} interactions, {} MiB resident, {} s", last / 1_024, begun.elapsed().as_secs());
        }
    });
    let ended = ended.await;
    eprintln!("{ended:?}");
    assert_eq!(ended.values().sum::<usize>(), 10_000, "{ended:?}");
    assert!(last < early + GROWTH_KB_MAX, "{early} kB after 2,000, {last} kB after 10,000");
}

/// Resident memory of this process, as Linux tells it.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}
