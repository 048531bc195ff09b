//! Shadows in the structure: after a signature, what is read aloud does not change. Each is one change that comes with an
//! honest second signature, or alone.

use zegel::pdf::document::Document;
use zegel::pdf::object::{Dictionary, Object, ObjectId};
use zegel::pdf::signature_field::{self, FieldRequest};
use zegel::pdf::structure::Tagging;
use zegel::pdf::update::Update;

use super::make;
use super::structure::{check_element, dictionary, edited, parent_tree, root, shapes, why};
use super::tagged::{Tagged, Tree, USUAL};
use super::updating::{automatic, request, signed};

/// What `edit` makes of the objects that a second signature adds to a signed file: `edit` gets the second's widget, its
/// element, and the update.
fn second(file: &[u8], edit: impl FnOnce(&mut Update, &Document, ObjectId, ObjectId)) -> Vec<u8> {
    let document = make::open(file).unwrap();
    let mut update = Update::new(&document);
    let wanted: FieldRequest = request(automatic());
    let added = signature_field::add(&mut update, &wanted).unwrap();
    let Tagging::Tagged(element) = added.tagging else {
        panic!()
    };
    edit(&mut update, &document, added.field, element);
    let mut tail = update.finish().unwrap();
    tail.embed(&[0x30, 2]).unwrap();
    [file, &tail.bytes].concat()
}

fn change(update: &mut Update, id: ObjectId, edit: impl FnOnce(&mut Dictionary)) {
    let mut object = update.get(id).unwrap().as_dictionary().unwrap().clone();
    edit(&mut object);
    update.put(id, object).unwrap();
}

/// The elements of the paragraphs.
fn paragraphs(document: &Document) -> Vec<ObjectId> {
    let (_, root) = root(document);
    let top = dictionary(document, root.get("K").unwrap().as_reference().unwrap());
    let kids = top.get("K").unwrap().as_array().unwrap();
    kids.iter().filter_map(Object::as_reference).take(2).collect()
}

fn tree_of(document: &Document) -> ObjectId {
    root(document)
        .1
        .get("ParentTree")
        .unwrap()
        .as_reference()
        .unwrap()
}

fn top_of(document: &Document) -> ObjectId {
    root(document).1.get("K").unwrap().as_reference().unwrap()
}

const OTHER: &str = "the structure got something else than the field of a new signature";

type Edit = fn(&mut Update, &Document, ObjectId, ObjectId);

fn words(text: &str) -> Object {
    Object::String(text.as_bytes().to_vec())
}

/// Each change of the structure that comes with an honest second signature, or alone, and why it is refused.
fn shadows() -> Vec<(&'static str, Edit, &'static str)> {
    const CHANGED: &str = "an element of the structure was changed";
    const MOVED: &str = "elements of the structure were taken away or moved";
    const ENTRY: &str = "an entry of the structure changed";
    const ELSEWHERE: &str = "an entry of the parent tree leads elsewhere";
    const PLACE: &str = "the structure got a signature within a text or where content stands";
    vec![
        (
            "a new field among the words of a paragraph",
            |update, document, _, element| {
                let paragraph = paragraphs(document)[0];
                let (top, of) = (top_of(document), dictionary(document, top_of(document)));
                change(update, top, |one| one.set("K", of.get("K").unwrap().clone()));
                change(update, element, |one| one.set("P", paragraph));
                let old = dictionary(document, paragraph).get("K").unwrap().clone();
                change(update, paragraph, |one| {
                    one.set("K", Object::Array(vec![old, element.into()]))
                });
            },
            PLACE,
        ),
        (
            "a new field before what is read first",
            |update, document, _, element| {
                let top = top_of(document);
                let mut kids = vec![Object::from(element)];
                kids.extend(
                    dictionary(document, top)
                        .get("K")
                        .unwrap()
                        .as_array()
                        .unwrap()
                        .to_vec(),
                );
                change(update, top, |one| one.set("K", Object::Array(kids)));
            },
            OTHER,
        ),
        (
            "text in the place of a paragraph",
            |update, document, _, _| {
                change(update, paragraphs(document)[0], |one| {
                    one.set("ActualText", words("Het college weigert."))
                });
            },
            CHANGED,
        ),
        (
            "another description",
            |update, document, _, _| {
                change(update, paragraphs(document)[0], |one| {
                    one.set("Alt", words("Niets"))
                });
            },
            CHANGED,
        ),
        (
            "another type",
            |update, document, _, _| {
                change(update, paragraphs(document)[0], |one| {
                    one.set("S", Object::name("Artifact"))
                });
            },
            CHANGED,
        ),
        (
            "another language",
            |update, document, _, _| {
                change(update, top_of(document), |one| one.set("Lang", words("fr")));
            },
            CHANGED,
        ),
        (
            "a paragraph that reads another's words",
            |update, document, _, _| {
                change(update, paragraphs(document)[0], |one| {
                    one.set("K", Object::Array(vec![1.into()]))
                });
            },
            OTHER,
        ),
        (
            "a paragraph without words",
            |update, document, _, _| {
                change(update, paragraphs(document)[0], |one| {
                    one.remove("K");
                });
            },
            MOVED,
        ),
        (
            "a paragraph on another page",
            |update, document, _, _| {
                let page = document.latest().page(1).unwrap().unwrap().id;
                change(update, paragraphs(document)[0], |one| one.set("Pg", page));
            },
            CHANGED,
        ),
        (
            "another order",
            |update, document, _, _| {
                change(update, top_of(document), |top| {
                    let mut kids = top.get("K").unwrap().as_array().unwrap().to_vec();
                    kids.swap(0, 1);
                    top.set("K", Object::Array(kids));
                });
            },
            OTHER,
        ),
        (
            "a paragraph less",
            |update, document, _, _| {
                change(update, top_of(document), |top| {
                    let kids = top.get("K").unwrap().as_array().unwrap()[1..].to_vec();
                    top.set("K", Object::Array(kids));
                });
            },
            OTHER,
        ),
        (
            "a paragraph twice",
            |update, document, _, _| {
                let first = paragraphs(document)[0];
                change(update, top_of(document), |top| {
                    let mut kids = top.get("K").unwrap().as_array().unwrap().to_vec();
                    kids.push(first.into());
                    top.set("K", Object::Array(kids));
                });
            },
            OTHER,
        ),
        (
            "a new paragraph",
            |update, document, _, _| {
                let top = top_of(document);
                let element = Dictionary::new()
                    .with("Type", Object::name("StructElem"))
                    .with("S", Object::name("P"))
                    .with("P", top)
                    .with("ActualText", words("En 1000 euro."));
                let element = update.add(element);
                change(update, top, |top| {
                    let mut kids = top.get("K").unwrap().as_array().unwrap().to_vec();
                    kids.push(element.into());
                    top.set("K", Object::Array(kids));
                });
            },
            OTHER,
        ),
        (
            "a new type for a name",
            |update, document, _, _| {
                change(update, root(document).0, |root| {
                    root.set("RoleMap", Dictionary::new().with("P", Object::name("Artifact")));
                });
            },
            ENTRY,
        ),
        (
            "a class of attributes",
            |update, document, _, _| {
                change(update, root(document).0, |root| {
                    root.set("ClassMap", Dictionary::new())
                });
            },
            ENTRY,
        ),
        (
            "names of elements",
            |update, document, _, _| {
                change(update, root(document).0, |root| {
                    root.set("IDTree", Dictionary::new())
                });
            },
            ENTRY,
        ),
        (
            "a pronunciation",
            |update, document, _, _| {
                change(update, root(document).0, |root| {
                    root.set("PronunciationLexicon", Object::Array(Vec::new()))
                });
            },
            ENTRY,
        ),
        (
            "an entry that leads elsewhere",
            |update, document, _, _| {
                let second = paragraphs(document)[1];
                change(update, tree_of(document), |tree| {
                    let mut numbers = tree.get("Nums").unwrap().as_array().unwrap().to_vec();
                    numbers[1] = Object::Array(vec![second.into()]);
                    tree.set("Nums", Object::Array(numbers));
                });
            },
            ELSEWHERE,
        ),
        (
            "a list behind an entry that leads elsewhere",
            |update, document, _, _| {
                let second = paragraphs(document)[1];
                let list = parent_tree(document)[0].1.as_reference().unwrap();
                update.put(list, Object::Array(vec![second.into()])).unwrap();
            },
            "an object was changed that may not change",
        ),
        (
            "an entry less",
            |update, document, _, _| {
                change(update, tree_of(document), |tree| {
                    let numbers = tree.get("Nums").unwrap().as_array().unwrap()[2..].to_vec();
                    tree.set("Nums", Object::Array(numbers));
                });
            },
            "an entry of the parent tree was taken away",
        ),
        (
            "an entry more",
            |update, document, _, _| {
                let second = paragraphs(document)[1];
                change(update, tree_of(document), |tree| {
                    let mut numbers = tree.get("Nums").unwrap().as_array().unwrap().to_vec();
                    numbers.extend([77.into(), second.into()]);
                    tree.set("Nums", Object::Array(numbers));
                });
            },
            ELSEWHERE,
        ),
        (
            "entries in another order",
            |update, document, _, _| {
                change(update, tree_of(document), |tree| {
                    let mut numbers = tree.get("Nums").unwrap().as_array().unwrap().to_vec();
                    numbers.rotate_left(2);
                    tree.set("Nums", Object::Array(numbers));
                });
            },
            "the parent tree of a changed structure contradicts itself",
        ),
        (
            "no parent tree",
            |update, document, _, _| {
                change(update, root(document).0, |root| {
                    root.remove("ParentTree");
                });
            },
            "the parent tree of the structure was taken away",
        ),
        (
            "a next key that goes back",
            |update, document, _, _| {
                change(update, root(document).0, |root| root.set("ParentTreeNextKey", 1));
            },
            "the next key of the structure went back",
        ),
        (
            "no structure",
            |update, _, _, _| {
                let mut catalog = update.catalog().unwrap();
                catalog.remove("StructTreeRoot");
                update.put_catalog(catalog).unwrap();
            },
            "the structure was added or taken away",
        ),
        (
            "another structure",
            |update, document, _, _| {
                let (_, dictionary) = root(document);
                let copy = update.add(dictionary);
                let mut catalog = update.catalog().unwrap();
                catalog.set("StructTreeRoot", copy);
                update.put_catalog(catalog).unwrap();
            },
            "the catalog names another structure",
        ),
        (
            "no longer tagged",
            |update, _, _, _| {
                let mut catalog = update.catalog().unwrap();
                catalog.set(
                    "MarkInfo",
                    Dictionary::new().with("Marked", Object::Boolean(false)),
                );
                update.put_catalog(catalog).unwrap();
            },
            "an entry of the catalog changed",
        ),
        (
            "text in the place of the new field",
            |update, _, _, element| {
                change(update, element, |element| {
                    element.set("ActualText", words("1000 euro"))
                });
            },
            OTHER,
        ),
        (
            "a new field that is a paragraph",
            |update, _, _, element| {
                change(update, element, |element| element.set("S", Object::name("P")));
            },
            OTHER,
        ),
        (
            "a new field that reads a page",
            |update, _, _, element| {
                change(update, element, |element| {
                    let reference = element.get("K").unwrap().clone();
                    element.set("K", Object::Array(vec![reference, 0.into()]));
                });
            },
            OTHER,
        ),
        (
            "a new field for an older signature",
            |update, document, _, element| {
                let older = document.latest().fields().unwrap()[0].id;
                change(update, element, |element| {
                    let mut reference = element.get("K").unwrap().as_dictionary().unwrap().clone();
                    reference.set("Obj", older);
                    element.set("K", reference);
                });
            },
            OTHER,
        ),
        (
            "a new field on another page",
            |update, document, _, element| {
                let page = document.latest().page(0).unwrap().unwrap().id;
                change(update, element, |element| element.set("Pg", page));
            },
            OTHER,
        ),
        (
            "a new field below another parent",
            |update, document, _, element| {
                let first = paragraphs(document)[0];
                change(update, element, |element| element.set("P", first));
            },
            OTHER,
        ),
        (
            "a new field with the key of a page",
            |update, _, widget, _| {
                change(update, widget, |widget| widget.set("StructParent", 0));
            },
            OTHER,
        ),
        (
            "a new field that the parent tree does not know",
            |update, document, widget, _| {
                let tree = tree_of(document);
                change(update, tree, |tree| {
                    let numbers = tree.get("Nums").unwrap().as_array().unwrap();
                    let numbers = numbers[..numbers.len() - 2].to_vec();
                    tree.set("Nums", Object::Array(numbers));
                });
                assert!(update.get(widget).is_ok());
            },
            "the parent tree does not know a new element of the structure",
        ),
        (
            "another order of the tabulator key",
            |update, document, _, _| {
                let page = document.latest().page(1).unwrap().unwrap().id;
                change(update, page, |page| page.set("Tabs", Object::name("C")));
            },
            "a page was changed",
        ),
        (
            "an order of the tabulator key on a page that got nothing",
            |update, document, _, _| {
                let page = document.latest().page(0).unwrap().unwrap().id;
                change(update, page, |page| page.set("Tabs", Object::name("S")));
            },
            "a page was changed",
        ),
    ]
}

#[test]
fn what_is_read_aloud_does_not_change_after_a_signature() {
    let once = signed(&USUAL.write(), &request(automatic()), &[0x30, 1]);
    assert_eq!(why(&second(&once, |_, _, _, _| {}), 1), [""; 0]);
    for (name, edit, expected) in shadows() {
        let found = why(&second(&once, edit), 1);
        assert!(found.contains(&expected), "{name}: {found:?}");
        if name.contains("new field") {
            continue;
        }
        // Without a signature beside it as well.
        let nobody = ObjectId::new(0);
        let alone = edited(&once, |update, document| edit(update, document, nobody, nobody));
        assert!(!why(&alone, 1).is_empty(), "{name} alone");
    }
}

/// Files in which something names the key 9, which the parent tree lacks.
fn naming() -> Vec<(&'static str, Vec<u8>)> {
    let plain = Tagged {
        next_key: false,
        ..USUAL
    }
    .write();
    let form = || {
        Dictionary::new()
            .with("Type", Object::name("XObject"))
            .with("Subtype", Object::name("Form"))
            .with("BBox", Object::Array([0, 0, 9, 9].map(Object::Integer).to_vec()))
    };
    let with = |edit: &dyn Fn(&mut Update)| edited(&plain, |update, _| edit(update));
    let mut former = ObjectId::new(0);
    let earlier = edited(&plain, |update, _| {
        former = update.add_stream(form().with("StructParents", 9), Vec::new())
    });
    vec![
        (
            "a page",
            edited(&plain, |update, document| {
                let page = document.latest().page(0).unwrap().unwrap().id;
                change(update, page, |page| page.set("StructParents", 9));
            }),
        ),
        (
            "a picture",
            with(&|update| {
                let picture = Dictionary::new()
                    .with("Type", Object::name("XObject"))
                    .with("Subtype", Object::name("Image"))
                    .with("StructParent", 9);
                update.add_stream(picture, Vec::new());
            }),
        ),
        (
            "a form",
            with(&|update| {
                update.add_stream(form().with("StructParents", 9), Vec::new());
            }),
        ),
        (
            "a dictionary within others",
            with(&|update| {
                let inner = Dictionary::new().with("StructParent", 9);
                update.add(Dictionary::new().with("Popups", Object::Array(vec![inner.into()])));
            }),
        ),
        (
            "by way of another object",
            with(&|update| {
                let number = update.add(Object::Integer(9));
                update.add_stream(form().with("StructParents", number), Vec::new());
            }),
        ),
        (
            "a form as it was once",
            edited(&earlier, |update, _| update.put(former, form()).unwrap()),
        ),
    ]
}

#[test]
fn a_signature_gets_a_key_that_nothing_in_the_file_names() {
    for (name, plain) in naming() {
        let once = signed(&plain, &request(automatic()), &[0x30, 1]);
        check_element(&once, "Signature1");
        let keys = parent_tree(&make::open(&once).unwrap());
        assert_eq!(keys.last().unwrap().0, 10, "{name}");
        let revision = make::open(&once).unwrap().last_revision();
        let twice = signed(&once, &request(automatic()), &[0x30, 2]);
        assert_eq!(parent_tree(&make::open(&twice).unwrap()).last().unwrap().0, 11);
        assert_eq!(why(&twice, revision), [""; 0], "{name}");
        // Whoever takes it even so is found out.
        let taken = second(&once, |update, document, widget, element| {
            change(update, widget, |widget| widget.set("StructParent", 9));
            change(update, tree_of(document), |tree| {
                let mut numbers = tree.get("Nums").unwrap().as_array().unwrap().to_vec();
                // Before that of the first signature, in the place of its own.
                numbers.truncate(numbers.len() - 2);
                let at = numbers.len() - 2;
                numbers.splice(at..at, [9.into(), element.into()]);
                tree.set("Nums", Object::Array(numbers));
            });
        });
        assert!(
            why(&taken, revision).contains(&OTHER),
            "{name}: {:?}",
            why(&taken, revision)
        );
    }
}

/// What other programs write: the whole parent tree anew, the element inside a list of its own, its reference an object.
#[test]
fn the_same_structure_written_another_way_is_no_change() {
    for shape in shapes() {
        let once = signed(&shape.write(), &request(automatic()), &[0x30, 1]);
        let again = second(&once, |update, document, _, element| {
            let own = element_entry(update, element);
            let mut numbers: Vec<Object> = Vec::new();
            for (key, value) in parent_tree(document).into_iter().chain([own]) {
                let value = match document.latest().resolve(&value).unwrap() {
                    Object::Array(list) => update.add(Object::Array(list)).into(),
                    _ => value,
                };
                numbers.extend([Object::Integer(key), value]);
            }
            let (last, first) = (numbers[numbers.len() - 2].clone(), numbers[0].clone());
            let leaf = Dictionary::new()
                .with("Limits", Object::Array(vec![first, last]))
                .with("Nums", Object::Array(numbers));
            let leaf = update.add(leaf);
            let tree = update.add(Dictionary::new().with("Kids", Object::Array(vec![leaf.into()])));
            // Leaves the old tree as it was.
            let (root_id, before) = root(document);
            let objects: Vec<ObjectId> = [before.get("ParentTree")]
                .into_iter()
                .flatten()
                .filter_map(Object::as_reference)
                .collect();
            for id in objects {
                let tree = document.latest().get(id).unwrap();
                update.put(id, tree.clone()).unwrap();
                let dictionary = tree.as_dictionary().unwrap();
                for list in ["Nums", "Kids"]
                    .iter()
                    .filter_map(|key| dictionary.get(key)?.as_reference())
                {
                    update.put(list, document.latest().get(list).unwrap()).unwrap();
                }
            }
            change(update, root_id, |root| root.set("ParentTree", tree));
            let reference = update
                .get(element)
                .unwrap()
                .as_dictionary()
                .unwrap()
                .get("K")
                .unwrap()
                .clone();
            let reference = update.add(reference);
            change(update, element, |element| {
                element.set("K", Object::Array(vec![reference.into()]));
                element.set("Lang", words("nl"));
                element.set("Alt", words("Handtekening"));
            });
        });
        let found = why(&again, 1);
        // The leaf that the honest writer added hangs nowhere now.
        let orphan = matches!(shape.tree, Tree::Kids | Tree::Deep);
        let expected: &[&str] = if orphan {
            &["a new object that nothing allowed refers to"]
        } else {
            &[]
        };
        assert_eq!(found, expected, "{shape:?}");
    }
}

fn element_entry(update: &Update, element: ObjectId) -> (i64, Object) {
    let dictionary = update.get(element).unwrap().as_dictionary().unwrap().clone();
    let reference = dictionary.get("K").unwrap().as_dictionary().unwrap().clone();
    let widget = update
        .get(reference.get("Obj").unwrap().as_reference().unwrap())
        .unwrap();
    let key = widget
        .as_dictionary()
        .unwrap()
        .get("StructParent")
        .unwrap()
        .as_integer()
        .unwrap();
    (key, element.into())
}

/// What is only looked at when a picture is drawn can be written like an element of the structure, to be changed as one.
#[test]
fn what_a_picture_is_drawn_by_is_no_element_of_the_structure() {
    const PLACE: &str = "the structure got a signature within a text or where content stands";
    let plain = USUAL.write();
    for (name, kind, of_it) in [
        ("DecodeParms", "Document", Object::Integer(-1)),
        ("DecodeParms", "Div", Object::Array(vec![Object::Integer(-1)])),
        ("Group", "Div", Object::Boolean(true)),
    ] {
        let mut posing = ObjectId::new(0);
        let file = edited(&plain, |update, document| {
            let shape = Dictionary::new()
                .with("S", Object::name(kind))
                .with("P", top_of(document))
                .with("Columns", 8)
                .with("K", of_it.clone());
            posing = update.add(shape);
            let picture = Dictionary::new()
                .with("Type", Object::name("XObject"))
                .with("Subtype", Object::name("Image"))
                .with("Width", 8)
                .with("Height", 8)
                .with("BitsPerComponent", 1)
                .with("ColorSpace", Object::name("DeviceGray"))
                .with(name, posing);
            let picture = update.add_stream(picture, vec![0; 8]);
            let page = document.latest().page(0).unwrap().unwrap();
            let mut resources = document
                .latest()
                .dictionary(&page.dictionary, "Resources")
                .unwrap()
                .unwrap();
            resources.set("XObject", Dictionary::new().with("Picture", picture));
            change(update, page.id, |page| page.set("Resources", resources));
        });
        let once = signed(&file, &request(automatic()), &[0x30, 1]);
        assert_eq!(why(&second(&once, |_, _, _, _| {}), 2), [""; 0], "{name}");
        let changed = second(&once, |update, document, _, element| {
            let (top, of) = (top_of(document), dictionary(document, top_of(document)));
            change(update, top, |one| one.set("K", of.get("K").unwrap().clone()));
            change(update, element, |one| one.set("P", posing));
            change(update, posing, |one| {
                let mut kids = match of_it.clone() {
                    Object::Array(kids) => kids,
                    kid => vec![kid],
                };
                kids.push(element.into());
                one.set("K", Object::Array(kids));
            });
        });
        assert!(
            why(&changed, 2).contains(&PLACE),
            "{name}: {:?}",
            why(&changed, 2)
        );
    }
}

/// Types with another meaning, told by the parent tree: one object is both.
#[test]
fn the_parent_tree_is_no_role_map() {
    let plain = Tagged {
        next_key: false,
        ..USUAL
    }
    .write();
    let plain = edited(&plain, |update, document| {
        let tree = tree_of(document);
        change(update, root(document).0, |root| root.set("RoleMap", tree));
    });
    let once = signed(&plain, &request(automatic()), &[0x30, 1]);
    assert_eq!(why(&second(&once, |_, _, _, _| {}), 2), [""; 0]);
    let changed = second(&once, |update, document, _, _| {
        change(update, tree_of(document), |tree| {
            tree.set("P", Object::name("Artifact"))
        });
    });
    let found = why(&changed, 2);
    assert!(
        found.contains(&"a part of the parent tree has another use, which changed"),
        "{found:?}"
    );
}
