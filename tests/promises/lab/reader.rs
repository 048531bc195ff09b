//! Virtual cards in a real reader daemon: independent programs read them, and nothing of it touches the machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use zegel::base::clock::SystemClock;
use zegel::base::random::SystemRandom;
use zegel::lab::card::{CardImage, Fault, FaultKind};
use zegel::lab::host::{CardRequest, CardState};
use zegel::lab::pinentry::PinAnswer;
use zegel::lab::reader::{find_daemon, find_driver};
use zegel::lab::{Lab, LabSettings};

use crate::support::{TestFolder, judge, shared};

/// A laboratory of a test, with only the cards it names. Drop order: first the laboratory, then its folder.
pub struct TestLab {
    pub lab: Lab,
    _folder: Option<TestFolder>,
}

impl std::ops::Deref for TestLab {
    type Target = Lab;
    fn deref(&self) -> &Lab {
        &self.lab
    }
}

/// Settings of a laboratory in `folder` with the cards named; `None`, said aloud, where there is no reader daemon.
pub fn settings(folder: &Path, cards: &[&str]) -> Option<LabSettings> {
    let mut settings = LabSettings::new(folder, env!("CARGO_BIN_EXE_zegel"));
    settings.cache = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache");
    settings.vpcd_driver = std::env::var_os("ZEGEL_LAB_VPCD").map(PathBuf::from);
    settings.cards = cards.iter().map(|card| (*card).to_owned()).collect();
    let found = find_daemon(None).and_then(|_| find_driver(settings.vpcd_driver.as_deref(), &settings.cache));
    if let Err(error) = found {
        let required = std::env::var("ZEGEL_JUDGES").is_ok_and(|value| value == "required");
        assert!(!required, "the reader daemon is required here: {error}");
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "skipped: {error}");
        return None;
    }
    Some(settings)
}

/// Starts a laboratory with the cards named, none of them in a reader yet.
pub fn start(cards: &[&str]) -> Option<TestLab> {
    let folder = TestFolder::new("lab");
    let lab = start_in(folder.path(), cards)?;
    Some(TestLab {
        lab,
        _folder: Some(folder),
    })
}

fn start_in(folder: &Path, cards: &[&str]) -> Option<Lab> {
    let settings = settings(folder, cards)?;
    Some(Lab::start(settings, Arc::new(SystemClock::new()), Arc::new(SystemRandom)).unwrap())
}

/// Runs a client of the laboratory's readers.
fn client(lab: &Lab, program: &Path, arguments: &[&str]) -> (Output, String) {
    let (name, socket) = lab.environment();
    let output = Command::new(program)
        .args(arguments)
        .env(name, socket)
        .output()
        .unwrap();
    let text = [output.stdout.clone(), output.stderr.clone()].concat();
    (output, String::from_utf8_lossy(&text).into_owned())
}

/// Waits until `opensc-tool -l` shows a card (or none) in `reader`: the daemon looks every 400 ms.
fn wait_for_card(lab: &Lab, opensc: &Path, reader: &str, present: bool) {
    let word = if present { "Yes" } else { "No" };
    let started = Instant::now();
    loop {
        let (_, text) = client(lab, opensc, &["-l"]);
        if text
            .lines()
            .any(|line| line.ends_with(reader) && line.contains(word))
        {
            return;
        }
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "no change seen in {reader}: {text}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn card(lab: &Lab, name: &str) -> CardState {
    let cards = lab.cards(&CardRequest::List).unwrap();
    cards.into_iter().find(|card| card.card == name).unwrap()
}

#[test]
fn opensc_reads_the_cards_of_both_generations() {
    let (Some(opensc), Some(pkcs15)) = (judge("opensc-tool"), judge("pkcs15-tool")) else {
        return;
    };
    let Some(lab) = start(&["mayor", "alderman"]) else {
        return;
    };
    for (name, key) in [
        ("mayor", "Private EC Key [Authentication]"),
        ("alderman", "Private RSA Key [Authentication]"),
    ] {
        let reader = lab.insert(name).unwrap();
        wait_for_card(&lab, &opensc, &reader, true);
        let (_, text) = client(&lab, &opensc, &["-r", &reader, "-n"]);
        assert!(text.contains("Belpic"), "{name}: {text}");
        let (output, text) = client(&lab, &pkcs15, &["-r", &reader, "--dump"]);
        assert!(output.status.success(), "{name}: {text}");
        for expected in [
            "PKCS#15 Card [BELPIC]",
            "PIN [Basic PIN]",
            key,
            "X.509 Certificate [Signature]",
            "Certificate [Root]",
        ] {
            assert!(text.contains(expected), "{name}: {expected} in {text}");
        }
        let (_, pem) = client(&lab, &pkcs15, &["-r", &reader, "--read-certificate", "02"]);
        let serial = lab
            .person(name)
            .unwrap()
            .authentication
            .to_string()
            .to_uppercase();
        assert!(
            text.to_uppercase().contains(&serial) && pem.contains("BEGIN CERTIFICATE"),
            "{name}: {text}"
        );
    }
}

#[test]
fn opensc_signs_with_the_1_7_card_and_the_value_verifies() {
    let (Some(opensc), Some(crypt), Some(openssl)) =
        (judge("opensc-tool"), judge("pkcs15-crypt"), judge("openssl"))
    else {
        return;
    };
    let Some(lab) = start(&["alderman"]) else { return };
    let reader = lab.insert("alderman").unwrap();
    wait_for_card(&lab, &opensc, &reader, true);
    let folder = TestFolder::new("sign");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("digest"), [0x5A; 32]).unwrap();
    let (output, text) = client(
        &lab,
        &crypt,
        &[
            "-r",
            &reader,
            "-s",
            "-k",
            "02",
            "--sha-256",
            "--pkcs1",
            "-p",
            "1234",
            "-i",
            &path("digest"),
            "-o",
            &path("value"),
        ],
    );
    assert!(output.status.success(), "{text}");
    let image = CardImage::load(&lab.folder().join("cards/alderman.json")).unwrap();
    std::fs::write(path("certificate"), image.file("3F00DF005038").unwrap()).unwrap();
    let run = |arguments: &[&str]| {
        Command::new(&openssl)
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    assert!(
        run(&[
            "x509",
            "-inform",
            "DER",
            "-in",
            "certificate",
            "-noout",
            "-pubkey",
            "-out",
            "key"
        ])
        .status
        .success()
    );
    let verify = [
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key",
        "-pkeyopt",
        "digest:sha256",
        "-in",
        "digest",
        "-sigfile",
        "value",
    ];
    assert!(run(&verify).status.success());
}

#[test]
fn a_card_taken_out_is_seen_to_leave_and_a_fault_takes_it_out_in_the_middle() {
    let (Some(opensc), Some(pkcs15)) = (judge("opensc-tool"), judge("pkcs15-tool")) else {
        return;
    };
    let Some(lab) = start(&["mayor"]) else { return };
    let reader = lab.insert("mayor").unwrap();
    wait_for_card(&lab, &opensc, &reader, true);
    lab.remove("mayor").unwrap();
    wait_for_card(&lab, &opensc, &reader, false);
    assert_eq!(card(&lab, "mayor").reader, None);

    lab.insert("mayor").unwrap();
    wait_for_card(&lab, &opensc, &reader, true);
    let fault = Fault::now(FaultKind::Removed).at_instruction(0xB0).after(3);
    lab.cards(&CardRequest::Fault {
        card: "mayor".to_owned(),
        fault,
    })
    .unwrap();
    let (output, text) = client(&lab, &pkcs15, &["-r", &reader, "--dump"]);
    assert!(!output.status.success() || text.contains("rror"), "{text}");
    wait_for_card(&lab, &opensc, &reader, false);
    assert_eq!(card(&lab, "mayor").reader, None);
}

#[test]
fn wrong_pins_are_still_counted_after_the_laboratory_was_started_again() {
    let (Some(opensc), Some(pkcs15)) = (judge("opensc-tool"), judge("pkcs15-tool")) else {
        return;
    };
    let folder = TestFolder::new("again");
    let Some(lab) = start_in(folder.path(), &["mayor"]) else {
        return;
    };
    let reader = lab.insert("mayor").unwrap();
    wait_for_card(&lab, &opensc, &reader, true);
    let (_, text) = client(&lab, &pkcs15, &["-r", &reader, "--verify-pin", "--pin", "9999"]);
    assert_eq!(card(&lab, "mayor").tries_left, 2, "{text}");
    let (serial, root) = (
        lab.person("mayor").unwrap().signature.clone(),
        lab.pki().root_der().to_vec(),
    );
    let socket = lab.environment().1;
    drop(lab);
    assert!(
        std::os::unix::net::UnixStream::connect(&socket).is_err(),
        "the daemon has ended"
    );

    let lab = start_in(folder.path(), &["mayor"]).unwrap();
    assert_eq!(card(&lab, "mayor").tries_left, 2);
    assert_eq!(lab.person("mayor").unwrap().signature, serial);
    assert_eq!(lab.pki().root_der(), root);
}

#[test]
fn two_laboratories_run_side_by_side_with_as_many_readers_as_they_want() {
    let Some(opensc) = judge("opensc-tool") else {
        return;
    };
    let Some(first) = start(&["mayor"]) else { return };
    let folder = TestFolder::new("many");
    let mut wide = settings(folder.path(), &["mayor", "alderman", "staff"]).unwrap();
    wide.readers = 5;
    let second = Lab::start(wide, Arc::new(SystemClock::new()), Arc::new(SystemRandom)).unwrap();
    let reader = first.insert("mayor").unwrap();
    for name in ["mayor", "alderman", "staff"] {
        let reader = second.insert(name).unwrap();
        wait_for_card(&second, &opensc, &reader, true);
    }
    wait_for_card(&first, &opensc, &reader, true);
    let count = |lab: &Lab| client(lab, &opensc, &["-l"]).1.matches("Yes").count();
    assert_eq!((count(&first), count(&second)), (1, 3));
    // Every card answers for itself, not for the one beside it.
    let atr = |reader: &str| client(&second, &opensc, &["-r", reader, "-a"]).1;
    assert!(atr("Zegel TEST 0 00 00").contains("3b:7f:96"));
    assert!(atr("Zegel TEST 0 00 01").contains("3b:98:13"));
    assert!(atr("Zegel TEST 1 00 00").contains("3b:7f:96"));
}

#[test]
fn a_command_does_not_wait_for_a_delayed_acknowledgement() {
    let Some(opensc) = judge("opensc-tool") else {
        return;
    };
    let Some(lab) = start(&["mayor"]) else { return };
    let reader = lab.insert("mayor").unwrap();
    wait_for_card(&lab, &opensc, &reader, true);
    let mut arguments = vec!["-r", &reader];
    for _ in 0..250 {
        arguments.extend(["-s", "00A4080C023F00"]);
    }
    let started = Instant::now();
    let (output, text) = client(&lab, &opensc, &arguments);
    let took = started.elapsed();
    assert!(output.status.success(), "{text}");
    // 250 delayed acknowledgements of 44 ms would be 11 s.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn the_pin_program_types_what_it_is_told_and_keeps_what_it_was_shown() {
    use std::io::Write as _;
    let Some(lab) = start(&["mayor"]) else { return };
    lab.insert("mayor").unwrap();
    let program = lab.pin_program();
    assert!(zegel::lab::pinentry::is_lab_program(&program));
    let ask = || {
        let mut child = Command::new(&program[0])
            .args(&program[1..])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let commands = b"SETTITLE TEST\nSETDESC Code%3A K7-42%0ALog in\nGETPIN\nBYE\n";
        child.stdin.take().unwrap().write_all(commands).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    assert!(ask().contains("\nD 1234\n"));
    for (answer, expected) in [
        (PinAnswer::Wrong, "\nD 9999\n"),
        (PinAnswer::Cancel, "\nERR 83886179 "),
        (PinAnswer::Timeout, "\nERR 83886142 "),
        (PinAnswer::Digits("55".to_owned()), "\nD 55\n"),
        (PinAnswer::Right, "\nD 1234\n"),
    ] {
        lab.next_pin(answer);
        assert!(ask().contains(expected), "{expected}");
    }
    let shown = lab.pins_shown();
    assert_eq!(shown.len(), 6);
    assert_eq!(shown[0].description, "Code: K7-42\nLog in");
    assert_eq!(shown[2].answered, "cancel");
}

#[test]
fn the_published_1_1_card_is_read_through_the_reader_without_its_keys() {
    let (Some(opensc), Some(folder)) = (judge("opensc-tool"), shared("card/commons-eid-alice-card")) else {
        return;
    };
    let Some(lab) = start(&["mayor"]) else { return };
    let image = CardImage::from_published_files(&folder, "Alice").unwrap();
    lab.add_card("alice", &image, &zegel::lab::card::CardKeys::default())
        .unwrap();
    let reader = lab.insert("alice").unwrap();
    wait_for_card(&lab, &opensc, &reader, true);
    let select_and_read = [
        "-r",
        &reader,
        "-s",
        "00A4080C063F00DF014031",
        "-s",
        "00B0000010",
        "-s",
        "002241B6050480018482",
    ];
    let (_, text) = client(&lab, &opensc, &select_and_read);
    let identity = std::fs::read(folder.join("Alice_Identity.tlv")).unwrap();
    let expected: Vec<String> = identity[..16].iter().map(|byte| format!("{byte:02X}")).collect();
    assert!(text.contains(&expected.join(" ")), "{text}");
    assert!(
        text.contains("SW1=0x6A, SW2=0x88"),
        "it has no key to sign with: {text}"
    );
}

#[test]
fn the_card_host_refuses_to_touch_a_machine_it_shares() {
    let Some(settings) = settings(Path::new("/tmp"), &[]) else {
        return;
    };
    let folder = TestFolder::new("shared");
    let driver = find_driver(settings.vpcd_driver.as_deref(), &settings.cache).unwrap();
    let own = |kind: &str| {
        std::fs::read_link(format!("/proc/self/ns/{kind}"))
            .unwrap()
            .display()
            .to_string()
    };
    let output = Command::new(env!("CARGO_BIN_EXE_zegel"))
        .args([
            "lab",
            "cards",
            "--outside",
            &format!("{},{}", own("mnt"), own("net")),
            "--readers",
            "2",
            "--dir",
        ])
        .arg(folder.path())
        .arg("--pcscd")
        .arg(find_daemon(None).unwrap())
        .arg("--vpcd-driver")
        .arg(driver)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        !output.status.success() && text.contains("namespaces of its own"),
        "{text}"
    );
}
