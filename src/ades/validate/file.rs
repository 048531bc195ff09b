//! One file: what is in it, in which order it is judged, and the report.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::digests::Digests;
use super::existence::{Existence, Proof};
use super::format::Failure;
use super::indication::{Indication, SubIndication};
use super::material::Material;
use super::report::{ChangeReport, DocumentFacts, Report, SignatureReport};
use super::revocation::Judge;
use super::signature::{Covering, Found, judge_signature};
use super::stamp::{self, Stamp};
use super::verdict::VerdictKey;
use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher, Sha256Digest};
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;
use crate::pdf::changes::{Change, History};
use crate::pdf::document::Document;
use crate::pdf::error::PdfError;
use crate::pdf::signature::{FieldState, Signature, SignatureKind, hash_range};
use crate::pki::anchors::Environment;
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

/// Judges every signature and time-stamp in `source`. Never fails: what cannot be read is in the report.
///
/// Source: EN 319 102-1 §5.3 to §5.6.
pub fn validate(source: Arc<dyn ReadAt>, context: &Context<'_>) -> Report {
    let mut report = blank(context, source.len());
    if let Err(error) = judge_file(&source, context, &mut report) {
        report.document.format_failure = Some(format!("{error} ({})", error.cause()));
        report.signatures.clear();
        report.document_time_stamps.clear();
        report.document.sha256 = whole_digest(&*source);
    }
    report.indication = overall(&report);
    report.plans = super::verdict::plans(&report.signatures);
    report
}

/// The report of a file before anything is found in it.
pub(super) fn blank(context: &Context<'_>, length_bytes: u64) -> Report {
    Report {
        validator: concat!("zegel ", env!("CARGO_PKG_VERSION")).to_owned(),
        validated_at: context.at,
        algorithm_policy: context.algorithms.name().to_owned(),
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

pub(super) fn whole_digest(source: &dyn ReadAt) -> Sha256Digest {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    // A source that cannot be read has the digest of what could; the report says that it failed.
    let _ = hash_range(&mut hasher, source, 0, source.len());
    Sha256Digest(hasher.finish().try_into().unwrap_or_default())
}

fn judge_file(source: &Arc<dyn ReadAt>, context: &Context<'_>, report: &mut Report) -> Result<(), PdfError> {
    let document = Document::open(source.clone())?;
    report.document.revisions = document.revisions().len();
    let mut signatures: Vec<Found> = Vec::new();
    let mut stamps: Vec<(String, Signature)> = Vec::new();
    let mut faulty = Vec::new();
    for field in document.latest().signature_fields()? {
        let name = field.field.full_name;
        match field.state {
            FieldState::Empty => {}
            FieldState::Faulty(fault) => faulty.push(SignatureReport::failed(name, Failure::from(fault))),
            FieldState::Signed(signature) if signature.kind == SignatureKind::DocTimeStamp => {
                stamps.push((name, *signature));
            }
            FieldState::Signed(signature) => signatures.push(Found::new(name, *signature, &document)),
        }
    }
    signatures.sort_by_key(|found| found.signature.contents_span.start);
    stamps.sort_by_key(|(_, signature)| signature.contents_span.start);

    let digests = Digests::new(source, &wanted(&signatures, &stamps));
    let digests = digests.map_err(|_| {
        PdfError::new(
            crate::pdf::error::PdfErrorKind::Io,
            0,
            "bytes that can be read again",
        )
    })?;
    report.document.sha256 = digests.whole();

    let marks: Vec<usize> = stamps.iter().map(|(_, signature)| signature.revision).collect();
    let material = Material::read(&document, &marks)?;
    // WHY: a sealed file carries its roots. Where one came from says nothing; only a pin lets it in.
    for certificate in &material.certificates {
        context.trust.add_anchor(certificate);
    }
    let (existence, judged) = judge_stamps(&stamps, &material, &digests, context);
    let judge = judge(&material, &existence, context);
    let history = match signatures.iter().map(|found| found.signature.revision).min() {
        Some(oldest) => Some(History::of(&document, oldest)?),
        None => None,
    };
    let coverings: Vec<Covering<'_>> = stamps
        .iter()
        .zip(&judged)
        .map(|((_, signature), stamp)| Covering {
            revision: signature.revision,
            stamp,
        })
        .collect();
    // What calls itself a time-stamp and is none is no evidence, so adding it is no allowed change.
    let broken: BTreeSet<&str> = stamps
        .iter()
        .zip(&judged)
        .filter(|(_, stamp)| stamp.whole.is_none())
        .map(|((field, _), _)| field.as_str())
        .collect();
    for found in &signatures {
        let changes = history
            .as_ref()
            .map(|history| history.after(found.signature.revision))
            .unwrap_or_default();
        let mut judged = judge_signature(found, &judge, &digests, &coverings, context.verdict_keys);
        add_changes(&mut judged, &changes, &broken);
        // Last: only of a signature that passed is more said than that nothing is determined.
        judged.qualification = judged.qualification_in(Language::En);
        report.signatures.push(judged);
    }
    report.signatures.extend(faulty);
    report.document_time_stamps = judged.into_iter().map(|stamp| stamp.report).collect();
    Ok(())
}

const fn judge<'a>(material: &'a Material, existence: &'a Existence, context: &Context<'a>) -> Judge<'a> {
    Judge {
        material,
        existence,
        trust: context.trust,
        algorithms: context.algorithms,
        now: context.at,
    }
}

/// Judges document time-stamps from the newest to the oldest: each one that passes proves what stands before it, the
/// older time-stamps included. EN 319 102-1 §5.6.2.3.
fn judge_stamps(
    stamps: &[(String, Signature)],
    material: &Material,
    digests: &Digests<'_>,
    context: &Context<'_>,
) -> (Existence, Vec<Stamp>) {
    let mut existence = Existence::new(context.at);
    let mut judged = Vec::with_capacity(stamps.len());
    for (name, signature) in stamps.iter().rev() {
        let exists_at = existence.of_revision(signature.revision);
        let digest = |hash| digests.of(signature, hash);
        let judge = judge(material, &existence, context);
        let stamp = stamp::validate(&judge, &signature.contents, Some(name), &digest, exists_at);
        if let Some(gen_time) = stamp.proven() {
            existence.add(Proof {
                revision: signature.revision,
                gen_time,
            });
        }
        judged.push(stamp);
    }
    judged.reverse();
    (existence, judged)
}

/// Where midstates are needed: before each value, and before the revision of each signature for its verdict.
fn wanted(signatures: &[Found], stamps: &[(String, Signature)]) -> BTreeSet<(HashAlgorithm, u64)> {
    let mut wanted = BTreeSet::new();
    for found in signatures {
        if let Some(hash) = found.digest_hash() {
            wanted.insert((hash, found.signature.contents_span.start));
        }
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
fn add_changes(report: &mut SignatureReport, changes: &[Change], broken: &BTreeSet<&str>) {
    report.changes = changes
        .iter()
        .map(|change| change_report(change, broken))
        .collect();
    if let Some(change) = report.changes.iter().find(|change| !change.allowed) {
        let detail = change.detail.clone();
        report.fail(Failure::new(
            SubIndication::FormatFailure,
            "PDF_CHANGE_NOT_ALLOWED",
            detail,
        ));
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
