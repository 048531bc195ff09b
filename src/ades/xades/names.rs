//! Names of XAdES. EN 319 132-1 §4.3, §5.

/// The namespace of version 1.3.2.
pub const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
/// The namespace of what version 1.4.1 added: archive time-stamps and their validation data.
pub const XADES141: &str = "http://uri.etsi.org/01903/v1.4.1#";
/// `Type` of the reference to the signed properties.
pub const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
/// `Type` of a counter-signature's reference to the value it signs.
pub const COUNTERSIGNED: &str = "http://uri.etsi.org/01903#CountersignedSignature";
/// `Type` of a reference to a `ds:Object`.
pub const OBJECT: &str = "http://www.w3.org/2000/09/xmldsig#Object";
/// `Type` of a reference to a `ds:Manifest`.
pub const MANIFEST: &str = "http://www.w3.org/2000/09/xmldsig#Manifest";
/// `Encoding` of base64 in a `ds:Object`.
pub const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
/// What commitment identifiers begin with; the name follows.
pub const COMMITMENT: &str = "http://uri.etsi.org/01903/v1.2.2#";
