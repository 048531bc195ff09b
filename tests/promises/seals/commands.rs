//! `zegel seal`, `zegel extend` and `zegel timestamp` as an operator types them, with a key in a token.

use std::path::Path;
use std::process::{Command, Output};

use zegel::ades::level::Level;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::lab::pki::{LabPki, SealHolder};

use super::softhsm::{PIN, import, inside, make_token, module};
use crate::ades::judges::{pem, text};
use crate::ades::matrix::Bench;
use crate::ades::samples::{SHAPES, Xref, pdf};
use crate::ades::world::trust_toml;

fn zegel(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zegel"))
        .args(arguments)
        .args(["--config", folder.join("zegel.toml").to_str().unwrap()])
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Settings, trust and a sealed key in `folder`; nothing of a service.
fn set_up(bench: &Bench, folder: &Path) {
    let world = &bench.world;
    let trust = folder.join("trust");
    std::fs::create_dir(&trust).unwrap();
    std::fs::write(trust.join("trust.toml"), trust_toml(world.pki())).unwrap();
    std::fs::write(trust.join("root.crt"), world.pki().root_der()).unwrap();
    let citizen = world.pki().citizen.certificate_der();
    std::fs::write(trust.join("citizen.crt"), citizen).unwrap();
    make_token("zegel TEST");
    let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    import(folder, "zegel TEST", "seal", "a1", &key);
    let holder = SealHolder {
        organisation: "TEST Zegelgem".to_owned(),
        enterprise_number: "0207500123".to_owned(),
        qualified: true,
    };
    let validity = LabPki::usual_validity(world.now);
    let (certificate, _) = world
        .pki()
        .issue_seal(&holder, key.public(), validity, &*world.random)
        .unwrap();
    let chain = pem(&certificate) + &pem(world.pki().organisation.certificate_der());
    std::fs::write(folder.join("chain.pem"), chain).unwrap();
    std::fs::write(folder.join("pin"), format!("{PIN}\n")).unwrap();
    let seals = format!(
        "[[seal]]\nboard = \"zegelgem\"\n[seal.pkcs11]\nmodule = \"{}\"\ntoken = \"zegel TEST\"\nkey = \"seal\"\n\
         pin_file = \"pin\"\ncertificates = \"chain.pem\"\n",
        module().unwrap().display()
    );
    std::fs::write(folder.join("seals.toml"), seals).unwrap();
    let settings = format!(
        "environment = \"test\"\ntrust.test_folder = \"trust\"\nseals.file = \"seals.toml\"\n[outside]\n\
         hosts = [\"127.0.0.1\"]\nprivate_addresses = true\ntime_stamp_urls = [\"{}/tsa\"]\n",
        world.base
    );
    std::fs::write(folder.join("zegel.toml"), settings).unwrap();
}

#[test]
fn an_operator_seals_extends_and_stamps() {
    let Some(folder) = inside("seals::commands::an_operator_seals_extends_and_stamps") else {
        return;
    };
    let bench = Bench::new();
    set_up(&bench, &folder);
    let document = pdf(Xref::Table, SHAPES[0]);
    std::fs::write(folder.join("a.pdf"), &document).unwrap();
    let run = |arguments: &[&str]| {
        let output = zegel(&folder, arguments);
        (output.status.code().unwrap(), text(&output))
    };
    // Time-stamps are made now, a moment after the laboratory was.
    let judged = |file: &[u8]| bench.world.validate_at(file, SystemClock::new().now(), &[]);
    let level = |name: &str| {
        let file = std::fs::read(folder.join(name)).unwrap();
        assert_eq!(file[..document.len()], document[..]);
        judged(&file).lowest_level()
    };
    let (code, told) = run(&["seal", "a.pdf", "--purpose", "certified-copy"]);
    assert_eq!(code, 0, "{told}");
    assert!(
        told.contains("a-sealed.pdf: B-LTA, seal of TEST Zegelgem"),
        "{told}"
    );
    assert!(!told.contains(PIN), "{told}");
    assert_eq!(level("a-sealed.pdf"), Some(Level::Lta));
    // Nothing is overwritten unasked.
    let (code, told) = run(&["seal", "a.pdf"]);
    assert_eq!(code, 2, "{told}");

    let (code, told) = run(&["seal", "a.pdf", "--level", "b", "--out", "b.pdf"]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(level("b.pdf"), Some(Level::B));
    let (code, told) = run(&["extend", "b.pdf", "--level", "lt", "--out", "lt.pdf"]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(level("lt.pdf"), Some(Level::Lt));
    let (code, told) = run(&["extend", "lt.pdf", "--out", "lta.pdf"]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(level("lta.pdf"), Some(Level::Lta));
    let (code, told) = run(&["timestamp", "a.pdf"]);
    assert_eq!(code, 0, "{told}");
    let stamped = std::fs::read(folder.join("a-stamped.pdf")).unwrap();
    assert_eq!(judged(&stamped).document_time_stamps.len(), 1);
    let (code, told) = run(&["extend", "a.pdf"]);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("ADES_BELOW_LEVEL"), "{told}");

    let digest = hex::encode(zegel::base::digest::HashAlgorithm::Sha256.digest(b"stays"));
    let (code, told) = run(&["seal", "--digest", &digest]);
    assert_eq!(code, 0, "{told}");
    let message = std::fs::read(folder.join("seal.p7s")).unwrap();
    assert!(zegel::ades::cms::read::SignedData::parse(&message).is_ok());
    let (code, told) = run(&["seal", "a.pdf", "--seal", "another", "--out", "c.pdf"]);
    assert_eq!(code, 2, "{told}");
    // A PIN that is wrong says so, and is not told.
    std::fs::write(folder.join("pin"), "a-wrong-TEST-pin").unwrap();
    let (code, told) = run(&["seal", "a.pdf", "--out", "c.pdf"]);
    assert_eq!(code, 5, "{told}");
    assert!(
        told.contains("DEVICE_PIN") && !told.contains("a-wrong-TEST-pin"),
        "{told}"
    );
    assert!(!folder.join("c.pdf").exists());
}
