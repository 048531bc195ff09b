//! Cards that others made.

use zegel::base::digest::{HashAlgorithm, Sha256Digest};
use zegel::base::national::NationalNumber;
use zegel::card::eid::{Address, File, Identity, RawFiles, Sex, SpecialStatus, Warning};
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::identity::card_data::Element;
use zegel::lab::card::{Applet, CardImage, CardKeys, VirtualCard};
use zegel::pki::anchors::TrustData;

use super::support::{alice, judge, read_all, trust_in};
use crate::support::shared;

#[test]
fn the_published_specimen_is_read_and_every_element_verified() {
    let Some(card) = alice() else { return };
    let files = read_all(card);
    let holder = judge(&files, &TrustData::production().unwrap()).unwrap();
    let identity = &holder.identity;
    assert_eq!(
        (identity.surname.as_str(), identity.given_names.as_str()),
        ("SPECIMEN", "Alice Geldigekaart")
    );
    assert_eq!(
        identity.national_number.as_ref().map(NationalNumber::expose),
        Some("71715100070")
    );
    assert_eq!(identity.birth_date.to_string(), "1971-01-01");
    assert_eq!(identity.sex, Sex::Female);
    assert_eq!(
        identity.valid_from.map(|day| day.to_string()).as_deref(),
        Some("2009-07-23")
    );
    let address = holder.address.as_ref().unwrap();
    assert_eq!(
        (address.street.as_str(), address.postal_code.as_str()),
        ("Meirplaats 1 bus 1", "2000")
    );
    assert_eq!(files.get(File::Photo).map(<[u8]>::len), Some(2629));

    let verdicts = &holder.verdicts;
    assert_eq!(verdicts.identity, Element::Valid);
    assert_eq!(verdicts.address, Element::Valid);
    assert_eq!(verdicts.photo, Element::Valid);
    assert_eq!(verdicts.basic_key, Element::NotPresent);
    assert_eq!(
        verdicts.algorithm,
        Some(SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha1))
    );
    // Its root is a test root: production trust refuses the signer, and so proves nothing.
    assert_eq!(verdicts.chain, Element::Invalid);
    assert_eq!(
        verdicts.refusal.as_ref().map(|refusal| refusal.cause()),
        Some("PATH_NO_ANCHOR")
    );
    assert!(!verdicts.identity_is_proved());
}

#[test]
fn a_root_pinned_for_tests_does_not_make_old_algorithms_acceptable() {
    let Some(card) = alice() else { return };
    let files = read_all(card);
    let root = Sha256Digest::of(files.get(File::RootCertificate).unwrap());
    let holder = judge(&files, &trust_in(&root, "2.16.56.1.40.40.40.1")).unwrap();
    assert_eq!(
        holder.verdicts.refusal.as_ref().map(|refusal| refusal.cause()),
        Some("ALG_FORBIDDEN")
    );
}

#[test]
fn one_changed_byte_makes_its_element_invalid_and_no_other() {
    let Some(card) = alice() else { return };
    let files = read_all(card);
    let trust = TrustData::production().unwrap();
    let verdict_with = |file: File, at: usize| {
        let mut changed: RawFiles = files.clone();
        let mut content = files.get(file).unwrap().to_vec();
        content[at] ^= 1;
        changed.insert(file, content);
        let verdicts = judge(&changed, &trust).unwrap().verdicts;
        (verdicts.identity, verdicts.address, verdicts.photo)
    };
    use Element::{Invalid, Valid};
    // A letter of the surname, of the street, and of the picture.
    assert_eq!(verdict_with(File::Identity, 100), (Invalid, Valid, Valid));
    assert_eq!(verdict_with(File::Address, 3), (Valid, Invalid, Valid));
    assert_eq!(verdict_with(File::Photo, 1000), (Valid, Valid, Invalid));
    assert_eq!(verdict_with(File::AddressSignature, 5), (Valid, Invalid, Valid));
    // The address binds the identity's signature: both fall.
    assert_eq!(
        verdict_with(File::IdentitySignature, 5),
        (Invalid, Invalid, Valid)
    );
}

#[test]
fn published_virtual_cards_are_read_as_cards_and_their_dummy_signatures_found_out() {
    let Some(folder) = shared("card/eid-test-cards") else {
        return;
    };
    for (name, surname, judged_at) in [
        ("virtual_flores.xml", "Janssens", "2007-11-26"),
        ("virtual_rogier.xml", "Peeters", "2002-12-17"),
        ("virtual_stephen.xml", "Jones", "2014-10-12"),
    ] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let image = CardImage::from_published_xml(&text).unwrap();
        assert_eq!(image.applet, Applet::V11, "{name}");
        let saved = tempfile::tempdir().unwrap();
        let path = saved.path().join("card.json");
        image.save(&path).unwrap();
        let card = VirtualCard::new(CardImage::load(&path).unwrap(), CardKeys::default());
        let holder = judge(&read_all(card), &TrustData::production().unwrap()).unwrap();
        assert_eq!(holder.identity.surname, surname, "{name}");
        // Thirteen characters where the number should be.
        assert_eq!(holder.identity.national_number, None, "{name}");
        assert!(
            holder.identity.warnings.contains(&Warning::NationalNumber),
            "{name}"
        );
        let verdicts = &holder.verdicts;
        // 64 bytes of a dummy stand where the signatures should be; the photo's hash is right.
        assert_eq!(verdicts.identity, Element::Invalid, "{name}");
        assert_eq!(verdicts.address, Element::Invalid, "{name}");
        assert_eq!(verdicts.photo, Element::Valid, "{name}");
        assert_eq!(verdicts.basic_key, Element::NotPresent, "{name}");
        assert_eq!(verdicts.chip, Element::Valid, "{name}");
        assert_eq!(verdicts.chip_proof, Element::NotPresent, "{name}");
        assert_eq!(verdicts.chain, Element::Invalid, "{name}");
        assert_eq!(
            verdicts.refusal.as_ref().map(|refusal| refusal.cause()),
            Some("PATH_NO_ANCHOR"),
            "{name}"
        );
        // The signer has expired since: it is judged at the card's first day.
        assert_eq!(
            verdicts.judged_at.map(|at| at.day().to_string()).as_deref(),
            Some(judged_at),
            "{name}"
        );
        assert_eq!(verdicts.algorithm, None, "{name}");
    }
}

#[test]
fn parser_variants_of_other_implementations_are_read() {
    let Some(folder) = shared("card/commons-eid") else {
        return;
    };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    for name in [
        "id-alice.tlv",
        "id-alice-2.tlv",
        "test-identity.tlv",
        "h-card.tlv",
        "yellow-cane.tlv",
    ] {
        let identity = Identity::parse(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!identity.surname.is_empty(), "{name}");
        assert!(identity.birth_date.year.is_some(), "{name}");
    }
    let identity = Identity::parse(&read("yellow-cane.tlv")).unwrap();
    assert_eq!(identity.special_status, Some(SpecialStatus::YellowCane));
    let identity = Identity::parse(&read("h-card.tlv")).unwrap();
    assert_eq!(identity.document_type.map(|kind| kind.name()), Some("H card"));
    for name in ["address-alice.tlv", "test-address.tlv"] {
        assert!(
            !Address::parse(&read(name)).unwrap().municipality.is_empty(),
            "{name}"
        );
    }
}
