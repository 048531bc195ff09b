//! `zegel person block|unblock|blocked`: who may not log in or sign at a board, and with which certificate.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::config::Files;
use super::console::{Console, Exit};
use super::database::{self, DatabaseProblem, finish};
use super::files;
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::digest::Sha256Digest;
use crate::base::random::SystemRandom;
use crate::identity::{BoardId, PersonId};
use crate::journeys::administer;
use crate::pki::certificate::Certificate;
use crate::store::blocks::{self, BlockId, Listed, NewBlock, Subject};
use crate::store::db::{Db, StoreError};

/// Keep a person or a card out of a board, let them in again, or list who is kept out.
///
/// Example: zegel person blocked --board zegelgem
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Block a person or a certificate: no log-in and no signature at this board until it is lifted.
    ///
    /// A person is blocked whatever card they use, and their sessions end at once.
    ///
    /// Example: zegel person block --board zegelgem per_… --reason "left the service"
    Block {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        who: Who,
        /// Why, for whoever reads the list later. Write no national number in it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// List who and what is blocked.
    ///
    /// Example: zegel person blocked --board zegelgem --all
    Blocked {
        #[command(flatten)]
        place: Place,
        /// Those that were lifted too.
        #[arg(long)]
        all: bool,
    },
    /// Lift the block of a person or a certificate. Its record stays.
    ///
    /// Example: zegel person unblock --board zegelgem per_…
    Unblock {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        who: Who,
    },
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

/// Who or what is meant: exactly one.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Who {
    /// The person's id at this board.
    #[arg(value_name = "PERSON")]
    person: Option<PersonId>,
    /// SHA-256 of a certificate of the card, 64 hex digits: log-in asks its authentication certificate, signing its
    /// signature certificate.
    #[arg(long, value_name = "SHA256", value_parser = fingerprint)]
    certificate: Option<Sha256Digest>,
    /// A file with that certificate, PEM or DER.
    #[arg(long, value_name = "FILE")]
    certificate_file: Option<PathBuf>,
}

/// What is to be blocked or let in, as the command line named it.
#[derive(Clone, Copy)]
enum Named {
    Certificate(Sha256Digest),
    Person(PersonId),
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    let outcome = match arguments.command {
        Command::Block { place, who, reason } => block(&place, &who, &reason, console),
        Command::Blocked { place, all } => list(&place, all, console),
        Command::Unblock { place, who } => unblock(&place, &who, console),
    };
    outcome.unwrap_or_else(|exit| exit)
}

fn block(place: &Place, who: &Who, reason: &str, console: &mut Console) -> Result<Exit, Exit> {
    let named = who.named(console)?;
    let reason = reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > 200 || reason.chars().any(char::is_control) {
        console.error("expected a reason of 1 to 200 characters on one line");
        return Err(Exit::Usage);
    }
    let url = place.config.load(console)?.database_url;
    let now = SystemClock::new().now();
    let work = async {
        let db = database::open(&url).await?;
        let board = database::board_id(&db, &place.board).await?;
        let block = NewBlock {
            id: BlockId::new(now, &SystemRandom),
            board,
            subject: named.subject(&db, board).await?,
            reason,
            created_at: now,
        };
        administer::block(&db, &block, named.person(), &SystemRandom)
            .await
            .map_err(|error| DatabaseProblem::taken(error, "a block of", &named.to_string()))?;
        Ok(block.id)
    };
    Ok(finish(console, super::block_on(work), |id| {
        let json = match named {
            Named::Certificate(digest) => serde_json::json!({"id": id, "certificate": digest}),
            Named::Person(person) => serde_json::json!({"id": id, "person": person}),
        };
        (format!("blocked {named}"), json)
    }))
}

fn unblock(place: &Place, who: &Who, console: &mut Console) -> Result<Exit, Exit> {
    let named = who.named(console)?;
    let url = place.config.load(console)?.database_url;
    let work = async {
        let db = database::open(&url).await?;
        let board = database::board_id(&db, &place.board).await?;
        let subject = named.subject(&db, board).await?;
        let now = SystemClock::new().now();
        administer::unblock(&db, board, subject, named.person(), &SystemRandom, now)
            .await
            .map_err(|error| match error {
                StoreError::Stale(_) => DatabaseProblem::NotBlocked(named.to_string()),
                other => DatabaseProblem::Store(other),
            })
    };
    Ok(finish(console, super::block_on(work), |()| {
        (format!("let in again {named}"), named.json())
    }))
}

fn list(place: &Place, all: bool, console: &mut Console) -> Result<Exit, Exit> {
    let url = place.config.load(console)?.database_url;
    let work = async {
        let db = database::open(&url).await?;
        let board = database::board_id(&db, &place.board).await?;
        Ok(blocks::list(&db, board).await?)
    };
    Ok(finish(console, super::block_on(work), |mut found| {
        found.retain(|block| all || block.lifted_at.is_none());
        let lines: Vec<String> = found.iter().map(line).collect();
        let items: Vec<_> = found
            .iter()
            .map(|block| {
                serde_json::json!({"id": block.id, "person": block.person, "certificate": block.certificate,
                    "reason": block.reason, "blocked_at": block.created_at, "lifted_at": block.lifted_at})
            })
            .collect();
        (lines.join("\n"), serde_json::json!({"items": items}))
    }))
}

fn line(block: &Listed) -> String {
    let who = match (block.person, block.certificate) {
        (Some(person), _) => person.to_string(),
        (None, Some(certificate)) => certificate.to_string(),
        (None, None) => "(a person this board no longer knows)".to_owned(),
    };
    let lifted = block
        .lifted_at
        .map(|at| format!("\tlifted {at}"))
        .unwrap_or_default();
    format!("{who}\t{}\t{}{lifted}", block.created_at, block.reason)
}

impl Who {
    fn named(&self, console: &mut Console) -> Result<Named, Exit> {
        if let Some(person) = self.person {
            return Ok(Named::Person(person));
        }
        if let Some(digest) = self.certificate {
            return Ok(Named::Certificate(digest));
        }
        let file = self.certificate_file.clone().unwrap_or_default();
        let bytes = files::read(&file)
            .map_err(|problem| console.fail_with(Exit::Failed, problem.cause(), &problem))?;
        let from_pem = std::str::from_utf8(&bytes).ok().and_then(Certificate::from_pem);
        match from_pem.map_or_else(|| Certificate::parse(bytes), Ok) {
            Ok(certificate) => Ok(Named::Certificate(certificate.fingerprint())),
            Err(_) => Err(console.fail(
                Exit::Failed,
                "CERT_PARSE",
                format_args!("`{}` holds no certificate", file.display()),
            )),
        }
    }
}

impl Named {
    const fn person(self) -> Option<PersonId> {
        match self {
            Self::Certificate(_) => None,
            Self::Person(person) => Some(person),
        }
    }

    async fn subject(self, db: &Db, board: BoardId) -> Result<Subject, DatabaseProblem> {
        match self {
            Self::Certificate(digest) => Ok(Subject::Certificate(digest)),
            Self::Person(person) => match blocks::pseudonym_of(db, board, person).await? {
                Some(Some(pseudonym)) => Ok(Subject::Person(pseudonym)),
                Some(None) => Err(DatabaseProblem::PersonWithoutNumber(person.to_string())),
                None => Err(DatabaseProblem::PersonUnknown(person.to_string())),
            },
        }
    }

    fn json(self) -> serde_json::Value {
        match self {
            Self::Certificate(digest) => serde_json::json!({"certificate": digest}),
            Self::Person(person) => serde_json::json!({"person": person}),
        }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Certificate(digest) => digest.fmt(f),
            Self::Person(person) => person.fmt(f),
        }
    }
}

/// A fingerprint as tools print it: hex digits, with or without colons, in either case.
fn fingerprint(text: &str) -> Result<Sha256Digest, &'static str> {
    let plain = text.replace(':', "").to_ascii_lowercase();
    Sha256Digest::from_hex(&plain).ok_or("expected a SHA-256 fingerprint, 64 hex digits")
}
