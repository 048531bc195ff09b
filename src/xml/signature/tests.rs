use super::compose::{Draft, DraftReference, Prepared, prepare, raw_value};
use super::defect::SignatureDefect;
use super::read::XmlSignature;
use super::transform::Transform;
use super::verify::{check, nothing_outside};
use crate::base::digest::HashAlgorithm;
use crate::crypto::key::{Curve, KeyKind, PrivateKey};
use crate::xml::canonical::{Method, Version};
use crate::xml::limits::Limits;
use crate::xml::tree::Document;

fn key() -> PrivateKey {
    PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap()
}

fn sign(key: &PrivateKey, prepared: &Prepared) -> String {
    let der = key
        .sign(key.public().kind().default_algorithm(), prepared.octets())
        .unwrap();
    prepared.finish(&raw_value(&der, Curve::P256).unwrap())
}

fn place(signature: &str) -> Vec<u8> {
    format!("<a xmlns=\"urn:a\" xmlns:unused=\"urn:u\"><b Id=\"b\">text &amp; more</b>{signature}</a>")
        .into_bytes()
}

fn draft(transforms: Vec<Transform>, uri: &str) -> Draft {
    Draft {
        id: "s".to_owned(),
        canonicalization: Method::new(Version::Exclusive),
        algorithm: key().public().kind().default_algorithm(),
        references: vec![DraftReference {
            id: None,
            kind: None,
            uri: uri.to_owned(),
            transforms,
            hash: HashAlgorithm::Sha256,
            digest: None,
        }],
        certificates: Vec::new(),
        objects: Vec::new(),
    }
}

fn verified(key: &PrivateKey, bytes: &[u8]) -> Result<Vec<Vec<u8>>, SignatureDefect> {
    let document = Document::parse(bytes, Limits::document())?;
    let element = document.with_id("s").next().unwrap();
    let signature = XmlSignature::read(&document, element)?;
    let covered = check(&document, &signature, key.public(), &nothing_outside)?;
    Ok(covered.into_iter().map(|one| one.octets).collect())
}

#[test]
fn what_is_composed_verifies_and_says_what_it_covers() {
    let key = key();
    let exclusive = || Transform::Canonical(Method::new(Version::Exclusive));
    let whole = "<a xmlns=\"urn:a\"><b Id=\"b\">text &amp; more</b></a>";
    let inclusive = "<a xmlns=\"urn:a\" xmlns:unused=\"urn:u\"><b Id=\"b\">text &amp; more</b></a>";
    let part = "<b xmlns=\"urn:a\" Id=\"b\">text &amp; more</b>";
    let part_inclusive = "<b xmlns=\"urn:a\" xmlns:unused=\"urn:u\" Id=\"b\">text &amp; more</b>";
    for (transforms, uri, covered) in [
        (vec![Transform::EnvelopedSignature, exclusive()], "", whole),
        (vec![Transform::WithoutSignatures, exclusive()], "", whole),
        (vec![Transform::WithoutSignaturesXPath, exclusive()], "", whole),
        (vec![Transform::EnvelopedSignature], "", inclusive),
        (vec![exclusive()], "#b", part),
        (vec![], "#b", part_inclusive),
        (vec![exclusive()], "#xpointer(id('b'))", part),
    ] {
        let prepared = prepare(
            draft(transforms, uri),
            &place,
            &nothing_outside,
            Limits::document(),
        )
        .unwrap();
        let signed = place(&sign(&key, &prepared));
        assert_eq!(verified(&key, &signed).unwrap(), [covered.as_bytes()], "{uri}");
        let text = String::from_utf8(signed.clone()).unwrap();
        for (change, to, cause) in [
            ("text &amp;", "text &lt;", "XSIG_DIGEST"),
            ("<ds:DigestValue>", "<ds:DigestValue> ", "XSIG_VALUE"),
        ] {
            let changed = text.replace(change, to);
            assert_ne!(changed, text);
            assert_eq!(verified(&key, changed.as_bytes()).unwrap_err().cause(), cause);
        }
        assert_eq!(
            verified(&self::key(), &signed).unwrap_err(),
            SignatureDefect::Value
        );
    }
}

/// XML-DSig §6.6.2: what is covered is what the text says, however it is broken into lines.
#[test]
fn base64_covers_the_octets_that_the_text_stands_for() {
    let key = key();
    let around = |text: &str| {
        let text = text.to_owned();
        move |signature: &str| format!("<a><b Id=\"b\">{text}</b>{signature}</a>").into_bytes()
    };
    let made = |text: &str, transforms: Vec<Transform>| {
        let place = around(text);
        prepare(
            draft(transforms, "#b"),
            &place,
            &nothing_outside,
            Limits::document(),
        )
        .map(|prepared| sign(&key, &prepared))
    };
    let base64 = || vec![Transform::Base64];
    let signature = made("AP8g", base64()).unwrap();
    for (text, verdict) in [
        ("AP8g", Ok(vec![vec![0x00, 0xff, 0x20]])),
        (" AP\r\n8g&#13;", Ok(vec![vec![0x00, 0xff, 0x20]])),
        ("AP8h", Err("XSIG_DIGEST")),
        ("AP8", Err("XSIG_MALFORMED")),
        ("AP8g<c></c>", Err("XSIG_MALFORMED")),
    ] {
        let file = around(text)(&signature);
        let seen = verified(&key, &file).map_err(SignatureDefect::cause);
        assert_eq!(seen, verdict, "{text}");
    }
    let exclusive = || Transform::Canonical(Method::new(Version::Exclusive));
    for transforms in [
        vec![Transform::WithoutSignatures, Transform::Base64],
        vec![Transform::Base64, exclusive(), Transform::Base64],
    ] {
        let refused = made("PGEvPg==", transforms).unwrap_err();
        assert_eq!(refused.cause(), "XSIG_TRANSFORM");
    }
}

/// One defect at a time in a signature that is otherwise right where it is read.
#[test]
fn what_is_not_on_the_lists_is_refused() {
    let prepared = prepare(
        draft(
            vec![
                Transform::EnvelopedSignature,
                Transform::Canonical(Method::new(Version::Exclusive)),
            ],
            "",
        ),
        &place,
        &nothing_outside,
        Limits::document(),
    )
    .unwrap();
    let text = String::from_utf8(place(&sign(&key(), &prepared))).unwrap();
    for (from, to, cause) in [
        ("xmldsig#enveloped-signature", "xmldsig#decrypt", "XSIG_TRANSFORM"),
        (
            "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
            "http://www.w3.org/TR/1999/REC-xslt-19991116",
            "XSIG_TRANSFORM",
        ),
        (
            "xmldsig-more#ecdsa-sha256",
            "xmldsig-more#hmac-sha256",
            "XSIG_ALGORITHM",
        ),
        ("xmlenc#sha256", "xmlenc#ripemd160", "XSIG_ALGORITHM"),
        (
            "</ds:SignedInfo>",
            "</ds:SignedInfo><ds:Extra></ds:Extra>",
            "XSIG_MALFORMED",
        ),
        ("</ds:Transforms>", "</ds:Transforms>words", "XSIG_MALFORMED"),
        (
            "<ds:SignatureValue",
            "<ds:SignedInfo></ds:SignedInfo><ds:SignatureValue",
            "XSIG_MALFORMED",
        ),
        ("<ds:DigestValue>", "<ds:DigestValue>!", "XSIG_MALFORMED"),
        ("<a ", "<!DOCTYPE a><a ", "XML_DOCUMENT_TYPE"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert_eq!(
            verified(&key(), changed.as_bytes()).unwrap_err().cause(),
            cause,
            "{from}"
        );
    }
    let twice = text
        .replace("URI=\"\"", "URI=\"#b\"")
        .replace("</b>", "</b><c Id=\"b\"></c>");
    let document = Document::parse(twice.as_bytes(), Limits::document()).unwrap();
    let signature = XmlSignature::read(&document, document.with_id("s").next().unwrap()).unwrap();
    assert_eq!(
        super::verify::check_reference(&document, &signature, 0, &nothing_outside).unwrap_err(),
        SignatureDefect::Target(0)
    );
    assert!(document.has_repeated_id());
}
