//! The publication copy: says who signed, holds nothing personal, is sealed, and waits when it has to.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use zegel::ades::validate::{self, Context};
use zegel::base::bytes::ReadAt;
use zegel::base::digest::Sha256Digest;
use zegel::base::time::Timestamp;
use zegel::config::seals::{DeviceSettings, SealSettings};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::jobs;
use zegel::journeys::App;
use zegel::lab::persons::DemoPerson;
use zegel::lab::services::csc::{CLIENT, CLIENT_SECRET, CREDENTIAL, CREDENTIAL_PIN, CscFault};
use zegel::lab::services::{Service, ServiceMode};
use zegel::pdf::document::Document;
use zegel::pdf::object::{Object, ObjectId};
use zegel::pdf::signature::FieldState;
use zegel::pdf::text;
use zegel::pki::certificate::Certificate;
use zegel::signing::device::csc::Provider;

use super::town::{RIGHT, Town, json, refusal, town, towns};

/// An instance whose first board seals with the laboratory's remote credential.
pub(super) fn sealing(town: &Town) -> Arc<App> {
    let mut app = Arc::into_inner(town.instance(RIGHT)).unwrap();
    let folder = town.world.folder.path();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let base = crate::house::cards::BASE;
    let mut config = zegel::config::Config::clone(&app.config);
    config.seals = vec![SealSettings {
        board: town.world.board.slug.clone(),
        level: zegel::ades::level::Level::Lta,
        device: DeviceSettings::Csc {
            provider: Provider {
                url: format!("{base}/csc/v2"),
                token_url: format!("{base}/oauth2/token"),
                client_id: CLIENT.to_owned(),
                credential: CREDENTIAL.to_owned(),
            },
            client_secret_file: file("client-secret", CLIENT_SECRET),
            pin_file: Some(file("credential-pin", &format!("{CREDENTIAL_PIN}\n"))),
        },
    }];
    app.config = Arc::new(config);
    Arc::new(app)
}

/// Mayor and director sign the request at `app`.
async fn signed_by_both(town: &Town, app: &Arc<App>) -> String {
    let id = town.open().await;
    for slug in ["mayor", "director"] {
        town.insert(slug);
        let seat = town.seat(slug, app).await;
        assert_eq!(seat.sign(&id).await, None, "{slug}");
    }
    assert_eq!(town.state(&id).await, "completed: done, done");
    id
}

/// Runs every job that is due.
async fn run_jobs(app: &App) {
    for _ in 0..20 {
        if !jobs::due(app).await {
            return;
        }
    }
    panic!("the jobs do not come to an end");
}

/// The file as bytes, every stream that its objects hold, inflated, every string and every signature's bytes.
fn everything(file: &[u8]) -> Vec<Vec<u8>> {
    let document = Document::open(Arc::new(file.to_vec())).unwrap();
    let mut all = vec![file.to_vec()];
    for revision in 0..document.revisions().len() {
        let view = document.at(revision).unwrap();
        for number in 1..document.size() {
            if let Ok(Object::Stream(stream)) = view.get(ObjectId::new(number)) {
                all.push(view.stream_bytes(&stream, 10_000_000).unwrap());
            }
        }
        for field in view.signature_fields().unwrap() {
            if let FieldState::Signed(signature) = &field.state {
                all.push(signature.contents.clone());
            }
        }
    }
    all
}

/// Every certificate that stands anywhere in `parts` as DER.
fn certificates(parts: &[Vec<u8>]) -> Vec<Certificate> {
    let mut found = Vec::new();
    for part in parts {
        for at in 0..part.len() {
            if let [0x30, 0x82, high, low, ..] = part[at..]
                && let Some(der) = part.get(at..at + 4 + usize::from(high) * 256 + usize::from(low))
                && let Ok(certificate) = Certificate::parse(der.to_vec())
            {
                found.push(certificate);
            }
        }
    }
    found
}

fn holds(parts: &[Vec<u8>], needle: &[u8]) -> bool {
    parts
        .iter()
        .any(|part| part.windows(needle.len()).any(|window| window == needle))
}

/// `number` as text in ASCII and UTF-16, as digits in hex, and grouped as people write it.
fn forms(number: &str) -> Vec<Vec<u8>> {
    let grouped = format!(
        "{}.{}.{}-{}.{}",
        &number[..2],
        &number[2..4],
        &number[4..6],
        &number[6..9],
        &number[9..]
    );
    [number.to_owned(), grouped]
        .iter()
        .flat_map(|text| {
            let wide = text.bytes().flat_map(|byte| [0, byte]).collect();
            [text.clone().into_bytes(), wide, hex::encode(text).into_bytes()]
        })
        .collect()
}

pub(super) fn report(town: &Town, file: &[u8], at: Timestamp) -> validate::report::Report {
    let source: Arc<dyn ReadAt> = Arc::new(file.to_vec());
    let app = &town.world.app;
    validate::validate(
        source,
        &Context {
            trust: &app.trust,
            algorithms: &AlgorithmPolicy::etsi_ts_119_312(),
            verdict_keys: &[],
            at,
        },
    )
}

#[actix_web::test]
async fn the_publication_copy_names_the_signers_and_holds_nothing_personal() {
    for town in towns().await {
        let app = sealing(&town);
        let id = signed_by_both(&town, &app).await;
        assert_eq!(town.resource(&id).await["publication_copy"]["state"], "waiting");
        let early = town.call(&format!("/{id}/publication_copy")).await;
        assert_eq!(refusal(&early), (409, "signatures_missing".to_owned()));
        run_jobs(&app).await;
        let resource = town.resource(&id).await;
        assert_eq!(resource["publication_copy"]["state"], "done", "{resource:#}");
        assert_eq!(resource["publication_copy"]["level"], "lta");

        let original = town.call(&format!("/{id}/document")).await.bytes;
        let got = town.call(&format!("/{id}/publication_copy")).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        let copy = got.bytes;
        let base = zegel::lab::house::decision();
        assert_eq!(copy[..base.len()], base[..], "it begins with what came");

        let judged = report(&town, &copy, town.now().plus(Duration::from_secs(60)));
        assert_eq!(judged.signatures.len(), 1);
        let seal = &judged.signatures[0];
        assert_eq!(seal.level, Some(zegel::ades::level::Level::Lta), "{seal:#?}");
        assert_eq!(judged.indication, validate::indication::Indication::TotalPassed);
        assert!(
            !seal.qualification.contains("is qualified"),
            "{}",
            seal.qualification
        );

        let document = Document::open(Arc::new(copy.clone())).unwrap();
        let pages = text::of_document(&document.latest()).unwrap();
        let last = &pages.last().unwrap().text;
        let last = last.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "An Marie Specimen, burgemeester",
            "Bram Spécimen, algemeen directeur",
            &Sha256Digest::of(&original).to_string(),
            "TEST Zegelgem",
        ] {
            assert!(last.contains(part), "`{part}` is not in: {last}");
        }

        // What the signed original holds, the copy does not: the search itself is proven on the original.
        let (in_original, in_copy) = (everything(&original), everything(&copy));
        let personal = |found: &[Certificate]| {
            let subjects = found.iter().map(Certificate::subject);
            subjects
                .filter(|subject| {
                    let kinds = [
                        zegel::pki::name::AttributeType::SerialNumber,
                        zegel::pki::name::AttributeType::Surname,
                        zegel::pki::name::AttributeType::GivenName,
                    ];
                    subject.find(kinds[1]).is_some()
                        || subject.find(kinds[2]).is_some()
                        || subject.find(kinds[0]).is_some_and(|number| number.len() == 11)
                })
                .count()
        };
        assert!(personal(&certificates(&in_original)) >= 2);
        let in_copy_certificates = certificates(&in_copy);
        assert!(in_copy_certificates.len() >= 3, "the seal's own are found");
        assert_eq!(personal(&in_copy_certificates), 0);
        for slug in ["mayor", "director"] {
            let number = DemoPerson::find(slug).unwrap().national_number;
            assert!(holds(&in_original, number.as_bytes()), "{slug}");
            for form in forms(number) {
                assert!(!holds(&in_copy, &form), "{slug}");
            }
        }
        // The signer's page links to it, and the other board's application is told nothing.
        let seat = town.seat("director", &app).await;
        let page = seat.get(&format!("/sign/{id}")).await;
        assert!(
            page.body.contains(&format!("/sign/{id}/publication")),
            "{}",
            page.body
        );
        assert_eq!(seat.get(&format!("/sign/{id}/publication")).await.bytes, copy);
        let bearer = town.bearer(&town.world.other, "ocmw-app").await;
        let elsewhere = super::town::call(&app, &bearer, &format!("/{id}/publication_copy")).await;
        assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    }
}

#[actix_web::test]
async fn what_is_down_delays_the_copy_and_never_lowers_it() {
    let town = town().await;
    let app = sealing(&town);
    let services = &town.world.cards.services;
    let id = signed_by_both(&town, &app).await;
    let state = async |cause: Option<&str>| {
        let resource = town.resource(&id).await;
        assert_eq!(resource["publication_copy"]["state"], "waiting", "{cause:?}");
        let got = town.call(&format!("/{id}/publication_copy")).await;
        assert_eq!(got.status, StatusCode::CONFLICT, "{cause:?}");
        // The signed original is not held back.
        assert_eq!(town.call(&format!("/{id}/document")).await.status, StatusCode::OK);
    };
    // The provider first: nothing is sealed.
    for fault in [
        CscFault::Down,
        CscFault::Refuses,
        CscFault::WrongValue,
        CscFault::Garbage,
    ] {
        services.set_csc(fault);
        run_jobs(&app).await;
        state(Some(&fault.to_string())).await;
        town.later(Duration::from_hours(1));
    }
    services.set_csc(CscFault::None);
    // Then the time-stamps: the seal's value is kept, and the key not asked again.
    services.set_service(Service::TimeStamp, ServiceMode::Down);
    run_jobs(&app).await;
    state(Some("time-stamps")).await;
    services.set_csc(CscFault::Down);
    services.set_service(Service::TimeStamp, ServiceMode::Up);
    town.later(Duration::from_hours(1));
    run_jobs(&app).await;
    let resource = town.resource(&id).await;
    assert_eq!(resource["publication_copy"]["state"], "done", "{resource:#}");
    assert_eq!(resource["publication_copy"]["level"], "lta");
}

#[actix_web::test]
async fn without_a_seal_there_is_no_copy() {
    let town = town().await;
    let id = signed_by_both(&town, &town.instance(RIGHT)).await;
    let resource = town.resource(&id).await;
    assert_eq!(resource["publication_copy"], serde_json::Value::Null);
    assert_eq!(resource["links"]["publication_copy"], serde_json::Value::Null);
    let got = town.call(&format!("/{id}/publication_copy")).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    assert_eq!(json(&got)["code"], "not_found");
}
