//! Leaves a service of a host alone for a while after it failed several times in a row.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Failures in a row after which a service is left alone.
const LIMIT: u32 = 3;
/// For how long. Then one call tries again.
const PAUSE: Duration = Duration::from_secs(20);
/// Most services remembered; the allow-list is far shorter.
const SERVICES: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Breaker {
    services: Mutex<HashMap<String, State>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Duration>,
}

impl Breaker {
    /// Whether `service` may be called at `now` (monotonic). The first call after a pause may, others wait for its
    /// outcome.
    pub(super) fn admits(&self, service: &str, now: Duration) -> bool {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = services.get_mut(service) else {
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
    pub(super) fn note(&self, service: &str, succeeded: bool, now: Duration) {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if succeeded {
            services.remove(service);
            return;
        }
        if services.len() >= SERVICES && !services.contains_key(service) {
            services.clear();
        }
        let state = services.entry(service.to_owned()).or_default();
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
            "other services are not concerned"
        );
        assert!(breaker.admits("ocsp.example", at(30)));
        assert!(!breaker.admits("ocsp.example", at(30)), "only one tries");
        breaker.note("ocsp.example", true, at(31));
        assert!(breaker.admits("ocsp.example", at(31)));
    }
}
