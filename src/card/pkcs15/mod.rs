//! Cards with an ISO 7816-15 (PKCS#15) application: organisations' own tokens.
//!
//! The card describes itself: which certificates, keys and PINs it has, where they are and how a PIN is coded. Reading
//! is the same for all of them; signing is done only where the card declares how, or where its way is known
//! ([`profile`]). Never used on a Belgian card, whose commands look alike and are not. Start from [`Pkcs15`].
//!
//! Source: ISO 7816-15; PKCS#15 v1.1; reference §19.2.

mod directory;
mod driver;
mod files;
mod object;
mod path;
mod pin;
pub mod profile;
mod sign;

pub use directory::{
    AlgorithmInfo, Application, Entry, ObjectKind, Place, TokenInfo, read_dir, read_odf, read_token_info,
};
pub use driver::{Contents, Pkcs15};
pub use object::{
    CertificateObject, KeyObject, PinCoding, PinFlag, PinObject, Value, read_certificates, read_keys,
    read_pins,
};
pub use path::Path;
pub use sign::SignRequest;

#[cfg(test)]
mod tests;
