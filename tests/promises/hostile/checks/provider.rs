//! What a browser, an application or a proxy sends.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::test::TestRequest;
use zegel::base::lang::Language;
use zegel::http::proxies::{Network, TrustedProxies};
use zegel::http::site::Origin;
use zegel::http::{cookies, i18n};
use zegel::oidc::authorize::Raw;
use zegel::oidc::bearer;
use zegel::oidc::client::ClientSlug;
use zegel::oidc::interaction::OwnPath;
use zegel::oidc::pkce::CodeChallenge;
use zegel::oidc::redirect::RedirectUri;
use zegel::oidc::scope::Scopes;
use zegel::oidc::token::TokenRequest;

use crate::hostile::specimens::{authority, moment};

fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

/// Authorize and token requests, PKCE, redirect URIs, credentials.
pub fn oidc(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
    if let Ok(raw) = Raw::read(pairs(rest)) {
        let client = authority().client();
        let _ = raw.client();
        if let Ok(request) = raw.check(client.board, "https://localhost/b", Some(&client), &[], moment()) {
            assert!(
                client
                    .registration
                    .redirect_uris
                    .iter()
                    .any(|uri| raw.get("redirect_uri").is_some_and(|asked| uri.matches(asked))),
                "a code goes only where it was agreed"
            );
            assert!(
                request
                    .scopes
                    .first_outside(&client.registration.scopes)
                    .is_none()
            );
        }
    }
    let header = (!head.is_empty()).then_some(head);
    let _ = TokenRequest::read(header, &pairs(rest));
    let _ = bearer::token_of(header, None);
    if let Ok(challenge) = CodeChallenge::read(header, Some("S256")) {
        assert!(
            !challenge.is_answered_by(head),
            "a challenge never answers itself"
        );
    }
    if let Ok(uri) = RedirectUri::register(head) {
        assert!(uri.matches(head));
        assert!(uri.as_str().starts_with("https:") || uri.as_str().starts_with("http:"));
        assert!(!uri.origin().is_empty() && !uri.host().is_empty());
        let _ = uri.matches(rest);
    }
    let _ = head
        .parse::<ClientSlug>()
        .map(|slug| assert_eq!(slug.as_str(), head));
    let _ = head.parse::<OwnPath>().map(|path| {
        assert!(path.as_str().starts_with('/') && !path.as_str().starts_with("//"));
    });
    let _ = Scopes::known_of(&text);
}

/// Headers.
pub fn headers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Language::best_of(&text);
    let _ = text.parse::<Network>().map(|network| {
        assert_eq!(
            network.to_string().parse::<Network>().unwrap().to_string(),
            network.to_string()
        );
    });
    let proxy = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let stranger: IpAddr = "192.0.2.7".parse().unwrap();
    let proxies = TrustedProxies::new(vec!["127.0.0.1".parse().unwrap()]);
    let values: Vec<&str> = text.lines().collect();
    assert_eq!(
        proxies.visitor(stranger, &values),
        Some(stranger),
        "who is no proxy speaks for itself"
    );
    let _ = proxies.visitor(proxy, &values);
    if let Ok(origin) = Origin::parse(&text) {
        assert_eq!(Origin::parse(origin.as_str()).unwrap().as_str(), origin.as_str());
    }
    let mut request = TestRequest::default();
    for name in ["cookie", "accept-language", "x-forwarded-for"] {
        if let Ok(value) = actix_web::http::header::HeaderValue::from_bytes(bytes) {
            request = request.insert_header((name, value));
        }
    }
    let request = request.to_http_request();
    let _ = cookies::find(&request, "zegel-language");
    let _ = i18n::choose(&request, Language::Nl);
    let _ = i18n::same_page_in(Language::Fr, "/", &text);
}
