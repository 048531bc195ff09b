//! Signing with the card beside the person's own browser: the certificate first, digests out, values back.

use std::time::Duration;

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
pub(super) async fn ask(seat: &Seat, path: &str, body: &Value) -> Seen {
    let cookie = seat.0.cookies.lock().unwrap().get(SESSION_COOKIE).cloned();
    let token = csrf::token(&cookie.unwrap_or_default());
    ask_with(seat, path, body, &token, ORIGIN).await
}

pub(super) async fn ask_with(seat: &Seat, path: &str, body: &Value, token: &str, origin: &str) -> Seen {
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/json"))
        .insert_header(("accept", "application/json"))
        .insert_header(("origin", origin))
        .insert_header(("x-csrf-token", token))
        .set_payload(body.to_string());
    seat.0.ask(request).await
}

/// The certificate as the page sends it, with what the page at `confirm` shows.
pub(super) async fn certificate(seat: &Seat, confirm: &str, leaf: &IssuedLeaf) -> Value {
    let seen = seat.shown(confirm).await;
    json!({"certificate": STANDARD.encode(&leaf.certificate_der), "seen": seen})
}

/// The same of somebody who was shown nothing.
fn plain(leaf: &IssuedLeaf) -> Value {
    json!({"certificate": STANDARD.encode(&leaf.certificate_der), "seen": {}})
}

/// Asks for the digest of one document.
pub(super) async fn offer(seat: &Seat, id: &str, leaf: &IssuedLeaf) -> Seen {
    let said = certificate(seat, &format!("/sign/{id}/confirm"), leaf).await;
    ask(seat, &format!("/sign/{id}/web-eid/certificate"), &said).await
}

/// What the extension gives back for one document: r‖s, or PKCS#1 octets.
pub(super) fn value(leaf: &IssuedLeaf, document: &Value) -> Value {
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
    json!({"attempt": document["attempt"], "signature": STANDARD.encode(signature)})
}

/// The signature certificate of a specimen, with its key.
pub(super) fn signer(town: &Town, slug: &str) -> IssuedLeaf {
    town.world.cards.specimen(slug, |_| ()).signature
}

/// The whole of it for one document; what the last answer was.
pub(super) async fn sign(seat: &Seat, leaf: &IssuedLeaf, id: &str) -> Seen {
    let offered = offer(seat, id, leaf).await;
    if offered.status != 200 {
        return offered;
    }
    let documents = read(&offered)["documents"].clone();
    assert_eq!(documents.as_array().unwrap().len(), 1);
    assert_eq!(documents[0]["id"], id);
    take(seat, leaf, &documents[0]).await
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

/// Three decisions and the list of them: the requests' ids, and the list's.
async fn three(town: &Town) -> (Vec<String>, String) {
    let mut ids = Vec::new();
    for number in 0..3 {
        let order = Order::new().key(&format!("decision-{number}"));
        ids.push(town.open_with(order).await);
    }
    let bearer = town.bearer(&town.world.board, "app").await;
    let body = json!({"title": "College van 3 maart", "requests": ids});
    let list = super::api::make_list(town, &bearer, "the-one-list", body).await;
    let list = read(&list)["id"].as_str().unwrap().to_owned();
    (ids, list)
}

/// Asks for the digests of these documents of a list.
async fn offer_list(seat: &Seat, list: &str, ids: &[String], leaf: &IssuedLeaf) -> Vec<Value> {
    let only: Vec<String> = ids.iter().map(|id| format!("only={id}")).collect();
    let said = certificate(seat, &format!("/list/{list}/confirm?{}", only.join("&")), leaf).await;
    let seen = ask(seat, &format!("/list/{list}/web-eid/certificate"), &said).await;
    read(&seen)["documents"].as_array().cloned().unwrap_or_default()
}

/// The tries of these documents, as the page names them.
pub(super) fn tries(documents: &[Value]) -> Value {
    let named = documents
        .iter()
        .map(|one| (one["id"].as_str().unwrap().to_owned(), one["attempt"].clone()));
    Value::Object(named.collect())
}

async fn take(seat: &Seat, leaf: &IssuedLeaf, document: &Value) -> Seen {
    let path = format!("/sign/{}/web-eid/signature", document["id"].as_str().unwrap());
    ask(seat, &path, &value(leaf, document)).await
}

#[actix_web::test]
async fn a_list_is_signed_value_by_value_and_what_failed_stays_open() {
    for town in towns().await {
        let engine = town.world.engine;
        let app = town.instance(RIGHT);
        let (ids, list) = three(&town).await;
        let (seat, leaf) = (town.seat("mayor", &app).await, signer(&town, "mayor"));
        let documents = offer_list(&seat, &list, &ids, &leaf).await;
        assert_eq!(documents.len(), 3, "{engine}");
        let alive = json!({"tries": tries(&documents)});
        let seen = ask(&seat, &format!("/list/{list}/web-eid/alive"), &alive).await;
        assert_eq!(read(&seen), json!({"waiting": 3}), "{engine}");
        for document in &documents[..2] {
            let seen = take(&seat, &leaf, document).await;
            assert_eq!(read(&seen), json!({"state": "finishing"}), "{engine}");
        }
        // The page names them all: what was signed stands as it is.
        let stopped = json!({"code": "card_removed", "tries": tries(&documents)});
        let seen = ask(&seat, &format!("/list/{list}/web-eid/failure"), &stopped).await;
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
async fn another_window_speaks_of_other_tries() {
    for town in towns().await {
        let engine = town.world.engine;
        let app = town.instance(RIGHT);
        let (ids, list) = three(&town).await;
        let (seat, leaf) = (town.seat("mayor", &app).await, signer(&town, "mayor"));
        let first = offer_list(&seat, &list, &ids[..2], &leaf).await;
        // The second window asks for all three and gets the one that is free; then its person cancels.
        let second = offer_list(&seat, &list, &ids, &leaf).await;
        assert_eq!(second.len(), 1, "{engine}");
        let mut named = tries(&second);
        for id in &ids[..2] {
            named[id] = second[0]["attempt"].clone();
        }
        let stopped = json!({"code": "pin_cancelled", "tries": named});
        let seen = ask(&seat, &format!("/list/{list}/web-eid/failure"), &stopped).await;
        assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()), "{engine}");
        let stopped = json!({"code": "pin_cancelled", "tries": tries(&second)});
        let seen = ask(&seat, &format!("/list/{list}/web-eid/failure"), &stopped).await;
        assert_eq!(seen.status, 204, "{engine}");
        for document in &first {
            assert_eq!(take(&seat, &leaf, document).await.status, 200, "{engine}");
            assert_eq!(
                seat.outcome(document["id"].as_str().unwrap()).await,
                None,
                "{engine}"
            );
        }
        assert_eq!(town.state(&ids[2]).await, "open: prepared, open", "{engine}");
    }
}

#[actix_web::test]
async fn a_list_beside_tries_that_may_have_ended_is_begun_whole_or_not_at_all() {
    for town in towns().await {
        let engine = town.world.engine;
        let app = town.instance(RIGHT);
        let (ids, list) = three(&town).await;
        let (seat, leaf) = (town.seat("mayor", &app).await, signer(&town, "mayor"));
        assert_eq!(
            offer_list(&seat, &list, &ids[..2], &leaf).await.len(),
            2,
            "{engine}"
        );
        town.later(Duration::from_secs(10));
        assert_eq!(
            offer_list(&seat, &list, &ids[2..], &leaf).await.len(),
            1,
            "{engine}"
        );
        // Two are given up by now; the third missed a beat, and whether it goes on is not known.
        town.later(Duration::from_secs(10));
        let only: Vec<String> = ids.iter().map(|id| format!("only={id}")).collect();
        let said = certificate(&seat, &format!("/list/{list}/confirm?{}", only.join("&")), &leaf).await;
        let seen = ask(&seat, &format!("/list/{list}/web-eid/certificate"), &said).await;
        assert_eq!(refusal(&seen), (409, "already_waiting".to_owned()), "{engine}");
        // All three are given up, and all three begin.
        town.later(Duration::from_secs(10));
        assert_eq!(offer_list(&seat, &list, &ids, &leaf).await.len(), 3, "{engine}");
    }
}

#[actix_web::test]
async fn a_try_at_the_counter_is_nobodys_to_end_from_a_page() {
    let town = super::town::town().await;
    // The window at the counter stays open until the page beside it has spoken.
    let app = town.instance("sleep 1; echo 'D 1234'; echo OK");
    town.insert("mayor");
    let id = town.open().await;
    let mayor = town.seat("mayor", &app).await;
    assert_eq!(mayor.start(&id, &[]).await, None);
    mayor.until(&id, &["pin"]).await;
    let offered = offer(&mayor, &id, &signer(&town, "mayor")).await;
    assert_eq!(refusal(&offered), (409, "already_waiting".to_owned()));
    let person = town.person("mayor", town.world.board.id).await;
    let db = &town.world.app.db;
    let attempt = zegel::store::signing::last_attempt(db, id.parse().unwrap(), person)
        .await
        .unwrap();
    let stopped = json!({"code": "pin_cancelled", "tries": {id.clone(): attempt.unwrap().id}});
    let seen = ask(&mayor, &format!("/sign/{id}/web-eid/failure"), &stopped).await;
    assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()));
    assert_eq!(mayor.outcome(&id).await, None);
}

#[actix_web::test]
async fn what_the_page_showed_is_what_is_signed() {
    for town in towns().await {
        let engine = town.world.engine;
        let app = town.instance(RIGHT);
        town.insert("mayor");
        let id = town.open().await;
        let (seat, leaf) = (town.seat("mayor", &app).await, signer(&town, "mayor"));
        let confirm = format!("/sign/{id}/confirm");
        let good = certificate(&seat, &confirm, &leaf).await;
        for seen in [
            json!({}),
            json!({id.clone(): ""}),
            json!({id.clone(): "0".repeat(64)}),
        ] {
            let mut said = good.clone();
            said["seen"] = seen;
            let answered = ask(&seat, &format!("/sign/{id}/web-eid/certificate"), &said).await;
            assert_eq!(refusal(&answered).1, "document_changed", "{engine}");
        }
        // The counter asks the same.
        let shown = "0".repeat(64);
        let seen = seat
            .post(&format!("/sign/{id}/counter"), &[("seen", shown.as_str())])
            .await;
        assert_eq!(seen.location, format!("/sign/{id}/progress"), "{engine}");
        assert_eq!(
            seat.outcome(&id).await.as_deref(),
            Some("document_changed"),
            "{engine}"
        );
        assert_eq!(town.world.cards.heard(), "", "{engine}: no PIN was asked");
        let seen = ask(&seat, &format!("/sign/{id}/web-eid/certificate"), &good).await;
        assert_eq!(seen.status, 200, "{engine}: {}", seen.body);
    }
}

#[actix_web::test]
async fn bytes_wait_as_long_as_a_pin_for_each_takes_and_no_longer() {
    let town = super::town::town().await;
    let app = town.instance(RIGHT);
    let (ids, list) = three(&town).await;
    let (seat, leaf) = (town.seat("alderman", &app).await, signer(&town, "alderman"));
    let documents = offer_list(&seat, &list, &ids, &leaf).await;
    assert_eq!(documents.len(), 3);
    let alive = json!({"tries": tries(&documents)});
    // Ten minutes, and a minute for each PIN: the last is still taken just before that.
    for minute in 1..=12 {
        town.later(std::time::Duration::from_secs(60));
        let seen = ask(&seat, &format!("/list/{list}/web-eid/alive"), &alive).await;
        assert_eq!(read(&seen), json!({"waiting": 3}), "{minute}");
    }
    assert_eq!(take(&seat, &leaf, &documents[0]).await.status, 200);
    assert_eq!(seat.outcome(&ids[0]).await, None);
    // Nobody else gets in between meanwhile; afterwards whoever is there does.
    let mayor = town.seat("mayor", &app).await;
    let seen = offer(&mayor, &ids[1], &signer(&town, "mayor")).await;
    assert_eq!(refusal(&seen).1, "not_your_turn");
    town.later(std::time::Duration::from_secs(61));
    let seen = ask(&seat, &format!("/list/{list}/web-eid/alive"), &alive).await;
    assert_eq!(read(&seen), json!({"waiting": 0}));
    let seen = take(&seat, &leaf, &documents[1]).await;
    assert_eq!(refusal(&seen).1, "pin_timeout");
    let seen = sign(&mayor, &signer(&town, "mayor"), &ids[2]).await;
    assert_eq!(read(&seen), json!({"state": "finishing"}));
    assert_eq!(mayor.outcome(&ids[2]).await, None);
}

#[actix_web::test]
async fn a_value_counts_once_for_its_own_bytes_by_its_own_key() {
    for town in towns().await {
        let engine = town.world.engine;
        let app = town.instance(RIGHT);
        let id = town.open().await;
        let (seat, leaf) = (town.seat("mayor", &app).await, signer(&town, "mayor"));
        let offered = async || read(&offer(&seat, &id, &leaf).await)["documents"][0].clone();
        let take = async |value: &Value| {
            let seen = ask(&seat, &format!("/sign/{id}/web-eid/signature"), value).await;
            (seen.status.as_u16(), refusal(&seen).1)
        };
        let invalid = (400, "request_invalid".to_owned());
        for nothing in [
            json!({"signature": "AAAA"}),
            json!({"attempt": "att_01m8a1nyckrdrxrevre91fcv5d", "signature": "AAAA"}),
            json!({"attempt": "x", "signature": "AAAA"}),
        ] {
            assert_eq!(take(&nothing).await, invalid, "{engine}: nothing is waited for");
        }
        // Another digest, another key, another length, nothing: each ends the try, and nothing is kept.
        let signed = |document: &Value, kind: u8| {
            let mut changed = document.clone();
            match kind {
                0 => {
                    changed["hash"] = json!(STANDARD.encode([7; 48]));
                    value(&leaf, &changed)
                }
                1 => value(&signer(&town, "director"), document),
                2 => json!({"attempt": document["attempt"], "signature": STANDARD.encode([1; 95])}),
                _ => json!({"attempt": document["attempt"], "signature": ""}),
            }
        };
        for kind in 0..4 {
            let wrong = signed(&offered().await, kind);
            assert_eq!(take(&wrong).await.1, "card_changed", "{engine}: {kind}");
            assert_eq!(town.state(&id).await, "open: prepared, open", "{engine}");
            assert_eq!(take(&wrong).await, invalid, "{engine}: that try is over");
        }
        let document = offered().await;
        let no_text = json!({"attempt": document["attempt"], "signature": "%%"});
        assert_eq!(take(&no_text).await, invalid, "{engine}");
        // A try that was given up is over; the bytes of the next one are others.
        let stopped =
            json!({"code": "pin_wrong", "tries_left": 2, "tries": tries(std::slice::from_ref(&document))});
        let seen = ask(&seat, &format!("/sign/{id}/web-eid/failure"), &stopped).await;
        assert_eq!(seen.status, 204, "{engine}: {}", seen.body);
        town.later(std::time::Duration::from_secs(1));
        let again = offered().await;
        assert_ne!(again["hash"], document["hash"], "{engine}");
        assert_eq!(
            take(&value(&leaf, &document)).await,
            invalid,
            "{engine}: an old window"
        );
        let good = value(&leaf, &again);
        assert_eq!(take(&good).await.0, 200, "{engine}");
        assert_eq!(
            take(&good).await.0,
            200,
            "{engine}: said again, when the first answer was lost"
        );
        assert_eq!(seat.outcome(&id).await, None, "{engine}");
        assert_eq!(take(&good).await.0, 200, "{engine}");
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
            ("somebody else's card", plain(&theirs), "certificate_wrong_person"),
            (
                "the certificate for logging in",
                plain(&log_in),
                "certificate_untrusted",
            ),
            (
                "no certificate",
                json!({"certificate": STANDARD.encode(b"besluit"), "seen": {}}),
                "certificate_untrusted",
            ),
            (
                "no base64",
                json!({"certificate": "%", "seen": {}}),
                "request_invalid",
            ),
            ("no member", json!({}), "request_invalid"),
            (
                "a member too many",
                json!({"certificate": "", "seen": {}, "pin": "1234"}),
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
        let seen = ask(&mayor, &path, &plain(&own)).await;
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
            let seen = ask(&seat, &path, &plain(&signer(&town, slug))).await;
            assert_eq!(refusal(&seen).1, code, "{engine}: {slug}");
        }
        let chair = town.seat_at("mayor", &app, &town.world.other).await;
        for call in ["certificate", "signature", "alive", "failure"] {
            let named = json!({id.clone(): "att_01m8a1nyckrdrxrevre91fcv5d"});
            let body = match call {
                "certificate" => plain(&own),
                "signature" => json!({"attempt": "att_01m8a1nyckrdrxrevre91fcv5d", "signature": "AAAA"}),
                "failure" => json!({"code": "pin_wrong", "tries": named}),
                _ => json!({"tries": named}),
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
