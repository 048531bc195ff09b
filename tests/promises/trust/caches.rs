//! What is remembered, for how long, and that it is back after a restart.

use std::sync::Arc;
use std::time::Duration;

use zegel::base::clock::{Clock as _, FixedClock};
use zegel::base::time::Timestamp;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::fetch::Offline;
use zegel::fetch::table::TableFetcher;
use zegel::journeys::trust::refresh_lists;
use zegel::lab::pki::{DAY, Serial};
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode};
use zegel::pki::anchors::TrustData;
use zegel::pki::need::FetchFailure;
use zegel::pki::trust::Trust;
use zegel::store;

use super::world::{BASE, World, pins, serve};
use crate::support::databases;

const HOUR: Duration = Duration::from_secs(3600);

/// A world as a service has it: its trust shared with jobs.
struct Running {
    world: World,
    trust: Arc<Trust>,
    outside: TableFetcher,
    clock: Arc<FixedClock>,
}

impl Running {
    fn new() -> Self {
        let mut world = World::new();
        let clock = Arc::clone(&world.clock);
        let outside = TableFetcher::new();
        serve(&outside, &world.services, &clock);
        let trust = Arc::new(std::mem::replace(
            &mut world.trust,
            Trust::new(TrustData::production().unwrap()),
        ));
        let authority = zegel::pki::certificate::Certificate::parse(world.pki().citizen.certificate_der());
        trust.add_issuer(&authority.unwrap()).unwrap();
        Self {
            world,
            trust,
            outside,
            clock,
        }
    }

    fn citizen(&self) -> zegel::pki::certificate::Certificate {
        zegel::pki::certificate::Certificate::parse(self.world.pki().citizen.certificate_der()).unwrap()
    }

    fn root(&self) -> zegel::pki::certificate::Certificate {
        zegel::pki::certificate::Certificate::parse(self.world.pki().root_der()).unwrap()
    }

    /// A log-in looks at the list of the citizen authority, which is fetched where it is not at hand.
    fn use_citizen_list(&self) {
        let url = format!("{BASE}/crl/citizen.crl");
        let (trust, issuer, now) = (&self.trust, self.citizen(), self.clock.now());
        if trust.crl(&issuer, &url, Duration::MAX, now).is_none() {
            let der = self
                .world
                .services
                .crl(zegel::lab::pki::AuthorityKind::Citizen, now)
                .unwrap();
            let policy = AlgorithmPolicy::live_authentication();
            trust.add_crl(&issuer, &url, &der, &policy, false, now).unwrap();
        }
    }

    fn asked(&self, part: &str) -> usize {
        self.outside
            .asked()
            .iter()
            .filter(|need| need.url().contains(part))
            .count()
    }
}

#[tokio::test]
async fn lists_are_fetched_before_they_are_needed_and_anew_in_time() {
    let (_, db, _folder) = databases().await.remove(0);
    let running = Running::new();
    let go = async |at: Timestamp| {
        running.clock.set(at);
        let (trust, outside, clock) = (&running.trust, &running.outside, &running.clock);
        refresh_lists(&db, trust, outside, clock.as_ref()).await.unwrap()
    };
    let begin = crate::support::moment();
    // The root's list, which the known authority names, without anybody having logged in.
    assert_eq!(go(begin).await, 1);
    assert_eq!(
        (running.asked("/crl/root"), running.asked("/crl/citizen")),
        (1, 0)
    );
    running.use_citizen_list();
    // Three hours less a tenth by chance for an authority's, a day less a tenth for a root's.
    assert_eq!(go(begin.plus(HOUR * 27 / 10 - Duration::from_secs(1))).await, 0);
    assert_eq!(go(begin.plus(HOUR * 3)).await, 1);
    assert_eq!(
        (running.asked("/crl/root"), running.asked("/crl/citizen")),
        (1, 1)
    );
    assert_eq!(go(begin.plus(HOUR * 3)).await, 0, "once");
    go(begin.plus(DAY)).await;
    assert_eq!(running.asked("/crl/root"), 2);
    // A list that nobody looked at for a week is left.
    let count = running.asked("/crl/citizen");
    go(begin.plus(DAY * 9)).await;
    assert_eq!(running.asked("/crl/citizen"), count);
    assert_eq!(running.asked("/crl/root"), 3);
}

#[tokio::test]
async fn a_list_that_does_not_come_stays_and_the_next_round_tries_again() {
    let (_, db, _folder) = databases().await.remove(0);
    let running = Running::new();
    running.use_citizen_list();
    let (trust, clock) = (&running.trust, &running.clock);
    refresh_lists(&db, trust, &running.outside, clock.as_ref())
        .await
        .unwrap();
    clock.advance(HOUR * 3);
    running
        .world
        .services
        .set_service(Service::Crl, ServiceMode::Down);
    assert_eq!(
        refresh_lists(&db, trust, &running.outside, clock.as_ref())
            .await
            .unwrap(),
        0
    );
    let url = format!("{BASE}/crl/citizen.crl");
    let issuer = running.citizen();
    let age = |at: Timestamp| {
        let list = trust.crl(&issuer, &url, Duration::MAX, at).unwrap();
        at.since(list.this_update())
    };
    assert_eq!(age(clock.now()), HOUR * 3, "the one at hand stays");
    // A broken one does not take its place either.
    running
        .world
        .services
        .set_service(Service::Crl, ServiceMode::WrongSigner);
    assert_eq!(
        refresh_lists(&db, trust, &running.outside, clock.as_ref())
            .await
            .unwrap(),
        0
    );
    assert_eq!(age(clock.now()), HOUR * 3);
    running.world.services.set_service(Service::Crl, ServiceMode::Up);
    assert_eq!(
        refresh_lists(&db, trust, &running.outside, clock.as_ref())
            .await
            .unwrap(),
        1
    );
    assert_eq!(age(clock.now()), Duration::ZERO);
}

#[tokio::test]
async fn authorities_and_lists_are_back_after_a_restart_without_any_network() {
    for (engine, db, _folder) in databases().await {
        let running = Running::new();
        let card = running.world.card();
        let since = running.clock.now().minus(DAY);
        let revoked = CertificateStatus::Revoked {
            at: since,
            reason: RevocationReason::KeyCompromise,
        };
        let serial = Serial::from_bytes(card.certificate.serial());
        running.world.services.set_certificate(&serial, revoked);
        running.use_citizen_list();
        let (trust, clock) = (&running.trust, &running.clock);
        refresh_lists(&db, trust, &running.outside, clock.as_ref())
            .await
            .unwrap();

        clock.advance(HOUR);
        let restarted = Trust::new(pins(&running.root()));
        assert!(restarted.add_anchor(&running.root()));
        store::trust::load(&db, &restarted, clock.now()).await.unwrap();
        assert!(restarted.knows_issuer(&card.certificate), "{engine}");
        let root_list = format!("{BASE}/crl/root.crl");
        let found = restarted.crl(&running.root(), &root_list, HOUR, clock.now());
        assert!(found.is_some(), "{engine}: fetched an hour ago, not now");
        assert!(
            restarted
                .crl(
                    &running.root(),
                    &root_list,
                    HOUR - Duration::from_secs(1),
                    clock.now()
                )
                .is_none(),
            "{engine}"
        );
        // What the list says is still said, with nobody to ask.
        let mut world = World::new();
        world.trust = restarted;
        world.outside = TableFetcher::new();
        world.outside.fail("http", FetchFailure::Connect);
        world.clock.set(clock.now());
        let path = world
            .trust
            .validate(
                &card.certificate,
                &[],
                zegel::pki::purpose::Purpose::Authentication,
                &AlgorithmPolicy::live_authentication(),
                clock.now(),
            )
            .unwrap();
        let refusal = world.status_of(&path, Default::default()).unwrap_err();
        assert_eq!(refusal.cause(), "REVOKED", "{engine}");
        // Nothing is due that came back young enough.
        let again = Arc::new(world.trust);
        assert_eq!(
            refresh_lists(&db, &again, &Offline, clock.as_ref())
                .await
                .unwrap(),
            0,
            "{engine}"
        );
        assert!(again.lists_due(clock.now()).is_empty(), "{engine}");
    }
}

#[tokio::test]
async fn what_was_changed_in_the_store_is_not_believed() {
    let (_, db, _folder) = databases().await.remove(0);
    let running = Running::new();
    running.use_citizen_list();
    store::trust::keep(&db, &running.trust, running.clock.now())
        .await
        .unwrap();
    let other = World::new();
    let restarted = Trust::new(pins(
        &zegel::pki::certificate::Certificate::parse(other.pki().root_der()).unwrap(),
    ));
    store::trust::load(&db, &restarted, running.clock.now())
        .await
        .unwrap();
    // Pins of another root: neither the authority nor its list is taken.
    assert!(restarted.authorities().is_empty());
    assert!(restarted.lists_due(running.clock.now().plus(DAY)).is_empty());
}

#[test]
fn an_answer_is_remembered_until_its_next_update_or_its_largest_age() {
    for (until, remembered) in [(60, 60), (600, 300)] {
        let world = World::new();
        let card = world.card();
        let next = super::forge::general(&world, until);
        let parts = super::forge::OcspParts::new(&world, &card.certificate, &[]);
        world.outside.on(&format!("{BASE}/ocsp/citizen"), move |need| {
            let mut parts = parts.clone();
            parts.nonce = super::forge::nonce_of(need.body().unwrap().1);
            parts.singles[0].next_update = Some(next.clone());
            Ok(parts.der())
        });
        let asked = || {
            world
                .outside
                .asked()
                .iter()
                .filter(|need| need.kind() == "ocsp")
                .count()
        };
        world.status(&card).unwrap();
        world.clock.advance(Duration::from_secs(remembered));
        world.status(&card).unwrap();
        assert_eq!(asked(), 1, "{until}");
        world.clock.advance(Duration::from_secs(1));
        let _ = world.status(&card);
        assert_eq!(asked(), 2, "{until}");
    }
}
