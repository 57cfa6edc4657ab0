//! Bodies that come packed: unpacked within bounds, whatever they claim to be.
//!
//! Invariant: memory holds at most what [`unpacked_at_most`] says, and the window of one unpacker.

use std::io::Read;

use axum::http::HeaderMap;
use axum::http::header;

/// Longest body, packed or not: 100,000 rows of JSON have room in it.
pub(super) const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How many times as long as it was sent a body may get. Rows of usage get ten to thirty times as long.
const RATIO_MAX: usize = 100;
/// Up to this length the ratio does not matter: a few bytes that say one thing again and again harm nobody.
const RATIO_FREE_BYTES: usize = 1024 * 1024;
/// The window that zstd may ask for, as a power of two: 8 MB, which all but its `--long` and `--ultra` need.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// Not at all.
    Plain,
    Gzip,
    Zstd,
}

/// Why a body cannot be unpacked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotUnpacked {
    /// It gets longer than it may.
    TooLong,
    /// It is damaged, or packed in another way than it says.
    Damaged(String),
}

impl Packing {
    /// As the headers say; the name of another one is returned.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, String> {
        let mut packings = headers
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .flat_map(|value| value.to_str().unwrap_or("?").split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name != "identity");
        let (first, second) = (packings.next(), packings.next());
        match (first.as_deref(), second) {
            (None, _) => Ok(Self::Plain),
            (Some("gzip" | "x-gzip"), None) => Ok(Self::Gzip),
            (Some("zstd"), None) => Ok(Self::Zstd),
            (Some(other), None) => Err(other.to_owned()),
            (Some(one), Some(other)) => Err(format!("{one}, {other}")),
        }
    }

    /// How long a body that was sent with so many bytes may get.
    pub(super) fn unpacked_at_most(self, sent: usize) -> usize {
        match self {
            Self::Plain => sent,
            Self::Gzip | Self::Zstd => sent.saturating_mul(RATIO_MAX).clamp(RATIO_FREE_BYTES, BODY_BYTES_MAX),
        }
    }

    /// Unpacks a body. It may take as long as it takes to write so many bytes: do it beside the network's threads.
    pub(super) fn unpack(self, sent: Vec<u8>) -> Result<Vec<u8>, NotUnpacked> {
        let most = self.unpacked_at_most(sent.len());
        match self {
            Self::Plain => Ok(sent),
            Self::Gzip => bounded(flate2::read::MultiGzDecoder::new(sent.as_slice()), most),
            Self::Zstd => {
                let mut unpacker =
                    zstd::stream::read::Decoder::with_buffer(sent.as_slice()).map_err(damaged)?;
                unpacker.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(damaged)?;
                bounded(unpacker, most)
            }
        }
    }
}

fn bounded(unpacker: impl Read, most: usize) -> Result<Vec<u8>, NotUnpacked> {
    let mut body = Vec::new();
    unpacker.take(most as u64 + 1).read_to_end(&mut body).map_err(damaged)?;
    if body.len() > most { Err(NotUnpacked::TooLong) } else { Ok(body) }
}

fn damaged(odd: std::io::Error) -> NotUnpacked {
    NotUnpacked::Damaged(odd.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn zstd(text: &[u8], level: i32) -> Vec<u8> {
        zstd::stream::encode_all(text, level).unwrap()
    }

    #[test]
    fn what_was_packed_comes_back() {
        let text = b"timestamp,account_id\n".repeat(1_000);
        assert_eq!(Packing::Gzip.unpack(gzip(&text)), Ok(text.clone()));
        assert_eq!(Packing::Zstd.unpack(zstd(&text, 19)), Ok(text.clone()));
        assert_eq!(Packing::Plain.unpack(text.clone()), Ok(text.clone()));
        let two = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(Packing::Gzip.unpack(two), Ok(b"one two".to_vec()));
    }

    #[test]
    fn a_bomb_is_put_down_before_it_fills_the_memory() {
        let zeros = vec![0; 64 * 1024 * 1024];
        for (packing, bomb) in [(Packing::Gzip, gzip(&zeros)), (Packing::Zstd, zstd(&zeros, 3))] {
            assert!(bomb.len() < 100_000);
            assert_eq!(packing.unpack(bomb), Err(NotUnpacked::TooLong), "{packing:?}");
        }
    }

    #[test]
    fn what_is_damaged_or_something_else_is_told() {
        let whole = gzip(&b"timestamp,account_id\n".repeat(100));
        let cut = whole[..whole.len() - 3].to_vec();
        for (packing, body) in
            [(Packing::Gzip, cut), (Packing::Gzip, b"plain".to_vec()), (Packing::Zstd, whole)]
        {
            assert!(matches!(packing.unpack(body), Err(NotUnpacked::Damaged(_))), "{packing:?}");
        }
    }

    #[test]
    fn one_packing_at_a_time() {
        let of = |value: &'static str| {
            let headers = [(header::CONTENT_ENCODING, header::HeaderValue::from_static(value))];
            Packing::of(&HeaderMap::from_iter(headers))
        };
        assert_eq!(Packing::of(&HeaderMap::new()), Ok(Packing::Plain));
        assert_eq!(of("identity"), Ok(Packing::Plain));
        assert_eq!(of("GZIP"), Ok(Packing::Gzip));
        assert_eq!(of("zstd"), Ok(Packing::Zstd));
        assert_eq!(of("br"), Err("br".into()));
        assert_eq!(of("gzip, zstd"), Err("gzip, zstd".into()));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_unpacked_within_its_bound_or_refused(
            text in proptest::collection::vec(any::<u8>(), 0..600), times in 1_usize..4_000, level in 1..19_i32,
            at in any::<prop::sample::Index>(), put in proptest::collection::vec(any::<u8>(), 1..9), cut in any::<bool>(),
        ) {
            let whole = text.repeat(times);
            for (packing, packed) in [(Packing::Gzip, gzip(&whole)), (Packing::Zstd, zstd(&whole, level))] {
                let most = packing.unpacked_at_most(packed.len());
                let expected = if whole.len() > most { Err(NotUnpacked::TooLong) } else { Ok(whole.clone()) };
                prop_assert_eq!(packing.unpack(packed.clone()), expected, "{:?}", packing);
                let mut damaged = packed;
                let at = at.index(damaged.len());
                if cut {
                    damaged.truncate(at);
                } else {
                    damaged.splice(at..(at + put.len()).min(damaged.len()), put.iter().copied());
                }
                for (packing, body) in [(packing, damaged), (packing, text.clone())] {
                    let most = packing.unpacked_at_most(body.len());
                    prop_assert!(packing.unpack(body).map_or(0, |body| body.len()) <= most, "{:?}", packing);
                }
            }
        }
    }
}
