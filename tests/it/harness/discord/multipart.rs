//! Reads `multipart/form-data`: `payload_json` and `files[n]`.

use serde_json::Value;

/// An uploaded file.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The n of `files[n]`.
    pub id: u64,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// A body, as JSON or as a form.
pub fn read(content_type: &str, body: &[u8]) -> Result<(Value, Vec<Upload>), String> {
    if let Some((_, boundary)) = content_type.split_once("boundary=") {
        return form(boundary.trim_matches('"'), body);
    }
    if !content_type.starts_with("application/json") {
        return Err(format!("the content type is “{content_type}”"));
    }
    let json = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    Ok((json, Vec::new()))
}

fn form(boundary: &str, body: &[u8]) -> Result<(Value, Vec<Upload>), String> {
    let mark = format!("--{boundary}");
    let mut places = find_all(body, mark.as_bytes()).into_iter().peekable();
    let (mut json, mut uploads) = (None, Vec::new());
    while let Some(start) = places.next() {
        let Some(end) = places.peek().copied() else { break };
        let part = &body[start + mark.len()..end];
        let part = part.strip_prefix(b"\r\n").ok_or("a part does not begin with a line break")?;
        let part = part.strip_suffix(b"\r\n").ok_or("a part does not end with a line break")?;
        let split = find_all(part, b"\r\n\r\n").first().copied().ok_or("a part has no head")?;
        let head = String::from_utf8_lossy(&part[..split]).into_owned();
        let content = &part[split + 4..];
        let name = attribute(&head, "name").ok_or("a part has no name")?;
        if name == "payload_json" {
            json = Some(serde_json::from_slice(content).map_err(|error| error.to_string())?);
        } else if let Some(id) = name.strip_prefix("files[").and_then(|rest| rest.strip_suffix(']')) {
            let id = id.parse().map_err(|_odd| format!("the part is called {name}"))?;
            let name = attribute(&head, "filename").ok_or("a file has no name")?;
            uploads.push(Upload { id, name, bytes: content.to_vec() });
        } else {
            return Err(format!("a part is called {name}"));
        }
    }
    Ok((json.ok_or("there is no payload_json")?, uploads))
}

fn attribute(head: &str, key: &str) -> Option<String> {
    let from = head.find(&format!(" {key}=\""))? + key.len() + 3;
    head[from..].split('"').next().map(str::to_owned)
}

fn find_all(text: &[u8], part: &[u8]) -> Vec<usize> {
    text.windows(part.len()).enumerate().filter(|(_, window)| *window == part).map(|(at, _)| at).collect()
}
