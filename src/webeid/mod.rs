//! The wire format that service and agent share: the Web eID authentication token, and the messages between a browser
//! and the program beside the reader.
//!
//! No logic: what the fields mean, and whether to believe them, is decided in `login` and `agent`. Start from
//! [`Token`] and [`Request`].

mod answer;
pub mod frame;
mod request;
mod strict;
mod token;

pub use answer::{Answer, ErrorCode, SignatureAlgorithm};
pub use request::{ListedDocument, Request, RequestError};
pub use token::{Token, TokenError};
