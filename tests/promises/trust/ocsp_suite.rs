//! OpenSSL's own OCSP test cases, at the moment each of them names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zegel::base::digest::HashAlgorithm;
use zegel::base::time::Timestamp;
use zegel::pki::anchors::Anchors;
use zegel::pki::certificate::Certificate;
use zegel::pki::ocsp::{self, CertId, Expected, OcspPolicy};
use zegel::pki::path::{self, Limits, Path, Pool, Request};
use zegel::pki::policies::PolicyInputs;
use zegel::pki::purpose::Purpose;
use zegel::pki::status::CertificateStatus;

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    root: String,
    #[serde(default)]
    other_certs: Vec<String>,
    cert: String,
    ocsps: Vec<String>,
    path_len: usize,
    moment: String,
    error: Option<Expectation>,
}

#[derive(serde::Deserialize)]
struct Expectation {
    class: String,
    msg_regex: String,
}

impl Expectation {
    /// The code that means what the suite's message says.
    fn code(&self) -> &'static str {
        let says = |text: &str| self.msg_regex.contains(text);
        if self.class == "StaleRevinfoError" {
            "OCSP_STALE"
        } else if says("issuer name hash") || says("issuer key hash") {
            "OCSP_MISMATCH"
        } else if says("OCSP response signature")
            || says("signing certificate could not be located")
            || says("signing certificate could not be validated")
        {
            "OCSP_SIGNER"
        } else {
            panic!("no code for `{}`", self.msg_regex)
        }
    }

    /// Which certificate of the path the message speaks of, the end entity being 0.
    fn position(&self) -> usize {
        usize::from(self.msg_regex.contains("the intermediate certificate 1"))
    }
}

struct Suite(std::path::PathBuf);

impl Suite {
    fn certificate(&self, name: &str) -> Certificate {
        Certificate::from_pem(&std::fs::read_to_string(self.0.join(name)).unwrap()).unwrap()
    }

    fn answer(&self, name: &str) -> Vec<u8> {
        let text: String = std::fs::read_to_string(self.0.join(name))
            .unwrap()
            .split_whitespace()
            .collect();
        STANDARD.decode(text).unwrap()
    }

    fn path(&self, case: &Case, at: Timestamp) -> Path {
        let leaf = self.certificate(&case.cert);
        let mut anchors = Anchors::new();
        anchors.insert_plain(self.certificate(&case.root));
        let pool: Pool = case
            .other_certs
            .iter()
            .map(|name| self.certificate(name))
            .collect();
        path::validate(&Request {
            leaf: &leaf,
            candidates: &[&pool],
            anchors: &anchors,
            purpose: Purpose::Any,
            at,
            algorithms: None,
            policies: &PolicyInputs::default(),
            links: None,
            limits: Limits::default(),
            strict: false,
        })
        .unwrap()
    }

    /// Nothing, or the position of the first certificate that no answer proves good, and why.
    /// `further`: counts answers whose responder is to be looked up on its authority's list, which the suite has not.
    fn outcome(&self, case: &Case, further: &mut usize) -> Result<(), (usize, &'static str)> {
        let at: Timestamp = case.moment.parse().unwrap();
        let path = self.path(case, at);
        assert_eq!(path.certificates().len(), case.path_len, "{}", case.name);
        let policy = OcspPolicy::default();
        let answers: Vec<Vec<u8>> = case.ocsps.iter().map(|name| self.answer(name)).collect();
        for (position, (certificate, issuer)) in path.links().enumerate() {
            // Of a delegated case with an intermediate the suite has the end entity's answer only.
            if position >= answers.len() {
                break;
            }
            let cert_id = CertId::new(certificate, issuer, HashAlgorithm::Sha1);
            let expected = Expected {
                cert_id: &cert_id,
                nonce: None,
                issuer,
                policy: &policy,
                algorithms: None,
                links: None,
                configured: &[],
            };
            match ocsp::verify_fresh(&answers[position], &expected, at) {
                Ok(answer) => {
                    assert_eq!(answer.status, CertificateStatus::Good, "{}", case.name);
                    *further += usize::from(answer.responder_needs_status);
                }
                Err(defect) => return Err((position, defect.cause())),
            }
        }
        Ok(())
    }
}

#[test]
fn all_29_cases_end_as_openssl_says_and_for_that_reason() {
    let Some(file) = crate::support::shared("pki/suites/openssl-ocsp/openssl-ocsp.json") else {
        return;
    };
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let suite = Suite(file.parent().unwrap().to_owned());
    let (mut differing, mut further) = (Vec::new(), 0);
    for case in &cases {
        let expected = match &case.error {
            None => Ok(()),
            Some(error) => Err((error.position(), error.code())),
        };
        let found = suite.outcome(case, &mut further);
        if found != expected {
            differing.push(format!("{}: {found:?}, expected {expected:?}", case.name));
        }
    }
    let right = cases.len() - differing.len();
    println!(
        "OpenSSL OCSP: {right} of {} cases as expected, 0 skipped; in {further} the responder's own status is asked next",
        cases.len()
    );
    assert!(differing.is_empty(), "{differing:#?}");
    assert_eq!(cases.len(), 29);
}
