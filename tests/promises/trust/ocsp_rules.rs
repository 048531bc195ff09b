//! Every rule about OCSP answers, broken alone: one code each, and the untouched twin is believed.
//!
//! The list is out of reach in these worlds, so that what is wrong with the answer is what is reported.

mod responders;

use std::time::Duration;

use zegel::asn1::write::{self, tag};
use zegel::base::clock::Clock as _;
use zegel::base::digest::HashAlgorithm;
use zegel::base::random::SeededRandom;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::key::{KeyKind, PrivateKey};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::pki::{CertificateBuilder, DAY, Extension, Name, Serial, Validity};
use zegel::lab::services::{CertificateStatus, RevocationReason};
use zegel::pki::certificate::Certificate;
use zegel::pki::need::FetchFailure;
use zegel::pki::ocsp::{self, CertId, Expected, OcspPolicy, ResponderRules};
use zegel::pki::refusal::Refusal;
use zegel::pki::revocation::Evidence;
use zegel::pki::status::{CertificateStatus as Status, Reason};

use super::forge::{CertIdParts, OcspParts, by_name, general, general_text, good, revoked, unknown};
use super::world::{BASE, Card, P384, World};

/// Lets the citizen authority's responder answer with what `change` made of the right answer.
fn answer(world: &World, card: &Card, change: impl Fn(&mut OcspParts) + Send + Sync + 'static) {
    let (certificate, parts) = (
        card.certificate.clone(),
        OcspParts::new(world, &card.certificate, &[]),
    );
    world.outside.on(&format!("{BASE}/ocsp/citizen"), move |need| {
        let (_, request) = need.body().unwrap();
        let mut parts = parts.clone();
        parts.nonce = super::forge::nonce_of(request);
        assert_eq!(parts.singles[0].id.serial, certificate.serial());
        change(&mut parts);
        Ok(parts.der())
    });
    world
        .outside
        .fail(&format!("{BASE}/crl/citizen"), FetchFailure::Connect);
}

/// `good`, the cause of refusal, or why the answer was no answer.
fn outcome(world: &World, card: &Card) -> &'static str {
    match world.status(card) {
        Ok(checked) => {
            assert!(matches!(checked[0].evidence, Evidence::Ocsp(_)));
            "good"
        }
        Err(Refusal::StatusUnavailable { attempts, .. }) => {
            assert_eq!((attempts[0].source, attempts.len()), ("ocsp", 2), "{attempts:?}");
            attempts[0].cause
        }
        Err(refusal) => refusal.cause(),
    }
}

type Change = Box<dyn Fn(&mut OcspParts) + Send + Sync>;

fn table(world: &World, rows: Vec<(&'static str, Change, &'static str)>) {
    for (what, change, expected) in rows {
        let card = world.card();
        answer(world, &card, change);
        assert_eq!(outcome(world, &card), expected, "{what}");
    }
}

fn row(
    what: &'static str,
    expected: &'static str,
    change: impl Fn(&mut OcspParts) + Send + Sync + 'static,
) -> (&'static str, Change, &'static str) {
    (what, Box::new(change), expected)
}

/// An end of validity, five years around the world's moment.
fn long(world: &World) -> Validity {
    Validity::around(world.clock.now(), DAY * 400, DAY * 1825)
}

/// A responder's certificate by the citizen authority, changed by `change`.
fn responder(
    world: &World,
    change: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
) -> (Certificate, PrivateKey) {
    let key = PrivateKey::generate(P384).unwrap();
    let subject = Name::new().common_name("TEST Responder of a test").country("BE");
    let builder = CertificateBuilder::new(subject, key.public())
        .valid(long(world))
        .with(Extension::key_usage(&[0]))
        .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.9"]))
        .with(Extension::no_check());
    let der = change(builder)
        .issue(&world.pki().citizen, &world.random)
        .unwrap();
    (Certificate::parse(der).unwrap(), key)
}

#[test]
fn rule_1_what_is_no_answer_of_the_right_form() {
    let mut rows = vec![
        row("the twin", "good", |_| {}),
        row("octets behind it", "OCSP_PARSE", |parts| parts.behind = vec![0]),
        row("octets behind the answer inside", "OCSP_PARSE", |parts| {
            parts.behind_basic = vec![5, 0];
        }),
        row("another response type", "OCSP_PARSE", |parts| {
            parts.response_type = "1.3.6.1.5.5.7.48.1.9".to_owned();
        }),
        row("too many responses", "OCSP_PARSE", |parts| {
            parts.singles = vec![parts.singles[0].clone(); 65];
        }),
        row("too many certificates", "OCSP_PARSE", |parts| {
            parts.certificates = vec![parts.certificates[0].clone(); 9];
        }),
    ];
    for status in [1, 2, 3, 5, 6] {
        rows.push(row("declined", "OCSP_STATUS", move |parts| {
            parts.response_status = status;
        }));
    }
    table(&World::new(), rows);
}

#[test]
fn rule_1_an_answer_above_64_kib_is_not_read() {
    let world = World::new();
    let card = world.card();
    let issuer = Certificate::parse(world.pki().citizen.certificate_der()).unwrap();
    let id = CertId::new(&card.certificate, &issuer, HashAlgorithm::Sha1);
    let mut parts = OcspParts::new(&world, &card.certificate, &[]);
    let (policy, algorithms) = (OcspPolicy::default(), AlgorithmPolicy::live_authentication());
    let expected = Expected {
        cert_id: &id,
        nonce: None,
        issuer: &issuer,
        policy: &policy,
        algorithms: Some(&algorithms),
        links: None,
        configured: &[],
    };
    let mut read = |bytes: usize| {
        parts.extensions = vec![Extension::new("1.2.3.4", vec![7; bytes])];
        let der = parts.der();
        assert_eq!(der.len() > 64 * 1024, bytes > 64_000, "{}", der.len());
        let read = ocsp::verify_fresh(&der, &expected, world.clock.now()).map(|_| ());
        read.map_err(ocsp::OcspDefect::cause)
    };
    assert_eq!(read(63_000), Ok(()));
    assert_eq!(read(65_500), Err("OCSP_PARSE"));
}

#[test]
fn rule_2_an_answer_about_something_else() {
    let world = World::new();
    let other = world.card().certificate;
    let issuer = Certificate::parse(world.pki().citizen.certificate_der()).unwrap();
    let another = CertIdParts::new(&other, &issuer, HashAlgorithm::Sha1);
    let (more, last) = (another.clone(), another.clone());
    let wide = issuer.clone();
    table(
        &world,
        vec![
            row("another name hash", "OCSP_MISMATCH", |parts| {
                parts.singles[0].id.name_hash[0] ^= 1;
            }),
            row("another key hash", "OCSP_MISMATCH", |parts| {
                parts.singles[0].id.key_hash[0] ^= 1;
            }),
            row("another serial number", "OCSP_MISMATCH", |parts| {
                parts.singles[0].id.serial[5] ^= 1;
            }),
            row("another hash, its values right", "OCSP_MISMATCH", move |parts| {
                let id = &mut parts.singles[0].id;
                id.hash = HashAlgorithm::Sha256;
                id.name_hash = HashAlgorithm::Sha256.digest(wide.subject().der());
                id.key_hash = wide.key_hash(HashAlgorithm::Sha256);
            }),
            row("no response", "OCSP_MISMATCH", |parts| parts.singles.clear()),
            row("others only", "OCSP_MISMATCH", move |parts| {
                parts.singles[0].id = another.clone();
            }),
            row("ours behind another that is revoked", "good", move |parts| {
                let mut first = parts.singles[0].clone();
                (first.id, first.status) = (more.clone(), revoked(&first.this_update, None));
                parts.singles.insert(0, first);
            }),
            row(
                "ours, revoked, behind another that is good",
                "REVOKED",
                move |parts| {
                    let mut first = parts.singles[0].clone();
                    parts.singles[0].status = revoked(&first.this_update, None);
                    first.id = last.clone();
                    parts.singles.insert(0, first);
                },
            ),
        ],
    );
}

#[test]
fn rule_2_of_several_responses_about_one_certificate_the_newest_tells_and_of_equals_the_worst() {
    let world = World::new();
    let earlier = general(&world, -30);
    let (first, second) = (earlier.clone(), earlier.clone());
    table(
        &world,
        vec![
            row("good, then revoked, at one moment", "REVOKED", |parts| {
                let mut twin = parts.singles[0].clone();
                twin.status = revoked(&twin.this_update, None);
                parts.singles.push(twin);
            }),
            row("revoked, then good, at one moment", "REVOKED", |parts| {
                let mut twin = parts.singles[0].clone();
                twin.status = revoked(&twin.this_update, None);
                parts.singles.insert(0, twin);
            }),
            row("unknown, then good, at one moment", "REV_UNKNOWN", |parts| {
                let mut twin = parts.singles[0].clone();
                twin.status = unknown();
                parts.singles.insert(0, twin);
            }),
            row("on hold then, good now", "good", move |parts| {
                let mut twin = parts.singles[0].clone();
                (twin.status, twin.this_update) = (revoked(&first, Some(6)), first.clone());
                parts.singles.push(twin);
            }),
            row("good then, revoked now", "REVOKED", move |parts| {
                let mut twin = parts.singles[0].clone();
                parts.singles[0].status = revoked(&twin.this_update, None);
                twin.this_update = second.clone();
                parts.singles.insert(0, twin);
            }),
        ],
    );
}

#[test]
fn rule_4_without_nocheck_the_list_speaks_of_the_responder_first() {
    for (listed, list_there, expected) in [
        (false, true, "good"),
        (true, true, "OCSP_SIGNER"),
        (false, false, "OCSP_SIGNER"),
    ] {
        let world = World::new();
        let (certificate, key) = responder(&world, |b| b.without("1.3.6.1.5.5.7.48.1.5"));
        if listed {
            let at = world.clock.now().minus(DAY);
            let status = CertificateStatus::Revoked {
                at,
                reason: RevocationReason::KeyCompromise,
            };
            world
                .services
                .set_certificate(&Serial::from_bytes(certificate.serial()), status);
        }
        let card = world.card();
        let list = world
            .services
            .crl(zegel::lab::pki::AuthorityKind::Citizen, world.clock.now())
            .unwrap();
        answer(&world, &card, move |parts| parts.signed_by(&certificate, &key));
        if list_there {
            world.outside.give(&format!("{BASE}/crl/citizen"), list);
        }
        let found = match world.status(&card) {
            Ok(checked) if matches!(checked[0].evidence, Evidence::Ocsp(_)) => "good",
            // The answer is not believed; the list then tells of the card itself.
            Ok(_) => "OCSP_SIGNER",
            Err(Refusal::StatusUnavailable { attempts, .. }) => attempts[0].cause,
            Err(refusal) => refusal.cause(),
        };
        assert_eq!(found, expected, "listed {listed}, list there {list_there}");
    }
}

#[test]
fn rule_5_times_are_read_strictly_and_compared_by_ourselves() {
    let at = |seconds: i64| {
        let by = Duration::from_secs(seconds.unsigned_abs());
        let now = crate::support::moment();
        write::generalized_time(if seconds < 0 { now.minus(by) } else { now.plus(by) })
    };
    let this = move |seconds: i64| {
        let time = at(seconds);
        move |parts: &mut OcspParts| {
            parts.singles[0].this_update = time.clone();
            parts.produced_at = time.clone();
        }
    };
    let next = move |seconds: Option<i64>| {
        let time = seconds.map(at);
        move |parts: &mut OcspParts| parts.singles[0].next_update = time.clone()
    };
    let both = move |from: i64, until: Option<i64>| {
        let (this, next) = (this(from), next(until));
        move |parts: &mut OcspParts| {
            this(parts);
            next(parts);
        }
    };
    let text =
        |text: &'static str| move |parts: &mut OcspParts| parts.singles[0].this_update = general_text(text);
    table(
        &World::new(),
        vec![
            row("skew ahead", "good", both(300, Some(360))),
            row("more than skew ahead", "OCSP_STALE", both(301, Some(360))),
            row("just past, within skew", "good", both(-360, Some(-300))),
            row("past by more than skew", "OCSP_STALE", both(-361, Some(-301))),
            row("no next update, young", "good", both(-300, None)),
            row(
                "no next update, older than allowed",
                "OCSP_STALE",
                both(-301, None),
            ),
            row("ends before it begins", "OCSP_STALE", next(Some(-1))),
            row("produced long before what it tells", "OCSP_STALE", {
                let early = at(-301);
                move |parts| parts.produced_at = early.clone()
            }),
            row("tells of the future", "OCSP_STALE", {
                let (soon, later, end) = (at(60), at(301), at(400));
                move |parts| {
                    parts.produced_at = soon.clone();
                    parts.singles[0].this_update = later.clone();
                    parts.singles[0].next_update = Some(end.clone());
                }
            }),
            row("produced in the future", "OCSP_STALE", {
                let late = at(301);
                move |parts| parts.produced_at = late.clone()
            }),
            row(
                "ten months old with a fraction of a second",
                "OCSP_STALE",
                |parts| {
                    parts.singles[0].this_update = general_text("20250503090000.123456Z");
                    parts.singles[0].next_update = Some(general_text("20250503090100.5Z"));
                },
            ),
            row(
                "ten months old with a fraction, no next update",
                "OCSP_STALE",
                |parts| {
                    parts.singles[0].this_update = general_text("20250503090000.1Z");
                    parts.singles[0].next_update = None;
                },
            ),
            row("fresh with a fraction", "good", text("20260303090000.25Z")),
            row("without zone", "OCSP_PARSE", text("20260303090000")),
            row("with an offset", "OCSP_PARSE", text("20260303100000+0100")),
            row("without seconds", "OCSP_PARSE", text("202603030900Z")),
            row("a thirteenth month", "OCSP_PARSE", text("20261303090000Z")),
            row("UTCTime", "OCSP_PARSE", |parts| {
                parts.singles[0].this_update = write::element(tag::UTC_TIME, b"260303090000Z");
            }),
        ],
    );
}

#[test]
fn rule_6_the_nonce_sent_must_come_back() {
    table(
        &World::new(),
        vec![
            row("left out", "OCSP_NONCE", |parts| parts.nonce = None),
            row("another", "OCSP_NONCE", |parts| {
                *parts.nonce.as_mut().unwrap().last_mut().unwrap() ^= 1;
            }),
            row("longer", "OCSP_NONCE", |parts| {
                parts.nonce = Some(write::octet_string(&[7; 33]));
            }),
            row("its beginning", "OCSP_NONCE", |parts| {
                parts.nonce = parts
                    .nonce
                    .as_ref()
                    .map(|nonce| write::octet_string(&nonce[2..18]));
            }),
        ],
    );
}

#[test]
fn rule_6_a_responder_named_as_taking_no_nonce_is_asked_without_one_and_its_times_decide() {
    for (named, age, expected) in [
        (true, 0, "good"),
        (true, 361, "OCSP_STALE"),
        (false, 0, "OCSP_NONCE"),
    ] {
        let mut world = World::new();
        if named {
            let rules = ResponderRules::new(vec![format!("{BASE}/ocsp/citizen")], []);
            world.change_trust(|trust| trust.with_responders(rules));
        }
        let card = world.card();
        let (this, next) = (general(&world, -age), general(&world, 60 - age));
        answer(&world, &card, move |parts| {
            assert_eq!(parts.nonce.is_some(), !named, "a nonce was sent");
            parts.nonce = None;
            parts.produced_at = this.clone();
            parts.singles[0].this_update = this.clone();
            parts.singles[0].next_update = Some(next.clone());
        });
        assert_eq!(outcome(&world, &card), expected, "{named} {age}");
    }
}

#[test]
fn rule_7_algorithms_and_critical_extensions() {
    let world = World::new();
    let small = PrivateKey::generate(KeyKind::Rsa { bits: 1024 }).unwrap();
    let subject = Name::new()
        .common_name("TEST Responder with a small key")
        .country("BE");
    let der = CertificateBuilder::new(subject, small.public())
        .valid(long(&world))
        .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.9"]))
        .with(Extension::no_check())
        .issue(&world.pki().citizen, &world.random)
        .unwrap();
    let small_certificate = Certificate::parse(der).unwrap();
    let card = world.card();
    let certificate = small_certificate.clone();
    let key = small.clone();
    answer(&world, &card, move |parts| parts.signed_by(&certificate, &key));
    assert_eq!(outcome(&world, &card), "ALG_FORBIDDEN", "RSA of 1024 bits");
    let critical = |name: &str| Extension::new(name, vec![5, 0]).critical();
    table(
        &world,
        vec![
            row("SHA-1", "ALG_FORBIDDEN", |parts| {
                parts.algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha1);
            }),
            row("an algorithm nobody knows", "ALG_FORBIDDEN", |parts| {
                parts.algorithm_written = Some(write::sequence(&[&super::forge::oid("1.2.3.4")]));
            }),
            row("an extension nobody knows, not critical", "good", |parts| {
                parts.extensions.push(Extension::new("1.2.3.4", vec![5, 0]));
                parts.singles[0]
                    .extensions
                    .push(Extension::new("1.2.3.4", vec![5, 0]));
            }),
            row("critical, of the answer", "CRITICAL_EXT", move |parts| {
                parts.extensions.push(critical("1.2.3.4"));
            }),
            row("critical, of the response", "CRITICAL_EXT", move |parts| {
                parts.singles[0].extensions.push(critical("1.2.3.4"));
            }),
            row("one extension twice", "OCSP_PARSE", |parts| {
                parts.extensions = vec![Extension::new("1.2.3.4", vec![5, 0]); 2];
            }),
        ],
    );
}

#[test]
fn rule_8_revoked_is_revoked_whatever_its_time_and_no_other_word_is_good() {
    let world = World::new();
    let (past, future) = (general(&world, -86_400), general(&world, 86_400));
    let (held, plain, seventh) = (past.clone(), past.clone(), past.clone());
    table(
        &world,
        vec![
            row("revoked", "REVOKED", move |parts| {
                parts.singles[0].status = revoked(&past, Some(1));
            }),
            row("revoked from tomorrow on", "REVOKED", move |parts| {
                parts.singles[0].status = revoked(&future, Some(5));
            }),
            row("revoked without reason", "REVOKED", move |parts| {
                parts.singles[0].status = revoked(&plain, None);
            }),
            row("on hold", "SUSPENDED", move |parts| {
                parts.singles[0].status = revoked(&held, Some(6));
            }),
            row("a reason that is none", "OCSP_PARSE", move |parts| {
                parts.singles[0].status = revoked(&seventh, Some(7));
            }),
            row("unknown", "REV_UNKNOWN", |parts| {
                parts.singles[0].status = unknown()
            }),
            row("good with something inside", "OCSP_PARSE", |parts| {
                parts.singles[0].status = write::element(tag::context(0), &[0]);
            }),
            row("a fourth status", "OCSP_PARSE", |parts| {
                parts.singles[0].status = write::element(tag::context(3), &[]);
            }),
            row("the twin", "good", |parts| parts.singles[0].status = good()),
        ],
    );
}

#[test]
fn each_reason_is_told() {
    let world = World::new();
    let past = general(&world, -86_400);
    for code in [0, 1, 2, 3, 4, 5, 9, 10] {
        let (card, at) = (world.card(), past.clone());
        answer(&world, &card, move |parts| {
            parts.singles[0].status = revoked(&at, Some(code));
        });
        match world.status(&card).unwrap_err() {
            Refusal::Revoked { reason, .. } => assert_eq!(reason.code(), code),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_answer_that_was_brought_along_spares_a_question_and_nothing_else() {
    let policy = AlgorithmPolicy::live_authentication();
    let world = World::new();
    let issuer = world.know_issuer();
    let take = |card: &Card, change: &dyn Fn(&mut OcspParts)| {
        let mut parts = OcspParts::new(&world, &card.certificate, &[]);
        change(&mut parts);
        world.trust.take_stapled(
            &card.certificate,
            &issuer,
            &parts.der(),
            &policy,
            world.clock.now(),
        )
    };
    let asked = || {
        world
            .outside
            .asked()
            .iter()
            .filter(|need| need.kind() == "ocsp")
            .count()
    };
    let card = world.card();
    assert_eq!(take(&card, &|_| {}), Ok(Status::Good));
    world.status(&card).unwrap();
    assert_eq!(asked(), 0);
    // Good for a week, but six minutes old: without a nonce the age counts.
    let old = general(&world, -301);
    let week = general(&world, 7 * 86_400);
    let refused = take(&world.card(), &|parts| {
        parts.singles[0].this_update = old.clone();
        parts.singles[0].next_update = Some(week.clone());
    });
    assert_eq!(refused.unwrap_err().cause(), "OCSP_STALE");
    let refused = take(&world.card(), &|parts| parts.spoilt_signature = true);
    assert_eq!(refused.unwrap_err().cause(), "OCSP_SIGNER");
    // Nobody is asked about a responder that came along with it.
    let (appointed, key) = responder(&world, |b| b.without("1.3.6.1.5.5.7.48.1.5"));
    let refused = take(&world.card(), &|parts| parts.signed_by(&appointed, &key));
    assert_eq!(refused.unwrap_err().cause(), "OCSP_SIGNER");
    // What says revoked is not remembered, and the responder is asked.
    let card = world.card();
    let past = general(&world, -60);
    let told = take(&card, &|parts| parts.singles[0].status = revoked(&past, None)).unwrap();
    assert!(matches!(
        told,
        Status::Revoked {
            reason: Reason::Unspecified,
            ..
        }
    ));
    world.status(&card).unwrap();
    assert_eq!(asked(), 1);
}

#[test]
fn a_request_asks_about_one_certificate_with_32_octets_of_nonce() {
    let world = World::new();
    let card = world.card();
    let issuer = world.know_issuer();
    let request = ocsp::OcspRequest::new(&card.certificate, &issuer, &SeededRandom::new(5)).der();
    let nonce = super::forge::nonce_of(&request).unwrap();
    assert_eq!((nonce.len(), &nonce[..2]), (34, &[4, 32][..]), "RFC 9654 §2.1");
    let plain = ocsp::OcspRequest::without_nonce(&card.certificate, &issuer).der();
    assert_eq!(super::forge::nonce_of(&plain), None);
    let need = |request| zegel::pki::need::Need::Ocsp {
        url: "http://ocsp.test/".to_owned(),
        request,
    };
    assert_eq!(
        need(request).sameness(),
        need(plain).sameness(),
        "a nonce does not make it another question"
    );
}
