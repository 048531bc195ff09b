//! `zegel extend` of what `zegel sign` made, and of what it cannot raise. Judges: xmlsec1, OpenSSL, unzip, and our own
//! validator, which must say exactly the level.

use super::Ran;
use super::counter::Desk;
use super::signing::{accepts, desk, openssl_accepts, verify, words, write_certificates, xmlsec1_accepts};

fn extend(desk: &Desk, text: &str) -> Ran {
    desk.run(&[vec!["extend", "--config", "zegel.toml"], words(text)].concat())
}

#[test]
fn a_signature_outside_pdf_and_containers_is_raised_and_renewed() {
    let Some(desk) = desk(&["mayor"]) else { return };
    write_certificates(&desk);
    // What is signed and how, what comes out, what it is over when that stays beside it, and what extending needs.
    let forms = [
        (
            "data.xml --signature xades --packaging enveloped",
            "data-signed.xml",
            "",
            "",
        ),
        (
            "data.xml --signature xades --packaging internally-detached --element deel",
            "data-signed.xml",
            "",
            "",
        ),
        (
            "a.pdf --signature xades --packaging enveloping",
            "a.pdf.xades",
            "",
            "",
        ),
        ("a.pdf --signature xades", "a.pdf.xades", "a.pdf", ""),
        ("a.pdf --signature cades", "a.pdf.p7s", "a.pdf", ""),
        (
            "a.pdf --signature cades --packaging attached",
            "a.pdf.p7m",
            "",
            "",
        ),
        ("a.pdf --signature jades", "a.pdf.jws", "a.pdf", ""),
        (
            "a.pdf --signature jades --serialization general --packaging attached",
            "a.pdf.jws",
            "",
            "",
        ),
        (
            "a.pdf --signature jades --serialization compact --packaging attached",
            "a.pdf.jws",
            "",
            "--serialization flattened",
        ),
    ];
    for (form, out, content, first) in forms {
        let signed = desk.sign(&words(&format!("{form} --level b --force")));
        assert_eq!(signed.code, Some(0), "{signed:?}");
        let beside = if content.is_empty() {
            String::new()
        } else {
            format!(" --detached {content}")
        };
        let mut file = out.to_owned();
        let mut also = first;
        let mut sizes = Vec::new();
        for (turn, level, shown) in [
            (1, "t", "B-T"),
            (2, "lt", "B-LT"),
            (3, "lta", "B-LTA"),
            (4, "lta", "B-LTA"),
        ] {
            let case = format!("{form}: {file} to {level}");
            let next = format!("{turn}.{}", out.rsplit('.').next().unwrap());
            let before = std::fs::read(desk.path(&file)).unwrap();
            let ran = extend(
                &desk,
                &format!("{file}{beside} --level {level} --out {next} --force {also}"),
            );
            assert_eq!(
                (ran.code, ran.out),
                (Some(0), format!("{next}: {shown}\n")),
                "{case}: {}",
                ran.messages
            );
            also = "";
            assert!(
                std::fs::read(desk.path(&file)).unwrap() == before,
                "what was read stays"
            );
            let verified = verify(&desk, &format!("{next}{beside}"));
            let report = verified.json();
            assert_eq!(report["signatures"].as_array().unwrap().len(), 1, "{case}");
            assert_eq!(report["signatures"][0]["level"], level, "{case}: {report:#}");
            assert_eq!(
                verified.code,
                Some(if level == "t" { 4 } else { 0 }),
                "{case}: {report:#}"
            );
            match out.rsplit('.').next() {
                Some("p7s") => openssl_accepts(&desk, &next, content),
                Some("p7m") => accepts(
                    &desk,
                    "openssl",
                    &[
                        "cms", "-verify", "-cades", "-inform", "DER", "-in", &next, "-binary", "-CAfile",
                        "root.pem", "-purpose", "any", "-out", "out",
                    ],
                ),
                Some("xml" | "xades") => xmlsec1_accepts(&desk, &next),
                _ => {}
            }
            sizes.push(std::fs::metadata(desk.path(&next)).unwrap().len());
            file = next;
        }
        assert!(
            sizes.is_sorted_by(|before, after| before < after),
            "{form}: {sizes:?}"
        );
    }
    let beside = extend(&desk, "a.pdf.p7s --detached a.pdf");
    assert_eq!(beside.out, "a.pdf-extended.p7s: B-LTA\n", "{beside:?}");
}

#[test]
fn what_cannot_be_raised_says_why_and_nothing_is_written() {
    let Some(desk) = desk(&["mayor"]) else { return };
    for form in [
        "data.xml --signature xades --packaging enveloped",
        "a.pdf --signature xades",
        "a.pdf --signature cades",
        "a.pdf --signature jades --serialization general",
        "b.pdf --signature jades --serialization compact",
        "a.pdf --container asic-e",
    ] {
        let signed = desk.sign(&words(&format!("{form} --level b")));
        assert_eq!(signed.code, Some(0), "{signed:?}");
    }
    let text = std::fs::read_to_string(desk.path("data-signed.xml")).unwrap();
    std::fs::write(desk.path("changed.xml"), text.replace("TEST", "TOCH")).unwrap();
    std::fs::write(desk.path("plain.txt"), "TEST").unwrap();
    let before = desk.files();
    for (text, code, says) in [
        ("a.pdf.p7s", 1, "(ADES_CONTENT)"),
        ("a.pdf.p7s", 1, "hint: name what it is over with --detached"),
        ("a.pdf.xades", 1, "(ADES_CONTENT)"),
        ("a.pdf.jws", 1, "(ADES_CONTENT)"),
        ("a.pdf.p7s --detached b.pdf", 1, "(ADES_BELOW_LEVEL)"),
        ("a.pdf.xades --detached b.pdf", 1, "(ADES_BELOW_LEVEL)"),
        ("a.pdf.jws --detached b.pdf", 1, "(ADES_BELOW_LEVEL)"),
        // Two contents: one of them is in no signature.
        ("a.pdf.p7s --detached a.pdf --detached b.pdf", 1, "(ADES_"),
        ("data-signed.xml --detached a.pdf", 1, "(ADES_BELOW_LEVEL)"),
        ("changed.xml", 1, "hint: zegel verify says what is wrong"),
        ("data.xml", 1, "(ADES_BELOW_LEVEL)"),
        ("b.pdf.jws --detached b.pdf", 1, "(ADES_FORM)"),
        ("b.pdf.jws --detached b.pdf", 1, "hint: --serialization flattened"),
        (
            "b.pdf.jws --detached b.pdf --serialization compact",
            2,
            "takes flattened or general",
        ),
        (
            "a.pdf.p7s --detached a.pdf --serialization general",
            2,
            "--serialization says how",
        ),
        (
            "a.pdf.p7s --detached a.pdf --signature nobody",
            2,
            "(ADES_SIGNATURE_UNKNOWN)",
        ),
        (
            "a.pdf.p7s --detached a.pdf --signature nobody",
            2,
            "there is signer 1",
        ),
        ("a.pdf.p7s --detached gone.pdf", 1, "`gone.pdf`"),
        ("a.pdf --detached b.pdf", 2, "a PDF and a container carry theirs"),
        (
            "a.pdf.asice --detached a.pdf",
            2,
            "a PDF and a container carry theirs",
        ),
        ("plain.txt", 1, "(PDF_"),
    ] {
        let ran = extend(&desk, text);
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{text}: {ran:?}");
        assert!(ran.messages.contains(says), "{text}: {ran:?}");
    }
    desk.lab(&["service", "set", "tsa", "down"]);
    for text in [
        "a.pdf.p7s --detached a.pdf",
        "data-signed.xml",
        "a.pdf.jws --detached a.pdf",
    ] {
        let ran = extend(&desk, text);
        assert_eq!(ran.code, Some(1), "{text}: {ran:?}");
        assert!(ran.messages.contains("(TST_UNAVAILABLE)"), "{text}: {ran:?}");
    }
    assert_eq!(desk.files(), before, "nothing is written");
}

#[test]
fn a_signature_in_a_container_is_extended_alone() {
    let Some(desk) = desk(&["mayor"]) else { return };
    let extend = |text: &str| extend(&desk, text);
    for (form, name) in [
        ("xades", "META-INF/signatures001.xml"),
        ("cades", "META-INF/signature001.p7s"),
    ] {
        let text = format!("a.pdf b.pdf --container asic-e --level b --force --signature {form}");
        let signed = desk.sign(&words(&text));
        assert_eq!(signed.code, Some(0), "{signed:?}");
        let mut file = "a.pdf.asice".to_owned();
        for (level, shown) in [("t", "B-T"), ("lt", "B-LT"), ("lta", "B-LTA"), ("lta", "B-LTA")] {
            let next = format!("{form}-{level}.asice");
            let text = format!("{file} --level {level} --signature {name} --out {next} --force");
            let before = std::fs::read(desk.path(&file)).unwrap();
            let ran = extend(&text);
            assert_eq!(
                (ran.code, ran.out),
                (Some(0), format!("{next}: {shown}\n")),
                "{text}: {}",
                ran.messages
            );
            let report = verify(&desk, &next).json();
            assert_eq!(report["signatures"][0]["level"], level, "{report:#}");
            if file != next {
                assert!(
                    std::fs::read(desk.path(&file)).unwrap() == before,
                    "what was read stays"
                );
            }
            accepts(&desk, "unzip", &["-t", &next]);
            file = next;
        }
    }
    for (text, code, says) in [
        ("a.pdf.asice --signature nobody", 2, "(ADES_SIGNATURE_UNKNOWN)"),
        ("a.pdf.asice --level b", 2, "a signature has B-B from the start"),
        ("a.pdf.asice --out xades-t.asice", 2, "(FILE_EXISTS)"),
        (
            "a.pdf --signature nobody",
            2,
            "--signature names one of several signatures",
        ),
        ("no.asice", 1, "(FILE_READ)"),
    ] {
        let ran = extend(text);
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{text}: {ran:?}");
        assert!(ran.messages.contains(says), "{text}: {ran:?}");
    }
    let beside = extend("xades-t.asice");
    assert_eq!(beside.out, "xades-t-extended.asice: B-LTA\n", "{beside:?}");
}
