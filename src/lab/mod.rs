//! The laboratory: virtual cards, a test PKI with its services, the demo municipality. Refuses production trust.
//!
//! Whoever integrates zegel can try every case here (blocked PIN, revoked card, absent mayor) without a reader.
//! All material says TEST. Start from [`Lab::start`] for all of it on a real reader daemon, [`pki::LabPki`] for
//! certificates alone, [`card::VirtualCard`] and [`card::TokenCard`] for a card in this process.

pub mod application;
pub mod card;
pub mod control;
pub mod demo;
pub mod host;
pub mod house;
mod namespace;
pub mod once;
pub mod persons;
pub mod pinentry;
pub mod pki;
pub mod reader;
mod running;
pub mod seal;
pub mod services;
pub mod tokens;
pub mod trusted_list;
pub mod vpcd;
pub mod walker;

pub use running::{Lab, LabSettings, StatusNow};

/// The file that marks a folder as a laboratory's.
pub const MANIFEST: &str = "lab.json";

use std::path::{Path, PathBuf};

use crate::asn1::oid::Oid;
use crate::asn1::write;
use crate::crypto::key::KeyError;

/// What can go wrong in the laboratory itself.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A file or folder.
    #[error("cannot use `{path}`")]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key could not be made, read or used.
    #[error("laboratory key")]
    Key(#[from] KeyError),
    /// Something saved or sent does not have its form.
    #[error("malformed {0}")]
    Malformed(String),
    /// The laboratory does not do this.
    #[error("{0}")]
    Refused(&'static str),
    /// No laboratory runs there.
    #[error("no laboratory runs in `{0}`")]
    NotRunning(PathBuf),
    /// The laboratory, or the part of it that plays the cards, said no.
    #[error("{0}")]
    Told(String),
    /// The reader stack did not come up or went away.
    #[error("reader stack: {0}")]
    Reader(String),
    /// Nothing has this name.
    #[error("there is no {what} `{name}`")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// The name asked for.
        name: String,
    },
}

impl LabError {
    /// An I/O error with the path it happened at.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// OBJECT IDENTIFIER of a constant written out in this room. A constant that is no identifier comes out empty and
/// makes the structure unreadable, which the tests of the structure see.
fn known_oid(text: &str) -> Vec<u8> {
    text.parse::<Oid>()
        .map(|oid| write::oid(&oid))
        .unwrap_or_default()
}
