//! What the card signs for each result, in its form.

use std::sync::Arc;

use super::device::SignerCard;
use super::form::{Form, Order, Packaging, file_name};
use super::problem::Problem;
use super::{Given, Job, PREPARED_TIME};
use crate::ades::asic::container::Kind;
use crate::ades::asic::create::{self, File};
use crate::ades::asic::further::Further;
use crate::ades::content::{Content, DataObject};
use crate::ades::level::Level;
use crate::ades::xades::prepare::{Detached, Moment};
use crate::ades::{asic, cades, jades, pades, xades};
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::media_type;
use crate::base::random::SystemRandom;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;

/// One signature prepared, in its form.
pub(super) enum Stage {
    Cades {
        prepared: Box<cades::stages::Prepared>,
        /// What it is over in a container of several files.
        manifest: Option<Vec<u8>>,
    },
    /// One more in a container whose signatures are CAdES.
    Further(Box<cades::stages::Prepared>, Box<Further>),
    Jades(Box<jades::stages::Prepared>),
    Pdf(Box<pades::stages::Prepared>),
    Xades(Box<xades::stages::Prepared>),
}

/// One signature prepared, and what it is over.
pub(super) struct Prepared {
    pub(super) stage: Stage,
    /// Of each file that is signed.
    pub(super) sha256: Vec<Sha256Digest>,
}

impl Prepared {
    pub(super) const fn algorithm(&self) -> SignatureAlgorithm {
        match &self.stage {
            Stage::Cades { prepared, .. } | Stage::Further(prepared, _) => prepared.algorithm(),
            Stage::Jades(prepared) => prepared.algorithm(),
            Stage::Pdf(prepared) => prepared.algorithm(),
            Stage::Xades(prepared) => prepared.algorithm(),
        }
    }

    pub(super) fn digest(&self) -> Vec<u8> {
        match &self.stage {
            Stage::Cades { prepared, .. } | Stage::Further(prepared, _) => prepared.digest(),
            Stage::Jades(prepared) => prepared.digest(),
            Stage::Pdf(prepared) => prepared.digest(),
            Stage::Xades(prepared) => prepared.digest(),
        }
    }

    /// A PDF that was prepared.
    pub(super) fn pdf(prepared: pades::stages::Prepared) -> Self {
        Self {
            sha256: vec![prepared.document_sha256().to_owned()],
            stage: Stage::Pdf(Box::new(prepared)),
        }
    }
}

/// Prepares what is no PDF.
pub(super) fn prepare(job: &Job, card: &SignerCard, now: Timestamp) -> Result<Prepared, Problem> {
    let order = &job.order;
    let sha256 = job.documents().map(sha256).collect::<Result<_, _>>()?;
    if let Some(added) = &job.added
        && let Some(stage) = added.prepare(&job.first, order, card, now)?
    {
        return Ok(Prepared { stage, sha256 });
    }
    let stage = match order.form {
        Form::Cades => prepare_cades(job, order, card, now)?,
        // A PDF has its own way; its order does not come here.
        Form::Jades | Form::Pdf => prepare_jades(job, order, card, now)?,
        Form::Xades => prepare_xades(job, order, card, now)?,
    };
    Ok(Prepared { stage, sha256 })
}

/// The object that a JSON signature refers to: by the file's name when it stays beside it.
pub(super) fn object(given: &Given) -> DataObject {
    DataObject {
        name: Some(file_name(&given.path)),
        media_type: None,
        content: Content::Bytes(Arc::clone(&given.source)),
    }
}

/// The files as they stand in a container.
pub(super) fn container_files(job: &Job) -> Vec<File> {
    job.documents()
        .map(|given| {
            let name = file_name(&given.path);
            File {
                mime_type: media_type::of_name(&name).to_owned(),
                source: Arc::clone(&given.source),
                name,
            }
        })
        .collect()
}

/// What a detached signature in XML refers to.
pub(super) fn detached(given: &Given) -> Detached {
    let name = file_name(&given.path);
    Detached {
        uri: asic::uri::of_name(&name),
        mime_type: Some(media_type::of_name(&name).to_owned()),
        content: Content::Bytes(Arc::clone(&given.source)),
    }
}

/// The level that the signature itself is taken to: in ASiC-E a time-stamp over everything archives CAdES.
pub(super) fn own_level(order: &Order) -> Level {
    if order.form == Form::Cades && order.container == Some(Kind::Extended) {
        order.level.min(Level::Lt)
    } else {
        order.level
    }
}

pub(super) fn cades_draft(order: &Order, card: &SignerCard, now: Timestamp) -> cades::stages::Draft {
    cades::stages::Draft {
        level: own_level(order),
        packaging: match order.packaging {
            Packaging::Attached => cades::stages::Packaging::Attached,
            _ => cades::stages::Packaging::Detached,
        },
        certificate: card.certificate.clone(),
        chain: card.issuer.iter().cloned().collect(),
        algorithm: None,
        claimed: order.stating.claimed(),
        commitment: order.stating.commitment(),
        place: order.stating.place(),
        policy: order.stating.policy_in_cms(),
        mime_type: None,
        description: None,
        expires_at: now.plus(PREPARED_TIME),
    }
}

pub(super) fn jades_draft(order: &Order, card: &SignerCard, now: Timestamp) -> jades::stages::Draft {
    jades::stages::Draft {
        level: order.level,
        serialization: order.serialization,
        packaging: match order.packaging {
            Packaging::Attached => jades::stages::Packaging::Attached,
            _ => jades::stages::Packaging::ObjectHashes,
        },
        certificate: card.certificate.clone(),
        chain: card.issuer.iter().cloned().collect(),
        algorithm: None,
        claimed: order.stating.claimed(),
        commitment: order.stating.commitment(),
        place: order.stating.place(),
        policy: order.stating.policy(),
        expires_at: now.plus(PREPARED_TIME),
    }
}

pub(super) fn xades_draft(order: &Order, card: &SignerCard, now: Timestamp) -> xades::stages::Draft {
    xades::stages::Draft {
        level: order.level,
        certificate: card.certificate.clone(),
        chain: card.issuer.iter().cloned().collect(),
        algorithm: None,
        certificate_form: xades::stages::CertificateForm::default(),
        enveloped_by: xades::stages::EnvelopedBy::default(),
        claimed: order.stating.claimed(),
        commitment: order.stating.commitment(),
        place: order.stating.place(),
        policy: order.stating.policy(),
        expires_at: now.plus(PREPARED_TIME),
    }
}

fn prepare_cades(job: &Job, order: &Order, card: &SignerCard, now: Timestamp) -> Result<Stage, Problem> {
    let told = |error| Problem::Cades(job.first.path.clone(), error);
    let draft = cades_draft(order, card, now);
    let manifest = match order.container {
        Some(Kind::Extended) => {
            let key = card.certificate.public_key().map_err(Problem::Key)?;
            let hash = key.kind().default_algorithm().hash();
            let manifest = create::cades_manifest(&container_files(job), hash);
            Some(manifest.map_err(|error| told(error.into()))?)
        }
        Some(Kind::Simple) | None => None,
    };
    let content = match &manifest {
        Some(manifest) => Content::Bytes(Arc::new(manifest.clone())),
        None => Content::Bytes(Arc::clone(&job.first.source)),
    };
    let prepared = cades::prepare::prepare(&content, &draft, now).map_err(told)?;
    Ok(Stage::Cades {
        prepared: Box::new(prepared),
        manifest,
    })
}

fn prepare_jades(job: &Job, order: &Order, card: &SignerCard, now: Timestamp) -> Result<Stage, Problem> {
    let draft = jades_draft(order, card, now);
    let prepared = jades::prepare::prepare(&[object(&job.first)], &draft, now)
        .map_err(|error| Problem::Jades(job.first.path.clone(), error))?;
    Ok(Stage::Jades(Box::new(prepared)))
}

fn prepare_xades(job: &Job, order: &Order, card: &SignerCard, now: Timestamp) -> Result<Stage, Problem> {
    let draft = xades_draft(order, card, now);
    let moment = Moment {
        now,
        random: &SystemRandom,
    };
    let first = &job.first;
    let source = &first.source;
    let prepared = match (order.container, order.packaging, &order.element) {
        (Some(_), ..) => create::prepare_xades(&container_files(job), &draft, moment),
        (None, Packaging::Enveloped, _) => xades::prepare::prepare_enveloped(source, &draft, moment),
        (None, Packaging::InternallyDetached, Some(id)) => {
            xades::prepare::prepare_internally_detached(source, id, &draft, moment)
        }
        (None, Packaging::Enveloping, _) => {
            let media_type = media_type::of_name(&file_name(&first.path));
            xades::prepare::prepare_enveloping(source, Some(media_type.to_owned()), &draft, moment)
        }
        (None, ..) => xades::prepare::prepare_detached(&[detached(first)], (0, 0), &draft, moment),
    };
    let prepared = prepared.map_err(|error| Problem::Xades(job.first.path.clone(), error))?;
    Ok(Stage::Xades(Box::new(prepared)))
}

fn sha256(given: &Given) -> Result<Sha256Digest, Problem> {
    let told =
        |error: std::io::Error| Problem::Cades(given.path.clone(), cades::prepare::PrepareError::Io(error));
    let content = Content::Bytes(Arc::clone(&given.source));
    let digest = content.digest(HashAlgorithm::Sha256).map_err(told)?;
    let digest = digest.and_then(|digest| digest.try_into().ok());
    digest
        .map(Sha256Digest)
        .ok_or_else(|| told(std::io::ErrorKind::UnexpectedEof.into()))
}
