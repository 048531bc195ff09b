//! A laboratory in this process, at a fixed moment.

use std::sync::Arc;

use zegel::base::national::NationalNumber;
use zegel::base::random::SeededRandom;
use zegel::base::time::Timestamp;
use zegel::lab::pki::{Holder, LabPki};
use zegel::lab::services::Services;
use zegel::pki::anchors::{self, TrustData};
use zegel::pki::certificate::Certificate;
use zegel::pki::need::{Answer, FetchFailure, Need};
use zegel::pki::trust::Trust;

pub const BASE: &str = "http://127.0.0.1:8480";

pub fn moment() -> Timestamp {
    "2026-03-03T09:00:00Z".parse().unwrap()
}

pub fn holder() -> Holder {
    Holder {
        surname: "Specimen".to_owned(),
        given_names: "An Maria".to_owned(),
        national_number: NationalNumber::parse("70611500188").unwrap(),
    }
}

/// Pins for one root that issues `TEST Citizen CA`.
pub fn pins(root: &Certificate) -> TrustData {
    let issuer = format!("{BASE}/crt/citizen.crt");
    let text = anchors::laboratory_text(root, "127.0.0.1", "TEST Citizen CA", &issuer, "TEST RRN");
    TrustData::test(&text).unwrap()
}

pub struct Laboratory {
    pub services: Services,
    pub random: Arc<SeededRandom>,
}

impl Laboratory {
    pub fn new() -> Self {
        let random = Arc::new(SeededRandom::new(7));
        let pki = LabPki::generate(BASE, &*random, moment()).unwrap();
        Self {
            services: Services::new(Arc::new(pki), random.clone()),
            random,
        }
    }

    pub fn pki(&self) -> &LabPki {
        self.services.pki()
    }

    pub fn root(&self) -> Certificate {
        Certificate::parse(self.pki().root_der()).unwrap()
    }

    pub fn citizen_authority(&self) -> Certificate {
        Certificate::parse(self.pki().citizen.certificate_der()).unwrap()
    }

    /// A trust that pins the root and knows the issuing authority, and nothing else yet.
    pub fn trust(&self) -> Trust {
        let trust = Trust::new(pins(&self.root()));
        assert!(trust.add_anchor(&self.root()));
        trust.add_issuer(&self.citizen_authority()).unwrap();
        trust
    }

    /// What the services of the laboratory answer.
    pub fn answer(&self, need: &Need) -> Answer {
        let path = need.url().strip_prefix(BASE).unwrap();
        let body = need.body().map(|(_, body)| body).unwrap_or_default();
        let answer = self.services.answer(path, body, moment());
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(FetchFailure::Http(answer.status))
        }
    }
}
