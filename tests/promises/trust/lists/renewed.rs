//! Lists of an installation: renewed, kept, loaded again, and never lost by a failure. On both databases.

use zegel::base::digest::Sha256Digest;
use zegel::fetch::table::TableFetcher;
use zegel::journeys::lists::{load, refresh};
use zegel::lab::pki::KeyPair;
use zegel::pki::anchors::{self, TrustData};
use zegel::pki::certificate::Certificate;
use zegel::pki::need::{FetchFailure, Need};
use zegel::pki::trust::Trust;
use zegel::store::trusted_lists::alarms;

use super::made::{DAY, Signers, anchors as anchors_of, granted, lotl, national, now};
use crate::support::databases;

const LOTL: &str = "http://127.0.0.1/lotl.xml";
const BE: &str = "https://lists.example/be.xml";
const PIVOT: &str = "https://lists.example/pivot-900.xml";

struct World {
    signers: Signers,
    own: KeyPair,
    old: KeyPair,
    belgian: KeyPair,
}

impl World {
    fn new() -> Self {
        let signers = Signers::new();
        let (own, old, belgian) = (
            signers.signer("TEST own"),
            signers.signer("TEST old"),
            signers.signer("TEST Belgian"),
        );
        Self {
            signers,
            own,
            old,
            belgian,
        }
    }

    fn trust(&self) -> Trust {
        let root = Certificate::parse(self.signers.pki.root_der()).unwrap();
        let text = anchors::laboratory_text(
            &root,
            "127.0.0.1",
            "TEST Citizen CA",
            "http://127.0.0.1/c.crt",
            "TEST RRN",
        );
        // Only the old publication is pinned, so that the pivot is needed.
        let stranger = self.signers.signer("TEST stranger");
        Trust::new(TrustData::test(&text).unwrap()).with_list_anchors(anchors_of(&[&stranger], &[&self.old]))
    }

    fn lotl(&self, sequence: u64) -> Vec<u8> {
        let mut draft = lotl(sequence, &[&self.own], &[&self.belgian]);
        draft.information = vec![PIVOT.to_owned(), "https://journal.example/TEST-0".to_owned()];
        draft.sign(&self.own).unwrap()
    }

    fn pivot(&self) -> Vec<u8> {
        lotl(900, &[&self.own], &[&self.belgian]).sign(&self.old).unwrap()
    }

    fn belgian(&self, sequence: u64, by: &KeyPair) -> Vec<u8> {
        let mut draft = national(vec![granted(self.signers.pki.root_der())]);
        draft.sequence = sequence;
        draft.sign(by).unwrap()
    }
}

#[tokio::test]
async fn lists_are_renewed_kept_and_never_lost() {
    let world = World::new();
    for (name, db, _folder) in databases().await {
        let trust = world.trust();
        let list_anchors = trust.list_anchors().unwrap().clone();
        let outside = TableFetcher::new();
        let turn = async |outside: &TableFetcher| {
            refresh(&db, &trust, &list_anchors, outside, now())
                .await
                .unwrap()
                .into_iter()
                .map(|renewal| (renewal.held, renewal.cause))
                .collect::<Vec<_>>()
        };
        let causes = async || -> Vec<(String, String)> {
            alarms(&db)
                .await
                .unwrap()
                .into_iter()
                .map(|alarm| (alarm.territory, alarm.cause))
                .collect()
        };
        // Nothing answers, nothing is held: said, and stored where the operator looks.
        let nothing = turn(&outside).await;
        assert_eq!(
            nothing,
            [(None, Some("TL_UNAVAILABLE")), (None, Some("TL_ANCHOR_UNKNOWN"))],
            "{name}"
        );
        assert_eq!(causes().await.len(), 2, "{name}");

        let first = world.lotl(1_000);
        outside.give(LOTL, first.clone());
        outside.give(PIVOT, world.pivot());
        outside.give(BE, world.belgian(7, &world.belgian));
        assert_eq!(
            turn(&outside).await,
            [(Some(1_000), None), (Some(7), None)],
            "{name}"
        );
        assert_eq!(causes().await, [], "{name}");
        assert_eq!(trust.lists().lists.len(), 1, "{name}");
        // Only where the verified list of lists says that the national list is, any host may be called.
        let by_name: Vec<(String, bool)> = outside
            .asked()
            .iter()
            .filter(|need| need.url().ends_with(".xml"))
            .map(|need| (need.url().to_owned(), need.host_is_named()))
            .collect();
        assert!(by_name.contains(&(BE.to_owned(), true)), "{name}: {by_name:?}");
        assert!(
            by_name.contains(&(PIVOT.to_owned(), false)),
            "{name}: {by_name:?}"
        );
        assert!(
            by_name.iter().all(|(url, named)| *named == (url == BE)),
            "{name}: {by_name:?}"
        );

        // A digest beside the list saves the download; the pivot is not asked for again.
        outside.give(
            "http://127.0.0.1/lotl.sha2",
            Sha256Digest::of(&first).as_bytes().to_vec(),
        );
        let before = outside.asked().len();
        assert_eq!(
            turn(&outside).await,
            [(Some(1_000), None), (Some(7), None)],
            "{name}"
        );
        let asked: Vec<String> = outside.asked()[before..]
            .iter()
            .map(|need| need.url().to_owned())
            .collect();
        assert_eq!(
            asked,
            ["http://127.0.0.1/lotl.sha2", "https://lists.example/be.sha2", BE],
            "{name}"
        );
        outside.fail("http://127.0.0.1/lotl.sha2", FetchFailure::Http(404));

        // Each of these is refused, leaves what is held in use, and raises its alarm; then all is well again.
        let late = {
            let mut draft = lotl(1_001, &[&world.own], &[&world.belgian]);
            draft.information = vec![PIVOT.to_owned(), "https://journal.example/TEST-0".to_owned()];
            draft.next_update = Some(now().minus(DAY));
            draft.sign(&world.own).unwrap()
        };
        for (bytes, cause) in [
            (world.lotl(999), "TL_ROLLBACK"),
            (late, "TL_EXPIRED"),
            (b"<html/>".to_vec(), "TL_FORMAT"),
            (
                lotl(1_001, &[&world.own], &[&world.belgian])
                    .sign(&world.belgian)
                    .unwrap(),
                "TL_ANCHOR_UNKNOWN",
            ),
        ] {
            outside.give(LOTL, bytes);
            assert_eq!(
                turn(&outside).await,
                [(Some(1_000), Some(cause)), (Some(7), None)],
                "{name}"
            );
            assert_eq!(causes().await, [("EU".to_owned(), cause.to_owned())], "{name}");
        }
        outside.give(LOTL, world.lotl(1_002));
        for (bytes, cause) in [
            (world.belgian(6, &world.belgian), "TL_ROLLBACK"),
            (world.belgian(8, &world.own), "TL_SIGNATURE"),
        ] {
            outside.give(BE, bytes);
            assert_eq!(
                turn(&outside).await,
                [(Some(1_002), None), (Some(7), Some(cause))],
                "{name}"
            );
            assert_eq!(causes().await, [("BE".to_owned(), cause.to_owned())], "{name}");
        }
        outside.give(BE, world.belgian(8, &world.belgian));
        assert_eq!(
            turn(&outside).await,
            [(Some(1_002), None), (Some(8), None)],
            "{name}"
        );
        assert_eq!(causes().await, [], "{name}");

        // A restart without a network has the same lists, verified again.
        let again = load(&db, &list_anchors).await.unwrap();
        assert_eq!(again.lotl.unwrap().verified.list.sequence, 1_002, "{name}");
        assert_eq!(again.lists[0].list.sequence, 8, "{name}");
        // What was put into the database by somebody else is not believed.
        db.script_for_tests("UPDATE trust_list SET xml = (SELECT xml FROM trust_list WHERE role = 'pivot') WHERE role = 'lotl'")
            .await
            .unwrap();
        assert!(load(&db, &list_anchors).await.unwrap().is_empty(), "{name}");
    }
}

/// Lists have a bound of their own, and nothing is posted for them.
#[test]
fn a_list_is_asked_for_plainly() {
    let need = Need::List { url: LOTL.to_owned() };
    assert_eq!(
        (need.body(), need.media_type(), need.kind()),
        (None, None, "list")
    );
    assert_eq!(need.max_bytes(), 16 << 20);
}

/// The laboratory's own lists: believed from its own anchors, switchable, and everything they make says TEST elsewhere.
#[tokio::test]
async fn the_laboratory_serves_lists_in_every_state() {
    use std::sync::Arc;
    use zegel::base::clock::FixedClock;
    use zegel::base::random::SeededRandom;
    use zegel::lab::pki::LabPki;
    use zegel::lab::services::{Service, ServiceMode, Services, lists};
    use zegel::pki::lists::anchors::ListAnchors;
    use zegel::pki::lists::qualification::determine_stamp;

    let base = super::super::world::BASE;
    let pki = Arc::new(LabPki::generate(base, &SeededRandom::new(7), now()).unwrap());
    let services = Arc::new(Services::new(Arc::clone(&pki), Arc::new(SeededRandom::new(8))));
    let root = Certificate::parse(pki.root_der()).unwrap();
    let text = anchors::laboratory_text(
        &root,
        "127.0.0.1",
        "TEST Citizen CA",
        "http://127.0.0.1/c.crt",
        "TEST RRN",
    );
    let list_anchors = ListAnchors::test(&lists::anchors_text(&pki, base)).unwrap();
    let trust = Trust::new(TrustData::test(&text).unwrap()).with_list_anchors(list_anchors.clone());
    let (outside, clock) = (TableFetcher::new(), Arc::new(FixedClock::new(now())));
    super::super::world::serve(&outside, &services, &clock);
    let (_, db, _folder) = databases().await.remove(0);
    let day = u64::try_from(now().as_seconds() / 86_400).unwrap();
    for (mode, cause) in [
        (ServiceMode::Up, None),
        (ServiceMode::Down, Some("TL_UNAVAILABLE")),
        (ServiceMode::RolledBack, Some("TL_ROLLBACK")),
        (ServiceMode::SecondSignature, Some("TL_SIGNATURE")),
        (ServiceMode::Stale, Some("TL_EXPIRED")),
        (ServiceMode::WrongSigner, Some("TL_ANCHOR_UNKNOWN")),
        (ServiceMode::Up, None),
    ] {
        services.set_service(Service::Lists, mode);
        let renewals = refresh(&db, &trust, &list_anchors, &outside, now())
            .await
            .unwrap();
        assert_eq!(
            (renewals[0].held, renewals[0].cause),
            (Some(day), cause),
            "{mode}"
        );
        assert_eq!(trust.lists().list("BE").unwrap().list.sequence, day, "{mode}");
    }
    let unit = Certificate::parse(pki.unit.certificate_der.clone()).unwrap();
    assert_eq!(
        determine_stamp(&trust.lists(), &[unit], now()).is_qualified,
        Some(true)
    );
}
