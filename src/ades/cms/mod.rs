//! Cryptographic messages (RFC 5652) with the attributes of EN 319 122-1: written in DER for a value made elsewhere,
//! read with BER tolerated.
//!
//! Never re-encodes what somebody else encoded: signed attributes are hashed as they came.

pub mod archive;
pub mod attributes;
pub mod build;
pub mod envelope;
pub mod hash_only;
pub mod oids;
pub mod open;
pub mod parts;
pub mod policy;
pub mod read;
pub mod token_material;
pub mod verify;

#[cfg(test)]
mod tests;
