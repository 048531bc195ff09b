//! Encrypted files: what is read is decrypted, what is appended is encrypted under the same key. ISO 32000-2 §7.6.
//!
//! The standard security handler alone: RC4 is read and never written, AES both. Three things are never encrypted:
//! the encryption dictionary, cross-reference streams, and `/Contents` of a signature, whose bytes a signature's
//! byte range leaves out and everybody must find (§7.6.2).

mod cipher;
mod dictionary;
mod key;

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

pub use dictionary::Method;
pub use key::Access;

use dictionary::{Parameters, by_name};
use key::KeyFault;

use super::error::{PdfError, PdfErrorKind};
use super::number;
use super::object::{Dictionary, Object, ObjectId, Stream, StreamData};
use crate::base::secret::Secret;

/// `/P` as bits. ISO 32000-2 table 22 counts them from 1.
const MODIFY: u32 = 1 << 3;
const ANNOTATE: u32 = 1 << 5;
const FILL_FORMS: u32 = 1 << 8;

/// The key of an encrypted file and what it is used for.
pub(crate) struct Protection {
    key: Zeroizing<Vec<u8>>,
    access: Access,
    parameters: Parameters,
    /// Where the encryption dictionary stands, when it is an object of its own.
    own: Option<ObjectId>,
}

impl fmt::Debug for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protection")
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

impl Protection {
    /// Opens a file whose encryption dictionary is `dictionary`, standing at `at`.
    ///
    /// `password` is tried as the owner's and as the user's, then the empty one, which most protected files have for
    /// their users: what they hold back is only what `/P` says.
    ///
    /// # Errors
    /// `Password` when one is needed, `PasswordWrong` when the one given is none of the file's; `Encrypted` for a
    /// scheme not done here; `Malformed`.
    pub(crate) fn open(
        dictionary: &Dictionary,
        own: Option<ObjectId>,
        at: u64,
        identifier: &[u8],
        password: Option<&Secret<Vec<u8>>>,
    ) -> Result<Self, PdfError> {
        let parameters = Parameters::read(dictionary, at)?;
        let given = password.map_or(&[][..], |password| password.expose().as_slice());
        let attempts: &[&[u8]] = if given.is_empty() { &[b""] } else { &[given, b""] };
        for attempt in attempts {
            let found = key::open(&parameters, identifier, attempt).map_err(|fault| match fault {
                KeyFault::NoMd5 => PdfError::unsupported(at, "MD5 in this computer's OpenSSL"),
                KeyFault::Permissions => {
                    PdfError::malformed(at, "`/Perms` that says what the encryption dictionary says")
                }
            })?;
            if let Some((key, access)) = found {
                return Ok(Self {
                    key,
                    access,
                    parameters,
                    own,
                });
            }
        }
        Err(if given.is_empty() {
            PdfError::new(PdfErrorKind::Password, at, "a password")
        } else {
            PdfError::new(PdfErrorKind::PasswordWrong, at, "the password of the file")
        })
    }

    /// Whether anything new would be protected by RC4, which protects nothing.
    pub(crate) fn is_weak(&self) -> bool {
        let used = [
            Some(self.parameters.streams),
            Some(self.parameters.strings),
            self.parameters.embedded,
        ];
        used.contains(&Some(Method::Rc4))
    }

    /// Whether a signature may be put into a field that is there. ISO 32000-2 table 22, bits 6 and 9.
    pub(crate) fn allows_filling(&self) -> bool {
        self.allows(ANNOTATE) || (self.parameters.revision >= 3 && self.allows(FILL_FORMS))
    }

    /// Whether a signature field may be made. Bit 6, with bit 4 beside it.
    pub(crate) fn allows_new_fields(&self) -> bool {
        self.allows(ANNOTATE) && self.allows(MODIFY)
    }

    fn allows(&self, bit: u32) -> bool {
        self.access == Access::Owner || self.parameters.permissions & bit != 0
    }

    /// `object`, the one numbered `id` as it stands in the file at `at`, with its strings decrypted and its data
    /// marked for when it is read.
    ///
    /// # Errors
    /// `Malformed` for what was not encrypted as the file says.
    pub(crate) fn opened(&self, id: ObjectId, mut object: Object, at: u64) -> Result<Object, PdfError> {
        if self.is_plain(id, &object) {
            return Ok(object);
        }
        let wrong = || PdfError::malformed(at, "strings encrypted as the file says");
        if self.parameters.strings != Method::Identity {
            let key = self.object_key(id, self.parameters.strings).ok_or_else(wrong)?;
            let open = &mut |bytes: &[u8]| Self::open_bytes(&key, self.parameters.strings, bytes);
            each_string(&mut object, open).ok_or_else(wrong)?;
        }
        if let Object::Stream(stream) = &mut object
            && let StreamData::File { offset, length } = stream.data
        {
            let method = self.method_of(&stream.dictionary, at)?;
            if method != Method::Identity {
                stream.data = StreamData::Sealed {
                    offset,
                    length,
                    id,
                    method,
                };
            }
        }
        Ok(object)
    }

    /// The data of a stream that [`Self::opened`] marked, which was read as `bytes`.
    ///
    /// # Errors
    /// `Malformed` for what was not encrypted as the file says.
    pub(crate) fn data(
        &self,
        id: ObjectId,
        method: Method,
        bytes: &[u8],
        at: u64,
    ) -> Result<Vec<u8>, PdfError> {
        self.object_key(id, method)
            .and_then(|key| Self::open_bytes(&key, method, bytes))
            .ok_or(PdfError::malformed(at, "data encrypted as the file says"))
    }

    /// `object` as it is to be written under the number `id`, into an update of a file of `base` bytes.
    ///
    /// `None` for what cannot be encrypted here; [`Self::is_weak`] says it before.
    pub(crate) fn sealed(&self, id: ObjectId, mut object: Object, base: u64) -> Option<Object> {
        if self.is_plain(id, &object) {
            return Some(object);
        }
        let mut sealing = Sealing {
            protection: self,
            id,
            base,
            count: 0,
        };
        if self.parameters.strings != Method::Identity {
            each_string(&mut object, &mut |bytes| {
                sealing.bytes(self.parameters.strings, bytes)
            })?;
        }
        if let Object::Stream(stream) = &mut object {
            let method = self.method_of(&stream.dictionary, 0).ok()?;
            let StreamData::Memory(bytes) = &stream.data else {
                return None;
            };
            if method != Method::Identity {
                stream.data = StreamData::Memory(sealing.bytes(method, bytes)?);
            }
        }
        Some(object)
    }

    /// The encryption dictionary and cross-reference streams.
    fn is_plain(&self, id: ObjectId, object: &Object) -> bool {
        self.own == Some(id)
            || object
                .as_stream()
                .is_some_and(|stream| stream.dictionary.is_name("Type", "XRef"))
    }

    /// How the data of a stream is encrypted: its own crypt filter before that of the file. ISO 32000-2 §7.4.10.
    fn method_of(&self, dictionary: &Dictionary, at: u64) -> Result<Method, PdfError> {
        let parameters = &self.parameters;
        if parameters.revision >= 4
            && let Some(name) = crypt_filter(dictionary)
        {
            return name
                .as_name()
                .and_then(|name| by_name(name, &parameters.named))
                .ok_or(PdfError::malformed(at, "a crypt filter of this name"));
        }
        if dictionary.is_name("Type", "Metadata") && !parameters.encrypt_metadata {
            return Ok(Method::Identity);
        }
        match parameters.embedded {
            Some(embedded) if dictionary.is_name("Type", "EmbeddedFile") => Ok(embedded),
            _ => Ok(parameters.streams),
        }
    }

    /// Algorithm 1, and 1.A where the file's key is used as it is.
    fn object_key(&self, id: ObjectId, method: Method) -> Option<Zeroizing<Vec<u8>>> {
        let salt: &[u8] = match method {
            Method::Aes256 => return Some(self.key.clone()),
            Method::Identity => return Some(Zeroizing::default()),
            Method::Aes128 => b"sAlT",
            Method::Rc4 => b"",
        };
        let number = id.number.to_le_bytes();
        let mut key = cipher::md5(&[&self.key, number.get(..3)?, &id.generation.to_le_bytes(), salt])?;
        key.truncate(self.key.len().saturating_add(5).min(16));
        Some(key)
    }

    fn open_bytes(key: &[u8], method: Method, bytes: &[u8]) -> Option<Vec<u8>> {
        match method {
            Method::Identity => Some(bytes.to_vec()),
            Method::Rc4 => Some(cipher::rc4(key, bytes)),
            Method::Aes128 | Method::Aes256 => cipher::open_padded(key, bytes),
        }
    }
}

/// What is encrypted for one object.
struct Sealing<'a> {
    protection: &'a Protection,
    id: ObjectId,
    base: u64,
    count: u64,
}

impl Sealing<'_> {
    fn bytes(&mut self, method: Method, bytes: &[u8]) -> Option<Vec<u8>> {
        match method {
            Method::Identity => Some(bytes.to_vec()),
            Method::Rc4 => None,
            Method::Aes128 | Method::Aes256 => {
                let key = self.protection.object_key(self.id, method)?;
                let vector = self.vector(bytes)?;
                cipher::seal_padded(&key, vector.get(..cipher::BLOCK)?, bytes)
            }
        }
    }

    /// An initialisation vector that nobody without the key can tell and that no other content has.
    ///
    /// WHY: the same update gives the same bytes, so it comes from what is encrypted and where, not from chance.
    fn vector(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.protection.key).ok()?;
        mac.update(b"zegel initialisation vector");
        mac.update(&self.base.to_be_bytes());
        mac.update(&self.id.number.to_be_bytes());
        mac.update(&self.id.generation.to_be_bytes());
        mac.update(&self.count.to_be_bytes());
        mac.update(&number::offset(bytes.len()).to_be_bytes());
        mac.update(bytes);
        self.count = self.count.saturating_add(1);
        Some(mac.finalize().into_bytes().to_vec())
    }
}

/// Replaces every string in `object` by what `change` makes of it, but never `/Contents` beside `/ByteRange`.
///
/// Depth is bounded by the parser, and by what this program itself builds.
fn each_string(object: &mut Object, change: &mut dyn FnMut(&[u8]) -> Option<Vec<u8>>) -> Option<()> {
    match object {
        Object::String(bytes) => *bytes = change(bytes)?,
        Object::Array(items) => {
            for item in items {
                each_string(item, change)?;
            }
        }
        Object::Dictionary(dictionary) | Object::Stream(Stream { dictionary, .. }) => {
            each_value(dictionary, change)?;
        }
        _ => {}
    }
    Some(())
}

fn each_value(dictionary: &mut Dictionary, change: &mut dyn FnMut(&[u8]) -> Option<Vec<u8>>) -> Option<()> {
    let is_signature = dictionary.contains("ByteRange");
    for (name, value) in dictionary.iter_mut() {
        if !(is_signature && name.is("Contents")) {
            each_string(value, change)?;
        }
    }
    Some(())
}

/// The crypt filter that a stream names for itself, if it does; `Identity` when it leaves the name out (ISO 32000-2
/// table 14), and null for what is no name.
fn crypt_filter(dictionary: &Dictionary) -> Option<Object> {
    let first = |key: &str| match dictionary.get(key) {
        Some(Object::Array(items)) => items.first(),
        other => other,
    };
    let is_crypt = first("Filter")
        .and_then(Object::as_name)
        .is_some_and(|name| name.is("Crypt"));
    let named = first("DecodeParms")
        .and_then(Object::as_dictionary)
        .and_then(|parameters| parameters.get("Name"));
    is_crypt.then(|| match named {
        None => Object::name("Identity"),
        Some(Object::Name(name)) => Object::Name(name.clone()),
        Some(_) => Object::Null,
    })
}
