//! Access tokens at a resource (RFC 6750): where they may stand, and the errors.

use super::client::ClientId;
use super::grant::GrantId;
use super::scope::{Scope, Scopes};
use super::secret::Opaque;
use crate::base::time::Timestamp;
use crate::identity::BoardId;

/// Why a request with an access token, or without one, was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    /// The token does not open this.
    #[error("the access token lacks the scope")]
    InsufficientScope,
    /// Unknown, expired or revoked.
    #[error("the access token is not valid")]
    InvalidToken,
    /// No token at all.
    #[error("no access token")]
    Missing,
    /// The token came in two places.
    #[error("the access token came twice")]
    Twice,
}

impl BearerError {
    /// The HTTP status of RFC 6750 §3.1.
    pub const fn status(self) -> u16 {
        match self {
            Self::InsufficientScope => 403,
            Self::InvalidToken | Self::Missing => 401,
            Self::Twice => 400,
        }
    }

    /// The error code, none when no token was sent.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::InsufficientScope => Some("insufficient_scope"),
            Self::InvalidToken => Some("invalid_token"),
            Self::Missing => None,
            Self::Twice => Some("invalid_request"),
        }
    }

    /// The `WWW-Authenticate` header. A request without a token learns no error code (RFC 6750 §3.1).
    pub const fn challenge(self) -> &'static str {
        match self {
            Self::InsufficientScope => r#"Bearer error="insufficient_scope""#,
            Self::InvalidToken => r#"Bearer error="invalid_token""#,
            Self::Missing => "Bearer",
            Self::Twice => r#"Bearer error="invalid_request""#,
        }
    }

    /// The stable cause code for logs.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::InsufficientScope => "BEARER_INSUFFICIENT_SCOPE",
            Self::InvalidToken => "BEARER_INVALID_TOKEN",
            Self::Missing => "BEARER_MISSING",
            Self::Twice => "BEARER_TWICE",
        }
    }
}

/// The token of a request: in the Authorization header, or in a posted form; never in the URL.
///
/// # Errors
/// `Missing` or `Twice`; `InvalidToken` for another scheme.
pub fn token_of(authorization: Option<&str>, form: Option<&str>) -> Result<Opaque, BearerError> {
    let from_header = match authorization {
        None => None,
        Some(header) => {
            let (scheme, token) = header.split_once(' ').ok_or(BearerError::InvalidToken)?;
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(BearerError::InvalidToken);
            }
            Some(token.trim())
        }
    };
    match (from_header, form) {
        (Some(_), Some(_)) => Err(BearerError::Twice),
        (Some(token), None) | (None, Some(token)) if !token.is_empty() => Ok(Opaque::from_text(token)),
        _ => Err(BearerError::Missing),
    }
}

/// What an access token stands for, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// The board whose issuer handed it out.
    pub board: BoardId,
    /// The client it was handed to.
    pub client: ClientId,
    /// The grant it came of, for a token of a log-in.
    pub grant: Option<GrantId>,
    /// What it opens.
    pub scopes: Scopes,
    /// Until when.
    pub expires_at: Timestamp,
    /// Since when it is revoked, itself or with the code it came of.
    pub revoked_at: Option<Timestamp>,
}

impl AccessToken {
    /// Whether it opens `scope` at `now`.
    ///
    /// # Errors
    /// `InvalidToken` or `InsufficientScope`.
    pub fn check(&self, scope: Scope, now: Timestamp) -> Result<(), BearerError> {
        if now >= self.expires_at || self.revoked_at.is_some() {
            return Err(BearerError::InvalidToken);
        }
        if self.scopes.has(scope) {
            Ok(())
        } else {
            Err(BearerError::InsufficientScope)
        }
    }
}
