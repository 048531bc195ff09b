//! A form filled after a signature shows its value: each way to show another, or none, is one change to an honest filling.

use zegel::pdf::changes::{Change, between};
use zegel::pdf::object::{Dictionary, Object, ObjectId};
use zegel::pdf::page::Rect;
use zegel::pdf::permission::Certification;
use zegel::pdf::signature_field::{Content, Placement};
use zegel::pdf::update::Update;

use super::make;
use super::updating::{request, signed};

const HONEST: &str = "/Tx BMC q 1 1 78 18 re W n BT /F 9 Tf 0 g 2 6 Td (20) Tj ET Q EMC";

/// A certified form with a text field of 80 by 20 points, whose font writes `differences`.
fn form(differences: &str) -> Vec<u8> {
    let font =
        format!("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[{differences}]>>>>");
    let input = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/DA(/F 9 Tf 0 g)/DR<</Font<</F 5 0 R>>>>>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
            "<</Type/Annot/Subtype/Widget/FT/Tx/T(Amount)/Rect[10 10 90 30]/P 3 0 R/F 4/DA(/F 9 Tf 0 g)>>",
            &font,
        ],
        "",
    );
    let mut certified = request(Placement::Invisible);
    if let Content::Signature { certify, .. } = &mut certified.content {
        *certify = Some(Certification::FormsAndSigning);
    }
    signed(&input, &certified, &[0x30, 1])
}

fn appearance() -> Dictionary {
    let font = Dictionary::new().with("F", ObjectId::new(5));
    Dictionary::new()
        .with("Type", Object::name("XObject"))
        .with("Subtype", Object::name("Form"))
        .with("BBox", Rect::new(0.0, 0.0, 80.0, 20.0).to_object())
        .with("Resources", Dictionary::new().with("Font", font))
}

/// What is found when the field says 20 and shows `content` in `form`, with what `edit` changes of the widget.
fn found(file: &[u8], form: Dictionary, content: &str, edit: impl FnOnce(&mut Dictionary)) -> Vec<Change> {
    let document = make::open(file).unwrap();
    let mut update = Update::new(&document);
    let id = ObjectId::new(4);
    let mut field = update.get(id).unwrap().as_dictionary().unwrap().clone();
    let shown = update.add_stream(form, content.as_bytes().to_vec());
    field.set("V", Object::String(b"20".to_vec()));
    field.set("AP", Dictionary::new().with("N", shown));
    edit(&mut field);
    update.put(id, field).unwrap();
    let filled = [file, &update.finish().unwrap().bytes].concat();
    let document = make::open(&filled).unwrap();
    between(&document, 1, document.last_revision()).unwrap()
}

fn matrix(numbers: [f64; 6]) -> Object {
    Object::Array(numbers.map(Object::Real).to_vec())
}

#[test]
fn an_honest_filling_is_told_with_its_value() {
    let told = [Change::FormFilled {
        field: "Amount".to_owned(),
        old: String::new(),
        new: "20".to_owned(),
    }];
    for differences in ["", "48/zero/one/two 65/A/B", "39/quotesingle 96/grave"] {
        assert_eq!(
            found(&form(differences), appearance(), HONEST, |_| {}),
            told,
            "{differences}"
        );
    }
    let file = form("");
    let turned = appearance()
        .with("BBox", Rect::new(0.0, 0.0, 20.0, 80.0).to_object())
        .with("Matrix", matrix([0.0, 1.0, -1.0, 0.0, 0.0, 0.0]));
    let content = "BT /F 9 Tf 0 g 2 6 Td (20) Tj ET";
    assert_eq!(found(&file, turned, content, |_| {}), told);
    assert_eq!(
        found(&file, appearance(), content, |field| field
            .set("M", Object::String(b"D:2026".to_vec()))),
        told
    );
}

#[test]
fn a_filling_that_shows_something_else_or_nothing_is_refused() {
    const OTHER: &str = "a field shows something else than its value";
    const MORE: &str = "more of a field was changed than its value";
    let file = form("");
    let bbox = |x0, y0, x1, y1| appearance().with("BBox", Rect::new(x0, y0, x1, y1).to_object());
    let with = |key: &str, value: Object| appearance().with(key, value);
    let rows: Vec<(&str, Dictionary, &str)> = vec![
        ("another value", appearance(), "BT /F 9 Tf 2 6 Td (200) Tj ET"),
        ("nothing", appearance(), ""),
        ("white", appearance(), "BT /F 9 Tf 1 g 2 6 Td (20) Tj ET"),
        (
            "cut away",
            appearance(),
            "q 0 0 1 1 re W n BT /F 9 Tf 2 6 Td (20) Tj ET Q",
        ),
        ("beside its frame", appearance(), "BT /F 9 Tf 200 6 Td (20) Tj ET"),
        (
            "a frame that is elsewhere",
            bbox(100.0, 100.0, 180.0, 120.0),
            HONEST,
        ),
        (
            "a frame much larger than its place",
            bbox(0.0, 0.0, 8000.0, 2000.0),
            HONEST,
        ),
        (
            "a frame much smaller than its place",
            bbox(0.0, 0.0, 8.0, 20.0),
            HONEST,
        ),
        ("no frame", with("BBox", Object::Null), HONEST),
        (
            "mirrored",
            with("Matrix", matrix([-1.0, 0.0, 0.0, 1.0, 0.0, 0.0])),
            HONEST,
        ),
        (
            "slanted",
            with("Matrix", matrix([1.0, 0.0, 9.0, 1.0, 0.0, 0.0])),
            HONEST,
        ),
        (
            "flattened",
            with("Matrix", matrix([1.0, 0.0, 0.0, 0.0, 0.0, 0.0])),
            HONEST,
        ),
        ("on a layer", with("OC", Dictionary::new().into()), HONEST),
    ];
    for (name, form, content) in rows {
        let expected = [Change::Undefined {
            object: Some(ObjectId::new(4)),
            why: OTHER,
        }];
        assert_eq!(found(&file, form, content, |_| {}), expected, "{name}");
    }
    for (name, differences) in [
        ("digits", "50/nine"),
        ("letters", "65/B/A"),
        ("behind others", "47/slash/zero/two/one"),
    ] {
        let changes = found(&form(differences), appearance(), HONEST, |_| {});
        assert!(
            changes
                .iter()
                .any(|change| matches!(change, Change::Undefined { why: OTHER, .. })),
            "{name}: {changes:?}"
        );
    }
    type Edit = fn(&mut Dictionary);
    let edits: [(&str, Edit, &str); 6] = [
        (
            "another background",
            |field| field.set("MK", Dictionary::new().with("BG", Object::Array(vec![0.into()]))),
            MORE,
        ),
        (
            "other ink",
            |field| field.set("DA", Object::String(b"/F 9 Tf 1 g".to_vec())),
            MORE,
        ),
        ("out of sight", |field| field.set("F", 2), MORE),
        (
            "elsewhere",
            |field| field.set("Rect", Rect::new(0.0, 0.0, 1.0, 1.0).to_object()),
            MORE,
        ),
        (
            "no appearance",
            |field| {
                field.remove("AP");
            },
            OTHER,
        ),
        (
            "another look under the pointer",
            |field| {
                let mut looks = field.get("AP").unwrap().as_dictionary().unwrap().clone();
                looks.set("R", looks.get("N").unwrap().clone());
                field.set("AP", looks);
            },
            OTHER,
        ),
    ];
    for (name, edit, expected) in edits {
        let changes = found(&file, appearance(), HONEST, edit);
        let refused = |change: &Change| matches!(change, Change::Undefined { why, .. } if *why == expected);
        assert!(changes.iter().any(refused), "{name}: {changes:?}");
    }
}

/// A certified form with a box `Agreed` that is not ticked, at two places when `twice`.
fn boxes(twice: bool) -> Vec<u8> {
    let states = "/Subtype/Widget/F 4/P 3 0 R/AS/Off/AP<</N<</Yes 5 0 R/Off 6 0 R>>>>";
    let field = if twice {
        "<</FT/Btn/T(Agreed)/V/Off/Kids[7 0 R 8 0 R]>>".to_owned()
    } else {
        format!("<</Type/Annot{states}/FT/Btn/T(Agreed)/V/Off/Rect[10 10 30 30]>>")
    };
    let kid = |rect: &str| format!("<</Type/Annot{states}/Parent 4 0 R/Rect{rect}>>");
    let form = "<</Type/XObject/Subtype/Form/BBox[0 0 20 20]/Length 0>>stream\n\nendstream";
    let page = format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[{}]>>",
        if twice { "7 0 R 8 0 R" } else { "4 0 R" }
    );
    let input = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            &page,
            &field,
            form,
            form,
            &kid("[10 10 30 30]"),
            &kid("[50 10 70 30]"),
        ],
        "",
    );
    let mut certified = request(Placement::Invisible);
    if let Content::Signature { certify, .. } = &mut certified.content {
        *certify = Some(Certification::FormsAndSigning);
    }
    signed(&input, &certified, &[0x30, 1])
}

/// The widgets of a box, each with the state it shows.
type Shown<'s> = &'s [(u32, &'s str)];

/// What is found when the box gets the value `/Yes`, and each of its `widgets` shows the state told.
fn ticked(file: &[u8], widgets: Shown<'_>) -> Vec<Change> {
    let document = make::open(file).unwrap();
    let mut update = Update::new(&document);
    let edits = std::iter::once((4, "V", "Yes")).chain(widgets.iter().map(|(id, state)| (*id, "AS", *state)));
    for (id, key, name) in edits {
        let id = ObjectId::new(id);
        let mut object = update.get(id).unwrap().as_dictionary().unwrap().clone();
        object.set(key, Object::name(name));
        update.put(id, object).unwrap();
    }
    let filled = [file, &update.finish().unwrap().bytes].concat();
    let document = make::open(&filled).unwrap();
    between(&document, 1, document.last_revision()).unwrap()
}

#[test]
fn a_box_that_is_ticked_shows_so_somewhere() {
    let (one, two) = (boxes(false), boxes(true));
    let told = [Change::FormFilled {
        field: "Agreed".to_owned(),
        old: "Off".to_owned(),
        new: "Yes".to_owned(),
    }];
    let honest: [(&[u8], Shown<'_>); 3] = [
        (&one, &[(4, "Yes")]),
        (&two, &[(7, "Yes")]),
        (&two, &[(7, "Yes"), (8, "Yes")]),
    ];
    for (file, widgets) in honest {
        assert_eq!(ticked(file, widgets), told, "{widgets:?}");
    }
    let unseen: [(&[u8], Shown<'_>); 3] = [
        (&one, &[(4, "Off")]),
        (&two, &[]),
        (&two, &[(7, "Off"), (8, "Off")]),
    ];
    let refused = [Change::Undefined {
        object: Some(ObjectId::new(4)),
        why: "a field shows something else than its value",
    }];
    for (file, widgets) in unseen {
        assert_eq!(ticked(file, widgets), refused, "{widgets:?}");
    }
}
