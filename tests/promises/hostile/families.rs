//! Every family of readers with its good specimens: the tests and the fuzz targets both walk this one table.

use super::checks::{
    card, imports, messages, pdf, pki, provider, signed, signed_xml, token, tokens, xml, zip,
};
use super::specimens;

/// Readers of one kind of foreign bytes.
pub struct Family {
    /// Its name, and that of its fuzz target.
    pub name: &'static str,
    /// What must hold whatever the bytes.
    pub check: fn(&[u8]),
    /// Good specimens to start from.
    pub specimens: fn() -> Vec<Vec<u8>>,
    /// How many changed specimens the ordinary tests try: more where one costs little.
    pub cases: u32,
}

const fn family(name: &'static str, cases: u32, check: fn(&[u8]), specimens: fn() -> Vec<Vec<u8>>) -> Family {
    Family {
        name,
        check,
        specimens,
        cases,
    }
}

/// All of them.
pub const ALL: &[Family] = &[
    family("card_files", 400, card::files, specimens::card),
    family("card_driver", 200, card::driver, specimens::answers),
    family("piv_objects", 400, token::piv, specimens::piv_objects),
    family("pkcs15_files", 400, token::pkcs15, specimens::pkcs15_files),
    family("token_driver", 100, token::driver, specimens::token_answers),
    family("token_images", 100, token::image, specimens::card_images),
    family("card_images", 200, card::images, specimens::images),
    family("der", 200, card::asn1, specimens::der),
    family("certificate", 200, pki::certificate, specimens::certificates),
    family("paths", 100, pki::paths, specimens::paths),
    family("crl", 300, pki::crl, specimens::lists),
    family("ocsp", 200, pki::ocsp, specimens::ocsp_answers),
    family("time_stamp", 200, pki::time_stamp, specimens::stamps),
    family("cms", 100, pki::cms, specimens::cms),
    family(
        "native_messages",
        200,
        messages::native,
        specimens::native_messages,
    ),
    family("web_eid", 200, tokens::web_eid, specimens::web_eid_tokens),
    family("jws", 200, tokens::jws, specimens::signed_texts),
    family("signed_message", 30, signed::message, specimens::signed_messages),
    family("signed_json", 30, signed::json, specimens::signed_json),
    family("proof_file", 200, tokens::proof_file, specimens::proofs),
    family("pdf", 150, pdf::structure, specimens::pdfs),
    family("pdf_small", 200, pdf::structure, specimens::small_pdfs),
    family("pdf_judged", 60, pdf::judged_after_changes, specimens::scripts),
    family("pdf_any", 40, pdf::judged, specimens::pdfs),
    family("pdf_replaced", 20, pdf::replaced, specimens::pdfs),
    family("pdf_shown", 40, pdf::shown, specimens::small_pdfs),
    family("zip", 300, zip::archive, specimens::archives),
    family(
        "xml_signature",
        100,
        signed_xml::signature,
        specimens::xml_signatures,
    ),
    family("asic", 60, signed_xml::container, specimens::containers),
    family("turtle", 60, imports::turtle, specimens::turtles),
    family("tables", 150, imports::tables, specimens::tables),
    family("settings", 60, imports::settings, specimens::settings),
    family("oidc", 300, provider::oidc, specimens::requests),
    family("headers", 300, provider::headers, specimens::headers),
    family("xml", 200, xml::document, xml::documents),
    family("trusted_list", 60, xml::trusted_list, xml::lists),
];

/// The family of this name.
pub fn find(name: &str) -> &'static Family {
    ALL.iter()
        .find(|family| family.name == name)
        .expect("a family of this name")
}
