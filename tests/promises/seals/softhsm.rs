//! A token of SoftHSM in a folder of the test.
//!
//! SoftHSM learns its folder from the environment of the process, so whatever loads it runs in a process of its own:
//! the test's program, called again for the same test.

use std::path::{Path, PathBuf};
use std::process::Command;

use zegel::crypto::key::PrivateKey;

use crate::support::{TestFolder, judge, skip_judge};

pub(super) const PIN: &str = "9173-TEST";
const SET: &str = "SOFTHSM2_CONF";

/// The module, where Debian and its derivatives put it.
pub(super) fn module() -> Option<PathBuf> {
    let places = [
        "/usr/lib/softhsm",
        "/usr/lib64/softhsm",
        "/usr/lib/x86_64-linux-gnu/softhsm",
    ];
    let found = places
        .iter()
        .map(|folder| Path::new(folder).join("libsofthsm2.so"))
        .find(|file| file.exists());
    if found.is_none() {
        skip_judge("SoftHSM's module");
    }
    found
}

/// The folder of the tokens when this process was called for it. Otherwise calls itself for `test`, with a fresh
/// folder, and gives nothing: the test is then done.
pub(super) fn inside(test: &str) -> Option<PathBuf> {
    if let Some(conf) = std::env::var_os(SET) {
        return Some(Path::new(&conf).parent().unwrap().to_owned());
    }
    judge("softhsm2-util")?;
    module()?;
    let folder = TestFolder::new("softhsm");
    std::fs::create_dir(folder.path().join("tokens")).unwrap();
    let conf = folder.path().join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        folder.path().join("tokens").display()
    );
    std::fs::write(&conf, text).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(SET, &conf)
        .output()
        .unwrap();
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{told}");
    assert!(told.contains("1 passed"), "{test} is not a test: {told}");
    None
}

fn util(arguments: &[&str]) {
    let program = judge("softhsm2-util").unwrap();
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

pub(super) fn make_token(label: &str) {
    util(&[
        "--init-token",
        "--free",
        "--label",
        label,
        "--so-pin",
        "TEST-so-pin",
        "--pin",
        PIN,
    ]);
}

/// Puts `key` into the token `token` under `label`.
pub(super) fn import(folder: &Path, token: &str, label: &str, id: &str, key: &PrivateKey) {
    let file = folder.join("key.pem");
    std::fs::write(&file, key.to_pkcs8_pem().unwrap().expose()).unwrap();
    let path = file.to_str().unwrap();
    util(&[
        "--import", path, "--token", token, "--label", label, "--id", id, "--pin", PIN,
    ]);
    std::fs::remove_file(&file).unwrap();
}
