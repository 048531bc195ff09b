//! Each attack changes one thing in a file that passes, and is told for its own reason.

use std::sync::Arc;

use zegel::ades::cms::build::Message;
use zegel::ades::cms::read::SignedData;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::report::{SignatureReport, VerdictStatus};
use zegel::ades::validate::verdict::{VERDICT_TYPE, VerdictKey};
use zegel::asn1::read::{self, Rules};
use zegel::asn1::write;
use zegel::base::digest::Sha256Digest;
use zegel::crypto::jws;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::pdf::document::Document;
use zegel::pdf::object::{Dictionary, Object};
use zegel::pdf::signature::Signature;
use zegel::pdf::update::Update;

use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, World, with_verdict};

fn plain() -> Vec<u8> {
    pdf(Xref::Table, SHAPES[0])
}

fn open(file: &[u8]) -> Document {
    Document::open(Arc::new(file.to_vec())).unwrap()
}

fn first_signature(file: &[u8]) -> Signature {
    open(file).latest().signatures().unwrap().remove(0)
}

fn causes(report: &SignatureReport) -> Vec<&str> {
    report
        .findings
        .iter()
        .map(|finding| finding.cause.as_str())
        .collect()
}

/// `file` with the message of its first signature replaced.
fn with_message(file: &[u8], message: &[u8]) -> Vec<u8> {
    let span = first_signature(file).contents_span;
    let (start, end) = (
        usize::try_from(span.start).unwrap() + 1,
        usize::try_from(span.end).unwrap() - 1,
    );
    let mut digits = hex::encode_upper(message);
    assert!(digits.len() <= end - start, "the message fits the room");
    while digits.len() < end - start {
        digits.push('0');
    }
    [&file[..start], digits.as_bytes(), &file[end..]].concat()
}

#[test]
fn a_changed_byte_anywhere_in_the_signed_bytes_never_passes() {
    let world = World::new();
    let signer = world.signer(P384);
    let file = world.sealed(&plain(), &signer, Level::Lta);
    let signature = first_signature(&file);
    assert_eq!(world.validate(&file).indication, Indication::TotalPassed);
    let [_, first, second, rest] = signature
        .byte_range
        .map(|number| usize::try_from(number).unwrap());
    let mut hash_failures = 0;
    for at in (0..first).chain(second..second + rest).step_by(61) {
        let mut changed = file.clone();
        changed[at] ^= 0x01;
        let report = world.validate(&changed);
        assert_ne!(report.indication, Indication::TotalPassed, "byte {at}");
        assert_ne!(
            report.signatures.first().and_then(|one| one.level),
            Some(Level::Lta),
            "byte {at}"
        );
        let sub = report.signatures.first().and_then(|one| one.sub_indication);
        hash_failures += u32::from(sub == Some(SubIndication::HashFailure));
    }
    assert!(
        hash_failures > 10,
        "most changes leave a readable file whose digest differs"
    );
}

#[test]
fn a_page_added_after_the_signature_fails_it() {
    let world = World::new();
    let file = world.sealed(&plain(), &world.signer(P384), Level::Lta);
    let document = open(&file);
    let mut update = Update::new(&document);
    let pages = update
        .catalog()
        .unwrap()
        .get("Pages")
        .and_then(Object::as_reference)
        .unwrap();
    let page = Dictionary::new()
        .with("Type", Object::name("Page"))
        .with("Parent", pages)
        .with(
            "MediaBox",
            Object::Array([0, 0, 595, 842].map(Object::Integer).to_vec()),
        );
    let page = update.add(page);
    let mut tree = update.get(pages).unwrap().as_dictionary().cloned().unwrap();
    let mut kids = tree.get("Kids").and_then(Object::as_array).unwrap().to_vec();
    kids.push(page.into());
    tree.set("Kids", Object::Array(kids));
    tree.set("Count", 2);
    update.put(pages, tree).unwrap();
    let changed = [file, update.finish().unwrap().bytes].concat();
    let report = world.validate(&changed);
    assert_eq!(report.indication, Indication::TotalFailed);
    assert_eq!(
        report.signatures[0].sub_indication,
        Some(SubIndication::FormatFailure)
    );
    assert!(causes(&report.signatures[0]).contains(&"PDF_CHANGE_NOT_ALLOWED"));
}

#[test]
fn messages_that_could_mean_something_else_are_refused() {
    let world = World::new();
    let signer = world.signer(P384);
    let file = world.sealed(&plain(), &signer, Level::T);
    let contents = first_signature(&file).contents;
    let message = SignedData::parse(&contents).unwrap();
    let original = &contents[..message.length];
    let parts = |der: &[u8]| -> Vec<Vec<u8>> {
        let mut inner = read::single(der, Rules::Der).unwrap().inside().unwrap();
        let mut found = Vec::new();
        while let Some(part) = inner.next().unwrap() {
            found.push(part.whole().to_vec());
        }
        found
    };
    let rebuilt = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let outer = parts(original);
        let mut data = parts(&parts(&outer[1])[0]);
        change(&mut data);
        let data: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
        write::sequence(&[&outer[0], &write::explicit(0, &write::sequence(&data))])
    };
    assert_eq!(rebuilt(&|_| ()), original);

    // Another certificate over the same key, named by the signer identifier only.
    let other = world.signer(P384);
    let info = &message.signers[0];
    let swapped = Message {
        certificate: other.certificate.der(),
        chain: &[],
        algorithm: info.algorithm().unwrap(),
        signed_attributes: info.signed_bytes.as_deref().unwrap(),
        signature: &info.signature,
        time_stamp: None,
    };
    let double_attribute = rebuilt(&|data| {
        let mut signer = parts(data[4].as_slice());
        let inner = read::single(&signer[0], Rules::Der).unwrap();
        signer.push(inner.whole().to_vec());
        data[4] = write::element(0x31, &signer.concat());
    });
    for (name, attacked, sub, cause) in [
        (
            "two signers",
            double_attribute,
            SubIndication::FormatFailure,
            "CMS_SIGNER_COUNT",
        ),
        (
            "content of its own",
            rebuilt(&|data| {
                let oid = parts(&data[2])[0].clone();
                data[2] = write::sequence(&[&oid, &write::explicit(0, &write::octet_string(b"other"))]);
            }),
            SubIndication::FormatFailure,
            "CMS_CONTENT_PRESENT",
        ),
        (
            "another certificate",
            swapped.to_der().unwrap(),
            SubIndication::NoSigningCertificateFound,
            "CMS_CERTIFICATE_MISSING",
        ),
        (
            "no message at all",
            b"\x30\x03\x02\x01\x05".to_vec(),
            SubIndication::FormatFailure,
            "CMS_MALFORMED",
        ),
    ] {
        let report = world.validate(&with_message(&file, &attacked));
        let signature = &report.signatures[0];
        assert_eq!(signature.sub_indication, Some(sub), "{name}: {signature:#?}");
        assert!(
            causes(signature).contains(&cause),
            "{name}: {:?}",
            causes(signature)
        );
        assert_eq!(signature.level, None, "{name}");
    }
}

#[test]
fn a_byte_range_that_lies_is_a_format_failure() {
    let world = World::new();
    let file = world.sealed(&plain(), &world.signer(P384), Level::B);
    let [_, first, second, rest] = first_signature(&file).byte_range;
    let text = format!("[0 {first} {second} {rest}]");
    let at = file
        .windows(text.len())
        .position(|window| window == text.as_bytes())
        .unwrap();
    for (name, lie) in [
        ("shorter end", format!("[0 {first} {second} {}]", rest - 2)),
        ("longer end", format!("[0 {first} {second} {}]", rest + 1)),
        ("wider gap before", format!("[0 {} {second} {rest}]", first - 1)),
        (
            "wider gap behind",
            format!("[0 {first} {} {}]", second + 1, rest - 1),
        ),
        ("not from the first byte", format!("[1 {first} {second} {rest}]")),
        ("negative", format!("[0 -{first} {second} {rest}]")),
        ("three numbers", format!("[0 {first} {second}]")),
    ] {
        let mut changed = file.clone();
        let room = lie.len().max(text.len());
        let padded = format!("{lie:<room$}");
        // The placeholder is padded with blanks behind it.
        changed.splice(at..at + room, padded.bytes());
        let report = world.validate(&changed);
        assert_eq!(report.indication, Indication::TotalFailed, "{name}");
        assert_eq!(
            report.signatures[0].sub_indication,
            Some(SubIndication::FormatFailure),
            "{name}"
        );
        assert_eq!(report.signatures[0].level, None, "{name}");
    }
}

#[test]
fn a_file_cut_back_to_an_earlier_revision_shows_the_lower_level() {
    let world = World::new();
    let signer = world.signer(P384);
    let document = plain();
    let draft = world.draft(&signer, Level::Lta);
    let signed = world.signed(&document, &draft, &signer.leaf.key);
    let completed = world
        .complete(&document, signed)
        .map_err(|(error, _)| error)
        .unwrap();
    let mut file = document;
    let mut levels = Vec::new();
    for tail in &completed.tails {
        file.extend_from_slice(&tail.0);
        levels.push(world.validate(&file).signatures[0].level.unwrap());
    }
    assert_eq!(levels[..3], [Level::T, Level::Lt, Level::Lta]);
}

#[test]
fn files_that_are_no_signed_pdf_say_so() {
    let world = World::new();
    for (name, file, indication) in [
        ("empty", Vec::new(), Indication::TotalFailed),
        ("text", b"not a pdf".to_vec(), Indication::TotalFailed),
        ("unsigned", plain(), Indication::Indeterminate),
    ] {
        let report = world.validate(&file);
        assert_eq!(report.indication, indication, "{name}");
        assert!(report.signatures.is_empty(), "{name}");
        assert_eq!(
            report.document.format_failure.is_some(),
            indication == Indication::TotalFailed,
            "{name}"
        );
    }
}

#[test]
fn a_verdict_counts_only_in_the_signature_it_was_given_for() {
    let world = World::new();
    let (mayor, director) = (world.signer(P384), world.signer(P384));
    let board = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let keys = [VerdictKey::trusted(board.public().clone()).unwrap()];
    let verdict = |document: &[u8]| {
        let claims = serde_json::json!({
            "document_sha256": Sha256Digest::of(document).to_string(),
            "signer_certificate_sha256": mayor.certificate.fingerprint().to_string(),
            "at": world.now,
            "iat": world.now.as_seconds(),
            "capacity": {"kind": "holding", "role": "burgemeester", "status": "effective"},
            "organisation": {"name": "Gemeente Zegelgem"},
        });
        let algorithm = board.public().kind().default_algorithm();
        let payload = claims.to_string();
        jws::sign(
            &board,
            algorithm,
            Some(&keys[0].id),
            VERDICT_TYPE,
            payload.as_bytes(),
        )
        .unwrap()
    };
    // A document that does not end in one end of line: what counts is the file as it was handed over.
    let document = [&plain()[..], b"\n\n"].concat();
    let first = with_verdict(world.draft(&mayor, Level::Lta), &verdict(&document));
    let once = world.sealed_with(&document, &mayor, &first);
    let second = with_verdict(world.draft(&director, Level::Lta), &verdict(&document));
    let twice = world.sealed_with(&once, &director, &second);
    let report = world.validate_at(&twice, world.now, &keys);
    assert_eq!(report.indication, Indication::TotalPassed);
    let attested: Vec<_> = report
        .signatures
        .iter()
        .map(|one| one.attested.clone().unwrap())
        .collect();
    assert_eq!(attested[0].status, VerdictStatus::Verified);
    assert_eq!(
        attested[0].capacity.as_deref(),
        Some("burgemeester, Gemeente Zegelgem")
    );
    // The same verdict under the second signature speaks of another document: the one before the first.
    assert_eq!(attested[1].status, VerdictStatus::OtherSubject);
    assert_eq!(attested[1].capacity, None);
    let without_keys = world.validate(&twice);
    assert_eq!(
        without_keys.signatures[0].attested.as_ref().unwrap().status,
        VerdictStatus::KeyMissing
    );
    let json = serde_json::to_string(&report).unwrap();
    assert!(!json.contains("85073003328"), "no report shows a national number");
}
