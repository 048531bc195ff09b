//! Each token in each situation as a written transcript: what is sent, what comes back, and what comes of it.
//!
//! `ZEGEL_BLESS=1` writes those that are no longer followed anew, from the laboratory's tokens. They are replayed without any card: a driver that sends
//! one byte otherwise, or reads one otherwise, is found by the transcript that says it.

use std::collections::VecDeque;
use std::path::PathBuf;

use zegel::base::digest::HashAlgorithm;
use zegel::card::CardError;
use zegel::card::eid::LastTry;
use zegel::card::eid::SignatureScheme::{self, Ecdsa, RsaPkcs1, RsaPss};
use zegel::card::family::{Card, KeyName};
use zegel::card::transport::{Protocol, Transport, TransportError};
use zegel::lab::card::{Manner, TokenCard, TokenImage};

use super::support::{Recorded, Wish, on, pin, sign, token_code, token_with};

/// What a situation does with the card, and what must come of it.
#[derive(Clone, Copy)]
enum Act {
    Read,
    Sign(&'static str, SignatureScheme, HashAlgorithm, &'static str),
    Change,
    Unblock,
}

struct Situation {
    name: &'static str,
    token: &'static str,
    prepare: fn(&mut TokenImage),
    act: Act,
    /// What comes of it, in words.
    outcome: &'static str,
}

const fn situation(name: &'static str, token: &'static str, act: Act, outcome: &'static str) -> Situation {
    Situation {
        name,
        token,
        prepare: |_| {},
        act,
        outcome,
    }
}

const GOOD: &str = "123456";
const WRONG: &str = "654321";

fn situations() -> Vec<Situation> {
    use Act::{Change, Read, Sign, Unblock};
    use HashAlgorithm::{Sha256, Sha384};
    let blocked = |one: Situation| Situation {
        prepare: |image| image.pin.left = 0,
        ..one
    };
    let last = |one: Situation| Situation {
        prepare: |image| image.pin.left = 1,
        ..one
    };
    vec![
        situation(
            "piv-read",
            "piv",
            Read,
            "9A authentication, 9C signature, 9D other, 9E other",
        ),
        situation("piv-sign-9a", "piv", Sign("9A", RsaPkcs1, Sha256, GOOD), "signed"),
        situation(
            "piv-sign-9a-pss",
            "piv",
            Sign("9A", RsaPss, Sha256, GOOD),
            "signed",
        ),
        situation("piv-sign-9c", "piv", Sign("9C", RsaPkcs1, Sha256, GOOD), "signed"),
        situation("piv-sign-9d", "piv", Sign("9D", Ecdsa, Sha256, GOOD), "signed"),
        situation("piv-sign-9e", "piv", Sign("9E", Ecdsa, Sha256, ""), "signed"),
        situation(
            "piv-wrong-pin",
            "piv",
            Sign("9C", RsaPkcs1, Sha256, WRONG),
            "PIN_WRONG",
        ),
        blocked(situation(
            "piv-blocked",
            "piv",
            Sign("9C", RsaPkcs1, Sha256, GOOD),
            "PIN_BLOCKED",
        )),
        last(situation(
            "piv-last-try",
            "piv",
            Sign("9C", RsaPkcs1, Sha256, GOOD),
            "PIN_LAST_TRY",
        )),
        situation("piv-change-pin", "piv", Change, "done"),
        blocked(situation("piv-unblock", "piv", Unblock, "done")),
        situation(
            "piv-ec-read",
            "piv-ec",
            Read,
            "9A authentication, 9C signature, 9D other, 9E other",
        ),
        situation(
            "piv-ec-sign-9a",
            "piv-ec",
            Sign("9A", Ecdsa, Sha256, GOOD),
            "signed",
        ),
        situation(
            "piv-ec-sign-9c",
            "piv-ec",
            Sign("9C", Ecdsa, Sha384, GOOD),
            "signed",
        ),
        situation(
            "piv-ec-sign-9c-short",
            "piv-ec",
            Sign("9C", Ecdsa, Sha256, GOOD),
            "signed",
        ),
        situation(
            "piv-ec-wrong-pin",
            "piv-ec",
            Sign("9C", Ecdsa, Sha384, WRONG),
            "PIN_WRONG",
        ),
        blocked(situation(
            "piv-ec-blocked",
            "piv-ec",
            Sign("9C", Ecdsa, Sha384, GOOD),
            "PIN_BLOCKED",
        )),
        Situation {
            prepare: |image| image.adopt(Manner::Untouched),
            ..situation(
                "piv-ec-untouched",
                "piv-ec",
                Sign("9C", Ecdsa, Sha384, GOOD),
                "CARD_TOUCH_MISSING",
            )
        },
        situation(
            "piv-global-sign-9c",
            "piv-global",
            Sign("9C", Ecdsa, Sha384, GOOD),
            "signed",
        ),
        situation("pkcs15-read", "pkcs15", Read, "01 authentication, 02 signature"),
        situation(
            "pkcs15-sign-01",
            "pkcs15",
            Sign("01", RsaPkcs1, Sha256, GOOD),
            "signed",
        ),
        situation(
            "pkcs15-sign-02",
            "pkcs15",
            Sign("02", RsaPkcs1, Sha256, GOOD),
            "signed",
        ),
        situation(
            "pkcs15-sign-02-pss",
            "pkcs15",
            Sign("02", RsaPss, Sha256, GOOD),
            "signed",
        ),
        situation(
            "pkcs15-wrong-pin",
            "pkcs15",
            Sign("02", RsaPkcs1, Sha256, WRONG),
            "PIN_WRONG",
        ),
        blocked(situation(
            "pkcs15-blocked",
            "pkcs15",
            Sign("02", RsaPkcs1, Sha256, GOOD),
            "PIN_BLOCKED",
        )),
        situation("pkcs15-change-pin", "pkcs15", Change, "done"),
        blocked(situation("pkcs15-unblock", "pkcs15", Unblock, "done")),
        situation(
            "pkcs15-ec-read",
            "pkcs15-ec",
            Read,
            "01 authentication, 02 signature",
        ),
        situation(
            "pkcs15-ec-sign-01",
            "pkcs15-ec",
            Sign("01", Ecdsa, Sha256, GOOD),
            "signed",
        ),
        situation(
            "pkcs15-ec-sign-02",
            "pkcs15-ec",
            Sign("02", Ecdsa, Sha256, GOOD),
            "signed",
        ),
        Situation {
            prepare: |image| image.adopt(Manner::StepsOnly),
            ..situation(
                "pkcs15-ec-steps",
                "pkcs15-ec",
                Sign("02", Ecdsa, Sha256, GOOD),
                "signed",
            )
        },
    ]
}

/// Does what the situation says, and tells in words what came of it.
fn act(card: &mut Card<'_>, act: Act) -> Result<String, CardError> {
    let first = if card.family() == zegel::card::family::Family::Piv {
        "9C"
    } else {
        "02"
    };
    let name = KeyName::new(first);
    match act {
        Act::Read => {
            let found = card.certificates()?;
            let words: Result<Vec<String>, CardError> = found
                .into_iter()
                .map(|one| one.der.map(|_| format!("{} {}", one.key, one.purpose.word())))
                .collect();
            Ok(words?.join(", "))
        }
        Act::Sign(key, scheme, hash, code) => {
            let code = Some(code).filter(|code| !code.is_empty());
            sign(card, Wish { key, scheme, hash }, code).map(|_| "signed".to_owned())
        }
        Act::Change => card
            .change_pin(&name, (&pin(GOOD), &pin("246810")), LastTry::NotConfirmed)
            .map(|()| "done".to_owned()),
        Act::Unblock => card
            .unblock(&name, token_code(&pin("12345678"), &pin("246810")))
            .map(|()| "done".to_owned()),
    }
}

fn outcome(result: Result<String, CardError>) -> String {
    result.unwrap_or_else(|error| error.cause().to_owned())
}

/// A card that is a transcript.
#[derive(Clone)]
struct Replay {
    atr: Vec<u8>,
    protocol: Protocol,
    lines: VecDeque<(Vec<u8>, Vec<u8>)>,
    /// The first command that was not the one that stands there.
    stray: Option<String>,
}

impl Replay {
    fn read(text: &str) -> Self {
        let mut replay = Self {
            atr: Vec::new(),
            protocol: Protocol::T0,
            lines: VecDeque::new(),
            stray: None,
        };
        let mut command = None;
        for line in text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let (word, rest) = line.split_once(' ').unwrap();
            match word {
                "atr" => replay.atr = hex::decode(rest).unwrap(),
                "protocol" => replay.protocol = if rest == "T1" { Protocol::T1 } else { Protocol::T0 },
                ">" => command = Some(hex::decode(rest).unwrap()),
                "<" => replay
                    .lines
                    .push_back((command.take().unwrap(), hex::decode(rest).unwrap())),
                other => panic!("{other}"),
            }
        }
        replay
    }
}

impl Transport for Replay {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match self.lines.pop_front() {
            Some((expected, answer)) if expected == command => Ok(answer),
            other => {
                let expected = other.map(|(expected, _)| hex::encode(expected));
                self.stray
                    .get_or_insert(format!("{} instead of {expected:?}", hex::encode(command)));
                Err(TransportError::NoCard)
            }
        }
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
    fn protocol(&self) -> Protocol {
        self.protocol
    }
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/promises/tokens/transcripts/{name}.txt"))
}

/// Writes the transcript of a situation down, from a token of the laboratory.
fn record(situation: &Situation) {
    let card: TokenCard = token_with(situation.token, situation.prepare);
    let (card, line) = Recorded::new(card);
    let (atr, protocol) = (card.atr(), card.protocol());
    let (result, _) = on(card, |card| act(card, situation.act));
    assert_eq!(outcome(result), situation.outcome, "{}", situation.name);
    let mut text = format!(
        "# {}: {}\natr {}\nprotocol {protocol:?}\n",
        situation.name,
        situation.outcome,
        hex::encode(atr)
    );
    for (command, answer) in line.lock().unwrap().iter() {
        text.push_str(&format!(
            "> {}\n< {}\n",
            hex::encode(command),
            hex::encode(answer)
        ));
    }
    std::fs::write(file(situation.name), text).unwrap();
}

fn transcript(name: &str) -> Replay {
    let path = file(name);
    Replay::read(
        &std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    )
}

/// Whether there is a transcript, and the driver does what stands in it.
fn is_followed(situation: &Situation) -> bool {
    file(situation.name).is_file() && {
        let (result, replay) = on(transcript(situation.name), |card| act(card, situation.act));
        replay.stray.is_none() && replay.lines.is_empty() && outcome(result) == situation.outcome
    }
}

#[test]
fn every_transcript_is_followed_to_its_end() {
    for situation in situations() {
        if std::env::var_os("ZEGEL_BLESS").is_some() && !is_followed(&situation) {
            record(&situation);
        }
        let (result, replay) = on(transcript(situation.name), |card| act(card, situation.act));
        assert_eq!(replay.stray, None, "{}", situation.name);
        assert!(
            replay.lines.is_empty(),
            "{}: {} lines never reached",
            situation.name,
            replay.lines.len()
        );
        assert_eq!(outcome(result), situation.outcome, "{}", situation.name);
    }
}

#[test]
fn every_transcript_that_is_kept_is_followed() {
    let names: Vec<&str> = situations().iter().map(|one| one.name).collect();
    for entry in std::fs::read_dir(file("x").parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&name.trim_end_matches(".txt")), "{name}");
    }
}

#[test]
fn one_byte_sent_otherwise_is_found() {
    for situation in situations() {
        let whole = transcript(situation.name);
        for line in 0..whole.lines.len() {
            let length = whole.lines[line].0.len();
            // Every byte of the header, and the ends and the middle of the data.
            for at in [0, 1, 2, 3, 4, 5, length / 2, length - 1]
                .into_iter()
                .filter(|at| *at < length)
            {
                let mut changed = whole.clone();
                changed.lines[line].0[at] ^= 0x01;
                let (_, replay) = on(changed, |card| act(card, situation.act));
                assert!(
                    replay.stray.is_some(),
                    "{}, line {line}, byte {at}",
                    situation.name
                );
            }
        }
    }
}

#[test]
fn one_byte_answered_otherwise_never_becomes_a_good_signature_of_something_else() {
    let signed = situations().into_iter().filter(|one| one.outcome == "signed");
    for situation in signed {
        let whole = transcript(situation.name);
        let last = whole.lines.len() - 1;
        // The answers that carry the value: from the command to sign on, before the right is dropped.
        let first = (0..=last)
            .rev()
            .find(|line| matches!(whole.lines[*line].0[1], 0x87 | 0x2A))
            .unwrap();
        for line in first..last {
            let length = whole.lines[line].1.len();
            for at in 0..length.saturating_sub(2) {
                let mut changed = whole.clone();
                changed.lines[line].1[at] ^= 0x01;
                let (result, _) = on(changed, |card| act(card, situation.act));
                assert_ne!(
                    outcome(result),
                    "signed",
                    "{}, line {line}, byte {at}",
                    situation.name
                );
            }
        }
    }
}
