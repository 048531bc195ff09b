//! XML signatures and containers.

use std::collections::BTreeSet;
use std::sync::Arc;

use zegel::ades::asic::container::Container;
use zegel::ades::validate::indication::Indication;
use zegel::base::bytes::ReadAt;
use zegel::xml::canonical::{Method, Version};
use zegel::xml::limits::Limits;
use zegel::xml::part::{Part, Without, canonicalize};

use crate::ades::{asic_world, xml_world};
use crate::hostile::specimens::{authority, containers, xml_signatures};

/// What a document says when its signatures are left out.
fn said(bytes: &[u8]) -> Option<Vec<u8>> {
    let part = Part {
        element: None,
        without: Without::Signatures,
        comments: false,
    };
    let method = Method::new(Version::Exclusive);
    canonicalize(bytes, Limits::stream(), part, &method, Vec::new())
        .ok()?
        .ok()
}

/// The report on a document that may be anything. Signatures pass only over what they were made over, or over nothing
/// beside themselves.
pub fn signature(bytes: &[u8]) {
    let report = xml_world::validate(authority().world(), bytes);
    assert_eq!(report.document.length_bytes, u64::try_from(bytes.len()).unwrap());
    if report.indication != Indication::TotalPassed {
        return;
    }
    assert!(!report.signatures.is_empty());
    let said_now = said(bytes);
    // White space beside what is signed by its identifier says nothing.
    let packed = |said: Option<Vec<u8>>| {
        said.map(|said| {
            said.into_iter()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect::<Vec<u8>>()
        })
    };
    let known: BTreeSet<_> = xml_signatures().iter().map(|file| packed(said(file))).collect();
    assert!(
        known.contains(&packed(said_now)),
        "a signature passes over what nobody signed"
    );
}

/// The report on a container that may be anything. What passes holds the files that were signed.
pub fn container(bytes: &[u8]) {
    let report = asic_world::validate(authority().world(), bytes);
    if report.indication != Indication::TotalPassed {
        return;
    }
    let files = |bytes: &[u8]| -> BTreeSet<Vec<u8>> {
        let source: Arc<dyn ReadAt> = Arc::new(bytes.to_vec());
        let container = Container::open(source).unwrap();
        let data = container.data();
        data.map(|entry| container.archive.read(entry, 1 << 20).unwrap())
            .collect()
    };
    let is_known = containers().iter().any(|known| files(known) == files(bytes));
    assert!(is_known, "a container passes with files that nobody signed");
}
