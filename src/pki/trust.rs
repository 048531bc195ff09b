//! Everything one running service believes: pins, known authorities, verified links, cached status.
//!
//! Pure memory: what is read from a store or fetched is handed in, what changed is handed out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::anchors::{Anchors, Environment, TrustData};
use super::certificate::Certificate;
use super::crl::{Crl, CrlDefect, UnverifiedCrl};
use super::links::VerifiedLinks;
use super::lists::anchors::ListAnchors;
use super::lists::trusted::TrustedLists;
use super::need::Need;
use super::ocsp::{self, OcspAnswer, OcspDefect, OcspPolicy, OcspRequest, ResponderRules};
use super::path::{self, Limits, Path, Pool, Request};
use super::policies::PolicyInputs;
use super::purpose::Purpose;
use super::refusal::Refusal;
use super::status::CertificateStatus;
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;

/// Most authorities kept; about 430 exist.
const MAX_ISSUERS: usize = 4096;
/// Most OCSP answers remembered at once; they live for minutes.
const MAX_ANSWERS: usize = 20_000;
/// How long an authority that could not be had is not looked for again.
const MISSING_LIFE: Duration = Duration::from_mins(1);
/// Most addresses at which nothing is looked for. WHY: a made-up certificate names any number as its authority's; past
/// so many within a minute nothing that is not known is looked for, rather than asking outside for each.
const MAX_MISSING: usize = 256;
/// Lists up to this size keep their bytes in memory for embedding: root lists do, an authority's list does not.
const KEEP_DER_BYTES: usize = 64 * 1024;

/// Pins and caches of one service. Shared by reference; all methods take `&self`.
#[derive(Debug)]
pub struct Trust {
    data: TrustData,
    ocsp: OcspPolicy,
    responders: ResponderRules,
    material: RwLock<Arc<Material>>,
    links: VerifiedLinks,
    crls: RwLock<HashMap<CrlKey, StoredCrl>>,
    answers: RwLock<HashMap<(Sha256Digest, Vec<u8>), OcspAnswer>>,
    changes: Mutex<Vec<Change>>,
    alarms: Mutex<Vec<Alarm>>,
    /// Addresses at which an authority was looked for in vain, and until when it is not looked for again.
    missing: Mutex<HashMap<String, Timestamp>>,
    list_anchors: Option<ListAnchors>,
    lists: RwLock<Arc<TrustedLists>>,
}

/// Something learnt that a store may keep.
#[derive(Clone, Debug)]
pub enum Change {
    /// A root or an authority.
    Authority(Certificate),
    /// A revocation list.
    Crl {
        /// SHA-256 of its issuer's certificate.
        issuer: Sha256Digest,
        /// Where it came from.
        url: String,
        /// Its bytes.
        der: Arc<[u8]>,
        /// When it was issued.
        this_update: Timestamp,
        /// When it was fetched.
        fetched_at: Timestamp,
    },
}

/// Something that an operator should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The stable code.
    pub cause: &'static str,
    /// SHA-256 of the certificate of the authority concerned.
    pub issuer: Sha256Digest,
}

/// Most alarms held for somebody who does not come for them.
const MAX_ALARMS: usize = 64;

/// Most changes held for a store that does not come for them.
const MAX_CHANGES: usize = 1024;

/// Anchors and authorities at one moment; a change makes a new one.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// The pinned roots whose certificates are at hand.
    pub anchors: Anchors,
    /// Authorities that chain to them.
    pub issuers: Pool,
}

/// SHA-256 of the issuer's key, and where the list came from.
type CrlKey = (Sha256Digest, String);

#[derive(Debug)]
struct StoredCrl {
    crl: Arc<Crl>,
    issuer: Certificate,
    fetched_at: Timestamp,
    /// Microseconds since 1970 of the last look, so that a list nobody asks for is not fetched for ever.
    used_at: AtomicI64,
}

/// A list that should be fetched, for the first time or anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueList {
    /// Whose list.
    pub issuer: Certificate,
    /// Where it is.
    pub url: String,
    /// How long the one at hand is overdue, if there is one.
    pub overdue: Option<Duration>,
}

/// How often lists of issuing authorities are fetched: new ones appear about every three hours.
const LIST_PERIOD: Duration = Duration::from_hours(3);
/// How often lists of roots are.
const ROOT_LIST_PERIOD: Duration = Duration::from_hours(24);
/// A list that nobody looked at for so long is not kept up to date any more.
const LIST_IDLE: Duration = Duration::from_hours(7 * 24);

impl Trust {
    /// Pins and nothing else yet.
    pub fn new(data: TrustData) -> Self {
        Self::with_ocsp_policy(data, OcspPolicy::default())
    }

    /// Pins, with another tolerance for clocks and ages of OCSP answers.
    pub fn with_ocsp_policy(data: TrustData, ocsp: OcspPolicy) -> Self {
        let list_anchors = match data.environment() {
            Environment::Production => ListAnchors::production().ok(),
            Environment::Test => None,
        };
        Self {
            data,
            ocsp,
            responders: ResponderRules::default(),
            list_anchors,
            material: RwLock::default(),
            links: VerifiedLinks::new(),
            crls: RwLock::default(),
            answers: RwLock::default(),
            changes: Mutex::default(),
            alarms: Mutex::default(),
            missing: Mutex::default(),
            lists: RwLock::default(),
        }
    }

    /// The same with a laboratory's anchors of lists. Production keeps its own.
    #[must_use]
    pub fn with_list_anchors(mut self, anchors: ListAnchors) -> Self {
        if self.data.environment() == Environment::Test {
            self.list_anchors = Some(anchors);
        }
        self
    }

    /// Where trusted lists begin; a laboratory may have none.
    pub const fn list_anchors(&self) -> Option<&ListAnchors> {
        self.list_anchors.as_ref()
    }

    /// The trusted lists that are believed now; none at first.
    pub fn lists(&self) -> Arc<TrustedLists> {
        self.lists.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts others in their place, all at once. Whoever is reading goes on with what it has.
    pub fn set_lists(&self, lists: TrustedLists) {
        *self.lists.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(lists);
    }

    /// What is pinned.
    pub const fn data(&self) -> &TrustData {
        &self.data
    }

    /// Tolerances of OCSP answers.
    pub const fn ocsp_policy(&self) -> &OcspPolicy {
        &self.ocsp
    }

    /// What the administrator says of single responders.
    pub const fn responders(&self) -> &ResponderRules {
        &self.responders
    }

    /// The same trust, with what the administrator says of single responders.
    #[must_use]
    pub fn with_responders(self, responders: ResponderRules) -> Self {
        Self { responders, ..self }
    }

    /// Signature checks already made.
    pub const fn links(&self) -> &VerifiedLinks {
        &self.links
    }

    /// Anchors and authorities as they are now.
    pub fn material(&self) -> Arc<Material> {
        self.material
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Every root and authority at hand.
    pub fn authorities(&self) -> Vec<Certificate> {
        let material = self.material();
        material
            .anchors
            .certificates()
            .chain(material.issuers.iter())
            .cloned()
            .collect()
    }

    /// What was learnt since the last call, for the store.
    pub fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What an operator should look at, since the last call.
    pub fn take_alarms(&self) -> Vec<Alarm> {
        std::mem::take(&mut self.alarms.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn raise(&self, alarm: Alarm) {
        let mut alarms = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        if alarms.len() < MAX_ALARMS && !alarms.contains(&alarm) {
            alarms.push(alarm);
        }
    }

    fn note(&self, change: Change) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if changes.len() < MAX_CHANGES {
            changes.push(change);
        }
    }

    fn change(&self, change: impl FnOnce(&mut Material)) {
        let mut slot = self.material.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Material::clone(&slot);
        change(&mut next);
        *slot = Arc::new(next);
    }

    /// Takes `certificate` as an anchor if its fingerprint is pinned. Tells whether it is.
    ///
    /// Where it came from (a card, a file, a fetch) says nothing; the pin decides.
    pub fn add_anchor(&self, certificate: &Certificate) -> bool {
        if self.data.root(certificate.fingerprint()).is_none() {
            return false;
        }
        if !self.material().anchors.contains(certificate) {
            self.change(|material| {
                material.anchors.offer(certificate, &self.data);
            });
            self.note(Change::Authority(certificate.clone()));
        }
        true
    }

    /// Keeps `certificate` as an authority if it chains to a pinned root. Tells whether it is new.
    ///
    /// Time and algorithms are not judged here: every path that uses it judges them for its own moment.
    ///
    /// # Errors
    /// Why it does not chain. An end entity is refused as `CA_CONSTRAINT`.
    pub fn add_issuer(&self, certificate: &Certificate) -> Result<bool, Refusal> {
        if !certificate
            .extensions()
            .basic_constraints
            .is_some_and(|constraints| constraints.is_ca)
        {
            let fingerprint = certificate.fingerprint();
            return Err(Refusal::AuthorityConstraint {
                certificate: fingerprint,
                defect: "not an authority",
            });
        }
        let material = self.material();
        if material.anchors.contains(certificate)
            || material
                .issuers
                .named(certificate.subject())
                .contains(certificate)
        {
            return Ok(false);
        }
        path::validate(&Request {
            leaf: certificate,
            candidates: &[&material.issuers],
            anchors: &material.anchors,
            purpose: Purpose::Any,
            at: certificate.not_before(),
            algorithms: None,
            policies: PolicyInputs::NONE,
            links: Some(&self.links),
            limits: Limits::default(),
            strict: true,
        })?;
        if material.issuers.iter().count() >= MAX_ISSUERS {
            return Err(Refusal::PathLimit);
        }
        self.change(|material| material.issuers.insert(certificate.clone()));
        self.note(Change::Authority(certificate.clone()));
        Ok(true)
    }

    /// Whether an authority with the name of `leaf`'s issuer is at hand.
    pub fn knows_issuer(&self, leaf: &Certificate) -> bool {
        let material = self.material();
        !material.issuers.named(leaf.issuer()).is_empty()
            || material
                .anchors
                .named(leaf.issuer(), Purpose::Any)
                .next()
                .is_some()
    }

    /// What to fetch so that a path for `leaf` can be found: its issuer's certificate, when that is not known and
    /// an address follows from the issuer's own name. Never an address that `leaf` names, and none at which it was
    /// looked for in vain within the last minute.
    pub fn missing_issuer(&self, leaf: &Certificate, now: Timestamp) -> Option<Need> {
        if self.knows_issuer(leaf) {
            return None;
        }
        let url = self.data.authority_url(leaf.issuer())?;
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        missing.retain(|_, until| now < *until);
        (missing.len() < MAX_MISSING && !missing.contains_key(&url)).then_some(Need::Issuer { url })
    }

    /// Remembers for a minute that what [`Self::missing_issuer`] asked for was not had, or was no authority of ours.
    pub fn note_missing(&self, need: &Need, now: Timestamp) {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        missing.insert(need.url().to_owned(), now.plus(MISSING_LIFE));
    }

    /// What to fetch so that every pinned root that has an address is at hand.
    pub fn missing_roots(&self) -> Vec<Need> {
        let material = self.material();
        let known: Vec<Sha256Digest> = material
            .anchors
            .certificates()
            .map(Certificate::fingerprint)
            .collect();
        self.data
            .roots()
            .iter()
            .filter(|root| !known.contains(&root.sha256))
            .filter_map(|root| root.url.clone())
            .map(|url| Need::Issuer { url })
            .collect()
    }

    /// Finds and validates a path for `leaf`; `extra` are authorities that came with it and are not trusted for it.
    ///
    /// # Errors
    /// See [`path::validate`].
    pub fn validate(
        &self,
        leaf: &Certificate,
        extra: &[Certificate],
        purpose: Purpose,
        algorithms: &AlgorithmPolicy,
        at: Timestamp,
    ) -> Result<Path, Refusal> {
        let material = self.material();
        let extra_pool;
        let with_extra;
        let known = [&material.issuers];
        let candidates: &[&Pool] = if extra.is_empty() {
            &known
        } else {
            extra_pool = extra.iter().cloned().collect::<Pool>();
            with_extra = [&material.issuers, &extra_pool];
            &with_extra
        };
        let mut request = Request::new(leaf, candidates, &material.anchors, purpose, algorithms, at);
        request.links = Some(&self.links);
        path::validate(&request)
    }

    /// The cached list of `issuer` from `url`, if it was fetched less than `max_age` before `now`.
    pub fn crl(
        &self,
        issuer: &Certificate,
        url: &str,
        max_age: Duration,
        now: Timestamp,
    ) -> Option<Arc<Crl>> {
        let crls = self.crls.read().unwrap_or_else(PoisonError::into_inner);
        let stored = crls.get(&crl_key(issuer, url))?;
        stored.used_at.fetch_max(now.as_micros(), Ordering::Relaxed);
        (now.since(stored.fetched_at) <= max_age).then(|| Arc::clone(&stored.crl))
    }

    /// Reads, verifies and caches a list of `issuer` fetched from `url` at `fetched_at`.
    ///
    /// `keep_der`: keep its bytes whatever their size, for embedding.
    ///
    /// # Errors
    /// Why it is not evidence; `Rollback` when a newer one was seen, which then stays.
    pub fn add_crl(
        &self,
        issuer: &Certificate,
        url: &str,
        der: &[u8],
        algorithms: &AlgorithmPolicy,
        keep_der: bool,
        fetched_at: Timestamp,
    ) -> Result<Arc<Crl>, CrlDefect> {
        let sha1_until = if self.material().anchors.contains(issuer) {
            self.data.sha1_root_crl_until()
        } else {
            None
        };
        let mut crl = UnverifiedCrl::parse(der)?.verify(issuer, algorithms, sha1_until)?;
        if keep_der || der.len() <= KEEP_DER_BYTES {
            crl = crl.with_der(der);
        }
        let mut crls = self.crls.write().unwrap_or_else(PoisonError::into_inner);
        let key = crl_key(issuer, url);
        if crls
            .get(&key)
            .is_some_and(|stored| crl.is_older_than(&stored.crl))
        {
            self.raise(Alarm {
                cause: CrlDefect::Rollback.cause(),
                issuer: issuer.fingerprint(),
            });
            return Err(CrlDefect::Rollback);
        }
        self.note(Change::Crl {
            issuer: issuer.fingerprint(),
            url: url.to_owned(),
            der: crl.der().map_or_else(|| Arc::from(der), Arc::clone),
            this_update: crl.this_update(),
            fetched_at,
        });
        let crl = Arc::new(crl);
        let used_at = crls.get(&key).map_or(fetched_at.as_micros(), |before| {
            before.used_at.load(Ordering::Relaxed)
        });
        crls.insert(
            key,
            StoredCrl {
                crl: Arc::clone(&crl),
                issuer: issuer.clone(),
                fetched_at,
                used_at: AtomicI64::new(used_at),
            },
        );
        Ok(crl)
    }

    /// The lists to fetch at `now`: those of roots that known authorities name, once a day, and those of authorities
    /// that were looked at within a week, every three hours; each up to a tenth earlier, so that not everybody comes at
    /// once.
    ///
    /// Source: reference pki-and-trust §3.5.
    pub fn lists_due(&self, now: Timestamp) -> Vec<DueList> {
        let material = self.material();
        let crls = self.crls.read().unwrap_or_else(PoisonError::into_inner);
        let mut due: Vec<DueList> = crls
            .iter()
            .filter_map(|((_, url), stored)| {
                let is_root = material.anchors.contains(&stored.issuer);
                let used_at = Timestamp::from_micros(stored.used_at.load(Ordering::Relaxed)).ok()?;
                if !is_root && now.since(used_at) > LIST_IDLE {
                    return None;
                }
                let period = if is_root { ROOT_LIST_PERIOD } else { LIST_PERIOD };
                let period = period.saturating_sub(early(url, stored.fetched_at, period));
                let age = now.since(stored.fetched_at);
                (age >= period).then(|| DueList {
                    issuer: stored.issuer.clone(),
                    url: url.clone(),
                    overdue: Some(age.saturating_sub(period)),
                })
            })
            .collect();
        for authority in material.issuers.iter() {
            let Some(url) = authority.extensions().crl_urls.first() else {
                continue;
            };
            for root in material.anchors.named(authority.issuer(), Purpose::Any) {
                let issuer = &root.certificate;
                let is_new = !crls.contains_key(&crl_key(issuer, url))
                    && !due
                        .iter()
                        .any(|one| one.url == *url && one.issuer.spki_der() == issuer.spki_der());
                if is_new {
                    due.push(DueList {
                        issuer: issuer.clone(),
                        url: url.clone(),
                        overdue: None,
                    });
                }
            }
        }
        due
    }

    /// A remembered answer that `certificate` is good and that may still be used at `now`.
    pub fn answer(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        now: Timestamp,
    ) -> Option<OcspAnswer> {
        let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
        answers
            .get(&answer_key(certificate, issuer))
            .filter(|answer| {
                now <= answer.reusable_until(&self.ocsp) && answer.check_fresh(&self.ocsp, now).is_ok()
            })
            .cloned()
    }

    /// Takes an answer about `certificate` that somebody else brought along. It is held against the same rules as one
    /// that was asked for, and does no more than a remembered one: a good answer that is fresh spares the question.
    ///
    /// # Errors
    /// Why it is no evidence. There is no nonce to hold it against, so its largest age counts in any case.
    ///
    /// Source: reference pki-and-trust §3.6.
    pub fn take_stapled(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        der: &[u8],
        algorithms: &AlgorithmPolicy,
        now: Timestamp,
    ) -> Result<CertificateStatus, OcspDefect> {
        let request = OcspRequest::without_nonce(certificate, issuer);
        let expected = ocsp::Expected {
            cert_id: &request.cert_id,
            nonce: None,
            issuer,
            policy: &self.ocsp,
            algorithms: Some(algorithms),
            links: Some(&self.links),
            configured: self.responders.configured_for(issuer),
        };
        let answer = ocsp::verify_fresh(der, &expected, now)?;
        if now > answer.this_update.plus(self.ocsp.max_age) {
            return Err(OcspDefect::Stale);
        }
        if answer.responder_needs_status {
            return Err(OcspDefect::Signer);
        }
        self.add_answer(certificate, issuer, &answer, now);
        Ok(answer.status)
    }

    /// Remembers an answer that says good; any other is forgotten at once.
    pub fn add_answer(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        answer: &OcspAnswer,
        now: Timestamp,
    ) {
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        let key = answer_key(certificate, issuer);
        if answer.status != CertificateStatus::Good {
            answers.remove(&key);
            return;
        }
        if answers.len() >= MAX_ANSWERS {
            answers.retain(|_, known| now <= known.reusable_until(&self.ocsp));
        }
        if answers.len() < MAX_ANSWERS {
            answers.insert(key, answer.clone());
        }
    }
}

fn crl_key(issuer: &Certificate, url: &str) -> CrlKey {
    (Sha256Digest::of(issuer.spki_der()), url.to_owned())
}

/// How much before its period a list is fetched again: up to a tenth of it, by chance, which its address and the
/// moment of its fetch stand in for.
fn early(url: &str, fetched_at: Timestamp, period: Duration) -> Duration {
    let seed = format!("{url} {}", fetched_at.as_micros());
    let [chance, ..] = Sha256Digest::of(seed.as_bytes()).0;
    period
        .saturating_mul(u32::from(chance))
        .checked_div(2560)
        .unwrap_or_default()
}

fn answer_key(certificate: &Certificate, issuer: &Certificate) -> (Sha256Digest, Vec<u8>) {
    (Sha256Digest::of(issuer.spki_der()), certificate.serial().to_vec())
}
