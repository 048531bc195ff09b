//! Leaves a host alone for a while after it failed several times in a row.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Failures in a row after which a host is left alone.
const LIMIT: u32 = 3;
/// For how long. Then one call tries again.
const PAUSE: Duration = Duration::from_secs(20);
/// Most hosts remembered; the allow-list is far shorter.
const HOSTS: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Breaker {
    hosts: Mutex<HashMap<String, State>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Duration>,
}

impl Breaker {
    /// Whether `host` may be called at `now` (monotonic). The first call after a pause may, others wait for its
    /// outcome.
    pub(super) fn admits(&self, host: &str, now: Duration) -> bool {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = hosts.get_mut(host) else {
            return true;
        };
        match state.open_until {
            Some(until) if now < until => false,
            Some(_) => {
                state.open_until = Some(now.saturating_add(PAUSE));
                true
            }
            None => true,
        }
    }

    /// Notes how a call ended.
    pub(super) fn note(&self, host: &str, succeeded: bool, now: Duration) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if succeeded {
            hosts.remove(host);
            return;
        }
        if hosts.len() >= HOSTS && !hosts.contains_key(host) {
            hosts.clear();
        }
        let state = hosts.entry(host.to_owned()).or_default();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= LIMIT {
            state.open_until = Some(now.saturating_add(PAUSE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_close_the_door_and_one_call_tries_it_again() {
        let breaker = Breaker::default();
        let at = Duration::from_secs;
        for second in 0..3 {
            assert!(breaker.admits("ocsp.example", at(second)));
            breaker.note("ocsp.example", false, at(second));
        }
        assert!(!breaker.admits("ocsp.example", at(3)));
        assert!(
            breaker.admits("crl.example", at(3)),
            "other hosts are not concerned"
        );
        assert!(breaker.admits("ocsp.example", at(30)));
        assert!(!breaker.admits("ocsp.example", at(30)), "only one tries");
        breaker.note("ocsp.example", true, at(31));
        assert!(breaker.admits("ocsp.example", at(31)));
    }
}
