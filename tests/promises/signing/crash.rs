//! The service is ended in the middle of a signature: what the card signed is finished by another instance, what it
//! had not signed is begun anew, and no signature is there twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use zegel::jobs;
use zegel::journeys::App;
use zegel::pdf::document::Document;
use zegel::pki::need::Need;
use zegel::store::db::Db;

use super::town::{Order, READER, RIGHT, Seat, Town, files, json, refusal, towns};

type Cookies = BTreeMap<String, String>;

/// Does `work` on an instance with its own threads and connections, and ends it under whatever still goes on there.
pub(super) fn on_an_instance_that_is_ended<T: Send>(
    town: &Town,
    getpin: &str,
    work: impl AsyncFnOnce(Arc<App>) -> T + Send,
) -> T {
    std::thread::scope(|scope| {
        let instance = scope.spawn(|| {
            actix_web::rt::System::new().block_on(async {
                let db = Db::open(&town.world.database).await.unwrap();
                work(town.instance_on(db, getpin)).await
            })
        });
        instance.join().unwrap()
    })
}

/// A browser in which the mayor is logged in, by its cookies.
async fn logged_in(town: &Town) -> Cookies {
    let mayor = town.seat("mayor", &town.world.app).await;
    mayor.0.cookies.lock().unwrap().clone()
}

/// The mayor begins to sign `id` and comes as far as `state`.
async fn begin(app: &Arc<App>, cookies: &Cookies, id: &str, state: &str) {
    let mayor = sees(app, cookies);
    assert_eq!(mayor.start(id, &[]).await, None);
    mayor.until(id, &[state]).await;
}

/// Waits until so many have come to the door.
pub(super) async fn reached(count: &AtomicUsize, many: usize) {
    for _ in 0..6000 {
        if count.load(Ordering::SeqCst) >= many {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("nobody came to the door");
}

fn sees(app: &Arc<App>, cookies: &Cookies) -> Seat {
    let seat = Seat::nobody(app);
    seat.0.cookies.lock().unwrap().clone_from(cookies);
    seat
}

/// The mayor's signature stands once, with its document time-stamp, and nothing else is stored.
async fn stands_once(town: &Town, mayor: &Seat, id: &str) {
    assert_eq!(town.state(id).await, "open: done, open");
    let file = mayor.get(&format!("/sign/{id}/document")).await.bytes;
    let document = Document::open(Arc::new(file.clone())).unwrap();
    assert_eq!(document.latest().signature_fields().unwrap().len(), 2);
    let blobs = files(&town.blobs());
    assert_eq!(blobs.len(), 2, "the document and one tail");
    let stored: usize = blobs.iter().map(|path| std::fs::read(path).unwrap().len()).sum();
    assert_eq!(stored, file.len());
    town.signs("director", id).await;
    assert_eq!(town.state(id).await, "completed: done, done");
}

#[actix_web::test]
async fn ended_while_a_request_was_made_the_same_key_makes_it_after_a_while() {
    for town in towns().await {
        let engine = town.world.engine;
        // A claim whose service was ended before the answer: made by taking the answer away.
        let unfinished = Order::new()
            .member("title", "Een ander besluit (TEST)")
            .key("the-key-that-hangs");
        let first = town.open_with(unfinished.clone()).await;
        let forget = "UPDATE idempotency SET status = NULL, response = NULL";
        town.world.app.db.script_for_tests(forget).await.unwrap();
        let busy = town.send(unfinished.clone()).await;
        assert_eq!(refusal(&busy), (400, "request_invalid".to_owned()), "{engine}");
        let other = town.send(Order::new().key("the-key-that-hangs")).await;
        assert_eq!(refusal(&other), (400, "request_invalid".to_owned()), "{engine}");
        town.later(Duration::from_mins(5));
        let other = town.send(Order::new().key("the-key-that-hangs")).await;
        assert_eq!(
            json(&other)["developer"],
            "the idempotency key was used for another request",
            "{engine}"
        );
        let made = town.open_with(unfinished.clone()).await;
        assert_ne!(made, first, "{engine}");
        assert_eq!(
            town.open_with(unfinished).await,
            made,
            "{engine}: once from then on"
        );
    }
}

#[actix_web::test]
async fn ended_before_the_card_signed_the_signature_is_begun_anew() {
    for town in towns().await {
        let engine = town.world.engine;
        let id = town.open().await;
        town.insert("mayor");
        // The window stays open until after the end, and then the card signs for nobody.
        let ended = town.world.folder.path().join("ended");
        let getpin = format!(
            "n=0; while [ ! -e '{}' ] && [ $n -lt 400 ]; do sleep 0.02; n=$((n+1)); done; {RIGHT}",
            ended.display()
        );
        let cookies = logged_in(&town).await;
        on_an_instance_that_is_ended(&town, &getpin, async |app| {
            begin(&app, &cookies, &id, "pin").await
        });
        std::fs::write(&ended, "").unwrap();
        assert_eq!(town.state(&id).await, "open: prepared, open", "{engine}");
        let app = town.instance(RIGHT);
        let mayor = sees(&app, &cookies);
        assert_eq!(
            mayor.get(&format!("/sign/{id}/document")).await.bytes,
            zegel::lab::house::decision(),
            "{engine}: nothing half written"
        );
        // Nobody knows yet that the window's service is gone.
        assert_eq!(
            mayor.use_card(&id).await.as_deref(),
            Some("already_waiting"),
            "{engine}"
        );
        town.later(Duration::from_secs(20));
        assert_eq!(
            mayor.outcome(&id).await.as_deref(),
            Some("server_error"),
            "{engine}"
        );
        assert!(!jobs::due(&app).await, "{engine}: there is nothing to finish");
        assert_eq!(mayor.sign(&id).await, None, "{engine}");
        stands_once(&town, &mayor, &id).await;
    }
}

#[actix_web::test]
async fn ended_after_the_card_signed_another_instance_finishes_the_value() {
    for town in towns().await {
        let engine = town.world.engine;
        let id = town.open().await;
        town.insert("mayor");
        let hanging = Arc::new(AtomicUsize::new(0));
        let hangs = hanging.clone();
        town.door.before(move |need| {
            if !matches!(need, Need::TimeStamp { .. }) {
                return None;
            }
            hangs.fetch_add(1, Ordering::SeqCst);
            Some(Box::pin(std::future::pending()))
        });
        let cookies = logged_in(&town).await;
        on_an_instance_that_is_ended(&town, RIGHT, async |app| {
            begin(&app, &cookies, &id, "finishing").await;
            reached(&hanging, 1).await;
        });
        assert_eq!(town.state(&id).await, "finishing: signed, open", "{engine}");
        town.world.cards.readers.disconnect(READER);
        let app = town.instance("exit 1");
        let mayor = sees(&app, &cookies);
        town.later(Duration::from_secs(20));
        let told = mayor.outcome(&id).await;
        assert_eq!(told.as_deref(), Some("timestamp_unavailable"), "{engine}");
        let again = mayor.use_card(&id).await;
        assert_eq!(again.as_deref(), Some("not_your_turn"), "{engine}");
        // The instance that takes the job is ended too.
        town.later(Duration::from_mins(1));
        on_an_instance_that_is_ended(&town, "exit 1", async |app| {
            tokio::spawn(async move { jobs::due(&app).await });
            reached(&hanging, 2).await;
        });
        town.door.before(|_| None);
        assert!(
            !jobs::due(&app).await,
            "{engine}: the job is another's until its lock ends"
        );
        assert_eq!(town.state(&id).await, "finishing: signed, open", "{engine}");
        town.later(Duration::from_mins(5) + Duration::from_secs(1));
        assert!(jobs::due(&app).await, "{engine}");
        assert_eq!(mayor.outcome(&id).await, None, "{engine}: the page is told");
        let asked = town.world.cards.heard();
        assert_eq!(asked.matches("GETPIN").count(), 1, "{engine}: one PIN");
        stands_once(&town, &mayor, &id).await;
    }
}
