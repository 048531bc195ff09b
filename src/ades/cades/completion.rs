//! From a signed stage to the level ordered: asks for time-stamps and revocation answers, one need at a time.

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::counter::{self, innermost, with_innermost};
use super::stages::Signed;
use crate::ades::augment::error::{AugmentError, Step};
use crate::ades::augment::machine::{ArchiveImprint, Growing, Machine, Progress, Stamps};
use crate::ades::augment::read_back;
use crate::ades::augment::settings::Settings;
use crate::ades::cms::archive::{self, HashIndex};
use crate::ades::cms::envelope::Envelope;
use crate::ades::cms::oids;
use crate::ades::cms::open::{self, Message};
use crate::ades::cms::parts::SignerParts;
use crate::ades::cms::read::SignerInfo;
use crate::ades::content::Content;
use crate::ades::level::Level;
use crate::ades::validate::{self, Context};
use crate::asn1::read::{self, Rules};
use crate::base::bytes::ReadAt;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::pdf::dss::Evidence;
use crate::pki::certificate::Certificate;
use crate::pki::need::Answer;
use crate::pki::timestamp::TimeStampToken;

/// Where the content is.
#[derive(Clone)]
pub enum Carried {
    /// In the message: the bytes as they stand there, which for a message made here are the document itself.
    Attached(Arc<dyn ReadAt>),
    /// Beside it.
    Detached(Content),
}

/// A message at the level ordered, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// The level that the signature shows, read back.
    pub level: Level,
    /// Everything but the content.
    pub envelope: Envelope,
}

impl Completed {
    /// Writes the message; `raw`: what the message carries, for an attached one.
    ///
    /// # Errors
    /// As [`Envelope::write`].
    pub fn write(&self, raw: Option<&dyn ReadAt>, to: &mut dyn io::Write) -> io::Result<()> {
        self.envelope.write(raw, to)
    }
}

/// A signed stage with its content.
struct Growth {
    carried: Carried,
    signed: Signed,
}

/// Completes one signature. Synchronous: asks for what it needs and is resumed.
///
/// After each answer [`Self::signed`] holds all that was gained; store it, and a crash or a service that is down costs
/// nothing but time.
pub struct Completion(Machine<Growth>);

impl Completion {
    /// Completes `signed`.
    pub const fn new(carried: Carried, signed: Signed, settings: Settings) -> Self {
        Self(Machine::new(Growth { carried, signed }, settings))
    }

    /// The stage as far as it got: for storing.
    pub const fn signed(&self) -> &Signed {
        &self.0.growing.signed
    }

    /// Gives the stage back.
    pub fn into_signed(self) -> Signed {
        self.0.growing.signed
    }

    /// What is needed next, or the completed message. Asking again without an answer gives the same need.
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

impl Growing for Growth {
    type Completed = Completed;

    fn progress(&self) -> &Progress {
        &self.signed.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.signed.progress
    }

    fn stamps(&self) -> Result<Stamps, AugmentError> {
        let values = self
            .parts()?
            .unsigned_values()
            .map_err(|error| AugmentError::message(&error))?;
        let mut stamps = Stamps::default();
        for (oid, _, value) in values {
            match oid.to_string().as_str() {
                oids::SIGNATURE_TIME_STAMP => stamps.own.push(value),
                oids::ARCHIVE_TIME_STAMP_V3 => stamps.archive.push(value),
                _ => {}
            }
        }
        Ok(stamps)
    }

    fn value(&self) -> Result<Vec<u8>, AugmentError> {
        Ok(signer_info(&self.parts()?)?.signature)
    }

    fn signer(&self) -> Result<(Certificate, Vec<Certificate>), AugmentError> {
        let info = signer_info(&self.parts()?)?;
        let candidates: Vec<&[u8]> = self.signed.envelope.certificates().collect();
        let leaf = info
            .find_certificate(candidates.iter().copied())
            .map_err(|error| AugmentError::message(&error))?;
        let leaf = Certificate::parse(leaf.to_vec()).map_err(|error| AugmentError::message(&error))?;
        let chain = candidates
            .iter()
            .filter_map(|der| Certificate::parse(der.to_vec()).ok())
            .filter(|certificate| *certificate != leaf)
            .collect();
        Ok((leaf, chain))
    }

    /// Over everything that is there.
    fn archive_imprint(&self) -> Result<ArchiveImprint, AugmentError> {
        let parts = self.parts()?;
        // The hash the content's digest is known by: with another, a signature over a hash alone could not be archived.
        let hash = signer_info(&parts)?
            .digest_hash()
            .map_err(|error| AugmentError::message(&error))?
            .max(HashAlgorithm::Sha256);
        let content = self.content()?.digest(hash)?.ok_or(AugmentError::Content)?;
        let envelope = &self.signed.envelope;
        let index = HashIndex::of(hash, envelope, &parts)
            .map_err(|error| AugmentError::message(&error))?
            .to_der();
        Ok(ArchiveImprint {
            hash,
            imprint: archive::imprint(hash, envelope.content_type(), &content, &parts, &index),
            index,
        })
    }

    fn add_stamp(&mut self, token: &TimeStampToken) -> Result<(), AugmentError> {
        self.add(oids::SIGNATURE_TIME_STAMP, token.der())
    }

    fn add_archive_stamp(&mut self, token: &TimeStampToken, index: &[u8]) -> Result<(), AugmentError> {
        let token = archive::with_index(token.der(), index).map_err(|error| AugmentError::message(&error))?;
        self.add(oids::ARCHIVE_TIME_STAMP_V3, &token)
    }

    fn add_material(&mut self, evidence: &Evidence, _is_archive: bool) -> Result<(), AugmentError> {
        self.signed
            .envelope
            .add_material(&evidence.certificates, &evidence.crls, &evidence.ocsp_responses)
            .map_err(|error| AugmentError::message(&error))
    }

    fn finish(&self, settings: &Settings, now: Timestamp) -> Result<Completed, AugmentError> {
        self.read_back(settings, now)
    }
}

impl Growth {
    fn content(&self) -> Result<Content, AugmentError> {
        match &self.carried {
            Carried::Detached(content) => Ok(content.clone()),
            Carried::Attached(_) => {
                let message = self.message()?;
                message.content.map(Content::Bytes).ok_or(AugmentError::Content)
            }
        }
    }

    /// The fields of the signature that is completed.
    fn parts(&self) -> Result<SignerParts, AugmentError> {
        let path = &self.signed.path;
        let whole = self
            .signed
            .envelope
            .signer(path.signer)
            .ok_or(AugmentError::Content)?;
        let parts = SignerParts::parse(whole).map_err(|error| AugmentError::message(&error))?;
        innermost(&parts, &path.counters)
            .map_err(|error| AugmentError::message(&error))?
            .ok_or_else(|| AugmentError::message(&"the counter-signature is gone"))
    }

    /// Adds an unsigned attribute to the signature that is completed.
    fn add(&mut self, oid: &str, value: &[u8]) -> Result<(), AugmentError> {
        let told = |error: &dyn std::fmt::Display| AugmentError::message(error);
        let path = self.signed.path.clone();
        let mut parts = self.parts()?;
        parts.add(oid, value).map_err(|error| told(&error))?;
        let signer = self.signed.envelope.signer(path.signer).unwrap_or_default();
        let outer = SignerParts::parse(signer).map_err(|error| told(&error))?;
        let changed = with_innermost(&outer, &path.counters, parts).map_err(|error| told(&error))?;
        self.signed.envelope.set_signer(path.signer, changed.to_bytes());
        Ok(())
    }

    /// The message as it would be written.
    fn source(&self) -> Result<Arc<dyn ReadAt>, AugmentError> {
        let raw = match &self.carried {
            Carried::Attached(raw) => Some(Arc::clone(raw)),
            Carried::Detached(_) => None,
        };
        let source = self.signed.envelope.source(raw);
        source.map_err(|error| AugmentError::message(&error))
    }

    fn message(&self) -> Result<Message, AugmentError> {
        open::open(self.source()?).map_err(|error| AugmentError::message(&error))
    }

    /// Reads the message back, and refuses less than was ordered.
    fn read_back(&self, settings: &Settings, now: Timestamp) -> Result<Completed, AugmentError> {
        let context = Context {
            trust: &settings.trust,
            algorithms: &settings.algorithms,
            verdict_keys: &[],
            at: now,
        };
        let detached = match &self.carried {
            Carried::Attached(_) => None,
            Carried::Detached(content) => Some(content),
        };
        let report = validate::validate_cms(self.source()?, detached, &context);
        let ordered = self.signed.progress.level;
        let name = counter::all(&self.signed.envelope)
            .into_iter()
            .find(|named| named.path == self.signed.path)
            .ok_or_else(|| AugmentError::message(&"the signature is gone"))?
            .name
            .to_string();
        match read_back::shown(&report, &name, ordered) {
            Ok(level) => Ok(Completed {
                level,
                envelope: self.signed.envelope.clone(),
            }),
            Err(shown) => Err(AugmentError::BelowLevel {
                ordered,
                shown,
                report: Box::new(report),
            }),
        }
    }
}

fn signer_info(parts: &SignerParts) -> Result<SignerInfo, AugmentError> {
    let whole = parts.to_bytes();
    let element = read::single(&whole, Rules::Ber).map_err(|error| AugmentError::message(&error))?;
    SignerInfo::parse(&element).map_err(|error| AugmentError::message(&error))
}
