//! The token of a log-in at the counter's own reader, built from what the card answers.
//!
//! It is then verified like any other: there is one verifier.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::LoginRefusal;
use super::eid;
use crate::base::digest::HashAlgorithm;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::pki::certificate::Certificate;
use crate::webeid::Token;

/// What the card is asked to sign for one log-in.
#[derive(Clone, Debug)]
pub struct CounterChallenge {
    certificate: Certificate,
    algorithm: SignatureAlgorithm,
    message: Vec<u8>,
}

impl CounterChallenge {
    /// For the authentication certificate just read from the card, our own `origin` and the `nonce` handed out.
    ///
    /// # Errors
    /// `cert_malformed`, or `alg_key_mismatch` for a key that cards do not log in with.
    pub fn new(certificate_der: &[u8], origin: &str, nonce: &str) -> Result<Self, LoginRefusal> {
        let certificate =
            Certificate::parse(certificate_der).map_err(|_| LoginRefusal::CertificateMalformed)?;
        let algorithm = certificate
            .key_kind()
            .and_then(eid::algorithm_of)
            .ok_or(LoginRefusal::AlgorithmKeyMismatch)?;
        let message = eid::to_be_signed(algorithm, origin, nonce);
        Ok(Self {
            certificate,
            algorithm,
            message,
        })
    }

    /// The hash the card's signature uses.
    pub const fn hash(&self) -> HashAlgorithm {
        self.algorithm.hash()
    }

    /// The algorithm the card's key signs with.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The octets to be signed: two digests, one after the other.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The digest of [`Self::message`], which is what the card is given.
    pub fn digest(&self) -> Vec<u8> {
        self.hash().digest(&self.message)
    }

    /// The token. `signature`: as the card gives it, raw r‖s for EC keys, PKCS#1 v1.5 octets for RSA.
    pub fn token(&self, signature: &[u8]) -> Token {
        Token {
            format: Token::FORMAT.to_owned(),
            algorithm: self.algorithm.jwa_name().unwrap_or_default().to_owned(),
            unverified_certificate: STANDARD.encode(self.certificate.der()),
            signature: STANDARD.encode(signature),
            app_version: None,
        }
    }
}
