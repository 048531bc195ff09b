//! From a signed stage to the level ordered: asks for time-stamps and revocation answers, one need at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::counter;
use super::data::{Datum, Scene, outline_of};
use super::imprint::{is_archive, of_archive};
use super::names::XADES;
use super::prepare::with_signature;
use super::read::Properties;
use super::stages::Signed;
use super::unsigned::{
    archive_stamp, held, own_method, signature_stamp, time_stamp_data, tokens, values, with_property,
};
use crate::ades::augment::error::{AugmentError, Step};
use crate::ades::augment::machine::{ArchiveImprint, Growing, Machine, Progress, Stamps};
use crate::ades::augment::read_back;
use crate::ades::augment::settings::Settings;
use crate::ades::level::Level;
use crate::ades::validate::{self, Context};
use crate::base::bytes::ReadAt;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::pdf::dss::Evidence;
use crate::pki::certificate::Certificate;
use crate::pki::need::Answer;
use crate::pki::timestamp::TimeStampToken;
use crate::xml::outline::Outline;
use crate::xml::signature::DS;
use crate::xml::signature::defect::SignatureDefect;
use crate::xml::signature::read::XmlSignature;
use crate::xml::tree::{Document, Selection};

/// What stands outside the document, by its URI.
pub type SharedOutside = Arc<dyn Fn(Option<&str>) -> Option<Datum> + Send + Sync>;

/// A signature at the level ordered.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Completed {
    /// The level that the signature shows, read back.
    pub level: Level,
    /// The `ds:Signature`; for a new counter-signature in its property.
    pub signature: String,
    /// What of the document it replaces; nothing for a new one.
    pub hole: (u64, u64),
}

impl Completed {
    /// The signed document. `base`: the document that was prepared on; empty for a signature that is its own.
    pub fn document(&self, base: &Arc<dyn ReadAt>) -> Arc<dyn ReadAt> {
        with_signature(base, self.hole, &self.signature)
    }
}

/// A signed stage with the document around it.
struct Growth {
    base: Arc<dyn ReadAt>,
    outside: SharedOutside,
    signed: Signed,
}

/// Completes one signature. Synchronous: asks for what it needs and is resumed.
///
/// After each answer [`Self::signed`] holds all that was gained; store it, and a crash or a service that is down costs
/// nothing but time.
pub struct Completion(Machine<Growth>);

impl Completion {
    /// Completes `signed` in `base`, the document it was prepared on; empty for a signature that is its own document.
    /// Digests of what stands outside are enough below B-LTA; an archive time-stamp is over the octets.
    pub fn new(base: Arc<dyn ReadAt>, outside: SharedOutside, signed: Signed, settings: Settings) -> Self {
        Self(Machine::new(
            Growth {
                base,
                outside,
                signed,
            },
            settings,
        ))
    }

    /// The stage as far as it got: for storing.
    pub const fn signed(&self) -> &Signed {
        &self.0.growing.signed
    }

    /// Gives the stage back.
    pub fn into_signed(self) -> Signed {
        self.0.growing.signed
    }

    /// What is needed next, or the completed signature. Asking again without an answer gives the same need.
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

/// The signature as it is read in its place.
struct Read {
    document: Document,
    properties: Properties,
}

fn told(defect: &SignatureDefect) -> AugmentError {
    match defect {
        SignatureDefect::Missing(_) => AugmentError::Content,
        other => AugmentError::message(other),
    }
}

impl Growth {
    /// The whole document as it stands, its outline, and the place of the signature in it.
    fn placed(&self) -> Result<(Arc<dyn ReadAt>, Outline), AugmentError> {
        let file = with_signature(&self.base, self.signed.spot.hole, &self.signed.written());
        let outline = outline_of(&file).map_err(|error| AugmentError::message(&error))?;
        Ok((file, outline))
    }

    fn own(&self, outline: &Outline) -> Result<XmlSignature, AugmentError> {
        let document = &outline.document;
        let start = self.signed.spot.start();
        let element = document
            .elements()
            .find(|element| document.is(*element, DS, "Signature") && document.span(*element).start == start)
            .ok_or_else(|| AugmentError::message(&"the signature is not where it was put"))?;
        XmlSignature::read(document, element).map_err(|defect| told(&defect))
    }

    fn read(&self) -> Result<Read, AugmentError> {
        // A signature from elsewhere may use prefixes of the document around it, so it is read in its place.
        let (_, outline) = self.placed()?;
        let signature = self.own(&outline)?;
        let properties = Properties::find(&outline.document, &signature).map_err(|defect| told(&defect))?;
        Ok(Read {
            document: outline.document,
            properties,
        })
    }

    fn add(&mut self, property: &str) -> Result<(), AugmentError> {
        let read = self.read()?;
        self.signed.text = with_property(
            &self.signed.text,
            self.signed.spot.start(),
            &read.document,
            &read.properties,
            property,
        )
        .map_err(|defect| told(&defect))?;
        Ok(())
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
        let Read { document, properties } = self.read()?;
        let mut stamps = Stamps::default();
        for property in properties.unsigned(&document) {
            if is_archive(&document, property) {
                stamps.archive.extend(tokens(&document, property));
            } else if document.is(property, XADES, "SignatureTimeStamp") {
                stamps.own.extend(tokens(&document, property));
            }
        }
        Ok(stamps)
    }

    /// EN 319 132-1 §5.3: the element of the value in canonical form.
    fn value(&self) -> Result<Vec<u8>, AugmentError> {
        let (_, outline) = self.placed()?;
        let signature = self.own(&outline)?;
        Ok(outline.document.canonicalize(
            &Selection::subtree(signature.value_element),
            &own_method(),
            Vec::new(),
        ))
    }

    fn signer(&self) -> Result<(Certificate, Vec<Certificate>), AugmentError> {
        let parsed =
            |der: &[u8]| Certificate::parse(der.to_vec()).map_err(|error| AugmentError::message(&error));
        let leaf = parsed(&self.signed.certificate.0)?;
        let chain = self
            .signed
            .chain
            .iter()
            .map(|issuer| parsed(&issuer.0))
            .collect::<Result<_, _>>()?;
        Ok((leaf, chain))
    }

    fn archive_imprint(&self) -> Result<ArchiveImprint, AugmentError> {
        let hash = HashAlgorithm::Sha256;
        let (file, outline) = self.placed()?;
        let signature = self.own(&outline)?;
        let properties = Properties::find(&outline.document, &signature).map_err(|defect| told(&defect))?;
        let outside = |uri: Option<&str>| (self.outside)(uri);
        let scene = Scene {
            file: &file,
            outline: &outline,
            outside: &outside,
            ahead: None,
        };
        let imprint = of_archive(&scene, &signature, &properties, None, &own_method(), hash)
            .map_err(|defect| told(&defect))?;
        Ok(ArchiveImprint {
            hash,
            imprint,
            index: Vec::new(),
        })
    }

    fn add_stamp(&mut self, token: &TimeStampToken) -> Result<(), AugmentError> {
        self.add(&signature_stamp(token.der()))
    }

    fn add_archive_stamp(&mut self, token: &TimeStampToken, _index: &[u8]) -> Result<(), AugmentError> {
        self.add(&archive_stamp(token.der()))
    }

    /// Values of certificates and revocation once each; what comes later stands in validation data of time-stamps.
    fn add_material(&mut self, evidence: &Evidence, is_archive: bool) -> Result<(), AugmentError> {
        let Read { document, properties } = self.read()?;
        let known: BTreeSet<Vec<u8>> = held(&document, &properties)
            .into_iter()
            .map(|held| held.der)
            .collect();
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
        if evidence.certificates.is_empty() && evidence.crls.is_empty() && evidence.ocsp_responses.is_empty()
        {
            return Ok(());
        }
        let has_values = properties.unsigned(&document).any(|property| {
            document.is(property, XADES, "CertificateValues")
                || document.is(property, XADES, "RevocationValues")
        });
        let property = if is_archive || has_values {
            time_stamp_data(&evidence)
        } else {
            values(&evidence)
        };
        self.add(&property)
    }

    fn finish(&self, settings: &Settings, now: Timestamp) -> Result<Completed, AugmentError> {
        let (file, outline) = self.placed()?;
        let own = self.own(&outline)?.element;
        let name = counter::all(&outline)
            .into_iter()
            .find(|named| named.element == own)
            .ok_or_else(|| AugmentError::message(&"the signature is not one of the document's"))?
            .name;
        let context = Context {
            trust: &settings.trust,
            algorithms: &settings.algorithms,
            verdict_keys: &[],
            at: now,
        };
        let outside = |uri: Option<&str>| (self.outside)(uri);
        let report = validate::validate_xml(file, &outside, &context);
        let ordered = self.signed.progress.level;
        match read_back::shown(&report, &name.to_string(), ordered) {
            Ok(level) => Ok(Completed {
                level,
                signature: self.signed.written(),
                hole: self.signed.spot.hole,
            }),
            Err(shown) => Err(AugmentError::BelowLevel {
                ordered,
                shown,
                report: Box::new(report),
            }),
        }
    }
}
