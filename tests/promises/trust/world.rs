//! A laboratory PKI at a fixed moment, its services as a table of answers, and a trust that pins its root.

use std::sync::Arc;

use zegel::base::clock::{Clock as _, FixedClock};
use zegel::base::national::NationalNumber;
use zegel::base::random::SeededRandom;
use zegel::crypto::ecdsa;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::fetch::table::TableFetcher;
use zegel::lab::pki::{CertificateBuilder, Holder, LabPki, LeafPurpose};
use zegel::lab::services::{Service, ServiceMode, Services};
use zegel::login::LoginRefusal;
use zegel::login::counter::CounterChallenge;
use zegel::login::eid::{EidRules, RequestChecked, RequestForm, SpentNonce, Step, Verified};
use zegel::pki::anchors::{self, TrustData};
use zegel::pki::certificate::Certificate;
use zegel::pki::need::FetchFailure;
use zegel::pki::path::Path;
use zegel::pki::purpose::Purpose;
use zegel::pki::refusal::Refusal;
use zegel::pki::revocation::{self, CheckOptions, Checked, Checker};
use zegel::pki::trust::Trust;
use zegel::webeid::Token;

pub(crate) const BASE: &str = "http://127.0.0.1:8480";
pub(crate) const ORIGIN: &str = "https://localhost:8443";
pub(crate) const NONCE: &str = "YPVgYc7Qds0qmK/RilPLffnsIg7IIovM4BAWqGZWwiY=";
pub(crate) const P384: KeyKind = KeyKind::Ec(Curve::P384);

pub(crate) struct World {
    pub(crate) services: Arc<Services>,
    pub(crate) trust: Trust,
    pub(crate) outside: TableFetcher,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) random: SeededRandom,
}

/// A certificate of a person and its key.
pub(crate) struct Card {
    pub(crate) certificate: Certificate,
    pub(crate) key: PrivateKey,
}

/// What `services` answer at `clock`'s time under [`BASE`].
pub(crate) fn serve(outside: &TableFetcher, services: &Arc<Services>, clock: &Arc<FixedClock>) {
    let (services, clock) = (Arc::clone(services), Arc::clone(clock));
    outside.on(BASE, move |need| {
        let path = need.url().strip_prefix(BASE).unwrap_or_default();
        let body = need.body().map(|(_, body)| body).unwrap_or_default();
        let answer = services.answer(path, body, clock.now());
        if answer.body.len() > need.max_bytes() {
            Err(FetchFailure::TooLarge)
        } else if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(FetchFailure::Http(answer.status))
        }
    });
}

/// Pins for `root`, which issues to persons through `TEST Citizen CA`.
pub(crate) fn pins(root: &Certificate) -> TrustData {
    let issuer_url = format!("{BASE}/crt/citizen.crt");
    let text = anchors::laboratory_text(root, "127.0.0.1", "TEST Citizen CA", &issuer_url, "TEST RRN");
    TrustData::test(&text).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        let now = crate::support::moment();
        let random = SeededRandom::new(7);
        let pki = Arc::new(LabPki::generate(BASE, &random, now).unwrap());
        let services = Arc::new(Services::new(Arc::clone(&pki), Arc::new(SeededRandom::new(8))));
        let root = Certificate::parse(pki.root_der()).unwrap();
        let trust = Trust::new(pins(&root));
        assert!(trust.add_anchor(&root));
        let (outside, clock) = (TableFetcher::new(), Arc::new(FixedClock::new(now)));
        serve(&outside, &services, &clock);
        Self {
            services,
            trust,
            outside,
            clock,
            random,
        }
    }

    /// Puts what `change` makes of the trust in its place.
    pub(crate) fn change_trust(&mut self, change: impl FnOnce(Trust) -> Trust) {
        let bare = Trust::new(self.trust.data().clone());
        let anchors = self.trust.authorities();
        self.trust = change(bare);
        for anchor in &anchors {
            self.trust.add_anchor(anchor);
        }
    }

    /// The same PKI and services, nothing remembered and nothing broken.
    pub(crate) fn anew(&self) -> Self {
        let root = Certificate::parse(self.pki().root_der()).unwrap();
        let trust = Trust::new(pins(&root));
        assert!(trust.add_anchor(&root));
        let outside = TableFetcher::new();
        serve(&outside, &self.services, &self.clock);
        Self {
            services: Arc::clone(&self.services),
            trust,
            outside,
            clock: Arc::clone(&self.clock),
            random: SeededRandom::new(9),
        }
    }

    pub(crate) fn pki(&self) -> &LabPki {
        self.services.pki()
    }

    pub(crate) fn holder() -> Holder {
        Holder {
            surname: "Spécimen".to_owned(),
            given_names: "An Maria".to_owned(),
            national_number: NationalNumber::parse("71715100070").unwrap(),
        }
    }

    /// A card with `purpose`, its profile changed by `change`.
    pub(crate) fn card_with(
        &self,
        purpose: LeafPurpose,
        kind: KeyKind,
        change: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
    ) -> Card {
        let key = PrivateKey::generate(kind).unwrap();
        let validity = LabPki::usual_validity(self.clock.now());
        let builder = self.pki().leaf_profile(&Self::holder(), purpose, &key, validity);
        let der = change(builder).issue(&self.pki().citizen, &self.random).unwrap();
        Card {
            certificate: Certificate::parse(der).unwrap(),
            key,
        }
    }

    pub(crate) fn card(&self) -> Card {
        self.card_with(LeafPurpose::Authentication, P384, |builder| builder)
    }

    /// Lets the trust know the citizen CA, as after a first log-in.
    pub(crate) fn know_issuer(&self) -> Certificate {
        let authority = Certificate::parse(self.pki().citizen.certificate_der()).unwrap();
        self.trust.add_issuer(&authority).unwrap();
        authority
    }

    pub(crate) fn switch(&self, service: Service, mode: ServiceMode) {
        self.services.set_service(service, mode);
    }

    pub(crate) fn path(&self, leaf: &Certificate, purpose: Purpose) -> Result<Path, Refusal> {
        self.know_issuer();
        self.trust.validate(
            leaf,
            &[],
            purpose,
            &AlgorithmPolicy::live_authentication(),
            self.clock.now(),
        )
    }

    /// The status of every certificate of `card`'s path.
    pub(crate) fn status(&self, card: &Card) -> Result<Vec<Checked>, Refusal> {
        let path = self.path(&card.certificate, Purpose::Authentication).unwrap();
        self.status_of(&path, CheckOptions::default())
    }

    pub(crate) fn status_of(&self, path: &Path, options: CheckOptions) -> Result<Vec<Checked>, Refusal> {
        let policy = AlgorithmPolicy::live_authentication();
        let mut checker = Checker::new(path, options, &policy, &self.random);
        loop {
            match checker.step(&self.trust, self.clock.now()) {
                revocation::Step::Need(need) => {
                    let answer = self.outside.answer(&need);
                    checker.answer(answer, &self.trust, self.clock.now());
                }
                revocation::Step::Done(outcome) => return outcome,
            }
        }
    }

    /// The token that `card` makes for `origin` and `nonce`.
    pub(crate) fn token(&self, card: &Card, origin: &str, nonce: &str) -> Token {
        let challenge = CounterChallenge::new(card.certificate.der(), origin, nonce).unwrap();
        let signature = card.key.sign(challenge.algorithm(), challenge.message()).unwrap();
        let raw = match card.key.public().kind() {
            KeyKind::Ec(curve) => ecdsa::der_to_raw(&signature, curve).unwrap(),
            KeyKind::Rsa { .. } => signature,
        };
        challenge.token(&raw)
    }

    pub(crate) fn good_token(&self, card: &Card) -> Token {
        self.token(card, ORIGIN, NONCE)
    }

    /// Runs all steps over `text`, as a service at [`ORIGIN`] that handed out [`NONCE`].
    pub(crate) fn log_in(&self, text: &str) -> Result<Verified, LoginRefusal> {
        self.log_in_by(text, &EidRules::belgian(ORIGIN))
    }

    /// The same under other rules.
    pub(crate) fn log_in_by(&self, text: &str, rules: &EidRules) -> Result<Verified, LoginRefusal> {
        let form = RequestForm {
            content_type: Some("application/json"),
            origin: Some(ORIGIN),
            fetch_site: Some("same-origin"),
            csrf_valid: true,
        };
        let received = RequestChecked::new(&form, rules)?.read(text)?;
        let challenged = received.spend(SpentNonce::Spent(NONCE.to_owned()))?;
        let mut verification = challenged.verify(rules, &self.trust, self.clock.now())?;
        loop {
            match verification.step(&self.trust, &self.random, self.clock.now()) {
                Step::Need(need) => {
                    let answer = self.outside.answer(&need);
                    verification.answer(answer, &self.trust, self.clock.now());
                }
                Step::Done(outcome) => return *outcome,
            }
        }
    }

    /// The cause of refusal of `token`, or `ok`.
    pub(crate) fn cause(&self, token: &Token) -> &'static str {
        self.log_in(&token.to_json())
            .map_or_else(|refusal| refusal.cause(), |_| "ok")
    }
}
