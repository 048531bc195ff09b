//! XML signatures: what is in a document, and each signature judged for itself. EN 319 132-1.

mod content_stamps;
mod counter;
mod form;
mod policy;
mod signer;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use signer::xml_signer;
use signer::{certificates, identify};

use super::archive_manifest::Around;
use super::attested::About;
use super::file::{Context, empty, settle, whole_digest};
use super::format::{Failure, key_of};
use super::general::{self, ARCHIVE, Basis, SIGNATURES_AT_MOST, Subject, Token};
use super::indication::SubIndication;
use super::material::Material;
use super::policy::ValidationPolicy;
use super::report::{DigestReport, Format, ObjectReport, Report, SignatureReport, base64};
use crate::ades::asic::uri;
use crate::ades::signature_name::SignatureName;
use crate::ades::xades::ahead::Ahead;
use crate::ades::xades::coverage;
use crate::ades::xades::data::{Outside, Scene, outline_of};
use crate::ades::xades::imprint::{self, is_archive};
use crate::ades::xades::names::{COUNTERSIGNED, XADES, XADES141};
use crate::ades::xades::read::Properties;
use crate::ades::xades::unsigned::{HeldKind, held, tokens};
use crate::base::bytes::{ReadAt, Slices};
use crate::base::digest::{HashAlgorithm, Hasher, Sha256Digest};
use crate::pki::certificate::Certificate;
use crate::xml::outline::Outline;
use crate::xml::signature::DS;
use crate::xml::signature::algorithm::{digest_from_uri, signature_from_uri};
use crate::xml::signature::defect::SignatureDefect;
use crate::xml::signature::read::{Reference, Target, XmlSignature};
use crate::xml::signature::verify::check_value;
use crate::xml::tree::{Document, NodeId, Selection};

/// From this length on a thread for the document's own digest costs less than it saves.
const SIDE_BY_SIDE_BYTES: u64 = 4 << 20;
/// Most characters of a foreign identifier that a report shows.
const URI_SHOWN: usize = 120;

/// Judges every signature of the XML document `source`. Never fails: what cannot be read is in the report.
///
/// `outside`: what stands beside the document; nothing is ever fetched.
pub fn validate_xml(source: Arc<dyn ReadAt>, outside: &Outside<'_>, context: &Context<'_>) -> Report {
    let policy = ValidationPolicy::strict();
    report_of(source, outside, &Basis::new(context, &policy))
}

/// The same on any basis.
pub(super) fn report_of(source: Arc<dyn ReadAt>, outside: &Outside<'_>, basis: &Basis<'_>) -> Report {
    let mut report = empty(source.len(), &basis.context, basis.policy);
    report.document.revisions = 1;
    let judged = if source.len() < SIDE_BY_SIDE_BYTES {
        report.document.sha256 = whole_digest(&*source);
        judge_document(&source, outside, (&Around::default(), basis))
    } else {
        std::thread::scope(|scope| {
            let digest = scope.spawn(|| whole_digest(&*source));
            let judged = judge_document(&source, outside, (&Around::default(), basis));
            report.document.sha256 = digest.join().unwrap_or_else(|_| whole_digest(&*source));
            judged
        })
    };
    match judged {
        Ok(judged) => report.signatures = judged.into_iter().map(|judged| judged.report).collect(),
        Err(failure) => {
            report.document.format_failure =
                Some(format!("{} ({})", failure.finding.detail, failure.finding.cause));
        }
    }
    settle(&mut report);
    report
}

/// A signature that was judged, and the URIs outside that it covers.
pub(super) struct Judged {
    pub(super) report: SignatureReport,
    pub(super) covers: BTreeSet<String>,
    pub(super) is_counter: bool,
}

/// Judges every signature of `source`, which stands under the time-stamps `around` it.
///
/// # Errors
/// When the document as a whole cannot be read.
pub(super) fn judge_document(
    source: &Arc<dyn ReadAt>,
    outside: &Outside<'_>,
    (around, basis): (&Around<'_>, &Basis<'_>),
) -> Result<Vec<Judged>, Failure> {
    let format = |cause: &str, detail: String| Failure::new(SubIndication::FormatFailure, cause, detail);
    let (outline, ahead) = Ahead::beside(source, || outline_of(source));
    let outline = outline.map_err(|error| format(error.kind.cause(), error.to_string()))?;
    if repeats_an_id(&outline) {
        return Err(format(
            "XADES_REPEATED_ID",
            "an identifier stands on two elements of the document".to_owned(),
        ));
    }
    let elements = outline.document.elements();
    let count = elements
        .filter(|element| outline.document.is(*element, DS, "Signature"))
        .count();
    if count > SIGNATURES_AT_MOST {
        return Err(format(
            "XADES_LIMIT",
            "too many signatures in one document".to_owned(),
        ));
    }
    let scene = Scene {
        file: source,
        outline: &outline,
        outside,
        ahead: ahead.as_ref(),
    };
    let mut judged = Vec::new();
    for (index, element) in outline.signatures.iter().enumerate() {
        let name = SignatureName::signer(index);
        let document = &outline.document;
        let report = match Signature::read(document, *element) {
            Ok(signature) => {
                let covers = signature.names_outside();
                let mut subject = signature.subject(&scene, name.to_string(), None);
                let inside = subject.archive.len();
                let data = covers.iter().filter_map(|uri| uri::to_name(uri)).collect();
                subject.archive.extend(around.with_data(data).tokens(inside));
                around.add_material(&mut subject.material, inside);
                let mut report = general::judge(subject, basis);
                report.covered_files = covers.union(&signature.names_listed(&scene)).cloned().collect();
                let counters = signature.counters(&scene, &name, (around, basis));
                judged.push(Judged {
                    report,
                    covers,
                    is_counter: false,
                });
                judged.extend(counters);
                continue;
            }
            Err(failure) => SignatureReport::failed(name.to_string(), Format::Xades, failure),
        };
        judged.push(Judged {
            report,
            covers: BTreeSet::new(),
            is_counter: false,
        });
    }
    Ok(judged)
}

impl From<SignatureDefect> for Failure {
    fn from(defect: SignatureDefect) -> Self {
        let sub = match defect {
            SignatureDefect::Algorithm => SubIndication::CryptoConstraintsFailure,
            SignatureDefect::Digest(_) => SubIndication::HashFailure,
            SignatureDefect::Document(_) | SignatureDefect::Malformed(_) | SignatureDefect::Target(_) => {
                SubIndication::FormatFailure
            }
            SignatureDefect::Missing(_) => SubIndication::SignedDataNotFound,
            SignatureDefect::Transform => SubIndication::SigConstraintsFailure,
            SignatureDefect::Value => SubIndication::SigCryptoFailure,
        };
        Self::new(sub, defect.cause(), defect.to_string())
    }
}

fn names_outside(references: &[Reference]) -> BTreeSet<String> {
    let uris = references.iter().filter_map(|reference| match &reference.target {
        Target::Outside(uri) => Some(uri.clone()),
        _ => None,
    });
    uris.collect()
}

/// `defect` of `reference`, which it names where what that covers is not at hand.
fn of_reference(defect: SignatureDefect, reference: &Reference) -> Failure {
    let name = match &reference.target {
        Target::Outside(uri) => uri.as_str(),
        _ => "",
    };
    Failure::from(defect).about_missing(|| ObjectReport::signed_data(name))
}

/// An algorithm of the signature `element` that is not worked with, by its identifier; none when that is not the matter.
fn unknown_algorithm(document: &Document, element: NodeId) -> Option<Failure> {
    let own = document
        .elements()
        .filter(|node| document.is_within(*node, element));
    let mut unknown = own.filter_map(|node| {
        let uri = document.tag(node)?.attribute("Algorithm")?;
        let is_known = if document.is(node, DS, "SignatureMethod") {
            signature_from_uri(uri).is_some()
        } else if document.is(node, DS, "DigestMethod") {
            digest_from_uri(uri).is_some()
        } else {
            true
        };
        (!is_known).then_some(uri)
    });
    unknown.next().map(unknown_uri)
}

/// The failure for the algorithm `uri`.
fn unknown_uri(uri: &str) -> Failure {
    let defect = SignatureDefect::Algorithm;
    let shown: String = uri.chars().take(URI_SHOWN).collect();
    Failure::new(
        SubIndication::CryptoConstraintsFailure,
        defect.cause(),
        format!("the algorithm is not accepted: {shown}"),
    )
}

/// The imprint that was made; none when content is not at hand, and one that no token has when it cannot be made at all.
fn at_hand(imprint: Result<Vec<u8>, SignatureDefect>) -> Option<Vec<u8>> {
    match imprint {
        Err(SignatureDefect::Missing(_)) => None,
        other => Some(other.unwrap_or_default()),
    }
}

/// Whether an identifier stands on two elements, other than on nothing but containers of validation data. EU DSS gives the
/// same one to those of a signature and of a counter-signature on it when they hold the same. No reference resolves to an
/// identifier that stands twice.
///
/// One pass, however many there are.
fn repeats_an_id(outline: &Outline) -> bool {
    let document = &outline.document;
    let mut of_material: BTreeMap<&str, u32> = BTreeMap::new();
    let is_material = |element: &NodeId| document.is(*element, XADES141, "TimeStampValidationData");
    if !outline.has_repeated_id() {
        return false;
    }
    for element in document.elements().filter(is_material) {
        let ids: BTreeSet<&str> = document.ids(element).collect();
        for id in ids {
            let count = of_material.entry(id).or_default();
            *count = count.saturating_add(1);
        }
    }
    // Those that are not held with the signatures are counted too.
    outline
        .repeated_ids()
        .any(|id| of_material.get(id) != Some(&outline.count_of(id)))
}

/// One signature and its properties.
struct Signature<'a> {
    document: &'a Document,
    core: XmlSignature,
    properties: Properties,
}

impl<'a> Signature<'a> {
    /// Format checking, EN 319 102-1 §5.2.2.
    fn read(document: &'a Document, element: NodeId) -> Result<Self, Failure> {
        let core = XmlSignature::read(document, element).map_err(|defect| match defect {
            SignatureDefect::Algorithm => unknown_algorithm(document, element).unwrap_or(defect.into()),
            other => other.into(),
        })?;
        let properties = Properties::find(document, &core)?;
        Ok(Self {
            document,
            core,
            properties,
        })
    }

    fn names_outside(&self) -> BTreeSet<String> {
        names_outside(&self.core.references)
    }

    /// The URIs outside that a manifest among what is signed names.
    fn names_listed(&self, scene: &Scene<'_>) -> BTreeSet<String> {
        let references = self.core.references.iter().enumerate();
        let manifests = references.filter_map(|(index, reference)| scene.manifest(reference, index).ok()?);
        manifests.flat_map(|inner| names_outside(&inner)).collect()
    }

    /// `countersigned`: the value that a counter-signature must be over.
    fn subject<'s>(
        &'s self,
        scene: &'s Scene<'s>,
        name: String,
        countersigned: Option<NodeId>,
    ) -> Subject<'s> {
        let material = self.material();
        let known = certificates(self.document, &self.core, &self.properties);
        let certificate = identify(self.document, &self.properties, &known);
        let intact = certificate
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|certificate| self.check_intact(scene, certificate, countersigned));
        let mut report = SignatureReport::empty(name, Format::Xades);
        let verdicts = self.claims(&mut report);
        // A reading of the document that only a verdict asks for.
        let about = if verdicts.is_empty() {
            About::Whole(None)
        } else {
            self.about(scene)
        };
        self.read_digests(&mut report);
        let (own, archive) = self.tokens(scene);
        Subject {
            report,
            layer: 0,
            certificate,
            intact,
            algorithm: Some(self.core.algorithm),
            hashes: self.hashes(scene),
            violations: self.violations(countersigned.is_some()),
            policy: self.policy(),
            verdicts,
            about,
            material,
            content_stamps: self.content_stamps(scene),
            own,
            archive,
            own_archives: None,
        }
    }

    /// The hashes of the references, and of those in a manifest: each may be another than the value's own.
    fn hashes(&self, scene: &Scene<'_>) -> BTreeSet<HashAlgorithm> {
        let mut hashes = BTreeSet::new();
        for (index, reference) in self.core.references.iter().enumerate() {
            hashes.insert(reference.hash);
            let inner = scene.manifest(reference, index).ok().flatten();
            hashes.extend(inner.unwrap_or_default().iter().map(|inner| inner.hash));
        }
        hashes
    }

    /// What was signed, its value, and the digest of the data when it is one.
    fn read_digests(&self, report: &mut SignatureReport) {
        let hash = self.core.algorithm.hash();
        let mut hasher = Hasher::new(hash);
        let signed = Selection::subtree(self.core.signed_info);
        self.document
            .canonicalize(&signed, &self.core.canonicalization, &mut hasher);
        report.value = Some(base64(&self.core.value));
        report.to_be_signed = Some(DigestReport::new(hash, &hasher.finish()));
        let mut data = self.data();
        if let (Some((_, one)), None) = (data.next(), data.next()) {
            report.signed_data = Some(DigestReport::new(one.hash, &one.digest));
        }
    }

    /// Cryptographic verification, EN 319 102-1 §5.2.7: the value first, so that no digest is believed that nobody
    /// signed; then every reference, and that nothing is left that none covers.
    fn check_intact(
        &self,
        scene: &Scene<'_>,
        certificate: &Certificate,
        countersigned: Option<NodeId>,
    ) -> Result<(), Failure> {
        let key = key_of(certificate)?;
        scene.check_bounds(&self.core)?;
        check_value(self.document, &self.core, key)?;
        for (index, reference) in self.core.references.iter().enumerate() {
            let digest = scene.digest(&self.core, index);
            if digest.map_err(|defect| of_reference(defect, reference))? != reference.digest {
                return Err(SignatureDefect::Digest(index).into());
            }
            let manifest = scene.manifest(reference, index);
            let manifest = manifest.map_err(|defect| of_reference(defect, reference))?;
            for inner in manifest.unwrap_or_default() {
                let digest = scene.digest_of(self.core.element, &inner, index);
                if digest.map_err(|defect| of_reference(defect, &inner))? != inner.digest {
                    return Err(SignatureDefect::Digest(index).into());
                }
            }
        }
        match countersigned {
            Some(value) => self.check_countersigned(value),
            None => self.check_coverage(scene),
        }
    }

    fn check_countersigned(&self, value: NodeId) -> Result<(), Failure> {
        let is_over = self.core.references.iter().any(|reference| {
            let names = match &reference.target {
                Target::Element { id, .. } => self.document.ids(value).any(|own| own == id),
                _ => false,
            };
            names && reference.kind.as_deref() == Some(COUNTERSIGNED)
        });
        if is_over {
            Ok(())
        } else {
            Err(Failure::new(
                SubIndication::FormatFailure,
                "XADES_COUNTER_SIGNATURE",
                "a counter-signature is over the value of the signature that holds it",
            ))
        }
    }

    fn check_coverage(&self, scene: &Scene<'_>) -> Result<(), Failure> {
        if self.data().next().is_none() {
            return Err(Failure::new(
                SubIndication::FormatFailure,
                "XADES_NO_DATA",
                "the signature covers nothing but its own properties",
            ));
        }
        let loose = self.core.objects.iter().any(|object| {
            let is_covered = self
                .core
                .references
                .iter()
                .any(|reference| match &reference.target {
                    Target::Element { id, .. } => self
                        .document
                        .elements()
                        .filter(|node| self.document.is_within(*node, *object))
                        .any(|node| self.document.ids(node).any(|own| own == id)),
                    _ => false,
                });
            let is_properties = self.document.is_within(self.properties.element, *object);
            !is_covered && !is_properties
        });
        let is_complete = coverage::is_complete(scene, &self.core).map_err(SignatureDefect::from)?;
        if loose || !is_complete {
            return Err(Failure::new(
                SubIndication::SigConstraintsFailure,
                "XADES_NOT_COVERED",
                "the document holds content that the signature does not cover",
            ));
        }
        Ok(())
    }

    fn material(&self) -> Material {
        let mut material = Material::default();
        self.add_material(&mut material, |archives| archives.saturating_mul(2));
        material
    }

    /// Adds everything that came along; `layer`: of what stands behind so many archive time-stamps of this signature.
    fn add_material(&self, material: &mut Material, layer: impl Fn(usize) -> usize) {
        for der in &self.core.certificates {
            material.add_certificate(der, layer(0));
        }
        for held in held(self.document, &self.properties) {
            let layer = layer(held.archives_before);
            match held.kind {
                HeldKind::Certificate => material.add_certificate(&held.der, layer),
                HeldKind::Crl => material.add_crl(held.der, layer),
                HeldKind::Ocsp => material.add_ocsp_response(held.der, layer),
            }
        }
    }

    fn tokens<'s>(&'s self, scene: &'s Scene<'s>) -> (Vec<Token<'s>>, Vec<Token<'s>>) {
        let (mut own, mut archive) = (Vec::new(), Vec::new());
        for property in self.properties.unsigned(self.document) {
            let is_archive = is_archive(self.document, property);
            if !is_archive && !self.document.is(property, XADES, "SignatureTimeStamp") {
                continue;
            }
            let before = archive.len();
            let method = imprint::method_of(self.document, property);
            let mut ders = tokens(self.document, property);
            let fault = match (&method, ders.len()) {
                (Err(defect), _) => Some(Failure::from(*defect)),
                (Ok(_), 1) => None,
                (Ok(_), _) => Some(Failure::new(
                    SubIndication::FormatFailure,
                    "XADES_TIME_STAMP",
                    "a time-stamp property holds one token",
                )),
            };
            let der = if ders.is_empty() {
                Vec::new()
            } else {
                ders.swap_remove(0)
            };
            if is_archive {
                archive.push(Token {
                    fault,
                    ..Token::new(
                        der,
                        format!("{ARCHIVE} {}", before.saturating_add(1)),
                        before.saturating_mul(2).saturating_add(1),
                        Box::new(move |hash| {
                            let method = method.as_ref().ok()?;
                            let (core, properties) = (&self.core, &self.properties);
                            let made =
                                imprint::of_archive(scene, core, properties, Some(property), method, hash);
                            at_hand(made)
                        }),
                    )
                });
            } else {
                own.push(Token {
                    fault,
                    ..Token::new(
                        der,
                        "signature time-stamp",
                        before.saturating_mul(2),
                        Box::new(move |hash| {
                            let method = method.as_ref().ok()?;
                            Some(imprint::of_signature(self.document, &self.core, method, hash))
                        }),
                    )
                });
            }
        }
        (own, archive)
    }

    /// The references to what is signed, with their numbers: all but those to the own properties and the own key information.
    fn data(&self) -> impl Iterator<Item = (usize, &Reference)> {
        let is_key_info = |reference: &Reference| match (&reference.target, self.core.key_info) {
            (Target::Element { id, .. }, Some(info)) => self.document.ids(info).any(|own| own == id),
            _ => false,
        };
        let references = self.core.references.iter().enumerate();
        references
            .filter(move |(index, reference)| *index != self.properties.reference && !is_key_info(reference))
    }

    /// What verdicts of authority may be about: of several things that are signed, each by itself.
    fn about(&self, scene: &Scene<'_>) -> About {
        let pieces = self.pieces(scene);
        match pieces.as_slice() {
            [] => About::Whole(None),
            [one] => About::Whole(match &one.target {
                Target::Element { .. } => Some(self.document_digest(scene)),
                _ => self.piece_digest(scene, &one.target),
            }),
            several => {
                let (mut files, mut known) = (Vec::new(), BTreeSet::new());
                for piece in several {
                    let file = (piece_name(piece), self.piece_digest(scene, &piece.target));
                    // One file may be written in several ways.
                    if known.insert(file.clone()) {
                        files.push(file);
                    }
                }
                About::Files(files)
            }
        }
    }

    /// What is signed, each once: of a manifest, what it names. A thing is often signed by more than one digest.
    fn pieces<'s>(&'s self, scene: &Scene<'_>) -> Vec<Cow<'s, Reference>> {
        let mut pieces: Vec<Cow<'s, Reference>> = Vec::new();
        let mut known = BTreeSet::new();
        for (index, reference) in self.data() {
            if !known.insert(reference.target.clone()) {
                continue;
            }
            match scene.manifest(reference, index).ok().flatten() {
                Some(inner) => {
                    let new = inner
                        .into_iter()
                        .filter(|piece| known.insert(piece.target.clone()));
                    pieces.extend(new.map(Cow::Owned));
                }
                None => pieces.push(Cow::Borrowed(reference)),
            }
        }
        pieces
    }

    /// SHA-256 of one thing that is signed; none when it is not at hand, or is but a part of the document.
    fn piece_digest(&self, scene: &Scene<'_>, target: &Target) -> Option<Sha256Digest> {
        let uri = match target {
            Target::Document { .. } => return Some(self.document_digest(scene)),
            Target::Element { .. } => return None,
            Target::Outside(uri) => Some(uri.as_str()),
            Target::Unnamed => None,
        };
        let digest = (scene.outside)(uri)?.digest(HashAlgorithm::Sha256).ok()??;
        Some(Sha256Digest(digest.try_into().ok()?))
    }

    /// SHA-256 of the document without this and the signatures behind it: the bytes it was put into.
    fn document_digest(&self, scene: &Scene<'_>) -> Sha256Digest {
        let own = self.document.span(self.core.element).start;
        let mut kept = Vec::new();
        let mut at = 0;
        for later in &scene.outline.signatures {
            let span = self.document.span(*later);
            if span.start >= own {
                kept.push((at, span.start.saturating_sub(at)));
                at = span.end;
            }
        }
        kept.push((at, scene.file.len().saturating_sub(at)));
        whole_digest(&Slices::new(Arc::clone(scene.file), kept))
    }
}

/// The name by which a report tells what `reference` covers: of a file its own, of the document and what stands in it the
/// URI (XML-DSig §4.4.3.3).
fn piece_name(reference: &Reference) -> String {
    match &reference.target {
        Target::Document { .. } => "#xpointer(/)".to_owned(),
        Target::Element { id, .. } => format!("#{id}"),
        Target::Outside(uri) => uri::to_name(uri).unwrap_or_else(|| uri.clone()),
        Target::Unnamed => match &reference.id {
            Some(id) => format!("#{id}"),
            None => "ds:Reference".to_owned(),
        },
    }
}
