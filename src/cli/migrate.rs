//! `zegel migrate`: bring the database up to date.

use clap::Args;

use super::config::Files;
use super::console::{Console, Exit};
use crate::base::clock::{Clock as _, SystemClock};
use crate::store::db::{Db, StoreError};
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
        let db = Db::open(&config.database_url).await?;
        if check {
            migrate::pending(&db).await
        } else {
            migrate::migrate(&db, SystemClock::new().now()).await
        }
    };
    let outcome: Result<migrate::Pending, StoreError> = match super::block_on(work) {
        Ok(outcome) => outcome,
        Err(error) => return console.fail(Exit::Failed, "RUNTIME", error),
    };
    match outcome {
        Ok(pending) => {
            let json = serde_json::json!({"check": check, "migrations": pending.names});
            let text = match (pending.names.is_empty(), check) {
                (true, _) => "the database is up to date".to_owned(),
                (false, true) => format!("missing: {}", pending.names.join(", ")),
                (false, false) => format!("applied: {}", pending.names.join(", ")),
            };
            console.result(text, &json);
            if check && !pending.names.is_empty() {
                Exit::ProblemsFound
            } else {
                Exit::Good
            }
        }
        Err(error) => console.fail(Exit::Failed, error.cause(), error),
    }
}
