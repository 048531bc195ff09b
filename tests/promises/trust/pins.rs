//! Pins: test and production apart, authorities kept only when they chain, and kept across a restart.

use zegel::base::clock::Clock as _;
use zegel::fetch::resume;
use zegel::pki::anchors::{TrustData, TrustDataError};
use zegel::pki::certificate::Certificate;
use zegel::pki::trust::Trust;
use zegel::store::trust;

use super::world::{BASE, World};

#[test]
fn test_trust_and_production_trust_are_never_together() {
    let world = World::new();
    let root = Certificate::parse(world.pki().root_der()).unwrap();
    let text = zegel::pki::anchors::laboratory_text(&root, "127.0.0.1", "TEST Citizen CA", BASE, "TEST RRN");
    assert!(TrustData::test(&text).is_ok());
    let production = text.replace("environment = \"test\"", "environment = \"production\"");
    assert_eq!(TrustData::test(&production), Err(TrustDataError::Mixed));
    let pinned = TrustData::production().unwrap().roots()[0].sha256.to_string();
    let mixed = text.replace(&root.fingerprint().to_string(), &pinned);
    assert_eq!(TrustData::test(&mixed), Err(TrustDataError::Mixed));
    let unknown = text.replace("generation = \"laboratory\"", "generation = \"rca9\"");
    assert!(matches!(
        TrustData::test(&unknown),
        Err(TrustDataError::UnknownGeneration { .. })
    ));
    let typo = text.replace("purposes =", "purpose =");
    assert!(matches!(
        TrustData::test(&typo),
        Err(TrustDataError::Malformed(_))
    ));
    assert!(!Trust::new(TrustData::production().unwrap()).add_anchor(&root));
}

#[test]
fn addresses_of_authorities_follow_from_their_names_alone() {
    let data = TrustData::production().unwrap();
    for (name, url) in [
        (
            "citizen-ca-202510-rca6",
            "http://crt.eidpki.belgium.be/eid/eidc202510.crt",
        ),
        (
            "foreigner-ca-202501-rca6",
            "http://crt.eidpki.belgium.be/eid/eidf202501.crt",
        ),
        (
            "citizen-ca-201803-rca4",
            "http://certs.eid.belgium.be/citizen201803.crt",
        ),
        (
            "foreigner-ca-201304-rca2",
            "http://certs.eid.belgium.be/foreigner201304.crt",
        ),
    ] {
        let Some(certificate) = super::support::certificate(&format!("intermediates/{name}")) else {
            return;
        };
        assert_eq!(
            data.authority_url(certificate.subject()).as_deref(),
            Some(url),
            "{name}"
        );
    }
}

#[test]
fn only_authorities_that_chain_to_a_pin_are_kept() {
    let (world, other) = (World::new(), World::new());
    let stranger = Certificate::parse(other.pki().citizen.certificate_der()).unwrap();
    assert_eq!(
        world.trust.add_issuer(&stranger).unwrap_err().cause(),
        "SIG_INVALID"
    );
    let leaf = world.card().certificate;
    assert_eq!(
        world.trust.add_issuer(&leaf).unwrap_err().cause(),
        "CA_CONSTRAINT"
    );
    let authority = Certificate::parse(world.pki().citizen.certificate_der()).unwrap();
    assert_eq!(world.trust.add_issuer(&authority), Ok(true));
    assert_eq!(world.trust.add_issuer(&authority), Ok(false));
}

#[tokio::test]
async fn what_was_learnt_is_there_after_a_restart_on_both_databases() {
    for (engine, db, _folder) in crate::support::databases().await {
        let world = World::new();
        let now = world.clock.now();
        let card = world.card();
        world.log_in(&world.good_token(&card).to_json()).unwrap();
        assert!(
            resume::roots(&world.trust, &world.outside).await.is_empty(),
            "the laboratory's root is at hand"
        );
        trust::keep(&db, &world.trust, now).await.unwrap();
        assert!(world.trust.take_changes().is_empty());

        let root = Certificate::parse(world.pki().root_der()).unwrap();
        let text =
            zegel::pki::anchors::laboratory_text(&root, "127.0.0.1", "TEST Citizen CA", BASE, "TEST RRN");
        let restarted = Trust::new(TrustData::test(&text).unwrap());
        trust::load(&db, &restarted, now).await.unwrap();
        assert_eq!(restarted.missing_issuer(&card.certificate, now), None, "{engine}");
        assert_eq!(restarted.authorities().len(), 2, "{engine}");
        let list = card.certificate.issuer().clone();
        let authority = restarted
            .authorities()
            .into_iter()
            .find(|one| *one.subject() == list)
            .unwrap();
        let url = authority.extensions().crl_urls[0].clone();
        assert!(
            restarted
                .crl(&root, &url, std::time::Duration::from_secs(60), now)
                .is_some(),
            "{engine}: the root's list"
        );
        assert!(restarted.take_changes().is_empty(), "{engine}");

        // Somebody changed the database: what does not chain is left out.
        let production = Trust::new(TrustData::production().unwrap());
        trust::load(&db, &production, now).await.unwrap();
        assert!(production.authorities().is_empty(), "{engine}");
    }
}
