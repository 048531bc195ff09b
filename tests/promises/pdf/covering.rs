//! Nothing added after a signature may take the place of what was signed, and nothing is sealed that could show something
//! else later: each attack is one change to a file that is good.

use zegel::pdf::active::Activity;
use zegel::pdf::changes::{Change, between};
use zegel::pdf::object::{Dictionary, Object, ObjectId};
use zegel::pdf::page::Rect;
use zegel::pdf::permission::{Certification, SigningRefusal};
use zegel::pdf::signature_field::{self, Content, Placement};
use zegel::pdf::update::Update;

use super::make;
use super::updating::{automatic, request, signed};

fn why(file: &[u8], since: usize) -> Vec<&'static str> {
    let document = make::open(file).unwrap();
    let found = between(&document, since, document.last_revision()).unwrap();
    found
        .iter()
        .filter_map(|change| match change {
            Change::Undefined { why, .. } => Some(*why),
            _ => None,
        })
        .collect()
}

fn edited(file: &[u8], edit: impl FnOnce(&mut Update)) -> Vec<u8> {
    let document = make::open(file).unwrap();
    let mut update = Update::new(&document);
    edit(&mut update);
    [file, &update.finish().unwrap().bytes].concat()
}

#[test]
fn a_document_time_stamp_that_shows_something_is_no_evidence() {
    let once = signed(
        &make::decision(zegel::pdf::xref::XrefKind::Table),
        &request(automatic()),
        &[0x30, 1],
    );
    let mut stamp = request(automatic());
    stamp.content = Content::DocTimeStamp;
    assert_eq!(
        why(&signed(&once, &stamp, &[0x30, 7]), 1),
        ["a document time-stamp was added that shows something"]
    );
}

/// A signed page with one line of text and a pale tint at its foot; a second signature comes to it at `place`, whose
/// block is what `draw` makes, with `flags`.
fn joined(certify: Option<Certification>, place: Rect, draw: Option<&str>, flags: i64) -> Vec<u8> {
    let text = "0.95 g 0 0 400 60 re f 0 g BT /F 11 Tf 40 200 Td (De som van 10 EUR) Tj ET";
    let text = format!("<</Length {}>>\nstream\n{text}\nendstream", text.len());
    let input = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
            &text,
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ],
        "",
    );
    let mut first = request(Placement::Invisible);
    if let Content::Signature { certify: asked, .. } = &mut first.content {
        *asked = certify;
    }
    let once = signed(&input, &first, &[0x30, 1]);
    let document = make::open(&once).unwrap();
    let mut update = Update::new(&document);
    let added = signature_field::add(&mut update, &request(Placement::Invisible)).unwrap();
    let mut widget = update.get(added.field).unwrap().as_dictionary().unwrap().clone();
    widget.set("Rect", place.to_object());
    widget.set("F", flags);
    if let Some(draw) = draw {
        let form = Dictionary::new()
            .with("Subtype", Object::name("Form"))
            .with("BBox", Rect::new(0.0, 0.0, 100.0, 30.0).to_object());
        let form = update.add_stream(form, draw.as_bytes().to_vec());
        widget.set("AP", Dictionary::new().with("N", form));
    }
    update.put(added.field, widget).unwrap();
    let mut tail = update.finish().unwrap();
    tail.embed(&[0x30, 2]).unwrap();
    [once, tail.bytes].concat()
}

#[test]
fn a_later_signature_shows_itself_on_blank_paper_only() {
    const SHOWN: i64 = 132;
    let at = |x: f64, y: f64| Rect::new(x, y, x + 100.0, y + 30.0);
    let (line, blank, tint) = (at(50.0, 190.0), at(50.0, 100.0), at(50.0, 10.0));
    let white = Some("1 g 0 0 100 30 re f");
    let ink = Some("0 g 2 w 0 15 m 100 15 l S");
    let covers = "a signature was added over what its page shows";
    let levels = [
        None,
        Some(Certification::FormsAndSigning),
        Some(Certification::Annotations),
    ];
    for certify in levels {
        for (place, draw, flags, expected) in [
            (line, white, SHOWN, Some(covers)),
            (line, ink, SHOWN, Some(covers)),
            (line, Some("/Picture Do"), SHOWN, Some(covers)),
            // The last letter only, and the line from below.
            (at(132.0, 190.0), white, SHOWN, Some(covers)),
            (at(50.0, 175.0), white, SHOWN, Some(covers)),
            // Nothing is drawn there.
            (line, Some("q Q"), SHOWN, None),
            (line, None, SHOWN, None),
            (blank, white, SHOWN, None),
            (blank, ink, SHOWN, None),
            (tint, white, SHOWN, None),
            (
                blank,
                white,
                SHOWN | 8,
                Some("a signature was added whose size or turn is not that of its page"),
            ),
        ] {
            let found = why(&joined(certify, place, draw, flags), 1);
            let expected: Vec<&str> = expected.into_iter().collect();
            assert_eq!(found, expected, "{certify:?} {place:?} {draw:?} {flags}");
        }
    }
}

/// A page with an empty signature field, which `fill` then signs in the next revision.
fn prepared(rect: &str, flags: u8, kind: &str, shown_flags: i64) -> Vec<u8> {
    let field = format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Trap)/Rect[{rect}]/P 3 0 R/F {flags}>>");
    let input = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
            &field,
        ],
        "",
    );
    edited(&input, |update| {
        let range = Object::Array([0, 1, 2, 3].map(Object::Integer).to_vec());
        let value = update.add(
            Dictionary::new()
                .with("Type", Object::name(kind))
                .with("ByteRange", range)
                .with("Contents", Object::String(vec![0; 8])),
        );
        let picture = update.add_stream(
            Dictionary::new().with("Subtype", Object::name("Form")),
            b"0 0 400 300 re f".to_vec(),
        );
        let document = make::open(&input).unwrap();
        let old = document.latest().get(ObjectId::new(4)).unwrap();
        let mut field = old.as_dictionary().unwrap().clone();
        field.set("V", Object::Reference(value));
        field.set("F", shown_flags);
        field.set("AP", Dictionary::new().with("N", Object::Reference(picture)));
        update.put(ObjectId::new(4), field).unwrap();
    })
}

#[test]
fn a_prepared_field_is_not_a_curtain() {
    let small = "10 10 110 60";
    assert_eq!(why(&prepared(small, 4, "Sig", 132), 0), [""; 0]);
    for (rect, flags, kind, expected) in [
        (
            small,
            2,
            "Sig",
            "a field that was out of sight was brought into it",
        ),
        (
            small,
            32,
            "Sig",
            "a field that was out of sight was brought into it",
        ),
        (
            "0 0 400 300",
            4,
            "Sig",
            "a signature was added that covers much of its page",
        ),
        (
            small,
            4,
            "DocTimeStamp",
            "a document time-stamp was added that shows something",
        ),
    ] {
        let found = why(&prepared(rect, flags, kind, 4), 0);
        assert_eq!(found, [expected], "{rect} {flags} {kind}");
    }
}

/// A signed form whose field gets `value` and the appearance that `shape` makes.
fn filled(value: &str, shape: impl FnOnce(&mut Update) -> Dictionary) -> Vec<u8> {
    let input = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/DR<</Font<</F 6 0 R>>>>>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
            "<</Type/Annot/Subtype/Widget/FT/Tx/T(Amount)/V(10)/Rect[10 10 90 30]/P 3 0 R/AP<</N 5 0 R>>>>",
            "<</Type/XObject/Subtype/Form/BBox[0 0 80 20]/Resources<</Font<</F 6 0 R>>>>/Length 28>>\nstream\nBT /F 9 Tf 2 6 Td (10) Tj ET\nendstream",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ],
        "",
    );
    let good = signed(&input, &request(automatic()), &[0x30, 1]);
    edited(&good, |update| {
        let appearance = shape(update);
        let old = make::open(&good).unwrap().latest().get(ObjectId::new(4)).unwrap();
        let mut field = old.as_dictionary().unwrap().clone();
        field.set("V", Object::String(value.as_bytes().to_vec()));
        field.set("AP", appearance);
        update.put(ObjectId::new(4), field).unwrap();
    })
}

fn drawing(update: &mut Update, content: &str, fonts: Option<Object>) -> Object {
    let bbox = Object::Array([0, 0, 80, 20].map(Object::Integer).to_vec());
    let mut form = Dictionary::new()
        .with("Subtype", Object::name("Form"))
        .with("BBox", bbox);
    if let Some(font) = fonts {
        let fonts = Dictionary::new().with("F", font);
        form.set("Resources", Dictionary::new().with("Font", fonts));
    }
    Object::Reference(update.add_stream(form, content.as_bytes().to_vec()))
}

#[test]
fn a_filled_field_shows_its_value_and_can_show_nothing_else() {
    let normal = |content: &'static str| {
        move |update: &mut Update| {
            let font = Object::Reference(ObjectId::new(6));
            Dictionary::new().with("N", drawing(update, content, Some(font)))
        }
    };
    let good = "/Tx BMC q 0 0 80 20 re W n BT /F 9 Tf 0 g 2 6 Td (200) Tj ET Q EMC";
    assert_eq!(why(&filled("200", normal(good)), 1), [""; 0]);
    let found = ["a field shows something else than its value"];
    for content in [
        "BT /F 9 Tf (2000) Tj ET",
        "BT /F 9 Tf 3 Tr (200) Tj ET",
        "BT /F 9 Tf (200) Tj ET 0 0 9 9 re f",
        "BT /F 9 Tf (2) Tj -40 0 Td (00) Tj ET",
        "BT /F 9 Tf [(2) 9000 (00)] TJ ET",
        "1 0 0 1 900 0 cm BT /F 9 Tf (200) Tj ET",
    ] {
        assert_eq!(why(&filled("200", normal(content)), 1), found, "{content}");
    }
    // A choice of appearances with an empty value, another appearance under the pointer, a font of its own.
    let states = filled("", |update| {
        let on = drawing(update, "BT (999) Tj ET", None);
        Dictionary::new().with("N", Dictionary::new().with("On", on))
    });
    assert_eq!(why(&states, 1), found);
    let hover = filled("200", |update| {
        let (one, two) = (
            drawing(update, "BT (200) Tj ET", None),
            drawing(update, "BT (999) Tj ET", None),
        );
        Dictionary::new().with("N", one).with("R", two)
    });
    assert!(why(&hover, 1).contains(&found[0]));
    let font = filled("200", |update| {
        let font = update.add(Dictionary::new().with("Type", Object::name("Font")));
        Dictionary::new().with(
            "N",
            drawing(update, "BT /F 9 Tf (200) Tj ET", Some(Object::Reference(font))),
        )
    });
    assert_eq!(
        why(&font, 1),
        ["a field shows its value in letters of a font that nobody can read"]
    );
}

#[test]
fn what_could_show_something_else_later_is_not_sealed() {
    let file = |catalog: &str, page: &str, more: &[&str]| {
        let catalog = format!("<</Type/Catalog/Pages 2 0 R{catalog}>>");
        let page = format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]{page}>>");
        let objects = [
            &[catalog.as_str(), "<</Type/Pages/Count 1/Kids[3 0 R]>>", &page],
            more,
        ]
        .concat();
        make::by_hand(&objects, "")
    };
    let script = "<</S/JavaScript/JS(app.alert(1))>>";
    let annotation = |rest: &str| format!("<</Type/Annot/Subtype/Link/Rect[1 1 9 9]{rest}>>");
    let field = |rest: &str| format!("<</Type/Annot/Subtype/Widget/T(A)/Rect[10 10 90 30]/P 3 0 R{rest}>>");
    let (form, shown) = ("/AcroForm<</Fields[4 0 R]>>", "/Annots[4 0 R]");
    let one = |text: String| vec![text];
    type Case = (&'static str, String, &'static str, Vec<String>, Option<Activity>);
    let cases: Vec<Case> = vec![
        ("plain", String::new(), "", vec![], None),
        (
            "goes to a page",
            "/OpenAction[3 0 R/Fit]".into(),
            "",
            vec![],
            None,
        ),
        (
            "goes to a page by an action",
            "/OpenAction<</S/GoTo/D[3 0 R/Fit]>>".into(),
            "",
            vec![],
            None,
        ),
        (
            "a link",
            String::new(),
            shown,
            one(annotation("/A<</S/URI/URI(https://zegelgem.example)>>")),
            None,
        ),
        (
            "a field with its appearance",
            form.into(),
            shown,
            one(field("/FT/Tx/V(1)/AP<<>>")),
            None,
        ),
        ("a place to sign", form.into(), shown, one(field("/FT/Sig")), None),
        (
            "layers that are all shown",
            "/OCProperties<</OCGs[]/D<</ON[]>>>>".into(),
            "",
            vec![],
            None,
        ),
        (
            "script at opening",
            format!("/OpenAction{script}"),
            "",
            vec![],
            Some(Activity::Action),
        ),
        (
            "script after a link",
            String::new(),
            shown,
            one(annotation(&format!("/A<</S/GoTo/D[3 0 R/Fit]/Next{script}>>"))),
            Some(Activity::Action),
        ),
        (
            "launches a program",
            String::new(),
            shown,
            one(annotation("/A<</S/Launch/F(x)>>")),
            Some(Activity::Action),
        ),
        (
            "scripts by name",
            "/Names<</JavaScript<<>>>>".into(),
            "",
            vec![],
            Some(Activity::Action),
        ),
        (
            "acts of the document",
            "/AA<<>>".into(),
            "",
            vec![],
            Some(Activity::Action),
        ),
        (
            "acts of a page",
            String::new(),
            "/AA<<>>",
            vec![],
            Some(Activity::Action),
        ),
        (
            "acts of a field",
            form.into(),
            shown,
            one(field("/FT/Tx/AA<<>>")),
            Some(Activity::Action),
        ),
        (
            "a form drawn at opening",
            "/AcroForm<</Fields[]/NeedAppearances true>>".into(),
            "",
            vec![],
            Some(Activity::Drawn),
        ),
        (
            "a value without appearance",
            form.into(),
            shown,
            one(field("/FT/Tx/V(PAY)")),
            Some(Activity::Drawn),
        ),
        (
            "a hidden layer",
            "/OCProperties<</OCGs[]/D<</OFF[3 0 R]>>>>".into(),
            "",
            vec![],
            Some(Activity::Layers),
        ),
        (
            "layers off",
            "/OCProperties<</OCGs[]/D<</BaseState/OFF>>>>".into(),
            "",
            vec![],
            Some(Activity::Layers),
        ),
        (
            "layers for print",
            "/OCProperties<</OCGs[]/D<</AS[3 0 R]>>>>".into(),
            "",
            vec![],
            Some(Activity::Layers),
        ),
        (
            "a hidden place to sign",
            form.into(),
            shown,
            one(field("/FT/Sig/F 2")),
            Some(Activity::Trap),
        ),
        (
            "a place to sign over the page",
            form.into(),
            shown,
            one("<</Type/Annot/Subtype/Widget/T(A)/FT/Sig/Rect[0 0 400 300]/P 3 0 R>>".into()),
            Some(Activity::Trap),
        ),
    ];
    for (name, catalog, page, more, expected) in cases {
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let bytes = file(&catalog, page, &more);
        let refusal = make::open(&bytes).unwrap().latest().may_sign(None).unwrap().err();
        assert_eq!(refusal, expected.map(SigningRefusal::Active), "{name}");
    }
}
