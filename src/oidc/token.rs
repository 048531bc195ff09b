//! The token endpoint: the request, how the client proves who it is, and the closed list of errors.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::authorize::{MAX_PARAMETERS, MAX_VALUE_BYTES};
use super::client::{Client, ClientAuthentication, ClientSlug, GrantType};
use super::pkce::CodeChallenge;
use super::scope::Scopes;
use super::secret::Opaque;
use crate::base::time::Timestamp;

/// How long a code may be exchanged.
pub const CODE_LIFETIME: Duration = Duration::from_mins(1);
/// How long the access token of a log-in opens userinfo.
pub const LOGIN_TOKEN_LIFETIME: Duration = Duration::from_mins(10);
/// How long a client's own access token opens the signing interface.
pub const CLIENT_TOKEN_LIFETIME: Duration = Duration::from_mins(10);

/// Why a token request was refused. The client gets [`Self::code`] alone; the cause goes to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No client authentication, or not the registered method.
    #[error("the client did not authenticate as registered")]
    ClientAuthentication,
    /// Two ways of client authentication at once.
    #[error("the client authenticated in two ways")]
    ClientAuthenticationTwice,
    /// The secret is wrong, or the client is unknown or disabled.
    #[error("client authentication failed")]
    ClientSecret,
    /// The code came for the second time. Everything that came of it is revoked.
    #[error("the code was used before")]
    CodeReused,
    /// The code is too old.
    #[error("the code expired")]
    CodeExpired,
    /// The code was never handed out to this client.
    #[error("the code is unknown")]
    CodeUnknown,
    /// A parameter came twice.
    #[error("a parameter came twice")]
    DuplicateParameter,
    /// The client may not use this grant.
    #[error("the client may not use this grant type")]
    GrantNotAllowed,
    /// A parameter is missing.
    #[error("a required parameter is missing")]
    Missing,
    /// Not a form, or a form that is too large.
    #[error("the request is not a form of reasonable size")]
    NotAForm,
    /// `redirect_uri` is not the one the code was sent to.
    #[error("redirect_uri is not the one of the authorization request")]
    RedirectUri,
    /// No scope, or one that was not agreed.
    #[error("a scope is not agreed for this client")]
    Scope,
    /// A grant type zegel does not have.
    #[error("the grant type is not supported")]
    UnsupportedGrant,
    /// The verifier does not answer the challenge.
    #[error("code_verifier does not fit the code_challenge")]
    Verifier,
}

impl TokenError {
    /// The code of RFC 6749 §5.2.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ClientAuthentication | Self::ClientSecret => "invalid_client",
            Self::CodeReused | Self::CodeExpired | Self::CodeUnknown | Self::RedirectUri | Self::Verifier => {
                "invalid_grant"
            }
            Self::ClientAuthenticationTwice | Self::DuplicateParameter | Self::Missing | Self::NotAForm => {
                "invalid_request"
            }
            Self::GrantNotAllowed => "unauthorized_client",
            Self::Scope => "invalid_scope",
            Self::UnsupportedGrant => "unsupported_grant_type",
        }
    }

    /// What the client's developer reads. Causes that would tell an attacker which half was right share a text.
    pub const fn description(self) -> &'static str {
        match self {
            Self::ClientAuthentication | Self::ClientSecret => "client authentication failed",
            Self::CodeReused | Self::CodeExpired | Self::CodeUnknown => "the code is not valid",
            Self::RedirectUri => "redirect_uri is not the one of the authorization request",
            Self::Verifier => "code_verifier does not fit the code_challenge",
            Self::ClientAuthenticationTwice => "more than one way of client authentication",
            Self::DuplicateParameter => "a parameter came twice",
            Self::Missing => "a required parameter is missing",
            Self::NotAForm => "the body must be a form",
            Self::GrantNotAllowed => "this client may not use this grant type",
            Self::Scope => "a scope is not agreed for this client",
            Self::UnsupportedGrant => "grant_type must be authorization_code or client_credentials",
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::ClientAuthentication | Self::ClientSecret => 401,
            _ => 400,
        }
    }

    /// The stable cause code for logs.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::ClientAuthentication => "TOKEN_CLIENT_AUTHENTICATION",
            Self::ClientAuthenticationTwice => "TOKEN_CLIENT_AUTHENTICATION_TWICE",
            Self::ClientSecret => "TOKEN_CLIENT_SECRET",
            Self::CodeReused => "TOKEN_CODE_REUSED",
            Self::CodeExpired => "TOKEN_CODE_EXPIRED",
            Self::CodeUnknown => "TOKEN_CODE_UNKNOWN",
            Self::DuplicateParameter => "TOKEN_DUPLICATE_PARAMETER",
            Self::GrantNotAllowed => "TOKEN_GRANT_NOT_ALLOWED",
            Self::Missing => "TOKEN_PARAMETER_MISSING",
            Self::NotAForm => "TOKEN_NOT_A_FORM",
            Self::RedirectUri => "TOKEN_REDIRECT_URI",
            Self::Scope => "TOKEN_SCOPE",
            Self::UnsupportedGrant => "TOKEN_UNSUPPORTED_GRANT",
            Self::Verifier => "TOKEN_VERIFIER",
        }
    }
}

/// Who the client says it is, with the secret that should prove it.
#[derive(Debug)]
pub struct Credentials {
    /// Its `client_id`.
    pub slug: ClientSlug,
    /// Its secret.
    pub secret: Opaque,
    /// Where these came.
    pub method: ClientAuthentication,
}

impl Credentials {
    /// Whether these are `client`'s, by the method it registered.
    ///
    /// # Errors
    /// `ClientSecret` for an unknown or disabled client and for a wrong secret alike; `ClientAuthentication`.
    pub fn check(&self, client: Option<&Client>, now: Timestamp) -> Result<(), TokenError> {
        let client = client
            .filter(|client| client.is_enabled(now))
            .ok_or(TokenError::ClientSecret)?;
        if client.registration.authentication != self.method {
            return Err(TokenError::ClientAuthentication);
        }
        if client.accepts_secret(&self.secret) {
            Ok(())
        } else {
            Err(TokenError::ClientSecret)
        }
    }
}

/// What is asked of the token endpoint.
#[derive(Debug)]
pub enum Ask {
    /// A code for tokens.
    Code {
        /// The code.
        code: Opaque,
        /// The redirect URI it was sent to.
        redirect_uri: String,
        /// What the challenge was made from.
        verifier: String,
    },
    /// A token for the client itself.
    ClientCredentials {
        /// The scopes asked; empty means all that were agreed for itself.
        scopes: Scopes,
    },
}

/// A token request, read.
#[derive(Debug)]
pub struct TokenRequest {
    /// Who asks.
    pub credentials: Credentials,
    /// What.
    pub ask: Ask,
}

impl TokenRequest {
    /// Reads the Authorization header and the pairs of the form.
    ///
    /// Client authentication is read first: who may not be here learns nothing about grants.
    ///
    /// # Errors
    /// `ClientAuthentication…`, `DuplicateParameter`, `Missing`, `UnsupportedGrant`, `NotAForm`.
    pub fn read(authorization: Option<&str>, pairs: &[(String, String)]) -> Result<Self, TokenError> {
        if pairs.len() > MAX_PARAMETERS || pairs.iter().any(|(_, value)| value.len() > MAX_VALUE_BYTES) {
            return Err(TokenError::NotAForm);
        }
        for (index, (name, _)) in pairs.iter().enumerate() {
            if pairs.iter().skip(index + 1).any(|(other, _)| other == name) {
                return Err(TokenError::DuplicateParameter);
            }
        }
        let get = |name: &str| {
            pairs
                .iter()
                .find(|(known, value)| known == name && !value.is_empty())
                .map(|(_, value)| value.as_str())
        };
        let credentials = credentials(authorization, get("client_id"), get("client_secret"))?;
        let grant = get("grant_type").ok_or(TokenError::Missing)?;
        let ask = match GrantType::from_text(grant).ok_or(TokenError::UnsupportedGrant)? {
            GrantType::AuthorizationCode => Ask::Code {
                code: get("code").map(Opaque::from_text).ok_or(TokenError::Missing)?,
                redirect_uri: get("redirect_uri").ok_or(TokenError::Missing)?.to_owned(),
                // A missing verifier is an answer that does not fit: every code has a challenge.
                verifier: get("code_verifier").unwrap_or_default().to_owned(),
            },
            GrantType::ClientCredentials => Ask::ClientCredentials {
                scopes: Scopes::known_of(get("scope").unwrap_or_default()),
            },
        };
        Ok(Self { credentials, ask })
    }
}

/// RFC 6749 §2.3.1: id and secret are form-encoded before they go into Basic.
fn credentials(
    authorization: Option<&str>,
    client_id: Option<&str>,
    client_secret: Option<&str>,
) -> Result<Credentials, TokenError> {
    let refused = TokenError::ClientAuthentication;
    let Some(header) = authorization else {
        return Ok(Credentials {
            slug: client_id.and_then(|text| text.parse().ok()).ok_or(refused)?,
            secret: Opaque::from_text(client_secret.ok_or(refused)?),
            method: ClientAuthentication::ClientSecretPost,
        });
    };
    if client_secret.is_some() {
        return Err(TokenError::ClientAuthenticationTwice);
    }
    let (scheme, value) = header.split_once(' ').ok_or(refused)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(refused);
    }
    let pair = STANDARD
        .decode(value.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(refused)?;
    let (id, secret) = pair.split_once(':').ok_or(refused)?;
    let (id, secret) = (
        form_decoded(id).ok_or(refused)?,
        form_decoded(secret).ok_or(refused)?,
    );
    if client_id.is_some_and(|named| named != id) {
        return Err(refused);
    }
    Ok(Credentials {
        slug: id.parse().map_err(|_| refused)?,
        secret: Opaque::from_text(&secret),
        method: ClientAuthentication::ClientSecretBasic,
    })
}

fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// What a code was bound to when it was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBinding {
    /// Where it was sent.
    pub redirect_uri: String,
    /// What its bearer must answer.
    pub challenge: CodeChallenge,
    /// Until when.
    pub expires_at: Timestamp,
}

impl CodeBinding {
    /// Checks the rest of a code exchange, after the code was spent.
    ///
    /// # Errors
    /// `CodeExpired`, `RedirectUri` or `Verifier`. The code is spent whatever comes out.
    pub fn check(&self, redirect_uri: &str, verifier: &str, now: Timestamp) -> Result<(), TokenError> {
        if now >= self.expires_at {
            return Err(TokenError::CodeExpired);
        }
        if self.redirect_uri != redirect_uri {
            return Err(TokenError::RedirectUri);
        }
        if self.challenge.is_answered_by(verifier) {
            Ok(())
        } else {
            Err(TokenError::Verifier)
        }
    }
}

/// The scopes of a token for the client itself.
///
/// # Errors
/// `GrantNotAllowed`; `Scope` when nothing, or more than was agreed, is asked.
pub fn client_scopes(client: &Client, asked: &Scopes) -> Result<Scopes, TokenError> {
    if !client.may_use(GrantType::ClientCredentials) {
        return Err(TokenError::GrantNotAllowed);
    }
    let agreed: Scopes = client
        .registration
        .scopes
        .iter()
        .filter(|scope| !scope.is_for_people())
        .collect();
    let granted = if asked.is_empty() {
        agreed.clone()
    } else {
        asked.clone()
    };
    if granted.is_empty() || granted.first_outside(&agreed).is_some() {
        return Err(TokenError::Scope);
    }
    Ok(granted)
}
