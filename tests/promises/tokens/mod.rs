//! A token of an organisation is read, judged by its own word, and made to sign, or the exact cause is said.

mod differences;
mod family;
mod hostile;
mod pcscd;
mod pins;
mod signatures;
pub(crate) mod support;
mod transcripts;
