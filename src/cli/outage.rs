//! `zegel outage on|off|show`: log-ins while nobody outside tells whether cards are revoked.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::config::Files;
use super::console::{Console, Exit};
use super::database::{self, finish};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::random::SystemRandom;
use crate::base::time::Timestamp;
use crate::journeys::administer;
use crate::store::outage::{self, Outage};

/// What the audit says by which program a change was made.
const HERE: &str = "command line";
/// The longest outage that is thrown at once.
const LONGEST: Duration = Duration::from_hours(7 * 24);
/// Longest reason, in characters.
const REASON: usize = 500;

/// Let people log in while the services that tell whether cards are revoked cannot be reached.
///
/// Whoever is known to be revoked or suspended stays out, nothing is signed on it, every log-in that rests on it says so
/// in the audit, and it ends by itself.
///
/// Example: zegel outage show
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Take the switch back.
    ///
    /// Example: zegel outage off
    Off {
        #[command(flatten)]
        config: Files,
    },
    /// Throw the switch.
    ///
    /// Example: zegel outage on --until 2026-03-03T18:00:00Z --reason "OCSP out of reach, ticket 4711"
    On {
        #[command(flatten)]
        config: Files,
        /// Until when, UTC; within seven days.
        #[arg(long, value_name = "TIME")]
        until: Timestamp,
        /// Why; it stands in the audit of every board.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Show whether it is on.
    ///
    /// Example: zegel outage show --format json
    Show {
        #[command(flatten)]
        config: Files,
    },
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let (Command::Off { config } | Command::On { config, .. } | Command::Show { config }) =
        &arguments.command;
    let config = match config.load(console) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let (now, url) = (SystemClock::new().now(), config.database_url);
    match arguments.command {
        Command::Show { .. } => {
            let work = async { Ok(outage::find(&database::open(&url).await?).await?) };
            finish(console, super::block_on(work), |found| shown(found.as_ref(), now))
        }
        Command::Off { .. } => change(None, &url, now, console),
        Command::On { until, reason, .. } => {
            if until <= now || until > now.plus(LONGEST) {
                console.error(format_args!(
                    "expected a time within the next seven days, found `{until}`"
                ));
                return Exit::Usage;
            }
            if reason.trim().is_empty() || reason.chars().count() > REASON {
                console.error(format_args!("a reason of 1 to {REASON} characters is needed"));
                return Exit::Usage;
            }
            let since = now;
            change(Some(Outage { since, until, reason }), &url, now, console)
        }
    }
}

fn change(outage: Option<Outage>, url: &str, now: Timestamp, console: &mut Console) -> Exit {
    let work = async {
        let db = database::open(url).await?;
        administer::set_outage(&db, outage.as_ref(), HERE, now, &SystemRandom).await?;
        Ok(outage)
    };
    finish(console, super::block_on(work), |outage| {
        shown(outage.as_ref(), now)
    })
}

fn shown(outage: Option<&Outage>, now: Timestamp) -> (String, serde_json::Value) {
    match outage.filter(|outage| outage.is_on(now)) {
        Some(outage) => (
            format!("on until {}: {}", outage.until, outage.reason),
            serde_json::json!({
                "on": true, "since": outage.since, "until": outage.until, "reason": outage.reason,
            }),
        ),
        None => ("off".to_owned(), serde_json::json!({ "on": false })),
    }
}
