//! The protected header: written, and read with every rule that keeps two readers from seeing two things.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::json;
use super::read::{decoded, encoded};
use crate::ades::cms::attributes::Commitment;
use crate::ades::{VERDICT_OID, cms::attributes::ClaimedAttribute};
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;

/// `sigD` by the digest of each object. TS 119 182-1 §5.2.8.3.3.
pub const BY_URI_HASH: &str = "http://uri.etsi.org/19182/ObjectIdByURIHash";
/// `sigD` by the octets of each object. TS 119 182-1 §5.2.8.3.2.
pub const BY_URI: &str = "http://uri.etsi.org/19182/ObjectIdByURI";
/// Media type of the claimed attribute that is a verdict of authority.
pub const VERDICT_MEDIA_TYPE: &str = "application/zegel-verdict+jwt";
/// From when on `sigT` is no longer to be written: 2025-07-15. TS 119 182-1 §5.2.1.
const SIGT_ENDS: i64 = 1_752_537_600;
/// Most objects that one signature refers to.
const MAX_OBJECTS: usize = 10_000;

/// Names that a `crit` must not list: those of RFC 7515 and RFC 7518. RFC 7515 §4.1.11.
const REGISTERED: [&str; 20] = [
    "alg", "apu", "apv", "crit", "cty", "enc", "epk", "iv", "jku", "jwk", "kid", "p2c", "p2s", "tag", "typ",
    "x5c", "x5t", "x5t#S256", "x5u", "zip",
];

/// Names that a `crit` may list, because they are understood here: RFC 7797 and TS 119 182-1 §5.2.
const UNDERSTOOD: [&str; 6] = ["b64", "iat", "sigD", "sigPl", "sigT", "srCms"];

/// Why a header cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// `alg` is none, a MAC, unknown, or missing; or a hash is unknown.
    #[error("the algorithm is not accepted: {0}")]
    Algorithm(String),
    /// The reference to the certificate is missing, double or malformed.
    #[error("the header does not refer to the signing certificate exactly once")]
    CertificateReference,
    /// `crit` breaks its rules, or lists what is not understood.
    #[error("critical header parameters: {0}")]
    Critical(String),
    /// No JSON object, a member stands twice, or one is of another type than it must be.
    #[error("malformed header: {0}")]
    Malformed(String),
    /// `iat` and `sigT` stand together.
    #[error("the header states the time of signing twice")]
    Time,
}

impl HeaderError {
    /// The algorithm `name`, as much of it as a report shows.
    fn unknown(name: &str) -> Self {
        Self::Algorithm(name.chars().take(120).collect())
    }
}

/// How `sigD` refers to the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedObjects {
    /// Whether by digests; else by the octets.
    pub by_hash: bool,
    /// The URI of each object.
    pub uris: Vec<String>,
    /// The hash of the digests.
    pub hash: Option<HashAlgorithm>,
    /// A digest for each object.
    pub digests: Vec<Vec<u8>>,
}

/// A protected header that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// How the value is made.
    pub algorithm: SignatureAlgorithm,
    /// Hash and digest of the signing certificate.
    pub certificate: (HashAlgorithm, Vec<u8>),
    /// Certificates that came along, DER.
    pub chain: Vec<Vec<u8>>,
    /// The time of signing stated.
    pub time: Option<Timestamp>,
    /// Whether it is stated by `sigT` although that is obsolete by then.
    pub has_obsolete_time: bool,
    /// Whether the payload contributes as its base64url text (RFC 7797).
    pub payload_as_text: bool,
    /// Where the content is, when `sigD` says so.
    pub objects: Option<SignedObjects>,
    /// All members.
    pub members: Map<String, Value>,
}

/// The hash with this name.
pub fn hash_of_name(name: &str) -> Option<HashAlgorithm> {
    Some(match name {
        // Some write the names of XML signatures.
        "S256" | "http://www.w3.org/2001/04/xmlenc#sha256" => HashAlgorithm::Sha256,
        "S384" | "http://www.w3.org/2001/04/xmldsig-more#sha384" => HashAlgorithm::Sha384,
        "S512" | "http://www.w3.org/2001/04/xmlenc#sha512" => HashAlgorithm::Sha512,
        _ => return None,
    })
}

/// The name of `hash` in this format. TS 119 182-1 annex E.
pub(super) const fn name_of_hash(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha384 => "S384",
        HashAlgorithm::Sha512 => "S512",
        // SHA-1 is never signed with here.
        HashAlgorithm::Sha1 | HashAlgorithm::Sha256 => "S256",
    }
}

impl Header {
    /// Reads the protected header `text`, base64url.
    ///
    /// # Errors
    /// See [`HeaderError`].
    ///
    /// Source: RFC 7515 §4; RFC 7797 §3, §6; TS 119 182-1 §5.1, §5.2.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let malformed = |what: &dyn std::fmt::Display| HeaderError::Malformed(what.to_string());
        let octets = decoded(text).map_err(|error| malformed(&error))?;
        let Value::Object(members) = json::parse(&octets).map_err(|error| malformed(&error))? else {
            return Err(malformed(&"an object is due"));
        };
        let alg = members.get("alg").and_then(Value::as_str).unwrap_or_default();
        let algorithm = SignatureAlgorithm::from_jwa_name(alg).ok_or_else(|| HeaderError::unknown(alg))?;
        check_critical(&members)?;
        let payload_as_text = match members.get("b64") {
            None => true,
            Some(Value::Bool(as_text)) => *as_text,
            Some(_) => return Err(malformed(&"b64")),
        };
        if let Some(kind) = members.get("typ")
            && !kind.is_string()
        {
            return Err(malformed(&"typ"));
        }
        let (time, has_obsolete_time) = time(&members)?;
        Ok(Self {
            algorithm,
            certificate: certificate_reference(&members)?,
            chain: chain(&members)?,
            time,
            has_obsolete_time,
            payload_as_text,
            objects: objects(&members)?,
            members,
        })
    }

    /// The claimed texts of `srAts`, each with the media type it is given.
    pub fn claimed(&self) -> Vec<(String, String)> {
        let lists = self
            .members
            .get("srAts")
            .and_then(|attributes| attributes.get("claimed"));
        let mut found = Vec::new();
        for list in lists.and_then(Value::as_array).into_iter().flatten() {
            let kind = list.get("mediaType").and_then(Value::as_str).unwrap_or_default();
            let values = list.get("qVals").and_then(Value::as_array);
            let texts = values.into_iter().flatten().filter_map(Value::as_str);
            found.extend(texts.map(|text| (kind.to_owned(), text.to_owned())));
        }
        found
    }

    /// The commitment of `srCms`, the first one.
    pub fn commitment(&self) -> Option<String> {
        self.members
            .get("srCms")?
            .as_array()?
            .first()?
            .pointer("/commId/id")?
            .as_str()
            .map(str::to_owned)
    }

    /// The place of `sigPl`, in a line.
    pub fn place(&self) -> Option<String> {
        let place = self.members.get("sigPl")?;
        let text = |name: &str| place.get(name).and_then(Value::as_str).map(str::to_owned);
        let texts: Vec<String> = [text("addressLocality"), text("addressCountry")]
            .into_iter()
            .flatten()
            .collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }
}

/// RFC 7515 §4.1.11 and TS 119 182-1 §5.1.9: enforced both ways. What is listed must be there and be understood; `b64`
/// and `sigD` must be listed when they are there.
fn check_critical(members: &Map<String, Value>) -> Result<(), HeaderError> {
    let bad = |what: &str| HeaderError::Critical(what.to_owned());
    let mut listed: Vec<&str> = Vec::new();
    if let Some(list) = members.get("crit") {
        let list = list.as_array().filter(|list| !list.is_empty());
        for name in list.ok_or_else(|| bad("a list that is not empty is due"))? {
            let name = name.as_str().ok_or_else(|| bad("a name that is no text"))?;
            if listed.contains(&name) {
                return Err(bad("a name stands twice"));
            }
            if REGISTERED.contains(&name) {
                return Err(bad("a name that every reader knows must not be listed"));
            }
            if !UNDERSTOOD.contains(&name) {
                return Err(bad("a name that is not understood is listed"));
            }
            if !members.contains_key(name) {
                return Err(bad("a name is listed that is not there"));
            }
            listed.push(name);
        }
    }
    for name in ["b64", "sigD"] {
        if members.contains_key(name) && !listed.contains(&name) {
            return Err(HeaderError::Critical(format!("{name} is there and not listed")));
        }
    }
    Ok(())
}

fn time(members: &Map<String, Value>) -> Result<(Option<Timestamp>, bool), HeaderError> {
    let bad = |what: &str| HeaderError::Malformed(what.to_owned());
    match (members.get("iat"), members.get("sigT")) {
        (Some(_), Some(_)) => Err(HeaderError::Time),
        (None, None) => Ok((None, false)),
        (Some(seconds), None) => {
            let seconds = seconds.as_i64().ok_or_else(|| bad("iat"))?;
            let time = Timestamp::from_seconds(seconds).map_err(|_| bad("iat"))?;
            Ok((Some(time), false))
        }
        (None, Some(text)) => {
            let time: Timestamp = text
                .as_str()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| bad("sigT"))?;
            Ok((Some(time), time.as_seconds() >= SIGT_ENDS))
        }
    }
}

/// Exactly one of the references of TS 119 182-1 §5.1.7, §5.2.2; the SHA-1 one of RFC 7515 does not count.
fn certificate_reference(members: &Map<String, Value>) -> Result<(HashAlgorithm, Vec<u8>), HeaderError> {
    let bad = HeaderError::CertificateReference;
    let digest = |value: &Value| decoded(value.as_str()?).ok();
    let by_algorithm = |value: &Value| {
        let hash = hash_of_name(value.get("digAlg")?.as_str()?)?;
        Some((hash, digest(value.get("digVal")?)?))
    };
    let first = |list: &Value| list.as_array().and_then(|list| list.first().cloned());
    let named = members
        .get("x5t#o")
        .cloned()
        .or_else(|| members.get("sigX5ts").and_then(first));
    if let Some(name) = named.as_ref().and_then(|value| value.get("digAlg")?.as_str())
        && hash_of_name(name).is_none()
    {
        return Err(HeaderError::unknown(name));
    }
    let (hash, digest) = match (
        members.get("x5t#S256"),
        members.get("x5t#o"),
        members.get("sigX5ts"),
    ) {
        (Some(value), None, None) => digest(value).map(|digest| (HashAlgorithm::Sha256, digest)),
        (None, Some(value), None) => by_algorithm(value),
        // The first is the signer's.
        (None, None, Some(list)) => list.as_array().and_then(|list| by_algorithm(list.first()?)),
        _ => None,
    }
    .ok_or_else(|| bad.clone())?;
    if digest.len() == hash.output_bytes() {
        Ok((hash, digest))
    } else {
        Err(bad)
    }
}

/// RFC 7515 §4.1.6: base64, not base64url.
fn chain(members: &Map<String, Value>) -> Result<Vec<Vec<u8>>, HeaderError> {
    let bad = || HeaderError::Malformed("x5c".to_owned());
    let Some(list) = members.get("x5c") else {
        return Ok(Vec::new());
    };
    let list = list.as_array().filter(|list| !list.is_empty()).ok_or_else(bad)?;
    list.iter()
        .map(|item| {
            item.as_str()
                .and_then(|text| STANDARD.decode(text).ok())
                .ok_or_else(bad)
        })
        .collect()
}

fn objects(members: &Map<String, Value>) -> Result<Option<SignedObjects>, HeaderError> {
    let Some(reference) = members.get("sigD") else {
        return Ok(None);
    };
    let bad = || HeaderError::Malformed("sigD".to_owned());
    let texts = |name: &str| -> Option<Vec<String>> {
        let list = reference.get(name)?.as_array()?;
        list.iter().map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let by_hash = match reference.get("mId").and_then(Value::as_str) {
        Some(BY_URI_HASH) => true,
        Some(BY_URI) => false,
        // Parts of an HTTP message: there is none here.
        _ => {
            return Err(HeaderError::Malformed(
                "the mechanism of sigD is not known".to_owned(),
            ));
        }
    };
    let uris = texts("pars").filter(|uris| !uris.is_empty()).ok_or_else(bad)?;
    if uris.len() > MAX_OBJECTS {
        return Err(bad());
    }
    let mut once = std::collections::BTreeSet::new();
    if !uris.iter().all(|uri| once.insert(uri)) {
        return Err(bad());
    }
    let (mut hash, mut digests) = (None, Vec::new());
    if by_hash {
        let name = reference.get("hashM").and_then(Value::as_str).ok_or_else(bad)?;
        let known = hash_of_name(name).ok_or_else(|| HeaderError::unknown(name))?;
        for text in texts("hashV").ok_or_else(bad)? {
            digests.push(decoded(&text).map_err(|_| bad())?);
        }
        let fits = digests.iter().all(|digest| digest.len() == known.output_bytes());
        if digests.len() != uris.len() || !fits {
            return Err(bad());
        }
        hash = Some(known);
    }
    Ok(Some(SignedObjects {
        by_hash,
        uris,
        hash,
        digests,
    }))
}

/// Members for what a signer states, in the words of this format.
pub(super) fn statements(
    members: &mut Map<String, Value>,
    claimed: &[ClaimedAttribute],
    commitment: Option<Commitment>,
) {
    if let Some(commitment) = commitment {
        let name = commitment.name();
        let id = format!("http://uri.etsi.org/01903/v1.2.2#{name}");
        members.insert("srCms".to_owned(), json!([{ "commId": { "id": id } }]));
    }
    let lists: Vec<Value> = claimed
        .iter()
        .map(|claim| {
            let kind = match claim.oid.as_str() {
                VERDICT_OID => VERDICT_MEDIA_TYPE.to_owned(),
                _ if claim.is_role() => "text/plain".to_owned(),
                other => format!("application/vnd.oid.{other}"),
            };
            json!({ "mediaType": kind, "encoding": "UTF-8", "qVals": [claim.text] })
        })
        .collect();
    if !lists.is_empty() {
        members.insert("srAts".to_owned(), json!({ "claimed": lists }));
    }
}

/// `x5t#S256` and `x5c` for `certificate` and its issuers.
pub(super) fn certificates(members: &mut Map<String, Value>, certificate: &[u8], issuers: &[&[u8]]) {
    let digest = encoded(&HashAlgorithm::Sha256.digest(certificate));
    members.insert("x5t#S256".to_owned(), digest.into());
    let chain: Vec<Value> = std::iter::once(certificate)
        .chain(issuers.iter().copied())
        .map(|der| STANDARD.encode(der).into())
        .collect();
    members.insert("x5c".to_owned(), chain.into());
}
