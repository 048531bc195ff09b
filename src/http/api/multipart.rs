//! Reading the two parts of a new signing request, within limits.

use actix_multipart::Multipart;
use futures_util::StreamExt as _;
use serde::Deserialize;

use crate::base::code::PersonCode;
use crate::base::time::Timestamp;
use crate::http::problem::Failure;
use crate::journeys::sign::request::NewRequest;

/// Largest JSON part, in bytes.
const JSON_BYTES: usize = 64 * 1024;

/// The JSON part. Unknown members are refused: a misspelt one must not be lost in silence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    title: String,
    document_kind: String,
    body: String,
    document_name: String,
    #[serde(default)]
    domain: Option<String>,
    #[serde(default)]
    return_url: Option<String>,
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

/// The parts as they came.
#[derive(Debug, Default)]
pub(super) struct Parts {
    request: Option<Vec<u8>>,
    document: Option<Vec<u8>>,
}

fn wrong(detail: impl Into<String>) -> Failure {
    Failure::new(PersonCode::RequestInvalid).for_developers(detail.into())
}

/// Reads the parts; each at most once, none other.
///
/// # Errors
/// `document_too_large` as soon as the limit is passed; `request_invalid` for everything else.
pub(super) async fn read(mut body: Multipart, document_bytes: u64) -> Result<Parts, Failure> {
    let document_bytes = usize::try_from(document_bytes).unwrap_or(usize::MAX);
    let mut parts = Parts::default();
    while let Some(field) = body.next().await {
        let mut field = field.map_err(|_| wrong("the body is no multipart form"))?;
        let name = field.name().unwrap_or_default().to_owned();
        let (limit, place) = match name.as_str() {
            "request" => (JSON_BYTES, &mut parts.request),
            "document" => (document_bytes, &mut parts.document),
            other => return Err(wrong(format!("there is no part `{}`", shown(other)))),
        };
        if place.is_some() {
            return Err(wrong(format!("the part `{name}` comes twice")));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = field.next().await {
            let chunk = chunk.map_err(|_| wrong(format!("the part `{name}` is cut off")))?;
            if bytes.len().saturating_add(chunk.len()) > limit {
                return Err(match name.as_str() {
                    "document" => Failure::new(PersonCode::DocumentTooLarge),
                    _ => wrong("the part `request` is too large"),
                });
            }
            bytes.extend_from_slice(&chunk);
        }
        *place = Some(bytes);
    }
    Ok(parts)
}

/// A name from outside, short and plain enough to be repeated.
fn shown(text: &str) -> String {
    text.chars()
        .filter(|sign| sign.is_ascii_alphanumeric() || "-_".contains(*sign))
        .take(40)
        .collect()
}

impl Parts {
    /// The request they describe.
    ///
    /// # Errors
    /// `request_invalid`, naming the part or member.
    pub(super) fn into_request(self) -> Result<NewRequest, Failure> {
        let json = self
            .request
            .ok_or_else(|| wrong("the part `request` is missing"))?;
        let document = self
            .document
            .ok_or_else(|| wrong("the part `document` is missing"))?;
        let described: Described =
            serde_json::from_slice(&json).map_err(|error| wrong(format!("request: {error}")))?;
        Ok(NewRequest {
            kind: described
                .document_kind
                .parse()
                .map_err(|_| wrong("document_kind: not known"))?,
            body: described
                .body
                .parse()
                .map_err(|_| wrong("body: expected a key without blanks"))?,
            title: described.title,
            domain: described.domain,
            document_name: described.document_name,
            return_url: described.return_url,
            expires_at: described.expires_at,
            document,
        })
    }
}
