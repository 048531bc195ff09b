//! Any bytes are read or refused; nothing panics, nothing grows without bound.

use proptest::prelude::*;
use zegel::pdf::changes::History;
use zegel::pdf::dss;
use zegel::pdf::object::ObjectId;
use zegel::pdf::signature_field::{self, Placement};
use zegel::pdf::update::Update;
use zegel::pdf::xref::XrefKind;

use super::make;
use super::updating::{automatic, request, signed};

/// Everything this room can be asked about a file, on a file that may be anything.
fn exercise(bytes: &[u8]) {
    let Ok(document) = make::open(bytes) else { return };
    let view = document.latest();
    let _ = view.page_count();
    let _ = view.fields();
    let _ = view.restrictions();
    let _ = dss::read(&view);
    for number in 0..document.size().min(200) {
        if let Ok(object) = view.get(ObjectId::new(number))
            && let Some(stream) = object.as_stream()
        {
            let _ = view.stream_bytes(stream, 1 << 20);
        }
    }
    if let Ok(fields) = view.signature_fields() {
        assert!(fields.len() < 1_000);
    }
    let _ = History::of(&document, 0);
    let mut update = Update::new(&document);
    if signature_field::add(&mut update, &request(Placement::Invisible)).is_ok() {
        let tail = update.finish().unwrap();
        let whole = [bytes, &tail.bytes].concat();
        // What is appended to a file that was read leaves one that is read.
        let again = make::open(&whole).unwrap();
        assert_eq!(again.revisions().len(), document.revisions().len() + 1);
    }
}

fn samples() -> Vec<Vec<u8>> {
    let mut found = vec![make::minimal()];
    for kind in [XrefKind::Table, XrefKind::Stream] {
        let once = signed(&make::decision(kind), &request(Placement::Invisible), &[0x30, 1]);
        found.push(signed(&once, &request(automatic()), &[0x30, 2]));
    }
    found.extend(make::with_object_stream(&make::decision(XrefKind::Table)));
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        exercise(&bytes);
        exercise(&[b"%PDF-1.7\n".as_slice(), &bytes, b"\nstartxref\n9\n%%EOF"].concat());
    }

    #[test]
    fn any_words_of_the_language_are_read_or_refused(words in proptest::collection::vec(
        prop::sample::select(vec![
            "1", "0", "obj", "endobj", "<<", ">>", "[", "]", "/Type", "/XRef", "/W", "/Size", "/Root", "1 0 R", "stream\n",
            "endstream", "/Length", "xref\n", "0 1\n", "0000000000 65535 f\r\n", "trailer", "/Prev", "(", ")", "<48>", "9", "-1",
            "/Index", "99999999", "/Filter", "/FlateDecode", "null", "%x\n",
        ]), 0..60)) {
        let text = words.join(" ");
        exercise(format!("%PDF-1.7\n{text}\nstartxref\n9\n%%EOF").as_bytes());
    }
}

#[test]
fn any_change_of_a_good_file_is_read_or_refused() {
    use std::cell::Cell;
    // A small generator of our own keeps the run short and the same every time.
    let state = Cell::new(0x2545_f491_4f6c_dd1d_u64);
    let next = |bound: usize| {
        let mut value = state.get();
        value ^= value << 13;
        value ^= value >> 7;
        value ^= value << 17;
        state.set(value);
        usize::try_from(value % u64::try_from(bound).unwrap()).unwrap()
    };
    for sample in samples() {
        for _ in 0..50 {
            let mut bytes = sample.clone();
            for _ in 0..=next(4) {
                let at = next(bytes.len());
                match next(5) {
                    0 => bytes[at] = u8::try_from(next(256)).unwrap(),
                    1 => bytes[at] = b"0123456789<>[]()/ "[next(18)],
                    2 => {
                        bytes.remove(at);
                    }
                    3 => bytes.truncate(at.max(1)),
                    _ => {
                        let end = (at + next(64)).min(bytes.len());
                        let part = bytes[at..end].to_vec();
                        let to = next(bytes.len());
                        bytes.splice(to..to, part);
                    }
                }
                if bytes.is_empty() {
                    break;
                }
            }
            exercise(&bytes);
        }
    }
}

#[test]
fn a_long_chain_of_lengths_ends() {
    // Each stream's length is a number whose object stream has a length that is elsewhere again.
    let bytes = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Length 2 0 R>>\nstream\nx\nendstream",
            "<</Length 4 0 R>>\nstream\nx\nendstream",
            "<</Length 3 0 R>>\nstream\nx\nendstream",
        ],
        "",
    );
    let document = make::open(&bytes).unwrap();
    for number in 2..=4 {
        document.latest().get(ObjectId::new(number)).unwrap_err();
    }
}
