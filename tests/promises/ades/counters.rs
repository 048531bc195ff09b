//! Counter-signatures: made, judged, and what must not be one.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use zegel::ades::level::Level;
use zegel::ades::signature_name::{COUNTERS_AT_MOST, COUNTERS_DEEP_AT_MOST, SignatureName};
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::report::Report;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::crypto::key::{Curve, KeyKind};

use super::counter_world::{Format, extended, validate};
use super::eu_dss;
use super::judges::pem;
use super::world::{P384, RSA, Signer, World};
use super::xml_world;
use crate::hostile::checks::within;
use crate::support::{TestFolder, judge};

const P256: KeyKind = KeyKind::Ec(Curve::P256);
const P521: KeyKind = KeyKind::Ec(Curve::P521);

fn first() -> SignatureName {
    SignatureName::signer(0)
}

/// Of each signature its name, level and outcome.
fn told(report: &Report) -> Vec<(String, Option<Level>, Indication, Option<SubIndication>)> {
    let all = report.signatures.iter();
    all.map(|one| (one.field.clone(), one.level, one.indication, one.sub_indication))
        .collect()
}

/// What a signature that is whole shows at `level`: below B-LT its status is nowhere.
fn whole(name: &SignatureName, level: Level) -> (String, Option<Level>, Indication, Option<SubIndication>) {
    let (indication, sub) = if level >= Level::Lt {
        (Indication::TotalPassed, None)
    } else {
        (Indication::Indeterminate, Some(SubIndication::TryLater))
    };
    (name.to_string(), Some(level), indication, sub)
}

#[test]
fn every_key_countersigns_every_key_to_the_level_ordered_in_every_format() {
    let folder = TestFolder::new("counters");
    let world = World::at(SystemClock::new().now(), super::world::BASE);
    let root = folder.path().join("root.pem");
    std::fs::write(&root, pem(world.pki().root_der())).unwrap();
    let signers = [P256, P384, P521, RSA].map(|kind| (kind, world.signer(kind)));
    let mut cases = Vec::new();
    let mut names = Vec::new();
    for format in Format::ALL {
        for (kind, signer) in &signers {
            for (other, counter) in &signers {
                // Every pair of keys once at B-LT, and one at the other levels.
                let levels: &[Level] = if (*kind, *other) == (P384, P256) {
                    &[Level::B, Level::T, Level::Lt]
                } else {
                    &[Level::Lt]
                };
                for level in levels {
                    let name = format!("{format:?} {other:?} on {kind:?} {level}");
                    let file = format.sealed(&world, signer, Level::Lt);
                    let made = format
                        .countersigned(&world, &file, &first(), counter, *level)
                        .unwrap_or_else(|cause| panic!("{name}: {cause}"));
                    let expected = [whole(&first(), Level::Lt), whole(&first().counter(0), *level)];
                    assert_eq!(told(&validate(&world, &made, world.now)), expected, "{name}");
                    let path = folder.path().join(format!("counter-{}", cases.len()));
                    std::fs::write(&path, &made).unwrap();
                    by_others(format, &path, counter, folder.path());
                    names.push(name);
                    cases.push(eu_dss::Case {
                        file: path,
                        beside: Vec::new(),
                        level: Level::Lt,
                        others: vec![*level],
                    });
                }
            }
        }
    }
    let Some(refusals) = eu_dss::refusals(&root, SystemClock::new().now(), &cases) else {
        return;
    };
    let wrong: Vec<String> = names
        .iter()
        .zip(refusals)
        .filter_map(|(name, refusal)| Some(format!("{name}: {}", refusal?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// xmlsec1 on the counter-signature itself; OpenSSL on the message around it, for it looks at no counter-signature.
fn by_others(format: Format, path: &Path, counter: &Signer, folder: &Path) {
    let file = path.to_str().unwrap();
    let (program, arguments): (_, Vec<String>) = match format {
        Format::Xml => {
            let text = std::fs::read_to_string(path).unwrap();
            let inside = text.split_once("<xades:CounterSignature ").unwrap().1;
            let id = inside.split_once(" Id=\"").unwrap().1.split_once('"').unwrap().0;
            let key = folder.join("counter.pem");
            std::fs::write(&key, pem(counter.certificate.der())).unwrap();
            let mut words = vec!["--verify", "--pubkey-cert-pem", key.to_str().unwrap()];
            words.extend(["--enabled-key-data", "rsa,ec,key-name", "--node-id", id]);
            let names = [
                "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
                "http://www.w3.org/2000/09/xmldsig#:SignatureValue",
                "http://www.w3.org/2000/09/xmldsig#:Signature",
            ];
            words.extend(names.iter().flat_map(|name| ["--id-attr:Id", *name]));
            words.push(file);
            ("xmlsec1", words.into_iter().map(str::to_owned).collect())
        }
        // No other library here reads an etsiU.
        Format::Json => return,
        Format::Cms => {
            let root = folder.join("root.pem");
            let mut words = vec![
                "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", file,
            ];
            words.extend([
                "-CAfile",
                root.to_str().unwrap(),
                "-purpose",
                "any",
                "-out",
                "/dev/null",
            ]);
            ("openssl", words.into_iter().map(str::to_owned).collect())
        }
    };
    let Some(program) = judge(program) else { return };
    let output = Command::new(program).args(&arguments).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {told}", path.display());
}

#[test]
fn one_counter_signature_stands_on_another_and_several_beside_each_other() {
    let world = World::new();
    let [signer, counter, deepest, last] = [P384, P256, RSA, P521].map(|kind| world.signer(kind));
    for format in Format::ALL {
        let made = |file: &[u8], on: &SignatureName, counter, level| {
            format
                .countersigned(&world, file, on, counter, level)
                .unwrap_or_else(|cause| panic!("{format:?} on {on}: {cause}"))
        };
        let mut file = format.sealed(&world, &signer, Level::Lt);
        file = made(&file, &first(), &counter, Level::Lt);
        file = made(&file, &first().counter(0), &counter, Level::Lt);
        file = made(&file, &first().counter(0).counter(0), &deepest, Level::T);
        file = made(&file, &first(), &last, Level::B);
        let report = validate(&world, &file, world.now);
        let mut shown: Vec<_> = told(&report)
            .into_iter()
            .map(|(name, level, ..)| (name.matches("counter").count(), level))
            .collect();
        // In CMS they stand in a set, whose order says nothing.
        shown.sort();
        assert_eq!(
            shown,
            [
                (0, Some(Level::Lt)),
                (1, Some(Level::B)),
                (1, Some(Level::Lt)),
                (2, Some(Level::Lt)),
                (3, Some(Level::T)),
            ],
            "{format:?}: {report:#?}"
        );
        assert!(
            report
                .signatures
                .iter()
                .all(|one| one.indication != Indication::TotalFailed),
            "{format:?}: {report:#?}"
        );
    }
}

#[test]
fn a_counter_signature_is_raised_alone_and_every_judge_sees_it() {
    let folder = TestFolder::new("counters-raised");
    let world = World::at(SystemClock::new().now(), super::world::BASE);
    let root = folder.path().join("root.pem");
    std::fs::write(&root, pem(world.pki().root_der())).unwrap();
    let [signer, counter, deeper] = [P384, P256, RSA].map(|kind| world.signer(kind));
    let mut cases = Vec::new();
    for format in Format::ALL {
        // Behind an archive time-stamp of the signature around, which does not cover it.
        for outer in [Level::Lt, Level::Lta] {
            let mut file = format.sealed(&world, &signer, outer);
            let one = first().counter(0);
            for (on, who) in [(first(), &counter), (one.clone(), &deeper)] {
                file = format.countersigned(&world, &file, &on, who, Level::B).unwrap();
            }
            let two = one.counter(0);
            for (levels, raised, level) in [
                ([Level::T, Level::B], &one, Level::T),
                ([Level::T, Level::T], &two, Level::T),
                ([Level::T, Level::Lt], &two, Level::Lt),
                ([Level::Lt, Level::Lt], &one, Level::Lt),
                // What is there already asks for nothing.
                ([Level::Lt, Level::Lt], &one, Level::T),
            ] {
                file = extended(&world, &file, Some(raised), level)
                    .unwrap_or_else(|cause| panic!("{format:?} {raised} {level}: {cause}"));
                let expected = [
                    whole(&first(), outer),
                    whole(&one, levels[0]),
                    whole(&two, levels[1]),
                ];
                assert_eq!(told(&validate(&world, &file, world.now)), expected, "{format:?}");
                let path = folder.path().join(format!("raised-{}", cases.len()));
                std::fs::write(&path, &file).unwrap();
                cases.push(eu_dss::Case {
                    file: path,
                    beside: Vec::new(),
                    level: outer,
                    others: levels.to_vec(),
                });
            }
            // Archived with the signature around, they keep the level that they show themselves.
            file = extended(&world, &file, None, Level::Lta).unwrap();
            let expected = [
                whole(&first(), Level::Lta),
                whole(&one, Level::Lt),
                whole(&two, Level::Lt),
            ];
            assert_eq!(told(&validate(&world, &file, world.now)), expected, "{format:?}");
            let path = folder.path().join(format!("raised-{}", cases.len()));
            std::fs::write(&path, &file).unwrap();
            cases.push(eu_dss::Case {
                file: path,
                beside: Vec::new(),
                level: Level::Lta,
                others: vec![Level::Lt; 2],
            });
        }
    }
    let Some(refusals) = eu_dss::refusals(&root, SystemClock::new().now(), &cases) else {
        return;
    };
    let wrong: Vec<String> = refusals.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn of_two_beside_each_other_either_is_raised_wherever_it_stands_then() {
    let world = World::new();
    let [signer, counter, other] = [P384, P256, P256].map(|kind| world.signer(kind));
    for format in Format::ALL {
        let mut file = format.sealed(&world, &signer, Level::Lt);
        for who in [&counter, &other] {
            file = format
                .countersigned(&world, &file, &first(), who, Level::B)
                .unwrap();
        }
        for number in [0, 1] {
            let raised = extended(&world, &file, Some(&first().counter(number)), Level::T)
                .unwrap_or_else(|cause| panic!("{format:?} {number}: {cause}"));
            let report = validate(&world, &raised, world.now);
            let mut levels: Vec<_> = told(&report).into_iter().map(|(_, level, ..)| level).collect();
            levels.sort();
            assert_eq!(
                levels,
                [Some(Level::B), Some(Level::T), Some(Level::Lt)],
                "{format:?} {number}"
            );
        }
    }
}

#[test]
fn an_archive_time_stamp_that_covers_a_counter_signature_closes_it_and_proves_it() {
    let world = World::new();
    let (signer, counter) = (world.signer(P384), world.signer(P256));
    let one = first().counter(0);
    for format in Format::ALL {
        let on = |file: &[u8], name: &SignatureName, level| {
            format.countersigned(&world, file, name, &counter, level)
        };
        let open = on(&format.sealed(&world, &signer, Level::Lt), &first(), Level::B).unwrap();
        let open = on(&open, &one, Level::B).unwrap();
        assert_eq!(
            extended(&world, &open, Some(&one), Level::Lta),
            Err("ADES_FORM"),
            "{format:?}"
        );
        assert_eq!(
            extended(&world, &open, Some(&one.counter(1)), Level::T),
            Err("ADES_SIGNATURE_UNKNOWN")
        );
        let closed = extended(&world, &open, None, Level::Lta).unwrap();
        let late = world.now.plus(Duration::from_hours(2));
        let report = validate(&world, &closed, late);
        for name in [&one, &one.counter(0)] {
            let refused = extended(&world, &closed, Some(name), Level::T);
            assert_eq!(refused, Err("ADES_WOULD_NOT_HOLD"), "{format:?} {name}");
            let refused = on(&closed, name, Level::B);
            assert_eq!(refused, Err("ADES_WOULD_NOT_HOLD"), "{format:?} {name}");
            let own = report.signatures.iter().find(|one| one.field == name.to_string());
            let own = own.unwrap();
            assert_eq!(
                own.best_signature_time,
                Some(world.now),
                "{format:?} {name}: {own:#?}"
            );
        }
        // The signature itself takes another, and is renewed.
        let again = on(&closed, &first(), Level::Lt).unwrap();
        assert_eq!(validate(&world, &again, world.now).signatures.len(), 4);
        let renewed = extended(&world, &again, None, Level::Lta).unwrap();
        assert_eq!(
            validate(&world, &renewed, world.now).signatures[0].level,
            Some(Level::Lta)
        );
    }
}

#[test]
fn what_cannot_be_countersigned_says_why() {
    let world = World::new();
    let (signer, counter) = (world.signer(P384), world.signer(P256));
    for (format, cause) in [
        (Format::Cms, "ADES_MESSAGE"),
        (Format::Json, "ADES_FORM"),
        (Format::Xml, "XADES_PLACE"),
    ] {
        let file = format.sealed(&world, &signer, Level::B);
        let refused = |name: &SignatureName, level| {
            let made = format.countersigned(&world, &file, name, &counter, level);
            made.unwrap_err()
        };
        assert_eq!(refused(&first(), Level::Lta), cause, "{format:?}");
        assert_eq!(refused(&SignatureName::signer(1), Level::B), cause, "{format:?}");
        assert_eq!(refused(&first().counter(0), Level::B), cause, "{format:?}");
        let mut deep = file.clone();
        let mut name = first();
        for _ in 0..COUNTERS_DEEP_AT_MOST {
            deep = format
                .countersigned(&world, &deep, &name, &counter, Level::B)
                .unwrap();
            name = name.counter(0);
        }
        let refused = format.countersigned(&world, &deep, &name, &counter, Level::B);
        assert_eq!(refused.unwrap_err(), cause, "{format:?}");
        let late = world.now.plus(Duration::from_secs(1));
        let report = validate(&world, &deep, late);
        assert_eq!(report.signatures.len(), COUNTERS_DEEP_AT_MOST + 1, "{format:?}");
    }
}

/// A counter-signature more than are judged is refused before anybody makes it.
fn takes_no_other(world: &World, format: Format, full: &[u8], cause: &str) {
    let made = format.countersigned(world, full, &first(), &world.signer(P256), Level::B);
    assert_eq!(made.unwrap_err(), cause, "{format:?}");
}

/// What the validator says of the signature `name`: its outcome and every code.
fn codes(report: &Report, name: &SignatureName) -> (Indication, Vec<String>) {
    let own = report.signatures.iter().find(|one| one.field == name.to_string());
    let own = own.unwrap_or_else(|| panic!("no {name}: {report:#?}"));
    let causes = own.findings.iter().map(|finding| finding.cause.clone());
    (own.indication, causes.collect())
}

/// `counter 1` of `file` has failed with `cause`; the signature that it is on is what it was.
fn is_refused(world: &World, name: &str, file: &[u8], cause: &str) {
    let report = validate(world, file, world.now);
    let (indication, causes) = codes(&report, &first().counter(0));
    assert_eq!(indication, Indication::TotalFailed, "{name}: {report:#?}");
    assert!(causes.iter().any(|one| one == cause), "{name}: {causes:?}");
    assert_eq!(codes(&report, &first()).0, Indication::TotalPassed, "{name}");
}

/// A signature that carries one counter-signature, and one by others.
fn pair(world: &World, format: Format) -> [Vec<u8>; 2] {
    [P384, RSA].map(|kind| {
        let file = format.sealed(world, &world.signer(kind), Level::Lt);
        let counter = world.signer(P256);
        format
            .countersigned(world, &file, &first(), &counter, Level::Lt)
            .unwrap()
    })
}

mod xml {
    use super::*;

    /// The properties that are counter-signatures, whole.
    fn property(text: &str) -> &str {
        let (start, end) = ("<xades:CounterSignature ", "</xades:CounterSignature>");
        let from = text.find(start).unwrap();
        &text[from..text.rfind(end).unwrap() + end.len()]
    }

    #[test]
    fn what_is_over_another_value_or_was_changed_is_refused() {
        let world = World::new();
        let [one, other] = pair(&world, Format::Xml).map(|file| String::from_utf8(file).unwrap());
        let (own, foreign) = (property(&one), property(&other));
        let value_end = own.find("</ds:SignatureValue>").unwrap();
        let mut tampered = own.to_owned();
        let at = value_end - 20;
        let new = if tampered.as_bytes()[at] == b'A' { "B" } else { "A" };
        tampered.replace_range(at..=at, new);
        let dated = own.replacen("<xades:SigningTime>2", "<xades:SigningTime>1", 1);
        let untyped = own.replacen(
            " Type=\"http://uri.etsi.org/01903#CountersignedSignature\"",
            "",
            1,
        );
        for (name, new, cause) in [
            ("of another document", foreign.to_owned(), "XSIG_TARGET"),
            ("its value", tampered, "XSIG_VALUE"),
            ("its time", dated, "XSIG_DIGEST"),
            ("its type", untyped, "XSIG_VALUE"),
        ] {
            is_refused(&world, name, one.replacen(own, &new, 1).as_bytes(), cause);
        }
        // What holds validation data may share an identifier, as EU DSS writes it, with its like alone.
        let material = "<xades141:TimeStampValidationData xmlns:xades141=\"http://uri.etsi.org/01903/v1.4.1#\" \
            Id=\"twice\"></xades141:TimeStampValidationData>";
        for (other, expected) in [
            (material, Indication::TotalPassed),
            ("<x Id=\"twice\"/>", Indication::TotalFailed),
        ] {
            let mark = "</xades:UnsignedSignatureProperties>";
            let shared = one.replacen(mark, &[material, other, mark].concat(), 1);
            let report = validate(&world, shared.as_bytes(), world.now);
            assert_eq!(report.indication, expected, "{other}: {report:#?}");
        }
        // However many there are, one pass finds them: each was once looked for in all the document.
        let many: String = (0..16_000)
            .map(|number| material.replace("twice", &format!("n{number}")).repeat(2))
            .collect();
        let mark = "</xades:UnsignedSignatureProperties>";
        let shared = one.replacen(mark, &[&many, mark].concat(), 1);
        let report = within(20_000, "repeated identifiers", || {
            validate(&world, shared.as_bytes(), world.now)
        });
        assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
        // The same twice: identifiers tell nothing any more.
        let twice = one.replacen(own, &[own, own].concat(), 1);
        let report = validate(&world, twice.as_bytes(), world.now);
        let failure = report.document.format_failure.unwrap_or_default();
        assert!(failure.contains("XADES_REPEATED_ID"), "{failure}");
    }

    #[test]
    fn one_moved_to_the_signature_beside_it_is_refused() {
        let world = World::new();
        let file = Format::Xml.sealed(&world, &world.signer(P384), Level::Lt);
        let both = xml_world::beside(&world, &file, &world.signer(RSA), Level::Lt);
        let counter = world.signer(P256);
        let on = SignatureName::signer(1);
        let made = Format::Xml
            .countersigned(&world, &both, &on, &counter, Level::Lt)
            .unwrap();
        let text = String::from_utf8(made).unwrap();
        let own = property(&text).to_owned();
        let bare = text.replacen(&own, "", 1);
        let mark = "</xades:UnsignedSignatureProperties>";
        let moved = bare.replacen(mark, &format!("{own}{mark}"), 1);
        is_refused(&world, "moved", moved.as_bytes(), "XADES_COUNTER_SIGNATURE");
    }

    #[test]
    fn more_than_are_judged_is_a_limit() {
        let world = World::new();
        let [one, other] = pair(&world, Format::Xml).map(|file| String::from_utf8(file).unwrap());
        let own = property(&one);
        let copies = |count: usize| -> String {
            let each = (0..count).map(|number| {
                own.replace("\"id-", &format!("\"id-{number}-"))
                    .replace("#id-", &format!("#id-{number}-"))
            });
            each.collect()
        };
        let many = one.replacen(own, &copies(COUNTERS_AT_MOST + 1), 1);
        let report = validate(&world, many.as_bytes(), world.now);
        let (_, causes) = codes(&report, &first().counter(COUNTERS_AT_MOST));
        assert_eq!(causes, ["COUNTER_SIGNATURE_LIMIT"]);
        assert_eq!(report.signatures.len(), 1 + COUNTERS_AT_MOST + 1);
        let full = one.replacen(own, &copies(COUNTERS_AT_MOST), 1);
        takes_no_other(&world, Format::Xml, full.as_bytes(), "XADES_PLACE");
        let far_more = one.replacen(own, &copies(300), 1);
        let failure = validate(&world, far_more.as_bytes(), world.now)
            .document
            .format_failure;
        assert!(failure.unwrap_or_default().contains("XADES_LIMIT"));
        // Deeper than any is made: the innermost is closed first.
        let mut name = first();
        let mut deep = Format::Xml.sealed(&world, &world.signer(P384), Level::B);
        for _ in 0..COUNTERS_DEEP_AT_MOST {
            deep = Format::Xml
                .countersigned(&world, &deep, &name, &world.signer(P256), Level::B)
                .unwrap();
            name = name.counter(0);
        }
        let end = "</xades:QualifyingProperties>";
        let inside = format!(
            "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{}\
             </xades:UnsignedSignatureProperties></xades:UnsignedProperties>{end}",
            property(&other)
        );
        let deeper = String::from_utf8(deep).unwrap().replacen(end, &inside, 1);
        let report = validate(&world, deeper.as_bytes(), world.now);
        assert_eq!(codes(&report, &name.counter(0)).1, ["COUNTER_SIGNATURE_LIMIT"]);
    }
}

mod cms {
    use super::*;
    use crate::ades::message::opened;
    use zegel::ades::cades::counter::counter_signatures;
    use zegel::ades::cms::oids;
    use zegel::ades::cms::parts::SignerParts;

    fn signer(file: &[u8]) -> SignerParts {
        SignerParts::parse(opened(file).envelope.signer(0).unwrap()).unwrap()
    }

    /// `file` with the unsigned attributes of its signer replaced by `counters`.
    fn with(file: &[u8], counters: &[Vec<u8>]) -> Vec<u8> {
        let message = opened(file);
        let covered = signer(file).covered();
        let mut parts = SignerParts::parse(&zegel::asn1::write::sequence(&[&covered])).unwrap();
        for (oid, _, value) in signer(file).unsigned_values().unwrap() {
            if oid.to_string() != oids::COUNTER_SIGNATURE {
                parts.add(&oid.to_string(), &value).unwrap();
            }
        }
        for counter in counters {
            parts.add(oids::COUNTER_SIGNATURE, counter).unwrap();
        }
        let mut envelope = message.envelope.clone();
        envelope.set_signer(0, parts.to_bytes());
        let mut out = Vec::new();
        envelope.write(message.raw_content.as_deref(), &mut out).unwrap();
        out
    }

    #[test]
    fn what_is_over_another_value_or_was_changed_is_refused() {
        let world = World::new();
        let [one, other] = pair(&world, Format::Cms);
        let own = counter_signatures(&signer(&one)).unwrap();
        let foreign = counter_signatures(&signer(&other)).unwrap();
        let untouched = validate(&world, &with(&one, &own), world.now);
        assert_eq!(untouched.indication, Indication::TotalPassed, "{untouched:#?}");
        let value = {
            let whole = signer(&one).covered();
            let parts = SignerParts::parse(&own[0]).unwrap().covered();
            assert_ne!(whole, parts);
            parts.len()
        };
        let mut tampered = own[0].clone();
        // Behind the header of the whole come the fields, the value last of them.
        let header = tampered.len() - SignerParts::parse(&own[0]).unwrap().to_bytes().len();
        let start = usize::from(tampered[1] & 0x7F) + 2 + header;
        tampered[start + value - 1] ^= 1;
        is_refused(
            &world,
            "its value",
            &with(&one, &[tampered]),
            "CMS_SIGNATURE_VALUE",
        );
        // One on another message: its certificate is not even here.
        let report = validate(&world, &with(&one, &foreign), world.now);
        assert_eq!(codes(&report, &first().counter(0)).0, Indication::Indeterminate);
        // One on the signer beside: its certificate is here, the value is another.
        let second = world.signer(RSA);
        let both = crate::ades::message::with_parallel(
            &world,
            &one,
            super::super::counter_world::DATA,
            &second,
            Level::Lt,
        );
        let counter = world.signer(P256);
        let on = SignatureName::signer(1);
        let made = Format::Cms
            .countersigned(&world, &both, &on, &counter, Level::Lt)
            .unwrap();
        let message = opened(&made);
        let beside = SignerParts::parse(message.envelope.signer(1).unwrap()).unwrap();
        let moved = with(&made, &counter_signatures(&beside).unwrap());
        is_refused(&world, "moved", &moved, "CMS_MESSAGE_DIGEST");
    }

    #[test]
    fn more_than_are_judged_is_a_limit() {
        let world = World::new();
        let [one, _] = pair(&world, Format::Cms);
        let own = counter_signatures(&signer(&one)).unwrap();
        let many = with(&one, &vec![own[0].clone(); COUNTERS_AT_MOST + 5]);
        let report = validate(&world, &many, world.now);
        let (_, causes) = codes(&report, &first().counter(COUNTERS_AT_MOST));
        assert_eq!(causes, ["COUNTER_SIGNATURE_LIMIT"]);
        assert_eq!(report.signatures.len(), 1 + COUNTERS_AT_MOST + 1);
        let full = with(&one, &vec![own[0].clone(); COUNTERS_AT_MOST]);
        takes_no_other(&world, Format::Cms, &full, "ADES_MESSAGE");
        let mut deep = own[0].clone();
        let mut name = first().counter(0);
        for _ in 0..COUNTERS_DEEP_AT_MOST {
            let mut around = SignerParts::parse(&own[0]).unwrap();
            around.add(oids::COUNTER_SIGNATURE, &deep).unwrap();
            deep = around.to_bytes();
            name = name.counter(0);
        }
        let report = validate(&world, &with(&one, &[deep]), world.now);
        assert_eq!(codes(&report, &name).1, ["COUNTER_SIGNATURE_LIMIT"]);
        assert_eq!(report.signatures.len(), 1 + COUNTERS_DEEP_AT_MOST + 1);
    }
}

mod json {
    use super::*;
    use serde_json::{Value, json};
    use zegel::ades::jades::unsigned;

    fn parsed(file: &[u8]) -> Value {
        serde_json::from_slice(file).unwrap()
    }

    /// The value of the last element, the counter-signature.
    fn counter(file: &[u8]) -> Value {
        let jws = parsed(file);
        let elements = unsigned::read(jws["header"]["etsiU"].as_array().unwrap()).unwrap();
        assert_eq!(elements.last().unwrap().name, "cSig");
        elements.last().unwrap().value.clone()
    }

    /// `file` with these in place of its counter-signature.
    fn with(file: &[u8], counters: &[Value]) -> Vec<u8> {
        let mut jws = parsed(file);
        let elements = jws["header"]["etsiU"].as_array_mut().unwrap();
        elements.pop();
        let texts = counters
            .iter()
            .map(|one| unsigned::write("cSig", one.clone()).into());
        elements.extend(texts);
        jws.to_string().into_bytes()
    }

    #[test]
    fn what_is_over_another_value_or_was_changed_is_refused() {
        let world = World::new();
        let [one, other] = pair(&world, Format::Json);
        let own = counter(&one);
        let untouched = validate(&world, &with(&one, std::slice::from_ref(&own)), world.now);
        assert_eq!(untouched.indication, Indication::TotalPassed, "{untouched:#?}");
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut counter = own.clone();
            change(&mut counter);
            counter
        };
        let value = parsed(&one)["signature"].clone();
        let carried = changed(&|one| one["payload"] = value.clone());
        let report = validate(&world, &with(&one, &[carried]), world.now);
        assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
        let text = own["signature"].as_str().unwrap();
        let last = if text.starts_with('A') { 'B' } else { 'A' };
        let tampered = format!("{last}{}", &text[1..]);
        let alone = json!({ "protected": own["protected"], "signature": own["signature"] });
        for (name, new, cause) in [
            ("of another", counter(&other), "JWS_SIGNATURE_VALUE"),
            (
                "its value",
                changed(&|one| one["signature"] = tampered.clone().into()),
                "JWS_SIGNATURE_VALUE",
            ),
            (
                "with another payload",
                changed(&|one| one["payload"] = "AAAA".into()),
                "JWS_CONTENT_PRESENT",
            ),
            (
                "with an algorithm in clear",
                changed(&|one| one["header"]["alg"] = "ES256".into()),
                "JWS_HEADER_SPLIT",
            ),
            (
                "two in one",
                json!({ "signatures": [alone, alone] }),
                "JWS_COUNTER_SIGNATURE",
            ),
            // It verifies, and says nothing of the signature that it was put in.
            ("a signature over content", parsed(&other), "JWS_CONTENT_PRESENT"),
            ("a number", 7.into(), "JWS_COUNTER_SIGNATURE"),
            ("no signature", "e30".into(), "JWS_COUNTER_SIGNATURE"),
        ] {
            is_refused(&world, name, &with(&one, &[new]), cause);
        }
    }

    #[test]
    fn one_in_compact_form_is_made_read_and_goes_on_as_an_object() {
        use crate::ades::jws;
        use zegel::ades::jades::counter::prepare_counter;
        use zegel::ades::jades::read::{Jws, Serialization};
        use zegel::ades::jades::stages::Packaging;
        let world = World::new();
        let counter_signer = world.signer(P256);
        let file = Format::Json.sealed(&world, &world.signer(P384), Level::Lt);
        let opened = Jws::parse(&file).unwrap();
        let draft = |level| {
            let form = Serialization::Compact;
            jws::draft(&world, &counter_signer, level, form, Packaging::Attached)
        };
        let prepared = prepare_counter(&opened, &first(), &draft(Level::B), world.now).unwrap();
        let signed = jws::signed(&world, prepared, &counter_signer);
        let Ok(completed) = jws::complete_at(&world, &[], signed, world.now) else {
            panic!("it is made")
        };
        let made = completed.jws.to_text().into_bytes();
        assert!(counter(&made).is_string());
        let expected = [whole(&first(), Level::Lt), whole(&first().counter(0), Level::B)];
        assert_eq!(told(&validate(&world, &made, world.now)), expected);
        let refused = prepare_counter(&opened, &first(), &draft(Level::T), world.now);
        assert_eq!(refused.unwrap_err().cause(), "ADES_FORM");
        let on = Format::Json
            .countersigned(&world, &made, &first().counter(0), &world.signer(P521), Level::B)
            .unwrap();
        assert!(counter(&on).is_object());
        assert_eq!(validate(&world, &on, world.now).signatures.len(), 3);
    }

    #[test]
    fn more_than_are_judged_is_a_limit() {
        let world = World::new();
        let [one, _] = pair(&world, Format::Json);
        let own = counter(&one);
        let many = with(&one, &vec![own.clone(); COUNTERS_AT_MOST + 5]);
        let report = validate(&world, &many, world.now);
        let (_, causes) = codes(&report, &first().counter(COUNTERS_AT_MOST));
        assert_eq!(causes, ["COUNTER_SIGNATURE_LIMIT"]);
        assert_eq!(report.signatures.len(), 1 + COUNTERS_AT_MOST + 1);
        let full = with(&one, &vec![own.clone(); COUNTERS_AT_MOST]);
        takes_no_other(&world, Format::Json, &full, "ADES_FORM");
        let mut deep = own.clone();
        let mut name = first().counter(0);
        for _ in 0..COUNTERS_DEEP_AT_MOST {
            let mut around = own.clone();
            around["header"]["etsiU"] = json!([unsigned::write("cSig", deep)]);
            deep = around;
            name = name.counter(0);
        }
        let report = validate(&world, &with(&one, &[deep]), world.now);
        assert_eq!(codes(&report, &name).1, ["COUNTER_SIGNATURE_LIMIT"]);
        assert_eq!(report.signatures.len(), 1 + COUNTERS_DEEP_AT_MOST + 1);
    }
}
