//! `zegel trust` as an operator types it: the real program, against the lists that a laboratory serves. On both databases.
//!
//! The program reads the wall clock, so the laboratory is made at the time of the run and its lists last for months.

use std::path::Path;
use std::sync::Arc;

use zegel::base::clock::{Clock as _, FixedClock, SystemClock};
use zegel::base::national::NationalNumber;
use zegel::base::random::SystemRandom;
use zegel::base::time::Timestamp;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::lab::pki::{Holder, LabPki, LeafPurpose};
use zegel::lab::services::http::ServiceServer;
use zegel::lab::services::{Service, ServiceMode, Services, lists};
use zegel::pki::anchors::laboratory_text;
use zegel::pki::certificate::Certificate;

use crate::cli::{Ran, run, zegel};
use crate::support::{TestFolder, fresh_postgres};

const NUMBER: &str = "70611500188";
const SURNAME: &str = "Spécimen";

/// A laboratory that serves its lists, and the folder of an installation that trusts it.
struct Bench {
    folder: TestFolder,
    pki: Arc<LabPki>,
    services: Arc<Services>,
    now: Timestamp,
    _server: ServiceServer,
}

impl Bench {
    fn new(database: &str) -> Self {
        let now = SystemClock::new().now();
        let listener = ServiceServer::reserve(0).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let pki = Arc::new(LabPki::generate(&base, &SystemRandom, now).unwrap());
        let folder = TestFolder::new("trust-commands");
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        for name in ["trust", "blobs", "scratch"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let root = Certificate::parse(pki.root_der()).unwrap();
        let issuer = format!("{base}/crt/citizen.crt");
        let text = laboratory_text(&root, "127.0.0.1", "TEST Citizen CA", &issuer, "TEST RRN");
        write("trust/trust.toml", text.as_bytes());
        write("trust/lists.toml", lists::anchors_text(&pki, &base).as_bytes());
        write("trust/root.crt", pki.root_der());
        write("kek", &[7; 32]);
        let settings = format!(
            "environment = \"test\"\npublic_url = \"https://zegel.example\"\ndatabase.url = \"{database}\"\n\
             storage = {{ blobs = \"blobs\", scratch = \"scratch\" }}\nkeys.encryption_key_file = \"kek\"\n\
             trust.test_folder = \"trust\"\noutside = {{ hosts = [], private_addresses = true }}\n"
        );
        write("zegel.toml", settings.as_bytes());
        write("citizen.crt", pki.citizen.certificate_der());
        let holder = Holder {
            surname: SURNAME.to_owned(),
            given_names: "An Marie".to_owned(),
            national_number: NationalNumber::parse(NUMBER).unwrap(),
        };
        for (name, purpose) in [
            ("signs.crt", LeafPurpose::Signature),
            ("logs-in.crt", LeafPurpose::Authentication),
        ] {
            let kind = KeyKind::Ec(Curve::P384);
            let leaf = pki
                .issue_leaf(&holder, purpose, kind, LabPki::usual_validity(now), &SystemRandom)
                .unwrap();
            write(name, &leaf.certificate_der);
        }
        let services = Arc::new(Services::new(Arc::clone(&pki), Arc::new(SystemRandom)));
        // A clock that stands: the number of a list is that of its day.
        let clock = Arc::new(FixedClock::new(now));
        let server = ServiceServer::start(Arc::clone(&services), clock, listener).unwrap();
        let bench = Self {
            folder,
            pki,
            services,
            now,
            _server: server,
        };
        for (path, name) in [(lists::LOTL_PATH, "lotl.xml"), ("/tl/be.xml", "be.xml")] {
            let list = bench.services.answer(path, &[], now).body;
            std::fs::write(bench.folder.path().join(name), list).unwrap();
        }
        bench
    }

    fn day(&self) -> i64 {
        self.now.as_seconds() / 86_400
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// With the installation's settings.
    fn installed(&self, words: &[&str]) -> Ran {
        run(zegel(self.path()).args(words).args(["--config", "zegel.toml"]))
    }

    /// With files.
    fn with_files(&self, words: &[&str]) -> Ran {
        let files = ["--trust", "trust", "--lotl", "lotl.xml", "--list", "be.xml"];
        run(zegel(self.path()).arg("trust").args(words).args(files))
    }

    fn refresh(&self) -> (Option<i32>, String) {
        let ran = self.installed(&["trust", "refresh"]);
        assert_eq!(ran.messages, "", "{ran:?}");
        (ran.code, ran.out)
    }

    /// The text that `trust list` prints of the lists of the day.
    fn listed(&self) -> String {
        let (day, issued) = (self.day(), self.now.truncated_to_second());
        let next = issued.plus(std::time::Duration::from_hours(24 * 90));
        let line = |territory: &str, signer: &Certificate| {
            format!(
                "{territory}: number {day}, version 6, issued {issued}, next update {next}\n    \
                 signed by the certificate {} (until {})\n",
                signer.fingerprint(),
                signer.not_after()
            )
        };
        let root = Certificate::parse(self.pki.root_der()).unwrap();
        let register = Certificate::parse(self.pki.register.certificate_der.clone()).unwrap();
        format!(
            "{}{}believed from TEST publication\n",
            line("EU", &root),
            line("BE", &register)
        )
    }
}

#[tokio::test]
async fn an_installation_fetches_keeps_shows_and_explains() {
    let mut databases = vec!["sqlite:zegel.db".to_owned()];
    databases.extend(fresh_postgres().await);
    for database in databases {
        let bench = Bench::new(&database);
        let day = bench.day();
        assert_eq!(bench.installed(&["migrate"]).code, Some(0), "{database}");
        // Before the first fetch nothing is at hand, and the way out is said.
        for words in [
            &["trust", "list"][..],
            &["trust", "show"],
            &["trust", "explain", "signs.crt"],
        ] {
            let ran = bench.installed(words);
            assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{ran:?}");
            assert_eq!(
                ran.messages,
                "zegel: error: no trusted list is at hand (QUAL_NOT_DETERMINED)\n\
                 hint: fetch them with: zegel trust refresh, or name files with --lotl and --list\n"
            );
        }
        assert_eq!(
            bench.refresh(),
            (Some(0), format!("EU: number {day}\nBE: number {day}\n")),
            "{database}"
        );
        let ran = bench.installed(&["trust", "list"]);
        assert_eq!((ran.code, ran.out), (Some(0), bench.listed()), "{database}");

        let shown = bench.installed(&["trust", "show", "--format", "json"]);
        let json = shown.json();
        let services: Vec<_> = json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (item["kind"].as_str().unwrap(), item["status"].as_str().unwrap()))
            .collect();
        assert_eq!(
            services,
            [("CA/QC", "granted"), ("TSA/QTST", "granted")],
            "{database}"
        );

        // The state of a service that does not answer, or whose lists are older, signed twice, by somebody else or overdue, is
        // told with its code; what is held stays, and the certificate is as qualified as before.
        for (mode, code) in [
            (ServiceMode::RolledBack, "TL_ROLLBACK"),
            (ServiceMode::SecondSignature, "TL_SIGNATURE"),
            (ServiceMode::WrongSigner, "TL_ANCHOR_UNKNOWN"),
            (ServiceMode::Stale, "TL_EXPIRED"),
            (ServiceMode::Garbage, "TL_FORMAT"),
            (ServiceMode::Down, "TL_UNAVAILABLE"),
        ] {
            bench.services.set_service(Service::Lists, mode);
            let (exit, out) = bench.refresh();
            assert_eq!(exit, Some(7), "{mode}: {out}");
            let lines: Vec<&str> = out.lines().collect();
            assert_eq!(
                lines[0],
                format!("EU: not renewed ({code}); held: number {day}"),
                "{mode}"
            );
            assert!(lines[1].starts_with("BE: not renewed (TL_"), "{mode}: {out}");
            assert!(
                lines[1].ends_with(&format!("; held: number {day}")),
                "{mode}: {out}"
            );
            let ran = bench.installed(&["trust", "list"]);
            assert_eq!((ran.code, ran.out), (Some(0), bench.listed()), "{mode}");
            let ran = bench.installed(&["trust", "explain", "signs.crt", "--chain", "citizen.crt"]);
            assert_eq!(ran.code, Some(0), "{mode}: {ran:?}");
            // The operator is told where they look first.
            let doctor = bench.installed(&["doctor"]);
            assert!(doctor.out.contains(code), "{mode}: {doctor:?}");
        }
        bench.services.set_service(Service::Lists, ServiceMode::Up);
        assert_eq!(
            bench.refresh(),
            (Some(0), format!("EU: number {day}\nBE: number {day}\n")),
            "{database}"
        );
    }
}

/// What makes one certificate qualified and not another stands in the steps; whose they are stands nowhere.
#[test]
fn it_is_explained_why_a_certificate_is_qualified_and_another_is_not() {
    let bench = Bench::new("sqlite:zegel.db");
    let day = bench.day();
    let issued = bench.now.truncated_to_second();
    let list = format!("by the list of BE number {day} of {issued}");
    for (words, exit, code, outcome, because) in [
        (
            &["signs.crt", "--chain", "citizen.crt"][..],
            0,
            None,
            format!("a valid signature with it is a qualified signature, {list}"),
            "it claims to be qualified, under a service that is listed",
        ),
        (
            &["logs-in.crt", "--chain", "citizen.crt"],
            3,
            Some("NOT_QUALIFIED"),
            format!("not a qualified certificate, {list} (NOT_QUALIFIED)"),
            "it does not claim to be qualified, and the list does not say so",
        ),
        (
            &["signs.crt"],
            3,
            Some("NOT_QUALIFIED"),
            "not a qualified certificate (NOT_QUALIFIED)".to_owned(),
            "nobody above it is at hand: give the certificates between with --chain",
        ),
        (
            &[
                "signs.crt",
                "--chain",
                "citizen.crt",
                "--signed",
                "2016-12-31T23:59:59Z",
            ],
            3,
            Some("NOT_QUALIFIED"),
            format!("not a qualified certificate, {list} (NOT_QUALIFIED)"),
            "`TEST service` did not have any state yet",
        ),
    ] {
        let ran = bench.with_files(&[&["explain"], words].concat());
        assert_eq!((ran.code, ran.messages.as_str()), (Some(exit), ""), "{words:?}");
        let said = ran.out.lines().last().unwrap();
        assert_eq!(said, format!("Outcome: {outcome}"), "{words:?}");
        assert!(ran.out.contains(because), "{words:?}: {}", ran.out);
        let json = bench.with_files(&[&["explain"], words, &["--format", "json"]].concat());
        assert_eq!(json.code, Some(exit), "{words:?}");
        for personal in [NUMBER, SURNAME, "Marie"] {
            assert!(!ran.out.contains(personal), "{words:?}: {}", ran.out);
            assert!(!json.out.contains(personal), "{words:?}: {}", json.out);
        }
        let json = json.json();
        assert_eq!(json["code"].as_str(), code, "{words:?}");
        assert_eq!(json["qualified"], exit == 0, "{words:?}");
    }
}

/// A list that somebody changed, wrapped, swapped or that does not belong there is named with its code.
#[test]
fn a_list_that_was_tampered_with_is_refused() {
    let bench = Bench::new("sqlite:zegel.db");
    let ran = bench.with_files(&["list"]);
    assert_eq!((ran.code, ran.out), (Some(0), bench.listed()));
    let good = |name: &str| std::fs::read_to_string(bench.path().join(name)).unwrap();
    let (lotl, be) = (good("lotl.xml"), good("be.xml"));
    let cut = |text: &str| text[..text.len() - 40].to_owned();
    for (what, name, text, refused, code) in [
        (
            "a state changed",
            "be.xml",
            be.replace("Svcstatus/granted", "Svcstatus/withdrawn"),
            "be.xml",
            "TL_SIGNATURE",
        ),
        (
            "a number changed",
            "be.xml",
            be.replace(
                &format!("Number>{}<", bench.day()),
                &format!("Number>{}<", bench.day() + 1),
            ),
            "be.xml",
            "TL_SIGNATURE",
        ),
        (
            "an address changed",
            "lotl.xml",
            lotl.replace("/tl/be.xml", "/tl/bf.xml"),
            "lotl.xml",
            "TL_SIGNATURE",
        ),
        ("cut off", "be.xml", cut(&be), "be.xml", "TL_SIGNATURE"),
        ("the other list", "be.xml", lotl.clone(), "be.xml", "TL_SCOPE"),
        (
            "no list",
            "lotl.xml",
            "<html/>".to_owned(),
            "lotl.xml",
            "TL_FORMAT",
        ),
        (
            "a national list as the list of lists",
            "lotl.xml",
            be.clone(),
            "lotl.xml",
            "TL_ANCHOR_UNKNOWN",
        ),
    ] {
        std::fs::write(bench.path().join(name), text).unwrap();
        for words in [
            &["list"][..],
            &["show"],
            &["explain", "signs.crt", "--chain", "citizen.crt"],
        ] {
            let ran = bench.with_files(words);
            assert_eq!((ran.code, ran.out.as_str()), (Some(3), ""), "{what}: {ran:?}");
            assert!(
                ran.messages
                    .starts_with(&format!("zegel: error: `{refused}` is "))
                    && ran.messages.contains(&format!("({code})\n")),
                "{what}: {ran:?}"
            );
        }
        std::fs::write(bench.path().join("lotl.xml"), &lotl).unwrap();
        std::fs::write(bench.path().join("be.xml"), &be).unwrap();
    }
    // Production's anchors do not lead to a laboratory's list.
    let production = run(zegel(bench.path()).args(["trust", "list", "--lotl", "lotl.xml"]));
    assert_eq!(production.code, Some(3), "{production:?}");
    assert!(
        production.messages.contains("(TL_ANCHOR_UNKNOWN)\nhint: "),
        "{production:?}"
    );
    // Later than the next update they are overdue, and the way out is said.
    let late = bench.with_files(&["list", "--at", "2100-01-01T00:00:00Z"]);
    assert_eq!(late.code, Some(3), "{late:?}");
    assert!(
        late.messages
            .contains("(TL_EXPIRED)\nhint: fetch the newest list"),
        "{late:?}"
    );
}

#[test]
fn wrong_arguments_are_told() {
    let bench = Bench::new("sqlite:zegel.db");
    std::fs::write(bench.path().join("no.crt"), "nothing").unwrap();
    for words in [
        &["trust"][..],
        &["trust", "renew"],
        &["trust", "explain"],
        &["trust", "list", "lotl.xml"],
        &["trust", "list", "--list", "be.xml"],
        &["trust", "list", "--pivot", "be.xml"],
        &["trust", "show", "--at", "yesterday"],
        &["trust", "refresh", "--lotl", "lotl.xml"],
        &[
            "trust",
            "explain",
            "signs.crt",
            "--signed",
            "noon",
            "--lotl",
            "lotl.xml",
        ],
    ] {
        let ran = run(zegel(bench.path()).args(words));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{words:?}: {ran:?}");
        assert!(!ran.messages.is_empty(), "{words:?}");
    }
    for (words, code) in [
        (&["explain", "absent.crt"][..], "FILE_READ"),
        (&["explain", "no.crt"], "CERT_PARSE"),
        (&["explain", "signs.crt", "--chain", "no.crt"], "CERT_PARSE"),
        (&["list", "--list", "absent.xml"], "FILE_READ"),
    ] {
        let ran = bench.with_files(words);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{words:?}: {ran:?}");
        assert!(
            ran.messages.contains(&format!("({code})\n")),
            "{words:?}: {ran:?}"
        );
    }
    // Who has no installation is told that files do.
    let ran = run(zegel(bench.path()).args(["trust", "list", "--config", "absent.toml"]));
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
    assert!(
        ran.messages
            .ends_with("hint: lists in files need no installation: name them with --lotl and --list\n"),
        "{ran:?}"
    );
    // Without a database there is nothing to refresh, and none is made by a slip.
    let ran = bench.installed(&["trust", "refresh"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.messages.contains("\nhint: run: zegel migrate\n"), "{ran:?}");
    assert!(!bench.path().join("zegel.db").exists());
}
