//! Two levels of one signature: what the file shows, and how much of that can be relied upon.

use std::sync::Arc;
use std::time::Duration;

use zegel::ades::cades::stages::Packaging as CmsPackaging;
use zegel::ades::cms::oids;
use zegel::ades::cms::read::SignedData;
use zegel::ades::jades::read::Serialization;
use zegel::ades::jades::stages::Packaging as JwsPackaging;
use zegel::ades::level::Level;
use zegel::ades::validate::policy::ValidationPolicy;
use zegel::ades::validate::report::SignatureReport;
use zegel::ades::validate::{Context, validate_any};
use zegel::base::lang::Language;
use zegel::base::time::Timestamp;
use zegel::pki::trust::Trust;

use super::asic_world::{self, Form};
use super::content_world::DATA;
use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, World};
use super::xml_world::Packaging;
use super::{jws, message, xml_world};

const LEVELS: [Level; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];
const DAY: Duration = Duration::from_hours(24);

fn files(world: &World, level: Level) -> Vec<(&'static str, Vec<u8>)> {
    let signer = world.signer(P384);
    let form = *Form::ALL.first().unwrap();
    let json = jws::sealed(
        world,
        DATA,
        &signer,
        level,
        (Serialization::Flattened, JwsPackaging::Attached),
    );
    vec![
        ("pdf", world.sealed(&pdf(Xref::Table, SHAPES[0]), &signer, level)),
        (
            "cms",
            message::sealed(world, DATA, &signer, level, CmsPackaging::Attached),
        ),
        (
            "xml",
            xml_world::sealed(world, Packaging::Enveloped, &signer, level),
        ),
        ("jws", json.into_bytes()),
        ("container", asic_world::sealed(world, form, &signer, level)),
    ]
}

fn only(world: &World, trust: &Trust, file: &[u8], at: Timestamp) -> SignatureReport {
    let context = Context {
        trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at,
    };
    let policy = ValidationPolicy::strict();
    let report = validate_any(Arc::new(file.to_vec()), &[], &context, &policy);
    assert_eq!(report.signatures.len(), 1);
    report.signatures[0].clone()
}

#[test]
fn the_level_that_a_file_shows_hangs_on_no_moment_and_on_nobodys_trust() {
    let (world, stranger) = (World::new(), World::new());
    let before = world.now.minus(DAY);
    let after = world.now.plus(DAY * 365 * 30);
    for level in LEVELS {
        for (name, file) in files(&world, level) {
            let at = |moment| only(&world, &world.trust, &file, moment);
            let now = at(world.now);
            assert_eq!(
                (now.level, now.proven_level),
                (Some(level), Some(level)),
                "{name}"
            );
            for (when, seen) in [
                ("before", at(before)),
                ("after", at(after)),
                ("a stranger", only(&world, &stranger.trust, &file, world.now)),
            ] {
                assert_eq!(seen.level, Some(level), "{name} {level}, {when}: {seen:#?}");
                assert!(seen.proven_level <= Some(level), "{name} {level}, {when}");
                if when != "after" {
                    assert_eq!(seen.proven_level, Some(Level::B), "{name} {level}, {when}");
                }
            }
        }
    }
}

/// A time-stamp whose signature does not verify shows no level, to anybody.
#[test]
fn what_does_not_fit_shows_nothing() {
    let world = World::new();
    let file = world.sealed(&pdf(Xref::Table, SHAPES[0]), &world.signer(P384), Level::T);
    let gap = b"<308";
    let start = file.windows(gap.len()).position(|window| window == gap).unwrap() + 1;
    let length = file[start..].iter().position(|byte| *byte == b'>').unwrap();
    let message = hex::decode(&file[start..start + length]).unwrap();
    let found = SignedData::parse(&message).unwrap();
    let token = found.signers[0]
        .unsigned_values(oids::SIGNATURE_TIME_STAMP)
        .next()
        .unwrap();
    let at = message
        .windows(token.len())
        .position(|window| window == token)
        .unwrap();
    // The last octet of a token is one of its signature's.
    let last = start + (at + token.len()) * 2 - 1;
    let mut damaged = file.clone();
    damaged[last] = if file[last] == b'0' { b'1' } else { b'0' };
    let seen = only(&world, &world.trust, &damaged, world.now);
    assert_eq!(
        (seen.level, seen.proven_level),
        (Some(Level::B), Some(Level::B)),
        "{seen:#?}"
    );
}

#[test]
fn a_level_that_is_not_proven_is_told_beside_the_one_shown() {
    let (world, stranger) = (World::new(), World::new());
    let file = world.sealed(&pdf(Xref::Table, SHAPES[0]), &world.signer(P384), Level::Lta);
    let context = Context {
        trust: &stranger.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at: world.now,
    };
    let policy = ValidationPolicy::strict();
    let report = validate_any(Arc::new(file), &[], &context, &policy);
    for (language, line) in [
        (Language::Nl, "niveau: B-LTA (waarvan nu bewezen: B-B)"),
        (Language::Fr, "niveau: B-LTA (dont prouvé à présent : B-B)"),
        (Language::De, "Stufe: B-LTA (davon derzeit nachgewiesen: B-B)"),
        (Language::En, "level: B-LTA (of which proven now: B-B)"),
    ] {
        let text = report.to_text(language);
        assert!(text.lines().any(|one| one.trim() == line), "{text}");
    }
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["signatures"][0]["level"], "lta");
    assert_eq!(json["signatures"][0]["proven_level"], "b");
    let xml = report.to_etsi_xml();
    assert!(xml.contains("urn:zegel:proven-signature-level"), "{xml}");
}
