//! How a token is asked to sign.

/// The scheme of a signature. Randomness is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme<'a> {
    /// ECDSA.
    Ecdsa,
    /// RSA PKCS#1 v1.5.
    RsaPkcs1,
    /// RSA-PSS with MGF1 of the same hash.
    RsaPss {
        /// Random bytes, as many as the digest has.
        salt: &'a [u8],
    },
}
