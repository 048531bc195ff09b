//! A form filled after a signature shows its value: each way to show another, or none, is one change to an honest filling.

use zegel::pdf::changes::{Change, between};
use zegel::pdf::object::{Dictionary, Object, ObjectId};
use zegel::pdf::page::Rect;
use zegel::pdf::permission::Certification;
use zegel::pdf::signature_field::{Content, Placement};
use zegel::pdf::update::Update;

use super::make;
use super::updating::{request, signed};

const OTHER: &str = "a field shows something else than its value";
const UNKNOWN: &str = "a field shows its value in letters of a font that nobody can read";
const HONEST: &str = "/Tx BMC q 1 1 78 18 re W n BT /F 9 Tf 0 g 2 6 Td (20) Tj ET Q EMC";

/// A certified form with a text field of 80 by 20 points, whose font is Helvetica and writes `differences`.
fn form(differences: &str) -> Vec<u8> {
    form_in(&format!(
        "/Type1/BaseFont/Helvetica/Encoding<</Differences[{differences}]>>"
    ))
}

/// The same in `font`: what follows its subtype.
fn form_in(font: &str) -> Vec<u8> {
    let font = format!("<</Type/Font/Subtype{font}>>");
    let input = make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/DA(/F 9 Tf 0 g)/DR<</Font<</F 5 0 R>>>>>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
            "<</Type/Annot/Subtype/Widget/FT/Tx/T(Amount)/Rect[10 10 90 30]/P 3 0 R/F 4/DA(/F 9 Tf 0 g)>>",
            &font,
            "<</Length 4>>stream\nprog\nendstream",
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
        ("letters", "50/B"),
        ("a name that readers make a letter of", "50/uni0039"),
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

/// What is found when the field gets `value`, and shows the codes `shown` in the font of the form.
fn filled_in(file: &[u8], value: &str, shown: &str) -> Vec<Change> {
    let content = format!("BT /F 9 Tf 0 g 2 6 Td {shown} Tj ET");
    found(file, appearance(), &content, |field| {
        let value = zegel::pdf::text_string::encode(value);
        field.set("V", Object::String(value));
    })
}

/// As Acrobat, OpenPDF and others state the fonts of a form.
#[test]
fn a_value_in_letters_that_every_reader_has_is_told() {
    let acrobat = "/Type1/BaseFont/Helvetica/Name/Helv/Encoding<</Type/Encoding/Differences[24/breve/caron/circumflex\
        /dotaccent/hungarumlaut/ogonek/ring/tilde 39/quotesingle 96/grave 128/bullet/dagger/daggerdbl/ellipsis/emdash/endash\
        /florin/fraction/guilsinglleft/guilsinglright/minus/perthousand/quotedblbase/quotedblleft/quotedblright/quoteleft\
        /quoteright/quotesinglbase/trademark/fi/fl/Lslash/OE/Scaron/Ydieresis/Zcaron/dotlessi/lslash/oe/scaron/zcaron \
        160/Euro 164/currency 166/brokenbar 168/dieresis/copyright/ordfeminine 172/logicalnot/.notdef/registered/macron\
        /degree/plusminus/twosuperior/threesuperior/acute/mu 183/periodcentered/cedilla/onesuperior/ordmasculine \
        188/onequarter/onehalf/threequarters 192/Agrave/Aacute/Acircumflex/Atilde/Adieresis/Aring/AE/Ccedilla/Egrave/Eacute\
        /Ecircumflex/Edieresis/Igrave/Iacute/Icircumflex/Idieresis/Eth/Ntilde/Ograve/Oacute/Ocircumflex/Otilde/Odieresis\
        /multiply/Oslash/Ugrave/Uacute/Ucircumflex/Udieresis/Yacute/Thorn/germandbls/agrave/aacute/acircumflex/atilde\
        /adieresis/aring/ae/ccedilla/egrave/eacute/ecircumflex/edieresis/igrave/iacute/icircumflex/idieresis/eth/ntilde\
        /ograve/oacute/ocircumflex/otilde/odieresis/divide/oslash/ugrave/uacute/ucircumflex/udieresis/yacute/thorn\
        /ydieresis]>>";
    let windows = "/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding";
    let widths = format!("/FirstChar 32/LastChar 126/Widths[{}]", "556 ".repeat(95));
    let arial = format!(
        "/TrueType/BaseFont/Arial,Bold/Encoding/WinAnsiEncoding{widths}/FontDescriptor<</Type/FontDescriptor\
        /FontName/Arial,Bold/Flags 32/MissingWidth 750>>"
    );
    for (font, value, shown) in [
        (acrobat, "100 €", "(100 \\240)"),
        (acrobat, "Één", "(\\311\\351n)"),
        (acrobat, "l'une", "(l'une)"),
        (windows, "100 €", "(100 \\200)"),
        (windows, "Één", "(\\311\\351n)"),
        ("/Type1/BaseFont/Courier", "100", "(100)"),
        (&arial, "100", "(100)"),
        (&arial, "Één", "<c9e96e>"),
    ] {
        let told = [Change::FormFilled {
            field: "Amount".to_owned(),
            old: String::new(),
            new: value.to_owned(),
        }];
        assert_eq!(filled_in(&form_in(font), value, shown), told, "{value} in {font}");
    }
}

/// Helvetica whose letters are each as wide as told.
fn widths(width: &str) -> String {
    let all = width.repeat(95);
    format!("/Type1/BaseFont/Helvetica/FirstChar 32/LastChar 126/Widths[{all}]")
}

/// On one another, backwards, so far apart that the end is cut off, and of no width at all.
#[test]
fn letters_that_do_not_stand_beside_one_another_are_refused() {
    let few = "/Type1/BaseFont/Helvetica/FirstChar 65/LastChar 66/Widths[667 667]";
    for font in [&widths("0 "), &widths("-556 "), &widths("9000 "), few] {
        let refused = [Change::Undefined {
            object: Some(ObjectId::new(4)),
            why: OTHER,
        }];
        assert_eq!(filled_in(&form_in(font), "100", "(100)"), refused, "{font}");
    }
}

#[test]
fn letters_of_which_nobody_knows_what_they_show_are_refused() {
    let program = |key: &str| {
        widths("556 ")
            + &format!("/FontDescriptor<</Type/FontDescriptor/FontName/Helvetica/Flags 32/{key} 6 0 R>>")
    };
    for (font, expected) in [
        (program("FontFile"), UNKNOWN),
        (program("FontFile2"), UNKNOWN),
        (program("FontFile3"), UNKNOWN),
        ("/Type1/BaseFont/ZapfDingbats".to_owned(), UNKNOWN),
        ("/Type1/BaseFont/Symbol".to_owned(), UNKNOWN),
        (widths("556 ").replace("Helvetica", "Wingdings"), UNKNOWN),
        ("/Type1".to_owned(), UNKNOWN),
        ("/Type3/BaseFont/Helvetica".to_owned(), UNKNOWN),
        (
            widths("556 ") + "/FontDescriptor<</Type/FontDescriptor/FontName/Helvetica/Flags 4>>",
            UNKNOWN,
        ),
        (
            "/Type1/BaseFont/Helvetica/Encoding/MacExpertEncoding".to_owned(),
            UNKNOWN,
        ),
        // The widths of another font are not known to readers.
        ("/TrueType/BaseFont/Arial".to_owned(), UNKNOWN),
    ] {
        let refused = [Change::Undefined {
            object: Some(ObjectId::new(4)),
            why: expected,
        }];
        assert_eq!(filled_in(&form_in(&font), "100", "(100)"), refused, "{font}");
    }
    // Codes above ASCII mean what the font's encoding says.
    let windows = form_in("/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding");
    let other = form("178/nine");
    for (file, value, shown) in [
        (&windows, "•", "<80>"),
        (&other, "²", "<b2>"),
        (&form(""), "é", "<e9>"),
    ] {
        let changes = filled_in(file, value, shown);
        let refused = |change: &Change| matches!(change, Change::Undefined { why: OTHER, .. });
        assert!(changes.iter().any(refused), "{value}: {changes:?}");
    }
}

/// `file` with another font in its form, Arial; gives the font.
fn joined(file: &[u8], descriptor: Dictionary) -> (Vec<u8>, ObjectId) {
    let document = make::open(file).unwrap();
    let mut update = Update::new(&document);
    let font = Dictionary::new()
        .with("Type", Object::name("Font"))
        .with("Subtype", Object::name("TrueType"))
        .with("BaseFont", Object::name("Arial"))
        .with("Encoding", Object::name("WinAnsiEncoding"))
        .with("FirstChar", 48)
        .with("Widths", Object::Array(vec![556.into(); 10]))
        .with("FontDescriptor", descriptor.with("Flags", 32));
    let font = update.add(font);
    let mut catalog = update.catalog().unwrap();
    let mut form = catalog.get("AcroForm").unwrap().as_dictionary().unwrap().clone();
    let fonts = Dictionary::new().with("F", ObjectId::new(5)).with("G", font);
    form.set("DR", Dictionary::new().with("Font", fonts));
    catalog.set("AcroForm", form);
    update.put_catalog(catalog).unwrap();
    ([file, &update.finish().unwrap().bytes].concat(), font)
}

/// A font may join the form after the signature, and a field be filled with it after that.
#[test]
fn a_font_that_joined_the_form_later_draws_no_letters_of_its_own() {
    let told = Change::FormFilled {
        field: "Amount".to_owned(),
        old: String::new(),
        new: "20".to_owned(),
    };
    let refused = Change::Undefined {
        object: Some(ObjectId::new(4)),
        why: UNKNOWN,
    };
    let program = Dictionary::new().with("FontFile2", ObjectId::new(6));
    for (descriptor, expected) in [(Dictionary::new(), told), (program, refused)] {
        let (file, font) = joined(&form(""), descriptor);
        let resources = Dictionary::new().with("Font", Dictionary::new().with("F", font));
        let shown = appearance().with("Resources", resources);
        assert_eq!(found(&file, shown, HONEST, |_| {}), [expected]);
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
        why: OTHER,
    }];
    for (file, widgets) in unseen {
        assert_eq!(ticked(file, widgets), refused, "{widgets:?}");
    }
}
