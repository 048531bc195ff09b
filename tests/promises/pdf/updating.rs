//! What is appended when a signature is added, judged by other programs.

use std::collections::BTreeMap;

use zegel::base::digest::HashAlgorithm;
use zegel::pdf::appearance::{Block, Line};
use zegel::pdf::dss::{self, Evidence};
use zegel::pdf::object::{Dictionary, Object};
use zegel::pdf::page::Rect;
use zegel::pdf::signature::{FieldState, SignatureKind, vri_key};
use zegel::pdf::signature_field::{self, Content, FieldError, FieldRequest, Placement};
use zegel::pdf::update::{Tail, Update};
use zegel::pdf::xref::XrefKind;

use super::make;
use crate::support::moment;

pub(crate) fn block() -> Block {
    Block {
        lines: vec![
            Line::bold("An Specimen"),
            Line::regular(
                "Burgemeester van Zegelgem, in opdracht van het college van burgemeester en schepenen",
            ),
            Line::regular("3 maart 2026, 10:00"),
        ],
        mark: Some("TEST".to_owned()),
        image: None,
    }
}

pub(crate) fn request(placement: Placement) -> FieldRequest {
    FieldRequest {
        placement,
        name: None,
        tooltip: Some("Handtekening van An Specimen".to_owned()),
        content: Content::Signature {
            signed_at: moment(),
            name: Some("Zoë Specimen".to_owned()),
            location: None,
            reason: None,
            certify: None,
            lock: None,
        },
        contents_bytes: 4096,
        signer: None,
    }
}

pub(crate) fn automatic() -> Placement {
    Placement::Automatic {
        block: block(),
        width: 200.0,
        height: 90.0,
    }
}

/// `bytes` with a signature of `placement` whose value is `value`.
pub(crate) fn signed(bytes: &[u8], request: &FieldRequest, value: &[u8]) -> Vec<u8> {
    let document = make::open(bytes).unwrap();
    let mut update = Update::new(&document);
    signature_field::add(&mut update, request).unwrap();
    let mut tail = update.finish().unwrap();
    tail.embed(value).unwrap();
    [bytes, &tail.bytes].concat()
}

#[test]
fn a_signed_file_keeps_its_bytes_and_its_kind_and_satisfies_qpdf() {
    let plain = make::decision(XrefKind::Table);
    let mut inputs = vec![plain.clone(), make::decision(XrefKind::Stream), make::minimal()];
    inputs.extend(make::with_object_stream(&plain));
    inputs.extend(make::convert(&plain, &["--linearize"]));
    for input in inputs {
        let kind = make::open(&input).unwrap().revisions().last().unwrap().kind;
        let once = signed(&input, &request(automatic()), &[0x30, 1]);
        let twice = signed(&once, &request(automatic()), &[0x30, 2]);
        make::check_with_qpdf(&twice);
        assert!(twice.starts_with(&once) && once.starts_with(&input));
        let document = make::open(&twice).unwrap();
        assert_eq!(document.revisions().len(), 3);
        assert!(document.revisions().iter().all(|revision| revision.kind == kind));
        let signatures = document.latest().signatures().unwrap();
        assert_eq!(
            signatures.iter().map(|one| one.revision).collect::<Vec<_>>(),
            [1, 2]
        );
        assert_eq!(signatures[1].text("Name").unwrap(), "Zoë Specimen");
        assert_eq!(signatures[1].claimed_time(), Some(moment()));
        assert_eq!(signatures[1].contents[..2], [0x30, 2]);
        let expected = HashAlgorithm::Sha256.digest(
            &[
                &twice[..signatures[1].contents_span.start as usize],
                &twice[signatures[1].contents_span.end as usize..],
            ]
            .concat(),
        );
        assert_eq!(
            signatures[1].digest(&twice, HashAlgorithm::Sha256).unwrap(),
            expected
        );
    }
}

#[test]
fn the_digest_of_a_tail_is_the_digest_of_the_file_it_makes() {
    let input = make::decision(XrefKind::Table);
    let document = make::open(&input).unwrap();
    let mut update = Update::new(&document);
    signature_field::add(&mut update, &request(automatic())).unwrap();
    let tail = update.finish().unwrap();
    let stored = serde_json::to_string(&tail).unwrap();
    let mut tail: Tail = serde_json::from_str(&stored).unwrap();
    let digest = tail.digest(&input, HashAlgorithm::Sha384).unwrap();
    tail.embed(b"0123").unwrap();
    assert_eq!(tail.digest(&input, HashAlgorithm::Sha384).unwrap(), digest);
    let file = [input, tail.bytes.clone()].concat();
    let signature = make::open(&file)
        .unwrap()
        .latest()
        .signatures()
        .unwrap()
        .remove(0);
    assert_eq!(signature.digest(&file, HashAlgorithm::Sha384).unwrap(), digest);
    assert_eq!(signature.vri_key(), vri_key(&tail.contents().unwrap()));
    assert_eq!(tail.placeholder.as_ref().unwrap().capacity_bytes(), 4096);
    let error = tail.embed(&[0; 4097]).unwrap_err();
    assert_eq!((error.size_bytes, error.capacity_bytes), (4097, 4096));
}

#[test]
fn the_visible_block_is_read_by_poppler() {
    let file = signed(&make::decision(XrefKind::Table), &request(automatic()), &[0x30]);
    let Some(text) = make::text_by_poppler(&file) else {
        return;
    };
    for words in ["An Specimen", "Burgemeester van Zegelgem", "TEST", "3 maart 2026"] {
        assert!(text.contains(words), "`{words}` not in {text}");
    }
}

#[test]
fn only_what_changes_is_written() {
    let input = make::decision(XrefKind::Table);
    let document = make::open(&input).unwrap();
    let mut update = Update::new(&document);
    let request = request(Placement::Invisible);
    signature_field::add(&mut update, &request).unwrap();
    let tail = String::from_utf8_lossy(&update.finish().unwrap().bytes).into_owned();
    // Signature, field, page (its array is direct), form, catalog.
    assert_eq!(tail.matches(" 0 obj").count(), 5, "{tail}");
    // A second one finds form and array there and leaves the catalog alone.
    let once = signed(&input, &request, &[0x30]);
    let document = make::open(&once).unwrap();
    let mut update = Update::new(&document);
    signature_field::add(&mut update, &request).unwrap();
    let tail = String::from_utf8_lossy(&update.finish().unwrap().bytes).into_owned();
    assert_eq!(tail.matches(" 0 obj").count(), 4, "{tail}");
    assert!(!tail.contains("/Catalog"), "{tail}");
    // Putting back what is there writes nothing.
    let mut update = Update::new(&document);
    let catalog = document.latest().catalog().unwrap();
    update.put_catalog(catalog).unwrap();
    assert!(update.is_empty());
}

#[test]
fn turned_and_cropped_pages_get_an_upright_block_inside() {
    use zegel::pdf::compose::Composition;
    for rotate in [0, 90, 180, 270] {
        let mut composition = Composition::new("Besluit", "nl-BE", &["Tekst."]);
        composition.rotate = rotate;
        composition.origin = (-30.5, 100.0);
        let input = composition.write().unwrap();
        let place = Rect::new(20.0, 30.0, 220.0, 120.0);
        let file = signed(
            &input,
            &request(Placement::Visible {
                block: block(),
                page: 0,
                place,
            }),
            &[0x30],
        );
        make::check_with_qpdf(&file);
        let view = make::open(&file).unwrap().latest();
        let page = view.page(0).unwrap().unwrap();
        let rect = view.signature_fields().unwrap()[0].rect.unwrap();
        assert!(page.crop_box.contains(&rect), "{rotate}: {rect:?}");
        let upright = if rotate % 180 == 0 {
            (200.0, 90.0)
        } else {
            (90.0, 200.0)
        };
        assert_eq!((rect.width(), rect.height()), upright, "{rotate}");
        let Some(text) = make::text_by_poppler(&file) else {
            continue;
        };
        assert!(text.contains("An Specimen"), "{rotate}: {text}");
    }
}

#[test]
fn a_block_outside_or_over_another_field_is_refused() {
    let input = make::decision(XrefKind::Table);
    let visible = |x: f64, y: f64| Placement::Visible {
        block: block(),
        page: 0,
        place: Rect::new(x, y, x + 200.0, y + 90.0),
    };
    let file = signed(&input, &request(visible(50.0, 50.0)), &[0x30]);
    let attempt = |placement: Placement| {
        let document = make::open(&file).unwrap();
        signature_field::add(&mut Update::new(&document), &request(placement)).map(|_| ())
    };
    assert_eq!(attempt(visible(100.0, 100.0)), Err(FieldError::Overlap));
    assert_eq!(attempt(visible(500.0, 100.0)), Err(FieldError::OutOfBounds));
    assert_eq!(attempt(visible(50.0, 150.0)), Ok(()));
    let missing = Placement::Existing {
        name: "nowhere".to_owned(),
        block: None,
    };
    assert_eq!(attempt(missing).unwrap_err().cause(), "PDF_FIELD_NOWHERE");
    for name in ["Signature1", "a.b", ""] {
        let mut request = request(Placement::Invisible);
        request.name = Some(name.to_owned());
        let document = make::open(&file).unwrap();
        let error = signature_field::add(&mut Update::new(&document), &request).unwrap_err();
        assert_eq!(error, FieldError::Name, "{name}");
    }
}

#[test]
fn text_that_cannot_be_read_is_refused_not_cut() {
    let document = make::open(&make::minimal()).unwrap();
    let block = Block {
        lines: vec![Line::regular("woord ".repeat(300))],
        mark: None,
        image: None,
    };
    let placement = Placement::Visible {
        block,
        page: 0,
        place: Rect::new(10.0, 10.0, 110.0, 60.0),
    };
    let error = signature_field::add(&mut Update::new(&document), &request(placement)).unwrap_err();
    assert_eq!(error.cause(), "PDF_APPEARANCE_TEXT");
}

#[test]
fn an_empty_field_is_filled_where_it_stands() {
    let input = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
            "<</Type/Annot/Subtype/Widget/FT/Sig/T(Burgemeester)/Rect[10 20 210 120]/P 3 0 R/F 4>>",
        ],
        "",
    );
    let placement = Placement::Existing {
        name: "Burgemeester".to_owned(),
        block: Some(block()),
    };
    let file = signed(&input, &request(placement.clone()), &[0x30]);
    make::check_with_qpdf(&file);
    let view = make::open(&file).unwrap().latest();
    let fields = view.signature_fields().unwrap();
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].rect.unwrap(), Rect::new(10.0, 20.0, 210.0, 120.0));
    assert!(matches!(&fields[0].state, FieldState::Signed(signature) if signature.revision == 1));
    let document = make::open(&file).unwrap();
    let error = signature_field::add(&mut Update::new(&document), &request(placement)).unwrap_err();
    assert_eq!(error.cause(), "PDF_SIGNED_ALREADY");
}

#[test]
fn a_closed_document_says_why() {
    let form = |reference: &str, perms: &str, lock: &str| {
        let catalog = format!("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 6 0 R]>>{perms}>>");
        let signature = format!("<</Type/Sig/ByteRange[0 1 2 3]/Reference[{reference}]>>");
        let field = format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Open)/Rect[0 0 0 0]/P 3 0 R{lock}>>");
        make::by_hand(
            &[
                &catalog,
                "<</Type/Pages/Count 1/Kids[3 0 R]>>",
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
                &field,
                &signature,
                "<</T(Text)/FT/Tx>>",
            ],
            "",
        )
    };
    let certified = "<</TransformMethod/DocMDP/TransformParams<</P 1>>>>";
    let rows = [
        (
            form(certified, "/Perms<</DocMDP 5 0 R>>", ""),
            "PDF_CERTIFIED_FINAL",
            true,
        ),
        (form("", "/Perms<</UR3 5 0 R>>", ""), "PDF_USAGE_RIGHTS", false),
        (form("", "/NeedsRendering true", ""), "PDF_XFA", false),
    ];
    for (bytes, cause, is_final) in rows {
        let refusal = make::open(&bytes)
            .unwrap()
            .latest()
            .may_sign(None)
            .unwrap()
            .unwrap_err();
        assert_eq!((refusal.cause(), refusal.is_final()), (cause, is_final));
    }
    let seed = form("", "", "/SV<</Ff 16/Reasons[(x)]>>");
    let view = make::open(&seed).unwrap().latest();
    let field = view.signature_fields().unwrap().remove(0).field;
    assert_eq!(
        view.may_sign(Some(&field)).unwrap().unwrap_err().cause(),
        "PDF_SEED_VALUE"
    );
    assert!(view.may_sign(None).unwrap().is_ok());
    let allowed = form(&certified.replace("/P 1", "/P 2"), "/Perms<</DocMDP 5 0 R>>", "");
    assert!(
        make::open(&allowed)
            .unwrap()
            .latest()
            .may_sign(None)
            .unwrap()
            .is_ok()
    );
}

#[test]
fn the_security_store_only_grows_and_holds_each_item_once() {
    let mut file = signed(
        &make::decision(XrefKind::Table),
        &request(automatic()),
        &[0x30, 9],
    );
    let key = make::open(&file).unwrap().latest().signatures().unwrap()[0].vri_key();
    let evidence = |certificate: u8| Evidence {
        certificates: vec![vec![certificate; 40], vec![7; 50]],
        crls: vec![vec![8; 60]],
        ocsp_responses: vec![vec![certificate, 9]],
    };
    for round in [1, 2, 2] {
        let document = make::open(&file).unwrap();
        let mut update = Update::new(&document);
        let further = Evidence {
            certificates: vec![vec![99; 30]],
            ..Evidence::default()
        };
        dss::add(
            &mut update,
            &BTreeMap::from([(key.clone(), evidence(round))]),
            &further,
        )
        .unwrap();
        file.extend_from_slice(&update.finish().unwrap().bytes);
    }
    make::check_with_qpdf(&file);
    let store = dss::read(&make::open(&file).unwrap().latest()).unwrap().unwrap();
    assert_eq!(store.evidence.certificates.len(), 4);
    assert_eq!(store.evidence.crls.len(), 1);
    assert_eq!(store.evidence.ocsp_responses.len(), 2);
    assert_eq!(store.per_signature[&key].certificates.len(), 3);
}

#[test]
fn a_document_time_stamp_is_told_from_a_signature() {
    let mut request = request(Placement::Invisible);
    request.content = Content::DocTimeStamp;
    let file = signed(&make::decision(XrefKind::Stream), &request, &[0x30, 3]);
    let signature = make::open(&file)
        .unwrap()
        .latest()
        .signatures()
        .unwrap()
        .remove(0);
    assert_eq!(signature.kind, SignatureKind::DocTimeStamp);
    assert_eq!(
        (signature.claimed_time(), signature.sub_filter().as_str()),
        (None, "ETSI.RFC3161")
    );
}

#[test]
fn the_original_without_an_end_of_line_gets_one() {
    let mut input = make::minimal();
    input.pop();
    let file = signed(&input, &request(Placement::Invisible), &[0x30]);
    make::check_with_qpdf(&file);
    assert_eq!(make::open(&file).unwrap().revisions().len(), 2);
}

#[test]
fn sixty_thousand_objects_are_updated_by_a_few_kilobytes() {
    for kind in [XrefKind::Table, XrefKind::Stream] {
        let input = make::many_objects(60_000, kind);
        let document = make::open(&input).unwrap();
        let mut update = Update::new(&document);
        let id = update.add(Dictionary::new().with("New", Object::Boolean(true)));
        assert_eq!(id.number, document.size());
        let tail = update.finish().unwrap();
        assert!(tail.bytes.len() < 1_000, "{}", tail.bytes.len());
        make::open(&[input, tail.bytes].concat()).unwrap();
    }
}

#[test]
fn a_hybrid_file_is_updated_by_a_table_that_hides_nothing() {
    let input = make::hybrid(false);
    let file = signed(&input, &request(automatic()), &[0x30]);
    make::check_with_qpdf(&file);
    let document = make::open(&file).unwrap();
    assert_eq!(document.revisions()[1].kind, XrefKind::Table);
    assert!(!document.revisions()[1].trailer.contains("XRefStm"));
    assert_eq!(document.latest().signatures().unwrap().len(), 1);
    let hidden = document
        .latest()
        .get(zegel::pdf::object::ObjectId::new(5))
        .unwrap();
    assert!(hidden.as_dictionary().is_some());
}
