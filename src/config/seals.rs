//! The organisations' seals: which board seals with which key, and where that key is.
//!
//! A file of its own, named by `seals.file`, for it grows with the boards. Holds no secret: PINs and client secrets are
//! named by the file they are in, and are read when the key is used.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::ades::device::SigningDevice;
use crate::ades::level::Level;
use crate::base::secret::Secret;
use crate::signing::device::csc::{Provider, RemoteCredential};
use crate::signing::device::pkcs11::{Place, TokenKey};

/// One organisation's seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealSettings {
    /// Slug of the board whose seal it is; also the name by which commands call it.
    pub board: String,
    /// The level that everything sealed must show.
    pub level: Level,
    /// Where the key is.
    pub device: DeviceSettings,
}

/// Where a seal key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceSettings {
    /// At a remote provider.
    Csc {
        /// Which, and which credential.
        provider: Provider,
        /// File with our client's secret.
        client_secret_file: PathBuf,
        /// File with the credential's PIN, where it has one.
        pin_file: Option<PathBuf>,
    },
    /// In a token.
    Pkcs11 {
        /// Where.
        place: Place,
        /// File with the token's user PIN.
        pin_file: PathBuf,
        /// PEM file with the seal's certificate and its issuers, signer first; without it they stand in the token.
        certificates: Option<PathBuf>,
        /// Longest time for one visit to the module.
        timeout: Duration,
    },
}

/// Why the seals cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealsError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file with certificates holds none, or something else.
    #[error("`{}` holds no PEM certificates", .0.display())]
    Pem(PathBuf),
    /// The file does not say what it should.
    #[error("{0}")]
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    seal: Vec<WrittenSeal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSeal {
    board: String,
    #[serde(default)]
    level: Option<String>,
    pkcs11: Option<WrittenToken>,
    csc: Option<WrittenProvider>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenToken {
    module: PathBuf,
    token: String,
    key: String,
    pin_file: PathBuf,
    certificates: Option<PathBuf>,
    #[serde(default = "usual_timeout")]
    timeout_seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenProvider {
    url: String,
    token_url: String,
    client_id: String,
    client_secret_file: PathBuf,
    credential: String,
    pin_file: Option<PathBuf>,
}

const fn usual_timeout() -> u64 {
    20
}

/// Reads the seals in `file`. Relative paths in it count from its folder.
///
/// # Errors
/// When it cannot be read, has an unknown key, two seals of one board, or a device that is none or two.
pub fn load(file: &Path) -> Result<Vec<SealSettings>, SealsError> {
    let text = std::fs::read_to_string(file).map_err(|source| SealsError::File {
        path: file.to_owned(),
        source,
    })?;
    let written: Written =
        toml::from_str(&text).map_err(|error| SealsError::Text(error.message().to_owned()))?;
    let base = file.parent().unwrap_or(Path::new("."));
    let mut seals: Vec<SealSettings> = Vec::new();
    for seal in written.seal {
        let made = settings(seal, base)?;
        if seals.iter().any(|known| known.board == made.board) {
            return Err(SealsError::Text(format!("board `{}` has two seals", made.board)));
        }
        seals.push(made);
    }
    Ok(seals)
}

fn settings(seal: WrittenSeal, base: &Path) -> Result<SealSettings, SealsError> {
    let wrong = |what: &str| SealsError::Text(format!("seal of `{}`: {what}", seal.board));
    let level = seal.level.as_deref().unwrap_or("lta");
    let level = level
        .parse()
        .map_err(|_| wrong("level: expected one of b, t, lt, lta"))?;
    let device = match (seal.pkcs11, seal.csc) {
        (Some(token), None) => DeviceSettings::Pkcs11 {
            place: Place {
                module: base.join(token.module),
                token: token.token,
                key: token.key,
            },
            pin_file: base.join(token.pin_file),
            certificates: token.certificates.map(|file| base.join(file)),
            timeout: Duration::from_secs(token.timeout_seconds.clamp(1, 300)),
        },
        (None, Some(provider)) => {
            for address in [&provider.url, &provider.token_url] {
                if super::desk::time_stamp_host(address).is_none() {
                    return Err(wrong("expected an http or https address"));
                }
            }
            DeviceSettings::Csc {
                provider: Provider {
                    url: provider.url.trim_end_matches('/').to_owned(),
                    token_url: provider.token_url,
                    client_id: provider.client_id,
                    credential: provider.credential,
                },
                client_secret_file: base.join(provider.client_secret_file),
                pin_file: provider.pin_file.map(|file| base.join(file)),
            }
        }
        _ => return Err(wrong("expected a table `pkcs11` or a table `csc`")),
    };
    Ok(SealSettings {
        board: seal.board,
        level,
        device,
    })
}

impl SealSettings {
    /// The hosts that have to be called for this seal.
    pub fn hosts(&self) -> Vec<String> {
        match &self.device {
            DeviceSettings::Csc { provider, .. } => [&provider.url, &provider.token_url]
                .into_iter()
                .filter_map(|address| super::desk::time_stamp_host(address))
                .collect(),
            DeviceSettings::Pkcs11 { .. } => Vec::new(),
        }
    }

    /// The device, its secrets read from their files. Nothing is asked of it yet.
    ///
    /// # Errors
    /// `File` or `Pem`; neither says what is in a file.
    pub fn open(&self) -> Result<Box<dyn SigningDevice>, SealsError> {
        Ok(match &self.device {
            DeviceSettings::Csc {
                provider,
                client_secret_file,
                pin_file,
            } => {
                let pin = pin_file.as_deref().map(secret).transpose()?;
                let client_secret = secret(client_secret_file)?;
                Box::new(RemoteCredential::new(provider.clone(), client_secret, pin))
            }
            DeviceSettings::Pkcs11 {
                place,
                pin_file,
                certificates,
                timeout,
            } => {
                let certificates = match certificates {
                    Some(file) => pem_certificates(file)?,
                    None => Vec::new(),
                };
                Box::new(TokenKey::new(
                    place.clone(),
                    secret(pin_file)?,
                    certificates,
                    *timeout,
                ))
            }
        })
    }
}

/// The text in `file` without the line end that editors add.
fn secret(file: &Path) -> Result<Secret<String>, SealsError> {
    let text = std::fs::read_to_string(file).map_err(|source| SealsError::File {
        path: file.to_owned(),
        source,
    })?;
    let text = zeroize::Zeroizing::new(text);
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn pem_certificates(file: &Path) -> Result<Vec<Vec<u8>>, SealsError> {
    let text = std::fs::read(file).map_err(|source| SealsError::File {
        path: file.to_owned(),
        source,
    })?;
    let read = openssl::x509::X509::stack_from_pem(&text).and_then(|certificates| {
        certificates
            .iter()
            .map(|one| one.to_der())
            .collect::<Result<Vec<_>, _>>()
    });
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(SealsError::Pem(file.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<SealSettings>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seals.toml");
        std::fs::write(&file, text).unwrap();
        load(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn a_seal_has_one_device_and_a_board_one_seal() {
        let token = "pkcs11 = { module = \"m.so\", token = \"t\", key = \"k\", pin_file = \"pin\" }\n";
        let provider = "csc = { url = \"https://p.example/csc/v2/\", token_url = \"https://p.example/oauth2/token\", \
                        client_id = \"c\", client_secret_file = \"s\", credential = \"x\" }\n";
        let seals = read(&format!(
            "[[seal]]\nboard = \"a\"\n{token}[[seal]]\nboard = \"b\"\nlevel = \"t\"\n{provider}"
        ));
        let seals = seals.unwrap();
        assert_eq!((seals[0].level, seals[1].level), (Level::Lta, Level::T));
        assert_eq!(seals[1].hosts(), ["p.example", "p.example"]);
        for (text, says) in [
            (
                format!("[[seal]]\nboard = \"a\"\n{token}{provider}"),
                "expected a table",
            ),
            ("[[seal]]\nboard = \"a\"\n".to_owned(), "expected a table"),
            (format!("[[seal]]\nboard = \"a\"\n{token}").repeat(2), "two seals"),
            (
                format!("[[seal]]\nboard = \"a\"\nlevel = \"x\"\n{token}"),
                "level",
            ),
            (
                "[[seal]]\nboard = \"a\"\npin = \"1234\"\n".to_owned(),
                "unknown field",
            ),
            (
                format!(
                    "[[seal]]\nboard = \"a\"\n{}",
                    provider.replace("https://p.example/csc/v2/", "ftp://p")
                ),
                "http",
            ),
        ] {
            let told = read(&text).unwrap_err();
            assert!(told.contains(says), "{text}: {told}");
        }
    }
}
