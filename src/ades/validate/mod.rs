//! Validation of signed files after EN 319 102-1, offline: everything it judges is in the file or handed in.
//!
//! Says of each signature an indication, a sub-indication and the reasons; says "qualified" only as the outcome of the
//! trusted lists that are at hand. `process` is the engine that every format feeds, `general` its way in for those
//! outside PDF. Start from [`validate_any`]; the result is a [`report::Report`].

mod any;
mod archive_manifest;
mod asic;
mod attested;
mod cades;
mod chain;
mod digests;
mod etsi;
mod existence;
mod file;
mod format;
mod future;
mod general;
mod imprints;
pub mod indication;
mod jades;
mod layer;
mod material;
mod past;
pub mod policy;
mod process;
mod qualified;
pub mod report;
mod revocation;
mod said;
mod signature;
mod signature_policy;
mod stamp;
mod structure;
mod text;
pub mod verdict;
mod words;
mod xades;

pub(in crate::ades) use any::unarmoured;
pub use any::{
    Format as FileFormat, beside_xml, format_of, in_years, is_taken_for_pdf, validate_any, validate_for,
};
pub use asic::validate_asic;
pub use cades::validate_cms;
pub use file::{Context, Inspection, validate, validate_with};
pub use jades::validate_jws;
pub use xades::{validate_xml, xml_signer};
