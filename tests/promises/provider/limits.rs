//! What needs no credential may be asked only so often: from one address, from all together, and never so seldom that a
//! busy office notices.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::test::{self, TestRequest};
use actix_web::web;
use zegel::http::limiter::Limiter;
use zegel::http::proxies::TrustedProxies;
use zegel::http::server::{Furnish, application};
use zegel::http::site::{Origin, Site};

use super::world::{ORIGIN, SECRET, World, basic, registration, request, world};

const OFFICE: &str = "203.0.113.9";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn site(world: &World) -> Site {
    let origin = Origin::parse(ORIGIN).unwrap();
    let mut site = Site::new(origin, world.app.clock.clone(), world.app.random.clone());
    site.trusted_proxies = TrustedProxies::new(vec!["10.0.0.1".parse().unwrap()]);
    site
}

fn furnish(world: &World) -> Furnish {
    let app = web::Data::from(Arc::clone(&world.app));
    Arc::new(move |config| {
        config.app_data(app.clone());
    })
}

/// The same request, from `address` through the proxy that is believed.
fn from(address: &str, request: TestRequest) -> actix_web::test::TestRequest {
    request
        .peer_addr("10.0.0.1:50000".parse().unwrap())
        .insert_header(("x-forwarded-for", address))
}

fn query() -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(request("app", &[]))
        .finish()
}

/// Every request that is counted, by name.
fn counted(world: &World) -> Vec<(&'static str, TestRequest)> {
    let board = format!("/b/{}", world.board.slug);
    let visit = "/interaction/int_01m89pyn35rd9xd8mw0ftm3y41";
    let post = |path: &str| TestRequest::post().uri(path).insert_header(("origin", ORIGIN));
    vec![
        (
            "begin",
            TestRequest::get().uri(&format!("{board}/authorize?{}", query())),
        ),
        (
            "begin, written otherwise",
            TestRequest::get().uri(&format!("{board}/%61uthorize?{}", query())),
        ),
        (
            "token of a card",
            post(&format!("{visit}/web-eid/token")).set_payload("{}"),
        ),
        (
            "reader",
            post(&format!("{visit}/counter"))
                .insert_header(FORM)
                .set_payload("csrf=x"),
        ),
        (
            "client that is none",
            post(&format!("{board}/token"))
                .insert_header(FORM)
                .insert_header(("authorization", basic("app", "wrong")))
                .set_payload("grant_type=client_credentials"),
        ),
        (
            "document",
            post("/verify")
                .insert_header(("content-type", "multipart/form-data; boundary=x"))
                .set_payload("--x--\r\n"),
        ),
    ]
}

#[actix_web::test]
async fn too_many_requests_without_a_credential_are_told_when_to_come_again() {
    let world = world().await;
    world.register("app", registration()).await;
    for (name, _) in counted(&world) {
        let mut site = site(&world);
        site.limiter = Limiter::per_minute(2, 1000);
        let service = test::init_service(application(web::Data::new(site), &furnish(&world))).await;
        let ask = async |address: &str, accept: &str| {
            let (_, request) = counted(&world)
                .into_iter()
                .find(|(other, _)| *other == name)
                .unwrap();
            let request = from(address, request).insert_header(("accept", accept.to_owned()));
            let response = test::call_service(&service, request.to_request()).await;
            let wait = response.headers().get("retry-after").cloned();
            let wait = wait.map(|value| value.to_str().unwrap().to_owned());
            let status = response.status();
            let body = to_bytes(response.into_body()).await.unwrap();
            (status, wait, String::from_utf8_lossy(&body).into_owned())
        };
        for _ in 0..2 {
            let (status, wait, _) = ask(OFFICE, "text/html").await;
            assert_ne!(status, StatusCode::TOO_MANY_REQUESTS, "{name}");
            assert_eq!(wait, None, "{name}");
        }
        let (status, wait, page) = ask(OFFICE, "text/html").await;
        assert_eq!(
            (status, wait.as_deref()),
            (StatusCode::TOO_MANY_REQUESTS, Some("31")),
            "{name}"
        );
        assert!(page.contains("<code>too_many_attempts</code>"), "{name}: {page}");
        let (status, _, problem) = ask(OFFICE, "application/json").await;
        let problem: serde_json::Value = serde_json::from_str(&problem).unwrap();
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{name}");
        assert_eq!(
            (problem["code"].as_str(), problem["status"].as_u64()),
            (Some("too_many_attempts"), Some(429)),
            "{name}"
        );
        // 3 March 2026, 10:00 in Brussels, and half a minute; the page speaks Dutch.
        assert!(
            problem["detail"].as_str().unwrap().contains("10.01"),
            "{name}: {problem}"
        );
        let (status, ..) = ask("203.0.113.10", "text/html").await;
        assert_ne!(status, StatusCode::TOO_MANY_REQUESTS, "{name}: another address");
        world.clock.advance(Duration::from_secs(31));
        let (status, ..) = ask(OFFICE, "text/html").await;
        assert_ne!(status, StatusCode::TOO_MANY_REQUESTS, "{name}: as it was told");
        world.clock.set(crate::support::moment());
    }
}

#[actix_web::test]
async fn a_busy_office_behind_one_address_and_applications_that_prove_themselves_notice_nothing() {
    let world = world().await;
    world.register("app", registration()).await;
    let service = test::init_service(application(web::Data::new(site(&world)), &furnish(&world))).await;
    let status = async |request: TestRequest| {
        test::call_service(&service, from(OFFICE, request).to_request())
            .await
            .status()
    };
    // Two hundred log-ins within one minute, each begun once and answered twice.
    for number in 0..200 {
        for name in ["begin", "token of a card", "reader"] {
            let (_, request) = counted(&world)
                .into_iter()
                .find(|(other, _)| *other == name)
                .unwrap();
            assert_ne!(
                status(request).await,
                StatusCode::TOO_MANY_REQUESTS,
                "{number}: {name}"
            );
        }
    }
    let (_, request) = counted(&world).swap_remove(0);
    assert_eq!(
        status(request).await,
        StatusCode::TOO_MANY_REQUESTS,
        "and no more"
    );
    let token = TestRequest::post()
        .uri(&format!("/b/{}/token", world.board.slug))
        .insert_header(FORM)
        .insert_header(("authorization", basic("app", SECRET)))
        .set_payload("grant_type=client_credentials&scope=signing");
    assert_eq!(status(token).await, StatusCode::OK, "from the same address");
}
