//! Answers that nobody waits for, as digests and alerts: as many messages as they take, each with a mark to find it by.
//!
//! Invariant: no word is parted, and what stands before in the answer stands before in the channel.

use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Prose;
use crate::reply::Span;

use super::Picture;
use super::Reply;
use super::View;
use super::components::Components;
use super::embed;

/// A longer one is read in the dashboard.
const PARTS_MAX: usize = 8;

/// An answer as messages; `marker` gives the mark of each by its place.
#[must_use]
pub fn posts(answer: &Answer, view: View<'_>, marker: &dyn Fn(usize) -> String) -> Vec<Reply> {
    let mark = marker(0);
    let parts = parts(answer, |part| embed::fits(part, view.public_url, Some(&mark)));
    (0..).zip(&parts).map(|(at, part)| post(part, view, &marker(at))).collect()
}

fn post(part: &Answer, view: View<'_>, mark: &str) -> Reply {
    let picture = part.chart().map(Picture::of);
    let embed = embed::answer(part, view.public_url, 1, picture.as_ref(), Some(mark));
    let (components, kept) = Components::new(view.seal).below(part, view, None).done();
    Reply { embeds: vec![embed], components, kept, picture }
}

/// The answer in parts that fit; what stands below it stands below the last one.
fn parts(answer: &Answer, fits: impl Fn(&Answer) -> bool) -> Vec<Answer> {
    if fits(answer) {
        return vec![answer.clone()];
    }
    let next = |title: String| Answer {
        title,
        blocks: Vec::new(),
        path: None,
        actions: Vec::new(),
        picks: Vec::new(),
        ..answer.clone()
    };
    let mut all = vec![next(answer.title.clone())];
    for block in &answer.blocks {
        for piece in
            pieces(block, |block| fits(&Answer { blocks: vec![block.clone()], ..next(answer.title.clone()) }))
        {
            let part = all.last_mut().expect("there is a first one");
            part.blocks.push(piece);
            if !fits(part) && part.blocks.len() > 1 && all.len() < PARTS_MAX {
                let piece = all.last_mut().and_then(|part| part.blocks.pop());
                let mut part = next(format!("{} (continued)", answer.title));
                part.blocks.extend(piece);
                all.push(part);
            }
        }
    }
    if let Some(last) = all.last_mut() {
        last.path.clone_from(&answer.path);
        last.actions.clone_from(&answer.actions);
        last.picks.clone_from(&answer.picks);
    }
    all
}

/// A block in pieces that fit alone, as far as it can be parted.
fn pieces(block: &Block, fits: impl Fn(&Block) -> bool) -> Vec<Block> {
    if fits(block) {
        return vec![block.clone()];
    }
    match block {
        Block::Text(prose) => grown(&words(prose), |some| fits(&text(some)), text),
        Block::Caveat(prose) => grown(&words(prose), |some| fits(&caveat(some)), caveat),
        Block::Facts(lines) => {
            let facts = |some: &[_]| Block::Facts(some.to_vec());
            grown(lines, |some| fits(&facts(some)), facts)
        }
        // A table says by itself how many rows it leaves out, and a picture is one.
        Block::Table(_) | Block::Chart(_) => vec![block.clone()],
    }
}

/// As many at once as fit, and at least one.
fn grown<T>(all: &[T], fits: impl Fn(&[T]) -> bool, made: impl Fn(&[T]) -> Block) -> Vec<Block> {
    let (mut blocks, mut from) = (Vec::new(), 0);
    while from < all.len() {
        // The longest that fits, by halving: whatever fits, its beginnings fit, too.
        let (mut good, mut bad) = (from + 1, all.len() + 1);
        while bad - good > 1 {
            let middle = good.midpoint(bad);
            if fits(&all[from..middle]) { good = middle } else { bad = middle }
        }
        blocks.push(made(&all[from..good]));
        from = good;
    }
    blocks
}

fn text(spans: &[Span]) -> Block {
    Block::Text(Prose(spans.to_vec()))
}

fn caveat(spans: &[Span]) -> Block {
    Block::Caveat(Prose(spans.to_vec()))
}

/// The spans, our own words one by one, with the blank after each.
fn words(prose: &Prose) -> Vec<Span> {
    let parted = |span: &Span| match span {
        Span::Plain(text) => {
            text.split_inclusive(' ').map(|word| Span::Plain(word.to_owned())).collect::<Vec<_>>()
        }
        Span::Outside(_) | Span::Code(_) | Span::Fact(_) => vec![span.clone()],
    };
    prose.0.iter().flat_map(parted).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::render::samples;

    use super::super::Seal;
    use super::super::limits::EMBEDS_CHARS_MAX;
    use super::*;

    fn shown(answer: &Answer) -> Vec<Value> {
        let seal = Seal::new(b"a secret of the tests");
        let view = View { public_url: Some(samples::URL), pass: None, seal: &seal, line: "", page: 1 };
        let posts = posts(answer, view, &|at| format!("mark-{at}"));
        posts.iter().map(|post| serde_json::to_value(&post.embeds[0]).unwrap()).collect()
    }

    #[test]
    fn a_short_answer_is_one_message_with_its_mark() {
        let shown = shown(&samples::usage());
        assert_eq!(shown.len(), 1);
        assert!(
            shown[0]["footer"]["text"].as_str().unwrap().ends_with(" · mark-0"),
            "{}",
            shown[0]["footer"]
        );
    }

    #[test]
    fn a_long_answer_goes_on_in_further_messages_and_loses_no_word() {
        let words: Vec<String> = (0..1_200).map(|at| format!("word{at}")).collect();
        let mut answer = samples::usage();
        let whole = words.chunks(100).map(|words| Block::Text(Prose::plain(words.join(" "))));
        let one = Block::Text(Prose::plain(words.join(" ")));
        answer.blocks = whole.chain([one]).collect();
        let shown = shown(&answer);
        assert!((4..=8).contains(&shown.len()), "{}", shown.len());
        let text = |embed: &Value| embed["description"].as_str().unwrap().to_owned();
        let said: Vec<String> = shown.iter().map(text).collect();
        let said = said.join("\n");
        let read: Vec<&str> = said.split_whitespace().collect();
        let meant = [words.clone(), words].concat();
        let wrong = read.iter().zip(&meant).find(|(read, meant)| read != meant);
        assert_eq!((wrong, read.len()), (None, meant.len()));
        for (at, embed) in shown.iter().enumerate() {
            assert!(text(embed).chars().count() < EMBEDS_CHARS_MAX);
            assert!(embed["footer"]["text"].as_str().unwrap().ends_with(&format!("mark-{at}")));
        }
        assert!(shown[1]["title"].as_str().unwrap().ends_with("(continued)"), "{}", shown[1]["title"]);
        assert!(shown[0]["url"].is_null() && shown.last().unwrap()["url"].is_string());
    }

    #[test]
    fn what_is_longer_than_anyone_reads_ends_with_how_much_is_missing() {
        let mut answer = samples::usage();
        answer.blocks = vec![Block::Text(Prose::plain("word ".repeat(900))); 20];
        let shown = shown(&answer);
        assert_eq!(shown.len(), PARTS_MAX);
        let last = shown.last().unwrap()["description"].as_str().unwrap();
        assert!(last.contains("more in the dashboard"), "{}", &last[last.len() - 100..]);
    }
}
