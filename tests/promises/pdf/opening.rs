//! What opens, and with which exact cause the rest is refused.

use zegel::pdf::error::PdfErrorKind;
use zegel::pdf::xref::XrefKind;

use super::make;

#[test]
fn both_kinds_of_cross_reference_open_and_qpdf_agrees() {
    for kind in [XrefKind::Table, XrefKind::Stream] {
        let bytes = make::decision(kind);
        make::check_with_qpdf(&bytes);
        let document = make::open(&bytes).unwrap();
        assert_eq!(document.revisions().len(), 1);
        assert_eq!(document.revisions()[0].kind, kind);
        assert_eq!(document.revisions()[0].end_with_eol, document.len());
        assert_eq!(document.latest().page_count().unwrap(), 2);
        assert_eq!(document.latest().version().unwrap(), (1, 7));
    }
}

#[test]
fn text_of_a_composed_document_is_read_by_poppler() {
    let Some(text) = make::text_by_poppler(&make::decision(XrefKind::Table)) else {
        return;
    };
    assert!(text.contains("Besluit van het college"), "{text}");
    assert!(text.contains("Aldus beslist: één euro, 10 €."), "{text}");
}

#[test]
fn object_streams_and_linearised_files_open() {
    let plain = make::decision(XrefKind::Table);
    for arguments in [
        &["--object-streams=generate"][..],
        &["--linearize"],
        &["--linearize", "--object-streams=generate"],
        &["--stream-data=uncompress"],
    ] {
        let Some(bytes) = make::convert(&plain, arguments) else {
            return;
        };
        let document = make::open(&bytes).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        assert_eq!(document.revisions().len(), 1, "{arguments:?}");
        assert_eq!(document.latest().page_count().unwrap(), 2, "{arguments:?}");
    }
}

#[test]
fn every_bad_file_is_refused_with_its_own_cause() {
    let good = make::minimal();
    make::open(&good).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let start = text.find("xref").unwrap();
    let looped = make::by_hand(
        &["<</Type/Catalog>>"],
        &format!("/Prev {}", "<</Type/Catalog>>".len() + 9 + 8 + 8),
    );
    let rows = [
        ("no bytes", Vec::new(), PdfErrorKind::Empty),
        (
            "another kind of file",
            b"PK\x03\x04 a zip, not a document".to_vec(),
            PdfErrorKind::NotPdf,
        ),
        (
            "text before the header",
            [b"x".to_vec(), good.clone()].concat(),
            PdfErrorKind::Malformed,
        ),
        (
            "cut off",
            good[..good.len() - 40].to_vec(),
            PdfErrorKind::Malformed,
        ),
        (
            "cut off in the last word",
            good[..good.len() - 3].to_vec(),
            PdfErrorKind::Malformed,
        ),
        (
            "something after the end",
            [good.clone(), b"hello".to_vec()].concat(),
            PdfErrorKind::Malformed,
        ),
        (
            "encrypted",
            text.replace(
                "/Root 1 0 R",
                "/Root 1 0 R/ID[(a)(b)]/Encrypt<</Filter/Adobe.PubSec>>",
            )
            .into_bytes(),
            PdfErrorKind::Encrypted,
        ),
        (
            "encrypted by something that is no encryption dictionary",
            text.replace("/Root 1 0 R", "/Root 1 0 R/ID[(a)(b)]/Encrypt 3 0 R")
                .into_bytes(),
            PdfErrorKind::Malformed,
        ),
        ("cross-reference loop", looped, PdfErrorKind::Limit),
        (
            "startxref elsewhere",
            text.replace(&format!("startxref\n{start}"), "startxref\n9")
                .into_bytes(),
            PdfErrorKind::Malformed,
        ),
        (
            "startxref outside",
            text.replace(&format!("startxref\n{start}"), "startxref\n99999")
                .into_bytes(),
            PdfErrorKind::Malformed,
        ),
        (
            "no catalog",
            text.replace("/Type/Catalog", "/Type/Catalow").into_bytes(),
            PdfErrorKind::Malformed,
        ),
        (
            "short rows",
            text.replace(" n\r\n", " n\n").into_bytes(),
            PdfErrorKind::Malformed,
        ),
        (
            "size too small",
            text.replace("/Size 4", "/Size 2").into_bytes(),
            PdfErrorKind::Malformed,
        ),
        (
            "a version of its own",
            text.replace("%PDF-1.7", "%PDF-x.y").into_bytes(),
            PdfErrorKind::Malformed,
        ),
    ];
    for (what, bytes, expected) in rows {
        let error = make::open(&bytes).expect_err(what);
        assert_eq!(error.kind, expected, "{what}: {error}");
    }
}

#[test]
fn an_object_elsewhere_than_listed_is_refused_not_searched() {
    let text = String::from_utf8(make::minimal()).unwrap();
    let moved = text.replace("2 0 obj", "7 0 obj");
    let document = make::open(moved.as_bytes()).unwrap();
    assert_eq!(
        document.latest().page_count().unwrap_err().kind,
        PdfErrorKind::Malformed
    );
}

#[test]
fn a_page_tree_with_a_loop_ends() {
    let bytes = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[2 0 R]/MediaBox[0 0 1 1]>>",
        ],
        "",
    );
    let document = make::open(&bytes).unwrap();
    assert_eq!(
        document.latest().page_count().unwrap_err().kind,
        PdfErrorKind::Limit
    );
}

#[test]
fn a_form_that_holds_a_field_twice_is_refused() {
    let bytes = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[2 0 R 2 0 R]>>>>",
            "<</T(a)/FT/Tx>>",
        ],
        "",
    );
    assert_eq!(
        make::open(&bytes).unwrap().latest().fields().unwrap_err().kind,
        PdfErrorKind::Malformed
    );
}

#[test]
fn a_cross_reference_bomb_stays_small() {
    // A stream that announces nine million rows, all zero, compressed to a few bytes.
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 9_000_000]).unwrap();
    let packed = encoder.finish().unwrap();
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let start = bytes.len();
    bytes.extend_from_slice(
        format!(
            "1 0 obj\n<</Type/XRef/Size 8000000/W[1 0 0]/Root 1 0 R/Filter/FlateDecode/Length {}>>\nstream\n",
            packed.len()
        )
        .as_bytes(),
    );
    bytes.extend_from_slice(&packed);
    bytes.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF").as_bytes());
    assert_eq!(make::open(&bytes).unwrap_err().kind, PdfErrorKind::Limit);
}

#[test]
fn pages_inherit_their_boxes_and_turns() {
    let bytes = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]/MediaBox[-10 -20 190 280]/Rotate -90>>",
            "<</Type/Page/Parent 2 0 R/CropBox[0 0 100 900]>>",
            "<</Type/Page/Parent 2 0 R/Rotate 450/UserUnit 2>>",
        ],
        "",
    );
    let view = make::open(&bytes).unwrap().latest();
    let first = view.page(0).unwrap().unwrap();
    assert_eq!(
        (first.rotate, first.crop_box.y1, first.crop_box.x0),
        (270, 280.0, 0.0)
    );
    let second = view.last_page().unwrap();
    assert_eq!((second.rotate, second.crop_box.x0), (90, -10.0));
    assert_eq!(second.display_size(), (600.0, 400.0));
    assert!(view.page(2).unwrap().is_none());
}

#[test]
fn a_hybrid_file_shows_its_hidden_objects() {
    let bytes = make::hybrid(false);
    make::check_with_qpdf(&bytes);
    let document = make::open(&bytes).unwrap();
    assert_eq!(document.revisions()[0].kind, XrefKind::Hybrid);
    let hidden = document
        .latest()
        .get(zegel::pdf::object::ObjectId::new(5))
        .unwrap();
    assert!(hidden.as_dictionary().unwrap().is_name("Kind", "Hidden"));
}
