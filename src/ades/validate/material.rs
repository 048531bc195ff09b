//! Certificates and revocation answers found in the file, with the revision that brought each.

use std::collections::HashMap;

use crate::base::digest::Sha256Digest;
use crate::pdf::document::Document;
use crate::pdf::dss;
use crate::pdf::error::PdfError;
use crate::pki::certificate::Certificate;

/// One answer or list, DER, and the revision of the file in which it first stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) der: Vec<u8>,
    pub(super) revision: usize,
}

/// Everything the security store offers. Nothing in it is believed for being there.
#[derive(Clone, Debug, Default)]
pub(super) struct Material {
    pub(super) certificates: Vec<Certificate>,
    pub(super) ocsp_responses: Vec<Item>,
    pub(super) crls: Vec<Item>,
}

impl Material {
    /// Reads the newest store, and finds for each item whether it stood before each of `marks`: the revisions that
    /// hold a document time-stamp.
    ///
    /// An item is dated by the first mark that follows it, for only that matters to what is proven.
    ///
    /// # Errors
    /// When a store cannot be read.
    pub(super) fn read(document: &Document, marks: &[usize]) -> Result<Self, PdfError> {
        let Some(store) = dss::read(&document.latest())? else {
            return Ok(Self::default());
        };
        let last = document.last_revision();
        let mut first_seen: HashMap<Sha256Digest, usize> = HashMap::new();
        let mut marks = marks.to_vec();
        marks.sort_unstable();
        for mark in marks {
            let Some(view) = document.at(mark) else { continue };
            let Some(store) = dss::read(&view)? else { continue };
            let items = store.evidence.ocsp_responses.iter().chain(&store.evidence.crls);
            for der in items {
                // The time-stamp's own revision adds no material, so what it shows stood before it.
                first_seen
                    .entry(Sha256Digest::of(der))
                    .or_insert(mark.saturating_sub(1));
            }
        }
        let dated = |items: Vec<Vec<u8>>| {
            let dated = items.into_iter().map(|der| {
                let revision = first_seen.get(&Sha256Digest::of(&der)).copied().unwrap_or(last);
                Item { der, revision }
            });
            dated.collect()
        };
        Ok(Self {
            // One that does not parse can be nobody's issuer; the others may.
            certificates: store
                .evidence
                .certificates
                .into_iter()
                .filter_map(|der| Certificate::parse(der).ok())
                .collect(),
            ocsp_responses: dated(store.evidence.ocsp_responses),
            crls: dated(store.evidence.crls),
        })
    }
}
