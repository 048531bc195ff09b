//! Criteria of qualification elements: which certificates they mean (TS 119 612 §5.5.9.2.2).

use crate::pki::certificate::Certificate;
use crate::pki::extensions::KeyUsage;

/// A CriteriaList.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criteria {
    /// How its parts are put together.
    pub assert: Assert,
    /// Its parts.
    pub parts: Vec<Criterion>,
}

/// How many of the parts must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assert {
    /// Every one.
    All,
    /// One or more.
    AtLeastOne,
    /// Not one.
    None,
}

/// A part of a CriteriaList.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Each named bit of the key usage has the value stated: bit number of RFC 5280 and value.
    KeyUsage(Vec<(u8, bool)>),
    /// Every identifier is among the certificate's policies, in dotted form.
    PolicySet(Vec<String>),
    /// A list inside the list.
    List(Criteria),
    /// Every purpose is among the extended key usages.
    ExtendedKeyUsage(Vec<String>),
    /// Every attribute type stands in the subject.
    SubjectAttributes(Vec<String>),
    /// The statement is among the QCStatements; with a type where it is QcType's.
    QcStatement {
        /// Identifier of the statement.
        statement: String,
        /// A type that QcType must name.
        kind: Option<String>,
    },
}

impl Criteria {
    /// Whether `certificate` is meant.
    pub fn matches(&self, certificate: &Certificate) -> bool {
        let mut each = self.parts.iter().map(|part| part.matches(certificate));
        match self.assert {
            Assert::All => each.all(|holds| holds),
            Assert::AtLeastOne => each.any(|holds| holds),
            Assert::None => !each.any(|holds| holds),
        }
    }
}

impl Criterion {
    fn matches(&self, certificate: &Certificate) -> bool {
        let extensions = certificate.extensions();
        match self {
            // A certificate without key usage has no bit set.
            Self::KeyUsage(bits) => bits.iter().all(|(bit, value)| {
                let is_set = extensions
                    .key_usage
                    .is_some_and(|usage| KeyUsage::bit(*bit).is_some_and(|bit| usage.contains(bit)));
                is_set == *value
            }),
            Self::PolicySet(policies) => policies
                .iter()
                .all(|wanted| extensions.policies.iter().any(|own| own.to_string() == *wanted)),
            Self::List(list) => list.matches(certificate),
            Self::ExtendedKeyUsage(purposes) => purposes.iter().all(|wanted| {
                extensions
                    .extended_key_usage
                    .as_ref()
                    .is_some_and(|usage| usage.purposes.iter().any(|own| own.to_string() == *wanted))
            }),
            Self::SubjectAttributes(types) => types
                .iter()
                .all(|wanted| certificate.subject().has_attribute(wanted)),
            Self::QcStatement { statement, kind } => extensions.qc_statements.as_ref().is_some_and(|own| {
                own.statements.iter().any(|one| one.to_string() == *statement)
                    && kind
                        .as_ref()
                        .is_none_or(|kind| own.types.iter().any(|one| one.to_string() == *kind))
            }),
        }
    }
}
