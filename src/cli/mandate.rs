//! `zegel mandate …`: import facts, ask who may sign, report absences, delegate, adopt rules.

mod ask;
mod change;
mod import;

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::config::Files;
use super::console::{Console, Exit};
use super::{database, files};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::random::SystemRandom;
use crate::base::time::{Day, Timestamp};
use crate::crypto::wrap::KeyEncryptionKey;
use crate::journeys::open::key_encryption_key;
use crate::mandates::rules::RuleSet;
use crate::mandates::{NewFact, Register, Snapshot};
use crate::store::boards::Board;
use crate::store::db::Db;
use crate::store::facts;

/// Import who holds which post, ask who may sign, report absences, delegate, adopt the rules.
///
/// Example: zegel mandate who-may --board zegelgem --document decision --body college
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Report that a holder is away, or back.
    ///
    /// Example: zegel mandate absence report --board zegelgem --holding KEY --kind temporary --evidence mail
    #[command(subcommand)]
    Absence(change::Absence),
    /// Record the board's decision to work by the rules that come with zegel.
    ///
    /// Example: zegel mandate adopt --board zegelgem --decision "2026/012 (gemeenteraad)" --date 2026-01-28
    Adopt(change::Adopt),
    /// Record a delegation of signature.
    ///
    /// Example: zegel mandate delegate --board zegelgem --grantor PERSON --post KEY --grantee PERSON
    /// --document decision --from 2026-02-01 --decision "2026/013" --date 2026-01-28
    Delegate(change::Delegate),
    /// Say whether a person may sign, and why; exit code 3 when not, 4 when not enough is known.
    ///
    /// Example: zegel mandate explain --board zegelgem --document decision --body college --person PERSON
    Explain(ask::Explain),
    /// Read a Turtle export or a CSV upload into facts, and report what was noticed.
    ///
    /// Example: zegel mandate import --board zegelgem mandaten.ttl --dry-run
    Import(import::Import),
    /// Record that a person of a source is a person the board knows by their card.
    ///
    /// Example: zegel mandate link --board zegelgem --alias URI --person per_… --evidence "matched by number"
    Link(change::Link),
    /// List the facts in force.
    ///
    /// Example: zegel mandate list --board zegelgem --kind holding
    List(ask::List),
    /// Record that a delegation ends for good.
    ///
    /// Example: zegel mandate revoke --board zegelgem KEY --evidence "2026/040 (college)"
    Revoke(change::Revoke),
    /// List who may sign a document, slot by slot; exit code 4 when there is nobody for one.
    ///
    /// Example: zegel mandate who-may --board zegelgem --document decision --body college
    WhoMay(ask::WhoMay),
}

/// Which installation and board.
#[derive(Args, Debug)]
struct Place {
    #[command(flatten)]
    config: Files,
    /// The board, by its short name.
    #[arg(long, value_name = "SLUG")]
    board: String,
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let outcome = match arguments.command {
        Command::Absence(arguments) => change::absence(arguments, console),
        Command::Adopt(arguments) => change::adopt(arguments, console),
        Command::Delegate(arguments) => change::delegate(arguments, console),
        Command::Explain(arguments) => ask::explain(arguments, console),
        Command::Import(arguments) => import::run(arguments, console),
        Command::Link(arguments) => change::link(arguments, console),
        Command::List(arguments) => ask::list(arguments, console),
        Command::Revoke(arguments) => change::revoke(arguments, console),
        Command::WhoMay(arguments) => ask::who_may(arguments, console),
    };
    outcome.unwrap_or_else(|exit| exit)
}

/// An opened board.
struct Office {
    db: Db,
    board: Board,
    now: Timestamp,
    runtime: tokio::runtime::Runtime,
    key_file: std::path::PathBuf,
}

impl Place {
    fn open(&self, console: &mut Console) -> Result<Office, Exit> {
        let config = self.config.load(console)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| console.fail(Exit::Failed, "START_RUNTIME", error))?;
        let opened = runtime.block_on(async {
            let db = database::open(&config.database_url).await?;
            let board = database::board(&db, &self.board).await?;
            Ok::<_, database::DatabaseProblem>((db, board))
        });
        match opened {
            Ok((db, board)) => Ok(Office {
                db,
                board,
                now: SystemClock::new().now(),
                runtime,
                key_file: config.key_encryption_key_file,
            }),
            Err(problem) => Err(problem.tell(console)),
        }
    }
}

impl Office {
    fn register(&self, console: &mut Console) -> Result<Register, Exit> {
        self.runtime
            .block_on(facts::register(&self.db, self.board.id))
            .map_err(|error| console.fail_with(Exit::Failed, error.cause(), &error))
    }

    /// The snapshot at `known_at`, or at the present moment.
    fn snapshot(&self, known_at: Option<Timestamp>, console: &mut Console) -> Result<Snapshot, Exit> {
        let register = self.register(console)?;
        let known_at = known_at.unwrap_or_else(|| latest(&register, self.now));
        Ok(register.snapshot(known_at, RuleSet::flanders()))
    }

    fn record(&self, new: Vec<NewFact>, console: &mut Console) -> Result<Vec<crate::mandates::Fact>, Exit> {
        self.runtime
            .block_on(facts::record(
                &self.db,
                self.board.id,
                new,
                self.now,
                Arc::new(SystemRandom),
            ))
            .map_err(|error| console.fail_with(Exit::Failed, error.cause(), &error))
    }

    fn key(&self, console: &mut Console) -> Result<KeyEncryptionKey, Exit> {
        key_encryption_key(&self.key_file)
            .map_err(|error| console.fail_with(Exit::Failed, "STORE_KEY", &error))
    }
}

/// `now`, or the last record time where the clock stands behind it.
fn latest(register: &Register, now: Timestamp) -> Timestamp {
    register
        .facts()
        .map(|fact| fact.recorded_at)
        .max()
        .map_or(now, |last| last.max(now))
}

/// A moment as people write it: RFC 3339, or a day, which then means its noon in Brussels.
fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse::<Timestamp>()
        .or_else(|_| {
            text.parse::<Day>()
                .map(|day| day.start().plus(std::time::Duration::from_hours(12)))
        })
        .map_err(|_| format!("expected a day or an RFC 3339 time, found `{text}`"))
}

/// A document to read, `-` for stdin.
fn read_file(path: &std::path::Path, console: &mut Console) -> Result<Vec<u8>, Exit> {
    files::read(path).map_err(|problem| console.fail_with(Exit::Failed, problem.cause(), &problem))
}
