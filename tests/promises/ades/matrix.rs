//! The table of everything that is made: format × level × key × packaging, with the judges' verdicts in each cell.
//!
//! A format plugs in as a [`Format`]; a cell exists only when its format makes it, and every cell that exists is judged.
//! The table is printed and written to `target/matrix.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::lab::services::http::ServiceServer;

use super::judges::{openssl_accepts, pem, run, text};
use super::samples::{SHAPES, Xref, pdf};
use super::world::{Signer, World};
use super::{eu_dss, matrix_cades, matrix_xades};
use crate::support::{TestFolder, judge};

/// What one judge says of one file.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) judge: &'static str,
    /// What is wrong, when something is.
    pub(super) refused: Option<String>,
}

/// One kind of key with the algorithm it signs by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: KeyKind,
    pub(super) algorithm: Option<SignatureAlgorithm>,
}

const PSS: SignatureAlgorithm = SignatureAlgorithm::RsaPss(HashAlgorithm::Sha256);
pub(super) const KEYS: [Key; 6] = [
    key("RSA-2048", KeyKind::Rsa { bits: 2048 }, None),
    key("RSA-3072", KeyKind::Rsa { bits: 3072 }, None),
    key("RSA-2048 PSS", KeyKind::Rsa { bits: 2048 }, Some(PSS)),
    key("P-256", KeyKind::Ec(Curve::P256), None),
    key("P-384", KeyKind::Ec(Curve::P384), None),
    key("P-521", KeyKind::Ec(Curve::P521), None),
];

const fn key(name: &'static str, kind: KeyKind, algorithm: Option<SignatureAlgorithm>) -> Key {
    Key {
        name,
        kind,
        algorithm,
    }
}

pub(super) const LEVELS: [Level; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];

/// One cell, as it is made.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) level: Level,
    pub(super) key: Key,
    pub(super) packaging: &'static str,
}

/// A PKI of today with its services on loopback, and a folder: judges read the wall clock and ask for status.
pub struct Bench {
    pub world: World,
    pub folder: TestFolder,
    /// The trust anchor, PEM.
    pub root: PathBuf,
    _services: ServiceServer,
}

impl Bench {
    pub fn new() -> Self {
        let listener = ServiceServer::reserve(0).unwrap();
        let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let clock = Arc::new(SystemClock::new());
        let world = World::at(clock.now(), &base);
        let services = ServiceServer::start(world.services.clone(), clock, listener).unwrap();
        let folder = TestFolder::new("matrix");
        let root = folder.path().join("root.pem");
        std::fs::write(&root, pem(world.pki().root_der())).unwrap();
        Self {
            world,
            folder,
            root,
            _services: services,
        }
    }
}

/// A signature format: what it makes, and who judges it.
pub(super) trait Format {
    /// Its name in the table.
    fn name(&self) -> &'static str;
    /// How its signatures are packaged.
    fn packagings(&self) -> &'static [&'static str];
    /// File name extension.
    fn extension(&self) -> &'static str;
    /// Makes the file of `cell`, signed by `signer`.
    fn make(&self, bench: &Bench, cell: &Cell, signer: &Signer) -> Vec<u8>;
    /// What every judge says of `files`, all cells at once so that a judge may be started once; in the same order.
    fn judge(&self, bench: &Bench, files: &[(Cell, PathBuf)]) -> Vec<Vec<Verdict>>;
}

/// PAdES in files with either kind of cross-reference section.
struct Pades;

impl Format for Pades {
    fn name(&self) -> &'static str {
        "PAdES"
    }

    fn packagings(&self) -> &'static [&'static str] {
        &["table", "stream"]
    }

    fn extension(&self) -> &'static str {
        "pdf"
    }

    fn make(&self, bench: &Bench, cell: &Cell, signer: &Signer) -> Vec<u8> {
        let (xref, shape) = if cell.packaging == "table" {
            (Xref::Table, SHAPES[0])
        } else {
            (Xref::Stream, SHAPES[4])
        };
        let mut draft = bench.world.draft(signer, cell.level);
        draft.algorithm = cell.key.algorithm;
        bench.world.sealed_with(&pdf(xref, shape), signer, &draft)
    }

    fn judge(&self, bench: &Bench, files: &[(Cell, PathBuf)]) -> Vec<Vec<Verdict>> {
        let mut verdicts: Vec<Vec<Verdict>> = files
            .iter()
            .map(|(cell, path)| vec![own_verdict(bench, cell, &std::fs::read(path).unwrap())])
            .collect();
        if let Some(told) = pyhanko(bench, files) {
            for (verdicts, told) in verdicts.iter_mut().zip(told) {
                verdicts.push(told);
            }
        }
        let (qpdf, pdfsig, openssl) = (judge("qpdf"), judge("pdfsig"), judge("openssl"));
        for ((cell, path), verdicts) in files.iter().zip(&mut verdicts) {
            let file = path.to_str().unwrap();
            if let Some(qpdf) = &qpdf {
                let output = run(qpdf, &["--check", file]);
                verdicts.push(verdict("qpdf", output.status.success(), text(&output)));
            }
            if let Some(pdfsig) = &pdfsig {
                let told = text(&run(pdfsig, &["-nocert", file]));
                let passed = told.matches("Signature is Valid").count() == 1;
                verdicts.push(verdict("pdfsig", passed, told));
            }
            if let Some(openssl) = &openssl {
                let folder = bench.folder.path();
                let root = bench.root.to_str().unwrap();
                let stamped = cell.level >= Level::T;
                openssl_accepts(openssl, folder, &bench.world, &format!("{cell:?}"), path, root);
                verdicts.push(verdict("openssl cms", true, String::new()));
                if stamped {
                    verdicts.push(verdict("openssl ts", true, String::new()));
                }
            }
        }
        let cases: Vec<eu_dss::Case> = files
            .iter()
            .map(|(cell, path)| eu_dss::Case {
                file: path.clone(),
                beside: Vec::new(),
                level: cell.level,
                others: Vec::new(),
            })
            .collect();
        if let Some(refusals) = eu_dss::refusals(&bench.root, SystemClock::new().now(), &cases) {
            for (verdicts, refused) in verdicts.iter_mut().zip(refusals) {
                let judge = "EU DSS";
                verdicts.push(Verdict { judge, refused });
            }
        }
        verdicts
    }
}

fn verdict(judge: &'static str, passed: bool, told: String) -> Verdict {
    Verdict {
        judge,
        refused: (!passed).then_some(told),
    }
}

/// Our own validator says exactly the level asked.
fn own_verdict(bench: &Bench, cell: &Cell, file: &[u8]) -> Verdict {
    let report = bench.world.validate(file);
    let expected = if cell.level >= Level::Lt {
        Indication::TotalPassed
    } else {
        // The status that validation wants is not in the file by definition.
        Indication::Indeterminate
    };
    let passed = report.lowest_level() == Some(cell.level) && report.indication == expected;
    verdict("zegel", passed, format!("{report:#?}"))
}

/// pyHanko's `adesverify`, every file in one process.
fn pyhanko(bench: &Bench, files: &[(Cell, PathBuf)]) -> Option<Vec<Verdict>> {
    judge("pyhanko")?;
    let python = judge("python")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/pyhanko_each.py");
    let output = Command::new(python)
        .arg(script)
        .arg(&bench.root)
        .args(files.iter().map(|(_, path)| path))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let heard = String::from_utf8_lossy(&output.stderr);
    assert_eq!(lines.len(), files.len(), "pyHanko judged every file: {heard}");
    let verdicts = lines.into_iter().map(|line| {
        let told = line["told"].as_str().unwrap().to_owned();
        let passed = line["code"] == 0 && !told.contains("INVALID") && !told.contains("FAILED");
        verdict("pyHanko", passed, told)
    });
    Some(verdicts.collect())
}

/// Every format there is. Another one adds a line here and nothing elsewhere.
fn formats() -> Vec<Box<dyn Format>> {
    vec![Box::new(Pades)]
}

#[test]
fn every_cell_of_the_matrix_is_made_and_every_judge_accepts_it() {
    let bench = Bench::new();
    let signers: Vec<Signer> = KEYS.iter().map(|key| bench.world.signer(key.kind)).collect();
    let mut table = String::from(
        "| format | packaging | key | B-B | B-T | B-LT | B-LTA |\n|---|---|---|---|---|---|---|\n",
    );
    let mut refused = Vec::new();
    for format in formats() {
        let mut cells: Vec<(Cell, PathBuf)> = Vec::new();
        for packaging in format.packagings() {
            for (key, signer) in KEYS.iter().zip(&signers) {
                for level in LEVELS {
                    let cell = Cell {
                        level,
                        key: *key,
                        packaging,
                    };
                    let file = format.make(&bench, &cell, signer);
                    let name = format!("{}-{}.{}", format.name(), cells.len(), format.extension());
                    let path = bench.folder.path().join(name);
                    std::fs::write(&path, file).unwrap();
                    cells.push((cell, path));
                }
            }
        }
        let verdicts = format.judge(&bench, &cells);
        assert_eq!(
            verdicts.len(),
            cells.len(),
            "{}: every cell is judged",
            format.name()
        );
        let mut rows: BTreeMap<(usize, &str, usize, &str), Vec<String>> = BTreeMap::new();
        for ((cell, _), verdicts) in cells.iter().zip(&verdicts) {
            let mut shown = Vec::new();
            for one in verdicts {
                shown.push(match &one.refused {
                    None => one.judge.to_owned(),
                    Some(told) => {
                        refused.push(format!("{} {cell:?}, {}: {told}", format.name(), one.judge));
                        format!("**{} refuses**", one.judge)
                    }
                });
            }
            let packaging = format.packagings().iter().position(|one| *one == cell.packaging);
            let key = KEYS.iter().position(|key| key.name == cell.key.name);
            rows.entry((packaging.unwrap(), cell.packaging, key.unwrap(), cell.key.name))
                .or_default()
                .push(shown.join(", "));
        }
        for ((_, packaging, _, key), cells) in rows {
            writeln!(
                table,
                "| {} | {packaging} | {key} | {} |",
                format.name(),
                cells.join(" | ")
            )
            .unwrap();
        }
    }
    // What each of the other rooms makes is judged by its own judges and stands in the same table.
    for part in [matrix_cades::judged(), matrix_xades::judged()] {
        table.push('\n');
        table.push_str(&part);
    }
    println!("{table}");
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/matrix.md");
    std::fs::write(target, &table).unwrap();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(!table.contains("|  |"), "no cell is empty:\n{table}");
}
