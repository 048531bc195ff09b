//! The one door to outside HTTP: size, time, host allow-list, no private addresses.
//!
//! Answers a [`Need`] and decides nothing about what came. Start from [`Fetcher`]; [`http::HttpFetcher`] is the real
//! one, [`table::TableFetcher`] its double, and [`resume`] drives the machines that ask.

mod address;
mod breaker;
pub mod device;
pub mod http;
mod lanes;
mod negative;
mod resolver;
pub mod resume;
pub mod table;
pub mod turns;

use std::future::Future;
use std::pin::Pin;

use crate::ades::device::{Call, Reply};
use crate::pki::need::{Answer, FetchFailure, Need};
use turns::Turn;

/// A future on the heap, as [`Fetcher::fetch`] gives it.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// A future on the heap, as [`Fetcher::call`] gives it.
pub type Calling<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// Gets what a machine needs from outside.
pub trait Fetcher: Send + Sync {
    /// The answer to `need`, within the limits of this fetcher.
    fn fetch<'a>(&'a self, need: &'a Need) -> Fetching<'a>;

    /// Waits until nobody else asks for the same. The turn is held until the answer was taken in; who waited looks
    /// first whether the answer is still needed.
    ///
    /// A fetcher whose answers cost nothing lets everybody through at once.
    fn turn<'a>(&'a self, _need: &'a Need) -> Pin<Box<dyn Future<Output = Turn> + Send + 'a>> {
        Box::pin(std::future::ready(Turn::default()))
    }

    /// The reply to a signing device's `call`, whatever its status; never repeated by itself, for it may sign.
    ///
    /// One that does not know signing devices reaches none.
    fn call<'a>(&'a self, _call: &'a Call) -> Calling<'a> {
        Box::pin(std::future::ready(Err(FetchFailure::Connect)))
    }
}

/// Fetches nothing: for work that must do with what it was given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

impl Fetcher for Offline {
    fn fetch<'a>(&'a self, _need: &'a Need) -> Fetching<'a> {
        Box::pin(std::future::ready(Err(FetchFailure::Connect)))
    }
}
