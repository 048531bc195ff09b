//! Who may sign, now, at this computer, with their own card: everybody else is refused before a PIN is asked.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use zegel::base::digest::Sha256Digest;
use zegel::lab::demo;
use zegel::mandates::NewFact;
use zegel::mandates::facts::{
    Absence, AbsenceKind, Content, Holding, Publication, RevocationReason, Source, Status,
};
use zegel::mandates::validity::Validity;
use zegel::pki::need::Need;

use super::town::{Order, RIGHT, Seat, Town, code, refusal, town, towns};

const NO_AUTHORITY: &str = "signer_without_authority";

fn zegelgem(name: &str) -> String {
    format!("http://zegelgem.example/id/{name}")
}

fn fact(town: &Town, name: &str, content: Content) -> NewFact {
    NewFact {
        key: zegelgem(name).parse().unwrap(),
        valid: Validity::Instants {
            from: town.now().minus(Duration::from_hours(1)),
            to: None,
        },
        source: Source {
            system: "test".to_owned(),
            reference: name.to_owned(),
        },
        evidence: Vec::new(),
        supersedes: None,
        content,
    }
}

/// The mayor's delegation to the alderman is taken back.
fn revocation(town: &Town) -> NewFact {
    let content = Content::Revocation {
        grant: zegelgem("delegatie-280").parse().unwrap(),
        reason: RevocationReason::PrivilegeWithdrawn,
    };
    fact(town, "intrekking-280", content)
}

/// The person of `slug` presses every button and opens every page, and each says `code`; no PIN is asked.
async fn is_refused_everywhere(town: &Town, slug: &str, id: &str, expected: (u16, &str)) {
    town.insert(slug);
    let seat = town.seat(slug, &town.instance(RIGHT)).await;
    let before = town.state(id).await;
    let (status, code) = expected;
    for page in ["", "/page/1", "/document", "/proof"] {
        let seen = seat.get(&format!("/sign/{id}{page}")).await;
        assert_eq!(refusal(&seen), (status, code.to_owned()), "{slug} {page}");
        assert!(!seen.body.contains("Besluit van het college"), "{slug} {page}");
    }
    for page in ["/confirm", "/decline", "/progress"] {
        let seen = seat.get(&format!("/sign/{id}{page}")).await;
        assert_eq!(seen.location, format!("/sign/{id}"), "{slug} {page}");
    }
    for action in ["/counter", "/decline"] {
        let seen = seat
            .post(&format!("/sign/{id}{action}"), &[("reason", "x")])
            .await;
        assert_eq!(refusal(&seen), (status, code.to_owned()), "{slug} {action}");
    }
    assert_eq!(town.world.cards.heard(), "", "{slug}: no PIN was asked");
    assert_eq!(town.state(id).await, before);
}

#[actix_web::test]
async fn who_has_no_authority_is_told_before_any_pin_is_asked() {
    for town in towns().await {
        let id = town.open().await;
        is_refused_everywhere(&town, "citizen", &id, (403, NO_AUTHORITY)).await;
    }
}

#[actix_web::test]
async fn who_had_no_part_in_a_request_sees_nothing_of_it_when_it_is_over() {
    let town = town().await;
    let done = town.open().await;
    town.signs("mayor", &done).await;
    town.signs("director", &done).await;
    let withdrawn = town.open_with(Order::new().key("the-second-one")).await;
    let bearer = town.bearer(&town.world.board, "app").await;
    super::town::withdraw(&town.world.app, &bearer, &withdrawn).await;
    let citizen = town.seat("citizen", &town.instance(RIGHT)).await;
    for id in [&done, &withdrawn] {
        for page in [
            "",
            "/page/1",
            "/document",
            "/proof",
            "/confirm",
            "/decline",
            "/progress",
        ] {
            let seen = citizen.get(&format!("/sign/{id}{page}")).await;
            assert_eq!(refusal(&seen), (404, "not_found".to_owned()), "{page}");
        }
    }
    // Whoever might have signed still sees how it ended.
    let alderman = town.seat("alderman", &town.instance(RIGHT)).await;
    let seen = alderman.get(&format!("/sign/{withdrawn}")).await;
    assert_eq!(refusal(&seen), (410, "request_closed".to_owned()));
    let seen = alderman.get(&format!("/sign/{withdrawn}/document")).await;
    assert_eq!(seen.status, StatusCode::OK);
}

#[actix_web::test]
async fn the_second_signer_waits_for_the_first() {
    let town = town().await;
    let id = town.open().await;
    is_refused_everywhere(&town, "director", &id, (409, "not_your_turn")).await;
    is_refused_everywhere(&town, "staff", &id, (409, "not_your_turn")).await;
    town.signs("mayor", &id).await;
    // And the first has done what was theirs.
    let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    assert_eq!(mayor.use_card(&id).await.as_deref(), Some("not_your_turn"));
    assert_eq!(mayor.get(&format!("/sign/{id}")).await.status, StatusCode::OK);
    town.signs("director", &id).await;
}

#[actix_web::test]
async fn nobody_fills_both_places() {
    for town in towns().await {
        let director = Absence {
            holding: zegelgem("houder-directeur").parse().unwrap(),
            absence: AbsenceKind::Impediment,
            replaced_by: None,
        };
        town.learn(fact(&town, "afwezig-directeur", Content::Absence(director)))
            .await;
        let acting = Holding {
            person: zegelgem("person/mayor").parse().unwrap(),
            post: zegelgem("post-directeur").parse().unwrap(),
            status: Status::Acting,
            publication: Publication::Confirmed,
            confirmed_by: Some("TEST-besluit".to_owned()),
            replaced_by: None,
            rank: None,
            oath: None,
        };
        town.learn(fact(&town, "waarnemer-directeur", Content::Holding(acting)))
            .await;
        let id = town.open().await;
        town.signs("mayor", &id).await;
        let before = town.world.cards.heard();
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        assert_eq!(
            mayor.use_card(&id).await.as_deref(),
            Some("same_person"),
            "{}",
            town.world.engine
        );
        assert_eq!(town.world.cards.heard(), before, "no second PIN was asked");
        assert_eq!(town.state(&id).await, "open: done, open");
        // Nor through a delegate: whoever let the alderman sign does not sign beside them.
        let id = town.open_with(Order::new().key("the-second-one")).await;
        town.signs("alderman", &id).await;
        assert_eq!(mayor.use_card(&id).await.as_deref(), Some(NO_AUTHORITY));
        assert_eq!(town.state(&id).await, "open: done, open");
    }
}

#[actix_web::test]
async fn a_card_of_somebody_else_does_not_sign() {
    for town in towns().await {
        let id = town.open().await;
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        for slug in ["director", "citizen"] {
            town.insert(slug);
            let mayor = mayor.at(&town.instance(RIGHT));
            assert_eq!(
                mayor.sign(&id).await.as_deref(),
                Some("certificate_wrong_person"),
                "{slug}"
            );
        }
        assert_eq!(town.world.cards.heard(), "");
        assert_eq!(town.state(&id).await, "open: open, open");
        town.signs("mayor", &id).await;
    }
}

#[actix_web::test]
async fn an_impeded_mayor_does_not_sign_and_one_on_leave_may() {
    let town = town().await;
    let id = town.open().await;
    let away = demo::mayor_away(AbsenceKind::Impediment, town.now(), None).unwrap();
    town.learn(away).await;
    is_refused_everywhere(&town, "mayor", &id, (403, NO_AUTHORITY)).await;
    let town = super::town::town().await;
    let id = town.open().await;
    let away = demo::mayor_away(AbsenceKind::Temporary, town.now(), None).unwrap();
    town.learn(away).await;
    town.signs("mayor", &id).await;
}

#[actix_web::test]
async fn nobody_signs_minutes_for_another() {
    let town = town().await;
    let id = town
        .open_with(Order::new().member("document_kind", "minutes"))
        .await;
    is_refused_everywhere(&town, "alderman", &id, (403, NO_AUTHORITY)).await;
    is_refused_everywhere(&town, "staff", &id, (403, NO_AUTHORITY)).await;
    town.signs("mayor", &id).await;
    let staff = town.seat("staff", &town.instance(RIGHT)).await;
    assert_eq!(staff.use_card(&id).await.as_deref(), Some(NO_AUTHORITY));
    town.signs("director", &id).await;
}

#[actix_web::test]
async fn a_delegation_taken_back_between_the_page_and_the_button_is_over() {
    for town in towns().await {
        let id = town.open().await;
        town.insert("alderman");
        let alderman = town.seat("alderman", &town.instance(RIGHT)).await;
        let page = alderman.get(&format!("/sign/{id}/confirm")).await;
        assert!(page.body.contains("On behalf of the mayor"), "{}", page.body);
        town.later(Duration::from_secs(1));
        town.learn(revocation(&town)).await;
        assert_eq!(
            alderman.use_card(&id).await.as_deref(),
            Some(NO_AUTHORITY),
            "{}",
            town.world.engine
        );
        assert_eq!(town.world.cards.heard(), "");
    }
}

#[actix_web::test]
async fn a_delegation_taken_back_while_the_card_is_checked_is_over_before_the_pin() {
    for town in towns().await {
        let town = Arc::new(town);
        let id = town.open().await;
        town.insert("alderman");
        let alderman = town.seat("alderman", &town.instance(RIGHT)).await;
        let board = Arc::clone(&town);
        town.door.before(move |need| {
            if !matches!(need, Need::Ocsp { .. }) {
                return None;
            }
            let town = Arc::clone(&board);
            Some(Box::pin(async move { town.learn(revocation(&town)).await }))
        });
        assert_eq!(
            alderman.sign(&id).await.as_deref(),
            Some(NO_AUTHORITY),
            "{}",
            town.world.engine
        );
        assert_eq!(town.world.cards.heard(), "");
        assert_eq!(town.state(&id).await, "open: open, open");
        town.door.before(|_| None);
    }
}

#[actix_web::test]
async fn whoever_is_not_logged_in_is_sent_to_log_in_and_their_form_does_nothing() {
    let town = town().await;
    let id = town.open().await;
    town.insert("mayor");
    let app = town.instance(RIGHT);
    let nobody = Seat::nobody(&app);
    for page in ["", "/confirm", "/progress", "/decline"] {
        let seen = nobody.get(&format!("/sign/{id}{page}")).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{page}");
        assert!(seen.location.starts_with("/interaction/"), "{}", seen.location);
    }
    for page in ["/page/1", "/document", "/proof", "/state"] {
        let seen = Seat::nobody(&app).get(&format!("/sign/{id}{page}")).await;
        assert_eq!(refusal(&seen), (404, "not_found".to_owned()), "{page}");
    }
    for action in ["/counter", "/decline", "/leave"] {
        let seen = Seat::nobody(&app).post(&format!("/sign/{id}{action}"), &[]).await;
        assert_eq!(refusal(&seen), (403, "csrf_failed".to_owned()), "{action}");
    }
    // A session that is over is none.
    let mayor = town.seat("mayor", &app).await;
    town.later(Duration::from_mins(31));
    assert_eq!(
        mayor.get(&format!("/sign/{id}")).await.status,
        StatusCode::SEE_OTHER
    );
    let seen = mayor.post(&format!("/sign/{id}/counter"), &[]).await;
    assert_eq!(refusal(&seen), (404, "not_found".to_owned()));
    assert_eq!(town.world.cards.heard(), "");
    assert_eq!(town.state(&id).await, "open: open, open");
}

#[actix_web::test]
async fn a_browser_elsewhere_sees_the_document_and_moves_no_reader() {
    let town = town().await;
    let id = town.open().await;
    town.insert("mayor");
    let mut mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    mayor.0.peer = "192.0.2.7:50000";
    assert_eq!(mayor.get(&format!("/sign/{id}")).await.status, StatusCode::OK);
    let page = mayor.get(&format!("/sign/{id}/confirm")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("/counter"), "no button for the reader");
    let seen = mayor.post(&format!("/sign/{id}/counter"), &[]).await;
    assert_eq!(refusal(&seen), (403, "counter_only_here".to_owned()));
    // An installation without readers serves nobody's.
    let mayor = mayor.at(&town.world.app);
    assert_eq!(mayor.use_card(&id).await.as_deref(), Some("counter_only_here"));
    assert_eq!(town.world.cards.heard(), "");
    assert_eq!(town.state(&id).await, "open: open, open");
}

#[actix_web::test]
async fn a_form_without_this_sessions_token_does_nothing() {
    let town = town().await;
    let id = town.open().await;
    town.insert("mayor");
    let app = town.instance(RIGHT);
    let mayor = town.seat("mayor", &app).await;
    let director = town.seat("director", &app).await;
    let page = director.get(&format!("/sign/{id}/confirm")).await;
    assert_eq!(page.location, format!("/sign/{id}"));
    for token in [
        "",
        "0",
        &zegel::http::csrf::token(""),
        &zegel::http::csrf::token("another session"),
    ] {
        for action in ["/counter", "/decline", "/leave"] {
            let seen = mayor
                .0
                .post(&format!("/sign/{id}{action}"), &[("csrf", token)])
                .await;
            assert_eq!(
                (seen.status, code(&seen).as_str()),
                (StatusCode::FORBIDDEN, "csrf_failed"),
                "{action}"
            );
        }
    }
    assert_eq!(
        mayor.get(&format!("/sign/{id}/state")).await.body,
        format!(r#"{{"state":"open","next":"/sign/{id}"}}"#)
    );
    assert_eq!(town.world.cards.heard(), "");
    assert_eq!(town.state(&id).await, "open: open, open");
}

/// The specimen `slug` stands before the open PIN window; the file `go` lets them type.
async fn before_the_pin(town: &Town, slug: &str, id: &str) -> (Seat, std::path::PathBuf) {
    let go = town.world.folder.path().join("go");
    let getpin = format!("while [ ! -e '{}' ]; do sleep 0.02; done; {RIGHT}", go.display());
    town.insert(slug);
    let seat = town.seat(slug, &town.instance(&getpin)).await;
    assert_eq!(seat.start(id, &[]).await, None);
    seat.until(id, &["pin"]).await;
    (seat, go)
}

#[actix_web::test]
async fn a_delegation_taken_back_while_the_pin_window_is_open_leaves_no_signature() {
    for town in towns().await {
        let engine = town.world.engine;
        let id = town.open().await;
        let (alderman, go) = before_the_pin(&town, "alderman", &id).await;
        town.later(Duration::from_secs(1));
        town.learn(revocation(&town)).await;
        std::fs::write(&go, "").unwrap();
        assert_eq!(
            alderman.outcome(&id).await.as_deref(),
            Some(NO_AUTHORITY),
            "{engine}"
        );
        assert_eq!(town.state(&id).await, "open: prepared, open", "{engine}");
        // Nothing stands in the way of whoever may.
        town.signs("mayor", &id).await;
    }
}

#[actix_web::test]
async fn nobody_begins_while_anothers_card_is_at_work_on_the_same_signature() {
    for town in towns().await {
        let engine = town.world.engine;
        let id = town.open().await;
        let (mayor, go) = before_the_pin(&town, "mayor", &id).await;
        let alderman = town.seat("alderman", &town.instance(RIGHT)).await;
        assert_eq!(
            alderman.use_card(&id).await.as_deref(),
            Some("not_your_turn"),
            "{engine}"
        );
        std::fs::write(&go, "").unwrap();
        assert_eq!(mayor.outcome(&id).await, None, "{engine}");
        assert_eq!(town.state(&id).await, "open: done, open", "{engine}");
    }
}

#[actix_web::test]
async fn the_second_signer_reads_one_fingerprint_everywhere() {
    let town = town().await;
    let long = "Besluit ".repeat(24);
    let id = town.open_with(Order::new().member("title", long.trim())).await;
    let base = Sha256Digest::of(&zegel::lab::house::decision()).to_string();
    let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    let page = mayor.get(&format!("/sign/{id}")).await.body;
    assert_eq!(
        page.matches(&base).count(),
        1,
        "before anybody signed there is one"
    );
    town.signs("mayor", &id).await;
    let (director, go) = before_the_pin(&town, "director", &id).await;
    let file = director.get(&format!("/sign/{id}/document")).await.bytes;
    let current = Sha256Digest::of(&file).to_string();
    assert_ne!(current, base);
    for (page, bases) in [("", 1), ("/confirm", 0), ("/progress", 0)] {
        let body = director.get(&format!("/sign/{id}{page}")).await.body;
        assert_eq!(body.matches(&current).count(), 1, "{page}");
        assert_eq!(body.matches(&base).count(), bases, "{page}");
    }
    // However long the title is, the window says which document.
    let asked = town.world.cards.heard();
    assert!(asked.contains(&current[..12]), "{asked}");
    std::fs::write(&go, "").unwrap();
    assert_eq!(director.outcome(&id).await, None);
}
