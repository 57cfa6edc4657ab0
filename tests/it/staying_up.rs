//! Nothing that Discord does keeps a question from being answered, or from being reported.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use etsm::domain::AccountId;

use crate::harness::Harness;
use crate::harness::discord::Fault;
use crate::harness::discord::Limit;
use crate::harness::discord::On;
use crate::harness::seed;

/// What the readiness board says of Discord, as soon as it says these words.
async fn board(app: &Harness, words: &str) -> String {
    let look = async {
        loop {
            let parts = app.web().get("/readyz").await.body;
            if parts.contains(words) {
                return parts;
            }
            tokio::task::yield_now().await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(10), look).await {
        Ok(parts) => parts,
        Err(_late) => panic!("the board never says “{words}”: {}", app.web().get("/readyz").await.body),
    }
}

#[tokio::test]
async fn a_session_that_is_doubted_is_resumed() {
    let app = Harness::start().await;
    app.discord().doubts_the_session();
    app.discord().resumed(1).await;
    app.discord().user("dana").types("/status").await;
    assert_eq!(app.discord().identified(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_line_without_heartbeats_is_left_and_resumed_with_what_was_missed() {
    let app = Harness::start().await;
    app.discord().goes_silent();
    app.discord().resumed(1).await;
    app.discord().user("dana").types("/status").await;
    assert_eq!(app.discord().identified(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_resume_address_where_nobody_listens_is_replaced_by_the_general_one() {
    let mut app = Harness::prepare(|_settings| {}).await;
    app.discord().moves_away();
    app.run().await;
    app.discord().ready().await;
    app.discord().cuts_the_line();
    let shown = app.discord().user("dana").types("/status").await;
    assert!(!shown.text.is_empty());
    assert_eq!((app.discord().identified(), app.discord().has_resumed()), (1, 1));
    app.finish().await;
}

#[tokio::test]
async fn a_session_that_timed_out_is_begun_again_after_the_pause_between_sessions() {
    let app = Harness::start().await;
    app.discord().closes(4_009);
    app.discord().identified_again(2).await;
    app.discord().closes(4_007);
    app.discord().identified_again(3).await;
    app.discord().ready().await;
    app.discord().user("dana").types("/status").await;
    app.finish().await;
}

#[tokio::test]
async fn other_close_codes_are_resumed() {
    let app = Harness::start().await;
    for (times, code) in [4_000, 4_001, 4_002, 4_008, 1_001].into_iter().enumerate() {
        app.discord().closes(code);
        app.discord().resumed(times + 1).await;
    }
    app.discord().user("dana").types("/status").await;
    assert_eq!(app.discord().identified(), 1);
    app.finish().await;
}

#[tokio::test]
async fn no_session_is_begun_when_none_is_left_and_the_board_says_so() {
    let mut app = Harness::prepare(|_settings| {}).await;
    app.discord().lets_begin(0, Duration::from_secs(4));
    app.run().await;
    board(&app, "begin no more sessions").await;
    assert_eq!(app.discord().identified(), 0);
    app.discord().ready().await;
    app.discord().user("dana").types("/status").await;
    app.expect_warning("begin no more sessions");
    app.finish().await;
}

#[tokio::test]
async fn an_outage_of_the_server_is_shown_until_it_is_over() {
    let mut app = Harness::start().await;
    app.discord().loses_the_server();
    board(&app, "has an outage of the server").await;
    app.discord().finds_the_server();
    board(&app, r#""discord":{"state":"up""#).await;
    app.discord().throws_the_bot_out();
    board(&app, "removed from the server; invite it again").await;
    app.expect_warning("Discord has an outage");
    app.expect_warning("The bot was removed");
    app.finish().await;
}

#[tokio::test]
async fn a_close_code_that_only_a_setting_can_mend_ends_discord_and_nothing_else() {
    for (code, remedy) in [
        (4_004, "ETSM_DISCORD_TOKEN"),
        (4_010, "Remove it from those"),
        (4_011, "Remove it from those"),
        (4_012, "Install a newer etsm"),
        (4_013, "intent GUILDS"),
        (4_014, "intent GUILDS"),
    ] {
        let mut app = Harness::start().await;
        app.discord().closes(code);
        board(&app, remedy).await;
        assert_eq!(app.web().get("/accounts/acme").await.status, 200);
        app.expect_warning(remedy);
        app.finish().await;
    }
}

#[tokio::test]
async fn a_token_that_discord_refuses_ends_discord_and_nothing_else() {
    let mut app =
        Harness::prepare(|settings| settings.discord.as_mut().unwrap().token = "wrong".into()).await;
    app.run().await;
    let parts = board(&app, "does not accept the bot token").await;
    assert!(parts.contains("ETSM_DISCORD_TOKEN") && !parts.contains("wrong"), "{parts}");
    assert_eq!(app.web().get("/readyz").await.status, 200);
    app.expect_warning("does not accept the bot token");
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_frame_is_passed_over() {
    let mut app = Harness::start().await;
    app.discord().babbles();
    app.discord().user("dana").types("/status").await;
    app.expect_warning("is no frame");
    app.finish().await;
}

#[tokio::test]
async fn stopping_while_discord_is_out_of_reach_is_quick() {
    let mut app = Harness::prepare(|_settings| {}).await;
    app.discord().fails(On::Gateway, Fault::Silence);
    app.run().await;
    app.discord().meets_all_faults().await;
    tokio::time::timeout(Duration::from_secs(4), app.stop()).await.unwrap().unwrap();
    app.finish().await;
}

/// The fake notes a mistake when a call comes before its limit is over.
#[tokio::test]
async fn limits_of_every_reach_are_kept_to_the_moment() {
    let mut app = Harness::prepare(|_settings| {}).await;
    let time = Duration::from_millis(400);
    app.discord().fails(On::Commands, Fault::Limited(Limit::User, time));
    app.discord().fails(On::Commands, Fault::Limited(Limit::Global, time));
    app.run().await;
    app.discord().ready().await;
    let dana = app.discord().user("dana");
    for limit in [Limit::User, Limit::Shared, Limit::Global] {
        app.discord().fails(On::Acknowledge, Fault::Limited(limit, time));
        app.discord().fails(On::Edit, Fault::Limited(limit, time));
        let shown = dana.types("/health account:acme").await;
        assert!(shown.text.contains("Acme") && shown.pictures.len() == 1, "{shown}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_broken_call_is_made_again() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    for fault in [Fault::Code(500, 0), Fault::Html(502), Fault::Code(503, 0), Fault::Reset, Fault::Silence] {
        app.discord().fails(On::Edit, fault);
        let shown = dana.types("/health account:acme").await;
        assert!(shown.text.contains("Acme"), "{fault:?}: {shown}");
    }
    for fault in [Fault::Code(500, 0), Fault::Html(502), Fault::Reset, Fault::Silence] {
        app.discord().fails(On::Acknowledge, fault);
        let shown = dana.types("/health account:acme").await;
        assert!(shown.text.contains("Acme"), "{fault:?}: {shown}");
    }
    assert!(app.discord().has_failed_enough());
    app.finish().await;
}

#[tokio::test]
async fn a_gateway_address_that_makes_no_sense_is_asked_for_again() {
    let mut app = Harness::prepare(|_settings| {}).await;
    for fault in [Fault::Garbage, Fault::Html(503), Fault::Reset] {
        app.discord().fails(On::Gateway, fault);
    }
    app.run().await;
    app.discord().ready().await;
    app.expect_warning("Discord is out of reach; trying again");
    app.finish().await;
}

#[tokio::test]
async fn a_reply_with_which_discord_finds_fault_goes_out_plainer_and_plainer() {
    let mut app = Harness::start().await;
    let dana = app.discord().user("dana");
    app.discord().fails(On::Edit, Fault::Code(400, 50_035));
    let shown = dana.types("/health account:acme").await;
    assert!(shown.text.contains("Acme") && shown.pictures.len() == 1, "{shown}");
    assert!(
        !shown.text.contains("](http") && shown.buttons.iter().all(|button| button.url.is_none()),
        "{shown}"
    );

    app.discord().fails(On::Edit, Fault::Code(413, 40_005));
    app.discord().fails(On::Edit, Fault::Code(400, 50_035));
    let shown = dana.types("/health account:acme").await;
    assert!(shown.text.contains("Acme") && shown.pictures.is_empty() && shown.buttons.is_empty(), "{shown}");
    app.expect_warning("it goes out in a plainer form");
    app.finish().await;
}

#[tokio::test]
async fn an_answer_whose_time_is_over_is_posted_where_that_is_allowed() {
    let app = Harness::start().await;
    app.discord().lets_write();
    app.discord().lets_tokens_live(Duration::ZERO);
    let token = app.discord().user("dana").sends("/health account:acme");
    app.discord().posts().await;
    let posted = app.discord().posted();
    assert!(posted.len() == 1 && posted[0].0.contains("Acme") && posted[0].1 == 1, "{posted:?}");
    app.discord().excuses(&token);
    app.finish().await;
}

#[tokio::test]
async fn an_answer_whose_time_is_over_is_reported_where_posting_is_not_allowed() {
    let mut app = Harness::start().await;
    app.discord().lets_tokens_live(Duration::ZERO);
    let token = app.discord().user("dana").sends("/health account:acme");
    app.logs("A reply did not reach Discord").await;
    assert!(app.discord().posted().is_empty());
    app.discord().excuses(&token);
    app.expect_warning("A reply did not reach Discord");
    app.finish().await;
}

#[tokio::test]
async fn what_discord_does_not_take_from_us_is_reported_once_and_not_tried_again() {
    for (on, status, code) in [
        (On::Acknowledge, 404, 10_062),
        (On::Acknowledge, 400, 40_060),
        (On::Edit, 404, 10_003),
        (On::Edit, 403, 50_001),
        (On::Edit, 403, 50_013),
    ] {
        let mut app = Harness::start().await;
        app.discord().fails(on, Fault::Code(status, code));
        let token = app.discord().user("dana").sends("/health account:acme");
        app.logs("A reply did not reach Discord").await;
        app.discord().excuses(&token);
        // The next question is answered as ever.
        app.discord().user("dana").types("/status").await;
        app.expect_warning("A reply did not reach Discord");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_press_on_a_message_that_was_deleted_is_answered_to_who_pressed() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    let shown = dana.types("/usage account:acme range:30d").await;
    app.discord().deletes(&shown);
    let told = dana.presses(&shown, "7 days").await;
    assert!(told.ephemeral && told.text.contains("last 7 days"), "{told}");
    app.finish().await;
}

#[tokio::test]
async fn an_interaction_that_a_resume_brings_again_is_answered_once() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    dana.types("/initiative add account:acme title:Only once").await;
    app.discord().forgets_what_was_heard();
    app.discord().cuts_the_line();
    app.discord().resumed(1).await;
    let shown = dana.types("/initiative list account:acme").await;
    assert_eq!(shown.text.matches("Only once").count(), 1, "{shown}");
    assert_eq!(app.discord().messages(), 2);
    app.finish().await;
}

#[tokio::test]
async fn questions_are_taken_on_within_a_second_while_every_worker_is_busy() {
    // By its name: that Discord's address is looked up must not wait for a worker either.
    let app = Harness::start_with(|settings| {
        let base = settings.discord.as_mut().unwrap().api_base.as_mut().unwrap();
        *base = base.replace("127.0.0.1", "localhost");
    })
    .await;
    // As many long computations as there are workers for them; the answers wait behind.
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let busy: Vec<_> = (0..512)
        .map(|_| {
            let held = Arc::clone(&held);
            tokio::task::spawn_blocking(move || drop(held.lock().map(|held| held.recv())))
        })
        .collect();
    let dana = app.discord().user("dana");
    // More than there are open connections.
    let tokens: Vec<String> = (0..8).map(|_| dana.sends("/health account:acme")).collect();
    for token in &tokens {
        app.discord().acknowledged(token).await;
    }
    drop(release);
    for one in busy {
        one.await.unwrap();
    }
    for token in &tokens {
        let shown = dana.sees(token).await;
        assert!(shown.text.contains("Acme"), "{shown}");
    }
    let slowest = app.discord().slowest_acknowledgement();
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    app.finish().await;
}

#[tokio::test]
async fn questions_are_taken_on_within_a_second_while_much_is_published() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    let question = "/usage account:acme range:7d";
    let before = dana.types(question).await.text;
    let import = app.beside().await;
    let rows: Vec<_> =
        (0..400).flat_map(|number| seed::daily("acme", &format!("/v1/import/{number}"), |_| 100)).collect();
    let names: [(AccountId, String); 0] = [];
    import.record_usage(&rows, &names, None, seed::intake()).await.unwrap();
    // The program takes over what was imported while questions go on.
    while dana.types(question).await.text == before {}
    let slowest = app.discord().slowest_acknowledgement();
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    import.store().close().await;
    app.finish().await;
}

#[tokio::test]
async fn fifty_questions_at_once_are_all_taken_on_within_a_second() {
    let app = Harness::start().await;
    let names: Vec<String> = (0..50).map(|number| format!("user{number}")).collect();
    let users: Vec<_> = names.iter().map(|name| app.discord().user(name)).collect();
    let tokens: Vec<String> = users.iter().map(|user| user.sends("/status")).collect();
    for (user, token) in users.iter().zip(&tokens) {
        assert!(!user.sees(token).await.text.is_empty());
    }
    let slowest = app.discord().slowest_acknowledgement();
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    app.finish().await;
}

#[test]
fn between_two_sessions_is_more_time_than_discord_wants() {
    let patience = etsm::chat::discord::Patience::default();
    assert!(patience.identify_every > Duration::from_secs(5));
}
