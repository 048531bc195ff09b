//! Containers that are archived and extended: what is added, what stays byte for byte, what still proves it years later,
//! and what is refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use zegel::ades::asic::archive::LATEST;
use zegel::ades::asic::container::{Container, Role};
use zegel::ades::asic::extend::{ExtendError, Extension};
use zegel::ades::asic::manifest::{AsicManifest, Listed, TST};
use zegel::ades::asic::zip::Archive;
use zegel::ades::asic::zip::rewrite::{Change, Changes, rewrite};
use zegel::ades::augment::error::UnknownSignature;
use zegel::ades::level::Level;
use zegel::ades::signature_name::SignatureName;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::report::Report;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::base::digest::HashAlgorithm;
use zegel::base::time::Timestamp;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::lab::services::{Service, ServiceMode};
use zegel::pki::timestamp::{TimeStampRequest, token_of_reply};

use super::asic_world::{self, Form, archived, asked, further, further_cades, sealed, validate, validate_at};
use super::judges::pem;
use super::world::{P384, RSA, World};
use super::xml_world::bytes_of;
use super::{counter_world, eu_dss, xml_world};
use crate::support::TestFolder;

const P521: KeyKind = KeyKind::Ec(Curve::P521);

fn extended_at(
    world: &World,
    file: &[u8],
    name: Option<&str>,
    level: Level,
    now: Timestamp,
) -> Result<Vec<u8>, ExtendError> {
    let source = Arc::new(file.to_vec());
    let mut extension = Extension::new(source, name, level, world.settings(), now)?;
    let extended = asked(&mut extension, world, now)?;
    assert!(extended.level >= level);
    Ok(bytes_of(&extended.container))
}

fn extended(world: &World, file: &[u8], level: Level) -> Vec<u8> {
    extended_at(world, file, None, level, world.now).unwrap_or_else(|error| panic!("{error}"))
}

fn opened(file: &[u8]) -> Container {
    Container::open(Arc::new(file.to_vec())).unwrap()
}

/// Every entry with header and content as they stand in the archive, in its order.
fn raw(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let archive: Archive = opened(file).archive;
    let starts = archive.entries().iter().map(|entry| {
        let header = 30 + u64::try_from(entry.name().len()).unwrap();
        usize::try_from(entry.content_offset() - header).unwrap()
    });
    let mut ends: Vec<usize> = starts.clone().skip(1).collect();
    ends.push(usize::try_from(archive.directory_offset()).unwrap());
    let names = archive.entries().iter().map(|entry| entry.name().to_owned());
    names
        .zip(starts.zip(ends))
        .map(|(name, (start, end))| (name, file[start..end].to_vec()))
        .collect()
}

fn levels(report: &Report) -> Vec<Option<Level>> {
    report
        .signatures
        .iter()
        .map(|signature| signature.level)
        .collect()
}

fn has_cause(report: &Report, cause: &str) -> bool {
    report
        .signatures
        .iter()
        .flat_map(|signature| &signature.findings)
        .any(|finding| finding.cause == cause)
}

#[test]
fn every_level_in_a_container_is_raised_to_every_higher_one() {
    let world = World::new();
    let signer = world.signer(P384);
    for form in Form::ALL {
        for (from, to) in [
            (Level::B, Level::T),
            (Level::B, Level::Lt),
            (Level::B, Level::Lta),
            (Level::T, Level::Lta),
            (Level::Lt, Level::Lta),
            (Level::Lta, Level::Lta),
        ] {
            let case = format!("{form:?} {from} to {to}");
            let file = sealed(&world, form, &signer, from);
            let raised = extended(&world, &file, to);
            let report = validate(&world, &raised);
            assert_eq!(levels(&report), [Some(to)], "{case}: {report:#?}");
            if to >= Level::Lt {
                assert_eq!(report.indication, Indication::TotalPassed, "{case}");
            }
            let (before, after) = (raw(&file), raw(&raised));
            let kept = before.iter().zip(&after);
            let changed: Vec<&str> = kept
                .filter(|(one, other)| one != other)
                .map(|(one, _)| one.0.as_str())
                .collect();
            let own = match form {
                Form::ExtendedXades => "META-INF/signatures001.xml",
                Form::SimpleXades => "META-INF/signatures.xml",
                Form::SimpleCades => "META-INF/signature.p7s",
                // B-LT has all that a time-stamp over everything asks of it.
                Form::ExtendedCades if from == Level::Lt => "",
                Form::ExtendedCades if from == Level::Lta => LATEST,
                Form::ExtendedCades => "META-INF/signature001.p7s",
            };
            let due: Vec<&str> = [own].into_iter().filter(|name| !name.is_empty()).collect();
            // A renewal also puts material into the time-stamp before.
            let renewed = form == Form::ExtendedCades && from == Level::Lta;
            let changed: Vec<&str> = changed
                .into_iter()
                .filter(|name| !renewed || *name != "META-INF/timestamp001.tst")
                .collect();
            assert_eq!(changed, due, "{case}");
            let added = if form == Form::ExtendedCades && to == Level::Lta {
                2
            } else {
                0
            };
            assert_eq!(after.len() - before.len(), added, "{case}");
        }
    }
}

#[test]
fn one_signature_of_several_is_extended_and_the_others_keep_their_bytes() {
    let world = World::new();
    let first = sealed(&world, Form::ExtendedXades, &world.signer(P384), Level::B);
    let both = further(&world, &first, &world.signer(RSA), Level::B);
    for name in [
        "META-INF/signatures002.xml",
        "META-INF/signatures002.xml, signer 1",
    ] {
        let raised = extended_at(&world, &both, Some(name), Level::Lt, world.now).unwrap();
        let report = validate(&world, &raised);
        assert_eq!(levels(&report), [Some(Level::B), Some(Level::Lt)], "{name}");
        let (before, after) = (raw(&both), raw(&raised));
        assert_eq!(before[..before.len() - 1], after[..before.len() - 1]);
    }
    let all = extended(&world, &both, Level::Lta);
    assert_eq!(levels(&validate(&world, &all)), [Some(Level::Lta); 2]);
    let Err(ExtendError::Unknown(UnknownSignature { known, .. })) =
        extended_at(&world, &both, Some("signer 2"), Level::T, world.now)
    else {
        panic!("no such signature")
    };
    assert_eq!(
        known,
        [
            "META-INF/signatures001.xml, signer 1",
            "META-INF/signatures002.xml, signer 1"
        ]
    );
}

/// The archive manifests of `file`, the latest first.
fn manifests(file: &[u8]) -> BTreeMap<String, AsicManifest> {
    let container = opened(file);
    let entries = container.with_role(Role::AsicManifest).into_iter();
    entries
        .filter(|entry| entry.name().contains("Archive"))
        .map(|entry| {
            let bytes = container.read(entry).unwrap();
            (entry.name().to_owned(), AsicManifest::parse(&bytes).unwrap())
        })
        .collect()
}

#[test]
fn archive_manifests_stand_one_on_the_other_and_prove_a_signature_for_years() {
    let world = World::new();
    let mut file = sealed(&world, Form::ExtendedCades, &world.signer(P384), Level::Lta);
    let later = |days: u64| world.now.plus(Duration::from_hours(24 * days));
    for (round, days) in [(1_usize, 200), (2, 400)] {
        file = extended_at(&world, &file, None, Level::Lta, later(days))
            .unwrap_or_else(|error| panic!("day {days}: {error}"));
        let found = manifests(&file);
        assert_eq!(found.len(), round + 1);
        let latest = &found[LATEST];
        assert_eq!(
            latest.signature,
            format!("META-INF/timestamp{:03}.tst", round + 1)
        );
        let before = format!("META-INF/ASiCArchiveManifest{round:03}.xml");
        let roots: Vec<&str> = latest
            .files
            .iter()
            .filter(|file| file.is_root)
            .map(|file| file.name.as_str())
            .collect();
        assert_eq!(roots, [before.as_str()]);
        let named: Vec<&str> = latest.files.iter().map(|file| file.name.as_str()).collect();
        for name in opened(&file).archive.entries().iter().map(|entry| entry.name()) {
            let is_own = name == latest.signature || name == LATEST || name == "mimetype";
            assert_eq!(named.contains(&name), !is_own, "{name}");
        }
        let types = latest.files.iter().map(|file| file.mime_type.as_deref().unwrap());
        assert!(types.clone().any(|kind| kind == "text/plain"));
        assert!(
            types
                .clone()
                .any(|kind| kind == "application/vnd.etsi.timestamp-token")
        );
    }
    let report = validate_at(&world, &file, later(400));
    assert_eq!(levels(&report), [Some(Level::Lta)], "{report:#?}");
    assert_eq!(report.indication, Indication::TotalPassed);
    assert_eq!(report.signatures[0].time_stamps.len(), 4);
    assert_eq!(report.document_time_stamps.len(), 3);
    assert!(
        report
            .document_time_stamps
            .iter()
            .all(|stamp| stamp.indication == Indication::TotalPassed),
        "{report:#?}"
    );
    assert_eq!(
        report.signatures[0].best_signature_time,
        Some(world.now.truncated_to_second())
    );
}

#[test]
fn no_damage_to_what_archives_a_container_goes_by_unseen() {
    let world = World::new();
    let file = sealed(&world, Form::ExtendedCades, &world.signer(P384), Level::Lta);
    let file = archived(&world, &file, world.now.plus(Duration::from_hours(24)));
    let at = world.now.plus(Duration::from_hours(25));
    let twin = validate_at(&world, &file, at);
    assert_eq!(twin.indication, Indication::TotalPassed, "{twin:#?}");
    let container = opened(&file);
    let with = |changes: &Changes| bytes_of(&rewrite(&container.archive, changes, world.now).unwrap());
    let entries = [
        "META-INF/ASiCArchiveManifest.xml",
        "META-INF/ASiCArchiveManifest001.xml",
        "META-INF/ASiCManifest001.xml",
        "META-INF/signature001.p7s",
        "META-INF/timestamp001.tst",
        "META-INF/timestamp002.tst",
        "bijlagen/kaart.txt",
    ];
    for name in entries {
        let content = container.read(container.archive.entry(name).unwrap()).unwrap();
        let length = content.len();
        // A byte within, whatever it says; the rest as it was. What the newest token carries besides is under nothing.
        let places = if name == "META-INF/timestamp002.tst" {
            [length / 30, length / 25, length / 20]
        } else {
            [length / 2, length * 2 / 3, length * 4 / 5]
        };
        for place in places {
            let mut damaged = content.clone();
            damaged[place] ^= 1;
            let changes = Changes {
                entries: BTreeMap::from([(name.to_owned(), Change::Content(damaged))]),
                ..Changes::default()
            };
            let report = validate_at(&world, &with(&changes), at);
            assert_ne!(
                report.indication,
                Indication::TotalPassed,
                "{name} at {place}: {report:#?}"
            );
        }
        let renamed = Changes {
            entries: BTreeMap::from([(name.to_owned(), Change::Name(format!("{name}.old")))]),
            ..Changes::default()
        };
        let report = validate_at(&world, &with(&renamed), at);
        assert_ne!(
            report.indication,
            Indication::TotalPassed,
            "{name} away: {report:#?}"
        );
    }
    // A file that came after the signature is signed by nobody, and an archive time-stamp over it signs it for nobody.
    let extra = Changes {
        added: vec![("extra.txt".to_owned(), b"TEST".to_vec())],
        ..Changes::default()
    };
    let report = validate_at(&world, &archived(&world, &with(&extra), at), at);
    assert!(has_cause(&report, "ASIC_UNSIGNED_FILE"), "{report:#?}");
    // A later manifest that leaves out the earlier one breaks the chain.
    let mut latest = manifests(&file).remove(LATEST).unwrap();
    latest
        .files
        .retain(|file| file.name != "META-INF/timestamp001.tst");
    let cut = Changes {
        entries: BTreeMap::from([(
            LATEST.to_owned(),
            Change::Content(latest.to_xml("application/vnd.etsi.timestamp-token").into_bytes()),
        )]),
        ..Changes::default()
    };
    assert!(has_cause(&validate_at(&world, &with(&cut), at), "ASIC_ARCHIVE"));
}

#[test]
fn a_manifest_that_names_the_one_before_it_covers_what_that_one_names() {
    let world = World::new();
    let file = sealed(&world, Form::ExtendedCades, &world.signer(P384), Level::Lta);
    let container = opened(&file);
    let hash = HashAlgorithm::Sha256;
    let listed = |entry: &str, name: &str, is_root: bool| Listed {
        name: name.to_owned(),
        mime_type: None,
        hash,
        digest: hash.digest(&container.read(container.archive.entry(entry).unwrap()).unwrap()),
        is_root,
    };
    let earlier = "META-INF/ASiCArchiveManifest001.xml";
    for (files, indication) in [
        (
            vec![
                listed(LATEST, earlier, true),
                listed("META-INF/timestamp001.tst", "META-INF/timestamp001.tst", false),
            ],
            Indication::TotalPassed,
        ),
        (vec![listed(LATEST, earlier, true)], Indication::TotalFailed),
    ] {
        let manifest = AsicManifest {
            signature: "META-INF/timestamp002.tst".to_owned(),
            files,
        };
        let manifest = manifest.to_xml(TST).into_bytes();
        let request = TimeStampRequest::new(hash, &hash.digest(&manifest), &*world.random);
        let answer = world.services.answer("/tsa", &request.der(), world.now);
        let token = token_of_reply(&answer.body).unwrap().der().to_vec();
        let changes = Changes {
            entries: BTreeMap::from([(LATEST.to_owned(), Change::Name(earlier.to_owned()))]),
            added: vec![
                (LATEST.to_owned(), manifest),
                ("META-INF/timestamp002.tst".to_owned(), token),
            ],
        };
        let made = bytes_of(&rewrite(&container.archive, &changes, world.now).unwrap());
        let report = validate(&world, &made);
        assert_eq!(report.indication, indication, "{report:#?}");
        if indication == Indication::TotalPassed {
            assert_eq!(levels(&report), [Some(Level::Lta)]);
            assert_eq!(report.signatures[0].time_stamps.len(), 3);
        } else {
            assert!(has_cause(&report, "ASIC_ARCHIVE"));
        }
    }
}

#[test]
fn a_container_that_cannot_be_extended_says_why() {
    let world = World::new();
    let signer = world.signer(P384);
    let cause = |file: &[u8], level| {
        extended_at(&world, file, None, level, world.now)
            .map(|_| "extended")
            .unwrap_or_else(|error| error.cause())
    };
    let file = sealed(&world, Form::ExtendedCades, &signer, Level::B);
    let mut damaged = file.clone();
    let at = damaged.windows(9).position(|part| part == b"META-INF/").unwrap();
    damaged[at] = b'N';
    assert_eq!(cause(&damaged, Level::Lta), "ZIP_AMBIGUOUS");
    assert_eq!(cause(b"no container", Level::Lta), "ZIP_NOT_ZIP");
    let stamped = super::asic_world::stamped(&world);
    assert_eq!(
        cause(&stamped, Level::Lta),
        "ADES_BELOW_LEVEL",
        "nobody signed it"
    );
    // Archived below B-LT by somebody: the signature can get nothing any more without breaking that.
    let early = archived(&world, &file, world.now);
    assert_eq!(cause(&early, Level::Lta), "ASIC_COVERED");
    for mode in [ServiceMode::Down, ServiceMode::WrongNonce, ServiceMode::Stale] {
        world.services.set_service(Service::TimeStamp, mode);
        assert_eq!(cause(&file, Level::T), "TST_UNAVAILABLE", "{mode}");
    }
    world.services.set_service(Service::TimeStamp, ServiceMode::Up);
    world.services.set_service(Service::Ocsp, ServiceMode::Down);
    world.services.set_service(Service::Crl, ServiceMode::Down);
    assert_eq!(cause(&file, Level::Lt), "REV_UNAVAILABLE");
}

/// EN 319 162-1 §4.4.4: what an archive manifest names is proven by its time-stamp, be it a file of XML signatures.
#[test]
fn an_archive_manifest_proves_xml_signatures_that_it_names() {
    let world = World::new();
    let signer = world.signer(P384);
    let late = world.now.plus(Duration::from_hours(2));
    for (level, shown) in [(Level::B, Level::B), (Level::Lt, Level::Lta)] {
        let plain = sealed(&world, Form::ExtendedXades, &signer, level);
        let archived = archived(&world, &plain, world.now);
        let proven = validate_at(&world, &archived, late);
        let own = &proven.signatures[0];
        assert_ne!(own.indication, Indication::TotalFailed, "{own:#?}");
        assert_eq!(own.best_signature_time, Some(world.now), "{own:#?}");
        assert_eq!(own.level, Some(shown), "{own:#?}");
        let twin = &validate_at(&world, &plain, late).signatures[0];
        let unproven = (level == Level::B).then_some(late).or(Some(world.now));
        assert_eq!(twin.best_signature_time, unproven, "{twin:#?}");
        assert_eq!(twin.level, Some(level));
    }
}

/// Names and levels of the signatures, each whole as far as its level goes.
fn whole_levels(report: &Report) -> Vec<(&str, Option<Level>)> {
    let all = report.signatures.iter();
    all.map(|one| {
        let is_whole = one.indication == Indication::TotalPassed
            || (one.level < Some(Level::Lt) && one.sub_indication == Some(SubIndication::TryLater));
        assert!(is_whole, "{report:#?}");
        (one.field.as_str(), one.level)
    })
    .collect()
}

#[test]
fn another_signs_beside_a_cades_signature_in_both_kinds_of_containers() {
    let folder = TestFolder::new("further-cades");
    let world = World::at(SystemClock::new().now(), super::world::BASE);
    let root = folder.path().join("root.pem");
    std::fs::write(&root, pem(world.pki().root_der())).unwrap();
    let (first, second, third) = (world.signer(P384), world.signer(RSA), world.signer(P521));
    let mut cases = Vec::new();
    for form in [Form::SimpleCades, Form::ExtendedCades] {
        for (one, other) in [
            (Level::B, Level::B),
            (Level::Lt, Level::T),
            (Level::Lta, Level::Lt),
            (Level::Lta, Level::Lta),
        ] {
            let before = sealed(&world, form, &first, one);
            let (both, name) = further_cades(&world, &before, &second, other).unwrap();
            let (all, last) = further_cades(&world, &both, &third, Level::Lt).unwrap();
            let names = if form.is_simple() {
                let entry = "META-INF/signature.p7s";
                [1, 2, 3].map(|number| format!("{entry}, signer {number}"))
            } else {
                [1, 2, 3].map(|number| format!("META-INF/signature00{number}.p7s, signer 1"))
            };
            assert_eq!([&name, &last], [&names[1], &names[2]]);
            let shown = [one, other, Level::Lt];
            for (file, count) in [(&both, 2), (&all, 3)] {
                let report = validate(&world, file);
                let expected = names.iter().zip(shown).take(count);
                let expected: Vec<_> = expected
                    .map(|(name, level)| (name.as_str(), Some(level)))
                    .collect();
                assert_eq!(whole_levels(&report), expected, "{form:?} {one} {other}");
                let path = folder.path().join(format!("both-{}.zip", cases.len()));
                std::fs::write(&path, file).unwrap();
                cases.push(eu_dss::Case {
                    file: path,
                    beside: Vec::new(),
                    level: one,
                    others: shown[1..count].to_vec(),
                });
            }
            // All that was there stands there, but for the message that holds both and the name of an archive manifest.
            let kept = raw(&both);
            for (name, bytes) in raw(&before) {
                let stays = kept.iter().any(|(_, other)| *other == bytes);
                let may_change = name.ends_with(".p7s") && form.is_simple()
                    || other == Level::Lta && name.starts_with("META-INF/ASiCArchive")
                    || other == Level::Lta && name.ends_with(".tst");
                assert!(stays || may_change, "{form:?} {one} {other}: {name}");
            }
        }
    }
    let Some(refusals) = eu_dss::refusals(&root, SystemClock::new().now(), &cases) else {
        return;
    };
    let wrong: Vec<String> = refusals.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_further_signature_goes_into_no_message_that_an_archive_time_stamp_covers() {
    let world = World::new();
    let (first, second) = (world.signer(P384), world.signer(RSA));
    let simple = sealed(&world, Form::SimpleCades, &first, Level::Lt);
    let covered = archived(&world, &simple, world.now);
    let refused = further_cades(&world, &covered, &second, Level::B);
    assert_eq!(refused.unwrap_err(), "ASIC_COVERED");
    // In ASiC-E it stands beside: the archive manifest names what it named, the next one names all.
    let extended = sealed(&world, Form::ExtendedCades, &first, Level::Lta);
    let (both, _) = further_cades(&world, &extended, &second, Level::Lt).unwrap();
    let named = |file: &[u8]| -> Vec<String> {
        let container = opened(file);
        let entry = container.archive.entry(LATEST).unwrap();
        let manifest = AsicManifest::parse(&container.read(entry).unwrap()).unwrap();
        let files = manifest.files.into_iter().map(|file| file.name);
        files.filter(|name| name.starts_with("META-INF/")).collect()
    };
    let new = ["META-INF/ASiCManifest002.xml", "META-INF/signature002.p7s"];
    assert!(!named(&both).iter().any(|name| new.contains(&name.as_str())));
    let renewed = archived(&world, &both, world.now);
    for name in new {
        assert!(named(&renewed).iter().any(|one| one == name), "{name}");
    }
    assert!(
        validate(&world, &renewed)
            .signatures
            .iter()
            .all(|one| one.level == Some(Level::Lta))
    );
    // Its manifest taken away, or pointed at the signature beside: neither passes.
    let archive = opened(&both).archive;
    let entry = opened(&both);
    let entry = entry.read(entry.archive.entry(new[0]).unwrap()).unwrap();
    let pointed = String::from_utf8(entry)
        .unwrap()
        .replace("signature002", "signature001");
    let changes = Changes {
        entries: BTreeMap::from([(new[0].to_owned(), Change::Content(pointed.into_bytes()))]),
        ..Changes::default()
    };
    let swapped = bytes_of(&rewrite(&archive, &changes, world.now).unwrap());
    let report = validate(&world, &swapped);
    let failed = report
        .signatures
        .iter()
        .filter(|one| one.indication == Indication::TotalFailed);
    assert_eq!(failed.count(), 2, "{report:#?}");
}

/// A container whose signature carries two counter-signatures at B-B, and the entry they stand in.
fn countersigned(world: &World, form: Form) -> (Vec<u8>, String) {
    let (signer, others) = (world.signer(P384), [world.signer(P521), world.signer(RSA)]);
    let (format, files) = match form {
        Form::SimpleCades => (
            counter_world::Format::Cms,
            vec![asic_world::file("besluit.txt", counter_world::DATA)],
        ),
        _ => {
            let things = xml_world::things().into_iter().map(|thing| {
                let bytes = bytes_of(thing.content.bytes().unwrap());
                asic_world::file(&thing.uri.replace("%20", " "), &bytes)
            });
            (counter_world::Format::Xml, things.collect())
        }
    };
    let draft = xml_world::draft(world, &signer, Level::T);
    let file = asic_world::sealed_over(world, form, &files, &signer, &draft);
    let container = opened(&file);
    let role = if form.is_xades() { Role::Xades } else { Role::Cades };
    let entry = container.with_role(role)[0];
    let mut signature = container.read(entry).unwrap();
    for other in &others {
        let on = SignatureName::signer(0);
        let made = format.countersigned(world, &signature, &on, other, Level::B);
        signature = made.unwrap_or_else(|cause| panic!("{form:?}: {cause}"));
    }
    let name = entry.name().to_owned();
    let changes = Changes {
        entries: BTreeMap::from([(name.clone(), Change::Content(signature))]),
        added: Vec::new(),
    };
    let file = bytes_of(&rewrite(&container.archive, &changes, world.now).unwrap());
    (file, name)
}

#[test]
fn a_counter_signature_in_a_container_is_raised_alone_wherever_it_stands_then() {
    let world = World::new();
    for form in [Form::ExtendedXades, Form::SimpleCades] {
        let (file, entry) = countersigned(&world, form);
        let before = validate(&world, &file);
        assert_eq!(
            levels(&before),
            [Some(Level::T), Some(Level::B), Some(Level::B)],
            "{form:?}: {before:#?}"
        );
        for number in [0, 1] {
            let name = format!("{entry}, {}", SignatureName::signer(0).counter(number));
            let raise = |level| extended_at(&world, &file, Some(&name), level, world.now);
            let raised = raise(Level::Lt).unwrap_or_else(|error| panic!("{name}: {error}"));
            let report = validate(&world, &raised);
            let mut shown = levels(&report);
            assert_eq!(shown.remove(0), Some(Level::T), "{name}");
            shown.sort_unstable();
            assert_eq!(shown, [Some(Level::B), Some(Level::Lt)], "{name}: {report:#?}");
            assert!(
                report
                    .signatures
                    .iter()
                    .all(|one| one.indication != Indication::TotalFailed),
                "{name}: {report:#?}"
            );
            let error = raise(Level::Lta).unwrap_err();
            assert_eq!(error.cause(), "ADES_FORM", "{error}");
        }
        // Named by the file, or not at all, those over the content alone are meant.
        let archived = extended_at(&world, &file, Some(&entry), Level::Lta, world.now).unwrap();
        assert_eq!(
            levels(&validate(&world, &archived)),
            [Some(Level::Lta), Some(Level::B), Some(Level::B)],
            "{form:?}"
        );
        // The archive time-stamp is over the counter-signatures whole.
        let name = format!("{entry}, {}", SignatureName::signer(0).counter(0));
        let error = extended_at(&world, &archived, Some(&name), Level::Lt, world.now).unwrap_err();
        assert_eq!(error.cause(), "ADES_WOULD_NOT_HOLD", "{error}");
        let unknown = format!("{entry}, {}", SignatureName::signer(0).counter(2));
        let error = extended_at(&world, &file, Some(&unknown), Level::Lt, world.now).unwrap_err();
        assert_eq!(error.cause(), "ADES_SIGNATURE_UNKNOWN");
        assert!(error.to_string().contains(&name), "{error}");
    }
}
