//! Settings: one table of keys, read from TOML files and the environment into types that cannot be wrong.
//!
//! Never holds a secret: keys and passwords are named by the file they are in. Start from [`Config`]; the keys with
//! their documentation stand in [`keys::KEYS`].

pub mod desk;
pub mod keys;
pub mod read;
pub mod seals;
pub mod show;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::asn1::oid::Oid;
use crate::pki::ocsp::ResponderRules;

/// Where an installation stands. Test material is accepted in `Test` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Real persons, real trust.
    Production,
    /// Test cards and test trust; every page says so.
    Test,
}

/// The settings of an installation, checked as a whole.
#[derive(Clone, Debug)]
pub struct Config {
    /// Production or test.
    pub environment: Environment,
    /// The one public address, `https://host[:port]`, without a slash at the end. Signed origins are this text.
    pub public_url: String,
    /// Where and how the service listens.
    pub server: Server,
    /// `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// Folder of the documents.
    pub blobs: PathBuf,
    /// Folder for scratch copies; may be emptied while the service is stopped.
    pub scratch: PathBuf,
    /// File with the key-encryption key: 32 bytes or 64 hex digits.
    pub key_encryption_key_file: PathBuf,
    /// Folder with laboratory trust; only in a test environment.
    pub test_trust: Option<PathBuf>,
    /// How outside services are asked.
    pub outside: Outside,
    /// The reader at this computer.
    pub counter: Counter,
    /// The boards' seals.
    pub seals: Vec<seals::SealSettings>,
    /// What applications may send.
    pub limits: Limits,
    /// Log filter in the syntax of tracing-subscriber's `EnvFilter`.
    pub log: String,
}

/// Where and how the service listens.
#[derive(Clone, Debug)]
pub struct Server {
    /// Address and port.
    pub listen: SocketAddr,
    /// PEM files of the certificate chain and its key; without them a proxy in front does TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Proxies whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpAddr>,
}

/// How OCSP responders, CRLs, CA certificates and time-stamping services are asked.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Hosts that may be asked, exact names.
    pub hosts: Vec<String>,
    /// Whether addresses on this machine and in private ranges may be asked.
    pub private_addresses: bool,
    /// Longest time for one answer.
    pub timeout: Duration,
    /// Time-stamping services, in the order they are tried.
    pub time_stamp_urls: Vec<String>,
    /// Accepted policies of time-stamps; empty accepts any.
    pub time_stamp_policies: Vec<Oid>,
    /// What holds for single OCSP responders.
    pub responders: ResponderRules,
}

/// The reader at this computer.
#[derive(Clone, Debug)]
pub struct Counter {
    /// Whether this installation uses its own card readers.
    pub enabled: bool,
    /// The program that asks for the PIN, with its arguments (Assuan, as pinentry programs speak it).
    pub pin_program: Vec<String>,
    /// Whether the PIN is typed on the reader's own keys where it has them.
    pub keypad: bool,
    /// Parts of names of readers that are left alone.
    pub readers_to_skip: Vec<String>,
    /// How long a person may take to type a PIN.
    pub pin_timeout: Duration,
}

/// What applications may send.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest document, in bytes.
    pub upload_bytes: u64,
    /// Most documents of one list.
    pub documents: u32,
    /// Most requests without a credential from one address, a minute.
    pub attempts_per_address: u32,
    /// The same from all addresses together.
    pub attempts: u32,
}
