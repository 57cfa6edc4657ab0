//! Parts a line at its delimiters, with quotes.

use std::borrow::Cow;

use super::lines::Line;

/// Where a field's content stands in the window, quotes taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    start: usize,
    end: usize,
    /// It holds quotes that have to be undone.
    escaped: bool,
}

/// A quoted field whose end has not been seen yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open {
    start: usize,
    escaped: bool,
}

impl Field {
    /// The content, doubled quotes undone.
    pub(super) fn bytes<'w>(&self, window: &'w [u8]) -> Cow<'w, [u8]> {
        let content = &window[self.start..self.end];
        if self.escaped { Cow::Owned(unescaped(content)) } else { Cow::Borrowed(content) }
    }

    /// Whether it holds nothing but blanks.
    pub(super) fn is_blank(&self, window: &[u8]) -> bool {
        window[self.start..self.end].iter().all(|b| b.is_ascii_whitespace())
    }
}

/// `""` is a quote; a backslash before a quote goes; a quote that neither closes nor is doubled stays.
fn unescaped(content: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(content.len());
    let mut bytes = content.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'"' && bytes.peek() == Some(&b'"') {
            bytes.next();
        } else if byte == b'"' && plain.last() == Some(&b'\\') {
            plain.pop();
        }
        plain.push(byte);
    }
    plain
}

/// Parts a line that holds no quote.
pub(super) fn split_plain(window: &[u8], line: Line, delimiter: u8, fields: &mut Vec<Field>) {
    let mut start = line.start;
    for (at, byte) in window[..line.end].iter().enumerate().skip(line.start) {
        if *byte == delimiter {
            fields.push(Field { start, end: at, escaped: false });
            start = at + 1;
        }
    }
    fields.push(Field { start, end: line.end, escaped: false });
}

/// Parts a line that may hold quotes; `open` carries a quoted field from line to line.
pub(super) fn split_quoted(
    window: &[u8],
    line: Line,
    delimiter: u8,
    fields: &mut Vec<Field>,
    open: &mut Option<Open>,
) {
    let blanks_from = |from: usize| {
        let is_blank = |b: &u8| *b == b' ' || (*b == b'\t' && delimiter != b'\t');
        from + window[from..line.end].iter().take_while(|b| is_blank(b)).count()
    };
    let find = |from: usize, wanted: u8| {
        window[from..line.end].iter().position(|b| *b == wanted).map(|at| from + at)
    };
    let mut at = line.start;
    loop {
        let mut field = match open.take() {
            Some(field) => field,
            None => {
                let first = blanks_from(at);
                if first == line.end || window[first] != b'"' {
                    let end = find(at, delimiter).unwrap_or(line.end);
                    fields.push(Field { start: at, end, escaped: false });
                    if end == line.end {
                        return;
                    }
                    at = end + 1;
                    continue;
                }
                at = first + 1;
                Open { start: at, escaped: false }
            }
        };
        let Some(quote) = find(at, b'"') else {
            *open = Some(field);
            return;
        };
        let after = blanks_from(quote + 1);
        if quote + 1 < line.end && window[quote + 1] == b'"' {
            field.escaped = true;
            at = quote + 2;
            *open = Some(field);
        } else if after == line.end || window[after] == delimiter {
            fields.push(Field { start: field.start, end: quote, escaped: field.escaped });
            if after == line.end {
                return;
            }
            at = after + 1;
        } else {
            field.escaped = true; // a quote in the midst of a field: it stays as it is
            at = quote + 1;
            *open = Some(field);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let line = Line { start: 0, end: text.len(), next: text.len(), cut: false };
        let (mut fields, mut open) = (Vec::new(), None);
        split_quoted(text.as_bytes(), line, b',', &mut fields, &mut open);
        let mut got: Vec<String> = fields
            .iter()
            .map(|f| String::from_utf8(f.bytes(text.as_bytes()).into_owned()).unwrap())
            .collect();
        if open.is_some() {
            got.push("<open>".to_owned());
        }
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn quotes_are_taken_off_and_undoubled() {
        check("a,b", &["a", "b"]);
        check("", &[""]);
        check("a,", &["a", ""]);
        check(r#""a,b",c"#, &["a,b", "c"]);
        check(r#" "a" ,c"#, &["a", "c"]);
        check(r#""",x"#, &["", "x"]);
        check(r#""acme ""eu"" inc",x"#, &[r#"acme "eu" inc"#, "x"]);
        check(r#""""acme""",x"#, &[r#""acme""#, "x"]);
        check(r#""acme \"eu\" inc",x"#, &[r#"acme "eu" inc"#, "x"]);
        check(r#""acme "eu" inc",x"#, &[r#"acme "eu" inc"#, "x"]);
        check(r#"5" pipe,x"#, &[r#"5" pipe"#, "x"]);
        check(r#"x,"acme,1"#, &["x", "<open>"]);
        check(r#"x,""#, &["x", "<open>"]);
        check(r#"x,"a"""#, &["x", "<open>"]);
    }
}
