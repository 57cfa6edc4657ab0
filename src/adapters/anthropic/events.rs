//! Server-sent events out of a stream of bytes.
//!
//! Invariant: how the bytes are cut into pieces makes no difference.

/// Longest event; the Messages API sends a few kilobytes at most.
const EVENT_BYTES_MAX: usize = 4 << 20;

/// An event as it came. Its name is left out: the data repeat it as `type`.
pub(super) type Data = String;

/// The stream sends something that is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// Cuts a stream into events.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The line that is not complete yet.
    line: Vec<u8>,
    /// The last byte ended a line by a carriage return, so that a line feed right behind it ends no other.
    returned: bool,
    /// Lines of data of the event that is not complete yet.
    data: Option<String>,
}

impl Events {
    /// The events that are complete with these bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Vec<Data>, TooLong> {
        let mut found = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' if self.returned => {}
                b'\n' | b'\r' => found.extend(self.end_line()),
                _ => self.line.push(*byte),
            }
            self.returned = *byte == b'\r';
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > EVENT_BYTES_MAX {
                return Err(TooLong);
            }
        }
        Ok(found)
    }

    fn end_line(&mut self) -> Option<Data> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.data.take();
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
        let value = line.strip_prefix("data:")?;
        let value = value.strip_prefix(' ').unwrap_or(value);
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            None => self.data = Some(value.to_owned()),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stream: &str, expected: &[&str]) {
        assert_eq!(Events::default().take(stream.as_bytes()).unwrap(), expected, "{stream:?}");
    }

    #[test]
    fn events_end_with_an_empty_line() {
        check("event: ping\ndata: {}\n\n", &["{}"]);
        check("data:a\r\ndata: b\r\n\r\ndata: c\r\rdata: unfinished\n", &["a\nb", "c"]);
        check(": a comment\n\nid: 3\nretry: 5\ndata\n\ndata:\n\n", &[""]);
        check("\u{feff}data: first\n\n\n\ndata: next\n\n", &["first", "next"]);
    }

    #[test]
    fn an_event_without_end_is_given_up() {
        let mut events = Events::default();
        let chunk = vec![b'x'; 1 << 20];
        assert!((0..8).any(|_| events.take(&chunk).is_err()));
    }
}
