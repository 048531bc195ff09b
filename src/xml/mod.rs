//! Strict reading of XML, canonicalisation, and the core of XML signatures.
//!
//! No document type, no entity but the five of the language, no namespace that is not declared, nothing repaired.
//! Never fetches and never decides whom to trust: a signature that verifies says which bytes were digested, and
//! callers read those bytes and nothing else. Start from [`tree::Document`]; a document too large for memory goes
//! from [`reader::Reader`] straight into [`canonical::Canonicalizer`].

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod canonical;
pub mod chars;
pub mod error;
pub mod inherited;
pub mod limits;
pub mod name;
pub mod outline;
pub mod part;
pub mod reader;
pub mod signature;
pub mod sink;
mod tag;
pub mod tree;
