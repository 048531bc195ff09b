//! The real Belgian PKI: certificates of every generation parse, and chain as they should.

use zegel::crypto::policy::AlgorithmPolicy;
use zegel::pki::anchors::{Anchors, TrustData};
use zegel::pki::certificate::Certificate;
use zegel::pki::path::{self, Path, Pool, Request};
use zegel::pki::purpose::Purpose;
use zegel::pki::refusal::Refusal;

use super::support::{at, certificate};

const ROOTS: [&str; 7] = [
    "roots/belgium-root-ca",
    "roots/belgium-root-ca2-exp2021",
    "roots/belgium-root-ca2-exp2028",
    "roots/belgium-root-ca3",
    "roots/belgium-root-ca4-exp2028",
    "roots/belgium-root-ca4-exp2032",
    "roots/belgium-root-ca6",
];

fn anchors(names: &[&str]) -> Option<Anchors> {
    let data = TrustData::production().unwrap();
    let mut anchors = Anchors::new();
    for name in names {
        assert!(anchors.offer(&certificate(name)?, &data), "{name} is pinned");
    }
    Some(anchors)
}

fn authority_path(leaf: &Certificate, anchors: &Anchors, moment: &str) -> Result<Path, Refusal> {
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    path::validate(&Request::new(
        leaf,
        &[],
        anchors,
        Purpose::Any,
        &algorithms,
        at(moment),
    ))
}

#[test]
fn every_published_certificate_parses_and_no_test_root_is_pinned() {
    let Some(folder) = crate::support::shared("pki") else {
        return;
    };
    let data = TrustData::production().unwrap();
    let mut count = 0;
    for sub in ["roots", "intermediates", "end-entity-specimen", "tsa"] {
        for entry in std::fs::read_dir(folder.join(sub)).unwrap() {
            let path = entry.unwrap().path();
            let pem = std::fs::read_to_string(&path).unwrap();
            let parsed = Certificate::from_pem(&pem).unwrap_or_else(|| panic!("{} parses", path.display()));
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert_eq!(
                data.root(parsed.fingerprint()).is_some(),
                sub == "roots" && !name.starts_with("TEST"),
                "{name}"
            );
            assert!(parsed.public_key().is_ok(), "{name}");
            assert_eq!(
                parsed.key_kind(),
                parsed.public_key().ok().map(|key| key.kind()),
                "{name}"
            );
            count += 1;
        }
    }
    assert!(count >= 28, "{count}");
    assert_eq!(data.roots().len(), 7);
}

#[test]
fn our_reading_of_every_certificate_agrees_with_x509_parser() {
    use x509_parser::prelude::{FromDer, X509Certificate};
    let Some(folder) = crate::support::shared("pki") else {
        return;
    };
    for sub in ["roots", "intermediates", "end-entity-specimen", "tsa"] {
        for entry in std::fs::read_dir(folder.join(sub)).unwrap() {
            let path = entry.unwrap().path();
            let ours = Certificate::from_pem(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let (rest, theirs) = X509Certificate::from_der(ours.der()).unwrap();
            let label = path.display();
            assert!(rest.is_empty(), "{label}");
            assert_eq!(ours.serial(), theirs.tbs_certificate.raw_serial(), "{label}");
            assert_eq!(ours.tbs_der(), theirs.tbs_certificate.as_ref(), "{label}");
            assert_eq!(ours.spki_der(), theirs.tbs_certificate.subject_pki.raw, "{label}");
            assert_eq!(ours.issuer().der(), theirs.issuer().as_raw(), "{label}");
            assert_eq!(ours.subject().der(), theirs.subject().as_raw(), "{label}");
            assert_eq!(ours.signature(), theirs.signature_value.data.as_ref(), "{label}");
            assert_eq!(
                ours.not_before().as_seconds(),
                theirs.validity().not_before.timestamp(),
                "{label}"
            );
            assert_eq!(
                ours.not_after().as_seconds(),
                theirs.validity().not_after.timestamp(),
                "{label}"
            );
            let ca = theirs
                .basic_constraints()
                .unwrap()
                .is_some_and(|found| found.value.ca);
            assert_eq!(
                ours.extensions()
                    .basic_constraints
                    .is_some_and(|found| found.is_ca),
                ca,
                "{label}"
            );
        }
    }
}

#[test]
fn issuing_authorities_of_every_generation_chain_to_the_pinned_roots() {
    let Some(anchors) = anchors(&ROOTS) else { return };
    for (name, moment, expected) in [
        (
            "citizen-ca-201803-rca4",
            "2026-11-01T00:00:00Z",
            Ok("belgium root ca4"),
        ),
        (
            "citizen-ca-202001-rca6",
            "2026-11-01T00:00:00Z",
            Ok("belgium root ca6"),
        ),
        (
            "citizen-ca-202510-rca6",
            "2026-11-01T00:00:00Z",
            Ok("belgium root ca6"),
        ),
        (
            "foreigner-ca-202501-rca6",
            "2026-11-01T00:00:00Z",
            Ok("belgium root ca6"),
        ),
        (
            "citizen-ca-201011-rca2",
            "2011-01-01T00:00:00Z",
            Ok("belgium root ca2"),
        ),
        // SHA-1 ended on 2012-08-01.
        (
            "citizen-ca-201011-rca2",
            "2013-01-01T00:00:00Z",
            Err("ALG_FORBIDDEN"),
        ),
        (
            "citizen-ca-201803-rca4",
            "2017-01-01T00:00:00Z",
            Err("TIME_NOT_YET"),
        ),
        (
            "citizen-ca-201803-rca4",
            "2031-01-01T00:00:00Z",
            Err("TIME_EXPIRED"),
        ),
        (
            "TEST-eid-test-ec-citizen-ca",
            "2024-12-24T00:00:00Z",
            Err("PATH_NO_ANCHOR"),
        ),
    ] {
        let Some(leaf) = certificate(&format!("intermediates/{name}")) else {
            return;
        };
        let found = authority_path(&leaf, &anchors, moment);
        match (&found, expected) {
            (Ok(path), Ok(root)) => {
                assert_eq!(
                    path.anchor().common_name().unwrap().to_lowercase(),
                    root,
                    "{name}"
                );
            }
            (Err(refusal), Err(cause)) => assert_eq!(refusal.cause(), cause, "{name}"),
            _ => panic!("{name} at {moment}: {found:?}"),
        }
    }
}

#[test]
fn an_authority_that_outlives_the_first_root_ca4_is_found_under_its_twin() {
    let (Some(both), Some(first), Some(leaf)) = (
        anchors(&["roots/belgium-root-ca4-exp2028", "roots/belgium-root-ca4-exp2032"]),
        anchors(&["roots/belgium-root-ca4-exp2028"]),
        certificate("intermediates/citizen-ca-201803-rca4"),
    ) else {
        return;
    };
    let late = "2028-12-01T00:00:00Z";
    assert_eq!(
        both.count(),
        2,
        "same name, key, issuer and serial, yet two anchors"
    );
    assert_eq!(
        authority_path(&leaf, &first, late).unwrap_err().cause(),
        "TIME_EXPIRED"
    );
    let path = authority_path(&leaf, &both, late).unwrap();
    assert_eq!(path.anchor().not_after().to_string(), "2032-10-22T12:00:00Z");
}

#[test]
fn an_rsa_signature_that_lost_its_leading_zero_is_refused_as_a_signature() {
    let (Some(anchors), Some(folder)) = (anchors(&ROOTS), crate::support::shared("pki/intermediates")) else {
        return;
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let pem = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let leaf = Certificate::from_pem(&pem).unwrap();
        if leaf.signature().len() == 255 {
            let moment = leaf.not_before().to_string();
            assert_eq!(
                authority_path(&leaf, &anchors, &moment).unwrap_err().cause(),
                "SIG_INVALID"
            );
        }
    }
}

#[test]
fn the_development_card_validates_under_its_own_root_for_authentication_only() {
    let (Some(root), Some(authority), Some(leaf)) = (
        certificate("roots/TEST-eid-test-ec-root-ca"),
        certificate("intermediates/TEST-eid-test-ec-citizen-ca"),
        certificate("end-entity-specimen/nora-specimen-auth-ecc"),
    ) else {
        return;
    };
    let data = TrustData::test(&super::support::development_trust(&root)).unwrap();
    let mut anchors = Anchors::new();
    assert!(anchors.offer(&root, &data));
    let pool = Pool::from_iter([authority.clone()]);
    let algorithms = AlgorithmPolicy::live_authentication();
    let validate = |leaf: &Certificate, purpose, pool: &Pool| {
        path::validate(&Request::new(
            leaf,
            &[pool],
            &anchors,
            purpose,
            &algorithms,
            at("2024-12-24T00:00:00Z"),
        ))
        .map_err(|refusal| refusal.cause())
    };
    let path = validate(&leaf, Purpose::Authentication, &pool).unwrap();
    assert_eq!(path.certificates().len(), 3);
    assert_eq!(path.issuer(), &authority);
    assert_eq!(validate(&leaf, Purpose::Signature, &pool), Err("PURPOSE_KU"));
    assert_eq!(validate(&leaf, Purpose::Register, &pool), Err("PURPOSE_KU"));
    assert_eq!(
        validate(&authority, Purpose::Authentication, &pool),
        Err("CA_CONSTRAINT")
    );
    assert_eq!(
        validate(&leaf, Purpose::Authentication, &Pool::new()),
        Err("PATH_NO_ANCHOR")
    );
}
