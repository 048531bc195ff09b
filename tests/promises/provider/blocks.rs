//! Step 14 of a log-in: whom or what a board blocks does not come in there, whatever else is in order.

use zegel::audit::EventKind;
use zegel::base::digest::Sha256Digest;
use zegel::base::national::{NationalNumber, Pseudonym};
use zegel::crypto::key::{Curve, KeyKind};
use zegel::identity::{BoardId, PersonId};
use zegel::journeys::administer;
use zegel::journeys::login::{self, Arrived, LoginError};
use zegel::lab::pki::{IssuedLeaf, LabPki};
use zegel::login::eid::RequestForm;
use zegel::store::blocks::{self, BlockId, NewBlock, Subject};
use zegel::store::db::StoreError;
use zegel::store::events;
use zegel::store::persons::{self, BoardPerson};

use super::cards::{NUMBER, token};
use super::world::{ORIGIN, World, registration, request, with_session, worlds};

const FORM: RequestForm<'static> = RequestForm {
    content_type: Some("application/json"),
    origin: Some(ORIGIN),
    fetch_site: Some("same-origin"),
    csrf_valid: true,
};

async fn log_in(world: &World, leaf: &IssuedLeaf) -> Result<Arrived, LoginError> {
    let (id, browser) = world.visit(request("app", &[])).await;
    let nonce = login::card::web_eid_challenge(&world.app, id, &browser).await?;
    login::card::web_eid_token(&world.app, id, &browser, &FORM, &token(leaf, ORIGIN, &nonce)).await
}

/// How the log-in of a blocked card is refused.
async fn refused(world: &World, leaf: &IssuedLeaf) -> (&'static str, &'static str) {
    let error = log_in(world, leaf).await.unwrap_err();
    (error.cause(), error.code().as_str())
}

const NOT_PERMITTED: (&str, &str) = ("not_permitted", "login_refused");

async fn pseudonym(world: &World, board: BoardId) -> Pseudonym {
    let (app, number) = (&world.app, NationalNumber::parse(NUMBER).unwrap());
    persons::pseudonym(&app.db, board, &number, &app.kek, app.random.as_ref(), app.now())
        .await
        .unwrap()
}

async fn block(
    world: &World,
    board: BoardId,
    subject: Subject,
    person: Option<PersonId>,
) -> Result<(), StoreError> {
    let random = world.app.random.as_ref();
    let new = NewBlock {
        id: BlockId::new(world.now(), random),
        board,
        subject,
        reason: "lost".to_owned(),
        created_at: world.now(),
    };
    administer::block(&world.app.db, &new, person, random).await
}

async fn unblock(
    world: &World,
    board: BoardId,
    subject: Subject,
    person: Option<PersonId>,
) -> Result<(), StoreError> {
    let random = world.app.random.as_ref();
    administer::unblock(&world.app.db, board, subject, person, random, world.now()).await
}

/// A new card of An Specimen.
fn card(world: &World) -> IssuedLeaf {
    let validity = LabPki::usual_validity(world.now());
    world.cards.leaf(KeyKind::Ec(Curve::P384), validity)
}

#[tokio::test]
async fn a_blocked_person_is_not_let_in_with_any_card_and_an_earlier_session_ends() {
    for world in worlds().await {
        let (engine, board) = (world.engine, world.board.id);
        world.register("app", registration()).await;
        let leaf = card(&world);
        let arrived = log_in(&world, &leaf).await.unwrap();
        let browser = with_session(&arrived.cookie);
        let session = login::current_session(&world.app, &browser).await.unwrap();
        let person = session.unwrap().person_at(board).unwrap();
        let subject = Subject::Person(pseudonym(&world, board).await);

        block(&world, board, subject, Some(person)).await.unwrap();
        let session = login::current_session(&world.app, &browser).await.unwrap();
        assert!(session.is_none(), "{engine}");
        assert_eq!(refused(&world, &leaf).await, NOT_PERMITTED, "{engine}");
        assert_eq!(
            refused(&world, &card(&world)).await,
            NOT_PERMITTED,
            "{engine}: a new card"
        );
        let again = block(&world, board, subject, Some(person)).await;
        assert!(
            matches!(again, Err(StoreError::Conflict(_))),
            "{engine}: {again:?}"
        );

        unblock(&world, board, subject, Some(person)).await.unwrap();
        assert!(log_in(&world, &leaf).await.is_ok(), "{engine}");
        let again = unblock(&world, board, subject, Some(person)).await;
        assert!(matches!(again, Err(StoreError::Stale(_))), "{engine}: {again:?}");
        // Blocked once more: the first block stays on record.
        block(&world, board, subject, Some(person)).await.unwrap();
        let list = blocks::list(&world.app.db, board).await.unwrap();
        let seen: Vec<_> = list.iter().map(|one| (one.person, one.lifted_at)).collect();
        let now = Some(world.now());
        assert_eq!(seen.len(), 2, "{engine}");
        assert!(
            seen.contains(&(Some(person), now)) && seen.contains(&(Some(person), None)),
            "{engine}: {seen:?}"
        );

        let events = events::recent(&world.app.db, board, 100).await.unwrap();
        let count = |kind: EventKind| {
            let of_person = |event: &&zegel::audit::Event| event.object == Some(person.to_string());
            events
                .iter()
                .filter(|event| event.kind == kind)
                .filter(of_person)
                .count()
        };
        assert_eq!(
            (count(EventKind::AccessBlocked), count(EventKind::AccessUnblocked)),
            (2, 1),
            "{engine}"
        );
        let refusals = events.iter().filter(|event| event.result == "not_permitted");
        assert_eq!(refusals.count(), 2, "{engine}");
    }
}

#[tokio::test]
async fn a_blocked_certificate_stops_that_card_alone() {
    for world in worlds().await {
        let engine = world.engine;
        world.register("app", registration()).await;
        let (lost, other) = (card(&world), card(&world));
        let subject = Subject::Certificate(Sha256Digest::of(&lost.certificate_der));
        block(&world, world.board.id, subject, None).await.unwrap();
        assert_eq!(refused(&world, &lost).await, NOT_PERMITTED, "{engine}");
        assert!(log_in(&world, &other).await.is_ok(), "{engine}");
        unblock(&world, world.board.id, subject, None).await.unwrap();
        assert!(log_in(&world, &lost).await.is_ok(), "{engine}");
    }
}

#[tokio::test]
async fn a_log_in_elsewhere_does_not_lead_to_the_board_that_blocks() {
    for world in worlds().await {
        let (engine, other) = (world.engine, world.other.id);
        world.register("app", registration()).await;
        let pseudonym = pseudonym(&world, other).await;
        let person = BoardPerson {
            id: PersonId::new(world.now(), world.app.random.as_ref()),
            board: other,
            given_name: "An".to_owned(),
            family_name: "Specimen".to_owned(),
            created_at: world.now(),
        };
        let id = person.id;
        world
            .app
            .db
            .write(move |unit| {
                let person = person.clone();
                Box::pin(async move { persons::add(unit, &person, Some(pseudonym)).await })
            })
            .await
            .unwrap();
        let subject = Subject::Person(pseudonym);
        for (is_blocked, expected) in [(false, Some(id)), (true, None)] {
            if is_blocked {
                block(&world, other, subject, Some(id)).await.unwrap();
            }
            let arrived = log_in(&world, &card(&world)).await.unwrap();
            let browser = with_session(&arrived.cookie);
            let session = login::current_session(&world.app, &browser)
                .await
                .unwrap()
                .unwrap();
            assert!(session.person_at(world.board.id).is_some(), "{engine}");
            assert_eq!(session.person_at(other), expected, "{engine}");
        }
    }
}
