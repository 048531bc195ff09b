//! A credential at a remote provider, by the protocol of the Cloud Signature Consortium, API version 2.
//!
//! OAuth 2 client credentials → `credentials/list` (is the credential ours?) → `credentials/info` (certificates, state,
//! how many digests one authorisation covers) → `credentials/authorize` (SAD bound to the digests) →
//! `signatures/signHash`. Values in, values out: each call is handed out as a [`Call`], and nothing waits.
//!
//! Source: CSC API v2.0.0.2 §8.4, §11.4 to §11.11; TS 119 432. The answer's order is the order of the digests asked
//! (§11.10), which is not believed but checked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::pkcs11::signer_key;
use crate::ades::device::{Call, DeviceError, Reply, SigningDevice, Step, Text, ToSign, check_values};
use crate::asn1::read::{self, Rules};
use crate::base::digest::HashAlgorithm;
use crate::base::secret::Secret;
use crate::crypto::algorithm::{self, SignatureAlgorithm};
use crate::crypto::ecdsa;
use crate::crypto::key::{KeyKind, PublicKey};

/// Most digests of one authorisation, whatever the provider allows.
const MOST_AT_ONCE: usize = 100;

/// Which provider, and which of its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Base address of the service, to which `credentials/list` and so on are added, without a final slash:
    /// `https://provider.example/csc/v2`.
    pub url: String,
    /// The OAuth 2 token endpoint.
    pub token_url: String,
    /// Our client's id there.
    pub client_id: String,
    /// The credential's id.
    pub credential: String,
}

/// A credential at a provider. One value of it serves one ceremony: what was learnt of the credential is kept.
pub struct RemoteCredential {
    provider: Provider,
    client_secret: Secret<String>,
    /// The credential's PIN, for `credentials/authorize`, where it has one.
    pin: Option<Secret<String>>,
    bearer: Option<Text>,
    is_listed: bool,
    info: Option<Info>,
    /// The signature activation data for the digests under way.
    activation: Option<Text>,
    /// How many digests the call under way is about.
    under_way: usize,
    values: Vec<Vec<u8>>,
    asked: Option<Asked>,
    arrived: Option<Reply>,
    /// Tokens and activation data are asked anew once, when the provider no longer takes them.
    renewed: bool,
}

/// What the call under way is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Authorize,
    Info,
    List,
    SignHash,
    Token,
}

/// What `credentials/info` says.
#[derive(Clone, Debug)]
struct Info {
    certificates: Vec<Vec<u8>>,
    at_once: usize,
    asks_pin: bool,
}

impl std::fmt::Debug for RemoteCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteCredential")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl RemoteCredential {
    /// The credential of `provider`. `pin`: where the credential is authorised with one.
    pub const fn new(provider: Provider, client_secret: Secret<String>, pin: Option<Secret<String>>) -> Self {
        Self {
            provider,
            client_secret,
            pin,
            bearer: None,
            is_listed: false,
            info: None,
            activation: None,
            under_way: 0,
            values: Vec::new(),
            asked: None,
            arrived: None,
            renewed: false,
        }
    }

    /// Takes what arrived, then gives the next call until the certificates are known.
    fn prepare(&mut self) -> Result<Option<Call>, DeviceError> {
        self.take_arrived()?;
        if self.bearer.is_none() {
            return Ok(Some(self.token_call()));
        }
        if !self.is_listed {
            return Ok(Some(self.call(
                Asked::List,
                "credentials/list",
                &json!({"maxResults": 1000}),
            )));
        }
        if self.info.is_none() {
            let body = json!({
                "credentialID": self.provider.credential,
                "certificates": "chain",
                "certInfo": false,
                "authInfo": true,
            });
            return Ok(Some(self.call(Asked::Info, "credentials/info", &body)));
        }
        Ok(None)
    }

    fn token_call(&mut self) -> Call {
        self.asked = Some(Asked::Token);
        // RFC 6749 §4.4.2; the client names itself in the body, as CSC §8.4.3 has it.
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let body = format!(
            "grant_type=client_credentials&scope=service&client_id={}&client_secret={}",
            encode(&self.provider.client_id),
            encode(self.client_secret.expose())
        );
        Call {
            url: self.provider.token_url.clone(),
            authorization: None,
            media_type: "application/x-www-form-urlencoded",
            body: Text::new(body),
        }
    }

    fn call(&mut self, asked: Asked, method: &str, body: &serde_json::Value) -> Call {
        self.asked = Some(asked);
        let bearer = self.bearer.as_ref().map_or("", Text::expose);
        Call {
            url: format!("{}/{method}", self.provider.url),
            authorization: Some(Text::new(format!("Bearer {bearer}"))),
            media_type: "application/json",
            body: Text::new(body.to_string()),
        }
    }

    fn take_arrived(&mut self) -> Result<(), DeviceError> {
        let (Some(asked), Some(reply)) = (self.asked, self.arrived.take()) else {
            return Ok(());
        };
        self.asked = None;
        let (status, body) =
            reply.map_err(|failure| DeviceError::passing("CSC_UNAVAILABLE").because(failure))?;
        if status != 200 {
            return self.refused(asked, status, &body);
        }
        match asked {
            Asked::Token => {
                let token: TokenAnswer = parse(&body)?;
                if !token.token_type.eq_ignore_ascii_case("bearer") {
                    return Err(DeviceError::new("CSC_ANSWER"));
                }
                self.bearer = Some(Text::new(token.access_token));
            }
            Asked::List => {
                let list: ListAnswer = parse(&body)?;
                if !list.credentials.contains(&self.provider.credential) {
                    return Err(DeviceError::new("CSC_CREDENTIAL"));
                }
                self.is_listed = true;
            }
            Asked::Info => self.info = Some(read_info(&body)?),
            Asked::Authorize => {
                let answer: AuthorizeAnswer = parse(&body)?;
                self.activation = Some(Text::new(answer.activation));
            }
            Asked::SignHash => {
                let answer: SignAnswer = parse(&body)?;
                if answer.signatures.len() != self.under_way {
                    return Err(DeviceError::new("DEVICE_COUNT"));
                }
                for value in answer.signatures {
                    let value = STANDARD
                        .decode(value)
                        .map_err(|error| DeviceError::new("CSC_ANSWER").because(error))?;
                    self.values.push(value);
                }
                // It covered these digests and no others.
                self.activation = None;
            }
        }
        Ok(())
    }

    /// What a refusal means. An access token or activation data that ran out is asked anew, once.
    ///
    /// Source: CSC §10.1 (error codes); RFC 6750 §3.1; RFC 6749 §5.2.
    fn refused(&mut self, asked: Asked, status: u16, body: &[u8]) -> Result<(), DeviceError> {
        let answer: ErrorAnswer = serde_json::from_slice(body).unwrap_or_default();
        let says = |word: &str| answer.error_description.to_ascii_lowercase().contains(word);
        if status == 429 || status >= 500 {
            return Err(DeviceError::passing("CSC_UNAVAILABLE"));
        }
        if asked == Asked::Token {
            return Err(DeviceError::new("CSC_CLIENT"));
        }
        let is_expired_token = status == 401 || answer.error == "invalid_token";
        let is_expired_activation = asked == Asked::SignHash && says("sad");
        if (is_expired_token || is_expired_activation) && !self.renewed {
            self.renewed = true;
            self.activation = None;
            if is_expired_token {
                self.bearer = None;
            }
            return Ok(());
        }
        Err(DeviceError::new(match answer.error.as_str() {
            _ if is_expired_activation => "CSC_ACTIVATION",
            "access_denied" | "unauthorized" => "CSC_DENIED",
            "invalid_otp" | "invalid_pin" => "CSC_PIN",
            _ if is_expired_token => "CSC_CLIENT",
            _ if asked == Asked::Authorize && says("pin") => "CSC_PIN",
            _ => "CSC_REFUSED",
        }))
    }
}

impl SigningDevice for RemoteCredential {
    fn certificates(&mut self) -> Result<Step<Vec<Vec<u8>>>, DeviceError> {
        if let Some(call) = self.prepare()? {
            return Ok(Step::Call(call));
        }
        let info = self.info.as_ref().ok_or(DeviceError::new("CSC_ANSWER"))?;
        Ok(Step::Done(info.certificates.clone()))
    }

    fn sign(&mut self, digests: &[ToSign]) -> Result<Step<Vec<Vec<u8>>>, DeviceError> {
        if let Some(call) = self.prepare()? {
            return Ok(Step::Call(call));
        }
        let info = self.info.clone().ok_or(DeviceError::new("CSC_ANSWER"))?;
        let Some(rest) = digests.get(self.values.len()..) else {
            return Err(DeviceError::new("DEVICE_COUNT"));
        };
        let Some(first) = rest.first() else {
            let key = signer_key(&info.certificates)?;
            let values = std::mem::take(&mut self.values);
            self.renewed = false;
            let values: Vec<Vec<u8>> = digests
                .iter()
                .zip(values)
                .map(|(asked, value)| as_cms(&key, asked, value))
                .collect();
            check_values(&key, digests, &values)?;
            return Ok(Step::Done(values));
        };
        // One call names one algorithm.
        let batch: Vec<&ToSign> = rest
            .iter()
            .take(info.at_once)
            .take_while(|one| one.algorithm == first.algorithm)
            .collect();
        let hashes: Vec<String> = batch.iter().map(|one| STANDARD.encode(&one.digest)).collect();
        self.under_way = hashes.len();
        let hash_oid = hash_oid(first.algorithm.hash());
        let Some(activation) = self.activation.clone() else {
            let mut body = json!({
                "credentialID": self.provider.credential,
                "numSignatures": hashes.len(),
                "hashes": hashes,
                "hashAlgorithmOID": hash_oid,
            });
            if info.asks_pin {
                let pin = self.pin.as_ref().ok_or(DeviceError::new("CSC_PIN"))?;
                if let Some(object) = body.as_object_mut() {
                    let data = json!([{"id": "PIN", "value": pin.expose()}]);
                    object.insert("authData".to_owned(), data);
                }
            }
            return Ok(Step::Call(self.call(
                Asked::Authorize,
                "credentials/authorize",
                &body,
            )));
        };
        let (sign_algo, parameters) = sign_algorithm(first.algorithm)?;
        let mut body = json!({
            "credentialID": self.provider.credential,
            "SAD": activation.expose(),
            "hashes": hashes,
            "hashAlgorithmOID": hash_oid,
            "signAlgo": sign_algo,
        });
        if let (Some(parameters), Some(object)) = (parameters, body.as_object_mut()) {
            object.insert("signAlgoParams".to_owned(), json!(STANDARD.encode(parameters)));
        }
        Ok(Step::Call(self.call(
            Asked::SignHash,
            "signatures/signHash",
            &body,
        )))
    }

    fn answer(&mut self, reply: Reply) {
        self.arrived = Some(reply);
    }
}

/// Providers give ECDSA values in DER or as r‖s: whichever it is, what verifies is taken.
fn as_cms(key: &PublicKey, asked: &ToSign, value: Vec<u8>) -> Vec<u8> {
    let KeyKind::Ec(curve) = key.kind() else {
        return value;
    };
    if key.verify_digest(asked.algorithm, &asked.digest, &value).is_ok() {
        return value;
    }
    ecdsa::raw_to_der(&value, curve).unwrap_or(value)
}

fn hash_oid(hash: HashAlgorithm) -> String {
    oid_in(&algorithm::hash_identifier(hash))
}

/// The algorithm's identifier, and its parameters where it has any (CSC §11.10: `signAlgoParams`, base64 DER).
fn sign_algorithm(algorithm: SignatureAlgorithm) -> Result<(String, Option<Vec<u8>>), DeviceError> {
    let identifier = algorithm.algorithm_identifier();
    let parameters = match algorithm {
        SignatureAlgorithm::RsaPss(_) | SignatureAlgorithm::RsaPssSalted(..) => {
            let mut parts = read::single(&identifier, Rules::Der)
                .and_then(|element| element.inside())
                .map_err(|error| DeviceError::new("DEVICE_ALGORITHM").because(error))?;
            let read = parts.any().and_then(|_| parts.any());
            let parameters = read.map_err(|error| DeviceError::new("DEVICE_ALGORITHM").because(error))?;
            Some(parameters.whole().to_vec())
        }
        SignatureAlgorithm::Ecdsa(_) | SignatureAlgorithm::RsaPkcs1(_) => None,
    };
    Ok((oid_in(&identifier), parameters))
}

/// The object identifier that begins an AlgorithmIdentifier, dotted.
fn oid_in(identifier: &[u8]) -> String {
    read::single(identifier, Rules::Der)
        .and_then(|element| element.inside()?.any()?.oid())
        .map(|oid| oid.to_string())
        .unwrap_or_default()
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, DeviceError> {
    serde_json::from_slice(body).map_err(|error| DeviceError::new("CSC_ANSWER").because(error))
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
}

#[derive(Deserialize)]
struct ListAnswer {
    #[serde(rename = "credentialIDs")]
    credentials: Vec<String>,
}

#[derive(Deserialize)]
struct InfoAnswer {
    key: KeyAnswer,
    cert: CertAnswer,
    #[serde(default)]
    auth: AuthAnswer,
    #[serde(default = "one")]
    multisign: usize,
}

const fn one() -> usize {
    1
}

#[derive(Deserialize)]
struct KeyAnswer {
    status: String,
}

#[derive(Deserialize)]
struct CertAnswer {
    #[serde(default)]
    status: Option<String>,
    certificates: Vec<String>,
}

#[derive(Default, Deserialize)]
struct AuthAnswer {
    #[serde(default)]
    mode: String,
    #[serde(default)]
    objects: Vec<AuthObject>,
}

#[derive(Deserialize)]
struct AuthObject {
    id: String,
}

#[derive(Deserialize)]
struct AuthorizeAnswer {
    #[serde(rename = "SAD")]
    activation: String,
}

#[derive(Deserialize)]
struct SignAnswer {
    signatures: Vec<String>,
}

#[derive(Default, Deserialize)]
struct ErrorAnswer {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

fn read_info(body: &[u8]) -> Result<Info, DeviceError> {
    let answer: InfoAnswer = parse(body)?;
    if answer.key.status != "enabled" || answer.cert.status.is_some_and(|status| status != "valid") {
        return Err(DeviceError::new("CSC_CREDENTIAL"));
    }
    let mut certificates = Vec::new();
    for text in answer.cert.certificates {
        let der = STANDARD
            .decode(text)
            .map_err(|error| DeviceError::new("CSC_ANSWER").because(error))?;
        certificates.push(der);
    }
    signer_key(&certificates)?;
    // A one-time password or a redirection needs a person; a seal has none.
    let asks = |id: &str| answer.auth.objects.iter().any(|object| object.id == id);
    if answer.auth.mode == "oauth2code" || asks("OTP") {
        return Err(DeviceError::new("CSC_NEEDS_PERSON"));
    }
    Ok(Info {
        certificates,
        at_once: answer.multisign.clamp(1, MOST_AT_ONCE),
        asks_pin: answer.auth.mode == "explicit" && (answer.auth.objects.is_empty() || asks("PIN")),
    })
}
