//! Redirect URIs: registered whole, compared whole.

use serde::{Deserialize, Serialize};
use url::Url;

/// A redirect URI that a client registered: absolute, https or loopback http, without a fragment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// Why a redirect URI may not be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// It has a fragment (RFC 6749 §3.1.2).
    #[error("a redirect URI has no fragment")]
    Fragment,
    /// Not an absolute URL.
    #[error("a redirect URI is an absolute URL")]
    Malformed,
    /// Neither https nor http on `127.0.0.1`, `[::1]` or `localhost`.
    #[error("a redirect URI is https, or http on this same machine")]
    Scheme,
}

impl RedirectUri {
    /// Checks `text` for registration. It is kept as it was written, byte for byte.
    pub fn register(text: &str) -> Result<Self, RedirectUriError> {
        let url = Url::parse(text).map_err(|_| RedirectUriError::Malformed)?;
        if url.fragment().is_some() {
            return Err(RedirectUriError::Fragment);
        }
        match url.scheme() {
            "https" if url.host_str().is_some() => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(RedirectUriError::Scheme),
        }
        if text.contains(char::is_whitespace) || text.contains(char::is_control) || !text.is_ascii() {
            return Err(RedirectUriError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether the URI of a request is this one.
    ///
    /// An exact comparison of text (RFC 9700 §4.1.3). One exception: on the literals `127.0.0.1` and `[::1]` the
    /// port may vary (RFC 8252 §7.3), because a native program gets whatever port is free.
    pub fn matches(&self, requested: &str) -> bool {
        self.0 == requested || self.matches_but_for_port(requested).unwrap_or(false)
    }

    fn matches_but_for_port(&self, requested: &str) -> Option<bool> {
        let (prefix, rest) = ["http://127.0.0.1", "http://[::1]"]
            .into_iter()
            .find_map(|prefix| Some((prefix, self.0.strip_prefix(prefix)?)))?;
        let requested = requested.strip_prefix(prefix)?;
        Some(without_port(rest)? == without_port(requested)?)
    }

    /// The URI as it was registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port, as a content security policy names a form's target.
    pub fn origin(&self) -> String {
        Url::parse(&self.0)
            .map(|url| url.origin().ascii_serialization())
            .unwrap_or_default()
    }

    /// The host, which is the sector of pairwise subjects (OpenID Connect Core §8.1).
    pub fn host(&self) -> String {
        Url::parse(&self.0)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

/// What follows the port, or `None` when what stands there is no port.
fn without_port(rest: &str) -> Option<&str> {
    let Some(after) = rest.strip_prefix(':') else {
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest);
    };
    let end = after
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(after.len());
    let (port, path) = after.split_at_checked(end)?;
    (port.parse::<u16>().is_ok() && (path.is_empty() || path.starts_with(['/', '?']))).then_some(path)
}

impl TryFrom<String> for RedirectUri {
    type Error = RedirectUriError;
    fn try_from(text: String) -> Result<Self, RedirectUriError> {
        Self::register(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_text_matches_and_only_a_loopback_port_may_vary() {
        for (registered, requested, expected) in [
            ("https://app.example/cb", "https://app.example/cb", true),
            ("https://app.example/cb", "https://app.example/cb/", false),
            ("https://app.example/cb", "https://app.example/cb?x=1", false),
            ("https://app.example/cb", "https://APP.example/cb", false),
            ("https://app.example/cb", "https://app.example:443/cb", false),
            ("https://app.example/cb", "http://app.example/cb", false),
            ("https://app.example/cb", "https://app.example/", false),
            (
                "https://app.example/cb",
                "https://app.example.evil.example/cb",
                false,
            ),
            ("https://app.example/cb", "https://app.example/cb#x", false),
            ("https://app.example/cb?a=1", "https://app.example/cb?a=1", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:51234/cb", true),
            ("http://[::1]/cb", "http://[::1]:51234/cb", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51234/other", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:x@evil.example/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1@evil.example/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false),
            ("http://127.0.0.1/cb", "http://[::1]/cb", false),
            ("http://localhost:1/cb", "http://localhost:2/cb", false),
            ("https://127.0.0.1:1/cb", "https://127.0.0.1:2/cb", false),
        ] {
            let registered = RedirectUri::register(registered).unwrap();
            assert_eq!(
                registered.matches(requested),
                expected,
                "{} {requested}",
                registered.as_str()
            );
        }
    }

    #[test]
    fn what_may_not_be_registered() {
        for (text, error) in [
            ("", RedirectUriError::Malformed),
            ("/cb", RedirectUriError::Malformed),
            ("https://app.example/cb#x", RedirectUriError::Fragment),
            ("http://app.example/cb", RedirectUriError::Scheme),
            ("javascript:alert(1)", RedirectUriError::Scheme),
            ("https://app.example/c b", RedirectUriError::Malformed),
        ] {
            assert_eq!(RedirectUri::register(text).unwrap_err(), error, "{text}");
        }
    }
}
