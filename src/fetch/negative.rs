//! Addresses that gave nothing a moment ago, and are not asked again at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::pki::need::FetchFailure;

/// How long an address rests after its first failure; each further one doubles it.
const FIRST: Duration = Duration::from_secs(1);
/// The longest rest.
const LONGEST: Duration = Duration::from_mins(1);
/// Most addresses remembered.
const ADDRESSES: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Negative {
    known: Mutex<HashMap<String, Rest>>,
}

#[derive(Clone, Copy, Debug)]
struct Rest {
    failure: FetchFailure,
    length: Duration,
    until: Duration,
}

impl Negative {
    /// Why `url` is not asked at `now` (monotonic), if it rests.
    pub(super) fn rests(&self, url: &str, now: Duration) -> Option<FetchFailure> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(url)
            .filter(|rest| now < rest.until)
            .map(|rest| rest.failure)
    }

    /// Notes how a call to `url` ended.
    pub(super) fn note(&self, url: &str, failure: Option<FetchFailure>, now: Duration) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(failure) = failure else {
            known.remove(url);
            return;
        };
        if known.len() >= ADDRESSES && !known.contains_key(url) {
            known.retain(|_, rest| now < rest.until);
            if known.len() >= ADDRESSES {
                return;
            }
        }
        let before = known.get(url).map(|rest| rest.length);
        let length = before.map_or(FIRST, |length| length.saturating_mul(2).min(LONGEST));
        known.insert(
            url.to_owned(),
            Rest {
                failure,
                length,
                until: now.saturating_add(length),
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_to_a_minute_and_end_with_a_success() {
        let negative = Negative::default();
        let mut now = Duration::ZERO;
        let lost = Some(FetchFailure::Timeout);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(negative.rests("a", now), None);
            negative.note("a", lost, now);
            let end = now + Duration::from_secs(seconds);
            let before = now + Duration::from_millis(seconds * 1000 - 1);
            assert_eq!(negative.rests("a", before), lost, "{seconds}");
            assert_eq!(negative.rests("b", now), None, "others are not concerned");
            now = end;
        }
        negative.note("a", None, now);
        negative.note("a", lost, now);
        assert_eq!(negative.rests("a", now + Duration::from_secs(1)), None);
    }

    #[test]
    fn made_up_addresses_do_not_fill_the_memory() {
        let negative = Negative::default();
        for number in 0..5000 {
            negative.note(&number.to_string(), Some(FetchFailure::Dns), Duration::ZERO);
        }
        assert_eq!(negative.known.lock().unwrap().len(), ADDRESSES);
    }
}
