//! Visits to the log-in pages belong to one browser and end once.

use std::time::Duration;

use zegel::base::lang::Language;
use zegel::journeys::login::{self, Begun, Browser, Finished, View};
use zegel::oidc::challenge::Purpose;
use zegel::oidc::interaction::InteractionId;
use zegel::oidc::secret::Opaque;
use zegel::store::login as visits;

use super::world::{World, parameter, registration, request, with_session, world, worlds};

/// A visit of a new browser, and its cookie.
async fn visit(world: &World) -> (InteractionId, Opaque) {
    let asked = request("app", &[]);
    match login::authorize(&world.app, "zegelgem", asked, &Browser::default())
        .await
        .unwrap()
    {
        Begun::Pages {
            interaction,
            cookie: Some(cookie),
        } => (interaction, cookie),
        begun => panic!("{begun:?}"),
    }
}

fn before(cookie: &Opaque) -> Browser {
    Browser {
        before: Some(Opaque::from_text(cookie.expose())),
        ..Browser::default()
    }
}

#[tokio::test]
async fn a_visit_is_nothing_without_the_cookie_of_its_browser() {
    let world = world().await;
    world.register("app", registration()).await;
    let (id, cookie) = visit(&world).await;
    let (_, other) = visit(&world).await;
    assert!(matches!(
        login::view(&world.app, id, &before(&cookie)).await,
        Ok(View::Choice(_))
    ));
    for browser in [Browser::default(), before(&other), with_session(&other)] {
        let error = login::view(&world.app, id, &browser).await.unwrap_err();
        assert_eq!(error.cause(), "INTERACTION_UNKNOWN");
        for cause in [
            login::state(&world.app, id, &browser)
                .await
                .map(|_| ())
                .unwrap_err()
                .cause(),
            login::arrive(&world.app, id, &browser)
                .await
                .map(|_| ())
                .unwrap_err()
                .cause(),
            login::choose(&world.app, id, &browser, None)
                .await
                .map(|_| ())
                .unwrap_err()
                .cause(),
            login::cancel(&world.app, id, &browser)
                .await
                .map(|_| ())
                .unwrap_err()
                .cause(),
            login::card::web_eid_challenge(&world.app, id, &browser)
                .await
                .map(|_| ())
                .unwrap_err()
                .cause(),
        ] {
            assert_eq!(cause, "INTERACTION_UNKNOWN");
        }
    }
}

#[tokio::test]
async fn the_counter_is_offered_to_a_browser_on_this_machine_alone() {
    let world = world().await;
    world.register("app", registration()).await;
    let (id, cookie) = visit(&world).await;
    let counter = world.with_counter("echo OK");
    for (app, here, offered) in [
        (&counter, true, true),
        (&counter, false, false),
        (&world.app, true, false),
    ] {
        let browser = Browser {
            is_at_this_computer: here,
            ..before(&cookie)
        };
        match login::view(app, id, &browser).await.unwrap() {
            View::Choice(choice) => assert_eq!(choice.counter, offered),
            view => panic!("{view:?}"),
        }
    }
}

#[tokio::test]
async fn going_back_tells_the_client_and_ends_the_visit() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (id, cookie) = visit(&world).await;
        let Finished::Answer(answer) = login::cancel(&world.app, id, &before(&cookie)).await.unwrap() else {
            panic!("no answer");
        };
        assert_eq!(parameter(&answer, "error").as_deref(), Some("access_denied"));
        assert_eq!(parameter(&answer, "state").as_deref(), Some("st ate&1"));
        let error = login::view(&world.app, id, &before(&cookie)).await.unwrap_err();
        assert_eq!(error.cause(), "INTERACTION_FINISHED", "{}", world.engine);
    }
}

#[tokio::test]
async fn a_visit_takes_twenty_minutes_at_most() {
    let world = world().await;
    world.register("app", registration()).await;
    let (id, cookie) = visit(&world).await;
    world.clock.advance(Duration::from_secs(20 * 60));
    let error = login::view(&world.app, id, &before(&cookie)).await.unwrap_err();
    assert_eq!(
        (error.cause(), error.code().as_str()),
        ("INTERACTION_EXPIRED", "login_expired")
    );
}

#[tokio::test]
async fn a_confirmation_counts_once() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (_, cookie) = world.session().await;
        let browser = with_session(&cookie);
        let begun = login::authorize(&world.app, "zegelgem", request("app", &[]), &browser)
            .await
            .unwrap();
        let Begun::Pages { interaction, .. } = begun else {
            panic!("{begun:?}")
        };
        world.choose(interaction, &cookie).await;
        let error = login::choose(&world.app, interaction, &browser, None)
            .await
            .unwrap_err();
        assert_eq!(error.cause(), "INTERACTION_FINISHED", "{}", world.engine);
    }
}

#[tokio::test]
async fn a_capacity_that_is_not_the_persons_is_refused() {
    let world = world().await;
    world.register("app", registration()).await;
    let (_, cookie) = world.session().await;
    let browser = with_session(&cookie);
    let asked = request("app", &[("scope", "openid capacity")]);
    let begun = login::authorize(&world.app, "zegelgem", asked, &browser)
        .await
        .unwrap();
    let Begun::Pages { interaction, .. } = begun else {
        panic!("{begun:?}")
    };
    let error = login::choose(&world.app, interaction, &browser, Some("fct_mayor"))
        .await
        .unwrap_err();
    assert_eq!(error.cause(), "CAPACITY_UNKNOWN");
    // Who has none goes on without.
    assert!(
        login::choose(&world.app, interaction, &browser, None)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_challenge_is_spent_once_by_its_browser_visit_and_purpose() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (id, cookie) = visit(&world).await;
        let (other_id, other) = visit(&world).await;
        let nonce = login::card::web_eid_challenge(&world.app, id, &before(&cookie))
            .await
            .unwrap();
        login::card::web_eid_challenge(&world.app, other_id, &before(&other))
            .await
            .unwrap();
        assert_eq!(nonce.len(), 44);
        let spend = async |id, purpose, cookie: &Opaque| {
            let found = visits::spend(&world.app.db, id, purpose, cookie.hash(), world.now())
                .await
                .unwrap();
            found.map(|spent| spent.nonce)
        };
        assert_eq!(spend(id, Purpose::LogIn, &other).await, None, "{}", world.engine);
        assert_eq!(
            spend(other_id, Purpose::LogIn, &cookie).await,
            None,
            "{}",
            world.engine
        );
        assert_eq!(
            spend(id, Purpose::LogInAtCounter, &cookie).await,
            None,
            "{}",
            world.engine
        );
        // A newer challenge of the same visit replaces the older one.
        let newer = login::card::web_eid_challenge(&world.app, id, &before(&cookie))
            .await
            .unwrap();
        assert_ne!(nonce, newer);
        assert_eq!(
            spend(id, Purpose::LogIn, &cookie).await,
            Some(newer),
            "{}",
            world.engine
        );
        assert_eq!(spend(id, Purpose::LogIn, &cookie).await, None, "{}", world.engine);
    }
}

#[tokio::test]
async fn of_many_that_spend_a_challenge_at_once_one_gets_it() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (id, cookie) = visit(&world).await;
        login::card::web_eid_challenge(&world.app, id, &before(&cookie))
            .await
            .unwrap();
        let mut running = Vec::new();
        for _ in 0..8 {
            let (app, hash) = (world.app.clone(), cookie.hash());
            running.push(tokio::spawn(async move {
                visits::spend(&app.db, id, Purpose::LogIn, hash, app.now())
                    .await
                    .unwrap()
                    .is_some()
            }));
        }
        let mut won = 0;
        for one in running {
            won += usize::from(one.await.unwrap());
        }
        assert_eq!(won, 1, "{}", world.engine);
    }
}

#[tokio::test]
async fn our_own_pages_send_people_through_the_same_door_and_get_them_back() {
    let world = world().await;
    let back = "/sign/srq_1?x=1".parse().unwrap();
    let begun = login::begin_own(
        &world.app,
        world.board.id,
        back,
        Some(Language::Fr),
        &Browser::default(),
    )
    .await;
    let Ok(Begun::Pages {
        interaction,
        cookie: Some(cookie),
    }) = begun
    else {
        panic!("{begun:?}")
    };
    match login::view(&world.app, interaction, &before(&cookie))
        .await
        .unwrap()
    {
        View::Choice(choice) => {
            assert!(choice.asker.client.is_none() && choice.asker.shared.is_empty());
            assert_eq!(choice.asker.language, Some(Language::Fr));
        }
        view => panic!("{view:?}"),
    }
    let (_, session) = world.session().await;
    let back = "/sign/srq_1?x=1".parse().unwrap();
    let begun = login::begin_own(&world.app, world.board.id, back, None, &with_session(&session))
        .await
        .unwrap();
    assert!(matches!(begun, Begun::There(path) if path.as_str() == "/sign/srq_1?x=1"));
    let back = "/sign/srq_2".parse().unwrap();
    let begun = login::begin_own(&world.app, world.other.id, back, None, &with_session(&session))
        .await
        .unwrap();
    assert!(
        matches!(begun, Begun::Pages { .. }),
        "another board does not know them"
    );
}

#[tokio::test]
async fn after_log_out_the_session_is_gone() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let (_, cookie) = world.session().await;
        let browser = with_session(&cookie);
        assert!(
            login::current_session(&world.app, &browser)
                .await
                .unwrap()
                .is_some()
        );
        login::log_out(&world.app, &browser).await.unwrap();
        assert!(
            login::current_session(&world.app, &browser)
                .await
                .unwrap()
                .is_none(),
            "{}",
            world.engine
        );
        let asked = request("app", &[("prompt", "none")]);
        let begun = login::authorize(&world.app, "zegelgem", asked, &browser)
            .await
            .unwrap();
        let Begun::Answer(answer) = begun else {
            panic!("{begun:?}")
        };
        assert_eq!(parameter(&answer, "error").as_deref(), Some("login_required"));
    }
}
