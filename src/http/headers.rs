//! The headers that protect a page, from one place.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use super::site::Site;

/// What a response lets the browser do. Attach it to a response's extensions with [`Policy::attach`]; a response
/// without one gets [`Policy::Page`] without form targets outside this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// A page of ours. Forms may end at these further origins: the registered redirect origin of the client an
    /// interaction belongs to, because browsers apply `form-action` to the redirect after a posted form too.
    Page {
        /// Origins, as `https://app.example`.
        form_targets: Vec<String>,
    },
    /// A document somebody else made, shown or downloaded: it gets no rights whatsoever.
    Document,
}

impl Default for Policy {
    fn default() -> Self {
        Self::Page {
            form_targets: Vec::new(),
        }
    }
}

impl Policy {
    /// A page whose forms may end at `redirect_uri`'s origin. An address without an origin adds nothing.
    pub fn ending_at(redirect_uri: &str) -> Self {
        let origin = url::Url::parse(redirect_uri)
            .ok()
            .filter(|url| url.origin().is_tuple());
        Self::Page {
            form_targets: origin
                .map(|url| url.origin().ascii_serialization())
                .into_iter()
                .collect(),
        }
    }

    /// Puts this policy on `response`.
    pub fn attach<B>(self, response: &mut actix_web::HttpResponse<B>) {
        response.extensions_mut().insert(self);
    }

    /// The value of `Content-Security-Policy`.
    ///
    /// Source: CSP Level 3; the origins come from [`url::Origin`] and cannot contain a separator.
    pub fn content_security_policy(&self) -> String {
        match self {
            Self::Document => "sandbox; default-src 'none'; frame-ancestors 'none'".to_owned(),
            Self::Page { form_targets } => {
                let mut forms = "'self'".to_owned();
                for target in form_targets {
                    forms.push(' ');
                    forms.push_str(target);
                }
                format!(
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
                     connect-src 'self'; frame-src 'self'; form-action {forms}; base-uri 'none'; \
                     frame-ancestors 'none'; require-trusted-types-for 'script'"
                )
            }
        }
    }
}

const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), \
    fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

/// Puts every protecting header on a response: the one function all responses pass.
///
/// `Cache-Control: no-store` is set unless the handler chose a value (only assets and public keys do).
pub fn protect(headers: &mut HeaderMap, policy: &Policy, site: &Site) {
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("content-security-policy", &policy.content_security_policy());
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", PERMISSIONS);
    set("referrer-policy", "no-referrer");
    set("x-content-type-options", "nosniff");
    if site.origin.is_https() {
        // Two years, the sub-domains too, as ASVS 5.0 V3.4.1 asks; never `preload`: that is the owner's decision.
        set("strict-transport-security", "max-age=63072000; includeSubDomains");
    }
    if !headers.contains_key("cache-control") {
        headers.insert(
            HeaderName::from_static("cache-control"),
            HeaderValue::from_static("no-store"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_post_to_itself_and_to_the_origin_of_its_client_only() {
        let policy = Policy::ending_at("https://app.example:8443/callback?x=1");
        let value = policy.content_security_policy();
        assert!(
            value.contains("form-action 'self' https://app.example:8443; "),
            "{value}"
        );
        let none = Policy::ending_at("urn:ietf:wg:oauth:2.0:oob").content_security_policy();
        assert!(none.contains("form-action 'self'; "), "{none}");
        assert!(!none.contains("unsafe"));
    }

    #[test]
    fn a_document_of_somebody_else_gets_no_rights() {
        assert!(
            Policy::Document
                .content_security_policy()
                .starts_with("sandbox; default-src 'none'")
        );
    }
}
