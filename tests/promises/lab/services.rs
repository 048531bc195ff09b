//! OpenSSL accepts what the test PKI issues and serves, and refuses what it is switched to spoil.
//!
//! OpenSSL reads the wall clock, so the PKI is made at the time of the run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use zegel::base::clock::{Clock, SystemClock};
use zegel::base::national::NationalNumber;
use zegel::base::random::SystemRandom;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::lab::pki::{Holder, IssuedLeaf, LabPki, LeafPurpose};
use zegel::lab::services::http::ServiceServer;
use zegel::lab::services::{CertificateStatus, RevocationReason, Service, ServiceMode, Services};

use crate::support::judge;

struct Bench {
    folder: tempfile::TempDir,
    services: Arc<Services>,
    server: ServiceServer,
    authentication: IssuedLeaf,
    signature: IssuedLeaf,
}

impl Bench {
    fn new(kind: KeyKind) -> Self {
        let clock = Arc::new(SystemClock::new());
        let listener = ServiceServer::reserve(0).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let pki = LabPki::generate(&url, &SystemRandom, clock.now()).unwrap();
        let holder = Holder {
            surname: "Spécimen".to_owned(),
            given_names: "An Marie".to_owned(),
            national_number: NationalNumber::parse("70611500188").unwrap(),
        };
        let leaf = |purpose| {
            pki.issue_leaf(
                &holder,
                purpose,
                kind,
                LabPki::usual_validity(clock.now()),
                &SystemRandom,
            )
            .unwrap()
        };
        let (authentication, signature) = (leaf(LeafPurpose::Authentication), leaf(LeafPurpose::Signature));
        let folder = tempfile::tempdir().unwrap();
        let save = |name: &str, der: &[u8]| {
            std::fs::write(folder.path().join(name), pem(der)).unwrap();
        };
        save("root.pem", pki.root_der());
        save("citizen.pem", pki.citizen.certificate_der());
        save("timestamp.pem", pki.timestamp.certificate_der());
        save("unit.pem", &pki.unit.certificate_der);
        save("register.pem", &pki.register.certificate_der);
        save("auth.pem", &authentication.certificate_der);
        save("sign.pem", &signature.certificate_der);
        let services = Arc::new(Services::new(Arc::new(pki), Arc::new(SystemRandom)));
        let server = ServiceServer::start(Arc::clone(&services), clock, listener).unwrap();
        Self {
            folder,
            services,
            server,
            authentication,
            signature,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs openssl in the folder and returns whether it succeeded and all it printed.
    fn openssl(&self, arguments: &str) -> (bool, String) {
        openssl(self.folder.path(), arguments)
    }

    fn ocsp(&self, certificate: &str, issuer: &str, slug: &str) -> (bool, String) {
        let url = self.url(&format!("/ocsp/{slug}"));
        self.openssl(&format!(
            "ocsp -issuer {issuer} -cert {certificate} -url {url} -CAfile root.pem -verify_other {issuer}"
        ))
    }
}

fn openssl(folder: &Path, arguments: &str) -> (bool, String) {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

const P384: KeyKind = KeyKind::Ec(Curve::P384);

#[test]
fn openssl_accepts_every_certificate_of_the_test_pki() {
    if judge("openssl").is_none() {
        return;
    }
    for kind in [P384, KeyKind::Rsa { bits: 2048 }] {
        let bench = Bench::new(kind);
        for (arguments, purpose) in [
            (
                "-untrusted citizen.pem -purpose sslclient auth.pem",
                "authentication",
            ),
            ("-untrusted citizen.pem sign.pem", "signature"),
            (
                "-untrusted timestamp.pem -purpose timestampsign unit.pem",
                "time-stamping unit",
            ),
            ("register.pem", "register"),
        ] {
            let (good, text) = bench.openssl(&format!(
                "verify -x509_strict -policy_check -CAfile root.pem {arguments}"
            ));
            assert!(good, "{purpose}: {text}");
        }
        let (good, text) = bench.openssl(
            "verify -explicit_policy -policy 2.16.56.13.6.1.1.1000 -CAfile root.pem -untrusted citizen.pem auth.pem",
        );
        assert!(good, "{text}");
        let (_, text) = bench.openssl("x509 -in sign.pem -noout -text");
        for expected in [
            "CN = An Sp\\C3\\A9cimen (Signature), SN = Sp\\C3\\A9cimen, GN = An Marie, serialNumber = 70611500188",
            "Non Repudiation",
            "0.4.0.194112.1.2",
            "qcStatements",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(!text.contains("Digital Signature"));
    }
}

#[test]
fn openssl_accepts_the_ocsp_answers_and_sees_each_status() {
    if judge("openssl").is_none() {
        return;
    }
    let bench = Bench::new(P384);
    let now = SystemClock::new().now();
    let revoked = CertificateStatus::Revoked {
        at: now,
        reason: RevocationReason::KeyCompromise,
    };
    for (status, expected) in [
        (CertificateStatus::Good, "auth.pem: good"),
        (revoked, "auth.pem: revoked"),
        (
            CertificateStatus::OnHold { since: now },
            "Reason: certificateHold",
        ),
        (CertificateStatus::Unknown, "auth.pem: unknown"),
    ] {
        bench
            .services
            .set_certificate(&bench.authentication.serial, status);
        let (good, text) = bench.ocsp("auth.pem", "citizen.pem", "citizen");
        assert!(good, "{text}");
        assert!(
            text.contains("Response verify OK") && text.contains(expected),
            "{expected}: {text}"
        );
        assert!(!text.contains("WARNING: no nonce"), "{text}");
    }
    let (_, text) = bench.ocsp("sign.pem", "citizen.pem", "citizen");
    assert!(
        text.contains("sign.pem: good"),
        "the other certificate stays good: {text}"
    );
    for (certificate, issuer, slug) in [
        ("citizen.pem", "root.pem", "root"),
        ("register.pem", "root.pem", "root"),
        ("unit.pem", "timestamp.pem", "timestamp"),
    ] {
        let (_, text) = bench.ocsp(certificate, issuer, slug);
        let expected = format!("{certificate}: good");
        assert!(
            text.contains("Response verify OK") && text.contains(&expected),
            "{text}"
        );
    }
}

#[test]
fn openssl_refuses_what_the_ocsp_responder_is_switched_to_spoil() {
    if judge("openssl").is_none() {
        return;
    }
    let bench = Bench::new(P384);
    for (mode, expected) in [
        (ServiceMode::WrongSigner, "Response Verify Failure"),
        (ServiceMode::Stale, "Status times invalid"),
        (ServiceMode::WrongNonce, "Nonce Verify error"),
        (ServiceMode::Down, "Error querying OCSP responder"),
    ] {
        bench.services.set_service(Service::Ocsp, mode);
        let (_, text) = bench.ocsp("auth.pem", "citizen.pem", "citizen");
        assert!(text.contains(expected), "{mode}: {text}");
    }
    bench.services.set_service(Service::Ocsp, ServiceMode::Up);
    let (_, text) = bench.ocsp("auth.pem", "citizen.pem", "citizen");
    assert!(text.contains("Response verify OK"), "{text}");
}

#[test]
fn openssl_accepts_the_crl_and_finds_the_revoked_certificate_on_it() {
    if judge("openssl").is_none() {
        return;
    }
    let bench = Bench::new(P384);
    let now = SystemClock::new().now();
    bench
        .services
        .set_certificate(&bench.signature.serial, CertificateStatus::OnHold { since: now });
    for slug in ["citizen", "root"] {
        let answer = bench
            .services
            .answer(&format!("/crl/{slug}.crl"), &[], SystemClock::new().now());
        assert_eq!(answer.status, 200);
        std::fs::write(bench.path(&format!("{slug}.crl")), &answer.body).unwrap();
        let (good, text) = bench.openssl(&format!(
            "crl -inform DER -in {slug}.crl -out {slug}.crl.pem -CAfile {slug}.pem"
        ));
        assert!(good && text.contains("verify OK"), "{text}");
    }
    let verify = "verify -crl_check_all -CAfile root.pem -CRLfile citizen.crl.pem -CRLfile root.crl.pem -untrusted citizen.pem";
    let (good, text) = bench.openssl(&format!("{verify} auth.pem"));
    assert!(good, "{text}");
    let (good, text) = bench.openssl(&format!("{verify} sign.pem"));
    assert!(!good && text.contains("certificate revoked"), "{text}");
}

#[test]
fn openssl_accepts_the_time_stamps() {
    if judge("openssl").is_none() {
        return;
    }
    let bench = Bench::new(P384);
    std::fs::write(bench.path("document"), b"decision").unwrap();
    for hash in ["sha256", "sha384", "sha512"] {
        let (good, text) = bench.openssl(&format!("ts -query -data document -{hash} -cert -out query.tsq"));
        assert!(good, "{text}");
        let query = std::fs::read(bench.path("query.tsq")).unwrap();
        let verify =
            "ts -verify -queryfile query.tsq -in reply.tsr -CAfile root.pem -untrusted timestamp.pem";
        let stamp = |mode: ServiceMode| {
            bench.services.set_service(Service::TimeStamp, mode);
            let answer = bench.services.answer("/tsa", &query, SystemClock::new().now());
            std::fs::write(bench.path("reply.tsr"), &answer.body).unwrap();
            bench.openssl(verify)
        };
        let (good, text) = stamp(ServiceMode::Up);
        assert!(good && text.contains("Verification: OK"), "{hash}: {text}");
        let (_, text) = bench.openssl("ts -reply -in reply.tsr -text");
        for expected in [
            "Accuracy: 0x01 seconds",
            "Ordering: no",
            "Policy OID: 2.16.56.13.6.3.1.1000",
            "TEST Timestamp Unit",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!stamp(ServiceMode::WrongNonce).0);
        assert!(!stamp(ServiceMode::WrongSigner).0);
    }
    let (_, _) = bench.openssl("ts -query -data document -sha1 -out weak.tsq");
    bench.services.set_service(Service::TimeStamp, ServiceMode::Up);
    let weak = std::fs::read(bench.path("weak.tsq")).unwrap();
    let answer = bench.services.answer("/tsa", &weak, SystemClock::new().now());
    std::fs::write(bench.path("weak.tsr"), &answer.body).unwrap();
    let (_, text) = bench.openssl("ts -reply -in weak.tsr -text");
    assert!(text.contains("Status: Rejected"), "{text}");
}

#[test]
fn a_pki_survives_its_folder_and_still_knows_what_it_issued() {
    let now = crate::support::moment();
    let made = LabPki::generate("http://lab.test", &SystemRandom, now).unwrap();
    let holder = Holder {
        surname: "Specimen".to_owned(),
        given_names: String::new(),
        national_number: NationalNumber::parse("70611500188").unwrap(),
    };
    let leaf = made
        .issue_leaf(
            &holder,
            LeafPurpose::Authentication,
            P384,
            LabPki::usual_validity(now),
            &SystemRandom,
        )
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    made.save(folder.path()).unwrap();
    let read = LabPki::load(folder.path()).unwrap();
    assert_eq!(read.root_der(), made.root_der());
    assert_eq!(read.citizen.name(), made.citizen.name());
    assert!(read.citizen.has_issued(&leaf.serial) && !read.root.has_issued(&leaf.serial));
    assert_eq!(read.unit.key.public(), made.unit.key.public());
}

#[test]
fn a_root_that_does_not_say_test_is_refused() {
    let made = LabPki::generate_named(
        "Belgium Root CA6",
        "http://lab.test",
        &SystemRandom,
        crate::support::moment(),
    );
    assert!(made.is_err());
}
