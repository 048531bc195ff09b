//! "Qualified" in a report: said by a trusted list alone, of what passed alone, and with TEST before it here.

use std::sync::Arc;
use std::time::Duration;

use zegel::ades::asic::zip::write::Writer;
use zegel::ades::asic::zip::{Archive, Limits, Method};
use zegel::ades::cades::stages::Packaging;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;
use zegel::ades::validate::report::Report;
use zegel::base::lang::Language;
use zegel::lab::trusted_list::{ListDraft, PeriodDraft, ServiceDraft};
use zegel::pki::certificate::Certificate;
use zegel::pki::lists::list::ListKind;
use zegel::pki::lists::signed::{Expected, Signers, verify};
use zegel::pki::lists::trusted::TrustedLists;

use super::asic_world::{self, Form};
use super::message;
use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, World};

const DAY: Duration = Duration::from_hours(24);
/// What the ETSI report calls it.
const QUALITY: &str = "urn:zegel:signature-quality:QESig";

fn plain() -> Vec<u8> {
    pdf(Xref::Table, SHAPES[0])
}

/// The same world, where a Belgian TEST list gives the laboratory's authority and its time-stamping unit `status`.
fn listed(world: &World, status: [&'static str; 2]) {
    let pki = world.pki();
    let since = "2017-01-01T00:00:00Z".parse().unwrap();
    let service = |der: &[u8], kind, status| ServiceDraft {
        certificate_der: der.to_vec(),
        periods: vec![PeriodDraft::new(kind, status, since)],
    };
    let list = ListDraft {
        version: 6,
        sequence: 7,
        kind: "EUgeneric",
        territory: "BE".to_owned(),
        information: Vec::new(),
        issued_at: world.now.minus(DAY),
        next_update: Some(world.now.plus(DAY * 30)),
        pointers: Vec::new(),
        services: vec![
            service(pki.root_der(), "CA/QC", status[0]),
            service(&pki.unit.certificate_der, "TSA/QTST", status[1]),
        ],
    };
    let signer = Certificate::parse(pki.register.certificate_der.clone()).unwrap();
    let expected = Expected {
        territory: "BE",
        kind: ListKind::Services,
        held: None,
        at: Some((world.now, 0)),
    };
    let bytes = list.sign(&pki.register).unwrap();
    world.trust.set_lists(TrustedLists {
        lotl: None,
        lists: vec![verify(&bytes, Signers::Named(&[signer]), &expected).unwrap()],
    });
}

fn quality(report: &Report) -> bool {
    report.to_etsi_xml().contains(QUALITY)
}

/// How the sentence begins in each language.
fn sentences(report: &Report) -> [String; 4] {
    [Language::Nl, Language::Fr, Language::De, Language::En].map(|language| {
        let said = report.signatures[0].qualification_in(language);
        assert!(report.to_text(language).contains(&said), "{said}");
        said.split(" (").next().unwrap().to_owned()
    })
}

const QUALIFIED: [&str; 4] = [
    "TEST: gekwalificeerde elektronische handtekening",
    "TEST: signature électronique qualifiée",
    "TEST: qualifizierte elektronische Signatur",
    "TEST: qualified electronic signature",
];
const NOT_DETERMINED: [&str; 4] = [
    "geavanceerd; kwalificatie niet bepaald",
    "avancée ; qualification non déterminée",
    "fortgeschritten; Qualifikation nicht bestimmt",
    "advanced; qualification not determined",
];

#[test]
fn a_list_alone_makes_a_signature_and_its_time_stamp_qualified() {
    let world = World::new();
    let signer = world.signer(P384);
    let file = world.sealed(&plain(), &signer, Level::Lta);
    let without = world.validate(&file);
    assert_eq!(without.indication, Indication::TotalPassed);
    assert_eq!(sentences(&without), NOT_DETERMINED);
    assert!(!quality(&without));
    assert_eq!(without.document_time_stamps[0].qualified_in(Language::En), None);

    listed(&world, ["granted", "granted"]);
    let report = world.validate(&file);
    assert_eq!(sentences(&report), QUALIFIED);
    assert!(quality(&report));
    let english = &report.signatures[0].qualification;
    assert!(
        english.contains("(trusted list BE, number 7, "),
        "named with its list: {english}"
    );
    for stamp in [
        &report.signatures[0].time_stamps[0],
        &report.document_time_stamps[0],
    ] {
        let said = stamp.qualified_in(Language::Nl).unwrap();
        assert!(
            said.starts_with("TEST: gekwalificeerde tijdstempel (vertrouwenslijst BE, nr. 7, "),
            "{said}"
        );
    }

    listed(&world, ["withdrawn", "withdrawn"]);
    let report = world.validate(&file);
    assert_eq!(report.indication, Indication::TotalPassed);
    assert!(!quality(&report));
    assert_eq!(sentences(&report)[3], "TEST: advanced; not qualified");
    let stamp = &report.signatures[0].time_stamps[0];
    let said = stamp.qualified_in(Language::En).unwrap();
    assert!(said.starts_with("TEST: not a qualified time-stamp"), "{said}");
    let cause = stamp.qualified.as_ref().and_then(|said| said.cause.as_deref());
    assert_eq!(cause, Some("TST_NOT_QUALIFIED"));
}

#[test]
fn nothing_that_did_not_pass_is_called_qualified_in_any_format() {
    let world = World::new();
    let signer = world.signer(P384);
    listed(&world, ["granted", "granted"]);
    let data = b"Besluit 7";
    let pdf = world.sealed(&plain(), &signer, Level::Lta);
    let mut changed = pdf.clone();
    let at = changed.len() / 3;
    changed[at] ^= 1;
    let cms = message::sealed(&world, data, &signer, Level::Lta, Packaging::Attached);
    let mut other = cms.clone();
    let at = other.windows(data.len()).position(|part| part == data).unwrap();
    other[at] ^= 1;
    let container = asic_world::sealed(&world, Form::ExtendedXades, &signer, Level::Lta);
    let archive = Archive::open(Arc::new(container.clone()), &Limits::default()).unwrap();
    let mut writer = Writer::append_to(&archive, Vec::new(), world.now).unwrap();
    writer
        .add("extra.txt", &b"niemand tekende dit".to_vec(), Method::Stored)
        .unwrap();
    let with_extra = writer.finish().unwrap();
    for (name, twin, damaged) in [
        ("PDF", world.validate(&pdf), world.validate(&changed)),
        (
            "CMS",
            message::validate(&world, &cms, None, world.now),
            message::validate(&world, &other, None, world.now),
        ),
        (
            "container",
            asic_world::validate(&world, &container),
            asic_world::validate(&world, &with_extra),
        ),
    ] {
        assert_eq!(twin.indication, Indication::TotalPassed, "{name}: {twin:#?}");
        assert_eq!(sentences(&twin), QUALIFIED, "{name}");
        assert!(quality(&twin), "{name}");
        assert_eq!(damaged.indication, Indication::TotalFailed, "{name}");
        assert!(!quality(&damaged), "{name}");
        assert!(twin.signatures[0].qualified.is_some(), "{name}");
        let json = serde_json::to_value(&damaged).unwrap();
        for signature in json["signatures"].as_array().unwrap() {
            assert!(signature.get("qualified").is_none(), "{name}: {signature}");
            for stamp in signature["time_stamps"].as_array().unwrap() {
                let passed = stamp["indication"] == "TOTAL-PASSED";
                assert!(passed || stamp.get("qualified").is_none(), "{name}: {stamp}");
            }
        }
        for signature in &damaged.signatures {
            assert_eq!(signature.qualification, NOT_DETERMINED[3], "{name}");
        }
        let text = damaged.to_text(Language::En);
        assert!(!text.contains("qualified electronic"), "{name}: {text}");
    }
}
