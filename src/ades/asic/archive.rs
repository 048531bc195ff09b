//! One more archive time-stamp over everything that a container of kind ASiC-E holds: `ASiCArchiveManifest`.
//!
//! The manifest names data, signatures, manifests and time-stamps with their digests, and the time-stamp is over the
//! manifest. What shows that a unit which stamped before was not revoked goes into that unit's token first: it cannot
//! once the token is covered. The latest manifest has the name without a number; each marks the one before it as its
//! root file. Source: EN 319 162-1 §4.4.4 and annex A.7.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::container::{Container, Role};
use super::create::free_name;
use super::manifest::{AsicManifest, Listed, P7S, TST, XML};
use super::zip::rewrite::{Change, Changes, rewrite};
use crate::ades::augment::error::{AugmentError, Step};
use crate::ades::augment::gather::{Gather, Gathered};
use crate::ades::augment::settings::Settings;
use crate::ades::augment::stamping::Stamping;
use crate::ades::cms::token_material;
use crate::ades::xades::data::Datum;
use crate::base::bytes::ReadAt;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::pdf::dss::Evidence;
use crate::pki::need::Answer;

/// The name of the latest archive manifest.
pub const LATEST: &str = "META-INF/ASiCArchiveManifest.xml";
/// What the names of the others are made of.
const EARLIER: (&str, &str) = ("META-INF/ASiCArchiveManifest", ".xml");
/// What names of time-stamps are made of.
const STAMP: (&str, &str) = ("META-INF/timestamp", ".tst");
/// Hash of digests and imprint.
const HASH: HashAlgorithm = HashAlgorithm::Sha256;

/// Whether an entry of this name is an archive manifest.
pub fn is_archive_manifest(name: &str) -> bool {
    name.to_ascii_lowercase().contains("asicarchivemanifest")
}

/// The entries that some manifest of `container` names with their digests: none of them can change any more.
///
/// # Errors
/// When a manifest cannot be read.
pub fn covered(container: &Container) -> Result<BTreeSet<String>, AugmentError> {
    let mut names = BTreeSet::new();
    for entry in container.with_role(Role::AsicManifest) {
        let bytes = container
            .read(entry)
            .map_err(|error| AugmentError::message(&error))?;
        if let Some(manifest) = AsicManifest::parse(&bytes) {
            names.extend(manifest.files.into_iter().map(|file| file.name));
        }
    }
    Ok(names)
}

enum State {
    /// Material for the units of the tokens that nothing covers yet, one token after the other.
    Earlier {
        waiting: VecDeque<(String, Vec<u8>)>,
        gather: Option<Box<Gather>>,
    },
    /// The time-stamp over the manifest was asked for.
    Stamping {
        stamping: Box<Stamping>,
    },
    /// Material for the unit that made it.
    Own {
        token: Vec<u8>,
        gather: Box<Gather>,
    },
    Done,
}

/// Adds the archive time-stamp. Synchronous: asks for what it needs and is resumed.
pub struct Archiving {
    container: Container,
    settings: Settings,
    state: State,
    changes: Changes,
    manifest: Vec<u8>,
    stamp_name: String,
}

impl Archiving {
    /// Archives `container`.
    ///
    /// # Errors
    /// When one of its files about signatures cannot be read.
    pub fn new(container: Container, settings: Settings) -> Result<Self, AugmentError> {
        let covered = covered(&container)?;
        let mut waiting = VecDeque::new();
        for entry in container.with_role(Role::TimeStamp) {
            if !covered.contains(entry.name()) {
                let token = container
                    .read(entry)
                    .map_err(|error| AugmentError::message(&error))?;
                waiting.push_back((entry.name().to_owned(), token));
            }
        }
        let stamp_name = free_name(&container.archive, STAMP.0, STAMP.1);
        Ok(Self {
            container,
            settings,
            state: State::Earlier {
                waiting,
                gather: None,
            },
            changes: Changes::default(),
            manifest: Vec::new(),
            stamp_name,
        })
    }

    /// What is needed next, or the container with the time-stamp. It is not judged here.
    ///
    /// # Errors
    /// See [`AugmentError`].
    pub fn step(&mut self, now: Timestamp) -> Result<Step<Arc<dyn ReadAt>>, AugmentError> {
        loop {
            match &mut self.state {
                State::Earlier {
                    waiting,
                    gather: unit,
                } => {
                    let Some((name, token)) = waiting.front() else {
                        self.state = self.stamping()?;
                        continue;
                    };
                    let gather = match unit {
                        Some(gather) => gather,
                        None => unit.insert(unit_of(token, &self.settings)?),
                    };
                    let evidence = match gather.step(&self.settings, now) {
                        Ok(Gathered::Need(need)) => return Ok(Step::Need(need)),
                        Ok(Gathered::Done(evidence)) => evidence,
                        // What the token holds may do; the container is judged when it is whole.
                        Err(_) => Evidence::default(),
                    };
                    let with = token_material::with(token, &evidence)
                        .map_err(|error| AugmentError::message(&error))?;
                    if with != *token {
                        self.changes.entries.insert(name.clone(), Change::Content(with));
                    }
                    waiting.pop_front();
                    *unit = None;
                }
                State::Stamping { stamping } => {
                    return stamping
                        .need(&self.settings)
                        .map(Step::Need)
                        .map_err(AugmentError::TimeStamp);
                }
                State::Own { token, gather } => {
                    let evidence = match gather.step(&self.settings, now) {
                        Ok(Gathered::Need(need)) => return Ok(Step::Need(need)),
                        Ok(Gathered::Done(evidence)) => evidence,
                        Err(_) => Evidence::default(),
                    };
                    let token = token_material::with(token, &evidence)
                        .map_err(|error| AugmentError::message(&error))?;
                    let manifest = std::mem::take(&mut self.manifest);
                    self.changes.added =
                        vec![(LATEST.to_owned(), manifest), (self.stamp_name.clone(), token)];
                    self.state = State::Done;
                }
                State::Done => {
                    let made = rewrite(&self.container.archive, &self.changes, now)
                        .map_err(|error| AugmentError::message(&error))?;
                    return Ok(Step::Done(Box::new(made)));
                }
            }
        }
    }

    /// Takes the answer to the need of the last [`Self::step`].
    ///
    /// # Errors
    /// When a token that was got cannot be read again.
    pub fn answer(&mut self, answer: Answer, now: Timestamp) -> Result<(), AugmentError> {
        match &mut self.state {
            State::Earlier {
                gather: Some(gather), ..
            }
            | State::Own { gather, .. } => gather.answer(answer, &self.settings, now),
            State::Stamping { stamping } => {
                if let Some(token) = stamping.answer(answer, &self.settings, now) {
                    let token = token.der().to_vec();
                    let gather = unit_of(&token, &self.settings)?;
                    self.state = State::Own { token, gather };
                }
            }
            State::Earlier { gather: None, .. } | State::Done => {}
        }
        Ok(())
    }

    /// The manifest over everything as it will be, and the request for its time-stamp.
    fn stamping(&mut self) -> Result<State, AugmentError> {
        let archive = &self.container.archive;
        let root = archive
            .entry(LATEST)
            .map(|_| free_name(archive, EARLIER.0, EARLIER.1));
        if let Some(name) = &root {
            self.changes
                .entries
                .insert(LATEST.to_owned(), Change::Name(name.clone()));
        }
        let kinds = [
            (Role::Cades, P7S),
            (Role::Xades, XML),
            (Role::TimeStamp, TST),
            (Role::AsicManifest, XML),
        ];
        let mut files = Vec::new();
        for (role, mime_type) in kinds {
            for entry in self.container.with_role(role) {
                let is_root = entry.name() == LATEST;
                let changed = match self.changes.entries.get(entry.name()) {
                    Some(Change::Content(content)) => Some(HASH.digest(content)),
                    _ => None,
                };
                files.push(Listed {
                    name: root
                        .clone()
                        .filter(|_| is_root)
                        .unwrap_or_else(|| entry.name().to_owned()),
                    mime_type: Some(mime_type.to_owned()),
                    hash: HASH,
                    digest: changed.map_or_else(|| self.digest(entry), Ok)?,
                    is_root,
                });
            }
        }
        let known = media_types(&self.container)?;
        for entry in self.container.data() {
            files.push(Listed {
                name: entry.name().to_owned(),
                mime_type: known.get(entry.name()).cloned(),
                hash: HASH,
                digest: self.digest(entry)?,
                is_root: false,
            });
        }
        let manifest = AsicManifest {
            signature: self.stamp_name.clone(),
            files,
        };
        self.manifest = manifest.to_xml(TST).into_bytes();
        let stamping = Stamping::new(HASH, &HASH.digest(&self.manifest), &self.settings);
        Ok(State::Stamping {
            stamping: Box::new(stamping),
        })
    }

    fn digest(&self, entry: &super::zip::Entry) -> Result<Vec<u8>, AugmentError> {
        Datum::Entry(self.container.archive.clone(), entry.clone())
            .digest(HASH)?
            .ok_or(AugmentError::Content)
    }
}

/// The media types that the manifests of `container` state of its data.
///
/// # Errors
/// When a manifest cannot be read.
pub(super) fn media_types(container: &Container) -> Result<BTreeMap<String, String>, AugmentError> {
    let mut known = BTreeMap::new();
    for entry in container.with_role(Role::AsicManifest) {
        let bytes = container
            .read(entry)
            .map_err(|error| AugmentError::message(&error))?;
        let files = AsicManifest::parse(&bytes).map(|manifest| manifest.files);
        for file in files.into_iter().flatten() {
            if let Some(mime_type) = file.mime_type {
                known.insert(file.name, mime_type);
            }
        }
    }
    Ok(known)
}

/// The path of the unit that made `token`.
fn unit_of(token: &[u8], settings: &Settings) -> Result<Box<Gather>, AugmentError> {
    let mut gather = Gather::default();
    gather
        .add_unit(token, &settings.algorithms)
        .map_err(|defect| AugmentError::TimeStamp(vec![defect.cause()]))?;
    Ok(Box::new(gather))
}
