//! What the tests of validation put beside a signature: lists and answers of the laboratory at any moment, and the report of
//! a file in any format.

use std::collections::BTreeMap;
use std::sync::Arc;

use zegel::ades::content::DataObject;
use zegel::ades::validate::policy::ValidationPolicy;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::{Context, validate_any};
use zegel::base::time::Timestamp;
use zegel::lab::pki::{AuthorityKind, Serial};
use zegel::lab::services::{CertificateStatus, RevocationReason};
use zegel::pdf::document::Document;
use zegel::pdf::dss::{self, Evidence};
use zegel::pdf::update::Update;
use zegel::pki::certificate::Certificate;
use zegel::pki::ocsp::OcspRequest;

use super::world::{Signer, World};

/// The report of `file` at `at`.
pub fn judged(world: &World, file: &[u8], beside: &[DataObject], at: Timestamp) -> Report {
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at,
    };
    let policy = ValidationPolicy::strict();
    validate_any(Arc::new(file.to_vec()), beside, &context, &policy)
}

/// Lists of all authorities that matter here, made at `at`.
pub fn lists(world: &World, at: Timestamp) -> Vec<Vec<u8>> {
    [
        AuthorityKind::Root,
        AuthorityKind::Citizen,
        AuthorityKind::Timestamp,
    ]
    .map(|of| world.services.crl(of, at).unwrap())
    .to_vec()
}

/// The responder's answer about `signer`.
pub fn answer_about(world: &World, signer: &Signer, at: Timestamp) -> Vec<u8> {
    let issuer = Certificate::parse(world.pki().citizen.certificate_der().to_vec()).unwrap();
    let request = OcspRequest::new(&signer.certificate, &issuer, &*world.random);
    let answer = world
        .services
        .ocsp_response(AuthorityKind::Citizen, &request.der(), at);
    answer.unwrap()
}

/// `file`, a PDF, with one more revision that adds to its security store.
pub fn with_evidence(world: &World, file: &[u8], crls: Vec<Vec<u8>>, answers: Vec<Vec<u8>>) -> Vec<u8> {
    let document = Document::open(Arc::new(file.to_vec())).unwrap();
    let mut update = Update::new(&document);
    let authorities = world.pki().authorities();
    let evidence = Evidence {
        certificates: authorities
            .iter()
            .map(|authority| authority.certificate_der().to_vec())
            .collect(),
        crls,
        ocsp_responses: answers,
    };
    dss::add(&mut update, &BTreeMap::new(), &evidence).unwrap();
    [file, &update.finish().unwrap().bytes].concat()
}

/// Has the laboratory say from now on that `certificate` (DER) was revoked.
pub fn revoke(world: &World, certificate: &[u8], at: Timestamp, reason: RevocationReason) {
    let certificate = Certificate::parse(certificate.to_vec()).unwrap();
    let status = CertificateStatus::Revoked { at, reason };
    world
        .services
        .set_certificate(&Serial::from_bytes(certificate.serial()), status);
}
