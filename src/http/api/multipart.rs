//! Reading the two parts of a new signing request, within limits.

use actix_multipart::Multipart;
use futures_util::StreamExt as _;
use serde::Deserialize;

use crate::base::code::PersonCode;
use crate::base::time::Timestamp;
use crate::http::problem::Failure;
use crate::journeys::sign::request::NewRequest;
use crate::signing::profile::Profile;

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
    #[serde(default)]
    profile: Option<Profile>,
    #[serde(default)]
    picture: Option<bool>,
    #[serde(default)]
    container: Option<ContainerChoice>,
}

/// Whether a document may be delivered in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ContainerChoice {
    Allowed,
    Refused,
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
    /// The JSON part as `T`, and the document.
    ///
    /// # Errors
    /// `request_invalid`, naming the part or member.
    pub(super) fn into_parts<T: serde::de::DeserializeOwned>(self) -> Result<(T, Vec<u8>), Failure> {
        let json = self
            .request
            .ok_or_else(|| wrong("the part `request` is missing"))?;
        let document = self
            .document
            .ok_or_else(|| wrong("the part `document` is missing"))?;
        let described = serde_json::from_slice(&json).map_err(|error| wrong(format!("request: {error}")))?;
        Ok((described, document))
    }

    /// The request they describe.
    ///
    /// # Errors
    /// `request_invalid`, naming the part or member.
    pub(super) fn into_request(self) -> Result<NewRequest, Failure> {
        let (described, document): (Described, Vec<u8>) = self.into_parts()?;
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
            profile: described.profile,
            picture: described.picture,
            container: described
                .container
                .map(|choice| choice == ContainerChoice::Allowed),
            document,
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::error::PayloadError;
    use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
    use actix_web::web::Bytes;
    use futures_util::stream;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    const GOOD: &str = "--x\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n\
        {\"document_kind\":\"decision\",\"body\":\"college\",\"title\":\"Besluit\",\"document_name\":\"a.pdf\"}\r\n\
        --x\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7\r\n--x--\r\n";

    /// What comes of `body` sent in pieces of `piece` bytes.
    fn read_pieces(body: &[u8], piece: usize, limit: u64) -> Result<Parts, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("multipart/form-data; boundary=x"),
        );
        let pieces: Vec<Result<Bytes, PayloadError>> = body
            .chunks(piece.max(1))
            .map(|part| Ok(Bytes::copy_from_slice(part)))
            .collect();
        let body = Multipart::new(&headers, stream::iter(pieces));
        actix_web::rt::System::new().block_on(read(body, limit))
    }

    #[test]
    fn the_parts_are_read_however_the_network_cuts_them() {
        for piece in [1, 2, 7, 64, 10_000] {
            let parts = read_pieces(GOOD.as_bytes(), piece, 100).unwrap();
            assert_eq!(parts.document.as_deref(), Some(&b"%PDF-1.7"[..]), "{piece}");
            assert!(parts.request.is_some());
            assert!(read_pieces(GOOD.as_bytes(), piece, 7).is_err(), "over the limit");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 100, failure_persistence: None, rng_seed: RngSeed::Fixed(3), ..ProptestConfig::default()
        })]

        #[test]
        fn any_body_is_read_within_its_limit_or_refused(
            noise in proptest::collection::vec(any::<u8>(), 0..60),
            at in 0..GOOD.len(),
            cut in 0..40_usize,
            piece in 1..80_usize,
        ) {
            let mut body = GOOD.as_bytes().to_vec();
            let end = (at + cut).min(body.len());
            body.splice(at..end, noise.iter().copied());
            for body in [&body, &noise] {
                if let Ok(parts) = read_pieces(body, piece, 64) {
                    prop_assert!(parts.document.as_ref().is_none_or(|document| document.len() <= 64));
                    let _ = parts.into_request();
                }
            }
        }
    }
}
