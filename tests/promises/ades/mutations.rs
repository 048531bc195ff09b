//! Damage to a signed file, made from any file: to its bytes, to its structure by a later revision, and to the message.
//! Every kind must be refused; the untouched file and honest later changes must not.

use std::sync::Arc;

use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;
use zegel::pdf::document::Document;
use zegel::pdf::object::{Dictionary, Object, ObjectId, Stream};
use zegel::pdf::page::Rect;
use zegel::pdf::paper::Paper;
use zegel::pdf::permission::Certification;
use zegel::pdf::signature::Signature;
use zegel::pdf::signature_field::{self, Placement};
use zegel::pdf::update::Update;

use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, World};
use crate::pdf::make;
use crate::pdf::tagged::USUAL;
use crate::pdf::updating::request;

/// One damaged file.
pub struct Damaged {
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

/// Every kind of damage that applies to `file`, which has at least one signature.
pub fn of(file: &[u8]) -> Vec<Damaged> {
    let mut found = bytes(file);
    found.extend(structure(file));
    found.extend(shadows(file));
    let mut kinds: Vec<_> = found.iter().map(|one| one.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), found.len(), "each kind once");
    for one in &found {
        assert_ne!(one.bytes, file, "{} changes nothing", one.kind);
    }
    found
}

fn open(file: &[u8]) -> Document {
    Document::open(Arc::new(file.to_vec())).unwrap()
}

fn first_signature(file: &[u8]) -> Signature {
    open(file).latest().signatures().unwrap().remove(0)
}

fn position(file: &[u8], text: &[u8]) -> Option<usize> {
    file.windows(text.len()).position(|window| window == text)
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

/// Damage that needs no understanding but of where the signature stands.
fn bytes(file: &[u8]) -> Vec<Damaged> {
    let signature = first_signature(file);
    let span = place(signature.contents_span.start)..place(signature.contents_span.end);
    let [_, first, second, rest] = signature.byte_range.map(place);
    let end = second + rest;
    let mut found = Vec::new();
    let mut add = |kind, bytes: Vec<u8>| found.push(Damaged { kind, bytes });

    let flipped = |at: usize| {
        let mut copy = file.to_vec();
        copy[at] ^= 0x01;
        copy
    };
    add("a byte of the header", flipped(5));
    add("a byte of the first half", flipped(first / 2));
    add("a byte before the value", flipped(span.start - 1));
    add("a byte behind the value", flipped(span.end));
    add("the last signed byte but some", flipped(end - 12));
    let mut value = file.to_vec();
    let at = span.start + 41;
    value[at] = if value[at] == b'0' { b'1' } else { b'0' };
    add("a digit of the message", value);
    let blank = |digits: &str| {
        let mut text = digits.to_owned();
        while text.len() < span.len() - 2 {
            text.push('0');
        }
        let mut copy = file.to_vec();
        copy.splice(span.start + 1..span.end - 1, text.bytes());
        copy
    };
    add("a value of zeros", blank(""));
    add("a value of one NULL", blank("0500"));
    add("a value that is cut", {
        let digits = &file[span.start + 1..span.start + 301];
        blank(std::str::from_utf8(digits).unwrap())
    });
    add("a value with no digits", {
        let mut copy = file.to_vec();
        copy[span.start + 1] = b'z';
        copy
    });
    add("a message with bytes before it", {
        let digits = &file[span.start + 1..span.end - 3];
        blank(&format!("00{}", std::str::from_utf8(digits).unwrap()))
    });

    if let Some(at) = position(file, b"/ByteRange") {
        let open = at + position(&file[at..], b"[").unwrap();
        let close = open + position(&file[open..], b"]").unwrap() + 1;
        let room = file[close..].iter().take_while(|byte| **byte == b' ').count();
        let mut lie = |kind, text: String| {
            let mut copy = file.to_vec();
            // The placeholder is padded with blanks behind it, so mostly nothing moves.
            let length = (close - open + room).max(text.len());
            copy.splice(open..close + room, format!("{text:<length$}").bytes());
            add(kind, copy);
        };
        lie(
            "a range from the second byte",
            format!("[1 {first} {second} {rest}]"),
        );
        lie(
            "a range that ends early",
            format!("[0 {first} {second} {}]", rest - 1),
        );
        lie(
            "a range beyond the file",
            format!("[0 {first} {second} {}]", rest + 999_999_999),
        );
        lie("a negative range", format!("[0 {first} -{second} {rest}]"));
        lie("a range of three", format!("[0 {first} {second}]"));
        lie("a range of one file", format!("[0 {end} {end} 0]"));
        lie(
            "a range that overlaps itself",
            format!("[0 {second} {first} {rest}]"),
        );
        lie(
            "a range with a wide gap",
            format!("[0 {} {second} {rest}]", first - 8),
        );
        lie(
            "a range that overflows",
            "[0 18446744073709551615 1 1]".to_owned(),
        );
        lie("a range of words", "[/A /B /C /D]".to_owned());
        lie("no range", "null".to_owned());
    }

    add("the file without its first byte", file[1..].to_vec());
    add("bytes before the file", [b"%x\n", file].concat());
    add(
        "a byte taken out",
        [&file[..first / 3], &file[first / 3 + 1..]].concat(),
    );
    add(
        "a byte put in",
        [&file[..first / 3], b" ", &file[first / 3..]].concat(),
    );
    add("the file cut in the value", file[..span.start + 100].to_vec());
    add("the file cut before its end", file[..end - 20].to_vec());
    add("rubbish behind", [file, b"\nhidden content\n"].concat());
    add("a second end", [file, b"\n%%EOF\n"].concat());
    add(
        "an object behind, without a table",
        [file, b"\n3 0 obj\n<</Type/Page>>\nendobj\n%%EOF\n"].concat(),
    );
    add(
        "a trailer behind that points to nothing",
        [file, b"\ntrailer\n<</Size 9>>\nstartxref\n99999999\n%%EOF\n"].concat(),
    );
    add("a table behind that forgets what was before", {
        let start = file.len();
        let text =
            format!("xref\n0 1\n0000000000 65535 f\r\ntrailer\n<</Size 1>>\nstartxref\n{start}\n%%EOF\n");
        [file, text.as_bytes()].concat()
    });
    add("the file twice", [file, file].concat());
    // Signature wrapping: what was covered is moved behind, and new bytes stand in the gap.
    add("the covered rest moved behind", {
        [&file[..span.end], b"\n% new\n", &file[span.end..]].concat()
    });
    found
}

/// `file` with one more revision.
fn revised(file: &[u8], edit: impl FnOnce(&mut Update, &Document) -> Option<()>) -> Option<Vec<u8>> {
    let document = open(file);
    let mut update = Update::new(&document);
    edit(&mut update, &document)?;
    Some([file, &update.finish().ok()?.bytes].concat())
}

fn page(document: &Document) -> (ObjectId, Dictionary) {
    let page = document.latest().page(0).unwrap().unwrap();
    (page.id, page.dictionary)
}

fn script() -> Dictionary {
    Dictionary::new()
        .with("S", Object::name("JavaScript"))
        .with("JS", Object::String(b"app.alert(1)".to_vec()))
}

fn numbers(numbers: [i64; 4]) -> Object {
    Object::Array(numbers.map(Object::Integer).to_vec())
}

/// Damage by a well-formed later revision.
#[allow(clippy::too_many_lines, reason = "one line a kind")]
fn structure(file: &[u8]) -> Vec<Damaged> {
    let mut found = Vec::new();
    let mut add = |kind, bytes: Option<Vec<u8>>| {
        if let Some(bytes) = bytes {
            found.push(Damaged { kind, bytes });
        }
    };
    let catalog = |key: &'static str, value: Object| {
        revised(file, |update, _| {
            let mut catalog = update.catalog().ok()?;
            catalog.set(key, value);
            update.put_catalog(catalog).ok()
        })
    };
    let on_page = |key: &'static str, value: Object| {
        revised(file, |update, document| {
            let (id, mut page) = page(document);
            page.set(key, value);
            update.put(id, page).ok()
        })
    };
    let annotation = |dictionary: Dictionary| {
        revised(file, |update, document| {
            let (id, mut page) = page(document);
            let added = update.add(dictionary);
            let mut all = document.latest().array(&page, "Annots").ok()?;
            all.push(added.into());
            page.set("Annots", Object::Array(all));
            update.put(id, page).ok()
        })
    };

    add("an action on opening", catalog("OpenAction", script().into()));
    add(
        "actions of the document",
        catalog("AA", Dictionary::new().with("WC", script()).into()),
    );
    add("named scripts", {
        let names = Object::Array(vec![Object::String(b"a".to_vec()), script().into()]);
        let tree = Dictionary::new().with("Names", names);
        catalog("Names", Dictionary::new().with("JavaScript", tree).into())
    });
    add("an embedded file", {
        let names = Object::Array(vec![Object::String(b"a".to_vec()), Dictionary::new().into()]);
        let tree = Dictionary::new().with("Names", names);
        catalog("Names", Dictionary::new().with("EmbeddedFiles", tree).into())
    });
    add("optional content", {
        let off = Dictionary::new().with("BaseState", Object::name("OFF"));
        catalog("OCProperties", Dictionary::new().with("D", off).into())
    });
    add("page labels", catalog("PageLabels", Dictionary::new().into()));
    add("a portfolio", catalog("Collection", Dictionary::new().into()));
    add("another outline", catalog("Outlines", Dictionary::new().into()));
    add("requirements", catalog("Requirements", Object::Array(Vec::new())));
    add("a base address", catalog("URI", Dictionary::new().into()));
    add("no pages", catalog("Pages", Object::Null));
    add("another tree of pages", {
        revised(file, |update, document| {
            let leaf = update.reserve();
            let tree = Dictionary::new()
                .with("Type", Object::name("Pages"))
                .with("Kids", Object::Array(vec![leaf.into()]))
                .with("Count", 1);
            let tree = update.add(tree);
            let (_, mut page) = page(document);
            page.set("Parent", tree);
            page.remove("Contents");
            update.put(leaf, page).ok()?;
            let mut catalog = update.catalog().ok()?;
            catalog.set("Pages", tree);
            update.put_catalog(catalog).ok()
        })
    });
    add("a page more", {
        revised(file, |update, document| {
            let (_, page) = page(document);
            let parent = page.get("Parent")?.as_reference()?;
            let fresh = Dictionary::new()
                .with("Type", Object::name("Page"))
                .with("Parent", parent)
                .with("MediaBox", numbers([0, 0, 595, 842]));
            let fresh = update.add(fresh);
            let mut tree = update.get(parent).ok()?.as_dictionary()?.clone();
            let mut kids = tree.get("Kids")?.as_array()?.to_vec();
            kids.push(fresh.into());
            tree.set("Count", i64::try_from(kids.len()).ok()?);
            tree.set("Kids", Object::Array(kids));
            update.put(parent, tree).ok()
        })
    });
    add("a page less", {
        revised(file, |update, document| {
            let parent = page(document).1.get("Parent")?.as_reference()?;
            let mut tree = update.get(parent).ok()?.as_dictionary()?.clone();
            tree.set("Kids", Object::Array(Vec::new()));
            tree.set("Count", 0);
            update.put(parent, tree).ok()
        })
    });
    add("the page's content replaced", {
        revised(file, |update, document| {
            let (_, page) = page(document);
            let content = page.get("Contents")?.as_reference()?;
            let stream = Stream::new(Dictionary::new(), b"BT ET".to_vec());
            update.put(content, Object::Stream(stream)).ok()
        })
    });
    add("content added to the page", {
        revised(file, |update, document| {
            let (id, mut page) = page(document);
            let more = update.add_stream(Dictionary::new(), b"0 0 99 99 re f".to_vec());
            let mut all: Vec<Object> = page.get("Contents").cloned().into_iter().collect();
            all.push(more.into());
            page.set("Contents", Object::Array(all));
            update.put(id, page).ok()
        })
    });
    add("a page without content", on_page("Contents", Object::Null));
    add("another sheet", on_page("MediaBox", numbers([0, 0, 100, 100])));
    add("another crop", on_page("CropBox", numbers([0, 0, 100, 100])));
    add("a turned page", on_page("Rotate", Object::Integer(180)));
    add("other units", on_page("UserUnit", Object::Integer(3)));
    add("other resources", on_page("Resources", Dictionary::new().into()));
    add(
        "actions of the page",
        on_page("AA", Dictionary::new().with("O", script()).into()),
    );
    add("no annotations", on_page("Annots", Object::Array(Vec::new())));
    let note = |kind: &str| {
        Dictionary::new()
            .with("Type", Object::name("Annot"))
            .with("Subtype", Object::name(kind))
            .with("Rect", numbers([0, 0, 500, 800]))
            .with("Contents", Object::String(b"other".to_vec()))
    };
    add("text over the page", annotation(note("FreeText")));
    add("a stamp over the page", annotation(note("Stamp")));
    add(
        "a link over the page",
        annotation(note("Link").with("A", script())),
    );
    add("a redaction", annotation(note("Redact")));
    add("a widget that is no field", annotation(note("Widget")));
    add("a picture in a form", {
        let mut button = note("Widget");
        button.set("FT", Object::name("Btn"));
        button.set("T", Object::String(b"b".to_vec()));
        annotation(button)
    });

    let form = |edit: &dyn Fn(&mut Update, &Document, &mut Dictionary) -> Option<()>| {
        revised(file, |update, document| {
            let (id, mut form) = document.latest().acro_form().ok()??;
            edit(update, document, &mut form)?;
            match id {
                Some(id) => update.put(id, form).ok(),
                None => {
                    let mut catalog = update.catalog().ok()?;
                    catalog.set("AcroForm", form);
                    update.put_catalog(catalog).ok()
                }
            }
        })
    };
    add("no fields", {
        form(&|_, _, form| {
            form.set("Fields", Object::Array(Vec::new()));
            Some(())
        })
    });
    add("XFA", {
        form(&|update, _, form| {
            let stream = update.add_stream(Dictionary::new(), b"<xdp/>".to_vec());
            form.set("XFA", stream);
            Some(())
        })
    });
    add("appearances made anew", {
        form(&|_, _, form| {
            form.set("NeedAppearances", Object::Boolean(true));
            Some(())
        })
    });
    add("no signature flags", {
        form(&|_, _, form| {
            form.set("SigFlags", 0);
            Some(())
        })
    });
    let signature = |edit: &dyn Fn(&mut Update, ObjectId, Dictionary) -> Option<()>| {
        revised(file, |update, document| {
            let found = document.latest().signatures().ok()?.into_iter().next()?;
            edit(update, found.id, found.dictionary)
        })
    };
    add("the signature rewritten", {
        signature(&|update, id, mut dictionary| {
            dictionary.set("Reason", Object::String(b"other".to_vec()));
            update.put(id, dictionary).ok()
        })
    });
    add(
        "the signature taken away",
        signature(&|update, id, _| update.put(id, Object::Null).ok()),
    );
    let field = |edit: &dyn Fn(&mut Update, &mut Dictionary) -> Option<()>| {
        revised(file, |update, document| {
            let view = document.latest();
            let value = view.signatures().ok()?.into_iter().next()?.id;
            let (_, form) = view.acro_form().ok()??;
            for field in view.array(&form, "Fields").ok()? {
                let id = field.as_reference()?;
                let mut dictionary = view.get(id).ok()?.as_dictionary()?.clone();
                if dictionary.get("V").and_then(Object::as_reference) == Some(value) {
                    edit(update, &mut dictionary)?;
                    return update.put(id, dictionary).ok();
                }
            }
            None
        })
    };
    add("a field without its value", {
        field(&|_, field| field.remove("V").map(|_| ()))
    });
    add("a field of another kind", {
        field(&|_, field| {
            field.set("FT", Object::name("Tx"));
            Some(())
        })
    });
    add("a field of another name", {
        field(&|_, field| {
            field.set("T", Object::String(b"Other".to_vec()));
            Some(())
        })
    });
    add("a signature that shows something else", {
        field(&|update, field| {
            let form = Dictionary::new()
                .with("Type", Object::name("XObject"))
                .with("Subtype", Object::name("Form"))
                .with("BBox", numbers([0, 0, 500, 500]));
            let stream = update.add_stream(form, b"0 0 500 500 re f".to_vec());
            field.set("AP", Dictionary::new().with("N", stream));
            Some(())
        })
    });
    add("a signature moved over the page", {
        field(&|_, field| {
            field.set("Rect", numbers([0, 0, 595, 842]));
            Some(())
        })
    });
    add("a certification afterwards", {
        revised(file, |update, document| {
            let value = document.latest().signatures().ok()?.pop()?.id;
            let mut catalog = update.catalog().ok()?;
            catalog.set("Perms", Dictionary::new().with("DocMDP", value));
            update.put_catalog(catalog).ok()
        })
    });
    add("a security store emptied", {
        revised(file, |update, document| {
            document.latest().catalog().ok()?.get("DSS")?;
            let mut catalog = update.catalog().ok()?;
            catalog.set("DSS", Dictionary::new());
            update.put_catalog(catalog).ok()
        })
    });
    found
}

/// What the first signature promised, shown or read otherwise by a well-formed later revision.
fn shadows(file: &[u8]) -> Vec<Damaged> {
    let mut found = Vec::new();
    let mut add = |kind, bytes: Option<Vec<u8>>| {
        if let Some(bytes) = bytes {
            found.push(Damaged { kind, bytes });
        }
    };
    let first_page = |edit: &dyn Fn(&mut Update, &Document, &mut Dictionary) -> Option<()>| {
        revised(file, |update, document| {
            let (id, mut page) = page(document);
            edit(update, document, &mut page)?;
            update.put(id, page).ok()
        })
    };
    add("a page whose content is another's", {
        first_page(&|update, _, page| {
            let other = update.add_stream(Dictionary::new(), b"0 0 9 9 re f".to_vec());
            page.set("Contents", other);
            Some(())
        })
    });
    let resource = |kind: &'static str, other: &dyn Fn(&mut Update) -> Object| {
        revised(file, |update, document| {
            let page = document.latest().page(0).ok()??;
            let resources = update.resolve(page.resources.as_ref()?).ok()?;
            let all = update.resolve(resources.as_dictionary()?.get(kind)?).ok()?;
            let id = all
                .as_dictionary()?
                .iter()
                .find_map(|(_, one)| one.as_reference())?;
            let other = other(update);
            update.put(id, other).ok()
        })
    };
    add("another font", {
        resource("Font", &|_| {
            let font = Dictionary::new()
                .with("Type", Object::name("Font"))
                .with("Subtype", Object::name("Type1"))
                .with("BaseFont", Object::name("ZapfDingbats"));
            font.into()
        })
    });
    add("another picture", {
        resource("XObject", &|_| {
            let form = Dictionary::new()
                .with("Subtype", Object::name("Form"))
                .with("BBox", numbers([0, 0, 9, 9]));
            Object::Stream(Stream::new(form, b"0 0 9 9 re f".to_vec()))
        })
    });
    add("the appearance of a signature overwritten", {
        revised(file, |update, document| {
            let fields = document.latest().fields().ok()?;
            let stream = fields.iter().find_map(|field| {
                let looks = field.dictionary.get("AP")?.as_dictionary()?;
                looks.get("N")?.as_reference()
            })?;
            let mut form = update.get(stream).ok()?.as_stream()?.dictionary.clone();
            form.remove("Filter");
            update
                .put(
                    stream,
                    Object::Stream(Stream::new(form, b"0 0 500 500 re f".to_vec())),
                )
                .ok()
        })
    });
    add("a certification without its name", {
        revised(file, |update, _| {
            let mut catalog = update.catalog().ok()?;
            catalog.remove("Perms")?;
            update.put_catalog(catalog).ok()
        })
    });
    add("a certification that allows more", {
        revised(file, |update, document| {
            let first = document.latest().signatures().ok()?.into_iter().next()?;
            let mut dictionary = first.dictionary;
            let mut references = dictionary.get("Reference")?.as_array()?.to_vec();
            let mut reference = references.first()?.as_dictionary()?.clone();
            reference.set("TransformParams", Dictionary::new().with("P", 3));
            references[0] = reference.into();
            dictionary.set("Reference", Object::Array(references));
            update.put(first.id, dictionary).ok()
        })
    });
    add("a later signature over what is shown", over_what_is_shown(file));
    let root = |edit: &dyn Fn(&mut Update, &mut Dictionary) -> Option<()>| {
        revised(file, |update, _| {
            let id = update.catalog().ok()?.get("StructTreeRoot")?.as_reference()?;
            let mut root = update.get(id).ok()?.as_dictionary()?.clone();
            edit(update, &mut root)?;
            update.put(id, root).ok()
        })
    };
    add("a structure that reads other words", {
        root(&|update, root| {
            let id = root.get("K")?.as_reference()?;
            let mut element = update.get(id).ok()?.as_dictionary()?.clone();
            element.set("ActualText", Object::String(b"other".to_vec()));
            update.put(id, element).ok()
        })
    });
    add("a structure whose types mean something else", {
        root(&|_, root| {
            root.set("RoleMap", Dictionary::new().with("P", Object::name("Artifact")));
            Some(())
        })
    });
    add("a structure without its order", {
        root(&|_, root| root.remove("K").map(|_| ()))
    });
    add("a structure that leads nowhere", {
        root(&|_, root| root.remove("ParentTree").map(|_| ()))
    });
    found
}

/// A signature of another, not yet valid itself, whose block lies over words of its page.
fn over_what_is_shown(file: &[u8]) -> Option<Vec<u8>> {
    let document = open(file);
    let view = document.latest();
    let mut update = Update::new(&document);
    let mut hidden = request(Placement::Invisible);
    hidden.name = Some("Later".to_owned());
    let added = signature_field::add(&mut update, &hidden).ok()?;
    let mut widget = update.get(added.field).ok()?.as_dictionary()?.clone();
    let mut page = None;
    view.for_each_page(&mut |one| {
        if widget.get("P") == Some(&Object::Reference(one.id)) {
            page = Some(one);
        }
        page.is_none()
    })
    .ok()?;
    let page = page?;
    let paper = Paper::of(&view, &page).ok()?;
    let fields = view.signature_fields().ok()?;
    let taken: Vec<Rect> = fields.iter().filter_map(|field| field.rect).collect();
    let sheet = page.crop_box;
    let steps = |from: f64, to: f64| {
        std::iter::successors(Some(from), move |at| Some(at + 10.0).filter(|at| at + 30.0 < to))
    };
    let place = steps(sheet.y0, sheet.y1)
        .flat_map(|y| steps(sheet.x0, sheet.x1).map(move |x| Rect::new(x, y, x + 30.0, y + 20.0)))
        .find(|place| {
            let free = !taken.iter().any(|other| other.overlaps(place));
            free && !paper.is_blank(&page, place)
        })?;
    let form = Dictionary::new()
        .with("Subtype", Object::name("Form"))
        .with("BBox", numbers([0, 0, 30, 20]));
    let white = update.add_stream(form, b"1 g 0 0 30 20 re f".to_vec());
    widget.set("Rect", place.to_object());
    widget.set("AP", Dictionary::new().with("N", white));
    update.put(added.field, widget).ok()?;
    let mut tail = update.finish().ok()?;
    tail.embed(&[0x30, 2]).ok()?;
    Some([file, &tail.bytes].concat())
}

/// Whether the damage is not seen: all passes, or the first signature does where it is about one that comes later.
fn is_unseen(world: &World, one: &Damaged) -> bool {
    let report = world.validate(&one.bytes);
    let first = report.signatures.first();
    let later = one.kind.starts_with("a later signature");
    report.indication == Indication::TotalPassed
        || (later && first.is_some_and(|first| first.indication == Indication::TotalPassed))
}

#[test]
fn a_certified_and_tagged_file_keeps_what_it_shows_and_what_is_read_of_it() {
    let world = World::new();
    let signer = world.signer(P384);
    let mut draft = world.draft(&signer, Level::B);
    draft.certify = Some(Certification::FormsAndSigning);
    let once = world.sealed_with(&USUAL.write(), &signer, &draft);
    let twice = world.sealed(&once, &world.signer(P384), Level::B);
    let mut kinds = std::collections::BTreeSet::new();
    for file in [&once, &twice] {
        let honest = world.validate(file);
        // B-B: without a status in the file nothing is decided, and nothing has failed.
        let whole = |report: &zegel::ades::validate::report::Report| {
            let first = report.signatures.first();
            first.is_some_and(|first| first.indication != Indication::TotalFailed)
        };
        assert!(whole(&honest), "{honest:#?}");
        for one in shadows(file) {
            let report = world.validate(&one.bytes);
            assert!(!whole(&report), "{}", one.kind);
            kinds.insert(one.kind);
        }
    }
    let expected = [
        "a certification that allows more",
        "a certification without its name",
        "a later signature over what is shown",
        "a page whose content is another's",
        "a structure that leads nowhere",
        "a structure that reads other words",
        "a structure whose types mean something else",
        "a structure without its order",
        "another font",
        "the appearance of a signature overwritten",
    ];
    assert!(expected.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
}

#[test]
fn each_damage_to_our_own_files_is_refused_and_what_is_honest_is_not() {
    let world = World::new();
    let signer = world.signer(P384);
    let table = pdf(Xref::Table, SHAPES[0]);
    let shapes = [
        ("table", Some(table.clone())),
        ("stream", Some(pdf(Xref::Stream, SHAPES[0]))),
        ("object streams", make::with_object_stream(&table)),
    ];
    let mut seen = 0;
    for (shape, document) in shapes {
        let Some(document) = document else { continue };
        let once = world.sealed(&document, &signer, Level::Lta);
        let second = world.signer(P384);
        let twice = world.sealed(&once, &second, Level::Lta);
        for (name, file) in [("one signature", &once), ("two", &twice)] {
            assert_eq!(
                world.validate(file).indication,
                Indication::TotalPassed,
                "{shape}, {name}"
            );
            let damaged = of(file);
            assert!(damaged.len() >= 60, "{shape}, {name}: {} kinds", damaged.len());
            seen += damaged.len();
            let passed: Vec<&str> = damaged
                .iter()
                .filter(|one| is_unseen(&world, one))
                .map(|one| one.kind)
                .collect();
            assert!(passed.is_empty(), "{shape}, {name}: {passed:?}");
        }
    }
    assert!(seen >= 200, "{seen}");
}
