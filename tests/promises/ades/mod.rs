//! Signatures: made in two steps, completed, read back, validated, and attacked.

mod attacks;
mod bad_days;
mod judges;
mod samples;
mod seal;
mod world;
