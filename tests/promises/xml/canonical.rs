//! Canonical forms compared with libxml2's: whole documents through lxml, subtrees and enveloped signatures through
//! the digests that `xmlsec1` puts into signature templates.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zegel::base::digest::HashAlgorithm;
use zegel::xml::canonical::{Canonicalizer, Method, Version};
use zegel::xml::limits::Limits;
use zegel::xml::reader::Reader;
use zegel::xml::tree::{Document, Selection};

use super::generate::{Dice, document};
use crate::support::{TestFolder, judge};

fn limits() -> Limits {
    Limits {
        instructions: true,
        ..Limits::document()
    }
}

fn methods() -> Vec<Method> {
    let mut all: Vec<Method> = [Version::Exclusive, Version::Inclusive10, Version::Inclusive11]
        .into_iter()
        .flat_map(|version| [Method::new(version), Method::new(version).with_comments()])
        .collect();
    all.push(Method {
        inclusive_prefixes: vec!["p".to_owned(), String::new(), "unknown".to_owned()],
        ..Method::new(Version::Exclusive)
    });
    all
}

/// Reads documents, one file each, and writes for each the seven forms, or `refused`.
const LXML: &str = r##"
import sys, io
from lxml import etree
folder, count = sys.argv[1], int(sys.argv[2])
for n in range(count):
    raw = open(f"{folder}/{n}.xml", "rb").read()
    try:
        tree = etree.parse(io.BytesIO(raw), etree.XMLParser(resolve_entities=False, no_network=True))
        if tree.docinfo.doctype: raise ValueError("document type")
    except Exception:
        open(f"{folder}/{n}.refused", "wb").close()
        continue
    forms = [(True, False, None), (True, True, None), (False, False, None), (False, True, None),
             (True, False, ["p", "unknown"])]
    for i, (exclusive, comments, prefixes) in enumerate(forms):
        out = io.BytesIO()
        tree.write_c14n(out, exclusive=exclusive, with_comments=comments, inclusive_ns_prefixes=prefixes)
        open(f"{folder}/{n}.{i}", "wb").write(out.getvalue())
"##;

#[test]
fn whole_documents_are_canonicalised_as_libxml2_does() {
    let Some(python) = judge("python3") else { return };
    let folder = TestFolder::new("c14n");
    let mut dice = Dice::new(7);
    let documents: Vec<String> = (0..400).map(|_| document(&mut dice).0).collect();
    for (index, text) in documents.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{index}.xml")), text).unwrap();
    }
    let done = Command::new(python)
        .args([
            "-c",
            LXML,
            folder.path().to_str().unwrap(),
            &documents.len().to_string(),
        ])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let exclusive = |comments, prefixes: &[&str]| Method {
        version: Version::Exclusive,
        comments,
        inclusive_prefixes: prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
    };
    let forms = [
        vec![exclusive(false, &[])],
        vec![exclusive(true, &[])],
        // For a whole document 1.0 and 1.1 are the same.
        vec![
            Method::new(Version::Inclusive10),
            Method::new(Version::Inclusive11),
        ],
        vec![
            Method::new(Version::Inclusive10).with_comments(),
            Method::new(Version::Inclusive11).with_comments(),
        ],
        // lxml drops `#default` from the list; the next test has it.
        vec![exclusive(false, &["p", "unknown"])],
    ];
    for (index, text) in documents.iter().enumerate() {
        let parsed =
            Document::parse(text.as_bytes(), limits()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        for (form, methods) in forms.iter().enumerate() {
            let expected = std::fs::read_to_string(folder.path().join(format!("{index}.{form}"))).unwrap();
            for method in methods {
                let tree = parsed.canonicalize(&Selection::document(), method, Vec::new());
                assert_eq!(String::from_utf8(tree).unwrap(), expected, "{method:?}\n{text}");
                assert_eq!(streamed(text, method), expected, "streamed, {method:?}\n{text}");
            }
        }
    }
}

fn streamed(text: &str, method: &Method) -> String {
    let mut reader = Reader::new(std::io::BufReader::with_capacity(7, text.as_bytes()), limits());
    let mut to = Canonicalizer::new(method, Vec::new(), true);
    while let Some(event) = reader.read().unwrap() {
        to.take(&event);
    }
    String::from_utf8(to.finish()).unwrap()
}

#[test]
fn of_a_whole_document_methods_one_after_the_other_give_what_one_gives() {
    let mut dice = Dice::new(13);
    for _ in 0..200 {
        let text = document(&mut dice).0;
        let by = |octets: &[u8], method: &Method| {
            let parsed = Document::parse(octets, limits()).unwrap();
            parsed.canonicalize(&Selection::document(), method, Vec::new())
        };
        for first in methods() {
            let once = by(text.as_bytes(), &first);
            for second in methods() {
                let is_plain = first.inclusive_prefixes.is_empty() && second.inclusive_prefixes.is_empty();
                let both = first.then(&second);
                assert_eq!(both.is_some(), is_plain, "{first:?} {second:?}");
                if let Some(both) = both {
                    let (twice, joined) = (by(&once, &second), by(text.as_bytes(), &both));
                    assert_eq!(twice, joined, "{first:?} {second:?}\n{text}");
                }
            }
        }
    }
}

#[test]
fn the_canonical_form_is_its_own_canonical_form() {
    let mut dice = Dice::new(11);
    for _ in 0..200 {
        let text = document(&mut dice).0;
        for method in methods() {
            let once = Document::parse(text.as_bytes(), limits()).unwrap().canonicalize(
                &Selection::document(),
                &method,
                Vec::new(),
            );
            let twice = Document::parse(&once, limits()).unwrap().canonicalize(
                &Selection::document(),
                &method,
                Vec::new(),
            );
            assert_eq!(once, twice, "{text}");
        }
    }
}

#[test]
fn a_namespace_name_is_escaped_as_an_attribute_is() {
    let text = "<a xmlns='urn:a&amp;b&lt;c&quot;'/>";
    let form = Document::parse(text.as_bytes(), limits()).unwrap().canonicalize(
        &Selection::document(),
        &Method::new(Version::Exclusive),
        Vec::new(),
    );
    assert_eq!(
        String::from_utf8(form).unwrap(),
        "<a xmlns=\"urn:a&amp;b&lt;c&quot;\"></a>"
    );
}

/// Each element of each document, by each method; and the document without the signature.
#[test]
fn subtrees_are_canonicalised_as_xmlsec1_does() {
    const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
    let Some(xmlsec) = judge("xmlsec1") else { return };
    let folder = TestFolder::new("c14n-part");
    let key = folder.path().join("key");
    std::fs::write(&key, b"twenty bytes of key.").unwrap();
    let mut dice = Dice::new(13);
    let (mut documents, mut compared) = (0, 0);
    while documents < 60 {
        let (text, elements) = document(&mut dice);
        if elements < 4 {
            continue;
        }
        documents += 1;
        let mut references = String::new();
        for method in methods() {
            let list = if method.inclusive_prefixes.is_empty() {
                String::new()
            } else {
                format!(
                    "<InclusiveNamespaces xmlns=\"{}\" PrefixList=\"p #default unknown\"/>",
                    "http://www.w3.org/2001/10/xml-exc-c14n#"
                )
            };
            let canonical = format!("<Transform Algorithm=\"{}\">{list}</Transform>", method.uri());
            let enveloped = format!("<Transform Algorithm=\"{DS}enveloped-signature\"/>");
            let mut add = |uri: &str, transforms: &str| {
                references.push_str(&format!(
                    "<Reference URI=\"{uri}\"><Transforms>{transforms}</Transforms>\
                     <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><DigestValue/></Reference>"
                ));
            };
            for element in 1..elements.min(8) {
                add(&format!("#n{element}"), &canonical);
            }
            add("#xpointer(id('n1'))", &canonical);
            add("", &format!("{enveloped}{canonical}"));
            add("#xpointer(/)", &format!("{enveloped}{canonical}"));
        }
        let template = format!(
            "<Signature xmlns=\"{DS}\"><SignedInfo>\
             <CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
             <SignatureMethod Algorithm=\"{DS}hmac-sha1\"/>{references}</SignedInfo><SignatureValue/></Signature>"
        );
        // Before the end tag of the root, where an enveloped signature stands.
        let parsed = Document::parse(text.as_bytes(), limits()).unwrap();
        let inside = usize::try_from(parsed.inside(parsed.root()).end).unwrap();
        if !text[inside..].starts_with("</") {
            continue;
        }
        let whole = format!("{}{template}{}", &text[..inside], &text[inside..]);
        let path = folder.path().join("template.xml");
        std::fs::write(&path, &whole).unwrap();
        let done = Command::new(&xmlsec)
            .args([
                "--sign",
                "--id-attr:Id",
                "e",
                "--id-attr:Id",
                "urn:x:e",
                "--id-attr:Id",
                "urn:y:e",
            ])
            .args([
                "--id-attr:Id",
                "http://z.example/:e",
                "--id-attr:Id",
                "urn:w:e",
                "--hmackey",
            ])
            .arg(&key)
            .arg(&path)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}\n{whole}",
            String::from_utf8_lossy(&done.stderr)
        );
        let signed = Document::parse(&done.stdout, limits()).unwrap();
        let ours = Document::parse(whole.as_bytes(), limits()).unwrap();
        let signature = ours.elements().find(|id| ours.is(*id, DS, "Signature")).unwrap();
        let theirs: Vec<Vec<u8>> = signed
            .elements()
            .filter(|id| signed.is(*id, DS, "DigestValue"))
            .map(|id| {
                let text: String = signed.text(id).unwrap().split_whitespace().collect();
                STANDARD.decode(text).unwrap()
            })
            .collect();
        let mut theirs = theirs.into_iter();
        for method in methods() {
            let mut compare = |selection: Selection, what: &str| {
                let octets = ours.canonicalize(&selection, &method, Vec::new());
                assert_eq!(
                    HashAlgorithm::Sha256.digest(&octets),
                    theirs.next().unwrap(),
                    "{what} by {method:?}\n{whole}\n{}",
                    String::from_utf8_lossy(&octets)
                );
                compared += 1;
            };
            let part = |element: usize, comments| Selection {
                comments,
                ..Selection::subtree(ours.with_id(&format!("n{element}")).next().unwrap())
            };
            for element in 1..elements.min(8) {
                compare(part(element, false), &format!("n{element}"));
            }
            compare(part(1, true), "n1 with comments");
            let mut document = Selection::document().minus(signature);
            document.comments = false;
            compare(document.clone(), "document");
            document.comments = true;
            compare(document, "document with comments");
        }
    }
    assert!(compared > 2_000, "{compared} forms were compared");
}
