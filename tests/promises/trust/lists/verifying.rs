//! `zegel verify` with trusted lists: from a folder, or those that an installation holds. Only a list that is believed
//! today lets it say qualified.

use std::path::PathBuf;

use zegel::ades::level::Level;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::base::time::Timestamp;
use zegel::lab::pki::KeyPair;
use zegel::lab::services::lists;
use zegel::lab::trusted_list::{ListDraft, PeriodDraft, PointerDraft, ServiceDraft};
use zegel::pki::anchors::laboratory_text;
use zegel::pki::certificate::Certificate;
use zegel::store::db::Db;
use zegel::store::trusted_lists::{self, Role, StoredList};

use crate::ades::samples::{SHAPES, Xref, pdf};
use crate::ades::world::{P384, World};
use crate::cli::{Ran, run, zegel};
use crate::support::TestFolder;

const DAY: std::time::Duration = std::time::Duration::from_hours(24);
const BASE: &str = "http://127.0.0.1:8480";

/// A file that was signed a moment ago, and a folder of lists about its signer.
struct Bench {
    folder: TestFolder,
    world: World,
}

/// What the lists are to say, and how long.
struct Said {
    status: &'static str,
    next_update: Timestamp,
    territory: &'static str,
}

impl Bench {
    fn new() -> Self {
        let world = World::at(SystemClock::new().now(), BASE);
        let folder = TestFolder::new("verify-lists");
        let bench = Self { folder, world };
        for name in ["trust", "lists", "empty", "blobs", "scratch"] {
            std::fs::create_dir(bench.path(name)).unwrap();
        }
        let pki = bench.world.pki();
        let root = Certificate::parse(pki.root_der().to_vec()).unwrap();
        let issuer = format!("{BASE}/crt/citizen.crt");
        let text = laboratory_text(&root, "127.0.0.1", "TEST Citizen CA", &issuer, "TEST RRN");
        bench.write("trust/trust.toml", text.as_bytes());
        bench.write("trust/root.crt", pki.root_der());
        bench.write("trust/lists.toml", lists::anchors_text(pki, BASE).as_bytes());
        let signer = bench.world.signer(P384);
        let sealed = bench
            .world
            .sealed(&pdf(Xref::Table, SHAPES[0]), &signer, Level::Lta);
        bench.write("a.pdf", &sealed);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn usual(&self) -> Said {
        Said {
            status: "granted",
            next_update: self.world.now.plus(DAY * 30),
            territory: "BE",
        }
    }

    /// The list of lists and the national list.
    fn lists(&self, said: &Said) -> [Vec<u8>; 2] {
        let pki = self.world.pki();
        let draft = |kind, territory: &str| ListDraft {
            version: 6,
            sequence: 7,
            kind,
            territory: territory.to_owned(),
            information: vec![format!("{BASE}/TEST-publication")],
            issued_at: said.next_update.minus(DAY * 60),
            next_update: Some(said.next_update),
            pointers: Vec::new(),
            services: Vec::new(),
        };
        let mut lotl = draft("EUlistofthelists", "EU");
        let pointer = |path: &str, territory: &str, kind, signer: &[u8]| PointerDraft {
            location: format!("{BASE}{path}"),
            territory: territory.to_owned(),
            kind,
            signers: vec![signer.to_vec()],
        };
        lotl.pointers = vec![
            pointer(lists::LOTL_PATH, "EU", "EUlistofthelists", pki.root_der()),
            pointer("/tl/be.xml", "BE", "EUgeneric", &pki.register.certificate_der),
        ];
        let mut national = draft("EUgeneric", said.territory);
        let since = "2017-01-01T00:00:00Z".parse().unwrap();
        let service = |der: &[u8], kind| ServiceDraft {
            certificate_der: der.to_vec(),
            periods: vec![PeriodDraft::new(kind, said.status, since)],
        };
        national.services = vec![
            service(pki.root_der(), "CA/QC"),
            service(&pki.unit.certificate_der, "TSA/QTST"),
        ];
        let root = KeyPair {
            certificate_der: pki.root_der().to_vec(),
            key: pki.root.key().clone(),
        };
        [lotl.sign(&root).unwrap(), national.sign(&pki.register).unwrap()]
    }

    fn put(&self, said: &Said) {
        let [lotl, national] = self.lists(said);
        self.write("lists/eu.xml", &lotl);
        self.write("lists/be.xml", &national);
    }

    fn verify(&self, words: &[&str]) -> Ran {
        run(zegel(self.folder.path())
            .args(["verify", "a.pdf", "--trust", "trust", "--format", "json"])
            .args(words))
    }

    /// Nothing was judged, and why.
    fn is_refused(&self, case: &str, code: &str, words: &[&str]) {
        let ran = self.verify(words);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{case}: {ran:?}");
        assert!(ran.messages.contains(&format!("({code})")), "{case}: {ran:?}");
    }
}

fn qualification(ran: &Ran) -> String {
    let said = ran.json()["signatures"][0]["qualification"]
        .as_str()
        .unwrap()
        .to_owned();
    said.split(" (").next().unwrap().to_owned()
}

#[test]
fn a_folder_of_lists_says_what_is_qualified_and_a_broken_one_says_nothing() {
    let bench = Bench::new();
    let with_lists = ["--lists", "lists"];
    let without = bench.verify(&[]);
    assert_eq!(without.code, Some(0), "{without:?}");
    assert_eq!(qualification(&without), "advanced; qualification not determined");

    bench.put(&bench.usual());
    let ran = bench.verify(&with_lists);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(qualification(&ran), "TEST: qualified electronic signature");

    bench.put(&Said {
        status: "withdrawn",
        ..bench.usual()
    });
    let ran = bench.verify(&with_lists);
    assert_eq!(qualification(&ran), "TEST: advanced; not qualified", "{ran:?}");

    // Overdue today, and the newest there was at a moment before.
    bench.put(&Said {
        next_update: bench.world.now.minus(DAY),
        ..bench.usual()
    });
    bench.is_refused("overdue", "TL_EXPIRED", &with_lists);
    let before = bench.world.now.minus(DAY * 2).to_string();
    let early = bench.verify(&["--lists", "lists", "--at", &before]);
    assert!(!early.messages.contains("TL_"), "{early:?}");

    // A territory that nothing points to.
    bench.put(&Said {
        territory: "NL",
        ..bench.usual()
    });
    bench.is_refused("another territory", "TL_SCOPE", &with_lists);

    let [lotl, national] = bench.lists(&bench.usual());
    let changed = |list: &[u8]| {
        let text = String::from_utf8(list.to_vec()).unwrap();
        assert!(text.contains("granted"));
        text.replace("granted", "supervised").into_bytes()
    };
    bench.write("lists/eu.xml", &lotl);
    bench.write("lists/be.xml", &changed(&national));
    bench.is_refused("changed", "TL_SIGNATURE", &with_lists);
    bench.write("lists/be.xml", &national);
    bench.write("lists/be-2.xml", &national);
    bench.is_refused("twice", "TL_SCOPE", &with_lists);
    std::fs::remove_file(bench.path("lists/be-2.xml")).unwrap();
    bench.write("lists/note.xml", b"<note/>");
    bench.is_refused("no list", "TL_FORMAT", &with_lists);
    std::fs::remove_file(bench.path("lists/note.xml")).unwrap();
    assert_eq!(
        qualification(&bench.verify(&with_lists)),
        "TEST: qualified electronic signature"
    );
    std::fs::remove_file(bench.path("lists/eu.xml")).unwrap();
    bench.is_refused("no list of lists", "TL_ANCHOR_UNKNOWN", &with_lists);
    bench.is_refused("nothing there", "TL_ANCHOR_UNKNOWN", &["--lists", "empty"]);
    bench.is_refused("no folder", "FILE_READ", &["--lists", "missing"]);
    bench.write("lists/eu.xml", &lotl);
    std::fs::remove_file(bench.path("trust/lists.toml")).unwrap();
    bench.is_refused("no anchors", "TL_ANCHOR_UNKNOWN", &with_lists);
}

#[test]
fn the_lists_of_a_laboratory_prove_nothing_in_production() {
    let bench = Bench::new();
    bench.put(&bench.usual());
    let ran = run(zegel(bench.folder.path()).args(["verify", "a.pdf", "--lists", "lists"]));
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
    assert!(ran.messages.contains("(TL_ANCHOR_UNKNOWN)"), "{ran:?}");
}

#[tokio::test]
async fn an_installation_lends_the_lists_that_it_holds() {
    let bench = Bench::new();
    bench.write("kek", &[7; 32]);
    let settings = "environment = \"test\"\npublic_url = \"https://zegel.example\"\n\
         database.url = \"sqlite:zegel.db\"\nstorage = { blobs = \"blobs\", scratch = \"scratch\" }\n\
         keys.encryption_key_file = \"kek\"\ntrust.test_folder = \"trust\"\n\
         outside = { hosts = [], private_addresses = true }\n";
    bench.write("zegel.toml", settings.as_bytes());
    let installed = |words: &[&str]| {
        run(zegel(bench.folder.path())
            .args(words)
            .args(["--config", "zegel.toml", "--format", "json"]))
    };
    let verify = || installed(&["verify", "a.pdf"]);
    let missing = verify();
    assert_eq!((missing.code, missing.out.as_str()), (Some(1), ""), "{missing:?}");
    assert!(missing.messages.contains("(STORE_MISSING)"), "{missing:?}");

    assert_eq!(installed(&["migrate"]).code, Some(0));
    let none = verify();
    assert_eq!(qualification(&none), "advanced; qualification not determined");
    assert!(
        none.messages.contains("hint: no trusted list is at hand"),
        "{none:?}"
    );

    let hold = async |said: &Said| {
        let db = Db::open(&format!("sqlite:{}", bench.path("zegel.db").display()))
            .await
            .unwrap();
        let [lotl, national] = bench.lists(said);
        for (path, role, territory, xml) in [
            (lists::LOTL_PATH, Role::Lotl, "EU", lotl),
            ("/tl/be.xml", Role::National, "BE", national),
        ] {
            let list = StoredList {
                url: format!("{BASE}{path}"),
                role,
                territory: territory.to_owned(),
                sequence: 7,
                xml,
                fetched_at: bench.world.now,
            };
            trusted_lists::save(&db, &list).await.unwrap();
        }
    };
    hold(&bench.usual()).await;
    let held = verify();
    assert_eq!(held.code, Some(0), "{held:?}");
    assert_eq!(qualification(&held), "TEST: qualified electronic signature");

    // A service goes on with it and raises an alarm; here nobody would see that.
    hold(&Said {
        next_update: bench.world.now.minus(DAY),
        ..bench.usual()
    })
    .await;
    let overdue = verify();
    assert_eq!((overdue.code, overdue.out.as_str()), (Some(1), ""), "{overdue:?}");
    assert!(overdue.messages.contains("(TL_EXPIRED)"), "{overdue:?}");
    for other in [["--trust", "trust"], ["--lists", "lists"]] {
        let ran = installed(&[&["verify", "a.pdf"][..], &other].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
    }
}
