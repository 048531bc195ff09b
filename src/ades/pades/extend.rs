//! Raising the signatures that a file has, renewing its proof, and stand-alone document time-stamps.
//!
//! Nobody signs: what is added is a document time-stamp that covers everything before it, and the certificates and
//! revocation answers that a later validator needs. Source: EN 319 142-1 §5.4, §5.5 and §6.3.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::completion::{CompletionError, Settings, Step, add_unit, archive_tail, file_with, token_of};
use super::stages::{Completed, Octets};
use crate::ades::augment::gather::{Gather, Gathered};
use crate::ades::augment::read_back;
use crate::ades::augment::stamping::Stamping;
use crate::ades::cms::oids;
use crate::ades::cms::read::SignedData;
use crate::ades::level::Level;
use crate::ades::validate::indication::Indication;
use crate::ades::validate::report::Report;
use crate::ades::validate::{self, Context};
use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher};
use crate::base::time::Timestamp;
use crate::pdf::document::Document;
use crate::pdf::dss::{self, Evidence};
use crate::pdf::signature::{FieldState, Signature, SignatureKind, hash_range};
use crate::pdf::tail::Tail;
use crate::pdf::update::Update;
use crate::pki::certificate::Certificate;
use crate::pki::need::Answer;
use crate::pki::purpose;

/// What a file is to show afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every signature shows at least this level. For B-LTA a time-stamp is always added: asked of a file that shows
    /// B-LTA already, this is its renewal.
    Level(Level),
    /// One document time-stamp more, and nothing else is asked of the file: it may hold no signature at all.
    TimeStamp,
}

enum State {
    Idle,
    Gathering(Box<Gather>),
    Stamping { tail: Box<Tail>, stamping: Stamping },
}

/// What is still to do, the next one last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// Material of the signers and time-stamps that have none yet.
    Material,
    /// Material of the newest time-stamp: the next renewal then needs nothing from outside.
    NewestMaterial,
    /// A document time-stamp.
    Stamp,
}

/// Extends one file. Synchronous: asks for what it needs and is resumed, as [`super::completion::Completion`] does.
///
/// Nothing of it has to be kept on failure: no signer's value can be lost.
pub struct Extension {
    document: Arc<dyn ReadAt>,
    settings: Settings,
    target: Target,
    /// The signatures meant; all of them without.
    only: Option<BTreeSet<String>>,
    before: Report,
    tails: Vec<Vec<u8>>,
    work: Vec<Work>,
    state: State,
    token_bytes: usize,
}

impl Extension {
    /// Extends `document` to `target`.
    ///
    /// # Errors
    /// `BelowLevel` when a signature in it is not whole: time-stamps would only preserve that; or when there is none
    /// to raise. `Pdf` when it cannot be read.
    pub fn new(
        document: Arc<dyn ReadAt>,
        target: Target,
        settings: Settings,
        now: Timestamp,
    ) -> Result<Self, CompletionError> {
        Self::with(document, target, None, settings, now)
    }

    /// Extends the signatures in `fields` (full names) of `document` to `level`, and asks nothing of the others but that
    /// none is broken: those of strangers may be undecided for reasons of their own.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_fields(
        document: Arc<dyn ReadAt>,
        fields: BTreeSet<String>,
        level: Level,
        settings: Settings,
        now: Timestamp,
    ) -> Result<Self, CompletionError> {
        Self::with(document, Target::Level(level), Some(fields), settings, now)
    }

    fn with(
        document: Arc<dyn ReadAt>,
        target: Target,
        only: Option<BTreeSet<String>>,
        settings: Settings,
        now: Timestamp,
    ) -> Result<Self, CompletionError> {
        Update::may_follow(&Document::open(Arc::clone(&document))?)?;
        let before = judge(Arc::clone(&document), &settings, now);
        let is_broken = before
            .signatures
            .iter()
            .any(|signature| signature.indication == Indication::TotalFailed);
        if is_broken || (matches!(target, Target::Level(_)) && before.signatures.is_empty()) {
            return Err(below(target, before));
        }
        let unstamped = before
            .signatures
            .iter()
            .filter(|signature| is_meant(only.as_ref(), &signature.field))
            .any(|signature| signature.proven_level.is_none_or(|level| level < Level::T));
        // Done from the end.
        let mut work = Vec::new();
        match target {
            Target::TimeStamp => work.extend([Work::NewestMaterial, Work::Stamp]),
            Target::Level(level) => {
                if level == Level::Lta {
                    work.extend([Work::NewestMaterial, Work::Stamp]);
                }
                if level >= Level::Lt {
                    work.push(Work::Material);
                }
                if level >= Level::T && unstamped {
                    work.push(Work::Stamp);
                }
            }
        }
        Ok(Self {
            document,
            settings,
            target,
            only,
            before,
            tails: Vec::new(),
            work,
            state: State::Idle,
            token_bytes: 0,
        })
    }

    /// What is needed next, or what to append.
    ///
    /// # Errors
    /// `TimeStamp` and `Refused` when something is not to be had; `BelowLevel` when the result does not show the target.
    pub fn step(&mut self, now: Timestamp) -> Result<Step, CompletionError> {
        loop {
            match &mut self.state {
                State::Stamping { stamping, .. } => {
                    return match stamping.need(&self.settings) {
                        Ok(need) => Ok(Step::Need(need)),
                        Err(failures) => {
                            self.state = State::Idle;
                            Err(CompletionError::TimeStamp(failures))
                        }
                    };
                }
                State::Gathering(gather) => {
                    let gathered = gather.step(&self.settings, now);
                    let optional = self.work.last() == Some(&Work::NewestMaterial);
                    match gathered {
                        Ok(Gathered::Need(need)) => return Ok(Step::Need(need)),
                        Ok(Gathered::Done(evidence)) => {
                            self.state = State::Idle;
                            self.work.pop();
                            self.add_material(&evidence)?;
                        }
                        Err(refusal) => {
                            self.state = State::Idle;
                            if !optional {
                                return Err(refusal.into());
                            }
                            self.work.pop();
                        }
                    }
                }
                State::Idle => match self.work.last() {
                    None => return self.finish(now).map(|done| Step::Done(Box::new(done))),
                    Some(Work::Stamp) => self.state = self.stamping()?,
                    Some(Work::Material) => {
                        let gather = self.missing_material(now)?;
                        self.state = State::Gathering(Box::new(gather));
                    }
                    Some(Work::NewestMaterial) => {
                        let mut gather = Gather::default();
                        if let Some(newest) = self.stamps()?.last() {
                            add_unit(&self.settings, &mut gather, &newest.contents)?;
                        }
                        self.state = State::Gathering(Box::new(gather));
                    }
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
            State::Gathering(mut gather) => {
                gather.answer(answer, &self.settings, now);
                self.state = State::Gathering(gather);
            }
            State::Stamping {
                mut tail,
                mut stamping,
            } => match stamping.answer(answer, &self.settings, now) {
                Some(token) => {
                    tail.embed(token.der())?;
                    self.token_bytes = token.der().len();
                    self.tails.push(tail.bytes);
                    self.work.pop();
                }
                None => self.state = State::Stamping { tail, stamping },
            },
        }
        Ok(())
    }

    fn file(&self) -> Arc<dyn ReadAt> {
        file_with(&self.document, &self.tails)
    }

    fn stamping(&self) -> Result<State, CompletionError> {
        let tail = archive_tail(&self.document, &self.tails, self.token_bytes)?;
        let mut covered = Hasher::new(HashAlgorithm::Sha256);
        let before = self.file();
        hash_range(&mut covered, &before, 0, before.len())?;
        tail.hash_tail(&mut covered)?;
        Ok(State::Stamping {
            tail: Box::new(tail),
            stamping: Stamping::new(HashAlgorithm::Sha256, &covered.finish(), &self.settings),
        })
    }

    /// The document time-stamps so far, oldest first.
    fn stamps(&self) -> Result<Vec<Signature>, CompletionError> {
        let mut all = Document::open(self.file())?.latest().signatures()?;
        all.retain(|signature| signature.kind == SignatureKind::DocTimeStamp);
        all.sort_by_key(|signature| signature.revision);
        Ok(all)
    }

    /// Everybody whose status the file does not prove yet. A signature that shows B-LT has all of that.
    fn missing_material(&self, now: Timestamp) -> Result<Gather, CompletionError> {
        let document = Document::open(self.file())?;
        let stored = dss::read(&document.latest())?;
        let stored: Vec<Certificate> = stored
            .iter()
            .flat_map(|store| store.evidence.certificates.iter())
            .filter_map(|der| Certificate::parse(der.clone()).ok())
            .collect();
        let stamps = self.stamps()?;
        let mut gather = Gather::default();
        // The oldest signature meant: a time-stamp from before it is over others alone, and theirs as they are.
        let mut oldest = self.only.is_none().then_some(0);
        for field in document.latest().signature_fields()? {
            let FieldState::Signed(signature) = field.state else {
                continue;
            };
            if signature.kind == SignatureKind::DocTimeStamp
                || !is_meant(self.only.as_ref(), &field.field.full_name)
            {
                continue;
            }
            oldest = Some(oldest.map_or(signature.revision, |known| known.min(signature.revision)));
            let shown = self
                .before
                .signatures
                .iter()
                .find(|known| known.field == field.field.full_name)
                .and_then(|known| known.proven_level);
            if shown.is_some_and(|level| level >= Level::Lt) {
                continue;
            }
            self.add_signer(&mut gather, &signature, &stored, &stamps, now)?;
        }
        let is_over_them = |stamp: &&Signature| oldest.is_some_and(|oldest| stamp.revision >= oldest);
        for stamp in stamps.iter().filter(is_over_them) {
            add_unit(&self.settings, &mut gather, &stamp.contents)?;
        }
        Ok(gather)
    }

    fn add_signer(
        &self,
        gather: &mut Gather,
        signature: &Signature,
        stored: &[Certificate],
        stamps: &[Signature],
        now: Timestamp,
    ) -> Result<(), CompletionError> {
        let unreadable = || below(self.target, self.before.clone());
        let message = SignedData::parse(&signature.contents).map_err(|_| unreadable())?;
        let signer = message.detached_signer().map_err(|_| unreadable())?;
        let candidates = message.certificates.iter().map(Vec::as_slice);
        let candidates = candidates.chain(stored.iter().map(Certificate::der));
        let leaf = signer.find_certificate(candidates).map_err(|_| unreadable())?;
        let leaf = Certificate::parse(leaf.to_vec())?;
        let mut chain: Vec<Certificate> = message
            .certificates
            .iter()
            .filter_map(|der| Certificate::parse(der.clone()).ok())
            .collect();
        chain.extend(stored.iter().cloned());
        let mut proven: Vec<Timestamp> = Vec::new();
        for token in signer.unsigned_values(oids::SIGNATURE_TIME_STAMP) {
            proven.push(token_of(token)?.gen_time);
            add_unit(&self.settings, gather, token)?;
        }
        for stamp in stamps.iter().filter(|stamp| stamp.revision > signature.revision) {
            proven.push(token_of(&stamp.contents)?.gen_time);
        }
        // Evidence has to speak of the moment at which the signature is first proven, or a later one.
        let purpose = purpose::of_signer(&leaf);
        match proven.into_iter().min() {
            Some(proven) => gather.add_proven(leaf, chain, purpose, proven),
            None => gather.add(leaf, chain, purpose, now),
        }
        Ok(())
    }

    fn add_material(&mut self, evidence: &Evidence) -> Result<(), CompletionError> {
        let document = Document::open(self.file())?;
        let mut update = Update::new(&document);
        // VRI says which signature needs what; a store that says so for nobody is as good (EN 319 142-1 §5.4.2.3).
        dss::add(&mut update, &BTreeMap::new(), evidence)?;
        if !update.is_empty() {
            self.tails.push(update.finish()?.bytes);
        }
        Ok(())
    }

    /// The lowest level that the signatures meant show; those that were named must hold beside it.
    fn shown(&self, report: &Report) -> Option<Level> {
        let (Some(only), Target::Level(level)) = (&self.only, self.target) else {
            return report.lowest_level();
        };
        let shown = only
            .iter()
            .map(|field| read_back::shown(report, field, level).ok());
        shown.min().flatten()
    }

    fn finish(&self, now: Timestamp) -> Result<Completed, CompletionError> {
        let report = judge(self.file(), &self.settings, now);
        let none_broken = report
            .signatures
            .iter()
            .all(|signature| signature.indication != Indication::TotalFailed);
        let newest = report.document_time_stamps.last();
        let shown = self.shown(&report);
        let reached = match self.target {
            Target::Level(level) => shown.is_some_and(|shown| shown >= level),
            Target::TimeStamp => newest.is_some_and(|stamp| stamp.indication != Indication::TotalFailed),
        };
        if !none_broken || !reached {
            return Err(below(self.target, report));
        }
        Ok(Completed {
            level: shown.unwrap_or(Level::B),
            field: newest.and_then(|stamp| stamp.field.clone()).unwrap_or_default(),
            document_sha256: self.before.document.sha256,
            tails: self.tails.iter().cloned().map(Octets).collect(),
            time_stamp_bytes: (self.token_bytes > 0).then_some(self.token_bytes),
        })
    }
}

/// Whether the signature in `field` is among those meant.
fn is_meant(only: Option<&BTreeSet<String>>, field: &str) -> bool {
    only.is_none_or(|only| only.contains(field))
}

fn judge(file: Arc<dyn ReadAt>, settings: &Settings, now: Timestamp) -> Report {
    let context = Context {
        trust: &settings.trust,
        algorithms: &settings.algorithms,
        verdict_keys: &[],
        at: now,
    };
    validate::validate(file, &context)
}

fn below(target: Target, report: Report) -> CompletionError {
    CompletionError::BelowLevel {
        ordered: match target {
            Target::Level(level) => level,
            Target::TimeStamp => Level::T,
        },
        shown: report.lowest_level(),
        report: Box::new(report),
    }
}
