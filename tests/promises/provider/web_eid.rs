//! A card's answer that comes through a Web eID program: taken once, from its own page, for our own origin.

use std::time::Duration;

use zegel::audit::EventKind;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::journeys::login::{self, Arrived, Begun, Browser, LoginError, Next, View};
use zegel::lab::pki::LabPki;
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};
use zegel::login::eid::RequestForm;
use zegel::oidc::interaction::{InteractionId, Stage};
use zegel::oidc::secret::Opaque;
use zegel::store::{events, login as login_store};

use super::cards::{changed, over, token};
use super::world::{
    ORIGIN, SECRET, World, basic, exchange, parameter, registration, request, with_session, world, worlds,
};
use crate::support::moment;

const GOOD: RequestForm<'static> = RequestForm {
    content_type: Some("application/json"),
    origin: Some(ORIGIN),
    fetch_site: Some("same-origin"),
    csrf_valid: true,
};

async fn challenge(world: &World, id: InteractionId, browser: &Browser) -> String {
    login::card::web_eid_challenge(&world.app, id, browser)
        .await
        .unwrap()
}

async fn answer(
    world: &World,
    id: InteractionId,
    browser: &Browser,
    text: &str,
) -> Result<Arrived, LoginError> {
    login::card::web_eid_token(&world.app, id, browser, &GOOD, text).await
}

#[tokio::test]
async fn a_card_of_either_generation_becomes_a_session() {
    for world in worlds().await {
        world.register("app", registration()).await;
        for kind in [KeyKind::Ec(Curve::P384), KeyKind::Rsa { bits: 2048 }] {
            let (id, browser) = world.visit(request("app", &[])).await;
            let nonce = challenge(&world, id, &browser).await;
            let leaf = world.cards.leaf(kind, LabPki::usual_validity(moment()));
            let arrived = answer(&world, id, &browser, &token(&leaf, ORIGIN, &nonce))
                .await
                .unwrap();
            assert!(matches!(arrived.next, Next::Interaction(next) if next == id));
            let session = with_session(&arrived.cookie);
            match login::view(&world.app, id, &session).await.unwrap() {
                View::Capacity(view) => assert_eq!(view.full_name, "An Maria Specimen"),
                view => panic!("{}: {view:?}", world.engine),
            }
            world.choose(id, &arrived.cookie).await;
        }
    }
}

#[tokio::test]
async fn the_same_card_is_the_same_person_every_time_and_another_subject_at_the_other_board() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let mut persons = Vec::new();
        for _ in 0..2 {
            let (id, browser) = world.visit(request("app", &[])).await;
            let nonce = challenge(&world, id, &browser).await;
            let arrived = answer(&world, id, &browser, &token(&world.cards.usual(), ORIGIN, &nonce))
                .await
                .unwrap();
            let session = login::current_session(&world.app, &with_session(&arrived.cookie))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(session.person_at(world.other.id), None, "never logged in there");
            persons.push(session.person_at(world.board.id).unwrap());
        }
        assert_eq!(persons[0], persons[1], "{}", world.engine);
    }
}

#[tokio::test]
async fn each_fault_is_refused_for_its_own_cause() {
    let world = world().await;
    world.register("app", registration()).await;
    let leaf = world.cards.usual();
    let other = world.cards.usual();
    let foreign_pki = world.cards.foreign_pki();
    let kind = KeyKind::Ec(Curve::P384);
    let foreign = world
        .cards
        .leaf_of(&foreign_pki, kind, LabPki::usual_validity(moment()));
    let expired = world.cards.leaf(kind, over());
    let signature_of_other = |nonce: &str| {
        let value: serde_json::Value = serde_json::from_str(&token(&other, ORIGIN, nonce)).unwrap();
        value["signature"].as_str().unwrap().to_owned()
    };
    type Make<'a> = Box<dyn Fn(&str) -> String + 'a>;
    let rows: Vec<(&str, Make<'_>, &str, &str)> = vec![
        (
            "other origin",
            Box::new(|n| token(&leaf, "https://evil.example", n)),
            "signature_invalid",
            "login_refused",
        ),
        (
            "http origin",
            Box::new(|n| token(&leaf, "http://login.zegelgem.example", n)),
            "signature_invalid",
            "login_refused",
        ),
        (
            "trailing slash",
            Box::new(|n| token(&leaf, &format!("{ORIGIN}/"), n)),
            "signature_invalid",
            "login_refused",
        ),
        (
            "other nonce",
            Box::new(|_| token(&leaf, ORIGIN, &"A".repeat(44))),
            "signature_invalid",
            "login_refused",
        ),
        (
            "another card's signature",
            Box::new(|n| changed(&token(&leaf, ORIGIN, n), &[("signature", &signature_of_other(n))])),
            "signature_invalid",
            "login_refused",
        ),
        (
            "other algorithm",
            Box::new(|n| changed(&token(&leaf, ORIGIN, n), &[("algorithm", "RS256")])),
            "alg_key_mismatch",
            "login_refused",
        ),
        (
            "algorithm none",
            Box::new(|n| changed(&token(&leaf, ORIGIN, n), &[("algorithm", "none")])),
            "alg_not_allowed",
            "login_refused",
        ),
        (
            "version ten",
            Box::new(|n| changed(&token(&leaf, ORIGIN, n), &[("format", "web-eid:10.0")])),
            "token_format",
            "login_refused",
        ),
        (
            "no token",
            Box::new(|_| "{}".to_owned()),
            "token_malformed",
            "login_refused",
        ),
        (
            "foreign root",
            Box::new(|n| token(&foreign, ORIGIN, n)),
            "cert_untrusted",
            "certificate_untrusted",
        ),
        (
            "expired",
            Box::new(|n| token(&expired, ORIGIN, n)),
            "cert_expired",
            "certificate_expired",
        ),
    ];
    for (what, make, cause, code) in rows {
        let (id, browser) = world.visit(request("app", &[])).await;
        let nonce = challenge(&world, id, &browser).await;
        let error = answer(&world, id, &browser, &make(&nonce)).await.expect_err(what);
        assert_eq!((error.cause(), error.code().as_str()), (cause, code), "{what}");
        let recent = events::recent(&world.app.db, world.board.id, 50).await.unwrap();
        let written = recent
            .iter()
            .any(|event| event.kind == EventKind::LoginFailed && event.result == cause);
        assert!(written, "{what} is in the audit record");
    }
}

#[tokio::test]
async fn the_state_of_the_certificate_decides_and_silence_refuses() {
    let yesterday = moment().minus(Duration::from_secs(24 * 3600));
    let revoked = CertificateStatus::Revoked {
        at: yesterday,
        reason: RevocationReason::KeyCompromise,
    };
    let on_hold = CertificateStatus::OnHold { since: yesterday };
    for (what, status, ocsp, crl, expected) in [
        (
            "revoked",
            revoked,
            ServiceMode::Up,
            ServiceMode::Up,
            Some(("cert_revoked", "certificate_revoked")),
        ),
        (
            "revoked, by CRL",
            revoked,
            ServiceMode::Down,
            ServiceMode::Up,
            Some(("cert_revoked", "certificate_revoked")),
        ),
        (
            "on hold",
            on_hold,
            ServiceMode::Up,
            ServiceMode::Up,
            Some(("cert_suspended", "certificate_suspended")),
        ),
        (
            "OCSP down",
            CertificateStatus::Good,
            ServiceMode::Down,
            ServiceMode::Up,
            None,
        ),
        (
            "both down",
            CertificateStatus::Good,
            ServiceMode::Down,
            ServiceMode::Down,
            Some(("status_unknown", "revocation_unavailable")),
        ),
        (
            "stale with fractions, no CRL",
            CertificateStatus::Good,
            ServiceMode::StaleFractional,
            ServiceMode::Down,
            Some(("status_unknown", "revocation_unavailable")),
        ),
    ] {
        // Each row with empty caches.
        let world = world().await;
        world.register("app", registration()).await;
        let leaf = world.cards.usual();
        world.cards.services.set_certificate(&leaf.serial, status);
        world.cards.services.set_service(Service::Ocsp, ocsp);
        world.cards.services.set_service(Service::Crl, crl);
        let (id, browser) = world.visit(request("app", &[])).await;
        let nonce = challenge(&world, id, &browser).await;
        let found = answer(&world, id, &browser, &token(&leaf, ORIGIN, &nonce)).await;
        let found = found.err().map(|error| (error.cause(), error.code().as_str()));
        assert_eq!(found, expected, "{what}");
    }
}

#[tokio::test]
async fn an_answer_counts_once_for_its_own_browser_and_in_its_time() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let leaf = world.cards.usual();
        // Replayed after success: the visit has moved on to the session, and its challenge is spent.
        let (id, browser) = world.visit(request("app", &[])).await;
        let nonce = challenge(&world, id, &browser).await;
        let text = token(&leaf, ORIGIN, &nonce);
        answer(&world, id, &browser, &text).await.unwrap();
        let again = answer(&world, id, &browser, &text).await.unwrap_err();
        assert_eq!(again.cause(), "INTERACTION_UNKNOWN", "{}", world.engine);
        // Replayed after a failure: the first answer burnt the challenge.
        let (id, browser) = world.visit(request("app", &[])).await;
        let nonce = challenge(&world, id, &browser).await;
        let wrong = token(&leaf, "https://evil.example", &nonce);
        assert_eq!(
            answer(&world, id, &browser, &wrong).await.unwrap_err().cause(),
            "signature_invalid"
        );
        let right = answer(&world, id, &browser, &token(&leaf, ORIGIN, &nonce))
            .await
            .unwrap_err();
        assert_eq!(
            (right.cause(), right.code().as_str()),
            ("nonce_missing", "login_refused")
        );
        // The challenge of another session.
        let (theirs, their_browser) = world.visit(request("app", &[])).await;
        let their_nonce = challenge(&world, theirs, &their_browser).await;
        let (id, browser) = world.visit(request("app", &[])).await;
        let text = token(&leaf, ORIGIN, &their_nonce);
        assert_eq!(
            answer(&world, id, &browser, &text).await.unwrap_err().cause(),
            "nonce_missing"
        );
        challenge(&world, id, &browser).await;
        assert_eq!(
            answer(&world, id, &browser, &text).await.unwrap_err().cause(),
            "signature_invalid"
        );
        assert!(
            answer(&world, theirs, &their_browser, &text).await.is_ok(),
            "it was not theirs to burn"
        );
        // Too late.
        let (id, browser) = world.visit(request("app", &[])).await;
        let nonce = challenge(&world, id, &browser).await;
        world.clock.advance(Duration::from_secs(180));
        let late = answer(&world, id, &browser, &token(&leaf, ORIGIN, &nonce))
            .await
            .unwrap_err();
        assert_eq!(
            (late.cause(), late.code().as_str()),
            ("nonce_expired", "login_expired")
        );
    }
}

#[tokio::test]
async fn a_post_that_another_site_could_make_is_refused_before_the_token_is_read() {
    let world = world().await;
    world.register("app", registration()).await;
    let leaf = world.cards.usual();
    let (id, browser) = world.visit(request("app", &[])).await;
    let nonce = challenge(&world, id, &browser).await;
    let text = token(&leaf, ORIGIN, &nonce);
    for form in [
        RequestForm {
            csrf_valid: false,
            ..GOOD
        },
        RequestForm {
            content_type: Some("text/plain"),
            ..GOOD
        },
        RequestForm {
            origin: Some("https://evil.example"),
            ..GOOD
        },
        RequestForm {
            origin: Some("null"),
            ..GOOD
        },
        RequestForm {
            fetch_site: Some("cross-site"),
            ..GOOD
        },
        RequestForm {
            origin: None,
            fetch_site: None,
            ..GOOD
        },
    ] {
        let error = login::card::web_eid_token(&world.app, id, &browser, &form, &text)
            .await
            .unwrap_err();
        assert_eq!(error.cause(), "bad_request", "{form:?}");
    }
    assert!(
        answer(&world, id, &browser, &text).await.is_ok(),
        "none of these burnt the challenge"
    );
}

#[tokio::test]
async fn a_new_session_is_a_new_cookie_and_the_old_one_is_dead() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (_, old) = world.session().await;
        let (id, mut browser) = world.visit(request("app", &[("prompt", "login")])).await;
        browser.session = Some(Opaque::from_text(old.expose()));
        let nonce = challenge(&world, id, &browser).await;
        let arrived = answer(&world, id, &browser, &token(&world.cards.usual(), ORIGIN, &nonce))
            .await
            .unwrap();
        let before = browser.before.as_ref().unwrap();
        assert_ne!(arrived.cookie.expose(), old.expose());
        assert_ne!(
            arrived.cookie.expose(),
            before.expose(),
            "the cookie before log-in never becomes the session's"
        );
        let found = login::current_session(&world.app, &with_session(&old))
            .await
            .unwrap();
        assert!(found.is_none(), "{}: the old session is over", world.engine);
        // Whoever planted the cookie before log-in has nothing now.
        for planted in [
            Browser {
                before: Some(Opaque::from_text(before.expose())),
                ..Browser::default()
            },
            with_session(before),
        ] {
            assert_eq!(
                login::view(&world.app, id, &planted).await.unwrap_err().cause(),
                "INTERACTION_UNKNOWN"
            );
            assert!(
                login::current_session(&world.app, &planted)
                    .await
                    .unwrap()
                    .is_none()
            );
        }
    }
}

#[tokio::test]
async fn a_programs_answer_is_proof_and_session_in_one_write_and_other_tabs_come_along() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (id, browser) = world.visit(request("app", &[])).await;
        let begun = login::authorize(&world.app, "zegelgem", request("app", &[]), &browser)
            .await
            .unwrap();
        let Begun::Pages {
            interaction: tab,
            cookie: None,
        } = begun
        else {
            panic!("{begun:?}")
        };
        let nonce = challenge(&world, id, &browser).await;
        let before = login_store::find(&world.app.db, id).await.unwrap().unwrap();
        let arrived = answer(&world, id, &browser, &token(&world.cards.usual(), ORIGIN, &nonce))
            .await
            .unwrap();
        // Between two writes the session would wait for whoever holds the cookie from before the log-in.
        let after = login_store::find(&world.app.db, id).await.unwrap().unwrap();
        assert_eq!(after.version - before.version, 1, "{}", world.engine);
        assert!(matches!(after.stage, Stage::Choosing { .. }));
        let session = with_session(&arrived.cookie);
        assert!(matches!(
            login::view(&world.app, tab, &session).await,
            Ok(View::Choice(_))
        ));
        assert_eq!(
            login::view(&world.app, tab, &browser).await.unwrap_err().cause(),
            "INTERACTION_UNKNOWN",
            "{}: the cookie from before opens nothing any more",
            world.engine
        );
    }
}

#[tokio::test]
async fn a_hint_that_names_somebody_else_is_an_error_after_the_log_in_too() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (_, bo) = world.session().await;
        let header = basic("app", SECRET);
        let hint_of = async |code: &str| {
            let form = exchange(code, &[]);
            let tokens = login::tokens::token(&world.app, "zegelgem", Some(&header), &form).await;
            tokens.unwrap().id_token.unwrap()
        };
        // The card's own person is known to the application, and so is somebody else.
        let (id, browser) = world.visit(request("app", &[])).await;
        let nonce = challenge(&world, id, &browser).await;
        let an = answer(&world, id, &browser, &token(&world.cards.usual(), ORIGIN, &nonce))
            .await
            .unwrap();
        let an = parameter(&world.choose(id, &an.cookie).await, "code").unwrap();
        let (an, bo) = (
            hint_of(&an).await,
            hint_of(&world.code("app", &[], &bo).await).await,
        );
        for (hint, expected) in [(&an, None), (&bo, Some("login_required"))] {
            let asked = request("app", &[("id_token_hint", hint), ("prompt", "login")]);
            let (id, browser) = world.visit(asked).await;
            let nonce = challenge(&world, id, &browser).await;
            let arrived = answer(&world, id, &browser, &token(&world.cards.usual(), ORIGIN, &nonce))
                .await
                .unwrap();
            let answered = world.choose(id, &arrived.cookie).await;
            assert_eq!(
                (
                    parameter(&answered, "error").as_deref(),
                    parameter(&answered, "code").is_none()
                ),
                (expected, expected.is_some()),
                "{}",
                world.engine
            );
            let over = login::view(&world.app, id, &with_session(&arrived.cookie)).await;
            assert_eq!(over.unwrap_err().cause(), "INTERACTION_FINISHED");
        }
    }
}

#[tokio::test]
async fn an_authority_that_is_not_there_is_looked_for_once_a_minute() {
    let world = world().await;
    world.register("app", registration()).await;
    let table = std::sync::Arc::new(zegel::fetch::table::TableFetcher::new());
    table.fail("http://", zegel::pki::need::FetchFailure::Connect);
    let mut app = std::sync::Arc::into_inner(world.app).unwrap();
    app.fetcher = table.clone();
    let world = World {
        app: std::sync::Arc::new(app),
        ..world
    };
    let leaf = world.cards.usual();
    let refused = async || {
        let (id, browser) = world.visit(request("app", &[])).await;
        let nonce = challenge(&world, id, &browser).await;
        let error = answer(&world, id, &browser, &token(&leaf, ORIGIN, &nonce))
            .await
            .unwrap_err();
        assert_eq!(error.cause(), "cert_untrusted");
        table.asked().len()
    };
    assert_eq!(refused().await, 1);
    world.clock.advance(Duration::from_secs(59));
    assert_eq!(refused().await, 1, "it was looked for within the minute");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(refused().await, 2);
}
