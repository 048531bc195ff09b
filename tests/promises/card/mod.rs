//! A card is read, judged and made to sign, or the exact cause is said.

mod bytes;
mod chaos;
mod driver;
mod pcscd;
mod pin;
mod rare;
mod specimen;
pub(crate) mod support;
mod transcripts;
