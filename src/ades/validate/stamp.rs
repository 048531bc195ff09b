//! Validation of one time-stamp token, EN 319 102-1 §5.4: the basic process with the unit's constraints and the imprint.

use super::chain;
use super::format::Failure;
use super::indication::{Indication, SubIndication};
use super::report::{Finding, TimeStampReport};
use super::revocation::Judge;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::pki::certificate::Certificate;
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
    /// The newest revision whose material the unit's path needs; none while some is missing.
    pub(super) material_revision: Option<usize>,
}

impl Stamp {
    /// Its time, when it passed: then it proves existence.
    pub(super) fn proven(&self) -> Option<Timestamp> {
        self.whole
            .filter(|_| self.report.indication == Indication::TotalPassed)
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
            findings: Vec::new(),
            gen_time: None,
            unit: None,
        },
        whole: None,
        is_anchored: false,
        material_revision: None,
    };
    match judge_token(judge, der, digest, exists_at, &mut stamp) {
        Ok(()) => stamp.report.indication = Indication::TotalPassed,
        Err(failure) => {
            stamp.report.indication = failure.sub.indication();
            stamp.report.sub_indication = Some(failure.sub);
            stamp.report.findings.push(failure.finding);
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
    if digest(token.hash).as_ref() != Some(&token.imprint) {
        return Err(Failure::new(
            SubIndication::HashFailure,
            TimeStampDefect::Imprint.cause(),
            "the time-stamp is over other data",
        ));
    }
    let unit = token
        .verify(&judge.material.certificates, judge.algorithms)
        .map_err(defective)?;
    stamp.whole = Some(gen_time);
    stamp.report.unit = unit.common_name();
    if gen_time > judge.now {
        return Err(Failure::new(
            SubIndication::TimestampOrderFailure,
            "TST_FUTURE",
            format!("the time-stamp states {gen_time}, later than the moment of validation"),
        ));
    }
    check_algorithms(judge, &token, &unit, exists_at)?;
    let extra = &token.certificates;
    // The unit must have been valid when it stamped, and when its stamp is first proven to exist.
    chain::validate(judge, &unit, extra, Purpose::TimeStamping, exists_at)?;
    let chain = chain::validate(judge, &unit, extra, Purpose::TimeStamping, gen_time)?;
    stamp.is_anchored = true;
    stamp.material_revision = chain.material_revision;
    stamp.report.findings.extend(chain.notes);
    chain.failure.map_or(Ok(()), Err)
}

/// Algorithms held when the token was made ([`TimeStampToken::verify`]); they must hold until it is proven too.
fn check_algorithms(
    judge: &Judge<'_>,
    token: &TimeStampToken,
    unit: &Certificate,
    at: Timestamp,
) -> Result<(), Failure> {
    let hash = judge.algorithms.check_hash(token.hash, at);
    let key = unit
        .key_kind()
        .map_or(Ok(()), |kind| judge.algorithms.check_key(kind, at));
    hash.and(key).map_err(|refusal| {
        Failure::new(
            chain::algorithm_sub_indication(&refusal),
            "ALG_FORBIDDEN",
            refusal.to_string(),
        )
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

/// Notes that a token which did not pass was not used.
pub(super) fn ignored(stamp: &Stamp) -> Option<Finding> {
    (stamp.report.indication != Indication::TotalPassed)
        .then(|| Finding::warning("TST_IGNORED", "a time-stamp did not pass and proves nothing"))
}
