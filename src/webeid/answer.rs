//! What the program beside the reader says back.

use serde_json::{Value, json};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Token;
use crate::base::digest::HashAlgorithm;

/// The error codes of the protocol that this side of it uses; the others belong to extension and page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// Something is wrong with reader, card or PIN; the reason says what.
    NativeFatal,
    /// The message is not one of the protocol, or the card is not the one it is about.
    NativeInvalidArgument,
    /// The person cancelled.
    UserCancelled,
    /// The person did nothing in time.
    UserTimeout,
}

impl ErrorCode {
    /// As the protocol writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NativeFatal => "ERR_WEBEID_NATIVE_FATAL",
            Self::NativeInvalidArgument => "ERR_WEBEID_NATIVE_INVALID_ARGUMENT",
            Self::UserCancelled => "ERR_WEBEID_USER_CANCELLED",
            Self::UserTimeout => "ERR_WEBEID_USER_TIMEOUT",
        }
    }
}

/// How a key signs, in the protocol's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// ECDSA over a digest of this hash; the value is raw r‖s.
    Ecdsa(HashAlgorithm),
    /// RSA PKCS#1 v1.5 over a digest of this hash.
    RsaPkcs1(HashAlgorithm),
}

impl SignatureAlgorithm {
    fn to_value(self) -> Value {
        let (crypto, hash, padding) = match self {
            Self::Ecdsa(hash) => ("ECC", hash, "NONE"),
            Self::RsaPkcs1(hash) => ("RSA", hash, "PKCS1.5"),
        };
        json!({ "cryptoAlgorithm": crypto, "hashFunction": hash.name(), "paddingScheme": padding })
    }
}

/// One message to the extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The signing certificate and what its key can do, best first.
    Certificate(Vec<u8>, Vec<SignatureAlgorithm>),
    /// A list is signed; so many values were sent before.
    Done(usize),
    /// It did not work.
    Failure {
        /// For programs that speak the stock protocol.
        code: ErrorCode,
        /// For the people who run the application, in English. Never about a person.
        message: String,
        /// The code of the text that a page of ours shows.
        reason: &'static str,
        /// For a list: how many values were sent before.
        signed: Option<usize>,
    },
    /// Who is there: the first message, and the answer to `status`.
    Greeting {
        /// The protocol's version, with this program's own behind a `+`.
        version: String,
    },
    /// The answer to `quit`.
    Nothing,
    /// One signature.
    Signature(Vec<u8>, SignatureAlgorithm),
    /// One signature of a list, the document's index from 0 with it.
    Signed(usize, Vec<u8>, SignatureAlgorithm),
    /// A log-in.
    Token(Token),
}

impl Answer {
    /// As it is sent.
    pub fn to_json(&self) -> String {
        let value = match self {
            Self::Certificate(der, algorithms) => json!({
                "certificate": STANDARD.encode(der),
                "supportedSignatureAlgorithms":
                    algorithms.iter().map(|algorithm| algorithm.to_value()).collect::<Vec<_>>(),
            }),
            Self::Done(signed) => json!({ "signed": signed }),
            Self::Failure {
                code,
                message,
                reason,
                signed,
            } => {
                let error = json!({ "code": code.as_str(), "message": message, "reason": reason });
                match signed {
                    None => json!({ "error": error }),
                    Some(signed) => json!({ "error": error, "signed": signed }),
                }
            }
            Self::Greeting { version } => json!({ "version": version }),
            Self::Nothing => json!({}),
            Self::Signature(value, algorithm) => json!({
                "signature": STANDARD.encode(value),
                "signatureAlgorithm": algorithm.to_value(),
            }),
            Self::Signed(index, value, algorithm) => json!({
                "index": index,
                "signature": STANDARD.encode(value),
                "signatureAlgorithm": algorithm.to_value(),
            }),
            Self::Token(token) => return token.to_json(),
        };
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_read_as_the_protocol_writes_them() {
        let ecdsa = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384);
        let rsa = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
        for (answer, expected) in [
            (Answer::Nothing, "{}"),
            (
                Answer::Greeting {
                    version: "2.0.0".to_owned(),
                },
                r#"{"version":"2.0.0"}"#,
            ),
            (
                Answer::Signature(vec![1, 2, 3], rsa),
                r#"{"signature":"AQID","signatureAlgorithm":{"cryptoAlgorithm":"RSA","hashFunction":"SHA-256","paddingScheme":"PKCS1.5"}}"#,
            ),
            (
                Answer::Certificate(vec![4], vec![ecdsa]),
                r#"{"certificate":"BA==","supportedSignatureAlgorithms":[{"cryptoAlgorithm":"ECC","hashFunction":"SHA-384","paddingScheme":"NONE"}]}"#,
            ),
            (
                Answer::Signed(5, vec![], ecdsa),
                r#"{"index":5,"signature":"","signatureAlgorithm":{"cryptoAlgorithm":"ECC","hashFunction":"SHA-384","paddingScheme":"NONE"}}"#,
            ),
            (Answer::Done(6), r#"{"signed":6}"#),
            (
                Answer::Failure {
                    code: ErrorCode::UserCancelled,
                    message: "cancelled".to_owned(),
                    reason: "pin_cancelled",
                    signed: Some(5),
                },
                r#"{"error":{"code":"ERR_WEBEID_USER_CANCELLED","message":"cancelled","reason":"pin_cancelled"},"signed":5}"#,
            ),
        ] {
            assert_eq!(answer.to_json(), expected);
        }
    }
}
