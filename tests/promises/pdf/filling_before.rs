//! What a field showed before it is filled, and what a form's defaults may become behind a signature.

use zegel::pdf::changes::{Change, between};
use zegel::pdf::object::{Dictionary, Object, ObjectId};
use zegel::pdf::page::Rect;
use zegel::pdf::permission::Certification;
use zegel::pdf::signature_field::{Content, Placement};
use zegel::pdf::update::Update;

use super::make;
use super::updating::{request, signed};

fn certified(input: &[u8], by: Certification) -> Vec<u8> {
    let mut certified = request(Placement::Invisible);
    if let Content::Signature { certify, .. } = &mut certified.content {
        *certify = Some(by);
    }
    signed(input, &certified, &[0x30, 1])
}

fn appearance() -> Dictionary {
    let font = Dictionary::new().with("F", ObjectId::new(5));
    Dictionary::new()
        .with("Type", Object::name("XObject"))
        .with("Subtype", Object::name("Form"))
        .with("BBox", Rect::new(0.0, 0.0, 80.0, 20.0).to_object())
        .with("Resources", Dictionary::new().with("Font", font))
}

/// A form whose one field has these entries, with an appearance (object 6) that draws `drawn`. It is certified, or left
/// as others may have signed it: nothing is signed here that a reader draws by itself.
fn with_field(entries: &str, drawn: &str, of_the_form: &str, by: Option<Certification>) -> Vec<u8> {
    let content = format!("BT /F 9 Tf 2 6 Td ({drawn}) Tj ET");
    let look = format!(
        "<</Type/XObject/Subtype/Form/BBox[0 0 80 20]/Resources<</Font<</F 5 0 R>>>>/Length {}>>\nstream\n{content}\n\
         endstream",
        content.len()
    );
    let input = make::by_hand(
        &[
            &format!("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]{of_the_form}>>>>"),
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
            &format!("<</Type/Annot/Subtype/Widget/T(Amount)/Rect[10 10 90 30]/P 3 0 R/F 4{entries}>>"),
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            &look,
        ],
        "",
    );
    match by {
        Some(by) => certified(&input, by),
        None => input,
    }
}

/// Why it is refused that `edit` changes the object `id` in a revision behind `file`.
fn changed(file: &[u8], id: u32, edit: impl FnOnce(&mut Update, &mut Dictionary)) -> Vec<&'static str> {
    refusals(changes(file, id, edit))
}

fn refusals(changes: Vec<Change>) -> Vec<&'static str> {
    let why = changes.into_iter().filter_map(|change| match change {
        Change::Undefined { why, .. } => Some(why),
        _ => None,
    });
    why.filter(|why| !why.contains("new object")).collect()
}

fn changes(file: &[u8], id: u32, edit: impl FnOnce(&mut Update, &mut Dictionary)) -> Vec<Change> {
    let document = make::open(file).unwrap();
    let before = document.last_revision();
    let mut update = Update::new(&document);
    let mut object = update
        .get(ObjectId::new(id))
        .unwrap()
        .as_dictionary()
        .unwrap()
        .clone();
    edit(&mut update, &mut object);
    update.put(ObjectId::new(id), object).unwrap();
    let document = make::open(&[file, &update.finish().unwrap().bytes].concat()).unwrap();
    between(&document, before, document.last_revision()).unwrap()
}

/// Rohlmann and others, 2021: the value stays, and what nobody saw who signed is brought out.
#[test]
fn a_field_that_hid_its_value_when_it_was_signed_is_not_filled() {
    const BEFORE: [&str; 1] = ["a field was filled that showed something else than its value before"];
    const DEFAULTS: &str = "/DA(/F 9 Tf 0 g)/DR<</Font<</F 5 0 R>>>>";
    let fill = |entries: &str, drawn: &str, value: &'static str| {
        let file = with_field(entries, drawn, DEFAULTS, None);
        changed(&file, 4, |update, field| {
            let content = format!("BT /F 9 Tf 2 6 Td ({value}) Tj ET");
            let shown = update.add_stream(appearance(), content.into_bytes());
            field.set("V", Object::String(value.as_bytes().to_vec()));
            field.set("AP", Dictionary::new().with("N", shown));
        })
    };
    for (entries, drawn, value, expected) in [
        ("/FT/Tx/V(100)/AP<</N 6 0 R>>", "100", "999", &[][..]),
        ("/FT/Tx/AP<</N 6 0 R>>", "", "999", &[]),
        ("/FT/Tx", "", "999", &[]),
        ("/FT/Tx/V(100)", "", "999", &[]),
        ("/FT/Tx/V(999)/AP<</N 6 0 R>>", "100", "999", &BEFORE),
        ("/FT/Tx/V(998)/AP<</N 6 0 R>>", "100", "999", &BEFORE),
        ("/FT/Tx/AP<</N 6 0 R>>", "100", "999", &BEFORE),
        ("/FT/Tx/V(999)", "", "999", &BEFORE),
    ] {
        assert_eq!(fill(entries, drawn, value), expected, "{entries} {drawn}");
    }
    for (entries, expected) in [
        ("/FT/Btn/AS/Off", &[][..]),
        ("/FT/Btn/V/Off/AS/Off", &[]),
        ("/FT/Btn/V/Yes/AS/Off", &BEFORE),
        ("/FT/Btn/V/Off/AS/Yes", &BEFORE),
    ] {
        let entries = format!("{entries}/AP<</N<</Yes 6 0 R>>>>");
        let file = with_field(&entries, "X", DEFAULTS, Some(Certification::FormsAndSigning));
        let found = changed(&file, 4, |_, field| {
            field.set("V", Object::name("Yes"));
            field.set("AS", Object::name("Yes"));
        });
        assert_eq!(found, expected, "{entries}");
    }
}

/// ISO 32000-2 table 234: a choice shows the text of the option that its value exports.
#[test]
fn a_choice_shows_the_text_of_its_option_and_marks_no_other() {
    const DEFAULTS: &str = "/DA(/F 9 Tf 0 g)/DR<</Font<</F 5 0 R>>>>";
    const OPTIONS: &str = "/FT/Ch/Ff 131072/V(1)/I[0]/Opt[[(1)(One)][(2)(Two)]]/AP<</N 6 0 R>>";
    let filled = |shown: &'static str, marked: &[i64]| {
        let file = with_field(OPTIONS, "One", DEFAULTS, Some(Certification::FormsAndSigning));
        changes(&file, 4, |update, field| {
            let content = format!("BT /F 9 Tf 2 6 Td ({shown}) Tj ET");
            let shown = update.add_stream(appearance(), content.into_bytes());
            field.set("V", Object::String(b"2".to_vec()));
            field.set(
                "I",
                Object::Array(marked.iter().copied().map(Object::Integer).collect()),
            );
            field.set("AP", Dictionary::new().with("N", shown));
        })
    };
    let told = [Change::FormFilled {
        field: "Amount".to_owned(),
        old: "One".to_owned(),
        new: "Two".to_owned(),
    }];
    assert_eq!(filled("Two", &[1]), told);
    assert_eq!(filled("Two", &[]), told);
    let choose = |shown, marked| refusals(filled(shown, marked));
    assert_eq!(
        choose("Two", &[0]),
        ["the options that a field marks are not its value"]
    );
    assert_eq!(
        choose("Two", &[0, 1]),
        ["the options that a field marks are not its value"]
    );
    assert_eq!(
        choose("One", &[1]),
        ["a field shows something else than its value"]
    );
    assert_eq!(choose("2", &[1]), ["a field shows something else than its value"]);
}

/// What a reader draws by itself, it draws with the defaults of the form: those may not come later.
#[test]
fn defaults_of_a_form_are_added_where_nothing_is_drawn_with_them() {
    const DRAWN: &str = "defaults of the form were added that a field without appearance is drawn with";
    const CLOSED: &str = "defaults of the form were added although the document is closed";
    const RESOURCES: &str = "/DR<</Font<</F 5 0 R>>>>";
    const PLAIN: &str = "Helvetica";
    let add =
        |entries: &str, of_the_form: &str, by: Option<Certification>, differences: Option<&'static str>| {
            let file = with_field(entries, "100", of_the_form, by);
            changed(&file, 1, |update, catalog| {
                let mut form = catalog.get("AcroForm").unwrap().as_dictionary().unwrap().clone();
                let mut font = Dictionary::new()
                    .with("Type", Object::name("Font"))
                    .with("Subtype", Object::name("Type1"))
                    .with("BaseFont", Object::name(PLAIN));
                if let Some(name) = differences {
                    let names = Object::Array(vec![48.into(), Object::name(name)]);
                    font.set("Encoding", Dictionary::new().with("Differences", names));
                }
                let font = update.add(font);
                let mut fonts = Dictionary::new().with("F", ObjectId::new(5));
                fonts.set("Zz", font);
                form.set("DR", Dictionary::new().with("Font", fonts));
                catalog.set("AcroForm", form);
            })
        };
    let ours = Some(Certification::FormsAndSigning);
    let shown = "/FT/Tx/V(100)/DA(/Zz 9 Tf 0 g)/AP<</N 6 0 R>>";
    let unseen = "/FT/Tx/V(100)/DA(/Zz 9 Tf 0 g)";
    let anew = format!("{RESOURCES}/NeedAppearances true");
    for (entries, of_the_form, by, differences, expected) in [
        (shown, RESOURCES, ours, None, &[][..]),
        ("/FT/Tx/DA(/Zz 9 Tf 0 g)", RESOURCES, ours, None, &[]),
        (shown, RESOURCES, ours, Some("nine"), &[]),
        (shown, RESOURCES, Some(Certification::NoChanges), None, &[CLOSED]),
        (unseen, RESOURCES, None, None, &[DRAWN]),
        (shown, &anew, None, None, &[DRAWN]),
        ("/FT/Ch/Opt[(a)(b)]", RESOURCES, None, None, &[DRAWN]),
    ] {
        let found = add(entries, of_the_form, by, differences);
        assert_eq!(found, expected, "{entries} {of_the_form} {by:?}");
    }
    for (entries, expected) in [(shown, &[][..]), (unseen, &[DRAWN])] {
        let file = with_field(entries, "100", RESOURCES, None);
        let found = changed(&file, 1, |_, catalog| {
            let mut form = catalog.get("AcroForm").unwrap().as_dictionary().unwrap().clone();
            form.set("DA", Object::String(b"/F 9 Tf 0 g".to_vec()));
            catalog.set("AcroForm", form);
        });
        assert_eq!(found, expected, "{entries}");
    }
}
