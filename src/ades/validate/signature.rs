//! One signature: the basic building blocks, then the process with time and long-term data. EN 319 102-1 §5.2, §5.5.

use std::time::Duration;

use super::chain::{self, Chain};
use super::digests::Digests;
use super::format::{self, Failure};
use super::indication::{Indication, SubIndication};
use super::report::{
    AuthorityAttests, CertificateSays, Finding, QUALIFICATION, Qualified, SignatureReport, SignerClaims,
    Weight,
};
use super::revocation::Judge;
use super::stamp::{self, Stamp};
use super::verdict::{self, VerdictKey};
use crate::ades::VERDICT_OID;
use crate::ades::cms::attributes::{ClaimedAttributes, read_commitment};
use crate::ades::cms::oids;
use crate::ades::cms::read::{SignedData, SignerInfo};
use crate::ades::level::{self, Evidence};
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::time::Timestamp;
use crate::pdf::document::Document;
use crate::pdf::signature::Signature;
use crate::pki::anchors::Environment;
use crate::pki::certificate::Certificate;
use crate::pki::lists::qualification::determine;
use crate::pki::name::AttributeType;
use crate::pki::purpose;

/// How far two time-stamping units' clocks may differ before their order counts as a contradiction.
const ORDER_TOLERANCE: Duration = Duration::from_secs(1);

/// White space after the end of a file that the signature's own revision may have been appended behind.
const TRAILING_LIMIT: usize = 1_024;

/// A signature with its message as far as it could be read.
pub(super) struct Found {
    pub(super) field: String,
    pub(super) signature: Signature,
    message: Result<(SignedData, Option<Finding>), Failure>,
    /// Where the revision before this signature's own ends; 0 for a signature in the first.
    pub(super) before_end: u64,
    trailing: Vec<u8>,
}

impl Found {
    pub(super) fn new(field: String, signature: Signature, document: &Document) -> Self {
        let before = signature
            .revision
            .checked_sub(1)
            .and_then(|before| document.revisions().get(before));
        let before_end = before.map_or(0, |revision| revision.end);
        let rest = document.len().saturating_sub(before_end);
        let length = usize::try_from(rest).unwrap_or(usize::MAX).min(TRAILING_LIMIT);
        let mut trailing = document.source().read_vec(before_end, length).unwrap_or_default();
        let blank = trailing
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())
            .unwrap_or(trailing.len());
        trailing.truncate(blank);
        Self {
            message: format::read_message(&signature),
            field,
            signature,
            before_end,
            trailing,
        }
    }

    /// The hash that the signature is over, when the message says so.
    pub(super) fn digest_hash(&self) -> Option<HashAlgorithm> {
        self.message.as_ref().ok()?.0.signers.first()?.digest_hash().ok()
    }

    /// Whether `digest` is that of the file as it was before this signature's revision was appended.
    fn is_document_before(&self, digest: &Sha256Digest, digests: &Digests<'_>) -> bool {
        let Some(mut running) = digests.prefix(HashAlgorithm::Sha256, self.before_end) else {
            return false;
        };
        let mut rest = self.trailing.iter();
        loop {
            if running.clone().finish() == digest.as_bytes() {
                return true;
            }
            match rest.next() {
                Some(byte) => running.update(&[*byte]),
                None => return false,
            }
        }
    }
}

/// A document time-stamp and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Covering<'a> {
    pub(super) revision: usize,
    pub(super) stamp: &'a Stamp,
}

impl SignatureReport {
    /// The report of a signature of which nothing but its failure is known.
    pub(super) fn failed(field: String, failure: Failure) -> Self {
        let mut report = Self::empty(field);
        report.fail(failure);
        report
    }

    /// The report of a signature before anything is found.
    pub(super) fn empty(field: String) -> Self {
        Self {
            field,
            indication: Indication::TotalPassed,
            sub_indication: None,
            findings: Vec::new(),
            level: None,
            qualification: QUALIFICATION.to_owned(),
            qualified: None,
            best_signature_time: None,
            certificate: None,
            claimed: SignerClaims::default(),
            attested: None,
            time_stamps: Vec::new(),
            covers_whole_revision: false,
            changes: Vec::new(),
            algorithm: None,
        }
    }

    /// Adds a failure. The first one decides the sub-indication, unless a later one is worse.
    pub(super) fn fail(&mut self, failure: Failure) {
        let indication = failure.sub.indication();
        if self.sub_indication.is_none() || indication > self.indication {
            self.indication = indication;
            self.sub_indication = Some(failure.sub);
        }
        self.findings.push(failure.finding);
    }
}

/// Judges one signature, changes after it apart.
pub(super) fn judge_signature(
    found: &Found,
    judge: &Judge<'_>,
    digests: &Digests<'_>,
    coverings: &[Covering<'_>],
    keys: &[VerdictKey],
) -> SignatureReport {
    let signature = &found.signature;
    let mut report = SignatureReport::empty(found.field.clone());
    report.covers_whole_revision = true;
    report.claimed.time = signature.claimed_time();
    report.claimed.name = signature.text("Name");
    report.claimed.reason = signature.text("Reason");
    report.claimed.location = signature.text("Location");
    let message = match &found.message {
        Ok((message, padding)) => {
            report.findings.extend(padding.clone());
            message
        }
        Err(failure) => {
            report.fail(failure.clone());
            return report;
        }
    };
    let signer = match message.detached_signer() {
        Ok(signer) => signer,
        Err(error) => {
            report.fail(error.into());
            return report;
        }
    };
    read_claims(signer, &mut report);
    let certificate = match identify(message, signer, judge) {
        Ok(certificate) => certificate,
        Err(failure) => {
            report.fail(failure);
            return report;
        }
    };
    report.certificate = Some(certificate_says(&certificate));
    let intact = check_intact(signature, signer, &certificate, digests);
    let is_intact = intact.is_ok();
    if let Err(failure) = intact {
        report.fail(failure);
    }

    let stamps = judge_own_stamps(signature, signer, judge, &mut report);
    let best = best_time(signature, &stamps, judge, coverings, &mut report);
    report.best_signature_time = Some(best);
    report.attested = attested(found, signer, &certificate, digests, best, keys);
    check_algorithm(signer, &certificate, judge, best, &mut report);
    let extra: Vec<Certificate> = message
        .certificates
        .iter()
        .filter_map(|der| Certificate::parse(der.clone()).ok())
        .collect();
    let chain = match chain::validate(
        judge,
        &certificate,
        &extra,
        purpose::of_signer(&certificate),
        best,
    ) {
        Ok(chain) => {
            report.findings.extend(chain.notes.clone());
            if let Some(failure) = chain.failure.clone() {
                report.fail(failure);
            }
            report.qualified = qualified(judge, &chain, best);
            Some(chain)
        }
        Err(failure) => {
            report.fail(failure);
            None
        }
    };

    let violations = format::baseline_violations(signature, message, signer);
    report.level = level::shown(&Evidence {
        baseline: is_intact && violations.is_empty(),
        revision: signature.revision,
        own_stamps: stamps.iter().map(level_stamp).collect(),
        covering: coverings
            .iter()
            .filter(|covering| covering.revision > signature.revision)
            .map(|covering| (covering.revision, level_stamp(covering.stamp)))
            .collect(),
        signer_material: chain.as_ref().and_then(material_revision),
    });
    report.findings.extend(violations);
    report.time_stamps = stamps.into_iter().map(|stamp| stamp.report).collect();
    report
}

/// What the trusted lists say of the path; nothing when none is at hand. TS 119 615 §4.4 to §4.6.
fn qualified(judge: &Judge<'_>, chain: &Chain, best: Timestamp) -> Option<Qualified> {
    let lists = judge.trust.lists();
    if lists.is_empty() {
        return None;
    }
    let found = determine(&lists, &chain.path, best);
    Some(Qualified {
        outcome: found.outcome,
        cause: found.outcome.cause().map(str::to_owned),
        list: found.list,
        is_test: judge.trust.data().environment() == Environment::Test,
    })
}

/// The newest revision that holds material which the signer's path needs.
fn material_revision(chain: &Chain) -> Option<usize> {
    chain.material_revision
}

pub(super) const fn level_stamp(stamp: &Stamp) -> level::Stamp {
    level::Stamp {
        whole: stamp.whole.is_some() && stamp.is_anchored,
        material: stamp.material_revision,
    }
}

/// The certificate that the signed attributes name, from the message or the security store.
fn identify(message: &SignedData, signer: &SignerInfo, judge: &Judge<'_>) -> Result<Certificate, Failure> {
    let stored = judge.material.certificates.iter().map(Certificate::der);
    let candidates = message.certificates.iter().map(Vec::as_slice).chain(stored);
    let der = signer.find_certificate(candidates)?;
    Certificate::parse(der.to_vec()).map_err(|error| {
        Failure::new(
            SubIndication::NoSigningCertificateFound,
            "CERT_PARSE",
            error.to_string(),
        )
    })
}

/// Cryptographic verification, EN 319 102-1 §5.2.7.
fn check_intact(
    signature: &Signature,
    signer: &SignerInfo,
    certificate: &Certificate,
    digests: &Digests<'_>,
) -> Result<(), Failure> {
    let digest = digests.of(signature, signer.digest_hash()?).ok_or_else(|| {
        Failure::new(
            SubIndication::SignedDataNotFound,
            "PDF_IO",
            "the signed bytes could not be read",
        )
    })?;
    signer.check_content(oids::DATA, &digest)?;
    let key = certificate.public_key().map_err(|error| {
        Failure::new(
            SubIndication::CryptoConstraintsFailure,
            "ALG_FORBIDDEN",
            error.to_string(),
        )
    })?;
    signer.check_value(key)?;
    Ok(())
}

fn judge_own_stamps(
    signature: &Signature,
    signer: &SignerInfo,
    judge: &Judge<'_>,
    report: &mut SignatureReport,
) -> Vec<Stamp> {
    let exists_at = judge.existence.of_revision(signature.revision);
    let digest = |hash: HashAlgorithm| Some(hash.digest(&signer.signature));
    let stamps: Vec<Stamp> = signer
        .unsigned_values(oids::SIGNATURE_TIME_STAMP)
        .map(|token| stamp::validate(judge, token, None, &digest, exists_at))
        .collect();
    report.findings.extend(stamps.iter().filter_map(stamp::ignored));
    stamps
}

/// The earliest moment at which the signature is proven to have existed, EN 319 102-1 §5.5.4 step b.
fn best_time(
    signature: &Signature,
    stamps: &[Stamp],
    judge: &Judge<'_>,
    coverings: &[Covering<'_>],
    report: &mut SignatureReport,
) -> Timestamp {
    let covered = judge.existence.of_revision(signature.revision);
    let own = stamps.iter().filter_map(Stamp::proven).min();
    let archived = coverings
        .iter()
        .filter(|covering| covering.revision > signature.revision)
        .filter_map(|covering| covering.stamp.proven())
        .min();
    if let (Some(own), Some(archived)) = (stamps.iter().filter_map(Stamp::proven).max(), archived)
        && own > archived.plus(ORDER_TOLERANCE)
    {
        report.fail(Failure::new(
            SubIndication::TimestampOrderFailure,
            "TST_ORDER",
            format!("the signature's time-stamp of {own} is later than the document's of {archived}"),
        ));
    }
    if !judge.existence.covers(signature.revision) && own.is_none() && !stamps.is_empty() {
        report.findings.push(Finding::warning(
            "NO_PROOF_OF_TIME",
            "no time-stamp proves when the signature existed",
        ));
    }
    own.map_or(covered, |own| own.min(covered))
}

fn check_algorithm(
    signer: &SignerInfo,
    certificate: &Certificate,
    judge: &Judge<'_>,
    best: Timestamp,
    report: &mut SignatureReport,
) {
    let (Ok(algorithm), Some(kind)) = (signer.algorithm(), certificate.key_kind()) else {
        return;
    };
    report.algorithm = Some(algorithm.to_string());
    if let Err(refusal) = judge.algorithms.check(algorithm, kind, best) {
        let sub = chain::algorithm_sub_indication(&refusal);
        report.fail(Failure::new(sub, "ALG_FORBIDDEN", refusal.to_string()));
    }
}

pub(super) fn read_claims(signer: &SignerInfo, report: &mut SignatureReport) {
    report.claimed.commitment = signer
        .single_signed(oids::COMMITMENT_TYPE)
        .and_then(|value| read_commitment(value).ok());
    if let Some(claims) = claimed_attributes(signer) {
        report.claimed.roles = claims.texts(oids::ROLE).map(str::to_owned).collect();
        report.claimed.other_attributes = claims
            .claims
            .iter()
            .map(|(oid, _)| oid.to_string())
            .filter(|oid| oid != oids::ROLE && oid != VERDICT_OID)
            .collect();
    }
    if signer.signed_with(oids::SIGNATURE_POLICY).next().is_some() {
        report.findings.push(Finding {
            weight: Weight::Warning,
            cause: "SIGNATURE_POLICY".to_owned(),
            detail: "a signature policy is named and was not applied".to_owned(),
        });
    }
}

pub(super) fn claimed_attributes(signer: &SignerInfo) -> Option<ClaimedAttributes> {
    ClaimedAttributes::parse(signer.single_signed(oids::SIGNER_ATTRIBUTES_V2)?).ok()
}

fn attested(
    found: &Found,
    signer: &SignerInfo,
    certificate: &Certificate,
    digests: &Digests<'_>,
    proven: Timestamp,
    keys: &[VerdictKey],
) -> Option<AuthorityAttests> {
    let claims = claimed_attributes(signer)?;
    let verdict = claims.texts(VERDICT_OID).next()?;
    let is_document = |digest: &Sha256Digest| found.is_document_before(digest, digests);
    Some(verdict::check(
        verdict,
        &is_document,
        &certificate.fingerprint(),
        proven,
        keys,
    ))
}

/// What the certificate says of its holder, the national number left out.
pub(super) fn certificate_says(certificate: &Certificate) -> CertificateSays {
    let subject = certificate.subject();
    CertificateSays {
        common_name: certificate.common_name().unwrap_or_default(),
        given_name: subject.find(AttributeType::GivenName),
        surname: subject.find(AttributeType::Surname),
        issuer: certificate.issuer().authority_text(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        sha256: certificate.fingerprint(),
    }
}
