//! Validation of signed files after EN 319 102-1, offline: everything it judges is in the file or handed in.
//!
//! Says of each signature an indication, a sub-indication and the reasons; says "qualified" only as the outcome of the
//! trusted lists that are at hand. Start from [`validate`]; the result is a [`report::Report`].

mod any;
mod asic;
mod cades;
mod chain;
mod digests;
mod existence;
mod file;
mod format;
mod general;
pub mod indication;
mod jades;
mod material;
mod qualified;
pub mod report;
mod revocation;
mod signature;
mod stamp;
mod text;
pub mod verdict;
mod xades;

pub use any::validate_any;
pub use asic::validate_asic;
pub use cades::{signer_name, validate_cms};
pub use file::{Context, validate};
pub use jades::validate_jws;
pub use xades::{validate_xml, xml_signer};
