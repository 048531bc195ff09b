//! The steps from a signed stage to the level ordered, the same for every format that is not PDF.

use serde::{Deserialize, Serialize};

use super::error::{AugmentError, Step};
use super::gather::{Gather, Gathered};
use super::settings::Settings;
use super::stamping::Stamping;
use crate::ades::level::Level;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::pdf::dss::Evidence;
use crate::pki::certificate::Certificate;
use crate::pki::need::Answer;
use crate::pki::purpose::Purpose;
use crate::pki::timestamp::TimeStampToken;

/// How far a signature got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ades) struct Progress {
    /// The level ordered.
    pub(in crate::ades) level: Level,
    /// Whether one more archive time-stamp is due although there is one.
    pub(in crate::ades) renew: bool,
    /// Whether the material of the signature and of its time-stamps was gathered.
    pub(in crate::ades) has_material: bool,
    /// Whether the newest archive time-stamp's own was, or cannot be had now.
    pub(in crate::ades) has_archive_material: bool,
}

impl Progress {
    pub(in crate::ades) const fn to(level: Level) -> Self {
        Self {
            level,
            renew: false,
            has_material: false,
            has_archive_material: false,
        }
    }
}

/// The tokens that a signature has, each DER.
#[derive(Default)]
pub(in crate::ades) struct Stamps {
    pub(in crate::ades) own: Vec<Vec<u8>>,
    pub(in crate::ades) archive: Vec<Vec<u8>>,
}

/// What an archive time-stamp is asked over.
pub(in crate::ades) struct ArchiveImprint {
    pub(in crate::ades) hash: HashAlgorithm,
    pub(in crate::ades) imprint: Vec<u8>,
    /// What the format needs again when the token is there.
    pub(in crate::ades) index: Vec<u8>,
}

/// A signature in its format.
pub(in crate::ades) trait Growing {
    /// What comes out.
    type Completed;

    fn progress(&self) -> &Progress;
    fn progress_mut(&mut self) -> &mut Progress;
    fn stamps(&self) -> Result<Stamps, AugmentError>;
    /// The octets that a signature time-stamp is over.
    fn value(&self) -> Result<Vec<u8>, AugmentError>;
    /// The signer's certificate, and others that may lead to its anchor.
    fn signer(&self) -> Result<(Certificate, Vec<Certificate>), AugmentError>;
    fn archive_imprint(&self) -> Result<ArchiveImprint, AugmentError>;
    fn add_stamp(&mut self, token: &TimeStampToken) -> Result<(), AugmentError>;
    fn add_archive_stamp(&mut self, token: &TimeStampToken, index: &[u8]) -> Result<(), AugmentError>;
    /// `is_archive`: the material of the newest archive time-stamp's unit alone.
    fn add_material(&mut self, evidence: &Evidence, is_archive: bool) -> Result<(), AugmentError>;
    /// Reads back what was made, and refuses less than was ordered.
    fn finish(&self, settings: &Settings, now: Timestamp) -> Result<Self::Completed, AugmentError>;
}

enum State {
    Idle,
    /// The signature's own time-stamp was asked for.
    Signature(Stamping),
    /// An archive time-stamp was asked for.
    Archive {
        stamping: Stamping,
        index: Vec<u8>,
    },
    /// Revocation answers are being gathered: for the signature, or for its newest archive time-stamp.
    Gathering {
        gather: Box<Gather>,
        is_archive: bool,
    },
}

/// Takes a signature to its level. Synchronous: asks for what it needs and is resumed.
pub(in crate::ades) struct Machine<G> {
    pub(in crate::ades) growing: G,
    settings: Settings,
    state: State,
}

impl<G: Growing> Machine<G> {
    pub(in crate::ades) const fn new(growing: G, settings: Settings) -> Self {
        Self {
            growing,
            settings,
            state: State::Idle,
        }
    }

    /// What is needed next, or the completed signature. Asking again without an answer gives the same need.
    pub(in crate::ades) fn step(&mut self, now: Timestamp) -> Result<Step<G::Completed>, AugmentError> {
        loop {
            match &mut self.state {
                State::Signature(stamping) | State::Archive { stamping, .. } => {
                    return match stamping.need(&self.settings) {
                        Ok(need) => Ok(Step::Need(need)),
                        Err(failures) => {
                            self.state = State::Idle;
                            Err(AugmentError::TimeStamp(failures))
                        }
                    };
                }
                State::Gathering { gather, is_archive } => {
                    let is_archive = *is_archive;
                    match gather.step(&self.settings, now) {
                        Ok(Gathered::Need(need)) => return Ok(Step::Need(need)),
                        Ok(Gathered::Done(evidence)) => {
                            self.state = State::Idle;
                            self.growing.add_material(&evidence, is_archive)?;
                            self.gathered(is_archive);
                        }
                        Err(refusal) => {
                            self.state = State::Idle;
                            if !is_archive {
                                return Err(refusal.into());
                            }
                            // It only spares the next renewal a question; the level does not need it.
                            self.gathered(true);
                        }
                    }
                }
                State::Idle => {
                    let Some(state) = self.next(now)? else {
                        let completed = self.growing.finish(&self.settings, now)?;
                        return Ok(Step::Done(Box::new(completed)));
                    };
                    self.state = state;
                }
            }
        }
    }

    fn gathered(&mut self, is_archive: bool) {
        let progress = self.growing.progress_mut();
        if is_archive {
            progress.has_archive_material = true;
        } else {
            progress.has_material = true;
        }
    }

    /// Takes the answer to the need of the last [`Self::step`].
    pub(in crate::ades) fn answer(&mut self, answer: Answer, now: Timestamp) -> Result<(), AugmentError> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => {}
            State::Gathering {
                mut gather,
                is_archive,
            } => {
                gather.answer(answer, &self.settings, now);
                self.state = State::Gathering { gather, is_archive };
            }
            State::Signature(mut stamping) => match stamping.answer(answer, &self.settings, now) {
                Some(token) => self.growing.add_stamp(&token)?,
                None => self.state = State::Signature(stamping),
            },
            State::Archive { mut stamping, index } => match stamping.answer(answer, &self.settings, now) {
                Some(token) => {
                    self.growing.add_archive_stamp(&token, &index)?;
                    let progress = self.growing.progress_mut();
                    progress.renew = false;
                    progress.has_archive_material = false;
                }
                None => self.state = State::Archive { stamping, index },
            },
        }
        Ok(())
    }

    /// What comes next, if anything.
    ///
    /// Revocation answers are asked for after the time-stamp, so that they can exclude a revocation before it
    /// (EN 319 102-1 §5.2.5; reference ades-signing §9).
    fn next(&self, now: Timestamp) -> Result<Option<State>, AugmentError> {
        let progress = *self.growing.progress();
        let Stamps { own, archive } = self.growing.stamps()?;
        if progress.level >= Level::T && own.is_empty() {
            let imprint = HashAlgorithm::Sha256.digest(&self.growing.value()?);
            let stamping = Stamping::new(HashAlgorithm::Sha256, &imprint, &self.settings);
            return Ok(Some(State::Signature(stamping)));
        }
        if progress.level >= Level::Lt && !progress.has_material {
            let stamps: Vec<&Vec<u8>> = own.iter().chain(&archive).collect();
            return self.gather(&stamps, now).map(Some);
        }
        if progress.level < Level::Lta {
            return Ok(None);
        }
        if archive.is_empty() || progress.renew {
            let ArchiveImprint { hash, imprint, index } = self.growing.archive_imprint()?;
            return Ok(Some(State::Archive {
                stamping: Stamping::new(hash, &imprint, &self.settings),
                index,
            }));
        }
        if progress.has_archive_material {
            return Ok(None);
        }
        // The newest covers the others: in the order of their times.
        let newest = archive
            .iter()
            .filter_map(|der| Some((TimeStampToken::parse(der).ok()?.gen_time, der)))
            .max_by_key(|(time, _)| *time);
        let mut gather = Gather::default();
        if let Some((_, der)) = newest {
            self.add_unit(&mut gather, der)?;
        }
        Ok(Some(State::Gathering {
            gather: Box::new(gather),
            is_archive: true,
        }))
    }

    /// The signer's path and the units' of its time-stamps: each needs its status proven.
    fn gather(&self, stamps: &[&Vec<u8>], now: Timestamp) -> Result<State, AugmentError> {
        let (leaf, chain) = self.growing.signer()?;
        let from = stamps
            .iter()
            .filter_map(|der| TimeStampToken::parse(der).ok())
            .map(|token| token.gen_time)
            .min()
            .unwrap_or(now);
        let mut gather = Gather::default();
        gather.add(leaf, chain, Purpose::Signature, from);
        for der in stamps {
            self.add_unit(&mut gather, der)?;
        }
        Ok(State::Gathering {
            gather: Box::new(gather),
            is_archive: false,
        })
    }

    fn add_unit(&self, gather: &mut Gather, token: &[u8]) -> Result<(), AugmentError> {
        gather
            .add_unit(token, &self.settings.algorithms)
            .map_err(|defect| AugmentError::TimeStamp(vec![defect.cause()]))
    }
}
