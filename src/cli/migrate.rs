//! `zegel migrate`: bring the database up to date.

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit};
use super::database::{self, DatabaseProblem};
use crate::base::clock::{Clock as _, SystemClock};
use crate::store::db::Db;
use crate::store::migrate;

/// Bring the database up to date, or say what is missing.
///
/// Example: zegel migrate --check --config /etc/zegel/zegel.toml
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    config: Files,
    /// Change nothing; exit with 7 when something is missing.
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let config = match arguments.config.load(console) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let check = arguments.check;
    let work = async {
        if check {
            return match database::open_for_check(&config.database_url).await {
                Ok((_, missing)) => Ok(missing),
                // It would be made, with everything in it. Not now: nothing is changed.
                Err(DatabaseProblem::Missing(_)) => Ok(migrate::names()),
                Err(problem) => Err(problem),
            };
        }
        let db = Db::open(&config.database_url).await?;
        Ok(migrate::migrate(&db, SystemClock::new().now()).await?.names)
    };
    let names = match super::block_on(work) {
        Ok(Ok(names)) => names,
        Ok(Err(problem)) => return problem.tell(console),
        Err(error) => return console.fail_with(Exit::Failed, "START_RUNTIME", &error),
    };
    let json = serde_json::json!({"check": check, "migrations": names});
    let text = match (names.is_empty(), check) {
        (true, _) => "the database is up to date".to_owned(),
        (false, true) => format!("missing: {}", names.join(", ")),
        (false, false) => format!("applied: {}", names.join(", ")),
    };
    console.result(text, &json);
    if check && !names.is_empty() {
        console.hint("run: zegel migrate");
        return Exit::ProblemsFound;
    }
    Exit::Good
}
