//! The signature of a trusted list, over exactly what is read of it.

use super::defect::ListDefect;
use super::list::{ListKind, TrustedList};
use super::{SIGNED_PROPERTIES, TSL, XADES, read};
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;
use crate::pki::certificate::Certificate;
use crate::xml::canonical::{Method, Version};
use crate::xml::error::XmlError;
use crate::xml::limits::Limits;
use crate::xml::signature::DS;
use crate::xml::signature::algorithm::digest_from_uri;
use crate::xml::signature::read::{Target, XmlSignature};
use crate::xml::signature::transform::Transform;
use crate::xml::signature::verify::{check_reference, check_value, nothing_outside};
use crate::xml::tree::{Document, NodeId};

/// Who may sign.
#[derive(Clone, Copy, Debug)]
pub enum Signers<'a> {
    /// Certificates that a pointer names, compared by all their bytes.
    Named(&'a [Certificate]),
    /// SHA-256 of certificates that the Official Journal published.
    Pinned(&'a [Sha256Digest]),
}

impl Signers<'_> {
    fn accept(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Named(named) => named.contains(certificate),
            Self::Pinned(pinned) => pinned.contains(&certificate.fingerprint()),
        }
    }
}

/// What is expected of the list, beside its signature.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Its territory, two capitals.
    pub territory: &'a str,
    /// Its type.
    pub kind: ListKind,
    /// The highest sequence number of this list that was ever accepted.
    pub held: Option<u64>,
    /// The moment asked about, with the seconds of grace after the next update was due. None asks nothing of the next
    /// update: for a list that is judged at the time it was made.
    pub at: Option<(Timestamp, i64)>,
}

/// A list with whoever signed it.
#[derive(Clone, Debug)]
pub struct VerifiedList {
    /// What it says.
    pub list: TrustedList,
    /// Its signer.
    pub signer: Certificate,
    /// SHA-256 of the whole file.
    pub fingerprint: Sha256Digest,
}

/// Verifies a list and reads what its signature covers.
///
/// There is no path to build: the signer is one of `signers` or nobody. The signer's certificate is judged at the time the
/// list was issued; pointers keep those that have ended since.
///
/// # Errors
/// See [`ListDefect`]; the first rule that fails, the signature before the content.
///
/// Source: TS 119 612 §5.7.1 and annex B (two references, exclusive canonicalisation, enveloped); TS 119 615 §4.1.
pub fn verify(
    bytes: &[u8],
    signers: Signers<'_>,
    expected: &Expected<'_>,
) -> Result<VerifiedList, ListDefect> {
    let document = parse(bytes)?;
    let root = document.root();
    if !document.is(root, TSL, "TrustServiceStatusList") {
        return Err(ListDefect::Signature("no trusted list"));
    }
    let signature = only_signature(&document)?;
    let (covered, properties) = shape(&document, &signature)?;
    // The value first: digests that nobody signed say nothing.
    let signer = signature
        .certificates
        .iter()
        .filter_map(|der| Certificate::parse(der.clone()).ok())
        .find(|certificate| signers.accept(certificate))
        .ok_or(match signers {
            Signers::Named(_) => ListDefect::Signature("its signer is not among those named for it"),
            Signers::Pinned(_) => ListDefect::AnchorUnknown,
        })?;
    let key = signer
        .public_key()
        .map_err(|_| ListDefect::Signature("the signer's key is not one that is read"))?;
    check_value(&document, &signature, key)?;
    let covered = check_reference(&document, &signature, covered, &nothing_outside)?.octets;
    let properties = check_reference(&document, &signature, properties, &nothing_outside)?.octets;
    names_signer(&properties, &signer)?;

    // From here on only what was digested is looked at.
    let list = read::list(&parse(&covered)?)?;
    let signed_at = list.issued_at;
    if signed_at < signer.not_before() || signed_at > signer.not_after() {
        return Err(ListDefect::Signature(
            "its signer's certificate was not valid when it was issued",
        ));
    }
    AlgorithmPolicy::etsi_ts_119_312()
        .check(signature.algorithm, key.kind(), signed_at)
        .map_err(|_| ListDefect::Signature("an algorithm that was not accepted when it was issued"))?;
    if signature.references.iter().any(|reference| {
        AlgorithmPolicy::etsi_ts_119_312()
            .check_hash(reference.hash, signed_at)
            .is_err()
    }) {
        return Err(ListDefect::Signature(
            "a digest that was not accepted when it was issued",
        ));
    }
    if list.kind != expected.kind || list.territory != expected.territory {
        return Err(ListDefect::Scope);
    }
    if let Some(held) = expected.held.filter(|held| list.sequence < *held) {
        return Err(ListDefect::Rollback {
            found: list.sequence,
            held,
        });
    }
    if let Some((at, grace)) = expected.at
        && let Some(next_update) = list.is_overdue(at, grace)
    {
        return Err(ListDefect::Expired { next_update, at });
    }
    Ok(VerifiedList {
        list,
        signer,
        fingerprint: Sha256Digest::of(bytes),
    })
}

/// Reads a list as it stands, signed by whoever: to know which pivots to ask for, and for nothing else.
pub(super) fn peek(bytes: &[u8]) -> Result<TrustedList, ListDefect> {
    read::list(&parse(bytes)?)
}

fn parse(bytes: &[u8]) -> Result<Document, ListDefect> {
    Document::parse(bytes, Limits::document()).map_err(|error: XmlError| {
        ListDefect::SignatureCore(crate::xml::signature::defect::SignatureDefect::Document(error))
    })
}

/// Exactly one signature in the whole document, directly inside the root, and no identifier twice.
fn only_signature(document: &Document) -> Result<XmlSignature, ListDefect> {
    let mut all = document.elements().filter(|id| document.is(*id, DS, "Signature"));
    let (Some(element), None) = (all.next(), all.next()) else {
        return Err(ListDefect::Signature("not exactly one signature"));
    };
    if document.parent(element) != Some(document.root()) {
        return Err(ListDefect::Signature(
            "its signature does not stand in the root element",
        ));
    }
    if document.has_repeated_id() {
        return Err(ListDefect::Signature("an identifier stands twice"));
    }
    Ok(XmlSignature::read(document, element)?)
}

/// Which reference covers the document and which the signed properties.
fn shape(document: &Document, signature: &XmlSignature) -> Result<(usize, usize), ListDefect> {
    let exclusive = Method::new(Version::Exclusive);
    if signature.canonicalization != exclusive {
        return Err(ListDefect::Signature(
            "another canonicalisation than the exclusive one",
        ));
    }
    let [first, second] = signature.references.as_slice() else {
        return Err(ListDefect::Signature("not exactly two references"));
    };
    let is_properties = |reference: &crate::xml::signature::read::Reference| {
        reference.kind.as_deref() == Some(SIGNED_PROPERTIES)
    };
    let (covering, properties, indexes) = match (is_properties(first), is_properties(second)) {
        (false, true) => (first, second, (0, 1)),
        (true, false) => (second, first, (1, 0)),
        _ => {
            return Err(ListDefect::Signature(
                "not exactly one reference to the signed properties",
            ));
        }
    };
    if covering.target != (Target::Document { comments: false })
        || covering.transforms
            != [
                Transform::EnvelopedSignature,
                Transform::Canonical(exclusive.clone()),
            ]
    {
        return Err(ListDefect::Signature(
            "a reference that does not cover the document as it must",
        ));
    }
    if properties.transforms != [Transform::Canonical(exclusive)] {
        return Err(ListDefect::Signature("other transforms on the signed properties"));
    }
    let own = own_properties(document, signature)?;
    let Target::Element { id, comments: false } = &properties.target else {
        return Err(ListDefect::Signature(
            "a reference that does not name the signed properties",
        ));
    };
    if !document.ids(own).any(|own| own == id) {
        return Err(ListDefect::Signature(
            "the signed properties are not those of this signature",
        ));
    }
    Ok(indexes)
}

/// The SignedProperties in the only QualifyingProperties, which must be this signature's.
fn own_properties(document: &Document, signature: &XmlSignature) -> Result<NodeId, ListDefect> {
    let only = |name: &str| {
        let mut all = document.elements().filter(|id| document.is(*id, XADES, name));
        match (all.next(), all.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    };
    let missing = ListDefect::Signature("not exactly one set of signed properties");
    let qualifying = only("QualifyingProperties").ok_or(missing)?;
    let signed = only("SignedProperties").ok_or(missing)?;
    let target = document
        .tag(qualifying)
        .and_then(|tag| tag.attribute("Target"))
        .and_then(|target| target.strip_prefix('#'));
    let stands_right = document.parent(signed) == Some(qualifying)
        && document
            .parent(qualifying)
            .is_some_and(|object| signature.objects.contains(&object));
    if !stands_right || target.is_none() || target != signature.id.as_deref() {
        return Err(ListDefect::Signature(
            "the signed properties are not those of this signature",
        ));
    }
    Ok(signed)
}

/// SigningCertificate or SigningCertificateV2 names the signer by its digest (EN 319 132-1 §5.2.2).
fn names_signer(properties: &[u8], signer: &Certificate) -> Result<(), ListDefect> {
    let document = parse(properties)?;
    let malformed = ListDefect::Signature("its signed properties do not name the signer's certificate");
    let mut named = document.elements().filter(|id| {
        document.is(*id, XADES, "SigningCertificate") || document.is(*id, XADES, "SigningCertificateV2")
    });
    let (Some(element), None) = (named.next(), named.next()) else {
        return Err(malformed);
    };
    // The first is the signer's; others would name its path.
    let certificate = document
        .children_named(element, XADES, "Cert")
        .next()
        .ok_or(malformed)?;
    let digest = document
        .children_named(certificate, XADES, "CertDigest")
        .next()
        .ok_or(malformed)?;
    let hash = document
        .children_named(digest, DS, "DigestMethod")
        .next()
        .and_then(|method| document.tag(method))
        .and_then(|tag| tag.attribute("Algorithm"))
        .and_then(digest_from_uri)
        .ok_or(malformed)?;
    let value = document
        .children_named(digest, DS, "DigestValue")
        .next()
        .and_then(|value| crate::xml::signature::read::octets(&document, value).ok())
        .ok_or(malformed)?;
    if hash.digest(signer.der()) == value {
        Ok(())
    } else {
        Err(malformed)
    }
}
