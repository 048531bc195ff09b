//! Signatures: made in two steps, completed, read back, validated, and attacked.

pub mod asic_world;
mod attacks;
mod bad_days;
mod cades;
mod containers;
mod damage;
mod extending;
mod foreign;
mod jades;
pub mod judges;
pub mod jws;
mod ladder;
pub mod matrix;
mod matrix_cades;
mod matrix_xades;
pub mod message;
pub mod mutations;
mod ordered;
mod peers;
pub mod samples;
mod seal;
mod services;
pub mod world;
mod wrapping;
mod xades;
pub mod xml_world;
mod zip;
