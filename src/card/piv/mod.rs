//! Tokens with the PIV application: smart cards of civil servants, YubiKeys.
//!
//! Reads certificates and the holder's identifier, signs with the four keys, changes and unblocks the PIN. Never
//! depends on the card telling whether a PIN is verified, and never selects the application again inside an operation:
//! cards differ in both. Start from [`Piv`].
//!
//! Source: NIST SP 800-73-4 parts 1 and 2; reference §19.1.

mod driver;
mod object;
mod pin;
mod session;
mod sign;
mod yubikey;

pub use driver::{Piv, SlotCertificate, Token};
pub use object::{Chuid, PinPolicy, Slot, read_certificate, read_chuid, read_pin_policy};
pub use sign::SignRequest;
pub use yubikey::{SecretState, Touch, YubiKey};

#[cfg(test)]
mod tests;
