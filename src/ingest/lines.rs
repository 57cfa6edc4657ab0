//! A window over a stream of text that can look ahead by whole lines and step back.
//!
//! Invariant: memory holds one record and one read, whatever the length of the file or of a line.

use std::io;
use std::io::Read;

use super::encoding::TextSource;

/// Longest line or JSON record that is kept; what is longer is cut and refused.
pub(super) const RECORD_BYTES_MAX: usize = 1024 * 1024;
/// One read.
const PIECE_BYTES: usize = 64 * 1024;

/// The not yet consumed part of a text.
pub(super) struct Lines<'a> {
    source: TextSource<'a>,
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
}

/// A line in the window, as offsets from its begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// First byte.
    pub(super) start: usize,
    /// First byte of the line end.
    pub(super) end: usize,
    /// First byte of the next line.
    pub(super) next: usize,
    /// It was longer than may be kept; the rest is gone.
    pub(super) cut: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: TextSource<'a>) -> Self {
        Self { source, buffer: Vec::new(), start: 0, ended: false }
    }

    /// What is in memory and not consumed.
    pub(super) fn window(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Steps over `count` bytes for good.
    pub(super) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.buffer.len());
    }

    /// Bytes of the file that were read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.source.bytes_read
    }

    /// Reads more behind the window; false at the end of the text.
    pub(super) fn grow(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let filled = self.buffer.len();
        self.buffer.resize(filled + PIECE_BYTES, 0);
        let read = loop {
            match self.source.read(&mut self.buffer[filled..]) {
                Err(problem) if problem.kind() == io::ErrorKind::Interrupted => {}
                done => break done,
            }
        };
        let count = read.as_ref().map_or(0, |count| *count);
        self.buffer.truncate(filled + count);
        self.ended = read? == 0;
        Ok(!self.ended)
    }

    /// Takes away the bytes of the window between two offsets.
    pub(super) fn cut_out(&mut self, from: usize, to: usize) {
        self.buffer.drain(self.start + from..self.start + to);
    }

    /// The line that begins at `start`, however it ends (LF, CRLF or CR); `None` at the end of the text.
    pub(super) fn line_at(&mut self, start: usize) -> io::Result<Option<Line>> {
        let mut searched = start;
        let mut cut = false;
        loop {
            let found = self.window().get(searched..).and_then(line_end).map(|at| searched + at);
            if let Some(end) = found {
                let carriage = self.window()[end] == b'\r';
                if carriage && end + 1 == self.window().len() {
                    self.grow()?; // the second half of a CRLF may be in the next read
                }
                let pair = carriage && self.window().get(end + 1) == Some(&b'\n');
                return Ok(Some(Line { start, end, next: end + 1 + usize::from(pair), cut }));
            }
            let length = self.window().len();
            if length > start + RECORD_BYTES_MAX {
                self.cut_out(start + RECORD_BYTES_MAX, length);
                cut = true;
            }
            searched = self.window().len();
            if !self.grow()? {
                let end = self.window().len();
                return Ok((end > start).then_some(Line { start, end, next: end, cut }));
            }
        }
    }

    /// Reads until the window holds `count` bytes or the text ends.
    pub(super) fn look(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.window().len() < count && self.grow()? {}
        let shown = self.window().len().min(count);
        Ok(&self.window()[..shown])
    }
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|b| *b == b'\n' || *b == b'\r')
}
