//! The double: a table of answers, with faults.

use std::sync::{Mutex, PoisonError};

use super::{Calling, Fetcher, Fetching};
use crate::ades::device::{Call, Reply};
use crate::pki::need::{Answer, FetchFailure, Need};

type Rule = Box<dyn Fn(&Need) -> Answer + Send + Sync>;
type DeviceRule = Box<dyn Fn(&Call) -> Reply + Send + Sync>;

/// Answers from a table and keeps what was asked. No network, no waiting.
///
/// The last entry whose beginning fits the address answers; an address without an entry does not resolve.
#[derive(Default)]
pub struct TableFetcher {
    replies: Mutex<Vec<(String, Rule)>>,
    device: Mutex<Option<DeviceRule>>,
    asked: Mutex<Vec<Need>>,
}

impl TableFetcher {
    /// A table without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Addresses that begin with `beginning` are answered by `reply`. A slow host is one that moves the test's
    /// clock and then gives an answer or [`FetchFailure::Timeout`].
    pub fn on(&self, beginning: &str, reply: impl Fn(&Need) -> Answer + Send + Sync + 'static) {
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        replies.push((beginning.to_owned(), Box::new(reply)));
    }

    /// Every call of a signing device is answered by `reply`.
    pub fn on_call(&self, reply: impl Fn(&Call) -> Reply + Send + Sync + 'static) {
        *self.device.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(reply));
    }

    /// Addresses that begin with `beginning` give these bytes.
    pub fn give(&self, beginning: &str, bytes: Vec<u8>) {
        self.on(beginning, move |need| {
            if bytes.len() > need.max_bytes() {
                Err(FetchFailure::TooLarge)
            } else {
                Ok(bytes.clone())
            }
        });
    }

    /// Addresses that begin with `beginning` fail.
    pub fn fail(&self, beginning: &str, failure: FetchFailure) {
        self.on(beginning, move |_| Err(failure));
    }

    /// What was asked so far, in order.
    pub fn asked(&self) -> Vec<Need> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The answer to `need`, at once; for tests of machines without a runtime.
    pub fn answer(&self, need: &Need) -> Answer {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(need.clone());
        let replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let found = replies
            .iter()
            .rev()
            .find(|(beginning, _)| need.url().starts_with(beginning));
        found.map_or(Err(FetchFailure::Dns), |(_, reply)| reply(need))
    }
}

impl std::fmt::Debug for TableFetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TableFetcher")
    }
}

impl Fetcher for TableFetcher {
    fn fetch<'a>(&'a self, need: &'a Need) -> Fetching<'a> {
        Box::pin(std::future::ready(self.answer(need)))
    }

    fn call<'a>(&'a self, call: &'a Call) -> Calling<'a> {
        let device = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = device
            .as_ref()
            .map_or(Err(FetchFailure::Dns), |reply| reply(call));
        Box::pin(std::future::ready(reply))
    }
}
