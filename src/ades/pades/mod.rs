//! Signatures in PDF, EN 319 142-1: prepared, signed outside, completed to the level ordered, read back.
//!
//! [`prepare::prepare`] makes a [`stages::Prepared`] of a [`stages::Draft`]; the device signs its digest;
//! [`stages::Prepared::finish`] checks the value; [`completion::Completion`] asks for time-stamps and revocation answers until the
//! level is reached.

pub mod completion;
pub mod extend;
pub mod finish;
pub mod prepare;
pub mod rehearse;
pub mod stages;
