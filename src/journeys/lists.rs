//! Trusted lists of an installation: loaded at the start, renewed every few hours, never lost by a failure.
//!
//! What is fetched is believed only if it verifies and is not older than what was held; what is held stays in use when
//! nothing better comes, and an alarm says so. Start from [`refresh`].

use std::collections::BTreeMap;

use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::fetch::Fetcher;
use crate::pki::lists::anchors::ListAnchors;
use crate::pki::lists::lotl::{self, UNION, VerifiedLotl};
use crate::pki::lists::trusted::TrustedLists;
use crate::pki::need::Need;
use crate::pki::trust::Trust;
use crate::store::db::{Db, StoreError};
use crate::store::trusted_lists::{self, Role, StoredList};

/// What came of one territory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// The territory, `EU` for the list of lists.
    pub territory: String,
    /// The sequence number that is held now, if any.
    pub held: Option<u64>,
    /// Why it could not be renewed.
    pub cause: Option<&'static str>,
}

/// The stored lists, verified again: each at the time it was made, since what is held stays in use.
///
/// # Errors
/// When the database fails. A stored list that is not believed any more is left out and logged.
pub async fn load(db: &Db, anchors: &ListAnchors) -> Result<TrustedLists, StoreError> {
    let stored = trusted_lists::all(db).await?;
    let pivots = pivots_of(&stored);
    let mut lists = TrustedLists::default();
    let Some(list) = stored
        .iter()
        .find(|list| list.role == Role::Lotl && list.url == anchors.url)
    else {
        return Ok(lists);
    };
    // The number it was stored with: a file put in its place by somebody else is not an older one.
    match lotl::verify(&list.xml, &pivots, anchors, Some(list.sequence), None) {
        Ok(found) => {
            for national in stored.iter().filter(|list| list.role == Role::National) {
                match found.verify(&national.xml, &national.territory, Some(national.sequence), None) {
                    Ok(verified) => lists.lists.push(verified),
                    Err(defect) => tracing::warn!(
                        cause = defect.cause(),
                        territory = national.territory,
                        "a stored trusted list is not used"
                    ),
                }
            }
            lists.lotl = Some(found);
        }
        Err(defect) => tracing::warn!(cause = defect.cause(), "the stored list of lists is not used"),
    }
    Ok(lists)
}

fn pivots_of(stored: &[StoredList]) -> BTreeMap<String, Vec<u8>> {
    stored
        .iter()
        .filter(|list| list.role == Role::Pivot)
        .map(|list| (list.url.clone(), list.xml.clone()))
        .collect()
}

/// Fetches what is newer, keeps it, and puts it in the place of what `trust` holds, all at once.
///
/// # Errors
/// When the database fails; what was held stays in use.
pub async fn refresh(
    db: &Db,
    trust: &Trust,
    anchors: &ListAnchors,
    fetcher: &dyn Fetcher,
    now: Timestamp,
) -> Result<Vec<Renewal>, StoreError> {
    let held = trust.lists();
    let mut next = TrustedLists::clone(&held);
    let mut renewals = Vec::new();
    let mut round = Round {
        db,
        anchors,
        fetcher,
        now,
    };
    let cause = match round.list_of_lists(held.lotl.as_ref()).await? {
        Ok(found) => {
            next.lotl = Some(found);
            None
        }
        Err(cause) => Some(cause),
    };
    let sequence = next.lotl.as_ref().map(|found| found.verified.list.sequence);
    renewals.push(round.told(UNION, sequence, cause).await?);
    for territory in &anchors.territories {
        let cause = match &next.lotl {
            // Nothing says who signs it.
            None => Some("TL_ANCHOR_UNKNOWN"),
            Some(found) => {
                let found = found.clone();
                round.national(&found, territory, &mut next).await?
            }
        };
        let sequence = next.list(territory).map(|found| found.list.sequence);
        renewals.push(round.told(territory, sequence, cause).await?);
    }
    trust.set_lists(next);
    Ok(renewals)
}

struct Round<'a> {
    db: &'a Db,
    anchors: &'a ListAnchors,
    fetcher: &'a dyn Fetcher,
    now: Timestamp,
}

impl Round<'_> {
    async fn fetch(&self, need: Need) -> Result<Vec<u8>, &'static str> {
        self.fetcher.fetch(&need).await.map_err(|_| "TL_UNAVAILABLE")
    }

    /// Whether the file beside the list says that the held one is still the one. A wrong answer costs a download or
    /// leaves the held list in use until it is overdue, when the list itself is asked for.
    async fn is_unchanged(&self, list: &Need, held: Sha256Digest) -> bool {
        let Some(stem) = list.url().strip_suffix(".xml") else {
            return false;
        };
        let url = format!("{stem}.sha2");
        let digest = match list {
            Need::NationalList { .. } => Need::NationalList { url },
            _ => Need::List { url },
        };
        match self.fetch(digest).await {
            Ok(said) => {
                said == held.as_bytes()
                    || std::str::from_utf8(&said)
                        .is_ok_and(|text| text.trim().eq_ignore_ascii_case(&held.to_string()))
            }
            Err(_) => false,
        }
    }

    /// The outer result is the database's.
    async fn list_of_lists(
        &self,
        held: Option<&VerifiedLotl>,
    ) -> Result<Result<VerifiedLotl, &'static str>, StoreError> {
        let moment = Some((self.now, self.anchors.grace_seconds));
        let url = &self.anchors.url;
        let need = Need::List { url: url.clone() };
        if let Some(held) = held
            && held.verified.list.is_overdue(self.now, 0).is_none()
            && self.is_unchanged(&need, held.verified.fingerprint).await
        {
            return Ok(Ok(held.clone()));
        }
        let bytes = match self.fetch(need).await {
            Ok(bytes) => bytes,
            Err(cause) => return Ok(Err(cause)),
        };
        let mut pivots = pivots_of(&trusted_lists::all(self.db).await?);
        let wanted = match lotl::routes(&bytes, self.anchors) {
            Ok(routes) => routes,
            Err(defect) => return Ok(Err(defect.cause())),
        };
        let sequence = held.map(|held| held.verified.list.sequence);
        let mut outcome = lotl::verify(&bytes, &pivots, self.anchors, sequence, moment);
        // Pivots are asked for only where no shorter way leads to the list.
        for uri in wanted.iter().flat_map(|route| &route.pivots) {
            if outcome.is_ok() {
                break;
            }
            if !pivots.contains_key(uri)
                && let Ok(pivot) = self.fetch(Need::List { url: uri.clone() }).await
            {
                pivots.insert(uri.clone(), pivot);
                outcome = lotl::verify(&bytes, &pivots, self.anchors, sequence, moment);
            }
        }
        let found = match outcome {
            Ok(found) => found,
            Err(defect) => return Ok(Err(defect.cause())),
        };
        // Those that the verified list rests on; others are not kept.
        let used = wanted
            .iter()
            .find(|route| route.publication == found.publication)
            .map(|route| route.pivots.clone())
            .unwrap_or_default();
        for (uri, sequence) in used.iter().zip(&found.pivots) {
            if let Some(xml) = pivots.remove(uri) {
                self.save(uri, Role::Pivot, UNION, *sequence, xml).await?;
            }
        }
        self.save(url, Role::Lotl, UNION, found.verified.list.sequence, bytes)
            .await?;
        Ok(Ok(found))
    }

    async fn national(
        &mut self,
        lotl: &VerifiedLotl,
        territory: &str,
        next: &mut TrustedLists,
    ) -> Result<Option<&'static str>, StoreError> {
        let Some(pointer) = lotl.pointer(territory) else {
            return Ok(Some("TL_SCOPE"));
        };
        // The verified list of lists decides where it is: a member state may move its list to another host.
        let need = Need::NationalList {
            url: pointer.location.clone(),
        };
        let held = next.list(territory);
        if let Some(held) = held
            && held.list.is_overdue(self.now, 0).is_none()
            && pointer.signers.contains(&held.signer)
            && self.is_unchanged(&need, held.fingerprint).await
        {
            return Ok(None);
        }
        let sequence = held.map(|held| held.list.sequence);
        let bytes = match self.fetch(need).await {
            Ok(bytes) => bytes,
            Err(cause) => return Ok(Some(cause)),
        };
        let moment = Some((self.now, self.anchors.grace_seconds));
        let found = match lotl.verify(&bytes, territory, sequence, moment) {
            Ok(found) => found,
            Err(defect) => return Ok(Some(defect.cause())),
        };
        self.save(
            &pointer.location,
            Role::National,
            territory,
            found.list.sequence,
            bytes,
        )
        .await?;
        next.lists.retain(|list| list.list.territory != territory);
        next.lists.push(found);
        Ok(None)
    }

    async fn save(
        &self,
        url: &str,
        role: Role,
        territory: &str,
        sequence: u64,
        xml: Vec<u8>,
    ) -> Result<(), StoreError> {
        let list = StoredList {
            url: url.to_owned(),
            role,
            territory: territory.to_owned(),
            sequence,
            xml,
            fetched_at: self.now,
        };
        trusted_lists::save(self.db, &list).await
    }

    /// Notes the outcome where `zegel doctor` and the log see it.
    async fn told(
        &self,
        territory: &str,
        held: Option<u64>,
        cause: Option<&'static str>,
    ) -> Result<Renewal, StoreError> {
        match cause {
            Some(cause) => {
                tracing::error!(
                    cause,
                    territory,
                    held,
                    "a trusted list could not be renewed; what is held stays in use"
                );
                trusted_lists::alarm(self.db, territory, cause, self.now).await?;
            }
            None => trusted_lists::calm(self.db, territory).await?,
        }
        Ok(Renewal {
            territory: territory.to_owned(),
            held,
            cause,
        })
    }
}
