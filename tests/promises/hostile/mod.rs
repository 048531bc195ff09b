//! Nothing panics on foreign bytes, nothing blows up on them, and nothing believes them.
//!
//! `families.rs` is the table of readers and specimens. Each family's check is run on arbitrary bytes and on good
//! specimens changed by a script ([`mutate`]), with a fixed seed: the same run every time. `./dev fuzz` runs the same
//! checks under libFuzzer for as long as one likes.

pub mod checks;
pub mod families;
pub mod mutate;
pub mod specimens;

#[cfg(test)]
mod growth;
#[cfg(test)]
mod runs;
