//! Small PDF files of the shapes that matter to signing, written by hand.

use std::fmt::Write as _;

/// How the cross-reference section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Xref {
    Table,
    Stream,
}

/// One page's boxes and rotation.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub name: &'static str,
    pub entries: &'static str,
}

/// Page shapes: plain, boxes that do not begin at the origin, rotation, user units.
pub const SHAPES: &[Shape] = &[
    Shape {
        name: "plain",
        entries: "/MediaBox [0 0 595 842]",
    },
    Shape {
        name: "crop box away from the origin",
        entries: "/MediaBox [0 0 800 1000] /CropBox [100 120 695 962]",
    },
    Shape {
        name: "negative origin",
        entries: "/MediaBox [-200 -300 395 542]",
    },
    Shape {
        name: "rotated by 90",
        entries: "/MediaBox [0 0 595 842] /Rotate 90",
    },
    Shape {
        name: "rotated by 270 with crop box",
        entries: "/MediaBox [0 0 800 1000] /CropBox [50 60 645 902] /Rotate 270",
    },
    Shape {
        name: "user unit",
        entries: "/MediaBox [0 0 297.5 421] /UserUnit 2",
    },
];

/// A file of one page with a line of text.
pub fn pdf(xref: Xref, shape: Shape) -> Vec<u8> {
    let text = "BT /F1 12 Tf 120 400 Td (Besluit van het college, TEST) Tj ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R {} /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            shape.entries
        ),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = String::from(if xref == Xref::Table {
        "%PDF-1.4\n"
    } else {
        "%PDF-1.7\n"
    });
    let mut offsets = vec![0];
    for (index, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        write!(out, "{} 0 obj\n{object}\nendobj\n", index + 1).unwrap();
    }
    let start = out.len();
    let id = "/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]";
    match xref {
        Xref::Table => {
            write!(out, "xref\n0 {}\n0000000000 65535 f \n", offsets.len()).unwrap();
            for offset in &offsets[1..] {
                write!(out, "{offset:010} 00000 n \n").unwrap();
            }
            write!(out, "trailer\n<< /Size {} /Root 1 0 R {id} >>\n", offsets.len()).unwrap();
            write!(out, "startxref\n{start}\n%%EOF\n").unwrap();
            out.into_bytes()
        }
        Xref::Stream => {
            offsets.push(start);
            let mut rows = Vec::new();
            for (number, offset) in offsets.iter().enumerate() {
                let kind = u8::from(number != 0);
                rows.push(kind);
                rows.extend(u32::try_from(*offset).unwrap().to_be_bytes());
                rows.extend(if number == 0 { [0xFF, 0xFF] } else { [0, 0] });
            }
            let number = offsets.len() - 1;
            write!(
                out,
                "{number} 0 obj\n<< /Type /XRef /Size {} /W [1 4 2] /Root 1 0 R {id} /Length {} >>\nstream\n",
                offsets.len(),
                rows.len()
            )
            .unwrap();
            let mut out = out.into_bytes();
            out.extend(rows);
            out.extend(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
            out
        }
    }
}
