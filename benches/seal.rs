//! Signing a PDF to B-T and to B-LTA, read back, against what nobody can spare: the signature's own digest of the
//! file, and one copy of it.

pub mod document;

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zegel::ades::level::Level;
use zegel::ades::pades::completion::{Completion, Settings, Step};
use zegel::ades::pades::prepare::prepare;
use zegel::ades::pades::stages::{Completed, Draft};
use zegel::base::bytes::{FileAt, ReadAt as _};
use zegel::base::digest::{HashAlgorithm, Hasher};
use zegel::crypto::key::{Curve, KeyKind};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::lab::pki::{IssuedLeaf, LabPki, LeafPurpose};
use zegel::pdf::appearance::{Block, Line};
use zegel::pdf::document::Document;
use zegel::pdf::signature::hash_range;
use zegel::pdf::signature_field::Placement;
use zegel::pki::certificate::Certificate;
use zegel::pki::trust::Trust;

use crate::laboratory::{BASE, Laboratory, holder, moment};
use crate::measure::{Samples, millis, timed};
use crate::table::{Row, grouped};

/// This program's flag to sign one file and print how much memory that took.
pub const CHILD: &str = "--measure-memory";

const LARGE: u64 = 200_000_000;
const LARGE_TURNS: usize = 3;
/// More than 32 bits can count.
const LONG: u64 = 4_400_000_000;
const SMALL_TURNS: usize = 40;
const SMALL: usize = 1_000;
const LEVELS: [(Level, &str, f64); 2] = [(Level::T, "B-T", 2.0), (Level::Lta, "B-LTA", 3.0)];

pub fn rows() -> Vec<Row> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let signer = Signer::new();
    let mut rows = Vec::new();
    for objects in [300, 60_000] {
        let path = folder.path().join(format!("{objects}.pdf"));
        document::scanned(&path, LARGE, objects).unwrap();
        rows.extend(large(&signer, &path, folder.path(), objects));
        std::fs::remove_file(&path).unwrap();
    }
    rows.extend(longest(&signer, folder.path()));
    rows.extend(ordinary(&signer, folder.path()));
    rows.push(small(&signer, folder.path()));
    rows
}

fn large(signer: &Signer, path: &Path, folder: &Path, objects: usize) -> Vec<Row> {
    let output = folder.join("signed.pdf");
    let (mut base, mut opening) = (Samples::default(), Samples::default());
    let mut levels = [Samples::default(), Samples::default()];
    for _ in 0..LARGE_TURNS {
        base.add(timed(|| digest_and_copy(path, &output)).0);
        let source = Arc::new(FileAt::open(path).unwrap());
        opening.add(timed(|| Document::open(source).unwrap()).0);
        for ((level, _, _), samples) in LEVELS.iter().zip(&mut levels) {
            samples.add(signer.seal(path, &output, *level));
        }
    }
    let base = base.median();
    let mut rows = Vec::new();
    for ((level, name, limit), samples) in LEVELS.iter().zip(&levels) {
        let (took, what) = (
            samples.median(),
            format!(
                "{} MB, {} objects, {name}",
                LARGE / 1_000_000,
                grouped(objects as u64)
            ),
        );
        let ratio = took.as_secs_f64() / base.as_secs_f64();
        rows.push(
            Row::new(&what, format!("{ratio:.2} × (digest + copy)"))
                .at_most(format!("≤ {limit:.0} ×"), *limit, ratio)
                .beside(format!(
                    "medians: {:.0} ms with read-back and copy; SHA-384 and copy alone {:.0} ms; opening {:.1} ms",
                    millis(took),
                    millis(base),
                    millis(opening.median())
                )),
        );
        let extra = memory(path, *level);
        rows.push(
            Row::new(format!("{what}: memory"), format!("{extra:.1} MB above idle"))
                .at_most("≤ 32 MB", 32.0, extra)
                .beside("highest resident memory, in a process of its own"),
        );
    }
    rows
}

/// A file longer than 32 bits can count, sealed to B-LTA and read back.
fn longest(signer: &Signer, folder: &Path) -> [Row; 2] {
    let path = folder.join("long.pdf");
    document::long(&path, LONG).unwrap();
    let source = FileAt::open(&path).unwrap();
    let (digest, ()) = timed(|| {
        let mut hasher = Hasher::new(HashAlgorithm::Sha384);
        hash_range(&mut hasher, &source, 0, source.len()).unwrap();
        std::hint::black_box(hasher.finish());
    });
    let (took, (_, elsewhere)) = timed(|| signer.complete(&path, Level::Lta));
    let took = took.saturating_sub(elsewhere);
    let extra = memory(&path, Level::Lta);
    std::fs::remove_file(&path).unwrap();
    let what = format!("{:.1} GB, B-LTA", LONG as f64 / 1e9);
    let ratio = took.as_secs_f64() / digest.as_secs_f64();
    [
        Row::new(&what, format!("{ratio:.2} × its digest")).beside(format!(
            "{:.1} s, read back; SHA-384 alone {:.1} s; one run; not copied",
            took.as_secs_f64(),
            digest.as_secs_f64()
        )),
        Row::new(format!("{what}: memory"), format!("{extra:.1} MB above idle"))
            .at_most("≤ 32 MB", 32.0, extra)
            .beside("highest resident memory, in a process of its own"),
    ]
}

fn ordinary(signer: &Signer, folder: &Path) -> Vec<Row> {
    let (path, output) = (folder.join("decision.pdf"), folder.join("signed.pdf"));
    let bytes = document::decision();
    std::fs::write(&path, &bytes).unwrap();
    LEVELS
        .iter()
        .map(|(level, name, _)| {
            let samples: Samples = (0..SMALL_TURNS)
                .map(|_| signer.seal(&path, &output, *level))
                .collect();
            Row::new(
                format!("a decision of {} kB, {name}", bytes.len() / 1000),
                format!("p50 {:.1} ms", millis(samples.median())),
            )
            .beside("with read-back and copy; services' own work not counted")
        })
        .collect()
}

/// A thousand small documents one after the other, beside what the key alone takes.
fn small(signer: &Signer, folder: &Path) -> Row {
    let path = folder.join("small.pdf");
    std::fs::write(&path, document::decision()).unwrap();
    let output = folder.join("signed.pdf");
    let ours: Samples = (0..SMALL).map(|_| signer.seal_with_key(&path, &output)).collect();
    let digest = HashAlgorithm::Sha384.digest(b"zegel");
    let algorithm = signer.leaf.key.public().kind().default_algorithm();
    let key: Samples = (0..SMALL)
        .map(|_| timed(|| signer.leaf.key.sign_digest(algorithm, &digest).unwrap()).0)
        .collect();
    let rate = |samples: &Samples| 1.0 / samples.median().as_secs_f64();
    Row::new(
        format!("{} decisions at B-B, on one core", grouped(SMALL as u64)),
        format!("{:.0} signatures a second", rate(&ours)),
    )
    .beside(format!(
        "prepared, signed, read back, validated and copied; the P-384 key alone signs {:.0} a second: {:.2} of its rate",
        rate(&key),
        rate(&ours) / rate(&key)
    ))
}

fn digest_and_copy(path: &Path, output: &Path) {
    let source = FileAt::open(path).unwrap();
    let mut hasher = Hasher::new(HashAlgorithm::Sha384);
    hash_range(&mut hasher, &source, 0, source.len()).unwrap();
    std::hint::black_box(hasher.finish());
    copy(path, output);
}

/// Byte by byte through this process: a file system that shares blocks would make the copy free.
fn copy(path: &Path, output: &Path) -> File {
    let (mut from, mut to) = (File::open(path).unwrap(), File::create(output).unwrap());
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = from.read(&mut buffer).unwrap();
        if read == 0 {
            return to;
        }
        to.write_all(&buffer[..read]).unwrap();
    }
}

pub struct Signer {
    laboratory: Laboratory,
    pub trust: Arc<Trust>,
    leaf: IssuedLeaf,
    /// Whether its signatures show on the page: twenty do not fit on one.
    pub is_visible: bool,
}

impl Signer {
    pub fn new() -> Self {
        let laboratory = Laboratory::new();
        let leaf = laboratory
            .pki()
            .issue_leaf(
                &holder(),
                LeafPurpose::Signature,
                KeyKind::Ec(Curve::P384),
                LabPki::usual_validity(moment()),
                &*laboratory.random,
            )
            .unwrap();
        Self {
            trust: Arc::new(laboratory.trust()),
            laboratory,
            leaf,
            is_visible: true,
        }
    }

    /// The laboratory's root.
    pub fn root_der(&self) -> &[u8] {
        self.laboratory.pki().root_der()
    }

    fn draft(&self, level: Level) -> Draft {
        Draft {
            level,
            certificate: Certificate::parse(self.leaf.certificate_der.clone()).unwrap(),
            chain: vec![self.laboratory.citizen_authority()],
            algorithm: None,
            placement: if self.is_visible {
                Placement::Automatic {
                    block: Block {
                        lines: vec![
                            Line::bold("An Specimen"),
                            Line::regular("burgemeester, Gemeente Zegelgem"),
                        ],
                        mark: Some("TEST".to_owned()),
                        image: None,
                    },
                    width: 220.0,
                    height: 80.0,
                }
            } else {
                Placement::Invisible
            },
            tooltip: Some("Handtekening van An Specimen".to_owned()),
            name: Some("An Specimen".to_owned()),
            location: Some("Zegelgem".to_owned()),
            claimed: Vec::new(),
            commitment: None,
            policy: None,
            certify: None,
            lock: None,
            time_stamp_bytes: None,
            expires_at: moment().plus(Duration::from_mins(5)),
        }
    }

    /// Signs the file at `path` and writes the whole result to `output`. How long it took, without what card and
    /// services did.
    pub fn seal(&self, path: &Path, output: &Path, level: Level) -> Duration {
        let started = Instant::now();
        let (completed, elsewhere) = self.complete(path, level);
        let mut file = copy(path, output);
        file.seek(SeekFrom::End(0)).unwrap();
        for tail in &completed.tails {
            file.write_all(&tail.0).unwrap();
        }
        drop(file);
        started.elapsed().saturating_sub(elsewhere)
    }

    /// The same at B-B, with the time that the key took.
    fn seal_with_key(&self, path: &Path, output: &Path) -> Duration {
        timed(|| self.seal(path, output, Level::B)).0
    }

    fn complete(&self, path: &Path, level: Level) -> (Completed, Duration) {
        let document = Arc::new(FileAt::open(path).unwrap());
        let prepared = prepare(document.clone(), &self.draft(level), moment()).unwrap();
        let (mut elsewhere, value) = timed(|| {
            let digest = prepared.digest();
            self.leaf.key.sign_digest(prepared.algorithm(), &digest).unwrap()
        });
        let signed = prepared.finish(value, moment()).unwrap();
        let settings = Settings {
            trust: self.trust.clone(),
            algorithms: AlgorithmPolicy::etsi_ts_119_312(),
            time_stamp_urls: vec![format!("{BASE}/tsa")],
            time_stamp_policies: Vec::new(),
            random: self.laboratory.random.clone(),
        };
        let mut completion = Completion::new(document, signed, settings).unwrap();
        loop {
            match completion.step(moment()).unwrap() {
                Step::Done(completed) => {
                    assert!(completed.level >= level);
                    return (*completed, elsewhere);
                }
                Step::Need(need) => {
                    let (took, answer) = timed(|| self.laboratory.answer(&need));
                    elsewhere += took;
                    completion.answer(answer, moment()).unwrap();
                }
            }
        }
    }
}

/// Megabytes that signing `path` takes above what the process held before, in a process of its own.
fn memory(path: &Path, level: Level) -> f64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(CHILD)
        .arg(path)
        .arg(level.name())
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

/// Signs one file and prints the highest resident memory above that before it began, in KiB.
pub fn child(path: &str, level: &str) {
    let level = LEVELS
        .into_iter()
        .map(|(known, _, _)| known)
        .find(|known| known.name() == level)
        .unwrap();
    let signer = Signer::new();
    let idle = resident("VmRSS:");
    // Lets the kernel count the highest value anew (proc_pid_clear_refs(5)).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    std::hint::black_box(signer.complete(Path::new(path), level));
    println!("{}", resident("VmHWM:").saturating_sub(idle));
}

/// What the kernel tells of this process's memory under `name`, in KiB.
pub fn resident(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("memory is read from /proc");
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok())
        .expect("the kernel tells resident memory")
}
