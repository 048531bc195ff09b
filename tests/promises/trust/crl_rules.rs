//! Every rule about revocation lists, broken alone: one code each, and the untouched twin is believed.
//!
//! The responder is out of reach in these worlds, so that the list decides.

use std::time::Duration;

use zegel::asn1::write::{self, tag};
use zegel::base::clock::Clock as _;
use zegel::base::digest::HashAlgorithm;
use zegel::base::time::Day;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::pki::{CertificateBuilder, DAY, Extension, LabPki};
use zegel::pki::certificate::Certificate;
use zegel::pki::crl::UnverifiedCrl;
use zegel::pki::need::FetchFailure;
use zegel::pki::refusal::Refusal;
use zegel::pki::revocation::Evidence;
use zegel::pki::status::Reason;

use super::forge::{CrlParts, entry, moment, number, point, reason, scope};
use super::world::{BASE, Card, World};

/// Lets the citizen authority publish what `change` made of the right list.
fn publish(world: &World, card: &Card, change: impl Fn(&mut CrlParts, &[u8])) {
    let mut parts = CrlParts::new(world);
    change(&mut parts, card.certificate.serial());
    world.outside.give(&format!("{BASE}/crl/citizen"), parts.der());
    world
        .outside
        .fail(&format!("{BASE}/ocsp/"), FetchFailure::Connect);
}

/// `good`, the cause of refusal, or why the list was none.
fn outcome(world: &World, card: &Card) -> &'static str {
    match world.status(card) {
        Ok(checked) => {
            assert!(matches!(
                checked[0].evidence,
                Evidence::Crl { overdue: false, .. }
            ));
            "good"
        }
        Err(Refusal::StatusUnavailable { attempts, .. }) => {
            assert_eq!(attempts[1].source, "crl", "{attempts:?}");
            attempts[1].cause
        }
        Err(refusal) => refusal.cause(),
    }
}

type Change = Box<dyn Fn(&mut CrlParts, &[u8])>;

/// Each row in a world of its own: a list is remembered, and a later one may not be older.
fn table(rows: Vec<(&'static str, &'static str, Change)>) {
    for (what, expected, change) in rows {
        let world = World::new();
        let card = world.card();
        publish(&world, &card, change);
        assert_eq!(outcome(&world, &card), expected, "{what}");
    }
}

fn row(
    what: &'static str,
    expected: &'static str,
    change: impl Fn(&mut CrlParts, &[u8]) + 'static,
) -> (&'static str, &'static str, Change) {
    (what, expected, Box::new(change))
}

fn at(seconds: i64) -> Vec<u8> {
    let by = Duration::from_secs(seconds.unsigned_abs());
    let now = crate::support::moment();
    write::time(if seconds < 0 { now.minus(by) } else { now.plus(by) })
}

#[test]
fn only_the_authoritys_own_key_speaks() {
    let world = World::new();
    let (root_key, root_name) = (world.pki().root.key().clone(), world.pki().root.name().to_der());
    let responder = world.pki().citizen.responder().key.clone();
    let other_name = root_name.clone();
    table(vec![
        row("the twin", "good", |_, _| {}),
        row("another issuer's name", "CRL_SIGNER", move |parts, _| {
            parts.issuer.clone_from(&other_name);
        }),
        row("the root's whole list", "CRL_SIGNER", move |parts, _| {
            parts.issuer.clone_from(&root_name);
            parts.key = root_key.clone();
        }),
        row("the responder's key", "CRL_SIGNER", move |parts, _| {
            parts.key = responder.clone()
        }),
        row("signature spoilt", "CRL_SIGNER", |parts, _| {
            parts.spoilt_signature = true
        }),
        row(
            "signature spoilt, over entries that do not read",
            "CRL_SIGNER",
            |parts, _| {
                parts.spoilt_signature = true;
                parts.entries = vec![write::null()];
            },
        ),
        row("entries that do not read", "CRL_PARSE", |parts, _| {
            parts.entries = vec![write::null()];
        }),
        row("two algorithms", "CRL_SIGNER", |parts, _| {
            // Signed with what stands outside, so that only the difference is wrong.
            let outside = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
            parts.outer_algorithm = Some(outside.algorithm_identifier());
            parts.signed_with = Some(outside);
        }),
        row("SHA-1", "ALG_FORBIDDEN", |parts, _| {
            parts.algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha1);
        }),
    ]);
}

#[test]
fn two_certificates_of_one_key_speak_with_one_voice_and_one_that_may_not_sign_lists_does_not() {
    let world = World::new();
    let policy = AlgorithmPolicy::live_authentication();
    let citizen = &world.pki().citizen;
    let certificate = |usage: Option<&[usize]>| {
        let builder = CertificateBuilder::new(citizen.name().clone(), citizen.key().public())
            .valid(LabPki::usual_validity(world.clock.now()))
            .with(Extension::authority(0));
        let builder = match usage {
            Some(bits) => builder.with(Extension::key_usage(bits)),
            None => builder,
        };
        Certificate::parse(builder.issue(&world.pki().root, &world.random).unwrap()).unwrap()
    };
    let list = CrlParts::new(&world).der();
    for (usage, expected) in [
        (Some(&[5_usize, 6][..]), "good"),
        (Some(&[6][..]), "good"),
        (None, "good"),
        (Some(&[5][..]), "CRL_SIGNER"),
        (Some(&[0, 1, 5][..]), "CRL_SIGNER"),
    ] {
        let issuer = certificate(usage);
        let found = UnverifiedCrl::parse(&list)
            .unwrap()
            .verify(&issuer, &policy, None);
        assert_eq!(
            found.map_or_else(|defect| defect.cause(), |_| "good"),
            expected,
            "{usage:?}"
        );
    }
    // Cached under one, found under the other.
    let (first, second) = (certificate(None), certificate(Some(&[5, 6])));
    assert_ne!(first, second);
    let now = world.clock.now();
    world
        .trust
        .add_crl(&first, "http://x/a.crl", &list, &policy, false, now)
        .unwrap();
    assert!(world.trust.crl(&second, "http://x/a.crl", DAY, now).is_some());
}

#[test]
fn a_list_speaks_between_its_two_times_both_included() {
    table(vec![
        row("begins now", "good", |parts, _| parts.this_update = at(0)),
        row("begins in a second", "CRL_STALE", |parts, _| {
            parts.this_update = at(1)
        }),
        row("ends now", "good", |parts, _| {
            (parts.this_update, parts.next_update) = (at(-60), Some(at(0)));
        }),
        row("ended a second ago", "CRL_STALE", |parts, _| {
            (parts.this_update, parts.next_update) = (at(-60), Some(at(-1)));
        }),
        row("no end", "CRL_STALE", |parts, _| parts.next_update = None),
        row("a time that is none", "CRL_PARSE", |parts, _| {
            parts.this_update = write::element(tag::UTC_TIME, b"2603030900Z");
        }),
    ]);
}

#[test]
fn version_1_is_read_and_has_no_extensions() {
    table(vec![
        row("version 1", "good", |parts, _| {
            (parts.version, parts.extensions) = (None, Vec::new());
        }),
        row("version 1, ours on it", "REVOKED", |parts, ours| {
            (parts.version, parts.extensions) = (None, Vec::new());
            parts.entries = vec![entry(ours, &at(-60), &[])];
        }),
        row("version 1 with a number", "CRL_PARSE", |parts, _| {
            parts.version = None
        }),
        row("version 1 with a reason", "CRL_PARSE", |parts, ours| {
            (parts.version, parts.extensions) = (None, Vec::new());
            parts.entries = vec![entry(ours, &at(-60), &[reason(1)])];
        }),
        row("version 3", "CRL_PARSE", |parts, _| parts.version = Some(2)),
        row("octets behind it", "CRL_PARSE", |parts, _| parts.behind = vec![0]),
    ]);
}

#[test]
fn sha_1_on_a_list_is_for_roots_and_until_a_day() {
    let world = World::new();
    let root = Certificate::parse(world.pki().root_der()).unwrap();
    let policy = AlgorithmPolicy::live_authentication();
    let list = |made: &str| {
        let mut parts = CrlParts::of_root(&world);
        parts.algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha1);
        parts.this_update = write::time(made.parse().unwrap());
        (parts.version, parts.extensions) = (None, Vec::new());
        parts.der()
    };
    let until = Day::new(2018, 1, 1);
    for (made, until, expected) in [
        // The day begins in Brussels.
        ("2017-12-31T22:59:59Z", until, "good"),
        ("2017-12-31T23:00:00Z", until, "ALG_FORBIDDEN"),
        ("2017-01-01T00:00:00Z", None, "ALG_FORBIDDEN"),
    ] {
        let list = list(made);
        let found = UnverifiedCrl::parse(&list).unwrap().verify(&root, &policy, until);
        assert_eq!(
            found.map_or_else(|defect| defect.cause(), |_| "good"),
            expected,
            "{made} {until:?}"
        );
    }
    // The rule is the roots': an authority that is no anchor does not get it, whatever the trust data says.
    let mut parts = CrlParts::new(&world);
    parts.algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha1);
    parts.this_update = write::time("2017-01-01T00:00:00Z".parse().unwrap());
    let text = format!(
        "sha1_root_crl_until = \"2018-01-01\"\n{}",
        zegel::pki::anchors::laboratory_text(&root, "127.0.0.1", "TEST Citizen CA", BASE, "TEST RRN")
    );
    let trust = zegel::pki::trust::Trust::new(zegel::pki::anchors::TrustData::test(&text).unwrap());
    assert!(trust.add_anchor(&root));
    let citizen = Certificate::parse(world.pki().citizen.certificate_der()).unwrap();
    let add = |issuer: &Certificate, der: &[u8]| {
        trust
            .add_crl(issuer, "http://x/a.crl", der, &policy, false, world.clock.now())
            .map_or_else(|defect| defect.cause(), |_| "good")
    };
    assert_eq!(add(&citizen, &parts.der()), "ALG_FORBIDDEN");
    assert_eq!(add(&root, &list("2017-01-01T00:00:00Z")), "good");
}

#[test]
fn a_list_that_does_not_cover_the_certificate_says_nothing_about_it() {
    let ours = format!("{BASE}/crl/citizen.crl");
    let flag = |number: u8| write::element(tag::context(number), &[0xFF]);
    let whole = move |fields: Vec<Vec<u8>>| {
        move |parts: &mut CrlParts, _: &[u8]| {
            let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
            parts.extensions.push(scope(&fields));
        }
    };
    let url = ours.clone();
    table(vec![
        row("no limits", "good", whole(vec![])),
        row("our distribution point", "good", whole(vec![point(&ours)])),
        row(
            "another distribution point",
            "CRL_SCOPE",
            whole(vec![point(&format!("{ours}2"))]),
        ),
        row("certificates of users", "good", whole(vec![flag(1)])),
        row("certificates of authorities", "CRL_SCOPE", whole(vec![flag(2)])),
        row(
            "some reasons only",
            "CRL_SCOPE",
            whole(vec![write::element(tag::context(3), &[1, 0x40])]),
        ),
        row("indirect", "CRL_SCOPE", whole(vec![flag(4)])),
        row("attribute certificates", "CRL_SCOPE", whole(vec![flag(5)])),
        row("a field nobody knows", "CRL_PARSE", whole(vec![flag(6)])),
        row("another point, not critical", "CRL_SCOPE", move |parts, _| {
            let fields = write::sequence(&[&point(&format!("{url}2"))]);
            parts.extensions.push(Extension::new("2.5.29.28", fields));
        }),
        row("what changed since another", "CRL_SCOPE", |parts, _| {
            parts
                .extensions
                .push(Extension::new("2.5.29.27", write::integer(16)).critical());
        }),
        row("the same, not critical", "CRL_SCOPE", |parts, _| {
            parts
                .extensions
                .push(Extension::new("2.5.29.27", write::integer(16)));
        }),
    ]);
}

#[test]
fn a_list_for_users_says_nothing_about_an_authority() {
    for (field, refused) in [(1, true), (2, false)] {
        let world = World::new();
        let card = world.card();
        let mut parts = CrlParts::of_root(&world);
        parts
            .extensions
            .push(scope(&[&write::element(tag::context(field), &[0xFF])]));
        world.outside.give(&format!("{BASE}/crl/root"), parts.der());
        world
            .outside
            .fail(&format!("{BASE}/ocsp/root"), FetchFailure::Connect);
        match world.status(&card) {
            Ok(_) => assert!(!refused),
            Err(Refusal::StatusUnavailable { attempts, .. }) => {
                assert!(refused && attempts[0].cause == "CRL_SCOPE", "{attempts:?}");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn unknown_critical_extensions_of_list_and_entry() {
    let critical = || Extension::new("1.2.3.4", vec![5, 0]).critical();
    table(vec![
        row("not critical", "good", |parts, _| {
            parts.extensions.push(Extension::new("1.2.3.4", vec![5, 0]));
        }),
        row("of the list", "CRITICAL_EXT", move |parts, _| {
            parts.extensions.push(critical())
        }),
        row("one extension twice", "CRL_PARSE", |parts, _| {
            parts.extensions = vec![number(1), number(2)];
        }),
        row("of our entry", "REVOKED", move |parts, ours| {
            parts.entries = vec![entry(ours, &at(-60), &[critical()])];
        }),
        row("of our entry, which says hold", "REVOKED", move |parts, ours| {
            parts.entries = vec![entry(ours, &at(-60), &[reason(6), critical()])];
        }),
        row("of another entry", "good", move |parts, _| {
            parts.entries = vec![entry(&[9; 16], &at(-60), &[critical()])];
        }),
        row("another issuer's entry", "REVOKED", |parts, ours| {
            let name = write::sequence(&[&write::explicit(4, &write::sequence(&[]))]);
            let issuer = Extension::new("2.5.29.29", name).critical();
            parts.entries = vec![entry(ours, &at(-60), &[issuer])];
        }),
        row("an entry that does not read", "CRL_PARSE", |parts, _| {
            parts.entries = vec![write::sequence(&[&write::null()])];
        }),
    ]);
}

#[test]
fn what_stands_on_the_list_is_revoked_or_suspended() {
    table(vec![
        row("others", "good", |parts, ours| {
            let mut other = ours.to_vec();
            other[15] ^= 1;
            parts.entries = vec![
                entry(&other, &at(-60), &[reason(1)]),
                entry(&ours[..15], &at(-60), &[]),
            ];
        }),
        row("revoked", "REVOKED", |parts, ours| {
            parts.entries = vec![entry(ours, &at(-60), &[reason(1)])];
        }),
        row("revoked without reason", "REVOKED", |parts, ours| {
            parts.entries = vec![entry(ours, &at(-60), &[])];
        }),
        row("revoked from tomorrow on", "REVOKED", |parts, ours| {
            parts.entries = vec![entry(ours, &at(86_400), &[reason(5)])];
        }),
        row("on hold", "SUSPENDED", |parts, ours| {
            parts.entries = vec![entry(ours, &at(-60), &[reason(6)])];
        }),
        row(
            "taken off, which only a list of changes says",
            "REVOKED",
            |parts, ours| {
                parts.entries = vec![entry(ours, &at(-60), &[reason(8)])];
            },
        ),
        row("a reason that is none", "CRL_PARSE", |parts, ours| {
            parts.entries = vec![entry(ours, &at(-60), &[reason(7)])];
        }),
        row("among thousands", "REVOKED", |parts, ours| {
            let list = (0..3000_u32).map(|n| entry(&[&[0x41][..], &n.to_be_bytes()].concat(), &at(-60), &[]));
            parts.entries = list.chain([entry(ours, &at(-60), &[])]).collect();
        }),
    ]);
}

#[test]
fn an_entry_without_reason_is_told_as_unspecified_with_its_date() {
    let world = World::new();
    let card = world.card();
    publish(&world, &card, |parts, ours| {
        parts.entries = vec![entry(ours, &at(-60), &[])]
    });
    match world.status(&card).unwrap_err() {
        Refusal::Revoked { reason, at, .. } => {
            assert_eq!((reason, at), (Reason::Unspecified, moment(&world, -60)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_list_with_a_lower_number_is_refused_the_newer_one_stays_and_the_operator_is_told() {
    let world = World::new();
    let issuer = world.know_issuer();
    let policy = AlgorithmPolicy::live_authentication();
    let now = world.clock.now();
    let add = |numbered: u64, seconds: i64| {
        let mut parts = CrlParts::new(&world);
        parts.extensions = vec![number(numbered)];
        parts.this_update = at(seconds);
        world
            .trust
            .add_crl(&issuer, "http://x/a.crl", &parts.der(), &policy, false, now)
            .map_or_else(|defect| defect.cause(), |_| "good")
    };
    assert_eq!(add(0x0100, -60), "good");
    assert_eq!(
        add(0x00FF, -30),
        "CRL_ROLLBACK",
        "a lower number with a later time"
    );
    assert_eq!(add(0x0100, -60), "good", "the same again is no rollback");
    assert_eq!(world.trust.take_alarms().len(), 1);
    assert!(world.trust.take_alarms().is_empty(), "told once");
    assert_eq!(add(0x0101, -120), "good", "the number decides, not the time");
    // Without numbers the time decides.
    let plain = |seconds: i64| {
        let mut parts = CrlParts::new(&world);
        parts.extensions.clear();
        parts.this_update = at(seconds);
        world
            .trust
            .add_crl(&issuer, "http://x/b.crl", &parts.der(), &policy, false, now)
            .map_or_else(|defect| defect.cause(), |_| "good")
    };
    assert_eq!(
        (plain(-60), plain(-61), plain(-59)),
        ("good", "CRL_ROLLBACK", "good")
    );
    let alarms = world.trust.take_alarms();
    assert_eq!(alarms[0].cause, "CRL_ROLLBACK");
    assert_eq!(alarms[0].issuer, issuer.fingerprint());
}

#[test]
fn a_list_from_before_a_revocation_does_not_undo_it() {
    let world = World::new();
    let card = world.card();
    publish(&world, &card, |parts, ours| {
        parts.extensions = vec![number(9)];
        parts.entries = vec![entry(ours, &at(-60), &[])];
    });
    assert_eq!(outcome(&world, &card), "REVOKED");
    // Past three hours a new one is fetched: an older one, on which the card does not stand.
    world.clock.advance(Duration::from_secs(3 * 3600 + 1));
    publish(&world, &card, |parts, _| parts.extensions = vec![number(8)]);
    assert_eq!(outcome(&world, &card), "CRL_ROLLBACK");
}
