//! One SQL text on two engines: every statement prepares, both schemas are the same, units commit whole or not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use zegel::audit::{Event, EventId, EventKind};
use zegel::base::bytes::ReadAt;
use zegel::base::random::SeededRandom;
use zegel::base::time::Timestamp;
use zegel::identity::BoardId;
use zegel::store::blobs::Blobs;
use zegel::store::boards::{self, Board, Names};
use zegel::store::db::{Db, EngineKind, StoreError, all_statements};
use zegel::store::queue::TakenJob;
use zegel::store::{events, idempotency, migrate, queue};

use crate::support::{databases, fresh_postgres, moment};

#[tokio::test]
async fn every_statement_prepares_on_both_engines() {
    for (name, db, _folder) in databases().await {
        for statement in all_statements() {
            db.prepare(statement)
                .await
                .unwrap_or_else(|error| panic!("{name}: {}: {error:?}", statement.name));
        }
    }
}

#[test]
fn every_file_with_statements_is_registered() {
    let registered: BTreeSet<String> = all_statements()
        .iter()
        .map(|statement| statement.name.rsplit("::").nth(1).unwrap_or_default().to_owned())
        .collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let stem = entry.path().file_stem().unwrap().to_string_lossy().into_owned();
        if text.contains("crate::statements! {") && stem != "db" {
            assert!(
                registered.contains(&stem),
                "store/{stem}.rs is missing in db::all_statements"
            );
        }
    }
}

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_and_nullability() {
    let mut schemas = Vec::new();
    for (name, db, _folder) in databases().await {
        schemas.push((name, db.columns_for_tests().await.unwrap()));
    }
    let (_, first) = &schemas[0];
    assert!(first.iter().any(|column| column.contains("audit_event")));
    for (name, schema) in &schemas[1..] {
        assert_eq!(schema, first, "{name} differs");
    }
}

#[tokio::test]
async fn a_second_migration_changes_nothing() {
    for (name, db, _folder) in databases().await {
        assert!(
            migrate::migrate(&db, moment()).await.unwrap().names.is_empty(),
            "{name}"
        );
    }
}

fn board(seed: u64, slug: &str) -> Board {
    Board {
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
    }
}

#[tokio::test]
async fn a_failed_unit_leaves_nothing_behind() {
    for (name, db, _folder) in databases().await {
        let first = board(1, "zegelgem");
        let same_slug = board(2, "zegelgem");
        let outcome = db
            .write(|unit| {
                let (first, second) = (first.clone(), same_slug.clone());
                Box::pin(async move {
                    boards::add(unit, &first).await?;
                    boards::add(unit, &second).await
                })
            })
            .await;
        assert!(
            matches!(outcome, Err(StoreError::Conflict(_))),
            "{name}: {outcome:?}"
        );
        assert!(boards::list(&db).await.unwrap().is_empty(), "{name}");
        db.write(|unit| {
            let first = first.clone();
            Box::pin(async move { boards::add(unit, &first).await })
        })
        .await
        .unwrap();
        assert_eq!(
            boards::find_by_slug(&db, "zegelgem").await.unwrap(),
            Some(first),
            "{name}"
        );
    }
}

fn minutes(count: u64) -> Timestamp {
    moment().plus(std::time::Duration::from_mins(count))
}

/// Jobs of one kind in a database.
struct Jobs {
    db: Db,
    random: Arc<SeededRandom>,
}

impl Jobs {
    fn of(db: &Db) -> Self {
        Self {
            db: db.clone(),
            random: Arc::new(SeededRandom::new(5)),
        }
    }

    async fn plan(&self, subject: &str, at: Timestamp) {
        let planned = self.db.write(|unit| {
            let (subject, random) = (subject.to_owned(), self.random.clone());
            Box::pin(async move { queue::plan(unit, "test", &subject, at, &*random).await })
        });
        planned.await.unwrap();
    }

    async fn take(&self, at: Timestamp, until: Timestamp) -> Option<TakenJob> {
        queue::take(&self.db, at, until).await.unwrap()
    }
}

#[tokio::test]
async fn a_job_is_taken_by_one_worker_only() {
    for (name, db, _folder) in databases().await {
        let jobs = Jobs::of(&db);
        for number in 0..40 {
            jobs.plan(&number.to_string(), moment()).await;
        }
        let later = minutes(1);
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut taken = Vec::new();
                    while let Some(job) = queue::take(&db, moment(), later).await.unwrap() {
                        taken.push(job.subject);
                    }
                    taken
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!((all.len(), distinct.len()), (40, 40), "{name}");
    }
}

/// Whoever planned it may have come after the run looked for what there is to do.
#[tokio::test]
async fn what_is_planned_while_its_job_runs_is_done_after_it() {
    for (name, db, _folder) in databases().await {
        let jobs = Jobs::of(&db);
        jobs.plan("one", moment()).await;
        // It waits already.
        jobs.plan("one", minutes(9)).await;
        let job = jobs.take(moment(), minutes(5)).await.unwrap();
        jobs.plan("one", minutes(1)).await;
        assert_eq!(jobs.take(minutes(2), minutes(7)).await, None, "{name}: it runs");
        queue::finish(&db, &job, moment()).await.unwrap();
        assert_eq!(jobs.take(moment(), minutes(5)).await, None, "{name}: not yet");
        let again = jobs.take(minutes(1), minutes(6)).await.unwrap();
        assert_eq!(again.subject, "one", "{name}");
        // For the very time it was due.
        jobs.plan("one", minutes(1)).await;
        queue::finish(&db, &again, minutes(1)).await.unwrap();
        let last = jobs.take(minutes(2), minutes(7)).await.unwrap();
        assert_eq!(last.attempts, 1, "{name}: the run before it went well");
        queue::finish(&db, &last, minutes(2)).await.unwrap();
        assert_eq!(jobs.take(minutes(60), minutes(65)).await, None, "{name}: done");
    }
}

#[tokio::test]
async fn a_job_is_ended_or_put_off_by_whoever_holds_it() {
    for (name, db, _folder) in databases().await {
        let jobs = Jobs::of(&db);
        jobs.plan("one", moment()).await;
        let slow = jobs.take(moment(), minutes(5)).await.unwrap();
        let holder = jobs.take(minutes(6), minutes(11)).await.unwrap();
        assert_eq!((slow.id, holder.attempts), (holder.id, 2), "{name}");
        // The first comes back after its lock ended, whatever it has to say.
        queue::finish(&db, &slow, minutes(7)).await.unwrap();
        queue::postpone(&db, &slow, minutes(7), "TEST").await.unwrap();
        assert_eq!(
            jobs.take(minutes(8), minutes(13)).await,
            None,
            "{name}: the second holds it"
        );
        // Put off for long, and planned meanwhile for sooner: sooner it is.
        jobs.plan("one", minutes(12)).await;
        queue::postpone(&db, &holder, minutes(30), "TEST").await.unwrap();
        assert_eq!(jobs.take(minutes(11), minutes(16)).await, None, "{name}: not yet");
        let third = jobs.take(minutes(12), minutes(17)).await.unwrap();
        assert_eq!(third.attempts, 3, "{name}: none of them went well");
        // Planned meanwhile for later than it is put off.
        jobs.plan("one", minutes(50)).await;
        queue::postpone(&db, &third, minutes(20), "TEST").await.unwrap();
        let last = jobs.take(minutes(20), minutes(25)).await.unwrap();
        queue::finish(&db, &last, minutes(21)).await.unwrap();
        assert_eq!(jobs.take(minutes(60), minutes(65)).await, None, "{name}: done");
    }
}

#[tokio::test]
async fn an_idempotency_key_is_claimed_once_and_answers_the_same() {
    use zegel::base::digest::Sha256Digest;
    use zegel::store::idempotency::Claim;
    for (name, db, _folder) in databases().await {
        let request = Sha256Digest::of(b"request");
        let claim = |digest| idempotency::claim(&db, "client", "key", digest, moment());
        assert_eq!(claim(request).await.unwrap(), Claim::Fresh, "{name}");
        assert_eq!(claim(request).await.unwrap(), Claim::InProgress, "{name}");
        db.write(|unit| Box::pin(async move { idempotency::answer(unit, "client", "key", 201, "{}").await }))
            .await
            .unwrap();
        let answered = Claim::Answered {
            status: 201,
            response: "{}".to_owned(),
        };
        assert_eq!(claim(request).await.unwrap(), answered, "{name}");
        assert_eq!(
            claim(Sha256Digest::of(b"other")).await.unwrap(),
            Claim::OtherRequest,
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_audit_chain_tells_a_changed_event() {
    for (name, db, _folder) in databases().await {
        let random = SeededRandom::new(5);
        let board = BoardId::new(moment(), &random);
        for number in 0..5 {
            let event = Event {
                id: EventId::new(moment(), &random),
                board,
                at: moment(),
                kind: EventKind::LoginFailed,
                actor: None,
                object: Some(format!("object {number}")),
                result: "cert_revoked".to_owned(),
                detail: serde_json::json!({}),
            };
            events::record_alone(&db, &event).await.unwrap();
        }
        assert_eq!(events::chain_all(&db).await.unwrap(), 5, "{name}");
        assert_eq!(events::first_break(&db, board).await.unwrap(), None, "{name}");
        let forge = match db.kind() {
            EngineKind::Sqlite | EngineKind::Postgres => {
                "UPDATE audit_event SET result = 'ok' WHERE sequence = 3"
            }
        };
        db.script_for_tests(forge).await.unwrap();
        assert_eq!(events::first_break(&db, board).await.unwrap(), Some(3), "{name}");
    }
}

/// An address of this machine where nobody listens.
fn nobody_listens() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    address.to_string()
}

#[tokio::test]
async fn a_database_that_refuses_is_told_at_once_with_its_own_words() {
    let server = fresh_postgres().await;
    let refused = format!("postgres://zegel@{}/zegel", nobody_listens());
    let mut cases = vec![(refused, "Connection refused", "see that the database server runs")];
    if let Some(url) = &server {
        let (place, name) = url.rsplit_once('/').unwrap();
        let (_, host) = place.rsplit_once('@').unwrap();
        cases.push((
            format!(
                "{place}/nowhere{}",
                name.find('?').map_or("", |query| &name[query..])
            ),
            "database \"nowhere\" does not exist",
            "make the database on the server",
        ));
        cases.push((
            format!("postgres://stranger@{host}/{name}"),
            "role \"stranger\" does not exist",
            "check user and password",
        ));
    }
    for (url, words, hint) in cases {
        let opening = tokio::time::timeout(std::time::Duration::from_secs(8), Db::open(&url));
        let Err(error) = opening.await.expect("it does not wait for a pool") else {
            panic!("{url} opens")
        };
        assert_eq!(error.cause(), "STORE_DATABASE");
        let said = zegel::cli::console::chain(&error);
        assert!(said.starts_with("the database failed at `open`"), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(
            error.hint().unwrap().starts_with(hint),
            "{said}: {:?}",
            error.hint()
        );
    }
}

/// Every page of a document opens it, and a signer's browser asks for several at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_document_that_many_open_at_the_same_moment_is_whole_for_each_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = folder.path().join("scratch");
    let blobs = Blobs::in_folder(&folder.path().join("blobs"), &scratch).unwrap();
    for round in 0..20_u8 {
        let bytes = vec![round; 200_000];
        let address = blobs.put(bytes.clone()).await.unwrap();
        let opened = (0..16).map(|_| {
            let blobs = blobs.clone();
            tokio::spawn(async move { blobs.open(address).await })
        });
        for file in futures_util::future::join_all(opened).await {
            let file = file.unwrap().unwrap();
            let mut read = vec![0; bytes.len()];
            file.read_exact_at(&mut read, 0).unwrap();
            assert_eq!(read, bytes);
        }
    }
    let kept = std::fs::read_dir(&scratch).unwrap().count();
    assert_eq!(kept, 20, "one copy of each, and no draft stays");
}

/// A process that ends in the middle, and an instance that removes what another one copied, leave files in scratch.
#[tokio::test]
async fn scratch_is_swept_of_what_nobody_needs_and_of_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (root, scratch) = (folder.path().join("blobs"), folder.path().join("scratch"));
    let (mine, others) = (
        Blobs::in_folder(&root, &scratch).unwrap(),
        Blobs::in_folder(&root, &folder.path().join("elsewhere")).unwrap(),
    );
    let (kept, removed) = (
        mine.put(b"kept".to_vec()).await.unwrap(),
        mine.put(b"removed".to_vec()).await.unwrap(),
    );
    mine.open(kept).await.unwrap();
    mine.open(removed).await.unwrap();
    others.remove(removed).await.unwrap();
    for name in ["upload-1", "draft-1", ".tmp1", "notes.txt"] {
        std::fs::write(scratch.join(name), "x").unwrap();
    }
    let now = zegel::base::clock::Clock::now(&zegel::base::clock::SystemClock::new());
    let names = || {
        let mut names: Vec<String> = std::fs::read_dir(&scratch)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let kept = kept.to_string();
    assert_eq!(mine.sweep(now).await.unwrap(), 1, "the copy whose blob is gone");
    let mut left = vec![kept.as_str(), ".tmp1", "draft-1", "notes.txt", "upload-1"];
    left.sort_unstable();
    assert_eq!(names(), left, "what is written now may be somebody's");
    let later = now.plus(std::time::Duration::from_hours(25));
    assert_eq!(mine.sweep(later).await.unwrap(), 3);
    let mut left = vec![kept.as_str(), "notes.txt"];
    left.sort_unstable();
    assert_eq!(names(), left);
}

/// What is kept is read in pieces, and is whole at its address or not there at all.
#[tokio::test]
async fn what_is_kept_in_pieces_is_whole_at_its_address() {
    /// Reads otherwise every time.
    struct Changing(AtomicU8);
    impl ReadAt for Changing {
        fn len(&self) -> u64 {
            4
        }
        fn read_exact_at(&self, buffer: &mut [u8], _: u64) -> std::io::Result<()> {
            buffer.fill(self.0.fetch_add(1, Ordering::SeqCst));
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let (root, scratch) = (folder.path().join("blobs"), folder.path().join("scratch"));
    let blobs = Blobs::in_folder(&root, &scratch).unwrap();
    // Longer than two pieces, and of another length; then nothing at all.
    let long: Vec<u8> = (0..17 << 20).map(|at: u32| at.to_le_bytes()[1] ^ 0x5A).collect();
    for bytes in [long, Vec::new()] {
        let kept = blobs.put_from(Arc::new(bytes.clone())).await.unwrap();
        assert_eq!(kept, zegel::base::digest::Sha256Digest::of(&bytes));
        assert_eq!(blobs.get(kept).await.unwrap(), bytes);
        let opened = blobs.open(kept).await.unwrap();
        assert_eq!(opened.read_vec(0, bytes.len()).unwrap(), bytes);
        assert_eq!(blobs.put_from(Arc::new(bytes)).await.unwrap(), kept);
    }
    let error = blobs
        .put_from(Arc::new(Changing(AtomicU8::new(0))))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::BlobChanged(_)), "{error}");
    // A copy that somebody changed in the store is not handed out.
    let kept = blobs.put(b"as it was".to_vec()).await.unwrap();
    let address = kept.to_string();
    std::fs::write(root.join(&address[..2]).join(&address), "another").unwrap();
    let error = blobs.open(kept).await.unwrap_err();
    assert!(matches!(error, StoreError::BlobChanged(_)), "{error}");
    let left = std::fs::read_dir(&scratch).unwrap().count();
    assert_eq!(left, 2, "no draft stays");
}
