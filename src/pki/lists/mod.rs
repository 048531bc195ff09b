//! Trusted lists (ETSI TS 119 612) and what they say of a certificate (TS 119 615).
//!
//! A list is read only from the bytes that its signature covers. The list of lists is believed from fingerprints
//! published in the Official Journal, a national list from the list of lists. Nothing here fetches. Start from
//! [`lotl::verify`], [`signed::verify`] and [`qualification::determine`].

pub mod anchors;
pub mod criteria;
pub mod defect;
pub mod files;
pub mod list;
pub mod lotl;
pub mod qualification;
mod read;
pub mod signed;
pub mod trusted;

/// Namespace of trusted lists.
pub const TSL: &str = "http://uri.etsi.org/02231/v2#";
/// Namespace of their additional types.
pub const TSL_ADDITIONAL: &str = "http://uri.etsi.org/02231/v2/additionaltypes#";
/// Namespace of the extensions about qualification.
pub const SIE: &str = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#";
/// Namespace of XAdES 1.3.2.
pub const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
/// `Type` of the reference to the signed properties.
pub const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
