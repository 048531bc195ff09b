//! The authentication token, as JSON.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A Web eID authentication token as it came. Nothing in it was checked but its form.
///
/// Origin and nonce are not in it: whoever verifies it knows them.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// `web-eid:<major>.<minor>`.
    pub format: String,
    /// JWA name of the signature algorithm, as `ES384`.
    pub algorithm: String,
    /// Standard base64 of the DER certificate; the leaf alone.
    pub unverified_certificate: String,
    /// Standard base64; raw r‖s for EC keys (96 bytes for P-384), PKCS#1 v1.5 octets for RSA.
    pub signature: String,
    /// URL that names the program and its version. For logs, never for decisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
}

/// Why a text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// A member stands twice: two readers could see two tokens.
    #[error("a member stands twice")]
    DuplicateMember,
    /// Not a JSON object with the members a token has, as texts.
    #[error("not a token object")]
    Form,
    /// Shorter than 100 or longer than 10 000 characters.
    #[error("token length out of range")]
    Length,
}

impl Token {
    /// Shortest and longest text read, in bytes.
    pub const LENGTH: std::ops::RangeInclusive<usize> = 100..=10_000;
    /// The format that zegel writes.
    pub const FORMAT: &'static str = "web-eid:1.0";

    /// Reads a token. Unknown members are read over; old programs send an `action`.
    ///
    /// # Errors
    /// `Length`, `Form` or `DuplicateMember`.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        if !Self::LENGTH.contains(&text.len()) {
            return Err(TokenError::Length);
        }
        let members: Members = serde_json::from_str(text).map_err(|error| {
            if error.to_string().starts_with(DUPLICATE) {
                TokenError::DuplicateMember
            } else {
                TokenError::Form
            }
        })?;
        let Members {
            format: Some(format),
            algorithm: Some(algorithm),
            certificate: Some(certificate),
            signature: Some(signature),
            app_version,
        } = members
        else {
            return Err(TokenError::Form);
        };
        Ok(Self {
            format,
            algorithm,
            unverified_certificate: certificate,
            signature,
            app_version,
        })
    }

    /// The token as JSON.
    pub fn to_json(&self) -> String {
        // INVARIANT: an object of texts always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Major and minor version, when the format is `web-eid:<major>.<minor>` with plain decimal numbers.
    ///
    /// WHY: a test of the beginning of the text would also let `web-eid:10` in.
    pub fn version(&self) -> Option<(u32, u32)> {
        let (major, minor) = self.format.strip_prefix("web-eid:")?.split_once('.')?;
        let number = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let canonical = text == "0" || !text.starts_with('0');
            (plain && canonical).then(|| text.parse().ok()).flatten()
        };
        Some((number(major)?, number(minor)?))
    }
}

impl fmt::Debug for Token {
    /// Shows nothing: the certificate names a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

const DUPLICATE: &str = "member stands twice";

#[derive(Default)]
struct Members {
    format: Option<String>,
    algorithm: Option<String>,
    certificate: Option<String>,
    signature: Option<String>,
    app_version: Option<String>,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a token object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members::default();
                let mut seen: Vec<String> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if seen.contains(&name) {
                        return Err(serde::de::Error::custom(DUPLICATE));
                    }
                    match name.as_str() {
                        "format" => members.format = Some(map.next_value()?),
                        "algorithm" => members.algorithm = Some(map.next_value()?),
                        "unverifiedCertificate" => members.certificate = Some(map.next_value()?),
                        "signature" => members.signature = Some(map.next_value()?),
                        "appVersion" => members.app_version = map.next_value()?,
                        _ => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                    seen.push(name);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(extra: &str) -> String {
        let filler = "A".repeat(100);
        format!(
            r#"{{"format":"web-eid:1.0","algorithm":"ES384","unverifiedCertificate":"{filler}","signature":"{filler}"{extra}}}"#
        )
    }

    #[test]
    fn a_token_reads_back() {
        let token = Token::parse(&json(
            r#","appVersion":"x","action":"web-eid:authenticate-success""#,
        ))
        .unwrap();
        assert_eq!(Token::parse(&token.to_json()), Ok(token.clone()));
        assert_eq!(token.version(), Some((1, 0)));
    }

    #[test]
    fn odd_texts_are_refused_each_for_its_reason() {
        for (text, error) in [
            (json(r#","algorithm":"RS256""#), TokenError::DuplicateMember),
            (json(r#","x":1,"x":1"#), TokenError::DuplicateMember),
            (json(r#","algorithm":1"#), TokenError::DuplicateMember),
            (json("").replace("\"ES384\"", "1"), TokenError::Form),
            (json("").replace("algorithm", "Algorithm"), TokenError::Form),
            (format!("[{}]", json("")), TokenError::Form),
            (format!("{} x", json("")), TokenError::Form),
            (json("").replace('}', ""), TokenError::Form),
            ("{}".to_owned(), TokenError::Length),
            (
                json(&format!(r#","x":"{}""#, "y".repeat(10_000))),
                TokenError::Length,
            ),
        ] {
            assert_eq!(Token::parse(&text), Err(error), "{text:.60}");
        }
    }

    #[test]
    fn versions_are_parsed_not_prefixed() {
        for (format, version) in [
            ("web-eid:1.0", Some((1, 0))),
            ("web-eid:1.12", Some((1, 12))),
            ("web-eid:10.0", Some((10, 0))),
            ("web-eid:1", None),
            ("web-eid:1.", None),
            ("web-eid:01.0", None),
            ("web-eid:+1.0", None),
            ("web-eid:1.0 ", None),
            ("Web-eid:1.0", None),
            ("1.0", None),
        ] {
            let token = Token {
                format: format.to_owned(),
                ..Token::parse(&json("")).unwrap()
            };
            assert_eq!(token.version(), version, "{format}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text: String) {
            let _ = Token::parse(&text);
            let _ = Token::parse(&json(&text));
        }
    }
}
