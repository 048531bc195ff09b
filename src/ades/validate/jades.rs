//! Signatures in JSON: what is in a JWS, and each signature judged for itself. TS 119 182-1.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::attested::About;
use super::file::{Context, empty, refuse_unused, settle};
use super::format::{Failure, key_of};
use super::general::{
    self, ARCHIVE, Basis, CONTENT, Enclosing, SIGNATURES_AT_MOST, Subject, Token, too_many_counters,
};
use super::imprints::{Archived, Contents};
use super::indication::SubIndication;
use super::material::Material;
use super::policy::ValidationPolicy;
use super::report::{DigestReport, Finding, Format, ObjectReport, Report, SignatureReport, base64};
use super::signature_policy::{Made, Named, Stated};
use crate::ades::content::{Content, DataObject};
use crate::ades::jades::counter;
use crate::ades::jades::header::{Header, HeaderError, SignedObjects, VERDICT_MEDIA_TYPE, hash_of_name};
use crate::ades::jades::payload::{self, named};
use crate::ades::jades::read::{Jws, JwsSignature, decoded};
use crate::ades::jades::unsigned::{self, Element};
use crate::ades::signature_name::{COUNTERS_AT_MOST, COUNTERS_DEEP_AT_MOST, SignatureName};
use crate::base::digest::{HashAlgorithm, Hasher, Sha256Digest};
use crate::crypto::ecdsa;
use crate::crypto::jws::fits_jose;
use crate::crypto::key::KeyKind;
use crate::pki::certificate::Certificate;

/// Members of a header that lead elsewhere. They are never followed.
const POINTERS: [&str; 3] = ["jku", "jwk", "x5u"];

/// Judges every signature of the JWS `bytes`. Never fails: what cannot be read is in the report.
///
/// `objects`: the content, for a JWS that does not carry it, by the names that `sigD` gives; one alone needs no name.
pub fn validate_jws(bytes: &[u8], objects: &[DataObject], context: &Context<'_>) -> Report {
    let policy = ValidationPolicy::strict();
    report_of(bytes, objects, &Basis::new(context, &policy))
}

/// The same on any basis.
pub(super) fn report_of(bytes: &[u8], objects: &[DataObject], basis: &Basis<'_>) -> Report {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut report = empty(length, &basis.context, basis.policy);
    report.document.sha256 = Sha256Digest::of(bytes);
    report.document.revisions = 1;
    match Jws::parse(bytes) {
        Ok(jws) if jws.signatures.len() > SIGNATURES_AT_MOST => {
            report.document.format_failure = Some("too many signatures (JWS_LIMIT)".to_owned());
        }
        Ok(jws) => {
            let contents = Contents::new(&jws, objects);
            let mut named_there = BTreeSet::new();
            for (index, signature) in jws.signatures.iter().enumerate() {
                let name = SignatureName::signer(index);
                match Scene::new(&jws, signature, (objects, &contents)) {
                    Ok(scene) => {
                        let reference = scene.header.objects.iter();
                        named_there.extend(reference.flat_map(|named| named.uris.clone()));
                        let mut own = general::judge(scene.subject(name.to_string()), basis);
                        let reference = scene.header.objects.iter();
                        own.covered_files = reference.flat_map(|named| named.uris.clone()).collect();
                        report.signatures.push(own);
                        let mut counters = Vec::new();
                        judge_counters(&scene, &name, &[], basis, &mut counters);
                        report.signatures.extend(counters);
                    }
                    Err(failure) => {
                        let failed = SignatureReport::failed(name.to_string(), Format::Jades, failure);
                        report.signatures.push(failed);
                    }
                }
            }
            let is_left = |object: &DataObject| {
                let name = object.name.as_ref();
                name.is_none_or(|name| !named_there.contains(name))
            };
            if objects.len() > 1 && objects.iter().any(is_left) {
                refuse_unused(&mut report);
            }
        }
        Err(error) => report.document.format_failure = Some(format!("{error} (JWS_MALFORMED)")),
    }
    settle(&mut report);
    report
}

impl From<HeaderError> for Failure {
    fn from(error: HeaderError) -> Self {
        let (sub, cause) = match &error {
            HeaderError::Algorithm(_) => (SubIndication::CryptoConstraintsFailure, "JWS_ALGORITHM"),
            HeaderError::CertificateReference => (
                SubIndication::NoSigningCertificateFound,
                "JWS_CERTIFICATE_REFERENCE",
            ),
            HeaderError::Critical(_) => (SubIndication::FormatFailure, "JWS_CRITICAL"),
            HeaderError::Malformed(_) => (SubIndication::FormatFailure, "JWS_HEADER"),
            HeaderError::Time => (SubIndication::FormatFailure, "JWS_TIME"),
        };
        Self::new(sub, cause, error.to_string())
    }
}

fn format_failure(cause: &str, detail: &str) -> Failure {
    Failure::new(SubIndication::FormatFailure, cause, detail)
}

fn missing(detail: &str) -> Failure {
    Failure::new(SubIndication::SignedDataNotFound, "JWS_CONTENT_MISSING", detail)
}

/// A signature that a counter-signature stands in.
#[derive(Clone, Copy)]
struct Outer<'s> {
    scene: &'s Scene<'s>,
    archives: &'s [Enclosing<'s>],
    /// How many of them stand before it.
    before: usize,
}

/// Judges the counter-signatures on the signature `name`, each followed by those on itself.
///
/// Each is over the value that it is on, and stands under the archive time-stamps behind it. TS 119 182-1 §5.3.2.
/// `outer`: the signatures around that one, the nearest first.
fn judge_counters<'s>(
    scene: &'s Scene<'s>,
    name: &SignatureName,
    outer: &[Outer<'s>],
    basis: &Basis<'_>,
    judged: &mut Vec<SignatureReport>,
) {
    if counter::places(&scene.elements).next().is_none() {
        return;
    }
    let archives: Vec<Enclosing<'_>> = scene.tokens().1.into_iter().map(Enclosing::new).collect();
    for (number, (place, element)) in counter::places(&scene.elements).enumerate() {
        let name = name.counter(number);
        if judged.len() > COUNTERS_AT_MOST {
            return;
        }
        if judged.len() == COUNTERS_AT_MOST || name.counters.len() > COUNTERS_DEEP_AT_MOST {
            judged.push(too_many_counters(&name, Format::Jades));
            return;
        }
        let read = counter::read(&element.value).ok();
        let read = read.zip(decoded(&scene.signature.signature).ok());
        let Some((jws, value)) = read else {
            let failure = format_failure("JWS_COUNTER_SIGNATURE", "a cSig does not hold one signature");
            judged.push(SignatureReport::failed(name.to_string(), Format::Jades, failure));
            continue;
        };
        // EU DSS carries the value along as the payload. Then it must be the very value that the signature is on.
        let carries_value = jws.payload.as_ref() == Some(&scene.signature.signature);
        let value = DataObject {
            name: None,
            media_type: None,
            content: Content::Bytes(Arc::new(value)),
        };
        let content = if carries_value { Vec::new() } else { vec![value] };
        let mut outers = vec![Outer {
            scene,
            archives: &archives,
            before: scene.archives_before(place),
        }];
        outers.extend(outer);
        let contents = Contents::new(&jws, &content);
        for signature in &jws.signatures {
            match Scene::new(&jws, signature, (&content, &contents)) {
                Ok(counter) => {
                    let mut subject = counter.subject(name.to_string());
                    for outer in &outers {
                        let layer = general::enclose(&mut subject, outer.archives, outer.before);
                        outer.scene.add_material(&mut subject.material, layer);
                    }
                    judged.push(general::judge(subject, basis));
                    judge_counters(&counter, &name, &outers, basis, judged);
                }
                Err(failure) => {
                    judged.push(SignatureReport::failed(name.to_string(), Format::Jades, failure));
                }
            }
        }
    }
}

/// One signature and what surrounds it.
struct Scene<'a> {
    jws: &'a Jws,
    signature: &'a JwsSignature,
    objects: &'a [DataObject],
    header: Header,
    elements: Vec<Element>,
    contents: &'a Contents<'a>,
    archived: Archived,
    /// The digest of the signing input: made once.
    input: OnceCell<Result<Vec<u8>, Failure>>,
}

impl<'a> Scene<'a> {
    /// Format checking, EN 319 102-1 §5.2.2.
    fn new(
        jws: &'a Jws,
        signature: &'a JwsSignature,
        (objects, contents): (&'a [DataObject], &'a Contents<'a>),
    ) -> Result<Self, Failure> {
        let header = Header::parse(&signature.protected)?;
        // RFC 7515 §7.2.1: names stand in one of the two headers. Unprotected, only `etsiU` has a place here: an `alg` or
        // a certificate there would be anybody's.
        if header.members.contains_key("etsiU") || !signature.header.is_empty() {
            return Err(format_failure(
                "JWS_HEADER_SPLIT",
                "the unprotected header holds more than etsiU, or the protected one holds it",
            ));
        }
        let elements = unsigned::read(&signature.unsigned).ok_or_else(|| {
            format_failure(
                "JWS_UNSIGNED",
                "an element of etsiU is not an object with one member",
            )
        })?;
        let archives = elements.iter().enumerate();
        let places = archives.filter(|(_, element)| element.name == "arcTst");
        Ok(Self {
            jws,
            signature,
            objects,
            header,
            archived: Archived::new(places.map(|(place, _)| place).collect()),
            elements,
            contents,
            input: OnceCell::new(),
        })
    }

    fn subject(&self, name: String) -> Subject<'_> {
        let material = self.material();
        let certificate = self.identify(&material);
        let intact = certificate
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|certificate| self.check_intact(certificate));
        let mut report = SignatureReport::empty(name, Format::Jades);
        report.claimed.time = self.header.time;
        report.claimed.commitment = self.header.commitment();
        report.claimed.location = self.header.place();
        let mut verdicts = Vec::new();
        for (kind, text) in self.header.claimed() {
            match kind.as_str() {
                VERDICT_MEDIA_TYPE => verdicts.push(text),
                "text/plain" | "" => report.claimed.roles.push(text),
                _ => report.claimed.other_attributes.push(kind),
            }
        }
        self.note(&mut report);
        let content = self.contents.digest(&self.header);
        self.read_digests(content.as_ref(), &mut report);
        let (own, archive) = self.tokens();
        Subject {
            report,
            layer: 0,
            certificate,
            intact,
            algorithm: Some(self.header.algorithm),
            hashes: BTreeSet::new(),
            violations: self.violations(),
            policy: self.policy(),
            verdicts,
            about: About::Whole(content),
            material,
            content_stamps: self.content_stamps(),
            own,
            archive,
            own_archives: None,
        }
    }

    /// What was signed, its value, and the content's digest.
    fn read_digests(&self, content: Option<&Sha256Digest>, report: &mut SignatureReport) {
        report.value = decoded(&self.signature.signature)
            .ok()
            .map(|value| base64(&value));
        let digest = |digest: &[u8]| DigestReport::new(self.header.algorithm.hash(), digest);
        report.to_be_signed = self
            .input
            .get()
            .and_then(|input| Some(digest(input.as_ref().ok()?)));
        report.signed_data =
            content.map(|sha256| DigestReport::new(HashAlgorithm::Sha256, sha256.as_bytes()));
    }

    /// How many archive time-stamps stand before place `at`: what stands there is covered by the next one.
    fn archives_before(&self, at: usize) -> usize {
        let before = self.elements.iter().take(at);
        before.filter(|element| element.name == "arcTst").count()
    }

    fn material(&self) -> Material {
        let mut material = Material::default();
        self.add_material(&mut material, |archives| archives.saturating_mul(2));
        material
    }

    /// Adds everything that came along; `layer`: of what stands behind so many archive time-stamps of this signature.
    fn add_material(&self, material: &mut Material, layer: impl Fn(usize) -> usize) {
        for der in &self.header.chain {
            material.add_certificate(der, layer(0));
        }
        for (place, element) in self.elements.iter().enumerate() {
            let layer = layer(self.archives_before(place));
            let evidence = unsigned::evidence(element);
            for der in &evidence.certificates {
                material.add_certificate(der, layer);
            }
            for der in evidence.ocsp_responses {
                material.add_ocsp_response(der, layer);
            }
            for der in evidence.crls {
                material.add_crl(der, layer);
            }
        }
    }

    /// The certificate that the protected header refers to by digest: never one that merely verifies.
    fn identify(&self, material: &Material) -> Result<Certificate, Failure> {
        let (hash, digest) = &self.header.certificate;
        let found = material
            .certificates()
            .iter()
            .find(|certificate| hash.digest(certificate.der()) == *digest);
        let found = found.cloned().ok_or_else(|| {
            Failure::new(
                SubIndication::NoSigningCertificateFound,
                "JWS_CERTIFICATE_MISSING",
                "the certificate that the header refers to is not there",
            )
        })?;
        // RFC 7515 §4.1.6: the first certificate is the signer's; another one there would show another name.
        match self.header.chain.first() {
            Some(first) if first != found.der() => Err(Failure::new(
                SubIndication::NoSigningCertificateFound,
                "JWS_CERTIFICATE_REFERENCE",
                "the first certificate of x5c is not the one that the header refers to",
            )),
            _ => Ok(found),
        }
    }

    /// Cryptographic verification, EN 319 102-1 §5.2.7.
    fn check_intact(&self, certificate: &Certificate) -> Result<(), Failure> {
        let algorithm = self.header.algorithm;
        let key = key_of(certificate)?;
        if !fits_jose(key.kind(), algorithm) {
            return Err(Failure::new(
                SubIndication::CryptoConstraintsFailure,
                "JWS_ALGORITHM",
                "the algorithm does not fit the key",
            ));
        }
        let input = self.input.get_or_init(|| self.signing_digest()).clone()?;
        let value = decoded(&self.signature.signature)
            .map_err(|_| format_failure("JWS_MALFORMED", "the value is not base64url"))?;
        let wrong = || {
            Failure::new(
                SubIndication::SigCryptoFailure,
                "JWS_SIGNATURE_VALUE",
                "the signature value does not verify",
            )
        };
        let value = match key.kind() {
            KeyKind::Ec(curve) => ecdsa::raw_to_der(&value, curve).map_err(|_| wrong())?,
            KeyKind::Rsa { .. } => value,
        };
        key.verify_digest(algorithm, &input, &value).map_err(|_| wrong())
    }

    /// The digest of the signing input; by digests of objects, these are compared first.
    fn signing_digest(&self) -> Result<Vec<u8>, Failure> {
        let mut hashers = [Hasher::new(self.header.algorithm.hash())];
        {
            let [hasher] = &mut hashers;
            hasher.update(self.signature.protected.as_bytes());
            hasher.update(b".");
        }
        match (&self.jws.payload, &self.header.objects) {
            (Some(_), _) if !self.objects.is_empty() => {
                return Err(format_failure(
                    "JWS_CONTENT_PRESENT",
                    "the signature carries content, and other content was handed in",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(format_failure(
                    "JWS_CONTENT_PRESENT",
                    "the signature carries content and refers to content elsewhere",
                ));
            }
            (Some(payload), None) => {
                if self.header.payload_as_text {
                    decoded(payload)
                        .map_err(|_| format_failure("JWS_MALFORMED", "the payload is not base64url"))?;
                }
                let [hasher] = &mut hashers;
                hasher.update(payload.as_bytes());
            }
            (None, None) => {
                let [one] = self.objects else {
                    let failure = missing("the content was not handed in, or more than one");
                    return Err(failure.about(ObjectReport::signed_data("")));
                };
                self.add_octets(&mut hashers, &[one])?;
            }
            (None, Some(reference)) => {
                let found = named(&reference.uris, self.objects)
                    .ok_or_else(|| self.missing_object(&reference.uris))?;
                if reference.by_hash {
                    self.check_objects(reference, &found)?;
                } else {
                    self.add_octets(&mut hashers, &found)?;
                }
            }
        }
        let [hasher] = hashers;
        Ok(hasher.finish())
    }

    /// The objects among `uris` that were not handed in.
    fn missing_object(&self, uris: &[String]) -> Failure {
        let is_there = |uri: &String| {
            self.objects
                .iter()
                .any(|object| object.name.as_ref() == Some(uri))
        };
        let names: Vec<&str> = uris
            .iter()
            .filter(|uri| !is_there(uri))
            .map(String::as_str)
            .collect();
        let failure = missing("an object that the header refers to was not handed in");
        failure.about(ObjectReport::signed_data(names.join(", ")))
    }

    fn add_octets(&self, hashers: &mut [Hasher], objects: &[&DataObject]) -> Result<(), Failure> {
        for object in objects {
            let source = object
                .content
                .bytes()
                .ok_or_else(|| missing("the octets of the content are needed, not a digest"))?;
            payload::update(hashers, &**source, self.header.payload_as_text)
                .map_err(|error| missing(&error.to_string()))?;
        }
        Ok(())
    }

    fn check_objects(&self, reference: &SignedObjects, found: &[&DataObject]) -> Result<(), Failure> {
        let hash = reference.hash.unwrap_or(HashAlgorithm::Sha256);
        for (object, due) in found.iter().zip(&reference.digests) {
            let digest = payload::digest(&object.content, hash, self.header.payload_as_text)
                .map_err(|error| missing(&error.to_string()))?
                .ok_or_else(|| {
                    missing("the digest of the content in the form that is signed was not handed in")
                })?;
            if digest != *due {
                return Err(Failure::new(
                    SubIndication::HashFailure,
                    "JWS_OBJECT_DIGEST",
                    "the signed digest differs from the digest of the content",
                ));
            }
        }
        Ok(())
    }

    /// The time-stamps over the content, signed with it. TS 119 182-1 §5.2.6.
    fn content_stamps(&self) -> Vec<Token<'_>> {
        let Some(container) = self.header.members.get("adoTst") else {
            return Vec::new();
        };
        let tokens = unsigned::tokens(container).filter(|tokens| !tokens.is_empty());
        let fault = tokens
            .is_none()
            .then(|| format_failure("JWS_TIME_STAMP", "adoTst does not hold time-stamp tokens"));
        let tokens = tokens.unwrap_or_else(|| vec![Vec::new()]);
        let token = |der| Token {
            fault: fault.clone(),
            ..Token::new(
                der,
                CONTENT,
                0,
                Box::new(|hash| self.contents.imprint(hash, &self.header)),
            )
        };
        tokens.into_iter().map(token).collect()
    }

    fn tokens(&self) -> (Vec<Token<'_>>, Vec<Token<'_>>) {
        let (mut own, mut archive) = (Vec::new(), Vec::new());
        for (place, element) in self.elements.iter().enumerate() {
            let before = self.archives_before(place);
            let der = unsigned::token(&element.value);
            let mut fault = der
                .is_none()
                .then(|| format_failure("JWS_TIME_STAMP", "the container does not hold one token"));
            match element.name.as_str() {
                "sigTst" => own.push(Token {
                    fault,
                    ..Token::new(
                        der.unwrap_or_default(),
                        "signature time-stamp",
                        before.saturating_mul(2),
                        Box::new(|hash| Some(hash.digest(self.signature.signature.as_bytes()))),
                    )
                }),
                "arcTst" => {
                    let covers_all = match element.value.get("timeStamped") {
                        None => true,
                        Some(kind) => kind.as_str() == Some("all"),
                    };
                    if element.text.is_none() || !covers_all || element.value.get("canonAlg").is_some() {
                        fault = Some(format_failure(
                            "JWS_TIME_STAMP",
                            "an archive time-stamp over clear elements or over a part of them is not read",
                        ));
                    }
                    archive.push(Token {
                        fault,
                        ..Token::new(
                            der.unwrap_or_default(),
                            format!("{ARCHIVE} {}", before.saturating_add(1)),
                            before.saturating_mul(2).saturating_add(1),
                            Box::new(move |hash| {
                                let own = (self.signature, &self.header);
                                self.archived.imprint(hash, place, self.contents, own)
                            }),
                        )
                    });
                }
                _ => {}
            }
        }
        (own, archive)
    }

    fn note(&self, report: &mut SignatureReport) {
        for name in POINTERS {
            if self.header.members.contains_key(name) {
                report.findings.push(Finding::warning(
                    "JWS_POINTER",
                    format!("{name} is there and was not followed"),
                ));
            }
        }
    }

    /// The signature policy that the header names. TS 119 182-1 §5.2.7 and §5.3.3.
    fn policy(&self) -> Option<Stated> {
        let value = self.header.members.get("sigPId")?;
        let Some(id) = value.pointer("/id/id").and_then(Value::as_str) else {
            return Some(Stated::Unread);
        };
        let made = match value.get("digPSp") {
            None | Some(Value::Bool(false)) => Made::Octets,
            Some(Value::Bool(true)) => Made::AsSpecified,
            Some(_) => Made::Unknown,
        };
        let hash = value.get("digAlg").and_then(Value::as_str).and_then(hash_of_name);
        let digest = value.get("digVal").and_then(Value::as_str);
        let digest = digest.and_then(|text| decoded(text).ok()).unwrap_or_default();
        let qualifiers = value.get("sigPQuals").and_then(Value::as_array);
        let mut stores = self.elements.iter().filter(|element| element.name == "sigPSt");
        let stored = stores.find_map(|element| {
            let text = element.value.get("sigPolDoc")?.as_str()?;
            STANDARD.decode(text).ok()
        });
        Some(Stated::Named(Named {
            uri: qualifiers
                .into_iter()
                .flatten()
                .find_map(|qualifier| qualifier.get("spURI")?.as_str())
                .map(str::to_owned),
            stored,
            ..Named::new(id, made).with_digest(hash, digest)
        }))
    }

    /// What breaks the baseline, TS 119 182-1 §6.3. Empty means: it is B-B as far as its form goes.
    fn violations(&self) -> Vec<Finding> {
        let has = |name: &str| self.elements.iter().any(|element| element.name == name);
        let references = ["xRefs", "rRefs", "axRefs", "arRefs", "sigRTst", "rfsTst"];
        let rules = [
            (self.header.time.is_some(), "the header states no time of signing"),
            (
                !self.header.has_obsolete_time,
                "the time of signing stands in sigT, which is obsolete since July 2025",
            ),
            (
                !references.iter().any(|name| has(name)),
                "references stand where the baseline has values",
            ),
        ];
        let broken = rules.into_iter().filter(|(kept, _)| !kept);
        broken
            .map(|(_, detail)| Finding::note("JADES_BASELINE", detail))
            .collect()
    }
}
