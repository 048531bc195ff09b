//! The pages of a visit over HTTP: every button works with its token alone, and the way ends at the application.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use zegel::ades::cades::stages::Packaging as CmsPackaging;
use zegel::ades::level::Level;
use zegel::lab::card::Applet;

use super::world::{CALLBACK, registration, world};
use crate::ades::{asic_world, message, xml_world};
use crate::house::visitor::{Visitor, heading, token};

#[actix_web::test]
async fn a_card_at_the_counter_leads_from_the_first_page_to_the_application() {
    let world = world().await;
    world.register("app", registration()).await;
    world.cards.insert("Reader 1", Applet::V18);
    let visitor = Visitor::new(world.with_counter("echo 'D 1234'; echo OK"));
    let path = visitor.begin(&world).await;

    let first = visitor.get(&path).await;
    assert_eq!(
        (first.status, heading(&first).as_str()),
        (StatusCode::OK, "Log in to Besluiten")
    );
    assert!(
        first
            .policy
            .contains("form-action 'self' https://app.zegelgem.example;"),
        "{}",
        first.policy
    );
    assert!(
        first.body.contains("Your name"),
        "what will be shared is said before the card is used"
    );

    let started = visitor
        .post(&format!("{path}/counter"), &[("csrf", &token(&first))])
        .await;
    assert_eq!(
        (started.status, started.location.as_str()),
        (StatusCode::SEE_OTHER, path.as_str())
    );
    let mut next = String::new();
    for _ in 0..2000 {
        let state = visitor.get(&format!("{path}/state")).await;
        let state: serde_json::Value = serde_json::from_str(&state.body).unwrap();
        if let Some(found) = state["next"].as_str() {
            next = found.to_owned();
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(next, path);
    let arrived = visitor.get(&path).await;
    assert_eq!(
        (arrived.status, arrived.location.as_str()),
        (StatusCode::SEE_OTHER, path.as_str()),
        "{}",
        arrived.body
    );
    let cookies = visitor.cookies.lock().unwrap().clone();
    assert!(cookies.get("__Host-zegel").is_some_and(|value| !value.is_empty()));
    assert_eq!(
        cookies.get("__Host-zegel-pre").map(String::as_str),
        Some(""),
        "the cookie from before is taken away"
    );

    let sharing = visitor.get(&path).await;
    assert_eq!(heading(&sharing), "Share this information");
    assert!(sharing.body.contains("An Maria Specimen"));
    assert!(
        sharing
            .policy
            .contains("form-action 'self' https://app.zegelgem.example;")
    );
    let finished = visitor
        .post(&format!("{path}/capacity"), &[("csrf", &token(&sharing))])
        .await;
    assert_eq!(finished.status, StatusCode::SEE_OTHER);
    assert!(
        finished.location.starts_with(&format!("{CALLBACK}?")),
        "{}",
        finished.location
    );
    assert!(finished.location.contains("code="), "{}", finished.location);

    // The visit is over: its pages say so, in words.
    let over = visitor.get(&path).await;
    assert_eq!(
        (over.status, heading(&over).as_str()),
        (StatusCode::GONE, "This login was already used")
    );
}

#[actix_web::test]
async fn a_form_without_its_token_or_from_another_site_does_nothing() {
    let world = world().await;
    world.register("app", registration()).await;
    let visitor = Visitor::new(world.app.clone());
    let path = visitor.begin(&world).await;
    let page = visitor.get(&path).await;
    for action in ["counter", "cancel", "capacity"] {
        let refused = visitor.post(&format!("{path}/{action}"), &[("csrf", "0")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{action}");
        assert!(refused.body.contains("csrf_failed"), "{action}");
        let request = TestRequest::post()
            .uri(&format!("{path}/{action}"))
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .insert_header(("origin", "https://evil.example"))
            .set_payload(format!("csrf={}", token(&page)));
        assert_eq!(
            visitor.ask(request).await.status,
            StatusCode::FORBIDDEN,
            "{action}"
        );
    }
    let still = visitor.get(&path).await;
    assert_eq!(still.status, StatusCode::OK, "the visit is where it was");
    let gone = visitor
        .post(&format!("{path}/cancel"), &[("csrf", &token(&still))])
        .await;
    assert!(gone.location.contains("error=access_denied"), "{}", gone.location);
}

#[actix_web::test]
async fn a_page_of_a_visit_shows_nothing_to_another_browser() {
    let world = world().await;
    world.register("app", registration()).await;
    let path = Visitor::new(world.app.clone()).begin(&world).await;
    let stranger = Visitor::new(world.app.clone());
    for address in [
        path.clone(),
        format!("{path}/state"),
        "/interaction/int_0".to_owned(),
    ] {
        let seen = stranger.get(&address).await;
        assert!(
            seen.status == StatusCode::GONE || seen.status == StatusCode::NOT_FOUND,
            "{address}: {}",
            seen.status
        );
        assert!(!seen.body.contains("Besluiten"), "{address}");
    }
}

#[actix_web::test]
async fn a_browser_elsewhere_is_told_where_to_go_and_gets_no_button() {
    let world = world().await;
    world.register("app", registration()).await;
    let app = world.with_counter("echo OK");
    let mut visitor = Visitor::new(app);
    visitor.peer = "192.0.2.7:50000";
    let path = visitor.begin(&world).await;
    let page = visitor.get(&path).await;
    assert!(!page.body.contains("/counter"), "no button for the reader");
    let refused = visitor
        .post(&format!("{path}/counter"), &[("csrf", &token(&page))])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("counter_only_here"));
}

#[actix_web::test]
async fn a_card_that_is_not_there_is_a_page_that_offers_another_try() {
    let world = world().await;
    world.register("app", registration()).await;
    world.cards.readers.add("Reader 1");
    let visitor = Visitor::new(world.with_counter("echo 'D 1234'; echo OK"));
    let path = visitor.begin(&world).await;
    let page = visitor.get(&path).await;
    visitor
        .post(&format!("{path}/counter"), &[("csrf", &token(&page))])
        .await;
    let mut seen = visitor.get(&path).await;
    for _ in 0..2000 {
        if seen.body.contains("card_missing") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        seen = visitor.get(&path).await;
    }
    assert_eq!(
        (seen.status, heading(&seen).as_str()),
        (StatusCode::OK, "No card in the reader")
    );
    assert!(
        seen.body.contains("data-when-ready"),
        "the page goes on by itself"
    );
    let state = visitor.get(&format!("{path}/state?failed=1")).await;
    assert_eq!(state.body, r#"{"state":"failed"}"#);
    world.cards.insert("Reader 1", Applet::V18);
    let mut state = visitor.get(&format!("{path}/state?failed=1")).await;
    for _ in 0..2000 {
        if state.body.contains("ready") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        state = visitor.get(&format!("{path}/state?failed=1")).await;
    }
    assert_eq!(state.body, r#"{"state":"ready"}"#);
}

/// A posted file as a browser sends it.
fn upload(name: &str, bytes: &[u8]) -> TestRequest {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/pdf\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    TestRequest::post()
        .uri("/verify")
        .insert_header(("content-type", "multipart/form-data; boundary=edge"))
        .insert_header(("accept-language", "en"))
        .set_payload(body)
}

#[actix_web::test]
async fn what_is_no_document_is_told_apart_when_it_is_checked() {
    let world = world().await;
    let scratch = tempfile::tempdir().unwrap();
    let mut config = zegel::config::Config::clone(&world.app.config);
    config.scratch = scratch.path().to_owned();
    let mut app = world.with_counter("echo OK");
    Arc::get_mut(&mut app).unwrap().config = Arc::new(config);
    let visitor = Visitor::new(app);
    let encrypted = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n\
        3 0 obj\n<</Filter/Adobe.PubSec>>\nendobj\n";
    let mut file = encrypted.to_vec();
    let start = file.len();
    file.extend_from_slice(b"xref\n0 4\n0000000000 65535 f \n");
    for number in 1..=3 {
        let mark = format!("{number} 0 obj");
        let at = encrypted
            .windows(mark.len())
            .position(|window| window == mark.as_bytes())
            .unwrap();
        file.extend_from_slice(format!("{at:010} 00000 n \n").as_bytes());
    }
    file.extend_from_slice(
        format!("trailer\n<</Size 4/Root 1 0 R/ID[(a)(b)]/Encrypt 3 0 R>>\nstartxref\n{start}\n%%EOF\n")
            .as_bytes(),
    );
    for (name, bytes, status, code) in [
        (
            "leeg.pdf",
            &b""[..],
            StatusCode::UNPROCESSABLE_ENTITY,
            "document_empty",
        ),
        (
            "tekst.pdf",
            b"geen pdf",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "document_type",
        ),
        (
            "slot.pdf",
            &file,
            StatusCode::UNPROCESSABLE_ENTITY,
            "document_protected",
        ),
        (
            "groot.pdf",
            &[b'x'; 10_001],
            StatusCode::PAYLOAD_TOO_LARGE,
            "document_too_large",
        ),
    ] {
        let seen = visitor.ask(upload(name, bytes)).await;
        assert_eq!(seen.status, status, "{name}");
        assert!(seen.body.contains(code), "{name}: {}", heading(&seen));
        let program = visitor
            .ask(upload(name, bytes).insert_header(("accept", "application/json")))
            .await;
        let problem: serde_json::Value = serde_json::from_str(&program.body).unwrap();
        assert_eq!(problem["code"], code, "{name}");
    }
    let none = visitor.ask(upload("", b"")).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    assert!(none.body.contains("Choose a file first."));
    assert_eq!(
        std::fs::read_dir(scratch.path()).unwrap().count(),
        0,
        "nothing is kept"
    );
}

#[actix_web::test]
async fn every_format_is_checked_on_the_page_and_by_programs() {
    let world = world().await;
    let scratch = tempfile::tempdir().unwrap();
    let mut config = zegel::config::Config::clone(&world.app.config);
    config.scratch = scratch.path().to_owned();
    let mut app = world.with_counter("echo OK");
    Arc::get_mut(&mut app).unwrap().config = Arc::new(config);
    let mut visitor = Visitor::new(app);
    visitor.upload_bytes = 1_000_000;
    // Sealed in another laboratory, whose authorities have the names of ours and other keys: who signed is told, and that
    // nobody here vouches for it.
    let signing = crate::ades::world::World::new();
    let signer = signing.signer(crate::ades::world::P384);
    let xml = xml_world::sealed(&signing, xml_world::Packaging::Enveloped, &signer, Level::B);
    let container = asic_world::sealed(&signing, asic_world::Form::ExtendedXades, &signer, Level::B);
    let message = message::sealed(&signing, b"besluit", &signer, Level::B, CmsPackaging::Attached);
    for (name, bytes, format) in [
        ("besluit.xml", xml, "XAdES"),
        ("besluit.asice", container, "XAdES"),
        ("besluit.p7m", message, "CAdES"),
    ] {
        let program = visitor
            .ask(upload(name, &bytes).insert_header(("accept", "application/json")))
            .await;
        assert_eq!(program.status, StatusCode::OK, "{name}: {}", program.body);
        let report: serde_json::Value = serde_json::from_str(&program.body).unwrap();
        let signatures = report["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 1, "{name}");
        assert_eq!(signatures[0]["format"], format, "{name}");
        assert_eq!(
            signatures[0]["sub_indication"], "CERTIFICATE_CHAIN_GENERAL_FAILURE",
            "{name}"
        );
        let seen = visitor.ask(upload(name, &bytes)).await;
        assert_eq!(seen.status, StatusCode::OK, "{name}");
        let says = signatures[0]["certificate"]["common_name"].as_str().unwrap();
        assert!(seen.body.contains(says), "{name}: {says} is shown");
        let files = signatures[0]["covered_files"].as_array();
        assert_eq!(files.is_some(), name == "besluit.asice", "{name}");
        for file in files.into_iter().flatten() {
            let shown = format!("<dd>{}</dd>", file.as_str().unwrap());
            assert!(seen.body.contains(&shown), "{name}: {shown}");
        }
    }
}

/// The query of the page for checking asks what the options of the command ask.
#[actix_web::test]
async fn a_program_asks_for_the_report_of_the_standard_a_policy_and_years_ahead() {
    let world = world().await;
    let scratch = tempfile::tempdir().unwrap();
    let mut config = zegel::config::Config::clone(&world.app.config);
    config.scratch = scratch.path().to_owned();
    let mut app = world.with_counter("echo OK");
    Arc::get_mut(&mut app).unwrap().config = Arc::new(config);
    let mut visitor = Visitor::new(app);
    visitor.upload_bytes = 1_000_000;
    let file = zegel::lab::house::decision();
    for (query, accept) in [("?format=etsi", "application/json"), ("", "application/xml")] {
        let request = upload("x.pdf", &file).uri(&format!("/verify{query}"));
        let seen = visitor.ask(request.insert_header(("accept", accept))).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
        assert!(seen.body.contains("<ValidationReport "), "{}", seen.body);
    }
    let request = upload("x.pdf", &file).uri("/verify?format=json&policy=archive&in_years=10");
    let seen = visitor.ask(request).await;
    let report: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    let policy = report["validation_policy"].as_str().unwrap();
    assert!(policy.contains("archive"), "{policy}");
    // The page answers both as well.
    let request = upload("x.pdf", &file).uri("/verify?policy=archive&in_years=10");
    let page = visitor.ask(request).await.body;
    assert!(
        page.contains("zegel archive 1") && page.contains("id=\"later\""),
        "{page}"
    );
    let request = upload("x.pdf", &file).uri("/verify?format=json&require_policy=2.25.1");
    let seen = visitor.ask(request).await;
    let asked: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    let policy = asked["validation_policy"].as_str().unwrap();
    assert!(policy.ends_with("signature policy 2.25.1"), "{policy}");
    assert!(report["maintainability"].is_object(), "{report}");
    for wrong in [
        "policy=loose",
        "in_years=0",
        "in_years=101",
        "in_years=x",
        "require_policy=besluit",
        "format=pdf",
    ] {
        let request = upload("x.pdf", &file).uri(&format!("/verify?{wrong}"));
        let seen = visitor
            .ask(request.insert_header(("accept", "application/json")))
            .await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{wrong}: {}", seen.body);
    }
}
