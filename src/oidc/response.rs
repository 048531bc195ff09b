//! The answer to an authorization request: parameters for a query or for a form that submits itself.

use serde::{Deserialize, Serialize};

/// How an answer travels to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In a form the browser posts.
    FormPost,
    /// In the query of a redirect.
    #[default]
    Query,
}

impl ResponseMode {
    /// The mode written `text`.
    pub fn from_text(text: &str) -> Option<Self> {
        match text {
            "form_post" => Some(Self::FormPost),
            "query" => Some(Self::Query),
            _ => None,
        }
    }
}

/// Where an answer goes and what goes with every answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The redirect URI of the request, known good.
    pub redirect_uri: String,
    /// How.
    pub response_mode: ResponseMode,
    /// The client's `state`, repeated letter by letter.
    pub state: Option<String>,
    /// Our issuer, `iss` (RFC 9207).
    pub issuer: String,
}

/// Error codes of RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6 and of the extension for unmet levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each variant is the code of the standard, spelled as there"
)]
pub enum ErrorCode {
    AccessDenied,
    ConsentRequired,
    InteractionRequired,
    InvalidRequest,
    InvalidScope,
    LoginRequired,
    RequestNotSupported,
    RequestUriNotSupported,
    ServerError,
    TemporarilyUnavailable,
    UnauthorizedClient,
    UnmetAuthenticationRequirements,
    UnsupportedResponseType,
}

impl ErrorCode {
    /// The code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::LoginRequired => "login_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }
}

/// A finished answer on its way to the client.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    target: Target,
    parameters: Vec<(&'static str, String)>,
}

impl Answer {
    /// The answer that carries `code`.
    pub fn code(target: Target, code: &str) -> Self {
        Self::new(target, vec![("code", code.to_owned())])
    }

    /// The answer that carries an error.
    pub fn error(target: Target, code: ErrorCode, description: &str) -> Self {
        Self::new(
            target,
            vec![
                ("error", code.as_str().to_owned()),
                ("error_description", description.to_owned()),
            ],
        )
    }

    fn new(target: Target, mut parameters: Vec<(&'static str, String)>) -> Self {
        parameters.extend(target.state.clone().map(|state| ("state", state)));
        parameters.push(("iss", target.issuer.clone()));
        Self { target, parameters }
    }

    /// How it travels.
    pub fn mode(&self) -> ResponseMode {
        self.target.response_mode
    }

    /// The URI without the answer: the action of the form.
    pub fn redirect_uri(&self) -> &str {
        &self.target.redirect_uri
    }

    /// The parameters, for the form's hidden fields.
    pub fn parameters(&self) -> &[(&'static str, String)] {
        &self.parameters
    }

    /// The URI with the answer in its query, keeping a query the client registered.
    pub fn location(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.parameters {
            query.append_pair(name, value);
        }
        let joint = if self.target.redirect_uri.contains('?') {
            '&'
        } else {
            '?'
        };
        format!("{}{joint}{}", self.target.redirect_uri, query.finish())
    }
}

impl std::fmt::Debug for Answer {
    /// A code is never logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.parameters.iter().map(|(name, _)| *name).collect();
        write!(f, "Answer({names:?})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(redirect_uri: &str, state: Option<&str>) -> Target {
        Target {
            redirect_uri: redirect_uri.to_owned(),
            response_mode: ResponseMode::Query,
            state: state.map(str::to_owned),
            issuer: "https://login.example/b/zegelgem".to_owned(),
        }
    }

    #[test]
    fn state_comes_back_letter_by_letter_and_iss_always_goes_along() {
        let state = "a b&c=d%20é";
        let answer = Answer::code(target("https://app.example/cb?x=1", Some(state)), "SECRET");
        assert_eq!(
            answer.location(),
            "https://app.example/cb?x=1&code=SECRET&state=a+b%26c%3Dd%2520%C3%A9&iss=https%3A%2F%2Flogin.example%2Fb%2Fzegelgem"
        );
        assert!(!format!("{answer:?}").contains("SECRET"));
        let answer = Answer::error(
            target("https://app.example/cb", None),
            ErrorCode::AccessDenied,
            "cancelled",
        );
        assert_eq!(
            answer.location(),
            "https://app.example/cb?error=access_denied&error_description=cancelled&iss=https%3A%2F%2Flogin.example%2Fb%2Fzegelgem"
        );
    }
}
