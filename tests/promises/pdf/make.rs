//! Files to try things on, made here: no document of anybody is needed.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use zegel::pdf::compose::{Composer, Composition};
use zegel::pdf::document::Document;
use zegel::pdf::error::PdfError;
use zegel::pdf::object::{Dictionary, Object};
use zegel::pdf::sink::Sink;
use zegel::pdf::xref::XrefKind;

/// A decision of two pages.
pub(crate) fn decision(kind: XrefKind) -> Vec<u8> {
    let long = "Het college keurt de overeenkomst goed en draagt de algemeen directeur op ze uit te voeren. "
        .repeat(12);
    let paragraphs = [
        "Zitting van 3 maart 2026 – Zegelgem.",
        &long,
        &long,
        &long,
        &long,
        "Aldus beslist: één euro, 10 €.",
    ];
    let mut composition = Composition::new("Besluit van het college", "nl-BE", &paragraphs);
    composition.kind = kind;
    composition.write().unwrap()
}

pub(crate) fn open(bytes: &[u8]) -> Result<Document, PdfError> {
    Document::open(Arc::new(bytes.to_vec()))
}

/// A file from `text` in which `@n` at the start of a line notes where object n stands; gets a table and a trailer.
pub(crate) fn by_hand(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut rows = String::from("0000000000 65535 f\r\n");
    for (index, object) in objects.iter().enumerate() {
        rows += &format!("{:010} 00000 n\r\n", out.len());
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", index + 1).as_bytes());
    }
    let start = out.len();
    let size = objects.len() + 1;
    out.extend_from_slice(
        format!(
            "xref\n0 {size}\n{rows}trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n"
        )
        .as_bytes(),
    );
    out
}

/// One empty page, the least that opens.
pub(crate) fn minimal() -> Vec<u8> {
    by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 300]>>",
        ],
        "",
    )
}

/// A file whose objects, pages and all, stand in an object stream behind a cross-reference stream.
pub(crate) fn with_object_stream(bytes: &[u8]) -> Option<Vec<u8>> {
    convert(bytes, &["--object-streams=generate"])
}

/// `bytes` rewritten by qpdf.
pub(crate) fn convert(bytes: &[u8], arguments: &[&str]) -> Option<Vec<u8>> {
    let qpdf = crate::support::judge("qpdf")?;
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.pdf"), folder.path().join("out.pdf"));
    std::fs::write(&from, bytes).unwrap();
    let status = Command::new(qpdf)
        .args(arguments)
        .arg(&from)
        .arg(&to)
        .status()
        .unwrap();
    assert!(status.success());
    Some(std::fs::read(&to).unwrap())
}

/// `qpdf --check` accepts `bytes` without a warning.
pub(crate) fn check_with_qpdf(bytes: &[u8]) {
    let Some(qpdf) = crate::support::judge("qpdf") else {
        return;
    };
    let (_folder, path) = stored(bytes);
    let output = Command::new(qpdf).arg("--check").arg(&path).output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !text.contains("WARNING"), "{text}");
}

/// The text poppler reads.
pub(crate) fn text_by_poppler(bytes: &[u8]) -> Option<String> {
    let pdftotext = crate::support::judge("pdftotext")?;
    let (_folder, path) = stored(bytes);
    let output = Command::new(pdftotext)
        .args(["-layout"])
        .arg(&path)
        .arg("-")
        .output()
        .unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

pub(crate) fn stored(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("document.pdf");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// A file of `count` small objects.
pub(crate) fn many_objects(count: usize, kind: XrefKind) -> Vec<u8> {
    let mut file = Composer::new();
    let catalog = file.reserve();
    let tree = file.reserve();
    let page = Dictionary::new()
        .with("Type", Object::name("Page"))
        .with("Parent", tree)
        .with(
            "MediaBox",
            Object::Array([0, 0, 200, 300].map(Object::Integer).to_vec()),
        );
    let page = file.add(page.into());
    let names: Vec<Object> = (0..count)
        .map(|number| {
            let number = i64::try_from(number).unwrap();
            file.add(Dictionary::new().with("Number", number).with("Page", page).into())
                .into()
        })
        .collect();
    let extra = file.add(Object::Array(names));
    file.set(
        tree,
        Dictionary::new()
            .with("Type", Object::name("Pages"))
            .with("Count", 1)
            .with("Kids", Object::Array(vec![page.into()]))
            .into(),
    );
    let root = Dictionary::new()
        .with("Type", Object::name("Catalog"))
        .with("Pages", tree)
        .with("ZZ_Extra", extra);
    file.set(catalog, root.into());
    file.write(kind, catalog, None)
}

/// A hybrid file as word processors write it: a table that hides object 5 in an object stream (4), and a
/// cross-reference stream (6) that tells where. With `conflict`, the stream also places the page elsewhere.
pub(crate) fn hybrid(conflict: bool) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    let content = "5 0 <</Kind/Hidden>>";
    for object in [
        "<</Type/Catalog/Pages 2 0 R/ZZ_Extra 5 0 R>>".to_owned(),
        "<</Type/Pages/Count 1/Kids[3 0 R]>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]>>".to_owned(),
        format!(
            "<</Type/ObjStm/N 1/First 4/Length {}>>\nstream\n{content}\nendstream",
            content.len()
        ),
    ] {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", offsets.len()).as_bytes());
    }
    let hidden = out.len();
    let mut rows = vec![2, 0, 4, 0];
    let mut index = "5 1".to_owned();
    if conflict {
        let place = u16::try_from(offsets[1]).unwrap().to_be_bytes();
        rows = [vec![1, place[0], place[1], 0], rows].concat();
        index = "3 1 5 1".to_owned();
    }
    out.extend_from_slice(
        format!(
            "6 0 obj\n<</Type/XRef/Size 7/W[1 2 1]/Index[{index}]/Root 1 0 R/Length {}>>\nstream\n",
            rows.len()
        )
        .as_bytes(),
    );
    out.extend_from_slice(&rows);
    out.extend_from_slice(b"\nendstream\nendobj\n");
    let start = out.len();
    out.extend_from_slice(b"xref\n0 7\n0000000000 65535 f\r\n");
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n\r\n").as_bytes());
    }
    out.extend_from_slice(b"0000000000 00000 f\r\n");
    out.extend_from_slice(format!("{hidden:010} 00000 n\r\n").as_bytes());
    out.extend_from_slice(
        format!("trailer\n<</Size 7/Root 1 0 R/XRefStm {hidden}>>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    out
}
