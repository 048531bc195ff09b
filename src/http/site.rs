//! What this service is called, where it is reached and whom it believes: everything a request needs to know about
//! the installation. Made once at start from the configuration, never changed.

use std::fmt;
use std::sync::Arc;

use super::assets::Assets;
use super::i18n::Catalog;
use super::limiter::Limiter;
use super::proxies::TrustedProxies;
use crate::base::clock::Clock;
use crate::base::lang::Language;
use crate::base::random::Random;

/// The public address of the service: scheme and authority, no path, no trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// The text is no address zegel can be published at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as `https://login.example.be`, found `{0}`")]
pub struct OriginError(String);

impl Origin {
    /// Takes `https://host[:port]`; `http` only for `localhost` and loopback addresses.
    ///
    /// # Errors
    /// When a path, query, fragment or user name is there, or the scheme is not allowed.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let wrong = || OriginError(text.to_owned());
        let url = url::Url::parse(text).map_err(|_| wrong())?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty();
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if bare && (url.scheme() == "https" || (url.scheme() == "http" && local)) {
            Ok(Self(url.origin().ascii_serialization()))
        } else {
            Err(wrong())
        }
    }

    /// The origin as browsers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether visitors come over TLS, so that cookies are `Secure` and HSTS is sent.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much a visitor may send, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One form without files.
    pub form_bytes: usize,
    /// One JSON body.
    pub json_bytes: usize,
    /// One uploaded document.
    pub upload_bytes: usize,
}

impl Default for Limits {
    /// 64 KiB for forms, 1 MiB for JSON, 100 MiB for documents.
    fn default() -> Self {
        Self {
            form_bytes: 64 * 1024,
            json_bytes: 1024 * 1024,
            upload_bytes: 100 * 1024 * 1024,
        }
    }
}

/// The installation as every request sees it.
pub struct Site {
    /// Name shown in the page head, `zegel` unless configured.
    pub name: String,
    /// Where browsers reach the service.
    pub origin: Origin,
    /// Whether this is a test installation: then every page says TEST.
    pub is_test: bool,
    /// Language of a visitor who asks for none we speak.
    pub default_language: Language,
    /// Proxies whose forwarded headers are believed.
    pub trusted_proxies: TrustedProxies,
    /// Sizes that are refused beyond.
    pub limits: Limits,
    /// How often visitors may ask for what needs no credential.
    pub limiter: Limiter,
    /// Where to turn for help and complaints, as an e-mail address or web address; shown on pages.
    pub contact: String,
    /// All texts in all languages.
    pub catalog: Catalog,
    /// Styles and scripts with their published names.
    pub assets: Assets,
    /// The clock of handlers.
    pub clock: Arc<dyn Clock>,
    /// Randomness of handlers.
    pub random: Arc<dyn Random>,
}

impl Site {
    /// An installation with the defaults, reached at `origin`.
    pub fn new(origin: Origin, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            name: "zegel".to_owned(),
            origin,
            is_test: false,
            default_language: Language::Nl,
            trusted_proxies: TrustedProxies::default(),
            limits: Limits::default(),
            limiter: Limiter::per_minute(600, 6000),
            contact: String::new(),
            catalog: Catalog::embedded(),
            assets: Assets::embedded(),
            clock,
            random,
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("origin", &self.origin)
            .field("is_test", &self.is_test)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_https_or_loopback_origins_are_taken() {
        for (text, expected) in [
            ("https://login.example.be", Some("https://login.example.be")),
            ("https://login.example.be/", Some("https://login.example.be")),
            ("https://Login.Example.be:443", Some("https://login.example.be")),
            ("https://localhost:8443", Some("https://localhost:8443")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://login.example.be", None),
            ("https://login.example.be/zegel", None),
            ("https://login.example.be/?x", None),
            ("https://a@login.example.be", None),
            ("login.example.be", None),
        ] {
            assert_eq!(
                Origin::parse(text).ok().as_ref().map(Origin::as_str),
                expected,
                "{text}"
            );
        }
    }
}
