//! The reader, the card and the PIN when signing: every mishap has its code, signs nothing, and leaves another try.

use std::sync::Arc;

use zegel::card::transport::{Transport, TransportError};
use zegel::journeys::App;
use zegel::lab::card::pad::{Keys, PadReader};
use zegel::lab::card::{Fault, FaultKind, VirtualCard};
use zegel::pki::need::Need;

use super::town::{Order, READER, RIGHT, Seat, Town, code, town, withdraw};

const WRONG: &str = "echo 'D 9999'; echo OK";
/// PERFORM SECURITY OPERATION, the command that makes the signature.
const SIGN: u8 = 0x2A;
/// GET RESPONSE, the command that fetches it.
const GET_RESPONSE: u8 = 0xC0;
/// VERIFY, the command that carries the PIN.
const VERIFY: u8 = 0x20;

/// The mayor tries and is told `expected`; nothing is signed; then the mayor tries again with a card as it should be.
async fn fails_and_signs_after(town: &Town, name: &str, app: &Arc<App>, expected: &str) {
    let id = town
        .open_with(Order::new().key(&format!("key-of-{}", name.replace(' ', "-"))))
        .await;
    let mayor = town.seat("mayor", app).await;
    assert_eq!(mayor.sign(&id).await.as_deref(), Some(expected), "{name}");
    nothing_is_signed(town, &mayor, &id, name).await;
    tries_again(town, &mayor, &id, name).await;
}

async fn nothing_is_signed(town: &Town, mayor: &Seat, id: &str, name: &str) {
    let state = town.state(id).await;
    let begun = ["open: open, open", "open: prepared, open"];
    assert!(begun.contains(&state.as_str()), "{name}: {state}");
    assert_eq!(
        mayor.get(&format!("/sign/{id}/document")).await.bytes,
        zegel::lab::house::decision(),
        "{name}"
    );
}

async fn tries_again(town: &Town, mayor: &Seat, id: &str, name: &str) {
    town.world.cards.readers.set_away(false);
    town.world.cards.readers.disconnect("Reader 2");
    town.insert("mayor");
    assert_eq!(
        mayor.at(&town.instance(RIGHT)).use_card(id).await,
        None,
        "{name}: again"
    );
    assert_eq!(town.state(id).await, "open: done, open", "{name}");
}

#[actix_web::test]
async fn a_reader_without_one_card_is_told_apart() {
    let town = town().await;
    let readers = &town.world.cards.readers;
    fails_and_signs_after(&town, "no reader", &town.instance(RIGHT), "reader_missing").await;
    readers.remove(READER);
    fails_and_signs_after(&town, "no card", &town.instance(RIGHT), "card_missing").await;
    let second = town.world.cards.specimen("director", |_| ()).card;
    readers.insert("Reader 2", second);
    fails_and_signs_after(&town, "two cards", &town.instance(RIGHT), "several_cards").await;
    // A token of the organisation signs nothing here: nobody knows by it who the holder is.
    readers.disconnect("Reader 2");
    readers.insert(READER, crate::tokens::support::token("pkcs15-ec"));
    fails_and_signs_after(&town, "a token", &town.instance(RIGHT), "card_unsupported").await;
    let app = town.instance(RIGHT);
    readers.set_away(true);
    fails_and_signs_after(&town, "no service", &app, "pcsc_unavailable").await;
}

#[actix_web::test]
async fn a_pin_that_does_not_come_signs_nothing() {
    let town = town().await;
    for (name, program, expected) in [
        (
            "cancelled",
            "echo 'ERR 83886179 Operation cancelled'",
            "pin_cancelled",
        ),
        ("time-out", "echo 'ERR 83886142 Timeout'", "pin_timeout"),
        ("too short", "echo 'D 123'; echo OK", "pin_length"),
        ("no program", "exit 1", "pin_program_missing"),
    ] {
        town.insert("mayor");
        fails_and_signs_after(&town, name, &town.instance(program), expected).await;
    }
}

#[actix_web::test]
async fn wrong_pins_are_counted_aloud_and_the_last_one_is_not_spent_by_surprise() {
    let town = town().await;
    let id = town.open().await;
    town.insert("mayor");
    let mayor = town.seat("mayor", &town.instance(WRONG)).await;
    for left in [2, 1] {
        assert_eq!(mayor.sign(&id).await.as_deref(), Some("pin_wrong"));
        let page = mayor.get(&format!("/sign/{id}/progress")).await.body;
        assert!(page.contains(&format!("{left} ")), "{left} left: {page}");
        assert_eq!(
            page.contains("name=\"last_attempt\""),
            left == 1,
            "the last try is confirmed"
        );
    }
    let asked = town.world.cards.heard().matches("GETPIN").count();
    assert_eq!(mayor.use_card(&id).await.as_deref(), Some("pin_last_attempt"));
    let heard = town.world.cards.heard();
    assert_eq!(
        heard.matches("GETPIN").count(),
        asked,
        "the last try needs a word first"
    );
    assert_eq!(mayor.start(&id, &[("last_attempt", "yes")]).await, None);
    assert_eq!(mayor.outcome(&id).await.as_deref(), Some("pin_blocked"));
    for fields in [&[][..], &[("last_attempt", "yes")]] {
        let right = mayor.at(&town.instance(RIGHT));
        assert_eq!(right.start(&id, fields).await, None);
        assert_eq!(right.outcome(&id).await.as_deref(), Some("pin_blocked"));
    }
    let heard = town.world.cards.heard();
    assert_eq!(
        heard.matches("GETPIN").count(),
        asked + 1,
        "nobody types a PIN for a blocked card"
    );
    nothing_is_signed(&town, &mayor, &id, "blocked").await;
    tries_again(&town, &mayor, &id, "another card").await;
}

#[actix_web::test]
async fn a_last_try_that_is_right_signs() {
    let town = town().await;
    let id = town.open().await;
    town.insert_changed("mayor", |card| card.image_mut().tries_left = 1);
    let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    assert_eq!(mayor.sign(&id).await.as_deref(), Some("pin_last_attempt"));
    assert_eq!(town.world.cards.heard(), "");
    assert_eq!(mayor.start(&id, &[("last_attempt", "yes")]).await, None);
    assert_eq!(mayor.outcome(&id).await, None);
    assert_eq!(town.state(&id).await, "open: done, open");
}

#[actix_web::test]
async fn a_card_that_fails_in_mid_signature_signs_nothing() {
    let town = town().await;
    for (name, command, kind, expected) in [
        ("removed", SIGN, FaultKind::Removed, "card_removed"),
        ("removed at the PIN", VERIFY, FaultKind::Removed, "card_removed"),
        // Once the command to sign is out, nobody knows what the card did with it.
        ("reset", SIGN, FaultKind::Reset, "card_unreadable"),
        ("reset at the PIN", VERIFY, FaultKind::Reset, "card_busy"),
        ("mute", SIGN, FaultKind::Mute, "card_unreadable"),
        ("cut off", SIGN, FaultKind::Communication, "card_unreadable"),
        (
            "a wrong value",
            GET_RESPONSE,
            FaultKind::Truncated,
            "card_unreadable",
        ),
        ("a status", SIGN, FaultKind::Answer(0x6A80), "card_unreadable"),
    ] {
        let fault = move |card: &mut VirtualCard| {
            card.add_fault(Fault::now(kind).at_instruction(command).always());
        };
        town.insert_changed("mayor", fault);
        let asked = town.world.cards.heard().matches("GETPIN").count();
        fails_and_signs_after(&town, name, &town.instance(RIGHT), expected).await;
        let heard = town.world.cards.heard();
        assert_eq!(
            heard.matches("GETPIN").count(),
            asked + 2,
            "{name}: it failed after the PIN"
        );
    }
}

#[actix_web::test]
async fn another_card_in_the_reader_when_the_pin_is_due_signs_nothing() {
    let town = town().await;
    // The second card is the director's, or another one of the same mayor.
    for slug in ["director", "mayor"] {
        town.insert("mayor");
        let readers = town.world.cards.readers.clone();
        let mut other = Some(town.world.cards.specimen(slug, |_| ()).card);
        town.door.before(move |need| {
            if matches!(need, Need::Ocsp { .. })
                && let Some(card) = other.take()
            {
                readers.insert(READER, card);
            }
            None
        });
        fails_and_signs_after(
            &town,
            &format!("card of {slug}"),
            &town.instance(RIGHT),
            "card_changed",
        )
        .await;
    }
    // One PIN was asked for each good try, none for the swapped cards.
    assert_eq!(town.world.cards.heard().matches("GETPIN").count(), 2);
}

#[actix_web::test]
async fn page_and_pin_window_show_one_code_and_what_is_signed() {
    let town = town().await;
    let id = town.open().await;
    town.insert("mayor");
    let go = town.world.folder.path().join("go");
    let getpin = format!("while [ ! -e '{}' ]; do sleep 0.02; done; {RIGHT}", go.display());
    let mayor = town.seat("mayor", &town.instance(&getpin)).await;
    assert_eq!(mayor.start(&id, &[]).await, None);
    mayor.until(&id, &["pin"]).await;
    let page = mayor.get(&format!("/sign/{id}/progress")).await.body;
    let shown = page.split("class=\"short-code\">").nth(1).unwrap();
    let shown = shown.split('<').next().unwrap();
    std::fs::write(&go, "").unwrap();
    assert_eq!(mayor.outcome(&id).await, None);
    let heard = town.world.cards.heard();
    assert!(heard.contains(shown), "`{shown}` is not in {heard}");
    assert!(
        heard.contains("Besluit van het college van 3 maart (TEST)"),
        "{heard}"
    );
    let digest = zegel::base::digest::Sha256Digest::of(&zegel::lab::house::decision()).to_string();
    assert!(
        heard.contains(&digest[..12]),
        "the fingerprint is in the window: {heard}"
    );
    assert!(page.contains(&digest), "and on the page");
    assert_eq!(code(&mayor.get("/sign/srq_0").await), "not_found");
}

/// The mayor is asked for a PIN that does not come before the file `go` is there.
async fn asked_for_a_pin(town: &Town) -> (String, Seat, std::path::PathBuf) {
    let id = town.open().await;
    town.insert("mayor");
    let go = town.world.folder.path().join("go");
    let getpin = format!("while [ ! -e '{}' ]; do sleep 0.02; done; {RIGHT}", go.display());
    let mayor = town.seat("mayor", &town.instance(&getpin)).await;
    assert_eq!(mayor.start(&id, &[]).await, None);
    mayor.until(&id, &["pin"]).await;
    for _ in 0..600 {
        if town.world.cards.heard().contains("GETPIN") {
            return (id, mayor, go);
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the window never asked");
}

#[actix_web::test]
async fn the_pin_window_closes_when_the_card_leaves_the_reader() {
    let town = town().await;
    let (id, mayor, _) = asked_for_a_pin(&town).await;
    town.world.cards.readers.remove(READER);
    assert_eq!(mayor.outcome(&id).await.as_deref(), Some("card_removed"));
    nothing_is_signed(&town, &mayor, &id, "taken out").await;
    tries_again(&town, &mayor, &id, "taken out").await;
}

#[actix_web::test]
async fn the_pin_window_closes_when_the_request_is_taken_back() {
    let town = town().await;
    let (id, mayor, _) = asked_for_a_pin(&town).await;
    let bearer = town.bearer(&town.world.board, "app").await;
    let seen = withdraw(&mayor.0.app, &bearer, &id).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    assert_eq!(mayor.until(&id, &["done", "failed"]).await, "failed");
    // Not because nobody typed for twenty seconds, after which the program gives up by itself.
    assert_eq!(last_failure(&town).await.as_deref(), Some("PIN_CANCELLED"));
    assert_eq!(town.state(&id).await, "withdrawn: prepared, open");
}

/// The cause of the last signature that failed, by the audit.
async fn last_failure(town: &Town) -> Option<String> {
    let events = zegel::store::events::recent(&town.world.app.db, town.world.board.id, 20)
        .await
        .unwrap();
    let failed = events
        .iter()
        .find(|event| event.kind == zegel::audit::EventKind::SigningFailed);
    failed.map(|event| event.result.clone())
}

#[actix_web::test]
async fn the_pin_window_closes_when_its_person_logs_out() {
    let town = town().await;
    let (id, mayor, _) = asked_for_a_pin(&town).await;
    assert_eq!(mayor.post("/log-out", &[]).await.location, "/logged-out");
    for _ in 0..600 {
        if let Some(cause) = last_failure(&town).await {
            assert_eq!(cause, "PIN_CANCELLED");
            return tries_again(
                &town,
                &town.seat("mayor", &town.instance(RIGHT)).await,
                &id,
                "logged out",
            )
            .await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the window stayed");
}

/// A card that stops before its n-th signature until it is told to go on.
struct Halting {
    card: VirtualCard,
    before: usize,
    halted: std::sync::mpsc::Sender<()>,
    go_on: std::sync::mpsc::Receiver<()>,
}

impl Transport for Halting {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if command.get(1) == Some(&SIGN) {
            self.before = self.before.wrapping_sub(1);
            if self.before == 0 {
                self.halted.send(()).unwrap();
                self.go_on.recv().unwrap();
            }
        }
        self.card.transmit(command)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.card.reset()
    }
}

/// A list of these requests, and the fields of its confirm page that say what was shown.
async fn list_of(town: &Town, mayor: &Seat, ids: &[String], key: &str) -> (String, Vec<String>) {
    let bearer = town.bearer(&town.world.board, "app").await;
    let body = serde_json::json!({"title": "College van 3 maart", "requests": ids});
    let list = super::api::make_list(town, &bearer, key, body).await;
    let list = super::town::json(&list)["id"].as_str().unwrap().to_owned();
    let only: Vec<String> = ids.iter().map(|id| format!("only={id}")).collect();
    let shown = mayor
        .shown(&format!("/list/{list}/confirm?{}", only.join("&")))
        .await;
    let fields = shown.iter().map(|(id, shown)| format!("{id}:{shown}")).collect();
    (list, fields)
}

#[actix_web::test]
async fn a_list_ends_with_the_session_and_what_the_card_was_signing_is_kept() {
    let town = town().await;
    let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(
            town.open_with(Order::new().key(&format!("decision-{number}")))
                .await,
        );
    }
    let (halted, halts) = std::sync::mpsc::channel();
    let (go, go_on) = std::sync::mpsc::channel();
    let card = town.world.cards.specimen("mayor", |_| ()).card;
    let card = Halting {
        card,
        before: 2,
        halted,
        go_on,
    };
    town.world.cards.readers.insert(READER, card);
    let (list, fields) = list_of(&town, &mayor, &ids, "left-in-mid-list").await;
    let fields: Vec<(&str, &str)> = fields.iter().map(|field| ("seen", field.as_str())).collect();
    let seen = mayor.post(&format!("/list/{list}/counter"), &fields).await;
    assert_eq!(seen.location, format!("/list/{list}/progress"), "{}", seen.body);
    tokio::task::spawn_blocking(move || halts.recv().unwrap())
        .await
        .unwrap();
    assert_eq!(mayor.post("/log-out", &[]).await.location, "/logged-out");
    go.send(()).unwrap();
    let again = town.seat("mayor", &town.instance(RIGHT)).await;
    for (id, expected) in ids.iter().zip([None, None, Some("pin_cancelled")]) {
        assert_eq!(again.outcome(id).await.as_deref(), expected, "{id}");
    }
    tries_again(&town, &again, &ids[2], "logged out").await;
}

#[actix_web::test]
async fn the_fixed_bytes_wait_as_long_as_a_pin_may_take() {
    let town = town().await;
    let (id, _mayor, go) = asked_for_a_pin(&town).await;
    town.later(std::time::Duration::from_secs(10 * 60 + 50));
    std::fs::write(&go, "").unwrap();
    for _ in 0..600 {
        if town.state(&id).await == "open: done, open" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{}", town.state(&id).await);
}

/// The card of the specimen `slug` in a reader with keys, at which a person does `presses`.
pub(super) fn insert_at_keys(town: &Town, slug: &str, presses: Vec<Keys>) {
    let card = town.world.cards.specimen(slug, |_| ()).card;
    town.world
        .cards
        .readers
        .insert(READER, PadReader::new(card, presses));
}

pub(super) fn typed(digits: &str) -> Keys {
    Keys::Typed(digits.to_owned())
}

#[actix_web::test]
async fn where_the_reader_has_keys_the_pin_is_typed_there_and_the_count_is_said_first() {
    let town = town().await;
    let app = town.instance("echo 'ERR 83886179 no PIN is typed here'");
    let id = town.open().await;
    let mayor = town.seat("mayor", &app).await;
    for (keys, expected) in [
        (Keys::Cancel, Some("pin_cancelled")),
        (Keys::Nothing, Some("pin_timeout")),
        (typed("9999"), Some("pin_wrong")),
        (Keys::Deaf, Some("pin_program_missing")),
        (typed("1234"), None),
    ] {
        insert_at_keys(&town, "mayor", vec![keys.clone()]);
        assert_eq!(mayor.sign(&id).await.as_deref(), expected, "{keys:?}");
    }
    assert_eq!(town.state(&id).await, "open: done, open");
    let heard = town.world.cards.heard();
    assert!(
        heard.contains("enter your PIN code on the card reader"),
        "{heard}"
    );
    assert!(heard.contains("CONFIRM") && !heard.contains("GETPIN"), "{heard}");

    // A list of three takes three entries, and the window says so before the first.
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(
            town.open_with(Order::new().key(&format!("decision-{number}")))
                .await,
        );
    }
    insert_at_keys(&town, "mayor", vec![typed("1234"), typed("1234"), Keys::Cancel]);
    let (list, fields) = list_of(&town, &mayor, &ids, "the-one-list").await;
    let fields: Vec<(&str, &str)> = fields.iter().map(|field| ("seen", field.as_str())).collect();
    let seen = mayor.post(&format!("/list/{list}/counter"), &fields).await;
    assert_eq!(seen.location, format!("/list/{list}/progress"), "{}", seen.body);
    for (id, expected) in ids.iter().zip([None, None, Some("pin_cancelled")]) {
        assert_eq!(mayor.outcome(id).await.as_deref(), expected, "{id}");
    }
    let heard = town.world.cards.heard();
    assert!(
        heard.contains("enter your PIN code 3 times on the card reader"),
        "{heard}"
    );

    // Where the operator says that the keys do not work, they are not used.
    let mut off = Arc::into_inner(town.instance(RIGHT)).unwrap();
    off.counter.as_mut().unwrap().keypad = false;
    insert_at_keys(&town, "mayor", Vec::new());
    assert_eq!(mayor.at(&Arc::new(off)).sign(&ids[2]).await, None);
}
