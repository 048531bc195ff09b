//! The end of a session: by its person's own button, with the card that made it, and by itself.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use zegel::audit::EventKind;
use zegel::base::lang::Language;
use zegel::card::eid::LastTry;
use zegel::identity::Channel;
use zegel::journeys::login::{self, Arrived, Browser, LoginError, State, View};
use zegel::journeys::{App, seats};
use zegel::lab::card::Applet;
use zegel::oidc::interaction::InteractionId;
use zegel::oidc::secret::Opaque;
use zegel::store::events;

use super::world::{World, registration, request, with_session, world, worlds};
use crate::house::visitor::{Visitor, heading, token};

const RIGHT: &str = "echo 'D 1234'; echo OK";

/// Whether this cookie still opens a session.
async fn lives(app: &App, cookie: &Opaque) -> bool {
    login::current_session(app, &with_session(cookie))
        .await
        .unwrap()
        .is_some()
}

/// The reasons of the sessions that ended, by the audit.
async fn ends(world: &World) -> Vec<String> {
    let recent = events::recent(&world.app.db, world.board.id, 100).await.unwrap();
    let ended = recent
        .iter()
        .filter(|event| event.kind == EventKind::SessionEnded);
    ended
        .inspect(|event| assert!(event.actor.is_some() && event.object.is_some()))
        .map(|event| event.detail["reason"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits, bounded, until `is_so`.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..2000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

/// The card in the reader proves who its holder is; the browser did not fetch its session yet.
async fn proved(world: &World, app: &Arc<App>) -> (InteractionId, Browser) {
    let (id, browser) = world.visit(request("app", &[])).await;
    let cookie = login::card::start_counter(app, id, &browser, LastTry::NotConfirmed, Language::Nl)
        .await
        .unwrap();
    let browser = Browser {
        before: Some(cookie),
        ..browser
    };
    until("the card answered", async || {
        match login::state(app, id, &browser).await.unwrap() {
            State::Arriving => true,
            State::Card { .. } | State::Checking => false,
            state => panic!("{state:?}"),
        }
    })
    .await;
    (id, browser)
}

async fn logged_in(world: &World, app: &Arc<App>) -> Arrived {
    let (id, browser) = proved(world, app).await;
    login::arrive(app, id, &browser).await.unwrap()
}

#[actix_web::test]
async fn the_button_ends_the_session_and_the_page_after_it_says_so() {
    let world = world().await;
    world.register("app", registration()).await;
    let (_, cookie) = world.session().await;
    let visitor = Visitor::new(world.app.clone());
    let put = |name: &str, value: &str| {
        let mut jar = visitor.cookies.lock().unwrap();
        jar.insert(name.to_owned(), value.to_owned());
    };
    let nobody = visitor.get("/").await;
    assert!(!nobody.body.contains("/log-out"), "nobody is logged in");
    put("__Host-zegel", cookie.expose());
    put("__Host-zegel-pre", "from before");
    let start = visitor.get("/").await;
    assert!(start.body.contains("Logged in as An Maria Specimen"));
    let path = visitor.begin(&world).await;
    let capacity = visitor.get(&path).await;
    assert!(capacity.body.contains("action=\"/log-out\""));
    assert_eq!(
        visitor.get("/logged-out").await.location,
        "/",
        "not as long as it is not so"
    );

    for (csrf, site) in [("0", "same-origin"), (token(&start).as_str(), "cross-site")] {
        let request = TestRequest::post()
            .uri("/log-out")
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .insert_header(("sec-fetch-site", site))
            .insert_header(("accept-language", "en"))
            .set_payload(format!("csrf={csrf}"));
        let refused = visitor.ask(request).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{csrf} {site}");
        assert!(refused.body.contains("csrf_failed"));
        assert!(
            refused.body.contains("href=\"/?lang=fr\""),
            "there is no page to ask for"
        );
    }
    assert!(lives(&world.app, &cookie).await, "a foreign form ends nothing");

    let done = visitor.post("/log-out", &[("csrf", &token(&start))]).await;
    assert_eq!(
        (done.status, done.location.as_str()),
        (StatusCode::SEE_OTHER, "/logged-out")
    );
    let jar = visitor.cookies.lock().unwrap().clone();
    assert_eq!(
        (jar["__Host-zegel"].as_str(), jar["__Host-zegel-pre"].as_str()),
        ("", "")
    );
    assert!(!lives(&world.app, &cookie).await);
    assert_eq!(ends(&world).await, ["log_out"]);
    let said = visitor.get("/logged-out").await;
    assert_eq!(
        (said.status, heading(&said).as_str()),
        (StatusCode::OK, "You are logged out")
    );
    assert!(!said.body.contains("action=\"/log-out\""));

    // A button of an old page: the session is over already.
    put("__Host-zegel", cookie.expose());
    let again = visitor.post("/log-out", &[("csrf", &token(&start))]).await;
    assert_eq!(again.location, "/logged-out");
    assert_eq!(ends(&world).await, ["log_out"], "written down once");
}

#[tokio::test]
async fn a_session_ends_when_its_card_leaves_the_reader_and_with_no_other() {
    for world in worlds().await {
        world.register("app", registration()).await;
        let app = world.with_counter(RIGHT);
        let readers = &world.cards.readers;
        readers.add("Reader 2");
        let (stop, stops) = tokio::sync::oneshot::channel::<()>();
        // Of an earlier start: nobody remembers its reader.
        let (_, earlier) = world.session().await;
        let watching = tokio::spawn(seats::watch(Arc::clone(&app), async {
            let _ = stops.await;
        }));
        world.cards.insert("Reader 1", Applet::V18);
        until("the card is seen", async || {
            app.counter.as_ref().unwrap().readers.choose(None).is_ok()
        })
        .await;
        let arrived = logged_in(&world, &app).await;
        assert!(lives(&app, &arrived.cookie).await);

        world.cards.insert("Reader 2", Applet::V18);
        until("the second card is seen", async || {
            app.counter.as_ref().unwrap().readers.choose(None).is_err()
        })
        .await;
        readers.remove("Reader 2");
        until("the earlier session ended", async || {
            ends(&world).await.len() == 1
        })
        .await;
        assert!(!lives(&world.app, &earlier).await);
        assert!(
            lives(&app, &arrived.cookie).await,
            "{}: another reader's card",
            world.engine
        );

        readers.remove("Reader 1");
        until("the session ended", async || ends(&world).await.len() == 2).await;
        assert_eq!(
            ends(&world).await,
            ["card_removed", "card_removed"],
            "{}",
            world.engine
        );
        for every in [&app, &world.app] {
            assert!(
                !lives(every, &arrived.cookie).await,
                "{}: on every instance",
                world.engine
            );
        }
        drop(stop);
        watching.await.unwrap();
    }
}

#[tokio::test]
async fn a_card_that_left_before_its_session_was_fetched_makes_none() {
    let world = world().await;
    world.register("app", registration()).await;
    let app = world.with_counter(RIGHT);
    world.cards.insert("Reader 1", Applet::V18);
    let (_stop, stops) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(seats::watch(Arc::clone(&app), async {
        let _ = stops.await;
    }));
    let (id, browser) = proved(&world, &app).await;
    // What is watched is told in order: when the session ends, the visit's card has left as well.
    let other = logged_in(&world, &app).await;
    world.cards.readers.remove("Reader 1");
    until("the other session ended", async || {
        !lives(&app, &other.cookie).await
    })
    .await;
    let error = login::arrive(&app, id, &browser).await.unwrap_err();
    assert_eq!(error.cause(), "CARD_REMOVED");
    match login::view(&app, id, &browser).await.unwrap() {
        View::Failed(failed) => assert_eq!(failed.code.as_str(), "card_removed"),
        view => panic!("{view:?}"),
    }
    let again = login::arrive(&app, id, &browser).await.unwrap_err();
    assert!(matches!(again, LoginError::WrongStage), "{again:?}");
}

#[tokio::test]
async fn a_session_of_the_counter_is_over_after_ten_idle_minutes_and_others_after_thirty() {
    let world = world().await;
    let (_, cookie) = world.session().await;
    let mut session = login::current_session(&world.app, &with_session(&cookie))
        .await
        .unwrap()
        .unwrap();
    for (channel, minutes) in [(Channel::Counter, 10), (Channel::WebEid, 30)] {
        session.channel = channel;
        let limit = Duration::from_mins(minutes);
        let just_before = limit.saturating_sub(Duration::from_millis(1));
        assert!(!session.is_over(session.seen_at.plus(just_before)), "{channel:?}");
        assert!(session.is_over(session.seen_at.plus(limit)), "{channel:?}");
    }
    world.clock.advance(Duration::from_mins(10));
    assert!(!lives(&world.app, &cookie).await);
}
