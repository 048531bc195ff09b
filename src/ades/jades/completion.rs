//! From a signed stage to the level ordered: asks for time-stamps and revocation answers, one need at a time.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::counter;
use super::header::Header;
use super::payload;
use super::read::{Jws, JwsSignature};
use super::stages::Signed;
use super::unsigned::{self, Element};
use crate::ades::augment::error::{AugmentError, Step};
use crate::ades::augment::machine::{ArchiveImprint, Growing, Machine, Progress, Stamps};
use crate::ades::augment::read_back;
use crate::ades::augment::settings::Settings;
use crate::ades::content::DataObject;
use crate::ades::level::Level;
use crate::ades::validate::{self, Context};
use crate::base::digest::{HashAlgorithm, Hasher};
use crate::base::time::Timestamp;
use crate::pdf::dss::Evidence;
use crate::pki::certificate::Certificate;
use crate::pki::need::Answer;
use crate::pki::timestamp::TimeStampToken;

/// A JWS at the level ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// The level that the signature shows, read back.
    pub level: Level,
    /// The JWS.
    pub jws: Jws,
}

/// A signed stage with its content.
struct Growth {
    objects: Vec<DataObject>,
    signed: Signed,
}

/// Completes one signature. Synchronous: asks for what it needs and is resumed.
///
/// After each answer [`Self::signed`] holds all that was gained; store it, and a crash or a service that is down costs
/// nothing but time.
pub struct Completion(Machine<Growth>);

impl Completion {
    /// Completes `signed`, whose content is `objects` unless it is attached. Digests are enough for signatures over
    /// digests below B-LTA; an archive time-stamp is over the octets.
    pub const fn new(objects: Vec<DataObject>, signed: Signed, settings: Settings) -> Self {
        Self(Machine::new(Growth { objects, signed }, settings))
    }

    /// The stage as far as it got: for storing.
    pub const fn signed(&self) -> &Signed {
        &self.0.growing.signed
    }

    /// Gives the stage back.
    pub fn into_signed(self) -> Signed {
        self.0.growing.signed
    }

    /// What is needed next, or the completed JWS. Asking again without an answer gives the same need.
    ///
    /// # Errors
    /// See [`AugmentError`]; a later call tries again from where it stood.
    pub fn step(&mut self, now: Timestamp) -> Result<Step<Completed>, AugmentError> {
        self.0.step(now)
    }

    /// Takes the answer to the need of the last [`Self::step`].
    ///
    /// # Errors
    /// When a token that was got cannot be embedded.
    pub fn answer(&mut self, answer: Answer, now: Timestamp) -> Result<(), AugmentError> {
        self.0.answer(answer, now)
    }
}

impl Growth {
    fn signature(&self) -> Result<Cow<'_, JwsSignature>, AugmentError> {
        counter::at(&self.signed.jws, &self.signed.name)
            .ok_or_else(|| AugmentError::message(&"the signature is gone"))
    }

    fn elements(&self) -> Result<Vec<Element>, AugmentError> {
        unsigned::read(&self.signature()?.unsigned)
            .ok_or_else(|| AugmentError::message(&"the unsigned header cannot be read"))
    }

    fn header(&self) -> Result<Header, AugmentError> {
        Header::parse(&self.signature()?.protected).map_err(|error| AugmentError::message(&error))
    }

    fn add(&mut self, name: &str, value: Value) -> Result<(), AugmentError> {
        let element = unsigned::write(name, value);
        let Signed { jws, name, .. } = &mut self.signed;
        counter::change(jws, name, &mut |signature| {
            signature.unsigned.push(element.clone().into());
        })
        .ok_or_else(|| AugmentError::message(&"the signature is gone"))
    }
}

impl Growing for Growth {
    type Completed = Completed;

    fn progress(&self) -> &Progress {
        &self.signed.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.signed.progress
    }

    fn stamps(&self) -> Result<Stamps, AugmentError> {
        let mut stamps = Stamps::default();
        for element in self.elements()? {
            match element.name.as_str() {
                "sigTst" => stamps.own.extend(unsigned::token(&element.value)),
                "arcTst" => stamps.archive.extend(unsigned::token(&element.value)),
                _ => {}
            }
        }
        Ok(stamps)
    }

    /// TS 119 182-1 §5.3.4: the base64url text of the value.
    fn value(&self) -> Result<Vec<u8>, AugmentError> {
        Ok(self.signature()?.signature.clone().into_bytes())
    }

    fn signer(&self) -> Result<(Certificate, Vec<Certificate>), AugmentError> {
        let header = self.header()?;
        let mut known = header.chain.clone();
        for element in self.elements()? {
            known.extend(unsigned::evidence(&element).certificates);
        }
        let (hash, digest) = &header.certificate;
        let leaf = known.iter().find(|der| hash.digest(der) == *digest);
        let leaf = leaf.ok_or_else(|| AugmentError::message(&"the signing certificate is not there"))?;
        let leaf = Certificate::parse(leaf.clone()).map_err(|error| AugmentError::message(&error))?;
        let chain = known
            .into_iter()
            .filter_map(|der| Certificate::parse(der).ok())
            .filter(|certificate| *certificate != leaf)
            .collect();
        Ok((leaf, chain))
    }

    fn archive_imprint(&self) -> Result<ArchiveImprint, AugmentError> {
        let hash = HashAlgorithm::Sha256;
        let signature = self.signature()?;
        let header = self.header()?;
        let imprint = imprint(
            hash,
            &self.signed.jws,
            (&signature, &header),
            &self.objects,
            signature.unsigned.len(),
        )?;
        Ok(ArchiveImprint {
            hash,
            imprint: imprint.ok_or(AugmentError::Content)?,
            index: Vec::new(),
        })
    }

    fn add_stamp(&mut self, token: &TimeStampToken) -> Result<(), AugmentError> {
        self.add("sigTst", unsigned::container(token.der()))
    }

    fn add_archive_stamp(&mut self, token: &TimeStampToken, _index: &[u8]) -> Result<(), AugmentError> {
        self.add("arcTst", unsigned::container(token.der()))
    }

    /// `xVals` and `rVals` once each (TS 119 182-1 §6.3); what comes later, for time-stamps, into `tstVD`.
    fn add_material(&mut self, evidence: &Evidence, is_archive: bool) -> Result<(), AugmentError> {
        let elements = self.elements()?;
        let mut known: BTreeSet<Vec<u8>> = self.header()?.chain.into_iter().collect();
        for element in &elements {
            let there = unsigned::evidence(element);
            known.extend(there.certificates);
            known.extend(there.crls);
            known.extend(there.ocsp_responses);
        }
        let fresh = |items: &[Vec<u8>]| -> Vec<Vec<u8>> {
            items
                .iter()
                .filter(|der| !known.contains(*der))
                .cloned()
                .collect()
        };
        let evidence = Evidence {
            certificates: fresh(&evidence.certificates),
            crls: fresh(&evidence.crls),
            ocsp_responses: fresh(&evidence.ocsp_responses),
        };
        let has_values = elements
            .iter()
            .any(|element| element.name == "xVals" || element.name == "rVals");
        let certificates = unsigned::certificate_values(&evidence.certificates);
        let revocations = unsigned::revocation_values(&evidence);
        let has_certificates = !evidence.certificates.is_empty();
        let has_revocations = !(evidence.crls.is_empty() && evidence.ocsp_responses.is_empty());
        if is_archive || has_values {
            let mut values = Map::new();
            if has_certificates {
                values.insert("xVals".to_owned(), certificates);
            }
            if has_revocations {
                values.insert("rVals".to_owned(), revocations);
            }
            if values.is_empty() {
                return Ok(());
            }
            // What is about the signature and its time-stamps together belongs to neither alone.
            let name = if is_archive { "tstVD" } else { "anyValData" };
            return self.add(name, values.into());
        }
        if has_certificates {
            self.add("xVals", certificates)?;
        }
        if has_revocations {
            self.add("rVals", revocations)?;
        }
        Ok(())
    }

    fn finish(&self, settings: &Settings, now: Timestamp) -> Result<Completed, AugmentError> {
        let context = Context {
            trust: &settings.trust,
            algorithms: &settings.algorithms,
            verdict_keys: &[],
            at: now,
        };
        let text = self.signed.jws.to_text();
        let report = validate::validate_jws(text.as_bytes(), &self.objects, &context);
        let ordered = self.signed.progress.level;
        let name = self.signed.name.to_string();
        match read_back::shown(&report, &name, ordered) {
            Ok(level) => Ok(Completed {
                level,
                jws: self.signed.jws.clone(),
            }),
            Err(shown) => Err(AugmentError::BelowLevel {
                ordered,
                shown,
                report: Box::new(report),
            }),
        }
    }
}

/// The imprint of an archive time-stamp that stands at place `before` of `etsiU`; none when content is not at hand, or
/// an element before it is not a text.
///
/// # Errors
/// What reading content reports.
///
/// Source: TS 119 182-1 §5.3.6.3: the content as it was signed or, by `sigD`, each object; then header, value, and the
/// texts of all elements before it.
pub(in crate::ades) fn imprint(
    hash: HashAlgorithm,
    jws: &Jws,
    (signature, header): (&JwsSignature, &Header),
    objects: &[DataObject],
    before: usize,
) -> std::io::Result<Option<Vec<u8>>> {
    let mut hashers = [Hasher::new(hash)];
    if !payload::add_content(&mut hashers, jws, header, objects)? {
        return Ok(None);
    }
    let [content] = hashers;
    Ok(imprints(content, signature, &[before]).remove(&before))
}

/// The imprints of archive time-stamps at `places`, which ascend, from one reading. `content`: the digest over the content
/// so far. A place that is left out has an element before it that is not a text.
pub(in crate::ades) fn imprints(
    content: Hasher,
    signature: &JwsSignature,
    places: &[usize],
) -> BTreeMap<usize, Vec<u8>> {
    let mut hasher = content;
    for part in [".", &signature.protected, ".", &signature.signature, "."] {
        hasher.update(part.as_bytes());
    }
    let mut made = BTreeMap::new();
    let mut texts = signature.unsigned.iter().map(serde_json::Value::as_str);
    let mut at = 0;
    for place in places {
        for text in texts.by_ref().take(place.saturating_sub(at)) {
            let Some(text) = text else { return made };
            hasher.update(text.as_bytes());
        }
        at = *place;
        made.insert(at, hasher.clone().finish());
    }
    made
}
