//! Input that is made to cost more than its length: each was slow, endless or large once.

use std::sync::Arc;

use zegel::base::bytes::ReadAt;
use zegel::pdf::changes::{Change, History};
use zegel::pdf::document::Document;
use zegel::pdf::error::PdfErrorKind;
use zegel::pdf::object::ObjectId;
use zegel::pdf::signature_field::free_place;
use zegel::sources::municipality_codes;

use super::checks::within;
use super::specimens::authority;

/// Long enough for a slow machine at work on something else, far below what a blow-up takes.
const PATIENCE: u128 = 20_000;

/// A file being written by hand, revision after revision.
struct Writer {
    out: Vec<u8>,
    rows: Vec<(u32, usize)>,
    previous: Option<usize>,
    size: u32,
}

impl Writer {
    fn new() -> Self {
        Self {
            out: b"%PDF-1.7\n".to_vec(),
            rows: Vec::new(),
            previous: None,
            size: 1,
        }
    }

    fn object(&mut self, number: u32, body: &str) {
        self.rows.push((number, self.out.len()));
        self.out
            .extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
        self.size = self.size.max(number + 1);
    }

    /// Ends a revision with a table.
    fn end(&mut self) {
        let start = self.out.len();
        self.out.extend(b"xref\n0 1\n0000000000 65535 f\r\n");
        for (number, at) in self.rows.drain(..) {
            self.out
                .extend(format!("{number} 1\n{at:010} 00000 n\r\n").bytes());
        }
        let previous = self.previous.map_or(String::new(), |at| format!("/Prev {at}"));
        self.out.extend(
            format!(
                "trailer\n<</Size {}/Root 1 0 R{previous}>>\nstartxref\n{start}\n%%EOF\n",
                self.size
            )
            .bytes(),
        );
        self.previous = Some(start);
    }

    fn open(&self) -> Document {
        Document::open(Arc::new(self.out.clone())).unwrap()
    }
}

fn pages(writer: &mut Writer, count: u32) {
    let kids: String = (0..count).map(|one| format!("{} 0 R ", one + 10)).collect();
    writer.object(
        2,
        &format!("<</Type/Pages/Count {count}/MediaBox[0 0 595 842]/Kids[{kids}]>>"),
    );
    for one in 0..count {
        writer.object(one + 10, "<</Type/Page/Parent 2 0 R>>");
    }
}

#[test]
fn a_signature_finds_its_place_or_none_on_a_page_of_any_size() {
    // A page smaller than its margins; one larger than the world, covered by one annotation.
    for (media_box, annotations, place) in [
        ("0 0 10 10", "", false),
        ("0 0 10 2000", "", false),
        ("0 0 1e15 1e15", "", true),
        (
            "0 0 1000000000000000 1000000000000000",
            "<</Rect[0 0 1000000000000000 1000000000000000]>>",
            false,
        ),
        ("0 0 595 842", "<</Rect[0 0 595 842]>>", false),
        ("0 0 595 842", "", true),
    ] {
        let mut writer = Writer::new();
        writer.object(1, "<</Type/Catalog/Pages 2 0 R>>");
        writer.object(2, "<</Type/Pages/Count 1/Kids[3 0 R]>>");
        let media_box = media_box.replace("1e15", "1000000000000000");
        writer.object(
            3,
            &format!("<</Type/Page/Parent 2 0 R/MediaBox[{media_box}]/Annots[{annotations}]>>"),
        );
        writer.end();
        let view = writer.open().latest();
        let page = view.page(0).unwrap().unwrap();
        let (width, height) = page.display_size();
        let found = within(PATIENCE, "finding a place", || {
            free_place(
                &view,
                &page,
                (220_f64.min(width - 48.0), 80_f64.min(height - 48.0)),
                None,
            )
            .unwrap()
        });
        assert_eq!(found.is_some(), place, "{media_box}");
    }
}

#[test]
fn thousands_of_rewritten_pages_are_compared_in_one_pass() {
    let mut writer = Writer::new();
    writer.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    pages(&mut writer, 3_000);
    writer.end();
    writer.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    for one in 0..3_000 {
        // An empty list of annotations comes to each page: something changed on it, and nothing is shown.
        writer.object(one + 10, "<</Type/Page/Parent 2 0 R/Annots[]>>");
    }
    writer.end();
    let document = writer.open();
    let history = within(PATIENCE, "comparing", || History::of(&document, 0).unwrap());
    // The pages are all right; that the catalog was written anew without a change is, too.
    assert_eq!(history.after(0), []);
}

#[test]
fn changes_beyond_number_are_told_as_such_and_never_allowed() {
    let mut writer = Writer::new();
    writer.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    pages(&mut writer, 1);
    writer.end();
    for one in 0..30_000 {
        writer.object(one + 20, "<</A 1>>");
    }
    writer.end();
    let document = writer.open();
    let changes = within(PATIENCE, "comparing", || {
        History::of(&document, 0).unwrap().after(0)
    });
    assert_eq!(changes.len(), 2_001);
    assert_eq!(
        changes.last(),
        Some(&Change::Undefined {
            object: None,
            why: "there are more changes than can be told"
        })
    );
}

#[test]
fn a_security_store_with_very_many_items_is_compared_in_one_pass() {
    let list = |count: u32| {
        (0..count)
            .map(|one| format!("{} 0 R ", one + 100))
            .collect::<String>()
    };
    let mut writer = Writer::new();
    writer.object(1, "<</Type/Catalog/Pages 2 0 R/DSS 5 0 R>>");
    pages(&mut writer, 1);
    writer.object(5, &format!("<</Certs[{}]>>", list(60_000)));
    writer.end();
    writer.object(5, &format!("<</Certs[{}]>>", list(60_000)));
    writer.object(6, "<</A 1>>");
    writer.end();
    let document = writer.open();
    within(PATIENCE, "comparing", || History::of(&document, 0).unwrap());
}

#[test]
fn parameters_of_a_filter_are_read_by_name_not_all() {
    let mut writer = Writer::new();
    writer.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    pages(&mut writer, 1);
    let many: String = (0..60_000).map(|one| format!("/K{one} 1")).collect();
    writer.object(
        5,
        &format!("<</Length 1/Filter/ASCIIHexDecode/DecodeParms<<{many}>>>>\nstream\n>\nendstream"),
    );
    writer.end();
    let view = writer.open().latest();
    let object = view.get(ObjectId::new(5)).unwrap();
    let bytes = within(PATIENCE, "decoding", || {
        view.stream_bytes(object.as_stream().unwrap(), 100).unwrap()
    });
    assert!(bytes.is_empty());
}

#[test]
fn a_short_file_cannot_announce_millions_of_objects() {
    // Two million free rows shrink to two kilobytes.
    let rows = vec![0_u8; 2_000_000];
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &rows).unwrap();
    let data = encoder.finish().unwrap();
    assert!(data.len() < 4_000);
    let mut out = b"%PDF-1.7\n".to_vec();
    out.extend(
        format!(
            "1 0 obj\n<</Type/XRef/W[1 0 0]/Size 2000000/Root 2 0 R/Filter/FlateDecode/Length {}>>\nstream\n",
            data.len()
        )
        .bytes(),
    );
    out.extend(&data);
    out.extend(b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n");
    let error = Document::open(Arc::new(out)).unwrap_err();
    assert_eq!(
        (error.kind, error.expected),
        (PdfErrorKind::Limit, "fewer cross-reference entries")
    );
}

#[test]
fn a_hidden_section_is_not_read_once_for_every_table_that_names_it() {
    let mut out = b"%PDF-1.7\n".to_vec();
    let hidden = out.len();
    let padding = "/A ".repeat(20_000);
    out.extend(
        format!(
            "1 0 obj\n<</Type/XRef/W[1 1 1]/Size 1/Index[0 0]/Root 2 0 R/X[{padding}]/Length 0>>\nstream\n\nendstream\nendobj\n"
        )
        .bytes(),
    );
    let mut previous: Option<usize> = None;
    for _ in 0..4_000 {
        let start = out.len();
        let before = previous.map_or(String::new(), |at| format!("/Prev {at}"));
        out.extend(format!("xref\n0 0\ntrailer<</Size 1/Root 2 0 R/XRefStm {hidden}{before}>>\n").bytes());
        previous = Some(start);
    }
    out.extend(format!("startxref\n{}\n%%EOF\n", previous.unwrap()).bytes());
    let error = within(PATIENCE, "opening", || Document::open(Arc::new(out)).unwrap_err());
    assert_eq!(
        (error.kind, error.expected),
        (PdfErrorKind::Limit, "cross-reference sections beside each other")
    );
}

#[test]
fn more_signature_fields_than_anyone_signs_are_a_limit() {
    let mut writer = Writer::new();
    let fields: String = (0..300).map(|one| format!("{} 0 R ", one + 100)).collect();
    writer.object(
        1,
        &format!("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{fields}]>>>>"),
    );
    pages(&mut writer, 1);
    for one in 0..300 {
        writer.object(one + 100, &format!("<</FT/Sig/T(s{one})/V {} 0 R>>", one + 1_000));
        writer.object(one + 1_000, "<</Type/Sig>>");
    }
    writer.end();
    let error = writer.open().latest().signature_fields().unwrap_err();
    assert_eq!(
        (error.kind, error.expected),
        (PdfErrorKind::Limit, "fewer signatures")
    );
    let source: Arc<dyn ReadAt> = Arc::new(writer.out);
    let report = zegel::ades::validate::validate(source, &authority().context());
    assert!(report.document.format_failure.unwrap().contains("PDF_LIMIT"));
}

#[test]
fn a_long_table_of_codes_is_compared_in_the_order_of_time() {
    let mut table = String::from("nis,ovo,from,to\n");
    for row in 0..40_000_u32 {
        let (year, month) = (2000 + row % 20, row / 20 % 12 + 1);
        table += &format!(
            "{},OVO{:06},{year}-{month:02}-01,{year}-{month:02}-02\n",
            11_001 + row % 7,
            row % 9
        );
    }
    let (taken, report) = within(PATIENCE, "comparing", || {
        municipality_codes::read(table.as_bytes())
    });
    assert_eq!(taken.len(), 40_000);
    assert!(!report.findings.is_empty());
}
