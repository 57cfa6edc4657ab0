//! Interactions that Discord sends over HTTP.

use crate::harness::Harness;
use crate::harness::discord::http::public_key;
use crate::harness::discord::http::signature;

/// Over HTTP alone, without a connection to the gateway.
async fn started() -> Harness {
    let mut app = Harness::prepare(|settings| {
        let discord = settings.discord.as_mut().unwrap();
        discord.public_key = Some(public_key());
        discord.gateway = false;
    })
    .await;
    app.run().await;
    app.discord().introduced().await;
    let url = format!("{}/discord/interactions", app.address());
    app.discord().posts_to(&url, app.clock_of_all());
    app
}

#[tokio::test]
async fn everything_works_without_the_gateway() {
    let app = started().await;
    let dana = app.discord().user("dana");
    let shown = dana.types("/usage account:acme range:30d").await;
    assert!(!shown.ephemeral && shown.text.contains("45 k") && shown.pictures.len() == 1, "{shown}");
    let pressed = dana.presses(&shown, "7 days").await;
    assert!(pressed.message == shown.message && pressed.text.contains("last 7 days"), "{pressed}");
    assert_eq!(dana.completes("/health account:ac").await.len(), 1);
    let told = dana.types("/health account:nowhere").await;
    assert!(told.ephemeral && told.text.contains("I know no account"), "{told}");
    let added = dana.types("/initiative add account:acme title:Pilot").await;
    assert!(added.text.contains("Pilot"), "{added}");
    assert_eq!(app.discord().identified(), 0);
    let parts = app.web().get("/readyz").await.body;
    assert!(parts.contains(r#""discord":{"state":"up""#), "{parts}");
    app.finish().await;
}

#[tokio::test]
async fn forms_and_selects_come_through_the_door_too() {
    let app = started().await;
    let dana = app.discord().user("dana");
    let form = dana.types_for_form("/note account:acme").await;
    let noted = dana.submits(&form.write("Note", "Through the door")).await;
    assert!(!noted.ephemeral && noted.text.contains("Through the door"), "{noted}");
    let shown = dana.types("/usage account:acme range:30d").await;
    let chosen = dana.chooses(&shown, "Metric", "Cost").await;
    assert!(chosen.message == shown.message && chosen.text.contains("Cost"), "{chosen}");
    app.finish().await;
}

#[tokio::test]
async fn what_is_delivered_twice_is_done_once() {
    let app = started().await;
    app.discord().delivers_twice();
    let dana = app.discord().user("dana");
    dana.types("/initiative add account:acme title:Only once").await;
    let shown = dana.types("/initiative list account:acme").await;
    assert_eq!(shown.text.matches("Only once").count(), 1, "{shown}");
    app.finish().await;
}

const PING: &str =
    r#"{"id":"1","application_id":"2","type":1,"token":"t","version":1,"app_permissions":"0"}"#;

/// Knocks with these headers; status and body of the answer.
async fn knock(
    app: &Harness,
    signature: Option<&str>,
    timestamp: Option<&str>,
    body: String,
) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.post(format!("{}/discord/interactions", app.address())).body(body);
    for (name, value) in [("x-signature-ed25519", signature), ("x-signature-timestamp", timestamp)] {
        request = value.into_iter().fold(request, |request, value| request.header(name, value));
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn only_what_discord_signed_just_now_is_looked_at() {
    let mut app = started().await;
    let now = app.clock_of_all().now().as_second();
    let at = |offset: i64| (now + offset).to_string();
    let signed = |offset: i64, body: &str| (signature(&at(offset), body), at(offset));

    let (good, time) = signed(0, PING);
    let answer = knock(&app, Some(&good), Some(&time), PING.into()).await;
    assert_eq!(answer, (200, r#"{"type":1}"#.into()));

    let cut = &good[..126];
    let wrong = [
        (None, Some(time.as_str()), PING),
        (Some(good.as_str()), None, PING),
        (Some("zz"), Some(&time), PING),
        (Some(cut), Some(&time), PING),
        (Some(&good), Some(&at(1)), PING),
        (Some(&good), Some(&time), "{}"),
    ];
    for (signature, timestamp, body) in wrong {
        let (status, said) = knock(&app, signature, timestamp, body.into()).await;
        assert_eq!((status, said.as_str()), (401, ""), "{signature:?} {timestamp:?} {body}");
    }
    for (offset, status) in [(-299, 200), (299, 200), (-301, 401), (301, 401)] {
        let (signature, time) = signed(offset, PING);
        assert_eq!(knock(&app, Some(&signature), Some(&time), PING.into()).await.0, status, "{offset}");
    }
    let (odd, _) = signed(0, "not JSON");
    assert_eq!(knock(&app, Some(&odd), Some(&time), "not JSON".into()).await.0, 400);
    app.expect_warning("Discord sent an interaction that cannot be read");
    let long = "x".repeat(300_000);
    assert_eq!(knock(&app, Some(&good), Some(&time), long).await.0, 413);
    app.finish().await;
}

#[tokio::test]
async fn without_a_key_there_is_no_door() {
    let app = Harness::start().await;
    assert_eq!(knock(&app, None, None, PING.into()).await.0, 404);
    app.finish().await;
}
