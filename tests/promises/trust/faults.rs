//! Every call to the outside, failing in every way, at every step of a log-in: nobody is let in by it, nobody is kept out
//! who need not be.

use zegel::asn1::write;
use zegel::base::time::Timestamp;
use zegel::lab::pki::{LeafPurpose, Name};
use zegel::pki::anchors::TrustData;
use zegel::pki::certificate::Certificate;
use zegel::pki::need::FetchFailure;
use zegel::pki::trust::Trust;

use super::world::{BASE, P384, World};

const FAILURES: [FetchFailure; 9] = [
    FetchFailure::Address,
    FetchFailure::CircuitOpen,
    FetchFailure::Connect,
    FetchFailure::Dns,
    FetchFailure::Http(404),
    FetchFailure::Http(503),
    FetchFailure::MediaType,
    FetchFailure::Timeout,
    FetchFailure::TooLarge,
];

#[test]
fn each_failure_of_each_service_has_its_outcome() {
    let world = World::new();
    let cards: Vec<_> = (0..2)
        .map(|_| world.card_with(LeafPurpose::Authentication, P384, |builder| builder))
        .collect();
    for failure in FAILURES {
        for (down, expected) in [
            (&["/crt/citizen"][..], "cert_untrusted"),
            (&["/ocsp/citizen"], "ok"),
            (&["/crl/citizen"], "ok"),
            (&["/ocsp/citizen", "/crl/citizen"], "status_unknown"),
            (&["/crl/root"], "ok"),
            (&["/ocsp/root"], "ok"),
            (&["/crl/root", "/ocsp/root"], "status_unknown"),
            (&["/"], "cert_untrusted"),
        ] {
            let world = world.anew();
            for part in down {
                world.outside.fail(&format!("{BASE}{part}"), failure);
            }
            let token = world.good_token(&cards[0]);
            assert_eq!(world.cause(&token), expected, "{failure:?} {down:?}");
        }
    }
}

#[test]
fn garbage_from_each_service_is_no_answer() {
    let world = World::new();
    let card = world.card();
    for garbage in [
        &b""[..],
        b"<html>",
        &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x30; 4000],
        &[0; 1000],
    ] {
        for (part, expected) in [
            ("/crt/citizen", "cert_untrusted"),
            ("/ocsp/citizen", "ok"),
            ("/crl/root", "ok"),
            ("/", "cert_untrusted"),
        ] {
            let world = world.anew();
            world.outside.give(&format!("{BASE}{part}"), garbage.to_vec());
            assert_eq!(
                world.cause(&world.good_token(&card)),
                expected,
                "{part} {garbage:?}"
            );
        }
    }
}

/// A certificate that says it was issued by the citizen authority numbered `serial`; nothing else in it is right.
fn made_up(serial: &str, at: Timestamp) -> Certificate {
    let name = Name::new()
        .country("BE")
        .organization("Kingdom of Belgium - Federal Government")
        .serial_number(serial)
        .common_name("Citizen CA");
    let key = zegel::crypto::key::PrivateKey::generate(P384).unwrap();
    let algorithm = key.public().kind().default_algorithm().algorithm_identifier();
    let tbs = write::sequence(&[
        &write::integer(7),
        &algorithm,
        &name.to_der(),
        &write::sequence(&[&write::time(at), &write::time(at)]),
        &name.to_der(),
        key.public().spki_der(),
    ]);
    let der = write::sequence(&[&tbs, &algorithm, &write::bit_string(&[1])]);
    Certificate::parse(der).unwrap()
}

#[test]
fn made_up_issuers_are_not_looked_for_without_end_and_never_at_an_address_of_their_own() {
    let now = crate::support::moment();
    let trust = Trust::new(TrustData::production().unwrap());
    let mut asked = 0;
    for number in 0..300 {
        let leaf = made_up(&format!("{}", 202_000 + number), now);
        if let Some(need) = trust.missing_issuer(&leaf, now) {
            let expected = format!("http://crt.eidpki.belgium.be/eid/eidc{}.crt", 202_000 + number);
            assert_eq!(need.url(), expected);
            trust.note_missing(&need, now);
            assert_eq!(
                trust.missing_issuer(&leaf, now),
                None,
                "not again within a minute"
            );
            asked += 1;
        }
    }
    assert_eq!(asked, 256);
    let later = now.plus(std::time::Duration::from_secs(60));
    assert!(trust.missing_issuer(&made_up("202999", later), later).is_some());
    for odd in ["2025/../x", "2025 1", "２０２５", "20250100000000", "-1", ""] {
        assert_eq!(trust.missing_issuer(&made_up(odd, later), later), None, "{odd}");
    }
}

#[test]
fn what_came_for_an_issuer_is_kept_only_if_it_chains_to_a_pin() {
    let world = World::new();
    let card = world.card();
    let other = World::new();
    for (what, der) in [
        (
            "an authority of the same name under another root",
            other.pki().citizen.certificate_der().to_vec(),
        ),
        (
            "another authority under the root",
            world.pki().timestamp.certificate_der().to_vec(),
        ),
        ("the root", world.pki().root_der().to_vec()),
        ("an end entity", card.certificate.der().to_vec()),
        ("a changed one", {
            let mut der = world.pki().citizen.certificate_der().to_vec();
            *der.last_mut().unwrap() ^= 1;
            der
        }),
    ] {
        let world = world.anew();
        world.outside.give(&format!("{BASE}/crt/citizen"), der);
        assert_eq!(world.cause(&world.good_token(&card)), "cert_untrusted", "{what}");
        assert!(!world.trust.knows_issuer(&card.certificate), "{what}");
        let kinds: Vec<&str> = world.outside.asked().iter().map(|need| need.kind()).collect();
        assert_eq!(kinds, ["issuer"], "{what}: nothing else is asked for it");
        // Within the minute it is not looked for again.
        assert_eq!(world.cause(&world.good_token(&card)), "cert_untrusted", "{what}");
        assert_eq!(world.outside.asked().len(), 1, "{what}");
    }
}
