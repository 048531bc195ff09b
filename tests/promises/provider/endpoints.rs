//! The endpoints over HTTP: status, headers and bodies as the RFCs say.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::{self, TestRequest};
use actix_web::web::{self, ServiceConfig};
use serde_json::Value;
use zegel::http::server::{Furnish, application};
use zegel::http::site::{Origin, Site};

use super::world::{ORIGIN, SECRET, World, basic, exchange, registration, request, world};

macro_rules! service {
    ($world:expr) => {{
        let site = Site::new(
            Origin::parse(ORIGIN).unwrap(),
            $world.clock.clone(),
            $world.app.random.clone(),
        );
        test::init_service(application(web::Data::new(site), &furnish(&$world))).await
    }};
}

fn furnish(world: &World) -> Furnish {
    let app = web::Data::from(world.app.clone());
    Arc::new(move |config: &mut ServiceConfig| {
        config.app_data(app.clone());
    })
}

fn form(pairs: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn posted(path: &str, pairs: &[(String, String)]) -> TestRequest {
    TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .set_payload(form(pairs))
}

macro_rules! header {
    ($response:expr, $name:expr) => {
        $response
            .headers()
            .get($name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
}

#[actix_web::test]
async fn discovery_says_everything_and_its_endpoints_are_there() {
    let world = world().await;
    let service = service!(world);
    let issuer = format!("{ORIGIN}/b/zegelgem");
    for path in [
        "/b/zegelgem/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/b/zegelgem",
    ] {
        let response = test::call_service(&service, TestRequest::get().uri(path).to_request()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(
            header!(response, "access-control-allow-origin").as_deref(),
            Some("*")
        );
        let document: Value = test::read_body_json(response).await;
        assert_eq!(document["issuer"], issuer);
        for (name, expected) in [
            ("request_uri_parameter_supported", Value::Bool(false)),
            ("request_parameter_supported", Value::Bool(false)),
            ("claims_parameter_supported", Value::Bool(false)),
            (
                "authorization_response_iss_parameter_supported",
                Value::Bool(true),
            ),
            ("response_types_supported", serde_json::json!(["code"])),
            (
                "grant_types_supported",
                serde_json::json!(["authorization_code", "client_credentials"]),
            ),
            ("code_challenge_methods_supported", serde_json::json!(["S256"])),
            (
                "id_token_signing_alg_values_supported",
                serde_json::json!(["RS256", "ES256"]),
            ),
            ("subject_types_supported", serde_json::json!(["pairwise"])),
        ] {
            assert_eq!(document[name], expected, "{name}");
        }
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "jwks_uri",
        ] {
            let path = document[name]
                .as_str()
                .unwrap()
                .strip_prefix(ORIGIN)
                .unwrap()
                .to_owned();
            let response = test::call_service(&service, TestRequest::get().uri(&path).to_request()).await;
            // The token endpoint takes posts alone.
            assert!(
                name == "token_endpoint" || response.status() != StatusCode::NOT_FOUND,
                "{name}"
            );
        }
    }
    let nowhere = TestRequest::get()
        .uri("/b/nowhere/.well-known/openid-configuration")
        .to_request();
    assert_eq!(
        test::call_service(&service, nowhere).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[actix_web::test]
async fn the_key_set_has_both_algorithms_public_halves_only_and_is_each_boards_own() {
    let world = world().await;
    let service = service!(world);
    let mut kids = Vec::new();
    let third = zegel::store::boards::Board {
        id: zegel::identity::BoardId::new(world.now(), world.app.random.as_ref()),
        slug: "third".to_owned(),
        ..world.other.clone()
    };
    let (kek, random) = (world.app.kek.clone(), world.app.random.clone());
    zegel::journeys::administer::add_board(&world.app.db, &third, kek, random)
        .await
        .unwrap();
    for board in ["zegelgem", "third"] {
        let request = TestRequest::get().uri(&format!("/b/{board}/jwks")).to_request();
        let set: Value = test::call_and_read_body_json(&service, request).await;
        let keys = set["keys"].as_array().unwrap();
        let mut algorithms: Vec<&str> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
        algorithms.sort_unstable();
        assert_eq!(algorithms, ["ES256", "RS256"]);
        for key in keys {
            assert_eq!(key["use"], "sig");
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(key.get(private).is_none());
            }
            kids.push(key["kid"].as_str().unwrap().to_owned());
        }
    }
    kids.sort();
    kids.dedup();
    assert_eq!(kids.len(), 4);
}

#[actix_web::test]
async fn authorize_begins_a_visit_and_sets_the_cookie_before_log_in() {
    let world = world().await;
    world.register("app", registration()).await;
    let service = service!(world);
    let pairs = request("app", &[("ui_locales", "fr-BE nl")]);
    let asked = TestRequest::get().uri(&format!("/b/zegelgem/authorize?{}", form(&pairs)));
    let response = test::call_service(&service, asked.to_request()).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = header!(response, "location").unwrap();
    assert!(
        location.starts_with("/interaction/int_") && location.ends_with("?lang=fr"),
        "{location}"
    );
    let cookie = header!(response, "set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-zegel-pre="), "{cookie}");
    for part in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
    assert_eq!(header!(response, "cache-control").as_deref(), Some("no-store"));
    assert_eq!(
        header!(response, "referrer-policy").as_deref(),
        Some("no-referrer")
    );
}

#[actix_web::test]
async fn a_posted_request_is_sent_on_as_a_query_so_that_the_browser_brings_its_cookies() {
    let world = world().await;
    world.register("app", registration()).await;
    let service = service!(world);
    let (_, cookie) = world.session().await;
    world.code("app", &[], &cookie).await;
    let pairs = request("app", &[("prompt", "none")]);
    let posted_from_there =
        posted("/b/zegelgem/authorize", &pairs).insert_header(("sec-fetch-site", "cross-site"));
    let response = test::call_service(&service, posted_from_there.to_request()).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = header!(response, "location").unwrap();
    assert_eq!(location, format!("/b/zegelgem/authorize?{}", form(&pairs)));
    assert_eq!(
        header!(response, "set-cookie"),
        None,
        "a visit in progress keeps its cookie"
    );
    let followed = TestRequest::get()
        .uri(&location)
        .insert_header(("cookie", format!("__Host-zegel={}", cookie.expose())));
    let response = test::call_service(&service, followed.to_request()).await;
    let location = header!(response, "location").unwrap();
    assert!(location.contains("code="), "the session is known: {location}");

    let hint = "x".repeat(8_000);
    let long = posted(
        "/b/zegelgem/authorize",
        &request("app", &[("id_token_hint", &hint)]),
    );
    let response = test::call_service(&service, long.to_request()).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let body = test::read_body(response).await;
    assert!(String::from_utf8_lossy(&body).contains("AUTHORIZE_TOO_LARGE"));
}

#[actix_web::test]
async fn a_bad_client_or_redirect_is_a_page_and_other_errors_are_a_303() {
    let world = world().await;
    world.register("app", registration()).await;
    let service = service!(world);
    for (changes, code) in [
        (&[("client_id", "nobody")][..], "client_unknown"),
        (
            &[("redirect_uri", "https://evil.example/cb")],
            "redirect_uri_unknown",
        ),
    ] {
        let uri = format!("/b/zegelgem/authorize?{}", form(&request("app", changes)));
        let response = test::call_service(&service, TestRequest::get().uri(&uri).to_request()).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(response.headers().get("location").is_none());
        let body = test::read_body(response).await;
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(body.contains(code) && !body.contains("//evil.example"), "{code}");
    }
    let uri = format!(
        "/b/zegelgem/authorize?{}",
        form(&request("app", &[("prompt", "none")]))
    );
    let response = test::call_service(&service, TestRequest::get().uri(&uri).to_request()).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(
        header!(response, "location")
            .unwrap()
            .contains("error=login_required")
    );
}

#[actix_web::test]
async fn form_post_is_a_page_that_may_only_send_to_that_client() {
    let world = world().await;
    world.register("app", registration()).await;
    let service = service!(world);
    let pairs = request(
        "app",
        &[
            ("prompt", "none"),
            ("response_mode", "form_post"),
            ("state", "<&\">"),
        ],
    );
    let uri = format!("/b/zegelgem/authorize?{}", form(&pairs));
    let response = test::call_service(&service, TestRequest::get().uri(&uri).to_request()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let policy = header!(response, "content-security-policy").unwrap();
    assert!(
        policy.contains("form-action 'self' https://app.zegelgem.example;"),
        "{policy}"
    );
    let body = String::from_utf8(test::read_body(response).await.to_vec()).unwrap();
    assert!(body.contains(r#"action="https://app.zegelgem.example/callback""#));
    assert!(body.contains(r#"name="error" value="login_required""#));
    assert!(!body.contains("value=\"<&"), "values are escaped");
}

#[actix_web::test]
async fn token_errors_have_the_body_and_status_of_rfc_6749() {
    let world = world().await;
    world.register("app", registration()).await;
    let service = service!(world);
    let good = basic("app", SECRET);
    for (header, pairs, status, error, challenge) in [
        (None, exchange("x", &[]), 401, "invalid_client", false),
        (
            Some(basic("app", "wrong")),
            exchange("x", &[]),
            401,
            "invalid_client",
            true,
        ),
        (
            Some(good.clone()),
            exchange("x", &[]),
            400,
            "invalid_grant",
            false,
        ),
        (
            Some(good.clone()),
            exchange("x", &[("grant_type", "password")]),
            400,
            "unsupported_grant_type",
            false,
        ),
        (
            Some(good.clone()),
            exchange("x", &[("code", "-")]),
            400,
            "invalid_request",
            false,
        ),
    ] {
        let mut asked = posted("/b/zegelgem/token", &pairs);
        if let Some(header) = header {
            asked = asked.insert_header(("authorization", header));
        }
        let response = test::call_service(&service, asked.to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{error}");
        assert_eq!(header!(response, "cache-control").as_deref(), Some("no-store"));
        assert_eq!(
            header!(response, "www-authenticate").is_some(),
            challenge,
            "{error}"
        );
        let body: Value = test::read_body_json(response).await;
        assert_eq!(body["error"], error);
        let mut members: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
        members.sort();
        assert_eq!(members, ["error", "error_description"]);
    }
    let json = TestRequest::post()
        .uri("/b/zegelgem/token")
        .insert_header(("authorization", good))
        .set_json(serde_json::json!({"grant_type": "client_credentials"}));
    let response = test::call_service(&service, json.to_request()).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn userinfo_answers_get_and_post_and_refuses_as_rfc_6750_says() {
    let world = world().await;
    world.register("app", registration()).await;
    let service = service!(world);
    let (_, cookie) = world.session().await;
    let code = world.code("app", &[], &cookie).await;
    let asked = posted("/b/zegelgem/token", &exchange(&code, &[]))
        .insert_header(("authorization", basic("app", SECRET)));
    let tokens: Value = test::call_and_read_body_json(&service, asked.to_request()).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&"Bearer".into(), &600.into())
    );
    let bearer = ("authorization", format!("Bearer {token}"));
    let body = vec![("access_token".to_owned(), token.to_owned())];
    for asked in [
        TestRequest::get()
            .uri("/b/zegelgem/userinfo")
            .insert_header(bearer.clone()),
        TestRequest::post()
            .uri("/b/zegelgem/userinfo")
            .insert_header(bearer.clone()),
        posted("/b/zegelgem/userinfo", &body),
    ] {
        let info: Value = test::call_and_read_body_json(&service, asked.to_request()).await;
        assert_eq!(info["family_name"], "Specimen");
    }
    for (asked, status, challenge) in [
        (TestRequest::get().uri("/b/zegelgem/userinfo"), 401, "Bearer"),
        (
            TestRequest::get()
                .uri("/b/zegelgem/userinfo")
                .insert_header(("authorization", "Bearer wrong")),
            401,
            r#"Bearer error="invalid_token""#,
        ),
        (
            posted("/b/zegelgem/userinfo", &body).insert_header(bearer.clone()),
            400,
            r#"Bearer error="invalid_request""#,
        ),
        (
            TestRequest::get().uri(&format!("/b/zegelgem/userinfo?access_token={token}")),
            401,
            "Bearer",
        ),
        (
            TestRequest::get()
                .uri("/b/ocmw-zegelgem/userinfo")
                .insert_header(bearer.clone()),
            401,
            r#"Bearer error="invalid_token""#,
        ),
    ] {
        let response = test::call_service(&service, asked.to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{challenge}");
        assert_eq!(header!(response, "www-authenticate").as_deref(), Some(challenge));
    }
}
