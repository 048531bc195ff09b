//! Taking signatures in a container further: one level up, to B-LTA, or to one more archive time-stamp.
//!
//! Only the files of the signatures that are extended change, and what archives them is added; every other entry keeps
//! its bytes and its place. CAdES in ASiC-E is archived by a time-stamp over everything ([`super::archive`]), XAdES and
//! CAdES in ASiC-S by one in the signature. The whole container is judged before it is delivered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::archive::{Archiving, covered};
use super::container::{Container, ContainerError, Kind, Role};
use super::create::outside_of;
use super::manifest::AsicManifest;
use super::zip::rewrite::{Change, Changes, rewrite};
use super::zip::write::WriteError;
use super::zip::{Entry, ZipError};
use crate::ades::augment::error::{AugmentError, CannotChange, Step, UnknownSignature};
use crate::ades::augment::read_back;
use crate::ades::augment::settings::Settings;
use crate::ades::cades::completion::Carried;
use crate::ades::cms::envelope::Envelope;
use crate::ades::cms::open;
use crate::ades::content::Content;
use crate::ades::level::Level;
use crate::ades::signature_name::SignatureName;
use crate::ades::validate::indication::Indication;
use crate::ades::validate::report::Report;
use crate::ades::validate::{self, Context};
use crate::ades::xades::data::Datum;
use crate::ades::{cades, xades};
use crate::base::bytes::{ReadAt, copy};
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::pki::need::Answer;

/// Why a container was not extended. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    /// What is true of a signature outside a container.
    #[error(transparent)]
    Augment(#[from] AugmentError),
    /// The signature meant stays as it is.
    #[error(transparent)]
    CannotChange(#[from] CannotChange),
    /// It is no container.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// A time-stamp covers the file of the signature, which would break when it changes.
    #[error(
        "`{0}` cannot change any more, for a time-stamp covers it: only an archive time-stamp can be added"
    )]
    Covered(String),
    /// No signature has that name.
    #[error(transparent)]
    Unknown(#[from] UnknownSignature),
    /// The container cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl ExtendError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Augment(error) => error.cause(),
            Self::CannotChange(error) => error.cause(),
            Self::Container(error) => error.cause(),
            Self::Covered(_) => "ASIC_COVERED",
            Self::Unknown(_) => UnknownSignature::CAUSE,
            Self::Write(_) => "ADES_IO",
        }
    }
}

impl From<ZipError> for ExtendError {
    fn from(error: ZipError) -> Self {
        Self::Container(error.into())
    }
}

/// A container whose signatures show the level ordered.
pub struct Extended {
    /// The lowest level among the signatures that were to be extended, read back.
    pub level: Level,
    /// The container. What did not change is read from the one that was handed in.
    pub container: Arc<dyn ReadAt>,
}

/// One signature: its entry, and its place there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    entry: String,
    signature: SignatureName,
}

impl Place {
    /// How a report names it.
    fn name(&self) -> String {
        format!("{}, {}", self.entry, self.signature)
    }

    /// Whether it is meant by `name`: alone, with all over the content in its entry, or with all over content there are.
    fn is_meant(&self, name: Option<&str>) -> bool {
        let by_kind = name.is_none_or(|name| name == self.entry) && !self.signature.is_counter();
        by_kind || name == Some(self.name().as_str())
    }
}

/// A signature of the container, and what is known of it.
struct Known {
    place: Place,
    role: Role,
    /// Whether an archive time-stamp of a signature around covers it.
    is_archived: bool,
}

enum Work {
    Xades(Place),
    /// To this level.
    Cades(Place, Level),
    Archive,
}

enum Running {
    Xades {
        entry: String,
        base: Arc<dyn ReadAt>,
        completion: Box<xades::completion::Completion>,
    },
    Cades {
        entry: String,
        completion: Box<cades::completion::Completion>,
    },
    Archive(Box<Archiving>),
}

/// Extends signatures of one container. Synchronous: asks for what it needs and is resumed.
pub struct Extension {
    container: Container,
    settings: Settings,
    level: Level,
    places: Vec<Place>,
    work: VecDeque<Work>,
    /// The file of a signature that showed less than its level and cannot change.
    stuck: Option<String>,
    running: Option<Running>,
}

impl Extension {
    /// Extends to `level` the signature that a report names `name`, which may be a counter-signature, all over the content
    /// in the entry `name`, or every one of the container. B-LTA is renewed where it is there.
    ///
    /// # Errors
    /// `BelowLevel` when a signature is not whole, for time-stamps would only preserve that; see [`ExtendError`].
    pub fn new(
        source: Arc<dyn ReadAt>,
        name: Option<&str>,
        level: Level,
        settings: Settings,
        now: Timestamp,
    ) -> Result<Self, ExtendError> {
        let container = Container::open(Arc::clone(&source))?;
        let before = judge(source, &settings, now);
        let known = places(&container)?;
        let places: Vec<Place> = known
            .iter()
            .filter(|known| known.place.is_meant(name))
            .map(|known| known.place.clone())
            .collect();
        if let (Some(name), true) = (name, places.is_empty()) {
            return Err(UnknownSignature {
                name: name.to_owned(),
                known: known.iter().map(|known| known.place.name()).collect(),
            }
            .into());
        }
        let is_broken = before
            .signatures
            .iter()
            .any(|signature| signature.indication == Indication::TotalFailed);
        if is_broken || places.is_empty() {
            return Err(below(level, None, before).into());
        }
        let shown: BTreeMap<&str, Option<Level>> = before
            .signatures
            .iter()
            .map(|signature| (signature.field.as_str(), signature.proven_level))
            .collect();
        let covered = covered(&container)?;
        let is_archived_whole = |role: Role| role == Role::Cades && container.kind == Kind::Extended;
        let mut work = VecDeque::new();
        let (mut archive, mut stuck) = (false, None);
        for Known {
            place,
            role,
            is_archived,
        } in known.iter().filter(|known| places.contains(&known.place))
        {
            let is_counter = place.signature.is_counter();
            if is_counter && level == Level::Lta {
                return Err(CannotChange::CounterAtMostLt.into());
            }
            let shown = shown.get(place.name().as_str()).copied().flatten();
            // A time-stamp over everything asks no more of the signature than its own material.
            let target = if is_archived_whole(*role) {
                archive |= level == Level::Lta;
                level.min(Level::Lt)
            } else {
                level
            };
            if target < Level::Lta && shown.is_some_and(|shown| shown >= target) {
                continue;
            }
            // EN 319 122-1 §5.5.3, EN 319 132-1 §5.5.2.2: it is over the counter-signature whole.
            if *is_archived {
                return Err(CannotChange::Covered(place.name()).into());
            }
            if covered.contains(&place.entry) {
                // One more archive time-stamp may be all that is missing: the result is read back.
                if is_archived_whole(*role) && level == Level::Lta {
                    stuck = Some(place.entry.clone());
                    continue;
                }
                return Err(ExtendError::Covered(place.entry.clone()));
            }
            work.push_back(match role {
                Role::Cades => Work::Cades(place.clone(), target),
                _ => Work::Xades(place.clone()),
            });
        }
        if archive {
            work.push_back(Work::Archive);
        }
        Ok(Self {
            container,
            settings,
            level,
            places,
            work,
            stuck,
            running: None,
        })
    }

    /// What is needed next, or the container extended.
    ///
    /// # Errors
    /// See [`ExtendError`]; `BelowLevel` when the result does not show the level ordered.
    pub fn step(&mut self, now: Timestamp) -> Result<Step<Extended>, ExtendError> {
        loop {
            let changed = match &mut self.running {
                None => {
                    let Some(work) = self.work.front() else {
                        return Ok(Step::Done(Box::new(self.finish(now)?)));
                    };
                    self.running = Some(self.begin(work)?);
                    continue;
                }
                Some(Running::Xades {
                    entry,
                    base,
                    completion,
                }) => match completion.step(now)? {
                    Step::Need(need) => return Ok(Step::Need(need)),
                    Step::Done(completed) => {
                        let document = completed.document(base);
                        let mut bytes = Vec::new();
                        copy(&document, &mut bytes).map_err(AugmentError::Io)?;
                        self.container.changed(entry, bytes, now)?
                    }
                },
                Some(Running::Cades { entry, completion }) => match completion.step(now)? {
                    Step::Need(need) => return Ok(Step::Need(need)),
                    Step::Done(completed) => {
                        let mut bytes = Vec::new();
                        completed.write(None, &mut bytes).map_err(AugmentError::Io)?;
                        let before = envelope(Arc::new(self.container.content(entry)?))?;
                        let here = self.places.iter_mut().filter(|place| place.entry == *entry);
                        let names = here.map(|place| &mut place.signature);
                        cades::counter::follow(names, &before, &completed.envelope);
                        self.container.changed(entry, bytes, now)?
                    }
                },
                Some(Running::Archive(archiving)) => match archiving.step(now)? {
                    Step::Need(need) => return Ok(Step::Need(need)),
                    Step::Done(container) => *container,
                },
            };
            self.container = Container::open(changed)?;
            self.running = None;
            self.work.pop_front();
        }
    }

    /// Takes the answer to the need of the last [`Self::step`].
    ///
    /// # Errors
    /// When a token that was got cannot be embedded.
    pub fn answer(&mut self, answer: Answer, now: Timestamp) -> Result<(), ExtendError> {
        match &mut self.running {
            None => {}
            Some(Running::Xades { completion, .. }) => completion.answer(answer, now)?,
            Some(Running::Cades { completion, .. }) => completion.answer(answer, now)?,
            Some(Running::Archive(archiving)) => archiving.answer(answer, now)?,
        }
        Ok(())
    }

    fn begin(&self, work: &Work) -> Result<Running, ExtendError> {
        let settings = self.settings.clone();
        Ok(match work {
            Work::Archive => Running::Archive(Box::new(Archiving::new(self.container.clone(), settings)?)),
            Work::Xades(Place { entry, signature }) => {
                let base: Arc<dyn ReadAt> = Arc::new(self.container.content(entry)?);
                let signed = xades::extend::extend(&base, signature, self.level)
                    .map_err(|defect| AugmentError::message(&defect))?;
                let outside = outside_of(&self.container);
                let completion =
                    xades::completion::Completion::new(Arc::clone(&base), outside, signed, settings);
                Running::Xades {
                    entry: entry.clone(),
                    base,
                    completion: Box::new(completion),
                }
            }
            Work::Cades(Place { entry, signature }, level) => {
                let message = open::open(Arc::new(self.container.content(entry)?))
                    .map_err(|error| AugmentError::message(&error))?;
                let signed = cades::extend::extend(&message, signature, *level)
                    .map_err(|error| AugmentError::message(&error))?;
                let carried = Carried::Detached(self.container.signed_by(entry)?);
                Running::Cades {
                    entry: entry.clone(),
                    completion: Box::new(cades::completion::Completion::new(carried, signed, settings)),
                }
            }
        })
    }

    fn finish(&self, now: Timestamp) -> Result<Extended, ExtendError> {
        let container = Arc::clone(self.container.archive.source());
        let names: Vec<String> = self.places.iter().map(Place::name).collect();
        match read_back(&container, Some(&names), self.level, &self.settings, now) {
            Ok(level) => Ok(Extended { level, container }),
            Err(error) => Err(self.stuck.clone().map_or(error.into(), ExtendError::Covered)),
        }
    }
}

/// The lowest level among the signatures `names` of `container`, or among all, when each shows at least `ordered` and
/// nothing in the container is broken.
///
/// # Errors
/// `BelowLevel` with all that was found.
pub fn read_back(
    container: &Arc<dyn ReadAt>,
    names: Option<&[String]>,
    ordered: Level,
    settings: &Settings,
    now: Timestamp,
) -> Result<Level, AugmentError> {
    let report = judge(Arc::clone(container), settings, now);
    let fields = report.signatures.iter().map(|signature| signature.field.clone());
    let names = names.map_or_else(|| fields.collect(), <[String]>::to_vec);
    read_back::lowest(&report, &names, ordered).map_err(|shown| below(ordered, shown, report))
}

impl Container {
    /// The bytes of the entry `name`.
    pub(super) fn content(&self, name: &str) -> Result<Vec<u8>, ExtendError> {
        let entry = self
            .archive
            .entry(name)
            .ok_or(ContainerError::Files("the file of the signature"))?;
        Ok(self.read(entry)?)
    }

    /// This container with other bytes in the entry `name`.
    fn changed(&self, name: &str, bytes: Vec<u8>, now: Timestamp) -> Result<Arc<dyn ReadAt>, WriteError> {
        let changes = Changes {
            entries: BTreeMap::from([(name.to_owned(), Change::Content(bytes))]),
            added: Vec::new(),
        };
        rewrite(&self.archive, &changes, now)
    }

    /// What the CAdES signature in the entry `name` is over: the only file, or its manifest.
    pub(super) fn signed_by(&self, name: &str) -> Result<Content, ExtendError> {
        if self.kind == Kind::Simple {
            let only = self
                .data()
                .next()
                .ok_or(ContainerError::Files("one file beside META-INF"))?;
            return Ok(Content::Digests(self.digests(only)?));
        }
        for entry in self.with_role(Role::AsicManifest) {
            let bytes = self.read(entry)?;
            if AsicManifest::parse(&bytes).is_some_and(|manifest| manifest.signature == name) {
                return Ok(Content::Bytes(Arc::new(bytes)));
            }
        }
        Err(ContainerError::Files("a manifest for the signature").into())
    }

    fn digests(&self, entry: &Entry) -> Result<BTreeMap<HashAlgorithm, Vec<u8>>, ExtendError> {
        let datum = Datum::Entry(self.archive.clone(), entry.clone());
        let mut known = BTreeMap::new();
        for hash in HashAlgorithm::ALL {
            if let Some(digest) = datum.digest(hash).map_err(AugmentError::Io)? {
                known.insert(hash, digest);
            }
        }
        Ok(known)
    }
}

/// The signatures of `container`, those in XAdES first, as a report lists them.
fn places(container: &Container) -> Result<Vec<Known>, ExtendError> {
    let mut found = Vec::new();
    for role in [Role::Xades, Role::Cades] {
        for entry in container.with_role(role) {
            let bytes: Arc<dyn ReadAt> = Arc::new(container.read(entry)?);
            let all: Vec<(SignatureName, bool)> = if role == Role::Xades {
                let outline =
                    xades::data::outline_of(&bytes).map_err(|error| AugmentError::message(&error))?;
                let all = xades::counter::all(&outline).into_iter();
                all.map(|one| (one.name, one.is_archived)).collect()
            } else {
                let all = cades::counter::all(&envelope(bytes)?).into_iter();
                all.map(|one| (one.name, one.is_archived)).collect()
            };
            found.extend(all.into_iter().map(|(signature, is_archived)| Known {
                place: Place {
                    entry: entry.name().to_owned(),
                    signature,
                },
                role,
                is_archived,
            }));
        }
    }
    Ok(found)
}

fn envelope(message: Arc<dyn ReadAt>) -> Result<Envelope, AugmentError> {
    open::open(message)
        .map(|message| message.envelope)
        .map_err(|error| AugmentError::message(&error))
}

fn judge(source: Arc<dyn ReadAt>, settings: &Settings, now: Timestamp) -> Report {
    let context = Context {
        trust: &settings.trust,
        algorithms: &settings.algorithms,
        verdict_keys: &[],
        at: now,
    };
    validate::validate_asic(source, &context)
}

fn below(ordered: Level, shown: Option<Level>, report: Report) -> AugmentError {
    AugmentError::BelowLevel {
        ordered,
        shown,
        report: Box::new(report),
    }
}
