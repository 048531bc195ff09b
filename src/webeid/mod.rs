//! The wire format that service and agent share: the Web eID authentication token.
//!
//! No logic: what the fields mean, and whether to believe them, is decided in `login`. Start from [`Token`].

mod token;

pub use token::{Token, TokenError};
