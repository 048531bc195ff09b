//! Everything that is signed beside what an authority attests is named, each thing once.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zegel::ades::cms::attributes::ClaimedAttribute;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::SubIndication;
use zegel::ades::validate::report::{SignatureReport, VerdictStatus};
use zegel::ades::validate::verdict::{VERDICT_TYPE, VerdictKey};
use zegel::ades::validate::{Context, validate_xml};
use zegel::ades::xades::prepare::{Detached, prepare_detached};
use zegel::base::digest::{HashAlgorithm, Sha256Digest};
use zegel::crypto::jws;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::xml::signature::algorithm::digest_uri;

use super::asic_world::moment;
use super::world::{P384, Signer, World};
use super::xml_world::{bytes_of, complete_at, content, draft, outside, signed, signed_anew, things};

/// The verdict of `board` about `document`, for `signer`.
fn verdict(world: &World, board: &PrivateKey, signer: &Signer, document: &[u8]) -> String {
    let claims = serde_json::json!({
        "document_sha256": Sha256Digest::of(document).to_string(),
        "signer_certificate_sha256": signer.certificate.fingerprint().to_string(),
        "at": world.now,
        "iat": world.now.as_seconds(),
        "request": "srq_TEST",
    });
    let algorithm = board.public().kind().default_algorithm();
    let id = jws::thumbprint(board.public()).unwrap();
    let payload = claims.to_string();
    jws::sign(board, algorithm, Some(&id), VERDICT_TYPE, payload.as_bytes()).unwrap()
}

/// A reference to `uri`, which is `octets`.
fn reference(uri: &str, kind: &str, hash: HashAlgorithm, octets: &[u8]) -> String {
    format!(
        "<ds:Reference{kind} URI=\"{uri}\"><ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod>\
         <ds:DigestValue>{}</ds:DigestValue></ds:Reference>",
        digest_uri(hash),
        STANDARD.encode(hash.digest(octets))
    )
}

/// A signature over the first `count` things, with the verdict about the first, after `more` was added to its references
/// and `object` behind its objects.
fn judged(count: usize, more: &str, object: &str) -> SignatureReport {
    let world = World::new();
    let signer = world.signer(P384);
    let board = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let mut draft = draft(&world, &signer, Level::B);
    let about = verdict(&world, &board, &signer, b"%PDF TEST");
    draft.claimed.push(ClaimedAttribute::verdict(about));
    let over: Vec<Detached> = things().into_iter().take(count).collect();
    let prepared = prepare_detached(&over, (0, 0), &draft, moment(&world)).unwrap();
    let base: Arc<dyn zegel::base::bytes::ReadAt> = Arc::new(Vec::new());
    let stage = signed(&world, prepared, &signer);
    let completed = complete_at(&world, &base, &outside(over), stage, world.now);
    let Ok(completed) = completed else {
        panic!("a signature below B-T needs nothing");
    };
    let text = String::from_utf8(bytes_of(&completed.document(&base))).unwrap();
    let (references, end) = ("</ds:SignedInfo>", "</ds:Signature>");
    assert_eq!(
        (text.matches(references).count(), text.matches(end).count()),
        (1, 1)
    );
    let text = text.replace(references, &format!("{more}{references}"));
    let text = text.replace(end, &format!("{object}{end}"));
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[VerdictKey::trusted(board.public().clone()).unwrap()],
        at: world.now,
    };
    let mut beside = things();
    beside.push(Detached {
        uri: "%23o".to_owned(),
        mime_type: None,
        content: content(b"TEST"),
    });
    let outside = outside(beside);
    let file = Arc::new(signed_anew(&signer, &text).into_bytes());
    let mut report = validate_xml(file, &|uri| outside(uri), &context);
    assert_eq!(report.signatures.len(), 1);
    report.signatures.remove(0)
}

#[test]
fn everything_signed_that_no_authority_attests_is_named_once() {
    let sha512 = HashAlgorithm::Sha512;
    let twice = reference("besluit.pdf", "", sha512, b"%PDF TEST");
    let inside = "<ds:Object xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"o\">TEST</ds:Object>";
    let to_inside = reference("#o", "", sha512, inside.as_bytes());
    let rest = reference("bijlage%201.txt", "", sha512, b"bijlage");
    let start = "<ds:Manifest xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"m\">";
    let manifest = format!("{start}{rest}{twice}</ds:Manifest>");
    let kind = " Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\"";
    let to_manifest = reference("#m", kind, sha512, manifest.as_bytes());
    let in_object = format!("<ds:Object>{manifest}</ds:Object>");
    let all = [to_inside.as_str(), &twice].concat();
    let both = [reference("%23o", "", sha512, b"TEST"), to_inside.clone()].concat();
    let other = "bijlage 1.txt";
    for (name, count, more, object, unattested) in [
        ("two files", 2, "", "", vec![other]),
        ("one of them twice", 2, twice.as_str(), "", vec![other]),
        ("the other twice", 2, rest.as_str(), "", vec![other]),
        ("content beside them", 2, &to_inside, inside, vec![other, "#o"]),
        ("content beside one", 1, &to_inside, inside, vec!["#o"]),
        ("content beside one twice", 1, &all, inside, vec!["#o"]),
        (
            "content under the name of a file",
            2,
            &both,
            inside,
            vec![other, "#o", "#o"],
        ),
        ("a manifest", 1, &to_manifest, &in_object, vec![other]),
    ] {
        let report = judged(count, more, object);
        let case = format!("{name}: {report:#?}");
        assert_eq!(report.sub_indication, Some(SubIndication::TryLater), "{case}");
        let attested = report.attested_files.iter();
        let attested: Vec<_> = attested
            .map(|one| (one.file.as_deref(), one.attested.status))
            .collect();
        assert_eq!(
            attested,
            [(Some("besluit.pdf"), VerdictStatus::Verified)],
            "{case}"
        );
        assert_eq!(report.unattested_files, unattested, "{case}");
        assert!(
            report.findings.iter().all(|one| one.cause != "VERDICT_SURPLUS"),
            "{case}"
        );
    }
    // One document alone is told of as a whole, however often it is named.
    for more in ["", twice.as_str()] {
        let report = judged(1, more, "");
        let attested = report.attested.as_ref().map(|one| one.status);
        assert_eq!(attested, Some(VerdictStatus::Verified), "{report:#?}");
        assert!(report.attested_files.is_empty() && report.unattested_files.is_empty());
    }
}
