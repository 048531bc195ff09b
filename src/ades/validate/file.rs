//! One file: what is in it, in which order it is judged, and the report.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::digests::Digests;
use super::existence::{Existence, Proof};
use super::format::Failure;
use super::future::{self, Later};
use super::indication::{Indication, SubIndication};
use super::layer;
use super::material::Material;
use super::policy::ValidationPolicy;
use super::report::{
    ChangeReport, DocumentFacts, Finding, Format, Report, SignatureReport, TimeStampReport, Weight,
};
use super::revocation::{Judge, Memory};
use super::signature::{Covering, Found, judge_signature};
use super::stamp;
use super::verdict::VerdictKey;
use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher, Sha256Digest};
use crate::base::lang::Language;
use crate::base::time::{Day, Timestamp};
use crate::crypto::policy::AlgorithmPolicy;
use crate::pdf::changes::{Change, History};
use crate::pdf::document::Document;
use crate::pdf::dss;
use crate::pdf::error::{PdfError, PdfErrorKind};
use crate::pdf::signature::{FieldState, Signature, SignatureFault, SignatureKind, hash_range};
use crate::pki::anchors::Environment;
use crate::pki::certificate::Certificate;
use crate::pki::timestamp::TimeStampToken;
use crate::pki::trust::Trust;

/// What a file is judged against.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Roots pinned, and authorities known.
    pub trust: &'a Trust,
    /// Which algorithms count, and until when.
    pub algorithms: &'a AlgorithmPolicy,
    /// Keys that verdicts of authority may verify under, trusted ones first.
    pub verdict_keys: &'a [VerdictKey],
    /// The moment judged for: evidence from later is not used. Normally now.
    pub at: Timestamp,
}

/// Judges every signature and time-stamp in `source` under the strict policy. Never fails: what cannot be read is in
/// the report.
///
/// Source: EN 319 102-1 §5.3 to §5.6.
pub fn validate(source: Arc<dyn ReadAt>, context: &Context<'_>) -> Report {
    validate_with(source, context, &ValidationPolicy::strict())
}

/// The same under another policy.
pub fn validate_with(source: Arc<dyn ReadAt>, context: &Context<'_>, policy: &ValidationPolicy) -> Report {
    match Inspection::of(&source) {
        Ok(inspection) => inspection.judge(context, policy),
        Err(error) => unread(&*source, context, policy, format!("{error} ({})", error.cause())),
    }
}

/// The report of a file that cannot be read, and `why`, which ends with its cause.
pub(super) fn unread(
    source: &dyn ReadAt,
    context: &Context<'_>,
    policy: &ValidationPolicy,
    why: String,
) -> Report {
    let mut report = empty(source.len(), context, policy);
    report.document.format_failure = Some(why);
    report.document.sha256 = whole_digest(source);
    report.indication = overall(&report);
    report
}

/// The report of a file before anything is found in it.
pub(super) fn empty(length_bytes: u64, context: &Context<'_>, policy: &ValidationPolicy) -> Report {
    Report {
        validator: concat!("zegel ", env!("CARGO_PKG_VERSION")).to_owned(),
        validated_at: context.at,
        algorithm_policy: context.algorithms.name().to_owned(),
        validation_policy: policy.name.clone(),
        laboratory: context.trust.data().environment() == Environment::Test,
        document: DocumentFacts {
            sha256: Sha256Digest([0; 32]),
            length_bytes,
            revisions: 0,
            format_failure: None,
        },
        indication: Indication::Indeterminate,
        signatures: Vec::new(),
        document_time_stamps: Vec::new(),
        plans: Vec::new(),
        maintainability: None,
    }
}

/// The worst of all; a file without signature is undecided, one that is no readable signed file has failed.
pub(super) fn overall(report: &Report) -> Indication {
    if report.document.format_failure.is_some() {
        return Indication::TotalFailed;
    }
    let worst = report
        .signatures
        .iter()
        .map(|signature| signature.indication)
        .max();
    worst.unwrap_or(Indication::Indeterminate)
}

/// Draws together what hangs on the indications of signatures and time-stamps: last, and again when one changed.
///
/// "Qualified" is said of what passed alone, in every form of the report: what a list says of a certificate is no word
/// about a signature that does not hold.
pub(super) fn settle(report: &mut Report) {
    for signature in &mut report.signatures {
        if signature.indication != Indication::TotalPassed {
            signature.qualified = None;
        }
        signature.qualification = signature.qualification_in(Language::En);
        let content = signature.content_time_stamps.iter_mut();
        settle_stamps(content.chain(&mut signature.time_stamps));
    }
    settle_stamps(report.document_time_stamps.iter_mut());
    report.indication = overall(report);
    report.plans = super::verdict::plans(&report.signatures);
}

fn settle_stamps<'s>(stamps: impl Iterator<Item = &'s mut TimeStampReport>) {
    for stamp in stamps.filter(|stamp| stamp.indication != Indication::TotalPassed) {
        stamp.qualified = None;
    }
}

/// Content was handed in, and no signature that holds covers it: whoever hands it in asks about it, and must not read
/// an answer about something else.
pub(super) fn refuse_unused(report: &mut Report) {
    let passed = report
        .signatures
        .iter_mut()
        .filter(|signature| signature.indication == Indication::TotalPassed);
    for signature in passed {
        signature.fail(Failure::new(
            SubIndication::FormatFailure,
            "CONTENT_NOT_COVERED",
            "content was handed in that no signature covers",
        ));
    }
    report.maintainability = None;
    settle(report);
}

pub(super) fn whole_digest(source: &dyn ReadAt) -> Sha256Digest {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    // A source that cannot be read has the digest of what could; the report says that it failed.
    let _ = hash_range(&mut hasher, source, 0, source.len());
    Sha256Digest(hasher.finish().try_into().unwrap_or_default())
}

/// A file that was read: everything about it that does not depend on the moment or on whom one trusts. Reading and
/// digesting are done once, however many moments it is judged for.
pub struct Inspection {
    document: Document,
    signatures: Vec<Found>,
    stamps: Vec<(String, Signature)>,
    faulty: Vec<(String, SignatureFault)>,
    digests: Digests,
    material: Material,
    history: Option<History>,
}

impl Inspection {
    /// Reads `source`.
    ///
    /// # Errors
    /// When it is no PDF that can be read strictly.
    pub fn of(source: &Arc<dyn ReadAt>) -> Result<Self, PdfError> {
        let document = Document::open(source.clone())?;
        let mut signatures: Vec<Found> = Vec::new();
        let mut stamps: Vec<(String, Signature)> = Vec::new();
        let mut faulty = Vec::new();
        for field in document.latest().signature_fields()? {
            let name = field.field.full_name;
            match field.state {
                FieldState::Empty => {}
                FieldState::Faulty(fault) => faulty.push((name, fault)),
                FieldState::Signed(signature) if signature.kind == SignatureKind::DocTimeStamp => {
                    stamps.push((name, *signature));
                }
                FieldState::Signed(signature) => signatures.push(Found::new(name, *signature, &document)),
            }
        }
        signatures.sort_by_key(|found| found.signature.contents_span.start);
        stamps.sort_by_key(|(_, signature)| signature.contents_span.start);
        // The digests take the longest: what is compared object by object is compared beside them.
        let wanted = wanted(&signatures, &stamps);
        let (digests, compared) = std::thread::scope(|scope| {
            let digests = scope.spawn(|| Digests::new(source.clone(), &wanted));
            let compared = material(&document, &signatures, &stamps).and_then(|material| {
                let oldest = signatures.iter().map(|found| found.signature.revision).min();
                let history = oldest.map(|oldest| History::of(&document, oldest)).transpose()?;
                Ok((material, history))
            });
            (digests.join(), compared)
        });
        let unread = || PdfError::new(PdfErrorKind::Io, 0, "bytes that can be read again");
        let digests = digests.map_err(|_| unread())?.map_err(|_| unread())?;
        let (material, history) = compared?;
        Ok(Self {
            document,
            signatures,
            stamps,
            faulty,
            digests,
            material,
            history,
        })
    }

    /// Whether the revision of the signature in `field` was appended to the document whose SHA-256 is `digest`.
    pub fn is_appended_to(&self, field: &str, digest: &Sha256Digest) -> bool {
        let found = self.signatures.iter().find(|found| found.field == field);
        found.is_some_and(|found| found.is_document_before(digest, &self.digests))
    }

    /// Judges it.
    pub fn judge(&self, context: &Context<'_>, policy: &ValidationPolicy) -> Report {
        self.judge_by(context, policy, false)
    }

    /// Judges it, and says how it would be judged at `later` by its own content.
    pub fn judge_for(&self, context: &Context<'_>, policy: &ValidationPolicy, later: Timestamp) -> Report {
        let mut report = self.judge(context, policy);
        let file = Later {
            points: self.turning_points(context),
            judge_at: &|at| self.judge_by(&Context { at, ..*context }, policy, true),
        };
        report.maintainability = Some(future::maintainability(&file, context.at, later));
        report
    }

    /// Moments at which the outcome may change: ends of certificates and of algorithms.
    fn turning_points(&self, context: &Context<'_>) -> BTreeSet<Timestamp> {
        let own = self.signatures.iter().flat_map(Found::certificates);
        let own = own.filter_map(|der| Certificate::parse(der.clone()).ok());
        let tokens = self
            .stamps
            .iter()
            .map(|(_, signature)| signature.contents.as_slice());
        let units = tokens
            .filter_map(|der| TimeStampToken::parse(der).ok())
            .flat_map(|token| token.certificates);
        let stored = self.material.certificates().iter().cloned();
        let mut points: BTreeSet<Timestamp> = own
            .chain(units)
            .chain(stored)
            .chain(self.material.responders())
            .map(|certificate| certificate.not_after())
            .collect();
        points.extend(context.algorithms.ends().map(Day::start));
        points
    }

    const fn judge_with<'a>(
        &'a self,
        existence: &'a Existence,
        context: &Context<'a>,
        policy: &'a ValidationPolicy,
        memory: &'a Memory,
        embedded_only: bool,
    ) -> Judge<'a> {
        Judge {
            material: &self.material,
            existence,
            trust: context.trust,
            algorithms: context.algorithms,
            policy,
            memory,
            now: context.at,
            embedded_only,
        }
    }

    /// `embedded_only`: by what it contains and the pinned roots alone; no authority counts that is only known here.
    fn judge_by(&self, context: &Context<'_>, policy: &ValidationPolicy, embedded_only: bool) -> Report {
        // WHY: a sealed file carries its roots. Where one came from says nothing; only a pin lets it in.
        for certificate in self.material.certificates() {
            context.trust.add_anchor(certificate);
        }
        let mut report = empty(self.document.len(), context, policy);
        report.document.revisions = self.document.revisions().len();
        report.document.sha256 = self.digests.whole();
        let memory = Memory::default();
        // From the newest to the oldest: each one that passes proves what it covers, the older time-stamps included.
        // EN 319 102-1 §5.6.3.4.
        let mut existence = Existence::new(context.at);
        let mut judged = Vec::with_capacity(self.stamps.len());
        for (name, signature) in self.stamps.iter().rev() {
            let exists_at = existence.of(&layer::of_signature(signature));
            let digest = |hash| self.digests.of(signature, hash);
            let stamp = stamp::validate(
                &self.judge_with(&existence, context, policy, &memory, embedded_only),
                &signature.contents,
                Some(name),
                &digest,
                exists_at,
            );
            if let Some(gen_time) = stamp.proven() {
                existence.add(Proof {
                    coverage: layer::covered_by(signature.revision),
                    gen_time,
                });
            }
            judged.push(stamp);
        }
        judged.reverse();
        let judge = self.judge_with(&existence, context, policy, &memory, embedded_only);
        let coverings: Vec<Covering<'_>> = self
            .stamps
            .iter()
            .zip(&judged)
            .map(|((_, signature), stamp)| Covering {
                revision: signature.revision,
                stamp,
            })
            .collect();
        // What calls itself a time-stamp and is none is no evidence, so adding it is no allowed change.
        let broken: BTreeSet<&str> = self
            .stamps
            .iter()
            .zip(&judged)
            .filter(|(_, stamp)| stamp.whole.is_none())
            .map(|((field, _), _)| field.as_str())
            .collect();
        for found in &self.signatures {
            let changes = self
                .history
                .as_ref()
                .map(|history| history.after(found.signature.revision))
                .unwrap_or_default();
            let mut signature =
                judge_signature(found, &judge, &self.digests, &coverings, context.verdict_keys);
            add_changes(&mut signature, &changes, &broken, policy);
            if self.document.has_authentication_code() {
                signature.findings.push(Finding::note(
                    "PDF_MAC_NOT_CHECKED",
                    "the message authentication code of the encrypted file (ISO/TS 32004)",
                ));
            }
            report.signatures.push(signature);
        }
        let faulty = self.faulty.iter();
        report.signatures.extend(faulty.map(|(name, fault)| {
            SignatureReport::failed(name.clone(), Format::Pades, Failure::from(*fault))
        }));
        report.document_time_stamps = judged.into_iter().map(|stamp| stamp.report).collect();
        settle(&mut report);
        report
    }
}

/// Everything the file offers, and the layer of each.
fn material(
    document: &Document,
    signatures: &[Found],
    stamps: &[(String, Signature)],
) -> Result<Material, PdfError> {
    let mut material = Material::default();
    let store = dss::read_dated(document)?;
    for item in store.certificates {
        material.add_certificate(&item.der, layer::of_store(item.revision));
    }
    for item in store.ocsp_responses {
        material.add_ocsp_response(item.der, layer::of_store(item.revision));
    }
    for item in store.crls {
        material.add_crl(item.der, layer::of_store(item.revision));
    }
    // What stands inside a signature or a token is covered with it.
    for found in signatures {
        let layer = layer::of_message(found.signature.revision);
        for der in found.certificates() {
            material.add_certificate(der, layer);
        }
        let archived = found.archived();
        for der in archived.ocsp_responses {
            material.add_ocsp_response(der, layer);
        }
        for der in archived.crls {
            material.add_crl(der, layer);
        }
    }
    for (_, signature) in stamps {
        for certificate in TimeStampToken::parse(&signature.contents)
            .map(|token| token.certificates)
            .unwrap_or_default()
        {
            material.add_certificate(certificate.der(), layer::of_message(signature.revision));
        }
    }
    Ok(material)
}

/// Where midstates are needed: before each value, and before the revision of each signature for its verdict.
fn wanted(signatures: &[Found], stamps: &[(String, Signature)]) -> BTreeSet<(HashAlgorithm, u64)> {
    let mut wanted = BTreeSet::new();
    for found in signatures {
        let hashes = found
            .content_stamp_hashes()
            .into_iter()
            .chain(found.digest_hash());
        wanted.extend(hashes.map(|hash| (hash, found.signature.contents_span.start)));
        wanted.insert((HashAlgorithm::Sha256, found.before_end));
    }
    for (_, signature) in stamps {
        if let Ok(token) = TimeStampToken::parse(&signature.contents) {
            wanted.insert((token.hash, signature.contents_span.start));
        }
    }
    wanted
}

/// A change that is not on the list fails the signature: nobody can say what it does to what was signed.
fn add_changes(
    report: &mut SignatureReport,
    changes: &[Change],
    broken: &BTreeSet<&str>,
    policy: &ValidationPolicy,
) {
    report.changes = changes
        .iter()
        .map(|change| change_report(change, broken))
        .collect();
    let weighed: Vec<(bool, Weight, String)> = report
        .changes
        .iter()
        .filter_map(|change| {
            let weight = policy.weight_of(&change.kind, change.allowed)?;
            let detail = format!("{} {}", change.kind, change.detail);
            Some((change.allowed, weight, detail.trim_end().to_owned()))
        })
        .collect();
    // One failure is enough to say; each warning says another thing.
    if let Some((_, _, detail)) = weighed.iter().find(|(_, weight, _)| *weight == Weight::Error) {
        report.fail(Failure::new(
            SubIndication::FormatFailure,
            "PDF_CHANGE_NOT_ALLOWED",
            detail.clone(),
        ));
    }
    for (allowed, _, detail) in weighed.iter().filter(|(_, weight, _)| *weight == Weight::Warning) {
        let cause = if *allowed {
            "PDF_CHANGE_VISIBLE"
        } else {
            "PDF_CHANGE_NOT_ALLOWED"
        };
        report.findings.push(Finding::warning(cause, detail.clone()));
    }
}

fn change_report(change: &Change, broken: &BTreeSet<&str>) -> ChangeReport {
    let (kind, detail) = match change {
        Change::DocTimeStampAdded { field } if broken.contains(field.as_str()) => (
            "undefined",
            format!("{field}: what was added as a document time-stamp is none"),
        ),
        Change::DocTimeStampAdded { field } => ("document_time_stamp_added", field.clone()),
        Change::DssAdded => ("security_store_added", String::new()),
        Change::FormFilled { field, old, new } => ("form_filled", format!("{field}: `{old}` → `{new}`")),
        Change::Metadata => ("metadata", String::new()),
        Change::SignatureAdded { field } => ("signature_added", field.clone()),
        Change::Undefined {
            object: Some(object),
            why,
        } => ("undefined", format!("object {object}: {why}")),
        Change::Undefined { object: None, why } => ("undefined", (*why).to_owned()),
    };
    ChangeReport {
        allowed: kind != "undefined",
        kind: kind.to_owned(),
        detail,
    }
}
