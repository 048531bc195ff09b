//! What went wrong, told to a person as a page or to a program as an RFC 9457 problem.
//!
//! A handler returns [`Failure`]; the middleware knows the visitor's language and reference and writes the answer.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use super::i18n::{Texts, Value};
use super::visit::Visit;
use crate::base::code::PersonCode;

/// A request that ends in a state the person is told about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The state.
    pub code: PersonCode,
    /// Values its text mentions, by name; those not given are left out of the text.
    pub values: Vec<(&'static str, Value)>,
    /// Fields of the request that were wrong, for programs and form pages.
    pub errors: Vec<FieldError>,
    /// Where the person may go on: path of a page of ours, or the client's address.
    pub back: Option<String>,
    /// For the people who run the application, in English and without personal data: what exactly was wrong.
    pub developer: Option<String>,
    /// After how many seconds the same request may be made again.
    pub retry_after: Option<u64>,
}

/// One field that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Name of the field, a JSON pointer for JSON bodies.
    pub field: String,
    /// What was expected, in English.
    pub message: String,
}

impl Failure {
    /// The failure `code` without details.
    pub fn new(code: PersonCode) -> Self {
        Self {
            code,
            values: Vec::new(),
            errors: Vec::new(),
            back: None,
            developer: None,
            retry_after: None,
        }
    }

    /// With a value that the text of the code mentions.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// With a wrong field.
    #[must_use]
    pub fn field(mut self, field: &str, message: &str) -> Self {
        self.errors.push(FieldError {
            field: field.to_owned(),
            message: message.to_owned(),
        });
        self
    }

    /// With a way on.
    #[must_use]
    pub fn back_to(mut self, address: &str) -> Self {
        self.back = Some(address.to_owned());
        self
    }

    /// With the seconds to wait before the same request may be made again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With a line for the people who run the application.
    #[must_use]
    pub fn for_developers(mut self, line: impl Into<String>) -> Self {
        self.developer = Some(line.into());
        self
    }
}

impl From<PersonCode> for Failure {
    fn from(code: PersonCode) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        status(self.code)
    }

    /// An empty answer that carries the failure; the middleware puts words in it.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(self.clone());
        response
    }
}

/// The HTTP status of a state. Card and PIN states are conflicts with the world, not faults of the request.
pub const fn status(code: PersonCode) -> StatusCode {
    use PersonCode as C;
    match code {
        C::BrowserUnsupported | C::ClientUnknown | C::RedirectUriUnknown | C::RequestInvalid => {
            StatusCode::BAD_REQUEST
        }
        C::LoginRefused => StatusCode::UNAUTHORIZED,
        C::CertificateExpired
        | C::CertificateMissing
        | C::CertificateNotYetValid
        | C::CertificateRevoked
        | C::CertificateSuspended
        | C::CertificateUntrusted
        | C::CertificateWrongPerson
        | C::CounterOnlyHere
        | C::CsrfFailed
        | C::MandateExpired
        | C::NotAuthorised
        | C::SamePerson
        | C::SignerWithoutAuthority => StatusCode::FORBIDDEN,
        C::NotFound => StatusCode::NOT_FOUND,
        C::LoginElsewhereFinished
        | C::LoginExpired
        | C::RequestClosed
        | C::RequestDeclined
        | C::SignatureFailed => StatusCode::GONE,
        C::DocumentTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        C::DocumentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        C::DocumentDamaged
        | C::DocumentEmpty
        | C::DocumentActive
        | C::DocumentFinal
        | C::DocumentPassword
        | C::DocumentPasswordWrong
        | C::DocumentProtected
        | C::DocumentSignatureInvalid => StatusCode::UNPROCESSABLE_ENTITY,
        C::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
        C::ServerError | C::SignatureBelowProfile => StatusCode::INTERNAL_SERVER_ERROR,
        C::Maintenance
        | C::MandateSourceUnavailable
        | C::PcscDenied
        | C::PcscUnavailable
        | C::PinProgramMissing
        | C::RevocationUnavailable
        | C::SealUnavailable
        | C::ServerBusy
        | C::TimestampUnavailable
        | C::TrustListStale => StatusCode::SERVICE_UNAVAILABLE,
        C::AgentMissing
        | C::AgentOutdated
        | C::AgentStopped
        | C::AlreadySigned
        | C::AlreadyWaiting
        | C::CardBusy
        | C::CardChanged
        | C::CardMissing
        | C::CardNotActivated
        | C::CardRemoved
        | C::CardUnreadable
        | C::CardUnsupported
        | C::DocumentChanged
        | C::ExtensionMissing
        | C::ExtensionOutdated
        | C::ListChanged
        | C::NotYourTurn
        | C::PinBlocked
        | C::PinCancelled
        | C::PinLastAttempt
        | C::PinLength
        | C::PinOnKeypad
        | C::PinTimeout
        | C::PinWrong
        | C::ReaderMissing
        | C::ReaderRemoved
        | C::SeveralCards
        | C::SignatureFinishing
        | C::SignaturesMissing
        | C::TouchMissing => StatusCode::CONFLICT,
    }
}

/// After how many seconds the same request may go better, where time alone helps. RFC 9110 §10.2.3.
pub const fn retry_after(code: PersonCode) -> Option<&'static str> {
    match code {
        PersonCode::ServerBusy | PersonCode::SignatureFinishing | PersonCode::SignaturesMissing => Some("30"),
        _ => None,
    }
}

/// Problem details of RFC 9457 as every JSON interface of zegel answers them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemDetails {
    /// `about:blank`: the code says what a type would.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// HTTP status, repeated.
    pub status: u16,
    /// Stable code.
    pub code: &'static str,
    /// First sentence, in the asked language.
    pub title: String,
    /// What to do, in the asked language.
    pub detail: String,
    /// Reference of the request, as in the log.
    pub reference: String,
    /// Fields that were wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// For the people who run the application, in English: what exactly was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub developer: Option<String>,
}

impl ProblemDetails {
    /// The problem that `failure` is for the program behind `visit`.
    pub fn of(failure: &Failure, visit: &Visit, texts: Texts<'_>) -> Self {
        Self {
            kind: "about:blank",
            status: status(failure.code).as_u16(),
            code: failure.code.as_str(),
            title: texts.heading(failure.code, &failure.values),
            detail: texts.detail(failure.code, &failure.values),
            reference: visit.reference.clone(),
            errors: failure.errors.clone(),
            developer: failure.developer.clone(),
        }
    }

    /// The answer with its media type.
    pub fn response(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        HttpResponse::build(status)
            .content_type("application/problem+json")
            .body(serde_json::to_vec(self).unwrap_or_default())
    }
}
