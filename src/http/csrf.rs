//! Did this form come from a page of this session?
//!
//! The token in a form is a one-way digest of the session cookie's value. The cookie is out of reach of scripts and
//! of other sites (`__Host-`, `HttpOnly`), so only a page we made for this session can carry the token, and no
//! instance keeps state for it. Source: OWASP ASVS 5.0 V3.5.1–3.

use actix_web::HttpRequest;
use actix_web::http::header;

use super::site::Site;
use crate::base::code::PersonCode;
use crate::base::digest::HashAlgorithm;
use crate::base::secret::constant_time_eq;

/// Name of the hidden field that carries the token.
pub const FIELD: &str = "csrf";

/// The token for forms of the session whose cookie value is `session_secret`.
///
/// Returns 64 hex digits. An empty secret has no token anybody could submit successfully: [`check`] refuses it.
pub fn token(session_secret: &str) -> String {
    let mut input = b"zegel csrf 1\0".to_vec();
    input.extend_from_slice(session_secret.as_bytes());
    hex::encode(HashAlgorithm::Sha256.digest(&input))
}

/// Refuses a state-changing request that did not come from a page of this session.
///
/// `session_secret`: value of the session cookie; `submitted`: the form's [`FIELD`].
///
/// # Errors
/// `CsrfFailed` when the token is not this session's, or the browser says another site sent it.
pub fn check(
    request: &HttpRequest,
    site: &Site,
    session_secret: &str,
    submitted: &str,
) -> Result<(), PersonCode> {
    check_origin(request, site)?;
    let expected = token(session_secret);
    if !session_secret.is_empty() && constant_time_eq(expected.as_bytes(), submitted.as_bytes()) {
        Ok(())
    } else {
        Err(PersonCode::CsrfFailed)
    }
}

/// Refuses a request that the browser says another site sent. Also for forms before there is a session.
///
/// Our own pages post with `Origin: null`, because they say `Referrer-Policy: no-referrer` (Fetch, "append a request
/// Origin header"): that is taken only with `Sec-Fetch-Site: same-origin`, which no page can write itself. A request
/// that carries neither header does not come from a current browser and passes here: it has no cookies a victim's
/// browser could have lent it, and the token still has to be right.
///
/// # Errors
/// `CsrfFailed` when `Origin` is another one than ours, or `Sec-Fetch-Site` is not `same-origin` or `none`.
pub fn check_origin(request: &HttpRequest, site: &Site) -> Result<(), PersonCode> {
    let text = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or("?"))
    };
    let (origin, fetch_site) = (text(header::ORIGIN.as_str()), text("sec-fetch-site"));
    let is_ours = match (origin, fetch_site) {
        (None, None | Some("same-origin" | "none")) | (Some("null"), Some("same-origin")) => true,
        (Some(origin), None | Some("same-origin" | "none")) => origin == site.origin.as_str(),
        (_, Some(_)) => false,
    };
    if is_ours {
        Ok(())
    } else {
        Err(PersonCode::CsrfFailed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::test::TestRequest;

    use super::*;
    use crate::base::clock::SystemClock;
    use crate::base::random::SeededRandom;
    use crate::http::site::Origin;

    fn site() -> Site {
        let origin = Origin::parse("https://login.example.be").unwrap();
        Site::new(
            origin,
            Arc::new(SystemClock::new()),
            Arc::new(SeededRandom::new(1)),
        )
    }

    #[test]
    fn the_token_of_this_session_from_our_own_page_is_taken() {
        let request = TestRequest::post()
            .insert_header(("origin", "https://login.example.be"))
            .insert_header(("sec-fetch-site", "same-origin"))
            .to_http_request();
        assert_eq!(check(&request, &site(), "secret", &token("secret")), Ok(()));
    }

    #[test]
    fn our_own_pages_hide_their_origin_and_are_known_by_what_the_browser_says() {
        let request = TestRequest::post()
            .insert_header(("origin", "null"))
            .insert_header(("sec-fetch-site", "same-origin"))
            .to_http_request();
        assert_eq!(check(&request, &site(), "secret", &token("secret")), Ok(()));
    }

    #[test]
    fn another_sessions_token_or_none_is_refused() {
        let request = TestRequest::post().to_http_request();
        for (session, submitted) in [
            ("secret", token("other")),
            ("secret", String::new()),
            ("", token("")),
            ("secret", "secret".to_owned()),
        ] {
            assert_eq!(
                check(&request, &site(), session, &submitted),
                Err(PersonCode::CsrfFailed)
            );
        }
    }

    #[test]
    fn a_form_that_another_site_sent_is_refused_even_with_the_right_token() {
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let request = TestRequest::post().insert_header((name, value)).to_http_request();
            let outcome = check(&request, &site(), "secret", &token("secret"));
            assert_eq!(outcome, Err(PersonCode::CsrfFailed), "{name}: {value}");
        }
    }
}
