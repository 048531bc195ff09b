//! CMS signatures, EN 319 122-1: attached or detached, prepared, signed outside, completed to the level ordered, read
//! back.
//!
//! Content is read in pieces and never held; for a detached signature a digest is enough. [`prepare::prepare`] makes a
//! [`stages::Prepared`] of a [`stages::Draft`]; the device signs its digest; [`stages::Prepared::finish`] checks the
//! value; [`completion::Completion`] asks for what is missing. [`extend`] takes a message made elsewhere further.

pub mod completion;
pub mod counter;
pub mod extend;
pub mod prepare;
mod signed_attributes;
pub mod stages;
