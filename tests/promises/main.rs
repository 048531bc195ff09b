//! One module per promise a user can see. One binary, because each binary costs a link.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::erasing_op,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::large_futures,
    clippy::panic,
    clippy::pedantic,
    clippy::print_stderr,
    clippy::result_large_err,
    clippy::unwrap_used,
    clippy::write_with_newline,
    reason = "a test says what it promises by its name, and fails by panicking"
)]

mod ades;
mod agent;
mod architecture;
mod card;
mod cli;
mod hostile;
mod house;
mod lab;
mod mandates;
mod pages;
mod pdf;
mod provider;
mod seals;
mod signing;
mod store;
mod support;
mod together;
mod tokens;
mod trust;
mod xml;
