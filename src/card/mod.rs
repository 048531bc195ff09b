//! Smart cards: APDUs, PC/SC readers and their events, PINs; the Belgian eID card, PIV and PKCS#15 tokens.
//!
//! Never shows a PIN, never logs response data, never decides whether a card's data is genuine or to be trusted:
//! it reads, authorises and signs, three different results. Nothing here leans on more than `base` and `asn1`; what needs
//! a signature verified is handed a closure that can.
//!
//! Start from [`family::Card`] (any card) or [`eid::Eid`] (the Belgian one), and [`transport::Connection`] (what they drive).

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod apdu;
pub mod assuan;
mod ber;
pub mod codes;
pub mod eid;
pub mod error;
pub mod family;
mod operation;
pub mod pad;
mod padding;
#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod pin;
mod pin_texts;
pub mod piv;
pub mod pkcs15;
mod public_key;
pub mod readers;
mod scheme;
#[cfg(test)]
pub(crate) mod scripted;
pub mod t0;
pub mod tlv;
pub mod transport;

pub use error::CardError;
pub use public_key::KeyKind;
pub use scheme::Scheme;
