//! Written transcripts: for each card and situation every command that goes out and every answer that came.
//!
//! A transcript is text, one line each: `> command`, `< answer`, `! fault` below the card, `# remark`, and at the end
//! `= outcome`. A PIN stands as its name in brackets, never as digits; it is compared as the block it makes.
//! `ZEGEL_BLESS=1` plays the situations on the laboratory's cards and writes them anew.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use zegel::base::digest::{HashAlgorithm, Sha256Digest};
use zegel::card::CardError;
use zegel::card::eid::{
    CertificateKind, Eid, File, KeyReference, LastTry, ListEntry, PinChange, Puk, RawFiles, SignList,
    SignRequest,
};
use zegel::card::transport::{Connection, InProcess, Transport, TransportError};
use zegel::identity::card_data::Verdicts;
use zegel::lab::card::{Fault, FaultKind, VirtualCard};

use super::driver::verifies;
use super::rare;
use super::support::{judge, pin, trust_in};

/// What a situation is: a name, a card as it is then, and what is done with it.
struct Situation {
    name: &'static str,
    card: fn() -> VirtualCard,
    work: fn(&mut Eid<'_>) -> String,
}

fn faulty(name: &str, fault: Fault) -> VirtualCard {
    let mut card = rare::card(name);
    card.add_fault(fault);
    card
}

fn with_tries(name: &str, tries: u8) -> VirtualCard {
    let mut card = rare::card(name);
    card.image_mut().tries_left = tries;
    card
}

const SITUATIONS: [Situation; 30] = [
    Situation {
        name: "read-1.0",
        card: || rare::card("applet-10"),
        work: read,
    },
    Situation {
        name: "read-1.1",
        card: || rare::card("applet-11"),
        work: read,
    },
    Situation {
        name: "read-1.7",
        card: || rare::card("applet-17"),
        work: read,
    },
    Situation {
        name: "read-1.7-rekeyed",
        card: || rare::card("rekeyed"),
        work: read,
    },
    Situation {
        name: "read-1.8",
        card: || rare::card("tag-00"),
        work: read,
    },
    Situation {
        name: "read-kid",
        card: || rare::card("kid"),
        work: read,
    },
    Situation {
        name: "read-foreigner",
        card: || rare::card("foreigner"),
        work: read,
    },
    Situation {
        name: "read-swapped-photo",
        card: || rare::card("swapped-photo"),
        work: read,
    },
    Situation {
        name: "read-not-activated",
        card: || rare::card("not-activated"),
        work: read,
    },
    Situation {
        name: "read-reader-loses-the-place",
        card: || {
            let fault = Fault::now(FaultKind::Answer(0x6B00)).at_offset(256);
            faulty("minor", fault)
        },
        work: certificates,
    },
    Situation {
        name: "read-reader-carries-128-bytes",
        card: || {
            faulty(
                "minor",
                Fault::now(FaultKind::Limited(128)).at_instruction(0xB0).always(),
            )
        },
        work: certificates,
    },
    Situation {
        name: "read-reset-by-another-program",
        card: || faulty("minor", Fault::now(FaultKind::Reset).after(3)),
        work: certificates,
    },
    Situation {
        name: "read-line-lost",
        card: || faulty("minor", Fault::now(FaultKind::Communication).after(3)),
        work: certificates,
    },
    Situation {
        name: "read-removed",
        card: || faulty("minor", Fault::now(FaultKind::Removed).after(3)),
        work: certificates,
    },
    Situation {
        name: "sign-1.1",
        card: || rare::card("applet-11"),
        work: sign_both,
    },
    Situation {
        name: "sign-1.7",
        card: || rare::card("applet-17"),
        work: sign_both,
    },
    Situation {
        name: "sign-1.7-pss",
        card: || rare::card("applet-17"),
        work: sign_pss,
    },
    Situation {
        name: "sign-1.8",
        card: || rare::card("eu-plus"),
        work: sign_both,
    },
    Situation {
        name: "sign-minor",
        card: || rare::card("minor"),
        work: sign_both,
    },
    Situation {
        name: "sign-list",
        card: || rare::card("eu-plus"),
        work: sign_list,
    },
    Situation {
        name: "sign-list-removed",
        card: || {
            faulty(
                "eu-plus",
                Fault::now(FaultKind::Removed).at_instruction(0x2A).after(1),
            )
        },
        work: sign_list,
    },
    Situation {
        name: "sign-lost",
        card: || {
            faulty(
                "eu-plus",
                Fault::now(FaultKind::Communication).at_instruction(0xC0),
            )
        },
        work: sign_both,
    },
    Situation {
        name: "pin-wrong-1.8",
        card: || rare::card("eu-plus"),
        work: wrong_pins,
    },
    Situation {
        name: "pin-wrong-1.7",
        card: || rare::card("applet-17"),
        work: wrong_pins,
    },
    Situation {
        name: "pin-wrong-1.1",
        card: || rare::card("applet-11"),
        work: wrong_pins,
    },
    Situation {
        name: "pin-last-try",
        card: || with_tries("eu-plus", 1),
        work: wrong_pins,
    },
    Situation {
        name: "pin-blocked",
        card: || with_tries("applet-17", 0),
        work: wrong_pins,
    },
    Situation {
        name: "pin-changed",
        card: || rare::card("eu-plus"),
        work: change,
    },
    Situation {
        name: "pin-unblocked-1.7",
        card: || with_tries("applet-17", 0),
        work: unblock,
    },
    Situation {
        name: "pin-unblocked-1.8",
        card: || with_tries("eu-plus", 0),
        work: unblock,
    },
];

/// The PINs of the transcripts, by the names that stand for their blocks.
const PINS: [(&str, &str); 4] = [
    ("[PIN 1234]", "241234ffffffffff"),
    ("[PIN 9999]", "249999ffffffffff"),
    ("[PIN 4321]", "244321ffffffffff"),
    ("[PUK]", "2c123456654321ff"),
];

fn read(eid: &mut Eid<'_>) -> String {
    let challenge = HashAlgorithm::Sha384.digest(b"the challenge of the transcripts");
    let files = eid.read_everything().and_then(|mut files| {
        files.chip_answer = eid.challenge_chip(&challenge)?;
        Ok(files)
    });
    let files = match files {
        Ok(files) => files,
        Err(error) => return error.to_string(),
    };
    let root = files.get(File::RootCertificate).unwrap_or_default();
    // The verdict is judged by the root of the transcript itself.
    match judge(&files, &trust_in(&Sha256Digest::of(root), "2.16.56.13.6.0.1")) {
        Ok(holder) => format!(
            "{} {} {} {}",
            elements(&holder.verdicts),
            holder.identity.given_names,
            holder.identity.document_type.map_or("?", |kind| kind.name()),
            digest(&files)
        ),
        Err(error) => format!("{error} {}", digest(&files)),
    }
}

fn certificates(eid: &mut Eid<'_>) -> String {
    let kinds = [
        File::AuthenticationCertificate,
        File::SignatureCertificate,
        File::Photo,
    ];
    match eid.read_files(&kinds) {
        Ok(files) => digest(&files),
        Err(error) => error.to_string(),
    }
}

fn elements(verdicts: &Verdicts) -> String {
    [
        ("identity", verdicts.identity),
        ("address", verdicts.address),
        ("photo", verdicts.photo),
        ("basic key", verdicts.basic_key),
        ("chip", verdicts.chip),
        ("chip proof", verdicts.chip_proof),
        ("chain", verdicts.chain),
    ]
    .map(|(name, element)| format!("{name} {}", element.word()))
    .join(", ")
}

/// Everything that was read, in few digits.
fn digest(files: &RawFiles) -> String {
    let mut all = format!(
        "{:?}{:?}",
        files.card_data,
        files.card_data.as_ref().map(|data| data.chip_serial)
    );
    for (file, content) in files.iter() {
        let _ = write!(all, "{file:?}{}{:?}", hex::encode(content), files.flaw(file));
    }
    short(all.as_bytes())
}

fn short(bytes: &[u8]) -> String {
    format!("sha256 {}", &Sha256Digest::of(bytes).to_string()[..16])
}

/// Does what the situation is about, and asks which chip it was.
fn play(situation: &Situation, connection: &mut dyn Connection) -> String {
    let mut eid = Eid::new(connection);
    let outcome = (situation.work)(&mut eid);
    match eid.card_data() {
        Ok(data) => format!("{outcome}; {data:?}, chip {}", short(&data.chip_serial)),
        Err(error) => format!("{outcome}; {error}"),
    }
}

fn hash_of(eid: &mut Eid<'_>) -> Result<HashAlgorithm, CardError> {
    Ok(match eid.card_data()?.applet_version {
        0x18.. => HashAlgorithm::Sha384,
        _ => HashAlgorithm::Sha256,
    })
}

fn sign_one(eid: &mut Eid<'_>, key: KeyReference, digits: &str, pss: bool) -> String {
    let kind = match key {
        KeyReference::Authentication => CertificateKind::Authentication,
        KeyReference::Signature => CertificateKind::Signature,
    };
    let mut seen = None;
    let mut sign = || {
        // A PIN that is wrong signs nothing that could be verified.
        let certificate = if digits == "1234" {
            eid.certificate(kind)?
        } else {
            Vec::new()
        };
        let hash = hash_of(eid)?;
        seen = Some(eid.pin_state()?);
        let digest = hash.digest(b"what the transcripts sign");
        let request = SignRequest {
            key,
            hash,
            digest: &digest,
            last_try: LastTry::NotConfirmed,
        };
        let pin = pin(digits);
        let verify = &mut |signature: &_| verifies(&certificate, &digest, signature);
        let signature = if pss {
            eid.sign_pss(&request, &pin, verify)
        } else {
            eid.sign(&request, &pin, verify)
        }?;
        Ok::<_, CardError>(format!("{signature:?} by {}", short(&certificate)))
    };
    let outcome = sign().unwrap_or_else(|error| error.to_string());
    match seen {
        Some(state) => format!("{state:?}: {outcome}"),
        None => outcome,
    }
}

fn sign_both(eid: &mut Eid<'_>) -> String {
    [KeyReference::Authentication, KeyReference::Signature]
        .map(|key| sign_one(eid, key, "1234", false))
        .join("; ")
}

fn sign_pss(eid: &mut Eid<'_>) -> String {
    sign_one(eid, KeyReference::Signature, "1234", true)
}

fn wrong_pins(eid: &mut Eid<'_>) -> String {
    [(); 3]
        .map(|()| sign_one(eid, KeyReference::Authentication, "9999", false))
        .join("; ")
}

fn sign_list(eid: &mut Eid<'_>) -> String {
    let entries: Vec<ListEntry> = (0_u8..3)
        .map(|number| ListEntry {
            hash: HashAlgorithm::Sha384,
            digest: vec![number; 48],
        })
        .collect();
    let list = SignList {
        key: KeyReference::Signature,
        entries: &entries,
        last_try: LastTry::NotConfirmed,
    };
    let certificate = match eid.certificate(CertificateKind::Signature) {
        Ok(certificate) => certificate,
        Err(error) => return error.to_string(),
    };
    let mut handed = 0;
    let ended = eid.sign_list(
        &list,
        pin("1234"),
        &mut |index, signature| verifies(&certificate, &entries[index].digest, signature),
        &mut |_, _| {
            handed += 1;
            ControlFlow::Continue(())
        },
    );
    let by = short(&certificate);
    match ended {
        Ok(count) => format!("{handed} handed out of {count} by {by}"),
        Err(error) => format!("{handed} handed out by {by}, then: {error}"),
    }
}

fn change(eid: &mut Eid<'_>) -> String {
    let (old, new) = (pin("1234"), pin("4321"));
    let change = PinChange::Typed { old: &old, new: &new };
    [(); 2]
        .map(|()| match eid.change_pin(change, LastTry::NotConfirmed) {
            Ok(()) => "changed".to_owned(),
            Err(error) => error.to_string(),
        })
        .join("; ")
}

fn unblock(eid: &mut Eid<'_>) -> String {
    let half = |digits: &str| zeroize::Zeroizing::new(digits.as_bytes().to_vec());
    let puk = Puk::new(half("654321"), half("123456")).unwrap();
    let before = eid.pin_state();
    let first = eid.unblock(&puk);
    format!("{before:?}; {first:?}; {:?}", eid.pin_state())
}

/// Notes what goes between the driver and a card.
struct Recorder {
    card: VirtualCard,
    lines: Vec<String>,
}

impl Transport for Recorder {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.lines.push(format!("> {}", masked(&hex::encode(command))));
        let answer = self.card.transmit(command);
        self.lines.push(match &answer {
            Ok(bytes) => format!("< {}", hex::encode(bytes)),
            Err(error) => format!("! {}", word(*error)),
        });
        answer
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.lines.push("# reset".to_owned());
        self.card.reset()
    }
}

/// A command with the names of its PINs in the place of their blocks.
fn masked(command: &str) -> String {
    let carries_a_pin = ["00200001", "00240001", "002c0001"]
        .iter()
        .any(|head| command.starts_with(head));
    if !carries_a_pin {
        return command.to_owned();
    }
    let masked = PINS.iter().fold(command.to_owned(), |text, (name, block)| {
        text.replace(block, name)
    });
    assert!(
        masked.len() <= 8 || masked.contains('['),
        "a PIN without a name would stand in a transcript"
    );
    masked
}

const FAULTS: [(&str, TransportError); 4] = [
    ("communication", TransportError::Communication),
    ("mute", TransportError::CardMute),
    ("removed", TransportError::CardRemoved),
    ("reset", TransportError::CardReset),
];

fn word(error: TransportError) -> &'static str {
    FAULTS.iter().find(|(_, fault)| *fault == error).unwrap().0
}

/// Plays a transcript's answers to whoever sends its commands, and to nobody else.
struct Player {
    atr: Vec<u8>,
    lines: std::collections::VecDeque<String>,
    /// The first command that was another than the transcript's.
    strayed: Option<String>,
}

impl Player {
    fn new(transcript: &str) -> Self {
        let mut lines: std::collections::VecDeque<String> = transcript.lines().map(str::to_owned).collect();
        let atr = lines.pop_front().unwrap_or_default();
        Self {
            atr: hex::decode(atr.strip_prefix("# atr ").unwrap_or_default()).unwrap_or_default(),
            lines,
            strayed: None,
        }
    }

    fn stray(&mut self, what: String) -> TransportError {
        self.strayed.get_or_insert(what);
        TransportError::Service(0)
    }
}

impl Transport for Player {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let sent = masked(&hex::encode(command));
        match self.lines.pop_front() {
            Some(line) if line.strip_prefix("> ") == Some(sent.as_str()) => {}
            other => return Err(self.stray(format!("sent {sent} for {other:?}"))),
        }
        let answer = self.lines.pop_front().unwrap_or_default();
        if let Some(bytes) = answer.strip_prefix("< ").and_then(|text| hex::decode(text).ok()) {
            return Ok(bytes);
        }
        let fault = FAULTS
            .iter()
            .find(|(word, _)| answer.strip_prefix("! ") == Some(word));
        Err(match fault {
            Some((_, error)) => *error,
            None => self.stray(format!("no answer: {answer}")),
        })
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        match self.lines.pop_front() {
            Some(line) if line == "# reset" => Ok(()),
            other => Err(self.stray(format!("reset for {other:?}"))),
        }
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/promises/card/transcripts/{name}.txt"))
}

fn record(situation: &Situation) -> String {
    let card = (situation.card)();
    let atr = hex::encode(card.atr());
    let mut connection = InProcess::new(Recorder {
        card,
        lines: Vec::new(),
    });
    let outcome = play(situation, &mut connection);
    let lines = connection.transport().lines.join("\n");
    format!("# atr {atr}\n{lines}\n= {outcome}\n")
}

/// What comes of a transcript: its outcome, and whether every line was used and none was strayed from.
fn replay(situation: &Situation, transcript: &str) -> String {
    let (lines, _) = transcript.split_once("\n= ").unwrap_or((transcript, ""));
    let mut connection = InProcess::new(Player::new(lines));
    let outcome = play(situation, &mut connection);
    let player = connection.transport();
    match (&player.strayed, player.lines.len()) {
        (None, 0) => outcome,
        (strayed, left) => format!("{outcome} ({strayed:?}, {left} lines left)"),
    }
}

fn load(situation: &Situation) -> (String, String) {
    let path = path(situation.name);
    if std::env::var("ZEGEL_BLESS").is_ok() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, record(situation)).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, outcome) = text.split_once("\n= ").unwrap();
    let outcome = outcome.trim_end().to_owned();
    (text, outcome)
}

#[test]
fn each_situation_goes_as_it_is_written() {
    for situation in &SITUATIONS {
        let (text, outcome) = load(situation);
        assert_eq!(replay(situation, &text), outcome, "{}", situation.name);
        assert!(
            PINS.iter()
                .all(|(_, block)| !text.contains(&format!("08{block}"))),
            "{}: a PIN stands in it",
            situation.name
        );
    }
}

#[test]
fn no_transcript_is_left_without_its_situation() {
    let mut found: Vec<String> = std::fs::read_dir(path("x").parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut wanted: Vec<String> = SITUATIONS
        .iter()
        .map(|situation| format!("{}.txt", situation.name))
        .collect();
    wanted.sort();
    assert_eq!(found, wanted);
}

/// One changed byte in any line, and the situation no longer goes as it is written.
#[test]
fn one_changed_byte_in_any_line_is_noticed() {
    for situation in &SITUATIONS {
        let (text, outcome) = load(situation);
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(changed) = changed(line).filter(|_| !is_discarded(&lines, number)) else {
                continue;
            };
            let mut other: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            other[number] = changed;
            assert_ne!(
                replay(situation, &other.join("\n")),
                outcome,
                "{}, line {}: {}",
                situation.name,
                number + 1,
                &line[..line.len().min(60)]
            );
        }
    }
}

/// A line of a command, an answer or a fault with its first byte changed, or another fault.
fn changed(line: &str) -> Option<String> {
    let (mark, rest) = line.split_at_checked(2)?;
    match mark {
        "> " | "< " => {
            let first = u8::from_str_radix(rest.get(..2)?, 16).ok()?;
            Some(format!("{mark}{:02x}{}", first ^ 0x01, rest.get(2..)?))
        }
        "! " => Some(if rest == "removed" { "! mute" } else { "! removed" }.to_owned()),
        _ => None,
    }
}

/// Whether this is a part of a file of which nothing remains: the card was lost before the file's end, and it was read
/// again from its start or not at all.
fn is_discarded(lines: &[&str], number: usize) -> bool {
    let is_read = number > 0 && lines[number - 1].starts_with("> 00b0");
    let mut after = lines[number..].iter();
    let next = after
        .clone()
        .find(|line| line.starts_with("! ") || line.starts_with("> 00a4"));
    is_read
        && (matches!(next, Some(&"! reset" | &"! communication")) || after.any(|line| *line == "! removed"))
}
