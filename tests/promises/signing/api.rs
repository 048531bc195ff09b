//! The interface for applications: whose request it is, what it must say, and that it is made once.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::json;
use zegel::journeys::login::tokens;

use super::town::{Order, RIGHT, Seat, Town, call, files, json as read, refusal, town, towns, withdraw};
use crate::house::visitor::{Seen, Visitor};
use crate::house::world::{SECRET, basic, exchange};

/// Every call of the interface about the request `id`, and what each answers to `bearer`.
async fn every_call(town: &Town, bearer: Option<&str>, id: &str) -> Vec<(String, u16, String)> {
    let calls = [
        ("POST", String::new()),
        ("GET", String::new()),
        ("GET", format!("/{id}")),
        ("POST", format!("/{id}/withdraw")),
        ("GET", format!("/{id}/document")),
        ("GET", format!("/{id}/proof")),
    ];
    let mut answers = Vec::new();
    for (method, path) in calls {
        let address = format!("/api/v1/signing_requests{path}");
        let request = match (method, path.as_str()) {
            ("POST", "") => Order::new()
                .key("another-key")
                .request(bearer.unwrap_or_default()),
            ("POST", _) => TestRequest::post().uri(&address),
            _ => TestRequest::get().uri(&address),
        };
        let request = match bearer {
            Some(bearer) if (method, path.as_str()) != ("POST", "") => {
                request.insert_header(("authorization", bearer))
            }
            _ => request,
        };
        let seen = Visitor::new(town.world.app.clone()).ask(request).await;
        let (status, code) = refusal(&seen);
        answers.push((format!("{method} {path}"), status, code));
    }
    answers
}

#[actix_web::test]
async fn nothing_is_answered_without_a_token_for_signing() {
    let town = town().await;
    let id = town.open().await;
    let (_, cookie) = town.world.session().await;
    let code = town.world.code("app", &[], &cookie).await;
    let header = basic("app", SECRET);
    let person = tokens::token(&town.world.app, "zegelgem", Some(&header), &exchange(&code, &[]))
        .await
        .unwrap();
    let person = format!("Bearer {}", person.access_token);
    let good = town.bearer(&town.world.board, "app").await;
    let cut = &good[..good.len() - 1];
    for (bearer, expected) in [
        (None, 401),
        (Some("Bearer unknown"), 401),
        (Some(cut), 401),
        (Some(header.as_str()), 401),
        (Some(person.as_str()), 403),
    ] {
        for (call, status, code) in every_call(&town, bearer, &id).await {
            assert_eq!(
                (status, code.as_str()),
                (expected, "not_authorised"),
                "{call} {bearer:?}"
            );
        }
    }
    town.later(std::time::Duration::from_hours(24));
    for (call, status, _) in every_call(&town, Some(&good), &id).await {
        assert_eq!(status, 401, "{call} with a token that is over");
    }
    assert_eq!(town.state(&id).await, "open: open, open");
}

#[actix_web::test]
async fn a_request_of_another_client_or_another_board_is_not_there() {
    for town in towns().await {
        let engine = town.world.engine;
        let done = town.open().await;
        town.signs("mayor", &done).await;
        town.signs("director", &done).await;
        let open = town.open_with(Order::new().key("the-second-one")).await;
        for (board, client) in [(&town.world.board, "other-app"), (&town.world.other, "ocmw-app")] {
            let bearer = town.bearer(board, client).await;
            for id in [&done, &open] {
                for path in ["", "/document", "/proof"] {
                    let seen = call(&town.world.app, &bearer, &format!("/{id}{path}")).await;
                    assert_eq!(
                        refusal(&seen),
                        (404, "not_found".to_owned()),
                        "{engine} {client} {path}"
                    );
                }
                let seen = withdraw(&town.world.app, &bearer, id).await;
                assert_eq!(
                    refusal(&seen),
                    (404, "not_found".to_owned()),
                    "{engine} {client} withdraw"
                );
            }
            let list = call(&town.world.app, &bearer, "").await;
            assert_eq!(list.body, r#"{"items":[],"next":null}"#, "{engine} {client}");
            let list = call(&town.world.app, &bearer, &format!("?before={open}")).await;
            assert_eq!(list.body, r#"{"items":[],"next":null}"#, "{engine} {client}");
        }
        assert_eq!(town.state(&done).await, "completed: done, done");
        assert_eq!(town.state(&open).await, "open: open, open");
        assert_eq!(read(&town.call("").await)["items"].as_array().unwrap().len(), 2);
    }
}

#[actix_web::test]
async fn a_person_of_another_board_meets_the_log_in_and_nothing_else() {
    for town in towns().await {
        let engine = town.world.engine;
        let id = town.open().await;
        town.insert("mayor");
        // The same human: mayor here, chair of the other board, logged in there alone.
        let app = town.instance(RIGHT);
        let chair = town.seat_at("mayor", &app, &town.world.other).await;
        for done in [false, true] {
            for page in ["", "/confirm", "/progress", "/decline"] {
                let seen = chair.get(&format!("/sign/{id}{page}")).await;
                assert_eq!(seen.status, StatusCode::SEE_OTHER, "{engine} {page}");
                assert!(seen.location.starts_with("/interaction/"), "{}", seen.location);
                assert_eq!(seen.body, "", "{engine} {page}");
            }
            for page in ["/page/1", "/document", "/proof", "/state"] {
                let seen = chair.get(&format!("/sign/{id}{page}")).await;
                assert_eq!(refusal(&seen), (404, "not_found".to_owned()), "{engine} {page}");
            }
            for action in ["/counter", "/decline"] {
                let seen = chair.post(&format!("/sign/{id}{action}"), &[]).await;
                assert_eq!(refusal(&seen), (404, "not_found".to_owned()), "{engine} {action}");
            }
            let seen = chair.post(&format!("/sign/{id}/leave"), &[]).await;
            assert_eq!(seen.location, format!("/sign/{id}"));
            if !done {
                assert_eq!(town.world.cards.heard(), "", "{engine}: no PIN was asked");
                assert_eq!(town.state(&id).await, "open: open, open");
                town.signs("mayor", &id).await;
                town.signs("director", &id).await;
            }
        }
        assert_eq!(town.state(&id).await, "completed: done, done");
    }
}

#[actix_web::test]
async fn the_same_key_makes_one_request() {
    for town in towns().await {
        let engine = town.world.engine;
        let first = town.send(Order::new()).await;
        assert_eq!(first.status, StatusCode::CREATED);
        let again = town.send(Order::new()).await;
        assert_eq!(
            (again.status, read(&again)),
            (first.status, read(&first)),
            "{engine}"
        );
        // Anything else under that key is another request: it is refused, and says so to the developer.
        let changes = [
            Order::new().member("title", "Iets anders"),
            Order::new().member("document_kind", "letter"),
            Order::new().member("domain", "omgeving"),
            Order::new().member("expires_at", "2026-03-20T00:00:00Z"),
            Order::new().document(&[zegel::lab::house::decision(), b"\n".to_vec()].concat()),
        ];
        for changed in changes {
            let seen = town.send(changed).await;
            assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()), "{engine}");
            assert_eq!(
                read(&seen)["developer"],
                "the idempotency key was used for another request",
                "{engine}"
            );
        }
        // A key is one client's.
        let other = town.bearer(&town.world.board, "other-app").await;
        let theirs = town.send(Order::new().bearer(&other)).await;
        assert_eq!(theirs.status, StatusCode::CREATED);
        assert_ne!(read(&theirs)["id"], read(&first)["id"]);
        assert_eq!(
            read(&town.call("").await)["items"].as_array().unwrap().len(),
            1,
            "{engine}"
        );
        // It stays that request when it has ended, however it ended.
        let id = read(&first)["id"].as_str().unwrap().to_owned();
        let bearer = town.bearer(&town.world.board, "app").await;
        withdraw(&town.world.app, &bearer, &id).await;
        let later = town.send(Order::new()).await;
        assert_eq!(read(&later)["id"], id.as_str());
        assert_eq!(read(&later)["state"], "withdrawn");
    }
}

#[actix_web::test]
async fn the_same_request_sent_six_times_at_once_is_made_once() {
    for town in towns().await {
        let bearer = town.bearer(&town.world.board, "app").await;
        let order = Order::new().bearer(&bearer);
        let sent = (0..6).map(|_| town.send(order.clone()));
        let answers = futures_util::future::join_all(sent).await;
        let mut ids = std::collections::BTreeSet::new();
        for seen in &answers {
            match seen.status {
                StatusCode::CREATED => {
                    ids.insert(read(seen)["id"].as_str().unwrap().to_owned());
                }
                _ => {
                    assert_eq!(refusal(seen), (400, "request_invalid".to_owned()));
                    assert_eq!(read(seen)["developer"], "the same request is being worked on");
                }
            }
        }
        assert_eq!(ids.len(), 1, "{}", town.world.engine);
        assert_eq!(read(&town.call("").await)["items"].as_array().unwrap().len(), 1);
        assert_eq!(files(&town.blobs()).len(), 1);
    }
}

#[actix_web::test]
async fn a_request_that_says_something_wrong_is_refused_with_what_is_wrong_and_leaves_nothing() {
    let town = town().await;
    let rows = [
        (Order::new().member("colour", "blue"), "unknown field `colour`"),
        (Order::new().member("title", json!(null)), "invalid type: null"),
        (
            Order::new().member("title", ""),
            "title: expected 1 to 200 characters",
        ),
        (
            Order::new().member("title", "x".repeat(201)),
            "title: expected 1 to 200 characters",
        ),
        (Order::new().member("title", "a\u{0}b"), "title: expected"),
        (
            Order::new().member("title", "Besluit \u{202e}fdp.netsok"),
            "title: expected no control, direction",
        ),
        (
            Order::new().member("document_name", "a\u{2066}b.pdf"),
            "document_name: expected no control, direction",
        ),
        (
            Order::new().member("domain", "x".repeat(201)),
            "domain: expected 1 to 200 characters",
        ),
        (
            Order::new().member("document_name", "../besluit.pdf"),
            "document_name: expected a file name",
        ),
        (
            Order::new().member("document_kind", "poem"),
            "document_kind: not known",
        ),
        (Order::new().member("body", "a body"), "body: expected a key"),
        (Order::new().member("body", "nowhere"), "body"),
        // Bodies of the OCMW, by kind and by key: this board has none of them.
        (Order::new().member("body", "welfare_council"), "body"),
        (
            Order::new().member("body", "http://zegelgem.example/id/raad"),
            "body",
        ),
        (
            Order::new().member("return_url", "https://app.zegelgem.example/callback/"),
            "return_url: expected a redirect URI that is registered",
        ),
        (
            Order::new().member("return_url", "https://evil.example/callback"),
            "return_url: expected a redirect URI that is registered",
        ),
        (
            Order::new().member("expires_at", "2026-03-03T09:00:00Z"),
            "expires_at: expected a time within the next 90 days",
        ),
        (
            Order::new().member("expires_at", "2026-06-02T09:00:00Z"),
            "expires_at: expected a time within the next 90 days",
        ),
        (Order::new().parts(&["request"]), "the part `document` is missing"),
        (Order::new().parts(&["document"]), "the part `request` is missing"),
        (
            Order::new().parts(&["request", "document", "document"]),
            "the part `document` comes twice",
        ),
        (
            Order::new().parts(&["request", "request", "document"]),
            "the part `request` comes twice",
        ),
        (
            Order::new().parts(&["request", "document", "annex"]),
            "there is no part `annex`",
        ),
        (Order::new().key("sevench"), "Idempotency-Key: expected 8 to 128"),
        (
            Order::new().key(&"k".repeat(129)),
            "Idempotency-Key: expected 8 to 128",
        ),
        (
            Order::new().key("with a blank in it"),
            "Idempotency-Key: expected 8 to 128",
        ),
        (
            Order {
                key: None,
                ..Order::new()
            },
            "Idempotency-Key: expected 8 to 128",
        ),
    ];
    for (order, says) in rows {
        let seen = town.send(order).await;
        assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()), "{says}");
        let developer = read(&seen)["developer"].as_str().unwrap_or_default().to_owned();
        assert!(developer.contains(says), "expected `{says}`, found `{developer}`");
    }
    assert_eq!(town.call("").await.body, r#"{"items":[],"next":null}"#);
    assert_eq!(files(&town.blobs()), Vec::<std::path::PathBuf>::new());
    // What was refused did not use the key up.
    town.open().await;
}

#[actix_web::test]
async fn what_is_no_form_and_what_is_no_id_are_told_apart() {
    let town = town().await;
    let bearer = town.bearer(&town.world.board, "app").await;
    let request = TestRequest::post()
        .uri("/api/v1/signing_requests")
        .insert_header(("authorization", bearer.as_str()))
        .insert_header(("idempotency-key", "a-key-of-the-application"))
        .insert_header(("content-type", "application/json"))
        .set_payload("{}");
    let seen = Visitor::new(town.world.app.clone()).ask(request).await;
    assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()));
    for id in [
        "srq_0",
        "1",
        "srq_00000000000000000000000000",
        "att_00000000000000000000000000",
    ] {
        let seen = call(&town.world.app, &bearer, &format!("/{id}")).await;
        assert_eq!(refusal(&seen), (404, "not_found".to_owned()), "{id}");
        let seen = Seat::nobody(&town.world.app).get(&format!("/sign/{id}")).await;
        assert_eq!(refusal(&seen), (404, "not_found".to_owned()), "{id}");
    }
    let seen = call(&town.world.app, &bearer, "?before=yesterday").await;
    assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()));
    let seen = call(&town.world.app, &bearer, "?after=srq_0").await;
    assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()));
}

#[actix_web::test]
async fn a_request_taken_back_is_over_for_everybody() {
    let town = town().await;
    let id = town.open().await;
    town.signs("mayor", &id).await;
    let bearer = town.bearer(&town.world.board, "app").await;
    let seen = withdraw(&town.world.app, &bearer, &id).await;
    assert_eq!(
        (seen.status, read(&seen)["state"].as_str()),
        (StatusCode::OK, Some("withdrawn"))
    );
    for path in ["/document", "/proof"] {
        let seen = town.call(&format!("/{id}{path}")).await;
        assert_eq!(refusal(&seen), (410, "request_closed".to_owned()), "{path}");
    }
    let again = withdraw(&town.world.app, &bearer, &id).await;
    assert_eq!(refusal(&again), (410, "request_closed".to_owned()));
    town.insert("director");
    let director = town.seat("director", &town.instance(RIGHT)).await;
    assert_eq!(
        refusal(&director.get(&format!("/sign/{id}")).await),
        (410, "request_closed".to_owned())
    );
    assert_eq!(director.use_card(&id).await.as_deref(), Some("request_closed"));
    let decline = director
        .post(&format!("/sign/{id}/decline"), &[("reason", "nee")])
        .await;
    assert_eq!(refusal(&decline), (410, "request_closed".to_owned()));
    assert_eq!(town.state(&id).await, "withdrawn: done, open");
}

#[actix_web::test]
async fn a_signer_who_declines_ends_the_request_and_the_application_reads_why() {
    let town = town().await;
    let id = town.open().await;
    let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    let page = mayor.get(&format!("/sign/{id}/decline")).await;
    assert_eq!(page.status, StatusCode::OK);
    let seen = mayor
        .post(
            &format!("/sign/{id}/decline"),
            &[("reason", "Artikel 2 ontbreekt")],
        )
        .await;
    assert_eq!(seen.location, format!("/sign/{id}"));
    let resource = town.resource(&id).await;
    assert_eq!(
        (resource["state"].as_str(), resource["reason"].as_str()),
        (Some("declined"), Some("Artikel 2 ontbreekt"))
    );
    assert_eq!(mayor.get(&format!("/sign/{id}")).await.status, StatusCode::OK);
    assert_eq!(mayor.use_card(&id).await.as_deref(), Some("request_closed"));
    assert_eq!(
        refusal(&town.call(&format!("/{id}/document")).await),
        (410, "request_closed".to_owned())
    );
}

/// Makes a list through the interface; what was answered.
pub(super) async fn make_list(town: &Town, bearer: &str, key: &str, body: serde_json::Value) -> Seen {
    let request = TestRequest::post()
        .uri("/api/v1/signing_lists")
        .insert_header(("authorization", bearer))
        .insert_header(("idempotency-key", key))
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_string());
    Visitor::new(town.world.app.clone()).ask(request).await
}

#[actix_web::test]
async fn a_list_holds_requests_of_its_own_client_each_once() {
    for town in towns().await {
        let engine = town.world.engine;
        let first = town.open().await;
        let second = town.open_with(Order::new().key("the-second-one")).await;
        let bearer = town.bearer(&town.world.board, "app").await;
        let body = json!({"title": "College van 3 maart", "requests": [second, first]});
        let made = make_list(&town, &bearer, "list-key-1", body.clone()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{engine}: {}", made.body);
        let list = read(&made);
        let ids: Vec<&str> = list["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        assert_eq!(
            ids,
            [second.as_str(), first.as_str()],
            "{engine}: in the order it was given"
        );
        assert_eq!(list["requests"][0]["state"], "open");
        assert_eq!(
            list["requests"][0]["signatures"],
            json!({"needed": 2, "signed": 0, "standing": 0})
        );
        let id = list["id"].as_str().unwrap().to_owned();
        assert!(
            list["signing_url"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/list/{id}"))
        );
        let again = make_list(&town, &bearer, "list-key-1", body).await;
        assert_eq!(
            (again.status, read(&again)),
            (made.status, read(&made)),
            "{engine}"
        );
        let other = json!({"title": "Iets anders", "requests": [first]});
        let seen = make_list(&town, &bearer, "list-key-1", other).await;
        assert_eq!(refusal(&seen), (400, "request_invalid".to_owned()), "{engine}");

        let rows = [
            ("empty", json!({"title": "x", "requests": []})),
            ("twice", json!({"title": "x", "requests": [first, first]})),
            ("no id", json!({"title": "x", "requests": ["besluit"]})),
            (
                "unknown",
                json!({"title": "x", "requests": ["srq_01m8a1nyckrdrxrevre91fcv5d"]}),
            ),
            ("no title", json!({"title": "", "requests": [first]})),
            (
                "a member too many",
                json!({"title": "x", "requests": [first], "pin": "1234"}),
            ),
            (
                "another return_url",
                json!({"title": "x", "requests": [first], "return_url": "https://evil.example/"}),
            ),
            (
                "too many",
                json!({"title": "x", "requests": vec![first.clone(); 81]}),
            ),
        ];
        for (what, body) in rows {
            let seen = make_list(&town, &bearer, "list-key-2", body).await;
            assert_eq!(
                refusal(&seen),
                (400, "request_invalid".to_owned()),
                "{engine}: {what}"
            );
        }
        // Requests of this client are nobody else's to list, and nor is the list.
        for (board, client) in [(&town.world.board, "other-app"), (&town.world.other, "ocmw-app")] {
            let bearer = town.bearer(board, client).await;
            let seen = make_list(
                &town,
                &bearer,
                "list-key-3",
                json!({"title": "x", "requests": [first]}),
            )
            .await;
            assert_eq!(
                refusal(&seen),
                (400, "request_invalid".to_owned()),
                "{engine}: {client}"
            );
            let request = TestRequest::get()
                .uri(&format!("/api/v1/signing_lists/{id}"))
                .insert_header(("authorization", bearer));
            let seen = Visitor::new(town.world.app.clone()).ask(request).await;
            assert_eq!(
                refusal(&seen),
                (404, "not_found".to_owned()),
                "{engine}: {client}"
            );
        }
        let request = TestRequest::get().uri(&format!("/api/v1/signing_lists/{id}"));
        let seen = Visitor::new(town.world.app.clone()).ask(request).await;
        assert_eq!(refusal(&seen), (401, "not_authorised".to_owned()), "{engine}");
    }
}

#[actix_web::test]
async fn a_list_is_shown_to_whoever_has_a_part_in_it_and_to_nobody_else() {
    for town in towns().await {
        let engine = town.world.engine;
        let first = town.open().await;
        let second = town.open_with(Order::new().key("the-second-one")).await;
        let bearer = town.bearer(&town.world.board, "app").await;
        let body = json!({"title": "College van 3 maart", "requests": [first, second]});
        let list = read(&make_list(&town, &bearer, "list-key-1", body).await);
        let id = list["id"].as_str().unwrap().to_owned();
        let app = town.instance(RIGHT);
        town.insert("mayor");
        let chair = town.seat_at("mayor", &app, &town.world.other).await;
        let citizen = town.seat("citizen", &app).await;
        for page in ["", "/confirm", "/progress"] {
            let seen = chair.get(&format!("/list/{id}{page}")).await;
            assert!(
                seen.location.starts_with("/interaction/"),
                "{engine} {page}: {}",
                seen.location
            );
            let seen = citizen.get(&format!("/list/{id}{page}")).await;
            assert_eq!(refusal(&seen), (404, "not_found".to_owned()), "{engine} {page}");
        }
        let seen = chair.get(&format!("/list/{id}/state")).await;
        assert_eq!(refusal(&seen), (404, "not_found".to_owned()), "{engine}");
        let shown = format!("{first}:{}", "0".repeat(64));
        let only = [("seen", shown.as_str())];
        for seat in [&chair, &citizen] {
            let seen = seat.post(&format!("/list/{id}/counter"), &only).await;
            let (status, code) = refusal(&seen);
            assert!(
                matches!(
                    (status, code.as_str()),
                    (404, "not_found") | (403, "signer_without_authority")
                ),
                "{engine}: {status} {code}"
            );
        }
        // The director's turn comes after the mayor's: they see the list, and can tick nothing.
        let director = town.seat("director", &app).await;
        let seen = director.get(&format!("/list/{id}")).await;
        assert_eq!(seen.status, StatusCode::OK, "{engine}");
        assert!(!seen.body.contains("name=\"only\""), "{engine}");
        let seen = director.post(&format!("/list/{id}/counter"), &only).await;
        assert_eq!(refusal(&seen), (409, "not_your_turn".to_owned()), "{engine}");
        assert_eq!(town.world.cards.heard(), "", "{engine}: no PIN was asked");
        assert_eq!(town.state(&first).await, "open: open, open");
        // What is not in the list is not signed through it.
        let outside = town.open_with(Order::new().key("the-third-one")).await;
        let mayor = town.seat("mayor", &app).await;
        let shown = format!("{outside}:{}", "0".repeat(64));
        let seen = mayor
            .post(&format!("/list/{id}/counter"), &[("seen", shown.as_str())])
            .await;
        assert_eq!(refusal(&seen), (409, "not_your_turn".to_owned()), "{engine}");
        assert_eq!(town.state(&outside).await, "open: open, open");
    }
}
