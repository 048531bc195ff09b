//! Each of the fourteen steps of a log-in refuses on its own, with its code.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zegel::base::clock::Clock as _;
use zegel::crypto::ecdsa;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::identity::{AssuranceLevel, Channel, Means, StatusSource};
use zegel::lab::pki::{DAY, Extension, LabPki, LeafPurpose, Name, Serial, Validity};
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};
use zegel::login::eid::{EidRules, RequestChecked, RequestForm, SpentNonce};
use zegel::webeid::Token;

use super::world::{Card, NONCE, ORIGIN, P384, World};

const RSA: KeyKind = KeyKind::Rsa { bits: 2048 };

#[test]
fn both_generations_of_cards_log_in_and_the_issuer_is_fetched_once() {
    let world = World::new();
    for kind in [P384, RSA] {
        let card = world.card_with(LeafPurpose::Authentication, kind, |builder| builder);
        let token = world.good_token(&card);
        let result = world.log_in(&token.to_json()).unwrap().permit(|_| true).unwrap();
        assert_eq!(result.person.surname, "Spécimen");
        assert_eq!(result.person.given_names.as_deref(), Some("An Maria"));
        assert_eq!(result.person.national_number.expose(), "71715100070");
        assert_eq!(
            (result.means, result.level),
            (Means::EidCard, AssuranceLevel::High)
        );
        assert_eq!(result.authenticated_at, world.clock.now());
        assert_eq!(result.evidence.channel, Channel::WebEid);
        assert_eq!(result.evidence.certificate, card.certificate.fingerprint());
        assert_eq!(result.evidence.status_source, StatusSource::Ocsp);
    }
    let issuers = world
        .outside
        .asked()
        .iter()
        .filter(|need| need.kind() == "issuer")
        .count();
    assert_eq!(issuers, 1);
}

#[test]
fn step_1_a_request_that_no_page_of_ours_made_is_refused() {
    let rules = EidRules::belgian(ORIGIN);
    let good = RequestForm {
        content_type: Some("application/json; charset=utf-8"),
        origin: Some(ORIGIN),
        fetch_site: None,
        csrf_valid: true,
    };
    assert!(RequestChecked::new(&good, &rules).is_ok());
    assert!(
        RequestChecked::new(
            &RequestForm {
                origin: None,
                fetch_site: Some("same-origin"),
                ..good
            },
            &rules
        )
        .is_ok()
    );
    for bad in [
        RequestForm {
            csrf_valid: false,
            ..good
        },
        RequestForm {
            content_type: Some("text/plain"),
            ..good
        },
        RequestForm {
            content_type: None,
            ..good
        },
        RequestForm {
            origin: Some("https://localhost"),
            ..good
        },
        RequestForm {
            origin: Some("null"),
            ..good
        },
        RequestForm { origin: None, ..good },
        RequestForm {
            fetch_site: Some("cross-site"),
            ..good
        },
        RequestForm {
            origin: None,
            fetch_site: Some("same-site"),
            ..good
        },
    ] {
        assert_eq!(
            RequestChecked::new(&bad, &rules).unwrap_err().cause(),
            "bad_request",
            "{bad:?}"
        );
    }
}

#[test]
fn steps_2_and_3_texts_that_are_no_token_of_version_1_are_refused() {
    let world = World::new();
    let json = world.good_token(&world.card()).to_json();
    let cause = |text: &str| world.log_in(text).unwrap_err().cause();
    assert_eq!(cause("{}"), "token_malformed");
    assert_eq!(cause(&format!("{json}{json}")), "token_malformed");
    assert_eq!(
        cause(&json.replacen('{', r#"{"format":"web-eid:1.0","#, 1)),
        "token_malformed"
    );
    assert_eq!(
        cause(&json.replace("web-eid:1.0", "web-eid:10.0")),
        "token_format"
    );
    assert_eq!(cause(&json.replace("web-eid:1.0", "web-eid:2.0")), "token_format");
    assert_eq!(cause(&json.replace("web-eid:1.0", "web-eid:1")), "token_format");
    assert!(world.log_in(&json.replace("web-eid:1.0", "web-eid:1.1")).is_ok());
}

#[test]
fn step_4_an_answer_without_a_waiting_challenge_is_refused() {
    let world = World::new();
    let json = world.good_token(&world.card()).to_json();
    let received = || RequestChecked::counter().read(&json).unwrap();
    assert_eq!(
        received().spend(SpentNonce::Missing).unwrap_err().cause(),
        "nonce_missing"
    );
    assert_eq!(
        received().spend(SpentNonce::Expired).unwrap_err().cause(),
        "nonce_expired"
    );
}

#[test]
fn steps_5_to_7_algorithm_certificate_and_key_must_fit() {
    let world = World::new();
    let card = world.card();
    let good = world.good_token(&card);
    assert_eq!(world.cause(&good), "ok");
    // A P-256 card whose token is right in everything else.
    let small = world.card_with(LeafPurpose::Authentication, KeyKind::Ec(Curve::P256), |builder| {
        builder
    });
    assert_eq!(world.cause(&world.good_token(&small)), "alg_not_allowed");
    for name in ["none", "HS256", "es384", "ES512", ""] {
        assert_eq!(
            world.cause(&Token {
                algorithm: name.to_owned(),
                ..good.clone()
            }),
            "alg_not_allowed",
            "{name}"
        );
    }
    let der = card.certificate.der();
    for certificate in [
        STANDARD.encode([der, &[0]].concat()),
        STANDARD.encode(&der[..der.len() - 1]),
        format!("{} ", STANDARD.encode(der)),
        String::new(),
    ] {
        assert_eq!(
            world.cause(&Token {
                unverified_certificate: certificate,
                ..good.clone()
            }),
            "cert_malformed"
        );
    }
    assert_eq!(
        world.cause(&Token {
            algorithm: "RS256".to_owned(),
            ..good.clone()
        }),
        "alg_key_mismatch"
    );
    let raw = STANDARD.decode(&good.signature).unwrap();
    let as_der = ecdsa::raw_to_der(&raw, Curve::P384).unwrap();
    for signature in [
        STANDARD.encode(&as_der),
        STANDARD.encode(&raw[..95]),
        STANDARD.encode([&raw[..], &[0]].concat()),
    ] {
        assert_eq!(
            world.cause(&Token {
                signature,
                ..good.clone()
            }),
            "alg_key_mismatch"
        );
    }
    let weak = world.card_with(
        LeafPurpose::Authentication,
        KeyKind::Rsa { bits: 1024 },
        |builder| builder,
    );
    let token = Token {
        algorithm: "RS256".to_owned(),
        unverified_certificate: STANDARD.encode(weak.certificate.der()),
        signature: STANDARD.encode([1; 128]),
        ..good
    };
    assert_eq!(world.cause(&token), "alg_key_mismatch");
}

#[test]
fn step_8_a_certificate_outside_its_time_is_refused_and_its_ends_are_inside() {
    let world = World::new();
    let now = world.clock.now();
    let cause = |validity: Validity| {
        let card = world.card_with(LeafPurpose::Authentication, P384, |builder| {
            builder.valid(validity)
        });
        world.cause(&world.good_token(&card))
    };
    let second = DAY / 86_400;
    assert_eq!(cause(Validity::around(now, DAY, second * 0)), "ok");
    assert_eq!(
        cause(Validity {
            not_before: now.minus(DAY),
            not_after: now.minus(second)
        }),
        "cert_expired"
    );
    assert_eq!(cause(Validity::around(now, second * 0, DAY)), "ok");
    assert_eq!(
        cause(Validity {
            not_before: now.plus(second),
            not_after: now.plus(DAY)
        }),
        "cert_not_yet_valid"
    );
}

#[test]
fn step_9_a_certificate_for_something_else_is_refused() {
    let world = World::new();
    let signature_card = world.card_with(LeafPurpose::Signature, P384, |builder| builder);
    assert_eq!(world.cause(&world.good_token(&signature_card)), "cert_purpose");
    type Change = fn(zegel::lab::pki::CertificateBuilder) -> zegel::lab::pki::CertificateBuilder;
    let usage: [(Change, &str); 7] = [
        (
            |b| b.without("2.5.29.15").with(Extension::key_usage(&[0, 1])),
            "cert_purpose",
        ),
        (
            |b| b.without("2.5.29.15").with(Extension::key_usage(&[1])),
            "cert_purpose",
        ),
        (|b| b.without("2.5.29.15"), "cert_purpose"),
        (
            |b| {
                b.without("2.5.29.37")
                    .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.4"]))
            },
            "cert_purpose",
        ),
        (|b| b.without("2.5.29.37"), "ok"),
        (
            |b| {
                b.without("2.5.29.32")
                    .with(Extension::policies(&["2.16.56.13.6.1.2.1000"]))
            },
            "cert_policy",
        ),
        (|b| b.without("2.5.29.32"), "cert_policy"),
    ];
    for (number, (change, expected)) in usage.into_iter().enumerate() {
        let card = world.card_with(LeafPurpose::Authentication, P384, change);
        assert_eq!(world.cause(&world.good_token(&card)), expected, "case {number}");
    }
    let authority = world.card_with(LeafPurpose::Authentication, P384, |b| {
        b.with(Extension::authority(0))
    });
    assert_eq!(world.cause(&world.good_token(&authority)), "cert_purpose");
}

#[test]
fn step_10_a_card_of_another_root_is_refused_whoever_its_issuer_says_it_is() {
    let (world, other) = (World::new(), World::new());
    let stranger = other.card();
    // Same names all the way, other keys.
    assert_eq!(world.cause(&other.good_token(&stranger)), "cert_untrusted");
    // The policy of another generation is not one of this root's.
    let card = world.card_with(LeafPurpose::Authentication, P384, |b| {
        b.without("2.5.29.32")
            .with(Extension::policies(&["2.16.56.12.1.1.2.2"]))
    });
    assert_eq!(world.cause(&world.good_token(&card)), "cert_policy");
    // The authority cannot be had.
    let alone = World::new();
    alone.switch(Service::Certificates, ServiceMode::Down);
    assert_eq!(alone.cause(&alone.good_token(&alone.card())), "cert_untrusted");
    // A critical extension nobody knows.
    let card = world.card_with(LeafPurpose::Authentication, P384, |b| {
        b.with(Extension::new("1.2.3.4", vec![5, 0]).critical())
    });
    assert_eq!(world.cause(&world.good_token(&card)), "cert_untrusted");
}

#[test]
fn step_11_every_other_origin_and_nonce_is_refused() {
    let world = World::new();
    for kind in [P384, RSA] {
        let card = world.card_with(LeafPurpose::Authentication, kind, |builder| builder);
        for origin in [
            "https://localhost:8443/",
            "http://localhost:8443",
            "https://localhost",
            "https://LOCALHOST:8443",
            "https://localhost.example:8443",
            "",
        ] {
            assert_eq!(
                world.cause(&world.token(&card, origin, NONCE)),
                "signature_invalid",
                "{origin}"
            );
        }
        let decoded = String::from_utf8_lossy(&STANDARD.decode(NONCE).unwrap()).into_owned();
        for nonce in [
            decoded.as_str(),
            "",
            &NONCE[..43],
            "ZPVgYc7Qds0qmK/RilPLffnsIg7IIovM4BAWqGZWwiY=",
        ] {
            assert_eq!(
                world.cause(&world.token(&card, ORIGIN, nonce)),
                "signature_invalid"
            );
        }
        // Another person's signature under this certificate.
        let other = world.card_with(LeafPurpose::Authentication, kind, |builder| builder);
        let stolen = Card {
            certificate: card.certificate.clone(),
            key: other.key,
        };
        assert_eq!(world.cause(&world.good_token(&stolen)), "signature_invalid");
    }
}

#[test]
fn step_12_only_a_known_good_status_lets_in() {
    let world = World::new();
    let since = world.clock.now().minus(DAY);
    for (status, expected) in [
        (CertificateStatus::Good, "ok"),
        (
            CertificateStatus::Revoked {
                at: since,
                reason: RevocationReason::KeyCompromise,
            },
            "cert_revoked",
        ),
        (CertificateStatus::OnHold { since }, "cert_suspended"),
        (CertificateStatus::Unknown, "status_unknown"),
    ] {
        let card = world.card();
        world
            .services
            .set_certificate(&Serial::from_bytes(card.certificate.serial()), status);
        assert_eq!(world.cause(&world.good_token(&card)), expected, "{status:?}");
    }
    world.switch(Service::Ocsp, ServiceMode::Down);
    assert_eq!(
        world.cause(&world.good_token(&world.card())),
        "ok",
        "the list answers"
    );
    let dark = World::new();
    dark.switch(Service::Ocsp, ServiceMode::Down);
    dark.switch(Service::Crl, ServiceMode::Down);
    assert_eq!(dark.cause(&dark.good_token(&dark.card())), "status_unknown");
}

#[test]
fn step_13_a_subject_that_is_no_person_in_belgium_is_refused() {
    let world = World::new();
    let subject = |country: &str, number: &str| {
        let name = Name::new()
            .country(country)
            .common_name("An Spécimen (Authentication)")
            .surname("Spécimen")
            .given_name("An Maria");
        let name = if number.is_empty() {
            name
        } else {
            name.serial_number(number)
        };
        let key = zegel::crypto::key::PrivateKey::generate(P384).unwrap();
        let der = zegel::lab::pki::CertificateBuilder::new(name, key.public())
            .valid(LabPki::usual_validity(world.clock.now()))
            .with(Extension::access(
                &world.pki().base_url,
                zegel::lab::pki::AuthorityKind::Citizen,
            ))
            .with(Extension::crl(
                &world.pki().base_url,
                zegel::lab::pki::AuthorityKind::Citizen,
            ))
            .with(Extension::key_usage(&[0]))
            .with(Extension::policies(&["2.16.56.13.6.1.1.1000"]))
            .issue(&world.pki().citizen, &world.random)
            .unwrap();
        let card = Card {
            certificate: zegel::pki::certificate::Certificate::parse(der).unwrap(),
            key,
        };
        world.cause(&world.good_token(&card))
    };
    assert_eq!(subject("BE", "71715100070"), "ok");
    for (country, number) in [
        ("FR", "71715100070"),
        ("BE", "71715100071"),
        ("BE", "7171510007"),
        ("BE", "71.71.51-000.70"),
        ("BE", ""),
    ] {
        assert_eq!(subject(country, number), "subject_invalid", "{country} {number}");
    }
}

#[test]
fn step_14_local_rules_have_the_last_word() {
    let world = World::new();
    let verified = world.log_in(&world.good_token(&world.card()).to_json()).unwrap();
    assert_eq!(
        verified
            .permit(|result| result.level < AssuranceLevel::High)
            .unwrap_err()
            .cause(),
        "not_permitted"
    );
}
