//! What a signer binds beside the content: fields that nobody may change afterwards, and the policy. EU DSS and pyHanko
//! judge both.

use std::path::Path;
use std::sync::Arc;

use zegel::ades::level::Level;
use zegel::ades::pades::prepare::prepare;
use zegel::ades::statement::{PolicyIdentifier, SignaturePolicy};
use zegel::ades::validate::indication::Indication;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::base::digest::HashAlgorithm;
use zegel::pdf::document::Document;
use zegel::pdf::object::{Dictionary, Object, ObjectId};
use zegel::pdf::permission::Lock;
use zegel::pdf::update::Update;

use super::eu_dss;
use super::judges::{pem, run, text};
use super::world::{P384, Signer, World};
use crate::pdf::make;
use crate::support::{TestFolder, judge};

/// A form with two text fields.
fn form() -> Vec<u8> {
    let field = |name: &str, y: u32| {
        format!(
            "<</Type/Annot/Subtype/Widget/FT/Tx/T({name})/V(10)/F 4/Rect[10 {y} 90 {}]/P 3 0 R/AP<</N 6 0 R>>>>",
            y + 20
        )
    };
    make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 5 0 R]/DR<</Font<</F 7 0 R>>>>>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R 5 0 R]>>",
            &field("Amount", 250),
            &field("Remark", 220),
            "<</Type/XObject/Subtype/Form/BBox[0 0 80 20]/Resources<</Font<</F 7 0 R>>>>/Length 28>>\nstream\nBT /F 9 Tf 2 6 Td (10) Tj ET\nendstream",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ],
        "",
    )
}

/// The field `id` filled anew, in a revision behind `file`.
fn filled(file: &[u8], id: u32) -> Vec<u8> {
    let document = Document::open(Arc::new(file.to_vec())).unwrap();
    let mut update = Update::new(&document);
    let id = ObjectId::new(id);
    let Object::Dictionary(mut field) = document.latest().get(id).unwrap() else {
        panic!("no field");
    };
    let bbox = Object::Array([0, 0, 80, 20].map(Object::Integer).to_vec());
    let fonts = Dictionary::new().with("F", ObjectId::new(7));
    let shown = update.add_stream(
        Dictionary::new()
            .with("Type", Object::name("XObject"))
            .with("Subtype", Object::name("Form"))
            .with("BBox", bbox)
            .with("Resources", Dictionary::new().with("Font", fonts)),
        b"/Tx BMC BT /F 9 Tf 2 6 Td (20) Tj ET EMC".to_vec(),
    );
    field.set("V", Object::String(b"20".to_vec()));
    field.set("AP", Dictionary::new().with("N", shown));
    update.put(id, field).unwrap();
    [file, &update.finish().unwrap().bytes].concat()
}

/// pyHanko finds the signature whole, and what was added after it allowed. The services that it would ask are not there.
fn pyhanko_takes(root: &Path, file: &Path) {
    let Some(pyhanko) = judge("pyhanko") else { return };
    let (root, file) = (root.to_str().unwrap(), file.to_str().unwrap());
    let told = run(
        &pyhanko,
        &["sign", "adesverify", "--trust-replace", "--trust", root, file],
    );
    let told = text(&told);
    let is_whole = told.contains(":INTACT:") && !told.contains("ILLEGAL_MODIFICATIONS");
    assert!(is_whole, "{file}: {told}");
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A world at the moment of now, for judges that take no other.
fn world() -> (World, Signer) {
    let world = World::at(SystemClock::new().now(), "http://127.0.0.1:9");
    let signer = world.signer(P384);
    (world, signer)
}

#[test]
fn a_lock_that_is_ordered_binds_its_fields_and_no_others() {
    let (world, signer) = world();
    let folder = TestFolder::new("locking");
    let root = folder.path().join("root.pem");
    std::fs::write(&root, pem(world.pki().root_der())).unwrap();
    let (mut cases, mut bound) = (Vec::new(), Vec::new());
    for (number, (lock, amount, remark, closed)) in [
        (None, true, true, false),
        (Some(Lock::All), false, false, true),
        (Some(Lock::Include(named(&["Amount"]))), false, true, false),
        (Some(Lock::Exclude(named(&["Amount"]))), true, false, true),
    ]
    .into_iter()
    .enumerate()
    {
        let mut draft = world.draft(&signer, Level::Lta);
        draft.lock.clone_from(&lock);
        let file = world.sealed_with(&form(), &signer, &draft);
        make::check_with_qpdf(&file);
        let report = world.validate(&file);
        assert_eq!(
            report.indication,
            Indication::TotalPassed,
            "{lock:?}: {report:#?}"
        );
        for (id, stands) in [(4, amount), (5, remark)] {
            let changed = filled(&file, id);
            let report = world.validate(&changed);
            assert_eq!(
                report.indication == Indication::TotalPassed,
                stands,
                "{lock:?}, {id}: {report:#?}"
            );
        }
        // Who signs after it needs a field, which a lock on all but some takes away.
        let next = prepare(Arc::new(file.clone()), &world.draft(&signer, Level::B), world.now);
        assert_eq!(
            next.err().map(|refused| refused.cause()),
            closed.then_some("PDF_FIELD_LOCKED"),
            "{lock:?}"
        );
        // pyHanko takes the appearance of a locked field for changed as soon as anything follows (`policies.py`): it
        // judges what nothing follows.
        draft.level = Level::B;
        let alone = world.sealed_with(&form(), &signer, &draft);
        for (level, file) in [(Level::B, alone), (Level::Lta, file)] {
            let path = folder.path().join(format!("{number}-{level}.pdf"));
            std::fs::write(&path, &file).unwrap();
            if level == Level::B {
                pyhanko_takes(&root, &path);
            }
            cases.push(eu_dss::Case {
                file: path,
                beside: Vec::new(),
                level,
                others: Vec::new(),
            });
            bound.push(closed);
        }
    }
    let Some(refusals) = eu_dss::refusals(&root, world.now, &cases) else {
        return;
    };
    for ((case, closed), refusal) in cases.iter().zip(bound).zip(refusals) {
        // A lock on all fields but some covers that of a time-stamp over the document too, which B-LTA needs: EU DSS passes
        // the signature and warns.
        let warns = closed && case.level == Level::Lta;
        assert_eq!(refusal.is_some(), warns, "{}: {refusal:?}", case.file.display());
        let told = refusal.unwrap_or_default();
        let of_the_lock = told.matches("Document contains changes restricted by /").count();
        assert!(
            !warns || (told.contains("TOTAL_PASSED") && of_the_lock == 2 && told.matches('!').count() == 2),
            "{told}"
        );
    }
}

#[test]
fn a_lock_on_a_field_that_is_not_there_is_refused() {
    let (world, signer) = world();
    for lock in [
        Lock::Include(named(&["Amuont"])),
        Lock::Exclude(named(&["Amount", "Amount.of"])),
    ] {
        let mut draft = world.draft(&signer, Level::B);
        draft.lock = Some(lock);
        let refused = prepare(Arc::new(form()), &draft, world.now).unwrap_err();
        assert_eq!(refused.cause(), "PDF_FIELD_NOWHERE");
    }
}

#[test]
fn a_policy_is_read_by_eu_dss_and_pyhanko() {
    let (world, signer) = world();
    let folder = TestFolder::new("policy");
    let root = folder.path().join("root.pem");
    std::fs::write(&root, pem(world.pki().root_der())).unwrap();
    let mut cases = Vec::new();
    for level in [Level::B, Level::Lta] {
        let mut draft = world.draft(&signer, level);
        draft.policy = Some(SignaturePolicy {
            identifier: PolicyIdentifier::Oid("2.25.1".to_owned()),
            hash: HashAlgorithm::Sha256,
            digest: HashAlgorithm::Sha256.digest(b"TEST policy"),
            uri: Some("https://zegel.example/policy-TEST.pdf".to_owned()),
        });
        let file = world.sealed_with(&form(), &signer, &draft);
        let path = folder.path().join(format!("{level}.pdf"));
        std::fs::write(&path, &file).unwrap();
        pyhanko_takes(&root, &path);
        cases.push(eu_dss::Case {
            file: path,
            beside: Vec::new(),
            level,
            others: Vec::new(),
        });
    }
    if let Some(refusals) = eu_dss::refusals(&root, world.now, &cases) {
        assert_eq!(refusals, vec![None; cases.len()]);
    }
}

#[test]
fn a_policy_named_by_a_uri_cannot_stand_in_a_pdf() {
    let (world, signer) = world();
    let mut draft = world.draft(&signer, Level::B);
    draft.policy = Some(SignaturePolicy {
        identifier: "https://zegel.example/policy".parse().unwrap(),
        hash: HashAlgorithm::Sha256,
        digest: vec![0; 32],
        uri: None,
    });
    let refused = prepare(Arc::new(form()), &draft, world.now).unwrap_err();
    assert_eq!(refused.cause(), "ADES_MESSAGE");
    for (text, oid) in [
        ("1.2.3", true),
        ("urn:oid:1.2.3", true),
        ("https://a/b", false),
        ("urn:x:y", false),
    ] {
        let read: PolicyIdentifier = text.parse().unwrap();
        assert_eq!(matches!(read, PolicyIdentifier::Oid(_)), oid, "{text}");
    }
    for text in [
        "",
        "1",
        "policy",
        "1.2.x",
        "urn:oid:x",
        "http:",
        "https://a b",
        ":a",
    ] {
        assert!(text.parse::<PolicyIdentifier>().is_err(), "{text}");
    }
}
