//! What references name, as octets: in the signature, elsewhere in its document, or outside.

use std::collections::HashMap;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use super::ahead::{Ahead, Wanted};
use super::names::MANIFEST;
use crate::ades::asic::zip::{Archive, Entry};
use crate::ades::content::Content;
use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher};
use crate::base::sequential::Sequential;
use crate::xml::canonical::{Method, Version};
use crate::xml::error::{XmlError, XmlErrorKind};
use crate::xml::limits::Limits;
use crate::xml::outline::Outline;
use crate::xml::part::{Part, PartDefect, Without, canonicalize};
use crate::xml::signature::DS;
use crate::xml::signature::defect::SignatureDefect;
use crate::xml::signature::read::{Reference, Target, XmlSignature, octets};
use crate::xml::signature::transform::Transform;
use crate::xml::sink::Sink;
use crate::xml::tree::{NodeId, Selection};

/// Bytes read at once.
pub(super) const CHUNK: usize = 1 << 16;
/// Most references of one signature to one file.
const TO_ONE_FILE_AT_MOST: u32 = 30;
/// How many times the length of the document one signature may ask for from the signatures in it.
const WITHIN_AT_MOST: u64 = 30;
/// Most references of one signature into the document around it: each costs a reading of it.
const INTO_DOCUMENT_AT_MOST: usize = 30;

/// Something outside the document that a reference names.
#[derive(Clone)]
pub enum Datum {
    /// What a caller handed in.
    Content(Content),
    /// A file of the container.
    Entry(Archive, Entry),
}

impl Datum {
    /// Its digest with `hash`; none when only other digests are known.
    ///
    /// # Errors
    /// What reading reports.
    pub fn digest(&self, hash: HashAlgorithm) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Content(content) => content.digest(hash),
            Self::Entry(..) => {
                let mut hasher = Hasher::new(hash);
                self.feed(&mut hasher)?;
                Ok(Some(hasher.finish()))
            }
        }
    }

    /// Its bytes in order; none when only digests are known.
    pub fn open(&self) -> Option<Box<dyn Read>> {
        match self {
            Self::Content(content) => Some(Box::new(Sequential::new(Arc::clone(content.bytes()?)))),
            Self::Entry(archive, entry) => Some(Box::new(archive.reader(entry))),
        }
    }

    fn feed(&self, sink: &mut dyn Sink) -> io::Result<Option<()>> {
        let Some(mut reader) = self.open() else {
            return Ok(None);
        };
        let mut buffer = vec![0; CHUNK];
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(Some(())),
                count => sink.take(buffer.get(..count).unwrap_or_default()),
            }
        }
    }
}

/// Finds what stands outside, by its URI; by none for a reference without one.
pub type Outside<'a> = dyn Fn(Option<&str>) -> Option<Datum> + 'a;

/// Knows nothing outside.
pub fn nothing_outside(_: Option<&str>) -> Option<Datum> {
    None
}

/// A document with its signatures, and what is at hand beside it.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The document.
    pub file: &'a Arc<dyn ReadAt>,
    /// Its signatures.
    pub outline: &'a Outline,
    /// What stands outside.
    pub outside: &'a Outside<'a>,
    /// A digest that was made already.
    pub ahead: Option<&'a Ahead>,
}

/// How the octets of a reference come about.
struct Chain<'a> {
    without: Without,
    method: Option<&'a Method>,
    /// Whether the text of an element is decoded.
    is_base64: bool,
}

impl<'a> Chain<'a> {
    /// First what is left out, then at most one canonicalisation: nothing else means anything to a document that passes
    /// by. Or base64 alone.
    fn of(transforms: &'a [Transform], signature_at: u64) -> Result<Self, SignatureDefect> {
        let mut chain = Self {
            without: Without::Nothing,
            method: None,
            is_base64: false,
        };
        for transform in transforms {
            match transform {
                _ if chain.method.is_some() || chain.is_base64 => return Err(SignatureDefect::Transform),
                Transform::Base64 if chain.without == Without::Nothing => chain.is_base64 = true,
                Transform::Base64 => return Err(SignatureDefect::Transform),
                Transform::Canonical(method) => chain.method = Some(method),
                Transform::EnvelopedSignature if chain.without == Without::Nothing => {
                    chain.without = Without::ElementAt(signature_at);
                }
                // Without any signature is without the own one too.
                Transform::EnvelopedSignature => {}
                Transform::WithoutSignatures | Transform::WithoutSignaturesXPath => {
                    chain.without = Without::Signatures;
                }
            }
        }
        Ok(chain)
    }
}

impl Scene<'_> {
    /// The digest of what reference number `index` of `signature` covers.
    ///
    /// # Errors
    /// Why there is nothing to digest.
    pub fn digest(&self, signature: &XmlSignature, index: usize) -> Result<Vec<u8>, SignatureDefect> {
        let reference = signature
            .references
            .get(index)
            .ok_or(SignatureDefect::Target(index))?;
        self.digest_of(signature.element, reference, index)
    }

    /// The same of any reference; `signature`: the element that the enveloped-signature transform takes away.
    ///
    /// # Errors
    /// Why there is nothing to digest.
    pub fn digest_of(
        &self,
        signature: NodeId,
        reference: &Reference,
        index: usize,
    ) -> Result<Vec<u8>, SignatureDefect> {
        let is_outside = matches!(reference.target, Target::Outside(_) | Target::Unnamed);
        if is_outside && reference.transforms.is_empty() {
            let datum =
                (self.outside)(outside_uri(&reference.target)).ok_or(SignatureDefect::Missing(index))?;
            return datum
                .digest(reference.hash)
                .map_err(unread)?
                .ok_or(SignatureDefect::Missing(index));
        }
        if let Some(ahead) = self.ahead
            && let Target::Document { comments } = reference.target
        {
            let chain = Chain::of(&reference.transforms, self.outline.document.span(signature).start)?;
            if chain.is_base64 {
                return Err(SignatureDefect::Transform);
            }
            let wanted = Wanted {
                part: Part {
                    element: None,
                    without: chain.without,
                    comments,
                },
                method: chain
                    .method
                    .cloned()
                    .unwrap_or_else(|| Method::new(Version::Inclusive10)),
                hash: reference.hash,
            };
            if let Some(digest) = ahead.digest_of(&wanted) {
                return Ok(digest.to_vec());
            }
        }
        let mut hasher = Hasher::new(reference.hash);
        self.feed(
            signature,
            reference,
            index,
            &Method::new(Version::Inclusive10),
            &mut hasher,
        )?;
        Ok(hasher.finish())
    }

    /// Writes what `reference` covers into `sink`.
    ///
    /// `default`: how nodes become octets when no transform says so; inclusively for a digest (XML-DSig §4.4.3.2).
    ///
    /// # Errors
    /// Why there is nothing to write.
    pub fn feed(
        &self,
        signature: NodeId,
        reference: &Reference,
        index: usize,
        default: &Method,
        sink: &mut dyn Sink,
    ) -> Result<(), SignatureDefect> {
        let document = &self.outline.document;
        let chain = Chain::of(&reference.transforms, document.span(signature).start)?;
        let method = chain.method.unwrap_or(default);
        let (element, comments) = match &reference.target {
            Target::Document { comments } => (None, *comments),
            Target::Element { id, comments } => {
                if self.outline.count_of(id) != 1 {
                    return Err(SignatureDefect::Target(index));
                }
                if let Some(node) = self.in_signature(id) {
                    if chain.without != Without::Nothing {
                        return Err(SignatureDefect::Transform);
                    }
                    if chain.is_base64 {
                        sink.take(&octets(document, node)?);
                        return Ok(());
                    }
                    let mut selection = Selection::subtree(node);
                    selection.comments = *comments;
                    document.canonicalize(&selection, method, sink);
                    return Ok(());
                }
                (Some(id.clone()), *comments)
            }
            Target::Outside(_) | Target::Unnamed => {
                let datum =
                    (self.outside)(outside_uri(&reference.target)).ok_or(SignatureDefect::Missing(index))?;
                return feed_outside(&datum, &chain, index, sink);
            }
        };
        // Only what stands in a signature is kept; text elsewhere passes by.
        if chain.is_base64 {
            return Err(SignatureDefect::Transform);
        }
        let part = Part {
            element,
            without: chain.without,
            comments,
        };
        let source = BufReader::with_capacity(CHUNK, Sequential::new(Arc::clone(self.file)));
        canonicalize(source, Limits::stream(), part, method, sink)?
            .map(|_| ())
            .map_err(|defect| part_defect(defect, index))
    }

    /// The element with this identifier, when it stands in a signature.
    pub fn in_signature(&self, id: &str) -> Option<NodeId> {
        let document = &self.outline.document;
        document.with_id(id).find(|node| {
            self.outline
                .signatures
                .iter()
                .any(|signature| document.is_within(*node, *signature))
        })
    }

    /// Checks that `signature` and its manifests do not ask more often for the document, for one file, or for what stands in
    /// the signatures than anybody needs: each costs a reading.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn check_bounds(&self, signature: &XmlSignature) -> Result<(), SignatureDefect> {
        let mut asked = Asked::default();
        for (index, reference) in signature.references.iter().enumerate() {
            asked.count(self, reference)?;
            // One that cannot be read is told when it is.
            if let Ok(Some(inner)) = self.manifest(reference, index) {
                for reference in &inner {
                    asked.count(self, reference)?;
                }
            }
        }
        Ok(())
    }

    /// The references of the manifest that `reference` names, when it names one.
    ///
    /// # Errors
    /// When it is no manifest, or one of its references cannot be read.
    pub fn manifest(
        &self,
        reference: &Reference,
        index: usize,
    ) -> Result<Option<Vec<Reference>>, SignatureDefect> {
        let Target::Element { id, .. } = &reference.target else {
            return Ok(None);
        };
        let document = &self.outline.document;
        let Some(node) = self.in_signature(id) else {
            return Ok(None);
        };
        let says_manifest = reference.kind.as_deref() == Some(MANIFEST);
        if !document.is(node, DS, "Manifest") {
            return if says_manifest {
                Err(SignatureDefect::Target(index))
            } else {
                Ok(None)
            };
        }
        document
            .children(node)
            .map(|child| {
                if document.is(child, DS, "Reference") {
                    Reference::read(document, child)
                } else {
                    Err(SignatureDefect::Malformed("references in the manifest"))
                }
            })
            .collect::<Result<Vec<_>, _>>()
            .map(Some)
    }
}

/// The URI of something outside; none for what is named in the document, or not at all.
const fn outside_uri(target: &Target) -> Option<&str> {
    match target {
        Target::Outside(uri) => Some(uri.as_str()),
        Target::Unnamed | Target::Document { .. } | Target::Element { .. } => None,
    }
}

fn feed_outside(
    datum: &Datum,
    chain: &Chain<'_>,
    index: usize,
    sink: &mut dyn Sink,
) -> Result<(), SignatureDefect> {
    if chain.without != Without::Nothing || chain.is_base64 {
        return Err(SignatureDefect::Transform);
    }
    let Some(method) = chain.method else {
        return datum
            .feed(sink)
            .map_err(unread)?
            .ok_or(SignatureDefect::Missing(index));
    };
    let reader = datum.open().ok_or(SignatureDefect::Missing(index))?;
    let whole = Part {
        element: None,
        without: Without::Nothing,
        comments: true,
    };
    let reader = BufReader::with_capacity(CHUNK, reader);
    canonicalize(reader, Limits::stream(), whole, method, sink)?
        .map(|_| ())
        .map_err(|defect| part_defect(defect, index))
}

const fn part_defect(defect: PartDefect, index: usize) -> SignatureDefect {
    match defect {
        PartDefect::NotOne => SignatureDefect::Target(index),
        PartDefect::SplitText => SignatureDefect::Malformed("text that no comment parts"),
    }
}

fn unread(_: io::Error) -> SignatureDefect {
    SignatureDefect::Document(XmlError::new(XmlErrorKind::Io, 0, "bytes that can be read"))
}

/// Reads the outline of `file`.
///
/// # Errors
/// When it is no XML that can be read.
pub fn outline_of(file: &Arc<dyn ReadAt>) -> Result<Outline, XmlError> {
    let source = BufReader::with_capacity(CHUNK, Sequential::new(Arc::clone(file)));
    Outline::read(source, Limits::stream())
}

/// What a signature asked for so far.
#[derive(Default)]
struct Asked {
    into_document: usize,
    bytes_within: u64,
    files: HashMap<String, u32>,
}

impl Asked {
    fn count(&mut self, scene: &Scene<'_>, reference: &Reference) -> Result<(), SignatureDefect> {
        let is_too_much = match &reference.target {
            Target::Document { .. } => self.is_too_often(),
            Target::Element { id, .. } => match scene.in_signature(id) {
                None => self.is_too_often(),
                Some(node) => {
                    let span = scene.outline.document.span(node);
                    let length = span.end.saturating_sub(span.start);
                    self.bytes_within = self.bytes_within.saturating_add(length);
                    self.bytes_within > scene.file.len().saturating_mul(WITHIN_AT_MOST)
                }
            },
            Target::Outside(uri) => {
                let count = self.files.entry(uri.clone()).or_default();
                *count = count.saturating_add(1);
                *count > TO_ONE_FILE_AT_MOST
            }
            Target::Unnamed => false,
        };
        if is_too_much {
            return Err(SignatureDefect::Malformed("fewer references to the same data"));
        }
        Ok(())
    }

    fn is_too_often(&mut self) -> bool {
        self.into_document = self.into_document.saturating_add(1);
        self.into_document > INTO_DOCUMENT_AT_MOST
    }
}
