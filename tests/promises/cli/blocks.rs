//! `zegel person`: whom a board keeps out, on both engines.

use zegel::base::national::Pseudonym;
use zegel::identity::PersonId;
use zegel::store::boards;
use zegel::store::db::Db;
use zegel::store::persons::{self, BoardPerson};

use super::database::{places, zegel_with};
use crate::support::moment;

const FINGERPRINT: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A person of the board `zegelgem`, with or without a number that was matched.
async fn person(db: &Db, seed: u64, pseudonym: Option<Pseudonym>) -> String {
    let board = boards::find_by_slug(db, "zegelgem").await.unwrap().unwrap();
    let person = BoardPerson {
        id: PersonId::new(moment(), &zegel::base::random::SeededRandom::new(seed)),
        board: board.id,
        given_name: "An".to_owned(),
        family_name: "Specimen".to_owned(),
        created_at: moment(),
    };
    let id = person.id.to_string();
    db.write(move |unit| {
        let person = person.clone();
        Box::pin(async move { persons::add(unit, &person, pseudonym).await })
    })
    .await
    .unwrap();
    id
}

#[tokio::test]
async fn persons_and_certificates_are_blocked_listed_and_let_in_again() {
    for (folder, engine, url) in places().await {
        let folder = folder.path();
        let words = [
            "board",
            "add",
            "zegelgem",
            "--name",
            "Zegelgem",
            "--kbo",
            "0999900150",
        ];
        assert_eq!(zegel_with(folder, &["migrate"]).code, Some(0), "{engine}");
        assert_eq!(zegel_with(folder, &words).code, Some(0), "{engine}");
        let db = Db::open(&url.replace("sqlite:", &format!("sqlite:{}/", folder.display())))
            .await
            .unwrap();
        let known = person(&db, 1, Some(Pseudonym([7; 32]))).await;
        let by_name = person(&db, 2, None).await;
        db.close().await;
        let zegel = |command: &str, words: &[&str]| {
            let all = [&["person", command, "--board", "zegelgem"], words].concat();
            zegel_with(folder, &all)
        };
        let said = |command: &str, words: &[&str]| {
            let ran = zegel(command, words);
            assert_eq!(
                (ran.code, ran.messages.as_str()),
                (Some(0), ""),
                "{engine}: {ran:?}"
            );
            ran.out
        };
        let refused = |command: &str, words: &[&str]| {
            let ran = zegel(command, words);
            assert_eq!(ran.out, "", "{engine}: {ran:?}");
            (ran.code.unwrap(), ran.messages)
        };

        assert_eq!(
            said("block", &[&known, "--reason", "left"]),
            format!("blocked {known}\n")
        );
        let colons = FINGERPRINT
            .to_ascii_uppercase()
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).unwrap())
            .collect::<Vec<_>>()
            .join(":");
        let words = ["--certificate", &colons, "--reason", "card lost"];
        assert_eq!(said("block", &words), format!("blocked {FINGERPRINT}\n"));
        assert_eq!(
            refused("block", &[&known, "--reason", "again"]),
            (
                1,
                format!("zegel: error: there is a block of `{known}` already (STORE_CONFLICT)\n")
            ),
            "{engine}"
        );
        let listed = zegel("blocked", &["--format", "json"]).json();
        let items: Vec<_> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                (
                    item["person"].as_str(),
                    item["certificate"].as_str(),
                    item["reason"].as_str(),
                )
            })
            .collect();
        assert_eq!(
            items,
            [
                (Some(known.as_str()), None, Some("left")),
                (None, Some(FINGERPRINT), Some("card lost"))
            ],
            "{engine}"
        );

        assert_eq!(said("unblock", &[&known]), format!("let in again {known}\n"));
        assert_eq!(
            refused("unblock", &[&known]),
            (
                1,
                format!(
                    "zegel: error: `{known}` is not blocked (BLOCK_UNKNOWN)\nhint: `zegel person blocked` shows what \
                     is\n"
                )
            ),
            "{engine}"
        );
        let (open, all) = (said("blocked", &[]), said("blocked", &["--all"]));
        assert!(
            !open.contains(&known) && open.contains(FINGERPRINT),
            "{engine}: {open}"
        );
        assert!(
            all.contains(&known) && all.contains("\tlifted "),
            "{engine}: {all}"
        );

        assert_eq!(
            refused("block", &[&by_name, "--reason", "x"]).1,
            format!(
                "zegel: error: no national number was matched to `{by_name}`, so no card leads to them \
                 (PERSON_WITHOUT_NUMBER)\n"
            ),
            "{engine}"
        );
        let stranger = "per_01m89pyn35rd9xd8mw0ftm3y41";
        assert_eq!(
            refused("block", &[stranger, "--reason", "x"]).1,
            format!("zegel: error: the board knows no person `{stranger}` (PERSON_UNKNOWN)\n"),
            "{engine}"
        );
    }
}

#[tokio::test]
async fn a_certificate_is_taken_from_a_file_and_nothing_from_a_slip() {
    let (folder, _, _) = places().await.swap_remove(0);
    let folder = folder.path();
    let words = [
        "board",
        "add",
        "zegelgem",
        "--name",
        "Zegelgem",
        "--kbo",
        "0999900150",
    ];
    assert_eq!(zegel_with(folder, &["migrate"]).code, Some(0));
    assert_eq!(zegel_with(folder, &words).code, Some(0));
    let random = zegel::base::random::SeededRandom::new(3);
    let pki = zegel::lab::pki::LabPki::generate("http://127.0.0.1:1", &random, moment()).unwrap();
    let der = pki.root_der().to_vec();
    let fingerprint = zegel::base::digest::Sha256Digest::of(&der);
    std::fs::write(folder.join("card.der"), &der).unwrap();
    let body = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &der);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    std::fs::write(folder.join("card.pem"), pem).unwrap();
    std::fs::write(folder.join("no.pem"), "nothing").unwrap();
    let person = |words: &[&str]| zegel_with(folder, &[&["person"], words].concat());
    let place = ["--board", "zegelgem", "--certificate-file"];
    let ran = person(&[&["block"], &place[..], &["card.der", "--reason", "lost"]].concat());
    assert_eq!((ran.code, ran.out), (Some(0), format!("blocked {fingerprint}\n")));
    let ran = person(&[&["unblock"], &place[..], &["card.pem"]].concat());
    assert_eq!(
        (ran.code, ran.out),
        (Some(0), format!("let in again {fingerprint}\n"))
    );
    let ran = person(&[&["unblock"], &place[..], &["no.pem"]].concat());
    assert_eq!(
        (ran.code, ran.messages.as_str()),
        (
            Some(1),
            "zegel: error: `no.pem` holds no certificate (CERT_PARSE)\n"
        )
    );
    for words in [
        &["block", "--board", "zegelgem", "--reason", "lost"][..],
        &[
            "block",
            "--board",
            "zegelgem",
            "--certificate",
            "00",
            "--reason",
            "lost",
        ],
        &[
            "block",
            "--board",
            "zegelgem",
            "brd_01m89pyn35rd9xd8mw0ftm3y41",
            "--reason",
            "lost",
        ],
        &[
            "block",
            "--board",
            "zegelgem",
            "per_01m89pyn35rd9xd8mw0ftm3y41",
            "--reason",
            " ",
        ],
        &[
            "unblock",
            "--board",
            "zegelgem",
            "per_01m89pyn35rd9xd8mw0ftm3y41",
            "--certificate-file",
            "card.pem",
        ],
    ] {
        let ran = person(words);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{words:?}: {ran:?}");
    }
}
