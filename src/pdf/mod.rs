//! PDF files read by range, their revisions, what changed between two, and minimal incremental updates.
//!
//! Never repairs a file: what is not well formed is refused with its offset, because a guess is a second opinion
//! about what was signed. Never changes a byte that is there: [`update`] only appends.
//! Start from [`document::Document`]. Source of the rules: ISO 32000-2:2020; ETSI EN 319 142-1.

pub mod active;
pub mod appearance;
pub mod append;
mod archive;
pub mod changes;
pub mod compose;
pub mod document;
pub mod dss;
pub mod error;
pub mod extract;
pub mod field;
mod filter;
pub mod font;
pub mod image;
mod lexer;
mod number;
mod number_tree;
pub mod object;
mod objstm;
pub mod page;
pub mod paper;
mod parser;
pub mod permission;
pub mod placement;
pub mod preview;
pub mod protection;
pub mod revision;
pub mod seed;
pub mod signature;
pub mod signature_field;
pub mod sink;
pub mod structure;
pub mod tail;
pub mod text;
pub mod text_string;
pub mod update;
pub mod view;
pub mod write;
pub mod xref;
