//! One module per promise a user can see. One binary, because each binary costs a link.
#![allow(
    missing_docs,
    clippy::allow_attributes,
    reason = "tests document themselves by their names"
)]

mod ades;
mod architecture;
mod card;
mod lab;
mod mandates;
mod pages;
mod pdf;
mod provider;
mod store;
mod support;
mod trust;
