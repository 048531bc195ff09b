//! From a signature that is intact to its indication, whatever its format: the basic process, the process with time and
//! long-term data, and past signature validation. EN 319 102-1 §5.3, §5.5 and §5.6.
//!
//! A format hands over an [`Input`]: who signed, with what algorithm, and which time-stamps were judged over what.

use std::collections::BTreeSet;

use super::chain::{self, Chain, Subject};
use super::format::Failure;
use super::indication::SubIndication;
use super::past;
use super::report::{Finding, Process};
use super::revocation::Judge;
use super::stamp::Stamp;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::path::Pool;
use crate::pki::purpose;

/// A signature whose value was verified under `certificate`.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    /// The certificate that the signed attributes name.
    pub(super) certificate: &'a Certificate,
    /// Certificates that came inside the signature.
    pub(super) extra: &'a Pool,
    /// The algorithm of the value; none when it is unknown, which was told elsewhere.
    pub(super) algorithm: Option<SignatureAlgorithm>,
    /// Hashes by which the signed value refers to the data, where they may differ from the value's own.
    pub(super) hashes: &'a BTreeSet<HashAlgorithm>,
    /// Time-stamps over the content, signed with it.
    pub(super) content: &'a [Stamp],
    /// Time-stamps over the value.
    pub(super) own: &'a [Stamp],
    /// Archive or document time-stamps that cover the signature, oldest first.
    pub(super) archive: &'a [&'a Stamp],
    /// When the signature says it was made.
    pub(super) claimed: Option<Timestamp>,
}

/// What time and trust say of a signature.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Why it does not pass; none when it does.
    pub(super) failure: Option<Failure>,
    /// Beside that.
    pub(super) findings: Vec<Finding>,
    /// The process that gave the result.
    pub(super) process: Process,
    /// The earliest moment at which the signature is proven to have existed.
    pub(super) best: Timestamp,
    /// Its path with what it needs; none when there is no path.
    pub(super) chain: Option<Chain>,
}

/// Judges a signature by its time-stamps and by what came along.
pub(super) fn judge(judge: &Judge<'_>, input: &Input<'_>) -> Outcome {
    let best = best_time(judge, input);
    let mut outcome = Outcome {
        failure: None,
        findings: Vec::new(),
        process: Process::Basic,
        best,
        chain: None,
    };
    let subject = Subject {
        leaf: input.certificate,
        extra: input.extra,
        purpose: purpose::of_signer(input.certificate),
        proven: best,
        fresh_for: best,
    };
    if let Err(failure) = run(judge, input, &subject, &mut outcome) {
        outcome.failure = Some(failure);
    }
    if outcome.failure.is_none() {
        outcome.failure = check_order(judge, input, best).or_else(|| check_delay(judge, input, best));
    }
    if let Some(claimed) = input.claimed
        && claimed > best.plus(judge.policy.order_tolerance())
    {
        outcome.findings.push(Finding::warning(
            "CLAIMED_TIME_LATER",
            format!(
                "the signer claims {claimed}, later than {best}, when the signature is proven to have existed"
            ),
        ));
    }
    outcome
}

fn run(
    judge: &Judge<'_>,
    input: &Input<'_>,
    subject: &Subject<'_>,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    // The basic process, §5.3: at the moment of validation.
    let Err(failure) = holds_at(judge, input, subject, judge.now, outcome) else {
        return check_begun(subject);
    };
    let revoked_at = outcome.chain.as_ref().and_then(|chain| chain.revoked_at);
    by_content(input, &failure, revoked_at)?;
    if !past::may_be_mended(failure.sub) {
        return Err(failure);
    }
    // With time and long-term data, §5.5: at best-signature-time.
    check_begun(subject)?;
    outcome.process = Process::LongTerm;
    let Err(failure) = holds_at(judge, input, subject, subject.proven, outcome) else {
        return Ok(());
    };
    if !past::may_be_mended(failure.sub) || subject.proven >= judge.now {
        return Err(failure);
    }
    // Past signature validation, §5.6.2.4: what else is proven may mend it.
    outcome.process = Process::Past;
    match past::validate(judge, subject) {
        Ok(()) => check_algorithm(judge, input, subject.proven),
        Err(why) if why.sub == SubIndication::NotYetValid => Err(why),
        Err(why) => {
            outcome.findings.push(why.finding.into_note());
            Err(failure)
        }
    }
}

/// A signature that is proven from before its certificate was valid has failed, whether or not the certificate is
/// valid now: the outcome must not swing with the moment of validation. EN 319 102-1 §5.5.4.
fn check_begun(subject: &Subject<'_>) -> Result<(), Failure> {
    if subject.proven >= subject.leaf.not_before() {
        return Ok(());
    }
    let object = chain::object(subject.leaf, chain::role(0, subject.purpose));
    Err(past::not_yet_valid(subject.leaf, subject).about(object))
}

/// Path, status and algorithms at `at`.
fn holds_at(
    judge: &Judge<'_>,
    input: &Input<'_>,
    subject: &Subject<'_>,
    at: Timestamp,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let chain = outcome.chain.insert(chain::validate(judge, subject, at)?);
    if let Some(failure) = &chain.failure {
        return Err(failure.clone());
    }
    let notes = chain.notes.clone();
    check_algorithm(judge, input, at)?;
    outcome.findings.extend(notes);
    Ok(())
}

/// A time-stamp over the content shows that the signature is younger: made after revocation or expiry, it has failed
/// for good. EN 319 102-1 §5.3.4.
fn by_content(input: &Input<'_>, failure: &Failure, revoked_at: Option<Timestamp>) -> Result<(), Failure> {
    let Some(not_before) = input.content.iter().filter_map(Stamp::proven).max() else {
        return Ok(());
    };
    let made_after = |sub, what: &str, when: Timestamp| {
        let detail = format!(
            "{what} on {when}; a time-stamp over the content shows that the signature was made after {not_before}"
        );
        let cause = if sub == SubIndication::Revoked {
            "REVOKED"
        } else {
            "TIME_EXPIRED"
        };
        let mut made = Failure::new(sub, cause, detail);
        made.finding.object.clone_from(&failure.finding.object);
        Err(made)
    };
    match failure.sub {
        SubIndication::RevokedNoPoe => match revoked_at {
            Some(revoked) if not_before >= revoked => made_after(SubIndication::Revoked, "revoked", revoked),
            _ => Ok(()),
        },
        SubIndication::OutOfBoundsNoPoe | SubIndication::OutOfBoundsNotRevoked => {
            let end = input.certificate.not_after();
            if not_before > end {
                made_after(SubIndication::Expired, "expired", end)
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

/// The earliest moment at which the signature is proven to have existed, EN 319 102-1 §5.5.4 step 4.
fn best_time(judge: &Judge<'_>, input: &Input<'_>) -> Timestamp {
    let stamps = input.own.iter().chain(input.archive.iter().copied());
    stamps
        .filter_map(Stamp::proven)
        .min()
        .map_or(judge.now, |proven| proven.min(judge.now))
}

/// Content before value before archive; each archive time-stamp no earlier than the one it covers.
fn check_order(judge: &Judge<'_>, input: &Input<'_>, best: Timestamp) -> Option<Failure> {
    let tolerance = judge.policy.order_tolerance();
    let late = |what: &str, late: Timestamp, early: Timestamp| {
        let detail = format!("{what} of {late} is later than the time-stamp of {early} that must follow it");
        Failure::new(SubIndication::TimestampOrderFailure, "TST_ORDER", detail)
    };
    if let Some(content) = input.content.iter().filter_map(Stamp::proven).max()
        && content > best.plus(tolerance)
    {
        return Some(late("the content's time-stamp", content, best));
    }
    let mut newest = input.own.iter().filter_map(Stamp::proven).max();
    let mut what = "the signature's time-stamp";
    for archive in input.archive.iter().filter_map(|stamp| stamp.proven()) {
        if let Some(before) = newest
            && before > archive.plus(tolerance)
        {
            return Some(late(what, before, archive));
        }
        newest = newest.max(Some(archive));
        what = "an earlier archive time-stamp";
    }
    None
}

fn check_delay(judge: &Judge<'_>, input: &Input<'_>, best: Timestamp) -> Option<Failure> {
    let longest = std::time::Duration::from_secs(judge.policy.time_stamp_delay_seconds?);
    let claimed = input.claimed?;
    (best > claimed.plus(longest)).then(|| {
        let detail = format!("signed on {claimed} by its own word, and proven only on {best}");
        Failure::new(SubIndication::SigConstraintsFailure, "TST_DELAY", detail)
    })
}

fn check_algorithm(judge: &Judge<'_>, input: &Input<'_>, at: Timestamp) -> Result<(), Failure> {
    let of_value = match (input.algorithm, input.certificate.key_kind()) {
        (Some(algorithm), Some(kind)) => judge.algorithms.check(algorithm, kind, at),
        _ => Ok(()),
    };
    let mut of_data = input.hashes.iter();
    let of_data = of_data.try_for_each(|hash| judge.algorithms.check_hash(*hash, at));
    of_value.and(of_data).map_err(|refusal| {
        let object = chain::object(input.certificate, super::revocation::Role::EndEntity);
        chain::algorithm_failure(&refusal, object)
    })
}

#[cfg(test)]
mod tests {
    use super::super::indication::Indication;
    use super::super::report::{ObjectKind, ObjectReport, TimeStampReport};
    use super::*;
    use crate::base::digest::Sha256Digest;
    use crate::pki::status::tests::any_certificate;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn stamp(gen_time: Timestamp, indication: Indication) -> Stamp {
        Stamp {
            report: TimeStampReport {
                field: None,
                indication,
                sub_indication: None,
                findings: Vec::new(),
                gen_time: Some(gen_time),
                unit: None,
                process: Process::Basic,
                sha256: Sha256Digest([0; 32]),
                claims_qualified: false,
                qualified: None,
            },
            whole: Some(gen_time),
            is_anchored: true,
            needs: None,
            held: None,
        }
    }

    #[test]
    fn a_time_stamp_over_the_content_after_revocation_or_expiry_fails_the_signature_for_good() {
        // Valid for one second, at the start of 2026.
        let certificate = any_certificate();
        let extra = Pool::new();
        let revoked = at("2026-03-01T00:00:00Z");
        for (name, sub, content, indication, expected) in [
            (
                "revoked, then stamped",
                SubIndication::RevokedNoPoe,
                at("2026-03-02T00:00:00Z"),
                Indication::TotalPassed,
                Some(SubIndication::Revoked),
            ),
            (
                "stamped, then revoked",
                SubIndication::RevokedNoPoe,
                at("2026-02-28T00:00:00Z"),
                Indication::TotalPassed,
                None,
            ),
            (
                "a stamp that did not pass",
                SubIndication::RevokedNoPoe,
                at("2026-03-02T00:00:00Z"),
                Indication::Indeterminate,
                None,
            ),
            (
                "expired, then stamped",
                SubIndication::OutOfBoundsNoPoe,
                at("2026-01-02T00:00:00Z"),
                Indication::TotalPassed,
                Some(SubIndication::Expired),
            ),
            (
                "known not revoked, expired, then stamped",
                SubIndication::OutOfBoundsNotRevoked,
                at("2026-01-02T00:00:00Z"),
                Indication::TotalPassed,
                Some(SubIndication::Expired),
            ),
            (
                "stamped before it was valid",
                SubIndication::OutOfBoundsNoPoe,
                at("2025-12-31T00:00:00Z"),
                Indication::TotalPassed,
                None,
            ),
            (
                "another reason",
                SubIndication::TryLater,
                at("2026-03-02T00:00:00Z"),
                Indication::TotalPassed,
                None,
            ),
        ] {
            let stamps = [stamp(content, indication)];
            let input = Input {
                certificate: &certificate,
                extra: &extra,
                algorithm: None,
                hashes: &BTreeSet::new(),
                content: &stamps,
                own: &[],
                archive: &[],
                claimed: None,
            };
            let failure = Failure::new(sub, "X", "x").about(ObjectReport {
                kind: ObjectKind::SignerCertificate,
                name: "TEST".to_owned(),
                sha256: None,
            });
            let told = by_content(&input, &failure, Some(revoked)).err();
            assert_eq!(told.as_ref().map(|failure| failure.sub), expected, "{name}");
            assert!(
                told.is_none_or(|failure| failure.finding.object.is_some()),
                "{name}: names what it is about"
            );
        }
    }
}
