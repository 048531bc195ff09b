//! The journeys: read, wait outside with no transaction open, one short write with its audit row.
//!
//! Never speaks HTTP: inputs and outcomes are types, and `http` translates. Start from [`App`], what every journey
//! is given, and read [`login`] from top to bottom.

pub mod administer;
pub mod codes;
mod counter;
pub mod lists;
pub mod login;
pub mod open;
pub mod seal;
pub mod seats;
pub mod sign;
pub mod trust;
pub mod validate;

use std::sync::Arc;

use serde_json::Value;

use crate::audit::{Event, EventId, EventKind};
use crate::base::clock::Clock;
use crate::base::digest::Sha256Digest;
use crate::base::national::NationalNumber;
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::config::Config;
use crate::crypto::wrap::KeyEncryptionKey;
use crate::fetch::Fetcher;
use crate::identity::BoardId;
use crate::oidc::discovery;
use crate::pki::trust::Trust;
use crate::store::blobs::Blobs;
use crate::store::db::{Db, StoreError};
use crate::store::facts::Snapshots;
use crate::store::{blocks, persons};

pub use counter::{Counter, Running};

/// What every journey is given: the installation, with everything that reaches outside of it.
pub struct App {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Opens the boards' keys and secrets.
    pub kek: Arc<KeyEncryptionKey>,
    /// The settings.
    pub config: Arc<Config>,
    /// Pinned roots, known issuing authorities, revocation lists.
    pub trust: Arc<Trust>,
    /// The one door to the outside.
    pub fetcher: Arc<dyn Fetcher>,
    /// This machine's readers, when they are used.
    pub counter: Option<Counter>,
    /// The documents.
    pub blobs: Blobs,
    /// What each board knows about who may do what.
    pub snapshots: Arc<Snapshots>,
}

impl App {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The origin that cards sign for: the configured public address, never a request's Host header.
    pub fn origin(&self) -> &str {
        self.config.public_url.trim_end_matches('/')
    }

    /// The issuer of the board with `slug`.
    pub fn issuer(&self, slug: &str) -> String {
        discovery::issuer(self.origin(), slug)
    }

    /// An audit event of `board` that happens now. `actor` and `object` are ids, `result` is `ok` or a cause code.
    pub fn event(
        &self,
        board: BoardId,
        kind: EventKind,
        actor: Option<String>,
        object: Option<String>,
        result: &str,
        detail: Value,
    ) -> Event {
        let at = self.now();
        let id = EventId::new(at, self.random.as_ref());
        Event {
            id,
            board,
            at,
            kind,
            actor,
            object,
            result: result.to_owned(),
            detail,
        }
    }
}

/// Whether `board` blocks whoever has `number`, or the card of this certificate.
pub(crate) async fn is_blocked(
    app: &App,
    board: BoardId,
    number: &NationalNumber,
    certificate: Sha256Digest,
) -> Result<bool, StoreError> {
    let random = app.random.as_ref();
    let pseudonym = persons::pseudonym(&app.db, board, number, &app.kek, random, app.now()).await?;
    blocks::is_blocked(&app.db, board, pseudonym, certificate).await
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "App({})", self.origin())
    }
}
