//! What is weighed and not only looked at: what an authority signed after it stopped, what a responder says whose own status
//! is old. Each beside a twin that holds.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zegel::ades::cades::stages::Packaging;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::base::digest::Sha256Digest;
use zegel::base::time::Timestamp;
use zegel::lab::pki::{AuthorityKind, CertificateBuilder, Extension, LabPki, Name, Validity};
use zegel::lab::services::{RevocationReason, Services};

use super::evidence::{answer_about, judged, lists, revoke, with_evidence};
use super::message;
use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, World};
use super::xml_world;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn plain() -> Vec<u8> {
    pdf(Xref::Table, SHAPES[0])
}

/// RFC 5280 §5.3.1: an authority that stopped, or has a newer certificate, leaves behind what it issued. What it signs from
/// then on is nobody's word.
#[test]
fn what_an_authority_signs_after_it_stopped_is_not_relied_on() {
    for reason in [
        RevocationReason::CessationOfOperation,
        RevocationReason::Superseded,
    ] {
        let world = World::new();
        let signer = world.signer(P384);
        let stamped = world.sealed(&plain(), &signer, Level::T);
        let (stopped, late) = (world.now.plus(DAY), world.now.plus(DAY * 3));
        let authority = world.pki().citizen.certificate_der().to_vec();
        revoke(&world, &authority, stopped, reason);
        let root = world
            .services
            .crl(AuthorityKind::Root, world.now.plus(DAY * 2))
            .unwrap();
        let others = |own: Timestamp| -> Vec<Vec<u8>> {
            let of = |kind, at| world.services.crl(kind, at).unwrap();
            vec![
                root.clone(),
                of(AuthorityKind::Timestamp, world.now),
                of(AuthorityKind::Citizen, own),
            ]
        };
        for (name, lists, answers, holds) in [
            ("a list from before", others(world.now), vec![], true),
            ("a list from the last moment", others(stopped), vec![], true),
            ("a list from after", others(stopped.plus(HOUR)), vec![], false),
            (
                "an answer from before",
                others(stopped.plus(HOUR)),
                vec![answer_about(&world, &signer, world.now.plus(HOUR))],
                true,
            ),
            (
                "an answer from after",
                others(stopped.plus(HOUR)),
                vec![answer_about(&world, &signer, stopped.plus(HOUR))],
                false,
            ),
        ] {
            let file = with_evidence(&world, &stamped, lists, answers);
            let report = judged(&world, &file, &[], late);
            let found = report.signatures[0].sub_indication;
            let expected = (!holds).then_some(SubIndication::RevokedCaNoPoe);
            assert_eq!(found, expected, "{reason:?}, {name}: {report:#?}");
        }
    }
}

/// The same laboratory whose citizen authority has a responder that must itself be looked up.
fn with_checked_responder(world: World) -> World {
    let folder = crate::support::TestFolder::new("checked-responder");
    world.pki().save(folder.path()).unwrap();
    let pki = LabPki::load(folder.path()).unwrap();
    let key = pki.citizen.responder().key.public();
    let subject = Name::new().common_name("TEST OCSP Responder 2").country("BE");
    let certificate = CertificateBuilder::new(subject, key)
        .valid(Validity::around(world.now, DAY * 600, DAY * 365))
        .with(Extension::key_usage(&[0]))
        .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.9"]))
        .with(Extension::subject_key(key))
        .issue(&pki.citizen, &*world.random)
        .unwrap();
    // The serial number stays known to the list.
    pki.save(folder.path()).unwrap();
    std::fs::write(folder.path().join("citizen-ocsp.crt"), certificate).unwrap();
    let pki = LabPki::load(folder.path()).unwrap();
    World {
        services: Arc::new(Services::new(Arc::new(pki), world.random.clone())),
        ..world
    }
}

/// A responder that must be looked up is looked up in a list that is as fresh as an authority's: in an old one it was never
/// revoked.
#[test]
fn a_responder_is_not_shown_good_by_a_list_of_any_age() {
    for (age, is_revoked, expected) in [
        (Duration::ZERO, false, None),
        (DAY * 209, false, None),
        (DAY * 211, false, Some(SubIndication::TryLater)),
        (DAY * 211, true, Some(SubIndication::TryLater)),
        (Duration::ZERO, true, Some(SubIndication::RevokedNoPoe)),
    ] {
        let world = with_checked_responder(World::new());
        let signer = world.signer(P384);
        let stamped = world.sealed(&plain(), &signer, Level::T);
        // The signer was revoked; the thief of the responder's key says that he was not.
        let answer = answer_about(&world, &signer, world.now);
        let list = || {
            let of = |kind, at| world.services.crl(kind, at).unwrap();
            vec![
                of(AuthorityKind::Root, world.now),
                of(AuthorityKind::Timestamp, world.now),
                of(AuthorityKind::Citizen, world.now.minus(age)),
            ]
        };
        let mut lists = list();
        if is_revoked {
            let stolen = world.now.minus(DAY * 100);
            let responder = world.pki().citizen.responder().certificate_der.clone();
            for one in [&responder, &signer.leaf.certificate_der] {
                revoke(&world, one, stolen, RevocationReason::KeyCompromise);
            }
            // An old list stays as it was made.
            if age.is_zero() {
                lists = list();
            }
        }
        let file = with_evidence(&world, &stamped, lists, vec![answer]);
        let report = judged(&world, &file, &[], world.now.plus(HOUR));
        let found = report.signatures[0].sub_indication;
        assert_eq!(found, expected, "{age:?}, revoked {is_revoked}: {report:#?}");
        assert_eq!(
            report.indication == Indication::TotalPassed,
            expected.is_none(),
            "{age:?}"
        );
    }
}

/// A token in a PDF signature is judged as in any other: damaged, it shows that the file was changed.
#[test]
fn a_broken_time_stamp_in_a_pdf_signature_is_told() {
    let world = World::new();
    let signer = world.signer(P384);
    let file = world.sealed(&plain(), &signer, Level::T);
    let kept = |file: &[u8]| with_evidence(&world, file, lists(&world, world.now), vec![]);
    let twin = world.validate(&kept(&file));
    assert_eq!(twin.indication, Indication::TotalPassed, "{twin:#?}");
    // The token is the last thing in the message, and its value the last thing in the token.
    let text = String::from_utf8_lossy(&file).into_owned();
    let start = text.find("/Contents <").unwrap() + "/Contents <".len();
    let end = start + file[start..].iter().position(|byte| *byte == b'>').unwrap();
    let last = start + file[start..end].iter().rposition(|byte| *byte != b'0').unwrap();
    let mut damaged = file.clone();
    let at = last - 40;
    damaged[at] = if damaged[at] == b'0' { b'1' } else { b'0' };
    let report = world.validate(&kept(&damaged));
    let signature = &report.signatures[0];
    assert_eq!(
        signature.sub_indication,
        Some(SubIndication::SigConstraintsFailure),
        "{signature:#?}"
    );
    let findings = signature.findings.iter();
    let causes: Vec<&str> = findings.map(|finding| finding.cause.as_str()).collect();
    assert!(causes.contains(&"TST_BROKEN"), "{causes:?}");
}

fn armoured(label: &str, message: &[u8]) -> String {
    let base64 = STANDARD.encode(message);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// RFC 7468: one message between its lines and nothing beside it.
#[test]
fn a_message_in_base64_between_lines_is_judged_as_what_it_is() {
    let world = World::new();
    let signer = world.signer(P384);
    let message = message::sealed(&world, b"besluit", &signer, Level::Lta, Packaging::Attached);
    for label in ["CMS", "PKCS7"] {
        let text = armoured(label, &message);
        for text in [text.clone(), text.replace('\n', "\r\n"), format!("\n{text}\n")] {
            let report = judged(&world, text.as_bytes(), &[], world.now);
            assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
            assert_eq!(report.signatures[0].level, Some(Level::Lta));
            assert_eq!(report.document.sha256, Sha256Digest::of(text.as_bytes()));
            assert_eq!(report.document.length_bytes, u64::try_from(text.len()).unwrap());
        }
        let text = armoured(label, &message);
        let other = armoured("CERTIFICATE", &message);
        for (name, text) in [
            ("two messages", text.repeat(2)),
            ("text behind it", format!("{text}Besluit 7\n")),
            ("another thing behind it", format!("{text}{other}")),
            ("no end", text.replace("-----END", "-----")),
            ("not base64", text.replacen('\n', "\n?", 1)),
            (
                "another end",
                text.replace("-----END C", "-----END D")
                    .replace("-----END P", "-----END D"),
            ),
        ] {
            let report = judged(&world, text.as_bytes(), &[], world.now);
            assert_eq!(report.indication, Indication::TotalFailed, "{name}");
            let failure = report.document.format_failure.unwrap_or_default();
            assert!(failure.ends_with("(CMS_PEM)"), "{name}: {failure}");
        }
    }
}

/// Canonical XML is UTF-8, and only that is read: another encoding is named, and not taken for a PDF.
#[test]
fn xml_in_another_encoding_is_named() {
    let world = World::new();
    let signer = world.signer(P384);
    let file = xml_world::sealed(&world, xml_world::Packaging::Enveloped, &signer, Level::Lta);
    let text = String::from_utf8(file).unwrap();
    let text = text.replace("encoding=\"UTF-8\"", "encoding=\"UTF-16\"");
    for marked in [true, false] {
        for big in [true, false] {
            let mark = marked.then_some('\u{feff}');
            let units = mark.into_iter().chain(text.chars()).flat_map(|one| {
                let mut buffer = [0; 2];
                one.encode_utf16(&mut buffer).to_vec()
            });
            let bytes: Vec<u8> = units
                .flat_map(|unit| {
                    if big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                })
                .collect();
            let report = judged(&world, &bytes, &[], world.now);
            assert_eq!(report.indication, Indication::TotalFailed);
            let failure = report.document.format_failure.unwrap_or_default();
            assert!(
                failure.contains("UTF-16") && failure.ends_with("(XML_ENCODING)"),
                "{failure}"
            );
        }
    }
}
