//! The Belgian eID card, applets 1.0 to 1.8: recognition, files, PIN state and signatures.
//!
//! Reading, authorising and signing are different results and different files here. Start from [`Eid`], which a
//! job makes from the [`Connection`](super::transport::Connection) it is handed. What is read is raw: whether it
//! is genuine is judged in a higher room with [`genuine`].

mod address;
mod birth;
mod document;
mod driver;
mod file;
pub mod genuine;
mod identity;
mod read;
mod recognition;
mod session;
mod sign;

pub use address::Address;
pub use birth::BirthDate;
pub use document::DocumentType;
pub use driver::{CertificateKind, Eid, RawFiles};
pub use file::File;
pub use identity::{Identity, Sex, SpecialStatus, Warning};
pub use recognition::{ATR_1_8, CardData, Generation, is_likely_belgian};
pub use sign::{CardSignature, KeyReference, LastTry, PinState, SignRequest, SignatureScheme};

#[cfg(test)]
mod tests;
