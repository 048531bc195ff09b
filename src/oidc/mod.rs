//! The provider's rules: requests, codes, tokens, claims. Values in, values out.
//!
//! Never looks anything up, never tells the time, never waits: [`crate::journeys::login`] reads, asks these rules
//! and writes. Start from [`authorize::Raw`], the request as it came, and [`client::Client`], who sent it.

pub mod authorize;
pub mod bearer;
pub mod challenge;
pub mod claims;
pub mod client;
pub mod discovery;
pub mod grant;
pub mod interaction;
pub mod pkce;
pub mod redirect;
pub mod response;
pub mod scope;
pub mod secret;
pub mod session;
pub mod subject;
pub mod token;
