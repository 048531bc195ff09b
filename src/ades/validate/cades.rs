//! Messages of CMS: what is in them, and each signer judged for itself. EN 319 122-1.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::archive_manifest::Around;
use super::attested::About;
use super::file::{Context, empty, settle, whole_digest};
use super::format::{Failure, check_algorithms, key_of};
use super::general::{self, ARCHIVE, Basis, CONTENT, Subject, Token, too_many_counters};
use super::indication::SubIndication;
use super::material::Material;
use super::policy::ValidationPolicy;
use super::report::{DigestReport, Finding, Format, ObjectReport, Report, SignatureReport, base64};
use super::signature::{claimed_attributes, read_claims, stated_policy};
use crate::ades::VERDICT_OID;
use crate::ades::cades::counter::{self, counter_signatures};
use crate::ades::cms::archive::{self, HashIndex, attribute_entry};
use crate::ades::cms::build::issuer_and_serial;
use crate::ades::cms::envelope::Envelope;
use crate::ades::cms::oids;
use crate::ades::cms::open::{self, Message};
use crate::ades::cms::parts::SignerParts;
use crate::ades::cms::read::{SignerIdentifier, SignerInfo};
use crate::ades::cms::verify::VerifyError;
use crate::ades::content::Content;
use crate::ades::signature_name::{COUNTERS_AT_MOST, COUNTERS_DEEP_AT_MOST, SignatureName};
use crate::asn1::read::{self, Rules};
use crate::asn1::write::tag;
use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::time::Timestamp;
use crate::pki::certificate::Certificate;
use crate::pki::timestamp::TimeStampToken;

/// Judges every signature of the message `source`. Never fails: what cannot be read is in the report.
///
/// `detached`: the content, for a message that does not carry it.
pub fn validate_cms(source: Arc<dyn ReadAt>, detached: Option<&Content>, context: &Context<'_>) -> Report {
    let policy = ValidationPolicy::strict();
    report_of(source, detached, &Basis::new(context, &policy))
}

/// The same on any basis.
pub(super) fn report_of(source: Arc<dyn ReadAt>, detached: Option<&Content>, basis: &Basis<'_>) -> Report {
    report_within(source, detached, &Around::default(), basis)
}

/// The same for a message that time-stamps of its container cover.
pub(super) fn report_within(
    source: Arc<dyn ReadAt>,
    detached: Option<&Content>,
    around: &Around<'_>,
    basis: &Basis<'_>,
) -> Report {
    let mut report = empty(source.len(), &basis.context, basis.policy);
    report.document.sha256 = whole_digest(&*source);
    report.document.revisions = 1;
    match open::open(source) {
        Ok(message) => judge_message(&message, detached, (around, basis), &mut report),
        Err(error) => report.document.format_failure = Some(format!("{error} (CMS_MALFORMED)")),
    }
    settle(&mut report);
    report
}

/// The content's digests under every hash that will be asked for, from one reading.
struct Digests {
    known: BTreeMap<HashAlgorithm, Vec<u8>>,
    /// Why there are none.
    missing: Option<Failure>,
}

impl Digests {
    fn of(message: &Message, detached: Option<&Content>, signers: &[Option<SignerInfo>]) -> Self {
        let failed = |sub, cause: &str, detail: &str| Self {
            known: BTreeMap::new(),
            missing: Some(Failure::new(sub, cause, detail)),
        };
        let own = message.content.clone().map(Content::Bytes);
        let content = match (&own, detached) {
            (Some(_), Some(_)) => {
                let error = VerifyError::ContentPresent;
                return failed(SubIndication::FormatFailure, error.cause(), &error.to_string());
            }
            (Some(content), None) | (None, Some(content)) => content,
            (None, None) => {
                return failed(
                    SubIndication::SignedDataNotFound,
                    "CMS_CONTENT_MISSING",
                    "the message does not carry its content, and the content was not handed in",
                );
            }
        };
        let mut hashes = BTreeSet::from([HashAlgorithm::Sha256]);
        for signer in signers.iter().flatten() {
            hashes.extend(signer.digest_hash());
            let content = signer
                .signed_with(oids::CONTENT_TIME_STAMP)
                .flat_map(|attribute| attribute.values.iter().map(Vec::as_slice));
            let tokens = signer.unsigned_values(oids::ARCHIVE_TIME_STAMP_V3).chain(content);
            hashes.extend(tokens.filter_map(|der| Some(TimeStampToken::parse(der).ok()?.hash)));
        }
        let hashes: Vec<HashAlgorithm> = hashes.into_iter().collect();
        match content.digests(&hashes) {
            Ok(known) => Self { known, missing: None },
            Err(error) => failed(SubIndication::SignedDataNotFound, "ADES_IO", &error.to_string()),
        }
    }

    fn get(&self, hash: HashAlgorithm) -> Result<&[u8], Failure> {
        if let Some(missing) = &self.missing {
            return Err(missing.clone());
        }
        self.known.get(&hash).map(Vec::as_slice).ok_or_else(|| {
            Failure::new(
                SubIndication::SignedDataNotFound,
                "CMS_CONTENT_MISSING",
                format!("the content's digest with {} was not handed in", hash.name()),
            )
        })
    }
}

fn judge_message(
    message: &Message,
    detached: Option<&Content>,
    (around, basis): (&Around<'_>, &Basis<'_>),
    report: &mut Report,
) {
    let envelope = &message.envelope;
    let signers: Vec<Option<SignerInfo>> = (0..envelope.signer_count())
        .map(|index| signer_info(envelope.signer(index)?).ok())
        .collect();
    let digests = Digests::of(message, detached, &signers);
    for (index, info) in signers.iter().enumerate() {
        let name = SignatureName::signer(index);
        let parts = envelope
            .signer(index)
            .and_then(|whole| SignerParts::parse(whole).ok());
        let (Some(info), Some(parts)) = (info, parts) else {
            let failure = malformed("the signer cannot be read");
            report
                .signatures
                .push(SignatureReport::failed(name.to_string(), Format::Cades, failure));
            continue;
        };
        let Ok(covered) = Covered::read(envelope, &parts) else {
            let failure = malformed("the unsigned attributes cannot be read");
            report
                .signatures
                .push(SignatureReport::failed(name.to_string(), Format::Cades, failure));
            continue;
        };
        let scene = Scene {
            envelope,
            digests: &digests,
            covered: &covered,
            around,
        };
        report.signatures.push(general::judge(
            scene.subject(name.to_string(), info, &parts),
            basis,
        ));
        let mut counters = Vec::new();
        judge_counters(&scene, (&name, info, &parts), None, basis, &mut counters);
        report.signatures.extend(counters);
    }
}

/// Judges the counter-signatures on the signature `name`, each followed by those on itself.
///
/// `layer`: of the outermost counter-signature around, with which all that stands in it is covered.
fn judge_counters(
    scene: &Scene<'_>,
    (name, info, parts): (&SignatureName, &SignerInfo, &SignerParts),
    layer: Option<usize>,
    basis: &Basis<'_>,
    judged: &mut Vec<SignatureReport>,
) {
    for (number, whole) in counter_signatures(parts).unwrap_or_default().iter().enumerate() {
        let name = name.counter(number);
        if judged.len() > COUNTERS_AT_MOST {
            return;
        }
        if judged.len() == COUNTERS_AT_MOST || name.counters.len() > COUNTERS_DEEP_AT_MOST {
            judged.push(too_many_counters(&name, Format::Cades));
            return;
        }
        let layer = layer.unwrap_or_else(|| {
            let kind = counter::kind().unwrap_or_default();
            scene.covered.layer_of_value(&kind, whole)
        });
        let read = signer_info(whole).ok().zip(SignerParts::parse(whole).ok());
        let Some((own, parts)) = read else {
            let failure = malformed("the counter-signature cannot be read");
            judged.push(SignatureReport::failed(name.to_string(), Format::Cades, failure));
            continue;
        };
        let subject = scene.counter(name.to_string(), (&own, &parts), info, layer);
        judged.push(general::judge(subject, basis));
        judge_counters(scene, (&name, &own, &parts), Some(layer), basis, judged);
    }
}

fn malformed(detail: &str) -> Failure {
    Failure::new(SubIndication::FormatFailure, "CMS_MALFORMED", detail)
}

fn signer_info(whole: &[u8]) -> Result<SignerInfo, crate::ades::cms::read::ReadError> {
    SignerInfo::parse(&read::single(whole, Rules::Ber)?)
}

/// One archive time-stamp of a signer.
struct Archived {
    der: Vec<u8>,
    /// Type and value as encoded, for the index of a later one.
    entry: (Vec<u8>, Vec<u8>),
    gen_time: Option<Timestamp>,
    /// Its index, and the very bytes of it.
    index: Option<(HashIndex, Vec<u8>)>,
    fault: Option<Failure>,
}

impl Archived {
    fn covers_certificate(&self, der: &[u8]) -> bool {
        self.index
            .as_ref()
            .is_some_and(|(index, _)| index.certificates.contains(&index.hash.digest(der)))
    }

    fn covers_revocation(&self, der: &[u8]) -> bool {
        self.index
            .as_ref()
            .is_some_and(|(index, _)| index.revocations.contains(&index.hash.digest(der)))
    }

    fn covers_attribute(&self, kind: &[u8], value: &[u8]) -> bool {
        self.index
            .as_ref()
            .is_some_and(|(index, _)| index.unsigned.contains(&attribute_entry(index.hash, kind, value)))
    }
}

/// A signer's unsigned attribute values, and its archive time-stamps in their order.
struct Covered {
    parts: SignerParts,
    /// Type, the type as encoded, and the value as encoded.
    values: Vec<(String, Vec<u8>, Vec<u8>)>,
    archives: Vec<Archived>,
}

impl Covered {
    fn read(envelope: &Envelope, parts: &SignerParts) -> Result<Self, read::Asn1Error> {
        let values: Vec<(String, Vec<u8>, Vec<u8>)> = parts
            .unsigned_values()?
            .into_iter()
            .map(|(oid, kind, value)| (oid.to_string(), kind, value))
            .collect();
        let mut archives: Vec<Archived> = values
            .iter()
            .filter(|(oid, ..)| oid == oids::ARCHIVE_TIME_STAMP_V3)
            .map(|(_, kind, value)| archived(envelope, parts, kind, value))
            .collect();
        archives.sort_by_key(|archived| archived.gen_time);
        let mut covered = Self {
            parts: parts.clone(),
            values,
            archives,
        };
        covered.check_cumulative(envelope);
        Ok(covered)
    }

    /// Each archive time-stamp must cover all that the one before it covers, and that one itself: else what the older
    /// one proves would hang on nothing once its own unit is out of validity (EN 319 122-1 §5.5.3: all that is there).
    fn check_cumulative(&mut self, envelope: &Envelope) {
        let later: Vec<bool> = self
            .archives
            .windows(2)
            .map(|pair| {
                let [earlier, later] = pair else { return true };
                let certificates = envelope
                    .certificates()
                    .all(|der| !earlier.covers_certificate(der) || later.covers_certificate(der));
                let revocations = envelope
                    .revocations()
                    .all(|der| !earlier.covers_revocation(der) || later.covers_revocation(der));
                let values = self.values.iter().all(|(_, kind, value)| {
                    !earlier.covers_attribute(kind, value) || later.covers_attribute(kind, value)
                });
                let itself = later.covers_attribute(&earlier.entry.0, &earlier.entry.1);
                certificates && revocations && values && itself
            })
            .collect();
        for (archived, is_cumulative) in self.archives.iter_mut().skip(1).zip(later) {
            if !is_cumulative && archived.fault.is_none() {
                archived.fault = Some(Failure::new(
                    SubIndication::SigConstraintsFailure,
                    "ATS_INDEX",
                    "the archive time-stamp leaves out what an earlier one covers",
                ));
            }
        }
    }

    fn first(&self, covers: impl Fn(&Archived) -> bool) -> usize {
        let number = self.archives.iter().position(covers);
        number.unwrap_or(self.archives.len()).saturating_mul(2)
    }

    fn layer_of_value(&self, kind: &[u8], value: &[u8]) -> usize {
        self.first(|archived| archived.covers_attribute(kind, value))
    }

    /// Certificates and revocation data of the message, each with the first archive time-stamp that covers it.
    fn material(&self, envelope: &Envelope) -> Material {
        let mut material = Material::default();
        // Only the plain certificates; attribute certificates and the obsolete kinds prove nothing here.
        for der in envelope.certificates().filter(|der| is_certificate(der)) {
            material.add_certificate(der, self.first(|archived| archived.covers_certificate(der)));
        }
        let found = envelope.revocation_items();
        let layer = |whole: &[u8]| self.first(|archived| archived.covers_revocation(whole));
        for (whole, der) in found.ocsp_responses {
            material.add_ocsp_response(der, layer(whole));
        }
        for whole in found.crls {
            material.add_crl(whole.to_vec(), layer(whole));
        }
        material
    }
}

fn archived(envelope: &Envelope, parts: &SignerParts, kind: &[u8], value: &[u8]) -> Archived {
    let token = TimeStampToken::parse(value).ok();
    let der = archive::index_of(value).ok().flatten();
    let index = der.and_then(|der| Some((HashIndex::parse(&der).ok().flatten()?, der)));
    let fault = |detail: &str| Some(Failure::new(SubIndication::HashFailure, "ATS_INDEX", detail));
    let fault = match (&index, &token) {
        (None, _) => fault("the archive time-stamp has no one hash index that can be read"),
        (Some((index, _)), Some(token)) if index.hash != token.hash => {
            fault("the hash index and the imprint of the archive time-stamp use different hashes")
        }
        (Some((index, _)), _) if !index.is_satisfied(envelope, parts).unwrap_or(false) => {
            fault("something that the archive time-stamp covers was changed or taken away")
        }
        _ => None,
    };
    Archived {
        der: value.to_vec(),
        entry: (kind.to_vec(), value.to_vec()),
        gen_time: token.map(|token| token.gen_time),
        index,
        fault,
    }
}

fn is_certificate(der: &[u8]) -> bool {
    der.first() == Some(&tag::SEQUENCE)
}

/// One signer and what surrounds it.
struct Scene<'a> {
    envelope: &'a Envelope,
    digests: &'a Digests,
    covered: &'a Covered,
    around: &'a Around<'a>,
}

impl<'a> Scene<'a> {
    fn subject(&self, name: String, info: &SignerInfo, parts: &SignerParts) -> Subject<'a> {
        let certificate = self.identify(info);
        let content_type = read::single(self.envelope.content_type(), Rules::Ber)
            .and_then(|oid| oid.oid())
            .map(|oid| oid.to_string())
            .unwrap_or_default();
        let intact = certificate
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|certificate| {
                self.check_form(info, parts)?;
                let digest = self.digests.get(info.digest_hash()?);
                let digest = digest.map_err(|failure| failure.about_missing(|| stated_content(info)))?;
                info.check_content(&content_type, digest)?;
                check_value(info, certificate)
            });
        let mut violations = violations(self.envelope, info);
        if content_type != oids::DATA {
            violations.push(Finding::note("CADES_BASELINE", "the content is not of type data"));
        }
        let covered = self.covered;
        let own = covered
            .values
            .iter()
            .filter(|(oid, ..)| oid == oids::SIGNATURE_TIME_STAMP)
            .map(|(_, kind, value)| own_token(info, value, covered.layer_of_value(kind, value)))
            .collect();
        self.assemble(name, info, (certificate, intact, violations), 0, own)
    }

    /// The archive time-stamps of the signer, and those around the message: over the counter-signatures that were there,
    /// too.
    fn archive(&self) -> Vec<Token<'a>> {
        let covered = self.covered;
        let (digests, envelope) = (self.digests, self.envelope);
        let inside = covered.archives.len();
        covered
            .archives
            .iter()
            .enumerate()
            .map(|(number, archived)| Token {
                fault: archived.fault.clone(),
                ..Token::new(
                    archived.der.clone(),
                    format!("{ARCHIVE} {}", number.saturating_add(1)),
                    number.saturating_mul(2).saturating_add(1),
                    Box::new(move |hash| {
                        let (_, index) = archived.index.as_ref()?;
                        let content = digests.get(hash).ok()?;
                        let kind = envelope.content_type();
                        Some(archive::imprint(hash, kind, content, &covered.parts, index))
                    }),
                )
            })
            .chain(self.around.tokens(inside))
            .collect()
    }

    /// A counter-signature on `on`, in `layer`.
    fn counter(
        &self,
        name: String,
        (info, parts): (&SignerInfo, &SignerParts),
        on: &SignerInfo,
        layer: usize,
    ) -> Subject<'a> {
        let certificate = self.identify(info);
        let intact = certificate
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|certificate| {
                self.check_form(info, parts)?;
                info.check_countersigned(&info.digest_hash()?.digest(&on.signature))?;
                check_value(info, certificate)
            });
        // A time-stamp in it stands with it: an archive time-stamp covers the value of the attribute whole.
        let own = info
            .unsigned_values(oids::SIGNATURE_TIME_STAMP)
            .map(|der| own_token(info, der, layer))
            .collect();
        let violations = violations(self.envelope, info);
        let mut subject = self.assemble(name, info, (certificate, intact, violations), layer, own);
        subject.own_archives = Some(0);
        // Its content is the value that it is on.
        for stamp in &mut subject.content_stamps {
            let value = on.signature.clone();
            stamp.imprint = Box::new(move |hash| Some(hash.digest(&value)));
        }
        subject
    }

    fn assemble(
        &self,
        name: String,
        info: &SignerInfo,
        (certificate, intact, violations): (Result<Certificate, Failure>, Result<(), Failure>, Vec<Finding>),
        layer: usize,
        own: Vec<Token<'a>>,
    ) -> Subject<'a> {
        let mut report = SignatureReport::empty(name, Format::Cades);
        read_claims(info, &mut report);
        report.claimed.time = info
            .single_signed(oids::SIGNING_TIME)
            .and_then(|value| read::single(value, Rules::Ber).and_then(|time| time.time()).ok());
        report.claimed.location = info.single_signed(oids::SIGNER_LOCATION).and_then(location);
        note_unused(self.envelope, info, &mut report);
        let claims = claimed_attributes(info);
        let verdicts = claims.iter().flat_map(|claims| claims.texts(VERDICT_OID));
        let verdicts = verdicts.map(str::to_owned).collect();
        let digest = self.digests.known.get(&HashAlgorithm::Sha256);
        let mut material = self.covered.material(self.envelope);
        self.around
            .add_material(&mut material, self.covered.archives.len());
        read_digests(info, &mut report);
        Subject {
            report,
            layer,
            certificate,
            intact,
            algorithm: info.algorithm().ok(),
            hashes: BTreeSet::new(),
            violations,
            policy: stated_policy(info),
            verdicts,
            about: About::Whole(
                digest.and_then(|digest| Some(Sha256Digest(digest.as_slice().try_into().ok()?))),
            ),
            material,
            content_stamps: self.content_stamps(info, layer),
            own,
            archive: self.archive(),
            own_archives: None,
        }
    }

    /// Time-stamps over the content, signed with it: they stand where the signature stands.
    fn content_stamps(&self, info: &SignerInfo, layer: usize) -> Vec<Token<'a>> {
        let digests = self.digests;
        info.signed_with(oids::CONTENT_TIME_STAMP)
            .flat_map(|attribute| &attribute.values)
            .map(|value| {
                let imprint = Box::new(move |hash| digests.get(hash).ok().map(<[u8]>::to_vec));
                Token::new(value.clone(), CONTENT, layer, imprint)
            })
            .collect()
    }

    /// The certificate that the signed attributes name, which must also be the one the signer is named by.
    fn identify(&self, info: &SignerInfo) -> Result<Certificate, Failure> {
        check_algorithms(info)?;
        let der = info.find_certificate(self.envelope.certificates())?;
        let certificate = Certificate::parse(der.to_vec()).map_err(|error| {
            Failure::new(
                SubIndication::NoSigningCertificateFound,
                "CERT_PARSE",
                error.to_string(),
            )
        })?;
        let is_named = match &info.identifier {
            SignerIdentifier::IssuerAndSerial { issuer, serial } => {
                issuer_and_serial(der).is_ok_and(|own| own == (issuer.as_slice(), serial.as_slice()))
            }
            SignerIdentifier::SubjectKeyIdentifier(key) => {
                certificate.extensions().subject_key_identifier.as_ref() == Some(key)
            }
        };
        if is_named {
            Ok(certificate)
        } else {
            Err(Failure::new(
                SubIndication::NoSigningCertificateFound,
                "CMS_SIGNER_IDENTIFIER",
                "the signer is named by another certificate than the signed attributes name",
            ))
        }
    }

    /// Format checking, EN 319 102-1 §5.2.2: what another reader could take in another way.
    fn check_form(&self, info: &SignerInfo, parts: &SignerParts) -> Result<(), Failure> {
        let format =
            |cause: &str, detail: &str| Err(Failure::new(SubIndication::FormatFailure, cause, detail));
        if !matches!(self.envelope.version(), 1 | 3 | 4 | 5) {
            return format("CMS_VERSION", "the message states a version that does not exist");
        }
        if !self.envelope.lists_digest(parts.digest_algorithm()) {
            return format(
                "CMS_DIGEST_ALGORITHMS",
                "the message does not list the signer's digest algorithm",
            );
        }
        // RFC 5652 §5.3: no signed attribute stands twice, and those known here have one value. Of time-stamps over the
        // content there may be any number (EN 319 122-1 §6.3, table 1).
        let mut seen = BTreeSet::new();
        let is_plain = info.signed.iter().all(|attribute| {
            let oid = attribute.oid.to_string();
            if oid == oids::CONTENT_TIME_STAMP {
                return !attribute.values.is_empty();
            }
            seen.insert(oid) && attribute.values.len() == 1
        });
        if is_plain {
            Ok(())
        } else {
            Err(VerifyError::SignedAttributes.into())
        }
    }
}

/// What was signed, its value, and the digest of the content as the signed attributes state it.
fn read_digests(info: &SignerInfo, report: &mut SignatureReport) {
    report.value = Some(base64(&info.signature));
    let Ok(hash) = info.digest_hash() else { return };
    let bytes = info.signed_bytes.as_deref();
    report.to_be_signed = bytes.map(|bytes| DigestReport::new(hash, &hash.digest(bytes)));
    let stated = info.single_signed(oids::MESSAGE_DIGEST);
    report.signed_data = stated
        .and_then(|value| Some(read::single(value, Rules::Ber).ok()?.octets().ok()?.into_owned()))
        .map(|digest| DigestReport::new(hash, &digest));
}

/// The content by the digest that the signed attributes state of it: what to look for.
fn stated_content(info: &SignerInfo) -> ObjectReport {
    let stated = info.single_signed(oids::MESSAGE_DIGEST);
    let digest =
        stated.and_then(|value| Some(read::single(value, Rules::Ber).ok()?.octets().ok()?.into_owned()));
    let (Ok(hash), Some(digest)) = (info.digest_hash(), digest) else {
        return ObjectReport::signed_data("");
    };
    let sha256 = (hash == HashAlgorithm::Sha256).then(|| digest.as_slice().try_into().ok().map(Sha256Digest));
    ObjectReport {
        sha256: sha256.flatten(),
        ..ObjectReport::signed_data(format!("{} {}", hash.name(), hex::encode(&digest)))
    }
}

fn own_token<'a>(info: &SignerInfo, der: &[u8], layer: usize) -> Token<'a> {
    let value = info.signature.clone();
    let imprint = Box::new(move |hash: HashAlgorithm| Some(hash.digest(&value)));
    Token::new(der.to_vec(), "signature time-stamp", layer, imprint)
}

/// Cryptographic verification of the value, EN 319 102-1 §5.2.7.
fn check_value(info: &SignerInfo, certificate: &Certificate) -> Result<(), Failure> {
    Ok(info.check_value(key_of(certificate)?)?)
}

/// What in a signature breaks the CAdES baseline, EN 319 122-1 §6.3. Empty means: it is B-B as far as its form goes.
fn violations(envelope: &Envelope, info: &SignerInfo) -> Vec<Finding> {
    let count = |oid: &str| info.signed_with(oid).count();
    let unsigned = |oid: &str| info.unsigned_values(oid).next().is_some();
    let time = info
        .single_signed(oids::SIGNING_TIME)
        .and_then(|value| read::single(value, Rules::Ber).and_then(|time| time.time()).ok());
    let reference = info.certificate_reference().ok();
    let names_own =
        reference.is_some_and(|reference| envelope.certificates().any(|der| reference.names(der)));
    let rules = [
        (time.is_some(), "the signed attributes state no signing time"),
        (names_own, "the message does not hold the signing certificate"),
        (
            matches!(
                (
                    count(oids::SIGNING_CERTIFICATE),
                    count(oids::SIGNING_CERTIFICATE_V2)
                ),
                (1, 0) | (0, 1)
            ),
            "the signing certificate is not referred to exactly once",
        ),
        (
            !unsigned(oids::CERTIFICATE_VALUES) && !unsigned(oids::REVOCATION_VALUES),
            "certificates or revocation data stand in attributes that the baseline leaves out",
        ),
    ];
    let broken = rules.into_iter().filter(|(kept, _)| !kept);
    broken
        .map(|(_, detail)| Finding::note("CADES_BASELINE", detail))
        .collect()
}

/// Notes what is there and proves nothing here.
fn note_unused(envelope: &Envelope, info: &SignerInfo, report: &mut SignatureReport) {
    if envelope.certificates().any(|der| !is_certificate(der)) {
        report.findings.push(Finding::warning(
            "CMS_ATTRIBUTE_CERTIFICATE",
            "the message holds attribute certificates, which are not judged and give nobody a role",
        ));
    }
    if info.unsigned_values(oids::ARCHIVE_TIME_STAMP_V2).next().is_some() {
        report.findings.push(Finding::warning(
            "ATS_V2",
            "an archive time-stamp of the old form is there, which is not judged and proves nothing",
        ));
    }
}

/// The place in the value of signer-location, in a line. EN 319 122-1 §5.2.5.
fn location(value: &[u8]) -> Option<String> {
    let mut parts = read::single(value, Rules::Ber).ok()?.inside().ok()?;
    let mut text = |number: u8| -> Option<String> {
        let part = parts.optional(tag::context_constructed(number)).ok()??;
        let inner = part.inside().ok()?.any().ok()?;
        inner.text().ok().map(str::to_owned)
    };
    let (country, locality) = (text(0), text(1));
    let texts: Vec<String> = [locality, country].into_iter().flatten().collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}
