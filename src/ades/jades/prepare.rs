//! From a draft to a prepared signature: the header fixed, the content digested, nothing signed yet.

use std::io;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::header::{self, BY_URI, BY_URI_HASH, name_of_hash};
use super::payload;
use super::read::{Jws, MAX_BYTES, Serialization, encoded};
use super::stages::{Draft, Packaging, Prepared};
use crate::ades::augment::octets::Octets;
use crate::ades::content::DataObject;
use crate::ades::level::Level;
use crate::base::bytes::ReadAt;
use crate::base::digest::Hasher;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::jws::fits_jose;
use crate::crypto::key::KeyError;

/// Why content cannot be prepared for this signature.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The certificate is not valid at the time of signing.
    #[error("the certificate is valid from {not_before} to {not_after}, checked for {at}")]
    CertificateTime {
        /// First moment.
        not_before: Timestamp,
        /// Last moment.
        not_after: Timestamp,
        /// The time of signing.
        at: Timestamp,
    },
    /// The content is not at hand in the form that the packaging needs, or an object has no name or one twice.
    #[error("the content is not there in the form that this packaging needs")]
    Content,
    /// What is ordered cannot be written so: a level above B-B in compact form, a further signature in any but the
    /// general form, content too large to go inside.
    #[error("the form ordered cannot hold this: {0}")]
    Form(&'static str),
    /// The content cannot be read.
    #[error("the content could not be read")]
    Io(#[from] io::Error),
    /// The signer's key cannot be used, or not with the algorithm ordered: this format ties each to one curve.
    #[error("the signer's key cannot be used")]
    Key(#[from] KeyError),
    /// An archive time-stamp covers what would change.
    #[error("an archive time-stamp already in the signature would no longer hold")]
    WouldNotHold,
}

impl PrepareError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::CertificateTime { .. } => "ADES_CERTIFICATE_TIME",
            Self::Content => "ADES_CONTENT",
            Self::Form(_) => "ADES_FORM",
            Self::Io(_) => "ADES_IO",
            Self::Key(_) => "ADES_KEY",
            Self::WouldNotHold => "ADES_WOULD_NOT_HOLD",
        }
    }
}

/// Prepares a new JWS over `objects`: exactly one, unless `sigD` names them.
///
/// # Errors
/// See [`PrepareError`].
pub fn prepare(objects: &[DataObject], draft: &Draft, now: Timestamp) -> Result<Prepared, PrepareError> {
    if draft.serialization == Serialization::Compact && draft.level > Level::B {
        return Err(PrepareError::Form("compact form has no place for more than B-B"));
    }
    let payload = match (draft.packaging, objects) {
        (Packaging::Attached, [one]) => Some(attached(one)?),
        (Packaging::Attached | Packaging::Detached, []) | (Packaging::Attached, _) => {
            return Err(PrepareError::Content);
        }
        _ => None,
    };
    let jws = Jws {
        serialization: draft.serialization,
        payload,
        signatures: Vec::new(),
        others: Map::new(),
    };
    over(jws, objects, draft, now)
}

/// Prepares a signature beside those of `jws`, which is in the general form, over the same content.
///
/// `objects`: the content as for [`prepare`]; of an attached payload nothing is needed.
///
/// # Errors
/// See [`PrepareError`].
pub fn prepare_parallel(
    jws: &Jws,
    objects: &[DataObject],
    draft: &Draft,
    now: Timestamp,
) -> Result<Prepared, PrepareError> {
    if jws.serialization != Serialization::General {
        return Err(PrepareError::Form(
            "only the general form holds several signatures",
        ));
    }
    if jws.payload.is_some() != (draft.packaging == Packaging::Attached) {
        return Err(PrepareError::Content);
    }
    over(jws.clone(), objects, draft, now)
}

/// The payload as it stands in the JWS.
fn attached(object: &DataObject) -> Result<String, PrepareError> {
    let source = object.content.bytes().ok_or(PrepareError::Content)?;
    let limit = u64::try_from(MAX_BYTES / 2).unwrap_or(0);
    if source.len() > limit {
        return Err(PrepareError::Form(
            "content this large belongs beside its signature",
        ));
    }
    let octets = source.read_vec(0, usize::try_from(source.len()).unwrap_or(0))?;
    Ok(encoded(&octets))
}

fn over(jws: Jws, objects: &[DataObject], draft: &Draft, now: Timestamp) -> Result<Prepared, PrepareError> {
    let algorithm = algorithm_of(draft, now)?;
    let protected = protected(objects, draft, algorithm, now)?;
    let mut hashers = [Hasher::new(algorithm.hash())];
    let [hasher] = &mut hashers;
    hasher.update(protected.as_bytes());
    hasher.update(b".");
    match draft.packaging {
        Packaging::Attached => hasher.update(jws.payload.as_deref().unwrap_or_default().as_bytes()),
        Packaging::ObjectHashes => {}
        Packaging::Detached | Packaging::Objects => {
            for source in sources(objects)? {
                payload::update(&mut hashers, &**source, false)?;
            }
        }
    }
    let [hasher] = hashers;
    Ok(Prepared {
        level: draft.level,
        certificate: Octets(draft.certificate.der().to_vec()),
        algorithm,
        protected,
        digest: Octets(hasher.finish()),
        counter: None,
        jws,
        prepared_at: now,
        expires_at: draft.expires_at,
    })
}

fn sources(objects: &[DataObject]) -> Result<Vec<&Arc<dyn ReadAt>>, PrepareError> {
    objects
        .iter()
        .map(|object| object.content.bytes().ok_or(PrepareError::Content))
        .collect()
}

pub(super) fn algorithm_of(draft: &Draft, now: Timestamp) -> Result<SignatureAlgorithm, PrepareError> {
    let certificate = &draft.certificate;
    if now < certificate.not_before() || now > certificate.not_after() {
        return Err(PrepareError::CertificateTime {
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            at: now,
        });
    }
    let kind = certificate.public_key()?.kind();
    let algorithm = draft.algorithm.unwrap_or_else(|| kind.default_algorithm());
    if fits_jose(kind, algorithm) {
        Ok(algorithm)
    } else {
        Err(KeyError::Mismatch.into())
    }
}

/// The protected header, base64url.
pub(super) fn protected(
    objects: &[DataObject],
    draft: &Draft,
    algorithm: SignatureAlgorithm,
    now: Timestamp,
) -> Result<String, PrepareError> {
    let members = members(objects, draft, algorithm, now)?;
    Ok(encoded(Value::Object(members).to_string().as_bytes()))
}

/// The members of the protected header. TS 119 182-1 §6.3.
fn members(
    objects: &[DataObject],
    draft: &Draft,
    algorithm: SignatureAlgorithm,
    now: Timestamp,
) -> Result<Map<String, Value>, PrepareError> {
    let mut members = Map::new();
    let alg = algorithm.jwa_name().ok_or(KeyError::Mismatch)?;
    members.insert("alg".to_owned(), alg.into());
    members.insert("iat".to_owned(), now.as_seconds().into());
    let kind = match draft.serialization {
        Serialization::Compact => "jose",
        Serialization::Flattened | Serialization::General => "jose+json",
    };
    members.insert("typ".to_owned(), kind.into());
    let issuers: Vec<&[u8]> = draft
        .chain
        .iter()
        .filter(|issuer| !issuer.is_self_issued())
        .map(crate::pki::certificate::Certificate::der)
        .collect();
    header::certificates(&mut members, draft.certificate.der(), &issuers);
    header::statements(&mut members, &draft.claimed, draft.commitment);
    if let Some(place) = &draft.place {
        let mut found = Map::new();
        for (name, text) in [
            ("addressCountry", &place.country),
            ("addressLocality", &place.locality),
        ] {
            if let Some(text) = text {
                found.insert(name.to_owned(), text.clone().into());
            }
        }
        members.insert("sigPl".to_owned(), found.into());
    }
    if let Some(policy) = &draft.policy {
        let mut found = Map::new();
        found.insert("id".to_owned(), json!({ "id": policy.identifier.to_uri() }));
        found.insert("digAlg".to_owned(), name_of_hash(policy.hash).into());
        found.insert("digVal".to_owned(), encoded(&policy.digest).into());
        if let Some(uri) = &policy.uri {
            found.insert("sigPQuals".to_owned(), json!([{ "spURI": uri }]));
        }
        members.insert("sigPId".to_owned(), found.into());
    }
    let media_type = objects.first().and_then(|object| object.media_type.clone());
    match draft.packaging {
        Packaging::Attached => {
            members.extend(media_type.map(|kind| ("cty".to_owned(), kind.into())));
        }
        Packaging::Detached => {
            members.extend(media_type.map(|kind| ("cty".to_owned(), kind.into())));
            // The octets themselves, so that they can be hashed in pieces and by others (RFC 7797).
            members.insert("b64".to_owned(), false.into());
            members.insert("crit".to_owned(), json!(["b64"]));
        }
        Packaging::Objects | Packaging::ObjectHashes => {
            members.insert(
                "sigD".to_owned(),
                references(objects, draft.packaging, algorithm)?,
            );
            members.insert("b64".to_owned(), false.into());
            members.insert("crit".to_owned(), json!(["b64", "sigD"]));
        }
    }
    Ok(members)
}

/// `sigD`. TS 119 182-1 §5.2.8.
fn references(
    objects: &[DataObject],
    packaging: Packaging,
    algorithm: SignatureAlgorithm,
) -> Result<Value, PrepareError> {
    let names: Vec<&String> = objects.iter().filter_map(|object| object.name.as_ref()).collect();
    let mut once = std::collections::BTreeSet::new();
    if names.is_empty() || names.len() != objects.len() || !names.iter().all(|name| once.insert(*name)) {
        return Err(PrepareError::Content);
    }
    let types: Vec<&str> = objects
        .iter()
        .map(|object| object.media_type.as_deref().unwrap_or("application/octet-stream"))
        .collect();
    if packaging == Packaging::Objects {
        return Ok(json!({ "mId": BY_URI, "pars": names, "ctys": types }));
    }
    let hash = algorithm.hash();
    let mut digests = Vec::new();
    for object in objects {
        // With b64 false, the digest is of the octets themselves: whoever keeps them can make it with any tool.
        let digest = payload::digest(&object.content, hash, false)?.ok_or(PrepareError::Content)?;
        digests.push(encoded(&digest));
    }
    Ok(json!({
        "mId": BY_URI_HASH,
        "pars": names,
        "hashM": name_of_hash(hash),
        "hashV": digests,
        "ctys": types,
    }))
}
