//! Attacks on XML signatures and containers: wrapping, doubles, moved properties, ZIP tricks, and a generator of damage.
//! Each is refused for its own reason, and the file before the attack is accepted.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use zegel::ades::asic::container::Container;
use zegel::ades::asic::zip::write::Writer;
use zegel::ades::asic::zip::{Archive, Limits, Method};
use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;
use zegel::ades::validate::report::Report;

use super::asic_world::{self, Form, further, stamped};
use super::world::{P384, Signer, World};
use super::xml_world::{Packaging, sealed, validate};

struct Files {
    world: World,
    signer: Signer,
    xml: Vec<(Packaging, String)>,
}

/// One signature of each packaging at B-LTA: everything in it but the last validation data is under a time-stamp.
fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let world = World::new();
        let signer = world.signer(P384);
        let xml = Packaging::ALL
            .into_iter()
            .map(|packaging| {
                let file = sealed(&world, packaging, &signer, Level::Lta);
                (packaging, String::from_utf8(file).unwrap())
            })
            .collect();
        Files { world, signer, xml }
    })
}

fn of(packaging: Packaging) -> &'static str {
    let found = files().xml.iter().find(|(one, _)| *one == packaging);
    &found.unwrap().1
}

/// Every cause in a report.
fn causes(report: &Report) -> BTreeSet<String> {
    let findings = report.signatures.iter().flat_map(|signature| &signature.findings);
    let mut causes: BTreeSet<String> = findings.map(|finding| finding.cause.clone()).collect();
    if let Some(text) = &report.document.format_failure {
        let cause = text
            .rsplit_once('(')
            .map_or(text.as_str(), |(_, cause)| cause.trim_end_matches(')'));
        causes.insert(cause.to_owned());
    }
    causes
}

fn refused(name: &str, report: &Report, cause: &str) {
    assert_ne!(report.indication, Indication::TotalPassed, "{name}");
    assert!(causes(report).contains(cause), "{name}: {:?}", causes(report));
}

/// The text between two marks, both with it.
fn cut<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).unwrap();
    let end = text[start..].find(to).unwrap() + start + to.len();
    &text[start..end]
}

const ORIGINAL: &str = "<deel xmlns=\"urn:zegel:test\" Id=\"deel\">art. 1 &amp; é</deel>";
const FORGED: &str = "<deel xmlns=\"urn:zegel:test\">art. 2</deel>";
const FORGED_SAME: &str = "<deel xmlns=\"urn:zegel:test\" Id=\"deel\">art. 2</deel>";

#[test]
fn what_was_signed_cannot_be_wrapped_away() {
    let text = of(Packaging::InternallyDetached);
    let world = &files().world;
    assert_eq!(
        validate(world, text.as_bytes()).indication,
        Indication::TotalPassed
    );
    let signature = text
        .strip_prefix("<map>")
        .and_then(|rest| rest.strip_prefix(ORIGINAL))
        .and_then(|rest| rest.strip_suffix("</map>"))
        .unwrap();
    let with_object = |inner: &str| {
        signature.replacen(
            "<ds:Object>",
            &format!("<ds:Object>{inner}</ds:Object><ds:Object>"),
            1,
        )
    };
    let carrying = with_object(ORIGINAL);
    for (name, document, cause) in [
        (
            "1: forged first",
            format!("<map>{FORGED}{signature}{ORIGINAL}</map>"),
            "XADES_NOT_COVERED",
        ),
        (
            "2: original in a wrapper",
            format!("<map>{FORGED}{signature}<w>{ORIGINAL}</w></map>"),
            "XADES_NOT_COVERED",
        ),
        (
            "3: original in the forged",
            format!("<map><deel xmlns=\"urn:zegel:test\">art. 2{ORIGINAL}</deel>{signature}</map>"),
            "XADES_NOT_COVERED",
        ),
        (
            "4: original in a forged attribute's element",
            format!("<map><deel bedrag=\"100\">{ORIGINAL}</deel>{signature}</map>"),
            "XADES_NOT_COVERED",
        ),
        (
            "5: same identifier, original in an object",
            format!("<map>{FORGED_SAME}{carrying}</map>"),
            "XADES_REPEATED_ID",
        ),
        (
            "6: original in an object",
            format!("<map>{FORGED}{carrying}</map>"),
            "XADES_NOT_COVERED",
        ),
        (
            "7: same identifier in an extension",
            format!("<map><x>{FORGED_SAME}</x>{ORIGINAL}{signature}</map>"),
            "XADES_REPEATED_ID",
        ),
        (
            "8: signature in the forged, original in its object",
            format!("<map><deel xmlns=\"urn:zegel:test\">art. 2{carrying}</deel></map>"),
            "XADES_NOT_COVERED",
        ),
        (
            "identifier in lower case",
            format!(
                "<map><deel xmlns=\"urn:zegel:test\" id=\"deel\">art. 2</deel>{ORIGINAL}{signature}</map>"
            ),
            "XSIG_TARGET",
        ),
        (
            "identifier of XML",
            format!("<map><deel xml:id=\"deel\">art. 2</deel>{ORIGINAL}{signature}</map>"),
            "XADES_REPEATED_ID",
        ),
        (
            "text beside it",
            format!("<map>art. 2{ORIGINAL}{signature}</map>"),
            "XADES_NOT_COVERED",
        ),
        (
            "attribute of the root",
            format!("<map a=\"2\">{ORIGINAL}{signature}</map>"),
            "XADES_NOT_COVERED",
        ),
        (
            "instruction",
            format!("<map><?art 2?>{ORIGINAL}{signature}</map>"),
            "XADES_NOT_COVERED",
        ),
        (
            "object that nobody signed",
            format!("<map>{ORIGINAL}{}</map>", with_object("<a>art. 2</a>")),
            "XADES_NOT_COVERED",
        ),
        (
            "comment that parts text",
            text.replace("art. 1", "art. <!-- -->1"),
            "XSIG_MALFORMED",
        ),
    ] {
        refused(name, &validate(world, document.as_bytes()), cause);
    }
    // What is honest in the same places.
    for document in [
        format!("<map>\n {ORIGINAL}\n {signature}\n</map>"),
        format!("<map xml:lang=\"nl\"><w>{ORIGINAL}</w>{signature}</map>"),
        format!("<map><!-- beside -->{ORIGINAL}{signature}</map>"),
    ] {
        let report = validate(world, document.as_bytes());
        assert_eq!(
            report.indication,
            Indication::TotalPassed,
            "{document:.60} {:?}",
            causes(&report)
        );
    }
}

#[test]
fn properties_are_those_of_their_own_signature_and_exactly_one() {
    let text = of(Packaging::Enveloped);
    let world = &files().world;
    assert_eq!(
        validate(world, text.as_bytes()).indication,
        Indication::TotalPassed
    );
    let properties = cut(
        text,
        "<xades:QualifyingProperties",
        "</xades:QualifyingProperties>",
    );
    let id = format!("{}\"", cut(text, "Id=\"id-", "\">").trim_end_matches("\">"));
    let moved = properties.replacen(' ', " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" ", 1);
    let other = properties
        .replace("Target=\"#id-", "Target=\"#other-")
        .replace("-signed\"", "-other\"");
    let second = properties.replace("-signed\"", "-other\"");
    for (name, document, cause) in [
        (
            "second in an object before",
            text.replacen("<ds:Object>", &format!("<ds:Object>{second}</ds:Object><ds:Object>"), 1),
            "XSIG_MALFORMED",
        ),
        (
            "another's in an object before",
            text.replacen("<ds:Object>", &format!("<ds:Object>{other}</ds:Object><ds:Object>"), 1),
            "XSIG_MALFORMED",
        ),
        (
            "moved into the document",
            text.replace(properties, "").replace("<leeg/>", &format!("<leeg/>{moved}")),
            "XSIG_MALFORMED",
        ),
        ("taken away", text.replace(properties, ""), "XSIG_MALFORMED"),
        ("aimed elsewhere", text.replace("Target=\"#id-", "Target=\"#is-"), "XSIG_MALFORMED"),
        (
            "signed properties twice",
            text.replace(
                "</xades:SignedProperties>",
                "</xades:SignedProperties><xades:SignedProperties></xades:SignedProperties>",
            ),
            "XSIG_MALFORMED",
        ),
        ("identifier taken away", text.replacen(&format!(" {id}"), "", 1), "XSIG_MALFORMED"),
        (
            "document type",
            text.replacen("<besluit", "<!DOCTYPE besluit><besluit", 1),
            "XML_DOCUMENT_TYPE",
        ),
        (
            "another signature's element around forged content",
            text.replace("<leeg/>", "<leeg/><ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><a>2</a></ds:Signature>"),
            "XSIG_MALFORMED",
        ),
        (
            "keyed hash",
            text.replace("ecdsa-sha384", "hmac-sha384"),
            "XSIG_ALGORITHM",
        ),
        (
            "stylesheet",
            text.replace(
                "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>",
                "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"></ds:Transform>",
            ),
            "XSIG_TRANSFORM",
        ),
        (
            "another expression",
            text.replace("/descendant::ds:Signature", "/descendant::ds:Object"),
            "XSIG_TRANSFORM",
        ),
    ] {
        assert_ne!(document, text, "{name}");
        refused(name, &validate(world, document.as_bytes()), cause);
    }
}

#[test]
fn another_certificate_gives_neither_key_nor_name() {
    let text = of(Packaging::Enveloped);
    let world = &files().world;
    let stranger = world.signer(P384);
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(stranger.certificate.der());
    let own = cut(text, "<ds:X509Certificate>", "</ds:X509Certificate>");
    // Before the signer's own, and instead of it: the archive time-stamp tells too, so it is looked at below it.
    let doubled = text.replacen(
        own,
        &format!("<ds:X509Certificate>{encoded}</ds:X509Certificate>{own}"),
        1,
    );
    let report = validate(world, doubled.as_bytes());
    refused("doubled", &report, "TST_BROKEN");
    let says = report.signatures[0].certificate.as_ref().unwrap();
    assert_eq!(says.sha256, files().signer.certificate.fingerprint());
    let basic = String::from_utf8(sealed(world, Packaging::Enveloped, &files().signer, Level::B)).unwrap();
    let swapped = basic.replacen(
        own,
        &format!("<ds:X509Certificate>{encoded}</ds:X509Certificate>"),
        1,
    );
    assert_ne!(swapped, basic);
    refused(
        "swapped",
        &validate(world, swapped.as_bytes()),
        "XADES_CERTIFICATE_MISSING",
    );
}

/// Changes one character of the base64 behind `mark`, in its middle.
fn spoilt(text: &str, mark: &str) -> Option<String> {
    let start = text.find(mark)? + mark.len();
    let end = text[start..].find('<')? + start;
    let middle = start + (end - start) / 2;
    let new = if text.as_bytes()[middle] == b'A' { "B" } else { "A" };
    Some([&text[..middle], new, &text[middle + 1..]].concat())
}

fn without(text: &str, from: &str, to: &str) -> Option<String> {
    let start = text.find(from)?;
    let end = text[start..].find(to)? + start + to.len();
    Some([&text[..start], &text[end..]].concat())
}

fn swapped(text: &str, from: &str, to: &str) -> Option<String> {
    text.contains(from).then(|| text.replacen(from, to, 1))
}

/// Every kind of damage that applies to `text`, with its name.
fn damages(text: &str) -> Vec<(String, String)> {
    let mut made: Vec<(String, Option<String>)> = Vec::new();
    for mark in [
        "<ds:SignatureValue",
        "<ds:DigestValue>",
        "<ds:X509Certificate>",
        "<xades:EncapsulatedTimeStamp>",
        "<xades:EncapsulatedX509Certificate>",
        "<xades:EncapsulatedOCSPValue>",
        "<xades:EncapsulatedCRLValue>",
        "<xades:IssuerSerialV2>",
        "<xades:CertDigest>",
    ] {
        let behind = text
            .find(mark)
            .and_then(|at| Some(at + text[at..].find('>')? + 1));
        let spoilt = behind.and_then(|at| {
            let (before, after) = text.split_at(at);
            // Where elements stand between, the first text is meant.
            let inner = after
                .find("<ds:DigestValue>")
                .filter(|_| mark == "<xades:CertDigest>");
            let mark = if inner.is_some() { "<ds:DigestValue>" } else { "" };
            Some([before, &spoilt(after, mark)?].concat())
        });
        made.push((format!("spoilt {mark}"), spoilt));
    }
    for (from, to) in [
        ("<ds:KeyInfo>", "</ds:KeyInfo>"),
        ("<ds:SignatureValue", "</ds:SignatureValue>"),
        ("<ds:Transforms>", "</ds:Transforms>"),
        ("<ds:Reference", "</ds:Reference>"),
        ("<ds:SignedInfo>", "</ds:SignedInfo>"),
        ("<xades:SigningTime>", "</xades:SigningTime>"),
        ("<xades:SigningCertificateV2>", "</xades:SigningCertificateV2>"),
        ("<xades:DataObjectFormat", "</xades:DataObjectFormat>"),
        (
            "<xades:SignedSignatureProperties>",
            "</xades:SignedSignatureProperties>",
        ),
        ("<xades:SignedProperties", "</xades:SignedProperties>"),
        ("<xades:UnsignedProperties", "</xades:UnsignedProperties>"),
        ("<xades:SignatureTimeStamp", "</xades:SignatureTimeStamp>"),
        ("<xades:CertificateValues", "</xades:CertificateValues>"),
        ("<xades:RevocationValues", "</xades:RevocationValues>"),
        ("<xades:EncapsulatedTimeStamp>", "</xades:EncapsulatedTimeStamp>"),
    ] {
        made.push((format!("without {from}"), without(text, from, to)));
        let again = text
            .find(from)
            .and_then(|start| Some(&text[start..start + text[start..].find(to)? + to.len()]));
        let doubled = again.map(|piece| text.replacen(piece, &format!("{piece}{piece}"), 1));
        made.push((format!("twice {from}"), doubled));
    }
    for (from, to) in [
        (
            "xml-exc-c14n#\"></ds:CanonicalizationMethod>",
            "xml-exc-c14n#WithComments\"></ds:CanonicalizationMethod>",
        ),
        ("ecdsa-sha384", "ecdsa-sha256"),
        ("ecdsa-sha384", "rsa-sha384"),
        ("xmldsig-more#sha384", "none"),
        (
            "Type=\"http://uri.etsi.org/01903#SignedProperties\"",
            "Type=\"http://uri.etsi.org/01903#Other\"",
        ),
        ("-signed\"", "-sealed\""),
        ("ObjectReference=\"#", "ObjectReference=\"#x"),
        ("Target=\"#", "Target=\"#x"),
        ("Id=\"id-", "Id=\"ID-"),
        (
            "http://uri.etsi.org/01903/v1.3.2#",
            "http://uri.etsi.org/01903/v1.3.1#",
        ),
        ("<xades:MimeType>", "<xades:MimeType>x"),
        ("Z</xades:SigningTime>", "+01:00</xades:SigningTime>"),
        ("xml-exc-c14n#", "xml-c14n11"),
        ("</ds:Signature>", "<ds:Object><x></x></ds:Object></ds:Signature>"),
        ("</ds:Signature>", "text</ds:Signature>"),
        ("</ds:SignedInfo>", "<x></x></ds:SignedInfo>"),
        ("<ds:Signature ", "<!DOCTYPE x><ds:Signature "),
        ("<ds:Signature ", "&x;<ds:Signature "),
        ("<ds:Signature ", "<ds:signature "),
        ("</ds:Signature>", ""),
        ("URI=\"#", "URI=\"#x"),
        ("besluit van 3", "besluit van 4"),
        ("Besluit van 3", "Besluit van 4"),
        ("a=\"1", "a=\"2"),
        ("<leeg/>", "<leeg/><leeg/>"),
        ("art. 1", "art. 2"),
        (" é", " e"),
        ("JVBERi", "JVBESi"),
        ("besluit.pdf", "besluit.pdg"),
        ("bijlage%201", "bijlage%202"),
    ] {
        made.push((format!("{from} -> {to}"), swapped(text, from, to)));
    }
    for part in 1..8 {
        let mut at = text.len() * part / 8;
        while !text.is_char_boundary(at) {
            at += 1;
        }
        made.push((format!("cut off at {part}/8"), Some(text[..at].to_owned())));
    }
    made.push(("behind the end".to_owned(), Some(format!("{text}<x/>"))));
    made.push(("before the start".to_owned(), Some(format!("x{text}"))));
    made.push(("nothing".to_owned(), Some(String::new())));
    made.into_iter()
        .filter_map(|(name, text)| Some((name, text?)))
        .collect()
}

#[test]
fn every_kind_of_damage_is_refused_in_every_packaging() {
    let world = &files().world;
    let mut kinds = BTreeSet::new();
    for (packaging, text) in &files().xml {
        let twin = validate(world, text.as_bytes());
        assert_eq!(twin.indication, Indication::TotalPassed, "{packaging:?}");
        for (name, damaged) in damages(text) {
            if damaged == *text {
                continue;
            }
            let report = validate(world, damaged.as_bytes());
            let is_lower = report
                .signatures
                .iter()
                .any(|signature| signature.level < Some(Level::Lta));
            assert!(
                report.indication != Indication::TotalPassed || is_lower,
                "{packaging:?} {name}"
            );
            kinds.insert(name);
        }
    }
    assert!(kinds.len() >= 40, "{}", kinds.len());
}

/// `container` with another entry in it.
fn with_entry(container: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    let archive = Archive::open(Arc::new(container.to_vec()), &Limits::default()).unwrap();
    let mut writer = Writer::append_to(&archive, Vec::new(), files().world.now).unwrap();
    writer.add(name, &content.to_vec(), Method::Stored).unwrap();
    writer.finish().unwrap()
}

/// An entry as it is written: name, content, how it is kept.
type Written = Option<(String, Vec<u8>, Method)>;

/// `container` written again with each entry as `change` says; none drops it.
fn rewritten(container: &[u8], change: &dyn Fn(&str, Vec<u8>) -> Written) -> Vec<u8> {
    let archive = Archive::open(Arc::new(container.to_vec()), &Limits::default()).unwrap();
    let mut writer = Writer::new(Vec::new(), files().world.now);
    for entry in archive.entries() {
        let content = archive.read(entry, 1 << 20).unwrap();
        if let Some((name, content, method)) = change(entry.name(), content) {
            writer.add(&name, &content, method).unwrap();
        }
    }
    writer.finish().unwrap()
}

#[test]
fn a_container_holds_nothing_that_nobody_signed_and_reads_the_same_to_everybody() {
    let world = &files().world;
    for form in Form::ALL {
        let container = asic_world::sealed(world, form, &files().signer, Level::Lta);
        let twin = asic_world::validate(world, &container);
        assert_eq!(twin.indication, Indication::TotalPassed, "{form:?} {twin:#?}");
        assert_eq!(twin.signatures[0].level, Some(Level::Lta));
        let same = |name: &str, content: Vec<u8>, method| Some((name.to_owned(), content, method));
        let keep = |name: &str, content: Vec<u8>| {
            let method = if name == "mimetype" {
                Method::Stored
            } else {
                Method::Deflated
            };
            same(name, content, method)
        };
        assert_eq!(
            asic_world::validate(world, &rewritten(&container, &keep)).indication,
            Indication::TotalPassed
        );
        let extra = if form.is_simple() {
            "ASIC_FILES"
        } else {
            "ASIC_UNSIGNED_FILE"
        };
        let missing = match form {
            Form::ExtendedXades => "XSIG_MISSING",
            Form::ExtendedCades => "ASIC_FILE_MISSING",
            Form::SimpleXades | Form::SimpleCades => "ASIC_FILES",
        };
        let changed = match form {
            Form::ExtendedXades | Form::SimpleXades => "XSIG_DIGEST",
            Form::ExtendedCades => "ASIC_DIGEST",
            Form::SimpleCades => "CMS_MESSAGE_DIGEST",
        };
        let cases: [(&str, Vec<u8>, &str); 12] = [
            ("extra file", with_entry(&container, "extra.txt", b"TEST"), extra),
            (
                "extra file in a folder",
                with_entry(&container, "bijlagen/extra.txt", b"TEST"),
                extra,
            ),
            (
                "bytes before",
                [b"x", container.as_slice()].concat(),
                "ZIP_AMBIGUOUS",
            ),
            (
                "bytes behind",
                [container.as_slice(), b"x"].concat(),
                "ZIP_NOT_ZIP",
            ),
            (
                "type not first",
                {
                    let moved = rewritten(&container, &|name, content| {
                        (name != "mimetype").then(|| keep(name, content)).flatten()
                    });
                    with_entry(&moved, "mimetype", b"application/vnd.etsi.asic-e+zip")
                },
                "ASIC_MIMETYPE",
            ),
            (
                "type with another name",
                rewritten(&container, &|name, content| {
                    let name = if name == "mimetype" { "Mimetype" } else { name };
                    same(name, content, Method::Stored)
                }),
                "ASIC_MIMETYPE",
            ),
            (
                "type of another kind of file",
                rewritten(&container, &|name, content| {
                    let content = if name == "mimetype" {
                        b"application/zip".to_vec()
                    } else {
                        content
                    };
                    same(name, content, Method::Stored)
                }),
                "ASIC_MIMETYPE",
            ),
            (
                "type with a line end",
                rewritten(&container, &|name, mut content| {
                    if name == "mimetype" {
                        content.push(b'\n');
                    }
                    same(name, content, Method::Stored)
                }),
                "ASIC_MIMETYPE",
            ),
            (
                "file changed",
                rewritten(&container, &|name, mut content| {
                    if name.starts_with("besluit") {
                        content[0] = b'B';
                    }
                    keep(name, content)
                }),
                changed,
            ),
            (
                "file gone",
                rewritten(&container, &|name, content| {
                    (!name.starts_with("besluit"))
                        .then(|| keep(name, content))
                        .flatten()
                }),
                missing,
            ),
            (
                "file renamed",
                rewritten(&container, &|name, content| {
                    let name = if name.starts_with("besluit") {
                        "ander.txt"
                    } else {
                        name
                    };
                    keep(name, content)
                }),
                match form {
                    Form::SimpleXades => "XSIG_MISSING",
                    // The name of the file is no part of what CAdES in ASiC-S signs: nothing is refused.
                    Form::SimpleCades => "",
                    _ => missing,
                },
            ),
            (
                "signature of nothing",
                rewritten(&container, &|name, content| {
                    let is_signature = name.contains("signature") && name != "META-INF/manifest.xml";
                    keep(name, if is_signature { b"<x/>".to_vec() } else { content })
                }),
                if form.is_xades() {
                    "ASIC_SIGNATURES"
                } else {
                    "CMS_MALFORMED"
                },
            ),
        ];
        for (name, damaged, cause) in cases {
            let report = asic_world::validate(world, &damaged);
            if cause.is_empty() {
                assert_eq!(report.indication, Indication::TotalPassed);
            } else {
                refused(&format!("{form:?} {name}"), &report, cause);
            }
        }
        if form == Form::ExtendedXades {
            let unlisted = rewritten(&container, &|name, content| {
                (name != "META-INF/manifest.xml")
                    .then(|| keep(name, content))
                    .flatten()
            });
            refused("no list", &asic_world::validate(world, &unlisted), "ASIC_LIST");
        }
        if form == Form::ExtendedCades {
            let unnamed = rewritten(&container, &|name, content| {
                (!name.contains("ASiCManifest"))
                    .then(|| keep(name, content))
                    .flatten()
            });
            refused(
                "no manifest",
                &asic_world::validate(world, &unnamed),
                "ASIC_MANIFEST",
            );
        }
    }
}

#[test]
fn a_further_signature_touches_nothing_and_covers_everything() {
    let world = &files().world;
    let first = asic_world::sealed(world, Form::ExtendedXades, &files().signer, Level::Lta);
    let both = further(world, &first, &world.signer(P384), Level::Lt);
    let directory = |bytes: &[u8]| {
        let archive = Archive::open(Arc::new(bytes.to_vec()), &Limits::default()).unwrap();
        usize::try_from(archive.directory_offset()).unwrap()
    };
    assert_eq!(both[..directory(&first)], first[..directory(&first)]);
    let report = asic_world::validate(world, &both);
    assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
    let levels: Vec<_> = report
        .signatures
        .iter()
        .map(|signature| signature.level)
        .collect();
    assert_eq!(levels, [Some(Level::Lta), Some(Level::Lt)]);
    let fields: Vec<_> = report
        .signatures
        .iter()
        .map(|signature| signature.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "META-INF/signatures001.xml, signer 1",
            "META-INF/signatures002.xml, signer 1"
        ]
    );
}

#[test]
fn one_signature_covers_eighty_files_and_a_time_stamp_one() {
    let world = &files().world;
    let eighty: Vec<_> = (1..=80)
        .map(|number| {
            asic_world::file(
                &format!("besluit {number:02}.txt"),
                format!("TEST {number}").as_bytes(),
            )
        })
        .collect();
    let draft = super::xml_world::draft(world, &files().signer, Level::Lta);
    let container = asic_world::sealed_over(world, Form::ExtendedXades, &eighty, &files().signer, &draft);
    let report = asic_world::validate(world, &container);
    assert_eq!(report.indication, Indication::TotalPassed);
    assert_eq!(report.signatures.len(), 1);
    let opened = Container::open(Arc::new(container)).unwrap();
    assert_eq!(opened.data().count(), 80);

    let stamped = stamped(world);
    let report = asic_world::validate(world, &stamped);
    assert_eq!(report.document_time_stamps.len(), 1, "{report:#?}");
    let stamp = &report.document_time_stamps[0];
    assert_eq!(stamp.gen_time, Some(world.now));
    assert!(
        stamp
            .findings
            .iter()
            .all(|finding| finding.cause != "TST_IMPRINT")
    );
    let changed = rewritten(&stamped, &|name, mut content| {
        if name == "besluit.txt" {
            content[0] = b'B';
        }
        Some((name.to_owned(), content, Method::Stored))
    });
    let report = asic_world::validate(world, &changed);
    assert_eq!(report.indication, Indication::TotalFailed);
}
