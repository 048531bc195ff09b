//! Smart cards: APDUs, PC/SC readers and their events, PINs, the Belgian eID card.
//!
//! Never shows a PIN, never logs response data, never decides whether a card's data is genuine or to be trusted:
//! it reads, authorises and signs, three different results. Nothing here leans on more than `base`; what needs
//! a signature verified is handed a closure that can.
//!
//! Start from [`eid::Eid`] (the driver) and [`transport::Connection`] (what it drives).

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod apdu;
pub mod assuan;
pub mod eid;
pub mod error;
pub mod pad;
#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod pin;
mod pin_texts;
pub mod readers;
#[cfg(test)]
pub(crate) mod scripted;
pub mod t0;
pub mod tlv;
pub mod transport;

pub use error::CardError;
