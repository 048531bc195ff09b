//! XML signatures, EN 319 132-1: enveloped, enveloping, detached, internally detached; prepared, signed outside,
//! completed to the level ordered, read back.
//!
//! Documents pass by and are never held; for a detached signature a digest is enough. [`prepare`] makes a
//! [`stages::Prepared`] of a [`stages::Draft`]; the device signs its digest; [`stages::Prepared::finish`] checks the
//! value; [`completion::Completion`] asks for what is missing. [`extend`] takes a signature made elsewhere further,
//! [`counter`] signs one.

pub mod ahead;
pub mod completion;
pub mod counter;
pub mod coverage;
pub mod data;
pub mod extend;
pub mod imprint;
pub mod names;
pub mod prepare;
pub mod properties;
pub mod read;
pub mod stages;
pub mod unsigned;
