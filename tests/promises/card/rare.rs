//! The laboratory's rare cards: each is read, judged element by element, and signs where it can.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use zegel::base::digest::{HashAlgorithm, Sha256Digest};
use zegel::base::national::{NationalNumber, NumberKind};
use zegel::base::random::SeededRandom;
use zegel::card::CardError;
use zegel::card::eid::{
    CertificateKind, File, KeyReference, LastTry, PinState, RawFiles, SignRequest, SpecialStatus,
};
use zegel::identity::card_data::{CardHolder, Element, Verdicts};
use zegel::lab::card::specimens::{SPECIMENS, Specimen};
use zegel::lab::card::{CardImage, CardKeys, VirtualCard};
use zegel::lab::pki::LabPki;

use super::driver::verifies;
use super::support::{judge, on, pin, trust_in};
use crate::support::moment;

/// All of them, and the root they chain to. Made once: RSA keys take a while.
struct Rare {
    root: Sha256Digest,
    images: BTreeMap<&'static str, (CardImage, CardKeys)>,
}

fn rare() -> &'static Rare {
    static RARE: OnceLock<Rare> = OnceLock::new();
    RARE.get_or_init(|| {
        let random = SeededRandom::new(23);
        let pki = LabPki::generate("http://127.0.0.1:9", &random, moment()).unwrap();
        let images = SPECIMENS
            .iter()
            .map(|specimen| {
                let made = specimen.make_card(&pki, &random, moment()).unwrap().card;
                (specimen.name, (made.image().clone(), made.keys().clone()))
            })
            .collect();
        Rare {
            root: Sha256Digest::of(pki.root_der()),
            images,
        }
    })
}

pub(super) fn card(name: &str) -> VirtualCard {
    let (image, keys) = &rare().images[name];
    VirtualCard::new(image.clone(), keys.clone())
}

/// Everything on the card, with the chip's answer to a challenge.
pub(super) fn read(card: VirtualCard) -> Result<RawFiles, CardError> {
    let challenge = HashAlgorithm::Sha384.digest(b"a fresh challenge");
    on(card, |eid| {
        let mut files = eid.read_everything()?;
        files.chip_answer = eid.challenge_chip(&challenge)?;
        Ok(files)
    })
    .0
}

fn holder(name: &str) -> CardHolder {
    let files = read(card(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    judge(&files, &trust_in(&rare().root, "2.16.56.13.6.0.1"))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// One letter for each element: identity, address, photo, basic key, chip, chip proof, chain.
fn letters(verdicts: &Verdicts) -> String {
    [
        verdicts.identity,
        verdicts.address,
        verdicts.photo,
        verdicts.basic_key,
        verdicts.chip,
        verdicts.chip_proof,
        verdicts.chain,
    ]
    .into_iter()
    .map(|element| match element {
        Element::Invalid => 'i',
        Element::NotChecked => '?',
        Element::NotPresent => '-',
        Element::Valid => 'v',
    })
    .collect()
}

#[test]
fn every_rare_card_has_its_verdicts() {
    let mut seen = 0;
    for specimen in &SPECIMENS {
        let expected = match specimen.name {
            "not-activated" => continue,
            // The register's signer has RSA-1024: what it signed is what it signed, and it proves nothing today.
            "applet-10" | "applet-11" => "vvv-v-i",
            "applet-17" | "rekeyed" | "foreigner" | "white-cane" | "habilitation" => "vvv-v-v",
            // The address binds the identity's signature.
            "corrupt-identity" => "iivvvvv",
            "swapped-photo" => "vvivvvv",
            "foreign-address" => "vivvvvv",
            _ => "vvvvvvv",
        };
        let holder = holder(specimen.name);
        assert_eq!(letters(&holder.verdicts), expected, "{}", specimen.name);
        let refusal = holder.verdicts.refusal.map(|refusal| refusal.cause());
        assert_eq!(
            refusal,
            expected.ends_with('i').then_some("ALG_FORBIDDEN"),
            "{}",
            specimen.name
        );
        assert_eq!(holder.identity.warnings, [], "{}", specimen.name);
        seen += 1;
    }
    assert_eq!(seen, SPECIMENS.len() - 1);
}

#[test]
fn what_is_special_about_a_holder_is_read() {
    let identity = |name| holder(name).identity;

    let kid = identity("kid");
    assert!(kid.document_type.unwrap().is_child() && kid.document_type.unwrap().is_belgian());
    assert!(identity("kid-foreign").document_type.unwrap().is_child());
    assert!(!identity("habilitation").document_type.unwrap().is_personal());

    let foreigner = identity("foreigner");
    let fields: Vec<(u8, &str)> = foreigner
        .further
        .iter()
        .map(|(tag, value)| (*tag, value.as_str()))
        .collect();
    assert_eq!(
        fields,
        [
            (0x12, "01"),
            (0x13, "5"),
            (0x14, ""),
            (0x15, "01.02.2015-FR"),
            (0x16, "8"),
            (0x17, "0123.456.789"),
            (0x18, "0987.654.321"),
            (0x19, "TEST-2026-000001"),
        ]
    );
    assert_eq!(
        identity("eu-plus").further,
        [(0x12, "00".to_owned()), (0x1F, "03.03.2021".to_owned())]
    );
    assert_eq!(
        identity("brexit").further[1..],
        [(0x1B, "B".to_owned()), (0x1C, "C".to_owned())]
    );
    assert_eq!(identity("one-name").given_names, "");
    let long = identity("long-names");
    let spec = Specimen::find("long-names").unwrap().spec(moment()).unwrap();
    assert_eq!(
        (&long.surname, &long.third_initial, &long.birth_place),
        (&spec.holder.surname, &spec.third_initial, &spec.birth_place)
    );
    assert_eq!(identity("unknown-birth").birth_date.to_string(), "1971-00-00");
    assert_eq!(
        identity("bis").national_number.as_ref().map(NationalNumber::kind),
        Some(NumberKind::Bis)
    );
    assert_eq!(
        identity("white-cane").special_status,
        Some(SpecialStatus::WhiteCaneAndExtendedMinority)
    );
    assert_eq!(holder("empty-street").address.unwrap().street, "");
    assert_eq!(holder("tag-00").address.unwrap().municipality, "Zegelgem");
    assert_eq!(
        holder("foreign-address").address.unwrap().street,
        "Andere straat 2"
    );
}

#[test]
fn every_rare_card_signs_with_the_keys_it_has() {
    for specimen in &SPECIMENS {
        for (key, kind) in [
            (KeyReference::Authentication, CertificateKind::Authentication),
            (KeyReference::Signature, CertificateKind::Signature),
        ] {
            let expected = match (specimen.name, kind) {
                ("not-activated", _) => Some(CardError::CardNotActivated),
                ("kid" | "kid-foreign", CertificateKind::Authentication) => {
                    Some(CardError::CertificateMissing("authentication"))
                }
                ("kid" | "kid-foreign" | "minor", CertificateKind::Signature) => {
                    Some(CardError::CertificateMissing("signature"))
                }
                _ => None,
            };
            let (result, _) = on(card(specimen.name), |eid| {
                let certificate = eid.certificate(kind)?;
                let hash = match eid.card_data()?.applet_version {
                    0x18.. => HashAlgorithm::Sha384,
                    _ => HashAlgorithm::Sha256,
                };
                let digest = hash.digest(b"signed by a rare card");
                let request = SignRequest {
                    key,
                    hash,
                    digest: &digest,
                    last_try: LastTry::NotConfirmed,
                };
                eid.sign(&request, &pin("1234"), &mut |signature| {
                    verifies(&certificate, &digest, signature)
                })
            });
            assert_eq!(result.err(), expected, "{} {key:?}", specimen.name);
        }
    }
    // A key without a certificate is not there either.
    let digest = [7; 48];
    let (result, _) = on(card("minor"), |eid| {
        let request = SignRequest {
            key: KeyReference::Signature,
            hash: HashAlgorithm::Sha384,
            digest: &digest,
            last_try: LastTry::NotConfirmed,
        };
        eid.sign(&request, &pin("1234"), &mut |_| true)
    });
    assert_eq!(result, Err(CardError::KeyMissing));
}

#[test]
fn a_card_that_is_not_activated_says_so_whatever_is_asked() {
    let inactive = |work: &dyn Fn(&mut zegel::card::eid::Eid<'_>) -> Result<(), CardError>| {
        on(card("not-activated"), |eid| work(eid)).0
    };
    let expected = Err(CardError::CardNotActivated);
    assert_eq!(inactive(&|eid| eid.card_data().map(drop)), expected);
    assert_eq!(inactive(&|eid| eid.pin_state().map(drop)), expected);
    assert_eq!(inactive(&|eid| eid.read(File::Identity).map(drop)), expected);
    assert_eq!(inactive(&|eid| eid.log_off()), expected);
}

#[test]
fn no_try_is_spent_by_asking_an_old_card() {
    for name in ["applet-10", "applet-11"] {
        let (state, mut connection) = on(card(name), |eid| {
            let unknown = eid.pin_state();
            let digest = HashAlgorithm::Sha256.digest(b"x");
            let request = SignRequest {
                key: KeyReference::Authentication,
                hash: HashAlgorithm::Sha256,
                digest: &digest,
                last_try: LastTry::NotConfirmed,
            };
            let wrong = eid.sign(&request, &pin("9999"), &mut |_| true);
            // What an answer told is known, and the last try of what is known is not used up unasked.
            let told = eid.pin_state();
            let again = eid.sign(&request, &pin("9999"), &mut |_| true);
            let last = eid.sign(&request, &pin("9999"), &mut |_| true);
            [
                format!("{unknown:?}"),
                format!("{wrong:?}"),
                format!("{told:?}"),
                format!("{again:?}"),
                format!("{last:?}"),
            ]
        });
        assert_eq!(
            state,
            [
                format!("{:?}", Ok::<_, CardError>(PinState::Unknown)),
                "Err(PinWrong { left: 2 })".to_owned(),
                "Ok(Left(2))".to_owned(),
                "Err(PinWrong { left: 1 })".to_owned(),
                "Err(PinLastTry)".to_owned(),
            ],
            "{name}"
        );
        assert_eq!(connection.transport().image().tries_left, 1, "{name}");
    }
}
