//! Time-stamps over what a signature signs, made before it and signed with it. EN 319 132-1 §5.2.8.

use super::super::format::Failure;
use super::super::general::{CONTENT, CONTENT_STAMPS_AT_MOST, Imprint, SOME_CONTENT, Token};
use super::super::indication::SubIndication;
use super::{Signature, at_hand};
use crate::ades::xades::data::Scene;
use crate::ades::xades::imprint;
use crate::ades::xades::names::XADES;
use crate::ades::xades::unsigned::tokens;
use crate::xml::canonical::Method;
use crate::xml::tree::NodeId;

fn fault(detail: &str) -> Failure {
    Failure::new(SubIndication::FormatFailure, "XADES_TIME_STAMP", detail)
}

impl Signature<'_> {
    /// The time-stamps over the content, in their order. Each property may hold several tokens.
    pub(super) fn content_stamps<'s>(&'s self, scene: &'s Scene<'s>) -> Vec<Token<'s>> {
        let path = ["SignedDataObjectProperties"];
        let properties = self.properties.signed_at(self.document, &path);
        let properties = properties.into_iter().flat_map(|top| self.document.children(top));
        let mut found = Vec::new();
        for property in properties {
            // One more than count is enough to refuse them all.
            if found.len() > CONTENT_STAMPS_AT_MOST {
                break;
            }
            let is = |name: &str| self.document.is(property, XADES, name);
            if is("AllDataObjectsTimeStamp") {
                self.add_content_stamps(scene, property, (CONTENT, self.all_data(property)), &mut found);
            } else if is("IndividualDataObjectsTimeStamp") {
                let some = self.included_data(property);
                self.add_content_stamps(scene, property, (SOME_CONTENT, some), &mut found);
            }
        }
        found
    }

    fn add_content_stamps<'s>(
        &'s self,
        scene: &'s Scene<'s>,
        property: NodeId,
        (name, covered): (&str, Result<Vec<usize>, Failure>),
        found: &mut Vec<Token<'s>>,
    ) {
        let method = imprint::method_of(self.document, property).map_err(Failure::from);
        let mut ders = tokens(self.document, property);
        let has_other = self
            .document
            .children_named(property, XADES, "XMLTimeStamp")
            .next()
            .is_some();
        let asked = covered.and_then(|covered| Ok((covered, method?)));
        let fault = match &asked {
            Err(failure) => Some(failure.clone()),
            Ok(_) if ders.is_empty() || has_other => Some(fault(
                "a time-stamp property holds a token that is not of RFC 3161",
            )),
            Ok(_) => None,
        };
        // What calls itself a time-stamp and holds none is judged as one that cannot be read.
        if ders.is_empty() {
            ders.push(Vec::new());
        }
        for der in ders {
            let imprint: Imprint<'s> = match &asked {
                Ok((covered, method)) => self.content_imprint(scene, covered.clone(), method.clone()),
                Err(_) => Box::new(|_| None),
            };
            found.push(Token {
                fault: fault.clone(),
                ..Token::new(der, name, 0, imprint)
            });
        }
    }

    fn content_imprint<'s>(
        &'s self,
        scene: &'s Scene<'s>,
        covered: Vec<usize>,
        method: Method,
    ) -> Imprint<'s> {
        Box::new(move |hash| at_hand(imprint::of_content(scene, &self.core, &covered, &method, hash)))
    }

    /// Every reference but the one to the signed properties. EN 319 132-1 §5.2.8.1.
    fn all_data(&self, property: NodeId) -> Result<Vec<usize>, Failure> {
        if self
            .document
            .children_named(property, XADES, "Include")
            .next()
            .is_some()
        {
            return Err(fault("a time-stamp over all objects names some of them"));
        }
        let all = 0..self.core.references.len();
        Ok(all.filter(|index| *index != self.properties.reference).collect())
    }

    /// The references that the property names, in its order. EN 319 132-1 §5.2.8.2: each by its identifier, for the data
    /// that it refers to and not for itself.
    fn included_data(&self, property: NodeId) -> Result<Vec<usize>, Failure> {
        let mut covered = Vec::new();
        for include in self.document.children_named(property, XADES, "Include") {
            let attribute = |name: &str| self.document.tag(include)?.attribute(name);
            let id = attribute("URI").and_then(|uri| uri.strip_prefix('#'));
            let is_named =
                |index: &usize| self.core.references.get(*index).and_then(|one| one.id.as_deref()) == id;
            let mut named = (0..self.core.references.len()).filter(is_named);
            let (Some(_), Some(index), None) = (id, named.next(), named.next()) else {
                return Err(fault(
                    "a time-stamp names a reference that is not there, or there twice",
                ));
            };
            if !matches!(attribute("referencedData"), Some("true" | "1")) {
                return Err(fault(
                    "a time-stamp over objects does not say that it is over their data",
                ));
            }
            if index == self.properties.reference || covered.contains(&index) {
                return Err(fault(
                    "a time-stamp over objects names the properties, or an object twice",
                ));
            }
            covered.push(index);
        }
        if covered.is_empty() {
            return Err(fault("a time-stamp over objects names none"));
        }
        Ok(covered)
    }
}
