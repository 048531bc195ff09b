//! What every other room stands on: time, randomness, ids, secrets, digests, languages, byte sources, codes.
//!
//! Never waits, never reads the clock or the environment by itself: a [`clock::Clock`] and a
//! [`random::Random`] are handed in by whoever owns the outermost call. Start from [`time::Timestamp`].

pub mod bytes;
pub mod cause_words;
pub mod clock;
pub mod code;
pub mod code_table;
pub mod digest;
pub mod id;
pub mod lang;
pub mod media_type;
pub mod national;
pub mod random;
pub mod secret;
pub mod sequential;
pub mod text;
pub mod time;
