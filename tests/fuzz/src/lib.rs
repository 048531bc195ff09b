//! Fuzz targets: the checks of `tests/promises/hostile/` under libFuzzer. `./dev fuzz [SECONDS]` runs them all.
//!
//! A target is one family of readers; its check holds the limits and round trips too, not only that nothing panics.
//! What reads foreign bytes, and which family holds it:
//!
//! | foreign bytes | read by | family |
//! |---|---|---|
//! | identity, address, TLV, ATR, status words, APDUs | `card::tlv`, `card::eid`, `card::apdu` | `card_files` |
//! | a card's answers, one after the other | `card::eid::Eid` over its transport | `card_driver` |
//! | objects of PIV tokens, packed and plain | `card::piv` | `piv_objects` |
//! | directories, objects and descriptions of PKCS#15 tokens | `card::pkcs15` | `pkcs15_files` |
//! | a token's answers, one after the other | `card::family::Card` over its transport | `token_driver` |
//! | images of virtual tokens, and the tokens they make | `lab::card` | `token_images` |
//! | card images, as JSON and as published XML | `lab::card` | `card_images` |
//! | BER and DER, identifiers, times, numbers | `asn1::read`, `asn1::oid` | `der` |
//! | certificates, extensions, names, keys, PEM | `pki::certificate`, `pki::name`, `crypto::key` | `certificate` |
//! | revocation lists | `pki::crl` | `crl` |
//! | OCSP answers | `pki::ocsp` | `ocsp` |
//! | time-stamp replies and tokens | `pki::timestamp` | `time_stamp` |
//! | CMS, signed attributes, signer-attributes, ECDSA values, algorithms | `ades::cms`, `crypto::ecdsa` | `cms` |
//! | native messages, origins, a whole run of the program beside the reader, its own window | `webeid`, `agent` | `native_messages` |
//! | Web eID tokens | `webeid` | `web_eid` |
//! | compact JWS, verdicts, claims | `crypto::jws`, `ades::validate::verdict`, `mandates::proof` | `jws` |
//! | signed CMS messages, archive time-stamps, counter-signatures | `ades::cms`, `ades::validate` | `signed_message` |
//! | signatures in JSON, their headers, unsigned elements and counter-signatures | `ades::jades`, `ades::validate` | `signed_json` |
//! | proof files | `ades::validate::verdict::ProofFile` | `proof_file` |
//! | PDF: lexer, objects, cross-references, object streams, filters, revisions, fields, store, changes | `pdf` | `pdf`, `pdf_small` |
//! | a sealed file somebody changed; a file somebody sends; a file replaced while it is read | `ades::validate` | `pdf_judged`, `pdf_any`, `pdf_replaced` |
//! | text, single pages and pictures of a file | `pdf::text`, `pdf::extract`, `pdf::preview` | `pdf_shown` |
//! | ZIP archives | `ades::asic::zip` | `zip` |
//! | XML, its canonical forms, XML signatures | `xml` | `xml` |
//! | trusted lists | `pki::lists` | `trusted_list` |
//! | XML signatures, counter-signatures, containers | `ades::validate`, `ades::xades`, `ades::asic` | `xml_signature`, `asic` |
//! | Turtle exports | `sources::turtle` | `turtle` |
//! | CSV uploads and tables | `sources::upload`, `sources::municipality_codes` | `tables` |
//! | settings, trust data, rules | `config::read`, `pki::anchors`, `mandates::rules` | `settings` |
//! | authorize and token requests, PKCE, redirect URIs, Basic and Bearer, own paths | `oidc` | `oidc` |
//! | forwarded addresses, languages, cookies, origins | `http`, `base::lang` | `headers` |
//!
//! Read elsewhere, where the reader is private: the parts of an API request (`http::api::multipart`) and the lines of
//! a PIN program (`card::assuan`) have their properties beside them. The PKCS#15 files of a Belgian card are served by
//! the laboratory and read by other programs only; zegel itself knows that card's paths. Other JSON is read by serde into
//! closed structures.

pub mod ades;
#[path = "../../promises/hostile/mod.rs"]
pub mod hostile;

pub mod support {
    //! What `world` takes from the ordinary tests.

    /// The moment everything is judged at.
    pub fn moment() -> zegel::base::time::Timestamp {
        "2026-03-03T09:00:00Z".parse().unwrap()
    }
}

pub mod seeds;

use std::sync::OnceLock;

use hostile::families::{self, Family};

static FAMILY: OnceLock<&'static Family> = OnceLock::new();

/// What comes before the first input: the family's seeds, and what a panic does. Called by libFuzzer.
pub fn begin(name: &str) {
    let family = FAMILY.get_or_init(|| families::find(name));
    seeds::write(family);
    // WHY: libFuzzer's own hook ends the process on every panic, also on one that is caught on purpose, as those of the
    // drawing library are. One that is not caught ends it all the same, at the border to libFuzzer.
    std::panic::set_hook(Box::new(|what| {
        let inside = what.location().map_or("", std::panic::Location::file);
        if !inside.contains("/registry/") {
            eprintln!("{what}");
        }
    }));
}

/// One input.
pub fn run(bytes: &[u8]) {
    if let Some(family) = FAMILY.get() {
        (family.check)(bytes);
    }
}

/// The entry point of the target of a family.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        libfuzzer_sys::fuzz_target!(
            init: $crate::begin($name),
            |bytes: &[u8]| $crate::run(bytes)
        );
    };
}
