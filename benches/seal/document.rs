//! Files to sign.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::path::Path;

use zegel::base::random::{Random as _, SeededRandom};
use zegel::pdf::compose::Composition;

/// A file of about `bytes` as a scanner makes it, in `objects` objects: pages of one picture each.
pub fn scanned(path: &Path, bytes: u64, objects: usize) -> io::Result<()> {
    let pages = objects / 3;
    let side = ((bytes / pages as u64) as f64).sqrt() as usize;
    let mut picture = vec![0; side * side];
    SeededRandom::new(5).fill(&mut picture);
    let mut out = Counted::create(path)?;
    let mut offsets = Vec::with_capacity(objects + 2);
    out.write_all(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")?;
    let kids: Vec<String> = (0..pages).map(|page| format!("{} 0 R", 3 + page * 3)).collect();
    let tree = format!("<</Type/Pages/Count {pages}/Kids[{}]>>", kids.join(" "));
    out.object(&mut offsets, "<</Type/Catalog/Pages 2 0 R>>", None)?;
    out.object(&mut offsets, &tree, None)?;
    for page in 0..pages {
        let own = 3 + page * 3;
        let dictionary = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {} 0 R/Resources<</XObject<</I {} 0 R>>>>>>",
            own + 1,
            own + 2
        );
        out.object(&mut offsets, &dictionary, None)?;
        let content = b"q 595 0 0 842 0 0 cm /I Do Q";
        out.object(
            &mut offsets,
            &format!("<</Length {}>>", content.len()),
            Some(content),
        )?;
        let dictionary = format!(
            "<</Type/XObject/Subtype/Image/Width {side}/Height {side}/ColorSpace/DeviceGray/BitsPerComponent 8\
             /Length {}>>",
            picture.len()
        );
        out.object(&mut offsets, &dictionary, Some(&picture))?;
    }
    out.end(&offsets)
}

/// A file of one page and somewhat more than `bytes`, nearly all of them one attachment of zeros that takes no room on
/// disk.
pub fn long(path: &Path, bytes: u64) -> io::Result<()> {
    let mut out = Counted::create(path)?;
    let mut offsets = Vec::new();
    out.write_all(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")?;
    let catalog = "<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a)4 0 R]>>>>>>";
    out.object(&mut offsets, catalog, None)?;
    out.object(&mut offsets, "<</Type/Pages/Count 1/Kids[3 0 R]>>", None)?;
    out.object(
        &mut offsets,
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        None,
    )?;
    out.object(&mut offsets, "<</Type/Filespec/F(a)/UF(a)/EF<</F 5 0 R>>>>", None)?;
    offsets.push(out.written);
    write!(out, "5 0 obj\n<</Type/EmbeddedFile/Length {bytes}>>\nstream\n")?;
    out.flush()?;
    out.written += bytes;
    out.inner.seek(SeekFrom::Start(out.written))?;
    out.write_all(b"\nendstream\nendobj\n")?;
    out.end(&offsets)
}

/// A decision of many pages, about 100 kB: words that do not repeat, since its text is compressed.
pub fn decision() -> Vec<u8> {
    let random = SeededRandom::new(6);
    let paragraphs: Vec<String> = (1..=90)
        .map(|article| {
            let mut words = [0; 8 * 60];
            random.fill(&mut words);
            let words: Vec<String> = words.chunks(4).map(hex::encode).collect();
            format!("Artikel {article}. {}", words.join(" "))
        })
        .collect();
    let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
    Composition::new("Besluit van het college", "nl-BE", &paragraphs)
        .write()
        .unwrap()
}

struct Counted {
    inner: BufWriter<File>,
    written: u64,
}

impl Counted {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(Self {
            inner: BufWriter::with_capacity(1 << 20, File::create(path)?),
            written: 0,
        })
    }

    fn object(&mut self, offsets: &mut Vec<u64>, dictionary: &str, stream: Option<&[u8]>) -> io::Result<()> {
        offsets.push(self.written);
        write!(self, "{} 0 obj\n{dictionary}\n", offsets.len())?;
        if let Some(stream) = stream {
            self.write_all(b"stream\n")?;
            self.write_all(stream)?;
            self.write_all(b"\nendstream\n")?;
        }
        self.write_all(b"endobj\n")
    }

    /// The cross-reference table of objects at `offsets`, and the trailer.
    fn end(mut self, offsets: &[u64]) -> io::Result<()> {
        let (start, size) = (self.written, offsets.len() + 1);
        write!(self, "xref\n0 {size}\n0000000000 65535 f\r\n")?;
        for offset in offsets {
            write!(self, "{offset:010} 00000 n\r\n")?;
        }
        write!(
            self,
            "trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
        )?;
        self.flush()
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
