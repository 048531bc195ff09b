//! Files with a message authentication code (`/AuthCode`, ISO/TS 32004): every revision makes its own, and none goes.

use std::sync::Arc;

use zegel::ades::pades::rehearse::rehearse;
use zegel::pdf::object::Dictionary;
use zegel::pdf::signature_field::{Content, Placement};
use zegel::pdf::update::Update;

use super::changing::why_since;
use super::make;
use super::updating::{automatic, request};
use crate::support::moment;

const CODE: &str = "/AuthCode<</MACLocation/Standalone/MAC<0102>/ByteRange[0 9 12 9]>>";
const IN_SIGNATURE: &str = "/AuthCode<</MACLocation/AttachedToSig/SigObjRef 3 0 R>>";

fn file(code: &str) -> Vec<u8> {
    make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]>>",
        ],
        code,
    )
}

/// One more revision that changes nothing but the trailer.
fn later(file: &[u8], code: &str) -> Vec<u8> {
    let told = String::from_utf8_lossy(file);
    let previous = told.rsplit("startxref\n").next().unwrap().lines().next().unwrap();
    let start = file.len();
    let more = format!(
        "xref\n0 0\ntrailer\n<</Size 4/Root 1 0 R/Prev {previous}{code}>>\nstartxref\n{start}\n%%EOF\n"
    );
    [file, more.as_bytes()].concat()
}

#[test]
fn a_later_revision_has_another_code_and_always_one() {
    let other = CODE.replace("0102", "0304");
    for (code, expected) in [
        (CODE, None),
        (other.as_str(), None),
        (IN_SIGNATURE, None),
        ("", Some("the authentication code of the file was taken away")),
        (
            "/AuthCode null",
            Some("the authentication code of the file was taken away"),
        ),
        (
            "/AuthCode[1]",
            Some("the authentication code of the file is none"),
        ),
        (
            "/AuthCode<</OpenAction<</S/JavaScript>>>>",
            Some("the authentication code of the file is none"),
        ),
    ] {
        let file = later(&file(CODE), code);
        assert_eq!(why_since(&file, 0), Vec::from_iter(expected), "{code}");
    }
    assert_eq!(
        why_since(&later(&file(""), CODE), 0),
        ["the file got an authentication code that it lacked"]
    );
}

#[test]
fn nothing_is_added_to_what_a_code_covers() {
    for bytes in [file(CODE), file(IN_SIGNATURE), later(&file(CODE), "")] {
        let document = make::open(&bytes).unwrap();
        assert!(document.has_authentication_code());
        let mut update = Update::new(&document);
        update.add(Dictionary::new());
        assert_eq!(update.finish().unwrap_err().cause(), "PDF_MAC");
        let refused = document.latest().may_sign(None).unwrap().unwrap_err();
        assert_eq!(refused.cause(), "PDF_MAC");
        let mut stamp = request(Placement::Invisible);
        stamp.content = Content::DocTimeStamp;
        for wanted in [request(automatic()), stamp] {
            let mut update = Update::new(&document);
            let added = zegel::pdf::signature_field::add(&mut update, &wanted);
            let cause = added.map_or_else(|error| error.cause(), |_| update.finish().unwrap_err().cause());
            assert_eq!(cause, "PDF_MAC");
        }
        let error = rehearse(&(Arc::new(bytes) as _), moment()).unwrap_err();
        assert_eq!(error.cause(), "PDF_MAC");
    }
    let plain = make::open(&file("")).unwrap();
    assert!(!plain.has_authentication_code());
    assert!(plain.latest().may_sign(None).unwrap().is_ok());
}
