//! Organisations' seals: keys in a token, credentials at a provider, and what comes of them.

mod commands;
mod remote;
mod softhsm;
mod token;
