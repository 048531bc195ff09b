//! A laboratory with a real reader stack for one test at a time, and what is asked of the program beside it.

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
use zegel::lab::card::Fault;
use zegel::lab::control::{Request, ask};
use zegel::lab::host::CardRequest;
use zegel::lab::pinentry::{PinAnswer, PinDialog, WindowKind};
use zegel::lab::reader::{find_daemon, find_driver};
use zegel::lab::{Lab, LabSettings};
use zegel::pki::certificate::Certificate;

use super::process::Agent;

const ZEGEL: &str = env!("CARGO_BIN_EXE_zegel");
pub(super) const ORIGIN: &str = "https://zegelgem.example:8443";
pub(super) const NONCE: &str = "MTIzNDU2NzgxMjM0NTY3ODEyMzQ1Njc4MTIzNDU2Nzg=";

/// The laboratory of this module, for one test at a time: its windows and answers are one queue.
pub(super) struct Turn {
    pub(super) lab: &'static Lab,
    shown: usize,
    pub(super) cards: Vec<(&'static str, String)>,
    _turn: MutexGuard<'static, ()>,
}

pub(super) fn turn() -> Option<Turn> {
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
    pub(super) fn tell(&self, request: CardRequest) {
        ask(self.lab.folder(), &Request::Card(request)).unwrap();
    }

    pub(super) fn fault(&self, card: &str, fault: Fault) {
        let card = card.to_owned();
        self.tell(CardRequest::Fault { card, fault });
    }

    /// Puts a card in and waits until the daemon has seen it, which takes it up to 400 ms.
    pub(super) fn insert(&mut self, card: &'static str) -> String {
        let reader = self.lab.insert(card).unwrap();
        self.cards.push((card, reader.clone()));
        self.await_that(&format!("{reader}: "), |rest| !rest.starts_with("no card"));
        reader
    }

    pub(super) fn remove(&mut self, card: &'static str) {
        self.lab.remove(card).unwrap();
        self.cards.retain(|(name, _)| *name != card);
    }

    pub(super) fn await_state(&self, wanted: &str) {
        self.await_that(wanted, |_| true);
    }

    /// Waits until `zegel card readers` says `wanted`, and behind it what `fits`.
    pub(super) fn await_that(&self, wanted: &str, fits: impl Fn(&str) -> bool) {
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

    pub(super) fn next(&self, answers: &[PinAnswer]) {
        for answer in answers {
            self.lab.next_pin(answer.clone());
        }
    }

    /// The windows of this turn.
    pub(super) fn windows(&self) -> Vec<PinDialog> {
        self.lab.pins_shown().split_off(self.shown)
    }

    pub(super) fn kinds(&self) -> Vec<WindowKind> {
        self.windows().iter().map(|window| window.kind).collect()
    }

    /// Waits until so many windows were shown in this turn.
    pub(super) fn await_windows(&self, count: usize) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while self.windows().len() < count {
            assert!(std::time::Instant::now() < until, "{:?}", self.windows());
            std::thread::yield_now();
        }
    }

    pub(super) fn agent(&self) -> Agent {
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
    pub(super) fn ask(&self, command: &Value) -> (Value, i32) {
        let mut agent = self.agent();
        agent.send(&command.to_string());
        let answer = agent.hear().unwrap();
        (answer, agent.end())
    }

    pub(super) fn certificate(&self) -> Vec<u8> {
        let (answer, code) = self.ask(&command("get-signing-certificate", json!({})));
        assert_eq!(code, 0, "{answer}");
        decoded(&answer["certificate"])
    }
}

pub(super) fn command(name: &str, mut arguments: Value) -> Value {
    let members = arguments.as_object_mut().unwrap();
    members.insert("origin".to_owned(), json!(ORIGIN));
    members.insert("lang".to_owned(), json!("en"));
    json!({ "command": name, "arguments": arguments })
}

pub(super) fn authenticate() -> Value {
    command("authenticate", json!({ "challengeNonce": NONCE }))
}

pub(super) fn sign(certificate: &[u8], hash: HashAlgorithm, text: &[u8]) -> Value {
    command(
        "sign",
        json!({
            "certificate": STANDARD.encode(certificate),
            "hash": STANDARD.encode(hash.digest(text)),
            "hashFunction": hash.name(),
        }),
    )
}

pub(super) fn sign_list(certificate: &[u8], count: usize) -> Value {
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

pub(super) fn text_of(number: usize) -> String {
    format!("Decision {number} of the college")
}

pub(super) fn decoded(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

pub(super) fn verifies(certificate: &[u8], hash: HashAlgorithm, message: &[u8], value: &[u8]) -> bool {
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

pub(super) fn error(answer: &Value) -> (&str, &str) {
    let error = &answer["error"];
    (
        error["code"].as_str().unwrap_or_default(),
        error["reason"].as_str().unwrap_or_default(),
    )
}
