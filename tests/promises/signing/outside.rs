//! Something outside is down after the card signed: the value is kept and finished later, without its signer.

use std::time::Duration;

use zegel::jobs;
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};
use zegel::pdf::document::Document;
use zegel::pki::need::Need;
use zegel::store::signing;

use super::town::{RIGHT, Seat, Town, refusal, towns};

/// How many signatures and document time-stamps the file holds.
fn signature_fields(file: &[u8]) -> usize {
    let document = Document::open(std::sync::Arc::new(file.to_vec())).unwrap();
    document.latest().signature_fields().unwrap().len()
}

/// The mayor signed and something is still missing: the page says so, nobody goes on, nothing is delivered.
async fn is_kept(town: &Town, mayor: &Seat, id: &str) {
    assert_eq!(town.state(id).await, "finishing: signed, open");
    assert_eq!(
        mayor.get(&format!("/sign/{id}/document")).await.bytes,
        zegel::lab::house::decision()
    );
    let director = town.seat("director", &town.instance(RIGHT)).await;
    assert_eq!(director.use_card(id).await.as_deref(), Some("not_your_turn"));
    assert_eq!(mayor.use_card(id).await.as_deref(), Some("not_your_turn"));
    let early = town.call(&format!("/{id}/document")).await;
    assert_eq!(refusal(&early), (409, "signatures_missing".to_owned()));
}

/// The card is gone, another instance looks at its jobs: the signature stands, once.
async fn is_finished_later(town: &Town, mayor: &Seat, id: &str) {
    town.world.cards.readers.disconnect(super::town::READER);
    let asked = town.world.cards.heard();
    town.later(Duration::from_mins(2));
    let other = town.instance("exit 1");
    assert!(jobs::due(&other).await);
    assert_eq!(town.state(id).await, "open: done, open");
    assert_eq!(mayor.outcome(id).await, None, "the page that waited is told");
    let file = mayor.get(&format!("/sign/{id}/document")).await.bytes;
    assert_eq!(
        signature_fields(&file),
        2,
        "one signature and one document time-stamp"
    );
    assert_eq!(town.world.cards.heard(), asked, "nobody was asked again");
    assert!(!jobs::due(&other).await, "nothing is left to do");
    town.signs("director", id).await;
    assert_eq!(town.state(id).await, "completed: done, done");
}

#[actix_web::test]
async fn a_signature_waits_for_its_time_stamp_and_gets_it_without_the_signer() {
    for town in towns().await {
        let id = town.open().await;
        let services = &town.world.cards.services;
        services.set_service(Service::TimeStamp, ServiceMode::Down);
        town.insert("mayor");
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        let code = mayor.sign(&id).await;
        assert_eq!(
            code.as_deref(),
            Some("timestamp_unavailable"),
            "{}",
            town.world.engine
        );
        is_kept(&town, &mayor, &id).await;
        // Still down when the job comes by: put off, and nothing lost.
        town.later(Duration::from_mins(2));
        assert!(jobs::due(&town.instance("exit 1")).await);
        assert!(!jobs::due(&town.instance("exit 1")).await, "it is put off");
        is_kept(&town, &mayor, &id).await;
        services.set_service(Service::TimeStamp, ServiceMode::Up);
        is_finished_later(&town, &mayor, &id).await;
    }
}

#[actix_web::test]
async fn a_signature_waits_for_revocation_answers_and_keeps_its_time_stamp() {
    for town in towns().await {
        let id = town.open().await;
        town.insert("mayor");
        // The status was told before the PIN; it is gone when the time-stamp is there.
        let services = town.world.cards.services.clone();
        let stamps = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = stamps.clone();
        town.door.before(move |need| {
            if matches!(need, Need::TimeStamp { .. }) {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                services.set_service(Service::Ocsp, ServiceMode::Down);
                services.set_service(Service::Crl, ServiceMode::Down);
            }
            None
        });
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        let code = mayor.sign(&id).await;
        assert_eq!(
            code.as_deref(),
            Some("timestamp_unavailable"),
            "{}",
            town.world.engine
        );
        is_kept(&town, &mayor, &id).await;
        assert_eq!(stamps.load(std::sync::atomic::Ordering::SeqCst), 1);
        let again = stamps.clone();
        town.door.before(move |need| {
            if matches!(need, Need::TimeStamp { .. }) {
                again.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
            None
        });
        town.world
            .cards
            .services
            .set_service(Service::Ocsp, ServiceMode::Up);
        town.world
            .cards
            .services
            .set_service(Service::Crl, ServiceMode::Up);
        is_finished_later(&town, &mayor, &id).await;
        // One more for the mayor's document time-stamp, two for the director.
        assert_eq!(
            stamps.load(std::sync::atomic::Ordering::SeqCst),
            4,
            "the first stamp was kept"
        );
    }
}

#[actix_web::test]
async fn a_file_below_its_level_is_not_delivered() {
    for town in towns().await {
        let id = town.open().await;
        town.insert("mayor");
        // The second time-stamp, over the document, does not come: the first and the revocation answers are kept.
        let services = town.world.cards.services.clone();
        let mut stamps = 0;
        town.door.before(move |need| {
            if matches!(need, Need::TimeStamp { .. }) {
                stamps += 1;
                let mode = if stamps == 2 {
                    ServiceMode::Down
                } else {
                    ServiceMode::Up
                };
                services.set_service(Service::TimeStamp, mode);
            }
            None
        });
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        assert_eq!(mayor.sign(&id).await.as_deref(), Some("timestamp_unavailable"));
        // Somebody empties what was kept: only reading the file back can tell that it lacks them.
        let db = &town.world.app.db;
        let kept = signing::find(db, id.parse().unwrap()).await.unwrap().unwrap();
        let mut text = serde_json::to_value(&kept.request).unwrap();
        let signed = &mut text["slots"][0]["stage"]["signed"];
        assert!(signed["time_stamp"].is_string());
        for kind in ["ocsp_responses", "crls"] {
            assert!(signed["material"][kind].is_array());
            signed["material"][kind] = serde_json::json!([]);
        }
        signed["archive"] = serde_json::Value::Null;
        let changed = serde_json::from_value(text).unwrap();
        db.write(move |unit| {
            let changed: zegel::signing::request::SigningRequest = Clone::clone(&changed);
            Box::pin(async move { signing::save(unit, &changed, kept.version).await })
        })
        .await
        .unwrap();
        let blobs = super::town::files(&town.blobs());
        town.later(Duration::from_mins(2));
        let other = town.instance("exit 1");
        assert!(jobs::due(&other).await);
        let error = zegel::journeys::sign::finish::finish(&other, id.parse().unwrap())
            .await
            .unwrap_err();
        assert_eq!(
            (error.cause(), error.code().as_str()),
            ("ADES_BELOW_LEVEL", "signature_below_profile"),
            "{}",
            town.world.engine
        );
        is_kept(&town, &mayor, &id).await;
        assert_eq!(
            super::town::files(&town.blobs()),
            blobs,
            "nothing of it is stored"
        );
    }
}

/// The mayor signed, and that can never stand: the request ends, everybody is told, and nothing tries on for ever.
async fn is_over(town: &Town, mayor: &Seat, id: &str, cause: &str) {
    let resource = town.resource(id).await;
    assert_eq!(
        (&resource["state"], &resource["reason"]),
        (&"failed".into(), &cause.into())
    );
    assert_eq!(
        resource["slots"][0]["stage"], "signed",
        "the value stays in the record"
    );
    assert_eq!(mayor.outcome(id).await.as_deref(), Some("signature_failed"));
    let page = mayor.get(&format!("/sign/{id}")).await;
    assert_eq!(refusal(&page), (410, "signature_failed".to_owned()));
    let other = town.instance("exit 1");
    for _ in 0..2 {
        town.later(Duration::from_hours(1));
        jobs::due(&other).await;
    }
    town.later(Duration::from_hours(1));
    assert!(!jobs::due(&other).await, "the job is done");
    let mayor = town.seat("mayor", &other).await;
    assert_eq!(mayor.outcome(id).await.as_deref(), Some("signature_failed"));
    let bearer = town.bearer(&town.world.board, "app").await;
    let seen = super::town::withdraw(&town.world.app, &bearer, id).await;
    assert_eq!(refusal(&seen), (410, "request_closed".to_owned()));
    // The application sends the document anew.
    town.open_with(super::town::Order::new().key("the-document-anew"))
        .await;
}

#[actix_web::test]
async fn a_certificate_revoked_while_its_card_signs_ends_the_request_for_good() {
    for town in towns().await {
        let id = town.open().await;
        let serial = town.insert("mayor");
        let services = town.world.cards.services.clone();
        let at = town.now().minus(Duration::from_secs(1));
        town.door.before(move |need| {
            if matches!(need, Need::TimeStamp { .. }) {
                let reason = RevocationReason::KeyCompromise;
                services.set_certificate(&serial, CertificateStatus::Revoked { at, reason });
            }
            None
        });
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        assert_eq!(
            mayor.sign(&id).await.as_deref(),
            Some("signature_failed"),
            "{}",
            town.world.engine
        );
        town.door.before(|_| None);
        is_over(&town, &mayor, &id, "REVOKED").await;
    }
}

#[actix_web::test]
async fn a_time_stamp_that_never_comes_is_not_waited_for_for_ever() {
    let town = super::town::town().await;
    let id = town.open().await;
    town.world
        .cards
        .services
        .set_service(Service::TimeStamp, ServiceMode::Down);
    town.insert("mayor");
    let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    assert_eq!(mayor.sign(&id).await.as_deref(), Some("timestamp_unavailable"));
    let bearer = town.bearer(&town.world.board, "app").await;
    let early = super::town::withdraw(&town.world.app, &bearer, &id).await;
    assert_eq!(refusal(&early), (409, "signature_finishing".to_owned()));
    town.later(Duration::from_hours(14 * 24 - 1));
    assert!(jobs::due(&town.instance("exit 1")).await);
    assert_eq!(town.state(&id).await, "finishing: signed, open");
    town.later(Duration::from_hours(1));
    assert!(jobs::due(&town.instance("exit 1")).await);
    let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    is_over(&town, &mayor, &id, "TST_UNAVAILABLE").await;
}

#[actix_web::test]
async fn requests_that_are_being_finished_do_not_keep_others_from_ending() {
    for town in towns().await {
        let id = town.open().await;
        town.world
            .cards
            .services
            .set_service(Service::TimeStamp, ServiceMode::Down);
        town.insert("mayor");
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        assert_eq!(mayor.sign(&id).await.as_deref(), Some("timestamp_unavailable"));
        let other = town
            .open_with(super::town::Order::new().key("the-second-one"))
            .await;
        town.later(Duration::from_hours(14 * 24));
        let overdue = signing::overdue(&town.world.app.db, town.now()).await.unwrap();
        let overdue: Vec<String> = overdue.iter().map(|kept| kept.request.id.to_string()).collect();
        assert_eq!(overdue, [other], "{}", town.world.engine);
    }
}
