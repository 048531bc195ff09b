//! What counts when nobody outside tells whether a certificate is revoked: nothing by default; and what each tolerance
//! adds, and never adds.

use std::time::Duration;

use zegel::identity::StatusSource;
use zegel::lab::pki::{DAY, LeafPurpose, Serial};
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};
use zegel::login::eid::EidRules;
use zegel::pki::need::FetchFailure;
use zegel::pki::purpose::Purpose;
use zegel::pki::refusal::Refusal;
use zegel::pki::revocation::{CheckOptions, Checked, Evidence, Tolerance};

use super::forge::{OcspParts, revoked, unknown};
use super::world::{BASE, Card, NONCE, ORIGIN, P384, World};

const HOUR: Duration = Duration::from_secs(3600);

fn tolerating(tolerance: Tolerance) -> CheckOptions {
    CheckOptions {
        tolerance,
        ..CheckOptions::default()
    }
}

fn check(world: &World, card: &Card, tolerance: Tolerance) -> Result<Vec<Checked>, Refusal> {
    let path = world.path(&card.certificate, Purpose::Authentication).unwrap();
    world.status_of(&path, tolerating(tolerance))
}

/// What one check comes to: whose evidence, or why not.
fn outcome(world: &World, card: &Card, tolerance: Tolerance) -> &'static str {
    match check(world, card, tolerance) {
        Ok(checked) => match &checked[0].evidence {
            Evidence::Crl { overdue: false, .. } => "list",
            Evidence::Crl { overdue: true, .. } => "overdue list",
            Evidence::None => "outage",
            Evidence::Ocsp(_) => "ocsp",
            Evidence::ShortTerm => "short term",
        },
        Err(refusal) => refusal.cause(),
    }
}

/// A world whose lists were fetched, and in which nobody answers from then on.
fn dark_after_a_fetch(card: impl Fn(&World) -> Card) -> (World, Card) {
    let world = World::new();
    let card = card(&world);
    world.switch(Service::Ocsp, ServiceMode::Down);
    // Whatever the outcome: the lists are at hand now.
    let _ = world.status(&card);
    world.outside.fail(BASE, FetchFailure::Connect);
    (world, card)
}

#[test]
fn a_list_past_its_refresh_counts_in_grace_alone_and_says_so_and_past_its_end_nowhere() {
    let (world, card) = dark_after_a_fetch(World::card);
    let all = |world: &World| {
        [Tolerance::HardFail, Tolerance::Grace, Tolerance::Outage]
            .map(|tolerance| outcome(world, &card, tolerance))
    };
    assert_eq!(all(&world), ["list"; 3]);
    world.clock.advance(HOUR * 3);
    assert_eq!(all(&world), ["list"; 3], "up to three hours it is of the present");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(all(&world), ["REV_UNAVAILABLE", "overdue list", "overdue list"]);
    // Its end is seven days after it was made.
    world.clock.advance(DAY * 7 - HOUR * 3 - Duration::from_secs(1));
    assert_eq!(all(&world), ["REV_UNAVAILABLE", "overdue list", "overdue list"]);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(all(&world), ["REV_UNAVAILABLE", "REV_UNAVAILABLE", "outage"]);
}

#[test]
fn a_roots_list_counts_until_its_own_end_and_says_that_it_is_overdue() {
    let (world, card) = dark_after_a_fetch(World::card);
    // The leaf is told of by its responder, so that the authority's list alone is old.
    let answers = |world: &World| {
        let certificate = card.certificate.clone();
        let parts = OcspParts::new(world, &certificate, &[]);
        world.outside.on(&format!("{BASE}/ocsp/citizen"), move |need| {
            let mut parts = parts.clone();
            parts.nonce = super::forge::nonce_of(need.body().unwrap().1);
            Ok(parts.der())
        });
    };
    answers(&world);
    let overdue = |world: &World| match check(world, &card, Tolerance::HardFail) {
        Ok(checked) => match &checked[1].evidence {
            Evidence::Crl { overdue, .. } => Some(*overdue),
            other => panic!("{other:?}"),
        },
        Err(_) => None,
    };
    assert_eq!(overdue(&world), Some(false));
    world.clock.advance(HOUR * 48);
    answers(&world);
    assert_eq!(overdue(&world), Some(false));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(overdue(&world), Some(true));
    world.clock.set(crate::support::moment().plus(DAY * 180));
    answers(&world);
    assert_eq!(overdue(&world), Some(true));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(overdue(&world), None);
}

#[test]
fn no_tolerance_makes_good_what_is_known_to_be_otherwise() {
    let since = crate::support::moment().minus(DAY);
    let revoked_status = CertificateStatus::Revoked {
        at: since,
        reason: RevocationReason::KeyCompromise,
    };
    for (status, cause) in [
        (revoked_status, "REVOKED"),
        (CertificateStatus::OnHold { since }, "SUSPENDED"),
    ] {
        let (world, card) = dark_after_a_fetch(|world| {
            let card = world.card();
            let serial = Serial::from_bytes(card.certificate.serial());
            world.services.set_certificate(&serial, status);
            card
        });
        // On the list at hand: within its time, overdue, and long past its end.
        for later in [Duration::ZERO, HOUR * 4, DAY * 30] {
            world.clock.set(crate::support::moment().plus(later));
            assert_eq!(outcome(&world, &card, Tolerance::Outage), cause, "{later:?}");
        }
    }
    // By the responder's own word.
    for (word, cause) in [
        ("revoked", "REVOKED"),
        ("hold", "SUSPENDED"),
        ("unknown", "REV_UNKNOWN"),
    ] {
        for tolerance in [Tolerance::Grace, Tolerance::Outage] {
            let world = World::new();
            let card = world.card();
            let at = super::forge::general(&world, -60);
            let parts = OcspParts::new(&world, &card.certificate, &[]);
            world.outside.on(&format!("{BASE}/ocsp/citizen"), move |need| {
                let mut parts = parts.clone();
                parts.nonce = super::forge::nonce_of(need.body().unwrap().1);
                parts.singles[0].status = match word {
                    "revoked" => revoked(&at, Some(1)),
                    "hold" => revoked(&at, Some(6)),
                    _ => unknown(),
                };
                Ok(parts.der())
            });
            assert_eq!(outcome(&world, &card, tolerance), cause, "{tolerance:?}");
        }
    }
    // An authority that is revoked on a list of long ago.
    let world = World::new();
    let authority = world.know_issuer();
    world
        .services
        .set_certificate(&Serial::from_bytes(authority.serial()), revoked_status);
    let card = world.card();
    let _ = world.status(&card);
    world.outside.fail(BASE, FetchFailure::Connect);
    world.clock.set(crate::support::moment().plus(DAY * 300));
    assert_eq!(outcome(&world, &card, Tolerance::Outage), "REVOKED");
}

#[test]
fn nothing_is_signed_on_a_tolerance() {
    let world = World::new();
    let card = world.card_with(LeafPurpose::Signature, P384, |builder| builder);
    let path = world.path(&card.certificate, Purpose::Signature).unwrap();
    world.outside.fail(BASE, FetchFailure::Connect);
    for tolerance in [Tolerance::HardFail, Tolerance::Grace, Tolerance::Outage] {
        let refusal = world.status_of(&path, tolerating(tolerance)).unwrap_err();
        assert_eq!(refusal.cause(), "REV_UNAVAILABLE", "{tolerance:?}");
    }
}

#[test]
fn a_log_in_on_a_tolerance_says_so_in_its_evidence() {
    let log_in = |world: &World, card: &Card, tolerance: Tolerance| {
        let rules = EidRules::belgian(ORIGIN).tolerating(tolerance);
        let token = world.token(card, ORIGIN, NONCE).to_json();
        world
            .log_in_by(&token, &rules)
            .map(|verified| verified.permit(|_| true).unwrap().evidence)
            .map_err(|refusal| refusal.cause())
    };
    let (world, card) = dark_after_a_fetch(World::card);
    world.clock.advance(HOUR * 4);
    assert_eq!(log_in(&world, &card, Tolerance::HardFail), Err("status_unknown"));
    let evidence = log_in(&world, &card, Tolerance::Grace).unwrap();
    assert_eq!(
        (
            evidence.status_source,
            evidence.issuer_status_source,
            evidence.tolerance()
        ),
        (StatusSource::CrlOverdue, StatusSource::Crl, Tolerance::Grace)
    );
    assert_eq!(evidence.status_at, Some(crate::support::moment()));
    world.clock.advance(DAY * 30);
    assert_eq!(log_in(&world, &card, Tolerance::Grace), Err("status_unknown"));
    let evidence = log_in(&world, &card, Tolerance::Outage).unwrap();
    assert_eq!(
        (
            evidence.status_source,
            evidence.issuer_status_source,
            evidence.tolerance()
        ),
        (StatusSource::Outage, StatusSource::CrlOverdue, Tolerance::Outage)
    );
    assert_eq!(evidence.status_at, None);
}

#[test]
fn a_log_in_never_waits_for_a_list_when_the_responder_answers_and_the_roots_list_is_at_hand() {
    let world = World::new();
    world.status(&world.card()).unwrap();
    let before = world.outside.asked().len();
    // A day later, no refresh meanwhile.
    world.clock.advance(DAY);
    world.status(&world.card()).unwrap();
    let kinds: Vec<&str> = world.outside.asked()[before..]
        .iter()
        .map(|need| need.kind())
        .collect();
    assert_eq!(kinds, ["ocsp"]);
}
