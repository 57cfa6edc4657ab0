//! Digests on schedule: each slot comes once, whatever happens on the way.

use std::sync::Arc;
use std::time::Duration;

use etsm::config::DigestSettings;
use etsm::config::MemberRole;
use etsm::config::MemberRules;
use etsm::config::Settings;
use etsm::deliver::Outbox;
use etsm::domain::Claim;
use etsm::domain::Destination;
use etsm::domain::LatePolicy;
use etsm::domain::OccurrenceState;
use etsm::domain::Role;
use etsm::domain::Scope;
use etsm::domain::Stretch;
use etsm::domain::Timing;
use etsm::jobs::digests::Digests;
use etsm::store::Occurrence;
use etsm::store::Store;
use etsm::writer::Conversation;
use etsm::writer::People;
use etsm::writer::Said;
use etsm::writer::Unwritten;
use etsm::writer::Writer;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::harness::Harness;
use crate::harness::anthropic::FakeAnthropic;
use crate::harness::anthropic::Play;
use crate::harness::anthropic::Turn;
use crate::harness::discord::CHANNEL;
use crate::harness::discord::Door;
use crate::harness::discord::Fault;
use crate::harness::discord::Loss;
use crate::harness::discord::On;
use crate::harness::discord::Posted;

/// Looks at accounts with a tag.
const SOME: u64 = 1_100_000_000_000_000_010;

fn digest(cron: &str, zone: &str) -> DigestSettings {
    DigestSettings {
        name: "daily".parse().unwrap(),
        timing: Timing::new(cron, zone, Timestamp::UNIX_EPOCH).unwrap(),
        scope: "portfolio".into(),
        to: Destination::Discord(CHANNEL),
        catch_up: Stretch::hours(12),
        policy: LatePolicy::SendLate,
        place: "etsm.toml:1 digests".into(),
    }
}

/// At one in the afternoon, UTC: an hour after the tests begin.
fn daily() -> DigestSettings {
    digest("0 13 * * *", "UTC")
}

fn with(digest: DigestSettings) -> impl FnOnce(&mut Settings) {
    move |settings| {
        settings.chat.role = Role::Admin;
        settings.members.others = Some(Role::Admin);
        settings.digests = vec![digest];
    }
}

/// Runs with a digest, and has seen its schedule.
async fn started(digest: DigestSettings) -> Harness {
    let app = Harness::start_with(with(digest)).await;
    app.web().get("/digests").await;
    app
}

async fn store(app: &Harness) -> Store {
    app.beside().await.store().clone()
}

/// Waits until the newest digest of a slot is in a state.
async fn becomes(store: &Store, slot: &str, state: OccurrenceState) -> Occurrence {
    let (name, slot) = ("daily".parse().unwrap(), slot.parse::<Timestamp>().unwrap());
    for _ in 0..600 {
        let found = store.newest_digest(&name).await.unwrap();
        if let Some(one) = found.filter(|one| one.slot == slot && one.state == state) {
            return one;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the slot {slot} never became {state}: {:?}", store.newest_digest(&name).await);
}

/// Nothing more is posted, as far as the program has a look at what is due.
async fn stays_quiet(app: &Harness, posts: usize) {
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert_eq!(app.discord().stands_in(CHANNEL).len(), posts);
}

fn words(posted: &Posted) -> String {
    posted.body["embeds"].to_string()
}

#[tokio::test]
async fn each_slot_is_posted_once_and_shows_as_it_was_sent() {
    let app = started(daily()).await;
    let store = store(&app).await;
    app.clock().set("2026-03-31T12:59:59Z");
    stays_quiet(&app, 0).await;
    app.clock().set("2026-03-31T13:00:01Z");
    let one = becomes(&store, "2026-03-31T13:00:00Z", OccurrenceState::Sent).await;
    app.clock().set("2026-03-31T18:00:00Z");
    stays_quiet(&app, 1).await;
    app.clock().set("2026-04-01T13:01:00Z");
    becomes(&store, "2026-04-01T13:00:00Z", OccurrenceState::Sent).await;
    stays_quiet(&app, 2).await;

    let posted = app.discord().stands_in(CHANNEL);
    assert!(
        words(&posted[0]).contains(&format!("https://etsm.example.com/digests/{}", one.id)),
        "{posted:?}"
    );
    assert!(!words(&posted[0]).contains("late"), "{posted:?}");
    let page = app.web().get(&format!("/digests/{}", one.id)).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("sent plain"), "{}", page.body);
    let list = app.web().get("/digests").await.body;
    for told in ["every day at 13:00, UTC", "Thu 2 Apr 2026 13:00", "Mon 6 Apr 2026 13:00", "sent plain"] {
        assert!(list.contains(told), "{told} is not in {list}");
    }
    let metrics = app.web().get("/metrics").await.body;
    assert!(metrics.contains(r#"etsm_digests_total{outcome="sent",by="plain",late="no"}"#), "{metrics}");
    assert!(
        metrics.contains("etsm_digest_lateness_seconds") && metrics.contains("etsm_messages{"),
        "{metrics}"
    );
    app.finish().await;
}

/// Where the program is killed.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The slot comes while it is away.
    Away,
    /// It asks who reads the channel: the slot is taken, nothing is written.
    Taken,
    /// It posts, and Discord has not taken it.
    Posting,
    /// It posts, and Discord has taken it.
    Posted,
    /// It has read that Discord has taken it, and perhaps noted it.
    Noting,
}

#[tokio::test]
async fn killed_at_any_step_no_slot_is_missing_and_none_doubled() {
    for step in [Step::Away, Step::Taken, Step::Posting, Step::Posted, Step::Noting] {
        for away in [SignedDuration::from_secs(15), SignedDuration::from_mins(50)] {
            let mut app = started(daily()).await;
            let store = store(&app).await;
            app.discord().people_talk(3);
            match step {
                Step::Taken => app.discord().fails(On::Look, Fault::Silence),
                Step::Posting => app.discord().fails(On::Channel, Fault::Silence),
                Step::Posted => app.discord().loses_a_post(Loss::Silence),
                Step::Away | Step::Noting => {}
            }
            if !matches!(step, Step::Away) {
                app.clock().set("2026-03-31T13:00:02Z");
            }
            match step {
                Step::Away => {}
                Step::Taken => app.discord().meets_all_faults().await,
                Step::Posting | Step::Posted => app.discord().was_asked_to_post(1).await,
                Step::Noting => _ = app.discord().has_posted(CHANNEL, 1).await,
            }
            app.kill().await;
            app.clock().set("2026-03-31T13:00:05Z");
            app.clock().advance(away);
            if away > SignedDuration::from_mins(3) {
                app.discord().forgets_nonces();
            }
            app.run_again().await;
            let one = becomes(&store, "2026-03-31T13:00:00Z", OccurrenceState::Sent).await;
            app.clock().advance(SignedDuration::from_mins(10));
            stays_quiet(&app, 1).await;
            let posted = app.discord().stands_in(CHANNEL);
            let is_late = matches!(step, Step::Away) && away > SignedDuration::from_mins(2);
            assert_eq!(words(&posted[0]).contains("is late"), is_late, "{step:?} {away:?}");
            assert_eq!(one.late, is_late, "{step:?} {away:?}");
            app.finish().await;
        }
    }
}

#[tokio::test]
async fn after_ten_missed_slots_one_digest_comes_late() {
    let mut app = started(daily()).await;
    app.kill().await;
    app.clock().set("2026-04-09T15:00:00Z");
    app.run_again().await;
    let store = store(&app).await;
    let one = becomes(&store, "2026-04-09T13:00:00Z", OccurrenceState::Sent).await;
    assert!(one.late);
    stays_quiet(&app, 1).await;
    assert!(words(&app.discord().stands_in(CHANNEL)[0]).contains("it was due at 9 Apr 2026 13:00 UTC"));
    let all = store.newest_digests(50).await.unwrap();
    let skipped = all.iter().filter(|one| one.state == OccurrenceState::Skipped).count();
    assert_eq!((all.len(), skipped), (10, 9));
    app.finish().await;
}

#[tokio::test]
async fn a_late_digest_is_left_out_when_its_policy_or_its_window_says_so() {
    let skip = DigestSettings { policy: LatePolicy::Skip, ..daily() };
    let short = DigestSettings { catch_up: Stretch::hours(1), ..daily() };
    for (digest, why) in [(skip, "policy is to skip"), (short, "later than its catch-up window")] {
        let mut app = started(digest).await;
        app.kill().await;
        app.clock().set("2026-03-31T15:00:00Z");
        app.run_again().await;
        let store = store(&app).await;
        let one = becomes(&store, "2026-03-31T13:00:00Z", OccurrenceState::Skipped).await;
        assert!(one.why.as_ref().unwrap().contains(why), "{one:?}");
        stays_quiet(&app, 0).await;
        assert!(app.web().get("/digests").await.body.contains(why));
        app.finish().await;
    }
}

#[tokio::test]
async fn slots_keep_to_the_clocks_of_their_zone_when_those_change() {
    let mut app = Harness::prepare(with(digest("30 2 * * *", "Europe/Zurich"))).await;
    app.clock().set("2026-03-28T12:00:00Z");
    app.run().await;
    app.discord().ready().await;
    app.web().get("/digests").await;
    let store = store(&app).await;
    // Half past two is left out on the 29th: it comes an hour later, at half past three by the new clock.
    app.clock().set("2026-03-29T01:29:59Z");
    stays_quiet(&app, 0).await;
    app.clock().set("2026-03-29T01:30:00Z");
    becomes(&store, "2026-03-29T01:30:00Z", OccurrenceState::Sent).await;
    app.clock().set("2026-03-30T00:30:00Z");
    becomes(&store, "2026-03-30T00:30:00Z", OccurrenceState::Sent).await;
    // In the autumn it comes once, though there are two of it.
    app.clock().set("2026-10-24T12:00:00Z");
    stays_quiet(&app, 3).await;
    app.clock().set("2026-10-25T00:30:00Z");
    becomes(&store, "2026-10-25T00:30:00Z", OccurrenceState::Sent).await;
    app.clock().set("2026-10-25T01:30:00Z");
    stays_quiet(&app, 4).await;
    app.finish().await;
}

#[tokio::test]
async fn a_clock_that_jumps_takes_nothing_away() {
    let app = started(daily()).await;
    let store = store(&app).await;
    app.clock().set("2026-03-31T13:00:01Z");
    becomes(&store, "2026-03-31T13:00:00Z", OccurrenceState::Sent).await;
    app.clock().set("2027-03-31T13:00:01Z");
    becomes(&store, "2027-03-31T13:00:00Z", OccurrenceState::Sent).await;
    app.clock().set("2026-03-31T14:00:00Z");
    stays_quiet(&app, 2).await;
    app.clock().set("2026-04-01T13:00:01Z");
    app.discord().has_posted(CHANNEL, 3).await;
    stays_quiet(&app, 3).await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_subscribed_to_in_a_channel_comes_there() {
    let app = Harness::start_with(|settings| {
        settings.chat.role = Role::Admin;
        settings.members.others = Some(Role::Admin);
    })
    .await;
    let dana = app.discord().user("dana");
    let refused = dana.types("/digest subscribe name:daily cron:*/5 * * * *").await;
    assert!(refused.ephemeral && refused.text.contains("more often than every 15 minutes"), "{refused}");
    let refused = dana.types("/digest subscribe name:daily cron:0 13 * * * zone:Europe/Zuerich").await;
    assert!(refused.text.contains("is no time zone; write one as Europe/Zurich"), "{refused}");
    let shown = dana.types("/digest subscribe name:daily cron:0 15 * * * zone:Europe/Zurich").await;
    for told in [
        "every day at 15:00, Europe/Zurich",
        "Tue 31 Mar 2026 15:00",
        "Sat 4 Apr 2026 15:00",
        "up to 12 hours",
    ] {
        assert!(shown.text.contains(told), "{told} is not in {shown}");
    }
    assert!(shown.text.contains(&CHANNEL.to_string()), "{shown}");
    let previewed = dana.types("/digest preview name:daily").await;
    assert!(previewed.text.contains("nothing was posted"), "{previewed}");
    let offered = dana.completes("/digest pause name:da").await;
    assert_eq!(offered, [("daily".to_owned(), "daily".to_owned())]);
    stays_quiet(&app, 0).await;

    let store = store(&app).await;
    dana.types("/digest pause name:daily").await;
    app.clock().set("2026-03-31T13:00:01Z");
    stays_quiet(&app, 0).await;
    assert!(dana.types("/digest list").await.text.contains("Paused since"));
    let resumed = dana.types("/digest resume name:daily").await;
    assert!(resumed.text.contains("Wed 1 Apr 2026 15:00"), "{resumed}");
    stays_quiet(&app, 0).await;
    app.clock().set("2026-04-01T13:00:01Z");
    becomes(&store, "2026-04-01T13:00:00Z", OccurrenceState::Sent).await;

    let ran = dana.types("/digest run name:daily").await;
    assert!(ran.text.contains("within moments"), "{ran}");
    app.discord().has_posted(CHANNEL, 2).await;
    becomes(&store, "2026-04-01T13:00:01Z", OccurrenceState::Sent).await;
    app.finish().await;
}

#[tokio::test]
async fn only_an_admin_changes_schedules() {
    let app = Harness::start_with(|settings| settings.members.others = Some(Role::Manager)).await;
    let dana = app.discord().user("dana");
    let refused = dana.types("/digest subscribe name:daily cron:0 8 * * *").await;
    assert!(refused.ephemeral && refused.text.contains("needs the role admin"), "{refused}");
    assert!(dana.types("/digest list").await.text.contains("No digest is on schedule yet"));
    app.finish().await;
}

#[tokio::test]
async fn a_digest_is_posted_only_where_all_readers_may_see_what_it_is_about() {
    let restricted = |settings: &mut Settings| {
        let some: Scope = [Claim::tag("pilot")].into_iter().collect();
        settings.digests = vec![daily()];
        settings.members = MemberRules {
            roles: vec![MemberRole { id: SOME, role: Role::Viewer, accounts: some, own: false }],
            others: Some(Role::Admin),
            administrators: true,
            people: std::collections::BTreeMap::new(),
        };
    };
    let mut app = Harness::prepare(restricted).await;
    app.discord().adds_role(SOME, 0);
    app.run().await;
    app.discord().ready().await;
    app.web().get("/digests").await;
    app.expect_warning("not everyone who can read the channel may see portfolio");
    app.clock().set("2026-03-31T13:00:01Z");
    let one = becomes(&store(&app).await, "2026-03-31T13:00:00Z", OccurrenceState::Failed).await;
    assert!(one.why.as_ref().unwrap().contains("may see portfolio"), "{one:?}");
    let dana = app.discord().user("dana");
    let refused = dana.types("/digest subscribe name:other cron:0 8 * * *").await;
    assert!(refused.text.contains("It cannot be posted there: not everyone"), "{refused}");
    stays_quiet(&app, 0).await;
    app.finish().await;
}

#[tokio::test]
async fn a_channel_that_is_gone_or_shut_fails_the_digest_with_the_remedy() {
    for (door, told) in [(Door::Deleted, "the channel is gone"), (Door::ReadOnly, "give my role there")] {
        let mut app = started(daily()).await;
        app.discord().shuts(CHANNEL, door);
        app.expect_warning("could not be posted");
        app.expect_warning("The digest daily did not go out");
        app.clock().set("2026-03-31T13:00:01Z");
        let one = becomes(&store(&app).await, "2026-03-31T13:00:00Z", OccurrenceState::Failed).await;
        assert!(one.why.as_ref().unwrap().contains(told), "{one:?}");
        let page = app.web().get(&format!("/digests/{}", one.id)).await.body;
        assert!(page.contains("digest run daily"), "{page}");
        app.finish().await;
    }
}

#[tokio::test]
async fn what_cannot_be_known_is_told_with_what_to_do() {
    let mut app = started(daily()).await;
    app.discord().loses_a_post(Loss::Silence);
    app.clock().set("2026-03-31T13:00:01Z");
    app.discord().was_asked_to_post(1).await;
    app.kill().await;
    app.clock().set("2026-03-31T14:00:00Z");
    app.discord().forgets_nonces();
    app.discord().shuts(CHANNEL, Door::WithoutPast);
    app.expect_warning("Whether a message was posted is not known");
    app.expect_warning("Whether the digest daily was posted is not known");
    app.run_again().await;
    let one = becomes(&store(&app).await, "2026-03-31T13:00:00Z", OccurrenceState::Uncertain).await;
    let list = app.web().get("/digests").await.body;
    assert!(list.contains("may stand in its channel or not") && list.contains("digest run daily"), "{list}");
    assert!(list.contains(&format!("/digests/{}", one.id)), "{list}");
    stays_quiet(&app, 1).await;
    app.finish().await;
}

#[tokio::test]
async fn the_terminal_orders_a_slot_once_and_the_service_makes_it() {
    let page = DigestSettings { to: Destination::Page, ..daily() };
    let app = started(page).await;
    let terminal = app.terminal();
    let subscribed = terminal.ask("digest subscribe daily \"0 8 * * *\" scope:acme").await;
    assert!(subscribed.contains("about acme, to the page"), "{subscribed}");
    let previewed = terminal.run(&["digest", "preview", "daily"]).await;
    assert!(previewed.contains("nothing was posted"), "{previewed}");
    let ran = terminal.run(&["digest", "run", "daily", "--at", "2026-03-30T13:00:00Z"]).await;
    assert!(ran.contains("goes to the page"), "{ran}");
    let one = becomes(&store(&app).await, "2026-03-30T13:00:00Z", OccurrenceState::Sent).await;
    assert_eq!(one.scope, "acme");
    assert!(app.web().get(&format!("/digests/{}", one.id)).await.body.contains("Acme"));
    let json: serde_json::Value = serde_json::from_str(&app.web().get("/api/v1/digests").await.body).unwrap();
    assert_eq!(json["digests"][0]["state"], "sent");
    assert_eq!(json["digests"][0]["slot"], "2026-03-30T13:00:00Z");
    let id = json["digests"][0]["id"].as_u64().unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&app.web().get(&format!("/api/v1/digests/{id}")).await.body).unwrap();
    assert_eq!(json["written"], "plain", "{json}");
    assert!(json["answer"].is_object(), "{json}");
    assert_eq!(app.web().get("/api/v1/digests/9999").await.status, 404);
    app.finish().await;
}

/// A writer that is asked and never answers.
struct Hanging;

#[async_trait::async_trait]
impl Writer for Hanging {
    fn name(&self) -> &str {
        "hanging"
    }

    async fn say(&self, _conversation: &Conversation) -> Result<Said, Unwritten> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_digest_goes_out_in_time_though_its_writer_hangs() {
    let page = DigestSettings { to: Destination::Page, ..daily() };
    let mut app = Harness::prepare(|_settings| {}).await;
    app.expect_warning("The AI wrote no digest; sending the plain one");
    let desk = app.beside().await;
    desk.load().await.unwrap();
    let store = desk.store().clone();
    let outbox = Outbox::new(store.clone(), app.clock_of_all(), None);
    let digests = Digests::new(&[page], outbox, Some(Arc::new(Hanging)), People::Hidden).unwrap();
    let (digests, stop) = (Arc::new(digests), CancellationToken::new());
    let mut running = JoinSet::new();
    running.spawn(Arc::clone(&digests).run(desk, stop.clone()));
    tokio::time::sleep(Duration::from_millis(700)).await;
    // A minute and a half late, there is not much time left for a writer.
    app.clock().set("2026-03-31T13:01:30Z");
    let one = becomes(&store, "2026-03-31T13:00:00Z", OccurrenceState::Sent).await;
    assert!(!one.is_late(), "{one:?}");
    assert!(one.written.as_ref().unwrap().contains("the AI took too long"), "{one:?}");
    stop.cancel();
    running.join_next().await.unwrap().unwrap().unwrap();
    app.finish().await;
}

/// A draft of one sentence about an account whose calls changed, with `way` made of how they did.
fn changed(way: fn(&str) -> &'static str) -> Play {
    Play::by(move |body| {
        let data = body["messages"][0]["content"].to_string();
        let data = data.replace("\\\"", "\"").replace("\\n", "\n");
        let is_change =
            |fact: &Value| fact["what"].as_str().is_some_and(|what| what.starts_with("change of API calls"));
        let facts = data.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let fact = facts.into_iter().find(|fact| is_change(fact) && fact["account"].is_string());
        let fact = fact.unwrap_or_else(|| panic!("no change of an account in\n{data}"));
        let (id, account) = (fact["id"].as_str().unwrap(), fact["account"].as_str().unwrap());
        let text =
            format!("Calls of [{account}] {} by [{id}] this week.", way(fact["direction"].as_str().unwrap()));
        let draft =
            json!({"sections": [{"title": "Headline", "sentences": [{"about": account, "text": text}]}]});
        Play::Says(Turn::text(&draft.to_string()))
    })
}

fn true_way(direction: &str) -> &'static str {
    if direction == "up" { "rose" } else { "fell" }
}

fn false_way(direction: &str) -> &'static str {
    if direction == "up" { "fell" } else { "rose" }
}

/// The first digest of an app whose writer says this, and how often it was asked.
async fn first_written(plays: [Play; 2]) -> (String, Vec<Value>) {
    let far = FakeAnthropic::start().await;
    let set = |settings: &mut Settings| {
        with(daily())(settings);
        far.set_up(settings);
    };
    let app = Harness::start_with(set).await;
    app.web().get("/digests").await;
    let store = store(&app).await;
    far.plays(plays);
    app.clock().set("2026-03-31T13:00:01Z");
    becomes(&store, "2026-03-31T13:00:00Z", OccurrenceState::Sent).await;
    let posted = words(&app.discord().stands_in(CHANNEL)[0]);
    store.close().await;
    let calls = far.calls();
    far.finish();
    // Told to the operator when the plain one goes out in its place.
    app.forgives(&["The AI wrote no digest"]);
    app.finish().await;
    (posted, calls)
}

#[tokio::test]
async fn an_ai_that_lies_is_told_so_once_and_its_true_sentences_are_posted() {
    let (posted, calls) = first_written([changed(false_way), changed(true_way)]).await;
    assert!(posted.contains("Written by claude") && posted.contains("this week"), "{posted}");
    assert_eq!(calls[1]["messages"].as_array().unwrap().len(), 3, "the reasons go back: {}", calls[1]);
}

#[tokio::test]
async fn an_ai_that_lies_twice_is_not_posted() {
    let (posted, calls) = first_written([changed(false_way), changed(false_way)]).await;
    assert!(posted.contains("Plain digest, written by etsm itself:"), "{posted}");
    assert!(!posted.contains("this week") && calls.len() == 2, "{posted}");
}
