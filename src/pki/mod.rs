//! Certificates, paths, purposes and Belgian profiles, revocation, time-stamps, caches.
//!
//! Never reads the clock and never fetches: what it needs from outside it asks for as a [`need::Need`]. Start from
//! [`certificate::Certificate`] and [`path::validate`].

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod anchors;
pub mod certificate;
pub mod crl;
pub mod extensions;
pub mod links;
pub mod list_rules;
pub mod lists;
pub mod name;
pub mod name_constraints;
pub mod need;
pub mod ocsp;
pub mod path;
pub mod policies;
mod profile;
pub mod purpose;
pub mod refusal;
pub mod revocation;
mod rules;
pub mod status;
pub mod timestamp;
pub mod trust;
