#![cfg(feature = "lab")]

use std::sync::{Arc, Mutex};

use clap::Parser;

use super::*;
use crate::base::digest::Sha256Digest;
use crate::base::national::NationalNumber;
use crate::base::random::SeededRandom;
use crate::card::readers::MemoryReaders;
use crate::cli::Format;
use crate::lab::card::{Applet, CardImage, CardKeys, CardSpec, VirtualCard, personal::personalise};
use crate::lab::pki::{Holder, LabPki};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn moment() -> Timestamp {
    "2026-03-03T09:00:00Z".parse().unwrap()
}

fn card() -> (VirtualCard, String) {
    let random = SeededRandom::new(3);
    let pki = LabPki::generate("http://127.0.0.1:9", &random, moment()).unwrap();
    let holder = Holder {
        surname: "Specimen".to_owned(),
        given_names: "An".to_owned(),
        national_number: NationalNumber::parse("70611500188").unwrap(),
    };
    let spec = CardSpec {
        structure_version: true,
        ..CardSpec::new(Applet::V18, holder, LabPki::usual_validity(moment()))
    };
    let trust = format!(
        "environment = \"test\"\nsource = \"laboratory\"\nhosts = []\nauthority = []\n[[root]]\nname = \"TEST root\"\n\
         sha256 = \"{}\"\ngeneration = \"lab\"\npurposes = [\"register\"]\n[[generation]]\nname = \"lab\"\n\
         source = \"lab\"\npersonal_issuers = []\nregister_name = \"TEST RRN\"\nauthentication = []\n\
         signature = []\nregister = [\"2.16.56.13.6.0.1\"]\n",
        Sha256Digest::of(pki.root_der())
    );
    (personalise(&pki, &spec, &random).unwrap().card, trust)
}

/// A person who types these, one after the other, and notes what was asked.
#[derive(Default)]
struct Typist {
    types: Mutex<std::collections::VecDeque<&'static str>>,
    asked: Mutex<Vec<String>>,
}

impl Typist {
    fn new(types: &[&'static str]) -> Self {
        Self {
            types: Mutex::new(types.iter().copied().collect()),
            asked: Mutex::default(),
        }
    }
}

impl Keyboard for Typist {
    fn digits(
        &self,
        question: &str,
        _: std::ops::RangeInclusive<usize>,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, AskError> {
        self.asked.lock().unwrap().push(question.to_owned());
        match self.types.lock().unwrap().pop_front() {
            Some(digits) => Ok(zeroize::Zeroizing::new(digits.as_bytes().to_vec())),
            None => Err(CardError::PinCancelled.into()),
        }
    }
}

fn session(world: &MemoryReaders, format: Format, words: &[&str]) -> (Exit, String, String) {
    typed_session(world, format, words, &Typist::default())
}

fn typed_session(
    world: &MemoryReaders,
    format: Format,
    words: &[&str],
    typist: &Typist,
) -> (Exit, String, String) {
    let readers = Readers::start(
        Arc::new(world.clone()),
        Options::default(),
        Arc::new(SystemClock::new()),
    )
    .unwrap();
    let line = Line::try_parse_from(std::iter::once("card").chain(words.iter().copied())).unwrap();
    let (results, messages) = (Sink::default(), Sink::default());
    let mut console = Console::new(format, Box::new(results.clone()), Box::new(messages.clone()));
    let exit = run_on(&readers, line.arguments, moment(), typist, &mut console);
    (exit, results.text(), messages.text())
}

#[test]
fn a_card_is_read_with_its_verdicts_and_without_its_number() {
    let (card, trust) = card();
    let folder = tempfile::tempdir().unwrap();
    let trust_file = folder.path().join("trust.toml");
    std::fs::write(&trust_file, trust).unwrap();
    let trust_file = trust_file.to_str().unwrap();
    let world = MemoryReaders::new();
    world.insert("Zegel 0", card);

    let (exit, text, messages) = session(&world, Format::Text, &["read", "--trust", trust_file]);
    assert_eq!((exit, messages.as_str()), (Exit::Good, ""), "{text}");
    assert!(text.contains("surname           Specimen\n"), "{text}");
    assert!(
        text.contains("identity          valid\n") && text.contains("signer            valid"),
        "{text}"
    );
    assert!(
        !text.contains("70611500188"),
        "the number is printed only when it is asked for"
    );

    let asked = ["read", "--national-number", "--trust", trust_file];
    let (exit, json, _) = session(&world, Format::Json, &asked);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(exit, Exit::Good);
    assert_eq!(json["person"]["national_number"], "70611500188");
    assert_eq!(
        (&json["verdicts"]["photo"], &json["proved"]),
        (&"valid".into(), &true.into())
    );

    let (exit, _, messages) = session(&world, Format::Text, &["read"]);
    assert_eq!(exit, Exit::Indeterminate);
    assert!(messages.contains("PATH_NO_ANCHOR"), "{messages}");
}

#[test]
fn a_forged_element_is_told_by_the_exit_code() {
    let (mut card, _) = card();
    let path = "3F00DF014035";
    let mut photo = card.image().file(path).unwrap().to_vec();
    photo[50] ^= 1;
    card.image_mut().set_file(path, photo);
    let world = MemoryReaders::new();
    world.insert("Zegel 0", card);
    let (exit, text, _) = session(&world, Format::Text, &["read"]);
    assert_eq!(exit, Exit::NotValid);
    assert!(text.contains("photo             invalid\n"), "{text}");
}

#[test]
fn certificates_are_listed_without_the_holder_and_written_out() {
    let (card, _) = card();
    let world = MemoryReaders::new();
    world.insert("Zegel 0", card);
    let (exit, text, _) = session(&world, Format::Text, &["certificates"]);
    assert_eq!(exit, Exit::Good);
    assert!(
        text.starts_with("authentication\n  issuer       TEST Citizen CA\n"),
        "{text}"
    );
    assert!(
        text.contains("EC P384") && !text.contains("Specimen") && !text.contains("70611500188"),
        "{text}"
    );

    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    assert_eq!(
        session(&world, Format::Text, &["certificates", "--out", out]).0,
        Exit::Good
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
    let (exit, _, messages) = session(&world, Format::Text, &["certificates", "--out", out]);
    assert_eq!(exit, Exit::Usage);
    assert!(messages.contains("--force"), "existing files stay: {messages}");
    let (_, pem, _) = session(&world, Format::Text, &["certificates", "--pem"]);
    assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 5);
}

#[test]
fn each_state_of_readers_and_cards_has_exit_5_and_its_code() {
    let world = MemoryReaders::new();
    let told = |words: &[&str]| {
        let (exit, _, messages) = session(&world, Format::Text, words);
        (exit, messages)
    };
    let (exit, messages) = told(&["read"]);
    assert!(
        exit == Exit::Card && messages.contains("(CARD_NO_READER)") && messages.contains("hint: "),
        "{messages}"
    );
    world.add("Zegel 0");
    assert!(told(&["read"]).1.contains("(CARD_MISSING)"));
    assert!(
        told(&["read", "--reader", "other"])
            .1
            .contains("(CARD_READER_UNKNOWN)")
    );
    world.insert("Zegel 0", card().0);
    world.insert("Zegel 1", card().0);
    assert!(told(&["certificates"]).1.contains("(CARD_SEVERAL)"));
    let (exit, text, _) = session(&world, Format::Text, &["readers"]);
    assert_eq!(
        (exit, text.as_str()),
        (Exit::Good, "Zegel 0: eID card\nZegel 1: eID card\n")
    );
    let (_, text, _) = session(&world, Format::Json, &["watch", "--events", "0"]);
    assert_eq!(
        text.lines()
            .filter(|line| line.contains("\"card_inserted\""))
            .count(),
        2,
        "{text}"
    );
}

fn card_with(applet: Applet, tries_left: u8) -> VirtualCard {
    let mut card = VirtualCard::new(CardImage::new(applet, [7; 16]), CardKeys::default());
    card.image_mut().tries_left = tries_left;
    card
}

#[test]
fn the_tries_left_are_shown_and_asking_costs_none() {
    for (applet, tries, text, json) in [
        (Applet::V18, 3, "3 tries left\n", "3"),
        (Applet::V17, 1, "1 try left: a wrong PIN blocks the card\n", "1"),
        (Applet::V18, 0, "the PIN is blocked\n", "0"),
        (
            Applet::V11,
            2,
            "unknown: asking this card would cost a try\n",
            "null",
        ),
    ] {
        let world = MemoryReaders::new();
        world.insert("Zegel 0", card_with(applet, tries));
        let (exit, said, _) = session(&world, Format::Text, &["pin", "tries"]);
        assert_eq!((exit, said.as_str()), (Exit::Good, text), "{applet:?}");
        let (_, said, _) = session(&world, Format::Json, &["pin", "tries"]);
        assert!(said.contains(&format!("\"tries_left\": {json}")), "{said}");
        assert!(said.contains("\"keypad\": false"), "{said}");
    }
}

#[test]
fn the_pin_is_changed_at_the_terminal() {
    let world = MemoryReaders::new();
    world.insert("Zegel 0", card_with(Applet::V18, 2));
    let change = ["pin", "change"];
    let typist = Typist::new(&["1234", "4321", "4322"]);
    let (exit, _, messages) = typed_session(&world, Format::Text, &change, &typist);
    assert!(
        exit == Exit::Card
            && messages.contains("(PIN_NOT_TWICE)")
            && messages.contains("nothing was changed"),
        "{messages}"
    );
    let typist = Typist::new(&["1234", "4321", "4321"]);
    let (exit, said, _) = typed_session(&world, Format::Text, &change, &typist);
    assert_eq!((exit, said.as_str()), (Exit::Good, "the PIN is changed\n"));
    assert_eq!(
        *typist.asked.lock().unwrap(),
        ["PIN (2 tries left): ", "new PIN: ", "new PIN, once more: "]
    );
    let typist = Typist::new(&["1234", "1111", "1111"]);
    let (exit, _, messages) = typed_session(&world, Format::Text, &change, &typist);
    assert!(
        exit == Exit::Card && messages.contains("2 tries left (PIN_WRONG)"),
        "{messages}"
    );
    let (exit, _, _) = typed_session(&world, Format::Text, &change, &Typist::default());
    assert_eq!(exit, Exit::Cancelled);
}

#[test]
fn the_last_try_is_not_used_unasked() {
    let world = MemoryReaders::new();
    world.insert("Zegel 0", card_with(Applet::V17, 1));
    let typist = Typist::new(&["1234", "4321", "4321"]);
    let (exit, _, messages) = typed_session(&world, Format::Text, &["pin", "change"], &typist);
    assert!(
        exit == Exit::Card && messages.contains("(PIN_LAST_TRY)") && messages.contains("--last-try"),
        "{messages}"
    );
    assert!(typist.asked.lock().unwrap().is_empty(), "nobody was asked");
    let words = ["pin", "change", "--last-try"];
    let (exit, _, messages) = typed_session(&world, Format::Text, &words, &typist);
    assert_eq!(exit, Exit::Good, "{messages}");
    assert!(messages.contains("warning: this is the last try"), "{messages}");
    assert_eq!(typist.asked.lock().unwrap()[0], "PIN (last try): ");
}

#[test]
fn a_reader_with_keys_is_used_unless_the_terminal_is_asked_for() {
    use crate::lab::card::pad::{Keys, PadReader};
    let presses = || {
        vec![Keys::Changed {
            old: "1234".to_owned(),
            new: "4321".to_owned(),
            again: "4321".to_owned(),
        }]
    };
    let world = MemoryReaders::new();
    world.insert("Zegel 0", PadReader::new(card_with(Applet::V18, 3), presses()));
    let typist = Typist::default();
    let (exit, said, messages) = typed_session(
        &world,
        Format::Json,
        &["pin", "change", "--language", "fr"],
        &typist,
    );
    assert_eq!(exit, Exit::Good, "{messages}");
    assert!(said.contains("\"changed\": true"), "{said}");
    assert!(
        messages.contains("type on the reader: the PIN, then the new PIN twice (3 tries left)"),
        "{messages}"
    );
    assert!(typist.asked.lock().unwrap().is_empty());

    world.insert("Zegel 0", PadReader::new(card_with(Applet::V18, 3), presses()));
    let typist = Typist::new(&["1234", "4321", "4321"]);
    let (exit, _, _) = typed_session(&world, Format::Text, &["pin", "change", "--terminal"], &typist);
    assert_eq!((exit, typist.asked.lock().unwrap().len()), (Exit::Good, 3));
}

#[test]
fn the_pin_is_unblocked_with_both_puks_where_there_are_some() {
    let world = MemoryReaders::new();
    world.insert("Zegel 0", card_with(Applet::V17, 0));
    let unblock = ["pin", "unblock"];
    // The card is given PUK2 and then PUK1: 123456 and 654321.
    let wrong = Typist::new(&["123456", "654321"]);
    let (exit, _, messages) = typed_session(&world, Format::Text, &unblock, &wrong);
    assert!(
        exit == Exit::Card && messages.contains("11 tries left (PUK_WRONG)"),
        "{messages}"
    );
    let right = Typist::new(&["654321", "123456"]);
    let (exit, said, messages) = typed_session(&world, Format::Json, &unblock, &right);
    assert_eq!((exit, messages.as_str()), (Exit::Good, ""), "{said}");
    assert!(said.contains("\"unblocked\": true"), "{said}");
    let (_, said, _) = session(&world, Format::Text, &["pin", "tries"]);
    assert_eq!(said, "3 tries left\n");

    world.insert("Zegel 0", card_with(Applet::V18, 0));
    let typist = Typist::new(&["654321", "123456"]);
    let (exit, _, messages) = typed_session(&world, Format::Text, &unblock, &typist);
    assert!(
        exit == Exit::Card && messages.contains("(PUK_UNSUPPORTED)"),
        "{messages}"
    );
    assert!(typist.asked.lock().unwrap().is_empty(), "nobody was asked");
}

fn token(slug: &str) -> crate::lab::card::TokenCard {
    use std::sync::OnceLock;
    static PKI: OnceLock<LabPki> = OnceLock::new();
    let random = SeededRandom::new(4);
    let pki = PKI.get_or_init(|| LabPki::generate("http://127.0.0.1:9", &random, moment()).unwrap());
    let token = crate::lab::tokens::DemoToken::find(slug).unwrap();
    token.make_card(pki, &random, moment()).unwrap()
}

#[test]
fn a_token_tells_what_it_is_and_no_identity() {
    let world = MemoryReaders::new();
    world.insert("Zegel 0", token("piv-ec"));
    world.insert("Zegel 1", token("pkcs15-ec"));
    world.insert("Zegel 2", card().0);
    let (_, text, _) = session(&world, Format::Text, &["readers"]);
    assert_eq!(
        text,
        "Zegel 0: PIV token\nZegel 1: PKCS#15 token\nZegel 2: eID card\n"
    );
    let (exit, text, messages) = session(&world, Format::Text, &["read", "--reader", "Zegel 0"]);
    assert_eq!((exit, messages.as_str()), (Exit::Good, ""));
    for line in [
        "card              PIV token\n",
        "YubiKey           5.7.1, number ",
        "PIN               3 tries left\n",
        "PIN               still the one from the factory: change it\n",
        "key 9C            signature\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let (_, json, _) = session(&world, Format::Json, &["read", "--reader", "Zegel 1"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["family"], &json["label"]),
        (&"pkcs15".into(), &"TEST PKCS#15 token".into())
    );
    assert_eq!(
        (&json["pin_tries_left"], &json["yubikey"]),
        (&3.into(), &serde_json::Value::Null)
    );
    assert!(json.get("person").is_none());
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("photo.jpg");
    let words = ["read", "--reader", "Zegel 0", "--photo", photo.to_str().unwrap()];
    let (exit, _, messages) = session(&world, Format::Text, &words);
    assert!(
        exit == Exit::Card && messages.contains("(CARD_FILE_MISSING)"),
        "{messages}"
    );
    let (exit, text, _) = session(&world, Format::Text, &["certificates", "--reader", "Zegel 0"]);
    assert_eq!(exit, Exit::Good);
    assert!(
        text.starts_with("9A authentication\n  issuer       TEST Zegelgem Staff CA\n"),
        "{text}"
    );
    assert!(
        !text.contains("Dirk") && !text.contains("zegelgem.test"),
        "the holder is left out: {text}"
    );
}

#[test]
fn the_pin_of_a_token_is_shown_changed_and_unblocked() {
    for slug in ["piv-ec", "pkcs15-ec"] {
        let world = MemoryReaders::new();
        let mut blocked = token(slug);
        world.insert("Zegel 0", token(slug));
        let (_, said, _) = session(&world, Format::Text, &["pin", "tries"]);
        assert_eq!(said, "3 tries left\n", "{slug}");
        let typist = Typist::new(&["123456", "246810", "246810"]);
        let (exit, said, messages) = typed_session(&world, Format::Text, &["pin", "change"], &typist);
        assert_eq!(
            (exit, said.as_str()),
            (Exit::Good, "the PIN is changed\n"),
            "{slug}: {messages}"
        );
        let typist = Typist::new(&["123456", "246810", "246810"]);
        let (exit, _, messages) = typed_session(&world, Format::Text, &["pin", "change"], &typist);
        assert!(
            exit == Exit::Card && messages.contains("2 tries left (PIN_WRONG)"),
            "{slug}: {messages}"
        );

        blocked.image_mut().pin.left = 0;
        world.insert("Zegel 0", blocked);
        let (exit, _, messages) = typed_session(&world, Format::Text, &["pin", "change"], &Typist::default());
        assert!(
            exit == Exit::Card && messages.contains("(PIN_BLOCKED)"),
            "{slug}: {messages}"
        );
        let typist = Typist::new(&["11111111", "135790", "135790"]);
        let (exit, _, messages) = typed_session(&world, Format::Text, &["pin", "unblock"], &typist);
        assert!(
            exit == Exit::Card && messages.contains("2 tries left (PUK_WRONG)"),
            "{slug}: {messages}"
        );
        let typist = Typist::new(&["12345678", "135790", "135790"]);
        let (exit, said, messages) = typed_session(&world, Format::Text, &["pin", "unblock"], &typist);
        assert_eq!(exit, Exit::Good, "{slug}: {messages}");
        assert!(said.contains("it is the new one"), "{said}");
        let (_, said, _) = session(&world, Format::Text, &["pin", "tries"]);
        assert_eq!(said, "3 tries left\n", "{slug}");
    }
}
