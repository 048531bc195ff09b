//! The signature policy that a signer names, and whether its document is the one that was signed for.
//!
//! Nothing in a policy's document is carried out: a signature is judged by the [`ValidationPolicy`] alone. Which policies
//! count is what that says. EN 319 102-1 §5.2.4 and §5.2.8.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::format::Failure;
use super::indication::SubIndication;
use super::policy::ValidationPolicy;
use super::report::{DigestReport, Finding, PolicyDocumentSource, SignaturePolicyReport, SignatureReport};
use crate::ades::cms::policy::{asn1_digest, document_digest};
use crate::ades::statement::PolicyIdentifier;
use crate::base::digest::HashAlgorithm;
use crate::xml::canonical::{Method, Version};
use crate::xml::limits::Limits;
use crate::xml::tree::{Document, Selection};

/// What a signature states of its policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stated {
    /// That what is signed, or the world around it, tells which. EN 319 132-1 §5.2.9.
    Implied,
    /// Which.
    Named(Named),
    /// Something that cannot be read.
    Unread,
}

/// A policy by name, with the digest of its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// An object identifier, dotted, or a URI.
    pub(super) id: String,
    /// Where the document is to be had, as the signer says. Never followed.
    pub(super) uri: Option<String>,
    /// The digest that was signed; none when it is left out, or zero, which says that it is not known.
    pub(super) digest: Option<(HashAlgorithm, Vec<u8>)>,
    /// How that is made.
    pub(super) made: Made,
    /// The document that stands unsigned in the signature.
    pub(super) stored: Option<Vec<u8>>,
}

/// How the digest of a policy's document is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// As ETSI TR 102 272 says for one in ASN.1, and of the octets of any other. EN 319 122-1 §5.2.9.1.
    ByItsKind,
    /// As ETSI TR 102 272 says; of a document in another language, only that language's specification tells.
    AsSpecified,
    /// Of the document's octets.
    Octets,
    /// Of the octets that this method, which has no parameters, gives.
    Canonical(Method),
    /// In a way that is not known here.
    Unknown,
}

impl Named {
    /// The policy `id`, as the signature writes it.
    pub(super) fn new(id: &str, made: Made) -> Self {
        let name = id.trim();
        let known: Result<PolicyIdentifier, _> = name.parse();
        Self {
            id: known.map_or_else(|_| name.to_owned(), |known| known.name().to_owned()),
            uri: None,
            digest: None,
            made,
            stored: None,
        }
    }

    /// The same with a digest by `hash`, when that is known here.
    pub(super) fn with_digest(mut self, hash: Option<HashAlgorithm>, digest: Vec<u8>) -> Self {
        let is_stated = digest.iter().any(|octet| *octet != 0);
        self.digest = hash.filter(|_| is_stated).map(|hash| (hash, digest));
        self
    }

    /// Whether `document` is the one that was signed for; none when that cannot be told.
    fn is(&self, document: &[u8]) -> Option<bool> {
        let (hash, signed) = self.digest.as_ref()?;
        Some(self.made.digest(*hash, document)? == *signed)
    }
}

impl Made {
    /// Of the octets that `methods` give one after the other; of the document's own when there are none.
    ///
    /// WHY they become one: a signer may write as many different lists as there are signatures, and each would cost its own
    /// passes over every document. So there are no more ways than kinds of octets, and nobody's can be used up by another.
    pub(super) fn canonical(methods: &[Method]) -> Self {
        // This one changes nothing in what another gives.
        let first = Method::new(Version::Inclusive10).with_comments();
        let joined = methods.iter().try_fold(first, |all, next| all.then(next));
        match joined {
            _ if methods.is_empty() => Self::Octets,
            Some(method) => Self::Canonical(method),
            None => Self::Unknown,
        }
    }

    /// The digest of `document`; none when it cannot be made.
    fn digest(&self, hash: HashAlgorithm, document: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::AsSpecified => asn1_digest(hash, document),
            Self::ByItsKind => Some(document_digest(hash, document)),
            Self::Octets => Some(hash.digest(document)),
            Self::Canonical(method) => Some(hash.digest(&canonical(document, method)?)),
            Self::Unknown => None,
        }
    }
}

/// Digests of the documents that were handed in, each made once for all signatures that are judged together: a document may
/// have a MiB, and a file hundreds of signatures. There are but a few ways of making one, whatever signers write.
#[derive(Debug, Default)]
pub(super) struct Digests(RefCell<Vec<Known>>);

/// The digest of each document, in their order, made in one way; none where it cannot be made.
type OfEach = Rc<Vec<Option<Vec<u8>>>>;

#[derive(Debug)]
struct Known {
    made: Made,
    hash: HashAlgorithm,
    of_each: OfEach,
}

impl Digests {
    /// Those of `given`, always the same documents.
    fn of_each(&self, made: &Made, hash: HashAlgorithm, given: &[Arc<[u8]>]) -> OfEach {
        let mut all = self.0.borrow_mut();
        if let Some(known) = all.iter().find(|known| known.hash == hash && known.made == *made) {
            return Rc::clone(&known.of_each);
        }
        let digests = given.iter().map(|document| made.digest(hash, document));
        let of_each = Rc::new(digests.collect());
        all.push(Known {
            made: made.clone(),
            hash,
            of_each: Rc::clone(&of_each),
        });
        of_each
    }
}

fn canonical(octets: &[u8], method: &Method) -> Option<Vec<u8>> {
    let limits = Limits {
        instructions: true,
        ..Limits::document()
    };
    let document = Document::parse(octets, limits).ok()?;
    Some(document.canonicalize(&Selection::document(), method, Vec::new()))
}

/// What was seen of a policy's document.
struct Seen {
    source: PolicyDocumentSource,
    matches: Option<bool>,
}

/// A document that was handed in stands for whichever policy it has the digest of. Where none has it, the one that stands in
/// the signature is looked at, unless `must_be_given`: it is unsigned and the signer's own choice, so that it shows no more
/// than that the signer agrees with himself. Whoever hands in the document of the policy that they require wants that one.
fn look(named: &Named, given: &[Arc<[u8]>], must_be_given: bool, digests: &Digests) -> Seen {
    let seen = |source, matches| Seen { source, matches };
    let answers: Vec<Option<bool>> = match &named.digest {
        None => vec![None; given.len()],
        Some((hash, signed)) => {
            let of_each = digests.of_each(&named.made, *hash, given);
            let all = of_each.iter();
            all.map(|digest| Some(digest.as_ref()? == signed)).collect()
        }
    };
    if answers.contains(&Some(true)) {
        return seen(PolicyDocumentSource::Given, Some(true));
    }
    if let Some(stored) = &named.stored
        && (answers.is_empty() || !must_be_given)
    {
        return seen(PolicyDocumentSource::Store, named.is(stored));
    }
    if answers.is_empty() {
        return seen(PolicyDocumentSource::Absent, None);
    }
    let is_told = answers.iter().all(Option::is_some);
    seen(PolicyDocumentSource::Given, is_told.then_some(false))
}

/// Puts into `report` what the signer states of a policy, and what is known of it; a failure when `policy` asks for more.
///
/// EU DSS's own policy takes any signature policy or none, and warns of a document that is another or not there; so do the
/// policies here that ask for none (reference ades-signing §9).
///
/// `digests`: those made already of the documents in `policy`.
pub(super) fn judge(
    stated: Option<&Stated>,
    policy: &ValidationPolicy,
    digests: &Digests,
    report: &mut SignatureReport,
) -> Option<Failure> {
    let named = match stated {
        Some(Stated::Named(named)) => Some(named),
        Some(Stated::Implied | Stated::Unread) | None => None,
    };
    let is_required = policy.signature_policy.is_some();
    let seen = named.map(|named| look(named, &policy.policy_documents, is_required, digests));
    report.signature_policy = stated.map(|stated| report_of(stated, seen.as_ref()));
    if let Some(required) = &policy.signature_policy
        && named.is_none_or(|named| named.id != *required)
    {
        let why = match stated {
            Some(Stated::Implied) => "the signature says that its policy is implied".to_owned(),
            Some(Stated::Named(named)) => format!("the signature names the policy `{}`", named.id),
            Some(Stated::Unread) => "the signature names a policy in a way that cannot be read".to_owned(),
            None => "the signature names no policy".to_owned(),
        };
        return Some(Failure::new(
            SubIndication::SigConstraintsFailure,
            "SIGNATURE_POLICY_OTHER",
            format!("{why}, and `{required}` is required"),
        ));
    }
    let (sub, cause, why) = wrong(stated?, seen.as_ref())?;
    if is_required {
        return Some(Failure::new(sub, cause, why));
    }
    report.findings.push(Finding::warning(cause, why));
    None
}

/// What is wrong with the policy's document: the sub-indication of EN 319 102-1 §5.1.3 where a policy is required, the
/// cause, and in words.
fn wrong(stated: &Stated, seen: Option<&Seen>) -> Option<(SubIndication, &'static str, String)> {
    let named = match stated {
        Stated::Implied => return None,
        Stated::Named(named) => named,
        Stated::Unread => {
            return Some((
                SubIndication::PolicyProcessingError,
                "SIGNATURE_POLICY_UNDECIDED",
                "the signature names a policy in a way that cannot be read".to_owned(),
            ));
        }
    };
    let id = &named.id;
    let seen = seen?;
    match (seen.source, seen.matches) {
        (_, Some(true)) => None,
        (PolicyDocumentSource::Absent, _) => Some((
            SubIndication::SignaturePolicyNotAvailable,
            "SIGNATURE_POLICY_NOT_AVAILABLE",
            format!("the document of the policy `{id}` is not at hand"),
        )),
        (_, Some(false)) => Some((
            SubIndication::PolicyProcessingError,
            "SIGNATURE_POLICY_HASH",
            format!("the document at hand for the policy `{id}` has another digest than the one signed"),
        )),
        (_, None) => Some((
            SubIndication::PolicyProcessingError,
            "SIGNATURE_POLICY_UNDECIDED",
            format!("how the digest of the policy `{id}` is made is not known, or none was signed"),
        )),
    }
}

fn report_of(stated: &Stated, seen: Option<&Seen>) -> SignaturePolicyReport {
    let mut report = SignaturePolicyReport {
        id: None,
        implied: *stated == Stated::Implied,
        uri: None,
        digest: None,
        document: seen.map_or(PolicyDocumentSource::Absent, |seen| seen.source),
        matches: seen.and_then(|seen| seen.matches),
    };
    if let Stated::Named(named) = stated {
        report.id = Some(named.id.clone());
        report.uri.clone_from(&named.uri);
        let digest = named.digest.as_ref();
        report.digest = digest.map(|(hash, digest)| DigestReport::new(*hash, digest));
    }
    report
}

#[cfg(test)]
mod tests {
    use super::super::report::Format;
    use super::*;
    use crate::asn1::read::{self, Rules};
    use crate::asn1::write;
    use crate::crypto::algorithm;

    const HASH: HashAlgorithm = HashAlgorithm::Sha256;
    const ID: &str = "2.16.56.13.6.1";

    fn named(made: Made, digest: Vec<u8>) -> Named {
        Named::new(&format!("urn:oid:{ID}"), made).with_digest(Some(HASH), digest)
    }

    /// A policy in the form of TR 102 272, with the digest `own` of itself.
    fn asn1(own: Option<&[u8]>) -> Vec<u8> {
        let info = write::sequence(&[&write::oid(&ID.parse().unwrap()), &write::utf8("TEST")]);
        let own = own.map(write::octet_string).unwrap_or_default();
        write::sequence(&[&algorithm::hash_identifier(HASH), &info, &own])
    }

    #[test]
    fn the_digest_of_a_policy_in_asn1_leaves_out_its_frame_and_its_own_digest() {
        let plain = asn1(None);
        let inside = HASH.digest(read::single(&plain, Rules::Der).unwrap().content());
        for (document, made, is) in [
            (plain.clone(), Made::ByItsKind, Some(true)),
            (plain.clone(), Made::AsSpecified, Some(true)),
            (asn1(Some(&inside)), Made::ByItsKind, Some(true)),
            (asn1(Some(&[7; 32])), Made::ByItsKind, Some(false)),
            // XML and JSON sign the octets, unless they say otherwise.
            (plain.clone(), Made::Octets, Some(false)),
            (plain, Made::Unknown, None),
            (b"beleid".to_vec(), Made::AsSpecified, None),
        ] {
            assert_eq!(named(made.clone(), inside.clone()).is(&document), is, "{made:?}");
        }
        let text = b"0beleid TEST";
        assert_eq!(named(Made::ByItsKind, HASH.digest(text)).is(text), Some(true));
        let other = write::sequence(&[&write::utf8("TEST")]);
        let inside = HASH.digest(read::single(&other, Rules::Der).unwrap().content());
        assert_eq!(named(Made::ByItsKind, inside).is(&other), Some(true));
    }

    #[test]
    fn the_digest_of_a_policy_in_xml_is_of_what_its_transforms_give() {
        let document = b"<?xml version=\"1.0\"?><?stijl a?><b  z='1' a='2'/>";
        let method = Method::new(Version::Exclusive);
        let made = Made::canonical(std::slice::from_ref(&method));
        let canonical = b"<?stijl a?>\n<b a=\"2\" z=\"1\"></b>";
        assert_eq!(
            named(made.clone(), HASH.digest(canonical)).is(document),
            Some(true)
        );
        assert_eq!(
            named(made.clone(), HASH.digest(document)).is(document),
            Some(false)
        );
        assert_eq!(named(made, HASH.digest(b"x")).is(b"x"), None, "no XML");
        let many = Made::canonical(&vec![method.clone(); 100]);
        assert_eq!(named(many, HASH.digest(canonical)).is(document), Some(true));
        // What is read nowhere is not guessed at.
        let with_parameter = Method {
            inclusive_prefixes: vec!["p".to_owned()],
            ..method
        };
        assert_eq!(Made::canonical(&[with_parameter]), Made::Unknown);
    }

    /// The findings and the sub-indication of a signature with `stated`, under `policy`.
    fn judged(
        stated: Option<&Stated>,
        policy: &ValidationPolicy,
    ) -> (SignatureReport, Option<SubIndication>) {
        let mut report = SignatureReport::empty("x".to_owned(), Format::Cades);
        let failure = judge(stated, policy, &Digests::default(), &mut report);
        let sub = failure.as_ref().map(|failure| failure.sub);
        if let Some(failure) = failure {
            report.fail(failure);
        }
        (report, sub)
    }

    #[test]
    fn what_is_not_as_it_should_be_warns_and_fails_where_a_policy_is_required() {
        use PolicyDocumentSource::{Absent, Given, Store};
        use SubIndication::{PolicyProcessingError, SigConstraintsFailure, SignaturePolicyNotAvailable};
        let right: &[u8] = b"beleid TEST";
        let digest = HASH.digest(right);
        let plain = named(Made::ByItsKind, digest.clone());
        let stored = |document: &[u8]| {
            Stated::Named(Named {
                stored: Some(document.to_vec()),
                ..plain.clone()
            })
        };
        let other = Stated::Named(Named::new("1.2.3", Made::ByItsKind).with_digest(Some(HASH), digest));
        let zero = Stated::Named(named(Made::ByItsKind, vec![0; 32]));
        let plain = Stated::Named(plain.clone());
        let undecided = Some("SIGNATURE_POLICY_UNDECIDED");
        let hash = Some("SIGNATURE_POLICY_HASH");
        let absent = Some("SIGNATURE_POLICY_NOT_AVAILABLE");
        for (name, stated, given, seen, cause, sub) in [
            (
                "given",
                Some(&plain),
                vec![b"x", right],
                Some((Given, Some(true))),
                None,
                None,
            ),
            (
                "absent",
                Some(&plain),
                vec![],
                Some((Absent, None)),
                absent,
                Some(SignaturePolicyNotAvailable),
            ),
            (
                "another",
                Some(&plain),
                vec![b"x"],
                Some((Given, Some(false))),
                hash,
                Some(PolicyProcessingError),
            ),
            (
                "stored",
                Some(&stored(right)),
                vec![],
                Some((Store, Some(true))),
                None,
                None,
            ),
            // Without a document required it is told what the signer meant; whoever requires one has said which.
            (
                "stored, and another given",
                Some(&stored(right)),
                vec![b"x"],
                Some((Store, Some(true))),
                None,
                Some(PolicyProcessingError),
            ),
            (
                "stored falsely",
                Some(&stored(b"y")),
                vec![],
                Some((Store, Some(false))),
                hash,
                Some(PolicyProcessingError),
            ),
            (
                "stored falsely, and given",
                Some(&stored(b"y")),
                vec![right],
                Some((Given, Some(true))),
                None,
                None,
            ),
            (
                "no digest",
                Some(&zero),
                vec![right],
                Some((Given, None)),
                undecided,
                Some(PolicyProcessingError),
            ),
            (
                "unread",
                Some(&Stated::Unread),
                vec![right],
                Some((Absent, None)),
                undecided,
                Some(SigConstraintsFailure),
            ),
            (
                "implied",
                Some(&Stated::Implied),
                vec![],
                Some((Absent, None)),
                None,
                Some(SigConstraintsFailure),
            ),
            (
                "other",
                Some(&other),
                vec![right],
                Some((Given, Some(true))),
                None,
                Some(SigConstraintsFailure),
            ),
            ("none", None, vec![right], None, None, Some(SigConstraintsFailure)),
        ] {
            let policy = ValidationPolicy {
                policy_documents: given.into_iter().map(Arc::from).collect(),
                ..ValidationPolicy::strict()
            };
            let (report, failed) = judged(stated, &policy);
            let shown = report
                .signature_policy
                .map(|shown| (shown.document, shown.matches));
            assert_eq!((shown, failed), (seen, None), "{name}");
            let causes: Vec<&str> = report.findings.iter().map(|one| one.cause.as_str()).collect();
            assert_eq!(causes, Vec::from_iter(cause), "{name}");
            let (report, failed) = judged(stated, &policy.requiring(&ID.parse().unwrap()));
            assert_eq!(failed, sub, "{name}");
            assert_eq!(report.sub_indication, sub, "{name}");
            if name == "stored, and another given" {
                let found = report.signature_policy.map(|one| (one.document, one.matches));
                assert_eq!(found, Some((Given, Some(false))), "{name}");
                assert_eq!(Some(report.findings[0].cause.as_str()), hash, "{name}");
            }
        }
    }

    /// Every list of up to four methods.
    fn lists() -> Vec<Vec<Method>> {
        let versions = [Version::Exclusive, Version::Inclusive10, Version::Inclusive11];
        let methods = versions.map(|version| [Method::new(version), Method::new(version).with_comments()]);
        let mut all = vec![Vec::new()];
        let mut from = 0;
        for _ in 0..4 {
            let longest = all.get(from..).unwrap().to_vec();
            from = all.len();
            for list in longest {
                let longer = methods.iter().flatten();
                all.extend(longer.map(|method| [list.as_slice(), std::slice::from_ref(method)].concat()));
            }
        }
        all
    }

    /// Whoever writes lists of transforms that nobody else does costs no more and takes nothing from the others.
    #[test]
    fn a_document_is_digested_once_in_each_of_a_few_ways_and_nobody_uses_them_up() {
        let document: Arc<[u8]> = Arc::from(&b"<a xmlns:unused='urn:x'><!-- TEST --></a>"[..]);
        let digests = Digests::default();
        let policy = ValidationPolicy {
            policy_documents: vec![Arc::clone(&document)],
            ..ValidationPolicy::strict()
        };
        let judged = |made: Made, hash: HashAlgorithm, digest: Vec<u8>| {
            let named = Named::new(ID, made).with_digest(Some(hash), digest);
            let mut report = SignatureReport::empty("x".to_owned(), Format::Xades);
            judge(Some(&Stated::Named(named)), &policy, &digests, &mut report);
            report.signature_policy.unwrap().matches
        };
        let lists = lists();
        assert_eq!(lists.len(), 1 + 6 + 36 + 216 + 1296);
        for hash in HashAlgorithm::ALL {
            for list in &lists {
                assert_eq!(
                    judged(Made::canonical(list), hash, vec![7]),
                    Some(false),
                    "{list:?}"
                );
            }
        }
        let ways = digests.0.borrow().len();
        assert_eq!(ways, (1 + 4) * HashAlgorithm::ALL.len());
        // The honest ones behind them.
        assert_eq!(judged(Made::Octets, HASH, HASH.digest(&document)), Some(true));
        assert_eq!(judged(Made::ByItsKind, HASH, HASH.digest(&document)), Some(true));
        let canonical = HASH.digest(b"<a></a>");
        let made = Made::canonical(&[Method::new(Version::Exclusive)]);
        assert_eq!(judged(made, HASH, canonical), Some(true));
        assert_eq!(digests.0.borrow().len(), ways + 1);

        // The judging keeps to it: what is known already is not made again of another document.
        let other = ValidationPolicy {
            policy_documents: vec![Arc::from(&b"<b/>"[..])],
            ..ValidationPolicy::strict()
        };
        let named = named(Made::Octets, HASH.digest(&document));
        let mut report = SignatureReport::empty("x".to_owned(), Format::Xades);
        judge(Some(&Stated::Named(named)), &other, &digests, &mut report);
        assert_eq!(report.signature_policy.unwrap().matches, Some(true));
    }
}
