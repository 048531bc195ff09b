//! Cookies: read by name, written with every protection.

use std::fmt::Write as _;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderValue};

use super::site::Site;

/// Value of the cookie `name`, if the browser sent exactly one of that name.
///
/// Two cookies of one name mean that somebody planted one: then neither is believed.
pub fn find(request: &HttpRequest, name: &str) -> Option<String> {
    let mut found = request
        .headers()
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"').to_owned());
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The `Set-Cookie` value for `name`: path `/`, `HttpOnly`, `SameSite=Lax`, `Secure` over https. No domain is ever
/// set, so that a name with the prefix `__Host-` holds. Without `max_age` it ends with the browser session; zero
/// removes it.
///
/// Returns `None` when name or value contain something a cookie cannot.
pub fn set(site: &Site, name: &str, value: &str, max_age: Option<Duration>) -> Option<HeaderValue> {
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\";,\\=".contains(&byte))
    };
    if name.is_empty() || !plain(name) || !plain(value) {
        return None;
    }
    let mut text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
    if site.origin.is_https() {
        text.push_str("; Secure");
    }
    if let Some(age) = max_age {
        let _ = write!(text, "; Max-Age={}", age.as_secs());
    }
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::test::TestRequest;

    use super::*;
    use crate::base::clock::SystemClock;
    use crate::base::random::SeededRandom;
    use crate::http::site::Origin;

    #[test]
    fn a_cookie_is_found_among_others_and_a_doubled_one_is_not_believed() {
        let request = |cookies: &str| {
            TestRequest::default()
                .insert_header(("cookie", cookies))
                .to_http_request()
        };
        assert_eq!(
            find(&request("a=1; zegel-language=fr;b=2"), "zegel-language").as_deref(),
            Some("fr")
        );
        assert_eq!(find(&request("a=1"), "b"), None);
        assert_eq!(find(&request("a=1; a=2"), "a"), None);
    }

    #[test]
    fn cookies_are_written_protected_and_never_with_foreign_characters() {
        let origin = Origin::parse("https://login.example.be").unwrap();
        let site = Site::new(
            origin,
            Arc::new(SystemClock::new()),
            Arc::new(SeededRandom::new(1)),
        );
        let value = set(&site, "__Host-zegel", "abc", Some(Duration::from_mins(1))).unwrap();
        assert_eq!(
            value.to_str().unwrap(),
            "__Host-zegel=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
        );
        for bad in ["a;b", "a b", "a\r\nb", "a=b", "é"] {
            assert!(set(&site, "name", bad, None).is_none(), "{bad:?}");
        }
    }
}
