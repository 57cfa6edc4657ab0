//! Bytes of unknown encoding become UTF-8, piece by piece.
//!
//! UTF-16 is decoded as it is read. UTF-8 and Windows-1252 share ASCII, so that they are told apart field by field:
//! the first field that is not ASCII decides for the file.

use std::borrow::Cow;
use std::io;
use std::io::Read;

use encoding_rs::Decoder;
use encoding_rs::Encoding;
use encoding_rs::UTF_16BE;
use encoding_rs::UTF_16LE;
use encoding_rs::WINDOWS_1252;

use super::rejection::FileError;
use super::rejection::Flaw;
use super::rejection::Reason;
use super::rejection::shown;

/// How much is looked at before it is decided what a file is.
pub(super) const HEAD_BYTES: usize = 64 * 1024;
/// One read from the source.
const PIECE_BYTES: usize = 64 * 1024;
/// Share of control characters, in percent, from which on bytes are no text.
const CONTROL_PERCENT_MAX: usize = 5;

/// First bytes of what people send by mistake, and what to do instead.
const MAGIC: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "it is a zip archive or a spreadsheet; save the sheet as CSV, or unpack the archive"),
    (b"\xd0\xcf\x11\xe0", "it is an old spreadsheet; save the sheet as CSV"),
    (b"\x1f\x8b", "it is compressed with gzip; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; unpack it first"),
    (b"BZh", "it is compressed with bzip2; unpack it first"),
    (b"%PDF", "it is a PDF; export the table as CSV"),
    (b"\x89PNG", "it is a picture; export the table as CSV"),
    (b"ARROW1", "it is an Arrow file; write it as Parquet or CSV"),
    (b"SQLite format 3", "it is a database; export the table as CSV"),
    (b"\xff\xfe\x00\x00", "it is UTF-32; save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "it is UTF-32; save it as UTF-8"),
];

/// Which single-byte or UTF-8 text the fields hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// Only ASCII so far.
    Undecided,
    /// UTF-8; what does not decode is damaged.
    Utf8,
    /// Windows-1252, which contains Latin-1.
    Windows1252,
    /// Came as UTF-16; a replacement character shows damage.
    Utf16,
}

/// UTF-8 (or single-byte text) out of the bytes of a file, without the byte order mark.
pub(super) struct TextSource<'a> {
    inner: Box<dyn Read + 'a>,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    /// Bytes of the head or of a decoded piece that are still to be handed out.
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
    /// Bytes of the file that were read so far.
    pub(super) bytes_read: u64,
}

impl<'a> TextSource<'a> {
    /// Looks at `head`, the first bytes that were taken from `inner`, and decides the encoding.
    pub(super) fn new(head: Vec<u8>, inner: Box<dyn Read + 'a>) -> Result<(Self, Charset), FileError> {
        if head.is_empty() {
            return Err(FileError::Empty);
        }
        if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Err(FileError::not_text(format!("this is not a text file: {what}")));
        }
        let wide = utf16_of(&head);
        if wide.is_none() && control_percent(&head) > CONTROL_PERCENT_MAX {
            return Err(FileError::not_text(
                "this is not a text file; send CSV, NDJSON, a JSON list of objects or Parquet",
            ));
        }
        let bytes_read = head.len() as u64;
        let mut source = Self {
            inner,
            decoder: None,
            raw: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            ended: false,
            bytes_read,
        };
        let charset = match wide {
            Some(encoding) => {
                source.decoder = Some(encoding.new_decoder_with_bom_removal());
                source.decode(&head, false);
                Charset::Utf16
            }
            None => {
                let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
                source.ready = text.to_vec();
                charset_of(text)
            }
        };
        Ok((source, charset))
    }

    fn decode(&mut self, bytes: &[u8], last: bool) {
        let Some(decoder) = &mut self.decoder else { return };
        let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
        let mut text = String::with_capacity(room);
        let _done = decoder.decode_to_string(bytes, &mut text, last);
        self.ready = text.into_bytes();
        self.taken = 0;
    }
}

impl Read for TextSource<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.taken < self.ready.len() {
                let n = into.len().min(self.ready.len() - self.taken);
                into[..n].copy_from_slice(&self.ready[self.taken..self.taken + n]);
                self.taken += n;
                return Ok(n);
            }
            if self.ended {
                return Ok(0);
            }
            if self.decoder.is_none() {
                let n = self.inner.read(into)?;
                self.bytes_read += n as u64;
                self.ended = n == 0;
                return Ok(n);
            }
            let mut raw = std::mem::take(&mut self.raw);
            raw.resize(PIECE_BYTES, 0);
            let n = self.inner.read(&mut raw)?;
            self.bytes_read += n as u64;
            self.ended = n == 0;
            self.decode(&raw[..n], n == 0);
            self.raw = raw;
        }
    }
}

/// UTF-16 by its mark, or without one by zero bytes in every other place.
fn utf16_of(head: &[u8]) -> Option<&'static Encoding> {
    if head.starts_with(b"\xff\xfe") {
        return Some(UTF_16LE);
    }
    if head.starts_with(b"\xfe\xff") {
        return Some(UTF_16BE);
    }
    // The first column names are ASCII, whatever the rows are.
    let pairs: Vec<&[u8]> = head.chunks_exact(2).take(16).collect();
    let mostly = |wanted: fn(&&&[u8]) -> bool| pairs.iter().filter(wanted).count() * 10 > pairs.len() * 7;
    if pairs.len() >= 2 && mostly(|pair| pair[0] != 0 && pair[1] == 0) {
        return Some(UTF_16LE);
    }
    (pairs.len() >= 2 && mostly(|pair| pair[0] == 0 && pair[1] != 0)).then_some(UTF_16BE)
}

fn control_percent(head: &[u8]) -> usize {
    let odd = head.iter().filter(|b| **b < 0x20 && !matches!(**b, b'\t' | b'\n' | b'\r' | 0x0c)).count();
    odd * 100 / head.len().max(1)
}

/// What the head shows: valid multi-byte text means UTF-8; damage without any means Windows-1252.
fn charset_of(head: &[u8]) -> Charset {
    let (mut valid, mut damaged) = (false, false);
    for chunk in head.utf8_chunks() {
        valid |= !chunk.valid().is_ascii();
        let cut_by_the_head = head.len() >= HEAD_BYTES
            && chunk.invalid().as_ptr_range().end == head.as_ptr_range().end
            && chunk.invalid().len() < 4;
        damaged |= !chunk.invalid().is_empty() && !cut_by_the_head;
    }
    match (valid, damaged) {
        (true, _) => Charset::Utf8,
        (false, true) => Charset::Windows1252,
        (false, false) => Charset::Undecided,
    }
}

impl Charset {
    /// The text of a field, trimmed and without invisible characters, or what is wrong with it.
    pub(super) fn text<'a>(&mut self, bytes: &'a [u8]) -> Result<Cow<'a, str>, Flaw> {
        // Almost all fields are plain printable ASCII, where nothing needs to be looked up.
        let plain = bytes.iter().fold(true, |plain, b| plain & (*b >= 0x20) & (*b < 0x7f));
        match std::str::from_utf8(bytes) {
            Ok(text) if plain => Ok(Cow::Borrowed(text.trim_matches(' '))),
            Ok(text) => {
                if *self == Self::Undecided && !text.is_ascii() {
                    *self = Self::Utf8;
                }
                if *self == Self::Utf16 && text.contains('\u{fffd}') {
                    return Err(damaged("the field holds bytes that are not UTF-16"));
                }
                clean(Cow::Borrowed(text))
            }
            Err(_) if *self == Self::Utf8 => Err(damaged(
                "the field holds bytes that are not UTF-8, as the rest of the file; save it as UTF-8",
            )),
            Err(_) => {
                *self = Self::Windows1252;
                let (text, _, _) = WINDOWS_1252.decode(bytes);
                clean(text)
            }
        }
    }
}

fn damaged(message: &str) -> Flaw {
    Flaw::new(Reason::BadEncoding, message)
}

/// Characters that nobody sees and that would make two equal names differ.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Trims, drops invisible characters, turns hard blanks into plain ones, and refuses control characters.
pub(super) fn clean(text: Cow<'_, str>) -> Result<Cow<'_, str>, Flaw> {
    if let Some(bad) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(damaged(&format!(
            "the field {} holds the control character U+{:04X}; remove it",
            shown(&text),
            u32::from(bad)
        )));
    }
    if text.contains(|c: char| is_invisible(c) || c == '\u{a0}') {
        let seen: String =
            text.chars().filter(|c| !is_invisible(*c)).map(|c| if c == '\u{a0}' { ' ' } else { c }).collect();
        return Ok(Cow::Owned(seen.trim().to_owned()));
    }
    Ok(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    })
}
