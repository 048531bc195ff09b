//! What the evidence in the file says of one certificate, for a moment in the past. EN 319 102-1 §5.2.5 and §5.2.4.

use std::time::Duration;

use super::existence::Existence;
use super::material::{Item, Material};
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;
use crate::pki::certificate::Certificate;
use crate::pki::crl::UnverifiedCrl;
use crate::pki::ocsp::{self, CertId};
use crate::pki::status::{CertificateStatus, Reason};
use crate::pki::trust::Trust;

/// How far the clocks of responder and time-stamping unit may differ.
const SKEW: Duration = Duration::from_mins(5);

/// How much older than the moment in question evidence may be.
///
/// Source: the Belgian signing service's validation policy (reference ades-signing §9): its responders answer for a
/// minute, its roots publish every few months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An issuing authority: 210 days.
    Authority,
    /// The signer: 70 seconds.
    EndEntity,
    /// A time-stamping unit: 24 hours.
    TimeStamping,
}

impl Role {
    const fn max_age(self) -> Duration {
        match self {
            Self::Authority => Duration::from_hours(210 * 24),
            Self::EndEntity => Duration::from_secs(70),
            Self::TimeStamping => Duration::from_hours(24),
        }
    }
}

/// What is known of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Revocation {
    /// Good at the moment asked about, by evidence that stood in `revision` at the latest.
    Good {
        /// Where the evidence is; none when none is needed.
        revision: Option<usize>,
    },
    /// Nothing usable; the causes of what was found, in words.
    Missing(Vec<String>),
    /// On hold.
    OnHold {
        /// Since when.
        since: Timestamp,
    },
    /// Evidence is there, but whoever signed it is out of validity without proof that it existed before.
    ResponderOutOfBounds,
    /// Revoked.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// The newest evidence is older than allowed.
    Stale {
        /// The moment it speaks of.
        this_update: Timestamp,
    },
}

/// Judges certificates by what the file holds.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) material: &'a Material,
    pub(super) existence: &'a Existence,
    pub(super) trust: &'a Trust,
    pub(super) algorithms: &'a AlgorithmPolicy,
    pub(super) now: Timestamp,
}

struct Spoken {
    status: CertificateStatus,
    this_update: Timestamp,
    revision: usize,
    responder_ok: bool,
}

impl Judge<'_> {
    /// What is known of `certificate`, issued by `issuer`, for the moment `at`.
    pub(super) fn status(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        role: Role,
        at: Timestamp,
    ) -> Revocation {
        // Only of the signer's own certificate: an authority or a time-stamping unit cannot spare itself.
        if role == Role::EndEntity && certificate.extensions().validity_assured_short_term {
            return Revocation::Good { revision: None };
        }
        let mut causes = Vec::new();
        let mut spoken = self.ocsp(certificate, issuer, &mut causes);
        spoken.extend(self.crls(certificate, issuer, &mut causes));
        // WHY: evidence from after the expiry may have dropped the certificate, so its silence says nothing; and what
        // comes after the moment of validation is not known yet.
        spoken.retain(|one| {
            one.this_update <= certificate.not_after().plus(SKEW) && one.this_update <= self.now.plus(SKEW)
        });
        let any_out_of_bounds = spoken.iter().any(|one| !one.responder_ok);
        // The newest tells; of equals the one that stood first in the file, which more time-stamps cover.
        let newest = spoken
            .iter()
            .filter(|one| one.responder_ok)
            .max_by_key(|one| (one.this_update, std::cmp::Reverse(one.revision)));
        let Some(newest) = newest else {
            return if any_out_of_bounds {
                Revocation::ResponderOutOfBounds
            } else {
                Revocation::Missing(causes)
            };
        };
        match newest.status {
            CertificateStatus::Revoked {
                at,
                reason: Reason::CertificateHold,
            } => Revocation::OnHold { since: at },
            CertificateStatus::Revoked { at, reason } => Revocation::Revoked { at, reason },
            CertificateStatus::Unknown => Revocation::Missing(vec!["REV_UNKNOWN".to_owned()]),
            CertificateStatus::Good if newest.this_update.plus(role.max_age()) < at.truncated_to_second() => {
                Revocation::Stale {
                    this_update: newest.this_update,
                }
            }
            CertificateStatus::Good => {
                // For the level: the earliest place where fresh evidence stood.
                let fresh = spoken.iter().filter(|one| {
                    one.responder_ok
                        && one.status == CertificateStatus::Good
                        && one.this_update.plus(role.max_age()) >= at.truncated_to_second()
                });
                Revocation::Good {
                    revision: fresh.map(|one| one.revision).min(),
                }
            }
        }
    }

    fn ocsp(&self, certificate: &Certificate, issuer: &Certificate, causes: &mut Vec<String>) -> Vec<Spoken> {
        // The hash in an identifier is the responder's choice; SHA-1 is what nearly all write.
        let identifiers =
            [HashAlgorithm::Sha1, HashAlgorithm::Sha256].map(|hash| CertId::new(certificate, issuer, hash));
        let mut found = Vec::new();
        for item in &self.material.ocsp_responses {
            for identifier in &identifiers {
                let links = Some(self.trust.links());
                let policy = self.trust.ocsp_policy();
                let expected = ocsp::Expected {
                    cert_id: identifier,
                    nonce: None,
                    issuer,
                    policy,
                    algorithms: Some(self.algorithms),
                    links,
                    configured: self.trust.responders().configured_for(issuer),
                };
                match ocsp::verify(&item.der, &expected) {
                    Ok(answer) => {
                        let proven = self.existence.of_revision(item.revision);
                        let responder_ok = (answer.responder == *issuer
                            || proven <= answer.responder.not_after())
                            && (!answer.responder_needs_status
                                || self.is_good_by_crl(&answer.responder, issuer));
                        found.push(Spoken {
                            status: answer.status,
                            this_update: answer.this_update,
                            revision: item.revision,
                            responder_ok,
                        });
                    }
                    Err(ocsp::OcspDefect::Mismatch) => {}
                    Err(defect) => note(causes, defect.cause()),
                }
            }
        }
        found
    }

    fn is_good_by_crl(&self, responder: &Certificate, issuer: &Certificate) -> bool {
        self.crls(responder, issuer, &mut Vec::new())
            .iter()
            .any(|one| one.status == CertificateStatus::Good)
    }

    fn crls(&self, certificate: &Certificate, issuer: &Certificate, causes: &mut Vec<String>) -> Vec<Spoken> {
        let is_anchor = self.trust.material().anchors.contains(issuer);
        let sha1_until = if is_anchor {
            self.trust.data().sha1_root_crl_until()
        } else {
            None
        };
        let mut found = Vec::new();
        for Item { der, revision } in &self.material.crls {
            let read =
                UnverifiedCrl::parse(der).and_then(|list| list.verify(issuer, self.algorithms, sha1_until));
            let status = read.and_then(|list| Ok((list.status_of(certificate)?, list.this_update())));
            match status {
                Ok((status, this_update)) => {
                    // A list signed by the issuer itself needs no other certificate than the path's own.
                    found.push(Spoken {
                        status,
                        this_update,
                        revision: *revision,
                        responder_ok: true,
                    });
                }
                // Most lists of a file are some other authority's.
                Err(crate::pki::crl::CrlDefect::Signer | crate::pki::crl::CrlDefect::Scope) => {}
                Err(defect) => note(causes, defect.cause()),
            }
        }
        found
    }
}

fn note(causes: &mut Vec<String>, cause: &str) {
    if !causes.iter().any(|known| known == cause) {
        causes.push(cause.to_owned());
    }
}
