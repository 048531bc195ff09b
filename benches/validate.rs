//! Validating signed PDFs: a large one beside pyHanko in the same run, and many serial signatures beside fewer.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;
use zegel::ades::validate::{Context, validate};
use zegel::base::bytes::FileAt;
use zegel::crypto::policy::AlgorithmPolicy;

use crate::laboratory::moment;
use crate::measure::{Samples, millis, timed};
use crate::seal::{Signer, document};
use crate::table::Row;

/// This program's flag to validate one file and print how much memory that took.
pub const CHILD: &str = "--measure-validation";

const LARGE: u64 = 200_000_000;
const OBJECTS: usize = 60_000;
const TURNS: usize = 5;
/// Serial signers of one file, each at B-LTA.
const SIGNERS: [usize; 3] = [5, 10, 20];

pub fn rows() -> Vec<Row> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut signer = Signer::new();
    let mut rows = large(&signer, folder.path());
    signer.is_visible = false;
    rows.extend(serial(&signer, folder.path()));
    rows
}

fn judge(signer: &Signer, path: &Path) -> Duration {
    let (took, report) = timed(|| {
        let context = Context {
            trust: &signer.trust,
            algorithms: &AlgorithmPolicy::etsi_ts_119_312(),
            verdict_keys: &[],
            at: moment(),
        };
        validate(Arc::new(FileAt::open(path).unwrap()), &context)
    });
    assert_eq!(report.indication, Indication::TotalPassed, "{report:?}");
    took
}

fn large(signer: &Signer, folder: &Path) -> Vec<Row> {
    let (plain, signed) = (folder.join("plain.pdf"), folder.join("signed.pdf"));
    document::scanned(&plain, LARGE, OBJECTS).unwrap();
    signer.seal(&plain, &signed, Level::Lta);
    std::fs::remove_file(&plain).unwrap();
    let ours: Samples = (0..TURNS).map(|_| judge(signer, &signed)).collect();
    let (memory, _) = resident(
        Command::new(std::env::current_exe().unwrap())
            .arg(CHILD)
            .arg(&signed),
    );
    let what = format!("validate {} MB, {OBJECTS} objects, B-LTA", LARGE / 1_000_000);
    let ours_in = format!("{:.0} ms, {memory:.0} MB", millis(ours.median()));
    let Some(pyhanko) = pyhanko() else {
        return vec![
            Row::new(what, ours_in).beside("pyHanko is not installed here: nothing to stand beside"),
        ];
    };
    std::fs::write(folder.join("root.der"), signer.root_der()).unwrap();
    let mut command = Command::new(pyhanko);
    command.args([
        "sign",
        "validate",
        "--no-revocation-check",
        "--trust-replace",
        "--trust",
    ]);
    command.arg(folder.join("root.der")).arg(&signed);
    let (theirs, (their_memory, told)) = timed(|| resident(&mut command));
    assert!(told.contains("INTACT"), "pyHanko did not judge the file: {told}");
    let (times, part) = (
        theirs.as_secs_f64() / ours.median().as_secs_f64(),
        memory / their_memory,
    );
    vec![
        Row::new(&what, format!("{times:.1} × pyHanko's rate"))
            .at_least("≥ 15 ×", 15.0, times)
            .beside(format!(
                "ours {ours_in}; pyHanko {:.1} s, {their_memory:.0} MB",
                theirs.as_secs_f64()
            )),
        Row::new(format!("{what}: memory"), format!("{part:.3} of pyHanko's"))
            .at_most("≤ 1/16", 1.0 / 16.0, part)
            .beside("highest resident memory of a process of its own, whole"),
    ]
}

fn serial(signer: &Signer, folder: &Path) -> Vec<Row> {
    let (mut file, next) = (folder.join("serial.pdf"), folder.join("next.pdf"));
    std::fs::write(&file, document::decision()).unwrap();
    let (mut rows, mut each) = (Vec::new(), Vec::new());
    for count in 1..=*SIGNERS.last().unwrap() {
        signer.seal(&file, &next, Level::Lta);
        std::fs::rename(&next, &file).unwrap();
        if !SIGNERS.contains(&count) {
            continue;
        }
        let samples: Samples = (0..TURNS).map(|_| judge(signer, &file)).collect();
        let took = samples.median();
        each.push(took.as_secs_f64() / count as f64);
        let row = Row::new(
            format!("{count} serial B-LTA signatures"),
            format!("{:.0} ms", millis(took)),
        );
        rows.push(if count == 20 {
            row.at_most("≤ 200 ms", 200.0, millis(took))
        } else {
            row
        });
        file = folder.join("serial.pdf");
    }
    let growth = each.last().unwrap() / each.first().unwrap();
    rows.push(
        Row::new("per signature, 20 beside 5", format!("{growth:.2} ×")).at_most("≤ 1.5 ×", 1.5, growth),
    );
    rows
}

/// pyHanko's command, where `./dev` put it.
fn pyhanko() -> Option<PathBuf> {
    let folder = std::env::var_os("ZEGEL_VENV").map_or_else(|| PathBuf::from(".venv"), PathBuf::from);
    Some(folder.join("bin/pyhanko")).filter(|path| path.exists())
}

/// Highest resident memory of `command`, in MB, as the kernel tells its parent, and what it printed.
fn resident(command: &mut Command) -> (f64, String) {
    let script = "import resource,subprocess,sys\n\
         done=subprocess.run(sys.argv[1:],stdout=subprocess.PIPE,stderr=subprocess.STDOUT)\n\
         print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
         sys.stdout.buffer.write(done.stdout)";
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(command.get_program())
        .args(command.get_args())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (kibibytes, told) = text.split_once('\n').unwrap();
    (
        kibibytes.trim().parse::<f64>().unwrap() * 1024.0 / 1e6,
        told.to_owned(),
    )
}

/// Validates one file, for its memory.
pub fn child(path: &str) {
    let signer = Signer::new();
    let context = Context {
        trust: &signer.trust,
        algorithms: &AlgorithmPolicy::etsi_ts_119_312(),
        verdict_keys: &[],
        at: moment(),
    };
    // Another laboratory than the one that signed: the work is the same, the outcome is not asked.
    let report = validate(Arc::new(FileAt::open(Path::new(path)).unwrap()), &context);
    std::hint::black_box(report);
}
