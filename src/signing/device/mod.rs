//! Signing devices of an organisation: a key in a PKCS#11 token, a credential at a remote provider.
//!
//! Never decides what is signed. Start from [`pkcs11::TokenKey`] and [`csc::RemoteCredential`].

pub mod csc;
pub mod pkcs11;
