//! Developer extensions after a signature: what a file uses may become more, never less. ISO 32000-2 §7.12.

use zegel::pdf::object::{Dictionary, Object};
use zegel::pdf::update::Update;
use zegel::pdf::xref::XrefKind;

use super::changing::{edited, why_since};
use super::make;
use super::updating::{automatic, request, signed};

fn of_maker(base: &str, level: i64) -> Dictionary {
    Dictionary::new()
        .with("BaseVersion", Object::name(base))
        .with("ExtensionLevel", level)
}

/// One of ISO's own: they say where they are described.
fn of_iso(level: i64) -> Object {
    of_maker("2.0", level)
        .with("Type", Object::name("DeveloperExtensions"))
        .with("URL", Object::String(b"https://iso.example".to_vec()))
        .with("ExtensionRevision", Object::String(b":2022".to_vec()))
        .into()
}

fn several(items: &[Object]) -> Object {
    Object::Array(items.to_vec())
}

fn set(update: &mut Update, prefix: &str, value: Option<Object>) {
    let mut catalog = update.catalog().unwrap();
    let mut extensions = match catalog.get("Extensions") {
        Some(value) => update.resolve(value).unwrap().as_dictionary().unwrap().clone(),
        None => Dictionary::new(),
    };
    match value {
        Some(value) => extensions.set(prefix, value),
        None => {
            extensions.remove(prefix);
        }
    }
    match catalog.get("Extensions").and_then(Object::as_reference) {
        Some(id) => update.put(id, extensions).unwrap(),
        None => {
            catalog.set("Extensions", extensions);
            update.put_catalog(catalog).unwrap();
        }
    }
}

/// What is found when `before` stands in the catalog that is signed and `after` in the one behind it.
fn found(before: Option<Object>, after: Option<Object>) -> Vec<&'static str> {
    let input = edited(&make::decision(XrefKind::Table), |update, _| {
        set(update, "ESIC", Some(of_maker("1.7", 1).into()));
        set(update, "TEST", before);
    });
    let file = signed(&input, &request(automatic()), &[0x30, 1]);
    let since = make::open(&file).unwrap().last_revision();
    let file = edited(&file, |update, _| set(update, "TEST", after));
    why_since(&file, since)
}

#[test]
fn a_later_revision_may_use_more() {
    let (one, other) = (of_iso(32_002), of_iso(32_004));
    for (what, before, after) in [
        ("new prefix", None, of_maker("1.7", 5).into()),
        (
            "new prefix with several",
            None,
            several(&[one.clone(), other.clone()]),
        ),
        (
            "higher level",
            Some(of_maker("1.7", 2).into()),
            of_maker("1.7", 5).into(),
        ),
        (
            "higher level, described elsewhere",
            Some(of_iso(1)),
            of_maker("2.0", 2)
                .with("URL", Object::String(b"x".to_vec()))
                .into(),
        ),
        (
            "one becomes several",
            Some(one.clone()),
            several(&[one.clone(), other.clone()]),
        ),
        (
            "one more",
            Some(several(std::slice::from_ref(&one))),
            several(&[other, one]),
        ),
    ] {
        assert!(found(before, Some(after)).is_empty(), "{what}");
    }
}

#[test]
fn extensions_in_an_object_of_their_own_grow_in_it() {
    let input = edited(&make::decision(XrefKind::Stream), |update, _| {
        let mut catalog = update.catalog().unwrap();
        let id = update.add(Dictionary::new().with("ADBE", of_maker("1.7", 3)));
        catalog.set("Extensions", id);
        update.put_catalog(catalog).unwrap();
    });
    let file = signed(&input, &request(automatic()), &[0x30, 1]);
    let since = make::open(&file).unwrap().last_revision();
    let level = |level| move |update: &mut Update| set(update, "ADBE", Some(of_maker("1.7", level).into()));
    let higher = edited(&file, |update, _| level(8)(update));
    assert!(
        why_since(&higher, since).is_empty(),
        "{:?}",
        why_since(&higher, since)
    );
    let lower = edited(&file, |update, _| level(1)(update));
    assert_eq!(why_since(&lower, since), ["an entry of the extensions changed"]);
}

#[test]
fn a_later_revision_uses_nothing_less() {
    let (one, other) = (of_iso(32_002), of_iso(32_004));
    let changed = "an entry of the extensions changed";
    for (what, before, after, expected) in [
        (
            "lower level",
            of_maker("1.7", 5).into(),
            Some(of_maker("1.7", 2).into()),
            changed,
        ),
        (
            "another version",
            of_maker("1.7", 5).into(),
            Some(of_maker("1.4", 6).into()),
            changed,
        ),
        (
            "an entry of another kind beside the level",
            of_maker("1.7", 5).into(),
            Some(of_maker("1.7", 6).with("Contents", 1).into()),
            changed,
        ),
        (
            "a level that is a text",
            of_maker("1.7", 5).into(),
            Some(
                of_maker("1.7", 5)
                    .with("ExtensionLevel", Object::name("6"))
                    .into(),
            ),
            changed,
        ),
        (
            "no dictionary",
            of_maker("1.7", 5).into(),
            Some(Object::Boolean(true)),
            changed,
        ),
        (
            "taken away",
            of_maker("1.7", 5).into(),
            None,
            "an extension was taken away",
        ),
        (
            "one of several replaced",
            several(&[one.clone(), other.clone()]),
            Some(several(&[one.clone(), of_iso(1)])),
            changed,
        ),
        (
            "several become one",
            several(&[one.clone(), other.clone()]),
            Some(one.clone()),
            changed,
        ),
        (
            "one becomes several others",
            one.clone(),
            Some(several(std::slice::from_ref(&other))),
            changed,
        ),
        (
            "something else among several",
            several(std::slice::from_ref(&one)),
            Some(several(&[one, Object::Integer(1)])),
            changed,
        ),
    ] {
        assert_eq!(found(Some(before), after), [expected], "{what}");
    }
}
