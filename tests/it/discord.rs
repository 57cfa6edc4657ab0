//! Questions asked in Discord, against a stateful and strict fake of it.

use std::time::Duration;

use sqlx::Connection;
use sqlx::SqliteConnection;

use crate::harness::Harness;
use crate::harness::discord::GUILD;
use crate::harness::discord::On;

#[tokio::test]
async fn a_question_is_answered_with_figures_a_picture_and_a_link() {
    let app = Harness::start().await;
    let shown = app.discord().user("dana").types("/usage account:acme range:30d by:endpoint").await;
    insta::assert_snapshot!(shown);
    assert!(shown.link().starts_with("https://etsm.example.com/accounts/acme/usage"), "{}", shown.link());
    app.finish().await;
}

#[tokio::test]
async fn all_surfaces_say_the_same_figures() {
    let app = Harness::start().await;
    let line = "usage acme range:14d by:endpoint";
    let shown = app.discord().user("dana").types("/usage account:acme range:14d by:endpoint").await;
    let terminal = app.terminal().ask(line).await;
    let chat = app.web().chat(line).await;
    let page = app.web().get("/accounts/acme/usage?range=14d&by=endpoint").await;
    assert_eq!((chat.status, page.status), (200, 200));
    // 14 days of 1,000 and 500 calls.
    for figure in ["21 k", "14 k", "$42.00"] {
        for surface in [&shown.text, &terminal, &chat.body, &page.body] {
            assert!(surface.contains(figure), "{figure} in {surface}");
        }
    }
    let exact = app.terminal().ask_json(line).await.to_string();
    assert!(exact.contains("21000") && exact.contains("42"), "{exact}");
    app.finish().await;
}

#[tokio::test]
async fn a_mistake_is_told_to_the_asker_alone_with_what_would_be_right() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    for (line, words) in [
        ("/health account:acmee", "The closest one is"),
        ("/usage account:acme range:fortnight", "use 7d, 30d, 12w"),
        ("/health account:acme since:yesterday", "2026-01-31"),
        // Written down only after it was taken on, so that this one is taken back.
        ("/initiative add account:acmee title:Something", "The closest one is"),
    ] {
        let shown = dana.types(line).await;
        assert!(shown.ephemeral, "{line}: {shown}");
        assert!(shown.text.contains(words), "{line}: {shown}");
    }
    assert_eq!(app.discord().public_messages(), 0);
    app.finish().await;
}

#[tokio::test]
async fn help_is_for_the_asker_alone() {
    let app = Harness::start().await;
    let shown = app.discord().user("dana").types("/help").await;
    assert!(shown.ephemeral && shown.text.contains("usage"), "{shown}");
    app.finish().await;
}

#[tokio::test]
async fn options_are_completed() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    let accounts = dana.completes("/health account:ac").await;
    assert_eq!(accounts.first().map(|(_, value)| value.as_str()), Some("acme"), "{accounts:?}");
    let initiatives = dana.completes("/initiative show id:stream").await;
    assert_eq!(initiatives.first().map(|(_, value)| value.as_str()), Some("ini-1"), "{initiatives:?}");
    let ranges = dana.completes("/usage account:acme range:").await;
    assert!(ranges.iter().any(|(_, value)| value == "30d"), "{ranges:?}");
    assert!(dana.completes("/health account:nothing-like-it-at-all").await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn the_askers_press_changes_the_message_and_others_get_their_own() {
    let app = Harness::start().await;
    let (dana, mei) = (app.discord().user("dana"), app.discord().user("mei"));
    let first = dana.types("/usage account:acme range:30d").await;
    let second = dana.presses(&first, "7 days").await;
    assert_eq!(second.message, first.message);
    assert!(second.text.contains("last 7 days") && second.pictures.len() == 1, "{second}");
    assert!(second.button("7 days").disabled && !second.button("30 days").disabled, "{second}");

    let other = mei.presses(&second, "90 days").await;
    assert_ne!(other.message, first.message);
    assert!(other.ephemeral && other.text.contains("last 90 days"), "{other}");
    // It is mei's own now.
    let own = mei.presses(&other, "7 days").await;
    assert!(own.message == other.message && own.ephemeral, "{own}");
    assert_eq!(app.discord().public_messages(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_button_that_is_not_known_any_more_is_answered_kindly() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    let first = dana.types("/portfolio").await;
    // Of other times, of nobody, of another etsm.
    let foreign = "v1a:AAAAAAAAAAAAportfolio";
    for custom_id in ["q1:portfolio", "something else", "v2a:AAAAAAAAAAAAportfolio", foreign] {
        let told = dana.presses_id(&first, custom_id).await;
        assert!(told.ephemeral && told.text.contains("older message"), "{custom_id}: {told}");
    }
    let real = first.button("Movers").custom_id.clone().unwrap();
    let told = dana.presses_id(&first, &real.replace("movers", "status")).await;
    assert!(told.ephemeral && told.text.contains("older message"), "{told}");
    app.finish().await;
}

#[tokio::test]
async fn what_is_written_down_is_answered_in_the_channel_in_the_askers_name() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    let line = "/initiative add account:acme title:Pilot of the batch endpoint due:2026-06-01 revenue:24000";
    let added = dana.types(line).await;
    assert!(!added.ephemeral && added.text.contains("Pilot of the batch endpoint"), "{added}");
    assert!(added.text.contains("dana"), "{added}");
    app.finish().await;
}

#[tokio::test]
async fn time_passes_and_an_initiative_is_overdue() {
    let mut app = Harness::start().await;
    let before = app.discord().user("dana").types("/initiative list account:acme").await;
    assert!(before.to_string().contains("Overdue\n**0**"), "{before}");
    app.clock().advance(jiff::SignedDuration::from_hours(24 * 40));
    app.restart().await;
    let after = app.discord().user("dana").types("/initiative list account:acme").await;
    assert!(after.to_string().contains("Overdue\n**1**"), "{after}");
    app.finish().await;
}

#[tokio::test]
async fn an_interaction_that_is_delivered_twice_is_answered_once() {
    let app = Harness::start().await;
    app.discord().delivers_twice();
    let dana = app.discord().user("dana");
    dana.types("/initiative add account:acme title:Only once").await;
    let shown = dana.types("/initiative list account:acme").await;
    assert_eq!(shown.text.matches("Only once").count(), 1, "{shown}");
    assert_eq!(app.discord().messages(), 2);
    app.finish().await;
}

#[tokio::test]
async fn hostile_names_neither_ping_nor_link_nor_format() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    for line in ["/health account:hostile", "/portfolio", "/initiative list", "/movers"] {
        let shown = dana.types(line).await;
        let raw = ["@everyone", "<@1>", "](https://evil.invalid)", "**[win]", "||\u{202e}"];
        let found: Vec<&str> =
            raw.into_iter().filter(|text| outside_code(&shown.text).contains(text)).collect();
        assert!(found.is_empty(), "{line}: {found:?} in {shown}");
    }
    app.finish().await;
}

/// The text without its code blocks, in which nothing has a meaning.
fn outside_code(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

#[tokio::test]
async fn an_answer_that_takes_long_is_acknowledged_in_time() {
    let app = Harness::start().await;
    // Someone else writes: the store cannot be written to for longer than Discord waits.
    let file = app.folder().join("etsm.db");
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let dana = app.discord().user("dana");
    let token = dana.sends("/initiative add account:acme title:Patience");
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    let shown = dana.sees(&token).await;
    assert!(shown.text.contains("Patience"), "{shown}");
    let slowest = app.discord().slowest_acknowledgement();
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    app.finish().await;
}

#[tokio::test]
async fn commands_are_registered_only_when_they_changed() {
    let mut app = Harness::start().await;
    app.discord().compared(1).await;
    assert_eq!(app.discord().registrations(), 1);
    assert!(app.discord().commands().contains(&"usage".to_owned()));

    app.restart().await;
    app.discord().compared(2).await;
    assert_eq!(app.discord().registrations(), 1);

    app.discord().forgets_command("usage");
    app.restart().await;
    app.discord().registered(2).await;
    assert!(app.discord().commands().contains(&"usage".to_owned()));
    app.finish().await;
}

#[tokio::test]
async fn without_a_server_the_commands_are_offered_everywhere_but_in_direct_messages() {
    let app = Harness::start_with(|settings| settings.discord.as_mut().unwrap().guild_id = None).await;
    let anywhere = app.discord().user("dana").elsewhere(Some(GUILD + 77)).types("/portfolio").await;
    assert!(!anywhere.ephemeral, "{anywhere}");
    let private = app.discord().user("eve").elsewhere(None).types("/portfolio").await;
    assert!(private.ephemeral && private.text.contains("not in direct messages"), "{private}");
    assert!(app.discord().user("eve").elsewhere(None).completes("/health account:ac").await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn only_the_named_server_is_answered() {
    let app = Harness::start().await;
    let shown = app.discord().user("eve").elsewhere(Some(GUILD + 1)).types("/portfolio").await;
    assert!(shown.ephemeral && shown.text.contains("another server"), "{shown}");
    app.finish().await;
}

#[tokio::test]
async fn a_lost_connection_is_resumed_and_nothing_is_missed() {
    let app = Harness::start().await;
    app.discord().cuts_the_line();
    // Sent while nobody listens: the resume brings it.
    let dana = app.discord().user("dana");
    let shown = dana.types("/health account:acme").await;
    assert!(shown.text.contains("Acme"), "{shown}");
    app.discord().resumed(1).await;
    app.discord().asks_to_reconnect();
    app.discord().resumed(2).await;
    dana.types("/status").await;
    assert_eq!(app.discord().identified(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_session_that_discord_forgot_is_begun_again() {
    let app = Harness::start().await;
    app.discord().invalidates_the_session();
    app.discord().identified_again(2).await;
    let shown = app.discord().user("dana").types("/status").await;
    assert!(!shown.text.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn limits_and_hiccups_of_discord_are_waited_out() {
    let mut app = Harness::prepare(|_settings| {}).await;
    app.discord().fails(On::Gateway, 500);
    app.discord().fails(On::Commands, 429);
    app.run().await;
    app.discord().ready().await;
    let parts = app.web().get("/readyz").await.body;
    assert!(parts.contains(r#""discord":{"state":"up""#), "{parts}");
    app.expect_warning("Discord is out of reach; trying again");

    app.discord().fails(On::Acknowledge, 500);
    app.discord().fails(On::Edit, 429);
    let shown = app.discord().user("dana").types("/health account:acme").await;
    assert!(shown.text.contains("Acme") && shown.pictures.len() == 1, "{shown}");
    app.discord().fails(On::Edit, 502);
    app.discord().loses_an_answer();
    let pressed = app.discord().user("dana").presses(&shown, &shown.buttons[1].label.clone()).await;
    assert_eq!(pressed.message, shown.message);
    app.finish().await;
}

#[tokio::test]
async fn stopping_finishes_replies_under_way_and_says_goodbye() {
    let mut app = Harness::start().await;
    let file = app.folder().join("etsm.db");
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let token = app.discord().user("dana").sends("/initiative add account:acme title:Last words");
    app.discord().acknowledged(&token).await;
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    };
    let (stopped, ()) = tokio::join!(app.stop(), release);
    stopped.unwrap();
    let shown = app.discord().user("dana").sees(&token).await;
    assert!(shown.text.contains("Last words"), "{shown}");
    assert!(app.discord().said_goodbye());
    app.finish().await;
}
