//! DER writing, and BER-tolerant reading that keeps the original bytes.
//!
//! Never re-encodes what somebody else encoded: a [`read::Element`] lends the bytes it was read from, because
//! foreign signed attributes must be hashed as they came. Start from [`read::Reader`] and [`mod@write`].

pub mod oid;
pub mod read;
pub mod write;
