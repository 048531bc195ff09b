//! What independent validators say of the files sealed here. They read the wall clock, so their PKI is of today.
//!
//! Tried with pyHanko 0.38, poppler's pdfsig 22.12, qpdf 11.3 and OpenSSL 3.0.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use zegel::ades::cms::oids;
use zegel::ades::cms::read::SignedData;
use zegel::ades::level::Level;
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::lab::services::http::ServiceServer;
use zegel::pdf::document::Document;
use zegel::pdf::signature::SignatureKind;

use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, RSA, World};
use crate::support::{TestFolder, judge};

struct Sealed {
    folder: TestFolder,
    world: World,
    _services: ServiceServer,
    files: Vec<(String, PathBuf, usize)>,
}

pub fn pem(der: &[u8]) -> String {
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

/// Files by one and by two signers of both kinds of key, for each kind of file and page.
fn sealed() -> Sealed {
    let listener = ServiceServer::reserve(0).unwrap();
    let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let clock = Arc::new(SystemClock::new());
    let world = World::at(clock.now(), &base);
    // pyHanko asks anew about the unit of the newest time-stamp, which nothing in a file can cover.
    let services = ServiceServer::start(world.services.clone(), clock, listener).unwrap();
    let folder = TestFolder::new("judges");
    std::fs::write(folder.path().join("root.pem"), pem(world.pki().root_der())).unwrap();
    let (mayor, director) = (world.signer(P384), world.signer(RSA));
    let mut files = Vec::new();
    for xref in [Xref::Table, Xref::Stream] {
        for (index, shape) in SHAPES.iter().enumerate() {
            let document = pdf(xref, *shape);
            let (first, second) = if index % 2 == 0 {
                (&mayor, &director)
            } else {
                (&director, &mayor)
            };
            let once = world.sealed(&document, first, Level::Lta);
            let twice = world.sealed(&once, second, Level::Lta);
            for (count, file) in [(1, once), (2, twice)] {
                let path = folder.path().join(format!("{xref:?}-{index}-{count}.pdf"));
                std::fs::write(&path, file).unwrap();
                files.push((format!("{xref:?}, {}, {count} signers", shape.name), path, count));
            }
        }
    }
    Sealed {
        folder,
        world,
        _services: services,
        files,
    }
}

pub fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

pub fn text(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn every_judge_accepts_what_is_sealed() {
    let (pyhanko, pdfsig, qpdf) = (judge("pyhanko"), judge("pdfsig"), judge("qpdf"));
    let openssl = judge("openssl");
    if pyhanko.is_none() && pdfsig.is_none() && qpdf.is_none() && openssl.is_none() {
        return;
    }
    let sealed = sealed();
    let root = sealed.folder.path().join("root.pem");
    let root = root.to_str().unwrap();
    for (index, (name, path, signers)) in sealed.files.iter().enumerate() {
        let file = path.to_str().unwrap();
        if let Some(qpdf) = &qpdf {
            let output = run(qpdf, &["--check", file]);
            assert!(output.status.success(), "qpdf, {name}: {}", text(&output));
        }
        if let Some(pdfsig) = &pdfsig {
            let output = text(&run(pdfsig, &["-nocert", file]));
            let sections: Vec<&str> = output
                .split("Signature #")
                .filter(|section| section.contains("ETSI.CAdES.detached"))
                .collect();
            assert_eq!(sections.len(), *signers, "pdfsig, {name}: {output}");
            for section in sections {
                assert!(section.contains("Signature is Valid"), "pdfsig, {name}: {output}");
            }
        }
        // pyHanko takes seconds a file: one of each pair of kinds is enough.
        if let Some(pyhanko) = pyhanko.as_ref().filter(|_| index % 5 < 2) {
            let output = run(
                pyhanko,
                &[
                    "sign",
                    "adesverify",
                    "--trust",
                    root,
                    "--trust-replace",
                    "--pretty-print",
                    file,
                ],
            );
            let told = text(&output);
            assert!(output.status.success(), "pyHanko, {name}: {told}");
            assert!(
                !told.contains("INVALID") && !told.contains("FAILED"),
                "pyHanko, {name}: {told}"
            );
        }
        if let Some(openssl) = &openssl {
            openssl_accepts(openssl, sealed.folder.path(), &sealed.world, name, path, root);
        }
    }
}

/// The message and its time-stamp, cut out of the file, by OpenSSL's own commands.
pub(super) fn openssl_accepts(
    openssl: &Path,
    folder: &Path,
    world: &World,
    name: &str,
    path: &Path,
    root: &str,
) {
    let bytes = std::fs::read(path).unwrap();
    let document = Document::open(Arc::new(bytes.clone())).unwrap();
    let work = |part: &str| folder.join(part).to_str().unwrap().to_owned();
    let (message_file, data_file, token_file, value_file, authority) = (
        work("message.der"),
        work("data"),
        work("token.der"),
        work("value"),
        work("tsa.pem"),
    );
    std::fs::write(&authority, pem(world.pki().timestamp.certificate_der())).unwrap();
    for signature in document.latest().signatures().unwrap() {
        if signature.kind == SignatureKind::DocTimeStamp {
            continue;
        }
        let [_, first, second, rest] = signature
            .byte_range
            .map(|number| usize::try_from(number).unwrap());
        let data = [&bytes[..first], &bytes[second..second + rest]].concat();
        let message = SignedData::parse(&signature.contents).unwrap();
        std::fs::write(&message_file, &signature.contents[..message.length]).unwrap();
        std::fs::write(&data_file, data).unwrap();
        let output = run(
            openssl,
            &[
                "cms",
                "-verify",
                "-cades",
                "-binary",
                "-inform",
                "DER",
                "-in",
                &message_file,
                "-content",
                &data_file,
                "-CAfile",
                root,
                "-purpose",
                "any",
                "-out",
                "/dev/null",
            ],
        );
        assert!(output.status.success(), "openssl cms, {name}: {}", text(&output));
        let token = message.signers[0]
            .unsigned_values(oids::SIGNATURE_TIME_STAMP)
            .next();
        let Some(token) = token else { continue };
        std::fs::write(&token_file, token).unwrap();
        std::fs::write(&value_file, &message.signers[0].signature).unwrap();
        let output = run(
            openssl,
            &[
                "ts",
                "-verify",
                "-token_in",
                "-in",
                &token_file,
                "-data",
                &value_file,
                "-CAfile",
                root,
                "-untrusted",
                &authority,
            ],
        );
        assert!(output.status.success(), "openssl ts, {name}: {}", text(&output));
    }
}
