//! A whole revocation list of a Belgian authority: read, kept, searched.

use std::hint::black_box;
use std::path::Path;

use x509_parser::prelude::{CertificateRevocationList, FromDer};
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::lab::pki::{LabPki, LeafPurpose, Serial};
use zegel::pki::certificate::Certificate;
use zegel::pki::crl::UnverifiedCrl;
use zegel::pki::status::CertificateStatus;

use crate::laboratory::{Laboratory, holder, moment};
use crate::measure::{Samples, micros, millis, timed};
use crate::table::Row;

/// Certificates looked up, half of them listed.
const CERTIFICATES: usize = 200;
const LOADS: usize = 200;
const ROUNDS: usize = 200;

pub fn rows() -> Vec<Row> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/testdata/pki/crl/citizen-ca-201631-20170705.crl");
    let Ok(der) = std::fs::read(&file) else {
        return vec![Row::new(
            "9 257 entries",
            "not measured: no ../shared/testdata here",
        )];
    };
    let loads: Samples = (0..LOADS)
        .map(|_| {
            let load = || {
                UnverifiedCrl::parse(&der)
                    .and_then(|list| list.unverified_content())
                    .unwrap()
            };
            timed(|| drop(black_box(load()))).0
        })
        .collect();
    let list = UnverifiedCrl::parse(&der).unwrap().unverified_content().unwrap();
    let per_entry = list.entry_bytes() as f64 / list.len() as f64;

    let certificates = certificates(&der);
    let mut rounds = Samples::default();
    for _ in 0..ROUNDS {
        let (took, listed) = timed(|| {
            certificates
                .iter()
                .filter(|certificate| {
                    let status = black_box(&list).status_of(black_box(certificate)).unwrap();
                    matches!(status, CertificateStatus::Revoked { .. })
                })
                .count()
        });
        assert_eq!(listed, CERTIFICATES / 2);
        rounds.add(took / CERTIFICATES as u32);
    }
    let load = millis(loads.median());
    let find = micros(rounds.median());
    vec![
        Row::new(format!("load {} entries", list.len()), format!("{load:.2} ms"))
            .at_most("≤ 1.5 ms", 1.5, load)
            .beside(
                "median; read and sorted, its signature apart: its authority's certificate is not at hand",
            ),
        Row::new("memory", format!("{per_entry:.1} bytes an entry")).at_most("≤ 24 bytes", 24.0, per_entry),
        Row::new("look-up", format!("{find:.2} µs"))
            .at_most("≤ 0.3 µs", 0.3, find)
            .beside(format!(
                "median; {CERTIFICATES} certificates, half of them listed"
            )),
    ]
}

/// Certificates of which every second one has a serial number that is on the list.
fn certificates(der: &[u8]) -> Vec<Certificate> {
    let laboratory = Laboratory::new();
    let key = PrivateKey::generate(KeyKind::Ec(Curve::P384)).unwrap();
    let (_, list) = CertificateRevocationList::from_der(der).unwrap();
    let listed: Vec<Serial> = list
        .iter_revoked_certificates()
        .map(|entry| Serial::from_bytes(entry.raw_serial()))
        .collect();
    (0..CERTIFICATES)
        .map(|number| {
            let serial = if number % 2 == 0 {
                listed[number * listed.len() / CERTIFICATES].clone()
            } else {
                Serial::random(&*laboratory.random)
            };
            let der = laboratory
                .pki()
                .leaf_profile(
                    &holder(),
                    LeafPurpose::Authentication,
                    &key,
                    LabPki::usual_validity(moment()),
                )
                .serial(serial)
                .issue(&laboratory.pki().citizen, &*laboratory.random)
                .unwrap();
            Certificate::parse(der).unwrap()
        })
        .collect()
}
