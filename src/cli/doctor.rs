//! `zegel doctor`: look at this installation as the service sees it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit, chain};
use super::database::{self, DatabaseProblem};
use super::trust;
use crate::base::clock::{Clock, SystemClock};
use crate::base::digest::HashAlgorithm;
use crate::base::random::SystemRandom;
use crate::base::time::Timestamp;
use crate::card::readers::{Options, Readers};
use crate::config::{Config, Environment};
use crate::crypto::wrap::KeyEncryptionKey;
use crate::fetch::Fetcher as _;
use crate::fetch::http::HttpFetcher;
use crate::journeys::open::{self, OpenError};
use crate::pki::need::Need;
use crate::pki::timestamp::{self, TimeStampRequest};
use crate::store::blobs::Blobs;
use crate::store::boards;
use crate::store::db::{Db, EngineKind};
use crate::store::installation;
use crate::store::keys::{self, KeyPurpose};

/// How far a clock may be from a time-stamping service's before somebody should look. Reference ades-signing §9.
const SKEW: Duration = Duration::from_mins(1);
/// How long before a list is overdue somebody should look: schemes renew days before, not hours.
const LIST_ENDS: Duration = Duration::from_hours(7 * 24);
/// The same for the certificate of a list's signer.
const SIGNER_ENDS: Duration = Duration::from_hours(14 * 24);
/// The same for a pinned root, whose successor comes with a new version.
const ROOT_ENDS: Duration = Duration::from_hours(90 * 24);

/// Check this installation: settings, keys, storage, database, trust, time-stamping, clock, card readers.
///
/// One line for each thing looked at, with a hint for each problem. Exit code 7 when there are problems. It changes
/// nothing; it asks each time-stamping service for one time-stamp.
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
    let config = match arguments.config.check() {
        Ok(config) => config,
        Err(problems) => return super::config::report(console, &problems),
    };
    let findings = match super::block_on(look(&config)) {
        Ok(findings) => findings,
        Err(error) => return console.fail_with(Exit::Failed, "START_RUNTIME", &error),
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
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let environment = match config.environment {
        Environment::Production => "production",
        Environment::Test => "test",
    };
    let mut findings = vec![Finding::good(
        "settings",
        format!("{environment}, {}", config.public_url),
    )];
    let kek = open::key_encryption_key(&config.key_encryption_key_file);
    findings.push(match &kek {
        Ok(_) => Finding::good("key-encryption key", "readable"),
        Err(error) => Finding::bad(
            "key-encryption key",
            chain(error),
            "make one with: openssl rand -hex 32",
        ),
    });
    findings.push(look_at_storage(config));
    match database::open_for_check(&config.database_url).await {
        Ok((db, missing)) if missing.is_empty() => {
            look_at_environment(&db, config, &mut findings).await;
            look_at_database(&db, kek.ok().as_ref(), &mut findings).await;
            look_at_lists(&db, config, clock.now(), &mut findings).await;
        }
        Ok((_, missing)) => {
            let problem = DatabaseProblem::Outdated(missing.join(", "));
            findings.push(database_problem(&problem));
        }
        Err(problem) => findings.push(database_problem(&problem)),
    }
    look_outside(config, &clock, &mut findings).await;
    look_at_counter(config, clock, &mut findings);
    findings
}

fn database_problem(problem: &DatabaseProblem) -> Finding {
    let hint = problem.hint().unwrap_or("install the version that made it");
    Finding::bad("database", chain(problem), hint)
}

/// Opens the storage only where its folders are: the service makes them, a look does not.
fn look_at_storage(config: &Config) -> Finding {
    const WHAT: &str = "document storage";
    if let Some(folder) = [&config.blobs, &config.scratch]
        .into_iter()
        .find(|folder| !folder.is_dir())
    {
        return Finding::bad(
            WHAT,
            format!("there is no folder `{}`", folder.display()),
            "make it, and give the service's user write access",
        );
    }
    match Blobs::in_folder(&config.blobs, &config.scratch) {
        Ok(_) => Finding::good(WHAT, config.blobs.display().to_string()),
        Err(error) => Finding::bad(WHAT, chain(&error), "give the service's user write access"),
    }
}

/// A laboratory's database never serves real persons, nor the other way round.
async fn look_at_environment(db: &Db, config: &Config, findings: &mut Vec<Finding>) {
    let error = match installation::serves(db, open::pki_environment(config.environment)).await {
        Ok(true) => return,
        Ok(false) => OpenError::Environment,
        Err(error) => error.into(),
    };
    let hint = error.hint().unwrap_or("look at the database's log");
    findings.push(Finding::bad("environment", chain(&error), hint));
}

async fn look_at_database(db: &Db, kek: Option<&KeyEncryptionKey>, findings: &mut Vec<Finding>) {
    let kind = match db.kind() {
        EngineKind::Postgres => "PostgreSQL",
        EngineKind::Sqlite => "SQLite",
    };
    findings.push(Finding::good("database", format!("{kind}, up to date")));
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
                chain(&error),
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

/// What is held of trusted lists and of pinned roots, and whether any of it ends soon or could not be renewed.
async fn look_at_lists(db: &Db, config: &Config, now: Timestamp, findings: &mut Vec<Finding>) {
    const WHAT: &str = "trusted lists";
    let Ok(trust) = trust::open(config.test_trust.as_deref()) else {
        // Said where trust is looked at.
        return;
    };
    if let Err(error) = crate::store::trust::load(db, &trust, now).await {
        findings.push(Finding::bad("trust", chain(&error), "look at the database's log"));
        return;
    }
    for root in trust.material().anchors.certificates() {
        let left = root.not_after().since(now);
        if !left.is_zero() && left < ROOT_ENDS {
            findings.push(Finding::bad(
                "trust",
                format!("the root {} ends on {}", root.fingerprint(), root.not_after()),
                "see that its successor is pinned in this version",
            ));
        }
    }
    let Some(anchors) = trust.list_anchors() else {
        findings.push(Finding::good(WHAT, "none in this laboratory"));
        return;
    };
    let (lists, alarms) = match (
        crate::journeys::lists::load(db, anchors).await,
        crate::store::trusted_lists::alarms(db).await,
    ) {
        (Ok(lists), Ok(alarms)) => (lists, alarms),
        (Err(error), _) | (_, Err(error)) => {
            findings.push(Finding::bad(WHAT, chain(&error), "look at the database's log"));
            return;
        }
    };
    for alarm in alarms {
        findings.push(Finding::bad(
            WHAT,
            format!(
                "the list of {} could not be renewed since {} ({})",
                alarm.territory, alarm.since, alarm.cause
            ),
            "run: zegel trust refresh",
        ));
    }
    if lists.is_empty() && config.environment == Environment::Test {
        findings.push(Finding::good(WHAT, "none held in this laboratory"));
    } else if lists.is_empty() {
        findings.push(Finding::bad(
            WHAT,
            "none is held, so no signature can be determined to be qualified",
            "run: zegel trust refresh",
        ));
    }
    if lists
        .lotl
        .as_ref()
        .is_some_and(|found| found.announces_publication)
    {
        findings.push(Finding::bad(
            WHAT,
            "the list of lists names a publication that is not pinned",
            "compare it with the Official Journal, and take a version that pins it",
        ));
    }
    let all = lists.lotl.iter().map(|found| &found.verified).chain(&lists.lists);
    for found in all {
        let list = &found.list;
        let next = list.next_update;
        let ends = next.is_some_and(|next| next.since(now) < LIST_ENDS);
        let says = format!(
            "{} number {}, issued {}, next update {}",
            list.territory,
            list.sequence,
            list.issued_at,
            next.map_or_else(|| "none".to_owned(), |next| next.to_string())
        );
        findings.push(if ends {
            Finding::bad(
                WHAT,
                says,
                "a newer one is due: run zegel trust refresh, and see that its host answers",
            )
        } else {
            Finding::good(WHAT, says)
        });
        let left = found.signer.not_after().since(now);
        if left < SIGNER_ENDS {
            findings.push(Finding::bad(
                WHAT,
                format!(
                    "the signer of the list of {} ends on {}",
                    list.territory,
                    found.signer.not_after()
                ),
                "a list signed by its successor is expected; the list of lists must name it",
            ));
        }
    }
}

/// Trust, time-stamping services, and how far the clock is from theirs.
async fn look_outside(config: &Config, clock: &Arc<dyn Clock>, findings: &mut Vec<Finding>) {
    let trust = match trust::open(config.test_trust.as_deref()) {
        Ok(trust) => trust,
        Err(problem) => {
            findings.push(Finding::bad(
                "trust",
                chain(&problem),
                "trust.test_folder names the folder with a laboratory's trust.toml",
            ));
            return;
        }
    };
    let roots = trust.data().roots().len();
    findings.push(Finding::good("trust", format!("pinned roots: {roots}")));
    if config.outside.time_stamp_urls.is_empty() {
        findings.push(Finding::bad(
            "time-stamping",
            "no service is set, and no signature above level b can be made",
            "set outside.time_stamp_urls",
        ));
    }
    let mut stated = None;
    match HttpFetcher::new(config.outside.fetch_rules(&trust), Arc::clone(clock)) {
        Ok(fetcher) => {
            for url in &config.outside.time_stamp_urls {
                let answer = ask_for_time(&fetcher, url).await;
                findings.push(match &answer {
                    Ok(_) => Finding::good("time-stamping", url),
                    Err(cause) => Finding::bad(
                        "time-stamping",
                        format!("{url}: {cause}"),
                        "check the address, and that this machine may call it",
                    ),
                });
                stated = stated.or(answer.ok());
            }
        }
        Err(error) => findings.push(Finding::bad(
            "outside",
            chain(&error),
            "look at this machine's TLS library",
        )),
    }
    findings.push(look_at_clock(clock.now(), stated));
}

/// The time that a time-stamping service states, or why it states none.
async fn ask_for_time(fetcher: &HttpFetcher, url: &str) -> Result<Timestamp, &'static str> {
    let imprint = HashAlgorithm::Sha256.digest(b"zegel doctor");
    let request = TimeStampRequest::new(HashAlgorithm::Sha256, &imprint, &SystemRandom);
    let need = Need::TimeStamp {
        url: url.to_owned(),
        request: request.der(),
    };
    let reply = fetcher
        .fetch(&need)
        .await
        .map_err(crate::pki::need::FetchFailure::as_str)?;
    timestamp::token_of_reply(&reply)
        .map(|token| token.gen_time)
        .map_err(timestamp::TimeStampDefect::cause)
}

fn look_at_clock(now: Timestamp, stated: Option<Timestamp>) -> Finding {
    let Some(stated) = stated else {
        return Finding::good("clock", format!("{now}, compared with nobody's"));
    };
    // One of the two is zero.
    let away = now.since(stated).max(stated.since(now));
    let says = format!("{now}, {} s from the time-stamping service's", away.as_secs());
    if away <= SKEW {
        Finding::good("clock", says)
    } else {
        Finding::bad("clock", says, "set this machine's clock, best by NTP")
    }
}

fn look_at_counter(config: &Config, clock: Arc<dyn Clock>, findings: &mut Vec<Finding>) {
    const WHAT: &str = "counter reader";
    if !config.counter.enabled {
        findings.push(Finding::good(WHAT, "switched off"));
        return;
    }
    let program = config.counter.pin_program.first().map(Path::new);
    findings.push(match program {
        Some(program) if program.is_file() || !program.is_absolute() => {
            Finding::good("PIN program", program.display().to_string())
        }
        other => Finding::bad(
            "PIN program",
            format!("`{}` is not there", other.unwrap_or(Path::new("")).display()),
            "set counter.pin_program to a pinentry program with its full path",
        ),
    });
    let options = Options {
        skip: config.counter.readers_to_skip.clone(),
        ..Options::default()
    };
    let seen = Readers::pcsc(options, clock).and_then(|readers| readers.list());
    findings.push(match seen {
        Ok(readers) if readers.is_empty() => {
            Finding::bad(WHAT, "no card reader is connected", "connect a card reader")
        }
        Ok(readers) => {
            let names: Vec<String> = readers.into_iter().map(|reader| reader.name).collect();
            Finding::good(WHAT, names.join(", "))
        }
        Err(error) => Finding::bad(
            WHAT,
            error.to_string(),
            super::card::hint(&error).unwrap_or("look at the smart card service"),
        ),
    });
}
