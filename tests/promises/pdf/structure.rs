//! A new signature in a tagged document: what a screen reader reads gets its field, and nothing else changes.

use zegel::pdf::changes::{Change, between};
use zegel::pdf::document::Document;
use zegel::pdf::object::{Dictionary, Object, ObjectId};
use zegel::pdf::page::Rect;
use zegel::pdf::signature_field::{self, Content, Placement};
use zegel::pdf::structure::Tagging;
use zegel::pdf::update::Update;
use zegel::pdf::xref::XrefKind;

use super::make;
use super::tagged::{Tagged, Top, Tree, USUAL};
use super::updating::{automatic, request, signed};

/// Each parent tree, and each thing that hangs on the root.
pub(super) fn shapes() -> Vec<Tagged> {
    let mut found = Vec::new();
    for tree in [Tree::Flat, Tree::List, Tree::Kids, Tree::Deep, Tree::Direct] {
        for next_key in [false, true] {
            let kind = if next_key {
                XrefKind::Stream
            } else {
                XrefKind::Table
            };
            let tabs = next_key;
            found.push(Tagged {
                tree,
                next_key,
                kind,
                tabs,
                ..USUAL
            });
        }
    }
    let tops = [
        (Top::Mapped, Tree::List),
        (Top::Loose, Tree::Kids),
        (Top::Nothing, Tree::Direct),
    ];
    found.extend(tops.map(|(top, tree)| Tagged { tree, top, ..USUAL }));
    found
}

fn files() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for shape in shapes() {
        let bytes = shape.write();
        if shape.kind == XrefKind::Table && !shape.next_key {
            let packed = make::with_object_stream(&bytes);
            all.extend(packed.map(|packed| (format!("{shape:?} in object streams"), packed)));
        }
        all.push((format!("{shape:?}"), bytes));
    }
    all
}

pub(super) fn why(file: &[u8], since: usize) -> Vec<&'static str> {
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

pub(super) fn dictionary(document: &Document, id: ObjectId) -> Dictionary {
    document
        .latest()
        .get(id)
        .unwrap()
        .as_dictionary()
        .unwrap()
        .clone()
}

pub(super) fn root(document: &Document) -> (ObjectId, Dictionary) {
    let catalog = document.latest().catalog().unwrap();
    let id = catalog.get("StructTreeRoot").unwrap().as_reference().unwrap();
    (id, dictionary(document, id))
}

/// All entries of the parent tree, read the simplest way.
pub(super) fn parent_tree(document: &Document) -> Vec<(i64, Object)> {
    let view = document.latest();
    let (_, root) = root(document);
    let mut open = vec![view.value(&root, "ParentTree").unwrap()];
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        let node = node.as_dictionary().unwrap().clone();
        for kid in view.array(&node, "Kids").unwrap().iter().rev() {
            open.push(view.resolve(kid).unwrap());
        }
        let numbers = view.array(&node, "Nums").unwrap();
        for pair in numbers.chunks(2) {
            found.push((pair[0].as_integer().unwrap(), pair[1].clone()));
        }
    }
    found
}

/// The element of the signature of `file` whose field is called `name`, checked from all its sides.
pub(super) fn check_element(file: &[u8], name: &str) {
    let document = make::open(file).unwrap();
    let view = document.latest();
    let field = view
        .fields()
        .unwrap()
        .into_iter()
        .find(|field| field.full_name == name);
    let widget_id = field.unwrap().id;
    let widget = dictionary(&document, widget_id);
    let key = widget.get("StructParent").unwrap().as_integer().unwrap();
    let entries = parent_tree(&document);
    assert!(
        entries.windows(2).all(|pair| pair[0].0 < pair[1].0),
        "{entries:?}"
    );
    let found: Vec<_> = entries.iter().filter(|(number, _)| *number == key).collect();
    let [(_, Object::Reference(element_id))] = found.as_slice() else {
        panic!("{entries:?}")
    };
    let element = dictionary(&document, *element_id);
    assert!(element.is_name("S", "Form"));
    let page = widget.get("P").unwrap();
    assert_eq!(element.get("Pg"), Some(page));
    let reference = element.get("K").unwrap().as_dictionary().unwrap();
    assert!(reference.is_name("Type", "OBJR"));
    assert_eq!(reference.get("Obj"), Some(&Object::Reference(widget_id)));
    let parent = element.get("P").unwrap().as_reference().unwrap();
    let (root_id, root) = root(&document);
    let kids = view.value(&dictionary(&document, parent), "K").unwrap();
    let stands_there = match kids {
        Object::Array(kids) => kids.contains(&Object::Reference(*element_id)),
        kid => kid == dictionary(&document, *element_id).into(),
    };
    assert!(stands_there);
    if parent != root_id {
        let kind = dictionary(&document, parent)
            .get("S")
            .unwrap()
            .as_name()
            .unwrap()
            .clone();
        assert!(kind.is("Document") || kind.is("Besluit"), "{kind:?}");
    }
    if let Some(next) = root.get("ParentTreeNextKey") {
        assert!(next.as_integer().unwrap() > key);
    }
    let page = dictionary(&document, page.as_reference().unwrap());
    assert!(page.is_name("Tabs", "S"));
}

#[test]
fn each_block_stands_in_the_structure_and_changes_nothing_else() {
    let files = files();
    assert!(files.len() >= 13, "{}", files.len());
    for (name, plain) in files {
        let before = parent_tree(&make::open(&plain).unwrap());
        let once = signed(&plain, &request(automatic()), &[0x30, 1]);
        let twice = signed(&once, &request(automatic()), &[0x30, 2]);
        let mut stamp = request(Placement::Invisible);
        stamp.content = Content::DocTimeStamp;
        let stamped = signed(&twice, &stamp, &[0x30, 3]);
        let thrice = signed(&stamped, &request(automatic()), &[0x30, 4]);
        assert!(thrice.starts_with(&plain));
        for field in ["Signature1", "Signature2", "Signature3"] {
            check_element(&thrice, field);
        }
        let after = parent_tree(&make::open(&thrice).unwrap());
        assert_eq!(after[..before.len()], before, "{name}");
        assert_eq!(after.len(), before.len() + 3, "{name}");
        assert_eq!(why(&thrice, 1), [""; 0], "{name}");
        make::check_with_qpdf(&thrice);
    }
}

#[test]
fn a_field_that_shows_nothing_changes_no_structure_that_was_signed() {
    let hidden = request(Placement::Invisible);
    for media_box in [USUAL.media_box, [-100.0, -200.0, 495.0, 642.0]] {
        let plain = Tagged { media_box, ..USUAL }.write();
        let first = signed(&plain, &hidden, &[0x30, 1]);
        check_element(&first, "Signature1");
        let second = signed(&first, &hidden, &[0x30, 2]);
        let document = make::open(&second).unwrap();
        let fields = document.latest().fields().unwrap();
        assert_eq!(root(&document), root(&make::open(&first).unwrap()));
        let widget = dictionary(&document, fields[1].id);
        assert!(!widget.contains("StructParent") && widget.contains("TU"));
        let rect = Rect::from_object(&document.latest(), widget.get("Rect").unwrap());
        let rect = rect.unwrap().unwrap();
        assert!(rect.is_empty());
        assert!(rect.x0 <= media_box[0] || rect.y0 <= media_box[1], "{rect:?}");
        assert_eq!(why(&second, 1), [""; 0]);
        // It lies where a signature is already, so the page gets nothing but an annotation.
        let late = signed(
            &signed(&plain, &request(automatic()), &[0x30, 1]),
            &hidden,
            &[0x30, 2],
        );
        let document = make::open(&late).unwrap();
        let page = document.latest().page(1).unwrap().unwrap();
        assert_eq!(
            document.latest().array(&page.dictionary, "Annots").unwrap().len(),
            2
        );
        assert_eq!(why(&late, 1), [""; 0]);
    }
}

#[test]
fn an_untagged_document_gets_no_structure() {
    let plain = make::decision(XrefKind::Table);
    let document = make::open(&plain).unwrap();
    let mut update = Update::new(&document);
    let added = signature_field::add(&mut update, &request(automatic())).unwrap();
    assert_eq!(added.tagging, Tagging::Untagged);
    let field = update.get(added.field).unwrap();
    assert!(!field.as_dictionary().unwrap().contains("StructParent"));
}

/// `file` with what `edit` does to the root of the structure, in one more revision.
fn with_root(file: &[u8], edit: impl FnOnce(&mut Update, &Document, ObjectId, &mut Dictionary)) -> Vec<u8> {
    edited(file, |update, document| {
        let (id, mut dictionary) = root(document);
        edit(update, document, id, &mut dictionary);
        update.put(id, dictionary).unwrap();
    })
}

pub(super) fn edited(file: &[u8], edit: impl FnOnce(&mut Update, &Document)) -> Vec<u8> {
    let document = make::open(file).unwrap();
    let mut update = Update::new(&document);
    edit(&mut update, &document);
    [file, &update.finish().unwrap().bytes].concat()
}

fn node(limits: [i64; 2], key: &str, items: Vec<Object>) -> Dictionary {
    Dictionary::new()
        .with("Limits", Object::Array(limits.map(Object::Integer).to_vec()))
        .with(key, Object::Array(items))
}

/// Each way a structure may be damaged, and what is said of it.
fn damaged() -> Vec<(Vec<u8>, &'static str)> {
    let loops = "a number tree is too deep, too large, or a loop";
    let order = "the entries of a number tree are not in order";
    let plain = USUAL.write();
    let tree = |value: fn(&mut Update) -> Object| {
        with_root(&plain, |update, _, _, root| {
            let value = value(update);
            root.set("ParentTree", value);
        })
    };
    vec![
        (
            tree(|update| {
                let own = update.reserve();
                update.put(own, node([0, 1], "Kids", vec![own.into()])).unwrap();
                own.into()
            }),
            loops,
        ),
        (
            tree(|update| {
                let mut below = update.add(node([0, 0], "Nums", vec![0.into(), Object::Null]));
                for _ in 0..200 {
                    below = update.add(node([0, 0], "Kids", vec![below.into()]));
                }
                below.into()
            }),
            loops,
        ),
        (
            tree(|_| {
                Dictionary::new()
                    .with(
                        "Nums",
                        Object::Array(vec![1.into(), Object::Null, 0.into(), Object::Null]),
                    )
                    .into()
            }),
            order,
        ),
        (
            tree(|_| {
                Dictionary::new()
                    .with(
                        "Nums",
                        Object::Array(vec![0.into(), Object::Null, 0.into(), Object::Null]),
                    )
                    .into()
            }),
            order,
        ),
        (
            tree(|_| {
                Dictionary::new()
                    .with("Nums", Object::Array(vec![0.into()]))
                    .into()
            }),
            "an entry of a number tree is no pair",
        ),
        (
            tree(|update| {
                let leaf = update.add(node([5, 6], "Nums", vec![7.into(), Object::Null]));
                Dictionary::new()
                    .with("Kids", Object::Array(vec![leaf.into()]))
                    .into()
            }),
            "a number stands outside the limits of its node",
        ),
        (
            tree(|update| {
                let leaf = update.add(Dictionary::new().with("Nums", Object::Array(Vec::new())));
                Dictionary::new()
                    .with("Kids", Object::Array(vec![leaf.into()]))
                    .into()
            }),
            "a node of a number tree has no limits",
        ),
        (
            tree(|_| Object::Integer(3)),
            "a node of a number tree is no dictionary",
        ),
        (
            with_root(&plain, |_, _, _, root| {
                root.set("ParentTreeNextKey", i64::from(i32::MAX))
            }),
            "the keys of the parent tree are used up",
        ),
        (
            with_root(&plain, |_, _, _, root| {
                let roles = Dictionary::new()
                    .with("Document", Object::name("A"))
                    .with("A", Object::name("Document"));
                root.set("RoleMap", roles);
            }),
            "the role map is a loop",
        ),
        (
            with_root(&plain, |_, _, _, root| {
                root.set("RoleMap", Dictionary::new().with("Form", Object::name("P")));
            }),
            "the role map gives the type `Form` another meaning",
        ),
        (
            with_root(&plain, |update, document, _, root| {
                let top = root.get("K").unwrap().as_reference().unwrap();
                let mut element = dictionary(document, top);
                element.set("P", top);
                update.put(top, element).unwrap();
            }),
            "the element of the document hangs elsewhere",
        ),
        (
            edited(&plain, |update, _| {
                let mut catalog = update.catalog().unwrap();
                catalog.set("StructTreeRoot", Object::Integer(1));
                update.put_catalog(catalog).unwrap();
            }),
            "the root of the structure is no object of its own",
        ),
    ]
}

#[test]
fn a_damaged_structure_is_left_alone_and_named() {
    for (file, expected) in damaged() {
        let document = make::open(&file).unwrap();
        let mut update = Update::new(&document);
        let added = signature_field::add(&mut update, &request(automatic())).unwrap();
        assert_eq!(added.tagging, Tagging::Damaged(expected));
        let field = update.get(added.field).unwrap();
        assert!(!field.as_dictionary().unwrap().contains("StructParent"));
        let twice = signed(
            &signed(&file, &request(automatic()), &[0x30, 1]),
            &request(automatic()),
            &[0x30, 2],
        );
        assert_eq!(why(&twice, 2), [""; 0]);
    }
}
