//! Two at the same thing at once: one result. Whatever ends a request meanwhile, what a card signed is not lost.

use std::sync::Arc;
use std::time::Duration;

use zegel::jobs;
use zegel::journeys::sign::finish;
use zegel::lab::services::{Service, ServiceMode};
use zegel::pdf::document::Document;
use zegel::pki::need::Need;

use super::town::{Order, RIGHT, Seat, Town, files, json, refusal, towns, withdraw};

/// The mayor's value is kept because the time-stamp service is down; the mayor's browser.
async fn kept(town: &Town, slug: &str, id: &str) -> Seat {
    let services = &town.world.cards.services;
    services.set_service(Service::TimeStamp, ServiceMode::Down);
    town.insert(slug);
    let seat = town.seat(slug, &town.instance(RIGHT)).await;
    assert_eq!(seat.sign(id).await.as_deref(), Some("timestamp_unavailable"));
    services.set_service(Service::TimeStamp, ServiceMode::Up);
    seat
}

fn signature_fields(file: &[u8]) -> usize {
    let document = Document::open(Arc::new(file.to_vec())).unwrap();
    document.latest().signature_fields().unwrap().len()
}

#[actix_web::test]
async fn two_windows_of_one_signer_make_one_try() {
    for town in towns().await {
        let engine = town.world.engine;
        let id = town.open().await;
        town.insert("mayor");
        let go = town.world.folder.path().join("go");
        let getpin = format!("while [ ! -e '{}' ]; do sleep 0.02; done; {RIGHT}", go.display());
        // Two browsers, at two instances on one store: nothing in memory could tell them apart.
        let first = town.seat("mayor", &town.instance(&getpin)).await;
        let second = town.seat("mayor", &town.instance(&getpin)).await;
        let begun = futures_util::future::join_all([
            first.start(&id, &[]),
            second.start(&id, &[]),
            first.start(&id, &[]),
            second.start(&id, &[]),
        ])
        .await;
        let refused = begun
            .iter()
            .flatten()
            .filter(|code| *code == "already_waiting")
            .count();
        assert_eq!(
            (begun.iter().filter(|code| code.is_none()).count(), refused),
            (1, 3),
            "{engine}: {begun:?}"
        );
        first.until(&id, &["pin"]).await;
        second.until(&id, &["pin"]).await;
        assert_eq!(second.use_card(&id).await.as_deref(), Some("already_waiting"));
        std::fs::write(&go, "").unwrap();
        assert_eq!(first.outcome(&id).await, None, "{engine}");
        assert_eq!(
            second.outcome(&id).await,
            None,
            "{engine}: both windows show the same try"
        );
        assert_eq!(town.world.cards.heard().matches("GETPIN").count(), 1, "{engine}");
        assert_eq!(town.state(&id).await, "open: done, open");
        assert_eq!(files(&town.blobs()).len(), 2);
    }
}

#[actix_web::test]
async fn two_instances_finishing_one_signature_make_one_result() {
    for town in towns().await {
        let engine = town.world.engine;
        let id = town.open().await;
        let mayor = kept(&town, "mayor", &id).await;
        // Each waits for the other before every time-stamp, so that both go the whole way.
        let barrier = Arc::new(tokio::sync::Barrier::new(2));
        town.door.before(move |need| {
            if !matches!(need, Need::TimeStamp { .. }) {
                return None;
            }
            let barrier = Arc::clone(&barrier);
            Some(Box::pin(async move {
                barrier.wait().await;
            }))
        });
        let (one, other) = (town.instance("exit 1"), town.instance("exit 1"));
        let request = id.parse().unwrap();
        let (first, second) = tokio::join!(finish::finish(&one, request), finish::finish(&other, request));
        first.unwrap_or_else(|error| panic!("{engine}: {error}"));
        second.unwrap_or_else(|error| panic!("{engine}: {error}"));
        town.door.before(|_| None);
        assert_eq!(town.state(&id).await, "open: done, open", "{engine}");
        let file = mayor.get(&format!("/sign/{id}/document")).await.bytes;
        assert_eq!(signature_fields(&file), 2, "{engine}");
        assert_eq!(
            files(&town.blobs()).len(),
            2,
            "{engine}: the other's bytes are taken away"
        );
        town.signs("director", &id).await;
        assert_eq!(town.state(&id).await, "completed: done, done");
    }
}

#[actix_web::test]
async fn what_is_taken_back_while_a_signature_is_finished_is_finished_first() {
    for town in towns().await {
        let engine = town.world.engine;
        let id = town.open().await;
        kept(&town, "mayor", &id).await;
        let bearer = town.bearer(&town.world.board, "app").await;
        let seen = withdraw(&town.world.app, &bearer, &id).await;
        assert_eq!(
            refusal(&seen),
            (409, "signature_finishing".to_owned()),
            "{engine}"
        );
        for slug in ["mayor", "director"] {
            let seat = town.seat(slug, &town.instance(RIGHT)).await;
            let seen = seat
                .post(&format!("/sign/{id}/decline"), &[("reason", "toch niet")])
                .await;
            assert_eq!(
                refusal(&seen),
                (409, "not_your_turn".to_owned()),
                "{engine} {slug}"
            );
        }
        assert_eq!(town.state(&id).await, "finishing: signed, open");
        town.later(Duration::from_mins(1));
        assert!(jobs::due(&town.instance("exit 1")).await);
        assert_eq!(town.state(&id).await, "open: done, open");
        let bearer = town.bearer(&town.world.board, "app").await;
        let seen = withdraw(&town.world.app, &bearer, &id).await;
        assert_eq!(json(&seen)["state"], "withdrawn", "{engine}");
        assert_eq!(town.state(&id).await, "withdrawn: done, open");
    }
}

#[actix_web::test]
async fn a_request_whose_time_ends_while_a_signature_is_finished_keeps_it() {
    for town in towns().await {
        let engine = town.world.engine;
        // One at its first signature, one at its last.
        let first = town.open().await;
        kept(&town, "mayor", &first).await;
        let last = town.open_with(Order::new().key("the-second-one")).await;
        town.signs("mayor", &last).await;
        kept(&town, "director", &last).await;
        town.later(Duration::from_hours(24 * 15));
        let app = town.instance("exit 1");
        jobs::round(&app).await;
        assert_eq!(town.state(&first).await, "finishing: signed, open", "{engine}");
        assert_eq!(town.state(&last).await, "finishing: done, signed", "{engine}");
        while jobs::due(&app).await {}
        assert_eq!(town.state(&last).await, "completed: done, done", "{engine}");
        assert_eq!(town.call(&format!("/{last}/document")).await.status, 200);
        assert_eq!(town.state(&first).await, "expired: done, open", "{engine}");
        jobs::round(&app).await;
        let resource = town.resource(&first).await;
        assert_eq!(
            (&resource["state"], resource["closed_at"].is_string()),
            (&"expired".into(), true)
        );
        let seen = town.call(&format!("/{first}/document")).await;
        assert_eq!(refusal(&seen), (410, "request_closed".to_owned()), "{engine}");
    }
}

#[actix_web::test]
async fn what_is_taken_back_while_the_pin_window_is_open_is_not_signed() {
    for town in towns().await {
        let engine = town.world.engine;
        let id = town.open().await;
        town.insert("mayor");
        let go = town.world.folder.path().join("go");
        let getpin = format!("while [ ! -e '{}' ]; do sleep 0.02; done; {RIGHT}", go.display());
        let mayor = town.seat("mayor", &town.instance(&getpin)).await;
        assert_eq!(mayor.start(&id, &[]).await, None);
        mayor.until(&id, &["pin"]).await;
        let bearer = town.bearer(&town.world.board, "app").await;
        let seen = withdraw(&town.world.app, &bearer, &id).await;
        assert_eq!(json(&seen)["state"], "withdrawn", "{engine}");
        std::fs::write(&go, "").unwrap();
        mayor.until(&id, &["failed"]).await;
        assert_eq!(
            mayor.outcome(&id).await.as_deref(),
            Some("request_closed"),
            "{engine}"
        );
        assert_eq!(town.state(&id).await, "withdrawn: prepared, open");
        assert_eq!(files(&town.blobs()).len(), 1, "{engine}: nothing was added");
    }
}
