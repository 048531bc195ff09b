//! The PIN window at the counter stands exactly as long as somebody waits for it, and a try that was given up never
//! speaks for the one after it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use zegel::base::clock::Clock;
use zegel::base::lang::Language;
use zegel::card::eid::LastTry;
use zegel::card::readers::{Options, Readers};
use zegel::journeys::App;
use zegel::journeys::login::{self, Browser, State};
use zegel::lab::card::Applet;
use zegel::oidc::interaction::InteractionId;

use super::world::{World, registration, request, world};

const READER: &str = "Reader 1";

/// A world whose application and card are there.
async fn ready() -> World {
    let world = world().await;
    world.register("app", registration()).await;
    world.cards.insert(READER, Applet::V18);
    world
}

/// A PIN program that notes its process and answers once the file `go` is there.
fn held(world: &World) -> String {
    let folder = world.cards.folder.path().display();
    format!(
        "echo $$ > '{folder}/window'; while [ ! -e '{folder}/go' ]; do sleep 0.02; done; echo 'D 1234'; echo OK"
    )
}

async fn start(app: &Arc<App>, id: InteractionId, browser: Browser) -> Browser {
    let cookie = login::card::start_counter(app, id, &browser, LastTry::NotConfirmed, Language::Nl)
        .await
        .unwrap();
    Browser {
        before: Some(cookie),
        ..browser
    }
}

async fn state(app: &App, id: InteractionId, browser: &Browser) -> State {
    login::state(app, id, browser).await.unwrap()
}

/// Waits at most six seconds of a real process's time.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: in vain");
}

/// The window's process, once it asks.
async fn window(world: &World) -> PathBuf {
    let file = world.cards.folder.path().join("window");
    let mut process = String::new();
    until("the window asks", async || {
        process = std::fs::read_to_string(&file)
            .unwrap_or_default()
            .trim()
            .to_owned();
        !process.is_empty()
    })
    .await;
    std::fs::remove_file(file).unwrap();
    PathBuf::from("/proc").join(process)
}

async fn closes(window: &Path) {
    until("the window closes", async || !window.exists()).await;
}

fn failed(code: &str) -> State {
    State::Failed {
        code: code.to_owned(),
    }
}

#[tokio::test]
async fn the_whole_time_to_type_a_pin_can_be_used() {
    let world = ready().await;
    let mut app = Arc::into_inner(world.with_counter(&held(&world))).unwrap();
    let mut config = (*app.config).clone();
    config.counter.pin_timeout = Duration::from_secs(600);
    app.config = Arc::new(config);
    let app = Arc::new(app);
    let (id, browser) = world.visit(request("app", &[])).await;
    let browser = start(&app, id, browser).await;
    window(&world).await;
    world.clock.advance(Duration::from_secs(599));
    assert!(matches!(state(&app, id, &browser).await, State::Card { .. }));
    let second = login::card::start_counter(&app, id, &browser, LastTry::NotConfirmed, Language::Nl).await;
    assert_eq!(second.unwrap_err().code().as_str(), "already_waiting");
    std::fs::write(world.cards.folder.path().join("go"), "").unwrap();
    until("the proof arrives", async || {
        match state(&app, id, &browser).await {
            State::Card { .. } | State::Checking => false,
            State::Arriving => true,
            state => panic!("{state:?}"),
        }
    })
    .await;
    assert!(login::arrive(&app, id, &browser).await.is_ok());
}

#[tokio::test]
async fn a_try_that_was_given_up_closes_its_window_and_leaves_the_next_one_alone() {
    let world = ready().await;
    let app = world.with_counter(&held(&world));
    let (id, browser) = world.visit(request("app", &[])).await;
    let browser = start(&app, id, browser).await;
    let first = window(&world).await;
    // 60 s to type, 30 s for the card, 30 s for checks and three times 5 s outside.
    world.clock.advance(Duration::from_secs(134));
    assert!(matches!(state(&app, id, &browser).await, State::Card { .. }));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(state(&app, id, &browser).await, failed("pin_timeout"));
    let browser = start(&app, id, browser).await;
    closes(&first).await;
    // The second window comes up, so the first try's thread is through; what it brought changes nothing.
    let second = window(&world).await;
    until("the first try is recorded", async || {
        let events = zegel::store::events::recent(&app.db, world.board.id, 100)
            .await
            .unwrap();
        events.iter().any(|event| event.result == "PIN_CANCELLED")
    })
    .await;
    for _ in 0..10 {
        assert!(matches!(state(&app, id, &browser).await, State::Card { .. }));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Leaving the page still reaches the second window.
    login::cancel(&app, id, &browser).await.unwrap();
    closes(&second).await;
}

#[tokio::test]
async fn a_card_taken_out_closes_the_window() {
    let world = ready().await;
    let app = world.with_counter(&held(&world));
    for again in [false, true] {
        let (id, browser) = world.visit(request("app", &[])).await;
        let browser = start(&app, id, browser).await;
        let window = window(&world).await;
        world.cards.readers.remove(READER);
        if again {
            // Quicker than anybody looks: it is another card all the same.
            world.cards.insert(READER, Applet::V18);
        }
        closes(&window).await;
        until("the page hears of it", async || {
            state(&app, id, &browser).await == failed("card_removed")
        })
        .await;
        world.cards.insert(READER, Applet::V18);
        until("the card is seen", async || {
            let counter = app.counter.as_ref().unwrap();
            counter.readers.choose(None).is_ok()
        })
        .await;
    }
}

#[tokio::test]
async fn the_window_closes_when_the_deadline_ends_the_try() {
    let world = ready().await;
    let mut app = Arc::into_inner(world.with_counter(&held(&world))).unwrap();
    let clock: Arc<dyn Clock> = world.clock.clone();
    app.counter.as_mut().unwrap().readers =
        Readers::start(Arc::new(world.cards.readers.clone()), Options::default(), clock).unwrap();
    let app = Arc::new(app);
    let (id, browser) = world.visit(request("app", &[])).await;
    let browser = start(&app, id, browser).await;
    let window = window(&world).await;
    world.clock.advance(Duration::from_secs(91));
    closes(&window).await;
    until("the page hears of it", async || {
        state(&app, id, &browser).await == failed("card_unreadable")
    })
    .await;
    let counter = app.counter.as_ref().unwrap();
    until("the reader is free", async || {
        !counter.readers.list().unwrap()[0].stuck
    })
    .await;
}

#[tokio::test]
async fn of_two_clicks_at_once_one_begins_and_leaving_closes_its_window() {
    let world = ready().await;
    let app = world.with_counter(&held(&world));
    let (id, browser) = world.visit(request("app", &[])).await;
    let click =
        async || login::card::start_counter(&app, id, &browser, LastTry::NotConfirmed, Language::Nl).await;
    let (one, two) = tokio::join!(click(), click());
    let cookie = match (one, two) {
        (Ok(cookie), Err(_)) | (Err(_), Ok(cookie)) => cookie,
        both => panic!("{both:?}"),
    };
    let window = window(&world).await;
    let browser = Browser {
        before: Some(cookie),
        session: None,
        is_at_this_computer: true,
    };
    login::cancel(&app, id, &browser).await.unwrap();
    closes(&window).await;
}
