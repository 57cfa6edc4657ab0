//! Messages are posted once, whatever happens on the way.

use std::time::Duration;

use etsm::deliver::Delivery;
use etsm::deliver::Destination;
use etsm::deliver::Outbox;
use etsm::domain::DeliveryState;
use etsm::reply::Answer;
use etsm::reply::AsOf;
use etsm::reply::Block;
use etsm::reply::Prose;
use jiff::SignedDuration;

use crate::harness::Harness;
use crate::harness::discord::CHANNEL;
use crate::harness::discord::Door;
use crate::harness::discord::Fault;
use crate::harness::discord::Loss;
use crate::harness::discord::On;
use crate::harness::discord::Posted;

const KEY: &str = "digest:1";
const HERE: Destination = Destination::Discord(CHANNEL);

fn saying(words: &str) -> Answer {
    Answer {
        title: "Monday".into(),
        blocks: vec![Block::Text(Prose::plain(words))],
        as_of: AsOf { data_until: None, version: 1 },
        path: Some("/digests".into()),
        actions: Vec::new(),
        picks: Vec::new(),
        private: false,
    }
}

/// Waits until a message is in a state.
async fn becomes(outbox: &Outbox, state: DeliveryState) -> Delivery {
    for _ in 0..400 {
        let delivery = outbox.delivery(KEY).await.unwrap().expect("it was sent");
        if delivery.state == state {
            return delivery;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it never became {state}: {:?}", outbox.delivery(KEY).await);
}

fn words(posted: &Posted) -> String {
    posted.body["embeds"][0]["description"].as_str().unwrap_or_default().to_owned()
}

/// Nothing more is posted or changed in the next seconds, as far as the program is concerned.
async fn stays_quiet(app: &Harness, posts: usize) {
    app.clock().advance(SignedDuration::from_secs(400));
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert_eq!(app.discord().stands_in(CHANNEL).len(), posts);
}

#[tokio::test]
async fn a_message_is_posted_once_however_often_it_is_sent() {
    let app = Harness::start().await;
    let outbox = app.outbox().await;
    outbox.send(KEY, &HERE, &saying("Good morning")).await.unwrap();
    outbox.send(KEY, &HERE, &saying("Good evening")).await.unwrap();
    let posted = app.discord().has_posted(CHANNEL, 1).await;
    becomes(&outbox, DeliveryState::Sent).await;
    assert_eq!(words(&posted[0]), "Good morning");
    assert_eq!(posted[0].body["enforce_nonce"], true);
    assert!(posted[0].body["allowed_mentions"]["parse"].as_array().unwrap().is_empty());
    stays_quiet(&app, 1).await;
    app.finish().await;
}

#[tokio::test]
async fn a_post_whose_answer_is_lost_is_tried_again_under_its_nonce() {
    for loss in [Loss::Silence, Loss::BadGateway] {
        let app = Harness::start().await;
        app.discord().loses_a_post(loss);
        let outbox = app.outbox().await;
        outbox.send(KEY, &HERE, &saying("Good morning")).await.unwrap();
        app.discord().was_asked_to_post(1).await;
        let waiting = becomes(&outbox, DeliveryState::Waiting).await;
        assert_eq!(waiting.posted, []);
        while app.discord().tries_to_post() < 2 {
            app.clock().advance(SignedDuration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        becomes(&outbox, DeliveryState::Sent).await;
        stays_quiet(&app, 1).await;
        app.finish().await;
    }
}

/// The program is killed while it waits for the answer to a post, and starts again after `away`.
async fn killed_while_posting(taken: bool, away: SignedDuration) -> (Harness, Outbox) {
    let mut app = Harness::start().await;
    if taken {
        app.discord().loses_a_post(Loss::Silence);
    } else {
        app.discord().fails(On::Channel, Fault::Silence);
    }
    let outbox = app.outbox().await;
    outbox.send(KEY, &HERE, &saying("Good morning")).await.unwrap();
    app.discord().was_asked_to_post(1).await;
    app.kill().await;
    assert_eq!(app.discord().stands_in(CHANNEL).len(), usize::from(taken));
    app.clock().advance(away);
    if away > SignedDuration::from_mins(3) {
        app.discord().forgets_nonces();
    }
    (app, outbox)
}

#[tokio::test]
async fn after_a_kill_the_nonce_or_the_mark_keeps_a_message_single() {
    for away in [SignedDuration::from_secs(20), SignedDuration::from_mins(40), SignedDuration::from_hours(30)]
    {
        for taken in [true, false] {
            let (mut app, outbox) = killed_while_posting(taken, away).await;
            app.discord().people_talk(120);
            app.run_again().await;
            let delivery = becomes(&outbox, DeliveryState::Sent).await;
            let posted = app.discord().stands_in(CHANNEL);
            assert_eq!(posted.len(), 1, "taken: {taken}, away: {away:?}");
            assert_eq!(delivery.posted[0].id, posted[0].id.to_string());
            stays_quiet(&app, 1).await;
            app.finish().await;
        }
    }
}

#[tokio::test]
async fn what_cannot_be_known_is_told_and_not_doubled() {
    for taken in [true, false] {
        let (mut app, outbox) = killed_while_posting(taken, SignedDuration::from_mins(40)).await;
        app.discord().shuts(CHANNEL, Door::WithoutPast);
        app.expect_warning("Whether a message was posted is not known");
        app.run_again().await;
        let delivery = becomes(&outbox, DeliveryState::Uncertain).await;
        assert!(delivery.why.as_ref().unwrap().contains("Read Message History"), "{delivery:?}");
        stays_quiet(&app, usize::from(taken)).await;
        app.finish().await;
    }
}

#[tokio::test]
async fn a_revision_is_made_in_place_and_the_newest_wins() {
    let mut app = Harness::start().await;
    let outbox = app.outbox().await;
    outbox.send(KEY, &HERE, &saying("Open")).await.unwrap();
    app.discord().has_posted(CHANNEL, 1).await;
    becomes(&outbox, DeliveryState::Sent).await;
    outbox.revise(KEY, &saying("Acknowledged")).await.unwrap();
    assert_eq!(words(&app.discord().has_edited(1).await), "Acknowledged");
    // What is ordered while the program is away is done when it is back.
    app.stop().await.unwrap();
    app.discord().hangs_up().await;
    outbox.revise(KEY, &saying("Snoozed")).await.unwrap();
    outbox.revise(KEY, &saying("Recovered")).await.unwrap();
    app.discord().fails(On::Change, 502);
    app.run_again().await;
    app.discord().meets_all_faults().await;
    while words(&app.discord().stands_in(CHANNEL)[0]) != "Recovered" {
        app.clock().advance(SignedDuration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(app.discord().stands_in(CHANNEL)[0].edits, 2);
    stays_quiet(&app, 1).await;
    app.finish().await;
}

#[tokio::test]
async fn a_message_that_someone_deleted_is_not_posted_anew() {
    let mut app = Harness::start().await;
    let outbox = app.outbox().await;
    outbox.send(KEY, &HERE, &saying("Open")).await.unwrap();
    app.discord().has_posted(CHANNEL, 1).await;
    becomes(&outbox, DeliveryState::Sent).await;
    app.discord().deletes_the_last_post();
    app.expect_warning("A message was deleted by someone");
    outbox.revise(KEY, &saying("Recovered")).await.unwrap();
    becomes(&outbox, DeliveryState::Deleted).await;
    outbox.revise(KEY, &saying("Opened again")).await.unwrap();
    stays_quiet(&app, 0).await;
    app.finish().await;
}

#[tokio::test]
async fn a_channel_that_is_gone_or_shut_is_told_with_the_remedy() {
    for (door, told) in [(Door::Deleted, "the channel is gone"), (Door::ReadOnly, "give my role there")] {
        let mut app = Harness::start().await;
        app.discord().shuts(CHANNEL, door);
        app.expect_warning("A message could not be posted");
        let outbox = app.outbox().await;
        outbox.send(KEY, &HERE, &saying("Good morning")).await.unwrap();
        let delivery = becomes(&outbox, DeliveryState::Failed).await;
        assert!(delivery.why.as_ref().unwrap().contains(told), "{delivery:?}");
        app.discord().opens(CHANNEL);
        stays_quiet(&app, 0).await;
        app.finish().await;
    }
}

#[tokio::test]
async fn a_pause_that_discord_asks_for_is_kept() {
    let app = Harness::start().await;
    app.discord().fails(On::Channel, 429);
    let outbox = app.outbox().await;
    outbox.send(KEY, &HERE, &saying("Good morning")).await.unwrap();
    app.discord().meets_all_faults().await;
    while app.discord().stands_in(CHANNEL).is_empty() {
        app.clock().advance(SignedDuration::from_millis(100));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    becomes(&outbox, DeliveryState::Sent).await;
    app.finish().await;
}

#[tokio::test]
async fn a_clock_that_jumps_holds_nothing_back() {
    let app = Harness::start().await;
    app.discord().people_talk(1);
    app.discord().fails(On::Channel, Fault::Html(503));
    let outbox = app.outbox().await;
    outbox.send(KEY, &HERE, &saying("Good morning")).await.unwrap();
    app.discord().meets_all_faults().await;
    app.clock().set("2020-01-01T00:00:00Z");
    becomes(&outbox, DeliveryState::Sent).await;
    assert_eq!(app.discord().stands_in(CHANNEL).len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_page_needs_no_messenger_and_other_places_say_what_is_missing() {
    let app = Harness::start().await;
    let store = app.beside().await.store().clone();
    let outbox = Outbox::new(store, app.clock_of_all(), None);
    outbox.send("page", &Destination::Page, &saying("Good morning")).await.unwrap();
    assert_eq!(outbox.delivery("page").await.unwrap().unwrap().state, DeliveryState::Sent);
    outbox.send(KEY, &HERE, &saying("Good morning")).await.unwrap();
    let delivery = outbox.delivery(KEY).await.unwrap().unwrap();
    assert_eq!(delivery.state, DeliveryState::Failed);
    assert!(delivery.why.unwrap().contains("ETSM_DISCORD_TOKEN"));
    app.finish().await;
}
