//! Inputs that somebody broke on purpose.

use etsm::config::Environment;
use proptest::prelude::ProptestConfig;
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Pieces that parsers trip over.
const PIECES: [&[u8]; 26] = [
    b"\"",
    b"\n",
    b"\r\n",
    b",",
    b";",
    b":",
    b"\t",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\",
    b"\0",
    b"\xff\xfe",
    b"NaN",
    b"-1",
    b"1e999",
    b"9999999999999999999999",
    b"\xf0\x9f\x92\xa9",
    b"\xe2\x80\xae",
    b"2026-02-30T25:61:00Z",
    b"9999-12-31",
    b"-009999-01-01",
    b"=cmd()",
    b"\xef\xbb\xbf",
    b"%",
];

/// One of the seeds, broken in up to five places.
pub fn mutated(dice: &mut ChaCha8Rng, seeds: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut body = seeds[dice.random_range(0..seeds.len())].as_ref().to_vec();
    for _ in 0..dice.random_range(1..6) {
        let at = dice.random_range(0..=body.len());
        let to = (at + dice.random_range(0..40)).min(body.len());
        match dice.random_range(0..7) {
            0 => body.truncate(at),
            1 => drop(body.drain(at..to)),
            2 => {
                let piece = PIECES[dice.random_range(0..PIECES.len())];
                body.splice(at..at, piece.iter().copied());
            }
            3 => body[at..to].fill(dice.random()),
            4 => {
                let copy = body[at..to].repeat(dice.random_range(1..200));
                body.splice(at..at, copy);
            }
            5 => {
                let other = seeds[dice.random_range(0..seeds.len())].as_ref();
                body.splice(at..to, other[dice.random_range(0..=other.len())..].iter().copied());
            }
            _ if at < body.len() => body[at] ^= 1 << dice.random_range(0..8),
            _ => {}
        }
    }
    body
}

/// The same as text, for what only ever gets text; the number stands for the dice.
pub fn mutated_text(number: u64, seeds: &[impl AsRef<[u8]>]) -> String {
    let mut dice = ChaCha8Rng::seed_from_u64(number);
    String::from_utf8_lossy(&mutated(&mut dice, seeds)).into_owned()
}

/// So many cases, or as many as `PROPTEST_CASES` says.
pub fn cases(few: u32) -> ProptestConfig {
    let asked = Environment::read().get("PROPTEST_CASES").is_some();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if asked { config } else { ProptestConfig { cases: few, ..config } }
}
