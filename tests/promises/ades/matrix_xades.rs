//! Every XML signature and container zegel makes, packaging by level by key, with what independent judges say in each
//! cell. A part of the one table of `matrix`.
//!
//! Judges: xmlsec1 (core validation and digests; versions before 1.3 do not know PSS, there libxml2 and OpenSSL through
//! Python look), signxml where it can (it makes no XPath filter), OpenSSL (`ts -verify` for every time-stamp over a value, `cms -verify` for messages in containers),
//! unzip.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use zegel::ades::asic::archive::LATEST;
use zegel::ades::asic::container::{Container, Role};
use zegel::ades::level::Level;
use zegel::ades::validate::report::Report;
use zegel::ades::xades::data::outline_of;
use zegel::ades::xades::names::XADES;
use zegel::ades::xades::read::Properties;
use zegel::ades::xades::unsigned::{own_method, tokens};
use zegel::base::bytes::ReadAt;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::base::digest::HashAlgorithm;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::key::{Curve, KeyKind};
use zegel::xml::signature::read::XmlSignature;
use zegel::xml::tree::Selection;

use super::asic_world::{self, Form};
use super::world::{Signer, World};
use super::xml_world::{self, Packaging, things};
use super::{eu_dss, signxml};
use crate::support::{TestFolder, judge};

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

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

struct Judges<'a> {
    world: &'a World,
    folder: &'a Path,
    xmlsec: Option<PathBuf>,
    openssl: Option<PathBuf>,
    unzip: Option<PathBuf>,
    python: Option<PathBuf>,
}

impl Judges<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn run(program: &Path, folder: &Path, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .current_dir(folder)
            .args(arguments)
            .output()
            .unwrap();
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "{}: {text}", program.display());
        text
    }

    /// Core validation of the only signature of `file` by whoever knows its algorithm.
    fn xml(&self, file: &str, certificate: &[u8], is_pss: bool, verdicts: &mut Vec<String>) {
        std::fs::write(self.path("signer.pem"), pem("CERTIFICATE", certificate)).unwrap();
        match (&self.xmlsec, is_pss) {
            (Some(xmlsec), false) => {
                let text = Self::run(
                    xmlsec,
                    self.folder,
                    &[
                        "--verify",
                        "--pubkey-cert-pem",
                        "signer.pem",
                        "--enabled-key-data",
                        "rsa,ec,key-name",
                        "--id-attr:Id",
                        "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
                        "--id-attr:Id",
                        "urn:zegel:test:deel",
                        "--id-attr:Id",
                        "http://www.w3.org/2000/09/xmldsig#:Object",
                        file,
                    ],
                );
                assert!(text.contains("OK\n"), "{text}");
                verdicts.push("xmlsec1".to_owned());
            }
            (_, true) => self.by_python(file, verdicts),
            (None, false) => {}
        }
    }

    fn by_python(&self, file: &str, verdicts: &mut Vec<String>) {
        let Some(python) = &self.python else { return };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/xml_signature.py");
        let text = Self::run(
            python,
            self.folder,
            &[script.to_str().unwrap(), file, "signer.pem"],
        );
        assert_eq!(text.trim(), "valid", "{file}");
        verdicts.push("libxml2, OpenSSL".to_owned());
    }

    /// Every time-stamp over the value, over the octets that the standard names.
    fn stamps(&self, file: &[u8], verdicts: &mut Vec<String>) {
        let Some(openssl) = &self.openssl else { return };
        let source: Arc<dyn ReadAt> = Arc::new(file.to_vec());
        let outline = outline_of(&source).unwrap();
        let document = &outline.document;
        let signature = XmlSignature::read(document, outline.signatures[0]).unwrap();
        let properties = Properties::find(document, &signature).unwrap();
        let mut seen = 0;
        for property in properties.unsigned(document) {
            if !document.is(property, XADES, "SignatureTimeStamp") {
                continue;
            }
            let octets = document.canonicalize(
                &Selection::subtree(signature.value_element),
                &own_method(),
                Vec::new(),
            );
            std::fs::write(self.path("stamped"), octets).unwrap();
            std::fs::write(self.path("token"), &tokens(document, property)[0]).unwrap();
            Self::run(
                openssl,
                self.folder,
                &[
                    "ts",
                    "-verify",
                    "-token_in",
                    "-in",
                    "token",
                    "-data",
                    "stamped",
                    "-CAfile",
                    "root.pem",
                    "-untrusted",
                    "tsa.pem",
                ],
            );
            seen += 1;
        }
        assert_eq!(seen, 1);
        verdicts.push("openssl ts".to_owned());
    }

    /// The archive itself, and its signature by the judge for that.
    fn container(&self, form: Form, bytes: &[u8], cell: &Cell<'_>, verdicts: &mut Vec<String>) {
        assert_eq!(&bytes[30..38], b"mimetype");
        assert!(bytes[38..].starts_with(b"application/vnd.etsi.asic-"));
        let folder = self.path(&cell.file);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("container.zip"), bytes).unwrap();
        if let Some(unzip) = &self.unzip {
            Self::run(unzip, &folder, &["-t", "container.zip"]);
            Self::run(unzip, &folder, &["-q", "container.zip"]);
            verdicts.push("unzip, mimetype".to_owned());
        }
        let container = Container::open(Arc::new(bytes.to_vec())).unwrap();
        if form.is_xades() {
            let entry = container.with_role(Role::Xades)[0];
            let xml = container.read(entry).unwrap();
            if cell.level > Level::B {
                self.stamps(&xml, verdicts);
            }
            // The files stand where the references name them, relative to the root of the container.
            std::fs::write(folder.join("signatures.xml"), xml).unwrap();
            let inside = Judges {
                folder: &folder,
                xmlsec: self.xmlsec.clone(),
                openssl: None,
                unzip: None,
                python: self.python.clone(),
                world: self.world,
            };
            inside.xml("signatures.xml", cell.certificate, cell.is_pss, verdicts);
            return;
        }
        let Some(openssl) = &self.openssl else { return };
        let message = container.with_role(Role::Cades)[0];
        std::fs::write(folder.join("message.p7s"), container.read(message).unwrap()).unwrap();
        // Archive manifests come first by name.
        let content = match container.with_role(Role::AsicManifest).last() {
            Some(manifest) => container.read(manifest).unwrap(),
            None => container.read(container.data().next().unwrap()).unwrap(),
        };
        std::fs::write(folder.join("content"), content).unwrap();
        Self::run(
            openssl,
            &folder,
            &[
                "cms",
                "-verify",
                "-cades",
                "-inform",
                "DER",
                "-in",
                "message.p7s",
                "-content",
                "content",
                "-binary",
                "-CAfile",
                "../root.pem",
                "-purpose",
                "any",
                "-out",
                "out",
            ],
        );
        verdicts.push("openssl cms".to_owned());
        if form.is_simple() || cell.level < Level::Lta {
            return;
        }
        let manifest = container.archive.entry(LATEST).unwrap();
        std::fs::write(folder.join("manifest"), container.read(manifest).unwrap()).unwrap();
        let token = container.with_role(Role::TimeStamp)[0];
        std::fs::write(folder.join("token"), container.read(token).unwrap()).unwrap();
        Self::run(
            openssl,
            &folder,
            &[
                "ts",
                "-verify",
                "-token_in",
                "-in",
                "token",
                "-data",
                "manifest",
                "-CAfile",
                "../root.pem",
                "-untrusted",
                "../tsa.pem",
            ],
        );
        verdicts.push("openssl ts over the archive manifest".to_owned());
    }
}

/// What a judge needs to know of one cell.
struct Cell<'a> {
    level: Level,
    file: String,
    certificate: &'a [u8],
    is_pss: bool,
}

fn own_verdict(report: &Report, level: Level, name: &str) -> String {
    assert_eq!(report.signatures.len(), 1, "{name}: {report:#?}");
    assert_eq!(report.signatures[0].level, Some(level), "{name}: {report:#?}");
    format!("zegel {level}")
}

/// The file under a name of its own, with what it is over where that stands beside it.
fn kept(judges: &Judges<'_>, bytes: &[u8], number: usize, level: Level, is_detached: bool) -> eu_dss::Case {
    let file = judges.path(&format!("case-{number}"));
    std::fs::write(&file, bytes).unwrap();
    let names = things()
        .into_iter()
        .map(|thing| zegel::ades::asic::uri::to_name(&thing.uri).unwrap());
    let beside = names.filter(|_| is_detached).map(|name| {
        let path = judges.path(&name);
        (name, path)
    });
    eu_dss::Case {
        file,
        beside: beside.collect(),
        level,
        others: Vec::new(),
    }
}

/// Makes every cell and has it judged; gives the table.
pub fn judged() -> String {
    let world = World::at(SystemClock::new().now(), super::world::BASE);
    let folder = TestFolder::new("matrix-xades");
    let judges = Judges {
        world: &world,
        folder: folder.path(),
        xmlsec: judge("xmlsec1"),
        openssl: judge("openssl"),
        unzip: judge("unzip"),
        python: judge("pyhanko").and_then(|pyhanko| Some(pyhanko.parent()?.join("python"))),
    };
    std::fs::write(
        judges.path("root.pem"),
        pem("CERTIFICATE", world.pki().root_der()),
    )
    .unwrap();
    let tsa = pem("CERTIFICATE", world.pki().timestamp.certificate_der());
    std::fs::write(judges.path("tsa.pem"), tsa).unwrap();
    for thing in things() {
        let name = zegel::ades::asic::uri::to_name(&thing.uri).unwrap();
        let source = thing.content.bytes().unwrap();
        let bytes = xml_world::bytes_of(source);
        std::fs::write(judges.path(&name), &bytes).unwrap();
        // xmlsec1 takes a reference for the name of a file as it is written.
        std::fs::write(judges.path(&thing.uri), &bytes).unwrap();
    }
    let mut rows: BTreeMap<String, BTreeMap<Level, String>> = BTreeMap::new();
    // Rows and levels, with the files for who judges all at once.
    let mut cases: Vec<(String, eu_dss::Case)> = Vec::new();
    let mut in_xml: Vec<(String, Level, signxml::Case)> = Vec::new();
    let mut signers: BTreeMap<KeyKind, Signer> = BTreeMap::new();
    for (key, kind, algorithm) in KEYS {
        let signer = &*signers.entry(kind).or_insert_with(|| world.signer(kind));
        let is_pss = matches!(algorithm, Some(SignatureAlgorithm::RsaPss(_)));
        let certificate = judges.path(&format!("{key}.pem").replace(' ', "-"));
        std::fs::write(&certificate, pem("CERTIFICATE", signer.certificate.der())).unwrap();
        for level in LEVELS {
            let draft = zegel::ades::xades::stages::Draft {
                algorithm,
                ..xml_world::draft(&world, signer, level)
            };
            for packaging in Packaging::ALL {
                let row = format!("XAdES | {} | {key}", packaging.name());
                let file = xml_world::sealed_with(&world, packaging, signer, &draft);
                let mut verdicts = vec![own_verdict(&xml_world::validate(&world, &file), level, &row)];
                std::fs::write(judges.path("cell.xml"), &file).unwrap();
                cases.push((
                    row.clone(),
                    kept(
                        &judges,
                        &file,
                        cases.len(),
                        level,
                        packaging == Packaging::Detached,
                    ),
                ));
                in_xml.push((
                    row.clone(),
                    level,
                    signxml::Case {
                        signature: cases.last().unwrap().1.file.clone(),
                        certificate: certificate.clone(),
                        folder: folder.path().to_owned(),
                    },
                ));
                judges.xml("cell.xml", signer.certificate.der(), is_pss, &mut verdicts);
                if level > Level::B {
                    judges.stamps(&file, &mut verdicts);
                }
                rows.entry(row).or_default().insert(level, verdicts.join(", "));
            }
            for form in Form::ALL {
                let row = format!("{} | container | {key}", form.name());
                let files = asic_world::files(form);
                let bytes = asic_world::sealed_over(&world, form, &files, signer, &draft);
                let mut verdicts = vec![own_verdict(&asic_world::validate(&world, &bytes), level, &row)];
                let cell = Cell {
                    level,
                    file: format!("{form:?}-{key}-{level}").replace([' ', '#'], "-"),
                    certificate: signer.certificate.der(),
                    is_pss,
                };
                judges.container(form, &bytes, &cell, &mut verdicts);
                if form.is_xades() {
                    let inside = judges.path(&cell.file);
                    in_xml.push((
                        row.clone(),
                        level,
                        signxml::Case {
                            signature: inside.join("signatures.xml"),
                            certificate: certificate.clone(),
                            folder: inside,
                        },
                    ));
                }
                cases.push((row.clone(), kept(&judges, &bytes, cases.len(), level, false)));
                rows.entry(row).or_default().insert(level, verdicts.join(", "));
            }
        }
    }
    let (named, cases): (Vec<String>, Vec<eu_dss::Case>) = cases.into_iter().unzip();
    if let Some(refusals) = eu_dss::refusals(&judges.path("root.pem"), world.now, &cases) {
        for ((row, case), refused) in named.iter().zip(&cases).zip(refusals) {
            assert_eq!(refused, None, "EU DSS, {row} {}", case.level);
            let cell = rows.get_mut(row).unwrap().get_mut(&case.level).unwrap();
            cell.push_str(", EU DSS");
        }
    }
    let (named, in_xml): (Vec<(String, Level)>, Vec<signxml::Case>) = in_xml
        .into_iter()
        .map(|(row, level, case)| ((row, level), case))
        .unzip();
    if let Some(verdicts) = signxml::verdicts(&in_xml) {
        for ((row, level), verdict) in named.iter().zip(verdicts) {
            // The signature beside others in one document leaves out itself alone, by an XPath filter.
            let expected = match row.contains("| enveloped |") {
                true => "cannot: XPath filter 2.0",
                false => "valid",
            };
            assert_eq!(verdict, expected, "signxml, {row} {level}");
            if verdict == "valid" {
                rows.get_mut(row)
                    .unwrap()
                    .get_mut(level)
                    .unwrap()
                    .push_str(", signxml");
            }
        }
    }
    let mut text = String::from(
        "| format | packaging | key | B-B | B-T | B-LT | B-LTA |\n|---|---|---|---|---|---|---|\n",
    );
    for (row, levels) in rows {
        write!(text, "| {row} |").unwrap();
        for level in LEVELS {
            let cell = &levels[&level];
            assert!(!cell.is_empty(), "{row} {level}");
            write!(text, " {cell} |").unwrap();
        }
        text.push('\n');
    }
    text
}
