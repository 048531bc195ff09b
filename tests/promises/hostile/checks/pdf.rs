//! PDF files: their structure, what is judged of them, and what is shown of them.

use std::sync::Arc;

use zegel::ades::validate::indication::Indication;
use zegel::base::bytes::ReadAt;
use zegel::pdf::appearance::{Block, Line};
use zegel::pdf::changes::History;
use zegel::pdf::document::Document;
use zegel::pdf::dss;
use zegel::pdf::object::ObjectId;
use zegel::pdf::signature::SignatureKind;
use zegel::pdf::signature_field::{self, Content, FieldRequest, Placement};
use zegel::pdf::update::Update;
use zegel::pdf::{preview, text, text_string};

use crate::hostile::mutate;
use crate::hostile::specimens::{authority, moment, sealed_files};

fn open(bytes: &[u8]) -> Option<Document> {
    Document::open(Arc::new(bytes.to_vec())).ok()
}

/// Everything the room can be asked about a file, on a file that may be anything.
pub fn structure(bytes: &[u8]) {
    let decoded = text_string::decode(bytes);
    assert_eq!(text_string::decode(&text_string::encode(&decoded)), decoded);
    let _ = text_string::parse_date(bytes);
    let Some(document) = open(bytes) else { return };
    let view = document.latest();
    let _ = view.page_count();
    let _ = view.fields();
    let _ = view.restrictions();
    let _ = view.version();
    let _ = dss::read(&view);
    for number in 0..document.size().min(200) {
        if let Ok(object) = view.get(ObjectId::new(number))
            && let Some(stream) = object.as_stream()
            && let Ok(decoded) = view.stream_bytes(stream, 1 << 20)
        {
            assert!(decoded.len() <= 1 << 20, "the cap holds");
        }
    }
    let _ = History::of(&document, 0).map(|history| history.after(0));
    grows(bytes, &document);
}

/// What is appended to a file that was read leaves one that is read, with the old bytes before it.
fn grows(bytes: &[u8], document: &Document) {
    // Both ways a signature is placed, as the file's length has it.
    let placement = if bytes.len().is_multiple_of(2) {
        Placement::Invisible
    } else {
        Placement::Automatic {
            block: Block {
                lines: vec![Line::regular("TEST")],
                mark: None,
                image: None,
            },
            width: 220.0,
            height: 80.0,
        }
    };
    let request = FieldRequest {
        placement,
        name: None,
        tooltip: None,
        content: Content::Signature {
            signed_at: moment(),
            name: None,
            location: None,
            reason: None,
            certify: None,
            lock: None,
        },
        contents_bytes: 64,
        signer: None,
    };
    let mut update = Update::new(document);
    if signature_field::add(&mut update, &request).is_err() {
        return;
    }
    let Ok(mut tail) = update.finish() else { return };
    tail.embed(&[0x30, 1]).unwrap();
    let whole = [bytes, &tail.bytes].concat();
    let again = open(&whole).expect("what is appended to a file that is read leaves one that is read");
    assert_eq!(again.revisions().len(), document.revisions().len() + 1);
}

/// The report on a file that may be anything. A signature passes only over bytes that it was made over.
pub fn judged(bytes: &[u8]) {
    let report = authority().validate(bytes);
    assert_eq!(report.document.length_bytes, u64::try_from(bytes.len()).unwrap());
    if report.indication != Indication::TotalPassed {
        return;
    }
    let document = open(bytes).expect("what passes is readable");
    let mut passed = 0;
    for signature in document.latest().signatures().unwrap() {
        if signature.kind != SignatureKind::Signature {
            continue;
        }
        passed += 1;
        let [_, first, second, rest] = signature
            .byte_range
            .map(|number| usize::try_from(number).unwrap());
        let original = sealed_files().iter().any(|file| {
            file.get(..first) == bytes.get(..first)
                && file.get(second..second + rest) == bytes.get(second..second + rest)
        });
        assert!(original, "a signature passes over bytes that nobody signed");
    }
    assert!(passed > 0, "nothing passes without a signature");
}

/// [`judged`] of one of the sealed files, changed as the bytes say.
pub fn judged_after_changes(script: &[u8]) {
    let Some((which, script)) = script.split_first() else {
        return;
    };
    let files = sealed_files();
    judged(&mutate::apply(&files[usize::from(*which) % files.len()], script));
}

/// What a person is shown of a file that may be anything.
pub fn shown(bytes: &[u8]) {
    let Some(document) = open(bytes) else { return };
    let view = document.latest();
    let _ = text::of_document(&view).map(|pages| {
        for page in pages {
            assert!(page.text.len() < 8_000_000);
        }
    });
    if let Ok(Some(page)) = view.page(0) {
        let _ = zegel::pdf::extract::page(&view, &page).map(|alone| assert!(open(&alone).is_some()));
        let _ = preview::png(&view, &page, 120).map(|png| assert!(png.starts_with(b"\x89PNG")));
    }
}

/// The same on a source that gives other bytes than it did: a file replaced underneath.
pub fn replaced(bytes: &[u8]) {
    let source: Arc<dyn ReadAt> = Arc::new(Changing(bytes.to_vec(), std::sync::atomic::AtomicUsize::new(0)));
    let _ = zegel::ades::validate::validate(source, &authority().context());
}

struct Changing(Vec<u8>, std::sync::atomic::AtomicUsize);

impl ReadAt for Changing {
    fn len(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        let turn = self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.0.read_exact_at(buffer, offset)?;
        if turn % 7 == 6
            && let Some(byte) = buffer.first_mut()
        {
            *byte ^= 1;
        }
        Ok(())
    }
}
