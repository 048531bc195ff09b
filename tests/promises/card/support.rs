//! Cards of the laboratory and the published specimen, in this process.

use std::sync::OnceLock;

use zegel::base::digest::Sha256Digest;
use zegel::base::national::NationalNumber;
use zegel::base::random::SeededRandom;
use zegel::base::secret::Pin;
use zegel::card::CardError;
use zegel::card::eid::{Eid, RawFiles};
use zegel::card::transport::InProcess;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::identity::card_data::{CardHolder, check};
use zegel::lab::card::personal::personalise;
use zegel::lab::card::{Applet, CardImage, CardKeys, CardSpec, VirtualCard};
use zegel::lab::pki::{Holder, LabPki};
use zegel::pki::anchors::TrustData;

use crate::support::{moment, shared};

/// Two persons with a card of each generation, and the root they chain to.
pub(crate) struct Cards {
    root: Sha256Digest,
    images: Vec<(Applet, usize, CardImage, CardKeys)>,
}

/// Made once: an RSA key takes a while.
pub(crate) fn cards() -> &'static Cards {
    static CARDS: OnceLock<Cards> = OnceLock::new();
    CARDS.get_or_init(|| {
        let random = SeededRandom::new(11);
        let pki = LabPki::generate("http://127.0.0.1:9", &random, moment()).unwrap();
        let mut images = Vec::new();
        for applet in [Applet::V17, Applet::V18] {
            for (person, (given, number)) in [("An", "70611500188"), ("Bo", "70611508997")]
                .into_iter()
                .enumerate()
            {
                let holder = Holder {
                    surname: "Specimen".to_owned(),
                    given_names: given.to_owned(),
                    national_number: NationalNumber::parse(number).unwrap(),
                };
                let spec = CardSpec {
                    street: format!("Proefstraat {}", person + 1),
                    structure_version: true,
                    ..CardSpec::new(applet, holder, LabPki::usual_validity(moment()))
                };
                let made = personalise(&pki, &spec, &random).unwrap().card;
                images.push((applet, person, made.image().clone(), made.keys().clone()));
            }
        }
        Cards {
            root: Sha256Digest::of(pki.root_der()),
            images,
        }
    })
}

impl Cards {
    /// A fresh card of the first or second person.
    pub(crate) fn card(&self, applet: Applet, person: usize) -> VirtualCard {
        let wanted = |entry: &&(Applet, usize, CardImage, CardKeys)| entry.0 == applet && entry.1 == person;
        let (_, _, image, keys) = self.images.iter().find(wanted).unwrap();
        VirtualCard::new(image.clone(), keys.clone())
    }

    pub(crate) fn trust(&self) -> TrustData {
        trust_in(&self.root, "2.16.56.13.6.0.1")
    }
}

/// Test trust that pins one root, with this policy for the register's signer.
pub(crate) fn trust_in(root: &Sha256Digest, register_policy: &str) -> TrustData {
    TrustData::test(&trust_text(root, register_policy)).unwrap()
}

pub(crate) fn trust_text(root: &Sha256Digest, register_policy: &str) -> String {
    format!(
        r#"
environment = "test"
source = "laboratory"
hosts = ["127.0.0.1"]

[[root]]
name = "TEST root"
sha256 = "{root}"
generation = "laboratory"
purposes = ["authentication", "signature", "register"]

[[generation]]
name = "laboratory"
source = "laboratory"
personal_issuers = ["TEST Citizen CA"]
register_name = "TEST RRN"
authentication = ["2.16.56.13.6.1.1.1000"]
signature = ["2.16.56.13.6.1.2.1000"]
register = ["{register_policy}"]

[[authority]]
common_name = "TEST Citizen CA"
url = "http://127.0.0.1/citizen.crt"
"#
    )
}

/// The published specimen of applet 1.1, as a card without keys.
pub(crate) fn alice() -> Option<VirtualCard> {
    let folder = shared("card/commons-eid-alice-card")?;
    Some(VirtualCard::new(
        CardImage::from_published_files(&folder, "Alice").unwrap(),
        CardKeys::default(),
    ))
}

/// Runs `work` on the driver of `card` and gives the card back.
pub(crate) fn on<T>(card: VirtualCard, work: impl FnOnce(&mut Eid<'_>) -> T) -> (T, InProcess<VirtualCard>) {
    let mut connection = InProcess::new(card);
    let result = work(&mut Eid::new(&mut connection));
    (result, connection)
}

pub(crate) fn read_all(card: VirtualCard) -> RawFiles {
    on(card, |eid| eid.read_everything()).0.unwrap()
}

pub(crate) fn judge(files: &RawFiles, trust: &TrustData) -> Result<CardHolder, CardError> {
    check(files, trust, &AlgorithmPolicy::etsi_ts_119_312(), moment())
}

pub(crate) fn pin(digits: &str) -> Pin {
    Pin::from_digits(zeroize::Zeroizing::new(digits.as_bytes().to_vec())).unwrap()
}
