//! From an application's document to its delivery: two cards, two signatures, nothing that does not belong.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::json;
use zegel::ades::validate::verdict::ProofFile;
use zegel::ades::validate::{self, Context};
use zegel::base::digest::Sha256Digest;
use zegel::base::lang::Language;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::demo;
use zegel::lab::persons::DemoPerson;
use zegel::mandates::facts::AbsenceKind;
use zegel::pdf::document::Document;
use zegel::pdf::object::{Object, ObjectId};
use zegel::pdf::text;
use zegel::pki::certificate::Certificate;

use super::town::{Order, RIGHT, Seat, Town, json, refusal, town, towns};
use crate::house::visitor::{heading, token};

/// Logs in with the card in the reader, from a page of signing back to it, as a person without script would.
async fn log_in(seat: &Seat, path: &str) {
    let away = seat.get(path).await;
    assert_eq!(away.status, StatusCode::SEE_OTHER, "{}", away.body);
    let visit = away.location.split('?').next().unwrap().to_owned();
    assert!(visit.starts_with("/interaction/"), "{visit}");
    let first = seat.get(&visit).await;
    seat.0
        .post(&format!("{visit}/counter"), &[("csrf", &token(&first))])
        .await;
    for _ in 0..6000 {
        let state = seat.get(&format!("{visit}/state")).await;
        assert_eq!(state.status, StatusCode::OK, "{}", state.body);
        if json(&state)["next"].is_string() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let mut there = visit.clone();
    for _ in 0..4 {
        let arrived = seat.get(&there).await;
        if arrived.location == path {
            return;
        }
        assert_eq!(arrived.status, StatusCode::SEE_OTHER, "{}", arrived.body);
        there = arrived.location;
    }
    panic!("never came back to {path}");
}

/// What the page for checking documents says about `file`, as a program reads it.
async fn validated(town: &Town, file: &[u8]) -> serde_json::Value {
    let mut seat = Seat::nobody(&town.instance(RIGHT));
    seat.0.upload_bytes = 1_000_000;
    let mut body = b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.pdf\"\r\n\
                     Content-Type: application/pdf\r\n\r\n"
        .to_vec();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let request = TestRequest::post()
        .uri("/verify")
        .insert_header(("content-type", "multipart/form-data; boundary=edge"))
        .insert_header(("accept", "application/json"))
        .set_payload(body);
    let seen = seat.0.ask(request).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
    json(&seen)
}

/// Everything that a reader of the file could find in it, with the certificates taken out.
fn everything_but_certificates(file: &[u8]) -> Vec<u8> {
    let document = Document::open(Arc::new(file.to_vec())).unwrap();
    let view = document.latest();
    let mut all = file.to_vec();
    for number in 1..document.size() {
        let id = ObjectId {
            number,
            generation: 0,
        };
        if let Ok(Object::Stream(stream)) = view.get(id) {
            all.extend(view.stream_bytes(&stream, 10_000_000).unwrap());
        }
    }
    for field in view.signature_fields().unwrap() {
        if let zegel::pdf::signature::FieldState::Signed(signature) = &field.state {
            all.extend_from_slice(&signature.contents);
        }
    }
    // A certificate is a SEQUENCE with a length of two octets; whatever parses as one is taken out.
    let mut rest = Vec::new();
    let mut at = 0;
    while at < all.len() {
        if let [0x30, 0x82, high, low, ..] = all[at..] {
            let length = 4 + usize::from(high) * 256 + usize::from(low);
            if let Some(der) = all.get(at..at + length)
                && Certificate::parse(der.to_vec()).is_ok()
            {
                at += length;
                continue;
            }
        }
        rest.push(all[at]);
        at += 1;
    }
    assert!(rest.len() < all.len(), "there are certificates in the file");
    rest
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The text of the file's pages, on one line.
fn visible(file: &[u8]) -> String {
    let document = Document::open(Arc::new(file.to_vec())).unwrap();
    let pages = text::of_document(&document.latest()).unwrap();
    let lines: Vec<String> = pages.into_iter().map(|page| page.text).collect();
    lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[actix_web::test]
async fn two_signers_seal_a_decision_and_the_application_gets_it_with_its_proof() {
    for town in towns().await {
        let engine = town.world.engine;
        let original = zegel::lab::house::decision();
        let made = town.send(Order::new()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let resource = json(&made);
        let id = resource["id"].as_str().unwrap().to_owned();
        assert_eq!(made.location, format!("/api/v1/signing_requests/{id}"));
        assert_eq!(resource["state"], "open");
        assert_eq!(resource["rule"]["rule"], "FL-CBS");
        assert_eq!(
            resource["adopted_by"]["reference"],
            "TEST-besluit 2025/001 (gemeenteraad)"
        );
        assert_eq!(
            resource["documents"][0]["sha256"],
            Sha256Digest::of(&original).to_string()
        );
        assert_eq!(resource["slots"][0]["roles"][0], "burgemeester");
        assert_eq!(resource["slots"][1]["roles"][0], "algemeen directeur");
        assert_eq!(resource["slots"][0]["signer"], serde_json::Value::Null);
        for what in ["document", "proof"] {
            let early = town.call(&format!("/{id}/{what}")).await;
            assert_eq!(refusal(&early), (409, "signatures_missing".to_owned()), "{what}");
        }

        // The mayor comes to the counter, logs in with the card, and sees what is asked.
        town.insert("mayor");
        let mayor = Seat::nobody(&town.instance(RIGHT));
        let page = format!("/sign/{id}");
        log_in(&mayor, &page).await;
        let ask = mayor.get(&page).await;
        assert_eq!(
            (ask.status, heading(&ask).as_str()),
            (StatusCode::OK, "You are asked to sign a document"),
            "{}",
            ask.body
        );
        assert!(
            ask.body.contains("Zitting van het college van burgemeester"),
            "the text is on the page"
        );
        assert!(ask.body.contains(&Sha256Digest::of(&original).to_string()));
        let picture = mayor.get(&format!("{page}/page/1")).await;
        assert_eq!(picture.status, StatusCode::OK);
        assert!(picture.bytes.starts_with(b"\x89PNG\r\n"));
        assert_eq!(
            mayor.get(&format!("{page}/page/2")).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(mayor.get(&format!("{page}/document")).await.bytes, original);
        assert_eq!(mayor.sign(&id).await, None, "{engine}");
        assert_eq!(town.state(&id).await, "open: done, open");
        let thanks = mayor.get(&page).await;
        assert!(thanks.body.contains("general director"), "{}", thanks.body);

        town.insert("director");
        let director = town.seat("director", &town.instance(RIGHT)).await;
        assert_eq!(director.sign(&id).await, None, "{engine}");
        assert_eq!(town.state(&id).await, "completed: done, done");
        let resource = town.resource(&id).await;
        assert_eq!(resource["slots"][0]["signer"]["name"], "An Marie Specimen");
        assert_eq!(resource["slots"][1]["signer"]["name"], "Bram Spécimen");
        assert_eq!(resource["slots"][1]["level"], "lta");

        let delivered = town.call(&format!("/{id}/document")).await;
        assert_eq!(delivered.status, StatusCode::OK);
        let file = delivered.bytes;
        assert_eq!(file[..original.len()], original[..], "the original is untouched");
        let after_mayor = mayor.get(&format!("{page}/document")).await.bytes;
        assert_eq!(after_mayor, file);
        let report = validated(&town, &file).await;
        assert_eq!(report["indication"], "TOTAL-PASSED", "{report:#}");
        let signatures = report["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 2);
        for signature in signatures {
            assert_eq!(signature["indication"], "TOTAL-PASSED");
            assert_eq!(signature["level"], "lta");
            assert_eq!(signature["attested"]["status"], "verified");
            assert_eq!(signature["attested"]["key_source"], "trusted");
            assert_eq!(signature["covers_whole_revision"], true);
        }

        let proof = town.call(&format!("/{id}/proof")).await;
        assert_eq!(proof.status, StatusCode::OK);
        let found = ProofFile::parse(&proof.bytes).unwrap();
        assert_eq!(found.document_sha256, Sha256Digest::of(&file));
        assert_eq!(found.verdicts.len(), 2);
        assert!(found.verdicts.iter().all(|verdict| verdict.len() <= 8192));
        let offline = validate::validate(
            Arc::new(file.clone()),
            &Context {
                trust: &town.world.app.trust,
                algorithms: &AlgorithmPolicy::etsi_ts_119_312(),
                verdict_keys: &found.keys().unwrap(),
                at: town.now(),
            },
        );
        for (signature, verdict) in offline.signatures.iter().zip(&found.verdicts) {
            let attested = signature.attested.as_ref().unwrap();
            assert_eq!(
                attested.status,
                zegel::ades::validate::report::VerdictStatus::Verified
            );
            assert!(contains(&everything_but_certificates(&file), verdict));
        }

        let catalog = Document::open(Arc::new(file.clone()))
            .unwrap()
            .latest()
            .catalog()
            .unwrap();
        assert!(catalog.get("Names").is_none() && catalog.get("AF").is_none());
        assert!(!contains(&everything_but_certificates(&file), "EmbeddedFile"));
        let plan = json!([{"request": id, "required": 2, "present": 2}]);
        assert_eq!(report["plans"], plan, "{engine}");
        for slug in ["mayor", "director"] {
            let number = DemoPerson::find(slug).unwrap().national_number;
            let list = town.call("").await.body;
            for (place, bytes) in [
                ("file", everything_but_certificates(&file)),
                ("visible text", visible(&file).into_bytes()),
                ("proof", proof.bytes.clone()),
                ("resource", resource.to_string().into_bytes()),
                ("list", list.into_bytes()),
                ("report", report.to_string().into_bytes()),
                ("page", ask.bytes.clone()),
                ("last page", thanks.bytes.clone()),
            ] {
                assert!(!contains(&bytes, number), "a national number in the {place}");
            }
            for payload in found
                .verdicts
                .iter()
                .map(|verdict| verdict.split('.').nth(1).unwrap())
            {
                use base64::Engine as _;
                let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
                    .decode(payload)
                    .unwrap();
                assert!(!contains(&claims, number), "a national number in a verdict");
            }
        }
    }
}

#[actix_web::test]
async fn delegates_sign_with_the_mention_that_the_law_wants_above_their_names() {
    let town = town().await;
    let id = town.open().await;
    town.signs("alderman", &id).await;
    town.signs("staff", &id).await;
    assert_eq!(town.state(&id).await, "completed: done, done");
    let slots = town.resource(&id).await["slots"].clone();
    let file = town.call(&format!("/{id}/document")).await.bytes;
    let text = visible(&file);
    for (slot, mention, name) in [
        (
            0,
            "Namens de burgemeester, bij delegatie (besluit van 28 januari 2025, art. 280 DLB)",
            "Carla Josée Specimen",
        ),
        (
            1,
            "Namens de algemeen directeur, bij delegatie (besluit van 28 januari 2025, art. 283 DLB)",
            "Dirk Specimen",
        ),
    ] {
        assert_eq!(slots[slot]["signer"]["mention"], mention);
        let place = text
            .find(mention)
            .unwrap_or_else(|| panic!("no mention in: {text}"));
        assert!(
            text[place..].contains(name),
            "the name stands under the mention: {text}"
        );
    }
}

#[actix_web::test]
async fn whoever_acts_for_an_absent_mayor_signs_and_needs_no_delegation() {
    let town = town().await;
    town.learn(demo::mayor_away(AbsenceKind::Impediment, town.now(), None).unwrap())
        .await;
    let id = town.open().await;
    town.signs("alderman", &id).await;
    let signer = town.resource(&id).await["slots"][0]["signer"].clone();
    assert_eq!(signer["mention"], serde_json::Value::Null, "{signer}");
    assert_eq!(
        signer["capacity"],
        "waarnemend burgemeester, Gemeente Zegelgem (TEST)"
    );
}

#[actix_web::test]
async fn a_document_that_was_taken_back_half_signed_says_what_it_lacks() {
    let town = town().await;
    let id = town.open().await;
    town.signs("mayor", &id).await;
    let bearer = town.bearer(&town.world.board, "app").await;
    super::town::withdraw(&town.world.app, &bearer, &id).await;
    let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    let page = mayor.get(&format!("/sign/{id}")).await.body;
    assert!(
        page.contains("The request was withdrawn. This document does not carry"),
        "{page}"
    );
    assert!(!page.contains("general director"), "nobody signs next: {page}");
    let half = mayor.get(&format!("/sign/{id}/document")).await.bytes;
    let report = validated(&town, &half).await;
    assert_eq!(report["indication"], "TOTAL-PASSED");
    assert_eq!(
        report["plans"],
        json!([{"request": id, "required": 2, "present": 1}])
    );
    let report: validate::report::Report = serde_json::from_value(report).unwrap();
    for (language, line) in [
        (Language::De, "Achtung: 1 von 2 verlangten Unterschriften"),
        (Language::En, "warning: 1 of 2 required signatures"),
        (Language::Fr, "attention : 1 des 2 signatures requises"),
        (Language::Nl, "let op: 1 van 2 vereiste handtekeningen"),
    ] {
        assert!(
            report.to_text(language).contains(line),
            "{}",
            report.to_text(language)
        );
    }
}
