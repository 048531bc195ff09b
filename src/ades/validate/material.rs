//! Certificates and revocation answers that came with what is judged, and where each stands.

use std::collections::HashMap;

use super::existence::Placed;
use crate::base::digest::Sha256Digest;
use crate::pki::certificate::Certificate;
use crate::pki::crl::UnverifiedCrl;
use crate::pki::name::Name;
use crate::pki::ocsp;
use crate::pki::path::Pool;

/// One answer or list, DER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) der: Vec<u8>,
    pub(super) id: Sha256Digest,
}

/// Everything that came along. Nothing in it is believed for being there.
#[derive(Clone, Debug, Default)]
pub(super) struct Material {
    certificates: Vec<Certificate>,
    pool: Pool,
    ocsp_responses: Vec<Item>,
    crls: Vec<Item>,
    /// OCSP responses by the serial numbers they speak of, so that each certificate looks at its own alone.
    by_serial: HashMap<Vec<u8>, Vec<usize>>,
    /// Lists by their issuer's name.
    by_issuer: HashMap<Name, Vec<usize>>,
    layers: HashMap<Sha256Digest, usize>,
    /// What was offered and could not be read.
    unreadable: usize,
}

impl Material {
    /// Adds a certificate that stands in `layer`. One that does not parse can be nobody's issuer; the others may.
    pub(super) fn add_certificate(&mut self, der: &[u8], layer: usize) {
        let Ok(certificate) = Certificate::parse(der) else {
            self.unreadable = self.unreadable.saturating_add(1);
            return;
        };
        if self.note(certificate.fingerprint(), layer) {
            self.pool.insert(certificate.clone());
            self.certificates.push(certificate);
        }
    }

    /// Adds an OCSP response that stands in `layer`.
    pub(super) fn add_ocsp_response(&mut self, der: Vec<u8>, layer: usize) {
        let id = Sha256Digest::of(&der);
        if !self.note(id, layer) {
            return;
        }
        let index = self.ocsp_responses.len();
        match ocsp::serials(&der) {
            Ok(serials) => {
                for serial in serials {
                    self.by_serial.entry(serial).or_default().push(index);
                }
                self.ocsp_responses.push(Item { der, id });
            }
            Err(_) => self.unreadable = self.unreadable.saturating_add(1),
        }
    }

    /// Adds a revocation list that stands in `layer`.
    pub(super) fn add_crl(&mut self, der: Vec<u8>, layer: usize) {
        let id = Sha256Digest::of(&der);
        if !self.note(id, layer) {
            return;
        }
        let index = self.crls.len();
        match UnverifiedCrl::parse(&der).map(|list| list.unverified_issuer().clone()) {
            Ok(issuer) => {
                self.by_issuer.entry(issuer).or_default().push(index);
                self.crls.push(Item { der, id });
            }
            Err(_) => self.unreadable = self.unreadable.saturating_add(1),
        }
    }

    /// Remembers the lowest layer of `id`. Tells whether it is new.
    fn note(&mut self, id: Sha256Digest, layer: usize) -> bool {
        match self.layers.entry(id) {
            std::collections::hash_map::Entry::Occupied(mut known) => {
                let lowest = layer.min(*known.get());
                known.insert(lowest);
                false
            }
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(layer);
                true
            }
        }
    }

    /// Every certificate, in the order found.
    pub(super) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The same, by subject.
    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// How many items could not be read.
    pub(super) const fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// Whether `id` came along.
    pub(super) fn has(&self, id: &Sha256Digest) -> bool {
        self.layers.contains_key(id)
    }

    /// Where `id` stands.
    pub(super) fn place(&self, id: Sha256Digest) -> Placed {
        let layer = self.layers.get(&id).copied().unwrap_or(Placed::NOWHERE);
        Placed { id, layer }
    }

    /// Certificates of responders that came inside their answers.
    pub(super) fn responders(&self) -> impl Iterator<Item = Certificate> {
        self.ocsp_responses
            .iter()
            .flat_map(|item| ocsp::certificates(&item.der))
    }

    /// OCSP responses that speak of the serial number of `certificate`.
    pub(super) fn ocsp_about(&self, certificate: &Certificate) -> impl Iterator<Item = &Item> {
        let found = self.by_serial.get(certificate.serial());
        found
            .into_iter()
            .flatten()
            .filter_map(|index| self.ocsp_responses.get(*index))
    }

    /// Lists that name the subject of `issuer` as theirs.
    pub(super) fn crls_of(&self, issuer: &Certificate) -> impl Iterator<Item = &Item> {
        let found = self.by_issuer.get(issuer.subject());
        found
            .into_iter()
            .flatten()
            .filter_map(|index| self.crls.get(*index))
    }
}
