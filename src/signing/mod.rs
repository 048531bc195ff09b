//! The signing request, its plan and the stages of its ceremony.
//!
//! Values in, values out: never waits, never stores, never talks to a card. Start from [`request::SigningRequest`].

pub mod appearance;
pub mod attempt;
pub mod card_value;
pub mod container;
pub mod device;
pub mod list;
pub mod picture;
pub mod profile;
pub mod publication;
pub mod request;
pub mod shown;
