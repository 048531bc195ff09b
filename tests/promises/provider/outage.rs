//! Log-ins while nobody outside tells whether cards are revoked: what an application agreed to, and the operator's switch.

use std::time::Duration;

use zegel::audit::EventKind;
use zegel::journeys::administer;
use zegel::journeys::login::{self, Arrived, Begun, LoginError};
use zegel::lab::pki::IssuedLeaf;
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};
use zegel::login::eid::RequestForm;
use zegel::oidc::client::Registration;
use zegel::pki::revocation::Tolerance;
use zegel::store::events;
use zegel::store::outage::{self, Outage};

use super::cards::token;
use super::world::{ORIGIN, World, registration, request, with_session, worlds};
use crate::support::moment;

const FORM: RequestForm<'static> = RequestForm {
    content_type: Some("application/json"),
    origin: Some(ORIGIN),
    fetch_site: Some("same-origin"),
    csrf_valid: true,
};
const HOUR: Duration = Duration::from_secs(3600);

fn tolerating(tolerance: Tolerance) -> Registration {
    Registration {
        tolerance,
        ..registration()
    }
}

async fn log_in(world: &World, client: &str, card: &IssuedLeaf) -> Result<Arrived, LoginError> {
    let (id, browser) = world.visit(request(client, &[])).await;
    let nonce = login::card::web_eid_challenge(&world.app, id, &browser)
        .await
        .unwrap();
    let text = token(card, ORIGIN, &nonce);
    login::card::web_eid_token(&world.app, id, &browser, &FORM, &text).await
}

async fn cause(world: &World, client: &str, card: &IssuedLeaf) -> &'static str {
    match log_in(world, client, card).await {
        Ok(_) => "ok",
        Err(error) => error.cause(),
    }
}

fn down(world: &World) {
    for service in [Service::Ocsp, Service::Crl] {
        world.cards.services.set_service(service, ServiceMode::Down);
    }
}

/// The evidence in the newest event of a log-in at the first board.
async fn evidence(world: &World) -> serde_json::Value {
    let all = events::recent(&world.app.db, world.board.id, 50).await.unwrap();
    let found = all.iter().find(|event| event.kind == EventKind::LoginSucceeded);
    found.unwrap().detail["evidence"].clone()
}

#[tokio::test]
async fn an_application_that_agreed_to_grace_lets_in_on_an_overdue_list_and_another_does_not() {
    for world in worlds().await {
        world.register("strict", registration()).await;
        world.register("lenient", tolerating(Tolerance::Grace)).await;
        let card = world.cards.usual();
        world.cards.services.set_service(Service::Ocsp, ServiceMode::Down);
        assert_eq!(
            cause(&world, "strict", &card).await,
            "ok",
            "{}: the list",
            world.engine
        );
        down(&world);
        world.clock.advance(HOUR * 4);
        assert_eq!(
            cause(&world, "strict", &card).await,
            "status_unknown",
            "{}",
            world.engine
        );
        let arrived = log_in(&world, "lenient", &card).await.unwrap();
        let evidence = evidence(&world).await;
        assert_eq!(evidence["status_source"], "crl_overdue", "{}", world.engine);
        // The session of that log-in is none for an application that asked for more.
        let browser = with_session(&arrived.cookie);
        let session = login::current_session(&world.app, &browser)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(session.tolerance, Tolerance::Grace, "{}", world.engine);
        for (client, reused) in [("strict", false), ("lenient", true)] {
            let begun = login::authorize(
                &world.app,
                &world.board.slug,
                request(client, &[("prompt", "none")]),
                &browser,
            )
            .await
            .unwrap();
            let Begun::Answer(answer) = begun else {
                panic!("{}: {client}", world.engine)
            };
            let error = super::world::parameter(&answer, "error");
            assert_eq!(
                error.as_deref() == Some("login_required"),
                !reused,
                "{}: {client} {error:?}",
                world.engine
            );
        }
    }
}

#[tokio::test]
async fn the_operators_switch_lets_in_until_its_end_and_stands_in_every_audit() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let card = world.cards.usual();
        // The authority is known, its list is not, and nobody answers.
        assert_eq!(cause(&world, "app", &card).await, "ok");
        down(&world);
        world.clock.advance(HOUR * 4);
        assert_eq!(
            cause(&world, "app", &card).await,
            "status_unknown",
            "{}",
            world.engine
        );

        let now = world.now();
        let switch = Outage {
            since: now,
            until: now.plus(HOUR),
            reason: "ticket 4711".to_owned(),
        };
        let random = world.app.random.as_ref();
        administer::set_outage(&world.app.db, Some(&switch), "test", now, random)
            .await
            .unwrap();
        assert_eq!(cause(&world, "app", &card).await, "ok", "{}", world.engine);
        let told = evidence(&world).await;
        assert_eq!(told["status_source"], "outage", "{}", world.engine);
        assert_eq!(told["status_at"], serde_json::Value::Null, "{}", world.engine);
        for board in [&world.board, &world.other] {
            let all = events::recent(&world.app.db, board.id, 50).await.unwrap();
            let thrown = all
                .iter()
                .find(|event| event.kind == EventKind::StatusOutage)
                .unwrap();
            assert_eq!(thrown.detail["change"], "on");
            assert_eq!(thrown.detail["reason"], "ticket 4711");
            assert_eq!(thrown.detail["until"], serde_json::json!(switch.until));
        }
        world.clock.advance(HOUR - Duration::from_secs(1));
        assert_eq!(cause(&world, "app", &card).await, "ok", "{}", world.engine);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(
            cause(&world, "app", &card).await,
            "status_unknown",
            "{}: over by itself",
            world.engine
        );
        administer::set_outage(&world.app.db, None, "test", world.now(), random)
            .await
            .unwrap();
        assert_eq!(
            outage::find(&world.app.db).await.unwrap(),
            None,
            "{}",
            world.engine
        );
    }
}

#[tokio::test]
async fn who_is_known_to_be_revoked_stays_out_in_an_outage_too() {
    let world = worlds().await.remove(0);
    world.register("app", registration()).await;
    let (card, revoked) = (world.cards.usual(), world.cards.usual());
    let status = CertificateStatus::Revoked {
        at: moment(),
        reason: RevocationReason::KeyCompromise,
    };
    world.cards.services.set_certificate(&revoked.serial, status);
    // The list was fetched once, months ago.
    world.cards.services.set_service(Service::Ocsp, ServiceMode::Down);
    assert_eq!(cause(&world, "app", &card).await, "ok");
    down(&world);
    world.clock.advance(HOUR * 24 * 60);
    let now = world.now();
    let switch = Outage {
        since: now,
        until: now.plus(HOUR),
        reason: "ticket 4711".to_owned(),
    };
    administer::set_outage(
        &world.app.db,
        Some(&switch),
        "test",
        now,
        world.app.random.as_ref(),
    )
    .await
    .unwrap();
    assert_eq!(cause(&world, "app", &card).await, "ok");
    assert_eq!(cause(&world, "app", &revoked).await, "cert_revoked");
}

#[test]
fn no_application_can_have_a_switch_of_its_own() {
    let error = tolerating(Tolerance::Outage).check().unwrap_err();
    assert!(error.to_string().contains("operator"), "{error}");
}
