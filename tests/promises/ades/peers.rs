//! Files that another producer signed, with every form that honest PDF signatures have: each is accepted at the level
//! it shows, and each damage to one is refused.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use zegel::ades::level::Level;
use zegel::ades::pades::extend::{Extension, Target};
use zegel::ades::pades::rehearse::rehearse;
use zegel::ades::validate::indication::Indication;
use zegel::ades::validate::policy::ValidationPolicy;
use zegel::ades::validate::report::{Format, Report};
use zegel::ades::validate::{Context, validate_with};
use zegel::base::bytes::ReadAt;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::lab::services::http::ServiceServer;

use super::judges::pem;
use super::mutations::{self, Damaged};
use super::samples::{SHAPES, Xref, pdf};
use super::world::{RSA, World};
use crate::pdf::make;
use crate::support::{TestFolder, judge};

struct Peer {
    folder: TestFolder,
    world: World,
    names: Vec<String>,
    _services: ServiceServer,
}

impl Peer {
    /// Every file that the script makes, or nothing where the judges are not there.
    fn new(label: &str) -> Option<Self> {
        let python: PathBuf = judge("pyhanko")?.with_file_name("python");
        let listener = ServiceServer::reserve(0).unwrap();
        let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let clock = Arc::new(SystemClock::new());
        let world = World::at(clock.now(), &base);
        let services = ServiceServer::start(world.services.clone(), clock, listener).unwrap();
        let folder = TestFolder::new(label);
        let signer = world.signer(RSA);
        let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        put("root.pem", pem(world.pki().root_der()).as_bytes());
        put("chain.pem", pem(world.pki().citizen.certificate_der()).as_bytes());
        put("signer.pem", pem(signer.certificate.der()).as_bytes());
        put("key.pem", signer.leaf.key.to_pkcs8_pem().unwrap().expose());
        let plain = pdf(Xref::Table, SHAPES[0]);
        put("plain.pdf", &plain);
        put("objects-plain.pdf", &make::with_object_stream(&plain)?);
        let output = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/judges/peer.py"))
            .arg(folder.path())
            .arg(&base)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Some(Self {
            names: told.lines().map(str::to_owned).collect(),
            folder,
            world,
            _services: services,
        })
    }

    fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }

    /// Judged a little later, as a reader would, by the policy for files of others: a signature before PAdES brings no
    /// status of its time-stamping unit, so nothing but now proves it.
    fn judge(&self, file: &[u8]) -> Report {
        let policy = ValidationPolicy::named("etsi").unwrap();
        let context = Context {
            trust: &self.world.trust,
            algorithms: &self.world.algorithms,
            verdict_keys: &[],
            at: SystemClock::new().now(),
        };
        validate_with(Arc::new(file.to_vec()), &context, &policy)
    }
}

#[test]
fn each_form_of_a_peers_signature_is_accepted_at_its_level() {
    let Some(peer) = Peer::new("peers") else { return };
    let expected = [
        ("b.pdf", Indication::Indeterminate, Some(Level::B)),
        ("t.pdf", Indication::Indeterminate, Some(Level::T)),
        ("lt.pdf", Indication::TotalPassed, Some(Level::Lt)),
        ("lta.pdf", Indication::TotalPassed, Some(Level::Lta)),
        ("visible.pdf", Indication::TotalPassed, Some(Level::Lta)),
        ("objects.pdf", Indication::TotalPassed, Some(Level::Lta)),
        ("adobe.pdf", Indication::TotalPassed, None),
        ("certified-1.pdf", Indication::TotalPassed, Some(Level::Lta)),
        ("certified-2.pdf", Indication::TotalPassed, Some(Level::Lt)),
        (
            "certified-2-second.pdf",
            Indication::TotalPassed,
            Some(Level::Lta),
        ),
        ("twice.pdf", Indication::TotalPassed, Some(Level::Lta)),
        ("locked.pdf", Indication::TotalPassed, Some(Level::Lta)),
        ("renewed.pdf", Indication::TotalPassed, Some(Level::Lta)),
        ("more-info.pdf", Indication::TotalPassed, Some(Level::Lt)),
        ("code.pdf", Indication::TotalPassed, Some(Level::Lta)),
        ("code-twice.pdf", Indication::TotalPassed, Some(Level::Lta)),
    ];
    assert_eq!(
        peer.names,
        expected.iter().map(|(name, _, _)| *name).collect::<Vec<_>>()
    );
    let mut wrong = Vec::new();
    for (name, indication, level) in expected {
        let report = peer.judge(&peer.file(name));
        let last = report.signatures.last().unwrap();
        let format = if name == "adobe.pdf" {
            Format::CmsInPdf
        } else {
            Format::Pades
        };
        if (report.indication, last.level, last.format) != (indication, level, format) {
            wrong.push(format!("{name}: {report:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What nobody looked at here is said, and nothing is added that would make it wrong.
    for (name, expected) in [("code-twice.pdf", 1), ("twice.pdf", 0)] {
        for signature in peer.judge(&peer.file(name)).signatures {
            let findings = signature.findings.iter();
            let notes = findings
                .filter(|finding| finding.cause == "PDF_MAC_NOT_CHECKED")
                .count();
            assert_eq!(notes, expected, "{name}");
        }
    }
    let source: Arc<dyn ReadAt> = Arc::new(peer.file("code-plain.pdf"));
    let error = rehearse(&source, peer.world.now).unwrap_err();
    assert_eq!(error.cause(), "PDF_MAC");
    let source = Arc::new(peer.file("code.pdf"));
    let target = Target::Level(Level::Lta);
    let extension = Extension::new(source, target, peer.world.settings(), peer.world.now);
    assert_eq!(extension.err().unwrap().cause(), "PDF_MAC");
}

#[test]
fn each_damage_to_a_peers_file_is_refused() {
    let Some(peer) = Peer::new("peers-damaged") else {
        return;
    };
    for name in ["lta.pdf", "objects.pdf", "certified-2-second.pdf", "adobe.pdf"] {
        let file = peer.file(name);
        let damaged = mutations::of(&file);
        assert!(damaged.len() >= 40, "{name}: {} kinds", damaged.len());
        for Damaged { kind, bytes } in damaged {
            let report = peer.judge(&bytes);
            assert_ne!(report.indication, Indication::TotalPassed, "{name}: {kind}");
        }
        assert_eq!(peer.judge(&file).indication, Indication::TotalPassed, "{name}");
    }
}
