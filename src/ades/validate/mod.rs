//! Validation of signed PDF files after EN 319 102-1, offline: everything it judges is in the file or handed in.
//!
//! Says of each signature an indication, a sub-indication and the reasons; says "advanced" and never "qualified",
//! because no trusted list is consulted here. Start from [`validate`]; the result is a [`report::Report`].

mod chain;
mod digests;
mod existence;
mod file;
mod format;
pub mod indication;
mod material;
pub mod report;
mod revocation;
mod signature;
mod stamp;
mod text;
pub mod verdict;

pub use file::{Context, validate};
