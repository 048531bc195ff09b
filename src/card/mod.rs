//! Smart cards: APDUs, PC/SC readers and their events, PINs, the Belgian eID card.
//!
//! Never shows a PIN, never logs response data, never decides whether a card's data is genuine or to be trusted:
//! it reads, authorises and signs, three different results. Nothing here leans on more than `base`; what needs
//! a signature verified is handed a closure that can.
//!
//! Start from [`transport::Transport`] (bytes to a card and back).

pub mod apdu;
pub mod error;
pub mod transport;

pub use error::CardError;
