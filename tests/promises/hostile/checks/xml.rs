//! XML of anybody: read or refused, and the canonical form of what is read is its own.

use std::sync::OnceLock;

use zegel::base::random::SeededRandom;
use zegel::base::time::Timestamp;
use zegel::lab::pki::{KeyPair, LabPki};
use zegel::lab::trusted_list::{ListDraft, PeriodDraft, ServiceDraft};
use zegel::pki::certificate::Certificate;
use zegel::pki::lists::anchors::ListAnchors;
use zegel::pki::lists::list::ListKind;
use zegel::pki::lists::lotl;
use zegel::pki::lists::signed::{Expected, Signers, verify};
use zegel::xml::canonical::{Canonicalizer, Method, Version};
use zegel::xml::limits::Limits;
use zegel::xml::reader::Reader;
use zegel::xml::signature::read::XmlSignature;
use zegel::xml::signature::verify::{check_reference, nothing_outside};
use zegel::xml::tree::{Document, Selection};

fn limits() -> Limits {
    Limits {
        instructions: true,
        ..Limits::document()
    }
}

/// The parser, the three canonical forms from a tree and from a stream, and any signature inside.
pub fn document(bytes: &[u8]) {
    let Ok(parsed) = Document::parse(bytes, limits()) else {
        return;
    };
    for version in [Version::Exclusive, Version::Inclusive10, Version::Inclusive11] {
        let method = Method::new(version).with_comments();
        let once = parsed.canonicalize(&Selection::document(), &method, Vec::new());
        let again = Document::parse(&once, limits()).expect("the canonical form is well formed");
        let twice = again.canonicalize(&Selection::document(), &method, Vec::new());
        assert_eq!(once, twice);
        let mut reader = Reader::new(bytes, limits());
        let mut to = Canonicalizer::new(&method, Vec::new(), true);
        while let Some(event) = reader.read().expect("it was read before") {
            to.take(&event);
        }
        assert_eq!(to.finish(), once);
    }
    for element in parsed.elements().take(64) {
        if let Ok(signature) = XmlSignature::read(&parsed, element) {
            for index in 0..signature.references.len().min(4) {
                let _ = check_reference(&parsed, &signature, index, &nothing_outside);
            }
        }
    }
}

struct Made {
    signer: KeyPair,
    list: Vec<u8>,
    says: String,
}

fn expected() -> Expected<'static> {
    Expected {
        territory: "BE",
        kind: ListKind::Services,
        held: None,
        at: None,
    }
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let now: Timestamp = "2026-03-03T09:00:00Z".parse().unwrap();
        let pki = LabPki::generate("http://127.0.0.1:8480", &SeededRandom::new(5), now).unwrap();
        let signer = pki.register.clone();
        let mut period = PeriodDraft::new("CA/QC", "granted", now);
        period.qualifications = vec![(
            vec!["QCWithQSCD"],
            "<sie:CriteriaList assert=\"all\"><sie:PolicySet><sie:PolicyIdentifier><xades:Identifier>1.2.3\
             </xades:Identifier></sie:PolicyIdentifier></sie:PolicySet></sie:CriteriaList>"
                .to_owned(),
        )];
        let draft = ListDraft {
            version: 6,
            sequence: 3,
            kind: "EUgeneric",
            territory: "BE".to_owned(),
            information: vec!["https://lists.example/pivot-2.xml".to_owned()],
            issued_at: now,
            next_update: Some(now),
            pointers: Vec::new(),
            services: vec![ServiceDraft {
                certificate_der: pki.root_der().to_vec(),
                periods: vec![period.clone(), period],
            }],
        };
        let list = draft.sign(&signer).unwrap();
        let certificate = Certificate::parse(signer.certificate_der.clone()).unwrap();
        let found = verify(&list, Signers::Named(&[certificate]), &expected()).unwrap();
        Made {
            says: format!("{:?}", found.list),
            signer,
            list,
        }
    })
}

/// A list that is believed says what was signed.
pub fn trusted_list(bytes: &[u8]) {
    let made = made();
    let certificate = Certificate::parse(made.signer.certificate_der.clone()).unwrap();
    if let Ok(found) = verify(bytes, Signers::Named(&[certificate]), &expected()) {
        assert_eq!(format!("{:?}", found.list), made.says);
    }
    let anchors = ListAnchors::production().unwrap();
    let _ = lotl::territory_of(bytes);
    assert!(lotl::verify(bytes, &std::collections::BTreeMap::new(), &anchors, None, None).is_err());
}

/// Documents with every kind of node, and a signed one.
pub fn documents() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- c --><a xmlns=\"urn:a\" xmlns:b='urn:b' b:c=\"&lt;&#9;\" \
         xml:lang=\"nl\"><?p i?>t &amp; <![CDATA[<raw>]]><b:d/><e xmlns=\"\">&#xD;</e></a>\n<!-- d -->",
        "<r><x xml:base=\"a/b\"><y xml:base=\"../c\" Id=\"1\"/></x></r>",
    ]
    .into_iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    all.push(made().list.clone());
    all
}

/// A list that is believed.
pub fn lists() -> Vec<Vec<u8>> {
    vec![made().list.clone()]
}
