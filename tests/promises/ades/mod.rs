//! Signatures: made in two steps, completed, read back, validated, and attacked.

mod samples;
mod seal;
mod world;
