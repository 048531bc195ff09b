//! The authorization request: read strictly, checked in the order that decides who may see an error.
//!
//! Until client and redirect URI are known good, an error is a page of ours; from then on it goes to the client.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client::{Client, ClientId, ClientSlug, GrantType};
use super::pkce::{CodeChallenge, PkceError};
use super::response::{ErrorCode, ResponseMode, Target};
use super::scope::{Scope, Scopes};
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::crypto::jws;
use crate::crypto::key::PublicKey;
use crate::identity::{AssuranceLevel, BoardId};

/// Longest value of a parameter that is echoed or stored.
pub const MAX_VALUE_BYTES: usize = 2048;
/// Most parameters a request may have.
pub const MAX_PARAMETERS: usize = 40;

/// The parameters of a request, each at most once, empty ones left out.
#[derive(Clone, Debug)]
pub struct Raw(Vec<(String, String)>);

/// Why a request ends on an error page of ours and is never redirected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// `client_id` is missing.
    #[error("the request names no client")]
    ClientMissing,
    /// `client_id` names nobody at this board, or somebody who was disabled.
    #[error("the client is not registered here")]
    ClientUnknown,
    /// A parameter came twice.
    #[error("a parameter came twice")]
    DuplicateParameter,
    /// `redirect_uri` is missing.
    #[error("the request names no redirect URI")]
    RedirectUriMissing,
    /// `redirect_uri` is not, letter by letter, one that the client registered.
    #[error("the redirect URI is not registered for this client")]
    RedirectUriUnknown,
    /// More parameters, or longer ones, than any client sends.
    #[error("the request is too large")]
    TooLarge,
}

impl PageError {
    /// The stable cause code for logs.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::ClientMissing => "AUTHORIZE_CLIENT_MISSING",
            Self::ClientUnknown => "AUTHORIZE_CLIENT_UNKNOWN",
            Self::DuplicateParameter => "AUTHORIZE_DUPLICATE_PARAMETER",
            Self::RedirectUriMissing => "AUTHORIZE_REDIRECT_URI_MISSING",
            Self::RedirectUriUnknown => "AUTHORIZE_REDIRECT_URI_UNKNOWN",
            Self::TooLarge => "AUTHORIZE_TOO_LARGE",
        }
    }
}

/// An error that goes to the client's redirect URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectedError {
    /// Where it goes and how.
    pub target: Target,
    /// The code of RFC 6749 §4.1.2.1 or OpenID Connect Core §3.1.2.6.
    pub code: ErrorCode,
    /// For the client's developer.
    pub description: &'static str,
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Shown on a page of ours.
    Page(PageError),
    /// Sent to the client.
    Redirected(Box<RedirectedError>),
}

impl From<PageError> for Refusal {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

/// The value of `prompt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Ask again who may know what.
    Consent,
    /// Log in anew, whatever session there is.
    Login,
    /// Show nothing at all.
    None,
    /// Log in with a card of choice.
    SelectAccount,
    /// Not said.
    Unset,
}

/// A request that passed every check. Stored with its interaction as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The board whose issuer was asked.
    pub board: BoardId,
    /// Who asks.
    pub client: ClientId,
    /// Where the answer goes and how.
    pub target: Target,
    /// What is asked.
    pub scopes: Scopes,
    /// What the code's bearer must answer.
    pub code_challenge: CodeChallenge,
    /// To be repeated in the ID token, when one was sent.
    pub nonce: Option<String>,
    /// Which pages may or must be shown.
    pub prompt: Prompt,
    /// How old the log-in may be.
    pub max_age: Option<Duration>,
    /// The level without which the client wants no answer (claims parameter, essential `acr`).
    pub essential_level: Option<AssuranceLevel>,
    /// An essential `acr` was asked that zegel does not know.
    pub unknown_essential_level: bool,
    /// The language asked for.
    pub language: Option<Language>,
    /// The subject that `id_token_hint` names.
    pub hinted_subject: Option<String>,
}

impl Raw {
    /// Takes the decoded pairs of a query or a form (step 1).
    ///
    /// # Errors
    /// `DuplicateParameter` (RFC 6749 §3.1) or `TooLarge`.
    pub fn read(pairs: Vec<(String, String)>) -> Result<Self, PageError> {
        if pairs.len() > MAX_PARAMETERS {
            return Err(PageError::TooLarge);
        }
        let mut kept: Vec<(String, String)> = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            if kept.iter().any(|(known, _)| *known == name) {
                return Err(PageError::DuplicateParameter);
            }
            // An ID token or a claims object may be long; nothing else is.
            let limit = if matches!(name.as_str(), "id_token_hint" | "claims") {
                16_384
            } else {
                MAX_VALUE_BYTES
            };
            if value.len() > limit {
                return Err(PageError::TooLarge);
            }
            kept.push((name, value));
        }
        Ok(Self(kept))
    }

    /// The value of a parameter. One that is sent empty counts as not sent (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The client named (step 2), to be looked up at the board that was asked.
    ///
    /// # Errors
    /// `ClientMissing`, or `ClientUnknown` for a text that can be no client's id.
    pub fn client(&self) -> Result<ClientSlug, PageError> {
        let text = self.get("client_id").ok_or(PageError::ClientMissing)?;
        text.parse().map_err(|_| PageError::ClientUnknown)
    }

    /// Checks everything else (steps 2 to 9), now that the client was looked up.
    ///
    /// `board`, `issuer`: whose authorization endpoint was called. `keys`: that board's ID-token keys, for a hint.
    ///
    /// # Errors
    /// `Page` until client and redirect URI are known good, `Redirected` from then on.
    pub fn check(
        &self,
        board: BoardId,
        issuer: &str,
        client: Option<&Client>,
        keys: &[PublicKey],
        now: Timestamp,
    ) -> Result<AuthorizationRequest, Refusal> {
        let client = client
            .filter(|client| client.board == board && client.is_enabled(now))
            .ok_or(PageError::ClientUnknown)?;
        let target = self.target(client, issuer)?;
        let refused = |code: ErrorCode, description: &'static str| {
            Refusal::Redirected(Box::new(RedirectedError {
                target: target.clone(),
                code,
                description,
            }))
        };
        let invalid = |description: &'static str| refused(ErrorCode::InvalidRequest, description);
        if self.get("request").is_some() {
            return Err(refused(
                ErrorCode::RequestNotSupported,
                "request objects are not supported",
            ));
        }
        if self.get("request_uri").is_some() {
            return Err(refused(
                ErrorCode::RequestUriNotSupported,
                "request_uri is not supported",
            ));
        }
        match self.get("response_type") {
            None => return Err(invalid("response_type is required")),
            Some("code") if client.may_use(GrantType::AuthorizationCode) => {}
            Some("code") => {
                return Err(refused(
                    ErrorCode::UnauthorizedClient,
                    "this client may not use the code flow",
                ));
            }
            Some(_) => {
                return Err(refused(
                    ErrorCode::UnsupportedResponseType,
                    "response_type must be code",
                ));
            }
        }
        if self
            .get("response_mode")
            .is_some_and(|mode| ResponseMode::from_text(mode).is_none())
        {
            return Err(invalid("response_mode must be query or form_post"));
        }
        let scopes = Scopes::known_of(self.get("scope").unwrap_or_default());
        let refused_scope = scopes
            .iter()
            .find(|scope| !scope.is_for_people())
            .or(scopes.first_outside(&client.registration.scopes));
        if refused_scope.is_some() {
            return Err(refused(
                ErrorCode::InvalidScope,
                "a scope is not agreed for this client",
            ));
        }
        // Without openid there would be neither an ID token nor anything to fetch.
        if !scopes.has(Scope::Openid) {
            return Err(refused(ErrorCode::InvalidScope, "the scope openid is required"));
        }
        if scopes.has(Scope::Rrn) && !client.may_know_national_numbers() {
            return Err(refused(
                ErrorCode::InvalidScope,
                "a scope is not agreed for this client",
            ));
        }
        let code_challenge =
            CodeChallenge::read(self.get("code_challenge"), self.get("code_challenge_method")).map_err(
                |error| match error {
                    PkceError::Missing => invalid("code_challenge is required"),
                    PkceError::Method => invalid("code_challenge_method must be S256"),
                    PkceError::Malformed => invalid("code_challenge is malformed"),
                },
            )?;
        let prompt = self.prompt().map_err(invalid)?;
        let max_age = self
            .get("max_age")
            .map(|text| {
                text.parse::<u32>()
                    .map(|seconds| Duration::from_secs(u64::from(seconds)))
            })
            .transpose()
            .map_err(|_| invalid("max_age must be a number of seconds"))?;
        let essential = self.essential_levels().map_err(invalid)?;
        let hinted_subject = self
            .get("id_token_hint")
            .map(|hint| subject_of_hint(hint, issuer, client.slug.as_str(), keys))
            .transpose()
            .map_err(invalid)?;
        Ok(AuthorizationRequest {
            board,
            client: client.id,
            scopes,
            code_challenge,
            nonce: self.get("nonce").map(str::to_owned),
            prompt,
            max_age,
            unknown_essential_level: essential.as_ref().is_some_and(Vec::is_empty),
            // Several acceptable levels: the lowest satisfies, and a higher one does too.
            essential_level: essential.and_then(|levels| levels.into_iter().min()),
            language: self.get("ui_locales").and_then(Language::best_of),
            hinted_subject,
            target,
        })
    }

    /// Step 3: where an answer or an error may go at all.
    fn target(&self, client: &Client, issuer: &str) -> Result<Target, PageError> {
        let redirect_uri = self.get("redirect_uri").ok_or(PageError::RedirectUriMissing)?;
        if !client
            .registration
            .redirect_uris
            .iter()
            .any(|known| known.matches(redirect_uri))
        {
            return Err(PageError::RedirectUriUnknown);
        }
        Ok(Target {
            redirect_uri: redirect_uri.to_owned(),
            // An unknown mode is an error of its own; until then the default carries the message.
            response_mode: self
                .get("response_mode")
                .and_then(ResponseMode::from_text)
                .unwrap_or_default(),
            state: self.get("state").map(str::to_owned),
            issuer: issuer.to_owned(),
        })
    }

    fn prompt(&self) -> Result<Prompt, &'static str> {
        let words: Vec<&str> = self
            .get("prompt")
            .unwrap_or_default()
            .split(' ')
            .filter(|word| !word.is_empty())
            .collect();
        if words
            .iter()
            .any(|word| !matches!(*word, "none" | "login" | "consent" | "select_account"))
        {
            return Err("prompt has an unknown value");
        }
        match words.as_slice() {
            [] => Ok(Prompt::Unset),
            ["none"] => Ok(Prompt::None),
            words if words.contains(&"none") => Err("prompt=none goes with nothing else"),
            words if words.contains(&"login") => Ok(Prompt::Login),
            words if words.contains(&"select_account") => Ok(Prompt::SelectAccount),
            _ => Ok(Prompt::Consent),
        }
    }

    /// The levels of an essential `acr` in the claims parameter; an empty list when none of them is known.
    fn essential_levels(&self) -> Result<Option<Vec<AssuranceLevel>>, &'static str> {
        const MALFORMED: &str = "claims must be a JSON object";
        let Some(text) = self.get("claims") else {
            return Ok(None);
        };
        let claims: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_| MALFORMED)?;
        let acr = claims.get("id_token").and_then(|token| token.get("acr"));
        let Some(acr) = acr.filter(|acr| acr.get("essential") == Some(&serde_json::Value::Bool(true))) else {
            return Ok(None);
        };
        let mut wanted: Vec<&str> = acr
            .get("value")
            .and_then(|value| value.as_str())
            .into_iter()
            .collect();
        if let Some(values) = acr.get("values").and_then(|values| values.as_array()) {
            wanted.extend(values.iter().filter_map(|value| value.as_str()));
        }
        if wanted.is_empty() {
            return Ok(None);
        }
        Ok(Some(
            wanted.into_iter().filter_map(|text| text.parse().ok()).collect(),
        ))
    }
}

/// The subject of an ID token of ours for this client. That it expired does not matter (OIDC Core §3.1.2.1).
fn subject_of_hint(
    hint: &str,
    issuer: &str,
    client: &str,
    keys: &[PublicKey],
) -> Result<String, &'static str> {
    const REFUSED: &str = "id_token_hint is not an ID token of this issuer for this client";
    #[derive(Deserialize)]
    struct Hint {
        iss: String,
        aud: String,
        sub: String,
    }
    let token = jws::Unverified::parse(hint).map_err(|_| REFUSED)?;
    let payload = keys
        .iter()
        .find_map(|key| token.verify(key, "JWT").ok())
        .ok_or(REFUSED)?;
    let claims: Hint = serde_json::from_slice(payload).map_err(|_| REFUSED)?;
    if claims.iss == issuer && claims.aud == client {
        Ok(claims.sub)
    } else {
        Err(REFUSED)
    }
}
