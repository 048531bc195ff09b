//! One signature of a PDF: what its message says, whether it is intact, and what the processes make of it.
//! EN 319 102-1 §5.2.

use std::collections::BTreeSet;

use super::attested;
use super::chain::Chain;
use super::digests::Digests;
use super::format::{self, Failure, check_algorithms, key_of};
use super::indication::{Indication, SubIndication};
use super::layer;
use super::process;
use super::qualified;
use super::report::{
    Allowed, AuthorityAttests, Binding, CertificateSays, ChainCertificate, DigestReport, FieldLock, Finding,
    Format, Process, QUALIFICATION, SignatureReport, SignerClaims, base64,
};
use super::revocation::Judge;
use super::signature_policy::{self, Made, Named, Stated};
use super::stamp::{self, Stamp};
use super::structure;
use super::verdict::VerdictKey;
use crate::ades::VERDICT_OID;
use crate::ades::cms::attributes::{ClaimedAttributes, RevocationArchival, read_commitment};

use crate::ades::cms::oids;
use crate::ades::cms::policy::{NamedPolicy, stored_document};
use crate::ades::cms::read::{SignedData, SignerInfo};
use crate::ades::cms::verify::VerifyError;
use crate::ades::level::{self, Evidence, Level};
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::pdf::document::Document;
use crate::pdf::permission::{Certification, Lock};
use crate::pdf::signature::{Signature, SignatureEncoding};
use crate::pki::certificate::Certificate;
use crate::pki::name::AttributeType;
use crate::pki::path::Pool;
use crate::pki::purpose;
use crate::pki::timestamp::TimeStampToken;

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
    /// What it binds; none when it binds nothing.
    binds: Option<Binding>,
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
            binds: binding(&signature, document),
            field,
            signature,
            before_end,
            trailing,
        }
    }

    /// The hash that the file's bytes are signed by, when the message says so.
    pub(super) fn digest_hash(&self) -> Option<HashAlgorithm> {
        match self.signature.encoding()? {
            SignatureEncoding::Pkcs7Sha1 => Some(HashAlgorithm::Sha1),
            SignatureEncoding::Cades | SignatureEncoding::Pkcs7Detached => self.signer()?.digest_hash().ok(),
        }
    }

    fn signer(&self) -> Option<&SignerInfo> {
        self.message.as_ref().ok()?.0.signers.first()
    }

    /// The hashes that time-stamps over its content are of.
    pub(super) fn content_stamp_hashes(&self) -> Vec<HashAlgorithm> {
        let tokens = self.signer().into_iter().flat_map(|signer| {
            let attributes = signer.signed_with(oids::CONTENT_TIME_STAMP);
            attributes.flat_map(|attribute| &attribute.values)
        });
        tokens
            .filter_map(|token| TimeStampToken::parse(token).ok())
            .map(|token| token.hash)
            .collect()
    }

    /// Revocation data among the signed attributes, as signatures before PAdES have it.
    pub(super) fn archived(&self) -> RevocationArchival {
        self.signer()
            .and_then(|signer| signer.single_signed(oids::REVOCATION_ARCHIVAL))
            .and_then(|value| RevocationArchival::parse(value).ok())
            .unwrap_or_default()
    }

    /// Certificates inside the message, DER.
    pub(super) fn certificates(&self) -> &[Vec<u8>] {
        self.message
            .as_ref()
            .map_or(&[], |(message, _)| &message.certificates)
    }

    /// Whether `digest` is that of the file as it was before this signature's revision was appended.
    pub(super) fn is_document_before(&self, digest: &Sha256Digest, digests: &Digests) -> bool {
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

/// What `signature` binds in the revision that it covers. One that cannot be read is told by what changed after it.
fn binding(signature: &Signature, document: &Document) -> Option<Binding> {
    let view = document.at(signature.revision)?;
    let (certifies, bound) = view.bound_by(&signature.dictionary).ok()?;
    let binding = Binding {
        certifies,
        allows: bound.certification.map(|allowed| match allowed {
            Certification::Annotations => Allowed::Annotations,
            Certification::FormsAndSigning => Allowed::FormsAndSigning,
            Certification::NoChanges => Allowed::NoChanges,
        }),
        locks: bound
            .locks
            .into_iter()
            .map(|lock| match lock {
                Lock::All => FieldLock::All,
                Lock::Exclude(names) => FieldLock::Exclude(names),
                Lock::Include(names) => FieldLock::Include(names),
            })
            .collect(),
    };
    (binding.allows.is_some() || !binding.locks.is_empty()).then_some(binding)
}

/// What the message of a signature is over.
#[derive(Clone, Copy)]
enum Signed<'a> {
    /// The bytes that the signature covers.
    Ranges,
    /// This content of the message, which is to be their SHA-1.
    Sha1OfRanges(&'a [u8]),
}

impl Signed<'_> {
    /// Its digest by `hash`; none when the file could not be read.
    fn digest(self, signature: &Signature, digests: &Digests, hash: HashAlgorithm) -> Option<Vec<u8>> {
        match self {
            Self::Ranges => digests.of(signature, hash),
            Self::Sha1OfRanges(content) => Some(hash.digest(content)),
        }
    }

    /// Hashes that stand between what is signed and the file, and have to count too.
    fn hashes(self) -> BTreeSet<HashAlgorithm> {
        match self {
            Self::Ranges => BTreeSet::new(),
            Self::Sha1OfRanges(_) => BTreeSet::from([HashAlgorithm::Sha1]),
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
    pub(super) fn failed(field: String, format: Format, failure: Failure) -> Self {
        let mut report = Self::empty(field, format);
        report.fail(failure);
        report
    }

    /// A report that passes so far.
    pub(super) fn empty(field: String, format: Format) -> Self {
        Self {
            field,
            indication: Indication::TotalPassed,
            sub_indication: None,
            findings: Vec::new(),
            process: Process::Basic,
            format,
            level: None,
            proven_level: None,
            qualification: QUALIFICATION.to_owned(),
            qualified: None,
            best_signature_time: None,
            certificate: None,
            claimed: SignerClaims::default(),
            signature_policy: None,
            binds: None,
            attested: None,
            attested_files: Vec::new(),
            unattested_files: Vec::new(),
            content_time_stamps: Vec::new(),
            time_stamps: Vec::new(),
            covers_whole_revision: false,
            covered_files: Vec::new(),
            changes: Vec::new(),
            algorithm: None,
            chain: Vec::new(),
            revocation_data: Vec::new(),
            signed_data: None,
            content_by_digest: false,
            to_be_signed: None,
            value: None,
        }
    }

    /// Puts down the level that the file shows, and the one that is proven. What is proven is shown: a chain may end at a
    /// pinned authority for which the file holds more than it needs.
    pub(super) fn tell_levels(&mut self, shown: Option<Level>, proven: Option<Level>) {
        self.level = shown.max(proven);
        self.proven_level = proven;
    }

    /// Adds a failure. The first one decides the sub-indication, unless a later one is worse.
    pub(super) fn fail(&mut self, failure: Failure) {
        let indication = failure.sub.indication();
        if self.sub_indication.is_none() || indication > self.indication {
            self.indication = indication;
            self.sub_indication = Some(failure.sub);
        }
        self.findings.push(*failure.finding);
    }
}

/// Judges one signature, changes after it apart.
pub(super) fn judge_signature(
    found: &Found,
    judge: &Judge<'_>,
    digests: &Digests,
    coverings: &[Covering<'_>],
    keys: &[VerdictKey],
) -> SignatureReport {
    let signature = &found.signature;
    let mut report = SignatureReport::empty(found.field.clone(), Format::Pades);
    report.covers_whole_revision = true;
    report.claimed.time = signature.claimed_time();
    report.claimed.name = signature.text("Name");
    report.claimed.reason = signature.text("Reason");
    report.claimed.location = signature.text("Location");
    report.binds.clone_from(&found.binds);
    if let Err(failure) = judge_found(found, judge, digests, coverings, keys, &mut report) {
        report.fail(failure);
    }
    report
}

fn judge_found(
    found: &Found,
    judge: &Judge<'_>,
    digests: &Digests,
    coverings: &[Covering<'_>],
    keys: &[VerdictKey],
    report: &mut SignatureReport,
) -> Result<(), Failure> {
    let signature = &found.signature;
    if signature.encoding() != Some(SignatureEncoding::Cades) {
        report.format = Format::CmsInPdf;
    }
    let encoding = format::encoding(&found.field, signature)?;
    let (message, padding) = found.message.as_ref().map_err(Clone::clone)?;
    report.findings.extend(padding.clone());
    let (signer, signed) = match encoding {
        SignatureEncoding::Cades | SignatureEncoding::Pkcs7Detached => {
            let signer = message.detached_signer()?;
            (signer, Signed::Ranges)
        }
        SignatureEncoding::Pkcs7Sha1 => {
            let (content, signer) = message.attached_signer()?;
            (signer, Signed::Sha1OfRanges(content))
        }
    };
    read_claims(signer, report);
    let wrong_policy = signature_policy::judge(
        stated_policy(signer).as_ref(),
        judge.policy,
        &judge.memory.policy_digests,
        report,
    );
    let is_pades = report.format == Format::Pades;
    let certificate = identify(message, signer, judge, is_pades, report)?;
    report.certificate = Some(certificate_says(&certificate));
    if let Some(failure) = wrong_policy {
        report.fail(failure);
    }
    read_digests(found, signer, digests, report);
    let intact = check_intact(signature, signer, signed, &certificate, digests);
    let is_intact = intact.is_ok();
    if let Err(failure) = intact {
        report.fail(failure);
    }

    let (content, own) = judge_stamps(signature, signer, signed, judge, digests, report);
    let archive: Vec<Covering<'_>> = coverings
        .iter()
        .filter(|covering| covering.revision > signature.revision)
        .copied()
        .collect();
    let stamps: Vec<&Stamp> = archive.iter().map(|covering| covering.stamp).collect();
    let extra: Pool = message
        .certificates
        .iter()
        .filter_map(|der| Certificate::parse(der.clone()).ok())
        .collect();
    report.algorithm = signer.algorithm().ok().map(|algorithm| algorithm.to_string());
    let outcome = process::judge(
        judge,
        &process::Input {
            certificate: &certificate,
            extra: &extra,
            algorithm: signer.algorithm().ok(),
            hashes: &signed.hashes(),
            content: &content,
            own: &own,
            archive: &stamps,
            claimed: report.claimed.time,
        },
    );
    let best = outcome.best;
    report.best_signature_time = Some(best);
    report.process = outcome.process;
    report.findings.extend(outcome.findings);
    let proven = own.iter().chain(stamps.iter().copied()).find_map(Stamp::proven);
    if proven.is_none() && !own.is_empty() {
        report.findings.push(Finding::warning(
            "NO_PROOF_OF_TIME",
            "no time-stamp proves when the signature existed",
        ));
    }
    let made = attested::Made {
        certificate: certificate.fingerprint(),
        proven: best,
        keys,
    };
    report.attested = attested_by(found, signer, digests, made, &mut report.findings);
    if let Some(failure) = outcome.failure {
        report.fail(failure);
    }

    let violations = format::baseline_violations(signature, message, signer);
    let evidence = |reading: Reading, signer_needs| Evidence {
        baseline: is_intact && violations.is_empty(),
        own_stamps: own.iter().map(|stamp| reading.stamp(stamp)).collect(),
        covering: archive
            .iter()
            .map(|covering| (reading.stamp(covering.stamp), covers(judge, covering.revision)))
            .collect(),
        signer_needs,
    };
    let needs = outcome.chain.as_ref().and_then(|chain| chain.needs.clone());
    let held = structure::needs(judge, &certificate, &extra, purpose::of_signer(&certificate));
    report.tell_levels(
        level::shown(&evidence(Reading::Shown, held)),
        level::shown(&evidence(Reading::Proven, needs)),
    );
    if let Some(chain) = outcome.chain {
        report.qualified = qualified::of_signature(judge, &chain.certificates, best);
        read_chain(chain, report);
    }
    if judge.policy.baseline_required
        && let Some(broken) = violations.first()
    {
        let failure = Failure::new(
            SubIndication::SigConstraintsFailure,
            &broken.cause,
            broken.detail.clone(),
        );
        report.fail(failure);
    }
    report.findings.extend(violations);
    report.content_time_stamps = content.into_iter().map(|stamp| stamp.report).collect();
    report.time_stamps = own.into_iter().map(|stamp| stamp.report).collect();
    Ok(())
}

fn read_digests(found: &Found, signer: &SignerInfo, digests: &Digests, report: &mut SignatureReport) {
    report.value = Some(base64(&signer.signature));
    if let Some(hash) = found.digest_hash() {
        let covered = digests.of(&found.signature, hash);
        report.signed_data = covered.map(|digest| DigestReport::new(hash, &digest));
    }
    let Ok(hash) = signer.digest_hash() else { return };
    report.to_be_signed = signer
        .signed_bytes
        .as_deref()
        .map(|bytes| DigestReport::new(hash, &hash.digest(bytes)));
}

pub(super) fn read_chain(chain: Chain, report: &mut SignatureReport) {
    let mut needs = chain.needs.unwrap_or_default();
    report.chain = chain
        .certificates
        .iter()
        .map(|certificate| ChainCertificate {
            common_name: certificate.common_name().unwrap_or_default(),
            sha256: certificate.fingerprint(),
        })
        .collect();
    for certificate in &report.chain {
        needs.remove(&certificate.sha256);
    }
    report.revocation_data = needs.into_iter().collect();
}

/// What a document time-stamp in `revision` covers.
fn covers<'a>(judge: &Judge<'a>, revision: usize) -> level::Covers<'a> {
    let (material, coverage) = (judge.material, layer::covered_by(revision));
    Box::new(move |id| coverage.has(&material.place(*id)))
}

/// How evidence is read for a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// For what can be relied upon, at the moment and by whom one trusts.
    Proven,
    /// For what the file shows.
    Shown,
}

impl Reading {
    /// `stamp` as the level cares.
    ///
    /// A token that has failed, or whose unit was revoked with nothing to show that the token is older, proves no time: the
    /// thief of a unit's key stamps any date.
    pub(super) fn stamp(self, stamp: &Stamp) -> level::Stamp {
        if self == Self::Shown {
            return level::Stamp {
                whole: stamp.whole.is_some(),
                needs: stamp.held.clone(),
            };
        }
        let is_false = stamp.report.indication == Indication::TotalFailed
            || matches!(
                stamp.report.sub_indication,
                Some(
                    SubIndication::CryptoConstraintsFailure
                        | SubIndication::RevokedCaNoPoe
                        | SubIndication::RevokedNoPoe
                )
            );
        level::Stamp {
            whole: stamp.whole.is_some() && stamp.is_anchored && !is_false,
            needs: stamp.needs.clone(),
        }
    }
}

/// The certificate that the signed attributes name, from the message or the security store.
///
/// A message that is no PAdES may name none (ISO 32000-2 §12.8.3.3 does not ask for it): then the signer identifier
/// tells, with a warning, for somebody could have put another certificate of the same key there.
fn identify(
    message: &SignedData,
    signer: &SignerInfo,
    judge: &Judge<'_>,
    is_pades: bool,
    report: &mut SignatureReport,
) -> Result<Certificate, Failure> {
    check_algorithms(signer)?;
    let stored = judge.material.certificates().iter().map(Certificate::der);
    let candidates = message.certificates.iter().map(Vec::as_slice).chain(stored);
    let der = match signer.find_certificate(candidates.clone()) {
        Ok(der) => der,
        Err(VerifyError::CertificateReference) if !is_pades && !signer.names_certificate() => {
            report.findings.push(Finding::warning(
                "CMS_CERTIFICATE_UNSIGNED",
                "the signed attributes name no certificate: only the unsigned identifier tells whose signature it is",
            ));
            signer.find_identified(candidates)?
        }
        Err(error) => return Err(error.into()),
    };
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
    signed: Signed<'_>,
    certificate: &Certificate,
    digests: &Digests,
) -> Result<(), Failure> {
    let unread = || {
        Failure::new(
            SubIndication::SignedDataNotFound,
            "PDF_IO",
            "the signed bytes could not be read",
        )
    };
    if let Signed::Sha1OfRanges(content) = signed
        && digests.of(signature, HashAlgorithm::Sha1).ok_or_else(unread)? != content
    {
        return Err(VerifyError::MessageDigest.into());
    }
    let digest = signed.digest(signature, digests, signer.digest_hash()?);
    signer.check_content(oids::DATA, &digest.ok_or_else(unread)?)?;
    signer.check_value(key_of(certificate)?)?;
    Ok(())
}

/// The time-stamps over the content, signed with it, and those over the value.
fn judge_stamps(
    signature: &Signature,
    signer: &SignerInfo,
    signed: Signed<'_>,
    judge: &Judge<'_>,
    digests: &Digests,
    report: &mut SignatureReport,
) -> (Vec<Stamp>, Vec<Stamp>) {
    let exists_at = judge.existence.of(&layer::of_signature(signature));
    let over_content = |hash: HashAlgorithm| signed.digest(signature, digests, hash);
    let over_value = |hash: HashAlgorithm| Some(hash.digest(&signer.signature));
    let content: Vec<Stamp> = signer
        .signed_with(oids::CONTENT_TIME_STAMP)
        .flat_map(|attribute| &attribute.values)
        .map(|token| stamp::validate(judge, token, None, &over_content, exists_at))
        .collect();
    let own: Vec<Stamp> = signer
        .unsigned_values(oids::SIGNATURE_TIME_STAMP)
        .map(|token| stamp::validate(judge, token, None, &over_value, exists_at))
        .collect();
    stamp::note(content.iter().chain(&own), report);
    (content, own)
}

pub(super) fn read_claims(signer: &SignerInfo, report: &mut SignatureReport) {
    report.claimed.commitment = signer
        .single_signed(oids::COMMITMENT_TYPE)
        .and_then(|value| read_commitment(value).ok());
    if let Some(claims) = claimed_attributes(signer) {
        report.claimed.roles = claims.roles().map(str::to_owned).collect();
        report.claimed.other_attributes = claims.others().filter(|oid| oid != VERDICT_OID).collect();
    }
}

/// The signature policy that the signed attributes name. EN 319 122-1 §5.2.9 and §5.2.10.
pub(super) fn stated_policy(signer: &SignerInfo) -> Option<Stated> {
    signer.signed_with(oids::SIGNATURE_POLICY).next()?;
    let value = signer.single_signed(oids::SIGNATURE_POLICY);
    let read = value.and_then(|value| NamedPolicy::parse(value).ok());
    Some(match read {
        None => Stated::Unread,
        Some(None) => Stated::Implied,
        Some(Some(policy)) => {
            let mut stores = signer.unsigned_values(oids::SIGNATURE_POLICY_STORE);
            let named = Named::new(&policy.oid.to_string(), Made::ByItsKind);
            Stated::Named(Named {
                uri: policy.uri,
                stored: stores.find_map(|value| stored_document(value).ok().flatten()),
                ..named.with_digest(policy.hash, policy.digest)
            })
        }
    })
}

pub(super) fn claimed_attributes(signer: &SignerInfo) -> Option<ClaimedAttributes> {
    ClaimedAttributes::parse(signer.single_signed(oids::SIGNER_ATTRIBUTES_V2)?).ok()
}

fn attested_by(
    found: &Found,
    signer: &SignerInfo,
    digests: &Digests,
    made: attested::Made<'_>,
    findings: &mut Vec<Finding>,
) -> Option<AuthorityAttests> {
    let claims = claimed_attributes(signer)?;
    let is_document = |digest: &Sha256Digest| found.is_document_before(digest, digests);
    attested::whole(claims.texts(VERDICT_OID), &is_document, made, findings)
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
