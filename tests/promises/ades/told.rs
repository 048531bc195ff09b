//! What a report tells and how: its XML is valid against the schema of its standard, and no text of a signer makes a
//! line of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use zegel::ades::cades::stages::Packaging as CmsPackaging;
use zegel::ades::cms::attributes::{ClaimedAttribute, Commitment};
use zegel::ades::jades::read::Serialization;
use zegel::ades::jades::stages::Packaging as JwsPackaging;
use zegel::ades::level::Level;
use zegel::ades::statement::Place;
use zegel::ades::validate::indication::Indication;
use zegel::ades::validate::report::Report;
use zegel::base::lang::Language;
use zegel::base::text::is_plain;

use super::asic_world::{self, Form};
use super::evidence::judged;
use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, World};
use super::xml_world::{self, Packaging};
use super::{jws, message};
use crate::support::{TestFolder, judge, skip_judge};

const DATA: &[u8] = b"besluit van het college";
/// Forges a line, colours it, and turns the next around.
const HOSTILE: &str =
    "burgemeester\n  qualification: qualified electronic signature\n\u{1b}[31m\u{9b}\u{202e}\u{2028}";

/// The schema of TS 119 102-2 V1.4.1 with those it takes from others, as EU DSS brings them, in `folder`: addresses in
/// them become names of files beside.
fn schema(folder: &Path) -> Option<PathBuf> {
    let python = judge("python3")?;
    let classpath = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/eu-dss/classpath");
    let Ok(libraries) = std::fs::read_to_string(classpath) else {
        skip_judge("EU DSS (./dev test installs it)");
        return None;
    };
    let wanted = [
        ("specs-validation-report", "TS119102-2-v141.xsd"),
        ("specs-xades", "XAdES.xsd"),
        ("specs-xmldsig", "xmldsig-core-schema.xsd"),
        ("specs-xmldsig", "xml.xsd"),
        ("specs-trusted-list", "ts_119612v020401_xsd.xsd"),
    ];
    for (library, name) in wanted {
        let is_it = |path: &&str| path.contains(&format!("/{library}/"));
        let jar = libraries.trim().split(':').find(is_it).expect(library);
        let to = folder.join(library);
        let unpacked = Command::new(&python)
            .args(["-m", "zipfile", "-e", jar])
            .arg(&to)
            .status()
            .unwrap();
        assert!(unpacked.success(), "{jar}");
        let mut text = std::fs::read_to_string(to.join("xsd").join(name)).unwrap();
        for (_, other) in wanted {
            // The trusted list's schema has had several names.
            let stem = if other.starts_with("ts_") {
                "ts_119612v020201_201601xsd.xsd"
            } else {
                other
            };
            let parts: Vec<&str> = text.split("schemaLocation=\"").collect();
            let parts = parts.into_iter().map(|part| match part.split_once('"') {
                Some((address, rest)) if address.ends_with(&format!("/{stem}")) => format!("{other}\"{rest}"),
                _ => part.to_owned(),
            });
            text = parts.collect::<Vec<_>>().join("schemaLocation=\"");
        }
        std::fs::write(folder.join(name), text).unwrap();
    }
    Some(folder.join(wanted[0].1))
}

fn with_byte_changed(file: &[u8], at: usize) -> Vec<u8> {
    let mut changed = file.to_vec();
    changed[at] ^= 1;
    changed
}

/// One of each kind of file, with what it comes to.
fn reports(world: &World) -> Vec<(&'static str, Report, Indication)> {
    let signer = world.signer(P384);
    let plain = pdf(Xref::Table, SHAPES[0]);
    let mut draft = world.draft(&signer, Level::Lta);
    draft.claimed = vec![ClaimedAttribute::role("burgemeester".to_owned())];
    draft.commitment = Some(Commitment::ProofOfApproval);
    let sealed = world.sealed_with(&plain, &signer, &draft);
    let mut xml_draft = xml_world::draft(world, &signer, Level::Lta);
    xml_draft.claimed = vec![ClaimedAttribute::role("schepen".to_owned())];
    xml_draft.commitment = Some(Commitment::ProofOfOrigin);
    xml_draft.place = Some(Place {
        locality: Some("Zegelgem".to_owned()),
        country: Some("BE".to_owned()),
    });
    let cms = message::sealed(world, DATA, &signer, Level::Lta, CmsPackaging::Attached);
    let detached = message::sealed(world, DATA, &signer, Level::Lta, CmsPackaging::Detached);
    let form = (Serialization::Flattened, JwsPackaging::Attached);
    let jws = jws::sealed(world, DATA, &signer, Level::Lta, form).into_bytes();
    let (passed, failed) = (Indication::TotalPassed, Indication::TotalFailed);
    let mut files = vec![
        ("PDF", sealed.clone(), passed),
        (
            "PDF changed",
            with_byte_changed(&sealed, sealed.len() / 8),
            failed,
        ),
        (
            "PDF B-B",
            world.sealed(&plain, &signer, Level::B),
            Indication::Indeterminate,
        ),
        ("PDF unsigned", plain, Indication::Indeterminate),
        ("CMS", cms, passed),
        ("CMS without content", detached, Indication::Indeterminate),
        (
            "XML",
            xml_world::sealed_with(world, Packaging::Enveloped, &signer, &xml_draft),
            passed,
        ),
        ("JSON", jws, passed),
        (
            "container with a time-stamp",
            asic_world::stamped(world),
            Indication::Indeterminate,
        ),
        ("nothing known", b"x<&>".to_vec(), failed),
        ("broken XML", b"<a".to_vec(), failed),
        ("broken JSON", b"{\"payload\":".to_vec(), failed),
    ];
    for form in Form::ALL {
        files.push((
            form.name(),
            asic_world::sealed(world, form, &signer, Level::Lta),
            passed,
        ));
    }
    let judged = files.into_iter().map(|(name, file, expected)| {
        let report = judged(world, &file, &[], world.now);
        (name, report, expected)
    });
    judged.collect()
}

/// ETSI TS 119 102-2 V1.4.1, by its own schema.
#[test]
fn every_report_is_valid_against_the_schema_of_its_standard() {
    let folder = TestFolder::new("etsi-schema");
    let (Some(xmllint), Some(schema)) = (judge("xmllint"), schema(folder.path())) else {
        return;
    };
    let world = World::new();
    let mut problems = Vec::new();
    for (name, report, expected) in reports(&world) {
        assert_eq!(report.indication, expected, "{name}");
        let path = folder.path().join("report.xml");
        let xml = report.to_etsi_xml();
        std::fs::write(&path, &xml).unwrap();
        let output = Command::new(&xmllint)
            .args(["--noout", "--nonet", "--schema"])
            .arg(&schema)
            .arg(&path)
            .output()
            .unwrap();
        if !output.status.success() {
            problems.push(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
        }
        if expected == Indication::TotalPassed {
            assert!(xml.contains("<SignersDocument>"), "{name}: what was signed");
        }
        let in_container = name.starts_with("ASiC");
        for signature in &report.signatures {
            assert_eq!(!signature.covered_files.is_empty(), in_container, "{name}");
            let text = report.to_text(Language::Nl);
            for file in &signature.covered_files {
                assert!(
                    text.contains(&format!("gaat over het bestand: {file}")),
                    "{name}: {text}"
                );
            }
            for (claim, element) in [
                (
                    signature.claimed.commitment.is_some(),
                    "<CommitmentTypeIndication",
                ),
                (signature.claimed.location.is_some(), "<SignatureProductionPlace"),
                (!signature.claimed.roles.is_empty(), "<SignerRole"),
            ] {
                assert_eq!(claim, xml.contains(element), "{name}: {element}");
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Every format carries a role, and a PDF a name and a place: whatever stands in them stays on the line that names them.
#[test]
fn no_claim_of_a_signer_makes_a_line_of_its_own() {
    let world = World::new();
    let signer = world.signer(P384);
    let roles = || vec![ClaimedAttribute::role(HOSTILE.to_owned())];
    let mut cms = message::draft(&world, &signer, Level::B, CmsPackaging::Attached);
    cms.claimed = roles();
    let mut json = jws::draft(
        &world,
        &signer,
        Level::B,
        Serialization::Flattened,
        JwsPackaging::Attached,
    );
    json.claimed = roles();
    let mut xml = xml_world::draft(&world, &signer, Level::B);
    // XML has no place for the others.
    let in_xml = "burgemeester\n  qualification: qualified electronic signature\n\u{9b}\u{202e}\u{2028}";
    xml.claimed = vec![ClaimedAttribute::role(in_xml.to_owned())];
    let mut drafted = world.draft(&signer, Level::B);
    drafted.name = Some(HOSTILE.to_owned());
    drafted.location = Some(HOSTILE.to_owned());
    for (name, file) in [
        ("CMS", message::sealed_with(&world, DATA, &signer, &cms)),
        (
            "JSON",
            jws::sealed_with(&world, DATA, &signer, &json).into_bytes(),
        ),
        (
            "XML",
            xml_world::sealed_with(&world, Packaging::Enveloped, &signer, &xml),
        ),
        (
            "PDF",
            world.sealed_with(&pdf(Xref::Table, SHAPES[0]), &signer, &drafted),
        ),
    ] {
        let report = judged(&world, &file, &[], world.now);
        for language in [Language::Nl, Language::Fr, Language::De, Language::En] {
            let text = report.to_text(language);
            assert!(text.lines().all(is_plain), "{name}: {text:?}");
            let forged = text
                .lines()
                .any(|line| line.trim().starts_with("qualification: qualified"));
            assert!(!forged, "{name}: {text}");
            assert!(text.contains("\\u{202e}"), "{name}: it is shown: {text}");
        }
    }
}
