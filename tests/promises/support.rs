//! What several promises share: the shared test data, the judges, fixed moments, databases of both kinds.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use zegel::base::time::Timestamp;
use zegel::store::db::Db;
use zegel::store::migrate::migrate;

/// A moment every test with a fixed clock may use.
pub fn moment() -> Timestamp {
    "2026-03-03T09:00:00Z".parse().unwrap()
}

/// The folder of test data made by others, or a file in it; `None`, said aloud, when it is not on this machine.
///
/// Where it must be there (`ZEGEL_SHARED=required`), its absence is a failure.
pub fn shared(path: &str) -> Option<PathBuf> {
    let setting = std::env::var("ZEGEL_SHARED").unwrap_or_default();
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = if setting.is_empty() || setting == "required" {
        beside
    } else {
        PathBuf::from(&setting)
    };
    let found = root.join("testdata").join(path);
    if found.exists() {
        return Some(found);
    }
    skip(&format!("shared test data `{path}`"), setting == "required");
    None
}

/// Path of an independent program, or `None`, said aloud, when it is not installed.
///
/// With `ZEGEL_JUDGES=required` its absence is a failure.
pub fn judge(program: &str) -> Option<PathBuf> {
    let venv = std::env::var("ZEGEL_VENV")
        .map_or_else(
            |_| Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv"),
            PathBuf::from,
        )
        .join("bin");
    let path = std::env::var("PATH").unwrap_or_default();
    let found = std::iter::once(venv)
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file());
    if found.is_none() {
        skip_judge(&format!("the program `{program}`"));
    }
    found
}

/// A run of one of the small programs of `tests/judges/NAME`, or nothing, said aloud, where it is not there.
pub fn java_judge(name: &str, class: &str) -> Option<Command> {
    let java = judge("java")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache").join(name);
    let Ok(libraries) = std::fs::read_to_string(folder.join("classpath")) else {
        skip_judge(&format!("{name} (./dev test installs it)"));
        return None;
    };
    let classes = folder.join("classes");
    let mut command = Command::new(java);
    command
        .arg("-cp")
        .arg(format!("{}:{}", classes.display(), libraries.trim()))
        .arg(class);
    Some(command)
}

/// Says aloud that a judge is missing; a failure where judges are required.
pub fn skip_judge(what: &str) {
    let required = std::env::var("ZEGEL_JUDGES").is_ok_and(|value| value == "required");
    skip(what, required);
}

fn skip(what: &str, required: bool) {
    assert!(!required, "{what} is required here and was not found");
    // To the real stderr: the test harness hides what passing tests print.
    let _ = writeln!(std::io::stderr(), "skipped: {what} was not found");
}

/// An empty, migrated database of each kind, with its name for messages. Each call gives fresh ones.
pub async fn databases() -> Vec<(&'static str, Db, TestFolder)> {
    let mut all = Vec::new();
    for (engine, url, folder) in database_addresses().await {
        let db = Db::open(&url).await.unwrap();
        migrate(&db, moment()).await.unwrap();
        all.push((engine, db, folder));
    }
    all
}

/// Address of an empty database of each kind, with a folder that lives as long.
pub async fn database_addresses() -> Vec<(&'static str, String, TestFolder)> {
    let folder = TestFolder::new("db");
    let sqlite = format!("sqlite:{}", folder.path().join("zegel.db").display());
    let mut all = vec![("sqlite", sqlite, folder)];
    if let Some(url) = fresh_postgres().await {
        all.push(("postgres", url, TestFolder::new("pg")));
    }
    all
}

/// A folder that goes away with the value.
pub struct TestFolder(tempfile::TempDir);

impl TestFolder {
    /// A new empty folder whose name contains `label`.
    pub fn new(label: &str) -> Self {
        Self(
            tempfile::Builder::new()
                .prefix(&format!("zegel-{label}-"))
                .tempdir()
                .unwrap(),
        )
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// URL of an empty database in a PostgreSQL cluster of our own, or `None`, said aloud, when there is no PostgreSQL.
pub async fn fresh_postgres() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let cluster = CLUSTER.get_or_init(Cluster::start).as_ref()?;
    let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    let admin = Db::open(&cluster.url("postgres")).await.unwrap();
    admin
        .script_for_tests(Box::leak(format!("CREATE DATABASE {name}").into_boxed_str()))
        .await
        .unwrap();
    admin.close().await;
    Some(cluster.url(&name))
}

/// A private PostgreSQL on a Unix socket and a free loopback port. It stops when this process ends, however it ends, and
/// its gigabytes go with it: its keeper waits for the end of a pipe that only this process holds open.
struct Cluster {
    port: u16,
    _folder: TestFolder,
    _keeper: Mutex<Child>,
}

impl Cluster {
    fn start() -> Option<Self> {
        let required = std::env::var("ZEGEL_TEST_POSTGRES").is_ok_and(|value| value == "required");
        let Some(bin) = postgres_bin() else {
            skip("PostgreSQL", required);
            return None;
        };
        let folder = TestFolder::new("cluster");
        let data = folder.path().join("data");
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let root = Command::new("id")
            .arg("-u")
            .output()
            .is_ok_and(|out| out.stdout.trim_ascii() == b"0");
        // PostgreSQL refuses to run as root.
        let runner = if root { "runuser -u postgres --" } else { "" };
        if root {
            let _ = Command::new("chown")
                .arg("-R")
                .arg("postgres")
                .arg(folder.path())
                .status();
        }
        let script = format!(
            "set -e; {runner} {bin}/initdb -D {data} -A trust -U zegel -E UTF8 --no-sync >/dev/null; \
             {runner} {bin}/postgres -D {data} -h 127.0.0.1 -p {port} -k {folder} -c fsync=off \
             -c max_connections=400 >{folder}/log 2>&1 & cat >/dev/null; \
             kill -INT $(head -n 1 {data}/postmaster.pid); wait; rm -rf '{folder}'",
            bin = bin.display(),
            data = data.display(),
            folder = folder.path().display(),
        );
        let keeper = Command::new("sh")
            .arg("-c")
            .arg(script)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let ready = (0..600).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            Command::new(bin.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string(), "-U", "zegel"])
                .status()
                .is_ok_and(|status| status.success())
        });
        assert!(
            ready,
            "PostgreSQL did not start: {}",
            std::fs::read_to_string(folder.path().join("log")).unwrap_or_default()
        );
        Some(Self {
            port,
            _folder: folder,
            _keeper: Mutex::new(keeper),
        })
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://zegel@127.0.0.1:{}/{database}", self.port)
    }
}

fn postgres_bin() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    versions
        .into_iter()
        .rev()
        .find(|bin| bin.join("initdb").is_file())
}
