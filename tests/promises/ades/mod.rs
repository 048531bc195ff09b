//! Signatures: made in two steps, completed, read back, validated, and attacked.

mod attacks;
mod bad_days;
mod cades;
mod damage;
mod foreign;
mod jades;
mod judges;
pub mod jws;
mod matrix_cades;
pub mod message;
pub mod samples;
mod seal;
mod services;
pub mod world;
mod zip;
