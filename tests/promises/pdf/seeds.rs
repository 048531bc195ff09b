//! What a prepared field asks of its signature: each key of its seed values, met and not met. ISO 32000-2 tables 237, 238.

use zegel::base::digest::HashAlgorithm;
use zegel::pdf::permission::Certification;
use zegel::pdf::seed::{Planned, SignerFacts};

use super::make;

fn form(seed: &str) -> Vec<u8> {
    let field = format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Open)/Rect[0 0 0 0]/P 3 0 R/SV<<{seed}>>>>");
    make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
            &field,
        ],
        "",
    )
}

fn signer() -> SignerFacts {
    let mut key_usage = [false; 9];
    key_usage[1] = true;
    SignerFacts {
        certificate_der: b"signer".to_vec(),
        issuers_der: vec![b"issuer".to_vec(), b"root".to_vec()],
        subject: [("2.5.4.3", "An Specimen"), ("2.5.4.6", "BE")]
            .map(|(oid, text)| (oid.to_owned(), text.to_owned()))
            .to_vec(),
        key_usage,
        policies: vec!["2.16.56.1".to_owned()],
        hash: Some(HashAlgorithm::Sha384),
        time_stamped: true,
        with_revocation: true,
    }
}

/// The key refused; none when the field may be signed.
fn refused(seed: &str, planned: &Planned<'_>) -> Option<&'static str> {
    let view = make::open(&form(seed)).unwrap().latest();
    let field = view.signature_fields().unwrap().remove(0).field;
    match view.may_sign_as(Some(&field), planned).unwrap() {
        Ok(()) => None,
        Err(refusal) => {
            assert_eq!(refusal.cause(), "PDF_SEED_VALUE");
            Some(refusal.detail().unwrap())
        }
    }
}

#[test]
fn each_seed_value_is_met_or_refused_by_its_name() {
    let signer = signer();
    let planned = Planned {
        signer: Some(&signer),
        ..Planned::default()
    };
    // Met, not met though wished for alone, and not met though required.
    for (key, met, not_met, bit) in [
        ("Filter", "/Filter/Adobe.PPKLite", "/Filter/Entrust.PPKEF", 1),
        (
            "SubFilter",
            "/SubFilter[/adbe.pkcs7.detached/ETSI.CAdES.detached]",
            "/SubFilter[/adbe.pkcs7.detached]",
            2,
        ),
        ("V", "/V 2", "/V 4", 4),
        ("Reasons", "/Reasons[(.)]", "/Reasons[(Akkoord)]", 8),
        ("AddRevInfo", "/AddRevInfo false", "", 0),
        (
            "DigestMethod",
            "/DigestMethod[/SHA256/SHA384]",
            "/DigestMethod[/SHA1/SHA512]",
            64,
        ),
        ("LockDocument", "/LockDocument/auto", "/LockDocument/true", 128),
    ] {
        assert_eq!(refused(&format!("/Ff {bit}{met}"), &planned), None, "{key}");
        assert_eq!(refused(not_met, &planned), None, "{key}, wished for");
        let expected = (bit != 0).then_some(key);
        assert_eq!(
            refused(&format!("/Ff {bit}{not_met}"), &planned),
            expected,
            "{key}"
        );
    }
    // Nothing is written for these two, whatever they hold; a bit that nobody defined may ask for anything.
    for (key, seed) in [
        ("LegalAttestation", "/Ff 16/LegalAttestation[(x)]"),
        ("AppearanceFilter", "/Ff 256/AppearanceFilter(x)"),
        ("Ff", "/Ff 512"),
    ] {
        assert_eq!(refused(seed, &planned), Some(key), "{key}");
    }
    for (key, met, not_met) in [
        (
            "Subject",
            "/Ff 1/Subject[(other)(signer)]",
            "/Ff 1/Subject[(other)]",
        ),
        ("Issuer", "/Ff 2/Issuer[(root)]", "/Ff 2/Issuer[(other)]"),
        (
            "OID",
            "/Ff 4/OID[(2.16.56.1)]",
            "/Ff 4/OID[(2.16.56.1)(2.16.56.2)]",
        ),
        (
            "SubjectDN",
            "/Ff 8/SubjectDN[<</CN(Bo)>><</2.5.4.3(An Specimen)/C(BE)>>]",
            "/Ff 8/SubjectDN[<</CN(An Specimen)/C(NL)>>]",
        ),
        (
            "KeyUsage",
            "/Ff 32/KeyUsage[(1)(X1)]",
            "/Ff 32/KeyUsage[(11)(X0)]",
        ),
        (
            "URL",
            "/Ff 64/URL(https://a.example)/URLType/Browser",
            "/Ff 64/URL(https://a.example)/URLType/ASSP",
        ),
    ] {
        assert_eq!(refused(&format!("/Cert<<{met}>>"), &planned), None, "{key}");
        let required = refused(&format!("/Cert<<{not_met}>>"), &planned).unwrap();
        assert_eq!(required, format!("Cert {key}"));
        let wished = not_met.split_once('/').unwrap().1.split_once('/').unwrap().1;
        assert_eq!(
            refused(&format!("/Cert<</{wished}>>"), &planned),
            None,
            "{key}, wished for"
        );
    }
    assert_eq!(refused("/Cert<</Ff 128>>", &planned), Some("Cert Ff"));
}

#[test]
fn what_depends_on_the_level_or_on_certifying_is_met_by_it() {
    let full = signer();
    let basic = SignerFacts {
        time_stamped: false,
        with_revocation: false,
        ..signer()
    };
    let by = |signer, certify| Planned {
        signer: Some(signer),
        reason: None,
        certify,
    };
    for (seed, key) in [
        ("/Ff 32/AddRevInfo true", "AddRevInfo"),
        ("/TimeStamp<</URL(https://tsa.example)/Ff 1>>", "TimeStamp"),
    ] {
        assert_eq!(refused(seed, &by(&full, None)), None, "{key}");
        assert_eq!(refused(seed, &by(&basic, None)), Some(key));
    }
    assert_eq!(
        refused("/TimeStamp<</URL(https://tsa.example)/Ff 0>>", &by(&basic, None)),
        None
    );
    for (rule, wanted) in [
        (0, None),
        (1, Some(Certification::NoChanges)),
        (2, Some(Certification::FormsAndSigning)),
        (3, Some(Certification::Annotations)),
    ] {
        let seed = format!("/MDP<</P {rule}>>");
        assert_eq!(refused(&seed, &by(&full, wanted)), None, "{rule}");
        let other = if wanted.is_none() {
            Some(Certification::FormsAndSigning)
        } else {
            None
        };
        assert_eq!(refused(&seed, &by(&full, other)), Some("MDP"), "{rule}");
    }
    let closes = Some(Certification::NoChanges);
    assert_eq!(refused("/Ff 128/LockDocument/true", &by(&full, closes)), None);
    let with_reason = Planned {
        reason: Some("Akkoord"),
        ..by(&full, None)
    };
    assert_eq!(refused("/Ff 8/Reasons[(Gezien)(Akkoord)]", &with_reason), None);
    for listed in ["/Reasons[(Gezien)]", "/Reasons[]", ""] {
        assert_eq!(
            refused(&format!("/Ff 8{listed}"), &with_reason),
            Some("Reasons"),
            "{listed}"
        );
    }
    // Who signs is not known yet: what is required of them is not met.
    assert_eq!(
        refused("/Ff 64/DigestMethod[/SHA384]", &Planned::default()),
        Some("DigestMethod")
    );
    assert_eq!(
        refused("/Cert<</Ff 1/Subject[(signer)]>>", &Planned::default()),
        Some("Cert Subject")
    );
    // The subject may hold a national number.
    assert!(!format!("{full:?}").contains("Specimen"));
}
