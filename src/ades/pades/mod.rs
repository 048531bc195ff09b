//! Signatures in PDF, EN 319 142-1: prepared, signed outside, completed to the level ordered, read back.

pub mod stages;
