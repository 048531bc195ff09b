//! The Belgian eID card, applets 1.0 to 1.8: recognition, files, PIN state and signatures.
//!
//! Reading, authorising and signing are different results and different files here. Start from [`Eid`], which a
//! job makes from the [`Connection`](super::transport::Connection) it is handed. What is read is raw: whether it
//! is genuine is judged in a higher room with [`genuine`].

mod address;
mod algorithm;
mod birth;
mod chip;
mod document;
mod driver;
mod file;
pub mod genuine;
mod identity;
mod list;
mod patient;
mod pin;
mod read;
mod recognition;
mod residence;
mod session;
mod sign;
mod status;

pub use address::Address;
pub use algorithm::{KeyReference, SignatureScheme};
pub use birth::BirthDate;
pub use chip::ChipAnswer;
pub use document::DocumentType;
pub use driver::{CertificateKind, Eid, RawFiles};
pub use file::File;
pub use identity::{Identity, Sex, SpecialStatus, Warning};
pub use list::{ListEntry, ListPin, SignList};
pub use pin::{LastTry, PinChange, PinSource, PinState, Puk};
pub use recognition::{ATR_1_8, CardData, Generation, is_likely_belgian};
pub use residence::{LabourMarket, Organisation, Protection, Residence};
pub use sign::{CardSignature, SignRequest};

#[cfg(test)]
mod tests;
