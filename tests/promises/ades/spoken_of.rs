//! Whether revocation data that came along is anybody's word or the issuer's: only the latter makes a B-LT.

use std::collections::BTreeMap;
use std::sync::Arc;

use zegel::ades::level::Level;
use zegel::lab::pki::AuthorityKind;
use zegel::pdf::document::Document;
use zegel::pdf::dss::{self, Evidence};
use zegel::pdf::update::Update;
use zegel::pki::certificate::Certificate;

use super::evidence::judged;
use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, World};
use crate::hostile::checks::within;

/// `file` with a security store of these alone.
fn with(file: &[u8], certificates: Vec<Vec<u8>>, crls: Vec<Vec<u8>>) -> Vec<u8> {
    let document = Document::open(Arc::new(file.to_vec())).unwrap();
    let mut update = Update::new(&document);
    let evidence = Evidence {
        certificates,
        crls,
        ocsp_responses: Vec::new(),
    };
    dss::add(&mut update, &BTreeMap::new(), &evidence).unwrap();
    [file, &update.finish().unwrap().bytes].concat()
}

/// A signature with a time-stamp, whose issuer did not come along.
fn bare(world: &World) -> Vec<u8> {
    let signer = world.signer(P384);
    let mut draft = world.draft(&signer, Level::T);
    draft.chain.clear();
    world.sealed_with(&pdf(Xref::Table, SHAPES[0]), &signer, &draft)
}

fn level(world: &World, file: &[u8]) -> Option<Level> {
    let report = judged(world, file, &[], world.now);
    assert_eq!(report.signatures.len(), 1);
    report.signatures[0].level
}

/// `der` with the last octets, which are of its signature, made another for each `number`.
fn damaged(der: &[u8], number: u16) -> Vec<u8> {
    let mut other = der.to_vec();
    let end = other.len();
    for (octet, change) in other[end - 2..].iter_mut().zip(number.to_be_bytes()) {
        *octet ^= change;
    }
    other
}

/// The certificate of the citizens' authority of another laboratory, which says that it has the key that `true_one` has.
fn false_issuer(stranger: &World, true_one: &[u8]) -> Vec<u8> {
    let mut der = stranger.pki().citizen.certificate_der().to_vec();
    let key = |der: &[u8]| {
        let parsed = Certificate::parse(der.to_vec()).unwrap();
        parsed.extensions().subject_key_identifier.clone().unwrap()
    };
    let (own, wanted) = (key(&der), key(true_one));
    let at = der.windows(own.len()).position(|window| window == &own[..]);
    let at = at.unwrap();
    der[at..at + own.len()].copy_from_slice(&wanted);
    assert_eq!(key(&der), key(true_one));
    der
}

#[test]
fn only_the_word_of_the_issuer_itself_makes_a_level() {
    let (world, stranger) = (World::new(), World::new());
    let file = bare(&world);
    assert_eq!(level(&world, &file), Some(Level::T));
    let of = |kind| world.services.crl(kind, world.now).unwrap();
    let pki = world.pki();
    let others = || vec![of(AuthorityKind::Root), of(AuthorityKind::Timestamp)];
    let true_one = pki.citizen.certificate_der().to_vec();
    let forged = false_issuer(&stranger, &true_one);
    let honest = of(AuthorityKind::Citizen);
    let strange = stranger
        .services
        .crl(AuthorityKind::Citizen, stranger.now)
        .unwrap();
    let garbage = damaged(&honest, 1);
    for (name, issuer, list, seen) in [
        ("honest", Some(&true_one), &honest, Level::Lt),
        ("no issuer", None, &honest, Level::T),
        ("no issuer, and garbage", None, &garbage, Level::T),
        ("garbage", Some(&true_one), &garbage, Level::T),
        ("a false issuer's", Some(&forged), &strange, Level::T),
        (
            "the true one's, and a false issuer",
            Some(&forged),
            &honest,
            Level::T,
        ),
    ] {
        let certificates = [
            Some(&pki.root_der().to_vec()),
            Some(&pki.timestamp.certificate_der().to_vec()),
            issuer,
        ];
        let certificates = certificates.into_iter().flatten().cloned().collect();
        let mut crls = others();
        crls.push(list.clone());
        assert_eq!(
            level(&world, &with(&file, certificates, crls)),
            Some(seen),
            "{name}"
        );
    }
}

/// Each of many issuers of one name and key could be tried with each of many lists of that name.
#[test]
fn many_issuers_and_lists_of_one_name_cost_no_more_than_a_few() {
    const MANY: u16 = 600;
    let world = World::new();
    let file = bare(&world);
    let issuer = world.pki().citizen.certificate_der();
    let list = world.services.crl(AuthorityKind::Citizen, world.now).unwrap();
    let issuers = (1..=MANY).map(|number| damaged(issuer, number)).collect();
    let lists = (1..=MANY).map(|number| damaged(&list, number)).collect();
    let file = with(&file, issuers, lists);
    let seen = within(10_000, "many issuers with many lists", || level(&world, &file));
    assert_eq!(seen, Some(Level::T));
}
