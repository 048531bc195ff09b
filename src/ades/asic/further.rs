//! A further CAdES signature in a container that has some: one signer more in the message of ASiC-S, a message and a
//! manifest more in ASiC-E. EN 319 162-1 §4.3.3 and §4.4.3.
//!
//! What is there keeps its bytes but for that one message. An archive manifest that is there goes on naming what it named;
//! the next one names the new signature too (annex A.7).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::archive::{covered, media_types};
use super::container::{Container, Kind, Role};
use super::create::free_name;
use super::extend::ExtendError;
use super::manifest::{AsicManifest, Listed, P7S};
use super::zip::rewrite::{Change, Changes, rewrite};
use super::zip::write::WriteError;
use crate::ades::augment::error::AugmentError;
use crate::ades::cades::completion::{Carried, Completed};
use crate::ades::cades::prepare::{PrepareError, prepare, prepare_parallel};
use crate::ades::cades::stages::{Draft, Prepared};
use crate::ades::cms::open::{self, Message};
use crate::ades::content::Content;
use crate::ades::signature_name::SignatureName;
use crate::ades::xades::data::Datum;
use crate::base::bytes::ReadAt;
use crate::base::digest::HashAlgorithm;
use crate::base::media_type;
use crate::base::time::Timestamp;

/// Where the signature goes.
enum Place {
    /// Into the message that is there.
    Message(Box<Message>),
    /// Into one of its own, over this manifest.
    Manifest { name: String, bytes: Vec<u8> },
}

/// A container that takes one more CAdES signature.
pub struct Further {
    container: Container,
    /// The entry of its message.
    entry: String,
    content: Content,
    place: Place,
}

/// Whether `container` can take one more CAdES signature.
pub fn takes_cades(container: &Container) -> bool {
    !container.with_role(Role::Cades).is_empty()
}

impl Further {
    /// A signature over all files of `container`, each named by its digest with `hash`.
    ///
    /// # Errors
    /// `Covered` when a manifest covers the message that the signature would go into; when a file cannot be read, or no
    /// CAdES signature is there.
    pub fn new(container: Container, hash: HashAlgorithm) -> Result<Self, ExtendError> {
        let archive = &container.archive;
        if container.kind == Kind::Extended {
            let entry = free_name(archive, "META-INF/signature", ".p7s");
            let name = free_name(archive, "META-INF/ASiCManifest", ".xml");
            let known = media_types(&container)?;
            let mut files = Vec::new();
            for file in container.data() {
                let datum = Datum::Entry(archive.clone(), file.clone());
                let digest = datum.digest(hash).map_err(AugmentError::Io)?;
                let mime_type = known.get(file.name()).cloned();
                files.push(Listed {
                    name: file.name().to_owned(),
                    mime_type: Some(mime_type.unwrap_or_else(|| media_type::of_name(file.name()).to_owned())),
                    hash,
                    digest: digest.ok_or(AugmentError::Content)?,
                    is_root: false,
                });
            }
            let manifest = AsicManifest {
                signature: entry.clone(),
                files,
            };
            let bytes = manifest.to_xml(P7S).into_bytes();
            return Ok(Self {
                content: Content::Bytes(Arc::new(bytes.clone())),
                container,
                entry,
                place: Place::Manifest { name, bytes },
            });
        }
        let messages = container.with_role(Role::Cades);
        let entry = messages
            .first()
            .map(|entry| entry.name().to_owned())
            .ok_or(AugmentError::Content)?;
        if covered(&container)?.contains(&entry) {
            return Err(ExtendError::Covered(entry));
        }
        let message = open::open(Arc::new(container.content(&entry)?))
            .map_err(|error| AugmentError::message(&error))?;
        Ok(Self {
            content: container.signed_by(&entry)?,
            container,
            entry,
            place: Place::Message(Box::new(message)),
        })
    }

    /// Prepares the signature. In ASiC-E it goes up to B-LT: a time-stamp over the whole container archives it.
    ///
    /// # Errors
    /// See [`PrepareError`].
    pub fn prepare(&self, draft: &Draft, now: Timestamp) -> Result<Prepared, PrepareError> {
        match &self.place {
            Place::Message(message) => prepare_parallel(message, Some(&self.content), draft, now),
            Place::Manifest { .. } => prepare(&self.content, draft, now),
        }
    }

    /// What the signature is over, for its completion.
    pub fn carried(&self) -> Carried {
        Carried::Detached(self.content.clone())
    }

    /// The container with the completed signature, and how a report on it names that.
    ///
    /// # Errors
    /// When reading fails.
    pub fn container(
        &self,
        completed: &Completed,
        now: Timestamp,
    ) -> Result<(Arc<dyn ReadAt>, String), WriteError> {
        let mut message = Vec::new();
        completed.write(None, &mut message)?;
        let mut changes = Changes::default();
        let signer = match &self.place {
            Place::Message(before) => {
                changes.entries = BTreeMap::from([(self.entry.clone(), Change::Content(message))]);
                before.envelope.signer_count()
            }
            Place::Manifest { name, bytes } => {
                changes.added = vec![(name.clone(), bytes.clone()), (self.entry.clone(), message)];
                0
            }
        };
        let made = rewrite(&self.container.archive, &changes, now)?;
        Ok((made, format!("{}, {}", self.entry, SignatureName::signer(signer))))
    }
}
