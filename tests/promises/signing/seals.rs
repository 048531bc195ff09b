//! What applications ask of a board's seal: documents, and digests whose document stays with them.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zegel::ades::cms::read::SignedData;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::journeys::App;
use zegel::lab::pki::{LabPki, LeafPurpose};
use zegel::lab::services::csc::CscFault;
use zegel::lab::services::{Service, ServiceMode};
use zegel::pki::certificate::Certificate;

use super::publication::{report, sealing};
use super::town::{Town, code, json as body_of, town};
use crate::house::cards::Cards;
use crate::house::visitor::{Seen, Visitor};

/// Asks for a seal on `document`.
async fn ask(app: &Arc<App>, bearer: &str, request: &Value, document: &[u8]) -> Seen {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{request}\r\n--edge\r\n\
         Content-Disposition: form-data; name=\"document\"; filename=\"a.pdf\"\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(document);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let request = TestRequest::post()
        .uri("/api/v1/seals")
        .insert_header(("authorization", bearer))
        .insert_header(("content-type", "multipart/form-data; boundary=edge"))
        .set_payload(body);
    Visitor::new(app.clone()).ask(request).await
}

async fn post(app: &Arc<App>, bearer: &str, path: &str, body: &Value) -> Seen {
    let request = TestRequest::post()
        .uri(&format!("/api/v1{path}"))
        .insert_header(("authorization", bearer))
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_string());
    Visitor::new(app.clone()).ask(request).await
}

async fn here() -> (Town, Arc<App>, String) {
    let town = town().await;
    let app = sealing(&town);
    let bearer = town.bearer(&town.world.board, "app").await;
    (town, app, bearer)
}

#[actix_web::test]
async fn a_document_is_sealed_for_each_purpose_at_its_level_or_not_at_all() {
    let (town, app, bearer) = here().await;
    let document = zegel::lab::house::decision();
    for (purpose, commitment) in [
        ("certified-copy", Some("1.2.840.113549.1.9.16.6.1")),
        ("document", None),
        ("proof", Some("1.2.840.113549.1.9.16.6.1")),
        ("receipt", Some("1.2.840.113549.1.9.16.6.2")),
    ] {
        let request = json!({"document_name": "a.pdf", "purpose": purpose});
        let sealed = ask(&app, &bearer, &request, &document).await;
        assert_eq!(sealed.status, StatusCode::OK, "{purpose}: {}", sealed.body);
        assert_eq!(sealed.bytes[..document.len()], document[..]);
        let judged = report(
            &town,
            &sealed.bytes,
            town.now().plus(std::time::Duration::from_secs(60)),
        );
        assert_eq!(
            judged.indication,
            Indication::TotalPassed,
            "{purpose}: {judged:#?}"
        );
        assert_eq!(judged.lowest_level(), Some(Level::Lta), "{purpose}");
        assert_eq!(
            judged.signatures[0].claimed.commitment.as_deref(),
            commitment,
            "{purpose}"
        );
    }
    let request = json!({"document_name": "a.pdf"});
    for (fault, stamps, status, expected) in [
        (CscFault::Down, ServiceMode::Up, 503, "seal_unavailable"),
        (CscFault::WrongValue, ServiceMode::Up, 503, "seal_unavailable"),
        (CscFault::None, ServiceMode::Down, 503, "timestamp_unavailable"),
    ] {
        town.world.cards.services.set_csc(fault);
        town.world.cards.services.set_service(Service::TimeStamp, stamps);
        let refused = ask(&app, &bearer, &request, &document).await;
        assert_eq!(
            (refused.status.as_u16(), code(&refused).as_str()),
            (status, expected),
            "{fault}"
        );
    }
    town.world.cards.services.set_csc(CscFault::None);
    town.world
        .cards
        .services
        .set_service(Service::TimeStamp, ServiceMode::Up);
    // Another board's application has no seal, a wrong purpose is named, and no token is no access.
    let elsewhere = town.bearer(&town.world.other, "ocmw-app").await;
    let refused = ask(&app, &elsewhere, &request, &document).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let wrong = json!({"document_name": "a.pdf", "purpose": "decoration"});
    assert_eq!(
        code(&ask(&app, &bearer, &wrong, &document).await),
        "request_invalid"
    );
    assert_eq!(
        ask(&app, "Bearer x", &request, &document).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[actix_web::test]
async fn a_digest_is_sealed_and_signed_without_its_document() {
    let (town, app, bearer) = here().await;
    let digest = HashAlgorithm::Sha256.digest(b"a document that stays");
    let sealed = post(
        &app,
        &bearer,
        "/seals/digests",
        &json!({"digest": hex::encode(&digest)}),
    )
    .await;
    assert_eq!(sealed.status, StatusCode::OK, "{}", sealed.body);
    let verified = |seen: &Seen, digest: &[u8]| {
        let der = STANDARD.decode(body_of(seen)["cms"].as_str().unwrap()).unwrap();
        let message = SignedData::parse(&der).unwrap();
        let signer = message.detached_signer().unwrap();
        signer
            .check_content(zegel::ades::cms::oids::DATA, digest)
            .unwrap();
        let candidates = message.certificates.iter().map(Vec::as_slice);
        let certificate = Certificate::parse(signer.find_certificate(candidates).unwrap().to_vec()).unwrap();
        signer.check_value(certificate.public_key().unwrap()).unwrap();
        signer
            .unsigned_values(zegel::ades::cms::oids::SIGNATURE_TIME_STAMP)
            .count()
    };
    assert_eq!(verified(&sealed, &digest), 1, "B-T has a time-stamp");

    // A person's signature: the application has the card elsewhere.
    let pki = town.world.cards.services.pki();
    let random = app.random.clone();
    let leaf = pki
        .issue_leaf(
            &Cards::holder(),
            LeafPurpose::Signature,
            KeyKind::Ec(Curve::P384),
            LabPki::usual_validity(town.now()),
            random.as_ref(),
        )
        .unwrap();
    let digest = HashAlgorithm::Sha384.digest(b"another that stays");
    let asked = json!({
        "certificates": [STANDARD.encode(&leaf.certificate_der), STANDARD.encode(pki.citizen.certificate_der())],
        "digest": hex::encode(&digest),
        "roles": ["burgemeester"],
    });
    let prepared = post(&app, &bearer, "/digests/prepare", &asked).await;
    assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
    let prepared = body_of(&prepared);
    assert_eq!(prepared["hash"], "SHA-384");
    let to_sign = hex::decode(prepared["to_sign"].as_str().unwrap()).unwrap();
    let algorithm = leaf.key.public().kind().default_algorithm();
    let value = leaf.key.sign_digest(algorithm, &to_sign).unwrap();
    let finish =
        |value: &[u8]| json!({"prepared": prepared["prepared"], "signature": STANDARD.encode(value)});
    let finished = post(&app, &bearer, "/digests/finish", &finish(&value)).await;
    assert_eq!(finished.status, StatusCode::OK, "{}", finished.body);
    assert_eq!(verified(&finished, &digest), 1);

    // A value of another digest, a digest of another length, a level that stands in the document.
    let other = leaf.key.sign_digest(algorithm, &digest).unwrap();
    let refused = post(&app, &bearer, "/digests/finish", &finish(&other)).await;
    assert_ne!(refused.status, StatusCode::OK);
    for (member, value) in [
        ("digest", json!("00")),
        ("level", json!("lta")),
        ("certificates", json!([])),
    ] {
        let mut wrong = asked.clone();
        wrong[member] = value;
        let refused = post(&app, &bearer, "/digests/prepare", &wrong).await;
        assert_eq!(code(&refused), "request_invalid", "{member}");
    }
}
