//! A card as a file: everything on it but its private keys.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::LabError;
use super::super::pki::folder_keys::{read_key, write_key};
use super::profile::Applet;
use crate::crypto::key::PrivateKey;

/// Bytes written as lower-case hex in JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hex(pub Vec<u8>);

impl TryFrom<String> for Hex {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        hex::decode(text)
            .map(Self)
            .map_err(|_| "expected an even number of hex digits")
    }
}

impl From<Hex> for String {
    fn from(bytes: Hex) -> Self {
        hex::encode(bytes.0)
    }
}

/// The content and the lasting state of one virtual card. Specimens only, so the PIN stands in it in clear.
///
/// As JSON: `{"format": "zegel-test-card/1", "applet": "1.8", "atr": hex, "chip": hex of 16 bytes, "pin": "1234",
/// "tries_left": 0–3, "unblock": 12 digits or null, "unblock_tries": 0–12, "activated": true, "basic_key_uses": 0–5000, "files": {"3F00DF014031": hex, …}}`.
/// File names are full paths in upper-case hex. The private keys stand beside it in PEM files named
/// `NAME.authentication.key.pem`, `NAME.signature.key.pem` and `NAME.basic.key.pem`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardImage {
    /// [`CardImage::FORMAT`].
    pub format: String,
    /// Generation of the applet.
    pub applet: Applet,
    /// Answer to reset.
    pub atr: Hex,
    /// Serial number of the chip, 16 bytes.
    pub chip: Hex,
    /// The PIN, 4 to 12 digits.
    pub pin: String,
    /// PIN tries left, 0 to 3.
    pub tries_left: u8,
    /// PUK2 and PUK1 as 12 digits; absent on 1.8, which has none.
    pub unblock: Option<String>,
    /// PUK tries left, 0 to 12.
    #[serde(default = "CardImage::all_puk_tries")]
    pub unblock_tries: u8,
    /// Whether the municipality has activated the card; before that it refuses every command.
    #[serde(default = "CardImage::usually")]
    pub activated: bool,
    /// How often the basic key was used since the last good PIN, at most 5000.
    pub basic_key_uses: u16,
    /// Elementary files by full path.
    pub files: BTreeMap<String, Hex>,
}

impl CardImage {
    /// The value of `format`.
    pub const FORMAT: &'static str = "zegel-test-card/1";
    /// Tries of a fresh PIN.
    pub const PIN_TRIES: u8 = 3;
    /// Tries of a fresh PUK. Source: reference §10.2.
    pub const PUK_TRIES: u8 = 12;

    const fn all_puk_tries() -> u8 {
        Self::PUK_TRIES
    }

    const fn usually() -> bool {
        true
    }

    /// An empty card of this generation with the PIN 1234.
    pub fn new(applet: Applet, chip: [u8; 16]) -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            applet,
            atr: Hex(applet.atr()),
            chip: Hex(chip.to_vec()),
            pin: "1234".to_owned(),
            tries_left: Self::PIN_TRIES,
            unblock: (applet != Applet::V18).then(|| "123456654321".to_owned()),
            unblock_tries: Self::PUK_TRIES,
            activated: true,
            basic_key_uses: 0,
            files: BTreeMap::new(),
        }
    }

    /// The content of the file at `path`, full path in upper-case hex.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|content| content.0.as_slice())
    }

    /// Puts `content` at `path`.
    pub fn set_file(&mut self, path: &str, content: Vec<u8>) {
        self.files.insert(path.to_owned(), Hex(content));
    }

    /// Makes the certificate files as long as real cards have them, for counting what a read costs: they are then no
    /// certificates any more, only objects of that length with the applet's zeros behind them.
    ///
    /// Source: reference §4.3, the middle of what was seen; root and CA of 1.8 exactly.
    pub fn fill_to_real_sizes(&mut self) {
        let lengths: [u16; 5] = match self.applet {
            Applet::V10 | Applet::V11 => [1000, 1000, 1000, 920, 820],
            Applet::V17 => [1100, 1150, 1550, 1426, 1200],
            Applet::V18 => [850, 858, 1182, 876, 650],
        };
        let files = ["5038", "5039", "503A", "503B", "503C"];
        for (id, length) in files.into_iter().zip(lengths) {
            let [high, low] = length.saturating_sub(4).to_be_bytes();
            let mut content = vec![0x30, 0x82, high, low];
            content.resize(usize::from(length), 0x55);
            content.resize(content.len() + self.applet.certificate_tail(), 0);
            self.set_file(&format!("3F00DF00{id}"), content);
        }
    }

    /// Reads an image from JSON.
    ///
    /// # Errors
    /// `Malformed` when a member is missing, unknown, or of another form or range.
    pub fn load(path: &Path) -> Result<Self, LabError> {
        let text = std::fs::read(path).map_err(LabError::io(path))?;
        Self::from_json(&text).ok_or_else(|| LabError::Malformed(path.display().to_string()))
    }

    /// The image in these bytes of JSON; `None` when a member is missing, unknown, or of another form or range.
    pub fn from_json(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text)
            .ok()
            .filter(|image: &Self| image.format == Self::FORMAT && image.is_in_range())
    }

    fn is_in_range(&self) -> bool {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        (4..=12).contains(&self.pin.len())
            && digits(&self.pin)
            && self
                .unblock
                .as_ref()
                .is_none_or(|code| code.len() == 12 && digits(code))
            && self.chip.0.len() == 16
            && self.tries_left <= Self::PIN_TRIES
            && self.unblock_tries <= Self::PUK_TRIES
    }

    /// Writes the image as JSON, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), LabError> {
        let text =
            serde_json::to_vec_pretty(self).map_err(|_| LabError::Malformed("card image".to_owned()))?;
        let draft = path.with_extension("json.new");
        std::fs::write(&draft, text).map_err(LabError::io(&draft))?;
        std::fs::rename(&draft, path).map_err(LabError::io(path))
    }
}

/// The private keys of a card. Each may be absent, as on published specimens.
#[derive(Clone, Debug, Default)]
pub struct CardKeys {
    /// Key 82.
    pub authentication: Option<PrivateKey>,
    /// Key 83.
    pub signature: Option<PrivateKey>,
    /// Key 81, applet 1.8 only.
    pub basic: Option<PrivateKey>,
}

impl CardKeys {
    fn path(folder: &Path, name: &str, key: &str) -> PathBuf {
        folder.join(format!("{name}.{key}.key.pem"))
    }

    /// Reads the keys of the card `name` in `folder`; those that have no file are absent.
    ///
    /// # Errors
    /// When a file is there and is no key.
    pub fn load(folder: &Path, name: &str) -> Result<Self, LabError> {
        let read = |key: &str| {
            let path = Self::path(folder, name, key);
            path.exists().then(|| read_key(&path)).transpose()
        };
        Ok(Self {
            authentication: read("authentication")?,
            signature: read("signature")?,
            basic: read("basic")?,
        })
    }

    /// Writes the keys beside the image of the card `name`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, folder: &Path, name: &str) -> Result<(), LabError> {
        for (key, what) in [
            (&self.authentication, "authentication"),
            (&self.signature, "signature"),
            (&self.basic, "basic"),
        ] {
            if let Some(key) = key {
                write_key(&Self::path(folder, name, what), key)?;
            }
        }
        Ok(())
    }
}
