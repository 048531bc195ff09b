//! `zegel sign` in a field that somebody prepared, and at a place that is named.

use std::sync::Arc;

use zegel::pdf::document::Document;
use zegel::pdf::object::Object;
use zegel::pdf::signature::FieldState;

use super::signing::{desk, verify, words};
use crate::pdf::make;

/// A page that is turned and cropped, with an empty field `Sign` that says `more`.
fn form(more: &str) -> Vec<u8> {
    let field = format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Sign)/Rect[60 30 120 200]/P 3 0 R{more}>>");
    make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/Rotate 90/MediaBox[0 0 500 400]/CropBox[50 20 400 300]/Annots[4 0 R]>>",
            &field,
        ],
        "",
    )
}

/// Signed fields by name, each with its rectangle.
fn signed(bytes: Vec<u8>) -> Vec<(String, Vec<f64>)> {
    let view = Document::open(Arc::new(bytes)).unwrap().latest();
    let fields = view.signature_fields().unwrap().into_iter();
    fields
        .filter(|field| matches!(field.state, FieldState::Signed(_)))
        .map(|field| {
            let rect = field
                .field
                .dictionary
                .get("Rect")
                .and_then(Object::as_array)
                .unwrap();
            let rect = rect.iter().filter_map(Object::as_number).collect();
            (field.field.full_name, rect)
        })
        .collect()
}

#[test]
fn a_prepared_field_is_signed_when_it_is_named_and_refuses_what_it_forbids() {
    let Some(desk) = desk(&["mayor"]) else { return };
    std::fs::write(desk.path("form.pdf"), form("")).unwrap();
    let sign = |text: &str| desk.sign(&words(&format!("{text} --level b --force")));
    let hint = "hint: `form.pdf` has an empty signature field, `Sign`: --field signs in it\n";

    let beside = sign("form.pdf");
    assert_eq!(beside.code, Some(0), "{beside:?}");
    assert!(beside.messages.contains(hint), "{beside:?}");
    let found = signed(std::fs::read(desk.path("form-signed.pdf")).unwrap());
    assert_eq!(found.len(), 1);
    assert_ne!(found[0].0, "Sign", "not guessed");

    let inside = sign("form.pdf --field Sign");
    assert_eq!(inside.code, Some(0), "{inside:?}");
    assert!(!inside.messages.contains("hint"), "{inside:?}");
    let found = signed(std::fs::read(desk.path("form-signed.pdf")).unwrap());
    assert_eq!(found, [("Sign".to_owned(), vec![60.0, 30.0, 120.0, 200.0])]);
    let json = verify(&desk, "form-signed.pdf").json();
    assert_eq!(json["signatures"][0]["level"], "b", "{json:#}");
    assert_eq!(json["signatures"][0]["field"], "Sign", "{json:#}");

    for (name, seed) in [
        (
            "fits",
            "/SV<</Ff 67/Filter/Adobe.PPKLite/SubFilter[/ETSI.CAdES.detached]/DigestMethod[/SHA256/SHA384]/Cert<</Ff 32/KeyUsage[(01)]>>>>",
        ),
        ("digest", "/SV<</Ff 64/DigestMethod[/SHA1]>>"),
        ("stamp", "/SV<</TimeStamp<</URL(http://tsa.example)/Ff 1>>>>"),
        ("usage", "/SV<</Cert<</Ff 32/KeyUsage[(1)]>>>>"),
        ("country", "/SV<</Cert<</Ff 8/SubjectDN[<</C(BE)>>]>>>>"),
        ("other", "/SV<</Cert<</Ff 8/SubjectDN[<</C(NL)>>]>>>>"),
    ] {
        std::fs::write(desk.path(&format!("{name}.pdf")), form(seed)).unwrap();
    }
    let pins = desk.lab.pins_shown().len();
    for (file, key) in [
        ("digest.pdf", "DigestMethod"),
        ("stamp.pdf", "TimeStamp"),
        ("usage.pdf", "Cert KeyUsage"),
        ("other.pdf", "Cert SubjectDN"),
    ] {
        let ran = sign(&format!("{file} --field Sign"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
        let words = format!("PDF_SEED_VALUE, the field requires its seed value {key} (PDF_SEED_VALUE)");
        assert!(ran.messages.contains(&words), "{ran:?}");
    }
    let nobody = sign("form.pdf --field Nobody");
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    assert!(nobody.messages.contains("(PDF_FIELD_NOWHERE)"), "{nobody:?}");
    assert_eq!(
        desk.lab.pins_shown().len(),
        pins,
        "no PIN for what cannot be signed"
    );
    for file in ["fits.pdf", "country.pdf"] {
        let ran = sign(&format!("{file} --field Sign"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let stamped = desk.sign(&words("stamp.pdf --field Sign --level t"));
    assert_eq!(stamped.code, Some(0), "{stamped:?}");
}

#[test]
fn a_signature_shows_where_it_was_asked_as_the_page_is_seen() {
    let Some(desk) = desk(&["mayor"]) else { return };
    std::fs::write(desk.path("form.pdf"), form("")).unwrap();
    let sign = |text: &str| desk.sign(&words(&format!("{text} --level b --force")));
    let ran = sign("form.pdf --page 1 --at 10,20,100,40");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let found = signed(std::fs::read(desk.path("form-signed.pdf")).unwrap());
    // Seen turned to the right: up on the screen is to the left on the page, from the corner of what is shown.
    assert_eq!(found[0].1, [340.0, 30.0, 380.0, 130.0]);
    for (text, code, says) in [
        (
            "form-signed.pdf --page 1 --at 50,30,100,40",
            1,
            "(PDF_FIELD_OVERLAP)",
        ),
        ("form.pdf --page 1 --at 10,290,100,40", 1, "(PDF_FIELD_OVERLAP)"),
        (
            "form.pdf --page 1 --at 200,20,100,40",
            1,
            "(PDF_FIELD_OUT_OF_BOUNDS)",
        ),
        ("form.pdf --page 2 --at 10,20", 1, "(PDF_FIELD_NOWHERE)"),
        ("form.pdf --page 0 --at 10,20", 2, "--page"),
        ("form.pdf --page 1", 2, "--at"),
        ("form.pdf --at 10,20", 2, "--page"),
        ("form.pdf --page 1 --at 10", 2, "X,Y"),
        ("form.pdf --page 1 --at 10,20,0,40", 2, "X,Y"),
        ("form.pdf --page 1 --at NaN,20", 2, "X,Y"),
        ("form.pdf --field Sign --page 1 --at 10,20", 2, "--field"),
        (
            "form.pdf --signature cades --field Sign",
            2,
            "no PDF is to be signed",
        ),
    ] {
        let ran = sign(text);
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{text}: {ran:?}");
        assert!(ran.messages.contains(says), "{text}: {ran:?}");
    }
}
