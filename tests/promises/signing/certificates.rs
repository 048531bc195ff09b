//! The certificate is checked before a PIN is asked: expired, revoked, suspended, unknown, or nobody to ask.

use zegel::lab::persons::{DemoPerson, Flaw};
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};

use super::town::{READER, RIGHT, Town, town, towns};

/// The mayor tries with the card in the reader, is told `expected`, and types no PIN.
async fn is_refused(town: &Town, id: &str, name: &str, expected: &str) {
    let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
    assert_eq!(mayor.sign(id).await.as_deref(), Some(expected), "{name}");
    assert_eq!(town.world.cards.heard(), "", "{name}: no PIN was asked");
    assert_eq!(town.state(id).await, "open: open, open", "{name}");
}

#[actix_web::test]
async fn a_certificate_that_is_not_good_signs_nothing_and_costs_no_pin() {
    for town in towns().await {
        let id = town.open().await;
        let since = town.now().minus(std::time::Duration::from_hours(24));
        let reason = RevocationReason::KeyCompromise;
        for (name, status, expected) in [
            (
                "revoked",
                CertificateStatus::Revoked { at: since, reason },
                "certificate_revoked",
            ),
            (
                "suspended",
                CertificateStatus::OnHold { since },
                "certificate_suspended",
            ),
            ("unknown", CertificateStatus::Unknown, "certificate_untrusted"),
        ] {
            let serial = town.insert("mayor");
            town.world.cards.services.set_certificate(&serial, status);
            is_refused(&town, &id, name, expected).await;
            town.world
                .cards
                .services
                .set_certificate(&serial, CertificateStatus::Good);
        }
        town.signs("mayor", &id).await;
    }
}

#[actix_web::test]
async fn a_card_that_expired_or_comes_from_another_root_signs_nothing() {
    let town = town().await;
    let id = town.open().await;
    let cards = &town.world.cards;
    let mayor = DemoPerson::find("mayor").unwrap();
    let expired = DemoPerson {
        flaw: Flaw::Expired,
        ..*mayor
    };
    let made = expired
        .make_card(cards.services.pki(), &cards.random, town.now())
        .unwrap();
    cards.readers.insert(READER, made.card);
    is_refused(&town, &id, "expired", "certificate_expired").await;
    let made = mayor
        .make_card(&cards.foreign_pki(), &cards.random, town.now())
        .unwrap();
    cards.readers.insert(READER, made.card);
    is_refused(&town, &id, "another root", "certificate_untrusted").await;
    // A card made for the day after tomorrow.
    let later = town.now().plus(std::time::Duration::from_hours(24 * 367));
    let made = mayor
        .make_card(cards.services.pki(), &cards.random, later)
        .unwrap();
    cards.readers.insert(READER, made.card);
    is_refused(&town, &id, "not yet valid", "certificate_not_yet_valid").await;
    town.signs("mayor", &id).await;
}

#[actix_web::test]
async fn nobody_signs_while_nobody_tells_the_status() {
    let modes = [
        ServiceMode::Down,
        ServiceMode::Stale,
        ServiceMode::StaleFractional,
        ServiceMode::WrongSigner,
    ];
    for mode in modes {
        let town = town().await;
        let id = town.open().await;
        town.insert("mayor");
        let services = &town.world.cards.services;
        services.set_service(Service::Ocsp, mode);
        services.set_service(Service::Crl, ServiceMode::Down);
        is_refused(
            &town,
            &id,
            &format!("OCSP {mode}, CRL down"),
            "revocation_unavailable",
        )
        .await;
        services.set_service(Service::Ocsp, ServiceMode::Down);
        services.set_service(Service::Crl, mode);
        is_refused(
            &town,
            &id,
            &format!("OCSP down, CRL {mode}"),
            "revocation_unavailable",
        )
        .await;
        // One of the two is enough.
        services.set_service(Service::Crl, ServiceMode::Up);
        town.signs("mayor", &id).await;
    }
}
