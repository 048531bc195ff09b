//! The forms that a signature takes here: inside a PDF, a CMS message, or JSON.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::PREPARED_TIME;
use super::device::SignerCard;
use super::problem::Problem;
use crate::ades::content::{Content, DataObject};
use crate::ades::jades::read::Serialization;
use crate::ades::level::Level;
use crate::ades::{cades, jades, pades};
use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;

/// Which format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Cades,
    Jades,
    Pdf,
}

impl FromStr for Form {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cades" => Ok(Self::Cades),
            "jades" => Ok(Self::Jades),
            "pdf" => Ok(Self::Pdf),
            _ => Err("expected one of pdf, cades, jades"),
        }
    }
}

/// Whether the signature carries what it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packaging {
    Attached,
    Detached,
}

impl FromStr for Packaging {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "attached" => Ok(Self::Attached),
            "detached" => Ok(Self::Detached),
            _ => Err("expected attached or detached"),
        }
    }
}

/// What is made of each file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) form: Form,
    pub(super) packaging: Packaging,
    pub(super) level: Level,
}

impl Order {
    /// Where the result goes unless it is said: `decision.pdf` → `decision-signed.pdf`, else behind the whole name.
    pub(super) fn beside(self, file: &Path) -> PathBuf {
        let name = |part: Option<&std::ffi::OsStr>| {
            part.map(|part| part.to_string_lossy().into_owned())
                .unwrap_or_default()
        };
        let whole = name(file.file_name());
        file.with_file_name(match (self.form, self.packaging) {
            (Form::Pdf, _) => format!("{}-signed.pdf", name(file.file_stem())),
            (Form::Cades, Packaging::Attached) => format!("{whole}.p7m"),
            (Form::Cades, Packaging::Detached) => format!("{whole}.p7s"),
            (Form::Jades, _) => format!("{whole}.jws"),
        })
    }

    /// The word for several files in a PIN window.
    pub(super) const fn files(self) -> &'static str {
        match self.form {
            Form::Pdf => "PDF",
            Form::Cades => "CAdES",
            Form::Jades => "JAdES",
        }
    }
}

/// One file prepared, in its form.
pub(super) enum Prepared {
    Cades(Box<cades::stages::Prepared>, Sha256Digest),
    Jades(Box<jades::stages::Prepared>, Sha256Digest),
    Pdf(Box<pades::stages::Prepared>),
}

impl Prepared {
    pub(super) const fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::Cades(prepared, _) => prepared.algorithm(),
            Self::Jades(prepared, _) => prepared.algorithm(),
            Self::Pdf(prepared) => prepared.algorithm(),
        }
    }

    pub(super) fn digest(&self) -> Vec<u8> {
        match self {
            Self::Cades(prepared, _) => prepared.digest(),
            Self::Jades(prepared, _) => prepared.digest(),
            Self::Pdf(prepared) => prepared.digest(),
        }
    }

    /// Of the file that is signed.
    pub(super) const fn document_sha256(&self) -> &Sha256Digest {
        match self {
            Self::Cades(_, sha256) | Self::Jades(_, sha256) => sha256,
            Self::Pdf(prepared) => prepared.document_sha256(),
        }
    }
}

/// The object that a JSON signature refers to: by the file's name when it stays beside it.
pub(super) fn object(document: &Path, source: &Arc<dyn ReadAt>) -> DataObject {
    DataObject {
        name: document
            .file_name()
            .map(|name| name.to_string_lossy().into_owned()),
        media_type: None,
        content: Content::Bytes(Arc::clone(source)),
    }
}

/// Prepares `source` as a CMS message.
pub(super) fn prepare_cades(
    document: &Path,
    source: &Arc<dyn ReadAt>,
    order: Order,
    card: &SignerCard,
    now: Timestamp,
) -> Result<Prepared, Problem> {
    let draft = cades::stages::Draft {
        level: order.level,
        packaging: match order.packaging {
            Packaging::Attached => cades::stages::Packaging::Attached,
            Packaging::Detached => cades::stages::Packaging::Detached,
        },
        certificate: card.certificate.clone(),
        chain: card.issuer.iter().cloned().collect(),
        algorithm: None,
        claimed: Vec::new(),
        commitment: None,
        place: None,
        policy: None,
        mime_type: None,
        description: None,
        expires_at: now.plus(PREPARED_TIME),
    };
    let content = Content::Bytes(Arc::clone(source));
    let made = cades::prepare::prepare(&content, &draft, now)
        .map_err(|error| Problem::Cades(document.to_owned(), error))?;
    Ok(Prepared::Cades(Box::new(made), sha256(document, &content)?))
}

/// Prepares `source` as a JSON signature.
pub(super) fn prepare_jades(
    document: &Path,
    source: &Arc<dyn ReadAt>,
    order: Order,
    card: &SignerCard,
    now: Timestamp,
) -> Result<Prepared, Problem> {
    let draft = jades::stages::Draft {
        level: order.level,
        serialization: Serialization::Flattened,
        packaging: match order.packaging {
            Packaging::Attached => jades::stages::Packaging::Attached,
            Packaging::Detached => jades::stages::Packaging::ObjectHashes,
        },
        certificate: card.certificate.clone(),
        chain: card.issuer.iter().cloned().collect(),
        algorithm: None,
        claimed: Vec::new(),
        commitment: None,
        place: None,
        policy: None,
        expires_at: now.plus(PREPARED_TIME),
    };
    let object = object(document, source);
    let content = object.content.clone();
    let made = jades::prepare::prepare(&[object], &draft, now)
        .map_err(|error| Problem::Jades(document.to_owned(), error))?;
    Ok(Prepared::Jades(Box::new(made), sha256(document, &content)?))
}

fn sha256(document: &Path, content: &Content) -> Result<Sha256Digest, Problem> {
    let told =
        |error: std::io::Error| Problem::Cades(document.to_owned(), cades::prepare::PrepareError::Io(error));
    let digest = content.digest(HashAlgorithm::Sha256).map_err(told)?;
    let digest = digest.and_then(|digest| digest.try_into().ok());
    digest
        .map(Sha256Digest)
        .ok_or_else(|| told(std::io::ErrorKind::UnexpectedEof.into()))
}
