//! NIST PKITS: path validation and lists as RFC 3280 and RFC 5280 §6 have them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path as FilePath, PathBuf};

use serde::Deserialize;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::pki::anchors::Anchors;
use zegel::pki::certificate::Certificate;
use zegel::pki::list_rules::{self, List};
use zegel::pki::path::{self, Pool, Request};
use zegel::pki::policies::PolicyInputs;
use zegel::pki::purpose::Purpose;

use super::Figures;
use crate::trust::support::at;

/// Cases whose outcome is another than the suite's, each with its reason. One that comes out right fails the test.
const EXCLUDED: [(&str, &str); 2] = [
    (
        "valid_dsa_signatures_test4",
        "DSA: zegel knows RSA and ECDSA, and no policy accepts DSA",
    ),
    (
        "valid_dsa_parameter_inheritance_test5",
        "DSA with parameters of the issuer's key: as above",
    ),
];

#[derive(Deserialize)]
struct Case {
    id: String,
    name: String,
    cert: String,
    #[serde(default)]
    other_certs: Vec<String>,
    #[serde(default)]
    crls: Vec<String>,
    path_len: usize,
    revocation: Option<bool>,
    #[serde(default)]
    params: Parameters,
    error: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Parameters {
    user_initial_policy_set: Option<Vec<String>>,
    initial_explicit_policy: bool,
    initial_policy_mapping_inhibit: bool,
    initial_any_policy_inhibit: bool,
}

/// Within the validity of the suite's certificates and after the last of its revocations.
const MOMENT: &str = "2012-04-15T12:00:00Z";

fn read(folder: &FilePath, name: &str) -> Vec<u8> {
    let file = folder.join(name);
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

struct Suite {
    folder: PathBuf,
    anchors: Anchors,
}

impl Suite {
    fn run(&self, case: &Case) -> Result<usize, String> {
        let certs = self.folder.join("certs");
        let parse = |name: &String| {
            Certificate::parse(read(&certs, name)).map_err(|error| format!("{name}: {error}"))
        };
        let leaf = parse(&case.cert)?;
        let mut pool = Pool::new();
        for name in &case.other_certs {
            pool.insert(parse(name)?);
        }
        let policies = PolicyInputs {
            initial: case
                .params
                .user_initial_policy_set
                .as_ref()
                .map(|set| set.iter().map(|oid| oid.parse().unwrap()).collect()),
            explicit: case.params.initial_explicit_policy,
            inhibit_mapping: case.params.initial_policy_mapping_inhibit,
            inhibit_any: case.params.initial_any_policy_inhibit,
        };
        let algorithms = AlgorithmPolicy::etsi_ts_119_312();
        let pools = [&pool];
        let mut request = Request::new(
            &leaf,
            &pools,
            &self.anchors,
            Purpose::Any,
            &algorithms,
            at(MOMENT),
        );
        request.policies = &policies;
        request.strict = false;
        let path = path::validate(&request).map_err(|refusal| refusal.cause().to_owned())?;
        if case.revocation != Some(false) {
            let crls = self.folder.join("crls");
            let files: Vec<Vec<u8>> = case
                .crls
                .iter()
                .map(String::as_str)
                // The suite names it nowhere, and every path ends below this anchor.
                .chain(["TrustAnchorRootCRL.crl"])
                .map(|name| read(&crls, name))
                .collect();
            let lists: Vec<List<'_>> = files.iter().filter_map(|der| List::parse(der).ok()).collect();
            list_rules::check(&path, &lists, &request).map_err(|refusal| format!("{refusal:?}"))?;
        }
        Ok(path.certificates().len())
    }
}

#[test]
fn every_case_comes_out_as_the_suite_says() {
    let Some(folder) = crate::support::shared("pki/suites/pkits") else {
        return;
    };
    let cases: Vec<Case> = serde_json::from_slice(&read(&folder, "pkits.json")).unwrap();
    let root = Certificate::parse(read(&folder.join("certs"), "TrustAnchorRootCertificate.crt")).unwrap();
    let mut anchors = Anchors::new();
    anchors.insert_plain(root);
    let suite = Suite { folder, anchors };
    let excluded: HashMap<&str, &str> = EXCLUDED.into_iter().collect();
    let (mut right, mut wrong, mut left_out) = (0, Vec::new(), Vec::new());
    let mut sections: BTreeMap<String, usize> = BTreeMap::new();
    for case in &cases {
        let found = suite.run(case);
        let agrees = match (&found, &case.error) {
            (Ok(length), None) => *length == case.path_len,
            (found, error) => found.is_err() && error.is_some(),
        };
        let label = format!("{} {}", case.id, case.name);
        match (agrees, excluded.get(case.name.as_str())) {
            (true, None) => {
                right += 1;
                *sections.entry(case.id[1..3].to_owned()).or_default() += 1;
            }
            (true, Some(_)) => wrong.push(format!("{label}: excluded, and comes out right")),
            (false, Some(reason)) => left_out.push(format!("{label}: {reason}")),
            (false, None) => wrong.push(format!("{label}: {found:?}, suite says {:?}", case.error)),
        }
    }
    let mut figures = Figures::new("pkits");
    figures.say(format!(
        "{right} of {} cases as the suite says, {} left out: {}",
        cases.len(),
        left_out.len(),
        left_out.join("; ")
    ));
    figures.say("");
    for (section, count) in sections {
        figures.say(format!(
            "- section 4.{}: {count}",
            section.trim_start_matches('0')
        ));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(right + left_out.len(), cases.len());
    assert!(right >= 244 && left_out.len() == EXCLUDED.len(), "{right}");
}
