//! Several documents of a list with one signature, in a container: where the reader has keys, and with the stock card
//! program. One PIN, one file at its level, and nothing of it lost.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zegel::ades::asic::container::Container;
use zegel::ades::level::Level;
use zegel::ades::validate::Context;
use zegel::ades::validate::indication::Indication;
use zegel::ades::validate::report::{Report, VerdictStatus};
use zegel::ades::validate::validate_asic;
use zegel::ades::validate::verdict::ProofFile;
use zegel::audit::EventKind;
use zegel::base::digest::Sha256Digest;
use zegel::base::time::Timestamp;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::http::csrf;
use zegel::jobs;
use zegel::journeys::App;
use zegel::journeys::login::SESSION_COOKIE;
use zegel::lab::pki::IssuedLeaf;
use zegel::lab::services::{Service, ServiceMode};
use zegel::pki::need::Need;
use zegel::store::events;

use super::beside::{ask, ask_with, signer, value};
use super::crash::{on_an_instance_that_is_ended, reached};
use super::reader::{insert_at_keys, typed};
use super::town::{Order, RIGHT, Seat, Town, files, json as read, refusal, town, towns, withdraw};
use crate::ades::eu_dss::{Case, refusals};
use crate::ades::judges::pem;
use crate::house::visitor::Seen;
use crate::house::world::ORIGIN;
use crate::support::{TestFolder, judge};

/// No PIN is typed in the window where the reader has keys.
const NO_WINDOW: &str = "echo 'ERR 83886179 no PIN is typed here'";

/// A decision whose application takes containers.
fn order(number: usize) -> Order {
    Order::new()
        .key(&format!("decision-{number}"))
        .member("title", format!("Besluit {number} (TEST)"))
        .member("container", "allowed")
}

/// Decisions by these orders, signed by the mayor, and the list of them.
async fn list_of(town: &Town, orders: Vec<Order>) -> (Vec<String>, String) {
    let mut ids = Vec::new();
    for order in orders {
        ids.push(town.open_with(order).await);
    }
    let (mayor, leaf) = (
        town.seat("mayor", &town.instance(RIGHT)).await,
        signer(town, "mayor"),
    );
    for id in &ids {
        let seen = super::beside::sign(&mayor, &leaf, id).await;
        assert_eq!(read(&seen), json!({"state": "finishing"}), "{}", seen.body);
        assert_eq!(mayor.outcome(id).await, None);
    }
    let bearer = town.bearer(&town.world.board, "app").await;
    let body = json!({"title": "College van 3 maart", "requests": ids});
    let made = super::api::make_list(town, &bearer, "the-one-list", body).await;
    let list = read(&made)["id"].as_str().unwrap().to_owned();
    (ids, list)
}

async fn three(town: &Town) -> (Vec<String>, String) {
    list_of(town, (0..3).map(order).collect()).await
}

fn only(ids: &[String]) -> String {
    let chosen: Vec<String> = ids.iter().map(|id| format!("only={id}")).collect();
    chosen.join("&")
}

fn together(list: &str, ids: &[String]) -> String {
    format!("/list/{list}/together?{}", only(ids))
}

/// Presses the button of the page that confirms signing together.
async fn press(seat: &Seat, list: &str, ids: &[String]) -> Seen {
    let shown = seat.shown(&together(list, ids)).await;
    let fields: Vec<String> = shown.iter().map(|(id, shown)| format!("{id}:{shown}")).collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|field| ("seen", field.as_str())).collect();
    seat.post(&format!("/list/{list}/together/counter"), &fields)
        .await
}

/// The script's call with the certificate, for what the page shows.
async fn offer(seat: &Seat, list: &str, shown: &BTreeMap<String, String>, leaf: &IssuedLeaf) -> Seen {
    let said = json!({"certificate": STANDARD.encode(&leaf.certificate_der), "seen": shown});
    ask(seat, &format!("/list/{list}/together/web-eid/certificate"), &said).await
}

async fn take(seat: &Seat, list: &str, value: &Value) -> Seen {
    ask(seat, &format!("/list/{list}/together/web-eid/signature"), value).await
}

/// The same, which is taken.
async fn taken(seat: &Seat, list: &str, value: &Value) {
    let seen = take(seat, list, value).await;
    assert_eq!(read(&seen), json!({"state": "finishing"}));
}

/// From the page to the digest, with this card.
async fn digest(leaf: &IssuedLeaf, seat: &Seat, list: &str, ids: &[String]) -> Value {
    let shown = seat.shown(&together(list, ids)).await;
    let seen = offer(seat, list, &shown, leaf).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
    read(&seen)
}

/// The proof's keys judge it, a minute from now.
fn judged(town: &Town, file: &[u8], proof: &ProofFile, at: Timestamp) -> Report {
    validate_asic(
        Arc::new(file.to_vec()),
        &Context {
            trust: &town.world.app.trust,
            algorithms: &AlgorithmPolicy::etsi_ts_119_312(),
            verdict_keys: &proof.keys().unwrap(),
            at,
        },
    )
}

/// The container that is delivered for every one of `ids`, after every check of it; `before`: the documents in it.
async fn delivered(town: &Town, ids: &[String], before: &[Vec<u8>]) -> Vec<u8> {
    let got = town.call(&format!("/{}/document", ids[0])).await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.body);
    assert_eq!(got.kind.0, "application/vnd.etsi.asic-e+zip");
    assert!(
        got.kind.1.contains("filename=\"College van 3 maart.asice\""),
        "{}",
        got.kind.1
    );
    let file = got.bytes;
    for id in ids {
        assert_eq!(town.state(id).await, "completed: done, done");
        assert_eq!(
            town.call(&format!("/{id}/document")).await.bytes,
            file,
            "one file for all"
        );
    }
    // What stands in it are the documents as they were, and nothing else.
    let container = Container::open(Arc::new(file.clone())).unwrap();
    let held: Vec<Vec<u8>> = container
        .data()
        .map(|entry| container.archive.read(entry, 10_000_000).unwrap())
        .collect();
    assert_eq!(held, before);
    let names: Vec<&str> = container.data().map(|entry| entry.name()).collect();
    assert_eq!(names[..2], ["besluit-TEST.pdf", "2-besluit-TEST.pdf"]);

    let proof: ProofFile =
        serde_json::from_str(&town.call(&format!("/{}/proof", ids[0])).await.body).unwrap();
    assert_eq!(proof.document_sha256, Sha256Digest::of(&file));
    let report = judged(town, &file, &proof, town.now().plus(Duration::from_secs(60)));
    assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
    assert_eq!(report.signatures.len(), 1, "one signature over all");
    let signature = &report.signatures[0];
    assert_eq!(signature.level, Some(Level::Lta), "{signature:#?}");
    assert_eq!(signature.covered_files, {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    });
    assert_eq!(signature.attested, None);
    let attested: Vec<(Option<&str>, VerdictStatus, Option<&str>)> = signature
        .attested_files
        .iter()
        .map(|one| {
            let attested = &one.attested;
            (one.file.as_deref(), attested.status, attested.request.as_deref())
        })
        .collect();
    let expected: Vec<_> = names
        .iter()
        .zip(ids)
        .map(|(name, id)| (Some(*name), VerdictStatus::Verified, Some(id.as_str())))
        .collect();
    assert_eq!(
        attested, expected,
        "the authority attests each document by itself"
    );
    assert_eq!(
        signature.claimed.roles,
        ["algemeen directeur, Gemeente Zegelgem (TEST)"]
    );

    if let Some(unzip) = judge("unzip") {
        let mut kept = tempfile::NamedTempFile::new_in(town.world.folder.path()).unwrap();
        kept.write_all(&file).unwrap();
        let tested = Command::new(unzip).arg("-t").arg(kept.path()).output().unwrap();
        assert!(
            tested.status.success(),
            "{}",
            String::from_utf8_lossy(&tested.stdout)
        );
    }
    file
}

/// The documents as they are now, for the application's eyes.
async fn documents(seat: &Seat, ids: &[String]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for id in ids {
        all.push(seat.get(&format!("/sign/{id}/document")).await.bytes);
    }
    all
}

async fn outcomes(seat: &Seat, ids: &[String]) -> Vec<Option<String>> {
    let mut all = Vec::new();
    for id in ids {
        all.push(seat.outcome(id).await);
    }
    all
}

async fn states(town: &Town, ids: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for id in ids {
        all.push(town.state(id).await);
    }
    all
}

#[actix_web::test]
async fn where_the_reader_has_keys_one_pin_signs_all_in_one_container() {
    for town in towns().await {
        let engine = town.world.engine;
        // The third is for an application that takes PDF alone: it did not say otherwise.
        let mut orders: Vec<Order> = (0..4).map(order).collect();
        orders[2] = Order::new()
            .key("decision-2")
            .member("title", "Besluit alleen als pdf (TEST)");
        let (ids, list) = list_of(&town, orders).await;
        let in_it = [ids[0].clone(), ids[1].clone(), ids[3].clone()];
        let app = town.instance(NO_WINDOW);
        insert_at_keys(&town, "director", vec![typed("1234")]);
        let director = town.seat("director", &app).await;
        let before = documents(&director, &in_it).await;

        let page = director
            .get(&format!("/list/{list}/confirm?{}", only(&ids)))
            .await;
        let href = together(&list, &ids).replace('&', "&#38;");
        assert!(
            page.body.contains(&href),
            "{engine}: it is offered: {}",
            page.body
        );
        assert!(!page.body.contains("data-together hidden"), "{engine}");
        let page = director.get(&together(&list, &ids)).await;
        for (id, number) in in_it.iter().zip([0, 1, 3]) {
            assert!(
                page.body
                    .contains(&format!("<strong>Besluit {number} (TEST)</strong>"))
            );
            assert!(
                page.body.contains(&format!("name=\"seen\" value=\"{id}:")),
                "{engine}"
            );
            let sha256 = Sha256Digest::of(&director.get(&format!("/sign/{id}/document")).await.bytes);
            assert!(
                page.body.contains(&sha256.to_string()),
                "{engine}: each fingerprint"
            );
        }
        let out = page.body.split("id=\"left-out\"").nth(1).unwrap();
        assert!(
            out.contains("Besluit alleen als pdf (TEST)"),
            "{engine}: named, with its reason"
        );
        assert!(
            out.contains("takes this document only as a signed PDF"),
            "{engine}: {out}"
        );

        let seen = press(&director, &list, &ids).await;
        assert_eq!(
            seen.location,
            format!("/list/{list}/progress"),
            "{engine}: {}",
            seen.body
        );
        assert_eq!(outcomes(&director, &in_it).await, [None, None, None], "{engine}");
        let heard = town.world.cards.heard();
        assert_eq!(heard.matches("CONFIRM").count(), 1, "{engine}: one PIN: {heard}");
        let lines = page.body.split("together-fingerprint").next().unwrap_or_default();
        assert!(!lines.is_empty());
        let digests: Vec<Sha256Digest> = before.iter().map(|file| Sha256Digest::of(file)).collect();
        let print = zegel::signing::list::fingerprint(&digests).to_string();
        assert!(
            page.body.contains(&print) && heard.contains(&print[..12]),
            "{engine}: {heard}"
        );
        let file = delivered(&town, &in_it, &before).await;
        judged_by_eu_dss(&town, &file);
        assert_eq!(
            town.state(&ids[2]).await,
            "open: done, open",
            "{engine}: left out"
        );

        // The page of the list says so, and hands out the file; whoever signed before keeps the document.
        let page = director.get(&format!("/list/{list}/progress")).await.body;
        assert!(page.contains("College van 3 maart.asice"), "{engine}: {page}");
        let mayor = town.seat("mayor", &app).await;
        assert_eq!(documents(&mayor, &in_it).await, before, "{engine}");
        let page = mayor.get(&format!("/sign/{}", ids[0])).await.body;
        assert!(
            page.contains("The last signature stands in one file over this document and others"),
            "{engine}: {page}"
        );
        // The name of the list is for those who sign it; the proof is of the file that is handed out.
        assert!(!page.contains("College van 3 maart"), "{engine}: {page}");
        let proof = mayor.get(&format!("/sign/{}/proof", ids[0])).await.body;
        let handed = mayor.get(&format!("/sign/{}/document", ids[0])).await;
        let handed = zegel::base::digest::Sha256Digest::of(&handed.bytes);
        assert!(proof.contains(&handed.to_string()), "{engine}: {proof}");

        // The application finds out which documents stand in it.
        let resource = town.resource(&ids[0]).await;
        assert_eq!(
            (&resource["packaging"], &resource["container"]),
            (&json!("container"), &json!("allowed"))
        );
        assert_eq!(town.resource(&ids[2]).await["packaging"], "pdf");
        let link = resource["links"]["container"].as_str().unwrap();
        let bearer = town.bearer(&town.world.board, "app").await;
        let seen = called(&app, &bearer, link).await;
        let container = read(&seen);
        assert_eq!(
            (&container["state"], &container["level"]),
            (&json!("completed"), &json!("lta"))
        );
        let named: Vec<&str> = container["documents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|document| document["request"].as_str().unwrap())
            .collect();
        assert_eq!(named, in_it, "{engine}");
        assert_eq!(container["documents"][0]["sha256"], digests[0].to_string());
        let theirs = town.bearer(&town.world.board, "other-app").await;
        assert_eq!(called(&app, &theirs, link).await.status, StatusCode::NOT_FOUND);

        // The audit tells of each document.
        let told = events::recent(&app.db, town.world.board.id, 200).await.unwrap();
        for kind in [
            EventKind::SigningPrepared,
            EventKind::SigningSucceeded,
            EventKind::DocumentDelivered,
        ] {
            for id in &in_it {
                let about = |event: &&zegel::audit::Event| {
                    event.kind == kind
                        && event.object.as_deref() == Some(id)
                        && event.detail["container"] == container["id"]
                };
                assert_eq!(told.iter().filter(about).count(), 1, "{engine}: {kind:?} {id}");
            }
        }
        // The one that was left out is signed where it stands.
        insert_at_keys(&town, "director", vec![typed("1234")]);
        assert_eq!(director.sign(&ids[2]).await, None, "{engine}");
        assert_eq!(town.state(&ids[2]).await, "completed: done, done", "{engine}");
    }
}

/// EU DSS sees one signature of exactly its level in the container, passed, without a warning.
fn judged_by_eu_dss(town: &Town, file: &[u8]) {
    let folder = TestFolder::new("container-eu-dss");
    let (root, path) = (
        folder.path().join("root.pem"),
        folder.path().join("container.asice"),
    );
    std::fs::write(&root, pem(town.world.cards.services.pki().root_der())).unwrap();
    std::fs::write(&path, file).unwrap();
    let case = Case {
        file: path,
        beside: Vec::new(),
        level: Level::Lta,
        others: Vec::new(),
    };
    let at = town.now().plus(Duration::from_secs(60));
    if let Some(refused) = refusals(&root, at, &[case]) {
        assert_eq!(refused, [None]);
    }
}

async fn called(app: &Arc<App>, bearer: &str, link: &str) -> Seen {
    let path = link.split("/api/v1").nth(1).unwrap();
    let request = actix_web::test::TestRequest::get()
        .uri(&format!("/api/v1{path}"))
        .insert_header(("authorization", bearer));
    crate::house::visitor::Visitor::new(app.clone())
        .ask(request)
        .await
}

#[actix_web::test]
async fn the_stock_card_program_signs_one_digest_for_all() {
    for town in towns().await {
        let engine = town.world.engine;
        let (ids, list) = three(&town).await;
        let app = town.instance("exit 1");
        let (director, leaf) = (town.seat("director", &app).await, signer(&town, "director"));
        let before = documents(&director, &ids).await;
        // The script looks whether the program signs lists; until then the offer is not shown.
        let page = director
            .get(&format!("/list/{list}/confirm?{}", only(&ids)))
            .await;
        assert!(
            page.body.contains("data-together hidden"),
            "{engine}: {}",
            page.body
        );
        let offered = digest(&leaf, &director, &list, &ids).await;
        let asked = offered["documents"].as_array().unwrap();
        assert_eq!(asked.len(), 1, "{engine}: one digest");
        assert_eq!(offered["tries"].as_object().unwrap().len(), 3, "{engine}");
        assert_eq!(
            states(&town, &ids).await,
            vec!["open: done, prepared"; 3],
            "{engine}"
        );
        let alive = json!({"tries": offered["tries"]});
        let seen = ask(&director, &format!("/list/{list}/together/web-eid/alive"), &alive).await;
        assert_eq!(read(&seen), json!({"waiting": 3}), "{engine}");

        // A value of another key ends it for all, and nothing is kept.
        let wrong = value(&signer(&town, "staff"), &asked[0]);
        assert_eq!(
            refusal(&take(&director, &list, &wrong).await).1,
            "card_changed",
            "{engine}"
        );
        for outcome in outcomes(&director, &ids).await {
            assert_eq!(outcome.as_deref(), Some("card_changed"), "{engine}");
        }
        let good = value(&leaf, &asked[0]);
        assert_eq!(
            refusal(&take(&director, &list, &good).await).1,
            "request_invalid",
            "{engine}: over"
        );

        let offered = digest(&leaf, &director, &list, &ids).await;
        let good = value(&leaf, &offered["documents"][0]);
        // To another document's address it is no value.
        let elsewhere = format!("/sign/{}/web-eid/signature", ids[0]);
        assert_eq!(
            refusal(&ask(&director, &elsewhere, &good).await).1,
            "request_invalid",
            "{engine}"
        );
        for _ in 0..2 {
            let seen = take(&director, &list, &good).await;
            assert_eq!(read(&seen), json!({"state": "finishing"}), "{engine}: said twice");
        }
        assert_eq!(outcomes(&director, &ids).await, [None, None, None], "{engine}");
        delivered(&town, &ids, &before).await;
        assert_eq!(
            read(&take(&director, &list, &good).await),
            json!({"state": "finishing"})
        );
        assert_eq!(town.world.cards.heard(), "", "{engine}: no PIN was asked here");
    }
}

#[actix_web::test]
async fn what_the_page_showed_is_signed_whole_or_not_at_all() {
    for town in towns().await {
        let engine = town.world.engine;
        let (ids, list) = three(&town).await;
        let app = town.instance("exit 1");
        let (director, leaf) = (town.seat("director", &app).await, signer(&town, "director"));
        let shown = director.shown(&together(&list, &ids)).await;
        // Something else was shown of one of them.
        let mut other = shown.clone();
        other.insert(ids[1].clone(), "0".repeat(64));
        let seen = offer(&director, &list, &other, &leaf).await;
        assert_eq!(refusal(&seen), (409, "list_changed".to_owned()), "{engine}");
        let told = [
            Some("list_changed"),
            Some("document_changed"),
            Some("list_changed"),
        ];
        for (outcome, told) in outcomes(&director, &ids).await.iter().zip(told) {
            assert_eq!(outcome.as_deref(), told, "{engine}");
        }
        let page = director.get(&format!("/list/{list}/progress")).await.body;
        assert!(
            page.contains("The document has changed in the meantime"),
            "{engine}: {page}"
        );
        assert_eq!(
            states(&town, &ids).await,
            vec!["open: done, open"; 3],
            "{engine}: nothing began"
        );

        // One of them is taken back while the card is asked for its signature.
        let offered = digest(&leaf, &director, &list, &ids).await;
        let bearer = town.bearer(&town.world.board, "app").await;
        assert_eq!(withdraw(&app, &bearer, &ids[0]).await.status, StatusCode::OK);
        let good = value(&leaf, &offered["documents"][0]);
        let seen = take(&director, &list, &good).await;
        assert_eq!(refusal(&seen), (409, "list_changed".to_owned()), "{engine}");
        assert_eq!(
            states(&town, &ids).await,
            [
                "withdrawn: done, prepared",
                "open: done, prepared",
                "open: done, prepared"
            ],
            "{engine}"
        );
        // It is named with its reason, and the rest is signed together.
        let before = documents(&director, &ids[1..]).await;
        let page = director.get(&together(&list, &ids)).await.body;
        let out = page.split("id=\"left-out\"").nth(1).unwrap();
        assert!(
            out.contains("Besluit 0 (TEST)") && out.contains("This request is closed."),
            "{engine}: {out}"
        );
        let offered = digest(&leaf, &director, &list, &ids).await;
        assert_eq!(offered["tries"].as_object().unwrap().len(), 2, "{engine}");
        let good = value(&leaf, &offered["documents"][0]);
        taken(&director, &list, &good).await;
        assert_eq!(outcomes(&director, &ids[1..]).await, [None, None], "{engine}");
        delivered(&town, &ids[1..], &before).await;
    }
}

#[actix_web::test]
async fn time_stamps_that_do_not_come_delay_the_container_and_never_lower_it() {
    for town in towns().await {
        let engine = town.world.engine;
        let services = &town.world.cards.services;
        let (ids, list) = three(&town).await;
        let app = town.instance("exit 1");
        let (director, leaf) = (town.seat("director", &app).await, signer(&town, "director"));
        let before = documents(&director, &ids).await;
        let offered = digest(&leaf, &director, &list, &ids).await;
        services.set_service(Service::TimeStamp, ServiceMode::Down);
        let good = value(&leaf, &offered["documents"][0]);
        taken(&director, &list, &good).await;
        for outcome in outcomes(&director, &ids).await {
            assert_eq!(outcome.as_deref(), Some("timestamp_unavailable"), "{engine}");
        }
        assert_eq!(
            states(&town, &ids).await,
            vec!["finishing: done, signed"; 3],
            "{engine}"
        );
        let early = town.call(&format!("/{}/document", ids[0])).await;
        assert_eq!(
            refusal(&early),
            (409, "signatures_missing".to_owned()),
            "{engine}"
        );
        // Nobody takes one of them back, or begins anew, meanwhile.
        let bearer = town.bearer(&town.world.board, "app").await;
        let seen = withdraw(&app, &bearer, &ids[1]).await;
        assert_eq!(refusal(&seen).1, "signature_finishing", "{engine}");
        let link = town.resource(&ids[0]).await["links"]["container"].clone();
        let container = read(&called(&app, &bearer, link.as_str().unwrap()).await);
        assert_eq!(
            (&container["state"], &container["sha256"]),
            (&json!("finishing"), &Value::Null)
        );

        // The first stamp comes and the one for the archive does not: what was gained is kept.
        services.set_service(Service::TimeStamp, ServiceMode::Up);
        let stamps = Arc::new(AtomicUsize::new(0));
        let (counted, down) = (Arc::clone(&stamps), services.clone());
        town.door.before(move |need| {
            if matches!(need, Need::TimeStamp { .. }) && counted.fetch_add(1, Ordering::SeqCst) > 0 {
                down.set_service(Service::TimeStamp, ServiceMode::Down);
            }
            None
        });
        town.later(Duration::from_mins(1));
        while jobs::due(&app).await {}
        assert_eq!(
            states(&town, &ids).await,
            vec!["finishing: done, signed"; 3],
            "{engine}"
        );
        services.set_service(Service::TimeStamp, ServiceMode::Up);
        let again = Arc::clone(&stamps);
        stamps.store(0, Ordering::SeqCst);
        town.door.before(move |need| {
            again.fetch_add(
                usize::from(matches!(need, Need::TimeStamp { .. })),
                Ordering::SeqCst,
            );
            None
        });
        town.later(Duration::from_mins(1));
        while jobs::due(&app).await {}
        assert_eq!(
            stamps.load(Ordering::SeqCst),
            1,
            "{engine}: the first is not asked again"
        );
        assert_eq!(
            outcomes(&director, &ids).await,
            [None, None, None],
            "{engine}: the pages are told"
        );
        delivered(&town, &ids, &before).await;
    }
}

#[actix_web::test]
async fn ended_after_the_card_signed_another_instance_finishes_the_container() {
    for town in towns().await {
        let engine = town.world.engine;
        let (ids, list) = three(&town).await;
        let director = town.seat("director", &town.instance("exit 1")).await;
        let cookies = director.0.cookies.lock().unwrap().clone();
        let before = documents(&director, &ids).await;
        let blobs = files(&town.blobs()).len();
        let hanging = Arc::new(AtomicUsize::new(0));
        let hangs = hanging.clone();
        town.door.before(move |need| {
            if !matches!(need, Need::TimeStamp { .. }) {
                return None;
            }
            hangs.fetch_add(1, Ordering::SeqCst);
            Some(Box::pin(std::future::pending()))
        });
        insert_at_keys(&town, "director", vec![typed("1234")]);
        on_an_instance_that_is_ended(&town, NO_WINDOW, async |app| {
            let director = Seat::nobody(&app);
            director.0.cookies.lock().unwrap().clone_from(&cookies);
            let seen = press(&director, &list, &ids).await;
            assert_eq!(seen.location, format!("/list/{list}/progress"), "{}", seen.body);
            reached(&hanging, 1).await;
        });
        town.door.before(|_| None);
        assert_eq!(
            states(&town, &ids).await,
            vec!["finishing: done, signed"; 3],
            "{engine}"
        );
        let app = town.instance("exit 1");
        assert!(!jobs::due(&app).await, "{engine}: not before its time");
        town.later(Duration::from_mins(1));
        // Two instances at once make one result.
        let other = town.instance("exit 1");
        let id = town.resource(&ids[0]).await["links"]["container"].clone();
        let id = id.as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap();
        let (first, second) = tokio::join!(
            zegel::journeys::sign::container::finish(&app, id),
            zegel::journeys::sign::container::finish(&other, id)
        );
        first.unwrap();
        second.unwrap();
        while jobs::due(&app).await {}
        assert_eq!(outcomes(&director, &ids).await, [None, None, None], "{engine}");
        delivered(&town, &ids, &before).await;
        assert_eq!(
            files(&town.blobs()).len(),
            blobs + 1,
            "{engine}: one container is stored"
        );
        let heard = town.world.cards.heard();
        assert_eq!(heard.matches("CONFIRM").count(), 1, "{engine}: one PIN");
    }
}

#[actix_web::test]
async fn two_windows_make_one_container() {
    for town in towns().await {
        let engine = town.world.engine;
        let (ids, list) = three(&town).await;
        let first = town.seat("director", &town.instance("exit 1")).await;
        let second = town.seat("director", &town.instance("exit 1")).await;
        let leaf = signer(&town, "director");
        let before = documents(&first, &ids).await;
        let shown = first.shown(&together(&list, &ids)).await;
        let (one, other) = tokio::join!(
            offer(&first, &list, &shown, &leaf),
            offer(&second, &list, &shown, &leaf)
        );
        let good: Vec<&Seen> = [&one, &other]
            .into_iter()
            .filter(|seen| seen.status == 200)
            .collect();
        // They may also stop one another: then nothing began, and either begins anew.
        assert!(good.len() < 2, "{engine}: {} {}", one.body, other.body);
        let offered = match good.first() {
            Some(seen) => read(seen),
            None => digest(&leaf, &first, &list, &ids).await,
        };
        // Neither a third window, nor the reader, nor one of the documents alone gets in between.
        let seen = offer(&second, &list, &shown, &leaf).await;
        assert_eq!(refusal(&seen), (409, "already_waiting".to_owned()), "{engine}");
        let seen = press(&second, &list, &ids).await;
        assert_eq!(refusal(&seen).1, "already_waiting", "{engine}");
        let seen = super::beside::offer(&second, &ids[0], &leaf).await;
        assert_eq!(refusal(&seen), (409, "already_waiting".to_owned()), "{engine}");
        let value = value(&leaf, &offered["documents"][0]);
        let (one, other) = tokio::join!(take(&first, &list, &value), take(&second, &list, &value));
        assert_eq!(
            (one.status, other.status),
            (StatusCode::OK, StatusCode::OK),
            "{engine}"
        );
        assert_eq!(outcomes(&first, &ids).await, [None, None, None], "{engine}");
        delivered(&town, &ids, &before).await;
    }
}

#[actix_web::test]
async fn it_is_offered_where_the_container_can_be_the_whole_of_it() {
    let town = town().await;
    let (ids, list) = list_of(&town, vec![order(0), order(1)]).await;
    let app = town.instance(NO_WINDOW);
    insert_at_keys(&town, "director", Vec::new());
    let director = town.seat("director", &app).await;
    let offered = async |seat: &Seat, list: &str, ids: &[String]| {
        let page = seat.get(&format!("/list/{list}/confirm?{}", only(ids))).await;
        assert_eq!(page.status, StatusCode::OK);
        page.body.contains("data-together")
    };
    assert!(offered(&director, &list, &ids).await);
    assert!(
        !offered(&director, &list, &ids[..1]).await,
        "one alone is signed where it stands"
    );
    let seen = director.get(&together(&list, &ids[..1])).await;
    assert_eq!(seen.location, format!("/list/{list}"));
    // Whoever asks all the same is told so before anything begins.
    let seen = press(&director, &list, &ids[..1]).await;
    assert_eq!(refusal(&seen).1, "request_invalid");

    // A reader without keys, or whose keys are not used, needs no container; the script may still show it.
    town.insert("director");
    let page = director
        .get(&format!("/list/{list}/confirm?{}", only(&ids)))
        .await
        .body;
    assert!(page.contains("data-together hidden"));

    // Others sign after the mayor: the page says so of each.
    let open = [order(5), order(6)];
    let mut later = Vec::new();
    for order in open {
        later.push(town.open_with(order).await);
    }
    let bearer = town.bearer(&town.world.board, "app").await;
    let body = json!({"title": "Nog open", "requests": [later[0], later[1], ids[0], ids[1]]});
    let made = super::api::make_list(&town, &bearer, "the-second-list", body).await;
    let second = read(&made)["id"].as_str().unwrap().to_owned();
    let mayor = town.seat("mayor", &app).await;
    assert!(!offered(&mayor, &second, &later).await);
    let shown = mayor
        .shown(&format!("/list/{second}/confirm?{}", only(&later)))
        .await;
    let seen = offer(&mayor, &second, &shown, &signer(&town, "mayor")).await;
    assert_eq!(refusal(&seen), (409, "list_changed".to_owned()));
    assert_eq!(
        outcomes(&mayor, &later).await[0].as_deref(),
        Some("request_invalid")
    );
    // In a list with others that can, those are left out by their reason.
    let all: Vec<String> = later.iter().chain(&ids).cloned().collect();
    let page = director.get(&together(&second, &all)).await.body;
    let out = page.split("id=\"left-out\"").nth(1).unwrap();
    assert_eq!(out.matches("Waits for another signature.").count(), 2, "{out}");

    // A board that wants a PIN for each document gets one for each.
    let db = &town.world.app.db;
    db.script_for_tests("UPDATE board SET one_pin = 0").await.unwrap();
    assert!(!offered(&director, &list, &ids).await);
    let seen = director.get(&together(&list, &ids)).await;
    assert_eq!(seen.location, format!("/list/{list}"));
    db.script_for_tests("UPDATE board SET one_pin = 1").await.unwrap();
    assert!(offered(&director, &list, &ids).await);
}

#[actix_web::test]
async fn what_must_stand_in_the_document_itself_is_signed_there() {
    let town = town().await;
    let raised = order(2).member("profile", "lta_at_end");
    let (ids, list) = list_of(&town, vec![order(0), order(1), raised]).await;
    let director = town.seat("director", &town.instance("exit 1")).await;
    let page = director.get(&together(&list, &ids)).await.body;
    let out = page.split("id=\"left-out\"").nth(1).unwrap();
    assert!(
        out.contains("Besluit 2 (TEST)") && out.contains("completed only together with yours"),
        "{out}"
    );
    // Whoever signs for somebody else is named with the mention, in the document.
    let staff = town.seat("staff", &town.instance("exit 1")).await;
    let confirm = staff.get(&format!("/list/{list}/confirm?{}", only(&ids))).await;
    assert!(confirm.body.contains("name=\"seen\"") && !confirm.body.contains("data-together"));
    let shown = staff.shown(&format!("/list/{list}/confirm?{}", only(&ids))).await;
    let seen = offer(&staff, &list, &shown, &signer(&town, "staff")).await;
    assert_eq!(refusal(&seen), (409, "list_changed".to_owned()));
    assert_eq!(
        outcomes(&staff, &ids).await[0].as_deref(),
        Some("request_invalid")
    );
    assert_eq!(states(&town, &ids).await, vec!["open: done, open"; 3]);
}

#[actix_web::test]
async fn the_publication_copy_of_each_document_names_the_container_as_its_original() {
    let town = town().await;
    let app = super::publication::sealing(&town);
    let (ids, list) = three(&town).await;
    let (director, leaf) = (town.seat("director", &app).await, signer(&town, "director"));
    let before = documents(&director, &ids).await;
    let offered = digest(&leaf, &director, &list, &ids).await;
    let good = value(&leaf, &offered["documents"][0]);
    taken(&director, &list, &good).await;
    assert_eq!(outcomes(&director, &ids).await, [None, None, None]);
    let container = delivered(&town, &ids, &before).await;
    while jobs::due(&app).await {}
    for id in &ids {
        let copy = town.call(&format!("/{id}/publication_copy")).await;
        assert_eq!(copy.status, StatusCode::OK, "{}", copy.body);
        let document = zegel::pdf::document::Document::open(Arc::new(copy.bytes)).unwrap();
        let pages = zegel::pdf::text::of_document(&document.latest()).unwrap();
        let last: String = pages
            .last()
            .unwrap()
            .text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for part in [
            "An Marie Specimen, burgemeester",
            "Bram Spécimen, algemeen directeur",
            &Sha256Digest::of(&container).to_string(),
        ] {
            assert!(last.contains(part), "`{part}` is not in: {last}");
        }
    }
}

#[actix_web::test]
async fn the_addresses_of_a_container_are_closed_to_others() {
    for town in towns().await {
        let engine = town.world.engine;
        let (ids, list) = three(&town).await;
        let app = town.instance("exit 1");
        let (director, leaf) = (town.seat("director", &app).await, signer(&town, "director"));
        let offered = digest(&leaf, &director, &list, &ids).await;
        let good = value(&leaf, &offered["documents"][0]);
        let tries = json!({"tries": offered["tries"]});
        let chair = town.seat_at("director", &app, &town.world.other).await;
        let mayor = town.seat("mayor", &app).await;
        let page = together(&list, &ids);
        // Whoever is known at another board alone is asked to log in at this one.
        let seen = chair.get(&page).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{engine}");
        assert!(!seen.body.contains("Besluit"), "{engine}: {}", seen.body);
        let certificate = json!({"certificate": STANDARD.encode(&leaf.certificate_der), "seen": {}});
        let failure = json!({"code": "pin_wrong", "tries": offered["tries"]});
        for (call, body) in [
            ("certificate", &certificate),
            ("signature", &good),
            ("alive", &tries),
            ("failure", &failure),
        ] {
            let path = format!("/list/{list}/together/web-eid/{call}");
            // Of another board.
            let seen = ask(&chair, &path, body).await;
            assert_eq!(refusal(&seen), (404, "not_found".to_owned()), "{engine}: {call}");
            // Another signer of the same documents: nothing of it is his.
            let seen = ask(&mayor, &path, body).await;
            let is_nothing = seen.status == StatusCode::OK && read(&seen) == json!({"waiting": 0});
            assert!(
                seen.status.is_client_error() || is_nothing,
                "{engine}: {call}: {}",
                seen.body
            );
            // From another site's page, and without the page's token.
            let token = csrf::token(director.0.cookies.lock().unwrap().get(SESSION_COOKIE).unwrap());
            for (token, origin) in [(token.as_str(), "https://evil.example"), ("", ORIGIN)] {
                let seen = ask_with(&director, &path, body, token, origin).await;
                assert_eq!(
                    refusal(&seen),
                    (403, "csrf_failed".to_owned()),
                    "{engine}: {call}"
                );
            }
            assert_eq!(
                states(&town, &ids).await,
                vec!["open: done, prepared"; 3],
                "{engine}: {call}"
            );
        }
        let press = [("seen", "x:y")];
        let seen = chair
            .post(&format!("/list/{list}/together/counter"), &press)
            .await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{engine}");
        // The director's own value is taken all the same.
        taken(&director, &list, &good).await;
        assert_eq!(outcomes(&director, &ids).await, [None, None, None], "{engine}");
        let link = town.resource(&ids[0]).await["links"]["container"].clone();
        let link = link.as_str().unwrap();
        let seen = called(&app, "Bearer nothing", link).await;
        assert_eq!(seen.status, StatusCode::UNAUTHORIZED, "{engine}");
    }
}
