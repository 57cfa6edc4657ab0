//! The Messages API: what is sent, what is made of what comes back, and of what goes wrong.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use etsm::adapters::Anthropic;
use etsm::config::AiSettings;
use etsm::config::Environment;
use etsm::config::Settings;
use etsm::domain::Clock;
use etsm::store::Store;
use etsm::writer::Conversation;
use etsm::writer::Message;
use etsm::writer::Piece;
use etsm::writer::Said;
use etsm::writer::SaidBy;
use etsm::writer::Stop;
use etsm::writer::Tool;
use etsm::writer::Unwritten;
use etsm::writer::Writer;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::harness::anthropic::FakeAnthropic;
use crate::harness::anthropic::KEY;
use crate::harness::anthropic::Play;
use crate::harness::anthropic::Turn;
use crate::harness::clock::TestClock;

/// A pause that the far side asks for, so that a test need not wait for ours.
const SOON: (&str, &str) = ("retry-after-ms", "5");

/// The writer with the world around it.
struct World {
    far: FakeAnthropic,
    folder: TempDir,
    clock: Arc<TestClock>,
    ai: AiSettings,
}

impl World {
    async fn start() -> Self {
        let far = FakeAnthropic::start().await;
        let mut settings = Settings::load(None, &Environment::of([] as [(&str, &str); 0])).unwrap();
        far.set_up(&mut settings);
        let mut ai = settings.ai.unwrap();
        ai.silence_max = Duration::from_millis(400);
        let clock = Arc::new(TestClock::at("2026-03-31T12:00:00Z"));
        Self { far, folder: tempfile::tempdir().unwrap(), clock, ai }
    }

    async fn store(&self) -> Store {
        Store::open_dir(self.folder.path()).await.unwrap()
    }

    async fn writer(&self) -> Anthropic {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Anthropic::new(self.ai.clone(), self.store().await, clock).unwrap()
    }

    /// What the script comes to for the writer.
    async fn says(&self, script: impl IntoIterator<Item = Play>) -> Result<Said, Unwritten> {
        self.far.plays(script);
        self.writer().await.say(&asked("Say hello.")).await
    }
}

fn message(by: SaidBy, pieces: Vec<Piece>) -> Message {
    Message { by, pieces }
}

fn asked(words: &str) -> Conversation {
    Conversation {
        instructions: "You are terse.".into(),
        tools: Vec::new(),
        messages: vec![message(SaidBy::Us, vec![Piece::Text(words.into())])],
        shape: None,
        tokens_max: 500,
        patience: Duration::from_secs(5),
    }
}

fn tool(name: &str) -> Tool {
    let input =
        json!({"type": "object", "properties": {"account": {"type": "string"}}, "required": ["account"]});
    Tool { name: name.into(), about: "The health of an account".into(), input }
}

#[tokio::test]
async fn a_turn_comes_with_its_words_and_its_tokens() {
    let world = World::start().await;
    let hologram = json!({"type": "hologram", "light": "blue"});
    let said = world.says([Play::Says(Turn::text("Grüße — 世界").led_by(hologram.clone()))]).await.unwrap();
    assert_eq!(said.pieces, [Piece::Opaque(hologram), Piece::Text("Grüße — 世界".into())]);
    assert_eq!((said.text().as_str(), said.stop, said.spent.output), ("Grüße — 世界", Stop::Done, 200));
    let call = &world.far.calls()[0];
    assert_eq!(call["model"], "claude-sonnet-5-5");
    assert!(
        call.get("output_config").is_none() && call.get("tools").is_none() && call.get("thinking").is_none()
    );
    world.far.finish();
}

#[tokio::test]
async fn an_answer_in_one_piece_is_taken_too() {
    let world = World::start().await;
    let said = world.says([Play::Whole(Turn::text("Hello"))]).await.unwrap();
    assert_eq!((said.text().as_str(), said.stop), ("Hello", Stop::Done));
    world.far.finish();
}

#[tokio::test]
async fn calls_and_their_results_go_back_as_they_came_and_the_beginning_is_cached() {
    let world = World::start().await;
    let writer = world.writer().await;
    world.far.plays([
        Play::Says(Turn::calls(&[
            ("health", json!({"account": "acme"})),
            ("health", json!({"account": "b"})),
        ])),
        Play::says("Both are well."),
    ]);
    let mut conversation = Conversation { tools: vec![tool("health")], ..asked("How are they?") };
    let said = writer.say(&conversation).await.unwrap();
    assert_eq!(said.stop, Stop::Calls);
    let result = |piece: &Piece| match piece {
        Piece::Call { id, .. } => Some(Piece::Result { id: id.clone(), text: "well".into(), failed: false }),
        Piece::Text(_) | Piece::Result { .. } | Piece::Opaque(_) => None,
    };
    let results: Vec<Piece> = said.pieces.iter().filter_map(result).collect();
    assert_eq!(results.len(), 2);
    conversation.messages.push(message(SaidBy::Writer, said.pieces));
    conversation.messages.push(message(SaidBy::Us, results));
    let second = writer.say(&conversation).await.unwrap();
    assert_eq!(second.text(), "Both are well.");
    assert!(said.spent.cached_write > 0 && second.spent.cached_read == said.spent.cached_write);
    let calls = world.far.calls();
    assert_eq!((&calls[0]["tools"], &calls[0]["system"]), (&calls[1]["tools"], &calls[1]["system"]));
    world.far.finish();
}

#[tokio::test]
async fn an_answer_of_a_shape_is_asked_for_by_its_schema() {
    let mut world = World::start().await;
    world.ai.effort = Some("low".into());
    let shape = json!({"type": "object", "additionalProperties": false, "required": ["words"],
        "properties": {"words": {"type": "string"}}});
    world.far.plays([Play::says(r#"{"words": "hello"}"#)]);
    let conversation = Conversation { shape: Some(shape.clone()), ..asked("Say hello.") };
    world.writer().await.say(&conversation).await.unwrap();
    let config = json!({"effort": "low", "format": {"type": "json_schema", "schema": shape}});
    assert_eq!(world.far.calls()[0]["output_config"], config);
    world.far.finish();
}

/// What a first failure comes to when the second try would be answered: whether that was made, and what was said.
async fn after(first: Play) -> (bool, String) {
    let world = World::start().await;
    let said = world.says([first, Play::says("Hello")]).await;
    let tried_again = world.far.calls().len() == 2;
    let told = said.map_or_else(|why| why.to_string(), |said| said.text());
    assert!(!told.contains("SECRET") && !told.contains("html") && !told.contains(KEY), "{told}");
    assert_eq!(tried_again, told == "Hello");
    (tried_again, told)
}

async fn refused(first: Play) -> String {
    let (tried_again, told) = after(first).await;
    assert!(!tried_again, "tried again");
    told
}

async fn passed(first: Play) {
    let (tried_again, told) = after(first).await;
    assert!(tried_again, "{told}");
}

#[tokio::test]
async fn what_no_other_try_would_change_is_told_at_once() {
    let mut told = Vec::new();
    for (status, kind) in [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (422, "invalid_request_error"),
    ] {
        told.push(refused(Play::fails(status, kind)).await);
    }
    let edge =
        Play::Edge { status: 413, body: "<html>413 Request Entity Too Large</html>", headers: Vec::new() };
    told.push(refused(edge).await);
    for code in [
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "linked_organization_spend_limit_reached",
    ] {
        told.push(refused(Play::fails(429, "rate_limit_error").code(code).header("retry-after", "0")).await);
    }
    told.push(refused(Play::fails(529, "overloaded_error").header("x-should-retry", "false")).await);
    told.push(refused(Play::ErrsInside("invalid_request_error")).await);
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let (name, value) = SOON;
    for (status, kind) in [
        (408, "timeout_error"),
        (409, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ] {
        passed(Play::fails(status, kind).header(name, value)).await;
    }
    passed(Play::fails(400, "invalid_request_error").header("x-should-retry", "true").header(name, value))
        .await;
    passed(Play::fails(429, "rate_limit_error").code("ramp_limit_exceeded").header("retry-after", "0.01"))
        .await;
    passed(Play::fails(429, "rate_limit_error").header("retry-after", "Tue, 31 Mar 2026 12:00:00 GMT")).await;
    passed(Play::Edge { status: 502, body: "<html>bad gateway</html>", headers: vec![(name, value.into())] })
        .await;
}

#[tokio::test]
async fn without_a_word_about_when_the_wait_is_ours() {
    let begun = Instant::now();
    passed(Play::fails(429, "rate_limit_error")).await;
    assert!(begun.elapsed() >= Duration::from_millis(375), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_tried_again() {
    passed(Play::Stops(Turn::text("Good day to everyone"), 5)).await;
    passed(Play::Tears(Turn::text("Good day to everyone"), 5)).await;
    passed(Play::Stops(Turn::text("Good day"), 0)).await;
    passed(Play::ErrsInside("overloaded_error")).await;
    passed(Play::Hangs).await;
}

#[tokio::test]
async fn a_slow_answer_is_heard_out_and_one_that_comes_too_late_is_not() {
    let world = World::start().await;
    let slow = |words, pause| Play::Drips(Turn::text(words), Duration::from_millis(pause));
    assert_eq!(world.says([slow("Slow but sure", 30)]).await.unwrap().text(), "Slow but sure");
    world.far.plays([slow(&"Slow but sure. ".repeat(50), 200)]);
    let begun = Instant::now();
    // Long enough for its budget to be looked up on a busy machine.
    let hurried = Conversation { patience: Duration::from_secs(3), ..asked("Say hello.") };
    let said = world.writer().await.say(&hurried).await;
    assert_eq!(said, Err(Unwritten::Unreachable("nothing came in time".into())));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    world.far.finish();
}

#[tokio::test]
async fn it_gives_up_after_three_tries_or_when_the_wait_would_be_too_long() {
    let world = World::start().await;
    let (name, value) = SOON;
    let busy = || Play::fails(529, "overloaded_error").header(name, value);
    let told = world.says([busy(), busy(), busy()]).await.unwrap_err().to_string();
    assert_eq!(
        told,
        "the AI did not answer: it is overloaded (HTTP 529, overloaded_error, request req_0003)"
    );
    let begun = Instant::now();
    let later = Play::fails(429, "rate_limit_error").header("retry-after", "60");
    assert!(matches!(world.says([later]).await, Err(Unwritten::Unreachable(_))));
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(world.far.calls().len(), 4);
    world.far.finish();
}

#[tokio::test]
async fn nobody_at_the_far_side_is_an_outage() {
    let mut world = World::start().await;
    // Nothing listens on the port of discards here.
    world.ai.base_url = "http://127.0.0.1:9".into();
    let said = world.says([]).await;
    assert_eq!(said, Err(Unwritten::Unreachable("no connection comes about".into())));
}

#[tokio::test]
async fn reasons_to_stop_are_told_apart() {
    let world = World::start().await;
    for (reason, stop) in [
        ("max_tokens", Stop::CutOff),
        ("model_context_window_exceeded", Stop::CutOff),
        ("refusal", Stop::Refused),
        ("pause_turn", Stop::Other("pause_turn".into())),
        ("tea_time", Stop::Other("tea_time".into())),
    ] {
        let said = world.says([Play::Says(Turn::text(r#"{"half": "#).stop(reason))]).await.unwrap();
        assert_eq!(said.stop, stop);
    }
    world.far.finish();
}

#[tokio::test]
async fn the_budget_of_a_day_is_kept_over_restarts_and_is_free_again_tomorrow() {
    let mut world = World::start().await;
    world.ai.budget.tokens_a_day = 3_000;
    assert!(world.says([Play::says("Hello")]).await.is_ok());
    let sum = world.store().await.outlay("2026-03-31".parse().unwrap()).await.unwrap();
    assert!((200..300).contains(&sum.tokens), "the reserve was given back: {sum:?}");
    assert!(sum.money.micros > 200 * 15, "{sum:?}");
    assert!(world.says([Play::says("Hello")]).await.is_ok());
    // A call may write 2,500 tokens, thoughts included, and these two came to some 250 each.
    let told = world.says([]).await.unwrap_err();
    assert_eq!(told, Unwritten::BudgetSpent("2026-04-01T00:00:00".parse().unwrap()));
    world.clock.set("2026-04-01T00:00:01Z");
    assert!(world.says([Play::says("Hello")]).await.is_ok());
    world.far.finish();
}

#[tokio::test]
async fn money_is_a_limit_of_its_own_and_broken_answers_are_paid_for() {
    let mut world = World::start().await;
    world.ai.budget.money_a_day = "0.04".parse().unwrap();
    let cut = || Play::Stops(Turn::text(&"many words ".repeat(300)), 60);
    assert!(world.says([cut()]).await.is_err(), "the second try would pass the limit");
    let sum = world.store().await.outlay("2026-03-31".parse().unwrap()).await.unwrap();
    assert!(sum.tokens > 100 && sum.money.micros > 1_500, "{sum:?}");
    world.far.finish();
}

#[tokio::test]
async fn the_fake_takes_nothing_that_the_real_api_would_not() {
    let far = FakeAnthropic::start().await;
    let client = reqwest::Client::builder().no_proxy().user_agent("etsm/0").build().unwrap();
    let sends = async |headers: &[(&str, &str)], change: &dyn Fn(&mut Value)| {
        let mut body = json!({"model": "claude-sonnet-5-5", "max_tokens": 5,
            "messages": [{"role": "user", "content": "Hello"}]});
        change(&mut body);
        let mut request = client.post(format!("{}/v1/messages", far.base())).json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        format!("{} {}", response.status().as_u16(), far.refused().join(""))
    };
    let good: &[(&str, &str)] = &[("x-api-key", KEY), ("anthropic-version", "2026-10-21")];
    let mut told = Vec::new();
    for headers in [&good[..1], &good[1..], &[good[0], ("anthropic-version", "2024-01-01")]] {
        told.push(sends(headers, &|_body| {}).await);
    }
    let changes: &[&dyn Fn(&mut Value)] = &[
        &|body| body["temperature"] = json!(0.2),
        &|body| body["max_token"] = json!(2),
        &|body| body["model"] = json!("gpt"),
        &|body| _ = body.as_object_mut().unwrap().remove("max_tokens"),
        &|body| body["messages"] = json!([]),
        &|body| body["messages"][0]["role"] = json!("system"),
        &|body| {
            body["messages"] =
                json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}])
        },
        &|body| body["messages"][0]["content"] = json!([{"type": "text", "text": " "}]),
        &|body| {
            body["messages"][0]["content"] =
                json!([{"type": "tool_result", "tool_use_id": "t", "content": "x"}]);
        },
        &|body| body["tools"] = json!([{"name": "initiative list", "input_schema": {"type": "object"}}]),
        &|body| {
            body["output_config"] = json!({"format": {"type": "json_schema", "schema": {"type": "object"}}})
        },
    ];
    for change in changes {
        told.push(sends(good, *change).await);
    }
    insta::assert_snapshot!(told.join("\n"));
}
