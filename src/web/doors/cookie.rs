//! Our cookies: what browsers send of them, and how they are set.

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header;
use jiff::SignedDuration;

use crate::access::Token;

/// The cookie of a session.
pub(super) const SESSION: Cookie = Cookie { secure: "__Host-etsm", plain: "etsm" };
/// The cookie of a login under way.
pub(super) const LOGIN: Cookie = Cookie { secure: "__Host-etsm-login", plain: "etsm-login" };

/// A cookie with its two names: `__Host-` makes the browser promise that no other host has set it, which it does over
/// HTTPS alone.
pub(super) struct Cookie {
    secure: &'static str,
    plain: &'static str,
}

impl Cookie {
    fn name(&self, secure: bool) -> &'static str {
        if secure { self.secure } else { self.plain }
    }

    /// The token in it.
    pub(super) fn token(&self, headers: &HeaderMap, secure: bool) -> Option<Token> {
        let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name(secure)).and_then(|(_, value)| Token::read(value))
    }

    /// Sets it for so long.
    pub(super) fn set(&self, token: &Token, secure: bool, lasts: SignedDuration) -> HeaderValue {
        self.value(token.reveal(), secure, lasts.as_secs())
    }

    /// Takes it away.
    pub(super) fn clear(&self, secure: bool) -> HeaderValue {
        self.value("", secure, 0)
    }

    fn value(&self, text: &str, secure: bool, seconds: i64) -> HeaderValue {
        let only_https = if secure { "; Secure" } else { "" };
        // Lax, for a link in chat has to open with the session that is there.
        let text = format!(
            "{}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{only_https}",
            self.name(secure)
        );
        HeaderValue::from_str(&text).expect("names, base64 and numbers fit into a header")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_reads_back_among_others() {
        let token = Token::random();
        let set = SESSION.set(&token, true, SignedDuration::from_hours(1));
        let text = set.to_str().unwrap();
        assert!(text.ends_with("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"), "{text}");
        let pair = text.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_str(&format!("a=b; {pair}; c")).unwrap());
        assert_eq!(SESSION.token(&headers, true), Some(token));
        assert_eq!(SESSION.token(&headers, false), None);
        assert_eq!(LOGIN.token(&headers, true), None);
    }
}
