//! The seam to whatever signs digests: a card, a seal key in a token, a remote credential.
//!
//! A device that lives on this machine answers at once; one that lives elsewhere asks for a [`Call`] and is resumed
//! with its reply. Start from [`SigningDevice`].

use std::fmt;

use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::{KeyError, PublicKey};
use crate::pki::need::FetchFailure;

/// Why a device gave no certificate or no signature value.
#[derive(Debug, thiserror::Error)]
#[error("the signing device failed: {cause}")]
pub struct DeviceError {
    /// The device's own stable cause code, for the log and for the table of person codes.
    pub cause: &'static str,
    /// Whether the same may be tried later without anybody changing anything.
    pub is_retryable: bool,
    /// What the device reported.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl DeviceError {
    /// An error that stays until somebody changes something.
    pub const fn new(cause: &'static str) -> Self {
        Self {
            cause,
            is_retryable: false,
            source: None,
        }
    }

    /// An error that may be gone at the next try.
    pub const fn passing(cause: &'static str) -> Self {
        Self {
            cause,
            is_retryable: true,
            source: None,
        }
    }

    /// The same with what was reported.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// One digest to sign, with the algorithm whose hash made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToSign {
    /// How.
    pub algorithm: SignatureAlgorithm,
    /// The digest, as long as the hash of [`Self::algorithm`] gives.
    pub digest: Vec<u8>,
}

/// An HTTP POST that a device needs. What it carries may be secret, so nothing of it is shown but the host's part.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// Where.
    pub url: String,
    /// The value of the `Authorization` header, when there is one.
    pub authorization: Option<Text>,
    /// The media type of [`Self::body`].
    pub media_type: &'static str,
    /// What is posted.
    pub body: Text,
}

/// Text that may hold a secret: compared, never shown, wiped when dropped.
#[derive(Clone, PartialEq, Eq, zeroize::ZeroizeOnDrop)]
pub struct Text(String);

impl Text {
    /// Takes the text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for sending it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(…)")
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({} bytes)", self.body.expose().len())
    }
}

/// What came of a [`Call`]: status and body, whatever the status is, or why nothing came.
pub type Reply = Result<(u16, Vec<u8>), FetchFailure>;

/// What a device wants next, or what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// Make this call and give the reply to [`SigningDevice::answer`]; then ask the same again.
    Call(Call),
    /// Here it is.
    Done(T),
}

/// Something that holds a signature key and puts values under digests when its owner agrees.
///
/// It never sees the document: what is shown to the signer is the caller's duty. A value is not believed: whoever
/// embeds it verifies it first ([`crate::ades::pades::stages::Prepared::finish`]).
pub trait SigningDevice: Send {
    /// The signer's certificate and the issuers the device knows, signer first, each in DER.
    ///
    /// # Errors
    /// When the device cannot be reached, or holds no such key.
    fn certificates(&mut self) -> Result<Step<Vec<Vec<u8>>>, DeviceError>;

    /// Signs `digests`; the values come in the same order, as CMS carries them: DER `SEQUENCE { r, s }` for EC, octets
    /// of the modulus length for RSA. A device that answers raw r‖s converts with [`crate::crypto::ecdsa::raw_to_der`].
    ///
    /// # Errors
    /// When the device refuses or cannot be reached. Nothing is signed in part: all values come, or none.
    fn sign(&mut self, digests: &[ToSign]) -> Result<Step<Vec<Vec<u8>>>, DeviceError>;

    /// Takes the reply to the call of the last step. A device that never calls ignores it.
    fn answer(&mut self, reply: Reply);
}

/// Checks that `values` are those of `digests` under `key`, one each, in order.
///
/// # Errors
/// `DEVICE_COUNT` for another number of values, `DEVICE_VALUE` for one that does not verify: from a mixed-up list, a
/// wrong key or a wrong encoding.
pub fn check_values(key: &PublicKey, digests: &[ToSign], values: &[Vec<u8>]) -> Result<(), DeviceError> {
    if digests.len() != values.len() {
        return Err(DeviceError::new("DEVICE_COUNT"));
    }
    for (asked, value) in digests.iter().zip(values) {
        key.verify_digest(asked.algorithm, &asked.digest, value)
            .map_err(|error: KeyError| DeviceError::new("DEVICE_VALUE").because(error))?;
    }
    Ok(())
}
