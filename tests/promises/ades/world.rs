//! A laboratory in memory: PKI, services, signers, and everything needed to sign a file.

use std::sync::Arc;
use std::time::Duration;

use zegel::ades::cms::attributes::ClaimedAttribute;
use zegel::ades::level::Level;
use zegel::ades::pades::completion::{Completion, CompletionError, Settings, Step};
use zegel::ades::pades::prepare::prepare;
use zegel::ades::pades::stages::{Completed, Draft, Signed};
use zegel::ades::validate::report::Report;
use zegel::ades::validate::verdict::VerdictKey;
use zegel::ades::validate::{Context, validate};
use zegel::base::bytes::ReadAt;
use zegel::base::national::NationalNumber;
use zegel::base::random::SeededRandom;
use zegel::base::time::Timestamp;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::pki::{Holder, IssuedLeaf, LabPki, LeafPurpose};
use zegel::lab::services::Services;
use zegel::pdf::appearance::{Block, Line};
use zegel::pdf::signature_field::Placement;
use zegel::pki::anchors::TrustData;
use zegel::pki::certificate::Certificate;
use zegel::pki::need::{FetchFailure, Need};
use zegel::pki::trust::Trust;

pub const BASE: &str = "http://127.0.0.1:8480";
pub const P384: KeyKind = KeyKind::Ec(Curve::P384);
pub const RSA: KeyKind = KeyKind::Rsa { bits: 2048 };

pub struct World {
    pub services: Arc<Services>,
    pub base: String,
    pub trust: Arc<Trust>,
    pub algorithms: AlgorithmPolicy,
    pub random: Arc<SeededRandom>,
    pub now: Timestamp,
}

pub struct Signer {
    pub leaf: IssuedLeaf,
    pub certificate: Certificate,
}

/// The trust data a laboratory writes for its own root.
pub fn trust_toml(pki: &LabPki) -> String {
    let root = Certificate::parse(pki.root_der().to_vec()).unwrap();
    format!(
        r#"
environment = "test"
source = "laboratory"
hosts = ["127.0.0.1"]

[[root]]
name = "Zegel TEST Root CA"
sha256 = "{}"
generation = "laboratory"
purposes = ["authentication", "signature", "register", "seal", "time_stamping"]

[[generation]]
name = "laboratory"
source = "laboratory"
personal_issuers = ["TEST Citizen CA"]
authentication = ["2.16.56.13.6.1.1.1000"]
signature = ["2.16.56.13.6.1.2.1000"]
register = ["2.16.56.13.6.0.1"]
"#,
        root.fingerprint()
    )
}

/// Trust in the laboratory's root, its citizen CA known.
pub fn trust_in(pki: &LabPki) -> Arc<Trust> {
    let trust = Trust::new(TrustData::test(&trust_toml(pki)).unwrap());
    assert!(trust.add_anchor(&Certificate::parse(pki.root_der().to_vec()).unwrap()));
    let citizen = Certificate::parse(pki.citizen.certificate_der().to_vec()).unwrap();
    trust.add_issuer(&citizen).unwrap();
    Arc::new(trust)
}

impl World {
    pub fn at(now: Timestamp, base: &str) -> Self {
        let random = Arc::new(SeededRandom::new(7));
        let pki = Arc::new(LabPki::generate(base, &*random, now).unwrap());
        let trust = trust_in(&pki);
        Self {
            services: Arc::new(Services::new(pki, random.clone())),
            base: base.to_owned(),
            trust,
            algorithms: AlgorithmPolicy::etsi_ts_119_312(),
            random,
            now,
        }
    }

    pub fn new() -> Self {
        Self::at(crate::support::moment(), BASE)
    }

    pub fn pki(&self) -> &LabPki {
        self.services.pki()
    }

    pub fn signer(&self, kind: KeyKind) -> Signer {
        let holder = Holder {
            surname: "Specimen".to_owned(),
            given_names: "An Bo".to_owned(),
            national_number: NationalNumber::parse("85073003328").unwrap(),
        };
        let validity = LabPki::usual_validity(self.now);
        let leaf = self
            .pki()
            .issue_leaf(&holder, LeafPurpose::Signature, kind, validity, &*self.random)
            .unwrap();
        let certificate = Certificate::parse(leaf.certificate_der.clone()).unwrap();
        Signer { leaf, certificate }
    }

    pub fn settings(&self) -> Settings {
        Settings {
            trust: self.trust.clone(),
            algorithms: self.algorithms.clone(),
            time_stamp_urls: vec![format!("{}/tsa", self.base)],
            time_stamp_policies: Vec::new(),
            random: self.random.clone(),
        }
    }

    pub fn draft(&self, signer: &Signer, level: Level) -> Draft {
        let issuer = Certificate::parse(self.pki().citizen.certificate_der().to_vec()).unwrap();
        Draft {
            level,
            certificate: signer.certificate.clone(),
            chain: vec![issuer],
            algorithm: None,
            placement: Placement::Automatic {
                block: Block {
                    lines: vec![
                        Line::bold("An Specimen"),
                        Line::regular("burgemeester, Gemeente Zegelgem"),
                    ],
                    mark: Some("TEST".to_owned()),
                    image: None,
                },
                width: 220.0,
                height: 80.0,
            },
            tooltip: Some("Handtekening van An Specimen".to_owned()),
            name: Some("An Specimen".to_owned()),
            location: Some("Zegelgem".to_owned()),
            claimed: Vec::new(),
            commitment: None,
            policy: None,
            certify: None,
            lock: None,
            time_stamp_bytes: None,
            expires_at: self.now.plus(Duration::from_mins(5)),
        }
    }

    /// What the laboratory's services answer to `need` at `now`.
    pub fn answer(&self, need: &Need, now: Timestamp) -> Result<Vec<u8>, FetchFailure> {
        let path = need
            .url()
            .strip_prefix(&self.base)
            .expect("only the laboratory is asked");
        let body = need.body().map(|(_, body)| body.to_vec()).unwrap_or_default();
        let answer = self.services.answer(path, &body, now);
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(FetchFailure::Http(answer.status))
        }
    }

    /// Prepares and signs, without completing.
    pub fn signed(&self, document: &[u8], draft: &Draft, key: &PrivateKey) -> Signed {
        let prepared = prepare(Arc::new(document.to_vec()), draft, self.now).unwrap();
        let value = key.sign_digest(prepared.algorithm(), &prepared.digest()).unwrap();
        prepared.finish(value, self.now).unwrap()
    }

    /// Completes a signed stage; gives the completion back on failure.
    pub fn complete(&self, document: &[u8], signed: Signed) -> Result<Completed, (CompletionError, Signed)> {
        let mut completion = Completion::new(Arc::new(document.to_vec()), signed, self.settings()).unwrap();
        for _ in 0..100 {
            // Every step goes through storage, as a journey's does.
            let stored: Signed =
                serde_json::from_slice(&serde_json::to_vec(completion.signed()).unwrap()).unwrap();
            assert_eq!(&stored, completion.signed());
            match completion.step(self.now) {
                Ok(Step::Done(completed)) => return Ok(*completed),
                Ok(Step::Need(need)) => {
                    let answer = self.answer(&need, self.now);
                    completion.answer(answer, self.now).unwrap();
                }
                Err(error) => return Err((error, completion.into_signed())),
            }
        }
        panic!("completion does not end");
    }

    /// The document sealed by `signer` at `level`.
    pub fn sealed(&self, document: &[u8], signer: &Signer, level: Level) -> Vec<u8> {
        self.sealed_with(document, signer, &self.draft(signer, level))
    }

    pub fn sealed_with(&self, document: &[u8], signer: &Signer, draft: &Draft) -> Vec<u8> {
        let signed = self.signed(document, draft, &signer.leaf.key);
        let completed = self
            .complete(document, signed)
            .map_err(|(error, _)| error)
            .unwrap_or_else(|error| {
                if let CompletionError::BelowLevel { report, .. } = &error {
                    panic!("{error}: {}", serde_json::to_string_pretty(report).unwrap());
                }
                panic!("{error}")
            });
        whole(document, &completed)
    }

    pub fn validate(&self, file: &[u8]) -> Report {
        self.validate_at(file, self.now, &[])
    }

    pub fn validate_at(&self, file: &[u8], at: Timestamp, keys: &[VerdictKey]) -> Report {
        let context = Context {
            trust: &self.trust,
            algorithms: &self.algorithms,
            verdict_keys: keys,
            at,
        };
        let source: Arc<dyn ReadAt> = Arc::new(file.to_vec());
        validate(source, &context)
    }
}

pub fn whole(document: &[u8], completed: &Completed) -> Vec<u8> {
    let mut file = document.to_vec();
    for tail in &completed.tails {
        file.extend_from_slice(&tail.0);
    }
    file
}

pub fn with_verdict(mut draft: Draft, jws: &str) -> Draft {
    draft.claimed.push(ClaimedAttribute::verdict(jws.to_owned()));
    draft
}
