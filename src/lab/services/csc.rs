//! A remote signing provider of the laboratory: the Cloud Signature Consortium's API, version 2, as far as a seal uses
//! it, with faults to switch.
//!
//! One credential, [`CREDENTIAL`], whose certificate is `TEST Zegelgem`'s seal. Answers carry no state beside tokens
//! and activation data, each of which is random and runs out.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::LabError;
use super::super::pki::{LabPki, SealHolder};
use crate::asn1::oid::Oid;
use crate::base::digest::HashAlgorithm;
use crate::base::random::{self, Random};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::{SignatureAlgorithm, hash_from_oid};
use crate::crypto::ecdsa;
use crate::crypto::key::{Curve, KeyKind, PrivateKey};

/// The client that may call.
pub const CLIENT: &str = "zegel-TEST";
/// Its secret.
pub const CLIENT_SECRET: &str = "TEST secret of a laboratory";
/// The credential.
pub const CREDENTIAL: &str = "TEST-seal-1";
/// Its PIN.
pub const CREDENTIAL_PIN: &str = "12345678";
/// How many digests one authorisation covers.
const MULTISIGN: usize = 5;
/// How long tokens and activation data hold.
const TOKEN_LIFE: Duration = Duration::from_mins(10);
const ACTIVATION_LIFE: Duration = Duration::from_mins(2);

/// What the provider does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CscFault {
    /// It answers 503.
    Down,
    /// The first activation data has run out when it is used.
    ExpiredActivation,
    /// The first access token has run out when it is used.
    ExpiredToken,
    /// It gives one value less than was asked.
    FewerValues,
    /// It answers what is no JSON.
    Garbage,
    /// Nothing.
    #[default]
    None,
    /// It gives ECDSA values as r‖s.
    RawValues,
    /// It refuses to authorise.
    Refuses,
    /// It answers after so many milliseconds.
    Slow(u64),
    /// It gives the values in the reverse order.
    WrongOrder,
    /// It signs another digest than the one asked.
    WrongValue,
}

/// The words of the faults without a number.
const WORDS: [(CscFault, &str); 10] = [
    (CscFault::Down, "down"),
    (CscFault::ExpiredActivation, "expired-activation"),
    (CscFault::ExpiredToken, "expired-token"),
    (CscFault::FewerValues, "fewer-values"),
    (CscFault::Garbage, "garbage"),
    (CscFault::None, "none"),
    (CscFault::RawValues, "raw-values"),
    (CscFault::Refuses, "refuses"),
    (CscFault::WrongOrder, "wrong-order"),
    (CscFault::WrongValue, "wrong-value"),
];

impl FromStr for CscFault {
    type Err = LabError;

    /// The word of the fault, or `slow=MILLISECONDS`.
    fn from_str(text: &str) -> Result<Self, LabError> {
        let slow = text.strip_prefix("slow=").and_then(|millis| millis.parse().ok());
        let named = WORDS.iter().find(|(_, word)| *word == text);
        slow.map(Self::Slow)
            .or(named.map(|(fault, _)| *fault))
            .ok_or_else(|| LabError::Unknown {
                what: "fault of the remote provider",
                name: text.to_owned(),
            })
    }
}

impl fmt::Display for CscFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slow(millis) => write!(f, "slow={millis}"),
            other => f.write_str(
                WORDS
                    .iter()
                    .find(|(fault, _)| fault == other)
                    .map_or("", |(_, word)| word),
            ),
        }
    }
}

/// What activation data covers.
#[derive(Clone, Debug)]
struct Activation {
    hashes: Vec<Value>,
    until: Timestamp,
}

/// The provider: its key and what it handed out.
#[derive(Debug)]
pub struct CscProvider {
    key: PrivateKey,
    chain: Vec<Vec<u8>>,
    tokens: BTreeMap<String, Timestamp>,
    activations: BTreeMap<String, Activation>,
    handed_out: (u32, u32),
}

impl CscProvider {
    /// A provider whose credential is a P-256 key, certified by `pki` as a seal.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn new(pki: &LabPki, random: &dyn Random, now: Timestamp) -> Result<Self, LabError> {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256))?;
        let holder = SealHolder {
            organisation: "TEST Zegelgem".to_owned(),
            enterprise_number: "0207500123".to_owned(),
            qualified: true,
        };
        let (certificate, _) = pki.issue_seal(&holder, key.public(), LabPki::usual_validity(now), random)?;
        Ok(Self {
            key,
            chain: vec![certificate, pki.organisation.certificate_der().to_vec()],
            tokens: BTreeMap::new(),
            activations: BTreeMap::new(),
            handed_out: (0, 0),
        })
    }

    /// Status and body for one POST. `path`: behind the host, `/oauth2/token` or `/csc/v2/…`.
    pub fn answer(
        &mut self,
        (path, authorization, body): (&str, Option<&str>, &[u8]),
        fault: CscFault,
        random: &dyn Random,
        now: Timestamp,
    ) -> (u16, Vec<u8>) {
        let answered = match fault {
            CscFault::Down => Err((503, "temporarily_unavailable", "")),
            _ if path == "/oauth2/token" => self.token(body, fault, random, now),
            _ => self.method(path, authorization, body, fault, random, now),
        };
        match answered {
            Ok(_) if fault == CscFault::Garbage => (200, b"<html>TEST</html>".to_vec()),
            Ok(value) => (200, value.to_string().into_bytes()),
            Err((status, error, description)) => {
                let body = json!({"error": error, "error_description": description});
                (status, body.to_string().into_bytes())
            }
        }
    }

    fn token(&mut self, body: &[u8], fault: CscFault, random: &dyn Random, now: Timestamp) -> Answered {
        let fields: BTreeMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
        let is = |name: &str, value: &str| fields.get(name).is_some_and(|found| found == value);
        if !is("grant_type", "client_credentials") {
            return Err((400, "unsupported_grant_type", ""));
        }
        if !is("client_id", CLIENT) || !is("client_secret", CLIENT_SECRET) {
            return Err((401, "invalid_client", ""));
        }
        let token = hex::encode(random::bytes::<16>(random));
        let first = self.handed_out.0 == 0;
        self.handed_out.0 = self.handed_out.0.saturating_add(1);
        let until = if first && fault == CscFault::ExpiredToken {
            now
        } else {
            now.plus(TOKEN_LIFE)
        };
        self.tokens.insert(token.clone(), until);
        Ok(json!({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE.as_secs()}))
    }

    fn method(
        &mut self,
        path: &str,
        authorization: Option<&str>,
        body: &[u8],
        fault: CscFault,
        random: &dyn Random,
        now: Timestamp,
    ) -> Answered {
        let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
        if token
            .and_then(|token| self.tokens.get(token))
            .is_none_or(|until| now >= *until)
        {
            return Err((401, "invalid_token", "the access token is expired or unknown"));
        }
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Err((400, "invalid_request", "the body is no JSON"));
        };
        if path == "/csc/v2/credentials/list" {
            return Ok(json!({"credentialIDs": [CREDENTIAL]}));
        }
        if text_of(&body, "credentialID") != Some(CREDENTIAL) {
            return Err((400, "invalid_request", "Invalid parameter credentialID"));
        }
        match path {
            "/csc/v2/credentials/info" => Ok(self.info()),
            "/csc/v2/credentials/authorize" => self.authorize(&body, fault, random, now),
            "/csc/v2/signatures/signHash" => self.sign(&body, fault, now),
            _ => Err((404, "not_found", "")),
        }
    }

    fn info(&self) -> Value {
        let chain: Vec<String> = self.chain.iter().map(|der| STANDARD.encode(der)).collect();
        json!({
            "key": {"status": "enabled", "algo": ["1.2.840.10045.4.3.2"], "len": 256, "curve": "1.2.840.10045.3.1.7"},
            "cert": {"status": "valid", "certificates": chain},
            "auth": {"mode": "explicit", "expression": "PIN", "objects": [{"type": "Password", "id": "PIN"}]},
            "SCAL": "2",
            "multisign": MULTISIGN,
        })
    }

    fn authorize(&mut self, body: &Value, fault: CscFault, random: &dyn Random, now: Timestamp) -> Answered {
        if fault == CscFault::Refuses {
            return Err((403, "access_denied", "the owner said no"));
        }
        let pin = list_of(body, "authData")
            .into_iter()
            .find(|object| text_of(object, "id") == Some("PIN"));
        if pin.is_none_or(|object| text_of(&object, "value") != Some(CREDENTIAL_PIN)) {
            return Err((400, "invalid_pin", "the PIN is wrong"));
        }
        let hashes = list_of(body, "hashes");
        let count = body.get("numSignatures").and_then(Value::as_u64);
        let count = count.and_then(|count| usize::try_from(count).ok());
        if hashes.is_empty() || count != Some(hashes.len()) || hashes.len() > MULTISIGN {
            return Err((400, "invalid_request", "Invalid number of signatures"));
        }
        let first = self.handed_out.1 == 0;
        self.handed_out.1 = self.handed_out.1.saturating_add(1);
        let until = if first && fault == CscFault::ExpiredActivation {
            now
        } else {
            now.plus(ACTIVATION_LIFE)
        };
        let data = hex::encode(random::bytes::<16>(random));
        self.activations
            .insert(data.clone(), Activation { hashes, until });
        Ok(json!({"SAD": data, "expiresIn": ACTIVATION_LIFE.as_secs()}))
    }

    fn sign(&mut self, body: &Value, fault: CscFault, now: Timestamp) -> Answered {
        // Taken away with its use: activation data covers one call.
        let data = text_of(body, "SAD").and_then(|data| self.activations.remove(data));
        let activation = data.ok_or((400, "invalid_request", "Invalid parameter SAD"))?;
        if now >= activation.until {
            return Err((400, "invalid_request", "SAD expired"));
        }
        let hashes = list_of(body, "hashes");
        if hashes != activation.hashes {
            return Err((400, "invalid_request", "Hash is not authorized by the SAD"));
        }
        let hash = text_of(body, "hashAlgorithmOID")
            .and_then(|oid| oid.parse::<Oid>().ok())
            .and_then(|oid| hash_from_oid(&oid))
            .ok_or((400, "invalid_request", "Invalid parameter hashAlgorithmOID"))?;
        let mut values = Vec::new();
        for text in &hashes {
            let digest = text.as_str().and_then(|text| STANDARD.decode(text).ok());
            let digest = digest.ok_or((400, "invalid_request", "Invalid Base64 hashes string parameter"))?;
            let value = self.value(hash, &digest, fault);
            values.push(value.ok_or((500, "server_error", ""))?);
        }
        match fault {
            CscFault::WrongOrder => values.reverse(),
            CscFault::FewerValues => {
                values.pop();
            }
            _ => {}
        }
        Ok(json!({"signatures": values}))
    }

    fn value(&self, hash: HashAlgorithm, digest: &[u8], fault: CscFault) -> Option<String> {
        let digest = if fault == CscFault::WrongValue {
            hash.digest(digest)
        } else {
            digest.to_vec()
        };
        let value = self
            .key
            .sign_digest(SignatureAlgorithm::Ecdsa(hash), &digest)
            .ok()?;
        let value = if fault == CscFault::RawValues {
            ecdsa::der_to_raw(&value, Curve::P256).ok()?
        } else {
            value
        };
        Some(STANDARD.encode(value))
    }
}

/// A JSON answer, or status, error code and description.
type Answered = Result<Value, (u16, &'static str, &'static str)>;

fn text_of<'a>(object: &'a Value, member: &str) -> Option<&'a str> {
    object.get(member)?.as_str()
}

fn list_of(object: &Value, member: &str) -> Vec<Value> {
    object
        .get(member)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}
