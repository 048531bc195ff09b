//! Signatures in JSON, TS 119 182-1: prepared, signed outside, completed to the level ordered, read back.
//!
//! Content of detached signatures is read in pieces and never held; nothing that a header points to is ever fetched.
//! [`prepare::prepare`] makes a [`stages::Prepared`] of a [`stages::Draft`]; the device signs its digest;
//! [`stages::Prepared::finish`] checks the value; [`completion::Completion`] asks for what is missing.

pub mod completion;
pub mod counter;
pub mod extend;
pub mod header;
pub mod json;
pub mod payload;
pub mod prepare;
pub mod read;
pub mod stages;
pub mod unsigned;
