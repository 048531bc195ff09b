//! Rule 3: who may answer for an authority.

use super::*;
use crate::trust::made::{Draft, EXTENDED, USAGE, key, value};

#[test]
fn rule_3_only_the_authority_and_whom_it_appointed_answer() {
    let world = World::new();
    let pki = world.pki();
    let parse = |der: &[u8]| Certificate::parse(der).unwrap();
    let mut rows: Vec<(&'static str, &'static str, Certificate, PrivateKey)> = vec![
        (
            "the authority itself",
            "good",
            parse(pki.citizen.certificate_der()),
            pki.citizen.key().clone(),
        ),
        (
            "the root's responder",
            "OCSP_SIGNER",
            parse(&pki.root.responder().certificate_der),
            pki.root.responder().key.clone(),
        ),
        (
            "the root itself",
            "OCSP_SIGNER",
            parse(pki.root_der()),
            pki.root.key().clone(),
        ),
        (
            "the responder of another authority of the same root",
            "OCSP_SIGNER",
            parse(&pki.timestamp.responder().certificate_der),
            pki.timestamp.responder().key.clone(),
        ),
    ];
    let person = world.card();
    rows.push((
        "a person of this authority",
        "OCSP_SIGNER",
        person.certificate,
        person.key,
    ));
    let now = world.clock.now();
    type Build = Box<dyn FnOnce(CertificateBuilder) -> CertificateBuilder>;
    let built: Vec<(&'static str, &'static str, Build)> = vec![
        ("a new responder", "good", Box::new(|b| b)),
        (
            "one without the usage OCSPSigning",
            "OCSP_SIGNER",
            Box::new(|b| b.without("2.5.29.37")),
        ),
        (
            "one for anything",
            "OCSP_SIGNER",
            Box::new(|b| {
                b.without("2.5.29.37")
                    .with(Extension::extended_key_usage(&["2.5.29.37.0"]))
            }),
        ),
        (
            "one for TLS",
            "OCSP_SIGNER",
            Box::new(|b| {
                b.without("2.5.29.37")
                    .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.1"]))
            }),
        ),
        (
            "OCSPSigning among others",
            "good",
            Box::new(|b| {
                b.without("2.5.29.37").with(Extension::extended_key_usage(&[
                    "1.3.6.1.5.5.7.3.2",
                    "1.3.6.1.5.5.7.3.9",
                ]))
            }),
        ),
        (
            "one whose key does not sign",
            "OCSP_SIGNER",
            Box::new(|b| b.without("2.5.29.15").with(Extension::key_usage(&[1]))),
        ),
        (
            "one without key usage",
            "good",
            Box::new(|b| b.without("2.5.29.15")),
        ),
        (
            "one that expired",
            "OCSP_SIGNER",
            Box::new(move |b| {
                b.valid(Validity {
                    not_before: now.minus(DAY * 2),
                    not_after: now.minus(DAY),
                })
            }),
        ),
        (
            "one of tomorrow",
            "OCSP_SIGNER",
            Box::new(move |b| {
                b.valid(Validity {
                    not_before: now.plus(DAY),
                    not_after: now.plus(DAY * 2),
                })
            }),
        ),
        (
            "one with a critical extension nobody knows",
            "OCSP_SIGNER",
            Box::new(|b| b.with(Extension::new("1.2.3.4", vec![5, 0]).critical())),
        ),
    ];
    for (what, expected, build) in built {
        let (certificate, key) = responder(&world, build);
        rows.push((what, expected, certificate, key));
    }
    // By the authority's own key, and wrong in what a builder does not write.
    let (authority, name) = (pki.citizen.key(), pki.citizen.name().to_der());
    let subject = Name::new().common_name("TEST Responder of a test").country("BE");
    let appointed = |issuer: &[u8]| {
        let mut draft = Draft::new(issuer, &subject.to_der(), &key());
        draft.put(USAGE, true, value::usage(&[0]));
        draft.put(EXTENDED, false, value::oids(&["1.3.6.1.5.5.7.3.9"]));
        draft.put("1.3.6.1.5.5.7.48.1.5", false, write::null());
        draft
    };
    let mut made = |what, expected, draft: Draft, signer: &PrivateKey| {
        let certificate = Certificate::parse(draft.sign(signer)).unwrap();
        rows.push((what, expected, certificate, draft.key));
    };
    made(
        "one appointed by its key and name",
        "good",
        appointed(&name),
        authority,
    );
    let root = pki.root.name().to_der();
    made(
        "one that says another appointed it",
        "OCSP_SIGNER",
        appointed(&root),
        authority,
    );
    let own = key();
    made(
        "one that calls itself the authority",
        "OCSP_SIGNER",
        Draft::authority((&name, &own), (&name, &own), None),
        &own,
    );
    let mut weak = appointed(&name);
    weak.algorithm = Some(SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha1));
    made("one appointed with SHA-1", "OCSP_SIGNER", weak, authority);
    let mut two = appointed(&name);
    let other = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha512);
    two.outer = Some(other.algorithm_identifier());
    two.signed_with = Some(other);
    made("one appointed with two algorithms", "OCSP_SIGNER", two, authority);
    // Same name and same everything, from an authority of the same name in another PKI.
    let stranger = World::new();
    let (certificate, key) = responder(&stranger, |b| b);
    rows.push((
        "one of an authority of this name with another key",
        "OCSP_SIGNER",
        certificate,
        key,
    ));
    for (what, expected, certificate, key) in rows {
        let card = world.card();
        answer(&world, &card, move |parts| parts.signed_by(&certificate, &key));
        assert_eq!(outcome(&world, &card), expected, "{what}");
    }
}

#[test]
fn rule_3_the_responder_named_must_have_signed() {
    let world = World::new();
    let (certificate, key) = responder(&world, |b| b);
    let (named, other) = (certificate.clone(), certificate.clone());
    let issuer = Certificate::parse(world.pki().citizen.certificate_der()).unwrap();
    let root = world.pki().root_der().to_vec();
    let mut broken = certificate.der().to_vec();
    *broken.last_mut().unwrap() ^= 1;
    let broken = Certificate::parse(broken).unwrap();
    let broken_key = key.clone();
    let (whole, alone) = (certificate.clone(), key.clone());
    let second = key;
    table(
        &world,
        vec![
            row("named by name", "good", |parts| {
                parts.responder = by_name(&Certificate::parse(parts.certificates[0].clone()).unwrap());
            }),
            row("another name", "OCSP_SIGNER", move |parts| {
                parts.responder = by_name(&named)
            }),
            row("another key", "OCSP_SIGNER", move |parts| {
                parts.responder = crate::trust::forge::by_key(&other);
            }),
            row("a name that is none", "OCSP_PARSE", |parts| {
                parts.responder = write::explicit(1, &write::null());
            }),
            row("signature spoilt", "OCSP_SIGNER", |parts| {
                parts.spoilt_signature = true
            }),
            row("certificate left out", "OCSP_SIGNER", |parts| {
                parts.certificates.clear()
            }),
            row(
                "certificate by the authority, spoilt",
                "OCSP_SIGNER",
                move |parts| {
                    parts.signed_by(&broken, &broken_key);
                },
            ),
            row(
                "signed by somebody else than is named",
                "OCSP_SIGNER",
                move |parts| {
                    parts.key = second.clone();
                },
            ),
            row(
                "behind the issuer's and the root's certificates",
                "good",
                move |parts| {
                    parts.signed_by(&whole, &alone);
                    parts.certificates.insert(0, issuer.der().to_vec());
                    parts.certificates.insert(0, root.clone());
                    parts.certificates.insert(0, vec![0x30, 0]);
                },
            ),
        ],
    );
}

#[test]
fn rule_3_the_responders_certificate_must_hold_when_it_answered_and_now() {
    let world = World::new();
    let card = world.card();
    let now = world.clock.now();
    let (certificate, key) = responder(&world, |b| {
        b.valid(Validity {
            not_before: now.minus(DAY),
            not_after: now.plus(Duration::from_secs(30)),
        })
    });
    let hour = general(&world, 3600);
    answer(&world, &card, move |parts| {
        parts.signed_by(&certificate, &key);
        parts.singles[0].next_update = Some(hour.clone());
    });
    assert_eq!(outcome(&world, &card), "good");
    let other = World::new();
    let late = other.card();
    let (certificate, key) = responder(&other, |b| {
        b.valid(Validity {
            not_before: now.minus(DAY),
            not_after: now.plus(Duration::from_secs(30)),
        })
    });
    let (produced, hour) = (general(&other, 0), general(&other, 3600));
    answer(&other, &late, move |parts| {
        parts.signed_by(&certificate, &key);
        parts.produced_at = produced.clone();
        parts.singles[0].next_update = Some(hour.clone());
    });
    other.clock.advance(Duration::from_secs(31));
    assert_eq!(outcome(&other, &late), "OCSP_SIGNER");
    // Valid now, and not yet when it answered.
    let early = World::new();
    let card = early.card();
    let (certificate, key) = responder(&early, |b| {
        b.valid(Validity {
            not_before: now.minus(Duration::from_secs(10)),
            not_after: now.plus(DAY),
        })
    });
    let (before, after) = (general(&early, -11), general(&early, -10));
    for (produced, expected) in [(before, "OCSP_SIGNER"), (after, "good")] {
        let (certificate, key) = (certificate.clone(), key.clone());
        answer(&early, &card, move |parts| {
            parts.signed_by(&certificate, &key);
            parts.produced_at = produced.clone();
            parts.singles[0].this_update = produced.clone();
        });
        assert_eq!(outcome(&early, &card), expected);
    }
}

#[test]
fn rule_3_a_responder_of_the_administrator_answers_for_the_authority_it_is_named_for() {
    let foreign = |world: &World, validity: Validity| {
        let key = PrivateKey::generate(P384).unwrap();
        let subject = Name::new()
            .common_name("TEST Responder of an administrator")
            .country("BE");
        let der = CertificateBuilder::new(subject, key.public())
            .valid(validity)
            .issue(&world.pki().organisation, &world.random)
            .unwrap();
        (Certificate::parse(der).unwrap(), key)
    };
    for (for_citizens, expected) in [
        (Some(true), "good"),
        (Some(false), "OCSP_SIGNER"),
        (None, "OCSP_SIGNER"),
    ] {
        let mut world = World::new();
        let (certificate, key) = foreign(&world, long(&world));
        let issuer = if for_citizens == Some(true) {
            Certificate::parse(world.pki().citizen.certificate_der()).unwrap()
        } else {
            Certificate::parse(world.pki().timestamp.certificate_der()).unwrap()
        };
        if for_citizens.is_some() {
            let rules = ResponderRules::new(Vec::new(), [(issuer.fingerprint(), certificate.fingerprint())]);
            world.change_trust(|trust| trust.with_responders(rules));
        }
        let card = world.card();
        answer(&world, &card, move |parts| parts.signed_by(&certificate, &key));
        assert_eq!(outcome(&world, &card), expected, "{for_citizens:?}");
    }
    // Its certificate must hold when it answered, as everybody's.
    for (seconds, expected) in [(-10, "good"), (-11, "OCSP_SIGNER")] {
        let mut world = World::new();
        let now = world.clock.now();
        let validity = Validity {
            not_before: now.minus(Duration::from_secs(10)),
            not_after: now.plus(DAY),
        };
        let (certificate, key) = foreign(&world, validity);
        let issuer = Certificate::parse(world.pki().citizen.certificate_der()).unwrap();
        let rules = ResponderRules::new(Vec::new(), [(issuer.fingerprint(), certificate.fingerprint())]);
        world.change_trust(|trust| trust.with_responders(rules));
        let card = world.card();
        let produced = general(&world, seconds);
        answer(&world, &card, move |parts| {
            parts.signed_by(&certificate, &key);
            parts.produced_at = produced.clone();
            parts.singles[0].this_update = produced.clone();
        });
        assert_eq!(outcome(&world, &card), expected, "{seconds}");
    }
}
