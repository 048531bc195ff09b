//! `zegel doctor`: look at this installation as the service sees it.

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit};
use crate::base::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::crypto::wrap::KeyEncryptionKey;
use crate::store::blobs::Blobs;
use crate::store::boards;
use crate::store::db::Db;
use crate::store::keys::{self, KeyPurpose};
use crate::store::migrate;

/// Check this installation: settings, database, keys, storage, services.
///
/// One line for each thing looked at, with a hint for each problem. Exit code 7 when there are problems.
///
/// Example: zegel doctor --config /etc/zegel/zegel.toml
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    config: Files,
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    good: bool,
    says: String,
    hint: Option<&'static str>,
}

impl Finding {
    fn good(what: &'static str, says: impl Into<String>) -> Self {
        Self {
            what,
            good: true,
            says: says.into(),
            hint: None,
        }
    }

    fn bad(what: &'static str, says: impl Into<String>, hint: &'static str) -> Self {
        Self {
            what,
            good: false,
            says: says.into(),
            hint: Some(hint),
        }
    }
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let config = match arguments.config.load(console) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let findings = match super::block_on(look(&config)) {
        Ok(findings) => findings,
        Err(error) => return console.fail(Exit::Failed, "RUNTIME", error),
    };
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| {
            let mark = if finding.good { "good   " } else { "PROBLEM" };
            let hint = finding
                .hint
                .map(|hint| format!("\n        hint: {hint}"))
                .unwrap_or_default();
            format!("{mark} {}: {}{hint}", finding.what, finding.says)
        })
        .collect();
    let items: Vec<_> = findings
        .iter()
        .map(|finding| {
            serde_json::json!({"what": finding.what, "good": finding.good, "says": finding.says, "hint": finding.hint})
        })
        .collect();
    console.result(lines.join("\n"), &serde_json::json!({"items": items}));
    if findings.iter().all(|finding| finding.good) {
        Exit::Good
    } else {
        Exit::ProblemsFound
    }
}

async fn look(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::good(
        "settings",
        format!("{:?}, {}", config.environment, config.public_url),
    )];
    let kek = std::fs::read(&config.key_encryption_key_file)
        .map_err(|error| error.to_string())
        .and_then(|bytes| KeyEncryptionKey::from_bytes(&bytes).map_err(|error| error.to_string()));
    findings.push(match &kek {
        Ok(_) => Finding::good("key-encryption key", "readable"),
        Err(error) => Finding::bad("key-encryption key", error, "make one with: openssl rand -hex 32"),
    });
    findings.push(match Blobs::in_folder(&config.blobs, &config.scratch) {
        Ok(_) => Finding::good("document storage", config.blobs.display().to_string()),
        Err(error) => Finding::bad(
            "document storage",
            error.to_string(),
            "give the service's user write access",
        ),
    });
    match Db::open(&config.database_url).await {
        Err(error) => findings.push(Finding::bad(
            "database",
            error.to_string(),
            "check database.url, and that the server runs and lets this user in",
        )),
        Ok(db) => look_at_database(&db, kek.ok().as_ref(), &mut findings).await,
    }
    findings.push(look_at_counter(config));
    findings.push(if config.outside.time_stamp_urls.is_empty() {
        Finding::bad(
            "time-stamping",
            "no service is set",
            "set outside.time_stamp_urls",
        )
    } else {
        Finding::good("time-stamping", config.outside.time_stamp_urls.join(", "))
    });
    findings.push(Finding::good("clock", SystemClock::new().now().to_string()));
    findings
}

async fn look_at_database(db: &Db, kek: Option<&KeyEncryptionKey>, findings: &mut Vec<Finding>) {
    match migrate::pending(db).await {
        Err(error) => {
            findings.push(Finding::bad(
                "database",
                error.to_string(),
                "install the version that made it",
            ));
            return;
        }
        Ok(pending) if !pending.names.is_empty() => {
            let missing = format!("missing: {}", pending.names.join(", "));
            findings.push(Finding::bad("database", missing, "run: zegel migrate"));
            return;
        }
        Ok(_) => findings.push(Finding::good("database", format!("{:?}, up to date", db.kind()))),
    }
    let boards = match boards::list(db).await {
        Ok(boards) if boards.is_empty() => {
            findings.push(Finding::bad(
                "boards",
                "there is none",
                "add one with: zegel board add",
            ));
            return;
        }
        Ok(boards) => boards,
        Err(error) => {
            findings.push(Finding::bad(
                "boards",
                error.to_string(),
                "look at the database's log",
            ));
            return;
        }
    };
    let mut closed = 0_usize;
    for board in &boards {
        for purpose in [KeyPurpose::Token, KeyPurpose::Verdict] {
            let keys = keys::active(db, board.id, purpose).await.unwrap_or_default();
            let opens = kek.is_some_and(|kek| keys.iter().any(|key| key.open(kek).is_ok()));
            closed = closed.saturating_add(usize::from(!opens));
        }
    }
    let slugs: Vec<&str> = boards.iter().map(|board| board.slug.as_str()).collect();
    findings.push(Finding::good("boards", slugs.join(", ")));
    findings.push(if closed == 0 {
        Finding::good("board keys", "all open")
    } else {
        Finding::bad(
            "board keys",
            format!("{closed} do not open"),
            "this key-encryption key is not the one they were wrapped under",
        )
    });
}

fn look_at_counter(config: &Config) -> Finding {
    if !config.counter.enabled {
        return Finding::good("counter reader", "switched off");
    }
    let program = config.counter.pin_program.first().map(std::path::Path::new);
    match program {
        Some(program) if program.is_file() || !program.is_absolute() => {
            Finding::good("counter reader", program.display().to_string())
        }
        _ => Finding::bad(
            "counter reader",
            "the PIN program is not there",
            "set counter.pin_program",
        ),
    }
}
