//! The three forms of a JWS (RFC 7515 §7), each signature kept as the texts it consists of.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::json;

/// Longest JWS read, in bytes: content larger than this belongs beside its signature.
pub const MAX_BYTES: usize = 128 * 1024 * 1024;
/// Most signatures in one.
const MAX_SIGNATURES: usize = 400;
/// Most elements of an `etsiU`.
const MAX_UNSIGNED: usize = 2_000;

/// How a JWS is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Serialization {
    /// Three texts with dots between: B-B only, for it has no place for anything unsigned.
    Compact,
    /// A JSON object with one signature.
    Flattened,
    /// A JSON object with a list of signatures.
    General,
}

/// Why bytes are no JWS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No JSON, or a member stands twice.
    #[error(transparent)]
    Json(#[from] json::JsonError),
    /// A part is missing, of another type than it must be, or not base64url.
    #[error("malformed signature: {0}")]
    Malformed(&'static str),
    /// It has more of something than zegel reads.
    #[error("the signature has too much of something")]
    TooLarge,
}

/// One signature of a JWS. Every text stands as it came: the texts are what is signed and time-stamped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwsSignature {
    /// The protected header, base64url.
    pub protected: String,
    /// The value, base64url.
    pub signature: String,
    /// The unprotected header without `etsiU`.
    pub header: Map<String, Value>,
    /// The elements of `etsiU`: texts in base64url, or objects.
    pub unsigned: Vec<Value>,
}

/// A JWS taken apart and not yet verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jws {
    /// How it is written.
    pub serialization: Serialization,
    /// The payload as it stands; none when it is elsewhere.
    pub payload: Option<String>,
    /// The signatures.
    pub signatures: Vec<JwsSignature>,
    /// Other members of the outermost object, which mean nothing here.
    pub others: Map<String, Value>,
}

impl Jws {
    /// Takes `bytes` apart.
    ///
    /// # Errors
    /// See [`ReadError`]. A text that could be read in two of the forms is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        if bytes.len() > MAX_BYTES {
            return Err(ReadError::TooLarge);
        }
        let start = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if start == Some(&b'{') {
            Self::parse_json(bytes)
        } else {
            Self::parse_compact(bytes)
        }
    }

    /// Takes three texts with dots between apart.
    pub(super) fn parse_compact(bytes: &[u8]) -> Result<Self, ReadError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ReadError::Malformed("no text"))?;
        let mut parts = text.trim_ascii_end().split('.');
        let (Some(protected), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ReadError::Malformed("three parts are due"));
        };
        for part in [protected, signature] {
            decoded(part)?;
        }
        Ok(Self {
            serialization: Serialization::Compact,
            payload: (!payload.is_empty()).then(|| payload.to_owned()),
            signatures: vec![JwsSignature {
                protected: protected.to_owned(),
                signature: signature.to_owned(),
                header: Map::new(),
                unsigned: Vec::new(),
            }],
            others: Map::new(),
        })
    }

    fn parse_json(bytes: &[u8]) -> Result<Self, ReadError> {
        let Value::Object(members) = json::parse(bytes)? else {
            return Err(ReadError::Malformed("an object is due"));
        };
        Self::of_members(members)
    }

    /// Takes an object apart that was read strictly.
    pub(super) fn of_members(mut members: Map<String, Value>) -> Result<Self, ReadError> {
        let payload = match members.remove("payload") {
            None => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => return Err(ReadError::Malformed("payload")),
        };
        let (serialization, signatures) = match members.remove("signatures") {
            Some(Value::Array(items)) => {
                let is_flattened_too = ["protected", "signature", "header"]
                    .iter()
                    .any(|name| members.contains_key(*name));
                if is_flattened_too {
                    return Err(ReadError::Malformed("both flattened and general"));
                }
                if items.is_empty() {
                    return Err(ReadError::Malformed("no signature"));
                }
                if items.len() > MAX_SIGNATURES {
                    return Err(ReadError::TooLarge);
                }
                let mut signatures = Vec::with_capacity(items.len());
                for item in items {
                    let Value::Object(mut item) = item else {
                        return Err(ReadError::Malformed("signatures"));
                    };
                    signatures.push(JwsSignature::take(&mut item)?);
                }
                (Serialization::General, signatures)
            }
            Some(_) => return Err(ReadError::Malformed("signatures")),
            None => (Serialization::Flattened, vec![JwsSignature::take(&mut members)?]),
        };
        Ok(Self {
            serialization,
            payload,
            signatures,
            others: members,
        })
    }

    /// The JWS as text.
    ///
    /// Members are written in the order of their names; the texts that are signed stay as they are.
    pub fn to_text(&self) -> String {
        match self.to_value() {
            Value::String(text) => text,
            object => object.to_string(),
        }
    }

    /// The JWS as a value in JSON: a text in compact form, else an object.
    pub(super) fn to_value(&self) -> Value {
        if self.serialization == Serialization::Compact {
            let first = self.signatures.first();
            let (protected, signature) = first
                .map(|one| (one.protected.as_str(), one.signature.as_str()))
                .unwrap_or_default();
            let payload = self.payload.as_deref().unwrap_or_default();
            return format!("{protected}.{payload}.{signature}").into();
        }
        let mut members = self.others.clone();
        if let Some(payload) = &self.payload {
            members.insert("payload".to_owned(), payload.clone().into());
        }
        let mut signatures = self.signatures.iter().map(JwsSignature::to_json);
        if self.serialization == Serialization::General {
            let all: Vec<Value> = signatures.map(Value::Object).collect();
            members.insert("signatures".to_owned(), all.into());
        } else if let Some(one) = signatures.next() {
            members.extend(one);
        }
        Value::Object(members)
    }
}

impl JwsSignature {
    fn take(members: &mut Map<String, Value>) -> Result<Self, ReadError> {
        let mut text = |name: &'static str| match members.remove(name) {
            Some(Value::String(text)) => decoded(&text).map(|_| text),
            // A signature without a protected header has nothing that its alg is bound by.
            _ => Err(ReadError::Malformed(name)),
        };
        let (protected, signature) = (text("protected")?, text("signature")?);
        let mut header = match members.remove("header") {
            None => Map::new(),
            Some(Value::Object(header)) => header,
            Some(_) => return Err(ReadError::Malformed("header")),
        };
        let unsigned = match header.remove("etsiU") {
            None => Vec::new(),
            Some(Value::Array(items)) if items.len() <= MAX_UNSIGNED && !items.is_empty() => items,
            Some(Value::Array(items)) if !items.is_empty() => return Err(ReadError::TooLarge),
            Some(_) => return Err(ReadError::Malformed("etsiU")),
        };
        Ok(Self {
            protected,
            signature,
            header,
            unsigned,
        })
    }

    fn to_json(&self) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("protected".to_owned(), self.protected.clone().into());
        members.insert("signature".to_owned(), self.signature.clone().into());
        let mut header = self.header.clone();
        if !self.unsigned.is_empty() {
            header.insert("etsiU".to_owned(), self.unsigned.clone().into());
        }
        if !header.is_empty() {
            members.insert("header".to_owned(), header.into());
        }
        members
    }
}

/// The octets of `text`, base64url without padding (RFC 7515 §2).
///
/// # Errors
/// `Malformed`.
pub fn decoded(text: &str) -> Result<Vec<u8>, ReadError> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| ReadError::Malformed("base64url is due"))
}

/// `octets` in base64url without padding.
pub fn encoded(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}
