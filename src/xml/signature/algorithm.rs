//! Identifiers of digest and signature algorithms in XML signatures (XML-DSig 1.1, RFC 9231).
//!
//! HMAC and DSA are not here: a shared secret signs nothing for a third party, and nobody signs with DSA any more.

use crate::base::digest::HashAlgorithm;
use crate::crypto::algorithm::SignatureAlgorithm;

/// The identifier of a digest algorithm.
pub const fn digest_uri(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
        HashAlgorithm::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
        HashAlgorithm::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        HashAlgorithm::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
    }
}

/// The digest algorithm that `uri` names.
pub fn digest_from_uri(uri: &str) -> Option<HashAlgorithm> {
    HashAlgorithm::ALL
        .into_iter()
        .find(|hash| digest_uri(*hash) == uri)
}

/// The identifier of a signature algorithm. PSS has the parameters that its own identifiers fix (RFC 9231 §2.3.10).
pub const fn signature_uri(algorithm: SignatureAlgorithm) -> &'static str {
    use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss, RsaPssSalted};
    match algorithm {
        Ecdsa(Sha1) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        Ecdsa(Sha256) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        Ecdsa(Sha384) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        Ecdsa(Sha512) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
        RsaPkcs1(Sha1) => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        RsaPkcs1(Sha256) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        RsaPkcs1(Sha384) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        RsaPkcs1(Sha512) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        RsaPss(Sha1) => "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
        RsaPss(Sha256) => "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        RsaPss(Sha384) => "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
        RsaPss(Sha512) => "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
        // Its salt stands in a RSAPSSParams beside it (RFC 9231 §2.3.9), which zegel neither writes nor reads.
        RsaPssSalted(..) => "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
    }
}

/// The signature algorithm that `uri` names.
pub fn signature_from_uri(uri: &str) -> Option<SignatureAlgorithm> {
    HashAlgorithm::ALL
        .into_iter()
        .flat_map(|hash| {
            [
                SignatureAlgorithm::Ecdsa(hash),
                SignatureAlgorithm::RsaPkcs1(hash),
                SignatureAlgorithm::RsaPss(hash),
            ]
        })
        .find(|algorithm| signature_uri(*algorithm) == uri)
}
