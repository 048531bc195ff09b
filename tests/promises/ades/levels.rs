//! Two levels of one signature: what the file shows, and how much of that can be relied upon.

use std::sync::Arc;
use std::time::Duration;

use zegel::ades::asic::uri;
use zegel::ades::cades::stages::Packaging as CmsPackaging;
use zegel::ades::cms::oids;
use zegel::ades::cms::read::SignedData;
use zegel::ades::content::DataObject;
use zegel::ades::jades::read::Serialization;
use zegel::ades::jades::stages::Packaging as JwsPackaging;
use zegel::ades::level::Level;
use zegel::ades::signature_name::SignatureName;
use zegel::ades::validate::policy::ValidationPolicy;
use zegel::ades::validate::report::SignatureReport;
use zegel::ades::validate::{Context, validate_any};
use zegel::base::lang::Language;
use zegel::base::time::Timestamp;
use zegel::pki::trust::Trust;

use super::asic_world::{self, Form};
use super::content_world::DATA;
use super::counter_world::Format as CounterFormat;
use super::eu_dss::{self, Case, own_levels};
use super::evidence::judged;
use super::judges::pem;
use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, World};
use super::xml_world::Packaging;
use super::{jws, message, xml_world};
use crate::support::TestFolder;

const LEVELS: [Level; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];
const DAY: Duration = Duration::from_hours(24);

/// One of each kind of file at `level`.
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

/// `text` without its first element `name`.
fn without(text: &[u8], name: &str) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    let (before, rest) = text.split_once(&format!("<{name}")).unwrap();
    let (_, after) = rest.split_once(&format!("</{name}>")).unwrap();
    [before, after].concat().into_bytes()
}

/// Files of every format at every level, and some that lost a part of what their level takes. By name; with what stands
/// beside them.
fn of_all_kinds(world: &World) -> Vec<(String, Vec<u8>, Vec<DataObject>)> {
    let signer = world.signer(P384);
    let mut all: Vec<(String, Vec<u8>, Vec<DataObject>)> = Vec::new();
    for level in LEVELS {
        let mut put = |name: &str, file: Vec<u8>, beside: Vec<DataObject>| {
            all.push((format!("{name} {level}"), file, beside));
        };
        for (name, file) in files(world, level) {
            put(name, file, Vec::new());
        }
        for packaging in Packaging::ALL {
            let objects = xml_world::things().into_iter().map(|thing| DataObject {
                name: uri::to_name(&thing.uri),
                media_type: None,
                content: thing.content,
            });
            let beside = objects.filter(|_| packaging == Packaging::Detached).collect();
            let file = xml_world::sealed(world, packaging, &signer, level);
            put(packaging.name(), file, beside);
        }
        for form in Form::ALL {
            put(
                form.name(),
                asic_world::sealed(world, form, &signer, level),
                Vec::new(),
            );
        }
        let message = message::sealed(world, DATA, &signer, level, CmsPackaging::Detached);
        let beside = DataObject {
            name: Some("content".to_owned()),
            media_type: None,
            content: message::bytes(DATA),
        };
        put("detached message", message, vec![beside]);
        for packaging in jws::PACKAGINGS {
            let form = (Serialization::General, packaging);
            let file = jws::sealed(world, DATA, &signer, level, form).into_bytes();
            put(&format!("{packaging:?} JSON"), file, jws::beside(DATA, packaging));
        }
        for format in CounterFormat::ALL {
            let file = format.sealed(world, &signer, Level::Lt);
            let first = SignatureName::signer(0);
            if level < Level::Lta {
                let file = format
                    .countersigned(world, &file, &first, &signer, level)
                    .unwrap();
                put(&format!("{format:?} countersigned"), file, Vec::new());
            }
        }
        let xml = xml_world::sealed(world, Packaging::Enveloped, &signer, level);
        for (lost, from) in [
            ("xades:RevocationValues", Level::Lt),
            ("xades:CertificateValues", Level::Lt),
            ("xades:SignatureTimeStamp", Level::T),
            ("xades141:ArchiveTimeStamp", Level::Lta),
        ] {
            let holds = xml.windows(lost.len()).any(|window| window == lost.as_bytes());
            if level >= from && holds {
                put(&format!("XML without {lost}"), without(&xml, lost), Vec::new());
            }
        }
        let twice = xml_world::beside(world, &xml, &signer, Level::Lt);
        put("XML signed again", twice, Vec::new());
        let once = world.sealed(&pdf(Xref::Stream, SHAPES[4]), &signer, level);
        put(
            "PDF signed again",
            world.sealed(&once, &signer, Level::T),
            Vec::new(),
        );
    }
    all
}

/// Where EU DSS sees another level.
///
/// - The status of the same signer that stands in the file already is evidence for a later signature too, where EU DSS wants
///   it given anew for each, after it. How fresh it must be is a matter of `proven_level`.
/// - An archive time-stamp that does not fit what it stands over shows nothing; EU DSS counts it, and finds it broken.
const OTHERWISE: [&str; 5] = [
    "Json countersigned B-T: B-LT B-LT, EU DSS B-T B-LT",
    "Xml countersigned B-T: B-LT B-LT, EU DSS B-T B-LT",
    "PDF signed again B-LT: B-LT B-LT, EU DSS B-T B-LT",
    "XML without xades:CertificateValues B-LTA: B-LT, EU DSS B-LTA",
    "PDF signed again B-LTA: B-LT B-LTA, EU DSS B-T B-LTA",
];

#[test]
fn a_file_shows_the_level_that_eu_dss_sees_in_it() {
    let world = World::new();
    let folder = TestFolder::new("eu-dss-levels");
    let root = folder.path().join("root.pem");
    std::fs::write(&root, pem(world.pki().root_der())).unwrap();
    let (mut cases, mut own) = (Vec::new(), Vec::new());
    for (number, (name, file, beside)) in of_all_kinds(&world).into_iter().enumerate() {
        let report = judged(&world, &file, &beside, world.now);
        own.push((name, own_levels(&report)));
        let path = folder.path().join(format!("case-{number}"));
        std::fs::write(&path, &file).unwrap();
        let put = |(at, object): (usize, DataObject)| {
            let path = folder.path().join(format!("case-{number}-{at}"));
            let bytes = object.content.bytes().unwrap();
            std::fs::write(&path, xml_world::bytes_of(bytes)).unwrap();
            (object.name.unwrap_or_default(), path)
        };
        cases.push(Case {
            file: path,
            beside: beside.into_iter().enumerate().map(put).collect(),
            level: Level::B,
            others: Vec::new(),
        });
    }
    let Some(theirs) = eu_dss::levels(&root, world.now, &cases) else {
        return;
    };
    let other = own
        .iter()
        .zip(&theirs)
        .filter(|((_, own), theirs)| own != *theirs);
    let other: Vec<String> = other
        .map(|((name, own), theirs)| {
            let told = |levels: &[Option<Level>]| {
                let names = levels.iter().map(|level| level.map_or("none", Level::name));
                names.collect::<Vec<_>>().join(" ")
            };
            format!("{name}: {}, EU DSS {}", told(own), told(theirs))
        })
        .collect();
    assert_eq!(own.len(), 105);
    assert_eq!(other, OTHERWISE);
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
        (Language::Fr, "niveau : B-LTA (dont prouvé à présent : B-B)"),
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
