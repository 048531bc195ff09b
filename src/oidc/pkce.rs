//! Proof key for code exchange (RFC 7636): S256 alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::digest::Sha256Digest;
use crate::base::secret::constant_time_eq;

/// A code challenge in S256 form: 43 characters of base64url, the SHA-256 of the verifier.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

/// Why PKCE parameters were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PkceError {
    /// The challenge is not 43 to 128 characters of the alphabet, or not a SHA-256.
    #[error("code_challenge is malformed")]
    Malformed,
    /// `plain`, an unknown method, or no method, which means plain.
    #[error("code_challenge_method must be S256")]
    Method,
    /// No challenge at all.
    #[error("code_challenge is required")]
    Missing,
}

impl CodeChallenge {
    /// Reads the two parameters of an authorization request.
    ///
    /// A challenge without a method is `plain` by RFC 7636 §4.3, and so refused.
    pub fn read(challenge: Option<&str>, method: Option<&str>) -> Result<Self, PkceError> {
        let challenge = challenge.ok_or(PkceError::Missing)?;
        if method != Some("S256") {
            return Err(PkceError::Method);
        }
        // RFC 7636 §4.2 allows 43 to 128 characters, and S256 always makes 43.
        let is_digest = URL_SAFE_NO_PAD
            .decode(challenge)
            .is_ok_and(|bytes| bytes.len() == 32);
        if !is_well_formed(challenge) || !is_digest {
            return Err(PkceError::Malformed);
        }
        Ok(Self(challenge.to_owned()))
    }

    /// Whether `verifier` is the one this challenge was made from.
    pub fn is_answered_by(&self, verifier: &str) -> bool {
        is_well_formed(verifier)
            && constant_time_eq(Self::of_verifier(verifier).0.as_bytes(), self.0.as_bytes())
    }

    /// The challenge a client would send for `verifier`.
    pub fn of_verifier(verifier: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Sha256Digest::of(verifier.as_bytes()).as_bytes()))
    }

    /// The challenge as it stands in the request.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_well_formed(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_rfc_7636_appendix_b_is_answered() {
        let challenge = CodeChallenge::read(Some(CHALLENGE), Some("S256")).unwrap();
        assert!(challenge.is_answered_by(VERIFIER));
        for wrong in [
            "",
            CHALLENGE,
            &VERIFIER.replace('d', "e"),
            &VERIFIER[1..],
            &format!("{VERIFIER}="),
        ] {
            assert!(!challenge.is_answered_by(wrong), "{wrong}");
        }
    }

    #[test]
    fn anything_but_a_sha_256_by_s256_is_refused() {
        for (challenge, method, error) in [
            (None, None, PkceError::Missing),
            (None, Some("S256"), PkceError::Missing),
            (Some(CHALLENGE), None, PkceError::Method),
            (Some(CHALLENGE), Some("plain"), PkceError::Method),
            (Some(CHALLENGE), Some("s256"), PkceError::Method),
            (Some(&CHALLENGE[1..]), Some("S256"), PkceError::Malformed),
            (
                Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"),
                Some("S256"),
                PkceError::Malformed,
            ),
            (Some(""), Some("S256"), PkceError::Malformed),
        ] {
            assert_eq!(
                CodeChallenge::read(challenge, method).unwrap_err(),
                error,
                "{challenge:?} {method:?}"
            );
        }
    }
}
