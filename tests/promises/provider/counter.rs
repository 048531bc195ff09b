//! The reader of this machine: the page and the PIN window show one code, and every mishap ends in its own text.

use std::sync::Arc;
use std::time::Duration;

use zegel::base::lang::Language;
use zegel::card::eid::LastTry;
use zegel::journeys::App;
use zegel::journeys::login::{self, Browser, State, View};
use zegel::lab::card::Applet;
use zegel::oidc::interaction::InteractionId;
use zegel::oidc::secret::Opaque;

use super::world::{World, registration, request, with_session, world, worlds};
use crate::tokens::support::token;

const RIGHT: &str = "echo 'D 1234'; echo OK";
const WRONG: &str = "echo 'D 9999'; echo OK";
const CANCEL: &str = "echo 'ERR 83886179 Operation cancelled'";

/// Starts at the counter; returns the browser with its new cookie.
async fn start(app: &Arc<App>, id: InteractionId, browser: Browser, last_try: LastTry) -> Browser {
    let cookie = login::card::start_counter(app, id, &browser, last_try, Language::Nl)
        .await
        .unwrap();
    Browser {
        before: Some(cookie),
        ..browser
    }
}

/// Waits until the card is done with the visit; the code when it failed.
async fn outcome(app: &App, id: InteractionId, browser: &Browser) -> Option<String> {
    for _ in 0..2000 {
        match login::state(app, id, browser).await.unwrap() {
            State::Card { .. } | State::Checking => tokio::time::sleep(Duration::from_millis(5)).await,
            State::Arriving => return None,
            State::Failed { code } => return Some(code),
            state => panic!("{state:?}"),
        }
    }
    panic!("the card never answered");
}

async fn try_card(world: &World, app: &Arc<App>, last_try: LastTry) -> Option<String> {
    let (id, browser) = world.visit(request("app", &[])).await;
    let browser = start(app, id, browser, last_try).await;
    outcome(app, id, &browser).await
}

#[tokio::test]
async fn a_card_in_the_reader_becomes_a_session_and_both_sides_show_one_code() {
    for world in worlds().await {
        world.register("app", registration()).await;
        for applet in [Applet::V18, Applet::V17] {
            world.cards.insert("Reader 1", applet);
            let app = world.with_counter(RIGHT);
            let (id, browser) = world.visit(request("app", &[])).await;
            let browser = start(&app, id, browser, LastTry::NotConfirmed).await;
            let code = match login::view(&app, id, &browser).await.unwrap() {
                View::Waiting(waiting) => Some(waiting.short_code),
                // Quicker than the page.
                _ => None,
            };
            assert_eq!(
                outcome(&app, id, &browser).await,
                None,
                "{} {applet:?}",
                world.engine
            );
            let heard = world.cards.heard();
            assert!(
                code.is_none_or(|code| heard.contains(&format!(" {code}\n"))),
                "{heard}"
            );
            assert!(
                heard.contains("Besluiten (https://login.zegelgem.example)"),
                "{heard}"
            );
            assert!(matches!(
                login::view(&app, id, &browser).await.unwrap(),
                View::Arriving
            ));
            let arrived = login::arrive(&app, id, &browser).await.unwrap();
            let session = login::current_session(&app, &with_session(&arrived.cookie))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(session.full_name(), "An Maria Specimen");
            assert_eq!(session.channel, zegel::identity::Channel::Counter);
            // Fetched once.
            let again = login::arrive(&app, id, &browser).await.unwrap_err();
            assert_eq!(again.cause(), "INTERACTION_UNKNOWN");
            world.choose(id, &arrived.cookie).await;
        }
    }
}

#[tokio::test]
async fn a_browser_elsewhere_never_moves_the_reader() {
    let world = world().await;
    world.register("app", registration()).await;
    world.cards.insert("Reader 1", Applet::V18);
    let app = world.with_counter(RIGHT);
    let (id, browser) = world.visit(request("app", &[])).await;
    let elsewhere = Browser {
        is_at_this_computer: false,
        ..browser
    };
    let start = async |app: &Arc<App>, browser: &Browser| {
        login::card::start_counter(app, id, browser, LastTry::NotConfirmed, Language::Nl)
            .await
            .unwrap_err()
    };
    let error = start(&app, &elsewhere).await;
    assert_eq!(
        (error.cause(), error.code().as_str()),
        ("COUNTER_ELSEWHERE", "counter_only_here")
    );
    assert_eq!(world.cards.heard(), "");
    // An installation without readers, and a browser that the visit does not belong to.
    let here = Browser {
        is_at_this_computer: true,
        ..elsewhere
    };
    assert_eq!(start(&world.app, &here).await.cause(), "COUNTER_OFF");
    let stranger = Browser {
        is_at_this_computer: true,
        ..Browser::default()
    };
    assert_eq!(start(&app, &stranger).await.cause(), "INTERACTION_UNKNOWN");
}

#[tokio::test]
async fn each_mishap_at_the_reader_has_its_text_and_another_try() {
    let world = world().await;
    world.register("app", registration()).await;
    let right = world.with_counter(RIGHT);
    let no = LastTry::NotConfirmed;
    assert_eq!(
        try_card(&world, &right, no).await.as_deref(),
        Some("reader_missing")
    );
    world.cards.readers.add("Reader 1");
    let right = world.with_counter(RIGHT);
    assert_eq!(
        try_card(&world, &right, no).await.as_deref(),
        Some("card_missing")
    );
    world.cards.insert("Reader 1", Applet::V18);
    world.cards.insert("Reader 2", Applet::V18);
    let right = world.with_counter(RIGHT);
    assert_eq!(
        try_card(&world, &right, no).await.as_deref(),
        Some("several_cards")
    );
    world.cards.readers.disconnect("Reader 2");
    let cancel = world.with_counter(CANCEL);
    assert_eq!(
        try_card(&world, &cancel, no).await.as_deref(),
        Some("pin_cancelled")
    );
    let timeout = world.with_counter("echo 'ERR 83886142 Timeout'");
    assert_eq!(
        try_card(&world, &timeout, no).await.as_deref(),
        Some("pin_timeout")
    );
    // The same visit: fails, and is tried again.
    let wrong = world.with_counter(WRONG);
    let (id, browser) = world.visit(request("app", &[])).await;
    let browser = start(&wrong, id, browser, no).await;
    assert_eq!(outcome(&wrong, id, &browser).await.as_deref(), Some("pin_wrong"));
    match login::view(&wrong, id, &browser).await.unwrap() {
        View::Failed(failed) => assert_eq!(failed.tries_left, Some(2)),
        view => panic!("{view:?}"),
    }
    let browser = start(&wrong, id, browser, no).await;
    assert_eq!(outcome(&wrong, id, &browser).await.as_deref(), Some("pin_wrong"));
    // One try left: not used without a word.
    let right = world.with_counter(RIGHT);
    let browser = start(&right, id, browser, no).await;
    assert_eq!(
        outcome(&right, id, &browser).await.as_deref(),
        Some("pin_last_attempt")
    );
    let wrong = world.with_counter(WRONG);
    let browser = start(&wrong, id, browser, LastTry::Confirmed).await;
    assert_eq!(
        outcome(&wrong, id, &browser).await.as_deref(),
        Some("pin_blocked")
    );
    let right = world.with_counter(RIGHT);
    let browser = start(&right, id, browser, LastTry::Confirmed).await;
    assert_eq!(
        outcome(&right, id, &browser).await.as_deref(),
        Some("pin_blocked")
    );
    world.cards.readers.set_away(true);
    let away = world.with_counter(RIGHT);
    let browser = start(&away, id, browser, no).await;
    assert_eq!(
        outcome(&away, id, &browser).await.as_deref(),
        Some("pcsc_unavailable")
    );
}

#[tokio::test]
async fn an_organisations_token_is_refused_by_its_kind_and_its_pin_is_never_asked() {
    let world = world().await;
    world.register("app", registration()).await;
    // A program that would give a PIN, had anybody asked: then the outcome were another.
    let asked = world.with_counter("echo 'ERR 83886179 Operation cancelled'");
    for slug in ["piv", "piv-ec", "pkcs15", "pkcs15-ec"] {
        world.cards.readers.insert("Reader 1", token(slug));
        let (id, browser) = world.visit(request("app", &[])).await;
        let browser = start(&asked, id, browser, LastTry::NotConfirmed).await;
        assert_eq!(
            outcome(&asked, id, &browser).await.as_deref(),
            Some("card_unsupported"),
            "{slug}: it carries no national number"
        );
    }
}

#[tokio::test]
async fn who_planted_the_cookie_before_log_in_is_left_outside_when_the_reader_starts() {
    let world = world().await;
    world.register("app", registration()).await;
    world.cards.insert("Reader 1", Applet::V18);
    let app = world.with_counter(RIGHT);
    let (id, browser) = world.visit(request("app", &[])).await;
    let planted = Opaque::from_text(browser.before.as_ref().unwrap().expose());
    let browser = start(&app, id, browser, LastTry::NotConfirmed).await;
    let attacker = Browser {
        before: Some(planted),
        session: None,
        is_at_this_computer: true,
    };
    assert_eq!(
        login::state(&app, id, &attacker).await.unwrap_err().cause(),
        "INTERACTION_UNKNOWN"
    );
    assert_eq!(outcome(&app, id, &browser).await, None);
    assert_eq!(
        login::arrive(&app, id, &attacker).await.unwrap_err().cause(),
        "INTERACTION_UNKNOWN"
    );
    assert!(login::arrive(&app, id, &browser).await.is_ok());
}

#[tokio::test]
async fn leaving_the_page_closes_the_pin_window() {
    let world = world().await;
    world.register("app", registration()).await;
    world.cards.insert("Reader 1", Applet::V18);
    let app = world.with_counter("sleep 15; echo 'D 1234'; echo OK");
    let (id, browser) = world.visit(request("app", &[])).await;
    let browser = start(&app, id, browser, LastTry::NotConfirmed).await;
    let waiting = login::card::start_counter(&app, id, &browser, LastTry::NotConfirmed, Language::Nl).await;
    assert_eq!(waiting.unwrap_err().code().as_str(), "already_waiting");
    login::cancel(&app, id, &browser).await.unwrap();
    // The reader is free again long before the program would have answered.
    let (next, browser) = world.visit(request("app", &[])).await;
    let right = world.with_counter(RIGHT);
    let browser = start(&right, next, browser, LastTry::NotConfirmed).await;
    assert_eq!(outcome(&right, next, &browser).await, None);
}
