//! How the value of a signature in a PDF is encoded, by `/SubFilter`: the old encodings are judged as what they are, and
//! one that is not known does not pass. ISO 32000-2 §12.8.3, table 255.

use std::sync::Arc;

use zegel::ades::cms::build::Message;
use zegel::ades::cms::oids;
use zegel::ades::cms::read::SignedData;
use zegel::ades::level::Level;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::report::{Format, SignatureReport};
use zegel::asn1::oid::Oid;
use zegel::asn1::read::{self, Rules};
use zegel::asn1::write;
use zegel::base::digest::HashAlgorithm;
use zegel::pdf::document::Document;
use zegel::pdf::signature::Signature;

use super::samples::{SHAPES, Xref, pdf};
use super::world::{BASE, P384, Signer, World};

const DETACHED: &str = "/adbe.pkcs7.detached";
const SHA1: &str = "/adbe.pkcs7.sha1";

fn signature(file: &[u8]) -> Signature {
    let document = Document::open(Arc::new(file.to_vec())).unwrap();
    document.latest().signatures().unwrap().remove(0)
}

fn parts(der: &[u8]) -> Vec<Vec<u8>> {
    let mut inner = read::single(der, Rules::Der).unwrap().inside().unwrap();
    let mut found = Vec::new();
    while let Some(part) = inner.next().unwrap() {
        found.push(part.whole().to_vec());
    }
    found
}

fn attribute(oid: &str) -> Vec<u8> {
    write::oid(&oid.parse::<Oid>().unwrap())
}

/// `file`, whose first signature was made by `signer`, with `/SubFilter` as told, signed anew: over `content` of the
/// digest of its bytes by SHA-1 when the message is to carry one, else over its bytes.
fn resigned(
    file: &[u8],
    signer: &Signer,
    sub_filter: &str,
    content: Option<&dyn Fn(Vec<u8>) -> Vec<u8>>,
    without: &[&str],
) -> Vec<u8> {
    let usual = b"/ETSI.CAdES.detached";
    let at = file
        .windows(usual.len())
        .position(|window| window == usual)
        .unwrap();
    let mut file = file.to_vec();
    // A name of nothing but blanks takes the key away as well.
    let (from, text) = match sub_filter {
        "" => (
            at - file[..at].iter().rev().position(|byte| *byte == b'/').unwrap() - 1,
            "",
        ),
        name => (at, name),
    };
    let room = at + usual.len() - from;
    file.splice(from..from + room, format!("{text:<room$}").bytes());
    let old = signature(&file);
    let message = SignedData::parse(&old.contents).unwrap();
    let info = &message.signers[0];
    let hash = info.digest_hash().unwrap();
    let source = file.clone();
    let content = content.map(|content| content(old.digest(&source, HashAlgorithm::Sha1).unwrap()));
    let digest = match &content {
        Some(content) => hash.digest(content),
        None => old.digest(&source, hash).unwrap(),
    };
    let named = |part: &[u8], oid: &str| {
        part.windows(attribute(oid).len())
            .any(|window| window == attribute(oid))
    };
    let attributes: Vec<u8> = parts(info.signed_bytes.as_deref().unwrap())
        .into_iter()
        .filter(|part| !without.iter().any(|oid| named(part, oid)))
        .flat_map(|part| {
            if named(&part, oids::MESSAGE_DIGEST) {
                let values = write::element(0x31, &write::octet_string(&digest));
                write::sequence(&[&attribute(oids::MESSAGE_DIGEST), &values])
            } else {
                part
            }
        })
        .collect();
    let attributes = write::element(0x31, &attributes);
    let algorithm = info.algorithm().unwrap();
    let made = Message {
        certificate: signer.certificate.der(),
        chain: &message.certificates,
        algorithm,
        signed_attributes: &attributes,
        signature: &signer.leaf.key.sign(algorithm, &attributes).unwrap(),
        time_stamp: None,
    };
    let mut made = made.to_der().unwrap();
    if let Some(content) = content {
        let outer = parts(&made);
        let mut data = parts(&parts(&outer[1])[0]);
        let oid = parts(&data[2])[0].clone();
        data[2] = write::sequence(&[&oid, &write::explicit(0, &write::octet_string(&content))]);
        made = write::sequence(&[
            &outer[0],
            &write::explicit(0, &write::sequence(&[&data.concat()])),
        ]);
    }
    let start = usize::try_from(old.contents_span.start).unwrap() + 1;
    let end = usize::try_from(old.contents_span.end).unwrap() - 1;
    let mut digits = hex::encode_upper(made).into_bytes();
    assert!(digits.len() <= end - start, "the message fits the room");
    digits.resize(end - start, b'0');
    file.splice(start..end, digits);
    file
}

fn judged(world: &World, file: &[u8]) -> SignatureReport {
    world.validate(file).signatures.remove(0)
}

fn has(report: &SignatureReport, cause: &str) -> bool {
    report.findings.iter().any(|finding| finding.cause == cause)
}

#[test]
fn an_encoding_that_is_not_known_does_not_pass() {
    let world = World::new();
    let signer = world.signer(P384);
    let file = world.sealed(&pdf(Xref::Table, SHAPES[0]), &signer, Level::Lt);
    for (sub_filter, told) in [
        ("/foo.bar", "`foo.bar`"),
        ("/adbe.x509.rsa_sha1", "`adbe.x509.rsa_sha1`"),
        ("", "names no sub-filter"),
    ] {
        let report = judged(&world, &resigned(&file, &signer, sub_filter, None, &[]));
        assert_eq!(report.indication, Indication::Indeterminate, "{report:#?}");
        assert_eq!(report.sub_indication, Some(SubIndication::SigConstraintsFailure));
        assert_eq!(report.format, Format::CmsInPdf, "{sub_filter}");
        let decisive = &report.findings[0];
        assert_eq!(decisive.cause, "PDF_SUB_FILTER", "{report:#?}");
        assert!(decisive.detail.contains(told), "{}", decisive.detail);
        assert!(
            decisive.detail.contains(&format!("`{}`", report.field)),
            "{}",
            decisive.detail
        );
    }
    // The twins whose encoding is known.
    let report = judged(
        &world,
        &resigned(&file, &signer, "/ETSI.CAdES.detached", None, &[]),
    );
    assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
    assert_eq!(report.format, Format::Pades);
    let report = judged(&world, &resigned(&file, &signer, DETACHED, None, &[]));
    assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
    assert_eq!(report.format, Format::CmsInPdf);
}

#[test]
fn content_that_is_the_sha_1_of_the_bytes_counts_while_sha_1_does() {
    let same = |digest: Vec<u8>| digest;
    let other = |mut digest: Vec<u8>| {
        digest[0] ^= 1;
        digest
    };
    for (moment, indication, sub) in [
        ("2011-03-01T12:00:00Z", Indication::TotalPassed, None),
        (
            "2026-03-02T12:00:00Z",
            Indication::Indeterminate,
            Some(SubIndication::CryptoConstraintsFailureNoPoe),
        ),
    ] {
        let world = World::at(moment.parse().unwrap(), BASE);
        let signer = world.signer(P384);
        let file = world.sealed(&pdf(Xref::Table, SHAPES[0]), &signer, Level::Lt);
        let report = judged(&world, &resigned(&file, &signer, SHA1, Some(&same), &[]));
        assert_eq!(
            (report.indication, report.sub_indication),
            (indication, sub),
            "{report:#?}"
        );
        assert_eq!(report.format, Format::CmsInPdf);
        assert_eq!(
            report.signed_data.as_ref().unwrap().algorithm,
            HashAlgorithm::Sha1
        );
        let report = judged(&world, &resigned(&file, &signer, SHA1, Some(&other), &[]));
        assert_eq!(
            report.sub_indication,
            Some(SubIndication::HashFailure),
            "{report:#?}"
        );
        let report = judged(&world, &resigned(&file, &signer, SHA1, None, &[]));
        assert_eq!(
            report.sub_indication,
            Some(SubIndication::FormatFailure),
            "{report:#?}"
        );
        assert!(has(&report, "CMS_CONTENT_MISSING"));
        // Content in a detached message stays refused.
        let report = judged(&world, &resigned(&file, &signer, DETACHED, Some(&same), &[]));
        assert!(has(&report, "CMS_CONTENT_PRESENT"), "{report:#?}");
    }
}

#[test]
fn a_certificate_that_is_there_and_not_named_is_told_as_that() {
    let world = World::new();
    let signer = world.signer(P384);
    let file = world.sealed(&pdf(Xref::Table, SHAPES[0]), &signer, Level::Lt);
    let unnamed = resigned(&file, &signer, DETACHED, None, &[oids::SIGNING_CERTIFICATE_V2]);
    let report = judged(&world, &unnamed);
    assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
    assert!(has(&report, "CMS_CERTIFICATE_UNSIGNED"));
    let told: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.cause == "PADES_BASELINE")
        .map(|finding| finding.detail.as_str())
        .collect();
    assert!(
        told.contains(&"the signed attributes do not name the signing certificate"),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|detail| detail.contains("does not hold")),
        "{told:?}"
    );
}
