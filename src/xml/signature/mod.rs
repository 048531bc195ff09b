//! The core of XML signatures: reading one strictly, what each reference covers, verifying, composing.
//!
//! A closed list of transforms and algorithms. A verified reference gives the bytes that were digested; whoever acts on
//! a signed document parses those and nothing else, so that nothing can be wrapped. Start from [`read::XmlSignature`].

pub mod algorithm;
pub mod compose;
pub mod defect;
pub mod read;
pub mod transform;
pub mod verify;

#[cfg(test)]
mod tests;

/// The namespace of XML signatures.
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
