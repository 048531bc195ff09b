//! Ways to prove who you are. Each ends in [`crate::identity::LoginResult`].
//!
//! Never waits and never spends a nonce itself: the caller does, between two states of [`eid`], and cannot skip it.

pub mod counter;
pub mod eid;
mod refusal;

pub use refusal::LoginRefusal;
