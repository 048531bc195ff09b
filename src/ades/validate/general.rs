//! One signature outside PDF, whatever its format: the process of EN 319 102-1 §5.5 and §5.6 over what the format found.

use std::time::Duration;

use super::chain;
use super::existence::{Existence, Proof};
use super::file::Context;
use super::format::Failure;
use super::indication::SubIndication;
use super::material::Material;
use super::report::{Finding, SignatureReport};
use super::revocation::Judge;
use super::signature::{certificate_says, level_stamp};
use super::stamp::{self, Stamp};
use super::verdict;
use crate::ades::level::{self, Evidence};
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::purpose::Purpose;

/// How far two time-stamping units' clocks may differ before their order counts as a contradiction.
const ORDER_TOLERANCE: Duration = Duration::from_secs(1);

/// Makes the digest, with the hash asked for, of what a time-stamp should be over.
pub(super) type Imprint<'a> = Box<dyn Fn(HashAlgorithm) -> Option<Vec<u8>> + 'a>;

/// A time-stamp token and what it should be over.
///
/// Where PDF has revisions, these formats have objects that archive time-stamps cover one after the other. The order
/// is told the same way: what archive time-stamp number k (from 0) covers first stands in revision 2k, the time-stamp
/// itself in 2k + 1.
pub(super) struct Token<'a> {
    pub(super) der: Vec<u8>,
    pub(super) name: String,
    pub(super) revision: usize,
    pub(super) imprint: Imprint<'a>,
    /// What the format found wrong with it.
    pub(super) fault: Option<Failure>,
}

/// What the format found of one signature.
pub(super) struct Subject<'a> {
    /// The report so far: name, claims, findings of the format.
    pub(super) report: SignatureReport,
    /// Where the signature stands among what archive time-stamps cover: 0 when each of them covers it.
    pub(super) revision: usize,
    /// The certificate that the signed attributes name.
    pub(super) certificate: Result<Certificate, Failure>,
    /// Whether content and value verify under it.
    pub(super) intact: Result<(), Failure>,
    pub(super) algorithm: Option<SignatureAlgorithm>,
    /// What breaks the baseline of the format.
    pub(super) violations: Vec<Finding>,
    /// The verdict of authority among the claims.
    pub(super) verdict: Option<String>,
    /// SHA-256 of the content, when it is at hand.
    pub(super) content: Option<Sha256Digest>,
    pub(super) material: Material,
    /// Time-stamps over the value.
    pub(super) own: Vec<Token<'a>>,
    /// Archive time-stamps, oldest first.
    pub(super) archive: Vec<Token<'a>>,
}

/// Judges one signature.
pub(super) fn judge(subject: Subject<'_>, context: &Context<'_>) -> SignatureReport {
    let Subject {
        mut report,
        revision,
        certificate,
        intact,
        algorithm,
        violations,
        verdict,
        content,
        material,
        own,
        archive,
    } = subject;
    report.covers_whole_revision = true;
    report.algorithm = algorithm.map(|algorithm| algorithm.to_string());
    let certificate = match certificate {
        Ok(certificate) => certificate,
        Err(failure) => {
            report.fail(failure);
            return report;
        }
    };
    report.certificate = Some(certificate_says(&certificate));
    let is_intact = intact.is_ok();
    if let Err(failure) = intact {
        report.fail(failure);
    }
    // WHY: a sealed file carries its roots. Where one came from says nothing; only a pin lets it in.
    for known in &material.certificates {
        context.trust.add_anchor(known);
    }
    let (existence, archived) = judge_archive(&archive, &material, context);
    let judge = judge_over(&material, &existence, context);
    let stamps: Vec<Stamp> = own
        .iter()
        .map(|token| judge_token(&judge, token, existence.of_revision(token.revision)))
        .collect();
    note_broken(stamps.iter().chain(&archived), &mut report);
    check_order(&stamps, &archived, &mut report);

    let covered = existence.of_revision(revision);
    let proven = stamps.iter().filter_map(Stamp::proven).min();
    let best = proven.map_or(covered, |proven| proven.min(covered));
    report.best_signature_time = Some(best);
    report.attested = verdict.map(|verdict| {
        let is_document = |digest: &Sha256Digest| content.as_ref() == Some(digest);
        verdict::check(
            &verdict,
            &is_document,
            &certificate.fingerprint(),
            best,
            context.verdict_keys,
        )
    });
    if let (Some(algorithm), Some(kind)) = (algorithm, certificate.key_kind())
        && let Err(refusal) = judge.algorithms.check(algorithm, kind, best)
    {
        let sub = chain::algorithm_sub_indication(&refusal);
        report.fail(Failure::new(sub, "ALG_FORBIDDEN", refusal.to_string()));
    }
    let path = chain::validate(&judge, &certificate, &[], Purpose::Signature, best);
    let signer_material = match path {
        Ok(path) => {
            report.findings.extend(path.notes);
            if let Some(failure) = path.failure {
                report.fail(failure);
            }
            path.material_revision
        }
        Err(failure) => {
            report.fail(failure);
            None
        }
    };
    // Outside PDF, B-T asks for a time-stamp over the value; one over everything does not stand in for it.
    let has_own = stamps.iter().any(|stamp| level_stamp(stamp).whole);
    let covering = archive
        .iter()
        .zip(&archived)
        .filter(|(token, _)| has_own && token.revision > revision)
        .map(|(token, stamp)| (token.revision, level_stamp(stamp)))
        .collect();
    report.level = level::shown(&Evidence {
        baseline: is_intact && violations.is_empty(),
        revision,
        own_stamps: stamps.iter().map(level_stamp).collect(),
        covering,
        signer_material,
    });
    report.findings.extend(violations);
    report.time_stamps = stamps
        .into_iter()
        .chain(archived)
        .map(|stamp| stamp.report)
        .collect();
    report
}

const fn judge_over<'a>(
    material: &'a Material,
    existence: &'a Existence,
    context: &Context<'a>,
) -> Judge<'a> {
    Judge {
        material,
        existence,
        trust: context.trust,
        algorithms: context.algorithms,
        now: context.at,
    }
}

/// Judges archive time-stamps from the newest to the oldest: each one that passes proves what it covers, the older
/// ones included. EN 319 102-1 §5.6.2.3.
fn judge_archive(
    archive: &[Token<'_>],
    material: &Material,
    context: &Context<'_>,
) -> (Existence, Vec<Stamp>) {
    let mut existence = Existence::new(context.at);
    let mut judged = Vec::with_capacity(archive.len());
    for token in archive.iter().rev() {
        let exists_at = existence.of_revision(token.revision);
        let stamp = judge_token(&judge_over(material, &existence, context), token, exists_at);
        if let Some(gen_time) = stamp.proven() {
            existence.add(Proof {
                revision: token.revision,
                gen_time,
            });
        }
        judged.push(stamp);
    }
    judged.reverse();
    (existence, judged)
}

fn judge_token(judge: &Judge<'_>, token: &Token<'_>, exists_at: crate::base::time::Timestamp) -> Stamp {
    let mut stamp = stamp::validate(judge, &token.der, Some(&token.name), &token.imprint, exists_at);
    if let Some(fault) = &token.fault {
        stamp.whole = None;
        stamp.report.indication = fault.sub.indication();
        stamp.report.sub_indication = Some(fault.sub);
        stamp.report.findings.push(fault.finding.clone());
    }
    stamp
}

/// A time-stamp that is not whole shows that the file was changed after it was made, or was never one.
///
/// The standard lets such a one be passed over; zegel's policy asks that everything in a signature that calls itself
/// evidence is intact, so that no damage goes by unseen. One that merely cannot be proven is passed over with a note.
fn note_broken<'s>(stamps: impl Iterator<Item = &'s Stamp>, report: &mut SignatureReport) {
    for stamp in stamps {
        let name = stamp.report.field.clone().unwrap_or_default();
        if stamp.whole.is_none() {
            report.fail(Failure::new(
                SubIndication::SigConstraintsFailure,
                "TST_BROKEN",
                format!("{name} is not intact: the file was changed, or it never fitted"),
            ));
        } else {
            report.findings.extend(stamp::ignored(stamp));
        }
    }
}

/// Signature time-stamps first, then archive time-stamps one after the other. EN 319 102-1 §5.5.4 step d.
fn check_order(own: &[Stamp], archived: &[Stamp], report: &mut SignatureReport) {
    let newest_own = own.iter().filter_map(|stamp| stamp.whole).max();
    let mut before = newest_own;
    for stamp in archived {
        let Some(time) = stamp.whole else { continue };
        if let Some(earlier) = before.filter(|earlier| *earlier > time.plus(ORDER_TOLERANCE)) {
            report.fail(Failure::new(
                SubIndication::TimestampOrderFailure,
                "TST_ORDER",
                format!("a time-stamp of {earlier} is covered by one of {time}"),
            ));
        }
        before = Some(before.map_or(time, |before| before.max(time)));
    }
}
