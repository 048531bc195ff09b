//! `zegel sign` in XML and in containers, with a card at a real reader daemon.
//! Judges: xmlsec1, OpenSSL, unzip, and our own validator, which must say exactly the level.

use std::path::Path;
use std::process::Command;

use zegel::base::digest::HashAlgorithm;

use super::counter::Desk;
use super::{Ran, run, zegel};
use crate::support::{TestFolder, judge};

const DOCUMENT: &str = "<besluit xmlns=\"urn:zegel:test\"><deel Id=\"deel\">TEST</deel></besluit>";

pub(super) fn desk(cards: &[&str]) -> Option<Desk> {
    let desk = Desk::open(cards)?;
    std::fs::write(desk.path("data.xml"), DOCUMENT).unwrap();
    Some(desk)
}

pub(super) fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

pub(super) fn verify(desk: &Desk, text: &str) -> Ran {
    desk.run(
        &[
            vec!["verify", "--trust", "trust", "--format", "json"],
            words(text),
        ]
        .concat(),
    )
}

/// The signature under the policy `name` in `file`: seen with its document alone, and required where that is asked.
fn judged_under_its_policy(desk: &Desk, file: &str, name: &str) {
    std::fs::write(desk.path("other.txt"), "TEST other").unwrap();
    let right = "--policy-document other.txt --policy-document policy.txt";
    let required = format!("--require-policy {name}");
    for (options, document, cause, sub) in [
        (
            String::new(),
            "absent",
            Some("SIGNATURE_POLICY_NOT_AVAILABLE"),
            None,
        ),
        (right.to_owned(), "given", None, None),
        (
            "--policy-document other.txt".to_owned(),
            "given",
            Some("SIGNATURE_POLICY_HASH"),
            None,
        ),
        (format!("{right} {required}"), "given", None, None),
        (
            required.clone(),
            "absent",
            Some("SIGNATURE_POLICY_NOT_AVAILABLE"),
            Some("SIGNATURE_POLICY_NOT_AVAILABLE"),
        ),
        (
            format!("--policy-document other.txt {required}"),
            "given",
            Some("SIGNATURE_POLICY_HASH"),
            Some("POLICY_PROCESSING_ERROR"),
        ),
        (
            format!("{right} --require-policy 2.25.2"),
            "given",
            Some("SIGNATURE_POLICY_OTHER"),
            Some("SIG_CONSTRAINTS_FAILURE"),
        ),
    ] {
        let report = verify(desk, &format!("{file} {options}")).json();
        let own = &report["signatures"][0];
        let policy = &own["signature_policy"];
        assert_eq!(policy["id"], name, "{file} {options}: {own:#}");
        assert_eq!(
            policy["uri"], "https://zegel.example/p",
            "{file} {options}: {own:#}"
        );
        assert_eq!(policy["document"], document, "{file} {options}: {own:#}");
        let found = own["findings"].as_array().unwrap().iter();
        let found: Vec<&str> = found
            .filter_map(|finding| finding["cause"].as_str())
            .filter(|cause| cause.starts_with("SIGNATURE_POLICY"))
            .collect();
        assert_eq!(found, Vec::from_iter(cause), "{file} {options}: {own:#}");
        // Below B-LT the status is missing; what the policy asks comes first.
        let sub = sub.unwrap_or("TRY_LATER");
        assert_eq!(own["sub_indication"], sub, "{file} {options}: {own:#}");
    }
}

/// What a program of somebody else says, in the desk's folder.
pub(super) fn accepts(desk: &Desk, program: &str, arguments: &[&str]) {
    let Some(program) = judge(program) else { return };
    let output = Command::new(&program)
        .current_dir(desk.folder())
        .args(arguments)
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success(),
        "{} {arguments:?}: {text}",
        program.display()
    );
}

pub(super) fn xmlsec1_accepts(desk: &Desk, file: &str) {
    accepts(
        desk,
        "xmlsec1",
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
}

/// The signer's certificate and the root, for the judges.
pub(super) fn write_certificates(desk: &Desk) {
    use base64::Engine as _;
    let card = desk
        .run(&["card", "certificates", "--format", "json", "--pem"])
        .json();
    let all = card["certificates"].as_array().unwrap();
    let signer = all.iter().find(|one| one["kind"] == "signature").unwrap();
    std::fs::write(desk.path("signer.pem"), signer["pem"].as_str().unwrap()).unwrap();
    let root = base64::engine::general_purpose::STANDARD.encode(desk.lab.pki().root_der());
    let root = format!("-----BEGIN CERTIFICATE-----\n{root}\n-----END CERTIFICATE-----\n");
    std::fs::write(desk.path("root.pem"), root).unwrap();
}

/// Takes a container apart, so that references lead to files.
fn unpack(desk: &Desk, container: &str) {
    accepts(desk, "unzip", &["-t", container]);
    accepts(desk, "unzip", &["-q", "-o", container, "-d", "unpacked"]);
    let bytes = std::fs::read(desk.path(container)).unwrap();
    assert!(bytes[30..].starts_with(b"mimetypeapplication/vnd.etsi.asic-"));
}

pub(super) fn openssl_accepts(desk: &Desk, message: &str, content: &str) {
    accepts(
        desk,
        "openssl",
        &[
            "cms", "-verify", "-cades", "-inform", "DER", "-in", message, "-content", content, "-binary",
            "-CAfile", "root.pem", "-purpose", "any", "-out", "out",
        ],
    );
}

#[test]
fn xml_and_containers_are_signed_at_every_level_and_every_judge_accepts_them() {
    let Some(desk) = desk(&["mayor"]) else { return };
    write_certificates(&desk);
    let forms: [(&str, &str, &str); 8] = [
        (
            "data.xml --signature xades --packaging enveloped",
            "data-signed.xml",
            "",
        ),
        (
            "data.xml --signature xades --packaging internally-detached --element deel",
            "data-signed.xml",
            "",
        ),
        (
            "data.xml --signature xades --packaging enveloping",
            "data.xml.xades",
            "",
        ),
        (
            "a.pdf --signature xades --packaging enveloping",
            "a.pdf.xades",
            "",
        ),
        ("a.pdf --signature xades", "a.pdf.xades", " --detached a.pdf"),
        ("a.pdf b.pdf data.xml --container asic-e", "a.pdf.asice", ""),
        (
            "a.pdf b.pdf data.xml --container asic-e --signature cades",
            "a.pdf.asice",
            "",
        ),
        ("a.pdf --container asic-s --signature cades", "a.pdf.asics", ""),
    ];
    for (form, out, beside) in forms {
        for (level, shown) in [("b", "B-B"), ("t", "B-T"), ("lt", "B-LT"), ("lta", "B-LTA")] {
            let case = format!("{form} at {level}");
            let signed = desk.sign(&[words(form), vec!["--level", level, "--force"]].concat());
            assert_eq!(signed.code, Some(0), "{case}: {signed:?}");
            assert_eq!(signed.out, format!("{out}: {shown}\n"), "{case}");
            let verified = verify(&desk, &format!("{out}{beside}"));
            let json = verified.json();
            assert_eq!(json["signatures"].as_array().map(Vec::len), Some(1), "{case}");
            assert_eq!(json["signatures"][0]["level"], level, "{case}: {json:#}");
            // Below B-LT nothing in the file says whether the certificate was revoked.
            let due = if level >= "lt" && level != "t" {
                Some(0)
            } else {
                Some(4)
            };
            assert_eq!(verified.code, due, "{case}: {json:#}");
            if out.ends_with(".asice") || out.ends_with(".asics") {
                unpack(&desk, out);
                if form.ends_with("cades") {
                    let (message, content) = if out.ends_with("e") {
                        ("signature001.p7s", "META-INF/ASiCManifest001.xml")
                    } else {
                        ("signature.p7s", "a.pdf")
                    };
                    let inside = |name: &str| format!("unpacked/{name}");
                    openssl_accepts(&desk, &inside(&format!("META-INF/{message}")), &inside(content));
                    if level == "lta" && out.ends_with("e") {
                        accepts(
                            &desk,
                            "openssl",
                            &[
                                "ts",
                                "-verify",
                                "-token_in",
                                "-in",
                                "unpacked/META-INF/timestamp001.tst",
                                "-data",
                                "unpacked/META-INF/ASiCArchiveManifest.xml",
                                "-CAfile",
                                "root.pem",
                            ],
                        );
                    }
                } else {
                    // Its references are relative to the root of the container.
                    std::fs::copy(
                        desk.path("unpacked/META-INF/signatures001.xml"),
                        desk.path("signatures.xml"),
                    )
                    .unwrap();
                    xmlsec1_accepts(&desk, "signatures.xml");
                }
                std::fs::remove_dir_all(desk.path("unpacked")).unwrap();
            } else {
                xmlsec1_accepts(&desk, out);
            }
        }
    }
    let other = verify(&desk, "a.pdf.xades --detached b.pdf");
    assert_eq!(other.code, Some(3), "{other:?}");
}

#[test]
fn a_list_of_containers_is_signed_with_one_pin_and_one_container_takes_all() {
    let Some(desk) = desk(&["mayor"]) else { return };
    let asked = || desk.lab.pins_shown().len();
    let before = asked();
    let each = desk.sign(&words("a.pdf data.xml --container asic-s --format json"));
    assert_eq!(
        each.json(),
        serde_json::json!({"failed": [], "signed": [
            {"file": "a.pdf", "out": "a.pdf.asics", "level": "lta"},
            {"file": "data.xml", "out": "data.xml.asics", "level": "lta"},
        ]}),
        "{each:?}"
    );
    let all = desk.sign(&words(
        "a.pdf b.pdf --container asic-e --out all.asice --format json",
    ));
    assert_eq!(
        all.json(),
        serde_json::json!({"failed": [], "signed": [
            {"file": "a.pdf", "out": "all.asice", "level": "lta"},
            {"file": "b.pdf", "out": "all.asice", "level": "lta"},
        ]}),
        "{all:?}"
    );
    assert_eq!(asked(), before + 2, "one PIN for each list");
    assert_eq!(
        all.messages.matches(" signs ").count(),
        2,
        "each file is shown with its digest: {all:?}"
    );
    for file in ["a.pdf.asics", "data.xml.asics", "all.asice"] {
        assert_eq!(verify(&desk, file).code, Some(0), "{file}");
    }
    // The other ways to write JSON.
    for (written, level) in [("compact", "b"), ("general", "lta")] {
        let text = format!("a.pdf --signature jades --serialization {written} --level {level} --force");
        let signed = desk.sign(&words(&text));
        assert_eq!(signed.code, Some(0), "{signed:?}");
        let report = verify(&desk, "a.pdf.jws --detached a.pdf").json();
        assert_eq!(report["signatures"][0]["level"], level, "{report:#}");
    }

    // No time-stamp: nothing is written, and each file says so.
    desk.lab(&["service", "set", "tsa", "down"]);
    let down = desk.sign(&words(
        "a.pdf b.pdf --container asic-e --signature cades --format json",
    ));
    assert_eq!(down.code, Some(1), "{down:?}");
    let json = down.json();
    let codes: Vec<_> = json["failed"].as_array().unwrap().iter().collect();
    assert_eq!(codes.len(), 2);
    assert!(codes.iter().all(|one| one["code"] == "TST_UNAVAILABLE"));
    assert!(!desk.path("a.pdf.asice").exists());
}

#[test]
fn what_cannot_be_signed_so_is_told_before_the_card_is_asked() {
    let Some(desk) = desk(&["mayor"]) else { return };
    std::fs::create_dir(desk.path("map")).unwrap();
    std::fs::write(desk.path("map/A.pdf"), "TEST").unwrap();
    std::fs::write(desk.path("mimetype"), "TEST").unwrap();
    std::fs::write(desk.path("taken.asice"), "TEST").unwrap();
    std::fs::write(desk.path("bad.xml"), "<a><b></a>").unwrap();
    let before = desk.lab.pins_shown().len();
    for (text, code, cause) in [
        ("a.pdf map/A.pdf --container asic-e", 2, "(USAGE)"),
        ("mimetype --container asic-e", 2, "(USAGE)"),
        (
            "a.pdf b.pdf --container asic-e --out taken.asice",
            2,
            "(FILE_EXISTS)",
        ),
        ("a.pdf no.pdf gone.pdf --container asic-e", 1, "`gone.pdf`"),
        ("a.pdf no.pdf gone.pdf --container asic-e", 1, "`no.pdf`"),
        ("bad.xml --signature xades --packaging enveloped", 1, "(XML_"),
        ("a.pdf --signature xades --packaging enveloped", 1, "(XML_"),
        (
            "data.xml --signature xades --packaging internally-detached --element no",
            1,
            "(XADES_PLACE)",
        ),
    ] {
        let ran = desk.sign(&words(text));
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{text}: {ran:?}");
        assert!(ran.messages.contains(cause), "{text}: {ran:?}");
    }
    assert_eq!(desk.lab.pins_shown().len(), before, "a PIN was asked");
    assert_eq!(std::fs::read(desk.path("taken.asice")).unwrap(), b"TEST");
}

#[test]
fn words_that_do_not_go_together_are_wrong_usage() {
    let folder = TestFolder::new("sign-usage");
    std::fs::write(folder.path().join("a.pdf"), "TEST").unwrap();
    let sign = |text: &str, folder: &Path| run(zegel(folder).arg("sign").args(words(text)));
    for (text, says) in [
        ("a.pdf --container asic-x", "expected asic-e or asic-s"),
        (
            "a.pdf --signature xml",
            "expected one of pdf, cades, jades, xades",
        ),
        ("a.pdf --packaging around", "expected one of attached, detached"),
        (
            "a.pdf --container asic-e --signature pdf",
            "a container holds signatures in xades or cades",
        ),
        (
            "a.pdf --container asic-e --packaging detached",
            "leave --packaging out",
        ),
        ("a.pdf --packaging detached", "leave --packaging out"),
        (
            "a.pdf --signature cades --packaging enveloped",
            "attached or detached",
        ),
        (
            "a.pdf --signature xades --packaging attached",
            "enveloped, enveloping, detached",
        ),
        (
            "a.pdf --signature xades --packaging internally-detached",
            "name it with --element",
        ),
        ("a.pdf --element deel", "--element goes with"),
        ("a.pdf --serialization compact", "goes with --signature jades"),
        (
            "a.pdf --signature jades --serialization compact",
            "it goes with --level b",
        ),
        ("- --container asic-e", "what comes from stdin has no name"),
        (
            "a.pdf a.pdf --container asic-s --out x.asics",
            "--out names one file",
        ),
    ] {
        let ran = sign(text, folder.path());
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{text}: {ran:?}");
        assert!(ran.messages.contains(says), "{text}: {ran:?}");
    }
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is written");
}

#[test]
fn what_would_show_as_something_else_is_not_stated() {
    let folder = TestFolder::new("sign-stating");
    std::fs::write(folder.path().join("a.pdf"), "TEST").unwrap();
    for option in ["--role", "--place"] {
        for text in [
            "clerk\nmayor",
            "a\u{202e}b",
            "a\u{1b}[31m",
            "a\tb, BE",
            "a\u{2028}b",
        ] {
            let ran = run(zegel(folder.path()).args(["sign", "a.pdf", option, text]));
            assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{text:?}: {ran:?}");
            let says = format!(
                "zegel: error: {option} takes one line without control or direction characters (STATEMENT_NOT_PLAIN)"
            );
            assert!(ran.messages.starts_with(&says), "{text:?}: {ran:?}");
        }
    }
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is written");
}

#[test]
fn what_the_signer_states_is_read_back_in_every_format() {
    let Some(desk) = desk(&["mayor"]) else { return };
    for (form, out) in [
        ("a.pdf", "a-signed.pdf"),
        ("a.pdf --signature cades --packaging attached", "a.pdf.p7m"),
        ("a.pdf --signature jades --packaging attached", "a.pdf.jws"),
        (
            "data.xml --signature xades --packaging enveloped",
            "data-signed.xml",
        ),
    ] {
        let stated = [
            "--role",
            "TEST clerk",
            "--commitment",
            "origin",
            "--place",
            "Zegelgem, BE",
        ];
        let signed = desk.sign(&[&words(form)[..], &["--level", "b"], &stated].concat());
        assert_eq!(signed.code, Some(0), "{form}: {signed:?}");
        let report = verify(&desk, out).json();
        let claimed = &report["signatures"][0]["claimed"];
        assert_eq!(
            claimed["roles"],
            serde_json::json!(["TEST clerk"]),
            "{form}: {report:#}"
        );
        let commitment = claimed["commitment"].as_str().unwrap();
        let known = ["1.2.840.113549.1.9.16.6.1", "ProofOfOrigin"];
        assert!(
            known.iter().any(|known| commitment.contains(known)),
            "{form}: {commitment}"
        );
        assert_eq!(claimed["location"], "Zegelgem, BE", "{form}: {report:#}");
    }

    // The policy, by its document or by the digest alone.
    std::fs::write(desk.path("policy.txt"), "TEST policy").unwrap();
    let digest = hex::encode(HashAlgorithm::Sha384.digest(b"TEST policy"));
    for (form, out, name) in [
        ("a.pdf --out p.pdf", "p.pdf", "2.25.1"),
        (
            "a.pdf --signature cades --packaging attached --out p.p7m",
            "p.p7m",
            "2.25.1",
        ),
        (
            "a.pdf --signature jades --packaging attached --out p.jws",
            "p.jws",
            "https://zegel.example/policy",
        ),
        (
            "data.xml --signature xades --packaging enveloped --out p.xml",
            "p.xml",
            "https://zegel.example/policy",
        ),
    ] {
        for how in [
            "--policy-document policy.txt",
            &format!("--policy-hash sha384:{digest}"),
        ] {
            let text = format!(
                "{form} --force --level b --policy {name} {how} --policy-uri https://zegel.example/p"
            );
            let signed = desk.sign(&words(&text));
            assert_eq!(signed.code, Some(0), "{text}: {signed:?}");
            judged_under_its_policy(&desk, out, name);
        }
    }
    // One in ASN.1 is digested without its frame, in CMS alone.
    std::fs::write(desk.path("policy.der"), b"\x30\x06\x0c\x04TEST").unwrap();
    for form in [
        "a.pdf --out d.pdf",
        "data.xml --signature xades --packaging enveloped --out d.xml",
    ] {
        let text = format!("{form} --level b --policy URN:OID:2.25.1 --policy-document policy.der");
        let signed = desk.sign(&words(&text));
        assert_eq!(signed.code, Some(0), "{text}: {signed:?}");
        let out = form.split(' ').next_back().unwrap();
        let report = verify(&desk, &format!("{out} --policy-document policy.der")).json();
        let policy = &report["signatures"][0]["signature_policy"];
        assert_eq!(
            (&policy["id"], &policy["matches"]),
            (&"2.25.1".into(), &true.into()),
            "{report:#}"
        );
    }
    let xml = std::fs::read_to_string(desk.path("p.xml")).unwrap();
    let written = "<xades:Identifier>https://zegel.example/policy</xades:Identifier>";
    assert!(
        xml.contains(written) && xml.contains("<xades:SPURI>https://zegel.example/p<"),
        "{xml}"
    );

    // A lock on all fields: nobody signs after it.
    assert_eq!(
        desk.sign(&words("a.pdf --lock all --level b --out locked.pdf"))
            .code,
        Some(0)
    );
    let refused = desk.sign(&words("locked.pdf --level b --out no.pdf"));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.messages.contains("PDF_FIELD_LOCKED"), "{refused:?}");

    // Certified: only the first signature can, and afterwards no more changes than it allows.
    for (allowed, code) in [("1", 1), ("2", 0), ("3", 0)] {
        let first = format!("b.pdf --certify {allowed} --level b --out first{allowed}.pdf");
        assert_eq!(desk.sign(&words(&first)).code, Some(0), "{first}");
        let second = format!("first{allowed}.pdf --level b --out second{allowed}.pdf");
        let ran = desk.sign(&words(&second));
        assert_eq!(ran.code, Some(code), "{second}: {ran:?}");
    }
    let before = desk.lab.pins_shown().len();
    for (text, code) in [
        ("first2.pdf --certify 2 --level b --out no.pdf", 1),
        ("a.pdf --signature cades --certify 1", 2),
        ("a.pdf --certify 4", 2),
        ("a.pdf --commitment maybe", 2),
        ("a.pdf --place ,BE", 2),
        ("a.pdf --lock some", 2),
        ("a.pdf --lock include:", 2),
        ("a.pdf --lock include:nobody --level b --out no.pdf", 1),
        ("data.xml --signature xades --packaging enveloped --lock all", 2),
        ("a.pdf --policy 1.2.3", 2),
        ("a.pdf --policy-document policy.txt", 2),
        ("a.pdf --policy policy --policy-document policy.txt", 2),
        ("a.pdf --policy https://a/b --policy-document policy.txt", 2),
        ("a.pdf --policy 1.2.3 --policy-hash sha256:00", 2),
        ("a.pdf --policy 1.2.3 --policy-document missing.txt", 1),
    ] {
        let ran = desk.sign(&words(text));
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{text}: {ran:?}");
    }
    assert_eq!(desk.lab.pins_shown().len(), before, "a PIN was asked");
}
