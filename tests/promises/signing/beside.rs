//! Signing with the card beside the person's own browser: the certificate first, digests out, values back.

use actix_web::test::TestRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::ecdsa;
use zegel::crypto::key::KeyKind;
use zegel::http::csrf;
use zegel::journeys::login::SESSION_COOKIE;
use zegel::lab::pki::IssuedLeaf;
use zegel::lab::services::{CertificateStatus, RevocationReason};

use super::town::{Order, RIGHT, Seat, Town, json as read, refusal, towns};
use crate::house::visitor::Seen;
use crate::house::world::ORIGIN;

/// The page's script asks.
async fn ask(seat: &Seat, path: &str, body: &Value) -> Seen {
    let cookie = seat.0.cookies.lock().unwrap().get(SESSION_COOKIE).cloned();
    let token = csrf::token(&cookie.unwrap_or_default());
    ask_with(seat, path, body, &token, ORIGIN).await
}

async fn ask_with(seat: &Seat, path: &str, body: &Value, token: &str, origin: &str) -> Seen {
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/json"))
        .insert_header(("accept", "application/json"))
        .insert_header(("origin", origin))
        .insert_header(("x-csrf-token", token))
        .set_payload(body.to_string());
    seat.0.ask(request).await
}

fn certificate(leaf: &IssuedLeaf) -> Value {
    json!({"certificate": STANDARD.encode(&leaf.certificate_der)})
}

/// What the extension gives back for one document: r‖s, or PKCS#1 octets.
fn value(leaf: &IssuedLeaf, document: &Value) -> Value {
    let digest = STANDARD.decode(document["hash"].as_str().unwrap()).unwrap();
    let (algorithm, name) = match leaf.key.public().kind() {
        KeyKind::Ec(_) => (SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384), "SHA-384"),
        KeyKind::Rsa { .. } => (SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256), "SHA-256"),
    };
    assert_eq!(document["hashFunction"], name);
    let signature = leaf.key.sign_digest(algorithm, &digest).unwrap();
    let signature = match leaf.key.public().kind() {
        KeyKind::Ec(curve) => ecdsa::der_to_raw(&signature, curve).unwrap(),
        KeyKind::Rsa { .. } => signature,
    };
    json!({"signature": STANDARD.encode(signature)})
}

/// The signature certificate of a specimen, with its key.
fn signer(town: &Town, slug: &str) -> IssuedLeaf {
    town.world.cards.specimen(slug, |_| ()).signature
}

/// The whole of it for one document; what the last answer was.
async fn sign(seat: &Seat, leaf: &IssuedLeaf, id: &str) -> Seen {
    let offered = ask(
        seat,
        &format!("/sign/{id}/web-eid/certificate"),
        &certificate(leaf),
    )
    .await;
    if offered.status != 200 {
        return offered;
    }
    let documents = read(&offered)["documents"].clone();
    assert_eq!(documents.as_array().unwrap().len(), 1);
    assert_eq!(documents[0]["id"], id);
    let value = value(leaf, &documents[0]);
    ask(seat, &format!("/sign/{id}/web-eid/signature"), &value).await
}

#[actix_web::test]
async fn both_signers_sign_beside_their_own_browsers() {
    for town in towns().await {
        let engine = town.world.engine;
        let app = town.instance(RIGHT);
        let id = town.open().await;
        // The alderman's card is an RSA card, and they sign by delegation.
        for slug in ["alderman", "director"] {
            let mut seat = town.seat(slug, &app).await;
            // Wherever they are.
            seat.0.peer = "192.0.2.7:50000";
            let seen = sign(&seat, &signer(&town, slug), &id).await;
            assert_eq!(read(&seen), json!({"state": "finishing"}), "{engine} {slug}");
            assert_eq!(seat.outcome(&id).await, None, "{engine} {slug}");
        }
        assert_eq!(town.state(&id).await, "completed: done, done", "{engine}");
        assert_eq!(town.world.cards.heard(), "", "no PIN was asked here");
    }
}

#[actix_web::test]
async fn a_list_is_signed_value_by_value_and_what_failed_stays_open() {
    for town in towns().await {
        let engine = town.world.engine;
        let app = town.instance(RIGHT);
        let mut ids = Vec::new();
        for number in 0..3 {
            ids.push(
                town.open_with(Order::new().key(&format!("decision-{number}")))
                    .await,
            );
        }
        let bearer = town.bearer(&town.world.board, "app").await;
        let body = json!({"title": "College van 3 maart", "requests": ids});
        let list = super::api::make_list(&town, &bearer, "the-one-list", body).await;
        let list = read(&list)["id"].as_str().unwrap().to_owned();
        let (seat, leaf) = (town.seat("mayor", &app).await, signer(&town, "mayor"));
        let mut asked = certificate(&leaf);
        asked["only"] = json!(ids);
        let offered = ask(&seat, &format!("/list/{list}/web-eid/certificate"), &asked).await;
        let documents = read(&offered)["documents"].as_array().unwrap().clone();
        assert_eq!(documents.len(), 3, "{engine}: {}", offered.body);
        for document in &documents[..2] {
            let id = document["id"].as_str().unwrap();
            let alive = ask(&seat, &format!("/sign/{id}/web-eid/alive"), &json!({})).await;
            assert_eq!(alive.status, 204);
            let seen = ask(
                &seat,
                &format!("/sign/{id}/web-eid/signature"),
                &value(&leaf, document),
            )
            .await;
            assert_eq!(read(&seen), json!({"state": "finishing"}), "{engine}");
        }
        let stopped = json!({"code": "card_removed"});
        let seen = ask(&seat, &format!("/sign/{}/web-eid/failure", ids[2]), &stopped).await;
        assert_eq!(seen.status, 204, "{engine}");
        for id in &ids[..2] {
            assert_eq!(seat.outcome(id).await, None, "{engine}");
            assert_eq!(town.state(id).await, "open: done, open", "{engine}");
        }
        assert_eq!(
            seat.outcome(&ids[2]).await.as_deref(),
            Some("card_removed"),
            "{engine}"
        );
        assert_eq!(town.state(&ids[2]).await, "open: prepared, open", "{engine}");
        let page = seat.get(&format!("/list/{list}/progress")).await;
        assert!(page.body.contains("2 of 3 signed"), "{engine}: {}", page.body);
        // The rest, later.
        let seen = sign(&seat, &leaf, &ids[2]).await;
        assert_eq!(read(&seen), json!({"state": "finishing"}), "{engine}");
        assert_eq!(seat.outcome(&ids[2]).await, None, "{engine}");
    }
}

#[actix_web::test]
async fn a_value_counts_once_for_its_own_bytes_by_its_own_key() {
    for town in towns().await {
        let engine = town.world.engine;
        let app = town.instance(RIGHT);
        let id = town.open().await;
        let (seat, leaf) = (town.seat("mayor", &app).await, signer(&town, "mayor"));
        let offer = async || {
            let seen = ask(
                &seat,
                &format!("/sign/{id}/web-eid/certificate"),
                &certificate(&leaf),
            )
            .await;
            read(&seen)["documents"][0].clone()
        };
        let take = async |value: &Value| {
            let seen = ask(&seat, &format!("/sign/{id}/web-eid/signature"), value).await;
            (seen.status.as_u16(), seen)
        };
        let (status, seen) = take(&json!({"signature": "AAAA"})).await;
        assert_eq!(
            (status, refusal(&seen).1.as_str()),
            (400, "request_invalid"),
            "{engine}: nothing is waited for"
        );
        // Another digest, another key, another length, no base64: each ends the try, and nothing is kept.
        let document = offer().await;
        let mut other = document.clone();
        other["hash"] = json!(STANDARD.encode([7; 48]));
        let wrong = [
            value(&leaf, &other),
            value(&signer(&town, "director"), &document),
            json!({"signature": STANDARD.encode([1; 95])}),
            json!({"signature": ""}),
        ];
        for value in wrong {
            offer().await;
            let (_, seen) = take(&value).await;
            assert_eq!(refusal(&seen).1, "card_changed", "{engine}: {value}");
            assert_eq!(town.state(&id).await, "open: prepared, open", "{engine}");
        }
        offer().await;
        let (_, seen) = take(&json!({"signature": "%%"})).await;
        assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()), "{engine}");
        // The bytes of an earlier offer are not those of this one.
        let seen = ask(
            &seat,
            &format!("/sign/{id}/web-eid/failure"),
            &json!({"code": "pin_wrong", "tries_left": 2}),
        )
        .await;
        assert_eq!(seen.status, 204, "{engine}: {}", seen.body);
        town.later(std::time::Duration::from_secs(1));
        let again = offer().await;
        assert_ne!(again["hash"], document["hash"], "{engine}");
        let (_, seen) = take(&value(&leaf, &document)).await;
        assert_eq!(refusal(&seen).1, "card_changed", "{engine}");
        let document = offer().await;
        let good = value(&leaf, &document);
        assert_eq!(take(&good).await.0, 200, "{engine}");
        assert_eq!(seat.outcome(&id).await, None, "{engine}");
        let (status, seen) = take(&good).await;
        assert_eq!(
            (status, refusal(&seen).1.as_str()),
            (400, "request_invalid"),
            "{engine}: once"
        );
        assert_eq!(town.state(&id).await, "open: done, open", "{engine}");
    }
}

#[actix_web::test]
async fn who_may_not_sign_gets_no_digest() {
    for town in towns().await {
        let engine = town.world.engine;
        let app = town.instance(RIGHT);
        let id = town.open().await;
        let path = format!("/sign/{id}/web-eid/certificate");
        let mayor = town.seat("mayor", &app).await;
        let (own, theirs) = (signer(&town, "mayor"), signer(&town, "director"));
        let log_in = town.world.cards.specimen("mayor", |_| ()).authentication;
        let rows: [(&str, Value, &str); 6] = [
            (
                "somebody else's card",
                certificate(&theirs),
                "certificate_wrong_person",
            ),
            (
                "the certificate for logging in",
                certificate(&log_in),
                "certificate_untrusted",
            ),
            (
                "no certificate",
                json!({"certificate": STANDARD.encode(b"besluit")}),
                "certificate_untrusted",
            ),
            ("no base64", json!({"certificate": "%"}), "request_invalid"),
            ("no member", json!({}), "request_invalid"),
            (
                "a member too many",
                json!({"certificate": "", "pin": "1234"}),
                "request_invalid",
            ),
        ];
        for (what, body, code) in rows {
            let seen = ask(&mayor, &path, &body).await;
            assert_eq!(refusal(&seen).1, code, "{engine}: {what}");
            assert!(!seen.body.contains("documents"), "{engine}: {what}");
        }
        let revoked = CertificateStatus::Revoked {
            at: town.now(),
            reason: RevocationReason::KeyCompromise,
        };
        town.world.cards.services.set_certificate(&own.serial, revoked);
        let seen = ask(&mayor, &path, &certificate(&own)).await;
        assert_eq!(refusal(&seen).1, "certificate_revoked", "{engine}");
        town.world
            .cards
            .services
            .set_certificate(&own.serial, CertificateStatus::Good);
        for (slug, code) in [
            ("director", "not_your_turn"),
            ("citizen", "signer_without_authority"),
        ] {
            let seat = town.seat(slug, &app).await;
            let seen = ask(&seat, &path, &certificate(&signer(&town, slug))).await;
            assert_eq!(refusal(&seen).1, code, "{engine}: {slug}");
        }
        let chair = town.seat_at("mayor", &app, &town.world.other).await;
        for call in ["certificate", "signature", "alive", "failure"] {
            let body = match call {
                "certificate" => certificate(&own),
                "signature" => json!({"signature": "AAAA"}),
                "failure" => json!({"code": "pin_wrong"}),
                _ => json!({}),
            };
            let path = format!("/sign/{id}/web-eid/{call}");
            let seen = ask(&chair, &path, &body).await;
            assert_eq!(refusal(&seen), (404, "not_found".to_owned()), "{engine}: {call}");
            // From another site's page, and without the page's token.
            let token = csrf::token(mayor.0.cookies.lock().unwrap().get(SESSION_COOKIE).unwrap());
            for (token, origin) in [(token.as_str(), "https://evil.example"), ("", ORIGIN)] {
                let seen = ask_with(&mayor, &path, &body, token, origin).await;
                assert_eq!(
                    refusal(&seen),
                    (403, "csrf_failed".to_owned()),
                    "{engine}: {call}"
                );
            }
        }
        assert_eq!(town.state(&id).await, "open: open, open", "{engine}");
    }
}
