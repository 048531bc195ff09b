//! Validation of signed PDF files after EN 319 102-1, offline: everything it judges is in the file or handed in.
//!
//! Says of each signature an indication, a sub-indication and the reasons; says "advanced" and never "qualified",
//! because no trusted list is consulted here. The result is a [`report::Report`].

mod existence;
mod format;
pub mod indication;
pub mod report;
mod text;
pub mod verdict;
