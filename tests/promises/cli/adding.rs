//! `zegel sign --add` and `--counter`: a further signature in a file that has some. Judges: xmlsec1, OpenSSL, unzip, and
//! our own validator, which must find every signature and its level.

use super::counter::Desk;
use super::signing::{accepts, desk, openssl_accepts, verify, words, write_certificates, xmlsec1_accepts};

/// What is in a file after a further signature: levels in order, each signature passed.
fn levels(desk: &Desk, text: &str) -> Vec<String> {
    let verified = verify(desk, text);
    let report = verified.json();
    let all = report["signatures"].as_array().unwrap().iter();
    all.map(|one| {
        assert_eq!(one["indication"], "TOTAL-PASSED", "{text}: {report:#}");
        one["level"].as_str().unwrap().to_owned()
    })
    .collect()
}

#[test]
fn another_signs_beside_whoever_signed_in_every_format_that_holds_several() {
    let Some(desk) = desk(&["mayor", "alderman"]) else {
        return;
    };
    write_certificates(&desk);
    // How the first signs, what comes out, what it is over when that stays beside it.
    let forms = [
        ("a.pdf b.pdf --container asic-e", "a.pdf.asice", ""),
        (
            "b.pdf a.pdf --container asic-e --signature cades --out cades.asice",
            "cades.asice",
            "",
        ),
        (
            "a.pdf --container asic-s --signature cades --out cades.asics",
            "cades.asics",
            "",
        ),
        (
            "data.xml --signature xades --packaging enveloped",
            "data-signed.xml",
            "",
        ),
        (
            "data.xml --signature xades --packaging internally-detached --element deel --out deel.xml",
            "deel.xml",
            "",
        ),
        ("a.pdf --signature cades --packaging attached", "a.pdf.p7m", ""),
        ("a.pdf --signature cades", "a.pdf.p7s", "a.pdf"),
        (
            "a.pdf --signature jades --serialization general --packaging attached --out in.jws",
            "in.jws",
            "",
        ),
        (
            "b.pdf --signature jades --serialization general",
            "b.pdf.jws",
            "b.pdf",
        ),
        ("c.pdf", "c-signed.pdf", ""),
    ];
    for (form, _, _) in forms {
        let signed = desk.sign(&words(&format!("{form} --level lt")));
        assert_eq!(signed.code, Some(0), "{form}: {signed:?}");
    }
    std::fs::rename(desk.path("signer.pem"), desk.path("first.pem")).unwrap();
    desk.remove("mayor");
    desk.insert("alderman");
    write_certificates(&desk);
    std::fs::rename(desk.path("signer.pem"), desk.path("second.pem")).unwrap();
    let xmlsec1_accepts = |file: &str, signer: &str| {
        std::fs::copy(desk.path(signer), desk.path("signer.pem")).unwrap();
        xmlsec1_accepts(&desk, file);
    };
    for (form, out, content) in forms {
        let beside = if content.is_empty() {
            String::new()
        } else {
            format!(" --detached {content}")
        };
        let before = std::fs::read(desk.path(out)).unwrap();
        let (stem, ending) = out.rsplit_once('.').unwrap();
        let next = format!("{stem}-signed.{ending}");
        let ran = desk.sign(&words(&format!("{out} --add{beside}")));
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(0), format!("{next}: B-LTA\n").as_str()),
            "{form}: {}",
            ran.messages
        );
        assert!(
            std::fs::read(desk.path(out)).unwrap() == before,
            "{form}: what was read stays"
        );
        // The first keeps its level; in a PDF the time-stamp behind covers it too.
        let mut shown = levels(&desk, &format!("{next}{beside}"));
        shown.sort();
        // The same in a container that a time-stamp over everything archives.
        let first = if ending == "pdf" || out == "cades.asice" {
            "lta"
        } else {
            "lt"
        };
        assert_eq!(shown, [first, "lta"], "{form}");
        match ending {
            "asice" | "asics" if stem == "cades" => {
                accepts(&desk, "unzip", &["-t", &next]);
                accepts(&desk, "unzip", &["-q", "-o", &next, "-d", stem]);
                let signed = if ending == "asice" {
                    [
                        ("signature001.p7s", "META-INF/ASiCManifest001.xml"),
                        ("signature002.p7s", "META-INF/ASiCManifest002.xml"),
                    ]
                } else {
                    [("signature.p7s", "a.pdf"); 2]
                };
                for (message, content) in signed {
                    let path = |name: &str| desk.path(&format!("{stem}/{name}"));
                    std::fs::copy(path(&format!("META-INF/{message}")), desk.path("one.p7s")).unwrap();
                    std::fs::copy(path(content), desk.path("one")).unwrap();
                    openssl_accepts(&desk, "one.p7s", "one");
                }
                std::fs::remove_dir_all(desk.path(stem)).unwrap();
            }
            "asice" => {
                assert!(ran.messages.contains("signs b.pdf in it"), "{ran:?}");
                accepts(&desk, "unzip", &["-t", &next]);
                accepts(&desk, "unzip", &["-q", "-o", &next, "-d", "unpacked"]);
                for (number, signer) in [("001", "first.pem"), ("002", "second.pem")] {
                    let name = format!("signatures{number}.xml");
                    std::fs::copy(desk.path(&format!("unpacked/META-INF/{name}")), desk.path(&name)).unwrap();
                    xmlsec1_accepts(&name, signer);
                }
            }
            // It looks at the first signature in the document: a new one stands behind the element, or last.
            "xml" if stem == "deel" => xmlsec1_accepts(&next, "second.pem"),
            "xml" => xmlsec1_accepts(&next, "first.pem"),
            "p7s" => openssl_accepts(&desk, &next, content),
            "p7m" => accepts(
                &desk,
                "openssl",
                &[
                    "cms", "-verify", "-cades", "-inform", "DER", "-in", &next, "-binary", "-CAfile",
                    "root.pem", "-purpose", "any", "-out", "out",
                ],
            ),
            _ => {}
        }
    }

    // On the signature instead of beside it, and on that one again.
    for (file, content) in [
        ("a.pdf.p7m", None),
        ("a.pdf.p7s", Some("a.pdf")),
        ("data-signed.xml", None),
        ("deel.xml", None),
        ("in.jws", None),
        ("b.pdf.jws", Some("b.pdf")),
    ] {
        let (_, ending) = file.rsplit_once('.').unwrap();
        let outs = ["once", "twice", "raised"].map(|stem| format!("{stem}.{ending}"));
        let on = "signer 1, counter-signature 1";
        for (command, from, option, name, level, out) in [
            ("sign", file, "--counter", "signer 1", "b", &outs[0]),
            ("sign", &outs[0], "--counter", on, "lt", &outs[1]),
            ("extend", &outs[1], "--signature", on, "lt", &outs[2]),
        ] {
            let mut words = vec![command, "--config", "zegel.toml", from, option, name];
            words.extend(["--level", level, "--force", "--out", out]);
            words.extend(content.iter().flat_map(|content| ["--detached", *content]));
            let ran = desk.run(&words);
            let shown = level.to_uppercase();
            assert_eq!(ran.out, format!("{out}: B-{shown}\n"), "{ran:?}");
        }
        let beside = content.map(|content| format!(" --detached {content}"));
        let report = verify(&desk, &format!("{}{}", outs[2], beside.unwrap_or_default())).json();
        let names: Vec<_> = report["signatures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["field"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "signer 1",
                "signer 1, counter-signature 1",
                "signer 1, counter-signature 1, counter-signature 1"
            ],
            "{report:#}"
        );
        assert_eq!(report["indication"], "TOTAL-PASSED", "{file}: {report:#}");
    }

    // One of two alone is raised, and the other is not touched.
    let ran = desk.run(&[
        "extend",
        "--config",
        "zegel.toml",
        "a.pdf-signed.p7m",
        "--signature",
        "signer 1",
        "--out",
        "both.p7m",
    ]);
    assert_eq!(ran.out, "both.p7m: B-LTA\n", "{ran:?}");
    assert_eq!(levels(&desk, "both.p7m"), ["lta", "lta"]);
}

#[test]
fn what_takes_no_further_signature_says_why_before_the_card_is_asked() {
    let Some(desk) = desk(&["mayor"]) else { return };
    for form in [
        "a.pdf b.pdf --container asic-e",
        "a.pdf --container asic-s",
        "data.xml --signature xades --packaging enveloping",
        "data.xml --signature xades --packaging enveloped",
        "a.pdf --signature cades",
        "a.pdf --signature jades",
        "b.pdf --signature jades --serialization compact --out compact.jws",
        "a.pdf --signature cades --packaging attached",
        "data.xml --container asic-e",
        "a.pdf --out signed.pdf",
    ] {
        let signed = desk.sign(&words(&format!("{form} --level b")));
        assert_eq!(signed.code, Some(0), "{signed:?}");
    }
    let text = std::fs::read_to_string(desk.path("data-signed.xml")).unwrap();
    std::fs::write(desk.path("changed.xml"), text.replace("TEST", "TOCH")).unwrap();
    std::fs::write(desk.path("utf16.xml"), b"\xFF\xFE<\0a\0/\0>\0").unwrap();
    // Detached, and its payload signed as the base64url text of it: nobody signs so here.
    let signed = desk.sign(&words(
        "b.pdf --signature jades --serialization general --packaging attached --level b --out payload.jws",
    ));
    assert_eq!(signed.code, Some(0), "{signed:?}");
    let text = std::fs::read_to_string(desk.path("payload.jws")).unwrap();
    let mut bare: serde_json::Value = serde_json::from_str(&text).unwrap();
    bare.as_object_mut().unwrap().remove("payload").unwrap();
    std::fs::write(desk.path("payload.jws"), bare.to_string()).unwrap();
    let before = (desk.files(), desk.lab.pins_shown().len());
    let policy = format!(
        "--policy https://zegel.example/p --policy-hash sha256:{}",
        "00".repeat(32)
    );
    let named = [
        format!("a.pdf.p7m --add {policy}"),
        format!("a.pdf.p7s --add --detached a.pdf {policy}"),
        format!("signed.pdf --add {policy}"),
    ];
    let named = named.iter().map(|text| (text.as_str(), 2, "(ADES_POLICY_NAME)"));
    let others = [
        ("utf16.xml --add", 1, "(XML_ENCODING)"),
        (
            "payload.jws --add --detached b.pdf",
            1,
            "its payload is signed in a way that zegel does not sign in (ADES_FORM)",
        ),
        (
            "a.pdf.p7m --add --counter nobody --level lt",
            2,
            "the argument '--add' cannot be used with '--counter <NAME>'",
        ),
        ("a.pdf.asics --add", 1, "hint: sign the files themselves again"),
        ("data.xml.xades --add", 1, "(ADES_FORM)"),
        ("data.xml --add --out x.xml", 1, "there is no signature in it"),
        (
            "a.pdf.jws --add --detached a.pdf",
            1,
            "only the general form several",
        ),
        ("changed.xml --add", 1, "(ADES_EXISTING_SIGNATURE)"),
        // What carries its content is over nothing beside it.
        ("data.xml.asice --add --detached a.pdf", 2, "(ADES_CONTENT)"),
        (
            "signed.pdf --add --detached b.pdf",
            2,
            "hint: leave --detached out",
        ),
        ("data-signed.xml --add --detached b.pdf", 2, "(ADES_CONTENT)"),
        ("a.pdf.p7m --add --detached b.pdf", 2, "(ADES_CONTENT)"),
        (
            "a.pdf.p7s --add",
            1,
            "hint: name what the signatures are over with --detached",
        ),
        ("a.pdf.p7s --add --detached b.pdf", 1, "(ADES_EXISTING_SIGNATURE)"),
        (
            "a.pdf.p7s --counter nobody --level lt",
            2,
            "(ADES_SIGNATURE_UNKNOWN)",
        ),
        (
            "data-signed.xml --counter nobody --level lt",
            2,
            "(ADES_SIGNATURE_UNKNOWN)",
        ),
        (
            "a.pdf.jws --counter nobody --level lt",
            2,
            "(ADES_SIGNATURE_UNKNOWN)",
        ),
        (
            "a.pdf.asice --counter nobody --level lt",
            1,
            "in a CMS message, XML or JSON",
        ),
        (
            "compact.jws --counter nobody --level lt",
            1,
            "hint: zegel extend --serialization",
        ),
        ("a.pdf.p7s --counter nobody", 2, "goes up to --level lt"),
        ("a.pdf.p7s --add --signature cades", 2, "leave --signature"),
        ("a.pdf.asice --add --container asic-e", 2, "leave --signature"),
        ("a.pdf --detached b.pdf", 2, "--detached goes with --add"),
        (
            "a.pdf.p7s a.pdf.p7s --add --detached b.pdf",
            2,
            "says what one file is over",
        ),
        ("a.pdf.asice", 1, "hint: --add"),
    ];
    for (text, code, says) in named.chain(others) {
        let ran = desk.sign(&words(text));
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{text}: {ran:?}");
        assert!(ran.messages.contains(says), "{text}: {ran:?}");
    }
    assert_eq!(
        (desk.files(), desk.lab.pins_shown().len()),
        before,
        "nothing is written, no PIN asked"
    );
}
