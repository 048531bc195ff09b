//! What the card is asked, in a real reader stack: log-in, certificate, signatures, lists, and everything that goes
//! wrong on the way. The windows are the laboratory's PIN program.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zegel::base::clock::SystemClock;
use zegel::base::digest::HashAlgorithm;
use zegel::base::random::SystemRandom;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::ecdsa::raw_to_der;
use zegel::crypto::key::KeyKind;
use zegel::lab::card::{Fault, FaultKind};
use zegel::lab::control::{Request, ask};
use zegel::lab::host::CardRequest;
use zegel::lab::pinentry::{PinAnswer, PinDialog, WindowKind};
use zegel::lab::reader::{find_daemon, find_driver};
use zegel::lab::{Lab, LabSettings};
use zegel::login::eid::to_be_signed;
use zegel::pki::certificate::Certificate;

use super::process::Agent;

const ZEGEL: &str = env!("CARGO_BIN_EXE_zegel");
const ORIGIN: &str = "https://zegelgem.example:8443";
const NONCE: &str = "MTIzNDU2NzgxMjM0NTY3ODEyMzQ1Njc4MTIzNDU2Nzg=";

/// The laboratory of this module, for one test at a time: its windows and answers are one queue.
struct Turn {
    lab: &'static Lab,
    shown: usize,
    cards: Vec<(&'static str, String)>,
    _turn: MutexGuard<'static, ()>,
}

fn turn() -> Option<Turn> {
    static LAB: OnceLock<Option<Lab>> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let lab = LAB.get_or_init(|| {
        let found = find_daemon(None).and_then(|_| find_driver(None, Path::new(".cache")));
        if let Err(error) = &found {
            let required = std::env::var("ZEGEL_JUDGES").is_ok_and(|value| value == "required");
            assert!(!required, "{error}");
            eprintln!("skipped: {error}");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("za").tempdir().unwrap().keep();
        let mut settings = LabSettings::new(&folder, ZEGEL);
        settings.readers = 2;
        Some(Lab::start(settings, Arc::new(SystemClock::new()), Arc::new(SystemRandom)).unwrap())
    });
    let lab = lab.as_ref()?;
    Some(Turn {
        lab,
        shown: lab.pins_shown().len(),
        cards: Vec::new(),
        _turn: turn,
    })
}

impl Drop for Turn {
    fn drop(&mut self) {
        for (card, reader) in std::mem::take(&mut self.cards) {
            self.tell(CardRequest::ClearFaults {
                card: card.to_owned(),
            });
            self.tell(CardRequest::Pin {
                card: card.to_owned(),
                pin: None,
                tries_left: Some(3),
            });
            let _ = self.lab.remove(card);
            if !std::thread::panicking() {
                self.await_state(&format!("{reader}: no card"));
            }
        }
    }
}

impl Turn {
    fn tell(&self, request: CardRequest) {
        ask(self.lab.folder(), &Request::Card(request)).unwrap();
    }

    fn fault(&self, card: &str, fault: Fault) {
        let card = card.to_owned();
        self.tell(CardRequest::Fault { card, fault });
    }

    /// Puts a card in and waits until the daemon has seen it, which takes it up to 400 ms.
    fn insert(&mut self, card: &'static str) -> String {
        let reader = self.lab.insert(card).unwrap();
        self.cards.push((card, reader.clone()));
        self.await_that(&format!("{reader}: "), |rest| !rest.starts_with("no card"));
        reader
    }

    fn remove(&mut self, card: &'static str) {
        self.lab.remove(card).unwrap();
        self.cards.retain(|(name, _)| *name != card);
    }

    fn await_state(&self, wanted: &str) {
        self.await_that(wanted, |_| true);
    }

    /// Waits until `zegel card readers` says `wanted`, and behind it what `fits`.
    fn await_that(&self, wanted: &str, fits: impl Fn(&str) -> bool) {
        let (name, socket) = self.lab.environment();
        let seen = || {
            let output = Command::new(ZEGEL)
                .env(name, &socket)
                .args(["card", "readers"])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            said.split_once(wanted).is_some_and(|(_, rest)| fits(rest))
        };
        assert!((0..400).any(|_| seen()), "never seen: {wanted}");
    }

    fn next(&self, answers: &[PinAnswer]) {
        for answer in answers {
            self.lab.next_pin(answer.clone());
        }
    }

    /// The windows of this turn.
    fn windows(&self) -> Vec<PinDialog> {
        self.lab.pins_shown().split_off(self.shown)
    }

    fn kinds(&self) -> Vec<WindowKind> {
        self.windows().iter().map(|window| window.kind).collect()
    }

    /// Waits until so many windows were shown in this turn.
    fn await_windows(&self, count: usize) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while self.windows().len() < count {
            assert!(std::time::Instant::now() < until, "{:?}", self.windows());
            std::thread::yield_now();
        }
    }

    fn agent(&self) -> Agent {
        let (name, socket) = self.lab.environment();
        let settings = self.lab.folder().join("agent.json");
        let text = json!({ "pin_program": self.lab.pin_program(), "window_seconds": 60 });
        std::fs::File::create(&settings)
            .and_then(|mut file| write!(file, "{text}"))
            .unwrap();
        let mut agent = Agent::start(|command| {
            command.env(name, socket).env("ZEGEL_AGENT_SETTINGS", &settings);
        });
        agent.hear().unwrap();
        agent
    }

    /// A command and its one answer.
    fn ask(&self, command: &Value) -> (Value, i32) {
        let mut agent = self.agent();
        agent.send(&command.to_string());
        let answer = agent.hear().unwrap();
        (answer, agent.end())
    }

    fn certificate(&self) -> Vec<u8> {
        let (answer, code) = self.ask(&command("get-signing-certificate", json!({})));
        assert_eq!(code, 0, "{answer}");
        decoded(&answer["certificate"])
    }
}

fn command(name: &str, mut arguments: Value) -> Value {
    let members = arguments.as_object_mut().unwrap();
    members.insert("origin".to_owned(), json!(ORIGIN));
    members.insert("lang".to_owned(), json!("en"));
    json!({ "command": name, "arguments": arguments })
}

fn authenticate() -> Value {
    command("authenticate", json!({ "challengeNonce": NONCE }))
}

fn sign(certificate: &[u8], hash: HashAlgorithm, text: &[u8]) -> Value {
    command(
        "sign",
        json!({
            "certificate": STANDARD.encode(certificate),
            "hash": STANDARD.encode(hash.digest(text)),
            "hashFunction": hash.name(),
        }),
    )
}

fn sign_list(certificate: &[u8], count: usize) -> Value {
    let documents: Vec<Value> = (0..count)
        .map(|number| {
            let digest = HashAlgorithm::Sha384.digest(text_of(number).as_bytes());
            json!({ "title": text_of(number), "hash": STANDARD.encode(digest) })
        })
        .collect();
    command(
        "sign-list",
        json!({
            "certificate": STANDARD.encode(certificate),
            "hashFunction": "SHA-384",
            "documents": documents,
        }),
    )
}

fn text_of(number: usize) -> String {
    format!("Decision {number} of the college")
}

fn decoded(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

fn verifies(certificate: &[u8], hash: HashAlgorithm, message: &[u8], value: &[u8]) -> bool {
    let certificate = Certificate::parse(certificate).unwrap();
    let key = certificate.public_key().unwrap();
    match key.kind() {
        KeyKind::Ec(curve) => raw_to_der(value, curve)
            .is_ok_and(|der| key.verify(SignatureAlgorithm::Ecdsa(hash), message, &der).is_ok()),
        KeyKind::Rsa { .. } => key
            .verify(SignatureAlgorithm::RsaPkcs1(hash), message, value)
            .is_ok(),
    }
}

fn error(answer: &Value) -> (&str, &str) {
    let error = &answer["error"];
    (
        error["code"].as_str().unwrap_or_default(),
        error["reason"].as_str().unwrap_or_default(),
    )
}

#[test]
fn a_log_in_signs_this_origin_and_this_challenge_by_cards_of_both_families() {
    let Some(mut turn) = turn() else { return };
    for (card, name, holder) in [("mayor", "ES384", "Specimen"), ("citizen", "RS256", "Specimen")] {
        turn.insert(card);
        let shown = turn.windows().len();
        let (token, code) = turn.ask(&authenticate());
        assert_eq!(code, 0, "{token}");
        assert_eq!(
            (token["format"].as_str(), token["algorithm"].as_str()),
            (Some("web-eid:1.0"), Some(name))
        );
        let certificate = decoded(&token["unverifiedCertificate"]);
        let algorithm = SignatureAlgorithm::from_jwa_name(name).unwrap();
        let signature = decoded(&token["signature"]);
        let signed = |origin: &str, nonce: &str| {
            let message = to_be_signed(algorithm, origin, nonce);
            verifies(&certificate, algorithm.hash(), &message, &signature)
        };
        assert!(signed(ORIGIN, NONCE));
        assert!(!signed("https://zegelgem.example", NONCE) && !signed(ORIGIN, &NONCE[1..]));
        let parsed = Certificate::parse(certificate.clone()).unwrap();
        assert!(parsed.common_name().unwrap().ends_with("(Authentication)"));
        let windows = turn.windows().split_off(shown);
        assert_eq!(windows.len(), 1);
        assert_eq!(windows[0].title, "Log in");
        let description = &windows[0].description;
        assert!(
            description.contains(ORIGIN) && description.contains(holder),
            "{description}"
        );
        turn.remove(card);
        turn.await_state(": no card");
    }
}

#[test]
fn signatures_verify_with_each_hash_and_the_window_says_sign() {
    let Some(mut turn) = turn() else { return };
    turn.insert("director");
    let certificate = turn.certificate();
    for hash in [
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha384,
        HashAlgorithm::Sha512,
    ] {
        let (answer, code) = turn.ask(&sign(&certificate, hash, b"one"));
        assert_eq!(code, 0, "{answer}");
        assert!(verifies(
            &certificate,
            hash,
            b"one",
            &decoded(&answer["signature"])
        ));
        assert_eq!(
            answer["signatureAlgorithm"],
            json!({ "cryptoAlgorithm": "ECC", "hashFunction": hash.name(), "paddingScheme": "NONE" })
        );
    }
    let windows = turn.windows();
    assert_eq!(
        (windows[0].kind, windows[0].title.as_str()),
        (WindowKind::Confirm, "Share data")
    );
    assert!(
        windows[1..]
            .iter()
            .all(|window| window.title == "Sign" && window.kind == WindowKind::Pin)
    );
}

#[test]
fn civil_servants_tokens_log_in_and_sign_too() {
    let Some(mut turn) = turn() else { return };
    for (card, name) in [("piv", "RS256"), ("piv-ec", "ES256"), ("pkcs15", "RS256")] {
        turn.insert(card);
        let (token, code) = turn.ask(&authenticate());
        assert_eq!(
            (code, token["algorithm"].as_str()),
            (0, Some(name)),
            "{card}: {token}"
        );
        let algorithm = SignatureAlgorithm::from_jwa_name(name).unwrap();
        let message = to_be_signed(algorithm, ORIGIN, NONCE);
        let certificate = decoded(&token["unverifiedCertificate"]);
        let value = decoded(&token["signature"]);
        assert!(
            verifies(&certificate, algorithm.hash(), &message, &value),
            "{card}"
        );

        let (answer, _) = turn.ask(&command("get-signing-certificate", json!({})));
        let certificate = decoded(&answer["certificate"]);
        let usual = &answer["supportedSignatureAlgorithms"][0]["hashFunction"];
        let hash = HashAlgorithm::ALL
            .into_iter()
            .find(|hash| hash.name() == usual)
            .unwrap();
        let (answer, code) = turn.ask(&sign(&certificate, hash, b"one"));
        assert_eq!(code, 0, "{card}: {answer}");
        assert!(
            verifies(&certificate, hash, b"one", &decoded(&answer["signature"])),
            "{card}"
        );
        let before = turn.windows().len();
        let mut list = sign_list(&certificate, 3);
        list["arguments"]["hashFunction"] = json!(hash.name());
        for (number, document) in list["arguments"]["documents"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .enumerate()
        {
            document["hash"] = json!(STANDARD.encode(hash.digest(text_of(number).as_bytes())));
        }
        let mut agent = turn.agent();
        agent.send(&list.to_string());
        for number in 0..3 {
            let signed = agent.hear().unwrap();
            let value = decoded(&signed["signature"]);
            assert!(
                verifies(&certificate, hash, text_of(number).as_bytes(), &value),
                "{card}: {signed}"
            );
        }
        assert_eq!(agent.hear(), Some(json!({ "signed": 3 })));
        assert_eq!((agent.end(), turn.windows().len() - before), (0, 1));
        turn.remove(card);
        turn.await_state(": no card");
    }
}

#[test]
fn a_certificate_is_given_only_when_the_person_agrees() {
    let Some(mut turn) = turn() else { return };
    turn.insert("staff");
    turn.next(&[PinAnswer::Cancel]);
    let (answer, code) = turn.ask(&command("get-signing-certificate", json!({})));
    assert_eq!(error(&answer), ("ERR_WEBEID_USER_CANCELLED", "pin_cancelled"));
    assert_eq!(code, 6);
    let (answer, _) = turn.ask(&command("get-signing-certificate", json!({})));
    let hashes: Vec<&str> = answer["supportedSignatureAlgorithms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["hashFunction"].as_str().unwrap())
        .collect();
    assert_eq!(hashes, ["SHA-384", "SHA-256", "SHA-512"]);
}

#[test]
fn another_cards_certificate_is_refused_before_anything_is_shown() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    let theirs = turn.certificate();
    turn.remove("mayor");
    turn.await_state(": no card");
    turn.insert("director");
    let shown = turn.windows().len();
    let (answer, code) = turn.ask(&sign(&theirs, HashAlgorithm::Sha384, b"x"));
    assert_eq!(
        error(&answer),
        ("ERR_WEBEID_NATIVE_INVALID_ARGUMENT", "card_changed")
    );
    assert_eq!((code, turn.windows().len() - shown), (1, 0));
    // With both in readers, the right one is found without a question.
    turn.insert("mayor");
    let (answer, code) = turn.ask(&sign(&theirs, HashAlgorithm::Sha384, b"x"));
    assert_eq!(code, 0, "{answer}");
    assert!(verifies(
        &theirs,
        HashAlgorithm::Sha384,
        b"x",
        &decoded(&answer["signature"])
    ));
    assert_eq!(turn.windows().len() - shown, 1);
}

#[test]
fn with_several_cards_the_person_chooses_by_name() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    turn.insert("director");
    // Not the first one offered, by the button of programs that have two.
    turn.next(&[PinAnswer::Cancel]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!(code, 0, "{answer}");
    let windows = turn.windows();
    assert_eq!(
        turn.kinds(),
        [WindowKind::Confirm, WindowKind::Confirm, WindowKind::Pin]
    );
    assert!(windows[..2].iter().all(|window| window.title == "Choose a card"));
    assert_ne!(windows[0].description, windows[1].description);
    let chosen = Certificate::parse(decoded(&answer["unverifiedCertificate"])).unwrap();
    let name = chosen.common_name().unwrap();
    let name = name.strip_suffix(" (Authentication)").unwrap();
    assert!(windows[1].description.contains(name) && windows[2].description.contains(name));
    // Neither.
    turn.next(&[PinAnswer::Cancel, PinAnswer::Other]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!(error(&answer), ("ERR_WEBEID_USER_CANCELLED", "pin_cancelled"));
    assert_eq!(code, 6);
}

#[test]
fn tries_are_known_before_asking_and_the_last_one_is_confirmed() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    turn.next(&[PinAnswer::Digits("12".to_owned()), PinAnswer::Wrong]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!(code, 0, "{answer}");
    let errors: Vec<String> = turn.windows().into_iter().map(|window| window.error).collect();
    assert!(
        errors[0].is_empty() && errors[1].contains("did not cost an attempt"),
        "{errors:?}"
    );
    assert_eq!(errors[2], "Wrong PIN code. You have 2 attempts left.");

    let before = turn.windows().len();
    turn.next(&[PinAnswer::Wrong, PinAnswer::Wrong, PinAnswer::Wrong]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!(error(&answer), ("ERR_WEBEID_NATIVE_FATAL", "pin_blocked"));
    assert_eq!(code, 5);
    assert_eq!(
        turn.kinds()[before..],
        [
            WindowKind::Pin,
            WindowKind::Pin,
            WindowKind::Confirm,
            WindowKind::Pin
        ]
    );
    // A blocked card is not asked at all.
    let before = turn.windows().len();
    let (answer, _) = turn.ask(&authenticate());
    assert_eq!(error(&answer).1, "pin_blocked");
    assert_eq!(turn.windows().len(), before);

    turn.tell(CardRequest::Pin {
        card: "mayor".to_owned(),
        pin: None,
        tries_left: Some(1),
    });
    turn.next(&[PinAnswer::Cancel]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!((error(&answer).1, code), ("pin_cancelled", 6));
    let state = turn.lab.cards(&CardRequest::List).unwrap();
    let mayor = state.iter().find(|card| card.card == "mayor").unwrap();
    assert_eq!(
        mayor.tries_left, 1,
        "a last try that was not confirmed is not spent"
    );
}

#[test]
fn cancelling_and_doing_nothing_are_told_apart() {
    let Some(mut turn) = turn() else { return };
    turn.insert("citizen");
    for (answer, expected) in [
        (PinAnswer::Cancel, ("ERR_WEBEID_USER_CANCELLED", "pin_cancelled")),
        (PinAnswer::Timeout, ("ERR_WEBEID_USER_TIMEOUT", "pin_timeout")),
    ] {
        turn.next(&[answer]);
        let (answer, code) = turn.ask(&authenticate());
        assert_eq!((error(&answer), code), (expected, 6));
    }
}

#[test]
fn without_a_card_it_waits_and_goes_on_by_itself() {
    let Some(mut turn) = turn() else { return };
    turn.next(&[PinAnswer::Cancel]);
    let (answer, code) = turn.ask(&authenticate());
    assert_eq!((error(&answer).1, code), ("pin_cancelled", 6));
    let mut agent = turn.agent();
    agent.send(&authenticate().to_string());
    turn.await_windows(2);
    turn.insert("mayor");
    let token = agent.hear().unwrap();
    assert_eq!(token["algorithm"], "ES384", "{token}");
    assert_eq!(agent.end(), 0);
    assert_eq!(
        turn.kinds(),
        [WindowKind::Message, WindowKind::Message, WindowKind::Pin]
    );
    assert!(turn.windows()[1].description.contains("chip first"));
}

#[test]
fn whoever_leaves_or_quits_closes_the_window() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    for leave in [true, false] {
        turn.next(&[PinAnswer::Wait]);
        let before = turn.windows().len();
        let mut agent = turn.agent();
        agent.send(&authenticate().to_string());
        turn.await_windows(before + 1);
        if leave {
            agent.leave();
        } else {
            agent.send(r#"{"command":"quit","arguments":{}}"#);
            assert_eq!(error(&agent.hear().unwrap()).0, "ERR_WEBEID_USER_CANCELLED");
        }
        assert_eq!(agent.end(), 6);
    }
    // The card is free for the next.
    assert_eq!(turn.ask(&authenticate()).1, 0);
}

#[test]
fn a_caller_that_closes_its_side_and_listens_gets_its_answer() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    let mut agent = turn.agent();
    agent.send(&authenticate().to_string());
    agent.close_input();
    assert_eq!(agent.hear().unwrap()["format"], "web-eid:1.0");
    assert_eq!(agent.end(), 0);
}

#[test]
fn a_card_taken_out_under_the_window_is_the_news() {
    let Some(mut turn) = turn() else { return };
    turn.insert("director");
    turn.next(&[PinAnswer::Wait]);
    let mut agent = turn.agent();
    agent.send(&authenticate().to_string());
    turn.await_windows(1);
    turn.remove("director");
    let answer = agent.hear().unwrap();
    assert_eq!(error(&answer), ("ERR_WEBEID_NATIVE_FATAL", "card_removed"));
    assert_eq!(agent.end(), 5);
    turn.await_state(": no card");
}

#[test]
fn a_list_takes_one_pin_and_each_value_comes_as_soon_as_it_exists() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    let certificate = turn.certificate();
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 10).to_string());
    for number in 0..10 {
        let signed = agent.hear().unwrap();
        assert_eq!(signed["index"], number);
        assert!(verifies(
            &certificate,
            HashAlgorithm::Sha384,
            text_of(number).as_bytes(),
            &decoded(&signed["signature"])
        ));
    }
    assert_eq!(agent.hear(), Some(json!({ "signed": 10 })));
    assert_eq!(agent.end(), 0);
    let windows = turn.windows();
    assert_eq!(turn.kinds(), [WindowKind::Confirm, WindowKind::Pin]);
    for number in 0..10 {
        assert!(windows[1].description.contains(&text_of(number)));
    }
}

#[test]
fn a_long_list_is_shown_in_windows_before_the_pin() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    let certificate = turn.certificate();
    let before = turn.windows().len();
    turn.next(&[PinAnswer::Cancel]);
    let (answer, code) = turn.ask(&sign_list(&certificate, 40));
    assert_eq!((error(&answer).1, code), ("pin_cancelled", 6));
    assert_eq!(answer["signed"], 0);
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 40).to_string());
    let mut signed = 0;
    while agent.hear().unwrap().get("index").is_some() {
        signed += 1;
    }
    assert_eq!((signed, agent.end()), (40, 0));
    let windows = turn.windows().split_off(before + 1);
    let (pin, pages) = windows.split_last().unwrap();
    assert!(pages.len() > 1 && pages.iter().all(|page| page.kind == WindowKind::Confirm));
    assert_eq!(pin.kind, WindowKind::Pin);
    let said: String = pages.iter().map(|page| page.description.as_str()).collect();
    assert!((0..40).all(|number| said.contains(&format!("{}. {} [", number + 1, text_of(number)))));
    // Straight to the PIN: fewer windows, as many signatures.
    let before = turn.windows().len();
    turn.next(&[PinAnswer::Other]);
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 40).to_string());
    while agent.hear().unwrap().get("index").is_some() {}
    assert_eq!(agent.end(), 0);
    assert_eq!(turn.kinds()[before..], [WindowKind::Confirm, WindowKind::Pin]);
}

#[test]
fn a_card_taken_out_at_the_sixth_leaves_five_delivered_and_the_pin_is_gone() {
    let Some(mut turn) = turn() else { return };
    turn.insert("director");
    let certificate = turn.certificate();
    turn.fault(
        "director",
        Fault::now(FaultKind::Removed).at_instruction(0x2A).after(5),
    );
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 10).to_string());
    for number in 0..5 {
        assert_eq!(agent.hear().unwrap()["index"], number);
    }
    let answer = agent.hear().unwrap();
    assert_eq!(error(&answer), ("ERR_WEBEID_NATIVE_FATAL", "card_removed"));
    assert_eq!(answer["signed"], 5);
    assert_eq!(agent.end(), 5);
    turn.cards.clear();
    turn.await_state(": no card");
    // What is left is another list with a PIN of its own.
    turn.insert("director");
    let before = turn.windows().len();
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 5).to_string());
    while agent.hear().unwrap().get("index").is_some() {}
    assert_eq!(agent.end(), 0);
    assert_eq!(turn.kinds()[before..], [WindowKind::Pin]);
}

#[test]
fn a_wrong_pin_for_a_list_costs_one_try_and_is_asked_again() {
    let Some(mut turn) = turn() else { return };
    turn.insert("mayor");
    let certificate = turn.certificate();
    turn.next(&[PinAnswer::Wrong]);
    let mut agent = turn.agent();
    agent.send(&sign_list(&certificate, 3).to_string());
    for number in 0..3 {
        assert_eq!(agent.hear().unwrap()["index"], number);
    }
    assert_eq!(agent.hear(), Some(json!({ "signed": 3 })));
    assert_eq!(agent.end(), 0);
    assert_eq!(
        turn.windows().last().unwrap().error,
        "Wrong PIN code. You have 2 attempts left."
    );
}
