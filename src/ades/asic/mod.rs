//! Associated signature containers: one ZIP archive with documents and the signatures over them.
//!
//! ASiC-E with XAdES or CAdES over any number of files, ASiC-S over one. Files pass by and are never held. To make one
//! start from [`create`], to read one from [`container`]; the signatures themselves are those of [`super::xades`] and
//! [`super::cades`].
//!
//! Source: EN 319 162-1.

pub mod archive;
pub mod container;
pub mod create;
pub mod extend;
pub mod further;
pub mod manifest;
pub mod uri;
pub mod zip;
