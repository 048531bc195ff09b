//! Time-stamps over the content, signed with it: judged alike in every format, and used for what they show, that the
//! signature is younger.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zegel::ades::content::{Content, DataObject};
use zegel::ades::jades::prepare::prepare as prepare_jades;
use zegel::ades::jades::read::Serialization;
use zegel::ades::jades::stages::Packaging as JwsPackaging;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::policy::ValidationPolicy;
use zegel::ades::validate::report::{Report, SignatureReport};
use zegel::ades::validate::{Context, validate_any};
use zegel::base::bytes::ReadAt;
use zegel::base::digest::HashAlgorithm;
use zegel::base::lang::Language;
use zegel::base::time::Timestamp;
use zegel::lab::services::RevocationReason;

use super::content_world::{DATA, Kind, first_reference, jades, made, token, xades, xml_tokens};
use super::counting::Counting;
use super::evidence::{self, judged};
use super::world::{P384, Signer, World};
use super::xml_world::Packaging;
use super::{jws, message};

const HOUR: Duration = Duration::from_secs(3600);

/// A file in `kind` whose content was time-stamped at each of `moments`.
fn stamped(world: &World, signer: &Signer, kind: Kind, level: Level, moments: &[Timestamp]) -> Vec<u8> {
    let tokens = |hash: HashAlgorithm, imprint: &[u8]| -> Vec<Vec<u8>> {
        let one = |at: &Timestamp| token(world, hash, imprint, *at);
        moments.iter().map(one).collect()
    };
    made(world, signer, kind, level, &tokens).unwrap_or_else(|report| panic!("{kind:?}: {report:#?}"))
}

fn only(report: &Report) -> &SignatureReport {
    report.signatures.first().unwrap()
}

#[track_caller]
fn causes(report: &Report) -> Vec<&str> {
    let findings = only(report).findings.iter();
    findings.map(|finding| finding.cause.as_str()).collect()
}

#[test]
fn several_of_them_are_judged_and_told_in_every_format() {
    let world = World::new();
    let signer = world.signer(P384);
    let moments = [world.now.minus(HOUR * 2), world.now.minus(HOUR)];
    for kind in Kind::ALL {
        for level in [Level::T, Level::Lta] {
            let file = stamped(&world, &signer, kind, level, &moments);
            let report = judged(&world, &file, &kind.beside(), world.now);
            let signature = only(&report);
            let proven = level == Level::T || signature.indication == Indication::TotalPassed;
            assert!(proven, "{kind:?}: {signature:#?}");
            assert_ne!(signature.indication, Indication::TotalFailed, "{kind:?}");
            let stamps = &signature.content_time_stamps;
            let mut times: Vec<_> = stamps.iter().filter_map(|stamp| stamp.gen_time).collect();
            times.sort();
            assert_eq!(times, moments.map(Timestamp::truncated_to_second), "{kind:?}");
            if level == Level::T {
                continue;
            }
            let passed = stamps
                .iter()
                .all(|stamp| stamp.indication == Indication::TotalPassed);
            assert!(passed, "{kind:?}: {stamps:#?}");
            assert_eq!(signature.level, Some(Level::Lta), "{kind:?}");
            for (language, words) in [
                (Language::Nl, "tijdstempel over de inhoud: "),
                (Language::Fr, "horodatage du contenu : "),
                (Language::De, "Zeitstempel über den Inhalt: "),
                (Language::En, "time-stamp over the content: "),
            ] {
                assert_eq!(report.to_text(language).matches(words).count(), 2, "{kind:?}");
            }
            let xml = report.to_etsi_xml();
            assert!(xml.contains("<DocHashOnly>false</DocHashOnly>"), "{kind:?}");
            let name = if kind == Kind::XadesIndividual {
                "<IndividualDataObjectsTimeStamp Signed=\"true\">"
            } else {
                "<AllDataObjectsTimeStamp Signed=\"true\">"
            };
            assert_eq!(xml.matches(name).count(), 2, "{kind:?}");
            // What they prove is the content, and not the signature.
            let shown = usize::from(signature.signed_data.is_some());
            let object = "<ValidationObject VOReference=\"D-1\"/>";
            assert_eq!(xml.matches(object).count(), shown * 2, "{kind:?}");
            assert_eq!(
                xml.matches("<SignersDocumentRepresentation VOReference=\"D-1\"/>")
                    .count(),
                shown,
                "{kind:?}"
            );
            assert_eq!(
                xml.matches("<ValidationObject id=\"D-1\">").count(),
                shown,
                "{kind:?}"
            );
        }
    }
}

#[test]
fn one_that_is_younger_than_the_signature_contradicts_it() {
    let world = World::new();
    let signer = world.signer(P384);
    let late = world.now.plus(HOUR * 2);
    for kind in Kind::ALL {
        for (moment, expected) in [
            (world.now, None),
            (world.now.plus(HOUR), Some(SubIndication::TimestampOrderFailure)),
        ] {
            let moments = [world.now.minus(HOUR), moment];
            let file = stamped(&world, &signer, kind, Level::Lta, &moments);
            let report = judged(&world, &file, &kind.beside(), late);
            let signature = only(&report);
            assert_eq!(signature.sub_indication, expected, "{kind:?}: {signature:#?}");
            assert_eq!(
                causes(&report).contains(&"TST_ORDER"),
                expected.is_some(),
                "{kind:?}"
            );
        }
    }
}

/// `file` of `kind` with `lists` among its evidence.
fn with_lists(world: &World, kind: Kind, file: &[u8], lists: &[Vec<u8>]) -> Vec<u8> {
    let authorities = world.pki().authorities();
    let certificates = authorities.map(|one| one.certificate_der().to_vec());
    match kind {
        Kind::Pades => evidence::with_evidence(world, file, lists.to_vec(), Vec::new()),
        Kind::CadesAttached | Kind::CadesDetached | Kind::CadesAttributes => {
            let mut opened = message::opened(file);
            opened.envelope.add_material(&certificates, lists, &[]).unwrap();
            let mut out = Vec::new();
            opened
                .envelope
                .write(opened.raw_content.as_deref(), &mut out)
                .unwrap();
            out
        }
        Kind::Xades(_) | Kind::XadesIndividual => {
            let text = String::from_utf8(file.to_vec()).unwrap();
            let held = |name: &str, items: &[Vec<u8>]| -> String {
                let items = items.iter().map(|der| STANDARD.encode(der));
                items
                    .map(|der| format!("<xades:{name}>{der}</xades:{name}>"))
                    .collect()
            };
            let lists = held("EncapsulatedCRLValue", lists);
            let certificates = held("EncapsulatedX509Certificate", &certificates);
            let end = "</xades:SignedProperties>";
            assert_eq!(text.matches(end).count(), 1);
            let properties = format!(
                "{end}<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:CertificateValues>\
                 {certificates}</xades:CertificateValues><xades:RevocationValues><xades:CRLValues>{lists}\
                 </xades:CRLValues></xades:RevocationValues></xades:UnsignedSignatureProperties>\
                 </xades:UnsignedProperties>"
            );
            text.replace(end, &properties).into_bytes()
        }
        Kind::Jades(_) => {
            let mut jws: Value = serde_json::from_slice(file).unwrap();
            let encode = |value: Value| -> Value {
                base64::engine::general_purpose::URL_SAFE_NO_PAD
                    .encode(value.to_string())
                    .into()
            };
            let value = |der: &Vec<u8>| json!({"val": STANDARD.encode(der)});
            let lists: Vec<Value> = lists.iter().map(value).collect();
            let held = |der: &Vec<u8>| json!({ "x509Cert": value(der) });
            let certificates: Vec<Value> = certificates.iter().map(held).collect();
            jws["header"] = json!({"etsiU": [
                encode(json!({ "xVals": certificates })),
                encode(json!({"rVals": {"crlVals": lists}})),
            ]});
            jws.to_string().into_bytes()
        }
    }
}

/// EN 319 102-1 §5.3.4: revoked, and the content was stamped only after: the signature was made after, for good.
#[test]
fn a_signature_younger_than_the_revocation_of_its_signer_has_failed() {
    for kind in Kind::ALL {
        let world = World::new();
        let signer = world.signer(P384);
        let revoked = world.now.minus(HOUR * 2);
        let early = stamped(&world, &signer, kind, Level::B, &[world.now.minus(HOUR * 3)]);
        let late = stamped(
            &world,
            &signer,
            kind,
            Level::B,
            &[world.now.minus(HOUR * 3), world.now.minus(HOUR)],
        );
        let own = &signer.leaf.certificate_der;
        evidence::revoke(&world, own, revoked, RevocationReason::KeyCompromise);
        let lists = evidence::lists(&world, world.now);
        for (name, file, expected) in [
            ("stamped before", early, SubIndication::RevokedNoPoe),
            ("stamped after", late, SubIndication::Revoked),
        ] {
            let file = with_lists(&world, kind, &file, &lists);
            let report = judged(&world, &file, &kind.beside(), world.now);
            let signature = only(&report);
            let found = signature.sub_indication;
            assert_eq!(found, Some(expected), "{kind:?}, {name}: {signature:#?}");
            assert_eq!(signature.indication, expected.indication(), "{kind:?}, {name}");
        }
    }
}

#[track_caller]
fn is_told(name: &str, report: &Report, cause: &str) {
    let signature = only(report);
    assert_eq!(
        signature.sub_indication,
        Some(SubIndication::SigConstraintsFailure),
        "{name}: {signature:#?}"
    );
    assert!(causes(report).contains(&"TST_BROKEN"), "{name}: {signature:#?}");
    let stamps = signature.content_time_stamps.iter();
    let findings = stamps.flat_map(|stamp| &stamp.findings);
    let found: Vec<&str> = findings.map(|finding| finding.cause.as_str()).collect();
    assert!(found.contains(&cause), "{name}: {found:?}");
}

/// What is not intact is not delivered by whoever makes it here; what is made elsewhere gets the same report.
#[test]
fn one_that_is_over_something_else_or_damaged_does_not_go_by_unseen() {
    let world = World::new();
    let signer = world.signer(P384);
    for kind in Kind::ALL {
        for (name, cause) in [
            ("over other data", "TST_IMPRINT"),
            ("no token", "TST_PARSE"),
            ("one good, one damaged", "TST_SIGNER"),
        ] {
            let tokens = |hash: HashAlgorithm, imprint: &[u8]| -> Vec<Vec<u8>> {
                let good = token(&world, hash, imprint, world.now);
                let mut damaged = good.clone();
                let last = damaged.len() - 3;
                damaged[last] ^= 1;
                match cause {
                    "TST_IMPRINT" => vec![token(&world, hash, &hash.digest(b"iets anders"), world.now)],
                    "TST_PARSE" => vec![zegel::asn1::write::null()],
                    _ => vec![good, damaged],
                }
            };
            let made = made(&world, &signer, kind, Level::B, &tokens);
            let report = made.expect_err(&format!("{kind:?}, {name}: delivered"));
            is_told(&format!("{kind:?}, {name}"), &report, cause);
        }
    }
}

/// EN 319 132-1 §5.2.8.2: each object is named once, by its reference, for its data.
#[test]
fn a_time_stamp_over_some_objects_says_which() {
    let world = World::new();
    let signer = world.signer(P384);
    let form = (Packaging::Detached, Level::B);
    let world = &world;
    let property = |name: &str, include: &str| {
        let (name, include) = (name.to_owned(), include.to_owned());
        move |stored: &Value| {
            let (id, digest) = first_reference(stored);
            let hash = HashAlgorithm::ALL
                .into_iter()
                .find(|hash| hash.output_bytes() == digest.len())
                .unwrap();
            let token = xml_tokens(&[token(world, hash, &digest, world.now)]);
            let include = include.replace("{id}", &id);
            format!("<xades:{name}>{include}{token}</xades:{name}>")
        }
    };
    let one = "<xades:Include URI=\"#{id}\" referencedData=\"true\"></xades:Include>";
    let individual = "IndividualDataObjectsTimeStamp";
    let honest = xades(world, &signer, form, &property(individual, one)).unwrap();
    let report = judged(world, &honest, &Kind::XadesIndividual.beside(), world.now);
    assert!(!causes(&report).contains(&"TST_BROKEN"), "{report:#?}");
    let unsaid = one.replace(" referencedData=\"true\"", "");
    let denied = one.replace("\"true\"", "\"false\"");
    let elsewhere = one.replace("{id}", "{id}x");
    let outside = one.replace("#{id}", "besluit.pdf");
    let twice = one.repeat(2);
    for (name, kind, include) in [
        ("none", individual, ""),
        ("not for its data", individual, unsaid.as_str()),
        ("expressly not for its data", individual, &denied),
        ("one that is not there", individual, &elsewhere),
        ("by its address", individual, &outside),
        ("one twice", individual, &twice),
        ("one of all", "AllDataObjectsTimeStamp", one),
    ] {
        let report = xades(world, &signer, form, &property(kind, include)).expect_err(name);
        is_told(name, &report, "XADES_TIME_STAMP");
    }
}

/// Whoever keeps the content and hands in its digest is not told that an honest file is broken.
#[test]
fn what_it_is_over_may_be_known_by_its_digest_alone() {
    let world = World::new();
    let signer = world.signer(P384);
    let sha256 = |imprint: HashAlgorithm| {
        let tokens = |_: HashAlgorithm, _: &[u8]| {
            let digest = HashAlgorithm::Sha256.digest(DATA);
            vec![token(&world, HashAlgorithm::Sha256, &digest, world.now)]
        };
        let file = made(&world, &signer, Kind::CadesDetached, Level::T, &tokens).unwrap();
        let mut known = std::collections::BTreeMap::new();
        for hash in [HashAlgorithm::Sha384, imprint] {
            known.insert(hash, hash.digest(DATA));
        }
        let content = DataObject {
            name: None,
            media_type: None,
            content: Content::Digests(known),
        };
        judged(&world, &file, &[content], world.now)
    };
    let both = sha256(HashAlgorithm::Sha256);
    let missing = sha256(HashAlgorithm::Sha512);
    let sub = |report: &Report| only(report).content_time_stamps[0].sub_indication;
    assert_ne!(sub(&both), Some(SubIndication::SignedDataNotFound), "{both:#?}");
    assert_eq!(
        sub(&missing),
        Some(SubIndication::SignedDataNotFound),
        "{missing:#?}"
    );
    for report in [both, missing] {
        let xml = report.to_etsi_xml();
        assert!(xml.contains("<DocHashOnly>true</DocHashOnly>"), "{xml}");
        assert!(!causes(&report).contains(&"TST_BROKEN"), "{report:#?}");
    }
}

#[test]
fn there_are_at_most_as_many_as_anybody_needs() {
    let world = World::new();
    let signer = world.signer(P384);
    for kind in [
        Kind::CadesAttached,
        Kind::Xades(Packaging::Enveloped),
        Kind::Jades(JwsPackaging::Attached),
    ] {
        for (count, is_delivered) in [(32, true), (33, false)] {
            let moments = vec![world.now; count];
            let tokens = |hash: HashAlgorithm, imprint: &[u8]| -> Vec<Vec<u8>> {
                let one = |at: &Timestamp| token(&world, hash, imprint, *at);
                moments.iter().map(one).collect()
            };
            match made(&world, &signer, kind, Level::B, &tokens) {
                Ok(_) => assert!(is_delivered, "{kind:?}"),
                Err(report) => {
                    assert!(!is_delivered, "{kind:?}: {report:#?}");
                    assert!(causes(&report).contains(&"CONTENT_TIME_STAMP_LIMIT"), "{kind:?}");
                }
            }
        }
    }
}

/// A reference into the document costs a reading of it, and each time-stamp would ask for all of them.
#[test]
fn too_many_references_are_read_for_no_time_stamp_either() {
    let world = World::new();
    let signer = world.signer(P384);
    let kind = Kind::Xades(Packaging::Enveloped);
    let file = stamped(&world, &signer, kind, Level::Lta, &[world.now.minus(HOUR)]);
    let text = String::from_utf8(file).unwrap();
    let (before, rest) = text.split_once("<ds:Reference ").unwrap();
    let (inside, behind) = rest.split_once("</ds:Reference>").unwrap();
    let many: String = (0..200)
        .map(|number| {
            format!("<ds:Reference {inside}</ds:Reference>").replace("Id=\"", &format!("Id=\"n{number}-"))
        })
        .collect();
    let source = Counting::new(format!("{before}{many}{behind}").into_bytes());
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at: world.now,
    };
    let shared: Arc<dyn ReadAt> = source.clone();
    let report = validate_any(shared, &[], &context, &ValidationPolicy::strict());
    assert_eq!(only(&report).indication, Indication::TotalFailed, "{report:#?}");
    let times = source.times();
    assert!(times < 20, "the file was read {times} times");
}

#[test]
fn a_member_of_the_header_that_holds_none_is_told() {
    let world = World::new();
    let signer = world.signer(P384);
    let packaging = JwsPackaging::Attached;
    let draft = jws::draft(&world, &signer, Level::B, Serialization::Flattened, packaging);
    let prepared = prepare_jades(&jws::objects(DATA, packaging), &draft, world.now).unwrap();
    for (name, container) in [
        ("a text", json!("x")),
        ("no tokens", json!({ "tstTokens": [] })),
        ("tokens that are none", json!({ "tstTokens": [{ "val": "?" }] })),
        ("another member", json!({ "tokens": [] })),
    ] {
        let report = jades(&world, &signer, (packaging, &prepared), &container).expect_err(name);
        is_told(name, &report, "JWS_TIME_STAMP");
    }
}
