//! The national number goes to a client with a recorded legal basis, through one door, and each release is written
//! down without the number.

use zegel::audit::EventKind;
use zegel::journeys::login::{self, Arrived, Begun, View, tokens};
use zegel::login::eid::RequestForm;
use zegel::oidc::claims::Shared;
use zegel::oidc::client::Registration;
use zegel::store::db::Statement;
use zegel::store::{clients, events, grants, login as visits, sessions};

use super::cards::{NUMBER, token};
use super::world::{
    ORIGIN, SECRET, World, basic, claims, exchange, parameter, registration, registration_with_basis,
    request, with_session, worlds,
};

const GOOD: RequestForm<'static> = RequestForm {
    content_type: Some("application/json"),
    origin: Some(ORIGIN),
    fetch_site: Some("same-origin"),
    csrf_valid: true,
};

/// Logs in with a card for `client`; the arrived browser and what its page says is shared.
async fn log_in(
    world: &World,
    client: &str,
    scope: &str,
) -> (zegel::oidc::interaction::InteractionId, Arrived, Vec<Shared>) {
    let (id, browser) = world.visit(request(client, &[("scope", scope)])).await;
    let nonce = login::card::web_eid_challenge(&world.app, id, &browser)
        .await
        .unwrap();
    let text = token(&world.cards.usual(), ORIGIN, &nonce);
    let arrived = login::card::web_eid_token(&world.app, id, &browser, &GOOD, &text)
        .await
        .unwrap();
    let shared = match login::view(&world.app, id, &with_session(&arrived.cookie))
        .await
        .unwrap()
    {
        View::Capacity(view) => view.asker.shared,
        view => panic!("{view:?}"),
    };
    (id, arrived, shared)
}

async fn releases(world: &World) -> usize {
    let recent = events::recent(&world.app.db, world.board.id, 100).await.unwrap();
    for event in &recent {
        assert!(
            !format!("{event:?}").contains(NUMBER),
            "the number stands in an event"
        );
    }
    recent
        .iter()
        .filter(|event| event.kind == EventKind::NationalNumberReleased)
        .count()
}

#[tokio::test]
async fn with_a_legal_basis_and_the_scope_it_is_released_and_written_down() {
    for world in worlds().await {
        world.register("register", registration_with_basis()).await;
        let in_token = Registration {
            claims_in_id_token: true,
            tolerance: zegel::pki::revocation::Tolerance::HardFail,
            ..registration_with_basis()
        };
        world.register("in-token", in_token).await;
        for (client, in_id_token) in [("register", false), ("in-token", true)] {
            let before = releases(&world).await;
            let (id, arrived, shared) = log_in(&world, client, "openid rrn").await;
            assert!(shared.contains(&Shared::NationalNumber));
            let code = parameter(&world.choose(id, &arrived.cookie).await, "code").unwrap();
            let header = basic(client, SECRET);
            let tokens = tokens::token(&world.app, "zegelgem", Some(&header), &exchange(&code, &[]))
                .await
                .unwrap();
            let claims = claims(&tokens.id_token.unwrap());
            assert_eq!(claims.get("rrn").is_some(), in_id_token);
            let bearer = format!("Bearer {}", tokens.access_token);
            let info = tokens::userinfo(&world.app, "zegelgem", Some(&bearer), None)
                .await
                .unwrap();
            assert_eq!(info["rrn"], NUMBER, "{}", world.engine);
            assert!(!info["sub"].as_str().unwrap().contains(NUMBER));
            assert_eq!(releases(&world).await - before, 1 + usize::from(in_id_token));
        }
    }
}

#[tokio::test]
async fn without_the_scope_or_without_the_basis_it_never_leaves() {
    for world in worlds().await {
        world.register("register", registration_with_basis()).await;
        world.register("app", registration()).await;
        for client in ["register", "app"] {
            let (id, arrived, shared) = log_in(&world, client, "openid profile").await;
            assert!(!shared.contains(&Shared::NationalNumber));
            let code = parameter(&world.choose(id, &arrived.cookie).await, "code").unwrap();
            let header = basic(client, SECRET);
            let tokens = tokens::token(&world.app, "zegelgem", Some(&header), &exchange(&code, &[]))
                .await
                .unwrap();
            assert!(claims(&tokens.id_token.unwrap()).get("rrn").is_none());
            let bearer = format!("Bearer {}", tokens.access_token);
            let info = tokens::userinfo(&world.app, "zegelgem", Some(&bearer), None)
                .await
                .unwrap();
            assert!(!info.contains_key("rrn"), "{}", world.engine);
        }
        assert_eq!(releases(&world).await, 0);
    }
}

#[tokio::test]
async fn no_session_keeps_it_so_the_card_is_read_each_time() {
    for world in worlds().await {
        world.register("register", registration_with_basis()).await;
        let (id, arrived, _) = log_in(&world, "register", "openid rrn").await;
        world.choose(id, &arrived.cookie).await;
        let browser = with_session(&arrived.cookie);
        let silent = request("register", &[("scope", "openid rrn"), ("prompt", "none")]);
        let begun = login::authorize(&world.app, "zegelgem", silent, &browser)
            .await
            .unwrap();
        let Begun::Answer(answer) = begun else {
            panic!("{begun:?}")
        };
        assert_eq!(
            parameter(&answer, "error").as_deref(),
            Some("login_required"),
            "{}",
            world.engine
        );
        let loud = request("register", &[("scope", "openid rrn")]);
        let begun = login::authorize(&world.app, "zegelgem", loud, &browser)
            .await
            .unwrap();
        assert!(matches!(begun, Begun::Pages { cookie: Some(_), .. }));
    }
}

#[tokio::test]
async fn it_is_wiped_when_the_tokens_that_could_open_it_have_ended() {
    for world in worlds().await {
        world.register("register", registration_with_basis()).await;
        let (id, arrived, _) = log_in(&world, "register", "openid rrn").await;
        let code = parameter(&world.choose(id, &arrived.cookie).await, "code").unwrap();
        let header = basic("register", SECRET);
        tokens::token(&world.app, "zegelgem", Some(&header), &exchange(&code, &[]))
            .await
            .unwrap();
        let waits = async || {
            let found = sessions::find_by_cookie(&world.app.db, &arrived.cookie)
                .await
                .unwrap()
                .unwrap();
            let client =
                clients::find_by_slug(&world.app.db, world.board.id, &"register".parse().unwrap()).await;
            let client = client.unwrap().unwrap();
            let grant = grants::latest(&world.app.db, found.id, client.id)
                .await
                .unwrap()
                .unwrap();
            grant.wrapped_number.is_some()
        };
        assert_eq!(
            login::tidy(&world.app).await.unwrap(),
            0,
            "nothing is taken away too early"
        );
        assert!(waits().await);
        world.clock.advance(std::time::Duration::from_secs(11 * 60 + 1));
        // The token and the number; the visit ended but may still be looked at.
        assert_eq!(login::tidy(&world.app).await.unwrap(), 2, "{}", world.engine);
        assert!(!waits().await, "{}", world.engine);
    }
}

#[tokio::test]
async fn the_names_of_a_log_in_are_deleted_when_nobody_can_use_it_any_more() {
    for world in worlds().await {
        world.register("register", registration_with_basis()).await;
        let (id, arrived, _) = log_in(&world, "register", "openid rrn").await;
        let code = parameter(&world.choose(id, &arrived.cookie).await, "code").unwrap();
        let header = basic("register", SECRET);
        tokens::token(&world.app, "zegelgem", Some(&header), &exchange(&code, &[]))
            .await
            .unwrap();
        let session = sessions::find_by_cookie(&world.app.db, &arrived.cookie)
            .await
            .unwrap()
            .unwrap()
            .id;
        let is_kept = async || sessions::find(&world.app.db, session).await.unwrap().is_some();
        let hour = std::time::Duration::from_hours(1);
        // It is over by then, and kept for an hour more.
        world.clock.advance(hour);
        login::tidy(&world.app).await.unwrap();
        assert!(is_kept().await, "{}", world.engine);
        let grant = {
            let client =
                clients::find_by_slug(&world.app.db, world.board.id, &"register".parse().unwrap()).await;
            let latest = grants::latest(&world.app.db, session, client.unwrap().unwrap().id).await;
            latest.unwrap().unwrap().id
        };
        world.clock.advance(hour / 2 + std::time::Duration::from_secs(1));
        // The visit, the grant and the session; nothing is left for a second round.
        assert_eq!(login::tidy(&world.app).await.unwrap(), 3, "{}", world.engine);
        assert!(!is_kept().await, "{}", world.engine);
        assert!(grants::find(&world.app.db, grant).await.unwrap().is_none());
        assert_eq!(login::tidy(&world.app).await.unwrap(), 0, "{}", world.engine);
    }
}

#[tokio::test]
async fn a_session_in_use_keeps_its_names() {
    for world in worlds().await {
        world.register("register", registration_with_basis()).await;
        let (_, arrived, _) = log_in(&world, "register", "openid rrn").await;
        for _ in 0..8 {
            world.clock.advance(std::time::Duration::from_mins(29));
            login::tidy(&world.app).await.unwrap();
            let session = login::current_session(&world.app, &with_session(&arrived.cookie)).await;
            assert!(session.unwrap().is_some(), "{}", world.engine);
        }
    }
}

#[tokio::test]
async fn a_second_card_in_a_visit_never_takes_the_number_of_the_first_along() {
    for world in worlds().await {
        let client = world.register("register", registration_with_basis()).await;
        let (id, arrived, _) = log_in(&world, "register", "openid rrn").await;
        let number = async || {
            let visit = visits::find(&world.app.db, id).await.unwrap().unwrap();
            visit.wrapped_number
        };
        assert!(number().await.is_some(), "{}", world.engine);
        // Meanwhile the legal basis is taken away.
        let without = Registration {
            legal_basis: None,
            ..registration_with_basis()
        };
        let record = serde_json::to_string(&without).unwrap();
        let change = Statement {
            name: "tests::TAKE_LEGAL_BASIS",
            sql: "UPDATE client SET registration = $2 WHERE id = $1",
        };
        world
            .app
            .db
            .commit_alone(change, &[client.id.into(), record.into()])
            .await
            .unwrap();
        let browser = with_session(&arrived.cookie);
        let nonce = login::card::web_eid_challenge(&world.app, id, &browser)
            .await
            .unwrap();
        let text = token(&world.cards.usual(), ORIGIN, &nonce);
        login::card::web_eid_token(&world.app, id, &browser, &GOOD, &text)
            .await
            .unwrap();
        assert_eq!(number().await, None, "{}", world.engine);
    }
}
