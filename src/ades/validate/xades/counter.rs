//! Counter-signatures: each is a property of the signature that it is on, and stands under that one's later archive
//! time-stamps as everything before them does. EN 319 132-1 §5.2.7.2 and §5.5.2.2.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::super::archive_manifest::Around;
use super::super::cades::signer_name;
use super::super::general::{self, Basis, Subject, Token};
use super::super::report::{Format, SignatureReport};
use super::{Judged, Signature};
use crate::ades::xades::data::Scene;
use crate::ades::xades::imprint::is_archive;
use crate::ades::xades::names::XADES;
use crate::base::digest::HashAlgorithm;
use crate::xml::signature::DS;
use crate::xml::tree::NodeId;

/// An archive time-stamp of the signature around, for as many counter-signatures as it covers: what it is over is read
/// once.
struct Enclosing<'s> {
    token: Token<'s>,
    imprints: RefCell<BTreeMap<HashAlgorithm, Option<Vec<u8>>>>,
}

impl<'s> Enclosing<'s> {
    /// The same token where the layers are others.
    fn at(&'s self, layer: usize) -> Token<'s> {
        Token {
            der: self.token.der.clone(),
            name: self.token.name.clone(),
            layer,
            imprint: Box::new(move |hash| {
                let mut known = self.imprints.borrow_mut();
                known
                    .entry(hash)
                    .or_insert_with(|| (self.token.imprint)(hash))
                    .clone()
            }),
            fault: self.token.fault.clone(),
        }
    }
}

impl Signature<'_> {
    /// The counter-signatures on it, judged.
    pub(super) fn counters(
        &self,
        scene: &Scene<'_>,
        index: usize,
        (around, basis): (&Around<'_>, &Basis<'_>),
    ) -> Vec<Judged> {
        let mut archives = 0_usize;
        let mut elements: Vec<(NodeId, usize)> = Vec::new();
        for property in self.properties.unsigned(self.document) {
            if is_archive(self.document, property) {
                archives = archives.saturating_add(1);
            } else if self.document.is(property, XADES, "CounterSignature") {
                let inside = self.document.children_named(property, DS, "Signature");
                elements.extend(inside.map(|element| (element, archives)));
            }
        }
        if elements.is_empty() {
            return Vec::new();
        }
        let enclosing: Vec<Enclosing<'_>> = self
            .tokens(scene)
            .1
            .into_iter()
            .map(|token| Enclosing {
                token,
                imprints: RefCell::default(),
            })
            .collect();
        let judged = elements
            .into_iter()
            .enumerate()
            .map(|(number, (element, before))| {
                let name = signer_name(index, Some(number));
                let report = match Self::read(self.document, element) {
                    Ok(counter) => {
                        let mut subject = counter.subject(scene, name, Some(self.core.value_element));
                        self.enclose(&mut subject, &enclosing, before);
                        let inside = subject.archive.len();
                        subject.archive.extend(around.tokens(inside));
                        around.add_material(&mut subject.material, inside);
                        general::judge(subject, basis)
                    }
                    Err(failure) => SignatureReport::failed(name, Format::Xades, failure),
                };
                Judged {
                    report,
                    covers: BTreeSet::new(),
                    is_counter: true,
                }
            });
        judged.collect()
    }

    /// Puts a counter-signature that stands behind `before` archive time-stamps under those that follow: above its own, each
    /// of which they cover. What the signature around holds serves it too.
    fn enclose<'s>(&self, subject: &mut Subject<'s>, enclosing: &'s [Enclosing<'s>], before: usize) {
        let own = subject.archive.len();
        let layer = |archives: usize| {
            own.saturating_add(archives.saturating_sub(before))
                .saturating_mul(2)
        };
        for (number, one) in enclosing.iter().enumerate().skip(before) {
            subject.archive.push(one.at(layer(number).saturating_add(1)));
        }
        self.add_material(&mut subject.material, layer);
    }
}
