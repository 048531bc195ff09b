//! What the service learnt about the PKI: authorities and revocation lists. Public data, the same for every board.

use std::path::{Path, PathBuf};

use super::db::{Db, StoreError};
use super::row::Value;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;
use crate::pki::anchors::{TrustData, TrustDataError};
use crate::pki::certificate::Certificate;
use crate::pki::lists::anchors::ListAnchors;
use crate::pki::trust::{Change, Trust};

crate::statements! {
    SAVE_AUTHORITY = "INSERT INTO trust_authority (sha256, der, added_at) VALUES ($1, $2, $3) \
                      ON CONFLICT (sha256) DO NOTHING";
    AUTHORITIES = "SELECT der FROM trust_authority ORDER BY added_at, sha256";
    SAVE_LIST = "INSERT INTO trust_crl (issuer_sha256, url, der, this_update, fetched_at) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (issuer_sha256, url) DO UPDATE \
                 SET der = excluded.der, this_update = excluded.this_update, fetched_at = excluded.fetched_at \
                 WHERE trust_crl.this_update <= excluded.this_update";
    LISTS = "SELECT issuer_sha256, url, der, fetched_at FROM trust_crl ORDER BY issuer_sha256, url";
}

/// Name of the file with a laboratory's trust in its folder.
pub const LABORATORY_FILE: &str = "trust.toml";

/// Name of the file with a laboratory's anchors of trusted lists, where it has any.
pub const LABORATORY_LISTS: &str = "lists.toml";

/// The trust of this installation could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file of the laboratory's folder cannot be read.
    #[error("`{path}` cannot be read")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The data is broken, or mixes test and production.
    #[error(transparent)]
    Data(#[from] TrustDataError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sets up the trust of this installation with everything learnt so far.
///
/// `laboratory`: the folder of test trust; `None` is production. A configuration gives one only when it says
/// `environment = "test"`. The folder holds `trust.toml` and certificates in DER (`*.crt`).
///
/// # Errors
/// See [`TrustError`]. A stored authority or list that is not believed any more is left out, not an error.
pub async fn open(db: &Db, laboratory: Option<&Path>, now: Timestamp) -> Result<Trust, TrustError> {
    let trust = match laboratory {
        Some(folder) => open_folder(folder)?,
        None => Trust::new(TrustData::production()?),
    };
    load(db, &trust, now).await?;
    Ok(trust)
}

/// The trust of a laboratory's folder.
///
/// # Errors
/// When `trust.toml` is missing or refused.
pub fn open_folder(folder: &Path) -> Result<Trust, TrustError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| TrustError::File { path, source }
    };
    let file = folder.join(LABORATORY_FILE);
    let text = std::fs::read_to_string(&file).map_err(failed(&file))?;
    let mut trust = Trust::new(TrustData::test(&text)?);
    let lists = folder.join(LABORATORY_LISTS);
    if lists.is_file() {
        let text = std::fs::read_to_string(&lists).map_err(failed(&lists))?;
        trust = trust.with_list_anchors(ListAnchors::test(&text)?);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "crt") {
            let der = std::fs::read(&path).map_err(failed(&path))?;
            found.extend(Certificate::parse(der).ok());
        }
    }
    take(&trust, &found);
    Ok(trust)
}

/// Offers certificates until no more of them chain: an authority may come before the one above it.
fn take(trust: &Trust, certificates: &[Certificate]) {
    for certificate in certificates {
        trust.add_anchor(certificate);
    }
    let mut waiting: Vec<&Certificate> = certificates.iter().collect();
    loop {
        let before = waiting.len();
        waiting.retain(|certificate| trust.add_issuer(certificate).is_err());
        if waiting.len() == before || waiting.is_empty() {
            return;
        }
    }
}

/// Gives `trust` what was stored. Each item is checked as if it came from outside.
///
/// # Errors
/// When the database fails.
pub async fn load(db: &Db, trust: &Trust, now: Timestamp) -> Result<(), StoreError> {
    let mut authorities = Vec::new();
    for row in db.all(AUTHORITIES, &[]).await? {
        authorities.extend(Certificate::parse(row.bytes("der")?).ok());
    }
    take(trust, &authorities);
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    for row in db.all(LISTS, &[]).await? {
        let (issuer, url) = (row.text("issuer_sha256")?, row.text("url")?);
        let fetched_at = row.time("fetched_at")?.min(now);
        let known = trust
            .authorities()
            .into_iter()
            .find(|known| known.fingerprint().to_string() == issuer);
        if let Some(known) = known
            && let Err(defect) =
                trust.add_crl(&known, &url, &row.bytes("der")?, &algorithms, false, fetched_at)
        {
            tracing::warn!(cause = defect.cause(), "a stored revocation list is not used");
        }
    }
    // What was just read needs no saving.
    trust.take_changes();
    Ok(())
}

/// Stores what `trust` learnt since the last call. Call it after anything that may have fetched.
///
/// # Errors
/// When the database fails; what was not stored is then only in memory, and is fetched again after a restart.
pub async fn keep(db: &Db, trust: &Trust, now: Timestamp) -> Result<(), StoreError> {
    for alarm in trust.take_alarms() {
        tracing::error!(cause = alarm.cause, issuer = %alarm.issuer, "a source of revocation data gave what is older than before");
    }
    for change in trust.take_changes() {
        match change {
            Change::Authority(certificate) => {
                let values = [
                    Value::from(certificate.fingerprint().to_string()),
                    Value::from(certificate.der().to_vec()),
                    Value::from(now),
                ];
                db.commit_alone(SAVE_AUTHORITY, &values).await?;
            }
            Change::Crl {
                issuer,
                url,
                der,
                this_update,
                fetched_at,
            } => {
                let values = [
                    Value::from(issuer.to_string()),
                    Value::from(url),
                    Value::from(der.to_vec()),
                    Value::from(this_update),
                    Value::from(fetched_at),
                ];
                db.commit_alone(SAVE_LIST, &values).await?;
            }
        }
    }
    Ok(())
}
