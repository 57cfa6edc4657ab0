//! Addresses of our own, so that nothing that comes from outside sends a visitor elsewhere.

/// A path with its query on this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnPath(String);

/// Longer ones are no pages of ours.
const CHARS_MAX: usize = 1_024;

impl OwnPath {
    /// The start page, for whatever is no address of ours.
    pub(crate) fn read(text: &str) -> Self {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        // A browser takes `//host` and `/\host` for another server.
        let own = text.starts_with('/') && !text[1..].starts_with(['/', '\\']);
        let fits = own && printable && !text.contains('\\') && text.len() <= CHARS_MAX;
        Self(if fits { text.to_owned() } else { "/".to_owned() })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expected: &str) {
        assert_eq!(OwnPath::read(given).as_str(), expected, "{given}");
    }

    #[test]
    fn only_own_paths_are_led_to() {
        check("/accounts/acme/usage?range=30d&by=endpoint", "/accounts/acme/usage?range=30d&by=endpoint");
        check("/", "/");
        for odd in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "usage",
            "/a\r\nset-cookie: x",
            "/\t/evil.example",
            "/%0a\u{e9}é",
        ] {
            check(odd, "/");
        }
        check(&format!("/{}", "a".repeat(CHARS_MAX)), "/");
    }
}
