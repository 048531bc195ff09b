//! Counter-signatures: made, judged, and what must not be one.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use zegel::ades::level::Level;
use zegel::ades::signature_name::{COUNTERS_DEEP_AT_MOST, SignatureName};
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::report::Report;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::crypto::key::{Curve, KeyKind};

use super::counter_world::{Format, validate};
use super::eu_dss;
use super::judges::pem;
use super::world::{P384, RSA, Signer, World};
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
                        counters: vec![*level],
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
fn an_archive_time_stamp_that_covers_a_counter_signature_closes_it() {
    let world = World::new();
    let (signer, counter) = (world.signer(P384), world.signer(P256));
    for format in Format::ALL {
        let on =
            |file: &[u8], name: &SignatureName| format.countersigned(&world, file, name, &counter, Level::Lt);
        let file = on(&format.sealed(&world, &signer, Level::Lta), &first()).unwrap();
        // It came after the time-stamp, so it is open.
        let deeper = on(&file, &first().counter(0)).unwrap();
        assert_eq!(validate(&world, &deeper, world.now).signatures.len(), 3);
    }
}

#[test]
fn what_cannot_be_countersigned_says_why() {
    let world = World::new();
    let (signer, counter) = (world.signer(P384), world.signer(P256));
    for (format, cause) in [(Format::Cms, "ADES_MESSAGE"), (Format::Xml, "XADES_PLACE")] {
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
