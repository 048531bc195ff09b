//! How often a visitor may ask for what writes or fetches without a credential: so many a minute from one address, and
//! so many from all together.
//!
//! An address may use its minute's worth at once and gets it back evenly. What is kept of an address is the moment at
//! which it will have everything back (the generic cell rate algorithm, ITU-T I.371 annex A); once that is past nothing
//! is kept. Refused requests cost nothing, so no more addresses are held than requests were let through in two minutes.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use super::problem::Failure;
use super::site::Site;
use crate::base::code::PersonCode;

/// The time in which a rate is counted, and the longest wait.
const WINDOW: Duration = Duration::from_mins(1);

/// Counts requests of visitors. Time is handed in, on a monotonic clock.
#[derive(Debug)]
pub struct Limiter {
    /// What one request of one address takes off its minute.
    each: Duration,
    /// What one request takes off everybody's.
    all: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When each address has everything back.
    addresses: HashMap<Source, Duration>,
    /// The same for all together.
    all: Duration,
    /// When addresses that have everything back were last let go.
    swept: Duration,
}

/// Whom a request counts for. Of IPv6 the first 64 bits: one household has as many addresses as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    V4(u32),
    V6(u128),
    Unknown,
}

impl Source {
    fn of(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(v4)) => Self::V4(v4.into()),
            Some(IpAddr::V6(v6)) => Self::V6(v6.to_bits() >> 64),
            None => Self::Unknown,
        }
    }
}

impl Limiter {
    /// So many requests a minute for one address, and for all together.
    pub fn per_minute(each: u32, all: u32) -> Self {
        Self {
            each: WINDOW.checked_div(each).unwrap_or(WINDOW),
            all: WINDOW.checked_div(all).unwrap_or(WINDOW),
            state: Mutex::default(),
        }
    }

    /// Counts one request from `address` at `now`.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub fn admit(&self, address: Option<IpAddr>, now: Duration) -> Result<(), Duration> {
        let source = Source::of(address);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(state.swept) >= WINDOW {
            state.addresses.retain(|_, full| *full > now);
            state.swept = now;
        }
        let known = state.addresses.get(&source).copied().unwrap_or_default();
        let (own, all) = (next(known, self.each, now), next(state.all, self.all, now));
        match (own, all) {
            (Ok(own), Ok(all)) => {
                state.addresses.insert(source, own);
                state.all = all;
                Ok(())
            }
            (Err(one), Err(other)) => Err(one.max(other)),
            (Err(wait), Ok(_)) | (Ok(_), Err(wait)) => Err(wait),
        }
    }
}

/// When everything is back after one more request, or how long that one has to wait.
fn next(full: Duration, cost: Duration, now: Duration) -> Result<Duration, Duration> {
    let after = full.max(now).saturating_add(cost);
    match after.checked_sub(now.saturating_add(WINDOW)) {
        None | Some(Duration::ZERO) => Ok(after),
        Some(wait) => Err(wait),
    }
}

/// A request that was let through: an extractor for what writes or fetches without a credential. It comes first among
/// a handler's arguments, so that nothing is read from whoever is refused.
#[derive(Clone, Copy, Debug)]
pub struct Admitted;

impl FromRequest for Admitted {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match request.app_data::<web::Data<Site>>() {
            Some(site) => admit(request, site).map(|()| Self),
            None => Err(Failure::new(PersonCode::ServerError)),
        })
    }
}

/// Counts this request for its visitor.
///
/// # Errors
/// `too_many_attempts`, with the time at which the next one is let through.
pub fn admit(request: &HttpRequest, site: &Site) -> Result<(), Failure> {
    let Err(wait) = site.limiter.admit(visitor(request, site), site.clock.monotonic()) else {
        return Ok(());
    };
    // Whole seconds, and never none: the header knows no fractions (RFC 9110 §10.2.3).
    let seconds = wait.as_secs().saturating_add(1);
    // WHY: the page shows minutes; a time rounded down would be too early.
    let until = site
        .clock
        .now()
        .plus(Duration::from_secs(seconds.saturating_add(59)));
    Err(Failure::new(PersonCode::TooManyAttempts)
        .with("time", until)
        .retry_after(seconds))
}

/// The address a request counts for: the visitor's as a believed proxy names it, and else the peer's own.
fn visitor(request: &HttpRequest, site: &Site) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let forwarded: Result<Vec<&str>, _> = request
        .headers()
        .get_all("x-forwarded-for")
        .map(|value| value.to_str())
        .collect();
    let named = forwarded
        .ok()
        .and_then(|forwarded| site.trusted_proxies.visitor(peer, &forwarded));
    Some(named.unwrap_or(peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_minutes_worth_at_once_and_then_one_by_one() {
        let limiter = Limiter::per_minute(120, 1000);
        let now = SECOND * 5;
        for _ in 0..120 {
            assert_eq!(limiter.admit(ip("192.0.2.1"), now), Ok(()));
        }
        assert_eq!(limiter.admit(ip("192.0.2.1"), now), Err(SECOND / 2));
        assert_eq!(limiter.admit(ip("192.0.2.2"), now), Ok(()), "another address");
        let later = now + SECOND / 2;
        assert_eq!(limiter.admit(ip("192.0.2.1"), later), Ok(()));
        assert_eq!(limiter.admit(ip("192.0.2.1"), later), Err(SECOND / 2));
        for _ in 0..120 {
            assert_eq!(limiter.admit(ip("192.0.2.1"), later + WINDOW), Ok(()));
        }
        assert!(limiter.admit(ip("192.0.2.1"), later + WINDOW).is_err());
    }

    #[test]
    fn all_addresses_together_have_a_limit_and_what_is_refused_costs_nothing() {
        let limiter = Limiter::per_minute(60, 100);
        for _ in 0..10 {
            for _ in 0..60 {
                limiter.admit(ip("192.0.2.1"), SECOND).ok();
            }
        }
        for _ in 0..40 {
            assert_eq!(limiter.admit(ip("192.0.2.2"), SECOND), Ok(()));
        }
        assert_eq!(limiter.admit(ip("192.0.2.2"), SECOND), Err(WINDOW / 100));
        assert_eq!(limiter.admit(ip("192.0.2.3"), SECOND), Err(WINDOW / 100));
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let limiter = Limiter::per_minute(1, 100);
        for (address, is_admitted) in [
            ("2001:db8:1:2::1", true),
            ("2001:db8:1:2:ffff::1", false),
            ("2001:db8:1:3::1", true),
            ("2001:db8:2:2::1", true),
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", false),
            ("192.0.2.2", true),
        ] {
            assert_eq!(
                limiter.admit(ip(address), SECOND).is_ok(),
                is_admitted,
                "{address}"
            );
        }
        assert!(limiter.admit(None, SECOND).is_ok());
        assert!(
            limiter.admit(None, SECOND).is_err(),
            "those without an address are one"
        );
    }

    #[test]
    fn no_more_addresses_are_held_than_requests_were_let_through_in_two_minutes() {
        let limiter = Limiter::per_minute(10, 100);
        let mut most = 0;
        let mut admitted = 0_u32;
        for number in 0..100_000_u32 {
            let now = Duration::from_millis(u64::from(number) * 6);
            let address = IpAddr::from(number.to_be_bytes());
            admitted += u32::from(limiter.admit(Some(address), now).is_ok());
            most = most.max(limiter.state.lock().unwrap().addresses.len());
        }
        assert!(
            (1000..1200).contains(&admitted),
            "ten minutes of 100, and the first hundred: {admitted}"
        );
        assert!(most <= 300, "{most}");
    }
}
