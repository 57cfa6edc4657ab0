//! Digests that a writer writes, or does not.

use std::sync::Mutex;

use serde_json::Value;
use serde_json::json;

use super::*;
use crate::writer::Conversation;
use crate::writer::Piece;
use crate::writer::Said;
use crate::writer::Spent;
use crate::writer::Stop;
use crate::writer::Unwritten;

/// Says what it is told to, turn by turn, and notes what it was asked.
struct Scripted {
    turns: Mutex<Vec<Turn>>,
    asked: Mutex<Vec<Conversation>>,
}

/// Makes a draft of the data.
type Turn = Box<dyn FnOnce(&str) -> Result<Value, Unwritten> + Send>;

impl Scripted {
    fn new(turns: Vec<Turn>) -> Self {
        Self { turns: Mutex::new(turns), asked: Mutex::default() }
    }
}

#[async_trait::async_trait]
impl Writer for Scripted {
    async fn say(&self, conversation: &Conversation) -> Result<Said, Unwritten> {
        self.asked.lock().unwrap().push(conversation.clone());
        let Piece::Text(data) = conversation.messages[0].pieces[0].clone() else { panic!("no data") };
        let turn = self.turns.lock().unwrap().remove(0);
        let draft = turn(&data)?;
        let pieces = vec![Piece::Text(draft.to_string())];
        Ok(Said { pieces, stop: Stop::Done, spent: Spent::default() })
    }

    fn name(&self) -> &str {
        "claude-test-1"
    }
}

/// The id of the first fact that is called so, of account `a1`.
fn id(data: &str, what: &str) -> String {
    let line = data.lines().find(|line| line.contains(what) && line.contains("\"account\":\"a1\""));
    let fact: Value = serde_json::from_str(line.unwrap_or_else(|| panic!("{what} in {data}"))).unwrap();
    fact["id"].as_str().unwrap().to_owned()
}

fn draft(about: Option<&str>, text: &str) -> Value {
    json!({ "sections": [{ "title": "Headline", "sentences": [{ "about": about, "text": text }] }] })
}

fn fallen() -> Arc<Snapshot> {
    Made::new().steady("acme", 28, 1_000).days("acme", 28..35, 300).until(35)
}

fn digest(writer: &Scripted) -> Composed {
    try_compose(&fallen(), &DigestScope::Portfolio, None, Some(writer)).unwrap()
}

#[test]
fn a_true_draft_is_what_is_posted_and_the_post_says_who_wrote_it() {
    let writer = Scripted::new(vec![Box::new(|data| {
        let change = id(data, "change of API calls");
        Ok(draft(Some("a1"), &format!("Calls of [a1] fell by [{change}] this week.")))
    })]);
    let digest = digest(&writer);
    assert_eq!(digest.written, WrittenBy::Ai { model: "claude-test-1".into() });
    insta::assert_snapshot!(shown(&digest.answer));
    for block in &digest.answer.blocks {
        if let Block::Text(Prose(spans)) = block {
            let own = |span: &Span| matches!(span, Span::Plain(words) if words.chars().any(char::is_numeric));
            assert!(!spans.iter().any(own), "{spans:?}");
        }
    }
}

#[test]
fn a_draft_that_cannot_stand_goes_back_once_with_the_reasons() {
    let writer = Scripted::new(vec![
        Box::new(|_data| Ok(draft(Some("a1"), "Calls of [a1] fell by 70 percent."))),
        Box::new(|data| {
            let change = id(data, "change of API calls");
            Ok(draft(Some("a1"), &format!("Calls of [a1] fell by [{change}].")))
        }),
    ]);
    let digest = digest(&writer);
    assert!(matches!(digest.written, WrittenBy::Ai { .. }));
    let asked = writer.asked.lock().unwrap();
    let Piece::Text(reasons) = &asked[1].messages[2].pieces[0] else { panic!("no reasons") };
    assert!(
        reasons.contains("“7”, a digit of its own") && reasons.contains("“percent” is a number"),
        "{reasons}"
    );
}

#[test]
fn after_two_drafts_that_cannot_stand_the_plain_digest_goes_out_and_says_why() {
    let lie = || -> Turn { Box::new(|_data| Ok(draft(Some("a1"), "Calls of [a1] rose."))) };
    let writer = Scripted::new(vec![lie(), lie()]);
    let digest = digest(&writer);
    assert_eq!(writer.asked.lock().unwrap().len(), 2);
    insta::assert_snapshot!(text(&digest));
}

#[test]
fn a_writer_that_says_nothing_costs_no_digest() {
    for (why, said) in [
        (Unwritten::Unreachable("busy".into()), "the AI did not answer: busy"),
        (Unwritten::NotSetUp, "no AI is set up"),
    ] {
        let digest = digest(&Scripted::new(vec![Box::new(move |_data| Err(why))]));
        assert_eq!(digest.written, WrittenBy::Plain { why: Some(said.into()) });
        assert!(text(&digest).contains("Acme makes fewer calls."), "{}", text(&digest));
    }
}

/// Never answers.
struct Hung;

#[async_trait::async_trait]
impl Writer for Hung {
    async fn say(&self, _conversation: &Conversation) -> Result<Said, Unwritten> {
        std::future::pending().await
    }

    fn name(&self) -> &str {
        "hung"
    }
}

#[test]
fn a_writer_that_hangs_delays_a_digest_by_its_deadline_only() {
    let digest = try_compose(&fallen(), &DigestScope::Portfolio, None, Some(&Hung)).unwrap();
    assert_eq!(digest.written, WrittenBy::Plain { why: Some("the AI took too long".into()) });
}

#[test]
fn a_quiet_period_asks_no_writer() {
    let steady = Made::new().steady("acme", 35, 1_000);
    let first = composed(&steady.until(28), None);
    let writer = Scripted::new(Vec::new());
    let second =
        try_compose(&steady.until(35), &DigestScope::Portfolio, Some(&first.remembers), Some(&writer))
            .unwrap();
    assert!(second.quiet && writer.asked.lock().unwrap().is_empty());
}
