//! What may happen to a file after a signature, and what may not: each attack is one change to a file that is good.

use std::collections::BTreeMap;

use zegel::pdf::changes::{Change, History, between};
use zegel::pdf::document::Document;
use zegel::pdf::dss::{self, Evidence};
use zegel::pdf::object::{Dictionary, Object, ObjectId, Stream};
use zegel::pdf::signature::{FieldState, SignatureFault};
use zegel::pdf::signature_field::{Content, Placement};
use zegel::pdf::update::Update;
use zegel::pdf::xref::XrefKind;

use super::make;
use super::updating::{automatic, request, signed};

/// `file` with what `edit` changes in one more revision.
pub(super) fn edited(file: &[u8], edit: impl FnOnce(&mut Update, &Document)) -> Vec<u8> {
    let document = make::open(file).unwrap();
    let mut update = Update::new(&document);
    edit(&mut update, &document);
    [file, &update.finish().unwrap().bytes].concat()
}

fn changes(file: &[u8], since: usize) -> Vec<Change> {
    let document = make::open(file).unwrap();
    between(&document, since, document.last_revision()).unwrap()
}

fn why(file: &[u8]) -> Vec<&'static str> {
    why_since(file, 1)
}

/// What is wrong with what came after revision `since`; empty words for what is allowed.
pub(super) fn why_since(file: &[u8], since: usize) -> Vec<&'static str> {
    let found = changes(file, since);
    found
        .iter()
        .map(|change| {
            if let Change::Undefined { why, .. } = change {
                *why
            } else {
                ""
            }
        })
        .collect()
}

fn once() -> Vec<u8> {
    signed(
        &make::decision(XrefKind::Table),
        &request(automatic()),
        &[0x30, 1],
    )
}

fn first_page(document: &Document) -> (ObjectId, Dictionary) {
    let page = document.latest().page(0).unwrap().unwrap();
    (page.id, page.dictionary)
}

#[test]
fn further_signatures_and_validation_data_are_allowed() {
    for input in [make::decision(XrefKind::Table), make::decision(XrefKind::Stream)]
        .into_iter()
        .chain(make::with_object_stream(&make::decision(XrefKind::Table)))
    {
        let mut file = signed(&input, &request(automatic()), &[0x30, 1]);
        for round in 0..3_u8 {
            let key = make::open(&file)
                .unwrap()
                .latest()
                .signatures()
                .unwrap()
                .pop()
                .unwrap()
                .vri_key();
            let evidence = Evidence {
                certificates: vec![vec![round; 40], vec![99; 40]],
                ..Evidence::default()
            };
            file = edited(&file, |update, _| {
                dss::add(update, &BTreeMap::from([(key, evidence)]), &Evidence::default()).unwrap();
            });
            let mut stamp = request(Placement::Invisible);
            stamp.content = Content::DocTimeStamp;
            file = signed(&file, &stamp, &[0x30, 7]);
            file = signed(&file, &request(automatic()), &[0x30, 2]);
        }
        make::check_with_qpdf(&file);
        let document = make::open(&file).unwrap();
        let history = History::of(&document, 1).unwrap();
        assert_eq!(
            history.after(1),
            [
                Change::DssAdded,
                Change::DocTimeStampAdded {
                    field: "TimeStamp1".to_owned()
                },
                Change::SignatureAdded {
                    field: "Signature2".to_owned()
                },
                Change::DocTimeStampAdded {
                    field: "TimeStamp2".to_owned()
                },
                Change::SignatureAdded {
                    field: "Signature3".to_owned()
                },
                Change::DocTimeStampAdded {
                    field: "TimeStamp3".to_owned()
                },
                Change::SignatureAdded {
                    field: "Signature4".to_owned()
                },
            ]
        );
        assert_eq!(history.after(document.last_revision()), []);
        assert!(
            document
                .latest()
                .signature_fields()
                .unwrap()
                .iter()
                .all(|field| matches!(field.state, FieldState::Signed(_)))
        );
    }
}

#[test]
fn metadata_may_change() {
    let file = edited(&once(), |update, document| {
        let info = document
            .latest()
            .trailer()
            .get("Info")
            .unwrap()
            .as_reference()
            .unwrap();
        update
            .put(
                info,
                Dictionary::new().with("Title", Object::String(b"Other".to_vec())),
            )
            .unwrap();
    });
    assert_eq!(changes(&file, 1), [Change::Metadata]);
}

#[test]
fn rewriting_the_same_value_is_no_change() {
    let file = once();
    let document = make::open(&file).unwrap();
    let (id, page) = first_page(&document);
    let mut bytes = Vec::new();
    zegel::pdf::write::dictionary(&mut bytes, &page);
    let start = file.len();
    let text = format!(
        "{} 0 obj {} endobj\n",
        id.number,
        String::from_utf8(bytes).unwrap()
    );
    let table = start + text.len();
    let previous = document.revisions()[1].startxref;
    let size = document.size();
    let root = document.latest().catalog_id().unwrap().number;
    let mut trailer = document.latest().trailer();
    trailer.set("Prev", i64::try_from(previous).unwrap());
    let mut rest = Vec::new();
    zegel::pdf::write::dictionary(&mut rest, &trailer);
    assert!(size > root);
    let appended = format!(
        "{text}xref\n{} 1\n{start:010} 00000 n\r\ntrailer\n{}\nstartxref\n{table}\n%%EOF\n",
        id.number,
        String::from_utf8_lossy(&rest)
    );
    let file = [file.as_slice(), appended.as_bytes()].concat();
    assert_eq!(changes(&file, 1), []);
    // With bytes between that belong to no object, the same update is not on the list.
    let hidden = appended.replace(" endobj\n", " endobj %hidden 99 0 obj endobj\n");
    let moved = table + "%hidden 99 0 obj endobj".len() + 1;
    let hidden = hidden.replace(&format!("startxref\n{table}"), &format!("startxref\n{moved}"));
    let file = [once().as_slice(), hidden.as_bytes()].concat();
    assert_eq!(
        why(&file),
        ["a later revision has bytes that belong to no object"]
    );
}

fn action() -> Dictionary {
    Dictionary::new()
        .with("S", Object::name("JavaScript"))
        .with("JS", Object::String(b"1".to_vec()))
}

#[test]
fn each_thing_that_is_not_on_the_list_is_found() {
    type Edit = Box<dyn FnOnce(&mut Update, &Document)>;
    let page_edit = |key: &'static str, value: Object| -> Edit {
        Box::new(move |update, document| {
            let (id, mut page) = first_page(document);
            page.set(key, value);
            update.put(id, page).unwrap();
        })
    };
    let catalog_edit = |key: &'static str, value: Object| -> Edit {
        Box::new(move |update, document| {
            let mut catalog = document.latest().catalog().unwrap();
            catalog.set(key, value);
            update.put_catalog(catalog).unwrap();
        })
    };
    let rows: Vec<(&str, Edit, &str)> = vec![
        (
            "page size",
            page_edit(
                "MediaBox",
                Object::Array([0, 0, 9, 9].map(Object::Integer).to_vec()),
            ),
            "a page was changed",
        ),
        (
            "page contents swapped",
            Box::new(|update, document| {
                let (id, mut page) = first_page(document);
                let content = update.add_stream(Dictionary::new(), b"BT ET".to_vec());
                page.set("Contents", content);
                update.put(id, page).unwrap();
            }),
            "a page was changed",
        ),
        (
            "contents rewritten in place",
            Box::new(|update, document| {
                let id = first_page(document)
                    .1
                    .get("Contents")
                    .unwrap()
                    .as_reference()
                    .unwrap();
                update
                    .put(
                        id,
                        Object::Stream(Stream::new(Dictionary::new(), b"BT ET".to_vec())),
                    )
                    .unwrap();
            }),
            "an object was changed that may not change",
        ),
        (
            "annotation added",
            Box::new(|update, document| {
                let (id, mut page) = first_page(document);
                let note = update.add(
                    Dictionary::new()
                        .with("Type", Object::name("Annot"))
                        .with("Subtype", Object::name("FreeText")),
                );
                page.set("Annots", Object::Array(vec![note.into()]));
                update.put(id, page).unwrap();
            }),
            "an annotation was added that belongs to no new signature",
        ),
        (
            "page removed",
            Box::new(|update, document| {
                let view = document.latest();
                let id = view
                    .catalog()
                    .unwrap()
                    .get("Pages")
                    .unwrap()
                    .as_reference()
                    .unwrap();
                let mut tree = view.get(id).unwrap().as_dictionary().unwrap().clone();
                let kids = tree.get("Kids").unwrap().as_array().unwrap()[..1].to_vec();
                tree.set("Kids", Object::Array(kids));
                update.put(id, tree).unwrap();
            }),
            "an object was changed that may not change",
        ),
        (
            "open action",
            catalog_edit("OpenAction", action().into()),
            "an entry of the catalog changed",
        ),
        (
            "names",
            catalog_edit("Names", Dictionary::new().into()),
            "an entry of the catalog changed",
        ),
        (
            "certification of others",
            catalog_edit("Perms", Dictionary::new().into()),
            "an entry of the catalog changed",
        ),
        (
            "version back",
            catalog_edit("Version", Object::name("1.2")),
            "the version of the file went back",
        ),
        (
            "another page tree",
            Box::new(|update, _| {
                let mut catalog = update.catalog().unwrap();
                let tree = update.add(
                    Dictionary::new()
                        .with("Type", Object::name("Pages"))
                        .with("Kids", Object::Array(Vec::new())),
                );
                catalog.set("Pages", tree);
                update.put_catalog(catalog).unwrap();
            }),
            "an entry of the catalog changed",
        ),
        (
            "signed field redrawn",
            Box::new(|update, document| {
                let field = document.latest().signature_fields().unwrap().remove(0).field;
                let mut dictionary = field.dictionary;
                let form = update.add_stream(Dictionary::new(), b"BT (Other) Tj ET".to_vec());
                dictionary.set("AP", Dictionary::new().with("N", form));
                update.put(field.id, dictionary).unwrap();
            }),
            "a field with a signature was changed",
        ),
        (
            "font replaced",
            Box::new(|update, document| {
                let view = document.latest();
                let (number, font) = (1..document.size())
                    .find_map(|number| {
                        let object = view.get(ObjectId::new(number)).unwrap();
                        object
                            .as_dictionary()
                            .is_some_and(|one| one.is_name("Subtype", "Type0"))
                            .then_some((number, object))
                    })
                    .unwrap();
                let mut font = font.as_dictionary().unwrap().clone();
                font.remove("ToUnicode");
                update.put(ObjectId::new(number), font).unwrap();
            }),
            "an object was changed that may not change",
        ),
        (
            "object nobody needs",
            Box::new(|update, _| {
                update.add(action());
            }),
            "a new object that nothing allowed refers to",
        ),
        (
            "field for text added",
            Box::new(|update, document| {
                let (id, form) = document.latest().acro_form().unwrap().unwrap();
                let mut form = form;
                let mut fields = form.get("Fields").unwrap().as_array().unwrap().to_vec();
                fields.push(
                    update
                        .add(
                            Dictionary::new()
                                .with("FT", Object::name("Tx"))
                                .with("T", Object::String(b"x".to_vec())),
                        )
                        .into(),
                );
                form.set("Fields", Object::Array(fields));
                update.put(id.unwrap(), form).unwrap();
            }),
            "a field was added that is not for a signature",
        ),
        (
            "fields reordered away",
            Box::new(|update, document| {
                let (id, mut form) = document.latest().acro_form().unwrap().unwrap();
                form.set("Fields", Object::Array(Vec::new()));
                update.put(id.unwrap(), form).unwrap();
            }),
            "fields of the form were taken away or moved",
        ),
        (
            "appearances to be remade",
            Box::new(|update, document| {
                let (id, mut form) = document.latest().acro_form().unwrap().unwrap();
                form.set("NeedAppearances", Object::Boolean(true));
                update.put(id.unwrap(), form).unwrap();
            }),
            "an entry of the form changed",
        ),
    ];
    let good = once();
    for (what, edit, expected) in rows {
        let file = edited(&good, edit);
        assert!(why(&file).contains(&expected), "{what}: {:?}", why(&file));
    }
}

#[test]
fn a_second_signature_over_the_first_is_found() {
    let first = once();
    let document = make::open(&first).unwrap();
    let rect = document.latest().signature_fields().unwrap()[0].rect.unwrap();
    let second = signed(&first, &request(Placement::Invisible), &[0x30, 2]);
    // The hidden second block is moved over the first by an edit of its bytes, before it counts as signed.
    let text = |rect: &zegel::pdf::page::Rect| {
        let mut out = Vec::new();
        zegel::pdf::write::object(&mut out, &rect.to_object());
        String::from_utf8(out).unwrap()
    };
    let wanted = text(&rect);
    let nothing = text(&zegel::pdf::page::Rect::new(0.0, 0.0, 0.0, 0.0));
    assert!(changes(&second, 1).iter().all(Change::is_allowed));
    let view = make::open(&first).unwrap();
    let mut update = Update::new(&view);
    let added = zegel::pdf::signature_field::add(&mut update, &request(Placement::Invisible)).unwrap();
    let mut widget = update.get(added.field).unwrap().as_dictionary().unwrap().clone();
    widget.set("Rect", rect.to_object());
    widget.set("P", view.latest().page(0).unwrap().unwrap().id);
    assert_ne!(wanted, nothing);
    // On the page of the first block.
    let (page_id, mut page) = {
        let page = view.latest().last_page().unwrap();
        (page.id, page.dictionary)
    };
    let mut annotations = view.latest().array(&page, "Annots").unwrap();
    annotations.push(added.field.into());
    page.set("Annots", Object::Array(annotations));
    update.put(page_id, page).unwrap();
    update.put(added.field, widget).unwrap();
    let mut tail = update.finish().unwrap();
    tail.embed(&[0x30, 3]).unwrap();
    let file = [first, tail.bytes].concat();
    assert!(
        why(&file).contains(&"a signature was added over another field or annotation"),
        "{:?}",
        why(&file)
    );
}

#[test]
fn a_reference_into_the_void_may_not_be_given_a_meaning() {
    let input = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Contents[9 0 R]>>",
        ],
        "",
    );
    let mut first = request(Placement::Invisible);
    first.contents_bytes = 64;
    let mut file = signed(&input, &first, &[0x30, 1]);
    file = edited(&file, |update, _| {
        let content = Stream::new(Dictionary::new(), b"BT ET".to_vec());
        update.put(ObjectId::new(9), Object::Stream(content)).unwrap();
    });
    assert_eq!(
        why(&file),
        ["the signed file refers to this object, which it lacked"]
    );
}

#[test]
fn an_object_taken_away_is_found() {
    let good = once();
    let document = make::open(&good).unwrap();
    let content = first_page(&document)
        .1
        .get("Contents")
        .unwrap()
        .as_reference()
        .unwrap()
        .number;
    let mut trailer = document.latest().trailer();
    trailer.set("Prev", i64::try_from(document.revisions()[1].startxref).unwrap());
    let mut out = Vec::new();
    zegel::pdf::write::dictionary(&mut out, &trailer);
    let appended = format!(
        "xref\n{content} 1\n0000000000 00001 f\r\ntrailer\n{}\nstartxref\n{}\n%%EOF\n",
        String::from_utf8_lossy(&out),
        good.len()
    );
    let file = [good.as_slice(), appended.as_bytes()].concat();
    assert_eq!(why(&file), ["an object was taken away"]);
}

/// A form with a text field, signed.
fn form(lock: &str) -> Vec<u8> {
    let signature_field =
        format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Sign)/Rect[0 0 0 0]/P 3 0 R/F 132{lock}>>");
    let input = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 6 0 R]/DR<</Font<</F 7 0 R>>>>>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R 6 0 R]>>",
            "<</Type/Annot/Subtype/Widget/FT/Tx/T(Amount)/V(10)/Rect[10 10 90 30]/P 3 0 R/AP<</N 5 0 R>>>>",
            "<</Type/XObject/Subtype/Form/BBox[0 0 80 20]/Resources<</Font<</F 7 0 R>>>>/Length 28>>\nstream\nBT /F 9 Tf 2 6 Td (10) Tj ET\nendstream",
            &signature_field,
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ],
        "",
    );
    let placement = Placement::Existing {
        name: "Sign".to_owned(),
        block: None,
    };
    signed(&input, &request(placement), &[0x30, 1])
}

fn filled(file: &[u8], value: &str, shown: &str) -> Vec<u8> {
    edited(file, |update, document| {
        let id = ObjectId::new(4);
        let mut field = document
            .latest()
            .get(id)
            .unwrap()
            .as_dictionary()
            .unwrap()
            .clone();
        let bbox = Object::Array([0, 0, 80, 20].map(Object::Integer).to_vec());
        let fonts = Dictionary::new().with("F", ObjectId::new(7));
        let shown = update.add_stream(
            Dictionary::new()
                .with("Subtype", Object::name("Form"))
                .with("BBox", bbox)
                .with("Resources", Dictionary::new().with("Font", fonts)),
            format!("/Tx BMC BT /F 9 Tf 2 6 Td ({shown}) Tj ET EMC").into_bytes(),
        );
        field.set("V", Object::String(value.as_bytes().to_vec()));
        field.set("AP", Dictionary::new().with("N", shown));
        update.put(id, field).unwrap();
    })
}

#[test]
fn filling_a_form_is_listed_with_both_values() {
    let file = filled(&form(""), "2 0", "20");
    let expected = Change::FormFilled {
        field: "Amount".to_owned(),
        old: "10".to_owned(),
        new: "2 0".to_owned(),
    };
    assert_eq!(changes(&file, 1), [expected]);
}

#[test]
fn a_field_that_shows_something_else_than_its_value_is_found() {
    assert_eq!(
        why(&filled(&form(""), "20", "2000")),
        ["a field shows something else than its value"]
    );
}

#[test]
fn a_locked_field_stays_as_it_is() {
    let found = "a field was changed that an earlier signature locked";
    for (lock, locked) in [
        ("/Lock<</Type/SigFieldLock/Action/All>>", true),
        (
            "/Lock<</Type/SigFieldLock/Action/Include/Fields[(Amount)]>>",
            true,
        ),
        ("/Lock<</Type/SigFieldLock/Action/Include/Fields[(Amou)]>>", false),
        (
            "/Lock<</Type/SigFieldLock/Action/Exclude/Fields[(Amount)]>>",
            false,
        ),
        ("/Lock<</Type/SigFieldLock/Action/Include/Fields[]/P 1>>", true),
    ] {
        let good = form(lock);
        make::check_with_qpdf(&good);
        assert_eq!(why(&filled(&good, "20", "20")).contains(&found), locked, "{lock}");
    }
}

#[test]
fn each_fault_of_a_signature_dictionary_is_told_apart() {
    let good = once();
    let state = |bytes: &[u8]| {
        let fields = make::open(bytes).unwrap().latest().signature_fields().unwrap();
        match &fields[0].state {
            FieldState::Faulty(fault) => Some(*fault),
            _ => None,
        }
    };
    assert_eq!(state(&good), None);
    let text = String::from_utf8_lossy(&good).into_owned();
    let at = text
        .find("/ByteRange [")
        .map(|_| {
            good.windows(12)
                .position(|window| window == b"/ByteRange [")
                .unwrap()
        })
        .unwrap();
    let range = make::open(&good).unwrap().latest().signatures().unwrap()[0].byte_range;
    let with_range = |numbers: [i64; 4]| {
        let mut bytes = good.clone();
        let width = "/ByteRange ".len();
        let text = format!(
            "{:<36}",
            format!("[{} {} {} {}]", numbers[0], numbers[1], numbers[2], numbers[3])
        );
        bytes[at + width..at + width + 36].copy_from_slice(text.as_bytes());
        bytes
    };
    let [_, a, b, c] = range.map(|number| i64::try_from(number).unwrap());
    for (numbers, expected) in [
        ([0, a, b, c], None),
        ([1, a, b, c], Some(SignatureFault::ByteRange)),
        ([0, -5, b, c], Some(SignatureFault::ByteRange)),
        ([0, b, a, c], Some(SignatureFault::ByteRange)),
        ([0, a, b, c + 1], Some(SignatureFault::ByteRange)),
        ([0, a, b, i64::MAX], Some(SignatureFault::ByteRange)),
        ([0, a - 1, b, c], Some(SignatureFault::Gap)),
        ([0, a, b + 2, c - 2], Some(SignatureFault::Gap)),
        ([0, a, b, c - 9], Some(SignatureFault::Coverage)),
    ] {
        if numbers[3] == i64::MAX {
            continue;
        }
        assert_eq!(state(&with_range(numbers)), expected, "{numbers:?}");
    }
    let start = usize::try_from(a).unwrap();
    let mut blank = good.clone();
    blank[start + 1..start + 5].copy_from_slice(b"0000");
    assert_eq!(state(&blank), Some(SignatureFault::Contents));
    let mut spaced = good.clone();
    spaced[start + 9] = b' ';
    assert_eq!(state(&spaced), Some(SignatureFault::Contents));
    let mut renamed = good.clone();
    renamed[at..at + 10].copy_from_slice(b"/ByteRangf");
    assert_eq!(state(&renamed), Some(SignatureFault::ByteRange));
}

#[test]
fn a_signature_dictionary_that_is_replaced_or_shared_is_no_signature() {
    let good = once();
    let document = make::open(&good).unwrap();
    let signature = document.latest().signatures().unwrap().remove(0);
    let copied = edited(&good, |update, _| {
        let mut other = signature.dictionary.clone();
        other.set("M", Object::String(b"D:20300101000000Z".to_vec()));
        update.put(signature.id, other).unwrap();
    });
    let fields = make::open(&copied).unwrap().latest().signature_fields().unwrap();
    assert!(
        matches!(fields[0].state, FieldState::Faulty(SignatureFault::Gap)),
        "{:?}",
        fields[0].state
    );
    let shared = edited(&good, |update, document| {
        let (id, mut form) = document.latest().acro_form().unwrap().unwrap();
        let mut fields = form.get("Fields").unwrap().as_array().unwrap().to_vec();
        let other = Dictionary::new()
            .with("FT", Object::name("Sig"))
            .with("T", Object::String(b"Other".to_vec()))
            .with("V", signature.id);
        fields.push(update.add(other).into());
        form.set("Fields", Object::Array(fields));
        update.put(id.unwrap(), form).unwrap();
    });
    let fields = make::open(&shared).unwrap().latest().signature_fields().unwrap();
    assert!(
        fields
            .iter()
            .all(|field| matches!(field.state, FieldState::Faulty(SignatureFault::Shared)))
    );
}

#[test]
fn garbage_after_a_signed_file_is_refused() {
    for tail in [
        &b"1 0 obj <</Type/Catalog>> endobj"[..],
        b"%%EOF",
        b"startxref\n9\n%%EOF",
        b"xref\n0 0\ntrailer<</Size 1>>\nstartxref\n0\n%%EOF",
    ] {
        let file = [once().as_slice(), tail].concat();
        make::open(&file).expect_err(&String::from_utf8_lossy(tail));
    }
}

#[test]
fn a_hybrid_file_whose_two_readings_differ_is_never_unchanged() {
    for (conflict, expected) in [(false, 0), (true, 1)] {
        let once = signed(
            &make::hybrid(conflict),
            &request(Placement::Invisible),
            &[0x30, 1],
        );
        let twice = signed(&once, &request(Placement::Invisible), &[0x30, 2]);
        let found = changes(&twice, 1);
        assert_eq!(
            found.iter().filter(|change| !change.is_allowed()).count(),
            expected,
            "{found:?}"
        );
    }
}
