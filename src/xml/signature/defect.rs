//! Why an XML signature was refused.

use crate::xml::error::XmlError;

/// One variant per cause a caller treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureDefect {
    /// An algorithm zegel does not know, or does not take in signatures.
    #[error("an algorithm that is not accepted in XML signatures")]
    Algorithm,
    /// What a reference covers has another digest.
    #[error("reference {0} does not match what it covers")]
    Digest(usize),
    /// What was covered and should be read as XML is not well formed.
    #[error(transparent)]
    Document(#[from] XmlError),
    /// A reference names something outside the document that was not handed in.
    #[error("reference {0} names something that is not at hand")]
    Missing(usize),
    /// The elements do not stand as the schema says.
    #[error("a signature element that is not as the schema says: {0}")]
    Malformed(&'static str),
    /// An identifier stands on two elements, or on none.
    #[error("reference {0} does not name exactly one element")]
    Target(usize),
    /// A transform that is not on the list, or in an order that means nothing.
    #[error("a transform that is not accepted")]
    Transform,
    /// The value does not verify under the key.
    #[error("the signature value does not verify")]
    Value,
}

impl SignatureDefect {
    /// The stable code for logs and tables, `XSIG_…`.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Algorithm => "XSIG_ALGORITHM",
            Self::Digest(_) => "XSIG_DIGEST",
            Self::Document(error) => error.kind.cause(),
            Self::Missing(_) => "XSIG_MISSING",
            Self::Malformed(_) => "XSIG_MALFORMED",
            Self::Target(_) => "XSIG_TARGET",
            Self::Transform => "XSIG_TRANSFORM",
            Self::Value => "XSIG_VALUE",
        }
    }
}
