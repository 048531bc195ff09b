//! What every format needs on the way from B-B to B-LTA: time-stamps and revocation answers, one need at a time.
//!
//! Never waits and never fetches: it returns a [`crate::pki::need::Need`] and is resumed with the answer. Where the
//! material goes in the file is each format's own matter.

pub mod asking;
pub mod error;
pub(super) mod gather;
pub(super) mod machine;
pub mod octets;
pub(super) mod read_back;
pub mod settings;
pub(super) mod stamping;
