//! Gathering certificates and revocation answers for several paths, one need at a time.

use std::collections::VecDeque;

use super::settings::Settings;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;
use crate::pdf::dss::Evidence;
use crate::pki::certificate::Certificate;
use crate::pki::need::{Answer, Need};
use crate::pki::purpose::Purpose;
use crate::pki::refusal::Refusal;
use crate::pki::revocation::{self, CheckOptions, Checker, Tolerance};
use crate::pki::timestamp::{TimeStampDefect, TimeStampToken};

/// What a [`Gather`] wants next.
pub(in crate::ades) enum Gathered {
    /// An answer from outside.
    Need(Need),
    /// Everything is there.
    Done(Evidence),
}

/// One path whose material is wanted.
struct Wanted {
    leaf: Certificate,
    chain: Vec<Certificate>,
    purpose: Purpose,
    from: Timestamp,
    proven_at: Option<Timestamp>,
}

/// The paths still to do, the one under way, and what was found.
#[derive(Default)]
pub(in crate::ades) struct Gather {
    wanted: VecDeque<Wanted>,
    checker: Option<Checker>,
    asked_issuer: bool,
    found: Evidence,
}

impl Gather {
    /// Adds the path of `leaf`; `from`: status evidence about it must speak of this moment or a later one.
    pub(in crate::ades) fn add(
        &mut self,
        leaf: Certificate,
        chain: Vec<Certificate>,
        purpose: Purpose,
        from: Timestamp,
    ) {
        self.wanted.push_back(Wanted {
            leaf,
            chain,
            purpose,
            from,
            proven_at: None,
        });
    }

    /// Adds the path of `leaf`, whose signature a time-stamp proves to have been there at `proven_at`: evidence must
    /// speak of that moment or a later one, and a revocation after it does not refuse.
    pub(in crate::ades) fn add_proven(
        &mut self,
        leaf: Certificate,
        chain: Vec<Certificate>,
        purpose: Purpose,
        proven_at: Timestamp,
    ) {
        self.add(leaf, chain, purpose, proven_at);
        if let Some(wanted) = self.wanted.back_mut() {
            wanted.proven_at = Some(proven_at);
        }
    }

    /// Adds the path of the unit that made the token `der`.
    ///
    /// # Errors
    /// When the token cannot be read or does not verify.
    pub(in crate::ades) fn add_unit(
        &mut self,
        der: &[u8],
        algorithms: &AlgorithmPolicy,
    ) -> Result<(), TimeStampDefect> {
        let token = TimeStampToken::parse(der)?;
        let unit = token.verify(&[], algorithms)?;
        self.add(
            unit,
            token.certificates.clone(),
            Purpose::TimeStamping,
            token.gen_time,
        );
        Ok(())
    }

    /// What is needed next, or everything.
    ///
    /// # Errors
    /// Why a certificate is refused, or that its status is not to be had.
    pub(in crate::ades) fn step(&mut self, settings: &Settings, now: Timestamp) -> Result<Gathered, Refusal> {
        loop {
            if let Some(checker) = &mut self.checker {
                match checker.step(&settings.trust, now) {
                    revocation::Step::Need(need) => return Ok(Gathered::Need(need)),
                    revocation::Step::Done(outcome) => {
                        for checked in outcome? {
                            self.keep(&checked);
                        }
                        self.checker = None;
                        self.wanted.pop_front();
                        self.asked_issuer = false;
                    }
                }
                continue;
            }
            let Some(wanted) = self.wanted.front() else {
                return Ok(Gathered::Done(self.found.clone()));
            };
            let known = settings.trust.validate(
                &wanted.leaf,
                &wanted.chain,
                wanted.purpose,
                &settings.algorithms,
                now,
            );
            let path = match (known, settings.trust.missing_issuer(&wanted.leaf, now)) {
                (Ok(path), _) => path,
                (Err(Refusal::NoAnchor), Some(need)) if !self.asked_issuer => {
                    return Ok(Gathered::Need(need));
                }
                (Err(refusal), _) => return Err(refusal),
            };
            let options = CheckOptions {
                evidence_from: Some(wanted.from),
                proven_at: wanted.proven_at,
                embed: true,
                tolerance: Tolerance::HardFail,
            };
            self.checker = Some(Checker::new(
                &path,
                options,
                &settings.algorithms,
                &*settings.random,
            ));
        }
    }

    /// Takes the answer to the need of the last [`Self::step`].
    pub(in crate::ades) fn answer(&mut self, answer: Answer, settings: &Settings, now: Timestamp) {
        if let Some(checker) = &mut self.checker {
            checker.answer(answer, &settings.trust, now);
        } else {
            self.asked_issuer = true;
            let issuer = answer.ok().and_then(|der| Certificate::parse(der).ok());
            if let Some(issuer) = issuer {
                // One that does not chain is not kept; the path then fails with its own reason.
                let _ = settings.trust.add_issuer(&issuer);
            }
        }
    }

    fn keep(&mut self, checked: &revocation::Checked) {
        push(&mut self.found.certificates, checked.certificate.der());
        // The anchor goes along too: it helps readers that show the path, and costs a kilobyte.
        push(&mut self.found.certificates, checked.issuer.der());
        match &checked.evidence {
            revocation::Evidence::Crl { crl, .. } => {
                if let Some(der) = crl.der() {
                    push(&mut self.found.crls, der);
                }
            }
            revocation::Evidence::Ocsp(answer) => {
                push(&mut self.found.ocsp_responses, &answer.der);
                if answer.responder != checked.issuer {
                    push(&mut self.found.certificates, answer.responder.der());
                }
            }
            revocation::Evidence::None | revocation::Evidence::ShortTerm => {}
        }
    }
}

fn push(items: &mut Vec<Vec<u8>>, der: &[u8]) {
    if !items.iter().any(|known| known == der) {
        items.push(der.to_vec());
    }
}
