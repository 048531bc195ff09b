//! Facts in the store, on both engines.

use std::sync::Arc;

use zegel::base::random::SeededRandom;
use zegel::identity::BoardId;
use zegel::mandates::rules::RuleSet;
use zegel::mandates::{DocumentKind, NewFact};
use zegel::store::boards::{self, Board, Names};
use zegel::store::db::{Db, StoreError};
use zegel::store::facts::{self, Snapshots};

use super::town::{MAYOR, Town, at, key, person};
use crate::support::{databases, moment};

async fn new_board(db: &Db, seed: u64, slug: &str) -> BoardId {
    let board = Board {
        id: BoardId::new(moment(), &SeededRandom::new(seed)),
        slug: slug.to_owned(),
        kind: "municipality".to_owned(),
        names: Names {
            nl: Some("Zegelgem".to_owned()),
            fr: None,
            de: None,
            en: None,
        },
        enterprise_number: "0999900150".to_owned(),
        region: "flanders".to_owned(),
        created_at: moment(),
        one_pin: true,
        profile: zegel::signing::profile::Profile::LtaEach,
    };
    let id = board.id;
    db.write(move |unit| {
        let board = board.clone();
        Box::pin(async move { boards::add(unit, &board).await })
    })
    .await
    .unwrap();
    id
}

fn town() -> Vec<NewFact> {
    Town::new().facts.into_iter().map(|fact| fact.stated).collect()
}

fn random(seed: u64) -> Arc<SeededRandom> {
    Arc::new(SeededRandom::new(seed))
}

#[tokio::test]
async fn facts_read_back_as_they_were_and_stay_with_their_board() {
    for (name, db, _folder) in databases().await {
        let one = new_board(&db, 1, "zegelgem").await;
        let other = new_board(&db, 2, "ocmw-zegelgem").await;
        let recorded = facts::record(&db, one, town(), moment(), random(3))
            .await
            .unwrap();
        let register = facts::register(&db, one).await.unwrap();
        let mut read: Vec<_> = register.facts().cloned().collect();
        let mut expected = recorded.clone();
        read.sort_by_key(|fact| fact.id);
        expected.sort_by_key(|fact| fact.id);
        assert_eq!(read, expected, "{name}");
        assert_eq!(
            facts::register(&db, other).await.unwrap().facts().count(),
            0,
            "{name}"
        );
        let id = recorded[0].id;
        assert!(facts::find(&db, one, id).await.unwrap().is_some(), "{name}");
        assert!(facts::find(&db, other, id).await.unwrap().is_none(), "{name}");
    }
}

#[tokio::test]
async fn a_fact_is_corrected_once_and_a_late_clock_does_not_rewrite_the_past() {
    for (name, db, _folder) in databases().await {
        let board = new_board(&db, 1, "zegelgem").await;
        let recorded = facts::record(&db, board, town(), moment(), random(3))
            .await
            .unwrap();
        let mayor = recorded
            .iter()
            .find(|fact| fact.stated.key == key("h-burgemeester"))
            .unwrap();
        let mut correction = mayor.stated.clone();
        correction.supersedes = Some(mayor.id);
        // The clock stands an hour behind.
        let behind = moment().minus(std::time::Duration::from_secs(3600));
        let made = facts::record(&db, board, vec![correction.clone()], behind, random(4))
            .await
            .unwrap();
        assert!(made[0].recorded_at > moment(), "{name}");
        let again = facts::record(&db, board, vec![correction], moment(), random(5)).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{name}");
    }
}

#[tokio::test]
async fn a_revocation_counts_at_the_next_question() {
    for (name, db, _folder) in databases().await {
        let board = new_board(&db, 1, "zegelgem").await;
        facts::record(&db, board, town(), moment(), random(3))
            .await
            .unwrap();
        let snapshots = Snapshots::new(RuleSet::flanders());
        let now = at("2026-03-03T09:30:00Z");
        let asked = async || {
            let snapshot = snapshots.current(&db, board, now).await.unwrap();
            let plan = snapshot
                .plan(DocumentKind::Decision, &key("college"), now)
                .unwrap();
            (plan.slots[0].candidates.len(), snapshot.digest())
        };
        let first = asked().await;
        assert_eq!(first.0, 1, "{name}");
        assert_eq!(asked().await, first, "{name}");
        let mut away = super::town::fact(
            "schorsing",
            super::town::since("2026-03-01"),
            zegel::mandates::facts::Content::Suspension {
                of: key(person(MAYOR).as_str()),
                reason: "TEST".to_owned(),
            },
        );
        away.supersedes = None;
        facts::record(&db, board, vec![away], now, random(6))
            .await
            .unwrap();
        let second = asked().await;
        assert_eq!(second.0, 0, "{name}");
        assert_ne!(second.1, first.1, "{name}");
    }
}

#[tokio::test]
async fn the_demo_is_loaded_once() {
    use zegel::crypto::wrap::KeyEncryptionKey;
    use zegel::lab::demo::{load, specimens};
    for (name, db, _folder) in databases().await {
        let id = new_board(&db, 1, "zegelgem").await;
        let board = boards::find(&db, id).await.unwrap().unwrap();
        let kek = KeyEncryptionKey::from_bytes(&[7; 32]).unwrap();
        let people = specimens().unwrap();
        assert_eq!(people.len(), 4);
        let random = random(9);
        let added = load(&db, &board, &people, &kek, random.clone(), moment())
            .await
            .unwrap();
        assert!(added > 20, "{name}: {added}");
        let again = load(&db, &board, &people, &kek, random, moment()).await.unwrap();
        assert_eq!(again, 0, "{name}");
    }
}
