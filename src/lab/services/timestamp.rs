//! Time-stamp responses (RFC 3161, ETSI EN 319 422).

use super::super::LabError;
use super::super::known_oid;
use super::super::pki::{DAY, KeyPair, LabPki, Name, Serial};
use super::switch::{ServiceMode, answer_time};
use crate::asn1::read::{Asn1Error, Rules, single};
use crate::asn1::write;
use crate::base::digest::HashAlgorithm;
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::{hash_from_identifier, hash_identifier};

/// The token policy of Belgian time-stamping units (reference pki-and-trust §1.5).
const POLICY: &str = "2.16.56.13.6.3.1.1000";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

struct Request<'a> {
    imprint: &'a [u8],
    policy: Option<&'a [u8]>,
    nonce: Option<&'a [u8]>,
    with_certificates: bool,
}

/// The reply to `request_der`; a request that cannot be served gets a rejection with its failure bit.
pub(super) fn respond(
    pki: &LabPki,
    request_der: &[u8],
    mode: ServiceMode,
    random: &dyn Random,
    now: Timestamp,
) -> Result<Vec<u8>, LabError> {
    if mode == ServiceMode::TryLater {
        // timeNotAvailable
        return Ok(rejection(14));
    }
    let request = match parse(request_der) {
        Ok(Some(request)) => request,
        // badAlg, badDataFormat
        Ok(None) => return Ok(rejection(0)),
        Err(_) => return Ok(rejection(5)),
    };
    if request.policy.is_some_and(|policy| policy != known_oid(POLICY)) {
        // unacceptedPolicy
        return Ok(rejection(15));
    }
    let time = match mode {
        ServiceMode::Stale | ServiceMode::StaleFractional => now.minus(DAY),
        _ => now,
    };
    // A certificate of the same PKI that may not make time-stamps.
    let signer = if mode == ServiceMode::WrongSigner {
        pki.timestamp.responder()
    } else {
        &pki.unit
    };
    let nonce = request.nonce.map_or_else(Vec::new, |nonce| {
        let mut echoed = nonce.to_vec();
        if let Some(last) = echoed.last_mut().filter(|_| mode == ServiceMode::WrongNonce) {
            *last ^= 0x01;
        }
        echoed
    });
    let subject = Name::of_subject(&signer.certificate_der).unwrap_or_default();
    let info = write::sequence(&[
        &write::integer(1),
        &known_oid(POLICY),
        request.imprint,
        &Serial::random(random).to_der(),
        &answer_time(time, mode),
        // Accuracy of one second; ordering is left at its default, false.
        &write::sequence(&[&write::integer(1)]),
        &nonce,
        &write::explicit(0, &write::explicit(4, &subject.to_der())),
    ]);
    let token = sign(pki, signer, &info, request.with_certificates, time)?;
    let granted = write::sequence(&[&write::integer(0)]);
    Ok(write::sequence(&[&granted, &token]))
}

/// A ContentInfo with the SignedData around `info` (RFC 5652, RFC 5816 for ESSCertIDv2).
fn sign(
    pki: &LabPki,
    signer: &KeyPair,
    info: &[u8],
    with_certificates: bool,
    at: Timestamp,
) -> Result<Vec<u8>, LabError> {
    let algorithm = signer.key.public().kind().default_algorithm();
    let hash = algorithm.hash();
    let (issuer, serial) = issuer_and_serial(&signer.certificate_der)
        .ok_or_else(|| LabError::Malformed("own certificate".to_owned()))?;
    let issuer_serial = write::sequence(&[&write::sequence(&[&write::explicit(4, &issuer)]), &serial]);
    // The hash of ESSCertIDv2 is SHA-256 by default and then left out.
    let essence = write::sequence(&[
        &write::octet_string(&HashAlgorithm::Sha256.digest(&signer.certificate_der)),
        &issuer_serial,
    ]);
    let attribute =
        |oid: &str, value: Vec<u8>| write::sequence(&[&known_oid(oid), &write::set_of(vec![value])]);
    let attributes = write::set_of(vec![
        attribute("1.2.840.113549.1.9.3", known_oid(TST_INFO)),
        attribute("1.2.840.113549.1.9.4", write::octet_string(&hash.digest(info))),
        attribute("1.2.840.113549.1.9.5", write::time(at)),
        attribute(
            "1.2.840.113549.1.9.16.2.47",
            write::sequence(&[&write::sequence(&[&essence])]),
        ),
    ]);
    let signature = signer.key.sign(algorithm, &attributes)?;
    let content = single(&attributes, Rules::Der)
        .map(|set| set.content().to_vec())
        .unwrap_or_default();
    let signer_info = write::sequence(&[
        &write::integer(1),
        &write::sequence(&[&issuer, &serial]),
        &hash_identifier(hash),
        &write::element(write::tag::context_constructed(0), &content),
        &algorithm.algorithm_identifier(),
        &write::octet_string(&signature),
    ]);
    let certificates = if with_certificates {
        let chain = [signer.certificate_der.as_slice(), pki.timestamp.certificate_der()].concat();
        write::element(write::tag::context_constructed(0), &chain)
    } else {
        Vec::new()
    };
    let signed = write::sequence(&[
        &write::integer(3),
        &write::set_of(vec![hash_identifier(hash)]),
        &write::sequence(&[
            &known_oid(TST_INFO),
            &write::explicit(0, &write::octet_string(info)),
        ]),
        &certificates,
        &write::set_of(vec![signer_info]),
    ]);
    Ok(write::sequence(&[
        &known_oid(SIGNED_DATA),
        &write::explicit(0, &signed),
    ]))
}

/// `PKIStatusInfo` rejection with the failure bit `bit`.
fn rejection(bit: usize) -> Vec<u8> {
    let bits: Vec<bool> = (0..=bit).map(|at| at == bit).collect();
    write::sequence(&[&write::sequence(&[&write::integer(2), &write::named_bits(&bits)])])
}

/// `None` when the imprint's hash is unknown or weaker than SHA-256, or has another length.
fn parse(der: &[u8]) -> Result<Option<Request<'_>>, Asn1Error> {
    let mut parts = single(der, Rules::Der)?.inside()?;
    parts.expect(write::tag::INTEGER)?;
    let imprint = parts.expect(write::tag::SEQUENCE)?;
    let mut inside = imprint.inside()?;
    let hash = hash_from_identifier(inside.any()?.whole());
    let digest = inside.expect(write::tag::OCTET_STRING)?.content();
    if hash.is_none_or(|hash| hash == HashAlgorithm::Sha1 || hash.output_bytes() != digest.len()) {
        return Ok(None);
    }
    let policy = parts.optional(write::tag::OID)?.map(|policy| policy.whole());
    let nonce = parts.optional(write::tag::INTEGER)?.map(|nonce| nonce.whole());
    let with_certificates = match parts.optional(write::tag::BOOLEAN)? {
        Some(wanted) => wanted.boolean()?,
        None => false,
    };
    Ok(Some(Request {
        imprint: imprint.whole(),
        policy,
        nonce,
        with_certificates,
    }))
}

fn issuer_and_serial(certificate_der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut parts = single(certificate_der, Rules::Der)
        .ok()?
        .inside()
        .ok()?
        .sequence()
        .ok()?;
    parts.optional(write::tag::context_constructed(0)).ok()?;
    let serial = parts.any().ok()?.whole().to_vec();
    parts.any().ok()?;
    Some((parts.any().ok()?.whole().to_vec(), serial))
}
