//! Associated signature containers: one ZIP archive with documents and the signatures over them.
//!
//! Source: EN 319 162-1.

pub mod zip;
