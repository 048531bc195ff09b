//! Each signature at B-T, all of them raised to B-LTA once after the last: nothing below comes out, nothing is lost.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use serde_json::Value;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::{self, Context};
use zegel::base::random::SystemRandom;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::jobs;
use zegel::journeys::administer::{self, Changes};
use zegel::journeys::sign::finish;
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};
use zegel::pki::need::Need;
use zegel::signing::profile::Profile;

use super::town::{Order, RIGHT, Seat, Town, code, files, refusal, town, towns, withdraw};
use crate::ades::world::{P384, World};

fn at_end() -> Order {
    Order::new().member("profile", "lta_at_end")
}

fn judged(town: &Town, file: &[u8]) -> Report {
    let context = Context {
        trust: &town.world.app.trust,
        algorithms: &AlgorithmPolicy::etsi_ts_119_312(),
        verdict_keys: &[],
        at: town.now(),
    };
    validate::validate(Arc::new(file.to_vec()), &context)
}

/// The levels that the signatures of `file` show.
fn levels(town: &Town, file: &[u8]) -> Vec<Option<Level>> {
    let report = judged(town, file);
    report
        .signatures
        .iter()
        .map(|signature| signature.level)
        .collect()
}

/// What the interface says: how far it is, and the level of each slot.
async fn told(town: &Town, id: &str) -> (String, Vec<Value>, Value) {
    let resource = town.resource(id).await;
    assert_eq!(
        (&resource["level"], &resource["profile"]),
        (&"lta".into(), &"lta_at_end".into())
    );
    let slots = resource["slots"].as_array().unwrap().iter();
    let shown = slots.map(|slot| slot["level"].clone()).collect();
    (town.state(id).await, shown, resource["level_reached"].clone())
}

/// The time-stamp service goes down once the signature has its own.
fn down_after_the_first_stamp(town: &Town) {
    let services = town.world.cards.services.clone();
    let mut stamps = 0;
    town.door.before(move |need| {
        if matches!(need, Need::TimeStamp { .. }) {
            stamps += 1;
            if stamps == 2 {
                services.set_service(Service::TimeStamp, ServiceMode::Down);
            }
        }
        None
    });
}

/// Everybody signed, and the time-stamp that raises them all did not come.
async fn waiting(town: &Town, key: &str) -> (String, Seat) {
    let id = town.open_with(at_end().key(key)).await;
    town.signs("mayor", &id).await;
    down_after_the_first_stamp(town);
    town.insert("director");
    let director = town.seat("director", &town.instance(RIGHT)).await;
    assert_eq!(director.sign(&id).await.as_deref(), Some("timestamp_unavailable"));
    town.door.before(|_| None);
    let (state, shown, reached) = told(town, &id).await;
    assert_eq!(state, "finishing: done, done", "{}", town.world.engine);
    assert_eq!((shown, reached), (vec!["t".into(), "t".into()], "t".into()));
    (id, director)
}

fn up(town: &Town) {
    town.world
        .cards
        .services
        .set_service(Service::TimeStamp, ServiceMode::Up);
}

/// The next look of the jobs, at an instance that knows nothing of what went before.
async fn jobs_look(town: &Town) -> bool {
    town.later(Duration::from_mins(31));
    jobs::due(&town.instance("exit 1")).await
}

#[actix_web::test]
async fn signers_make_b_t_and_the_last_is_followed_by_one_rise_to_b_lta() {
    for town in towns().await {
        let engine = town.world.engine;
        let id = town.open_with(at_end()).await;
        town.insert("mayor");
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        assert_eq!(mayor.sign(&id).await, None, "{engine}");
        let (state, shown, reached) = told(&town, &id).await;
        assert_eq!(state, "open: done, open", "{engine}");
        assert_eq!((shown, reached), (vec!["t".into(), Value::Null], "t".into()));
        let page = mayor.get(&format!("/sign/{id}")).await.body;
        assert!(page.contains("the signatures in it show B-T."), "{page}");
        let half = mayor.get(&format!("/sign/{id}/document")).await.bytes;
        assert_eq!(levels(&town, &half), [Some(Level::T)], "{engine}");

        town.signs("director", &id).await;
        let (state, shown, reached) = told(&town, &id).await;
        assert_eq!(state, "completed: done, done", "{engine}");
        assert_eq!((shown, reached), (vec!["lta".into(), "lta".into()], "lta".into()));
        let file = town.call(&format!("/{id}/document")).await.bytes;
        assert_eq!(file[..half.len()], half[..], "{engine}: B-T was appended to");
        let report = judged(&town, &file);
        assert_eq!(report.indication, Indication::TotalPassed, "{engine}");
        assert_eq!(levels(&town, &file), [Some(Level::Lta), Some(Level::Lta)]);
        assert_eq!(report.document_time_stamps.len(), 1, "{engine}: one for both");
        let page = mayor.get(&format!("/sign/{id}")).await.body;
        assert!(!page.contains("B-T"), "{page}");
        assert_eq!(town.call(&format!("/{id}/proof")).await.status, StatusCode::OK);

        // The same decision, each raised at once: more revisions, more bytes, the same level.
        let each = town.open_with(Order::new().key("the-other-way")).await;
        assert_eq!(town.resource(&each).await["profile"], "lta_each", "{engine}");
        for slug in ["mayor", "director"] {
            town.signs(slug, &each).await;
        }
        let other = town.call(&format!("/{each}/document")).await.bytes;
        assert_eq!(levels(&town, &other), levels(&town, &file), "{engine}");
        // One a signer, and for all of them material, time-stamp and its material; or the three for each.
        assert_eq!(report.document.revisions, 1 + 2 + 3, "{engine}");
        let revisions = judged(&town, &other).document.revisions;
        assert!(revisions > report.document.revisions, "{engine}: {revisions}");
        assert!(other.len() > file.len(), "{engine}");
    }
}

#[actix_web::test]
async fn a_rise_that_fails_is_made_later_and_nothing_below_is_delivered_meanwhile() {
    for town in towns().await {
        let engine = town.world.engine;
        let (id, director) = waiting(&town, "the-first-one").await;
        for what in ["document", "proof"] {
            let early = town.call(&format!("/{id}/{what}")).await;
            assert_eq!(refusal(&early), (409, "signatures_missing".to_owned()), "{what}");
        }
        let page = director.get(&format!("/sign/{id}")).await.body;
        assert!(
            page.contains("show B-T. After the last one the document is raised to B-LTA"),
            "{page}"
        );
        let blobs = files(&town.blobs());
        // It stays however long it takes: past the end of the request, past the time that a lone value is kept.
        assert!(jobs_look(&town).await);
        town.later(Duration::from_hours(20 * 24));
        assert!(jobs_look(&town).await);
        jobs::round(&town.instance("exit 1")).await;
        assert_eq!(told(&town, &id).await.0, "finishing: done, done", "{engine}");
        assert_eq!(files(&town.blobs()), blobs, "{engine}: no half of it is kept");

        up(&town);
        let asked = town.world.cards.heard();
        assert!(jobs_look(&town).await);
        assert_eq!(told(&town, &id).await.0, "completed: done, done", "{engine}");
        assert_eq!(town.world.cards.heard(), asked, "nobody was asked again");
        let file = town.call(&format!("/{id}/document")).await.bytes;
        assert_eq!(levels(&town, &file), [Some(Level::Lta), Some(Level::Lta)]);
        assert!(!jobs_look(&town).await, "{engine}: nothing is left to do");
        let director = town.seat("director", &town.instance(RIGHT)).await;
        assert_eq!(director.outcome(&id).await, None, "the page that waited is told");
    }
}

#[actix_web::test]
async fn a_page_that_waits_is_told_what_stands_while_the_rise_is_put_off() {
    for town in towns().await {
        let engine = town.world.engine;
        for (key, died) in [("told-that-it-waits", false), ("ended-under-it", true)] {
            let (id, _) = waiting(&town, key).await;
            if died {
                // As a service leaves it that was ended between the card's value and the rise.
                let left = format!(
                    "UPDATE signing_attempt SET state = 'finishing', code = NULL, cause = NULL \
                     WHERE request_id = '{id}' AND slot = 2"
                );
                let db = &town.world.app.db;
                db.script_for_tests(Box::leak(left.into_boxed_str()))
                    .await
                    .unwrap();
            }
            assert!(jobs_look(&town).await, "{engine}");
            assert_eq!(
                told(&town, &id).await.0,
                "finishing: done, done",
                "{engine}: put off"
            );
            let director = town.seat("director", &town.instance(RIGHT)).await;
            assert_eq!(director.outcome(&id).await, None, "{engine}, {key}");
            let page = director.get(&format!("/sign/{id}")).await.body;
            assert!(
                page.contains("show B-T. After the last one the document is raised to B-LTA"),
                "{engine}, {key}: {page}"
            );
            up(&town);
            while jobs_look(&town).await {}
            assert_eq!(told(&town, &id).await.0, "completed: done, done", "{engine}");
        }
    }
}

#[actix_web::test]
async fn two_instances_that_raise_one_document_make_one_result() {
    for town in towns().await {
        let engine = town.world.engine;
        let (id, _) = waiting(&town, "the-first-one").await;
        up(&town);
        let barrier = Arc::new(tokio::sync::Barrier::new(2));
        let both = barrier.clone();
        town.door.before(move |need| match need {
            Need::TimeStamp { .. } => {
                let barrier = both.clone();
                Some(Box::pin(async move {
                    barrier.wait().await;
                }))
            }
            _ => None,
        });
        let (first, second) = (town.instance("exit 1"), town.instance("exit 1"));
        let asked = id.parse().unwrap();
        let (one, other) = tokio::join!(finish::finish(&first, asked), finish::finish(&second, asked));
        assert!(one.is_ok() && other.is_ok(), "{engine}: {one:?}, {other:?}");
        let file = town.call(&format!("/{id}/document")).await.bytes;
        assert_eq!(levels(&town, &file), [Some(Level::Lta), Some(Level::Lta)]);
        assert_eq!(judged(&town, &file).document_time_stamps.len(), 1, "{engine}");
        // The decision, two signatures, and what raised them.
        assert_eq!(
            files(&town.blobs()).len(),
            4,
            "{engine}: the other's bytes are gone"
        );
    }
}

#[actix_web::test]
async fn a_request_that_ends_below_its_level_says_so_and_delivers_nothing() {
    for town in towns().await {
        let engine = town.world.engine;
        // The director never comes.
        let id = town.open_with(at_end()).await;
        town.signs("mayor", &id).await;
        town.later(Duration::from_hours(15 * 24));
        jobs::round(&town.instance("exit 1")).await;
        let (state, shown, reached) = told(&town, &id).await;
        assert_eq!(state, "expired: done, open", "{engine}");
        assert_eq!((shown, reached), (vec!["t".into(), Value::Null], "t".into()));
        let closed = (410, "request_closed".to_owned());
        assert_eq!(
            refusal(&town.call(&format!("/{id}/document")).await),
            closed,
            "{engine}"
        );

        // Both came, and the application takes it back before it was raised.
        let (id, _) = waiting(&town, "the-second-one").await;
        let bearer = town.bearer(&town.world.board, "app").await;
        assert_eq!(
            withdraw(&town.world.app, &bearer, &id).await.status,
            StatusCode::OK
        );
        up(&town);
        jobs_look(&town).await;
        assert_eq!(told(&town, &id).await.0, "withdrawn: done, done", "{engine}");
        let director = town.seat("director", &town.instance(RIGHT)).await;
        let page = director.get(&format!("/sign/{id}")).await.body;
        assert!(
            page.contains("withdrawn. The signatures in it show B-T, not B-LTA."),
            "{page}"
        );
        assert_eq!(
            refusal(&town.call(&format!("/{id}/document")).await),
            closed,
            "{engine}"
        );
    }
}

#[actix_web::test]
async fn a_card_that_is_revoked_after_it_signed_does_not_keep_the_document_from_rising() {
    let town = town().await;
    for (key, reason, is_raised) in [
        ("a-card-given-back", RevocationReason::CessationOfOperation, true),
        ("a-card-that-was-stolen", RevocationReason::KeyCompromise, true),
        ("a-card-stolen-before", RevocationReason::KeyCompromise, false),
    ] {
        let id = town.open_with(at_end().key(key)).await;
        let before = town.now().minus(Duration::from_mins(1));
        let serial = town.insert("mayor");
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        assert_eq!(mayor.sign(&id).await, None);
        town.later(Duration::from_hours(2));
        let at = if is_raised { town.now() } else { before };
        town.later(Duration::from_hours(2));
        let services = &town.world.cards.services;
        services.set_certificate(&serial, CertificateStatus::Revoked { at, reason });
        town.insert("director");
        let director = town.seat("director", &town.instance(RIGHT)).await;
        let said = director.sign(&id).await;
        if is_raised {
            assert_eq!(said, None, "{key}");
            assert_eq!(told(&town, &id).await.0, "completed: done, done", "{key}");
            let file = town.call(&format!("/{id}/document")).await.bytes;
            let report = judged(&town, &file);
            assert_eq!(report.indication, Indication::TotalPassed, "{key}: {report:#?}");
            assert_eq!(levels(&town, &file), [Some(Level::Lta), Some(Level::Lta)]);
        } else {
            // The revocation speaks of a moment before the mayor's time-stamp: that can never stand.
            assert_eq!(said.as_deref(), Some("signature_failed"), "{key}");
            let resource = town.resource(&id).await;
            assert_eq!(
                (&resource["state"], &resource["reason"]),
                (&"failed".into(), &"REVOKED".into())
            );
            assert_eq!(resource["level_reached"], "t");
            let page = director.get(&format!("/sign/{id}")).await;
            assert_eq!(
                (page.status, code(&page).as_str()),
                (StatusCode::GONE, "signature_failed")
            );
            let mut looks = 0;
            while jobs_look(&town).await {
                looks += 1;
                assert!(looks < 5, "a job tries on for ever");
            }
        }
    }
}

#[actix_web::test]
async fn a_suspended_card_is_waited_for() {
    let town = town().await;
    let id = town.open_with(at_end()).await;
    let serial = town.insert("mayor");
    let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    assert_eq!(mayor.sign(&id).await, None);
    town.later(Duration::from_hours(2));
    let services = &town.world.cards.services;
    services.set_certificate(&serial, CertificateStatus::OnHold { since: town.now() });
    town.insert("director");
    let director = town.seat("director", &town.instance(RIGHT)).await;
    assert!(director.sign(&id).await.is_some());
    assert_eq!(told(&town, &id).await.0, "finishing: done, done");
    services.set_certificate(&serial, CertificateStatus::Good);
    assert!(jobs_look(&town).await);
    assert_eq!(told(&town, &id).await.0, "completed: done, done");
}

#[actix_web::test]
async fn what_strangers_signed_before_neither_rises_nor_hinders() {
    // One that a time-stamp covers, by a service that nobody here knows, too.
    for level in [Level::T, Level::Lta] {
        let town = town().await;
        let stranger = World::at(town.now(), "http://127.0.0.1:9");
        let decision = zegel::lab::house::decision();
        let came = stranger.sealed(&decision, &stranger.signer(P384), level);
        let id = town.open_with(at_end().document(&came)).await;
        for slug in ["mayor", "director"] {
            town.signs(slug, &id).await;
        }
        assert_eq!(told(&town, &id).await.0, "completed: done, done", "{level}");
        let file = town.call(&format!("/{id}/document")).await.bytes;
        let report = judged(&town, &file);
        assert_eq!(report.signatures[0].indication, Indication::Indeterminate);
        assert_eq!(levels(&town, &file)[1..], [Some(Level::Lta), Some(Level::Lta)]);
    }
}

#[actix_web::test]
async fn the_board_says_how_where_the_application_does_not() {
    for town in towns().await {
        let engine = town.world.engine;
        let db = &town.world.app.db;
        let changes = Changes {
            profile: Some(Profile::LtaAtEnd),
            ..Changes::default()
        };
        administer::change_board(db, town.world.board.id, changes, &SystemRandom, town.now())
            .await
            .unwrap();
        let id = town.open().await;
        assert_eq!(town.resource(&id).await["profile"], "lta_at_end", "{engine}");
        let own = Order::new().member("profile", "lta_each").key("its-own-way");
        let id = town.open_with(own).await;
        assert_eq!(town.resource(&id).await["profile"], "lta_each", "{engine}");
        // A key stands for what was sent with it.
        let other = Order::new().member("profile", "lta_at_end").key("its-own-way");
        let seen = town.send(other).await;
        assert_eq!(
            refusal(&seen),
            (400, "request_invalid".to_owned()),
            "{engine}: {}",
            seen.body
        );
        let unknown = Order::new().member("profile", "lta").key("no-such-word");
        assert_eq!(
            refusal(&town.send(unknown).await),
            (400, "request_invalid".to_owned())
        );
    }
}
