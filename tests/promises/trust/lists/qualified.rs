//! What the lists say of a certificate: each rule of TS 119 615 with a case that only it decides.

use zegel::base::time::Timestamp;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::lab::pki::{CertificateBuilder, Extension, Name, Validity};
use zegel::lab::trusted_list::{PeriodDraft, ServiceDraft};
use zegel::pki::certificate::Certificate;
use zegel::pki::lists::list::ListKind;
use zegel::pki::lists::qualification::{
    AtMoment, Device, Outcome, Qualification, determine, determine_stamp,
};
use zegel::pki::lists::signed::{Expected, Signers as Who, verify};
use zegel::pki::lists::trusted::TrustedLists;

use super::made::{DAY, Signers, certificate, national, now};

const COMPLIANCE: &str = "300806060400 8e460101";
const DEVICE: &str = "300806060400 8e460104";
const SIGN: &str = "3013060604008e4601063009060704008e46010601";
const SEAL: &str = "3013060604008e4601063009060704008e46010602";
const WEB: &str = "3013060604008e4601063009060704008e46010603";
/// QcCClegislation naming CH.
const LAW: &str = "300e060604008e46010730041302 4348";

struct World {
    signers: Signers,
    root: Certificate,
    issuer: Certificate,
}

impl World {
    fn new() -> Self {
        let signers = Signers::new();
        let root = Certificate::parse(signers.pki.root_der().to_vec()).unwrap();
        let issuer = Certificate::parse(signers.pki.citizen.certificate_der().to_vec()).unwrap();
        Self {
            signers,
            root,
            issuer,
        }
    }

    /// A path of a certificate with those statements, and its policies.
    fn path(&self, statements: &[&str], policies: &[&str], from: Timestamp) -> Vec<Certificate> {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let content: Vec<u8> = statements
            .iter()
            .flat_map(|text| hex::decode(text.replace(' ', "")).unwrap())
            .collect();
        let mut builder = CertificateBuilder::new(
            Name::new()
                .country("BE")
                .common_name("TEST Jan Specimen (Signature)"),
            key.public(),
        )
        .valid(Validity {
            not_before: from,
            not_after: now().plus(DAY * 365),
        })
        .with(Extension::key_usage(&[1]))
        .with(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.4"]));
        if !policies.is_empty() {
            builder = builder.with(Extension::policies(policies));
        }
        if !statements.is_empty() {
            builder = builder.with(Extension::new(
                "1.3.6.1.5.5.7.1.3",
                zegel::asn1::write::sequence(&[&content]),
            ));
        }
        let leaf = builder
            .issue(&self.signers.pki.citizen, &self.signers.random)
            .unwrap();
        vec![
            Certificate::parse(leaf).unwrap(),
            self.issuer.clone(),
            self.root.clone(),
        ]
    }

    fn lists(&self, services: Vec<ServiceDraft>) -> TrustedLists {
        let signer = self.signers.signer("TEST signer");
        let bytes = national(services).sign(&signer).unwrap();
        let expected = Expected {
            territory: "BE",
            kind: ListKind::Services,
            held: None,
            at: Some((now(), 0)),
        };
        TrustedLists {
            lotl: None,
            lists: vec![verify(&bytes, Who::Named(&[certificate(&signer)]), &expected).unwrap()],
        }
    }

    fn service(&self, periods: Vec<PeriodDraft>) -> ServiceDraft {
        ServiceDraft {
            certificate_der: self.root.der().to_vec(),
            periods,
        }
    }

    fn judge(&self, services: Vec<ServiceDraft>, path: &[Certificate]) -> Qualification {
        determine(&self.lists(services), path, now())
    }
}

fn since(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn granted() -> PeriodDraft {
    PeriodDraft::new("CA/QC", "granted", since("2017-01-01T00:00:00Z"))
}

fn with(qualifiers: &[&'static str], criteria: &str) -> PeriodDraft {
    let mut period = granted();
    period.qualifications = vec![(qualifiers.to_vec(), criteria.to_owned())];
    period
}

/// Criteria that every certificate with non-repudiation meets.
const ANY: &str = "<sie:CriteriaList assert=\"all\"><sie:KeyUsage><sie:KeyUsageBit name=\"nonRepudiation\">true\
                   </sie:KeyUsageBit></sie:KeyUsage></sie:CriteriaList>";

fn issued() -> Timestamp {
    now().minus(DAY * 30)
}

#[test]
fn a_signature_is_qualified_by_certificate_device_and_list_together() {
    let world = World::new();
    let full = world.path(&[COMPLIANCE, DEVICE, SIGN], &[], issued());
    let found = world.judge(vec![world.service(vec![granted()])], &full);
    assert_eq!(found.outcome, Outcome::QualifiedSignature);
    assert_eq!(found.outcome.cause(), None);
    let list = found.list.unwrap();
    assert_eq!(
        (list.territory.as_str(), list.sequence, list.issued_at),
        ("BE", 7, now().minus(DAY))
    );
    // Without a list nothing is said; the certificate's own claims are none.
    let nothing = determine(&TrustedLists::default(), &full, now());
    assert_eq!((nothing.outcome, nothing.list), (Outcome::NotDetermined, None));

    for (statements, outcome) in [
        (&[COMPLIANCE, DEVICE][..], Outcome::QualifiedSignature),
        (&[COMPLIANCE, SIGN], Outcome::QualifiedCertificateForSignatures),
        (&[DEVICE, SIGN], Outcome::NotQualified),
        (&[], Outcome::NotQualified),
        (&[COMPLIANCE, DEVICE, SEAL], Outcome::NotQualified),
        (&[COMPLIANCE, DEVICE, WEB], Outcome::NotQualified),
        (&[COMPLIANCE, DEVICE, SIGN, LAW], Outcome::NotQualified),
    ] {
        let path = world.path(statements, &[], issued());
        let found = world.judge(vec![world.service(vec![granted()])], &path);
        assert_eq!(found.outcome, outcome, "{statements:?}: {:#?}", found.steps);
    }
    let mut seals = granted();
    seals.uses = vec!["ForeSeals", "ForWebSiteAuthentication"];
    for (kind, outcome) in [
        (SEAL, Outcome::QualifiedSeal),
        (WEB, Outcome::QualifiedCertificateForWebSites),
        (SIGN, Outcome::NotQualified),
    ] {
        let path = world.path(&[COMPLIANCE, DEVICE, kind], &[], issued());
        assert_eq!(
            world
                .judge(vec![world.service(vec![seals.clone()])], &path)
                .outcome,
            outcome
        );
    }
}

#[test]
fn type_status_time_and_extensions_of_the_service_count() {
    let world = World::new();
    let full = world.path(&[COMPLIANCE, DEVICE, SIGN], &[], issued());
    let one = |period: PeriodDraft| world.judge(vec![world.service(vec![period])], &full);
    assert_eq!(one(granted()).outcome, Outcome::QualifiedSignature);
    for (kind, status) in [
        ("CA/PKC", "granted"),
        ("TSA/QTST", "granted"),
        ("CA/QC", "withdrawn"),
        // Words from before eIDAS do not count after it.
        ("CA/QC", "undersupervision"),
        ("CA/QC", "accredited"),
        ("CA/QC", "recognisedatnationallevel"),
    ] {
        let period = PeriodDraft::new(kind, status, since("2017-01-01T00:00:00Z"));
        assert_eq!(
            one(period).outcome.cause(),
            Some("NOT_QUALIFIED"),
            "{kind} {status}"
        );
    }
    let mut no_use = granted();
    no_use.uses.clear();
    assert_eq!(one(no_use).outcome, Outcome::NotQualified);
    for (is_critical, outcome) in [
        (true, Outcome::NotQualified),
        (false, Outcome::QualifiedSignature),
    ] {
        let mut unknown = granted();
        unknown.extension = Some(("<x xmlns=\"urn:x\"></x>".to_owned(), is_critical));
        assert_eq!(one(unknown).outcome, outcome);
    }
    // Another service with the same key and another name, and the same name with another key, are not it.
    let other = ServiceDraft {
        certificate_der: world.signers.pki.timestamp.certificate_der().to_vec(),
        periods: vec![granted()],
    };
    assert_eq!(world.judge(vec![other], &full).outcome, Outcome::NotQualified);
    // The issuing authority may be the service as well as its root.
    let issuer = ServiceDraft {
        certificate_der: world.issuer.der().to_vec(),
        periods: vec![granted()],
    };
    assert_eq!(
        world.judge(vec![issuer], &full).outcome,
        Outcome::QualifiedSignature
    );
}

#[test]
fn both_moments_count_and_periods_hold_their_start_and_not_their_end() {
    let world = World::new();
    let full = world.path(&[COMPLIANCE, DEVICE, SIGN], &[], issued());
    let history = |change: Timestamp, before: &'static str, after: &'static str| {
        world.service(vec![
            PeriodDraft::new("CA/QC", after, change),
            PeriodDraft::new("CA/QC", before, since("2017-01-01T00:00:00Z")),
        ])
    };
    let second = std::time::Duration::from_secs(1);
    for (change, before, after, issuance, signing) in [
        (now(), "granted", "withdrawn", true, false),
        (now().plus(second), "granted", "withdrawn", true, true),
        (issued(), "withdrawn", "granted", true, true),
        (issued().plus(second), "withdrawn", "granted", false, true),
    ] {
        let found = world.judge(vec![history(change, before, after)], &full);
        let is_good = |moment: Option<AtMoment>| matches!(moment, Some(AtMoment::Qualified { .. }));
        assert_eq!(
            (is_good(found.at_issuance), is_good(found.at_signing)),
            (issuance, signing),
            "{change}"
        );
        assert_eq!(found.outcome == Outcome::QualifiedSignature, issuance && signing);
    }
    // A service that begins after the certificate was issued.
    let late = world.service(vec![PeriodDraft::new("CA/QC", "granted", now().minus(DAY))]);
    assert_eq!(world.judge(vec![late], &full).outcome, Outcome::NotQualified);
    // The device counts at both moments too, whichever of them lacks it.
    for (before, after, expected) in [
        ("QCWithQSCD", "QCWithQSCD", Outcome::QualifiedSignature),
        (
            "QCNoQSCD",
            "QCWithQSCD",
            Outcome::QualifiedCertificateForSignatures,
        ),
        (
            "QCWithQSCD",
            "QCNoQSCD",
            Outcome::QualifiedCertificateForSignatures,
        ),
    ] {
        let mut newer = with(&[after], ANY);
        newer.from = issued().plus(second);
        let service = world.service(vec![newer, with(&[before], ANY)]);
        assert_eq!(
            world.judge(vec![service], &full).outcome,
            expected,
            "{before} {after}"
        );
    }
}

/// Neither its key under another name nor another key under its name is the service.
#[test]
fn a_service_is_its_key_and_its_name() {
    let world = World::new();
    let full = world.path(&[COMPLIANCE, DEVICE, SIGN], &[], issued());
    let listed = |certificate_der: Vec<u8>| {
        let service = ServiceDraft {
            certificate_der,
            periods: vec![granted()],
        };
        world.judge(vec![service], &full).outcome
    };
    assert_eq!(listed(world.root.der().to_vec()), Outcome::QualifiedSignature);
    let namesake = World::new().root;
    assert_eq!(namesake.subject(), world.root.subject());
    assert_ne!(namesake.spki_der(), world.root.spki_der());
    assert_eq!(listed(namesake.der().to_vec()), Outcome::NotQualified);
    let root = &world.signers.pki.root;
    let name = zegel::lab::pki::Name::new()
        .country("BE")
        .common_name("TEST other name");
    let renamed = zegel::lab::pki::CertificateBuilder::new(name, root.key().public())
        .valid(zegel::lab::pki::LabPki::usual_validity(now()))
        .issue(root, &world.signers.random)
        .unwrap();
    assert_eq!(listed(renamed), Outcome::NotQualified);
}

#[test]
fn before_eidas_other_states_policies_and_no_uses_counted() {
    let world = World::new();
    let then = since("2016-06-30T21:59:59Z");
    let mut old = PeriodDraft::new("CA/QC", "undersupervision", since("2010-01-01T00:00:00Z"));
    old.uses.clear();
    // Legal persons made no signatures then.
    let mut legal = old.clone();
    legal
        .qualifications
        .push((vec!["QCForLegalPerson"], ANY.to_owned()));
    let path = world.path(&[], &["0.4.0.1456.1.1"], since("2015-01-01T00:00:00Z"));
    let lists = world.lists(vec![world.service(vec![legal])]);
    assert_eq!(determine(&lists, &path, then).outcome, Outcome::NotQualified);
    let service = world.service(vec![old]);
    for (policies, expected) in [
        (&["0.4.0.1456.1.1"][..], Outcome::QualifiedSignature),
        (&["0.4.0.1456.1.2"], Outcome::QualifiedCertificateForSignatures),
        (&["0.4.0.1456.1.3"], Outcome::NotQualified),
    ] {
        let path = world.path(&[], policies, since("2015-01-01T00:00:00Z"));
        let lists = world.lists(vec![service.clone()]);
        assert_eq!(determine(&lists, &path, then).outcome, expected, "{policies:?}");
        // One second later the old state counts no more.
        let after = determine(&lists, &path, since("2016-06-30T22:00:00Z"));
        assert_eq!(after.outcome, Outcome::NotQualified);
    }
    // A policy from before eIDAS in a certificate issued after it says nothing.
    let path = world.path(&[], &["0.4.0.1456.1.1"], issued());
    assert_eq!(
        world.judge(vec![world.service(vec![granted()])], &path).outcome,
        Outcome::NotQualified
    );
}

#[test]
fn qualifiers_overrule_the_certificate() {
    let world = World::new();
    let bare = world.path(&[], &[], issued());
    let full = world.path(&[COMPLIANCE, DEVICE, SIGN], &[], issued());
    let unequipped = world.path(&[COMPLIANCE, SIGN], &[], issued());
    let two_types = world.path(
        &[
            COMPLIANCE,
            DEVICE,
            "301c060604008e4601063012060704008e46010601060704008e46010602",
        ],
        &[],
        issued(),
    );
    let judge = |qualifiers: &[&'static str], path: &[Certificate]| {
        world
            .judge(vec![world.service(vec![with(qualifiers, ANY)])], path)
            .outcome
    };
    assert_eq!(judge(&["NotQualified"], &full), Outcome::NotQualified);
    assert_eq!(
        judge(&["QCStatement"], &bare),
        Outcome::QualifiedCertificateForSignatures
    );
    assert_eq!(
        judge(&["QCStatement", "QCWithQSCD"], &bare),
        Outcome::QualifiedSignature
    );
    for none in ["QCNoQSCD", "QCNoSSCD"] {
        assert_eq!(judge(&[none], &full), Outcome::QualifiedCertificateForSignatures);
    }
    for some in ["QCWithQSCD", "QCWithSSCD", "QCQSCDManagedOnBehalf"] {
        assert_eq!(judge(&[some], &unequipped), Outcome::QualifiedSignature);
    }
    assert_eq!(
        judge(&["QCQSCDStatusAsInCert"], &full),
        Outcome::QualifiedSignature
    );
    assert_eq!(
        judge(&["QCQSCDStatusAsInCert"], &unequipped),
        Outcome::QualifiedCertificateForSignatures
    );
    // The list chooses the use; the service must still be listed for it.
    assert_eq!(judge(&["QCForESig"], &two_types), Outcome::QualifiedSignature);
    assert_eq!(judge(&["QCForESeal"], &full), Outcome::NotQualified);
    assert_eq!(judge(&[], &two_types), Outcome::NotQualified);
    let remote = world.judge(
        vec![world.service(vec![with(&["QCQSCDManagedOnBehalf"], ANY)])],
        &unequipped,
    );
    assert!(matches!(
        remote.at_signing,
        Some(AtMoment::Qualified {
            device: Device::QualifiedManaged,
            ..
        })
    ));
}

#[test]
fn contradictions_are_said_and_never_solved() {
    let world = World::new();
    let full = world.path(&[COMPLIANCE, DEVICE, SIGN], &[], issued());
    for pair in [
        &["NotQualified", "QCStatement"][..],
        &["QCWithQSCD", "QCNoQSCD"],
        &["QCWithSSCD", "QCNoSSCD"],
        &["QCNoQSCD", "QCQSCDManagedOnBehalf"],
        &["QCWithQSCD", "QCQSCDStatusAsInCert"],
        &["QCNoQSCD", "QCQSCDStatusAsInCert"],
        &["QCForESig", "QCForESeal"],
        &["QCForESig", "QCForWSA"],
        &["QCForESig", "QCForLegalPerson"],
    ] {
        let found = world.judge(vec![world.service(vec![with(pair, ANY)])], &full);
        assert_eq!(found.outcome.cause(), Some("QUAL_CONFLICT"), "{pair:?}");
        // Another, consistent service of this identity decides.
        let both = vec![
            world.service(vec![with(pair, ANY)]),
            world.service(vec![granted()]),
        ];
        assert_eq!(
            world.judge(both, &full).outcome,
            Outcome::QualifiedSignature,
            "{pair:?}"
        );
    }
    let differing = vec![
        world.service(vec![granted()]),
        world.service(vec![with(&["QCNoQSCD"], ANY)]),
    ];
    assert_eq!(world.judge(differing, &full).outcome, Outcome::Conflict);
    let agreeing = vec![world.service(vec![granted()]), world.service(vec![granted()])];
    assert_eq!(world.judge(agreeing, &full).outcome, Outcome::QualifiedSignature);
}

/// `NotQualified` applies exactly where the criteria are met.
#[test]
fn criteria_mean_the_certificates_they_describe() {
    let world = World::new();
    let path = world.path(&[COMPLIANCE, DEVICE, SIGN], &["1.2.3.1", "1.2.3.2"], issued());
    let set = |policies: &[&str]| {
        let identifiers: String = policies
            .iter()
            .map(|policy| {
                format!("<sie:PolicyIdentifier><xades:Identifier>{policy}</xades:Identifier></sie:PolicyIdentifier>")
            })
            .collect();
        format!("<sie:PolicySet>{identifiers}</sie:PolicySet>")
    };
    let list = |assert: &str, parts: &str| {
        format!("<sie:CriteriaList assert=\"{assert}\">{parts}</sie:CriteriaList>")
    };
    let usage = |bits: &[(&str, &str)]| {
        let bits: String = bits
            .iter()
            .map(|(name, value)| format!("<sie:KeyUsageBit name=\"{name}\">{value}</sie:KeyUsageBit>"))
            .collect();
        format!("<sie:KeyUsage>{bits}</sie:KeyUsage>")
    };
    let other = |text: &str| format!("<sie:otherCriteriaList>{text}</sie:otherCriteriaList>");
    let purpose = |oid: &str| {
        other(&format!(
            "<tslx:ExtendedKeyUsage><tslx:KeyPurposeId><xades:Identifier>{oid}</xades:Identifier></tslx:KeyPurposeId>\
             </tslx:ExtendedKeyUsage>"
        ))
    };
    let attribute = |oid: &str| {
        other(&format!(
            "<tslx:CertSubjectDNAttribute><tslx:AttributeOID><xades:Identifier>{oid}</xades:Identifier>\
             </tslx:AttributeOID></tslx:CertSubjectDNAttribute>"
        ))
    };
    let statement = |oid: &str, kind: &str| {
        let kind = if kind.is_empty() {
            String::new()
        } else {
            format!(
                "<sie:QcStatementInfo><sie:QcType><xades:Identifier>{kind}</xades:Identifier></sie:QcType>\
                 </sie:QcStatementInfo>"
            )
        };
        other(&format!(
            "<sie:QcStatementSet><sie:QcStatement><sie:QcStatementId><xades:Identifier>{oid}</xades:Identifier>\
             </sie:QcStatementId>{kind}</sie:QcStatement></sie:QcStatementSet>"
        ))
    };
    let (has, lacks) = (set(&["1.2.3.1"]), set(&["1.2.3.9"]));
    for (criteria, met) in [
        (list("all", &has), true),
        (list("all", &lacks), false),
        (list("all", &set(&["urn:oid:1.2.3.1"])), true),
        // Every identifier of a set, as the Belgian list has it for Root CA6.
        (list("all", &set(&["1.2.3.1", "1.2.3.2"])), true),
        (list("atLeastOne", &set(&["1.2.3.1", "1.2.3.9"])), false),
        (list("all", &format!("{has}{lacks}")), false),
        (list("atLeastOne", &format!("{has}{lacks}")), true),
        (list("none", &format!("{has}{lacks}")), false),
        (list("none", &lacks), true),
        (list("all", &format!("{has}{}", list("none", &lacks))), true),
        (list("all", &format!("{has}{}", list("none", &has))), false),
        (
            list(
                "all",
                &usage(&[("nonRepudiation", "true"), ("digitalSignature", "false")]),
            ),
            true,
        ),
        (
            list(
                "all",
                &usage(&[("nonRepudiation", "true"), ("digitalSignature", "true")]),
            ),
            false,
        ),
        (list("all", &usage(&[("keyCertSign", "0")])), true),
        (list("all", &purpose("1.3.6.1.5.5.7.3.4")), true),
        (list("all", &purpose("1.3.6.1.5.5.7.3.2")), false),
        (list("all", &attribute("2.5.4.3")), true),
        (list("all", &attribute("2.5.4.97")), false),
        (list("all", &statement("0.4.0.1862.1.4", "")), true),
        (list("all", &statement("0.4.0.1862.1.5", "")), false),
        (
            list("all", &statement("0.4.0.1862.1.6", "0.4.0.1862.1.6.1")),
            true,
        ),
        (
            list("all", &statement("0.4.0.1862.1.6", "0.4.0.1862.1.6.2")),
            false,
        ),
        // Empty, or not known in any part: the element is ignored and said to be.
        (list("all", ""), false),
        (list("all", &format!("{has}<sie:Unknown></sie:Unknown>")), false),
        (list("all", &usage(&[("unknownBit", "true")])), false),
        (list("most", &has), false),
        (list("all", &other("<x xmlns=\"urn:x\"></x>")), false),
    ] {
        let found = world.judge(
            vec![world.service(vec![with(&["NotQualified"], &criteria)])],
            &path,
        );
        let expected = if met {
            Outcome::NotQualified
        } else {
            Outcome::QualifiedSignature
        };
        assert_eq!(found.outcome, expected, "{criteria}");
        assert!(found.steps.iter().any(|step| step.rule == "criteria"));
    }
}

#[test]
fn a_time_stamp_is_qualified_by_the_list_alone() {
    let world = World::new();
    let unit = Certificate::parse(world.signers.pki.unit.certificate_der.clone()).unwrap();
    let authority = Certificate::parse(world.signers.pki.timestamp.certificate_der().to_vec()).unwrap();
    let path = [unit.clone(), authority.clone(), world.root.clone()];
    let service = |of: &Certificate, kind, status, from| ServiceDraft {
        certificate_der: of.der().to_vec(),
        periods: vec![PeriodDraft::new(kind, status, from)],
    };
    let long = since("2017-01-01T00:00:00Z");
    for (services, is_qualified) in [
        (vec![service(&unit, "TSA/QTST", "granted", long)], true),
        (vec![service(&authority, "TSA/QTST", "granted", long)], true),
        (vec![service(&unit, "TSA/QTST", "withdrawn", long)], false),
        (vec![service(&unit, "TSA", "granted", long)], false),
        (vec![service(&world.root, "CA/QC", "granted", long)], false),
        (vec![service(&unit, "TSA/QTST", "granted", now())], true),
        (
            vec![service(&unit, "TSA/QTST", "granted", now().plus(DAY))],
            false,
        ),
    ] {
        let found = determine_stamp(&world.lists(services), &path, now());
        assert_eq!(found.is_qualified, Some(is_qualified));
        assert_eq!(found.cause(), (!is_qualified).then_some("TST_NOT_QUALIFIED"));
    }
    // A critical extension that nobody knows forbids to conclude good.
    for is_critical in [false, true] {
        let mut unknown = service(&unit, "TSA/QTST", "granted", long);
        unknown.periods[0].extension = Some(("<x xmlns=\"urn:x\"></x>".to_owned(), is_critical));
        let found = determine_stamp(&world.lists(vec![unknown]), &path, now());
        assert_eq!(found.is_qualified, Some(!is_critical));
    }
    let nothing = determine_stamp(&TrustedLists::default(), &path, now());
    assert_eq!(nothing.cause(), Some("QUAL_NOT_DETERMINED"));
}
