//! From a draft to a prepared signature: in a document, around one, beside one, over files.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::data::{CHUNK, Datum, Outside, Scene, nothing_outside, outline_of};
use super::names::{BASE64, COUNTERSIGNED, OBJECT, SIGNED_PROPERTIES};
use super::properties::{Stated, signed_id, write_signed};
use super::stages::{Draft, EnvelopedBy, Prepared, Spot};
use crate::ades::augment::octets::Octets;
use crate::ades::content::Content;
use crate::asn1::read::Asn1Error;
use crate::base::bytes::{Concatenated, ReadAt, Slices};
use crate::base::digest::{HashAlgorithm, Hasher};
use crate::base::random::{self, Random};
use crate::base::sequential::Sequential;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::KeyError;
use crate::xml::canonical::{Method, Version};
use crate::xml::error::XmlError;
use crate::xml::limits::Limits;
use crate::xml::outline::Outline;
use crate::xml::part::{Part, PartDefect, Without, canonicalize};
use crate::xml::reader::{Event, Reader};
use crate::xml::signature::compose::{self, DraftObject, DraftReference};
use crate::xml::signature::defect::SignatureDefect;
use crate::xml::signature::read::XmlSignature;
use crate::xml::signature::transform::Transform;
use crate::xml::signature::verify;

/// Largest content that is put into an enveloping signature, in bytes: it is held.
const ENVELOPED_AT_MOST: u64 = 32 << 20;

/// Why content cannot be prepared for this signature.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The certificate cannot be named in the signed properties.
    #[error("the certificate cannot be read: {0}")]
    Certificate(#[from] Asn1Error),
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
    /// The content is not at hand, or not under the hash that the signature needs.
    #[error("the content is not there, or not under the hash that the signature needs")]
    Content,
    /// The content cannot be read.
    #[error("the content could not be read")]
    Io(#[from] io::Error),
    /// The signer's key cannot be used, or not with the algorithm ordered.
    #[error("the signer's key cannot be used")]
    Key(#[from] KeyError),
    /// The files have names that cannot stand in one container, or not beside one another.
    #[error("a container cannot hold files of these names beside one another")]
    Name,
    /// The signature cannot go where it was ordered.
    #[error("a signature cannot go there: expected {0}")]
    Place(&'static str),
    /// The signature cannot be written.
    #[error(transparent)]
    Signature(#[from] SignatureDefect),
    /// A signature in the document would no longer hold beside this one, or an archive time-stamp over its place.
    #[error("a signature or an archive time-stamp already in the document would no longer hold")]
    WouldNotHold,
    /// The document is no XML that can be read.
    #[error(transparent)]
    Xml(#[from] XmlError),
}

impl PrepareError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "CERT_PARSE",
            Self::CertificateTime { .. } => "ADES_CERTIFICATE_TIME",
            Self::Content => "ADES_CONTENT",
            Self::Io(_) => "ADES_IO",
            Self::Key(_) => "ADES_KEY",
            Self::Name => "ASIC_NAME",
            Self::Place(_) => "XADES_PLACE",
            Self::Signature(defect) => defect.cause(),
            Self::WouldNotHold => "ADES_WOULD_NOT_HOLD",
            Self::Xml(error) => error.kind.cause(),
        }
    }
}

/// One thing outside that a detached signature is over.
#[derive(Clone)]
pub struct Detached {
    /// How the reference names it.
    pub uri: String,
    /// Its media type.
    pub mime_type: Option<String>,
    /// It, or its digest.
    pub content: Content,
}

/// What hands in time and chance.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// The time of signing.
    pub now: Timestamp,
    /// For identifiers.
    pub random: &'a dyn Random,
}

/// A reference to data.
pub(super) struct Data {
    pub(super) uri: String,
    pub(super) kind: Option<&'static str>,
    pub(super) mime_type: Option<String>,
    pub(super) transforms: Vec<Transform>,
    /// Its digest, when it is known.
    pub(super) digest: Option<Vec<u8>>,
}

pub(super) fn exclusive() -> Transform {
    Transform::Canonical(Method::new(Version::Exclusive))
}

/// Prepares a signature inside `document`, as the last child of its root element, over all of it.
///
/// # Errors
/// See [`PrepareError`]; `WouldNotHold` when a signature that is there covers every other.
pub fn prepare_enveloped(
    document: &Arc<dyn ReadAt>,
    draft: &Draft,
    moment: Moment<'_>,
) -> Result<Prepared, PrepareError> {
    let algorithm = algorithm_of(draft, moment.now)?;
    let outline = outline_of(document)?;
    let root = outline.document.root();
    let inside = outline.document.inside(root);
    if inside.end == outline.document.span(root).end {
        return Err(PrepareError::Place("a root element with an end tag"));
    }
    let (without, transform) = match draft.enveloped_by {
        EnvelopedBy::AllSignatures => (Without::Signatures, Transform::WithoutSignatures),
        // The signature is not there yet, so what it will cover is all that is.
        EnvelopedBy::OwnSignature => (Without::Nothing, Transform::EnvelopedSignature),
    };
    let part = Part {
        element: None,
        without,
        comments: false,
    };
    let data = Data {
        uri: String::new(),
        kind: None,
        mime_type: Some("text/xml".to_owned()),
        transforms: vec![transform, exclusive()],
        digest: Some(digest_of_part(document, part, algorithm.hash())?),
    };
    let hole = (inside.end, inside.end);
    let prepared = made(
        vec![data],
        Vec::new(),
        Spot::bare(hole),
        (draft, algorithm),
        moment,
    )?;
    check_others(document, &outline, &prepared)?;
    Ok(prepared)
}

/// Prepares a signature beside the element of `document` whose identifier is `id`, over that element.
///
/// # Errors
/// See [`PrepareError`]; `Place` when there is no such element, or it is the root element.
pub fn prepare_internally_detached(
    document: &Arc<dyn ReadAt>,
    id: &str,
    draft: &Draft,
    moment: Moment<'_>,
) -> Result<Prepared, PrepareError> {
    let algorithm = algorithm_of(draft, moment.now)?;
    let outline = outline_of(document)?;
    let at = end_of(document, id)?.ok_or(PrepareError::Place(
        "one element with that identifier, inside the root element",
    ))?;
    let part = Part {
        element: Some(id.to_owned()),
        without: Without::Nothing,
        comments: false,
    };
    let data = Data {
        uri: format!("#{id}"),
        kind: None,
        mime_type: Some("text/xml".to_owned()),
        transforms: vec![exclusive()],
        digest: Some(digest_of_part(document, part, algorithm.hash())?),
    };
    let spot = Spot::bare((at, at));
    let prepared = made(vec![data], Vec::new(), spot, (draft, algorithm), moment)?;
    check_others(document, &outline, &prepared)?;
    Ok(prepared)
}

/// Prepares a signature around `content`, a document of its own: XML stands in it as it is, anything else in base64.
///
/// # Errors
/// See [`PrepareError`].
pub fn prepare_enveloping(
    content: &dyn ReadAt,
    mime_type: Option<String>,
    draft: &Draft,
    moment: Moment<'_>,
) -> Result<Prepared, PrepareError> {
    let algorithm = algorithm_of(draft, moment.now)?;
    let length = usize::try_from(content.len().min(ENVELOPED_AT_MOST)).unwrap_or(usize::MAX);
    if content.len() > ENVELOPED_AT_MOST {
        return Err(PrepareError::Place(
            "content of at most 32 MiB in a signature around it",
        ));
    }
    let bytes = content.read_vec(0, length)?;
    let id = object_id(moment);
    let is_xml = mime_type.as_deref().is_some_and(|kind| kind.ends_with("xml"));
    let mime_type = mime_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    let mut attributes = vec![("Id", id.clone()), ("MimeType", mime_type.clone())];
    let content = if is_xml {
        root_element(&bytes)?
    } else {
        attributes.push(("Encoding", BASE64.to_owned()));
        STANDARD.encode(&bytes)
    };
    let object = DraftObject { attributes, content };
    let data = Data {
        uri: format!("#{id}"),
        kind: Some(OBJECT),
        mime_type: Some(mime_type),
        transforms: vec![exclusive()],
        digest: None,
    };
    let spot = Spot::bare((0, 0));
    made(vec![data], vec![object], spot, (draft, algorithm), moment)
}

/// Prepares a signature over things outside, as a document of its own or at `hole` in another.
///
/// # Errors
/// See [`PrepareError`]; `Content` when a digest is not known under the signature's hash.
pub fn prepare_detached(
    things: &[Detached],
    hole: (u64, u64),
    draft: &Draft,
    moment: Moment<'_>,
) -> Result<Prepared, PrepareError> {
    let algorithm = algorithm_of(draft, moment.now)?;
    if things.is_empty() {
        return Err(PrepareError::Content);
    }
    let data = things
        .iter()
        .map(|thing| {
            let digest = thing.content.digest(algorithm.hash())?;
            Ok(Data {
                uri: thing.uri.clone(),
                kind: None,
                mime_type: thing.mime_type.clone(),
                transforms: Vec::new(),
                digest: Some(digest.ok_or(PrepareError::Content)?),
            })
        })
        .collect::<Result<Vec<_>, PrepareError>>()?;
    made(data, Vec::new(), Spot::bare(hole), (draft, algorithm), moment)
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
    if kind.fits(algorithm) {
        Ok(algorithm)
    } else {
        Err(KeyError::Mismatch.into())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn object_id(moment: Moment<'_>) -> String {
    format!("object-{}", hexadecimal(&random::bytes::<16>(moment.random)))
}

pub(super) fn made(
    data: Vec<Data>,
    mut objects: Vec<DraftObject>,
    spot: Spot,
    (draft, algorithm): (&Draft, SignatureAlgorithm),
    moment: Moment<'_>,
) -> Result<Prepared, PrepareError> {
    let id = format!("id-{}", hexadecimal(&random::bytes::<16>(moment.random)));
    let named: Vec<(String, Option<String>)> = data
        .iter()
        .enumerate()
        .map(|(index, one)| (format!("{id}-data-{index}"), one.mime_type.clone()))
        .collect();
    // EN 319 132-1 §5.2.4: a counter-signature is over no data object that would have a format.
    let described: Vec<(String, Option<String>)> = data
        .iter()
        .zip(&named)
        .filter(|(one, _)| one.kind != Some(COUNTERSIGNED))
        .map(|(_, named)| named.clone())
        .collect();
    let stated = Stated {
        id: &id,
        at: moment.now,
        data: &described,
    };
    objects.push(DraftObject {
        attributes: Vec::new(),
        content: write_signed(draft, &stated)?,
    });
    let mut references: Vec<DraftReference> = data
        .into_iter()
        .zip(named)
        .map(|(one, (name, _))| DraftReference {
            id: Some(name),
            kind: one.kind,
            uri: one.uri,
            transforms: one.transforms,
            hash: algorithm.hash(),
            digest: one.digest,
        })
        .collect();
    references.push(DraftReference {
        id: None,
        kind: Some(SIGNED_PROPERTIES),
        uri: format!("#{}", signed_id(&id)),
        // WHY: without it verifiers canonicalise inclusively, and namespaces of the host document enter the digest.
        transforms: vec![exclusive()],
        hash: algorithm.hash(),
        digest: None,
    });
    let chain: Vec<Octets> = draft
        .chain
        .iter()
        .filter(|issuer| !issuer.is_self_issued())
        .map(|issuer| Octets(issuer.der().to_vec()))
        .collect();
    let mut certificates = vec![draft.certificate.der().to_vec()];
    certificates.extend(chain.iter().map(|issuer| issuer.0.clone()));
    let composed = compose::prepare(
        compose::Draft {
            id,
            canonicalization: Method::new(Version::Exclusive),
            algorithm,
            references,
            certificates,
            objects,
        },
        // Everything is canonicalised exclusively, so it has the same octets here as where it will stand.
        &|signature| signature.as_bytes().to_vec(),
        &verify::nothing_outside,
        Limits {
            bytes: 2 * ENVELOPED_AT_MOST,
            ..Limits::stream()
        },
    )?;
    let whole = composed.finish(&[]);
    // The first end tag of that name: what stands before it holds no text but digests and identifiers.
    let around_value = whole
        .split_once("</ds:SignatureValue>")
        .map(|(before, after)| (before.to_owned(), format!("</ds:SignatureValue>{after}")))
        .ok_or(SignatureDefect::Malformed("a value"))?;
    Ok(Prepared {
        level: draft.level,
        certificate: Octets(draft.certificate.der().to_vec()),
        chain,
        algorithm,
        around_value,
        signed_info: Octets(composed.octets().to_vec()),
        spot,
        prepared_at: moment.now,
        expires_at: draft.expires_at,
    })
}

fn digest_of_part(
    document: &Arc<dyn ReadAt>,
    part: Part,
    hash: HashAlgorithm,
) -> Result<Vec<u8>, PrepareError> {
    let source = io::BufReader::with_capacity(CHUNK, Sequential::new(Arc::clone(document)));
    let method = Method::new(Version::Exclusive);
    let hasher = canonicalize(source, Limits::stream(), part, &method, Hasher::new(hash))?;
    hasher.map(Hasher::finish).map_err(|defect| match defect {
        PartDefect::NotOne => PrepareError::Place("one element with that identifier"),
        PartDefect::SplitText => PrepareError::Place("text that no comment parts"),
    })
}

/// Where the only element with this identifier ends, when it stands inside the root element.
fn end_of(document: &Arc<dyn ReadAt>, id: &str) -> Result<Option<u64>, PrepareError> {
    let source = io::BufReader::with_capacity(CHUNK, Sequential::new(Arc::clone(document)));
    let mut reader = Reader::new(source, Limits::stream());
    let mut depth = None;
    let mut end = None;
    while let Some((event, place)) = reader.read_placed()? {
        match event {
            Event::Start(tag) if tag.ids().any(|own| own == id) => {
                if depth.is_some() || end.is_some() || place.depth < 2 {
                    return Ok(None);
                }
                depth = Some(place.depth);
            }
            Event::End if depth == Some(place.depth) => {
                depth = None;
                end = Some(place.end);
            }
            _ => {}
        }
    }
    Ok(end)
}

/// The root element of an XML document, as it is written there: without declaration and what stands beside it.
fn root_element(bytes: &[u8]) -> Result<String, PrepareError> {
    let document = crate::xml::tree::Document::parse(
        bytes,
        Limits {
            bytes: ENVELOPED_AT_MOST,
            ..Limits::stream()
        },
    )?;
    let span = document.span(document.root());
    let range = usize::try_from(span.start)
        .ok()
        .zip(usize::try_from(span.end).ok());
    // A byte order mark is in front of the element, so spans count from the first byte.
    range
        .and_then(|(start, end)| bytes.get(start..end))
        .and_then(|root| std::str::from_utf8(root).ok())
        .map(str::to_owned)
        .ok_or(PrepareError::Place("XML in UTF-8"))
}

/// `document` with `text` in place of `hole`.
pub fn with_signature(document: &Arc<dyn ReadAt>, hole: (u64, u64), text: &str) -> Arc<dyn ReadAt> {
    let (from, to) = hole;
    let before = Slices::new(Arc::clone(document), [(0, from)]);
    let after = Slices::new(Arc::clone(document), [(to, document.len().saturating_sub(to))]);
    Arc::new(Concatenated::new(vec![
        Box::new(before),
        Box::new(text.as_bytes().to_vec()),
        Box::new(after),
    ]))
}

/// What the signatures that are there cover must be the same with the new one: it costs nobody a PIN to find out after.
pub(super) fn check_others(
    document: &Arc<dyn ReadAt>,
    outline: &Outline,
    prepared: &Prepared,
) -> Result<(), PrepareError> {
    if outline.signatures.is_empty() {
        return Ok(());
    }
    let (before, after) = &prepared.around_value;
    let written = prepared.spot.around(&format!("{before}AAAA{after}"));
    let file = with_signature(document, prepared.spot.hole, &written);
    let with = outline_of(&file)?;
    let old = digests(document, outline);
    let new = digests(&file, &with);
    if with.has_repeated_id() && !outline.has_repeated_id() {
        return Err(PrepareError::WouldNotHold);
    }
    // One more stands among them, somewhere.
    let kept = old.iter().all(|one| new.contains(one));
    if kept {
        Ok(())
    } else {
        Err(PrepareError::WouldNotHold)
    }
}

type Digests = (Option<String>, Vec<Option<Vec<u8>>>);

fn digests(file: &Arc<dyn ReadAt>, outline: &Outline) -> Vec<Digests> {
    let outside: &Outside<'_> = &nothing_outside;
    let scene = Scene {
        file,
        outline,
        outside,
        ahead: None,
    };
    outline
        .signatures
        .iter()
        .filter_map(|element| XmlSignature::read(&outline.document, *element).ok())
        .map(|signature| {
            let all = (0..signature.references.len())
                .map(|index| scene.digest(&signature, index).ok())
                .collect();
            (signature.id, all)
        })
        .collect()
}

/// Finds what a detached signature was prepared over.
pub fn outside_of(things: &[Detached]) -> impl Fn(Option<&str>) -> Option<Datum> + '_ {
    move |uri| {
        let found = things.iter().find(|thing| Some(thing.uri.as_str()) == uri)?;
        Some(Datum::Content(found.content.clone()))
    }
}
