//! zegel lets a public authority trust who is at the other end, know what that person may do, and seal its
//! decisions.
//!
//! Everything serves one of two journeys, each one file in [`journeys`]: **log in** and **seal**.
//! The rooms stand on floors; a room may use any lower floor, never a higher one, and floors 0 to 4 never wait:
//! time, randomness and bytes are handed in. `tests/promises/architecture.rs` guards the arrows.
//!
//! | floor | rooms |
//! |---|---|
//! | 0 | `base` → `asn1` → `crypto` → `xml`, `pdf` |
//! | 1 | `webeid`, `card`, `pki` |
//! | 2 | `identity`, `ades` |
//! | 3 | `mandates` |
//! | 4 | `sources`, `login`, `oidc`, `signing`, `audit` |
//! | 5 | `store`, `fetch` |
//! | 6 | `journeys` |
//! | 7 | `http`, `jobs`, `agent`, `lab` |
//! | 8 | `cli` |

pub mod asn1;
pub mod base;
pub mod card;
pub mod webeid;

#[cfg(feature = "server")]
pub mod ades;
#[cfg(feature = "agent")]
pub mod agent;
#[cfg(feature = "server")]
pub mod audit;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod crypto;
#[cfg(feature = "server")]
pub mod fetch;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod identity;
#[cfg(feature = "server")]
pub mod jobs;
#[cfg(feature = "server")]
pub mod journeys;
#[cfg(feature = "lab")]
pub mod lab;
#[cfg(feature = "server")]
pub mod login;
#[cfg(feature = "server")]
pub mod mandates;
#[cfg(feature = "server")]
pub mod oidc;
#[cfg(feature = "server")]
pub mod pdf;
#[cfg(feature = "server")]
pub mod pki;
#[cfg(feature = "server")]
pub mod signing;
#[cfg(feature = "server")]
pub mod sources;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod xml;
