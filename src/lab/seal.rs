//! The demo municipality's seal: its key in a token of SoftHSM where that is installed, else at the laboratory's own
//! remote provider. TEST in every name.
//!
//! Made anew at each start, before the service: a laboratory keeps no seal.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;

use super::house::write_private;
use super::pki::{LabPki, SealHolder};
use super::services::csc;
use super::{Lab, LabError};
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::crypto::key::{Curve, KeyKind, PrivateKey};

/// Where Debian and its derivatives put SoftHSM's module.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
];
/// The variable by which SoftHSM finds its settings.
const SETTINGS: &str = "SOFTHSM2_CONF";
/// Label of the token and of the key in it.
const LABEL: &str = "TEST-zegelgem";
/// The token's PIN: it protects nothing but laboratory material.
const PIN: &str = "9173-TEST";
/// Number of the organisation in the enterprise register, that of the demo municipality.
const NUMBER: &str = "0999900150";

/// Who keeps the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// The laboratory's own remote provider, because SoftHSM is not installed or refuses.
    Laboratory,
    /// A token of SoftHSM.
    SoftHsm,
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Laboratory => {
                "the laboratory's own key at its remote provider (SoftHSM is not installed, or refuses)"
            }
            Self::SoftHsm => "a key in a token of SoftHSM",
        })
    }
}

/// A seal that the service can use.
#[derive(Clone, Debug)]
pub struct DemoSeal {
    /// Who keeps its key.
    pub keeper: Keeper,
    /// The settings file, for `seals.file`.
    pub file: PathBuf,
    /// What the service's environment must say for the key to be found.
    pub environment: Option<(&'static str, PathBuf)>,
}

impl DemoSeal {
    /// Makes the seal of the board `slug` in `folder`.
    ///
    /// # Errors
    /// When a file cannot be written, or the authority cannot sign. A SoftHSM that does not work is none.
    pub fn make(
        lab: &Lab,
        folder: &Path,
        slug: &str,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Self, LabError> {
        std::fs::create_dir_all(folder).map_err(LabError::io(folder))?;
        let module = MODULES.iter().map(Path::new).find(|module| module.exists());
        let (keeper, device, environment) = match module {
            Some(module) => match in_token(lab, folder, module, random, now)? {
                Some((device, settings)) => (Keeper::SoftHsm, device, Some((SETTINGS, settings))),
                None => (Keeper::Laboratory, at_provider(lab, folder)?, None),
            },
            None => (Keeper::Laboratory, at_provider(lab, folder)?, None),
        };
        let file = folder.join("seals.toml");
        let text = format!(
            "# The seal of the demo. TEST: never copy it to a real installation.\n\
             [[seal]]\nboard = {}\nlevel = \"lta\"\n{device}",
            quoted(slug)
        );
        std::fs::write(&file, text).map_err(LabError::io(&file))?;
        Ok(Self {
            keeper,
            file,
            environment,
        })
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The settings of a fresh key in a fresh token and those of SoftHSM; none where its tool refuses.
fn in_token(
    lab: &Lab,
    folder: &Path,
    module: &Path,
    random: &dyn Random,
    now: Timestamp,
) -> Result<Option<(String, PathBuf)>, LabError> {
    let tokens = folder.join("tokens");
    if tokens.exists() {
        std::fs::remove_dir_all(&tokens).map_err(LabError::io(&tokens))?;
    }
    std::fs::create_dir_all(&tokens).map_err(LabError::io(&tokens))?;
    let settings = folder.join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&settings, text).map_err(LabError::io(&settings))?;
    let key = PrivateKey::generate(KeyKind::Ec(Curve::P256))?;
    let (key_file, pin_file, chain) = (
        folder.join("key.pem"),
        folder.join("pin"),
        folder.join("seal.pem"),
    );
    write_private(&key_file, key.to_pkcs8_pem()?.expose())?;
    let made = tool(
        &settings,
        &[
            "--init-token",
            "--free",
            "--label",
            LABEL,
            "--so-pin",
            PIN,
            "--pin",
            PIN,
        ],
    ) && tool(
        &settings,
        &[
            "--import",
            &key_file.display().to_string(),
            "--token",
            LABEL,
            "--label",
            LABEL,
            "--id",
            "01",
            "--pin",
            PIN,
        ],
    );
    std::fs::remove_file(&key_file).map_err(LabError::io(&key_file))?;
    if !made {
        return Ok(None);
    }
    let holder = SealHolder {
        organisation: "Gemeente Zegelgem (TEST)".to_owned(),
        enterprise_number: NUMBER.to_owned(),
        qualified: false,
    };
    let pki = lab.pki();
    let (certificate, _) = pki.issue_seal(&holder, key.public(), LabPki::usual_validity(now), random)?;
    // A laboratory that is started again still knows what it issued.
    pki.save_issued(&lab.folder().join("pki"))?;
    let pem: String = [certificate.as_slice(), pki.organisation.certificate_der()]
        .into_iter()
        .map(to_pem)
        .collect();
    std::fs::write(&chain, pem).map_err(LabError::io(&chain))?;
    write_private(&pin_file, PIN.as_bytes())?;
    let path = |path: &Path| quoted(&path.display().to_string());
    let device = format!(
        "[seal.pkcs11]\nmodule = {}\ntoken = {label}\nkey = {label}\npin_file = {}\ncertificates = {}\n",
        path(module),
        path(&pin_file),
        path(&chain),
        label = quoted(LABEL),
    );
    Ok(Some((device, settings)))
}

/// Whether SoftHSM's tool did it.
fn tool(settings: &Path, arguments: &[&str]) -> bool {
    let run = Command::new("softhsm2-util")
        .args(arguments)
        .env(SETTINGS, settings)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    run.is_ok_and(|status| status.success())
}

/// The settings of the credential that the laboratory's provider keeps.
fn at_provider(lab: &Lab, folder: &Path) -> Result<String, LabError> {
    let (secret, pin) = (folder.join("client-secret"), folder.join("pin"));
    write_private(&secret, csc::CLIENT_SECRET.as_bytes())?;
    write_private(&pin, csc::CREDENTIAL_PIN.as_bytes())?;
    let path = |path: &Path| quoted(&path.display().to_string());
    let url = lab.services_url();
    Ok(format!(
        "[seal.csc]\nurl = {}\ntoken_url = {}\nclient_id = {}\nclient_secret_file = {}\ncredential = {}\n\
         pin_file = {}\n",
        quoted(&format!("{url}/csc/v2")),
        quoted(&format!("{url}/oauth2/token")),
        quoted(csc::CLIENT),
        path(&secret),
        quoted(csc::CREDENTIAL),
        path(&pin),
    ))
}

fn to_pem(der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<String> = text
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}
