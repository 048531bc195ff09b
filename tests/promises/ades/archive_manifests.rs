//! What an archive manifest proves: what it names, as long as the hash that it names it by is accepted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use zegel::ades::asic::archive::LATEST;
use zegel::ades::asic::container::Container;
use zegel::ades::asic::manifest::{AsicManifest, Listed, TST};
use zegel::ades::asic::zip::Method;
use zegel::ades::asic::zip::rewrite::{Change, Changes, rewrite};
use zegel::ades::asic::zip::write::Writer;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::report::{Report, SignatureReport};
use zegel::base::digest::HashAlgorithm;
use zegel::base::time::Timestamp;
use zegel::pki::timestamp::{TimeStampRequest, token_of_reply};

use super::asic_world::{Form, archived, sealed, validate_at};
use super::evidence::lists;
use super::world::{P384, World};
use super::xml_world::bytes_of;
use zegel::ades::cms::token_material;
use zegel::pdf::dss::Evidence;

const HOUR: Duration = Duration::from_secs(3600);

/// `file` with an archive time-stamp over a manifest of those entries that `names` takes, by `hash`.
fn archived_by(
    world: &World,
    file: &[u8],
    hash: HashAlgorithm,
    now: Timestamp,
    names: &dyn Fn(&str) -> bool,
) -> Vec<u8> {
    let container = Container::open(Arc::new(file.to_vec())).unwrap();
    let entries = container.archive.entries().iter();
    let files = entries
        .filter(|entry| entry.name() != "mimetype" && names(entry.name()))
        .map(|entry| Listed {
            name: entry.name().to_owned(),
            mime_type: None,
            hash,
            digest: hash.digest(&container.read(entry).unwrap()),
            is_root: false,
        })
        .collect();
    let manifest = AsicManifest {
        signature: "META-INF/timestamp900.tst".to_owned(),
        files,
    };
    let manifest = manifest.to_xml(TST).into_bytes();
    let imprint = HashAlgorithm::Sha256.digest(&manifest);
    let request = TimeStampRequest::new(HashAlgorithm::Sha256, &imprint, &*world.random);
    let answer = world.services.answer("/tsa", &request.der(), now);
    let token = token_of_reply(&answer.body).unwrap().der().to_vec();
    let evidence = Evidence {
        crls: lists(world, now),
        ..Evidence::default()
    };
    let token = token_material::with(&token, &evidence).unwrap();
    let changes = Changes {
        added: vec![
            (LATEST.to_owned(), manifest),
            ("META-INF/timestamp900.tst".to_owned(), token),
        ],
        ..Changes::default()
    };
    bytes_of(&rewrite(&container.archive, &changes, now).unwrap())
}

fn only(report: &Report) -> &SignatureReport {
    let [only] = report.signatures.as_slice() else {
        panic!("one signature: {report:#?}");
    };
    only
}

fn causes(signature: &SignatureReport) -> Vec<&str> {
    let findings = signature.findings.iter();
    findings.map(|finding| finding.cause.as_str()).collect()
}

/// EN 319 102-1 §5.6.2.3 and TS 119 312: digests in a manifest are as good as the hash that made them was when the time-stamp
/// was made, and is until something newer covers it.
#[test]
fn a_manifest_counts_while_the_hash_of_its_references_is_accepted() {
    let early: Timestamp = "2012-07-31T09:00:00Z".parse().unwrap();
    let world = World::at(early, "http://127.0.0.1:8900");
    let sealed = sealed(&world, Form::ExtendedCades, &world.signer(P384), Level::Lt);
    let all = |_: &str| true;
    // SHA-1 ends on the first of August.
    let (soon, late) = (early.plus(HOUR), early.plus(HOUR * 48));
    for (hash, made, at, sub) in [
        (HashAlgorithm::Sha1, early, soon, None),
        (HashAlgorithm::Sha256, early, soon, None),
        (
            HashAlgorithm::Sha1,
            early,
            late,
            Some(SubIndication::CryptoConstraintsFailureNoPoe),
        ),
        (
            HashAlgorithm::Sha1,
            late,
            late.plus(HOUR),
            Some(SubIndication::CryptoConstraintsFailure),
        ),
    ] {
        let case = format!("{hash:?} made {made}, at {at}");
        let file = archived_by(&world, &sealed, hash, made, &all);
        let report = validate_at(&world, &file, at);
        let stamp = &report.document_time_stamps[0];
        assert_eq!(stamp.sub_indication, sub, "{case}: {stamp:#?}");
        let signature = only(&report);
        assert_ne!(
            signature.indication,
            Indication::TotalFailed,
            "{case}: {signature:#?}"
        );
        let counts = sub != Some(SubIndication::CryptoConstraintsFailure);
        let level = if counts { Level::Lta } else { Level::Lt };
        assert_eq!(signature.proven_level, Some(level), "{case}: {signature:#?}");
    }
    // A newer one over it, from before the end, keeps it.
    let first = archived_by(&world, &sealed, HashAlgorithm::Sha1, early, &all);
    let renewed = archived(&world, &first, early.plus(HOUR * 2));
    let report = validate_at(&world, &renewed, late);
    let stamps = report.document_time_stamps.iter();
    let found: Vec<_> = stamps.map(|stamp| stamp.sub_indication).collect();
    assert_eq!(found, [None, None], "{report:#?}");
    assert_eq!(only(&report).best_signature_time, Some(early));
}

/// EN 319 162-1 §4.4.4 and annex A.7: files that are to last are named themselves. A time-stamp over the file of a signature
/// proves that and what stands in it.
#[test]
fn a_manifest_proves_what_it_names_and_nothing_beside() {
    let world = World::new();
    for form in [Form::ExtendedCades, Form::ExtendedXades] {
        let sealed = sealed(&world, form, &world.signer(P384), Level::Lt);
        let judged = |names: &dyn Fn(&str) -> bool| {
            let file = archived_by(&world, &sealed, HashAlgorithm::Sha256, world.now, names);
            validate_at(&world, &file, world.now)
        };
        let whole = judged(&|_| true);
        assert_eq!(only(&whole).level, Some(Level::Lta), "{form:?}: {whole:#?}");
        assert!(!causes(only(&whole)).contains(&"ASIC_ARCHIVE_PARTIAL"));
        let leaving_out: [&dyn Fn(&str) -> bool; 3] = [
            &|name| name.contains("signature"),
            &|name| name != "bijlagen/kaart.txt",
            &|name| !name.contains("ASiCManifest"),
        ];
        for (number, names) in leaving_out.into_iter().enumerate() {
            let report = judged(names);
            let signature = only(&report);
            // XAdES has no manifest between.
            let is_whole = form.is_xades() && number == 2;
            let level = if is_whole { Level::Lta } else { Level::Lt };
            assert_eq!(signature.level, Some(level), "{form:?} {number}: {signature:#?}");
            assert_eq!(
                causes(signature).contains(&"ASIC_ARCHIVE_PARTIAL"),
                !is_whole,
                "{form:?} {number}"
            );
            assert_eq!(signature.indication, Indication::TotalPassed, "{form:?} {number}");
        }
    }
}

/// What is wrong is told once: no file is unsigned for it.
#[test]
fn an_archive_manifest_that_cannot_be_read_leaves_no_file_unsigned() {
    let world = World::new();
    for form in [Form::ExtendedCades, Form::ExtendedXades] {
        let sealed = sealed(&world, form, &world.signer(P384), Level::Lt);
        let container = Container::open(Arc::new(sealed)).unwrap();
        let changes = Changes {
            added: vec![("META-INF/ASiCArchiveManifest009.xml".to_owned(), b"?".to_vec())],
            ..Changes::default()
        };
        let file = bytes_of(&rewrite(&container.archive, &changes, world.now).unwrap());
        let report = validate_at(&world, &file, world.now);
        let found = causes(only(&report));
        assert!(found.contains(&"ASIC_ARCHIVE"), "{form:?}: {report:#?}");
        assert!(!found.contains(&"ASIC_UNSIGNED_FILE"), "{form:?}: {report:#?}");
        let told = only(&report).findings.iter();
        let names = told.filter(|finding| finding.detail.contains("META-INF/ASiCArchiveManifest009.xml"));
        assert_eq!(names.count(), 1, "{form:?}: {report:#?}");
    }
}

/// Without a signature, what time-stamps name is all that they prove; one that fits does not make up for one that does not.
#[test]
fn files_that_no_manifest_names_are_proven_by_none() {
    let world = World::new();
    let mut writer = Writer::new(Vec::new(), world.now);
    for (name, data) in [
        ("mimetype", "application/vnd.etsi.asic-e+zip"),
        ("een.txt", "een"),
        ("twee.txt", "twee"),
    ] {
        writer
            .add(name, &data.as_bytes().to_vec(), Method::Stored)
            .unwrap();
    }
    let bare = writer.finish().unwrap();
    let judged = |names: &dyn Fn(&str) -> bool| {
        let file = archived_by(&world, &bare, HashAlgorithm::Sha256, world.now, names);
        validate_at(&world, &file, world.now)
    };
    let whole = judged(&|_| true);
    assert_eq!(whole.document.format_failure, None);
    assert_ne!(whole.indication, Indication::TotalFailed, "{whole:#?}");
    let part = judged(&|name| name == "een.txt");
    assert_eq!(part.indication, Indication::TotalFailed, "{part:#?}");
    let failure = part.document.format_failure.unwrap_or_default();
    assert!(failure.ends_with("(ASIC_UNSIGNED_FILE)"), "{failure}");
    // What calls itself evidence is whole, or the container was changed.
    let twin = archived(&world, &bare, world.now);
    assert_ne!(
        validate_at(&world, &twin, world.now).indication,
        Indication::TotalFailed
    );
    let container = Container::open(Arc::new(twin.clone())).unwrap();
    let with = |changes: &Changes| {
        let file = bytes_of(&rewrite(&container.archive, changes, world.now).unwrap());
        validate_at(&world, &file, world.now)
    };
    let unread = with(&Changes {
        added: vec![("META-INF/ASiCArchiveManifest009.xml".to_owned(), b"?".to_vec())],
        ..Changes::default()
    });
    let failure = unread.document.format_failure.unwrap_or_default();
    assert!(failure.ends_with("(ASIC_ARCHIVE)"), "{failure}");
    let again = archived(&world, &twin, world.now.plus(HOUR));
    let at = world.now.plus(HOUR * 2);
    assert_ne!(
        validate_at(&world, &again, at).indication,
        Indication::TotalFailed
    );
    let container = Container::open(Arc::new(again)).unwrap();
    let newest = container.archive.entry("META-INF/timestamp002.tst").unwrap();
    let mut token = container.read(newest).unwrap();
    let place = token.len() / 25;
    token[place] ^= 1;
    let changes = Changes {
        entries: BTreeMap::from([(newest.name().to_owned(), Change::Content(token))]),
        ..Changes::default()
    };
    let damaged = bytes_of(&rewrite(&container.archive, &changes, world.now).unwrap());
    let report = validate_at(&world, &damaged, at);
    assert_eq!(report.indication, Indication::TotalFailed, "{report:#?}");
}
