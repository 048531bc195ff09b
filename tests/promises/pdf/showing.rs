//! What a person is shown before signing: the text of each page, and its picture.

use zegel::pdf::error::PdfErrorKind;
use zegel::pdf::xref::XrefKind;
use zegel::pdf::{preview, text};

use super::make;
use super::updating::{automatic, request, signed};

fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn the_text_of_each_page_is_read_with_its_signatures() {
    let file = signed(&make::decision(XrefKind::Stream), &request(automatic()), &[0x30]);
    let pages = text::of_document(&make::open(&file).unwrap().latest()).unwrap();
    assert_eq!(pages.len(), 2);
    assert!(
        pages[0].text.starts_with("Besluit van het college\n"),
        "{}",
        pages[0].text
    );
    assert!(
        pages[1].text.contains("Aldus beslist: één euro, 10 €."),
        "{}",
        pages[1].text
    );
    assert!(
        pages[1].text.contains("An Specimen") && pages[1].text.contains("TEST"),
        "{}",
        pages[1].text
    );
    assert_eq!((pages[0].unreadable, pages[0].images), (0, 0));
}

#[test]
fn a_page_is_drawn_as_wide_as_asked() {
    let file = signed(&make::decision(XrefKind::Table), &request(automatic()), &[0x30]);
    let view = make::open(&file).unwrap().latest();
    let page = view.page(1).unwrap().unwrap();
    for width in [300_u16, 800] {
        let png = preview::png(&view, &page, width).unwrap();
        assert_eq!(
            size(&png),
            (
                u32::from(width),
                (f64::from(width) * 842.0 / 595.0).round() as u32
            )
        );
    }
    if let Ok(path) = std::env::var("ZEGEL_KEEP_PREVIEW") {
        std::fs::write(path, preview::png(&view, &page, 1000).unwrap()).unwrap();
    }
}

#[test]
fn an_earlier_revision_shows_what_was_there_then() {
    let file = signed(&make::decision(XrefKind::Table), &request(automatic()), &[0x30]);
    let document = make::open(&file).unwrap();
    let before = text::of_document(&document.at(0).unwrap()).unwrap();
    assert!(!before[1].text.contains("An Specimen"));
}

#[test]
fn a_page_that_draws_without_end_is_refused() {
    // Each form draws the next ten times: 10^12 words from twelve small objects.
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Count 1/Kids[3 0 R]>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 300]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>"
            .to_owned(),
        "<</Length 5>>\nstream\n/F Do\nendstream".to_owned(),
    ];
    for level in 0..12 {
        let content = "/F Do ".repeat(10);
        objects.push(format!(
            "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F {} 0 R>>>>/Length {}>>\nstream\n{content}\nendstream",
            level + 6,
            content.len()
        ));
    }
    objects.push(
        "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 11>>\nstream\n0 0 9 9 re f\nendstream".to_owned(),
    );
    let last = objects.len() - 1;
    objects[last] = objects[last].replace("Length 11", "Length 12");
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    let view = make::open(&make::by_hand(&objects, "")).unwrap().latest();
    let page = view.page(0).unwrap().unwrap();
    assert_eq!(text::of_page(&view, &page).unwrap_err().kind, PdfErrorKind::Limit);
    assert_eq!(
        preview::png(&view, &page, 100).unwrap_err().kind,
        PdfErrorKind::Limit
    );
}

#[test]
fn an_image_that_announces_too_many_pixels_is_refused() {
    let bytes = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 300]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>",
            "<</Length 5>>\nstream\n/F Do\nendstream",
            "<</Type/XObject/Subtype/Image/Width 2000000000/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Length 1>>\nstream\nx\nendstream",
        ],
        "",
    );
    let view = make::open(&bytes).unwrap().latest();
    let page = view.page(0).unwrap().unwrap();
    assert_eq!(
        preview::png(&view, &page, 100).unwrap_err().kind,
        PdfErrorKind::Limit
    );
}
