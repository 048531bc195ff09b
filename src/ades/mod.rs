//! Advanced electronic signatures: building them in two steps, levels B-B to B-LTA, validation and its report.
//!
//! Never holds a private key, never fetches, and never claims a level that the file does not show.
//! To sign start from [`pades`], to validate from [`validate`]; [`device`] is what puts a value under a digest.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod asic;
pub mod augment;
pub mod cades;
pub mod cms;
pub mod content;
pub mod device;
pub mod extend;
pub mod jades;
pub mod level;
pub mod pades;
pub mod signature_name;
pub mod statement;
pub mod validate;
pub mod xades;

/// The claimed attribute whose one value, a UTF8String, is a verdict of authority as a compact JWS.
///
/// One UUID made once, f1e18fab-72f0-48a2-ab67-93fa25200284, under the arc for UUIDs: it needs no registration and
/// never changes, or older documents lose their verdicts.
///
/// Source: Rec. ITU-T X.667 §7 (arc 2.25); EN 319 122-1 §5.2.6 (signer-attributes-v2, claimedAttributes).
pub const VERDICT_OID: &str = "2.25.321515127745495950041760374752205079172";
