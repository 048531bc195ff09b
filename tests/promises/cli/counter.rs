//! `zegel card`, `zegel sign`, `zegel verify` and `zegel doctor` at a real reader daemon with the laboratory's cards.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zegel::base::clock::SystemClock;
use zegel::base::random::SystemRandom;
use zegel::lab::{Lab, house};

use super::json::members;
use super::{Ran, pdf, run, zegel};
use crate::lab::reader::settings;
use crate::support::TestFolder;

/// A laboratory with its configuration: whoever sits at its reader. Drop order: the laboratory, then its folder.
pub struct Desk {
    pub lab: Lab,
    folder: TestFolder,
}

impl Desk {
    /// Starts one with the cards named; the first is put in. `None`, said aloud, where there is no reader daemon.
    pub fn open(cards: &[&str]) -> Option<Self> {
        let folder = TestFolder::new("desk");
        let settings = settings(&folder.path().join("lab"), cards)?;
        let lab = Lab::start(settings, Arc::new(SystemClock::new()), Arc::new(SystemRandom)).unwrap();
        let desk = Self { lab, folder };
        std::fs::create_dir(desk.path("trust")).unwrap();
        house::write_trust(&desk.lab, &desk.path("trust")).unwrap();
        desk.configure(true);
        for name in ["a", "b", "c"] {
            std::fs::write(desk.path(&format!("{name}.pdf")), pdf(&format!("TEST {name}"))).unwrap();
        }
        desk.insert(cards[0]);
        Some(desk)
    }

    /// Writes the configuration, with the laboratory's PIN program or none.
    pub fn configure(&self, with_pin_program: bool) {
        let program = if with_pin_program {
            self.lab.pin_program()
        } else {
            Vec::new()
        };
        let text = format!(
            "environment = \"test\"\n[trust]\ntest_folder = \"trust\"\n[outside]\nhosts = [\"127.0.0.1\"]\n\
             private_addresses = true\ntime_stamp_urls = [\"{}/tsa\"]\n[counter]\npin_program = {program:?}\n",
            self.lab.services_url()
        );
        std::fs::write(self.path("zegel.toml"), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The environment in which a program finds the laboratory's readers.
    pub fn command(&self) -> std::process::Command {
        let (name, socket) = self.lab.environment();
        let mut command = zegel(self.folder.path());
        command.env(name, socket);
        command
    }

    pub fn run(&self, words: &[&str]) -> Ran {
        run(self.command().args(words))
    }

    pub fn sign(&self, words: &[&str]) -> Ran {
        self.run(&[&["sign", "--config", "zegel.toml"][..], words].concat())
    }

    fn verify(&self, words: &[&str]) -> Ran {
        self.run(&[&["verify", "--trust", "trust"][..], words].concat())
    }

    /// What the laboratory is told through its own command.
    pub fn lab(&self, words: &[&str]) {
        let lab = self.path("lab");
        let told = run(zegel(self.folder.path())
            .arg("lab")
            .args(words)
            .arg("--dir")
            .arg(lab));
        assert_eq!(told.code, Some(0), "{words:?}: {told:?}");
    }

    /// Puts a card in and waits until the daemon has seen it, which takes it up to 400 ms.
    pub fn insert(&self, card: &str) {
        self.lab(&["card", "insert", card]);
        self.await_card(true);
    }

    pub fn remove(&self, card: &str) {
        self.lab(&["card", "remove", card]);
        self.await_card(false);
    }

    /// Until the daemon sees a card, or none.
    pub fn await_card(&self, present: bool) {
        let mut last = None;
        let seen = (0..200).any(|_| {
            let ran = self.run(&["card", "readers"]);
            let seen = ran.code == Some(0) && ran.out.contains(": eID card\n") == present;
            last = Some(ran);
            seen
        });
        assert!(seen, "never seen, present: {present}: {last:?}");
    }

    /// Which files of the folder are no part of the desk itself.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| {
                !["lab", "trust", "zegel.toml", "a.pdf", "b.pdf", "c.pdf"].contains(&name.as_str())
            })
            .collect();
        names.sort();
        names
    }

    fn tidy(&self) {
        for name in self.files() {
            std::fs::remove_file(self.path(&name)).unwrap();
        }
    }

    fn pins_asked(&self) -> usize {
        self.lab.pins_shown().len()
    }
}

#[test]
fn any_file_gets_a_signature_beside_or_around_it() {
    let Some(desk) = Desk::open(&["mayor"]) else {
        return;
    };
    for (form, packaging, out) in [
        ("cades", "detached", "a.pdf.p7s"),
        ("cades", "attached", "a.pdf.p7m"),
        ("jades", "detached", "a.pdf.jws"),
        ("jades", "attached", "a.pdf.jws"),
    ] {
        let signed = desk.sign(&["a.pdf", "--signature", form, "--packaging", packaging, "--force"]);
        assert_eq!(signed.code, Some(0), "{form} {packaging}: {signed:?}");
        assert_eq!(signed.out.trim(), format!("{out}: B-LTA"));
        let alone = desk.verify(&[out]);
        let beside = desk.verify(&[out, "--detached", "a.pdf"]);
        let other = desk.verify(&[out, "--detached", "b.pdf"]);
        // Without its content nothing is known of it; with content beside its own, nobody could say which was signed.
        let due = if packaging == "detached" {
            (Some(4), Some(0), Some(3))
        } else {
            (Some(0), Some(3), Some(3))
        };
        assert_eq!((alone.code, beside.code, other.code), due, "{form} {packaging}");
    }
    assert_eq!(
        desk.run(&["verify", "a.pdf.p7s", "a.pdf.p7m", "--detached", "a.pdf"])
            .code,
        Some(2)
    );
}

#[test]
fn files_are_signed_and_verify_offline() {
    let Some(desk) = Desk::open(&["mayor"]) else {
        return;
    };
    let signed = desk.sign(&["a.pdf", "b.pdf", "--format", "json"]);
    assert_eq!(signed.code, Some(0), "{signed:?}");
    let json = signed.json();
    assert_eq!(members(&json), ["failed", "signed"]);
    assert_eq!(
        json,
        serde_json::json!({"failed": [], "signed": [
            {"file": "a.pdf", "out": "a-signed.pdf", "level": "lta"},
            {"file": "b.pdf", "out": "b-signed.pdf", "level": "lta"},
        ]})
    );
    assert_eq!(desk.pins_asked(), 1, "one PIN for the list");
    assert_eq!(desk.files(), ["a-signed.pdf", "b-signed.pdf"]);

    let good = desk.verify(&["a-signed.pdf", "b-signed.pdf"]);
    assert_eq!(good.code, Some(0), "{good:?}");
    let untrusted = desk.run(&["verify", "a-signed.pdf", "--format", "json"]);
    assert_eq!(
        (untrusted.code, &untrusted.json()["indication"]),
        (Some(4), &"INDETERMINATE".into())
    );

    let mut bytes = std::fs::read(desk.path("a-signed.pdf")).unwrap();
    let at = bytes.windows(6).position(|part| part == b"TEST a").unwrap();
    bytes[at + 5] = b'b';
    std::fs::write(desk.path("changed.pdf"), bytes).unwrap();
    let changed = desk.verify(&["changed.pdf", "--format", "json"]);
    assert_eq!(
        (changed.code, &changed.json()["indication"]),
        (Some(3), &"TOTAL-FAILED".into()),
        "{changed:?}"
    );
    // The worst of all decides, and a file that cannot be read is a failure whatever the others are.
    assert_eq!(
        desk.verify(&["b-signed.pdf", "changed.pdf", "a.pdf"]).code,
        Some(3)
    );
    let partly = desk.verify(&["b-signed.pdf", "missing.pdf"]);
    assert_eq!(partly.code, Some(1), "{partly:?}");
    assert!(
        partly.out.contains("valid (TOTAL-PASSED)") && partly.messages.contains("(FILE_READ)"),
        "{partly:?}"
    );
    // A moment at which its certificate did not exist yet: NOT_YET_VALID, EN 319 102-1 §5.5.4.
    assert_eq!(
        desk.verify(&["a-signed.pdf", "--at", "2020-01-01T00:00:00Z"])
            .code,
        Some(3)
    );
    desk.tidy();

    for (level, shown) in [("b", "B-B"), ("t", "B-T"), ("lt", "B-LT")] {
        let one = desk.sign(&["a.pdf", "--level", level, "--out", "one.pdf", "--force"]);
        assert_eq!(
            (one.code, one.out),
            (Some(0), format!("one.pdf: {shown}\n")),
            "{}",
            one.messages
        );
    }
    // Through pipes: what comes in on stdin goes out on stdout, and nothing else does.
    let mut command = desk.command();
    command
        .args(["sign", "-", "--config", "zegel.toml"])
        .stdin(std::fs::File::open(desk.path("a.pdf")).unwrap())
        .stderr(std::process::Stdio::null());
    let piped = command.output().unwrap();
    assert_eq!(piped.status.code(), Some(0));
    assert!(
        piped.stdout.starts_with(&pdf("TEST a")),
        "the document and its revisions"
    );
    std::fs::write(desk.path("piped.pdf"), piped.stdout).unwrap();
    assert_eq!(desk.verify(&["piped.pdf"]).code, Some(0));
}

#[test]
fn whatever_stops_a_signature_has_its_code_and_leaves_no_file() {
    let Some(desk) = Desk::open(&["mayor"]) else {
        return;
    };
    let cases: [(&str, &[&str], i32, &str); 6] = [
        ("wrong", &["--level", "b"], 5, "PIN_WRONG"),
        ("cancel", &["--level", "b"], 6, "PIN_CANCELLED"),
        ("timeout", &["--level", "b"], 5, "PIN_TIMEOUT"),
        ("right", &["--reader", "No such reader"], 5, "CARD_READER_UNKNOWN"),
        ("right", &["--config", "missing.toml"], 1, ""),
        ("right", &["--out", "a.pdf"], 2, "FILE_EXISTS"),
    ];
    for (answer, words, code, cause) in cases {
        desk.lab(&["pin", "--next", answer]);
        let ran = desk.sign(&[&["a.pdf"], words].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{cause}: {ran:?}");
        assert!(
            ran.messages.contains(&format!("({cause})")) || cause.is_empty(),
            "{cause}: {ran:?}"
        );
        assert_eq!(desk.files(), Vec::<String>::new(), "{cause}");
    }
    desk.lab(&["card", "pin", "mayor", "--tries", "3"]);
    desk.lab(&["pin", "--next", "right"]);

    // Taken out at the signature command: the first of three, then the second.
    desk.lab(&["card", "fault", "mayor", "removed", "--at", "2A"]);
    let ran = desk.sign(&["a.pdf", "b.pdf"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(5), ""), "{ran:?}");
    assert_eq!(desk.files(), Vec::<String>::new());
    desk.insert("mayor");
    desk.lab(&["card", "fault", "mayor", "removed", "--at", "2A", "--after", "1"]);
    let ran = desk.sign(&["a.pdf", "b.pdf", "c.pdf", "--format", "json"]);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    let json = ran.json();
    let codes: Vec<_> = json["failed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["file"], &one["code"]))
        .collect();
    assert_eq!(
        codes,
        [
            (&"b.pdf".into(), &"CARD_REMOVED".into()),
            (&"c.pdf".into(), &"NOT_SIGNED".into())
        ]
    );
    assert_eq!(members(&json["failed"][0]), ["code", "file", "message"]);
    assert_eq!(
        desk.files(),
        ["a-signed.pdf"],
        "what was signed before is completed and written"
    );
    assert_eq!(desk.verify(&["a-signed.pdf"]).code, Some(0));
    desk.insert("mayor");
    desk.tidy();

    // No time-stamp: told for each file, and none is written half.
    desk.lab(&["service", "set", "tsa", "down"]);
    let ran = desk.sign(&["a.pdf", "b.pdf"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
    assert_eq!(
        ran.messages.matches("(TST_UNAVAILABLE)\nhint: ").count(),
        2,
        "{ran:?}"
    );
    assert_eq!(desk.files(), Vec::<String>::new());
    // One that answers is asked first when it is named.
    desk.lab(&["service", "set", "tsa", "up"]);
    let text = std::fs::read_to_string(desk.path("zegel.toml")).unwrap();
    std::fs::write(desk.path("zegel.toml"), text.replace("/tsa\"", "/nothing\"")).unwrap();
    assert_eq!(desk.sign(&["a.pdf"]).code, Some(1));
    let named = format!("{}/tsa", desk.lab.services_url());
    assert_eq!(desk.sign(&["a.pdf", "--time-stamp-url", &named]).code, Some(0));
}

#[test]
fn no_pin_is_asked_for_a_card_that_cannot_sign() {
    let Some(desk) = Desk::open(&[
        "mayor",
        "revoked",
        "suspended",
        "expired",
        "untrusted",
        "blocked",
        "one-try",
    ]) else {
        return;
    };
    let refused = |card: &str, words: &[&str], code: i32, cause: &str| {
        let before = desk.pins_asked();
        let ran = desk.sign(&[&["a.pdf", "--level", "b"], words].concat());
        assert_eq!(ran.code, Some(code), "{card}: {ran:?}");
        let last = ran
            .messages
            .lines()
            .find(|line| line.starts_with("zegel: error: "))
            .unwrap_or_default();
        assert!(last.ends_with(&format!("({cause})")), "{card}: {ran:?}");
        assert_eq!(desk.pins_asked(), before, "{card}: a PIN was asked");
        assert_eq!(desk.files(), Vec::<String>::new(), "{card}");
    };
    desk.lab(&["service", "set", "ocsp", "down"]);
    desk.lab(&["service", "set", "crl", "down"]);
    refused("mayor, no status to be had", &[], 1, "REV_UNAVAILABLE");
    desk.lab(&["service", "set", "ocsp", "up"]);
    desk.lab(&["service", "set", "crl", "up"]);
    // Without the laboratory's configuration its card is nobody's.
    let before = desk.pins_asked();
    let bare = desk.run(&["sign", "a.pdf", "--level", "b"]);
    assert_eq!((bare.code, desk.pins_asked()), (Some(5), before), "{bare:?}");
    assert!(bare.messages.contains("(PATH_NO_ANCHOR)\nhint: "), "{bare:?}");
    desk.remove("mayor");
    refused("none", &[], 5, "CARD_MISSING");
    for (card, cause) in [
        ("revoked", "REVOKED"),
        ("suspended", "SUSPENDED"),
        ("expired", "TIME_EXPIRED"),
        ("untrusted", "SIG_INVALID"),
        ("blocked", "PIN_BLOCKED"),
        ("one-try", "PIN_LAST_TRY"),
    ] {
        desk.insert(card);
        refused(card, &[], 5, cause);
        if card != "one-try" {
            desk.remove(card);
        }
    }
    // The last try is used when the person says so, and they are told before.
    let ran = desk.sign(&["a.pdf", "--level", "b", "--last-try"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "a-signed.pdf: B-B\n"),
        "{ran:?}"
    );
    assert!(
        ran.messages
            .contains("zegel: warning: this is the last try of the PIN: a wrong one blocks the card\n")
    );
}

#[test]
fn a_card_is_read_listed_and_watched() {
    let Some(desk) = Desk::open(&["mayor"]) else {
        return;
    };
    let readers = desk.run(&["card", "readers", "--format", "json"]).json();
    assert_eq!(members(&readers["readers"][0]), ["atr", "card", "name", "stuck"]);
    let read = desk.run(&[
        "card",
        "read",
        "--trust",
        "trust",
        "--format",
        "json",
        "--photo",
        "photo.jpg",
    ]);
    assert_eq!(read.code, Some(0), "{read:?}");
    let json = read.json();
    assert_eq!(
        members(&json),
        [
            "address",
            "card",
            "judged_at",
            "person",
            "proved",
            "refusal",
            "residence",
            "verdicts",
            "warnings"
        ]
    );
    assert_eq!(json["proved"], true);
    assert!(json["person"].get("national_number").is_none());
    assert_eq!(desk.files(), ["photo.jpg"]);
    let again = desk.run(&["card", "read", "--trust", "trust", "--photo", "photo.jpg"]);
    assert_eq!(
        (again.code, again.messages.as_str()),
        (
            Some(2),
            "zegel: error: `photo.jpg` exists already (FILE_EXISTS)\nhint: --force overwrites it\n"
        )
    );
    let untrusted = desk.run(&["card", "read", "--out", "-"]);
    assert_eq!(untrusted.code, Some(4), "{untrusted:?}");
    assert!(
        untrusted.out.contains("signer            invalid\n"),
        "`-` is stdout: {untrusted:?}"
    );
    assert_eq!(desk.files(), ["photo.jpg"]);

    let certificates = desk.run(&["card", "certificates", "--format", "json"]).json();
    assert_eq!(certificates["certificates"].as_array().map(Vec::len), Some(5));
    let entry = &certificates["certificates"][0];
    assert_eq!(
        members(entry),
        ["issuer", "key", "kind", "not_after", "not_before", "sha256"]
    );
    let pem = desk
        .run(&["card", "certificates", "--format", "json", "--pem"])
        .json();
    assert!(
        pem["certificates"][1]["pem"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----\n")
    );

    // It begins with what is there, tells one event, and ends.
    let mut watching = desk
        .command()
        .args(["card", "watch", "--events", "1", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut events = lines.map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap());
    let first = events.next().unwrap();
    assert_eq!(members(&first), ["detail", "event", "reader"]);
    assert_eq!(
        (&first["event"], &events.next().unwrap()["event"]),
        (&"card_inserted".into(), &"reader_added".into())
    );
    desk.remove("mayor");
    assert_eq!(events.next().unwrap()["event"], "card_removed");
    assert_eq!((events.next(), watching.wait().unwrap().code()), (None, Some(0)));
}

#[test]
fn doctor_says_what_is_wrong_and_changes_nothing() {
    let Some(desk) = Desk::open(&["mayor"]) else {
        return;
    };
    let tsa = format!("{}/tsa", desk.lab.services_url());
    let write = |listed: &str, program: &str| {
        let text = format!(
            "environment = \"test\"\npublic_url = \"https://zegel.example\"\ndatabase.url = \"sqlite:zegel.db\"\n\
             storage = {{ blobs = \"blobs\", scratch = \"scratch\" }}\nkeys.encryption_key_file = \"kek\"\n\
             server.trusted_proxies = [\"127.0.0.1\"]\ntrust.test_folder = \"trust\"\n[outside]\n\
             private_addresses = true\ntime_stamp_urls = [{listed}]\n\
             [counter]\nenabled = true\npin_program = [\"{program}\"]\n"
        );
        std::fs::write(desk.path("service.toml"), text).unwrap();
    };
    let doctor = || desk.run(&["doctor", "--config", "service.toml", "--format", "json"]);
    // The lines that are no good, with what they say.
    let problems = |ran: &Ran| -> Vec<(String, String)> {
        let items = ran.json()["items"].as_array().unwrap().clone();
        assert!(
            items
                .iter()
                .all(|item| members(item) == ["good", "hint", "says", "what"]),
            "{items:?}"
        );
        let text = |item: &serde_json::Value, name: &str| item[name].as_str().unwrap().to_owned();
        let bad = items.iter().filter(|item| item["good"] == false);
        bad.inspect(|item| assert!(item["hint"].is_string(), "{item}"))
            .map(|item| (text(item, "what"), text(item, "says")))
            .collect()
    };
    let pair = |what: &str, says: &str| (what.to_owned(), says.to_owned());
    std::fs::write(desk.path("kek"), [7; 32]).unwrap();

    write("", "/no/pinentry");
    let bare = doctor();
    assert_eq!(bare.code, Some(7), "{bare:?}");
    let folder = desk.folder().display().to_string();
    let shown: Vec<_> = problems(&bare)
        .into_iter()
        .map(|(what, says)| (what, says.replace(&format!("{folder}/"), "")))
        .collect();
    assert_eq!(
        shown,
        [
            pair("document storage", "there is no folder `blobs`"),
            pair("database", "there is no database `zegel.db`"),
            pair(
                "time-stamping",
                "no service is set, and no signature above level b can be made"
            ),
            pair("PIN program", "`/no/pinentry` is not there"),
        ]
    );
    assert_eq!(desk.files(), ["kek", "service.toml"], "a look makes nothing");

    write(&format!("{tsa:?}"), "/bin/sh");
    for made in ["blobs", "scratch"] {
        std::fs::create_dir(desk.path(made)).unwrap();
    }
    for words in [
        &["migrate"][..],
        &[
            "board",
            "add",
            "zegelgem",
            "--name",
            "Zegelgem",
            "--kbo",
            "0999900150",
        ],
    ] {
        let ran = desk.run(&[words, &["--config", "service.toml"]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let good = doctor();
    assert_eq!((good.code, problems(&good)), (Some(0), vec![]), "{good:?}");

    desk.lab(&["service", "set", "tsa", "down"]);
    std::fs::write(desk.path("kek"), [8; 32]).unwrap();
    let bad = doctor();
    assert_eq!(bad.code, Some(7), "{bad:?}");
    assert_eq!(
        problems(&bad),
        [
            pair("board keys", "2 do not open"),
            pair("time-stamping", &format!("{tsa}: http"))
        ]
    );
    let mut away = desk.command();
    away.env("PCSCLITE_CSOCK_NAME", desk.path("nowhere"))
        .args(["doctor", "--config", "service.toml"]);
    let away = run(&mut away);
    assert!(
        away.out
            .contains("PROBLEM counter reader: the smart card service is not running\n        hint: start "),
        "{away:?}"
    );
}
