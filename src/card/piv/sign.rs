//! Signatures: which algorithm a key takes, what goes in, what comes out.

use crate::base::digest::HashAlgorithm;
use crate::card::apdu::StatusWord;
use crate::card::ber;
use crate::card::eid::{CardSignature, LastTry, SignatureScheme};
use crate::card::error::CardError;
use crate::card::operation::{Operation, Sent, Stop};
use crate::card::padding;
use crate::card::public_key::KeyKind;
use crate::card::scheme::Scheme;

use super::object::Slot;
use super::yubikey::{Touch, is_likely_yubikey};

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct SignRequest<'a> {
    /// With which key.
    pub slot: Slot,
    /// How.
    pub scheme: Scheme<'a>,
    /// The hash that made the digest.
    pub hash: HashAlgorithm,
    /// The digest, as long as `hash` says.
    pub digest: &'a [u8],
    /// Whether a last try may be used up.
    pub last_try: LastTry,
}

/// Algorithm identifier and input of GENERAL AUTHENTICATE.
///
/// # Errors
/// `AlgorithmUnsupported` when scheme, hash and key do not fit each other.
///
/// Source: SP 800-78-4 table 6-2; reference §19.1.
pub(super) fn input(key: KeyKind, request: &SignRequest<'_>) -> Result<(u8, Vec<u8>), CardError> {
    let digest = request.digest;
    let unsupported = CardError::AlgorithmUnsupported(digest.len());
    if digest.len() != request.hash.output_bytes() {
        return Err(unsupported);
    }
    match (key, request.scheme) {
        (KeyKind::Ec { field_bytes: 32 }, Scheme::Ecdsa) => Ok((0x11, padding::ec_input(digest, 32))),
        (KeyKind::Ec { field_bytes: 48 }, Scheme::Ecdsa) => Ok((0x14, padding::ec_input(digest, 48))),
        (KeyKind::Rsa { bits }, scheme) => {
            let algorithm = match bits {
                1024 => 0x06,
                2048 => 0x07,
                3072 => 0x05,
                4096 => 0x16,
                _ => return Err(unsupported),
            };
            let block = match scheme {
                Scheme::RsaPkcs1 => padding::pkcs1(request.hash, digest, bits.div_ceil(8)),
                Scheme::RsaPss { salt } => padding::pss(request.hash, digest, salt, bits),
                Scheme::Ecdsa => None,
            };
            block.map(|block| (algorithm, block)).ok_or(unsupported)
        }
        _ => Err(unsupported),
    }
}

/// The value in the answer, in the form that all drivers give it.
///
/// # Errors
/// `Malformed` when it is none of this key.
pub(super) fn output(
    key: KeyKind,
    request: &SignRequest<'_>,
    answer: &[u8],
) -> Result<CardSignature, CardError> {
    let malformed = |at| CardError::Malformed {
        what: "signature",
        at,
    };
    let response = ber::find(answer, 0x7C)
        .and_then(|template| ber::find(template.unwrap_or_default(), 0x82))
        .map_err(|error| malformed(error.at))?
        .ok_or_else(|| malformed(0))?;
    let (scheme, value) = match (key, request.scheme) {
        (KeyKind::Ec { field_bytes }, _) => (
            SignatureScheme::Ecdsa,
            padding::ecdsa_raw(response, field_bytes).ok_or_else(|| malformed(response.len()))?,
        ),
        (KeyKind::Rsa { bits }, scheme) => {
            if response.len() != bits.div_ceil(8) {
                return Err(malformed(response.len()));
            }
            let scheme = match scheme {
                Scheme::RsaPss { .. } => SignatureScheme::RsaPss,
                Scheme::Ecdsa | Scheme::RsaPkcs1 => SignatureScheme::RsaPkcs1,
            };
            (scheme, response.to_vec())
        }
    };
    Ok(CardSignature {
        scheme,
        hash: request.hash,
        value,
    })
}

impl Operation<'_> {
    /// GENERAL AUTHENTICATE with the key, and its value.
    pub(super) fn piv_sign(
        &mut self,
        key: KeyKind,
        request: &SignRequest<'_>,
    ) -> Result<CardSignature, Stop> {
        let (algorithm, input) = input(key, request)?;
        let verified = self.sent == Sent::Pin;
        self.sent = Sent::Effect;
        let response = self.general_authenticate(algorithm, request.slot.reference(), &input)?;
        match response.status() {
            StatusWord::OK => Ok(output(key, request, response.data())?),
            StatusWord::SECURITY_STATUS
                if is_likely_yubikey(&self.atr()) && self.waits_for_touch(request.slot)? =>
            {
                Err(CardError::TouchMissing.into())
            }
            // The card saw no PIN for this signature. Never tried again: the PIN was typed for one attempt.
            status @ StatusWord::SECURITY_STATUS if verified => Err(CardError::Status {
                command: "GENERAL AUTHENTICATE",
                status,
            }
            .into()),
            StatusWord::SECURITY_STATUS => Err(CardError::FunctionUnavailable("sign without a PIN").into()),
            StatusWord::WRONG_DATA => Err(CardError::AlgorithmUnsupported(request.digest.len()).into()),
            StatusWord::REFERENCE_NOT_FOUND | StatusWord::WRONG_PARAMETERS | StatusWord(0x6A81) => {
                Err(CardError::KeyUnknown(request.slot.name().to_owned()).into())
            }
            status => Err(CardError::Status {
                command: "GENERAL AUTHENTICATE",
                status,
            }
            .into()),
        }
    }

    /// Whether the refusal can be a touch that did not come: the token says so, or does not say.
    fn waits_for_touch(&mut self, slot: Slot) -> Result<bool, Stop> {
        let touch = self.touch(slot.reference())?;
        Ok(touch != Some(Touch::Never))
    }
}
