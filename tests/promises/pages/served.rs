//! What actually leaves the server: headers, statuses, languages, problems.

use std::sync::Arc;

use actix_web::body::to_bytes;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web;
use zegel::http::proxies::TrustedProxies;
use zegel::http::server::{Furnish, application};
use zegel::http::site::Site;

use super::samples;

async fn ask(site: Site, request: TestRequest) -> ServiceResponse {
    let furnish: Furnish = Arc::new(|_| {});
    let service = init_service(application(web::Data::new(site), &furnish)).await;
    call_service(
        &service,
        request.peer_addr("127.0.0.1:40000".parse().unwrap()).to_request(),
    )
    .await
}

fn header(response: &ServiceResponse, name: &str) -> String {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap().to_owned())
        .unwrap_or_default()
}

async fn text(response: ServiceResponse) -> String {
    String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap()
}

#[actix_web::test]
async fn every_answer_carries_every_protecting_header() {
    for path in [
        "/",
        "/accessibility",
        "/no-such-page",
        "/healthz",
        "/api/v1/nothing",
    ] {
        let response = ask(samples::site(), TestRequest::with_uri(path)).await;
        let csp = header(&response, "content-security-policy");
        assert!(
            csp.starts_with("default-src 'none'; script-src 'self';"),
            "{path}: {csp}"
        );
        assert!(
            csp.contains("frame-ancestors 'none'") && csp.contains("base-uri 'none'"),
            "{path}: {csp}"
        );
        assert!(!csp.contains("unsafe"), "{path}: {csp}");
        for (name, expected) in [
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(header(&response, name), expected, "{path}: {name}");
        }
        assert!(
            header(&response, "permissions-policy").contains("camera=()"),
            "{path}"
        );
        assert_eq!(header(&response, "x-request-id").len(), 16, "{path}");
    }
}

#[actix_web::test]
async fn assets_may_be_kept_for_a_year_under_their_own_hash_only() {
    let site = samples::site();
    let path = site.assets.path("zegel.css").to_owned();
    let response = ask(site, TestRequest::with_uri(&path)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        header(&response, "cache-control"),
        "public, max-age=31536000, immutable"
    );
    let stale = ask(
        samples::site(),
        TestRequest::with_uri("/static/zegel.0000000000000000.css"),
    )
    .await;
    assert_eq!(stale.status(), StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_failure_is_a_page_for_people_and_a_problem_for_programs() {
    let page = ask(samples::site(), TestRequest::with_uri("/nothing?lang=fr")).await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
    let reference = header(&page, "x-request-id");
    let html = text(page).await;
    assert!(
        html.contains("Cette page n") && html.contains("not_found") && html.contains(&reference),
        "{html}"
    );

    let request = TestRequest::with_uri("/api/v1/nothing").insert_header(("accept-language", "de"));
    let problem = ask(samples::site(), request).await;
    assert_eq!(problem.status(), StatusCode::NOT_FOUND);
    assert_eq!(header(&problem, "content-type"), "application/problem+json");
    let reference = header(&problem, "x-request-id");
    let json: serde_json::Value = serde_json::from_str(&text(problem).await).unwrap();
    assert_eq!(json["code"], "not_found");
    assert_eq!(json["status"], 404);
    assert_eq!(json["title"], "Diese Seite gibt es nicht");
    assert_eq!(json["reference"], reference);
}

#[actix_web::test]
async fn a_chosen_language_is_remembered() {
    let response = ask(samples::site(), TestRequest::with_uri("/?lang=de")).await;
    let cookie = header(&response, "set-cookie");
    assert_eq!(
        cookie,
        "zegel-language=de; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=31536000"
    );
    assert!(text(response).await.contains("<html lang=\"de\">"));
    let later = ask(
        samples::site(),
        TestRequest::with_uri("/").insert_header(("cookie", "zegel-language=de")),
    )
    .await;
    assert!(text(later).await.contains("<html lang=\"de\">"));
}

#[actix_web::test]
async fn a_reference_is_taken_from_a_believed_proxy_only() {
    let request = || TestRequest::with_uri("/healthz").insert_header(("x-request-id", "abcdef-123456"));
    let unknown = ask(samples::site(), request()).await;
    assert_ne!(header(&unknown, "x-request-id"), "abcdef-123456");
    let mut site = samples::site();
    site.trusted_proxies = TrustedProxies::new(vec!["127.0.0.1".parse().unwrap()]);
    let known = ask(site, request()).await;
    assert_eq!(header(&known, "x-request-id"), "abcdef-123456");
    let mut site = samples::site();
    site.trusted_proxies = TrustedProxies::new(vec!["127.0.0.1".parse().unwrap()]);
    let strange = ask(
        site,
        TestRequest::with_uri("/healthz").insert_header(("x-request-id", "a b\"c<d>efgh")),
    )
    .await;
    assert_eq!(header(&strange, "x-request-id").len(), 16);
}

#[actix_web::test]
async fn this_computer_is_the_socket_and_never_a_header_of_a_stranger() {
    let believed = || {
        let mut site = samples::site();
        site.trusted_proxies =
            TrustedProxies::new(vec!["10.0.0.1".parse().unwrap(), "127.0.0.9".parse().unwrap()]);
        site
    };
    for (site, peer, forwarded, expected) in [
        (samples::site(), "127.0.0.1:1", None, StatusCode::OK),
        (samples::site(), "[::1]:1", None, StatusCode::OK),
        (samples::site(), "[::ffff:127.0.0.1]:1", None, StatusCode::OK),
        (samples::site(), "192.0.2.1:1", None, StatusCode::FORBIDDEN),
        (
            samples::site(),
            "192.0.2.1:1",
            Some("127.0.0.1"),
            StatusCode::FORBIDDEN,
        ),
        (
            samples::site(),
            "127.0.0.1:1",
            Some("203.0.113.4"),
            StatusCode::FORBIDDEN,
        ),
        (
            believed(),
            "10.0.0.1:1",
            Some("203.0.113.4"),
            StatusCode::FORBIDDEN,
        ),
        (
            believed(),
            "127.0.0.9:1",
            Some("203.0.113.4"),
            StatusCode::FORBIDDEN,
        ),
        (believed(), "127.0.0.9:1", Some("127.0.0.1"), StatusCode::OK),
        (
            believed(),
            "127.0.0.9:1",
            Some("::ffff:127.0.0.1"),
            StatusCode::OK,
        ),
        (
            believed(),
            "127.0.0.9:1",
            Some("127.0.0.1, 127.0.0.9"),
            StatusCode::OK,
        ),
        (believed(), "127.0.0.9:1", None, StatusCode::FORBIDDEN),
        (believed(), "127.0.0.9:1", Some(""), StatusCode::FORBIDDEN),
        (believed(), "10.0.0.1:1", None, StatusCode::FORBIDDEN),
        // Loopback of the proxy's computer, which is another one.
        (believed(), "10.0.0.1:1", Some("127.0.0.1"), StatusCode::FORBIDDEN),
        (
            believed(),
            "127.0.0.9:1",
            Some("127.0.0.1, 10.0.0.1"),
            StatusCode::FORBIDDEN,
        ),
    ] {
        let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
        if let Some(forwarded) = forwarded {
            request = request.insert_header(("x-forwarded-for", forwarded));
        }
        assert_eq!(here(site, request).await, expected, "{peer} {forwarded:?}");
    }
}

/// A proxy on this computer is on loopback itself: what it says of the person must be there and wholly readable, and
/// whoever is behind it can write the beginning of it.
#[actix_web::test]
async fn a_proxy_of_this_computer_makes_nobody_local() {
    let believed = || {
        let mut site = samples::site();
        site.trusted_proxies = TrustedProxies::new(vec!["127.0.0.1".parse().unwrap()]);
        site
    };
    let (refused, taken) = (StatusCode::FORBIDDEN, StatusCode::OK);
    type Headers = &'static [(&'static str, &'static [u8])];
    let rows: &[(Headers, StatusCode, StatusCode)] = &[
        // What came, then the answer where the proxy is believed, and where it is not known.
        (&[], refused, taken),
        (&[("x-forwarded-for", b"127.0.0.1")], taken, refused),
        (&[("x-forwarded-for", b"203.0.113.9")], refused, refused),
        (&[("x-forwarded-for", b"\xff, 203.0.113.9")], refused, refused),
        (&[("x-forwarded-for", b"\xff, 127.0.0.1")], refused, refused),
        (
            &[("x-forwarded-for", b"\xff"), ("x-forwarded-for", b"127.0.0.1")],
            refused,
            refused,
        ),
        (&[("x-forwarded-for", b"127.0.0.1,")], refused, refused),
        (&[("x-forwarded-for", b"_hidden, 127.0.0.1")], refused, refused),
        (&[("forwarded", b"for=127.0.0.1")], refused, refused),
        (&[("x-real-ip", b"127.0.0.1")], refused, refused),
        (&[("via", b"1.1 proxy")], refused, refused),
        (&[("x-forwarded-host", b"zegel.example")], refused, refused),
        (&[("x-forwarded-proto", b"https")], refused, refused),
        (&[("x-forwarded-anything", b"\xff")], refused, refused),
    ];
    for (headers, by_believed, by_unknown) in rows {
        for (site, expected) in [(believed(), by_believed), (samples::site(), by_unknown)] {
            let mut request = TestRequest::default().peer_addr("127.0.0.1:1".parse().unwrap());
            for (name, value) in *headers {
                let value = actix_web::http::header::HeaderValue::from_bytes(value).unwrap();
                request = request.append_header((*name, value));
            }
            let proxies = site.trusted_proxies.clone();
            assert_eq!(here(site, request).await, *expected, "{headers:?} {proxies:?}");
        }
    }
}

/// The status of a route that only browsers of this computer reach.
async fn here(site: Site, request: TestRequest) -> StatusCode {
    use actix_web::{HttpResponse, web::get};
    use zegel::http::visit::AtThisComputer;

    async fn answer(_: AtThisComputer) -> HttpResponse {
        HttpResponse::Ok().finish()
    }
    let furnish: Furnish = Arc::new(|config| {
        config.route("/here", get().to(answer));
    });
    let service = init_service(application(web::Data::new(site), &furnish)).await;
    call_service(&service, request.uri("/here").to_request())
        .await
        .status()
}

#[actix_web::test]
async fn the_language_links_of_a_refusal_lead_to_a_page_of_ours() {
    let form = |path: &str| TestRequest::post().uri(path);
    for (request, expected) in [
        (TestRequest::with_uri("//evil.example/x"), "/?"),
        (TestRequest::with_uri("/%5Cevil.example"), "/%5Cevil.example?"),
        (TestRequest::with_uri("/nowhere?a=1"), "/nowhere?a=1&#38;"),
        (form("/interaction/int_1/capacity"), "/interaction/int_1?"),
        (form("/sign/srq_1/decline"), "/sign/srq_1?"),
        (form("/b/zegelgem/authorize"), "/?"),
        (form("/interaction/"), "/interaction/?"),
    ] {
        let response = ask(samples::site(), request).await;
        assert!(response.status().is_client_error() || response.status().is_server_error());
        let body = text(response).await;
        let link = format!("href=\"{expected}lang=fr\"");
        assert!(body.contains(&link), "{link} in {body}");
        assert!(!body.contains("href=\"//"), "{expected}");
    }
}

#[actix_web::test]
async fn only_a_test_installation_says_test() {
    let mut real = samples::site();
    real.is_test = false;
    assert!(
        !text(ask(real, TestRequest::with_uri("/?lang=nl")).await)
            .await
            .contains("TEST")
    );
    assert!(
        text(ask(samples::site(), TestRequest::with_uri("/?lang=nl")).await)
            .await
            .contains("TEST")
    );
}
