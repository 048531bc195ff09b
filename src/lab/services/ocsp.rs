//! OCSP responses (RFC 6960, RFC 9654).

use std::time::Duration;

use super::super::LabError;
use super::super::known_oid;
use super::super::pki::{Authority, AuthorityKind, DAY, KeyPair, LabPki, Serial, builder_signed, key_bits};
use super::switch::{CertificateStatus, Service, ServiceMode, Switches, answer_time};
use crate::asn1::read::{Asn1Error, Reader, Rules, single};
use crate::asn1::write;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::hash_from_identifier;

const NONCE: &str = "1.3.6.1.5.5.7.48.1.2";
const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";
/// How long an answer is valid; the Belgian responders' figure.
const LIFETIME: Duration = Duration::from_mins(1);

/// What was asked.
struct Request<'a> {
    /// Each CertID as it came, to be echoed, with its parts.
    asked: Vec<Asked<'a>>,
    /// The extnValue of the nonce.
    nonce: Option<&'a [u8]>,
}

struct Asked<'a> {
    certificate_id: &'a [u8],
    hash: Option<HashAlgorithm>,
    name_hash: &'a [u8],
    key_hash: &'a [u8],
    serial: Serial,
}

/// How the responder behaves when it is asked `request_der`: as for the first certificate in it.
pub(super) fn mode(request_der: &[u8], switches: &Switches) -> ServiceMode {
    parse(request_der).map_or_else(
        |_| switches.service(Service::Ocsp),
        |request| mode_of(&request, switches),
    )
}

fn mode_of(request: &Request<'_>, switches: &Switches) -> ServiceMode {
    match request.asked.first() {
        Some(first) => switches.answer(&first.serial),
        None => switches.service(Service::Ocsp),
    }
}

/// The response of the responder of `authority` to `request_der`.
pub(super) fn respond(
    pki: &LabPki,
    authority: AuthorityKind,
    request_der: &[u8],
    switches: &Switches,
    now: Timestamp,
) -> Result<Vec<u8>, LabError> {
    let authority = match authority {
        AuthorityKind::Citizen => &pki.citizen,
        AuthorityKind::Organisation => &pki.organisation,
        AuthorityKind::Root => &pki.root,
        AuthorityKind::Timestamp => &pki.timestamp,
    };
    let Ok(request) = parse(request_der) else {
        // malformedRequest
        return Ok(write::sequence(&[&write::element(write::tag::ENUMERATED, &[1])]));
    };
    let mode = mode_of(&request, switches);
    if mode == ServiceMode::TryLater {
        return Ok(write::sequence(&[&write::element(write::tag::ENUMERATED, &[3])]));
    }
    let this_update = match mode {
        ServiceMode::Stale | ServiceMode::StaleFractional => now.minus(DAY * 300),
        _ => now,
    };
    // A responder of another authority of the same PKI: trusted for its own, not entitled for this one.
    let signer = match (mode, authority.kind()) {
        (ServiceMode::WrongSigner, AuthorityKind::Root) => pki.citizen.responder(),
        (ServiceMode::WrongSigner, _) => pki.root.responder(),
        _ => authority.responder(),
    };
    let mut answers = Vec::new();
    for asked in &request.asked {
        let status = if is_about(authority, asked) && authority.has_issued(&asked.serial) {
            switches.certificate(&asked.serial)
        } else {
            CertificateStatus::Unknown
        };
        answers.extend(single_response(asked, status, this_update, mode));
    }
    sign(signer, &answers, request.nonce, this_update, mode)
}

fn sign(
    signer: &KeyPair,
    answers: &[u8],
    nonce: Option<&[u8]>,
    produced_at: Timestamp,
    mode: ServiceMode,
) -> Result<Vec<u8>, LabError> {
    let key_hash = HashAlgorithm::Sha1.digest(&key_bits(signer.key.public()));
    let extensions = nonce.map_or_else(Vec::new, |nonce| {
        let mut echoed = nonce.to_vec();
        if let Some(last) = echoed.last_mut().filter(|_| mode == ServiceMode::WrongNonce) {
            *last ^= 0x01;
        }
        let extension = write::sequence(&[&known_oid(NONCE), &write::octet_string(&echoed)]);
        write::explicit(1, &write::sequence(&[&extension]))
    });
    let data = write::sequence(&[
        &write::explicit(2, &write::octet_string(&key_hash)),
        &answer_time(produced_at, mode),
        &write::element(write::tag::SEQUENCE, answers),
        &extensions,
    ]);
    let algorithm = signer.key.public().kind().default_algorithm();
    let mut basic = builder_signed(&data, &signer.key, algorithm)?;
    // The certificates go inside the outer sequence, behind the signature.
    let content = single(&basic, Rules::Der)
        .map_err(|_| LabError::Malformed("own answer".to_owned()))?
        .content();
    let certificates = write::explicit(0, &write::sequence(&[&signer.certificate_der]));
    basic = write::sequence(&[content, &certificates]);
    let bytes = write::sequence(&[&known_oid(BASIC), &write::octet_string(&basic)]);
    Ok(write::sequence(&[
        &write::element(write::tag::ENUMERATED, &[0]),
        &write::explicit(0, &bytes),
    ]))
}

fn single_response(
    asked: &Asked<'_>,
    status: CertificateStatus,
    this_update: Timestamp,
    mode: ServiceMode,
) -> Vec<u8> {
    let status = match (status, status.revocation()) {
        (CertificateStatus::Unknown, _) => write::element(write::tag::context(2), &[]),
        (_, None) => write::element(write::tag::context(0), &[]),
        (_, Some((at, reason))) => {
            let reason = write::explicit(0, &write::element(write::tag::ENUMERATED, &[reason]));
            write::constructed(
                write::tag::context_constructed(1),
                &[&write::generalized_time(at), &reason],
            )
        }
    };
    write::sequence(&[
        asked.certificate_id,
        &status,
        &answer_time(this_update, mode),
        &write::explicit(0, &answer_time(this_update.plus(LIFETIME), mode)),
    ])
}

/// Whether the CertID names this authority as issuer.
fn is_about(authority: &Authority, asked: &Asked<'_>) -> bool {
    asked.hash.is_some_and(|hash| {
        hash.digest(&authority.name().to_der()) == asked.name_hash
            && hash.digest(&key_bits(authority.key().public())) == asked.key_hash
    })
}

fn parse(der: &[u8]) -> Result<Request<'_>, Asn1Error> {
    let mut outer = single(der, Rules::Der)?.inside()?;
    let mut request = outer.sequence()?;
    // version and requestor name
    request.optional(write::tag::context_constructed(0))?;
    request.optional(write::tag::context_constructed(1))?;
    let mut list = request.sequence()?;
    let mut asked = Vec::new();
    while let Some(one) = list.next()? {
        let id = one.inside()?.any()?;
        asked.push(parse_id(id.whole(), &mut id.inside()?)?);
    }
    let mut nonce = None;
    if let Some(extensions) = request.optional(write::tag::context_constructed(2))? {
        let mut extensions = extensions.inside()?.sequence()?;
        while let Some(extension) = extensions.next()? {
            let mut parts = extension.inside()?;
            let oid = parts.any()?.oid()?;
            parts.optional(write::tag::BOOLEAN)?;
            let value = parts.expect(write::tag::OCTET_STRING)?;
            if oid.to_string() == NONCE {
                nonce = Some(value.content());
            }
        }
    }
    Ok(Request { asked, nonce })
}

fn parse_id<'a>(whole: &'a [u8], parts: &mut Reader<'a>) -> Result<Asked<'a>, Asn1Error> {
    let hash = hash_from_identifier(parts.any()?.whole());
    let name_hash = parts.expect(write::tag::OCTET_STRING)?.content();
    let key_hash = parts.expect(write::tag::OCTET_STRING)?.content();
    let serial = Serial::from_bytes(parts.expect(write::tag::INTEGER)?.content());
    Ok(Asked {
        certificate_id: whole,
        hash,
        name_hash,
        key_hash,
        serial,
    })
}
