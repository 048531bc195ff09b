//! A token as a file: everything on it but its private keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::LabError;
use super::super::pki::folder_keys::{read_key, write_key};
use super::image::Hex;
use crate::crypto::key::PrivateKey;

/// The family of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenFamily {
    /// NIST PIV.
    Piv,
    /// ISO 7816-15, PKCS#15.
    Pkcs15,
}

/// A PIN or PUK and its tries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretCode {
    /// The digits. Specimens only, so they stand in clear.
    pub value: String,
    /// Tries of a fresh one.
    pub total: u8,
    /// Tries left.
    pub left: u8,
}

/// What a token does otherwise than most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// EF(DIR) is a file of records (PKCS#15).
    DirectoryRecords,
    /// An absent object is answered with an empty one instead of 6A 82 (PIV).
    EmptyObjects,
    /// Selecting the application again takes the PIN right away (PIV).
    ForgetsWhenSelected,
    /// It wants its global PIN, reference 00, and says so in its discovery object (PIV).
    GlobalPin,
    /// VERIFY without data is never answered with 90 00 (PIV).
    HidesVerified,
    /// The right cannot be dropped: P1 FF is refused.
    NoLogOff,
    /// It answers a selection with another identifier than the application's (PIV).
    OtherAid,
    /// Wrong tries are counted as 63 0x (PIV).
    PlainCounter,
    /// ECDSA values come as `r ‖ s` instead of DER (PKCS#15).
    RawEcdsa,
    /// Paths are selected one step after the other only, and never without the file's description (PKCS#15).
    StepsOnly,
    /// The application is not found by its name (PKCS#15).
    Unnamed,
    /// Its keys want to be touched, and nobody touches it (PIV).
    Untouched,
    /// An input shorter than the curve's field is refused, as one card on P-384 does (PIV).
    WholeField,
}

/// The content and the lasting state of one virtual token.
///
/// As JSON: `{"format": "zegel-test-token/1", "family": "piv", "atr": hex, "serial": hex of 16 bytes,
/// "pin": {"value": "123456", "total": 3, "left": 3}, "puk": …, "objects": {"5FC105": hex, …}, "manners": ["whole-field", …], "yubikey": [5, 7, 1] or
/// null}`. Objects
/// are named by their tag in GET DATA on PIV, and by their full path on PKCS#15. The private keys stand beside it in PEM
/// files named by their reference: `NAME.9c.key.pem`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenImage {
    /// [`TokenImage::FORMAT`].
    pub format: String,
    /// Its family.
    pub family: TokenFamily,
    /// Answer to reset.
    pub atr: Hex,
    /// Serial number or card UUID, 16 bytes.
    pub serial: Hex,
    /// The PIN.
    pub pin: SecretCode,
    /// The code that unblocks it.
    pub puk: SecretCode,
    /// Objects or files.
    pub objects: BTreeMap<String, Hex>,
    /// What it does otherwise than most.
    #[serde(default)]
    pub manners: BTreeSet<Manner>,
    /// Firmware of a YubiKey, which answers that maker's own commands.
    #[serde(default)]
    pub yubikey: Option<[u8; 3]>,
}

impl TokenImage {
    /// The value of `format`.
    pub const FORMAT: &'static str = "zegel-test-token/1";

    /// Whether it does that.
    pub fn does(&self, manner: Manner) -> bool {
        self.manners.contains(&manner)
    }

    /// Makes it do that from now on.
    pub fn adopt(&mut self, manner: Manner) {
        self.manners.insert(manner);
    }

    /// Makes it do that no more.
    pub fn leave_off(&mut self, manner: Manner) {
        self.manners.remove(&manner);
    }

    /// The object of this name.
    pub fn object(&self, name: &str) -> Option<&[u8]> {
        self.objects.get(name).map(|content| content.0.as_slice())
    }

    /// Puts `content` under this name.
    pub fn set_object(&mut self, name: &str, content: Vec<u8>) {
        self.objects.insert(name.to_owned(), Hex(content));
    }

    /// Reads an image from JSON; `None` when the bytes are of another format.
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text)
            .ok()
            .filter(|image: &Self| image.format == Self::FORMAT)
    }

    /// Writes the image as JSON, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), LabError> {
        let text =
            serde_json::to_vec_pretty(self).map_err(|_| LabError::Malformed("token image".to_owned()))?;
        let draft = path.with_extension("json.new");
        std::fs::write(&draft, text).map_err(LabError::io(&draft))?;
        std::fs::rename(&draft, path).map_err(LabError::io(path))
    }
}

/// The private keys of a token, by their reference.
#[derive(Clone, Debug, Default)]
pub struct TokenKeys(pub BTreeMap<u8, PrivateKey>);

/// Every reference a token's key may have here.
const REFERENCES: [u8; 6] = [0x01, 0x02, 0x9A, 0x9C, 0x9D, 0x9E];

impl TokenKeys {
    fn path(folder: &Path, name: &str, reference: u8) -> PathBuf {
        folder.join(format!("{name}.{reference:02x}.key.pem"))
    }

    /// Reads the keys of the token `name` in `folder`; those that have no file are absent.
    ///
    /// # Errors
    /// When a file is there and is no key.
    pub fn load(folder: &Path, name: &str) -> Result<Self, LabError> {
        let mut keys = BTreeMap::new();
        for reference in REFERENCES {
            let path = Self::path(folder, name, reference);
            if path.exists() {
                keys.insert(reference, read_key(&path)?);
            }
        }
        Ok(Self(keys))
    }

    /// Writes the keys beside the image of the token `name`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, folder: &Path, name: &str) -> Result<(), LabError> {
        for (reference, key) in &self.0 {
            write_key(&Self::path(folder, name, *reference), key)?;
        }
        Ok(())
    }
}
