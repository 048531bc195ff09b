//! EU DSS, the Commission's own library, beside us: it judges what zegel makes, and zegel judges what it makes.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use openssl::stack::Stack;
use openssl::x509::X509;
use serde_json::Value;

use zegel::ades::content::{Content, DataObject};
use zegel::ades::level::Level;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::policy::ValidationPolicy;
use zegel::ades::validate::report::{PolicyDocumentSource, Report};
use zegel::ades::validate::{Context, validate_any};
use zegel::asn1::write;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::base::digest::HashAlgorithm;
use zegel::base::time::Timestamp;
use zegel::crypto::algorithm;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::lab::services::http::ServiceServer;

use super::judges::pem;
use super::samples::{SHAPES, Xref, pdf};
use super::world::World;
use crate::support::{TestFolder, java_judge};

/// One file that zegel made, for EU DSS to judge.
pub(crate) struct Case {
    pub file: PathBuf,
    /// What stands beside it, each with its name.
    pub beside: Vec<(String, PathBuf)>,
    pub level: Level,
    /// Levels of the other signatures in it, counter-signatures too, in order.
    pub others: Vec<Level>,
}

/// What EU DSS answers about each of `cases` at `at`.
fn answers(root: &Path, at: Timestamp, cases: &[Case]) -> Option<Vec<Value>> {
    let mut child = java_judge("eu-dss", "Judge")?
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = String::new();
    for case in cases {
        let mut parts = vec![
            root.display().to_string(),
            (at.as_micros() / 1000).to_string(),
            case.file.display().to_string(),
        ];
        let beside = case.beside.iter();
        parts.extend(beside.map(|(name, path)| format!("{name}={}", path.display())));
        lines.push_str(&parts.join("\t"));
        lines.push('\n');
    }
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), cases.len(), "EU DSS judged every file");
    Some(answers)
}

/// The levels that EU DSS sees in each of `cases` at `at`, lowest first; none for a signature that is no baseline.
pub(crate) fn levels(root: &Path, at: Timestamp, cases: &[Case]) -> Option<Vec<Vec<Option<Level>>>> {
    let of = |signature: &Value| {
        let format = signature["format"].as_str().unwrap_or_default();
        let (_, level) = format.split_once("-BASELINE-")?;
        Some(format!("B-{level}").parse().unwrap())
    };
    let answers = answers(root, at, cases)?.into_iter().map(|answer| {
        let found = answer["signatures"].as_array().unwrap();
        let mut levels: Vec<Option<Level>> = found.iter().map(of).collect();
        levels.sort_unstable();
        levels
    });
    Some(answers.collect())
}

/// The same by zegel.
pub(crate) fn own_levels(report: &Report) -> Vec<Option<Level>> {
    let mut levels: Vec<Option<Level>> = report.signatures.iter().map(|one| one.level).collect();
    levels.sort_unstable();
    levels
}

/// What EU DSS finds wrong with each of `cases` at `at`: nothing where it sees exactly the signatures expected, each of
/// exactly its level, with no warning; above B-T passed whole, below without a status, which it has no network to ask for.
pub(crate) fn refusals(root: &Path, at: Timestamp, cases: &[Case]) -> Option<Vec<Option<String>>> {
    let refused = cases.iter().zip(answers(root, at, cases)?);
    Some(
        refused
            .map(|(case, answer)| (!accepts(case, &answer)).then(|| answer.to_string()))
            .collect(),
    )
}

/// What EU DSS says of a certificate whose status it has not.
const NO_STATUS: [&str; 2] = [
    "The certificate validation is not conclusive!",
    "No revocation data found for the certificate!",
];

fn accepts(case: &Case, answer: &Value) -> bool {
    let found = answer["signatures"].as_array().unwrap();
    let levels: Vec<Level> = std::iter::once(case.level)
        .chain(case.others.iter().copied())
        .collect();
    found.len() == levels.len()
        && levels
            .iter()
            .zip(found)
            .all(|(level, signature)| is_whole_at(*level, signature))
}

fn is_whole_at(level: Level, signature: &Value) -> bool {
    let texts = |value: &Value| -> BTreeSet<String> {
        let list = value.as_array().into_iter().flatten();
        list.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let format = signature["format"].as_str().unwrap_or_default();
    let shows_level = format.ends_with(&format!("-BASELINE-{}", level.to_string().replace("B-", "")))
        || (level == Level::B && format.ends_with("-BASELINE-B"));
    let (errors, stamps) = (texts(&signature["errors"]), texts(&signature["stamps"]));
    let is_whole = if level >= Level::Lt {
        signature["indication"] == "TOTAL_PASSED"
            && errors.is_empty()
            && stamps == BTreeSet::from(["PASSED".to_owned()])
    } else {
        signature["indication"] == "INDETERMINATE" && errors == NO_STATUS.map(str::to_owned).into()
    };
    shows_level && is_whole && texts(&signature["warnings"]).is_empty()
}

/// What the name of a file that EU DSS made says of it.
struct Expected {
    signatures: usize,
    indication: Indication,
    level: Level,
}

impl Expected {
    fn of(name: &str) -> Self {
        let words: BTreeSet<&str> = name.split(['-', '.']).collect();
        let level = if words.contains("LTA") || words.contains("renewed") {
            Level::Lta
        } else if words.contains("LT") {
            Level::Lt
        } else if words.contains("T") {
            Level::T
        } else {
            Level::B
        };
        Self {
            signatures: if words.contains("two") || words.contains("certified") {
                2
            } else {
                1
            },
            // Below B-LT the status that validation wants is not in the file by definition.
            indication: if level >= Level::Lt {
                Indication::TotalPassed
            } else {
                Indication::Indeterminate
            },
            level,
        }
    }

    fn holds(&self, report: &Report) -> bool {
        let undecided = Some(SubIndication::TryLater);
        let sub = if self.indication == Indication::TotalPassed {
            None
        } else {
            undecided
        };
        report.document.format_failure.is_none()
            && report.indication == self.indication
            && report.signatures.len() == self.signatures
            && report.signatures.iter().all(|signature| {
                signature.indication == self.indication
                    && signature.sub_indication == sub
                    && signature.level == Some(self.level)
            })
    }
}

#[test]
fn everything_that_eu_dss_signs_is_accepted_at_the_level_it_was_made_for() {
    let listener = ServiceServer::reserve(0).unwrap();
    let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let clock = Arc::new(SystemClock::new());
    let world = World::at(clock.now(), &base);
    let folder = TestFolder::new("eu-dss");
    let Some(mut maker) = java_judge("eu-dss", "Maker") else {
        return;
    };
    let _services = ServiceServer::start(world.services.clone(), clock, listener).unwrap();
    let signer = world.signer(KeyKind::Ec(Curve::P384));
    let path = |name: &str| folder.path().join(name);
    let put = |name: &str, bytes: &[u8]| std::fs::write(path(name), bytes).unwrap();
    put("root.pem", pem(world.pki().root_der()).as_bytes());
    put(
        "citizen.pem",
        pem(world.pki().citizen.certificate_der()).as_bytes(),
    );
    put(
        "stamps.pem",
        pem(world.pki().timestamp.certificate_der()).as_bytes(),
    );
    put("plain.pdf", &pdf(Xref::Table, SHAPES[0]));
    put("doc.txt", b"besluit TEST\n");
    put(
        "doc.xml",
        b"<besluit xmlns=\"urn:zegel:test\"><titel>TEST</titel></besluit>",
    );
    put("policy.txt", POLICY);
    put("policy.xml", b"<?xml version=\"1.0\"?>\n<beleid  z='1' a='2'/>\n");
    put("policy.der", &policy_in_asn1());
    let mut issuers = Stack::new().unwrap();
    issuers
        .push(X509::from_der(world.pki().citizen.certificate_der()).unwrap())
        .unwrap();
    let key = signer.leaf.key.to_pkcs8_pem().unwrap();
    let store = Pkcs12::builder()
        .name("signer")
        .pkey(&PKey::private_key_from_pem(key.expose()).unwrap())
        .cert(&X509::from_der(signer.certificate.der()).unwrap())
        .ca(issuers)
        .build2("test")
        .unwrap();
    put("signer.p12", &store.to_der().unwrap());
    let output = maker.arg(folder.path()).arg(&base).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let heard = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{heard}");
    let mut wrong = Vec::new();
    let mut seen = 0;
    let (mut cases, mut own) = (Vec::new(), Vec::new());
    for line in told.lines() {
        let mut names = line.split('\t');
        let name = names.next().unwrap();
        cases.push(Case {
            file: path(name),
            beside: names
                .clone()
                .map(|other| (other.to_owned(), path(other)))
                .collect(),
            level: Expected::of(name).level,
            others: Vec::new(),
        });
        let beside: Vec<DataObject> = names
            .map(|other| DataObject {
                name: Some(other.to_owned()),
                media_type: None,
                content: Content::Bytes(Arc::new(std::fs::read(path(other)).unwrap())),
            })
            .collect();
        let context = Context {
            trust: &world.trust,
            algorithms: &world.algorithms,
            verdict_keys: &[],
            at: SystemClock::new().now(),
        };
        let file = Arc::new(std::fs::read(path(name)).unwrap());
        // A document that is handed in must match where a policy is required, so these have that of the signature alone.
        let is_stored_alone = name.contains("canonical") || name.contains("asn1");
        let judged_by = if name.contains("policy") {
            let given = (!is_stored_alone).then(|| POLICY.into());
            ValidationPolicy {
                policy_documents: given.into_iter().collect(),
                ..ValidationPolicy::strict()
            }
            .requiring(&"2.16.56.13.6.1".parse().unwrap())
        } else {
            ValidationPolicy::strict()
        };
        let report = validate_any(file, &beside, &context, &judged_by);
        let holds = if name.starts_with("stamp") {
            report.signatures.is_empty()
                && report.document_time_stamps.len() == 1
                && report.document_time_stamps[0].sub_indication != Some(SubIndication::HashFailure)
        } else if name.contains("policy") {
            let source = if is_stored_alone {
                PolicyDocumentSource::Store
            } else {
                PolicyDocumentSource::Given
            };
            Expected::of(name).holds(&report)
                && report.signatures[0]
                    .signature_policy
                    .as_ref()
                    .is_some_and(|policy| {
                        policy.id.as_deref() == Some("2.16.56.13.6.1")
                            && policy.uri.as_deref() == Some("https://beleid.test/1")
                            && policy.document == source
                            && policy.matches == Some(true)
                    })
                && stands_by_its_store(name, &path(name), &context)
        } else if name.contains("counter") {
            // Those on it are made with B-B alone. Their signer's status is in the file, for it is the same.
            let level = if name.contains("under") {
                Level::Lta
            } else {
                Level::Lt
            };
            let count = if name.contains("deep") { 3 } else { 2 };
            report.indication == Indication::TotalPassed
                && report.signatures.len() == count
                && report.signatures[0].level == Some(level)
                && report.signatures[1..]
                    .iter()
                    .all(|one| one.level == Some(Level::B))
        } else {
            Expected::of(name).holds(&report)
        };
        own.push(own_levels(&report));
        if !holds {
            wrong.push(format!("{name}: {report:#?}"));
        }
        seen += 1;
    }
    assert_eq!(seen, 155, "{told}");
    let theirs = levels(&path("root.pem"), SystemClock::new().now(), &cases).unwrap();
    for ((case, own), theirs) in cases.iter().zip(own).zip(theirs) {
        if own != theirs {
            wrong.push(format!("{}: {own:?}, EU DSS {theirs:?}", case.file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A document of a signature policy.
const POLICY: &[u8] = b"TEST policy\n";

/// One in the form of ETSI TR 102 272, which ends with its own digest.
fn policy_in_asn1() -> Vec<u8> {
    let hash = HashAlgorithm::Sha256;
    let algorithm = algorithm::hash_identifier(hash);
    let id = write::oid(&"2.16.56.13.6.1".parse().unwrap());
    let info = write::sequence(&[&id, &write::utf8("TEST")]);
    let digest = hash.digest(&[algorithm.as_slice(), &info].concat());
    write::sequence(&[&algorithm, &info, &write::octet_string(&digest)])
}

/// Whether a signature under a policy is judged by the document that it holds, where none is handed in, and has the policy's
/// document missing where it holds none.
fn stands_by_its_store(name: &str, path: &Path, context: &Context<'_>) -> bool {
    let policy = ValidationPolicy::strict().requiring(&"2.16.56.13.6.1".parse().unwrap());
    let file = Arc::new(std::fs::read(path).unwrap());
    let report = validate_any(file, &[], context, &policy);
    let missing = Some(SubIndication::SignaturePolicyNotAvailable);
    let expected = if name.contains("stored") { None } else { missing };
    report.signatures[0].sub_indication == expected
}
