//! Making an [`App`] from the settings: everything an installation reaches, opened once at the start.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{App, Counter, lists};
use crate::base::clock::Clock;
use crate::base::random::Random;
use crate::card::CardError;
use crate::card::pin::PinProgram;
use crate::card::readers::{Options, Readers};
use crate::config::{Config, Environment};
use crate::crypto::wrap::{KeyEncryptionKey, WrapError};
use crate::fetch::http::{ClientError, HttpFetcher};
use crate::mandates::rules::RuleSet;
use crate::pki::anchors;
use crate::store::blobs::Blobs;
use crate::store::db::{Db, StoreError};
use crate::store::facts::Snapshots;
use crate::store::installation;
use crate::store::migrate;
use crate::store::trust::{self, TrustError};

/// Why an installation cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The readers of this computer cannot be used.
    #[error("the card readers cannot be used")]
    Card(#[from] CardError),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The database is a laboratory's and the settings say production, or the other way round.
    #[error("the database belongs to the other environment: a laboratory's never becomes a real one")]
    Environment,
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key-encryption key is none.
    #[error("`{path}` holds no key-encryption key")]
    Key {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: WrapError,
    },
    /// The database is not up to date and may not be changed.
    #[error("the database needs: {0}")]
    Migration(String),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The trust data is refused.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

impl OpenError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Card(error) => error.cause(),
            Self::Client(_) => "START_HTTP_CLIENT",
            Self::Environment => "START_ENVIRONMENT",
            Self::File { .. } => "START_FILE",
            Self::Key { .. } => "START_KEY",
            Self::Migration(_) => "START_MIGRATION",
            Self::Store(error) => error.cause(),
            Self::Trust(_) => "START_TRUST",
        }
    }

    /// A way out, when one is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Environment => Some("name another database, or say which environment this one is for"),
            Self::Key { .. } => Some("make a key with: openssl rand -hex 32"),
            Self::Migration(_) => Some("run: zegel migrate"),
            Self::Card(_) => Some("install and start pcscd, or switch counter.enabled off"),
            Self::Store(error) => error.hint(),
            _ => None,
        }
    }
}

/// Opens everything `config` names. `may_migrate`: whether the database may be brought up to date.
///
/// # Errors
/// The first thing that cannot be used; nothing is left half open.
pub async fn open(
    config: Config,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    may_migrate: bool,
) -> Result<Arc<App>, OpenError> {
    let kek = key_encryption_key(&config.key_encryption_key_file)?;
    let db = Db::open(&config.database_url).await?;
    if may_migrate {
        migrate::migrate(&db, clock.now()).await?;
    } else {
        let pending = migrate::pending(&db).await?;
        if !pending.names.is_empty() {
            return Err(OpenError::Migration(pending.names.join(", ")));
        }
    }
    if !installation::claim(&db, pki_environment(config.environment)).await? {
        return Err(OpenError::Environment);
    }
    let blobs = Blobs::in_folder(&config.blobs, &config.scratch)?;
    let laboratory = laboratory(&config).map(PathBuf::as_path);
    let trust = trust::open(&db, laboratory, clock.now()).await?;
    let trust = Arc::new(trust.with_responders(config.outside.responders.clone()));
    if let Some(anchors) = trust.list_anchors() {
        trust.set_lists(lists::load(&db, anchors).await?);
    }
    let rules = config.outside.fetch_rules(&trust);
    let fetcher = Arc::new(HttpFetcher::new(rules, Arc::clone(&clock))?);
    let counter = counter(&config, &clock)?;
    Ok(Arc::new(App {
        db,
        clock,
        random,
        kek: Arc::new(kek),
        trust,
        fetcher,
        counter,
        blobs,
        snapshots: Arc::new(Snapshots::new(RuleSet::flanders())),
        config: Arc::new(config),
    }))
}

/// The environment as databases and trust name it.
pub const fn pki_environment(environment: Environment) -> anchors::Environment {
    match environment {
        Environment::Production => anchors::Environment::Production,
        Environment::Test => anchors::Environment::Test,
    }
}

/// The folder of a laboratory's trust, where this installation may use one; `None` is production's pins.
const fn laboratory(config: &Config) -> Option<&PathBuf> {
    match config.environment {
        Environment::Test => config.test_trust.as_ref(),
        Environment::Production => None,
    }
}

fn counter(config: &Config, clock: &Arc<dyn Clock>) -> Result<Option<Counter>, OpenError> {
    if !config.counter.enabled {
        return Ok(None);
    }
    let options = Options {
        skip: config.counter.readers_to_skip.clone(),
        ..Options::default()
    };
    let readers = Readers::pcsc(options, Arc::clone(clock))?;
    let limit: Duration = config.counter.pin_timeout;
    let pin_program = PinProgram::new(config.counter.pin_program.clone(), limit)?;
    let mut counter = Counter::new(readers, pin_program);
    counter.keypad = config.counter.keypad;
    Ok(Some(counter))
}

/// Reads the key-encryption key of an installation.
///
/// # Errors
/// `File` or `Key`, which name the file and never what is in it.
pub fn key_encryption_key(file: &Path) -> Result<KeyEncryptionKey, OpenError> {
    let path = || file.display().to_string();
    let bytes = std::fs::read(file)
        .map(zeroize::Zeroizing::new)
        .map_err(|source| OpenError::File { path: path(), source })?;
    KeyEncryptionKey::from_bytes(&bytes).map_err(|source| OpenError::Key { path: path(), source })
}
