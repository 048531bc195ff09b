//! Encrypted files: what opens them, what stands in them, and what a damaged encryption dictionary is called.

use std::sync::Arc;

use zegel::base::bytes::WithPassword;
use zegel::base::secret::Secret;
use zegel::pdf::document::Document;
use zegel::pdf::error::{PdfError, PdfErrorKind};
use zegel::pdf::object::Object;
use zegel::pdf::text_string;
use zegel::pdf::xref::XrefKind;

use super::make;

/// The schemes qpdf writes, by name: revision and key, and what it is told.
pub(crate) const SCHEMES: [(&str, &[&str]); 9] = [
    ("R2", &["40"]),
    ("R3", &["128", "--use-aes=n"]),
    ("R4, RC4", &["128", "--use-aes=n", "--force-V4"]),
    ("R4", &["128", "--use-aes=y"]),
    (
        "R4, open metadata",
        &["128", "--use-aes=y", "--cleartext-metadata"],
    ),
    ("R5", &["256", "--force-R5"]),
    ("R6", &["256"]),
    ("R6, open metadata", &["256", "--cleartext-metadata"]),
    ("R6, little allowed", &["256", "--modify=none", "--print=none"]),
];

pub(crate) fn encrypted(plain: &[u8], user: &str, scheme: &[&str], more: &[&str]) -> Option<Vec<u8>> {
    let mut arguments = vec!["--allow-weak-crypto"];
    arguments.extend_from_slice(more);
    arguments.extend_from_slice(&["--encrypt", user, "eigenaar"]);
    arguments.extend_from_slice(scheme);
    arguments.push("--");
    make::convert(plain, &arguments)
}

pub(crate) fn open_with(bytes: &[u8], password: &str) -> Result<Document, PdfError> {
    let password = Arc::new(Secret::new(password.as_bytes().to_vec()));
    Document::open(Arc::new(WithPassword::new(Arc::new(bytes.to_vec()), password)))
}

/// The title, and what stands on each page.
fn content(document: &Document) -> (String, Vec<Vec<u8>>) {
    let view = document.latest();
    let information = view.dictionary(&view.trailer(), "Info").unwrap().unwrap();
    let title = view.value(&information, "Title").unwrap();
    let mut pages = Vec::new();
    view.for_each_page(&mut |page| {
        let contents = page.dictionary.get("Contents").unwrap();
        let Object::Stream(stream) = view.resolve(contents).unwrap() else {
            panic!("a page without content");
        };
        pages.push(view.stream_bytes(&stream, 1 << 20).unwrap());
        true
    })
    .unwrap();
    (text_string::decode(title.as_string().unwrap()), pages)
}

#[test]
fn every_scheme_is_read_as_what_was_encrypted() {
    let plain = make::decision(XrefKind::Table);
    let expected = content(&make::open(&plain).unwrap());
    assert_eq!(
        (expected.0.as_str(), expected.1.len()),
        ("Besluit van het college", 2)
    );
    for (name, scheme) in SCHEMES {
        for more in [&["--object-streams=disable"][..], &["--object-streams=generate"]] {
            for user in ["", "welkom"] {
                let what = format!("{name}, {more:?}, `{user}`");
                let Some(bytes) = encrypted(&plain, user, scheme, more) else {
                    return;
                };
                for password in [user, "eigenaar"] {
                    let document =
                        open_with(&bytes, password).unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert!(document.is_encrypted());
                    assert_eq!(content(&document), expected, "{what}, `{password}`");
                }
                let without = make::open(&bytes).map(|document| content(&document));
                let wrong = open_with(&bytes, "Welkom").map(|document| content(&document));
                if user.is_empty() {
                    assert_eq!(
                        (without.unwrap(), wrong.unwrap()),
                        (expected.clone(), expected.clone())
                    );
                } else {
                    let (without, wrong) = (without.unwrap_err(), wrong.unwrap_err());
                    assert_eq!(
                        (without.kind, without.cause()),
                        (PdfErrorKind::Password, "PDF_PASSWORD")
                    );
                    assert_eq!(
                        (wrong.kind, wrong.cause()),
                        (PdfErrorKind::PasswordWrong, "PDF_PASSWORD_WRONG")
                    );
                    assert!(!wrong.to_string().contains("Welkom"));
                }
            }
        }
    }
}

#[test]
fn a_password_with_letters_beyond_ascii_opens() {
    let plain = make::decision(XrefKind::Table);
    for (scheme, password) in [
        (&["128", "--use-aes=y"][..], "sésame"),
        (&["256"], "sésame"),
        (&["256"], "κλειδί"),
    ] {
        let Some(bytes) = encrypted(&plain, password, scheme, &[]) else {
            return;
        };
        open_with(&bytes, password).unwrap_or_else(|error| panic!("{scheme:?}, {password}: {error}"));
    }
}

/// A file encrypted with a table and no object streams, whose encryption dictionary can be changed in place.
fn open_text(scheme: &[&str]) -> Option<Vec<u8>> {
    encrypted(
        &make::decision(XrefKind::Table),
        "",
        scheme,
        &["--object-streams=disable"],
    )
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "{from}");
    let found: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from.as_bytes())
        .map(|(at, _)| at)
        .collect();
    let [at] = found[..] else {
        panic!("{from}: {found:?}")
    };
    let mut changed = bytes.to_vec();
    changed[at..at + to.len()].copy_from_slice(to.as_bytes());
    changed
}

#[test]
fn a_damaged_encryption_dictionary_is_named_and_nothing_is_guessed() {
    let (Some(aes), Some(old)) = (open_text(&["256"]), open_text(&["128", "--use-aes=y"])) else {
        return;
    };
    use PdfErrorKind::{Encrypted, Malformed};
    for (bytes, from, to, kind) in [
        (&aes, "/Filter /Standard", "/Filter /Stanhope", Encrypted),
        (&aes, "/Filter /Standard", "/Filtre /Standard", Malformed),
        (&aes, "/CFM /AESV3", "/CFM /AESV2", Malformed),
        (&aes, "/CFM /AESV3", "/CFM /AESV9", Encrypted),
        (&aes, "/StmF /StdCF", "/StmF /StdCG", Malformed),
        (&aes, "/StrF /StdCF", "/StrF (StdC)", Malformed),
        (&aes, "/R 6", "/R 4", Malformed),
        (&aes, "/R 6", "/R 7", Malformed),
        (&aes, "/V 5", "/V 4", Malformed),
        (&aes, "/V 5", "/V 3", Malformed),
        (&aes, "/V 5", "/V 6", Encrypted),
        (&aes, "/P -4", "/P -8", Malformed),
        (&aes, "/Perms", "/Permt", Malformed),
        (&aes, "/OE ", "/OF ", Malformed),
        (&aes, "/UE ", "/UF ", Malformed),
        (&old, "/CFM /AESV2", "/CFM /AESV3", Malformed),
        (&old, "/R 4", "/R 6", Malformed),
    ] {
        let kind = if (from, to) == ("/V 5", "/V 3") {
            Encrypted
        } else {
            kind
        };
        let error = make::open(&replaced(bytes, from, to)).expect_err(to);
        assert_eq!(error.kind, kind, "{from} → {to}: {error}");
    }
    // What the key is made with is changed: no password fits any more, and the empty one was never a secret.
    let error = make::open(&replaced(&old, "/P -4", "/P -8")).unwrap_err();
    assert_eq!(error.kind, PdfErrorKind::Password);
}

#[test]
fn what_is_not_encrypted_as_the_file_says_is_refused() {
    let Some(bytes) = open_text(&["256"]) else { return };
    // A string of the information dictionary, longer and shorter than AES makes any.
    for plain in ["(open)", "<00112233445566778899AABBCCDDEEFF00>"] {
        let document = make::open(&bytes).unwrap();
        let information = document
            .latest()
            .trailer()
            .get("Info")
            .unwrap()
            .as_reference()
            .unwrap();
        let mut update = format!("{} 0 obj\n<</Title {plain}>>\nendobj\n", information.number);
        let at = bytes.len();
        let start = at + update.len();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let trailer = text.rsplit_once("trailer <<").unwrap().1;
        let trailer = trailer.split_once("startxref").unwrap();
        let raw_trailer = {
            let from = bytes
                .windows(10)
                .rposition(|window| window == b"trailer <<")
                .unwrap()
                + 10;
            let to = bytes
                .windows(9)
                .rposition(|window| window == b"startxref")
                .unwrap();
            bytes[from..to].to_vec()
        };
        let previous = trailer.1.trim().lines().next().unwrap().to_owned();
        update += &format!(
            "xref\n{} 1\n{at:010} 00000 n\r\ntrailer\n<</Prev {previous} ",
            information.number
        );
        let mut whole = bytes.clone();
        whole.extend_from_slice(update.as_bytes());
        whole.extend_from_slice(&raw_trailer);
        whole.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        let document = make::open(&whole).unwrap_or_else(|error| panic!("{plain}: {error}"));
        let error = document.latest().get(information).unwrap_err();
        assert_eq!(error.kind, PdfErrorKind::Malformed, "{plain}");
        // The first revision still says what it said.
        let first = document.at(0).unwrap().get(information).unwrap();
        assert!(first.as_dictionary().unwrap().contains("Title"));

        // One that lets go of the encryption changes what all before it said.
        let bare = String::from_utf8_lossy(&raw_trailer).into_owned();
        let cut = bare.find("/Encrypt").unwrap();
        let number_end = cut + bare[cut..].find('R').unwrap() + 1;
        assert!(bare[..number_end].is_ascii());
        let mut whole = bytes.clone();
        whole.extend_from_slice(update.as_bytes());
        whole.extend_from_slice(&raw_trailer[..cut]);
        whole.extend_from_slice(&raw_trailer[number_end..]);
        whole.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        assert_eq!(make::open(&whole).unwrap_err().kind, PdfErrorKind::Malformed);
    }
}
