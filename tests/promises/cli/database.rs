//! Commands and the database of an installation, on both engines: never made by a slip, said when it is old.

use std::path::Path;

use zegel::pki::anchors::Environment;
use zegel::store::db::Db;
use zegel::store::installation;
use zegel::store::migrate;

use super::{Ran, run, zegel};
use crate::support::{TestFolder, fresh_postgres};

pub fn installation(folder: &Path, url: &str) {
    std::fs::write(folder.join("kek"), [7; 32]).unwrap();
    std::fs::create_dir_all(folder.join("blobs")).unwrap();
    std::fs::create_dir_all(folder.join("scratch")).unwrap();
    let text = format!(
        "environment = \"test\"\npublic_url = \"https://zegel.example\"\ndatabase.url = \"{url}\"\n\
         storage = {{ blobs = \"blobs\", scratch = \"scratch\" }}\nkeys.encryption_key_file = \"kek\"\n"
    );
    std::fs::write(folder.join("zegel.toml"), text).unwrap();
}

pub fn zegel_with(folder: &Path, words: &[&str]) -> Ran {
    run(zegel(folder).args(words).args(["--config", "zegel.toml"]))
}

/// Folder, engine and URL of an empty database of each kind.
pub(super) async fn places() -> Vec<(TestFolder, &'static str, String)> {
    let folder = TestFolder::new("cli-db");
    let mut all = vec![(folder, "sqlite", "sqlite:zegel.db".to_owned())];
    if let Some(url) = fresh_postgres().await {
        all.push((TestFolder::new("cli-pg"), "postgres", url));
    }
    for (folder, _, url) in &all {
        installation(folder.path(), url);
    }
    all
}

#[tokio::test]
async fn an_old_database_is_told_and_not_touched_until_it_is_asked() {
    for (folder, engine, url) in places().await {
        let folder = folder.path();
        let names = migrate::names();
        let check = zegel_with(folder, &["migrate", "--check"]);
        assert_eq!(check.code, Some(7), "{engine}: {check:?}");
        assert_eq!(check.out, format!("missing: {}\n", names.join(", ")), "{engine}");
        assert!(
            !folder.join("zegel.db").exists(),
            "{engine}: a check makes nothing"
        );

        let made = zegel_with(folder, &["migrate", "--format", "json"]);
        assert_eq!(made.code, Some(0), "{engine}: {made:?}");
        assert_eq!(
            made.json(),
            serde_json::json!({"check": false, "migrations": names}),
            "{engine}"
        );
        let check = zegel_with(folder, &["migrate", "--check"]);
        assert_eq!(
            (check.code, check.out.as_str()),
            (Some(0), "the database is up to date\n"),
            "{engine}"
        );

        // As an older program left it: its last migration is not there yet.
        let db = Db::open(&url.replace("sqlite:", &format!("sqlite:{}/", folder.display())))
            .await
            .unwrap();
        let last = names.last().unwrap();
        let forget = format!("DELETE FROM schema_migration WHERE name = '{last}'");
        db.script_for_tests(Box::leak(forget.into_boxed_str()))
            .await
            .unwrap();
        db.close().await;
        let check = zegel_with(folder, &["migrate", "--check", "--format", "json"]);
        assert_eq!(check.code, Some(7), "{engine}: {check:?}");
        assert_eq!(
            check.json(),
            serde_json::json!({"check": true, "migrations": [last]}),
            "{engine}"
        );
        for words in [
            &["board", "list"][..],
            &["client", "list", "zegelgem"],
            &["mandate", "list", "--board", "zegelgem"],
        ] {
            let refused = zegel_with(folder, words);
            assert_eq!(
                (refused.code, refused.out.as_str()),
                (Some(1), ""),
                "{engine}: {refused:?}"
            );
            assert_eq!(
                refused.messages,
                format!(
                    "zegel: error: the database is not up to date: it misses {last} (START_MIGRATION)\n\
                     hint: run: zegel migrate\n"
                ),
                "{engine}"
            );
        }
        let refused = zegel_with(folder, &["serve", "--no-migrate"]);
        assert_eq!(refused.code, Some(1), "{engine}: {refused:?}");
        assert!(
            refused
                .messages
                .contains("(START_MIGRATION)\nhint: run: zegel migrate\n"),
            "{engine}: {refused:?}"
        );
        let doctor = zegel_with(folder, &["doctor"]);
        assert_eq!(doctor.code, Some(7), "{engine}");
        assert!(
            doctor.out.contains(&format!(
                "PROBLEM database: the database is not up to date: it misses {last}\n"
            )),
            "{engine}: {doctor:?}"
        );
    }
}

#[tokio::test]
async fn a_laboratorys_database_never_becomes_a_real_one() {
    for (folder, engine, url) in places().await {
        let folder = folder.path();
        assert_eq!(zegel_with(folder, &["migrate"]).code, Some(0), "{engine}");
        let url = url.replace("sqlite:", &format!("sqlite:{}/", folder.display()));
        let db = Db::open(&url).await.unwrap();
        assert!(
            installation::serves(&db, Environment::Production).await.unwrap(),
            "{engine}: none yet"
        );
        assert!(
            installation::claim(&db, Environment::Test).await.unwrap(),
            "{engine}"
        );
        assert!(
            !installation::claim(&db, Environment::Production).await.unwrap(),
            "{engine}"
        );
        assert!(
            installation::claim(&db, Environment::Test).await.unwrap(),
            "{engine}: as before"
        );
        db.close().await;

        let file = folder.join("zegel.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(
            &file,
            text.replace("environment = \"test\"", "environment = \"production\""),
        )
        .unwrap();
        let refused = zegel_with(folder, &["serve"]);
        assert_eq!(
            (refused.code, refused.messages.as_str()),
            (
                Some(1),
                "zegel: error: the database belongs to the other environment: a laboratory's never becomes a real \
                 one (START_ENVIRONMENT)\nhint: name another database, or say which environment this one is for\n"
            ),
            "{engine}"
        );
        let doctor = zegel_with(folder, &["doctor"]);
        assert_eq!(doctor.code, Some(7), "{engine}");
        assert!(
            doctor
                .out
                .contains("PROBLEM environment: the database belongs to the other"),
            "{doctor:?}"
        );
    }
}

#[tokio::test]
async fn boards_and_applications_are_added_once_and_named_when_missing() {
    for (folder, engine, _) in places().await {
        let folder = folder.path();
        assert_eq!(zegel_with(folder, &["migrate"]).code, Some(0), "{engine}");
        let add = [
            "board",
            "add",
            "zegelgem",
            "--name",
            "Gemeente Zegelgem",
            "--kbo",
            "0999900150",
        ];
        let added = zegel_with(folder, &[&add[..], &["--format", "json"]].concat());
        assert_eq!(
            (added.code, &added.json()["slug"]),
            (Some(0), &"zegelgem".into()),
            "{engine}: {added:?}"
        );
        let again = zegel_with(folder, &add);
        assert_eq!(
            (again.code, again.messages.as_str()),
            (
                Some(1),
                "zegel: error: there is a board `zegelgem` already (STORE_CONFLICT)\n"
            ),
            "{engine}"
        );
        let client = [
            "client",
            "add",
            "zegelgem",
            "decisions",
            "--name",
            "Besluiten",
            "--organisation",
            "Gemeente Zegelgem",
            "--redirect-uri",
            "https://app.example/callback",
        ];
        let added = zegel_with(folder, &[&client[..], &["--format", "json"]].concat());
        assert_eq!(added.code, Some(0), "{engine}: {added:?}");
        assert!(
            added.json()["client_secret"]
                .as_str()
                .is_some_and(|secret| secret.len() > 30),
            "{engine}"
        );
        let again = zegel_with(folder, &client);
        assert_eq!(
            (again.code, again.messages.as_str()),
            (
                Some(1),
                "zegel: error: there is an application `decisions` already (STORE_CONFLICT)\n"
            ),
            "{engine}"
        );
        for (words, told) in [
            (
                &["client", "list", "nowhere"][..],
                "zegel: error: there is no board `nowhere` (BOARD_UNKNOWN)\nhint: `zegel board list` shows the boards\n",
            ),
            (
                &["mandate", "list", "--board", "nowhere"],
                "zegel: error: there is no board `nowhere` (BOARD_UNKNOWN)\nhint: `zegel board list` shows the boards\n",
            ),
            (
                &["client", "remove", "zegelgem", "nothing"],
                "zegel: error: the board has no application `nothing` (CLIENT_UNKNOWN)\n\
                 hint: `zegel client list` shows them\n",
            ),
        ] {
            let refused = zegel_with(folder, words);
            assert_eq!(
                (refused.code, refused.messages.as_str()),
                (Some(1), told),
                "{engine}: {words:?}"
            );
        }
        let removed = zegel_with(folder, &["client", "remove", "zegelgem", "decisions"]);
        assert_eq!(
            (removed.code, removed.out.as_str()),
            (Some(0), "removed decisions\n"),
            "{engine}"
        );
        let listed = zegel_with(folder, &["client", "list", "zegelgem", "--format", "json"]).json();
        assert!(listed["items"][0]["removed_at"].is_string(), "{engine}: {listed}");
    }
}

#[tokio::test]
async fn mandates_are_imported_and_asked_about() {
    const TURTLE: &str = include_str!("../../../src/lab/demo/municipality.ttl");
    // Specimens: numbers of the test range, no persons.
    const CSV: &str = "rrn,firstName,lastName,mandateName,startDateTime,endDateTime,fractieName,rangordeString,\
                       beleidsdomeinNames\n\
                       70.61.15-001.88,An,Voorbeeld,Burgemeester,2025-01-01T00:00:00,,Lijst Zegel,,Veiligheid\n\
                       70611500189,Wrong,Number,Burgemeester,2025-01-01T00:00:00,,Lijst Zegel,,\n";
    for (folder, engine, _) in places().await {
        let folder = folder.path();
        assert_eq!(zegel_with(folder, &["migrate"]).code, Some(0), "{engine}");
        let add = [
            "board",
            "add",
            "zegelgem",
            "--name",
            "Gemeente Zegelgem",
            "--kbo",
            "0999900150",
        ];
        assert_eq!(zegel_with(folder, &add).code, Some(0), "{engine}");
        std::fs::write(folder.join("broken.ttl"), "this is no turtle").unwrap();
        let board = ["--board", "zegelgem"];
        let broken = zegel_with(
            folder,
            &[
                &["mandate", "import", "broken.ttl", "--format", "json"][..],
                &board,
            ]
            .concat(),
        );
        assert_eq!(broken.code, Some(7), "{engine}: {broken:?}");
        let told = broken.json();
        assert_eq!(
            (&told["added"], &told["rejected"], &told["dry_run"]),
            (&0.into(), &1.into(), &false.into()),
            "{engine}"
        );

        std::fs::write(folder.join("mandates.ttl"), TURTLE).unwrap();
        let import = [
            "mandate",
            "import",
            "mandates.ttl",
            "--format",
            "json",
            "--board",
            "zegelgem",
        ];
        let dry = zegel_with(folder, &[&import[..], &["--dry-run"]].concat());
        let made = zegel_with(folder, &import);
        assert_eq!((dry.code, made.code), (Some(0), Some(0)), "{engine}: {made:?}");
        assert_eq!(
            dry.json()["added"],
            made.json()["added"],
            "{engine}: a dry run foretells what happens"
        );
        let again = zegel_with(folder, &import).json();
        assert_eq!(
            (&again["added"], &again["unchanged"]),
            (&0.into(), &made.json()["added"]),
            "{engine}"
        );

        std::fs::write(folder.join("upload.csv"), CSV).unwrap();
        let words = [
            "mandate",
            "import",
            "upload.csv",
            "--format",
            "json",
            "--board",
            "zegelgem",
            "--decision",
            "TEST 2025/001",
        ];
        let upload = zegel_with(folder, &words);
        assert_eq!(
            (upload.code, &upload.json()["rejected"]),
            (Some(7), &1.into()),
            "{engine}: {upload:?}"
        );
        assert!(upload.json()["added"].as_u64() > Some(0), "{engine}: {upload:?}");
        let (made, foretell) = (
            upload.json()["added"].clone(),
            [&words[..], &["--dry-run"]].concat(),
        );
        let foretold = zegel_with(folder, &foretell).json();
        assert_eq!(
            (&foretold["added"], &foretold["corrected"], &foretold["unchanged"]),
            (&0.into(), &0.into(), &made),
            "{engine}: the persons are known by now"
        );
        // The holding ends; then somebody reads the first file again.
        let ended = CSV.replace(
            "2025-01-01T00:00:00,,Lijst Zegel,,V",
            "2025-01-01T00:00:00,2025-06-30T23:59:59,Lijst Zegel,,V",
        );
        std::fs::write(folder.join("upload.csv"), ended).unwrap();
        assert_eq!(zegel_with(folder, &words).json()["corrected"], 1, "{engine}");
        std::fs::write(folder.join("upload.csv"), CSV).unwrap();
        let again = zegel_with(folder, &words);
        let told = again.json();
        assert_eq!(
            (again.code, &told["corrected"], &told["rejected"]),
            (Some(7), &0.into(), &2.into()),
            "{engine}"
        );
        assert!(
            told["findings"]
                .as_array()
                .unwrap()
                .iter()
                .any(|finding| finding["rule"] == "REOPENED"),
            "{engine}: {told}"
        );
        let meant = zegel_with(folder, &[&words[..], &["--reopen"]].concat()).json();
        assert_eq!(
            (&meant["corrected"], &meant["rejected"]),
            (&1.into(), &1.into()),
            "{engine}"
        );
        for number in ["70611500188", "70.61.15-001.88", "70611500189"] {
            assert!(
                !format!("{upload:?}").contains(number),
                "{engine}: no national number in what is printed"
            );
        }

        let ask = [
            "--document",
            "decision",
            "--body",
            "college",
            "--board",
            "zegelgem",
        ];
        let who = zegel_with(folder, &[&["mandate", "who-may"][..], &ask].concat());
        // Nobody is known as the mayor's holder yet: a slot without a candidate is told by the code.
        assert_eq!(who.code, Some(4), "{engine}: {who:?}");
        assert!(who.out.starts_with("FL-CBS ("), "{engine}: {who:?}");
        assert!(
            who.messages.ends_with(
                "this is advice alone\nhint: `zegel mandate adopt` records the board's decision\n"
            ),
            "{engine}: {who:?}"
        );
        let unknown = [
            &[
                "mandate",
                "explain",
                "--person",
                "urn:zegel:nobody",
                "--format",
                "json",
            ][..],
            &ask,
        ]
        .concat();
        let no = zegel_with(folder, &unknown);
        assert_eq!(no.code, Some(4), "{engine}: {no:?}");
        assert!(no.json()["explanation"].is_array(), "{engine}: {no:?}");
    }
}
