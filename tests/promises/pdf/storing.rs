//! The security store after a signature: what proves something stays, how it is sorted may change. EN 319 142-1 §5.4.2.

use std::collections::BTreeMap;

use zegel::pdf::document::Document;
use zegel::pdf::dss::{self, Evidence};
use zegel::pdf::object::{Dictionary, Object, ObjectId, Stream};
use zegel::pdf::update::Update;
use zegel::pdf::xref::XrefKind;

use super::changing::{edited, why_since};
use super::make;
use super::updating::{automatic, request, signed};

const OTHER: &str = "0123456789ABCDEF0123456789ABCDEF01234567";

/// Signed, with a store of two certificates and a list, all named by the entry of the signature; another entry names a
/// certificate that stands nowhere else.
struct Stored {
    file: Vec<u8>,
    revision: usize,
    key: String,
    own: ObjectId,
}

fn stored() -> Stored {
    let file = signed(
        &make::decision(XrefKind::Table),
        &request(automatic()),
        &[0x30, 1],
    );
    let signatures = make::open(&file).unwrap().latest().signatures().unwrap();
    let key = signatures[0].vri_key();
    let evidence = Evidence {
        certificates: vec![vec![1; 40], vec![2; 40]],
        crls: vec![vec![3; 40]],
        ..Evidence::default()
    };
    let file = edited(&file, |update, _| {
        dss::add(
            update,
            &BTreeMap::from([(key.clone(), evidence)]),
            &Evidence::default(),
        )
        .unwrap();
    });
    let mut own = ObjectId::new(0);
    let file = in_store(&file, |update, store| {
        own = update.add_stream(Dictionary::new(), vec![4; 40]);
        let named = Dictionary::new().with("Cert", Object::Array(vec![own.into()]));
        in_dictionary(store, "VRI", |entries| entries.set(OTHER, named));
    });
    let revision = make::open(&file).unwrap().last_revision();
    assert!(why_since(&file, 1).iter().all(|why| why.is_empty()));
    Stored {
        file,
        revision,
        key,
        own,
    }
}

fn in_dictionary(holder: &mut Dictionary, key: &str, edit: impl FnOnce(&mut Dictionary)) {
    let mut inner = holder.get(key).unwrap().as_dictionary().unwrap().clone();
    edit(&mut inner);
    holder.set(key, inner);
}

fn in_store(file: &[u8], edit: impl FnOnce(&mut Update, &mut Dictionary)) -> Vec<u8> {
    edited(file, |update, _| {
        let id = update
            .catalog()
            .unwrap()
            .get("DSS")
            .unwrap()
            .as_reference()
            .unwrap();
        let mut store = update.get(id).unwrap().as_dictionary().unwrap().clone();
        edit(update, &mut store);
        update.put(id, store).unwrap();
    })
}

fn list(holder: &Dictionary, key: &str) -> Vec<Object> {
    holder.get(key).unwrap().as_array().unwrap().to_vec()
}

fn set_first(holder: &mut Dictionary, key: &str, item: ObjectId) {
    let mut items = list(holder, key);
    items[0] = item.into();
    holder.set(key, Object::Array(items));
}

type Edit = fn(&mut Update, &mut Dictionary, &Stored);

/// What is found when `edit` is made to the store in one more revision.
fn found(edit: Edit) -> Vec<&'static str> {
    let good = stored();
    let file = in_store(&good.file, |update, store| edit(update, store, &good));
    let mut found = why_since(&file, good.revision);
    found.retain(|why| !why.is_empty());
    found
}

#[test]
fn an_entry_by_signature_may_be_made_anew() {
    let rows: [(&str, Edit); 7] = [
        ("fewer", |_, store, good| {
            in_dictionary(store, "VRI", |entries| {
                in_dictionary(entries, &good.key, |entry| {
                    let items = list(entry, "Cert")[1..].to_vec();
                    entry.set("Cert", Object::Array(items));
                    entry.remove("CRL");
                });
            });
        }),
        ("in an object of its own", |update, store, good| {
            in_dictionary(store, "VRI", |entries| {
                let entry = entries.get(&good.key).unwrap().clone();
                entries.set(&good.key, update.add(entry));
            });
        }),
        ("more, of what the store has or gets", |update, store, good| {
            let new = update.add_stream(Dictionary::new(), vec![5; 40]);
            let mut all = list(store, "Certs");
            all.push(new.into());
            store.set("Certs", Object::Array(all.clone()));
            in_dictionary(store, "VRI", |entries| {
                in_dictionary(entries, &good.key, |entry| entry.set("Cert", Object::Array(all)));
            });
        }),
        ("a copy of what the store has", |update, store, good| {
            let copy = update.add_stream(Dictionary::new(), vec![2; 40]);
            in_dictionary(store, "VRI", |entries| {
                in_dictionary(entries, &good.key, |entry| set_first(entry, "Cert", copy));
            });
        }),
        ("with its time", |update, store, good| {
            let token = update.add_stream(Dictionary::new(), vec![6; 40]);
            in_dictionary(store, "VRI", |entries| {
                in_dictionary(entries, &good.key, |entry| {
                    entry.set("TU", Object::String(b"D:20260303100000Z".to_vec()));
                    entry.set("TS", token);
                });
            });
        }),
        ("not at all", |_, store, good| {
            in_dictionary(store, "VRI", |entries| {
                entries.remove(&good.key);
            });
        }),
        ("all in the arrays, no entry", |_, store, good| {
            let mut all = list(store, "Certs");
            all.push(good.own.into());
            store.set("Certs", Object::Array(all));
            store.remove("VRI");
        }),
    ];
    for (what, edit) in rows {
        assert!(found(edit).is_empty(), "{what}: {:?}", found(edit));
    }
}

#[test]
fn the_same_bytes_in_another_stream_are_the_same_evidence() {
    let same: Edit = |update, store, _| {
        let bytes = Object::Stream(Stream::new(Dictionary::new(), vec![1; 40]));
        let copy = update.add(bytes);
        set_first(store, "Certs", copy);
    };
    assert!(found(same).is_empty(), "{:?}", found(same));
    let other: Edit = |update, store, _| {
        let other = update.add_stream(Dictionary::new(), vec![9; 40]);
        set_first(store, "Certs", other);
    };
    assert_eq!(found(other), ["validation data was taken away"]);
}

#[test]
fn what_an_earlier_revision_proved_is_not_taken_away() {
    let taken = "validation data was taken away";
    let foreign = "an entry names what is not in the security store";
    let rows: [(&str, Edit, &str); 7] = [
        (
            "a certificate out of the array",
            |_, store, _| {
                let items = list(store, "Certs")[1..].to_vec();
                store.set("Certs", Object::Array(items));
            },
            taken,
        ),
        (
            "an array",
            |_, store, _| {
                store.remove("CRLs");
            },
            taken,
        ),
        (
            "an entry that alone names something",
            |_, store, _| {
                in_dictionary(store, "VRI", |entries| {
                    entries.remove(OTHER);
                });
            },
            taken,
        ),
        (
            "all entries, one of which alone names something",
            |_, store, _| {
                store.remove("VRI");
            },
            taken,
        ),
        (
            "an entry that names something of its own instead",
            |update, store, good| {
                let other = update.add_stream(Dictionary::new(), vec![9; 40]);
                in_dictionary(store, "VRI", |entries| {
                    in_dictionary(entries, &good.key, |entry| set_first(entry, "Cert", other));
                });
            },
            foreign,
        ),
        (
            "an entry that names what is shown",
            |update, store, good| {
                let page = update.view().page(0).unwrap().unwrap();
                let content = page.dictionary.get("Contents").unwrap().as_reference().unwrap();
                in_dictionary(store, "VRI", |entries| {
                    in_dictionary(entries, &good.key, |entry| set_first(entry, "CRL", content));
                });
            },
            foreign,
        ),
        (
            "an entry whose token is something that was there",
            |update, store, good| {
                let page = update.view().page(0).unwrap().unwrap();
                let content = page.dictionary.get("Contents").unwrap().as_reference().unwrap();
                in_dictionary(store, "VRI", |entries| {
                    in_dictionary(entries, &good.key, |entry| entry.set("TS", content));
                });
            },
            "an object got another role",
        ),
    ];
    for (what, edit, expected) in rows {
        assert_eq!(found(edit), [expected], "{what}");
    }
}

#[test]
fn the_store_itself_stays() {
    let good = stored();
    let file = edited(&good.file, |update, _: &Document| {
        let mut catalog = update.catalog().unwrap();
        catalog.remove("DSS");
        update.put_catalog(catalog).unwrap();
    });
    assert_eq!(
        why_since(&file, good.revision),
        ["validation data was taken away"]
    );
}
