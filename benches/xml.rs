//! A large XML document with an enveloped signature: canonicalised and verified as it passes by, beside xmlsec1.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use zegel::ades::level::Level;
use zegel::ades::validate::indication::SubIndication;
use zegel::ades::validate::{Context, validate_xml};
use zegel::ades::xades::data::outline_of;
use zegel::ades::xades::prepare::{Moment, prepare_enveloped, with_signature};
use zegel::ades::xades::stages::{CertificateForm, Draft, EnvelopedBy};
use zegel::base::bytes::{FileAt, ReadAt};
use zegel::crypto::key::{Curve, KeyKind};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::pki::{LabPki, LeafPurpose};
use zegel::pki::certificate::Certificate;
use zegel::pki::trust::Trust;

use crate::laboratory::{Laboratory, holder, moment};
use crate::measure::{Samples, millis, timed};
use crate::seal::resident;
use crate::table::Row;

/// This program's flag to verify one document and print how much memory that took.
pub const CHILD: &str = "--measure-xml-memory";

const BYTES: usize = 50_000_000;
const TURNS: usize = 5;

pub fn rows() -> Vec<Row> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("signed.xml");
    let laboratory = Laboratory::new();
    sign(&laboratory, folder.path(), &path);
    let trust = laboratory.trust();
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    let has_peer = xmlsec(&path).is_some();
    for _ in 0..TURNS {
        ours.add(timed(|| verify(&trust, &path)).0);
        if has_peer {
            theirs.add(timed(|| xmlsec(&path).expect("it was there before")).0);
        }
    }
    let what = format!("{} MB of XML, enveloped signature", BYTES / 1_000_000);
    let own = format!("p50 {:.0} ms", millis(ours.median()));
    let speed = if has_peer {
        let ratio = theirs.median().as_secs_f64() / ours.median().as_secs_f64();
        Row::new(&what, own)
            .at_least("≥ 3 × as fast as xmlsec1", 3.0, ratio)
            .beside(format!(
                "xmlsec1 p50 {:.0} ms: {ratio:.2} × as long",
                millis(theirs.median())
            ))
    } else {
        Row::new(&what, own).beside("xmlsec1: not measured, it is not installed")
    };
    let extra = memory(&path);
    vec![
        speed,
        Row::new(format!("{what}: memory"), format!("{extra:.1} MB above idle"))
            .at_most("≤ 32 MB", 32.0, extra)
            .beside("highest resident memory, in a process of its own"),
    ]
}

/// Writes a document of many decisions and signs it.
fn sign(laboratory: &Laboratory, folder: &Path, path: &Path) {
    let plain = folder.join("plain.xml");
    let mut out = BufWriter::new(std::fs::File::create(&plain).unwrap());
    let mut written = out.write(b"<besluiten xmlns=\"urn:zegel:bench\">\n").unwrap();
    let mut number = 0;
    while written < BYTES {
        number += 1;
        let decision = format!(
            "  <besluit nr=\"{number}\" datum=\"2026-03-03\"><titel>Besluit {number} van het college</titel>\n    \
             <artikel>Artikel 1 &amp; volgende: het college keurt de aanvraag goed onder de voorwaarden die hieronder \
             staan, en deelt dit mee aan de aanvrager en aan de gemeenteraad.</artikel>\n  </besluit>\n"
        );
        out.write_all(decision.as_bytes()).unwrap();
        written += decision.len();
    }
    out.write_all(b"</besluiten>\n").unwrap();
    out.into_inner().unwrap();
    let leaf = laboratory
        .pki()
        .issue_leaf(
            &holder(),
            LeafPurpose::Signature,
            KeyKind::Ec(Curve::P256),
            LabPki::usual_validity(moment()),
            &*laboratory.random,
        )
        .unwrap();
    let document: Arc<dyn ReadAt> = Arc::new(FileAt::open(&plain).unwrap());
    let draft = Draft {
        level: Level::B,
        certificate: Certificate::parse(leaf.certificate_der.clone()).unwrap(),
        chain: vec![laboratory.citizen_authority()],
        algorithm: None,
        certificate_form: CertificateForm::V2,
        // xmlsec1 takes long to evaluate the expression that leaves out every signature; this one is quick for both.
        enveloped_by: EnvelopedBy::OwnSignature,
        claimed: Vec::new(),
        commitment: None,
        place: None,
        policy: None,
        expires_at: moment().plus(Duration::from_mins(5)),
    };
    let now = Moment {
        now: moment(),
        random: &*laboratory.random,
    };
    let prepared = prepare_enveloped(&document, &draft, now).unwrap();
    let value = leaf
        .key
        .sign_digest(prepared.algorithm(), &prepared.digest())
        .unwrap();
    let signed = prepared.finish(&value, moment()).unwrap();
    let root = outline_of(&document).unwrap();
    let at = root.document.inside(root.document.root()).end;
    let whole = with_signature(&document, (at, at), signed.signature());
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    let mut offset = 0;
    while offset < whole.len() {
        let now = (whole.len() - offset).min(1 << 20);
        let chunk = whole.read_vec(offset, usize::try_from(now).unwrap()).unwrap();
        out.write_all(&chunk).unwrap();
        offset += now;
    }
    out.into_inner().unwrap();
}

/// Everything `zegel verify` does with the document; both value and digests must hold.
fn judged(trust: &Trust, path: &Path) -> Option<SubIndication> {
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    let context = Context {
        trust,
        algorithms: &algorithms,
        verdict_keys: &[],
        at: moment(),
    };
    let source = Arc::new(FileAt::open(path).unwrap());
    let report = validate_xml(source, &|_| None, &context);
    let own = &report.signatures[0];
    assert_eq!(own.level, Some(Level::B));
    own.sub_indication
}

fn verify(trust: &Trust, path: &Path) {
    // Only the status of the certificate is not in a signature at B-B.
    assert_eq!(judged(trust, path), Some(SubIndication::TryLater));
}

/// Core validation by xmlsec1; none when it is not there.
fn xmlsec(path: &Path) -> Option<()> {
    let status = Command::new("xmlsec1")
        .args(["--verify", "--insecure", "--id-attr:Id"])
        .arg("http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    assert!(status.success(), "xmlsec1 verifies what is measured");
    Some(())
}

/// Megabytes that verifying `path` takes above what the process held before, in a process of its own.
fn memory(path: &Path) -> f64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(CHILD)
        .arg(path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let kibibytes: f64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    kibibytes * 1024.0 / 1e6
}

/// Reads and digests one signed document and prints the highest resident memory above that before it began, in KiB.
pub fn child(path: &str) {
    let laboratory = Laboratory::new();
    let trust = laboratory.trust();
    let idle = resident("VmRSS:");
    // Lets the kernel count the highest value anew (proc_pid_clear_refs(5)).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    // Another laboratory's certificate leads nowhere here; everything is digested before that is found.
    std::hint::black_box(judged(&trust, Path::new(path)));
    println!("{}", resident("VmHWM:").saturating_sub(idle));
}
