//! What an installation learns of the PKI beside its visitors: pinned roots, authorities before their first card,
//! and what a card at the counter brings itself.
//!
//! Nothing here decides whom to believe: each certificate is kept only if it is pinned or chains to what is. Start from
//! [`refresh`].

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::base::clock::Clock;
use crate::base::time::Timestamp;
use crate::card::CardError;
use crate::card::eid::{Eid, File};
use crate::crypto::policy::AlgorithmPolicy;
use crate::fetch::{Fetcher, resume};
use crate::pki::certificate::Certificate;
use crate::pki::crl::CrlDefect;
use crate::pki::need::{FetchFailure, Need};
use crate::pki::trust::{DueList, Trust};
use crate::store;
use crate::store::db::{Db, StoreError};

/// Most certificates asked for in one go, so that a first start does not knock without pause.
const AT_ONCE: usize = 60;
/// How long after its time a list that does not come is an alarm.
const ALARM_AFTER: Duration = Duration::from_hours(3);
/// Most authorities of one year.
const LAST_OF_A_YEAR: u8 = 99;

/// How far a refresh came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// Certificates that are new.
    pub learnt: usize,
    /// Whether everything that has an address was asked for: the next refresh may wait.
    pub is_complete: bool,
}

/// Fetches pinned roots that are not at hand, then authorities that no card has shown yet, and stores what is new.
///
/// A source that does not answer ends the round; the next one goes on from there.
///
/// # Errors
/// When what was learnt cannot be stored; it is in memory all the same.
pub async fn refresh(
    db: &Db,
    trust: &Trust,
    fetcher: &dyn Fetcher,
    now: Timestamp,
) -> Result<Refreshed, StoreError> {
    let roots = resume::roots(trust, fetcher).await;
    let rooted = trust.missing_roots().is_empty();
    let (authorities, walked) = authorities(trust, fetcher, now).await;
    store::trust::keep(db, trust, now).await?;
    Ok(Refreshed {
        learnt: roots.len().saturating_add(authorities),
        is_complete: rooted && walked,
    })
}

/// Fetches the revocation lists that are due, each once, whoever else wants it at the moment, and stores them. Returns how
/// many came.
///
/// A list that does not come stays as it is until its own end; the next round tries again.
///
/// # Errors
/// When what came cannot be stored; it is in memory all the same.
pub async fn refresh_lists(
    db: &Db,
    trust: &Arc<Trust>,
    fetcher: &dyn Fetcher,
    clock: &dyn Clock,
) -> Result<usize, StoreError> {
    let mut fetched = 0_usize;
    for due in trust.lists_due(clock.now()) {
        let need = Need::Crl { url: due.url.clone() };
        let turn = fetcher.turn(&need).await;
        // Somebody who logged in may have fetched it while this waited.
        let is_due = |one: &DueList| one.url == due.url && one.issuer == due.issuer;
        if turn.has_waited() && !trust.lists_due(clock.now()).iter().any(is_due) {
            continue;
        }
        let taken = match turn.ask(fetcher, &need).await {
            Ok(der) => take_list(trust, &due, der, clock.now()).await,
            Err(failure) => Err(failure.as_str()),
        };
        match taken {
            Ok(()) => fetched = fetched.saturating_add(1),
            Err(cause) if due.overdue.is_some_and(|overdue| overdue >= ALARM_AFTER) => {
                tracing::error!(cause, issuer = %due.issuer.fingerprint(), "a revocation list is long overdue");
            }
            Err(cause) => {
                tracing::warn!(cause, issuer = %due.issuer.fingerprint(), "a revocation list could not be fetched");
            }
        }
    }
    store::trust::keep(db, trust, clock.now()).await?;
    Ok(fetched)
}

/// Reads a list aside: a large one takes its time.
async fn take_list(
    trust: &Arc<Trust>,
    due: &DueList,
    der: Vec<u8>,
    now: Timestamp,
) -> Result<(), &'static str> {
    let (trust, due) = (Arc::clone(trust), due.clone());
    let taken = tokio::task::spawn_blocking(move || {
        let algorithms = AlgorithmPolicy::etsi_ts_119_312();
        trust
            .add_crl(&due.issuer, &due.url, &der, &algorithms, false, now)
            .map(|_| ())
            .map_err(CrlDefect::cause)
    });
    // The thread can only fail to answer when the runtime is shutting down.
    taken.await.unwrap_or(Err("interrupted"))
}

/// Walks each year of each series to its end, past what is at hand. Returns how many are new, and whether the
/// walk came to its end.
async fn authorities(trust: &Trust, fetcher: &dyn Fetcher, now: Timestamp) -> (usize, bool) {
    let (mut learnt, mut asked) = (0_usize, 0_usize);
    let known: BTreeSet<String> = trust
        .authorities()
        .iter()
        .filter_map(|authority| trust.data().authority_url(authority.subject()))
        .collect();
    let year = now.day().date().year();
    for series in trust.data().series_until(year) {
        for number in 1..=LAST_OF_A_YEAR {
            let url = series.url(number);
            if known.contains(&url) {
                continue;
            }
            if asked == AT_ONCE {
                return (learnt, false);
            }
            asked = asked.saturating_add(1);
            match fetcher.fetch(&Need::Issuer { url }).await {
                Ok(der) => {
                    let taken =
                        Certificate::parse(der).is_ok_and(|found| trust.add_issuer(&found) == Ok(true));
                    if !taken {
                        break;
                    }
                    learnt = learnt.saturating_add(1);
                }
                // There is no such authority yet: the year ends here.
                Err(FetchFailure::Http(404 | 403 | 410)) => break,
                Err(_) => return (learnt, false),
            }
        }
    }
    (learnt, true)
}

/// Takes root and issuing authority from the card, where the authority of `leaf` is not at hand: the nearest source
/// there is, and it needs no network.
///
/// # Errors
/// When the card fails.
pub(super) fn learn_from_card(eid: &mut Eid<'_>, trust: &Trust, leaf: &Certificate) -> Result<(), CardError> {
    if trust.knows_issuer(leaf) {
        return Ok(());
    }
    let files = eid.read_files(&[File::CaCertificate, File::RootCertificate])?;
    let certificate = |file| {
        files
            .get(file)
            .and_then(|der| Certificate::parse(der.to_vec()).ok())
    };
    if let Some(root) = certificate(File::RootCertificate) {
        trust.add_anchor(&root);
    }
    if let Some(issuer) = certificate(File::CaCertificate) {
        // One that does not chain to a pinned root is not kept; the path then says so.
        let _ = trust.add_issuer(&issuer);
    }
    Ok(())
}
