//! TEST lists made for one case each, by signers of our own.

use std::time::Duration;

use zegel::base::random::SeededRandom;
use zegel::base::time::Timestamp;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::lab::pki::{CertificateBuilder, Extension, KeyPair, LabPki, Name, Validity};
use zegel::lab::trusted_list::{ListDraft, PeriodDraft, PointerDraft, ServiceDraft};
use zegel::pki::certificate::Certificate;
use zegel::pki::lists::anchors::ListAnchors;

/// The moment everything is made at.
pub(crate) fn now() -> Timestamp {
    crate::support::moment()
}

pub(crate) const DAY: Duration = Duration::from_hours(24);

/// A laboratory PKI, and signers of lists issued by it.
pub(crate) struct Signers {
    pub(crate) pki: LabPki,
    pub(crate) random: SeededRandom,
}

impl Signers {
    pub(crate) fn new() -> Self {
        let random = SeededRandom::new(41);
        let pki = LabPki::generate("http://127.0.0.1:8480", &random, now()).unwrap();
        Self { pki, random }
    }

    /// A signer of lists.
    pub(crate) fn signer(&self, name: &str) -> KeyPair {
        self.signer_until(name, now().plus(DAY * 365))
    }

    pub(crate) fn signer_until(&self, name: &str, not_after: Timestamp) -> KeyPair {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let name = Name::new().country("BE").common_name(name);
        let certificate_der = CertificateBuilder::new(name, key.public())
            .valid(Validity {
                not_before: now().minus(DAY * 365),
                not_after,
            })
            .with(Extension::key_usage(&[0]))
            .issue(&self.pki.root, &self.random)
            .unwrap();
        KeyPair { certificate_der, key }
    }
}

pub(crate) fn certificate(pair: &KeyPair) -> Certificate {
    Certificate::parse(pair.certificate_der.clone()).unwrap()
}

/// A Belgian TEST list with the services given.
pub(crate) fn national(services: Vec<ServiceDraft>) -> ListDraft {
    ListDraft {
        version: 6,
        sequence: 7,
        kind: "EUgeneric",
        territory: "BE".to_owned(),
        information: Vec::new(),
        issued_at: now().minus(DAY),
        next_update: Some(now().plus(DAY * 30)),
        pointers: Vec::new(),
        services,
    }
}

/// A TEST list of lists whose pointer to itself names `own` and whose pointer to the Belgian list names `belgian`.
pub(crate) fn lotl(sequence: u64, own: &[&KeyPair], belgian: &[&KeyPair]) -> ListDraft {
    let der = |signers: &[&KeyPair]| -> Vec<Vec<u8>> {
        signers.iter().map(|pair| pair.certificate_der.clone()).collect()
    };
    ListDraft {
        version: 6,
        sequence,
        kind: "EUlistofthelists",
        territory: "EU".to_owned(),
        information: Vec::new(),
        issued_at: now().minus(DAY),
        next_update: Some(now().plus(DAY * 30)),
        pointers: vec![
            PointerDraft {
                location: "https://lists.example/lotl.xml".to_owned(),
                territory: "EU".to_owned(),
                kind: "EUlistofthelists",
                signers: der(own),
            },
            PointerDraft {
                location: "https://lists.example/be.xml".to_owned(),
                territory: "BE".to_owned(),
                kind: "EUgeneric",
                signers: der(belgian),
            },
        ],
        services: Vec::new(),
    }
}

/// One granted authority for signatures since before everything.
pub(crate) fn granted(certificate_der: &[u8]) -> ServiceDraft {
    ServiceDraft {
        certificate_der: certificate_der.to_vec(),
        periods: vec![PeriodDraft::new(
            "CA/QC",
            "granted",
            "2017-01-01T00:00:00Z".parse().unwrap(),
        )],
    }
}

/// Anchors that pin `signers` as published at `…/TEST-1`, and as an older publication `older` at `…/TEST-0`.
pub(crate) fn anchors(signers: &[&KeyPair], older: &[&KeyPair]) -> ListAnchors {
    let publication = |mark: &str, signers: &[&KeyPair]| {
        let pins: Vec<String> = signers
            .iter()
            .map(|pair| format!("\"{}\"", certificate(pair).fingerprint()))
            .collect();
        format!(
            "[[publication]]\nname = \"TEST publication {mark}\"\nmarks = [\"{mark}\"]\nsha256 = [{}]\n",
            pins.join(", ")
        )
    };
    let text = format!(
        "environment = \"test\"\nsource = \"made for a test\"\nurl = \"http://127.0.0.1/lotl.xml\"\n\
         territories = [\"BE\"]\nhosts = [\"127.0.0.1\"]\ngrace_seconds = 0\n\n{}{}",
        publication("TEST-1", signers),
        publication("TEST-0", older)
    );
    ListAnchors::test(&text).unwrap()
}
