//! Trusted lists: whom they are believed from, what of them is read, what they say of a certificate.

mod commands;
mod made;
mod published;
mod qualified;
mod renewed;
mod signed;
mod verifying;
