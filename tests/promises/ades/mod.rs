//! Signatures: made in two steps, completed, read back, validated, and attacked.

mod attacks;
mod bad_days;
mod judges;
pub mod samples;
mod seal;
mod services;
pub mod world;
mod zip;
