//! Validation of one time-stamp token, EN 319 102-1 §5.4: the basic process with the unit's constraints and the imprint;
//! then, when time has passed, past signature validation of the token (§5.6.2.4).

use std::collections::BTreeSet;

use super::chain::{self, Chain, Subject};
use super::format::Failure;
use super::indication::{Indication, SubIndication};
use super::past;
use super::qualified;
use super::report::{Finding, ObjectKind, ObjectReport, Process, SignatureReport, TimeStampReport};
use super::revocation::Judge;
use super::structure;
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmRefusal;
use crate::pki::certificate::Certificate;
use crate::pki::path::Pool;
use crate::pki::purpose::Purpose;
use crate::pki::timestamp::{TimeStampDefect, TimeStampToken};

/// A token that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) report: TimeStampReport,
    /// Its time, when imprint and signature hold, whether or not the unit is trusted.
    pub(super) whole: Option<Timestamp>,
    /// Whether its unit also chains to a pinned root. Its status may still be unknown.
    pub(super) is_anchored: bool,
    /// What the unit's path needs beside its anchor; none while some of it did not come along.
    pub(super) needs: Option<BTreeSet<Sha256Digest>>,
    /// What came along for its unit, whoever trusts it; none while revocation data lacks.
    pub(super) held: Option<BTreeSet<Sha256Digest>>,
}

impl Stamp {
    /// Its time, when it passed: then it proves existence.
    pub(super) fn proven(&self) -> Option<Timestamp> {
        self.whole
            .filter(|_| self.report.indication == Indication::TotalPassed)
    }

    /// Notes why it does not pass after all.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.report.indication = failure.sub.indication();
        self.report.sub_indication = Some(failure.sub);
        self.report.findings.push(*failure.finding);
    }

    /// Weighs the `hashes` by which the list that it is over names what it covers, as its imprint's own hash is weighed:
    /// when it was made, from which no later proof helps, and until it is proven itself at `exists_at`.
    pub(super) fn weigh_listing(
        &mut self,
        judge: &Judge<'_>,
        hashes: &BTreeSet<HashAlgorithm>,
        exists_at: Timestamp,
    ) {
        let Some(gen_time) = self.whole else { return };
        let refused = |at| {
            hashes
                .iter()
                .find_map(|hash| judge.algorithms.check_hash(*hash, at).err())
        };
        let object = ObjectReport {
            kind: ObjectKind::TimeStamp,
            name: self.report.unit.clone().unwrap_or_default(),
            sha256: Some(self.report.sha256),
        };
        if let Some(refusal) = refused(gen_time) {
            let mut failure = chain::algorithm_failure(&refusal, object);
            failure.sub = SubIndication::CryptoConstraintsFailure;
            if self.report.indication != Indication::TotalFailed {
                self.fail(failure);
            }
        } else if self.proven().is_some()
            && let Some(refusal) = refused(exists_at)
        {
            self.fail(chain::algorithm_failure(&refusal, object));
        }
    }
}

/// Judges the token `der`.
///
/// `digest`: makes the digest of what should have been stamped with the algorithm the token names.
/// `exists_at`: the earliest proof that the token existed: the moment of validation, or a later time-stamp over it.
pub(super) fn validate(
    judge: &Judge<'_>,
    der: &[u8],
    field: Option<&str>,
    digest: &dyn Fn(HashAlgorithm) -> Option<Vec<u8>>,
    exists_at: Timestamp,
) -> Stamp {
    let mut stamp = Stamp {
        report: TimeStampReport {
            field: field.map(str::to_owned),
            indication: Indication::Indeterminate,
            sub_indication: None,
            process: Process::Basic,
            findings: Vec::new(),
            gen_time: None,
            unit: None,
            sha256: Sha256Digest::of(der),
            claims_qualified: false,
            qualified: None,
        },
        whole: None,
        is_anchored: false,
        needs: None,
        held: None,
    };
    match judge_token(judge, der, digest, exists_at, &mut stamp) {
        Ok(()) => stamp.report.indication = Indication::TotalPassed,
        Err(failure) => {
            stamp.report.indication = failure.sub.indication();
            stamp.report.sub_indication = Some(failure.sub);
            stamp.report.findings.insert(0, *failure.finding);
        }
    }
    stamp
}

fn judge_token(
    judge: &Judge<'_>,
    der: &[u8],
    digest: &dyn Fn(HashAlgorithm) -> Option<Vec<u8>>,
    exists_at: Timestamp,
    stamp: &mut Stamp,
) -> Result<(), Failure> {
    let token = TimeStampToken::parse(der).map_err(defective)?;
    let gen_time = token.gen_time;
    stamp.report.gen_time = Some(gen_time);
    stamp.report.claims_qualified = token.claims_qualified;
    // What only digests of another form are known of is not at hand; that does not make the token a broken one.
    let Some(due) = digest(token.hash) else {
        return Err(Failure::new(
            SubIndication::SignedDataNotFound,
            "TST_DATA_MISSING",
            format!(
                "what the time-stamp is over is not at hand, nor its digest with {}",
                token.hash.name()
            ),
        ));
    };
    if due != token.imprint {
        return Err(Failure::new(
            SubIndication::HashFailure,
            TimeStampDefect::Imprint.cause(),
            "the time-stamp is over other data",
        ));
    }
    let unit = token
        .verify(judge.material.certificates(), judge.algorithms)
        .map_err(defective)?;
    stamp.whole = Some(gen_time);
    stamp.report.unit = unit.common_name();
    let extra: Pool = token.certificates.iter().cloned().collect();
    stamp.held = structure::needs(judge, &unit, &extra, Purpose::TimeStamping);
    if gen_time > judge.now {
        return Err(Failure::new(
            SubIndication::TimestampOrderFailure,
            "TST_FUTURE",
            format!("the time-stamp states {gen_time}, later than the moment of validation"),
        ));
    }
    check_within(&unit, gen_time)?;
    // WHY two moments: status must be fresh for the moment of stamping, but what the token says of its own time
    // proves nothing about the token.
    let subject = Subject {
        leaf: &unit,
        extra: &extra,
        purpose: Purpose::TimeStamping,
        proven: exists_at,
        fresh_for: gen_time,
    };
    let basic = basic(judge, &token, &subject, exists_at, stamp);
    let Err(failure) = basic else { return Ok(()) };
    if !past::may_be_mended(failure.sub) {
        return Err(failure);
    }
    stamp.report.process = Process::Past;
    if exists_at >= judge.now {
        return Err(failure);
    }
    match past::validate(judge, &subject) {
        Ok(()) => check_algorithms(judge, &token, &unit, exists_at),
        Err(why) if why.sub == SubIndication::NotYetValid => Err(why),
        Err(why) => {
            stamp.report.findings.push(why.finding.into_note());
            Err(failure)
        }
    }
}

/// A unit stamps nothing before its certificate is valid, nor after: a token with such a time was dated back or on, and
/// the certificate being valid now does not mend it.
fn check_within(unit: &Certificate, gen_time: Timestamp) -> Result<(), Failure> {
    let about = || chain::object(unit, chain::role(0, Purpose::TimeStamping));
    let (from, until) = (unit.not_before(), unit.not_after());
    if gen_time < from {
        let detail = format!("the time-stamp states {gen_time}, its unit's certificate is valid from {from}");
        return Err(Failure::new(SubIndication::NotYetValid, "TIME_NOT_YET", detail).about(about()));
    }
    if gen_time > until {
        let detail =
            format!("the time-stamp states {gen_time}, its unit's certificate was valid until {until}");
        return Err(Failure::new(SubIndication::Expired, "TIME_EXPIRED", detail).about(about()));
    }
    Ok(())
}

/// The basic process at the moment of validation.
fn basic(
    judge: &Judge<'_>,
    token: &TimeStampToken,
    subject: &Subject<'_>,
    exists_at: Timestamp,
    stamp: &mut Stamp,
) -> Result<(), Failure> {
    let told = |chain: &Chain, stamp: &mut Stamp| {
        stamp.is_anchored = true;
        stamp.needs.clone_from(&chain.needs);
    };
    // For the level it is enough that the path held when the token was made.
    if let Ok(then) = chain::validate(judge, subject, token.gen_time) {
        told(&then, stamp);
        stamp.report.qualified = qualified::of_stamp(judge, &then.certificates, token.gen_time);
    }
    let chain = chain::validate(judge, subject, judge.now)?;
    stamp.report.findings.extend(chain.notes);
    match chain.failure {
        Some(failure) => Err(failure),
        None => check_algorithms(judge, token, subject.leaf, exists_at),
    }
}

/// Algorithms held when the token was made ([`TimeStampToken::verify`]); they must hold until it is proven too.
fn check_algorithms(
    judge: &Judge<'_>,
    token: &TimeStampToken,
    unit: &Certificate,
    at: Timestamp,
) -> Result<(), Failure> {
    let signature = unit.key_kind().map_or(Ok(()), |kind| {
        judge.algorithms.check(token.signature_algorithm(), kind, at)
    });
    let imprint = judge.algorithms.check_hash(token.hash, at);
    signature.and(imprint).map_err(|refusal: AlgorithmRefusal| {
        let object = ObjectReport {
            kind: ObjectKind::TimeStamp,
            name: unit.common_name().unwrap_or_default(),
            sha256: Some(Sha256Digest::of(token.der())),
        };
        chain::algorithm_failure(&refusal, object)
    })
}

fn defective(defect: TimeStampDefect) -> Failure {
    let sub = match defect {
        TimeStampDefect::Algorithm => SubIndication::CryptoConstraintsFailure,
        TimeStampDefect::Imprint => SubIndication::HashFailure,
        TimeStampDefect::Signer => SubIndication::SigCryptoFailure,
        TimeStampDefect::Policy | TimeStampDefect::Profile => SubIndication::SigConstraintsFailure,
        TimeStampDefect::Malformed
        | TimeStampDefect::Nonce
        | TimeStampDefect::Status(_)
        | TimeStampDefect::Time => SubIndication::FormatFailure,
    };
    Failure::new(sub, defect.cause(), defect.to_string())
}

/// A time-stamp in a signature that is not whole shows that the file was changed after it was made, or was never one.
///
/// The standard lets such a one be passed over; zegel's policy asks that everything in a signature that calls itself
/// evidence is intact, so that no damage goes by unseen. One that merely cannot be proven, or whose data is not at hand,
/// is passed over with a note.
pub(super) fn note<'s>(stamps: impl Iterator<Item = &'s Stamp>, report: &mut SignatureReport) {
    for stamp in stamps {
        let is_at_hand = stamp.report.sub_indication != Some(SubIndication::SignedDataNotFound);
        if stamp.whole.is_none() && is_at_hand {
            let name = stamp.report.field.as_deref().unwrap_or("a time-stamp");
            report.fail(Failure::new(
                SubIndication::SigConstraintsFailure,
                "TST_BROKEN",
                format!("{name} is not intact: the file was changed, or it never fitted"),
            ));
        } else if stamp.report.indication != Indication::TotalPassed {
            let finding = Finding::warning("TST_IGNORED", "a time-stamp did not pass and proves nothing");
            report.findings.push(finding.about(ObjectReport {
                kind: ObjectKind::TimeStamp,
                name: stamp.report.unit.clone().unwrap_or_default(),
                sha256: Some(stamp.report.sha256),
            }));
        }
    }
}
