//! One row for each block of EN 319 102-1 and each sub-indication that time and trust can give, each with exactly one
//! indication and sub-indication, beside a twin that differs in one thing and passes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use zegel::ades::level::Level;
use zegel::ades::pades::completion::CompletionError;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::policy::{Freshness, ValidationPolicy};
use zegel::ades::validate::report::{ObjectKind, Process, Report, SignatureReport, Weight};
use zegel::ades::validate::{Context, Inspection, validate_with};
use zegel::base::bytes::ReadAt;
use zegel::base::lang::Language;
use zegel::base::time::Timestamp;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::lab::pki::{
    AuthorityKind, CertificateBuilder, Extension, KeyPair, LabPki, Name, Serial, Validity,
};
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode, Services};
use zegel::pdf::document::Document;
use zegel::pdf::dss::{self, Evidence};
use zegel::pdf::update::Update;
use zegel::pki::certificate::Certificate;
use zegel::pki::ocsp::OcspRequest;
use zegel::pki::trust::Trust;

use super::counting::Counting;
use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, RSA, Signer, World};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn plain() -> Vec<u8> {
    pdf(Xref::Table, SHAPES[0])
}

/// A laboratory whose clock the row turns.
struct Case {
    world: World,
    signer: Signer,
}

impl Case {
    fn new(kind: KeyKind) -> Self {
        let world = World::new();
        let signer = world.signer(kind);
        Self { world, signer }
    }

    fn at(&self, after: Duration) -> Timestamp {
        self.world.now.plus(after)
    }

    fn sealed(&self, level: Level) -> Vec<u8> {
        self.world.sealed(&plain(), &self.signer, level)
    }

    fn revoke(&self, serial: &Serial, at: Timestamp, reason: RevocationReason) {
        let status = CertificateStatus::Revoked { at, reason };
        self.world.services.set_certificate(serial, status);
    }

    fn crl(&self, of: AuthorityKind, at: Timestamp) -> Vec<u8> {
        self.world.services.crl(of, at).unwrap()
    }

    /// The responder's answer about the signer at `at`.
    fn ocsp(&self, at: Timestamp) -> Vec<u8> {
        let issuer = Certificate::parse(self.world.pki().citizen.certificate_der().to_vec()).unwrap();
        let request = OcspRequest::new(&self.signer.certificate, &issuer, &*self.world.random);
        self.world
            .services
            .ocsp_response(AuthorityKind::Citizen, &request.der(), at)
            .unwrap()
    }

    /// Lists of all three authorities at `at`.
    fn lists(&self, at: Timestamp) -> Vec<Vec<u8>> {
        [
            AuthorityKind::Root,
            AuthorityKind::Citizen,
            AuthorityKind::Timestamp,
        ]
        .map(|of| self.crl(of, at))
        .to_vec()
    }

    fn judge(&self, file: &[u8], at: Timestamp) -> Report {
        self.judge_by(file, at, &ValidationPolicy::strict())
    }

    fn judge_by(&self, file: &[u8], at: Timestamp, policy: &ValidationPolicy) -> Report {
        let context = Context {
            trust: &self.world.trust,
            algorithms: &self.world.algorithms,
            verdict_keys: &[],
            at,
        };
        validate_with(Arc::new(file.to_vec()), &context, policy)
    }
}

/// `file` with one more revision that adds `crls` and `answers` to its security store.
fn with_evidence(case: &Case, file: &[u8], crls: Vec<Vec<u8>>, answers: Vec<Vec<u8>>) -> Vec<u8> {
    let document = Document::open(Arc::new(file.to_vec())).unwrap();
    let mut update = Update::new(&document);
    let authorities = case.world.pki().authorities();
    let evidence = Evidence {
        certificates: authorities
            .iter()
            .map(|authority| authority.certificate_der().to_vec())
            .collect(),
        crls,
        ocsp_responses: answers,
    };
    dss::add(&mut update, &BTreeMap::new(), &evidence).unwrap();
    [file, &update.finish().unwrap().bytes].concat()
}

fn only(report: &Report) -> &SignatureReport {
    report.signatures.first().unwrap()
}

#[track_caller]
fn passes(name: &str, report: &Report) {
    assert_eq!(report.indication, Indication::TotalPassed, "{name}: {report:#?}");
    assert!(report.signatures.iter().all(|one| one.sub_indication.is_none()));
}

/// Exactly this sub-indication, its object named, and something to read in each language when it is undecided.
#[track_caller]
fn gives(name: &str, report: &Report, sub: SubIndication, object: Option<ObjectKind>) {
    let signature = only(report);
    assert_eq!(signature.sub_indication, Some(sub), "{name}: {signature:#?}");
    assert_eq!(signature.indication, sub.indication(), "{name}");
    let decisive: Vec<_> = signature
        .findings
        .iter()
        .filter(|finding| finding.weight == Weight::Error)
        .collect();
    assert_eq!(decisive.len(), 1, "{name}: {decisive:#?}");
    let named = decisive[0].object.as_ref().map(|object| object.kind);
    assert_eq!(named, object, "{name}");
    for language in [Language::Nl, Language::Fr, Language::De, Language::En] {
        let missing = signature.missing(language);
        assert_eq!(
            missing.is_some(),
            sub.indication() == Indication::Indeterminate,
            "{name}"
        );
        assert!(report.to_text(language).contains(sub.as_str()), "{name}");
    }
}

#[test]
fn revocation_of_the_signer_counts_from_its_moment_on() {
    let case = Case::new(P384);
    let (basic, stamped) = (case.sealed(Level::B), case.sealed(Level::T));
    let (t0, later) = (case.world.now, case.at(HOUR * 3));
    let lists = case.lists(t0);
    passes(
        "twin",
        &case.judge(&with_evidence(&case, &stamped, lists.clone(), vec![]), later),
    );

    case.revoke(
        &case.signer.leaf.serial,
        case.at(HOUR),
        RevocationReason::KeyCompromise,
    );
    let after = case.lists(case.at(HOUR * 2));
    let proven = case.judge(&with_evidence(&case, &stamped, after.clone(), vec![]), later);
    passes("revoked after the time-stamp", &proven);
    assert_eq!(only(&proven).process, Process::LongTerm);
    assert!(
        only(&proven)
            .findings
            .iter()
            .any(|finding| finding.cause == "REVOKED_LATER")
    );
    let unproven = case.judge(&with_evidence(&case, &basic, after, vec![]), later);
    gives(
        "revoked, and no time-stamp",
        &unproven,
        SubIndication::RevokedNoPoe,
        Some(ObjectKind::SignerCertificate),
    );

    case.revoke(
        &case.signer.leaf.serial,
        t0.minus(HOUR),
        RevocationReason::KeyCompromise,
    );
    let before = case.lists(case.at(HOUR * 2));
    gives(
        "revoked before the time-stamp",
        &case.judge(&with_evidence(&case, &stamped, before, vec![]), later),
        SubIndication::RevokedNoPoe,
        Some(ObjectKind::SignerCertificate),
    );

    let on_hold = CertificateStatus::OnHold {
        since: case.at(MINUTE),
    };
    case.world
        .services
        .set_certificate(&case.signer.leaf.serial, on_hold);
    let held = case.lists(case.at(HOUR * 2));
    let report = case.judge(&with_evidence(&case, &stamped, held, vec![]), later);
    gives(
        "on hold",
        &report,
        SubIndication::TryLater,
        Some(ObjectKind::SignerCertificate),
    );
    let decisive = &only(&report)
        .findings
        .iter()
        .find(|one| one.weight == Weight::Error)
        .unwrap();
    assert_eq!(decisive.try_after, Some(case.at(HOUR * 2 + DAY * 7)));
}

#[test]
fn revocation_of_an_authority_asks_for_proof_of_all_below_it() {
    for (reason, unproven_stands) in [
        (RevocationReason::KeyCompromise, false),
        (RevocationReason::CessationOfOperation, true),
    ] {
        let case = Case::new(P384);
        let serial = {
            let der = case.world.pki().citizen.certificate_der().to_vec();
            Serial::from_bytes(Certificate::parse(der).unwrap().serial())
        };
        let (stamped, archived) = (case.sealed(Level::T), case.sealed(Level::Lta));
        let own = [AuthorityKind::Citizen, AuthorityKind::Timestamp].map(|of| case.crl(of, case.world.now));
        case.revoke(&serial, case.at(DAY), reason);
        let root = case.crl(AuthorityKind::Root, case.at(DAY * 2));
        let lists = own.into_iter().chain([root.clone()]).collect();
        let late = case.judge(&with_evidence(&case, &stamped, lists, vec![]), case.at(DAY * 3));
        if unproven_stands {
            passes("the authority stopped", &late);
        } else {
            gives(
                "evidence could be forged",
                &late,
                SubIndication::RevokedCaNoPoe,
                Some(ObjectKind::SignerCertificate),
            );
        }
        let proven = case.judge(
            &with_evidence(&case, &archived, vec![root], vec![]),
            case.at(DAY * 3),
        );
        passes("evidence proven before", &proven);
    }
}

#[test]
fn evidence_must_be_there_and_fresh_for_the_moment_of_signing() {
    let case = Case::new(P384);
    let stamped = case.sealed(Level::T);
    let later = case.at(HOUR);
    gives(
        "nothing",
        &case.judge(&stamped, later),
        SubIndication::TryLater,
        Some(ObjectKind::RevocationData),
    );
    let early = case.world.now.minus(HOUR);
    let others = [AuthorityKind::Root, AuthorityKind::Timestamp].map(|of| case.crl(of, case.world.now));
    let stale = with_evidence(&case, &stamped, others.to_vec(), vec![case.ocsp(early)]);
    let report = case.judge(&stale, later);
    gives(
        "stale",
        &report,
        SubIndication::TryLater,
        Some(ObjectKind::RevocationData),
    );
    let decisive = only(&report)
        .findings
        .iter()
        .find(|one| one.weight == Weight::Error)
        .unwrap();
    assert_eq!(decisive.cause, "REV_STALE");
    assert!(decisive.try_after.is_some(), "when a newer answer is due");
    let fresh = with_evidence(&case, &stamped, others.to_vec(), vec![case.ocsp(case.world.now)]);
    passes("fresh", &case.judge(&fresh, later));
    // A policy that asks nothing takes the stale one.
    let easy = ValidationPolicy {
        name: "easy".to_owned(),
        signer_freshness: Freshness::Any,
        ..ValidationPolicy::strict()
    };
    passes("no freshness asked", &case.judge_by(&stale, later, &easy));
    // An answer counts for its own minute, and for no more; a list of the day before counts until the next is due.
    let etsi = ValidationPolicy::named("etsi").unwrap();
    gives(
        "older than its own interval",
        &case.judge_by(&stale, later, &etsi),
        SubIndication::TryLater,
        Some(ObjectKind::RevocationData),
    );
    let listed = with_evidence(&case, &stamped, case.lists(early), vec![]);
    gives(
        "an older list, strictly",
        &case.judge(&listed, later),
        SubIndication::TryLater,
        Some(ObjectKind::RevocationData),
    );
    passes(
        "an older list, by its own interval",
        &case.judge_by(&listed, later, &etsi),
    );
    let overdue = with_evidence(
        &case,
        &stamped,
        case.lists(case.world.now.minus(DAY * 400)),
        vec![],
    );
    gives(
        "a list whose next was due before the signature",
        &case.judge_by(&overdue, later, &etsi),
        SubIndication::TryLater,
        Some(ObjectKind::RevocationData),
    );
    // The responder's certificate has run out since, and nothing shows that its answer is older.
    let years = case.at(DAY * 500);
    gives(
        "responder out of bounds",
        &case.judge(&fresh, years),
        SubIndication::RevocationOutOfBoundsNoPoe,
        Some(ObjectKind::RevocationData),
    );
    let by_list = with_evidence(&case, &stamped, case.lists(case.world.now), vec![]);
    passes("a list needs no responder", &case.judge(&by_list, years));
}

#[test]
fn a_certificate_that_ran_out_needs_a_proof_from_before() {
    let case = Case::new(P384);
    let end = case.signer.certificate.not_after();
    let (basic, late) = (case.sealed(Level::B), end.plus(DAY));
    gives(
        "expired",
        &case.judge(&basic, late),
        SubIndication::OutOfBoundsNoPoe,
        Some(ObjectKind::SignerCertificate),
    );
    let lists = case.lists(end.minus(DAY));
    gives(
        "expired, known good to the end",
        &case.judge(&with_evidence(&case, &basic, lists, vec![]), late),
        SubIndication::OutOfBoundsNotRevoked,
        Some(ObjectKind::SignerCertificate),
    );
    let kept = with_evidence(&case, &basic, case.lists(case.world.now), vec![]);
    passes("twin", &case.judge(&kept, case.at(MINUTE)));
}

#[test]
fn a_signature_proven_before_its_certificate_was_valid_has_failed() {
    let mut case = Case::new(P384);
    let made = case.at(HOUR * 2);
    let holder = zegel::lab::pki::Holder {
        surname: "Specimen".to_owned(),
        given_names: "Cé".to_owned(),
        national_number: zegel::base::national::NationalNumber::parse("85073003328").unwrap(),
    };
    let validity = zegel::lab::pki::Validity::around(made, HOUR, DAY * 365);
    let leaf = case
        .world
        .pki()
        .issue_leaf(
            &holder,
            zegel::lab::pki::LeafPurpose::Signature,
            P384,
            validity,
            &*case.world.random,
        )
        .unwrap();
    let certificate = Certificate::parse(leaf.certificate_der.clone()).unwrap();
    let young = Signer { leaf, certificate };
    let start = case.world.now;
    case.world.now = made;
    let signed = case
        .world
        .signed(&plain(), &case.world.draft(&young, Level::T), &young.leaf.key);
    let honest = case.world.sealed(&plain(), &young, Level::T);
    // The unit's clock, or its operator, says that it stamped two hours earlier.
    case.world.now = start;
    let refused = case.world.complete(&plain(), signed);
    let Err((CompletionError::BelowLevel { report, .. }, _)) = refused else {
        panic!("a signature proven before its certificate was valid is not delivered");
    };
    gives(
        "not yet valid",
        &report,
        SubIndication::NotYetValid,
        Some(ObjectKind::SignerCertificate),
    );
    let lists = case.lists(made);
    let late = made.plus(HOUR);
    let evidence = |file: &[u8]| with_evidence(&case, file, lists.clone(), vec![]);
    passes("twin", &case.judge(&evidence(&honest), late));
}

#[test]
fn algorithms_count_at_the_moment_each_object_is_proven() {
    // RSA of 2048 bits is accepted until 2029.
    let case = Case::new(RSA);
    let after: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let (basic, stamped) = (case.sealed(Level::B), case.sealed(Level::T));
    let lists = case.lists(case.world.now);
    let report = case.judge(&with_evidence(&case, &basic, lists.clone(), vec![]), after);
    // The list is not fresh for a moment that nothing proves to be earlier: whichever comes first, no proof is there.
    gives(
        "no proof from before the end",
        &report,
        SubIndication::CryptoConstraintsFailureNoPoe,
        Some(ObjectKind::SignerCertificate),
    );
    passes(
        "time-stamped before the end",
        &case.judge(&with_evidence(&case, &stamped, lists, vec![]), after),
    );
}

#[test]
fn a_time_stamp_is_worth_what_its_unit_is_worth_when_the_token_is_proven() {
    let case = Case::new(P384);
    let unit = Certificate::parse(case.world.pki().unit.certificate_der.clone()).unwrap();
    let stamped = case.sealed(Level::T);
    let lists = case.lists(case.world.now);
    let kept = with_evidence(&case, &stamped, lists.clone(), vec![]);
    passes("unit good", &case.judge(&kept, unit.not_after()));
    let late = case.judge(&kept, unit.not_after().plus(DAY));
    assert_ne!(late.indication, Indication::TotalPassed);
    assert_eq!(
        only(&late).time_stamps[0].sub_indication,
        Some(SubIndication::OutOfBoundsNotRevoked),
        "the unit ran out"
    );
    // Revoked after it stamped: whoever has its key since can stamp back to any date.
    case.revoke(
        &Serial::from_bytes(unit.serial()),
        case.at(DAY),
        RevocationReason::KeyCompromise,
    );
    let revoked = case.crl(AuthorityKind::Timestamp, case.at(DAY * 2));
    let known: Vec<Vec<u8>> = lists.iter().take(2).cloned().chain([revoked]).collect();
    let report = case.judge(&with_evidence(&case, &stamped, known, vec![]), case.at(DAY * 3));
    assert_ne!(report.indication, Indication::TotalPassed);
    assert_eq!(
        only(&report).time_stamps[0].sub_indication,
        Some(SubIndication::RevokedNoPoe)
    );
}

#[test]
fn a_renewed_archive_carries_what_has_run_out_since() {
    let mut case = Case::new(P384);
    let first = case.sealed(Level::Lta);
    let start = case.world.now;
    let late = start.plus(DAY * 500);
    let unrenewed = case.judge(&first, late);
    assert_eq!(
        unrenewed.document_time_stamps[0].sub_indication,
        Some(SubIndication::RevocationOutOfBoundsNoPoe)
    );
    // Renewed while the responder was still good: another archive time-stamp over all of it.
    case.world.now = start.plus(DAY * 300);
    let second = case.world.signer(P384);
    let renewed = case.world.sealed(&first, &second, Level::Lta);
    let lists = case.lists(case.world.now);
    let renewed = with_evidence(&case, &renewed, lists, vec![]);
    let report = case.judge(&renewed, late);
    passes("renewed", &report);
    assert_eq!(report.signatures[0].best_signature_time, Some(start));
    assert_eq!(report.signatures[0].level, Some(Level::Lta));
}

/// The same laboratory with another time-stamping unit, valid from `now` on.
fn with_fresh_unit(case: &Case, now: Timestamp) -> World {
    let folder = crate::support::TestFolder::new("fresh-unit");
    case.world.pki().save(folder.path()).unwrap();
    let mut pki = LabPki::load(folder.path()).unwrap();
    let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let subject = Name::new().country("BE").common_name("TEST Timestamp Unit 2");
    let unit = CertificateBuilder::new(subject, key.public())
        .valid(Validity::around(now, HOUR, DAY * 1500))
        .with(Extension::key_usage(&[0]))
        .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.8"]).critical())
        .with(Extension::crl(super::world::BASE, AuthorityKind::Timestamp))
        .issue(&pki.timestamp, &*case.world.random)
        .unwrap();
    pki.unit = KeyPair {
        certificate_der: unit,
        key,
    };
    let services = Services::new(Arc::new(pki), case.world.random.clone());
    services.set_service(Service::Ocsp, ServiceMode::Down);
    World {
        services: Arc::new(services),
        base: case.world.base.clone(),
        trust: case.world.trust.clone(),
        algorithms: case.world.algorithms.clone(),
        random: case.world.random.clone(),
        now,
    }
}

#[test]
fn a_time_stamp_whose_unit_ran_out_or_was_revoked_lives_on_under_a_newer_one() {
    let case = Case::new(P384);
    case.world.services.set_service(Service::Ocsp, ServiceMode::Down);
    let first = case.sealed(Level::Lta);
    let unit = Certificate::parse(case.world.pki().unit.certificate_der.clone()).unwrap();
    let late = unit.not_after().plus(DAY * 30);
    let alone = case.judge(&first, late);
    assert_eq!(
        alone.document_time_stamps[0].sub_indication,
        Some(SubIndication::OutOfBoundsNotRevoked)
    );
    let newer = with_fresh_unit(&case, unit.not_after().minus(DAY * 30));
    let renewed = newer.sealed(&first, &newer.signer(P384), Level::Lta);
    let report = case.judge(&renewed, late);
    passes("renewed", &report);
    assert_eq!(report.document_time_stamps[0].process, Process::Past);
    assert_eq!(report.signatures[0].best_signature_time, Some(case.world.now));

    // Revoked after the newer time-stamp: what it stamped is proven to be older. Revoked before it: not.
    for (revoked, stands) in [(newer.now.plus(DAY), true), (newer.now.minus(DAY), false)] {
        case.revoke(
            &Serial::from_bytes(unit.serial()),
            revoked,
            RevocationReason::KeyCompromise,
        );
        let list = case.crl(AuthorityKind::Timestamp, newer.now.plus(DAY * 2));
        let told = case.judge(
            &with_evidence(&case, &renewed, vec![list], vec![]),
            newer.now.plus(DAY * 3),
        );
        let stamp = &told.document_time_stamps[0];
        if stands {
            assert_eq!(stamp.indication, Indication::TotalPassed, "{stamp:#?}");
            assert_eq!(stamp.process, Process::Past);
        } else {
            assert_eq!(stamp.sub_indication, Some(SubIndication::RevokedNoPoe));
        }
    }
}

#[test]
fn what_is_read_grows_with_the_file_and_not_with_the_square_of_its_signatures() {
    let case = Case::new(P384);
    let mut file = plain();
    let mut read_per_byte = Vec::new();
    for signers in 1..=8_u32 {
        file = case.world.sealed(&file, &case.signer, Level::Lta);
        if !signers.is_power_of_two() {
            continue;
        }
        let counting = Counting::new(file.clone());
        let context = Context {
            trust: &case.world.trust,
            algorithms: &case.world.algorithms,
            verdict_keys: &[],
            at: case.world.now,
        };
        let report = validate_with(counting.clone(), &context, &ValidationPolicy::strict());
        passes("serial", &report);
        assert_eq!(report.signatures.len(), usize::try_from(signers).unwrap());
        read_per_byte.push(counting.times());
    }
    let (least, most) = (
        read_per_byte.iter().min().unwrap(),
        read_per_byte.iter().max().unwrap(),
    );
    assert!(
        *most <= least * 2 + 2,
        "times each byte is read: {read_per_byte:?}"
    );
}

/// The report as ETSI XML is well-formed by an independent reader, has the elements of the standard in its order, and
/// every reference in it leads somewhere.
#[test]
fn the_etsi_report_is_well_formed_and_its_references_lead_somewhere() {
    let case = Case::new(P384);
    let second = case.world.signer(RSA);
    let sealed = case.world.sealed(&case.sealed(Level::Lta), &second, Level::Lta);
    let mut damaged = sealed.clone();
    let at = damaged.len() / 8;
    damaged[at] ^= 1;
    for (name, file, expected) in [
        ("passed", sealed, "total-passed"),
        ("damaged", damaged, "total-failed"),
        ("basic", case.sealed(Level::B), "indeterminate"),
        ("none", plain(), "no-signature-found"),
        ("no pdf", b"x<&>".to_vec(), "total-failed"),
    ] {
        let report = case.judge(&file, case.world.now);
        let xml = report.to_etsi_xml();
        assert!(
            xml.contains(&format!("urn:etsi:019102:mainindication:{expected}<")),
            "{name}: {xml}"
        );
        if let Some(xmllint) = crate::support::judge("xmllint") {
            let folder = crate::support::TestFolder::new("etsi");
            let path = folder.path().join("report.xml");
            std::fs::write(&path, &xml).unwrap();
            let output = std::process::Command::new(xmllint)
                .args(["--noout", "--nonet"])
                .arg(&path)
                .output()
                .unwrap();
            assert!(
                output.status.success() && output.stderr.is_empty(),
                "{name}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let ids: Vec<&str> = xml
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "{name}: an id stands once");
        let references = xml
            .split("VOReference=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        for reference in references.flat_map(|all| all.split(' ')) {
            assert!(ids.contains(&reference), "{name}: {reference} leads nowhere");
        }
        let order = [
            "<SignatureIdentifier",
            "<ValidationConstraintsEvaluationReport",
            "<ValidationTimeInfo",
            "<SignersDocument",
            "<SignatureAttributes",
            "<SignerInformation",
            "<SignatureValidationProcess",
            "<SignatureValidationStatus",
        ];
        for part in xml
            .split("  <SignatureValidationReport>")
            .skip(1)
            .filter(|_| expected != "no-signature-found" && name != "no pdf")
        {
            let places: Vec<usize> = order.iter().map(|element| part.find(element).unwrap()).collect();
            assert!(places.is_sorted(), "{name}: {places:?}");
        }
    }
}

#[test]
fn time_stamps_that_contradict_each_other_are_told() {
    let mut case = Case::new(P384);
    let first = case.sealed(Level::T);
    let lists = case.lists(case.world.now);
    let first = with_evidence(&case, &first, lists.clone(), vec![]);
    let start = case.world.now;
    let second = case.world.signer(P384);
    for (shift, contradicts) in [(HOUR, true), (Duration::ZERO, false)] {
        case.world.now = start.minus(shift);
        let draft = case.world.draft(&second, Level::Lta);
        let signed = case.world.signed(&first, &draft, &second.leaf.key);
        let file = match case.world.complete(&first, signed) {
            Ok(completed) => super::world::whole(&first, &completed),
            Err((error, _)) => {
                assert!(contradicts, "{error}");
                case.world.now = start;
                continue;
            }
        };
        let file = with_evidence(&case, &file, lists.clone(), vec![]);
        let report = case.judge(&file, start.plus(MINUTE));
        if contradicts {
            gives("order", &report, SubIndication::TimestampOrderFailure, None);
        } else {
            passes("twin", &report);
        }
    }
}

#[test]
fn what_a_policy_asks_beyond_decides_too() {
    let case = Case::new(P384);
    let mut late_stamp = Case::new(P384);
    let file = {
        let signed = late_stamp.world.signed(
            &plain(),
            &late_stamp.world.draft(&late_stamp.signer, Level::T),
            &late_stamp.signer.leaf.key,
        );
        late_stamp.world.now = late_stamp.at(HOUR * 2);
        let completed = late_stamp
            .world
            .complete(&plain(), signed)
            .map_err(|(error, _)| error)
            .unwrap();
        super::world::whole(&plain(), &completed)
    };
    let lists = late_stamp.lists(late_stamp.world.now);
    let file = with_evidence(&late_stamp, &file, lists, vec![]);
    let at = late_stamp.at(MINUTE);
    let asks = |seconds| ValidationPolicy {
        name: "delay".to_owned(),
        time_stamp_delay_seconds: Some(seconds),
        ..ValidationPolicy::strict()
    };
    gives(
        "stamped too late",
        &late_stamp.judge_by(&file, at, &asks(3600)),
        SubIndication::SigConstraintsFailure,
        None,
    );
    passes("twin", &late_stamp.judge_by(&file, at, &asks(7201)));

    // No root of this name is pinned here.
    let named = LabPki::generate_named(
        "Another TEST Root CA",
        super::world::BASE,
        &*case.world.random,
        case.world.now,
    )
    .unwrap();
    let holder = zegel::lab::pki::Holder {
        surname: "Specimen".to_owned(),
        given_names: "Dé".to_owned(),
        national_number: zegel::base::national::NationalNumber::parse("85073003328").unwrap(),
    };
    let leaf = named
        .issue_leaf(
            &holder,
            zegel::lab::pki::LeafPurpose::Signature,
            P384,
            LabPki::usual_validity(case.world.now),
            &*case.world.random,
        )
        .unwrap();
    let certificate = Certificate::parse(leaf.certificate_der.clone()).unwrap();
    let stranger = Signer { leaf, certificate };
    let mut draft = case.world.draft(&stranger, Level::B);
    draft.chain = vec![Certificate::parse(named.citizen.certificate_der().to_vec()).unwrap()];
    let signed = case.world.signed(&plain(), &draft, &stranger.leaf.key);
    let refused = case.world.complete(&plain(), signed);
    let Err((CompletionError::BelowLevel { report, .. }, _)) = refused else {
        panic!("a signature without a path is not delivered");
    };
    // The laboratory's citizen authority has the same name in both: its signature does not verify there.
    let sub = only(&report).sub_indication.unwrap();
    assert!(
        [
            SubIndication::NoCertificateChainFound,
            SubIndication::CertificateChainGeneralFailure
        ]
        .contains(&sub),
        "{sub}"
    );
}

#[test]
fn the_future_is_judged_from_the_file_alone() {
    let case = Case::new(P384);
    let file = case.sealed(Level::Lta);
    let source: Arc<dyn ReadAt> = Arc::new(file.clone());
    let inspection = Inspection::of(&source).unwrap();
    let policy = ValidationPolicy::strict();
    let judge = |trust: &Trust, later: Timestamp| {
        let context = Context {
            trust,
            algorithms: &case.world.algorithms,
            verdict_keys: &[],
            at: case.world.now,
        };
        inspection
            .judge_for(&context, &policy, later)
            .maintainability
            .unwrap()
    };
    let soon = judge(&case.world.trust, case.at(DAY * 100));
    assert_eq!(
        (soon.indication, soon.passes_now),
        (Indication::TotalPassed, true)
    );
    let until = soon.good_until.unwrap();
    let far = judge(&case.world.trust, case.at(DAY * 3650));
    assert_eq!(far.indication, Indication::Indeterminate);
    assert!(!far.findings.is_empty());
    assert_eq!(
        far.good_until,
        Some(until),
        "the end does not depend on the question"
    );
    assert_eq!(case.judge(&file, until).indication, Indication::TotalPassed);
    assert_ne!(
        case.judge(&file, until.plus(Duration::from_secs(3))).indication,
        Indication::TotalPassed
    );
    // What only this service knows does not count: the same file without its authorities' certificates.
    let basic = case.sealed(Level::B);
    let source: Arc<dyn ReadAt> = Arc::new(basic);
    let inspection = Inspection::of(&source).unwrap();
    let context = Context {
        trust: &case.world.trust,
        algorithms: &case.world.algorithms,
        verdict_keys: &[],
        at: case.world.now,
    };
    let bare = inspection
        .judge_for(&context, &policy, case.at(DAY))
        .maintainability
        .unwrap();
    assert!(!bare.passes_now && bare.good_until.is_none());
}

/// The example in the guide is what the laboratory gives, word for word.
#[test]
fn the_example_of_the_guide_is_a_report_of_the_laboratory() {
    let case = Case::new(P384);
    let source: Arc<dyn ReadAt> = Arc::new(case.sealed(Level::Lta));
    let inspection = Inspection::of(&source).unwrap();
    let context = Context {
        trust: &case.world.trust,
        algorithms: &case.world.algorithms,
        verdict_keys: &[],
        at: case.world.now,
    };
    let later = case.at(DAY * 3652);
    let report = inspection.judge_for(&context, &ValidationPolicy::strict(), later);
    let example = format!("```text\n{}\n```\n", report.to_text(Language::En).trim_end());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let (before, _) = guide.split_once("```text\n").unwrap_or((&guide, ""));
    let fresh = format!("{before}{example}");
    if std::env::var_os("ZEGEL_BLESS").is_some() {
        std::fs::write(path, &fresh).unwrap();
    }
    assert!(
        guide == fresh || std::env::var_os("ZEGEL_BLESS").is_some(),
        "the example in docs/report.md is not what the laboratory gives (ZEGEL_BLESS=1 writes it): {example}"
    );
}
