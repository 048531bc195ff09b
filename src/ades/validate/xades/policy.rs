//! The signature policy that the signed properties name. EN 319 132-1 §5.2.9 and §5.2.10.

use super::super::signature_policy::{Made, Named, Stated};
use super::Signature;
use crate::ades::xades::names::{XADES, XADES141};
use crate::ades::xades::read::below;
use crate::xml::canonical::Method;
use crate::xml::signature::DS;
use crate::xml::signature::algorithm::digest_from_uri;
use crate::xml::signature::read::octets;
use crate::xml::tree::NodeId;

/// The transform that stands for the way in which the policy's own specification makes its digest. EN 319 132-1 §5.2.9.1.
const AS_SPECIFIED: &str = "http://uri.etsi.org/01903/v1.3.2/SignaturePolicy/SPDocDigestAsInSpecification";

impl Signature<'_> {
    /// What the signature states of its policy.
    pub(super) fn policy(&self) -> Option<Stated> {
        let (document, properties) = (self.document, &self.properties);
        let path = ["SignedSignatureProperties", "SignaturePolicyIdentifier"];
        let found = properties.signed_at(document, &path);
        let [identifier] = found.as_slice() else {
            return (!found.is_empty()).then_some(Stated::Unread);
        };
        let mut inside = document.children(*identifier);
        let (Some(choice), None) = (inside.next(), inside.next()) else {
            return Some(Stated::Unread);
        };
        if document.is(choice, XADES, "SignaturePolicyImplied") {
            return Some(Stated::Implied);
        }
        Some(self.named(choice).map_or(Stated::Unread, Stated::Named))
    }

    /// The policy that `SignaturePolicyId` names.
    fn named(&self, choice: NodeId) -> Option<Named> {
        let document = self.document;
        let text = |path: &[&str]| match below(document, choice, path).as_slice() {
            [one] => document.text(*one),
            _ => None,
        };
        let id = text(&["SigPolicyId", "Identifier"])
            .filter(|_| document.is(choice, XADES, "SignaturePolicyId"))?;
        let mut named = Named::new(&id, self.made(choice));
        named.uri =
            text(&["SigPolicyQualifiers", "SigPolicyQualifier", "SPURI"]).map(|uri| uri.trim().to_owned());
        if let [hash] = below(document, choice, &["SigPolicyHash"]).as_slice() {
            let method = document.children_named(*hash, DS, "DigestMethod").next();
            let method = method.and_then(|method| document.tag(method)?.attribute("Algorithm"));
            let value = document.children_named(*hash, DS, "DigestValue").next();
            let value = value.and_then(|value| octets(document, value).ok());
            named = named.with_digest(method.and_then(digest_from_uri), value.unwrap_or_default());
        }
        named.stored = properties_store(self);
        Some(named)
    }

    /// How the digest is made: of canonical XML, as the specification says, or in a way that is not read.
    fn made(&self, choice: NodeId) -> Made {
        let document = self.document;
        let lists = document.children_named(choice, DS, "Transforms");
        let transforms: Vec<NodeId> = lists.flat_map(|list| document.children(list)).collect();
        let algorithms = transforms.iter().map(|transform| {
            let tag = document.tag(*transform)?;
            // What has parameters is not read.
            let is_plain = document.nodes(*transform).next().is_none();
            tag.attribute("Algorithm").filter(|_| is_plain)
        });
        let Some(algorithms) = algorithms.collect::<Option<Vec<&str>>>() else {
            return Made::Unknown;
        };
        if algorithms == [AS_SPECIFIED] {
            return Made::AsSpecified;
        }
        let methods: Option<Vec<Method>> = algorithms.into_iter().map(Method::from_uri).collect();
        methods.map_or(Made::Unknown, |methods| Made::canonical(&methods))
    }
}

/// The policy's document among the unsigned properties.
fn properties_store(signature: &Signature<'_>) -> Option<Vec<u8>> {
    let document = signature.document;
    let unsigned = signature.properties.unsigned(document);
    let mut stores = unsigned.filter(|property| document.is(*property, XADES141, "SignaturePolicyStore"));
    stores.find_map(|store| {
        let mut documents = document.children_named(store, XADES141, "SignaturePolicyDocument");
        octets(document, documents.next()?).ok()
    })
}
