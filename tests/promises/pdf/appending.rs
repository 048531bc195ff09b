//! Pages added behind the last one: nothing that is there changes, and they can be read.

use std::sync::Arc;

use zegel::pdf::append;
use zegel::pdf::compose::Composition;
use zegel::pdf::document::Document;
use zegel::pdf::text;
use zegel::pdf::update::Update;

use super::make;
use crate::ades::judges::{run, text as told};
use crate::ades::samples::{SHAPES, Xref, pdf};
use crate::support::{TestFolder, judge};

fn appended(file: &[u8]) -> Vec<u8> {
    let document = Document::open(Arc::new(file.to_vec())).unwrap();
    let mut update = Update::new(&document);
    let long = "Een zin die zegt wie tekende, TEST. ".repeat(150);
    let sheet = Composition::new("Publicatieversie", "nl-BE", &["Eerste lid", &long]);
    append::pages(&mut update, &sheet).unwrap();
    [file, &update.finish().unwrap().bytes].concat()
}

#[test]
fn pages_are_added_to_every_shape_of_file_and_read_as_text() {
    let folder = TestFolder::new("appending");
    for xref in [Xref::Table, Xref::Stream] {
        for shape in SHAPES {
            let file = pdf(xref, *shape);
            let longer = appended(&file);
            assert_eq!(longer[..file.len()], file[..], "{}", shape.name);
            let view = Document::open(Arc::new(longer.clone())).unwrap().latest();
            let pages = text::of_document(&view).unwrap();
            assert!(pages.len() >= 3, "{}: the text needs two pages", shape.name);
            assert_eq!(view.page_count().unwrap(), pages.len());
            assert!(pages[1].text.contains("Publicatieversie"), "{}", shape.name);
            if let Some(qpdf) = judge("qpdf") {
                let path = folder.path().join("file.pdf");
                std::fs::write(&path, &longer).unwrap();
                let output = run(&qpdf, &["--check", path.to_str().unwrap()]);
                assert!(output.status.success(), "{}: {}", shape.name, told(&output));
            }
        }
    }
}

#[test]
fn in_a_tagged_document_the_page_is_part_of_the_structure() {
    let text = "/P <</MCID 0>> BDC BT ET EMC";
    let stream = format!("<</Length {}>>\nstream\n{text}\nendstream", text.len());
    for parents in ["<</Nums[0 [7 0 R]]>>", "<</Kids[8 0 R]>>"] {
        let file = make::by_hand(
            &[
                "<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked true>>/StructTreeRoot 5 0 R>>",
                "<</Type/Pages/Count 1/Kids[3 0 R]>>",
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/StructParents 0/Resources<<>>>>",
                &stream,
                "<</Type/StructTreeRoot/K 7 0 R/ParentTree 6 0 R/ParentTreeNextKey 1>>",
                parents,
                "<</Type/StructElem/S/P/P 5 0 R/Pg 3 0 R/K 0>>",
                "<</Limits[0 0]/Nums[0 [7 0 R]]>>",
            ],
            "",
        );
        let longer = appended(&file);
        let Some(pdfinfo) = judge("pdfinfo") else { return };
        let folder = TestFolder::new("tagged");
        let path = folder.path().join("file.pdf");
        std::fs::write(&path, &longer).unwrap();
        let output = told(&run(&pdfinfo, &["-struct-text", path.to_str().unwrap()]));
        assert!(
            output.contains("Publicatieversie") && output.contains("Eerste lid"),
            "{output}"
        );
    }
}
