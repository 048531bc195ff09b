//! Every CMS message and JSON signature zegel makes, format by level by key by packaging, with what independent judges
//! say in each cell. A part of the one table of `matrix`.
//!
//! Judges: OpenSSL 3.0 (`cms -verify` with and without `-cades`, `ts -verify`), asn1crypto 1.5, `jose` 6. They read the
//! wall clock, so their PKI is of today.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use zegel::ades::cades::stages::Packaging as CmsPackaging;
use zegel::ades::cms::archive;
use zegel::ades::cms::oids;
use zegel::ades::cms::read::SignedData;
use zegel::ades::jades::read::{Jws, Serialization};
use zegel::ades::jades::stages::Packaging as JwsPackaging;
use zegel::ades::jades::unsigned;
use zegel::ades::level::Level;
use zegel::ades::validate::report::Report;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::key::{Curve, KeyKind};

use super::world::{Signer, World};
use super::{eu_dss, jws, message};
use crate::support::{TestFolder, judge, skip_judge};

const DATA: &[u8] = b"besluit van het college, 3 maart 2026\n";
const LEVELS: [Level; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];

/// Each key with the algorithm it signs with.
const KEYS: [(&str, KeyKind, Option<SignatureAlgorithm>); 7] = [
    ("RSA 2048 PKCS#1", KeyKind::Rsa { bits: 2048 }, None),
    ("RSA 3072 PKCS#1", KeyKind::Rsa { bits: 3072 }, None),
    (
        "RSA 2048 PSS",
        KeyKind::Rsa { bits: 2048 },
        Some(SignatureAlgorithm::RsaPss(HashAlgorithm::Sha256)),
    ),
    (
        "RSA 3072 PSS",
        KeyKind::Rsa { bits: 3072 },
        Some(SignatureAlgorithm::RsaPss(HashAlgorithm::Sha256)),
    ),
    ("P-256", KeyKind::Ec(Curve::P256), None),
    ("P-384", KeyKind::Ec(Curve::P384), None),
    ("P-521", KeyKind::Ec(Curve::P521), None),
];

/// One cell: what was made, and who said what.
struct Cell {
    row: String,
    level: Level,
    kind: &'static str,
    file: PathBuf,
    contents: Vec<PathBuf>,
    contributes: bool,
    key_pem: String,
    alg: String,
    verdicts: Vec<String>,
}

impl Cell {
    fn name(&self) -> String {
        format!("{} {}", self.row, self.level)
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn own_verdict(report: &Report, level: Level, name: &str) -> String {
    for one in &report.signatures {
        assert_eq!(one.level, Some(level), "{name}: {report:#?}");
    }
    format!("zegel {level}")
}

/// Makes every cell, judged by zegel itself.
fn made(world: &World, folder: &Path) -> Vec<Cell> {
    let plain = folder.join("content");
    let second = folder.join("bijlage");
    std::fs::write(&plain, DATA).unwrap();
    std::fs::write(&second, b"een bijlage").unwrap();
    let mut cells = Vec::new();
    let mut signers: BTreeMap<KeyKind, Signer> = BTreeMap::new();
    for (key, kind, algorithm) in KEYS {
        let signer = &*signers.entry(kind).or_insert_with(|| world.signer(kind));
        let used = algorithm.unwrap_or_else(|| kind.default_algorithm());
        let key_pem = pem("PUBLIC KEY", signer.certificate.spki_der());
        let mut add =
            |row: String, level, kind, bytes: &[u8], report: &Report, contents: &[&PathBuf], contributes| {
                let file = folder.join(format!("cell-{}", cells.len()));
                std::fs::write(&file, bytes).unwrap();
                let verdict = own_verdict(report, level, &row);
                cells.push(Cell {
                    row,
                    level,
                    kind,
                    file,
                    contents: contents.iter().map(|path| (*path).clone()).collect(),
                    contributes,
                    key_pem: key_pem.clone(),
                    alg: used.jwa_name().unwrap().to_owned(),
                    verdicts: vec![verdict],
                });
            };
        for (packaging, name) in [
            (CmsPackaging::Attached, "attached"),
            (CmsPackaging::Detached, "detached"),
        ] {
            for level in LEVELS {
                let draft = zegel::ades::cades::stages::Draft {
                    algorithm,
                    ..message::draft(world, signer, level, packaging)
                };
                let file = message::sealed_with(world, DATA, signer, &draft);
                let report = message::validate(world, &file, message::beside(DATA, packaging), world.now);
                let contents: &[&PathBuf] = match packaging {
                    CmsPackaging::Attached => &[],
                    CmsPackaging::Detached => &[&plain],
                };
                add(
                    format!("CAdES | {name} | {key}"),
                    level,
                    "cms",
                    &file,
                    &report,
                    contents,
                    true,
                );
            }
        }
        for (serialization, packaging, name) in [
            (Serialization::Compact, JwsPackaging::Attached, "compact attached"),
            (Serialization::Compact, JwsPackaging::Detached, "compact detached"),
            (
                Serialization::Compact,
                JwsPackaging::ObjectHashes,
                "compact, objects by hash",
            ),
            (
                Serialization::Flattened,
                JwsPackaging::Attached,
                "flattened attached",
            ),
            (
                Serialization::Flattened,
                JwsPackaging::ObjectHashes,
                "flattened, objects by hash",
            ),
            (Serialization::General, JwsPackaging::Detached, "general detached"),
            (
                Serialization::General,
                JwsPackaging::Objects,
                "general, objects by URI",
            ),
        ] {
            for level in LEVELS {
                if serialization == Serialization::Compact && level > Level::B {
                    continue;
                }
                let draft = zegel::ades::jades::stages::Draft {
                    algorithm,
                    ..jws::draft(world, signer, level, serialization, packaging)
                };
                let text = jws::sealed_with(world, DATA, signer, &draft);
                let report = jws::validate(world, &text, &jws::beside(DATA, packaging), world.now);
                let contents: &[&PathBuf] = match packaging {
                    JwsPackaging::Attached => &[],
                    JwsPackaging::Detached => &[&plain],
                    JwsPackaging::Objects | JwsPackaging::ObjectHashes => &[&plain, &second],
                };
                let contributes = packaging != JwsPackaging::ObjectHashes;
                let row = format!("JAdES | {name} | {key}");
                add(row, level, "jws", text.as_bytes(), &report, contents, contributes);
            }
        }
    }
    cells
}

/// The tokens in a file, each with the octets it must be over, where those are short enough to name.
fn tokens(cell: &Cell) -> Vec<(Vec<u8>, Vec<u8>)> {
    let bytes = std::fs::read(&cell.file).unwrap();
    if cell.kind == "cms" {
        let signer = SignedData::parse(&bytes).unwrap().signers.remove(0);
        let own = signer.unsigned_values(oids::SIGNATURE_TIME_STAMP);
        return own
            .map(|token| (token.to_vec(), signer.signature.clone()))
            .collect();
    }
    let signature = Jws::parse(&bytes).unwrap().signatures.remove(0);
    let elements = unsigned::read(&signature.unsigned).unwrap();
    let own = elements.iter().filter(|element| element.name == "sigTst");
    own.map(|element| {
        (
            unsigned::token(&element.value).unwrap(),
            signature.signature.clone().into_bytes(),
        )
    })
    .collect()
}

fn openssl(program: &Path, world: &World, folder: &Path, cells: &mut [Cell]) {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (root, authority) = (path("root.pem"), path("tsa.pem"));
    std::fs::write(&root, pem("CERTIFICATE", world.pki().root_der())).unwrap();
    std::fs::write(
        &authority,
        pem("CERTIFICATE", world.pki().timestamp.certificate_der()),
    )
    .unwrap();
    let (token_file, data_file) = (path("token"), path("stamped"));
    for cell in cells {
        if cell.kind == "cms" {
            for cades in [false, true] {
                let file = cell.file.to_str().unwrap();
                let mut arguments = vec![
                    "cms",
                    "-verify",
                    "-binary",
                    "-inform",
                    "DER",
                    "-in",
                    file,
                    "-CAfile",
                    &root,
                    "-purpose",
                    "any",
                    "-out",
                    "/dev/null",
                ];
                if cades {
                    arguments.push("-cades");
                }
                if let Some(content) = cell.contents.first() {
                    arguments.extend(["-content", content.to_str().unwrap()]);
                }
                let output = run(program, &arguments);
                assert!(output.status.success(), "{}: {}", cell.name(), told(&output));
                cell.verdicts.push(
                    if cades {
                        "openssl cms -cades"
                    } else {
                        "openssl cms"
                    }
                    .to_owned(),
                );
            }
        }
        let found = tokens(cell);
        assert_eq!(found.is_empty(), cell.level == Level::B, "{}", cell.name());
        for (token, data) in found {
            std::fs::write(&token_file, token).unwrap();
            std::fs::write(&data_file, data).unwrap();
            let output = run(
                program,
                &[
                    "ts",
                    "-verify",
                    "-token_in",
                    "-in",
                    &token_file,
                    "-data",
                    &data_file,
                    "-CAfile",
                    &root,
                    "-untrusted",
                    &authority,
                ],
            );
            assert!(output.status.success(), "{}: {}", cell.name(), told(&output));
            cell.verdicts.push("openssl ts".to_owned());
        }
    }
}

/// Gives `program` the list of cells of its kinds; every one must be answered with "ok".
fn by_list(program: &Path, script: &Path, judge: &str, kinds: &[&str], folder: &Path, cells: &mut [Cell]) {
    let list: Vec<Value> = cells
        .iter()
        .filter(|cell| kinds.contains(&cell.kind))
        .map(|cell| {
            json!({
                "name": cell.name(), "kind": cell.kind, "file": cell.file, "content": cell.contents,
                "archives": usize::from(cell.level == Level::Lta), "key": cell.key_pem, "alg": cell.alg,
                "contributes": cell.contributes,
            })
        })
        .collect();
    let file = folder.join("list.json");
    std::fs::write(&file, Value::from(list).to_string()).unwrap();
    let output = run(program, &[script.to_str().unwrap(), file.to_str().unwrap()]);
    let text = told(&output);
    let accepted: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("ok ")).collect();
    for cell in cells.iter_mut().filter(|cell| kinds.contains(&cell.kind)) {
        assert!(
            accepted.contains(&cell.name().as_str()),
            "{judge}, {}: {text}",
            cell.name()
        );
        cell.verdicts.push(judge.to_owned());
    }
    assert!(output.status.success(), "{judge}: {text}");
}

/// The table: a row for format, packaging and key, a column for each level.
fn table(cells: &[Cell]) -> String {
    let mut rows: BTreeMap<&str, BTreeMap<Level, String>> = BTreeMap::new();
    for cell in cells {
        let levels = rows.entry(&cell.row).or_default();
        levels.insert(cell.level, cell.verdicts.join(", "));
    }
    let mut text = String::from(
        "| format | packaging | key | B-B | B-T | B-LT | B-LTA |\n|---|---|---|---|---|---|---|\n",
    );
    for (row, levels) in rows {
        write!(text, "| {row} |").unwrap();
        for level in LEVELS {
            // A compact signature has no place for anything above B-B: that is no empty cell but no cell.
            let cell = levels.get(&level).map_or("not in this form", String::as_str);
            assert!(!cell.is_empty(), "{row} {level}");
            write!(text, " {cell} |").unwrap();
        }
        text.push('\n');
    }
    text
}

/// Makes every cell and has it judged; gives the table.
pub fn judged() -> String {
    let world = World::at(SystemClock::new().now(), super::world::BASE);
    let folder = TestFolder::new("matrix-cades");
    let mut cells = made(&world, folder.path());
    if let Some(program) = judge("openssl") {
        openssl(&program, &world, folder.path(), &mut cells);
    }
    let judges = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges");
    if let Some(python) = judge("pyhanko").and_then(|pyhanko| Some(pyhanko.parent()?.join("python"))) {
        let script = judges.join("ades_structure.py");
        by_list(
            &python,
            &script,
            "asn1crypto",
            &["cms", "jws"],
            folder.path(),
            &mut cells,
        );
    }
    if let Some(node) = judge("node") {
        let client = judges.join("openid-client");
        if client.join("node_modules/jose").is_dir() {
            by_list(
                &node,
                &client.join("jws.mjs"),
                "jose",
                &["jws"],
                folder.path(),
                &mut cells,
            );
        } else {
            skip_judge("the npm package jose (./dev test installs it)");
        }
    }
    eu_dss(&world, folder.path(), &mut cells);
    table(&cells)
}

fn eu_dss(world: &World, folder: &Path, cells: &mut [Cell]) {
    let root = folder.join("anchor.pem");
    std::fs::write(&root, pem("CERTIFICATE", world.pki().root_der())).unwrap();
    let cases: Vec<eu_dss::Case> = cells
        .iter()
        .map(|cell| {
            let names: &[&str] = match cell.contents.len() {
                0 => &[],
                1 => &["content"],
                _ => &["besluit.txt", "bijlage.txt"],
            };
            let named = names.iter().map(|name| (*name).to_owned());
            eu_dss::Case {
                file: cell.file.clone(),
                beside: named.zip(cell.contents.iter().cloned()).collect(),
                level: cell.level,
                others: Vec::new(),
            }
        })
        .collect();
    let Some(refusals) = eu_dss::refusals(&root, world.now, &cases) else {
        return;
    };
    for (cell, refused) in cells.iter_mut().zip(refusals) {
        assert_eq!(refused, None, "EU DSS, {}", cell.name());
        cell.verdicts.push("EU DSS".to_owned());
    }
}

#[test]
fn openssl_checks_an_archive_time_stamp_over_the_octets_the_standard_names() {
    let Some(program) = judge("openssl") else { return };
    let world = World::at(SystemClock::new().now(), super::world::BASE);
    let folder = TestFolder::new("matrix-archive");
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("root.pem"), pem("CERTIFICATE", world.pki().root_der())).unwrap();
    std::fs::write(
        path("tsa.pem"),
        pem("CERTIFICATE", world.pki().timestamp.certificate_der()),
    )
    .unwrap();
    let signer = world.signer(KeyKind::Ec(Curve::P384));
    let file = message::sealed(&world, DATA, &signer, Level::Lta, CmsPackaging::Detached);
    let opened = message::opened(&file);
    let whole = opened.envelope.signer(0).unwrap();
    let parts = zegel::ades::cms::parts::SignerParts::parse(whole).unwrap();
    let info = SignedData::parse(&file).unwrap().signers.remove(0);
    let token = info.unsigned_values(oids::ARCHIVE_TIME_STAMP_V3).next().unwrap();
    let index = archive::index_of(token).unwrap().unwrap();
    let octets = [
        opened.envelope.content_type(),
        &HashAlgorithm::Sha384.digest(DATA),
        &parts.covered(),
        &index,
    ]
    .concat();
    std::fs::write(path("token"), token).unwrap();
    std::fs::write(path("stamped"), octets).unwrap();
    let output = run(
        &program,
        &[
            "ts",
            "-verify",
            "-token_in",
            "-in",
            &path("token"),
            "-data",
            &path("stamped"),
            "-CAfile",
            &path("root.pem"),
            "-untrusted",
            &path("tsa.pem"),
        ],
    );
    assert!(output.status.success(), "{}", told(&output));
}
