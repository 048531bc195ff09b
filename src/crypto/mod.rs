//! One seam to verify and to sign, the encodings of signature values, and the dated policy of algorithms.
//!
//! Never decides whom to trust: a key that verifies is only a key. Start from [`key::PublicKey`].

pub mod algorithm;
pub mod ecdsa;
pub mod jws;
pub mod key;
pub mod naming;
pub mod policy;
mod verify;
pub mod wrap;
