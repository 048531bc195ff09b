//! x509-limbo: what other validators were found to accept or refuse wrongly.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use zegel::base::time::Timestamp;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::pki::anchors::Anchors;
use zegel::pki::certificate::Certificate;
use zegel::pki::extensions::{ExtendedKeyUsage, KeyUsage};
use zegel::pki::list_rules::{self, List};
use zegel::pki::path::{self, Pool, Request};
use zegel::pki::purpose::Purpose;

use super::Figures;

/// Cases that come out otherwise than the suite says, each with its reason. One that agrees fails the test, so that the
/// list stays true. Accepted where the suite refuses: only what a relying party asks of a peer's name.
const OTHERWISE: [(&str, &str); 3] = [
    (
        "cve::cve-2024-0567",
        "refused: its anchor is a cross certificate without authority key identifier, which \
         rfc5280::aki::cross-signed-root-missing-aki wants refused",
    ),
    (
        "pathlen::max-chain-depth-1-self-issued",
        "refused: our bound counts every certificate, self-issued or not; it is a budget, not a pathLenConstraint",
    ),
    (
        "rfc5280::ca-as-leaf-wrong-san",
        "accepted: the peer's DNS name differs from the one a browser asked for, and zegel asks for none",
    ),
];

/// What browsers ask above RFC 5280 (CA/Browser Forum): run and counted, not judged.
const BROWSERS: &str = "webpki::";

#[derive(Deserialize)]
struct Limbo {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    extended_key_usage: Vec<String>,
    key_usage: Vec<String>,
    expected_result: String,
    max_chain_depth: Option<usize>,
    #[serde(default)]
    crls: Vec<String>,
}

fn der_of(pem: &str) -> Vec<u8> {
    use base64::Engine as _;
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(body).unwrap()
}

fn run(case: &Case) -> Result<(), String> {
    let parse = |pem: &String| Certificate::parse(der_of(pem));
    let leaf = parse(&case.peer_certificate).map_err(|error| format!("CERT_PARSE {error}"))?;
    let mut anchors = Anchors::new();
    for root in case.trusted_certs.iter().filter_map(|pem| parse(pem).ok()) {
        anchors.insert_plain(root);
    }
    let pool: Pool = case
        .untrusted_intermediates
        .iter()
        .filter_map(|pem| parse(pem).ok())
        .collect();
    let moment: Timestamp = case
        .validation_time
        .as_deref()
        .unwrap_or("2026-03-03T09:00:00Z")
        .parse()
        .unwrap();
    let algorithms = AlgorithmPolicy::live_authentication();
    let pools = [&pool];
    let mut request = Request::new(&leaf, &pools, &anchors, Purpose::Any, &algorithms, moment);
    if let Some(most) = case.max_chain_depth {
        // The suite counts the intermediates; ours counts all below the anchor.
        request.limits.depth = most + 1;
    }
    let path = path::validate(&request).map_err(|refusal| refusal.cause().to_owned())?;
    // The purpose is the caller's: zegel's own purposes are Belgian, and none is a server's.
    if let Some(extended) = &leaf.extensions().extended_key_usage {
        for wanted in &case.extended_key_usage {
            if !extended.contains(purpose(wanted)) {
                return Err("PURPOSE_EKU".to_owned());
            }
        }
    }
    for wanted in &case.key_usage {
        assert_eq!(
            wanted, "digitalSignature",
            "{}: a key usage the runner does not know",
            case.id
        );
        let usage = leaf.extensions().key_usage;
        if !usage.is_none_or(|usage| usage.contains(KeyUsage::DIGITAL_SIGNATURE)) {
            return Err("PURPOSE_KU".to_owned());
        }
    }
    if !case.crls.is_empty() {
        let files: Vec<Vec<u8>> = case.crls.iter().map(|pem| der_of(pem)).collect();
        let lists: Vec<List<'_>> = files.iter().filter_map(|der| List::parse(der).ok()).collect();
        list_rules::check(&path, &lists, &request).map_err(|refusal| refusal.cause().to_owned())?;
    }
    Ok(())
}

/// id-kp of a name of the suite.
fn purpose(name: &str) -> &'static [u8] {
    match name {
        "clientAuth" => ExtendedKeyUsage::CLIENT_AUTH,
        "serverAuth" => &[0x2B, 6, 1, 5, 5, 7, 3, 1],
        other => panic!("an extended key usage the runner does not know: {other}"),
    }
}

#[test]
fn nothing_is_accepted_that_the_suite_refuses() {
    let Some(folder) = crate::support::shared("pki/suites/limbo") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("limbo.json")).unwrap();
    let suite: Limbo = serde_json::from_str(&text).unwrap();
    let reasons: HashMap<&str, &str> = OTHERWISE.into_iter().collect();
    let (mut right, mut wrong, mut listed) = (0, Vec::new(), Vec::new());
    let (mut browsers, mut browsers_right) = (0, 0);
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut causes: BTreeMap<String, usize> = BTreeMap::new();
    for case in &suite.testcases {
        let found = run(case);
        let agrees = found.is_ok() == (case.expected_result == "SUCCESS");
        let group = groups.entry(case.id.split("::").next().unwrap()).or_default();
        group.0 += usize::from(agrees);
        group.1 += 1;
        if case.id.starts_with(BROWSERS) {
            browsers += 1;
            browsers_right += usize::from(agrees);
            continue;
        }
        if let Err(cause) = &found {
            *causes.entry(cause.clone()).or_default() += 1;
        }
        match (agrees, reasons.get(case.id.as_str())) {
            (true, None) => right += 1,
            (true, Some(_)) => wrong.push(format!("{}: listed, and comes out right", case.id)),
            (false, Some(reason)) => listed.push(format!("{}: {reason}", case.id)),
            (false, None) => wrong.push(format!(
                "{}: {found:?}, suite says {}",
                case.id, case.expected_result
            )),
        }
    }
    let mut figures = Figures::new("x509-limbo");
    figures.say(format!(
        "{right} of {} cases as the suite says, {} otherwise with their reason; not judged: {browsers} of the browsers' \
         profile ({browsers_right} agree)",
        suite.testcases.len() - browsers,
        listed.len()
    ));
    figures.say("");
    for (group, (agree, all)) in groups {
        figures.say(format!("- {group}: {agree} of {all}"));
    }
    figures.say("");
    listed.iter().for_each(|line| figures.say(format!("- {line}")));
    figures.say("");
    for (cause, count) in causes {
        figures.say(format!("- refused with {cause}: {count}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(listed.len(), OTHERWISE.len());
}
