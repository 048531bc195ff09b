//! Which signature certifies, and what binds: `/Perms` and the signature's own word. ISO 32000-2 §12.8.2.2.

use zegel::pdf::changes::{Change, between};
use zegel::pdf::object::{Dictionary, Object};
use zegel::pdf::permission::Certification;
use zegel::pdf::signature::{FieldState, SignatureFault};
use zegel::pdf::signature_field::{self, AddedField, Content, FieldRequest, Placement};
use zegel::pdf::update::Update;
use zegel::pdf::xref::XrefKind;

use super::make;
use super::updating::{request, signed};

fn hidden(level: Option<Certification>) -> FieldRequest {
    let mut wanted = request(Placement::Invisible);
    if let Content::Signature { certify, .. } = &mut wanted.content {
        *certify = level;
    }
    wanted
}

/// `file` with a signature whose revision is changed by `edit` before it is closed.
fn signed_by(file: &[u8], wanted: &FieldRequest, edit: impl FnOnce(&mut Update, &AddedField)) -> Vec<u8> {
    let document = make::open(file).unwrap();
    let mut update = Update::new(&document);
    let added = signature_field::add(&mut update, wanted).unwrap();
    edit(&mut update, &added);
    let mut tail = update.finish().unwrap();
    tail.embed(&[0x30, 2]).unwrap();
    [file, &tail.bytes].concat()
}

fn set_permissions(update: &mut Update, permissions: Option<Dictionary>) {
    let mut catalog = update.catalog().unwrap();
    match permissions {
        Some(permissions) => catalog.set("Perms", permissions),
        None => drop(catalog.remove("Perms")),
    }
    update.put_catalog(catalog).unwrap();
}

/// Makes the signature of `added` say that `level` is what may change.
fn say(update: &mut Update, added: &AddedField, level: i64) {
    let mut dictionary = update
        .get(added.signature)
        .unwrap()
        .as_dictionary()
        .unwrap()
        .clone();
    let reference = Dictionary::new()
        .with("Type", Object::name("SigRef"))
        .with("TransformMethod", Object::name("DocMDP"))
        .with("TransformParams", Dictionary::new().with("P", level));
    dictionary.set("Reference", Object::Array(vec![reference.into()]));
    update.put(added.signature, dictionary).unwrap();
}

fn faults(file: &[u8]) -> Vec<Option<SignatureFault>> {
    let fields = make::open(file).unwrap().latest().signature_fields().unwrap();
    let state = |state: &FieldState| match state {
        FieldState::Faulty(fault) => Some(*fault),
        _ => None,
    };
    fields.iter().map(|field| state(&field.state)).collect()
}

fn is_allowed(file: &[u8], since: usize) -> bool {
    let document = make::open(file).unwrap();
    between(&document, since, document.last_revision())
        .unwrap()
        .iter()
        .all(Change::is_allowed)
}

#[test]
fn what_is_named_as_the_certification_is_one_and_came_first() {
    let plain = make::decision(XrefKind::Table);
    let wrong = Some(SignatureFault::Certification);
    assert_eq!(
        SignatureFault::Certification.cause(),
        "PDF_SIGNATURE_CERTIFICATION"
    );
    for level in [Certification::FormsAndSigning, Certification::Annotations] {
        let certified = signed(&plain, &hidden(Some(level)), &[0x30, 1]);
        assert_eq!(faults(&certified), [None]);
        let twice = signed(&certified, &hidden(None), &[0x30, 2]);
        assert_eq!(faults(&twice), [None, None]);
        assert!(is_allowed(&twice, 1));
    }
    // Named, and says nothing of it.
    let silent = signed_by(&plain, &hidden(None), |update, added| {
        set_permissions(update, Some(Dictionary::new().with("DocMDP", added.signature)));
    });
    assert_eq!(faults(&silent), [wrong]);
    // Named, and another was there before.
    let once = signed(&plain, &hidden(None), &[0x30, 1]);
    let late = signed_by(&once, &hidden(None), |update, added| {
        say(update, added, 2);
        set_permissions(update, Some(Dictionary::new().with("DocMDP", added.signature)));
    });
    assert_eq!(faults(&late), [None, wrong]);
    assert!(!is_allowed(&late, 1));
    // Two that certify, the second named in the place of the first.
    let certified = signed(&plain, &hidden(Some(Certification::FormsAndSigning)), &[0x30, 1]);
    let two = signed_by(&certified, &hidden(None), |update, added| {
        say(update, added, 2);
        set_permissions(update, Some(Dictionary::new().with("DocMDP", added.signature)));
    });
    assert_eq!(faults(&two), [None, wrong]);
    assert!(!is_allowed(&two, 1));
    // The name taken away later.
    let unnamed = {
        let mut update = Update::new(&make::open(&certified).unwrap());
        set_permissions(&mut update, None);
        [certified.as_slice(), &update.finish().unwrap().bytes].concat()
    };
    assert!(!is_allowed(&unnamed, 1));
}

#[test]
fn a_signature_that_says_what_may_change_is_believed_without_being_named() {
    let plain = make::decision(XrefKind::Table);
    for (level, expected) in [(1, false), (2, true), (3, true)] {
        let unnamed = signed_by(&plain, &hidden(None), |update, added| say(update, added, level));
        assert_eq!(faults(&unnamed), [None]);
        let allowed = make::open(&unnamed)
            .unwrap()
            .latest()
            .may_sign(None)
            .unwrap()
            .is_ok();
        assert_eq!(allowed, expected, "{level}");
        // An approval with a lock of its own level says it too (PDF 2.0), and is no second certification.
        let certified = signed(&plain, &hidden(Some(Certification::FormsAndSigning)), &[0x30, 1]);
        let approved = signed_by(&certified, &hidden(None), |update, added| {
            say(update, added, level)
        });
        assert_eq!(faults(&approved), [None, None]);
        assert!(is_allowed(&approved, 1));
        let view = make::open(&approved).unwrap().latest();
        assert_eq!(view.may_sign(None).unwrap().is_ok(), expected, "{level}");
        let document = make::open(&unnamed).unwrap();
        let mut update = Update::new(&document);
        let stamp = FieldRequest {
            content: Content::DocTimeStamp,
            ..hidden(None)
        };
        signature_field::add(&mut update, &stamp).unwrap();
        let mut tail = update.finish().unwrap();
        tail.embed(&[0x30, 3]).unwrap();
        assert!(is_allowed(&[unnamed.as_slice(), &tail.bytes].concat(), 1));
    }
}
