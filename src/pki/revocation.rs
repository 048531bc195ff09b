//! Learning whether the certificates of a path are revoked: OCSP, then CRL, and never silence for good.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::certificate::Certificate;
use super::crl::Crl;
use super::need::{Answer, Need};
use super::ocsp::{self, OcspAnswer, OcspRequest};
use super::path::Path;
use super::purpose::Purpose;
use super::refusal::{Attempt, Refusal};
use super::status::{CertificateStatus, Reason};
use super::trust::Trust;
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;

/// A list this young is used instead of fetching another. New ones appear about every three hours.
const LIST_REUSE: Duration = Duration::from_hours(3);
/// The same for lists of roots, which live for months and are fetched anew once a day.
const ROOT_LIST_REUSE: Duration = Duration::from_hours(48);

/// What counts when no source gives a status of the present (reference pki-and-trust §3.6).
///
/// Nothing of it ever makes good what is known to be revoked, suspended or unknown, and no signature is made on it: it
/// is heeded for [`Purpose::Authentication`] alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// No status of the present, no entry.
    #[default]
    HardFail,
    /// A list that should have been fetched anew counts until its own end. The evidence says so.
    Grace,
    /// Whoever is not known to be revoked is let in: an operator's switch for as long as the outside is down. The
    /// evidence says so.
    Outage,
}

impl Tolerance {
    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HardFail => "hard_fail",
            Self::Grace => "grace",
            Self::Outage => "outage",
        }
    }

    /// The tolerance called `text`.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::HardFail, Self::Grace, Self::Outage]
            .into_iter()
            .find(|known| known.as_str() == text)
    }
}

/// What a check is for, beside its path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// OCSP evidence about the end entity must speak of this moment or a later one (`thisUpdate`), as a signature
    /// asks of evidence taken after it. Remembered answers are then not used for it. A CRL that covers the moment
    /// of the check is accepted as it is.
    pub evidence_from: Option<Timestamp>,
    /// What the end entity signed is proven to have been there at this moment: a later revocation takes nothing from
    /// it, and the evidence that says so proves that it was good until then (EN 319 102-1 §5.5.4).
    pub proven_at: Option<Timestamp>,
    /// Evidence is to be embedded: its bytes must be there.
    pub embed: bool,
    /// What counts when no source gives a status of the present.
    pub tolerance: Tolerance,
}

/// What proves a certificate's status.
#[derive(Clone, Debug)]
pub enum Evidence {
    /// A CRL of its issuer, and where it was found.
    Crl {
        /// The list.
        crl: Arc<Crl>,
        /// Its address.
        url: String,
        /// Whether a newer one is overdue: it could not be fetched, and this one counts until its own end.
        overdue: bool,
    },
    /// None: no source answers, and an operator's switch lets in whoever is not known to be revoked.
    None,
    /// An OCSP answer.
    Ocsp(Box<OcspAnswer>),
    /// A short-term certificate, for which none is published (EN 319 412-1 §5.2).
    ShortTerm,
}

impl Evidence {
    /// The bytes for embedding, if there are any and they were kept.
    pub fn der(&self) -> Option<&[u8]> {
        match self {
            Self::Crl { crl, .. } => crl.der().map(|der| &**der),
            Self::Ocsp(answer) => Some(&answer.der),
            Self::None | Self::ShortTerm => None,
        }
    }

    /// The moment the evidence speaks of.
    pub fn this_update(&self) -> Option<Timestamp> {
        match self {
            Self::Crl { crl, .. } => Some(crl.this_update()),
            Self::Ocsp(answer) => Some(answer.this_update),
            Self::None | Self::ShortTerm => None,
        }
    }
}

/// One certificate that is good, and what proves it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The certificate.
    pub certificate: Certificate,
    /// Who issued it.
    pub issuer: Certificate,
    /// What proves it.
    pub evidence: Evidence,
}

/// What a [`Checker`] wants next.
#[derive(Debug)]
pub enum Step {
    /// Give it this, by [`Checker::answer`].
    Need(Need),
    /// Every certificate below the anchor, end entity first, is good; or the first that is not.
    Done(Result<Vec<Checked>, Refusal>),
}

#[derive(Clone, Debug)]
enum Source {
    RememberedAnswer,
    Ocsp(String),
    /// A list that is at hand and was fetched so long ago at most.
    CachedCrl(String, Duration),
    /// A list that is fetched, unless somebody else did meanwhile.
    Crl(String, Duration),
    /// A list that is at hand, however old its fetch.
    OverdueCrl(String),
    /// Nothing any more, unless a list at hand, however old, says that the certificate is revoked.
    Outage(Option<String>),
    /// The CRL that tells the status of the responder that signed the answer held.
    ResponderCrl(String),
}

/// Checks every certificate of a path below its anchor. Synchronous: asks for what it needs and is resumed.
///
/// An unusable answer leads to the next source; a valid `revoked` or `unknown` ends the check at once, and no other
/// source is asked for a better one. When no source is left the certificate is `REV_UNAVAILABLE`: never good.
///
/// Source: reference pki-and-trust §3.1 to §3.6.
#[derive(Debug)]
pub struct Checker {
    links: Vec<(Certificate, Certificate)>,
    requests: Vec<OcspRequest>,
    algorithms: AlgorithmPolicy,
    options: CheckOptions,
    /// Whether the end entity is spared when it says that it is short-term.
    short_term_counts: bool,
    current: usize,
    sources: VecDeque<Source>,
    held: Option<Box<OcspAnswer>>,
    attempts: Vec<Attempt>,
    checked: Vec<Checked>,
    refusal: Option<Refusal>,
}

impl Checker {
    /// A check of `path`. `random` gives the nonces.
    pub fn new(
        path: &Path,
        options: CheckOptions,
        algorithms: &AlgorithmPolicy,
        random: &dyn Random,
    ) -> Self {
        let mut options = options;
        if path.purpose() != Purpose::Authentication {
            options.tolerance = Tolerance::HardFail;
        }
        let links: Vec<_> = path
            .links()
            .map(|(child, issuer)| (child.clone(), issuer.clone()))
            .collect();
        let requests = links
            .iter()
            .map(|(child, issuer)| OcspRequest::new(child, issuer, random))
            .collect();
        let short_term_counts = path.purpose().allows_short_term();
        let mut checker = Self {
            links,
            requests,
            algorithms: algorithms.clone(),
            options,
            short_term_counts,
            current: 0,
            sources: VecDeque::new(),
            held: None,
            attempts: Vec::new(),
            checked: Vec::new(),
            refusal: None,
        };
        checker.plan();
        checker
    }

    /// Where to look for the status of the current certificate, in order.
    fn plan(&mut self) {
        self.attempts.clear();
        self.held = None;
        self.sources.clear();
        let Some((certificate, _)) = self.links.get(self.current) else {
            return;
        };
        let extensions = certificate.extensions();
        let is_ca = extensions
            .basic_constraints
            .is_some_and(|constraints| constraints.is_ca);
        // One address of each kind: a person must not wait for a row of dead servers.
        let ocsp = extensions.ocsp_urls.iter().find(|url| is_http(url)).cloned();
        let crl = extensions.crl_urls.iter().find(|url| is_http(url)).cloned();
        let reuse = if is_ca { ROOT_LIST_REUSE } else { LIST_REUSE };
        let cached = |age| crl.clone().map(|url| Source::CachedCrl(url, age));
        let remembered = self.may_remember().then_some(Source::RememberedAnswer);
        let ocsp = ocsp.map(Source::Ocsp);
        let list = crl.clone().map(|url| Source::Crl(url, reuse));
        // A root's list lives for months, and a job fetches it every day: one at hand is better than nobody let in
        // because of one address (reference pki-and-trust §3.5). A person's certificate needs a word of the present.
        let overdue = (is_ca || self.options.tolerance >= Tolerance::Grace)
            .then(|| crl.clone().map(Source::OverdueCrl))
            .flatten();
        let outage = (self.options.tolerance == Tolerance::Outage).then(|| Source::Outage(crl.clone()));
        let order = if is_ca {
            // WHY: a root's list is small and serves every authority and every log-in of the day.
            [cached(reuse), remembered, list, ocsp, overdue, outage]
        } else {
            [remembered, ocsp, cached(reuse), list, overdue, outage]
        };
        self.sources = order.into_iter().flatten().collect();
    }

    /// What is needed next, or the outcome. Asking again without an answer gives the same need.
    pub fn step(&mut self, trust: &Trust, now: Timestamp) -> Step {
        loop {
            if let Some(refusal) = &self.refusal {
                return Step::Done(Err(refusal.clone()));
            }
            let Some((certificate, issuer)) = self.links.get(self.current).cloned() else {
                return Step::Done(Ok(self.checked.clone()));
            };
            // An authority's word about itself counts for nothing: only an end entity can be short-term.
            if self.current == 0
                && self.short_term_counts
                && certificate.extensions().validity_assured_short_term
            {
                self.accept(Evidence::ShortTerm);
                continue;
            }
            match self.sources.front().cloned() {
                None => {
                    self.refusal = Some(Refusal::StatusUnavailable {
                        certificate: certificate.fingerprint(),
                        attempts: std::mem::take(&mut self.attempts),
                    });
                }
                Some(Source::RememberedAnswer) => {
                    self.sources.pop_front();
                    if let Some(answer) = trust.answer(&certificate, &issuer, now) {
                        self.accept(Evidence::Ocsp(Box::new(answer)));
                    }
                }
                Some(Source::CachedCrl(url, age)) => {
                    self.sources.pop_front();
                    if let Some(crl) = trust.crl(&issuer, &url, age, now)
                        && (!self.options.embed || crl.der().is_some())
                    {
                        self.judge_crl(crl, url, false, now);
                    }
                }
                Some(Source::OverdueCrl(url)) => {
                    self.sources.pop_front();
                    if let Some(crl) = trust.crl(&issuer, &url, Duration::MAX, now)
                        && (!self.options.embed || crl.der().is_some())
                    {
                        self.judge_crl(crl, url, true, now);
                    }
                }
                Some(Source::Outage(url)) => {
                    self.sources.pop_front();
                    let known = url.and_then(|url| trust.crl(&issuer, &url, Duration::MAX, now));
                    let status = known.and_then(|crl| crl.status_of(&certificate).ok());
                    self.conclude(status.unwrap_or(CertificateStatus::Good), Evidence::None);
                }
                Some(Source::Ocsp(url)) => {
                    // Somebody else may have asked about the same certificate meanwhile.
                    if self.may_remember()
                        && let Some(answer) = trust.answer(&certificate, &issuer, now)
                    {
                        self.accept(Evidence::Ocsp(Box::new(answer)));
                        continue;
                    }
                    let request = self
                        .request(&url, trust)
                        .map_or_else(Vec::new, |request| request.der());
                    return Step::Need(Need::Ocsp { url, request });
                }
                Some(Source::Crl(url, age)) => {
                    // Somebody else may have fetched it meanwhile.
                    let fetched = trust.crl(&issuer, &url, age, now);
                    // One that was too old when it came is no reason not to ask again.
                    let usable = |crl: &Arc<Crl>| {
                        crl.check_fresh(now).is_ok() && (!self.options.embed || crl.der().is_some())
                    };
                    match fetched.filter(usable) {
                        Some(crl) => {
                            self.sources.pop_front();
                            self.judge_crl(crl, url, false, now);
                        }
                        None => return Step::Need(Need::Crl { url }),
                    }
                }
                Some(Source::ResponderCrl(url)) => {
                    let fetched = trust.crl(&issuer, &url, LIST_REUSE, now);
                    if let Some(crl) = fetched.filter(|crl| crl.check_fresh(now).is_ok()) {
                        self.sources.pop_front();
                        self.judge_responder(&crl, trust, now);
                    } else {
                        return Step::Need(Need::Crl { url });
                    }
                }
            }
        }
    }

    /// Takes the answer to the need of the last [`Self::step`].
    pub fn answer(&mut self, answer: Answer, trust: &Trust, now: Timestamp) {
        let Some((certificate, issuer)) = self.links.get(self.current).cloned() else {
            return;
        };
        match self.sources.pop_front() {
            Some(Source::Ocsp(url)) => match answer {
                Ok(der) => match self.read_ocsp(&der, &url, &issuer, trust, now) {
                    Ok(answer) => self.take_ocsp(answer, &certificate, &issuer, trust, now),
                    Err(defect) => self.failed("ocsp", defect.cause()),
                },
                Err(failure) => self.failed("ocsp", failure.as_str()),
            },
            Some(Source::Crl(url, _)) => match answer {
                Ok(der) => {
                    match trust.add_crl(&issuer, &url, &der, &self.algorithms, self.options.embed, now) {
                        Ok(crl) => self.judge_crl(crl, url, false, now),
                        Err(defect) => self.failed("crl", defect.cause()),
                    }
                }
                Err(failure) => self.failed("crl", failure.as_str()),
            },
            Some(Source::ResponderCrl(url)) => match answer {
                Ok(der) => match trust.add_crl(&issuer, &url, &der, &self.algorithms, false, now) {
                    Ok(crl) => self.judge_responder(&crl, trust, now),
                    Err(_) => self.failed("ocsp", "OCSP_SIGNER"),
                },
                Err(_) => self.failed("ocsp", "OCSP_SIGNER"),
            },
            other => {
                // Nobody asked; keep what was first.
                if let Some(source) = other {
                    self.sources.push_front(source);
                }
            }
        }
    }

    fn failed(&mut self, source: &'static str, cause: &'static str) {
        self.attempts.push(Attempt { source, cause });
    }

    /// Whether an answer remembered from an earlier question counts for the current certificate.
    fn may_remember(&self) -> bool {
        self.current > 0 || self.options.evidence_from.is_none()
    }

    /// What the responder at `url` is asked about the current certificate.
    fn request(&self, url: &str, trust: &Trust) -> Option<OcspRequest> {
        let mut request = self.requests.get(self.current).cloned()?;
        if trust.responders().takes_no_nonce(url) {
            request.nonce = None;
        }
        Some(request)
    }

    fn read_ocsp(
        &self,
        der: &[u8],
        url: &str,
        issuer: &Certificate,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<OcspAnswer, ocsp::OcspDefect> {
        let request = self.request(url, trust).ok_or(ocsp::OcspDefect::Mismatch)?;
        let expected = ocsp::Expected {
            cert_id: &request.cert_id,
            nonce: request.nonce.as_ref().map(<[u8; 32]>::as_slice),
            issuer,
            policy: trust.ocsp_policy(),
            algorithms: Some(&self.algorithms),
            links: Some(trust.links()),
            configured: trust.responders().configured_for(issuer),
        };
        let answer = ocsp::verify_fresh(der, &expected, now)?;
        if self.current == 0
            && self
                .options
                .evidence_from
                .is_some_and(|from| answer.this_update < from.truncated_to_second())
        {
            return Err(ocsp::OcspDefect::Stale);
        }
        Ok(answer)
    }

    fn take_ocsp(
        &mut self,
        answer: OcspAnswer,
        certificate: &Certificate,
        issuer: &Certificate,
        trust: &Trust,
        now: Timestamp,
    ) {
        if answer.responder_needs_status {
            let own = answer.responder.extensions().crl_urls.iter();
            let url = own
                .chain(&certificate.extensions().crl_urls)
                .find(|url| is_http(url))
                .cloned();
            match url {
                Some(url) => {
                    self.held = Some(Box::new(answer));
                    self.sources.push_front(Source::ResponderCrl(url));
                }
                None => self.failed("ocsp", "OCSP_SIGNER"),
            }
            return;
        }
        trust.add_answer(certificate, issuer, &answer, now);
        let status = answer.status;
        self.conclude(status, Evidence::Ocsp(Box::new(answer)));
    }

    fn judge_responder(&mut self, crl: &Crl, trust: &Trust, now: Timestamp) {
        let (Some(answer), Some((certificate, issuer))) =
            (self.held.take(), self.links.get(self.current).cloned())
        else {
            return;
        };
        let good =
            crl.check_fresh(now).is_ok() && crl.status_of(&answer.responder) == Ok(CertificateStatus::Good);
        if good {
            let answer = OcspAnswer {
                responder_needs_status: false,
                ..*answer
            };
            self.take_ocsp(answer, &certificate, &issuer, trust, now);
        } else {
            self.failed("ocsp", "OCSP_SIGNER");
        }
    }

    fn judge_crl(&mut self, crl: Arc<Crl>, url: String, overdue: bool, now: Timestamp) {
        let Some((certificate, _)) = self.links.get(self.current) else {
            return;
        };
        match crl.check_fresh(now).and_then(|()| crl.status_of(certificate)) {
            Ok(status) => self.conclude(status, Evidence::Crl { crl, url, overdue }),
            Err(defect) => self.failed("crl", defect.cause()),
        }
    }

    fn conclude(&mut self, status: CertificateStatus, evidence: Evidence) {
        let Some((certificate, _)) = self.links.get(self.current) else {
            return;
        };
        let certificate = certificate.fingerprint();
        match status {
            CertificateStatus::Good => self.accept(evidence),
            CertificateStatus::Revoked { at, reason }
                if self.current == 0
                    && reason != Reason::CertificateHold
                    && self.options.proven_at.is_some_and(|proven| at > proven) =>
            {
                self.accept(evidence);
            }
            CertificateStatus::Revoked {
                at,
                reason: Reason::CertificateHold,
            } => {
                self.refusal = Some(Refusal::Suspended {
                    certificate,
                    since: at,
                });
            }
            CertificateStatus::Revoked { at, reason } => {
                self.refusal = Some(Refusal::Revoked {
                    certificate,
                    at,
                    reason,
                });
            }
            CertificateStatus::Unknown => self.refusal = Some(Refusal::StatusUnknown { certificate }),
        }
    }

    fn accept(&mut self, evidence: Evidence) {
        if let Some((certificate, issuer)) = self.links.get(self.current).cloned() {
            self.checked.push(Checked {
                certificate,
                issuer,
                evidence,
            });
        }
        self.current = self.current.saturating_add(1);
        self.plan();
    }
}

fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}
