//! A report names what it is about: what is missing, what is not worked with, where a file breaks, and what a signature
//! binds.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zegel::ades::cades::stages::Packaging as CmsPackaging;
use zegel::ades::jades::read::Serialization;
use zegel::ades::jades::stages::Packaging as JwsPackaging;
use zegel::ades::level::Level;
use zegel::ades::pades::stages::Draft;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::policy::ValidationPolicy;
use zegel::ades::validate::report::{Allowed, Binding, FieldLock, ObjectKind, Report};
use zegel::ades::validate::{Context, validate_any};
use zegel::base::digest::HashAlgorithm;
use zegel::base::lang::Language;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::pdf::permission::{Certification, Lock};

use super::content_world::DATA;
use super::samples::{SHAPES, Xref, pdf};
use super::world::World;
use super::xml_world::Packaging;
use super::{jws, message, xml_world};

const P256: KeyKind = KeyKind::Ec(Curve::P256);

fn judged(world: &World, file: &[u8]) -> Report {
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at: world.now,
    };
    let policy = ValidationPolicy::strict();
    validate_any(Arc::new(file.to_vec()), &[], &context, &policy)
}

#[test]
fn content_that_is_not_at_hand_is_named() {
    let world = World::new();
    let signer = world.signer(P256);
    let digest = HashAlgorithm::Sha256.digest(DATA);
    let detached = message::sealed(&world, DATA, &signer, Level::B, CmsPackaging::Detached);
    let outside = xml_world::sealed(&world, Packaging::Detached, &signer, Level::B);
    let json = |packaging| {
        let form = (Serialization::Flattened, packaging);
        jws::sealed(&world, DATA, &signer, Level::B, form).into_bytes()
    };
    for (name, file, what) in [
        ("CMS", detached, format!("SHA-256 {}", hex::encode(&digest))),
        ("XML", outside, "besluit.pdf".to_owned()),
        ("one object", json(JwsPackaging::Detached), String::new()),
        (
            "objects",
            json(JwsPackaging::ObjectHashes),
            "besluit.txt, bijlage.txt".to_owned(),
        ),
    ] {
        let report = judged(&world, &file);
        let own = &report.signatures[0];
        let expected = Some(SubIndication::SignedDataNotFound);
        assert_eq!(own.sub_indication, expected, "{name}: {own:#?}");
        let object = own.findings.iter().find_map(|finding| finding.object.as_ref());
        let object = object.unwrap_or_else(|| panic!("{name}: {own:#?}"));
        assert_eq!(
            (object.kind, &object.name),
            (ObjectKind::SignedData, &what),
            "{name}"
        );
        let text = report.to_text(Language::Nl);
        assert!(
            text.contains(&format!("ondertekende inhoud: {what}")) || what.is_empty(),
            "{text}"
        );
    }
}

#[test]
fn an_algorithm_that_is_not_worked_with_is_named_in_xml_and_json() {
    let world = World::new();
    let signer = world.signer(P256);
    let xml = xml_world::sealed(&world, Packaging::Enveloped, &signer, Level::B);
    let xml = String::from_utf8(xml).unwrap();
    let ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    let sha3 = "http://www.w3.org/2007/05/xmldsig-more#sha3-256";
    let dsa = "http://www.w3.org/2009/xmldsig11#dsa-sha256";
    assert!(xml.contains(ecdsa) && xml.contains(sha256));
    let text = jws::sealed(
        &world,
        DATA,
        &signer,
        Level::B,
        (Serialization::Compact, JwsPackaging::Attached),
    );
    let (header, rest) = text.split_once('.').unwrap();
    let header = String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    let with = |from: &str, to: &str| {
        let changed = header.replace(from, to);
        assert_ne!(changed, header);
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(changed))
    };
    let digest = header
        .split("\"x5t#S256\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let named = format!("\"x5t#o\":{{\"digAlg\":\"{sha3}\",\"digVal\":\"{digest}\"}}");
    for (file, name) in [
        (xml.replace(ecdsa, dsa), dsa),
        (xml.replace(sha256, sha3), sha3),
        // That of the certificate alone.
        (xml.replacen(sha256, sha3, xml.matches(sha256).count()), sha3),
        (with("\"ES256\"", "\"ES256K\""), "ES256K"),
        (with(&format!("\"x5t#S256\":\"{digest}\""), &named), sha3),
    ] {
        let report = judged(&world, file.as_bytes());
        let own = &report.signatures[0];
        assert_eq!(own.indication, Indication::Indeterminate, "{name}: {own:#?}");
        let expected = Some(SubIndication::CryptoConstraintsFailure);
        assert_eq!(own.sub_indication, expected, "{name}: {own:#?}");
        assert!(own.findings[0].detail.ends_with(&format!(": {name}")), "{own:#?}");
    }
    // Of the reference to the certificate alone, when the rest is worked with.
    let (before, cert) = xml.split_once("<xades:CertDigest>").unwrap();
    let file = format!("{before}<xades:CertDigest>{}", cert.replacen(sha256, sha3, 1));
    let report = judged(&world, file.as_bytes());
    assert!(
        report.signatures[0].findings[0].detail.ends_with(sha3),
        "{report:#?}"
    );
}

#[test]
fn a_message_that_is_cut_off_says_where() {
    let world = World::new();
    let signer = world.signer(P256);
    let file = message::sealed(&world, DATA, &signer, Level::B, CmsPackaging::Attached);
    for left in [9, 40, 300, file.len() - 1] {
        let report = judged(&world, &file[..left]);
        let failure = report.document.format_failure.unwrap();
        let due = format!("the message is cut off at offset {left} (CMS_MALFORMED)");
        assert_eq!(failure, due);
    }
    // One octet too much, and a broken one inside.
    let longer = [file.as_slice(), b"x"].concat();
    let failure = judged(&world, &longer).document.format_failure.unwrap();
    assert!(
        failure.contains(&format!("at offset {}", file.len())),
        "{failure}"
    );
    let certificate = signer.certificate.der();
    let at = file
        .windows(certificate.len())
        .position(|window| window == certificate)
        .unwrap();
    let mut broken = file.clone();
    broken[at + 1] = 0xFF;
    let failure = judged(&world, &broken).document.format_failure.unwrap();
    assert!(failure.contains(&format!("at offset {at} ")), "{at}: {failure}");
}

#[test]
fn what_a_signature_binds_is_told() {
    let world = World::new();
    let signer = world.signer(P256);
    let document = pdf(Xref::Table, SHAPES[0]);
    let plain = world.draft(&signer, Level::B);
    let certified = Draft {
        certify: Some(Certification::FormsAndSigning),
        ..plain.clone()
    };
    let locked = Draft {
        lock: Some(Lock::All),
        ..plain.clone()
    };
    let binding = |certifies, allows, locks| {
        Some(Binding {
            certifies,
            allows,
            locks,
        })
    };
    for (draft, binds, line) in [
        (plain, None, None),
        (
            certified,
            binding(true, Some(Allowed::FormsAndSigning), vec![]),
            Some("certified; allows afterwards: filling in forms and signing"),
        ),
        (
            locked,
            binding(false, None, vec![FieldLock::All]),
            Some("locks the fields: all"),
        ),
    ] {
        let report = judged(&world, &world.sealed_with(&document, &signer, &draft));
        assert_eq!(report.signatures[0].binds, binds, "{report:#?}");
        let text = report.to_text(Language::En);
        if let Some(line) = line {
            assert!(text.lines().any(|one| one.trim() == line), "{text}");
        }
        let says = text.contains("afterwards:") || text.contains("locks the fields");
        assert_eq!(says, line.is_some(), "{text}");
    }
}
