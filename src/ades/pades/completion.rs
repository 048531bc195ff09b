//! From a signed stage to the level ordered: asks for time-stamps and revocation answers, one need at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::finish::EmbedError;
use super::stages::{Archive, Completed, Material, Octets, Signed};
use crate::ades::augment::gather::{Gather, Gathered};
use crate::ades::augment::read_back;
pub use crate::ades::augment::settings::Settings;
use crate::ades::augment::stamping::Stamping;
use crate::ades::level::Level;
use crate::ades::validate::indication::Indication;
use crate::ades::validate::policy::ValidationPolicy;
use crate::ades::validate::report::Report;
use crate::ades::validate::{Context, Inspection};
use crate::base::bytes::{Concatenated, ReadAt};
use crate::base::digest::{HashAlgorithm, Hasher};
use crate::base::time::Timestamp;
use crate::pdf::document::Document;
use crate::pdf::dss::{self, Evidence};
use crate::pdf::error::PdfError;
use crate::pdf::signature::{hash_range, vri_key};
use crate::pdf::signature_field::{self, Content, FieldError, FieldRequest, Placement};
use crate::pdf::update::{DoesNotFit, Tail, Update, UpdateError};
use crate::pki::certificate::{Certificate, CertificateError};
use crate::pki::need::{Answer, Need};
use crate::pki::purpose;
use crate::pki::refusal::Refusal;
use crate::pki::timestamp::TimeStampToken;

/// Least room for a document time-stamp's token, in bytes.
const ARCHIVE_BYTES: usize = 8 * 1024;

/// Why a signed stage was not completed. The stage itself is kept: see [`Completion::signed`].
#[derive(Debug, thiserror::Error)]
pub enum CompletionError {
    /// The file made does not show the level ordered, or does not validate; it is not delivered.
    #[error("ordered {ordered}, the file shows {} and is {}", shown.map_or("no level", Level::name), report.indication)]
    BelowLevel {
        /// What was ordered.
        ordered: Level,
        /// What the file shows.
        shown: Option<Level>,
        /// Everything found.
        report: Box<Report>,
    },
    /// The signer's certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The document is not the one that was prepared.
    #[error("the document is not the one that was prepared")]
    DocumentChanged,
    /// The message cannot be embedded.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The revision for the document time-stamp cannot be made.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The document's bytes cannot be read.
    #[error("the document could not be read")]
    Io(#[from] std::io::Error),
    /// The file cannot be read back.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// A certificate is refused: revoked, suspended, its status unknown or not to be had.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A document time-stamp is larger than the room kept for it.
    #[error(transparent)]
    Room(#[from] DoesNotFit),
    /// No time-stamp service gave a usable token; the causes, one a service.
    #[error("no usable time-stamp: {}", .0.join(", "))]
    TimeStamp(Vec<&'static str>),
    /// An update cannot be written.
    #[error(transparent)]
    Update(#[from] UpdateError),
}

impl CompletionError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::BelowLevel { .. } => "ADES_BELOW_LEVEL",
            Self::Certificate(_) => "CERT_PARSE",
            Self::DocumentChanged => "ADES_DOCUMENT_CHANGED",
            Self::Embed(_) => "ADES_EMBED",
            Self::Field(error) => error.cause(),
            Self::Io(_) => "PDF_IO",
            Self::Pdf(error) => error.cause(),
            Self::Refused(refusal) => refusal.cause(),
            Self::Room(_) => "ADES_ROOM",
            Self::TimeStamp(_) => "TST_UNAVAILABLE",
            Self::Update(error) => error.cause(),
        }
    }

    /// Whether the same stage may be completed later without the signer.
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::TimeStamp(_)
                | Self::Refused(Refusal::StatusUnavailable { .. } | Refusal::StatusUnknown { .. })
                | Self::Io(_)
        )
    }

    /// Whether no later try can help: what is wrong stands in the bytes that the card signed, or the certificate is
    /// refused. An undecided read-back is not that, nor a document that an operator can put back.
    pub fn is_final(&self) -> bool {
        match self {
            Self::BelowLevel { report, .. } => report.indication == Indication::TotalFailed,
            Self::DocumentChanged => false,
            _ => !self.is_retryable(),
        }
    }
}

/// What a [`Completion`] wants next.
#[derive(Debug)]
pub enum Step {
    /// Give it this, by [`Completion::answer`].
    Need(Need),
    /// The level is reached, read back and validated.
    Done(Box<Completed>),
}

enum State {
    /// Nothing is under way.
    Idle,
    /// A time-stamp was asked for.
    Stamping { stamping: Stamping, purpose: Stamped },
    /// Revocation answers are being gathered.
    Gathering { gather: Box<Gather>, purpose: Stamped },
}

/// Which time-stamp something is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamped {
    /// The document time-stamp.
    Archive,
    /// The one over the signature value.
    Signature,
}

/// Completes one signature. Synchronous: asks for what it needs and is resumed.
///
/// After each answer [`Self::signed`] holds all that was gained; store it, and a crash or a service that is down
/// costs nothing but time. Revocation answers are asked for after the time-stamp, so that they can exclude a
/// revocation before it (EN 319 102-1 §5.2.5; reference ades-signing §9).
pub struct Completion {
    document: Arc<dyn ReadAt>,
    /// SHA-256 of the document so far, once it was asked for: what a document time-stamp covers begins with all of it.
    covered: Option<Hasher>,
    signed: Signed,
    settings: Settings,
    state: State,
    archive_failed: bool,
}

impl Completion {
    /// Completes `signed` on `document`, the very bytes it was prepared for. Their length is checked here; whether they
    /// are others is found when they are read, for a document time-stamp or at the latest when the file is read back.
    ///
    /// # Errors
    /// `DocumentChanged` when they are longer or shorter.
    pub fn new(
        document: Arc<dyn ReadAt>,
        signed: Signed,
        settings: Settings,
    ) -> Result<Self, CompletionError> {
        let prepared = signed.prepared();
        if document.len() != prepared.document_length() {
            return Err(CompletionError::DocumentChanged);
        }
        Ok(Self {
            document,
            covered: None,
            signed,
            settings,
            state: State::Idle,
            archive_failed: false,
        })
    }

    /// The stage as far as it got: for storing.
    pub const fn signed(&self) -> &Signed {
        &self.signed
    }

    /// Gives the stage back.
    pub fn into_signed(self) -> Signed {
        self.signed
    }

    /// What is needed next, or the completed signature. Asking again without an answer gives the same need.
    ///
    /// # Errors
    /// See [`CompletionError`]; a later call tries again from where it stood.
    pub fn step(&mut self, now: Timestamp) -> Result<Step, CompletionError> {
        loop {
            match &mut self.state {
                State::Stamping { stamping, .. } => match stamping.need(&self.settings) {
                    Ok(need) => return Ok(Step::Need(need)),
                    Err(failures) => {
                        self.state = State::Idle;
                        return Err(CompletionError::TimeStamp(failures));
                    }
                },
                State::Gathering { gather, purpose } => {
                    let purpose = *purpose;
                    match gather.step(&self.settings, now) {
                        Ok(Gathered::Need(need)) => return Ok(Step::Need(need)),
                        Ok(Gathered::Done(evidence)) => {
                            self.state = State::Idle;
                            self.keep_material(&evidence, purpose, now);
                        }
                        Err(refusal) => {
                            self.state = State::Idle;
                            if purpose == Stamped::Archive {
                                // It only spares the next renewal a question; the level does not need it.
                                self.archive_failed = true;
                            } else {
                                return Err(refusal.into());
                            }
                        }
                    }
                }
                State::Idle => match self.next(now)? {
                    Some(state) => self.state = state,
                    None => return self.finish(now).map(|completed| Step::Done(Box::new(completed))),
                },
            }
        }
    }

    /// Takes the answer to the need of the last [`Self::step`].
    ///
    /// # Errors
    /// When a token that was got cannot be embedded.
    pub fn answer(&mut self, answer: Answer, now: Timestamp) -> Result<(), CompletionError> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => {}
            State::Gathering { mut gather, purpose } => {
                gather.answer(answer, &self.settings, now);
                self.state = State::Gathering { gather, purpose };
            }
            State::Stamping {
                mut stamping,
                purpose,
            } => match stamping.answer(answer, &self.settings, now) {
                Some(token) => self.keep_token(&token, purpose)?,
                None => self.state = State::Stamping { stamping, purpose },
            },
        }
        Ok(())
    }

    /// What comes next, if anything.
    fn next(&mut self, now: Timestamp) -> Result<Option<State>, CompletionError> {
        let level = self.signed.prepared.level;
        if level >= Level::T && self.signed.time_stamp.is_none() {
            let imprint = HashAlgorithm::Sha256.digest(&self.signed.signature.0);
            return Ok(Some(self.stamping(&imprint, Stamped::Signature)));
        }
        if level >= Level::Lt && self.signed.material.is_none() {
            let gather = self.gather_for_signature(now)?;
            return Ok(Some(State::Gathering {
                gather: Box::new(gather),
                purpose: Stamped::Signature,
            }));
        }
        let (_, stamp_inside) = self.signed.embedded()?;
        let needs_archive = level == Level::Lta || (level >= Level::T && !stamp_inside);
        if !needs_archive {
            return Ok(None);
        }
        if self.signed.archive.is_none() {
            self.signed.archive = Some(Archive {
                tail: archive_tail(
                    &self.document,
                    &self.tails_before_archive()?,
                    self.signed.time_stamp.as_ref().map_or(0, |token| token.0.len()),
                )?,
                token: None,
            });
        }
        let is_stamped = |archive: &Archive| archive.token.is_some();
        if !self.signed.archive.as_ref().is_some_and(is_stamped) {
            self.check_covered()?;
        }
        let (Some(archive), covered) = (&self.signed.archive, &self.covered) else {
            return Ok(None);
        };
        if let (None, Some(covered)) = (&archive.token, covered) {
            let mut covered = covered.clone();
            for tail in self.tails_before_archive()? {
                covered.update(&tail);
            }
            archive.tail.hash_tail(&mut covered)?;
            return Ok(Some(self.stamping(&covered.finish(), Stamped::Archive)));
        }
        if self.signed.archive_material.is_none() && !self.archive_failed {
            let token = archive
                .token
                .as_ref()
                .map(|token| token.0.clone())
                .unwrap_or_default();
            let mut gather = Gather::default();
            add_unit(&self.settings, &mut gather, &token)?;
            return Ok(Some(State::Gathering {
                gather: Box::new(gather),
                purpose: Stamped::Archive,
            }));
        }
        Ok(None)
    }

    fn stamping(&self, imprint: &[u8], purpose: Stamped) -> State {
        State::Stamping {
            stamping: Stamping::new(HashAlgorithm::Sha256, imprint, &self.settings),
            purpose,
        }
    }

    /// The signer's path and, for the time-stamp, its unit's: both need their status proven.
    fn gather_for_signature(&self, now: Timestamp) -> Result<Gather, CompletionError> {
        let mut gather = Gather::default();
        let prepared = &self.signed.prepared;
        let from = match &self.signed.time_stamp {
            Some(token) => token_of(&token.0)?.gen_time,
            None => now,
        };
        let chain = prepared
            .chain
            .iter()
            .filter_map(|der| Certificate::parse(der.0.clone()).ok())
            .collect();
        let signer = prepared.certificate()?;
        let purpose = purpose::of_signer(&signer);
        gather.add(signer, chain, purpose, from);
        if let Some(token) = &self.signed.time_stamp {
            add_unit(&self.settings, &mut gather, &token.0)?;
        }
        Ok(gather)
    }

    fn keep_token(&mut self, token: &TimeStampToken, purpose: Stamped) -> Result<(), CompletionError> {
        let octets = Octets(token.der().to_vec());
        match (purpose, &mut self.signed.archive) {
            (Stamped::Signature, _) => self.signed.time_stamp = Some(octets),
            (Stamped::Archive, Some(archive)) => {
                archive.tail.embed(token.der())?;
                archive.token = Some(octets);
            }
            (Stamped::Archive, None) => {}
        }
        Ok(())
    }

    fn keep_material(&mut self, evidence: &Evidence, purpose: Stamped, now: Timestamp) {
        let material = Some(Material::of(evidence, now));
        match purpose {
            Stamped::Archive => self.signed.archive_material = material,
            Stamped::Signature => self.signed.material = material,
        }
    }

    /// The revisions before the document time-stamp: the signature, and its material.
    fn tails_before_archive(&self) -> Result<Vec<Vec<u8>>, CompletionError> {
        let (tail, _) = self.signed.embedded()?;
        let key = tail.contents().map(|contents| vri_key(&contents));
        let mut tails = vec![tail.bytes];
        if let Some(material) = &self.signed.material {
            tails.extend(self.material_tail(&tails, key, &material.to_evidence())?);
        }
        Ok(tails)
    }

    /// All revisions so far.
    fn tails(&self) -> Result<Vec<Vec<u8>>, CompletionError> {
        let mut tails = self.tails_before_archive()?;
        if let Some(archive) = self
            .signed
            .archive
            .as_ref()
            .filter(|archive| archive.token.is_some())
        {
            let key = archive.tail.contents().map(|contents| vri_key(&contents));
            tails.push(archive.tail.bytes.clone());
            if let Some(material) = &self.signed.archive_material {
                tails.extend(self.material_tail(&tails, key, &material.to_evidence())?);
            }
        }
        Ok(tails)
    }

    fn check_covered(&mut self) -> Result<(), CompletionError> {
        if self.covered.is_some() {
            return Ok(());
        }
        self.covered = Some(self.digested()?);
        Ok(())
    }

    /// The running digest of the document, which must be the one that was prepared.
    fn digested(&self) -> Result<Hasher, CompletionError> {
        let mut covered = Hasher::new(HashAlgorithm::Sha256);
        hash_range(&mut covered, &self.document, 0, self.document.len())?;
        if covered.clone().finish() != self.signed.prepared.document_sha256().as_bytes() {
            return Err(CompletionError::DocumentChanged);
        }
        Ok(covered)
    }

    /// The revision that adds `evidence` to the security store; none when everything is there.
    fn material_tail(
        &self,
        tails: &[Vec<u8>],
        key: Option<String>,
        evidence: &Evidence,
    ) -> Result<Option<Vec<u8>>, CompletionError> {
        let document = Document::open(self.file(tails))?;
        let mut update = Update::new(&document);
        let per_signature: BTreeMap<String, Evidence> =
            key.into_iter().map(|key| (key, evidence.clone())).collect();
        dss::add(&mut update, &per_signature, &Evidence::default())?;
        if update.is_empty() {
            return Ok(None);
        }
        Ok(Some(update.finish()?.bytes))
    }

    /// The document with `tails` behind it.
    fn file(&self, tails: &[Vec<u8>]) -> Arc<dyn ReadAt> {
        file_with(&self.document, tails)
    }

    /// Reads the file back, and refuses less than was ordered.
    fn finish(&self, now: Timestamp) -> Result<Completed, CompletionError> {
        let prepared = &self.signed.prepared;
        let tails = self.tails()?;
        let context = Context {
            trust: &self.settings.trust,
            algorithms: &self.settings.algorithms,
            verdict_keys: &[],
            at: now,
        };
        let file = self.file(&tails);
        let inspection = match Inspection::of(&file) {
            Ok(inspection) if inspection.is_appended_to(&prepared.field, &prepared.document_sha256) => {
                inspection
            }
            Ok(_) => return Err(CompletionError::DocumentChanged),
            // What cannot be read may be so because somebody changed it, which is the better answer.
            Err(error) => {
                self.digested()?;
                return Err(error.into());
            }
        };
        let report = inspection.judge(&context, &ValidationPolicy::strict());
        let level = read_back(&report, &prepared.field, prepared.level)?;
        Ok(Completed {
            level,
            field: prepared.field.clone(),
            document_sha256: prepared.document_sha256,
            tails: tails.into_iter().map(Octets).collect(),
            time_stamp_bytes: self.signed.time_stamp.as_ref().map(|token| token.0.len()),
        })
    }
}

/// Wants the material of the unit that signed `token`.
pub(super) fn add_unit(
    settings: &Settings,
    gather: &mut Gather,
    token: &[u8],
) -> Result<(), CompletionError> {
    gather
        .add_unit(token, &settings.algorithms)
        .map_err(|defect| CompletionError::TimeStamp(vec![defect.cause()]))
}

/// The revision for a document time-stamp behind `tails`, its token still missing. `known_bytes`: size of another token
/// of the same service, 0 for none.
pub(super) fn archive_tail(
    document: &Arc<dyn ReadAt>,
    tails: &[Vec<u8>],
    known_bytes: usize,
) -> Result<Tail, CompletionError> {
    let before = Document::open(file_with(document, tails))?;
    let mut update = Update::new(&before);
    let request = FieldRequest {
        placement: Placement::Invisible,
        name: None,
        tooltip: None,
        content: Content::DocTimeStamp,
        contents_bytes: known_bytes.saturating_mul(2).max(ARCHIVE_BYTES),
        signer: None,
    };
    signature_field::add(&mut update, &request)?;
    Ok(update.finish()?)
}

/// `document` with `tails` behind it.
pub(super) fn file_with(document: &Arc<dyn ReadAt>, tails: &[Vec<u8>]) -> Arc<dyn ReadAt> {
    let mut parts: Vec<Box<dyn ReadAt>> = vec![Box::new(document.clone())];
    for tail in tails {
        parts.push(Box::new(tail.clone()));
    }
    Arc::new(Concatenated::new(parts))
}

pub(super) fn token_of(der: &[u8]) -> Result<TimeStampToken, CompletionError> {
    TimeStampToken::parse(der).map_err(|defect| CompletionError::TimeStamp(vec![defect.cause()]))
}

/// The level that `report` finds for the signature in `field`, when it is at least `ordered` and everything in the
/// file holds.
///
/// Below B-LT the revocation data that validation asks for is not in the file by definition: there, a signature that
/// misses only that passes.
///
/// # Errors
/// `BelowLevel`.
pub fn read_back(report: &Report, field: &str, ordered: Level) -> Result<Level, CompletionError> {
    read_back::shown(report, field, ordered).map_err(|shown| CompletionError::BelowLevel {
        ordered,
        shown,
        report: Box::new(report.clone()),
    })
}
