//! Cards, their PKI and its services for the provider's promises: the laboratory's, in this process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use zegel::ades::device::Call;
use zegel::base::clock::{Clock, FixedClock, SystemClock};
use zegel::base::national::NationalNumber;
use zegel::base::random::SeededRandom;
use zegel::base::time::Timestamp;
use zegel::card::pin::PinProgram;
use zegel::card::readers::{MemoryReaders, Options, Readers};
use zegel::crypto::ecdsa;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::fetch::{Calling, Fetcher, Fetching};
use zegel::journeys::Counter;
use zegel::lab::card::personal::{CardSpec, personalise};
use zegel::lab::card::{Applet, Personalised, VirtualCard};
use zegel::lab::persons::DemoPerson;
use zegel::lab::pki::{Holder, IssuedLeaf, LabPki, LeafPurpose, Serial, Validity};
use zegel::lab::services::Services;
use zegel::login::counter::CounterChallenge;
use zegel::pki::anchors::TrustData;
use zegel::pki::certificate::Certificate;
use zegel::pki::need::{FetchFailure, Need};
use zegel::pki::trust::Trust;

use crate::support::{TestFolder, moment};

pub(crate) const NUMBER: &str = "70611500188";
pub(crate) const BASE: &str = "http://127.0.0.1:8480";

/// The laboratory's services, asked in this process at the fixed moment.
pub(crate) struct LabFetcher {
    services: Arc<Services>,
    clock: Arc<FixedClock>,
}

impl Fetcher for LabFetcher {
    fn fetch<'a>(&'a self, need: &'a Need) -> Fetching<'a> {
        let path = need.url().strip_prefix(BASE).unwrap_or("/elsewhere");
        let body = need.body().map_or(&[][..], |(_, body)| body);
        let answer = self.services.answer(path, body, self.clock.now());
        let answered = if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(FetchFailure::Connect)
        };
        Box::pin(std::future::ready(answered))
    }

    fn call<'a>(&'a self, call: &'a Call) -> Calling<'a> {
        let path = call.url.strip_prefix(BASE).unwrap_or("/elsewhere");
        let authorization = call.authorization.as_ref().map(zegel::ades::device::Text::expose);
        let body = call.body.expose().as_bytes();
        let (status, body, _) = self
            .services
            .answer_csc(path, authorization, body, self.clock.now());
        Box::pin(std::future::ready(Ok((status, body))))
    }
}

pub(crate) struct Cards {
    pub(crate) services: Arc<Services>,
    pub(crate) readers: MemoryReaders,
    pub(crate) folder: TestFolder,
    pub(crate) now: Timestamp,
    pub(crate) random: SeededRandom,
}

impl Cards {
    /// A PKI made at `now`, with its services up.
    pub(crate) fn new(now: Timestamp) -> Self {
        let random = SeededRandom::new(11);
        let pki = LabPki::generate(BASE, &random, now).unwrap();
        let services = Arc::new(Services::new(Arc::new(pki), Arc::new(SeededRandom::new(12))));
        Self {
            services,
            readers: MemoryReaders::new(),
            folder: TestFolder::new("cards"),
            now,
            random,
        }
    }

    pub(crate) fn trust(&self) -> Arc<Trust> {
        let root = Certificate::parse(self.services.pki().root_der().to_vec()).unwrap();
        let text = format!(
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
register = ["2.16.56.13.6.1.4"]

[[authority]]
common_name = "TEST Citizen CA"
url = "{BASE}/crt/citizen.crt"
"#,
            root.fingerprint()
        );
        let trust = Trust::new(TrustData::test(&text).unwrap());
        assert!(trust.add_anchor(&root));
        Arc::new(trust)
    }

    pub(crate) fn fetcher(&self, clock: Arc<FixedClock>) -> Arc<dyn Fetcher> {
        Arc::new(LabFetcher {
            services: Arc::clone(&self.services),
            clock,
        })
    }

    /// Readers of this process and a PIN program that answers `getpin`, a piece of shell.
    pub(crate) fn counter(&self, getpin: &str) -> Counter {
        let script = format!(
            "echo 'OK ready'; while IFS= read -r line; do printf '%s\\n' \"$line\" >> '{}'; case \"$line\" in \
             GETPIN) {getpin} ;; BYE) exit 0 ;; *) echo OK ;; esac; done",
            self.folder.path().join("heard").display()
        );
        let program = PinProgram::new(
            vec!["/bin/sh".to_owned(), "-c".to_owned(), script],
            Duration::from_secs(20),
        )
        .unwrap();
        let readers = Readers::start(
            Arc::new(self.readers.clone()),
            Options::default(),
            Arc::new(SystemClock::new()),
        )
        .unwrap();
        Counter::new(readers, program)
    }

    /// What the PIN program was told to show.
    pub(crate) fn heard(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("heard")).unwrap_or_default()
    }

    pub(crate) fn holder() -> Holder {
        Holder {
            surname: "Specimen".to_owned(),
            given_names: "An Maria".to_owned(),
            national_number: NationalNumber::parse(NUMBER).unwrap(),
        }
    }

    /// Puts a card of An Specimen into `reader`; returns the serial number of its authentication certificate.
    pub(crate) fn insert(&self, reader: &str, applet: Applet) -> Serial {
        let spec = CardSpec {
            birth: "15 JUN 1970".to_owned(),
            street: "Teststraat 1".to_owned(),
            card_number: 5_901_234_567,
            ..CardSpec::new(applet, Self::holder(), LabPki::usual_validity(self.now))
        };
        let made = personalise(self.services.pki(), &spec, &self.random).unwrap();
        self.readers.insert(reader, made.card);
        made.authentication.serial
    }

    /// The card of the laboratory's specimen called `slug`, changed by `change`, for a reader of this process.
    pub(crate) fn specimen(&self, slug: &str, change: impl FnOnce(&mut VirtualCard)) -> Personalised {
        let person = DemoPerson::find(slug).unwrap();
        let mut made = person
            .make_card(self.services.pki(), &self.random, self.now)
            .unwrap();
        change(&mut made.card);
        made
    }

    /// An authentication certificate of An Specimen and its key, as a Web eID program would use them.
    pub(crate) fn leaf(&self, kind: KeyKind, validity: Validity) -> IssuedLeaf {
        self.leaf_of(self.services.pki(), kind, validity)
    }

    pub(crate) fn leaf_of(&self, pki: &LabPki, kind: KeyKind, validity: Validity) -> IssuedLeaf {
        pki.issue_leaf(
            &Self::holder(),
            LeafPurpose::Authentication,
            kind,
            validity,
            &self.random,
        )
        .unwrap()
    }

    pub(crate) fn usual(&self) -> IssuedLeaf {
        self.leaf(KeyKind::Ec(Curve::P384), LabPki::usual_validity(self.now))
    }

    pub(crate) fn foreign_pki(&self) -> LabPki {
        LabPki::generate_named("Other TEST Root CA", BASE, &self.random, self.now).unwrap()
    }
}

/// The token with which `leaf` answers `nonce` for `origin`.
pub(crate) fn token(leaf: &IssuedLeaf, origin: &str, nonce: &str) -> String {
    let challenge = CounterChallenge::new(&leaf.certificate_der, origin, nonce).unwrap();
    let value = leaf.key.sign(challenge.algorithm(), challenge.message()).unwrap();
    let value = match leaf.key.public().kind() {
        KeyKind::Ec(curve) => ecdsa::der_to_raw(&value, curve).unwrap(),
        KeyKind::Rsa { .. } => value,
    };
    challenge.token(&value).to_json()
}

/// Members of a JSON object changed.
pub(crate) fn changed(token: &str, changes: &[(&str, &str)]) -> String {
    let mut members: BTreeMap<String, serde_json::Value> = serde_json::from_str(token).unwrap();
    for (name, value) in changes {
        members.insert((*name).to_owned(), (*value).into());
    }
    serde_json::to_string(&members).unwrap()
}

/// A validity that ended yesterday.
pub(crate) fn over() -> Validity {
    let day = Duration::from_secs(24 * 3600);
    Validity {
        not_before: moment().minus(day * 900),
        not_after: moment().minus(day),
    }
}
