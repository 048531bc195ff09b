//! The same through a real reader daemon, by the program itself and before independent programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use zegel::base::clock::SystemClock;
use zegel::base::digest::HashAlgorithm;
use zegel::base::random::SystemRandom;
use zegel::card::eid::SignatureScheme;
use zegel::card::family::Card;
use zegel::card::readers::{Options, Readers};
use zegel::card::transport::Connection;
use zegel::lab::reader::{find_daemon, find_driver};
use zegel::lab::tokens::{DemoToken, TOKENS};
use zegel::lab::{Lab, LabSettings};

use super::signatures::KEYS;
use super::support::{MESSAGE, Wish, certificate, openssl_says, sign};
use crate::support::{TestFolder, judge};

const ZEGEL: &str = env!("CARGO_BIN_EXE_zegel");
const LONG: Duration = Duration::from_secs(60);

/// One laboratory for this module, with tokens only, for one test at a time; it ends with this process. `None`, said
/// aloud, where no reader daemon and no virtual driver is.
fn lab() -> Option<(&'static Lab, MutexGuard<'static, ()>)> {
    static ONE: Mutex<()> = Mutex::new(());
    let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    Some((started()?, turn))
}

fn started() -> Option<&'static Lab> {
    static LAB: OnceLock<Option<Lab>> = OnceLock::new();
    LAB.get_or_init(|| {
        let driver = std::env::var_os("ZEGEL_LAB_VPCD").map(PathBuf::from);
        let found = find_daemon(None).and_then(|_| find_driver(driver.as_deref(), Path::new(".cache")));
        if let Err(error) = &found {
            let required = std::env::var("ZEGEL_JUDGES").is_ok_and(|value| value == "required");
            assert!(!required, "{error}");
            eprintln!("skipped: {error}");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("zt").tempdir().unwrap().keep();
        let mut settings = LabSettings::new(&folder, ZEGEL);
        settings.readers = 2;
        settings.vpcd_driver = driver;
        // Of the persons' cards one is enough here; tokens are made when they are first wanted.
        settings.cards = vec!["mayor".to_owned()];
        Some(Lab::start(settings, Arc::new(SystemClock::new()), Arc::new(SystemRandom)).unwrap())
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

/// Puts a token into a reader and waits until it is seen as what it is. It is taken out with the guard.
fn insert(lab: &'static Lab, card: &'static str) -> Inserted {
    let reader = lab.insert(card).unwrap();
    let family = match DemoToken::find(card).unwrap().family {
        zegel::lab::card::TokenFamily::Piv => "PIV token",
        zegel::lab::card::TokenFamily::Pkcs15 => "PKCS#15 token",
    };
    let inserted = Inserted { lab, card, reader };
    inserted.await_state(family);
    inserted
}

struct Inserted {
    lab: &'static Lab,
    card: &'static str,
    reader: String,
}

impl Inserted {
    fn await_state(&self, wanted: &str) {
        let wanted = format!("{}: {wanted}", self.reader);
        let seen = || {
            let listed = run(program(self.lab, ZEGEL).args(["card", "readers"])).1;
            listed.lines().any(|line| line == wanted)
        };
        assert!((0..200).any(|_| seen()), "never seen: {wanted}");
    }

    /// The reader's number for OpenSC, which counts them.
    fn number(&self, opensc: &Path) -> String {
        let listed = run(program(self.lab, opensc).arg("--list-readers")).1;
        let line = listed.lines().find(|line| line.contains(&self.reader));
        let line = line.unwrap_or_else(|| panic!("{listed}"));
        line.split_whitespace().next().unwrap().to_owned()
    }
}

impl Inserted {
    /// The slot of the reader in OpenSC's PKCS#11 module: `Slot 0 (0x0): NAME`.
    fn slot(&self, pkcs11: &Path, module: &Path) -> String {
        let mut command = program(self.lab, pkcs11);
        let listed = run(command.arg("--module").arg(module).arg("--list-slots")).1;
        let line = listed.lines().find(|line| line.ends_with(&self.reader));
        let line = line.unwrap_or_else(|| panic!("{listed}"));
        let (_, rest) = line.split_once('(').unwrap();
        rest.split_once(')').unwrap().0.to_owned()
    }
}

impl Drop for Inserted {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.lab.remove(self.card).unwrap();
            self.await_state("no card");
        }
    }
}

#[test]
fn every_key_signs_in_a_real_reader_and_openssl_verifies() {
    let Some((lab, _turn)) = lab() else { return };
    for token in ["piv", "piv-ec", "piv-global", "pkcs15", "pkcs15-ec"] {
        let inserted = insert(lab, token);
        let mut command = program(lab, std::env::current_exe().unwrap());
        command.args([
            "tokens::pcscd::inside_sign",
            "--exact",
            "--ignored",
            "--nocapture",
        ]);
        command
            .env("ZEGEL_TEST_READER", &inserted.reader)
            .env("ZEGEL_TEST_CARD", token);
        let (code, out, messages) = run(&mut command);
        assert!(
            code == Some(0) && out.contains("1 passed"),
            "{token}: {out}\n{messages}"
        );
    }
}

#[test]
#[ignore = "runs inside another test"]
fn inside_sign() {
    let reader = std::env::var("ZEGEL_TEST_READER").unwrap();
    let token = std::env::var("ZEGEL_TEST_CARD").unwrap();
    let readers = Readers::pcsc(Options::default(), Arc::new(SystemClock::new())).unwrap();
    for (_, key, schemes) in KEYS.into_iter().filter(|(slug, _, _)| *slug == token) {
        for scheme in schemes {
            let wish = Wish {
                key,
                scheme: *scheme,
                hash: HashAlgorithm::Sha256,
            };
            let job = move |connection: &mut dyn Connection| {
                let mut card = Card::recognise(connection)?;
                let signature = sign(&mut card, wish, Some("123456"))?;
                Ok((certificate(&mut card, key)?, signature))
            };
            let (der, signature) = readers.submit(&reader, LONG, job).wait().unwrap();
            if let Some(good) = openssl_says(&der, &signature) {
                assert!(good, "{token} {wish:?}");
            }
        }
    }
}

#[test]
fn the_program_tells_what_a_token_is_and_that_it_is_no_identity_card() {
    let Some((lab, _turn)) = lab() else { return };
    let inserted = insert(lab, "piv-ec");
    let reader = &inserted.reader;
    let (code, out, messages) =
        run(program(lab, ZEGEL).args(["card", "read", "--format", "json", "--reader", reader]));
    assert_eq!(code, Some(0), "{messages}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["family"], "piv");
    assert_eq!(json["yubikey"]["version"], "5.7.1");
    assert_eq!(json["yubikey"]["pin"]["is_default"], true);
    assert_eq!(json["keys"].as_array().unwrap().len(), 4);
    let (_, out, _) = run(program(lab, ZEGEL).args(["card", "readers", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let listed = json["readers"].as_array().unwrap();
    assert!(
        listed
            .iter()
            .any(|entry| entry["name"] == reader.as_str() && entry["card"] == "piv"),
        "{out}"
    );
}

#[test]
fn opensc_reads_a_piv_token_and_signs_with_both_kinds_of_keys() {
    let Some((lab, _turn)) = lab() else { return };
    let (Some(tool), Some(pkcs15), Some(pkcs11)) =
        (judge("opensc-tool"), judge("pkcs15-tool"), judge("pkcs11-tool"))
    else {
        return;
    };
    let Some(module) = module() else { return };
    for (token, key, id, mechanism, hash) in [
        ("piv", "9A", "01", "SHA256-RSA-PKCS", None),
        ("piv", "9C", "02", "SHA256-RSA-PKCS", None),
        ("piv-ec", "9A", "01", "ECDSA", Some(HashAlgorithm::Sha256)),
        ("piv-ec", "9C", "02", "ECDSA", Some(HashAlgorithm::Sha384)),
    ] {
        let inserted = insert(lab, token);
        let number = inserted.number(&tool);
        let (code, out, messages) = run(program(lab, &tool).args(["--reader", &number, "--name"]));
        assert_eq!(code, Some(0), "{messages}");
        assert!(out.contains("Personal Identity Verification Card"), "{out}");
        let (code, out, messages) = run(program(lab, &pkcs15).args(["--reader", &number, "--dump"]));
        assert_eq!(code, Some(0), "{messages}");
        assert!(out.contains("PIV AUTH key") && out.contains("SIGN key"), "{out}");
        let theirs = run(program(lab, &pkcs15).args(["--reader", &number, "--read-certificate", id])).1;
        assert_eq!(
            body(&theirs),
            body(&our_certificate(&inserted, key)),
            "{token} {key}"
        );

        let folder = TestFolder::new("opensc");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("message"), MESSAGE).unwrap();
        std::fs::write(
            path("digest"),
            hash.map_or_else(Vec::new, |hash| hash.digest(MESSAGE)),
        )
        .unwrap();
        let input = if hash.is_some() { "digest" } else { "message" };
        let mut command = program(lab, &pkcs11);
        command.arg("--module").arg(&module);
        command.args([
            "--slot",
            &inserted.slot(&pkcs11, &module),
            "--login",
            "--pin",
            "123456",
            "--sign",
            "--id",
            id,
            "--mechanism",
            mechanism,
        ]);
        command.args(["--signature-format", "openssl"]);
        command
            .arg("--input-file")
            .arg(path(input))
            .arg("--output-file")
            .arg(path("value"));
        let (code, out, messages) = run(&mut command);
        assert_eq!(code, Some(0), "{token} {key}: {out}{messages}");
        std::fs::write(path("certificate.pem"), theirs).unwrap();
        assert!(
            verified(folder.path(), hash.unwrap_or(HashAlgorithm::Sha256)),
            "{token} {key}"
        );
    }
}

#[test]
fn opensc_reads_a_pkcs15_token() {
    let Some((lab, _turn)) = lab() else { return };
    let (Some(tool), Some(pkcs15)) = (judge("opensc-tool"), judge("pkcs15-tool")) else {
        return;
    };
    let folder = TestFolder::new("opensc");
    // A card of no maker that it knows is read by its own description, when it is told to.
    let settings = folder.path().join("opensc.conf");
    std::fs::write(&settings, "app default { enable_default_driver = true; }\n").unwrap();
    for (token, kind) in [("pkcs15", "Private RSA Key"), ("pkcs15-ec", "Private EC Key")] {
        let inserted = insert(lab, token);
        let number = inserted.number(&tool);
        let with_settings = |arguments: &[&str]| {
            let mut command = program(lab, &pkcs15);
            run(command
                .env("OPENSC_CONF", &settings)
                .args(["--reader", &number])
                .args(arguments))
        };
        let (code, out, messages) = with_settings(&["--dump"]);
        assert_eq!(code, Some(0), "{messages}");
        for wanted in [
            "TEST PKCS#15 token",
            kind,
            "Authentication",
            "nonRepudiation",
            "ascii-numeric",
            "unblockingPin",
        ] {
            assert!(out.contains(wanted), "{token}, {wanted}: {out}");
        }
        for id in ["01", "02"] {
            let theirs = with_settings(&["--read-certificate", id]).1;
            assert_eq!(
                body(&theirs),
                body(&our_certificate(&inserted, id)),
                "{token} {id}"
            );
        }
    }
}

/// Where OpenSC's PKCS#11 module is; `None`, said aloud, when it is not here.
fn module() -> Option<PathBuf> {
    let found = [
        "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
        "/usr/lib/opensc-pkcs11.so",
        "/usr/lib64/opensc-pkcs11.so",
    ]
    .map(PathBuf::from)
    .into_iter()
    .find(|path| path.is_file());
    if found.is_none() {
        crate::support::skip_judge("OpenSC's PKCS#11 module");
    }
    found
}

fn our_certificate(inserted: &Inserted, key: &str) -> String {
    let arguments = [
        "card",
        "certificates",
        "--pem",
        "--format",
        "json",
        "--reader",
        &inserted.reader,
    ];
    let (code, out, messages) = run(program(inserted.lab, ZEGEL).args(arguments));
    assert_eq!(code, Some(0), "{messages}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let all = json["certificates"].as_array().unwrap().clone();
    let found = all
        .iter()
        .find(|entry| entry["kind"].as_str().unwrap().starts_with(key));
    found.unwrap()["pem"].as_str().unwrap().to_owned()
}

fn body(pem: &str) -> String {
    let inside = pem.split("-----").nth(2).unwrap_or_default().to_owned();
    inside.replace(char::is_whitespace, "")
}

/// Whether openssl verifies `value` over `message` with the key of `certificate.pem`, all in `folder`.
fn verified(folder: &Path, hash: HashAlgorithm) -> bool {
    let Some(openssl) = judge("openssl") else {
        return true;
    };
    let path = |name: &str| folder.join(name);
    let mut command = Command::new(&openssl);
    command
        .args(["x509", "-noout", "-pubkey", "-in"])
        .arg(path("certificate.pem"));
    std::fs::write(path("key.pem"), run(&mut command).1).unwrap();
    let mut command = Command::new(&openssl);
    command
        .arg("dgst")
        .arg(format!("-{}", hash.name().replace('-', "").to_lowercase()));
    command
        .arg("-verify")
        .arg(path("key.pem"))
        .arg("-signature")
        .arg(path("value"))
        .arg(path("message"));
    run(&mut command).1.starts_with("Verified OK")
}

/// The schemes that a real reader was asked for above are those of the table.
#[test]
fn the_table_of_keys_names_every_key_of_every_token_that_works() {
    for token in TOKENS
        .iter()
        .filter(|token| !matches!(token.slug, "piv-blocked" | "piv-one-try"))
    {
        for (reference, _) in token.keys {
            let name = format!("{reference:02X}");
            let row = KEYS
                .iter()
                .find(|(slug, key, _)| *slug == token.slug && *key == name);
            let (_, _, schemes) = row.unwrap_or_else(|| panic!("{} {name} is in the table", token.slug));
            assert!(!schemes.is_empty() && !schemes.contains(&SignatureScheme::RsaPss) || schemes.len() == 2);
        }
    }
}
