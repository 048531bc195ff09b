//! What the rooms that never wait ask of the outside, and what comes back.

use std::fmt;

use crate::asn1::read::{self, Rules};
use crate::asn1::write::tag;

/// Something only the outside can give. The asker is resumed with an [`Answer`].
#[derive(Clone, PartialEq, Eq)]
pub enum Need {
    /// A CRL: GET.
    Crl {
        /// Where.
        url: String,
    },
    /// An authority's certificate: GET, DER (or a PKCS#7 bag, which is not read).
    Issuer {
        /// Where.
        url: String,
    },
    /// The list of lists, one of its pivots, or the digest beside it: GET.
    List {
        /// Where.
        url: String,
    },
    /// A national trusted list, or the digest beside it, where the verified list of lists says that it is: GET.
    NationalList {
        /// Where.
        url: String,
    },
    /// An OCSP answer: POST of `application/ocsp-request`, RFC 6960 appendix A.
    Ocsp {
        /// Where.
        url: String,
        /// OCSPRequest, DER.
        request: Vec<u8>,
    },
    /// A time-stamp: POST of `application/timestamp-query`, RFC 3161 §3.4.
    TimeStamp {
        /// Where.
        url: String,
        /// TimeStampReq, DER.
        request: Vec<u8>,
    },
}

impl Need {
    /// Where to ask.
    pub fn url(&self) -> &str {
        match self {
            Self::Crl { url }
            | Self::Issuer { url }
            | Self::List { url }
            | Self::NationalList { url }
            | Self::Ocsp { url, .. }
            | Self::TimeStamp { url, .. } => url,
        }
    }

    /// What to post, with its media type; `None` is a GET.
    pub fn body(&self) -> Option<(&'static str, &[u8])> {
        match self {
            Self::Crl { .. } | Self::Issuer { .. } | Self::List { .. } | Self::NationalList { .. } => None,
            Self::Ocsp { request, .. } => Some(("application/ocsp-request", request)),
            Self::TimeStamp { request, .. } => Some(("application/timestamp-query", request)),
        }
    }

    /// What tells whether two needs are for the same: kind and address, and of a question of status the certificate
    /// asked about. A nonce does not make it another question.
    pub fn sameness(&self) -> Vec<u8> {
        let about = match self {
            Self::Ocsp { request, .. } => asked_about(request).unwrap_or(request),
            Self::TimeStamp { request, .. } => request,
            Self::Crl { .. } | Self::Issuer { .. } | Self::List { .. } | Self::NationalList { .. } => &[],
        };
        [self.kind().as_bytes(), b" ", self.url().as_bytes(), b" ", about].concat()
    }

    /// The media type a right answer has.
    pub const fn media_type(&self) -> Option<&'static str> {
        match self {
            Self::Ocsp { .. } => Some("application/ocsp-response"),
            Self::TimeStamp { .. } => Some("application/timestamp-reply"),
            // CRL and certificate servers name all sorts of types; the signature decides.
            Self::Crl { .. } | Self::Issuer { .. } | Self::List { .. } | Self::NationalList { .. } => None,
        }
    }

    /// Whether what was verified names the host: then it need not stand among those that may be called. Everything else
    /// that is asked of an address holds for it too.
    ///
    /// Source: reference pki-and-trust §3.8, "TL-derived hosts".
    pub const fn host_is_named(&self) -> bool {
        matches!(self, Self::NationalList { .. })
    }

    /// Largest answer taken, in bytes.
    ///
    /// Source: real OCSP answers are 3–5 kB, the largest Belgian CRL seen 336 kB (reference pki-and-trust §3).
    pub const fn max_bytes(&self) -> usize {
        match self {
            Self::Crl { .. } => 64 * 1024 * 1024,
            // The bound of a list (reference pki-and-trust §5.3).
            Self::List { .. } | Self::NationalList { .. } => 16 * 1024 * 1024,
            Self::Issuer { .. } | Self::Ocsp { .. } | Self::TimeStamp { .. } => 64 * 1024,
        }
    }

    /// The kind in one word, for logs and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Crl { .. } => "crl",
            Self::Issuer { .. } => "issuer",
            Self::List { .. } | Self::NationalList { .. } => "list",
            Self::Ocsp { .. } => "ocsp",
            Self::TimeStamp { .. } => "time_stamp",
        }
    }
}

/// The requestList of an OCSPRequest, RFC 6960 §4.1.1.
fn asked_about(request: &[u8]) -> Option<&[u8]> {
    let mut whole = read::single(request, Rules::Der).ok()?.inside().ok()?;
    let list = whole.sequence().ok()?.expect(tag::SEQUENCE).ok()?;
    Some(list.whole())
}

impl fmt::Debug for Need {
    /// Shows the kind only: a request names a certificate by serial number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Need::{}", self.kind())
    }
}

/// The bytes asked for, or why they did not come.
pub type Answer = Result<Vec<u8>, FetchFailure>;

/// Why the outside gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FetchFailure {
    /// The address is not one zegel may call: host, scheme or private network.
    #[error("address not allowed")]
    Address,
    /// Too many recent failures there; not tried.
    #[error("not tried after recent failures")]
    CircuitOpen,
    /// No connection.
    #[error("no connection")]
    Connect,
    /// The name does not resolve.
    #[error("name does not resolve")]
    Dns,
    /// Another HTTP status than 200, or a redirect.
    #[error("HTTP status {0}")]
    Http(u16),
    /// The answer has the wrong media type.
    #[error("wrong media type")]
    MediaType,
    /// No answer within the deadline.
    #[error("no answer in time")]
    Timeout,
    /// The answer is larger than allowed.
    #[error("answer too large")]
    TooLarge,
}

impl FetchFailure {
    /// One word for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::CircuitOpen => "circuit_open",
            Self::Connect => "connect",
            Self::Dns => "dns",
            Self::Http(_) => "http",
            Self::MediaType => "media_type",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
        }
    }
}
