//! What an encryption dictionary says. ISO 32000-2 §7.6.2 to §7.6.6.

use crate::pdf::error::{PdfError, PdfErrorKind};
use crate::pdf::object::{Dictionary, Name, Object};

/// Most crypt filters of one file; honest files have one or two.
const FILTER_LIMIT: usize = 32;
/// Bytes that the password checks of revisions 5 and 6 may take: 48, and what one writer fills up with zeros.
const FILLED_LIMIT: usize = 127;

/// How one kind of content is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// AES-128 with a key of each object: `AESV2`.
    Aes128,
    /// AES-256 with the file's key: `AESV3`.
    Aes256,
    /// Not at all.
    Identity,
    /// RC4 with a key of each object: `V2`.
    Rc4,
}

/// What passwords are checked against, and what they open.
pub(super) enum Secrets {
    New {
        owner: [u8; 48],
        user: [u8; 48],
        owner_key: [u8; 32],
        user_key: [u8; 32],
        permissions: [u8; 16],
    },
    Old {
        owner: [u8; 32],
        user: [u8; 32],
    },
}

/// An encryption dictionary of the standard security handler, read.
pub(super) struct Parameters {
    pub(super) revision: u8,
    pub(super) key_bytes: usize,
    pub(super) permissions: u32,
    pub(super) encrypt_metadata: bool,
    pub(super) streams: Method,
    pub(super) strings: Method,
    pub(super) embedded: Option<Method>,
    pub(super) named: Vec<(Name, Method)>,
    pub(super) secrets: Secrets,
}

impl Parameters {
    /// Reads `dictionary`, which stands at `at`.
    ///
    /// # Errors
    /// `Encrypted` for another security handler or scheme; `Malformed`.
    pub(super) fn read(dictionary: &Dictionary, at: u64) -> Result<Self, PdfError> {
        let read = Reader { dictionary, at };
        match dictionary.get("Filter").map(Object::as_name) {
            Some(Some(name)) if name.is("Standard") => {}
            Some(Some(_)) => return Err(read.other("the standard security handler")),
            _ => return Err(read.wrong("`/Filter` of an encryption dictionary")),
        }
        let version = read.integer("V")?.unwrap_or(0);
        let revision = read
            .integer("R")?
            .ok_or(read.wrong("`/R` of an encryption dictionary"))?;
        let bits = read.integer("Length")?;
        let key_bytes = match (version, revision) {
            (1, 2 | 3) => 5,
            (2, 2 | 3) => bits
                .map_or(Some(40), |bits| {
                    ((40..=128).contains(&bits) && bits % 8 == 0).then_some(bits)
                })
                .and_then(|bits| usize::try_from(bits / 8).ok())
                .ok_or(read.wrong("a key of 40 to 128 bits in `/Length`"))?,
            (4, 4) => 16,
            (5, 5 | 6) => 32,
            (1 | 2 | 4 | 5, _) => return Err(read.wrong("`/V` and `/R` that fit each other")),
            _ => return Err(read.other("encryption of version 1, 2, 4 or 5")),
        };
        let permissions = read.integer("P")?.and_then(bits_of);
        let permissions = permissions.ok_or(read.wrong("32 bits of permissions in `/P`"))?;
        let encrypt_metadata = match dictionary.get("EncryptMetadata") {
            None | Some(Object::Null) => true,
            Some(Object::Boolean(value)) => *value || version < 4,
            Some(_) => return Err(read.wrong("true or false in `/EncryptMetadata`")),
        };
        let named = if version >= 4 {
            read.filters(version)?
        } else {
            Vec::new()
        };
        let method = |key: &str| read.method(key, &named);
        let (streams, strings, embedded) = if version >= 4 {
            (
                method("StmF")?.unwrap_or(Method::Identity),
                method("StrF")?.unwrap_or(Method::Identity),
                method("EFF")?,
            )
        } else {
            (Method::Rc4, Method::Rc4, None)
        };
        let secrets = if version >= 5 {
            Secrets::New {
                owner: read.filled("O")?,
                user: read.filled("U")?,
                owner_key: read.exact("OE")?,
                user_key: read.exact("UE")?,
                permissions: read.exact("Perms")?,
            }
        } else {
            Secrets::Old {
                owner: read.exact("O")?,
                user: read.exact("U")?,
            }
        };
        Ok(Self {
            revision: u8::try_from(revision).unwrap_or(0),
            key_bytes,
            permissions,
            encrypt_metadata,
            streams,
            strings,
            embedded,
            named,
            secrets,
        })
    }
}

/// `/P` is a signed number; some writers give the same bits unsigned.
fn bits_of(value: i64) -> Option<u32> {
    match u32::try_from(value) {
        Ok(bits) => Some(bits),
        Err(_) => i32::try_from(value).ok().map(i32::cast_unsigned),
    }
}

struct Reader<'a> {
    dictionary: &'a Dictionary,
    at: u64,
}

impl Reader<'_> {
    const fn wrong(&self, expected: &'static str) -> PdfError {
        PdfError::malformed(self.at, expected)
    }

    const fn other(&self, expected: &'static str) -> PdfError {
        PdfError::new(PdfErrorKind::Encrypted, self.at, expected)
    }

    fn integer(&self, key: &str) -> Result<Option<i64>, PdfError> {
        match self.dictionary.get(key) {
            None | Some(Object::Null) => Ok(None),
            Some(Object::Integer(value)) => Ok(Some(*value)),
            Some(_) => Err(self.wrong("whole numbers in an encryption dictionary")),
        }
    }

    fn exact<const N: usize>(&self, key: &str) -> Result<[u8; N], PdfError> {
        let value = self.dictionary.get(key).and_then(Object::as_string);
        value
            .and_then(|value| value.try_into().ok())
            .ok_or(self.wrong("password checks of their length in an encryption dictionary"))
    }

    /// As [`Self::exact`], with zeros behind it or not.
    fn filled<const N: usize>(&self, key: &str) -> Result<[u8; N], PdfError> {
        let wrong = self.wrong("password checks of their length in an encryption dictionary");
        let value = self.dictionary.get(key).and_then(Object::as_string);
        let value = value
            .filter(|value| value.len() <= FILLED_LIMIT)
            .ok_or(wrong.clone())?;
        let (value, rest) = value.split_at_checked(N).ok_or(wrong.clone())?;
        if rest.iter().any(|byte| *byte != 0) {
            return Err(wrong);
        }
        value.try_into().map_err(|_| wrong)
    }

    fn filters(&self, version: i64) -> Result<Vec<(Name, Method)>, PdfError> {
        let wrong = || self.wrong("crypt filters that are dictionaries");
        let mut named = Vec::new();
        let filters = match self.dictionary.get("CF") {
            None | Some(Object::Null) => return Ok(named),
            Some(Object::Dictionary(filters)) => filters,
            Some(_) => return Err(wrong()),
        };
        if filters.len() > FILTER_LIMIT {
            return Err(PdfError::limit(self.at, "fewer crypt filters"));
        }
        for (name, filter) in filters.iter() {
            let Object::Dictionary(filter) = filter else {
                return Err(wrong());
            };
            let method = match filter.get("CFM").and_then(Object::as_name) {
                Some(method) => method.as_bytes(),
                None if filter.contains("CFM") => return Err(self.wrong("a name in `/CFM`")),
                None => b"None",
            };
            let method = match (version, method) {
                (4, b"V2") => Method::Rc4,
                (4, b"AESV2") => Method::Aes128,
                (5, b"AESV3") => Method::Aes256,
                (_, b"V2" | b"AESV2" | b"AESV3") => {
                    return Err(self.wrong("a crypt filter that fits the version"));
                }
                _ => return Err(self.other("a crypt filter of V2, AESV2 or AESV3")),
            };
            named.push((name.clone(), method));
        }
        Ok(named)
    }

    fn method(&self, key: &str, named: &[(Name, Method)]) -> Result<Option<Method>, PdfError> {
        match self.dictionary.get(key) {
            None | Some(Object::Null) => Ok(None),
            Some(Object::Name(name)) => by_name(name, named)
                .map(Some)
                .ok_or(self.wrong("a crypt filter of this name")),
            Some(_) => Err(self.wrong("the name of a crypt filter")),
        }
    }
}

/// The method of the crypt filter `name`. `Identity` always is there. ISO 32000-2 table 26.
pub(super) fn by_name(name: &Name, named: &[(Name, Method)]) -> Option<Method> {
    if name.is("Identity") {
        return Some(Method::Identity);
    }
    let found = named.iter().find(|(other, _)| other == name);
    found.map(|(_, method)| *method)
}
