//! Making containers: files and a prepared signature over them, and the archive once it is complete.

use std::io::Write;
use std::sync::Arc;

use super::container::{Container, Kind, MIMETYPE, Role};
use super::manifest::{ASIC, AsicManifest, Listed, P7S, file_list};
use super::uri;
use super::zip::assemble::Assembly;
use super::zip::name::{Names, is_writable};
use super::zip::rewrite::{Changes, rewrite};
use super::zip::write::{WriteError, Writer};
use super::zip::{Archive, Entry, Method};
use crate::ades::content::Content;
use crate::ades::xades::completion::{Completed, SharedOutside};
use crate::ades::xades::data::Datum;
use crate::ades::xades::prepare::{Detached, Moment, PrepareError, prepare_detached};
use crate::ades::xades::stages::{Draft, Prepared};
use crate::base::bytes::{ReadAt, copy};
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;

/// What a file of signatures begins and ends with.
const AROUND: (&str, &str) = ("<asic:XAdESSignatures xmlns:asic=\"", "</asic:XAdESSignatures>");

/// A file that goes into a container.
#[derive(Clone)]
pub struct File {
    /// Its path in the container.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// Its bytes. They are read in pieces and never held.
    pub source: Arc<dyn ReadAt>,
}

/// The document that a XAdES signature of a container stands in, before it is there.
pub fn signatures_file() -> Arc<dyn ReadAt> {
    Arc::new(format!("{}{ASIC}\">{}", AROUND.0, AROUND.1).into_bytes())
}

fn hole() -> (u64, u64) {
    let at = [AROUND.0.len(), ASIC.len(), 2]
        .iter()
        .fold(0_usize, |sum, part| sum.saturating_add(*part));
    let at = u64::try_from(at).unwrap_or(u64::MAX);
    (at, at)
}

/// Prepares one XAdES signature over all of `files`.
///
/// # Errors
/// See [`PrepareError`].
pub fn prepare_xades(files: &[File], draft: &Draft, moment: Moment<'_>) -> Result<Prepared, PrepareError> {
    // WHY here: the archive is written after the device signed, and would refuse them then.
    let mut names = FileNames::default();
    if !files.iter().all(|file| names.take(&file.name)) {
        return Err(PrepareError::Name);
    }
    let things: Vec<Detached> = files
        .iter()
        .map(|file| Detached {
            uri: uri::of_name(&file.name),
            mime_type: Some(file.mime_type.clone()),
            content: Content::Bytes(Arc::clone(&file.source)),
        })
        .collect();
    prepare_detached(&things, hole(), draft, moment)
}

/// Prepares one more XAdES signature over all files of `container`.
///
/// # Errors
/// See [`PrepareError`]; `Content` when a file in it is damaged.
pub fn prepare_further(
    container: &Container,
    draft: &Draft,
    moment: Moment<'_>,
) -> Result<Prepared, PrepareError> {
    if container.kind == Kind::Simple {
        return Err(PrepareError::Place("a container of kind ASiC-E"));
    }
    let hash = draft
        .algorithm
        .map_or_else(
            || Ok(draft.certificate.public_key()?.kind().default_algorithm()),
            Ok::<_, PrepareError>,
        )?
        .hash();
    let things = container
        .data()
        .map(|entry| {
            let datum = Datum::Entry(container.archive.clone(), entry.clone());
            let digest = datum.digest(hash)?.ok_or(PrepareError::Content)?;
            Ok(Detached {
                uri: uri::of_name(entry.name()),
                mime_type: None,
                content: Content::digest_only(hash, digest),
            })
        })
        .collect::<Result<Vec<_>, PrepareError>>()?;
    prepare_detached(&things, hole(), draft, moment)
}

/// What references of signatures over `files` name.
pub fn outside_of_files(files: Vec<File>) -> SharedOutside {
    Arc::new(move |uri| {
        let name = uri::to_name(uri?)?;
        let file = files.iter().find(|file| file.name == name)?;
        Some(Datum::Content(Content::Bytes(Arc::clone(&file.source))))
    })
}

/// What references of signatures in `container` name.
pub fn outside_of(container: &Container) -> SharedOutside {
    let archive = container.archive.clone();
    let data: Vec<Entry> = container.data().cloned().collect();
    Arc::new(move |uri| {
        let name = uri::to_name(uri?)?;
        let entry = data.iter().find(|entry| entry.name() == name)?;
        Some(Datum::Entry(archive.clone(), entry.clone()))
    })
}

/// Whether a file of this name can be signed in a container.
pub fn takes_name(name: &str) -> bool {
    is_writable(name) && name != MIMETYPE && !name.to_ascii_lowercase().starts_with("meta-inf/")
}

/// The names of the files of one container, each of which is another file everywhere.
#[derive(Debug, Default)]
pub struct FileNames(Names);

impl FileNames {
    /// Takes `name` when a file can be called so beside those taken before.
    pub fn take(&mut self, name: &str) -> bool {
        takes_name(name) && self.0.take(name)
    }
}

fn begin(kind: Kind, files: &[File], now: Timestamp) -> Result<Writer<Assembly>, WriteError> {
    let mut writer = Writer::assemble(now);
    writer.add_bytes(MIMETYPE, kind.media_type().as_bytes(), Method::Stored)?;
    for file in files {
        if !takes_name(&file.name) {
            return Err(WriteError::Name);
        }
        writer.add_source(&file.name, &file.source, Method::Deflated)?;
    }
    Ok(writer)
}

/// Copies a container that was put together.
fn copied<W: Write>(container: &Arc<dyn ReadAt>, mut out: W) -> Result<W, WriteError> {
    copy(container, &mut out)?;
    Ok(out)
}

/// A container of `files` with the completed XAdES signature over them.
///
/// Files that are not packed are read when the container is.
///
/// # Errors
/// When a name cannot stand in a container, or reading fails.
pub fn xades_container(
    kind: Kind,
    files: &[File],
    completed: &Completed,
    now: Timestamp,
) -> Result<Arc<dyn ReadAt>, WriteError> {
    let mut writer = begin(kind, files, now)?;
    let name = match kind {
        Kind::Extended => {
            let listed = files
                .iter()
                .map(|file| (file.name.as_str(), file.mime_type.as_str()));
            let list = file_list(kind.media_type(), listed);
            writer.add_bytes("META-INF/manifest.xml", list.as_bytes(), Method::Deflated)?;
            "META-INF/signatures001.xml"
        }
        Kind::Simple => "META-INF/signatures.xml",
    };
    writer.add_source(name, &completed.document(&signatures_file()), Method::Deflated)?;
    Ok(writer.finish()?.into_source())
}

/// Writes what [`xades_container`] makes.
///
/// # Errors
/// As [`xades_container`], and when writing fails.
pub fn write_xades<W: Write>(
    kind: Kind,
    files: &[File],
    completed: &Completed,
    out: W,
    now: Timestamp,
) -> Result<W, WriteError> {
    copied(&xades_container(kind, files, completed, now)?, out)
}

/// `container` with one more completed XAdES signature, and the entry that it stands in. Everything that is there keeps
/// its bytes.
///
/// # Errors
/// When reading fails.
pub fn further_container(
    container: &Container,
    completed: &Completed,
    now: Timestamp,
) -> Result<(Arc<dyn ReadAt>, String), WriteError> {
    let name = free_name(&container.archive, "META-INF/signatures", ".xml");
    let mut bytes = Vec::new();
    copy(&completed.document(&signatures_file()), &mut bytes)?;
    let changes = Changes {
        added: vec![(name.clone(), bytes)],
        ..Changes::default()
    };
    Ok((rewrite(&container.archive, &changes, now)?, name))
}

/// Writes what [`further_container`] makes.
///
/// # Errors
/// As [`further_container`], and when writing fails.
pub fn write_further<W: Write>(
    container: &Container,
    completed: &Completed,
    out: W,
    now: Timestamp,
) -> Result<W, WriteError> {
    copied(&further_container(container, completed, now)?.0, out)
}

/// The first of `prefix001suffix`, `prefix002suffix` … that is free.
pub(super) fn free_name(archive: &Archive, prefix: &str, suffix: &str) -> String {
    let names = (1_u32..).map(|number| format!("{prefix}{number:03}{suffix}"));
    let mut free = names.filter(|name| {
        let folded = super::zip::name::folded(name);
        !archive
            .entries()
            .iter()
            .any(|entry| super::zip::name::folded(entry.name()) == folded)
    });
    free.next().unwrap_or_default()
}

/// The manifest that a CAdES signature over `files` in ASiC-E is over: sign its bytes detached.
///
/// # Errors
/// `InvalidInput` when the files cannot stand in one container by their names; else when a file cannot be read.
pub fn cades_manifest(files: &[File], hash: HashAlgorithm) -> std::io::Result<Vec<u8>> {
    let mut names = FileNames::default();
    if !files.iter().all(|file| names.take(&file.name)) {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let files = files
        .iter()
        .map(|file| {
            let content = Content::Bytes(Arc::clone(&file.source));
            Ok(Listed {
                name: file.name.clone(),
                mime_type: Some(file.mime_type.clone()),
                hash,
                digest: content.digest(hash)?.unwrap_or_default(),
                is_root: false,
            })
        })
        .collect::<std::io::Result<Vec<_>>>()?;
    let manifest = AsicManifest {
        signature: "META-INF/signature001.p7s".to_owned(),
        files,
    };
    Ok(manifest.to_xml(P7S).into_bytes())
}

/// A container of `files` with `message`, a detached CAdES signature: in ASiC-E over `manifest` made by
/// [`cades_manifest`], in ASiC-S over the only file.
///
/// Files that are not packed are read when the container is.
///
/// # Errors
/// When a name cannot stand in a container, or reading fails.
pub fn cades_container(
    files: &[File],
    manifest: Option<&[u8]>,
    message: &[u8],
    now: Timestamp,
) -> Result<Arc<dyn ReadAt>, WriteError> {
    let kind = if manifest.is_some() {
        Kind::Extended
    } else {
        Kind::Simple
    };
    let mut writer = begin(kind, files, now)?;
    match manifest {
        Some(manifest) => {
            writer.add_bytes("META-INF/ASiCManifest001.xml", manifest, Method::Deflated)?;
            writer.add_bytes("META-INF/signature001.p7s", message, Method::Deflated)?;
        }
        None => writer.add_bytes("META-INF/signature.p7s", message, Method::Deflated)?,
    }
    Ok(writer.finish()?.into_source())
}

/// Writes what [`cades_container`] makes.
///
/// # Errors
/// As [`cades_container`], and when writing fails.
pub fn write_cades<W: Write>(
    files: &[File],
    manifest: Option<&[u8]>,
    message: &[u8],
    out: W,
    now: Timestamp,
) -> Result<W, WriteError> {
    copied(&cades_container(files, manifest, message, now)?, out)
}

/// Writes a container of kind ASiC-S with `token`, a time-stamp over the bytes of `file`.
///
/// # Errors
/// When its name cannot stand in a container, or reading or writing fails.
pub fn write_time_stamp<W: Write>(
    file: &File,
    token: &[u8],
    out: W,
    now: Timestamp,
) -> Result<W, WriteError> {
    let mut writer = begin(Kind::Simple, std::slice::from_ref(file), now)?;
    writer.add_bytes("META-INF/timestamp.tst", token, Method::Deflated)?;
    copied(&writer.finish()?.into_source(), out)
}

/// Whether `container` can take one more XAdES signature.
pub fn takes_further(container: &Container) -> bool {
    container.kind == Kind::Extended && !container.with_role(Role::Xades).is_empty()
}
