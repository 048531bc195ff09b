//! Seed values of a signature field: what whoever made the form asks of the signature. ISO 32000-1 tables 234 and 235,
//! ISO 32000-2 tables 237 and 238.
//!
//! What is asked and only wished for (its bit in `/Ff` is not set) never stands in the way. What is required is held
//! against what is known of the signature to come, and refused by the name of the key. Start from [`View::seed_refusal`].

use std::fmt;

use super::document::View;
use super::error::PdfError;
use super::object::{Dictionary, Object};
use super::permission::Certification;
use super::signature::CADES_DETACHED;
use super::text_string;
use crate::base::digest::HashAlgorithm;

/// The newest version of seed values whose keys are all known: that of ISO 32000-2.
const VERSION: f64 = 3.0;
/// Most entries of one list looked at.
const LIST_LIMIT: usize = 1_000;

/// What is known of who signs, and how.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SignerFacts {
    /// The certificate.
    pub certificate_der: Vec<u8>,
    /// Certificates above it, as far as known.
    pub issuers_der: Vec<Vec<u8>>,
    /// Attributes of the subject: object identifier and value as text.
    pub subject: Vec<(String, String)>,
    /// The bits of keyUsage, from digitalSignature to decipherOnly.
    pub key_usage: [bool; 9],
    /// The certificate's policies.
    pub policies: Vec<String>,
    /// How the document is hashed.
    pub hash: Option<HashAlgorithm>,
    /// Whether a time-stamp goes in.
    pub time_stamped: bool,
    /// Whether revocation data goes in.
    pub with_revocation: bool,
}

impl fmt::Debug for SignerFacts {
    /// Without the certificate and its subject, which may hold a national number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignerFacts")
            .field("hash", &self.hash)
            .field("time_stamped", &self.time_stamped)
            .field("with_revocation", &self.with_revocation)
            .finish_non_exhaustive()
    }
}

/// A signature to come, as seed values look at it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Planned<'a> {
    /// Who signs; when nobody is known yet, whatever is required of them is refused.
    pub signer: Option<&'a SignerFacts>,
    /// `/Reason`.
    pub reason: Option<&'a str>,
    /// Whether it certifies.
    pub certify: Option<Certification>,
}

/// The bits of `/Ff`. ISO 32000-2 table 237; the last two came with it.
const FILTER: i64 = 1;
const SUB_FILTER: i64 = 1 << 1;
const V: i64 = 1 << 2;
const REASONS: i64 = 1 << 3;
const LEGAL_ATTESTATION: i64 = 1 << 4;
const ADD_REV_INFO: i64 = 1 << 5;
const DIGEST_METHOD: i64 = 1 << 6;
const LOCK_DOCUMENT: i64 = 1 << 7;
const APPEARANCE_FILTER: i64 = 1 << 8;

/// The bits of `/Cert /Ff`. ISO 32000-1 table 235.
const SUBJECT: i64 = 1;
const ISSUER: i64 = 1 << 1;
const OID: i64 = 1 << 2;
const SUBJECT_DN: i64 = 1 << 3;
const KEY_USAGE: i64 = 1 << 5;
const URL: i64 = 1 << 6;

impl View {
    /// The key of `seed`, a field's `/SV`, that is required and that `planned` does not do; none when all is done.
    ///
    /// # Errors
    /// When the dictionary cannot be read.
    pub fn seed_refusal(
        &self,
        seed: &Dictionary,
        planned: &Planned<'_>,
    ) -> Result<Option<&'static str>, PdfError> {
        let required = self.value(seed, "Ff")?.as_integer().unwrap_or(0);
        let known = FILTER
            | SUB_FILTER
            | V
            | REASONS
            | LEGAL_ATTESTATION
            | ADD_REV_INFO
            | DIGEST_METHOD
            | LOCK_DOCUMENT
            | APPEARANCE_FILTER;
        if required & !known != 0 {
            return Ok(Some("Ff"));
        }
        let is = |bit: i64| required & bit != 0;
        let signer = planned.signer;
        let name = |key: &str| Ok::<_, PdfError>(self.value(seed, key)?.as_name().cloned());
        if is(FILTER) && !name("Filter")?.is_some_and(|name| name.is("Adobe.PPKLite")) {
            return Ok(Some("Filter"));
        }
        if is(SUB_FILTER)
            && !self
                .names(seed, "SubFilter")?
                .iter()
                .any(|one| one == CADES_DETACHED)
        {
            return Ok(Some("SubFilter"));
        }
        if is(V) && !matches!(self.value(seed, "V")?.as_number(), Some(version) if version <= VERSION) {
            return Ok(Some("V"));
        }
        if is(DIGEST_METHOD) {
            let listed = self.names(seed, "DigestMethod")?;
            let own = signer.and_then(|signer| signer.hash).map(digest_name);
            if !own.is_some_and(|own| listed.iter().any(|one| one == own)) {
                return Ok(Some("DigestMethod"));
            }
        }
        if is(REASONS) && !self.reason_fits(seed, planned.reason)? {
            return Ok(Some("Reasons"));
        }
        // A legal attestation goes with a certification, and none is written here.
        if is(LEGAL_ATTESTATION) {
            return Ok(Some("LegalAttestation"));
        }
        if is(ADD_REV_INFO)
            && self.value(seed, "AddRevInfo")?.as_boolean() == Some(true)
            && !signer.is_some_and(|signer| signer.with_revocation)
        {
            return Ok(Some("AddRevInfo"));
        }
        let closes = planned.certify == Some(Certification::NoChanges);
        if is(LOCK_DOCUMENT) && name("LockDocument")?.is_some_and(|name| name.is("true")) && !closes {
            return Ok(Some("LockDocument"));
        }
        if is(APPEARANCE_FILTER) {
            return Ok(Some("AppearanceFilter"));
        }
        // It has no bit: whoever writes it means it.
        if let Some(rule) = self.dictionary(seed, "MDP")? {
            let wanted = match self.value(&rule, "P")?.as_integer() {
                Some(0) => None,
                Some(1) => Some(Certification::NoChanges),
                Some(2) => Some(Certification::FormsAndSigning),
                Some(3) => Some(Certification::Annotations),
                _ => return Ok(Some("MDP")),
            };
            if wanted != planned.certify {
                return Ok(Some("MDP"));
            }
        }
        if let Some(stamp) = self.dictionary(seed, "TimeStamp")?
            && self.value(&stamp, "Ff")?.as_integer().unwrap_or(0) & 1 != 0
            && !signer.is_some_and(|signer| signer.time_stamped)
        {
            return Ok(Some("TimeStamp"));
        }
        match self.dictionary(seed, "Cert")? {
            Some(certificate) => self.certificate_refusal(&certificate, signer),
            None => Ok(None),
        }
    }

    /// Empty or a period alone: no reason may be given.
    fn reason_fits(&self, seed: &Dictionary, reason: Option<&str>) -> Result<bool, PdfError> {
        let listed: Vec<String> = self
            .strings(seed, "Reasons")?
            .iter()
            .map(|text| text_string::decode(text))
            .collect();
        Ok(match (listed.as_slice(), reason) {
            ([], reason) => reason.is_none(),
            ([only], None) => only == ".",
            (_, None) => false,
            (listed, Some(reason)) => listed.iter().any(|one| one == reason),
        })
    }

    fn certificate_refusal(
        &self,
        wanted: &Dictionary,
        signer: Option<&SignerFacts>,
    ) -> Result<Option<&'static str>, PdfError> {
        let required = self.value(wanted, "Ff")?.as_integer().unwrap_or(0);
        if required & !(SUBJECT | ISSUER | OID | SUBJECT_DN | KEY_USAGE | URL) != 0 {
            return Ok(Some("Cert Ff"));
        }
        let is = |bit: i64| required & bit != 0;
        let nobody = SignerFacts::default();
        let signer = signer.unwrap_or(&nobody);
        if is(SUBJECT) && !self.strings(wanted, "Subject")?.contains(&signer.certificate_der) {
            return Ok(Some("Cert Subject"));
        }
        if is(ISSUER) {
            let listed = self.strings(wanted, "Issuer")?;
            if !signer.issuers_der.iter().any(|der| listed.contains(der)) {
                return Ok(Some("Cert Issuer"));
            }
        }
        if is(OID) {
            let has = |oid: &Vec<u8>| signer.policies.iter().any(|own| own.as_bytes() == oid.as_slice());
            if !self.strings(wanted, "OID")?.iter().all(has) {
                return Ok(Some("Cert OID"));
            }
        }
        if is(SUBJECT_DN) && !self.subject_fits(wanted, &signer.subject)? {
            return Ok(Some("Cert SubjectDN"));
        }
        if is(KEY_USAGE) {
            let listed = self.strings(wanted, "KeyUsage")?;
            if !listed.iter().any(|pattern| usage_fits(pattern, signer.key_usage)) {
                return Ok(Some("Cert KeyUsage"));
            }
        }
        // An address for people is where a certificate is had, and there is one; a service that signs is not called.
        let kind = self.value(wanted, "URLType")?;
        if is(URL) && kind.as_name().is_some_and(|kind| !kind.is("Browser")) {
            return Ok(Some("Cert URL"));
        }
        Ok(None)
    }

    /// One of the dictionaries is in the subject whole.
    fn subject_fits(&self, wanted: &Dictionary, subject: &[(String, String)]) -> Result<bool, PdfError> {
        for item in self.array(wanted, "SubjectDN")?.iter().take(LIST_LIMIT) {
            let Object::Dictionary(attributes) = self.resolve(item)? else {
                continue;
            };
            let mut fits = true;
            for (key, value) in attributes.iter() {
                let key = String::from_utf8_lossy(key.as_bytes()).into_owned();
                let oid = attribute_oid(&key).unwrap_or(&key);
                let Object::String(value) = self.resolve(value)? else {
                    fits = false;
                    continue;
                };
                let value = text_string::decode(&value);
                fits &= subject.iter().any(|(own, text)| own == oid && *text == value);
            }
            if fits {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn names(&self, dictionary: &Dictionary, key: &str) -> Result<Vec<String>, PdfError> {
        let mut found = Vec::new();
        for item in self.array(dictionary, key)?.iter().take(LIST_LIMIT) {
            let item = self.resolve(item)?;
            found.extend(
                item.as_name()
                    .map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned()),
            );
        }
        Ok(found)
    }

    fn strings(&self, dictionary: &Dictionary, key: &str) -> Result<Vec<Vec<u8>>, PdfError> {
        let mut found = Vec::new();
        for item in self.array(dictionary, key)?.iter().take(LIST_LIMIT) {
            if let Object::String(text) = self.resolve(item)? {
                found.push(text);
            }
        }
        Ok(found)
    }
}

/// The name that seed values have for a hash.
const fn digest_name(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha1 => "SHA1",
        HashAlgorithm::Sha256 => "SHA256",
        HashAlgorithm::Sha384 => "SHA384",
        HashAlgorithm::Sha512 => "SHA512",
    }
}

/// The attribute that a short name stands for. RFC 4519, RFC 2985.
fn attribute_oid(key: &str) -> Option<&'static str> {
    Some(match key {
        "C" => "2.5.4.6",
        "CN" => "2.5.4.3",
        "E" => "1.2.840.113549.1.9.1",
        "GN" => "2.5.4.42",
        "L" => "2.5.4.7",
        "O" => "2.5.4.10",
        "OU" => "2.5.4.11",
        "SN" => "2.5.4.4",
        "ST" => "2.5.4.8",
        _ => return None,
    })
}

/// Whether the bits are as `pattern` says: `1` set, `0` not set, anything else or nothing of no matter.
fn usage_fits(pattern: &[u8], usage: [bool; 9]) -> bool {
    pattern.iter().zip(usage).all(|(wanted, is_set)| match wanted {
        b'0' => !is_set,
        b'1' => is_set,
        _ => true,
    })
}
