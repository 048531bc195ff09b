//! The same through a real reader daemon, by the program itself and before independent programs.
//!
//! libpcsclite finds the daemon by its environment, so what runs here runs in programs of its own: `zegel`, the
//! judges, and this test binary once more for what the command line does not show.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use zegel::base::clock::SystemClock;
use zegel::base::digest::{HashAlgorithm, Sha256Digest};
use zegel::base::random::SystemRandom;
use zegel::card::CardError;
use zegel::card::eid::{
    CardSignature, CertificateKind, Eid, File, KeyReference, LastTry, PinState, SignRequest, SignatureScheme,
};
use zegel::card::readers::{Event, Options, Readers};
use zegel::card::transport::{Connection, Disposition, Step};
use zegel::crypto::ecdsa::raw_to_der;
use zegel::crypto::key::Curve;
use zegel::lab::card::{CardImage, Fault, FaultKind};
use zegel::lab::control::{Request, ask};
use zegel::lab::host::CardRequest;
use zegel::lab::reader::{find_daemon, find_driver};
use zegel::lab::{Lab, LabSettings};

use super::support::{pin, trust_text};
use crate::support::{judge, shared};

const ZEGEL: &str = env!("CARGO_BIN_EXE_zegel");
const LONG: Duration = Duration::from_secs(60);

pub(super) fn start(folder: &Path, readers: usize, cards: &[&str]) -> Lab {
    let mut settings = LabSettings::new(folder, ZEGEL);
    settings.readers = readers;
    settings.cards = cards.iter().map(|card| (*card).to_owned()).collect();
    Lab::start(settings, Arc::new(SystemClock::new()), Arc::new(SystemRandom)).unwrap()
}

/// Whether a reader daemon and its virtual driver are here; said aloud when not.
pub(super) fn stack() -> bool {
    let found = find_daemon(None).and_then(|_| find_driver(None, Path::new(".cache")));
    if let Err(error) = &found {
        let required = std::env::var("ZEGEL_JUDGES").is_ok_and(|value| value == "required");
        assert!(!required, "{error}");
        eprintln!("skipped: {error}");
    }
    found.is_ok()
}

/// One laboratory for this module; it ends with this process.
fn lab() -> Option<&'static Lab> {
    static LAB: OnceLock<Option<Lab>> = OnceLock::new();
    LAB.get_or_init(|| {
        stack().then(|| {
            let folder = tempfile::Builder::new().prefix("zc").tempdir().unwrap().keep();
            let lab = start(&folder, 8, &[]);
            let trust = trust_text(&Sha256Digest::of(lab.pki().root_der()), "2.16.56.13.6.0.1");
            std::fs::write(lab.folder().join("card-trust.toml"), trust).unwrap();
            lab
        })
    })
    .as_ref()
}

fn program(lab: &Lab, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let (name, socket) = lab.environment();
    let mut command = Command::new(program);
    command.env(name, socket);
    command
}

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (status.code(), text(&stdout), text(&stderr))
}

/// Puts a card into a reader and waits until the daemon has seen it, which takes it up to 400 ms.
pub(super) fn insert(lab: &Lab, card: &str) -> String {
    let reader = lab.insert(card).unwrap();
    await_state(lab, &format!("{reader}: eID card"));
    reader
}

/// Takes a card out and waits until the daemon has seen that: another test may get the reader.
fn remove(lab: &Lab, card: &str, reader: &str) {
    lab.remove(card).unwrap();
    await_state(lab, &format!("{reader}: no card"));
}

fn await_state(lab: &Lab, wanted: &str) {
    let seen = || {
        run(program(lab, ZEGEL).args(["card", "readers"]))
            .1
            .contains(wanted)
    };
    assert!((0..400).any(|_| seen()), "never seen: {wanted}");
}

/// Runs an ignored test of this room in a process that sees the laboratory's readers.
pub(super) fn inside(lab: &Lab, test: &str, reader: &str, card: &str) {
    let mut command = program(lab, std::env::current_exe().unwrap());
    command.args([&format!("card::{test}"), "--exact", "--ignored", "--nocapture"]);
    command
        .env("ZEGEL_TEST_LAB", lab.folder())
        .env("ZEGEL_TEST_READER", reader)
        .env("ZEGEL_TEST_CARD", card);
    let (code, out, messages) = run(&mut command);
    assert!(code == Some(0) && out.contains("1 passed"), "{out}\n{messages}");
}

/// What [`inside`] handed over: the laboratory's folder, the reader, the card.
pub(super) fn handed() -> (PathBuf, String, String) {
    let setting = |name| std::env::var(name).unwrap();
    (
        setting("ZEGEL_TEST_LAB").into(),
        setting("ZEGEL_TEST_READER"),
        setting("ZEGEL_TEST_CARD"),
    )
}

pub(super) fn tell(folder: &Path, request: CardRequest) {
    ask(folder, &Request::Card(request)).unwrap();
}

fn readers() -> Readers {
    Readers::pcsc(Options::default(), Arc::new(SystemClock::new())).unwrap()
}

#[test]
fn a_laboratory_card_is_read_and_proved_through_the_daemon() {
    let Some(lab) = lab() else { return };
    let _alone = alone();
    let reader = insert(lab, "mayor");
    let trust = lab.folder().join("card-trust.toml");
    let mut command = program(lab, ZEGEL);
    command
        .args(["card", "read", "--format", "json", "--reader", &reader, "--trust"])
        .arg(trust);
    let (code, out, messages) = run(&mut command);
    assert_eq!(code, Some(0), "{messages}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["proved"], true, "{out}");
    assert_eq!(json["verdicts"]["photo"], "valid");
    assert!(json["person"].get("national_number").is_none());

    let (code, out, _) = run(program(lab, ZEGEL).args(["card", "readers", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let found = json["readers"].as_array().unwrap();
    assert_eq!(code, Some(0));
    assert!(
        found
            .iter()
            .any(|entry| entry["name"] == reader.as_str() && entry["card"] == "eid"),
        "{out}"
    );

    // Independent programs read the same card.
    if let Some(opensc) = judge("opensc-tool") {
        let listed = run(program(lab, &opensc).arg("--list-readers")).1;
        let line = listed
            .lines()
            .find(|line| line.contains(&reader))
            .unwrap_or_else(|| panic!("{listed}"));
        let number = line.split_whitespace().next().unwrap();
        let (code, out, messages) = run(program(lab, &opensc).args(["--reader", number, "--atr"]));
        assert_eq!(code, Some(0), "{messages}");
        assert!(out.trim().starts_with("3b:7f:96"), "{out}");
        if let Some(pkcs15) = judge("pkcs15-tool") {
            let (code, out, messages) = run(program(lab, &pkcs15).args(["--reader", number, "--dump"]));
            assert_eq!(code, Some(0), "{messages}");
            assert!(
                out.contains("Authentication") && out.contains("Signature"),
                "{out}"
            );
            let theirs = run(program(lab, &pkcs15).args(["--reader", number, "--read-certificate", "02"])).1;
            let ours =
                run(program(lab, ZEGEL).args(["card", "certificates", "--pem", "--reader", &reader])).1;
            let body = |pem: &str| {
                let inside = pem.split("-----").nth(2).unwrap_or_default().to_owned();
                inside.replace(char::is_whitespace, "")
            };
            assert_eq!(body(&theirs), body(&ours), "the same authentication certificate");
        }
    }
    remove(lab, "mayor", &reader);
}

#[test]
fn the_published_specimen_is_read_through_the_daemon() {
    let (Some(lab), Some(folder)) = (lab(), shared("card/commons-eid-alice-card")) else {
        return;
    };
    let _alone = alone();
    let image = CardImage::from_published_files(&folder, "Alice").unwrap();
    image.save(&lab.folder().join("cards/alice.json")).unwrap();
    let reader = insert(lab, "alice");
    let mut command = program(lab, ZEGEL);
    let (code, out, messages) = run(command.args([
        "card",
        "read",
        "--format",
        "json",
        "--national-number",
        "--reader",
        &reader,
    ]));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{messages}"));
    assert_eq!(json["person"]["national_number"], "71715100070");
    for element in ["identity", "address", "photo"] {
        assert_eq!(json["verdicts"][element], "valid", "{element}");
    }
    // Genuine by its own signer, whom nobody here trusts.
    assert_eq!((code, &json["refusal"]), (Some(4), &"PATH_NO_ANCHOR".into()));
    remove(lab, "alice", &reader);
}

#[test]
fn an_empty_reader_and_an_unknown_one_are_told_apart() {
    let Some(lab) = lab() else { return };
    let _alone = alone();
    let (code, _, messages) =
        run(program(lab, ZEGEL).args(["card", "read", "--reader", "Zegel TEST 3 00 01"]));
    assert!(
        code == Some(5) && messages.contains("(CARD_MISSING)"),
        "{messages}"
    );
    let (code, _, messages) = run(program(lab, ZEGEL).args(["card", "read", "--reader", "nowhere"]));
    assert!(
        code == Some(5) && messages.contains("(CARD_READER_UNKNOWN)"),
        "{messages}"
    );
    let mut command = Command::new(ZEGEL);
    command
        .env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm")
        .args(["card", "readers"]);
    let (code, _, messages) = run(&mut command);
    assert!(
        code == Some(5) && messages.contains("(CARD_NO_SERVICE)"),
        "{messages}"
    );
}

#[test]
fn both_keys_sign_in_a_real_reader_and_nobody_inherits_the_right() {
    let Some(lab) = lab() else { return };
    let _alone = alone();
    for card in [
        "director",
        "citizen",
        "applet-10",
        "applet-11",
        "applet-17",
        "rekeyed",
    ] {
        let reader = insert(lab, card);
        is_proved(lab, &reader, card);
        inside(lab, "pcscd::inside_sign", &reader, card);
        opensc_signs(lab, &reader, card);
        remove(lab, card, &reader);
        openssl_verifies(lab, card);
    }
}

/// The card's data is read and each element of it verified, with the laboratory's own root.
fn is_proved(lab: &Lab, reader: &str, card: &str) {
    let mut command = program(lab, ZEGEL);
    command
        .args(["card", "read", "--format", "json", "--reader", reader, "--trust"])
        .arg(lab.folder().join("card-trust.toml"));
    let (code, out, messages) = run(&mut command);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{card}: {messages}"));
    for element in ["identity", "address", "photo"] {
        assert_eq!(json["verdicts"][element], "valid", "{card}: {out}");
    }
    // RSA-1024 with SHA-1 verifies, and proves nothing any more.
    let expected = match card {
        "applet-10" | "applet-11" => (Some(4), false.into(), "ALG_FORBIDDEN".into()),
        _ => (Some(0), true.into(), serde_json::Value::Null),
    };
    assert_eq!(
        (code, json["proved"].clone(), json["refusal"].clone()),
        expected,
        "{card}: {out}"
    );
}

/// Another program verifies what the card signed: certificate, digest and value as [`inside_sign`] left them.
fn openssl_verifies(lab: &Lab, card: &str) {
    let Some(openssl) = judge("openssl") else { return };
    for key in ["Authentication", "Signature"] {
        let file = |ending: &str| lab.folder().join(format!("{card}-{key}.{ending}"));
        let (code, public, messages) = run(Command::new(&openssl)
            .args(["x509", "-inform", "DER", "-pubkey", "-noout", "-in"])
            .arg(file("der")));
        assert_eq!(code, Some(0), "{messages}");
        std::fs::write(file("pub"), public).unwrap();
        let is_rsa = card != "director";
        let options: &[&str] = if is_rsa {
            &["-pkeyopt", "digest:sha256"]
        } else {
            &[]
        };
        let (code, said, messages) = run(Command::new(&openssl)
            .args(["pkeyutl", "-verify", "-pubin", "-inkey"])
            .arg(file("pub"))
            .arg("-in")
            .arg(file("digest"))
            .arg("-sigfile")
            .arg(file("sig"))
            .args(options));
        assert!(
            code == Some(0) && said.contains("Verified Successfully"),
            "{card} {key}: {said}{messages}"
        );
    }
}

/// OpenSC signs with the authentication key of an applet 1.7, and our own reading of the certificate verifies it.
fn opensc_signs(lab: &Lab, reader: &str, card: &str) {
    let (Some(tool), "applet-17") = (judge("pkcs11-tool"), card) else {
        return;
    };
    let module = ["x86_64", "aarch64"]
        .map(|machine| PathBuf::from(format!("/usr/lib/{machine}-linux-gnu/opensc-pkcs11.so")))
        .into_iter()
        .find(|path| path.exists());
    let Some(module) = module else { return };
    // As many slots as there are readers here: left to itself it shows four.
    let settings = lab.folder().join("opensc.conf");
    let text = "app opensc-pkcs11 { pkcs11 { max_virtual_slots = 64; slots_per_slot = 1; } }";
    std::fs::write(&settings, text).unwrap();
    let tool = || {
        let mut command = program(lab, &tool);
        command.env("OPENSC_CONF", &settings).arg("--module").arg(&module);
        command
    };
    let slots = run(tool().arg("-L")).1;
    let line = slots
        .lines()
        .find(|line| line.contains(reader))
        .unwrap_or_else(|| panic!("{slots}"));
    let slot = line
        .split('(')
        .nth(1)
        .and_then(|rest| rest.split(')').next())
        .unwrap();
    let (data, value) = (lab.folder().join("opensc.txt"), lab.folder().join("opensc.sig"));
    std::fs::write(&data, b"signed by another program").unwrap();
    let (code, _, messages) = run(tool()
        .args(["--slot", slot, "--login", "--pin", "1234", "--sign"])
        .args(["--mechanism", "SHA256-RSA-PKCS", "--id", "02", "-i"])
        .arg(&data)
        .arg("-o")
        .arg(&value));
    assert_eq!(code, Some(0), "{messages}");
    let certificate = std::fs::read(lab.folder().join(format!("{card}-Authentication.der"))).unwrap();
    let signature = CardSignature {
        scheme: SignatureScheme::RsaPkcs1,
        hash: HashAlgorithm::Sha256,
        value: std::fs::read(value).unwrap(),
    };
    let digest = HashAlgorithm::Sha256.digest(b"signed by another program");
    assert!(super::driver::verifies(&certificate, &digest, &signature));
}

#[test]
#[ignore = "runs inside another test"]
fn inside_sign() {
    let (folder, reader, card) = handed();
    let readers = readers();
    let job = move |connection: &mut dyn Connection| {
        let mut eid = Eid::new(connection);
        eid.pin_state()?;
        for key in [KeyReference::Authentication, KeyReference::Signature] {
            let kind = match key {
                KeyReference::Authentication => CertificateKind::Authentication,
                KeyReference::Signature => CertificateKind::Signature,
            };
            let certificate = eid.certificate(kind)?;
            let hash = if eid.card_data()?.applet_version >= 0x18 {
                HashAlgorithm::Sha384
            } else {
                HashAlgorithm::Sha256
            };
            let digest = hash.digest(b"signed through a reader");
            let request = SignRequest {
                key,
                hash,
                digest: &digest,
                last_try: LastTry::NotConfirmed,
            };
            let code = std::env::var("ZEGEL_TEST_PIN").unwrap_or_else(|_| "1234".to_owned());
            let signature = eid.sign(&request, &pin(&code), &mut |signature| {
                super::driver::verifies(&certificate, &digest, signature)
            })?;
            let value = match signature.scheme {
                SignatureScheme::Ecdsa => raw_to_der(&signature.value, Curve::P384).unwrap(),
                SignatureScheme::RsaPkcs1 | SignatureScheme::RsaPss => signature.value,
            };
            for (ending, content) in [("der", &certificate), ("digest", &digest), ("sig", &value)] {
                std::fs::write(folder.join(format!("{card}-{key:?}.{ending}")), content).unwrap();
            }
        }
        Ok(eid.card_data()?.applet_version)
    };
    let applet = readers.submit(&reader, LONG, job).wait().unwrap();
    // Another connection asks the card to sign without a PIN.
    let (algorithm, length) = match applet {
        0x18.. => (0x02, 48),
        0x17 => (0x08, 32),
        _ => (0x02, 20),
    };
    let refused = readers.submit(&reader, LONG, move |connection| {
        let mut answer = Vec::new();
        connection.run(&mut |transport| {
            let _ = transport.transmit(&[0x00, 0x22, 0x41, 0xB6, 0x05, 0x04, 0x80, algorithm, 0x84, 0x82]);
            let command = [
                &[0x00, 0x2A, 0x9E, 0x9A, length][..],
                &vec![7; usize::from(length)],
            ]
            .concat();
            answer = transport.transmit(&command).unwrap();
            Step::Done(Disposition::Leave)
        })?;
        Ok(answer)
    });
    assert_eq!(refused.wait().unwrap(), [0x69, 0x82]);
}

#[test]
fn faults_in_a_real_reader_have_their_causes() {
    let Some(lab) = lab() else { return };
    let _alone = alone();
    let reader = insert(lab, "alderman");
    inside(lab, "pcscd::inside_faults", &reader, "alderman");
}

#[test]
#[ignore = "runs inside another test"]
fn inside_faults() {
    let (folder, reader, card) = handed();
    let readers = readers();
    let events = readers.events();
    let await_event = |wanted: &Event| while events.recv_timeout(LONG).unwrap() != *wanted {};
    let number = |reader: &str| {
        let digits: Vec<usize> = reader.split(' ').filter_map(|part| part.parse().ok()).collect();
        digits[0] * 2 + digits[2]
    };
    let insert = || {
        tell(
            &folder,
            CardRequest::Insert {
                card: card.clone(),
                reader: Some(number(&reader)),
            },
        );
    };
    let fault = |fault: Fault| {
        tell(
            &folder,
            CardRequest::Fault {
                card: card.clone(),
                fault,
            },
        )
    };
    let read = || {
        readers
            .submit(&reader, LONG, |connection| Eid::new(connection).read(File::Photo))
            .wait()
    };
    let sign = || {
        readers
            .submit(&reader, LONG, |connection| {
                let mut eid = Eid::new(connection);
                let hash = match eid.card_data()?.applet_version {
                    0x18.. => HashAlgorithm::Sha384,
                    _ => HashAlgorithm::Sha256,
                };
                let digest = hash.digest(b"lost");
                let request = SignRequest {
                    key: KeyReference::Signature,
                    hash,
                    digest: &digest,
                    last_try: LastTry::NotConfirmed,
                };
                eid.sign(&request, &pin("1234"), &mut |_| true)
            })
            .wait()
            .map(drop)
    };

    let whole = read().unwrap();
    // A line that breaks off in the middle is cured by a reconnect, unless the daemon looked just then and saw the
    // card gone for that moment: then that is what is said.
    fault(Fault::now(FaultKind::Communication).after(4));
    let mut broken = read();
    while broken == Err(CardError::CardRemoved) || broken == Err(CardError::CardMissing) {
        broken = read();
    }
    assert_eq!(broken.as_ref(), Ok(&whole));
    // Another program's reset between two transactions goes unnoticed by whoever reads.
    tell(&folder, CardRequest::Reset { card: card.clone() });
    assert_eq!(read().as_ref(), Ok(&whole));

    // Taken out in the middle of a file, and in the middle of a signature.
    fault(Fault::now(FaultKind::Removed).after(5));
    assert_eq!(read(), Err(CardError::CardRemoved));
    await_event(&Event::CardRemoved(reader.clone()));
    insert();
    let inserted = |event: Event| matches!(event, Event::CardInserted(name, _) if name == reader);
    while !inserted(events.recv_timeout(LONG).unwrap()) {}
    fault(Fault::now(FaultKind::Removed).at_instruction(0x2A));
    assert_eq!(sign(), Err(CardError::CardRemoved));
    await_event(&Event::CardRemoved(reader.clone()));
    insert();
    while !inserted(events.recv_timeout(LONG).unwrap()) {}
    let state = readers
        .submit(&reader, LONG, |connection| Eid::new(connection).pin_state())
        .wait();
    assert_eq!(state, Ok(PinState::Left(3)));

    // A card that answers nothing: the caller gets its cause in its time, and the reader waits for the card to go.
    fault(Fault::now(FaultKind::Mute).after(2));
    let short = Duration::from_secs(2);
    let mute = readers.submit(&reader, short, |connection| {
        Eid::new(connection).read(File::Photo)
    });
    assert_eq!(mute.wait(), Err(CardError::CardMute));
    assert_eq!(read(), Err(CardError::ReaderStuck));
    tell(&folder, CardRequest::Remove { card: card.clone() });
    await_event(&Event::ReaderFreed(reader.clone()));
    insert();
    while !inserted(events.recv_timeout(LONG).unwrap()) {}
    assert_eq!(read(), Ok(whole));
}

/// The service's library takes itself down at the end of a process: a thread that is inside it then ends the program in
/// "double free or corruption".
#[test]
fn programs_end_cleanly_however_often_they_look_at_readers() {
    let Some(lab) = lab() else { return };
    let _alone = alone();
    let reader = insert(lab, "mayor");
    let ways: [&[&str]; 2] = [
        &["card", "readers"],
        &["card", "certificates", "--reader", &reader],
    ];
    std::thread::scope(|scope| {
        // More than there are processors, so that threads are stopped wherever they are.
        for _ in 0..6 {
            scope.spawn(|| {
                for way in ways.into_iter().cycle().take(20) {
                    let (code, _, messages) = run(program(lab, ZEGEL).args(way));
                    assert_eq!((code, messages.as_str()), (Some(0), ""), "{way:?}");
                }
            });
        }
    });
    remove(lab, "mayor", &reader);
}

#[test]
fn watching_survives_the_service_going_away_and_coming_back() {
    if !stack() {
        return;
    }
    let folder = tempfile::Builder::new().prefix("zw").tempdir().unwrap();
    let first = start(folder.path(), 2, &["mayor"]);
    let reader = first.insert("mayor").unwrap();
    let mut command = program(&first, ZEGEL);
    let mut watching = command
        .args(["card", "watch", "--idle", "60"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut await_line = |wanted: &str| {
        let mut seen = Vec::new();
        for line in lines.by_ref() {
            if line.starts_with(wanted) {
                return;
            }
            seen.push(line);
        }
        panic!("no `{wanted}` in {seen:?}");
    };
    await_line(&format!("card inserted: {reader}"));
    first.remove("mayor").unwrap();
    await_line(&format!("card removed: {reader}"));
    drop(first);
    await_line("service lost: CARD_NO_SERVICE");
    let second = start(folder.path(), 2, &["mayor"]);
    await_line("service back");
    second.insert("mayor").unwrap();
    await_line(&format!("card inserted: {reader}"));
    watching.kill().unwrap();
    watching.wait().unwrap();
}

/// One test at a time: whoever lists the readers speaks to every card in them, also to one that another test gave a
/// fault, and waits for ever where one is mute.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
