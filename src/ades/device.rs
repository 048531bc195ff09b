//! The seam to whatever signs a digest: a card, a seal key in a token, a remote credential.

use crate::crypto::algorithm::SignatureAlgorithm;

/// Why a device gave no certificate or no signature value.
#[derive(Debug, thiserror::Error)]
#[error("the signing device failed")]
pub struct DeviceError {
    /// The device's own stable cause code, for the log and for the table of person codes.
    pub cause: &'static str,
    /// What the device reported.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Something that holds a signature key and puts a value under a digest when its owner agrees.
///
/// It never sees the document: what is shown to the signer is the caller's duty.
pub trait SigningDevice {
    /// The signer's certificate and the issuers the device knows, signer first, each in DER.
    fn certificate_chain(&mut self) -> Result<Vec<Vec<u8>>, DeviceError>;

    /// Signs `digest`, made with the hash of `algorithm`.
    ///
    /// Returns the value as CMS carries it: DER `SEQUENCE { r, s }` for EC, octets of the modulus length for RSA.
    /// A device that answers raw r‖s converts with [`crate::crypto::ecdsa::raw_to_der`].
    fn sign_digest(&mut self, algorithm: SignatureAlgorithm, digest: &[u8]) -> Result<Vec<u8>, DeviceError>;
}
