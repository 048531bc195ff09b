//! JSON web signatures in compact form (RFC 7515): made with one of our keys, read strictly.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::algorithm::SignatureAlgorithm;
use super::ecdsa;
use super::key::{KeyError, KeyKind, PrivateKey, PublicKey};
use crate::base::digest::HashAlgorithm;

/// The protected header of what zegel makes and reads. A header with other critical names is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// JOSE algorithm name.
    pub alg: String,
    /// Key id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kid: Option<String>,
    /// Type of the whole, `JWT`, `at+jwt` and so on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub typ: Option<String>,
    /// Names of header members that must be understood. None is known here, so any is refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crit: Option<serde_json::Value>,
    /// RFC 7797. Its presence is refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub b64: Option<serde_json::Value>,
}

/// Why a compact JWS was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Not three base64url parts with a JSON header, or longer than [`MAX_BYTES`].
    #[error("malformed signed token")]
    Malformed,
    /// `alg` is none, unknown, or does not fit the key; or a critical header is not understood.
    #[error("the algorithm of the token is not allowed")]
    Algorithm,
    /// The `typ` is not the one expected here.
    #[error("the token is of another type")]
    Type,
    /// The signature does not verify.
    #[error("the signature of the token does not verify")]
    Signature,
    /// The private key could not sign.
    #[error("the token could not be signed")]
    Signing,
}

/// Longest compact form read.
pub const MAX_BYTES: usize = 64 * 1024;

/// A compact JWS taken apart and not yet verified.
#[derive(Clone, Debug)]
pub struct Unverified {
    header: Header,
    algorithm: SignatureAlgorithm,
    payload: Vec<u8>,
    signing_input: String,
    signature: Vec<u8>,
}

impl Unverified {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// `Malformed`; `Algorithm` for `none`, for MACs, for unknown names and for any critical header.
    pub fn parse(text: &str) -> Result<Self, JwsError> {
        if text.len() > MAX_BYTES {
            return Err(JwsError::Malformed);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Malformed)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| JwsError::Malformed)?;
        if header.crit.is_some() || header.b64.is_some() {
            return Err(JwsError::Algorithm);
        }
        let algorithm = SignatureAlgorithm::from_jwa_name(&header.alg).ok_or(JwsError::Algorithm)?;
        Ok(Self {
            algorithm,
            payload: decode(payload)?,
            signature: decode(signature)?,
            signing_input: signing_input.to_owned(),
            header,
        })
    }

    /// The header as it came: use it to find a key, trust nothing of it.
    pub fn unverified_header(&self) -> &Header {
        &self.header
    }

    /// The payload as it came, before any check. For finding out which key should verify it.
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// The payload, once the signature verifies under `key` and the `typ` is `typ`.
    ///
    /// # Errors
    /// `Type`, `Algorithm` or `Signature`.
    pub fn verify(&self, key: &PublicKey, typ: &str) -> Result<&[u8], JwsError> {
        let bare = |name: &str| {
            name.to_ascii_lowercase()
                .trim_start_matches("application/")
                .to_owned()
        };
        if self.header.typ.as_deref().map(bare) != Some(bare(typ)) {
            return Err(JwsError::Type);
        }
        if !fits_jose(key.kind(), self.algorithm) {
            return Err(JwsError::Algorithm);
        }
        let value = match key.kind() {
            KeyKind::Ec(curve) => {
                ecdsa::raw_to_der(&self.signature, curve).map_err(|_| JwsError::Signature)?
            }
            KeyKind::Rsa { .. } => self.signature.clone(),
        };
        key.verify(self.algorithm, self.signing_input.as_bytes(), &value)
            .map_err(|error| match error {
                KeyError::Mismatch => JwsError::Algorithm,
                KeyError::Malformed | KeyError::Invalid | KeyError::Signing => JwsError::Signature,
            })?;
        Ok(&self.payload)
    }
}

/// Whether a key of `kind` may sign with `algorithm` in JOSE: each ECDSA name fixes its curve (RFC 7518 §3.4), and RSA
/// keys have 2048 bits at least (§3.3).
pub fn fits_jose(kind: KeyKind, algorithm: SignatureAlgorithm) -> bool {
    match kind {
        KeyKind::Ec(curve) => algorithm == SignatureAlgorithm::Ecdsa(curve.natural_hash()),
        KeyKind::Rsa { bits } => {
            bits >= 2048 && kind.fits(algorithm) && algorithm.hash() != HashAlgorithm::Sha1
        }
    }
}

/// Signs `payload` into compact form.
///
/// `algorithm` must fit the key as JOSE says; `typ` goes into the header, and `kid` when given.
///
/// # Errors
/// `Algorithm` when key and algorithm do not fit, `Signing` when the key cannot sign.
pub fn sign(
    key: &PrivateKey,
    algorithm: SignatureAlgorithm,
    kid: Option<&str>,
    typ: &str,
    payload: &[u8],
) -> Result<String, JwsError> {
    let kind = key.public().kind();
    let alg = algorithm
        .jwa_name()
        .filter(|_| fits_jose(kind, algorithm))
        .ok_or(JwsError::Algorithm)?;
    let header = Header {
        alg: alg.to_owned(),
        kid: kid.map(str::to_owned),
        typ: Some(typ.to_owned()),
        crit: None,
        b64: None,
    };
    let header = serde_json::to_vec(&header).map_err(|_| JwsError::Signing)?;
    let mut text = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let value = key
        .sign(algorithm, text.as_bytes())
        .map_err(|_| JwsError::Signing)?;
    let value = match kind {
        KeyKind::Ec(curve) => ecdsa::der_to_raw(&value, curve).map_err(|_| JwsError::Signing)?,
        KeyKind::Rsa { .. } => value,
    };
    text.push('.');
    text.push_str(&URL_SAFE_NO_PAD.encode(value));
    Ok(text)
}

/// The RFC 7638 thumbprint of `key`, base64url: what zegel uses as `kid`.
pub fn thumbprint(key: &PublicKey) -> Result<String, KeyError> {
    let members: Vec<String> = key
        .jwk()?
        .into_iter()
        .map(|(name, value)| format!("\"{name}\":\"{value}\""))
        .collect();
    Ok(URL_SAFE_NO_PAD.encode(HashAlgorithm::Sha256.digest(format!("{{{}}}", members.join(",")).as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::key::Curve;

    fn key(kind: KeyKind) -> PrivateKey {
        PrivateKey::generate(kind).unwrap()
    }

    #[test]
    fn what_is_signed_reads_back() {
        for kind in [
            KeyKind::Ec(Curve::P256),
            KeyKind::Ec(Curve::P384),
            KeyKind::Rsa { bits: 2048 },
        ] {
            let key = key(kind);
            let text = sign(&key, kind.default_algorithm(), Some("k1"), "JWT", b"{\"a\":1}").unwrap();
            let token = Unverified::parse(&text).unwrap();
            assert_eq!(token.unverified_header().kid.as_deref(), Some("k1"));
            assert_eq!(token.verify(key.public(), "JWT"), Ok(&b"{\"a\":1}"[..]));
            assert_eq!(token.verify(key.public(), "at+jwt"), Err(JwsError::Type));
        }
    }

    #[test]
    fn a_change_or_another_key_is_told() {
        let signer = key(KeyKind::Ec(Curve::P256));
        let text = sign(
            &signer,
            signer.public().kind().default_algorithm(),
            None,
            "JWT",
            b"{}",
        )
        .unwrap();
        let other = key(KeyKind::Ec(Curve::P256));
        assert_eq!(
            Unverified::parse(&text).unwrap().verify(other.public(), "JWT"),
            Err(JwsError::Signature)
        );
        let rsa = key(KeyKind::Rsa { bits: 2048 });
        assert_eq!(
            Unverified::parse(&text).unwrap().verify(rsa.public(), "JWT"),
            Err(JwsError::Algorithm)
        );
        let (head, value) = text.rsplit_once('.').unwrap();
        let (header, _) = head.split_once('.').unwrap();
        let changed = format!("{header}.{}.{value}", URL_SAFE_NO_PAD.encode(b"{\"x\":1}"));
        assert_eq!(
            Unverified::parse(&changed)
                .unwrap()
                .verify(signer.public(), "JWT"),
            Err(JwsError::Signature)
        );
    }

    #[test]
    fn none_and_critical_headers_are_refused() {
        for (header, error) in [
            (r#"{"alg":"none","typ":"JWT"}"#, JwsError::Algorithm),
            (r#"{"alg":"HS256","typ":"JWT"}"#, JwsError::Algorithm),
            (
                r#"{"alg":"ES256","crit":["exp"],"typ":"JWT"}"#,
                JwsError::Algorithm,
            ),
            (r#"{"alg":"ES256","b64":false,"typ":"JWT"}"#, JwsError::Algorithm),
            (r#"{"typ":"JWT"}"#, JwsError::Malformed),
            (r#"{"alg":"ES256","alg":"none"}"#, JwsError::Malformed),
        ] {
            let text = format!(
                "{}.{}.AAAA",
                URL_SAFE_NO_PAD.encode(header),
                URL_SAFE_NO_PAD.encode("{}")
            );
            assert_eq!(Unverified::parse(&text).unwrap_err(), error, "{header}");
        }
        for text in ["", ".", "..", "a.b", "a.b.c.d", "é.é.é"] {
            assert_eq!(
                Unverified::parse(text).unwrap_err(),
                JwsError::Malformed,
                "{text}"
            );
        }
    }

    #[test]
    fn thumbprint_matches_rfc_7638_section_3_1() {
        use base64::Engine as _;
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let n = openssl::bn::BigNum::from_slice(&URL_SAFE_NO_PAD.decode(n).unwrap()).unwrap();
        let e = openssl::bn::BigNum::from_u32(65537).unwrap();
        let rsa = openssl::rsa::Rsa::from_public_components(n, e).unwrap();
        let spki = openssl::pkey::PKey::from_rsa(rsa)
            .unwrap()
            .public_key_to_der()
            .unwrap();
        let key = PublicKey::from_spki_der(&spki).unwrap();
        assert_eq!(
            thumbprint(&key).unwrap(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }
}
