//! How many calls to one service are under way at once.
//!
//! WHY: when a responder hangs, every person who logs in would hold a connection to it until its time is up. So a few
//! do, the others wait for what these find, and are sent on when the service is left alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most calls to one service at once. At 50 ms each, 32 are six hundred log-ins a second.
const CALLS: usize = 32;
/// Most lists and certificates from one host at once: each may be large.
const DOWNLOADS: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Lanes {
    services: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Lanes {
    /// Waits for a place at `service`.
    pub(super) async fn place(&self, service: &str, is_download: bool) -> Option<OwnedSemaphorePermit> {
        let lane = {
            let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
            services.retain(|_, lane| Arc::strong_count(lane) > 1);
            let size = if is_download { DOWNLOADS } else { CALLS };
            let lane = services
                .entry(service.to_owned())
                .or_insert_with(|| Arc::new(Semaphore::new(size)));
            Arc::clone(lane)
        };
        // INVARIANT: no lane is ever closed, so that there is a place for everybody in the end.
        lane.acquire_owned().await.ok()
    }
}
